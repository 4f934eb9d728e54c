/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * contract_messages.exe TABLE [MODULE.drv] [VIA[/K/N]...]: every cell of messages.tsv, or those of
 * drv, wod, wid, aux, mxd, sent to the real DLL (mmewave.drv if none is named), which is loaded
 * anew for each cell. A type whose cells are left out need not be exported. wod/2/4: of those rows
 * each fourth one, beginning with the third; most of the time is waiting, so that parts run side by
 * side. The registry is the real one too: what a cell installs is removed after it.
 */
#define __USE_MINGW_ANSI_STDIO 1
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/driver.h>

#include "contract.h"
#include "contract/message_cases.h"

#define HDRVR_   0x1234u
#define TICK_MS  10u
#define PATIENCE 2u

typedef LRESULT CALLBACK driver_proc(DWORD_PTR id, HANDLE hdrvr, UINT msg, LPARAM l1, LPARAM l2);
typedef DWORD CALLBACK device_message(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1,
                                      DWORD_PTR p2);

struct loaded {
    const char *path;
    HMODULE module;
    driver_proc *driver;
    device_message *device[VIA_DRV];
    bool installed; /* since it was fresh */
    unsigned n_loads;
};

static const char *const names[VIA_DRV] = {"wodMessage", "widMessage", "auxMessage", "mxdMessage"};

static void load(struct loaded *m)
{
    union {
        FARPROC from;
        driver_proc *driver;
        device_message *device;
    } function;
    m->module = LoadLibraryA(m->path);
    if (m->module == NULL) {
        printf("contract: %s does not load: error %lu\n", m->path, GetLastError());
        exit(1);
    }
    function.from = GetProcAddress(m->module, "DriverProc");
    if (function.from == NULL) {
        printf("contract: %s does not export DriverProc\n", m->path);
        exit(1);
    }
    m->driver = function.driver;
    for (unsigned i = 0; i < VIA_DRV; i++) {
        function.from = GetProcAddress(m->module, names[i]);
        m->device[i] = function.device;
    }
    m->n_loads++;
}

static intptr_t send_driver(void *ctx, uintptr_t id, uint32_t msg, intptr_t l1, intptr_t l2)
{
    struct loaded *m = ctx;
    intptr_t answer = m->driver(id, (HANDLE)(uintptr_t)HDRVR_, msg, l1, l2);
    if ((msg == MMK_DRV_INSTALL || msg == MMK_DRV_PNPINSTALL) && answer != MMK_DRVCNF_CANCEL)
        m->installed = true;
    return answer;
}

static uint32_t send_device(void *ctx, enum message_via via, uint32_t device, uint32_t msg,
                            uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    struct loaded *m = ctx;
    if (m->device[via] == NULL) {
        printf("contract: %s does not export %s\n", m->path, names[via]);
        exit(1);
    }
    return m->device[via](device, msg, user, p1, p2);
}

static void uninstall(struct loaded *m)
{
    send_driver(m, 0, MMK_DRV_LOAD, 0, 0);
    send_driver(m, 0, MMK_DRV_ENABLE, 0, 0);
    uintptr_t id = (uintptr_t)send_driver(m, 0, MMK_DRV_OPEN, 0, 0);
    send_driver(m, id, MMK_DRV_REMOVE, 0, 0);
    send_driver(m, 0, MMK_DRV_FREE, 0, 0);
    m->installed = false;
}

static void fresh(void *ctx)
{
    struct loaded *m = ctx;
    send_driver(m, 0, MMK_DRV_FREE, 0, 0);
    if (m->installed)
        uninstall(m);
    FreeLibrary(m->module);
    load(m);
}

static volatile LONG ticks;

/** A thread that waits as the device's does, and so comes late when that one does. */
static DWORD WINAPI tick(LPVOID event)
{
    while (WaitForSingleObject(event, TICK_MS) == WAIT_TIMEOUT)
        InterlockedIncrement(&ticks);
    return 0; /* never: nobody sets it */
}

/** Real time, on a machine that may be busy with other tests: count what threads get done instead
 *  of milliseconds. */
