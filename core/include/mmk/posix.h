/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_POSIX_H
#define MMK_POSIX_H

/**
 * shim-posix: what fills a port on Linux and other Unix systems.
 *
 * The registry is a `.reg` file, as regedit reads and writes them, edited as text: encoding, line
 * ends, order, comments and whatever else it does not have to touch stay byte for byte. The journal
 * lives in the folder `<registry file>.mmekit` beside it, made when first needed and removed when
 * nothing is left to keep.
 *
 *     struct mmk_registry *registry;
 *     struct mmk_journal *journal;
 *     mmk_posix_registry_open(path, &registry);
 *     mmk_posix_journal_open(path, &journal);
 *     port.registry = registry;
 *     port.journal = journal;
 *     port.files = mmk_posix_files();
 *
 * Context of all: control.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/abi.h>
#include <mmk/err.h>
#include <mmk/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ registry file */

/**
 * Open a registry file. The file is read at the first use, not here; it need not exist (a registry
 * without it is empty, and the first flush makes it: UTF-16LE with mark, CRLF; its folder must be
 * there). A file that we made goes again when the last thing is removed from it.
 *
 * Changes are kept in memory; flush writes the whole file anew, once, beside the old one, and
 * renames it into place. If the file changed meanwhile, flush reads it again and makes our changes
 * there, or answers MMK_ERR_CONFLICT where somebody else changed the very same thing. Both roots
 * live in the one file, so flush of either writes both. Edits that were taken back write nothing.
 *
 * The 32-bit view of HKEY_LOCAL_MACHINE\Software is its subkey WOW6432Node; everything else is
 * common to both views. Other hives in the file are checked and carried. Volatile keys live as long
 * as the registry is open: that is the session of a file.
 *
 * A symbolic link is followed and stays; mode, owner and group are kept where we may; of a file with
 * several hard links the other names keep the old text. ASCII files stay ASCII: a REG_SZ that is not
 * becomes hex(1), a name that is not is MMK_ERR_UNSUPPORTED.
 *
 * A malformed file is MMK_ERR_CORRUPT in every call, and is never written.
 *
 * @param path  the file's name, relative or absolute; copied
 * @param out   close with mmk_posix_registry_close()
 * @retval MMK_ERR_INVAL, MMK_ERR_NOMEM
 * Not for use by two threads at once.
 */
mmk_err mmk_posix_registry_open(const char *path, struct mmk_registry **out);

/** Close; changes that were not flushed are forgotten. NULL is fine. */
void mmk_posix_registry_close(struct mmk_registry *registry);

/**
 * The last failure in words, with the file's name and, where the text is at fault, the line, such
 * as "music.reg:12: a string without its closing quote".
 * @return "" if nothing failed yet; valid until the next call with this registry
 */
const char *mmk_posix_registry_error_text(const struct mmk_registry *registry);

/* ------------------------------------------------------------------ journal */

/**
 * Open the journal that serves a registry file: folder `<registry_path>.mmekit` with the files
 * journal, lock, log and status-<driver>. Nothing is made or read before it is needed. When the lock
 * is dropped and neither journal nor status is left, folder, lock and log go.
 *
 * The registry backend takes the same lock for its own flush, unless the calling thread holds it
 * already through a journal of the same file. The folder must belong to the effective user, and
 * nobody else may write it; else MMK_ERR_ACCESS.
 *
 * @param registry_path  as for mmk_posix_registry_open(); copied
 * @retval MMK_ERR_INVAL, MMK_ERR_NOMEM
 */
mmk_err mmk_posix_journal_open(const char *registry_path, struct mmk_journal **out);

/** Close; releases the lock if it is held. NULL is fine. */
void mmk_posix_journal_close(struct mmk_journal *journal);

/* ------------------------------------------------------------------ files */

/** The files seam over POSIX calls. Stateless; the one object serves everybody. */
struct mmk_files *mmk_posix_files(void);

/* ------------------------------------------------------------------ driver modules */

/**
 * A driver module that is linked into the program instead of loaded with dlopen. The functions have
 * the types that a module exports under the names DriverProc, wodMessage, widMessage, auxMessage
 * and mxdMessage.
 */
