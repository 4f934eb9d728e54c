/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <string.h>

#include "wave/card.h"

static int16_t data[2 * 48000];

static uint32_t out_msg(struct card *card, uint32_t msg, uintptr_t handle, uintptr_t p1)
{
    return card_send(card, MMK_WAVE_OUT, msg, handle, p1, 0);
}

static void fill(int16_t left, int16_t right)
{
    for (size_t i = 0; i < sizeof data / sizeof data[0]; i += 2) {
        data[i] = left;
        data[i + 1] = right;
    }
}

static const int16_t *output(struct card *card, uint64_t *n)
{
    return (const int16_t *)(const void *)sim_output(card->sim[MMK_PLAYBACK][0], n);
}

/* ------------------------------------------------------------------ pause, reset, loops */

Test(control, pause_keeps_the_position_and_write_still_queues)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr a, b;

    card_header(&a, data, 4 * 1000);
    card_header(&b, data, 4 * 1000);
    cr_assert_eq(card_write(card, out, &a), 0);
    sim_render(sim, 300);
    cr_assert_eq(out_msg(card, MMK_WODM_PAUSE, out, 0), 0);
    cr_assert_eq(out_msg(card, MMK_WODM_PAUSE, out, 0), 0, "repeated");
    sim_render(sim, 500);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 300);
    cr_assert_eq(card_write(card, out, &b), 0);
    sim_render(sim, 500);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 300);
    cr_assert_eq(out_msg(card, MMK_WODM_RESTART, out, 0), 0);
    cr_assert_eq(out_msg(card, MMK_WODM_RESTART, out, 0), 0, "repeated");
    sim_render(sim, 1700);
    card_settle(card);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 2000);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 2);
    cr_assert_eq(card_destroy(card), 0);
}

Test(control, reset_gives_everything_back_and_leaves_the_pause)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h[20];

    cr_assert_eq(out_msg(card, MMK_WODM_PAUSE, out, 0), 0);
    for (int i = 0; i < 20; i++) {
        card_header(&h[i], data, 4 * 100);
        cr_assert_eq(card_write(card, out, &h[i]), 0);
    }
    cr_assert_eq(out_msg(card, MMK_WODM_RESET, out, 0), 0);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 20, "before RESET returns");
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_BYTES), 0);
    cr_assert_eq(card_write(card, out, &h[0]), 0);
    sim_render(sim, 100);
    card_settle(card);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 21, "it plays: the pause is over");
    cr_assert_eq(out_msg(card, MMK_WODM_RESET, out, 0), 0);
    cr_assert_eq(out_msg(card, MMK_WODM_RESET, out, 0), 0, "repeated");
    cr_assert_eq(card_destroy(card), 0);
}

Test(control, a_loop_over_blocks_plays_its_number_of_times)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h[4];
    static int16_t part[4][2 * 10];
    const int order[] = {0, 1, 2, 1, 2, 1, 2, 3}; /* block 1 and 2 three times */
    uint64_t n;

    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 20; k++)
            part[i][k] = (int16_t)(1000 * (i + 1) + k);
        card_header(&h[i], part[i], sizeof part[i]);
    }
    h[1].dwFlags |= MMK_WHDR_BEGINLOOP;
    h[1].dwLoops = 3;
    h[2].dwFlags |= MMK_WHDR_ENDLOOP;
    h[2].dwLoops = 99; /* only the first block's counts */
    for (int i = 0; i < 4; i++)
        cr_assert_eq(card_write(card, out, &h[i]), 0);
    sim_render(sim, 80);
    card_settle(card);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 4);
    const int16_t *got = output(card, &n);
    for (int i = 0; i < 8; i++)
        cr_assert_arr_eq(got + 20 * i, part[order[i]], sizeof part[0], "pass %d", i);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 80, "loop frames count");
    cr_assert_eq(card_flags(&h[1]), MMK_WHDR_PREPARED | MMK_WHDR_DONE | MMK_WHDR_BEGINLOOP);
    cr_assert_eq(card_destroy(card), 0);
}

