/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#if !defined(_WIN32) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif
#include "support/model_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if !defined(_WIN32)
#include <sys/mman.h>
#endif

#include "support/model_internal.h"

#include <mmk/hash.h>
#include <mmk/text.h>

#if SIZE_MAX > 0xFFFFFFFFu
#define ARENA_BYTES ((size_t)3 << 30)
#define HEAP_BYTES  ((size_t)16 << 20)
#else /* many tests share one process there, and some leave their model behind */
#define ARENA_BYTES ((size_t)16 << 20)
#define HEAP_BYTES  ((size_t)4 << 20)
#endif

void model_die(const char *what)
{
    fprintf(stderr, "model: %s\n", what);
    abort();
}

void *model_alloc(struct model *m, size_t len)
{
    len = (len + 15) & ~(size_t)15;
    if (m->arena_cap - m->arena_len < len)
        model_die("arena full");
    m->arena_len += len;
    return m->arena + m->arena_len - len;
}

static const char *copy_text(struct model *m, const char *text)
{
    const size_t len = strlen(text) + 1;
    return memcpy(model_alloc(m, len), text, len);
}

size_t model_mark(const struct model *m)
{
    return m->arena_len;
}

void model_release(struct model *m, size_t mark)
{
    m->arena_len = mark;
}

/* ------------------------------------------------------------------ states */

static uint64_t hash_entry(const struct model_entry *e)
{
    const char *name = e->name != NULL ? e->name : "\x01key";
    uint64_t h = mmk_fnv1a64(MMK_FNV1A64_INIT, &e->view, 1);
    h = mmk_fnv1a64(h, e->path, strlen(e->path) + 1);
    h = mmk_fnv1a64(h, name, strlen(name) + 1);
    h = mmk_fnv1a64(h, &e->type, sizeof e->type);
    /* spread, since states are told apart by the sum of these */
    return mmk_fnv1a64(h, e->data, e->len) * UINT64_C(0x9e3779b97f4a7c15);
}

static bool same(const struct model_entry *e, uint8_t view, const char *path, const char *name)
{
    if (e->view != view || (e->name == NULL) != (name == NULL) || !mmk_name_equal(e->path, path))
        return false;
    return name == NULL || mmk_name_equal(e->name, name);
}

size_t model_find(const struct model_state *s, uint8_t view, const char *path, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (same(s->v[i], view, path, name))
            return i;
    return SIZE_MAX;
}

const struct model_entry *model_entry(struct model *m, uint8_t view, const char *path,
                                      const char *name, uint32_t type, const void *data, size_t len)
{
    struct model_entry *e = model_alloc(m, sizeof *e);
    uint8_t *copy = model_alloc(m, len + 1);
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = 0; /* model_file() hands content out as text */
    *e = (struct model_entry){.view = view,
                              .path = copy_text(m, path),
                              .name = name != NULL ? copy_text(m, name) : NULL,
                              .type = type,
                              .len = (uint32_t)len,
                              .data = copy};
    e->hash = hash_entry(e);
    return e;
}

/* A new state with entry i replaced (i == n: added; e NULL: taken out). Order stays. */
struct model_state model_with(struct model *m, const struct model_state *s, size_t i,
                              const struct model_entry *e)
{
    const struct model_entry **v = model_alloc(m, (s->n + 1) * sizeof *v);
    size_t n = 0;
    for (size_t k = 0; k < s->n; k++)
        if (k != i)
            v[n++] = s->v[k];
        else if (e != NULL)
            v[n++] = e;
    if (i >= s->n && e != NULL)
        v[n++] = e;
    return (struct model_state){v, n};
}

static void remember(struct model *m, struct model_store *store, struct model_state state)
{
    if (store->n_past == store->cap) {
        const size_t cap = store->cap > 0 ? 16 * store->cap : 1;
        struct model_state *past = model_alloc(m, cap * sizeof *past);
        if (store->n_past > 0)
            memcpy(past, store->past, store->n_past * sizeof *past);
        store->past = past;
        store->cap = cap;
    }
    store->past[store->n_past++] = state;
    store->now = state;
}

static void saved(struct model *m, struct model_store *store)
{
    const struct model_state now = store->now;
    store->past = NULL;
    store->n_past = store->cap = 0;
    remember(m, store, now);
}

