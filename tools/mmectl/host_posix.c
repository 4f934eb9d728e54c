/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <mmk/posix.h>
#include <mmk/shipped.h>
#include <mmk/text.h>
#include <mmk/version.h>

#include "host.h"
#include "ui_console.h"

/* winmm as an application sees it is mini-winmm; the drivers of this build are linked in. */
struct host {
    struct mmk_posix *posix;
    struct mmk_port *port;
    struct mmk_winmm *mm;
    host_on_message *on_message;
    void *on_message_user;
    char drivers_dir[1040];
};

static const int exit_codes[] = {
    [OUTCOME_OK] = 0,      [OUTCOME_FAILED] = 1,        [OUTCOME_USAGE] = 2,
    [OUTCOME_RESTART] = 3, [OUTCOME_CANCELLED] = 4,     [OUTCOME_LOCKED] = 5,
    [OUTCOME_PROBLEM] = 6, [OUTCOME_INTERRUPTED] = 130,
};

int host_exit_code(enum outcome outcome)
{
    return exit_codes[outcome];
}

/* ------------------------------------------------------------------ the drivers linked in */

/* A module's exports carry no context, so each module has its driver in static memory, as a DLL
 * has. One host is open at a time. */
static struct mmk_driver_memory card_memory;
static struct mmk_driver *card;

static intptr_t card_driver_proc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t lparam1,
                                 intptr_t lparam2)
{
    return mmk_driver_message(card, id, hdrvr, msg, lparam1, lparam2);
}

static uint32_t card_wod(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return mmk_driver_wod_message(card, device, msg, user, p1, p2);
}

static uint32_t card_wid(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return mmk_driver_wid_message(card, device, msg, user, p1, p2);
}

static uint32_t card_aux(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return mmk_driver_aux_message(card, device, msg, user, p1, p2);
}

static uint32_t card_mxd(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return mmk_driver_mxd_message(card, device, msg, user, p1, p2);
}

static const struct mmk_posix_module modules[] = {
    {"mmewave.drv", MMK_VERSION, card_driver_proc, card_wod, card_wid, card_aux, card_mxd},
};

const struct mmk_driver_class *const *host_drivers(size_t *n)
{
    static const struct mmk_driver_class *const drivers[] = {&mmk_virtual_card};
    *n = sizeof drivers / sizeof *drivers;
    return drivers;
}

/* ------------------------------------------------------------------ open and close */

static void on_trace(void *user, const struct mmk_winmm_sent *sent)
{
    struct host *host = user;
    if (host->on_message)
        host->on_message(host->on_message_user, sent->file, sent->function, sent->name,
                         sent->answer);
}

static void drop_log(void *user, mmk_log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)text;
}

static mmk_err open_inner(struct host *host, const char *registry, bool verbose)
{
    struct mmk_posix_config config = {.registry_path = registry,
                                      .modules = modules,
                                      .n_modules = sizeof modules / sizeof *modules,
                                      .ui = ui_console()};
    if (!verbose && !getenv("MMEKIT_TRACE"))
        config.log = drop_log;
    mmk_err err = mmk_posix_open(&config, &host->posix);
    if (err)
        return err;
    host->port = mmk_posix_port(host->posix);
    memset(&card_memory, 0, sizeof card_memory);
    err = mmk_driver_init(&card_memory, &mmk_virtual_card, host->port, &card);
    if (err)
        return err;
    struct mmk_winmm_config winmm = mmk_posix_winmm_config(host->posix);
    winmm.trace = on_trace;
    winmm.trace_user = host;
    snprintf(host->drivers_dir, sizeof host->drivers_dir, "%s",
             winmm.drivers_dir ? winmm.drivers_dir : "");
    return mmk_winmm_create(&winmm, &host->mm);
}

mmk_err host_open(const char *registry, bool verbose, struct host **out, char *why, size_t cap)
{
    struct host *host = calloc(1, sizeof *host);
    mmk_err err = host ? open_inner(host, registry, verbose) : MMK_ERR_NOMEM;
    if (err == MMK_ERR_NOT_FOUND)
        snprintf(why, cap, "there is no place for the registry file: HOME is not set");
    else if (err)
        snprintf(why, cap, "the registry %s cannot be used: %s", registry ? registry : "file",
                 mmk_err_text(err));
    if (err) {
        host_close(host);
        return err;
    }
    *out = host;
    return MMK_OK;
}

void host_close(struct host *host)
{
    if (!host)
        return;
    mmk_winmm_destroy(host->mm, true);
    if (card)
        mmk_driver_fini(card);
    card = NULL;
    mmk_posix_close(host->posix);
    free(host);
}

