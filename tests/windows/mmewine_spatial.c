/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A program of spatial audio with static objects.
 *
 *   mmewine_spatial rules             what the documents say of the interfaces
 *   mmewine_spatial play CAPTURED     two objects at the speakers that the device has:
 * bit-identical mmewine_spatial fold CAPTURED     one of a room of twelve, over a device with two
 * speakers
 */
#ifndef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 1
#endif
#include <initguid.h>

#include "mmewine_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <objbase.h>
#include <mmdeviceapi.h>
#include <audioclient.h>
#include <spatialaudioclient.h>

#define RATE         48000u
#define TOTAL_FRAMES 24000u
#define PATIENCE_MS  30000u
#define STEREO       (AudioObjectType_FrontLeft | AudioObjectType_FrontRight)
#define ROOM_7_1_4                                                                              \
    (STEREO | AudioObjectType_FrontCenter | AudioObjectType_LowFrequency |                      \
     AudioObjectType_SideLeft | AudioObjectType_SideRight | AudioObjectType_BackLeft |          \
     AudioObjectType_BackRight | AudioObjectType_TopFrontLeft | AudioObjectType_TopFrontRight | \
     AudioObjectType_TopBackLeft | AudioObjectType_TopBackRight)

typedef SpatialAudioObjectRenderStreamActivationParams Parameters;

static ISpatialAudioClient *spatial;
static HANDLE event;
static WAVEFORMATEX format; /* the one that the client lists */

static IMMDevice *device_of(EDataFlow flow)
{
    void *out = NULL;
    IMMDevice *device = NULL;
    if (FAILED(CoCreateInstance(&CLSID_MMDeviceEnumerator, NULL, CLSCTX_INPROC_SERVER,
                                &IID_IMMDeviceEnumerator, &out)))
        return NULL;
    IMMDeviceEnumerator_GetDefaultAudioEndpoint((IMMDeviceEnumerator *)out, flow, eConsole,
                                                &device);
    IMMDeviceEnumerator_Release((IMMDeviceEnumerator *)out);
    return device;
}

static bool begin_program(void)
{
    void *out = NULL;
    IMMDevice *device = device_of(eRender);
    if (!check(device != NULL, "there is a rendering endpoint"))
        return false;
    const HRESULT hr =
        IMMDevice_Activate(device, &IID_ISpatialAudioClient, CLSCTX_INPROC_SERVER, NULL, &out);
    IMMDevice_Release(device);
    if (!is_ok(hr, S_OK, "a rendering endpoint gives ISpatialAudioClient"))
        return false;
    spatial = out;
    event = CreateEventW(NULL, FALSE, FALSE, NULL);
    return true;
}

