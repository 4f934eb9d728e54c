/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "journal_cases.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition, text) \
    do                         \
        if (!(condition))      \
            return text;       \
    while (0)

#define WAIT_MS 5000u

/* Whether the journal holds exactly this. */
static bool holds(struct mmk_journal *j, const void *data, size_t len)
{
    size_t got_len = len + 9;
    uint8_t *got = (uint8_t *)malloc(len + 1);
    const bool same = got != NULL && j->ops->read(j, 0, got, len + 1, &got_len) == MMK_OK &&
                      got_len == len && (len == 0 || memcmp(got, data, len) == 0);
    free(got);
    return same;
}

/* ------------------------------------------------------------------ bytes */

static const char *absent_is_empty(struct mmk_journal *a, struct mmk_journal *b)
{
    char data[4] = "abc";
    size_t len = 9;
    (void)b;
    CHECK(a->ops->read(a, 0, data, sizeof data, &len) == MMK_OK && len == 0, "read of no journal");
    CHECK(strcmp(data, "abc") == 0, "read of no journal wrote something");
    len = 9;
    CHECK(a->ops->read(a, 1000, data, sizeof data, &len) == MMK_OK && len == 0,
          "read beyond no journal");
    return NULL;
}

static const char *append_and_read(struct mmk_journal *a, struct mmk_journal *b)
{
    char data[16];
    size_t len = 0;
    CHECK(a->ops->lock(a, WAIT_MS) == MMK_OK, "lock");
    CHECK(a->ops->append(a, "hello ", 6) == MMK_OK, "append");
    CHECK(a->ops->append(a, "world", 5) == MMK_OK, "append again");
    CHECK(holds(a, "hello world", 11), "what was appended cannot be read");
    CHECK(a->ops->sync(a) == MMK_OK, "sync");
    CHECK(holds(b, "hello world", 11), "what was synced cannot be read by others");
    CHECK(b->ops->read(b, 6, data, 3, &len) == MMK_OK && len == 3 && memcmp(data, "wor", 3) == 0,
          "read from the middle");
    CHECK(b->ops->read(b, 9, data, sizeof data, &len) == MMK_OK && len == 2 &&
              memcmp(data, "ld", 2) == 0,
          "read at the end");
    CHECK(b->ops->read(b, 11, data, sizeof data, &len) == MMK_OK && len == 0, "read past the end");
    CHECK(a->ops->append(a, "!", 1) == MMK_OK && a->ops->sync(a) == MMK_OK, "append after sync");
    a->ops->unlock(a);
    CHECK(holds(b, "hello world!", 12), "unlock took something");
    CHECK(b->ops->lock(b, WAIT_MS) == MMK_OK, "lock by the other");
    CHECK(b->ops->append(b, "?", 1) == MMK_OK && b->ops->sync(b) == MMK_OK, "append by the other");
    b->ops->unlock(b);
    CHECK(holds(a, "hello world!?", 13), "append by the other did not go behind the end");
    return NULL;
}

static const char *reset_replaces(struct mmk_journal *a, struct mmk_journal *b)
{
    CHECK(a->ops->lock(a, WAIT_MS) == MMK_OK, "lock");
    CHECK(a->ops->reset(a, "one", 3) == MMK_OK, "reset of no journal");
    CHECK(holds(b, "one", 3), "reset did not make the journal");
    CHECK(a->ops->append(a, " two", 4) == MMK_OK && a->ops->sync(a) == MMK_OK,
          "append after reset");
    CHECK(holds(b, "one two", 7), "append after reset did not go behind it");
    CHECK(a->ops->reset(a, "3", 1) == MMK_OK, "reset");
    CHECK(holds(b, "3", 1), "reset did not replace the journal");
    CHECK(a->ops->append(a, "4", 1) == MMK_OK && a->ops->sync(a) == MMK_OK, "append after reset");
    CHECK(holds(b, "34", 2), "append after reset went to the old journal");
    CHECK(a->ops->reset(a, NULL, 0) == MMK_OK, "reset to nothing");
    CHECK(holds(b, "", 0), "reset to nothing left something");
    CHECK(a->ops->reset(a, NULL, 0) == MMK_OK, "reset of nothing to nothing");
    CHECK(a->ops->append(a, "new", 3) == MMK_OK && a->ops->sync(a) == MMK_OK,
          "append after reset to nothing");
    CHECK(holds(b, "new", 3), "append after reset to nothing went astray");
    CHECK(a->ops->reset(a, NULL, 0) == MMK_OK, "reset to nothing");
    a->ops->unlock(a);
    return NULL;
}

