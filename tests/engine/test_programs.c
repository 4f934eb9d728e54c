/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quiet.h"
#include "rig.h"

/* Random programs against a model that is as simple as it can be: it plays frame by frame, keeps
 * for every device frame how many stream frames came before it, and knows nothing of chunks, queues
 * or threads.
 *
 * Compared after every step: every sample, every completion (order, frames, reason), positions,
 * queued frames and, at the end, the count of dry frames. */

enum { BLOCKS_MAX = 512, FRAMES_MAX = 200000, STREAMS = 3, RAMP = 480 };

struct m_block {
    const int16_t *data;
    uint32_t n, flags, loops;
    intptr_t id;
    bool begun, finished; /* finished: read for the last time */
    uint64_t start;       /* stream frame of its latest pass */
    uint64_t end;         /* ... and the one behind its end */
};

struct m_stream {
    struct mmk_stream *real;
    struct m_block block[BLOCKS_MAX];
    int n_blocks, n_told; /* told: completions expected so far */
    int cur, loop;        /* cur: block being read or to be read next; loop -1: none */
    bool in_block, turn;
    uint32_t offset, passes_left;
    uint64_t pass_frames;
    bool paused, ran;
    uint64_t fed, accepted, extra, base_dev, gap;
    uint32_t *before; /* [device frame]: stream frames given before it, since the last reset */
    double gain, gain_from, gain_to, gain_new;
    uint32_t ramp_left;
    bool gain_set;
};

struct model {
    struct rig rig;
    struct m_stream s[STREAMS];
    int n_streams;
    uint64_t dev, latency, underrun;
    double *out; /* stereo */
    struct rig_event wanted[4096];
    unsigned n_wanted;
    intptr_t next_id;
    bool gains;
};

static int16_t noise[2 * 8192];

static void expect(struct model *m, struct m_block *b, uint32_t n, mmk_err why)
{
    m->wanted[m->n_wanted++] = (struct rig_event){.id = b->id, .n_frames = n, .why = why};
}

static uint64_t played(const struct model *m)
{
    return m->dev > m->latency ? m->dev - m->latency : 0;
}

static uint64_t position(const struct model *m, const struct m_stream *s)
{
    const uint64_t at = played(m);
    return at > s->base_dev ? s->before[at] : 0;
}

/* ------------------------------------------------------------------ the model plays */

static bool holding(const struct m_stream *s)
{
    return s->loop >= 0 && s->passes_left > 0;
}

static void finish_block(struct m_stream *s)
{
    struct m_block *b = &s->block[s->cur];
    b->end = s->fed;
    s->in_block = false;
    s->cur++;
    if (s->loop >= 0 && (b->flags & MMK_BLOCK_LOOP_END) != 0) {
        if (s->passes_left > 0 && s->pass_frames > 0)
            s->turn = true;
        else
            s->loop = -1;
    }
    if (!holding(s))
        for (int i = 0; i < s->cur; i++)
            s->block[i].finished = true;
}

static void begin_block(struct m_stream *s)
{
    struct m_block *b = &s->block[s->cur];
    s->in_block = true;
    s->offset = 0;
    b->begun = true;
    b->start = s->fed;
}

static bool enter_next(struct m_stream *s)
{
    if (s->turn) {
        if (s->passes_left != UINT32_MAX)
            s->passes_left--;
        s->turn = false;
        s->extra += s->pass_frames;
        s->pass_frames = 0;
        s->cur = s->loop;
        begin_block(s);
        return true;
    }
    if (s->cur == s->n_blocks)
        return false;
    begin_block(s);
    const struct m_block *b = &s->block[s->cur];
    if ((b->flags & MMK_BLOCK_LOOP_BEGIN) != 0 && s->loop < 0) {
        s->loop = s->cur;
        s->passes_left = b->loops > 1 ? b->loops : 1;
        if (s->passes_left != UINT32_MAX)
            s->passes_left--;
        s->pass_frames = 0;
    }
    return true;
}

/* Blocks without frames go by as soon as they are next. */
static void skip_empty(struct m_stream *s)
{
    while (!s->in_block && !s->turn && s->cur < s->n_blocks && s->block[s->cur].n == 0) {
        enter_next(s);
        finish_block(s);
    }
}

static bool next_frame(struct m_stream *s, double out[2])
{
    for (;;) {
        if (!s->in_block && !enter_next(s))
            return false;
        if (s->offset < s->block[s->cur].n)
            break;
        finish_block(s);
    }
    const struct m_block *b = &s->block[s->cur];
    out[0] = b->data[2 * s->offset];
    out[1] = b->data[2 * s->offset + 1];
    s->offset++;
    s->fed++;
    s->pass_frames++;
    if (s->offset == b->n)
        finish_block(s);
    skip_empty(s);
    return true;
}