/* ------------------------------------------------------------------ operations are counted and may
 * fail */

static void about_to_change(struct model *m)
{
    m->n_writes++;
    if (m->hook != NULL)
        m->hook(m->hook_user, m);
}

mmk_err model_op(struct model *m, enum model_op op)
{
    const uint64_t number = m->n_ops++;
    m->n_of[op]++;
    if (m->fail_at == UINT64_MAX || number < m->fail_at ||
        (number > m->fail_at && !m->fail_for_ever))
        return MMK_OK;
    if (m->fail_only >= 0 ? (int)op != m->fail_only
                          : op == MODEL_ALLOC || op == MODEL_STATUS || op == MODEL_LOCK)
        return MMK_OK;
    if (m->n_failed++ == 0)
        m->first_failed = op;
    return m->fail_err;
}

/* What the caller of a changing operation sees: fails before, or after it has happened all the
 * same. */
mmk_err model_change(struct model *m, enum model_op op, bool *skip)
{
    const mmk_err err = model_op(m, op);
    *skip = err != MMK_OK && !m->fail_after;
    if (!*skip)
        about_to_change(m);
    return err;
}

/* ------------------------------------------------------------------ registry */

static struct model *of_registry(struct mmk_registry *self)
{
    return ((struct {
               struct mmk_registry seam;
               struct model *m;
           } *)(void *)self)
        ->m;
}

static uint8_t view_of(const struct mmk_reg_key *key)
{
    return key->root == MMK_REG_USER ? MMK_VIEW_64 : (uint8_t)key->view;
}

static const struct model_state *seen(const struct model *m, mmk_reg_root root)
{
    return m->has_private[root] ? &m->private_now[root] : &m->world.hive[root].now;
}

static void put_state(struct model *m, mmk_reg_root root, struct model_state state)
{
    if (m->mode != MODEL_BUFFERED) {
        remember(m, &m->world.hive[root], state);
        return;
    }
    m->private_now[root] = state;
    m->has_private[root] = true;
}

static mmk_err reg_get(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                       uint32_t *type, void *data, size_t cap, size_t *len)
{
    struct model *m = of_registry(self);
    const mmk_err err = model_op(m, MODEL_GET);
    if (err != MMK_OK)
        return err;
    const struct model_state *s = seen(m, key->root);
    const size_t i = model_find(s, view_of(key), key->path, name != NULL ? name : "");
    if (i == SIZE_MAX)
        return MMK_ERR_NOT_FOUND;
    *type = s->v[i]->type;
    *len = s->v[i]->len;
    if (s->v[i]->len > cap)
        return MMK_ERR_MORE;
    if (s->v[i]->len > 0)
        memcpy(data, s->v[i]->data, s->v[i]->len);
    return MMK_OK;
}

static mmk_err reg_set(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                       uint32_t type, const void *data, size_t len)
{
    struct model *m = of_registry(self);
    bool skip;
    if (model_find(seen(m, key->root), view_of(key), key->path, NULL) == SIZE_MAX)
        return MMK_ERR_NOT_FOUND;
    const mmk_err err = model_change(m, MODEL_SET, &skip);
    if (skip)
        return err;
    const struct model_state *s = seen(m, key->root);
    const char *named = name != NULL ? name : "";
    const size_t i = model_find(s, view_of(key), key->path, named);
    put_state(m, key->root,
              model_with(m, s, i == SIZE_MAX ? s->n : i,
                         model_entry(m, view_of(key), key->path,
                                     i == SIZE_MAX ? named : s->v[i]->name, type, data, len)));
    return err;
}

static mmk_err reg_delete_value(struct mmk_registry *self, const struct mmk_reg_key *key,
                                const char *name)
{
    struct model *m = of_registry(self);
    bool skip;
    const char *named = name != NULL ? name : "";
    if (model_find(seen(m, key->root), view_of(key), key->path, named) == SIZE_MAX)
        return MMK_ERR_NOT_FOUND;
    const mmk_err err = model_change(m, MODEL_DELETE_VALUE, &skip);
    if (skip)
        return err;
    const struct model_state *s = seen(m, key->root);
    put_state(m, key->root, model_with(m, s, model_find(s, view_of(key), key->path, named), NULL));
    return err;
}