static void test_formats(void)
{
    IAudioFormatEnumerator *list = NULL;
    WAVEFORMATEX *first = NULL, other;
    UINT32 n = 0, frames = 0;
    is_ok(ISpatialAudioClient_GetSupportedAudioObjectFormatEnumerator(spatial, NULL), E_POINTER,
          "GetSupportedAudioObjectFormatEnumerator: NULL is E_POINTER");
    is_ok(ISpatialAudioClient_GetSupportedAudioObjectFormatEnumerator(spatial, &list), S_OK,
          "GetSupportedAudioObjectFormatEnumerator");
    is_ok(IAudioFormatEnumerator_GetCount(list, NULL), E_POINTER, "GetCount: NULL is E_POINTER");
    is_ok(IAudioFormatEnumerator_GetCount(list, &n), S_OK, "GetCount");
    check(n >= 1, "there is a format (%u)", n);
    is_ok(IAudioFormatEnumerator_GetFormat(list, 0, NULL), E_POINTER,
          "GetFormat: NULL is E_POINTER");
    is_ok(IAudioFormatEnumerator_GetFormat(list, n, &first), E_INVALIDARG,
          "GetFormat behind the last is E_INVALIDARG");
    is_ok(IAudioFormatEnumerator_GetFormat(list, 0, &first), S_OK, "GetFormat");
    check(first->nChannels == 1, "the format of an object is mono");
    format = *first; /* lent: not freed */
    IAudioFormatEnumerator_Release(list);
    is_ok(ISpatialAudioClient_IsAudioObjectFormatSupported(spatial, &format), S_OK,
          "IsAudioObjectFormatSupported says so of a listed format");
    is_ok(ISpatialAudioClient_IsAudioObjectFormatSupported(spatial, NULL), E_POINTER,
          "IsAudioObjectFormatSupported: NULL is E_POINTER");
    is_ok(ISpatialAudioClient_GetMaxFrameCount(spatial, &format, &frames), S_OK,
          "GetMaxFrameCount");
    check(frames >= format.nSamplesPerSec / 100, "a period is 10 ms at most usual (%u)", frames);
    is_ok(ISpatialAudioClient_GetMaxFrameCount(spatial, &format, NULL), E_POINTER,
          "GetMaxFrameCount: NULL is E_POINTER");
    other = format;
    other.nChannels = 2;
    other.nBlockAlign = (WORD)(2 * format.nBlockAlign);
    other.nAvgBytesPerSec = 2 * format.nAvgBytesPerSec;
    is_ok(ISpatialAudioClient_IsAudioObjectFormatSupported(spatial, &other),
          AUDCLNT_E_UNSUPPORTED_FORMAT, "objects are not stereo");
    is_ok(ISpatialAudioClient_GetMaxFrameCount(spatial, &other, &frames),
          AUDCLNT_E_UNSUPPORTED_FORMAT, "GetMaxFrameCount: only for formats that there are");
}

static void test_places(void)
{
    AudioObjectType mask = AudioObjectType_None;
    UINT32 n = 7;
    float x = 9, y = 9, z = 9;
    is_ok(ISpatialAudioClient_GetMaxDynamicObjectCount(spatial, NULL), E_POINTER,
          "GetMaxDynamicObjectCount: NULL is E_POINTER");
    is_ok(ISpatialAudioClient_GetMaxDynamicObjectCount(spatial, &n), S_OK,
          "GetMaxDynamicObjectCount");
    check(n == 0, "without a spatial format there are no dynamic objects (%u)", n);
    is_ok(ISpatialAudioClient_GetNativeStaticObjectTypeMask(spatial, &mask), S_OK,
          "GetNativeStaticObjectTypeMask");
    check(((unsigned)mask & STEREO) == STEREO, "the device's speakers are in it: %x",
          (unsigned)mask);
    is_ok(
        ISpatialAudioClient_GetStaticObjectPosition(spatial, AudioObjectType_FrontLeft, &x, &y, &z),
        S_OK, "GetStaticObjectPosition");
    check(x < 0 && y == 0 && z < 0, "front left is at negative x and z: %.2f %.2f %.2f", (double)x,
          (double)y, (double)z);
    is_ok(ISpatialAudioClient_GetStaticObjectPosition(spatial, AudioObjectType_TopBackRight, &x, &y,
                                                      &z),
          S_OK, "... of a speaker over head");
    check(x > 0 && y > 0 && z > 0, "top back right is to the right, above and behind");
    is_ok(ISpatialAudioClient_GetStaticObjectPosition(spatial, AudioObjectType_Dynamic, &x, &y, &z),
          E_INVALIDARG, "a dynamic object has no place of its own");
    is_ok(ISpatialAudioClient_IsSpatialAudioStreamAvailable(
              spatial, &IID_ISpatialAudioObjectRenderStream, NULL),
          S_OK, "IsSpatialAudioStreamAvailable of plain streams");
    is_ok(ISpatialAudioClient_IsSpatialAudioStreamAvailable(spatial, &IID_IAudioClient, NULL),
          SPTLAUDCLNT_E_STREAM_NOT_AVAILABLE, "... of another kind");
}

static Parameters parameters(unsigned types)
{
    return (Parameters){.ObjectFormat = &format,
                        .StaticObjectTypeMask = (AudioObjectType)types,
                        .Category = AudioCategory_GameEffects,
                        .EventHandle = event};
}

