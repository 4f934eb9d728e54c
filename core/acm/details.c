/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include <mmk/text.h>

#include "acm/acm_internal.h"

/* What the driver is and which formats and filters it lists. Each structure is the client's memory
 * at any address: it is copied in as far as its size says, filled, and copied back no further. */

/* ------------------------------------------------------------------ the client's structures */

/* @return false: too small to hold `least` bytes */
static bool take(void *own, size_t cap, size_t least, uintptr_t client)
{
    uint32_t size;
    memset(own, 0, cap);
    if (client == 0)
        return false;
    memcpy(&size, (const void *)client, sizeof size);
    if (size < least)
        return false;
    memcpy(own, (const void *)client, size < cap ? size : cap);
    return true;
}

static void give(const void *own, size_t cap, uintptr_t client)
{
    uint32_t size;
    memcpy(&size, (const void *)client, sizeof size);
    size = size < cap ? size : (uint32_t)cap;
    memcpy((char *)client + 4, (const char *)own + 4, size - 4); /* cbStruct stays */
}

static void put_text(mmk_char16 *to, size_t cap, const char *text)
{
    size_t i = 0;
    for (; text != NULL && text[i] != '\0' && i + 1 < cap; i++)
        to[i] = (mmk_char16)(unsigned char)text[i];
    to[i] = 0;
}

#define PUT_TEXT(field, text) put_text(field, sizeof(field) / sizeof((field)[0]), text)

/* ------------------------------------------------------------------ tags */

size_t mmki_acm_n_tags(const struct mmk_acm *acm)
{
    return 3 + acm->codecs.n;
}

uint16_t mmki_acm_tag(const struct mmk_acm *acm, size_t index)
{
    static const uint16_t by_samples[3] = {MMKI_TAG_PCM, MMKI_TAG_FLOAT, MMKI_TAG_EXTENSIBLE};
    return index < 3 ? by_samples[index] : acm->codecs.list[index - 3]->tag;
}

static bool index_of(const struct mmk_acm *acm, uint32_t tag, size_t *index)
{
    for (*index = 0; *index < mmki_acm_n_tags(acm); ++*index)
        if (mmki_acm_tag(acm, *index) == tag)
            return true;
    return false;
}

/* ------------------------------------------------------------------ formats of a tag */

/* Those that lists show; any other rate, channel count and width is served all the same. */
static const uint32_t pcm_rates[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 192000};
static const uint16_t pcm_bits[] = {8, 16, 24, 32};
static const uint16_t float_bits[] = {32};
static const uint16_t wide_bits[] = {16, 24};
static const uint16_t pcm_channels[] = {1, 2};
static const uint16_t wide_channels[] = {4, 6, 8};

