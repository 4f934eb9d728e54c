/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "acm/acm_rig.h"
#include "acm/wfx.h"

/* The ACMDM_* messages as contract.md A.7 has them, both layouts, and hostile. Structures are heap
 * blocks of exactly the size that they claim. */

#define OPEN         MMK_ACMDM_STREAM_OPEN
#define CLOSE        MMK_ACMDM_STREAM_CLOSE
#define CONVERT      MMK_ACMDM_STREAM_CONVERT
#define QUERY        MMK_ACM_STREAMOPENF_QUERY
#define INVAL        MMK_MMSYSERR_INVALPARAM
#define NOT_POSSIBLE MMK_ACMERR_NOTPOSSIBLE

static void setup(void)
{
    acm_rig_open();
}

static void teardown(void)
{
    cr_expect_eq(acm_rig_close(), 0, "blocks are left");
}

TestSuite(acm, .init = setup, .fini = teardown);

static uint64_t seed = 0x2545F4914F6CDD1Dull;

static uint32_t any(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 20) % below;
}

static uint32_t open_stream(struct acm_stream *s, bool wine, const struct wfx *a,
                            const struct wfx *b, uint32_t flags)
{
    acm_stream_set(s, wine, a->b, b->b, NULL, flags);
    return acm_msg(OPEN, acm_stream_at(s), NULL);
}

/* ------------------------------------------------------------------ details */

Test(acm, driver_details_fill_what_was_asked_for)
{
    for (uint32_t size = 0; size <= sizeof(struct mmk_acmdriverdetailsw) + 8; size++) {
        uint8_t *d = malloc(size + 4);
        memset(d, 0xA5, size + 4);
        memcpy(d, &size, 4);
        uint32_t r = acm_msg(MMK_ACMDM_DRIVER_DETAILS, d, NULL);
        cr_assert_eq(r, size < 4 ? INVAL : 0u, "size %u", size);
        cr_assert(memcmp(d, &size, 4) == 0);
        if (size >= 4)
            cr_assert_eq(d[size], 0xA5);
        free(d);
    }
    struct mmk_acmdriverdetailsw d = {.cbStruct = sizeof d};
    cr_assert_eq(acm_msg(MMK_ACMDM_DRIVER_DETAILS, &d, NULL), 0);
    cr_assert_eq(d.fccType, MMK_ACMDRIVERDETAILS_FCCTYPE_AUDIOCODEC);
    cr_assert_eq(d.cFormatTags, 8);
    cr_assert_eq(d.cFilterTags, 2);
    cr_assert_eq(d.fdwSupport &
                     (MMK_ACMDRIVERDETAILS_SUPPORTF_LOCAL | MMK_ACMDRIVERDETAILS_SUPPORTF_DISABLED),
                 0);
    cr_assert(d.szShortName[0] != 0 && d.szLongName[0] != 0);
}