static const char *large_records(struct mmk_journal *a, struct mmk_journal *b)
{
    const size_t len = 700001;
    uint8_t *data = (uint8_t *)malloc(len);
    CHECK(data != NULL, "no memory");
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    mmk_err err = a->ops->lock(a, WAIT_MS);
    if (err == MMK_OK)
        err = a->ops->append(a, data, 300000);
    if (err == MMK_OK)
        err = a->ops->append(a, data + 300000, len - 300000);
    if (err == MMK_OK)
        err = a->ops->sync(a);
    const bool appended = err == MMK_OK && holds(b, data, len);
    if (err == MMK_OK)
        err = a->ops->reset(a, data, len - 1);
    const bool reset = err == MMK_OK && holds(b, data, len - 1);
    a->ops->unlock(a);
    free(data);
    CHECK(appended, "large records are not what was appended");
    CHECK(reset, "a large journal is not what it was reset to");
    return NULL;
}

/* ------------------------------------------------------------------ lock */

static const char *one_holder(struct mmk_journal *a, struct mmk_journal *b)
{
    CHECK(a->ops->lock(a, 0) == MMK_OK, "lock of a free journal without waiting");
    CHECK(b->ops->lock(b, 0) == MMK_ERR_LOCKED, "a second holder");
    CHECK(b->ops->lock(b, 50) == MMK_ERR_LOCKED, "a second holder after waiting");
    a->ops->unlock(a);
    CHECK(b->ops->lock(b, 0) == MMK_OK, "an unlocked journal is locked");
    CHECK(a->ops->lock(a, 0) == MMK_ERR_LOCKED, "a second holder");
    CHECK(b->ops->append(b, "x", 1) == MMK_OK && b->ops->sync(b) == MMK_OK, "append");
    b->ops->unlock(b);
    for (int i = 0; i < 50; i++) { /* the place may come and go with the lock */
        struct mmk_journal *j = i % 2 == 0 ? a : b;
        struct mmk_journal *other = i % 2 == 0 ? b : a;
        CHECK(j->ops->lock(j, 0) == MMK_OK, "lock in turns");
        CHECK(other->ops->lock(other, 0) == MMK_ERR_LOCKED, "a second holder");
        if (i == 25)
            CHECK(j->ops->reset(j, NULL, 0) == MMK_OK, "reset to nothing");
        j->ops->unlock(j);
    }
    return NULL;
}

static const char *unlocked_changes_nothing(struct mmk_journal *a, struct mmk_journal *b)
{
    CHECK(a->ops->lock(a, WAIT_MS) == MMK_OK, "lock");
    CHECK(a->ops->reset(a, "data", 4) == MMK_OK, "reset");
    a->ops->unlock(a);
    CHECK(b->ops->append(b, "x", 1) == MMK_ERR_STATE, "append without the lock");
    CHECK(b->ops->sync(b) == MMK_ERR_STATE, "sync without the lock");
    CHECK(b->ops->reset(b, "x", 1) == MMK_ERR_STATE, "reset without the lock");
    CHECK(holds(a, "data", 4), "somebody without the lock changed the journal");
    return NULL;
}

/* ------------------------------------------------------------------ status and log */

static const char *status_texts(struct mmk_journal *a, struct mmk_journal *b)
{
    char text[64] = "untouched";
    CHECK(b->ops->status_read(b, "one", text, sizeof text) == MMK_ERR_NOT_FOUND,
          "status_read of a driver that has none");
    CHECK(strcmp(text, "untouched") == 0, "status_read failed and wrote something");
    CHECK(a->ops->status_write(a, "one", "result: ok\nsecond line\n") == MMK_OK, "status_write");
    CHECK(a->ops->status_write(a, "two.drv", "another") == MMK_OK,
          "status_write of another driver");
    CHECK(b->ops->status_read(b, "one", text, sizeof text) == MMK_OK &&
              strcmp(text, "result: ok\nsecond line\n") == 0,
          "a status is not what was written");
    CHECK(b->ops->status_read(b, "one", text, 23) == MMK_ERR_MORE,
          "status_read without room for the end");
    CHECK(b->ops->status_read(b, "one", text, 24) == MMK_OK, "status_read with just the room");
    CHECK(a->ops->status_write(a, "one", "new") == MMK_OK, "status_write again");
    CHECK(b->ops->status_read(b, "one", text, sizeof text) == MMK_OK && strcmp(text, "new") == 0,
          "a status was not replaced");
    CHECK(b->ops->status_read(b, "two.drv", text, sizeof text) == MMK_OK &&
              strcmp(text, "another") == 0,
          "status_write of one driver changed another's");
    return NULL;
}

