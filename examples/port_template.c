/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Where a port to a new system begins: every seam of <mmk/port.h>, filled, doing nothing. It
 * compiles, mmk_port_check() accepts it, and a driver runs on it: it answers every message, has no
 * registry to write to, and so refuses to be installed, with a reason.
 *
 * Copy it and fill one seam after the other; the order below is a good one. After each, run its
 * contract suite (tests/contract/) against it: that, not this file, says when a seam is right.
 * "Nothing here" is always an honest error code, never a success that did not happen.
 */
#include <stdio.h>
#include <string.h>

#include <mmk/driver.h>
#include <mmk/shipped.h>

/* ------------------------------------------------------------------ platform
 * First, since everything uses it. Without threads a driver still works: mmk_driver_reap() delivers
 * what is due. Memory comes from one small pool here; drivers allocate on control threads only. */

static unsigned char pool[256 * 1024] __attribute__((aligned(64)));
static size_t pool_used;

static uint64_t now_ns(struct mmk_platform *self)
{
    static uint64_t time; /* monotonic at least */
    (void)self;
    return time += 1000000;
}

static uint64_t wall_s(struct mmk_platform *self)
{
    (void)self;
    return 0;
}

static void sleep_ns(struct mmk_platform *self, uint64_t ns)
{
    (void)self;
    (void)ns;
}

static void *alloc(struct mmk_platform *self, size_t n_bytes)
{
    const size_t n = (n_bytes + 63) & ~(size_t)63;
    void *mem = pool + pool_used;
    (void)self;
    if (n > sizeof pool - pool_used)
        return NULL;
    pool_used += n;
    return memset(mem, 0, n);
}

static void release(struct mmk_platform *self, void *mem)
{
    (void)self;
    (void)mem;
}

/* One thread: a mutex has nothing to do, but must not be NULL. */
static struct mmk_mutex *mutex_create(struct mmk_platform *self)
{
    return alloc(self, 1);
}

static void mutex_nothing(struct mmk_platform *self, struct mmk_mutex *mutex)
{
    (void)self;
    (void)mutex;
}

static struct mmk_event *event_create(struct mmk_platform *self)
{
    return alloc(self, 1);
}

static void event_nothing(struct mmk_platform *self, struct mmk_event *event)
{
    (void)self;
    (void)event;
}

static bool event_wait(struct mmk_platform *self, struct mmk_event *event, uint32_t timeout_ms)
{
    (void)self;
    (void)event;
    (void)timeout_ms;
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
    return NULL; /* there are no threads: callers serve their work from reap() */
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
    return 0; /* the C reference */
}

static void program(struct mmk_platform *self, char *name, size_t cap, uint32_t *pid)
{
    (void)self;
    snprintf(name, cap, "%s", "port_template");
    *pid = 1;
}

static mmk_err env(struct mmk_platform *self, const char *name, char *value, size_t cap)
{
    (void)self;
    (void)name;
    (void)value;
    (void)cap;
    return MMK_ERR_NOT_FOUND;
}

static void log_line(struct mmk_platform *self, mmk_log_level level, const char *text)
{
    (void)self;
    (void)level;
    printf("log: %s\n", text);
}

static mmk_err inspect_module(struct mmk_platform *self, const char *file, mmk_reg_view view,
                              struct mmk_module_info *info)
{
    (void)self;
    (void)view;
    snprintf(info->path, sizeof info->path, "builtin:%s", file);
    info->pointer_bits = sizeof(void *) * 8;
    info->exports_driver_proc = true;
    return MMK_OK;
}

static mmk_err try_load_module(struct mmk_platform *self, const char *file, char *reason,
                               size_t cap)
{
    (void)self;
    snprintf(reason, cap, "%s cannot be loaded: there is no loader here", file);
    return MMK_ERR_UNSUPPORTED;
}

static const struct mmk_platform_ops platform_ops = {.now_ns = now_ns,
                                                     .wall_s = wall_s,
                                                     .sleep_ns = sleep_ns,
                                                     .alloc = alloc,
                                                     .free = release,
                                                     .mutex_create = mutex_create,
                                                     .mutex_destroy = mutex_nothing,
                                                     .mutex_lock = mutex_nothing,
                                                     .mutex_unlock = mutex_nothing,
                                                     .event_create = event_create,
                                                     .event_destroy = event_nothing,
                                                     .event_set = event_nothing,
                                                     .event_wait = event_wait,
                                                     .thread_start = thread_start,
                                                     .thread_join = thread_join,
                                                     .thread_id = thread_id,
                                                     .cpu_features = cpu_features,
                                                     .program = program,
                                                     .env = env,
                                                     .log = log_line,
                                                     .inspect_module = inspect_module,
                                                     .try_load_module = try_load_module};

/* ------------------------------------------------------------------ registry
 * Empty, and nobody may write. Names are WTF-8, data are bytes exactly as stored. */

static mmk_err reg_get(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                       uint32_t *type, void *data, size_t cap, size_t *len)
{
    (void)self;
    (void)key;
    (void)name;
    (void)type;
    (void)data;
    (void)cap;
    (void)len;
    return MMK_ERR_NOT_FOUND;
}