struct list {
    const uint32_t *rates;
    const uint16_t *channels, *bits;
    size_t n_rates, n_channels, n_bits;
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct list list_of(const struct mmk_acm *acm, uint16_t tag)
{
    const struct mmk_codec *codec = mmki_codec_of(&acm->codecs, tag);
    struct list l = {pcm_rates, pcm_channels, pcm_bits, COUNT(pcm_rates), 2, COUNT(pcm_bits)};
    if (tag == MMKI_TAG_FLOAT) {
        l.bits = float_bits;
        l.n_bits = COUNT(float_bits);
    } else if (tag == MMKI_TAG_EXTENSIBLE) {
        l.channels = wide_channels;
        l.n_channels = COUNT(wide_channels);
        l.bits = wide_bits;
        l.n_bits = COUNT(wide_bits);
    } else if (codec != NULL) {
        l.rates = codec->rates;
        l.bits = &codec->bits;
        l.n_bits = 1;
        for (l.n_rates = 0; codec->rates[l.n_rates] != 0;)
            l.n_rates++;
        l.n_channels = codec->channels_max < 2 ? 1 : 2;
    }
    return l;
}

static uint32_t format_count(const struct list *l)
{
    return (uint32_t)(l->n_rates * l->n_channels * l->n_bits);
}

static mmk_err format_at(const struct mmk_acm *acm, uint16_t tag, uint32_t index, uint8_t *buf,
                         size_t *len)
{
    const struct list l = list_of(acm, tag);
    const size_t bits = index % l.n_bits, channels = index / l.n_bits % l.n_channels;
    const size_t rate = index / l.n_bits / l.n_channels;
    if (rate >= l.n_rates)
        return MMK_ERR_RANGE;
    return mmki_acm_write(&acm->codecs, tag, l.rates[rate], l.channels[channels], l.bits[bits], buf,
                          len);
}

/* The largest format that the driver could give of a tag. */
static uint32_t format_size(const struct mmk_acm *acm, uint16_t tag)
{
    const struct mmk_codec *codec = mmki_codec_of(&acm->codecs, tag);
    if (tag == MMKI_TAG_PCM)
        return 16;
    if (tag == MMKI_TAG_EXTENSIBLE)
        return MMK_WAVEFORMAT_MAX_BYTES;
    return 18u + (codec != NULL ? codec->extra_bytes : 0u);
}

/* ------------------------------------------------------------------ driver */

static uint32_t support(const struct mmk_acm *acm)
{
    return MMK_ACMDRIVERDETAILS_SUPPORTF_CODEC | MMK_ACMDRIVERDETAILS_SUPPORTF_CONVERTER |
           MMK_ACMDRIVERDETAILS_SUPPORTF_ASYNC |
           (acm->cls->filters ? MMK_ACMDRIVERDETAILS_SUPPORTF_FILTER : 0u);
}

uint32_t mmki_acm_driver_details(struct mmk_acm *acm, uintptr_t l1)
{
    const struct mmk_acm_class *cls = acm->cls;
    struct mmk_acmdriverdetailsw d;

    if (!take(&d, sizeof d, 4, l1))
        return MMK_MMSYSERR_INVALPARAM;
    memset((char *)&d + 4, 0, sizeof d - 4);
    d.fccType = MMK_ACMDRIVERDETAILS_FCCTYPE_AUDIOCODEC;
    d.fccComp = MMK_ACMDRIVERDETAILS_FCCCOMP_UNDEFINED;
    d.wMid = cls->manufacturer_id;
    d.wPid = cls->product_id;
    d.vdwACM = 0x03320000u; /* 3.50, as the ACM's version numbers go */
    d.vdwDriver = cls->version;
    d.fdwSupport = support(acm);
    d.cFormatTags = (uint32_t)mmki_acm_n_tags(acm);
    d.cFilterTags = cls->filters ? 2 : 0;
    PUT_TEXT(d.szShortName, cls->short_name);
    PUT_TEXT(d.szLongName, cls->long_name);
    PUT_TEXT(d.szCopyright, cls->copyright);
    PUT_TEXT(d.szLicensing, "MIT licence");
    PUT_TEXT(d.szFeatures, cls->features);
    give(&d, sizeof d, l1);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ format tags */

static bool find_largest(const struct mmk_acm *acm, uint32_t tag, size_t *index)
{
    uint32_t most = 0;
    if (tag != 0)
        return index_of(acm, tag, index);
    for (size_t i = 0; i < mmki_acm_n_tags(acm); i++) {
        const uint32_t size = format_size(acm, mmki_acm_tag(acm, i));
        if (size > most) {
            most = size;
            *index = i;
        }
    }
    return true;
}

uint32_t mmki_acm_tag_details(struct mmk_acm *acm, uintptr_t l1, uint32_t query)
{
    struct mmk_acmformattagdetailsw d;
    const struct mmk_codec *codec;
    size_t index = 0;
    bool found;

    if (!take(&d, sizeof d, sizeof d - sizeof d.szFormatTag, l1))
        return MMK_MMSYSERR_INVALPARAM;
    switch (query & MMK_ACM_FORMATTAGDETAILSF_QUERYMASK) {
    case MMK_ACM_FORMATTAGDETAILSF_INDEX:
        index = d.dwFormatTagIndex;
        found = index < mmki_acm_n_tags(acm);
        break;
    case MMK_ACM_FORMATTAGDETAILSF_FORMATTAG:
        found = index_of(acm, d.dwFormatTag, &index);
        break;
    case MMK_ACM_FORMATTAGDETAILSF_LARGESTSIZE:
        found = find_largest(acm, d.dwFormatTag, &index);
        break;
    default:
        return MMK_MMSYSERR_NOTSUPPORTED;
    }
    if (!found)
        return MMK_ACMERR_NOTPOSSIBLE;
    const uint16_t tag = mmki_acm_tag(acm, index);
    const struct list l = list_of(acm, tag);
    d.dwFormatTagIndex = (uint32_t)index;
    d.dwFormatTag = tag;
    d.cbFormatSize = format_size(acm, tag);
    d.fdwSupport = support(acm) & ~MMK_ACMDRIVERDETAILS_SUPPORTF_FILTER;
    d.cStandardFormats = format_count(&l);
    codec = mmki_codec_of(&acm->codecs, tag);
    PUT_TEXT(d.szFormatTag, codec != NULL                ? codec->name
                            : tag == MMKI_TAG_FLOAT      ? "IEEE Float"
                            : tag == MMKI_TAG_EXTENSIBLE ? "Extensible"
                                                         : ""); /* PCM's name is the ACM's */
    give(&d, sizeof d, l1);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ formats */

/* A client that says pwfx holds more than it does is not ours to find out; less is. */
static uint32_t give_format(struct mmk_acmformatdetailsw *d, const uint8_t *wfx, size_t len)
{
    const size_t least = d->dwFormatTag == MMKI_TAG_PCM ? 16 : len;
    if (d->pwfx == NULL || d->cbwfx < least)
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(d->pwfx, wfx, len < d->cbwfx ? len : d->cbwfx);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_acm_format_details(struct mmk_acm *acm, uintptr_t l1, uint32_t query)
{
    struct mmk_acmformatdetailsw d;
    struct mmki_acm_format format;
    uint8_t wfx[MMK_ACM_FORMAT_MAX];
    size_t index, len;
    uint32_t answer;

    if (!take(&d, sizeof d, sizeof d - sizeof d.szFormat, l1))
        return MMK_MMSYSERR_INVALPARAM;
    switch (query & MMK_ACM_FORMATDETAILSF_QUERYMASK) {
    case MMK_ACM_FORMATDETAILSF_INDEX:
        if (!index_of(acm, d.dwFormatTag, &index) ||
            format_at(acm, (uint16_t)d.dwFormatTag, d.dwFormatIndex, wfx, &len) != MMK_OK)
            return MMK_ACMERR_NOTPOSSIBLE;
        answer = give_format(&d, wfx, len);
        if (answer != MMK_MMSYSERR_NOERROR)
            return answer;
        break;
    case MMK_ACM_FORMATDETAILSF_FORMAT:
        if (d.pwfx == NULL)
            return MMK_MMSYSERR_INVALPARAM;
        if (mmki_acm_read(&acm->codecs, d.pwfx, d.cbwfx, &format) != MMK_OK ||
            (d.dwFormatTag != 0 && d.dwFormatTag != format.tag))
            return MMK_ACMERR_NOTPOSSIBLE;
        d.dwFormatTag = format.tag;
        break;
    default:
        return MMK_MMSYSERR_NOTSUPPORTED;
    }
    d.fdwSupport = support(acm) & ~MMK_ACMDRIVERDETAILS_SUPPORTF_FILTER;
    d.szFormat[0] = 0; /* the ACM writes "8.000 kHz, 4 Bit, Mono" itself */
    give(&d, sizeof d, l1);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ filters */

static const struct {
    uint32_t tag, bytes;
    const char *name;
} filter_tags[2] = {{MMKI_FILTER_VOLUME, 36, "Volume"}, {MMKI_FILTER_ECHO, 40, "Echo"}};

static const struct {
    uint32_t volume, delay_ms;
    const char *name;
} volumes[] = {{0x8000, 0, "Half"},
               {0xC000, 0, "Three quarters"},
               {0x18000, 0, "One and a half"},
               {0x20000, 0, "Double"}},
  echoes[] = {{0x8000, 250, "A quarter second, half volume"},
              {0x8000, 500, "Half a second, half volume"},
              {0x4000, 1000, "One second, quarter volume"}};

uint32_t mmki_acm_filtertag_details(struct mmk_acm *acm, uintptr_t l1, uint32_t query)
{
    struct mmk_acmfiltertagdetailsw d;
    uint32_t index;

    if (!acm->cls->filters)
        return MMK_MMSYSERR_NOTSUPPORTED;
    if (!take(&d, sizeof d, sizeof d - sizeof d.szFilterTag, l1))
        return MMK_MMSYSERR_INVALPARAM;
    switch (query & MMK_ACM_FILTERTAGDETAILSF_QUERYMASK) {
    case MMK_ACM_FILTERTAGDETAILSF_INDEX:
        index = d.dwFilterTagIndex;
        break;
    case MMK_ACM_FILTERTAGDETAILSF_LARGESTSIZE:
        index = d.dwFilterTag == 0 ? 1 : d.dwFilterTag - 1;
        break;
    case MMK_ACM_FILTERTAGDETAILSF_FILTERTAG:
        index = d.dwFilterTag - 1;
        break;
    default:
        return MMK_MMSYSERR_NOTSUPPORTED;
    }
    if (index > 1)
        return MMK_ACMERR_NOTPOSSIBLE;
    d.dwFilterTagIndex = index;
    d.dwFilterTag = filter_tags[index].tag;
    d.cbFilterSize = filter_tags[index].bytes;
    d.fdwSupport = MMK_ACMDRIVERDETAILS_SUPPORTF_FILTER | MMK_ACMDRIVERDETAILS_SUPPORTF_ASYNC;
    d.cStandardFilters = (uint32_t)(index == 0 ? COUNT(volumes) : COUNT(echoes));
    PUT_TEXT(d.szFilterTag, filter_tags[index].name);
    give(&d, sizeof d, l1);
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t filter_at(struct mmk_acmfilterdetailsw *d)
{
    const uint32_t kind = d->dwFilterTag - 1, i = d->dwFilterIndex;
    uint8_t f[40] = {0};

    if (kind > 1 || i >= (kind == 0 ? COUNT(volumes) : COUNT(echoes)))
        return MMK_ACMERR_NOTPOSSIBLE;
    if (d->pwfltr == NULL || d->cbwfltr < filter_tags[kind].bytes)
        return MMK_MMSYSERR_INVALPARAM;
    mmki_put_u32le(f, filter_tags[kind].bytes);
    mmki_put_u32le(f + 4, filter_tags[kind].tag);
    mmki_put_u32le(f + 32, kind == 0 ? volumes[i].volume : echoes[i].volume);
    mmki_put_u32le(f + 36, kind == 0 ? 0 : echoes[i].delay_ms);
    memcpy(d->pwfltr, f, filter_tags[kind].bytes);
    PUT_TEXT(d->szFilter, kind == 0 ? volumes[i].name : echoes[i].name);
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t filter_check(struct mmk_acmfilterdetailsw *d)
{
    struct mmki_filter filter;
    uint32_t size;
    if (d->pwfltr == NULL || d->cbwfltr < sizeof(struct mmk_wavefilter))
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(&size, d->pwfltr, sizeof size);
    if (size > d->cbwfltr || mmki_filter_read(d->pwfltr, 48000, &filter) != MMK_OK ||
        (d->dwFilterTag != 0 && d->dwFilterTag != filter.tag))
        return MMK_ACMERR_NOTPOSSIBLE;
    d->dwFilterTag = filter.tag;
    PUT_TEXT(d->szFilter, filter_tags[filter.tag - 1].name);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_acm_filter_details(struct mmk_acm *acm, uintptr_t l1, uint32_t query)
{
    struct mmk_acmfilterdetailsw d;
    uint32_t answer;

    if (!acm->cls->filters)
        return MMK_MMSYSERR_NOTSUPPORTED;
    if (!take(&d, sizeof d, sizeof d - sizeof d.szFilter, l1))
        return MMK_MMSYSERR_INVALPARAM;
    switch (query & MMK_ACM_FILTERDETAILSF_QUERYMASK) {
    case MMK_ACM_FILTERDETAILSF_INDEX:
        answer = filter_at(&d);
        break;
    case MMK_ACM_FILTERDETAILSF_FILTER:
        answer = filter_check(&d);
        break;
    default:
        return MMK_MMSYSERR_NOTSUPPORTED;
    }
    if (answer != MMK_MMSYSERR_NOERROR)
        return answer;
    d.fdwSupport = MMK_ACMDRIVERDETAILS_SUPPORTF_FILTER | MMK_ACMDRIVERDETAILS_SUPPORTF_ASYNC;
    give(&d, sizeof d, l1);
    return MMK_MMSYSERR_NOERROR;
}