Test(acm, tags_answer_by_index_tag_and_size)
{
    struct mmk_acmformattagdetailsw t;
    uint32_t largest = 0;
    for (uint32_t i = 0; i < 8; i++) {
        memset(&t, 0, sizeof t);
        t.cbStruct = sizeof t;
        t.dwFormatTagIndex = i;
        cr_assert_eq(acm_msg(MMK_ACMDM_FORMATTAG_DETAILS, &t, NULL), 0);
        cr_assert_eq(t.dwFormatTag == 1, i == 0, "PCM comes first");
        cr_assert_eq(t.szFormatTag[0] == 0, t.dwFormatTag == 1, "only the ACM names PCM");
        largest = t.cbFormatSize > largest ? t.cbFormatSize : largest;
        uint32_t tag = t.dwFormatTag, n = t.cStandardFormats;
        memset(&t, 0, sizeof t);
        t.cbStruct = sizeof t;
        t.dwFormatTag = tag;
        cr_assert_eq(acm_msg(MMK_ACMDM_FORMATTAG_DETAILS, &t, (void *)1), 0);
        cr_assert_eq(t.dwFormatTagIndex, i);
        cr_assert_eq(t.cStandardFormats, n);
        for (uint32_t k = 0; k <= n;
             k++) { /* each format is whole, can be opened, and is the last */
            uint8_t *wfx = calloc(1, t.cbFormatSize);
            struct mmk_acmformatdetailsw f = {.cbStruct = sizeof f,
                                              .dwFormatIndex = k,
                                              .dwFormatTag = tag,
                                              .pwfx = (void *)wfx,
                                              .cbwfx = t.cbFormatSize};
            uint32_t r = acm_msg(MMK_ACMDM_FORMAT_DETAILS, &f, NULL);
            cr_assert_eq(r, k < n ? 0u : NOT_POSSIBLE, "tag %x, format %u of %u: %u", tag, k, n, r);
            if (k < n) {
                f.dwFormatTag = 0;
                cr_assert_eq(acm_msg(MMK_ACMDM_FORMAT_DETAILS, &f, (void *)1), 0);
                cr_assert_eq(f.dwFormatTag, tag);
                f.cbwfx--;
                f.dwFormatIndex = k;
                cr_assert_eq(acm_msg(MMK_ACMDM_FORMAT_DETAILS, &f, NULL), INVAL);
            }
            free(wfx);
        }
    }
    memset(&t, 0, sizeof t);
    t.cbStruct = sizeof t;
    t.dwFormatTagIndex = 8;
    cr_assert_eq(acm_msg(MMK_ACMDM_FORMATTAG_DETAILS, &t, NULL), NOT_POSSIBLE);
    t.dwFormatTag = 0x55;
    cr_assert_eq(acm_msg(MMK_ACMDM_FORMATTAG_DETAILS, &t, (void *)1), NOT_POSSIBLE);
    cr_assert_eq(acm_msg(MMK_ACMDM_FORMATTAG_DETAILS, &t, (void *)3), MMK_MMSYSERR_NOTSUPPORTED);
    t.dwFormatTag = 0;
    cr_assert_eq(acm_msg(MMK_ACMDM_FORMATTAG_DETAILS, &t, (void *)2), 0);
    cr_assert_eq(t.cbFormatSize, largest);
    t.cbStruct = 20;
    cr_assert_eq(acm_msg(MMK_ACMDM_FORMATTAG_DETAILS, &t, NULL), INVAL);
    cr_assert_eq(acm_msg(MMK_ACMDM_FORMATTAG_DETAILS, NULL, NULL), INVAL);
}

Test(acm, filters_answer_by_index_and_tag)
{
    struct mmk_acmfiltertagdetailsw t = {.cbStruct = sizeof t};
    for (uint32_t i = 0; i < 2; i++) {
        t.dwFilterTagIndex = i;
        cr_assert_eq(acm_msg(MMK_ACMDM_FILTERTAG_DETAILS, &t, NULL), 0);
        cr_assert_eq(t.dwFilterTag, i + 1);
        for (uint32_t k = 0; k <= t.cStandardFilters; k++) {
            uint8_t *f = malloc(t.cbFilterSize);
            struct mmk_acmfilterdetailsw d = {.cbStruct = sizeof d,
                                              .dwFilterIndex = k,
                                              .dwFilterTag = i + 1,
                                              .pwfltr = (void *)f,
                                              .cbwfltr = t.cbFilterSize};
            cr_assert_eq(acm_msg(MMK_ACMDM_FILTER_DETAILS, &d, NULL),
                         k < t.cStandardFilters ? 0u : NOT_POSSIBLE);
            if (k < t.cStandardFilters) {
                cr_assert(d.szFilter[0] != 0);
                cr_assert_eq(acm_msg(MMK_ACMDM_FILTER_DETAILS, &d, (void *)1), 0);
                f[0]++; /* larger than the room it has */
                cr_assert_eq(acm_msg(MMK_ACMDM_FILTER_DETAILS, &d, (void *)1), NOT_POSSIBLE);
            }
            free(f);
        }
    }
    t.dwFilterTagIndex = 2;
    cr_assert_eq(acm_msg(MMK_ACMDM_FILTERTAG_DETAILS, &t, NULL), NOT_POSSIBLE);
}

Test(acm, what_is_no_message_is_not_supported)
{
    const uint32_t none[] = {MMK_ACMDM_DRIVER_ABOUT, MMK_ACMDM_HARDWARE_WAVE_CAPS_INPUT,
                             MMK_ACMDM_HARDWARE_WAVE_CAPS_OUTPUT, MMK_ACMDM_STREAM_UPDATE,
                             MMK_ACMDM_BASE + 500};
    for (unsigned i = 0; i < 5; i++)
        cr_expect_eq(acm_msg(none[i], (void *)-1, NULL), MMK_MMSYSERR_NOTSUPPORTED);
    cr_expect_eq(acm_msg(MMK_ACMDM_DRIVER_NOTIFY, NULL, NULL), 0);
}

