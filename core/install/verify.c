/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/utf.h"
#include "param/param_internal.h"

/** What is against what should be. Reads only, takes no lock. */

struct verifying {
    struct mmki_run *run;
    const struct mmk_product *product;
    struct mmki_records owned;
    struct mmki_snapshot snapshot;
    mmk_on_finding *on_finding;
    void *user;
    uint32_t n_problems;
};

static void find(struct verifying *v, mmk_severity severity, const char *cure,
                 const char *const *pieces)
{
    char what[768];
    struct mmki_text t;
    mmki_text_init(&t, what, sizeof what);
    for (; *pieces != NULL; pieces++)
        mmki_text_add_line(&t, *pieces);
    v->n_problems += severity != MMK_SEVERITY_INFO;
    if (v->on_finding != NULL)
        v->on_finding(v->user, severity, what, cure);
}
#define FIND(v, severity, cure, ...) \
    find((v), (severity), (cure), (const char *const[]){__VA_ARGS__, NULL})

static void verify_values(struct verifying *v, const struct mmki_owned *owned)
{
    for (size_t i = 0; i < owned->items.n; i++) {
        const struct mmki_item *item = &owned->items.v[i];
        const struct mmki_image *now = mmki_current(&v->snapshot, item);
        char target[512];
        char text[256];
        struct mmki_text t;
        if (mmki_image_equal(now, &item->after))
            continue;
        mmki_text_init(&t, target, sizeof target);
        mmki_target_text(&t, item);
        mmki_text_init(&t, text, sizeof text);
        mmki_image_text(&t, item, now);
        if (now->present)
            FIND(v, MMK_SEVERITY_WARNING, "mmectl repair --force writes it again", target,
                 " was changed by somebody else to ", text);
        else if (item->after.present)
            FIND(v, MMK_SEVERITY_ERROR, "mmectl repair writes it again", target, " is missing");
    }
}

/* ------------------------------------------------------------------ modules and views */

static const char *const widths[MMK_VIEW_COUNT] = {"64-bit", "32-bit"};

static void verify_views(struct verifying *v, const struct mmki_slot *slot)
{
    for (int view = 0; view < MMK_VIEW_COUNT; view++) {
        const bool here = v->snapshot.module_here[view];
        if (!v->snapshot.has_view[view])
            continue;
        if (slot->ours[view] && !here)
            FIND(v, MMK_SEVERITY_ERROR, "copy the module there, or remove the driver", slot->alias,
                 " is there for ", widths[view], " programs, but not a ", widths[view], " ",
                 v->product->file);
        if (!slot->ours[view] && here && slot->held[view])
            FIND(v, MMK_SEVERITY_WARNING,
                 "remove the driver and install it again to get another slot", slot->alias,
                 " belongs to another driver for ", widths[view], " programs: ", slot->value[view]);
        if (!slot->ours[view] && here && !slot->held[view])
            FIND(v, MMK_SEVERITY_WARNING, "mmectl repair registers it", "a ", widths[view], " ",
                 v->product->file, " is there, but ", widths[view], " programs have no ",
                 slot->alias);
    }
}

/* The same for a product without an alias, by what was registered. */
static void verify_places(struct verifying *v, uint8_t views)
{
    for (int view = 0; view < MMK_VIEW_COUNT; view++) {
        const bool here = v->snapshot.module_here[view];
        const bool registered = (views & 1u << view) != 0;
        if (!v->snapshot.has_view[view])
            continue;
        if (registered && !here)
            FIND(v, MMK_SEVERITY_ERROR, "copy the module there, or repair or remove the driver",
                 v->product->name, " is registered for ", widths[view],
                 " programs, but there is no ", widths[view], " ", v->product->file);
        if (!registered && here)
            FIND(v, MMK_SEVERITY_WARNING, "mmectl repair registers it", "a ", widths[view], " ",
                 v->product->file, " is there, but not registered for ", widths[view], " programs");
    }
}

static void verify_versions(struct verifying *v)
{
    for (int view = 0; view < MMK_VIEW_COUNT; view++)
        if (v->snapshot.has_view[view] && v->snapshot.module_here[view] &&
            v->snapshot.module[view].version != 0 &&
            v->snapshot.module[view].version != v->product->version)
            FIND(v, MMK_SEVERITY_WARNING, "install the driver again from one version", "the ",
                 widths[view], " ", v->product->file, " is of another version than this program");
}

/* By a new program, as after installing. */
static void verify_by_trial(struct verifying *v, uint8_t views)
{
    char *const report = v->run->report->text;
    mmki_text_init(&v->run->text, report, sizeof v->run->report->text);
    if (mmki_try_out(v->run, views) != MMK_OK)
        FIND(v, MMK_SEVERITY_ERROR, "", report);
    else if (v->run->untried != NULL)
        FIND(v, MMK_SEVERITY_INFO, "", "not tried: ", v->run->untried);
}

