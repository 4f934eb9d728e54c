/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE /* eaccess */
#include "registry_file_io.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix_internal.h"
#include "registry_file_folder.h"

#define PIECE_BYTES (256u << 10)
#define WRITE_BYTES (1024u << 10)
#define CALM_TRIES  5 /* reads of a file that changes under our eyes */

/* ------------------------------------------------------------------ fingerprint */

/* Eight bytes a step: every file is hashed while it is read. */
static uint64_t fingerprint(uint64_t hash, const uint8_t *p, size_t len)
{
    uint64_t word;
    for (; len >= 8; p += 8, len -= 8) {
        memcpy(&word, p, 8);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    word = len;
    memcpy(&word, p, len);
    hash = (hash ^ word ^ (uint64_t)len << 56) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* ------------------------------------------------------------------ reading */

/* A whole piece, less only at the file's end. */
static mmk_err read_piece(int fd, uint8_t *piece, size_t *len)
{
    size_t at = 0;
    while (at < PIECE_BYTES) {
        const ssize_t n = read(fd, piece + at, PIECE_BYTES - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return mmki_err_from_errno(errno);
        if (n == 0)
            break;
        at += (size_t)n;
    }
    *len = at;
    return MMK_OK;
}

/* Read to the end, hash, and decode unless `d` is NULL. */
static mmk_err read_all(int fd, off_t size, struct mmki_reg_decoder *d, uint64_t *hash,
                        const char **why)
{
    uint8_t *piece = (uint8_t *)malloc(PIECE_BYTES);
    size_t len = PIECE_BYTES;
    size_t total = 0;
    mmk_err err = piece != NULL ? MMK_OK : MMK_ERR_NOMEM;
    while (err == MMK_OK && len == PIECE_BYTES) {
        err = read_piece(fd, piece, &len);
        if (err != MMK_OK)
            break;
        total += len;
        *hash = fingerprint(*hash, piece, len);
        if (total > MMKI_REG_FILE_MAX)
            err = MMK_ERR_TOO_LONG;
        if (err == MMK_OK && d != NULL)
            err = mmki_reg_decode_piece(d, piece, len, why);
        if (err == MMK_OK && d != NULL && total == len) /* the first piece told the encoding */
            err = mmki_reg_reserve(&d->text,
                                   (size_t)size / (d->encoding == MMKI_REG_UTF16 ? 2u : 1u) + 16);
    }
    free(piece);
    return err;
}

static bool same_file(const struct stat *st, const struct mmki_reg_stamp *stamp)
{
    return st->st_dev == stamp->dev && st->st_ino == stamp->ino && st->st_size == stamp->size &&
           st->st_mtim.tv_sec == stamp->mtime.tv_sec &&
           st->st_mtim.tv_nsec == stamp->mtime.tv_nsec &&
           st->st_ctim.tv_sec == stamp->ctime.tv_sec && st->st_ctim.tv_nsec == stamp->ctime.tv_nsec;
}

static struct mmki_reg_stamp stamp_of(const struct stat *st, uint64_t hash)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (struct mmki_reg_stamp){
        .exists = true,
        .fresh = now.tv_sec - st->st_mtim.tv_sec < 2, /* some file systems count in two seconds */
        .dev = st->st_dev,
        .ino = st->st_ino,
        .size = st->st_size,
        .mtime = st->st_mtim,
        .ctime = st->st_ctim,
        .fingerprint = hash,
    };
}

/* Open for reading; not a folder, nor a pipe that would make us wait. */
static mmk_err open_file(const char *target, int *fd, struct stat *st,
                         struct mmki_reg_trouble *trouble)
{
    *fd = open(target, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return mmki_err_from_errno(errno);
    mmk_err err = fstat(*fd, st) == 0 ? MMK_OK : mmki_err_from_errno(errno);
    if (err == MMK_OK && !S_ISREG(st->st_mode)) {
        trouble->why =
            S_ISDIR(st->st_mode) ? "a folder stands in the file's place" : "not a regular file";
        err = MMK_ERR_UNSUPPORTED;
    }
    if (err == MMK_OK && st->st_size > (off_t)MMKI_REG_FILE_MAX) {
        trouble->why = "larger than 512 MiB";
        err = MMK_ERR_TOO_LONG;
    }
    if (err != MMK_OK)
        (void)close(*fd);
    return err;
}

/* @retval MMK_ERR_BUSY  it changed while we read */
static mmk_err read_text(const char *target, struct mmki_reg_decoder *d,
                         struct mmki_reg_stamp *stamp, struct mmki_reg_trouble *trouble)
{
    struct stat st;
    struct stat after;
    uint64_t hash = 0;
    int fd;
    mmk_err err = open_file(target, &fd, &st, trouble);
    if (err != MMK_OK)
        return err;
    err = read_all(fd, st.st_size, d, &hash, &trouble->why);
    *stamp = stamp_of(&st, hash);
    /* not the ctime: it also moves when somebody replaces the file, and we read the old one in
     * peace */
    if (fstat(fd, &after) == 0 &&
        (after.st_size != st.st_size || after.st_mtim.tv_sec != st.st_mtim.tv_sec ||
         after.st_mtim.tv_nsec != st.st_mtim.tv_nsec))
        err = MMK_ERR_BUSY;
    (void)close(fd);
    return err == MMK_OK ? mmki_reg_decode_finish(d, &trouble->why) : err;
}

mmk_err mmki_reg_load(const char *target, struct mmki_reg_tree *tree, struct mmki_reg_stamp *stamp,
                      struct mmki_reg_trouble *trouble)
{
    struct mmki_reg_decoder d = {0};
    const struct timespec calm = {0, 20000000};
    mmk_err err = MMK_ERR_BUSY;
    for (int i = 0; i < CALM_TRIES && err == MMK_ERR_BUSY; i++) {
        if (i > 0)
            (void)nanosleep(&calm, NULL);
        mmki_reg_free(&d.text);
        d = (struct mmki_reg_decoder){0};
        *trouble = (struct mmki_reg_trouble){NULL, 0};
        err = read_text(target, &d, stamp, trouble);
    }
    if (err == MMK_ERR_NOT_FOUND) {
        *stamp = (struct mmki_reg_stamp){0};
        return mmki_reg_tree_init_new(tree);
    }
    if (err == MMK_OK)
        err = mmki_reg_tree_init(tree, &d.text, d.encoding, &trouble->line, &trouble->why);
    mmki_reg_free(&d.text);
    return err;
}

bool mmki_reg_looks_same(const char *target, const struct mmki_reg_stamp *stamp)
{
    struct stat st;
    if (stat(target, &st) != 0)
        return errno == ENOENT && !stamp->exists;
    return stamp->exists && same_file(&st, stamp);
}

mmk_err mmki_reg_is_same(const char *target, const struct mmki_reg_stamp *stamp, bool *same)
{
    struct mmki_reg_trouble trouble = {NULL, 0};
    struct stat st;
    uint64_t hash = 0;
    int fd;
    *same = mmki_reg_looks_same(target, stamp);
    if (!*same || !stamp->fresh)
        return MMK_OK;
    mmk_err err = open_file(target, &fd, &st, &trouble);
    if (err != MMK_OK)
        return err;
    err = read_all(fd, st.st_size, NULL, &hash, &trouble.why);
    (void)close(fd);
    *same = hash == stamp->fingerprint;
    return err;
}

/* ------------------------------------------------------------------ writing */

/* Collects encoded text and writes it in large pieces. */
struct sink {
    int fd;
    mmki_reg_encoding encoding;
    uint8_t *at;
    size_t len;
    mmk_err err;
};

static void sink_flush(struct sink *s)
{
    size_t at = 0;
    while (s->err == MMK_OK && at < s->len) {
        const ssize_t n = write(s->fd, s->at + at, s->len - at);
        if (n < 0 && errno != EINTR)
            s->err = mmki_err_from_errno(errno);
        if (n > 0)
            at += (size_t)n;
    }
    s->len = 0;
}

/* Text is cut between characters, wherever the buffer is full. */
static void sink_text(struct sink *s, const char *text, size_t len)
{
    while (len != 0) {
        size_t part = (WRITE_BYTES - s->len) / 2;
        if (part < 4) {
            sink_flush(s);
            continue;
        }
        if (part >= len)
            part = len;
        else
            while (((uint8_t)text[part] & 0xc0) == 0x80)
                part--;
        s->len += mmki_reg_encode(s->encoding, text, part, s->at + s->len);
        text += part;
        len -= part;
    }
}

static void sink_patched(struct sink *s, const struct mmki_reg_tree *tree,
                         const struct mmki_reg_patches *patches)
{
    uint32_t at = 0;
    for (size_t i = 0; i < patches->len; i++) {
        const struct mmki_reg_patch *p = &patches->at[i];
        assert(p->at >= at);
        sink_text(s, tree->text + at, p->at - at);
        if (p->insert_len != 0)
            sink_text(s, patches->added.at + p->insert, p->insert_len);
        at = p->at + p->removed;
    }
    sink_text(s, tree->text + at, tree->text_len - at);
}

struct new_text {
    const struct mmki_reg_tree *tree;
    const struct mmki_reg_patches *patches;
};

static mmk_err write_text(void *arg, int fd)
{
    const struct new_text *text = (const struct new_text *)arg;
    struct sink s = {fd, text->tree->encoding, (uint8_t *)malloc(WRITE_BYTES), 0, MMK_OK};
    if (s.at == NULL)
        return MMK_ERR_NOMEM;
    const char *mark = mmki_reg_mark(s.encoding, &s.len);
    memcpy(s.at, mark, s.len);
    sink_patched(&s, text->tree, text->patches);
    sink_flush(&s);
    free(s.at);
    return s.err;
}

/* Mode, owner and group of the file that is replaced. Where the group cannot be kept, its rights
 * go: they were not meant for the group that the new file has. */
static mmk_err keep_rights(int fd, const struct stat *old)
{
    mode_t mode = old->st_mode & 07777;
    struct stat made;
    if (fstat(fd, &made) != 0)
        return mmki_err_from_errno(errno);
    if (made.st_uid != old->st_uid && fchown(fd, old->st_uid, (gid_t)-1) != 0)
        mode &= ~(mode_t)(S_ISUID | S_ISGID);
    if (made.st_gid != old->st_gid && fchown(fd, (uid_t)-1, old->st_gid) != 0)
        mode &= ~(mode_t)(S_ISUID | S_ISGID | S_IRWXG);
    return fchmod(fd, mode) == 0 ? MMK_OK : mmki_err_from_errno(errno);
}

static mmk_err fill_temp(int fd, const struct stat *old, mmk_err (*fill)(void *arg, int fd),
                         void *arg)
{
    mmk_err err = old != NULL ? keep_rights(fd, old) : MMK_OK;
    if (err == MMK_OK)
        err = fill(arg, fd);
    if (err == MMK_OK && fsync(fd) != 0)
        err = mmki_err_from_errno(errno);
    if (close(fd) != 0 && err == MMK_OK)
        err = mmki_err_from_errno(errno);
    return err;
}

mmk_err mmki_reg_replace_file(const char *target, mmk_err (*fill)(void *arg, int fd), void *arg,
                              bool *unsynced)
{
    struct stat st;
    const bool exists = stat(target, &st) == 0;
    if (!exists && errno != ENOENT)
        return mmki_err_from_errno(errno);
    char *temp = mmki_reg_join(target, MMKI_REG_TEMP_SUFFIX);
    if (temp == NULL)
        return MMK_ERR_NOMEM;
    (void)unlink(temp);
    const int fd =
        open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, exists ? 0600 : 0666);
    mmk_err err =
        fd >= 0 ? fill_temp(fd, exists ? &st : NULL, fill, arg) : mmki_err_from_errno(errno);
    if (err == MMK_OK && rename(temp, target) != 0)
        err = mmki_err_from_errno(errno);
    if (err != MMK_OK && fd >= 0)
        (void)unlink(temp);
    free(temp);
    if (err != MMK_OK)
        return err;
    err = mmki_reg_sync_folder_of(target);
    *unsynced = err != MMK_OK;
    return err;
}

mmk_err mmki_reg_remove_file(const char *target, bool *unsynced)
{
    if (unlink(target) != 0 && errno != ENOENT)
        return mmki_err_from_errno(errno);
    const mmk_err err = mmki_reg_sync_folder_of(target);
    *unsynced = err != MMK_OK;
    return err;
}

static size_t new_length(const struct mmki_reg_tree *tree, const struct mmki_reg_patches *patches)
{
    size_t len = tree->text_len;
    for (size_t i = 0; i < patches->len; i++)
        len = len - patches->at[i].removed + patches->at[i].insert_len;
    return len;
}

/* Whether nothing is left but what we write into a file that we make. Patches only ever take whole
 * lines behind the header, so length and begin tell. */
static bool is_as_new(const struct mmki_reg_tree *tree, size_t len)
{
    const size_t new_len = strlen(MMKI_REG_NEW_TEXT);
    return tree->encoding == MMKI_REG_UTF16 && len == new_len && tree->text_len >= new_len &&
           memcmp(tree->text, MMKI_REG_NEW_TEXT, new_len) == 0;
}

mmk_err mmki_reg_store(const char *target, const struct mmki_reg_tree *tree,
                       const struct mmki_reg_patches *patches, bool *unsynced,
                       struct mmki_reg_trouble *trouble)
{
    struct new_text text = {tree, patches};
    const size_t len = new_length(tree, patches);
    if (len > MMKI_REG_FILE_MAX / 2) {
        trouble->why = "it would become larger than 256 MiB";
        return MMK_ERR_NO_SPACE;
    }
    if (eaccess(target, W_OK) != 0 && errno != ENOENT) {
        trouble->why = "the file must not be written";
        return mmki_err_from_errno(errno);
    }
    if (is_as_new(tree, len))
        return mmki_reg_remove_file(target, unsynced);
    return mmki_reg_replace_file(target, write_text, &text, unsynced);
}
