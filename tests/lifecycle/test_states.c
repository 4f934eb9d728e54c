/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lifecycle/rig.h"

static uint32_t devices(struct rig *rig)
{
    return rig_dev(rig, MMK_WAVE_OUT, MMK_WODM_GETNUMDEVS, 0, 0, 0);
}

Test(states, the_documented_order_goes_there_and_back)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    uintptr_t a, b;

    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0), 1, "exactly 1");
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_ENABLE, 0, 0), 1);
    a = (uintptr_t)rig_drv(rig, 0, MMK_DRV_OPEN, 0, 0);
    b = (uintptr_t)rig_drv(rig, 0, MMK_DRV_OPEN, 0, 0);
    cr_assert(a != 0 && b != 0 && a != b);
    cr_assert_eq(rig_drv(rig, a, MMK_DRV_CLOSE, 0, 0), 1);
    cr_assert_eq(rig_drv(rig, a, MMK_DRV_CLOSE, 0, 0), 0, "stale");
    cr_assert_eq(rig_drv(rig, b, MMK_DRV_CLOSE, 0, 0), 1);
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_DISABLE, 0, 0), 1);
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_FREE, 0, 0), 1);
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(states, load_allocates_nothing_so_a_failed_open_leaks_nothing)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    uint16_t endless[300];
    const size_t blocks = test_platform_blocks_out(rig->card->tp);

    memset(endless, 'x', sizeof endless); /* no end within an alias's length */

    for (int i = 0; i < 3; i++) {
        cr_assert_eq(rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0), 1);
        cr_assert_eq(rig_drv(rig, 0, MMK_DRV_ENABLE, 0, 0), 1);
        cr_assert_eq(rig_drv(rig, 0, MMK_DRV_OPEN, (intptr_t)endless, 0), 0, "refused");
        /* the host frees the library: no DISABLE, no FREE */
        cr_assert_eq(test_platform_blocks_out(rig->card->tp), blocks);
        rig_reload(rig);
    }
    cr_assert_neq(rig_open(rig), 0);
    cr_assert_eq(devices(rig), 1);
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(states, load_after_a_failed_open_starts_anew)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    uintptr_t out;

    rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0);
    rig_drv(rig, 0, MMK_DRV_ENABLE, 0, 0);
    out = rig_open_wave(rig, MMK_WAVE_OUT);
    cr_assert_neq(out, 0);
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0), 1);
    cr_assert_eq(devices(rig), 0, "LOADED, not enabled");
    cr_assert_eq(card_count(rig->card, MMK_WOM_CLOSE), 1);
    cr_assert_neq(rig_open(rig), 0);
    const uintptr_t fresh = rig_open_wave(rig, MMK_WAVE_OUT);
    cr_assert(fresh != 0 && fresh != out);
    cr_assert_eq(rig_dev(rig, MMK_WAVE_OUT, MMK_WODM_RESET, out, 0, 0), MMK_MMSYSERR_INVALHANDLE,
                 "a handle of the life before");
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(states, exit_without_close_gives_buffers_back_when_it_can)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    static int16_t data[9600];
    struct mmk_wavehdr h;
    uintptr_t out;

    rig_open(rig);
    out = rig_open_wave(rig, MMK_WAVE_OUT);
    card_header(&h, data, sizeof data);
    cr_assert_eq(rig_dev(rig, MMK_WAVE_OUT, MMK_WODM_WRITE, out, (uintptr_t)&h, sizeof h), 0);
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_FREE, 0, 0), 1);
    cr_assert_eq(card_flags(&h), MMK_WHDR_PREPARED | MMK_WHDR_DONE);
    cr_assert_eq(card_count(rig->card, MMK_WOM_DONE), 1);
    cr_assert_eq(card_count(rig->card, MMK_WOM_CLOSE), 1);
    cr_assert_eq(test_platform_blocks_out(rig->card->tp), 0);
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(states, two_hundred_and_fifty_six_instances_and_no_more)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    uintptr_t ids[256];

    ids[0] = rig_open(rig);
    for (int i = 1; i < 256; i++)
        cr_assert_neq(ids[i] = (uintptr_t)rig_drv(rig, 0, MMK_DRV_OPEN, 0, 0), 0);
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_OPEN, 0, 0), 0);
    cr_assert_eq(rig_drv(rig, ids[77], MMK_DRV_CLOSE, 0, 0), 1);
    const uintptr_t again = (uintptr_t)rig_drv(rig, 0, MMK_DRV_OPEN, 0, 0);
    cr_assert(again != 0 && again != ids[77]);
    cr_assert_eq(rig_drv(rig, ids[77], MMK_DRV_CLOSE, 0, 0), 0);
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(states, ids_are_compared_in_full_width)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    const uintptr_t id = rig_open(rig);
    for (unsigned bit = 0; bit < 8 * sizeof id; bit++)
        cr_assert_eq(rig_drv(rig, id ^ (uintptr_t)1 << bit, MMK_DRV_CLOSE, 0, 0), 0, "bit %u", bit);
    cr_assert_eq(rig_drv(rig, id, MMK_DRV_CLOSE, 0, 0), 1);
    cr_assert_eq(rig_destroy(rig), 0);
}

