/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The file device: what is in the files it writes (read back by libsndfile and byte by byte), and
 * what it makes of the files it reads. */
#include "temp_folder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <sndfile.h>
#include <sys/file.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "contract/fake_engine.h"

#include <mmk/posix.h>

static char folder[4096];
static struct mmk_platform *platform;
static struct mmk_devices *devices;

static void setup(void)
{
    temp_folder_make(folder, "file");
    setenv("MMEKIT_TRACE", "error", 1);
    cr_assert_eq(mmk_posix_platform_open(NULL, &platform), MMK_OK);
    cr_assert_eq(mmk_posix_devices_open(platform, &devices), MMK_OK);
}

static void teardown(void)
{
    mmk_posix_devices_close(devices);
    mmk_posix_platform_close(platform);
    temp_folder_remove(folder);
}

TestSuite(device_file, .init = setup, .fini = teardown, .timeout = 60);

/* ------------------------------------------------------------------ helpers */

static const char *in_folder(const char *name)
{
    static char paths[4][4400];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static struct mmk_device_config config_of(mmk_direction direction, const char *path,
                                          mmk_sample sample, uint16_t channels)
{
    struct mmk_device_config config = {
        .direction = direction,
        .backend = "file",
        .format = {.sample = sample, .channels = channels, .rate_hz = 48000},
        .period_frames = 480,
        .clock = MMK_CLOCK_FREEWHEEL,
        .number = 5,
    };
    config.format.valid_bits = (uint16_t)(8 * mmk_sample_bytes(sample));
    snprintf(config.path, sizeof config.path, "%s", path);
    return config;
}

struct run {
    struct mmk_engine engine;
    struct mmk_device *device;
    struct mmk_device_caps caps;
};

static void begin(struct run *run, const struct mmk_device_config *config)
{
    fake_engine_init(&run->engine);
    cr_assert_eq(devices->ops->open(devices, config, &run->engine, &run->device, &run->caps),
                 MMK_OK);
    fake_engine_opened(&run->engine, config->direction, &run->caps);
    run->engine.budget = 0;
}

static void render(struct run *run, uint64_t n_frames)
{
    uint64_t until = fake_engine_look(&run->engine).played + n_frames;
    fake_engine_started(&run->engine);
    fake_engine_allow(&run->engine, n_frames);
    cr_assert_eq(devices->ops->start(devices, run->device), MMK_OK);
    devices->ops->kick(devices, run->device);
    cr_assert(fake_engine_wait(&run->engine, until, 30000));
    devices->ops->stop(devices, run->device);
    fake_engine_stopped(&run->engine);
}

static mmk_err end(struct run *run)
{
    mmk_err err = devices->ops->close(devices, run->device);
    cr_assert_null(fake_engine_breach(&run->engine), "%s", fake_engine_breach(&run->engine));
    fake_engine_fini(&run->engine);
    return err;
}

/** A byte that depends on where it stands. */
static unsigned char byte_at(uint64_t at)
{
    uint64_t x = (at + 1) * UINT64_C(0x9e3779b97f4a7c15);
    return (unsigned char)(x >> 56);
}

/* user: a string that says for each period how it sounds: 's' sound, '.' silence, 'h' half sound */
static uint32_t scripted(struct mmk_engine *engine, void *frames, uint32_t n_frames, uint64_t at)
{
    const char *script = engine->user;
    char what = script != NULL ? script[at / 480] : 's';
    unsigned char *to = frames;
    uint32_t audible = what == 's' ? n_frames : what == 'h' ? n_frames / 2 : 0;
    memset(frames, 0, n_frames * engine->frame_bytes);
    for (size_t i = 0; i < audible * engine->frame_bytes; i++)
        to[i] = byte_at(at * engine->frame_bytes + i);
    return audible;
}

static uint32_t huge_gap(struct mmk_engine *engine, void *frames, uint32_t n_frames, uint64_t at)
{
    bool sounds = at == 0 || at == UINT64_C(384000) * 799;
    memset(frames, sounds ? 0x77 : 0, n_frames * engine->frame_bytes);
    return sounds ? n_frames : 0;
}

static useconds_t stall_us;

static uint32_t stall_once(struct mmk_engine *engine, void *frames, uint32_t n_frames, uint64_t at)
{
    (void)engine;
    (void)frames;
    if (at == 480)
        usleep(stall_us);
    return n_frames;
}

static unsigned char *slurp(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "%s", path);
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    unsigned char *bytes = malloc(*len + 1);
    cr_assert_eq(fread(bytes, 1, *len, f), *len);
    fclose(f);
    return bytes;
}

