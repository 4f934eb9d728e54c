/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Which speaker a static object is, where it stands, and how a room of them becomes channels. */
#include "spatial.h"

#include <math.h>
#include <string.h>

#include <mmk/dsp.h>

#define DB3 0.70710678118654752440f

/* Speakers below ear level have no bit in a channel mask: they play from the one above, at -3 dB,
 * as those over head do from the one below. Angles: ITU-R BS.2051, system H and J; to the right and
 * upwards, in degrees. */
static const struct {
    uint32_t type, speaker;
    uint32_t pair; /* the two speakers whose matrix says where this one goes */
    float gain;
    int16_t azimuth, elevation;
} places[] = {
    {AudioObjectType_FrontLeft, SPEAKER_FRONT_LEFT, 0, 1.0f, -30, 0},
    {AudioObjectType_FrontRight, SPEAKER_FRONT_RIGHT, 0, 1.0f, 30, 0},
    {AudioObjectType_FrontCenter, SPEAKER_FRONT_CENTER, 0, 1.0f, 0, 0},
    {AudioObjectType_LowFrequency, SPEAKER_LOW_FREQUENCY, 0, 1.0f, 0, -30},
    {AudioObjectType_SideLeft, SPEAKER_SIDE_LEFT, 0, 1.0f, -90, 0},
    {AudioObjectType_SideRight, SPEAKER_SIDE_RIGHT, 0, 1.0f, 90, 0},
    {AudioObjectType_BackLeft, SPEAKER_BACK_LEFT, 0, 1.0f, -135, 0},
    {AudioObjectType_BackRight, SPEAKER_BACK_RIGHT, 0, 1.0f, 135, 0},
    {AudioObjectType_BackCenter, SPEAKER_BACK_CENTER, SPEAKER_BACK_CENTER | SPEAKER_LOW_FREQUENCY,
     1.0f, 180, 0},
    {AudioObjectType_TopFrontLeft, SPEAKER_TOP_FRONT_LEFT,
     SPEAKER_TOP_FRONT_LEFT | SPEAKER_TOP_FRONT_RIGHT, 1.0f, -45, 45},
    {AudioObjectType_TopFrontRight, SPEAKER_TOP_FRONT_RIGHT,
     SPEAKER_TOP_FRONT_LEFT | SPEAKER_TOP_FRONT_RIGHT, 1.0f, 45, 45},
    {AudioObjectType_TopBackLeft, SPEAKER_TOP_BACK_LEFT,
     SPEAKER_TOP_BACK_LEFT | SPEAKER_TOP_BACK_RIGHT, 1.0f, -135, 45},
    {AudioObjectType_TopBackRight, SPEAKER_TOP_BACK_RIGHT,
     SPEAKER_TOP_BACK_LEFT | SPEAKER_TOP_BACK_RIGHT, 1.0f, 135, 45},
    {AudioObjectType_BottomFrontLeft, SPEAKER_FRONT_LEFT, SPEAKER_FRONT_LEFT | SPEAKER_FRONT_RIGHT,
     DB3, -45, -30},
    {AudioObjectType_BottomFrontRight, SPEAKER_FRONT_RIGHT,
     SPEAKER_FRONT_LEFT | SPEAKER_FRONT_RIGHT, DB3, 45, -30},
    {AudioObjectType_BottomBackLeft, SPEAKER_BACK_LEFT, SPEAKER_BACK_LEFT | SPEAKER_BACK_RIGHT, DB3,
     -135, -30},
    {AudioObjectType_BottomBackRight, SPEAKER_BACK_RIGHT, SPEAKER_BACK_LEFT | SPEAKER_BACK_RIGHT,
     DB3, 135, -30},
};
#define N_PLACES (sizeof places / sizeof *places)

#define BOTTOM                                                                       \
    ((uint32_t)(AudioObjectType_BottomFrontLeft | AudioObjectType_BottomFrontRight | \
                AudioObjectType_BottomBackLeft | AudioObjectType_BottomBackRight))
#define OVERHEAD                                                                           \
    ((uint32_t)(SPEAKER_TOP_FRONT_LEFT | SPEAKER_TOP_FRONT_RIGHT | SPEAKER_TOP_BACK_LEFT | \
                SPEAKER_TOP_BACK_RIGHT))

unsigned mmki_spatial_index(uint32_t type)
{
    unsigned i = 0;
    if (type == 0 || (type & (type - 1)) != 0)
        return MMKI_SPATIAL_TYPES;
    while (i < MMKI_SPATIAL_TYPES && type >> i != 1)
        i++;
    return i;
}

uint32_t mmki_spatial_types_of(uint32_t channel_mask)
{
    uint32_t types = 0;
    for (size_t i = 0; i < N_PLACES; i++)
        if ((places[i].type & BOTTOM) == 0 && (places[i].speaker & channel_mask) != 0)
            types |= places[i].type;
    return types;
}

bool mmki_spatial_position(uint32_t type, float *x, float *y, float *z)
{
    const double degree = 3.14159265358979323846 / 180;
    for (size_t i = 0; i < N_PLACES; i++) {
        if (places[i].type != type)
            continue;
        const double azimuth = places[i].azimuth * degree, elevation = places[i].elevation * degree;
        *x = (float)(sin(azimuth) * cos(elevation));
        *y = (float)sin(elevation);
        *z = (float)(-cos(azimuth) * cos(elevation));
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ channels */

static unsigned count(uint32_t mask)
{
    unsigned n = 0;
    for (; mask != 0; mask &= mask - 1)
        n++;
    return n;
}

/* The channels are in the order of their bits. */
static unsigned channel_of(uint32_t speaker, uint32_t mask)
{
    return count(mask & (speaker - 1));
}

/* The speakers that become channels: all of them, or those that fit. */
static uint32_t choose_mask(uint32_t types)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < N_PLACES; i++)
        if ((types & places[i].type) != 0)
            mask |= places[i].speaker;
    if (count(mask) > MMK_CHANNELS_MAX)
        mask &= ~OVERHEAD;
    if (count(mask) > MMK_CHANNELS_MAX)
        mask &= ~(uint32_t)SPEAKER_BACK_CENTER;
    return mask;
}

static void make_route(struct mmki_spatial_room *room, size_t place)
{
    const uint32_t speaker = places[place].speaker;
    struct mmki_spatial_route *route = &room->routes[mmki_spatial_index(places[place].type)];
    float matrix[2 * MMK_CHANNELS_MAX];
    route->known = true;
    if (places[place].gain == 1.0f && (room->mask & speaker) != 0) {
        route->alone = true;
        route->channel = channel_of(speaker, room->mask);
        route->gains[route->channel] = 1.0f;
        return;
    }
    if (mmk_remix_matrix(2, places[place].pair, room->channels, room->mask, matrix) != MMK_OK)
        return;
    const unsigned column = channel_of(speaker, places[place].pair);
    for (unsigned c = 0; c < room->channels; c++)
        route->gains[c] = places[place].gain * matrix[2 * c + column];
}

void mmki_spatial_room(struct mmki_spatial_room *room, uint32_t types)
{
    memset(room, 0, sizeof *room);
    room->mask = choose_mask(types);
    room->channels = count(room->mask);
    for (size_t i = 0; room->channels > 0 && i < N_PLACES; i++)
        if ((types & places[i].type) != 0)
            make_route(room, i);
}
