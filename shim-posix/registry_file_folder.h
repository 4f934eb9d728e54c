/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_POSIX_REGISTRY_FILE_FOLDER_H
#define MMK_POSIX_REGISTRY_FILE_FOLDER_H

/**
 * What stands around a registry file: its real name behind symbolic links, the folder
 * `<file>.mmekit`, and the one lock that both the registry's flush and the journal take.
 *
 * The folder is ours alone: mode 0700, owned by the effective user; one that is somebody else's,
 * that others can write, or that is a symbolic link is refused, since recovery would do what its
 * journal says.
 *
 * The lock is flock() on the file `lock` in it, so that a killed holder's lock is free at once.
 * Folder and lock file come and go: who drops the lock and finds nothing worth keeping (no journal,
 * no status) removes both. So whoever got a lock looks whether it is still the one that the name
 * leads to, and else tries again.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>

#define MMKI_REG_FOLDER_SUFFIX ".mmekit"
#define MMKI_REG_TEMP_SUFFIX   ".mmekit-new" /* beside the file; only the lock's holder makes it */

#define MMKI_JOURNAL_NAME   "journal"
#define MMKI_JOURNAL_TEMP   "new-" /* and any ending: not in place yet */
#define MMKI_JOURNAL_LOG    "log"
#define MMKI_JOURNAL_STATUS "status-" /* and the driver's name */

/** An absolute name for a path, against the present working folder; malloc'ed. */
mmk_err mmki_reg_absolute(const char *path, char **out);

/** The file behind the links that a path's last part is; malloc'ed. It need not exist.
 *  @retval MMK_ERR_IO  too many links */
mmk_err mmki_reg_target(const char *path, char **out);

/** a + b, malloc'ed; NULL: no memory. */
char *mmki_reg_join(const char *a, const char *b);

/** fsync the folder in which a file stands. */
mmk_err mmki_reg_sync_folder_of(const char *target);

/**
 * Open the journal's folder of a file.
 * @param make  create it if it is not there
 * @param fd    out: close() it
 * @retval MMK_ERR_NOT_FOUND  not there (with `make`: nor is the folder above)
 * @retval MMK_ERR_ACCESS     no rights, or it is not ours alone
 */
mmk_err mmki_reg_open_folder(const char *target, bool make, int *fd);

struct mmki_reg_lock;

/**
 * Take the lock, waiting at most timeout_ms.
 * @param path     as the user gave it, absolute
 * @param reenter  a lock that this thread holds already serves too
 * @param lock     out: mmki_reg_lock_drop() it
 * @retval MMK_ERR_LOCKED  somebody else has it
 * @retval MMK_ERR_NOT_FOUND, MMK_ERR_ACCESS, MMK_ERR_IO, MMK_ERR_NO_SPACE, MMK_ERR_NOMEM
 */
mmk_err mmki_reg_lock_take(const char *path, uint32_t timeout_ms, bool reenter,
                           struct mmki_reg_lock **lock);
void mmki_reg_lock_drop(struct mmki_reg_lock *lock);

/** The file that a lock guards, behind its links; valid while the lock is held. */
const char *mmki_reg_lock_target(const struct mmki_reg_lock *lock);

/** The journal's folder, open; valid while the lock is held. */
int mmki_reg_lock_folder(const struct mmki_reg_lock *lock);

#endif
