/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sndfile.h>

#include <mmk/abi.h>

#include "devices_internal.h"
#include "sound_in.h"

#define PIECE_SAMPLES 4096u
#define CHUNKS_MAX    10000u

struct mmki_sound_in {
    SNDFILE *file;
    struct mmk_format format;
    int piece[PIECE_SAMPLES]; /* for the types that libsndfile hands out only in wider ones */
};

/* ------------------------------------------------------------------ is it whole */

static uint32_t le32(const unsigned char *b)
{
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static bool read_at(int fd, uint64_t at, void *data, size_t len)
{
    ssize_t n;
    do
        n = pread(fd, data, len, (off_t)at);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)len;
}

/* Writers to pipes cannot know the size and put one of these; the sound then goes to the end of the
 * file. */
static bool is_unknown_size(uint64_t size)
{
    return size == 0 || size >= 0xffffff00u || (size >= 0x7fffff00u && size <= 0x7fffffffu);
}

/**
 * libsndfile plays what is left of a WAV that was cut short and says nothing. We do say it: how
 * many bytes of sound the header promises and how many are there. False where nothing is known to
 * be wrong.
 */
static bool is_cut_short(int fd, uint64_t file_bytes, uint64_t *promised, uint64_t *present)
{
    unsigned char head[12];
    unsigned char size64[16];
    uint64_t data64 = 0;
    if (!read_at(fd, 0, head, sizeof head) || memcmp(head + 8, "WAVE", 4) != 0 ||
        (memcmp(head, "RIFF", 4) != 0 && memcmp(head, "RF64", 4) != 0 &&
         memcmp(head, "BW64", 4) != 0))
        return false;
    bool wide = head[0] != 'R' || head[1] != 'I';
    uint64_t at = sizeof head;
    for (unsigned i = 0; i < CHUNKS_MAX && read_at(fd, at, head, 8); i++) {
        uint64_t size = le32(head + 4);
        at += 8;
        if (memcmp(head, "ds64", 4) == 0 && read_at(fd, at, size64, sizeof size64))
            data64 = (uint64_t)le32(size64 + 12) << 32 | le32(size64 + 8);
        if (memcmp(head, "data", 4) == 0) {
            bool known = wide && size == 0xffffffffu;
            size = known ? data64 : size;
            *promised = size;
            *present = file_bytes - at;
            return (known || !is_unknown_size(size)) && size > file_bytes - at;
        }
        at += size + (size & 1);
        if (at > file_bytes)
            break;
    }
    return false;
}

/* ------------------------------------------------------------------ what is in it */

/** The type that holds this file's samples without loss. */
static mmk_sample sample_of(int format)
{
    switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_DPCM_8:
        return MMK_SAMPLE_U8;
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_ALAC_20:
    case SF_FORMAT_ALAC_24:
    case SF_FORMAT_DWVW_24:
        return MMK_SAMPLE_S24;
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_ALAC_32:
        return MMK_SAMPLE_S32;
    case SF_FORMAT_FLOAT:
    case SF_FORMAT_VORBIS:
    case SF_FORMAT_OPUS:
#ifdef SF_FORMAT_MPEG_LAYER_III
    case SF_FORMAT_MPEG_LAYER_I:
    case SF_FORMAT_MPEG_LAYER_II:
    case SF_FORMAT_MPEG_LAYER_III:
#endif
        return MMK_SAMPLE_F32;
    case SF_FORMAT_DOUBLE:
        return MMK_SAMPLE_F64;
    default: /* 16 bits, and what decodes to them: G.711, ADPCM, GSM, ... */
        return MMK_SAMPLE_S16;
    }
}