Test(control, break_loop_ends_with_the_current_pass)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr a, b;

    card_header(&a, data, 4 * 100);
    a.dwFlags |= MMK_WHDR_BEGINLOOP | MMK_WHDR_ENDLOOP;
    a.dwLoops = 0xFFFFFFFFu;
    card_header(&b, data, 4 * 10);
    cr_assert_eq(card_write(card, out, &a), 0);
    cr_assert_eq(card_write(card, out, &b), 0);
    sim_render(sim, 1050);
    card_settle(card);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 0);
    cr_assert_eq(out_msg(card, MMK_WODM_BREAKLOOP, out, 0), 0);
    sim_render(sim, 49);
    card_settle(card);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 0, "the pass is not over");
    sim_render(sim, 11);
    card_settle(card);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 2);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 1110);
    cr_assert_eq(card_destroy(card), 0);
}

Test(control, loops_are_refused_for_compressed_formats_and_allowed_for_float)
{
    struct card *card = card_create(&(struct card_config){0});
    const mmk_sample samples[] = {MMK_SAMPLE_ALAW, MMK_SAMPLE_ULAW, MMK_SAMPLE_F32, MMK_SAMPLE_S24};
    const uint32_t wanted[] = {MMK_MMSYSERR_INVALPARAM, MMK_MMSYSERR_INVALPARAM, 0, 0};

    for (int i = 0; i < 4; i++) {
        const struct mmk_format f = card_format(samples[i], 1, 48000);
        const uintptr_t out = card_open(card, MMK_WAVE_OUT, &f, 0);
        struct mmk_wavehdr h;
        for (int flag = 1; flag < 4; flag++) {
            card_header(&h, data, 400);
            h.dwFlags |= (flag & 1 ? MMK_WHDR_BEGINLOOP : 0) | (flag & 2 ? MMK_WHDR_ENDLOOP : 0);
            cr_assert_eq(card_write(card, out, &h), wanted[i], "%d %d", i, flag);
            cr_assert_eq(out_msg(card, MMK_WODM_RESET, out, 0), 0);
        }
        cr_assert_eq(out_msg(card, MMK_WODM_BREAKLOOP, out, 0), wanted[i]);
        cr_assert_eq(out_msg(card, MMK_WODM_CLOSE, out, 0), 0);
    }
    cr_assert_eq(card_destroy(card), 0);
}

/* ------------------------------------------------------------------ volume */

Test(control, full_volume_is_bit_exact)
{
    struct card *card = card_create(&(struct card_config){.dither = true});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h;
    uint64_t n;

    for (size_t i = 0; i < sizeof data / sizeof data[0]; i++)
        data[i] = (int16_t)(i * 2654435761u >> 13);
    cr_assert_eq(out_msg(card, MMK_WODM_SETVOLUME, out, 0xFFFFFFFFu), 0);
    cr_assert_eq(out_msg(card, MMK_WODM_SETVOLUME, 0, 0xFFFFFFFFu), 0);
    card_header(&h, data, sizeof data);
    cr_assert_eq(card_write(card, out, &h), 0);
    sim_render(sim, 48000);
    const int16_t *got = output(card, &n);
    cr_assert_eq(n, 48000);
    cr_assert_arr_eq(got, data, sizeof data);
    cr_assert_eq(card_destroy(card), 0);
}

static void expect_levels(struct card *card, double left, double right)
{
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    uint64_t n;
    sim_render(sim, 4800); /* the change is ramped */
    sim_clear_output(sim);
    sim_render(sim, 480);
    const int16_t *got = output(card, &n);
    cr_assert_geq(n, 480);
    for (uint64_t i = 0; i < 480; i++) {
        cr_assert_float_eq(got[2 * i], 10000 * left, 1.0, "left %d, %f", got[2 * i], left);
        cr_assert_float_eq(got[2 * i + 1], 10000 * right, 1.0, "right %d", got[2 * i + 1]);
    }
}

