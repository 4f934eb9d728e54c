/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "acm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Conversions through msacm32: which ones there are, and how they sound. */

#define PI 3.14159265358979323846

/* ------------------------------------------------------------------ convert */

static void fill_s16(short *pcm, unsigned frames, unsigned channels, unsigned rate)
{
    for (unsigned i = 0; i < frames; i++)
        for (unsigned c = 0; c < channels; c++)
            pcm[i * channels + c] = (short)lrint(9000 * sin(2 * PI * 440 * (c + 1) * i / rate) +
                                                 4000 * sin(2 * PI * 1000 * i / rate));
}

static double snr_s16(const short *is, const short *was, unsigned n)
{
    double signal = 0, noise = 0;
    for (unsigned i = 0; i < n; i++) {
        signal += (double)was[i] * was[i];
        noise += ((double)is[i] - was[i]) * ((double)is[i] - was[i]);
    }
    return noise > 0 ? 10 * log10(signal / noise) : 200;
}

/* PCM to a tag and back, without naming a driver: whoever can is asked. */
static void there_and_back(WORD tag, DWORD rate, WORD channels, double least_db)
{
    union acm_format pcm = acm_pcm(WAVE_FORMAT_PCM, rate, channels, 16), coded;
    const unsigned frames = rate / 2;
    const DWORD n_in = frames * channels * 2;
    short *in = malloc(n_in);
    void *bytes = NULL, *back = NULL;
    DWORD n_bytes = 0, n_back = 0;

    fill_s16(in, frames, channels, rate);
    bool suggested = acm_suggest(NULL, &pcm, tag, &coded);
    acm_check(suggested, "tag %x at %lu Hz, %u channels is suggested", tag, rate, channels);
    if (suggested) {
        MMRESULT there = acm_convert(NULL, &pcm, &coded, in, n_in, &bytes, &n_bytes);
        MMRESULT again = acm_convert(NULL, &coded, &pcm, bytes, n_bytes, &back, &n_back);
        double snr = n_back >= n_in ? snr_s16(back, in, frames * channels) : -1;
        acm_check(there == 0 && again == 0 && snr >= least_db,
                  "tag %x at %lu Hz, %u channels: %lu bytes become %lu, back %lu, %.1f dB (%u, %u)",
                  tag, rate, channels, n_in, n_bytes, n_back, snr, there, again);
    }
    free(in);
    free(bytes);
    free(back);
}

void acm_verb_tag(const char *argument)
{
    there_and_back((WORD)strtoul(argument, NULL, 16), 44100, 2, 50);
}

/* DRV_INSTALL and DRV_REMOVE as a setup program of old sends them: no DRVCONFIGINFO. */
void acm_verb_message(const char *argument)
{
    const UINT msg = strcmp(argument, "install") == 0 ? DRV_INSTALL : DRV_REMOVE;
    HDRVR driver = OpenDriver(L"mmecodec.acm", NULL, 0);
    if (!acm_check(driver != NULL, "OpenDriver of mmecodec.acm"))
        return;
    const LRESULT answer = SendDriverMessage(driver, msg, 0, 0);
    acm_check(answer == DRVCNF_OK, "%s is answered %ld", argument, (long)answer);
    CloseDriver(driver, 0, 0);
}

void acm_verb_convert(const char *argument)
{
    (void)argument;
    there_and_back(WAVE_FORMAT_ALAW, 48000, 2, 36);
    there_and_back(WAVE_FORMAT_ALAW, 16000, 1, 36);
    there_and_back(WAVE_FORMAT_MULAW, 48000, 2, 36);
    there_and_back(WAVE_FORMAT_MULAW, 32000, 1, 36);
    there_and_back(WAVE_FORMAT_ADPCM, 44100, 2, 35);
    there_and_back(WAVE_FORMAT_ADPCM, 8000, 1, 20);
    there_and_back(WAVE_FORMAT_IMA_ADPCM, 48000, 2, 35);
    there_and_back(WAVE_FORMAT_GSM610, 8000, 1, 6);
    there_and_back(WAVE_FORMAT_GSM610, 44100, 1, 6);
}

