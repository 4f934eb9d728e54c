/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mmk/format.h>

/* ------------------------------------------------------------------ building what may lie */

struct fields {
    unsigned tag, channels, rate, average, align, bits, extra, valid, mask_low, mask_high, sub;
};

static void put16(unsigned char *p, unsigned n)
{
    p[0] = (unsigned char)n;
    p[1] = (unsigned char)(n >> 8);
}

static void build(const struct fields *f, unsigned char p[40])
{
    static const unsigned char tail[14] = {0, 0, 0,    0, 0x10, 0,    0x80,
                                           0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};
    put16(p, f->tag);
    put16(p + 2, f->channels);
    put16(p + 4, f->rate & 0xffff);
    put16(p + 6, f->rate >> 16);
    put16(p + 8, f->average & 0xffff);
    put16(p + 10, f->average >> 16);
    put16(p + 12, f->align);
    put16(p + 14, f->bits);
    put16(p + 16, f->extra);
    put16(p + 18, f->valid);
    put16(p + 20, f->mask_low);
    put16(p + 22, f->mask_high);
    put16(p + 24, f->sub);
    memcpy(p + 26, tail, 14);
}

/* ------------------------------------------------------------------ oracle */

/* Microsoft's pages for WAVEFORMATEX and WAVEFORMATEXTENSIBLE, and the limits of format.h, said
 * once more in another way: by listing what is good. */
static bool is_good(const struct fields *f)
{
    static const struct {
        unsigned tag, bits;
    } good[] = {{1, 8}, {1, 16}, {1, 24}, {1, 32}, {3, 32}, {3, 64}, {6, 8}, {7, 8}};
    const bool extensible = f->tag == 0xfffe;
    const unsigned tag = extensible ? f->sub : f->tag;
    bool known = false;
    for (int i = 0; i < 8; i++)
        known |= good[i].tag == tag && good[i].bits == f->bits;
    if (!known || f->rate < 1000 || f->rate > 384000 || f->channels == 0 || f->channels > 8)
        return false;
    if (f->align * 8 != f->channels * f->bits)
        return false;
    if (!extensible)
        return tag == 1 || f->extra <= 22; /* 40 bytes may be read */
    if (f->extra != 22 || f->valid == 0 || f->valid > f->bits)
        return false;
    if (tag != 1 && f->valid != f->bits)
        return false;
    return f->mask_high <= 3 || (f->mask_high == 0x8000 && f->mask_low == 0);
}

static void expect_verdict(const struct fields *f)
{
    unsigned char p[40];
    struct mmk_format format = {.rate_hz = 77};
    build(f, p);
    const mmk_err err = mmk_format_from_wfx(p, sizeof p, &format);
    if ((err == MMK_OK) != is_good(f) || (err != MMK_OK && err != MMK_ERR_FORMAT))
        cr_assert_fail(
            "%s: tag %x channels %u rate %u align %u bits %u cb %u valid %u mask %x%04x sub %x",
            mmk_err_name(err), f->tag, f->channels, f->rate, f->align, f->bits, f->extra, f->valid,
            f->mask_high, f->mask_low, f->sub);
    if (err != MMK_OK) {
        cr_assert_eq(format.rate_hz, 77, "a refused format wrote its result");
        return;
    }
    cr_assert(mmk_format_valid(&format));
    cr_assert_eq(mmk_format_frame_bytes(&format), f->align);
    cr_assert(format.rate_hz == f->rate && format.channels == f->channels);
    cr_assert_eq(mmk_sample_bytes(format.sample) * 8, f->bits);
    cr_assert_eq(format.valid_bits, f->tag == 0xfffe ? f->valid : f->bits);
}

static const struct fields plain16 = {1, 2, 44100, 176400, 4, 16, 0, 16, 3, 0, 1};
static const struct fields ext24 = {0xfffe, 6, 48000, 1152000, 24, 32, 22, 24, 0x3f, 0, 1};
static const struct fields float32 = {3, 1, 96000, 384000, 4, 32, 0, 32, 4, 0, 3};
static const struct fields alaw = {6, 2, 8000, 16000, 2, 8, 0, 8, 3, 0, 6};