static uint32_t speaker_of(int place)
{
    switch (place) {
    case SF_CHANNEL_MAP_LEFT:
    case SF_CHANNEL_MAP_FRONT_LEFT:
        return MMK_SPEAKER_FRONT_LEFT;
    case SF_CHANNEL_MAP_RIGHT:
    case SF_CHANNEL_MAP_FRONT_RIGHT:
        return MMK_SPEAKER_FRONT_RIGHT;
    case SF_CHANNEL_MAP_MONO:
    case SF_CHANNEL_MAP_CENTER:
    case SF_CHANNEL_MAP_FRONT_CENTER:
        return MMK_SPEAKER_FRONT_CENTER;
    case SF_CHANNEL_MAP_LFE:
        return MMK_SPEAKER_LOW_FREQUENCY;
    case SF_CHANNEL_MAP_REAR_LEFT:
        return MMK_SPEAKER_BACK_LEFT;
    case SF_CHANNEL_MAP_REAR_RIGHT:
        return MMK_SPEAKER_BACK_RIGHT;
    case SF_CHANNEL_MAP_REAR_CENTER:
        return MMK_SPEAKER_BACK_CENTER;
    case SF_CHANNEL_MAP_FRONT_LEFT_OF_CENTER:
        return MMK_SPEAKER_FRONT_LEFT_OF_CENTER;
    case SF_CHANNEL_MAP_FRONT_RIGHT_OF_CENTER:
        return MMK_SPEAKER_FRONT_RIGHT_OF_CENTER;
    case SF_CHANNEL_MAP_SIDE_LEFT:
        return MMK_SPEAKER_SIDE_LEFT;
    case SF_CHANNEL_MAP_SIDE_RIGHT:
        return MMK_SPEAKER_SIDE_RIGHT;
    default:
        return 0;
    }
}

/** The file's channel mask; 0 where it says none, or its channels lie in another order than a mask
 * can say. */
static uint32_t mask_of(SNDFILE *file, unsigned channels)
{
    int map[MMK_CHANNELS_MAX] = {0};
    uint32_t mask = 0;
    if (sf_command(file, SFC_GET_CHANNEL_MAP_INFO, map, (int)(channels * sizeof map[0])) != SF_TRUE)
        return 0;
    for (unsigned i = 0; i < channels; i++) {
        uint32_t speaker = speaker_of(map[i]);
        if (speaker <= mask) /* none, twice, or out of order */
            return 0;
        mask |= speaker;
    }
    return mask;
}

static mmk_err check_info(const char *path, SNDFILE *file, const SF_INFO *info,
                          struct mmk_format *format, char *reason, size_t cap)
{
    if (info->frames <= 0) {
        (void)mmki_format(reason, cap, "%s holds no sound", path);
        return MMK_ERR_CORRUPT;
    }
    memset(format, 0, sizeof *format);
    format->sample = sample_of(info->format);
    format->valid_bits = (uint16_t)(8 * mmk_sample_bytes(format->sample));
    format->channels = (uint16_t)(info->channels > 0 && info->channels < 1024 ? info->channels : 0);
    format->rate_hz = info->samplerate > 0 ? (uint32_t)info->samplerate : 0;
    if (!mmk_format_valid(format)) {
        (void)mmki_format(reason, cap,
                          "%s has %d channels at %d Hz; 1 to %u channels at %u to %u Hz are taken",
                          path, info->channels, info->samplerate, MMK_CHANNELS_MAX, MMK_RATE_MIN_HZ,
                          MMK_RATE_MAX_HZ);
        return MMK_ERR_FORMAT;
    }
    format->channel_mask = mask_of(file, format->channels);
    return MMK_OK;
}

/* ------------------------------------------------------------------ opening */

/** A descriptor of a regular, non-empty file. */
static mmk_err open_regular(const char *path, int *fd, uint64_t *size, char *reason, size_t cap)
{
    struct stat st;
    /* O_NONBLOCK: opening a FIFO would wait for its writer */
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (opened < 0 || fstat(opened, &st) != 0) {
        mmk_err err = mmki_err_from_errno(errno);
        (void)mmki_format(reason, cap, "%s cannot be opened: %s", path, strerror(errno));
        if (opened >= 0)
            close(opened);
        return err;
    }
    if (S_ISREG(st.st_mode) && st.st_size > 0) {
        *fd = opened;
        *size = (uint64_t)st.st_size;
        return MMK_OK;
    }
    close(opened);
    (void)mmki_format(reason, cap, "%s is %s", path,
                      S_ISREG(st.st_mode)   ? "empty"
                      : S_ISDIR(st.st_mode) ? "a folder and not a sound file"
                                            : "not a regular file");
    return S_ISREG(st.st_mode) ? MMK_ERR_CORRUPT : MMK_ERR_FORMAT;
}

