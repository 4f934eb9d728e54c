/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_SMALL_REGISTRY_H
#define MMK_SMALL_REGISTRY_H

/** Just enough of the registry seam for mini-winmm, which only reads values. */

#include <string.h>

#include <mmk/port.h>
#include <mmk/text.h>

struct small_value {
    const char *path;
    const char *name;
    uint32_t type;
    unsigned char data[2048];
    size_t len;
};

struct small_registry {
    struct mmk_registry base;
    struct small_value values[64];
    size_t n_values;
};

static inline mmk_err small_get(struct mmk_registry *self, const struct mmk_reg_key *key,
                                const char *name, uint32_t *type, void *data, size_t cap,
                                size_t *len)
{
    struct small_registry *r = (struct small_registry *)(void *)self;
    for (size_t i = 0; i < r->n_values; i++) {
        struct small_value *v = &r->values[i];
        if (!mmk_name_equal(v->path, key->path) || !mmk_name_equal(v->name, name))
            continue;
        *type = v->type;
        *len = v->len;
        if (cap < v->len)
            return MMK_ERR_MORE;
        if (v->len > 0)
            memcpy(data, v->data, v->len);
        return MMK_OK;
    }
    return MMK_ERR_NOT_FOUND;
}

#define SMALL_DRIVERS32 "Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32"

static inline void small_init(struct small_registry *r)
{
    static const struct mmk_registry_ops ops = {.get = small_get};
    memset(r, 0, sizeof *r);
    r->base.ops = &ops;
}

/** A REG_SZ, with its terminator. */
static inline void small_set(struct small_registry *r, const char *path, const char *name,
                             const char *text)
{
    struct small_value *v = &r->values[r->n_values++];
    v->path = path;
    v->name = name;
    v->type = MMK_REG_SZ;
    (void)mmk_utf16_from_wtf8(text, MMK_TEXT_TERMINATED, v->data, sizeof v->data - 2, &v->len);
    v->len += 2;
}

#endif
