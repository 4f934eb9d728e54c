/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/hash.h>

#include "install/install_scenarios.h"

/**
 * The crash sweep: cut the power, or kill the program, at every operation of every scenario.
 *
 * A scenario is run once. Before each operation that changes something, in the middle of each that
 * can be torn, and at the end, every world that a crash could leave there is collected: the program
 * killed, or the power gone with each hive at each of its states since it was last saved, and the
 * journal's unsynced tail kept, dropped, torn or turned to noise. From each distinct world recovery
 * is run, under the same watch, so that crashes inside recovery, and inside the recovery from
 * those, are followed until no new world appears.
 *
 * After recovery registry and files must equal the state before the scenario or the one after it,
 * nothing else (all of it, so unrelated keys and values too), and the one after it where the
 * scenario had answered OK. A second recovery must write nothing. With the journal switched off the
 * same sweep must find half states.
 */

enum { MAY_OLD = 1, MAY_NEW = 2 };

struct image {
    struct model_world world;
    unsigned allowed;
};

#define IMAGES_MAX (1u << 20)
#define SEEN_SLOTS (1u << 22)

struct sweep {
    struct model *m;
    struct image *images;
    size_t n_images;
    uint64_t *seen;
    unsigned allowed; /* of what is being collected */
    uint64_t n_points;
    uint64_t hash_old, hash_new;
    uint64_t n_half, n_lost, n_writing, n_refused;
    bool talk;
};

static bool first_time(struct sweep *s, uint64_t hash)
{
    size_t at = (size_t)(hash >> 7) % SEEN_SLOTS;
    hash |= hash == 0;
    while (s->seen[at] != 0) {
        if (s->seen[at] == hash)
            return false;
        at = (at + 1) % SEEN_SLOTS;
    }
    s->seen[at] = hash;
    return true;
}

static uint64_t tail_hash(const struct model_world *w, const struct model_cut *cut)
{
    uint64_t h = mmk_fnv1a64(MMK_FNV1A64_INIT, w->journal, cut->n_kept);
    for (size_t i = 0; i < cut->n_garbage; i++) {
        const uint8_t byte = model_garbage(i);
        h = mmk_fnv1a64(h, &byte, 1);
    }
    return h;
}

static uint64_t mix(uint64_t machine, uint64_t user, uint64_t files, uint64_t journal,
                    unsigned allowed)
{
    const uint64_t part[5] = {machine, user, files, journal, allowed};
    return mmk_fnv1a64(MMK_FNV1A64_INIT, part, sizeof part);
}

static void keep(struct sweep *s, const struct model_cut *cut)
{
    if (s->n_images == IMAGES_MAX) {
        fprintf(stderr, "too many images\n");
        abort();
    }
    struct image *image = &s->images[s->n_images++];
    image->world = s->m->world;
    image->allowed = s->allowed;
    if (cut != NULL)
        model_cut_world(s->m, &image->world, cut);
    else
        image->world.n_synced = image->world.n_journal;
}

static void cut_all_hives(struct sweep *s, struct model_cut *cut)
{
    const struct model_world *w = &s->m->world;
    const uint64_t journal = tail_hash(w, cut);
    const uint64_t files = model_hash_hive(&w->files, true);
    for (size_t a = 0; a < w->hive[0].n_past; a++)
        for (size_t b = 0; b < w->hive[1].n_past; b++) {
            cut->back[0] = a;
            cut->back[1] = b;
            s->n_points++;
            if (first_time(s, mix(model_hash_hive(&w->hive[0].past[a], false),
                                  model_hash_hive(&w->hive[1].past[b], false), files, journal,
                                  s->allowed)))
                keep(s, cut);
        }
}

/* Every byte of short tails, the interesting ones of long tails. */
static size_t next_kept(const struct model_world *w, size_t kept)
{
    const size_t tail = w->n_journal - w->n_synced;
    const size_t done = kept - w->n_synced;
    if (tail <= 64 || done < 2 || done + 2 >= tail)
        return kept + 1;
    const size_t stop[] = {20, 24, 25, tail / 3, tail / 2, 512, 1024, tail - 2};
    for (size_t i = 0; i < sizeof stop / sizeof stop[0]; i++)
        if (stop[i] > done && stop[i] < tail)
            return w->n_synced + stop[i];
    return w->n_journal;
}

static void collect(void *user, struct model *m)
{
    struct sweep *s = user;
    const struct model_world *w = &m->world;
    struct model_cut cut = {.n_kept = w->n_synced};
    for (;; cut.n_kept = next_kept(w, cut.n_kept)) {
        cut.n_garbage = 0;
        cut_all_hives(s, &cut);
        if (cut.n_kept == w->n_journal)
            break;
        cut.n_garbage = w->n_journal - cut.n_kept;
        cut_all_hives(s, &cut);
    }
    s->n_points++;
    if (first_time(s, mix(model_hash_hive(&w->hive[0].now, true),
                          model_hash_hive(&w->hive[1].now, true), model_hash_hive(&w->files, true),
                          mmk_fnv1a64(MMK_FNV1A64_INIT, w->journal, w->n_journal), s->allowed)))
        keep(s, NULL);
}

static void complain(struct sweep *s, const char *what, const struct image *image)
{
    if (!s->talk)
        return;
    s->talk = false;
    fprintf(stderr, "%s; crashed world (allowed %u):\n", what, image->allowed);
    model_dump(&image->world);
    fprintf(stderr, "after recovery:\n");
    model_dump(&s->m->world);
}

