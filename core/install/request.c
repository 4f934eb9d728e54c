/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/utf.h"

/** What the caller asks for, before anything is looked at: every malformed thing ends here, with
 * its name. */

static mmk_err bad(struct mmki_run *run, const char *const *pieces)
{
    for (; *pieces != NULL; pieces++)
        mmki_text_add_line(&run->text, *pieces);
    return mmki_fail(run, MMK_REASON_BAD_REQUEST, MMK_ERR_INVAL, NULL);
}
#define BAD(run, ...) bad((run), (const char *const[]){__VA_ARGS__, NULL})

/* "rate_hz" or "device.3.rate_hz" */
static bool split_name(const char *name, uint32_t *device, const char **param)
{
    static const char prefix[] = "device.";
    uint64_t number = 0;
    *device = MMK_DEVICE_NONE;
    *param = name;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return true;
    name += sizeof prefix - 1;
    const char *dot = strchr(name, '.');
    if (dot == NULL || !mmki_parse_u64(name, (size_t)(dot - name), &number) ||
        number >= MMK_DEVICES_MAX)
        return false;
    *device = (uint32_t)number;
    *param = dot + 1;
    return true;
}

static mmk_err bad_setting(struct mmki_run *run, mmk_err err, const char *const *pieces)
{
    for (; *pieces != NULL; pieces++)
        mmki_text_add_line(&run->text, *pieces);
    return mmki_fail(run, MMK_REASON_BAD_SETTING, err, NULL);
}
#define BAD_SETTING(run, err, ...) \
    bad_setting((run), (err), (const char *const[]){__VA_ARGS__, NULL})

static mmk_err parse_one(struct mmki_run *run, const struct mmk_assignment *from,
                         struct mmki_assigned *out)
{
    const struct mmk_param_table *table = run->product->params;
    struct mmk_param_error error = {.err = MMK_OK};
    struct mmk_setting setting;
    const char *name;
    if (from->name == NULL || !split_name(from->name, &out->device, &name))
        return BAD_SETTING(run, MMK_ERR_NOT_FOUND, "\"", from->name != NULL ? from->name : "",
                           "\" is no setting; allowed: NAME or device.0.NAME to device.15.NAME");
    const int index = mmk_param_index(table, name);
    if (index < 0) {
        struct mmk_settings unused;
        mmk_settings_defaults(table, &unused);
        (void)mmk_settings_set(&unused, 0, name, "", MMK_SOURCE_CALLER, &error);
        return BAD_SETTING(run, MMK_ERR_NOT_FOUND, error.text);
    }
    const struct mmk_param *param = &table->params[index];
    out->param = (uint32_t)index;
    out->text = NULL;
    if (out->device != MMK_DEVICE_NONE && param->scope != MMK_SCOPE_DEVICE)
        return BAD_SETTING(run, MMK_ERR_INVAL, param->name,
                           ": belongs to the driver, not to one device");
    if (from->text == NULL)
        return MMK_OK;
    const mmk_err err =
        mmk_param_parse(param, mmk_host_bit(run->port->host), from->text, &setting, &error);
    if (err != MMK_OK)
        return BAD_SETTING(run, err, error.text);
    out->text = mmki_arena_text(&run->arena, setting.text);
    return out->text != NULL ? MMK_OK
                             : mmki_fail(run, MMK_REASON_NOMEM, MMK_ERR_NOMEM, "no memory");
}

static mmk_err parse_assignments(struct mmki_run *run, struct mmki_assigned **out, size_t *n_out)
{
    const struct mmk_install_request *request = run->request;
    /* room for what a dialog may add */
    struct mmki_assigned *v =
        request->n_assignments > MMKI_ITEMS_MAX
            ? NULL
            : mmki_arena_array(&run->arena, request->n_assignments + MMK_PARAMS_MAX, sizeof *v);
    if (v == NULL)
        return mmki_fail(run, MMK_REASON_NOMEM, MMK_ERR_NOMEM, "no memory for so many settings");
    for (size_t i = 0; i < request->n_assignments; i++) {
        const mmk_err err = parse_one(run, &request->assignments[i], &v[i]);
        if (err != MMK_OK)
            return err;
        for (size_t k = 0; k < i; k++)
            if (v[k].param == v[i].param && v[k].device == v[i].device)
                return BAD_SETTING(run, MMK_ERR_EXISTS, request->assignments[i].name,
                                   ": is given twice; allowed: once");
    }
    *out = v;
    *n_out = request->n_assignments;
    return MMK_OK;
}