static HRESULT activate(Parameters *p, ULONG bytes, ISpatialAudioObjectRenderStream **stream)
{
    PROPVARIANT value;
    void *out = (void *)(uintptr_t)1;
    memset(&value, 0, sizeof value);
    value.vt = VT_BLOB;
    value.blob.cbSize = bytes;
    value.blob.pBlobData = (BYTE *)p;
    const HRESULT hr = ISpatialAudioClient_ActivateSpatialAudioStream(
        spatial, &value, &IID_ISpatialAudioObjectRenderStream, &out);
    check(SUCCEEDED(hr) ? out != NULL : out == NULL, "the pointer is NULL on failure only");
    *stream = SUCCEEDED(hr) ? out : NULL;
    return hr;
}

static void refused(Parameters p, HRESULT wanted, const char *rule)
{
    ISpatialAudioObjectRenderStream *stream;
    is_ok(activate(&p, sizeof p, &stream), wanted, rule);
}

static void test_activation(void)
{
    ISpatialAudioObjectRenderStream *stream;
    Parameters p = parameters(STEREO);
    WAVEFORMATEX other = format;
    void *out = NULL;
    is_ok(ISpatialAudioClient_ActivateSpatialAudioStream(
              spatial, NULL, &IID_ISpatialAudioObjectRenderStream, &out),
          E_INVALIDARG, "activation: without parameters");
    is_ok(activate(&p, sizeof p - 1, &stream), E_INVALIDARG, "activation: a blob of another size");
    p.EventHandle = NULL;
    refused(p, E_INVALIDARG, "activation: the event must be there");
    p.EventHandle = INVALID_HANDLE_VALUE;
    refused(p, E_INVALIDARG, "activation: INVALID_HANDLE_VALUE is no event");
    p = parameters(STEREO | AudioObjectType_Dynamic);
    refused(p, E_INVALIDARG, "activation: Dynamic is no static type");
    p = parameters(STEREO);
    p.MinDynamicObjectCount = p.MaxDynamicObjectCount = 1;
    refused(p, E_INVALIDARG, "activation: at least one dynamic object cannot be had");
    p = parameters(STEREO);
    other.nSamplesPerSec = 44100;
    other.nAvgBytesPerSec = 44100 * other.nBlockAlign;
    p.ObjectFormat = &other;
    refused(p, AUDCLNT_E_UNSUPPORTED_FORMAT, "activation: only listed formats");
    p.ObjectFormat = NULL;
    refused(p, AUDCLNT_E_UNSUPPORTED_FORMAT, "activation: the format must be there");
    p = parameters(STEREO);
    p.MaxDynamicObjectCount = 16; /* a wish: what there is is 0 */
    is_ok(activate(&p, sizeof p, &stream), S_OK, "activation");
    check(ISpatialAudioObjectRenderStream_Release(stream) == 0, "the last Release gives 0");
}

