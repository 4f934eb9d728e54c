/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/model_internal.h"

#include <mmk/hash.h>

/* Each seam's object is a struct { seam; model } inside struct model: one look behind the seam. */
struct behind_files {
    struct mmk_files seam;
    struct model *m;
};
struct behind_journal {
    struct mmk_journal seam;
    struct model *m;
};
struct behind_platform {
    struct mmk_platform seam;
    struct model *m;
};

static struct model *of_files(struct mmk_files *self)
{
    return ((struct behind_files *)(void *)self)->m;
}

static struct model *of_journal(struct mmk_journal *self)
{
    return ((struct behind_journal *)(void *)self)->m;
}

static struct model *of_platform(struct mmk_platform *self)
{
    return ((struct behind_platform *)(void *)self)->m;
}

/* ------------------------------------------------------------------ files */

static const struct model_entry *file_of(const struct model *m, const char *path)
{
    for (size_t i = 0; i < m->world.files.n; i++)
        if (m->world.files.v[i]->name == NULL && strcmp(m->world.files.v[i]->path, path) == 0)
            return m->world.files.v[i];
    return NULL;
}

static size_t file_index(const struct model *m, const char *path)
{
    for (size_t i = 0; i < m->world.files.n; i++)
        if (m->world.files.v[i]->name == NULL && strcmp(m->world.files.v[i]->path, path) == 0)
            return i;
    return SIZE_MAX;
}

static void set_file(struct model *m, const char *path, const struct model_entry *e)
{
    const size_t i = file_index(m, path);
    m->world.files = model_with(m, &m->world.files, i == SIZE_MAX ? m->world.files.n : i, e);
}

static mmk_err files_stat(struct mmk_files *self, const char *path, struct mmk_file_stat *st)
{
    struct model *m = of_files(self);
    const mmk_err err = model_op(m, MODEL_FILE_READ);
    const struct model_entry *e = file_of(m, path);
    if (err != MMK_OK)
        return err;
    if (e == NULL)
        return MMK_ERR_NOT_FOUND;
    st->size_bytes = e->len;
    st->is_dir = false;
    return MMK_OK;
}

static mmk_err files_hash(struct mmk_files *self, const char *path, struct mmk_file_stat *st)
{
    struct model *m = of_files(self);
    const struct model_entry *e = file_of(m, path);
    const mmk_err err = files_stat(self, path, st);
    if (err == MMK_OK)
        st->hash = mmk_fnv1a64(MMK_FNV1A64_INIT, e->data, e->len);
    return err;
}

static mmk_err files_copy(struct mmk_files *self, const char *from, const char *to)
{
    struct model *m = of_files(self);
    bool skip;
    const struct model_entry *e = file_of(m, from);
    if (e == NULL)
        return MMK_ERR_NOT_FOUND;
    if (file_of(m, to) != NULL)
        return MMK_ERR_EXISTS;
    const mmk_err err = model_change(m, MODEL_FILE_WRITE, &skip);
    if (skip)
        return err;
    /* in the middle a part of it is there */
    const struct model_state before = m->world.files;
    set_file(m, to, model_entry(m, 0, to, NULL, 0, e->data, e->len / 2));
    if (m->hook != NULL)
        m->hook(m->hook_user, m);
    m->world.files = before;
    set_file(m, to, model_entry(m, 0, to, NULL, 0, e->data, e->len));
    return err;
}

static mmk_err files_rename(struct mmk_files *self, const char *from, const char *to)
{
    struct model *m = of_files(self);
    bool skip;
    const struct model_entry *e = file_of(m, from);
    if (e == NULL)
        return MMK_ERR_NOT_FOUND;
    const mmk_err err = model_change(m, MODEL_FILE_WRITE, &skip);
    if (skip)
        return err;
    set_file(m, to, model_entry(m, 0, to, NULL, 0, e->data, e->len));
    set_file(m, from, NULL);
    return err;
}

