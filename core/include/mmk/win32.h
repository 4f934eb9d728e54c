/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WIN32_H
#define MMK_WIN32_H

/**
 * shim-win32: what fills a port on Windows, and on Wine through its Windows side.
 *
 * The registry is the real one, both views of it. The journal lives in the folder `mmekit` of the
 * common application data (`C:\ProgramData\mmekit`), made when first needed and removed when
 * nothing is left to keep; that of per-user settings in the folder `mmekit` of the user's local
 * application data, so that who has no rights over the machine can have settings. Modules are those of the system folders: 64-bit ones in System32,
 * 32-bit ones in SysWOW64 (System32 where that is all there is).
 *
 * Everything lives in the caller's memory and holds no handle between calls, so that a DLL may keep
 * it in static memory and be unloaded without a word: DllMain has nothing to do.
 *
 *     static struct mmk_win32_memory memory;            // zeroed
 *     struct mmk_win32 *win32;
 *     mmk_win32_init(&memory, NULL, &win32);
 *     mmk_driver_init(&driver_memory, cls, mmk_win32_port(win32), &driver);
 *
 * No Windows type appears here; handles travel as uintptr_t. Needs Windows Vista or later.
 * Context of all: control.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/port.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mmk_win32;

/** Room for everything of the shim. */
#define MMK_WIN32_BYTES 16384u
struct mmk_win32_memory {
    union {
        unsigned char bytes[MMK_WIN32_BYTES];
        uint64_t align_8;
        void *align_p;
    } u;
};

struct mmk_win32_config {
    const char *journal_dir; /* NULL = `mmekit` in the common application data */
    const char
        *drivers_dir;  /* where modules of this process' width are; NULL = the system folder */
    struct mmk_ui *ui; /* how to ask the user; NULL = silent */
    /** Where log lines go; NULL = stderr and the debugger, as far as %MMEKIT_TRACE% lets them
     * (error, warn, info, trace; default warn). Called from any thread. */
    void (*log)(void *user, mmk_log_level level, const char *text);
    void *log_user;
};

/**
 * Make a port in the caller's memory. Nothing outside is touched, no thread is started.
 *
 * Devices of this shim:
 *  - "file"  playback: a WAV file to write. It is made when the first frame of sound is there, not
 *            at open; silence before the first and after the last sound is not kept, pauses between
 *            are. The named file is overwritten once by one port; opened again, or held by another
 *            program, the next free of `name-2.wav`, `name-3.wav`, ... is made instead, and no
 *            existing file but the named one is ever overwritten. The name (not its folder) may
 *            be a pattern, `%p-%i-%n.wav`, see mmk_pattern_expand() in <mmk/text.h>: what it gives
 *            overwrites nothing; a wrong one is MMK_ERR_INVAL. A folder: a new
 *            `<program>-<pid>-<n>.wav` there; "": in the user's Music folder, or the folder for
 *            temporary files. Beyond 4 GiB it becomes RF64. What was told as played is in the file,
 *            and counted by its header, whatever then becomes of the program.
 *            capture: a WAV or RF64 file of any format of <mmk/format.h>, as a stream; its format
 *            wins over the one asked for. After its end comes silence. A file without sound, or
 *            shorter than its header says, is refused.
 *  - "null"  swallows; records silence.
 *  - "cable" output to input, within the process and this module: what is played into a cable can
 *            be recorded from the cable of the same name and format. One player, one recorder.
 *  - "system" the machine's sound device, by WASAPI in shared mode. path: "" = the default, an
 *            endpoint's id, or its name as people read it. The format is the endpoint's own, whatever
 *            was asked for. If the default becomes another one, or the endpoint goes away and there
 *            is another default, the sound moves there, in the old format; if there is none within a
 *            second, MMK_DEVICE_GONE. Clock: the hardware's. Under Wine the builtin mmdevapi is used
 *            even where one of our modules stands before it.
 *  - "wod"   another wave driver, by its wodMessage and widMessage. path: its alias in Drivers32 of
 *            this process' view ("" = "wave"), a file of the system folder, or a full path; never a
 *            file of the current folder. Opened as winmm opens it, by OpenDriver, with the options
 *            behind its alias. Its first device is used, in the format asked for or the nearest that
 *            it takes. Drivers that would play into each other in a circle, or into themselves, are
 *            refused: MMK_ERR_CIRCLE.
 * For these two probe answers in time also if the driver hangs, and MMK_ERR_CRASHED if it crashes,
 * as long as the crash leaves the rest of the process intact; a driver that crashes later, while it
 * plays, takes the program along as it would in winmm. stop and close return within seconds whatever
 * the driver does; its thread and memory are then left to it.
 *
 * @param memory  zeroed, not moved while in use
 * @param config  NULL = all defaults; copied, what its pointers name too, but for ui and log_user
 * @retval MMK_ERR_TOO_LONG  a path; MMK_ERR_NOT_FOUND  the host has no common application data
 */
mmk_err mmk_win32_init(struct mmk_win32_memory *memory, const struct mmk_win32_config *config,
                       struct mmk_win32 **out);

/** The port, complete (mmk_port_check() accepts it); lives as long as the memory. */
struct mmk_port *mmk_win32_port(struct mmk_win32 *win32);

/** Whether this is Wine. Context: any. */
bool mmk_win32_is_wine(void);

/**
 * Single seams, stateless; the one object serves everybody. In the registry HKCU has no views.
 * flush answers MMK_ERR_PENDING at once, whatever the time-out: Windows and Wine both write their
 * hives when they like, RegFlushKey of Wine 8.0 does nothing, and a setup program that sent
 * DRV_INSTALL must not be held for half a minute.
 */
struct mmk_registry *mmk_win32_registry(void);
struct mmk_files *mmk_win32_files(void);
struct mmk_notify *mmk_win32_notify(void);

/**
 * The dialog of DRV_CONFIGURE, drawn from the driver's parameter table alone: give it to
 * mmk_win32_init() as `ui` and the driver has one, whatever its parameters are.
 *
 *     const struct mmk_win32_config config = {.ui = mmk_win32_dialog()};
 *     mmk_win32_init(&memory, &config, &win32);
 *
 * Rows in the order of the table, those of this host; a file's row can browse; rows that do not
 * apply are disabled; what the environment sets is shown and cannot be changed. Every text is
 * measured, so translated tables need nothing else. Parent 0, or a number that is no window: the
 * dialog has no owner. A program of any DPI awareness gets a sharp dialog; its own awareness comes
 * back afterwards. Nobody to ask (MMK_ERR_UNSUPPORTED): a service or another session without a
 * visible desktop, or MMEKIT_DIALOG=off in the environment, for unattended runs.
 *
 * Imports user32 and gdi32; comdlg32 is loaded when somebody browses. Stateless; the one object
 * serves everybody, also several dialogs at once.
 */
struct mmk_ui *mmk_win32_dialog(void);

#ifdef __cplusplus
}
#endif

#endif
