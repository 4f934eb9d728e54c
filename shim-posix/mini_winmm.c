/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* mini-winmm: modules, OpenDriver, SendDriverMessage, CloseDriver. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>

#include "mini_winmm_internal.h"

#define DRIVERS32    "Drivers32"
#define SECTION_HOME "Software\\Microsoft\\Windows NT\\CurrentVersion\\"

/* ------------------------------------------------------------------ words */

void mmki_winmm_fail(struct mmk_winmm *mm, const char *format, ...)
{
    char text[sizeof mm->error_text];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pthread_mutex_lock(&mm->mutex);
    memcpy(mm->error_text, text, sizeof text);
    pthread_mutex_unlock(&mm->mutex);
}

void mmk_winmm_error_text(struct mmk_winmm *mm, char *text, size_t cap)
{
    pthread_mutex_lock(&mm->mutex);
    (void)mmki_format(text, cap, "%s", mm->error_text);
    pthread_mutex_unlock(&mm->mutex);
}

static void tell(struct mmk_winmm *mm, enum mmki_winmm_type type, struct mmk_winmm_sent *sent)
{
    static const char *const functions[] = {"wodMessage", "widMessage", "auxMessage", "mxdMessage",
                                            "DriverProc"};
    char number[16];
    if (mm->trace == NULL)
        return;
    sent->function = functions[type];
    sent->name = mmki_winmm_message_name(type, sent->msg);
    if (sent->name == NULL) {
        (void)mmki_format(number, sizeof number, "0x%04x", (unsigned)sent->msg);
        sent->name = number;
    }
    mm->trace(mm->trace_user, sent);
}

/* ------------------------------------------------------------------ handles */

/* A handle is: generation, kind, index; at least 0x10000, so it is never taken for a device's
 * number. */
static uintptr_t handle_of(unsigned index, enum mmki_winmm_type kind, uint16_t generation)
{
    return (uintptr_t)generation << 16 | (uintptr_t)kind << 12 | index;
}

struct mmki_object *mmki_winmm_new_object(struct mmk_winmm *mm, enum mmki_winmm_type kind,
                                          struct mmki_module *module)
{
    struct mmki_object *object = calloc(1, sizeof *object);
    if (object == NULL)
        return NULL;
    pthread_mutex_lock(&mm->mutex);
    unsigned i = 0;
    while (i < MMKI_WINMM_HANDLES && mm->objects[i] != NULL)
        i++;
    if (i < MMKI_WINMM_HANDLES) {
        /* 1 .. 0xfffe: never 0, and never what makes 0xffffffff, the mapper */
        mm->generation[i] = (uint16_t)(mm->generation[i] % 0xfffeu + 1);
        object->kind = kind;
        object->handle = handle_of(i, kind, mm->generation[i]);
        object->users = 1;
        object->module = module;
        module->users++;
        mm->objects[i] = object;
    }
    pthread_mutex_unlock(&mm->mutex);
    if (i == MMKI_WINMM_HANDLES) {
        free(object);
        return NULL;
    }
    return object;
}

struct mmki_object *mmki_winmm_get(struct mmk_winmm *mm, uintptr_t handle,
                                   enum mmki_winmm_type kind)
{
    struct mmki_object *object = NULL;
    pthread_mutex_lock(&mm->mutex);
    struct mmki_object *found = mm->objects[handle % MMKI_WINMM_HANDLES];
    if (found != NULL && found->handle == handle && found->kind == kind) {
        found->users++;
        object = found;
    }
    pthread_mutex_unlock(&mm->mutex);
    return object;
}

void mmki_winmm_put(struct mmk_winmm *mm, struct mmki_object *object)
{
    pthread_mutex_lock(&mm->mutex);
    unsigned left = --object->users;
    pthread_mutex_unlock(&mm->mutex);
    if (left > 0)
        return;
    mmki_winmm_release_module(mm, object->module);
    free(object);
}

void mmki_winmm_drop(struct mmk_winmm *mm, struct mmki_object *object)
{
    bool was_there = false;
    pthread_mutex_lock(&mm->mutex);
    struct mmki_object **at = &mm->objects[object->handle % MMKI_WINMM_HANDLES];
    if (*at == object) {
        *at = NULL;
        was_there = true;
    }
    pthread_mutex_unlock(&mm->mutex);
    if (was_there)
        mmki_winmm_put(mm, object);
}