/* ------------------------------------------------------------------ quality */

/* Least-squares fit of a sine and a constant: power of it and of what is left. */
static void fit(const double *x, unsigned n, double hz, double rate, double *signal, double *rest)
{
    double ss = 0, cc = 0, sc = 0, xs = 0, xc = 0, w = 2 * PI * hz / rate;
    for (unsigned i = 0; i < n; i++) {
        double s = sin(w * i), c = cos(w * i);
        ss += s * s;
        cc += c * c;
        sc += s * c;
        xs += x[i] * s;
        xc += x[i] * c;
    }
    double det = ss * cc - sc * sc;
    double a = (xs * cc - xc * sc) / det, b = (xc * ss - xs * sc) / det;
    *signal = *rest = 0;
    for (unsigned i = 0; i < n; i++) {
        double y = a * sin(w * i) + b * cos(w * i);
        *signal += y * y;
        *rest += (x[i] - y) * (x[i] - y);
    }
}

/* One second of a sine of 1 / 1.122 of full scale through a driver: the middle of the result. */
static double *sine_through(const char *driver, double hz, DWORD from, DWORD to, bool in_float,
                            bool out_float, unsigned *n)
{
    union acm_format src = in_float ? acm_pcm(WAVE_FORMAT_IEEE_FLOAT, from, 1, 32)
                                    : acm_pcm(WAVE_FORMAT_PCM, from, 1, 16);
    union acm_format dst = out_float ? acm_pcm(WAVE_FORMAT_IEEE_FLOAT, to, 1, 32)
                                     : acm_pcm(WAVE_FORMAT_PCM, to, 1, 16);
    HACMDRIVER had = acm_driver(driver);
    const double level = pow(10, -1.0 / 20);
    double *x = NULL;
    void *in = malloc(from * 4), *out;
    DWORD n_out;

    *n = 0;
    for (DWORD i = 0; i < from; i++) {
        double v = level * sin(2 * PI * hz * i / from);
        if (in_float)
            ((float *)in)[i] = (float)v;
        else
            ((short *)in)[i] = (short)lrint(v * 32767);
    }
    if (had != NULL &&
        acm_convert(had, &src, &dst, in, from * (in_float ? 4 : 2), &out, &n_out) == 0) {
        unsigned all = n_out / (out_float ? 4 : 2), edge = all / 20;
        *n = all - 2 * edge;
        x = malloc(*n * sizeof *x);
        for (unsigned i = 0; i < *n; i++)
            x[i] =
                out_float ? (double)((float *)out)[edge + i] : ((short *)out)[edge + i] / 32768.0;
        free(out);
    }
    if (had != NULL)
        acmDriverClose(had, 0);
    free(in);
    return x;
}

static double snr_of(const char *driver, DWORD from, DWORD to, bool in_float, bool out_float)
{
    unsigned n;
    double signal, rest, *x = sine_through(driver, 997, from, to, in_float, out_float, &n);
    if (x == NULL)
        return -1;
    fit(x, n, 997, to, &signal, &rest);
    free(x);
    return 10 * log10(signal / rest);
}

/* What should not be there, against the tone that went in: an alias where the tone lies above the
 * new Nyquist frequency, an image where it lies below. */
static double ghost_of(const char *driver, double hz, DWORD from, DWORD to, bool is_float)
{
    unsigned n;
    double signal, rest, *x = sine_through(driver, hz, from, to, is_float, is_float, &n);
    if (x == NULL)
        return 0;
    fit(x, n, hz < to / 2.0 ? hz : to / 4.0, to, &signal, &rest);
    if (hz >= to / 2.0)
        rest += signal;
    free(x);
    return 10 * log10(rest / n / (0.5 * pow(10, -0.1)) + 1e-30);
}

