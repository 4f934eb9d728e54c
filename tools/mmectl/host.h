/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_HOST_H
#define MMECTL_HOST_H

/**
 * Everything of mmectl that differs between hosts: where the registry is, how a driver is opened
 * and sent a message, the wave calls of an application, the console, Ctrl-C, files that replace
 * others.
 *
 * host_posix.c does it with shim-posix and mini-winmm. A host that has a winmm calls that: the wave
 * functions here are winmm's, with the same structures and results.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <mmk/abi.h>
#include <mmk/driver.h>
#include <mmk/err.h>
#include <mmk/port.h>

/** How a run ended. The host has a number for each (host_exit_code). */
enum outcome {
    OUTCOME_OK = 0,
    OUTCOME_FAILED,
    OUTCOME_USAGE,
    OUTCOME_RESTART,
    OUTCOME_CANCELLED,
    OUTCOME_LOCKED,
    OUTCOME_PROBLEM,    /* verify found something; not installed */
    OUTCOME_INTERRUPTED /* Ctrl-C */
};

int host_exit_code(enum outcome outcome);

struct host;

/** One message that a driver has answered. */
typedef void host_on_message(void *user, const char *file, const char *function, const char *name,
                             intptr_t answer);

/**
 * Bind to the host. Nothing is written.
 * @param registry  --registry, or NULL; hosts with a registry of their own refuse it
 * @param prefix    --prefix, or NULL; hosts that are in one refuse it. "" is the default one
 * @param verbose   let the library's warnings through to standard error; without it they stay
 *                  silent, unless the environment asks for them (MMEKIT_TRACE): what fails is told
 *                  by whoever asked for it
 * @param why       out on failure: a sentence
 */
mmk_err host_open(const char *registry, const char *prefix, bool verbose, struct host **out,
                  char *why, size_t cap);
void host_close(struct host *host);

struct mmk_port *host_port(struct host *host);

/** The drivers of this build. */
const struct mmk_driver_class *const *host_drivers(size_t *n);

/** Hear of every message to a driver, until it is called with NULL. */
void host_trace(struct host *host, host_on_message *on_message, void *user);

/** What to do where rights are missing, for a cure. */
const char *host_rights_cure(void);

/** Words for the registry's last failure, or "". Valid until the next registry call. */
const char *host_registry_error(struct host *host);

/** The registry as a thing of the host, for diagnose. */
struct host_registry_facts {
    char where[1024]; /* file name, or "the system registry" */
    bool exists;
    char encoding[32]; /* "UTF-16LE with mark", "ASCII", "UTF-8 with mark", "empty", "?" */
    char line_ends[8]; /* "CRLF", "LF", "mixed", "none" */
    uint64_t size_bytes;
    unsigned mode;      /* permission bits; 0 where there are none */
    bool writable;      /* for this user */
    char journal[1040]; /* where journal and status files are */
    bool journal_exists;
    char drivers_dir[1040];
};
void host_registry_facts(struct host *host, struct host_registry_facts *facts);

/** "posix", "wine" or "windows", as mmk_host_bit() takes it. */
const char *host_name(void);

/** One line about the machine: system, release, processor. */
void host_describe(char *text, size_t cap);

/** MMK_CPU_* bits of this machine. */
uint32_t host_cpu_features(void);

/** Whether it is a Wine prefix, looked at from outside: no program's devices are to be seen. */
bool host_is_outside(struct host *host);

/** Version of the wave system that answers, such as "mini-winmm 0.1.0". */
const char *host_wave_system(void);

/** Whether the host's real sound devices can be used ("alsa" on POSIX): built in, and found. */
bool host_has_real_audio(struct host *host);

/* ------------------------------------------------------------------ what the registry forgets */

/** Whether what a driver answered with OK may still get lost, because the registry saves itself
 *  when it likes. mmectl then finishes what was lost before it does anything else. */
bool host_forgets(struct host *host);

/** How long it is worth to wait for host_is_saved(); 0 where nothing can be seen. */
unsigned host_saving_ms(struct host *host);
/** Whether the registry as it is now stands on the disk. */
bool host_is_saved(struct host *host);

/* ------------------------------------------------------------------ modules */

#define HOST_PATH_MAX 1040

/** Files of a driver that wait to be installed; "" where there is none, or it is in place already.
 */
struct host_sources {
    char own[HOST_PATH_MAX];   /* for programs of this width */
    char other[HOST_PATH_MAX]; /* of the other */
};

/** Look for a driver of this build beside mmectl, or at `path` if the user names the file. */
void host_find_sources(struct host *host, const char *file, const char *path,
                       struct host_sources *out);

/** Make the folder for modules if the host has none yet; take it away again if it is empty. */
void host_drivers_dir(struct host *host, bool wanted);

/** Whether that file is the one that programs get. */
bool host_is_installed_module(struct host *host, const char *path);

/* ------------------------------------------------------------------ driver messages */

/**
 * OpenDriver by module file name: that of a driver of this build, or a path.
 * @param removing  the installed file shall be free to go: where it would be in use, a copy of it
 *                  speaks in its place
 * @return 0 on failure, `why` filled
 */
