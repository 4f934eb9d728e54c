/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/acm.h>

#include "audio.h"
#include "mmectl.h"

/* Frames read at a time, and room for what they become; a codec's block fits at least once. Memory
 * stays the same however long the file is. */
#define PIECE_FRAMES 4096u
#define MADE_BYTES   262144u

/* reader -> transcoder (the codec driver's own) -> writer. Nothing to change: it only copies. */
struct conversion {
    struct mmectl *m;
    const char *in_path, *out_path;
    struct reader *reader;
    struct writer *writer;
    struct mmk_format in, out;
    const struct sound_coding *coding; /* of OUT */
    bool dither;                       /* wanted, where precision is lost */
    void *mem;
    struct mmk_transcoder *transcoder;
    uint64_t done, written; /* frames */
    struct progress progress;
    char why[512];
    unsigned char piece[PIECE_FRAMES * MMK_CHANNELS_MAX * 8];
    unsigned char made[MADE_BYTES];
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

static bool pass(const struct conversion *c)
{
    return sound_coding_is_plain(c->coding) && c->in.sample == c->out.sample &&
           c->in.rate_hz == c->out.rate_hz && c->in.channels == c->out.channels;
}

static void choose_formats(struct conversion *c)
{
    const struct args *args = &c->m->args;
    c->in = *reader_format(c->reader);
    c->out = c->in;
    c->coding = args->given[OPT_FORMAT] ? sound_coding(args->text[OPT_FORMAT])
                                        : writer_nearest(c->out_path, c->in.sample);
    c->out.sample = c->coding->sample;
    if (c->out.sample != c->in.sample)
        c->out.valid_bits = (uint16_t)(8 * mmk_sample_bytes(c->out.sample));
    if (args->rate_hz)
        c->out.rate_hz = args->rate_hz;
    if (args->channels && args->channels != c->in.channels) {
        c->out.channels = (uint16_t)args->channels;
        c->out.channel_mask = 0;
    }
    const bool computed = c->in.rate_hz != c->out.rate_hz || c->in.channels != c->out.channels;
    /* Widening is exact, and noise on exact samples would be damage; codecs do without. */
    c->dither = sound_coding_is_plain(c->coding) &&
                (computed || precision(c->out.sample) < precision(c->in.sample));
}

static enum outcome make_transcoder(struct conversion *c)
{
    struct sound_wfx in;
    const struct sound_wfx *out = writer_wfx(c->writer);
    struct mmk_transcoder_config config = {
        .src = in.bytes,
        .dst = out->bytes,
        .dst_bytes = out->len,
        .setup = {.quality = quality_of(c->m->args.text[OPT_QUALITY]), .dither = c->dither},
        .dsp = mmk_dsp_select(mmk_dsp_features(host_cpu_features(), getenv("MMK_CPU"))),
        .count_clips = true};
    size_t n_bytes;
    mmk_err err = sound_wfx(sound_coding_of(c->in.sample), &c->in, &in);
    config.src_bytes = in.len;
    if (!err)
        err = mmk_transcoder_bytes(&config, &n_bytes);
    if (!err) {
        c->mem = malloc(n_bytes + 63); /* wants 64-byte alignment, which not every host offers */
        char *aligned = (char *)c->mem + (64 - (uintptr_t)c->mem % 64) % 64;
        err =
            c->mem ? mmk_transcoder_init(aligned, n_bytes, &config, &c->transcoder) : MMK_ERR_NOMEM;
    }
    return err ? fail_err(c->m, err, "conversion") : OUTCOME_OK;
}

static enum outcome prepare(struct conversion *c)
{
    mmk_err err = reader_open(c->in_path, &c->reader, c->why, sizeof c->why);
    if (err)
        return fail(c->m, OUTCOME_FAILED, "INPUT", "give a sound file", "%s", c->why);
    choose_formats(c);
    if (writer_check(c->out_path, c->coding, c->why, sizeof c->why))
        return fail(c->m, OUTCOME_FAILED, "FORMAT", "choose with --format or another ending", "%s",
                    c->why);
    err = writer_open_coded(c->out_path, &c->out, c->coding, &c->writer, c->why, sizeof c->why);
    if (err == MMK_ERR_FORMAT)
        return fail(c->m, OUTCOME_FAILED, "FORMAT", "choose with --rate and --channels", "%s",
                    c->why);
    if (err)
        return fail(c->m, OUTCOME_FAILED, "OUTPUT", "check the folder and its space", "%s", c->why);
    return make_transcoder(c);
}

/* What the transcoder has made of `n` bytes; at the end, of what is left in it. */
static enum outcome convert(struct conversion *c, size_t n, bool end)
{
    const size_t block = writer_wfx(c->writer)->block_bytes;
    size_t used, made, at = 0;
    do {
        mmk_transcoder_process(c->transcoder, c->piece + at, n - at, &used, c->made, MADE_BYTES,
                               &made, end ? MMK_TRANSCODE_END : 0u);
        at += used;
        if (made && writer_write(c->writer, c->made, made / block, c->why, sizeof c->why) != MMK_OK)
            return fail(c->m, OUTCOME_FAILED, "OUTPUT", "free some space on the disk", "%s",
                        c->why);
    } while (used || made);
    return OUTCOME_OK;
}

static enum outcome run(struct conversion *c)
{
    const size_t frame = mmk_format_frame_bytes(&c->in);
    size_t n;
    progress_begin(&c->progress, c->m, c->in_path, reader_frames(c->reader), c->in.rate_hz);
    while ((n = reader_read(c->reader, c->piece, PIECE_FRAMES)) > 0) {
        enum outcome outcome = convert(c, n * frame, false);
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
    /* the transcoder gives exactly so many; its last block, filled up with silence, more */
    c->written = c->done / c->in.rate_hz * c->out.rate_hz +
                 (c->done % c->in.rate_hz * c->out.rate_hz + c->in.rate_hz - 1) / c->in.rate_hz;
    writer_set_frames(c->writer, c->written);
    return convert(c, 0, true);
}

static void out_text(const struct conversion *c, char *text, size_t cap)
{
    if (sound_coding_is_plain(c->coding))
        mmk_format_text(&c->out, text, cap);
    else
        snprintf(text, cap, "%s %lu Hz %u ch", c->coding->name, (unsigned long)c->out.rate_hz,
                 c->out.channels);
}

static void report(struct conversion *c)
{
    struct json *j = &c->m->json;
    const uint64_t clipped = mmk_transcoder_clips(c->transcoder);
    char in[64], out[64];
    mmk_format_text(&c->in, in, sizeof in);
    out_text(c, out, sizeof out);
    say(c->m, "%s: %s, %llu frames%s", c->out_path, out, (unsigned long long)c->written,
        pass(c) ? ", the same samples" : "");
    if (clipped)
        remark(c->m, "%llu samples were louder than full scale and were clipped",
               (unsigned long long)clipped);
    json_string(j, "input", c->in_path);
    json_string(j, "output", c->out_path);
    json_string(j, "input_format", in);
    json_string(j, "output_format", out);
    json_uint(j, "frames", c->written);
    json_uint(j, "clipped_samples", clipped);
    json_bool(j, "dithered", mmk_transcoder_dithers(c->transcoder));
    json_bool(j, "bit_exact", pass(c));
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