/* ------------------------------------------------------------------ suggest */

Test(acm, suggest_honours_each_restriction)
{
    struct wfx f[32];
    const size_t n = wfx_some(f);
    for (int round = 0; round < 20000; round++) {
        const struct wfx *src = &f[any((uint32_t)n)], *want = &f[any((uint32_t)n)];
        const uint32_t flags = any(16) << 16;
        const bool wine = any(2);
        uint8_t *dst = calloc(1, 50), *a = malloc(src->n);
        memcpy(a, src->b, src->n);
        memcpy(dst, want->b, 18);
        uint32_t r = acm_suggest(wine, a, (uint32_t)src->n, dst, 50, flags);
        cr_assert(r == 0 || r == NOT_POSSIBLE, "%u", r);
        if (r == 0) {
            struct acm_stream s;
            cr_assert(!(flags & 0x10000) || memcmp(dst, want->b, 2) == 0);
            cr_assert(!(flags & 0x20000) || memcmp(dst + 2, want->b + 2, 2) == 0);
            cr_assert(!(flags & 0x40000) || memcmp(dst + 4, want->b + 4, 4) == 0);
            cr_assert(!(flags & 0x80000) || memcmp(dst + 14, want->b + 14, 2) == 0);
            acm_stream_set(&s, wine, a, dst, NULL, QUERY);
            cr_assert_eq(acm_msg(OPEN, acm_stream_at(&s), NULL), 0, "what is suggested opens");
        }
        free(dst);
        free(a);
    }
    struct wfx pcm = wfx_plain(1, 44100, 2, 16), ima = wfx_codec(0x11, 44100, 2, 0);
    uint8_t dst[50] = {0};
    cr_assert_eq(acm_suggest(true, ima.b, (uint32_t)ima.n, dst, 50, 0), 0);
    cr_assert_arr_eq(dst, pcm.b, 18);
    cr_assert_eq(acm_suggest(true, ima.b, (uint32_t)ima.n, dst, 15, 0), INVAL);
    cr_assert_eq(acm_suggest(true, ima.b, (uint32_t)ima.n, dst, 50, 1), MMK_MMSYSERR_INVALFLAG);
    cr_assert_eq(acm_suggest(true, ima.b, (uint32_t)ima.n - 1, dst, 50, 0), NOT_POSSIBLE);
    cr_assert_eq(acm_suggest(true, NULL, 50, dst, 50, 0), INVAL);
}

/* ------------------------------------------------------------------ streams */

Test(acm, both_layouts_convert_alike)
{
    struct wfx a = wfx_plain(1, 8000, 1, 16), b = wfx_codec(0x11, 8000, 1, 64);
    uint8_t out[2][4000];
    uint32_t used, made[2];
    int16_t in[1000];
    for (int i = 0; i < 1000; i++)
        in[i] = (int16_t)(8000 * sin(i * 0.1));
    for (int wine = 0; wine < 2; wine++) {
        struct acm_stream s;
        cr_assert_eq(open_stream(&s, wine, &a, &b, 0), 0);
        cr_assert_neq(acm_stream_handle(&s), 0);
        cr_assert_eq(acm_convert(&s, in, sizeof in, &used, out[wine], 4000, &made[wine],
                                 MMK_ACM_STREAMCONVERTF_END),
                     0);
        cr_assert_eq(used, sizeof in);
        cr_assert_eq(acm_msg(CLOSE, acm_stream_at(&s), NULL), 0);
        cr_assert_eq(acm_msg(CLOSE, acm_stream_at(&s), NULL), MMK_MMSYSERR_INVALHANDLE);
    }
    cr_assert_eq(made[0], 576); /* nine blocks of 121 frames */
    cr_assert_eq(made[0], made[1]);
    cr_assert_arr_eq(out[0], out[1], made[0]);
}

Test(acm, a_query_allocates_nothing)
{
    struct wfx a = wfx_plain(1, 8000, 1, 16), b = wfx_plain(3, 192000, 2, 32);
    struct acm_stream s;
    const int before = atomic_load(&acm_rig.blocks);
    atomic_store(&acm_rig.fail_next, 1);
    cr_assert_eq(open_stream(&s, true, &a, &b, QUERY), 0);
    cr_assert_eq(atomic_load(&acm_rig.blocks), before);
    cr_assert_eq(open_stream(&s, true, &a, &b, 0), MMK_MMSYSERR_NOMEM);
    cr_assert_eq(atomic_load(&acm_rig.blocks), before);
    cr_assert_eq(open_stream(&s, true, &a, &b, 0x80), MMK_MMSYSERR_INVALFLAG);
}