static void test_order(void)
{
    ISpatialAudioObjectRenderStream *stream;
    ISpatialAudioObject *left = NULL, *none = NULL;
    Parameters p = parameters(STEREO);
    AudioObjectType type = AudioObjectType_None;
    UINT32 n_dynamic = 7, n = 0, bytes = 0;
    BYTE *data = NULL;
    void *out = NULL;
    if (!is_ok(activate(&p, sizeof p, &stream), S_OK, "a stream for two speakers"))
        return;
    is_ok(ISpatialAudioObjectRenderStream_ActivateSpatialAudioObject(
              stream, AudioObjectType_FrontLeft, &left),
          S_OK, "ActivateSpatialAudioObject");
    is_ok(ISpatialAudioObjectRenderStream_ActivateSpatialAudioObject(
              stream, AudioObjectType_FrontLeft, &none),
          SPTLAUDCLNT_E_OBJECT_ALREADY_ACTIVE, "a static object is there once");
    is_ok(ISpatialAudioObjectRenderStream_ActivateSpatialAudioObject(
              stream, AudioObjectType_BackLeft, &none),
          SPTLAUDCLNT_E_STATIC_OBJECT_NOT_AVAILABLE, "only what the stream was made for");
    is_ok(ISpatialAudioObjectRenderStream_ActivateSpatialAudioObject(
              stream, AudioObjectType_Dynamic, &none),
          SPTLAUDCLNT_E_NO_MORE_OBJECTS, "dynamic objects have run out");
    is_ok(ISpatialAudioObjectRenderStream_GetAvailableDynamicObjectCount(stream, &n_dynamic), S_OK,
          "GetAvailableDynamicObjectCount");
    check(n_dynamic == 0, "... is 0");
    is_ok(ISpatialAudioObject_GetAudioObjectType(left, &type), S_OK, "GetAudioObjectType");
    check(type == AudioObjectType_FrontLeft, "... is what was asked for");
    is_ok(ISpatialAudioObject_SetPosition(left, 0, 0, 0), SPTLAUDCLNT_E_PROPERTY_NOT_SUPPORTED,
          "a static object does not move");
    is_ok(ISpatialAudioObject_GetBuffer(left, &data, &bytes), SPTLAUDCLNT_E_OUT_OF_ORDER,
          "GetBuffer before BeginUpdatingAudioObjects");
    is_ok(ISpatialAudioObject_SetVolume(left, 0.5f), SPTLAUDCLNT_E_OUT_OF_ORDER,
          "SetVolume before BeginUpdatingAudioObjects");
    is_ok(ISpatialAudioObject_SetVolume(left, 1.5f), E_INVALIDARG, "SetVolume above 1");
    is_ok(ISpatialAudioObjectRenderStream_EndUpdatingAudioObjects(stream),
          SPTLAUDCLNT_E_OUT_OF_ORDER, "EndUpdatingAudioObjects before the begin");
    is_ok(ISpatialAudioObjectRenderStream_BeginUpdatingAudioObjects(stream, &n_dynamic, &n), S_OK,
          "BeginUpdatingAudioObjects");
    is_ok(ISpatialAudioObjectRenderStream_BeginUpdatingAudioObjects(stream, &n_dynamic, &n),
          SPTLAUDCLNT_E_OUT_OF_ORDER, "... twice");
    is_ok(ISpatialAudioObjectRenderStream_Reset(stream), SPTLAUDCLNT_E_OUT_OF_ORDER,
          "Reset in the middle of an update");
    is_ok(ISpatialAudioObject_GetBuffer(left, &data, &bytes), S_OK, "GetBuffer");
    check(bytes == n * sizeof(float) && n > 0, "it holds the frames announced: %u bytes for %u",
          bytes, n);
    bool silent = true;
    for (UINT32 i = 0; i < bytes; i++)
        silent = silent && data[i] == 0;
    check(silent, "it is silent at first");
    is_ok(ISpatialAudioObject_SetVolume(left, 0.5f), S_OK, "SetVolume");
    is_ok(ISpatialAudioObjectRenderStream_EndUpdatingAudioObjects(stream), S_OK,
          "EndUpdatingAudioObjects");
    is_ok(ISpatialAudioObject_GetBuffer(left, &data, &bytes), SPTLAUDCLNT_E_OUT_OF_ORDER,
          "GetBuffer after it");
    is_ok(ISpatialAudioObjectRenderStream_Start(stream), S_OK, "Start");
    is_ok(ISpatialAudioObjectRenderStream_Start(stream), SPTLAUDCLNT_E_STREAM_NOT_STOPPED,
          "Start of a running stream");
    check(WaitForSingleObject(event, PATIENCE_MS) == WAIT_OBJECT_0, "its event is set");
    is_ok(ISpatialAudioObjectRenderStream_Reset(stream), SPTLAUDCLNT_E_STREAM_NOT_STOPPED,
          "Reset of a running stream");
    is_ok(ISpatialAudioObjectRenderStream_Stop(stream), S_OK, "Stop");
    is_ok(ISpatialAudioObjectRenderStream_Reset(stream), S_OK, "Reset");
    is_ok(ISpatialAudioObjectRenderStream_GetService(stream, &IID_IAudioStreamVolume, &out), S_OK,
          "GetService(IAudioStreamVolume)");
    IUnknown_Release((IUnknown *)out);
    is_ok(ISpatialAudioObjectRenderStream_GetService(stream, &IID_IAudioRenderClient, &out),
          E_NOINTERFACE, "GetService: the buffer is the stream's own");
    check(ISpatialAudioObjectRenderStream_Release(stream) != 0, "an object keeps its stream");
    is_ok(ISpatialAudioObject_GetAudioObjectType(left, &type), S_OK, "... and lives on");
    check(ISpatialAudioObject_Release(left) == 0, "the last Release of the object gives 0");
}

