/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/codec_internal.h"

/* IMA ADPCM. A block: for each channel a header (first sample, step index, 0), then groups of four
 * bytes a channel, eight 4-bit codes each, low nibble first.
 *
 * The step of code c at step s is s/8 + (c&4 ? s : 0) + (c&2 ? s/2 : 0) + (c&1 ? s/4 : 0), each
 * part truncated. All steps stand in a table, made by the preprocessor, so that decoding is two
 * short chains: the index (add, clamp) and, apart from it, the sample (add, clamp). */

enum { INDEX_MAX = 88, HEADER = 4, GROUP_FRAMES = 8, TRIAL_FRAMES = 32 };

/* clang-format off */
#define HALF(s, sign)                                                                         \
    sign ((s) / 8), sign ((s) / 8 + (s) / 4), sign ((s) / 8 + (s) / 2),                      \
    sign ((s) / 8 + (s) / 2 + (s) / 4), sign ((s) / 8 + (s)), sign ((s) / 8 + (s) + (s) / 4),\
    sign ((s) / 8 + (s) + (s) / 2), sign ((s) / 8 + (s) + (s) / 2 + (s) / 4)
#define ROW(s) {HALF(s, +), HALF(s, -)}

#define STEPS(X) X(7), X(8), X(9), X(10), X(11), X(12), X(13), X(14), X(16), X(17), X(19), X(21), \
    X(23), X(25), X(28), X(31), X(34), X(37), X(41), X(45), X(50), X(55), X(60), X(66), X(73),    \
    X(80), X(88), X(97), X(107), X(118), X(130), X(143), X(157), X(173), X(190), X(209), X(230),  \
    X(253), X(279), X(307), X(337), X(371), X(408), X(449), X(494), X(544), X(598), X(658),       \
    X(724), X(796), X(876), X(963), X(1060), X(1166), X(1282), X(1411), X(1552), X(1707),         \
    X(1878), X(2066), X(2272), X(2499), X(2749), X(3024), X(3327), X(3660), X(4026), X(4428),     \
    X(4871), X(5358), X(5894), X(6484), X(7132), X(7845), X(8630), X(9493), X(10442), X(11487),   \
    X(12635), X(13899), X(15289), X(16818), X(18500), X(20350), X(22385), X(24623), X(27086),     \
    X(29794), X(32767)
/* clang-format on */

static const int32_t change[INDEX_MAX + 1][16] = {STEPS(ROW)};

/* 2^20 * 4 / step, rounded up: (distance * reciprocal) >> 20 is the code that comes nearest. */
#define RECIPROCAL(s) (((4u << 20) + (s)-1u) / (s))
static const uint32_t reciprocal[INDEX_MAX + 1] = {STEPS(RECIPROCAL)};

static const int8_t index_change[16] = {-1, -1, -1, -1, 2, 4, 6, 8, -1, -1, -1, -1, 2, 4, 6, 8};

struct channel {
    int32_t sample;
    int32_t index;
};

static int32_t clamp_index(int32_t index)
{
    index = index < 0 ? 0 : index;
    return index > INDEX_MAX ? INDEX_MAX : index;
}

static int32_t step(struct channel *c, unsigned code)
{
    c->sample = mmki_clamp_s16(c->sample + change[c->index][code]);
    c->index = clamp_index(c->index + index_change[code]);
    return c->sample;
}

/* ------------------------------------------------------------------ shape */

/* Stereo comes in groups of eight frames, mono in bytes of two. */
static uint32_t frames_of(size_t len_bytes, unsigned channels)
{
    size_t body = len_bytes - (size_t)HEADER * channels;
    return (uint32_t)(1 + (channels == 1 ? 2 * body : body / 8 * GROUP_FRAMES));
}

static mmk_err check(struct mmk_codec_shape *shape)
{
    uint32_t least = (uint32_t)HEADER * shape->channels + (shape->channels == 1 ? 1u : 8u);
    if (shape->channels < 1 || shape->channels > 2 || shape->bits != 4 ||
        shape->block_bytes < least || shape->block_bytes > UINT16_MAX || shape->extra_bytes < 2)
        return MMK_ERR_FORMAT;
    uint32_t frames = frames_of(shape->block_bytes, shape->channels);
    if (mmki_load16(shape->extra) != frames)
        return MMK_ERR_FORMAT;
    shape->block_frames = frames;
    return MMK_OK;
}

