/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The whole of shim-posix together: a port over a registry file, the virtual card built in, and an
 * application's calls through mini-winmm, with the real engine between. */
#include "temp_folder.h"

#include <criterion/criterion.h>
#include <sys/wait.h>

#include <mmk/posix.h>
#include <mmk/shipped.h>
#include <mmk/text.h>

static char folder[4096];

/* ------------------------------------------------------------------ the card as a module */

static struct mmk_driver_memory card_memory;
static struct mmk_driver *card;

static intptr_t driver_proc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1, intptr_t l2)
{
    return mmk_driver_message(card, id, hdrvr, msg, l1, l2);
}

static uint32_t wod(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return mmk_driver_wod_message(card, device, msg, user, p1, p2);
}

static uint32_t wid(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return mmk_driver_wid_message(card, device, msg, user, p1, p2);
}

static const struct mmk_posix_module module = {
    .file = "mmewave.drv", .driver_proc = driver_proc, .wod_message = wod, .wid_message = wid};

static struct mmk_posix *posix;
static struct mmk_winmm *mm;

/** A registry file that has the card at wave1 with these options, as an installed one does. */
static void setup_card(const char *options)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/r.reg", folder);
    FILE *f = fopen(path, "w");
    fprintf(f,
            "Windows Registry Editor Version 5.00\r\n\r\n"
            "[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32]\r\n"
            "\"wave1\"=\"mmewave.drv %s\"\r\n",
            options);
    fclose(f);
    const struct mmk_posix_config config = {
        .registry_path = path, .modules = &module, .n_modules = 1};
    cr_assert_eq(mmk_posix_open(&config, &posix), MMK_OK);
    cr_assert_eq(mmk_driver_init(&card_memory, &mmk_virtual_card, mmk_posix_port(posix), &card),
                 MMK_OK);
    const struct mmk_winmm_config winmm = mmk_posix_winmm_config(posix);
    cr_assert_eq(mmk_winmm_create(&winmm, &mm), MMK_OK);
}

static const char *in_registry(void)
{
    static char path[4200];
    snprintf(path, sizeof path, "%s/r.reg", folder);
    return path;
}

static void end_card(void)
{
    mmk_winmm_destroy(mm, true);
    mmk_driver_fini(card);
    mmk_posix_close(posix);
}

static void setup(void)
{
    temp_folder_make(folder, "port");
}

static void teardown(void)
{
    temp_folder_remove(folder);
}

TestSuite(port_posix, .init = setup, .fini = teardown, .timeout = 60);

/* ------------------------------------------------------------------ the port */

Test(port_posix, port_is_complete_and_makes_nothing)
{
    char path[4200];
    struct stat st;
    struct mmk_posix *p;
    snprintf(path, sizeof path, "%s/sub/r.reg", folder);
    cr_assert_eq(mmk_posix_open(&(struct mmk_posix_config){.registry_path = path}, &p), MMK_OK);
    struct mmk_port *port = mmk_posix_port(p);
    cr_assert_eq(mmk_port_check(port), MMK_OK);
    cr_assert_str_eq(port->host, "posix");
    cr_assert_eq(port->pointer_bits, 8 * sizeof(void *));
    cr_assert_str_eq(mmk_posix_registry_path(p), path);
    snprintf(path, sizeof path, "%s/sub/drivers", folder);
    cr_assert_str_eq(port->drivers_dir, path);
    mmk_posix_close(p);
    snprintf(path, sizeof path, "%s/sub", folder);
    cr_assert_neq(stat(path, &st), 0);
}

