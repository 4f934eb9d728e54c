/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include "acm/transcode_internal.h"

/* Frames are pulled: a stage takes from the one before it only when it has nothing left, and the
 * first takes bytes only when the output has room. So what waits inside is bounded, and cutting
 * into calls changes nothing: each stage sees the same frames in the same order. */

static size_t out_channels(const struct mmk_transcoder *t)
{
    return t->out.pcm.channels;
}

/* ------------------------------------------------------------------ bytes to frames */

/* Some bytes of at most one block, from what is held and what comes; NULL: not enough yet. */
static const uint8_t *take_block(struct mmk_transcoder *t, struct mmki_flow *f)
{
    const size_t block = t->in.block_bytes;
    if (t->held == 0) {
        if (f->n_in < block)
            return NULL;
        f->in += block;
        f->n_in -= block;
        return f->in - block;
    }
    const size_t missing = block - t->held, n = f->n_in < missing ? f->n_in : missing;
    if (n < missing && f->whole)
        return NULL;
    if (n > 0)
        memcpy(t->hold + t->held, f->in, n);
    f->in += n;
    f->n_in -= n;
    t->held += n;
    if (t->held < block)
        return NULL;
    t->held = 0;
    return t->hold;
}

/* What is left of the source and is no whole block stays inside for the next call. */
static void keep_rest(struct mmk_transcoder *t, struct mmki_flow *f)
{
    if (f->whole || f->n_in == 0 || f->n_in + t->held >= t->in.block_bytes)
        return;
    memcpy(t->hold + t->held, f->in, f->n_in);
    t->held += f->n_in;
    f->in += f->n_in;
    f->n_in = 0;
}

static bool decode_block(struct mmk_transcoder *t, struct mmki_flow *f)
{
    const uint8_t *block = take_block(t, f);
    size_t n_bytes = t->in.block_bytes;
    if (block == NULL) {
        keep_rest(t, f);
        if (!t->ending || t->flushed || t->held == 0 || f->n_in > 0)
            return false;
        t->flushed = true;
        block = t->hold;
        n_bytes = t->held;
        t->held = 0;
    }
    t->bi_at = 0;
    t->bi_len = t->in.codec->decode(t->state_in, &t->in.shape, block, n_bytes, t->block_in);
    return t->bi_len > 0 || f->n_in > 0;
}

/* PCM frames: many at once from the source, or the one that lies in pieces. */
static const uint8_t *take_frames(struct mmk_transcoder *t, struct mmki_flow *f, size_t most,
                                  size_t *n)
{
    const uint8_t *at;
    if (t->held > 0) {
        at = take_block(t, f);
        *n = at != NULL;
        return at;
    }
    *n = f->n_in / t->in.block_bytes;
    *n = *n < most ? *n : most;
    at = f->in;
    f->in += *n * t->in.block_bytes;
    f->n_in -= *n * t->in.block_bytes;
    return at;
}

/* ------------------------------------------------------------------ the ways */

/* memcpy of whole blocks */
static void run_copy(struct mmk_transcoder *t, struct mmki_flow *f)
{
    for (;;) {
        size_t n = 0;
        const size_t room = f->n_out / t->out.block_bytes;
        const uint8_t *at = room > 0 ? take_frames(t, f, room, &n) : NULL;
        if (n == 0)
            break;
        memcpy(f->out, at, n * t->in.block_bytes);
        f->out += n * t->in.block_bytes;
        f->n_out -= n * t->in.block_bytes;
    }
}

static bool aligned(const void *p)
{
    return (uintptr_t)p % sizeof(int16_t) == 0;
}

