/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_ACM_H
#define MMK_ACM_H

/**
 * Conversion of audio from any format to any other, and the ACM driver over it.
 *
 * Two layers. A *transcoder* takes bytes of one format and gives bytes of another: any sample type,
 * rate, channel count and codec to any other in one step. An *ACM driver* (struct mmk_acm) answers
 * the ACMDM_* messages of the Audio Compression Manager with transcoders; what it offers, a const
 * struct mmk_acm_class says.
 *
 *     size_t n;
 *     mmk_transcoder_bytes(&config, &n);               // also: can it be done at all?
 *     mmk_transcoder_init(mem, n, &config, &t);
 *     while (more)
 *         mmk_transcoder_process(t, in, n_in, &used, out, n_out, &made, 0);
 *     mmk_transcoder_process(t, NULL, 0, &used, out, n_out, &made, MMK_TRANSCODE_END);
 *
 * What the driver's answers rely on:
 *
 *  - Any cutting of the source into calls gives the same bytes.
 *  - Formats are hostile: WAVEFORMATEX and what follows it are checked, and copied. Sample and
 * block sizes are derived, a field that disagrees refuses the format. nAvgBytesPerSec is not read.
 *  - ceil(frames * to_rate / from_rate) frames come out of `frames`; the delay of the rate
 *    conversion is compensated. A codec's last block is filled up with silence.
 *  - Dither (if wanted) is added only where precision is lost: not from 16 to 24 bits.
 *
 * Decisions where the documents are silent:
 *
 *  - CONVERT with flags 0 consumes all of the source; part of a frame or block is kept inside. With
 *    BLOCKALIGN only whole ones are taken. Only whole frames and blocks are given, in any case.
 *  - START drops what is inside. END gives the rest; what does not fit stays for the next END.
 * After the last of it the stream begins anew; an END with nothing inside gives nothing.
 *  - STREAM_SIZE of a source is an upper bound for any call, END included; of a destination, the
 *    largest source whose conversion without END fits. Both fail where 2^31 - 1 is passed.
 *  - CONVERT of overlapping buffers is refused (MMSYSERR_INVALPARAM); of a stream that another
 *    thread converts just now: ACMERR_BUSY; with a header that was not prepared: ACMERR_UNPREPARED.
 *  - An asynchronous stream is converted before CONVERT returns, DONE is set and MM_ACM_DONE
 *    delivered; MM_ACM_OPEN and MM_ACM_CLOSE come from STREAM_OPEN and STREAM_CLOSE.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/codec.h>
#include <mmk/dsp.h>
#include <mmk/err.h>
#include <mmk/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ transcoder */

/** How channels are folded where there are fewer at the end. */
typedef enum mmk_downmix {
    MMK_DOWNMIX_STANDARD = 0, /* ITU-R BS.775, mmk_remix_matrix */
    MMK_DOWNMIX_FRONT = 1     /* the first channels stay, the others are dropped */
} mmk_downmix;

/** What the user can choose. All zero: class draft, no dither. */
struct mmk_acm_setup {
    mmk_quality quality;
    bool dither;
    mmk_downmix downmix;
};

struct mmk_transcoder_config {
    const void *src; /* WAVEFORMATEX, src_bytes of it readable; SIZE_MAX: it tells itself */
    size_t src_bytes;
    const void *dst;
    size_t dst_bytes;
    const void *filter; /* WAVEFILTER with all that cbStruct says, or NULL. src and dst are then
                           the same PCM or float format */
    const struct mmk_codec *const *codecs; /* NULL: all of codec.h */
    size_t n_codecs;
    struct mmk_acm_setup setup;
    const struct mmk_dsp *dsp; /* NULL: C reference; borrowed */
    bool count_clips;          /* mmk_transcoder_clips is wanted; costs a look at each sample */
};

enum {
    MMK_TRANSCODE_BLOCKALIGN = 1u << 0, /* take whole source blocks only */
    MMK_TRANSCODE_START = 1u << 1,
    MMK_TRANSCODE_END = 1u << 2
};

/** WAVE_FORMAT_PCM of float, of 24 bits, ... the largest WAVEFORMATEX that is read. */
#define MMK_ACM_FORMAT_MAX (18u + MMK_CODEC_EXTRA_MAX)

