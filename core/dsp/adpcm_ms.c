/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/codec_internal.h"

/* Microsoft ADPCM. A block: for each channel the number of a coefficient pair; then for each the
 * first step, sample 1, sample 2 (the older one), 16 bits each; then 4-bit codes, high nibble
 * first, in stereo left and right by turns. A block stands alone. */

enum { HEADER = 7, STEP_MIN = 16, STEP_MAX = INT32_MAX / 768, PAIRS_MAX = 256 };

const int16_t mmk_adpcm_ms_coefs[7][2] = {{256, 0}, {512, -256}, {0, 0},     {192, 64},
                                          {240, 0}, {460, -208}, {392, -232}};

/* Indexed by the code's four bits as they are. */
static const int16_t adaption[16] = {230, 230, 230, 230, 307, 409, 512, 614,
                                     768, 614, 512, 409, 307, 230, 230, 230};

struct channel {
    int32_t coef1, coef2;
    int32_t sample1, sample2;
    int32_t step;
};

/* Two products of 16-bit numbers fit in 32 bits together, unless all four are -32768: pairs that
 * could bring that about are decoded apart (predict_wide). */
static int32_t predict(const struct channel *c)
{
    return (int32_t)((uint32_t)(c->sample1 * c->coef1) + (uint32_t)(c->sample2 * c->coef2)) / 256;
}

static int32_t predict_wide(const struct channel *c)
{
    return (int32_t)(((int64_t)c->sample1 * c->coef1 + (int64_t)c->sample2 * c->coef2) / 256);
}

/* @param code  -8 .. 7 */
static int32_t advance(struct channel *c, int32_t predicted, int32_t code)
{
    int32_t next = c->step * adaption[code & 15] >> 8;
    int32_t sample = mmki_clamp_s16(predicted + code * c->step);
    c->sample2 = c->sample1;
    c->sample1 = sample;
    next = next < STEP_MIN ? STEP_MIN : next;
    c->step = next > STEP_MAX ? STEP_MAX : next;
    return sample;
}

/* ------------------------------------------------------------------ shape */

static uint32_t frames_of(size_t len_bytes, unsigned channels)
{
    return (uint32_t)(2 + (len_bytes - (size_t)HEADER * channels) * 2 / channels);
}

static mmk_err check(struct mmk_codec_shape *shape)
{
    if (shape->channels < 1 || shape->channels > 2 || shape->bits != 4 ||
        shape->block_bytes <= (uint32_t)HEADER * shape->channels ||
        shape->block_bytes > UINT16_MAX || shape->extra_bytes < 4)
        return MMK_ERR_FORMAT;
    const uint32_t frames = frames_of(shape->block_bytes, shape->channels);
    const uint32_t pairs = mmki_load16(shape->extra + 2);
    if (mmki_load16(shape->extra) != frames || pairs < 1 || pairs > PAIRS_MAX ||
        shape->extra_bytes < 4 + 4 * (size_t)pairs)
        return MMK_ERR_FORMAT;
    shape->block_frames = frames;
    return MMK_OK;
}

static mmk_err propose(struct mmk_codec_shape *shape, uint8_t *extra)
{
    if (shape->channels < 1 || shape->channels > 2)
        return MMK_ERR_FORMAT;
    shape->bits = 4;
    shape->block_bytes = mmki_adpcm_block_bytes(shape->rate_hz, shape->channels);
    mmki_store16(extra, (uint16_t)frames_of(shape->block_bytes, shape->channels));
    mmki_store16(extra + 2, 7);
    for (unsigned i = 0; i < 14; i++)
        mmki_store16(extra + 4 + 2 * i, (uint16_t)mmk_adpcm_ms_coefs[i / 2][i % 2]);
    shape->extra = extra;
    shape->extra_bytes = 32;
    return check(shape);
}

static void start(void *state, const struct mmk_codec_shape *shape)
{
    (void)shape;
    memset(state, 0, 4);
}

static void take_pair(struct channel *c, const struct mmk_codec_shape *shape, unsigned pair)
{
    if (pair >= mmki_load16(shape->extra + 2))
        pair = 0;
    c->coef1 = (int16_t)mmki_load16(shape->extra + 4 + 4 * (size_t)pair);
    c->coef2 = (int16_t)mmki_load16(shape->extra + 6 + 4 * (size_t)pair);
}

