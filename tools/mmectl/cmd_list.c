/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <mmk/format.h>
#include <mmk/text.h>

#include "mmectl.h"
#include "report.h"

/* ------------------------------------------------------------------ drivers */

static void driver_show(struct mmectl *m, const struct mmk_product *product,
                        const struct mmk_installed *installed)
{
    char version[24];
    version_text(product->version, version, sizeof version);
    json_object(&m->json, NULL);
    json_string(&m->json, "driver", product->name);
    json_string(&m->json, "title", product->title);
    json_string(&m->json, "module", product->file);
    json_string(&m->json, "build_version", version);
    json_bool(&m->json, "installed", installed != NULL);
    if (installed)
        installed_json(&m->json, installed);
    json_end(&m->json);
    say(m, "%-10s %-8s %-28s %s%s", product->name, version, product->title,
        !installed            ? "not installed"
        : installed->alias[0] ? "installed as "
                              : "installed",
        installed ? installed->alias : "");
}

static enum outcome list_drivers(struct mmectl *m)
{
    struct mmk_port *port = host_port(m->host);
    struct mmk_installed installed;
    size_t n;
    const struct mmk_driver_class *const *drivers = host_drivers(&n);
    mmk_err err = registry_check(port);
    if (err)
        return fail_registry(m, err);
    json_array(&m->json, "drivers");
    for (size_t i = 0; i < n; i++) {
        err = installed_find(port, drivers[i]->product->name, &installed);
        if (err && err != MMK_ERR_NOT_FOUND)
            break;
        driver_show(m, drivers[i]->product, err ? NULL : &installed);
    }
    for (uint32_t i = 0; mmk_install_enum(port, i, &installed) == MMK_OK; i++) {
        if (driver_find(installed.product))
            continue;
        if (mmk_name_equal(installed.product, installed.file))
            say(m, "%-10s of another maker, installed as %s", installed.product, installed.alias);
        else
            say(m, "%-10s of another build, %s, installed as %s", installed.product, installed.file,
                installed.alias);
        json_object(&m->json, NULL);
        json_string(&m->json, "driver", installed.product);
        json_bool(&m->json, "installed", true);
        installed_json(&m->json, &installed);
        json_end(&m->json);
    }
    json_end(&m->json);
    return err && err != MMK_ERR_NOT_FOUND ? fail_registry(m, err) : OUTCOME_OK;
}

/* ------------------------------------------------------------------ devices */

void wave_devices_show(struct mmectl *m, mmk_direction direction)
{
    char name[200], alias[64], file[512], why[512] = "";
    uint32_t n = host_wave_count(m->host, direction);
    for (uint32_t i = 0; i < n; i++) {
        if (!host_wave_device(m->host, direction, i, name, sizeof name, alias, sizeof alias, file,
                              sizeof file))
            continue;
        say(m, "  %2u  %-32s %s (%s)", i, name, file, alias);
        json_object(&m->json, NULL);
        json_uint(&m->json, "device", i);
        json_string(&m->json, "name", name);
        json_string(&m->json, "alias", alias);
        json_string(&m->json, "file", file);
        json_end(&m->json);
    }
    if (n == 0)
        say(m, "  none");
    host_wave_error(m->host, why, sizeof why);
    if (why[0])
        say(m, "      not loaded: %s", why);
}

void backends_show(struct mmectl *m, mmk_direction direction)
{
    struct mmk_devices *devices = host_port(m->host)->devices;
    struct mmk_device_info info;
    for (uint32_t i = 0; devices->ops->enumerate(devices, direction, i, &info) == MMK_OK; i++) {
        say(m, "  %-7s %-28s %s%s", info.backend, info.path, info.name,
            info.available ? "" : "  (not available)");
        json_object(&m->json, NULL);
        json_string(&m->json, "backend", info.backend);
        json_string(&m->json, "path", info.path);
        json_string(&m->json, "name", info.name);
        json_bool(&m->json, "available", info.available);
        json_end(&m->json);
    }
}

static enum outcome list_devices(struct mmectl *m)
{
    static const struct {
        const char *key, *title;
    } parts[] = {{"playback", "wave output, as programs see it:"},
                 {"capture", "wave input, as programs see it:"},
                 {"playback_backends", "what an output can play into:"},
                 {"capture_backends", "what an input can record from:"}};
    if (host_is_outside(m->host))
        return fail(m, OUTCOME_USAGE, "USAGE", "run mmectl.exe in it",
                    "which devices programs of a prefix see, only such a program can tell");
    for (int i = 0; i < 4; i++) {
        mmk_direction direction = i % 2 ? MMK_CAPTURE : MMK_PLAYBACK;
        if (i)
            say(m, "%s", "");
        say(m, "%s", parts[i].title);
        json_array(&m->json, parts[i].key);
        if (i < 2)
            wave_devices_show(m, direction);
        else
            backends_show(m, direction);
        json_end(&m->json);
    }
    return OUTCOME_OK;
}

/* ------------------------------------------------------------------ aliases */

/* The number behind a slot's base name, -1 for the bare one, -2 if it is no such slot. */
static int slot_number(const char *alias, const char *base)
{
    size_t len = strlen(base);
    if (mmk_name_compare_n(alias, strlen(alias) < len ? strlen(alias) : len, base, len) != 0)
        return -2;
    const char *digits = alias + len;
    if (!digits[0])
        return -1;
    int n = 0;
    for (; *digits; digits++) {
        if (!isdigit((unsigned char)*digits) || n > 99)
            return -2;
        n = n * 10 + *digits - '0';
    }
    return n;
}

