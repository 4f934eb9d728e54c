/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "wave/card.h"

/* The oracle counts in 128 bits, so it cannot make the mistake it looks for; where there are none,
 * in 64, of which it uses no more than 50. */
#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;
#else
typedef uint64_t wide;
#endif

static void get(struct card *card, uintptr_t out, uint32_t type, struct mmk_mmtime *time)
{
    memset(time, 0, sizeof *time);
    time->wType = type;
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_GETPOS, out, (uintptr_t)time, sizeof *time),
                 0);
}

static void check_all(struct card *card, uintptr_t out, const struct mmk_format *f, wide frames)
{
    struct mmk_mmtime t;
    const wide seconds = frames / f->rate_hz;

    get(card, out, MMK_TIME_BYTES, &t);
    cr_assert_eq(t.u.cb, (uint32_t)(frames * mmk_format_frame_bytes(f)));
    get(card, out, MMK_TIME_SAMPLES, &t);
    cr_assert_eq(t.u.sample, (uint32_t)frames);
    get(card, out, MMK_TIME_MS, &t);
    cr_assert_eq(t.wType, MMK_TIME_MS);
    cr_assert_eq(t.u.ms, (uint32_t)(frames * 1000 / f->rate_hz));
    get(card, out, MMK_TIME_SMPTE, &t);
    cr_assert_eq(t.wType, MMK_TIME_SMPTE);
    cr_assert_eq(t.u.smpte.fps, 30);
    cr_assert_eq(t.u.smpte.frame, (uint8_t)(frames % f->rate_hz * 30 / f->rate_hz));
    cr_assert_eq(t.u.smpte.sec, (uint8_t)(seconds % 60));
    cr_assert_eq(t.u.smpte.min, (uint8_t)(seconds / 60 % 60));
    cr_assert_eq(t.u.smpte.hour, (uint8_t)(seconds / 3600 % 24));
    get(card, out, MMK_TIME_MIDI, &t);
    cr_assert_eq(t.wType, MMK_TIME_BYTES);
    cr_assert_eq(t.u.cb, (uint32_t)(frames * mmk_format_frame_bytes(f)));
    get(card, out, MMK_TIME_TICKS, &t);
    cr_assert_eq(t.wType, MMK_TIME_BYTES);
}

/* A looping buffer plays on for ever; the device's clock is advanced in large steps that keep no
 * sound. */
static void through_the_wraps(const struct mmk_format *f, uint64_t total, unsigned *n_checks,
                              unsigned *n_wraps)
{
    struct card *card = card_create(&(struct card_config){
        .device_format = *f, .sim = {.discard = true, .period_max_frames = 1u << 20}});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, f, 0);
    static uint8_t data[1u << 22];
    struct mmk_wavehdr h;
    wide frames = 0;
    uint32_t last = 0;

    card_header(&h, data, sizeof data);
    h.dwFlags |= MMK_WHDR_BEGINLOOP | MMK_WHDR_ENDLOOP;
    h.dwLoops = 0xFFFFFFFFu;
    cr_assert_eq(card_write(card, out, &h), 0);
    check_all(card, out, f, 0);
    while (frames < total) {
        const uint32_t step = 123457 * 17;
        sim_skip(sim, step);
        frames += step;
        check_all(card, out, f, frames);
        const uint32_t bytes = (uint32_t)(frames * mmk_format_frame_bytes(f));
        *n_wraps += bytes < last;
        last = bytes;
        ++*n_checks;
    }
    cr_assert_eq(card_destroy(card), 0);
}

Test(position, is_exact_through_the_wrap_of_the_byte_counter, .timeout = 120)
{
    const struct mmk_format wide_format = card_format(MMK_SAMPLE_F64, 8, 48000);
    unsigned n = 0, wraps = 0;
    through_the_wraps(&wide_format, (uint64_t)1 << 29, &n, &wraps); /* 2^35 bytes */
    printf("position: %u checks in 6 time formats through %u wraps of 2^32 bytes\n", n, wraps);
    cr_assert_geq(wraps, 7);
}

Test(position, arithmetic_is_right_far_beyond_every_wrap, .timeout = 120)
{
    /* the same through a stream at a low rate: milliseconds wrap at 2^32 after 49.7 days =
     * 4,294,967 s */
    const struct mmk_format slow = card_format(MMK_SAMPLE_U8, 1, 1000);
    struct card *card = card_create(&(struct card_config){
        .device_format = slow, .sim = {.discard = true, .period_max_frames = 1u << 24}});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &slow, 0);
    static uint8_t data[1u << 24];
    struct mmk_wavehdr h;
    wide frames = 0;

    card_header(&h, data, sizeof data);
    h.dwFlags |= MMK_WHDR_BEGINLOOP | MMK_WHDR_ENDLOOP;
    h.dwLoops = 0xFFFFFFFFu;
    cr_assert_eq(card_write(card, out, &h), 0);
    while (frames < ((wide)1 << 32) + 100000000) { /* the frame counter's own wrap too */
        sim_skip(sim, 30000001);
        frames += 30000001;
        check_all(card, out, &slow, frames);
    }
    cr_assert_eq(card_destroy(card), 0);
}

Test(position, never_goes_back_and_never_passes_what_was_given)
{
    struct card *card = card_create(&(struct card_config){0});
    const struct mmk_format f = card_format(MMK_SAMPLE_S16, 2, 44100); /* through the resampler */
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &f, 0);
    static int16_t data[2 * 4410];
    struct mmk_wavehdr h[10];
    uint32_t last = 0;

    for (int i = 0; i < 10; i++) {
        card_header(&h[i], data, sizeof data);
        cr_assert_eq(card_write(card, out, &h[i]), 0);
    }
    for (int i = 0; i < 2000; i++) {
        sim_render(sim, (uint32_t)(i * 7 % 53));
        const uint32_t at = card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES);
        cr_assert_geq(at, last);
        cr_assert_leq(at, 44100);
        last = at;
    }
    sim_render(sim, 20000);
    card_settle(card);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 44100);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 10);
    cr_assert_eq(card_destroy(card), 0);
}