/* A whole block straight from the client's bytes to the client's bytes. */
static bool decode_through(struct mmk_transcoder *t, struct mmki_flow *f)
{
    const size_t frame = t->out.block_bytes, most = t->in.block_frames * frame;
    if (!MMKI_HOST_IS_LITTLE || t->in.codec == NULL || t->out.codec != NULL || t->held != 0 ||
        t->bi_at < t->bi_len || t->out.pcm.sample != MMK_SAMPLE_S16 ||
        f->n_in < t->in.block_bytes || f->n_out < most || !aligned(f->out))
        return false;
    if (t->in.codec->decode_two != NULL && f->n_in / 2 >= t->in.block_bytes &&
        f->n_out / 2 >= most) {
        t->in.codec->decode_two(&t->in.shape, f->in, (int16_t *)(void *)f->out);
        f->in += 2 * (size_t)t->in.block_bytes;
        f->n_in -= 2 * (size_t)t->in.block_bytes;
        f->out += 2 * most;
        f->n_out -= 2 * most;
        return true;
    }
    const size_t n = t->in.codec->decode(t->state_in, &t->in.shape, f->in, t->in.block_bytes,
                                         (int16_t *)(void *)f->out);
    f->in += t->in.block_bytes;
    f->n_in -= t->in.block_bytes;
    f->out += n * frame;
    f->n_out -= n * frame;
    return true;
}

static bool encode_through(struct mmk_transcoder *t, struct mmki_flow *f)
{
    const size_t frame = t->in.block_bytes, whole = t->out.block_frames * frame;
    if (!MMKI_HOST_IS_LITTLE || t->out.codec == NULL || t->in.codec != NULL || t->held != 0 ||
        t->bo_len != 0 || t->in.pcm.sample != MMK_SAMPLE_S16 || f->n_in < whole ||
        f->n_out < t->out.block_bytes || !aligned(f->in))
        return false;
    if (t->out.codec->encode_two != NULL && f->n_in / 2 >= whole &&
        f->n_out / 2 >= t->out.block_bytes) {
        t->out.codec->encode_two(&t->out.shape, (const int16_t *)(const void *)f->in, f->out);
        f->in += 2 * whole;
        f->n_in -= 2 * whole;
        f->out += 2 * (size_t)t->out.block_bytes;
        f->n_out -= 2 * (size_t)t->out.block_bytes;
        return true;
    }
    t->out.codec->encode(t->state_out, &t->out.shape, (const int16_t *)(const void *)f->in, f->out);
    f->in += whole;
    f->n_in -= whole;
    f->out += t->out.block_bytes;
    f->n_out -= t->out.block_bytes;
    return true;
}

/* A-law or mu-law bytes to 16 bits, in the middle of the S16 way. */
static const uint8_t *widen(struct mmk_transcoder *t, const uint8_t *at, size_t n, int16_t *some)
{
    const size_t samples = n * t->in.pcm.channels;
    if (t->in.pcm.sample == MMK_SAMPLE_S16)
        return at;
    if (t->in.pcm.sample == MMK_SAMPLE_ALAW)
        t->dsp->alaw_to_s16(some, at, samples);
    else
        t->dsp->ulaw_to_s16(some, at, samples);
    if (!MMKI_HOST_IS_LITTLE)
        for (size_t i = 0; i < samples; i++)
            mmki_put_u16le(&some[i], (uint16_t)some[i]);
    return (const uint8_t *)some;
}

static bool s16_from_codec(struct mmk_transcoder *t, struct mmki_flow *f, size_t room)
{
    if (t->bi_at == t->bi_len && !decode_block(t, f))
        return false;
    size_t n = t->bi_len - t->bi_at;
    n = n < room ? n : room;
    int16_t *from = t->block_in + t->bi_at * t->in.pcm.channels;
    if (!MMKI_HOST_IS_LITTLE)
        for (size_t i = 0; i < n * t->in.pcm.channels; i++)
            mmki_put_u16le(&from[i], (uint16_t)from[i]);
    mmki_sink_s16(t, f, (const uint8_t *)from, n);
    t->bi_at += n;
    return true;
}

static bool s16_from_samples(struct mmk_transcoder *t, struct mmki_flow *f, size_t room)
{
    int16_t some[MMKI_CHUNK * MMK_CHANNELS_MAX];
    const bool law = t->in.pcm.sample != MMK_SAMPLE_S16;
    size_t n, most = law && room > MMKI_CHUNK ? MMKI_CHUNK : room;
    const uint8_t *at;
    if (law && MMKI_HOST_IS_LITTLE && t->out.codec == NULL && t->out.pcm.sample == MMK_SAMPLE_S16 &&
        aligned(f->out)) { /* straight into the client's bytes */
        at = take_frames(t, f, room, &n);
        (void)widen(t, at, n, (int16_t *)(void *)f->out);
        f->out += n * t->out.block_bytes;
        f->n_out -= n * t->out.block_bytes;
        return n > 0;
    }
    at = take_frames(t, f, most, &n);
    if (n == 0)
        return false;
    mmki_sink_s16(t, f, widen(t, at, n, some), n);
    return true;
}

