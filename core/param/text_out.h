/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_PARAM_TEXT_OUT_H
#define MMK_PARAM_TEXT_OUT_H

/**
 * A text that grows in somebody's buffer and never past its end.
 *
 * The core has no printf. What does not fit is cut at a whole character, the buffer always ends in
 * 0, and `full` says that something was lost. Used by param/ and install/. Context: any.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mmki_text {
    char *at;
    size_t cap; /* bytes of the buffer, the terminator's included; at least 1 */
    size_t len;
    bool full;
};

void mmki_text_init(struct mmki_text *text, char *at, size_t cap);
void mmki_text_add_n(struct mmki_text *text, const char *s, size_t len);
/** NULL adds nothing. */
void mmki_text_add(struct mmki_text *text, const char *s);
/** Several strings in a row; ends with (const char *)NULL. */
void mmki_text_join(struct mmki_text *text, const char *const *pieces);
void mmki_text_add_u64(struct mmki_text *text, uint64_t number);
/** Lower case, at least `digits` wide. */
void mmki_text_add_hex(struct mmki_text *text, uint64_t number, unsigned digits);
/** Like add, but control characters become blanks: for one-line texts out of foreign bytes. */
void mmki_text_add_line(struct mmki_text *text, const char *s);

#define MMKI_TEXT_JOIN(text, ...) mmki_text_join((text), (const char *const[]){__VA_ARGS__, NULL})

/**
 * Decimal digits only, no sign, no blank.
 * @retval false  empty, another character, or above UINT64_MAX; *out untouched
 */
bool mmki_parse_u64(const char *s, size_t len, uint64_t *out);

#endif