static uint32_t u32(const unsigned char *b)
{
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/** The data of a WAV by walking its chunks, independently of the writer. */
static const unsigned char *wav_data(const unsigned char *file, size_t len, size_t *data_len)
{
    cr_assert(len >= 12 && memcmp(file, "RIFF", 4) == 0 && memcmp(file + 8, "WAVE", 4) == 0);
    cr_assert_eq(u32(file + 4) + 8, len, "RIFF size and file size disagree");
    for (size_t at = 12; at + 8 <= len;) {
        uint32_t size = u32(file + at + 4);
        if (memcmp(file + at, "data", 4) == 0) {
            cr_assert_leq(at + 8 + size, len);
            *data_len = size;
            return file + at + 8;
        }
        at += 8 + size + (size & 1);
    }
    cr_assert_fail("no data chunk");
    return NULL;
}

static void play_script(const char *path, mmk_sample sample, uint16_t channels, const char *script)
{
    struct run run;
    struct mmk_device_config config = config_of(MMK_PLAYBACK, path, sample, channels);
    begin(&run, &config);
    run.engine.on_render = scripted;
    run.engine.user = (void *)(uintptr_t)script;
    render(&run, 480 * strlen(script));
    cr_assert_eq(end(&run), MMK_OK);
}

static void record(const char *path, uint64_t n_frames, struct mmk_format *format);

/* ------------------------------------------------------------------ playing */

Test(device_file, keeps_every_bit_in_every_format)
{
    static const mmk_sample samples[] = {MMK_SAMPLE_U8,   MMK_SAMPLE_S16, MMK_SAMPLE_S24,
                                         MMK_SAMPLE_S32,  MMK_SAMPLE_F32, MMK_SAMPLE_F64,
                                         MMK_SAMPLE_ALAW, MMK_SAMPLE_ULAW};
    static const int subtypes[] = {SF_FORMAT_PCM_U8, SF_FORMAT_PCM_16, SF_FORMAT_PCM_24,
                                   SF_FORMAT_PCM_32, SF_FORMAT_FLOAT,  SF_FORMAT_DOUBLE,
                                   SF_FORMAT_ALAW,   SF_FORMAT_ULAW};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        static const uint16_t counts[] = {1, 2, 5, 8};
        for (size_t c = 0; c < 4; c++) {
            const uint16_t channels = counts[c];
            size_t len, data_len;
            SF_INFO info;
            const char *path = in_folder("out.wav");
            unlink(path);
            play_script(path, samples[i], channels, "sss");
            size_t expected = 3 * 480 * channels * mmk_sample_bytes(samples[i]);
            unsigned char *file = slurp(path, &len);
            const unsigned char *data = wav_data(file, len, &data_len);
            cr_assert_eq(data_len, expected);
            for (size_t k = 0; k < expected; k++)
                cr_assert_eq(data[k], byte_at(k), "sample type %zu, byte %zu", i, k);
            free(file);
            memset(&info, 0, sizeof info);
            SNDFILE *read = sf_open(path, SFM_READ, &info); /* a reader that is not ours */
            cr_assert_not_null(read, "%s", sf_strerror(NULL));
            sf_close(read);
            cr_assert_eq(info.frames, 3 * 480);
            cr_assert_eq(info.channels, channels);
            cr_assert_eq(info.samplerate, 48000);
            cr_assert_eq(info.format & SF_FORMAT_SUBMASK, subtypes[i]);
            /* this devices object has written the name once: the next run takes a new one */
            mmk_posix_devices_close(devices);
            cr_assert_eq(mmk_posix_devices_open(platform, &devices), MMK_OK);
        }
    }
}

Test(device_file, leaves_out_silence_before_and_after_but_not_between)
{
    static const struct {
        const char *script;
        size_t first, count; /* frames of the script that are kept */
    } cases[] = {
        {"s", 0, 480},     {"..s", 960, 480}, {"s...", 0, 480},        {"s..s", 0, 4 * 480},
        {".h.", 480, 240}, {"hs", 0, 960},    {"..h..h..", 960, 1680}, {".s.......s", 480, 4320},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len, data_len;
        char name[32];
        snprintf(name, sizeof name, "case%zu.wav", i);
        play_script(in_folder(name), MMK_SAMPLE_U8, 1, cases[i].script);
        unsigned char *file = slurp(in_folder(name), &len);
        const unsigned char *data = wav_data(file, len, &data_len);
        cr_assert_eq(data_len, cases[i].count, "%s: %zu", cases[i].script, data_len);
        for (size_t k = 0; k < data_len; k++) {
            size_t at = cases[i].first + k;
            char what = cases[i].script[at / 480];
            bool sounds = what == 's' || (what == 'h' && at % 480 < 240);
            /* a gap is silence of the format, 0x80 here, and not what the buffer happened to hold
             */
            cr_assert_eq(data[k], sounds ? byte_at(at) : 0x80, "%s at %zu", cases[i].script, k);
        }
        free(file);
    }
}