static bool parent_there(const struct model_state *s, uint8_t view, const char *path)
{
    char parent[1024];
    const char *slash = strrchr(path, '\\');
    if (slash == NULL)
        return true;
    if ((size_t)(slash - path) >= sizeof parent)
        model_die("path too long");
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = 0;
    return model_find(s, view, parent, NULL) != SIZE_MAX;
}

static mmk_err reg_create_key(struct mmk_registry *self, const struct mmk_reg_key *key,
                              bool is_volatile)
{
    struct model *m = of_registry(self);
    bool skip;
    if (model_find(seen(m, key->root), view_of(key), key->path, NULL) != SIZE_MAX)
        return MMK_ERR_EXISTS;
    if (!parent_there(seen(m, key->root), view_of(key), key->path))
        return MMK_ERR_NOT_FOUND;
    const mmk_err err = model_change(m, MODEL_CREATE_KEY, &skip);
    if (skip)
        return err;
    const struct model_state *s = seen(m, key->root);
    struct model_entry *e = model_alloc(m, sizeof *e);
    *e = *model_entry(m, view_of(key), key->path, NULL, 0, NULL, 0);
    e->is_volatile = is_volatile;
    put_state(m, key->root, model_with(m, s, s->n, e));
    return err;
}

static bool is_direct_child(const struct model_entry *e, uint8_t view, const char *path)
{
    const size_t len = strlen(path);
    return e->name == NULL && e->view == view && strlen(e->path) > len && e->path[len] == '\\' &&
           mmk_name_compare_n(e->path, len, path, len) == 0 &&
           strchr(e->path + len + 1, '\\') == NULL;
}

static mmk_err reg_delete_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    struct model *m = of_registry(self);
    bool skip;
    if (model_find(seen(m, key->root), view_of(key), key->path, NULL) == SIZE_MAX)
        return MMK_ERR_NOT_FOUND;
    for (size_t i = 0; i < seen(m, key->root)->n; i++)
        if (is_direct_child(seen(m, key->root)->v[i], view_of(key), key->path))
            return MMK_ERR_STATE;
    const mmk_err err = model_change(m, MODEL_DELETE_KEY, &skip);
    if (skip)
        return err;
    struct model_state s = *seen(m, key->root);
    for (size_t i = s.n; i-- > 0;)
        if (s.v[i]->view == view_of(key) && mmk_name_equal(s.v[i]->path, key->path))
            s = model_with(m, &s, i, NULL);
    put_state(m, key->root, s);
    return err;
}

static mmk_err nth(struct model *m, const struct mmk_reg_key *key, uint32_t index, bool keys,
                   char *name, size_t cap)
{
    const struct model_state *s = seen(m, key->root);
    for (size_t i = 0; i < s->n; i++) {
        const struct model_entry *e = s->v[i];
        const bool hit =
            keys ? is_direct_child(e, view_of(key), key->path)
                 : e->name != NULL && e->view == view_of(key) && mmk_name_equal(e->path, key->path);
        if (!hit || index-- != 0)
            continue;
        const char *text = keys ? e->path + strlen(key->path) + 1 : e->name;
        if (strlen(text) >= cap)
            return MMK_ERR_MORE;
        strcpy(name, text);
        return MMK_OK;
    }
    return MMK_ERR_NOT_FOUND;
}

static mmk_err reg_enum_value(struct mmk_registry *self, const struct mmk_reg_key *key,
                              uint32_t index, char *name, size_t cap)
{
    struct model *m = of_registry(self);
    const mmk_err err = model_op(m, MODEL_ENUM);
    return err != MMK_OK ? err : nth(m, key, index, false, name, cap);
}

static mmk_err reg_enum_key(struct mmk_registry *self, const struct mmk_reg_key *key,
                            uint32_t index, char *name, size_t cap)
{
    struct model *m = of_registry(self);
    const mmk_err err = model_op(m, MODEL_ENUM);
    return err != MMK_OK ? err : nth(m, key, index, true, name, cap);
}

static mmk_err reg_has_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    struct model *m = of_registry(self);
    const mmk_err err = model_op(m, MODEL_GET);
    if (err != MMK_OK)
        return err;
    return model_find(seen(m, key->root), view_of(key), key->path, NULL) != SIZE_MAX
               ? MMK_OK
               : MMK_ERR_NOT_FOUND;
}