static mmk_err files_remove(struct mmk_files *self, const char *path)
{
    struct model *m = of_files(self);
    bool skip;
    if (file_of(m, path) == NULL)
        return MMK_ERR_NOT_FOUND;
    const mmk_err err = model_change(m, MODEL_FILE_WRITE, &skip);
    if (!skip)
        set_file(m, path, NULL);
    return err;
}

static size_t ini_index(const struct model *m, const char *path, const char *section,
                        const char *key, char name[512])
{
    snprintf(name, 512, "%s|%s", section, key);
    return model_find(&m->world.files, 0, path, name);
}

static mmk_err files_ini_set(struct mmk_files *self, const char *path, const char *section,
                             const char *key, const char *value)
{
    struct model *m = of_files(self);
    char name[512];
    bool skip;
    const mmk_err err = model_change(m, MODEL_FILE_WRITE, &skip);
    if (skip)
        return err;
    const size_t i = ini_index(m, path, section, key, name);
    m->world.files =
        model_with(m, &m->world.files, i == SIZE_MAX ? m->world.files.n : i,
                   value != NULL ? model_entry(m, 0, path, name, 0, value, strlen(value)) : NULL);
    return err;
}

static mmk_err files_ini_get(struct mmk_files *self, const char *path, const char *section,
                             const char *key, char *value, size_t cap)
{
    struct model *m = of_files(self);
    char name[512];
    const mmk_err err = model_op(m, MODEL_FILE_READ);
    if (err != MMK_OK)
        return err;
    const size_t i = ini_index(m, path, section, key, name);
    if (i == SIZE_MAX)
        return MMK_ERR_NOT_FOUND;
    if (m->world.files.v[i]->len >= cap)
        return MMK_ERR_MORE;
    memcpy(value, m->world.files.v[i]->data, m->world.files.v[i]->len);
    value[m->world.files.v[i]->len] = 0;
    return MMK_OK;
}

static const struct mmk_files_ops files_ops = {
    .stat = files_stat,
    .hash = files_hash,
    .copy = files_copy,
    .rename = files_rename,
    .remove = files_remove,
    .remove_later = files_remove,
    .ini_set = files_ini_set,
    .ini_get = files_ini_get,
};

void model_put_file(struct model *m, const char *path, const char *text)
{
    set_file(m, path, text != NULL ? model_entry(m, 0, path, NULL, 0, text, strlen(text)) : NULL);
}

const char *model_file(struct model *m, const char *path)
{
    const struct model_entry *e = file_of(m, path);
    return e != NULL ? (const char *)e->data : NULL;
}

/* ------------------------------------------------------------------ journal */

static mmk_err journal_lock(struct mmk_journal *self, uint32_t timeout_ms)
{
    struct model *m = of_journal(self);
    const mmk_err err = model_op(m, MODEL_LOCK);
    if (err != MMK_OK)
        return err;
    if (m->lock_err != MMK_OK)
        return m->lock_err;
    if (m->locked_by_other) {
        m->now_ns += (uint64_t)timeout_ms * 1000000u;
        return MMK_ERR_LOCKED;
    }
    if (m->locked)
        model_die("locked twice");
    m->locked = true;
    return MMK_OK;
}

static void journal_unlock(struct mmk_journal *self)
{
    struct model *m = of_journal(self);
    if (!m->locked)
        model_die("unlocked without lock");
    m->locked = false;
}

static mmk_err journal_read(struct mmk_journal *self, uint64_t offset, void *data, size_t cap,
                            size_t *len)
{
    struct model *m = of_journal(self);
    const mmk_err err = model_op(m, MODEL_JOURNAL_READ);
    if (err != MMK_OK)
        return err;
    size_t n = offset < m->world.n_journal ? m->world.n_journal - (size_t)offset : 0;
    if (n > cap)
        n = cap;
    if (n > 0)
        memcpy(data, m->world.journal + offset, n);
    *len = n;
    return MMK_OK;
}

