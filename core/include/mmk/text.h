/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEXT_H
#define MMK_TEXT_H

/**
 * Text: WTF-8 and UTF-16, and names compared without case.
 *
 * Inside the library text is UTF-8. Windows' names are UTF-16 that nobody checks, so a name may
 * hold lone surrogates; WTF-8 is UTF-8 that also says those (as three bytes), and maps to and from
 * any UTF-16 one to one. A surrogate *pair* written as two times three bytes is refused: it would
 * be a second spelling of the same name.
 *
 * UTF-16 is little-endian bytes of any alignment here, as registry data and MME structures hold it.
 * Names compare as Windows' registry compares them: each UTF-16 unit is raised to upper case by
 * itself, only where that can be undone (so that dotless i, long s and the Kelvin sign do not pass
 * for ASCII letters), and nothing depends on a locale.
 *
 * Context of all: any. Source: the WTF-8 specification; Unicode 14 case mappings.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/** For a length: up to the terminator (a zero byte, or a zero unit). */
#define MMK_TEXT_TERMINATED SIZE_MAX

/**
 * WTF-8 to UTF-16LE.
 *
 * @param text   len bytes; zero bytes among them are characters, unless len is MMK_TEXT_TERMINATED
 * @param utf16  may be NULL with cap 0 to ask for the size
 * @param cap    room in bytes
 * @param len_bytes  out: bytes of the result without a terminator, also with MMK_ERR_MORE; none is
 * written
 * @retval MMK_ERR_CORRUPT  not WTF-8: overlong, truncated, above U+10FFFF, or a pair spelled as two
 * @retval MMK_ERR_MORE     cap is too small; nothing was written but *len_bytes
 */
mmk_err mmk_utf16_from_wtf8(const char *text, size_t len, void *utf16, size_t cap,
                            size_t *len_bytes);

/**
 * UTF-16LE to WTF-8, with a terminating 0.
 *
 * @param utf16    any alignment
 * @param n_units  number of units, or MMK_TEXT_TERMINATED; zero units among n_units become zero
 * bytes
 * @param cap      room in bytes, the terminator's included; text may be NULL with cap 0
 * @param len      out: bytes of the result without the terminator, also with MMK_ERR_MORE; may be
 * NULL
 * @retval MMK_ERR_MORE  cap is too small; nothing was written but *len
 */
mmk_err mmk_wtf8_from_utf16(const void *utf16, size_t n_units, char *text, size_t cap, size_t *len);

/** Whether these bytes are WTF-8. */
bool mmk_wtf8_valid(const char *text, size_t len);

/** How many UTF-16 units the text has; every malformed byte counts as one. */
size_t mmk_wtf8_units(const char *text, size_t len);

/** Upper case of one UTF-16 unit, as names are compared. Surrogates stay. */
uint16_t mmk_unit_upper(uint16_t unit);

/**
 * Compare two terminated names without case, by UTF-16 unit as Windows sorts them.
 * @return below, equal to or above 0. Malformed bytes compare as U+FFFD would.
 */
int mmk_name_compare(const char *a, const char *b);

/** The same over given lengths. */
int mmk_name_compare_n(const char *a, size_t a_len, const char *b, size_t b_len);

/** Whether two terminated names are the same without case. */
bool mmk_name_equal(const char *a, const char *b);

/** FNV-1a 64 over the upper-case units: names that compare equal have the same hash. */
uint64_t mmk_name_hash(const char *name, size_t len);

/* ------------------------------------------------------------------ names made of a pattern */

/**
 * What stands for what in the name of a file to be written:
 *     %p  the program     %i  number of its process     %n  1, 2, 3, ...: the first free one
 *     %t  date and time   %d  number of the device      %%  a percent sign
 */
struct mmk_pattern_values {
    const char *program;
    const char *time; /* of the host's clock on the wall: 20261122-180500 */
    uint32_t pid, number, device;
};

/** The first percent sign that stands for nothing, or NULL. */
const char *mmk_pattern_wrong(const char *pattern);

/** Whether %<letter> is in the pattern, which is not wrong. */
bool mmk_pattern_has(const char *pattern, char letter);

/**
 * @retval MMK_ERR_INVAL     the pattern is wrong
 * @retval MMK_ERR_TOO_LONG  cap (terminator included) is too small; what is in text is no name then
 */
mmk_err mmk_pattern_expand(const char *pattern, const struct mmk_pattern_values *values, char *text,
                           size_t cap);

#ifdef __cplusplus
}
#endif

#endif
