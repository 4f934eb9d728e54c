/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdbool.h>

#include "plain.h"

#include <mmk/dsp.h>

#include "dsp/check_dsp.h"
#include "rig.h"

/* Not a test: how fast the engine mixes. Ten clients, five rates, four formats into one s16 stereo
 * device at 48 kHz, without threads, on one core, by each kind of kernels that this CPU runs; and
 * what a period costs by the number of streams and of queued blocks. */

static double cpu_seconds(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static uint8_t *noise(size_t n)
{
    struct rig_random r = {.state = 1};
    uint8_t *data = must_alloc(n);
    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)(rig_random(&r) % 32); /* small numbers in every format, no NaN */
    return data;
}

static void ten_clients(uint32_t cpu, mmk_quality quality, const char *name, unsigned seconds)
{
    static const uint32_t RATES[] = {8000, 22050, 44100, 48000, 96000};
    static const mmk_sample SAMPLES[] = {MMK_SAMPLE_U8, MMK_SAMPLE_S16, MMK_SAMPLE_S24,
                                         MMK_SAMPLE_S32};
    struct rig rig;
    uint8_t *data = noise(96000u * 8);
    rig_open(&rig, &(struct rig_options){
                       .quality = quality, .cpu_features = cpu, .sim = {.discard = true}});
    for (unsigned i = 0; i < 10; i++) {
        struct mmk_stream *s =
            rig_stream(&rig, rig_format(SAMPLES[i % 4], (uint16_t)(1 + i % 2), RATES[i % 5]), 0.0);
        rig_submit_loop(s, data, RATES[i % 5], 0, MMK_BLOCK_LOOP_BEGIN | MMK_BLOCK_LOOP_END,
                        UINT32_MAX);
    }
    rig_render(&rig, 4800);
    const double begin = cpu_seconds();
    for (unsigned i = 0; i < 100 * seconds; i++)
        rig_render(&rig, 480);
    const double taken = cpu_seconds() - begin;
    printf("ten clients, quality %s, %s: %.1f x real time\n", name, mmk_dsp_select(cpu)->name,
           seconds / taken);
    CHECK(rig_close(&rig) == 0);
    free(data);
}

static void period_cost(unsigned streams, unsigned blocks)
{
    struct rig rig;
    uint8_t *data = noise(4 * 480);
    rig_open(&rig, &(struct rig_options){.streams_max = 256, .sim = {.discard = true}});
    for (unsigned i = 0; i < streams; i++) {
        struct mmk_stream *s = rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 2, 48000), 0.0);
        for (unsigned k = 0; k < blocks; k++)
            rig_submit(s, data, 480, (intptr_t)k);
    }
    const unsigned periods = blocks < 500 ? blocks : 500;
    rig_render(&rig, 480);
    const double begin = cpu_seconds();
    for (unsigned i = 1; i < periods; i++)
        sim_render(rig.sim, 480);
    const double taken = cpu_seconds() - begin;
    printf("%3u streams, %5u blocks queued: %.2f us a period\n", streams, blocks,
           1e6 * taken / (periods - 1));
    CHECK(rig_close(&rig) == 0);
    free(data);
}

int main(void)
{
    static const uint32_t kinds[] = {0, MMK_CPU_AVX2_FMA, MMK_CPU_AVX512};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (k > 0 && (mmk_dsp_select(kinds[k]) == &mmk_dsp_c || !check_dsp_runs_here(kinds[k])))
            continue;
        ten_clients(kinds[k], MMK_QUALITY_DRAFT, "draft", 20);
        ten_clients(kinds[k], MMK_QUALITY_FAST, "fast", 20);
        ten_clients(kinds[k], MMK_QUALITY_HIGH, "high", 20);
    }
    for (unsigned streams = 1; streams <= 256; streams *= 4)
        period_cost(streams, 200);
    for (unsigned blocks = 100; blocks <= 10000; blocks *= 10)
        period_cost(1, blocks);
    return finish_plain();
}
