/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_ENGINE_INTERNAL_H
#define MMK_ENGINE_INTERNAL_H

/**
 * The engine's own structures. Every member says who may touch it:
 *   const    set before the object is published, never changed
 *   audio    the holder of the slot's token (the backend's thread, or control that took it)
 *   control  under the stream's lock
 *   deliver  under the notifier's lock, or the stream's present deliverer
 *   shared   atomics of ring.h
 *
 * Lock order: none nests in another, but: start_lock is held across devices->start, and the
 * notifier's lock across devices->kick; a backend calls nothing of ours that takes a lock from
 * there.
 *
 * Device frames count what was rendered since open. Stream frames count what the stream gave, every
 * pass of a loop anew, since open or reset.
 */

#include <mmk/engine.h>

#include "engine/ring.h"

/** Frames handled at once: small enough for the caches, whatever period the device asks for. */
#define MMKI_CHUNK 512u
/** Blocks that the audio side looks at in one call beyond those that hold frames. */
#define MMKI_BUDGET 4096u
/** How long a freewheeling clock waits for a client. */
#define MMKI_HOLD_NS 50000000u
/** Who closes waits for the rest to be rendered, looking so often, and not for a device that stands
 * still so long. */
#define MMKI_PLAY_OUT_NS      UINT64_C(500000000)
#define MMKI_PLAY_OUT_STEP_NS UINT64_C(200000)

/* ------------------------------------------------------------------ blocks */

struct mmki_slab;

/** A block in the queue. One chain for its whole life: delivery's head ... due ... final
 * ... reader ... tail. */
struct mmki_node {
    struct mmki_link link;
    struct mmk_block block; /* const */
    uint64_t lin;           /* const: frames of all blocks accepted before it, one pass of each */
    bool begun;             /* audio */
    uint64_t start;         /* audio: stream frame at which its latest pass began */
    uint64_t fed_end;       /* audio: ... and ended */
    uint32_t n_done;        /* audio, published by n_done of the stream */
    mmk_err why;            /* audio, published likewise */
    struct mmki_node *free_next; /* control: in the pool */
};

/** The audio side's places in the chain. All but cur and loop are nodes dealt with: the next one is
 * ->link. */
struct mmki_reader {
    struct mmki_node *due;   /* announced as done up to here */
    struct mmki_node *final; /* read for the last time up to here */
    struct mmki_node *prev;  /* the one before cur */
    struct mmki_node *cur;   /* being read; NULL: the one behind prev, if it has come */
    uint32_t offset;         /* frames of cur read in this pass */
    uint64_t lin;            /* linear position of the cursor */
    uint64_t fed;            /* stream frames read */
    uint64_t extra;          /* frames that were, or are known to be, read again */
    struct mmki_node *loop;  /* where the loop begins; NULL: none */
    uint32_t passes_left;    /* after this one; UINT32_MAX: until broken */
    bool turn;               /* at the end of a pass, and another will follow */
    uint64_t pass_start;     /* fed when this pass began */
    uint64_t loop_frames;    /* length of a pass, known after the first; 0 before */
    uint32_t break_seen;
};

/* ------------------------------------------------------------------ which stream frame is heard at
 * a device frame */

/** From dev0 to dev1 the stream moves on by num / den frames for each device frame, up to cap. */
struct mmki_span {
    uint64_t dev0, dev1;
    uint64_t base, rem, num, den;
    uint64_t cap;
    uint64_t end; /* stream frame at dev1 */
};

#define MMKI_MAP_MAX 64u
struct mmki_map {
    struct mmki_span span[MMKI_MAP_MAX];
    unsigned first, n;
    uint64_t rest; /* stream frame at the end of all spans left behind */
};

void mmki_map_reset(struct mmki_map *map);
void mmki_map_add(struct mmki_map *map, const struct mmki_span *span);
/** Stream frames played when `dev` device frames have been; `dev` never falls. */
uint64_t mmki_map_at(struct mmki_map *map, uint64_t dev);

/* ------------------------------------------------------------------ ring streams */

#define MMKI_GAPS_MAX 16u
struct mmki_gap {
    uint64_t at;   /* ring frame before which frames were lost */
    uint64_t lost; /* how many */
};