static mmk_err reg_set(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                       uint32_t type, const void *data, size_t len)
{
    (void)self;
    (void)key;
    (void)name;
    (void)type;
    (void)data;
    (void)len;
    return MMK_ERR_ACCESS;
}

static mmk_err reg_delete_value(struct mmk_registry *self, const struct mmk_reg_key *key,
                                const char *name)
{
    (void)self;
    (void)key;
    (void)name;
    return MMK_ERR_NOT_FOUND;
}

static mmk_err reg_create_key(struct mmk_registry *self, const struct mmk_reg_key *key,
                              bool is_volatile)
{
    (void)self;
    (void)key;
    (void)is_volatile;
    return MMK_ERR_ACCESS;
}

static mmk_err reg_delete_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    (void)self;
    (void)key;
    return MMK_ERR_NOT_FOUND;
}

static mmk_err reg_enum(struct mmk_registry *self, const struct mmk_reg_key *key, uint32_t index,
                        char *name, size_t cap)
{
    (void)self;
    (void)key;
    (void)index;
    (void)name;
    (void)cap;
    return MMK_ERR_NOT_FOUND;
}

static mmk_err reg_has_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    (void)self;
    (void)key;
    return MMK_ERR_NOT_FOUND;
}

static mmk_err reg_flush(struct mmk_registry *self, mmk_reg_root root, uint32_t timeout_ms)
{
    (void)self;
    (void)root;
    (void)timeout_ms;
    return MMK_OK; /* nothing was set, and that is durable */
}

static void reg_discard(struct mmk_registry *self)
{
    (void)self;
}

static const struct mmk_registry_ops registry_ops = {.get = reg_get,
                                                     .set = reg_set,
                                                     .delete_value = reg_delete_value,
                                                     .create_key = reg_create_key,
                                                     .delete_key = reg_delete_key,
                                                     .enum_value = reg_enum,
                                                     .enum_key = reg_enum,
                                                     .has_key = reg_has_key,
                                                     .flush = reg_flush,
                                                     .discard = reg_discard};

/* ------------------------------------------------------------------ journal
 * Without a durable one nothing is ever installed: append says so. */

static mmk_err journal_lock(struct mmk_journal *self, uint32_t timeout_ms)
{
    (void)self;
    (void)timeout_ms;
    return MMK_OK; /* one process, one thread */
}

static void journal_unlock(struct mmk_journal *self)
{
    (void)self;
}

static mmk_err journal_read(struct mmk_journal *self, uint64_t offset, void *data, size_t cap,
                            size_t *len)
{
    (void)self;
    (void)offset;
    (void)data;
    (void)cap;
    *len = 0; /* an absent journal is empty */
    return MMK_OK;
}

static mmk_err journal_append(struct mmk_journal *self, const void *data, size_t len)
{
    (void)self;
    (void)data;
    (void)len;
    return MMK_ERR_ACCESS;
}

static mmk_err journal_sync(struct mmk_journal *self)
{
    (void)self;
    return MMK_ERR_IO;
}

static mmk_err journal_reset(struct mmk_journal *self, const void *data, size_t len)
{
    (void)self;
    (void)data;
    return len == 0 ? MMK_OK : MMK_ERR_ACCESS;
}

static mmk_err status_write(struct mmk_journal *self, const char *driver, const char *text)
{
    (void)self;
    (void)driver;
    (void)text;
    return MMK_ERR_ACCESS;
}

static mmk_err status_read(struct mmk_journal *self, const char *driver, char *text, size_t cap)
{
    (void)self;
    (void)driver;
    (void)text;
    (void)cap;
    return MMK_ERR_NOT_FOUND;
}

static void journal_log(struct mmk_journal *self, const char *line)
{
    (void)self;
    printf("install log: %s\n", line);
}

static const struct mmk_journal_ops journal_ops = {.lock = journal_lock,
                                                   .unlock = journal_unlock,
                                                   .read = journal_read,
                                                   .append = journal_append,
                                                   .sync = journal_sync,
                                                   .reset = journal_reset,
                                                   .status_write = status_write,
                                                   .status_read = status_read,
                                                   .log = journal_log};

/* ------------------------------------------------------------------ files (of the install plan) */

static mmk_err file_stat(struct mmk_files *self, const char *path, struct mmk_file_stat *st)
{
    (void)self;
    (void)path;
    (void)st;
    return MMK_ERR_NOT_FOUND;
}

static mmk_err file_pair(struct mmk_files *self, const char *from, const char *to)
{
    (void)self;
    (void)from;
    (void)to;
    return MMK_ERR_NOT_FOUND;
}

static mmk_err file_remove(struct mmk_files *self, const char *path)
{
    (void)self;
    (void)path;
    return MMK_ERR_NOT_FOUND;
}

static mmk_err ini_set(struct mmk_files *self, const char *path, const char *section,
                       const char *key, const char *value)
{
    (void)self;
    (void)path;
    (void)section;
    (void)key;
    return value == NULL ? MMK_ERR_NOT_FOUND : MMK_ERR_ACCESS;
}

