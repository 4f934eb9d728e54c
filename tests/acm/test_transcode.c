/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "acm/wfx.h"

/* Transcoders as byte machines: any cut gives the same bytes, counts are exact, bounds hold, and
 * what comes out is the sound that went in. */

static uint64_t seed = 88172645463325252ull;

static uint32_t any(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 20) % below;
}

struct machine {
    struct mmk_transcoder *t;
    void *mem;
};

static struct machine machine(const struct wfx *src, const struct wfx *dst, bool dither)
{
    struct mmk_transcoder_config c = {.src = src->b,
                                      .src_bytes = src->n,
                                      .dst = dst->b,
                                      .dst_bytes = dst->n,
                                      .setup = {MMK_QUALITY_DRAFT, dither, MMK_DOWNMIX_STANDARD}};
    struct machine m;
    size_t n;
    cr_assert_eq(mmk_transcoder_bytes(&c, &n), MMK_OK, "%s -> %s", src->name, dst->name);
    m.mem = aligned_alloc(64, (n + 63) / 64 * 64);
    cr_assert_eq(mmk_transcoder_init(m.mem, n, &c, &m.t), MMK_OK);
    return m;
}

/* All of `in`, END included, in calls of random sizes; destinations are heap blocks of exactly the
 * bound, or smaller. */
static size_t convert(struct machine *m, const uint8_t *in, size_t n_in, uint8_t *out, size_t cap,
                      uint32_t chunk, bool blockalign, bool small)
{
    size_t total = 0, at = 0;
    bool ended = false;
    unsigned stuck = 0;
    while (!ended) {
        size_t n = chunk == 0 ? n_in : 1 + any(chunk), used, made;
        bool last;
        n = n < n_in - at ? n : n_in - at;
        last = at + n == n_in;
        size_t room = (size_t)mmk_transcoder_bound(m->t, n, last);
        if (small)
            room = any(2 * (uint32_t)room + (at == n_in ? 6000 : 2)); /* some is inside by now */
        uint8_t *src = malloc(n ? n : 1), *dst = malloc(room ? room : 1);
        memcpy(src, in + at, n);
        unsigned flags =
            (blockalign ? MMK_TRANSCODE_BLOCKALIGN : 0u) | (last ? MMK_TRANSCODE_END : 0u);
        mmk_transcoder_process(m->t, src, n, &used, dst, room, &made, flags);
        cr_assert_leq(used, n);
        cr_assert_leq(made, room);
        cr_assert_eq(made % mmk_transcoder_block_out(m->t), 0);
        if (!small && !blockalign)
            cr_assert_eq(used, n, "the bound was given, %zu of %zu taken", used, n);
        cr_assert_leq(total + made, cap);
        memcpy(out + total, dst, made);
        free(src);
        free(dst);
        total += made;
        at += used;
        if (last && used == n && !small)
            ended = true;
        stuck = used == 0 && made == 0 ? stuck + 1 : 0;
        if (small && at == n_in && stuck > 20)
            ended = true;
        cr_assert_lt(stuck, 2000, "no progress at %zu of %zu", at, n_in);
        if (blockalign && used == 0 && !last)
            chunk += 1 + (uint32_t)mmk_transcoder_block_in(m->t);
    }
    return total;
}

static void sound(const struct wfx *f, uint8_t *bytes, size_t n)
{
    /* through our own converter from float; its truth is tested elsewhere */
    struct wfx flt = wfx_plain(3, f->rate, f->channels, 32);
    size_t frames = n / f->block * f->frames;
    float *in = malloc(frames * f->channels * sizeof *in);
    for (size_t i = 0; i < frames; i++)
        for (unsigned c = 0; c < f->channels; c++)
            in[i * f->channels + c] =
                (float)(0.4 * sin((double)i * 0.05 * (c + 1)) + 0.1 * sin((double)i * 0.3));
    struct machine m = machine(&flt, f, false);
    size_t used, made;
    mmk_transcoder_process(m.t, in, frames * f->channels * 4, &used, bytes, n, &made, 0);
    cr_assert_eq(made, n, "%s: %zu of %zu", f->name, made, n);
    free(in);
    free(m.mem);
}