Test(port_posix, default_path_comes_from_the_environment)
{
    char path[256];
    unsetenv("MMEKIT_REGISTRY");
    setenv("XDG_DATA_HOME", "/x/data", 1);
    setenv("HOME", "/home/u", 1);
    cr_assert_eq(mmk_posix_default_registry_path(path, sizeof path), MMK_OK);
    cr_assert_str_eq(path, "/x/data/mmekit/registry.reg");
    setenv("XDG_DATA_HOME", "relative", 1); /* to be ignored, says its specification */
    cr_assert_eq(mmk_posix_default_registry_path(path, sizeof path), MMK_OK);
    cr_assert_str_eq(path, "/home/u/.local/share/mmekit/registry.reg");
    setenv("MMEKIT_REGISTRY", "mine.reg", 1);
    cr_assert_eq(mmk_posix_default_registry_path(path, sizeof path), MMK_OK);
    cr_assert_str_eq(path, "mine.reg");
    cr_assert_eq(mmk_posix_default_registry_path(path, 8), MMK_ERR_MORE);
    cr_assert_eq(mmk_posix_default_registry_path(path, 9), MMK_OK);
    unsetenv("MMEKIT_REGISTRY");
    unsetenv("XDG_DATA_HOME");
    unsetenv("HOME");
    cr_assert_eq(mmk_posix_default_registry_path(path, sizeof path), MMK_ERR_NOT_FOUND);
    struct mmk_posix *p;
    cr_assert_eq(mmk_posix_open(NULL, &p), MMK_ERR_NOT_FOUND);
}

Test(port_posix, relative_paths_are_fixed_at_open)
{
    char expected[4200];
    struct mmk_posix *p;
    cr_assert_eq(chdir(folder), 0);
    setenv("MMEKIT_DRIVERS", "mods", 1);
    cr_assert_eq(mmk_posix_open(&(struct mmk_posix_config){.registry_path = "r.reg"}, &p), MMK_OK);
    cr_assert_eq(chdir("/"), 0);
    snprintf(expected, sizeof expected, "%s/r.reg", folder);
    cr_assert_str_eq(mmk_posix_registry_path(p), expected);
    snprintf(expected, sizeof expected, "%s/mods", folder);
    cr_assert_str_eq(mmk_posix_port(p)->drivers_dir, expected);
    mmk_posix_close(p);
}

/* ------------------------------------------------------------------ as an application does */

static const struct mmk_waveformatex pcm = {.wFormatTag = MMK_WAVE_FORMAT_PCM,
                                            .nChannels = 2,
                                            .nSamplesPerSec = 48000,
                                            .nAvgBytesPerSec = 192000,
                                            .nBlockAlign = 4,
                                            .wBitsPerSample = 16};

#define BLOCKS      8
#define BLOCK_BYTES 40000

static char sound[BLOCKS * BLOCK_BYTES];

static void make_sound(void)
{
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof sound; i++) {
        x = x * 1664525u + 1013904223u;
        sound[i] = (char)(x >> 24);
    }
    memset(sound, 0x11, 4); /* not silent at either end, so that both can be found */
    memset(sound + sizeof sound - 4, 0x11, 4);
}

/** Play `sound` in blocks and wait for each; event is signalled with the completions. */
static void play_all(uintptr_t wave, int event)
{
    static struct mmk_wavehdr headers[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        headers[i] =
            (struct mmk_wavehdr){.lpData = sound + i * BLOCK_BYTES, .dwBufferLength = BLOCK_BYTES};
        cr_assert_eq(mmk_winmm_wave_out_prepare(mm, wave, &headers[i], sizeof headers[i]), 0);
        cr_assert_eq(mmk_winmm_wave_out_write(mm, wave, &headers[i], sizeof headers[i]), 0);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        volatile uint32_t *flags = &headers[i].dwFlags; /* as old programs poll it */
        while ((*flags & MMK_WHDR_DONE) == 0)
            cr_assert(mmk_posix_event_wait(event, 20000), "block %zu does not come back", i);
        cr_assert_eq(mmk_winmm_wave_out_unprepare(mm, wave, &headers[i], sizeof headers[i]), 0);
    }
}