struct mmk_posix_module {
    const char *file; /* "mmewave.drv": found before a file of that name, compared without case */
    uint32_t version; /* major << 24 | minor << 16 | patch */
    intptr_t (*driver_proc)(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t lparam1,
                            intptr_t lparam2);
    /* each of these may be NULL: the module does not serve that type */
    uint32_t (*wod_message)(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                            uintptr_t p2);
    uint32_t (*wid_message)(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                            uintptr_t p2);
    uint32_t (*aux_message)(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                            uintptr_t p2);
    uint32_t (*mxd_message)(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                            uintptr_t p2);
};

/* ------------------------------------------------------------------ a whole port */

/**
 * A module named `x.drv` is, in this order: the module built in under that name;
 * `<drivers_dir>/x.drv`. A name with a slash is that file. The current folder and the loader's own
 * search path are never looked at. For the 32-bit view of a 64-bit program the folder is
 * `<drivers_dir>/32`.
 */
struct mmk_posix_config {
    const char *registry_path; /* NULL = mmk_posix_default_registry_path() */
    const char *drivers_dir;   /* NULL = $MMEKIT_DRIVERS, else the folder `drivers` beside the
                                  registry file */
    const struct mmk_posix_module *modules; /* borrowed until close */
    size_t n_modules;
    struct mmk_ui *ui; /* how to ask the user; NULL = silent */
    /** Where log lines go; NULL = stderr, as far as $MMEKIT_TRACE lets them (error, warn, info,
     * trace; default warn). Called from any thread. */
    void (*log)(void *user, mmk_log_level level, const char *text);
    void *log_user;
};

struct mmk_posix;

/**
 * Make a port over a registry file, with the journal beside it, the POSIX files and platform, and
 * the devices below. Nothing is created on disk and no thread is started.
 * @param config  NULL = all defaults; copied
 * @param out     close with mmk_posix_close()
 * @retval MMK_ERR_NOMEM, MMK_ERR_TOO_LONG (a path), MMK_ERR_NOT_FOUND (no default path: HOME is not
 * set)
 */
mmk_err mmk_posix_open(const struct mmk_posix_config *config, struct mmk_posix **out);

/**
 * Make a port over a Wine prefix, from outside: the registry of what programs in it see
 * (system.reg and user.reg, edited as text), its files under their Windows names, and the journal
 * that mmectl.exe keeps in it (C:\ProgramData\mmekit), so that either undoes what the other did.
 * The host is "wine"; drivers_dir and registry_path of the config are not read. Nothing can be
 * played. What is installed is tried by a Wine of this host, if there is one.
 *
 * Until close no wineserver can run in the prefix, but for such a trial.
 *
 * @param why  out on failure: a sentence with cause and cure; cap at least 256
 * @retval MMK_ERR_NOT_FOUND  no prefix, or not a whole one; MMK_ERR_ACCESS  not ours, or not to be
 * written; MMK_ERR_LOCKED  programs run in it; MMK_ERR_CORRUPT  its registry
 */
mmk_err mmk_posix_open_prefix(const char *prefix, const struct mmk_posix_config *config,
                              struct mmk_posix **out, char *why, size_t cap);

/** $WINEPREFIX, else $HOME/.wine. @retval MMK_ERR_NOT_FOUND  neither is set; MMK_ERR_MORE */
mmk_err mmk_posix_default_prefix(char *path, size_t cap);

/** Close; drivers and engines that use the port are gone by then. NULL is fine. */
void mmk_posix_close(struct mmk_posix *posix);

/** The port, complete (mmk_port_check() accepts it); lives as long as `posix`. */
struct mmk_port *mmk_posix_port(struct mmk_posix *posix);

/** The registry file's name, absolute. */
const char *mmk_posix_registry_path(const struct mmk_posix *posix);

/**
 * $MMEKIT_REGISTRY, else $XDG_DATA_HOME/mmekit/registry.reg, else
 * $HOME/.local/share/mmekit/registry.reg.
 * @retval MMK_ERR_NOT_FOUND  none of the three is set; MMK_ERR_MORE  cap is too small
 */
mmk_err mmk_posix_default_registry_path(char *path, size_t cap);

/* ------------------------------------------------------------------ single seams */

/**
 * The platform alone: clocks, threads, memory, modules. Fields that it reads: drivers_dir, modules,
 * log.
 * @retval MMK_ERR_NOMEM, MMK_ERR_TOO_LONG
 */