static void test_rules(void)
{
    void *out = NULL;
    IMMDevice *line = device_of(eCapture);
    if (line != NULL) {
        is_ok(IMMDevice_Activate(line, &IID_ISpatialAudioClient, CLSCTX_INPROC_SERVER, NULL, &out),
              E_NOINTERFACE, "a capturing endpoint has no ISpatialAudioClient");
        IMMDevice_Release(line);
    }
    test_formats();
    test_places();
    test_activation();
    test_order();
}

/* ------------------------------------------------------------------ playing */

/* Frame i of object k: a number of 24 bits, never 0. */
static float sample(unsigned k, uint32_t i)
{
    uint32_t x = (i * 2u + k + 1u) * 2654435761u;
    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    return (float)((int32_t)(x >> 8 & 0xffffffu) - 0x800000) / 16777216.0f + 1e-3f;
}

struct player {
    ISpatialAudioObjectRenderStream *stream;
    ISpatialAudioObject *objects[2];
    unsigned n_objects;
    uint32_t at;    /* frames given */
    uint32_t quiet; /* from here on at half volume; 0: never */
};

static bool update(struct player *p)
{
    UINT32 n_dynamic, n, bytes;
    BYTE *data;
    if (FAILED(
            ISpatialAudioObjectRenderStream_BeginUpdatingAudioObjects(p->stream, &n_dynamic, &n)))
        return false;
    for (unsigned k = 0; k < p->n_objects; k++) {
        if (FAILED(ISpatialAudioObject_GetBuffer(p->objects[k], &data, &bytes)))
            return false;
        for (UINT32 i = 0; i < n && p->at + i < TOTAL_FRAMES; i++) {
            const float value = sample(k, p->at + i);
            memcpy(data + i * sizeof value, &value, sizeof value);
        }
        if (p->quiet != 0 && p->at >= p->quiet)
            ISpatialAudioObject_SetVolume(p->objects[k], 0.5f);
    }
    p->at += n;
    return SUCCEEDED(ISpatialAudioObjectRenderStream_EndUpdatingAudioObjects(p->stream));
}

/* All that fits before Start, then a period for each event, then until all was heard. */
static bool play(struct player *p)
{
    const DWORD begin = GetTickCount();
    void *clock = NULL;
    UINT64 frequency = 1, now = 0;
    for (uint32_t before = UINT32_MAX; p->at != before && p->at < TOTAL_FRAMES;) {
        before = p->at;
        if (!update(p))
            return false;
    }
    if (FAILED(ISpatialAudioObjectRenderStream_Start(p->stream)))
        return false;
    while (p->at < TOTAL_FRAMES) {
        if (WaitForSingleObject(event, PATIENCE_MS) != WAIT_OBJECT_0 || !update(p))
            return false;
    }
    if (!is_ok(ISpatialAudioObjectRenderStream_GetService(p->stream, &IID_IAudioClock, &clock),
               S_OK, "GetService(IAudioClock)"))
        return false;
    IAudioClock_GetFrequency((IAudioClock *)clock, &frequency);
    while (now * RATE / frequency < TOTAL_FRAMES && GetTickCount() - begin < PATIENCE_MS) {
        Sleep(2);
        IAudioClock_GetPosition((IAudioClock *)clock, &now, NULL);
    }
    IAudioClock_Release((IAudioClock *)clock);
    ISpatialAudioObjectRenderStream_Stop(p->stream);
    return now * RATE / frequency >= TOTAL_FRAMES;
}