static void expect_file(const char *path)
{
    static unsigned char file[128 + sizeof sound + 2];
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "%s", path);
    size_t len = fread(file, 1, sizeof file, f);
    fclose(f);
    cr_assert_eq(len, 128 + sizeof sound);
    cr_assert_eq(memcmp(file + 128, sound, sizeof sound), 0, "the file is not bit-identical");
}

static void play_into_a_file(const char *clock)
{
    char options[4300];
    char path[4200];
    uintptr_t wave;
    make_sound();
    snprintf(path, sizeof path, "%s/out.wav", folder);
    snprintf(options, sizeof options, "/backend:file /path:%s /clock:%s", path, clock);
    setup_card(options);
    cr_assert_eq(mmk_winmm_wave_out_num_devs(mm), 1);
    int event = mmk_posix_event_create();
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, MMK_WAVE_MAPPER, &pcm, (uintptr_t)event, 0,
                                         MMK_CALLBACK_EVENT),
                 0);
    play_all(wave, event);
    cr_assert_eq(mmk_winmm_wave_out_close(mm, wave), 0);
    end_card();
    mmk_posix_event_destroy(event);
    expect_file(path);
}

Test(port_posix, plays_bit_identical_into_a_file_freewheel)
{
    play_into_a_file("freewheel");
}

Test(port_posix, plays_bit_identical_into_a_file_in_real_time)
{
    play_into_a_file("real");
}

Test(port_posix, records_from_the_cable_what_is_played_into_it)
{
    static char heard[3 * sizeof sound];
    static struct mmk_wavehdr header;
    uintptr_t in, out;
    make_sound();
    setup_card("/backend:cable /clock:freewheel");
    int event = mmk_posix_event_create();
    int done = mmk_posix_event_create();
    cr_assert_eq(mmk_winmm_wave_in_open(mm, &in, 0, &pcm, (uintptr_t)done, 0, MMK_CALLBACK_EVENT),
                 0);
    header = (struct mmk_wavehdr){.lpData = heard, .dwBufferLength = sizeof heard};
    cr_assert_eq(mmk_winmm_wave_in_prepare(mm, in, &header, sizeof header), 0);
    cr_assert_eq(mmk_winmm_wave_in_add_buffer(mm, in, &header, sizeof header), 0);
    cr_assert_eq(mmk_winmm_wave_in_start(mm, in), 0);
    cr_assert_eq(
        mmk_winmm_wave_out_open(mm, &out, 0, &pcm, (uintptr_t)event, 0, MMK_CALLBACK_EVENT), 0);
    play_all(out, event);
    cr_assert_eq(mmk_winmm_wave_out_close(mm, out), 0);
    volatile uint32_t *flags = &header.dwFlags;
    while ((*flags & MMK_WHDR_DONE) == 0) /* silence fills the rest */
        cr_assert(mmk_posix_event_wait(done, 20000), "the recording does not end");
    cr_assert_eq(header.dwBytesRecorded, sizeof heard);
    cr_assert_eq(mmk_winmm_wave_in_close(mm, in), 0);
    end_card();
    size_t at = 0;
    while (at < sizeof heard - sizeof sound && memcmp(heard + at, sound, 4) != 0)
        at += 4;
    cr_assert_eq(memcmp(heard + at, sound, sizeof sound), 0, "what was recorded is not the same");
    for (size_t i = 0; i < sizeof heard; i++)
        cr_assert((i >= at && i < at + sizeof sound) || heard[i] == 0, "noise in the silence");
    mmk_posix_event_destroy(event);
    mmk_posix_event_destroy(done);
}

