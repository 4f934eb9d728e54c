/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wave/card.h"

static uint32_t seed = 1;

static uint32_t rnd(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

/* ------------------------------------------------------------------ formats */

static uint32_t query(struct card *card, const void *wfx)
{
    return card_open_result(card, MMK_WAVE_OUT, 0, wfx, MMK_WAVE_FORMAT_QUERY, 0, NULL);
}

/* What is acceptable as plain PCM, said once more in other words. */
static bool pcm_is_fine(const struct mmk_waveformatex *f)
{
    static const uint16_t bits[] = {8, 16, 24, 32};
    bool known = false;
    for (int i = 0; i < 4; i++)
        known = known || f->wBitsPerSample == bits[i];
    return f->wFormatTag == 1 && known && f->nChannels > 0 && f->nChannels < 9 &&
           f->nSamplesPerSec > 999 && f->nSamplesPerSec < 384001 &&
           8u * f->nBlockAlign == (uint32_t)f->nChannels * f->wBitsPerSample;
}

Test(bad_input, every_value_of_every_field_of_a_pcm_format, .timeout = 100)
{
    static const struct mmk_waveformatex good = {1, 2, 48000, 192000, 4, 16, 0};
    struct card *card = card_create(&(struct card_config){0});
    static const uint32_t wide[] = {0,      1,      999,        1000,       1001,       11025,
                                    384000, 384001, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 48000};
    unsigned n = 0, accepted = 0;

    for (unsigned field = 0; field < 5; field++)
        for (unsigned v = 0; v < 65536; v++) {
            struct mmk_waveformatex f = good;
            uint16_t *const at[] = {&f.wFormatTag, &f.nChannels, &f.nBlockAlign, &f.wBitsPerSample,
                                    &f.cbSize};
            const uint16_t value = (uint16_t)v;
            if (field == 0 && (v == 3 || v == 6 || v == 7 || v == 0xFFFE))
                continue; /* other formats with rules of their own */
            memcpy(at[field], &value, sizeof value);
            const bool fine = pcm_is_fine(&f);
            cr_assert_eq(query(card, &f), fine ? MMK_MMSYSERR_NOERROR : MMK_WAVERR_BADFORMAT,
                         "field %u value %u", field, v);
            accepted += fine;
            n++;
        }
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        struct mmk_waveformatex f = good;
        f.nSamplesPerSec = wide[i];
        cr_assert_eq(query(card, &f), pcm_is_fine(&f) ? 0 : MMK_WAVERR_BADFORMAT, "%u", wide[i]);
        f = good;
        f.nAvgBytesPerSec = wide[i]; /* old programs get it wrong: never trusted, never refused */
        cr_assert_eq(query(card, &f), 0);
        n += 2;
    }
    printf("bad_input: %u formats, %u accepted\n", n, accepted);
    cr_assert_eq(sim_counts(card->sim[MMK_PLAYBACK][0]).opens, 0);
    cr_assert_eq(card_destroy(card), 0);
}

/* Formats in memory that ends right behind them: under ASan a byte more is a fault. */
Test(bad_input, nothing_behind_a_format_is_read)
{
    struct card *card = card_create(&(struct card_config){0});
    static const struct mmk_waveformatex pcm = {1, 2, 48000, 192000, 4, 16, 0};
    unsigned char *exact;

    exact = malloc(16); /* PCMWAVEFORMAT */
    memcpy(exact, &pcm, 16);
    cr_assert_eq(query(card, exact), 0);
    free(exact);
    for (unsigned cb = 0; cb < 22; cb++) {
        struct mmk_waveformatex f = pcm;
        f.wFormatTag = MMK_WAVE_FORMAT_EXTENSIBLE;
        f.cbSize = (uint16_t)cb;
        exact = malloc(sizeof f + cb);
        memset(exact, 0, sizeof f + cb);
        memcpy(exact, &f, sizeof f);
        cr_assert_eq(query(card, exact), MMK_WAVERR_BADFORMAT, "cbSize %u", cb);
        free(exact);
    }
    for (unsigned tag = 2; tag < 0x200; tag++) {
        struct mmk_waveformatex f = pcm;
        f.wFormatTag = (uint16_t)tag;
        exact = malloc(sizeof f);
        memcpy(exact, &f, sizeof f);
        (void)query(card, exact);
        free(exact);
    }
    cr_assert_eq(card_destroy(card), 0);
}

