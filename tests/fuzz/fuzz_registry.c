/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "fuzz.h"

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include <mmk/posix.h>

/* A registry file with anything in it: read, or refused with a text that names it; a refused file
 * is never written, a change and its undoing leave every byte. */

static char path[64];

static uint8_t *slurp(size_t *len)
{
    const int fd = open(path, O_RDONLY);
    static uint8_t bytes[1 << 18];
    CLAIM(fd >= 0);
    const ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    CLAIM(n >= 0);
    *len = (size_t)n;
    return bytes;
}

static void write_file(const uint8_t *data, size_t len)
{
    if (path[0] == '\0')
        snprintf(path, sizeof path, "%s/mmk-fuzz-%d.reg",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ".", (int)getpid());
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CLAIM(fd >= 0);
    CLAIM(write(fd, data, len) == (ssize_t)len);
    close(fd);
}

/* Everything that can be enumerated is there. */
static void walk(struct mmk_registry *r, mmk_reg_view view, const char *where, unsigned depth)
{
    const struct mmk_reg_key key = {MMK_REG_MACHINE, view, where};
    char name[MMK_REG_NAME_MAX_BYTES], below[4096];
    static uint8_t data[1 << 16];
    for (uint32_t i = 0; i < 40; i++) {
        uint32_t type;
        size_t len;
        const mmk_err err = r->ops->enum_value(r, &key, i, name, sizeof name);
        if (err != MMK_OK)
            break;
        const mmk_err got = r->ops->get(r, &key, name, &type, data, sizeof data, &len);
        CLAIM(got == MMK_OK || got == MMK_ERR_MORE);
    }
    for (uint32_t i = 0; depth < 4 && i < 10; i++) {
        if (r->ops->enum_key(r, &key, i, name, sizeof name) != MMK_OK)
            break;
        const int n = snprintf(below, sizeof below, "%s%s%s", where, where[0] ? "\\" : "", name);
        if (n > 0 && (size_t)n < sizeof below) {
            const struct mmk_reg_key child = {MMK_REG_MACHINE, view, below};
            /* the 32-bit Software is a key below the 64-bit one, which may have none */
            CLAIM(r->ops->has_key(r, &child) == MMK_OK || (view == MMK_VIEW_32 && depth == 0));
            walk(r, view, below, depth + 1);
        }
    }
}

/* The keys from the root to ours; those that were not there are made and go again. */
static const char *const chain[] = {"Software", "Software\\mmekit", "Software\\mmekit\\fuzz"};

static struct mmk_reg_key key_at(unsigned level)
{
    return (struct mmk_reg_key){MMK_REG_MACHINE, MMK_VIEW_64, chain[level]};
}

static void change_and_undo(struct mmk_registry *r)
{
    const struct mmk_reg_key key = key_at(2);
    struct mmk_registry *other;
    bool made[3];
    uint32_t type;
    uint8_t value[8];
    size_t n;

    for (unsigned i = 0; i < 3; i++) {
        const struct mmk_reg_key at = key_at(i);
        made[i] = r->ops->has_key(r, &at) != MMK_OK;
        if (made[i] && r->ops->create_key(r, &at, false) != MMK_OK)
            return;
    }
    if (!made[2])
        return; /* whatever it holds stays */
    CLAIM(r->ops->set(r, &key, "x", 1, "y\0\0", 4) == MMK_OK);
    if (r->ops->flush(r, MMK_REG_MACHINE, 0) != MMK_OK)
        return;
    CLAIM(mmk_posix_registry_open(path, &other) == MMK_OK);
    CLAIM(other->ops->get(other, &key, "x", &type, value, sizeof value, &n) == MMK_OK && n == 4);
    mmk_posix_registry_close(other);
    for (unsigned i = 3; i-- > 0;) {
        const struct mmk_reg_key at = key_at(i);
        if (made[i])
            CLAIM(r->ops->delete_key(r, &at) == MMK_OK);
    }
    CLAIM(r->ops->flush(r, MMK_REG_MACHINE, 0) == MMK_OK);
}

void fuzz_one(const uint8_t *data, size_t len)
{
    const struct mmk_reg_key root = {MMK_REG_MACHINE, MMK_VIEW_64, ""};
    struct mmk_registry *r;
    size_t n;

    if (len > 60000)
        return;
    write_file(data, len);
    CLAIM(mmk_posix_registry_open(path, &r) == MMK_OK);
    const mmk_err readable = r->ops->has_key(r, &root);
    if (readable == MMK_OK || readable == MMK_ERR_NOT_FOUND) {
        walk(r, MMK_VIEW_64, "", 0);
        walk(r, MMK_VIEW_32, "", 0);
        change_and_undo(r);
    } else {
        const struct mmk_reg_key key = key_at(0);
        CLAIM(strstr(mmk_posix_registry_error_text(r), "mmk-fuzz") != NULL);
        CLAIM(r->ops->create_key(r, &key, false) != MMK_OK);
    }
    mmk_posix_registry_close(r);
    const uint8_t *after = slurp(&n);
    CLAIM(n == len && (len == 0 || memcmp(after, data, len) == 0)); /* byte for byte as before */
    unlink(path);
}
