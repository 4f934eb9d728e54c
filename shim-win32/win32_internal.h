/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WIN32_INTERNAL_H
#define MMK_WIN32_INTERNAL_H

/**
 * What the files of shim-win32 share: text, paths, Windows' errors in our words, the parts of a
 * port, and the two sides of the file device.
 */

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0600 /* Vista */
#endif
#ifndef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 1 /* C11's formats, whatever msvcrt thinks of them */
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/port.h>
#include <mmk/win32.h>

/* ------------------------------------------------------------------ text and errors */

#define MMKI_PATH_UNITS 1024u /* of any file name here, terminator included */

/** A Windows error number in our words; MMK_ERR_IO for what has none. */
mmk_err mmki_err_from_win32(DWORD number);
mmk_err mmki_last_err(void);

/** WTF-8 to a terminated wide string. @retval MMK_ERR_TOO_LONG, MMK_ERR_INVAL (not WTF-8, NULL) */
mmk_err mmki_wide(const char *text, WCHAR *out, size_t cap_units);

/** The same on the heap, for names without a small limit; free with mmki_free(). */
mmk_err mmki_wide_new(const char *text, WCHAR **out);

/** Wide to WTF-8. @retval MMK_ERR_MORE */
mmk_err mmki_narrow(const WCHAR *text, size_t n_units, char *out, size_t cap);

void *mmki_alloc(size_t n_bytes); /* zeroed; NULL if there is none */
void mmki_free(void *mem);

/** Join with a backslash. @retval MMK_ERR_TOO_LONG */
mmk_err mmki_join(const WCHAR *folder, const WCHAR *name, WCHAR *out, size_t cap_units);

/** Formatted text, cut at cap, always terminated. */
void mmki_format(char *text, size_t cap, const char *format, ...)
    __attribute__((format(gnu_printf, 3, 4)));

/* ------------------------------------------------------------------ files */

/** Replace a file by these bytes: new file beside it, flushed if `durable`, renamed into place. */
mmk_err mmki_file_replace(const WCHAR *path, const void *data, size_t len, bool durable);

/** Write all of it. */
mmk_err mmki_write(HANDLE file, const void *data, size_t len);
/** The same at a place of the file. @param written  out, also on failure; may be NULL */
mmk_err mmki_write_at(HANDLE file, uint64_t at, const void *data, size_t len, size_t *written);

/** Read up to cap bytes at an offset; *len is less only at the end of the file. */
mmk_err mmki_read_at(HANDLE file, uint64_t at, void *data, size_t cap, size_t *len);

/** MoveFileEx that replaces and is written through, tried again while a reader holds the target. */
mmk_err mmki_rename(const WCHAR *from, const WCHAR *to);

/** Open for reading, sharing with readers and with who would delete it. */
HANDLE mmki_open_read(const WCHAR *path);

/** The host's path of a seam's argument; one that is too long for the old limit of 260 becomes
 *  `\\\\?\\`, which knows none.
 *  @param out  MMKI_PATH_UNITS. @retval MMK_ERR_TOO_LONG, MMK_ERR_INVAL */
mmk_err mmki_path(const char *path, WCHAR *out);

mmk_err mmki_win32_ini_set(struct mmk_files *self, const char *path, const char *section,
                           const char *key, const char *value);
mmk_err mmki_win32_ini_get(struct mmk_files *self, const char *path, const char *section,
                           const char *key, char *value, size_t cap);

/* ------------------------------------------------------------------ modules */

/**
 * Whether this is a 32-bit process of a 64-bit system and the path lies in System32, a name that
 * leads such a process to SysWOW64. Paths of plans and journals are the machine's, whoever reads
 * them.
 * @param rest  out: what stands behind the folder and its separator
 */
bool mmki_in_system32(const WCHAR *path, const WCHAR **rest);

/** Folder of the modules of one view, as this process can name it. @retval MMK_ERR_NOT_FOUND */
mmk_err mmki_system_folder(mmk_reg_view view, WCHAR *out, size_t cap_units);

/** Read what a PE header says; runs nothing. Fills info but for path and hash.
 *  @retval MMK_ERR_CORRUPT (not a PE file), or the error of opening it */
mmk_err mmki_pe_read(const WCHAR *path, struct mmk_module_info *info);

/** Whether a module exports a function of that name (of at most 31 letters). */
bool mmki_pe_exports(const WCHAR *path, const char *name);

/** One more reference to the module that this code is in; give it back with FreeLibrary. */
HMODULE mmki_module_hold(void);

/* ------------------------------------------------------------------ time and waiting */

/** Monotonic, as the platform's. */
uint64_t mmki_now_ns(void);