Test(control, volumes_of_stream_device_and_card_multiply)
{
    struct card *card = card_create(&(struct card_config){0});
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h;
    uint32_t got = 0;

    fill(10000, 10000);
    card_header(&h, data, sizeof data);
    h.dwFlags |= MMK_WHDR_BEGINLOOP | MMK_WHDR_ENDLOOP;
    h.dwLoops = 0xFFFFFFFFu;
    cr_assert_eq(card_write(card, out, &h), 0);
    expect_levels(card, 1.0, 1.0);
    cr_assert_eq(out_msg(card, MMK_WODM_SETVOLUME, out, 0x4000FFFFu), 0);
    expect_levels(card, 1.0, 0x4000 / 65535.0);
    cr_assert_eq(out_msg(card, MMK_WODM_SETVOLUME, 0, 0xFFFF8000u), 0);
    expect_levels(card, 0x8000 / 65535.0, 0x4000 / 65535.0);
    cr_assert_eq(card_send(card, MMK_WAVE_AUX, MMK_AUXDM_SETVOLUME, 0, 0x80008000u, 0), 0);
    expect_levels(card, 0x8000 / 65535.0 * 0x8000 / 65535.0, 0x4000 / 65535.0 * 0x8000 / 65535.0);
    cr_assert_eq(out_msg(card, MMK_WODM_GETVOLUME, out, (uintptr_t)&got), 0);
    cr_assert_eq(got, 0x4000FFFFu, "exactly what SET gave");
    cr_assert_eq(out_msg(card, MMK_WODM_GETVOLUME, 0, (uintptr_t)&got), 0);
    cr_assert_eq(got, 0xFFFF8000u);
    cr_assert_eq(out_msg(card, MMK_WODM_SETVOLUME, out, 0), 0);
    expect_levels(card, 0, 0);
    cr_assert_eq(card_destroy(card), 0);
}

Test(control, one_channel_follows_the_low_word)
{
    struct card *card = card_create(&(struct card_config){0});
    const struct mmk_format mono = card_format(MMK_SAMPLE_S16, 1, 48000);
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &mono, 0);
    struct mmk_wavehdr h;

    fill(10000, 10000);
    card_header(&h, data, sizeof data);
    cr_assert_eq(card_write(card, out, &h), 0);
    cr_assert_eq(out_msg(card, MMK_WODM_SETVOLUME, out, 0x0000FFFFu), 0);
    sim_render(card->sim[MMK_PLAYBACK][0], 4800);
    uint64_t n;
    const int16_t *got = output(card, &n);
    cr_assert_neq(got[2 * 4700], 0);
    cr_assert_eq(got[2 * 4700], got[2 * 4700 + 1]);
    cr_assert_eq(out_msg(card, MMK_WODM_SETVOLUME, out, 0xFFFF0000u), 0);
    sim_render(card->sim[MMK_PLAYBACK][0], 4800);
    got = output(card, &n);
    cr_assert_eq(got[2 * 9500], 0);
    cr_assert_eq(card_destroy(card), 0);
}

Test(control, more_channels_are_left_right_or_in_the_middle)
{
    /* a device of the same six channels, so that each channel's gain is seen alone */
    struct mmk_format six = card_format(MMK_SAMPLE_S16, 6, 48000);
    struct card *card = card_create(&(struct card_config){.device_format = six});
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &six, 0);
    /* front left, front right, centre, low frequency, back left, back right */
    const double wanted[6] = {1.0, 0.5, 0.75, 0.75, 1.0, 0.5};
    struct mmk_wavehdr h;
    uint64_t n;

    fill(10000, 10000);
    card_header(&h, data, sizeof data);
    cr_assert_eq(out_msg(card, MMK_WODM_SETVOLUME, out, 0x8000FFFFu), 0);
    cr_assert_eq(card_write(card, out, &h), 0);
    sim_render(card->sim[MMK_PLAYBACK][0], 4800);
    const int16_t *got = output(card, &n);
    for (int c = 0; c < 6; c++)
        cr_assert_float_eq(got[6 * 4700 + c], 10000 * wanted[c], 1.0, "channel %d: %d", c,
                           got[6 * 4700 + c]);
    cr_assert_eq(card_destroy(card), 0);
}

/* ------------------------------------------------------------------ rate */

