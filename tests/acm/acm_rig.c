/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _POSIX_C_SOURCE 200809L

#include "acm/acm_rig.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mmk/shipped.h>

struct acm_rig acm_rig;

static void *rig_alloc(struct mmk_platform *self, size_t n)
{
    (void)self;
    if (atomic_exchange(&acm_rig.fail_next, 0) != 0)
        return NULL;
    void *p = aligned_alloc(64, (n + 63) / 64 * 64);
    memset(p, 0, n);
    atomic_fetch_add(&acm_rig.blocks, 1);
    return p;
}

static void rig_free(struct mmk_platform *self, void *p)
{
    (void)self;
    if (p != NULL)
        atomic_fetch_sub(&acm_rig.blocks, 1);
    free(p);
}

static void rig_sleep(struct mmk_platform *self, uint64_t ns)
{
    const struct timespec t = {0, (long)ns};
    (void)self;
    nanosleep(&t, NULL);
}

static uint32_t no_features(struct mmk_platform *self)
{
    (void)self;
    return 0;
}

static void note(struct mmk_notify *self, const struct mmk_callback *callback, uint32_t msg,
                 uintptr_t p1, uintptr_t p2)
{
    (void)self;
    (void)callback;
    (void)p1;
    (void)p2;
    const int i = atomic_fetch_add(&acm_rig.n_notes, 1);
    if (i < 16)
        acm_rig.notes[i] = msg;
}

static void give_setup(void *user, struct mmk_acm_setup *out)
{
    (void)user;
    *out = acm_rig.setup;
}

void acm_rig_open(void)
{
    acm_rig_open_class(mmk_codec_pack.acm);
}

void acm_rig_open_class(const struct mmk_acm_class *cls)
{
    static const struct mmk_platform_ops platform = {
        .alloc = rig_alloc, .free = rig_free, .sleep_ns = rig_sleep, .cpu_features = no_features};
    static const struct mmk_notify_ops notify = {.deliver = note};
    const struct mmk_acm_config config = {
        .cls = cls, .port = &acm_rig.port, .setup = give_setup, .generation = 5};
    acm_rig.platform.ops = &platform;
    acm_rig.notify.ops = &notify;
    acm_rig.port.platform = &acm_rig.platform;
    acm_rig.port.notify = &acm_rig.notify;
    acm_rig.setup.quality = MMK_QUALITY_FAST;
    if (mmk_acm_open(&config, &acm_rig.acm) != MMK_OK)
        abort();
}

int acm_rig_close(void)
{
    mmk_acm_close(acm_rig.acm);
    acm_rig.acm = NULL;
    return atomic_load(&acm_rig.blocks);
}

uint32_t acm_msg(uint32_t msg, const void *l1, const void *l2)
{
    return mmk_acm_message(acm_rig.acm, msg, (intptr_t)l1, (intptr_t)l2);
}

void *acm_stream_at(struct acm_stream *s)
{
    return s->room + 1;
}

void acm_stream_set(struct acm_stream *s, bool wine, const void *src, const void *dst,
                    const void *filter, uint32_t flags)
{
    struct mmk_acmdrvstreaminstance p = {.cbStruct = sizeof p, .fdwOpen = flags, .has = 77};
    struct mmk_acmdrvstreaminstance_wine w = {.cbStruct = sizeof w, .fdwOpen = flags, .has = 77};
    memcpy(&w.pwfxSrc, &src, sizeof src);
    memcpy(&w.pwfxDst, &dst, sizeof dst);
    memcpy(&w.pwfltr, &filter, sizeof filter);
    p.pwfxSrc = w.pwfxSrc;
    p.pwfxDst = w.pwfxDst;
    p.pwfltr = w.pwfltr;
    s->wine = wine;
    memset(s->room, 0xEE, sizeof s->room);
    memcpy(acm_stream_at(s), wine ? (void *)&w : (void *)&p, wine ? sizeof w : sizeof p);
}

static size_t handle_at(const struct acm_stream *s)
{
    return s->wine ? offsetof(struct mmk_acmdrvstreaminstance_wine, dwDriver)
                   : offsetof(struct mmk_acmdrvstreaminstance, dwDriver);
}

uint64_t acm_stream_handle(struct acm_stream *s)
{
    uintptr_t v;
    memcpy(&v, (char *)acm_stream_at(s) + handle_at(s), sizeof v);
    return v;
}

void acm_stream_set_handle(struct acm_stream *s, uint64_t handle)
{
    const uintptr_t v = (uintptr_t)handle;
    memcpy((char *)acm_stream_at(s) + handle_at(s), &v, sizeof v);
}

uint32_t acm_suggest(bool wine, const void *src, uint32_t n_src, void *dst, uint32_t n_dst,
                     uint32_t flags)
{
    struct mmk_acmdrvformatsuggest p = {.cbStruct = sizeof p};
    struct mmk_acmdrvformatsuggest_wine w = {.cbStruct = sizeof w};
    p.fdwSuggest = w.fdwSuggest = flags;
    memcpy(&w.pwfxSrc, &src, sizeof src);
    p.pwfxSrc = w.pwfxSrc;
    p.cbwfxSrc = w.cbwfxSrc = n_src;
    p.pwfxDst = w.pwfxDst = dst;
    p.cbwfxDst = w.cbwfxDst = n_dst;
    return acm_msg(MMK_ACMDM_FORMAT_SUGGEST, wine ? (void *)&w : (void *)&p, NULL);
}

uint32_t acm_convert(struct acm_stream *s, const void *in, uint32_t n_in, uint32_t *used, void *out,
                     uint32_t n_out, uint32_t *made, uint32_t flags)
{
    struct mmk_acmdrvstreamheader h;
    memset(&h, 0, sizeof h);
    h.cbStruct = sizeof h;
    memcpy(&h.pbSrc, &in, sizeof in);
    h.cbSrcLength = n_in;
    h.pbDst = out;
    h.cbDstLength = n_out;
    uint32_t r = acm_msg(MMK_ACMDM_STREAM_PREPARE, acm_stream_at(s), &h);
    if (r != 0)
        return r;
    h.fdwConvert = flags;
    r = acm_msg(MMK_ACMDM_STREAM_CONVERT, acm_stream_at(s), &h);
    *used = h.cbSrcLengthUsed;
    *made = h.cbDstLengthUsed;
    (void)acm_msg(MMK_ACMDM_STREAM_UNPREPARE, acm_stream_at(s), &h);
    return r;
}