static bool wants_settings(mmk_install_verb verb)
{
    return verb == MMK_VERB_INSTALL || verb == MMK_VERB_PNP_INSTALL || verb == MMK_VERB_CONFIGURE;
}

const char *mmki_copy_source(const struct mmk_install_request *request, int other)
{
    if ((request->flags & MMK_INSTALL_COPY_FILES) == 0)
        return NULL;
    return other ? request->source_file_other : request->source_file;
}

static mmk_err check_files(struct mmki_run *run)
{
    const struct mmk_install_request *request = run->request;
    const bool install = request->verb == MMK_VERB_INSTALL || request->verb == MMK_VERB_REPAIR;
    if ((request->flags & MMK_INSTALL_COPY_FILES) != 0) {
        const char *own = request->source_file;
        const char *other = request->source_file_other;
        if (!install || (own == NULL && other == NULL) || (own != NULL && own[0] == 0) ||
            (other != NULL && other[0] == 0))
            return BAD(
                run,
                "copying files needs the file to copy, and is part of install and repair only");
        if ((own != NULL && run->port->drivers_dir == NULL) ||
            (other != NULL && run->port->drivers_dir_other == NULL))
            return BAD(run, "this host has no folder for driver modules",
                       other != NULL ? " of that width" : "");
    }
    if (request->ini_lines != NULL && !install)
        return BAD(run, "INI lines are part of install and repair only");
    for (const char *const *line = request->ini_lines; line != NULL && *line != NULL; line++) {
        char path[MMKI_PATH_MAX];
        const size_t len = strcspn(*line, "|");
        const struct mmki_item item = {.kind = MMKI_INI, .path = path, .name = "", .extra = ""};
        if (len >= sizeof path || strlen(*line) > 2 * MMKI_PATH_MAX)
            return BAD(run, "INI line too long: ", *line);
        memcpy(path, *line, len);
        path[len] = 0;
        if (!mmki_item_allowed(run->port, &item))
            return BAD(run, "\"", path,
                       "\" is no INI file that holds drivers; allowed: system.ini, "
                       "control.ini");
    }
    return MMK_OK;
}

static const char *product_line(struct mmki_run *run, const struct mmk_extra_line *line)
{
    char text[2 * MMKI_PATH_MAX];
    struct mmki_text t;
    mmki_text_init(&t, text, sizeof text);
    MMKI_TEXT_JOIN(&t, run->port->windows_dir, strcmp(run->port->host, "posix") == 0 ? "/" : "\\",
                   line->file, "|", line->section, "|", line->key, "|", line->value);
    return t.full ? NULL : mmki_arena_text(&run->arena, text);
}

/* The product's lines, then the request's. */
static mmk_err gather_lines(struct mmki_run *run)
{
    const struct mmk_product *product = run->product;
    const char *const *asked = run->request->ini_lines;
    const mmk_install_verb verb = run->request->verb;
    const bool install =
        verb == MMK_VERB_INSTALL || verb == MMK_VERB_PNP_INSTALL || verb == MMK_VERB_REPAIR;
    size_t n = 0;
    size_t n_asked = 0;
    if (!install || product->n_lines == 0 || run->port->windows_dir == NULL) {
        run->ini_lines = asked;
        return MMK_OK;
    }
    while (asked != NULL && asked[n_asked] != NULL)
        n_asked++;
    const char **v = mmki_arena_array(&run->arena, product->n_lines + n_asked + 1, sizeof *v);
    for (size_t i = 0; v != NULL && i < product->n_lines; i++) {
        if ((product->lines[i].hosts & mmk_host_bit(run->port->host)) == 0)
            continue;
        v[n] = product_line(run, &product->lines[i]);
        if (v[n++] == NULL)
            v = NULL;
    }
    if (v == NULL)
        return mmki_fail(run, MMK_REASON_NOMEM, MMK_ERR_NOMEM, "no memory");
    for (size_t i = 0; i < n_asked; i++)
        v[n++] = asked[i];
    run->ini_lines = v;
    return MMK_OK;
}

