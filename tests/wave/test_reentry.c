/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lifecycle/rig.h"

/* Every entry point, called from inside every callback: it returns, with an answer of the contract,
 * and nothing is lost or freed twice. Once with the callback on this thread, once on the
 * notifier's. */

enum call {
    CALL_WRITE,
    CALL_WRITE_SAME,
    CALL_PAUSE,
    CALL_RESTART,
    CALL_RESET,
    CALL_RESET_OTHER,
    CALL_CLOSE,
    CALL_CLOSE_OTHER,
    CALL_BREAKLOOP,
    CALL_POSITION,
    CALL_VOLUME,
    CALL_RATE,
    CALL_PREPARE,
    CALL_UNPREPARE,
    CALL_OPEN,
    CALL_OPEN_CLOSE,
    CALL_QUERY,
    CALL_CAPS,
    CALL_COUNT,
    CALL_INTERFACE,
    CALL_CARD_VOLUME,
    CALL_MIXER,
    CALL_DRVM_DISABLE,
    CALL_DRVM_EXIT,
    CALL_DRVM_INIT,
    CALL_DRV_OPEN,
    CALL_DRV_CLOSE,
    CALL_DRV_DISABLE,
    CALL_DRV_FREE,
    CALL_DRV_LOAD,
    CALL_DRV_INSTALL,
    CALL_DRV_CONFIGURE,
    CALL_DRV_POWER,
    CALL_DRV_EXITSESSION,
    CALL_KINDS
};

struct scene {
    struct rig *rig;
    mmk_wave_kind kind;
    uint32_t in_msg; /* act inside this callback */
    enum call call;
    atomic_uint n_acted;
    atomic_bool acting;
    uintptr_t id, handle, other;
    struct mmk_wavehdr a, b, c;
};

static int16_t memory[3][2 * 480];

static uint32_t to(struct scene *s, uint32_t out, uint32_t in, uintptr_t user, uintptr_t p1,
                   uintptr_t p2)
{
    return rig_dev(s->rig, s->kind, s->kind == MMK_WAVE_OUT ? out : in, user, p1, p2);
}

static uint32_t queue(struct scene *s, struct mmk_wavehdr *h)
{
    return to(s, MMK_WODM_WRITE, MMK_WIDM_ADDBUFFER, s->handle, (uintptr_t)h, sizeof *h);
}

/* Inside the OPEN callback of the first stream there is no handle yet, inside the CLOSE callback
 * none any more. */
static void expect_reset(struct scene *s, uintptr_t handle)
{
    const uint32_t result = to(s, MMK_WODM_RESET, MMK_WIDM_RESET, handle, 0, 0);
    const bool there = s->in_msg == MMK_WOM_DONE || s->in_msg == MMK_WIM_DATA;
    cr_expect(result == 0 || (!there && (result == MMK_MMSYSERR_INVALHANDLE ||
                                         result == MMK_MMSYSERR_NOTENABLED)),
              "RESET: %u", result);
}

