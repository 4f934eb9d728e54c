/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

#define _DEFAULT_SOURCE /* truncate */

/* The WAV reader of hosts without libsndfile. The oracle is libsndfile: it writes the files, and
 * the other reader, which stands on it, reads them too. Here both are in one program, so the names
 * of the one are changed (CMakeLists.txt). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <sndfile.h>

#include "../../tools/mmectl/audio.h"

struct own_reader;
mmk_err own_open(const char *path, struct own_reader **out, char *why, size_t cap);
void own_close(struct own_reader *reader);
const struct mmk_format *own_format(const struct own_reader *reader);
uint64_t own_frames(const struct own_reader *reader);
size_t own_read(struct own_reader *reader, void *frames, size_t n_frames);
bool own_rewind(struct own_reader *reader);
bool own_cut_short(const struct own_reader *reader);

#define FRAMES 4801 /* odd, so that odd frame sizes need a pad byte */

static char path[64]; /* each test is a process of its own */

static void name_path(void)
{
    snprintf(path, sizeof path, "/tmp/mmectl-reader-%ld.wav", (long)getpid());
}

static void remove_path(void)
{
    unlink(path);
}

static void write_by_sndfile(int kind, int sub, int channels)
{
    static int samples[FRAMES * 8];
    SF_INFO info = {.samplerate = 44100, .channels = channels, .format = kind | sub};
    uint32_t state = 1;
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    cr_assert(file, "%s", sf_strerror(NULL));
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        samples[i] = (int)(state = state * 1664525u + 1013904223u);
    cr_assert_eq(sf_writef_int(file, samples, FRAMES), FRAMES);
    sf_close(file);
}

/* Both readers, in pieces of different lengths. */
static void compare(const char *what)
{
    static unsigned char a[(FRAMES + 1000) * 64],
        b[(FRAMES + 1000) * 64]; /* both ask past the end */
    char why[256] = "";
    struct own_reader *own;
    struct reader *other;
    cr_assert_eq(own_open(path, &own, why, sizeof why), MMK_OK, "%s: %s", what, why);
    cr_assert_eq(reader_open(path, &other, why, sizeof why), MMK_OK, "%s: %s", what, why);
    cr_assert(mmk_format_same(own_format(own), reader_format(other)), "%s", what);
    cr_assert_eq(own_frames(own), FRAMES, "%s", what);
    size_t bytes = mmk_format_frame_bytes(own_format(own)), n_a = 0, n_b = 0, n;
    for (int pass = 0; pass < 2; pass++) {
        n_a = n_b = 0;
        while ((n = own_read(own, a + n_a * bytes, 1000)) > 0)
            n_a += n;
        while ((n = reader_read(other, b + n_b * bytes, 777)) > 0)
            n_b += n;
        cr_assert_eq(n_a, FRAMES, "%s: %zu frames", what, n_a);
        cr_assert_eq(n_b, FRAMES, "%s", what);
        cr_assert_eq(memcmp(a, b, FRAMES * bytes), 0, "%s", what);
        cr_assert(!own_cut_short(own) && own_rewind(own) && reader_rewind(other));
    }
    own_close(own);
    reader_close(other);
}

Test(reader_wav, reads_what_libsndfile_reads, .init = name_path, .fini = remove_path)
{
    static const int kinds[] = {SF_FORMAT_WAV, SF_FORMAT_WAVEX, SF_FORMAT_RF64};
    static const int subs[] = {SF_FORMAT_PCM_U8, SF_FORMAT_PCM_16, SF_FORMAT_PCM_24,
                               SF_FORMAT_PCM_32, SF_FORMAT_FLOAT,  SF_FORMAT_DOUBLE,
                               SF_FORMAT_ULAW,   SF_FORMAT_ALAW};
    unsigned n = 0;
    for (size_t k = 0; k < 3; k++)
        for (size_t s = 0; s < sizeof subs / sizeof *subs; s++)
            for (int channels = 1; channels <= 8; channels++) {
                char what[64];
                SF_INFO info = {
                    .samplerate = 44100, .channels = channels, .format = kinds[k] | subs[s]};
                if (!sf_format_check(&info))
                    continue;
                snprintf(what, sizeof what, "kind %x, samples %x, %d channels", (unsigned)kinds[k],
                         (unsigned)subs[s], channels);
                write_by_sndfile(kinds[k], subs[s], channels);
                compare(what);
                n++;
            }
    cr_assert_geq(n, 150, "%u combinations", n);
}

