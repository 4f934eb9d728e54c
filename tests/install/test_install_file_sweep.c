/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mmk/hash.h>
#include <mmk/posix.h>

#include "install/install_scenarios.h"

/**
 * The crash sweep on the registry file of shim-posix and its real journal.
 *
 * A child process runs the scenario and ends itself, without any farewell, before or after its n-th
 * operation on registry or journal; or right after an append whose tail is then torn. The parent
 * recovers. Afterwards the registry file must be byte for byte the one before the scenario or the
 * one that an undisturbed run leaves (where a deleted value had to be put back: the same lines, all
 * of somebody else's in their places), the owners must fit, and a second recovery must change
 * nothing. The same with a second kill inside recovery. With the journal switched off owners and
 * registry must fall apart.
 *
 * Arguments: "all" kills at reads too and at all pairs of every scenario; a name runs that scenario
 * only.
 */

/* ------------------------------------------------------------------ a seam that kills */

struct killer {
    struct mmk_registry registry;
    struct mmk_journal journal;
    struct mmk_registry *registry_below;
    struct mmk_journal *journal_below;
    unsigned n;    /* operations so far */
    unsigned kill; /* at this one, or UINT32_MAX */
    bool after;    /* it has happened */
    bool reads_too;
    bool journal_off;
    unsigned n_changes;
};

static struct killer *of_registry(struct mmk_registry *self)
{
    return (struct killer *)(void *)self;
}

static struct killer *of_journal(struct mmk_journal *self)
{
    return (struct killer *)(void *)((char *)self - offsetof(struct killer, journal));
}

static void tick(struct killer *k, bool change, bool after)
{
    if (!change && !k->reads_too)
        return;
    if (after && k->after && k->n == k->kill)
        _exit(99);
    if (!after && !k->after && k->n == k->kill)
        _exit(99);
    k->n += after;
    k->n_changes += after && change;
}

#define AROUND(k, change, call)        \
    do {                               \
        tick((k), (change), false);    \
        const mmk_err around = (call); \
        tick((k), (change), true);     \
        return around;                 \
    } while (0)

static mmk_err k_get(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                     uint32_t *type, void *data, size_t cap, size_t *len)
{
    struct killer *k = of_registry(self);
    AROUND(k, false,
           k->registry_below->ops->get(k->registry_below, key, name, type, data, cap, len));
}
static mmk_err k_set(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                     uint32_t type, const void *data, size_t len)
{
    struct killer *k = of_registry(self);
    AROUND(k, true, k->registry_below->ops->set(k->registry_below, key, name, type, data, len));
}
static mmk_err k_delete_value(struct mmk_registry *self, const struct mmk_reg_key *key,
                              const char *name)
{
    struct killer *k = of_registry(self);
    AROUND(k, true, k->registry_below->ops->delete_value(k->registry_below, key, name));
}
static mmk_err k_create_key(struct mmk_registry *self, const struct mmk_reg_key *key,
                            bool is_volatile)
{
    struct killer *k = of_registry(self);
    AROUND(k, true, k->registry_below->ops->create_key(k->registry_below, key, is_volatile));
}
static mmk_err k_delete_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    struct killer *k = of_registry(self);
    AROUND(k, true, k->registry_below->ops->delete_key(k->registry_below, key));
}
static mmk_err k_enum_value(struct mmk_registry *self, const struct mmk_reg_key *key,
                            uint32_t index, char *name, size_t cap)
{
    struct killer *k = of_registry(self);
    AROUND(k, false, k->registry_below->ops->enum_value(k->registry_below, key, index, name, cap));
}
static mmk_err k_enum_key(struct mmk_registry *self, const struct mmk_reg_key *key, uint32_t index,
                          char *name, size_t cap)
{
    struct killer *k = of_registry(self);
    AROUND(k, false, k->registry_below->ops->enum_key(k->registry_below, key, index, name, cap));
}
static mmk_err k_has_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    struct killer *k = of_registry(self);
    AROUND(k, false, k->registry_below->ops->has_key(k->registry_below, key));
}
static mmk_err k_flush(struct mmk_registry *self, mmk_reg_root root, uint32_t timeout_ms)
{
    struct killer *k = of_registry(self);
    AROUND(k, true, k->registry_below->ops->flush(k->registry_below, root, timeout_ms));
}
static void k_discard(struct mmk_registry *self)
{
    struct killer *k = of_registry(self);
    k->registry_below->ops->discard(k->registry_below);
}
static mmk_err k_lock(struct mmk_journal *self, uint32_t timeout_ms)
{
    struct killer *k = of_journal(self);
    AROUND(k, false, k->journal_below->ops->lock(k->journal_below, timeout_ms));
}
static void k_unlock(struct mmk_journal *self)
{
    struct killer *k = of_journal(self);
    tick(k, false, false);
    k->journal_below->ops->unlock(k->journal_below);
    tick(k, false, true);
}
static mmk_err k_read(struct mmk_journal *self, uint64_t offset, void *data, size_t cap,
                      size_t *len)
{
    struct killer *k = of_journal(self);
    AROUND(k, false, k->journal_below->ops->read(k->journal_below, offset, data, cap, len));
}
static mmk_err k_append(struct mmk_journal *self, const void *data, size_t len)
{
    struct killer *k = of_journal(self);
    if (k->journal_off)
        return MMK_OK;
    AROUND(k, true, k->journal_below->ops->append(k->journal_below, data, len));
}
static mmk_err k_sync(struct mmk_journal *self)
{
    struct killer *k = of_journal(self);
    if (k->journal_off)
        return MMK_OK;
    AROUND(k, true, k->journal_below->ops->sync(k->journal_below));
}
static mmk_err k_reset(struct mmk_journal *self, const void *data, size_t len)
{
    struct killer *k = of_journal(self);
    if (k->journal_off)
        return MMK_OK;
    AROUND(k, true, k->journal_below->ops->reset(k->journal_below, data, len));
}
static mmk_err k_status_write(struct mmk_journal *self, const char *driver, const char *text)
{
    struct killer *k = of_journal(self);
    return k->journal_below->ops->status_write(k->journal_below, driver, text);
}
static mmk_err k_status_read(struct mmk_journal *self, const char *driver, char *text, size_t cap)
{
    struct killer *k = of_journal(self);
    return k->journal_below->ops->status_read(k->journal_below, driver, text, cap);
}
static void k_log(struct mmk_journal *self, const char *line)
{
    (void)self;
    (void)line;
}

