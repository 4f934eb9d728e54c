/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_POSIX_H
#define MMK_POSIX_H

/**
 * shim-posix: what fills a port on Linux and other Unix systems.
 *
 * The registry is a `.reg` file, as regedit reads and writes them, edited as text: encoding, line
 * ends, order, comments and whatever else it does not have to touch stay byte for byte. The journal
 * lives in the folder `<registry file>.mmekit` beside it, made when first needed and removed when
 * nothing is left to keep.
 *
 *     struct mmk_registry *registry;
 *     struct mmk_journal *journal;
 *     mmk_posix_registry_open(path, &registry);
 *     mmk_posix_journal_open(path, &journal);
 *     port.registry = registry;
 *     port.journal = journal;
 *     port.files = mmk_posix_files();
 *
 * Context of all: control.
 */

#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ registry file */

/**
 * Open a registry file. The file is read at the first use, not here; it need not exist (a registry
 * without it is empty, and the first flush makes it: UTF-16LE with mark, CRLF).
 *
 * Changes are kept in memory; flush writes the whole file anew, once, beside the old one, and
 * renames it into place. If the file changed meanwhile, flush reads it again and makes our changes
 * there. Both roots live in the one file, so flush of either writes both.
 *
 * @param path  the file's name, relative or absolute; copied. A symbolic link is followed and
 * stays.
 * @param out   close with mmk_posix_registry_close()
 * @retval MMK_ERR_INVAL, MMK_ERR_NOMEM
 * Not for use by two threads at once.
 */
mmk_err mmk_posix_registry_open(const char *path, struct mmk_registry **out);

/** Close; changes that were not flushed are forgotten. NULL is fine. */
void mmk_posix_registry_close(struct mmk_registry *registry);

/**
 * The last failure in words, with the file's name and, where the text is at fault, the line, such
 * as "music.reg:12: a string without its closing quote".
 * @return "" if nothing failed yet; valid until the next call with this registry
 */
const char *mmk_posix_registry_error_text(const struct mmk_registry *registry);

/* ------------------------------------------------------------------ journal */

/**
 * Open the journal that serves a registry file: folder `<registry_path>.mmekit` with the files
 * journal, lock, log and status-<driver>. Nothing is made or read before it is needed. The registry
 * backend takes the same lock for its own flush, unless this process holds it already through a
 * journal of the same file.
 *
 * @param registry_path  as for mmk_posix_registry_open(); copied
 * @retval MMK_ERR_INVAL, MMK_ERR_NOMEM
 */
mmk_err mmk_posix_journal_open(const char *registry_path, struct mmk_journal **out);

/** Close; releases the lock if it is held. NULL is fine. */
void mmk_posix_journal_close(struct mmk_journal *journal);

/* ------------------------------------------------------------------ files */

/** The files seam over POSIX calls. Stateless; the one object serves everybody. */
struct mmk_files *mmk_posix_files(void);

#ifdef __cplusplus
}
#endif

#endif
