/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stddef.h>

#include <mmk/err.h>

struct entry {
    const char *name;
    const char *text;
};

#define ENTRY(code, words) [-(code)] = {#code, words}

/* Indexed by the negated code: codes are dense and never renumbered. */
static const struct entry entries[] = {
    ENTRY(MMK_OK, "no error"),
    ENTRY(MMK_ERR_INVAL, "an argument is not valid"),
    ENTRY(MMK_ERR_STATE, "not possible in the present state"),
    ENTRY(MMK_ERR_RANGE, "a number is out of range"),
    ENTRY(MMK_ERR_NOMEM, "out of memory"),
    ENTRY(MMK_ERR_NOT_FOUND, "not found"),
    ENTRY(MMK_ERR_EXISTS, "exists already"),
    ENTRY(MMK_ERR_ACCESS, "access denied"),
    ENTRY(MMK_ERR_IO, "reading or writing failed"),
    ENTRY(MMK_ERR_NO_SPACE, "no space left"),
    ENTRY(MMK_ERR_BUSY, "in use"),
    ENTRY(MMK_ERR_TIMEOUT, "timed out"),
    ENTRY(MMK_ERR_LOCKED, "locked by another process"),
    ENTRY(MMK_ERR_CORRUPT, "the data is damaged"),
    ENTRY(MMK_ERR_UNSUPPORTED, "not supported here"),
    ENTRY(MMK_ERR_FORMAT, "not an audio format that is supported"),
    ENTRY(MMK_ERR_GONE, "the device went away"),
    ENTRY(MMK_ERR_TOO_LONG, "longer than allowed"),
    ENTRY(MMK_ERR_CONFLICT, "somebody else changed it meanwhile"),
    ENTRY(MMK_ERR_MORE, "the buffer is too small"),
    ENTRY(MMK_ERR_CANCELLED, "cancelled"),
    ENTRY(MMK_ERR_BITNESS, "the module is built for the other pointer width"),
    ENTRY(MMK_ERR_VERSION, "the version is not acceptable"),
    ENTRY(MMK_ERR_PENDING, "accepted, but not durable yet"),
    ENTRY(MMK_ERR_SYNTAX, "the text cannot be understood"),
    ENTRY(MMK_ERR_CRASHED, "the module failed while it was loaded or asked"),
    ENTRY(MMK_ERR_CIRCLE, "the device would play into itself"),
};

static const struct entry unknown = {"MMK_ERR_?", "an unknown error"};

static const struct entry *find(mmk_err err)
{
    const int n_entries = (int)(sizeof entries / sizeof entries[0]);
    const int code = (int)err;
    if (code > 0 || code <= -n_entries)
        return &unknown;
    return &entries[-code];
}

const char *mmk_err_name(mmk_err err)
{
    return find(err)->name;
}

const char *mmk_err_text(mmk_err err)
{
    return find(err)->text;
}
