/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "acm/acm_rig.h"
#include "acm/wfx.h"

/* Every source with every destination: SUGGEST, the query and OPEN say the same, and a sample of
 * the pairs is converted and listened to. */

#define PI 3.14159265358979323846

enum { FORMATS_MAX = 400 };

static struct wfx formats[FORMATS_MAX];
static double least_db[FORMATS_MAX]; /* what the format itself keeps of a sine */
static unsigned n_formats;

static void add(struct wfx f, double db)
{
    least_db[n_formats] = db;
    formats[n_formats++] = f;
}

static void all_formats(void)
{
    static const uint32_t rates[8] = {8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000};
    for (unsigned r = 0; r < 8; r++) {
        for (unsigned ch = 1; ch <= 2; ch++) {
            add(wfx_plain(1, rates[r], ch, 8), 36);
            add(wfx_plain(1, rates[r], ch, 16), 84);
            add(wfx_plain(1, rates[r], ch, 24), 95);
            add(wfx_plain(1, rates[r], ch, 32), 95);
            add(wfx_plain(3, rates[r], ch, 32), 95);
            add(wfx_plain(3, rates[r], ch, 64), 95);
            add(wfx_extensible(rates[r], ch, 24, 20), 95);
            add(wfx_plain(6, rates[r], ch, 8), 32);
            add(wfx_plain(7, rates[r], ch, 8), 32);
            add(wfx_codec(2, rates[r], ch, 0), 18);
            add(wfx_codec(0x11, rates[r], ch, 0), 18);
        }
        add(wfx_codec(0x31, rates[r], 1, 0), 3);
        add(wfx_extensible(rates[r], 6, 16, 16), 84);
        add(wfx_extensible(rates[r], 8, 24, 24), 95);
    }
    for (unsigned ch = 3; ch <= 8; ch++)
        add(wfx_plain(3, 48000, ch, 32), 95);
}

static void float_format(struct wfx *f, const struct wfx *like)
{
    *f = wfx_plain(3, like->rate, like->channels, 32);
}

/* Everything through one transcoder of the codec pack. */
static uint8_t *run(const struct wfx *a, const struct wfx *b, const void *in, size_t n_in,
                    size_t *n)
{
    const struct mmk_transcoder_config c = {
        .src = a->b,
        .src_bytes = a->n,
        .dst = b->b,
        .dst_bytes = b->n,
        .setup = {MMK_QUALITY_FAST, false, MMK_DOWNMIX_STANDARD}};
    struct mmk_transcoder *t;
    size_t n_mem, used;
    cr_assert_eq(mmk_transcoder_bytes(&c, &n_mem), MMK_OK);
    void *mem = aligned_alloc(64, (n_mem + 63) / 64 * 64);
    cr_assert_eq(mmk_transcoder_init(mem, n_mem, &c, &t), MMK_OK);
    size_t room = (size_t)mmk_transcoder_bound(t, n_in, true);
    uint8_t *out = malloc(room ? room : 1);
    mmk_transcoder_process(t, in, n_in, &used, out, room, n, MMK_TRANSCODE_END);
    cr_assert_eq(used, n_in);
    free(mem);
    return out;
}

static double sum_of(const float *frame, unsigned channels)
{
    double sum = 0;
    for (unsigned c = 0; c < channels; c++)
        sum += (double)frame[c];
    return sum;
}

/* SNR of all channels together (mono goes to the centre alone) against the sine that went in. */
static double snr(const float *x, size_t frames, unsigned channels, double hz, double rate)
{
    double ss = 0, cc = 0, sc = 0, xs = 0, xc = 0, signal = 0, rest = 0;
    const size_t from = frames / 5, to = frames * 3 / 5;
    for (size_t i = from; i < to; i++) {
        double s = sin(2 * PI * hz * (double)i / rate), c = cos(2 * PI * hz * (double)i / rate);
        ss += s * s;
        cc += c * c;
        sc += s * c;
        xs += sum_of(x + i * channels, channels) * s;
        xc += sum_of(x + i * channels, channels) * c;
    }
    double det = ss * cc - sc * sc, a = (xs * cc - xc * sc) / det, b = (xc * ss - xs * sc) / det;
    for (size_t i = from; i < to; i++) {
        double y =
            a * sin(2 * PI * hz * (double)i / rate) + b * cos(2 * PI * hz * (double)i / rate);
        signal += y * y;
        double d = sum_of(x + i * channels, channels) - y;
        rest += d * d;
    }
    return 10 * log10(signal / (rest + 1e-30));
}

