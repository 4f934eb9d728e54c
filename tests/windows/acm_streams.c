/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "acm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Streams of msacm32 cut in any way, at random rates, and by many threads. The seed is printed and
 * may be given, so that what fails can be repeated. */

#define PI     3.14159265358979323846
#define LARGE  (1u << 20)
#define TAGS_N 14

static unsigned long long seed;

static DWORD any(DWORD below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (DWORD)(seed >> 20) % below;
}

static void take_seed(const char *argument)
{
    seed = argument[0] != 0 ? strtoull(argument, NULL, 0) : GetTickCount() * 2654435761ull;
    seed = seed != 0 ? seed : 1;
    printf("-- seed %llu\n", seed);
}

static const char *text_of(const union acm_format *f, char *text, size_t cap)
{
    snprintf(text, cap, "tag %x %lu Hz %u ch %u bits block %u", f->wfx.wFormatTag,
             f->wfx.nSamplesPerSec, f->wfx.nChannels, f->wfx.wBitsPerSample, f->wfx.nBlockAlign);
    return text;
}

/* Frames of a block, as each tag's description has them. */
static DWORD frames_of(const WAVEFORMATEX *f)
{
    const DWORD per = f->nBlockAlign / f->nChannels;
    switch (f->wFormatTag) {
    case WAVE_FORMAT_ADPCM:
        return (per - 7) * 2 + 2;
    case WAVE_FORMAT_IMA_ADPCM:
        return (per - 4) * 2 + 1;
    case WAVE_FORMAT_GSM610:
        return 320;
    default:
        return 1;
    }
}

/* ------------------------------------------------------------------ formats at random */

static DWORD any_rate(void)
{
    static const DWORD usual[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 192000};
    return any(3) != 0 ? usual[any(9)] : 1000 + any(any(2) != 0 ? 60000 : 383001);
}

static bool any_format(HACMDRIVER had, union acm_format *out)
{
    static const WORD tags[TAGS_N] = {
        WAVE_FORMAT_PCM,        WAVE_FORMAT_PCM,        WAVE_FORMAT_PCM,
        WAVE_FORMAT_PCM,        WAVE_FORMAT_IEEE_FLOAT, WAVE_FORMAT_IEEE_FLOAT,
        WAVE_FORMAT_EXTENSIBLE, WAVE_FORMAT_EXTENSIBLE, WAVE_FORMAT_ALAW,
        WAVE_FORMAT_MULAW,      WAVE_FORMAT_ADPCM,      WAVE_FORMAT_IMA_ADPCM,
        WAVE_FORMAT_GSM610,     WAVE_FORMAT_PCM};
    const WORD tag = tags[any(TAGS_N)];
    const DWORD rate = any_rate();
    const WORD channels = (WORD)(1 + any(any(3) == 0 ? 8 : 2));
    union acm_format pcm;
    switch (tag) {
    case WAVE_FORMAT_PCM:
        *out = acm_pcm(tag, rate, channels, (WORD)(8 * (1 + any(4))));
        return true;
    case WAVE_FORMAT_IEEE_FLOAT:
        *out = acm_pcm(tag, rate, channels, (WORD)(32 * (1 + any(2))));
        return true;
    case WAVE_FORMAT_EXTENSIBLE:
        if (any(2) != 0)
            *out = acm_wide(rate, channels, 32, true);
        else
            *out = acm_wide(rate, channels, (WORD)(16 + 8 * any(3)), false);
        return true;
    default:
        pcm = acm_pcm(WAVE_FORMAT_PCM, rate,
                      (WORD)(tag == WAVE_FORMAT_GSM610 || channels != 2 ? 1 : 2), 16);
        return acm_suggest(had, &pcm, tag, out);
    }
}

/* ------------------------------------------------------------------ cut in any way */

struct stream {
    HACMSTREAM has;
    ACMSTREAMHEADER h;
};