Test(bad_input, random_formats_are_refused_or_play, .timeout = 100)
{
    struct card *card = card_create(&(struct card_config){0});
    static const uint16_t tags[] = {1, 3, 6, 7, 0xFFFE};
    static const struct mmk_guid pcm = MMK_SUBFORMAT_GUID(1), flt = MMK_SUBFORMAT_GUID(3);
    static unsigned char data[4096];
    unsigned opened = 0;

    for (unsigned i = 0; i < 300000; i++) {
        struct mmk_waveformatextensible f;
        unsigned char *bytes = (unsigned char *)&f;
        uintptr_t handle = 0;
        struct mmk_wavehdr h;
        for (size_t k = 0; k < sizeof f; k++)
            bytes[k] = (unsigned char)rnd();
        /* most of it sound, one or two fields left to chance */
        f.Format.wFormatTag = tags[rnd() % 5];
        f.Format.nChannels = (uint16_t)(1 + rnd() % 9);
        f.Format.wBitsPerSample = (uint16_t)(8 * (1 + rnd() % 8));
        f.Format.nBlockAlign = (uint16_t)(f.Format.nChannels * f.Format.wBitsPerSample / 8);
        if (rnd() % 4 != 0)
            f.Format.nSamplesPerSec = 1000 + rnd() % 400000;
        f.Format.cbSize = rnd() % 4 != 0 ? 22 : (uint16_t)(rnd() % 23);
        if (rnd() % 4 != 0)
            f.Samples.wValidBitsPerSample = (uint16_t)(rnd() % (f.Format.wBitsPerSample + 2u));
        if (rnd() % 4 != 0)
            f.SubFormat = rnd() % 2 ? pcm : flt;
        if (rnd() % 2 != 0)
            f.dwChannelMask = (1u << f.Format.nChannels) - 1;
        const uint32_t asked = query(card, &f);
        cr_assert(asked == 0 || asked == MMK_WAVERR_BADFORMAT, "%u", asked);
        if (asked != 0 || opened == 400)
            continue;
        opened++;
        cr_assert_eq(card_open_result(card, MMK_WAVE_OUT, 0, &f, 0, 0, &handle), 0,
                     "QUERY said yes");
        card_header(&h, data, sizeof data);
        cr_assert_eq(card_write(card, handle, &h), 0);
        sim_render(card->sim[MMK_PLAYBACK][0], 64);
        cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_RESET, handle, 0, 0), 0);
        cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_CLOSE, handle, 0, 0), 0);
    }
    cr_assert_eq(opened, 400);
    cr_assert_eq(card_destroy(card), 0);
}

Test(bad_input, an_open_description_may_lie_at_any_address)
{
    struct card *card = card_create(&(struct card_config){0});
    static const struct mmk_waveformatex pcm = {1, 2, 48000, 192000, 4, 16, 0};

    for (unsigned off = 0; off < 8; off++) {
        unsigned char *format = malloc(sizeof pcm + off);
        unsigned char *room = malloc(sizeof(struct mmk_waveopendesc) + off);
        unsigned char *out = malloc(sizeof(uintptr_t) + off);
        struct mmk_waveopendesc desc;
        uintptr_t handle;
        memset(&desc, 0, sizeof desc);
        memcpy(format + off, &pcm, sizeof pcm);
        desc.lpFormat = (const void *)(format + off);
        memcpy(room + off, &desc, sizeof desc);
        cr_assert_eq(mmk_wave_message(card->wave, MMK_WAVE_OUT, 0, MMK_WODM_OPEN,
                                      (uintptr_t)(out + off), (uintptr_t)(room + off), 0),
                     0);
        memcpy(&handle, out + off, sizeof handle);
        cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_CLOSE, handle, 0, 0), 0);
        free(format);
        free(room);
        free(out);
    }
    cr_assert_eq(card_destroy(card), 0);
}