/* ------------------------------------------------------------------ modules */

static bool init_recursive(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;
    if (pthread_mutexattr_init(&attr) != 0)
        return false;
    bool ok = pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE) == 0 &&
              pthread_mutex_init(mutex, &attr) == 0;
    pthread_mutexattr_destroy(&attr);
    return ok;
}

void mmki_winmm_hold_module(struct mmk_winmm *mm, struct mmki_module *module)
{
    pthread_mutex_lock(&mm->mutex);
    module->users++;
    pthread_mutex_unlock(&mm->mutex);
}

void mmki_winmm_release_module(struct mmk_winmm *mm, struct mmki_module *module)
{
    pthread_mutex_lock(&mm->mutex);
    unsigned left = --module->users;
    if (left == 0) {
        struct mmki_module **at = &mm->modules;
        while (*at != module)
            at = &(*at)->next;
        *at = module->next;
    }
    pthread_mutex_unlock(&mm->mutex);
    if (left > 0)
        return;
    if (module->library != NULL)
        dlclose(module->library);
    pthread_mutex_destroy(&module->opening);
    free(module);
}

/* ISO C has no conversion from dlsym's data pointer to a function pointer; POSIX says the bytes are
 * the same. */
static void symbol(void *library, const char *name, void *function)
{
    void *address = dlsym(library, name);
    memcpy(function, &address, sizeof address);
}

static bool bind_library(struct mmk_winmm *mm, struct mmki_module *module)
{
    static const char *const names[MMKI_WINMM_TYPES] = {"wodMessage", "widMessage", "auxMessage",
                                                        "mxdMessage"};
    module->library = dlopen(module->path, RTLD_NOW | RTLD_LOCAL);
    if (module->library == NULL) {
        const char *why = dlerror();
        mmki_winmm_fail(mm, "%s does not load: %s", module->path, why != NULL ? why : "dlopen");
        return false;
    }
    symbol(module->library, "DriverProc", &module->driver_proc);
    for (int i = 0; i < MMKI_WINMM_TYPES; i++)
        symbol(module->library, names[i], &module->message[i]);
    if (module->driver_proc == NULL) {
        mmki_winmm_fail(mm, "%s exports no DriverProc", module->path);
        dlclose(module->library);
        return false;
    }
    return true;
}

static void bind_builtin(struct mmki_module *module, const struct mmk_posix_module *builtin)
{
    module->driver_proc = builtin->driver_proc;
    module->message[MMKI_WAVE_OUT] = builtin->wod_message;
    module->message[MMKI_WAVE_IN] = builtin->wid_message;
    module->message[MMKI_AUX] = builtin->aux_message;
    module->message[MMKI_MIXER] = builtin->mxd_message;
}

static struct mmki_module *new_module(struct mmk_winmm *mm, const struct mmki_module_place *place)
{
    struct mmki_module *module = calloc(1, sizeof *module);
    if (module == NULL)
        return NULL;
    memcpy(module->path, place->path, sizeof module->path);
    const char *slash = strrchr(module->path, '/');
    module->file = place->builtin != NULL ? place->builtin->file
                   : slash != NULL        ? slash + 1
                                          : module->path;
    if (place->builtin != NULL)
        bind_builtin(module, place->builtin);
    else if (!bind_library(mm, module))
        goto fail;
    if (module->driver_proc == NULL || !init_recursive(&module->opening))
        goto fail_library;
    return module;
fail_library:
    if (module->library != NULL)
        dlclose(module->library);
fail:
    free(module);
    return NULL;
}

/** With the mutex held. */
static struct mmki_module *find_module(struct mmk_winmm *mm, const char *path)
{
    struct mmki_module *module = mm->modules;
    while (module != NULL && strcmp(module->path, path) != 0)
        module = module->next;
    if (module != NULL)
        module->users++;
    return module;
}

