/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_scenarios.h"

#include <stdio.h>
#include <string.h>

enum { CANCEL = 0, OK = 1 };

static const char *const no_settings[] = {NULL};
static const char *const some_settings[] = {"rate_hz=44100", "device.1.dither=off", "secret=x y",
                                            NULL};

/* ------------------------------------------------------------------ worlds to begin in */

static void clean(struct model *m)
{
    (void)m;
}

/* Nothing at all: even "Software" has to be made. */
static void bare(struct model *m)
{
    if (m->mode == MODEL_LAZY)
        return; /* no registry that forgets is ever that empty */
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++) {
        m->world.hive[root].now.n = 0;
        m->world.hive[root].past[m->world.hive[root].n_past - 1].n = 0;
    }
}

static void installed(struct model *m)
{
    world_run(m, &test_card, MMK_VERB_INSTALL, 0, NULL, some_settings, NULL);
}

static void old_version(struct model *m)
{
    struct mmk_product old = test_card;
    old.version = 1u << 24;
    world_run(m, &old, MMK_VERB_INSTALL, 0, NULL, some_settings, NULL);
}

static void new_version(struct model *m)
{
    struct mmk_product fresh = test_card;
    fresh.version = 3u << 24;
    world_run(m, &fresh, MMK_VERB_INSTALL, 0, NULL, no_settings, NULL);
}

static void alias_stands(struct model *m)
{
    model_put_sz(m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave3",
                 "TESTCARD.DRV /foreign:1  /backend:file");
}

static void both_installed(struct model *m)
{
    installed(m);
    world_run(m, &test_codec, MMK_VERB_INSTALL, 0, NULL, no_settings, NULL);
}

static void damaged(struct model *m)
{
    installed(m);
    model_take(m, MMK_REG_MACHINE, MMK_VIEW_32, SECTION, "wave1");
    model_take(m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "Version");
}

static void edited(struct model *m)
{
    installed(m);
    model_put_sz(m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "secret", "edited by hand");
    model_put_sz(m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "sibling", "not ours");
}

static void slots_nearly_full(struct model *m)
{
    for (int i = 1; i <= 8; i++) {
        char alias[8];
        snprintf(alias, sizeof alias, "wave%d", i);
        model_put_sz(m, MMK_REG_MACHINE, i % 2 == 0 ? MMK_VIEW_64 : MMK_VIEW_32, SECTION, alias,
                     "foreign.drv");
    }
}

static void cached(struct model *m)
{
    model_put(m, MMK_REG_MACHINE, MMK_VIEW_64, CACHE, "cFormatTags", MMK_REG_DWORD, "\x01\0\0\0",
              4);
    model_put(m, MMK_REG_MACHINE, MMK_VIEW_64, CACHE, "fdwSupport", MMK_REG_DWORD, "\x01\0\0\0", 4);
}

static void with_files(struct model *m)
{
    model_put_file(m, "/source/testcard.drv", "the new module, version two");
    model_set_module(m, "/source/testcard.drv", MMK_VIEW_64, 0, MMK_OK);
}

static void with_foreign_file(struct model *m)
{
    with_files(m);
    model_put_file(m, "/drivers/testcard.drv", "somebody's old module");
}

static const char *const ini_lines[] = {"/win/system.ini|drivers32|wave1|testcard.drv", NULL};

static uint32_t copy_install(struct model *m, struct mmk_install_report *report)
{
    const struct mmk_install_request request = {.verb = MMK_VERB_INSTALL,
                                                .flags = MMK_INSTALL_COPY_FILES,
                                                .source_file = "/source/testcard.drv",
                                                .ini_lines = ini_lines};
    return mmk_install_run(&m->port, &test_card, &request, NULL, report);
}

static void copied(struct model *m)
{
    with_foreign_file(m);
    (void)copy_install(m, NULL);
}

static void user_configured(struct model *m)
{
    const struct mmk_assignment a = {"rate_hz", "22050"};
    const struct mmk_install_request request = {
        .verb = MMK_VERB_CONFIGURE, .assignments = &a, .n_assignments = 1, .per_user = true};
    world_run(m, &test_card, MMK_VERB_INSTALL, 0, NULL, no_settings, NULL);
    (void)mmk_install_run(&m->port, &test_card, &request, NULL, NULL);
}

/* ------------------------------------------------------------------ acts */

static uint32_t install(struct model *m, struct mmk_install_report *report)
{
    return world_run(m, &test_card, MMK_VERB_INSTALL, 0, NULL, some_settings, report);
}

static uint32_t install_plain(struct model *m, struct mmk_install_report *report)
{
    return world_run(m, &test_card, MMK_VERB_INSTALL, 0, NULL, no_settings, report);
}

static uint32_t install_pnp(struct model *m, struct mmk_install_report *report)
{
    return world_run(m, &test_card, MMK_VERB_PNP_INSTALL, 0, NULL, some_settings, report);
}

static uint32_t install_codec(struct model *m, struct mmk_install_report *report)
{
    return world_run(m, &test_codec, MMK_VERB_INSTALL, 0, NULL, no_settings, report);
}

