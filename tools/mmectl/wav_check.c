/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audio.h"
#include "host.h"

/* A program that writes to a pipe cannot know the length; these sizes say so (sox, ffmpeg). */
#define SIZE_OF_STREAM 0x7ffff000u

static uint32_t le32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t le64(const unsigned char *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

struct scan {
    FILE *file;
    uint64_t size;    /* of the file */
    uint64_t at;      /* of the next chunk */
    uint64_t data_64; /* from ds64 */
    bool rf64, has_fmt;
};

static mmk_err check_data(const struct scan *scan, const char *path, uint32_t said, char *why,
                          size_t cap)
{
    uint64_t promised = said, there = scan->size - scan->at;
    if (scan->rf64 && said == UINT32_MAX)
        promised = scan->data_64;
    else if (said >= SIZE_OF_STREAM)
        promised = 0; /* unknown: all that is there */
    if (!scan->has_fmt) {
        snprintf(why, cap, "%s is not a usable WAV: its data comes before its format", path);
        return MMK_ERR_FORMAT;
    }
    if (promised > there) {
        snprintf(why, cap,
                 "%s is cut short: its header promises %" PRIu64 " bytes of sound, %" PRIu64
                 " are there",
                 path, promised, there);
        return MMK_ERR_CORRUPT;
    }
    if (said == 0 || there == 0) {
        snprintf(why, cap, "%s holds no sound: its data chunk is empty", path);
        return MMK_ERR_CORRUPT;
    }
    return MMK_OK;
}

/* @return MMK_ERR_PENDING to go on with the next chunk */
static mmk_err check_chunk(struct scan *scan, const char *path, char *why, size_t cap)
{
    unsigned char head[8], ds64[16];
    if (scan->at + 8 > scan->size || !host_seek(scan->file, scan->at) ||
        fread(head, 1, 8, scan->file) != 8) {
        snprintf(why, cap, "%s is cut short: it ends before its sound (no data chunk)", path);
        return MMK_ERR_CORRUPT;
    }
    uint32_t len = le32(head + 4);
    scan->at += 8;
    if (memcmp(head, "data", 4) == 0)
        return check_data(scan, path, len, why, cap);
    if (memcmp(head, "fmt ", 4) == 0)
        scan->has_fmt = true;
    if (memcmp(head, "ds64", 4) == 0 && fread(ds64, 1, 16, scan->file) == 16)
        scan->data_64 = le64(ds64 + 8);
    scan->at += (uint64_t)len + (len & 1);
    return MMK_ERR_PENDING;
}

static mmk_err check_file(struct scan *scan, const char *path, char *why, size_t cap)
{
    unsigned char head[12];
    scan->size = host_length(scan->file);
    if (scan->size == UINT64_MAX)
        return MMK_OK; /* a pipe: nothing can be known */
    if (scan->size == 0) {
        snprintf(why, cap, "%s is empty", path);
        return MMK_ERR_CORRUPT;
    }
    rewind(scan->file);
    size_t n = fread(head, 1, sizeof head, scan->file);
    if (n < 4 || (memcmp(head, "RIFF", 4) != 0 && memcmp(head, "RF64", 4) != 0))
        return MMK_OK; /* not a WAV: the reader judges */
    if (n < sizeof head || memcmp(head + 8, "WAVE", 4) != 0) {
        snprintf(why, cap, "%s is not a sound file: it begins as RIFF, but is no WAVE", path);
        return MMK_ERR_FORMAT;
    }
    scan->rf64 = head[1] == 'F';
    scan->at = 12;
    mmk_err err;
    do
        err = check_chunk(scan, path, why, cap);
    while (err == MMK_ERR_PENDING);
    return err;
}

mmk_err wav_check(const char *path, char *why, size_t cap)
{
    struct scan scan = {0};
    scan.file = host_fopen(path, "rb");
    if (!scan.file) {
        snprintf(why, cap, "%s cannot be opened: %s", path, strerror(errno));
        return errno == ENOENT ? MMK_ERR_NOT_FOUND : MMK_ERR_ACCESS;
    }
    mmk_err err = check_file(&scan, path, why, cap);
    fclose(scan.file);
    return err;
}