/* s->gain is what the next frame gets. */
static double next_gain(struct m_stream *s)
{
    const double now = s->gain;
    if (s->ramp_left > 0) {
        s->ramp_left--;
        s->gain = s->gain_from +
                  (s->gain_to - s->gain_from) * (double)(RAMP - s->ramp_left) / (double)RAMP;
    }
    return now;
}

static void start_render(struct m_stream *s)
{
    if (s->gain_set) {
        s->gain_set = false;
        s->gain_to = s->gain_new;
        s->gain_from = s->gain;
        s->ramp_left = RAMP;
        if (!s->ran) {
            s->gain = s->gain_to;
            s->ramp_left = 0;
        }
    }
    if (!s->paused)
        skip_empty(s);
}

static void model_render(struct model *m, uint32_t n)
{
    for (int i = 0; i < m->n_streams; i++)
        start_render(&m->s[i]);
    for (uint32_t f = 0; f < n; f++, m->dev++) {
        double *sum = m->out + 2 * m->dev;
        sum[0] = sum[1] = 0;
        for (int i = 0; i < m->n_streams; i++) {
            struct m_stream *s = &m->s[i];
            double x[2];
            s->before[m->dev] = (uint32_t)s->fed;
            if (!s->paused && next_frame(s, x)) {
                const double g = next_gain(s);
                sum[0] += x[0] * g;
                sum[1] += x[1] * g;
                m->underrun += s->gap;
                s->gap = 0;
                s->ran = true;
            } else if (!s->paused && s->ran) {
                s->gap++;
            }
            s->before[m->dev + 1] = (uint32_t)s->fed;
        }
    }
    for (int i = 0; i < m->n_streams; i++) {
        struct m_stream *s = &m->s[i];
        while (s->n_told < s->n_blocks && s->block[s->n_told].finished &&
               s->block[s->n_told].end <= position(m, s)) {
            expect(m, &s->block[s->n_told], s->block[s->n_told].n, MMK_OK);
            s->n_told++;
        }
    }
}

static void model_break(struct m_stream *s)
{
    if (s->loop < 0)
        return;
    s->passes_left = 0;
    for (int i = 0; i < s->cur; i++)
        s->block[i].finished = true;
    if (s->turn) {
        s->turn = false;
        s->loop = -1;
    }
}

static void model_reset(struct model *m, struct m_stream *s)
{
    const uint64_t at = position(m, s);
    for (; s->n_told < s->n_blocks; s->n_told++) {
        struct m_block *b = &s->block[s->n_told];
        uint64_t heard = b->begun && at > b->start ? at - b->start : 0;
        heard = heard < b->n ? heard : b->n;
        expect(m, b, (uint32_t)heard, MMK_ERR_CANCELLED);
    }
    s->n_blocks = s->n_told = s->cur = 0;
    s->in_block = s->turn = s->paused = s->ran = false;
    s->loop = -1;
    s->fed = s->accepted = s->extra = s->gap = 0;
    s->base_dev = m->dev;
    s->gain = s->gain_to;
    s->ramp_left = 0;
}

/* ------------------------------------------------------------------ programs */

static void op_submit(struct model *m, struct m_stream *s, struct rig_random *r)
{
    struct m_block *b = &s->block[s->n_blocks];
    if (s->n_blocks == BLOCKS_MAX)
        return;
    const uint32_t at = rig_between(r, 0, 4000);
    const uint32_t kind = rig_between(r, 0, 9);
    *b = (struct m_block){.data = noise + 2 * at, .id = (s - m->s) * 1000000 + m->next_id++};
    b->n = kind == 0 ? 0 : kind < 5 ? rig_between(r, 1, 40) : rig_between(r, 1, 4096);
    if (rig_between(r, 0, 3) == 0)
        b->flags |= MMK_BLOCK_LOOP_BEGIN;
    if (rig_between(r, 0, 3) == 0)
        b->flags |= MMK_BLOCK_LOOP_END;
    b->loops = rig_between(r, 0, 4);
    if (b->loops == 4)
        b->loops = UINT32_MAX;
    s->n_blocks++;
    s->accepted += b->n;
    check_eq(rig_submit_loop(s->real, b->data, b->n, b->id, b->flags, b->loops), MMK_OK);
}

static void op_gain(struct m_stream *s, struct rig_random *r)
{
    const float g = (float)rig_between(r, 0, 16) / 8.0f;
    const float gains[2] = {g, g};
    check_eq(mmk_stream_set_gain(s->real, gains, 2), MMK_OK);
    s->gain_new = (double)g;
    s->gain_set = true;
}

