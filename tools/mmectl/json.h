/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_JSON_H
#define MMECTL_JSON_H

/**
 * A JSON document, written from front to back into memory and printed whole.
 *
 * One document is one line of objects and arrays; nothing can leave it half written, since it is
 * printed only when every bracket is closed. Text is WTF-8: what is not UTF-8 becomes U+FFFD, a
 * lone surrogate its \uXXXX, so the result is always valid JSON. Keys are literals of ours.
 *
 *     json_init(&j);
 *     json_object(&j, NULL);
 *     json_string(&j, "verb", "status");
 *     json_end(&j);
 *     fputs(json_text(&j), stdout);
 *     json_fini(&j);
 *
 * Running out of memory makes json_text() answer NULL; nothing else has to be checked.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 16

struct json {
    char *text;
    size_t len, cap;
    bool broken; /* no memory, or brackets that do not match (a bug of ours) */
    unsigned depth;
    char closer[JSON_DEPTH_MAX]; /* '}' or ']' of each open level */
    bool filled[JSON_DEPTH_MAX]; /* a comma comes before the next member */
};

void json_init(struct json *j);
void json_fini(struct json *j);

/** key: in objects; NULL in arrays and for the document itself. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j);
void json_string(struct json *j, const char *key, const char *value); /* NULL: null */
void json_uint(struct json *j, const char *key, uint64_t value);
void json_int(struct json *j, const char *key, int64_t value);
void json_double(struct json *j, const char *key, double value); /* not finite: null */
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

/** The whole document, or NULL. Valid until json_fini. */
const char *json_text(const struct json *j);

#endif
