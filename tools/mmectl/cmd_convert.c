/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/dsp.h>

#include "audio.h"
#include "mmectl.h"

/* Frames read at a time. Memory stays the same however long the file is. */
#define PIECE_FRAMES 4096u

/* reader -> float32 -> channels (if fewer) -> rate -> channels (if more) -> stored format.
 * Nothing to change: the bytes go straight through. */
struct conversion {
    struct mmectl *m;
    const char *in_path, *out_path;
    struct reader *reader;
    struct writer *writer;
    struct mmk_format in, out;
    const struct mmk_dsp *dsp;
    mmk_quality quality;
    void *mem; /* of the resampler */
    struct mmk_resampler *resampler;
    float matrix[MMK_CHANNELS_MAX * MMK_CHANNELS_MAX];
    struct mmk_dither dither;
    bool pass, remix, dithered;
    uint64_t done, written, clipped;
    struct progress progress;
    char why[512];
    /* one piece at each station */
    unsigned char stored[PIECE_FRAMES * MMK_CHANNELS_MAX * 8];
    float samples[PIECE_FRAMES * MMK_CHANNELS_MAX];
    float mixed[PIECE_FRAMES * MMK_CHANNELS_MAX];
    float made[PIECE_FRAMES * MMK_CHANNELS_MAX];
};

static mmk_quality quality_of(const char *name)
{
    static const char *const names[] = {"draft", "fast", "high", "ultra"};
    for (unsigned q = 0; name && q < sizeof names / sizeof *names; q++)
        if (strcmp(names[q], name) == 0)
            return (mmk_quality)q;
    return MMK_QUALITY_HIGH;
}

/* Bits of a sample that carry sound; float32 counts as the 24 that it holds at any level. */
static unsigned precision(mmk_sample sample)
{
    switch (sample) {
    case MMK_SAMPLE_U8:
        return 8;
    case MMK_SAMPLE_ULAW:
    case MMK_SAMPLE_ALAW:
        return 14;
    case MMK_SAMPLE_S16:
        return 16;
    case MMK_SAMPLE_S24:
    case MMK_SAMPLE_F32:
        return 24;
    case MMK_SAMPLE_S32:
        return 32;
    case MMK_SAMPLE_F64:
        return 53;
    case MMK_SAMPLE_NONE:
    case MMK_SAMPLE_COUNT:
        break;
    }
    return 0;
}

static bool is_integer(mmk_sample sample)
{
    return sample != MMK_SAMPLE_F32 && sample != MMK_SAMPLE_F64;
}

static void choose_formats(struct conversion *c)
{
    const struct args *args = &c->m->args;
    c->in = *reader_format(c->reader);
    c->out = c->in;
    if (args->given[OPT_FORMAT])
        c->out.sample = mmk_sample_from_name(args->text[OPT_FORMAT]);
    else
        c->out.sample = writer_nearest(c->out_path, c->in.sample);
    c->out.valid_bits = (uint16_t)(8 * mmk_sample_bytes(c->out.sample));
    if (args->rate_hz)
        c->out.rate_hz = args->rate_hz;
    if (args->channels && args->channels != c->in.channels) {
        c->out.channels = (uint16_t)args->channels;
        c->out.channel_mask = 0;
    }
    c->remix = c->in.channels != c->out.channels;
    c->pass = c->in.sample == c->out.sample && c->in.rate_hz == c->out.rate_hz && !c->remix;
    bool changed = c->in.rate_hz != c->out.rate_hz || c->remix;
    /* Widening is exact, and noise on exact samples would be damage. */
    c->dithered = is_integer(c->out.sample) &&
                  (changed || precision(c->out.sample) < precision(c->in.sample));
    c->quality = quality_of(args->text[OPT_QUALITY]);
}

static enum outcome make_resampler(struct conversion *c)
{
    size_t n_bytes;
    struct mmk_resampler_config config = {
        .in_rate_hz = c->in.rate_hz,
        .out_rate_hz = c->out.rate_hz,
        .channels = c->in.channels < c->out.channels ? c->in.channels : c->out.channels,
        .quality = c->quality,
        .dsp = c->dsp};
    if (c->in.rate_hz == c->out.rate_hz)
        return OUTCOME_OK;
    mmk_err err = mmk_resampler_bytes(&config, &n_bytes);
    if (!err) {
        c->mem = malloc(n_bytes + 63); /* wants 64-byte alignment, which not every host offers */
        char *aligned = (char *)c->mem + (64 - (uintptr_t)c->mem % 64) % 64;
        err = c->mem ? mmk_resampler_init(aligned, n_bytes, &config, &c->resampler) : MMK_ERR_NOMEM;
    }
    return err ? fail_err(c->m, err, "rate conversion") : OUTCOME_OK;
}

static enum outcome prepare(struct conversion *c)
{
    mmk_err err = reader_open(c->in_path, &c->reader, c->why, sizeof c->why);
    if (err)
        return fail(c->m, OUTCOME_FAILED, "INPUT", "give a sound file", "%s", c->why);
    choose_formats(c);
    if (writer_check(c->out_path, c->out.sample, c->why, sizeof c->why))
        return fail(c->m, OUTCOME_FAILED, "FORMAT", "choose with --format or another ending", "%s",
                    c->why);
    c->dsp = mmk_dsp_select(host_cpu_features());
    mmk_dither_seed(&c->dither, 1);
    if (c->remix && mmk_remix_matrix(c->in.channels, c->in.channel_mask, c->out.channels,
                                     c->out.channel_mask, c->matrix) != MMK_OK)
        return fail(c->m, OUTCOME_FAILED, "FORMAT", "", "these channels cannot be mixed");
    enum outcome outcome = make_resampler(c);
    if (outcome)
        return outcome;
    if (writer_open(c->out_path, &c->out, &c->writer, c->why, sizeof c->why))
        return fail(c->m, OUTCOME_FAILED, "OUTPUT", "check the folder and its space", "%s", c->why);
    return OUTCOME_OK;
}

