/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WINE_SPATIAL_H
#define MMK_WINE_SPATIAL_H

/**
 * Spatial audio with static objects: one for each speaker of a room that the program chose. An
 * object is a mono buffer that the program fills in every period; a stream puts them together into
 * one shared-mode client of its own, so volumes, sessions and the meters know it as any other.
 *
 * The client's channels are the speakers of the stream's objects: what the device lacks of them is
 * the engine's to fold. A client has 8 channels at most; where a room has more speakers (7.1.4),
 * those over head are folded onto the ones at ear level by the same matrix of the core.
 *
 * Dynamic objects need a renderer, which Wine has not either: there are 0 of them. As over Wine's
 * own drivers (its conformance tests say so) an object does not tell whether it is active, and
 * cannot be ended before it is released.
 */

#include "wine_internal.h"

#include <spatialaudioclient.h>

#define MMKI_SPATIAL_RATE_HZ 48000u
#define MMKI_SPATIAL_TYPES   18u /* bits of AudioObjectType, AudioObjectType_Dynamic is the first */

struct mmki_spatial_stream;

struct mmki_spatial_object {
    ISpatialAudioObject object;
    LONG refs;
    struct mmki_spatial_stream *stream; /* kept */
    AudioObjectType type;
    /* under the stream's lock */
    struct mmki_spatial_object *next;
    float volume;       /* wanted from now on */
    float volume_given; /* at the end of the last period */
    float *samples;     /* of one period */
};

/** Where the sound of one type of object goes. */
struct mmki_spatial_route {
    bool known;
    bool alone; /* to one channel, unchanged, and no other type goes there */
    unsigned channel;
    float gains[MMK_CHANNELS_MAX];
};

/** The client's channels for a choice of objects. */
struct mmki_spatial_room {
    unsigned channels; /* 0: nothing can be heard */
    uint32_t mask;
    struct mmki_spatial_route routes[MMKI_SPATIAL_TYPES];
};

/* spatial_room.c */
void mmki_spatial_room(struct mmki_spatial_room *room, uint32_t types);
/** The types whose speakers a channel mask names. */
uint32_t mmki_spatial_types_of(uint32_t channel_mask);
/** Bit number of one type; MMKI_SPATIAL_TYPES if it is not exactly one. */
unsigned mmki_spatial_index(uint32_t type);
/** Where a static object stands, in metres from the listener: right, up, behind. */
bool mmki_spatial_position(uint32_t type, float *x, float *y, float *z);

struct mmki_spatial_stream {
    ISpatialAudioObjectRenderStream stream;
    IUnknown *marshaler;
    LONG refs;
    IUnknown *parent; /* the ISpatialAudioClient, kept */
    ISpatialAudioObjectRenderStreamNotify *notify;
    IAudioClient *client;
    IAudioRenderClient *render;
    uint32_t types; /* objects that may be activated */
    uint32_t period_frames, buffer_frames;
    struct mmki_spatial_room room;
    const struct mmk_dsp *dsp;
    SRWLOCK lock; /* all below */
    bool started;
    bool updating;
    uint32_t update_frames;
    float *scratch; /* one object's sound in all channels */
    struct mmki_spatial_object *objects;
};

/** Whether objects may have this format: mono, 32-bit float, MMKI_SPATIAL_RATE_HZ. */
bool mmki_spatial_format(const WAVEFORMATEX *wfx);

/** @param parameters  checked by the caller */
HRESULT mmki_spatial_stream_new(struct mmki_endpoint *endpoint, IUnknown *parent,
                                const SpatialAudioObjectRenderStreamActivationParams *parameters,
                                void **out);

/** Make an object and put it in the stream's list. With the stream's lock. */
HRESULT mmki_spatial_object_new(struct mmki_spatial_stream *stream, AudioObjectType type,
                                ISpatialAudioObject **out);
/** Add one period of the object to the client's buffer. With the stream's lock. */
void mmki_spatial_object_mix(struct mmki_spatial_object *object, float *out);

#endif
