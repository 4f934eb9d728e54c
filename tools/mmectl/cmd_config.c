/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>

#include "message.h"
#include "mmectl.h"
#include "settings.h"

/* ------------------------------------------------------------------ names */

bool setting_name(const char *name, uint32_t *device, const char **param)
{
    uint32_t n = 0;
    const char *c = name;
    *device = MMK_DEVICE_NONE;
    *param = name;
    if (strncmp(name, "device.", 7) != 0)
        return true;
    for (c += 7; *c >= '0' && *c <= '9' && n < MMK_DEVICES_MAX; c++)
        n = n * 10 + (uint32_t)(*c - '0');
    if (c == name + 7 || *c != '.' || n >= MMK_DEVICES_MAX)
        return false;
    *device = n;
    *param = c + 1;
    return true;
}

static enum outcome fail_setting(struct mmectl *m, const struct mmk_product *product,
                                 const char *name)
{
    const char *names[MMK_PARAMS_MAX] = {""};
    char cure[200];
    for (size_t i = 0; i < product->params->n_params; i++)
        names[i] = product->params->params[i].name;
    const char *near = args_nearest(name, names, product->params->n_params);
    if (near)
        snprintf(cure, sizeof cure, "did you mean \"%s\"?", near);
    else
        snprintf(cure, sizeof cure, "mmectl config %s shows all", product->name);
    return fail(m, OUTCOME_USAGE, "USAGE", cure, "%s has no setting \"%.60s\"", product->name,
                name);
}

static const struct mmk_param *find(struct mmectl *m, const struct mmk_product *product,
                                    const char *name, uint32_t *device)
{
    const char *plain;
    if (!setting_name(name, device, &plain)) {
        fail(m, OUTCOME_USAGE, "USAGE", "write device.N.name with N from 0 to 15",
             "\"%.60s\" names no device", name);
        return NULL;
    }
    int index = mmk_param_index(product->params, plain);
    if (index < 0) {
        fail_setting(m, product, plain);
        return NULL;
    }
    const struct mmk_param *param = &product->params->params[index];
    if (*device != MMK_DEVICE_NONE && param->scope == MMK_SCOPE_DRIVER) {
        fail(m, OUTCOME_USAGE, "USAGE", "write it without device.N",
             "%s belongs to the driver, not to a device", param->name);
        return NULL;
    }
    return param;
}

enum outcome settings_check(struct mmectl *m, const struct mmk_product *product,
                            const struct mmk_assignment *assignments, size_t n_assignments)
{
    uint32_t hosts = mmk_host_bit(host_name()), device;
    for (size_t i = 0; i < n_assignments; i++) {
        struct mmk_setting setting;
        struct mmk_param_error error = {0};
        const struct mmk_param *param = find(m, product, assignments[i].name, &device);
        if (!param)
            return OUTCOME_USAGE;
        if (assignments[i].text &&
            mmk_param_parse(param, hosts, assignments[i].text, &setting, &error) != MMK_OK)
            return fail(m, OUTCOME_USAGE, "BAD_SETTING", "", "%s", error.text);
    }
    return OUTCOME_OK;
}

/* ------------------------------------------------------------------ get */

const char *source_name(mmk_setting_source source)
{
    static const char *const names[] = {"default", "machine", "user",
                                        "alias",   "caller",  "environment"};
    return (unsigned)source < sizeof names / sizeof *names ? names[source] : "?";
}

mmk_err settings_of(struct mmk_port *port, const struct mmk_product *product, uint32_t device,
                    struct mmk_settings *settings, struct mmk_param_error *error)
{
    struct mmk_installed installed;
    char text[ALIAS_TEXT_MAX] = "";
    if (installed_find(port, product->name, &installed) == MMK_OK)
        installed_alias_text(port, &installed, text, sizeof text);
    return mmk_settings_load(port, product->params, product->name, device, text[0] ? text : NULL,
                             settings, error);
}