static MMRESULT begin(struct stream *s, HACMDRIVER had, const union acm_format *a,
                      const union acm_format *b, BYTE *src, DWORD n_src, BYTE *dst, DWORD n_dst)
{
    memset(s, 0, sizeof *s);
    MMRESULT r =
        acmStreamOpen(&s->has, had, (WAVEFORMATEX *)(uintptr_t)&a->wfx,
                      (WAVEFORMATEX *)(uintptr_t)&b->wfx, NULL, 0, 0, ACM_STREAMOPENF_NONREALTIME);
    if (r != 0)
        return r;
    s->h.cbStruct = sizeof s->h;
    s->h.pbSrc = src;
    s->h.cbSrcLength = n_src;
    s->h.pbDst = dst;
    s->h.cbDstLength = n_dst;
    return acmStreamPrepareHeader(s->has, &s->h, 0);
}

static void end(struct stream *s, DWORD n_src, DWORD n_dst)
{
    s->h.cbSrcLength = n_src;
    s->h.cbDstLength = n_dst;
    acmStreamUnprepareHeader(s->has, &s->h, 0);
    acmStreamClose(s->has, 0);
}

struct cut {
    BYTE *window, *dst; /* what the stream is given: LARGE bytes, n_dst bytes */
    DWORD n_dst, longest;
    bool blockalign;
};

/* The whole of `in` in calls of any length up to cut->longest. @return bytes made; -1: it failed */
static long long cut_up(struct stream *s, const struct cut *cut, const BYTE *in, DWORD n_in,
                        DWORD block, BYTE *out, DWORD cap)
{
    DWORD at = 0, longest = cut->longest, still = 0;
    long long total = 0;
    for (bool first = true; still < 3; first = false) {
        DWORD n = 1 + any(longest), flags = first ? ACM_STREAMCONVERTF_START : 0;
        n = n < n_in - at ? n : n_in - at;
        memcpy(cut->window, in + at, n);
        s->h.cbSrcLength = n;
        s->h.cbDstLength = any(4) == 0 ? any(cut->n_dst + 1) : cut->n_dst;
        if (cut->blockalign)
            flags |= ACM_STREAMCONVERTF_BLOCKALIGN;
        if (at + n == n_in)
            flags |= ACM_STREAMCONVERTF_END;
        if (acmStreamConvert(s->has, &s->h, flags) != 0 || s->h.cbSrcLengthUsed > n ||
            s->h.cbDstLengthUsed > s->h.cbDstLength || total + s->h.cbDstLengthUsed > cap)
            return -1;
        memcpy(out + total, cut->dst, s->h.cbDstLengthUsed);
        total += s->h.cbDstLengthUsed;
        at += s->h.cbSrcLengthUsed;
        if (at < n_in && s->h.cbSrcLengthUsed == 0 && longest < LARGE - block)
            longest += block; /* no whole block was in it */
        still = at == n_in && s->h.cbDstLengthUsed == 0 && s->h.cbDstLength == cut->n_dst
                    ? still + 1
                    : 0;
    }
    return total;
}

static DWORD expected(const union acm_format *a, const union acm_format *b, DWORD n_in)
{
    unsigned long long frames =
        (unsigned long long)(n_in / a->wfx.nBlockAlign) * frames_of(&a->wfx);
    const DWORD block = frames_of(&b->wfx);
    frames = (frames * b->wfx.nSamplesPerSec + a->wfx.nSamplesPerSec - 1) / a->wfx.nSamplesPerSec;
    return (DWORD)((frames + block - 1) / block * b->wfx.nBlockAlign);
}

