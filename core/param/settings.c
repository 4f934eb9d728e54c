/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <mmk/param.h>

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf.h"
#include "param/param_internal.h"
#include "param/text_out.h"

void mmk_settings_defaults(const struct mmk_param_table *table, struct mmk_settings *out)
{
    assert(table->n_params <= MMK_PARAMS_MAX);
    out->table = table;
    for (size_t i = 0; i < table->n_params; i++) {
        const struct mmk_param *param = &table->params[i];
        const mmk_err err =
            mmk_param_parse(param, MMK_HOST_ALL, param->default_text, &out->value[i], NULL);
        assert(err == MMK_OK); /* a table whose own default does not parse */
        (void)err;
        out->value[i].source = MMK_SOURCE_DEFAULT;
    }
}

static void name_unknown(const struct mmk_param_table *table, const char *name,
                         struct mmk_param_error *error)
{
    struct mmki_text t;
    if (error == NULL)
        return;
    error->err = MMK_ERR_NOT_FOUND;
    mmki_text_init(&t, error->text, sizeof error->text);
    mmki_text_add(&t, "there is no parameter \"");
    mmki_text_add_line(&t, name);
    mmki_text_add(&t, "\"; allowed: ");
    for (size_t i = 0; i < table->n_params; i++)
        MMKI_TEXT_JOIN(&t, i > 0 ? ", " : "", table->params[i].name);
}

/* Parse first, take over only then, and only if nothing stronger stands there. */
static mmk_err take(struct mmk_settings *settings, size_t index, uint32_t hosts, const char *text,
                    mmk_setting_source source, struct mmk_param_error *error)
{
    struct mmk_setting fresh;
    const mmk_err err =
        mmk_param_parse(&settings->table->params[index], hosts, text, &fresh, error);
    if (err != MMK_OK)
        return err;
    if (source >= settings->value[index].source) {
        fresh.source = source;
        settings->value[index] = fresh;
    }
    return MMK_OK;
}

mmk_err mmk_settings_set(struct mmk_settings *settings, uint32_t hosts, const char *name,
                         const char *text, mmk_setting_source source, struct mmk_param_error *error)
{
    const int index = mmk_param_index(settings->table, name);
    if (index < 0) {
        name_unknown(settings->table, name, error);
        return MMK_ERR_NOT_FOUND;
    }
    return take(settings, (size_t)index, hosts, text, source, error);
}

static const struct mmk_setting *find(const struct mmk_settings *settings, const char *name)
{
    const int index = mmk_param_index(settings->table, name);
    assert(index >= 0);
    return &settings->value[index];
}

uint32_t mmk_settings_number(const struct mmk_settings *settings, const char *name)
{
    return find(settings, name)->number;
}

const char *mmk_settings_text(const struct mmk_settings *settings, const char *name)
{
    return find(settings, name)->text;
}

/* "name=a|b|c"; the name must be in the table, else the row could never apply and nobody would
 * notice. */
bool mmki_condition_holds(const char *condition, const struct mmk_settings *settings)
{
    char name[64];
    const char *text = NULL;
    const char *at = condition != NULL ? strchr(condition, '=') : NULL;
    if (at == NULL || (size_t)(at - condition) >= sizeof name)
        return condition == NULL;
    memcpy(name, condition, (size_t)(at - condition));
    name[at - condition] = 0;
    text = mmk_settings_text(settings, name);
    for (at++;; at++) {
        const size_t len = strcspn(at, "|");
        if (mmk_name_compare_n(at, len, text, strlen(text)) == 0)
            return true;
        at += len;
        if (*at == 0)
            return false;
    }
}

bool mmk_param_applies(const struct mmk_param *param, const struct mmk_settings *settings)
{
    return mmki_condition_holds(param->applies_when, settings);
}

bool mmk_param_is_file(const struct mmk_param *param, const struct mmk_settings *settings)
{
    return param->file != MMK_FILE_NONE && mmki_condition_holds(param->file_when, settings);
}

/* ------------------------------------------------------------------ registry */

mmk_err mmki_setting_path(const char *driver, uint32_t device, char *path, size_t cap)
{
    struct mmki_text t;
    mmki_text_init(&t, path, cap);
    MMKI_TEXT_JOIN(&t, "Software\\mmekit\\", driver);
    if (device != MMK_DEVICE_NONE) {
        mmki_text_add(&t, "\\Device");
        mmki_text_add_u64(&t, device);
    }
    return t.full ? MMK_ERR_TOO_LONG : MMK_OK;
}

mmk_err mmki_setting_decode(uint32_t type, const void *data, size_t len, char *text, size_t cap)
{
    struct mmki_text t;
    size_t n_units = len / 2;
    if (type == MMK_REG_DWORD && len == 4) {
        mmki_text_init(&t, text, cap);
        mmki_text_add_u64(&t, mmki_get_u32le(data));
        return t.full ? MMK_ERR_TOO_LONG : MMK_OK;
    }
    if (type != MMK_REG_SZ || len % 2 != 0)
        return MMK_ERR_SYNTAX;
    /* terminated once, or not at all: both are found in real registries */
    if (n_units > 0 && mmki_get_u16le((const char *)data + len - 2) == 0)
        n_units--;
    if (mmk_wtf8_from_utf16(data, n_units, text, cap, &len) != MMK_OK)
        return MMK_ERR_TOO_LONG;
    return strlen(text) == len ? MMK_OK : MMK_ERR_SYNTAX;
}