/* ------------------------------------------------------------------ decode */

static int32_t signed_code(unsigned nibble)
{
    return (int32_t)((nibble & 15u) ^ 8u) - 8;
}

static bool is_wide(const struct channel *c)
{
    return c->coef1 == INT16_MIN && c->coef2 == INT16_MIN;
}

static int16_t high(struct channel *c, uint8_t byte)
{
    return (int16_t)advance(c, predict(c), signed_code(byte >> 4));
}

static int16_t low(struct channel *c, uint8_t byte)
{
    return (int16_t)advance(c, predict(c), signed_code(byte));
}

/* The headers into c[channels] and the first two frames. */
static void begin_block(const struct mmk_codec_shape *shape, const uint8_t *block,
                        struct channel *c, int16_t *pcm)
{
    const unsigned n = shape->channels;
    for (unsigned i = 0; i < n; i++) {
        take_pair(&c[i], shape, block[i]);
        c[i].step = (int16_t)mmki_load16(block + n + 2 * i);
        c[i].sample1 = (int16_t)mmki_load16(block + 3 * n + 2 * i);
        c[i].sample2 = (int16_t)mmki_load16(block + 5 * n + 2 * i);
        pcm[i] = (int16_t)c[i].sample2;
        pcm[n + i] = (int16_t)c[i].sample1;
    }
}

static void decode_wide(struct channel *c, unsigned channels, const uint8_t *body, size_t n_codes,
                        int16_t *pcm)
{
    for (size_t i = 0; i < n_codes; i++) {
        struct channel *to = &c[i % channels];
        const unsigned code = i % 2 == 0 ? body[i / 2] >> 4 : body[i / 2];
        pcm[i] = (int16_t)advance(to, predict_wide(to), signed_code(code));
    }
}

static size_t decode(void *state, const struct mmk_codec_shape *shape, const uint8_t *block,
                     size_t len_bytes, int16_t *pcm)
{
    const unsigned n = shape->channels;
    struct channel c[2] = {{0}, {0}};

    (void)state;
    if (len_bytes > shape->block_bytes)
        len_bytes = shape->block_bytes;
    if (len_bytes < (size_t)HEADER * n)
        return 0;
    begin_block(shape, block, c, pcm);
    const uint8_t *body = block + HEADER * n;
    const size_t n_bytes = len_bytes - (size_t)HEADER * n;
    pcm += 2 * n;
    if (is_wide(&c[0]) || is_wide(&c[1])) {
        decode_wide(c, n, body, 2 * n_bytes, pcm);
        return frames_of(len_bytes, n);
    }
    struct channel l = c[0], r = c[1];
    if (n == 1) {
        for (size_t i = 0; i < n_bytes; i++) {
            pcm[2 * i] = high(&l, body[i]);
            pcm[2 * i + 1] = low(&l, body[i]);
        }
    } else {
        for (size_t i = 0; i < n_bytes; i++) {
            pcm[2 * i] = high(&l, body[i]);
            pcm[2 * i + 1] = low(&r, body[i]);
        }
    }
    return frames_of(len_bytes, n);
}

/* Each step waits for the one before it: the steps of two blocks fill each other's gaps. */
static void decode_two(const struct mmk_codec_shape *shape, const uint8_t *blocks, int16_t *pcm)
{
    const unsigned n = shape->channels;
    const size_t size = shape->block_bytes, n_bytes = size - (size_t)HEADER * n;
    int16_t *to = pcm + 2 * n, *to2 = to + (size_t)shape->block_frames * n;
    const uint8_t *body = blocks + HEADER * n, *body2 = body + size;
    struct channel c[2] = {{0}, {0}}, d[2] = {{0}, {0}};

    begin_block(shape, blocks, c, to - 2 * n);
    begin_block(shape, blocks + size, d, to2 - 2 * n);
    if (is_wide(&c[0]) || is_wide(&c[1]) || is_wide(&d[0]) || is_wide(&d[1])) {
        decode_wide(c, n, body, 2 * n_bytes, to);
        decode_wide(d, n, body2, 2 * n_bytes, to2);
        return;
    }
    struct channel a = c[0], b = c[1], e = d[0], f = d[1];
    if (n == 1) {
        for (size_t i = 0; i < n_bytes; i++) {
            to[2 * i] = high(&a, body[i]);
            to2[2 * i] = high(&e, body2[i]);
            to[2 * i + 1] = low(&a, body[i]);
            to2[2 * i + 1] = low(&e, body2[i]);
        }
        return;
    }
    for (size_t i = 0; i < n_bytes; i++) {
        to[2 * i] = high(&a, body[i]);
        to[2 * i + 1] = low(&b, body[i]);
        to2[2 * i] = high(&e, body2[i]);
        to2[2 * i + 1] = low(&f, body2[i]);
    }
}

