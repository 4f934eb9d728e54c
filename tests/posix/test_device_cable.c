/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The cable: what is recorded equals what was played, with both clocks and all mixtures of them,
 * and neither side can hang the other. A plain program: it runs under ThreadSanitizer too. */
#include "temp_folder.h"

#include <mmk/posix.h>

#include "contract/fake_engine.h"

static unsigned passed;
static unsigned failed;
static struct mmk_platform *platform;
static struct mmk_devices *devices;

static void expect(bool ok, const char *where, const char *broken)
{
    if (ok) {
        passed++;
        return;
    }
    failed++;
    printf("%s: %s\n", where, broken);
}

/* ------------------------------------------------------------------ two ends */

struct end {
    struct mmk_engine engine;
    struct mmk_device *device;
    struct mmk_device_caps caps;
    uint32_t *heard; /* capture: every frame */
    uint64_t n_heard, heard_max;
};

static struct mmk_device_config config_of(mmk_direction direction, mmk_clock clock,
                                          const char *name)
{
    struct mmk_device_config config = {
        .direction = direction,
        .backend = "cable",
        .format = {.sample = MMK_SAMPLE_S16, .channels = 2, .valid_bits = 16, .rate_hz = 48000},
        .clock = clock,
    };
    snprintf(config.path, sizeof config.path, "%s", name);
    return config;
}

/** A frame is its number, from 1: 0 is silence. */
static uint32_t play_numbers(struct mmk_engine *engine, void *frames, uint32_t n_frames,
                             uint64_t at)
{
    uint32_t *to = frames;
    (void)engine;
    for (uint32_t i = 0; i < n_frames; i++)
        to[i] = (uint32_t)(at + i + 1);
    return n_frames;
}

static uint32_t keep(struct mmk_engine *engine, void *frames, uint32_t n_frames, uint64_t at)
{
    struct end *end = engine->user;
    (void)at;
    for (uint32_t i = 0; i < n_frames; i++) {
        if (end->n_heard < end->heard_max)
            memcpy(&end->heard[end->n_heard], (const uint32_t *)frames + i, sizeof(uint32_t));
        end->n_heard++;
    }
    return 0;
}

static bool open_end(struct end *end, mmk_direction direction, mmk_clock clock, const char *name,
                     uint32_t period, uint64_t heard_max)
{
    struct mmk_device_config config = config_of(direction, clock, name);
    memset(end, 0, sizeof *end);
    config.period_frames = period;
    fake_engine_init(&end->engine);
    if (devices->ops->open(devices, &config, &end->engine, &end->device, &end->caps) != MMK_OK)
        return false;
    fake_engine_opened(&end->engine, direction, &end->caps);
    end->engine.budget = 0;
    end->engine.user = end;
    end->engine.on_render = direction == MMK_PLAYBACK ? play_numbers : keep;
    end->heard_max = heard_max;
    end->heard = calloc(heard_max + 1, sizeof *end->heard);
    return true;
}

static void start_end(struct end *end)
{
    fake_engine_started(&end->engine);
    devices->ops->start(devices, end->device);
}

static void stop_end(struct end *end)
{
    devices->ops->stop(devices, end->device);
    fake_engine_stopped(&end->engine);
}

static void allow(struct end *end, uint64_t n_frames)
{
    fake_engine_allow(&end->engine, n_frames);
    devices->ops->kick(devices, end->device);
}

static void close_end(struct end *end, const char *where)
{
    expect(devices->ops->close(devices, end->device) == MMK_OK, where, "close failed");
    const char *broken = fake_engine_breach(&end->engine);
    expect(broken == NULL, where, broken);
    fake_engine_fini(&end->engine);
    free(end->heard);
}

/** Whether silence at the edges left aside, the frames from `first` on are there, each once, in
 * order.
 *  @return how many, or 0 */
