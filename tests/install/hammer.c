/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <mmk/posix.h>

#include "install/install_world.h"

/**
 * Eight installers at once on one registry file, some of them killed.
 *
 * In each round eight processes start together; each installs, configures, repairs or removes one
 * of two products. In about one of ten a SIGKILL arrives at a random moment. When all are gone the
 * lock must be free within a second, recovery must succeed, and the registry must be whole: each
 * product there with all its values and its record, or gone without a trace, and everybody else's
 * text in its place. At the end everything is removed and the file must say what it said at first.
 *
 *     hammer [ROUNDS [SEED]]         default 60 rounds
 */

#define PROCESSES 8

static char dir[256];
static char reg_path[320];

static const char foreign_text[] =
    "Windows Registry Editor Version 5.00\r\n"
    "\r\n"
    "; theirs\r\n"
    "[HKEY_LOCAL_MACHINE\\Software\\Other]\r\n"
    "\"odd\"=hex(77):01,02,\\\r\n"
    "  03\r\n"
    "\r\n"
    "[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32]\r\n"
    "\"wave\"=\"wdmaud.drv\"\r\n";

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t state;
static uint32_t random_below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % n);
}

/* ------------------------------------------------------------------ one process */

struct tools {
    struct model m; /* modules, memory; registry and journal are the real ones */
    struct mmk_registry *registry;
    struct mmk_journal *journal;
};

static struct tools *open_tools(void)
{
    struct tools *t = calloc(1, sizeof *t);
    if (t == NULL)
        die("memory");
    world_init(&t->m, MODEL_DURABLE);
    if (mmk_posix_registry_open(reg_path, &t->registry) != MMK_OK ||
        mmk_posix_journal_open(reg_path, &t->journal) != MMK_OK)
        die("open");
    t->m.port.registry = t->registry;
    t->m.port.journal = t->journal;
    return t;
}

static void close_tools(struct tools *t)
{
    mmk_posix_journal_close(t->journal);
    mmk_posix_registry_close(t->registry);
    t->m.port.registry = &t->m.registry.seam;
    model_fini(&t->m);
    free(t);
}

/* What happened, for the parent: counts of answers by reason. */
struct tally {
    uint32_t ok;
    uint32_t cancelled;
    uint32_t odd; /* a CANCEL for a reason that nothing here can cause */
};
static struct tally *tally; /* shared memory, one for each process */

static void work(unsigned which, uint32_t dice)
{
    struct tools *t = open_tools();
    struct mmk_install_report report;
    const struct mmk_product *product = dice % 3 == 0 ? &test_codec : &test_card;
    uint32_t answer = 0;
    switch (dice / 3 % 8) {
    case 0:
    case 1:
    case 2:
        answer =
            RUN(&t->m, product, MMK_VERB_INSTALL, 0, NULL, &report, "rate_hz=44100", "secret=a");
        break;
    case 3:
        answer = RUN(&t->m, product, MMK_VERB_CONFIGURE, 0, NULL, &report, "rate_hz=96000",
                     "backend=file");
        break;
    case 4:
        answer = RUN(&t->m, product, MMK_VERB_REPAIR, 0, NULL, &report, NULL);
        break;
    case 5:
        answer =
            RUN(&t->m, product, MMK_VERB_REMOVE, MMK_INSTALL_KEEP_SETTINGS, NULL, &report, NULL);
        break;
    default:
        answer = RUN(&t->m, product, MMK_VERB_REMOVE, 0, NULL, &report, NULL);
        break;
    }
    tally[which].ok += answer != 0;
    tally[which].cancelled += answer == 0;
    if (answer == 0 && report.reason != MMK_REASON_NOT_INSTALLED) {
        tally[which].odd++;
        fprintf(stderr, "odd: %s: %s\n", mmk_install_reason_name(report.reason), report.text);
    }
    _exit(0);
}

/* ------------------------------------------------------------------ judging */

static bool value_there(struct tools *t, mmk_reg_view view, const char *path, const char *name)
{
    uint8_t data[1024];
    uint32_t type;
    size_t len;
    const struct mmk_reg_key key = {MMK_REG_MACHINE, view, path};
    return t->registry->ops->get(t->registry, &key, name, &type, data, sizeof data, &len) == MMK_OK;
}

/* All of it, or nothing: the values that any install writes, seen past the engine. */
static bool whole(struct tools *t, const struct mmk_product *product, bool recorded)
{
    const char *alias = product == &test_card ? "wave1" : product->alias_base;
    char home[128];
    snprintf(home, sizeof home, HOME "\\%s", product->name);
    const unsigned n = (unsigned)value_there(t, MMK_VIEW_64, SECTION, alias) +
                       (unsigned)value_there(t, MMK_VIEW_32, SECTION, alias) +
                       (unsigned)value_there(t, MMK_VIEW_64, home, "Version") +
                       (unsigned)value_there(t, MMK_VIEW_64, DESC, product->file);
    return n == (recorded ? 4u : 0u);
}

static bool recorded(struct tools *t, const struct mmk_product *product)
{
    struct mmk_installed one;
    for (uint32_t i = 0; mmk_install_enum(&t->m.port, i, &one) == MMK_OK; i++)
        if (strcmp(one.product, product->name) == 0)
            return true;
    return false;
}

static void finding(void *user, mmk_severity severity, const char *what, const char *cure)
{
    (void)cure;
    if (severity != MMK_SEVERITY_INFO && user != NULL)
        fprintf(stderr, "  %s\n", what);
}

static bool healthy(struct tools *t, const struct mmk_product *product)
{
    const bool there = recorded(t, product);
    uint32_t n_problems = 0;
    if (!whole(t, product, there)) {
        fprintf(stderr, "%s is neither there nor gone\n", product->name);
        return false;
    }
    if (!there)
        return true;
    return mmk_install_verify(&t->m.port, product, finding, t, &n_problems) == MMK_OK &&
           n_problems == 0;
}