static mmk_err refuse(const char *path, char *reason, size_t cap)
{
    int number = sf_error(NULL);
    (void)mmki_format(reason, cap, "%s is no sound file that can be read: %s", path,
                      sf_strerror(NULL));
    if (number == SF_ERR_UNRECOGNISED_FORMAT || number == SF_ERR_UNSUPPORTED_ENCODING)
        return MMK_ERR_FORMAT;
    return number == SF_ERR_SYSTEM ? MMK_ERR_IO : MMK_ERR_CORRUPT;
}

mmk_err mmki_sound_in_open(const char *path, struct mmki_sound_in **out, struct mmk_format *format,
                           char *reason, size_t cap)
{
    int fd = -1;
    uint64_t size = 0;
    uint64_t promised = 0;
    uint64_t present = 0;
    mmk_err err = open_regular(path, &fd, &size, reason, cap);
    if (err != MMK_OK)
        return err;
    if (is_cut_short(fd, size, &promised, &present)) {
        close(fd);
        (void)mmki_format(
            reason, cap, "%s is cut short: its header promises %llu bytes of sound, %llu are there",
            path, (unsigned long long)promised, (unsigned long long)present);
        return MMK_ERR_CORRUPT;
    }
    SF_INFO info;
    memset(&info, 0, sizeof info);
    SNDFILE *file = sf_open_fd(fd, SFM_READ, &info, SF_TRUE);
    if (file == NULL)
        return refuse(path, reason, cap); /* libsndfile has closed the descriptor */
    err = check_info(path, file, &info, format, reason, cap);
    struct mmki_sound_in *in = err == MMK_OK ? calloc(1, sizeof *in) : NULL;
    if (in == NULL) {
        sf_close(file);
        return err != MMK_OK ? err : MMK_ERR_NOMEM;
    }
    in->file = file;
    in->format = *format;
    *out = in;
    return MMK_OK;
}

void mmki_sound_in_close(struct mmki_sound_in *in)
{
    if (in == NULL)
        return;
    sf_close(in->file);
    free(in);
}

/* ------------------------------------------------------------------ reading */

/** u8 and s24 come as the upper bits of an int. */
static sf_count_t read_narrow(struct mmki_sound_in *in, unsigned char *to, sf_count_t n_frames)
{
    unsigned channels = in->format.channels;
    sf_count_t most = (sf_count_t)(PIECE_SAMPLES / channels);
    sf_count_t done = 0;
    while (done < n_frames) {
        sf_count_t want = n_frames - done < most ? n_frames - done : most;
        sf_count_t got = sf_readf_int(in->file, in->piece, want);
        for (size_t i = 0; got > 0 && i < (size_t)got * channels; i++) {
            uint32_t sample = (uint32_t)in->piece[i];
            if (in->format.sample == MMK_SAMPLE_U8) {
                *to++ = (unsigned char)(sample >> 24 ^ 0x80u);
            } else {
                *to++ = (unsigned char)(sample >> 8 & 0xffu);
                *to++ = (unsigned char)(sample >> 16 & 0xffu);
                *to++ = (unsigned char)(sample >> 24);
            }
        }
        done += got > 0 ? got : 0;
        if (got < want)
            break;
    }
    return done;
}

mmk_err mmki_sound_in_read(struct mmki_sound_in *in, void *frames, uint32_t n_frames, uint32_t *got)
{
    sf_count_t n = 0;
    switch (in->format.sample) {
    case MMK_SAMPLE_S16:
        n = sf_readf_short(in->file, frames, (sf_count_t)n_frames);
        break;
    case MMK_SAMPLE_S32:
        n = sf_readf_int(in->file, frames, (sf_count_t)n_frames);
        break;
    case MMK_SAMPLE_F32:
        n = sf_readf_float(in->file, frames, (sf_count_t)n_frames);
        break;
    case MMK_SAMPLE_F64:
        n = sf_readf_double(in->file, frames, (sf_count_t)n_frames);
        break;
    case MMK_SAMPLE_U8:
    case MMK_SAMPLE_S24:
        n = read_narrow(in, frames, (sf_count_t)n_frames);
        break;
    case MMK_SAMPLE_NONE:
    case MMK_SAMPLE_ALAW:
    case MMK_SAMPLE_ULAW:
    case MMK_SAMPLE_COUNT:
        break;
    }
    *got = n > 0 ? (uint32_t)n : 0;
    return *got < n_frames && sf_error(in->file) != SF_ERR_NO_ERROR ? MMK_ERR_IO : MMK_OK;
}
