/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "fuzz.h"

#include <mmk/driver.h>
#include <mmk/param.h>
#include <mmk/shipped.h>

/* Alias text: what is composed is read back with the same settings, is never too long, and is
 * stable. */

static mmk_err count_piece(void *user, const char *raw, size_t raw_len, const char *key,
                           const char *value)
{
    size_t *n = user;
    CLAIM(raw_len > 0 && raw_len <= strlen(raw));
    CLAIM(key != NULL || value == NULL); /* a key of our grammar may have a value that is not */
    *n += raw_len;
    return MMK_OK;
}

static bool same(const struct mmk_settings *a, const struct mmk_settings *b, bool texts)
{
    for (size_t i = 0; i < a->table->n_params; i++)
        if (a->table->params[i].alias_key != NULL &&
            (texts || a->table->params[i].type != MMK_PARAM_TEXT) &&
            strcmp(a->value[i].text, b->value[i].text) != 0)
            return false;
    return true;
}

static void compose(const char *text, const struct mmk_settings *settings)
{
    char value[4 * MMK_ALIAS_VALUE_MAX + 1], again[4 * MMK_ALIAS_VALUE_MAX + 1], file[64];
    const char *options;
    struct mmk_settings back;
    struct mmk_param_error error;

    if (mmk_alias_compose("mmewave.drv", text, settings, value, sizeof value) != MMK_OK)
        return;
    CLAIM(mmk_alias_split(value, file, sizeof file, &options) == MMK_OK);
    CLAIM(strcmp(file, "mmewave.drv") == 0);
    mmk_settings_defaults(settings->table, &back);
    CLAIM(mmk_alias_apply(options != NULL ? options : "", MMK_HOST_ALL, &back, &error) == MMK_OK);
    /* where not all fit: all but the long texts, or none */
    struct mmk_settings none;
    mmk_settings_defaults(settings->table, &none);
    CLAIM(same(settings, &back, false) || same(&none, &back, true));
    CLAIM(mmk_alias_compose("mmewave.drv", options, settings, again, sizeof again) == MMK_OK);
    CLAIM(strcmp(value, again) == 0);
}

void fuzz_one(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    const struct mmk_param_table *table = mmk_virtual_card.product->params;
    struct mmk_settings settings;
    struct mmk_param_error error;
    char file[32];
    const char *rest;
    size_t n = 0;

    mmk_settings_defaults(table, &settings);
    for (unsigned i = fuzz_u8(&in) % 4; i > 0; i--) { /* a caller's settings */
        const struct mmk_param *param = &table->params[fuzz_u8(&in) % table->n_params];
        char *text = fuzz_text(&in, fuzz_u8(&in));
        mmk_settings_set(&settings, MMK_HOST_ALL, param->name, text, MMK_SOURCE_CALLER, &error);
        free(text);
    }
    char *text = fuzz_text(&in, 4096);
    const mmk_err walked = mmk_alias_walk(text, count_piece, &n);
    CLAIM(walked == MMK_OK || walked == MMK_ERR_SYNTAX || walked == MMK_ERR_TOO_LONG);
    CLAIM(n <= strlen(text));
    mmk_alias_split(text, file, sizeof file, &rest);
    struct mmk_settings before = settings;
    if (mmk_alias_apply(text, MMK_HOST_ALL, &settings, &error) != MMK_OK) {
        CLAIM(memcmp(&before, &settings, sizeof before) == 0); /* an error changes nothing */
        CLAIM(memchr(error.text, '\0', sizeof error.text) != NULL && error.text[0] != '\0');
    }
    compose(text, &settings);
    free(text);
}
