/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <mmk/format.h>

#include <string.h>

#include "base/bytes.h"

/* Tags and sizes of mmreg.h. */
#define TAG_PCM        0x0001u
#define TAG_FLOAT      0x0003u
#define TAG_ALAW       0x0006u
#define TAG_ULAW       0x0007u
#define TAG_EXTENSIBLE 0xfffeu

#define PCM_BYTES        16u /* PCMWAVEFORMAT */
#define EX_BYTES         18u /* WAVEFORMATEX */
#define EXTENSIBLE_BYTES 40u
#define EXTENSIBLE_EXTRA 22u

/* The 18 SPEAKER_* positions; SPEAKER_ALL says "any", which we carry as "not said". */
#define SPEAKERS_KNOWN 0x0003ffffu
#define SPEAKER_ALL    0x80000000u

/* KSDATAFORMAT_SUBTYPE_*: the tag, then these 14 bytes. */
static const uint8_t subtype_tail[14] = {0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80,
                                         0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71};

struct sample_kind {
    const char *name;
    uint8_t bytes;
    uint16_t tag;
};

static const struct sample_kind kinds[MMK_SAMPLE_COUNT] = {
    [MMK_SAMPLE_NONE] = {"?", 0, 0},
    [MMK_SAMPLE_U8] = {"u8", 1, TAG_PCM},
    [MMK_SAMPLE_S16] = {"s16", 2, TAG_PCM},
    [MMK_SAMPLE_S24] = {"s24", 3, TAG_PCM},
    [MMK_SAMPLE_S32] = {"s32", 4, TAG_PCM},
    [MMK_SAMPLE_F32] = {"float32", 4, TAG_FLOAT},
    [MMK_SAMPLE_F64] = {"float64", 8, TAG_FLOAT},
    [MMK_SAMPLE_ALAW] = {"alaw", 1, TAG_ALAW},
    [MMK_SAMPLE_ULAW] = {"ulaw", 1, TAG_ULAW},
};

static const struct sample_kind *kind_of(mmk_sample sample)
{
    const unsigned index = (unsigned)sample;
    return &kinds[index < MMK_SAMPLE_COUNT ? index : 0];
}

size_t mmk_sample_bytes(mmk_sample sample)
{
    return kind_of(sample)->bytes;
}

const char *mmk_sample_name(mmk_sample sample)
{
    return kind_of(sample)->name;
}

mmk_sample mmk_sample_from_name(const char *name)
{
    if (name == NULL)
        return MMK_SAMPLE_NONE;
    for (unsigned i = 1; i < MMK_SAMPLE_COUNT; i++)
        if (strcmp(name, kinds[i].name) == 0)
            return (mmk_sample)i;
    return MMK_SAMPLE_NONE;
}

static unsigned count_bits(uint32_t bits)
{
    unsigned n = 0;
    for (; bits != 0; bits &= bits - 1)
        n++;
    return n;
}

/* Only PCM may use fewer bits than its container has. */
static bool valid_bits_ok(const struct sample_kind *kind, uint16_t valid_bits)
{
    const unsigned container_bits = kind->bytes * 8u;
    if (kind->tag != TAG_PCM)
        return valid_bits == container_bits;
    return valid_bits >= 1 && valid_bits <= container_bits;
}

bool mmk_format_valid(const struct mmk_format *format)
{
    if (format == NULL)
        return false;
    const struct sample_kind *kind = kind_of(format->sample);
    if (kind->bytes == 0 || !valid_bits_ok(kind, format->valid_bits))
        return false;
    if (format->channels < 1 || format->channels > MMK_CHANNELS_MAX)
        return false;
    if (format->rate_hz < MMK_RATE_MIN_HZ || format->rate_hz > MMK_RATE_MAX_HZ)
        return false;
    return (format->channel_mask & ~SPEAKERS_KNOWN) == 0 &&
           count_bits(format->channel_mask) <= format->channels;
}

size_t mmk_format_frame_bytes(const struct mmk_format *format)
{
    if (!mmk_format_valid(format))
        return 0;
    return mmk_sample_bytes(format->sample) * format->channels;
}

