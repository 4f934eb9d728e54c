/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_DSP_H
#define MMK_DSP_H

/**
 * Signal processing: kernels and the resampler.
 *
 * This family knows samples and frames, never messages, states or devices. All float audio is
 * float32, full scale +-1, interleaved. Kernels return nothing and cannot fail: whatever could be
 * wrong is checked when a stream is configured. Nothing here allocates, locks or calls the system;
 * run-time-sized objects live in the caller's memory (`_bytes`, then `_init`).
 *
 * Kernels are reached through one table per operation (struct mmk_dsp). The C reference fills it;
 * a CPU variant is one more filled table. `mmk_dsp_select` picks one, the caller keeps the pointer.
 *
 * Conversion rules: integer full scale is 2^(bits-1), so s16 -> f32 -> s16 gives every value back;
 * to integer: round to nearest even, saturate, NaN becomes 0. To float32 comes nothing but numbers:
 * NaN is 0, and what lies beyond +-2^64 is cut there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/format.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Independent generators of dither: enough that a vector unit need not wait for any. */
#define MMK_DITHER_LANES 32u

/** Dither state of one output. Sample i is served by lane i mod MMK_DITHER_LANES, so that vector
 * variants give the same numbers as the C reference. Zero-initialise, then mmk_dither_seed. */
struct mmk_dither {
    uint32_t lane[MMK_DITHER_LANES];
    uint32_t next; /* lane that serves the next sample */
};

/** Seed all lanes from one number; the same seed gives the same noise. Context: any. */
void mmk_dither_seed(struct mmk_dither *dither, uint32_t seed);

/** Accumulators of a filter sum: its length is a multiple of this. */
#define MMK_FIR_LANES 16u

/** Most sources that a filter of several outputs takes at once. */
#define MMK_FIR_SOURCES 16u

/** One family of kernels. Every pointer is filled. Sources and destinations may be unaligned and
 *  do not overlap. n_samples counts samples of all channels. */
struct mmk_dsp {
    const char *name; /* "c", "avx2", ... */

    /** fir_lanes and fir_lanes_f64 round a product and its sum once, not twice. */
    bool fused;

    /** To float32. Index: mmk_sample. [MMK_SAMPLE_NONE] does nothing. */
    void (*to_f32[MMK_SAMPLE_COUNT])(float *dst, const void *src, size_t n_samples);

    /** From float32: rounded and saturated, no dither. */
    void (*from_f32[MMK_SAMPLE_COUNT])(void *dst, const float *src, size_t n_samples);

    /** The same with triangular dither of +-1 LSB of the *target's* step (u8, s16, s24, s32; A-law
     * and mu-law: of their 13 and 14-bit linear code; float targets ignore the dither). */
    void (*from_f32_tpdf[MMK_SAMPLE_COUNT])(void *dst, const float *src, size_t n_samples,
                                            struct mmk_dither *dither);

    /** G.711 between bytes and 16 bits (codec.h): the same values as there. */
    void (*alaw_to_s16)(int16_t *dst, const uint8_t *src, size_t n_samples);
    void (*ulaw_to_s16)(int16_t *dst, const uint8_t *src, size_t n_samples);
    void (*s16_to_alaw)(uint8_t *dst, const int16_t *src, size_t n_samples);
    void (*s16_to_ulaw)(uint8_t *dst, const int16_t *src, size_t n_samples);

    /** dst += src * gain, the gain of every channel moving in a straight line from gain_from[c]
     * (first frame) towards gain_to[c] (reached after the last frame): no zipper noise. n_frames <
     * 2^24. */
    void (*mix)(float *dst, const float *src, size_t n_frames, unsigned channels,
                const float *gain_from, const float *gain_to);

    /** dst = matrix * src for every frame. matrix[o * in_channels + i]. */
    void (*remix)(float *dst, const float *src, size_t n_frames, unsigned in_channels,
                  unsigned out_channels, const float *matrix);

    /** One output frame of a polyphase filter from planar input:
     *  dst[c] = sum over t of src[c * stride + t] * taps[t]. n_taps is a multiple of MMK_FIR_LANES;
     * pointers are aligned to their type. Product t goes to accumulator t % MMK_FIR_LANES; blocks
     * of MMK_FIR_LANES are taken first, last, second, last but one, ... so that small terms meet
     * first; at the end accumulator j takes in j + 8, then j + 4, j + 2, j + 1. */
    void (*fir)(float *dst, const float *src, size_t stride, const float *taps, size_t n_taps,
                unsigned channels);

