/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 *     convert_file IN.wav OUT.wav RATE [SAMPLE]           SAMPLE: s16 (default), s24, float32, ...
 *
 * Signal processing alone: no engine, no port, no thread. A WAV file is read in pieces, brought to
 * float32, resampled, dithered and stored; the converter keeps its own state between pieces, so
 * their length does not matter. Opaque objects live in memory of the caller's: ask for the size,
 * give the memory, and forget it when done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/dsp.h>
#include <mmk/format.h>
#include <mmk/riff.h>

#define PIECE 4096u /* frames */

struct conversion {
    FILE *in, *out;
    struct mmk_format from, to;
    uint64_t bytes_left, bytes_made;
    const struct mmk_dsp *dsp;
    struct mmk_resampler *resampler;
    struct mmk_dither dither;
};

/* ------------------------------------------------------------------ WAV files */

static uint32_t u32(const unsigned char *b)
{
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Up to the first byte of audio. @return what is wrong, or NULL */
static const char *read_head(struct conversion *c)
{
    unsigned char head[12], format[MMK_WAVEFORMAT_MAX_BYTES];
    bool known = false;
    if (fread(head, 1, 12, c->in) != 12 || memcmp(head, "RIFF", 4) != 0 ||
        memcmp(head + 8, "WAVE", 4) != 0)
        return "it is no WAV file";
    while (fread(head, 1, 8, c->in) == 8) {
        const uint32_t len = u32(head + 4);
        if (memcmp(head, "data", 4) == 0) {
            c->bytes_left = len;
            return known ? NULL : "its format is missing or not one we know";
        }
        long skip = (long)len + (long)(len & 1);
        if (memcmp(head, "fmt ", 4) == 0 && len <= sizeof format) {
            if (fread(format, 1, len, c->in) != len)
                return "it ends within its format";
            known = mmk_format_from_wfx(format, len, &c->from) == MMK_OK;
            skip -= (long)len;
        }
        if (fseek(c->in, skip, SEEK_CUR) != 0)
            break;
    }
    return "it has no audio";
}

/* The header's length never changes: written first for no data, and again at the end. */
static bool write_head(struct conversion *c)
{
    unsigned char head[MMK_RIFF_HEADER_BYTES];
    if (mmk_riff_pad(c->bytes_made) && fputc(0, c->out) == EOF)
        return false;
    return mmk_riff_header(&c->to, c->bytes_made, head) == MMK_OK &&
           fseek(c->out, 0, SEEK_SET) == 0 && fwrite(head, 1, sizeof head, c->out) == sizeof head;
}

/* ------------------------------------------------------------------ conversion */

static bool store(struct conversion *c, const float *frames, size_t n)
{
    static unsigned char bytes[PIECE * MMK_CHANNELS_MAX * sizeof(double)];
    const size_t n_bytes = n * mmk_format_frame_bytes(&c->to);
    c->dsp->from_f32_tpdf[c->to.sample](bytes, frames, n * c->to.channels, &c->dither);
    c->bytes_made += n_bytes;
    return fwrite(bytes, 1, n_bytes, c->out) == n_bytes;
}

static bool convert(struct conversion *c)
{
    static unsigned char bytes[PIECE * MMK_CHANNELS_MAX * sizeof(double)];
    static float in[PIECE * MMK_CHANNELS_MAX], out[PIECE * MMK_CHANNELS_MAX];
    const size_t frame_bytes = mmk_format_frame_bytes(&c->from);
    size_t n, made;
    for (; c->bytes_left >= frame_bytes; c->bytes_left -= n * frame_bytes) {
        const uint64_t left = c->bytes_left / frame_bytes;
        n = fread(bytes, frame_bytes, left < PIECE ? (size_t)left : PIECE, c->in);
        if (n == 0)
            return false; /* shorter than its header says */
        c->dsp->to_f32[c->from.sample](in, bytes, n * c->from.channels);
        for (size_t at = 0, used; at < n; at += used) { /* until the piece is used up */
            mmk_resampler_process(c->resampler, in + at * c->from.channels, n - at, &used, out,
                                  PIECE, &made);
            if (!store(c, out, made))
                return false;
        }
    }
    do { /* what is still inside the filter */
        mmk_resampler_drain(c->resampler, out, PIECE, &made);
        if (!store(c, out, made))
            return false;
    } while (made > 0);
    return true;
}

static bool run(struct conversion *c)
{
    const struct mmk_resampler_config config = {.in_rate_hz = c->from.rate_hz,
                                                .out_rate_hz = c->to.rate_hz,
                                                .channels = c->from.channels,
                                                .quality = MMK_QUALITY_ULTRA,
                                                .dsp = c->dsp};
    size_t n_bytes;
    if (mmk_resampler_bytes(&config, &n_bytes) != MMK_OK)
        return false;
    n_bytes = (n_bytes + 63) & ~(size_t)63;
    void *memory = aligned_alloc(64, n_bytes);
    const bool good = memory != NULL &&
                      mmk_resampler_init(memory, n_bytes, &config, &c->resampler) == MMK_OK &&
                      write_head(c) && convert(c) && write_head(c);
    free(memory);
    return good;
}

int main(int argc, char **argv)
{
    static struct conversion c;
    if (argc != 4 && argc != 5) {
        fputs("usage: convert_file IN.wav OUT.wav RATE [SAMPLE]\n", stderr);
        return 2;
    }
    c.in = fopen(argv[1], "rb");
    const char *wrong = c.in == NULL ? "it cannot be read" : read_head(&c);
    if (wrong != NULL) {
        fprintf(stderr, "convert_file: %s: %s\n", argv[1], wrong);
        return 1;
    }
    c.dsp = mmk_dsp_select(0);
    c.to = c.from;
    c.to.rate_hz = (uint32_t)strtoul(argv[3], NULL, 10);
    c.to.sample = mmk_sample_from_name(argc == 5 ? argv[4] : "s16");
    c.to.valid_bits = (uint16_t)(8 * mmk_sample_bytes(c.to.sample));
    if (!mmk_format_valid(&c.to)) {
        fprintf(stderr, "convert_file: %s Hz and %s do not go together\n", argv[3],
                argc == 5 ? argv[4] : "s16");
        return 2;
    }
    mmk_dither_seed(&c.dither, 1);
    c.out = fopen(argv[2], "wb");
    const bool good = c.out != NULL && run(&c);
    const bool closed = c.out != NULL && fclose(c.out) == 0;
    fclose(c.in);
    printf("convert_file: %s: %s\n", argv[2], good && closed ? "converted" : "failed");
    return !(good && closed);
}
