/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <math.h>
#include <string.h>

#include "quiet.h"
#include "rig.h"

/* A program that divides by zero spoils its own sound and nobody else's. */

static struct rig rig;

enum { N = 4800 };

static float sound[N], broken[N];

static void prepare(void)
{
    static const float poison[] = {NAN, -INFINITY, INFINITY, 3e38f, -NAN};
    for (int i = 0; i < N; i++) {
        sound[i] = 0.25f * sinf((float)i * 0.05f);
        broken[i] = i >= 1000 && i < 1100 ? poison[i % 5] : 0.0f;
    }
}

/* Both at once into one float device; from frame 3000 on only the sound is there. */
static void play_both(uint32_t broken_rate_hz)
{
    uint64_t n;
    prepare();
    rig_open(&rig, &(struct rig_options){.format = rig_format(MMK_SAMPLE_F32, 1, 48000)});
    rig_submit(rig_stream(&rig, rig_format(MMK_SAMPLE_F32, 1, 48000), 0.0), sound, N, 1);
    rig_submit(rig_stream(&rig, rig_format(MMK_SAMPLE_F32, 1, broken_rate_hz), 0.0), broken, N, 2);
    rig_render(&rig, N);
    const uint8_t *out = sim_output(rig.sim, &n);
    check(n >= N);
    for (int i = 0; i < N; i++) {
        float got;
        memcpy(&got, out + 4 * i, 4);
        check(isfinite(got), "frame %d is no number", i);
        if (i >= 3000)
            check(fabsf(got - sound[i]) < 1e-6f, "frame %d: %f, wanted %f", i, (double)got,
                  (double)sound[i]);
    }
    check_eq(rig_close(&rig), 0);
}

Test(not_numbers, stay_out_of_the_mix)
{
    play_both(48000);
}

Test(not_numbers, leave_the_resampler_again)
{
    play_both(44100);
}
