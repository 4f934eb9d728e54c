/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_SLICE_H
#define MMK_TEST_SLICE_H

/**
 * What the parts of slice.exe share: counting checks, and the wave half.
 *
 * slice.exe speaks to mmewave.drv as a setup program and a player of 1995 would: by the real
 * winmm's OpenDriver and SendDriverMessage, by the SDK's own headers and structures, and by
 * wodMessage and widMessage of the module that winmm loaded.
 */

#define __USE_MINGW_ANSI_STDIO 1
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>
#include <mmddk.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

extern unsigned slice_passed, slice_failed;

/** Count and print one check. @return condition */
bool slice_check(bool condition, const char *format, ...) __attribute__((format(gnu_printf, 2, 3)));

/** A PCM recording in memory. */
struct recording {
    WAVEFORMATEX format;
    unsigned char *data;
    DWORD len_bytes;
};

/** Read a WAV file by the plainest rules: RIFF, chunks, fmt, data. Prints what is wrong. */
bool recording_load(const WCHAR *path, struct recording *out);
void recording_free(struct recording *recording);

/** Play it through the module's wodMessage and compare the file that it wrote. */
void slice_play(HMODULE module, const struct recording *recording, const WCHAR *captured);

/** The same in another way: callback by event, larger blocks, pause in between, real clock if the
 *  environment says so. */
void slice_play_event(HMODULE module, const struct recording *recording, const WCHAR *captured);

/** Record through widMessage from the file that the driver was told to record from. */
void slice_record(HMODULE module, const struct recording *expected);

/** Volume and mixer lines answer. */
void slice_lines(HMODULE module);

#endif