static void run_s16(struct mmk_transcoder *t, struct mmki_flow *f)
{
    for (;;) {
        if (mmki_sink_flush(t, f) || decode_through(t, f) || encode_through(t, f))
            continue;
        const size_t room = mmki_sink_room(t, f);
        if (room == 0)
            return;
        if (!(t->in.codec != NULL ? s16_from_codec(t, f, room) : s16_from_samples(t, f, room)))
            return;
    }
}

/* ------------------------------------------------------------------ float */

static void mix(struct mmk_transcoder *t, float *dst, const float *src, size_t n)
{
    t->dsp->remix(dst, src, n, t->in.pcm.channels, t->out.pcm.channels, t->matrix);
}

/* Source frames, in float, into fin (filtered, and mixed if that comes first). */
static bool fill_in(struct mmk_transcoder *t, struct mmki_flow *f)
{
    float *to = t->mix_first ? t->mid : t->fin;
    const unsigned channels = t->in.pcm.channels;
    size_t n;

    if (t->in.codec != NULL) {
        if (t->bi_at == t->bi_len && !decode_block(t, f))
            return false;
        n = t->bi_len - t->bi_at;
        n = n < MMKI_CHUNK ? n : MMKI_CHUNK;
        const int16_t *from = t->block_in + t->bi_at * channels;
        for (size_t i = 0; i < n * channels; i++)
            to[i] = (float)from[i] * 0x1p-15f;
        t->bi_at += n;
    } else {
        const uint8_t *at = take_frames(t, f, MMKI_CHUNK, &n);
        if (n > 0)
            t->dsp->to_f32[t->in.pcm.sample](to, at, n * channels);
    }
    if (n == 0 && t->ending && t->filter.tail > 0 && f->n_in < t->in.block_bytes) {
        n = t->filter.tail < MMKI_CHUNK ? t->filter.tail : MMKI_CHUNK;
        memset(to, 0, n * channels * sizeof *to);
        t->filter.tail -= (uint32_t)n;
    }
    if (n == 0)
        return t->in.codec != NULL;
    if (t->filter.tag != 0)
        mmki_filter_run(&t->filter, to, n, channels);
    if (t->mix_first)
        mix(t, t->fin, t->mid, n);
    t->fi_at = 0;
    t->fi_len = n;
    return true;
}

/* From fin (channels of the resampler) to fout (channels of the output). */
static bool fill_out(struct mmk_transcoder *t)
{
    const bool mix_last = t->mixes && !t->mix_first;
    const size_t channels = mix_last ? t->in.pcm.channels : out_channels(t);
    float *to = mix_last ? t->mid : t->fout;
    size_t used = 0, made = 0;

    if (t->resampler != NULL) {
        mmk_resampler_process(t->resampler, t->fin + t->fi_at * channels, t->fi_len - t->fi_at,
                              &used, to, MMKI_CHUNK, &made);
    } else {
        used = made = t->fi_len - t->fi_at;
        memcpy(to, t->fin + t->fi_at * channels, made * channels * sizeof *to);
    }
    t->fi_at += used;
    if (mix_last)
        mix(t, t->fout, t->mid, made);
    t->fo_at = 0;
    t->fo_len = made;
    return made > 0;
}

static bool drain_resampler(struct mmk_transcoder *t)
{
    const bool mix_last = t->mixes && !t->mix_first;
    size_t made = 0;
    if (t->resampler == NULL)
        return false;
    mmk_resampler_drain(t->resampler, mix_last ? t->mid : t->fout, MMKI_CHUNK, &made);
    if (mix_last)
        mix(t, t->fout, t->mid, made);
    t->fo_at = 0;
    t->fo_len = made;
    return made > 0;
}