/* ------------------------------------------------------------------ options */

static void units_of(const char *ascii, uint16_t *units)
{
    while ((*units++ = (unsigned char)*ascii++) != 0)
        ;
}

static uint32_t channels(struct rig *rig)
{
    struct mmk_waveoutcapsw caps;
    cr_assert_eq(rig_dev(rig, MMK_WAVE_OUT, MMK_WODM_GETDEVCAPS, 0, (uintptr_t)&caps, sizeof caps),
                 0);
    return caps.wChannels;
}

Test(states, options_of_the_first_open_hold_for_both_phases)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    uint16_t text[64];
    uintptr_t session, real;

    units_of("/channels:5 /devices:3", text);
    rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0);
    rig_drv(rig, 0, MMK_DRV_ENABLE, 0, 0);
    session = (uintptr_t)rig_drv(rig, 0, MMK_DRV_OPEN, (intptr_t)text, 0);
    real = (uintptr_t)rig_drv(rig, 0, MMK_DRV_OPEN, 0, (intptr_t)&session);
    cr_assert_eq(devices(rig), 3);
    cr_assert_eq(channels(rig), 5);
    cr_assert_eq(rig_drv(rig, real, MMK_DRV_CLOSE, 0, 0), 1);
    cr_assert_eq(channels(rig), 5, "the session is closed last");
    cr_assert_eq(rig_drv(rig, session, MMK_DRV_CLOSE, 0, 0), 1);
    cr_assert_eq(channels(rig), 2, "forgotten with the last instance");
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(states, options_of_a_later_open_change_nothing)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    uint16_t text[64];

    rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0);
    rig_drv(rig, 0, MMK_DRV_ENABLE, 0, 0);
    units_of("/channels:5", text);
    cr_assert_neq(rig_drv(rig, 0, MMK_DRV_OPEN, (intptr_t)text, 0), 0);
    units_of("/channels:7", text);
    cr_assert_neq(rig_drv(rig, 0, MMK_DRV_OPEN, (intptr_t)text, 0), 0);
    cr_assert_eq(channels(rig), 5);
    cr_assert_eq(rig_destroy(rig), 0);
}

