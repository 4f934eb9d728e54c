/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_world.h"

#include <stdio.h>
#include <string.h>

#include <mmk/hash.h>

struct model *world_probed;

static const struct mmk_param_choice backends[] = {{"null", MMK_HOST_ALL, ""},
                                                   {"file", MMK_HOST_ALL, ""},
                                                   {"wod", MMK_HOST_WINDOWS | MMK_HOST_POSIX, ""},
                                                   {"system", MMK_HOST_WINDOWS, ""},
                                                   {0}};

static const struct mmk_param params[] = {
    {.name = "backend",
     .scope = MMK_SCOPE_DEVICE,
     .type = MMK_PARAM_CHOICE,
     .choices = backends,
     .default_text = "null",
     .hosts = MMK_HOST_ALL,
     .alias_key = "backend"},
    {.name = "path",
     .scope = MMK_SCOPE_DEVICE,
     .type = MMK_PARAM_TEXT,
     .max = 259,
     .default_text = "",
     .applies_when = "backend=file",
     .hosts = MMK_HOST_ALL,
     .alias_key = "path"},
    {.name = "rate_hz",
     .scope = MMK_SCOPE_DEVICE,
     .type = MMK_PARAM_UINT,
     .min = 1000,
     .max = 384000,
     .default_text = "48000",
     .hosts = MMK_HOST_ALL,
     .alias_key = "rate",
     .unit = "Hz"},
    {.name = "dither",
     .scope = MMK_SCOPE_DEVICE,
     .type = MMK_PARAM_BOOL,
     .default_text = "on",
     .hosts = MMK_HOST_ALL,
     .alias_key = "dither"},
    {.name = "devices",
     .scope = MMK_SCOPE_DRIVER,
     .type = MMK_PARAM_UINT,
     .min = 1,
     .max = 16,
     .default_text = "1",
     .hosts = MMK_HOST_ALL,
     .alias_key = "devices"},
    {.name = "secret",
     .scope = MMK_SCOPE_DRIVER,
     .type = MMK_PARAM_TEXT,
     .max = 64,
     .default_text = "",
     .hosts = MMK_HOST_ALL},
};
const struct mmk_param_table test_params = {params, sizeof params / sizeof params[0]};

static const struct mmk_extra_value card_extra[] = {
    {.root = MMK_REG_MACHINE,
     .both_views = true,
     .path = DESC,
     .name = "testcard.drv",
     .text = "the test's card"},
};
static const struct mmk_extra_value codec_extra[] = {
    {.root = MMK_REG_MACHINE, .path = DESC, .name = "testcodec.acm", .text = "the test's codec"},
    {.root = MMK_REG_MACHINE, .path = CACHE, .remove = true},
};
static const struct mmk_support card_support[] = {
    {.kind = MMK_SUPPORT_ALIAS,
     .name = "wave",
     .needed_when = "backend=wod",
     .cure = "install a wave driver first"},
};

static mmk_err probe(struct mmk_port *port, const struct mmk_settings *settings,
                     mmk_direction direction, uint32_t timeout_ms, char *reason, size_t cap)
{
    struct model *m = world_probed;
    const uint32_t device = m->probe.n_calls++ / MMK_DIRECTION_COUNT;
    (void)port;
    (void)settings;
    (void)timeout_ms;
    (void)direction;
    m->now_ns += m->probe.takes_ns;
    if (m->probe.err == MMK_OK ||
        (m->probe.fail_device != UINT32_MAX && m->probe.fail_device != device))
        return MMK_OK;
    snprintf(reason, cap, "%s", m->probe.reason != NULL ? m->probe.reason : "");
    return m->probe.err;
}

struct mmk_product test_card = {
    .name = "testcard",
    .file = "testcard.drv",
    .title = "the test's card",
    .version = 2u << 24,
    .section = "Drivers32",
    .alias_base = "wave",
    .numbered = true,
    .params = &test_params,
    .support = card_support,
    .n_support = 1,
    .extra = card_extra,
    .n_extra = 1,
    .probe = probe,
};

