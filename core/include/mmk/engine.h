/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_ENGINE_H
#define MMK_ENGINE_H

/**
 * The audio engine: many streams, one device, one direction.
 *
 * An engine is bound to one opened device of the port. Clients open *streams* on it, each in any
 * valid format; the engine decodes, resamples, maps channels, applies gain and mixes them in
 * float32 into the device's format (playback), or hands every stream its own conversion of what the
 * device records (capture). A lone playback stream in the device's own format at unity gain and
 * speed passes bit-exact.
 *
 * Two kinds of stream:
 *  - BLOCKS (MME): the client lends blocks of memory; each comes back exactly once, when the
 * device's position has passed its end, or by reset, close or loss of the device.
 *  - RING (WASAPI-like): the engine owns a buffer; the client acquires and releases pieces of it.
 *
 * Threads. `control` calls may come from any thread, several at once, and from inside completion
 * callbacks. The backend's thread is the `audio` context: it calls mmk_engine_render() and
 * mmk_engine_played(), which never allocate, lock, log or call the system. Completions are
 * delivered by the *notifier*, one thread for each open driver, with no lock held; reset and close
 * deliver on their caller's thread before they return.
 *
 * Time. Positions are 64-bit frame counts. Device time counts frames rendered since the device was
 * opened; a stream's position counts its own frames that the device has played since open or reset.
 *
 * Clock. With a real clock, a stream that runs dry leaves silence. With the freewheel clock the
 * backend asks mmk_engine_freewheel_frames() and renders as fast as the streams allow; time stands
 * still while callbacks run, while all are idle, and for up to 50 ms while one stream has nothing
 * and may get more. A client with a single buffer gets it back once all its frames were taken, if
 * only the frames of the next one can let the resampler go on; reset and close then let the rest be
 * heard first.
 *
 * Closing. Any call may be made from any callback, closing included: the stream's own, others, the
 * engine's, the notifier's. Close waits for a callback of the stream that runs on another thread,
 * and reset waits so that order holds; only two threads that would wait for each other, each inside
 * a callback, do not wait: the one that returns first delivers for both.
 *
 *     mmk_notifier_open(platform, &notifier);
 *     mmk_engine_open(&(struct mmk_engine_config){.platform = p, .devices = d, .notifier =
 * notifier, .device = config}, &engine); mmk_stream_open(engine, &stream_config, &stream);
 *     mmk_stream_submit(stream, &block);      // ... on_block() is called when it has been played
 *     mmk_stream_close(stream, true);
 *     mmk_engine_close(engine);
 *     mmk_notifier_close(notifier);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/dsp.h>
#include <mmk/err.h>
#include <mmk/format.h>
#include <mmk/port.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mmk_engine;
struct mmk_stream;
struct mmk_notifier;

/* ------------------------------------------------------------------ notifier */

/**
 * Start the thread that delivers completions. Where the platform has no threads it delivers only
 * inside mmk_notifier_reap(). Shared by all engines of one driver. Context: control.
 */
mmk_err mmk_notifier_open(struct mmk_platform *platform, struct mmk_notifier **out);

/**
 * Deliver everything that is due, then stop the thread. All engines bound to it must be closed. May
 * be called on the notifier's own thread (from a callback): the thread is then detached
 * (thread_detach of the platform, if it has one) and ends by itself after the callback.
 * Context: control.
 */
void mmk_notifier_close(struct mmk_notifier *notifier);

/** Deliver on the calling thread whatever is due now; for ports without threads and for tests.
 * Context: control. */
void mmk_notifier_reap(struct mmk_notifier *notifier);

/* ------------------------------------------------------------------ engine */

#define MMK_ENGINE_STREAMS_MAX 256u

struct mmk_engine_config {
    struct mmk_platform *platform;
    struct mmk_devices *devices;
    struct mmk_notifier *notifier;
    struct mmk_device_config device;
    mmk_quality quality;  /* of rate conversion */
    bool dither;          /* TPDF dither when the mix is stored in an integer format */
    bool limiter;         /* peak limiter on the mix (constant delay); else saturation */
    uint32_t streams_max; /* 1 .. MMK_ENGINE_STREAMS_MAX; 0 = 32 */
};