struct mmki_ring {
    uint8_t *mem;    /* const; playback: twice the frames, so that any piece is contiguous */
    uint32_t frames; /* const */
    struct mmki_u64
        w; /* shared: frames written. Playback: control -> audio; capture: audio -> control */
    struct mmki_u64 r; /* shared: frames taken, the other way */
    bool acquired;     /* control */
    uint32_t n_acquired;
    /* capture */
    struct mmki_gap gap[MMKI_GAPS_MAX];
    struct mmki_u32 gap_w, gap_r; /* shared: audio -> control and back */
    uint64_t lost;                /* audio: since the last frame written */
    uint64_t lost_total;          /* audio */
    uint64_t skipped;             /* control: frames lost before r */
    uint64_t base;                /* control: r + skipped when the position was 0 */
    bool glitch;                  /* control: told with the present piece */
};

/* ------------------------------------------------------------------ stream */

struct mmk_stream {
    /* const */
    struct mmk_engine *engine;
    struct mmk_platform *platform;
    struct mmk_notifier *notifier;
    struct mmk_stream_config config;
    struct mmk_mutex *lock;
    unsigned slot;
    bool capture; /* takes from the device (or taps): data flows to the client */
    bool tap;
    bool same_format, same_rate, identity;
    size_t frame_bytes;
    float matrix[MMK_CHANNELS_MAX * MMK_CHANNELS_MAX];
    uint64_t rate_num, rate_den; /* stream rate : device rate, reduced */
    uint64_t period_den;         /* period_frames * device rate */

    /* control */
    struct mmki_node *tail;
    struct mmki_node *pool;
    struct mmki_slab *slabs;
    uint64_t accepted_frames;
    mmk_err dead; /* nothing is accepted any more: MMK_ERR_GONE; MMK_ERR_STATE: closed, out of its
                     slot */

    /* deliver */
    struct mmk_stream *next, *before; /* list of the notifier */
    struct mmk_event *idle;           /* told when the deliverer leaves and somebody waits */
    uint64_t deliverer;               /* thread, 0: nobody */
    unsigned depth, n_waiters, refs;
    bool closing, lost;
    struct mmki_node *head; /* delivered up to here */
    uint32_t n_delivered, periods_delivered;

    /* shared */
    struct mmki_u32 n_submitted; /* control -> deliver */
    struct mmki_u32 paused;      /* control -> audio */
    struct mmki_u32 break_loop;  /* control -> audio: counts calls */
    struct mmki_u32 news;   /* control -> audio: counts everything a waiting clock should know */
    struct mmki_u32 finish; /* control -> audio: nothing more comes, play the rest out now */
    struct mmki_u64 speed_bits;       /* control -> audio */
    struct mmki_gains gains;          /* control -> audio */
    struct mmki_u64 accepted;         /* control -> audio: frames accepted, one pass each */
    struct mmki_u32 n_done;           /* audio -> deliver: blocks announced */
    struct mmki_u32 n_returned;       /* deliver -> audio: blocks whose callback has returned */
    struct mmki_u32 periods_due;      /* audio -> deliver */
    struct mmki_u32 periods_returned; /* deliver -> audio */
    struct mmki_u64 position;         /* audio -> control: stream frames played (recorded) */
    struct mmki_u64
        extra; /* audio -> control: see mmki_reader; capture: frames given back unfilled */
    struct mmki_ring ring;

    /* audio: reading */
    struct mmki_reader read;
    struct mmki_map map;
    uint64_t pos_floor; /* position that announced blocks have promised */
    uint64_t period_acc;
    uint64_t gap; /* device frames without anything to give, counted if more comes */
    uint64_t lost_acc;
    bool ran; /* has given something since open or reset */

    /* audio: rate */
    void *resampler_mem;             /* const */
    struct mmk_resampler *resampler; /* NULL: rates equal and speed fixed */
    bool resampling;                 /* frames go through it now */
    bool draining;
    bool exact; /* speed 1 since the segment began */
    double speed;
    uint64_t seg_fed, seg_out; /* stream frame at the resampler's input 0; frames it made since */
    uint64_t skip; /* outputs to throw away: they were played before the resampler was put in */
    float *in;     /* decoded, not yet taken by the resampler */
    size_t in_cap, in_pos, in_len;
    uint8_t *past; /* the last frames given directly, should the resampler be put in */
    size_t past_cap, past_len;

    /* audio: gain */
    float gain[MMK_CHANNELS_MAX], gain_to[MMK_CHANNELS_MAX];
    uint32_t ramp_left, gains_seen;

    /* audio: capture */
    float *carry; /* converted, no room for it yet */
    size_t carry_cap, carry_len;
    struct mmk_dither dither;

    /* audio: freewheel */
    uint32_t news_seen, returned_seen;
    uint64_t hold_until;
};