Test(transcode, any_cut_gives_the_same_bytes)
{
    struct wfx f[32];
    size_t n = wfx_some(f);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            size_t n_in = (6000 / (f[i].block * (f[i].frames > 1 ? 1 : 1)) + 3) * f[i].block;
            uint8_t *in = malloc(n_in);
            sound(&f[i], in, n_in);
            if (any(2)) /* a piece at the end that is no whole block */
                n_in -= any(f[i].block);
            struct machine one = machine(&f[i], &f[j], true);
            size_t cap = (size_t)mmk_transcoder_bound(one.t, n_in, true);
            uint8_t *a = malloc(cap), *b = malloc(cap);
            size_t na = convert(&one, in, n_in, a, cap, 0, false, false);
            for (int k = 0; k < 4; k++) { /* the same object goes on: END begins anew */
                size_t nb = convert(&one, in, n_in, b, cap, k < 2 ? 3000 : 40, k == 1, k == 3);
                cr_assert_eq(na, nb, "%s -> %s, cut %d: %zu, %zu bytes", f[i].name, f[j].name, k,
                             na, nb);
                cr_assert_arr_eq(a, b, na, "%s -> %s, cut %d", f[i].name, f[j].name, k);
            }
            free(in);
            free(a);
            free(b);
            free(one.mem);
        }
}

Test(transcode, the_count_is_exact_to_the_frame)
{
    struct wfx f[32];
    size_t n = wfx_some(f);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            size_t blocks = 1 + any(4000) / f[i].frames, n_in = blocks * f[i].block;
            uint8_t *in = calloc(1, n_in);
            struct machine m = machine(&f[i], &f[j], false);
            size_t cap = (size_t)mmk_transcoder_bound(m.t, n_in, true);
            uint8_t *out = malloc(cap);
            size_t is = convert(&m, in, n_in, out, cap, 0, false, false) / f[j].block;
            uint64_t frames = (uint64_t)blocks * f[i].frames;
            uint64_t should = (frames * f[j].rate + f[i].rate - 1) / f[i].rate;
            should = (should + f[j].frames - 1) / f[j].frames;
            cr_assert_eq(is, should, "%s -> %s: %zu, not %zu", f[i].name, f[j].name, is,
                         (size_t)should);
            free(in);
            free(out);
            free(m.mem);
        }
}

Test(transcode, a_second_end_gives_nothing)
{
    struct wfx a = wfx_plain(1, 8000, 1, 16), b = wfx_plain(1, 44100, 2, 24);
    struct machine m = machine(&a, &b, false);
    uint8_t in[200] = {0}, out[20000];
    size_t used, made;
    mmk_transcoder_process(m.t, in, sizeof in, &used, out, sizeof out, &made, MMK_TRANSCODE_END);
    cr_assert_eq(made, 552 * 6); /* ceil(100 * 44100 / 8000) */
    mmk_transcoder_process(m.t, NULL, 0, &used, out, sizeof out, &made, MMK_TRANSCODE_END);
    cr_assert_eq(made, 0);
    mmk_transcoder_process(m.t, in, 2, &used, out, sizeof out, &made, 0);
    mmk_transcoder_process(m.t, NULL, 0, &used, out, sizeof out, &made,
                           MMK_TRANSCODE_START | MMK_TRANSCODE_END);
    cr_assert_eq(made, 0, "START drops what was inside");
    free(m.mem);
}

/* What an END had no room for comes with the next ones. */
Test(transcode, an_end_without_room_goes_on)
{
    struct wfx a = wfx_plain(1, 8000, 1, 16), b = wfx_plain(1, 48000, 1, 16);
    struct machine m = machine(&a, &b, false);
    uint8_t in[200] = {0}, out[64];
    size_t used, made, total = 0, at = 0;
    for (int i = 0; i < 400; i++) {
        mmk_transcoder_process(m.t, in + at, sizeof in - at, &used, out, sizeof out, &made,
                               MMK_TRANSCODE_END);
        total += made;
        at += used;
        if (at == sizeof in && made == 0)
            break;
    }
    cr_assert_eq(total, 1200);
    free(m.mem);
}

Test(transcode, same_format_is_a_copy)
{
    struct wfx f[32];
    size_t n = wfx_some(f);
    for (size_t i = 0; i < n; i++) {
        if (f[i].frames > 1)
            continue;
        uint8_t in[960], out[960];
        for (size_t k = 0; k < sizeof in; k++)
            in[k] = (uint8_t)any(256);
        struct machine m = machine(&f[i], &f[i], true);
        size_t used, made, n_in = sizeof in / f[i].block * f[i].block;
        mmk_transcoder_process(m.t, in, n_in, &used, out, sizeof out, &made, 0);
        cr_assert_eq(made, n_in);
        cr_assert_arr_eq(in, out, n_in);
        free(m.mem);
    }
}

