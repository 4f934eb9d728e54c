/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/message_cases.h"
#include "lifecycle/lifecycle_internal.h"
#include "wave/wave_internal.h"

/* The table of the contract and the tables of the dispatchers, compared as sets: neither may have a
 * message, nor a state of a message, that the other lacks. What a message answers is none of this
 * test's business. */

#define SEEN_MAX 2048

struct seen {
    enum message_via via;
    char state[16];
    char message[40];
};

static struct seen seen[SEEN_MAX];
static size_t n_seen;

static const char *const vias[VIA_COUNT] = {"wod", "wid", "aux", "mxd", "drv"};

/* The states that each entry point has. */
static const char *const states_of[VIA_COUNT][9] = {
    [VIA_WOD] = {"off", "closed", "idle", "playing", "paused", "ended", "disabled", "exited", NULL},
    [VIA_WID] = {"off", "closed", "idle", "queued", "recording", "ended", "disabled", "exited",
                 NULL},
    [VIA_AUX] = {"off", "closed", "disabled", "exited", NULL},
    [VIA_MXD] = {"off", "closed", "open", "disabled", "exited", NULL},
    [VIA_DRV] = {"NONE", "LOADED", "ENABLED", "OPEN1", "OPEN2", "DISABLED", NULL},
};

static void on_row(void *user, const struct message_row *row)
{
    (void)user;
    for (char *state = row->states, *end; state != NULL; state = end) {
        end = strchr(state, ',');
        if (end != NULL)
            *end++ = '\0';
        cr_assert_lt(n_seen, SEEN_MAX);
        seen[n_seen].via = row->via;
        snprintf(seen[n_seen].state, sizeof seen[0].state, "%s", state);
        snprintf(seen[n_seen].message, sizeof seen[0].message, "%s", row->message);
        n_seen++;
    }
}

static void on_bad(void *user, unsigned line, const char *why)
{
    (void)user;
    cr_assert_fail("line %u: %s", line, why);
}

static void read_table(void)
{
    FILE *f = fopen(MESSAGES_TSV, "rb");
    char *text;
    size_t len;
    cr_assert_not_null(f);
    text = calloc(1, 1u << 20);
    len = fread(text, 1, (1u << 20) - 1, f);
    cr_assert(len > 0 && feof(f));
    fclose(f);
    n_seen = 0;
    message_rows(text, on_row, on_bad, NULL);
    free(text);
}

static bool has_cell(enum message_via via, const char *message, const char *state)
{
    for (size_t i = 0; i < n_seen; i++)
        if (seen[i].via == via && strcmp(seen[i].message, message) == 0 &&
            (state == NULL || strcmp(seen[i].state, state) == 0))
            return true;
    return false;
}

/* A dispatched message stands in the contract, under its right number and in every state. */
static unsigned check_message(enum message_via via, const char *name, uint32_t msg)
{
    unsigned missing = 0;
    uint32_t number;
    cr_expect(message_number(name, &number) && number == msg, "%s %s is not 0x%x", vias[via], name,
              msg);
    for (const char *const *state = states_of[via]; *state != NULL; state++)
        if (!has_cell(via, name, *state)) {
            fprintf(stderr, "no row for %s %s in state %s\n", vias[via], name, *state);
            missing++;
        }
    return missing;
}

/* Names that dispatch tables have, for the way back. */
static bool is_dispatched(enum message_via via, const char *name)
{
    size_t n;
    if (via == VIA_DRV) {
        const struct mmki_lifecycle_row *rows = mmki_lifecycle_table(&n);
        for (size_t i = 0; i < n; i++)
            if (strcmp(rows[i].name, name) == 0)
                return true;
        return false;
    }
    const struct mmki_wave_row *rows = mmki_wave_table((mmk_wave_kind)via, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    const struct mmki_drvm_row *drvm = mmki_drvm_table(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(drvm[i].name, name) == 0)
            return true;
    return false;
}

Test(message_table, every_dispatched_message_stands_in_the_contract_in_every_state)
{
    unsigned missing = 0, n_messages = 0;
    size_t n;

    read_table();
    const struct mmki_lifecycle_row *rows = mmki_lifecycle_table(&n);
    for (size_t i = 0; i < n; i++, n_messages++)
        missing += check_message(VIA_DRV, rows[i].name, rows[i].msg);
    for (unsigned via = 0; via < MMK_WAVE_KIND_COUNT; via++) {
        const struct mmki_wave_row *wave = mmki_wave_table((mmk_wave_kind)via, &n);
        for (size_t i = 0; i < n; i++, n_messages++)
            missing += check_message((enum message_via)via, wave[i].name, wave[i].msg);
        const struct mmki_drvm_row *drvm = mmki_drvm_table(&n);
        for (size_t i = 0; i < n; i++, n_messages++)
            missing += check_message((enum message_via)via, drvm[i].name, drvm[i].msg);
    }
    printf("message_table: %u dispatched messages, %zu cells in the contract\n", n_messages,
           n_seen);
    cr_assert_eq(missing, 0);
}

Test(message_table, every_message_of_the_contract_is_dispatched)
{
    uint32_t number;
    read_table();
    for (size_t i = 0; i < n_seen; i++) {
        const bool unknown = strncmp(seen[i].message, "0x", 2) == 0;
        cr_expect(message_number(seen[i].message, &number), "line with %s", seen[i].message);
        cr_expect(is_dispatched(seen[i].via, seen[i].message) != unknown, "%s %s",
                  vias[seen[i].via], seen[i].message);
    }
}

Test(message_table, a_number_stands_once_in_each_dispatch_table)
{
    size_t n;
    const struct mmki_lifecycle_row *rows = mmki_lifecycle_table(&n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            cr_expect_neq(rows[i].msg, rows[k].msg, "%s", rows[i].name);
    for (unsigned kind = 0; kind < MMK_WAVE_KIND_COUNT; kind++) {
        const struct mmki_wave_row *wave = mmki_wave_table((mmk_wave_kind)kind, &n);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < i; k++)
                cr_expect_neq(wave[i].msg, wave[k].msg, "%s", wave[i].name);
    }
}

Test(message_table, every_state_of_the_contract_is_one)
{
    read_table();
    for (size_t i = 0; i < n_seen; i++) {
        bool known = false;
        for (const char *const *state = states_of[seen[i].via]; *state != NULL; state++)
            known = known || strcmp(*state, seen[i].state) == 0;
        cr_expect(known, "%s %s", vias[seen[i].via], seen[i].state);
    }
}