void acm_verb_quality(const char *argument)
{
    static const DWORD pairs[4][2] = {
        {44100, 48000}, {48000, 44100}, {8000, 48000}, {96000, 44100}};
    const bool dithers = strcmp(argument, "dither") == 0;
    /* 16 bits: a sine at -1 dBFS over LSB^2 / 12, three times that with triangular dither */
    const double theory = 6.0206 * 16 + 1.7609 - 1 - (dithers ? 4.7712 : 0);

    for (unsigned i = 0; i < 4; i++) {
        DWORD from = pairs[i][0], to = pairs[i][1];
        double ours = snr_of(OURS, from, to, true, false);
        double peer = snr_of(SYSTEM, from, to, false, false);
        double floats = snr_of(OURS, from, to, true, true);
        bool good = dithers ? fabs(ours - theory) <= 0.5 : ours >= 96;
        acm_check(good,
                  "%lu -> %lu Hz, 997 Hz into 16 bits, %s: %.1f dB (theory %.1f); system's %.1f",
                  from, to, argument, ours, theory, peer);
        acm_check(floats >= 130, "%lu -> %lu Hz, 997 Hz into float: %.1f dB", from, to, floats);
        double hz = to < from ? to / 2.0 * 1.02 : from / 2.0 * 0.9;
        double ghost = ghost_of(OURS, hz, from, to, true);
        acm_check(ghost <= -130,
                  "%lu -> %lu Hz, %.0f Hz: aliases and images at %.1f dB; system's %.1f", from, to,
                  hz, ghost, ghost_of(SYSTEM, hz, from, to, false));
    }
}

/* ------------------------------------------------------------------ pairs */

static unsigned n_formats;
static union acm_format formats[400];

static void add(union acm_format f)
{
    if (n_formats < 400)
        formats[n_formats++] = f;
}

static void all_formats(HACMDRIVER had)
{
    static const DWORD rates[8] = {8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000};
    static const WORD tags[] = {WAVE_FORMAT_ALAW, WAVE_FORMAT_MULAW, WAVE_FORMAT_ADPCM,
                                WAVE_FORMAT_IMA_ADPCM, WAVE_FORMAT_GSM610};
    for (unsigned r = 0; r < 8; r++)
        for (WORD ch = 1; ch <= 2; ch++) {
            union acm_format pcm = acm_pcm(WAVE_FORMAT_PCM, rates[r], ch, 16), coded;
            for (WORD bits = 8; bits <= 32; bits = (WORD)(bits + 8))
                add(acm_pcm(WAVE_FORMAT_PCM, rates[r], ch, bits));
            add(acm_pcm(WAVE_FORMAT_IEEE_FLOAT, rates[r], ch, 32));
            add(acm_wide(rates[r], (WORD)(ch * 3), 24, false));
            for (unsigned t = 0; t < 5; t++)
                if (acm_suggest(had, &pcm, tags[t], &coded))
                    add(coded);
        }
    /* none of these is possible */
    add(acm_pcm(WAVE_FORMAT_PCM, 44100, 0, 16));
    add(acm_pcm(WAVE_FORMAT_PCM, 44100, 2, 12));
    add(acm_pcm(WAVE_FORMAT_PCM, 500, 1, 16));
    add(acm_pcm(WAVE_FORMAT_PCM, 400000, 1, 16));
    add(acm_pcm(0x55, 44100, 2, 0));
}

void acm_verb_pairs(const char *argument)
{
    HACMDRIVER had = acm_driver(OURS);
    unsigned n = 0, possible = 0, differ = 0;
    (void)argument;
    if (!acm_check(had != NULL, "the driver opens"))
        return;
    all_formats(had);
    for (unsigned i = 0; i < n_formats; i++)
        for (unsigned j = 0; j < n_formats; j++) {
            union acm_format *a = &formats[i], *b = &formats[j], c;
            HACMSTREAM stream = NULL;
            MMRESULT query, open, suggest;
            c = *b;
            suggest = acmFormatSuggest(
                had, &a->wfx, &c.wfx, sizeof c,
                ACM_FORMATSUGGESTF_WFORMATTAG | ACM_FORMATSUGGESTF_NCHANNELS |
                    ACM_FORMATSUGGESTF_NSAMPLESPERSEC | ACM_FORMATSUGGESTF_WBITSPERSAMPLE);
            query = acmStreamOpen(NULL, had, &a->wfx, &b->wfx, NULL, 0, 0, ACM_STREAMOPENF_QUERY);
            /* opening builds filters: every seventh */
            open = query;
            if ((i * n_formats + j) % 7 == 0) {
                open = acmStreamOpen(&stream, had, &a->wfx, &b->wfx, NULL, 0, 0, 0);
                if (open == 0)
                    acmStreamClose(stream, 0);
            }
            n++;
            possible += query == 0;
            if ((query != open || query != suggest) && differ++ < 10)
                printf("differ: tag %x %lu Hz %u ch -> tag %x %lu Hz %u ch: %u, %u, %u\n",
                       a->wfx.wFormatTag, a->wfx.nSamplesPerSec, a->wfx.nChannels,
                       b->wfx.wFormatTag, b->wfx.nSamplesPerSec, b->wfx.nChannels, suggest, query,
                       open);
        }
    acm_check(differ == 0 && n >= 5000, "%u pairs, %u possible: %u disagreements", n, possible,
              differ);
    acmDriverClose(had, 0);
}