static void do_wave(struct scene *s)
{
    struct mmk_mmtime time = {.wType = MMK_TIME_MS};
    struct mmk_waveoutcapsw caps;
    unsigned char text[256];
    uint32_t dword;
    uintptr_t fresh;

    switch ((int)s->call) {
    case CALL_WRITE:
        queue(s, &s->c);
        break;
    case CALL_WRITE_SAME:
        queue(s, &s->a);
        break;
    case CALL_PAUSE:
        to(s, MMK_WODM_PAUSE, MMK_WIDM_STOP, s->handle, 0, 0);
        break;
    case CALL_RESTART:
        to(s, MMK_WODM_RESTART, MMK_WIDM_START, s->handle, 0, 0);
        break;
    case CALL_RESET:
        expect_reset(s, s->handle);
        break;
    case CALL_RESET_OTHER:
        expect_reset(s, s->other);
        break;
    case CALL_CLOSE:
        to(s, MMK_WODM_CLOSE, MMK_WIDM_CLOSE, s->handle, 0, 0);
        break;
    case CALL_CLOSE_OTHER:
        to(s, MMK_WODM_RESET, MMK_WIDM_RESET, s->other, 0, 0);
        to(s, MMK_WODM_CLOSE, MMK_WIDM_CLOSE, s->other, 0, 0);
        break;
    case CALL_BREAKLOOP:
        to(s, MMK_WODM_BREAKLOOP, MMK_WIDM_STOP, s->handle, 0, 0);
        break;
    case CALL_POSITION:
        to(s, MMK_WODM_GETPOS, MMK_WIDM_GETPOS, s->handle, (uintptr_t)&time, sizeof time);
        break;
    case CALL_VOLUME:
        to(s, MMK_WODM_SETVOLUME, MMK_WIDM_GETPOS, s->handle, 0x80008000u, 0);
        to(s, MMK_WODM_SETVOLUME, MMK_WIDM_GETPOS, 0, 0xFFFFFFFFu, 0);
        break;
    case CALL_RATE:
        to(s, MMK_WODM_SETPLAYBACKRATE, MMK_WIDM_START, s->handle, 0x18000, 0);
        break;
    case CALL_PREPARE:
        to(s, MMK_WODM_PREPARE, MMK_WIDM_PREPARE, s->handle, (uintptr_t)&s->c, sizeof s->c);
        break;
    case CALL_UNPREPARE:
        to(s, MMK_WODM_UNPREPARE, MMK_WIDM_UNPREPARE, s->handle, (uintptr_t)&s->a, sizeof s->a);
        break;
    case CALL_OPEN:
        (void)rig_open_wave(s->rig, s->kind);
        break;
    case CALL_OPEN_CLOSE:
        fresh = rig_open_wave(s->rig, s->kind);
        to(s, MMK_WODM_CLOSE, MMK_WIDM_CLOSE, fresh, 0, 0);
        break;
    case CALL_QUERY:
        to(s, MMK_WODM_OPEN, MMK_WIDM_OPEN, 0, 0, MMK_WAVE_FORMAT_QUERY);
        break;
    case CALL_CAPS:
        to(s, MMK_WODM_GETDEVCAPS, MMK_WIDM_GETDEVCAPS, 0, (uintptr_t)&caps, sizeof caps);
        break;
    case CALL_COUNT:
        to(s, MMK_WODM_GETNUMDEVS, MMK_WIDM_GETNUMDEVS, 0, 0, 0);
        break;
    case CALL_INTERFACE:
        to(s, MMK_DRV_QUERYDEVICEINTERFACE, MMK_DRV_QUERYDEVICEINTERFACE, 0, (uintptr_t)text, 256);
        break;
    case CALL_CARD_VOLUME:
        rig_dev(s->rig, MMK_WAVE_AUX, MMK_AUXDM_SETVOLUME, 0, 0x12341234, 0);
        break;
    case CALL_MIXER:
        rig_dev(s->rig, MMK_WAVE_MIXER, MMK_MXDM_GETDEVCAPS, 0, (uintptr_t)text, sizeof text);
        break;
    default:
        (void)dword;
        break;
    }
}

static void do_driver(struct scene *s)
{
    static const struct {
        enum call call;
        uint32_t msg;
    } map[] = {{CALL_DRV_OPEN, MMK_DRV_OPEN},
               {CALL_DRV_CLOSE, MMK_DRV_CLOSE},
               {CALL_DRV_DISABLE, MMK_DRV_DISABLE},
               {CALL_DRV_FREE, MMK_DRV_FREE},
               {CALL_DRV_LOAD, MMK_DRV_LOAD},
               {CALL_DRV_INSTALL, MMK_DRV_INSTALL},
               {CALL_DRV_CONFIGURE, MMK_DRV_CONFIGURE},
               {CALL_DRV_POWER, MMK_DRV_POWER},
               {CALL_DRV_EXITSESSION, MMK_DRV_EXITSESSION}};
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (map[i].call == s->call)
            rig_drv(s->rig, s->id, map[i].msg, 0, 0);
    if (s->call == CALL_DRVM_DISABLE)
        rig_dev(s->rig, s->kind, MMK_DRVM_DISABLE, 0, 0, 0);
    if (s->call == CALL_DRVM_EXIT)
        rig_dev(s->rig, s->kind, MMK_DRVM_EXIT, 0, 0, 0);
    if (s->call == CALL_DRVM_INIT)
        rig_dev(s->rig, s->kind, MMK_DRVM_INIT, 0, 0, 0);
}

