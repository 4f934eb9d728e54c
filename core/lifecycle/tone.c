/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The test tone of a dialog: through the device that the settings describe, by an engine of its
 * own, so that it sounds as any program would. */

#include <stdatomic.h>
#include <string.h>

#include "base/math.h"
#include "lifecycle_internal.h"

#define TONE_HZ     1000u
#define TONE_GAIN   0.25 /* -12 dB */
#define FADE_PER_S  100u /* 10 ms in, 10 ms out: no click */
#define PATIENCE_MS 3000u
#define WAIT_MS     20u
#define NS_PER_MS   1000000u

struct tone {
    struct mmk_driver *driver;
    struct mmk_event *done;
    atomic_bool over; /* the notifier's release pairs with the waiter's acquire */
    mmk_err why;
    float *data;
    uint32_t n_frames;
};

/* ------------------------------------------------------------------ the sound */

/* The phase in whole periods is reduced in integers: exact at any rate. */
static double sample_at(uint32_t frame, uint32_t rate_hz)
{
    const uint64_t phase = (uint64_t)frame * TONE_HZ % rate_hz;
    return mmki_sin_pi(2.0 * (double)phase / (double)rate_hz);
}

static double fade_at(uint32_t frame, uint32_t n_frames)
{
    const uint32_t length = n_frames / FADE_PER_S;
    const uint32_t edge = frame < n_frames - 1 - frame ? frame : n_frames - 1 - frame;
    return edge >= length ? 1.0 : 0.5 - 0.5 * mmki_cos_pi((double)edge / (double)length);
}

static bool make_sound(struct tone *t, uint32_t rate_hz)
{
    struct mmk_platform *platform = t->driver->port->platform;
    t->data = platform->ops->alloc(platform, (size_t)rate_hz * sizeof *t->data);
    if (t->data == NULL)
        return false;
    t->n_frames = rate_hz;
    for (uint32_t i = 0; i < rate_hz; i++)
        t->data[i] = (float)(TONE_GAIN * fade_at(i, rate_hz) * sample_at(i, rate_hz));
    return true;
}

/* ------------------------------------------------------------------ playing it */

static void on_block(void *user, const struct mmk_block *block, uint32_t n_frames, mmk_err why)
{
    struct tone *t = user;
    struct mmk_platform *platform = t->driver->port->platform;
    (void)block;
    (void)n_frames;
    t->why = why;
    atomic_store_explicit(&t->over, true, memory_order_release);
    platform->ops->event_set(platform, t->done);
}

static mmk_err wait_for_it(struct tone *t, struct mmk_notifier *notifier)
{
    struct mmk_platform *platform = t->driver->port->platform;
    const uint64_t since = platform->ops->now_ns(platform);
    while (!atomic_load_explicit(&t->over, memory_order_acquire)) {
        if (platform->ops->now_ns(platform) - since > (uint64_t)(1000u + PATIENCE_MS) * NS_PER_MS)
            return MMK_ERR_TIMEOUT;
        (void)platform->ops->event_wait(platform, t->done, WAIT_MS);
        mmk_notifier_reap(notifier); /* for a platform without threads */
    }
    return t->why;
}

static mmk_err play_on(struct tone *t, struct mmk_engine *engine, struct mmk_notifier *notifier)
{
    const uint32_t rate_hz = mmk_engine_caps(engine)->format.rate_hz;
    const struct mmk_stream_config config = {
        .kind = MMK_STREAM_BLOCKS,
        .format = {.sample = MMK_SAMPLE_F32, .channels = 1, .valid_bits = 32, .rate_hz = rate_hz},
        .on_block = on_block,
        .user = t,
    };
    struct mmk_stream *stream = NULL;
    struct mmk_block block = {.n_frames = 0};
    mmk_err err;

    if (!make_sound(t, rate_hz))
        return MMK_ERR_NOMEM;
    err = mmk_stream_open(engine, &config, &stream);
    if (err != MMK_OK)
        return err;
    block.data = t->data;
    block.n_frames = t->n_frames;
    err = mmk_stream_submit(stream, &block);
    if (err == MMK_OK)
        err = wait_for_it(t, notifier);
    (void)mmk_stream_close(stream, true);
    return err;
}

static mmk_err play(struct tone *t, const struct mmk_wave_setup *setup)
{
    struct mmk_port *port = t->driver->port;
    const struct mmk_engine_config config = {.platform = port->platform,
                                             .devices = port->devices,
                                             .notifier = NULL,
                                             .device = setup->device,
                                             .quality = setup->quality,
                                             .dither = setup->dither,
                                             .limiter = setup->limiter};
    struct mmk_engine_config bound = config;
    struct mmk_notifier *notifier = NULL;
    struct mmk_engine *engine = NULL;
    mmk_err err = mmk_notifier_open(port->platform, &notifier);
    if (err != MMK_OK)
        return err;
    bound.notifier = notifier;
    err = mmk_engine_open(&bound, &engine);
    if (err == MMK_OK) {
        const mmk_err played = play_on(t, engine, notifier);
        err = mmk_engine_close(engine); /* a full disk shows here */
        err = played != MMK_OK ? played : err;
    }
    mmk_notifier_close(notifier);
    return err;
}

/* ------------------------------------------------------------------ the whole of it */

static void say(struct mmk_ui_said *said, const char *text)
{
    const size_t len = strlen(text);
    const size_t n = len < sizeof said->text ? len : sizeof said->text - 1;
    said->param[0] = '\0';
    memcpy(said->text, text, n);
    said->text[n] = '\0';
}

/* The probe's reason names cause and cure, which an error number cannot. */
static mmk_err prepare(struct mmk_driver *driver, const struct mmk_settings *settings,
                       struct mmk_wave_setup *setup, struct mmk_ui_said *said)
{
    const struct mmk_product *product = driver->cls->product;
    char reason[256] = "";
    mmk_err err;

    memset(setup, 0, sizeof *setup);
    err = driver->cls->setup(settings, MMK_PLAYBACK, setup);
    if (err != MMK_OK) {
        say(said, "Rate, channels and sample format do not go together; change one of them.");
        return err;
    }
    if (product->probe != NULL)
        err = product->probe(driver->port, settings, MMK_PLAYBACK, MMK_INSTALL_PROBE_MS, reason,
                             sizeof reason);
    if (err == MMK_ERR_PENDING)
        err = MMK_OK;
    if (err != MMK_OK)
        say(said, reason[0] != '\0' ? reason : mmk_err_text(err));
    return err;
}

mmk_err mmki_tone(struct mmk_driver *driver, const struct mmk_settings *settings,
                  struct mmk_ui_said *said)
{
    struct mmk_platform *platform = driver->port->platform;
    struct mmk_wave_setup setup;
    struct tone t = {.driver = driver, .why = MMK_OK};
    mmk_err err = prepare(driver, settings, &setup, said);

    if (err != MMK_OK)
        return err;
    atomic_init(&t.over, false);
    t.done = platform->ops->event_create(platform);
    err = t.done != NULL ? play(&t, &setup) : MMK_ERR_NOMEM;
    if (t.done != NULL)
        platform->ops->event_destroy(platform, t.done);
    platform->ops->free(platform, t.data);
    say(said, err == MMK_OK ? "The test tone was played." : mmk_err_text(err));
    return err;
}
