/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <mmk/param.h>

#include <assert.h>
#include <string.h>

#include "base/utf.h"
#include "param/text_out.h"

int mmk_param_index(const struct mmk_param_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_params; i++)
        if (mmk_name_equal(table->params[i].name, name))
            return (int)i;
    return -1;
}

uint32_t mmk_host_bit(const char *host)
{
    if (host == NULL)
        return 0;
    if (strcmp(host, "posix") == 0)
        return MMK_HOST_POSIX;
    if (strcmp(host, "wine") == 0)
        return MMK_HOST_WINE;
    return strcmp(host, "windows") == 0 ? MMK_HOST_WINDOWS : 0;
}

/* ------------------------------------------------------------------ what is wrong, in words */

static void add_allowed(struct mmki_text *t, const struct mmk_param *param, uint32_t hosts)
{
    const char *separator = "";
    switch (param->type) {
    case MMK_PARAM_UINT:
        mmki_text_add_u64(t, param->min);
        mmki_text_add(t, " to ");
        mmki_text_add_u64(t, param->max);
        if (param->unit != NULL)
            MMKI_TEXT_JOIN(t, " ", param->unit);
        break;
    case MMK_PARAM_BOOL:
        mmki_text_add(t, "on or off");
        break;
    case MMK_PARAM_CHOICE:
        mmki_text_add(t, "one of ");
        for (const struct mmk_param_choice *c = param->choices; c->name != NULL; c++) {
            if ((c->hosts & hosts) == 0)
                continue;
            MMKI_TEXT_JOIN(t, separator, c->name);
            separator = ", ";
        }
        break;
    case MMK_PARAM_TEXT:
        mmki_text_add(t, "at most ");
        mmki_text_add_u64(t, param->max);
        mmki_text_add(t, " bytes of text without quotes and control characters");
        break;
    }
}

/* "rate_hz: 7 is out of range; allowed: 1000 to 384000 Hz" */
static mmk_err complain(struct mmk_param_error *error, const struct mmk_param *param,
                        uint32_t hosts, const char *text, const char *what, mmk_err err)
{
    struct mmki_text t;
    if (error == NULL)
        return err;
    error->err = err;
    mmki_text_init(&t, error->text, sizeof error->text);
    MMKI_TEXT_JOIN(&t, param->name, ": \"");
    struct mmki_text quoted;
    char room[64];
    mmki_text_init(&quoted, room, sizeof room);
    mmki_text_add_line(&quoted, text);
    MMKI_TEXT_JOIN(&t, room, quoted.full ? "...\" " : "\" ", what, "; allowed: ");
    add_allowed(&t, param, hosts);
    return err;
}

/* ------------------------------------------------------------------ one parser for each type */

static mmk_err parse_uint(const struct mmk_param *param, const char *text, struct mmk_setting *out,
                          const char **what)
{
    const size_t len = strlen(text);
    uint64_t number;
    struct mmki_text t;
    if (len == 0 || strspn(text, "0123456789") != len) {
        *what = "is not a number";
        return MMK_ERR_SYNTAX;
    }
    if (!mmki_parse_u64(text, len, &number) || number < param->min || number > param->max) {
        *what = "is out of range";
        return MMK_ERR_RANGE;
    }
    out->number = (uint32_t)number;
    mmki_text_init(&t, out->text, sizeof out->text);
    mmki_text_add_u64(&t, number);
    return MMK_OK;
}

static mmk_err parse_bool(const char *text, struct mmk_setting *out, const char **what)
{
    static const char *const words[2][4] = {{"off", "0", "no", "false"},
                                            {"on", "1", "yes", "true"}};
    for (uint32_t value = 0; value < 2; value++)
        for (size_t i = 0; i < 4; i++)
            if (mmk_name_equal(text, words[value][i])) {
                out->number = value;
                memcpy(out->text, words[value][0], strlen(words[value][0]) + 1);
                return MMK_OK;
            }
    *what = "is neither on nor off";
    return MMK_ERR_SYNTAX;
}

static mmk_err parse_choice(const struct mmk_param *param, uint32_t hosts, const char *text,
                            struct mmk_setting *out, const char **what)
{
    for (uint32_t i = 0; param->choices[i].name != NULL; i++) {
        if (!mmk_name_equal(param->choices[i].name, text))
            continue;
        if ((param->choices[i].hosts & hosts) == 0) {
            *what = "is not to be had on this host";
            return MMK_ERR_UNSUPPORTED;
        }
        out->number = i;
        assert(strlen(param->choices[i].name) < sizeof out->text);
        memcpy(out->text, param->choices[i].name, strlen(param->choices[i].name) + 1);
        return MMK_OK;
    }
    *what = "is none of the choices";
    return MMK_ERR_RANGE;
}

/* Control characters of ASCII and of Latin-1 (C2 80 .. C2 9F), and the quote that alias text cannot
 * say. */
static bool holds_forbidden(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != 0; p++)
        if (*p < 0x20 || *p == 0x7f || *p == '"' || (p[0] == 0xc2 && p[1] < 0xa0))
            return true;
    return false;
}

static mmk_err parse_text(const struct mmk_param *param, const char *text, struct mmk_setting *out,
                          const char **what)
{
    const size_t len = strlen(text);
    if (len > param->max || len >= sizeof out->text) {
        *what = "is too long";
        return MMK_ERR_TOO_LONG;
    }
    if (!mmk_wtf8_valid(text, len)) {
        *what = "is not UTF-8";
        return MMK_ERR_SYNTAX;
    }
    if (holds_forbidden(text)) {
        *what = "holds a quote or a control character";
        return MMK_ERR_SYNTAX;
    }
    out->number = 0;
    memcpy(out->text, text, len + 1);
    return MMK_OK;
}

mmk_err mmk_param_parse(const struct mmk_param *param, uint32_t hosts, const char *text,
                        struct mmk_setting *out, struct mmk_param_error *error)
{
    const char *what = "";
    mmk_err err = MMK_ERR_INVAL;
    if ((param->hosts & hosts) == 0)
        return complain(error, param, MMK_HOST_ALL, text, "is for another host",
                        MMK_ERR_UNSUPPORTED);
    switch (param->type) {
    case MMK_PARAM_UINT:
        err = parse_uint(param, text, out, &what);
        break;
    case MMK_PARAM_BOOL:
        err = parse_bool(text, out, &what);
        break;
    case MMK_PARAM_CHOICE:
        err = parse_choice(param, hosts, text, out, &what);
        break;
    case MMK_PARAM_TEXT:
        err = parse_text(param, text, out, &what);
        break;
    }
    return err == MMK_OK ? MMK_OK : complain(error, param, hosts, text, what, err);
}