struct mmk_port *host_port(struct host *host)
{
    return host->port;
}

void host_trace(struct host *host, host_on_message *on_message, void *user)
{
    host->on_message = on_message;
    host->on_message_user = user;
}

const char *host_rights_cure(void)
{
    return "check who owns the file and its folder";
}

const char *host_registry_error(struct host *host)
{
    return mmk_posix_registry_error_text(host->port->registry);
}

/* ------------------------------------------------------------------ facts */

static void text_facts(struct host_registry_facts *facts, const unsigned char *b, size_t n)
{
    bool wide = n >= 2 && b[0] == 0xff && b[1] == 0xfe;
    bool high = false, crlf = false, lf = false;
    size_t step = wide ? 2 : 1;
    for (size_t i = 0; i < n; i++)
        high = high || b[i] >= 0x80;
    for (size_t i = 0; i + step <= n; i += step) {
        if (b[i] != '\n' || (wide && b[i + 1] != 0))
            continue;
        if (i >= step && b[i - step] == '\r')
            crlf = true;
        else
            lf = true;
    }
    const char *encoding = wide                                          ? "UTF-16LE with mark"
                           : n >= 3 && memcmp(b, "\xef\xbb\xbf", 3) == 0 ? "UTF-8 with mark"
                           : n == 0                                      ? "empty"
                           : high                                        ? "UTF-8 or other"
                                                                         : "ASCII";
    snprintf(facts->encoding, sizeof facts->encoding, "%s", encoding);
    snprintf(facts->line_ends, sizeof facts->line_ends, "%s",
             crlf && lf ? "mixed"
             : crlf     ? "CRLF"
             : lf       ? "LF"
                        : "none");
}

/* Encoding and line ends as its first 64 KiB show them. */
static void read_facts(struct host_registry_facts *facts)
{
    enum { ENOUGH = 65536 };
    unsigned char *bytes = malloc(ENOUGH);
    FILE *file = fopen(facts->where, "rb");
    snprintf(facts->encoding, sizeof facts->encoding, "?");
    snprintf(facts->line_ends, sizeof facts->line_ends, "?");
    if (file && bytes)
        text_facts(facts, bytes, fread(bytes, 1, ENOUGH, file));
    if (file)
        fclose(file);
    free(bytes);
}

static bool folder_writable(const char *path)
{
    char folder[1024];
    snprintf(folder, sizeof folder, "%s", path);
    for (;;) { /* of the folders above, the nearest that exists decides */
        char *slash = strrchr(folder, '/');
        if (!slash)
            return access(".", W_OK) == 0;
        *slash = 0;
        const char *look = folder[0] ? folder : "/";
        if (access(look, F_OK) == 0)
            return access(look, W_OK) == 0;
    }
}

void host_registry_facts(struct host *host, struct host_registry_facts *facts)
{
    struct stat st;
    memset(facts, 0, sizeof *facts);
    snprintf(facts->where, sizeof facts->where, "%s", mmk_posix_registry_path(host->posix));
    snprintf(facts->journal, sizeof facts->journal, "%s.mmekit", facts->where);
    snprintf(facts->drivers_dir, sizeof facts->drivers_dir, "%s", host->drivers_dir);
    facts->journal_exists = stat(facts->journal, &st) == 0;
    facts->writable = folder_writable(facts->where);
    if (stat(facts->where, &st) != 0)
        return;
    facts->exists = true;
    facts->size_bytes = (uint64_t)st.st_size;
    facts->mode = st.st_mode & 07777;
    facts->writable = facts->writable && access(facts->where, W_OK) == 0;
    if (S_ISREG(st.st_mode))
        read_facts(facts);
}

const char *host_name(void)
{
    return "posix";
}

void host_describe(char *text, size_t cap)
{
    struct utsname name;
    if (uname(&name) == 0)
        snprintf(text, cap, "%s %s %s", name.sysname, name.release, name.machine);
    else
        snprintf(text, cap, "POSIX");
}

uint32_t host_cpu_features(void)
{
    struct mmk_posix_config config = {0};
    struct mmk_platform *platform;
    if (mmk_posix_platform_open(&config, &platform))
        return 0;
    uint32_t features = platform->ops->cpu_features(platform);
    mmk_posix_platform_close(platform);
    return features;
}

const char *host_wave_system(void)
{
    return "mini-winmm " MMK_VERSION_TEXT;
}

bool host_has_real_audio(struct host *host)
{
    struct mmk_device_info info;
    for (uint32_t i = 0;; i++) {
        if (host->port->devices->ops->enumerate(host->port->devices, MMK_PLAYBACK, i, &info))
            return false;
        if (strcmp(info.backend, "alsa") == 0)
            return true;
    }
}