static void op_render(struct model *m, struct rig_random *r)
{
    const uint32_t n = rig_between(r, 0, 2) == 0 ? rig_between(r, 1, 5000) : rig_between(r, 1, 100);
    if (m->dev + n + 1 >= FRAMES_MAX)
        return;
    rig_render(&m->rig, n);
    if (sim_counts(m->rig.sim).starts > 0)
        model_render(m, n);
}

static void step(struct model *m, struct rig_random *r)
{
    struct m_stream *s = &m->s[rig_between(r, 0, (uint32_t)m->n_streams - 1)];
    const uint32_t op = rig_between(r, 0, 99);
    if (op < 30) {
        op_submit(m, s, r);
    } else if (op < 70) {
        op_render(m, r);
    } else if (op < 77) {
        check_eq(mmk_stream_pause(s->real), MMK_OK);
        s->paused = true;
    } else if (op < 86) {
        check_eq(mmk_stream_resume(s->real), MMK_OK);
        s->paused = false;
    } else if (op < 92) {
        check_eq(mmk_stream_break_loop(s->real), MMK_OK);
        model_break(s);
    } else if (op < 94) {
        check_eq(mmk_stream_reset(s->real), MMK_OK);
        model_reset(m, s);
    } else if (m->gains) {
        op_gain(s, r);
    }
}

/* Streams complete independently: order is promised within one. */
static void compare_events(struct model *m, uint64_t seed)
{
    const struct rig *rig = &m->rig;
    check_eq(rig->n_events, m->n_wanted, "program %" PRIu64 ": %u completions, wanted %u", seed,
             rig->n_events, m->n_wanted);
    for (int i = 0; i < m->n_streams; i++) {
        unsigned a = 0, b = 0;
        const intptr_t mine = i * 1000000;
        for (;; a++, b++) {
            while (a < rig->n_events && rig->event[a].id / 1000000 != i)
                a++;
            while (b < m->n_wanted && m->wanted[b].id / 1000000 != i)
                b++;
            if (a == rig->n_events || b == m->n_wanted)
                break;
            check_eq(rig->event[a].id, m->wanted[b].id, "program %" PRIu64, seed);
            check_eq(rig->event[a].n_frames, m->wanted[b].n_frames,
                     "program %" PRIu64 " block %ld: %u frames, wanted %u", seed,
                     (long)(rig->event[a].id - mine), rig->event[a].n_frames,
                     m->wanted[b].n_frames);
            check_eq(rig->event[a].why, m->wanted[b].why, "program %" PRIu64, seed);
        }
        check(a == rig->n_events && b == m->n_wanted);
    }
    m->rig.n_events = m->n_wanted = 0;
}

static void compare_positions(struct model *m, uint64_t seed)
{
    for (int i = 0; i < m->n_streams; i++) {
        const struct m_stream *s = &m->s[i];
        const uint64_t at = position(m, s);
        check_eq(rig_position(s->real), at,
                 "program %" PRIu64 " stream %d: position %" PRIu64 ", wanted %" PRIu64, seed, i,
                 rig_position(s->real), at);
        check_eq(rig_queued(s->real), s->accepted + s->extra - at, "program %" PRIu64, seed);
    }
}

static void compare_output(struct model *m, uint64_t seed)
{
    uint64_t n;
    const uint8_t *out = sim_output(m->rig.sim, &n);
    check_eq(n, m->dev);
    for (uint64_t i = 0; i < 2 * n; i++) {
        int16_t got;
        memcpy(&got, out + 2 * i, 2);
        double want = m->out[i];
        want = want > 32767 ? 32767 : want < -32768 ? -32768 : want;
        const double tolerance = m->gains ? 0.52 : 0.0;
        check(fabs((double)got - want) <= tolerance,
              "program %" PRIu64 ": sample %" PRIu64 " of frame %" PRIu64 " is %d, wanted %f", seed,
              i & 1, i / 2, got, want);
    }
}

static void run_program(uint64_t seed, bool gains)
{
    static struct model m;
    static double out[2 * FRAMES_MAX];
    struct rig_random r = {.state = seed};
    memset(&m, 0, sizeof m);
    m.out = out;
    m.gains = gains;
    m.latency = rig_between(&r, 0, 2) == 0 ? rig_between(&r, 1, 3000) : 0;
    m.n_streams = (int)rig_between(&r, 1, STREAMS);
    rig_open(&m.rig, &(struct rig_options){.sim = {.latency_frames = (uint32_t)m.latency}});
    for (int i = 0; i < m.n_streams; i++) {
        m.s[i].real = rig_stream(&m.rig, rig_format(MMK_SAMPLE_S16, 2, 48000), 0.0);
        m.s[i].before = calloc(FRAMES_MAX, sizeof(uint32_t));
        m.s[i].loop = -1;
        m.s[i].gain = m.s[i].gain_from = m.s[i].gain_to = 1.0;
    }
    for (int i = 0; i < 80; i++) {
        step(&m, &r);
        compare_events(&m, seed);
        compare_positions(&m, seed);
    }
    compare_output(&m, seed);
    check_eq(rig_stats(&m.rig).underrun_frames, m.underrun, "program %" PRIu64, seed);
    for (int i = 0; i < m.n_streams; i++)
        free(m.s[i].before);
    check_eq(rig_close(&m.rig), 0);
}