static mmk_err journal_append(struct mmk_journal *self, const void *data, size_t len)
{
    struct model *m = of_journal(self);
    bool skip;
    if (!m->locked)
        model_die("append without lock");
    const mmk_err err = model_change(m, MODEL_APPEND, &skip);
    if (skip || m->journal_off)
        return err;
    uint8_t *bytes = model_alloc(m, m->world.n_journal + len);
    if (m->world.n_journal > 0)
        memcpy(bytes, m->world.journal, m->world.n_journal);
    memcpy(bytes + m->world.n_journal, data, len);
    m->world.journal = bytes;
    m->world.n_journal += len;
    return err;
}

static mmk_err journal_sync(struct mmk_journal *self)
{
    struct model *m = of_journal(self);
    bool skip;
    const mmk_err err = model_change(m, MODEL_SYNC, &skip);
    if (!skip)
        m->world.n_synced = m->world.n_journal;
    return err;
}

static mmk_err journal_reset(struct mmk_journal *self, const void *data, size_t len)
{
    struct model *m = of_journal(self);
    bool skip;
    if (!m->locked)
        model_die("reset without lock");
    const mmk_err err = model_change(m, MODEL_RESET, &skip);
    if (skip || m->journal_off)
        return err;
    uint8_t *bytes = model_alloc(m, len);
    if (len > 0)
        memcpy(bytes, data, len);
    m->world.journal = bytes;
    m->world.n_journal = m->world.n_synced = len;
    return err;
}

static int status_slot(struct model *m, const char *driver, bool make)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(m->status_of[i], driver) == 0)
            return i;
    for (int i = 0; make && i < 4; i++)
        if (m->status_of[i][0] == 0) {
            snprintf(m->status_of[i], sizeof m->status_of[i], "%s", driver);
            return i;
        }
    return -1;
}

static mmk_err journal_status_write(struct mmk_journal *self, const char *driver, const char *text)
{
    struct model *m = of_journal(self);
    const mmk_err err = model_op(m, MODEL_STATUS);
    const int i = status_slot(m, driver, true);
    if (err != MMK_OK || i < 0)
        return err != MMK_OK ? err : MMK_ERR_NO_SPACE;
    snprintf(m->status[i], sizeof m->status[i], "%s", text);
    return MMK_OK;
}

static mmk_err journal_status_read(struct mmk_journal *self, const char *driver, char *text,
                                   size_t cap)
{
    struct model *m = of_journal(self);
    const int i = status_slot(m, driver, false);
    if (i < 0)
        return MMK_ERR_NOT_FOUND;
    if (strlen(m->status[i]) >= cap)
        return MMK_ERR_MORE;
    strcpy(text, m->status[i]);
    return MMK_OK;
}

static void journal_log(struct mmk_journal *self, const char *line)
{
    struct model *m = of_journal(self);
    snprintf(m->last_log, sizeof m->last_log, "%s", line);
    m->n_log++;
}

static const struct mmk_journal_ops journal_ops = {
    .lock = journal_lock,
    .unlock = journal_unlock,
    .read = journal_read,
    .append = journal_append,
    .sync = journal_sync,
    .reset = journal_reset,
    .status_write = journal_status_write,
    .status_read = journal_status_read,
    .log = journal_log,
};

/* ------------------------------------------------------------------ platform */

static uint64_t now_ns(struct mmk_platform *self)
{
    return of_platform(self)->now_ns;
}

static uint64_t wall_s(struct mmk_platform *self)
{
    (void)self;
    return 1795000000u;
}

static void sleep_ns(struct mmk_platform *self, uint64_t ns)
{
    of_platform(self)->now_ns += ns;
}

static void *platform_alloc(struct mmk_platform *self, size_t n_bytes)
{
    struct model *m = of_platform(self);
    if (m->n_of[MODEL_ALLOC]++ == m->fail_alloc_at) {
        m->n_failed++;
        return NULL;
    }
    n_bytes = (n_bytes + 63) & ~(size_t)63;
    if (m->heap_cap - m->heap_len < n_bytes)
        model_die("heap full");
    void *mem = m->heap + m->heap_len;
    m->heap_len += n_bytes;
    m->heap_out++;
    return memset(mem, 0, n_bytes);
}