/**
 * Open the device and an engine on it. The device is started with the first stream that has
 * something to do. Seams in the config are borrowed until mmk_engine_close; the rest is copied.
 * @retval what mmk_devices_ops.open answers; MMK_ERR_NOMEM
 * Context: control.
 */
mmk_err mmk_engine_open(const struct mmk_engine_config *config, struct mmk_engine **out);

/** Close all streams still open (their blocks come back first), the device and the engine.
 *  @return the device's close result (a file that could not be written to its end). Context:
 * control. */
mmk_err mmk_engine_close(struct mmk_engine *engine);

/** Format, period and latency of the opened device. Context: any. */
const struct mmk_device_caps *mmk_engine_caps(const struct mmk_engine *engine);

struct mmk_engine_stats {
    uint64_t frames_rendered; /* device frames since open */
    uint64_t frames_played;
    uint64_t
        underrun_frames; /* device frames in which a started, unpaused RING stream, or a BLOCKS
                            stream that had been running and got more later, had nothing to give */
    uint32_t streams;    /* open now */
    bool gone;           /* the device went away */
};
void mmk_engine_stats(struct mmk_engine *engine, struct mmk_engine_stats *stats);

/**
 * The largest magnitude in each of the device's channels during its last whole period, as it went
 * to the device or came from it (1 = full scale, can be more for float devices). The first call
 * begins the measuring and answers silence: engines that nobody asks do not pay for it.
 * @param n_peaks  channels of the device
 * @retval MMK_ERR_INVAL  another count
 * Context: any but audio.
 */
mmk_err mmk_engine_peaks(struct mmk_engine *engine, float *peaks, unsigned n_peaks);

/* Upcalls: for backends only. */

struct mmk_rendered {
    bool pending; /* completions wait: call mmk_engine_wake after this render, outside of it */
    uint32_t audible_frames; /* playback: frames up to the last one that a stream gave; the rest is
                                silence that no stream asked for (0: nothing is playing), which file
                                backends need not keep at the end */
};

/**
 * Playback: fill `buffer` with n_frames in the device's format. Capture: take n_frames from it.
 * @param n_frames  1 .. caps.period_max_frames
 * Context: audio, one thread at a time; never after stop returned.
 */
struct mmk_rendered mmk_engine_render(struct mmk_engine *engine, mmk_direction direction,
                                      void *buffer, uint32_t n_frames);

/**
 * The device has played (captured: delivered) `frames` of those rendered, counted since open; never
 * goes back. Backends without latency call it after each render with the sum.
 * @return true: completions wait, call mmk_engine_wake
 * Context: audio.
 */
bool mmk_engine_played(struct mmk_engine *engine, uint64_t frames);

/** Wake the notifier. The backend's thread calls it after render or played said so. Context:
 * control (signals an event). */
void mmk_engine_wake(struct mmk_engine *engine);

/**
 * Freewheel clock: how many frames may be rendered now, 1 .. max_frames; 0 = wait until kick or
 * wait_ms, then ask again. Positive when every running stream can give (take) at least that many,
 * or has drained, and the last notifications have been delivered (a callback that does not return
 * is waited for 2 s). A stream with less than the resampler needs is drained after 50 ms without
 * news. Wakes the notifier by itself. Context: the backend's thread, outside render.
 */
uint32_t mmk_engine_freewheel_frames(struct mmk_engine *engine, uint32_t max_frames,
                                     uint32_t *wait_ms);

/**
 * How many frames of playback could be rendered now without a hole, 0 .. max_frames: what every
 * started stream can give. For a backend that keeps a queue and need not fill all of it at once: at
 * the start a client has queued little. A stream that has drained gives 0. Context: the backend's
 * thread, outside render.
 */
uint32_t mmk_engine_ready_frames(struct mmk_engine *engine, uint32_t max_frames);

typedef enum mmk_device_event {
    MMK_DEVICE_GONE = 1, /* no more render: every block comes back, streams answer MMK_ERR_GONE */
    MMK_DEVICE_FORMAT_CHANGED = 2, /* close and open again */
    MMK_DEVICE_RESTART_NEEDED = 3
} mmk_device_event;