Test(format, every_value_of_every_16_bit_field)
{
    const struct fields *const bases[] = {&plain16, &ext24, &float32, &alaw};
    for (int b = 0; b < 4; b++)
        for (unsigned n = 0; n < 65536; n++) {
            struct fields f = *bases[b];
            struct fields g[10] = {f, f, f, f, f, f, f, f, f, f};
            g[0].tag = n;
            g[1].channels = n;
            g[2].align = n;
            g[3].bits = n;
            g[4].extra = n;
            g[5].valid = n;
            g[6].mask_low = n;
            g[7].mask_high = n;
            g[8].sub = n;
            g[9].average = n; /* is not looked at */
            for (int i = 0; i < 10; i++)
                expect_verdict(&g[i]);
        }
}

Test(format, every_combination_of_edges)
{
    static const unsigned tags[] = {0, 1, 2, 3, 6, 7, 0x11, 0xfffe, 0xffff};
    static const unsigned channels[] = {0, 1, 2, 3, 6, 8, 9, 255, 32768, 65535};
    static const unsigned aligns[] = {0, 1, 2, 3, 4, 6, 8, 12, 16, 18, 24, 32, 64, 65535};
    static const unsigned bits[] = {0, 1, 7, 8, 12, 16, 20, 24, 31, 32, 48, 64, 65535};
    static const unsigned extras[] = {0, 1, 21, 22, 23, 65535};
    static const unsigned valids[] = {0, 8, 24, 32, 65};
    static const unsigned rates[] = {0, 999, 1000, 44100, 384000, 384001};
    static const unsigned subs[] = {1, 3, 6, 0xfffe};
    struct fields f = plain16;
#define EACH(i, list) for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
    EACH(t, tags)
    EACH(c, channels) EACH(a, aligns) EACH(b, bits) EACH(e, extras)
    {
        f.tag = tags[t];
        f.channels = channels[c];
        f.align = aligns[a];
        f.bits = bits[b];
        f.extra = extras[e];
        EACH(v, valids) EACH(r, rates) EACH(s, subs)
        {
            if (f.tag != 0xfffe && (v != 0 || s != 0))
                continue;
            f.valid = valids[v];
            f.rate = rates[r];
            f.sub = subs[s];
            expect_verdict(&f);
        }
    }
}

/* ------------------------------------------------------------------ lengths */

/* A copy of just that many bytes, so that ASan sees a read beyond. */
static mmk_err from_bytes(const struct fields *f, size_t len, struct mmk_format *out)
{
    unsigned char p[40];
    unsigned char *exact = (unsigned char *)malloc(len + 1);
    build(f, p);
    memcpy(exact + 1, p, len < 40 ? len : 40);
    const mmk_err err = mmk_format_from_wfx(exact + 1, len, out); /* and unaligned */
    free(exact);
    return err;
}

Test(format, nothing_is_read_beyond_the_length)
{
    struct mmk_format out;
    for (size_t len = 0; len <= 40; len++) {
        cr_expect_eq(from_bytes(&plain16, len, &out), len >= 16 ? MMK_OK : MMK_ERR_FORMAT, "%zu",
                     len);
        cr_expect_eq(from_bytes(&float32, len, &out), len >= 18 ? MMK_OK : MMK_ERR_FORMAT, "%zu",
                     len);
        cr_expect_eq(from_bytes(&ext24, len, &out), len >= 40 ? MMK_OK : MMK_ERR_FORMAT, "%zu",
                     len);
    }
    struct fields lying = float32;
    lying.extra = 1;
    cr_expect_eq(from_bytes(&lying, 18, &out), MMK_ERR_FORMAT, "cbSize beyond the length");
    cr_expect_eq(from_bytes(&lying, 19, &out), MMK_OK);
    unsigned char p[40];
    build(&plain16, p);
    cr_expect_eq(mmk_format_from_wfx(p, SIZE_MAX, &out), MMK_OK, "only the structure tells");
    cr_expect_eq(mmk_format_from_wfx(NULL, 40, &out), MMK_ERR_INVAL);
    cr_expect_eq(mmk_format_from_wfx(p, 40, NULL), MMK_ERR_INVAL);
}

