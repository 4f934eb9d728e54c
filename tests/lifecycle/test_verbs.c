/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lifecycle/rig.h"

#define SECTION "Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32"

static const char *alias(struct rig *rig, const char *name)
{
    return model_text(rig->model, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, name);
}

static uint64_t hives(struct rig *rig)
{
    return model_hash_world(&rig->model->world, false, false);
}

/* What mmectl does: say more than DRV_INSTALL can. */
static intptr_t attached(struct rig *rig, uintptr_t id, uint32_t msg, intptr_t l2,
                         const struct mmk_install_request *request,
                         struct mmk_install_report *report)
{
    struct mmk_driver_attachment a;
    memset(&a, 0, sizeof a);
    a.size_bytes = sizeof a;
    if (request != NULL)
        a.request = *request;
    a.report = report;
    cr_assert_eq(rig_drv(rig, id, MMK_DRVM_ATTACH, (intptr_t)&a, MMK_DRVM_ATTACH_MAGIC), 1);
    return rig_drv(rig, id, msg, 0, l2);
}

Test(verbs, install_and_remove_leave_the_registry_as_it_was)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t id = rig_open(rig);
    const uint64_t before = hives(rig);

    cr_assert_eq(rig_drv(rig, id, MMK_DRV_INSTALL, 0, 0), MMK_DRVCNF_OK);
    cr_assert_str_eq(alias(rig, "wave1"), "mmewave.drv");
    cr_assert_str_eq(model_text(rig->model, MMK_REG_MACHINE, MMK_VIEW_64,
                                "Software\\Microsoft\\Windows NT\\CurrentVersion\\drivers.desc",
                                "mmewave.drv"),
                     "mmekit virtual sound card");
    cr_assert_eq(rig_drv(rig, id, MMK_DRV_INSTALL, 0, 0), MMK_DRVCNF_OK, "again: nothing to do");
    cr_assert_null(alias(rig, "wave2"));
    cr_assert_eq(rig_drv(rig, id, MMK_DRV_REMOVE, 0, 0), MMK_DRVCNF_OK);
    cr_assert_null(alias(rig, "wave1"));
    cr_assert_eq(hives(rig), before);
    cr_assert_eq(rig_destroy(rig), 0);
}

static void put(uint16_t *to, const char *ascii)
{
    while ((*to++ = (unsigned char)*ascii++) != 0)
        ;
}

Test(verbs, drvconfiginfo_names_the_alias)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t id = rig_open(rig);
    struct mmk_drvconfiginfo dci = {.dwDCISize = sizeof dci};
    uint16_t section[16], name[16];

    put(section, "drivers32"); /* without regard to case */
    put(name, "wave7");
    dci.lpszDCISectionName = section;
    dci.lpszDCIAliasName = name;
    cr_assert_eq(rig_drv(rig, id, MMK_DRV_INSTALL, 0, (intptr_t)&dci), MMK_DRVCNF_OK);
    cr_assert_str_eq(alias(rig, "wave7"), "mmewave.drv");
    cr_assert_eq(rig_destroy(rig), 0);
}

/* ------------------------------------------------------------------ malformed structures */

Test(verbs, every_wrong_size_is_refused_and_named)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t id = rig_open(rig);
    const uint64_t before = hives(rig);
    struct mmk_install_report report;
    struct {
        struct mmk_drvconfiginfoex ex;
        unsigned char more[64];
    } room;

    memset(&room, 0, sizeof room);
    for (uint32_t size = 0; size < 70; size++) {
        room.ex.dwDCISize = size;
        if (size == sizeof(struct mmk_drvconfiginfo) || size == sizeof room.ex)
            continue;
        memset(&report, 0, sizeof report);
        cr_assert_eq(attached(rig, id, MMK_DRV_INSTALL, (intptr_t)&room, NULL, &report),
                     MMK_DRVCNF_CANCEL, "%u", size);
        cr_assert_eq(report.reason, MMK_REASON_BAD_REQUEST);
        cr_assert_str_eq(report.text, "DRVCONFIGINFO with a dwDCISize that no version of it has");
    }
    const uint32_t wild[] = {0x80000000u, 0xFFFFFFFFu, 0x10000u};
    for (int i = 0; i < 3; i++) {
        room.ex.dwDCISize = wild[i];
        cr_assert_eq(rig_drv(rig, id, MMK_DRV_INSTALL, 0, (intptr_t)&room), MMK_DRVCNF_CANCEL);
    }
    cr_assert_eq(hives(rig), before);
    cr_assert_eq(rig_destroy(rig), 0);
}