static const struct mmk_registry_ops killer_registry = {
    k_get,        k_set,      k_delete_value, k_create_key, k_delete_key,
    k_enum_value, k_enum_key, k_has_key,      k_flush,      k_discard,
};
static const struct mmk_journal_ops killer_journal = {
    k_lock, k_unlock, k_read, k_append, k_sync, k_reset, k_status_write, k_status_read, k_log,
};

/* ------------------------------------------------------------------ a registry file and its folder
 */

static char dir[256];
static char reg_path[320];
static char journal_path[400];

struct blob {
    char *data;
    size_t len;
    bool there;
};

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(2);
}

static struct blob slurp(const char *path)
{
    struct blob b = {NULL, 0, false};
    struct stat st;
    const int fd = open(path, O_RDONLY);
    if (fd < 0)
        return b;
    if (fstat(fd, &st) != 0)
        die(path);
    b.there = true;
    b.len = (size_t)st.st_size;
    b.data = malloc(b.len + 1);
    if (b.data == NULL || read(fd, b.data, b.len) != (ssize_t)b.len)
        die(path);
    close(fd);
    return b;
}

static void spill(const char *path, const struct blob *b)
{
    unlink(path);
    if (!b->there)
        return;
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, b->data, b->len) != (ssize_t)b->len || close(fd) != 0)
        die(path);
}

static void empty_folder(const char *path)
{
    DIR *d = opendir(path);
    char name[1024];
    for (struct dirent *e = d != NULL ? readdir(d) : NULL; e != NULL; e = readdir(d)) {
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlink(name);
    }
    if (d != NULL)
        closedir(d);
}

/* ------------------------------------------------------------------ the same lines in another
 * order */

struct lines {
    const char *v[512];
    size_t len[512];
    size_t n;
};

static void split(const struct blob *b, struct lines *out)
{
    out->n = 0;
    for (size_t at = 0; at < b->len && out->n < 512;) {
        const char *end = memchr(b->data + at, '\n', b->len - at);
        const size_t len = end != NULL ? (size_t)(end - b->data) + 1 - at : b->len - at;
        out->v[out->n] = b->data + at;
        out->len[out->n++] = len;
        at += len;
    }
}

static bool same_line(const struct lines *a, size_t i, const struct lines *b, size_t k)
{
    return a->len[i] == b->len[k] && memcmp(a->v[i], b->v[k], a->len[i]) == 0;
}

