/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TESTS_MMEWINE_TEST_H
#define MMK_TESTS_MMEWINE_TEST_H

/**
 * What the programs that speak to mmewine.dll share: checks with the rule they check, and WAV
 * files. The programs link nothing of ours and know nothing of mmewine: they see a sound card.
 */

#define WIN32_LEAN_AND_MEAN
#define COBJMACROS
#define CONST_VTABLE
#include <windows.h>

#include <mmsystem.h>
#include <mmreg.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern unsigned n_passed, n_failed;

/** One assertion. The text says the documented rule, and what was seen. @return ok */
bool check(bool ok, const char *format, ...) __attribute__((format(gnu_printf, 2, 3)));
/** The same of an answer. @return hr == wanted */
bool is_ok(HRESULT hr, HRESULT wanted, const char *rule);
/** A measured figure, for the log. */
void figure(const char *format, ...) __attribute__((format(gnu_printf, 1, 2)));
/** How many different rules were asked, last line and exit status. */
int finish(const char *name);

struct wav {
    unsigned char *file; /* all of it */
    size_t len;
    WAVEFORMATEX format; /* cbSize 0 */
    const unsigned char *data;
    uint32_t data_bytes;
};

/** Read a WAV file: PCM, float or EXTENSIBLE of these. @return false: not one */
bool wav_read(const char *path, struct wav *wav);
void wav_free(struct wav *wav);

/** Whether a captured file holds exactly these bytes, and nothing else but `silence` bytes of
 * silence behind them at most. Checks and says. */
void check_same(const char *path, const struct wav *expected, const void *data, size_t len,
                size_t silence);

#endif