static mmk_err reg_flush(struct mmk_registry *self, mmk_reg_root root, uint32_t timeout_ms)
{
    struct model *m = of_registry(self);
    bool skip;
    (void)timeout_ms;
    m->n_flush_of[root]++;
    if (m->mode == MODEL_BUFFERED && !m->has_private[0] && !m->has_private[1]) {
        return model_op(m, MODEL_FLUSH); /* nothing to write */
    }
    const mmk_err err = model_change(m, MODEL_FLUSH, &skip);
    if (skip)
        return err;
    if (m->mode == MODEL_LAZY)
        return err != MMK_OK ? err : MMK_ERR_PENDING;
    for (int r = 0; r < MMK_REG_ROOT_COUNT; r++) {
        if (m->mode == MODEL_BUFFERED && m->has_private[r]) {
            m->world.hive[r].now = m->private_now[r];
            m->has_private[r] = false;
        }
        if (m->mode == MODEL_BUFFERED || r == (int)root)
            saved(m, &m->world.hive[r]);
    }
    return err;
}

static void reg_discard(struct mmk_registry *self)
{
    struct model *m = of_registry(self);
    m->has_private[0] = m->has_private[1] = false;
}

static const struct mmk_registry_ops registry_ops = {
    .get = reg_get,
    .set = reg_set,
    .delete_value = reg_delete_value,
    .create_key = reg_create_key,
    .delete_key = reg_delete_key,
    .enum_value = reg_enum_value,
    .enum_key = reg_enum_key,
    .has_key = reg_has_key,
    .flush = reg_flush,
    .discard = reg_discard,
};

/* ------------------------------------------------------------------ life */

/* Address space, touched only as far as it is used. By the system: a sanitizer's malloc marks every
 * byte of it, which took most of the tests' time. */
static uint8_t *reserve(size_t n)
{
#if defined(_WIN32)
    return malloc(n);
#else
    void *p =
        mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p != MAP_FAILED ? p : NULL;
#endif
}

static void give_back(uint8_t *p, size_t n)
{
#if defined(_WIN32)
    (void)n;
    free(p);
#else
    munmap(p, n);
#endif
}

void model_init(struct model *m, enum model_mode mode)
{
    memset(m, 0, sizeof *m);
    m->mode = mode;
    m->fail_at = m->fail_alloc_at = UINT64_MAX;
    m->fail_only = -1;
    m->probe.fail_device = UINT32_MAX;
    m->arena_cap = ARENA_BYTES;
    m->arena = reserve(m->arena_cap);
    m->heap_cap = HEAP_BYTES;
    m->heap = reserve(m->heap_cap);
    if (m->arena == NULL || m->heap == NULL)
        model_die("no memory");
    m->registry.seam.ops = &registry_ops;
    m->registry.seam.has_view_32 = true;
    m->registry.m = m;
    model_init_seams(m);
    for (int r = 0; r < MMK_REG_ROOT_COUNT; r++)
        saved(m, &m->world.hive[r]);
    m->port = (struct mmk_port){.registry = &m->registry.seam,
                                .files = &m->files.seam,
                                .journal = &m->journal.seam,
                                .devices = &m->devices.seam,
                                .platform = &m->platform.seam,
                                .notify = &m->notify.seam,
                                .host = "posix",
                                .pointer_bits = 64,
                                .drivers_dir = "/drivers"};
}

void model_fini(struct model *m)
{
    give_back(m->arena, m->arena_cap);
    give_back(m->heap, m->heap_cap);
}

void model_enter(struct model *m, const struct model_world *world)
{
    if (world != &m->world)
        m->world = *world;
    m->has_private[0] = m->has_private[1] = false;
    m->n_ops = m->n_writes = m->n_failed = 0;
    memset(m->n_of, 0, sizeof m->n_of);
    memset(m->n_flush_of, 0, sizeof m->n_flush_of);
    m->locked = false;
    m->heap_len = m->heap_out = 0;
}

uint8_t model_garbage(size_t i)
{
    return (uint8_t)(i * 37 + 11);
}

static void drop_volatile(struct model *m, struct model_state *s)
{
    for (size_t i = s->n; i-- > 0;)
        if (s->v[i]->is_volatile)
            *s = model_with(m, s, i, NULL);
}