mmk_err mmki_check_request(struct mmki_run *run, struct mmki_assigned **assigned,
                           size_t *n_assigned)
{
    const struct mmk_install_request *request = run->request;
    const struct mmk_product *product = run->product;
    struct mmki_plan words = {.reason = MMK_REASON_NONE};
    if (!mmki_product_sound(product))
        return BAD(run, "the product describes itself wrongly (names with a path, or keys that are "
                        "not its own)");
    if ((unsigned)request->verb > MMK_VERB_RECOVER)
        return BAD(run, "there is no such verb");
    if (request->complaint != NULL)
        return BAD(run, request->complaint);
    if (product->hosts != 0 && (product->hosts & mmk_host_bit(run->port->host)) == 0)
        return BAD(run, product->name, " is made for another system than this one",
                   (product->hosts & MMK_HOST_WINE) != 0
                       ? "; it is for Wine: name a prefix with --prefix"
                       : "");
    if (request->section != NULL && !mmk_name_equal(request->section, product->section))
        return BAD(run, "section \"", request->section,
                   "\" is not this driver's; allowed: ", product->section);
    if (request->alias != NULL && mmki_check_alias(product, request->alias, &words) != MMK_OK)
        return BAD(run, words.text);
    if (request->n_assignments > 0 && !wants_settings(request->verb))
        return BAD(run, "settings cannot be given to ", mmk_install_verb_name(request->verb));
    mmk_err err = check_files(run);
    if (err == MMK_OK)
        err = gather_lines(run);
    return err == MMK_OK ? parse_assignments(run, assigned, n_assigned) : err;
}

/* ------------------------------------------------------------------ the user */

static void join(struct mmki_assigned *v, size_t *n, uint32_t param, const char *text)
{
    for (size_t i = 0; i < *n; i++)
        if (v[i].param == param && v[i].device == MMK_DEVICE_NONE) {
            v[i].text = text;
            return;
        }
    v[(*n)++] = (struct mmki_assigned){param, MMK_DEVICE_NONE, text};
}

mmk_err mmki_ask(struct mmki_run *run, struct mmk_settings *settings,
                 struct mmki_assigned **assigned, size_t *n_assigned)
{
    struct mmk_ui *ui = run->port->ui;
    const struct mmk_param_table *table = run->product->params;
    struct mmk_settings before = *settings;
    if ((run->request->flags & MMK_INSTALL_INTERACTIVE) == 0 || ui == NULL || run->asked)
        return MMK_OK;
    run->asked = true;
    const mmk_err err = ui->ops->prompt(ui, table, settings, run->request->parent);
    /* nobody to ask: as silent as without the flag, where there is anything left to do then */
    if (err == MMK_ERR_UNSUPPORTED && (run->request->verb != MMK_VERB_CONFIGURE || *n_assigned > 0))
        return MMK_OK;
    if (err == MMK_ERR_UNSUPPORTED)
        return mmki_fail(run, MMK_REASON_NOBODY_TO_ASK, err,
                         "there is no desktop to ask on; `mmectl config` sets single values");
    if (err == MMK_ERR_CANCELLED)
        return mmki_fail(run, MMK_REASON_USER, err, "cancelled by the user");
    if (err != MMK_OK)
        return mmki_fail(run, mmki_reason_of(err), err, "the dialog failed");
    for (uint32_t i = 0; i < table->n_params; i++) {
        struct mmk_param_error error = {.err = MMK_OK};
        struct mmk_setting fresh;
        if (strcmp(before.value[i].text, settings->value[i].text) == 0)
            continue;
        /* a dialog is outside input too */
        if (mmk_param_parse(&table->params[i], mmk_host_bit(run->port->host),
                            settings->value[i].text, &fresh, &error) != MMK_OK)
            return mmki_fail(run, MMK_REASON_BAD_SETTING, error.err, error.text);
        const char *text = mmki_arena_text(&run->arena, fresh.text);
        if (text == NULL)
            return mmki_fail(run, MMK_REASON_NOMEM, MMK_ERR_NOMEM, "no memory");
        join(*assigned, n_assigned, i, text);
    }
    return MMK_OK;
}