/* Values in both hives, so that each can fall back alone. */
static uint32_t install_both_hives(struct model *m, struct mmk_install_report *report)
{
    static const struct mmk_extra_value extra[] = {
        {.root = MMK_REG_USER, .path = HOME "\\shared", .name = "one", .text = "1"},
        {.root = MMK_REG_MACHINE,
         .both_views = true,
         .path = DESC,
         .name = "testcard.drv",
         .text = "both"},
        {.root = MMK_REG_USER, .path = HOME "\\shared", .name = "two", .text = "2"},
    };
    struct mmk_product both = test_card;
    both.extra = extra;
    both.n_extra = 3;
    return world_run(m, &both, MMK_VERB_INSTALL, 0, NULL, some_settings, report);
}

static void both_hives(struct model *m)
{
    (void)install_both_hives(m, NULL);
}

static uint32_t configure(struct model *m, struct mmk_install_report *report)
{
    return RUN(m, &test_card, MMK_VERB_CONFIGURE, 0, NULL, report, "rate_hz=96000", "secret",
               "backend=file", "device.0.rate_hz=8000");
}

static uint32_t configure_user(struct model *m, struct mmk_install_report *report)
{
    const struct mmk_assignment a[] = {
        {"dither", "off"}, {"device.2.rate_hz", "11025"}, {"secret", "s"}};
    const struct mmk_install_request request = {
        .verb = MMK_VERB_CONFIGURE, .assignments = a, .n_assignments = 3, .per_user = true};
    return mmk_install_run(&m->port, &test_card, &request, NULL, report);
}

static uint32_t remove_card(struct model *m, struct mmk_install_report *report)
{
    return world_run(m, &test_card, MMK_VERB_REMOVE, 0, NULL, no_settings, report);
}

static uint32_t remove_keep(struct model *m, struct mmk_install_report *report)
{
    return world_run(m, &test_card, MMK_VERB_REMOVE, MMK_INSTALL_KEEP_SETTINGS, NULL, no_settings,
                     report);
}

static void kept_settings(struct model *m)
{
    installed(m);
    (void)remove_keep(m, NULL);
}

static void removed(struct model *m)
{
    installed(m);
    (void)remove_card(m, NULL);
}

static uint32_t repair(struct model *m, struct mmk_install_report *report)
{
    return world_run(m, &test_card, MMK_VERB_REPAIR, 0, NULL, no_settings, report);
}

static uint32_t recover(struct model *m, struct mmk_install_report *report)
{
    return mmk_install_recover(&m->port, report) == MMK_OK ? OK : CANCEL;
}

static uint32_t bad_hardware(struct model *m, struct mmk_install_report *report)
{
    m->probe.err = MMK_ERR_BUSY;
    const uint32_t answer = install(m, report);
    m->probe.err = MMK_OK;
    return answer;
}

const struct scenario scenarios[] = {
    {"install", clean, install, OK, true, false},
    {"install, empty registry", bare, install, OK, true, false},
    {"install, alias stands", alias_stands, install, OK, true, false},
    {"install, both hives", clean, install_both_hives, OK, true, false},
    {"install, last free slot", slots_nearly_full, install, OK, true, false},
    {"install, hardware busy", clean, bad_hardware, CANCEL, false, false},
    {"install, PnP", clean, install_pnp, OK, true, false},
    {"install, second product", installed, install_codec, OK, true, false},
    {"install, codec with cache", cached, install_codec, OK, true, false},
    {"install, files and INI", with_files, copy_install, OK, true, false},
    {"install, over a foreign file", with_foreign_file, copy_install, OK, true, false},
    {"install, settings were kept", kept_settings, install_plain, OK, true, false},
    {"install, after a remove", removed, install_plain, OK, true, true},
    {"reinstall", installed, install, OK, false, false},
    {"upgrade", old_version, install_plain, OK, false, false},
    {"upgrade, same session", old_version, install_plain, OK, false, true},
    {"downgrade, refused", new_version, install_plain, CANCEL, false, false},
    {"configure", installed, configure, OK, true, false},
    {"configure, same session", installed, configure, OK, true, true},
    {"configure, not installed", clean, configure, OK, true, false},
    {"configure, per user", user_configured, configure_user, OK, true, false},
    {"repair", damaged, repair, OK, true, false},
    {"recover", installed, recover, OK, false, true},
    {"remove", installed, remove_card, OK, true, false},
    {"remove, same session", installed, remove_card, OK, true, true},
    {"remove, settings kept", installed, remove_keep, OK, true, false},
    {"remove, foreign edit", edited, remove_card, OK, true, false},
    {"remove, one of two", both_installed, remove_card, OK, true, false},
    {"remove, both hives", both_hives, remove_card, OK, true, false},
    {"remove, user settings too", user_configured, remove_card, OK, true, true},
    {"remove, files and INI", copied, remove_card, OK, true, false},
};
const size_t n_scenarios = sizeof scenarios / sizeof scenarios[0];
