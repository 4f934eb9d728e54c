/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_REG_FILE_H
#define MMK_REG_FILE_H

/** Short words for tests of the registry file: a folder, a file in it, the seam's calls. */

#include "temp_folder.h"

#include <stdbool.h>
#include <stdint.h>

#include <mmk/port.h>
#include <mmk/posix.h>

/** A file's bytes, malloc'ed. NULL data: no such file. */
struct blob {
    unsigned char *data;
    size_t len;
};

struct blob blob_read(const char *path);
void blob_free(struct blob *blob);
bool blob_equal(const struct blob *a, const struct blob *b);
void blob_write(const char *path, const void *data, size_t len);

typedef enum text_encoding {
    TEXT_UTF16,
    TEXT_ASCII,
    TEXT_UTF8,
    TEXT_UTF8_MARK,
    TEXT_1252,
    TEXT_ENCODINGS
} text_encoding;

/** UTF-8 text as a file of that encoding would hold it; by iconv, not by the code under test. */
struct blob text_encoded(const char *utf8, text_encoding encoding);

/** Write UTF-8 text as a file of that encoding. */
void text_write(const char *path, const char *utf8, text_encoding encoding);

/** A file of so many values in keys of a hundred, of the kinds that real exports hold. */
void text_write_large(const char *path, unsigned n_values, text_encoding encoding);

/** One test's place: a temporary folder, a registry in it. */
struct place {
    char folder[4096];
    char path[4200];
    struct mmk_registry *registry; /* opened at the first use of the words below */
};

void place_open(struct place *p, const char *name);
/** The same where every user may go. */
void place_open_for_all(struct place *p, const char *name);
void place_reopen(struct place *p);
void place_close(struct place *p);

/** Path of another name in the folder; valid until the next call. */
const char *place_name(struct place *p, const char *name);

/** Number of names in the folder. */
size_t place_count(struct place *p);

/** A key of the machine's 64-bit view. */
struct mmk_reg_key machine(const char *path);

mmk_err key_create(struct place *p, const char *path);
mmk_err key_delete(struct place *p, const char *path);
mmk_err key_has(struct place *p, const char *path);
mmk_err value_set(struct place *p, const char *path, const char *name, uint32_t type,
                  const void *data, size_t len);
/** REG_SZ of ASCII text. */
mmk_err value_set_text(struct place *p, const char *path, const char *name, const char *ascii);
mmk_err value_delete(struct place *p, const char *path, const char *name);
bool value_is(struct place *p, const char *path, const char *name, uint32_t type, const void *data,
              size_t len);
bool value_is_text(struct place *p, const char *path, const char *name, const char *ascii);
mmk_err value_get(struct place *p, const char *path, const char *name);
mmk_err flush(struct place *p);

#endif