/** The module of that place, with one user more. */
static struct mmki_module *use_module(struct mmk_winmm *mm, struct mmki_module_place *place)
{
    char real[MMKI_PATH_MAX];
    if (place->builtin == NULL && realpath(place->path, real) != NULL)
        memcpy(place->path, real, sizeof real); /* one module, by whatever name */
    pthread_mutex_lock(&mm->mutex);
    struct mmki_module *module = find_module(mm, place->path);
    pthread_mutex_unlock(&mm->mutex);
    if (module != NULL)
        return module;
    struct mmki_module *fresh = new_module(mm, place); /* runs constructors: without the mutex */
    if (fresh == NULL)
        return NULL;
    pthread_mutex_lock(&mm->mutex);
    module = find_module(mm, place->path); /* another thread was faster */
    if (module == NULL) {
        module = fresh;
        module->users = 1;
        module->number = ++mm->last_module;
        module->next = mm->modules;
        mm->modules = module;
        fresh = NULL;
    }
    pthread_mutex_unlock(&mm->mutex);
    if (fresh != NULL) {
        if (fresh->library != NULL)
            dlclose(fresh->library);
        pthread_mutex_destroy(&fresh->opening);
        free(fresh);
    }
    return module;
}

/* ------------------------------------------------------------------ sending */

static intptr_t send_driver(struct mmk_winmm *mm, struct mmki_module *module, uintptr_t id,
                            uintptr_t hdrvr, uint32_t msg, intptr_t lparam1, intptr_t lparam2)
{
    intptr_t answer = module->driver_proc(id, hdrvr, msg, lparam1, lparam2);
    struct mmk_winmm_sent sent = {.file = module->file,
                                  .id = id,
                                  .handle = hdrvr,
                                  .msg = msg,
                                  .p1 = (uintptr_t)lparam1,
                                  .p2 = (uintptr_t)lparam2,
                                  .answer = answer};
    tell(mm, MMKI_DRIVER, &sent);
    return answer;
}

uint32_t mmki_winmm_send(struct mmk_winmm *mm, struct mmki_module *module,
                         enum mmki_winmm_type type, uint32_t device, uint32_t msg, uintptr_t user,
                         uintptr_t p1, uintptr_t p2)
{
    if (module->message[type] == NULL)
        return MMK_MMSYSERR_NOTSUPPORTED;
    uint32_t answer = module->message[type](device, msg, user, p1, p2);
    struct mmk_winmm_sent sent = {.file = module->file,
                                  .id = device,
                                  .handle = user,
                                  .msg = msg,
                                  .p1 = p1,
                                  .p2 = p2,
                                  .answer = (intptr_t)answer};
    tell(mm, type, &sent);
    return answer;
}

/* ------------------------------------------------------------------ opening; all with `opening`
 * held */

/** One DRV_OPEN, with LOAD and ENABLE before the module's first. */
static struct mmki_object *open_instance(struct mmk_winmm *mm, struct mmki_module *module,
                                         const mmk_char16 *options, intptr_t lparam2)
{
    struct mmki_object *driver = mmki_winmm_new_object(mm, MMKI_DRIVER, module);
    if (driver == NULL) {
        mmki_winmm_fail(mm, "no handle is left for %s", module->file);
        return NULL;
    }
    if (!module->is_loaded) {
        /* winmm takes exactly 1 for success; after anything else no message follows, not even FREE
         */
        if (send_driver(mm, module, 0, 0, MMK_DRV_LOAD, 0, 0) != 1) {
            mmki_winmm_fail(mm, "%s refused to load (DRV_LOAD was not answered with 1)",
                            module->file);
            goto fail;
        }
        module->is_loaded = true;
        (void)send_driver(mm, module, 0, driver->handle, MMK_DRV_ENABLE, 0, 0);
    }
    driver->id = (uintptr_t)send_driver(mm, module, 0, driver->handle, MMK_DRV_OPEN,
                                        (intptr_t)options, lparam2);
    if (driver->id == 0) {
        mmki_winmm_fail(mm, "%s refused to open (DRV_OPEN was answered with 0)", module->file);
        /* the library goes without DISABLE and FREE; the next open begins with a fresh LOAD */
        if (module->n_drivers == 0)
            module->is_loaded = false;
        goto fail;
    }
    module->n_drivers++;
    return driver;
fail:
    mmki_winmm_drop(mm, driver);
    return NULL;
}