void model_cut_world(struct model *m, struct model_world *world, const struct model_cut *cut)
{
    for (int r = 0; r < MMK_REG_ROOT_COUNT; r++) {
        world->hive[r].now = world->hive[r].past[cut->back[r]];
        drop_volatile(m, &world->hive[r].now);
        saved(m, &world->hive[r]);
    }
    if (cut->n_garbage > 0) {
        uint8_t *journal = model_alloc(m, cut->n_kept + cut->n_garbage);
        if (cut->n_kept > 0)
            memcpy(journal, world->journal, cut->n_kept);
        for (size_t i = 0; i < cut->n_garbage; i++)
            journal[cut->n_kept + i] = model_garbage(i);
        world->journal = journal;
    }
    world->n_journal = world->n_synced = cut->n_kept + cut->n_garbage;
}

void model_reboot(struct model *m, const struct model_cut *cut)
{
    model_cut_world(m, &m->world, cut);
    model_enter(m, &m->world);
}

/* ------------------------------------------------------------------ seeding and looking */

static void set_behind(struct model *m, mmk_reg_root root, struct model_state state)
{
    m->world.hive[root].now = state;
    saved(m, &m->world.hive[root]);
}

/* A test may have put another registry into the port: then it is seeded through its own operations.
 */
static struct mmk_registry *elsewhere(struct model *m)
{
    return m->port.registry != &m->registry.seam ? m->port.registry : NULL;
}

static void put_elsewhere(struct mmk_registry *r, const struct mmk_reg_key *key, const char *name,
                          uint32_t type, const void *data, size_t len)
{
    char path[1024];
    for (const char *at = strchr(key->path, '\\');; at = strchr(at + 1, '\\')) {
        const size_t n = at != NULL ? (size_t)(at - key->path) : strlen(key->path);
        memcpy(path, key->path, n);
        path[n] = 0;
        const struct mmk_reg_key part = {key->root, key->view, path};
        const mmk_err err = r->ops->create_key(r, &part, false);
        if (err != MMK_OK && err != MMK_ERR_EXISTS)
            model_die("cannot seed a key");
        if (at == NULL)
            break;
    }
    if (name != NULL && r->ops->set(r, key, name, type, data, len) != MMK_OK)
        model_die("cannot seed a value");
    if (r->ops->flush(r, key->root, 0) != MMK_OK)
        model_die("cannot flush the seed");
}

void model_put_key(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path)
{
    char parent[1024];
    if (elsewhere(m) != NULL) {
        put_elsewhere(elsewhere(m), &(struct mmk_reg_key){root, view, path}, NULL, 0, NULL, 0);
        return;
    }
    for (const char *at = strchr(path, '\\');; at = strchr(at + 1, '\\')) {
        const size_t len = at != NULL ? (size_t)(at - path) : strlen(path);
        const struct model_state *s = &m->world.hive[root].now;
        memcpy(parent, path, len);
        parent[len] = 0;
        if (model_find(s, (uint8_t)view, parent, NULL) == SIZE_MAX)
            set_behind(
                m, root,
                model_with(m, s, s->n, model_entry(m, (uint8_t)view, parent, NULL, 0, NULL, 0)));
        if (at == NULL)
            return;
    }
}

void model_put(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path,
               const char *name, uint32_t type, const void *data, size_t len)
{
    if (elsewhere(m) != NULL) {
        put_elsewhere(elsewhere(m), &(struct mmk_reg_key){root, view, path}, name, type, data, len);
        return;
    }
    model_put_key(m, root, view, path);
    const struct model_state *s = &m->world.hive[root].now;
    const size_t i = model_find(s, (uint8_t)view, path, name);
    set_behind(m, root,
               model_with(m, s, i == SIZE_MAX ? s->n : i,
                          model_entry(m, (uint8_t)view, path, name, type, data, len)));
}

void model_put_sz(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path,
                  const char *name, const char *text)
{
    uint8_t utf16[2048];
    size_t len = 0;
    if (mmk_utf16_from_wtf8(text, MMK_TEXT_TERMINATED, utf16, sizeof utf16 - 2, &len) != MMK_OK)
        model_die("text too long");
    utf16[len] = utf16[len + 1] = 0;
    model_put(m, root, view, path, name, MMK_REG_SZ, utf16, len + 2);
}

