/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Wave devices: first those that winmm lists, as every program counts them; behind them the
 * devices of the wave drivers in Drivers32. winmm of Wine lists no third-party driver, and whether
 * today's Windows does is its own business: such a driver is opened here the way winmm opens one
 * (OpenDriver by alias, DRVM_INIT, then wodMessage), so that what was installed can be played on.
 */
#include "host_win32.h"

#include <mmddk.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>

#define DRIVERS32 L"Drivers32"

static uint32_t winmm_count(mmk_direction direction)
{
    return direction == MMK_PLAYBACK ? waveOutGetNumDevs() : waveInGetNumDevs();
}

/* ------------------------------------------------------------------ drivers of Drivers32 */

static UINT count_message(int direction)
{
    return direction == MMK_PLAYBACK ? WODM_GETNUMDEVS : WIDM_GETNUMDEVS;
}

static void begin_entries(struct wave_driver *driver)
{
    static const char *const names[MMK_DIRECTION_COUNT] = {"wodMessage", "widMessage"};
    for (int d = 0; d < MMK_DIRECTION_COUNT; d++) {
        union {
            FARPROC any;
            device_message *call;
        } entry = {.any = GetProcAddress(driver->held.module, names[d])};
        driver->message[d] = entry.call;
        if (!entry.any)
            continue;
        entry.call(0, DRVM_INIT, 0, 0, 0);
        driver->n_devices[d] = entry.call(0, count_message(d), 0, 0, 0);
    }
}

static void end_driver(struct wave_driver *driver)
{
    for (int d = 0; d < MMK_DIRECTION_COUNT; d++)
        if (driver->message[d])
            driver->message[d](0, DRVM_EXIT, 0, 0, 0);
    if (driver->hdrvr)
        CloseDriver(driver->hdrvr, 0, 0);
    module_release(&driver->held);
    memset(driver, 0, sizeof *driver);
}