uint32_t mmk_channel_mask_default(unsigned channels)
{
    /* KSAUDIO_SPEAKER_MONO, STEREO, 3POINT0, QUAD, 5.1 back without its LFE, 5POINT1, 7POINT0,
     * 7POINT1_SURROUND */
    static const uint32_t masks[MMK_CHANNELS_MAX + 1] = {0,    0x4,  0x3,   0x7,  0x33,
                                                         0x37, 0x3f, 0x637, 0x63f};
    return channels <= MMK_CHANNELS_MAX ? masks[channels] : 0;
}

static uint32_t effective_mask(const struct mmk_format *format)
{
    return format->channel_mask != 0 ? format->channel_mask
                                     : mmk_channel_mask_default(format->channels);
}

bool mmk_format_same(const struct mmk_format *a, const struct mmk_format *b)
{
    return a->sample == b->sample && a->channels == b->channels && a->valid_bits == b->valid_bits &&
           a->rate_hz == b->rate_hz && effective_mask(a) == effective_mask(b);
}

/* ------------------------------------------------------------------ from WAVEFORMATEX */

/* The fields of the two structures, as found. */
struct wfx {
    uint16_t tag; /* of the sub-format, if extensible */
    uint16_t channels;
    uint32_t rate_hz;
    uint16_t block_align;
    uint16_t bits; /* of the container */
    uint16_t valid_bits;
    uint32_t mask;
};

static bool read_extensible(const uint8_t *p, size_t len, struct wfx *w)
{
    const uint16_t extra = mmki_get_u16le(p + 16); /* first: it says how much there is to read */
    if (len < EXTENSIBLE_BYTES || extra < EXTENSIBLE_EXTRA || extra > len - EX_BYTES)
        return false;
    if (memcmp(p + 26, subtype_tail, sizeof subtype_tail) != 0)
        return false;
    w->valid_bits = mmki_get_u16le(p + 18);
    w->mask = mmki_get_u32le(p + 20);
    w->tag = mmki_get_u16le(p + 24);
    return w->tag != TAG_EXTENSIBLE;
}

static bool read_fields(const uint8_t *p, size_t len, struct wfx *w)
{
    if (len < PCM_BYTES)
        return false;
    w->tag = mmki_get_u16le(p);
    w->channels = mmki_get_u16le(p + 2);
    w->rate_hz = mmki_get_u32le(p + 4);
    w->block_align = mmki_get_u16le(p + 12);
    w->bits = mmki_get_u16le(p + 14);
    w->valid_bits = w->bits;
    w->mask = 0;
    if (w->tag == TAG_PCM)
        return true; /* PCMWAVEFORMAT has no cbSize, and Windows ignores it with PCM */
    if (len < EX_BYTES)
        return false;
    if (w->tag == TAG_EXTENSIBLE)
        return read_extensible(p, len, w);
    return mmki_get_u16le(p + 16) <= len - EX_BYTES;
}

static mmk_sample sample_of(uint16_t tag, uint16_t bits)
{
    for (unsigned i = 1; i < MMK_SAMPLE_COUNT; i++)
        if (kinds[i].tag == tag && kinds[i].bytes * 8u == bits)
            return (mmk_sample)i;
    return MMK_SAMPLE_NONE;
}

/* Bits beyond the channels are ignored from the top, as WAVEFORMATEXTENSIBLE's page says;
 * SPEAKER_ALL names no order. */
static uint32_t trim_mask(uint32_t mask, unsigned channels)
{
    if (mask == SPEAKER_ALL)
        return 0;
    uint32_t kept = 0;
    for (unsigned n = 0; n < channels && mask != 0; n++) {
        const uint32_t lowest = mask & (~mask + 1u);
        kept |= lowest;
        mask &= ~lowest;
    }
    return kept;
}

