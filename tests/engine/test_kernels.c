/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdlib.h>
#include <string.h>

#include <mmk/dsp.h>

#include "dsp/check_dsp.h"
#include "quiet.h"
#include "rig.h"

/* Which kernels an engine takes, and that nobody can hear which. */

static struct rig rig;

enum { FRAMES = 24000 };

static int16_t s16_at(const uint8_t *bytes, size_t i)
{
    return (int16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
}

/* Ten clients of five rates and four formats, with dither, into s16 stereo; malloc'ed. Quiet enough
 * that their sum is not cut: what is cut sounds the same by any kernel. */
static uint8_t *ten_clients(uint32_t cpu_features)
{
    static const uint32_t RATES[] = {8000, 22050, 44100, 48000, 96000};
    static const mmk_sample SAMPLES[] = {MMK_SAMPLE_U8, MMK_SAMPLE_S16, MMK_SAMPLE_S24,
                                         MMK_SAMPLE_S32};
    static uint8_t integers[96000 * 4], unsigned_bytes[96000 * 4];
    struct rig_random r = {.state = 7};
    uint64_t n;
    for (size_t i = 0; i < sizeof integers; i++) {
        integers[i] = (uint8_t)(rig_random(&r) % 8);
        unsigned_bytes[i] = (uint8_t)(124 + rig_random(&r) % 8);
    }
    rig_open(&rig, &(struct rig_options){
                       .quality = MMK_QUALITY_HIGH, .dither = true, .cpu_features = cpu_features});
    for (unsigned i = 0; i < 10; i++) {
        const mmk_sample sample = SAMPLES[i % 4];
        const struct mmk_format format = rig_format(sample, (uint16_t)(1 + i % 2), RATES[i % 5]);
        rig_submit(rig_stream(&rig, format, 0.0),
                   sample == MMK_SAMPLE_U8 ? unsigned_bytes : integers, RATES[i % 5] / 2,
                   (intptr_t)i);
    }
    rig_render(&rig, FRAMES);
    const uint8_t *out = sim_output(rig.sim, &n);
    check(n >= FRAMES);
    uint8_t *copy = malloc(4 * FRAMES);
    check(copy != NULL);
    memcpy(copy, out, 4 * FRAMES);
    for (size_t i = 0; i < 2 * FRAMES; i++)
        check(abs(s16_at(copy, i)) < 30000, "frame %zu is cut", i / 2);
    check_eq(rig_close(&rig), 0);
    return copy;
}

/* Samples of the sound that differ; more than one step apart is a failure. */
static size_t differ(const uint8_t *a, const uint8_t *b)
{
    size_t n = 0;
    for (size_t i = 0; i < 2 * FRAMES; i++) {
        const int step = abs(s16_at(a, i) - s16_at(b, i));
        check(step <= 1, "sample %zu: %d steps", i, step);
        n += step != 0;
    }
    return n;
}

/* The filters of those that fuse products and sums round once where the reference rounds twice:
 * some 140 dB below full scale, so that one sample in some thousands falls on the other side of a
 * 16-bit step. Among themselves they are equal. */
Test(kernels, every_kind_gives_the_same_sound)
{
    static const uint32_t kinds[] = {MMK_CPU_AVX2_FMA, MMK_CPU_AVX512};
    uint8_t *plain = ten_clients(0), *fused = NULL;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (!check_dsp_runs_here(kinds[k]))
            continue;
        const struct mmk_dsp *dsp = mmk_dsp_select(kinds[k]);
        uint8_t *fast = ten_clients(kinds[k]);
        const size_t n = differ(plain, fast);
        check(n <= (dsp->fused ? 2 * FRAMES / 500 : 0), "%s: %zu differ", dsp->name, n);
        if (dsp->fused && fused)
            check(memcmp(fused, fast, 4 * FRAMES) == 0, "%s", dsp->name);
        if (dsp->fused && !fused)
            fused = fast;
        else
            free(fast);
    }
    free(plain);
    free(fused);
}

Test(kernels, a_name_takes_features_away_and_gives_none)
{
    const uint32_t all = MMK_CPU_SSE2 | MMK_CPU_AVX2_FMA | MMK_CPU_AVX512;
    check_eq(mmk_dsp_features(all, NULL), all);
    check_eq(mmk_dsp_features(all, "no such name"), all);
    check_eq(mmk_dsp_features(all, "c"), 0);
    check_eq(mmk_dsp_features(all, "sse2"), MMK_CPU_SSE2);
    check_eq(mmk_dsp_features(all, "avx2"), MMK_CPU_SSE2 | MMK_CPU_AVX2_FMA);
    check_eq(mmk_dsp_features(all, "avx512"), all);
    check_eq(mmk_dsp_features(MMK_CPU_SSE2, "avx512"), MMK_CPU_SSE2);
}