/* ------------------------------------------------------------------ messages at random */

static bool is_documented(uint32_t result)
{
    return result <= MMK_MMSYSERR_MOREDATA || (result >= 32 && result <= 35) ||
           (result >= 1024 && result <= 1026);
}

Test(bad_input, random_messages_get_documented_answers, .timeout = 100)
{
    struct card *card = card_create(&(struct card_config){.n_devices = 2});
    const uintptr_t handles[] = {card_open(card, MMK_WAVE_OUT, &card_cd, 0),
                                 card_open(card, MMK_WAVE_IN, &card_cd, 0), 0, 1, UINTPTR_MAX};
    static unsigned char zeros[512];
    unsigned n = 0;

    for (unsigned i = 0; i < 400000; i++) {
        const mmk_wave_kind kind = (mmk_wave_kind)(rnd() % MMK_WAVE_KIND_COUNT);
        const uint32_t msg = rnd() % 4 == 0 ? rnd() % 0x5000 : rnd() % 70;
        const uint32_t device = rnd() % 8 == 0 ? rnd() : rnd() % 4;
        const uintptr_t user = rnd() % 8 == 0 ? rnd() : handles[rnd() % 5];
        const bool opens = (kind == MMK_WAVE_OUT && msg == MMK_WODM_OPEN) ||
                           (kind == MMK_WAVE_IN && msg == MMK_WIDM_OPEN) ||
                           (kind == MMK_WAVE_MIXER && msg == MMK_MXDM_OPEN);
        /* what is written to must be memory: zeros, or nothing */
        memset(zeros, 0, sizeof zeros);
        const uint32_t result = mmk_wave_message(card->wave, kind, device, msg, opens ? 0 : user,
                                                 rnd() % 3 == 0 ? 0 : (uintptr_t)zeros,
                                                 rnd() % 3 == 0 ? 0 : rnd() % 512);
        cr_assert(is_documented(result), "kind %d msg %u: %u", kind, msg, result);
        n++;
    }
    printf("bad_input: %u random messages\n", n);
    cr_assert_eq(card_destroy(card), 0);
}

/* ------------------------------------------------------------------ devices that misbehave */

Test(bad_input, a_device_of_another_format_than_its_settings_is_converted_to)
{
    struct card *card =
        card_create(&(struct card_config){.device_format = card_format(MMK_SAMPLE_S24, 1, 44100)});
    static int16_t data[2 * 4800];
    struct mmk_wavehdr h;
    uintptr_t out;
    uint64_t n;

    card->config.device_format = card_cd; /* what the settings will say */
    cr_assert_eq(card_open(card, MMK_WAVE_OUT, &card_cd, MMK_WAVE_FORMAT_DIRECT), 0,
                 "direct: not what the settings say counts, but what the device is");
    for (size_t i = 0; i < sizeof data / 2; i++)
        data[i] = 10000;
    out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    cr_assert_neq(out, 0);
    card_header(&h, data, sizeof data);
    cr_assert_eq(card_write(card, out, &h), 0);
    sim_render(card->sim[MMK_PLAYBACK][0], 2000);
    const uint8_t *got = sim_output(card->sim[MMK_PLAYBACK][0], &n);
    const int32_t value =
        (int32_t)((uint32_t)got[3 * 1500] << 8 | (uint32_t)got[3 * 1500 + 1] << 16 |
                  (uint32_t)got[3 * 1500 + 2] << 24) >>
        16;
    cr_assert(abs(value - 10000) < 40 || abs(value - 14142) < 40, "%d", value);
    cr_assert_eq(card_destroy(card), 0);
}