static void close_instance(struct mmk_winmm *mm, struct mmki_object *driver, intptr_t lparam1,
                           intptr_t lparam2)
{
    struct mmki_module *module = driver->module;
    (void)send_driver(mm, module, driver->id, driver->handle, MMK_DRV_CLOSE, lparam1, lparam2);
    if (--module->n_drivers == 0) {
        (void)send_driver(mm, module, 0, driver->handle, MMK_DRV_DISABLE, 0, 0);
        (void)send_driver(mm, module, 0, driver->handle, MMK_DRV_FREE, 0, 0);
        module->is_loaded = false;
    }
    mmki_winmm_drop(mm, driver);
}

/** The session instance of a module, with one user more, or NULL. */
static struct mmki_object *session_of(struct mmk_winmm *mm, const struct mmki_module *module)
{
    struct mmki_object *session = NULL;
    pthread_mutex_lock(&mm->mutex);
    for (unsigned i = 0; i < MMKI_WINMM_HANDLES && session == NULL; i++) {
        struct mmki_object *object = mm->objects[i];
        /* the module first: is_session of others is not ours to read */
        if (object != NULL && object->kind == MMKI_DRIVER && object->module == module &&
            object->is_session)
            session = object;
    }
    if (session != NULL)
        session->users++;
    pthread_mutex_unlock(&mm->mutex);
    return session;
}

static uintptr_t open_module(struct mmk_winmm *mm, struct mmki_module *module,
                             const mmk_char16 *options, intptr_t lparam2)
{
    struct mmki_object *session = NULL;
    pthread_mutex_lock(&module->opening);
    if (module->n_drivers == 0 && lparam2 != 0) {
        /* two phases: a session instance with the options, then the real one, without them */
        session = open_instance(mm, module, options, 0);
        if (session == NULL)
            goto out;
        session->is_session = true;
        options = NULL;
    }
    struct mmki_object *driver = open_instance(mm, module, options, lparam2);
    if (driver == NULL && session != NULL)
        close_instance(mm, session, 0, 0);
    uintptr_t handle = driver != NULL ? driver->handle : 0;
    pthread_mutex_unlock(&module->opening);
    return handle;
out:
    pthread_mutex_unlock(&module->opening);
    return 0;
}

static uintptr_t open_file(struct mmk_winmm *mm, const char *file, const mmk_char16 *options,
                           intptr_t lparam2)
{
    struct mmki_module_place place;
    mmk_err err = mmki_module_find(&mm->source, file, mmki_native_view(), &place);
    if (err != MMK_OK) {
        mmki_winmm_fail(mm, "there is no driver module %s", file);
        return 0;
    }
    struct mmki_module *module = use_module(mm, &place);
    if (module == NULL)
        return 0;
    uintptr_t handle = open_module(mm, module, options, lparam2);
    mmki_winmm_release_module(mm, module);
    return handle;
}

/* ------------------------------------------------------------------ by alias */

/** An alias value taken apart: winmm splits at the first blank. */
struct alias_value {
    char file[3 * MMKI_WINMM_VALUE];
    mmk_char16 text[MMKI_WINMM_VALUE + 1];
    const mmk_char16 *options; /* into text, or NULL */
};

static mmk_err read_alias(struct mmk_winmm *mm, const char *alias, const char *section,
                          struct alias_value *value)
{
    char path[1024];
    uint32_t type;
    size_t len;
    unsigned n = 0;
    if (!mmki_format(path, sizeof path, SECTION_HOME "%s", section))
        return MMK_ERR_TOO_LONG;
    const struct mmk_reg_key key = {MMK_REG_MACHINE, mmki_native_view(), path};
    memset(value->text, 0, sizeof value->text);
    pthread_mutex_lock(&mm->registry_lock);
    mmk_err err = mm->registry->ops->get(mm->registry, &key, alias, &type, value->text,
                                         sizeof value->text - sizeof value->text[0], &len);
    pthread_mutex_unlock(&mm->registry_lock);
    if (err != MMK_OK)
        return err == MMK_ERR_MORE ? MMK_ERR_TOO_LONG : err;
    if (type != MMK_REG_SZ && type != MMK_REG_EXPAND_SZ)
        return MMK_ERR_CORRUPT;
    while (value->text[n] != 0 && value->text[n] != ' ')
        n++;
    err = mmk_wtf8_from_utf16(value->text, n, value->file, sizeof value->file, NULL);
    while (value->text[n] == ' ')
        n++;
    value->options = value->text[n] != 0 ? &value->text[n] : NULL;
    return err;
}