struct load {
    struct mmk_port *port;
    struct mmk_settings *settings;
    uint32_t hosts;
    struct mmk_param_error *error; /* first one only */
    mmk_err fatal;
};

static void keep_first(struct load *load, const struct mmk_param_error *error)
{
    if (load->error != NULL && load->error->err == MMK_OK)
        *load->error = *error;
}

static void keep_shape_error(struct load *load, const char *path, const char *name, uint32_t type)
{
    struct mmk_param_error error = {.err = MMK_ERR_SYNTAX};
    struct mmki_text t;
    mmki_text_init(&t, error.text, sizeof error.text);
    MMKI_TEXT_JOIN(&t, name, ": the registry value in ", path, " has type ");
    mmki_text_add_u64(&t, type);
    mmki_text_add(&t, " or a shape that is no setting; allowed: REG_SZ or REG_DWORD");
    keep_first(load, &error);
}

/* A value that is not there is fine, a damaged one is told and skipped, a registry that does not
 * answer ends it. */
static void load_value(struct load *load, const struct mmk_reg_key *key, size_t index,
                       mmk_setting_source source)
{
    uint8_t data[2 * MMK_SETTING_TEXT_MAX + 2];
    char text[3 * MMK_SETTING_TEXT_MAX + 4];
    struct mmk_registry *registry = load->port->registry;
    const char *name = load->settings->table->params[index].name;
    struct mmk_param_error error = {.err = MMK_OK};
    uint32_t type = 0;
    size_t len = 0;
    const mmk_err err = registry->ops->get(registry, key, name, &type, data, sizeof data, &len);
    if (err == MMK_ERR_NOT_FOUND)
        return;
    if (err != MMK_OK && err != MMK_ERR_MORE) {
        if (load->fatal == MMK_OK)
            load->fatal = err;
        return;
    }
    if (err == MMK_ERR_MORE || mmki_setting_decode(type, data, len, text, sizeof text) != MMK_OK)
        keep_shape_error(load, key->path, name, type);
    else if (take(load->settings, index, load->hosts, text, source, &error) != MMK_OK)
        keep_first(load, &error);
}

static bool on_this_host(const struct load *load, size_t index)
{
    return (load->settings->table->params[index].hosts & load->hosts) != 0;
}

static void load_key(struct load *load, mmk_reg_root root, const char *driver, uint32_t device,
                     mmk_setting_source source)
{
    char path[MMK_REG_NAME_MAX_BYTES + 64];
    /* one set of settings for programs of both widths: the native view */
    const struct mmk_reg_key key = {root, MMK_VIEW_64, path};
    const struct mmk_param_table *table = load->settings->table;
    if (mmki_setting_path(driver, device, path, sizeof path) != MMK_OK) {
        load->fatal = MMK_ERR_TOO_LONG;
        return;
    }
    for (size_t i = 0; i < table->n_params && load->fatal == MMK_OK; i++)
        if (on_this_host(load, i) &&
            (device == MMK_DEVICE_NONE || table->params[i].scope == MMK_SCOPE_DEVICE))
            load_value(load, &key, i, source);
}

static void load_environment(struct load *load)
{
    const struct mmk_param_table *table = load->settings->table;
    struct mmk_platform *platform = load->port->platform;
    for (size_t i = 0; i < table->n_params; i++) {
        char name[80] = "MMEKIT_";
        char text[MMK_SETTING_TEXT_MAX + 1];
        struct mmk_param_error error = {.err = MMK_OK};
        size_t at = strlen(name);
        for (const char *p = table->params[i].name; *p != 0 && at < sizeof name - 1; p++)
            name[at++] = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
        name[at] = 0;
        if (!on_this_host(load, i))
            continue;
        const mmk_err err = platform->ops->env(platform, name, text, sizeof text);
        if (err == MMK_ERR_MORE)
            keep_shape_error(load, "the environment", name, MMK_REG_SZ);
        else if (err == MMK_OK && take(load->settings, i, load->hosts, text, MMK_SOURCE_ENVIRONMENT,
                                       &error) != MMK_OK)
            keep_first(load, &error);
    }
}

mmk_err mmk_settings_load(struct mmk_port *port, const struct mmk_param_table *table,
                          const char *driver, uint32_t device, const char *alias_text,
                          struct mmk_settings *out, struct mmk_param_error *error)
{
    struct load load = {port, out, mmk_host_bit(port->host), error, MMK_OK};
    struct mmk_param_error alias_error = {.err = MMK_OK};
    static const struct {
        mmk_reg_root root;
        mmk_setting_source source;
    } places[] = {{MMK_REG_MACHINE, MMK_SOURCE_MACHINE}, {MMK_REG_USER, MMK_SOURCE_USER}};

    mmk_settings_defaults(table, out);
    if (error != NULL)
        *error = (struct mmk_param_error){.err = MMK_OK};
    for (size_t i = 0; i < sizeof places / sizeof places[0] && load.fatal == MMK_OK; i++) {
        load_key(&load, places[i].root, driver, MMK_DEVICE_NONE, places[i].source);
        if (device != MMK_DEVICE_NONE && load.fatal == MMK_OK)
            load_key(&load, places[i].root, driver, device, places[i].source);
    }
    if (alias_text != NULL && mmk_alias_apply(alias_text, load.hosts, out, &alias_error) != MMK_OK)
        keep_first(&load, &alias_error);
    load_environment(&load);
    return load.fatal;
}