static void refused(mmk_err err, const char *words)
{
    char why[256] = "";
    struct own_reader *own;
    mmk_err got = own_open(path, &own, why, sizeof why);
    cr_assert_eq(got, err, "%d: %s", (int)got, why);
    cr_assert(strstr(why, words) && strstr(why, path), "%s", why);
}

Test(reader_wav, names_what_it_does_not_read, .init = name_path, .fini = remove_path)
{
    refused(MMK_ERR_NOT_FOUND, "is not there");
    write_by_sndfile(SF_FORMAT_FLAC, SF_FORMAT_PCM_16, 2);
    refused(MMK_ERR_FORMAT, "is no WAV file");
    write_by_sndfile(SF_FORMAT_WAV, SF_FORMAT_G721_32, 1);
    refused(MMK_ERR_FORMAT, "WAVE format tag 64");
    write_by_sndfile(SF_FORMAT_WAV, SF_FORMAT_PCM_16, 2);
    cr_assert_eq(truncate(path, 1000), 0);
    refused(MMK_ERR_CORRUPT, "cut short");
    cr_assert_eq(truncate(path, 20), 0);
    refused(MMK_ERR_CORRUPT, "cut short");
    cr_assert_eq(truncate(path, 0), 0);
    refused(MMK_ERR_CORRUPT, "is empty");
}

static void patch(long at, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "r+b");
    cr_assert(file && fseek(file, at, SEEK_SET) == 0 && fwrite(bytes, 1, n, file) == n);
    fclose(file);
}

Test(reader_wav, a_stream_of_unknown_length_ends_with_the_file, .init = name_path,
     .fini = remove_path)
{
    write_by_sndfile(SF_FORMAT_WAV, SF_FORMAT_PCM_16, 2);
    patch(40, "\xff\xff\xff\xff", 4); /* as a program that writes into a pipe leaves it */
    char why[256];
    struct own_reader *own;
    cr_assert_eq(own_open(path, &own, why, sizeof why), MMK_OK, "%s", why);
    cr_assert_eq(own_frames(own), FRAMES);
    own_close(own);
}

/* Whatever stands in the head: refused by name, or read within the file. */
Test(reader_wav, survives_every_byte_of_a_head, .init = name_path, .fini = remove_path)
{
    static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    static unsigned char buffer[FRAMES * 64];
    unsigned n_read = 0, n_refused = 0;
    write_by_sndfile(SF_FORMAT_WAVEX, SF_FORMAT_PCM_16, 2);
    for (long at = 0; at < 80; at++)
        for (size_t v = 0; v < sizeof values; v++) {
            unsigned char before;
            char why[256] = "";
            struct own_reader *own = NULL;
            FILE *file = fopen(path, "rb");
            cr_assert(file && fseek(file, at, SEEK_SET) == 0 && fread(&before, 1, 1, file) == 1);
            fclose(file);
            patch(at, &values[v], 1);
            if (own_open(path, &own, why, sizeof why) == MMK_OK) {
                size_t bytes = mmk_format_frame_bytes(own_format(own));
                uint64_t all = 0;
                for (size_t n; (n = own_read(own, buffer, sizeof buffer / bytes)) > 0;)
                    all += n;
                cr_assert(all <= own_frames(own) && all * bytes <= FRAMES * 4 + 64);
                own_close(own);
                n_read++;
            } else {
                cr_assert_neq(why[0], 0);
                n_refused++;
            }
            patch(at, &before, 1);
        }
    cr_assert(n_read > 50 && n_refused > 50, "%u read, %u refused", n_read, n_refused);
}
