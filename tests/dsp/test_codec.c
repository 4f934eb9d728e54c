/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include <mmk/codec.h>

#include "dsp/codec_oracle.h"
#include "dsp/dsp_internal.h"

/* Codecs against oracles written apart (codec_oracle.c), GSM against libgsm where it is there, and
 * all of them against bytes and formats that lie. Exact-size heap blocks let ASan see one byte too
 * far. */

#include <stdlib.h>

static uint64_t seed = 88172645463325252ull;

static uint32_t any(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 20) % below;
}

static void *exact(size_t n)
{
    void *p = malloc(n ? n : 1);
    cr_assert_not_null(p);
    return p;
}

static uint8_t *random_bytes(size_t n)
{
    uint8_t *p = exact(n);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)any(256);
    return p;
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static double tone(double t)
{
    return 9000 * sin(t * 0.0627) + 5000 * sin(t * 0.176 + 2) + 2500 * sin(t * 0.443);
}

static void fill(int16_t *pcm, size_t frames, unsigned channels, double noise)
{
    for (size_t i = 0; i < frames; i++)
        for (unsigned c = 0; c < channels; c++)
            pcm[i * channels + c] = (int16_t)lrint(tone((double)i + 1000.0 * c) +
                                                   noise * ((double)any(2001) / 1000 - 1));
}

/* ------------------------------------------------------------------ decoding */

Test(codec, ima_decodes_as_the_oracle)
{
    for (int round = 0; round < 3000; round++) {
        unsigned channels = 1 + any(2), n = any(400);
        uint8_t extra[2];
        struct mmk_codec_shape s = {
            .rate_hz = 8000, .channels = (uint16_t)channels, .bits = 4, .extra = extra};
        s.block_bytes = channels == 1 ? 5 + n : 16 + n;
        size_t frames =
            channels == 1 ? 1 + 2 * (s.block_bytes - 4) : 1 + (s.block_bytes - 8) / 8 * 8;
        put16(extra, (unsigned)frames);
        s.extra_bytes = 2;
        cr_assert_eq(mmk_codec_ima.check(&s), MMK_OK, "%u bytes, %u channels", s.block_bytes,
                     channels);
        cr_assert_eq(s.block_frames, frames);
        uint8_t *block = random_bytes(s.block_bytes);
        if (any(2)) {
            block[2] = (uint8_t)any(89);
            block[channels == 2 ? 6 : 2] = (uint8_t)any(89);
        }
        int16_t *is = exact(2 * frames * channels), *oracle = exact(2 * frames * channels);
        cr_assert_eq(mmk_codec_ima.decode(NULL, &s, block, s.block_bytes, is), frames);
        oracle_ima(block, channels, frames, oracle);
        cr_assert_arr_eq(is, oracle, 2 * frames * channels);
        free(block);
        free(is);
        free(oracle);
    }
}

Test(codec, ms_decodes_as_the_oracle)
{
    for (int round = 0; round < 3000; round++) {
        unsigned channels = 1 + any(2), n = any(400), pairs = round % 3 == 0 ? 1 + any(256) : 7;
        uint8_t extra[4 + 4 * 256];
        int16_t coefs[256][2];
        struct mmk_codec_shape s = {
            .rate_hz = 8000, .channels = (uint16_t)channels, .bits = 4, .extra = extra};
        s.block_bytes = 7 * channels + 1 + n;
        size_t frames = 2 + (s.block_bytes - 7 * channels) * 2 / channels;
        put16(extra, (unsigned)frames);
        put16(extra + 2, pairs);
        for (unsigned i = 0; i < pairs; i++)
            for (unsigned j = 0; j < 2; j++) {
                uint32_t k = any(4);
                coefs[i][j] = round % 3 ? mmk_adpcm_ms_coefs[i][j]
                              : k == 0  ? INT16_MIN
                                        : (int16_t)any(65536);
                put16(extra + 4 + 4 * i + 2 * j, (uint16_t)coefs[i][j]);
            }
        s.extra_bytes = 4 + 4 * pairs;
        cr_assert_eq(mmk_codec_ms.check(&s), MMK_OK);
        cr_assert_eq(s.block_frames, frames);
        uint8_t *block = random_bytes(s.block_bytes);
        if (any(4)) {
            block[0] = (uint8_t)any(pairs);
            block[channels - 1] = (uint8_t)any(pairs);
        }
        int16_t *is = exact(2 * frames * channels), *oracle = exact(2 * frames * channels);
        cr_assert_eq(mmk_codec_ms.decode(NULL, &s, block, s.block_bytes, is), frames);
        oracle_ms(block, channels, frames, (const int16_t(*)[2])coefs, pairs, oracle);
        cr_assert_arr_eq(is, oracle, 2 * frames * channels);
        free(block);
        free(is);
        free(oracle);
    }
}