static bool same_lines(const struct blob *a, const struct blob *b)
{
    struct lines x;
    struct lines y;
    bool used[512] = {false};
    split(a, &x);
    split(b, &y);
    if (x.n != y.n || x.n == 512)
        return false;
    for (size_t i = 0; i < x.n; i++) {
        size_t k = 0;
        while (k < y.n && (used[k] || !same_line(&x, i, &y, k)))
            k++;
        if (k == y.n)
            return false;
        used[k] = true;
    }
    return true;
}

/* All lines of `part` in `whole`, in their order. */
static bool holds(const struct blob *whole, const struct blob *part)
{
    struct lines x;
    struct lines y;
    size_t k = 0;
    split(whole, &x);
    split(part, &y);
    for (size_t i = 0; i < x.n && k < y.n; i++)
        k += same_line(&x, i, &y, k);
    return k == y.n;
}

struct disk {
    struct blob registry;
    struct blob journal;
};

static struct disk take_disk(void)
{
    return (struct disk){slurp(reg_path), slurp(journal_path)};
}

static void put_disk(const struct disk *disk)
{
    char folder[340];
    snprintf(folder, sizeof folder, "%s.mmekit", reg_path);
    empty_folder(folder);
    empty_folder(dir);
    spill(reg_path, &disk->registry);
    if (disk->journal.there && mkdir(folder, 0700) != 0 && errno != EEXIST)
        die(folder);
    spill(journal_path, &disk->journal);
}

static void free_disk(struct disk *disk)
{
    free(disk->registry.data);
    free(disk->journal.data);
}