/** Context: the backend's thread, outside render, or any control thread. */
void mmk_engine_device_event(struct mmk_engine *engine, mmk_device_event event);

/* ------------------------------------------------------------------ streams */

typedef enum mmk_stream_kind { MMK_STREAM_BLOCKS = 0, MMK_STREAM_RING = 1 } mmk_stream_kind;

enum {
    MMK_BLOCK_LOOP_BEGIN = 1u << 0, /* the loop starts with this block; `loops` counts its passes */
    MMK_BLOCK_LOOP_END = 1u << 1    /* ... and ends with this one (may be the same) */
};

/** A block of the client's memory. The struct itself is copied by submit; the data is lent. */
struct mmk_block {
    void *data;        /* n_frames frames in the stream's format; unaligned is fine */
    uint32_t n_frames; /* 0 is allowed: it comes back in its turn */
    uint32_t flags;    /* MMK_BLOCK_* (playback) */
    uint32_t loops;    /* passes, read with LOOP_BEGIN; 0 and 1 both play once; UINT32_MAX: until
                          break_loop */
    void *user;
};

/**
 * A block has come back. Called exactly once for each accepted block, in the order of submission,
 * with no lock held: on the notifier's thread, or on the caller's inside reset and close.
 * @param n_frames  playback: frames of one pass that were played (less than the block's after
 * reset); capture: frames recorded
 * @param why       MMK_OK, MMK_ERR_CANCELLED (reset, close), MMK_ERR_GONE
 */
typedef void mmk_on_block(void *user, const struct mmk_block *block, uint32_t n_frames,
                          mmk_err why);

struct mmk_stream_config {
    mmk_stream_kind kind;
    struct mmk_format format;
    double speed_max;       /* largest speed that set_speed will be asked; 0 = speed is fixed */
    mmk_on_block *on_block; /* BLOCKS; may be NULL */
    void (*on_period)(void *user); /* RING: a period has been played or recorded; delivered like
                                      on_block. May be NULL */
    bool merge_periods; /* one on_period for all periods since the last one: for clients that look
                           themselves how much there is to do */
    void *user;
    uint32_t ring_frames;   /* RING: buffer size in the stream's frames, at least 2 periods */
    uint32_t period_frames; /* RING: for on_period; 0 = the device's period */
    bool start_paused;      /* capture streams of MME start stopped; RING streams start stopped */
};

/**
 * Open a stream. May take milliseconds (filter bank).
 * @retval MMK_ERR_BUSY    streams_max are open
 * @retval MMK_ERR_FORMAT  not a valid format
 * @retval MMK_ERR_GONE    the device went away
 * Context: control.
 */
mmk_err mmk_stream_open(struct mmk_engine *engine, const struct mmk_stream_config *config,
                        struct mmk_stream **out);

/**
 * Close a stream. No callback of it comes or runs on another thread after the return (but see
 * "Closing" above); inside one of its own callbacks, none comes after that one.
 *
 * @param force  true: give back queued blocks first (delivered on this thread); false: refuse while
 *               any is out, also one that was played and whose callback has not begun
 * @retval MMK_ERR_BUSY  blocks are out and force is false, or the stream is being closed already
 * Context: control; also inside callbacks of this stream.
 */
mmk_err mmk_stream_close(struct mmk_stream *stream, bool force);

/** Stop taking from (giving to) the queue, keep the position; repeat is fine. Submit still queues.
 * Context: control. */
mmk_err mmk_stream_pause(struct mmk_stream *stream);
/** Go on; starts the device if there is something to do. @retval what start of the device answers,
 * MMK_ERR_GONE: paused as before. Context: control. */
mmk_err mmk_stream_resume(struct mmk_stream *stream);

/** Give back all blocks (delivered on this thread before it returns), empty the ring, position 0,
 * end a pause of a BLOCKS playback stream; a capture stream stays stopped or becomes so. Context:
 * control; also inside callbacks. */
mmk_err mmk_stream_reset(struct mmk_stream *stream);