static uintptr_t open_alias(struct mmk_winmm *mm, const char *alias, const char *section,
                            intptr_t lparam2)
{
    struct alias_value value;
    mmk_err err = read_alias(mm, alias, section, &value);
    if (err != MMK_OK) {
        mmki_winmm_fail(mm, "%s has no usable value %s (%s)", section, alias, mmk_err_text(err));
        return 0;
    }
    return open_file(mm, value.file, value.options, lparam2);
}

/* ------------------------------------------------------------------ the calls */

uintptr_t mmk_winmm_open_driver(struct mmk_winmm *mm, const char *name, const char *section,
                                intptr_t lparam2)
{
    struct mmki_module_place place;
    if (name == NULL || *name == '\0') {
        mmki_winmm_fail(mm, "no driver was named");
        return 0;
    }
    if (section != NULL)
        return open_alias(mm, name, section, lparam2);
    if (mmki_module_find(&mm->source, name, mmki_native_view(), &place) == MMK_OK) {
        uintptr_t handle = open_file(mm, name, NULL, lparam2);
        if (handle != 0)
            return handle;
        char why[sizeof mm->error_text];
        mmk_winmm_error_text(mm, why, sizeof why);
        handle = open_alias(mm, name, DRIVERS32, lparam2);
        if (handle == 0)
            mmki_winmm_fail(mm, "%s", why); /* of the two, the file's trouble says more */
        return handle;
    }
    uintptr_t handle = open_alias(mm, name, DRIVERS32, lparam2);
    if (handle == 0 && strchr(name, '.') != NULL)
        mmki_winmm_fail(mm, "there is no driver module %s, nor a value of that name in " DRIVERS32,
                        name);
    return handle;
}

intptr_t mmk_winmm_send_message(struct mmk_winmm *mm, uintptr_t hdrvr, uint32_t msg,
                                intptr_t lparam1, intptr_t lparam2)
{
    struct mmki_object *driver = mmki_winmm_get(mm, hdrvr, MMKI_DRIVER);
    if (driver == NULL)
        return 0;
    intptr_t answer =
        send_driver(mm, driver->module, driver->id, driver->handle, msg, lparam1, lparam2);
    mmki_winmm_put(mm, driver);
    return answer;
}

intptr_t mmk_winmm_close_driver(struct mmk_winmm *mm, uintptr_t hdrvr, intptr_t lparam1,
                                intptr_t lparam2)
{
    struct mmki_object *driver = mmki_winmm_get(mm, hdrvr, MMKI_DRIVER);
    if (driver == NULL)
        return 0;
    struct mmki_module *module = driver->module;
    intptr_t answer = 0;
    mmki_winmm_hold_module(mm, module);
    pthread_mutex_lock(&module->opening);
    struct mmki_object *still = mmki_winmm_get(mm, hdrvr, MMKI_DRIVER);
    if (still != NULL) { /* not closed by another thread meanwhile */
        close_instance(mm, driver, lparam1, lparam2);
        struct mmki_object *session = module->n_drivers == 1 ? session_of(mm, module) : NULL;
        if (session != NULL) { /* it is the last one, so it goes too */
            close_instance(mm, session, 0, 0);
            mmki_winmm_put(mm, session);
        }
        mmki_winmm_put(mm, still);
        answer = 1;
    }
    pthread_mutex_unlock(&module->opening);
    mmki_winmm_put(mm, driver);
    mmki_winmm_release_module(mm, module);
    return answer;
}