/* ------------------------------------------------------------------ play */

static void play_one(const char *name, const union acm_format *f, const void *data, DWORD n)
{
    HWAVEOUT out;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    WAVEHDR h = {.lpData = (LPSTR)(DWORD_PTR)data, .dwBufferLength = n};
    MMTIME time = {.wType = TIME_BYTES};
    MMRESULT r = waveOutOpen(&out, WAVE_MAPPER, &f->wfx, (DWORD_PTR)event, 0, CALLBACK_EVENT);
    if (!acm_check(r == 0, "waveOutOpen of %s (%u)", name, r))
        return;
    MMRESULT p = waveOutPrepareHeader(out, &h, sizeof h), w = waveOutWrite(out, &h, sizeof h);
    for (int i = 0; i < 200 && (h.dwFlags & WHDR_DONE) == 0; i++)
        WaitForSingleObject(event, 100);
    waveOutGetPosition(out, &time, sizeof time);
    acm_check(p == 0 && w == 0 && (h.dwFlags & WHDR_DONE) != 0, "%s is played to its end (%u, %u)",
              name, p, w);
    waveOutUnprepareHeader(out, &h, sizeof h);
    waveOutClose(out);
    CloseHandle(event);
}

void acm_verb_play(const char *argument)
{
    union acm_format s16 = acm_pcm(WAVE_FORMAT_PCM, 44100, 2, 16);
    union acm_format s24 = acm_pcm(WAVE_FORMAT_PCM, 44100, 2, 24);
    union acm_format wide = acm_wide(48000, 6, 32, true), ima;
    const unsigned frames = 22050;
    short *pcm = malloc(frames * 4);
    float *six = calloc(frames * 6, sizeof *six);
    void *bytes;
    DWORD n;
    (void)argument;

    acm_check(waveOutGetNumDevs() > 0, "%u wave devices", waveOutGetNumDevs());
    fill_s16(pcm, frames, 2, 44100);
    for (unsigned i = 0; i < frames; i++)
        for (unsigned c = 0; c < 6; c++)
            six[i * 6 + c] = (float)(0.2 * sin(2 * PI * 300 * (c + 1) * i / 48000));
    if (acm_convert(acm_driver(OURS), &s16, &s24, pcm, frames * 4, &bytes, &n) == 0)
        play_one("24 bits", &s24, bytes, n);
    play_one("float 5.1", &wide, six, frames * 6 * 4);
    if (acm_check(acm_suggest(NULL, &s16, WAVE_FORMAT_IMA_ADPCM, &ima), "IMA ADPCM is suggested") &&
        acm_convert(NULL, &s16, &ima, pcm, frames * 4, &bytes, &n) == 0)
        play_one("IMA ADPCM", &ima, bytes, n);
}

/* ------------------------------------------------------------------ speed */

/* Of the processor: what else the machine does is not counted. */
static double seconds(void)
{
    FILETIME made, ended, kernel, user;
    GetProcessTimes(GetCurrentProcess(), &made, &ended, &kernel, &user);
    const double low = (double)kernel.dwLowDateTime + user.dwLowDateTime;
    return 1e-7 * (low + 4294967296.0 * ((double)kernel.dwHighDateTime + user.dwHighDateTime));
}

