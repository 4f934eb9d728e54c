/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef TESTS_ACM_RIG_H
#define TESTS_ACM_RIG_H

/** The codec pack's ACM object over the C library's heap, and messages in either layout. */

#include <stdatomic.h>

#include <mmk/abi.h>
#include <mmk/acm.h>

struct acm_rig {
    struct mmk_port port;
    struct mmk_platform platform;
    struct mmk_notify notify;
    struct mmk_acm *acm;
    struct mmk_acm_setup setup;
    atomic_int blocks;    /* allocated now */
    atomic_int fail_next; /* 1: the next alloc fails */
    atomic_int n_notes;
    uint32_t notes[16]; /* messages of callbacks */
};

/** One for the process: the platform's functions find it. */
extern struct acm_rig acm_rig;

void acm_rig_open(void); /* the codec pack */
void acm_rig_open_class(const struct mmk_acm_class *cls);
/** @return blocks that were not freed */
int acm_rig_close(void);

uint32_t acm_msg(uint32_t msg, const void *l1, const void *l2);

/** A stream instance of either layout, on the heap at an odd address. */
struct acm_stream {
    unsigned char room[80];
    bool wine;
};
void acm_stream_set(struct acm_stream *s, bool wine, const void *src, const void *dst,
                    const void *filter, uint32_t flags);
void *acm_stream_at(struct acm_stream *s);
uint64_t acm_stream_handle(struct acm_stream *s);
void acm_stream_set_handle(struct acm_stream *s, uint64_t handle);

/** ACMDM_FORMAT_SUGGEST; dst is in and out. */
uint32_t acm_suggest(bool wine, const void *src, uint32_t n_src, void *dst, uint32_t n_dst,
                     uint32_t flags);

/** PREPARE, CONVERT and UNPREPARE with buffers as given. */
uint32_t acm_convert(struct acm_stream *s, const void *in, uint32_t n_in, uint32_t *used, void *out,
                     uint32_t n_out, uint32_t *made, uint32_t flags);

#endif