/* Sound that is sound in any format: small numbers, and for codecs what the driver encodes. */
static void make_bytes(HACMDRIVER had, const union acm_format *f, BYTE *bytes, DWORD n)
{
    union acm_format pcm = acm_pcm(WAVE_FORMAT_PCM, f->wfx.nSamplesPerSec, f->wfx.nChannels, 16);
    const DWORD frames = n / f->wfx.nBlockAlign * frames_of(&f->wfx);
    short *samples = malloc((size_t)frames * f->wfx.nChannels * 2 + 2);
    void *made;
    DWORD n_made;
    for (DWORD i = 0; i < frames * f->wfx.nChannels; i++)
        samples[i] = (short)(9000 * sin(i * 0.03) + (int)any(4000) - 2000);
    memset(bytes, 0, n);
    if (acm_convert(had, &pcm, f, samples, frames * f->wfx.nChannels * 2, &made, &n_made) == 0) {
        memcpy(bytes, made, n_made < n ? n_made : n);
        free(made);
    }
    free(samples);
}

static bool pair_is_good(HACMDRIVER had, const union acm_format *a, const union acm_format *b,
                         DWORD length)
{
    const DWORD n_in = (length / a->wfx.nBlockAlign + 1) * a->wfx.nBlockAlign;
    const DWORD should = expected(a, b, n_in), cap = should + 65536 * 8;
    struct cut cut = {malloc(LARGE), malloc(LARGE), LARGE, 0, false};
    BYTE *in = malloc(n_in), *one = malloc(cap), *out = malloc(cap);
    struct stream s;
    bool good = true;
    char ta[80], tb[80];

    make_bytes(had, a, in, n_in);
    MMRESULT r = begin(&s, had, a, b, in, n_in, one, cap);
    if (r == 0)
        r = acmStreamConvert(s.has, &s.h, ACM_STREAMCONVERTF_START | ACM_STREAMCONVERTF_END);
    const DWORD made = s.h.cbDstLengthUsed;
    if (r != 0 || s.h.cbSrcLengthUsed != n_in || made != should) {
        printf("FAIL %s -> %s: answer %u, %lu of %lu bytes taken, %lu made, not %lu\n",
               text_of(a, ta, sizeof ta), text_of(b, tb, sizeof tb), r, s.h.cbSrcLengthUsed, n_in,
               made, should);
        good = false;
    }
    end(&s, n_in, cap);
    r = begin(&s, had, a, b, cut.window, LARGE, cut.dst, LARGE);
    for (int k = 0; good && r == 0 && k < 3; k++) { /* the same stream: END begins anew */
        cut.longest = k == 0 ? LARGE : 1 + any(k == 1 ? 65536 : 100 + length / 200);
        cut.blockalign = any(2) != 0;
        const long long n = cut_up(&s, &cut, in, n_in, a->wfx.nBlockAlign, out, cap);
        good = n == made && memcmp(one, out, made) == 0;
        if (!good)
            printf(
                "FAIL %s -> %s: in pieces of at most %lu bytes%s: %lld bytes, not %lu, or others\n",
                text_of(a, ta, sizeof ta), text_of(b, tb, sizeof tb), cut.longest,
                cut.blockalign ? ", whole blocks" : "", n, made);
    }
    end(&s, LARGE, LARGE);
    free(cut.window);
    free(cut.dst);
    free(in);
    free(one);
    free(out);
    return good && r == 0;
}

/* N pairs of formats at random, every 16th with more than a megabyte. */
void acm_verb_cut(const char *argument)
{
    HACMDRIVER had = acm_driver(OURS);
    char *more;
    const unsigned n = (unsigned)strtoul(argument, &more, 10);
    unsigned tried = 0, good = 0;
    take_seed(*more == ',' ? more + 1 : "");
    if (!acm_check(had != NULL, "the driver opens"))
        return;
    while (tried < n) {
        union acm_format a, b;
        if (!any_format(had, &a) || !any_format(had, &b) ||
            acmStreamOpen(NULL, had, &a.wfx, &b.wfx, NULL, 0, 0, ACM_STREAMOPENF_QUERY) != 0)
            continue;
        const double grows = (double)b.wfx.nAvgBytesPerSec / a.wfx.nAvgBytesPerSec;
        DWORD length = tried % 16 == 15 ? 1200000 : 200 + any(12000);
        if (length * grows > 4e6)
            length = (DWORD)(4e6 / grows);
        tried++;
        good += pair_is_good(had, &a, &b, length);
    }
    acm_check(good == tried,
              "%u of %u pairs: any cutting gives the bytes of one call, as many as due", good,
              tried);
    acmDriverClose(had, 0);
}