/* The text at the very end of what may be read: under ASan a unit more would be a fault. */
Test(states, options_without_an_end_are_read_no_further_than_an_alias_goes)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    uint16_t *text = malloc((MMK_ALIAS_VALUE_MAX + 1) * sizeof *text);

    for (unsigned i = 0; i <= MMK_ALIAS_VALUE_MAX; i++)
        text[i] = 'x';
    rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0);
    rig_drv(rig, 0, MMK_DRV_ENABLE, 0, 0);
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_OPEN, (intptr_t)text, 0), 0);
    free(text);
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(states, options_may_lie_at_odd_addresses_and_be_as_long_as_an_alias)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    static unsigned char room[2 * 300 + 1];
    uint16_t text[300];

    units_of("/channels:4 /", text);
    for (unsigned i = 13; i < MMK_ALIAS_VALUE_MAX; i++)
        text[i] = 'x';
    text[MMK_ALIAS_VALUE_MAX] = 0;
    memcpy(room + 1, text, sizeof text);
    rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0);
    rig_drv(rig, 0, MMK_DRV_ENABLE, 0, 0);
    cr_assert_neq(rig_drv(rig, 0, MMK_DRV_OPEN, (intptr_t)(room + 1), 0), 0);
    cr_assert_eq(channels(rig), 4);
    text[MMK_ALIAS_VALUE_MAX] = 'y';
    text[MMK_ALIAS_VALUE_MAX + 1] = 0;
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_OPEN, (intptr_t)text, 0), 0, "one more");
    cr_assert_eq(test_platform_log_count(rig->card->tp, MMK_LOG_ERROR), 1, "and it says why");
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(states, options_that_do_not_parse_are_told_and_do_not_stop_the_driver)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    uint16_t text[64];
    char line[300];

    units_of("/channels:banana", text);
    rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0);
    rig_drv(rig, 0, MMK_DRV_ENABLE, 0, 0);
    cr_assert_neq(rig_drv(rig, 0, MMK_DRV_OPEN, (intptr_t)text, 0), 0);
    cr_assert_eq(channels(rig), 2);
    cr_assert_geq(test_platform_log_count(rig->card->tp, MMK_LOG_WARN), 1);
    test_platform_log_last(rig->card->tp, line, sizeof line);
    cr_assert_not_null(strstr(line, "banana"), "%s", line);
    cr_assert_eq(rig_destroy(rig), 0);
}

/* ------------------------------------------------------------------ power and the end of a session
 */

Test(states, power_asks_the_device_whether_it_is_on)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    struct sim_devices *sim = rig->card->sim[MMK_PLAYBACK][0];
    static int16_t data[2 * 48000];
    struct mmk_wavehdr h;
    uintptr_t out;

    rig_open(rig);
    out = rig_open_wave(rig, MMK_WAVE_OUT);
    card_header(&h, data, sizeof data);
    rig_dev(rig, MMK_WAVE_OUT, MMK_WODM_WRITE, out, (uintptr_t)&h, sizeof h);
    struct mmk_mmtime t = {.wType = MMK_TIME_SAMPLES};
#define POSITION() \
    (rig_dev(rig, MMK_WAVE_OUT, MMK_WODM_GETPOS, out, (uintptr_t)&t, sizeof t), t.u.sample)
    sim_render(sim, 100);
    sim_fail_open(sim, MMK_ERR_NOT_FOUND); /* what the probe answers too */
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_POWER, 0, 0), 1);
    sim_render(sim, 100);
    cr_assert_eq(POSITION(), 100, "off: streams pause");
    sim_fail_open(sim, MMK_ERR_BUSY);
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_POWER, 0, 0), 1);
    sim_render(sim, 100);
    cr_assert_eq(POSITION(), 200, "busy is on: we ourselves have it open");
    sim_fail_open(sim, MMK_OK);
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_POWER, 0, 0), 1);
    sim_render(sim, 100);
    cr_assert_eq(POSITION(), 300);
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(states, end_of_session_returns_buffers_and_closes_devices)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    static int16_t data[9600];
    struct mmk_wavehdr h;
    uintptr_t out, in;

    rig_open(rig);
    out = rig_open_wave(rig, MMK_WAVE_OUT);
    in = rig_open_wave(rig, MMK_WAVE_IN);
    card_header(&h, data, sizeof data);
    rig_dev(rig, MMK_WAVE_OUT, MMK_WODM_WRITE, out, (uintptr_t)&h, sizeof h);
    cr_assert_eq(rig_drv(rig, 0, MMK_DRV_EXITSESSION, 0, 0), 1);
    cr_assert_eq(card_flags(&h), MMK_WHDR_PREPARED | MMK_WHDR_DONE);
    cr_assert_eq(sim_counts(rig->card->sim[MMK_PLAYBACK][0]).closes, 1);
    cr_assert_eq(sim_counts(rig->card->sim[MMK_CAPTURE][0]).closes, 1);
    cr_assert_eq(rig_dev(rig, MMK_WAVE_OUT, MMK_WODM_CLOSE, out, 0, 0), 0, "still answered");
    cr_assert_eq(rig_dev(rig, MMK_WAVE_IN, MMK_WIDM_CLOSE, in, 0, 0), 0);
    cr_assert_eq(card_count(rig->card, MMK_WOM_CLOSE), 1);
    cr_assert_eq(rig_destroy(rig), 0);
}