Test(acm, stale_handles_are_told)
{
    struct wfx a = wfx_plain(1, 8000, 1, 16), b = wfx_plain(1, 8000, 1, 8);
    struct acm_stream s[40], old;
    uint32_t size[4] = {16, 0, 100, 0};
    for (int i = 0; i < 40; i++)
        cr_assert_eq(open_stream(&s[i], i & 1, &a, &b, 0), 0);
    old = s[7];
    cr_assert_eq(acm_msg(CLOSE, acm_stream_at(&s[7]), NULL), 0);
    cr_assert_eq(open_stream(&s[7], false, &a, &b, 0), 0);
    const uint64_t wrong[] = {0, 1, acm_stream_handle(&old), ~0ull, 0x7FFFF000, 0x100000000ull};
    for (unsigned i = 0; i < 6; i++) {
        acm_stream_set_handle(&old, wrong[i]);
        cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_SIZE, acm_stream_at(&old), size),
                     MMK_MMSYSERR_INVALHANDLE);
        cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_RESET, acm_stream_at(&old), NULL),
                     MMK_MMSYSERR_INVALHANDLE);
        cr_assert_eq(acm_msg(CLOSE, acm_stream_at(&old), NULL), MMK_MMSYSERR_INVALHANDLE);
    }
    for (int i = 0; i < 40; i++)
        cr_assert_eq(acm_msg(CLOSE, acm_stream_at(&s[i]), NULL), 0);
}

Test(acm, sizes_neither_wrap_nor_lie)
{
    struct wfx a = wfx_plain(1, 8000, 1, 8), b = wfx_plain(3, 384000, 8, 64);
    struct acm_stream s;
    const uint32_t tries[] = {0, 1, 100, 0x7FFFFFFF, 0x80000000u, 0xFFFFFFFFu};
    b = wfx_plain(3, 384000, 2, 64);
    cr_assert_eq(open_stream(&s, true, &a, &b, 0), 0);
    for (unsigned i = 0; i < 6; i++)
        for (uint32_t way = 0; way < 3; way++) {
            struct mmk_acmdrvstreamsize z = {16, way, tries[i], tries[i]};
            uint32_t r = acm_msg(MMK_ACMDM_STREAM_SIZE, acm_stream_at(&s), &z);
            if (way == 2)
                cr_assert_eq(r, MMK_MMSYSERR_NOTSUPPORTED);
            else if (way == 0)
                cr_assert_eq(r, tries[i] == 1 || tries[i] == 100 ? 0u : NOT_POSSIBLE, "%x",
                             tries[i]);
            if (r == 0 && way == 0)
                cr_assert(z.cbDstLength >= tries[i] * 48 * 16 && z.cbDstLength < 2000000);
            if (r == 0 && way == 1)
                cr_assert(z.cbSrcLength > 0 && z.cbSrcLength <= tries[i] / (48 * 16));
        }
    struct mmk_acmdrvstreamsize z = {15, 0, 100, 0};
    cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_SIZE, acm_stream_at(&s), &z), INVAL);
    cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_SIZE, acm_stream_at(&s), NULL), INVAL);
    acm_msg(CLOSE, acm_stream_at(&s), NULL);
}