/* Modules through which winmm reaches the devices that it lists itself. */
static bool is_systems_own(const char *file)
{
    static const char *const names[] = {"wdmaud.drv", "winmm.dll", "msacm32.drv", "mmewine.dll"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (mmk_name_equal(file, names[i]))
            return true;
    return false;
}

static bool alias_names(const WCHAR *alias, char *file, size_t cap)
{
    WCHAR value[300];
    char text[1200];
    const char *options;
    HKEY key;
    DWORD n = sizeof value - sizeof *value, type = 0;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE,
                      L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32", 0,
                      KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
        return false;
    LONG result = RegQueryValueExW(key, alias, NULL, &type, (BYTE *)value, &n);
    RegCloseKey(key);
    if (result != ERROR_SUCCESS || type != REG_SZ)
        return false;
    value[n / sizeof *value] = 0;
    return to_narrow(value, text, sizeof text) &&
           mmk_alias_split(text, file, cap, &options) == MMK_OK;
}

static void add_driver(struct host *host, unsigned slot)
{
    struct wave_driver *driver = &host->driver[host->n_drivers];
    WCHAR alias[16], path[PATH_UNITS];
    char why[300] = "";
    if (slot == 0)
        wcscpy(alias, L"wave");
    else
        _snwprintf(alias, 16, L"wave%u", slot);
    memset(driver, 0, sizeof *driver);
    if (!alias_names(alias, driver->file, sizeof driver->file) || is_systems_own(driver->file) ||
        !module_resolve(driver->file, path))
        return;
    to_narrow(alias, driver->alias, sizeof driver->alias);
    if (module_hold(&driver->held, path, false, why, sizeof why))
        driver->hdrvr = module_open(&driver->held, alias, DRIVERS32, why, sizeof why);
    if (!driver->hdrvr) {
        snprintf(host->wave_error, sizeof host->wave_error, "%s: %s", driver->alias, why);
        end_driver(driver);
        return;
    }
    begin_entries(driver);
    host->n_drivers++;
}

static void scan(struct host *host)
{
    if (host->scanned)
        return;
    host->scanned = true;
    drivers_be_quiet(host);
    for (unsigned slot = 0; slot <= 9; slot++)
        add_driver(host, slot);
}

void waves_forget(struct host *host)
{
    while (host->n_drivers > 0)
        end_driver(&host->driver[--host->n_drivers]);
    host->scanned = false;
    host->wave_error[0] = 0;
}

void host_wave_rescan(struct host *host)
{
    waves_forget(host);
}

/** The driver behind a device number, and the number within it; NULL: winmm's own, or none. */
static struct wave_driver *driver_of(struct host *host, mmk_direction direction, uint32_t device,
                                     uint32_t *within)
{
    uint32_t n = winmm_count(direction);
    scan(host);
    if (device < n)
        return NULL;
    device -= n;
    for (unsigned i = 0; i < host->n_drivers; i++) {
        struct wave_driver *driver = &host->driver[i];
        if (device < driver->n_devices[direction]) {
            *within = device;
            return driver;
        }
        device -= driver->n_devices[direction];
    }
    return NULL;
}

uint32_t host_wave_count(struct host *host, mmk_direction direction)
{
    uint32_t n = winmm_count(direction);
    scan(host);
    for (unsigned i = 0; i < host->n_drivers; i++)
        n += host->driver[i].n_devices[direction];
    return n;
}

/* What mmectl installed is what its user wants to hear; else what every program would take. */
uint32_t host_wave_default(struct host *host, mmk_direction direction)
{
    uint32_t n = winmm_count(direction);
    size_t n_classes;
    const struct mmk_driver_class *const *classes = host_drivers(&n_classes);
    scan(host);
    for (unsigned i = 0; i < host->n_drivers; i++) {
        for (size_t c = 0; c < n_classes && host->driver[i].n_devices[direction] > 0; c++)
            if (mmk_name_equal(classes[c]->product->file, host->driver[i].file))
                return n;
        n += host->driver[i].n_devices[direction];
    }
    return 0;
}

/* ------------------------------------------------------------------ names */

static bool device_name(mmk_direction direction, uint32_t device, const struct wave_driver *driver,
                        WCHAR name[MAXPNAMELEN + 1])
{
    WAVEOUTCAPSW out = {0};
    WAVEINCAPSW in = {0};
    MMRESULT result;
    if (driver)
        result = direction == MMK_PLAYBACK ? driver->message[direction](device, WODM_GETDEVCAPS, 0,
                                                                        (DWORD_PTR)&out, sizeof out)
                                           : driver->message[direction](device, WIDM_GETDEVCAPS, 0,
                                                                        (DWORD_PTR)&in, sizeof in);
    else
        result = direction == MMK_PLAYBACK ? waveOutGetDevCapsW(device, &out, sizeof out)
                                           : waveInGetDevCapsW(device, &in, sizeof in);
    memcpy(name, direction == MMK_PLAYBACK ? (void *)out.szPname : (void *)in.szPname,
           MAXPNAMELEN * sizeof *name);
    name[MAXPNAMELEN] = 0;
    return result == MMSYSERR_NOERROR;
}

bool host_wave_device(struct host *host, mmk_direction direction, uint32_t device, char *name,
                      size_t name_cap, char *alias, size_t alias_cap, char *file, size_t file_cap)
{
    WCHAR wide[MAXPNAMELEN + 1];
    uint32_t within = device;
    const struct wave_driver *driver = driver_of(host, direction, device, &within);
    if ((!driver && device >= winmm_count(direction)) ||
        !device_name(direction, within, driver, wide))
        return false;
    if (name)
        to_narrow(wide, name, name_cap);
    if (alias)
        snprintf(alias, alias_cap, "%s", driver ? driver->alias : "");
    if (file)
        snprintf(file, file_cap, "%s", driver ? driver->file : "winmm");
    return true;
}

void host_wave_error(struct host *host, char *why, size_t cap)
{
    snprintf(why, cap, "%s", host->wave_error);
}

/* ------------------------------------------------------------------ streams */

struct host_wave {
    mmk_direction direction;
    HANDLE event;
    uint32_t frame_bytes;
    device_message *message; /* a driver's own entry; NULL: winmm */
    uint32_t device;         /* within the driver */
    DWORD_PTR stream;
    HWAVEOUT out;
    HWAVEIN in;
};

static DWORD call(struct host_wave *wave, UINT playing, UINT recording, DWORD_PTR p1, DWORD_PTR p2)
{
    UINT msg = wave->direction == MMK_PLAYBACK ? playing : recording;
    return wave->message(wave->device, msg, wave->stream, p1, p2);
}

static DWORD open_driver_stream(struct host_wave *wave, const WAVEFORMATEX *format)
{
    union { /* the structure has no const */
        const WAVEFORMATEX *from;
        WAVEFORMAT *to;
    } lie = {.from = format};
    WAVEOPENDESC desc = {.hWave = (HWAVE)(void *)wave,
                         .lpFormat = lie.to,
                         .dwCallback = (DWORD_PTR)wave->event,
                         .dwInstance = 0,
                         .uMappedDeviceID = 0};
    UINT msg = wave->direction == MMK_PLAYBACK ? WODM_OPEN : WIDM_OPEN;
    return wave->message(wave->device, msg, (DWORD_PTR)&wave->stream, (DWORD_PTR)&desc,
                         CALLBACK_EVENT);
}

uint32_t host_wave_open(struct host *host, mmk_direction direction, uint32_t device,
                        const void *wfx, struct host_wave **out)
{
    const WAVEFORMATEX *format = wfx;
    struct host_wave *wave = calloc(1, sizeof *wave);
    if (!wave)
        return MMSYSERR_NOMEM;
    wave->direction = direction;
    wave->frame_bytes = format->nBlockAlign;
    wave->event = CreateEventW(NULL, FALSE, FALSE, NULL);
    struct wave_driver *driver = driver_of(host, direction, device, &wave->device);
    DWORD result = MMSYSERR_NOMEM;
    if (driver) {
        wave->message = driver->message[direction];
        if (wave->event)
            result = open_driver_stream(wave, format);
    } else if (wave->event) {
        result =
            direction == MMK_PLAYBACK
                ? waveOutOpen(&wave->out, device, format, (DWORD_PTR)wave->event, 0, CALLBACK_EVENT)
                : waveInOpen(&wave->in, device, format, (DWORD_PTR)wave->event, 0, CALLBACK_EVENT);
    }
    if (result) {
        if (wave->event)
            CloseHandle(wave->event);
        free(wave);
        return result;
    }
    *out = wave;
    return result;
}

uint32_t host_wave_close(struct host_wave *wave)
{
    DWORD result = wave->message ? call(wave, WODM_CLOSE, WIDM_CLOSE, 0, 0)
                   : wave->out   ? waveOutClose(wave->out)
                                 : waveInClose(wave->in);
    CloseHandle(wave->event);
    free(wave);
    return result;
}

/* Our header is winmm's: shim-win32/abi_check.c proves it. */
static WAVEHDR *real(struct mmk_wavehdr *header)
{
    return (WAVEHDR *)(void *)header;
}

uint32_t host_wave_prepare(struct host_wave *wave, struct mmk_wavehdr *header)
{
    if (wave->message) {
        DWORD result = call(wave, WODM_PREPARE, WIDM_PREPARE, (DWORD_PTR)header, sizeof(WAVEHDR));
        if (result != MMSYSERR_NOTSUPPORTED)
            return result;
        real(header)->dwFlags |=
            WHDR_PREPARED; /* what winmm does for a driver that leaves it to it */
        return MMSYSERR_NOERROR;
    }
    return wave->out ? waveOutPrepareHeader(wave->out, real(header), sizeof(WAVEHDR))
                     : waveInPrepareHeader(wave->in, real(header), sizeof(WAVEHDR));
}

uint32_t host_wave_unprepare(struct host_wave *wave, struct mmk_wavehdr *header)
{
    if (wave->message) {
        DWORD result =
            call(wave, WODM_UNPREPARE, WIDM_UNPREPARE, (DWORD_PTR)header, sizeof(WAVEHDR));
        if (result != MMSYSERR_NOTSUPPORTED)
            return result;
        real(header)->dwFlags &= ~(DWORD)WHDR_PREPARED;
        return MMSYSERR_NOERROR;
    }
    return wave->out ? waveOutUnprepareHeader(wave->out, real(header), sizeof(WAVEHDR))
                     : waveInUnprepareHeader(wave->in, real(header), sizeof(WAVEHDR));
}

uint32_t host_wave_queue(struct host_wave *wave, struct mmk_wavehdr *header)
{
    if (wave->message)
        return call(wave, WODM_WRITE, WIDM_ADDBUFFER, (DWORD_PTR)header, sizeof(WAVEHDR));
    return wave->out ? waveOutWrite(wave->out, real(header), sizeof(WAVEHDR))
                     : waveInAddBuffer(wave->in, real(header), sizeof(WAVEHDR));
}

uint32_t host_wave_start(struct host_wave *wave)
{
    return wave->message ? call(wave, WODM_RESTART, WIDM_START, 0, 0) : waveInStart(wave->in);
}

uint32_t host_wave_stop(struct host_wave *wave)
{
    return wave->message ? call(wave, WODM_PAUSE, WIDM_STOP, 0, 0) : waveInStop(wave->in);
}

uint32_t host_wave_reset(struct host_wave *wave)
{
    if (wave->message)
        return call(wave, WODM_RESET, WIDM_RESET, 0, 0);
    return wave->out ? waveOutReset(wave->out) : waveInReset(wave->in);
}

uint32_t host_wave_position(struct host_wave *wave, uint32_t *frames)
{
    MMTIME time = {.wType = TIME_SAMPLES};
    DWORD result = wave->message
                       ? call(wave, WODM_GETPOS, WIDM_GETPOS, (DWORD_PTR)&time, sizeof time)
                   : wave->out ? waveOutGetPosition(wave->out, &time, sizeof time)
                               : waveInGetPosition(wave->in, &time, sizeof time);
    if (result)
        return result;
    if (time.wType == TIME_SAMPLES)
        *frames = time.u.sample;
    else if (time.wType == TIME_BYTES && wave->frame_bytes > 0)
        *frames = time.u.cb / wave->frame_bytes;
    else
        return MMSYSERR_NOTSUPPORTED;
    return MMSYSERR_NOERROR;
}

uint32_t host_wave_volume(struct host_wave *wave, uint16_t left, uint16_t right)
{
    DWORD volume = (DWORD)right << 16 | left;
    if (wave->message)
        return call(wave, WODM_SETVOLUME, WODM_SETVOLUME, volume, 0);
    return waveOutSetVolume(wave->out, volume);
}

bool host_wave_wait(struct host_wave *wave, uint32_t timeout_ms)
{
    return WaitForSingleObject(wave->event, timeout_ms) == WAIT_OBJECT_0;
}

bool host_wave_done(const struct mmk_wavehdr *header)
{
    const char *base = (const char *)header + offsetof(struct mmk_wavehdr, dwFlags);
    const uint32_t *flags = (const uint32_t *)(const void *)base;
    return (__atomic_load_n(flags, __ATOMIC_ACQUIRE) & MMK_WHDR_DONE) != 0;
}

const char *host_wave_result(uint32_t result)
{
    static const char *const names[] = {
        "MMSYSERR_NOERROR",     "MMSYSERR_ERROR",        "MMSYSERR_BADDEVICEID",
        "MMSYSERR_NOTENABLED",  "MMSYSERR_ALLOCATED",    "MMSYSERR_INVALHANDLE",
        "MMSYSERR_NODRIVER",    "MMSYSERR_NOMEM",        "MMSYSERR_NOTSUPPORTED",
        "MMSYSERR_BADERRNUM",   "MMSYSERR_INVALFLAG",    "MMSYSERR_INVALPARAM",
        "MMSYSERR_HANDLEBUSY",  "MMSYSERR_INVALIDALIAS", "MMSYSERR_BADDB",
        "MMSYSERR_KEYNOTFOUND", "MMSYSERR_READERROR",    "MMSYSERR_WRITEERROR",
        "MMSYSERR_DELETEERROR", "MMSYSERR_VALNOTFOUND",  "MMSYSERR_NODRIVERCB",
        "MMSYSERR_MOREDATA"};
    static const char *const wave_names[] = {"WAVERR_BADFORMAT", "WAVERR_STILLPLAYING",
                                             "WAVERR_UNPREPARED", "WAVERR_SYNC"};
    if (result < sizeof names / sizeof *names)
        return names[result];
    if (result >= 32 && result < 36)
        return wave_names[result - 32];
    return "an unknown result";
}
