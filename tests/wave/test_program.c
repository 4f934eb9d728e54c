/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wave/card.h"

/* Random programs of messages against a model that knows nothing of engines: a queue of numbers.
 * Every frame heard, every flag, every callback and every position is compared after every step. */

static uint32_t seed;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(seed >> 8) * n >> 24);
}

/* ------------------------------------------------------------------ gapless */

Test(program, ten_thousand_buffers_of_random_length_equal_their_concatenation, .timeout = 120)
{
    enum { N = 10000, QUEUED = 8 };
    struct card *card = card_create(&(struct card_config){.dither = true});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    static int16_t data[QUEUED][2 * 4096];
    struct mmk_wavehdr h[QUEUED];
    uint64_t given = 0, heard = 0, done = 0;
    uint32_t noise = 1, expect = 1;

    seed = 42;
    for (int i = 0; i < QUEUED; i++)
        card_header(&h[i], data[i], 0);
    for (uint64_t i = 0; done < N;) {
        /* refill whatever is back */
        for (; i < N && card_flags(&h[i % QUEUED]) == (h[i % QUEUED].dwFlags & ~MMK_WHDR_INQUEUE) &&
               i - done < QUEUED;
             i++) {
            struct mmk_wavehdr *next = &h[i % QUEUED];
            const uint32_t n = 1 + rnd(4096);
            for (uint32_t k = 0; k < 2 * n; k++) {
                noise = noise * 1664525u + 1013904223u;
                data[i % QUEUED][k] = (int16_t)(noise >> 16);
            }
            next->dwBufferLength = 4 * n;
            cr_assert_eq(card_write(card, out, next), 0);
            given += n;
        }
        sim_clear_output(sim);
        const uint32_t step = 1 + rnd(3000);
        const uint32_t n = given - heard < step ? (uint32_t)(given - heard) : step;
        cr_assert_eq(sim_render(sim, n), n);
        card_settle(card);
        uint64_t got_n;
        const int16_t *got = (const int16_t *)(const void *)sim_output(sim, &got_n);
        for (uint32_t k = 0; k < 2 * n; k++) {
            expect = expect * 1664525u + 1013904223u;
            cr_assert_eq(got[k], (int16_t)(expect >> 16), "frame %llu",
                         (unsigned long long)(heard + k / 2));
        }
        heard += n;
        done = card_count(card, MMK_WOM_DONE);
    }
    printf("gapless: %d buffers, %llu frames, bit-identical to their concatenation\n", N,
           (unsigned long long)heard);
    cr_assert_eq(card_position(card, MMK_WAVE_OUT, out, MMK_TIME_SAMPLES), (uint32_t)heard);
    cr_assert_eq(card_destroy(card), 0);
}

/* ------------------------------------------------------------------ the model */

#define BLOCKS 64
#define FRAMES 64 /* of the longest block */

struct block {
    uint32_t n;     /* frames */
    uint32_t first; /* value of its first frame; the next is one more */
    bool begin, end, out, zero;
    uint32_t loops;
};

struct queue {
    struct block b[BLOCKS];
    unsigned head, cur,
        tail;    /* head..cur: read, not yet given back (inside a loop); cur..tail waits */
    uint32_t at; /* frames of cur that were read */
    bool looping, paused;
    unsigned loop_first;
    uint32_t passes_left;
    uint64_t position;
    unsigned n_done;
};

static void give_back(struct queue *q)
{
    const unsigned end = q->looping && q->passes_left > 0 ? q->loop_first : q->cur;
    while (q->head < end) {
        q->b[q->head++].out = false;
        q->n_done++;
    }
}

/* The block at the cursor has been read to its end. */
static void end_of_block(struct queue *q)
{
    const struct block *b = &q->b[q->cur];
    q->at = 0;
    q->cur++;
    if (!q->looping || !b->end)
        return;
    if (q->passes_left > 0) {
        q->passes_left--;
        q->cur = q->loop_first;
    } else {
        q->looping = false;
    }
}

/* @return whether there was a frame */
static bool take(struct queue *q, uint32_t *value)
{
    if (q->paused)
        return false;
    while (q->cur < q->tail && q->b[q->cur].n == 0)
        end_of_block(q);
    if (q->cur == q->tail)
        return false;
    struct block *b = &q->b[q->cur];
    if (b->begin && q->at == 0 && !q->looping) {
        q->looping = true;
        q->loop_first = q->cur;
        q->passes_left = b->loops > 1 ? b->loops - 1 : 0;
    }
    *value = b->first + q->at++;
    q->position++;
    if (q->at == b->n)
        end_of_block(q);
    return true;
}