/* The structure at the very end of what may be read: under ASan a byte more would be a fault. */
Test(verbs, nothing_behind_the_stated_size_is_read)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t id = rig_open(rig);
    uint32_t *only_size = malloc(sizeof *only_size);
    struct mmk_drvconfiginfo *exact = malloc(sizeof *exact);
    uint16_t *name = malloc(6 * sizeof *name);

    *only_size = 4;
    cr_assert_eq(rig_drv(rig, id, MMK_DRV_INSTALL, 0, (intptr_t)only_size), MMK_DRVCNF_CANCEL);
    memset(exact, 0, sizeof *exact);
    exact->dwDCISize = sizeof *exact;
    put(name, "wave5");
    exact->lpszDCIAliasName = name;
    cr_assert_eq(rig_drv(rig, id, MMK_DRV_INSTALL, 0, (intptr_t)exact), MMK_DRVCNF_OK);
    cr_assert_str_eq(alias(rig, "wave5"), "mmewave.drv");
    free(only_size);
    free(exact);
    free(name);
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(verbs, wild_strings_are_refused_and_read_no_further_than_their_limit)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t id = rig_open(rig);
    const uint64_t before = hives(rig);
    struct mmk_drvconfiginfo dci = {.dwDCISize = sizeof dci};
    /* exactly 256 units without an end: a 257th would be a fault */
    uint16_t *text = malloc(256 * sizeof *text);
    struct mmk_install_report report;

    for (int i = 0; i < 256; i++)
        text[i] = 'w';
    dci.lpszDCIAliasName = text;
    cr_assert_eq(attached(rig, id, MMK_DRV_INSTALL, (intptr_t)&dci, NULL, &report),
                 MMK_DRVCNF_CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_BAD_REQUEST);
    cr_assert_not_null(strstr(report.text, "alias"), "%s", report.text);
    dci.lpszDCIAliasName = NULL;
    dci.lpszDCISectionName = text;
    cr_assert_eq(attached(rig, id, MMK_DRV_INSTALL, (intptr_t)&dci, NULL, &report),
                 MMK_DRVCNF_CANCEL);
    cr_assert_not_null(strstr(report.text, "section"), "%s", report.text);
    /* every way to be no UTF-16, no alias, or somebody's trap */
    static const uint16_t bad[][12] = {
        {0xD800, 0},
        {0xDC00, 'x', 0},
        {'w', 'a', 'v', 'e', 0xDBFF, 0},
        {0xFFFF, 0},
        {'w', 'a', 'v', 'e', '0', 0},
        {'w', 'a', 'v', 'e', '1', '0', 0},
        {'w', 'a', 'v', 'e', ' ', '2', 0},
        {'m', 'i', 'd', 'i', '1', 0},
        {'.', '.', '\\', 'w', 'a', 'v', 'e', '1', 0},
        {'w', 'a', 'v', 'e', 0x0661, 0},
        {'w', 'a', 'v', 'e', 1, 0},
    };
    dci.lpszDCISectionName = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        dci.lpszDCIAliasName = bad[i];
        cr_assert_eq(rig_drv(rig, id, MMK_DRV_INSTALL, 0, (intptr_t)&dci), MMK_DRVCNF_CANCEL, "%zu",
                     i);
    }
    cr_assert_eq(hives(rig), before);
    free(text);
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(verbs, structure_and_strings_may_lie_at_odd_addresses)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t id = rig_open(rig);
    unsigned char room[64], text[64];
    struct mmk_drvconfiginfo dci = {.dwDCISize = sizeof dci};
    uint16_t name[16];

    put(name, "wave4");
    memcpy(text + 3, name, sizeof name);
    dci.lpszDCIAliasName = (const void *)(text + 3);
    memcpy(room + 5, &dci, sizeof dci);
    cr_assert_eq(rig_drv(rig, id, MMK_DRV_INSTALL, 0, (intptr_t)(room + 5)), MMK_DRVCNF_OK);
    cr_assert_str_eq(alias(rig, "wave4"), "mmewave.drv");
    cr_assert_eq(rig_destroy(rig), 0);
}

/* ------------------------------------------------------------------ hardware */

Test(verbs, hardware_that_fails_its_probe_cancels_the_install)
{
    static const struct {
        mmk_err err;
        mmk_install_reason reason;
    } table[] = {
        {MMK_ERR_NOT_FOUND, MMK_REASON_HARDWARE_ABSENT},
        {MMK_ERR_BUSY, MMK_REASON_HARDWARE_BUSY},
        {MMK_ERR_TIMEOUT, MMK_REASON_HARDWARE_TIMEOUT},
        {MMK_ERR_FORMAT, MMK_REASON_HARDWARE_FORMAT},
        {MMK_ERR_GONE, MMK_REASON_HARDWARE_ABSENT},
        {MMK_ERR_IO, MMK_REASON_HARDWARE_FAILED},
    };
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t id = rig_open(rig);
    const uint64_t before = hives(rig);

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct mmk_install_report report;
        sim_fail_open(rig->card->sim[MMK_PLAYBACK][0], table[i].err);
        cr_assert_eq(attached(rig, id, MMK_DRV_INSTALL, 0, NULL, &report), MMK_DRVCNF_CANCEL);
        cr_assert_eq(report.reason, table[i].reason, "%s: %s", mmk_err_name(table[i].err),
                     mmk_install_reason_name(report.reason));
        cr_assert_eq(hives(rig), before);
    }
    sim_fail_open(rig->card->sim[MMK_PLAYBACK][0], MMK_OK);
    cr_assert_eq(rig_drv(rig, id, MMK_DRV_INSTALL, 0, 0), MMK_DRVCNF_OK);
    cr_assert_eq(rig_destroy(rig), 0);
}