/* 256 bytes a channel at 11 kHz, in proportion above: about 45 ms. */
static mmk_err propose(struct mmk_codec_shape *shape, uint8_t *extra)
{
    if (shape->channels < 1 || shape->channels > 2)
        return MMK_ERR_FORMAT;
    shape->bits = 4;
    shape->block_bytes = mmki_adpcm_block_bytes(shape->rate_hz, shape->channels);
    mmki_store16(extra, (uint16_t)frames_of(shape->block_bytes, shape->channels));
    shape->extra = extra;
    shape->extra_bytes = 2;
    return check(shape);
}

static void start(void *state, const struct mmk_codec_shape *shape)
{
    (void)state;
    (void)shape;
}

/* ------------------------------------------------------------------ decode */

static void decode_mono(struct channel c, const uint8_t *body, size_t n_bytes, int16_t *pcm)
{
    for (size_t i = 0; i < n_bytes; i++) {
        pcm[2 * i] = (int16_t)step(&c, body[i] & 15u);
        pcm[2 * i + 1] = (int16_t)step(&c, body[i] >> 4);
    }
}

static void decode_stereo(struct channel l, struct channel r, const uint8_t *body, size_t n_groups,
                          int16_t *pcm)
{
    for (size_t g = 0; g < n_groups; g++, body += 8) {
        uint32_t left = mmki_load32(body), right = mmki_load32(body + 4);
        for (unsigned i = 0; i < GROUP_FRAMES; i++, left >>= 4, right >>= 4) {
            *pcm++ = (int16_t)step(&l, left & 15u);
            *pcm++ = (int16_t)step(&r, right & 15u);
        }
    }
}

static size_t decode(void *state, const struct mmk_codec_shape *shape, const uint8_t *block,
                     size_t len_bytes, int16_t *pcm)
{
    const unsigned channels = shape->channels;
    struct channel c[2] = {{0, 0}, {0, 0}};

    (void)state;
    if (len_bytes > shape->block_bytes)
        len_bytes = shape->block_bytes;
    if (len_bytes < (size_t)HEADER * channels)
        return 0;
    for (unsigned i = 0; i < channels; i++, block += HEADER) {
        pcm[i] = (int16_t)mmki_load16(block);
        c[i].sample = pcm[i];
        c[i].index = clamp_index(block[2]);
    }
    if (channels == 1)
        decode_mono(c[0], block, len_bytes - HEADER, pcm + 1);
    else
        decode_stereo(c[0], c[1], block, (len_bytes - 2 * HEADER) / 8, pcm + 2);
    return frames_of(len_bytes, channels);
}

/* ------------------------------------------------------------------ encode */

static unsigned nearest(struct channel *c, int32_t wanted)
{
    int32_t d = wanted - c->sample;
    uint32_t distance = (uint32_t)(d < 0 ? -d : d), sign = d < 0 ? 8u : 0u;
    uint32_t code = (uint32_t)((uint64_t)distance * reciprocal[c->index] >> 20);
    code = (code > 7u ? 7u : code) | sign;
    (void)step(c, code);
    return code;
}

/* The smallest step that carries the mean of the first changes. */
static int32_t first_index(const int16_t *pcm, unsigned stride, uint32_t n_frames)
{
    int32_t sum = 0, index = 0, n = n_frames < 17 ? (int32_t)n_frames : 17;
    for (int32_t i = 1; i < n; i++) {
        int32_t d = pcm[(unsigned)i * stride] - pcm[(unsigned)(i - 1) * stride];
        sum += d < 0 ? -d : d;
    }
    int32_t mean = n > 1 ? sum / (n - 1) : 0;
    while (index < INDEX_MAX && change[index][4] < mean)
        index++;
    return index;
}

/* Squared error of the block's first samples from a given index on. */
static uint64_t trial(int32_t index, const int16_t *pcm, unsigned stride, uint32_t n_frames)
{
    struct channel c = {pcm[0], index};
    uint64_t sum = 0;
    for (uint32_t i = 1; i < n_frames; i++) {
        const int32_t wanted = pcm[(size_t)i * stride];
        (void)nearest(&c, wanted);
        const int64_t error = wanted - c.sample;
        sum += (uint64_t)(error * error);
    }
    return sum;
}

/* A block may begin with any index: of a first guess and some around it, the one that serves the
 * first samples best. */
