/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "../../tools/mmectl/audio.h"

static char path[64]; /* each test is a process of its own */

static const char *new_path(const char *ending)
{
    snprintf(path, sizeof path, "/tmp/mmectl-test-%ld%s", (long)getpid(), ending);
    return path;
}

static void remove_path(void)
{
    unlink(path);
}

/* A file of these bytes. */
static const char *bytes_file(const void *bytes, size_t n)
{
    FILE *file = fopen(new_path(".wav"), "wb");
    cr_assert(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
    return path;
}

static void put_le(unsigned char *to, uint64_t value, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

/* RIFF or RF64 of 8 bytes of 16-bit mono sound whose sizes say what they like. @return its length
 */
static size_t make_head(unsigned char *b, const char *form, uint32_t riff, uint32_t data,
                        uint64_t ds64)
{
    size_t at = 12;
    memset(b, 0, 128);
    memcpy(b, form, 4);
    put_le(b + 4, riff, 4);
    memcpy(b + 8, "WAVE", 4);
    if (form[1] == 'F') {
        memcpy(b + at, "ds64", 4);
        put_le(b + at + 4, 28, 4);
        put_le(b + at + 8, 100, 8);
        put_le(b + at + 16, ds64, 8);
        put_le(b + at + 24, ds64 / 2, 8);
        at += 36;
    }
    memcpy(b + at, "fmt \x10\0\0\0\1\0\1\0\x80\xbb\0\0\0\x77\1\0\2\0\x10\0data", 28);
    put_le(b + at + 28, data, 4);
    return at + 32 + 8;
}

static mmk_err check(const unsigned char *b, size_t n, char *why, size_t cap)
{
    return wav_check(bytes_file(b, n), why, cap);
}

Test(sound_file, sizes_that_lie_are_named, .fini = remove_path)
{
    unsigned char b[128];
    char why[256];
    size_t n = make_head(b, "RIFF", 44, 8, 0);
    cr_assert_eq(check(b, n, why, sizeof why), MMK_OK);
    n = make_head(b, "RIFF", 44, 9, 0);
    cr_assert_eq(check(b, n, why, sizeof why), MMK_ERR_CORRUPT);
    cr_assert(strstr(why, "promises 9 bytes of sound, 8 are there"), "%s", why);
    n = make_head(b, "RIFF", 44, 0, 0);
    cr_assert_eq(check(b, n, why, sizeof why), MMK_ERR_CORRUPT);
    cr_assert(strstr(why, "holds no sound"), "%s", why);
    n = make_head(b, "RF64", UINT32_MAX, UINT32_MAX, 8);
    cr_assert_eq(check(b, n, why, sizeof why), MMK_OK);
    n = make_head(b, "RF64", UINT32_MAX, UINT32_MAX, UINT64_C(1) << 40);
    cr_assert_eq(check(b, n, why, sizeof why), MMK_ERR_CORRUPT);
    cr_assert(strstr(why, "promises 1099511627776 bytes"), "%s", why);
}

Test(sound_file, every_cut_of_a_head_is_refused, .fini = remove_path)
{
    unsigned char b[128];
    char why[256];
    size_t n = make_head(b, "RIFF", 44, 8, 0);
    for (size_t cut = 0; cut < n; cut++) {
        struct reader *reader = NULL;
        cr_assert_neq(reader_open(bytes_file(b, cut), &reader, why, sizeof why), MMK_OK,
                      "%zu bytes", cut);
        cr_assert_null(reader);
        cr_assert(strstr(why, path), "%zu bytes: %s", cut, why);
    }
}

Test(sound_file, a_length_that_was_not_known_is_what_is_there, .fini = remove_path)
{
    unsigned char b[128];
    char why[256];
    struct reader *reader;
    short samples[16];
    size_t n = make_head(b, "RIFF", UINT32_MAX, UINT32_MAX, 0); /* as written to a pipe */
    cr_assert_eq(reader_open(bytes_file(b, n), &reader, why, sizeof why), MMK_OK, "%s", why);
    cr_assert_eq(reader_read(reader, samples, 16), 4);
    reader_close(reader);
}

Test(sound_file, chunk_without_end_does_not_hang, .fini = remove_path)
{
    unsigned char b[128];
    char why[256];
    size_t n = make_head(b, "RIFF", 44, 8, 0);
    put_le(b + 16, UINT32_MAX, 4); /* of fmt */
    cr_assert_eq(check(b, n, why, sizeof why), MMK_ERR_CORRUPT);
    put_le(b + 16, 0, 4); /* then what follows is no chunk, but has to end all the same */
    cr_assert_neq(check(b, n, why, sizeof why), MMK_ERR_PENDING);
}

/* Write, read back, compare: the bytes of every sample format, and what the format says. */
static void round_trip(const char *ending, mmk_sample sample, uint16_t channels, uint32_t mask)
{
    enum { FRAMES = 5000 };
    static unsigned char in[FRAMES * 8 * 8], out[FRAMES * 8 * 8];
    struct mmk_format format = {sample, channels, (uint16_t)(8 * mmk_sample_bytes(sample)), 44100,
                                mask};
    size_t frame = mmk_format_frame_bytes(&format);
    struct writer *writer;
    struct reader *reader;
    char why[256] = "";
    for (size_t i = 0; i < FRAMES * frame; i++)
        in[i] = (unsigned char)(rand() >> 7);
    for (size_t i = 0; sample == MMK_SAMPLE_F32 && i < FRAMES * channels; i++) {
        float f = (float)(rand() % 20001 - 10000) / 10000.0F;
        memcpy(in + i * 4, &f, 4);
    }
    for (size_t i = 0; sample == MMK_SAMPLE_F64 && i < FRAMES * channels; i++) {
        double d = (rand() % 2000001 - 1000000) / 1000000.0;
        memcpy(in + i * 8, &d, 8);
    }
    cr_assert_eq(writer_open(new_path(ending), &format, &writer, why, sizeof why), MMK_OK, "%s",
                 why);
    cr_assert_eq(writer_write(writer, in, 1234, why, sizeof why), MMK_OK, "%s", why);
    cr_assert_eq(writer_write(writer, in + 1234 * frame, FRAMES - 1234, why, sizeof why), MMK_OK);
    cr_assert_neq(access(path, F_OK), 0, "it is there before it is whole");
    cr_assert_eq(writer_commit(writer, why, sizeof why), MMK_OK, "%s", why);
    cr_assert_eq(reader_open(path, &reader, why, sizeof why), MMK_OK, "%s", why);
    cr_assert(mmk_format_same(reader_format(reader), &format), "%s %s", ending,
              mmk_sample_name(sample));
    cr_assert_eq(reader_frames(reader), FRAMES);
    for (int pass = 0; pass < 2; pass++) {
        memset(out, 0, sizeof out);
        cr_assert_eq(reader_read(reader, out, 77), 77);
        cr_assert_eq(reader_read(reader, out + 77 * frame, FRAMES), FRAMES - 77);
        cr_assert_not(reader_cut_short(reader));
        cr_assert_eq(memcmp(in, out, FRAMES * frame), 0, "%s %s", ending, mmk_sample_name(sample));
        cr_assert(reader_rewind(reader));
    }
    reader_close(reader);
    unlink(path);
}

Test(sound_file, wav_keeps_every_format_bit_for_bit, .fini = remove_path)
{
    for (int s = 1; s < MMK_SAMPLE_COUNT; s++) {
        round_trip(".wav", (mmk_sample)s, 1, 0);
        round_trip(".wav", (mmk_sample)s, 2, 0);
        round_trip(".WAV", (mmk_sample)s, 8, 0);
    }
    round_trip(".wav", MMK_SAMPLE_S16, 3, 0x7);
    round_trip(".wav", MMK_SAMPLE_S24, 6, 0x60f); /* 5.1 with the surrounds at the sides */
}

Test(sound_file, other_kinds_keep_what_they_can_hold, .fini = remove_path)
{
    static const mmk_sample pcm[] = {MMK_SAMPLE_S16, MMK_SAMPLE_S24, MMK_SAMPLE_S32,
                                     MMK_SAMPLE_F32, MMK_SAMPLE_F64, MMK_SAMPLE_ALAW,
                                     MMK_SAMPLE_ULAW};
    static const char *const endings[] = {".aiff", ".au", ".caf", ".w64", ".rf64"};
    for (size_t s = 0; s < sizeof pcm / sizeof *pcm; s++)
        for (size_t e = 0; e < sizeof endings / sizeof *endings; e++)
            round_trip(endings[e], pcm[s], 2, 0);
    round_trip(".w64", MMK_SAMPLE_U8, 2, 0);
    round_trip(".flac", MMK_SAMPLE_S16, 2, 0);
    round_trip(".flac", MMK_SAMPLE_S24, 8, 0);
}

Test(sound_file, an_aborted_writer_leaves_what_was_there, .fini = remove_path)
{
    struct mmk_format format = {MMK_SAMPLE_S16, 1, 16, 48000, 0};
    struct writer *writer;
    char why[256], text[16] = "";
    FILE *file = fopen(new_path(".wav"), "w");
    fputs("precious", file);
    fclose(file);
    cr_assert_eq(writer_open(path, &format, &writer, why, sizeof why), MMK_OK, "%s", why);
    cr_assert_eq(writer_write(writer, "1234", 2, why, sizeof why), MMK_OK);
    writer_abort(writer);
    file = fopen(path, "r");
    cr_assert(file && fgets(text, sizeof text, file));
    fclose(file);
    cr_assert_str_eq(text, "precious");
}
