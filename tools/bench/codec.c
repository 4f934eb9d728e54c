/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Codecs, both ways, some blocks at a time; libsndfile beside them. The SNR is that of coding and
 * decoding a few voices' worth of sines and noise. */

#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/codec.h>

#if defined(BENCH_SNDFILE)
#include <sndfile.h>
#endif

enum { FRAMES = 40000 };

struct work {
    const struct mmk_codec *codec;
    const struct mmk_dsp *dsp; /* G.711's kernels; the others have none */
    struct mmk_codec_shape shape;
    uint8_t extra[MMK_CODEC_EXTRA_MAX];
    unsigned n_blocks;
    int16_t *pcm, *back;
    uint8_t *bytes;
    void *state;
    int format; /* libsndfile's */
    size_t n_bytes, at;
};

static size_t n_samples(const struct work *w)
{
    return (size_t)w->n_blocks * w->shape.block_frames * w->shape.channels;
}

/* ------------------------------------------------------------------ ours */

static void g711(struct work *w, bool encode)
{
    const struct mmk_dsp *by = w->dsp != NULL ? w->dsp : &mmk_dsp_c;
    const bool alaw = w->codec == &mmk_codec_alaw;
    if (encode)
        (alaw ? by->s16_to_alaw : by->s16_to_ulaw)(w->bytes, w->pcm, n_samples(w));
    else
        (alaw ? by->alaw_to_s16 : by->ulaw_to_s16)(w->back, w->bytes, n_samples(w));
}

/* As acm.h does it: two blocks at once where a codec can. */
static void encode(void *self)
{
    struct work *w = self;
    const struct mmk_codec *k = w->codec;
    const size_t step = (size_t)w->shape.block_frames * w->shape.channels;
    if (k->bits == 8) {
        g711(w, true);
        return;
    }
    k->start(w->state, &w->shape);
    for (unsigned b = 0; b < w->n_blocks; b++) {
        const int16_t *from = w->pcm + b * step;
        uint8_t *to = w->bytes + (size_t)b * w->shape.block_bytes;
        if (k->encode_two != NULL && b + 1 < w->n_blocks) {
            k->encode_two(&w->shape, from, to);
            b++;
        } else {
            k->encode(w->state, &w->shape, from, to);
        }
    }
}

static void decode(void *self)
{
    struct work *w = self;
    const struct mmk_codec *k = w->codec;
    const size_t step = (size_t)w->shape.block_frames * w->shape.channels;
    if (k->bits == 8) {
        g711(w, false);
        return;
    }
    k->start(w->state, &w->shape);
    for (unsigned b = 0; b < w->n_blocks; b++) {
        const uint8_t *from = w->bytes + (size_t)b * w->shape.block_bytes;
        int16_t *to = w->back + b * step;
        if (k->decode_two != NULL && b + 1 < w->n_blocks) {
            k->decode_two(&w->shape, from, to);
            b++;
        } else {
            k->decode(w->state, &w->shape, from, w->shape.block_bytes, to);
        }
    }
}

static double snr_db(const struct work *w)
{
    double signal = 0, error = 0;
    for (size_t i = 0; i < n_samples(w); i++) {
        const double e = (double)w->back[i] - (double)w->pcm[i];
        signal += (double)w->pcm[i] * (double)w->pcm[i];
        error += e * e;
    }
    return 10 * log10(signal / (error + 1e-9));
}

/* ------------------------------------------------------------------ libsndfile */

#if defined(BENCH_SNDFILE)
/* A file in memory. */
static sf_count_t length(void *self)
{
    return (sf_count_t)((struct work *)self)->n_bytes;
}

static sf_count_t seek(sf_count_t to, int whence, void *self)
{
    struct work *w = self;
    const sf_count_t from = whence == SEEK_SET   ? 0
                            : whence == SEEK_CUR ? (sf_count_t)w->at
                                                 : (sf_count_t)w->n_bytes;
    w->at = (size_t)(from + to);
    return (sf_count_t)w->at;
}

static sf_count_t read_bytes(void *to, sf_count_t n, void *self)
{
    struct work *w = self;
    const size_t left = w->n_bytes > w->at ? w->n_bytes - w->at : 0;
    const size_t k = (size_t)n < left ? (size_t)n : left;
    memcpy(to, w->bytes + w->at, k);
    w->at += k;
    return (sf_count_t)k;
}

static sf_count_t write_bytes(const void *from, sf_count_t n, void *self)
{
    struct work *w = self;
    memcpy(w->bytes + w->at, from, (size_t)n);
    w->at += (size_t)n;
    w->n_bytes = w->at > w->n_bytes ? w->at : w->n_bytes;
    return n;
}

static sf_count_t tell(void *self)
{
    return (sf_count_t)((struct work *)self)->at;
}

static SF_VIRTUAL_IO io = {length, seek, read_bytes, write_bytes, tell};

static void sndfile_encode(void *self)
{
    struct work *w = self;
    SF_INFO info = {.samplerate = (int)w->shape.rate_hz,
                    .channels = w->shape.channels,
                    .format = SF_FORMAT_WAV | w->format};
    w->at = w->n_bytes = 0;
    SNDFILE *f = sf_open_virtual(&io, SFM_WRITE, &info, w);
    if (f == NULL)
        exit(1);
    sf_write_short(f, w->pcm, (sf_count_t)n_samples(w));
    sf_close(f);
}