static void pass_ms(void *ctx, unsigned ms)
{
    (void)ctx;
    LONG end = ticks + (LONG)(ms / TICK_MS * PATIENCE) + 1;
    while (ticks < end)
        Sleep(TICK_MS);
}

static void complain(void *user, const char *what)
{
    (void)user;
    printf("FAIL messages: %s\n", what);
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    if (file == NULL || text == NULL)
        return NULL;
    size_t n = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return n > 0 ? text : NULL;
}

struct wanted {
    char via[4];
    unsigned part, n_parts, n_rows;
};

static bool wants(struct wanted *w, const char *line)
{
    size_t n = strlen(w->via);
    return strncmp(line, w->via, n) == 0 && line[n] == '\t' && w->n_rows++ % w->n_parts == w->part;
}

/** Take the rows that no argument wants out of the table; count the others. */
static bool keep_only(char *text, char **args, unsigned *n_rows)
{
    struct wanted wanted[8];
    size_t n = 0;
    for (; *args != NULL && n < 8; args++, n++) {
        wanted[n] = (struct wanted){.n_parts = 1};
        int got =
            sscanf(*args, "%3[a-z]/%u/%u", wanted[n].via, &wanted[n].part, &wanted[n].n_parts);
        if ((got != 1 && got != 3) || wanted[n].part >= wanted[n].n_parts)
            return false;
    }
    for (char *line = text, *end; *line != 0; line = end) {
        bool row = line[0] != '#' && strncmp(line, "via\t", 4) != 0;
        bool keep = !row || n == 0;
        end = strchr(line, '\n');
        end = end != NULL ? end + 1 : line + strlen(line);
        for (size_t i = 0; i < n && !keep; i++)
            keep = wants(&wanted[i], line);
        if (!keep)
            line[0] = '#';
        *n_rows += row && keep;
    }
    return *args == NULL;
}

int main(int argc, char **argv)
{
    /* what the driver's parameters say by default */
    static const struct mmk_waveformatex format = {MMK_WAVE_FORMAT_PCM, 2, 48000, 192000, 4, 16, 0};
    struct contract_count count = {0};
    struct message_totals totals;
    struct loaded module = {.path = "mmewave.drv"};
    bool has_dialog = true; /* mmewave.drv; the examples, which may be named instead, have none */
    unsigned n_rows = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    SetEnvironmentVariableA("MMEKIT_DIALOG", "off"); /* nobody is here to end one */
    char *text = argc > 1 ? read_text(argv[1]) : NULL;
    char **vias = argc > 2 ? argv + 2 : &argv[argc];
    if (*vias != NULL && strchr(*vias, '.') != NULL) {
        module.path = *vias++;
        has_dialog = false;
    }
    if (text == NULL || !keep_only(text, vias, &n_rows)) {
        fprintf(stderr, "usage: contract_messages TABLE [MODULE.drv] [VIA[/K/N]...]\n");
        return 2;
    }
    CloseHandle(CreateThread(NULL, 0, tick, CreateEventW(NULL, TRUE, FALSE, NULL), 0, NULL));
    load(&module);
    const struct message_subject subject = {
        .ctx = &module,
        .has_ui = has_dialog,
        .n_devices = 1,
        .device_format = &format,
        .attachment_bytes = sizeof(struct mmk_driver_attachment),
        .driver = send_driver,
        .device = send_device,
        .fresh = fresh,
        .pass_ms = pass_ms,
    };
    message_cases_run(&subject, text, complain, NULL, &totals);
    send_driver(&module, 0, MMK_DRV_FREE, 0, 0);
    FreeLibrary(module.module);
    count.passed = totals.cells - totals.failed;
    count.failed = totals.failed;
    printf("PASS messages: %u of %u cells in %u rows (%u by document, %u by Wine, %u ours), module "
           "loaded %u times\n",
           count.passed, totals.cells, n_rows, totals.by_mark[0], totals.by_mark[1],
           totals.by_mark[2], module.n_loads);
    free(text);
    return contract_end(&count);
}