/** Linear gains, one for each channel of the stream, 1 = unchanged, within +-1e6. A change is
 * ramped over one period of the device; before the stream's first frame it counts at once. @retval
 * MMK_ERR_RANGE, MMK_ERR_INVAL (count). Context: control. */
mmk_err mmk_stream_set_gain(struct mmk_stream *stream, const float *gains, unsigned n_gains);

/** Playback speed, 2 = twice as many frames a second. Stays over reset. @retval MMK_ERR_UNSUPPORTED
 * if speed_max was 0 or the stream captures, MMK_ERR_RANGE outside 0.25 .. speed_max. Context:
 * control. */
mmk_err mmk_stream_set_speed(struct mmk_stream *stream, double speed);

struct mmk_position {
    uint64_t frames;  /* of the stream, played (recorded) since open or reset, every pass of a loop
                         counted; never  goes back between; exact at speed 1, else within a frame;
                         behind a block's end when that  is told. RING capture: lost frames count */
    uint64_t time_ns; /* platform clock at which `frames` was read */
    uint64_t queued_frames; /* accepted and not yet played */
};
mmk_err mmk_stream_position(struct mmk_stream *stream, struct mmk_position *position);

/* BLOCKS */

/**
 * Queue a block behind all accepted before it, and start the device if it does not run yet and the
 * stream is not paused. Never waits for the device to play.
 * @retval MMK_ERR_GONE, MMK_ERR_NOMEM, MMK_ERR_INVAL, MMK_ERR_STATE (being closed), or what start
 * of the device answers; nothing was borrowed Context: control; also inside callbacks.
 */
mmk_err mmk_stream_submit(struct mmk_stream *stream, const struct mmk_block *block);

/**
 * The loop being played ends with its current pass; between two passes it ends at once. No loop has
 * begun: nothing happens, and nothing is remembered. Context: control.
 */
mmk_err mmk_stream_break_loop(struct mmk_stream *stream);

/** Capture: give back the block being filled if it holds anything; the empty ones stay queued
 * (WIDM_STOP). Implies pause. Delivered on this thread. Context: control. */
mmk_err mmk_stream_stop(struct mmk_stream *stream);

/* RING: playback acquire/release, capture peek/consume. One client thread at a time. */

/** Memory for exactly n_frames contiguous frames. @retval MMK_ERR_NO_SPACE fewer are free;
 * MMK_ERR_STATE acquired already */
mmk_err mmk_stream_acquire(struct mmk_stream *stream, uint32_t n_frames, void **data);

enum { MMK_RING_SILENT = 1u << 0, MMK_RING_GLITCH = 1u << 1 };

/** Hand over the first n_frames (0 .. acquired) of what was acquired; MMK_RING_SILENT: ignore the
 * bytes, play silence. */
mmk_err mmk_stream_release(struct mmk_stream *stream, uint32_t n_frames, uint32_t flags);

/** Frames in the ring: not yet taken by the device (playback), not yet consumed (capture). Taken
 *  frames may still be on their way: `position` tells what was heard. */
mmk_err mmk_stream_padding(struct mmk_stream *stream, uint32_t *n_frames);

/** The next contiguous piece of recorded frames; *n_frames 0 if there is none.
 *  @param flags  out: MMK_RING_GLITCH if frames were lost before it  @param position  out: stream
 * frame of its first */
mmk_err mmk_stream_peek(struct mmk_stream *stream, const void **data, uint32_t *n_frames,
                        uint32_t *flags, uint64_t *position);
/** Done with the first n_frames of what was peeked. @retval MMK_ERR_RANGE more than there are */
mmk_err mmk_stream_consume(struct mmk_stream *stream, uint32_t n_frames);

/**
 * Open a RING capture stream that hears what this *playback* engine plays (loopback capture), in
 * the moment it is rendered. It makes nothing play, but a freewheeling clock waits for its client
 * like for any other. Context: control.
 */
mmk_err mmk_engine_tap(struct mmk_engine *playback, const struct mmk_stream_config *config,
                       struct mmk_stream **out);

#ifdef __cplusplus
}
#endif

#endif