/* Both samples -32768 under two coefficients of -32768: the sum of products is 2^31. */
Test(codec, ms_prediction_does_not_wrap)
{
    uint8_t block[8] = {0, 16, 0, 0, 0x80, 0, 0x80, 0}, extra[8] = {4, 0, 1, 0, 0, 0x80, 0, 0x80};
    struct mmk_codec_shape s = {8000, 1, 4, 8, 0, extra, 8};
    int16_t pcm[4];
    cr_assert_eq(mmk_codec_ms.check(&s), MMK_OK);
    cr_assert_eq(mmk_codec_ms.decode(NULL, &s, block, 8, pcm), 4);
    cr_assert_eq(pcm[2], 32767);
}

/* A stream may end inside a block: the frames that are whole come out, the same as of the block. */
Test(codec, a_cut_block_gives_what_it_holds)
{
    const struct mmk_codec *codecs[] = {&mmk_codec_ima, &mmk_codec_ms, &mmk_codec_gsm,
                                        &mmk_codec_alaw, &mmk_codec_ulaw};
    for (unsigned k = 0; k < 5; k++)
        for (uint16_t channels = 1; channels <= codecs[k]->channels_max; channels++) {
            const struct mmk_codec *codec = codecs[k];
            uint8_t extra[64];
            _Alignas(16) uint8_t state[2048];
            struct mmk_codec_shape s = {.rate_hz = 8000, .channels = channels};
            cr_assert_eq(codec->propose(&s, extra), MMK_OK);
            cr_assert_leq(codec->state_bytes, sizeof state);
            uint8_t *whole = random_bytes(s.block_bytes);
            int16_t *all = exact(2 * (size_t)s.block_frames * channels);
            codec->start(state, &s);
            cr_assert_eq(codec->decode(state, &s, whole, s.block_bytes, all), s.block_frames);
            size_t before = 0;
            for (size_t len = 0; len <= s.block_bytes; len++) {
                uint8_t *cut = exact(len);
                int16_t *some = exact(2 * (size_t)s.block_frames * channels);
                memcpy(cut, whole, len);
                codec->start(state, &s);
                size_t frames = codec->decode(state, &s, cut, len, some);
                cr_assert_leq(before, frames);
                cr_assert_arr_eq(some, all, 2 * frames * channels);
                before = frames;
                free(cut);
                free(some);
            }
            cr_assert_eq(before, s.block_frames);
            free(whole);
            free(all);
        }
}

/* ------------------------------------------------------------------ encoding */

static double round_trip(const struct mmk_codec *codec, uint32_t rate, uint16_t channels,
                         double noise)
{
    uint8_t extra[64];
    _Alignas(16) uint8_t state[2048];
    struct mmk_codec_shape s = {.rate_hz = rate, .channels = channels};
    cr_assert_eq(codec->propose(&s, extra), MMK_OK);
    size_t blocks = 20000 / s.block_frames + 1, frames = blocks * s.block_frames;
    int16_t *pcm = exact(2 * frames * channels), *back = exact(2 * frames * channels);
    uint8_t *bytes = exact(blocks * s.block_bytes);
    fill(pcm, frames, channels, noise);
    codec->start(state, &s);
    for (size_t b = 0; b < blocks; b++)
        codec->encode(state, &s, pcm + b * s.block_frames * channels, bytes + b * s.block_bytes);
    codec->start(state, &s);
    for (size_t b = 0; b < blocks; b++)
        codec->decode(state, &s, bytes + b * s.block_bytes, s.block_bytes,
                      back + b * s.block_frames * channels);
    double snr = oracle_snr(back, pcm, frames * channels);
    free(pcm);
    free(back);
    free(bytes);
    return snr;
}

