/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 *     play_tone OUT.wav [HZ [SECONDS]]
 *
 * The engine without a driver: a program that opens a device, plays, and is told when each block
 * has been played. Two blocks take turns, filled anew in the callback; a third of the way through
 * the volume is halved, without a click. The device is a WAV file and its clock runs free, so ten
 * seconds take as long as they take to compute; with backend "alsa" and the real clock the same
 * program is heard.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <mmk/engine.h>
#include <mmk/posix.h>

#define RATE_HZ  48000u
#define BLOCK    4800u /* frames: 0.1 s */
#define N_BLOCKS 2u
#define TURN     6.283185307179586

struct tone {
    struct mmk_stream *stream;
    double hz;
    uint64_t next, end; /* frames */
    unsigned out;       /* blocks that are lent */
    struct mmk_platform *platform;
    struct mmk_event *done; /* the last one is back */
    int16_t samples[N_BLOCKS][BLOCK];
};

static void fill_and_submit(struct tone *tone, unsigned which)
{
    const uint64_t left = tone->end - tone->next;
    struct mmk_block block = {.data = tone->samples[which],
                              .n_frames = left < BLOCK ? (uint32_t)left : BLOCK};
    for (uint32_t i = 0; i < block.n_frames; i++)
        tone->samples[which][i] =
            (int16_t)lrint(0.5 * 32767 * sin(TURN * tone->hz * (double)(tone->next + i) / RATE_HZ));
    if (block.n_frames == 0 || mmk_stream_submit(tone->stream, &block) != MMK_OK)
        return;
    tone->next += block.n_frames;
    tone->out++;
}

/* On the notifier's thread, with no lock held: any call into the engine is allowed here. */
static void on_block(void *user, const struct mmk_block *block, uint32_t n_frames, mmk_err why)
{
    struct tone *tone = user;
    const unsigned which = block->data == tone->samples[0] ? 0 : 1;
    const float half = 0.5f;
    (void)n_frames;
    tone->out--;
    if (why == MMK_OK && tone->next > tone->end / 3)
        mmk_stream_set_gain(tone->stream, &half, 1);
    if (why == MMK_OK)
        fill_and_submit(tone, which);
    if (tone->out == 0)
        tone->platform->ops->event_set(tone->platform, tone->done);
}

static mmk_err play(struct mmk_engine *engine, struct tone *tone)
{
    const struct mmk_stream_config config = {
        .kind = MMK_STREAM_BLOCKS,
        .format = {.sample = MMK_SAMPLE_S16, .channels = 1, .valid_bits = 16, .rate_hz = RATE_HZ},
        .on_block = on_block,
        .user = tone};
    mmk_err err = mmk_stream_open(engine, &config, &tone->stream);
    if (err != MMK_OK)
        return err;
    mmk_stream_pause(tone->stream); /* both blocks are there before the first is played */
    for (unsigned i = 0; i < N_BLOCKS; i++)
        fill_and_submit(tone, i);
    err = mmk_stream_resume(tone->stream);
    if (err == MMK_OK)
        tone->platform->ops->event_wait(tone->platform, tone->done, MMK_WAIT_FOREVER);
    return err;
}

static mmk_err run(struct mmk_port *port, const char *path, struct tone *tone)
{
    struct mmk_engine_config config = {.platform = port->platform, .devices = port->devices};
    struct mmk_engine *engine;
    config.device = (struct mmk_device_config){
        .direction = MMK_PLAYBACK, .backend = "file", .clock = MMK_CLOCK_FREEWHEEL};
    config.device.format = (struct mmk_format){
        .sample = MMK_SAMPLE_S16, .channels = 2, .valid_bits = 16, .rate_hz = RATE_HZ};
    snprintf(config.device.path, sizeof config.device.path, "%s", path);
    mmk_err err = mmk_notifier_open(port->platform, &config.notifier);
    if (err != MMK_OK)
        return err;
    err = mmk_engine_open(&config, &engine);
    if (err == MMK_OK) {
        err = play(engine, tone);
        const mmk_err written = mmk_engine_close(engine); /* its streams with it */
        err = err != MMK_OK ? err : written;
    }
    mmk_notifier_close(config.notifier);
    return err;
}

int main(int argc, char **argv)
{
    static struct tone tone;
    struct mmk_posix *posix;
    if (argc < 2 || argc > 4) {
        fputs("usage: play_tone OUT.wav [HZ [SECONDS]]\n", stderr);
        return 2;
    }
    tone.hz = argc > 2 ? atof(argv[2]) : 440;
    tone.end = (uint64_t)(RATE_HZ * (argc > 3 ? atof(argv[3]) : 1));
    if (!(tone.hz > 0 && tone.hz < RATE_HZ / 2) || tone.end == 0 || mmk_posix_open(NULL, &posix))
        return 2;
    struct mmk_port *port = mmk_posix_port(posix);
    tone.platform = port->platform;
    tone.done = port->platform->ops->event_create(port->platform);
    const mmk_err err = tone.done != NULL ? run(port, argv[1], &tone) : MMK_ERR_NOMEM;
    port->platform->ops->event_destroy(port->platform, tone.done);
    mmk_posix_close(posix);
    printf("play_tone: %s: %s\n", argv[1], err == MMK_OK ? "played" : mmk_err_text(err));
    return err != MMK_OK;
}