/* ------------------------------------------------------------------ attachments */

Test(verbs, an_attachment_serves_once_and_only_its_instance)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t a = rig_open(rig);
    const uintptr_t b = (uintptr_t)rig_drv(rig, 0, MMK_DRV_OPEN, 0, 0);
    static const struct mmk_assignment set[] = {{"rate_hz", "22050"}};
    struct mmk_driver_attachment t;
    struct mmk_install_report report;

    memset(&t, 0, sizeof t);
    memset(&report, 0, sizeof report);
    t.size_bytes = sizeof t;
    t.request.flags = MMK_INSTALL_DRY_RUN;
    t.request.assignments = set;
    t.request.n_assignments = 1;
    t.report = &report;
    cr_assert_eq(rig_drv(rig, a, MMK_DRVM_ATTACH, (intptr_t)&t, MMK_DRVM_ATTACH_MAGIC), 1);
    cr_assert_eq(rig_drv(rig, b, MMK_DRV_INSTALL, 0, 0), MMK_DRVCNF_OK);
    cr_assert_eq(report.n_steps, 0, "not b's");
    cr_assert_not_null(alias(rig, "wave1"));
    cr_assert_eq(rig_drv(rig, b, MMK_DRV_REMOVE, 0, 0), MMK_DRVCNF_OK);
    cr_assert_eq(rig_drv(rig, a, MMK_DRV_INSTALL, 0, 0), MMK_DRVCNF_OK);
    cr_assert_gt(report.n_steps, 0);
    cr_assert_null(alias(rig, "wave1"), "a dry run");
    cr_assert_eq(rig_drv(rig, a, MMK_DRV_INSTALL, 0, 0), MMK_DRVCNF_OK, "used up: a bare message");
    cr_assert_str_eq(alias(rig, "wave1"), "mmewave.drv");
    cr_assert_eq(rig_drv(rig, a, MMK_DRVM_ATTACH, (intptr_t)&t, MMK_DRVM_ATTACH_MAGIC), 1);
    cr_assert_eq(rig_drv(rig, a, MMK_DRV_CLOSE, 0, 0), 1);
    for (int i = 0; i < 20; i++) { /* what is closed takes no room */
        const uintptr_t c = (uintptr_t)rig_drv(rig, 0, MMK_DRV_OPEN, 0, 0);
        cr_assert_eq(rig_drv(rig, c, MMK_DRVM_ATTACH, (intptr_t)&t, MMK_DRVM_ATTACH_MAGIC), 1);
        cr_assert_eq(rig_drv(rig, c, MMK_DRV_CLOSE, 0, 0), 1);
    }
    cr_assert_eq(rig_drv(rig, b, MMK_DRV_REMOVE, 0, 0), MMK_DRVCNF_OK, "a's is forgotten");
    cr_assert_null(alias(rig, "wave1"));
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(verbs, settings_of_an_attachment_reach_registry_and_alias)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t id = rig_open(rig);
    static const struct mmk_assignment set[] = {{"rate_hz", "22050"}, {"channels", "1"}};
    const struct mmk_install_request request = {.assignments = set, .n_assignments = 2};
    struct mmk_install_report report;
    struct mmk_waveoutcapsw caps;

    cr_assert_eq(attached(rig, id, MMK_DRV_INSTALL, 0, &request, &report), MMK_DRVCNF_OK, "%s",
                 report.text);
    cr_assert_str_eq(alias(rig, "wave1"), "mmewave.drv /rate:22050 /channels:1");
    cr_assert_eq(rig_dev(rig, MMK_WAVE_OUT, MMK_WODM_GETDEVCAPS, 0, (uintptr_t)&caps, sizeof caps),
                 0);
    cr_assert_eq(caps.wChannels, 1, "in force at the next look");
    const struct mmk_install_request repair = {.verb = MMK_VERB_REPAIR};
    model_take(rig->model, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave1");
    cr_assert_eq(attached(rig, id, MMK_DRV_INSTALL, 0, &repair, &report), MMK_DRVCNF_OK, "%s",
                 report.text);
    cr_assert_eq(report.verb, MMK_VERB_REPAIR);
    cr_assert_str_eq(alias(rig, "wave1"), "mmewave.drv /rate:22050 /channels:1");
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(verbs, pnp_install_never_picks_a_slot)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t id = rig_open(rig);
    cr_assert_eq(rig_drv(rig, id, MMK_DRV_PNPINSTALL, 0x1234, 0x5678), MMK_DRVCNF_OK);
    for (char slot[] = "wave1"; slot[4] <= '9'; slot[4]++)
        cr_assert_null(alias(rig, slot));
    cr_assert_eq(rig_destroy(rig), 0);
}