Test(codec, encoding_keeps_the_sound)
{
    for (uint16_t channels = 1; channels <= 2; channels++) {
        cr_expect_gt(round_trip(&mmk_codec_ima, 44100, channels, 0), 35.0);
        cr_expect_gt(round_trip(&mmk_codec_ms, 44100, channels, 0), 40.0);
        cr_expect_gt(round_trip(&mmk_codec_alaw, 8000, channels, 0), 36.0);
        cr_expect_gt(round_trip(&mmk_codec_ulaw, 8000, channels, 0), 36.0);
        cr_expect_gt(round_trip(&mmk_codec_ima, 8000, channels, 8000), 18.0);
        cr_expect_gt(round_trip(&mmk_codec_ms, 8000, channels, 8000), 18.0);
    }
    cr_expect_gt(round_trip(&mmk_codec_gsm, 8000, 1, 0), 9.0);
}

/* Full swing, silence, and noise: whatever goes in, the decoder's view of it stays bounded and an
 * encoder never leaves its block. */
Test(codec, encoders_take_any_samples)
{
    const struct mmk_codec *codecs[] = {&mmk_codec_ima, &mmk_codec_ms, &mmk_codec_gsm};
    for (unsigned k = 0; k < 3; k++)
        for (uint16_t channels = 1; channels <= codecs[k]->channels_max; channels++)
            for (int round = 0; round < 300; round++) {
                const struct mmk_codec *codec = codecs[k];
                uint8_t extra[64];
                _Alignas(16) uint8_t state[2048];
                struct mmk_codec_shape s = {.rate_hz = 8000, .channels = channels};
                cr_assert_eq(codec->propose(&s, extra), MMK_OK);
                size_t n = (size_t)s.block_frames * channels;
                int16_t *pcm = exact(2 * n);
                uint8_t *block = exact(s.block_bytes);
                for (size_t i = 0; i < n; i++)
                    pcm[i] = round % 3 == 0   ? (int16_t)any(65536)
                             : round % 3 == 1 ? (any(2) ? INT16_MAX : INT16_MIN)
                                              : (int16_t)(i % 100 < 50 ? 0 : 30000);
                codec->start(state, &s);
                codec->encode(state, &s, pcm, block);
                codec->encode(state, &s, pcm, block);
                free(pcm);
                free(block);
            }
}

/* ------------------------------------------------------------------ G.711 */

static int alaw_value(unsigned code) /* table 1 of G.711, 13 bits */
{
    unsigned c = code ^ 0x55, seg = c >> 4 & 7, m = c & 15;
    int v = seg == 0 ? (int)(2 * m + 1) : (int)(2 * m + 33) << (seg - 1);
    return c & 0x80 ? v : -v;
}

static int ulaw_value(unsigned code) /* table 2, 14 bits */
{
    unsigned c = ~code & 0xFF, seg = c >> 4 & 7, m = c & 15;
    int v = ((int)(2 * m + 33) << seg) - 33;
    return c & 0x80 ? -v : v;
}

/* Every 16-bit value at every place of a vector: the code's value lies no further away than half
 * the step of its segment. */
Test(codec, g711_stays_within_half_a_step)
{
    int16_t in[67], back[67];
    uint8_t a[67], u[67];
    for (int x = -32768; x <= 32767; x += 1) {
        size_t n = 1 + (size_t)(x & 63), at = n - 1;
        memset(in, 0, sizeof in);
        in[at] = (int16_t)x;
        mmk_g711_s16_to_alaw(a, in, n);
        mmk_g711_s16_to_ulaw(u, in, n);
        int seg_a = (a[at] ^ 0x55) >> 4 & 7, seg_u = (~u[at] & 0xFF) >> 4 & 7;
        int half_a = 4 << (seg_a > 1 ? seg_a : 1), half_u = 4 << seg_u;
        cr_assert_leq(abs(8 * alaw_value(a[at]) - x), half_a + (x > 32256 || x < -32256 ? 256 : 1));
        cr_assert_leq(abs(4 * ulaw_value(u[at]) - x), half_u + (x > 32124 || x < -32124 ? 200 : 1));
        cr_assert_eq(a[at], mmki_alaw_encode((int16_t)x));
        cr_assert_eq(u[at], mmki_ulaw_encode((int16_t)x));
    }
    for (unsigned c = 0; c < 256; c++) {
        uint8_t codes[67];
        memset(codes, (int)c, sizeof codes);
        mmk_g711_alaw_to_s16(back, codes, 1 + c % 67);
        cr_assert_eq(back[c % 67], 8 * alaw_value(c));
        mmk_g711_ulaw_to_s16(back, codes, 1 + c % 67);
        cr_assert_eq(back[c % 67], 4 * ulaw_value(c));
    }
}

