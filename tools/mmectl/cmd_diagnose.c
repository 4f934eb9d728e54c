/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/dsp.h>
#include <mmk/version.h>

#include "mmectl.h"
#include "report.h"
#include "settings.h"

/* One page, in the order in which a maintainer asks. Every part goes on when another fails: a page
 * about a damaged registry is what it is for. */

static void part(struct mmectl *m, const char *title)
{
    say(m, "%s", "");
    say(m, "[%s]", title);
}

static void trouble(struct mmectl *m, const char *what, mmk_err err)
{
    const char *words = host_registry_error(m->host);
    if (!words[0])
        words = mmk_err_text(err);
    say(m, "  %s%s: %s%s", tint(m, TINT_BAD), what, words, tint_end(m));
}

static void show_program(struct mmectl *m)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } features[] = {{MMK_CPU_SSE2, "sse2"},
                    {MMK_CPU_AVX2_FMA, "avx2+fma"},
                    {MMK_CPU_AVX512, "avx512"},
                    {MMK_CPU_NEON, "neon"}};
    char host[300], list[80] = "";
    uint32_t has = host_cpu_features();
    const char *kernels = mmk_dsp_select(mmk_dsp_features(has, getenv("MMK_CPU")))->name;
    struct mmk_port *port = host_port(m->host);
    host_describe(host, sizeof host);
    json_string(&m->json, "host", port->host);
    json_string(&m->json, "system", host);
    json_string(&m->json, "wave_system", host_wave_system());
    json_uint(&m->json, "pointer_bits", port->pointer_bits);
    json_array(&m->json, "cpu_features");
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        if (!(has & features[i].bit))
            continue;
        size_t len = strlen(list);
        snprintf(list + len, sizeof list - len, " %s", features[i].name);
        json_string(&m->json, NULL, features[i].name);
    }
    json_end(&m->json);
    json_string(&m->json, "kernels", kernels);
    json_bool(&m->json, "real_audio", host_has_real_audio(m->host));
    say(m, "mmectl     %s, %s", MMK_VERSION_TEXT, host_wave_system());
    say(m, "host       %s, %s, %u-bit", port->host, host, port->pointer_bits);
    say(m, "processor %s; sound by the kernels %s", list[0] ? list : " no extensions used",
        kernels);
    say(m, "real sound %s",
        host_has_real_audio(m->host) ? "yes" : "no device of the machine found");
}

static void show_registry(struct mmectl *m)
{
    struct host_registry_facts facts;
    host_registry_facts(m->host, &facts);
    part(m, "registry");
    say(m, "  %s", facts.where);
    if (facts.exists && !facts.encoding[0])
        say(m, "  %s for this user",
            facts.writable ? "the machine's part is writable"
                           : "the machine's part is NOT writable");
    else if (facts.exists)
        say(m, "  %s, %s, %llu bytes, mode %04o, %s", facts.encoding, facts.line_ends,
            (unsigned long long)facts.size_bytes, facts.mode,
            facts.writable ? "writable" : "NOT writable");
    else
        say(m, "  not there yet%s", facts.writable ? "" : ", and its folder is NOT writable");
    say(m, "  journal %s: %s", facts.journal, facts.journal_exists ? "there" : "none");
    say(m, "  modules from %s", facts.drivers_dir);
    json_object(&m->json, "registry");
    json_string(&m->json, "path", facts.where);
    json_bool(&m->json, "exists", facts.exists);
    json_string(&m->json, "encoding", facts.encoding[0] ? facts.encoding : NULL);
    json_string(&m->json, "line_ends", facts.line_ends[0] ? facts.line_ends : NULL);
    json_uint(&m->json, "size_bytes", facts.size_bytes);
    json_uint(&m->json, "mode", facts.mode);
    json_bool(&m->json, "writable", facts.writable);
    json_string(&m->json, "journal", facts.journal);
    json_bool(&m->json, "journal_exists", facts.journal_exists);
    json_string(&m->json, "drivers_dir", facts.drivers_dir);
    bool pending = false;
    mmk_err err = mmk_install_peek(host_port(m->host), &pending);
    if (err)
        trouble(m, "the journal cannot be read", err);
    else if (pending)
        say(m, "  %san interrupted run waits: mmectl recover%s", tint(m, TINT_DOUBT), tint_end(m));
    json_bool(&m->json, "unfinished", pending);
    json_end(&m->json);
}

static void show_drivers(struct mmectl *m)
{
    unsigned n;
    part(m, "drivers");
    json_array(&m->json, "drivers");
    mmk_err err = status_show_all(m, &n);
    json_end(&m->json);
    if (err)
        trouble(m, "the record cannot be read", err);
}

static void show_aliases(struct mmectl *m)
{
    static const char *const titles[] = {"Drivers32, 64-bit view", "Drivers32, 32-bit view"};
    unsigned n;
    json_array(&m->json, "aliases");
    for (int view = 0; view < (host_port(m->host)->registry->has_view_32 ? 2 : 1); view++) {
        part(m, titles[view]);
        mmk_err err = aliases_show(m, (mmk_reg_view)view, &n);
        if (err)
            trouble(m, "cannot be read", err);
        else if (!n)
            say(m, "  none");
    }
    json_end(&m->json);
}

