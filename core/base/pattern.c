/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <mmk/text.h>

#include <string.h>

static const char letters[] = "pintd%";

const char *mmk_pattern_wrong(const char *pattern)
{
    for (const char *p = strchr(pattern, '%'); p != NULL; p = strchr(p + 2, '%'))
        if (p[1] == '\0' || strchr(letters, p[1]) == NULL)
            return p;
    return NULL;
}

bool mmk_pattern_has(const char *pattern, char letter)
{
    for (const char *p = strchr(pattern, '%'); p != NULL && p[1] != '\0'; p = strchr(p + 2, '%'))
        if (p[1] == letter)
            return true;
    return false;
}

struct place {
    char *text;
    size_t cap, len; /* len: also of what had no room */
};

static void put(struct place *to, const char *text, size_t len)
{
    if (len < to->cap && to->len < to->cap - len)
        memcpy(to->text + to->len, text, len);
    to->len += len;
}

static void put_number(struct place *to, uint32_t n)
{
    char digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    put(to, digits + at, sizeof digits - at);
}

static void put_value(struct place *to, char letter, const struct mmk_pattern_values *values)
{
    switch (letter) {
    case 'p':
        put(to, values->program, strlen(values->program));
        break;
    case 'i':
        put_number(to, values->pid);
        break;
    case 'n':
        put_number(to, values->number);
        break;
    case 't':
        put(to, values->time, strlen(values->time));
        break;
    case 'd':
        put_number(to, values->device);
        break;
    default:
        put(to, "%", 1);
        break;
    }
}

mmk_err mmk_pattern_expand(const char *pattern, const struct mmk_pattern_values *values, char *text,
                           size_t cap)
{
    struct place to = {.text = text, .cap = cap};
    if (mmk_pattern_wrong(pattern) != NULL)
        return MMK_ERR_INVAL;
    for (const char *p = pattern; *p != '\0';) {
        if (*p == '%') {
            put_value(&to, p[1], values);
            p += 2;
        } else {
            const char *end = strchr(p, '%');
            const size_t len = end != NULL ? (size_t)(end - p) : strlen(p);
            put(&to, p, len);
            p += len;
        }
    }
    if (to.len >= cap)
        return MMK_ERR_TOO_LONG;
    text[to.len] = '\0';
    return MMK_OK;
}
