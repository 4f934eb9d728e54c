/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

/** The settings as the next program gets them: whoever shows them must show those. */

/* Options that stand behind our module's name now, in the run's arena; NULL: none. */
static const char *alias_text(struct mmki_run *run)
{
    struct mmki_snapshot snapshot;
    struct mmki_records owned;
    struct mmki_slot slot;
    char file[MMKI_PATH_MAX];
    const char *text = NULL;
    memset(&snapshot, 0, sizeof snapshot);
    memset(&owned, 0, sizeof owned);
    (void)mmki_check_modules(run, &snapshot);
    if (mmki_load(run) == MMK_OK)
        (void)mmki_book_owned(&run->arena, &run->book, &owned);
    if (mmki_take_snapshot(run, &owned, NULL, &snapshot) != MMK_OK ||
        !mmki_find_slot(&snapshot, run->product, &slot))
        return NULL;
    const mmk_reg_view view = slot.ours[MMK_VIEW_64] ? MMK_VIEW_64 : MMK_VIEW_32;
    if (mmk_alias_split(slot.value[view], file, sizeof file, &text) != MMK_OK || text == NULL)
        return NULL;
    return mmki_arena_text(&run->arena, text);
}

mmk_err mmk_install_settings(struct mmk_port *port, const struct mmk_product *product,
                             uint32_t device, struct mmk_settings *out,
                             struct mmk_param_error *error)
{
    const struct mmk_install_request request = {.verb = MMK_VERB_INSTALL};
    struct mmk_install_report report;
    struct mmki_run run;
    mmki_run_begin(&run, port, product, &request, &report);
    const mmk_err err = mmk_settings_load(port, product->params, product->name, device,
                                          alias_text(&run), out, error);
    mmki_run_end(&run);
    return err;
}