/* ------------------------------------------------------------------ driver messages */

/* The drivers of this build are linked in: nothing of theirs is in use or waits to be copied. */
uintptr_t host_driver_open(struct host *host, const char *file, bool removing, char *why,
                           size_t cap)
{
    (void)removing;
    uintptr_t hdrvr = mmk_winmm_open_driver(host->mm, file, NULL, 0);
    if (!hdrvr)
        mmk_winmm_error_text(host->mm, why, cap);
    return hdrvr;
}

intptr_t host_driver_send(struct host *host, uintptr_t hdrvr, uint32_t msg, intptr_t lparam1,
                          intptr_t lparam2)
{
    return mmk_winmm_send_message(host->mm, hdrvr, msg, lparam1, lparam2);
}

void host_driver_close(struct host *host, uintptr_t hdrvr)
{
    mmk_winmm_close_driver(host->mm, hdrvr, 0, 0);
}

bool host_is_module_file(const char *name)
{
    return strchr(name, '/') != NULL;
}

bool host_can_ask(void)
{
    return host_is_terminal(stdin) && host_is_terminal(stderr);
}

uintptr_t host_parent_window(void)
{
    return 0;
}

/* ------------------------------------------------------------------ modules, and saving */

void host_find_sources(struct host *host, const char *file, const char *path,
                       struct host_sources *out)
{
    (void)host;
    (void)file;
    (void)path;
    memset(out, 0, sizeof *out);
}

void host_drivers_dir(struct host *host, bool wanted)
{
    if (wanted)
        mkdir(host->drivers_dir, 0777);
    else
        rmdir(host->drivers_dir);
}

bool host_is_installed_module(struct host *host, const char *path)
{
    char there[HOST_PATH_MAX + 256];
    snprintf(there, sizeof there, "%s/%s", host->drivers_dir, host_base_name(path));
    return host_same_file(path, there);
}

bool host_forgets(struct host *host)
{
    (void)host;
    return false; /* the file is on the disk before a driver answers OK */
}

unsigned host_saving_ms(struct host *host)
{
    (void)host;
    return 0;
}

bool host_is_saved(struct host *host)
{
    (void)host;
    return true;
}

/* ------------------------------------------------------------------ wave devices */

uint32_t host_wave_default(struct host *host, mmk_direction direction)
{
    (void)host;
    (void)direction;
    return 0;
}

struct host_wave {
    struct mmk_winmm *mm;
    mmk_direction direction;
    uintptr_t handle;
    int event;
};

uint32_t host_wave_count(struct host *host, mmk_direction direction)
{
    return direction == MMK_PLAYBACK ? mmk_winmm_wave_out_num_devs(host->mm)
                                     : mmk_winmm_wave_in_num_devs(host->mm);
}

static void name_text(const mmk_char16 *name, char *text, size_t cap)
{
    size_t n_units = 0;
    while (n_units < MMK_MAXPNAMELEN && name[n_units])
        n_units++;
    if (mmk_wtf8_from_utf16(name, n_units, text, cap, NULL))
        snprintf(text, cap, "?");
}

bool host_wave_device(struct host *host, mmk_direction direction, uint32_t device, char *name,
                      size_t name_cap, char *alias, size_t alias_cap, char *file, size_t file_cap)
{
    mmk_char16 units[MMK_MAXPNAMELEN] = {0};
    uint32_t result;
    if (direction == MMK_PLAYBACK) {
        struct mmk_waveoutcapsw caps;
        result = mmk_winmm_wave_out_caps(host->mm, device, &caps, sizeof caps);
        if (!result) {
            memcpy(units, (const char *)&caps + offsetof(struct mmk_waveoutcapsw, szPname),
                   sizeof units);
            result = mmk_winmm_wave_out_origin(host->mm, device, alias, alias_cap, file, file_cap);
        }
    } else {
        struct mmk_waveincapsw caps;
        result = mmk_winmm_wave_in_caps(host->mm, device, &caps, sizeof caps);
        if (!result) {
            memcpy(units, (const char *)&caps + offsetof(struct mmk_waveincapsw, szPname),
                   sizeof units);
            result = mmk_winmm_wave_in_origin(host->mm, device, alias, alias_cap, file, file_cap);
        }
    }
    if (!result && name)
        name_text(units, name, name_cap);
    return result == MMK_MMSYSERR_NOERROR;
}

void host_wave_error(struct host *host, char *why, size_t cap)
{
    mmk_winmm_error_text(host->mm, why, cap);
}

void host_wave_rescan(struct host *host)
{
    mmk_winmm_rescan(host->mm);
}