static void verify_module(struct verifying *v)
{
    struct mmk_platform *platform = v->run->port->platform;
    struct mmk_module_info info;
    const int own = v->run->port->pointer_bits == 32 && v->snapshot.has_view[MMK_VIEW_32] ? 1 : 0;
    for (int view = 0; view < MMK_VIEW_COUNT; view++) {
        if (!v->snapshot.has_view[view])
            continue;
        const mmk_err err =
            platform->ops->inspect_module(platform, v->product->file, (mmk_reg_view)view, &info);
        if (err == MMK_ERR_CORRUPT || (err == MMK_OK && !info.exports_driver_proc))
            FIND(v, MMK_SEVERITY_ERROR, "copy it anew", v->product->file, " for ", widths[view],
                 " programs is no driver module");
        else if (err == MMK_ERR_BITNESS && view == own)
            FIND(v, MMK_SEVERITY_ERROR, "copy the one that fits", v->product->file, " for ",
                 widths[view], " programs is of the other width");
    }
}

/* ------------------------------------------------------------------ slots */

static void verify_orphan(struct verifying *v, const struct mmki_slot *slot, mmk_reg_view view)
{
    struct mmk_platform *platform = v->run->port->platform;
    struct mmk_module_info info;
    char file[MMKI_PATH_MAX];
    const char *text;
    if (slot->ours[view] || slot->value[view][0] == 0 ||
        mmk_alias_split(slot->value[view], file, sizeof file, &text) != MMK_OK)
        return;
    if (platform->ops->inspect_module(platform, file, view, &info) == MMK_ERR_NOT_FOUND)
        FIND(v, MMK_SEVERITY_INFO, "its own uninstaller should take it out", slot->alias, " for ",
             widths[view], " programs names ", file, ", which is not there");
}

static void verify_slots(struct verifying *v)
{
    char names[MMKI_SLOTS_MAX][64];
    const size_t n = mmki_slot_names(v->product, names);
    for (size_t i = 0; i < n; i++) {
        struct mmki_slot slot;
        mmki_read_slot(&v->snapshot, v->product, names[i], &slot);
        for (int view = 0; view < MMK_VIEW_COUNT; view++) {
            if (!slot.held[view])
                continue;
            if (n > 1 && i == 1)
                FIND(v, MMK_SEVERITY_WARNING, "take that value out: Windows never reads it",
                     slot.alias, " is no slot (the first one has no number); it says ",
                     slot.value[view]);
            verify_orphan(v, &slot, (mmk_reg_view)view);
        }
    }
}

/* One installation has one number; a second slot that names us makes a second, equal device. */
static void verify_duplicates(struct verifying *v, const struct mmki_slot *mine)
{
    char names[MMKI_SLOTS_MAX][64];
    const size_t n = mmki_slot_names(v->product, names);
    for (size_t i = 0; i < n; i++) {
        struct mmki_slot slot;
        mmki_read_slot(&v->snapshot, v->product, names[i], &slot);
        if (!mmk_name_equal(slot.alias, mine->alias) &&
            (slot.ours[MMK_VIEW_64] || slot.ours[MMK_VIEW_32]))
            FIND(v, MMK_SEVERITY_WARNING,
                 "take that value out, or remove the driver and install it again", slot.alias,
                 " names ", v->product->file, " as well as ", mine->alias);
    }
}

static void verify_caches(struct verifying *v)
{
    for (size_t i = 0; i < v->product->n_extra; i++) {
        const struct mmk_extra_value *extra = &v->product->extra[i];
        for (size_t k = 0; extra->remove && k < v->snapshot.cells.n; k++) {
            const struct mmki_item *cell = &v->snapshot.cells.v[k];
            if (cell->kind == MMKI_VALUE && cell->before.present &&
                mmk_name_equal(cell->path, extra->path)) {
                FIND(v, MMK_SEVERITY_INFO, "mmectl repair drops it",
                     "Windows keeps a cache about the driver in ", extra->path);
                break;
            }
        }
    }
}

/* ------------------------------------------------------------------ settings and hardware */

static void verify_settings(struct verifying *v, const char *alias_text)
{
    struct mmk_settings settings;
    struct mmk_param_error error;
    const mmk_err err = mmk_settings_load(v->run->port, v->product->params, v->product->name,
                                          MMK_DEVICE_NONE, alias_text, &settings, &error);
    if (err != MMK_OK)
        FIND(v, MMK_SEVERITY_ERROR, "check the rights on the registry",
             "the settings cannot be read: ", mmk_err_text(err));
    else if (error.err != MMK_OK)
        FIND(v, MMK_SEVERITY_WARNING,
             "mmectl config sets it anew; until then the next source counts", error.text);
    if (err != MMK_OK)
        return;
    char *const report = v->run->report->text;
    mmki_text_init(&v->run->text, report, sizeof v->run->report->text);
    if (mmki_check_support(v->run, &settings) != MMK_OK)
        FIND(v, MMK_SEVERITY_ERROR, "", report);
    mmki_text_init(&v->run->text, report, sizeof v->run->report->text);
    if (mmki_check_hardware(v->run, NULL, 0, alias_text) != MMK_OK)
        FIND(v, MMK_SEVERITY_ERROR, "mmectl config chooses another device", report);
}