void model_take(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path,
                const char *name)
{
    struct mmk_registry *other = elsewhere(m);
    if (other != NULL) {
        (void)other->ops->delete_value(other, &(struct mmk_reg_key){root, view, path}, name);
        (void)other->ops->flush(other, root, 0);
        return;
    }
    const struct model_state *s = &m->world.hive[root].now;
    const size_t i = model_find(s, (uint8_t)view, path, name);
    if (i != SIZE_MAX)
        set_behind(m, root, model_with(m, s, i, NULL));
}

void model_drop_tree(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path)
{
    struct model_state s = m->world.hive[root].now;
    const size_t len = strlen(path);
    for (size_t i = s.n; i-- > 0;) {
        const char *at = s.v[i]->path;
        if (s.v[i]->view == view && strlen(at) >= len &&
            mmk_name_compare_n(at, len, path, len) == 0 && (at[len] == 0 || at[len] == '\\'))
            s = model_with(m, &s, i, NULL);
    }
    set_behind(m, root, s);
}

const char *model_text(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path,
                       const char *name)
{
    const struct model_state *s = seen(m, root);
    const size_t i = model_find(s, (uint8_t)view, path, name);
    char *text = model_alloc(m, 2048);
    size_t n_units;
    if (i == SIZE_MAX)
        return NULL;
    if (s->v[i]->type == MMK_REG_DWORD && s->v[i]->len == 4) {
        const uint8_t *d = s->v[i]->data;
        snprintf(text, 2048, "%u",
                 (unsigned)d[0] | (unsigned)d[1] << 8 | (unsigned)d[2] << 16 |
                     (unsigned)d[3] << 24);
        return text;
    }
    n_units = s->v[i]->len / 2;
    while (n_units > 0 && s->v[i]->data[2 * n_units - 1] == 0 &&
           s->v[i]->data[2 * n_units - 2] == 0)
        n_units--;
    return mmk_wtf8_from_utf16(s->v[i]->data, n_units, text, 2048, NULL) == MMK_OK ? text : NULL;
}

/* ------------------------------------------------------------------ hashes */

/* Sum over entries: order in the store is no part of what a registry says. */
uint64_t model_hash_hive(const struct model_state *s, bool with_volatile)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s->n; i++)
        if (with_volatile || !s->v[i]->is_volatile)
            sum += s->v[i]->hash;
    return sum;
}

uint64_t model_hash_world(const struct model_world *w, bool with_journal, bool with_volatile)
{
    uint64_t part[4] = {model_hash_hive(&w->hive[0].now, with_volatile),
                        model_hash_hive(&w->hive[1].now, with_volatile),
                        model_hash_hive(&w->files, true), 0};
    if (with_journal)
        part[3] = mmk_fnv1a64(MMK_FNV1A64_INIT, w->journal, w->n_journal);
    return mmk_fnv1a64(MMK_FNV1A64_INIT, part, sizeof part);
}

void model_dump(const struct model_world *w)
{
    static const char *const roots[] = {"HKLM", "HKCU"};
    for (int r = 0; r < MMK_REG_ROOT_COUNT; r++)
        for (size_t i = 0; i < w->hive[r].now.n; i++) {
            const struct model_entry *e = w->hive[r].now.v[i];
            fprintf(stderr, "  %s(%d)\\%s%s%s%s", roots[r], e->view ? 32 : 64, e->path,
                    e->name != NULL ? " : " : "", e->name != NULL ? e->name : "",
                    e->is_volatile ? " (volatile)" : "");
            for (uint32_t k = 0; e->name != NULL && k < e->len && k < 80; k++)
                if (e->type == MMK_REG_SZ ? e->data[k] != 0 : true)
                    fprintf(stderr, e->type == MMK_REG_SZ ? "%s%c" : "%s%02x", k == 0 ? " = " : "",
                            e->data[k]);
            fputc('\n', stderr);
        }
    for (size_t i = 0; i < w->files.n; i++)
        fprintf(stderr, "  file %s %s: %.*s\n", w->files.v[i]->path,
                w->files.v[i]->name != NULL ? w->files.v[i]->name : "", (int)w->files.v[i]->len,
                (const char *)w->files.v[i]->data);
    fprintf(stderr, "  journal %zu bytes, %zu synced\n", w->n_journal, w->n_synced);
}