struct mmk_product test_codec = {
    .name = "testcodec",
    .file = "testcodec.acm",
    .title = "the test's codec",
    .version = 1u << 24,
    .section = "Drivers32",
    .alias_base = "msacm.test",
    .params = &test_params,
    .extra = codec_extra,
    .n_extra = 2,
};

void world_init(struct model *m, enum model_mode mode)
{
    model_init(m, mode);
    world_probed = m;
    for (int view = 0; view < MMK_VIEW_COUNT; view++) {
        model_set_module(m, "testcard.drv", (mmk_reg_view)view, 0, MMK_OK);
        model_set_module(m, "testcodec.acm", (mmk_reg_view)view, 0, MMK_OK);
        model_put_sz(m, MMK_REG_MACHINE, (mmk_reg_view)view, SECTION, "wave", "wdmaud.drv");
        model_put_sz(m, MMK_REG_MACHINE, (mmk_reg_view)view, SECTION, "midi", "wdmaud.drv");
        model_put_sz(m, MMK_REG_MACHINE, (mmk_reg_view)view, SECTION, "msacm.imaadpcm",
                     "imaadp32.acm");
    }
    model_put_sz(m, MMK_REG_MACHINE, MMK_VIEW_64, "Software\\Other", "", "the default value");
    model_put(m, MMK_REG_MACHINE, MMK_VIEW_64, "Software\\Other", "odd", 0x77, "\x01\x02\x03", 3);
    model_put_sz(m, MMK_REG_USER, MMK_VIEW_64, "Software\\Other", "mine", "yes");
}

uint32_t world_run(struct model *m, const struct mmk_product *product, mmk_install_verb verb,
                   uint32_t flags, const char *alias, const char *const *settings,
                   struct mmk_install_report *report)
{
    struct mmk_assignment assignments[32];
    char names[32][64];
    size_t n = 0;
    for (; settings[n] != NULL; n++) {
        const char *equals = strchr(settings[n], '=');
        const size_t len = equals != NULL ? (size_t)(equals - settings[n]) : strlen(settings[n]);
        snprintf(names[n], sizeof names[n], "%.*s", (int)len, settings[n]);
        assignments[n].name = names[n];
        assignments[n].text = equals != NULL ? equals + 1 : NULL;
    }
    const struct mmk_install_request request = {.verb = verb,
                                                .flags = flags,
                                                .alias = alias,
                                                .assignments = assignments,
                                                .n_assignments = n};
    m->probe.n_calls = 0;
    return mmk_install_run(&m->port, product, &request, NULL, report);
}

uint64_t world_owners(struct model *m)
{
    struct mmk_installed one;
    uint64_t h = MMK_FNV1A64_INIT;
    for (uint32_t i = 0; mmk_install_enum(&m->port, i, &one) == MMK_OK; i++) {
        h = mmk_fnv1a64(h, one.product, strlen(one.product) + 1);
        h = mmk_fnv1a64(h, one.alias, strlen(one.alias) + 1);
        h = mmk_fnv1a64(h, &one.version, sizeof one.version);
        h = mmk_fnv1a64(h, &one.n_values, sizeof one.n_values);
    }
    return h;
}

uint64_t world_answer(struct model *m)
{
    model_hook *hook = m->hook;
    const uint64_t n_ops = m->n_ops;
    m->hook = NULL;
    const uint64_t part[2] = {model_hash_world(&m->world, false, false), world_owners(m)};
    m->hook = hook;
    m->n_ops = n_ops;
    return mmk_fnv1a64(MMK_FNV1A64_INIT, part, sizeof part);
}

const char *world_text(struct model *m, const char *path, const char *name)
{
    const char *text = model_text(m, MMK_REG_MACHINE, MMK_VIEW_64, path, name);
    return text != NULL ? text : "-";
}

const char *world_text_32(struct model *m, const char *path, const char *name)
{
    const char *text = model_text(m, MMK_REG_MACHINE, MMK_VIEW_32, path, name);
    return text != NULL ? text : "-";
}
