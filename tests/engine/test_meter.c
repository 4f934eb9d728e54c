/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

#include <string.h>

#include "quiet.h"
#include "rig.h"

/* Peaks: each channel for itself, of the last whole period, of nothing before somebody asks. */

static struct rig rig;
enum { PERIOD = 480 };
static int16_t data[4 * PERIOD][2];

static void open_stereo(mmk_direction direction)
{
    rig_open(&rig, &(struct rig_options){.direction = direction});
}

static void play(unsigned first, unsigned n)
{
    rig_submit(rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 2, 48000), 0.0), data[first], n, 1);
}

static void expect(float left, float right)
{
    float peaks[2] = {9.0f, 9.0f};
    check_eq(mmk_engine_peaks(rig.engine, peaks, 2), MMK_OK);
    check(peaks[0] == left && peaks[1] == right, "%g %g", (double)peaks[0], (double)peaks[1]);
}

Test(meter, each_channel_has_the_largest_magnitude_of_the_last_period)
{
    open_stereo(MMK_PLAYBACK);
    data[100][0] = -16384;
    data[200][0] = 8192;
    data[479][1] = 4096;
    data[480][1] = INT16_MIN;
    play(0, 2 * PERIOD);
    expect(0.0f, 0.0f);
    rig_render(&rig, PERIOD - 1);
    expect(0.0f, 0.0f); /* not a whole period yet */
    rig_render(&rig, 1);
    expect(0.5f, 0.125f);
    expect(0.5f, 0.125f);
    rig_render(&rig, PERIOD);
    expect(0.0f, 1.0f);
    rig_render(&rig, PERIOD);
    expect(0.0f, 0.0f);
    check_eq(rig_close(&rig), 0);
}

Test(meter, nothing_is_measured_before_somebody_asks)
{
    open_stereo(MMK_PLAYBACK);
    data[0][0] = 16384;
    data[PERIOD][0] = 8192;
    play(0, 2 * PERIOD);
    rig_render(&rig, PERIOD);
    expect(0.0f, 0.0f);
    rig_render(&rig, PERIOD);
    expect(0.25f, 0.0f);
    check_eq(rig_close(&rig), 0);
}

Test(meter, a_long_render_ends_with_its_last_whole_period)
{
    open_stereo(MMK_PLAYBACK);
    data[3 * PERIOD - 1][1] = 16384;
    data[3 * PERIOD][0] = 16384; /* in a period that is not whole */
    play(0, 4 * PERIOD);
    expect(0.0f, 0.0f);
    rig_render(&rig, 3 * PERIOD + 10);
    expect(0.0f, 0.5f);
    check_eq(rig_close(&rig), 0);
}

static void source(void *user, void *frames, uint64_t first, uint32_t n)
{
    int16_t(*out)[2] = frames;
    (void)user;
    for (uint32_t i = 0; i < n; i++) {
        out[i][0] = 0;
        out[i][1] = first + i == 700 ? -8192 : 0;
    }
}

Test(meter, what_is_recorded_is_measured_too)
{
    rig_open(&rig, &(struct rig_options){.direction = MMK_CAPTURE, .sim = {.source = source}});
    struct mmk_stream *s = rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 2, 48000), 0.0);
    static int16_t to[4 * PERIOD][2];
    check_eq(mmk_stream_resume(s), MMK_OK);
    rig_submit(s, to, 4 * PERIOD, 1);
    expect(0.0f, 0.0f);
    rig_render(&rig, PERIOD);
    expect(0.0f, 0.0f);
    rig_render(&rig, PERIOD);
    expect(0.0f, 0.25f);
    check_eq(rig_close(&rig), 0);
}

Test(meter, the_count_of_channels_must_be_the_devices)
{
    float peaks[3];
    open_stereo(MMK_PLAYBACK);
    check_eq(mmk_engine_peaks(rig.engine, peaks, 1), MMK_ERR_INVAL);
    check_eq(mmk_engine_peaks(rig.engine, peaks, 3), MMK_ERR_INVAL);
    check_eq(mmk_engine_peaks(rig.engine, NULL, 2), MMK_ERR_INVAL);
    check_eq(mmk_engine_peaks(NULL, peaks, 2), MMK_ERR_INVAL);
    check_eq(rig_close(&rig), 0);
}