struct mmk_transcoder;

/** The codecs of codec.h, for configs that name none. */
extern const struct mmk_codec *const mmk_codecs[];
extern const size_t mmk_n_codecs;

/**
 * Whether the conversion is possible, and the memory that it takes. Nothing is allocated.
 * @retval MMK_ERR_FORMAT  a format is malformed or unknown, or the two do not go together
 * @retval MMK_ERR_RANGE   it would take more memory than there can be
 * Context: control.
 */
mmk_err mmk_transcoder_bytes(const struct mmk_transcoder_config *config, size_t *n_bytes);

/** Build one in `mem` (aligned to 64). Formats are copied; codecs and dsp are borrowed. Nothing to
 *  release. Context: control. */
mmk_err mmk_transcoder_init(void *mem, size_t n_bytes, const struct mmk_transcoder_config *config,
                            struct mmk_transcoder **out);

/**
 * Convert. `in` and `out` may have any address and do not overlap.
 * @param used  out: source bytes taken
 * @param made  out: bytes written, whole frames or blocks
 * Context: audio.
 */
void mmk_transcoder_process(struct mmk_transcoder *t, const void *in, size_t n_in, size_t *used,
                            void *out, size_t n_out, size_t *made, unsigned flags);

/** Most bytes that a call with n_in bytes can give, if earlier calls had that much room. With or
 *  without what END adds. Context: any. */
uint64_t mmk_transcoder_bound(const struct mmk_transcoder *t, uint64_t n_in, bool end);

/** Largest source, in whole blocks, whose bound without END is at most n_out. Context: any. */
uint64_t mmk_transcoder_fit(const struct mmk_transcoder *t, uint64_t n_out);

/** Whether dither is added: it is wanted, and precision is lost. Context: any. */
bool mmk_transcoder_dithers(const struct mmk_transcoder *t);

/** Samples beyond full scale that became integers, since init or the last START; 0 unless
 *  config.count_clips. Context: any. */
uint64_t mmk_transcoder_clips(const struct mmk_transcoder *t);

/** Bytes of a block (nBlockAlign) of either side. Context: any. */
size_t mmk_transcoder_block_in(const struct mmk_transcoder *t);
size_t mmk_transcoder_block_out(const struct mmk_transcoder *t);

/* ------------------------------------------------------------------ the ACM driver */

/** An ACM driver, as const data. PCM (8 to 32 bits, float, EXTENSIBLE) is always served. */
struct mmk_acm_class {
    const char *short_name; /* at most 31 characters, as all lists of drivers show it */
    const char *long_name;
    const char *copyright;
    const char *features;
    uint32_t version;
    uint16_t manufacturer_id;
    uint16_t product_id;
    const struct mmk_codec *const *codecs; /* tags beside PCM, in the order they are listed */
    size_t n_codecs;
    bool filters; /* volume and echo */
    /** The driver's settings -> what a stream is opened with. NULL: high, no dither. */
    void (*setup)(const struct mmk_settings *settings, struct mmk_acm_setup *out);
};

struct mmk_acm;

struct mmk_acm_config {
    const struct mmk_acm_class *cls;
    struct mmk_port *port;
    /** What the next stream is opened with; context control. */
    void (*setup)(void *user, struct mmk_acm_setup *out);
    void *user;
    uint32_t generation; /* differs from earlier objects': stale handles are told */
};

/** Make the object behind the ACMDM_* messages of one module. @retval MMK_ERR_NOMEM */
mmk_err mmk_acm_open(const struct mmk_acm_config *config, struct mmk_acm **out);

/** Close all streams and free it; no message may be on its way. NULL is fine. */
void mmk_acm_close(struct mmk_acm *acm);

/**
 * One ACMDM_* message (STREAM_OPEN .. UPDATE, details, suggest). Any thread, several at once.
 * @return MMSYSERR_* or ACMERR_*; MMSYSERR_NOTSUPPORTED for one that is none
 */
uint32_t mmk_acm_message(struct mmk_acm *acm, uint32_t msg, intptr_t lparam1, intptr_t lparam2);

#ifdef __cplusplus
}
#endif

#endif