Test(device_file, long_gap_takes_no_space)
{
    struct stat st;
    struct run run;
    size_t len, data_len;
    struct mmk_device_config config =
        config_of(MMK_PLAYBACK, in_folder("gap.wav"), MMK_SAMPLE_S32, 8);
    char *script = malloc(3003);
    memset(script, '.', 3002);
    script[0] = 's';
    script[3001] = 's';
    script[3002] = '\0';
    begin(&run, &config);
    run.engine.on_render = scripted;
    run.engine.user = script;
    render(&run, 480 * 3002);
    cr_assert_eq(end(&run), MMK_OK);
    cr_assert_eq(stat(in_folder("gap.wav"), &st), 0);
    cr_assert_lt((uint64_t)st.st_blocks * 512, (uint64_t)st.st_size / 4);
    unsigned char *file = slurp(in_folder("gap.wav"), &len);
    const unsigned char *data = wav_data(file, len, &data_len);
    cr_assert_eq(data_len, 3002u * 480 * 32);
    cr_assert_eq(data[480 * 32 - 1], byte_at(480 * 32 - 1));
    cr_assert_eq(data[data_len - 1], byte_at(data_len - 1));
    for (size_t k = 480 * 32; k < data_len - 480 * 32; k++)
        cr_assert_eq(data[k], 0);
    free(file);
    free(script);
}

Test(device_file, nothing_played_leaves_everything_as_it_was)
{
    struct stat st;
    size_t len;
    FILE *f = fopen(in_folder("old.wav"), "wb");
    fputs("precious", f);
    fclose(f);
    play_script(in_folder("old.wav"), MMK_SAMPLE_S16, 2, "....");
    play_script(in_folder("new.wav"), MMK_SAMPLE_S16, 2, "..");
    unsigned char *file = slurp(in_folder("old.wav"), &len);
    cr_assert(len == 8 && memcmp(file, "precious", 8) == 0);
    free(file);
    cr_assert_neq(stat(in_folder("new.wav"), &st), 0);
    play_script(in_folder("old.wav"), MMK_SAMPLE_S16, 2, "s");
    file = slurp(in_folder("old.wav"), &len);
    cr_assert(memcmp(file, "RIFF", 4) == 0, "the named file is overwritten by the first sound");
    free(file);
}

Test(device_file, second_open_takes_the_next_free_number)
{
    size_t len;
    struct stat st;
    FILE *f = fopen(in_folder("out-2.wav"), "wb");
    fputs("precious", f);
    fclose(f);
    play_script(in_folder("out.wav"), MMK_SAMPLE_U8, 1, "s");
    play_script(in_folder("out.wav"), MMK_SAMPLE_U8, 1, "ss");
    play_script(in_folder("out.wav"), MMK_SAMPLE_U8, 1, "sss");
    static const struct {
        const char *name;
        size_t periods;
    } expected[] = {{"out.wav", 1}, {"out-3.wav", 2}, {"out-4.wav", 3}};
    for (size_t i = 0; i < 3; i++) {
        size_t data_len;
        unsigned char *file = slurp(in_folder(expected[i].name), &len);
        (void)wav_data(file, len, &data_len);
        cr_assert_eq(data_len, 480 * expected[i].periods, "%s", expected[i].name);
        free(file);
    }
    unsigned char *file = slurp(in_folder("out-2.wav"), &len);
    cr_assert(len == 8 && memcmp(file, "precious", 8) == 0, "a file that nobody named was touched");
    free(file);
    unlink(in_folder("out.wav")); /* taken away by the user: the name is free again */
    play_script(in_folder("out.wav"), MMK_SAMPLE_U8, 1, "s");
    cr_assert_eq(stat(in_folder("out.wav"), &st), 0);
}

Test(device_file, file_that_another_program_plays_into_is_left_alone)
{
    struct stat st;
    int fd = open(in_folder("busy.wav"), O_RDWR | O_CREAT, 0666);
    cr_assert_eq(write(fd, "theirs", 6), 6);
    cr_assert_eq(flock(fd, LOCK_EX), 0);
    play_script(in_folder("busy.wav"), MMK_SAMPLE_U8, 1, "s");
    cr_assert_eq(stat(in_folder("busy.wav"), &st), 0);
    cr_assert_eq(st.st_size, 6);
    cr_assert_eq(stat(in_folder("busy-2.wav"), &st), 0);
    close(fd);
}

Test(device_file, pattern_names_the_file)
{
    char name[300];
    char program[100];
    char day[16];
    uint32_t pid;
    struct stat st;
    const time_t now = time(NULL);
    play_script(in_folder("%p_%i_%d_%n_%%.wav"), MMK_SAMPLE_U8, 1, "s");
    play_script(in_folder("%p_%i_%d_%n_%%.wav"), MMK_SAMPLE_U8, 1, "s");
    platform->ops->program(platform, program, sizeof program, &pid);
    for (int n = 1; n <= 2; n++) {
        snprintf(name, sizeof name, "%s_%u_5_%d_%%.wav", program, (unsigned)pid, n);
        cr_assert_eq(stat(in_folder(name), &st), 0, "%s", name);
    }
    /* without a number one is put before the ending; nothing is overwritten */
    FILE *f = fopen(in_folder("d5.wav"), "wb");
    fputs("precious", f);
    fclose(f);
    play_script(in_folder("d%d.wav"), MMK_SAMPLE_U8, 1, "s");
    cr_assert(stat(in_folder("d5.wav"), &st) == 0 && st.st_size == 8);
    cr_assert_eq(stat(in_folder("d5-2.wav"), &st), 0);
    strftime(day, sizeof day, "%Y%m%d-", localtime(&now));
    play_script(in_folder("%t"), MMK_SAMPLE_U8, 1, "s");
    snprintf(name, sizeof name, "ls %s/%s* >/dev/null", folder, day);
    cr_assert(system(name) == 0 || time(NULL) / 86400 != now / 86400, "%s", name);
}

