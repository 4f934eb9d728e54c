/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_POSIX_HIVE_WINE_H
#define MMK_POSIX_HIVE_WINE_H

/**
 * One hive of a Wine prefix: system.reg or user.reg, as the wineserver writes them.
 *
 *     WINE REGISTRY Version 2
 *     ;; All keys relative to REGISTRY\\Machine
 *     #arch=win64
 *
 *     [Software\\Classes\\.ini] 1795361887
 *     #time=1dd7a9778a4fdb2
 *     @="inifile"
 *
 * A key stands there only if it has values, or no subkeys, or is a link; the others come with their
 * subkeys. Everything but ASCII is escaped. The text is edited in place, line by line: whatever an
 * edit does not touch stays byte for byte, and an edit that is taken back leaves no trace.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>

#include "registry_file_io.h"
#include "registry_text.h"

struct mmki_hive_key {
    char *name;  /* path below the root, one backslash between parts, WTF-8 */
    size_t head; /* of its line in the text */
    size_t body; /* begin of the next line */
    bool is_link;
};

struct mmki_hive {
    char *path; /* absolute */
    struct mmki_reg_bytes text;
    struct mmki_reg_bytes base; /* as it stands on the disk */
    struct mmki_hive_key *keys; /* in the text's order */
    size_t n_keys;
    size_t cap_keys;
    bool loaded;
    bool is_win32; /* of a prefix for 32-bit programs alone */
    char why[160]; /* of the last failure, "" if there is nothing to add */
};

/** @retval MMK_ERR_NOT_FOUND, _ACCESS, _CORRUPT (no hive, see why), _TOO_LONG, _NOMEM, _IO */
mmk_err mmki_hive_load(struct mmki_hive *hive);
/** Write the text, if it is not what stands on the disk: whole, durable, by rename. */
mmk_err mmki_hive_store(struct mmki_hive *hive);
/** Back to what stands on the disk, which is read again at the next load. */
void mmki_hive_forget(struct mmki_hive *hive);
void mmki_hive_fini(struct mmki_hive *hive);

/** Where links lead, applied to a path. @param out  cap bytes. @retval MMK_ERR_TOO_LONG, _IO */
mmk_err mmki_hive_resolve(const struct mmki_hive *hive, const char *path, char *out, size_t cap);

/* Paths from here on are resolved ones. */

bool mmki_hive_has_key(const struct mmki_hive *hive, const char *path);
/** Make one key; its parent is there. */
mmk_err mmki_hive_create(struct mmki_hive *hive, const char *path);
/** @retval MMK_ERR_STATE  it has subkeys */
mmk_err mmki_hive_delete(struct mmki_hive *hive, const char *path);
/** Name of the index-th direct subkey. @retval MMK_ERR_NOT_FOUND, MMK_ERR_MORE */
mmk_err mmki_hive_subkey(const struct mmki_hive *hive, const char *path, uint32_t index, char *name,
                         size_t cap);

/** As in mmk_registry_ops. */
mmk_err mmki_hive_get(const struct mmki_hive *hive, const char *path, const char *name,
                      uint32_t *type, void *data, size_t cap, size_t *len);
mmk_err mmki_hive_set(struct mmki_hive *hive, const char *path, const char *name, uint32_t type,
                      const void *data, size_t len);
mmk_err mmki_hive_unset(struct mmki_hive *hive, const char *path, const char *name);
mmk_err mmki_hive_value(const struct mmki_hive *hive, const char *path, uint32_t index, char *name,
                        size_t cap);

/* hive_wine_text.c: how the wineserver writes */

/** The text between quotes or brackets at `p`, which ends before `stop`, as UTF-16 bytes.
 *  @param end  out: the closing character. @return false: it is not closed, or no memory */
bool mmki_hive_unescape(const char *p, const char *stop, char closing, struct mmki_reg_bytes *units,
                        const char **end);
/** Units escaped; `also` are ASCII characters that get a backslash too. */
mmk_err mmki_hive_escape(const uint8_t *units, size_t n_units, const char *also,
                         struct mmki_reg_bytes *out);
/** A value's data behind its `=`. */
mmk_err mmki_hive_put_data(uint32_t type, const uint8_t *data, size_t len, size_t column,
                           struct mmki_reg_bytes *out);
/** The data of a value from behind its `=` to `stop`. @return false: nothing that we know */
bool mmki_hive_data(const char *p, const char *stop, uint32_t *type, struct mmki_reg_bytes *data);

#endif