static uint64_t in_order(const struct end *end, uint32_t *first, bool *gaps)
{
    uint64_t i = 0;
    uint64_t n = end->n_heard < end->heard_max ? end->n_heard : end->heard_max;
    uint64_t count = 0;
    uint32_t last = 0;
    *gaps = false;
    *first = 0;
    while (i < n && end->heard[i] == 0)
        i++;
    for (; i < n; i++) {
        if (end->heard[i] == 0) {
            *gaps = true;
            continue;
        }
        if (last == 0)
            *first = end->heard[i];
        else if (end->heard[i] != last + 1)
            return 0;
        last = end->heard[i];
        count++;
    }
    return count;
}

/* ------------------------------------------------------------------ what is played is recorded */

static void freewheel_loses_nothing(uint32_t play_period, uint32_t record_period)
{
    static const char where[] = "freewheel_loses_nothing";
    const uint64_t n = 2000003; /* 40 s, far more than the ring */
    struct end out, in;
    uint32_t first;
    bool gaps;
    if (!open_end(&out, MMK_PLAYBACK, MMK_CLOCK_FREEWHEEL, "a", play_period, 0) ||
        !open_end(&in, MMK_CAPTURE, MMK_CLOCK_FREEWHEEL, "a", record_period, n)) {
        expect(false, where, "a cable does not open");
        return;
    }
    start_end(&in);
    allow(&in, n);
    start_end(&out);
    allow(&out, n);
    expect(fake_engine_wait(&in.engine, n, 60000), where, "not everything arrived");
    stop_end(&out);
    stop_end(&in);
    uint64_t count = in_order(&in, &first, &gaps);
    expect(count == n && first == 1, where, "frames were lost, doubled or out of order");
    expect(!gaps, where, "silence came between");
    close_end(&out, where);
    close_end(&in, where);
}

static void real_clock_loses_nothing(void)
{
    static const char where[] = "real_clock_loses_nothing";
    struct end out, in;
    uint32_t first;
    bool gaps;
    if (!open_end(&out, MMK_PLAYBACK, MMK_CLOCK_REAL, "b", 480, 0) ||
        !open_end(&in, MMK_CAPTURE, MMK_CLOCK_REAL, "b", 441, 100000)) {
        expect(false, where, "a cable does not open");
        return;
    }
    start_end(&in);
    platform->ops->sleep_ns(platform, 15000000u);
    start_end(&out);
    expect(fake_engine_wait(&in.engine, 48000, 60000), where, "a second did not arrive in ten");
    stop_end(&in);
    stop_end(&out);
    uint64_t count = in_order(&in, &first, &gaps);
    expect(first == 1 && count > 40000, where, "frames were lost, doubled or out of order");
    expect(!gaps, where, "silence came between, though the player ran all the time");
    close_end(&in, where);
    close_end(&out, where);
}

/** A player without a clock is held to the recorder's, and the other way round. */
static void clocks_can_be_mixed(void)
{
    static const char where[] = "clocks_can_be_mixed";
    for (int real = 0; real < MMK_DIRECTION_COUNT; real++) {
        struct end out, in;
        uint32_t first;
        bool gaps;
        mmk_clock play = real == MMK_PLAYBACK ? MMK_CLOCK_REAL : MMK_CLOCK_FREEWHEEL;
        mmk_clock record = real == MMK_CAPTURE ? MMK_CLOCK_REAL : MMK_CLOCK_FREEWHEEL;
        if (!open_end(&out, MMK_PLAYBACK, play, "c", 480, 0) ||
            !open_end(&in, MMK_CAPTURE, record, "c", 480, 100000)) {
            expect(false, where, "a cable does not open");
            return;
        }
        start_end(&in);
        start_end(&out);
        allow(&out, 1u << 30);
        allow(&in, 1u << 30);
        expect(fake_engine_wait(&in.engine, 24000, 60000), where, "half a second did not arrive");
        stop_end(&in);
        stop_end(&out);
        uint64_t count = in_order(&in, &first, &gaps);
        expect(first == 1 && count >= 20000 && !gaps, where, "sound was lost or torn");
        close_end(&in, where);
        close_end(&out, where);
    }
}