/* ------------------------------------------------------------------ wave without DriverProc */

Test(states, wave_may_come_without_any_driver_message)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    uintptr_t out;

    cr_assert_eq(devices(rig), 0);
    cr_assert_eq(rig_dev(rig, MMK_WAVE_OUT, MMK_DRVM_INIT, 0, 0, 0), 0);
    cr_assert_eq(devices(rig), 1);
    out = rig_open_wave(rig, MMK_WAVE_OUT);
    cr_assert_neq(out, 0);
    cr_assert_eq(rig_open_wave(rig, MMK_WAVE_IN), 0, "each entry point for itself");
    cr_assert_eq(rig_dev(rig, MMK_WAVE_OUT, MMK_DRVM_EXIT, 0, 0, 0), 0);
    cr_assert_eq(devices(rig), 0);
    cr_assert_eq(test_platform_blocks_out(rig->card->tp), 0, "nobody is served: nothing is kept");
    cr_assert_eq(card_count(rig->card, MMK_WOM_CLOSE), 1);
    cr_assert_eq(rig_destroy(rig), 0);
}

Test(states, a_driver_that_is_not_there_answers_harmlessly)
{
    cr_assert_eq(mmk_driver_message(NULL, 0, 0, MMK_DRV_LOAD, 0, 0), 0);
    cr_assert_eq(mmk_driver_wod_message(NULL, 0, MMK_WODM_GETNUMDEVS, 0, 0, 0), 0);
    cr_assert_eq(mmk_driver_wid_message(NULL, 0, MMK_WIDM_OPEN, 0, 0, 0), MMK_MMSYSERR_NOTENABLED);
    mmk_driver_fini(NULL);
}

Test(states, init_refuses_what_is_incomplete)
{
    struct rig *rig = rig_create(&(struct rig_config){0});
    struct mmk_driver_class cls = mmk_virtual_card;
    struct mmk_port port = rig->port;
    struct mmk_driver_memory memory;
    struct mmk_driver *driver = NULL;

    memset(&memory, 0, sizeof memory);
    cr_assert_eq(mmk_driver_init(NULL, &cls, &port, &driver), MMK_ERR_INVAL);
    cr_assert_eq(mmk_driver_init(&memory, NULL, &port, &driver), MMK_ERR_INVAL);
    cr_assert_eq(mmk_driver_init(&memory, &cls, &port, NULL), MMK_ERR_INVAL);
    cls.setup = NULL;
    cr_assert_eq(mmk_driver_init(&memory, &cls, &port, &driver), MMK_ERR_INVAL);
    cls = mmk_virtual_card;
    cls.product = NULL;
    cr_assert_eq(mmk_driver_init(&memory, &cls, &port, &driver), MMK_ERR_INVAL);
    cls = mmk_virtual_card;
    port.notify = NULL;
    cr_assert_eq(mmk_driver_init(&memory, &cls, &port, &driver), MMK_ERR_INVAL);
    cr_assert_null(driver);
    cr_assert_eq(rig_destroy(rig), 0);
}
