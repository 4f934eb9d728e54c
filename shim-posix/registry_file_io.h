/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_POSIX_REGISTRY_FILE_IO_H
#define MMK_POSIX_REGISTRY_FILE_IO_H

/**
 * A registry file on disk: reading it whole, noticing that it changed, replacing it.
 *
 * Replaced means: written beside the old one, fsynced, renamed over it, the folder fsynced. The old
 * file is never written to, so at every moment the name leads to the old text or to the new one,
 * whole. Mode, owner and group are carried over where we may. A file with a second hard link is
 * replaced like any other: the other name keeps the old text, whole; writing both in place could
 * not be atomic.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include <mmk/err.h>

#include "registry_file_tree.h"

/** By which a file is known again. */
struct mmki_reg_stamp {
    bool exists;
    bool fresh; /* written so shortly before it was read that its times prove nothing */
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime;
    struct timespec ctime;
    uint64_t fingerprint; /* of the content */
};

/** Says what went wrong, in words that need no file name. */
struct mmki_reg_trouble {
    const char *why; /* NULL: nothing to add to the error's own text */
    uint32_t line;   /* 0: none */
};

/**
 * Read a file and make a tree of it; a file that is not there gives the tree of a new one.
 * @retval MMK_ERR_CORRUPT      not a registry file, or a line of it is wrong; trouble says which
 * @retval MMK_ERR_UNSUPPORTED  no regular file, or a kind of text that is not read
 * @retval MMK_ERR_TOO_LONG     larger than MMKI_REG_FILE_MAX
 * @retval MMK_ERR_BUSY         somebody is writing it just now
 * @retval MMK_ERR_ACCESS, MMK_ERR_IO, MMK_ERR_NOMEM
 */
mmk_err mmki_reg_load(const char *target, struct mmki_reg_tree *tree, struct mmki_reg_stamp *stamp,
                      struct mmki_reg_trouble *trouble);

/** Whether the file is still what the stamp says, as far as its times tell. */
bool mmki_reg_looks_same(const char *target, const struct mmki_reg_stamp *stamp);

/** Whether it is, for sure: reads it where the times prove nothing. */
mmk_err mmki_reg_is_same(const char *target, const struct mmki_reg_stamp *stamp, bool *same);

/**
 * Put the tree's text with these patches in the file's place; a file that would be as new is
 * removed. The caller holds the lock.
 * @param unsynced  out: the new file is in place, but perhaps not durably: it has to be written
 * again
 */
mmk_err mmki_reg_store(const char *target, const struct mmki_reg_tree *tree,
                       const struct mmki_reg_patches *patches, bool *unsynced,
                       struct mmki_reg_trouble *trouble);

/**
 * Replace any file whole: temp beside it, `fill`, fsync, rename, fsync of the folder. Rights are
 * kept.
 * @param fill      writes the new content
 * @param unsynced  out: as for mmki_reg_store()
 */
mmk_err mmki_reg_replace_file(const char *target, mmk_err (*fill)(void *arg, int fd), void *arg,
                              bool *unsynced);

/** Unlink a file durably; that it is not there is fine. */
mmk_err mmki_reg_remove_file(const char *target, bool *unsynced);

#endif