static void pass_empty(struct queue *q)
{
    while (!q->paused && q->cur < q->tail && q->b[q->cur].n == 0)
        end_of_block(q);
}

/* ------------------------------------------------------------------ a program */

struct program {
    struct card *card;
    struct sim_devices *sim;
    uintptr_t out;
    struct queue q;
    struct mmk_wavehdr h[BLOCKS];
    uint32_t data[BLOCKS][FRAMES]; /* a frame is one 32-bit number: two samples of 16 bits */
    uint32_t next_value;
    bool exact; /* no volume, no rate: bits are compared */
    uint64_t last_position;
    unsigned n_loops, n_breaks, n_resets, n_pauses;
};

static void write_block(struct program *p, bool begin, bool end, uint32_t loops)
{
    struct queue *q = &p->q;
    if (q->tail == BLOCKS)
        return;
    const unsigned i = q->tail;
    struct block *b = &q->b[i];
    b->n = !begin && !end && rnd(8) == 0 ? 0 : 1 + rnd(FRAMES - 1);
    b->first = p->next_value;
    b->begin = begin;
    b->end = end;
    b->loops = loops;
    b->out = true;
    for (uint32_t k = 0; k < b->n; k++)
        p->data[i][k] = p->next_value++;
    card_header(&p->h[i], p->data[i], 4 * b->n + rnd(4)); /* odd lengths too */
    p->h[i].dwFlags |= (begin ? MMK_WHDR_BEGINLOOP : 0u) | (end ? MMK_WHDR_ENDLOOP : 0u);
    p->h[i].dwLoops = begin ? loops : rnd(5);
    cr_assert_eq(card_write(p->card, p->out, &p->h[i]), 0);
    q->tail++;
}

static void write_loop(struct program *p)
{
    const unsigned n = 1 + rnd(3);
    const uint32_t loops = rnd(6) == 0 ? UINT32_MAX : rnd(5);
    if (p->q.tail + n > BLOCKS)
        return;
    for (unsigned i = 0; i < n; i++)
        write_block(p, i == 0, i == n - 1, loops);
    p->n_loops++;
}

/* In the middle of a pass: what "the current pass" is at its very end the documents do not say. */
static void break_loop(struct program *p)
{
    struct queue *q = &p->q;
    if (!q->looping || (q->cur == q->loop_first && q->at == 0))
        return;
    cr_assert_eq(card_send(p->card, MMK_WAVE_OUT, MMK_WODM_BREAKLOOP, p->out, 0, 0), 0);
    q->passes_left = 0;
    p->n_breaks++;
}

static void reset(struct program *p)
{
    struct queue *q = &p->q;
    cr_assert_eq(card_send(p->card, MMK_WAVE_OUT, MMK_WODM_RESET, p->out, 0, 0), 0);
    for (unsigned i = q->head; i < q->tail; i++) {
        q->b[i].out = false;
        q->n_done++;
    }
    q->head = q->cur = q->tail;
    q->at = 0;
    q->looping = q->paused = false;
    q->position = 0;
    p->last_position = 0;
    p->n_resets++;
}

static void render(struct program *p)
{
    struct queue *q = &p->q;
    const uint32_t n = 1 + rnd(90);
    uint64_t got_n;

    sim_clear_output(p->sim);
    if (sim_render(p->sim, n) != n)
        return; /* nothing was ever written: the device does not run */
    card_settle(p->card);
    const uint8_t *got = sim_output(p->sim, &got_n);
    if (!p->exact)
        return;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t wanted = 0, heard;
        (void)take(q, &wanted);
        memcpy(&heard, got + 4 * i, sizeof heard);
        cr_assert_eq(heard, wanted, "frame %u of %u: %x, not %x; block %u+%u, looping %d, %u left",
                     i, n, heard, wanted, q->cur, q->at, q->looping, q->passes_left);
    }
    pass_empty(q);
    give_back(q);
}

static void check(struct program *p)
{
    const struct queue *q = &p->q;
    if (!p->exact)
        return;
    for (unsigned i = 0; i < q->tail; i++) {
        const uint32_t flags = card_flags(&p->h[i]);
        cr_assert_eq((flags & MMK_WHDR_INQUEUE) != 0, q->b[i].out,
                     "block %u of %u frames, flags %x; at block %u+%u of %u, head %u, looping %d, "
                     "%u left, paused %d",
                     i, q->b[i].n, flags, q->cur, q->at, q->tail, q->head, q->looping,
                     q->passes_left, q->paused);
        cr_assert_eq((flags & MMK_WHDR_DONE) != 0, !q->b[i].out, "block %u", i);
    }
    cr_assert_eq(card_count(p->card, MMK_WOM_DONE), q->n_done);
    cr_assert_eq(card_position(p->card, MMK_WAVE_OUT, p->out, MMK_TIME_SAMPLES),
                 (uint32_t)q->position);
}