static double listen(const struct wfx *a, const struct wfx *b)
{
    const double hz = 400;
    const size_t frames = a->rate / 8;
    struct wfx fa, fb;
    size_t n1, n2, n3;
    float *in = malloc(frames * a->channels * sizeof *in);
    for (size_t i = 0; i < frames * a->channels; i++)
        in[i] = (float)(0.4 * sin(2 * PI * hz * (double)(i / a->channels) / a->rate));
    float_format(&fa, a);
    float_format(&fb, b);
    uint8_t *src = run(&fa, a, in, frames * a->channels * sizeof *in, &n1);
    uint8_t *dst = run(a, b, src, n1, &n2);
    uint8_t *back = run(b, &fb, dst, n2, &n3);
    double db =
        snr((const float *)(const void *)back, n3 / 4 / b->channels, b->channels, hz, b->rate);
    free(in);
    free(src);
    free(dst);
    free(back);
    return db;
}

Test(matrix, suggest_query_and_open_agree, .init = acm_rig_open)
{
    unsigned pairs = 0, possible = 0;
    all_formats();
    for (unsigned i = 0; i < n_formats; i++)
        for (unsigned j = 0; j < n_formats; j++) {
            struct wfx a = formats[i], b = formats[j];
            if ((i * 31 + j) % 17 == 0) /* no format at all */
                b.b[(i + j) % 2 == 0 ? 2 : 12] = 0;
            struct acm_stream s;
            uint8_t dst[64] = {0};
            memcpy(dst, b.b, 18);
            acm_stream_set(&s, j & 1, a.b, b.b, NULL, MMK_ACM_STREAMOPENF_QUERY);
            uint32_t query = acm_msg(MMK_ACMDM_STREAM_OPEN, acm_stream_at(&s), NULL), open = query;
            uint32_t suggest = acm_suggest(j & 1, a.b, (uint32_t)a.n, dst, sizeof dst, 0xF0000);
            if ((i * n_formats + j) % 5 == 0) {
                acm_rig.setup.quality = MMK_QUALITY_DRAFT;
                acm_stream_set(&s, j & 1, a.b, b.b, NULL, 0);
                open = acm_msg(MMK_ACMDM_STREAM_OPEN, acm_stream_at(&s), NULL);
                if (open == 0)
                    cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_CLOSE, acm_stream_at(&s), NULL), 0);
            }
            pairs++;
            possible += query == 0;
            cr_assert(query == 0 || query == MMK_ACMERR_NOTPOSSIBLE);
            cr_assert_eq(query, open, "%s -> %s", a.name, b.name);
            /* a block align of 0 is the format's own business: SUGGEST writes it anew */
            if (b.b[12] != 0)
                cr_assert_eq(query, suggest, "%s -> %s: %u, %u", a.name, b.name, query, suggest);
        }
    cr_assert_geq(pairs, 5000);
    cr_log_info("%u pairs, %u possible, 0 disagreements", pairs, possible);
    cr_assert_eq(acm_rig_close(), 0);
}

Test(matrix, pairs_sound_as_their_formats_allow)
{
    unsigned heard = 0, bad = 0;
    all_formats();
    for (unsigned i = 0; i < n_formats; i++)
        for (unsigned j = i % 13; j < n_formats; j += 13) {
            double should = fmin(least_db[i], least_db[j]);
            double is = listen(&formats[i], &formats[j]);
            heard++;
            if (is < should - (least_db[i] < 40 && least_db[j] < 40 ? 6 : 1)) {
                bad++;
                cr_log_error("%s -> %s: %.1f dB, not %.1f", formats[i].name, formats[j].name, is,
                             should);
            }
        }
    cr_assert_eq(bad, 0, "%u of %u", bad, heard);
    cr_assert_gt(heard, 3000);
}
