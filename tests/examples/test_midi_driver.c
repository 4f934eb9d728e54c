/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* test_midi_driver MODULE: midi_cases.c against midifile.drv, loaded as a host would. Works in the
 * current folder: registry and text file lie there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mmk/posix.h>

#include "midi_cases.h"

static void heard(uintptr_t handle, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    (void)handle;
    (void)user;
    (void)p2;
    midi_heard(msg, p1);
}

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void sleep_ms(unsigned ms)
{
    const struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&ts, NULL);
}

int main(int argc, char **argv)
{
    struct midi_subject subject = {
        .sleep_ms = sleep_ms, .now_ms = now_ms, .path = "test_midi_driver.txt"};
    mmk_posix_callback *callback = heard;
    unsigned passed = 0;
    remove("test_midi_driver.reg");
    setenv("MMEKIT_REGISTRY", "./test_midi_driver.reg", 1);
    setenv("MMEKIT_PATH", subject.path, 1);
    /* the module looks for itself in the folder of modules, as an installed one would */
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", argc > 1 ? argv[1] : "");
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        return 2;
    *slash = 0;
    setenv("MMEKIT_DRIVERS", folder, 1);
    void *module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) {
        printf("FAIL midi: %s\n0 passed, 1 failed\n", dlerror());
        return 1;
    }
    /* ISO C knows no way from an object's pointer to a function's */
    *(void **)&subject.driver_proc = dlsym(module, "DriverProc");
    *(void **)&subject.mod_message = dlsym(module, "modMessage");
    memcpy(&subject.callback, &callback, sizeof callback);
    const unsigned failed = midi_cases_run(&subject, &passed);
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
