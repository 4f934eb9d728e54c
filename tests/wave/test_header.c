/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>

#include "wave/card.h"

#define P MMK_WHDR_PREPARED
#define D MMK_WHDR_DONE
#define Q MMK_WHDR_INQUEUE

static int16_t data[2 * 48000];

static uint32_t prepare(struct card *card, uintptr_t handle, struct mmk_wavehdr *h)
{
    return card_send(card, MMK_WAVE_OUT, MMK_WODM_PREPARE, handle, (uintptr_t)h, sizeof *h);
}

static uint32_t unprepare(struct card *card, uintptr_t handle, struct mmk_wavehdr *h)
{
    return card_send(card, MMK_WAVE_OUT, MMK_WODM_UNPREPARE, handle, (uintptr_t)h, sizeof *h);
}

Test(header, flags_go_through_their_documented_stages)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h;

    card_header(&h, data, 4 * 480);
    h.dwFlags = 0;
    h.dwUser = (uintptr_t)0x1122334455667788u;
    cr_assert_eq(prepare(card, out, &h), 0);
    cr_assert_eq(h.dwFlags, P);
    cr_assert_eq(card_write(card, out, &h), 0);
    cr_assert_eq(h.dwFlags, P | Q);
    cr_assert_eq(unprepare(card, out, &h), MMK_WAVERR_STILLPLAYING);
    sim_render(sim, 479);
    card_settle(card);
    cr_assert_eq(card_flags(&h), P | Q, "not before its last frame has been played");
    sim_render(sim, 1);
    card_settle(card);
    cr_assert_eq(card_flags(&h), P | D);
    cr_assert_eq(card->log[card->n_log - 1].msg, MMK_WOM_DONE);
    cr_assert_eq(card->log[card->n_log - 1].p1, (uintptr_t)&h);
    cr_assert_eq(card->log[card->n_log - 1].flags_seen, P | D, "flags first, then the callback");
    cr_assert_eq(card_write(card, out, &h), 0, "the same header again");
    cr_assert_eq(card_flags(&h), P | Q);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_RESET, out, 0, 0), 0);
    cr_assert_eq(card_flags(&h), P | D);
    cr_assert_eq(unprepare(card, out, &h), 0);
    cr_assert_eq(h.dwFlags, D);
    cr_assert_eq(h.dwUser, (uintptr_t)0x1122334455667788u);
    cr_assert_eq(h.lpNext, NULL);
    cr_assert_eq(h.reserved, 0);
    cr_assert_eq(card_destroy(card), 0);
}

Test(header, nothing_but_the_flags_is_written)
{
    struct card *card = card_create(&(struct card_config){0});
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h, before;

    memset(&h, 0x77, sizeof h);
    h.lpData = (char *)data;
    h.dwBufferLength = 400;
    h.dwFlags = 0x40000000u; /* a bit of the client's own, or of a later Windows */
    before = h;
    cr_assert_eq(prepare(card, out, &h), 0);
    cr_assert_eq(card_write(card, out, &h), 0);
    sim_render(card->sim[MMK_PLAYBACK][0], 480);
    card_settle(card);
    cr_assert_eq(h.dwFlags, 0x40000000u | P | D);
    before.dwFlags = h.dwFlags;
    cr_assert_eq(memcmp(&h, &before, sizeof h), 0);
    cr_assert_eq(card_destroy(card), 0);
}

Test(header, may_lie_at_any_address)
{
    static unsigned char room[8][sizeof(struct mmk_wavehdr) + 8];
    struct card *card = card_create(&(struct card_config){0});
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);

    for (unsigned off = 0; off < 8; off++) {
        struct mmk_wavehdr local;
        card_header(&local, (char *)data + off, 4 * 10);
        memcpy(room[off] + off, &local, sizeof local);
        cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_WRITE, out,
                               (uintptr_t)(room[off] + off), sizeof local),
                     0);
    }
    sim_render(card->sim[MMK_PLAYBACK][0], 480);
    card_settle(card);
    for (unsigned off = 0; off < 8; off++) {
        struct mmk_wavehdr local;
        memcpy(&local, room[off] + off, sizeof local);
        cr_assert_eq(local.dwFlags, P | D, "offset %u", off);
        for (unsigned i = 0; i < off; i++)
            cr_assert_eq(room[off][i], 0);
        for (unsigned i = off + (unsigned)sizeof local; i < sizeof room[off]; i++)
            cr_assert_eq(room[off][i], 0);
    }
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 8);
    cr_assert_eq(card_destroy(card), 0);
}

