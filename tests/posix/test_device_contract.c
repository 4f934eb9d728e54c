/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The contract suite of the devices seam over every backend of shim-posix, with both clocks. A
 * plain program: it runs under ThreadSanitizer too. */
#include "temp_folder.h"

#include "contract/device_cases.h"

#include <mmk/posix.h>

static unsigned passed;
static unsigned failed;

static void run_all(const struct device_env *env, const char *what)
{
    for (size_t i = 0; i < n_device_cases; i++) {
        const char *broken = device_cases[i].run(env);
        if (broken == NULL) {
            passed++;
        } else {
            failed++;
            printf("%s %s: %s\n", what, device_cases[i].name, broken);
        }
    }
}

/** A WAV of 100 ms, mono, 16 bits, 8 kHz, byte by byte. */
static void make_wav(const char *path)
{
    static const unsigned char head[44] = {
        'R', 'I', 'F', 'F', 36 + 64, 6, 0,   0,   'W', 'A',  'V',  'E', 'f', 'm',  't',
        ' ', 16,  0,   0,   0,       1, 0,   1,   0,   0x40, 0x1f, 0,   0,   0x80, 0x3e,
        0,   0,   2,   0,   16,      0, 'd', 'a', 't', 'a',  0x40, 6,   0,   0};
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(head, 1, sizeof head, f) != sizeof head)
        abort();
    for (int i = 0; i < 1600; i++)
        fputc(i & 0x3f, f);
    fclose(f);
}

static struct mmk_device_config config_of(const char *backend, mmk_direction direction,
                                          mmk_clock clock)
{
    struct mmk_device_config config = {
        .direction = direction,
        .format = {.sample = MMK_SAMPLE_S16, .channels = 2, .valid_bits = 16, .rate_hz = 48000},
        .clock = clock,
    };
    snprintf(config.backend, sizeof config.backend, "%s", backend);
    return config;
}

static void run_backend(struct mmk_platform *platform, struct mmk_devices *devices,
                        const char *backend, const char *path, const char *absent)
{
    for (int direction = 0; direction < MMK_DIRECTION_COUNT; direction++) {
        for (int clock = 0; clock < 2; clock++) {
            struct device_env env = {
                .devices = devices,
                .platform = platform,
                .config = config_of(backend, (mmk_direction)direction, (mmk_clock)clock),
                .exact_clock = true,
            };
            char what[64];
            char made[4096];
            bool from_file = strcmp(backend, "file") == 0 && direction == MMK_CAPTURE;
            snprintf(made, sizeof made, "%s%s", path, from_file ? "in.wav" : "");
            if (from_file)
                make_wav(made);
            else if (strcmp(backend, "file") == 0)
                strcat(made, "out.wav");
            snprintf(env.config.path, sizeof env.config.path, "%s", made);
            if (absent != NULL) {
                env.absent = env.config;
                snprintf(env.absent.path, sizeof env.absent.path, "%s", absent);
            }
            snprintf(what, sizeof what, "%s %s %s:", backend,
                     direction == MMK_PLAYBACK ? "playback" : "capture",
                     clock == MMK_CLOCK_REAL ? "real" : "freewheel");
            run_all(&env, what);
        }
    }
}

int main(void)
{
    char folder[4096];
    char absent[4200];
    struct mmk_platform *platform;
    struct mmk_devices *devices;
    const struct mmk_posix_config quiet = {.drivers_dir = NULL};
    temp_folder_make(folder, "device");
    setenv("MMEKIT_TRACE", "error", 1);
    if (mmk_posix_platform_open(&quiet, &platform) != MMK_OK ||
        mmk_posix_devices_open(platform, &devices) != MMK_OK)
        return 1;
    run_backend(platform, devices, "null", "", NULL);
    run_backend(platform, devices, "cable", "suite", NULL);
    snprintf(absent, sizeof absent, "%s/no/such/folder.wav", folder);
    strcat(folder, "/");
    run_backend(platform, devices, "file", folder, absent);
    mmk_posix_devices_close(devices);
    mmk_posix_platform_close(platform);
    temp_folder_remove(folder);
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