static bool is_sound_alias(const char *alias)
{
    static const char *const bases[] = {"wave", "midi", "aux", "mixer"};
    static const char acm[] = "msacm.";
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (slot_number(alias, bases[i]) != -2)
            return true;
    return strlen(alias) > 6 && mmk_name_compare_n(alias, 6, acm, 6) == 0;
}

/* What is wrong with an entry, or "". */
static void damage_of(struct mmk_port *port, mmk_reg_view view, const char *alias, const char *file,
                      struct mmk_module_info *info, char *text, size_t cap)
{
    static const char *const bases[] = {"wave", "midi", "aux", "mixer"};
    text[0] = 0;
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        int n = slot_number(alias, bases[i]);
        if (n == 0)
            snprintf(text, cap, "slot 0 is none: the first is \"%s\", then %s1", bases[i],
                     bases[i]);
        else if (n > 9)
            snprintf(text, cap, "slots end at %s9", bases[i]);
    }
    mmk_err err = port->platform->ops->inspect_module(port->platform, file, view, info);
    size_t len = strlen(text);
    const char *gap = len ? "; " : "";
    if (err == MMK_ERR_NOT_FOUND)
        snprintf(text + len, cap - len, "%sthe module is not there", gap);
    else if (err == MMK_ERR_BITNESS)
        snprintf(text + len, cap - len, "%sthe module is of the other bitness", gap);
    else if (err)
        snprintf(text + len, cap - len, "%sthe module is unusable: %s", gap, mmk_err_text(err));
    else if (!info->exports_driver_proc)
        snprintf(text + len, cap - len, "%sthe module exports no DriverProc", gap);
}

static void alias_show(struct mmectl *m, mmk_reg_view view, const char *alias, const char *value)
{
    struct mmk_port *port = host_port(m->host);
    struct mmk_module_info info = {0};
    struct mmk_installed installed;
    char file[ALIAS_TEXT_MAX], damage[400], owner[80] = "";
    const char *options = NULL;
    if (mmk_alias_split(value, file, sizeof file, &options) != MMK_OK)
        snprintf(file, sizeof file, "%s", value);
    damage_of(port, view, alias, file, &info, damage, sizeof damage);
    for (uint32_t i = 0; mmk_install_enum(port, i, &installed) == MMK_OK; i++)
        if (mmk_name_equal(installed.alias, alias) && mmk_name_equal(installed.file, file))
            snprintf(owner, sizeof owner, "%s", installed.product);
    say(m, "  %-14s %s%s%s%s", alias, value, owner[0] ? "  (ours)" : "", damage[0] ? "  <- " : "",
        damage);
    json_object(&m->json, NULL);
    json_string(&m->json, "alias", alias);
    json_uint(&m->json, "view", view == MMK_VIEW_64 ? 64 : 32);
    json_string(&m->json, "value", value);
    json_string(&m->json, "file", file);
    json_string(&m->json, "options", options ? options : "");
    json_string(&m->json, "driver", owner[0] ? owner : NULL);
    if (info.pointer_bits)
        json_uint(&m->json, "module_bits", info.pointer_bits);
    else
        json_null(&m->json, "module_bits");
    json_string(&m->json, "damage", damage[0] ? damage : NULL);
    json_end(&m->json);
}

mmk_err aliases_show(struct mmectl *m, mmk_reg_view view, unsigned *n_shown)
{
    struct mmk_port *port = host_port(m->host);
    struct mmk_reg_key key = {MMK_REG_MACHINE, view, DRIVERS32_PATH};
    char name[1024], value[ALIAS_TEXT_MAX];
    *n_shown = 0;
    for (uint32_t i = 0;; i++) {
        mmk_err err = port->registry->ops->enum_value(port->registry, &key, i, name, sizeof name);
        if (err == MMK_ERR_MORE) /* too long for an alias */
            continue;
        if (err)
            return err == MMK_ERR_NOT_FOUND ? MMK_OK : err;
        if (!is_sound_alias(name))
            continue;
        if (registry_text(port, &key, name, value, sizeof value) != MMK_OK)
            snprintf(value, sizeof value, "(no text)");
        alias_show(m, view, name, value);
        ++*n_shown;
    }
}

static enum outcome list_aliases(struct mmectl *m)
{
    unsigned n;
    mmk_err err = MMK_OK;
    bool two = host_port(m->host)->registry->has_view_32;
    json_array(&m->json, "aliases");
    for (int view = 0; view < (two ? 2 : 1) && !err; view++) {
        if (view)
            say(m, "%s", "");
        say(m, "Drivers32, %s view:", view == MMK_VIEW_64 ? "64-bit" : "32-bit");
        err = aliases_show(m, (mmk_reg_view)view, &n);
        if (!n && !err)
            say(m, "  none");
    }
    json_end(&m->json);
    return err ? fail_registry(m, err) : OUTCOME_OK;
}

enum outcome verb_list(struct mmectl *m)
{
    static const struct {
        const char *name;
        enum outcome (*run)(struct mmectl *m);
    } lists[] = {{"drivers", list_drivers},
                 {"devices", list_devices},
                 {"formats", list_formats},
                 {"aliases", list_aliases}};
    const char *names[4], *word = m->args.operand[0];
    char cure[80] = "it is one of: drivers devices formats aliases";
    for (size_t i = 0; i < 4; i++) {
        names[i] = lists[i].name;
        if (strcmp(word, names[i]) == 0)
            return lists[i].run(m);
    }
    const char *near = args_nearest(word, names, 4);
    if (near)
        snprintf(cure, sizeof cure, "did you mean \"%s\"?", near);
    return fail(m, OUTCOME_USAGE, "USAGE", cure, "list does not know \"%.60s\"", word);
}