/* ------------------------------------------------------------------ hostile formats */

Test(codec, shapes_that_lie_are_refused)
{
    uint8_t extra[MMK_CODEC_EXTRA_MAX];
    struct mmk_codec_shape good = {.rate_hz = 8000, .channels = 2}, s;
    cr_assert_eq(mmk_codec_ima.propose(&good, extra), MMK_OK);
#define REFUSED(codec, change)                                    \
    do {                                                          \
        s = good;                                                 \
        change;                                                   \
        cr_expect_eq((codec).check(&s), MMK_ERR_FORMAT, #change); \
    } while (0)
    REFUSED(mmk_codec_ima, s.channels = 0);
    REFUSED(mmk_codec_ima, s.channels = 3);
    REFUSED(mmk_codec_ima, s.bits = 3);
    REFUSED(mmk_codec_ima, s.block_bytes = 0);
    REFUSED(mmk_codec_ima, s.block_bytes = 15);
    REFUSED(mmk_codec_ima, s.block_bytes++; s.block_bytes += 7);
    REFUSED(mmk_codec_ima, s.block_bytes = 0x10000);
    REFUSED(mmk_codec_ima, s.extra_bytes = 1);
    extra[0] ^= 1;
    REFUSED(mmk_codec_ima, (void)0);
    good.channels = 1;
    cr_assert_eq(mmk_codec_ms.propose(&good, extra), MMK_OK);
    REFUSED(mmk_codec_ms, s.channels = 0);
    REFUSED(mmk_codec_ms, s.channels = 3);
    REFUSED(mmk_codec_ms, s.block_bytes = 0);
    REFUSED(mmk_codec_ms, s.block_bytes = 7);
    REFUSED(mmk_codec_ms, s.block_bytes++);
    REFUSED(mmk_codec_ms, s.extra_bytes = 3);
    REFUSED(mmk_codec_ms, s.extra_bytes = 31);
    put16(extra + 2, 8);
    REFUSED(mmk_codec_ms, (void)0);
    put16(extra + 2, 0);
    REFUSED(mmk_codec_ms, (void)0);
    put16(extra + 2, 257);
    REFUSED(mmk_codec_ms, s.extra_bytes = 4 + 4 * 257);
    cr_assert_eq(mmk_codec_gsm.propose(&good, extra), MMK_OK);
    REFUSED(mmk_codec_gsm, s.channels = 2);
    REFUSED(mmk_codec_gsm, s.block_bytes = 33);
    REFUSED(mmk_codec_gsm, s.bits = 8);
    REFUSED(mmk_codec_gsm, s.extra_bytes = 0);
    put16(extra, 160);
    REFUSED(mmk_codec_gsm, (void)0);
    good.channels = 9;
    cr_expect_eq(mmk_codec_alaw.propose(&good, extra), MMK_ERR_FORMAT);
    good.channels = 3;
    cr_expect_eq(mmk_codec_ima.propose(&good, extra), MMK_ERR_FORMAT);
    cr_expect_eq(mmk_codec_ms.propose(&good, extra), MMK_ERR_FORMAT);
}

/* ------------------------------------------------------------------ GSM 06.10 */

/* Frozen sums of what was proved equal to libgsm, for machines without it: FNV-1a over the bytes of
 * 200 blocks of a fixed signal and over what they decode to. */
static uint32_t fnv(uint32_t h, const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * 16777619u;
    return h;
}

static int16_t fixed_signal(uint32_t n) /* integers only: equal on every host */
{
    static uint32_t noise;
    noise = n == 0 ? 1 : noise * 1664525u + 1013904223u;
    int32_t saw = (int32_t)(n * 331u & 0x3FFFu) - 0x2000,
            beat = (int32_t)(n * 17u & 0x1FFFu) - 0x1000;
    return (int16_t)(saw + beat + (int32_t)(noise >> 19) - 4096);
}

Test(codec, gsm_is_what_it_was_when_proved)
{
    _Alignas(16) uint8_t enc[2048], dec[2048];
    uint8_t extra[2], block[65];
    int16_t pcm[320];
    uint32_t bytes = 2166136261u, samples = 2166136261u, n = 0;
    struct mmk_codec_shape s = {.rate_hz = 8000, .channels = 1};
    cr_assert_eq(mmk_codec_gsm.propose(&s, extra), MMK_OK);
    mmk_codec_gsm.start(enc, &s);
    mmk_codec_gsm.start(dec, &s);
    for (int b = 0; b < 200; b++) {
        for (int i = 0; i < 320; i++)
            pcm[i] = fixed_signal(n++);
        mmk_codec_gsm.encode(enc, &s, pcm, block);
        bytes = fnv(bytes, block, 65);
        mmk_codec_gsm.decode(dec, &s, block, 65, pcm);
        samples = fnv(samples, pcm, sizeof pcm);
    }
    cr_expect_eq(bytes, 0x9e5fed33u, "%08x", bytes);
    cr_expect_eq(samples, 0x439c6e96u, "%08x", samples);
}

#ifdef MMK_HAVE_LIBGSM
#include <gsm.h>

static void speech_like(int kind, int block, int16_t *pcm)
{
    for (int i = 0; i < 320; i++) {
        double t = block * 320 + i;
        pcm[i] = kind == 0   ? (int16_t)any(65536)
                 : kind == 1 ? (int16_t)(30000 * sin(t * t * 1e-6))
                 : kind == 2 ? (int16_t)((int)any(64) - 32)
                 : kind == 3 ? (int16_t)(8000 * sin(t * .05) + 6000 * sin(t * .31) + any(2000))
                 : kind == 4 ? (block % 3 == 0 ? 0
                                : any(2)       ? INT16_MAX
                                               : INT16_MIN)
                 : kind == 5 ? (i % 50 < 25 ? 20000 : -20000)
                             : fixed_signal((uint32_t)t);
    }
}

Test(codec, gsm_equals_libgsm)
{
    int one = 1;
    for (int kind = 0; kind < 7; kind++) {
        _Alignas(16) uint8_t enc[2048], dec[2048];
        uint8_t extra[2], is[65], should[65] = {0};
        int16_t pcm[320], out[320], ref[320];
        gsm ge = gsm_create(), gd = gsm_create();
        struct mmk_codec_shape s = {.rate_hz = 8000, .channels = 1};
        gsm_option(ge, GSM_OPT_WAV49, &one);
        gsm_option(gd, GSM_OPT_WAV49, &one);
        cr_assert_eq(mmk_codec_gsm.propose(&s, extra), MMK_OK);
        mmk_codec_gsm.start(enc, &s);
        mmk_codec_gsm.start(dec, &s);
        for (int block = 0; block < 500; block++) {
            speech_like(kind, block, pcm);
            mmk_codec_gsm.encode(enc, &s, pcm, is);
            gsm_encode(ge, pcm, should);
            gsm_encode(ge, pcm + 160, should + 32);
            cr_assert_arr_eq(is, should, 65, "signal %d, block %d", kind, block);
            for (int i = 0; kind % 2 == 0 && i < 65; i++)
                is[i] = (uint8_t)any(256);
            mmk_codec_gsm.decode(dec, &s, is, 65, out);
            gsm_decode(gd, is, ref);
            gsm_decode(gd, is + 33, ref + 160);
            cr_assert_arr_eq(out, ref, sizeof ref, "signal %d, block %d", kind, block);
        }
        gsm_destroy(ge);
        gsm_destroy(gd);
    }
}
#endif