static enum outcome put(struct conversion *c, const void *frames, size_t n)
{
    c->written += n;
    if (n && writer_write(c->writer, frames, n, c->why, sizeof c->why))
        return fail(c->m, OUTCOME_FAILED, "OUTPUT", "free some space on the disk", "%s", c->why);
    return OUTCOME_OK;
}

static void count_clipped(struct conversion *c, const float *samples, size_t n)
{
    for (size_t i = 0; is_integer(c->out.sample) && i < n; i++)
        c->clipped += samples[i] > 1.0F || samples[i] < -1.0F;
}

/* Frames of the lesser channel count at the new rate: mix up, store, write. */
static enum outcome store(struct conversion *c, const float *frames, size_t n)
{
    const float *from = frames;
    if (c->remix && c->out.channels > c->in.channels) {
        c->dsp->remix(c->mixed, frames, n, c->in.channels, c->out.channels, c->matrix);
        from = c->mixed;
    }
    size_t n_samples = n * c->out.channels;
    count_clipped(c, from, n_samples);
    if (c->dithered)
        c->dsp->from_f32_tpdf[c->out.sample](c->stored, from, n_samples, &c->dither);
    else
        c->dsp->from_f32[c->out.sample](c->stored, from, n_samples);
    return put(c, c->stored, n);
}

static enum outcome resample(struct conversion *c, const float *frames, size_t n)
{
    unsigned channels = c->in.channels < c->out.channels ? c->in.channels : c->out.channels;
    size_t used = 0, made = 1;
    while (n || made == PIECE_FRAMES) {
        mmk_resampler_process(c->resampler, frames, n, &used, c->made, PIECE_FRAMES, &made);
        frames += used * channels;
        n -= used;
        enum outcome outcome = store(c, c->made, made);
        if (outcome)
            return outcome;
        if (!used && !made)
            break;
    }
    return OUTCOME_OK;
}

static enum outcome drain(struct conversion *c)
{
    size_t made = 0;
    if (!c->resampler)
        return OUTCOME_OK;
    do {
        mmk_resampler_drain(c->resampler, c->made, PIECE_FRAMES, &made);
        enum outcome outcome = store(c, c->made, made);
        if (outcome)
            return outcome;
    } while (made);
    return OUTCOME_OK;
}

static enum outcome take(struct conversion *c, size_t n)
{
    const float *frames = c->samples;
    if (c->pass)
        return put(c, c->stored, n);
    c->dsp->to_f32[c->in.sample](c->samples, c->stored, n * c->in.channels);
    if (c->remix && c->out.channels < c->in.channels) {
        c->dsp->remix(c->mixed, c->samples, n, c->in.channels, c->out.channels, c->matrix);
        frames = c->mixed;
    }
    return c->resampler ? resample(c, frames, n) : store(c, frames, n);
}

static enum outcome run(struct conversion *c)
{
    size_t n;
    progress_begin(&c->progress, c->m, c->in_path, reader_frames(c->reader), c->in.rate_hz);
    while ((n = reader_read(c->reader, c->stored, PIECE_FRAMES)) > 0) {
        enum outcome outcome = take(c, n);
        if (outcome)
            return outcome;
        if (host_interrupted())
            return fail(c->m, OUTCOME_INTERRUPTED, "INTERRUPTED", "", "stopped; %s is as it was",
                        c->out_path);
        c->done += n;
        progress_at(&c->progress, c->done);
    }
    if (reader_cut_short(c->reader))
        return fail(c->m, OUTCOME_FAILED, "INPUT", "use a whole copy of it",
                    "%s is damaged or cut short after %llu frames", c->in_path,
                    (unsigned long long)c->done);
    return drain(c);
}

static void report(struct conversion *c)
{
    struct json *j = &c->m->json;
    char in[64], out[64];
    mmk_format_text(&c->in, in, sizeof in);
    mmk_format_text(&c->out, out, sizeof out);
    say(c->m, "%s: %s, %llu frames%s", c->out_path, out, (unsigned long long)c->written,
        c->pass ? ", the same samples" : "");
    if (c->clipped)
        remark(c->m, "%llu samples were louder than full scale and were clipped",
               (unsigned long long)c->clipped);
    json_string(j, "input", c->in_path);
    json_string(j, "output", c->out_path);
    json_string(j, "input_format", in);
    json_string(j, "output_format", out);
    json_uint(j, "frames", c->written);
    json_uint(j, "clipped_samples", c->clipped);
    json_bool(j, "dithered", c->dithered);
    json_bool(j, "bit_exact", c->pass);
}

enum outcome verb_convert(struct mmectl *m)
{
    struct conversion *c = calloc(1, sizeof *c);
    if (!c)
        return fail_err(m, MMK_ERR_NOMEM, "convert");
    c->m = m;
    c->in_path = m->args.operand[0];
    c->out_path = m->args.operand[1];
    host_catch_interrupt();
    enum outcome outcome = prepare(c);
    if (!outcome)
        outcome = run(c);
    progress_end(&c->progress);
    if (!outcome) {
        mmk_err err = writer_commit(c->writer, c->why, sizeof c->why);
        c->writer = NULL;
        outcome =
            err ? fail(m, OUTCOME_FAILED, "OUTPUT", "check the folder and its space", "%s", c->why)
                : OUTCOME_OK;
    }
    if (!outcome)
        report(c);
    writer_abort(c->writer);
    reader_close(c->reader);
    free(c->mem);
    free(c);
    return outcome;
}
