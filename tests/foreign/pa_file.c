/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Plays, records, or does both at once, over PortAudio's own streams: raw samples from and into
 * files, so that what went through can be compared byte by byte. Linked with PortAudio and nothing
 * else; knows no API of Windows but the flag that asks WASAPI for exclusive mode.
 *
 * usage: pa_file play IN | record OUT | duplex IN OUT  FORMAT RATE CHANNELS SECONDS [exclusive]
 * [blocking] FORMAT   s16 s24 s32 f32, as PortAudio packs them SECONDS  how long it records; duplex
 * plays IN from its first frame and records all the while Ends in "pa_file: all done". A flag of
 * PortAudio's that says samples were lost is a FAIL line.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pa_win_wasapi.h"
#include "portaudio.h"

struct run {
    unsigned char *play, *recorded;
    size_t play_len, play_at, record_len, record_at;
    size_t frame_bytes;
    /* a stream that completes may drop what is in its buffers (WASAPI's does): silence follows the
     * file */
    size_t silent_frames, tail_frames;
    volatile unsigned lost;
};

static int on_sound(const void *in, void *out, unsigned long frames,
                    const PaStreamCallbackTimeInfo *time, PaStreamCallbackFlags flags, void *user)
{
    struct run *r = user;
    size_t len = frames * r->frame_bytes, n;
    (void)time;
    if (flags & (paInputOverflow | paOutputUnderflow | paInputUnderflow | paOutputOverflow))
        if (r->play_at || r->record_at)
            r->lost |= (unsigned)flags;
    if (out) {
        n = r->play_len - r->play_at < len ? r->play_len - r->play_at : len;
        memcpy(out, r->play + r->play_at, n);
        memset((unsigned char *)out + n, 0, len - n);
        r->play_at += n;
        r->silent_frames += (len - n) / r->frame_bytes;
    }
    if (in) {
        n = r->record_len - r->record_at < len ? r->record_len - r->record_at : len;
        memcpy(r->recorded + r->record_at, in, n);
        r->record_at += n;
        return r->record_at == r->record_len ? paComplete : paContinue;
    }
    return r->silent_frames >= r->tail_frames ? paComplete : paContinue;
}

static int fail(const char *what, PaError err)
{
    const PaHostErrorInfo *host = Pa_GetLastHostErrorInfo();
    printf("FAIL %s: %s (%ld %s)\n", what, Pa_GetErrorText(err),
           err == paUnanticipatedHostError ? host->errorCode : 0,
           err == paUnanticipatedHostError ? host->errorText : "");
    return 1;
}