/* ------------------------------------------------------------------ engine */

struct mmki_slot {
    struct mmki_token token;
    struct mmk_stream *stream; /* behind the token */
};

struct mmk_engine {
    /* const */
    struct mmk_platform *platform;
    struct mmk_devices *devices;
    struct mmk_notifier *notifier;
    struct mmk_device *device;
    struct mmk_device_caps caps;
    mmk_direction direction;
    mmk_quality quality;
    bool freewheel, use_dither;
    const struct mmk_dsp *dsp;
    struct mmk_limiter *limiter;
    uint64_t lag; /* device frames from where a stream's frame is mixed to where it is stored */
    size_t frame_bytes;
    uint8_t silence;
    struct mmk_mutex *start_lock;
    uint32_t n_slots;
    struct mmki_slot *slots;

    /* deliver */
    struct mmk_engine *next;

    /* shared */
    struct mmki_u32 started;    /* control, under start_lock; read by all */
    struct mmki_u32 gone;       /* any -> all */
    struct mmki_u32 finish;     /* control -> audio: no stream is left, give the rest */
    struct mmki_u64 audible;    /* audio -> control: end of what was mixed, stored */
    struct mmki_u32 slots_used; /* control -> audio: high water */
    struct mmki_u64 rendered, played, underrun;  /* audio -> control */
    struct mmki_u32 metered;                     /* control -> audio: somebody asks for peaks */
    struct mmki_u32 peak_bits[MMK_CHANNELS_MAX]; /* audio -> control: floats, of the last period */

    /* the backend's thread alone */
    struct mmk_stream **held;
    uint32_t n_held;
    float *bus, *work, *work2, *decoded;
    float peak[MMK_CHANNELS_MAX]; /* of the present period, of which ... */
    uint32_t peak_frames;         /* ... so many frames were seen */
    struct mmk_dither dither;
    uint64_t returned_progress, stuck_since, tail_hold;
};

/* ------------------------------------------------------------------ chain.c: blocks on the audio
 * side */

void mmki_chain_init(struct mmk_stream *s, struct mmki_node *stub);
/** Pass blocks without frames, so that they come back in their turn. */
void mmki_chain_settle(struct mmk_stream *s);
/** Contiguous frames at the cursor, at most max; 0: nothing there. */
size_t mmki_chain_at(struct mmk_stream *s, uint8_t **data, size_t max);
void mmki_chain_advance(struct mmk_stream *s, size_t n);
/** Frames that can be read without anything new being submitted (a lower bound; UINT64_MAX: no
 * end). */
uint64_t mmki_chain_available(const struct mmk_stream *s);
void mmki_chain_break(struct mmk_stream *s);
/** Announce the blocks that ended before stream frame `position`, which the device has played.
 * @return whether any was */
bool mmki_chain_due(struct mmk_stream *s, uint64_t position);
/** Capture: the block being filled is done with what it holds. */
void mmki_chain_cut(struct mmk_stream *s);
/** All blocks not yet announced are done now. Frames played are judged by `position`. */
void mmki_chain_cancel(struct mmk_stream *s, mmk_err why, uint64_t position);

/* ------------------------------------------------------------------ source.c: frames at the
 * device's rate */

void mmki_source_reset(struct mmk_stream *s);
/** Take over what control asked for: gain, speed, break. Start of each render. */
void mmki_source_begin(struct mmk_stream *s);
/** Up to n frames, float, the stream's channels, standing at device frame dev. @param may_drain  an
 * end of the data is the end */
size_t mmki_source_pull(struct mmk_stream *s, float *out, size_t n, uint64_t dev, bool may_drain);
/** The same, raw, for a stream in the device's own format that needs nothing. */
size_t mmki_source_copy(struct mmk_stream *s, uint8_t *out, size_t n, uint64_t dev);
/** Whether there is anything to give, now. */
bool mmki_source_active(struct mmk_stream *s, bool may_drain);
/** Device frames, at most max, that pull would give. */
size_t mmki_source_can_give(struct mmk_stream *s, size_t max);
/** Whether frames wait inside the resampler for more to come behind them. */
bool mmki_source_has_tail(const struct mmk_stream *s);
/** Take the frames too few to go on with out of the client's blocks, which are done with it.
 * @return whether blocks were */
bool mmki_source_take_rest(struct mmk_stream *s);
uint64_t mmki_source_available(const struct mmk_stream *s);

/* ------------------------------------------------------------------ mix.c, capture.c */

bool mmki_gain_is_unity(const struct mmk_stream *s);
/** The gains move in a straight line for at most n frames, from s->gain to `to`. @return how many
 */