mmk_err mmk_posix_platform_open(const struct mmk_posix_config *config, struct mmk_platform **out);
void mmk_posix_platform_close(struct mmk_platform *platform); /* NULL is fine */

/**
 * The devices alone. What `path` of a config means to each backend:
 *
 * "file", playback: a WAV file to write. It is made, or made empty, when the first frame of sound
 * is there, not at open. Silence before the first sound and after the last is not kept, pauses
 * between are. What was reported as played is in the file, whatever then becomes of the program.
 * Beyond 4 GiB the file is an RF64.
 *
 * The named file is overwritten once by one devices object. Opened again, or held by another
 * program, the next free of `name-2.wav`, `name-3.wav`, ... is made instead; no existing file but
 * the named one is ever overwritten. The name (not its folder) may be a pattern, `%p-%i-%n.wav`,
 * see mmk_pattern_expand() in <mmk/text.h>: what it gives overwrites nothing; a wrong one is
 * MMK_ERR_INVAL. "" or a folder: `<program>-<pid>-<n>.wav` there. The name taken goes to the log
 * (info).
 *
 * "file", capture: any sound file that libsndfile reads, as a stream. Its rate, channels and sample
 * type win over those asked for. After its end comes silence, with both clocks, so that a recording
 * of N seconds always ends. A file without sound, or shorter than its header says, is refused.
 *
 * "null": swallows what is played; records silence.
 *
 * "cable": what is played into it is recorded from the cable of the same name, within the process.
 * The first opener sets the format. One player and one recorder; no sound is lost while both run.
 *
 * "alsa": an ALSA PCM by name, "" = "default"; if built with ALSA. Real clock only.
 *
 * With the real clock frames are due at absolute times of the monotonic clock, without drift; a
 * device that comes more than a second late (the machine slept) goes on from now and does not hurry
 * through what it missed.
 *
 * @param platform  borrowed
 */
mmk_err mmk_posix_devices_open(struct mmk_platform *platform, struct mmk_devices **out);
void mmk_posix_devices_close(struct mmk_devices *devices); /* NULL is fine */

/**
 * The notify seam: what DriverCallback does. Stateless; the one object serves everybody.
 *
 * Targets by kind:
 *  - MMK_CALLBACK_FUNCTION: a mmk_posix_callback *.
 *  - MMK_CALLBACK_EVENT: a file descriptor (an eventfd, or the writing end of a pipe). The eight
 *    bytes of a uint64_t 1 are written to it, never blocking: mmk_posix_event_create().
 *  - MMK_CALLBACK_THREAD: a queue, which gets a struct mmk_posix_message; a full queue loses it, as
 *    Windows' does: mmk_posix_queue_create().
 *  - MMK_CALLBACK_WINDOW: there are no windows here; nothing happens.
 *
 * Descriptors and not pointers, because modules that were built apart from the program share no
 * objects with it.
 */
struct mmk_notify *mmk_posix_notify(void);

typedef void mmk_posix_callback(uintptr_t handle, uint32_t msg, uintptr_t user, uintptr_t p1,
                                uintptr_t p2);

/** An event, auto-reset. @return a descriptor, or -1 */
int mmk_posix_event_create(void);
/** @return true = signalled (and reset), false = timeout_ms passed. MMK_WAIT_FOREVER is fine */
bool mmk_posix_event_wait(int event, uint32_t timeout_ms);
void mmk_posix_event_destroy(int event);

/** What PostThreadMessage would carry: wParam is the device handle, lParam the first parameter. */
struct mmk_posix_message {
    uint32_t msg;
    uintptr_t handle;
    uintptr_t p1;
};

/** A thread's message queue. @param target  out: for CALLBACK_THREAD @return a descriptor for the
 * other calls, or -1 */
int mmk_posix_queue_create(uintptr_t *target);
/** @return true = *message is the oldest one, false = timeout_ms passed */
bool mmk_posix_queue_get(int queue, struct mmk_posix_message *message, uint32_t timeout_ms);
void mmk_posix_queue_destroy(int queue, uintptr_t target);

/* ------------------------------------------------------------------ mini-winmm */