static int by_blocking(PaStream *stream, struct run *r, int plays, int records)
{
    enum { FRAMES = 256 };
    static unsigned char block[FRAMES * 8 * 4];
    PaError err = paNoError;
    while (records ? r->record_at < r->record_len : r->silent_frames < r->tail_frames) {
        if (plays) {
            on_sound(NULL, block, FRAMES, NULL, 0, r);
            if ((err = Pa_WriteStream(stream, block, FRAMES)) == paOutputUnderflowed)
                r->lost |= paOutputUnderflow;
            else if (err)
                return fail("Pa_WriteStream", err);
        }
        if (records) {
            if ((err = Pa_ReadStream(stream, block, FRAMES)) == paInputOverflowed)
                r->lost |= paInputOverflow;
            else if (err)
                return fail("Pa_ReadStream", err);
            on_sound(block, NULL, FRAMES, NULL, 0, r);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        PaSampleFormat format;
        int bytes;
    } formats[] = {
        {"s16", paInt16, 2}, {"s24", paInt24, 3}, {"s32", paInt32, 4}, {"f32", paFloat32, 4}};
    struct run r = {0};
    int plays = argc > 1 && strcmp(argv[1], "record") != 0,
        records = argc > 1 && strcmp(argv[1], "play") != 0;
    int at = 2 + plays + records, blocking = 0, exclusive = 0, i;
    PaStreamParameters parameters[2] = {0};
    PaWasapiStreamInfo wasapi = {sizeof wasapi, paWASAPI, 1, paWinWasapiExclusive};
    PaStream *stream;
    PaError err;
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc < at + 4)
        return puts("usage: see the source"), 2;
    for (i = at + 4; i < argc; i++) {
        blocking |= !strcmp(argv[i], "blocking");
        exclusive |= !strcmp(argv[i], "exclusive");
    }
    for (i = 0; i < 3 && strcmp(argv[at], formats[i].name); i++) {
    }
    double rate = atof(argv[at + 1]), seconds = atof(argv[at + 3]);
    int channels = atoi(argv[at + 2]);
    r.tail_frames = (size_t)(rate * 0.7);
    r.frame_bytes = (size_t)channels * (size_t)formats[i].bytes;
    if (plays) {
        FILE *f = fopen(argv[2], "rb");
        if (!f)
            return printf("FAIL no file %s\n", argv[2]), 1;
        r.play = malloc(1 << 26);
        r.play_len = fread(r.play, 1, 1 << 26, f);
        r.play_len -= r.play_len % r.frame_bytes;
        fclose(f);
    }
    if (records) {
        r.record_len = (size_t)(rate * seconds) * r.frame_bytes;
        r.recorded = calloc(1, r.record_len);
    }
    if ((err = Pa_Initialize()))
        return fail("Pa_Initialize", err);
    for (int d = 0; d < 2; d++) {
        PaDeviceIndex device = d ? Pa_GetDefaultInputDevice() : Pa_GetDefaultOutputDevice();
        if (!(d ? records : plays))
            continue;
        if (device == paNoDevice)
            return printf("FAIL no default %s device\n", d ? "input" : "output"), 1;
        const PaDeviceInfo *info = Pa_GetDeviceInfo(device);
        double latency = d ? info->defaultHighInputLatency : info->defaultHighOutputLatency;
        if (latency < 0.1 && (!exclusive || (plays && records)))
            latency = 0.1; /* of a busy machine */
        parameters[d] = (PaStreamParameters){device, channels, formats[i].format, latency,
                                             exclusive ? &wasapi : NULL};
        printf("%s: %s, %s\n", d ? "input" : "output", info->name,
               Pa_GetHostApiInfo(info->hostApi)->name);
    }
    err = Pa_OpenStream(&stream, records ? &parameters[1] : NULL, plays ? &parameters[0] : NULL,
                        rate, paFramesPerBufferUnspecified, paClipOff | paDitherOff,
                        blocking ? NULL : on_sound, &r);
    if (err)
        return fail("Pa_OpenStream", err);
    if ((err = Pa_StartStream(stream)))
        return fail("Pa_StartStream", err);
    if (blocking) {
        if (by_blocking(stream, &r, plays, records))
            return 1;
    } else {
        double limit = seconds + (double)(r.play_len / r.frame_bytes) / rate + 10;
        for (i = 0; (err = Pa_IsStreamActive(stream)) == 1 && i < limit * 50; i++)
            Pa_Sleep(20);
        if (err)
            return printf("FAIL the stream is still active after %.0f s\n", limit), 1;
    }
    /* WASAPI's has stopped by itself when it is complete */
    if ((err = Pa_StopStream(stream)) && err != paStreamIsStopped)
        return fail("Pa_StopStream", err);
    if ((err = Pa_CloseStream(stream)))
        return fail("Pa_CloseStream", err);
    Pa_Terminate();
    if (records) {
        FILE *f = fopen(argv[2 + plays], "wb");
        if (!f || fwrite(r.recorded, 1, r.record_len, f) != r.record_len)
            return puts("FAIL cannot write"), 1;
        fclose(f);
    }
    printf("%s PortAudio lost nothing (flags %#x)\n", r.lost ? "FAIL" : "PASS", r.lost);
    puts("pa_file: all done");
    return 0;
}