static void setting_json(struct json *j, const struct mmk_param *param, uint32_t device,
                         const struct mmk_setting *value, bool applies)
{
    json_object(j, NULL);
    json_string(j, "name", param->name);
    if (device != MMK_DEVICE_NONE)
        json_uint(j, "device", device);
    if (param->type == MMK_PARAM_UINT)
        json_uint(j, "value", value->number);
    else if (param->type == MMK_PARAM_BOOL)
        json_bool(j, "value", value->number != 0);
    else
        json_string(j, "value", value->text);
    json_string(j, "source", source_name(value->source));
    json_string(j, "default", param->default_text);
    json_bool(j, "applies", applies);
    json_end(j);
}

void settings_show(struct mmectl *m, const struct mmk_settings *settings, uint32_t device,
                   const struct mmk_param *only)
{
    char prefix[24] = "";
    if (device != MMK_DEVICE_NONE)
        snprintf(prefix, sizeof prefix, "device.%u.", device);
    for (size_t i = 0; i < settings->table->n_params; i++) {
        const struct mmk_param *param = &settings->table->params[i];
        const struct mmk_setting *value = &settings->value[i];
        bool applies = mmk_param_applies(param, settings);
        if (only && only != param)
            continue;
        if (!(param->hosts & mmk_host_bit(host_name())))
            continue;
        if (device != MMK_DEVICE_NONE && param->scope == MMK_SCOPE_DRIVER)
            continue;
        setting_json(&m->json, param, device, value, applies);
        say(m, "  %s%-14s = %-12s %s(%s%s)%s", prefix, param->name, value->text, tint(m, TINT_DIM),
            source_name(value->source), applies ? "" : ", not used now", tint_end(m));
    }
}

static enum outcome show(struct mmectl *m, const struct mmk_product *product, uint32_t device,
                         const struct mmk_param *only)
{
    struct mmk_settings *settings = malloc(sizeof *settings);
    struct mmk_param_error error = {0};
    if (!settings)
        return fail_err(m, MMK_ERR_NOMEM, "config");
    mmk_err err = settings_of(host_port(m->host), product, device, settings, &error);
    if (err) {
        free(settings);
        return fail_registry(m, err);
    }
    if (error.err)
        remark(m, "a stored setting is damaged and not used: %s", error.text);
    settings_show(m, settings, device, only);
    free(settings);
    return OUTCOME_OK;
}

static enum outcome config_get(struct mmectl *m, const struct mmk_product *product,
                               const char **names, size_t n_names)
{
    enum outcome outcome = OUTCOME_OK;
    json_string(&m->json, "driver", product->name);
    json_array(&m->json, "settings");
    if (n_names == 0)
        outcome = show(m, product, MMK_DEVICE_NONE, NULL);
    for (size_t i = 0; i < n_names && !outcome; i++) {
        uint32_t device;
        const struct mmk_param *param = find(m, product, names[i], &device);
        outcome = param ? show(m, product, device, param) : OUTCOME_USAGE;
    }
    json_end(&m->json);
    return outcome;
}

/* ------------------------------------------------------------------ set and reset */

static enum outcome configure(struct mmectl *m, const struct mmk_product *product,
                              const struct mmk_assignment *assignments, size_t n_assignments)
{
    enum outcome outcome = settings_check(m, product, assignments, n_assignments);
    if (outcome)
        return outcome;
    struct conversation c = {.m = m, .file = product->file, .name = product->name, .ours = true};
    c.request.verb = MMK_VERB_CONFIGURE;
    c.request.flags = MMK_INSTALL_USER_FALLBACK;
    c.request.per_user = m->args.given[OPT_USER];
    c.request.assignments = assignments;
    c.request.n_assignments = n_assignments;
    outcome = converse(&c, MMK_DRV_CONFIGURE);
    if (m->failed)
        return outcome;
    if (m->args.given[OPT_DRY_RUN])
        say(m, "dry run, nothing was changed");
    say(m, "%s%s%s", tint(m, TINT_GOOD), c.report.text[0] ? c.report.text : "configured",
        tint_end(m));
    if (c.report.n_conflicts)
        remark(m, "%u edits by somebody else were kept; mmectl verify names them",
               c.report.n_conflicts);
    if (outcome == OUTCOME_RESTART)
        say(m, "it takes effect when all programs have opened the driver anew");
    return outcome;
}