static void platform_free(struct mmk_platform *self, void *mem)
{
    struct model *m = of_platform(self);
    if (mem == NULL)
        return;
    if (m->heap_out-- == 0)
        model_die("freed more than was allocated");
    if (m->heap_out == 0)
        m->heap_len = 0;
}

static void program(struct mmk_platform *self, char *name, size_t cap, uint32_t *pid)
{
    (void)self;
    snprintf(name, cap, "model");
    *pid = 1;
}

static mmk_err env(struct mmk_platform *self, const char *name, char *value, size_t cap)
{
    struct model *m = of_platform(self);
    for (size_t i = 0; i < m->n_env; i++)
        if (strcmp(m->env_name[i], name) == 0) {
            if (strlen(m->env_value[i]) >= cap)
                return MMK_ERR_MORE;
            strcpy(value, m->env_value[i]);
            return MMK_OK;
        }
    return MMK_ERR_NOT_FOUND;
}

static void platform_log(struct mmk_platform *self, mmk_log_level level, const char *text)
{
    (void)self;
    (void)level;
    (void)text;
}

static const struct model_module *module_of(const struct model *m, const char *file, int view)
{
    for (size_t i = 0; i < m->n_modules; i++)
        if (strcmp(m->module[i].file, file) == 0 && (view < 0 || (int)m->module[i].view == view))
            return &m->module[i];
    return NULL;
}

static mmk_err inspect_module(struct mmk_platform *self, const char *file, mmk_reg_view view,
                              struct mmk_module_info *info)
{
    struct model *m = of_platform(self);
    const mmk_err err = model_op(m, MODEL_MODULE);
    const struct model_module *found = module_of(m, file, (int)view);
    if (err != MMK_OK)
        return err;
    if (found == NULL)
        return MMK_ERR_NOT_FOUND;
    if (found->inspect == MMK_OK || found->inspect == MMK_ERR_BITNESS)
        *info = found->info;
    return found->inspect;
}

static mmk_err try_load_module(struct mmk_platform *self, const char *file, char *reason,
                               size_t cap)
{
    struct model *m = of_platform(self);
    const mmk_err err = model_op(m, MODEL_MODULE);
    const struct model_module *found = module_of(m, file, -1);
    if (err != MMK_OK)
        return err;
    if (found == NULL)
        return MMK_ERR_NOT_FOUND;
    if (found->load != MMK_OK)
        snprintf(reason, cap, "%s", found->reason != NULL ? found->reason : "");
    return found->load;
}

/* Nothing of what follows is for the install engine to use. */
static struct mmk_mutex *mutex_create(struct mmk_platform *self)
{
    (void)self;
    model_die("mutex in the install engine");
}
static void on_mutex(struct mmk_platform *self, struct mmk_mutex *mutex)
{
    (void)self;
    (void)mutex;
    model_die("mutex in the install engine");
}
static struct mmk_event *event_create(struct mmk_platform *self)
{
    (void)self;
    model_die("event in the install engine");
}
static void on_event(struct mmk_platform *self, struct mmk_event *event)
{
    (void)self;
    (void)event;
    model_die("event in the install engine");
}
static bool event_wait(struct mmk_platform *self, struct mmk_event *event, uint32_t timeout_ms)
{
    (void)timeout_ms;
    on_event(self, event);
    return false;
}
static struct mmk_thread *thread_start(struct mmk_platform *self, void (*run)(void *arg), void *arg,
                                       mmk_priority priority, const char *name)
{
    (void)self;
    (void)run;
    (void)arg;
    (void)priority;
    (void)name;
    return NULL;
}
static void thread_join(struct mmk_platform *self, struct mmk_thread *thread)
{
    (void)self;
    (void)thread;
}
static uint64_t thread_id(struct mmk_platform *self)
{
    (void)self;
    return 1;
}
static uint32_t cpu_features(struct mmk_platform *self)
{
    (void)self;
    return 0;
}

