/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

#include "base/math.h"

/* The gain that each frame needs is held over the look-ahead (sliding minimum), let go slowly, and
 * averaged over the look-ahead again. Every term of the average that meets a frame is at most that
 * frame's own gain, so the smooth gain is too: no overshoot, and no step in the gain either. Gains
 * are integers in 2^-30, because a running sum of integers cannot drift. */

#define ONE             (1u << 30)
#define LOOKAHEAD_HZ    500u /* 1 / 2 ms */
#define RELEASE_SECONDS 0.1

struct slot {
    uint64_t frame;
    uint32_t gain;
};

struct mmk_limiter {
    unsigned channels;
    float ceiling;
    uint32_t window;      /* frames of look-ahead, >= 1; the delay is window - 1 */
    uint32_t release_q32; /* part of the way back to the held gain, a frame */
    uint64_t frame;
    uint32_t held;
    uint64_t sum; /* of gains[] */

    /* sliding minimum: a queue of rising gains, oldest first; its head is the minimum of the window
     */
    uint32_t first, n_slots;
    struct slot *slots;
    uint32_t *gains; /* ring of the last `window` held gains */
    float *delay;    /* ring of `window` frames */
    uint32_t at;     /* place of the present frame in both rings */
};

static uint32_t window_of(uint32_t rate_hz)
{
    return rate_hz / LOOKAHEAD_HZ + 1;
}

static size_t round64(size_t n)
{
    return (n + 63) / 64 * 64;
}

mmk_err mmk_limiter_bytes(uint32_t rate_hz, unsigned channels, size_t *n_bytes)
{
    if (!n_bytes)
        return MMK_ERR_INVAL;
    if (rate_hz < MMK_RATE_MIN_HZ || rate_hz > MMK_RATE_MAX_HZ || channels < 1 ||
        channels > MMK_CHANNELS_MAX)
        return MMK_ERR_RANGE;
    size_t w = window_of(rate_hz);
    *n_bytes = round64(sizeof(struct mmk_limiter)) + round64(w * sizeof(struct slot)) +
               round64(w * sizeof(uint32_t)) + round64(w * channels * sizeof(float));
    return MMK_OK;
}

mmk_err mmk_limiter_init(void *mem, size_t n_bytes, uint32_t rate_hz, unsigned channels,
                         float ceiling, struct mmk_limiter **out)
{
    size_t needed;
    if (!mem || !out || (uintptr_t)mem % 64)
        return MMK_ERR_INVAL;
    mmk_err err = mmk_limiter_bytes(rate_hz, channels, &needed);
    if (err != MMK_OK)
        return err;
    if (!(ceiling > 0.0f && ceiling <= 1.0f))
        return MMK_ERR_RANGE;
    if (n_bytes < needed)
        return MMK_ERR_NOMEM;

    struct mmk_limiter *l = mem;
    uint8_t *base = mem;
    size_t w = window_of(rate_hz), slots = round64(sizeof *l);
    size_t gains = slots + round64(w * sizeof(struct slot));
    size_t delay = gains + round64(w * sizeof(uint32_t));
    memset(mem, 0, needed);
    l->channels = channels;
    l->ceiling = ceiling;
    l->window = (uint32_t)w;
    l->release_q32 =
        (uint32_t)((1.0 - mmki_exp(-1.0 / (RELEASE_SECONDS * (double)rate_hz))) * 0x1p32);
    l->held = ONE;
    l->sum = (uint64_t)ONE * w;
    l->slots = (struct slot *)(void *)(base + slots);
    l->gains = (uint32_t *)(void *)(base + gains);
    l->delay = (float *)(void *)(base + delay);
    for (size_t i = 0; i < w; i++)
        l->gains[i] = ONE;
    *out = l;
    return MMK_OK;
}

size_t mmk_limiter_delay(const struct mmk_limiter *limiter)
{
    return limiter->window - 1;
}

/* The gain that brings a frame to the ceiling, rounded down. NaN asks for nothing: it leaves as 0.
 */
static uint32_t wanted(const struct mmk_limiter *l, const float *frame)
{
    float peak = 0.0f;
    for (unsigned c = 0; c < l->channels; c++) {
        float v = frame[c] < 0.0f ? -frame[c] : frame[c];
        peak = v > peak ? v : peak;
    }
    if (peak <= l->ceiling)
        return ONE;
    return (uint32_t)((double)l->ceiling / (double)peak * (double)ONE);
}

static uint32_t sliding_minimum(struct mmk_limiter *l, uint32_t gain)
{
    const uint32_t w = l->window;
    if (l->n_slots && l->slots[l->first].frame + w <= l->frame) {
        l->first = l->first + 1 == w ? 0 : l->first + 1;
        l->n_slots--;
    }
    while (l->n_slots && l->slots[(l->first + l->n_slots - 1) % w].gain >= gain)
        l->n_slots--;
    l->slots[(l->first + l->n_slots) % w] = (struct slot){l->frame, gain};
    l->n_slots++;
    return l->slots[l->first].gain;
}

static uint32_t released(const struct mmk_limiter *l, uint32_t minimum)
{
    if (minimum <= l->held)
        return minimum;
    uint32_t rise = (uint32_t)((uint64_t)(minimum - l->held) * l->release_q32 >> 32);
    return l->held + (rise ? rise : 1);
}

/* Float products round: what the rounding lifts over the ceiling is put back on it. */
static float limited(float v, float gain, float ceiling)
{
    v *= gain;
    v = v > ceiling ? ceiling : v;
    v = v < -ceiling ? -ceiling : v;
    return v == v ? v : 0.0f;
}

void mmk_limiter_process(struct mmk_limiter *l, float *frames, size_t n_frames)
{
    for (size_t i = 0; i < n_frames; i++) {
        float *frame = frames + i * l->channels;
        l->held = released(l, sliding_minimum(l, wanted(l, frame)));
        l->sum += (uint64_t)l->held - l->gains[l->at];
        l->gains[l->at] = l->held;
        float gain = (float)((double)l->sum / ((double)l->window * (double)ONE));

        uint32_t oldest = l->at + 1 == l->window ? 0 : l->at + 1;
        float *in = l->delay + (size_t)l->at * l->channels;
        const float *due = l->delay + (size_t)oldest * l->channels;
        for (unsigned c = 0; c < l->channels; c++)
            in[c] = frame[c];
        for (unsigned c = 0; c < l->channels; c++)
            frame[c] = limited(due[c], gain, l->ceiling);
        l->at = oldest;
        l->frame++;
    }
}
