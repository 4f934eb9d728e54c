/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mmk/riff.h>

static uint32_t u32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t u64(const unsigned char *p)
{
    return u32(p) | (uint64_t)u32(p + 4) << 32;
}

/* What a reader finds that walks the chunks as the specification says. */
struct reading {
    bool is_rf64;
    uint64_t riff_size;
    uint64_t data_size;
    uint64_t n_frames; /* of fact, or of ds64 */
    uint32_t fmt_len;
    size_t data_at;
    unsigned char fmt[40];
};

static void read_header(const unsigned char *h, struct reading *r)
{
    memset(r, 0, sizeof *r);
    r->is_rf64 = memcmp(h, "RF64", 4) == 0;
    cr_assert(r->is_rf64 || memcmp(h, "RIFF", 4) == 0);
    cr_assert_eq(memcmp(h + 8, "WAVE", 4), 0);
    r->riff_size = u32(h + 4);
    size_t at = 12;
    bool had_ds64 = false;
    for (;;) {
        cr_assert_leq(at + 8, MMK_RIFF_HEADER_BYTES);
        const unsigned char *chunk = h + at;
        const uint32_t len = u32(chunk + 4);
        if (memcmp(chunk, "ds64", 4) == 0) {
            cr_assert(at == 12 && r->is_rf64 && len >= 28, "ds64 must be the first chunk");
            r->riff_size = u64(chunk + 8);
            r->data_size = u64(chunk + 16);
            r->n_frames = u64(chunk + 24);
            cr_assert_eq(u32(chunk + 32), 0, "no table");
            had_ds64 = true;
        } else if (memcmp(chunk, "fmt ", 4) == 0) {
            cr_assert_leq(len, 40);
            r->fmt_len = len;
            memcpy(r->fmt, chunk + 8, len);
        } else if (memcmp(chunk, "fact", 4) == 0) {
            cr_assert_eq(len, 4);
            if (!r->is_rf64)
                r->n_frames = u32(chunk + 8);
            else
                cr_assert_eq(u32(chunk + 8), UINT32_MAX);
        } else if (memcmp(chunk, "data", 4) == 0) {
            if (!r->is_rf64)
                r->data_size = len;
            else
                cr_assert(len == UINT32_MAX && had_ds64);
            r->data_at = at + 8;
            return;
        } else {
            cr_assert_eq(memcmp(chunk, "JUNK", 4), 0, "a chunk that readers may not know");
        }
        at += 8 + len + (len & 1);
    }
}

static void expect_header(const struct mmk_format *format, uint64_t data_bytes)
{
    unsigned char h[MMK_RIFF_HEADER_BYTES + 4];
    struct reading r;
    struct mmk_format back;
    memset(h, 0xee, sizeof h);
    cr_assert_eq(mmk_riff_header(format, data_bytes, h), MMK_OK);
    cr_assert_eq(u32(h + MMK_RIFF_HEADER_BYTES), 0xeeeeeeee, "written beyond the header");
    read_header(h, &r);
    const uint64_t whole = MMK_RIFF_HEADER_BYTES + data_bytes + (data_bytes & 1);
    cr_expect_eq(r.is_rf64, whole - 8 > UINT32_MAX, "%llu", (unsigned long long)data_bytes);
    cr_expect_eq(r.riff_size, whole - 8);
    cr_expect_eq(r.data_size, data_bytes);
    cr_expect_eq(r.data_at, MMK_RIFF_HEADER_BYTES);
    cr_expect_eq(r.n_frames, data_bytes / mmk_format_frame_bytes(format));
    cr_assert_eq(mmk_format_from_wfx(r.fmt, r.fmt_len, &back), MMK_OK);
    cr_expect(mmk_format_same(format, &back));
}

Test(riff, says_the_size_of_any_file)
{
    static const uint64_t sizes[] = {0,
                                     1,
                                     2,
                                     1000,
                                     0x7fffffff,
                                     MMK_RIFF_DATA_MAX - 1,
                                     MMK_RIFF_DATA_MAX,
                                     MMK_RIFF_DATA_MAX + 1,
                                     0xffffffff,
                                     0x100000000,
                                     0x123456789abcd,
                                     INT64_MAX - MMK_RIFF_HEADER_BYTES};
    for (int s = 1; s < MMK_SAMPLE_COUNT; s++)
        for (uint16_t channels = 1; channels <= 8; channels++)
            for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                const struct mmk_format f = {(mmk_sample)s, channels,
                                             (uint16_t)(mmk_sample_bytes((mmk_sample)s) * 8), 48000,
                                             0};
                expect_header(&f, sizes[i]);
            }
}

Test(riff, refuses_what_cannot_be_said)
{
    unsigned char h[MMK_RIFF_HEADER_BYTES];
    const struct mmk_format good = {MMK_SAMPLE_S16, 2, 16, 48000, 0};
    const struct mmk_format bad = {MMK_SAMPLE_S16, 0, 16, 48000, 0};
    cr_expect_eq(mmk_riff_header(&bad, 0, h), MMK_ERR_INVAL);
    cr_expect_eq(mmk_riff_header(NULL, 0, h), MMK_ERR_INVAL);
    cr_expect_eq(mmk_riff_header(&good, 0, NULL), MMK_ERR_INVAL);
    cr_expect_eq(mmk_riff_header(&good, UINT64_MAX, h), MMK_ERR_RANGE);
    cr_expect_eq(mmk_riff_header(&good, (uint64_t)INT64_MAX - MMK_RIFF_HEADER_BYTES + 1, h),
                 MMK_ERR_RANGE);
}

Test(riff, odd_data_is_padded)
{
    cr_expect_not(mmk_riff_pad(0));
    cr_expect(mmk_riff_pad(1));
    cr_expect_not(mmk_riff_pad(0x100000000));
    cr_expect(mmk_riff_pad(0x100000001));
}