static const struct mmk_platform_ops platform_ops = {
    .now_ns = now_ns,
    .wall_s = wall_s,
    .sleep_ns = sleep_ns,
    .alloc = platform_alloc,
    .free = platform_free,
    .mutex_create = mutex_create,
    .mutex_destroy = on_mutex,
    .mutex_lock = on_mutex,
    .mutex_unlock = on_mutex,
    .event_create = event_create,
    .event_destroy = on_event,
    .event_set = on_event,
    .event_wait = event_wait,
    .thread_start = thread_start,
    .thread_join = thread_join,
    .thread_id = thread_id,
    .cpu_features = cpu_features,
    .program = program,
    .env = env,
    .log = platform_log,
    .inspect_module = inspect_module,
    .try_load_module = try_load_module,
};

/* ------------------------------------------------------------------ devices, notify: never opened
 * here */

static mmk_err no_enumerate(struct mmk_devices *self, mmk_direction direction, uint32_t index,
                            struct mmk_device_info *info)
{
    (void)self;
    (void)direction;
    (void)index;
    (void)info;
    return MMK_ERR_NOT_FOUND;
}
static mmk_err no_probe(struct mmk_devices *self, const struct mmk_device_config *config,
                        uint32_t timeout_ms, struct mmk_device_caps *caps, char *reason, size_t cap)
{
    (void)self;
    (void)config;
    (void)timeout_ms;
    (void)caps;
    (void)reason;
    (void)cap;
    return MMK_OK;
}
static mmk_err no_open(struct mmk_devices *self, const struct mmk_device_config *config,
                       struct mmk_engine *engine, struct mmk_device **device,
                       struct mmk_device_caps *caps)
{
    (void)self;
    (void)config;
    (void)engine;
    (void)device;
    (void)caps;
    return MMK_ERR_UNSUPPORTED;
}
static mmk_err no_start(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    (void)device;
    return MMK_ERR_UNSUPPORTED;
}
static void no_stop(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    (void)device;
}
static void no_deliver(struct mmk_notify *self, const struct mmk_callback *callback, uint32_t msg,
                       uintptr_t p1, uintptr_t p2)
{
    (void)self;
    (void)callback;
    (void)msg;
    (void)p1;
    (void)p2;
}

static const struct mmk_devices_ops devices_ops = {.enumerate = no_enumerate,
                                                   .probe = no_probe,
                                                   .open = no_open,
                                                   .start = no_start,
                                                   .stop = no_stop,
                                                   .kick = no_stop,
                                                   .close = no_start};
static const struct mmk_notify_ops notify_ops = {.deliver = no_deliver};

void model_init_seams(struct model *m)
{
    m->files.seam.ops = &files_ops;
    m->files.m = m;
    m->journal.seam.ops = &journal_ops;
    m->journal.m = m;
    m->platform.seam.ops = &platform_ops;
    m->platform.m = m;
    m->devices.seam.ops = &devices_ops;
    m->notify.seam.ops = &notify_ops;
}

void model_set_module(struct model *m, const char *file, mmk_reg_view view, uint32_t version,
                      mmk_err inspect)
{
    struct model_module *module = NULL;
    for (size_t i = 0; i < m->n_modules; i++)
        if (strcmp(m->module[i].file, file) == 0 && m->module[i].view == view)
            module = &m->module[i];
    if (module == NULL) {
        if (m->n_modules == MODEL_MODULES_MAX)
            model_die("too many modules");
        module = &m->module[m->n_modules++];
    }
    memset(module, 0, sizeof *module);
    module->file = file;
    module->view = view;
    module->inspect = inspect;
    module->info.version = version;
    module->info.pointer_bits = view == MMK_VIEW_32 ? 32 : 64;
    module->info.exports_driver_proc = true;
    snprintf(module->info.path, sizeof module->info.path, "/drivers/%s", file);
}

void model_set_env(struct model *m, const char *name, const char *value)
{
    if (m->n_env == MODEL_ENV_MAX)
        model_die("too many variables");
    m->env_name[m->n_env] = name;
    m->env_value[m->n_env++] = value;
}