Test(device_file, wrong_pattern_is_refused_with_what_is_right)
{
    static const char *const wrong[] = {"a%x.wav", "%", "100%.wav", "%p%"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct mmk_device_config config =
            config_of(MMK_PLAYBACK, in_folder(wrong[i]), MMK_SAMPLE_U8, 1);
        char reason[700] = "";
        cr_assert_eq(devices->ops->probe(devices, &config, 1000, NULL, reason, sizeof reason),
                     MMK_ERR_INVAL);
        cr_assert(strstr(reason, "%p program") != NULL && strstr(reason, wrong[i]) != NULL, "%s",
                  reason);
    }
}

Test(device_file, folder_gets_names_of_program_and_process)
{
    char name[200];
    char program[100];
    uint32_t pid;
    struct stat st;
    play_script(folder, MMK_SAMPLE_U8, 1, "s");
    play_script(in_folder(""), MMK_SAMPLE_U8, 1, "s");
    platform->ops->program(platform, program, sizeof program, &pid);
    snprintf(name, sizeof name, "%s-%u-1.wav", program, (unsigned)pid);
    cr_assert_eq(stat(in_folder(name), &st), 0, "%s", name);
    snprintf(name, sizeof name, "%s-%u-2.wav", program, (unsigned)pid);
    cr_assert_eq(stat(in_folder(name), &st), 0, "%s", name);
    cr_assert_eq(chdir(folder), 0);
    play_script("", MMK_SAMPLE_U8, 1, "s");
    snprintf(name, sizeof name, "%s-%u-3.wav", program, (unsigned)pid);
    cr_assert_eq(stat(in_folder(name), &st), 0, "%s", name);
}

Test(device_file, two_devices_on_one_name_write_two_files)
{
    struct run a, b;
    struct mmk_device_config config =
        config_of(MMK_PLAYBACK, in_folder("both.wav"), MMK_SAMPLE_U8, 1);
    struct stat st;
    begin(&a, &config);
    begin(&b, &config);
    a.engine.on_render = scripted;
    b.engine.on_render = scripted;
    render(&a, 480);
    render(&b, 960);
    render(&a, 480);
    cr_assert_eq(end(&a), MMK_OK);
    cr_assert_eq(end(&b), MMK_OK);
    cr_assert_eq(stat(in_folder("both.wav"), &st), 0);
    cr_assert_eq(st.st_size, 128 + 960);
    cr_assert_eq(stat(in_folder("both-2.wav"), &st), 0);
    cr_assert_eq(st.st_size, 128 + 960);
}

/** In a child: play, and end without a word when so much has been played, or when killed. */
static pid_t play_in_child(const char *path, mmk_clock clock, uint64_t n_frames)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child != 0)
        return child;
    struct run run;
    struct mmk_device_config config = config_of(MMK_PLAYBACK, path, MMK_SAMPLE_S24, 1);
    config.clock = clock;
    config.period_frames = 481; /* odd lengths: 481 * 3 bytes */
    begin(&run, &config);
    run.engine.on_render = scripted;
    fake_engine_started(&run.engine);
    fake_engine_allow(&run.engine, 1u << 30);
    devices->ops->start(devices, run.device);
    (void)fake_engine_wait(&run.engine, n_frames, 60000);
    _exit(0);
}

static sf_count_t frames_in(const char *path)
{
    size_t len;
    SF_INFO info = {0};
    SNDFILE *read = sf_open(path, SFM_READ, &info);
    cr_assert_not_null(read);
    sf_close(read);
    unsigned char *file = slurp(path, &len);
    cr_assert_leq(u32(file + 4) + 8, len, "the header promises more than is there");
    free(file);
    return info.frames;
}

Test(device_file, what_was_reported_as_played_survives_an_exit_without_close)
{
    for (int clock = 0; clock < 2; clock++) {
        const char *path = in_folder(clock == 0 ? "real.wav" : "free.wav");
        pid_t child = play_in_child(path, (mmk_clock)clock, 24050);
        waitpid(child, NULL, 0);
        cr_assert_geq(frames_in(path), 24050);
    }
}

Test(device_file, file_is_whole_whenever_the_program_is_killed)
{
    for (int i = 0; i < 20; i++) {
        const char *path = in_folder("killed.wav");
        unlink(path);
        pid_t child = play_in_child(path, MMK_CLOCK_FREEWHEEL, UINT64_MAX);
        struct stat st = {0};
        while (stat(path, &st) != 0 || st.st_size < 200000)
            usleep(500);
        usleep((useconds_t)(i * 137));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        cr_assert_geq(frames_in(path), (200000 - 128) / 3 - 481, "more than a period is lost");
    }
}

