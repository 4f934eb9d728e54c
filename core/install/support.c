/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/bytes.h"
#include "base/utf.h"
#include "param/param_internal.h"

/** Verifying what the documents ask DRV_INSTALL to verify: supporting drivers, and the hardware. */

/* A module's name as winmm shall look it up: no folder, no device, no stream, nothing that Windows
 * would quietly take off again. */
static bool bare_name(const char *file)
{
    const size_t len = strlen(file);
    if (len == 0 || len > 63 || file[0] == '.' || file[len - 1] == '.')
        return false;
    for (const char *p = file; *p != 0; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
            strchr("\\/:*?\"<>|,;=", *p) != NULL)
            return false;
    return true;
}

/* Names that open a device in every folder, whatever comes behind the dot. */
static bool device_name(const char *file)
{
    static const char *const names[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
    static const char *const numbered[] = {"COM", "LPT"};
    const size_t len = strcspn(file, ".");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (mmk_name_compare_n(file, len, names[i], strlen(names[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++)
        if (len == 4 && mmk_name_compare_n(file, 3, numbered[i], 3) == 0 && file[3] >= '0' &&
            file[3] <= '9')
            return true;
    return false;
}

static bool line_sound(const struct mmk_extra_line *line)
{
    const char *const words[] = {line->file, line->section, line->key, line->value};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i] == NULL || words[i][0] == 0 || strpbrk(words[i], "|\r\n") != NULL)
            return false;
    return strpbrk(line->file, "/\\:") == NULL; /* which files: mmki_item_allowed says */
}

bool mmki_product_sound(const struct mmk_product *product)
{
    if (product == NULL || product->name == NULL || product->file == NULL ||
        product->section == NULL || product->params == NULL)
        return false;
    if (!bare_name(product->name) || !bare_name(product->file) || device_name(product->file) ||
        product->params->n_params > MMK_PARAMS_MAX)
        return false;
    if (product->alias_base != NULL
            ? !bare_name(product->alias_base) || strlen(product->alias_base) > 60
            : product->numbered || product->n_extra == 0)
        return false;
    for (size_t i = 0; i < product->n_lines; i++)
        if (!line_sound(&product->lines[i]))
            return false;
    char path[256];
    mmki_section_path(product->section, path, sizeof path);
    struct mmki_item item = mmki_value_item(MMK_REG_MACHINE, MMK_VIEW_64, path, "");
    if (!mmki_item_allowed(NULL, &item))
        return false;
    for (size_t i = 0; i < product->n_extra; i++) {
        item.path = product->extra[i].path;
        if (!mmki_item_allowed(NULL, &item) ||
            (!product->extra[i].remove &&
             (product->extra[i].text == NULL || product->extra[i].name == NULL)))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ our own module */

static mmk_err module_missing(struct mmki_run *run, const char *file, mmk_err err)
{
    struct mmki_text *t = &run->text;
    mmki_text_add_line(t, file);
    if (err == MMK_ERR_CORRUPT) {
        mmki_text_add(t, " is no driver module; copy it anew");
        return mmki_fail(run, MMK_REASON_SUPPORT_BROKEN, err, NULL);
    }
    if (err == MMK_ERR_BITNESS) {
        mmki_text_add(
            t, " is for programs of the other width (32 or 64 bits); install the one that fits "
               "this system");
        return mmki_fail(run, MMK_REASON_SUPPORT_BITNESS, MMK_ERR_BITNESS, NULL);
    }
    mmki_text_add(t, " was not found");
    if (file == run->product->file && run->port->drivers_dir != NULL)
        MMKI_TEXT_JOIN(t, " in ", run->port->drivers_dir);
    mmki_text_add(t, "; copy it there first");
    return mmki_fail(run, MMK_REASON_SUPPORT_MISSING, MMK_ERR_NOT_FOUND, NULL);
}

struct looking {
    const char *file[3]; /* to copy, to copy for the other width, in place; NULL = none */
    mmk_err err[3];      /* the worst that was said of it, until some view takes it */
    bool taken[3];
};

static bool width_fits(const struct mmki_run *run, size_t which, uint8_t bits)
{
    return which == 2 || bits == 0 || (bits == run->port->pointer_bits) == (which == 0);
}

/* The module that programs of that view will find: one that is about to be copied, else the one in
 * place. A source of the wrong width is no answer; a broken one is. */
static mmk_err inspect(struct mmki_run *run, struct looking *l, mmk_reg_view view,
                       struct mmk_module_info *info)
{
    struct mmk_platform *platform = run->port->platform;
    for (size_t i = 0; i < 3; i++) {
        if (l->file[i] == NULL)
            continue;
        mmk_err err = platform->ops->inspect_module(platform, l->file[i], view, info);
        if (err == MMK_OK && !info->exports_driver_proc)
            err = MMK_ERR_CORRUPT;
        if (err == MMK_OK && !width_fits(run, i, info->pointer_bits))
            err = MMK_ERR_BITNESS;
        l->taken[i] |= err == MMK_OK;
        if (l->err[i] == MMK_OK || l->err[i] == MMK_ERR_NOT_FOUND || err == MMK_ERR_CORRUPT)
            l->err[i] = err;
        if (err != MMK_ERR_BITNESS)
            return err;
    }
    return MMK_ERR_BITNESS;
}

mmk_err mmki_check_modules(struct mmki_run *run, struct mmki_snapshot *snapshot)
{
    struct looking l = {.file = {mmki_copy_source(run->request, 0),
                                 mmki_copy_source(run->request, 1), run->product->file}};
    bool any = false;
    for (int view = 0; view < MMK_VIEW_COUNT; view++) {
        snapshot->has_view[view] = view == MMK_VIEW_64 || run->port->registry->has_view_32;
        if (!snapshot->has_view[view])
            continue;
        const mmk_err err = inspect(run, &l, (mmk_reg_view)view, &snapshot->module[view]);
        if (err == MMK_OK)
            any = snapshot->module_here[view] = true;
        else if (err != MMK_ERR_BITNESS && err != MMK_ERR_CORRUPT && err != MMK_ERR_NOT_FOUND)
            return mmki_fail(run, mmki_reason_of(err), err,
                             "the driver module cannot be looked at");
    }
    /* what is to be copied must be what it is copied for; in place one good module is enough */
    for (size_t i = 0; i < 2; i++)
        if (l.file[i] != NULL && !l.taken[i])
            return module_missing(run, l.file[i], l.err[i]);
    return any ? MMK_OK : module_missing(run, l.file[2], l.err[2]);
}

/* ------------------------------------------------------------------ supporting drivers */

static mmk_err unsupported(struct mmki_run *run, const struct mmk_support *support,
                           mmk_install_reason reason, mmk_err err, const char *what)
{
    struct mmki_text *t = &run->text;
    MMKI_TEXT_JOIN(t, support->name, " ", what);
    if (support->cure != NULL)
        MMKI_TEXT_JOIN(t, "; ", support->cure);
    return mmki_fail(run, reason, err, NULL);
}

/* A 32-bit process on a host without a second view looks with the only eyes there are. */
static mmk_reg_view own_view(const struct mmki_run *run)
{
    return run->port->pointer_bits == 32 && run->port->registry->has_view_32 ? MMK_VIEW_32
                                                                             : MMK_VIEW_64;
}

static mmk_err check_module(struct mmki_run *run, const struct mmk_support *support,
                            const char *file)
{
    struct mmk_platform *platform = run->port->platform;
    struct mmk_module_info info = {.version = 0};
    const mmk_reg_view view = own_view(run);
    char reason[256] = "";
    mmk_err err = platform->ops->inspect_module(platform, file, view, &info);
    if (err == MMK_ERR_NOT_FOUND)
        return unsupported(run, support, MMK_REASON_SUPPORT_MISSING, err, "is not there");
    if (err == MMK_ERR_BITNESS)
        return unsupported(run, support, MMK_REASON_SUPPORT_BITNESS, err,
                           "is for programs of the other width (32 or 64 bits)");
    if (err != MMK_OK || !info.exports_driver_proc)
        return unsupported(run, support, MMK_REASON_SUPPORT_BROKEN,
                           err != MMK_OK ? err : MMK_ERR_CORRUPT, "is no driver module");
    if (info.version < support->min_version)
        return unsupported(run, support, MMK_REASON_SUPPORT_VERSION, MMK_ERR_VERSION,
                           info.version == 0 ? "does not say its version" : "is too old");
    err = platform->ops->try_load_module(platform, file, reason, sizeof reason);
    if (err != MMK_OK) {
        MMKI_TEXT_JOIN(&run->text, reason, reason[0] != 0 ? ": " : "");
        return unsupported(run, support, MMK_REASON_SUPPORT_BROKEN, err,
                           "is there, but does not load");
    }
    return MMK_OK;
}

/* Names of files have a dot or a folder in them, aliases have neither. */
static bool names_file(const char *name)
{
    return strpbrk(name, ".\\/:") != NULL;
}

static mmk_err check_alias(struct mmki_run *run, const struct mmk_support *support)
{
    char path[256];
    char value[3 * MMK_SETTING_TEXT_MAX + 4];
    char file[MMKI_PATH_MAX];
    char name[MMKI_PATH_MAX + 64]; /* "wave2 (other.drv)" */
    const char *text;
    struct mmki_image now;
    mmki_section_path(run->product->section, path, sizeof path);
    const struct mmki_item target =
        mmki_value_item(MMK_REG_MACHINE, own_view(run), path, support->name);
    if (names_file(support->name))
        return check_module(run, support, support->name);
    const mmk_err err = mmki_read_image(run, &target, &now);
    run->failed = NULL;
    if (err != MMK_OK)
        return mmki_fail(run, mmki_reason_of(err), err,
                         "the alias of a supporting driver cannot be read");
    if (!now.present)
        return unsupported(run, support, MMK_REASON_SUPPORT_MISSING, MMK_ERR_NOT_FOUND,
                           "is no alias of any driver");
    if (mmki_setting_decode(now.type, now.data, now.len, value, sizeof value) != MMK_OK ||
        mmk_alias_split(value, file, sizeof file, &text) != MMK_OK)
        return unsupported(run, support, MMK_REASON_SUPPORT_BROKEN, MMK_ERR_CORRUPT,
                           "is an alias that names no file");
    struct mmk_support named = *support;
    struct mmki_text t;
    mmki_text_init(&t, name, sizeof name);
    MMKI_TEXT_JOIN(&t, support->name, " (", file, ")");
    named.name = name;
    return check_module(run, &named, file);
}

static mmk_err check_key(struct mmki_run *run, const struct mmk_support *support)
{
    const struct mmk_reg_key key = {MMK_REG_MACHINE, MMK_VIEW_64, support->name};
    const mmk_err err = run->port->registry->ops->has_key(run->port->registry, &key);
    if (err == MMK_ERR_NOT_FOUND)
        return unsupported(run, support, MMK_REASON_SUPPORT_MISSING, err, "is not in the registry");
    return err == MMK_OK ? MMK_OK
                         : mmki_fail(run, mmki_reason_of(err), err, "the registry cannot be read");
}

mmk_err mmki_check_support(struct mmki_run *run, const struct mmk_settings *settings)
{
    mmk_err err = MMK_OK;
    for (size_t i = 0; i < run->product->n_support && err == MMK_OK; i++) {
        struct mmk_support support = run->product->support[i];
        if (!mmki_condition_holds(support.needed_when, settings))
            continue;
        if (support.param != NULL && mmk_settings_text(settings, support.param)[0] != 0)
            support.name = mmk_settings_text(settings, support.param);
        if (support.kind == MMK_SUPPORT_MODULE)
            err = check_module(run, &support, support.name);
        else if (support.kind == MMK_SUPPORT_ALIAS)
            err = check_alias(run, &support);
        else
            err = check_key(run, &support);
    }
    return err;
}

/* ------------------------------------------------------------------ hardware */

mmk_err mmki_effective_settings(struct mmki_run *run, const struct mmki_assigned *assigned,
                                size_t n_assigned, uint32_t device, const char *alias_text,
                                struct mmk_settings *out)
{
    const struct mmk_param_table *table = run->product->params;
    struct mmk_settings standard;
    struct mmk_param_error error;
    const mmk_err err =
        mmk_settings_load(run->port, table, run->product->name, device, alias_text, out, &error);
    if (err != MMK_OK)
        return err;
    mmk_settings_defaults(table, &standard);
    for (size_t i = 0; i < n_assigned; i++) {
        const struct mmki_assigned *a = &assigned[i];
        const bool applies = a->device == MMK_DEVICE_NONE || a->device == device;
        if (!applies || out->value[a->param].source == MMK_SOURCE_ENVIRONMENT)
            continue;
        if (a->text == NULL)
            out->value[a->param] = standard.value[a->param];
        else
            (void)mmk_settings_set(out, mmk_host_bit(run->port->host), table->params[a->param].name,
                                   a->text, MMK_SOURCE_CALLER, NULL);
    }
    return MMK_OK;
}

static mmk_install_reason hardware_reason(mmk_err err)
{
    static const struct {
        mmk_err err;
        mmk_install_reason reason;
    } rows[] = {
        {MMK_ERR_NOT_FOUND, MMK_REASON_HARDWARE_ABSENT},
        {MMK_ERR_GONE, MMK_REASON_HARDWARE_ABSENT},
        {MMK_ERR_BUSY, MMK_REASON_HARDWARE_BUSY},
        {MMK_ERR_TIMEOUT, MMK_REASON_HARDWARE_TIMEOUT},
        {MMK_ERR_FORMAT, MMK_REASON_HARDWARE_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].err == err)
            return rows[i].reason;
    return MMK_REASON_HARDWARE_FAILED;
}

static mmk_err probe_one(struct mmki_run *run, const struct mmk_settings *settings, uint32_t device,
                         mmk_direction direction)
{
    struct mmk_platform *platform = run->port->platform;
    char reason[256] = "";
    const uint64_t since = platform->ops->now_ns(platform);
    mmk_err err = run->product->probe(run->port, settings, direction, MMK_INSTALL_PROBE_MS, reason,
                                      sizeof reason);
    reason[sizeof reason - 1] = 0;
    /* hardware that answers at last, but far too late, will do so to every program */
    if (err == MMK_OK &&
        platform->ops->now_ns(platform) - since > 2 * (uint64_t)MMK_INSTALL_PROBE_MS * 1000000u)
        err = MMK_ERR_TIMEOUT;
    if (err == MMK_OK)
        return MMK_OK;
    if (err == MMK_ERR_PENDING) { /* it will work after a restart, says the device */
        run->restart_device = true;
        return MMK_OK;
    }
    mmki_text_add(&run->text, "device ");
    mmki_text_add_u64(&run->text, device);
    MMKI_TEXT_JOIN(&run->text, direction == MMK_PLAYBACK ? " (playing): " : " (recording): ",
                   reason[0] != 0 ? reason : mmk_err_text(err));
    return mmki_fail(run, hardware_reason(err), err, NULL);
}

mmk_err mmki_check_hardware(struct mmki_run *run, const struct mmki_assigned *assigned,
                            size_t n_assigned, const char *alias_text)
{
    uint32_t n_devices = 1;
    struct mmk_settings settings;
    if (run->product->probe == NULL)
        return MMK_OK;
    for (uint32_t device = 0; device < n_devices; device++) {
        mmk_err err =
            mmki_effective_settings(run, assigned, n_assigned, device, alias_text, &settings);
        if (err != MMK_OK)
            return mmki_fail(run, mmki_reason_of(err), err, "the settings cannot be read");
        if (device == 0 && mmk_param_index(run->product->params, "devices") >= 0)
            n_devices = mmk_settings_number(&settings, "devices");
        for (int direction = 0; direction < MMK_DIRECTION_COUNT; direction++) {
            err = probe_one(run, &settings, device, (mmk_direction)direction);
            if (err != MMK_OK)
                return err;
        }
    }
    return MMK_OK;
}