Test(header, queued_twice_is_refused_whatever_its_flags_say)
{
    struct card *card = card_create(&(struct card_config){0});
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h;

    card_header(&h, data, sizeof data);
    cr_assert_eq(card_write(card, out, &h), 0);
    cr_assert_eq(card_write(card, out, &h), MMK_WAVERR_STILLPLAYING);
    h.dwFlags = P; /* a client's mistake */
    cr_assert_eq(card_write(card, out, &h), MMK_WAVERR_STILLPLAYING);
    cr_assert_eq(unprepare(card, out, &h), MMK_WAVERR_STILLPLAYING);
    cr_assert_eq(prepare(card, out, &h), MMK_WAVERR_STILLPLAYING);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_RESET, out, 0, 0), 0);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 1, "it comes back once");
    cr_assert_eq(card_destroy(card), 0);
}

Test(header, zero_and_odd_lengths_come_back_in_their_turn)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h[5];
    const uint32_t lengths[5] = {0, 4 * 100 + 3, 3, 4 * 50 + 1, 0};

    for (int i = 0; i < 5; i++) {
        card_header(&h[i], lengths[i] == 0 ? NULL : data, lengths[i]);
        cr_assert_eq(card_write(card, out, &h[i]), 0);
    }
    sim_render(sim, 99);
    card_settle(card);
    cr_assert_eq(card_flags(&h[1]), P | Q);
    sim_render(sim, 51);
    card_settle(card);
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(card_flags(&h[i]), P | D, "buffer %d", i);
        cr_assert_eq(card->log[1 + i].p1, (uintptr_t)&h[i], "in the order of WRITE");
    }
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), 150,
                 "whole frames only");
    cr_assert_eq(card_destroy(card), 0);
}

Test(header, a_null_data_pointer_is_refused_where_it_would_be_read)
{
    struct card *card = card_create(&(struct card_config){0});
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    struct mmk_wavehdr h;

    card_header(&h, NULL, 4);
    cr_assert_eq(card_write(card, out, &h), MMK_MMSYSERR_INVALPARAM);
    cr_assert_eq(h.dwFlags, P);
    card_header(&h, NULL, 3); /* less than a frame: nothing is read */
    cr_assert_eq(card_write(card, out, &h), 0);
    cr_assert_eq(card_destroy(card), 0);
}

Test(header, ten_thousand_buffers_queue_and_come_back_in_order, .timeout = 60)
{
    enum { N = 10000 };
    static struct mmk_wavehdr h[N];
    struct card *card = card_create(&(struct card_config){.sim = {.discard = true}});
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);

    for (int i = 0; i < N; i++) {
        card_header(&h[i], data, 4);
        cr_assert_eq(card_write(card, out, &h[i]), 0);
    }
    /* the audio side announces a bounded number of blocks at a time */
    for (int i = 0; i < N / 2000; i++) {
        sim_render(card->sim[MMK_PLAYBACK][0], 2000);
        card_settle(card);
    }
    cr_assert_eq(card->n_log, 1 + N, "%u", card->n_log);
    for (int i = 0; i < N; i++)
        cr_assert_eq(card->log[1 + i].p1, (uintptr_t)&h[i]);
    cr_assert_eq(card_destroy(card), 0);
}

Test(header, write_survives_a_failed_allocation)
{
    struct card *card = card_create(&(struct card_config){0});
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    static struct mmk_wavehdr h[400];
    unsigned refused = 0;

    for (int i = 0; i < 400; i++) {
        card_header(&h[i], data, 4);
        test_platform_fail_alloc(card->tp, 0);
        const uint32_t result = card_write(card, out, &h[i]);
        test_platform_fail_alloc(card->tp, UINT64_MAX);
        cr_assert(result == 0 || result == MMK_MMSYSERR_NOMEM);
        refused += result != 0;
        cr_assert_eq(h[i].dwFlags, result == 0 ? (P | Q) : P);
        if (result != 0)
            cr_assert_eq(card_write(card, out, &h[i]), 0, "the next try works");
    }
    cr_assert_geq(refused, 5);
    sim_render(card->sim[MMK_PLAYBACK][0], 480);
    card_settle(card);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 400);
    cr_assert_eq(card_destroy(card), 0);
}

/* ------------------------------------------------------------------ recording */