/* ------------------------------------------------------------------ nobody hangs */

static void alone_nobody_waits(void)
{
    static const char where[] = "alone_nobody_waits";
    struct end out, in;
    if (!open_end(&out, MMK_PLAYBACK, MMK_CLOCK_FREEWHEEL, "d", 480, 0)) {
        expect(false, where, "a cable does not open");
        return;
    }
    start_end(&out);
    allow(&out, 480000);
    /* a thousand periods: with a wait in each it would take minutes */
    expect(fake_engine_wait(&out.engine, 480000, 30000), where, "a player waits for nobody");
    close_end(&out, where);

    uint64_t begun = platform->ops->now_ns(platform);
    if (!open_end(&in, MMK_CAPTURE, MMK_CLOCK_FREEWHEEL, "d", 480, 10)) {
        expect(false, where, "a cable does not open again");
        return;
    }
    start_end(&in);
    allow(&in, 480000);
    /* it waits a second for a player, once; then ten seconds of silence come at once */
    expect(fake_engine_wait(&in.engine, 480000, 30000), where, "a recorder waits in each period");
    expect(platform->ops->now_ns(platform) - begun >= 1000000000u, where,
           "a recorder does not wait for a player");
    expect(in.heard[9] == 0, where, "silence is not silent");
    close_end(&in, where);
}

/** The recorder takes nothing for a while: the player goes on after a bound and drops the oldest.
 */
static void stalled_recorder_does_not_hang_the_player(void)
{
    static const char where[] = "stalled_recorder";
    struct end out, in;
    uint32_t first;
    bool gaps;
    if (!open_end(&out, MMK_PLAYBACK, MMK_CLOCK_FREEWHEEL, "e", 480, 0) ||
        !open_end(&in, MMK_CAPTURE, MMK_CLOCK_FREEWHEEL, "e", 480, 400000)) {
        expect(false, where, "a cable does not open");
        return;
    }
    start_end(&in); /* runs, but may take nothing */
    start_end(&out);
    allow(&out, 200000);
    expect(fake_engine_wait(&out.engine, 200000, 60000), where, "the player hangs");
    allow(&in, 48000); /* the ring: the latest second */
    expect(fake_engine_wait(&in.engine, 48000, 60000), where, "the recorder hangs");
    uint64_t count = in_order(&in, &first, &gaps);
    expect(count == 48000 && first == 200000 - 48000 + 1, where, "it is not the oldest that went");
    /* it moves again, so it is waited for again */
    allow(&in, 150000);
    allow(&out, 150000);
    expect(fake_engine_wait(&in.engine, 198000, 60000), where, "it does not go on");
    stop_end(&out);
    stop_end(&in);
    count = in_order(&in, &first, &gaps);
    expect(count == 198000, where, "sound was lost after the recorder had come back");
    close_end(&out, where);
    close_end(&in, where);
}

static void stop_ends_every_wait(void)
{
    static const char where[] = "stop_ends_every_wait";
    struct end out, in;
    if (!open_end(&out, MMK_PLAYBACK, MMK_CLOCK_FREEWHEEL, "f", 480, 0) ||
        !open_end(&in, MMK_CAPTURE, MMK_CLOCK_FREEWHEEL, "f", 480, 10)) {
        expect(false, where, "a cable does not open");
        return;
    }
    for (int round = 0; round < 5; round++) {
        start_end(&in);
        allow(&in, 480);
        start_end(&out); /* nothing to play: the recorder waits inside read */
        platform->ops->sleep_ns(platform, 20000000u);
        uint64_t begun = platform->ops->now_ns(platform);
        stop_end(&in);
        expect(platform->ops->now_ns(platform) - begun < 900000000u, where,
               "stop waited for a player");
        stop_end(&out);
    }
    start_end(&in);
    start_end(&out);
    allow(&out, 100000); /* more than the ring: the player waits inside write */
    platform->ops->sleep_ns(platform, 50000000u);
    uint64_t begun = platform->ops->now_ns(platform);
    stop_end(&out);
    expect(platform->ops->now_ns(platform) - begun < 900000000u, where,
           "stop waited for a recorder");
    stop_end(&in);
    close_end(&out, where);
    close_end(&in, where);
}