Test(transcode, sixteen_bits_come_back_from_wider_ones)
{
    struct wfx s16 = wfx_plain(1, 44100, 2, 16);
    struct wfx wide[] = {wfx_plain(1, 44100, 2, 24), wfx_plain(1, 44100, 2, 32),
                         wfx_plain(3, 44100, 2, 32), wfx_plain(3, 44100, 2, 64)};
    int16_t in[4096], back[4096];
    uint8_t mid[4096 * 8];
    for (int i = 0; i < 4096; i++)
        in[i] = (int16_t)any(65536);
    for (unsigned k = 0; k < 4; k++) {
        struct machine to = machine(&s16, &wide[k], true), from = machine(&wide[k], &s16, false);
        size_t used, made, n;
        mmk_transcoder_process(to.t, in, sizeof in, &used, mid, sizeof mid, &n, 0);
        mmk_transcoder_process(from.t, mid, n, &used, back, sizeof back, &made, 0);
        cr_assert_arr_eq(in, back, sizeof in);
        free(to.mem);
        free(from.mem);
    }
}

/* 20 of 24 bits: rounded to them, the rest 0. */
Test(transcode, valid_bits_are_kept_to)
{
    struct wfx flt = wfx_plain(3, 48000, 1, 32), pcm = wfx_extensible(48000, 1, 32, 20);
    float in[1000];
    uint8_t out[4000];
    for (int i = 0; i < 1000; i++)
        in[i] = (float)((double)any(2000001) / 1e6 - 1);
    struct machine m = machine(&flt, &pcm, false);
    size_t used, made;
    mmk_transcoder_process(m.t, in, sizeof in, &used, out, sizeof out, &made, 0);
    for (int i = 0; i < 1000; i++) {
        int32_t v;
        memcpy(&v, out + 4 * i, 4);
        cr_assert_eq(v & 0xFFF, 0);
        double error = fabs((double)v / 2147483648.0 - (double)in[i]);
        cr_assert_leq(error, (double)in[i] > 0.999 ? 2.0 / 524288 : 0.5001 / 524288);
    }
    free(m.mem);
}

/* ------------------------------------------------------------------ filters */

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static struct machine filtered(const struct wfx *f, const uint8_t *filter)
{
    struct mmk_transcoder_config c = {
        .src = f->b, .src_bytes = f->n, .dst = f->b, .dst_bytes = f->n, .filter = filter};
    struct machine m;
    size_t n;
    cr_assert_eq(mmk_transcoder_bytes(&c, &n), MMK_OK);
    m.mem = aligned_alloc(64, (n + 63) / 64 * 64);
    cr_assert_eq(mmk_transcoder_init(m.mem, n, &c, &m.t), MMK_OK);
    return m;
}

Test(transcode, volume_scales_and_saturates)
{
    struct wfx f = wfx_plain(1, 8000, 1, 16);
    uint8_t filter[36] = {0};
    put32(filter, 36);
    put32(filter + 4, 1);
    put32(filter + 32, 0x20000);
    int16_t in[4] = {100, -200, 20000, -20000}, out[4];
    struct machine m = filtered(&f, filter);
    size_t used, made;
    mmk_transcoder_process(m.t, in, sizeof in, &used, out, sizeof out, &made, MMK_TRANSCODE_END);
    cr_assert_eq(made, 8);
    cr_assert(out[0] == 200 && out[1] == -400 && out[2] == 32767 && out[3] == -32768);
    free(m.mem);
}

Test(transcode, echo_comes_later_and_once)
{
    struct wfx f = wfx_plain(1, 8000, 2, 16);
    uint8_t filter[40] = {0};
    put32(filter, 40);
    put32(filter + 4, 2);
    put32(filter + 32, 0x8000);
    put32(filter + 36, 100); /* 800 frames */
    int16_t in[2000] = {0}, out[2 * (1000 + 800)];
    in[20] = 10000;
    in[21] = -6000;
    struct machine m = filtered(&f, filter);
    size_t used, made;
    mmk_transcoder_process(m.t, in, sizeof in, &used, out, sizeof out, &made, MMK_TRANSCODE_END);
    cr_assert_eq(made, sizeof out);
    for (int i = 0; i < 3600; i++)
        cr_assert_eq(out[i], i == 20     ? 10000
                             : i == 21   ? -6000
                             : i == 1620 ? 5000
                             : i == 1621 ? -3000
                                         : 0);
    free(m.mem);
}
