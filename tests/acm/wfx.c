/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "acm/wfx.h"

#include <stdio.h>
#include <string.h>

static void put(struct wfx *f, size_t at, size_t width, uint32_t v)
{
    for (size_t i = 0; i < width; i++)
        f->b[at + i] = (uint8_t)(v >> 8 * i);
}

static struct wfx base(uint16_t tag, uint32_t rate, unsigned channels, unsigned bits,
                       unsigned block, unsigned frames, size_t extra)
{
    struct wfx f;
    memset(&f, 0, sizeof f);
    f.rate = rate;
    f.channels = channels;
    f.block = block;
    f.frames = frames;
    f.bits = bits;
    f.tag = tag;
    f.n = 18 + extra;
    put(&f, 0, 2, tag);
    put(&f, 2, 2, channels);
    put(&f, 4, 4, rate);
    put(&f, 8, 4, (uint32_t)((uint64_t)rate * block / frames));
    put(&f, 12, 2, block);
    put(&f, 14, 2, bits);
    put(&f, 16, 2, (uint32_t)extra);
    snprintf(f.name, sizeof f.name, "tag %x, %u Hz, %u ch, %u bits", tag, (unsigned)rate, channels,
             bits);
    return f;
}

struct wfx wfx_plain(uint16_t tag, uint32_t rate, unsigned channels, unsigned bits)
{
    return base(tag, rate, channels, bits, channels * bits / 8, 1, 0);
}

struct wfx wfx_extensible(uint32_t rate, unsigned channels, unsigned bits, unsigned valid)
{
    static const uint8_t pcm[16] = {1,    0, 0,    0,    0,    0,    0x10, 0,
                                    0x80, 0, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71};
    static const uint32_t masks[9] = {0, 4, 3, 7, 0x33, 0x37, 0x3F, 0x13F, 0x63F};
    struct wfx f = base(0xFFFE, rate, channels, bits, channels * bits / 8, 1, 22);
    put(&f, 18, 2, valid);
    put(&f, 20, 4, masks[channels]);
    memcpy(f.b + 24, pcm, 16);
    return f;
}

struct wfx wfx_codec(uint16_t tag, uint32_t rate, unsigned channels, unsigned block)
{
    static const int coefs[14] = {256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232};
    unsigned frames;
    struct wfx f;

    block = block ? block : 256 * channels;
    if (tag == 0x31)
        return f = base(tag, rate, 1, 0, 65, 320, 2), put(&f, 18, 2, 320), f;
    if (tag == 0x11) {
        frames = (block - 4 * channels) * 8 / (4 * channels) + 1;
        f = base(tag, rate, channels, 4, block, frames, 2);
        put(&f, 18, 2, frames);
        return f;
    }
    frames = (block - 7 * channels) * 8 / (4 * channels) + 2;
    f = base(tag, rate, channels, 4, block, frames, 32);
    put(&f, 18, 2, frames);
    put(&f, 20, 2, 7);
    for (unsigned i = 0; i < 14; i++)
        put(&f, 22 + 2 * i, 2, (uint32_t)coefs[i] & 0xFFFF);
    return f;
}

size_t wfx_some(struct wfx *out)
{
    size_t n = 0;
    out[n++] = wfx_plain(1, 8000, 1, 8);
    out[n++] = wfx_plain(1, 44100, 1, 16);
    out[n++] = wfx_plain(1, 44100, 2, 16);
    out[n++] = wfx_plain(1, 48000, 2, 24);
    out[n++] = wfx_plain(1, 44100, 2, 32);
    out[n++] = wfx_plain(3, 44100, 2, 32);
    out[n++] = wfx_plain(3, 22050, 1, 64);
    out[n++] = wfx_extensible(48000, 6, 24, 24);
    out[n++] = wfx_extensible(44100, 8, 16, 16);
    out[n++] = wfx_extensible(44100, 2, 32, 20);
    out[n++] = wfx_plain(6, 8000, 1, 8);
    out[n++] = wfx_plain(7, 44100, 2, 8);
    out[n++] = wfx_codec(0x11, 44100, 2, 0);
    out[n++] = wfx_codec(0x11, 8000, 1, 37);
    out[n++] = wfx_codec(2, 44100, 2, 0);
    out[n++] = wfx_codec(2, 22050, 1, 70);
    out[n++] = wfx_codec(0x31, 8000, 1, 0);
    out[n++] = wfx_codec(0x31, 44100, 1, 0);
    return n;
}