static void player_that_ends_leaves_silence(void)
{
    static const char where[] = "player_that_ends";
    struct end out, in;
    uint32_t first;
    bool gaps;
    if (!open_end(&out, MMK_PLAYBACK, MMK_CLOCK_FREEWHEEL, "g", 480, 0) ||
        !open_end(&in, MMK_CAPTURE, MMK_CLOCK_FREEWHEEL, "g", 480, 96000)) {
        expect(false, where, "a cable does not open");
        return;
    }
    start_end(&in);
    start_end(&out);
    allow(&out, 10000);
    expect(fake_engine_wait(&out.engine, 10000, 60000), where, "the player hangs");
    close_end(&out, where);
    allow(&in, 96000);
    expect(fake_engine_wait(&in.engine, 96000, 60000), where, "the recording does not end");
    uint64_t count = in_order(&in, &first, &gaps);
    expect(count == 10000 && first == 1, where, "what was played before the end was lost");
    close_end(&in, where);
}

/* ------------------------------------------------------------------ who may plug in */

static void ends_must_agree(void)
{
    static const char where[] = "ends_must_agree";
    struct end out, in;
    char reason[300] = "";
    struct mmk_device_config config;
    if (!open_end(&out, MMK_PLAYBACK, MMK_CLOCK_REAL, "h", 480, 0)) {
        expect(false, where, "a cable does not open");
        return;
    }
    config = config_of(MMK_CAPTURE, MMK_CLOCK_REAL, "h");
    config.format.rate_hz = 44100;
    expect(devices->ops->probe(devices, &config, 1000, NULL, reason, sizeof reason) ==
               MMK_ERR_FORMAT,
           where, "another rate is taken");
    expect(strstr(reason, "48000") != NULL && strstr(reason, "44100") != NULL, where,
           "the reason does not say both formats");
    config = config_of(MMK_PLAYBACK, MMK_CLOCK_REAL, "h");
    expect(devices->ops->probe(devices, &config, 1000, NULL, reason, sizeof reason) == MMK_ERR_BUSY,
           where, "a second player is taken");
    config = config_of(MMK_PLAYBACK, MMK_CLOCK_REAL, "another");
    expect(devices->ops->probe(devices, &config, 1000, NULL, reason, sizeof reason) == MMK_OK,
           where, "another name is not another cable");
    expect(open_end(&in, MMK_CAPTURE, MMK_CLOCK_REAL, "h", 100, 0), where,
           "the other end does not plug in");
    close_end(&out, where);
    config = config_of(MMK_PLAYBACK, MMK_CLOCK_REAL, "h");
    config.format.rate_hz = 44100;
    expect(devices->ops->probe(devices, &config, 1000, NULL, reason, sizeof reason) ==
               MMK_ERR_FORMAT,
           where, "the format changed while one end was in");
    close_end(&in, where);
    expect(devices->ops->probe(devices, &config, 1000, NULL, reason, sizeof reason) == MMK_OK,
           where, "a cable that nobody holds keeps its format");
}

int main(void)
{
    setenv("MMEKIT_TRACE", "error", 1);
    if (mmk_posix_platform_open(NULL, &platform) != MMK_OK ||
        mmk_posix_devices_open(platform, &devices) != MMK_OK)
        return 1;
    freewheel_loses_nothing(480, 480);
    freewheel_loses_nothing(480, 441);
    freewheel_loses_nothing(100, 4800);
    real_clock_loses_nothing();
    clocks_can_be_mixed();
    alone_nobody_waits();
    stalled_recorder_does_not_hang_the_player();
    stop_ends_every_wait();
    player_that_ends_leaves_silence();
    ends_must_agree();
    mmk_posix_devices_close(devices);
    mmk_posix_platform_close(platform);
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
