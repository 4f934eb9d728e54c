/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* mini-winmm from several threads at once: whatever they do, each module sees LOAD, ENABLE, opens
 * and closes, DISABLE, FREE, and never a message out of that order. A plain program, for
 * ThreadSanitizer. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <mmk/posix.h>

#include "small_registry.h"

#define THREADS 8
#define ROUNDS  400

/* ------------------------------------------------------------------ a module that watches */

static atomic_int is_loaded;
static atomic_int n_open;
static atomic_uint loads, frees, opens, closes, breaches;
static atomic_uintptr_t next_id;

static void need(bool ok)
{
    if (!ok)
        atomic_fetch_add(&breaches, 1);
}

static intptr_t watch(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1, intptr_t l2)
{
    (void)hdrvr;
    (void)l1;
    (void)l2;
    switch (msg) {
    case MMK_DRV_LOAD:
        need(atomic_exchange(&is_loaded, 1) == 0);
        atomic_fetch_add(&loads, 1);
        return 1;
    case MMK_DRV_ENABLE:
    case MMK_DRV_DISABLE:
        need(atomic_load(&is_loaded) == 1);
        need(atomic_load(&n_open) == 0);
        return 1;
    case MMK_DRV_OPEN:
        need(atomic_load(&is_loaded) == 1);
        atomic_fetch_add(&n_open, 1);
        atomic_fetch_add(&opens, 1);
        return (intptr_t)(atomic_fetch_add(&next_id, 1) + 1);
    case MMK_DRV_CLOSE:
        need(id != 0);
        need(atomic_fetch_sub(&n_open, 1) > 0);
        atomic_fetch_add(&closes, 1);
        return 1;
    case MMK_DRV_FREE:
        need(atomic_exchange(&is_loaded, 0) == 1);
        need(atomic_load(&n_open) == 0);
        atomic_fetch_add(&frees, 1);
        return 1;
    default:
        need(atomic_load(&n_open) > 0);
        return (intptr_t)id;
    }
}

static uint32_t watch_wave(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                           uintptr_t p2)
{
    (void)device;
    (void)p2;
    if (msg == MMK_WODM_GETNUMDEVS)
        return 2;
    if (msg == MMK_WODM_OPEN) {
        uintptr_t instance = 0x77;
        memcpy((void *)user, &instance, sizeof instance);
        (void)p1;
    }
    if (msg == MMK_WODM_RESET || msg == MMK_WODM_CLOSE)
        need(user == 0x77);
    return 0;
}

static const struct mmk_posix_module module = {
    .file = "watch.drv", .driver_proc = watch, .wod_message = watch_wave};

/* ------------------------------------------------------------------ the threads */

static struct mmk_winmm *mm;
static bool with_devices; /* devices keep their module loaded; without them it comes and goes */

static const struct mmk_waveformatex pcm = {.wFormatTag = MMK_WAVE_FORMAT_PCM,
                                            .nChannels = 1,
                                            .nSamplesPerSec = 8000,
                                            .nAvgBytesPerSec = 8000,
                                            .nBlockAlign = 1,
                                            .wBitsPerSample = 8};

static void open_and_close(unsigned *seed)
{
    uintptr_t handles[3];
    unsigned n = 1 + (*seed >> 8) % 3;
    for (unsigned i = 0; i < n; i++)
        handles[i] = mmk_winmm_open_driver(mm, "watch.drv", NULL, (*seed >> 4 & 1) != 0 ? 5 : 0);
    for (unsigned i = 0; i < n; i++) {
        need(handles[i] != 0);
        need(mmk_winmm_send_message(mm, handles[i], MMK_DRV_USER, 0, 0) != 0);
    }
    for (unsigned i = 0; i < n; i++)
        need(mmk_winmm_close_driver(mm, handles[i], 0, 0) == 1);
    need(mmk_winmm_close_driver(mm, handles[0], 0, 0) == 0);
}

static void play(void)
{
    uintptr_t wave;
    need(mmk_winmm_wave_out_num_devs(mm) == 2);
    need(mmk_winmm_wave_out_open(mm, &wave, 1, &pcm, 0, 0, 0) == 0);
    need(mmk_winmm_wave_out_reset(mm, wave) == 0);
    need(mmk_winmm_wave_out_close(mm, wave) == 0);
    need(mmk_winmm_wave_out_reset(mm, wave) == MMK_MMSYSERR_INVALHANDLE);
}

static void *work(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg * 2654435761u;
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 1664525u + 1013904223u;
        if (seed >> 31 != 0 || !with_devices)
            open_and_close(&seed);
        else
            play();
    }
    return NULL;
}

int main(void)
{
    static struct small_registry registry;
    struct mmk_platform *platform;
    pthread_t threads[THREADS];
    unsigned failed = 0;
    small_init(&registry);
    small_set(&registry, SMALL_DRIVERS32, "wave1", "watch.drv /x");
    if (mmk_posix_platform_open(NULL, &platform) != MMK_OK)
        return 1;
    const struct mmk_winmm_config config = {
        .registry = &registry.base, .platform = platform, .modules = &module, .n_modules = 1};
    for (int round = 0; round < 2; round++) {
        with_devices = round == 1;
        if (mmk_winmm_create(&config, &mm) != MMK_OK)
            return 1;
        for (uintptr_t i = 0; i < THREADS; i++)
            pthread_create(&threads[i], NULL, work, (void *)(i + 1));
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        mmk_winmm_destroy(mm, true);
        if (atomic_load(&is_loaded) != 0 || atomic_load(&n_open) != 0) {
            printf("the end left the module loaded or open\n");
            failed++;
        }
    }
    mmk_posix_platform_close(platform);
    if (atomic_load(&breaches) != 0) {
        printf("%u breaches of the order\n", atomic_load(&breaches));
        failed++;
    }
    if (loads != frees || opens != closes || loads < 10) {
        printf("%u loads, %u frees, %u opens, %u closes\n", loads, frees, opens, closes);
        failed++;
    }
    printf("%u opens in %u loads\n", opens, loads);
    printf("%u passed, %u failed\n", 4 - failed, failed);
    return failed == 0 ? 0 : 1;
}