uintptr_t mmk_winmm_module_handle(struct mmk_winmm *mm, uintptr_t hdrvr)
{
    struct mmki_object *driver = mmki_winmm_get(mm, hdrvr, MMKI_DRIVER);
    if (driver == NULL)
        return 0;
    uintptr_t number = driver->module->number;
    mmki_winmm_put(mm, driver);
    return number;
}

mmk_err mmk_winmm_module_path(struct mmk_winmm *mm, uintptr_t hdrvr, char *path, size_t cap)
{
    struct mmki_object *driver = mmki_winmm_get(mm, hdrvr, MMKI_DRIVER);
    if (driver == NULL)
        return MMK_ERR_INVAL;
    mmk_err err = strlen(driver->module->path) < cap ? MMK_OK : MMK_ERR_MORE;
    if (err == MMK_OK)
        (void)mmki_format(path, cap, "%s", driver->module->path);
    mmki_winmm_put(mm, driver);
    return err;
}

/* ------------------------------------------------------------------ life */

mmk_err mmk_winmm_create(const struct mmk_winmm_config *config, struct mmk_winmm **out)
{
    if (config == NULL || out == NULL || config->registry == NULL || config->platform == NULL)
        return MMK_ERR_INVAL;
    struct mmk_winmm *mm = calloc(1, sizeof *mm);
    if (mm == NULL)
        return MMK_ERR_NOMEM;
    mmk_err err = mmki_module_source_init(&mm->source, config->drivers_dir, config->modules,
                                          config->n_modules);
    if (err != MMK_OK)
        goto fail;
    err = MMK_ERR_NOMEM;
    if (pthread_mutex_init(&mm->mutex, NULL) != 0)
        goto fail;
    if (pthread_mutex_init(&mm->registry_lock, NULL) != 0)
        goto fail_mutex;
    if (!init_recursive(&mm->load_lock))
        goto fail_registry;
    mm->registry = config->registry;
    mm->platform = config->platform;
    mm->trace = config->trace;
    mm->trace_user = config->trace_user;
    *out = mm;
    return MMK_OK;
fail_registry:
    pthread_mutex_destroy(&mm->registry_lock);
fail_mutex:
    pthread_mutex_destroy(&mm->mutex);
fail:
    free(mm);
    return err;
}

/** What the program left open, closed in the order in which it was opened. */
static void close_all(struct mmk_winmm *mm)
{
    for (unsigned i = 0; i < MMKI_WINMM_HANDLES; i++) {
        struct mmki_object *object = mm->objects[i];
        if (object == NULL)
            continue;
        if (object->kind == MMKI_WAVE_OUT) {
            (void)mmk_winmm_wave_out_reset(mm, object->handle);
            (void)mmk_winmm_wave_out_close(mm, object->handle);
        } else if (object->kind == MMKI_WAVE_IN) {
            (void)mmk_winmm_wave_in_reset(mm, object->handle);
            (void)mmk_winmm_wave_in_close(mm, object->handle);
        } else if (object->kind == MMKI_MIXER) {
            (void)mmk_winmm_mixer_close(mm, object->handle);
        }
    }
    mmki_winmm_unload_devices(mm);
    for (unsigned i = 0; i < MMKI_WINMM_HANDLES; i++) {
        struct mmki_object *object = mm->objects[i];
        if (object != NULL && object->kind == MMKI_DRIVER && !object->is_session)
            (void)mmk_winmm_close_driver(mm, object->handle, 0, 0);
    }
}

/** Memory of what no driver heard the end of; libraries stay loaded, as code of theirs may still
 * run. */
static void forget_all(struct mmk_winmm *mm)
{
    for (unsigned i = 0; i < MMKI_WINMM_HANDLES; i++)
        free(mm->objects[i]);
    while (mm->modules != NULL) {
        struct mmki_module *module = mm->modules;
        mm->modules = module->next;
        pthread_mutex_destroy(&module->opening);
        free(module);
    }
}

void mmk_winmm_destroy(struct mmk_winmm *mm, bool orderly)
{
    if (mm == NULL)
        return;
    if (orderly)
        close_all(mm);
    forget_all(mm);
    pthread_mutex_destroy(&mm->load_lock);
    pthread_mutex_destroy(&mm->registry_lock);
    pthread_mutex_destroy(&mm->mutex);
    free(mm);
}