/* ------------------------------------------------------------------ encode
 *
 * The pair: the one whose prediction from the original samples leaves the least energy. With the
 * sums r(i, j) of x[n-i] * x[n-j] over the block that energy is a quadratic form, so one pass over
 * the samples serves any number of pairs. What the decoder predicts from is noisy, though: the
 * noise of the two last samples comes back with c1^2 + c2^2, at about the 18 dB that 4 bits give.
 *
 * The step: the quantiser overloads at 7.5 steps and adapts within a few samples; it starts at a
 * fraction of the mean error over the block's first samples. */

struct energy {
    double r00, r01, r02, r11, r12, r22;
};

static struct energy energy_of(const int16_t *pcm, unsigned stride, uint32_t n_frames)
{
    int64_t s00 = 0, s01 = 0, s02 = 0;
    struct energy e;
    const int16_t *x = pcm;
    const int64_t a = x[0], b = x[stride], y = x[(size_t)(n_frames - 2) * stride],
                  z = x[(size_t)(n_frames - 1) * stride];

    for (uint32_t n = 2; n < n_frames; n++) {
        const int32_t x0 = x[(size_t)n * stride];
        s00 += x0 * x0;
        s01 += (int64_t)(x0 * (int32_t)x[(size_t)(n - 1) * stride]);
        s02 += (int64_t)(x0 * (int32_t)x[(size_t)(n - 2) * stride]);
    }
    e.r00 = (double)s00;
    e.r01 = (double)s01;
    e.r02 = (double)s02;
    e.r11 = (double)(s00 + b * b - z * z);
    e.r12 = (double)(s01 + a * b - y * z);
    e.r22 = (double)(s00 + b * b - z * z + a * a - y * y);
    return e;
}

static double residue(const struct energy *e, double c1, double c2)
{
    double r = e->r00 + c1 * c1 * e->r11 + c2 * c2 * e->r22 +
               2 * (c1 * c2 * e->r12 - c1 * e->r01 - c2 * e->r02);
    double kept = 1.0 - (c1 * c1 + c2 * c2) / 64.0;
    return kept > 0.05 ? r / kept : r * 20.0;
}

static unsigned best_pair(const struct mmk_codec_shape *shape, const int16_t *pcm)
{
    const struct energy e = energy_of(pcm, shape->channels, shape->block_frames);
    const unsigned n_pairs = mmki_load16(shape->extra + 2);
    unsigned best = 0;
    double least = 0;

    for (unsigned i = 0; i < n_pairs; i++) {
        struct channel c;
        take_pair(&c, shape, i);
        double r = residue(&e, c.coef1 / 256.0, c.coef2 / 256.0);
        if (i == 0 || r < least) {
            best = i;
            least = r;
        }
    }
    return best;
}

static int32_t first_step(const struct channel *c, const int16_t *pcm, unsigned stride,
                          uint32_t n_frames)
{
    struct channel open = *c;
    const uint32_t n = n_frames < 18 ? n_frames : 18;
    int64_t sum = 0;
    for (uint32_t i = 2; i < n; i++) {
        open.sample1 = pcm[(size_t)(i - 1) * stride];
        open.sample2 = pcm[(size_t)(i - 2) * stride];
        int32_t error = pcm[(size_t)i * stride] - predict(&open);
        sum += error < 0 ? -error : error;
    }
    int64_t step = sum / (n > 2 ? n - 2 : 1) * 3 / 8;
    step = step < STEP_MIN ? STEP_MIN : step;
    return (int32_t)(step > INT16_MAX ? INT16_MAX : step);
}