uintptr_t host_driver_open(struct host *host, const char *file, bool removing, char *why,
                           size_t cap);
intptr_t host_driver_send(struct host *host, uintptr_t hdrvr, uint32_t msg, intptr_t lparam1,
                          intptr_t lparam2);
void host_driver_close(struct host *host, uintptr_t hdrvr);

/** Whether an install operand is a file rather than a name. */
bool host_is_module_file(const char *name);

/** Whether a driver can ask the user here (--interactive), and the window that its dialog belongs
 *  to; 0 where there are none. */
bool host_can_ask(void);
uintptr_t host_parent_window(void);

/* ------------------------------------------------------------------ wave devices */

/** The device that is meant when none is named. */
uint32_t host_wave_default(struct host *host, mmk_direction direction);

uint32_t host_wave_count(struct host *host, mmk_direction direction);
/** Name, alias and module of a device; false past the end. Any text may be NULL. */
bool host_wave_device(struct host *host, mmk_direction direction, uint32_t device, char *name,
                      size_t name_cap, char *alias, size_t alias_cap, char *file, size_t file_cap);
/** Why drivers of devices could not be loaded, or "". */
void host_wave_error(struct host *host, char *why, size_t cap);

/** Forget the devices and load their drivers anew, as another program would. */
void host_wave_rescan(struct host *host);

struct host_wave;
/** waveOutOpen, waveInOpen. @return MMSYSERR_*, WAVERR_* like all below */
uint32_t host_wave_open(struct host *host, mmk_direction direction, uint32_t device,
                        const void *wfx, struct host_wave **out);
uint32_t host_wave_close(struct host_wave *wave);
uint32_t host_wave_prepare(struct host_wave *wave, struct mmk_wavehdr *header);
uint32_t host_wave_unprepare(struct host_wave *wave, struct mmk_wavehdr *header);
/** waveOutWrite, waveInAddBuffer. */
uint32_t host_wave_queue(struct host_wave *wave, struct mmk_wavehdr *header);
uint32_t host_wave_start(struct host_wave *wave); /* capture */
uint32_t host_wave_stop(struct host_wave *wave);  /* capture */
uint32_t host_wave_reset(struct host_wave *wave);
/** Frames played or recorded; the low 32 bits of them. */
uint32_t host_wave_position(struct host_wave *wave, uint32_t *frames);
uint32_t host_wave_volume(struct host_wave *wave, uint16_t left, uint16_t right);
/** Wait until some buffer may be done. @return false: timeout_ms passed */
bool host_wave_wait(struct host_wave *wave, uint32_t timeout_ms);
bool host_wave_done(const struct mmk_wavehdr *header);
const char *host_wave_result(uint32_t result);

/* ------------------------------------------------------------------ the process */

/** At the start of main: a closed pipe or a file size limit becomes an error of the write, so that
 *  no transaction is cut by a signal. */
void host_begin(void);

/** For this process and what it loads; stronger than any stored setting. */
bool host_setenv(const char *name, const char *value);

void host_sleep_ms(unsigned ms);
/** Milliseconds of a clock that never goes back; not 0. */
uint64_t host_clock_ms(void);

/** Write UTF-8 text; what failed shows in ferror(). */
void host_write(FILE *stream, const char *text);

bool host_is_terminal(FILE *stream);
/** Whether that terminal obeys escape sequences. */
bool host_has_escapes(FILE *stream);
unsigned host_console_columns(void); /* of standard error */

/** From now on Ctrl-C is noticed instead of ending the program. */
void host_catch_interrupt(void);
bool host_interrupted(void);
/** End as a program that Ctrl-C ended, so that the shell's script stops as well. */
void host_end_interrupted(void);

/* ------------------------------------------------------------------ files */

/** fopen with a name in UTF-8. */
FILE *host_fopen(const char *path, const char *mode);
bool host_seek(FILE *file, uint64_t offset);
/** Length of a file that was opened; UINT64_MAX if it has none (a pipe). The place is lost. */
uint64_t host_length(FILE *file);

/** An absolute path. false: too long, or the file is not there */
bool host_full_path(const char *path, char *out, size_t cap);

/** The part of a path behind its last separator. */
const char *host_base_name(const char *path);

/** Whether both names are the same existing file. */
bool host_same_file(const char *a, const char *b);

enum host_file_kind { HOST_FILE_NONE = 0, HOST_FILE_REGULAR, HOST_FILE_FOLDER, HOST_FILE_OTHER };
enum host_file_kind host_file_kind(const char *path);

/** A file that appears under its name only when it is whole. */
struct host_new_file {
    char path[4096]; /* what it becomes: symbolic links followed */
    char temp[4128]; /* what it is until then: beside it */
};
/** Choose and make the temporary file, empty. @param why  a sentence on failure */
mmk_err host_new_file_begin(struct host_new_file *file, const char *path, char *why, size_t cap);
/** Make it durable and give it its name; an existing file's permissions stay. */
mmk_err host_new_file_commit(struct host_new_file *file, char *why, size_t cap);
void host_new_file_abort(struct host_new_file *file);

#endif