Test(acm, headers_are_checked)
{
    struct wfx a = wfx_plain(1, 8000, 1, 16), b = wfx_plain(1, 8000, 1, 8);
    struct acm_stream s;
    struct mmk_acmdrvstreamheader h;
    uint8_t buffer[400] = {0};
    cr_assert_eq(open_stream(&s, false, &a, &b, 0), 0);
#define TRY(answer, change)                                                       \
    do {                                                                          \
        memset(&h, 0, sizeof h);                                                  \
        h.cbStruct = sizeof h;                                                    \
        h.pbSrc = buffer;                                                         \
        h.cbSrcLength = 200;                                                      \
        h.pbDst = buffer + 200;                                                   \
        h.cbDstLength = 200;                                                      \
        h.fdwStatus = MMK_ACMSTREAMHEADER_STATUSF_PREPARED;                       \
        change;                                                                   \
        cr_expect_eq(acm_msg(CONVERT, acm_stream_at(&s), &h), (answer), #change); \
    } while (0)
    TRY(0u, (void)0);
    cr_expect(h.cbSrcLengthUsed == 200 && h.cbDstLengthUsed == 100);
    TRY(MMK_ACMERR_UNPREPARED, h.fdwStatus = 0);
    TRY(INVAL, h.cbStruct--);
    TRY(INVAL, h.pbSrc = NULL);
    TRY(INVAL, h.pbDst = NULL);
    TRY(INVAL, h.cbSrcLength = 0x80000000u);
    TRY(INVAL, h.cbDstLength = 0xFFFFFFFFu);
    TRY(INVAL, h.pbDst--);
    TRY(INVAL, h.pbDst = h.pbSrc);
    TRY(INVAL, h.pbSrc = buffer + 200; h.pbDst = buffer + 100);
    TRY(MMK_MMSYSERR_INVALFLAG, h.fdwConvert = 1);
    TRY(0u, h.cbSrcLength = 0; h.pbSrc = NULL);
    TRY(0u, h.cbDstLength = 0; h.pbDst = NULL);
    cr_expect_eq(h.cbDstLengthUsed, 0);
    TRY(0u, h.fdwConvert = MMK_ACM_STREAMCONVERTF_START | MMK_ACM_STREAMCONVERTF_END);
    TRY(0u, h.cbSrcLength = 0; h.fdwConvert = MMK_ACM_STREAMCONVERTF_END);
    cr_expect_eq(h.cbDstLengthUsed, 0, "END twice");
    cr_expect_eq(acm_msg(CONVERT, acm_stream_at(&s), NULL), INVAL);
    cr_expect_eq(acm_msg(CONVERT, NULL, &h), INVAL);
    acm_msg(CLOSE, acm_stream_at(&s), NULL);
}

Test(acm, an_asynchronous_stream_calls_back)
{
    struct wfx a = wfx_plain(1, 8000, 1, 16), b = wfx_plain(1, 8000, 1, 8);
    struct acm_stream s;
    struct mmk_acmdrvstreamheader h = {.cbStruct = sizeof h};
    uint8_t in[100] = {0}, out[100];
    h.pbSrc = in;
    h.cbSrcLength = h.cbDstLength = 100;
    h.pbDst = out;
    cr_assert_eq(open_stream(&s, true, &a, &b, MMK_ACM_STREAMOPENF_ASYNC | MMK_CALLBACK_FUNCTION),
                 0);
    cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_PREPARE, acm_stream_at(&s), &h), 0);
    cr_assert_eq(acm_msg(CONVERT, acm_stream_at(&s), &h), 0);
    cr_assert(h.fdwStatus & MMK_ACMSTREAMHEADER_STATUSF_DONE);
    cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_RESET, acm_stream_at(&s), NULL), 0);
    cr_assert_eq(acm_msg(CLOSE, acm_stream_at(&s), NULL), 0);
    cr_assert_eq(atomic_load(&acm_rig.n_notes), 3);
    cr_assert(acm_rig.notes[0] == MMK_MM_ACM_OPEN && acm_rig.notes[1] == MMK_MM_ACM_DONE &&
              acm_rig.notes[2] == MMK_MM_ACM_CLOSE);
}

/* ------------------------------------------------------------------ hostile formats */

/* A format with some bytes changed, in a block of its length: suggest, query and open agree and
 * read no further. What opens is used. */