static void run_float(struct mmk_transcoder *t, struct mmki_flow *f)
{
    for (;;) {
        if (mmki_sink_flush(t, f))
            continue;
        const size_t room = mmki_sink_room(t, f);
        if (room == 0)
            return;
        if (t->fo_at < t->fo_len) {
            size_t n = t->fo_len - t->fo_at;
            n = n < room ? n : room;
            mmki_sink_f32(t, f, t->fout + t->fo_at * out_channels(t), n);
            t->fo_at += n;
            continue;
        }
        if (t->fi_at < t->fi_len) {
            (void)fill_out(t);
            continue;
        }
        if (fill_in(t, f))
            continue;
        if (!t->ending || f->n_in >= t->in.block_bytes || !drain_resampler(t))
            return;
    }
}

/* ------------------------------------------------------------------ process */

static void reset(struct mmk_transcoder *t)
{
    t->ending = t->finished = t->flushed = t->any = false;
    t->held = 0;
    t->bi_at = t->bi_len = t->bo_len = 0;
    t->fi_at = t->fi_len = t->fo_at = t->fo_len = 0;
    if (t->in.codec != NULL)
        t->in.codec->start(t->state_in, &t->in.shape);
    if (t->out.codec != NULL)
        t->out.codec->start(t->state_out, &t->out.shape);
    if (t->resampler != NULL)
        mmk_resampler_reset(t->resampler);
    if (t->filter.tag != 0)
        mmki_filter_reset(&t->filter, t->in.pcm.channels);
    memset(&t->dither, 0, sizeof t->dither);
    mmk_dither_seed(&t->dither, 1);
}

static void run(struct mmk_transcoder *t, struct mmki_flow *f)
{
    switch (t->way) {
    case MMKI_WAY_COPY:
        run_copy(t, f);
        break;
    case MMKI_WAY_S16:
        run_s16(t, f);
        break;
    case MMKI_WAY_FLOAT:
    default:
        run_float(t, f);
        break;
    }
    keep_rest(t, f); /* the room may have ended before it */
}

/* Nothing waits any more but, perhaps, a begun block of the output codec. */
static bool is_empty(const struct mmk_transcoder *t, const struct mmki_flow *f)
{
    return t->bi_at == t->bi_len && t->fi_at == t->fi_len && t->fo_at == t->fo_len &&
           t->filter.tail == 0 && mmki_sink_room(t, f) > 0;
}

/* The end of a stream, as far as there is room. */
static void finish(struct mmk_transcoder *t, struct mmki_flow *f)
{
    run(t, f);
    if (f->n_in >= t->in.block_bytes || !is_empty(t, f))
        return; /* no room: the next END goes on */
    if (t->in.codec == NULL)
        t->held = 0; /* part of a frame is nothing */
    mmki_sink_pad(t);
    (void)mmki_sink_flush(t, f);
    t->finished = t->bo_len == 0;
}

void mmk_transcoder_process(struct mmk_transcoder *t, const void *in, size_t n_in, size_t *used,
                            void *out, size_t n_out, size_t *made, unsigned flags)
{
    static const uint8_t nothing[1];
    uint8_t no_room[1];
    struct mmki_flow f = {in != NULL ? in : nothing,
                          in != NULL ? n_in : 0,
                          out != NULL ? out : no_room,
                          out != NULL ? n_out : 0,
                          (flags & MMK_TRANSCODE_BLOCKALIGN) != 0,
                          false};
    const size_t had_in = f.n_in, had_out = f.n_out;

    if ((flags & MMK_TRANSCODE_START) != 0)
        t->clips = 0;
    if ((flags & MMK_TRANSCODE_START) != 0 || t->finished)
        reset(t);
    if (t->ending) { /* the last stream's end comes first; no new bytes before it is out */
        struct mmki_flow rest = f;
        rest.n_in = 0;
        finish(t, &rest);
        f.out = rest.out;
        f.n_out = rest.n_out;
        if (t->finished && had_in > 0)
            reset(t);
    }
    if (!t->ending) {
        t->any = t->any || f.n_in > 0;
        run(t, &f);
        if ((flags & MMK_TRANSCODE_END) != 0 && t->any &&
            (f.n_in == 0 || (f.whole && f.n_in < t->in.block_bytes))) {
            f.whole = false; /* at the end what is left of a block counts too */
            t->ending = true;
            finish(t, &f);
        }
    }
    *used = had_in - f.n_in;
    *made = had_out - f.n_out;
}

