/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_MESSAGE_CASES_H
#define MMK_MESSAGE_CASES_H

/**
 * messages.tsv, sent to a driver cell by cell.
 *
 * Plain C, no test framework, nothing of the core but abi.h: the same file runs on the core itself,
 * on a loaded module through mini-winmm and on a real DLL under Wine or Windows. Who runs it fills
 * a struct message_subject.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/abi.h>

enum message_via { VIA_WOD = 0, VIA_WID, VIA_AUX, VIA_MXD, VIA_DRV, VIA_COUNT };

struct message_subject {
    void *ctx;
    bool has_ui;                                  /* DRV_QUERYCONFIGURE answers 1 */
    uint32_t n_devices;                           /* of wave output and of input */
    const struct mmk_waveformatex *device_format; /* what WAVE_FORMAT_DIRECT takes; not 8 kHz */
    uint32_t attachment_bytes; /* sizeof(struct mmk_driver_attachment) of its build */
    intptr_t (*driver)(void *ctx, uintptr_t id, uint32_t msg, intptr_t lparam1, intptr_t lparam2);
    uint32_t (*device)(void *ctx, enum message_via via, uint32_t device, uint32_t msg,
                       uintptr_t user, uintptr_t p1, uintptr_t p2);
    /** A module in state NONE, nothing installed, whatever was before. Blocks of the last cell come
     * back. */
    void (*fresh)(void *ctx);
    /** Let the devices run for so long. */
    void (*pass_ms)(void *ctx, unsigned ms);
};

/** Number of a message by its documented name ("WODM_OPEN") or "0x..."; false if unknown. */
bool message_number(const char *name, uint32_t *msg);

/** One row, its fields terminated in place. `states` is still a list. */
struct message_row {
    enum message_via via;
    char *states, *message, *variant, *answer, *next, *effect, *mark, *note;
    unsigned line;
};

/** Walk the rows of a table. The text is changed. @return false: a row is malformed (told by
 * on_bad) */
bool message_rows(char *text, void (*on_row)(void *user, const struct message_row *row),
                  void (*on_bad)(void *user, unsigned line, const char *why), void *user);

struct message_totals {
    unsigned cells, failed;
    unsigned by_mark[3]; /* document, wine, ours */
    unsigned by_via[VIA_COUNT];
};

/** Send every cell. `complain` hears of each that went wrong, one line of text. */
void message_cases_run(const struct message_subject *subject, char *text,
                       void (*complain)(void *user, const char *what), void *user,
                       struct message_totals *totals);

#endif