/**
 * mini-winmm: the part of winmm that loads drivers and talks to them, for programs and tests on
 * POSIX.
 *
 * One struct mmk_winmm is what one process sees of winmm. It finds drivers through the registry
 * (Drivers32), sends LOAD, ENABLE, OPEN ... CLOSE, DISABLE, FREE as winmm does, numbers the devices
 * of all drivers, checks what winmm itself checks, and leaves the rest to the driver. Results are
 * MMSYSERR_* and WAVERR_* numbers of <mmk/abi.h>, as an application sees them. Structures are those
 * of <mmk/abi.h>; they need not be aligned.
 *
 *     const struct mmk_winmm_config config = mmk_posix_winmm_config(posix);
 *     mmk_winmm_create(&config, &mm);
 *     uintptr_t driver = mmk_winmm_open_driver(mm, "mmewave.drv", NULL, 0);
 *     mmk_winmm_send_message(mm, driver, MMK_DRV_INSTALL, 0, (intptr_t)&dci);
 *     mmk_winmm_close_driver(mm, driver, 0, 0);
 *     mmk_winmm_destroy(mm, true);
 *
 * Where winmm's behaviour comes from: docs of OpenDriver and waveOut* (Win32), Wine 8.0's winmm,
 * and Wine's conformance tests. Different here: names are UTF-8; no SYSTEM.INI; WAVE_MAPPER is the
 * first device that takes the format; GETPOS is passed to the driver whatever the time format, as
 * up to Windows XP (later versions answer MS, SMPTE, MIDI and TICKS in bytes by themselves).
 *
 * Context of all: any thread, several at once, also inside driver callbacks.
 */
struct mmk_winmm;

/** One message that went to a driver, after its answer; `answer` is what DriverProc or xxxMessage
 * returned. */
struct mmk_winmm_sent {
    const char *file;     /* the module's file name without folder */
    const char *function; /* "DriverProc", "wodMessage", ... */
    const char *name;     /* "DRV_LOAD", "WODM_OPEN", ...; "0x4242" style if it has none */
    uintptr_t id;         /* DriverProc: dwDriverId; else: the device's number in its module */
    uintptr_t handle;     /* DriverProc: hdrvr; else: dwUser */
    uint32_t msg;
    uintptr_t p1, p2;
    intptr_t answer;
};
/**
 * Hears of every message, on the sending thread, right after the answer. Messages that are sent
 * meanwhile from callbacks come in between. Held are at most the locks that keep the opening and
 * closing of one module, and the loading of devices, to one thread.
 */
typedef void mmk_winmm_trace(void *user, const struct mmk_winmm_sent *sent);

struct mmk_winmm_config {
    struct mmk_registry
        *registry; /* borrowed; calls to it are serialized here, but not against other users */
    struct mmk_platform *platform;          /* borrowed */
    const char *drivers_dir;                /* as in struct mmk_posix_config; NULL = no folder */
    const struct mmk_posix_module *modules; /* borrowed */
    size_t n_modules;
    mmk_winmm_trace *trace; /* may be NULL */
    void *trace_user;
};

/** @retval MMK_ERR_NOMEM, MMK_ERR_INVAL (no registry or platform), MMK_ERR_TOO_LONG */
mmk_err mmk_winmm_create(const struct mmk_winmm_config *config, struct mmk_winmm **out);

/** A config with registry, platform, drivers_dir and modules of this port. */
struct mmk_winmm_config mmk_posix_winmm_config(struct mmk_posix *posix);

/**
 * End. NULL is fine.
 * @param orderly  true: wave devices and drivers still open are closed as if the program had done
 * it, and libraries freed. false: as a process that exits: no CLOSE, no FREE is sent; loaded
 * libraries stay
 */
void mmk_winmm_destroy(struct mmk_winmm *mm, bool orderly);

/** Why the last open_driver, or the last loading of wave drivers, failed on this object: a
 * sentence, or "". Copied to text (terminated, cut at cap). */
void mmk_winmm_error_text(struct mmk_winmm *mm, char *text, size_t cap);

/* OpenDriver and its siblings */

/**
 * OpenDriver.
 * @param name     section NULL: tried as a module file first, then as a value of Drivers32; else a
 * value of the section only
 * @param section  a key below HKLM\Software\Microsoft\Windows NT\CurrentVersion, or NULL
 * @param lparam2  handed to DRV_OPEN; not 0 at the first open of a module: two opens are sent, as
 * winmm does
 * @return the driver's handle (HDRVR), 0 on failure
 */
uintptr_t mmk_winmm_open_driver(struct mmk_winmm *mm, const char *name, const char *section,
                                intptr_t lparam2);