Test(bad_input, a_device_that_stalls_stalls_nobody_else, .timeout = 30)
{
    struct card *card = card_create(&(struct card_config){
        .threads = true, .real_clock = true, .sim = {.threaded = true, .discard = true}});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    static int16_t data[2 * 4800];
    struct mmk_wavehdr h[4];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);

    sim_stall(sim, true);
    for (int i = 0; i < 4; i++) {
        card_header(&h[i], data, sizeof data);
        cr_assert_eq(card_write(card, out, &h[i]), 0);
    }
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_PAUSE, out, 0, 0), 0);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_RESTART, out, 0, 0), 0);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_BYTES), 0);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_CLOSE, out, 0, 0), MMK_WAVERR_STILLPLAYING);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_RESET, out, 0, 0), 0);
    cr_assert_eq(card_count(card, MMK_WOM_DONE), 4);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_CLOSE, out, 0, 0), 0);
    cr_assert_eq(card_destroy(card), 0);
}

enum vanish_state { IDLE, PLAYING, PAUSED, LOOPING, STATES };

static void vanish_in(enum vanish_state state, unsigned n_buffers, bool before_settle)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    static int16_t data[2 * 480];
    struct mmk_wavehdr h[4];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    unsigned back = 0;

    if (state == PAUSED)
        card_send(card, MMK_WAVE_OUT, MMK_WODM_PAUSE, out, 0, 0);
    for (unsigned i = 0; i < n_buffers; i++) {
        card_header(&h[i], data, sizeof data);
        if (state == LOOPING && i == 0) {
            h[i].dwFlags |= MMK_WHDR_BEGINLOOP | MMK_WHDR_ENDLOOP;
            h[i].dwLoops = UINT32_MAX;
        }
        if (state != IDLE)
            cr_assert_eq(card_write(card, out, &h[i]), 0);
    }
    sim_render(sim, 700);
    if (before_settle)
        card_settle(card);
    sim_vanish(sim);
    card_settle(card);
    for (unsigned i = 0; state != IDLE && i < n_buffers; i++) {
        cr_assert_eq(card_flags(&h[i]) & (MMK_WHDR_DONE | MMK_WHDR_INQUEUE), MMK_WHDR_DONE);
        back++;
    }
    cr_assert_eq(card_count(card, MMK_WOM_DONE), back, "each exactly once");
    card_header(&h[0], data, sizeof data);
    cr_assert_eq(card_write(card, out, &h[0]), MMK_MMSYSERR_NODRIVER);
    cr_assert_eq(h[0].dwFlags, MMK_WHDR_PREPARED);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_PAUSE, out, 0, 0), 0);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_RESTART, out, 0, 0), 0);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_BREAKLOOP, out, 0, 0), 0);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_RESET, out, 0, 0), 0);
    cr_assert_neq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_MS), UINT32_MAX);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_CLOSE, out, 0, 0), 0);
    const uintptr_t again = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    cr_assert_neq(again, 0, "plugged in again");
    cr_assert_eq(card_write(card, again, &h[0]), 0);
    cr_assert_eq(card_destroy(card), 0);
}

Test(bad_input, a_device_may_vanish_in_every_state, .timeout = 60)
{
    unsigned n = 0;
    for (int state = 0; state < STATES; state++)
        for (unsigned buffers = 0; buffers <= 4; buffers++)
            for (int settle = 0; settle < 2; settle++, n++)
                vanish_in((enum vanish_state)state, buffers, settle != 0);
    printf("bad_input: device lost in %u situations\n", n);
}

Test(bad_input, a_device_that_does_not_start_says_so)
{
    struct card *card = card_create(&(struct card_config){0});
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    static int16_t data[2 * 480];
    struct mmk_wavehdr h;

    card_header(&h, data, sizeof data);
    sim_fail_start(card->sim[MMK_PLAYBACK][0], MMK_ERR_BUSY);
    cr_assert_eq(card_write(card, out, &h), MMK_MMSYSERR_ALLOCATED);
    cr_assert_eq(h.dwFlags, MMK_WHDR_PREPARED, "the header is the client's again");
    sim_fail_start(card->sim[MMK_PLAYBACK][0], MMK_ERR_IO);
    cr_assert_eq(card_write(card, out, &h), MMK_MMSYSERR_ERROR);
    cr_assert_eq(card_write(card, out, &h), 0, "the next try works");
    cr_assert_eq(card_destroy(card), 0);
}