    /** The same with taps, products and sums in double, rounded once at the end. */
    void (*fir_f64)(float *dst, const float *src, size_t stride, const double *taps, size_t n_taps,
                    unsigned channels);

    /** MMK_FIR_LANES outputs of n_src sources (1 .. MMK_FIR_SOURCES) by one set of taps:
     *  dst[i * MMK_FIR_LANES + j] = sum over t of src[i][t] * taps[t * MMK_FIR_LANES + j].
     *  The products with t < n_taps / 2 are summed in rising order, the others in falling order, so
     *  that small terms meet first; then the two sums are added. All values are numbers. */
    void (*fir_lanes)(float *dst, const float *const *src, unsigned n_src, const float *taps,
                      size_t n_taps);
    void (*fir_lanes_f64)(double *dst, const double *const *src, unsigned n_src, const double *taps,
                          size_t n_taps);

    /** Taps between the rows of a bank: rows r0 .. r3 of n_taps each lie one after the other;
     *  taps[t] = (r0[t] * w0 + r3[t] * w3) + (r1[t] * w1 + r2[t] * w2). */
    void (*blend)(float *taps, const float *rows, const float *weights, size_t n_taps);
    void (*blend_f64)(double *taps, const double *rows, const double *weights, size_t n_taps);
};

/** The C reference: what every variant is compared with. */
extern const struct mmk_dsp mmk_dsp_c;

/**
 * The best kernels for a CPU. All give the same bits, so that what is heard does not depend on the
 * machine; but the resampler's filters of those that are `fused` differ from the others' by
 * rounding alone, less than -125 dB of full scale (and are the same bits among themselves).
 * @param features  MMK_CPU_* bits (port.h); 0 gives the C reference
 * @return static table, never NULL
 * Context: any.
 */
const struct mmk_dsp *mmk_dsp_select(uint32_t features);

/**
 * CPU features cut down to those of one name: "c", "sse2", "avx2", "avx512", as %MMK_CPU% says it.
 * @param features  what the CPU has
 * @param name      NULL, or a name that is none: features as they are
 * Context: any.
 */
uint32_t mmk_dsp_features(uint32_t features, const char *name);

/* ------------------------------------------------------------------ channel matrix */

/**
 * Gains that carry one channel layout to another after ITU-R BS.775 (centre and surrounds at -3 dB
 * into left and right, LFE left out of a downmix), normalised so that no output row exceeds unity
 * when channels are folded; the identity for equal layouts; mono to stereo copies; stereo to mono
 * averages. Masks of 0 mean the standard ones.
 *
 * @param matrix  out: out_channels * in_channels floats, row = output
 * @retval MMK_ERR_RANGE  a channel count outside 1 .. MMK_CHANNELS_MAX
 * Context: control. Source: ITU-R BS.775-3, annex 4.
 */
mmk_err mmk_remix_matrix(unsigned in_channels, uint32_t in_mask, unsigned out_channels,
                         uint32_t out_mask, float *matrix);

/* ------------------------------------------------------------------ resampler */

/** Classes: signal to noise at 997 Hz and -0.1 dB corner in units of the lower Nyquist frequency at
 * least, images and aliases anywhere at most, and half the filter's length in frames of the lower
 * rate (the delay; up by 3 and more, and at ratios with no small bank, a second stage adds 2 to 9).
 * mmk_resampler_lookahead says it exactly. */
typedef enum mmk_quality {
    MMK_QUALITY_DRAFT = 0, /*  60 dB, 0.75,  -60 dB,  16 */
    MMK_QUALITY_FAST = 1,  /* 100 dB, 0.81, -100 dB,  32 */
    MMK_QUALITY_HIGH = 2,  /* 134 dB, 0.93, -134 dB, 104 */
    MMK_QUALITY_ULTRA = 3  /* 145 dB, 0.95, -145 dB, 192; each image or alias alone: -170 dB */
} mmk_quality;

/** Windowed-sinc polyphase resampler with stream state. Opaque: lives in caller's memory. */
struct mmk_resampler;

