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

static bool outside; /* the open host is a Wine prefix */

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
enum { CARD, CODEC, WINE_CARD, N_DRIVERS };

static const struct mmk_driver_class *const classes[N_DRIVERS] = {
    [CARD] = &mmk_virtual_card, [CODEC] = &mmk_codec_pack, [WINE_CARD] = &mmk_wine_card};
static struct mmk_driver_memory memories[N_DRIVERS];
static struct mmk_driver *drivers[N_DRIVERS];

#define DRIVER_PROC(name, which)                                                                \
    static intptr_t name(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1, intptr_t l2) \
    {                                                                                           \
        return mmk_driver_message(drivers[which], id, hdrvr, msg, l1, l2);                      \
    }
DRIVER_PROC(card_proc, CARD)
DRIVER_PROC(codec_proc, CODEC)
DRIVER_PROC(wine_card_proc, WINE_CARD)

#define CARD_MESSAGE(name, function)                                                  \
    static uint32_t name(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, \
                         uintptr_t p2)                                                \
    {                                                                                 \
        return function(drivers[CARD], device, msg, user, p1, p2);                    \
    }
CARD_MESSAGE(card_wod, mmk_driver_wod_message)
CARD_MESSAGE(card_wid, mmk_driver_wid_message)
CARD_MESSAGE(card_aux, mmk_driver_aux_message)
CARD_MESSAGE(card_mxd, mmk_driver_mxd_message)

static const struct mmk_posix_module modules[] = {
    {"mmewave.drv", MMK_VERSION, card_proc, card_wod, card_wid, card_aux, card_mxd},
    {"mmecodec.acm", MMK_VERSION, codec_proc, NULL, NULL, NULL, NULL},
    {"mmewine.dll", MMK_VERSION, wine_card_proc, NULL, NULL, NULL, NULL},
};