size_t mmki_gain_step(struct mmk_stream *s, size_t n, float to[MMK_CHANNELS_MAX]);
/** bus += remixed, gained x. */
void mmki_mix_add(struct mmk_engine *e, struct mmk_stream *s, const float *x, size_t n);
struct mmk_rendered mmki_playback_render(struct mmk_engine *e, uint8_t *buffer, uint32_t n);
bool mmki_capture_render(struct mmk_engine *e, const uint8_t *buffer, uint32_t n);
/** One chunk of the device's frames for one stream; *decoded tells whether e->decoded holds them as
 * float. @return completions */
bool mmki_capture_feed(struct mmk_engine *e, struct mmk_stream *s, const uint8_t *raw, size_t n,
                       bool *decoded);
/** What the resampler still holds goes into the blocks. Control, with the token. */
void mmki_capture_flush(struct mmk_stream *s);
/** Stream frames that fit now. */
uint64_t mmki_capture_room(const struct mmk_stream *s);
/** Take a chunk of the device's frames into the peaks, if somebody asks for them. Uses e->decoded.
 */
void mmki_meter_feed(struct mmk_engine *e, const uint8_t *raw, size_t n);
/** Count periods that passed. @return whether one is due */
bool mmki_period_pass(struct mmk_stream *s, uint32_t n);

/* ------------------------------------------------------------------ engine.c, stream.c, notify.c
 */

void mmki_token_take(struct mmk_platform *platform, struct mmki_token *token);
mmk_err mmki_engine_start(struct mmk_engine *e);
void mmki_engine_kick(struct mmk_engine *e);
/** The streams of the table whose token could be had go to e->held. @return false: some could not
 */
bool mmki_engine_hold(struct mmk_engine *e);
/** The same for a render. A clock that is real goes on without a stream that control is at;
 *  freewheeling it waits until control lets go: frames that were promised must not become silence
 *  because of when a thread ran. */
void mmki_render_hold(struct mmk_engine *e);
void mmki_engine_release(struct mmk_engine *e);
void mmki_add_underrun(struct mmk_engine *e, uint64_t n);

/** Whether it takes work. With the lock held; only then may the engine be touched: it outlives no
 * stream but that one that is closed already. @retval MMK_ERR_GONE, MMK_ERR_STATE */
mmk_err mmki_stream_alive(const struct mmk_stream *s);
/** Something that a waiting clock should know. With the lock held: what it sets off may call the
 * client back on another thread, who may close the stream there; close needs the lock, so nothing
 * is touched too late. */
void mmki_stream_tell(struct mmk_stream *s);
/** The device went away: all blocks come back, nothing more is accepted. Control, no lock held. */
void mmki_stream_lost(struct mmk_stream *s);
/** Close a stream whose closing was claimed. */
void mmki_stream_close_claimed(struct mmk_stream *s);
void mmki_stream_free(struct mmk_stream *s);
/** The node that stands before the first block. Before the stream is shared. */
struct mmki_node *mmki_stream_first_node(struct mmk_stream *s);
void mmki_stream_recycle(struct mmk_stream *s, struct mmki_node *node);
mmk_err mmki_stream_make(struct mmk_engine *e, const struct mmk_stream_config *config, bool tap,
                         struct mmk_stream **out);

void mmki_notifier_add_engine(struct mmk_notifier *n, struct mmk_engine *e);
void mmki_notifier_remove_engine(struct mmk_notifier *n, struct mmk_engine *e);
/** Put a stream into a free slot and the list. @retval MMK_ERR_BUSY none is free */
mmk_err mmki_notifier_add_stream(struct mmk_notifier *n, struct mmk_stream *s);
void mmki_notifier_wake(struct mmk_notifier *n);
/** Deliver all that is due for s on this thread. */
void mmki_notifier_flush(struct mmk_notifier *n, struct mmk_stream *s);
/** Claim the closing of s. @return false: it is being closed already, or blocks are out and force
 * is not set */
bool mmki_notifier_claim_close(struct mmk_notifier *n, struct mmk_stream *s, bool force);
/** Deliver the last of s, forget it, and free it when nobody is inside one of its callbacks. */
void mmki_notifier_finish(struct mmk_notifier *n, struct mmk_stream *s);
/** Claim the closing of any stream of e that nobody closes yet; NULL: none is left. */
struct mmk_stream *mmki_notifier_claim_any(struct mmk_notifier *n, const struct mmk_engine *e);

#endif
