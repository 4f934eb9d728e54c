/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* Speakers by their bit in a channel mask (KSAUDIO_SPEAKER_*, ksmedia.h). */
enum { FL, FR, FC, LFE, BL, BR, FLC, FRC, BC, SL, SR, TC, TFL, TFC, TFR, TBL, TBC, TBR, SPEAKERS };

#define NOWHERE  255u
#define UNPLACED SPEAKERS /* a channel that the mask has no bit for */
#define DB3      0.70710678118654752440f
#define DB6      0.5f

/* Where a speaker goes that the target does not have: the first choice all of whose speakers are
 * there. BS.775 annex 4 gives those into left, right and centre; the others follow its pattern: to
 * the nearest speaker of the same side at unity where it only moves, at -3 dB where it is spread or
 * its place is taken. */
struct choice {
    uint8_t from, to_a, to_b;
    float gain;
};

static const struct choice choices[] = {
    {FL, FC, NOWHERE, DB3},  {FR, FC, NOWHERE, DB3},   {FC, FL, FR, DB3},
    {BL, SL, NOWHERE, 1.0f}, {BL, BC, NOWHERE, DB3},   {BL, FL, NOWHERE, DB3},
    {BL, FC, NOWHERE, DB6},  {BR, SR, NOWHERE, 1.0f},  {BR, BC, NOWHERE, DB3},
    {BR, FR, NOWHERE, DB3},  {BR, FC, NOWHERE, DB6},   {SL, BL, NOWHERE, 1.0f},
    {SL, BC, NOWHERE, DB3},  {SL, FL, NOWHERE, DB3},   {SL, FC, NOWHERE, DB6},
    {SR, BR, NOWHERE, 1.0f}, {SR, BC, NOWHERE, DB3},   {SR, FR, NOWHERE, DB3},
    {SR, FC, NOWHERE, DB6},  {BC, BL, BR, DB3},        {BC, SL, SR, DB3},
    {BC, FL, FR, DB6},       {BC, FC, NOWHERE, DB6},   {FLC, FL, NOWHERE, 1.0f},
    {FLC, FC, NOWHERE, DB3}, {FRC, FR, NOWHERE, 1.0f}, {FRC, FC, NOWHERE, DB3},
    {TFL, FL, NOWHERE, DB3}, {TFL, FC, NOWHERE, DB6},  {TFR, FR, NOWHERE, DB3},
    {TFR, FC, NOWHERE, DB6}, {TFC, FC, NOWHERE, DB3},  {TFC, FL, FR, DB6},
    {TC, FL, FR, DB6},       {TC, FC, NOWHERE, DB6},   {TBL, BL, NOWHERE, DB3},
    {TBL, SL, NOWHERE, DB3}, {TBL, FL, NOWHERE, DB6},  {TBL, FC, NOWHERE, DB6},
    {TBR, BR, NOWHERE, DB3}, {TBR, SR, NOWHERE, DB3},  {TBR, FR, NOWHERE, DB6},
    {TBR, FC, NOWHERE, DB6}, {TBC, BC, NOWHERE, DB3},  {TBC, BL, BR, DB6},
    {TBC, SL, SR, DB6},      {TBC, FL, FR, DB6},       {TBC, FC, NOWHERE, DB6},
};

struct layout {
    unsigned n;
    uint8_t speaker[MMK_CHANNELS_MAX];
    uint8_t place[SPEAKERS]; /* channel of a speaker, or NOWHERE */
};

static void read_layout(struct layout *l, unsigned channels, uint32_t mask)
{
    mask = mask ? mask : mmk_channel_mask_default(channels);
    l->n = channels;
    memset(l->place, NOWHERE, sizeof l->place);
    unsigned c = 0;
    for (uint8_t s = 0; s < SPEAKERS && c < channels; s++)
        if (mask >> s & 1u) {
            l->place[s] = (uint8_t)c;
            l->speaker[c++] = s;
        }
    while (c < channels)
        l->speaker[c++] = UNPLACED;
}

static bool has(const struct layout *l, uint8_t speaker)
{
    return speaker == NOWHERE || l->place[speaker] != NOWHERE;
}

/* A speaker that moves onto one which plays its own signal too counts as spread. */
static float gain_of(const struct choice *ch, const struct layout *in)
{
    bool moved = ch->gain == 1.0f && in->place[ch->to_a] != NOWHERE;
    return moved ? DB3 : ch->gain;
}

static void fold(float *matrix, const struct layout *in, const struct layout *out, unsigned channel)
{
    uint8_t from = in->speaker[channel];
    for (size_t k = 0; k < sizeof choices / sizeof *choices; k++) {
        const struct choice *ch = &choices[k];
        if (ch->from != from || !has(out, ch->to_a) || !has(out, ch->to_b))
            continue;
        float gain = in->n == 1 ? 1.0f : gain_of(ch, in);
        matrix[out->place[ch->to_a] * in->n + channel] = gain;
        if (ch->to_b != NOWHERE)
            matrix[out->place[ch->to_b] * in->n + channel] = gain;
        return;
    }
}

static void normalise(float *matrix, unsigned in_channels, unsigned out_channels)
{
    double largest = 1.0;
    for (unsigned o = 0; o < out_channels; o++) {
        double sum = 0.0;
        for (unsigned i = 0; i < in_channels; i++)
            sum += (double)matrix[o * in_channels + i];
        largest = sum > largest ? sum : largest;
    }
    for (unsigned k = 0; k < in_channels * out_channels; k++)
        matrix[k] = (float)((double)matrix[k] / largest);
}

mmk_err mmk_remix_matrix(unsigned in_channels, uint32_t in_mask, unsigned out_channels,
                         uint32_t out_mask, float *matrix)
{
    struct layout in, out;
    if (!matrix)
        return MMK_ERR_INVAL;
    if (in_channels < 1 || in_channels > MMK_CHANNELS_MAX || out_channels < 1 ||
        out_channels > MMK_CHANNELS_MAX)
        return MMK_ERR_RANGE;
    read_layout(&in, in_channels, in_mask);
    read_layout(&out, out_channels, out_mask);
    memset(matrix, 0, sizeof *matrix * in_channels * out_channels);
    for (unsigned i = 0; i < in_channels; i++) {
        uint8_t s = in.speaker[i];
        if (s == UNPLACED) { /* no place is known: the channel of the same number, if that has none
                                either */
            if (i < out_channels && out.speaker[i] == UNPLACED)
                matrix[i * in_channels + i] = 1.0f;
        } else if (has(&out, s)) {
            matrix[out.place[s] * in_channels + i] = 1.0f;
        } else {
            fold(matrix, &in, &out, i);
        }
    }
    normalise(matrix, in_channels, out_channels);
    return MMK_OK;
}