/** SendDriverMessage. @return the driver's answer; 0 for a handle that is none */
intptr_t mmk_winmm_send_message(struct mmk_winmm *mm, uintptr_t hdrvr, uint32_t msg,
                                intptr_t lparam1, intptr_t lparam2);
/** CloseDriver. @return 1, or 0 for a handle that is none */
intptr_t mmk_winmm_close_driver(struct mmk_winmm *mm, uintptr_t hdrvr, intptr_t lparam1,
                                intptr_t lparam2);
/** GetDriverModuleHandle: the same for all drivers of one module. @return 0 for a handle that is
 * none */
uintptr_t mmk_winmm_module_handle(struct mmk_winmm *mm, uintptr_t hdrvr);
/** Full path of the driver's module ("builtin:<file>"). @retval MMK_ERR_INVAL, MMK_ERR_MORE */
mmk_err mmk_winmm_module_path(struct mmk_winmm *mm, uintptr_t hdrvr, char *path, size_t cap);

/*
 * Devices. The first of these calls loads the drivers of wave, wave1 .. wave9 (aux.., mixer..) as
 * winmm does at its first use: OPEN, DRVM_INIT, DRVM_ENABLE, GETNUMDEVS. Drivers that fail are left
 * out.
 */

/** waveOutGetNumDevs and its siblings. */
uint32_t mmk_winmm_wave_out_num_devs(struct mmk_winmm *mm);
uint32_t mmk_winmm_wave_in_num_devs(struct mmk_winmm *mm);
uint32_t mmk_winmm_aux_num_devs(struct mmk_winmm *mm);
uint32_t mmk_winmm_mixer_num_devs(struct mmk_winmm *mm);

/** Forget the devices and look again, as a new process would; refused (HANDLEBUSY) while a device
 * is open. */
uint32_t mmk_winmm_rescan(struct mmk_winmm *mm);

/** Alias and module of a device, for listings. MMSYSERR_BADDEVICEID past the end. Either text may
 * be NULL. */
uint32_t mmk_winmm_wave_out_origin(struct mmk_winmm *mm, uint32_t device, char *alias,
                                   size_t alias_cap, char *file, size_t file_cap);
uint32_t mmk_winmm_wave_in_origin(struct mmk_winmm *mm, uint32_t device, char *alias,
                                  size_t alias_cap, char *file, size_t file_cap);

/** waveOutGetDevCaps: at most size bytes of struct mmk_waveoutcapsw. `device`: number, handle or
 * WAVE_MAPPER. */
uint32_t mmk_winmm_wave_out_caps(struct mmk_winmm *mm, uintptr_t device, void *caps, uint32_t size);
/** waveOutOpen. format: WAVEFORMATEX bytes. handle may be NULL with WAVE_FORMAT_QUERY. */
uint32_t mmk_winmm_wave_out_open(struct mmk_winmm *mm, uintptr_t *handle, uint32_t device,
                                 const void *format, uintptr_t callback, uintptr_t instance,
                                 uint32_t flags);
uint32_t mmk_winmm_wave_out_close(struct mmk_winmm *mm, uintptr_t handle);
uint32_t mmk_winmm_wave_out_prepare(struct mmk_winmm *mm, uintptr_t handle,
                                    struct mmk_wavehdr *header, uint32_t size);
uint32_t mmk_winmm_wave_out_unprepare(struct mmk_winmm *mm, uintptr_t handle,
                                      struct mmk_wavehdr *header, uint32_t size);
uint32_t mmk_winmm_wave_out_write(struct mmk_winmm *mm, uintptr_t handle,
                                  struct mmk_wavehdr *header, uint32_t size);
uint32_t mmk_winmm_wave_out_pause(struct mmk_winmm *mm, uintptr_t handle);
uint32_t mmk_winmm_wave_out_restart(struct mmk_winmm *mm, uintptr_t handle);
uint32_t mmk_winmm_wave_out_reset(struct mmk_winmm *mm, uintptr_t handle);
uint32_t mmk_winmm_wave_out_break_loop(struct mmk_winmm *mm, uintptr_t handle);
uint32_t mmk_winmm_wave_out_position(struct mmk_winmm *mm, uintptr_t handle,
                                     struct mmk_mmtime *time, uint32_t size);