Test(device_file, beyond_4_gib_it_is_an_rf64)
{
    struct run run;
    SF_INFO info = {0};
    unsigned char head[20];
    const char *path = in_folder("huge.wav");
    struct mmk_device_config config = config_of(MMK_PLAYBACK, path, MMK_SAMPLE_S16, 8);
    config.format.rate_hz = 384000;
    config.period_frames = 384000;
    begin(&run, &config);
    run.engine.on_render = huge_gap;
    render(&run, UINT64_C(384000) * 800); /* 4.9 GB, of which nearly all is a hole */
    cr_assert_eq(end(&run), MMK_OK);
    FILE *f = fopen(path, "rb");
    cr_assert_eq(fread(head, 1, sizeof head, f), sizeof head);
    fclose(f);
    cr_assert_eq(memcmp(head, "RF64", 4), 0);
    cr_assert_eq(memcmp(head + 12, "ds64", 4), 0);
    SNDFILE *read = sf_open(path, SFM_READ, &info);
    cr_assert_not_null(read);
    cr_assert_eq(info.frames, INT64_C(384000) * 800);
    cr_assert_eq(sf_seek(read, -1, SEEK_END), info.frames - 1);
    short frame[8];
    cr_assert_eq(sf_readf_short(read, frame, 1), 1);
    cr_assert_eq(frame[0], 0x7777);
    sf_close(read);
    struct mmk_format format; /* and it is recorded from like any other */
    record(path, 384000, &format);
    cr_assert_eq(format.channels, 8);
}

/* ------------------------------------------------------------------ time that is lost */

Test(device_file, short_stalls_are_caught_up_and_long_ones_are_not)
{
    static const struct {
        useconds_t stall_us;
        bool caught_up;
    } cases[] = {{700000, true}, {1700000, false}};
    for (size_t i = 0; i < 2; i++) {
        struct run run;
        struct mmk_device_config config = config_of(MMK_CAPTURE, "", MMK_SAMPLE_S16, 1);
        strcpy(config.backend, "null");
        config.clock = MMK_CLOCK_REAL;
        begin(&run, &config);
        run.engine.on_render = stall_once;
        stall_us = cases[i].stall_us;
        uint64_t begun = platform->ops->now_ns(platform);
        fake_engine_started(&run.engine);
        cr_assert_eq(devices->ops->start(devices, run.device), MMK_OK);
        usleep(stall_us + 300000);
        devices->ops->stop(devices, run.device);
        uint64_t took = platform->ops->now_ns(platform) - begun;
        fake_engine_stopped(&run.engine);
        uint64_t due = took / 1000 * 48 / 1000;
        uint64_t came = fake_engine_look(&run.engine).rendered;
        cr_assert_leq(came, due, "time runs ahead");
        if (cases[i].caught_up) /* all of it but the machine's own delays */
            cr_assert_geq(came + 48 * 500, due);
        else
            cr_assert_leq(came, due - 48 * 1000, "a second's worth was hurried through");
        cr_assert_eq(end(&run), MMK_OK);
    }
}

Test(device_file, stop_makes_everything_visible)
{
    size_t len, data_len;
    struct run run;
    struct mmk_device_config config =
        config_of(MMK_PLAYBACK, in_folder("stop.wav"), MMK_SAMPLE_S16, 2);
    begin(&run, &config);
    run.engine.on_render = scripted;
    render(&run, 4800);
    unsigned char *file = slurp(in_folder("stop.wav"), &len); /* not closed */
    (void)wav_data(file, len, &data_len);
    cr_assert_eq(data_len, 4800 * 4);
    free(file);
    render(&run, 480);
    cr_assert_eq(end(&run), MMK_OK);
    file = slurp(in_folder("stop.wav"), &len);
    (void)wav_data(file, len, &data_len);
    cr_assert_eq(data_len, 5280 * 4);
    free(file);
}

Test(device_file, write_failure_is_an_event_and_an_error_at_close)
{
    /* RLIMIT_FSIZE stands for a full disk: write answers EFBIG where a disk would say ENOSPC */
    struct run run;
    struct mmk_device_config config =
        config_of(MMK_PLAYBACK, in_folder("full.wav"), MMK_SAMPLE_S16, 1);
    const struct rlimit limit = {128 + 600001, 128 + 600001};
    signal(SIGXFSZ, SIG_IGN);
    begin(&run, &config);
    run.engine.on_render = scripted;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    fake_engine_started(&run.engine);
    fake_engine_allow(&run.engine, 10000000);
    cr_assert_eq(devices->ops->start(devices, run.device), MMK_OK);
    for (int i = 0; i < 500 && fake_engine_look(&run.engine).events[MMK_DEVICE_GONE] == 0; i++)
        usleep(10000);
    cr_assert_eq(fake_engine_look(&run.engine).events[MMK_DEVICE_GONE], 1);
    devices->ops->stop(devices, run.device);
    cr_assert_eq(devices->ops->start(devices, run.device), MMK_ERR_GONE);
    cr_assert_eq(end(&run), MMK_ERR_NO_SPACE);
    /* what is there is whole: 600001 bytes are 300000 frames and a half */
    SF_INFO info = {0};
    SNDFILE *read = sf_open(in_folder("full.wav"), SFM_READ, &info);
    cr_assert_not_null(read);
    sf_close(read);
    cr_assert_eq(info.frames, 300000);
}