/* "K=V" words; their text is cut in place. */
static enum outcome config_set(struct mmectl *m, const struct mmk_product *product,
                               const char **words, size_t n_words)
{
    struct mmk_assignment assignments[ARGS_SET_MAX] = {{0}};
    char *copies[ARGS_SET_MAX];
    enum outcome outcome = OUTCOME_OK;
    size_t n = 0;
    if (n_words == 0 || n_words > ARGS_SET_MAX)
        return fail(m, OUTCOME_USAGE, "USAGE", "write name=value",
                    "config set needs 1 to %d settings", ARGS_SET_MAX);
    for (; n < n_words && !outcome; n++) {
        size_t len = strlen(words[n]) + 1;
        copies[n] = malloc(len);
        if (!copies[n]) {
            outcome = fail_err(m, MMK_ERR_NOMEM, "config");
            break;
        }
        memcpy(copies[n], words[n], len);
        assignments[n].name = copies[n];
        assignments[n].text = args_assignment(copies[n]);
        if (!assignments[n].text)
            outcome = fail(m, OUTCOME_USAGE, "USAGE", "write name=value", "\"%.80s\" is not K=V",
                           words[n]);
    }
    if (!outcome)
        outcome = configure(m, product, assignments, n);
    while (n)
        free(copies[--n]);
    return outcome;
}

static enum outcome config_reset(struct mmectl *m, const struct mmk_product *product,
                                 const char **words, size_t n_words)
{
    struct mmk_assignment assignments[ARGS_SET_MAX] = {{0}};
    size_t n = 0;
    if (n_words > ARGS_SET_MAX)
        return fail(m, OUTCOME_USAGE, "USAGE", "", "too many settings");
    for (; n < n_words; n++) {
        if (strchr(words[n], '='))
            return fail(m, OUTCOME_USAGE, "USAGE", "config set gives a value",
                        "reset takes names alone, not \"%.80s\"", words[n]);
        assignments[n] = (struct mmk_assignment){words[n], NULL};
    }
    if (n_words == 0)
        for (; n < product->params->n_params; n++)
            assignments[n] = (struct mmk_assignment){product->params->params[n].name, NULL};
    return configure(m, product, assignments, n);
}

/* What the Control Panel's "Settings" button did. */
static enum outcome config_ask(struct mmectl *m, const struct mmk_product *product)
{
    if (!host_can_ask())
        return fail(m, OUTCOME_USAGE, "USAGE", "use config set instead",
                    "--interactive needs a terminal to ask on");
    return configure(m, product, NULL, 0);
}

enum outcome verb_config(struct mmectl *m)
{
    const char **words = m->args.operand + 1;
    size_t n = m->args.n_operands - 1;
    const struct mmk_driver_class *driver = driver_find(m->args.operand[0]);
    if (!driver)
        return fail_unknown_driver(m, m->args.operand[0]);
    if (m->args.given[OPT_INTERACTIVE] && n == 0)
        return config_ask(m, driver->product);
    if (n == 0)
        return config_get(m, driver->product, words, n);
    if (strcmp(words[0], "get") == 0)
        return config_get(m, driver->product, words + 1, n - 1);
    if (strcmp(words[0], "set") == 0)
        return config_set(m, driver->product, words + 1, n - 1);
    if (strcmp(words[0], "reset") == 0)
        return config_reset(m, driver->product, words + 1, n - 1);
    return strchr(words[0], '=') ? config_set(m, driver->product, words, n)
                                 : config_get(m, driver->product, words, n);
}
