/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/message_cases.h"
#include "lifecycle/rig.h"

/* Every cell of messages.tsv on a driver of its own: nothing may leak, whatever was sent. */

struct here {
    struct rig *rig;
    unsigned faults;
};

static intptr_t driver(void *ctx, uintptr_t id, uint32_t msg, intptr_t l1, intptr_t l2)
{
    return rig_drv(((struct here *)ctx)->rig, id, msg, l1, l2);
}

static uint32_t device(void *ctx, enum message_via via, uint32_t dev, uint32_t msg, uintptr_t user,
                       uintptr_t p1, uintptr_t p2)
{
    static uint32_t (*const entry[])(struct mmk_driver *, uint32_t, uint32_t, uintptr_t, uintptr_t,
                                     uintptr_t) = {mmk_driver_wod_message, mmk_driver_wid_message,
                                                   mmk_driver_aux_message, mmk_driver_mxd_message};
    return entry[via](((struct here *)ctx)->rig->driver, dev, msg, user, p1, p2);
}

static void fresh(void *ctx)
{
    struct here *here = ctx;
    if (here->rig != NULL)
        here->faults += rig_destroy(here->rig);
    here->rig = rig_create(&(struct rig_config){.card = {.sim = {.discard = true}}});
}

static void pass_ms(void *ctx, unsigned ms)
{
    rig_pass_ms(((struct here *)ctx)->rig, ms);
}

static void complain(void *user, const char *what)
{
    (void)user;
    fprintf(stderr, "%s\n", what);
}

static char *read_table(void)
{
    FILE *f = fopen(MESSAGES_TSV, "rb");
    char *text;
    long len;
    cr_assert_not_null(f, "%s", MESSAGES_TSV);
    fseek(f, 0, SEEK_END);
    len = ftell(f);
    rewind(f);
    text = calloc(1, (size_t)len + 1);
    cr_assert_eq(fread(text, 1, (size_t)len, f), (size_t)len);
    fclose(f);
    return text;
}

Test(messages, every_cell_of_the_table_holds, .timeout = 300)
{
    static const struct mmk_waveformatex own = {MMK_WAVE_FORMAT_PCM, 2, 48000, 192000, 4, 16, 0};
    struct here here = {NULL, 0};
    const struct message_subject subject = {
        .ctx = &here,
        .has_ui = false,
        .n_devices = 1,
        .device_format = &own,
        .attachment_bytes = sizeof(struct mmk_driver_attachment),
        .driver = driver,
        .device = device,
        .fresh = fresh,
        .pass_ms = pass_ms,
    };
    struct message_totals totals;
    char *text = read_table();

    message_cases_run(&subject, text, complain, NULL, &totals);
    here.faults += rig_destroy(here.rig);
    free(text);
    printf("messages.tsv: %u cells (DriverProc %u, wod %u, wid %u, aux %u, mxd %u; document %u, "
           "wine %u, ours %u), %u failed\n",
           totals.cells, totals.by_via[VIA_DRV], totals.by_via[VIA_WOD], totals.by_via[VIA_WID],
           totals.by_via[VIA_AUX], totals.by_via[VIA_MXD], totals.by_mark[0], totals.by_mark[1],
           totals.by_mark[2], totals.failed);
    cr_assert_eq(totals.failed, 0);
    cr_assert_eq(here.faults, 0, "leaks or broken rules");
    cr_assert_geq(totals.cells, 700);
}
