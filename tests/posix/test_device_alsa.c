/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The ALSA device against ALSA's own null and file plug-ins, from a configuration of the test's
 * own: the machine needs no sound card and none is touched. A plain program: it runs under
 * ThreadSanitizer too. */
#include "temp_folder.h"

#include <fcntl.h>

#include <mmk/posix.h>

#include "contract/device_cases.h"
#include "contract/fake_engine.h"

static unsigned passed;
static unsigned failed;
static char folder[4096];
static struct mmk_platform *platform;
static struct mmk_devices *devices;

static void note(const char *what, const char *name, const char *broken)
{
    if (broken == NULL) {
        passed++;
        return;
    }
    failed++;
    printf("%s %s: %s\n", what, name, broken);
}

static void expect(bool ok, const char *name, const char *broken)
{
    note("alsa", name, ok ? NULL : broken);
}

static void write_config(void)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/asound.conf", folder);
    FILE *f = fopen(path, "w");
    fprintf(f,
            "pcm.quiet { type null; hint { show on; description \"Quiet\" } }\n"
            "pcm.tape { type file; slave.pcm quiet; file \"%s/tape.raw\"; format raw }\n"
            "pcm.reader { type file; slave.pcm quiet; file \"/dev/null\";\n"
            "             infile \"%s/in.raw\"; format raw }\n"
            "pcm.narrow { type linear; slave { pcm quiet; format S16_LE } }\n"
            "pcm.stuck { type file; slave.pcm quiet; file \"%s/fifo\"; format raw }\n"
            "pcm.default quiet\n",
            folder, folder, folder);
    fclose(f);
    setenv("ALSA_CONFIG_PATH", path, 1);
    snprintf(path, sizeof path, "%s/fifo", folder);
    mkfifo(path, 0600);
}

static struct mmk_device_config config_of(mmk_direction direction, const char *pcm)
{
    struct mmk_device_config config = {
        .direction = direction,
        .backend = "alsa",
        .format = {.sample = MMK_SAMPLE_S16, .channels = 2, .valid_bits = 16, .rate_hz = 48000},
        .clock = MMK_CLOCK_REAL,
    };
    snprintf(config.path, sizeof config.path, "%s", pcm);
    return config;
}

static void run_suite(mmk_direction direction)
{
    const struct device_env env = {.devices = devices,
                                   .platform = platform,
                                   .config = config_of(direction, "quiet"),
                                   .absent = config_of(direction, "no_such_pcm"),
                                   .exact_clock = false};
    for (size_t i = 0; i < n_device_cases; i++)
        note(direction == MMK_PLAYBACK ? "playback" : "capture", device_cases[i].name,
             device_cases[i].run(&env));
}

static uint32_t count_up(struct mmk_engine *engine, void *frames, uint32_t n_frames, uint64_t at)
{
    uint16_t *to = frames;
    (void)engine;
    for (uint32_t i = 0; i < 2 * n_frames; i++)
        to[i] = (uint16_t)(at * 2 + i);
    return n_frames;
}

/** What is played arrives, in order and whole, and not faster than it could be heard. */
static void plays_onto_the_tape(void)
{
    struct mmk_engine engine;
    struct mmk_device *device;
    struct mmk_device_caps caps;
    struct mmk_device_config config = config_of(MMK_PLAYBACK, "tape");
    char path[4200];
    fake_engine_init(&engine);
    if (devices->ops->open(devices, &config, &engine, &device, &caps) != MMK_OK) {
        expect(false, "tape", "the file plug-in does not open");
        fake_engine_fini(&engine);
        return;
    }
    fake_engine_opened(&engine, MMK_PLAYBACK, &caps);
    engine.on_render = count_up;
    fake_engine_started(&engine);
    uint64_t begun = platform->ops->now_ns(platform);
    devices->ops->start(devices, device);
    bool there = fake_engine_wait(&engine, 24000, 5000);
    uint64_t took = platform->ops->now_ns(platform) - begun;
    devices->ops->stop(devices, device);
    fake_engine_stopped(&engine);
    uint64_t rendered = fake_engine_look(&engine).rendered;
    expect(there, "tape", "half a second was not played in five");
    expect(took > 400000000u, "tape_pace", "a PCM without a clock runs away");
    expect(devices->ops->close(devices, device) == MMK_OK, "tape_close", "close failed");
    expect(fake_engine_breach(&engine) == NULL, "tape_rules", fake_engine_breach(&engine));
    fake_engine_fini(&engine);

    snprintf(path, sizeof path, "%s/tape.raw", folder);
    FILE *f = fopen(path, "rb");
    uint16_t sample;
    uint64_t n = 0;
    bool in_order = f != NULL;
    while (f != NULL && fread(&sample, 2, 1, f) == 1)
        in_order = in_order && sample == (uint16_t)n++;
    if (f != NULL)
        fclose(f);
    expect(in_order, "tape_order", "what is on the tape is not what was played");
    /* the plug-in writes what has left the buffer; stop drops the rest */
    expect(n / 2 >= 20000 && n / 2 <= rendered, "tape_length", "sound is missing on the tape");
}

static uint64_t heard;
static bool heard_in_order;

static uint32_t check_count(struct mmk_engine *engine, void *frames, uint32_t n_frames, uint64_t at)
{
    const uint16_t *from = frames;
    (void)engine;
    (void)at;
    for (uint32_t i = 0; i < 2 * n_frames; i++)
        heard_in_order = heard_in_order && from[i] == (uint16_t)heard++;
    return 0;
}

