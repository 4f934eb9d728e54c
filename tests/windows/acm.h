/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef TESTS_WINDOWS_ACM_H
#define TESTS_WINDOWS_ACM_H

/** What the files of acm.exe share. */

#include <stdbool.h>
#include <stdio.h>

#include <windows.h>

#include <mmreg.h>

#include <msacm.h>

#ifndef WAVE_FORMAT_IEEE_FLOAT
#define WAVE_FORMAT_IEEE_FLOAT 3
#endif

#define OURS   "mmekit codecs"
#define SYSTEM "MS-PCM" /* Wine's and Windows' PCM converter */

union acm_format {
    WAVEFORMATEX wfx;
    WAVEFORMATEXTENSIBLE ext;
    BYTE room[128];
};

bool acm_check(bool condition, const char *format, ...);

HACMDRIVERID acm_driver_id(const char *short_name);
HACMDRIVER acm_driver(const char *short_name);

union acm_format acm_pcm(WORD tag, DWORD rate, WORD channels, WORD bits);
union acm_format acm_wide(DWORD rate, WORD channels, WORD bits, bool is_float);
/** A format of that tag for a source. */
bool acm_suggest(HACMDRIVER had, const union acm_format *src, WORD tag, union acm_format *dst);

/** Everything at once, START and END. *out is to be freed. */
MMRESULT acm_convert(HACMDRIVER had, const union acm_format *src, const union acm_format *dst,
                     const void *in, DWORD n_in, void **out, DWORD *n_out);

void acm_verb_convert(const char *argument);
void acm_verb_quality(const char *argument);
void acm_verb_pairs(const char *argument);
void acm_verb_play(const char *argument);
void acm_verb_speed(const char *argument);
void acm_verb_cut(const char *argument);
void acm_verb_agree(const char *argument);
void acm_verb_threads(const char *argument);
void acm_verb_mci(const char *argument);
void acm_verb_tag(const char *argument);
void acm_verb_message(const char *argument);

#endif