mmk_err mmk_format_from_wfx(const void *wfx, size_t len_bytes, struct mmk_format *out)
{
    struct wfx w;
    if (wfx == NULL || out == NULL)
        return MMK_ERR_INVAL;
    if (!read_fields((const uint8_t *)wfx, len_bytes, &w))
        return MMK_ERR_FORMAT;
    struct mmk_format format = {.sample = sample_of(w.tag, w.bits),
                                .channels = w.channels,
                                .valid_bits = w.valid_bits,
                                .rate_hz = w.rate_hz};
    if (w.mask != SPEAKER_ALL && (w.mask & ~SPEAKERS_KNOWN) != 0)
        return MMK_ERR_FORMAT;
    format.channel_mask = trim_mask(w.mask, w.channels);
    if (mmk_format_frame_bytes(&format) != w.block_align || w.block_align == 0)
        return MMK_ERR_FORMAT;
    *out = format;
    return MMK_OK;
}

/* ------------------------------------------------------------------ to WAVEFORMATEX */

static bool needs_extensible(const struct mmk_format *format, bool asked)
{
    const struct sample_kind *kind = kind_of(format->sample);
    if (format->channels > 2 || format->valid_bits != kind->bytes * 8u)
        return true;
    if (effective_mask(format) != mmk_channel_mask_default(format->channels))
        return true;
    return asked && kind->tag == TAG_PCM && kind->bytes > 2;
}

static void put_extension(const struct mmk_format *format, uint8_t *p)
{
    mmki_put_u16le(p, TAG_EXTENSIBLE);
    mmki_put_u16le(p + 16, EXTENSIBLE_EXTRA);
    mmki_put_u16le(p + 18, format->valid_bits);
    mmki_put_u32le(p + 20, effective_mask(format));
    mmki_put_u16le(p + 24, kind_of(format->sample)->tag);
    memcpy(p + 26, subtype_tail, sizeof subtype_tail);
}

mmk_err mmk_format_to_wfx(const struct mmk_format *format, bool extensible, void *buf, size_t *len)
{
    uint8_t *p = (uint8_t *)buf;
    const uint32_t frame_bytes = (uint32_t)mmk_format_frame_bytes(format);
    if (buf == NULL || len == NULL || frame_bytes == 0)
        return MMK_ERR_INVAL;
    mmki_put_u16le(p, kind_of(format->sample)->tag);
    mmki_put_u16le(p + 2, format->channels);
    mmki_put_u32le(p + 4, format->rate_hz);
    mmki_put_u32le(p + 8, format->rate_hz * frame_bytes); /* at most 384,000 * 64 */
    mmki_put_u16le(p + 12, (uint16_t)frame_bytes);
    mmki_put_u16le(p + 14, (uint16_t)(mmk_sample_bytes(format->sample) * 8));
    mmki_put_u16le(p + 16, 0);
    *len = EX_BYTES;
    if (needs_extensible(format, extensible)) {
        put_extension(format, p);
        *len = EXTENSIBLE_BYTES;
    }
    return MMK_OK;
}

/* ------------------------------------------------------------------ words */

struct writer {
    char *buf;
    size_t cap;
    size_t at;
};

static void put_text(struct writer *w, const char *text)
{
    for (; *text != '\0'; text++)
        if (w->at + 1 < w->cap)
            w->buf[w->at++] = *text;
}

static void put_number(struct writer *w, uint32_t number)
{
    char digits[11];
    char *p = digits + sizeof digits - 1;
    *p = '\0';
    do {
        *--p = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    put_text(w, p);
}

void mmk_format_text(const struct mmk_format *format, char *buf, size_t cap)
{
    struct writer w = {buf, cap, 0};
    if (cap == 0)
        return;
    put_number(&w, format->rate_hz);
    put_text(&w, " Hz, ");
    put_number(&w, format->channels);
    put_text(&w, format->channels == 1 ? " channel, " : " channels, ");
    put_text(&w, mmk_sample_name(format->sample));
    if (format->valid_bits != mmk_sample_bytes(format->sample) * 8) {
        put_text(&w, " (");
        put_number(&w, format->valid_bits);
        put_text(&w, " bits used)");
    }
    buf[w.at] = '\0';
}