static mmk_err verify_all(struct verifying *v)
{
    const struct mmki_owned *owned = mmki_records_find(&v->owned, v->product->file);
    struct mmki_slot slot;
    char file[MMKI_PATH_MAX];
    const char *text = NULL;
    bool marker = true;
    const bool slotted = mmki_find_slot(&v->snapshot, v->product, &slot);
    /* nothing but the record tells of a product that has no alias */
    if ((owned == NULL || !owned->installed) && !slotted)
        return MMK_ERR_NOT_FOUND;
    if (owned == NULL || !owned->installed)
        FIND(v, MMK_SEVERITY_WARNING, "mmectl install adopts it", slot.alias, " names ",
             v->product->file, ", but mmekit has no record of installing it");
    if (mmki_marker(v->run, &marker) == MMK_OK && mmki_book_pending(&v->run->book, marker))
        FIND(v, MMK_SEVERITY_WARNING, "mmectl recover finishes it",
             "an unfinished installation waits");
    if (owned != NULL && owned->installed) {
        verify_values(v, owned);
        if (owned->alias[0] != 0)
            mmki_read_slot(&v->snapshot, v->product, owned->alias, &slot);
    }
    verify_module(v);
    if (slot.alias[0] != 0 && (slotted || (owned != NULL && owned->alias[0] != 0))) {
        const mmk_reg_view view = slot.ours[MMK_VIEW_64] ? MMK_VIEW_64 : MMK_VIEW_32;
        verify_views(v, &slot);
        verify_versions(v);
        verify_duplicates(v, &slot);
        if (slot.ours[view])
            (void)mmk_alias_split(slot.value[view], file, sizeof file, &text);
    }
    if (v->product->alias_base == NULL) {
        verify_places(v, owned->views);
        verify_versions(v);
    }
    verify_slots(v);
    verify_caches(v);
    verify_settings(v, text);
    if (owned != NULL && owned->installed)
        verify_by_trial(v, owned->views);
    return MMK_OK;
}

mmk_err mmk_install_verify(struct mmk_port *port, const struct mmk_product *product,
                           mmk_on_finding *on_finding, void *user, uint32_t *n_problems)
{
    const struct mmk_install_request request = {.verb = MMK_VERB_INSTALL};
    struct mmk_install_report report;
    struct mmki_run run;
    struct verifying v = {.run = &run, .product = product, .on_finding = on_finding, .user = user};
    mmki_run_begin(&run, port, product, &request, &report);
    mmk_err err = mmki_load(&run);
    if (err == MMK_ERR_CORRUPT || err == MMK_ERR_VERSION) {
        FIND(&v, MMK_SEVERITY_ERROR, "mmectl recover --force puts it aside",
             "the install journal is damaged");
        run.book = (struct mmki_book){.n_bytes = 0};
        err = MMK_OK;
    }
    if (err == MMK_OK) {
        (void)mmki_check_modules(&run, &v.snapshot);
        err = mmki_book_owned(&run.arena, &run.book, &v.owned);
    }
    if (err == MMK_OK)
        err = mmki_take_snapshot(&run, &v.owned, NULL, &v.snapshot);
    if (err == MMK_OK)
        err = verify_all(&v);
    if (err == MMK_OK)
        *n_problems = v.n_problems;
    mmki_run_end(&run);
    return err;
}

mmk_err mmk_install_enum(struct mmk_port *port, uint32_t index, struct mmk_installed *out)
{
    struct mmk_install_report report;
    struct mmki_records owned;
    struct mmki_run run;
    uint32_t at = 0;
    mmki_run_begin(&run, port, NULL, NULL, &report);
    mmk_err err = mmki_load(&run);
    if (err == MMK_OK)
        err = mmki_book_owned(&run.arena, &run.book, &owned);
    mmk_err found = err == MMK_OK ? MMK_ERR_NOT_FOUND : err;
    for (size_t i = 0; err == MMK_OK && i < owned.n; i++) {
        const struct mmki_owned *one = &owned.v[i];
        struct mmki_text t;
        if (one->product[0] == 0 || !one->installed || at++ != index)
            continue;
        memset(out, 0, sizeof *out);
        mmki_text_init(&t, out->product, sizeof out->product);
        mmki_text_add(&t, one->product);
        mmki_text_init(&t, out->file, sizeof out->file);
        mmki_text_add(&t, one->file);
        mmki_text_init(&t, out->alias, sizeof out->alias);
        mmki_text_add(&t, one->alias);
        out->version = one->version;
        out->view_64 = (one->views & 1u << MMK_VIEW_64) != 0;
        out->view_32 = (one->views & 1u << MMK_VIEW_32) != 0;
        for (size_t k = 0; k < one->items.n; k++)
            out->n_values += one->items.v[k].kind == MMKI_VALUE;
        found = MMK_OK;
        break;
    }
    mmki_run_end(&run);
    return found;
}