/** waveOutGetVolume, SetVolume: `device` is a handle or a device number. */
uint32_t mmk_winmm_wave_out_get_volume(struct mmk_winmm *mm, uintptr_t device, uint32_t *volume);
uint32_t mmk_winmm_wave_out_set_volume(struct mmk_winmm *mm, uintptr_t device, uint32_t volume);
uint32_t mmk_winmm_wave_out_get_pitch(struct mmk_winmm *mm, uintptr_t handle, uint32_t *pitch);
uint32_t mmk_winmm_wave_out_set_pitch(struct mmk_winmm *mm, uintptr_t handle, uint32_t pitch);
uint32_t mmk_winmm_wave_out_get_rate(struct mmk_winmm *mm, uintptr_t handle, uint32_t *rate);
uint32_t mmk_winmm_wave_out_set_rate(struct mmk_winmm *mm, uintptr_t handle, uint32_t rate);
/** waveOutGetID */
uint32_t mmk_winmm_wave_out_id(struct mmk_winmm *mm, uintptr_t handle, uint32_t *device);
/** waveOutMessage: any message to a device by number or handle. */
uint32_t mmk_winmm_wave_out_message(struct mmk_winmm *mm, uintptr_t device, uint32_t msg,
                                    uintptr_t p1, uintptr_t p2);

uint32_t mmk_winmm_wave_in_caps(struct mmk_winmm *mm, uintptr_t device, void *caps, uint32_t size);
uint32_t mmk_winmm_wave_in_open(struct mmk_winmm *mm, uintptr_t *handle, uint32_t device,
                                const void *format, uintptr_t callback, uintptr_t instance,
                                uint32_t flags);
uint32_t mmk_winmm_wave_in_close(struct mmk_winmm *mm, uintptr_t handle);
uint32_t mmk_winmm_wave_in_prepare(struct mmk_winmm *mm, uintptr_t handle,
                                   struct mmk_wavehdr *header, uint32_t size);
uint32_t mmk_winmm_wave_in_unprepare(struct mmk_winmm *mm, uintptr_t handle,
                                     struct mmk_wavehdr *header, uint32_t size);
uint32_t mmk_winmm_wave_in_add_buffer(struct mmk_winmm *mm, uintptr_t handle,
                                      struct mmk_wavehdr *header, uint32_t size);
uint32_t mmk_winmm_wave_in_start(struct mmk_winmm *mm, uintptr_t handle);
uint32_t mmk_winmm_wave_in_stop(struct mmk_winmm *mm, uintptr_t handle);
uint32_t mmk_winmm_wave_in_reset(struct mmk_winmm *mm, uintptr_t handle);
uint32_t mmk_winmm_wave_in_position(struct mmk_winmm *mm, uintptr_t handle, struct mmk_mmtime *time,
                                    uint32_t size);
uint32_t mmk_winmm_wave_in_id(struct mmk_winmm *mm, uintptr_t handle, uint32_t *device);
uint32_t mmk_winmm_wave_in_message(struct mmk_winmm *mm, uintptr_t device, uint32_t msg,
                                   uintptr_t p1, uintptr_t p2);

uint32_t mmk_winmm_aux_caps(struct mmk_winmm *mm, uint32_t device, void *caps, uint32_t size);
uint32_t mmk_winmm_aux_get_volume(struct mmk_winmm *mm, uint32_t device, uint32_t *volume);
uint32_t mmk_winmm_aux_set_volume(struct mmk_winmm *mm, uint32_t device, uint32_t volume);
uint32_t mmk_winmm_aux_message(struct mmk_winmm *mm, uint32_t device, uint32_t msg, uintptr_t p1,
                               uintptr_t p2);

/** mixerOpen, mixerClose, and mixerMessage for everything else (MXDM_*, by number or handle). */
uint32_t mmk_winmm_mixer_open(struct mmk_winmm *mm, uintptr_t *handle, uint32_t device);
uint32_t mmk_winmm_mixer_close(struct mmk_winmm *mm, uintptr_t handle);
uint32_t mmk_winmm_mixer_message(struct mmk_winmm *mm, uintptr_t device, uint32_t msg, uintptr_t p1,
                                 uintptr_t p2);

/** "MMSYSERR_ALLOCATED" and so on; "?" if unknown. */
const char *mmk_winmm_result_name(uint32_t result);

#ifdef __cplusplus
}
#endif

#endif