static void records_from_a_file(void)
{
    struct mmk_engine engine;
    struct mmk_device *device;
    struct mmk_device_caps caps;
    struct mmk_device_config config = config_of(MMK_CAPTURE, "reader");
    char path[4200];
    snprintf(path, sizeof path, "%s/in.raw", folder);
    FILE *f = fopen(path, "wb");
    for (uint32_t i = 0; i < 200000; i++) {
        uint16_t sample = (uint16_t)i;
        fwrite(&sample, 2, 1, f);
    }
    fclose(f);
    heard = 0;
    heard_in_order = true;
    fake_engine_init(&engine);
    if (devices->ops->open(devices, &config, &engine, &device, &caps) != MMK_OK) {
        expect(false, "reader", "the file plug-in does not open for capture");
        fake_engine_fini(&engine);
        return;
    }
    fake_engine_opened(&engine, MMK_CAPTURE, &caps);
    engine.on_render = check_count;
    fake_engine_started(&engine);
    devices->ops->start(devices, device);
    expect(fake_engine_wait(&engine, 12000, 5000), "reader", "a quarter of a second did not come");
    devices->ops->stop(devices, device);
    fake_engine_stopped(&engine);
    expect(heard_in_order, "reader_order", "what was recorded is not what the file holds");
    devices->ops->close(devices, device);
    fake_engine_fini(&engine);
}

static void format_is_what_the_device_has(void)
{
    struct mmk_device_caps caps;
    char reason[256] = "";
    struct mmk_device_config config = config_of(MMK_PLAYBACK, "");
    config.format.channels = 6;
    config.format.rate_hz = 96000;
    config.format.sample = MMK_SAMPLE_F32;
    config.format.valid_bits = 32;
    mmk_err err = devices->ops->probe(devices, &config, 2000, &caps, reason, sizeof reason);
    expect(err == MMK_OK && mmk_format_same(&caps.format, &config.format), "format_kept",
           "a format that the device has was not kept");
    config.clock = MMK_CLOCK_FREEWHEEL;
    err = devices->ops->probe(devices, &config, 2000, &caps, reason, sizeof reason);
    expect(err == MMK_ERR_UNSUPPORTED && strstr(reason, "clock") != NULL, "freewheel",
           "freewheel on a sound card is not refused in words");
}

static void hanging_probe_ends_in_time(void)
{
    struct mmk_device_caps caps;
    char reason[256] = "";
    struct mmk_device_config config = config_of(MMK_PLAYBACK, "stuck"); /* waits for a reader */
    uint64_t begun = platform->ops->now_ns(platform);
    mmk_err err = devices->ops->probe(devices, &config, 300, &caps, reason, sizeof reason);
    uint64_t took = platform->ops->now_ns(platform) - begun;
    expect(err == MMK_ERR_TIMEOUT, "stuck", "a probe that hangs is not MMK_ERR_TIMEOUT");
    expect(took >= 300000000u && took < 1500000000u, "stuck_time", "it did not take 300 ms");
    expect(strstr(reason, "stuck") != NULL && strstr(reason, "300 ms") != NULL, "stuck_reason",
           "the reason does not say which device and how long");
    /* let the helper go, so that nothing is left behind */
    char path[4200];
    snprintf(path, sizeof path, "%s/fifo", folder);
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    platform->ops->sleep_ns(platform, 200000000u);
    if (fd >= 0)
        close(fd);
}

static void absent_is_quiet(void)
{
    /* the library's own complaints do not go to stderr: they are part of the reason */
    char reason[400] = "";
    char noise[256];
    int ends[2];
    struct mmk_device_config config = config_of(MMK_PLAYBACK, "no_such_pcm");
    if (pipe2(ends, O_NONBLOCK) != 0)
        abort();
    int saved = dup(2);
    dup2(ends[1], 2);
    mmk_err err = devices->ops->probe(devices, &config, 2000, NULL, reason, sizeof reason);
    dup2(saved, 2);
    ssize_t n = read(ends[0], noise, sizeof noise);
    close(ends[0]);
    close(ends[1]);
    close(saved);
    expect(err == MMK_ERR_NOT_FOUND, "absent", "an unknown PCM is not MMK_ERR_NOT_FOUND");
    expect(strstr(reason, "no_such_pcm") != NULL, "absent_reason", "the reason does not name it");
    expect(n <= 0, "absent_quiet", "something was written to stderr");
}

int main(void)
{
    struct mmk_device_config config = config_of(MMK_PLAYBACK, "quiet");
    char reason[256] = "";
    temp_folder_make(folder, "alsa");
    write_config();
    setenv("MMEKIT_TRACE", "error", 1);
    if (mmk_posix_platform_open(NULL, &platform) != MMK_OK ||
        mmk_posix_devices_open(platform, &devices) != MMK_OK)
        return 1;
    if (devices->ops->probe(devices, &config, 2000, NULL, reason, sizeof reason) ==
        MMK_ERR_UNSUPPORTED) {
        printf("skipped: built without ALSA\n0 passed, 0 failed\n");
    } else {
        run_suite(MMK_PLAYBACK);
        run_suite(MMK_CAPTURE);
        plays_onto_the_tape();
        records_from_a_file();
        format_is_what_the_device_has();
        absent_is_quiet();
        hanging_probe_ends_in_time();
        printf("%u passed, %u failed\n", passed, failed);
    }
    mmk_posix_devices_close(devices);
    mmk_posix_platform_close(platform);
    temp_folder_remove(folder);
    return failed == 0 ? 0 : 1;
}