/* One driver's stream with its buffers, half a second of sound. */
struct lane {
    HACMSTREAM stream;
    ACMSTREAMHEADER h;
    DWORD n_in, room;
    bool open, from_pcm;
};

static void lane_open(struct lane *l, HACMDRIVER had, const union acm_format *a,
                      const union acm_format *b, const void *in, DWORD n_in)
{
    memset(l, 0, sizeof *l);
    if (had == NULL || acmStreamOpen(&l->stream, had, (WAVEFORMATEX *)(uintptr_t)&a->wfx,
                                     (WAVEFORMATEX *)(uintptr_t)&b->wfx, NULL, 0, 0,
                                     ACM_STREAMOPENF_NONREALTIME) != 0)
        return;
    l->open = true;
    l->from_pcm = a->wfx.wFormatTag == WAVE_FORMAT_PCM;
    l->n_in = n_in;
    acmStreamSize(l->stream, n_in, &l->room, ACM_STREAMSIZEF_SOURCE);
    l->room += 4096;
    l->h.cbStruct = sizeof l->h;
    l->h.pbSrc = malloc(n_in);
    memcpy(l->h.pbSrc, in, n_in);
    l->h.cbSrcLength = n_in;
    l->h.pbDst = malloc(l->room);
    l->h.cbDstLength = l->room;
    acmStreamPrepareHeader(l->stream, &l->h, 0);
}

static void lane_close(struct lane *l)
{
    if (!l->open)
        return;
    l->h.cbSrcLength = l->n_in;
    l->h.cbDstLength = l->room;
    acmStreamUnprepareHeader(l->stream, &l->h, 0);
    acmStreamClose(l->stream, 0);
    free(l->h.pbSrc);
    free(l->h.pbDst);
}

/* M samples a second of 16 bits on the PCM side. */
static double lane_run(struct lane *l, double least_s)
{
    const double t = seconds();
    double samples = 0, passed = 0;
    while (l->open && passed < least_s) {
        for (int i = 0; i < 8; i++) { /* asking for the time costs, too */
            l->h.cbSrcLength = l->n_in;
            l->h.cbDstLength = l->room;
            if (acmStreamConvert(l->stream, &l->h, ACM_STREAMCONVERTF_BLOCKALIGN) != 0)
                return 0;
            samples += (l->from_pcm ? l->h.cbSrcLengthUsed : l->h.cbDstLengthUsed) / 2.0;
        }
        passed = seconds() - t;
    }
    return passed > 0 ? samples / passed / 1e6 : 0;
}

struct peer {
    const union acm_format *a, *b;
    HACMDRIVER had;
};