static void check_bounds(struct program *p)
{
    const uint32_t at = card_position(p->card, MMK_WAVE_OUT, p->out, MMK_TIME_SAMPLES);
    cr_assert_geq(at, p->last_position, "never back");
    p->last_position = at;
}

static void volume_or_rate(struct program *p)
{
    const uint32_t volume = rnd(3) == 0 ? 0xFFFFFFFFu : rnd(1u << 24) * 257u;
    uint32_t got = 0;
    if (rnd(2) == 0) {
        cr_assert_eq(card_send(p->card, MMK_WAVE_OUT, MMK_WODM_SETVOLUME, p->out, volume, 0), 0);
        cr_assert_eq(
            card_send(p->card, MMK_WAVE_OUT, MMK_WODM_GETVOLUME, p->out, (uintptr_t)&got, 0), 0);
        cr_assert_eq(got, volume);
    } else {
        const uint32_t rate = 0x4000 + rnd(0x40000 - 0x4000 + 1);
        cr_assert_eq(card_send(p->card, MMK_WAVE_OUT, MMK_WODM_SETPLAYBACKRATE, p->out, rate, 0),
                     0);
        cr_assert_eq(
            card_send(p->card, MMK_WAVE_OUT, MMK_WODM_GETPLAYBACKRATE, p->out, (uintptr_t)&got, 0),
            0);
        cr_assert_eq(got, rate);
    }
}

static void one_step(struct program *p)
{
    switch (rnd(p->exact ? 16 : 20)) {
    case 0:
    case 1:
    case 2:
        write_block(p, false, false, 0);
        break;
    case 3:
        write_loop(p);
        break;
    case 4:
        cr_assert_eq(card_send(p->card, MMK_WAVE_OUT, MMK_WODM_PAUSE, p->out, 0, 0), 0);
        p->q.paused = true;
        p->n_pauses++;
        break;
    case 5:
    case 6:
        cr_assert_eq(card_send(p->card, MMK_WAVE_OUT, MMK_WODM_RESTART, p->out, 0, 0), 0);
        p->q.paused = false;
        break;
    case 7:
        break_loop(p);
        break;
    case 8:
        if (rnd(4) == 0)
            reset(p);
        break;
    default:
        if (!p->exact && rnd(4) == 0)
            volume_or_rate(p);
        render(p);
        break;
    }
    check(p);
    check_bounds(p);
}

static void run_program(uint32_t number, bool exact, struct program *total)
{
    static struct program p;
    memset(&p, 0, sizeof p);
    seed = number * 2654435761u + 1;
    p.exact = exact;
    p.next_value = 0x00010001; /* never silence */
    p.card = card_create(&(struct card_config){.dither = exact});
    p.sim = p.card->sim[MMK_PLAYBACK][0];
    p.out = card_open(p.card, MMK_WAVE_OUT, &card_cd, 0);
    for (int i = 0; i < 80; i++)
        one_step(&p);
    reset(&p);
    for (unsigned i = 0; i < p.q.tail; i++)
        cr_assert_eq(card_flags(&p.h[i]) & (MMK_WHDR_DONE | MMK_WHDR_INQUEUE), MMK_WHDR_DONE);
    cr_assert_eq(card_count(p.card, MMK_WOM_DONE), p.q.tail, "each exactly once");
    cr_assert_eq(card_send(p.card, MMK_WAVE_OUT, MMK_WODM_CLOSE, p.out, 0, 0), 0);
    cr_assert_eq(card_destroy(p.card), 0, "program %u", number);
    total->n_loops += p.n_loops;
    total->n_breaks += p.n_breaks;
    total->n_resets += p.n_resets;
    total->n_pauses += p.n_pauses;
}

Test(program, a_thousand_random_programs_equal_the_model, .timeout = 200)
{
    static struct program total;
    for (uint32_t i = 0; i < 1000; i++)
        run_program(i, i % 4 != 3, &total);
    printf(
        "programs: 1000 (750 compared bit by bit, 250 with volume and rate), %u loops, %u breaks, "
        "%u pauses, %u resets\n",
        total.n_loops, total.n_breaks, total.n_pauses, total.n_resets);
    cr_assert_geq(total.n_breaks, 100);
}