Test(port_posix, thread_callbacks_arrive_in_order)
{
    struct mmk_posix_message message;
    static struct mmk_wavehdr header;
    uintptr_t target, wave;
    static const uint32_t expected[] = {MMK_WOM_OPEN, MMK_WOM_DONE, MMK_WOM_CLOSE};
    setup_card("/backend:null /clock:freewheel");
    int queue = mmk_posix_queue_create(&target);
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, target, 0, MMK_CALLBACK_THREAD), 0);
    header = (struct mmk_wavehdr){.lpData = sound, .dwBufferLength = 4000};
    cr_assert_eq(mmk_winmm_wave_out_prepare(mm, wave, &header, sizeof header), 0);
    cr_assert_eq(mmk_winmm_wave_out_write(mm, wave, &header, sizeof header), 0);
    for (size_t i = 0; i < 3; i++) {
        cr_assert(mmk_posix_queue_get(queue, &message, 20000), "message %zu does not come", i);
        cr_assert_eq(message.msg, expected[i]);
        cr_assert_eq(message.handle, wave);
        if (message.msg == MMK_WOM_DONE) {
            cr_assert_eq(message.p1, (uintptr_t)&header);
            cr_assert_eq(mmk_winmm_wave_out_close(mm, wave), 0);
        }
    }
    end_card();
    mmk_posix_queue_destroy(queue, target);
}

/** The same card, as a module of its own that mini-winmm loads with dlopen. */
Test(port_posix, card_as_a_module_plays_the_same)
{
    char options[4300];
    char path[4200];
    uintptr_t wave;
    make_sound();
    snprintf(path, sizeof path, "%s/out.wav", folder);
    snprintf(options, sizeof options, "/backend:file /path:%s /clock:freewheel", path);
    setup_card(options);
    end_card();
    setenv("MMEKIT_REGISTRY", in_registry(), 1);
    setenv("MMEKIT_DRIVERS", MODULES_FOLDER, 1);
    for (int round = 0; round < 2; round++) { /* loaded, freed, and loaded again */
        unlink(path);
        cr_assert_eq(mmk_posix_open(NULL, &posix), MMK_OK);
        const struct mmk_winmm_config winmm = mmk_posix_winmm_config(posix);
        cr_assert_eq(mmk_winmm_create(&winmm, &mm), MMK_OK);
        cr_assert_eq(mmk_winmm_wave_out_num_devs(mm), 1);
        int event = mmk_posix_event_create();
        cr_assert_eq(
            mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, (uintptr_t)event, 0, MMK_CALLBACK_EVENT),
            0);
        play_all(wave, event);
        cr_assert_eq(mmk_winmm_wave_out_close(mm, wave), 0);
        mmk_winmm_destroy(mm, true);
        mmk_posix_close(posix);
        mmk_posix_event_destroy(event);
        expect_file(path);
    }
}

/** A program that exits with the driver open, a device playing: nothing hangs, and the file is
 * whole. */
Test(port_posix, exit_without_close_is_survived)
{
    char options[4300];
    char path[4200];
    make_sound();
    snprintf(path, sizeof path, "%s/out.wav", folder);
    snprintf(options, sizeof options, "/backend:file /path:%s /clock:freewheel", path);
    setup_card(options);
    end_card();
    setenv("MMEKIT_REGISTRY", in_registry(), 1);
    setenv("MMEKIT_DRIVERS", MODULES_FOLDER, 1);
    pid_t child = fork();
    if (child == 0) {
        uintptr_t wave;
        mmk_posix_open(NULL, &posix);
        const struct mmk_winmm_config winmm = mmk_posix_winmm_config(posix);
        mmk_winmm_create(&winmm, &mm);
        int event = mmk_posix_event_create();
        mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, (uintptr_t)event, 0, MMK_CALLBACK_EVENT);
        play_all(wave, event);
        mmk_winmm_destroy(mm, false);
        exit(7); /* runs the destructors of loaded modules */
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7, "status %x", (unsigned)status);
    expect_file(path);
}

Test(port_posix, missing_sound_file_is_an_error_and_not_a_hang)
{
    uintptr_t in = 0;
    setup_card("/backend:file /path:/no/such.wav /clock:freewheel");
    cr_assert_neq(mmk_winmm_wave_in_open(mm, &in, 0, &pcm, 0, 0, 0), 0);
    cr_assert_eq(in, 0);
    end_card();
}
