/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * acm.exe VERB: a codec driver as any program of msacm32 sees it; nothing of ours is included.
 *
 *   list               drivers, tags and formats: the codec pack is among them and complete
 *   convert            what the system's own codecs refuse is suggested, opened and converted
 *   quality NOISE      rate conversion of sines, the system's converter beside it; dither or plain
 *   pairs              every source with every destination: suggest, query and open agree
 *   agree N[,SEED]     the same for N random pairs
 *   cut N[,SEED]       N random pairs: any cutting into calls gives the bytes of one call
 *   threads S[,SEED]   two threads with sixteen streams each for S seconds
 *   play               waveOut through the mapper, in formats that no device has
 *   mci FILE           MCI's wave device plays it
 *   speed              throughput beside the system's codecs; nothing is judged
 *
 * Prints PASS and FAIL lines and, as its last, "acm: all done".
 */
#include "acm.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static unsigned passed, failed;

bool acm_check(bool condition, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printf("%s %s\n", condition ? "PASS" : "FAIL", text);
    if (condition)
        passed++;
    else
        failed++;
    return condition;
}

/* ------------------------------------------------------------------ drivers */

struct wanted {
    const char *name;
    HACMDRIVERID id;
    unsigned n_drivers;
};

static BOOL CALLBACK on_driver(HACMDRIVERID id, DWORD_PTR user, DWORD support)
{
    struct wanted *w = (struct wanted *)user;
    ACMDRIVERDETAILSA d = {.cbStruct = sizeof d};
    (void)support;
    w->n_drivers++;
    if (acmDriverDetailsA(id, &d, 0) == MMSYSERR_NOERROR && strcmp(d.szShortName, w->name) == 0)
        w->id = id;
    return TRUE;
}

HACMDRIVERID acm_driver_id(const char *short_name)
{
    struct wanted w = {short_name, NULL, 0};
    acmDriverEnum(on_driver, (DWORD_PTR)&w, 0);
    return w.id;
}

HACMDRIVER acm_driver(const char *short_name)
{
    HACMDRIVER had = NULL;
    HACMDRIVERID id = acm_driver_id(short_name);
    if (id == NULL || acmDriverOpen(&had, id, 0) != MMSYSERR_NOERROR)
        return NULL;
    return had;
}

/* ------------------------------------------------------------------ formats */

union acm_format acm_pcm(WORD tag, DWORD rate, WORD channels, WORD bits)
{
    union acm_format f;
    memset(&f, 0, sizeof f);
    f.wfx.wFormatTag = tag;
    f.wfx.nChannels = channels;
    f.wfx.nSamplesPerSec = rate;
    f.wfx.wBitsPerSample = bits;
    f.wfx.nBlockAlign = (WORD)(channels * bits / 8);
    f.wfx.nAvgBytesPerSec = rate * f.wfx.nBlockAlign;
    return f;
}

union acm_format acm_wide(DWORD rate, WORD channels, WORD bits, bool is_float)
{
    static const DWORD masks[9] = {0, 4, 3, 7, 0x33, 0x37, 0x3F, 0x13F, 0x63F};
    static const GUID base = {1, 0, 0x10, {0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71}};
    union acm_format f = acm_pcm(WAVE_FORMAT_EXTENSIBLE, rate, channels, bits);
    f.wfx.cbSize = 22;
    f.ext.Samples.wValidBitsPerSample = bits;
    f.ext.dwChannelMask = masks[channels];
    f.ext.SubFormat = base;
    f.ext.SubFormat.Data1 = is_float ? WAVE_FORMAT_IEEE_FLOAT : WAVE_FORMAT_PCM;
    return f;
}