/* The first driver that is not ours and opens the pair. */
static BOOL CALLBACK on_peer(HACMDRIVERID id, DWORD_PTR user, DWORD support)
{
    struct peer *p = (struct peer *)user;
    ACMDRIVERDETAILSA d = {.cbStruct = sizeof d};
    HACMDRIVER had;
    (void)support;
    if (acmDriverDetailsA(id, &d, 0) != 0 || strcmp(d.szShortName, OURS) == 0 ||
        acmDriverOpen(&had, id, 0) != 0)
        return TRUE;
    if (acmStreamOpen(NULL, had, (WAVEFORMATEX *)(uintptr_t)&p->a->wfx,
                      (WAVEFORMATEX *)(uintptr_t)&p->b->wfx, NULL, 0, 0,
                      ACM_STREAMOPENF_QUERY) == 0) {
        p->had = had;
        return FALSE;
    }
    acmDriverClose(had, 0);
    return TRUE;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

enum { ROUNDS = 9 };

static double median(double *x)
{
    qsort(x, ROUNDS, sizeof *x, by_size);
    return x[ROUNDS / 2];
}

/* Ours and the system's in turn, so that what the machine does meanwhile meets both. The ratio is
 * the median of the rounds' ratios. */
static void beside(const char *what, const char *way, WORD channels, const union acm_format *a,
                   const union acm_format *b, const void *in, DWORD n_in)
{
    struct peer p = {a, b, NULL};
    HACMDRIVER had = acm_driver(OURS);
    struct lane ours, theirs;
    double o[ROUNDS], t[ROUNDS], ratio[ROUNDS];

    acmDriverEnum(on_peer, (DWORD_PTR)&p, 0);
    lane_open(&ours, had, a, b, in, n_in);
    lane_open(&theirs, p.had, a, b, in, n_in);
    (void)lane_run(&ours, 0.02);
    (void)lane_run(&theirs, 0.02);
    for (int i = 0; i < ROUNDS; i++) {
        o[i] = lane_run(&ours, 0.06);
        t[i] = lane_run(&theirs, 0.06);
        ratio[i] = t[i] > 0 ? o[i] / t[i] : 0;
    }
    const double mo = median(o), mt = median(t), r = median(ratio);
    if (mt > 0)
        printf("FIGURE {\"what\":\"%s\",\"way\":\"%s\",\"channels\":%u,\"ours\":%.1f,"
               "\"system\":%.1f,\"ratio\":%.3f}\n",
               what, way, channels, mo, mt, r);
    else
        printf("FIGURE {\"what\":\"%s\",\"way\":\"%s\",\"channels\":%u,\"ours\":%.1f,"
               "\"system\":null,\"ratio\":null}\n",
               what, way, channels, mo);
    acm_check(mo > 0, "%s, %u ch, %s: %.0f M samples/s, the system's %.0f", what, channels, way, mo,
              mt);
    lane_close(&ours);
    lane_close(&theirs);
    if (p.had != NULL)
        acmDriverClose(p.had, 0);
    acmDriverClose(had, 0);
}

static void compare(const char *what, WORD tag, DWORD rate, WORD channels)
{
    union acm_format pcm = acm_pcm(WAVE_FORMAT_PCM, rate, channels, 16), coded;
    HACMDRIVER ours = acm_driver(OURS);
    const DWORD n_pcm = rate * channels;
    short *in = malloc(n_pcm);
    void *bytes;
    DWORD n;
    fill_s16(in, rate / 2, channels, rate);
    if (acm_suggest(ours, &pcm, tag, &coded) &&
        acm_convert(ours, &pcm, &coded, in, n_pcm, &bytes, &n) == 0) {
        beside(what, "decode", channels, &coded, &pcm, bytes, n);
        beside(what, "encode", channels, &pcm, &coded, in, n_pcm);
        free(bytes);
    }
    acmDriverClose(ours, 0);
    free(in);
}

static void compare_rates(DWORD from, DWORD to, WORD channels)
{
    union acm_format a = acm_pcm(WAVE_FORMAT_PCM, from, channels, 16),
                     b = acm_pcm(WAVE_FORMAT_PCM, to, channels, 16);
    short *in = malloc(from * channels);
    char what[40];
    fill_s16(in, from / 2, channels, from);
    snprintf(what, sizeof what, "%lu -> %lu Hz", from, to);
    beside(what, "resample", channels, &a, &b, in, from * channels);
    free(in);
}

/* SELECTED: all, or codecs, or rates. Figures are one JSON object a line behind FIGURE. */
void acm_verb_speed(const char *argument)
{
    for (WORD ch = 1; ch <= 2 && strcmp(argument, "rates") != 0; ch++) {
        compare("A-law", WAVE_FORMAT_ALAW, 8000, ch);
        compare("mu-law", WAVE_FORMAT_MULAW, 8000, ch);
        compare("MS ADPCM", WAVE_FORMAT_ADPCM, 44100, ch);
        compare("IMA ADPCM", WAVE_FORMAT_IMA_ADPCM, 44100, ch);
        if (ch == 1)
            compare("GSM 6.10", WAVE_FORMAT_GSM610, 8000, ch);
    }
    for (WORD ch = 1; ch <= 2 && strcmp(argument, "codecs") != 0; ch++) {
        compare_rates(44100, 48000, ch);
        compare_rates(48000, 44100, ch);
        compare_rates(8000, 48000, ch);
        compare_rates(96000, 44100, ch);
    }
}