Test(device_file, full_disk_is_an_event_and_an_error_at_close)
{
    char small[4200];
    snprintf(small, sizeof small, "%s/small", folder);
    mkdir(small, 0700);
    /* a mount of this thread and those it starts: gone with the process, whatever happens */
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", small, "tmpfs", 0, "size=1m") != 0)
        cr_skip_test("no right to mount a small tmpfs");
    struct run run;
    char path[4300];
    snprintf(path, sizeof path, "%s/out.wav", small);
    struct mmk_device_config config = config_of(MMK_PLAYBACK, path, MMK_SAMPLE_S16, 2);
    begin(&run, &config);
    run.engine.on_render = scripted;
    fake_engine_started(&run.engine);
    fake_engine_allow(&run.engine, 10000000);
    devices->ops->start(devices, run.device);
    for (int i = 0; i < 500 && fake_engine_look(&run.engine).events[MMK_DEVICE_GONE] == 0; i++)
        usleep(10000);
    unsigned gone = fake_engine_look(&run.engine).events[MMK_DEVICE_GONE];
    devices->ops->stop(devices, run.device);
    mmk_err err = end(&run);
    char reason[256] = "";
    mmk_err probed = devices->ops->probe(devices, &config, 2000, NULL, reason, sizeof reason);
    SF_INFO info = {0};
    SNDFILE *read = sf_open(path, SFM_READ, &info);
    if (read != NULL)
        sf_close(read);
    umount(small);
    cr_assert_eq(gone, 1);
    cr_assert_eq(err, MMK_ERR_NO_SPACE);
    cr_assert_not_null(read);
    cr_assert_gt(info.frames, 200000);
    cr_assert_eq(probed, MMK_ERR_NO_SPACE, "%s", reason);
}

/* ------------------------------------------------------------------ names that cannot be */