/* ------------------------------------------------------------------ random pairs agree */

void acm_verb_agree(const char *argument)
{
    HACMDRIVER had = acm_driver(OURS);
    char *more;
    const unsigned n = (unsigned)strtoul(argument, &more, 10);
    unsigned differ = 0, possible = 0, opened = 0;
    take_seed(*more == ',' ? more + 1 : "");
    if (!acm_check(had != NULL, "the driver opens"))
        return;
    for (unsigned i = 0; i < n; i++) {
        union acm_format a, b, c;
        HACMSTREAM has;
        char ta[80], tb[80];
        while (!any_format(had, &a) || !any_format(had, &b)) {
        }
        if (any(5) == 0) /* no format at all, or one that nobody has */
            switch (any(5)) {
            case 0:
                b.wfx.nChannels = (WORD)(any(2) * 9);
                break;
            case 1:
                b.wfx.nSamplesPerSec = any(2) != 0 ? any(1000) : 384001 + any(1000000);
                break;
            case 2:
                b.wfx.wFormatTag = (WORD)(0x40 + any(500));
                break;
            case 3:
                b.wfx.wBitsPerSample = (WORD)any(80);
                b.wfx.nBlockAlign = (WORD)(b.wfx.nChannels * b.wfx.wBitsPerSample / 8);
                break;
            default:
                a.wfx.nBlockAlign++;
                break;
            }
        c = b;
        const MMRESULT query =
            acmStreamOpen(NULL, had, &a.wfx, &b.wfx, NULL, 0, 0, ACM_STREAMOPENF_QUERY);
        MMRESULT open = query, suggest;
        if (i % 5 == 0) {
            open = acmStreamOpen(&has, had, &a.wfx, &b.wfx, NULL, 0, 0, 0);
            if (open == 0)
                acmStreamClose(has, 0);
            opened++;
        }
        suggest = acmFormatSuggest(had, &a.wfx, &c.wfx, sizeof c,
                                   ACM_FORMATSUGGESTF_WFORMATTAG | ACM_FORMATSUGGESTF_NCHANNELS |
                                       ACM_FORMATSUGGESTF_NSAMPLESPERSEC |
                                       ACM_FORMATSUGGESTF_WBITSPERSAMPLE);
        possible += query == 0;
        if ((query != open || query != suggest || (query != 0 && query != ACMERR_NOTPOSSIBLE)) &&
            differ++ < 10)
            printf("FAIL %s -> %s: suggest %u, query %u, open %u\n", text_of(&a, ta, sizeof ta),
                   text_of(&b, tb, sizeof tb), suggest, query, open);
    }
    acm_check(differ == 0, "%u random pairs, %u possible, %u opened: %u disagreements", n, possible,
              opened, differ);
    acmDriverClose(had, 0);
}

/* ------------------------------------------------------------------ threads */

enum { THREADS = 2, STREAMS = 16 };

struct job {
    union acm_format a, b;
    struct stream s;
    BYTE *in, *window, *out;
    DWORD n_in, cap, sum;
    bool seen;
};

struct worker {
    HACMDRIVER had;
    ULONGLONG until;
    unsigned rounds, failed;
    struct job jobs[STREAMS];
};

static DWORD sum_of(DWORD h, const BYTE *p, DWORD n)
{
    for (DWORD i = 0; i < n; i++)
        h = (h ^ p[i]) * 16777619u;
    return h;
}