static void hook(void *user, struct card *card, const struct card_event *event)
{
    struct scene *s = user;
    (void)card;
    if (event->msg != s->in_msg || s->n_acted >= 3 || s->acting)
        return;
    s->n_acted++;
    s->acting = true; /* the act's own callbacks do not act */
    do_wave(s);
    do_driver(s);
    s->acting = false;
}

static void play(struct scene *s, bool on_notifier)
{
    struct rig *rig = s->rig;
    struct sim_devices *sim =
        rig->card->sim[s->kind == MMK_WAVE_OUT ? MMK_PLAYBACK : MMK_CAPTURE][0];
    s->id = rig_open(rig);
    s->other = rig_open_wave(rig, s->kind);
    s->handle = rig_open_wave(rig, s->kind);
    card_header(&s->a, memory[0], sizeof memory[0]);
    card_header(&s->b, memory[1], sizeof memory[1]);
    card_header(&s->c, memory[2], sizeof memory[2]);
    queue(s, &s->a);
    queue(s, &s->b);
    to(s, MMK_WODM_RESTART, MMK_WIDM_START, s->handle, 0, 0);
    for (int i = 0; i < 4; i++) {
        sim_render(sim, 480);
        if (!on_notifier)
            mmk_driver_reap(rig->driver);
    }
    for (int i = 0; on_notifier && i < 400 && s->n_acted == 0; i++)
        rig->card->platform->ops->sleep_ns(rig->card->platform, 1000000);
    to(s, MMK_WODM_RESET, MMK_WIDM_RESET, s->handle, 0, 0);
    to(s, MMK_WODM_CLOSE, MMK_WIDM_CLOSE, s->handle, 0, 0);
}

/* Each header given to the driver has come back, once. */
static void check_headers(const struct scene *s)
{
    const struct mmk_wavehdr *h[3] = {&s->a, &s->b, &s->c};
    for (int i = 0; i < 3; i++)
        cr_expect_eq(card_flags(h[i]) & MMK_WHDR_INQUEUE, 0,
                     "call %d in 0x%x: header %d is still out", s->call, s->in_msg, i);
}

static unsigned matrix(bool threads)
{
    static const uint32_t msgs[2][3] = {{MMK_WOM_OPEN, MMK_WOM_DONE, MMK_WOM_CLOSE},
                                        {MMK_WIM_OPEN, MMK_WIM_DATA, MMK_WIM_CLOSE}};
    unsigned n = 0;
    for (int kind = 0; kind < 2; kind++)
        for (int m = 0; m < 3; m++)
            for (int call = 0; call < CALL_KINDS; call++) {
                static struct scene s;
                memset(&s, 0, sizeof s);
                s.kind = (mmk_wave_kind)kind;
                s.in_msg = msgs[kind][m];
                s.call = (enum call)call;
                s.rig = rig_create(&(struct rig_config){
                    .card = {.sim = {.discard = true}, .threads = threads, .real_clock = threads}});
                s.rig->card->hook = hook;
                s.rig->card->hook_user = &s;
                play(&s, threads && m == 1);
                cr_expect_geq(s.n_acted, 1, "call %d in 0x%x was never made", call, s.in_msg);
                /* whoever frees the driver inside a callback keeps the library until that returns
                 */
                while (s.acting)
                    s.rig->card->platform->ops->sleep_ns(s.rig->card->platform, 1000000);
                mmk_driver_fini(s.rig->driver);
                check_headers(&s);
                cr_expect_eq(rig_destroy(s.rig), 0, "call %d in 0x%x", call, s.in_msg);
                n++;
            }
    return n;
}

Test(reentry, every_entry_point_inside_every_callback_on_this_thread, .timeout = 100)
{
    printf("reentry: %u calls inside callbacks on the calling thread\n", matrix(false));
}

Test(reentry, every_entry_point_inside_every_callback_on_the_notifiers_thread, .timeout = 200)
{
    printf("reentry: %u calls inside callbacks, notifier with a thread\n", matrix(true));
}