Test(device_file, places_that_cannot_be_written_are_named)
{
    char reason[256];
    struct mmk_device_config config =
        config_of(MMK_PLAYBACK, in_folder("no/such.wav"), MMK_SAMPLE_S16, 2);
    cr_assert_eq(devices->ops->probe(devices, &config, 2000, NULL, reason, sizeof reason),
                 MMK_ERR_NOT_FOUND);
    cr_assert_not_null(strstr(reason, "no/such.wav"));
    mkfifo(in_folder("fifo.wav"), 0600);
    config = config_of(MMK_PLAYBACK, in_folder("fifo.wav"), MMK_SAMPLE_S16, 2);
    cr_assert_eq(devices->ops->probe(devices, &config, 2000, NULL, reason, sizeof reason),
                 MMK_ERR_UNSUPPORTED);
    cr_assert_not_null(strstr(reason, "fifo.wav"));
    config = config_of(MMK_PLAYBACK, "/proc/nowhere.wav", MMK_SAMPLE_S16, 2);
    mmk_err err = devices->ops->probe(devices, &config, 2000, NULL, reason, sizeof reason);
    if (geteuid() != 0)
        cr_assert_eq(err, MMK_ERR_ACCESS);
    if (geteuid() == 0) { /* root may write anything, so ask as somebody else */
        chmod(folder, 0755);
        mkdir(in_folder("locked"), 0755);
        pid_t child = fork();
        if (child == 0) {
            if (setuid(65534) != 0)
                _exit(2);
            config = config_of(MMK_PLAYBACK, in_folder("locked/x.wav"), MMK_SAMPLE_S16, 2);
            err = devices->ops->probe(devices, &config, 2000, NULL, reason, sizeof reason);
            _exit(err == MMK_ERR_ACCESS && strstr(reason, "locked") != NULL ? 0 : 1);
        }
        int status;
        waitpid(child, &status, 0);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

Test(device_file, probe_touches_nothing)
{
    struct stat st;
    char reason[256];
    struct mmk_device_config config =
        config_of(MMK_PLAYBACK, in_folder("probed.wav"), MMK_SAMPLE_S16, 2);
    cr_assert_eq(devices->ops->probe(devices, &config, 2000, NULL, reason, sizeof reason), MMK_OK);
    cr_assert_neq(stat(in_folder("probed.wav"), &st), 0);
}

/* ------------------------------------------------------------------ recording */

static unsigned char heard[4000000];
static size_t n_heard;

static uint32_t listen(struct mmk_engine *engine, void *frames, uint32_t n_frames, uint64_t at)
{
    size_t len = n_frames * engine->frame_bytes;
    (void)at;
    if (n_heard + len <= sizeof heard)
        memcpy(heard + n_heard, frames, len);
    n_heard += len;
    return 0;
}

static void record(const char *path, uint64_t n_frames, struct mmk_format *format)
{
    struct run run;
    /* asks for something else than the file has */
    struct mmk_device_config config = config_of(MMK_CAPTURE, path, MMK_SAMPLE_S16, 2);
    begin(&run, &config);
    run.engine.on_render = listen;
    n_heard = 0;
    *format = run.caps.format;
    render(&run, n_frames);
    cr_assert_eq(end(&run), MMK_OK);
}

/** Write a sound file with libsndfile, of byte_at() samples. */
static void make_sound(const char *path, int format, int channels, int rate, int frames)
{
    SF_INFO info = {.format = format, .channels = channels, .samplerate = rate};
    SNDFILE *f = sf_open(path, SFM_WRITE, &info);
    cr_assert_not_null(f, "%s", sf_strerror(NULL));
    for (int i = 0; i < frames; i++) {
        int frame[16];
        double exact[16];
        for (int c = 0; c < channels; c++) {
            uint64_t at = (uint64_t)(i * channels + c);
            frame[c] = (int)((uint32_t)byte_at(at) << 24 | (uint32_t)byte_at(at + 7) << 16 |
                             (uint32_t)byte_at(at + 13) << 8);
            exact[c] = (double)frame[c] / 2147483648.0;
        }
        bool is_float = (format & SF_FORMAT_SUBMASK) == SF_FORMAT_FLOAT ||
                        (format & SF_FORMAT_SUBMASK) == SF_FORMAT_DOUBLE;
        cr_assert_eq(is_float ? sf_writef_double(f, exact, 1) : sf_writef_int(f, frame, 1), 1);
    }
    sf_close(f);
}

Test(device_file, records_what_the_file_holds_and_then_silence)
{
    static const struct {
        const char *name;
        int format;
        mmk_sample sample;
    } cases[] = {
        {"u8.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, MMK_SAMPLE_U8},
        {"s16.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, MMK_SAMPLE_S16},
        {"s24.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, MMK_SAMPLE_S24},
        {"s32.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_32, MMK_SAMPLE_S32},
        {"f32.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, MMK_SAMPLE_F32},
        {"f64.wav", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, MMK_SAMPLE_F64},
        {"s16.rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16, MMK_SAMPLE_S16},
        {"s16.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, MMK_SAMPLE_S16},
        {"s24.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, MMK_SAMPLE_S24},
        {"s8.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_S8, MMK_SAMPLE_U8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mmk_format format;
        const char *path = in_folder(cases[i].name);
        make_sound(path, cases[i].format, 3, 32000, 1000);
        record(path, 2000, &format);
        cr_assert_eq(format.sample, cases[i].sample, "%s", cases[i].name);
        cr_assert_eq(format.channels, 3);
        cr_assert_eq(format.rate_hz, 32000);
        size_t bytes = mmk_sample_bytes(format.sample);
        cr_assert_eq(n_heard, 2000 * 3 * bytes);
        for (size_t k = 0; k < 3000; k++) {
            uint32_t top = (uint32_t)byte_at(k) << 24 | (uint32_t)byte_at(k + 7) << 16 |
                           (uint32_t)byte_at(k + 13) << 8;
            const unsigned char *at = heard + k * bytes;
            if (format.sample == MMK_SAMPLE_F32) {
                float f;
                memcpy(&f, at, 4);
                cr_assert_eq(f, (float)((double)(int32_t)top / 2147483648.0));
            } else if (format.sample == MMK_SAMPLE_F64) {
                double d;
                memcpy(&d, at, 8);
                cr_assert_eq(d, (double)(int32_t)top / 2147483648.0);
            } else if (format.sample == MMK_SAMPLE_U8) {
                cr_assert_eq(at[0], (unsigned char)(byte_at(k) ^ 0x80), "%s", cases[i].name);
            } else {
                for (size_t b = 0; b < bytes; b++)
                    cr_assert_eq(at[b], (unsigned char)(top >> (32 - 8 * bytes + 8 * b)), "%s %zu",
                                 cases[i].name, k);
            }
        }
        for (size_t k = 3000 * bytes; k < n_heard; k++)
            cr_assert_eq(heard[k], format.sample == MMK_SAMPLE_U8 ? 0x80 : 0, "%s", cases[i].name);
    }
}

Test(device_file, plays_and_records_the_same_bits)
{
    struct mmk_format format;
    play_script(in_folder("loop.wav"), MMK_SAMPLE_S24, 6, "sssss");
    record(in_folder("loop.wav"), 5 * 480, &format);
    cr_assert_eq(format.channels, 6);
    cr_assert_eq(format.channel_mask, mmk_channel_mask_default(6));
    cr_assert_eq(n_heard, 5 * 480 * 18);
    for (size_t k = 0; k < n_heard; k++)
        cr_assert_eq(heard[k], byte_at(k));
}

static void expect_refused(const char *name, mmk_err expected, const char *word)
{
    char reason[400] = "";
    struct mmk_engine engine;
    struct mmk_device *device = NULL;
    struct mmk_device_caps caps;
    struct mmk_device_config config = config_of(MMK_CAPTURE, in_folder(name), MMK_SAMPLE_S16, 2);
    mmk_err err = devices->ops->probe(devices, &config, 2000, NULL, reason, sizeof reason);
    cr_assert_eq(err, expected, "%s: %s %s", name, mmk_err_name(err), reason);
    cr_assert_not_null(strstr(reason, name), "%s: %s", name, reason);
    cr_assert_not_null(strstr(reason, word), "%s: %s", name, reason);
    fake_engine_init(&engine);
    cr_assert_eq(devices->ops->open(devices, &config, &engine, &device, &caps), expected);
    fake_engine_fini(&engine);
    cr_assert_null(device);
}

static void write_bytes(const char *name, const void *bytes, size_t len)
{
    FILE *f = fopen(in_folder(name), "wb");
    cr_assert_eq(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

Test(device_file, bad_sound_files_are_refused_by_name)
{
    size_t len;
    setenv("MMEKIT_TRACE", "error", 1);
    expect_refused("absent.wav", MMK_ERR_NOT_FOUND, "No such file");
    write_bytes("empty.wav", "", 0);
    expect_refused("empty.wav", MMK_ERR_CORRUPT, "empty");
    write_bytes("text.wav", "This is no sound file, it only says so in its name.\n", 51);
    expect_refused("text.wav", MMK_ERR_FORMAT, "no sound file");
    mkdir(in_folder("dir.wav"), 0700);
    expect_refused("dir.wav", MMK_ERR_FORMAT, "folder");
    mkfifo(in_folder("fifo.wav"), 0600);
    expect_refused("fifo.wav", MMK_ERR_FORMAT, "regular");

    make_sound(in_folder("whole.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2, 44100, 1000);
    unsigned char *file = slurp(in_folder("whole.wav"), &len);
    for (size_t cut = 1; cut < len; cut++) { /* cut short anywhere */
        char reason[400] = "";
        write_bytes("cut.wav", file, cut);
        struct mmk_device_config config =
            config_of(MMK_CAPTURE, in_folder("cut.wav"), MMK_SAMPLE_S16, 2);
        mmk_err err = devices->ops->probe(devices, &config, 2000, NULL, reason, sizeof reason);
        cr_assert(err == MMK_ERR_CORRUPT || err == MMK_ERR_FORMAT, "cut at %zu: %s", cut,
                  mmk_err_name(err));
        cr_assert_not_null(strstr(reason, "cut.wav"), "cut at %zu: %s", cut, reason);
        cut += cut > 60 ? 97 : 0;
    }
    write_bytes("cut.wav", file, 2044);
    expect_refused("cut.wav", MMK_ERR_CORRUPT, "2000 are there");
    memset(file + 40, 0xff, 4); /* a size of -1: written to a pipe, taken to the end */
    memset(file + 4, 0xff, 4);
    write_bytes("piped.wav", file, len);
    struct mmk_format format;
    record(in_folder("piped.wav"), 1000, &format);
    cr_assert_eq(heard[3], file[47]);
    free(file);

    make_sound(in_folder("none.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2, 44100, 0);
    expect_refused("none.wav", MMK_ERR_CORRUPT, "no sound");
    make_sound(in_folder("many.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 9, 44100, 10);
    expect_refused("many.wav", MMK_ERR_FORMAT, "9 channels");
    make_sound(in_folder("fast.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1, 500000, 10);
    expect_refused("fast.wav", MMK_ERR_FORMAT, "500000 Hz");
}

Test(device_file, no_name_to_record_from_is_said)
{
    char reason[256] = "";
    struct mmk_device_config config = config_of(MMK_CAPTURE, "", MMK_SAMPLE_S16, 2);
    cr_assert_eq(devices->ops->probe(devices, &config, 2000, NULL, reason, sizeof reason),
                 MMK_ERR_NOT_FOUND);
    cr_assert_not_null(strstr(reason, "path"));
}

Test(device_file, recording_is_streamed)
{
    /* 100 MB, of which a second is heard: opening must not read it all */
    struct mmk_format format;
    SF_INFO info = {.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16, .channels = 2, .samplerate = 48000};
    SNDFILE *f = sf_open(in_folder("big.wav"), SFM_WRITE, &info);
    cr_assert_eq(sf_seek(f, 25000000, SEEK_SET), 25000000);
    short last[2] = {1, 2};
    sf_writef_short(f, last, 1);
    sf_close(f);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    record(in_folder("big.wav"), 48000, &format);
    getrusage(RUSAGE_SELF, &after);
    cr_assert_eq(n_heard, 48000 * 4);
    cr_assert_lt(after.ru_maxrss - before.ru_maxrss, 20000);
}