Test(programs, eight_hundred_random_ones_play_as_the_model_does)
{
    struct rig_random r = {.state = 1};
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++)
        noise[i] = (int16_t)rig_between(&r, 0, 16000) - 8000;
    for (uint64_t seed = 1; seed <= 800; seed++)
        run_program(seed, seed % 4 == 0);
}

/* ------------------------------------------------------------------ speed */

/* One float stream plays a slow sine, so that the value heard tells the moment of the stream: the
 * model sums up the steps that the speeds ask for. */
enum { SINE = 400000 };
static float sine[SINE];

struct tempo {
    struct rig rig;
    struct mmk_stream *s;
    uint64_t dev;
    double t, speed;
    double *when; /* [device frame]: the stream's time, < 0 silence */
    bool paused;
};

static double sine_at(double t)
{
    return 0.5 * sin(t * 2.0 * 3.14159265358979323846 * 150.0 / 48000.0);
}

static void tempo_render(struct tempo *m, uint32_t n)
{
    if (m->dev + n > FRAMES_MAX / 2)
        return;
    for (uint32_t i = 0; i < n; i++) {
        m->when[m->dev + i] = m->paused ? -1.0 : m->t;
        m->t += m->paused ? 0.0 : m->speed;
    }
    rig_render(&m->rig, n);
    m->dev += n;
    const double at = (double)rig_position(m->s);
    check(fabs(at - m->t) <= 1.0, "position %f, wanted %f", at, m->t);
}

static void tempo_step(struct tempo *m, struct rig_random *r)
{
    const uint32_t op = rig_between(r, 0, 9);
    if (op < 5) {
        tempo_render(m, rig_between(r, 1, 2000));
    } else if (op < 8) {
        m->speed = 0.25 + rig_between(r, 0, 3840) / 1024.0;
        m->speed = op == 7 ? 1.0 : m->speed;
        check_eq(mmk_stream_set_speed(m->s, m->speed), MMK_OK);
    } else {
        m->paused = op == 8;
        check_eq(m->paused ? mmk_stream_pause(m->s) : mmk_stream_resume(m->s), MMK_OK);
    }
}

static void tempo_compare(struct tempo *m, uint64_t seed)
{
    uint64_t n;
    const uint8_t *out = sim_output(m->rig.sim, &n);
    for (uint64_t i = 0; i < n; i++) {
        float got;
        memcpy(&got, out + 4 * i, 4);
        if (m->when[i] >= 0 && m->when[i] < 1000)
            continue; /* the sine has a corner at its beginning */
        const double want = m->when[i] < 0 ? 0.0 : sine_at(m->when[i]);
        check(fabs((double)got - want) < 2e-4,
              "program %" PRIu64 ": frame %" PRIu64 " is %f, wanted %f", seed, i, (double)got,
              want);
    }
}

static void run_tempo(uint64_t seed)
{
    static double when[FRAMES_MAX];
    struct tempo m = {.speed = 1.0, .when = when};
    struct rig_random r = {.state = seed};
    const struct mmk_format mono = rig_format(MMK_SAMPLE_F32, 1, 48000);
    rig_open(&m.rig, &(struct rig_options){.format = mono, .quality = MMK_QUALITY_HIGH});
    m.s = rig_stream(&m.rig, mono, 4.0);
    for (int at = 0, id = 0; at < SINE; id++) {
        int k = (int)rig_between(&r, 1, 20000);
        k = k < SINE - at ? k : SINE - at;
        check_eq(rig_submit(m.s, sine + at, (uint32_t)k, id), MMK_OK);
        at += k;
    }
    for (int i = 0; i < 40; i++)
        tempo_step(&m, &r);
    tempo_compare(&m, seed);
    check_eq(rig_close(&m.rig), 0);
}

Test(programs, two_hundred_random_ones_change_speed_without_losing_a_frame)
{
    for (int i = 0; i < SINE; i++)
        sine[i] = (float)sine_at(i);
    for (uint64_t seed = 1; seed <= 200; seed++)
        run_tempo(seed);
}