static bool same_blob(const struct blob *a, const struct blob *b)
{
    return a->there == b->there && a->len == b->len &&
           (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* ------------------------------------------------------------------ one process */

struct process {
    struct killer k;
    struct mmk_registry *registry;
    struct mmk_journal *journal;
};

static void enter(struct process *p, struct model *m)
{
    memset(p, 0, sizeof *p);
    if (mmk_posix_registry_open(reg_path, &p->registry) != MMK_OK ||
        mmk_posix_journal_open(reg_path, &p->journal) != MMK_OK)
        die("cannot open");
    p->k.registry.ops = &killer_registry;
    p->k.registry.has_view_32 = true;
    p->k.journal.ops = &killer_journal;
    p->k.registry_below = p->registry;
    p->k.journal_below = p->journal;
    p->k.kill = UINT32_MAX;
    m->port.registry = &p->k.registry;
    m->port.journal = &p->k.journal;
    m->heap_len = m->heap_out = 0;
}

static void leave(struct process *p)
{
    mmk_posix_journal_close(p->journal);
    mmk_posix_registry_close(p->registry);
}

typedef uint32_t act_fn(struct model *m, struct mmk_install_report *report);

static uint32_t recover_act(struct model *m, struct mmk_install_report *report)
{
    return mmk_install_recover(&m->port, report) == MMK_OK;
}

static bool reads_too;

/* In a child, killed at operation n. false: it came to its end (so n is beyond it). */
static bool killed_at(struct model *m, act_fn *act, unsigned n, bool after, bool journal_off)
{
    const pid_t child = fork();
    int status = 0;
    if (child < 0)
        die("fork");
    if (child == 0) {
        struct process p;
        struct mmk_install_report report;
        enter(&p, m);
        p.k.kill = n;
        p.k.after = after;
        p.k.reads_too = reads_too;
        p.k.journal_off = journal_off;
        (void)act(m, &report);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
        (WEXITSTATUS(status) != 99 && WEXITSTATUS(status) != 0))
        die("child");
    return WEXITSTATUS(status) == 99;
}

/* ------------------------------------------------------------------ the sweep */

/* Somebody else's file: comments, CRLF, odd spacing, and things of ours between them. */
static const char foreign_text[] =
    "Windows Registry Editor Version 5.00\r\n"
    "\r\n"
    "; a comment that stays\r\n"
    "[HKEY_LOCAL_MACHINE\\Software\\Other]\r\n"
    "@=\"default\"\r\n"
    "\"odd\"=hex(77):01,02,\\\r\n"
    "  03\r\n"
    "\r\n"
    "[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32]\r\n"
    "\"wave\"=\"wdmaud.drv\"\r\n"
    "  ; indented\r\n"
    "\"midi\"=\"wdmaud.drv\"\r\n"
    "\r\n"
    "[HKEY_CURRENT_USER\\Software\\Other]\r\n"
    "\"mine\"=\"yes\"\r\n";

static const struct blob foreign_file = {(char *)(uintptr_t)foreign_text, sizeof foreign_text - 1,
                                         true};

struct sweep {
    struct model *m;
    const struct scenario *scenario;
    struct disk start, old, new;
    uint64_t owners_old, owners_new;
    uint64_t n_points, n_half, n_writing, n_refused, n_reordered;
    uint64_t *seen;
    size_t n_seen;
    bool talk;
};

#define SEEN_MAX 65536u

static void count_state(struct sweep *s)
{
    struct disk now = take_disk();
    uint64_t h = mmk_fnv1a64(MMK_FNV1A64_INIT, now.registry.data, now.registry.len);
    h = mmk_fnv1a64(h, now.journal.data, now.journal.len);
    free_disk(&now);
    for (size_t i = 0; i < s->n_seen; i++)
        if (s->seen[i] == h)
            return;
    if (s->n_seen < SEEN_MAX)
        s->seen[s->n_seen++] = h;
}

static void complain(struct sweep *s, const char *what, const char *where, const struct disk *now)
{
    if (!s->talk)
        return;
    s->talk = false;
    fprintf(stderr, "%s, %s: %s\n---- registry now:\n", s->scenario->name, where, what);
    for (size_t i = 0; i < now->registry.len; i++)
        if (now->registry.data[i] > 0)
            fputc(now->registry.data[i], stderr);
    fprintf(stderr, "\n---- old:\n");
    for (size_t i = 0; i < s->old.registry.len; i++)
        if (s->old.registry.data[i] > 0)
            fputc(s->old.registry.data[i], stderr);
    fprintf(stderr, "\n");
}

/* The crash has happened: recover, judge. */
static void judge(struct sweep *s, const char *where)
{
    struct process p;
    struct mmk_install_report report;
    s->n_points++;
    count_state(s);
    enter(&p, s->m);
    const bool recovered = recover_act(s->m, &report) == 1;
    const uint64_t owners = world_owners(s->m);
    p.k.n_changes = 0;
    (void)recover_act(s->m, &report);
    const bool rewrites = p.k.n_changes != 0;
    leave(&p);
    struct disk now = take_disk();
    const bool foreign = holds(&now.registry, &foreign_file);
    const bool is_old =
        same_lines(&now.registry, &s->old.registry) && owners == s->owners_old && foreign;
    const bool is_new =
        same_lines(&now.registry, &s->new.registry) && owners == s->owners_new && foreign;
    s->n_reordered += (is_old || is_new) && !same_blob(&now.registry, &s->old.registry) &&
                      !same_blob(&now.registry, &s->new.registry);
    if (!recovered) {
        s->n_refused++;
        complain(s, report.text, where, &now);
    } else if (!is_old && !is_new) {
        s->n_half++;
        complain(s, "half state", where, &now);
    } else if (rewrites) {
        s->n_writing++;
        complain(s, "a second recovery writes", where, &now);
    }
    free_disk(&now);
}

static void tear_journal(struct sweep *s)
{
    struct disk now = take_disk();
    const size_t synced = s->start.journal.len;
    for (size_t kept = synced; kept < now.journal.len; kept += kept < synced + 32 ? 1 : 97) {
        struct disk torn = now;
        torn.journal.len = kept;
        put_disk(&torn);
        judge(s, "torn journal");
    }
    put_disk(&now);
    free_disk(&now);
}

static void sweep_pairs(struct sweep *s)
{
    struct disk crashed = take_disk();
    for (unsigned after = 0; after < 2; after++)
        for (unsigned n = 0;; n++) {
            put_disk(&crashed);
            if (!killed_at(s->m, recover_act, n, after != 0, false))
                break;
            judge(s, "killed in recovery");
        }
    put_disk(&crashed);
    free_disk(&crashed);
}

static void sweep_kills(struct sweep *s, bool pairs, bool journal_off)
{
    for (unsigned after = 0; after < 2; after++)
        for (unsigned n = 0;; n++) {
            put_disk(&s->start);
            const bool killed = killed_at(s->m, s->scenario->act, n, after != 0, journal_off);
            if (!killed) {
                judge(s, "not killed");
                break;
            }
            if (pairs)
                sweep_pairs(s);
            if (n == 0 && after != 0 && !journal_off && s->start.journal.there)
                tear_journal(s); /* the first change is the append that begins */
            judge(s, "killed");
        }
}

static bool run_scenario(struct sweep *s, const struct scenario *scenario, bool pairs,
                         bool journal_off)
{
    struct model m;
    struct process p;
    struct mmk_install_report report;
    const struct disk foreign = {.registry = foreign_file};
    world_init(&m, MODEL_DURABLE);
    s->m = &m;
    s->scenario = scenario;
    s->n_points = s->n_half = s->n_writing = s->n_refused = s->n_reordered = 0;
    s->n_seen = 0;
    s->talk = !journal_off;

    put_disk(&foreign);
    enter(&p, &m);
    scenario->setup(&m);
    leave(&p);
    s->start = take_disk();
    enter(&p, &m);
    (void)recover_act(&m, &report);
    s->owners_old = world_owners(&m);
    leave(&p);
    s->old = take_disk();
    put_disk(&s->start);
    enter(&p, &m);
    const uint32_t answer = scenario->act(&m, &report);
    s->owners_new = world_owners(&m);
    leave(&p);
    s->new = take_disk();
    sweep_kills(s, pairs, journal_off);
    const bool right = answer == scenario->answer &&
                       (answer != 0 || same_blob(&s->old.registry, &s->new.registry));
    if (!right)
        printf("  answered %u (%s), want %u\n", answer, report.text, scenario->answer);
    printf("%-28s file     %7llu points %5zu states  half %llu refused %llu rewriting %llu "
           "reordered %llu%s\n",
           scenario->name, (unsigned long long)s->n_points, s->n_seen,
           (unsigned long long)s->n_half, (unsigned long long)s->n_refused,
           (unsigned long long)s->n_writing, (unsigned long long)s->n_reordered,
           journal_off ? "  (journal off)" : "");
    fflush(stdout);
    free_disk(&s->start);
    free_disk(&s->old);
    free_disk(&s->new);
    m.port.registry = &m.registry.seam;
    model_fini(&m);
    return right;
}

/* Modules and INI files of those live in the model's own disk, which a dying process takes along.
 */
static bool needs_files(const struct scenario *scenario)
{
    return strstr(scenario->name, "file") != NULL ||
           strstr(scenario->name, "empty registry") != NULL;
}

static bool pairs_by_default(const char *name)
{
    return strcmp(name, "install") == 0 || strcmp(name, "configure") == 0 ||
           strcmp(name, "remove") == 0;
}

int main(int argc, char **argv)
{
    struct sweep s = {.seen = malloc(SEEN_MAX * sizeof *s.seen)};
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    unsigned n_passed = 0;
    unsigned n_failed = 0;
    uint64_t n_points = 0;
    uint64_t n_states = 0;
    uint64_t n_red = 0;
    const char *only = argc > 1 && strcmp(argv[1], "all") != 0 ? argv[1] : NULL;
    const bool all = argc > 1 && only == NULL;
    reads_too = all;
    snprintf(dir, sizeof dir, "%s/mmekit-sweep-XXXXXX", base);
    if (s.seen == NULL || mkdtemp(dir) == NULL)
        die(dir);
    snprintf(reg_path, sizeof reg_path, "%s/r.reg", dir);
    snprintf(journal_path, sizeof journal_path, "%s.mmekit/journal", reg_path);
    for (size_t i = 0; i < n_scenarios; i++) {
        if (needs_files(&scenarios[i]) || (only != NULL && strcmp(only, scenarios[i].name) != 0))
            continue;
        const bool right =
            run_scenario(&s, &scenarios[i], all || pairs_by_default(scenarios[i].name), false);
        const bool ok = right && s.n_half + s.n_writing + s.n_refused == 0;
        n_passed += ok;
        n_failed += !ok;
        n_points += s.n_points;
        n_states += s.n_seen;
        if (strcmp(scenarios[i].name, "install") != 0 && strcmp(scenarios[i].name, "remove") != 0)
            continue;
        (void)run_scenario(&s, &scenarios[i], false, true);
        n_red += s.n_half;
        n_passed += s.n_half > 0;
        n_failed += s.n_half == 0;
    }
    empty_folder(dir);
    char folder[340];
    snprintf(folder, sizeof folder, "%s.mmekit", reg_path);
    empty_folder(folder);
    rmdir(folder);
    rmdir(dir);
    printf("%llu points, %llu distinct states; journal off: %llu half states\n",
           (unsigned long long)n_points, (unsigned long long)n_states, (unsigned long long)n_red);
    printf("%u passed, %u failed\n", n_passed, n_failed);
    free(s.seen);
    return n_failed != 0;
}
