/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <string.h>

#include "wave/card.h"

static uint32_t open_on(struct card *card, uint32_t device, const struct mmk_format *format,
                        uint32_t flags, uintptr_t *handle)
{
    unsigned char wfx[MMK_WAVEFORMAT_MAX_BYTES];
    size_t len;
    cr_assert_eq(mmk_format_to_wfx(format, false, wfx, &len), MMK_OK);
    return card_open_result(card, MMK_WAVE_OUT, device, wfx, flags, 7, handle);
}

static uint32_t close_out(struct card *card, uintptr_t handle)
{
    return card_send(card, MMK_WAVE_OUT, MMK_WODM_CLOSE, handle, 0, 0);
}

Test(stream, opens_and_closes_with_one_callback_each)
{
    struct card *card = card_create(&(struct card_config){0});
    uintptr_t handle = 0;

    cr_assert_eq(open_on(card, 0, &card_cd, 0, &handle), MMK_MMSYSERR_NOERROR);
    cr_assert_neq(handle, 0);
    cr_assert_eq(card->n_log, 1);
    cr_assert_eq(card->log[0].msg, MMK_WOM_OPEN);
    cr_assert_eq(card->log[0].handle, 0x1007);
    cr_assert_eq(card->log[0].user, 7);
    cr_assert_eq(close_out(card, handle), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(card->n_log, 2);
    cr_assert_eq(card->log[1].msg, MMK_WOM_CLOSE);
    cr_assert_eq(close_out(card, handle), MMK_MMSYSERR_INVALHANDLE, "a stale handle");
    cr_assert_eq(card_destroy(card), 0);
}

Test(stream, query_makes_no_instance_and_no_callback)
{
    struct card *card = card_create(&(struct card_config){0});
    uintptr_t handle = 99;

    cr_assert_eq(open_on(card, 0, &card_cd, MMK_WAVE_FORMAT_QUERY, &handle), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(handle, 99);
    cr_assert_eq(card->n_log, 0);
    cr_assert_eq(sim_counts(card->sim[MMK_PLAYBACK][0]).opens, 0);
    cr_assert_eq(card_destroy(card), 0);
}

Test(stream, device_is_opened_with_the_first_client_and_closed_with_the_last)
{
    struct card *card = card_create(&(struct card_config){.n_devices = 2});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    uintptr_t a = 0, b = 0, other = 0;

    cr_assert_eq(open_on(card, 0, &card_cd, 0, &a), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(open_on(card, 0, &card_cd, 0, &b), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(open_on(card, 1, &card_cd, 0, &other), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(sim_counts(sim).opens, 1);
    cr_assert_eq(sim_counts(card->sim[MMK_PLAYBACK][1]).opens, 1);
    cr_assert_eq(close_out(card, a), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(sim_counts(sim).closes, 0);
    cr_assert_eq(close_out(card, b), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(sim_counts(sim).closes, 1);
    cr_assert_eq(open_on(card, 0, &card_cd, 0, &a), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(sim_counts(sim).opens, 2);
    cr_assert_eq(card_destroy(card), 0);
}

Test(stream, over_the_client_limit_answers_allocated)
{
    struct card *card = card_create(&(struct card_config){.clients_max = 3});
    uintptr_t handle[4];

    for (int i = 0; i < 3; i++)
        cr_assert_eq(open_on(card, 0, &card_cd, 0, &handle[i]), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(open_on(card, 0, &card_cd, 0, &handle[3]), MMK_MMSYSERR_ALLOCATED);
    cr_assert_eq(close_out(card, handle[1]), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(open_on(card, 0, &card_cd, 0, &handle[3]), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(card_destroy(card), 0);
}

Test(stream, handles_are_not_used_again)
{
    struct card *card = card_create(&(struct card_config){0});
    uintptr_t seen[200];

    for (int i = 0; i < 200; i++) {
        cr_assert_eq(open_on(card, 0, &card_cd, 0, &seen[i]), MMK_MMSYSERR_NOERROR);
        for (int k = 0; k < i; k++)
            cr_assert_neq(seen[i], seen[k]);
        cr_assert_eq(close_out(card, seen[i]), MMK_MMSYSERR_NOERROR);
    }
    for (int i = 0; i < 200; i++)
        cr_assert_eq(close_out(card, seen[i]), MMK_MMSYSERR_INVALHANDLE);
    cr_assert_eq(card_destroy(card), 0);
}

Test(stream, handle_of_the_other_direction_is_refused)
{
    struct card *card = card_create(&(struct card_config){0});
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    const uintptr_t in = card_open(card, MMK_WAVE_IN, &card_cd, 0);

    cr_assert_neq(out, in);
    cr_assert_eq(card_send(card, MMK_WAVE_IN, MMK_WIDM_RESET, out, 0, 0), MMK_MMSYSERR_INVALHANDLE);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_RESET, in, 0, 0), MMK_MMSYSERR_INVALHANDLE);
#if UINTPTR_MAX > 0xFFFFFFFFu
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_RESET, out | 1ull << 40, 0, 0),
                 MMK_MMSYSERR_INVALHANDLE, "the upper half counts");
#endif
    cr_assert_eq(card_destroy(card), 0);
}

Test(stream, direct_takes_only_the_devices_own_format)
{
    struct card *card = card_create(&(struct card_config){0});
    const struct mmk_format other = card_format(MMK_SAMPLE_S16, 2, 44100);
    uintptr_t handle = 0;

    cr_assert_eq(open_on(card, 0, &other, MMK_WAVE_FORMAT_DIRECT, &handle), MMK_WAVERR_BADFORMAT);
    cr_assert_eq(handle, 0);
    cr_assert_eq(open_on(card, 0, &card_cd, MMK_WAVE_FORMAT_DIRECT, &handle), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(card_destroy(card), 0);
}

Test(stream, every_client_format_opens_on_every_device_format, .timeout = 60)
{
    const uint32_t rates[] = {1000, 44100, 384000};
    unsigned n = 0;

    for (mmk_sample d = MMK_SAMPLE_U8; d < MMK_SAMPLE_COUNT; d++) {
        struct card *card = card_create(&(struct card_config){
            .device_format = card_format(d, (uint16_t)(1 + d % MMK_CHANNELS_MAX), 48000)});
        for (mmk_sample s = MMK_SAMPLE_U8; s < MMK_SAMPLE_COUNT; s++)
            for (uint16_t c = 1; c <= MMK_CHANNELS_MAX; c++) {
                const struct mmk_format f = card_format(s, c, rates[n % 3]);
                unsigned char bytes[64 * MMK_CHANNELS_MAX] = {0};
                struct mmk_wavehdr h;
                const uintptr_t handle = card_open(card, MMK_WAVE_OUT, &f, 0);
                cr_assert_neq(handle, 0, "%d x %d on %d", s, c, d);
                card_header(&h, bytes, (uint32_t)(8 * mmk_format_frame_bytes(&f)));
                cr_assert_eq(card_write(card, handle, &h), MMK_MMSYSERR_NOERROR);
                cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_RESET, handle, 0, 0), 0);
                cr_assert_eq(close_out(card, handle), MMK_MMSYSERR_NOERROR);
                n++;
            }
        cr_assert_eq(card_destroy(card), 0);
    }
    cr_assert_eq(n, 8 * 8 * 8);
}

Test(stream, trouble_of_the_device_has_a_documented_name)
{
    static const struct {
        mmk_err err;
        uint32_t result;
    } table[] = {
        {MMK_ERR_BUSY, MMK_MMSYSERR_ALLOCATED},     {MMK_ERR_NOMEM, MMK_MMSYSERR_NOMEM},
        {MMK_ERR_FORMAT, MMK_WAVERR_BADFORMAT},     {MMK_ERR_NOT_FOUND, MMK_MMSYSERR_NOTENABLED},
        {MMK_ERR_GONE, MMK_MMSYSERR_NOTENABLED},    {MMK_ERR_ACCESS, MMK_MMSYSERR_NOTENABLED},
        {MMK_ERR_TIMEOUT, MMK_MMSYSERR_NOTENABLED}, {MMK_ERR_UNSUPPORTED, MMK_MMSYSERR_NOTENABLED},
    };
    struct card *card = card_create(&(struct card_config){0});

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uintptr_t handle = 99;
        sim_fail_open(card->sim[MMK_PLAYBACK][0], table[i].err);
        cr_assert_eq(open_on(card, 0, &card_cd, 0, &handle), table[i].result, "%s",
                     mmk_err_name(table[i].err));
        cr_assert_eq(handle, 99);
        cr_assert_eq(card->n_log, 0);
    }
    cr_assert_eq(card_destroy(card), 0);
}

Test(stream, allocation_that_fails_leaves_nothing_behind, .timeout = 30)
{
    unsigned failed = 0;
    for (uint64_t n = 0;; n++) {
        struct card *card = card_create(&(struct card_config){0});
        uintptr_t handle = 0;
        uint32_t result;
        test_platform_fail_alloc(card->tp, n);
        result = open_on(card, 0, &card_cd, 0, &handle);
        test_platform_fail_alloc(card->tp, UINT64_MAX);
        cr_assert(result == MMK_MMSYSERR_NOMEM || result == MMK_MMSYSERR_NOERROR, "%u", result);
        cr_assert_eq(card_destroy(card), 0);
        if (result == MMK_MMSYSERR_NOERROR)
            break;
        failed++;
    }
    cr_assert_geq(failed, 3);
}

Test(stream, creation_of_locks_that_fails_leaves_nothing_behind, .timeout = 30)
{
    for (uint64_t n = 0;; n++) {
        struct card *card = card_create(&(struct card_config){0});
        uintptr_t handle = 0;
        uint32_t result;
        test_platform_fail_create(card->tp, n);
        result = open_on(card, 0, &card_cd, 0, &handle);
        test_platform_fail_create(card->tp, UINT64_MAX);
        cr_assert(result == MMK_MMSYSERR_NOMEM || result == MMK_MMSYSERR_NOERROR, "%u", result);
        cr_assert_eq(card_destroy(card), 0);
        if (n > 12)
            break;
    }
}

Test(stream, a_device_that_went_away_is_opened_anew)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    static int16_t data[2 * 4800];
    uintptr_t a = 0, b = 0;
    struct mmk_wavehdr h;

    cr_assert_eq(open_on(card, 0, &card_cd, 0, &a), MMK_MMSYSERR_NOERROR);
    card_header(&h, data, sizeof data);
    cr_assert_eq(card_write(card, a, &h), MMK_MMSYSERR_NOERROR);
    sim_render(sim, 100);
    sim_vanish(sim);
    card_settle(card);
    cr_assert_eq(card_flags(&h), MMK_WHDR_PREPARED | MMK_WHDR_DONE, "the buffer is back");
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 1);
    cr_assert_eq(card_write(card, a, &h), MMK_MMSYSERR_NODRIVER);
    cr_assert_eq(card_flags(&h), MMK_WHDR_PREPARED | MMK_WHDR_DONE, "as it was");
    cr_assert_neq(card_position(card, MMK_WAVE_OUT, a, MMK_TIME_BYTES), UINT32_MAX);
    cr_assert_eq(close_out(card, a), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(open_on(card, 0, &card_cd, 0, &b), MMK_MMSYSERR_NOERROR);
    cr_assert_eq(card_destroy(card), 0);
}

Test(stream, who_holds_on_to_a_lost_device_keeps_nobody_from_the_new_one)
{
    struct card *card = card_create(&(struct card_config){0});
    static int16_t data[2 * 480];
    uintptr_t a = 0, b = 0;
    struct mmk_wavehdr h;

    cr_assert_eq(open_on(card, 0, &card_cd, 0, &a), MMK_MMSYSERR_NOERROR);
    sim_vanish(card->sim[MMK_PLAYBACK][0]);
    card->shift = 1; /* plugged in again, it is another one */
    cr_assert_eq(open_on(card, 0, &card_cd, 0, &b), MMK_MMSYSERR_NOERROR);
    card_header(&h, data, sizeof data);
    cr_assert_eq(card_write(card, b, &h), 0);
    cr_assert_eq(sim_render(card->sim[MMK_PLAYBACK][1], 480), 480);
    card_settle(card);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 1);
    cr_assert_eq(close_out(card, a), 0);
    cr_assert_eq(sim_counts(card->sim[MMK_PLAYBACK][0]).closes, 1);
    cr_assert_eq(sim_counts(card->sim[MMK_PLAYBACK][1]).closes, 0);
    cr_assert_eq(card_destroy(card), 0);
}

struct slow {
    atomic_bool inside, left;
};

static void slow_callback(void *user, struct card *card, const struct card_event *event)
{
    struct slow *slow = user;
    if (event->msg != MMK_WOM_DONE)
        return;
    atomic_store(&slow->inside, true);
    card->platform->ops->sleep_ns(card->platform, 100000000);
    atomic_store(&slow->left, true);
}

static struct card *card_in_a_slow_callback(struct slow *slow, uintptr_t *out,
                                            struct mmk_wavehdr *h)
{
    static int16_t data[2 * 480];
    struct card *card = card_create(&(struct card_config){.threads = true, .real_clock = true});
    card->hook = slow_callback;
    card->hook_user = slow;
    *out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    card_header(h, data, sizeof data);
    cr_assert_eq(card_write(card, *out, h), 0);
    sim_render(card->sim[MMK_PLAYBACK][0], 480);
    while (!atomic_load(&slow->inside))
        card->platform->ops->sleep_ns(card->platform, 1000000);
    cr_assert_eq(card_flags(h), MMK_WHDR_PREPARED | MMK_WHDR_DONE);
    return card;
}

Test(stream, close_waits_for_the_callback_that_is_on_its_way, .timeout = 20)
{
    struct slow slow = {false, false};
    struct mmk_wavehdr h;
    uintptr_t out;
    struct card *card = card_in_a_slow_callback(&slow, &out, &h);

    cr_assert_eq(close_out(card, out), 0, "a client that polls DONE may close at once");
    cr_assert(atomic_load(&slow.left));
    cr_assert_eq(card->log[card->n_log - 1].msg, MMK_WOM_CLOSE, "the last word");
    cr_assert_eq(card_destroy(card), 0);
}

Test(stream, the_object_is_not_left_while_our_own_thread_is_inside, .timeout = 20)
{
    struct slow slow = {false, false};
    struct mmk_wavehdr h;
    uintptr_t out;
    struct card *card = card_in_a_slow_callback(&slow, &out, &h);

    mmk_wave_hold(card->wave);
    mmk_wave_close(card->wave); /* after it a host may unload the code */
    cr_assert(atomic_load(&slow.left));
    cr_assert_eq(card_destroy(card), 0);
}

Test(stream, a_stream_is_taken_away_with_its_object)
{
    struct card *card = card_create(&(struct card_config){0});
    static int16_t data[2 * 480];
    struct mmk_wavehdr h;
    const uintptr_t a = card_open(card, MMK_WAVE_OUT, &card_cd, 0);

    card_header(&h, data, sizeof data);
    cr_assert_eq(card_write(card, a, &h), MMK_MMSYSERR_NOERROR);
    mmk_wave_hold(card->wave);
    mmk_wave_close(card->wave);
    cr_assert_eq(card_flags(&h), MMK_WHDR_PREPARED | MMK_WHDR_DONE);
    cr_assert_eq(card->log[card->n_log - 2].msg, MMK_WOM_DONE);
    cr_assert_eq(card->log[card->n_log - 1].msg, MMK_WOM_CLOSE, "the last word");
    cr_assert_eq(card_open(card, MMK_WAVE_OUT, &card_cd, 0), 0, "closed objects open nothing");
    cr_assert_eq(card_destroy(card), 0, "which lets go of what was held");
}