Test(format, another_sub_format_is_refused)
{
    for (size_t at = 26; at < 40; at++) {
        unsigned char p[40];
        struct mmk_format out;
        build(&ext24, p);
        p[at] ^= 1;
        cr_expect_eq(mmk_format_from_wfx(p, 40, &out), MMK_ERR_FORMAT, "byte %zu", at);
    }
}

Test(format, masks_keep_as_many_speakers_as_channels)
{
    unsigned char p[40];
    struct mmk_format out;
    struct fields f = ext24;
    f.mask_low = 0xffff;
    f.mask_high = 3;
    build(&f, p);
    cr_assert_eq(mmk_format_from_wfx(p, 40, &out), MMK_OK);
    cr_expect_eq(out.channel_mask, 0x3f, "the lowest six of eighteen");
    f.mask_low = 0x600;
    f.mask_high = 0;
    build(&f, p);
    cr_assert_eq(mmk_format_from_wfx(p, 40, &out), MMK_OK);
    cr_expect_eq(out.channel_mask, 0x600, "fewer speakers than channels are fine");
    f.mask_low = 0;
    f.mask_high = 0x8000;
    build(&f, p);
    cr_assert_eq(mmk_format_from_wfx(p, 40, &out), MMK_OK);
    cr_expect_eq(out.channel_mask, 0, "SPEAKER_ALL names no order");
}

/* ------------------------------------------------------------------ there and back */

static const char *const names[] = {"?",       "u8",      "s16",  "s24", "s32",
                                    "float32", "float64", "alaw", "ulaw"};

Test(format, every_valid_format_goes_there_and_back)
{
    static const uint32_t masks[] = {0, 0x1, 0x3, 0x4, 0x33, 0x3f, 0x63f, 0x20000};
    for (int s = 1; s < MMK_SAMPLE_COUNT; s++)
        for (uint16_t channels = 1; channels <= 8; channels++)
            for (uint16_t valid = 1; valid <= 64; valid++)
                for (int m = 0; m < 8; m++)
                    for (int ext = 0; ext < 2; ext++) {
                        struct mmk_format f = {(mmk_sample)s, channels, valid, 44100, masks[m]};
                        struct mmk_format back;
                        unsigned char p[48];
                        size_t len = 0;
                        memset(p, 0xee, sizeof p);
                        const mmk_err err = mmk_format_to_wfx(&f, ext != 0, p, &len);
                        cr_assert_eq(err == MMK_OK, mmk_format_valid(&f));
                        if (err != MMK_OK)
                            continue;
                        cr_assert(len == 18 || len == 40);
                        cr_assert_eq(p[len], 0xee);
                        cr_assert_eq(mmk_format_from_wfx(p, len, &back), MMK_OK);
                        cr_assert(mmk_format_same(&f, &back));
                        cr_assert_eq(back.sample, f.sample);
                    }
}

static size_t length_of(mmk_sample sample, uint16_t channels, uint16_t valid, uint32_t mask,
                        bool ext)
{
    const struct mmk_format f = {sample, channels, valid, 48000, mask};
    unsigned char p[40];
    size_t len = 0;
    cr_assert_eq(mmk_format_to_wfx(&f, ext, p, &len), MMK_OK);
    cr_expect_eq(p[0] | p[1] << 8, len == 40 ? 0xfffe : p[0]);
    return len;
}

Test(format, extensible_only_where_it_must_be)
{
    cr_expect_eq(length_of(MMK_SAMPLE_S16, 2, 16, 0, true), 18);
    cr_expect_eq(length_of(MMK_SAMPLE_S16, 2, 16, 3, false), 18);
    cr_expect_eq(length_of(MMK_SAMPLE_S16, 1, 16, 4, false), 18);
    cr_expect_eq(length_of(MMK_SAMPLE_S16, 1, 16, 1, false), 40,
                 "a mask that is not the standard one");
    cr_expect_eq(length_of(MMK_SAMPLE_S16, 3, 16, 0, false), 40, "more than two channels");
    cr_expect_eq(length_of(MMK_SAMPLE_S16, 2, 12, 0, false), 40, "fewer bits than the container");
    cr_expect_eq(length_of(MMK_SAMPLE_S24, 2, 24, 0, false), 18);
    cr_expect_eq(length_of(MMK_SAMPLE_S24, 2, 24, 0, true), 40, "asked for");
    cr_expect_eq(length_of(MMK_SAMPLE_F32, 2, 32, 0, true), 18, "float says it by its tag");
}