static void sndfile_decode(void *self)
{
    struct work *w = self;
    SF_INFO info = {0};
    w->at = 0;
    SNDFILE *f = sf_open_virtual(&io, SFM_READ, &info, w);
    if (f == NULL)
        exit(1);
    sf_read_short(f, w->back, (sf_count_t)n_samples(w));
    sf_close(f);
}
#endif

/* ------------------------------------------------------------------ tables */

static void fill(struct work *w)
{
    uint32_t state = 5;
    const unsigned n = w->shape.channels;
    for (size_t i = 0; i < n_samples(w) / n; i++)
        for (unsigned c = 0; c < n; c++) {
            const double t = (double)i / w->shape.rate_hz;
            w->pcm[i * n + c] =
                (int16_t)(6000 * sin(2764.6 * t + c) + 4000 * sin(1382.3 * t * (1 + c)) +
                          2000 * sin(9047.8 * t) + 400 * (double)bench_noise(&state));
        }
}

static void begin(struct work *w, const struct mmk_codec *codec, unsigned channels, int format)
{
    *w = (struct work){.codec = codec, .format = format};
    w->shape = (struct mmk_codec_shape){.rate_hz = codec == &mmk_codec_gsm ? 8000 : 44100,
                                        .channels = (uint16_t)channels};
    if (codec->propose(&w->shape, w->extra) != MMK_OK)
        exit(1);
    w->n_blocks = FRAMES / w->shape.block_frames & ~1u;
    w->pcm = bench_alloc((n_samples(w) + 64) * 2);
    w->back = bench_alloc((n_samples(w) + 64) * 2);
    w->bytes = bench_alloc(n_samples(w) * 2 + 65536);
    w->state = bench_alloc(codec->state_bytes);
    fill(w);
}

static void end(struct work *w)
{
    free(w->pcm);
    free(w->back);
    free(w->bytes);
    free(w->state);
}

static void measure(const struct mmk_codec *codec, unsigned channels, int format, bool decodes)
{
    struct bench_table t = {.subject = "codec", .unit = "sample", .n_extra = 1, .extra = {"SNR"}};
    static struct work ours, theirs, by[4];
    snprintf(t.title, sizeof t.title, "codec %s, %s, %u channel%s", codec->name,
             decodes ? "decode" : "encode", channels, channels > 1 ? "s" : "");
    if (!bench_wanted(&t))
        return;
    begin(&ours, codec, channels, format);
    begin(&theirs, codec, channels, format);
    encode(&ours);
    decode(&ours);
    const double snr = snr_db(&ours);
    const struct mmk_dsp *kernels[4];
    const unsigned n = codec->bits == 8 ? bench_kernels(kernels, 4) : 1;
    for (unsigned i = 0; i < n; i++) {
        char label[40];
        snprintf(label, sizeof label, "mmekit%s%s", n > 1 ? ", " : "",
                 n > 1 ? kernels[i]->name : "");
        by[i] = ours;
        by[i].dsp = n > 1 ? kernels[i] : NULL;
        struct bench_row *row = bench_add(&t, label);
        row->run = decodes ? decode : encode;
        row->self = &by[i];
        row->extra[0] = snr;
    }
#if defined(BENCH_SNDFILE)
    sndfile_encode(&theirs);
    sndfile_decode(&theirs);
    struct bench_row *row = bench_add(&t, "libsndfile, in memory");
    row->run = decodes ? sndfile_decode : sndfile_encode;
    row->self = &theirs;
    row->extra[0] = snr_db(&theirs);
    t.bar = t.n_rows - 1;
#endif
    for (unsigned i = 0; i < t.n_rows; i++)
        t.rows[i].units = (double)n_samples(&ours);
    bench_measure(&t);
    end(&ours);
    end(&theirs);
}

void bench_codec(void)
{
#if defined(BENCH_SNDFILE)
    enum { ULAW = SF_FORMAT_ULAW, ALAW = SF_FORMAT_ALAW, IMA = SF_FORMAT_IMA_ADPCM };
    enum { MS = SF_FORMAT_MS_ADPCM, GSM = SF_FORMAT_GSM610 };
#else
    enum { ULAW, ALAW, IMA, MS, GSM };
#endif
    static const struct {
        const struct mmk_codec *codec;
        int format;
    } codecs[] = {{&mmk_codec_alaw, ALAW},
                  {&mmk_codec_ulaw, ULAW},
                  {&mmk_codec_ima, IMA},
                  {&mmk_codec_ms, MS},
                  {&mmk_codec_gsm, GSM}};
    for (unsigned i = 0; i < sizeof codecs / sizeof *codecs; i++)
        for (unsigned channels = 1; channels <= 2; channels++)
            for (int decodes = 0; decodes < 2 && channels <= codecs[i].codec->channels_max;
                 decodes++)
                measure(codecs[i].codec, channels, codecs[i].format, decodes);
}