static bool foreign_in_place(void)
{
    char text[65536];
    FILE *f = fopen(reg_path, "rb");
    const size_t len = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f != NULL)
        fclose(f);
    text[len] = 0;
    return strncmp(text, foreign_text, sizeof foreign_text - 1) == 0;
}

/* ------------------------------------------------------------------ rounds */

struct score {
    unsigned n_killed, n_half, n_lock_late, n_unrecovered;
    uint64_t worst_lock_ns;
};

static void start_all(pid_t pid[PROCESSES])
{
    int gate[2];
    if (pipe(gate) != 0)
        die("pipe");
    for (unsigned i = 0; i < PROCESSES; i++) {
        const uint32_t dice = random_below(1u << 30);
        pid[i] = fork();
        if (pid[i] < 0)
            die("fork");
        if (pid[i] == 0) {
            char byte;
            close(gate[1]);
            (void)!read(gate[0], &byte, 1); /* ends when the parent opens the gate */
            work(i, dice);
        }
    }
    close(gate[0]);
    close(gate[1]);
}

static void run_round(struct score *s)
{
    pid_t pid[PROCESSES];
    struct mmk_install_report report;
    start_all(pid);
    for (unsigned i = 0; i < PROCESSES; i++)
        if (random_below(10) == 0) {
            const struct timespec pause = {0, (long)random_below(12000000)};
            nanosleep(&pause, NULL);
            s->n_killed += kill(pid[i], SIGKILL) == 0;
        }
    for (unsigned i = 0; i < PROCESSES; i++)
        (void)waitpid(pid[i], NULL, 0);

    struct tools *t = open_tools();
    const uint64_t since = now_ns();
    const mmk_err err = t->journal->ops->lock(t->journal, 10000);
    const uint64_t took = now_ns() - since;
    if (err == MMK_OK)
        t->journal->ops->unlock(t->journal);
    s->worst_lock_ns = took > s->worst_lock_ns ? took : s->worst_lock_ns;
    s->n_lock_late += err != MMK_OK || took > 1000000000u;
    if (mmk_install_recover(&t->m.port, &report) != MMK_OK) {
        fprintf(stderr, "not recovered: %s\n", report.text);
        s->n_unrecovered++;
    }
    s->n_half += !healthy(t, &test_card) || !healthy(t, &test_codec) || !foreign_in_place();
    close_tools(t);
}

static bool remove_everything(void)
{
    struct tools *t = open_tools();
    char text[65536];
    (void)RUN(&t->m, &test_card, MMK_VERB_REMOVE, 0, NULL, NULL, NULL);
    (void)RUN(&t->m, &test_codec, MMK_VERB_REMOVE, 0, NULL, NULL, NULL);
    close_tools(t);
    FILE *f = fopen(reg_path, "rb");
    const size_t len = f != NULL ? fread(text, 1, sizeof text, f) : 0;
    if (f != NULL)
        fclose(f);
    return len == sizeof foreign_text - 1 && memcmp(text, foreign_text, len) == 0;
}

static void clear_folder(const char *path)
{
    DIR *d = opendir(path);
    char name[1024];
    for (struct dirent *e = d != NULL ? readdir(d) : NULL; e != NULL; e = readdir(d)) {
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
            unlink(name);
    }
    if (d != NULL)
        closedir(d);
    rmdir(path);
}

int main(int argc, char **argv)
{
    const unsigned n_rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 60;
    struct score s = {0};
    struct tally sum = {0};
    char folder[340];
    state = argc > 2 ? strtoull(argv[2], NULL, 0) | 1 : UINT64_C(0x9e3779b97f4a7c15);
    snprintf(dir, sizeof dir, "%s/mmekit-hammer-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(dir) == NULL)
        die(dir);
    snprintf(reg_path, sizeof reg_path, "%s/r.reg", dir);
    FILE *f = fopen(reg_path, "wb");
    if (f == NULL ||
        fwrite(foreign_text, 1, sizeof foreign_text - 1, f) != sizeof foreign_text - 1 ||
        fclose(f) != 0)
        die(reg_path);
    tally = mmap(NULL, PROCESSES * sizeof *tally, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED)
        die("mmap");
    for (unsigned i = 0; i < n_rounds; i++)
        run_round(&s);
    const bool clean = remove_everything();
    for (unsigned i = 0; i < PROCESSES; i++) {
        sum.ok += tally[i].ok;
        sum.cancelled += tally[i].cancelled;
        sum.odd += tally[i].odd;
    }
    snprintf(folder, sizeof folder, "%s.mmekit", reg_path);
    clear_folder(folder);
    clear_folder(dir);
    printf("%u rounds of %d processes: %u answered OK, %u not installed, %u killed; half states "
           "%u, not recovered %u\n",
           n_rounds, PROCESSES, sum.ok, sum.cancelled - sum.odd, s.n_killed, s.n_half,
           s.n_unrecovered);
    printf("lock free after at most %.3f ms, later than 1 s: %u; odd refusals %u; all removed "
           "again: %s\n",
           (double)s.worst_lock_ns / 1e6, s.n_lock_late, sum.odd, clean ? "byte for byte" : "NO");
    const bool failed[] = {s.n_half != 0, s.n_unrecovered != 0, s.n_lock_late != 0, sum.odd != 0,
                           !clean};
    unsigned n_failed = 0;
    for (size_t i = 0; i < 5; i++)
        n_failed += failed[i] ? 1u : 0u;
    printf("%u passed, %u failed\n", 5 - n_failed, n_failed);
    return n_failed != 0;
}
