/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <mmk/param.h>

#include <string.h>

#include "base/utf.h"
#include "param/text_out.h"

#define VALUE_BYTES (4u * MMK_ALIAS_VALUE_MAX + 1u)
#define KEY_BYTES   64u

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* End of the piece at `at`: the first blank outside quotes. NULL if a quote is never closed. */
static const char *piece_end(const char *at)
{
    bool quoted = false;
    for (; *at != 0 && (quoted || !is_blank(*at)); at++)
        if (*at == '"')
            quoted = !quoted;
    return quoted ? NULL : at;
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

/* `/key` and what follows it. false: not of our grammar at all. */
static bool split_key(const char *raw, size_t len, char *key, size_t *value_at)
{
    size_t at = 1;
    if (len < 2 || raw[0] != '/')
        return false;
    while (at < len && is_key_char(raw[at]))
        at++;
    if (at == 1 || at > KEY_BYTES || (at < len && raw[at] != ':'))
        return false;
    memcpy(key, raw + 1, at - 1);
    key[at - 1] = 0;
    *value_at = at;
    return true;
}

/* The value behind `/key`: bare without any quote, or quoted as a whole. false: neither. */
static bool split_value(const char *raw, size_t len, size_t at, char *value)
{
    if (at >= len)
        return false; /* no colon: no value */
    at++;
    if (at < len && raw[at] == '"') {
        if (len - at < 2 || raw[len - 1] != '"')
            return false;
        at++;
        len--;
    }
    if (len - at >= VALUE_BYTES || memchr(raw + at, '"', len - at) != NULL)
        return false;
    memcpy(value, raw + at, len - at);
    value[len - at] = 0;
    return true;
}

mmk_err mmk_alias_walk(const char *alias_text, mmk_alias_piece *piece, void *user)
{
    const char *at = alias_text != NULL ? alias_text : "";
    /* quotes first, so that nothing is delivered of a text that cannot be read to its end */
    for (const char *p = at; *p != 0; p++) {
        p = piece_end(p);
        if (p == NULL)
            return MMK_ERR_SYNTAX;
        if (*p == 0)
            break;
    }
    for (;;) {
        char key[KEY_BYTES];
        char value[VALUE_BYTES];
        size_t value_at = 0;
        while (is_blank(*at))
            at++;
        if (*at == 0)
            return MMK_OK;
        const size_t len = (size_t)(piece_end(at) - at);
        const bool ours = split_key(at, len, key, &value_at);
        const bool good = ours && split_value(at, len, value_at, value);
        const mmk_err err = piece(user, at, len, ours ? key : NULL, good ? value : NULL);
        if (err != MMK_OK)
            return err;
        at += len;
    }
}

static int index_of_key(const struct mmk_param_table *table, const char *key)
{
    for (size_t i = 0; key != NULL && i < table->n_params; i++)
        if (table->params[i].alias_key != NULL && mmk_name_equal(table->params[i].alias_key, key))
            return (int)i;
    return -1;
}

/* ------------------------------------------------------------------ apply */

struct apply {
    struct mmk_settings settings;
    uint32_t hosts;
    uint32_t seen; /* bit by the table's index */
    struct mmk_param_error *error;
};

static mmk_err complain(struct mmk_param_error *error, mmk_err err, const char *name,
                        const char *raw, size_t raw_len, const char *what)
{
    struct mmki_text t;
    char copy[96];
    struct mmki_text cut;
    if (error == NULL)
        return err;
    mmki_text_init(&cut, copy, sizeof copy);
    mmki_text_add_n(&cut, raw, raw_len);
    error->err = err;
    mmki_text_init(&t, error->text, sizeof error->text);
    if (name != NULL)
        MMKI_TEXT_JOIN(&t, name, ": ");
    mmki_text_add(&t, "alias option ");
    mmki_text_add_line(&t, copy);
    MMKI_TEXT_JOIN(&t, " ", what);
    return err;
}

static mmk_err apply_piece(void *user, const char *raw, size_t raw_len, const char *key,
                           const char *value)
{
    struct apply *a = user;
    const int index = index_of_key(a->settings.table, key);
    if (index < 0)
        return MMK_OK;
    const struct mmk_param *param = &a->settings.table->params[index];
    if (value == NULL)
        return complain(a->error, MMK_ERR_SYNTAX, param->name, raw, raw_len,
                        "has no value, or quotes inside it; allowed: /key:value or /key:\"value\"");
    if ((a->seen & 1u << index) != 0)
        return complain(a->error, MMK_ERR_EXISTS, param->name, raw, raw_len,
                        "is there twice; allowed: once");
    a->seen |= 1u << index;
    return mmk_settings_set(&a->settings, a->hosts, param->name, value, MMK_SOURCE_ALIAS, a->error);
}

mmk_err mmk_alias_apply(const char *alias_text, uint32_t hosts, struct mmk_settings *settings,
                        struct mmk_param_error *error)
{
    struct apply a = {.settings = *settings, .hosts = hosts, .seen = 0, .error = error};
    struct mmk_param_error walked = {.err = MMK_OK};
    a.error = &walked;
    const mmk_err err = mmk_alias_walk(alias_text, apply_piece, &a);
    if (err != MMK_OK && walked.err == MMK_OK)
        complain(&walked, err, NULL, alias_text, strlen(alias_text),
                 "has a quote that is not closed");
    if (err == MMK_OK)
        *settings = a.settings;
    else if (error != NULL)
        *error = walked;
    return err;
}

/* ------------------------------------------------------------------ compose */

struct compose {
    struct mmki_text out;
    const struct mmk_param_table *table;
};

static mmk_err keep_foreign(void *user, const char *raw, size_t raw_len, const char *key,
                            const char *value)
{
    struct compose *c = user;
    (void)value;
    if (index_of_key(c->table, key) >= 0)
        return MMK_OK;
    mmki_text_add(&c->out, " ");
    mmki_text_add_n(&c->out, raw, raw_len);
    return MMK_OK;
}

static bool too_long(const struct mmki_text *out)
{
    return out->full || mmk_wtf8_units(out->at, out->len) > MMK_ALIAS_VALUE_MAX;
}

static void add_option(struct mmki_text *out, const struct mmk_param *param, const char *text)
{
    const bool quote = text[0] == 0 || strpbrk(text, " \t") != NULL;
    MMKI_TEXT_JOIN(out, " /", param->alias_key, ":", quote ? "\"" : "", text, quote ? "\"" : "");
}

static void add_options(struct mmki_text *out, const struct mmk_settings *settings, bool long_ones)
{
    for (size_t i = 0; i < settings->table->n_params; i++) {
        const struct mmk_param *param = &settings->table->params[i];
        struct mmk_setting standard;
        if (param->alias_key == NULL || (param->type == MMK_PARAM_TEXT && !long_ones))
            continue;
        if (mmk_param_parse(param, MMK_HOST_ALL, param->default_text, &standard, NULL) == MMK_OK &&
            strcmp(standard.text, settings->value[i].text) != 0)
            add_option(out, param, settings->value[i].text);
    }
}

mmk_err mmk_alias_compose(const char *file, const char *old_text,
                          const struct mmk_settings *settings, char *out, size_t cap)
{
    char room[VALUE_BYTES];
    struct compose c = {.table = settings->table};
    mmki_text_init(&c.out, room, sizeof room);
    mmki_text_add(&c.out, file);
    const mmk_err err = mmk_alias_walk(old_text, keep_foreign, &c);
    if (err != MMK_OK)
        return err;
    if (too_long(&c.out))
        return MMK_ERR_TOO_LONG;
    /* all, or all but the long ones, or none: never a choice of some that nobody could predict */
    const size_t kept = c.out.len;
    for (int attempt = 0; attempt < 3; attempt++) {
        c.out.len = kept;
        c.out.full = false;
        room[kept] = 0;
        if (attempt < 2)
            add_options(&c.out, settings, attempt == 0);
        if (!too_long(&c.out))
            break;
    }
    if (c.out.len >= cap)
        return MMK_ERR_MORE;
    memcpy(out, room, c.out.len + 1);
    return MMK_OK;
}

mmk_err mmk_alias_split(const char *value, char *file, size_t cap, const char **text)
{
    size_t len = 0;
    while (value[len] != 0 && !is_blank(value[len]))
        len++;
    if (len == 0)
        return MMK_ERR_SYNTAX;
    if (len >= cap)
        return MMK_ERR_MORE;
    memcpy(file, value, len);
    file[len] = 0;
    value += len;
    while (is_blank(*value))
        value++;
    *text = *value != 0 ? value : NULL;
    return MMK_OK;
}