static void recover_from(struct sweep *s, size_t index)
{
    struct model *m = s->m;
    const struct image image = s->images[index];
    struct mmk_install_report report;
    s->allowed = image.allowed;
    model_enter(m, &image.world);
    const mmk_err err = mmk_install_recover(&m->port, &report);
    if (err != MMK_OK) {
        s->n_refused++;
        complain(s, report.text, &image);
        return;
    }
    const uint64_t hash = world_answer(m);
    const unsigned is = (hash == s->hash_old ? MAY_OLD : 0u) | (hash == s->hash_new ? MAY_NEW : 0u);
    if (is == 0) {
        s->n_half++;
        complain(s, "half state", &image);
        return;
    }
    if ((is & image.allowed) == 0) {
        s->n_lost++;
        complain(s, "what was answered is lost", &image);
        return;
    }
    s->allowed = is & image.allowed;
    collect(s, m);
    m->hook = NULL;
    const uint64_t writes = m->n_writes;
    (void)mmk_install_recover(&m->port, &report);
    if (m->n_writes != writes) {
        s->n_writing++;
        complain(s, "a second recovery writes", &image);
    }
    m->hook = collect;
}

static bool sweep(const struct scenario *scenario, enum model_mode mode, bool journal_off,
                  struct sweep *s)
{
    static const char *const modes[] = {"durable", "lazy", "buffered"};
    struct model m;
    struct mmk_install_report report;
    world_init(&m, mode);
    scenario->setup(&m);
    if (mode == MODEL_LAZY && !scenario->same_session) {
        struct model_cut cut = {.n_kept = m.world.n_journal};
        cut.back[0] = m.world.hive[0].n_past - 1;
        cut.back[1] = m.world.hive[1].n_past - 1;
        model_reboot(&m, &cut);
        (void)mmk_install_recover(&m.port, &report);
    }
    struct model_world start = m.world;
    m.journal_off = journal_off;
    s->m = &m;
    s->n_images = 0;
    s->n_points = s->n_half = s->n_lost = s->n_writing = s->n_refused = 0;
    memset(s->seen, 0, SEEN_SLOTS * sizeof *s->seen);
    s->hash_old = world_answer(&m);
    s->talk = !journal_off;

    model_enter(&m, &start);
    const uint32_t answer = scenario->act(&m, &report);
    s->hash_new = world_answer(&m);
    const uint64_t n_ops = m.n_ops;
    const bool right = answer == scenario->answer && (answer != 0 || s->hash_new == s->hash_old);
    if (!right)
        printf("  answered %u (%s: %s), want %u\n", answer, mmk_install_reason_name(report.reason),
               report.text, scenario->answer);

    model_enter(&m, &start);
    m.hook = collect;
    m.hook_user = s;
    s->allowed = MAY_OLD | MAY_NEW;
    (void)scenario->act(&m, &report);
    s->allowed = answer != 0 ? MAY_NEW : MAY_OLD;
    collect(s, &m);
    for (size_t i = 0; i < s->n_images; i++)
        recover_from(s, i);
    printf("%-28s %-8s %4llu ops %9llu points %7zu states  half %llu lost %llu refused %llu "
           "rewriting %llu%s\n",
           scenario->name, modes[mode], (unsigned long long)n_ops, (unsigned long long)s->n_points,
           s->n_images, (unsigned long long)s->n_half, (unsigned long long)s->n_lost,
           (unsigned long long)s->n_refused, (unsigned long long)s->n_writing,
           journal_off ? "  (journal off)" : "");
    fflush(stdout);
    model_fini(&m);
    return right;
}

int main(int argc, char **argv)
{
    struct sweep s = {.images = malloc(IMAGES_MAX * sizeof *s.images),
                      .seen = malloc(SEEN_SLOTS * sizeof *s.seen)};
    unsigned n_passed = 0;
    unsigned n_failed = 0;
    uint64_t n_points = 0;
    uint64_t n_states = 0;
    uint64_t n_red = 0;
    if (s.images == NULL || s.seen == NULL)
        return 2;
    for (size_t i = 0; i < n_scenarios; i++) {
        if (argc > 1 && strstr(scenarios[i].name, argv[1]) == NULL)
            continue;
        for (int mode = MODEL_DURABLE; mode <= MODEL_BUFFERED; mode++) {
            const bool right = sweep(&scenarios[i], (enum model_mode)mode, false, &s);
            const bool ok = right && s.n_half + s.n_lost + s.n_writing + s.n_refused == 0;
            n_passed += ok;
            n_failed += !ok;
            n_points += s.n_points;
            n_states += s.n_images;
        }
        /* the check of the check; one file is one unit, so BUFFERED could hide what it finds */
        if (scenarios[i].several_writes) {
            (void)sweep(&scenarios[i], MODEL_LAZY, true, &s);
            const bool red = s.n_half + s.n_lost > 0;
            n_red += s.n_half;
            n_passed += red;
            n_failed += !red;
            if (!red)
                printf("  with the journal off this sweep must find half states, and found none\n");
        }
    }
    printf("%llu points, %llu distinct states; journal off: %llu half states\n",
           (unsigned long long)n_points, (unsigned long long)n_states, (unsigned long long)n_red);
    printf("%u passed, %u failed\n", n_passed, n_failed);
    free(s.images);
    free(s.seen);
    return n_failed != 0;
}