static void ramp(void *user, void *frames, uint64_t first, uint32_t n)
{
    int16_t *to = frames;
    (void)user;
    for (uint32_t i = 0; i < n; i++) {
        to[2 * i] = (int16_t)(first + i);
        to[2 * i + 1] = (int16_t) ~(first + i);
    }
}

static uint32_t in(struct card *card, uint32_t msg, uintptr_t handle)
{
    return card_send(card, MMK_WAVE_IN, msg, handle, 0, 0);
}

Test(header, recording_fills_buffers_one_after_the_other)
{
    struct card *card = card_create(&(struct card_config){.sim = {.source = ramp}});
    struct sim_devices *sim = card->sim[MMK_CAPTURE][0];
    const uintptr_t w = card_open(card, MMK_WAVE_IN, &card_cd, 0);
    static int16_t room[3][2 * 100];
    struct mmk_wavehdr h[3];

    for (int i = 0; i < 3; i++) {
        card_header(&h[i], room[i], sizeof room[i]);
        h[i].dwFlags = P | D;
        h[i].dwBytesRecorded = 12345;
        cr_assert_eq(card_add(card, w, &h[i]), 0);
        cr_assert_eq(card_flags(&h[i]), P | Q, "DONE is cleared");
    }
    sim_render(sim, 50);
    card_settle(card);
    cr_assert_eq(card_position(card, MMK_WAVE_IN, w, MMK_TIME_SAMPLES), 0, "not started");
    cr_assert_eq(in(card, MMK_WIDM_START, w), 0);
    cr_assert_eq(in(card, MMK_WIDM_START, w), 0, "repeated");
    sim_render(sim, 130);
    card_settle(card);
    cr_assert_eq(card_flags(&h[0]), P | D);
    cr_assert_eq(h[0].dwBytesRecorded, sizeof room[0]);
    cr_assert_eq(card_flags(&h[1]), P | Q);
    cr_assert_eq(card->log[1].msg, MMK_WIM_DATA);
    cr_assert_eq(in(card, MMK_WIDM_STOP, w), 0);
    cr_assert_eq(card_flags(&h[1]), P | D, "the partly filled one comes back");
    cr_assert_eq(h[1].dwBytesRecorded, 30 * 4);
    cr_assert_eq(card_flags(&h[2]), P | Q, "the empty one stays");
    for (int i = 0; i < 100; i++)
        cr_assert_eq((uint16_t)(room[0][2 * i] + 1),
                     (uint16_t)(room[0][2 * i + 2 < 200 ? 2 * i + 2 : 2 * i] + (i == 99)));
    cr_assert_eq(room[1][0], (int16_t)(room[0][198] + 1), "no frame is lost between buffers");
    cr_assert_eq(in(card, MMK_WIDM_CLOSE, w), MMK_WAVERR_STILLPLAYING);
    cr_assert_eq(in(card, MMK_WIDM_RESET, w), 0);
    cr_assert_eq(card_flags(&h[2]), P | D);
    cr_assert_eq(h[2].dwBytesRecorded, 0);
    cr_assert_eq(card_position(card, MMK_WAVE_IN, w, MMK_TIME_BYTES), 0);
    cr_assert_eq(in(card, MMK_WIDM_CLOSE, w), 0);
    cr_assert_eq(card->log[card->n_log - 1].msg, MMK_WIM_CLOSE);
    cr_assert_eq(card_destroy(card), 0);
}

Test(header, position_of_a_recording_counts_from_its_first_sample)
{
    struct card *card = card_create(&(struct card_config){.sim = {.source = ramp}});
    struct sim_devices *sim = card->sim[MMK_CAPTURE][0];
    const uintptr_t w = card_open(card, MMK_WAVE_IN, &card_cd, 0);
    static int16_t room[2 * 1000];
    struct mmk_wavehdr h;

    cr_assert_eq(in(card, MMK_WIDM_START, w), 0);
    card_header(&h, room, sizeof room);
    cr_assert_eq(card_add(card, w, &h), 0);
    sim_render(sim, 240);
    card_settle(card);
    cr_assert_eq(card_position(card, MMK_WAVE_IN, w, MMK_TIME_SAMPLES), 240);
    cr_assert_eq(card_position(card, MMK_WAVE_IN, w, MMK_TIME_BYTES), 960);
    cr_assert_eq(card_position(card, MMK_WAVE_IN, w, MMK_TIME_MS), 5);
    cr_assert_eq(card_destroy(card), 0);
}