Test(control, playback_rate_moves_the_position_faster)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h;
    uint32_t got = 0;

    card_header(&h, data, sizeof data);
    cr_assert_eq(out_msg(card, MMK_WODM_SETPLAYBACKRATE, out, 0x00020000u), 0);
    cr_assert_eq(card_write(card, out, &h), 0);
    sim_render(sim, 4800);
    card_settle(card);
    const uint32_t at = card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES);
    cr_assert(at >= 9590 && at <= 9610, "%u", at);
    cr_assert_eq(out_msg(card, MMK_WODM_GETPLAYBACKRATE, out, (uintptr_t)&got), 0);
    cr_assert_eq(got, 0x00020000u);
    cr_assert_eq(out_msg(card, MMK_WODM_SETPLAYBACKRATE, out, 0x00002000u),
                 MMK_MMSYSERR_INVALPARAM);
#if UINTPTR_MAX > 0xFFFFFFFFu
    cr_assert_eq(out_msg(card, MMK_WODM_SETPLAYBACKRATE, out, (uintptr_t)1 << 32 | 0x10000),
                 MMK_MMSYSERR_INVALPARAM);
#endif
    cr_assert_eq(out_msg(card, MMK_WODM_SETPITCH, out, 0x00010000u), MMK_MMSYSERR_NOTSUPPORTED);
    cr_assert_eq(out_msg(card, MMK_WODM_GETPITCH, out, (uintptr_t)&got), MMK_MMSYSERR_NOTSUPPORTED);
    cr_assert_eq(card_destroy(card), 0);
}

/* ------------------------------------------------------------------ several clients, power, detach
 */

Test(control, clients_are_mixed)
{
    struct card *card = card_create(&(struct card_config){0});
    struct mmk_wavehdr h[3];
    static int16_t part[3][2 * 480];
    uint64_t n;

    for (int i = 0; i < 3; i++) {
        const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
        for (int k = 0; k < 960; k++)
            part[i][k] = (int16_t)(100 * (i + 1) + k % 7);
        card_header(&h[i], part[i], sizeof part[i]);
        cr_assert_eq(card_write(card, out, &h[i]), 0);
    }
    sim_render(card->sim[MMK_PLAYBACK][0], 480);
    const int16_t *got = output(card, &n);
    for (int k = 0; k < 960; k++)
        cr_assert_eq(got[k], part[0][k] + part[1][k] + part[2][k]);
    cr_assert_eq(card_destroy(card), 0);
}

Test(control, power_pauses_below_what_the_client_asked_for)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h;

    card_header(&h, data, sizeof data);
    cr_assert_eq(card_write(card, out, &h), 0);
    sim_render(sim, 100);
    mmk_wave_power(card->wave, MMK_PLAYBACK, 0, false);
    sim_render(sim, 100);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 100);
    cr_assert_eq(out_msg(card, MMK_WODM_RESTART, out, 0), 0);
    sim_render(sim, 100);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 100, "still off");
    cr_assert_eq(out_msg(card, MMK_WODM_PAUSE, out, 0), 0);
    mmk_wave_power(card->wave, MMK_PLAYBACK, 0, true);
    sim_render(sim, 100);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 100,
                 "the client's pause");
    cr_assert_eq(out_msg(card, MMK_WODM_RESTART, out, 0), 0);
    sim_render(sim, 100);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 200);
    cr_assert_eq(card_destroy(card), 0);
}

Test(control, detached_streams_answer_and_keep_their_position)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h;

    card_header(&h, data, sizeof data);
    cr_assert_eq(card_write(card, out, &h), 0);
    sim_render(sim, 123);
    mmk_wave_detach(card->wave, MMK_WAVE_OUT);
    cr_assert_eq(sim_counts(sim).closes, 1);
    cr_assert_eq(card_flags(&h), MMK_WHDR_PREPARED | MMK_WHDR_DONE);
    cr_assert_eq(card_count(card, MMK_WOM_CLOSE), 0);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 123);
    cr_assert_eq(out_msg(card, MMK_WODM_SETVOLUME, out, 5), 0);
    cr_assert_eq(out_msg(card, MMK_WODM_CLOSE, out, 0), 0);
    cr_assert_eq(card_count(card, MMK_WOM_CLOSE), 1);
    cr_assert_eq(card_destroy(card), 0);
}