/* ------------------------------------------------------------------ sizes */

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

/* Frames after the resampler of `frames` before it, whatever the phase. */
static uint64_t resampled(const struct mmk_transcoder *t, uint64_t frames)
{
    if (t->resampler == NULL)
        return frames;
    return divide_up(frames * t->out.pcm.rate_hz, t->in.pcm.rate_hz) + 1;
}

uint64_t mmk_transcoder_bound(const struct mmk_transcoder *t, uint64_t n_in, bool end)
{
    const uint64_t block = t->in.block_bytes, held = t->in.block_frames > 1 && end ? 1 : 0;
    uint64_t frames;
    if (n_in > UINT32_MAX)
        n_in = UINT32_MAX; /* no caller has more, and the products below stay in 64 bits */
    frames = (divide_up(n_in, block) + held) * t->in.block_frames;
    if (end && t->resampler != NULL)
        frames += mmk_resampler_lookahead(t->resampler);
    if (end)
        frames += t->filter.delay_frames;
    frames = resampled(t, frames);
    if (t->out.codec == NULL)
        return frames * t->out.block_bytes;
    return ((frames + t->out.block_frames - 1) / t->out.block_frames + (end ? 1 : 0)) *
           t->out.block_bytes;
}

uint64_t mmk_transcoder_fit(const struct mmk_transcoder *t, uint64_t n_out)
{
    uint64_t low = 0, high = UINT32_MAX / t->in.block_bytes;
    while (low < high) {
        const uint64_t middle = low + (high - low + 1) / 2;
        if (mmk_transcoder_bound(t, middle * t->in.block_bytes, false) <= n_out)
            low = middle;
        else
            high = middle - 1;
    }
    return low * t->in.block_bytes;
}

bool mmk_transcoder_dithers(const struct mmk_transcoder *t)
{
    return t->dithers;
}

uint64_t mmk_transcoder_clips(const struct mmk_transcoder *t)
{
    return t->clips;
}

size_t mmk_transcoder_block_in(const struct mmk_transcoder *t)
{
    return t->in.block_bytes;
}

size_t mmk_transcoder_block_out(const struct mmk_transcoder *t)
{
    return t->out.block_bytes;
}

/* ------------------------------------------------------------------ making one */

struct part {
    size_t at, n;
};

struct plan {
    struct mmki_acm_format in, out;
    struct mmki_filter filter;
    mmki_way way;
    bool mixes, mix_first;
    struct mmk_resampler_config resampler;
    struct part extra_in, extra_out, hold, state_in, state_out, block_in, block_out;
    struct part fin, fout, mid, ring, resampler_mem;
    size_t total;
};

static bool reserve(struct plan *p, struct part *part, size_t n)
{
    size_t end;
    part->at = p->total;
    part->n = n;
    if (!mmki_add_size(p->total, n, &end) || !mmki_align_up(end, 64, &end))
        return false;
    p->total = end;
    return true;
}

/* Both sides are 16 bits at heart: no float is needed between them. */
static bool is_s16(const struct mmki_acm_format *f)
{
    return f->codec != NULL || (f->pcm.sample == MMK_SAMPLE_S16 && f->pcm.valid_bits == 16) ||
           f->pcm.sample == MMK_SAMPLE_ALAW || f->pcm.sample == MMK_SAMPLE_ULAW;
}

static uint32_t mask_of(const struct mmki_acm_format *f)
{
    return f->pcm.channel_mask != 0 ? f->pcm.channel_mask
                                    : mmk_channel_mask_default(f->pcm.channels);
}

static mmk_err choose_way(const struct mmk_transcoder_config *c, struct plan *p)
{
    const struct mmki_acm_format *in = &p->in, *out = &p->out;
    const bool same_rate = in->pcm.rate_hz == out->pcm.rate_hz;

    p->mixes = in->pcm.channels != out->pcm.channels || mask_of(in) != mask_of(out);
    p->mix_first = p->mixes && out->pcm.channels < in->pcm.channels;
    p->way = MMKI_WAY_FLOAT;
    if (c->filter != NULL) {
        if (in->codec != NULL || out->codec != NULL || !mmk_format_same(&in->pcm, &out->pcm))
            return MMK_ERR_FORMAT;
        return mmki_filter_read(c->filter, in->pcm.rate_hz, &p->filter);
    }
    if (out->codec != NULL && out->codec->encode == NULL)
        return MMK_ERR_FORMAT;
    if (!same_rate || p->mixes)
        return MMK_OK;
    if (in->codec == NULL && out->codec == NULL && mmk_format_same(&in->pcm, &out->pcm))
        p->way = MMKI_WAY_COPY;
    else if (is_s16(in) && is_s16(out))
        p->way = MMKI_WAY_S16;
    return MMK_OK;
}