static const char *status_beside_the_journal(struct mmk_journal *a, struct mmk_journal *b)
{
    char text[64];
    CHECK(a->ops->lock(a, WAIT_MS) == MMK_OK, "lock");
    CHECK(a->ops->status_write(a, "drv", "s") == MMK_OK, "status_write under the lock");
    CHECK(a->ops->append(a, "j", 1) == MMK_OK && a->ops->sync(a) == MMK_OK, "append");
    CHECK(b->ops->status_read(b, "drv", text, sizeof text) == MMK_OK, "status_read by another");
    CHECK(b->ops->status_write(b, "drv", "t") == MMK_OK, "status_write by another");
    CHECK(a->ops->reset(a, NULL, 0) == MMK_OK, "reset to nothing");
    a->ops->unlock(a);
    CHECK(b->ops->status_read(b, "drv", text, sizeof text) == MMK_OK && strcmp(text, "t") == 0,
          "a status went with the journal");
    CHECK(holds(b, "", 0), "a status made a journal");
    return NULL;
}

static const char *status_goes(struct mmk_journal *a, struct mmk_journal *b)
{
    char text[64];
    CHECK(a->ops->status_write(a, "drv", "s") == MMK_OK, "status_write");
    CHECK(a->ops->status_write(a, "other", "o") == MMK_OK, "status_write");
    CHECK(b->ops->status_write(b, "drv", "") == MMK_OK, "status_write of an empty text");
    CHECK(a->ops->status_read(a, "drv", text, sizeof text) == MMK_ERR_NOT_FOUND,
          "an empty text did not remove the status");
    CHECK(a->ops->status_read(a, "other", text, sizeof text) == MMK_OK,
          "an empty text removed another driver's status");
    CHECK(b->ops->status_write(b, "drv", "") == MMK_OK, "status_write of an empty text again");
    return NULL;
}

static const char *log_lines(struct mmk_journal *a, struct mmk_journal *b)
{
    static char line[5000];
    memset(line, 'x', sizeof line - 1);
    a->ops->log(a, "a line");
    a->ops->log(a, "");
    b->ops->log(b, "a line\nwith a line end in it");
    b->ops->log(b, line);
    CHECK(a->ops->lock(a, WAIT_MS) == MMK_OK, "lock");
    a->ops->log(a, "under the lock");
    b->ops->log(b, "by another, under the lock");
    a->ops->unlock(a);
    CHECK(holds(a, "", 0), "a log line went into the journal");
    return NULL;
}

/* ------------------------------------------------------------------ the table */

const struct journal_case journal_cases[] = {
    {"absent_is_empty", absent_is_empty}, {"append_and_read", append_and_read},
    {"reset_replaces", reset_replaces},   {"large_records", large_records},
    {"one_holder", one_holder},           {"unlocked_changes_nothing", unlocked_changes_nothing},
    {"status_texts", status_texts},       {"status_beside_the_journal", status_beside_the_journal},
    {"status_goes", status_goes},         {"log_lines", log_lines},
};

const size_t n_journal_cases = sizeof journal_cases / sizeof journal_cases[0];

const char *journal_case_run(const struct journal_case *c, struct journal_env *env)
{
    const char *broken = "a journal cannot be opened";
    if (!env->clear(env))
        return "the place cannot be cleared";
    struct mmk_journal *a = env->open(env);
    struct mmk_journal *b = env->open(env);
    if (a != NULL && b != NULL)
        broken = c->run(a, b);
    if (a != NULL)
        env->close(env, a);
    if (b != NULL)
        env->close(env, b);
    return broken != NULL || env->clear(env) ? broken : "the place cannot be cleared";
}