bool acm_suggest(HACMDRIVER had, const union acm_format *src, WORD tag, union acm_format *dst)
{
    memset(dst, 0, sizeof *dst);
    dst->wfx.wFormatTag = tag;
    return acmFormatSuggest(had, (WAVEFORMATEX *)(uintptr_t)&src->wfx, &dst->wfx, sizeof *dst,
                            ACM_FORMATSUGGESTF_WFORMATTAG) == MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ whole conversions */

MMRESULT acm_convert(HACMDRIVER had, const union acm_format *src, const union acm_format *dst,
                     const void *in, DWORD n_in, void **out, DWORD *n_out)
{
    HACMSTREAM stream;
    ACMSTREAMHEADER h = {.cbStruct = sizeof h};
    DWORD room = 0;
    MMRESULT r = acmStreamOpen(&stream, had, (WAVEFORMATEX *)(uintptr_t)&src->wfx,
                               (WAVEFORMATEX *)(uintptr_t)&dst->wfx, NULL, 0, 0,
                               ACM_STREAMOPENF_NONREALTIME);
    *out = NULL;
    *n_out = 0;
    if (r != MMSYSERR_NOERROR)
        return r;
    r = acmStreamSize(stream, n_in, &room, ACM_STREAMSIZEF_SOURCE);
    if (r == MMSYSERR_NOERROR) {
        *out = malloc(room);
        h.pbSrc = malloc(n_in);
        memcpy(h.pbSrc, in, n_in);
        h.cbSrcLength = n_in;
        h.pbDst = *out;
        h.cbDstLength = room;
        r = acmStreamPrepareHeader(stream, &h, 0);
        if (r == MMSYSERR_NOERROR) {
            r = acmStreamConvert(stream, &h, ACM_STREAMCONVERTF_START | ACM_STREAMCONVERTF_END);
            *n_out = h.cbDstLengthUsed;
            h.cbSrcLength = n_in;
            h.cbDstLength = room;
            acmStreamUnprepareHeader(stream, &h, 0);
        }
        free(h.pbSrc);
    }
    acmStreamClose(stream, 0);
    return r;
}

/* ------------------------------------------------------------------ list */

struct listing {
    HACMDRIVERID id;
    unsigned tags, formats, bad;
    bool has[8];
};

static const struct {
    DWORD tag;
    const char *name;
    unsigned formats;
} expected[8] = {
    {WAVE_FORMAT_PCM, "PCM", 72},
    {WAVE_FORMAT_IEEE_FLOAT, "float", 18},
    {WAVE_FORMAT_EXTENSIBLE, "extensible", 54},
    {WAVE_FORMAT_ALAW, "A-law", 16},
    {WAVE_FORMAT_MULAW, "mu-law", 16},
    {WAVE_FORMAT_ADPCM, "MS ADPCM", 16},
    {WAVE_FORMAT_IMA_ADPCM, "IMA ADPCM", 16},
    {WAVE_FORMAT_GSM610, "GSM 6.10", 4},
};

static BOOL CALLBACK on_tag(HACMDRIVERID id, LPACMFORMATTAGDETAILSA d, DWORD_PTR user,
                            DWORD support)
{
    struct listing *l = (struct listing *)user;
    (void)support;
    if (id != l->id)
        return TRUE;
    l->tags++;
    for (unsigned i = 0; i < 8; i++)
        if (expected[i].tag == d->dwFormatTag) {
            l->has[i] = true;
            acm_check(d->cStandardFormats == expected[i].formats && d->szFormatTag[0] != 0,
                      "tag %lx \"%s\" lists %lu formats of %lu bytes at most", d->dwFormatTag,
                      d->szFormatTag, d->cStandardFormats, d->cbFormatSize);
        }
    return TRUE;
}

static BOOL CALLBACK on_format(HACMDRIVERID id, LPACMFORMATDETAILSA d, DWORD_PTR user,
                               DWORD support)
{
    struct listing *l = (struct listing *)user;
    (void)support;
    if (id != l->id)
        return TRUE;
    l->formats++;
    if (d->szFormat[0] == 0 || d->pwfx->nBlockAlign == 0)
        l->bad++;
    return TRUE;
}

static void list(void)
{
    struct wanted w = {OURS, NULL, 0};
    struct listing l = {0};
    union acm_format f = acm_pcm(WAVE_FORMAT_PCM, 8000, 1, 16);
    ACMDRIVERDETAILSA d = {.cbStruct = sizeof d};
    ACMFORMATTAGDETAILSA t = {.cbStruct = sizeof t};
    HACMDRIVER had;

    acmDriverEnum(on_driver, (DWORD_PTR)&w, 0);
    if (!acm_check(w.id != NULL, "acmDriverEnum: \"%s\" is among %u drivers", OURS, w.n_drivers))
        return;
    acm_check(acmDriverDetailsA(w.id, &d, 0) == MMSYSERR_NOERROR && d.cFormatTags == 8 &&
                  d.cFilterTags == 2 && (d.fdwSupport & 7) == 7,
              "\"%s\": %lu format tags, %lu filter tags, support %lx", d.szLongName, d.cFormatTags,
              d.cFilterTags, d.fdwSupport);
    had = acm_driver(OURS);
    if (!acm_check(had != NULL, "acmDriverOpen"))
        return;
    l.id = w.id;
    acm_check(acmFormatTagEnumA(had, &t, on_tag, (DWORD_PTR)&l, 0) == MMSYSERR_NOERROR &&
                  l.tags == 8,
              "acmFormatTagEnum: %u tags", l.tags);
    for (unsigned i = 0; i < 8; i++) {
        ACMFORMATDETAILSA fd = {.cbStruct = sizeof fd, .pwfx = &f.wfx, .cbwfx = sizeof f};
        l.formats = l.bad = 0;
        f = acm_pcm((WORD)expected[i].tag, 8000, 1, 16);
        fd.dwFormatTag = expected[i].tag;
        MMRESULT r = acmFormatEnumA(had, &fd, on_format, (DWORD_PTR)&l, ACM_FORMATENUMF_WFORMATTAG);
        acm_check(r == MMSYSERR_NOERROR && l.formats == expected[i].formats && l.bad == 0 &&
                      l.has[i],
                  "acmFormatEnum: %u formats of %s, %u without a name (%u)", l.formats,
                  expected[i].name, l.bad, r);
    }
    acmDriverClose(had, 0);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(const char *argument);
    } verbs[] = {
        {"convert", acm_verb_convert}, {"quality", acm_verb_quality}, {"pairs", acm_verb_pairs},
        {"play", acm_verb_play},       {"speed", acm_verb_speed},     {"tag", acm_verb_tag},
        {"message", acm_verb_message}, {"cut", acm_verb_cut},         {"agree", acm_verb_agree},
        {"threads", acm_verb_threads}, {"mci", acm_verb_mci}};
    const char *verb = argc > 1 ? argv[1] : "", *argument = argc > 2 ? argv[2] : "";

    setvbuf(stdout, NULL, _IONBF, 0);
    if (strcmp(verb, "list") == 0)
        list();
    for (unsigned i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verb, verbs[i].name) == 0)
            verbs[i].run(argument);
    printf("%u passed, %u failed\n", passed, failed);
    printf("acm: all done\n");
    return failed == 0 && passed > 0 ? 0 : 1;
}