static bool reserve_codec(struct plan *p, const struct mmki_acm_format *f, struct part *extra,
                          struct part *state, struct part *block)
{
    if (f->codec == NULL)
        return true;
    return reserve(p, extra, f->shape.extra_bytes) && reserve(p, state, f->codec->state_bytes) &&
           reserve(p, block, (size_t)f->block_frames * f->pcm.channels * sizeof(int16_t));
}

static bool reserve_float(struct plan *p)
{
    const size_t in = (size_t)p->in.pcm.channels, out = p->out.pcm.channels;
    const size_t most = in > out ? in : out, chunk = MMKI_CHUNK * sizeof(float);
    size_t ring = 0;
    if (p->way != MMKI_WAY_FLOAT)
        return true;
    return mmki_mul_size((size_t)p->filter.delay_frames, in * sizeof(float), &ring) &&
           reserve(p, &p->fin, most * chunk) && reserve(p, &p->fout, most * chunk) &&
           reserve(p, &p->mid, most * chunk) && reserve(p, &p->ring, ring);
}

static mmk_err reserve_resampler(const struct mmk_transcoder_config *c, struct plan *p)
{
    size_t n;
    mmk_err err;
    if (p->in.pcm.rate_hz == p->out.pcm.rate_hz)
        return MMK_OK;
    p->resampler.in_rate_hz = p->in.pcm.rate_hz;
    p->resampler.out_rate_hz = p->out.pcm.rate_hz;
    p->resampler.channels = p->mix_first ? p->out.pcm.channels : p->in.pcm.channels;
    p->resampler.quality = c->setup.quality;
    p->resampler.dsp = c->dsp;
    err = mmk_resampler_bytes(&p->resampler, &n);
    if (err != MMK_OK)
        return err;
    return reserve(p, &p->resampler_mem, n) ? MMK_OK : MMK_ERR_RANGE;
}

static mmk_err make_plan(const struct mmk_transcoder_config *c, struct plan *p)
{
    const struct mmki_codecs codecs = {c->codecs != NULL ? c->codecs : mmk_codecs,
                                       c->codecs != NULL ? c->n_codecs : mmk_n_codecs};
    struct part self;
    mmk_err err;

    memset(p, 0, sizeof *p);
    if ((err = mmki_acm_read(&codecs, c->src, c->src_bytes, &p->in)) != MMK_OK ||
        (err = mmki_acm_read(&codecs, c->dst, c->dst_bytes, &p->out)) != MMK_OK ||
        (err = choose_way(c, p)) != MMK_OK)
        return err;
    if (!reserve(p, &self, sizeof(struct mmk_transcoder)) ||
        !reserve(p, &p->hold, p->in.block_bytes) ||
        !reserve_codec(p, &p->in, &p->extra_in, &p->state_in, &p->block_in) ||
        !reserve_codec(p, &p->out, &p->extra_out, &p->state_out, &p->block_out) ||
        !reserve_float(p))
        return MMK_ERR_RANGE;
    return reserve_resampler(c, p);
}

mmk_err mmk_transcoder_bytes(const struct mmk_transcoder_config *config, size_t *n_bytes)
{
    struct plan p;
    mmk_err err;
    if (config == NULL || n_bytes == NULL)
        return MMK_ERR_INVAL;
    err = make_plan(config, &p);
    if (err == MMK_OK)
        *n_bytes = p.total;
    return err;
}

