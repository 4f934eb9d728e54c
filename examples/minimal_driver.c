/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The least that is a whole driver: a silent wave device with one setting, which installs, plays,
 * records and is removed like any other.
 *
 * Part 1 is the driver: data, and two functions that turn settings into devices. It knows no
 * system. Part 2 makes a Windows DLL of it, part 3 a POSIX program that installs it, plays into it
 * and removes it again; the registry is a file in the current folder.
 */
#include <mmk/driver.h>

/* ------------------------------------------------------------------ 1: the driver */

static const struct mmk_param params[] = {{.name = "rate_hz",
                                           .type = MMK_PARAM_UINT,
                                           .min = 8000,
                                           .max = 96000,
                                           .default_text = "48000",
                                           .hosts = MMK_HOST_ALL,
                                           .alias_key = "rate",
                                           .label = "Rate",
                                           .help = "Rate of the device."}};
static const struct mmk_param_table table = {params, 1};
static const struct mmk_product product = {.name = "minimal",
                                           .file = "minimal.drv",
                                           .title = "minimal silent driver",
                                           .version = 1u << 24,
                                           .section = "Drivers32",
                                           .alias_base = "wave",
                                           .numbered = true,
                                           .params = &table};

static uint32_t count(const struct mmk_settings *settings)
{
    (void)settings;
    return 1; /* one output, one input */
}

static mmk_err setup(const struct mmk_settings *settings, mmk_direction direction,
                     struct mmk_wave_setup *out)
{
    out->device = (struct mmk_device_config){.direction = direction, .backend = "null"};
    out->device.format =
        (struct mmk_format){.sample = MMK_SAMPLE_S16, .channels = 2, .valid_bits = 16};
    out->device.format.rate_hz = mmk_settings_number(settings, "rate_hz");
    return MMK_OK;
}

static const struct mmk_driver_class minimal = {
    .product = &product, .serves = MMK_SERVES_WAVE, .count = count, .setup = setup};

#ifdef _WIN32
/* ------------------------------------------------------------------ 2: a Windows DLL */

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>

#include <mmk/win32.h>

/* Made at the first message, on whichever thread: DllMain runs under the loader's lock. */
static BOOL CALLBACK make(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    static struct mmk_win32_memory win32_memory;
    static struct mmk_driver_memory driver_memory;
    struct mmk_driver **driver = parameter;
    struct mmk_win32 *win32;
    (void)once;
    (void)context;
    if (mmk_win32_init(&win32_memory, NULL, &win32) == MMK_OK)
        mmk_driver_init(&driver_memory, &minimal, mmk_win32_port(win32), driver);
    return TRUE;
}

static struct mmk_driver *the_driver(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    static struct mmk_driver *driver;
    InitOnceExecuteOnce(&once, make, (PVOID)&driver, NULL);
    return driver;
}

#define EXPORT __declspec(dllexport)
EXPORT LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR h, UINT msg, LPARAM l1, LPARAM l2);
EXPORT DWORD CALLBACK wodMessage(UINT dev, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);
EXPORT DWORD CALLBACK widMessage(UINT dev, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);

LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR h, UINT msg, LPARAM l1, LPARAM l2)
{
    struct mmk_driver *driver = the_driver();
    return driver == NULL ? 0 : mmk_driver_message(driver, id, (uintptr_t)h, msg, l1, l2);
}

DWORD CALLBACK wodMessage(UINT dev, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    struct mmk_driver *driver = the_driver();
    return driver == NULL ? MMSYSERR_NODRIVER
                          : mmk_driver_wod_message(driver, dev, msg, user, p1, p2);
}

DWORD CALLBACK widMessage(UINT dev, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    struct mmk_driver *driver = the_driver();
    return driver == NULL ? MMSYSERR_NODRIVER
                          : mmk_driver_wid_message(driver, dev, msg, user, p1, p2);
}

#else
/* ------------------------------------------------------------------ 3: a program that uses it */

#include <stdio.h>

#include <mmk/posix.h>

static struct mmk_driver *driver;

static intptr_t driver_proc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1, intptr_t l2)
{
    return mmk_driver_message(driver, id, hdrvr, msg, l1, l2);
}

static uint32_t wod_message(uint32_t dev, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return mmk_driver_wod_message(driver, dev, msg, user, p1, p2);
}

static uint32_t wid_message(uint32_t dev, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return mmk_driver_wid_message(driver, dev, msg, user, p1, p2);
}

static const struct mmk_posix_module module = {.file = "minimal.drv",
                                               .version = 1u << 24,
                                               .driver_proc = driver_proc,
                                               .wod_message = wod_message,
                                               .wid_message = wid_message};

static int play_a_second(struct mmk_winmm *mm)
{
    const struct mmk_waveformatex cd = {MMK_WAVE_FORMAT_PCM, 2, 44100, 176400, 4, 16, 0};
    static char silence[176400];
    struct mmk_wavehdr header = {.lpData = silence, .dwBufferLength = sizeof silence};
    const int event = mmk_posix_event_create();
    uintptr_t out;

    if (mmk_winmm_wave_out_num_devs(mm) == 0 ||
        mmk_winmm_wave_out_open(mm, &out, 0, &cd, (uintptr_t)event, 0, MMK_CALLBACK_EVENT) != 0)
        return 1;
    mmk_winmm_wave_out_prepare(mm, out, &header, sizeof header);
    mmk_winmm_wave_out_write(mm, out, &header, sizeof header);
    while ((header.dwFlags & MMK_WHDR_DONE) == 0)
        mmk_posix_event_wait(event, 2000);
    mmk_winmm_wave_out_unprepare(mm, out, &header, sizeof header);
    mmk_posix_event_destroy(event);
    return (int)mmk_winmm_wave_out_close(mm, out);
}

int main(void)
{
    const struct mmk_posix_config config = {
        .registry_path = "minimal_driver.reg", .modules = &module, .n_modules = 1};
    static struct mmk_driver_memory memory;
    struct mmk_winmm_config winmm;
    struct mmk_posix *posix;
    struct mmk_winmm *mm;
    uintptr_t h;
    int failed;

    if (mmk_posix_open(&config, &posix) != MMK_OK ||
        mmk_driver_init(&memory, &minimal, mmk_posix_port(posix), &driver) != MMK_OK)
        return 1;
    winmm = mmk_posix_winmm_config(posix);
    if (mmk_winmm_create(&winmm, &mm) != MMK_OK)
        return 1;
    h = mmk_winmm_open_driver(mm, "minimal.drv", NULL, 0);
    failed = mmk_winmm_send_message(mm, h, MMK_DRV_INSTALL, 0, 0) != MMK_DRVCNF_OK;
    failed = failed || play_a_second(mm) != 0;
    failed = mmk_winmm_send_message(mm, h, MMK_DRV_REMOVE, 0, 0) != MMK_DRVCNF_OK || failed;
    mmk_winmm_close_driver(mm, h, 0, 0);
    mmk_winmm_destroy(mm, true);
    mmk_driver_fini(driver);
    mmk_posix_close(posix);
    puts(failed ? "minimal_driver: failed"
                : "minimal_driver: installed, played a second of silence, removed");
    return failed;
}
#endif
