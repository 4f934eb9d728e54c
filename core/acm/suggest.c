/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include "acm/acm_internal.h"

/* ACMDM_FORMAT_SUGGEST: a destination for a source, with some of tag, channels, rate and bits
 * given.
 *
 * What is not given stays as the source has it; the tag becomes PCM, of 16 bits where the source is
 * compressed, float or wider (what most programs can use). A codec that has not as many channels
 * gets as many as it has. PCM about which nothing at all is said becomes the first codec's format
 * that fits: a driver that says it is a codec is expected to do more than hand PCM back (Wine's
 * conformance test of msacm32, which Windows passes). Whatever is suggested can be opened: it is
 * tried. */

struct request {
    uint32_t flags;
    const void *src;
    uint32_t src_bytes;
    uint8_t *dst;
    uint32_t dst_bytes;
};

/* Windows' layout and Wine's, told apart by cbStruct. */
static bool take_request(uintptr_t l1, struct request *r)
{
    struct mmk_acmdrvformatsuggest packed;
    struct mmk_acmdrvformatsuggest_wine wine;
    uint32_t size;

    if (l1 == 0)
        return false;
    memcpy(&size, (const void *)l1, sizeof size);
    if (size >= sizeof wine) {
        memcpy(&wine, (const void *)l1, sizeof wine);
        *r = (struct request){wine.fdwSuggest, wine.pwfxSrc, wine.cbwfxSrc, (uint8_t *)wine.pwfxDst,
                              wine.cbwfxDst};
        return true;
    }
    if (size < sizeof packed)
        return false;
    memcpy(&packed, (const void *)l1, sizeof packed);
    *r = (struct request){packed.fdwSuggest, packed.pwfxSrc, packed.cbwfxSrc,
                          (uint8_t *)packed.pwfxDst, packed.cbwfxDst};
    return true;
}

#define GIVEN(r, name) (((r)->flags & MMK_ACM_FORMATSUGGESTF_##name) != 0)

static unsigned bits_for(const struct mmki_acm_format *src, uint16_t tag)
{
    if (tag != MMKI_TAG_PCM)
        return 0; /* the tag's own */
    if (src->codec == NULL && src->pcm.sample == MMK_SAMPLE_U8)
        return 8;
    return 16;
}

static mmk_err choose_codec(const struct mmk_acm *acm, const struct request *r,
                            const struct mmki_acm_format *src, uint8_t *buf, size_t *len)
{
    for (size_t i = 0; i < acm->codecs.n; i++) {
        const struct mmk_codec *codec = acm->codecs.list[i];
        const unsigned channels =
            src->pcm.channels < codec->channels_max ? src->pcm.channels : codec->channels_max;
        if (codec->encode != NULL &&
            mmki_acm_write(&acm->codecs, codec->tag, src->pcm.rate_hz, channels, 0, buf, len) ==
                MMK_OK &&
            *len <= r->dst_bytes)
            return MMK_OK;
    }
    return MMK_ERR_FORMAT;
}

static mmk_err choose(const struct mmk_acm *acm, const struct request *r,
                      const struct mmki_acm_format *src, uint8_t *buf, size_t *len)
{
    const uint16_t tag = GIVEN(r, WFORMATTAG) ? mmki_get_u16le(r->dst) : MMKI_TAG_PCM;
    const struct mmk_codec *codec = mmki_codec_of(&acm->codecs, tag);
    unsigned channels = src->pcm.channels, bits = bits_for(src, tag);
    uint32_t rate_hz = src->pcm.rate_hz;

    if (r->flags == 0 && src->tag == MMKI_TAG_PCM && choose_codec(acm, r, src, buf, len) == MMK_OK)
        return MMK_OK;
    if (codec != NULL && channels > codec->channels_max)
        channels = codec->channels_max;
    if (GIVEN(r, NCHANNELS))
        channels = mmki_get_u16le(r->dst + 2);
    if (GIVEN(r, NSAMPLESPERSEC))
        rate_hz = mmki_get_u32le(r->dst + 4);
    if (GIVEN(r, WBITSPERSAMPLE)) {
        bits = mmki_get_u16le(r->dst + 14);
        if (bits == 0 && (codec == NULL || codec->bits != 0))
            return MMK_ERR_FORMAT;
    }
    return mmki_acm_write(&acm->codecs, tag, rate_hz, channels, bits, buf, len);
}

uint32_t mmki_acm_suggest(struct mmk_acm *acm, uintptr_t l1)
{
    struct request r;
    struct mmki_acm_format src;
    struct mmk_transcoder_config config;
    uint8_t wfx[MMK_ACM_FORMAT_MAX];
    size_t len, n_bytes;

    if (!take_request(l1, &r) || r.src == NULL || r.dst == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    if ((r.flags & ~MMK_ACM_FORMATSUGGESTF_TYPEMASK) != 0)
        return MMK_MMSYSERR_INVALFLAG;
    if ((r.flags & (MMK_ACM_FORMATSUGGESTF_TYPEMASK & ~0x000F0000u)) != 0)
        return MMK_MMSYSERR_NOTSUPPORTED;
    if (r.dst_bytes < 16)
        return MMK_MMSYSERR_INVALPARAM;
    if (mmki_acm_read(&acm->codecs, r.src, r.src_bytes, &src) != MMK_OK ||
        choose(acm, &r, &src, wfx, &len) != MMK_OK)
        return MMK_ACMERR_NOTPOSSIBLE;
    if (r.dst_bytes < (mmki_get_u16le(wfx) == MMKI_TAG_PCM ? 16 : len))
        return MMK_MMSYSERR_INVALPARAM;
    memset(&config, 0, sizeof config);
    config.src = r.src;
    config.src_bytes = r.src_bytes;
    config.dst = wfx;
    config.dst_bytes = len;
    config.codecs = acm->codecs.list;
    config.n_codecs = acm->codecs.n;
    if (mmk_transcoder_bytes(&config, &n_bytes) != MMK_OK)
        return MMK_ACMERR_NOTPOSSIBLE;
    memcpy(r.dst, wfx, len < r.dst_bytes ? len : r.dst_bytes);
    return MMK_MMSYSERR_NOERROR;
}
