/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <string.h>

#include "lifecycle/rig.h"

static const struct mmk_param_table *table(void)
{
    return mmk_virtual_card.product->params;
}

static void set(struct mmk_settings *s, const char *name, const char *text)
{
    cr_assert_eq(
        mmk_settings_set(s, MMK_HOST_POSIX | MMK_HOST_WINDOWS, name, text, MMK_SOURCE_CALLER, NULL),
        MMK_OK, "%s=%s", name, text);
}

static mmk_err setup(const struct mmk_settings *s, mmk_direction d, struct mmk_wave_setup *out)
{
    memset(out, 0, sizeof *out);
    return mmk_virtual_card.setup(s, d, out);
}

Test(shipped, every_row_is_complete_and_its_default_is_legal_on_every_host)
{
    const struct mmk_param_table *t = table();
    for (size_t i = 0; i < t->n_params; i++) {
        const struct mmk_param *p = &t->params[i];
        struct mmk_setting value;
        cr_assert(p->label != NULL && p->help != NULL && p->alias_key != NULL, "%s", p->name);
        cr_assert_gt(strlen(p->help), 10);
        for (unsigned host = 1; host <= MMK_HOST_WINDOWS; host <<= 1)
            cr_assert_eq(mmk_param_parse(p, host, p->default_text, &value, NULL), MMK_OK,
                         "%s on %u", p->name, host);
        for (size_t k = 0; k < i; k++) {
            cr_assert_str_neq(t->params[k].name, p->name);
            cr_assert_str_neq(t->params[k].alias_key, p->alias_key);
        }
    }
    cr_assert_leq(t->n_params, MMK_PARAMS_MAX);
}

Test(shipped, promised_parameters_are_there)
{
    static const char *const names[] = {"backend",       "path",          "rate_hz", "channels",
                                        "sample_format", "period_frames", "quality", "dither",
                                        "clock",         "devices"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_assert_geq(mmk_param_index(table(), names[i]), 0, "%s", names[i]);
}

Test(shipped, settings_become_what_the_engine_opens)
{
    struct mmk_settings s;
    struct mmk_wave_setup out;

    mmk_settings_defaults(table(), &s);
    cr_assert_eq(mmk_virtual_card.count(&s), 1);
    cr_assert_eq(setup(&s, MMK_PLAYBACK, &out), MMK_OK);
    cr_assert_str_eq(out.device.backend, "null", "the default writes nowhere and needs nothing");
    cr_assert_eq(out.device.format.rate_hz, 48000);
    cr_assert_eq(out.device.format.channels, 2);
    cr_assert_eq(out.device.format.sample, MMK_SAMPLE_S16);
    cr_assert_eq(out.device.clock, MMK_CLOCK_REAL);
    cr_assert(out.dither);
    set(&s, "backend", "file");
    set(&s, "path", "/tmp/out.wav");
    set(&s, "record_path", "/tmp/in.wav");
    set(&s, "rate_hz", "96000");
    set(&s, "channels", "6");
    set(&s, "sample_format", "float32");
    set(&s, "period_frames", "64");
    set(&s, "quality", "ultra");
    set(&s, "dither", "off");
    set(&s, "clock", "freewheel");
    set(&s, "devices", "16");
    cr_assert_eq(mmk_virtual_card.count(&s), 16);
    cr_assert_eq(setup(&s, MMK_PLAYBACK, &out), MMK_OK);
    cr_assert_str_eq(out.device.backend, "file");
    cr_assert_str_eq(out.device.path, "/tmp/out.wav");
    cr_assert_eq(out.device.format.sample, MMK_SAMPLE_F32);
    cr_assert_eq(out.device.format.valid_bits, 32);
    cr_assert_eq(out.device.format.channels, 6);
    cr_assert_eq(out.device.period_frames, 64);
    cr_assert_eq(out.quality, MMK_QUALITY_ULTRA);
    cr_assert_eq(out.device.clock, MMK_CLOCK_FREEWHEEL);
    cr_assert(!out.dither);
    cr_assert_eq(setup(&s, MMK_CAPTURE, &out), MMK_OK);
    cr_assert_str_eq(out.device.path, "/tmp/in.wav");
    set(&s, "record_path", "");
    cr_assert_eq(setup(&s, MMK_CAPTURE, &out), MMK_OK);
    cr_assert_str_eq(out.device.path, "/tmp/out.wav", "empty: the same as played into");
}

Test(shipped, mmewine_has_all_that_mmewave_has_and_its_own_behind)
{
    static const char *const own[] = {"name",
                                      "order",
                                      "console_output",
                                      "multimedia_output",
                                      "communications_output",
                                      "console_input",
                                      "multimedia_input",
                                      "communications_input",
                                      "volumes"};
    const size_t n_own = sizeof own / sizeof own[0];
    const struct mmk_param_table *wine = &mmk_wine_card_params;
    struct mmk_settings s;
    cr_assert_eq(wine->n_params, table()->n_params + n_own);
    cr_assert_leq(wine->n_params, MMK_PARAMS_MAX);
    for (size_t i = 0; i < table()->n_params; i++)
        cr_assert_str_eq(wine->params[i].name, table()->params[i].name);
    mmk_settings_defaults(wine, &s);
    for (size_t i = 0; i < n_own; i++) {
        cr_assert_lt(mmk_param_index(table(), own[i]), 0, "mmewave has no %s", own[i]);
        cr_assert_str_eq(wine->params[table()->n_params + i].name, own[i]);
    }
    cr_assert_str_eq(mmk_settings_text(&s, "order"), "card,bridge,system");
    cr_assert_str_eq(mmk_settings_text(&s, "volumes"), "endpoint");
    cr_assert_eq(mmk_settings_number(&s, "devices"), 2, "as many as Wine's own drivers show");
}

Test(shipped, each_sample_format_makes_a_valid_device)
{
    static const char *const names[] = {"s16",     "s24", "s32",  "float32",
                                        "float64", "u8",  "alaw", "ulaw"};
    struct mmk_settings s;
    struct mmk_wave_setup out;
    mmk_settings_defaults(table(), &s);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        set(&s, "sample_format", names[i]);
        cr_assert_eq(setup(&s, MMK_PLAYBACK, &out), MMK_OK);
        cr_assert(mmk_format_valid(&out.device.format), "%s", names[i]);
        cr_assert_str_eq(mmk_sample_name(out.device.format.sample), names[i]);
    }
}