/* A stream's whole sound in pieces of one length: the same bytes each time. */
static bool run_job(struct job *j, DWORD piece)
{
    DWORD sum = 2166136261u;
    for (DWORD at = 0; at < j->n_in;) {
        const DWORD n = j->n_in - at < piece ? j->n_in - at : piece;
        const DWORD flags = (at == 0 ? ACM_STREAMCONVERTF_START : 0) |
                            (at + n == j->n_in ? ACM_STREAMCONVERTF_END : 0);
        memcpy(j->window, j->in + at, n);
        j->s.h.cbSrcLength = n;
        j->s.h.cbDstLength = j->cap;
        if (acmStreamConvert(j->s.has, &j->s.h, flags) != 0 || j->s.h.cbSrcLengthUsed != n)
            return false;
        sum = sum_of(sum, j->out, j->s.h.cbDstLengthUsed);
        at += n;
    }
    const bool same = !j->seen || sum == j->sum;
    j->seen = true;
    j->sum = sum;
    return same;
}

static DWORD WINAPI work(void *arg)
{
    struct worker *w = arg;
    while (GetTickCount64() < w->until && w->failed == 0) {
        for (unsigned i = 0; i < STREAMS; i++) {
            struct job *j = &w->jobs[i];
            w->failed +=
                begin(&j->s, w->had, &j->a, &j->b, j->window, j->n_in, j->out, j->cap) != 0;
        }
        for (unsigned k = 0; k < 4 * STREAMS && w->failed == 0; k++)
            w->failed += !run_job(&w->jobs[k % STREAMS], 200 + 331 * (w->rounds++ % 7));
        for (unsigned i = 0; i < STREAMS; i++)
            end(&w->jobs[i].s, w->jobs[i].n_in, w->jobs[i].cap);
    }
    return 0;
}

static void make_job(HACMDRIVER had, struct job *j)
{
    do {
        while (!any_format(had, &j->a) || !any_format(had, &j->b)) {
        }
        j->n_in = (3000u / j->a.wfx.nBlockAlign + 1) * j->a.wfx.nBlockAlign;
        j->cap = expected(&j->a, &j->b, j->n_in) + 65536;
    } while (acmStreamOpen(NULL, had, &j->a.wfx, &j->b.wfx, NULL, 0, 0, ACM_STREAMOPENF_QUERY) !=
             0);
    j->in = malloc(j->n_in);
    j->window = malloc(j->n_in);
    j->out = malloc(j->cap);
    make_bytes(had, &j->a, j->in, j->n_in);
}

/* SECONDS[,SEED]: two threads with sixteen streams each. */
void acm_verb_threads(const char *argument)
{
    HACMDRIVER had = acm_driver(OURS);
    char *more;
    const double seconds = strtod(argument, &more);
    struct worker *w = calloc(THREADS, sizeof *w);
    HANDLE threads[THREADS];
    unsigned rounds = 0, bad = 0;
    take_seed(*more == ',' ? more + 1 : "");
    if (!acm_check(had != NULL, "the driver opens"))
        return;
    for (unsigned t = 0; t < THREADS; t++) {
        w[t].had = acm_driver(OURS);
        for (unsigned i = 0; i < STREAMS; i++)
            make_job(had, &w[t].jobs[i]);
        w[t].until = GetTickCount64() + (ULONGLONG)(seconds * 1000);
    }
    for (unsigned t = 0; t < THREADS; t++)
        threads[t] = CreateThread(NULL, 0, work, &w[t], 0, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    for (unsigned t = 0; t < THREADS; t++) {
        rounds += w[t].rounds;
        bad += w[t].failed;
        acmDriverClose(w[t].had, 0);
    }
    acm_check(bad == 0 && rounds >= THREADS * STREAMS,
              "%u threads, %u streams each, %.0f s: %u conversions, %u failed", THREADS, STREAMS,
              seconds, rounds, bad);
    acmDriverClose(had, 0);
}