/* The order in which an integer sample type loses precision to another. */
static unsigned precision(const struct mmki_acm_format *f)
{
    if (f->codec != NULL)
        return 16;
    switch (f->pcm.sample) {
    case MMK_SAMPLE_F32:
    case MMK_SAMPLE_F64:
        return 33;
    case MMK_SAMPLE_ALAW:
    case MMK_SAMPLE_ULAW:
        return 14;
    case MMK_SAMPLE_U8:
    case MMK_SAMPLE_S16:
    case MMK_SAMPLE_S24:
    case MMK_SAMPLE_S32:
    case MMK_SAMPLE_NONE:
    case MMK_SAMPLE_COUNT:
    default:
        return f->pcm.valid_bits;
    }
}

/* Dither belongs where PCM is rounded: fewer bits, or numbers that mixing, filtering and resampling
 * made. G.711's encoders are defined without. */
static bool wants_dither(const struct mmk_transcoder *t)
{
    const mmk_sample to = t->out.pcm.sample;
    const bool computed = t->resampler != NULL || t->mixes || t->filter.tag != 0;
    if (!t->setup.dither || t->out.codec != NULL || t->way != MMKI_WAY_FLOAT)
        return false;
    if (to != MMK_SAMPLE_U8 && to != MMK_SAMPLE_S16 && to != MMK_SAMPLE_S24 && to != MMK_SAMPLE_S32)
        return false;
    return computed || precision(&t->in) > precision(&t->out);
}

static mmk_err make_matrix(struct mmk_transcoder *t)
{
    const unsigned in = t->in.pcm.channels, out = t->out.pcm.channels;
    if (!t->mixes)
        return MMK_OK;
    if (t->setup.downmix == MMK_DOWNMIX_FRONT && out < in) {
        for (unsigned o = 0; o < out; o++)
            for (unsigned i = 0; i < in; i++)
                t->matrix[o * in + i] = o == i ? 1.0f : 0.0f;
        return MMK_OK;
    }
    return mmk_remix_matrix(in, t->in.pcm.channel_mask, out, t->out.pcm.channel_mask, t->matrix);
}

static void place_codec(struct mmki_acm_format *f, uint8_t *mem, struct part extra,
                        struct part state, struct part block, void **state_at, int16_t **block_at)
{
    if (f->codec == NULL)
        return;
    memcpy(mem + extra.at, f->shape.extra, extra.n);
    f->shape.extra = mem + extra.at;
    *state_at = mem + state.at;
    *block_at = (int16_t *)(void *)(mem + block.at);
}

static float *floats(uint8_t *mem, struct part part)
{
    return (float *)(void *)(mem + part.at);
}

mmk_err mmk_transcoder_init(void *memory, size_t n_bytes,
                            const struct mmk_transcoder_config *config, struct mmk_transcoder **out)
{
    uint8_t *mem = memory;
    struct mmk_transcoder *t = memory;
    struct plan p;
    mmk_err err;

    if (mem == NULL || config == NULL || out == NULL)
        return MMK_ERR_INVAL;
    err = make_plan(config, &p);
    if (err != MMK_OK)
        return err;
    if (n_bytes < p.total)
        return MMK_ERR_RANGE;
    memset(mem, 0, sizeof *t);
    t->dsp = config->dsp != NULL ? config->dsp : &mmk_dsp_c;
    t->in = p.in;
    t->out = p.out;
    t->filter = p.filter;
    t->setup = config->setup;
    t->counts = config->count_clips;
    t->way = p.way;
    t->mixes = p.mixes;
    t->mix_first = p.mix_first;
    t->hold = mem + p.hold.at;
    place_codec(&t->in, mem, p.extra_in, p.state_in, p.block_in, &t->state_in, &t->block_in);
    place_codec(&t->out, mem, p.extra_out, p.state_out, p.block_out, &t->state_out, &t->block_out);
    if (t->way == MMKI_WAY_FLOAT) {
        t->fin = floats(mem, p.fin);
        t->fout = floats(mem, p.fout);
        t->mid = floats(mem, p.mid);
        t->filter.ring = floats(mem, p.ring);
    }
    if (p.resampler_mem.n > 0) {
        err = mmk_resampler_init(mem + p.resampler_mem.at, p.resampler_mem.n, &p.resampler,
                                 &t->resampler);
        if (err != MMK_OK)
            return err;
    }
    err = make_matrix(t);
    if (err != MMK_OK)
        return err;
    t->dithers = wants_dither(t);
    reset(t);
    *out = t;
    return MMK_OK;
}
