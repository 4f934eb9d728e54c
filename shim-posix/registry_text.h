/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_POSIX_REGISTRY_TEXT_H
#define MMK_POSIX_REGISTRY_TEXT_H

/**
 * The text of a `.reg` file: bytes to characters and back, and its grammar.
 *
 * Whatever a file's encoding, in memory its text is WTF-8. Each encoding maps to it one to one, so
 * text that nobody touched is written back byte for byte. Offsets are 32 bits: files end at
 * MMKI_REG_FILE_MAX.
 *
 * The grammar is regedit's, read strictly: where regedit skips what it does not understand, we
 * refuse the file and name the line, so that a damaged file is never half applied. Two readings of
 * quoted strings exist: Windows writes line breaks raw, Wine as \n and \r; both are read, neither
 * is ever written (such strings become hex(1)).
 *
 * Whether hex(1), hex(2) and hex(7) hold UTF-16 or bytes of the code page is told by the header, as
 * on Windows. Wine 8 goes by the file's encoding instead, so it misreads such values in an 8-bit
 * file of version 5.00 (tried; what we make anew is UTF-16, where both agree).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>

#define MMKI_REG_FILE_MAX (UINT32_C(512) << 20)

/* ------------------------------------------------------------------ growing bytes */

struct mmki_reg_bytes {
    char *at;
    size_t len;
    size_t cap;
};

/** Room for n more bytes. @retval MMK_ERR_NOMEM */
mmk_err mmki_reg_reserve(struct mmki_reg_bytes *b, size_t n);
mmk_err mmki_reg_append(struct mmki_reg_bytes *b, const void *data, size_t n);
void mmki_reg_free(struct mmki_reg_bytes *b);

/* ------------------------------------------------------------------ encodings */

typedef enum mmki_reg_encoding {
    MMKI_REG_UTF16,     /* little-endian, with mark */
    MMKI_REG_ASCII,     /* what everybody reads */
    MMKI_REG_UTF8,      /* without mark: valid UTF-8 that is not ASCII */
    MMKI_REG_UTF8_MARK, /* with mark */
    MMKI_REG_1252       /* 8-bit text that is not UTF-8 is taken for Windows-1252 */
} mmki_reg_encoding;

/** Decodes a file piece by piece. Zero-initialise. */
struct mmki_reg_decoder {
    struct mmki_reg_bytes text; /* so far; the caller takes it after finish */
    mmki_reg_encoding encoding;
    bool started;
    uint8_t carry[4]; /* begin of a character cut by the end of a piece */
    size_t carry_len;
};

/**
 * Take the next piece of the file. Every piece but the last has the same length, a multiple of 8,
 * at least 8.
 * @param why  out on MMK_ERR_CORRUPT and _UNSUPPORTED: what is wrong
 */
mmk_err mmki_reg_decode_piece(struct mmki_reg_decoder *d, const uint8_t *piece, size_t len,
                              const char **why);

/** The file is complete: decide among the 8-bit encodings and end the text with a 0 (not counted in
 * len). */
mmk_err mmki_reg_decode_finish(struct mmki_reg_decoder *d, const char **why);

/** Whether WTF-8 text can be said in an encoding without loss. */
bool mmki_reg_can_encode(mmki_reg_encoding encoding, const char *text, size_t len);

/** The mark that begins a file. @param n  out: its bytes */
const char *mmki_reg_mark(mmki_reg_encoding encoding, size_t *n);

/**
 * Encode a part of a text that is cut at characters.
 * @param out  room for 2 * len bytes
 * @return bytes written
 */
size_t mmki_reg_encode(mmki_reg_encoding encoding, const char *text, size_t len, uint8_t *out);

/** UTF-16 unit of a Windows-1252 byte (REGEDIT4 keeps strings in hex as such bytes). */
uint16_t mmki_reg_1252_unit(uint8_t byte);

/** The byte of a unit, or -1. */
int mmki_reg_1252_byte(uint32_t unit);

/* ------------------------------------------------------------------ grammar */

#define MMKI_REG_HEADER5 "Windows Registry Editor Version 5.00"
#define MMKI_REG_HEADER4 "REGEDIT4"

typedef enum mmki_reg_kind {
    MMKI_REG_ITEM_SPACE,      /* a blank line or a comment */
    MMKI_REG_ITEM_KEY,        /* [path] */
    MMKI_REG_ITEM_KEY_DELETE, /* [-path] */
    MMKI_REG_ITEM_VALUE
} mmki_reg_kind;

typedef enum mmki_reg_form {
    MMKI_REG_FORM_STRING,
    MMKI_REG_FORM_DWORD,
    MMKI_REG_FORM_HEX,
    MMKI_REG_FORM_DELETE /* "name"=- */
} mmki_reg_form;

/** One item of the text: a line, or the lines that belong together. Offsets into the text. */
struct mmki_reg_item {
    mmki_reg_kind kind;
    mmki_reg_form form; /* of a value */
    uint32_t begin;     /* begin of its first line */
    uint32_t end;       /* end of its last line, line end not counted */
    uint32_t next;      /* begin of the line after it */
    uint32_t name;      /* key: the path; value: the name as written, without its quotes */
    uint32_t name_len;
    bool is_blank;     /* SPACE: nothing at all in the line but blanks */
    bool name_escaped; /* the name holds backslashes to be undone */
    bool name_default; /* @ */
    uint32_t data;     /* value: what stands after =, without blanks and comment behind it */
    uint32_t data_end;
    uint32_t type; /* value: the registry's type */
};

/** The first line. @param is_v4  out: REGEDIT4 @param next  out: begin of the second line */
mmk_err mmki_reg_scan_header(const char *text, size_t len, bool *is_v4, uint32_t *end,
                             uint32_t *next, const char **why);

/**
 * The item at `at`, begin of a line before the text's end.
 * @param why  out on MMK_ERR_CORRUPT
 */
mmk_err mmki_reg_scan(const char *text, size_t len, uint32_t at, struct mmki_reg_item *item,
                      const char **why);

/** Number of the line in which an offset lies, from 1. */
uint32_t mmki_reg_line_number(const char *text, size_t at);

/** A name as written, backslashes undone. @param out  room for len bytes @return its length */
size_t mmki_reg_unescape(const char *name, size_t len, char *out);

/**
 * The data of a value as the registry holds it.
 * @param cap  room in `data`; bytes beyond are counted, not written
 * @return size in bytes
 */
size_t mmki_reg_value_data(const char *text, const struct mmki_reg_item *item, bool is_v4,
                           uint8_t *data, size_t cap);

/* ------------------------------------------------------------------ writing */

struct mmki_reg_style {
    mmki_reg_encoding encoding;
    bool is_v4;
    const char *eol;
};

/** "name"= or @= @retval MMK_ERR_UNSUPPORTED  a name that such a file cannot hold */
mmk_err mmki_reg_put_name(const struct mmki_reg_style *style, const char *name, size_t len,
                          struct mmki_reg_bytes *out);

/** [path], without line end; see above for UNSUPPORTED. `prefix` is "-" or "". */
mmk_err mmki_reg_put_key(const struct mmki_reg_style *style, const char *prefix, const char *path,
                         size_t len, struct mmki_reg_bytes *out);

/**
 * A value's data: as text where text can say it, else as hex, wrapped as regedit wraps it.
 * @param column  where in its line it begins
 */
mmk_err mmki_reg_put_data(const struct mmki_reg_style *style, uint32_t type, const uint8_t *data,
                          size_t len, size_t column, struct mmki_reg_bytes *out);

#endif