const struct mmk_driver_class *const *host_drivers(size_t *n)
{
    *n = N_DRIVERS;
    return classes;
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

static mmk_err open_port(struct host *host, const char *registry, const char *prefix, bool verbose,
                         char *why, size_t cap)
{
    struct mmk_posix_config config = {.registry_path = registry,
                                      .modules = modules,
                                      .n_modules = sizeof modules / sizeof *modules,
                                      .ui = ui_console()};
    char standard[HOST_PATH_MAX];
    if (!verbose && !getenv("MMEKIT_TRACE"))
        config.log = drop_log;
    if (prefix && !prefix[0]) {
        if (mmk_posix_default_prefix(standard, sizeof standard)) {
            snprintf(why, cap, "there is no default prefix: HOME is not set");
            return MMK_ERR_NOT_FOUND;
        }
        prefix = standard;
    }
    outside = prefix != NULL;
    if (prefix)
        return mmk_posix_open_prefix(prefix, &config, &host->posix, why, cap);
    mmk_err err = mmk_posix_open(&config, &host->posix);
    if (err == MMK_ERR_NOT_FOUND)
        snprintf(why, cap, "there is no place for the registry file: HOME is not set");
    else if (err)
        snprintf(why, cap, "the registry %s cannot be used: %s", registry ? registry : "file",
                 mmk_err_text(err));
    return err;
}

static mmk_err open_drivers(struct host *host)
{
    mmk_err err = MMK_OK;
    memset(memories, 0, sizeof memories);
    for (int i = 0; i < N_DRIVERS && !err; i++)
        err = mmk_driver_init(&memories[i], classes[i], host->port, &drivers[i]);
    if (err)
        return err;
    struct mmk_winmm_config winmm = mmk_posix_winmm_config(host->posix);
    winmm.trace = on_trace;
    winmm.trace_user = host;
    snprintf(host->drivers_dir, sizeof host->drivers_dir, "%s",
             outside             ? host->port->drivers_dir
             : winmm.drivers_dir ? winmm.drivers_dir
                                 : "");
    return mmk_winmm_create(&winmm, &host->mm);
}

mmk_err host_open(const char *registry, const char *prefix, bool verbose, struct host **out,
                  char *why, size_t cap)
{
    if (registry && prefix) {
        snprintf(why, cap, "a prefix has its own registry");
        return MMK_ERR_UNSUPPORTED;
    }
    struct host *host = calloc(1, sizeof *host);
    mmk_err err = host ? open_port(host, registry, prefix, verbose, why, cap) : MMK_ERR_NOMEM;
    if (!err) {
        host->port = mmk_posix_port(host->posix);
        err = open_drivers(host);
        if (err)
            snprintf(why, cap, "the drivers cannot be used: %s", mmk_err_text(err));
    }
    if (err) {
        host_close(host);
        return err;
    }
    *out = host;
    return MMK_OK;
}

bool host_is_outside(struct host *host)
{
    (void)host;
    return outside;
}

void host_close(struct host *host)
{
    if (!host)
        return;
    mmk_winmm_destroy(host->mm, true);
    for (int i = 0; i < N_DRIVERS; i++) {
        if (drivers[i])
            mmk_driver_fini(drivers[i]);
        drivers[i] = NULL;
    }
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
    if (outside) /* system.reg stands in the prefix itself */
        snprintf(facts->journal, sizeof facts->journal, "%.*s/drive_c/ProgramData/mmekit",
                 (int)(strrchr(facts->where, '/') - facts->where), facts->where);
    else
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
    return outside ? "wine" : "posix";
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
    if (outside) /* what speaks is the driver of this build, whichever file is to be copied */
        file = host_base_name(file);
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

/* Of what width the module is; 0: it is none. */
static unsigned bits_of(struct host *host, const char *path)
{
    struct mmk_platform *platform = host->port->platform;
    struct mmk_module_info info = {0};
    mmk_err err = platform->ops->inspect_module(platform, path, MMK_VIEW_64, &info);
    return err == MMK_OK || err == MMK_ERR_BITNESS ? info.pointer_bits : 0;
}

/* Where packages and builds have the modules of each width: those of the .zip, of an installation,
 * of this tree. */
static bool find_in(struct host *host, const char *folder, const char *file, unsigned bits,
                    char *out)
{
    static const char *const places[2][5] = {
        {".", "x86", "../x86", "../lib/mmekit/i386-windows", "../../windows-i686/bin"},
        {".", "x64", "../x64", "../lib/mmekit/x86_64-windows", "../../windows-x86_64/bin"}};
    char path[2 * HOST_PATH_MAX];
    for (size_t i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", folder, places[bits == 64][i], file);
        if (host_file_kind(path) == HOST_FILE_REGULAR && host_full_path(path, out, HOST_PATH_MAX) &&
            bits_of(host, out) == bits)
            return true;
    }
    out[0] = 0;
    return false;
}

static void folder_of(const char *path, char *folder, size_t cap)
{
    snprintf(folder, cap, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = 0;
}

void host_find_sources(struct host *host, const char *file, const char *path,
                       struct host_sources *out)
{
    const unsigned own = host->port->pointer_bits;
    char folders[2][HOST_PATH_MAX] = {"", ""}, full[HOST_PATH_MAX];
    memset(out, 0, sizeof *out);
    if (!outside) /* the drivers of this build are linked in */
        return;
    if (path && host_full_path(path, full, sizeof full)) { /* the file the user named */
        const unsigned bits = bits_of(host, full);
        snprintf(bits == 0 || bits == own ? out->own : out->other, HOST_PATH_MAX, "%s", full);
        folder_of(full, folders[0], sizeof folders[0]);
    } else if (!path) {
        const char *asked = getenv("MMEKIT_MODULES");
        const ssize_t n = readlink("/proc/self/exe", full, sizeof full - 1);
        full[n > 0 ? n : 0] = 0;
        folder_of(full, folders[1], sizeof folders[1]);
        snprintf(folders[0], sizeof folders[0], "%s", asked ? asked : "");
    }
    for (size_t i = 0; i < 2; i++) {
        if (folders[i][0] && !out->own[0])
            find_in(host, folders[i], file, own, out->own);
        if (folders[i][0] && !out->other[0] && host->port->drivers_dir_other)
            find_in(host, folders[i], file, 96 - own, out->other);
    }
}

void host_drivers_dir(struct host *host, bool wanted)
{
    if (outside)
        return;
    if (wanted)
        mkdir(host->drivers_dir, 0777);
    else
        rmdir(host->drivers_dir);
}

bool host_is_installed_module(struct host *host, const char *path)
{
    char there[HOST_PATH_MAX + 256];
    if (outside)
        return false;
    snprintf(there, sizeof there, "%s/%s", host->drivers_dir, host_base_name(path));
    return host_same_file(path, there);
}

bool host_forgets(struct host *host)
{
    (void)host;
    return outside; /* what mmectl.exe did in it may be lost; a file of ours is on the disk before a
                       driver answers OK */
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
