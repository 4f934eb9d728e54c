/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The contract suite of the devices seam over shim-win32, in the folder for temporary files.
 *
 *   contract_devices            file, null, cable
 *   contract_devices wod NAME   the wave driver with that alias
 *   contract_devices system     the machine's sound device
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <string.h>

#include <mmk/riff.h>
#include <mmk/win32.h>

#include "contract.h"
#include "contract/device_cases.h"

static struct mmk_win32_memory memory;
static char folder[MMK_DEVICE_TEXT_MAX - 64];

static void path_in(char out[MMK_DEVICE_TEXT_MAX], const char *name)
{
    snprintf(out, MMK_DEVICE_TEXT_MAX, "%s%s", folder, name);
}

/** A second of sound to record from. */
static bool write_wav(const char *path, const struct mmk_format *format)
{
    unsigned char head[MMK_RIFF_HEADER_BYTES];
    unsigned char frame[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    const uint64_t n = format->rate_hz;
    FILE *file = fopen(path, "wb");
    if (file == NULL || mmk_riff_header(format, n * mmk_format_frame_bytes(format), head) != MMK_OK)
        return false;
    fwrite(head, 1, sizeof head, file);
    for (uint64_t i = 0; i < n; i++)
        fwrite(frame, 1, mmk_format_frame_bytes(format), file);
    return fclose(file) == 0;
}

static void run(struct contract_count *count, const char *suite, const struct device_env *env)
{
    for (size_t i = 0; i < n_device_cases; i++)
        contract_report(count, suite, device_cases[i].name, device_cases[i].run(env));
}

/** @param exact  the real clock is the backend's own */
static void run_clocks(struct contract_count *count, const char *suite, struct device_env *env,
                       bool exact)
{
    char name[64];
    env->config.clock = MMK_CLOCK_FREEWHEEL;
    snprintf(name, sizeof name, "%s, freewheel", suite);
    run(count, name, env);
    env->config.clock = MMK_CLOCK_REAL;
    env->exact_clock = exact;
    snprintf(name, sizeof name, "%s, real clock", suite);
    run(count, name, env);
}

/** Both directions of a backend that needs nothing but a name. */
static void run_both(struct contract_count *count, struct device_env *env, const char *path,
                     bool freewheel)
{
    static const char *const ways[] = {"playback", "capture"};
    char suite[64];
    strcpy(env->config.path, path);
    for (int way = 0; way < MMK_DIRECTION_COUNT; way++) {
        env->config.direction = env->absent.direction = (mmk_direction)way;
        env->config.clock = MMK_CLOCK_REAL;
        snprintf(suite, sizeof suite, "%s, %s", env->config.backend, ways[way]);
        if (freewheel)
            run_clocks(count, suite, env, strcmp(env->config.backend, "wod") != 0);
        else
            run(count, suite, env);
    }
}

static void run_files(struct contract_count *count, struct device_env *env)
{
    env->absent = env->config;
    path_in(env->config.path, "mmekit-contract.wav");
    path_in(env->absent.path, "no-such-folder\\x.wav");
    run_clocks(count, "file, playback", env, true);

    env->config.direction = env->absent.direction = MMK_CAPTURE;
    contract_report(count, "file", "a WAV to record from is written",
                    write_wav(env->config.path, &env->config.format) ? NULL : "it is not");
    run_clocks(count, "file, capture", env, true);
    DeleteFileA(env->config.path);
}

/** A clock that is not this machine's: no program may ask it to run freely. */
static void refuses_freewheel(struct contract_count *count, const struct device_env *env)
{
    struct mmk_device_config config = env->config;
    char reason[256] = "";
    config.clock = MMK_CLOCK_FREEWHEEL;
    mmk_err err =
        env->devices->ops->probe(env->devices, &config, 20000, NULL, reason, sizeof reason);
    contract_report(count, config.backend, "refuses the freewheel clock",
                    err == MMK_ERR_UNSUPPORTED && strstr(reason, "clock") != NULL
                        ? NULL
                        : "it does not, or gives no reason");
}

int main(int argc, char **argv)
{
    struct contract_count count = {0};
    struct mmk_win32 *win32;
    setvbuf(stdout, NULL, _IONBF, 0);
    DWORD n = GetTempPathA(sizeof folder, folder);
    if (n == 0 || n >= sizeof folder || mmk_win32_init(&memory, NULL, &win32) != MMK_OK)
        return 1;
    struct mmk_port *port = mmk_win32_port(win32);
    contract_report(&count, "port", "is complete",
                    mmk_port_check(port) == MMK_OK ? NULL : "mmk_port_check refuses it");
    struct device_env env = {
        .devices = port->devices,
        .platform = port->platform,
        .config = {.backend = "file",
                   .format = {.sample = MMK_SAMPLE_S16,
                              .channels = 2,
                              .valid_bits = 16,
                              .rate_hz = 48000}},
    };
    if (argc == 3 && strcmp(argv[1], "wod") == 0) {
        strcpy(env.config.backend, "wod");
        env.absent = env.config;
        strcpy(env.absent.path, "wave0815");
        run_both(&count, &env, argv[2], true);
    } else if (argc == 2 && strcmp(argv[1], "system") == 0) {
        strcpy(env.config.backend, "system");
        env.absent = env.config;
        strcpy(env.absent.path, "no such endpoint");
        run_both(&count, &env, "", false);
        refuses_freewheel(&count, &env);
    } else {
        run_files(&count, &env);
        env.absent.backend[0] = 0;
        strcpy(env.config.backend, "null");
        run_both(&count, &env, "", true);
        strcpy(env.config.backend, "cable");
        run_both(&count, &env, "a cable", true);
    }
    return contract_end(&count);
}