#define MMKI_FOREVER UINT64_MAX

/** An event that one thread waits for and any thread sets; setting it twice is setting it once.
 *  The members are wait_win32.c's. */
struct mmki_signal {
    LONG is_set;  /* interlocked */
    HANDLE event; /* NULL: threads wait at the address of is_set */
    HANDLE timer; /* NULL: time-outs are the event's */
    bool short_tick;
};

/** @param exact  time-outs shall be met to a fraction of a millisecond. @return false: no memory */
bool mmki_signal_init(struct mmki_signal *signal, bool exact);
void mmki_signal_fini(struct mmki_signal *signal);
void mmki_signal_set(struct mmki_signal *signal);
/** Wait until it is set, and unset it. @param at_ns  of mmki_now_ns(), or MMKI_FOREVER
 *  @return false: the time has come first */
bool mmki_signal_wait(struct mmki_signal *signal, uint64_t at_ns);

/* ------------------------------------------------------------------ file device */

struct mmki_wav_out; /* a WAV file being written */
struct mmki_wav_in;  /* a WAV file being read */

#define MMKI_USED_MAX 64u

/** Names that were written already, so that one run does not overwrite its own recording. */
struct mmki_used_names {
    SRWLOCK lock;
    uint64_t hash[MMKI_USED_MAX];
    uint32_t n;
    uint32_t counter; /* of <program>-<pid>-<n>.wav */
};

/** Prepare; the file itself is made with the first sound. */
mmk_err mmki_wav_out_open(struct mmki_used_names *used, const struct mmk_device_config *config,
                          struct mmki_wav_out **out, char *reason, size_t cap);
/** Take n_frames, of which the first `audible` are sound. When it returns they are in the file, and
 *  the header counts them. */
mmk_err mmki_wav_out_write(struct mmki_wav_out *wav, const void *frames, uint32_t n_frames,
                           uint32_t audible);
/** @return the first error that the file ever had */
mmk_err mmki_wav_out_close(struct mmki_wav_out *wav);
/** Make the file for the path that was asked for: a name, a pattern (mmk/text.h), a folder, or "".
 */
mmk_err mmki_wav_make_file(struct mmki_used_names *used, const WCHAR *asked, uint32_t device,
                           HANDLE *file);
/** Whether open and the first write would work; changes nothing. */
mmk_err mmki_wav_out_probe(const char *path, char *reason, size_t cap);

/** @param reason  out on failure, may be NULL */
mmk_err mmki_wav_in_open(const char *path, struct mmk_format *format, struct mmki_wav_in **out,
                         char *reason, size_t cap);
/** Fill n_frames; silence after the end. @retval MMK_ERR_IO: the rest is silence */
mmk_err mmki_wav_in_read(struct mmki_wav_in *wav, void *frames, uint32_t n_frames);
void mmki_wav_in_close(struct mmki_wav_in *wav);

/** Bytes of silence in a format. */
void mmki_silence(const struct mmk_format *format, void *frames, uint64_t n_frames);

/* ------------------------------------------------------------------ parts of a port */

struct mmki_win32_platform {
    struct mmk_platform base;
    WCHAR drivers_dir[MMKI_PATH_UNITS]; /* L"" = the system folders */
    void (*log)(void *user, mmk_log_level level, const char *text);
    void *log_user;
};
void mmki_win32_platform_init(struct mmki_win32_platform *platform,
                              const struct mmk_win32_config *config);

struct mmki_win32_journal {
    struct mmk_journal base;
    WCHAR folder[MMKI_PATH_UNITS];
    HANDLE lock;     /* INVALID_HANDLE_VALUE or NULL: not held here */
    HANDLE journal;  /* kept open under the lock once something was appended */
    bool failed;     /* a sync failed: this file is given up */
    bool of_machine; /* the common one: only for those who may write the machine's registry */
};
/** @param folder  NULL = the default. @retval MMK_ERR_TOO_LONG, MMK_ERR_NOT_FOUND */
mmk_err mmki_win32_journal_init(struct mmki_win32_journal *journal, const char *folder);

struct mmki_win32_devices {
    struct mmk_devices base;
    struct mmk_platform *platform; /* for the clock and the log */
    struct mmki_used_names used;
};
void mmki_win32_devices_init(struct mmki_win32_devices *devices, struct mmk_platform *platform);

mmk_err mmki_win32_inspect_module(struct mmk_platform *self, const char *file, mmk_reg_view view,
                                  struct mmk_module_info *info);
mmk_err mmki_win32_try_load_module(struct mmk_platform *self, const char *file, char *reason,
                                   size_t cap);

#endif