static mmk_err ini_get(struct mmk_files *self, const char *path, const char *section,
                       const char *key, char *value, size_t cap)
{
    (void)self;
    (void)path;
    (void)section;
    (void)key;
    (void)value;
    (void)cap;
    return MMK_ERR_NOT_FOUND;
}

static const struct mmk_files_ops files_ops = {.stat = file_stat,
                                               .hash = file_stat,
                                               .copy = file_pair,
                                               .rename = file_pair,
                                               .remove = file_remove,
                                               .remove_later = file_remove,
                                               .ini_set = ini_set,
                                               .ini_get = ini_get};

/* ------------------------------------------------------------------ devices
 * None: tone_device.c shows one. */

static mmk_err dev_enumerate(struct mmk_devices *self, mmk_direction direction, uint32_t index,
                             struct mmk_device_info *info)
{
    (void)self;
    (void)direction;
    (void)index;
    (void)info;
    return MMK_ERR_NOT_FOUND;
}

static mmk_err dev_probe(struct mmk_devices *self, const struct mmk_device_config *config,
                         uint32_t timeout_ms, struct mmk_device_caps *caps, char *reason,
                         size_t cap)
{
    (void)self;
    (void)timeout_ms;
    (void)caps;
    snprintf(reason, cap, "there is no backend \"%s\" in this port; write one", config->backend);
    return MMK_ERR_UNSUPPORTED;
}

static mmk_err dev_open(struct mmk_devices *self, const struct mmk_device_config *config,
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

static mmk_err dev_nothing(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    (void)device;
    return MMK_ERR_STATE; /* none was ever opened */
}

static void dev_stop(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    (void)device;
}

static const struct mmk_devices_ops devices_ops = {.enumerate = dev_enumerate,
                                                   .probe = dev_probe,
                                                   .open = dev_open,
                                                   .start = dev_nothing,
                                                   .stop = dev_stop,
                                                   .kick = dev_stop,
                                                   .close = dev_nothing};

/* ------------------------------------------------------------------ notify
 * What DriverCallback does: a function, an event, a thread's queue or a window of the client. */

static void deliver(struct mmk_notify *self, const struct mmk_callback *callback, uint32_t msg,
                    uintptr_t p1, uintptr_t p2)
{
    (void)self;
    (void)callback;
    (void)p1;
    (void)p2;
    printf("callback: message 0x%x\n", (unsigned)msg);
}

static const struct mmk_notify_ops notify_ops = {.deliver = deliver};

/* ------------------------------------------------------------------ the port, and a driver on it
 */

static struct mmk_registry registry = {.ops = &registry_ops};
static struct mmk_files files = {&files_ops};
static struct mmk_journal journal = {&journal_ops};
static struct mmk_devices devices = {&devices_ops};
static struct mmk_platform platform = {&platform_ops};
static struct mmk_notify notify = {&notify_ops};

static struct mmk_port port = {.registry = &registry,
                               .files = &files,
                               .journal = &journal,
                               .devices = &devices,
                               .platform = &platform,
                               .notify = &notify,
                               .host = "posix", /* which parameters there are; see param.h */
                               .pointer_bits = sizeof(void *) * 8};

int main(void)
{
    static struct mmk_driver_memory memory;
    struct mmk_install_report report = {.answer = MMK_DRVCNF_OK};
    struct mmk_driver_attachment attachment = {.size_bytes = sizeof attachment, .report = &report};
    struct mmk_driver *driver;

    if (mmk_port_check(&port) != MMK_OK ||
        mmk_driver_init(&memory, &mmk_virtual_card, &port, &driver) != MMK_OK)
        return 1;
    bool good = mmk_driver_message(driver, 0, 1, MMK_DRV_LOAD, 0, 0) == 1;
    mmk_driver_message(driver, 0, 1, MMK_DRV_ENABLE, 0, 0);
    const uintptr_t id = (uintptr_t)mmk_driver_message(driver, 0, 1, MMK_DRV_OPEN, 0, 0);
    good = good && id != 0 && mmk_driver_wod_message(driver, 0, MMK_WODM_GETNUMDEVS, 0, 0, 0) == 1;
    mmk_driver_message(driver, id, 1, MMK_DRVM_ATTACH, (intptr_t)&attachment,
                       MMK_DRVM_ATTACH_MAGIC);
    good = mmk_driver_message(driver, id, 1, MMK_DRV_INSTALL, 0, 0) == MMK_DRVCNF_CANCEL && good;
    mmk_driver_message(driver, id, 1, MMK_DRV_CLOSE, 0, 0);
    mmk_driver_message(driver, 0, 1, MMK_DRV_DISABLE, 0, 0);
    mmk_driver_message(driver, 0, 1, MMK_DRV_FREE, 0, 0);
    mmk_driver_fini(driver);
    printf("DRV_INSTALL: %s\n", report.text);
    puts(good && report.reason != MMK_REASON_NONE
             ? "port_template: a driver runs on it, and says why it is not installed"
             : "port_template: failed");
    return !good;
}
