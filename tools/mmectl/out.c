/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmectl.h"
#include "print.h"

#define LINE_MAX_BYTES 4096

/* Texts come from files that anybody wrote: nothing of theirs may steer the terminal or look like a
 * line of ours. The few sequences of tint() are let through where there are any. */
static void clean(char *line, bool tints)
{
    static const char *const ours[] = {"\033[32m", "\033[31m", "\033[33m", "\033[2m", "\033[0m"};
    for (char *c = line; *c; c++) {
        bool known = false;
        for (size_t i = 0; tints && i < sizeof ours / sizeof *ours; i++)
            known = known || strncmp(c, ours[i], strlen(ours[i])) == 0;
        if (((unsigned char)*c < 0x20 || *c == 0x7f) && !known)
            *c = '?';
    }
}

bool talks(const struct mmectl *m)
{
    return !m->args.given[OPT_QUIET] && !m->args.given[OPT_JSON];
}

static bool colours(const struct mmectl *m)
{
    const char *no = getenv("NO_COLOR");
    return talks(m) && !(no && no[0]) && host_has_escapes(stdout);
}

static void print_line(FILE *to, bool tints, const char *prefix, const char *fmt, va_list ap)
{
    char line[LINE_MAX_BYTES];
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif
    vsnprintf(line, sizeof line, fmt, ap);
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
    clean(line, tints);
    print_to(to, "%s%s\n", prefix, line);
}

void say(const struct mmectl *m, const char *fmt, ...)
{
    if (!talks(m))
        return;
    va_list ap;
    va_start(ap, fmt);
    print_line(stdout, colours(m), "", fmt, ap);
    va_end(ap);
}

void detail(const struct mmectl *m, const char *fmt, ...)
{
    if (!m->args.given[OPT_VERBOSE])
        return;
    va_list ap;
    va_start(ap, fmt);
    print_line(m->args.given[OPT_JSON] ? stderr : stdout, false, "", fmt, ap);
    va_end(ap);
}

void remark(const struct mmectl *m, const char *fmt, ...)
{
    if (m->args.given[OPT_QUIET])
        return;
    va_list ap;
    fflush(stdout);
    va_start(ap, fmt);
    print_line(stderr, false, "mmectl: ", fmt, ap);
    va_end(ap);
}

enum outcome fail(struct mmectl *m, enum outcome outcome, const char *code, const char *cure,
                  const char *fmt, ...)
{
    va_list ap;
    if (m->failed) /* what follows from the first failure is not worth a line */
        return outcome;
    m->failed = true;
    va_start(ap, fmt);
    vsnprintf(m->cause, sizeof m->cause, fmt, ap);
    va_end(ap);
    snprintf(m->code, sizeof m->code, "%s", code);
    snprintf(m->cure, sizeof m->cure, "%s", cure);
    char line[sizeof m->cause + sizeof m->cure + 8];
    snprintf(line, sizeof line, "%s%s%s", m->cause, cure[0] ? "; " : "", cure);
    clean(line, false);
    fflush(stdout);
    print_to(stderr, "mmectl: %s\n", line);
    return outcome;
}

struct err_advice {
    mmk_err err;
    enum outcome outcome;
    const char *cure;
};

static const struct err_advice advices[] = {
    {MMK_ERR_LOCKED, OUTCOME_LOCKED,
     "another mmectl or installer is at work; try again when it is done"},
    {MMK_ERR_CANCELLED, OUTCOME_CANCELLED, ""},
    {MMK_ERR_NO_SPACE, OUTCOME_FAILED, "free some space on the disk; nothing was changed"},
    {MMK_ERR_CORRUPT, OUTCOME_FAILED,
     "restore the file from a backup or correct it; nothing was changed"},
    {MMK_ERR_NOMEM, OUTCOME_FAILED, "close other programs"},
};

static const struct err_advice *advice_for(mmk_err err)
{
    static const struct err_advice none = {MMK_OK, OUTCOME_FAILED, ""};
    static struct err_advice access = {MMK_ERR_ACCESS, OUTCOME_FAILED, ""};
    if (err == MMK_ERR_ACCESS) {
        access.cure = host_rights_cure();
        return &access;
    }
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        if (advices[i].err == err)
            return &advices[i];
    return &none;
}

/* "MMK_ERR_IO" -> "IO" */
static const char *short_code(mmk_err err)
{
    const char *name = mmk_err_name(err);
    return strncmp(name, "MMK_ERR_", 8) == 0 ? name + 8 : name;
}

enum outcome fail_err(struct mmectl *m, mmk_err err, const char *what)
{
    const struct err_advice *advice = advice_for(err);
    return fail(m, advice->outcome, short_code(err), advice->cure, "%s: %s", what,
                mmk_err_text(err));
}

enum outcome fail_registry(struct mmectl *m, mmk_err err)
{
    const struct err_advice *advice = advice_for(err);
    const char *words = m->host ? host_registry_error(m->host) : "";
    if (!words[0])
        return fail_err(m, err, "registry");
    return fail(m, advice->outcome, short_code(err), advice->cure, "%s", words);
}

bool out_finish(struct mmectl *m, enum outcome outcome)
{
    bool good = true;
    if (m->args.given[OPT_JSON]) {
        while (m->json.depth > 1) /* a verb that failed inside a list */
            json_end(&m->json);
        json_bool(&m->json, "ok", outcome == OUTCOME_OK || outcome == OUTCOME_RESTART);
        json_int(&m->json, "exit", host_exit_code(outcome));
        if (m->failed) {
            json_object(&m->json, "error");
            json_string(&m->json, "code", m->code);
            json_string(&m->json, "text", m->cause);
            json_string(&m->json, "cure", m->cure);
            json_end(&m->json);
        } else {
            json_null(&m->json, "error");
        }
        json_end(&m->json);
        const char *text = json_text(&m->json);
        if (text)
            print("%s\n", text);
        good = text != NULL;
    }
    return fflush(stdout) == 0 && !ferror(stdout) && good;
}

/* ------------------------------------------------------------------ small texts */

const char *tint(const struct mmectl *m, enum tint kind)
{
    if (!colours(m))
        return "";
    switch (kind) {
    case TINT_GOOD:
        return "\033[32m";
    case TINT_BAD:
        return "\033[31m";
    case TINT_DOUBT:
        return "\033[33m";
    case TINT_DIM:
        break;
    }
    return "\033[2m";
}

const char *tint_end(const struct mmectl *m)
{
    return colours(m) ? "\033[0m" : "";
}

/* Days since 1970 to a date, after H. Hinnant's "chrono-compatible low-level date algorithms". */
void time_text(uint64_t wall_s, char *text, size_t cap)
{
    uint64_t days = wall_s / 86400, rest = wall_s % 86400;
    uint64_t z = days + 719468, era = z / 146097, doe = z % 146097;
    uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    unsigned day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
    unsigned month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
    uint64_t year = yoe + era * 400 + (month <= 2);
    snprintf(text, cap, "%04llu-%02u-%02u %02u:%02u:%02u UTC", (unsigned long long)year, month, day,
             (unsigned)(rest / 3600), (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}

void version_text(uint32_t version, char *text, size_t cap)
{
    snprintf(text, cap, "%u.%u.%u", version >> 24, version >> 16 & 0xff, version & 0xffff);
}