Test(shipped, backends_are_offered_where_they_exist)
{
    const struct mmk_param *p = &table()->params[mmk_param_index(table(), "backend")];
    struct mmk_setting v;
    cr_assert_eq(mmk_param_parse(p, MMK_HOST_POSIX, "alsa", &v, NULL), MMK_OK);
    cr_assert_neq(mmk_param_parse(p, MMK_HOST_WINDOWS, "alsa", &v, NULL), MMK_OK);
    cr_assert_neq(mmk_param_parse(p, MMK_HOST_POSIX, "system", &v, NULL), MMK_OK);
    cr_assert_eq(mmk_param_parse(p, MMK_HOST_WINE, "system", &v, NULL), MMK_OK);
    cr_assert_eq(mmk_param_parse(p, MMK_HOST_WINDOWS, "wod", &v, NULL), MMK_OK);
}

Test(shipped, a_file_to_record_from_may_come_later_unless_it_was_named)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const struct mmk_product *product = mmk_virtual_card.product;
    struct mmk_settings s;
    char reason[256] = "";

    mmk_settings_defaults(table(), &s);
    set(&s, "backend", "file");
    set(&s, "path", "later.wav");
    sim_fail_open(rig->card->sim[MMK_CAPTURE][0], MMK_ERR_NOT_FOUND);
    sim_fail_open(rig->card->sim[MMK_PLAYBACK][0], MMK_ERR_ACCESS);
    cr_assert_eq(product->probe(&rig->port, &s, MMK_CAPTURE, 100, reason, sizeof reason), MMK_OK);
    cr_assert_eq(product->probe(&rig->port, &s, MMK_PLAYBACK, 100, reason, sizeof reason),
                 MMK_ERR_ACCESS, "a file to write is looked at");
    set(&s, "record_path", "in.wav");
    cr_assert_eq(product->probe(&rig->port, &s, MMK_CAPTURE, 100, reason, sizeof reason),
                 MMK_ERR_NOT_FOUND);
    cr_assert_neq(reason[0], '\0');
    sim_fail_open(rig->card->sim[MMK_CAPTURE][0], MMK_OK);
    sim_fail_open(rig->card->sim[MMK_PLAYBACK][0], MMK_OK);
    cr_assert_eq(rig_destroy(rig), 0);
}