struct mmk_resampler_config {
    uint32_t in_rate_hz;
    uint32_t out_rate_hz;
    unsigned channels; /* 1 .. MMK_CHANNELS_MAX */
    mmk_quality quality;
    /** Largest speed that will be set, 0.25 .. 16; 0 = the speed is fixed at 1. It costs memory (a
     * bank each quarter octave) and delay: the lookahead is that of the narrowest filter, speed_max
     * times as long. */
    double speed_max;
    const struct mmk_dsp *dsp; /* NULL = C reference; borrowed */
};

/**
 * Memory that a resampler needs (state and coefficient bank together).
 * @retval MMK_ERR_RANGE  a rate, a channel count or speed_max (over 16) out of range
 * Context: control.
 */
mmk_err mmk_resampler_bytes(const struct mmk_resampler_config *config, size_t *n_bytes);

/**
 * Build a resampler in `mem` (aligned to 64). Computes the bank: may take milliseconds. The
 * configuration is copied. There is nothing to release; forget the memory. Context: control.
 */
mmk_err mmk_resampler_init(void *mem, size_t n_bytes, const struct mmk_resampler_config *config,
                           struct mmk_resampler **out);

/**
 * Back to silence and position 0, as after init. Context: audio (never blocks, never allocates).
 */
void mmk_resampler_reset(struct mmk_resampler *r);

/**
 * Play faster (2.0 = twice as many input frames a second) from the next output frame on; no click.
 * The anti-alias filter follows in quarter octaves, faded in within 256 frames. Resolution 2^-24;
 * speed 1 stands after init and reset (or speed_max, if that is less) and is exact. Without a
 * speed_max nothing happens.
 * @param speed  0.25 .. config.speed_max; clamped
 * Context: audio.
 */
void mmk_resampler_set_speed(struct mmk_resampler *r, double speed);

/**
 * Consume input and produce output until one of them is used up.
 *
 * The delay is compensated: the first frame out stands at the time of the first frame in, so
 * nothing comes out before mmk_resampler_lookahead() frames went in. No more input is taken than
 * the output asked for needs. Any cutting into calls gives the same output, bit for bit.
 *
 * @param in        n_in frames, interleaved
 * @param n_used    out: frames taken from `in`
 * @param dst       room for n_dst frames
 * @param n_made    out: frames written
 * Context: audio.
 */
void mmk_resampler_process(struct mmk_resampler *r, const float *in, size_t n_in, size_t *n_used,
                           float *dst, size_t n_dst, size_t *n_made);

/**
 * The input has ended: as if followed by silence, produce what is still due, so that in all
 * ceil(frames_in * out_rate / in_rate) frames have come out at speed 1 (at any speed: all
 * frames whose time is before the input's end). 0 made = drained; then only reset may follow.
 * Context: audio.
 */
void mmk_resampler_drain(struct mmk_resampler *r, float *dst, size_t n_dst, size_t *n_made);

/** Input frames that must be there before the frame at the time of the first of them can come out:
 * half the filter, and that frame. Constant. Context: any. */
size_t mmk_resampler_lookahead(const struct mmk_resampler *r);

/** Input frames needed, at the present state and speed, so that the next n_out frames can be made.
 * Context: audio. */
size_t mmk_resampler_need(const struct mmk_resampler *r, size_t n_out);

/** Whole input frames whose time lies before the next output frame, since init or reset:
 * floor(frames_out * in_rate / out_rate) at speed 1, the sum of the steps really taken otherwise.
 * Goes on while draining. Context: audio. */
uint64_t mmk_resampler_position(const struct mmk_resampler *r);

/* ------------------------------------------------------------------ limiter */

/** Peak limiter with look-ahead and constant delay. Opaque: lives in caller's memory. */
struct mmk_limiter;

mmk_err mmk_limiter_bytes(uint32_t rate_hz, unsigned channels, size_t *n_bytes);

/** Build a limiter for a ceiling (linear, 0 < ceiling <= 1). Context: control. */
mmk_err mmk_limiter_init(void *mem, size_t n_bytes, uint32_t rate_hz, unsigned channels,
                         float ceiling, struct mmk_limiter **out);

/** Constant delay in frames. Context: any. */
size_t mmk_limiter_delay(const struct mmk_limiter *limiter);

/** In place. No sample leaves above the ceiling. Context: audio. */
void mmk_limiter_process(struct mmk_limiter *limiter, float *frames, size_t n_frames);

#ifdef __cplusplus
}
#endif

#endif