uint32_t host_wave_open(struct host *host, mmk_direction direction, uint32_t device,
                        const void *wfx, struct host_wave **out)
{
    struct host_wave *wave = calloc(1, sizeof *wave);
    if (!wave)
        return MMK_MMSYSERR_NOMEM;
    wave->mm = host->mm;
    wave->direction = direction;
    wave->event = mmk_posix_event_create();
    uint32_t result = MMK_MMSYSERR_NOMEM;
    if (wave->event >= 0)
        result = direction == MMK_PLAYBACK
                     ? mmk_winmm_wave_out_open(host->mm, &wave->handle, device, wfx,
                                               (uintptr_t)wave->event, 0, MMK_CALLBACK_EVENT)
                     : mmk_winmm_wave_in_open(host->mm, &wave->handle, device, wfx,
                                              (uintptr_t)wave->event, 0, MMK_CALLBACK_EVENT);
    if (result) {
        if (wave->event >= 0)
            mmk_posix_event_destroy(wave->event);
        free(wave);
        return result;
    }
    *out = wave;
    return result;
}

uint32_t host_wave_close(struct host_wave *wave)
{
    uint32_t result = wave->direction == MMK_PLAYBACK
                          ? mmk_winmm_wave_out_close(wave->mm, wave->handle)
                          : mmk_winmm_wave_in_close(wave->mm, wave->handle);
    mmk_posix_event_destroy(wave->event);
    free(wave);
    return result;
}

uint32_t host_wave_prepare(struct host_wave *wave, struct mmk_wavehdr *header)
{
    return wave->direction == MMK_PLAYBACK
               ? mmk_winmm_wave_out_prepare(wave->mm, wave->handle, header, sizeof *header)
               : mmk_winmm_wave_in_prepare(wave->mm, wave->handle, header, sizeof *header);
}

uint32_t host_wave_unprepare(struct host_wave *wave, struct mmk_wavehdr *header)
{
    return wave->direction == MMK_PLAYBACK
               ? mmk_winmm_wave_out_unprepare(wave->mm, wave->handle, header, sizeof *header)
               : mmk_winmm_wave_in_unprepare(wave->mm, wave->handle, header, sizeof *header);
}

uint32_t host_wave_queue(struct host_wave *wave, struct mmk_wavehdr *header)
{
    return wave->direction == MMK_PLAYBACK
               ? mmk_winmm_wave_out_write(wave->mm, wave->handle, header, sizeof *header)
               : mmk_winmm_wave_in_add_buffer(wave->mm, wave->handle, header, sizeof *header);
}

uint32_t host_wave_start(struct host_wave *wave)
{
    return mmk_winmm_wave_in_start(wave->mm, wave->handle);
}

uint32_t host_wave_stop(struct host_wave *wave)
{
    return mmk_winmm_wave_in_stop(wave->mm, wave->handle);
}

uint32_t host_wave_reset(struct host_wave *wave)
{
    return wave->direction == MMK_PLAYBACK ? mmk_winmm_wave_out_reset(wave->mm, wave->handle)
                                           : mmk_winmm_wave_in_reset(wave->mm, wave->handle);
}

uint32_t host_wave_position(struct host_wave *wave, uint32_t *frames)
{
    struct mmk_mmtime time = {.wType = MMK_TIME_SAMPLES};
    uint32_t result = wave->direction == MMK_PLAYBACK
                          ? mmk_winmm_wave_out_position(wave->mm, wave->handle, &time, sizeof time)
                          : mmk_winmm_wave_in_position(wave->mm, wave->handle, &time, sizeof time);
    if (result)
        return result;
    if (time.wType != MMK_TIME_SAMPLES)
        return MMK_MMSYSERR_NOTSUPPORTED;
    *frames = time.u.sample;
    return result;
}

uint32_t host_wave_volume(struct host_wave *wave, uint16_t left, uint16_t right)
{
    return mmk_winmm_wave_out_set_volume(wave->mm, wave->handle,
                                         (uint32_t)right << 16 | (uint32_t)left);
}

bool host_wave_wait(struct host_wave *wave, uint32_t timeout_ms)
{
    return mmk_posix_event_wait(wave->event, timeout_ms);
}

bool host_wave_done(const struct mmk_wavehdr *header)
{
    const char *base = (const char *)header + offsetof(struct mmk_wavehdr, dwFlags);
    const uint32_t *flags = (const uint32_t *)(const void *)base;
    return (__atomic_load_n(flags, __ATOMIC_ACQUIRE) & MMK_WHDR_DONE) != 0;
}

const char *host_wave_result(uint32_t result)
{
    return mmk_winmm_result_name(result);
}