static bool play_objects(struct player *p, unsigned types, const AudioObjectType *objects)
{
    Parameters with = parameters(types);
    if (!is_ok(activate(&with, sizeof with, &p->stream), S_OK, "a stream for these speakers"))
        return false;
    for (unsigned k = 0; k < p->n_objects; k++)
        if (!is_ok(ISpatialAudioObjectRenderStream_ActivateSpatialAudioObject(p->stream, objects[k],
                                                                              &p->objects[k]),
                   S_OK, "an object"))
            return false;
    const bool ok = check(play(p), "all %u frames are played", TOTAL_FRAMES);
    for (unsigned k = 0; k < p->n_objects; k++)
        ISpatialAudioObject_Release(p->objects[k]);
    ISpatialAudioObjectRenderStream_Release(p->stream);
    ISpatialAudioClient_Release(spatial); /* with the last the file is closed */
    return ok;
}

static void test_play(const char *captured)
{
    static const AudioObjectType objects[] = {AudioObjectType_FrontLeft,
                                              AudioObjectType_FrontRight};
    static float expected[2 * TOTAL_FRAMES];
    struct player p = {.n_objects = 2};
    const struct wav as = {.format = {.wFormatTag = WAVE_FORMAT_IEEE_FLOAT,
                                      .nChannels = 2,
                                      .nSamplesPerSec = RATE,
                                      .wBitsPerSample = 32}};
    for (uint32_t i = 0; i < TOTAL_FRAMES; i++) {
        expected[2 * i] = sample(0, i);
        expected[2 * i + 1] = sample(1, i);
    }
    if (play_objects(&p, STEREO, objects))
        check_same(captured, &as, expected, sizeof expected, RATE / 2 * 8);
}

/* ITU-R BS.775: what is over head goes to the front at -3 dB; front, centre, side and back then
 * share the left speaker, at 1 and thrice -3 dB, brought down so that their sum is 1. */
static void test_fold(const char *captured)
{
    static const AudioObjectType objects[] = {AudioObjectType_TopFrontLeft};
    const double db3 = sqrt(0.5), gain = db3 / (1 + 3 * db3);
    struct player p = {.n_objects = 1, .quiet = TOTAL_FRAMES / 2};
    struct wav got;
    double worst = 0, right = 0, quiet = 0;
    if (!play_objects(&p, ROOM_7_1_4, objects) ||
        !check(wav_read(captured, &got) && got.format.nChannels == 2 &&
                   got.data_bytes >= TOTAL_FRAMES * 8,
               "%s holds two channels of it", captured))
        return;
    for (uint32_t i = 0; i < TOTAL_FRAMES; i++) {
        float frame[2];
        memcpy(frame, got.data + (size_t)i * 8, sizeof frame);
        const double wanted = gain * (double)sample(0, i);
        right = fmax(right, fabs((double)frame[1]));
        if (i < TOTAL_FRAMES / 2 - RATE / 100)
            worst = fmax(worst, fabs((double)frame[0] - wanted));
        if (i > TOTAL_FRAMES / 2 + RATE / 50) /* the change is ramped */
            quiet = fmax(quiet, fabs((double)frame[0] - wanted / 2));
    }
    check(worst < 1e-6, "top front left is heard at %.4f from the left (off by %.2g)", gain, worst);
    check(right == 0, "and not from the right (%.2g)", right);
    check(quiet < 1e-6, "an object's volume of 0.5 halves it (off by %.2g)", quiet);
    wav_free(&got);
}

int main(int argc, char **argv)
{
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (begin_program() && argc > 1) {
        if (strcmp(argv[1], "rules") == 0) {
            test_rules();
        } else {
            test_formats();
            if (strcmp(argv[1], "play") == 0 && argc > 2)
                test_play(argv[2]);
            else if (strcmp(argv[1], "fold") == 0 && argc > 2)
                test_fold(argv[2]);
            else
                check(false, "usage: mmewine_spatial rules|play CAPTURED|fold CAPTURED");
        }
    }
    CoUninitialize();
    return finish("mmewine_spatial");
}