Test(acm, damaged_formats_are_refused_or_work)
{
    struct wfx f[32];
    const size_t n = wfx_some(f);
    unsigned opened = 0, refused = 0;
    for (int round = 0; round < 30000; round++) {
        struct wfx a = f[any((uint32_t)n)], b = f[any((uint32_t)n)];
        struct acm_stream s;
        const uint32_t changes = any(4);
        for (uint32_t i = 0; i < changes; i++)
            a.b[any((uint32_t)a.n)] = any(3) ? (uint8_t)any(256) : any(2) ? 0 : 0xFF;
        /* the structure tells its own length, so there must be that much of it */
        size_t len = 18 + (size_t)(a.b[16] | a.b[17] << 8);
        len = a.b[0] == 1 && a.b[1] == 0 ? 18 : len;
        uint8_t *src = calloc(1, len > 18 ? len : 18);
        memcpy(src, a.b, len < a.n ? (len > 18 ? len : 18) : a.n);
        acm_stream_set(&s, round & 1, src, b.b, NULL, QUERY);
        uint32_t query = acm_msg(OPEN, acm_stream_at(&s), NULL), open;
        acm_stream_set(&s, round & 1, src, b.b, NULL, 0);
        open = acm_msg(OPEN, acm_stream_at(&s), NULL);
        cr_assert_eq(query, open);
        cr_assert(open == 0 || open == NOT_POSSIBLE, "%u", open);
        if (open == 0) {
            uint8_t *in = malloc(3000), *out = malloc(5000);
            uint32_t used, made;
            opened++;
            for (int i = 0; i < 3000; i++)
                in[i] = (uint8_t)any(256);
            for (int k = 0; k < 3; k++)
                cr_assert_eq(acm_convert(&s, in, any(3001), &used, out, any(5001), &made,
                                         any(16) << 2 & 0x34),
                             0);
            free(in);
            free(out);
            cr_assert_eq(acm_msg(CLOSE, acm_stream_at(&s), NULL), 0);
        } else {
            refused++;
        }
        free(src);
    }
    cr_assert(opened > 3000 && refused > 3000, "%u opened, %u refused", opened, refused);
}

/* Wine's conformance test of msacm32 asks this of each driver that says it is a codec. */
Test(acm, pcm_without_any_wish_becomes_a_codec_s)
{
    static const uint32_t rates[] = {8000, 44100, 192000};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned bits = 8; bits <= 32; bits += 8) {
            const struct wfx pcm = wfx_plain(1, rates[i], 1 + i % 2, bits);
            uint8_t dst[64] = {0};
            cr_assert_eq(acm_suggest(i & 1, pcm.b, (uint32_t)pcm.n, dst, sizeof dst, 0), 0);
            cr_assert(dst[0] != 1 || dst[1] != 0, "%s", pcm.name);
            struct acm_stream s;
            acm_stream_set(&s, i & 1, pcm.b, dst, NULL, QUERY);
            cr_assert_eq(acm_msg(OPEN, acm_stream_at(&s), NULL), 0);
        }
}

/* CONVERT in pieces of any length, in both layouts, against one call. */
Test(acm, messages_cut_in_any_way_give_the_same_bytes)
{
    struct wfx f[32];
    const size_t n = wfx_some(f);
    static uint8_t in[20000], one[16u << 20], out[16u << 20];
    acm_rig.setup.quality = MMK_QUALITY_DRAFT;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const uint32_t n_in = (9000 / f[i].block + 1) * f[i].block;
            uint32_t used, made, all = 0, at = 0, still = 0;
            struct acm_stream s;
            for (uint32_t k = 0; k < n_in; k++)
                in[k] = f[i].tag == 3 ? 0 : (uint8_t)any(256);
            cr_assert_eq(open_stream(&s, any(2), &f[i], &f[j], 0), 0);
            cr_assert_eq(acm_convert(&s, in, n_in, &used, one, sizeof one, &all,
                                     MMK_ACM_STREAMCONVERTF_START | MMK_ACM_STREAMCONVERTF_END),
                         0);
            cr_assert_eq(used, n_in);
            const uint64_t frames =
                ((uint64_t)n_in / f[i].block * f[i].frames * f[j].rate + f[i].rate - 1) / f[i].rate;
            cr_assert_eq(all, (frames + f[j].frames - 1) / f[j].frames * f[j].block, "%s -> %s",
                         f[i].name, f[j].name);
            for (uint32_t total = 0, longest = 1 + any(5000); still < 2; total += made) {
                uint32_t part = 1 + any(longest), flags = any(2) ? 0 : 4; /* BLOCKALIGN */
                part = part < n_in - at ? part : n_in - at;
                flags |= at + part == n_in ? MMK_ACM_STREAMCONVERTF_END : 0u;
                cr_assert_eq(acm_convert(&s, in + at, part, &used, out + total,
                                         (uint32_t)sizeof out - total, &made, flags),
                             0);
                at += used;
                longest += used == 0 && at < n_in ? f[i].block : 0;
                still = at == n_in && made == 0 ? still + 1 : 0;
                cr_assert_leq(total + made, all, "%s -> %s", f[i].name, f[j].name);
            }
            cr_assert_arr_eq(one, out, all, "%s -> %s", f[i].name, f[j].name);
            cr_assert_eq(acm_msg(CLOSE, acm_stream_at(&s), NULL), 0);
        }
}