/* The nearest code by seven comparisons instead of a division: they do not wait for each other.
 * Distance 2d lies above (2k+1) steps for each k below the code. */
static unsigned encode_sample(struct channel *c, int32_t wanted)
{
    const int32_t predicted = predict(c), s = c->step;
    const int32_t d = 2 * (wanted - predicted), m = d < 0 ? -d : d;
    int32_t code = (m > s) + (m > 3 * s) + (m > 5 * s) + (m > 7 * s) + (m > 9 * s) + (m > 11 * s) +
                   (m > 13 * s);
    code = d < 0 ? -code - (m > 15 * s) : code;
    (void)advance(c, predicted, code);
    return (unsigned)code & 15u;
}

static void begin(struct channel *c, const struct mmk_codec_shape *shape, const int16_t *pcm,
                  uint8_t *block, unsigned i)
{
    const unsigned n = shape->channels, pair = best_pair(shape, pcm + i);
    take_pair(c, shape, pair);
    c->step = first_step(c, pcm + i, n, shape->block_frames);
    c->sample2 = pcm[i];
    c->sample1 = pcm[n + i];
    block[i] = (uint8_t)pair;
    mmki_store16(block + n + 2 * i, (uint16_t)c->step);
    mmki_store16(block + 3 * n + 2 * i, (uint16_t)c->sample1);
    mmki_store16(block + 5 * n + 2 * i, (uint16_t)c->sample2);
}

static void encode(void *state, const struct mmk_codec_shape *shape, const int16_t *pcm,
                   uint8_t *block)
{
    const unsigned n = shape->channels;
    const size_t n_bytes = shape->block_bytes - (size_t)HEADER * n;
    struct channel c[2] = {{0}, {0}};

    (void)state;
    for (unsigned i = 0; i < n; i++)
        begin(&c[i], shape, pcm, block, i);
    struct channel l = c[0], r = c[1];
    pcm += 2 * n;
    block += HEADER * n;
    if (n == 1) {
        for (size_t i = 0; i < n_bytes; i++) {
            const unsigned code = encode_sample(&l, pcm[2 * i]) << 4;
            block[i] = (uint8_t)(code | encode_sample(&l, pcm[2 * i + 1]));
        }
        return;
    }
    for (size_t i = 0; i < n_bytes; i++) {
        const unsigned code = encode_sample(&l, pcm[2 * i]) << 4;
        block[i] = (uint8_t)(code | encode_sample(&r, pcm[2 * i + 1]));
    }
}

static void encode_two(const struct mmk_codec_shape *shape, const int16_t *pcm, uint8_t *blocks)
{
    const unsigned n = shape->channels;
    const size_t size = shape->block_bytes, n_bytes = size - (size_t)HEADER * n;
    const int16_t *x = pcm, *y = pcm + (size_t)shape->block_frames * n;
    struct channel c[2], d[2];

    if (n != 1) { /* two channels keep the processor busy */
        encode(NULL, shape, x, blocks);
        encode(NULL, shape, y, blocks + size);
        return;
    }
    begin(&c[0], shape, x, blocks, 0);
    begin(&d[0], shape, y, blocks + size, 0);
    struct channel a = c[0], e = d[0];
    uint8_t *to = blocks + HEADER, *to2 = to + size;
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned code = encode_sample(&a, x[2 * i + 2]) << 4;
        unsigned code2 = encode_sample(&e, y[2 * i + 2]) << 4;
        code |= encode_sample(&a, x[2 * i + 3]);
        code2 |= encode_sample(&e, y[2 * i + 3]);
        to[i] = (uint8_t)code;
        to2[i] = (uint8_t)code2;
    }
}

static const uint32_t rates[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 0};

const struct mmk_codec mmk_codec_ms = {
    .tag = 0x0002,
    .bits = 4,
    .channels_max = 2,
    .extra_bytes = 32,
    .name = "Microsoft ADPCM",
    .rates = rates,
    .any_rate = true,
    .stateless = true,
    .propose = propose,
    .check = check,
    .state_bytes = 4,
    .start = start,
    .decode = decode,
    .encode = encode,
    .decode_two = decode_two,
    .encode_two = encode_two,
};