/* ------------------------------------------------------------------ the dialog */

struct dialog {
    struct mmk_ui seam; /* first member */
    struct rig *rig;
    uintptr_t id, parent;
    unsigned n_calls;
    mmk_err answer;
    const char *set;   /* rate_hz */
    intptr_t inner;    /* what DRV_INSTALL answered from inside */
    uint64_t inner_ns; /* and how long that took */
    uint32_t inner_devices;
};

static mmk_err prompt(struct mmk_ui *self, const struct mmk_param_table *table,
                      struct mmk_settings *settings, uintptr_t parent)
{
    struct dialog *d = (struct dialog *)(void *)self;
    (void)table;
    d->n_calls++;
    d->parent = parent;
    /* a user plays a test sound, another button installs: neither may hang */
    d->inner_ns = d->rig->port.platform->ops->now_ns(d->rig->port.platform);
    d->inner = rig_drv(d->rig, d->id, MMK_DRV_INSTALL, 0, 0);
    d->inner_ns = d->rig->port.platform->ops->now_ns(d->rig->port.platform) - d->inner_ns;
    d->inner_devices = rig_dev(d->rig, MMK_WAVE_OUT, MMK_WODM_GETNUMDEVS, 0, 0, 0);
    if (d->answer == MMK_OK && d->set != NULL)
        cr_assert_eq(
            mmk_settings_set(settings, MMK_HOST_POSIX, "rate_hz", d->set, MMK_SOURCE_CALLER, NULL),
            MMK_OK);
    return d->answer;
}

static const struct mmk_ui_ops dialog_ops = {.prompt = prompt};

Test(verbs, configure_asks_and_may_be_cancelled)
{
    struct dialog dialog = {.seam = {&dialog_ops}, .answer = MMK_OK, .set = "96000"};
    struct rig *rig = rig_create(&(struct rig_config){.ui = &dialog.seam});
    uint64_t before;

    dialog.rig = rig;
    dialog.id = rig_open(rig);
    cr_assert_eq(rig_drv(rig, dialog.id, MMK_DRV_INSTALL, 0, 0), MMK_DRVCNF_OK);
    cr_assert_eq(dialog.n_calls, 0, "INSTALL is silent without a window");
    cr_assert_eq(rig_drv(rig, dialog.id, MMK_DRV_QUERYCONFIGURE, 0, 0), 1);
    cr_assert_eq(dialog.n_calls, 0, "no side effect");
    cr_assert_eq(rig_drv(rig, dialog.id, MMK_DRV_CONFIGURE, 0x4711, 0), MMK_DRVCNF_OK);
    cr_assert_eq(dialog.n_calls, 1);
    cr_assert_eq(dialog.parent, 0x4711);
    cr_assert_eq(dialog.inner, MMK_DRVCNF_CANCEL, "one transaction at a time, and no deadlock");
    cr_assert_lt(dialog.inner_ns, 1000000000u, "it does not wait for itself");
    cr_assert_eq(dialog.inner_devices, 1, "sound goes on meanwhile");
    cr_assert_str_eq(alias(rig, "wave1"), "mmewave.drv /rate:96000");
    before = hives(rig);
    dialog.answer = MMK_ERR_CANCELLED;
    dialog.set = "8000";
    cr_assert_eq(rig_drv(rig, dialog.id, MMK_DRV_CONFIGURE, 0, 0), MMK_DRVCNF_CANCEL);
    cr_assert_eq(hives(rig), before);
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(verbs, status_of_the_last_result_can_be_read)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t id = rig_open(rig);
    struct mmk_drvconfiginfo dci = {.dwDCISize = 3};
    struct mmk_install_report report;

    cr_assert_eq(rig_drv(rig, id, MMK_DRV_INSTALL, 0, (intptr_t)&dci), MMK_DRVCNF_CANCEL);
    cr_assert_eq(mmk_install_status(&rig->port, "mmewave", &report), MMK_OK);
    cr_assert_eq(report.answer, MMK_DRVCNF_CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_BAD_REQUEST);
    cr_assert_not_null(strstr(report.text, "dwDCISize"), "%s", report.text);
    cr_assert_eq(rig_destroy(rig), 0);
}