static int32_t best_index(int32_t guess, const int16_t *pcm, unsigned stride, uint32_t n_frames)
{
    static const int8_t around[] = {0, -3, 3, -6, 6};
    const uint32_t n = n_frames < TRIAL_FRAMES ? n_frames : TRIAL_FRAMES;
    uint64_t least = UINT64_MAX;
    int32_t best = guess;
    for (unsigned i = 0; i < sizeof around; i++) {
        const int32_t index = clamp_index(guess + around[i]);
        const uint64_t error = trial(index, pcm, stride, n);
        if (error < least) {
            least = error;
            best = index;
        }
    }
    return best;
}

static void encode_mono(struct channel *c, const int16_t *pcm, uint8_t *body, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned low = nearest(c, pcm[2 * i]);
        body[i] = (uint8_t)(low | nearest(c, pcm[2 * i + 1]) << 4);
    }
}

static void encode_stereo(struct channel *l, struct channel *r, const int16_t *pcm, uint8_t *body,
                          size_t n_groups)
{
    for (size_t g = 0; g < n_groups; g++, body += 8) {
        uint32_t left = 0, right = 0;
        for (unsigned i = 0; i < GROUP_FRAMES; i++, pcm += 2) {
            left |= (uint32_t)nearest(l, pcm[0]) << 4 * i;
            right |= (uint32_t)nearest(r, pcm[1]) << 4 * i;
        }
        mmki_store32(body, left);
        mmki_store32(body + 4, right);
    }
}

/* Header and first state of a channel. A block's beginning depends on its own samples only, so that
 * two can be encoded at once. */
static void begin(struct channel *c, const struct mmk_codec_shape *shape, const int16_t *pcm,
                  uint8_t *header)
{
    c->sample = pcm[0];
    c->index = first_index(pcm, shape->channels, shape->block_frames);
    c->index = best_index(c->index, pcm, shape->channels, shape->block_frames);
    mmki_store16(header, (uint16_t)pcm[0]);
    header[2] = (uint8_t)c->index;
    header[3] = 0;
}

static void encode(void *state, const struct mmk_codec_shape *shape, const int16_t *pcm,
                   uint8_t *block)
{
    const unsigned channels = shape->channels;
    const size_t body = shape->block_bytes - (size_t)HEADER * channels;
    struct channel c[2] = {{0, 0}, {0, 0}};

    (void)state;
    for (unsigned i = 0; i < channels; i++, block += HEADER)
        begin(&c[i], shape, pcm + i, block);
    if (channels == 1) {
        encode_mono(&c[0], pcm + 1, block, body);
        return;
    }
    encode_stereo(&c[0], &c[1], pcm + 2, block, body / 8);
    memset(block + body / 8 * 8, 0, body % 8);
}

/* Each step waits for the one before it: the steps of two blocks fill each other's gaps, as those
 * of two channels do. */
static void encode_two(const struct mmk_codec_shape *shape, const int16_t *pcm, uint8_t *blocks)
{
    const size_t size = shape->block_bytes;
    const int16_t *x = pcm, *y = pcm + (size_t)shape->block_frames * shape->channels;
    struct channel a, b;

    if (shape->channels != 1) {
        encode(NULL, shape, x, blocks);
        encode(NULL, shape, y, blocks + size);
        return;
    }
    begin(&a, shape, x, blocks);
    begin(&b, shape, y, blocks + size);
    uint8_t *to = blocks + HEADER, *to2 = to + size;
    for (size_t i = 0; i < size - HEADER; i++) {
        unsigned code = nearest(&a, x[2 * i + 1]), code2 = nearest(&b, y[2 * i + 1]);
        code |= nearest(&a, x[2 * i + 2]) << 4;
        code2 |= nearest(&b, y[2 * i + 2]) << 4;
        to[i] = (uint8_t)code;
        to2[i] = (uint8_t)code2;
    }
}

static const uint32_t rates[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 0};

const struct mmk_codec mmk_codec_ima = {
    .tag = 0x0011,
    .bits = 4,
    .channels_max = 2,
    .extra_bytes = 2,
    .name = "IMA ADPCM",
    .rates = rates,
    .any_rate = true,
    .stateless = true,
    .propose = propose,
    .check = check,
    .state_bytes = 1,
    .start = start,
    .decode = decode,
    .encode = encode,
    .encode_two = encode_two,
};
