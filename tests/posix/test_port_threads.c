/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Several threads of one application, through mini-winmm, the virtual card, the engine and the
 * devices, over one registry file: each block comes back once, and nothing races. A plain program,
 * for ThreadSanitizer. */
#include "temp_folder.h"

#include <pthread.h>
#include <stdatomic.h>

#include <mmk/posix.h>
#include <mmk/shipped.h>

#define THREADS 4
#define ROUNDS  25
#define BLOCKS  4

static struct mmk_driver_memory card_memory;
static struct mmk_driver *card;

static intptr_t driver_proc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1, intptr_t l2)
{
    return mmk_driver_message(card, id, hdrvr, msg, l1, l2);
}

static uint32_t wod(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return mmk_driver_wod_message(card, device, msg, user, p1, p2);
}

static uint32_t wid(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return mmk_driver_wid_message(card, device, msg, user, p1, p2);
}

static const struct mmk_posix_module module = {
    .file = "mmewave.drv", .driver_proc = driver_proc, .wod_message = wod, .wid_message = wid};

static struct mmk_winmm *mm;
static atomic_uint wrong;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    atomic_fetch_add(&wrong, 1);
    printf("%s\n", what);
}

static const struct mmk_waveformatex pcm = {.wFormatTag = MMK_WAVE_FORMAT_PCM,
                                            .nChannels = 2,
                                            .nSamplesPerSec = 48000,
                                            .nAvgBytesPerSec = 192000,
                                            .nBlockAlign = 4,
                                            .wBitsPerSample = 16};

struct client {
    char data[BLOCKS][4000];
    struct mmk_wavehdr headers[BLOCKS];
    atomic_uint done;
    int event;
};

static void on_wave(uintptr_t handle, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    struct client *client = (struct client *)user;
    (void)handle;
    (void)p1;
    (void)p2;
    if (msg == MMK_WOM_DONE || msg == MMK_WIM_DATA) {
        atomic_fetch_add(&client->done, 1);
        const uint64_t one = 1;
        ssize_t n = write(client->event, &one, sizeof one);
        (void)n;
    }
}

static void play(struct client *client, unsigned round)
{
    uintptr_t wave;
    atomic_store(&client->done, 0);
    uint32_t result =
        mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, (uintptr_t)(mmk_posix_callback *)on_wave,
                                (uintptr_t)client, MMK_CALLBACK_FUNCTION);
    need(result == 0, "a device does not open");
    if (result != 0)
        return;
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct mmk_wavehdr *h = &client->headers[i];
        *h = (struct mmk_wavehdr){.lpData = client->data[i], .dwBufferLength = 4000};
        need(mmk_winmm_wave_out_prepare(mm, wave, h, sizeof *h) == 0, "prepare failed");
        need(mmk_winmm_wave_out_write(mm, wave, h, sizeof *h) == 0, "write failed");
    }
    if (round % 3 == 0) {
        need(mmk_winmm_wave_out_reset(mm, wave) == 0, "reset failed");
    } else {
        while (atomic_load(&client->done) < BLOCKS) {
            if (!mmk_posix_event_wait(client->event, 30000)) {
                need(false, "a block does not come back");
                break;
            }
        }
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        need(mmk_winmm_wave_out_unprepare(mm, wave, &client->headers[i],
                                          sizeof client->headers[i]) == 0,
             "unprepare failed");
    need(mmk_winmm_wave_out_close(mm, wave) == 0, "close failed");
    need(atomic_load(&client->done) == BLOCKS, "not each block came back once");
}

static void open_driver(void)
{
    uintptr_t driver = mmk_winmm_open_driver(mm, "mmewave.drv", NULL, 0);
    need(driver != 0, "the driver does not open");
    need(mmk_winmm_close_driver(mm, driver, 0, 0) == 1, "the driver does not close");
}

static void *work(void *arg)
{
    struct client *client = arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        play(client, i);
        open_driver();
    }
    return NULL;
}

int main(void)
{
    char folder[4096];
    char path[4200];
    static struct client clients[THREADS];
    pthread_t threads[THREADS];
    struct mmk_posix *posix;
    temp_folder_make(folder, "threads");
    snprintf(path, sizeof path, "%s/r.reg", folder);
    FILE *f = fopen(path, "w");
    fprintf(f,
            "Windows Registry Editor Version 5.00\r\n\r\n"
            "[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32]\r\n"
            "\"wave1\"=\"mmewave.drv /backend:null /clock:freewheel\"\r\n");
    fclose(f);
    const struct mmk_posix_config config = {
        .registry_path = path, .modules = &module, .n_modules = 1};
    if (mmk_posix_open(&config, &posix) != MMK_OK ||
        mmk_driver_init(&card_memory, &mmk_virtual_card, mmk_posix_port(posix), &card) != MMK_OK)
        return 1;
    const struct mmk_winmm_config winmm = mmk_posix_winmm_config(posix);
    if (mmk_winmm_create(&winmm, &mm) != MMK_OK)
        return 1;
    need(mmk_winmm_wave_out_num_devs(mm) == 1, "there is no device");
    for (int i = 0; i < THREADS; i++) {
        clients[i].event = mmk_posix_event_create();
        pthread_create(&threads[i], NULL, work, &clients[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        mmk_posix_event_destroy(clients[i].event);
    }
    mmk_winmm_destroy(mm, true);
    mmk_driver_fini(card);
    mmk_posix_close(posix);
    temp_folder_remove(folder);
    printf("%u passed, %u failed\n", atomic_load(&wrong) == 0 ? 1u : 0u, atomic_load(&wrong));
    return atomic_load(&wrong) == 0 ? 0 : 1;
}