/* ------------------------------------------------------------------ the rest */

Test(format, samples_have_sizes_and_names)
{
    static const size_t bytes[] = {0, 1, 2, 3, 4, 4, 8, 1, 1};
    for (int s = 0; s < MMK_SAMPLE_COUNT; s++) {
        cr_expect_eq(mmk_sample_bytes((mmk_sample)s), bytes[s]);
        cr_expect_str_eq(mmk_sample_name((mmk_sample)s), names[s]);
        cr_expect_eq(mmk_sample_from_name(names[s]), (mmk_sample)s);
    }
    cr_expect_eq(mmk_sample_bytes((mmk_sample)99), 0);
    cr_expect_eq(mmk_sample_bytes((mmk_sample)-1), 0);
    cr_expect_str_eq(mmk_sample_name(MMK_SAMPLE_COUNT), "?");
    cr_expect_eq(mmk_sample_from_name("S16"), MMK_SAMPLE_NONE);
    cr_expect_eq(mmk_sample_from_name(""), MMK_SAMPLE_NONE);
    cr_expect_eq(mmk_sample_from_name(NULL), MMK_SAMPLE_NONE);
}

Test(format, limits_are_where_they_are_said)
{
    const struct mmk_format good = {MMK_SAMPLE_S16, 2, 16, 44100, 3};
    struct mmk_format f = good;
    cr_expect(mmk_format_valid(&f) && mmk_format_frame_bytes(&f) == 4);
    cr_expect_not(mmk_format_valid(NULL));
    f.channels = 8;
    cr_expect(mmk_format_valid(&f));
    f.channels = 9;
    cr_expect(!mmk_format_valid(&f) && mmk_format_frame_bytes(&f) == 0);
    f = good;
    f.rate_hz = 999;
    cr_expect_not(mmk_format_valid(&f));
    f.rate_hz = 1000;
    cr_expect(mmk_format_valid(&f));
    f.rate_hz = 384001;
    cr_expect_not(mmk_format_valid(&f));
    f = good;
    f.channel_mask = 7;
    cr_expect_not(mmk_format_valid(&f), "more speakers than channels");
    f.channel_mask = 0x40000;
    cr_expect_not(mmk_format_valid(&f), "no such speaker");
    f = good;
    f.valid_bits = 17;
    cr_expect_not(mmk_format_valid(&f));
    f.sample = MMK_SAMPLE_F32;
    f.valid_bits = 24;
    cr_expect_not(mmk_format_valid(&f), "a float uses all its bits");
}

Test(format, standard_masks)
{
    static const uint32_t masks[] = {0, 0x4, 0x3, 0x7, 0x33, 0x37, 0x3f, 0x637, 0x63f, 0};
    for (unsigned n = 0; n < 10; n++) {
        const uint32_t mask = mmk_channel_mask_default(n);
        cr_expect_eq(mask, masks[n]);
        cr_expect(n == 9 || (unsigned)__builtin_popcount(mask) == n);
    }
}

Test(format, words)
{
    char buf[64];
    struct mmk_format f = {MMK_SAMPLE_S16, 2, 16, 48000, 0};
    mmk_format_text(&f, buf, sizeof buf);
    cr_expect_str_eq(buf, "48000 Hz, 2 channels, s16");
    f = (struct mmk_format){MMK_SAMPLE_S32, 1, 24, 384000, 0};
    mmk_format_text(&f, buf, sizeof buf);
    cr_expect_str_eq(buf, "384000 Hz, 1 channel, s32 (24 bits used)");
    f = (struct mmk_format){MMK_SAMPLE_F64, 65535, 65535, 4294967295u, 0};
    mmk_format_text(&f, buf, sizeof buf);
    cr_expect_lt(strlen(buf), 63, "the longest there can be fits");
    for (size_t cap = 0; cap < 10; cap++) {
        memset(buf, 'x', sizeof buf);
        mmk_format_text(&f, buf, cap);
        cr_expect_eq(buf[cap], 'x');
        cr_expect(cap == 0 || strlen(buf) == cap - 1);
    }
}