/* Settings of what is installed; of the first driver if nothing is. */
static bool settings_count(struct mmectl *m, const struct mmk_driver_class *const *drivers,
                           size_t n, size_t index)
{
    struct mmk_installed installed;
    bool any = false;
    for (size_t i = 0; i < n; i++)
        any = any ||
              installed_find(host_port(m->host), drivers[i]->product->name, &installed) == MMK_OK;
    return any ? installed_find(host_port(m->host), drivers[index]->product->name, &installed) ==
                     MMK_OK
               : index == 0;
}

static void show_settings(struct mmectl *m)
{
    size_t n;
    const struct mmk_driver_class *const *drivers = host_drivers(&n);
    struct mmk_settings *settings = malloc(sizeof *settings);
    json_array(&m->json, "settings");
    for (size_t i = 0; i < n && settings; i++) {
        const struct mmk_product *product = drivers[i]->product;
        struct mmk_param_error error = {0};
        if (!settings_count(m, drivers, n, i))
            continue;
        char title[80];
        snprintf(title, sizeof title, "settings of %s", product->name);
        part(m, title);
        json_object(&m->json, NULL);
        json_string(&m->json, "driver", product->name);
        json_array(&m->json, "values");
        mmk_err err = settings_of(host_port(m->host), product, MMK_DEVICE_NONE, settings, &error);
        if (err)
            trouble(m, "cannot be read", err);
        else
            settings_show(m, settings, MMK_DEVICE_NONE, NULL);
        json_end(&m->json);
        json_string(&m->json, "damaged", error.err ? error.text : NULL);
        json_end(&m->json);
        if (error.err)
            say(m, "  %sdamaged and not used: %s%s", tint(m, TINT_BAD), error.text, tint_end(m));
    }
    json_end(&m->json);
    free(settings);
}

static void show_devices(struct mmectl *m)
{
    static const char *const keys[] = {"playback", "capture"};
    static const char *const titles[] = {"wave output", "wave input"};
    for (int d = 0; d < 2; d++) {
        part(m, titles[d]);
        json_array(&m->json, keys[d]);
        wave_devices_show(m, (mmk_direction)d);
        json_end(&m->json);
    }
    part(m, "what an output can play into");
    json_array(&m->json, "playback_backends");
    backends_show(m, MMK_PLAYBACK);
    json_end(&m->json);
}

static void show_findings(struct mmectl *m)
{
    size_t n;
    uint32_t n_problems;
    bool here;
    const struct mmk_driver_class *const *drivers = host_drivers(&n);
    part(m, "verify");
    json_array(&m->json, "verify");
    for (size_t i = 0; i < n; i++) {
        mmk_err err = verify_show(m, drivers[i]->product, &n_problems, &here);
        if (err)
            trouble(m, "cannot be verified", err);
    }
    json_end(&m->json);
}

/* Drivers share parameters; each is one variable. */
static bool named_before(const struct mmk_driver_class *const *drivers, size_t d, const char *name)
{
    for (size_t i = 0; i < d; i++)
        if (mmk_param_index(drivers[i]->product->params, name) >= 0)
            return true;
    return false;
}

/* MMEKIT_* of the environment is above all settings and thus often the answer. */
static void show_environment(struct mmectl *m)
{
    size_t n;
    unsigned shown = 0;
    const struct mmk_driver_class *const *drivers = host_drivers(&n);
    struct mmk_platform *platform = host_port(m->host)->platform;
    static const char *const own[] = {"MMEKIT_REGISTRY", "MMEKIT_DRIVERS", "MMEKIT_TRACE"};
    part(m, "environment");
    json_object(&m->json, "environment");
    for (size_t d = 0; d < n; d++)
        for (size_t i = 0; i < drivers[d]->product->params->n_params + 3; i++) {
            char name[80], value[512];
            if (i < 3 ? d > 0
                      : named_before(drivers, d, drivers[d]->product->params->params[i - 3].name))
                continue;
            if (i < 3)
                snprintf(name, sizeof name, "%s", own[i]);
            else
                snprintf(name, sizeof name, "MMEKIT_%s",
                         drivers[d]->product->params->params[i - 3].name);
            for (char *c = name; *c; c++)
                if (*c >= 'a' && *c <= 'z')
                    *c = (char)(*c - 'a' + 'A');
            if (platform->ops->env(platform, name, value, sizeof value) != MMK_OK)
                continue;
            say(m, "  %s=%s", name, value);
            json_string(&m->json, name, value);
            shown++;
        }
    json_end(&m->json);
    if (!shown)
        say(m, "  no MMEKIT_* variable is set");
}

enum outcome verb_diagnose(struct mmectl *m)
{
    show_program(m);
    show_registry(m);
    show_environment(m);
    show_drivers(m);
    show_aliases(m);
    show_settings(m);
    show_devices(m);
    show_findings(m);
    return OUTCOME_OK;
}
