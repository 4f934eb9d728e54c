/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_MODEL_PORT_H
#define MMK_TEST_MODEL_PORT_H

/**
 * A port whose world lives in memory and forgets like a real one.
 *
 *     struct model m;
 *     model_init(&m, MODEL_LAZY);
 *     mmk_install_run(&m.port, ...);
 *     model_reboot(&m, &(struct model_cut){...});      // power cut: hives fall back, volatile keys
 * go model_fini(&m);
 *
 * A *world* is two hives, the journal and a disk. Each hive remembers every state it has had since
 * it was last saved; a power cut lets it fall back to any of them, alone. What was appended to the
 * journal and not synced is kept, dropped, torn or turned into garbage.
 *
 *   MODEL_DURABLE   set is seen by all at once; flush saves and says OK
 *   MODEL_LAZY      set is seen by all at once; flush saves nothing and says PENDING
 *   MODEL_BUFFERED  set is seen by this process only, until flush writes all of it and says OK
 *
 * Every operation is numbered; any can fail, once or from then on; a hook sees the world before
 * each one that changes something, and in the middle of those that can be torn. Not for threads.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/port.h>

enum model_mode { MODEL_DURABLE, MODEL_LAZY, MODEL_BUFFERED };

/** A key (name NULL), a value, a file (path), or an INI line (path, name = "section|key"). Never
 * changed. */
struct model_entry {
    uint8_t view;
    bool is_volatile;
    const char *path;
    const char *name;
    uint32_t type;
    uint32_t len;
    const uint8_t *data;
    uint64_t hash; /* of all of that */
};

/** One state of a store: an array of entries that is never changed either. */
struct model_state {
    const struct model_entry *const *v;
    size_t n;
};

struct model_store {
    struct model_state now;
    struct model_state *past; /* since it was last saved, oldest first; the last one is `now` */
    size_t n_past;
    size_t cap;
};

struct model_world {
    struct model_store hive[MMK_REG_ROOT_COUNT];
    struct model_state files;
    const uint8_t *journal;
    size_t n_journal;
    size_t n_synced;
};

/** How the power goes. */
struct model_cut {
    size_t back[MMK_REG_ROOT_COUNT]; /* index into past */
    size_t n_kept;                   /* bytes of the journal that stay, n_synced .. n_journal */
    size_t n_garbage;                /* bytes of noise behind them */
};

struct model;
typedef void model_hook(void *user, struct model *m);

enum model_op {
    MODEL_GET,
    MODEL_SET,
    MODEL_DELETE_VALUE,
    MODEL_CREATE_KEY,
    MODEL_DELETE_KEY,
    MODEL_ENUM,
    MODEL_FLUSH,
    MODEL_FILE_READ,
    MODEL_FILE_WRITE,
    MODEL_JOURNAL_READ,
    MODEL_APPEND,
    MODEL_SYNC,
    MODEL_RESET,
    MODEL_LOCK,
    MODEL_STATUS,
    MODEL_MODULE,
    MODEL_ALLOC,
    MODEL_OP_COUNT
};

#define MODEL_MODULES_MAX 16
#define MODEL_ENV_MAX     8

struct model_module {
    const char *file;
    mmk_reg_view view;
    mmk_err inspect;
    mmk_err load;
    const char *reason;
    struct mmk_module_info info;
};

struct model {
    struct mmk_port port;
    enum model_mode mode;
    struct model_world world;
    struct model_state
        private_now[MMK_REG_ROOT_COUNT]; /* MODEL_BUFFERED: with changes of this process */
    bool has_private[MMK_REG_ROOT_COUNT];

    uint64_t n_ops; /* operations so far, reads too */
    uint64_t n_of[MODEL_OP_COUNT];
    uint64_t n_writes; /* that change registry, journal or files */
    uint64_t n_flush_of[MMK_REG_ROOT_COUNT];
    model_hook *hook; /* before each operation that changes something; may be NULL */
    void *hook_user;

    uint64_t fail_at; /* this operation (by n_ops) answers fail_err; UINT64_MAX: none */
    bool fail_for_ever;
    mmk_err fail_err;
    int fail_only;   /* a model_op, or -1: any but alloc, status and lock */
    bool fail_after; /* the operation happens, and answers the error all the same */
    uint64_t fail_alloc_at;
    uint64_t n_failed;
    enum model_op first_failed;

    bool journal_off; /* the sweep's sabotage: drops everything */
    bool locked;
    bool locked_by_other;
    mmk_err lock_err;
    char status[4][2048];
    char status_of[4][64];
    char last_log[1024];
    unsigned n_log;

    struct model_module module[MODEL_MODULES_MAX];
    size_t n_modules;
    const char *env_name[MODEL_ENV_MAX];
    const char *env_value[MODEL_ENV_MAX];
    size_t n_env;
    uint64_t now_ns;

    struct {
        uint32_t n_calls;
        mmk_err err; /* what the probe of the test's product answers */
        uint64_t takes_ns;
        uint32_t fail_device; /* only this one, or UINT32_MAX: all */
        const char *reason;
    } probe;

    uint8_t *arena; /* entries and states; never freed before fini, but see mark */
    size_t arena_len, arena_cap;
    uint8_t *heap; /* what the platform allocates */
    size_t heap_len, heap_cap;
    size_t heap_out; /* blocks not freed */

    struct {
        struct mmk_registry seam;
        struct model *m;
    } registry;
    struct {
        struct mmk_files seam;
        struct model *m;
    } files;
    struct {
        struct mmk_journal seam;
        struct model *m;
    } journal;
    struct {
        struct mmk_platform seam;
        struct model *m;
    } platform;
    struct {
        struct mmk_devices seam;
    } devices;
    struct {
        struct mmk_notify seam;
    } notify;
};

void model_init(struct model *m, enum model_mode mode);
void model_fini(struct model *m);

/** Everything allocated after the mark is given back: worlds taken later die. */
size_t model_mark(const struct model *m);
void model_release(struct model *m, size_t mark);

/** A new process over that world: nothing open, no lock, heap empty, counters 0. */
void model_enter(struct model *m, const struct model_world *world);
/** The power goes: hives fall back, volatile keys vanish, the journal's tail suffers. Then a new
 * process. */
void model_reboot(struct model *m, const struct model_cut *cut);
/** The same on a world of one's own. */
void model_cut_world(struct model *m, struct model_world *world, const struct model_cut *cut);

/** Seed or change a hive behind everybody's back: durable, no operation counted. Parents are made.
 */
void model_put(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path,
               const char *name, uint32_t type, const void *data, size_t len);
void model_put_sz(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path,
                  const char *name, const char *text);
void model_put_key(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path);
void model_take(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path,
                const char *name);
/** Delete a key with all below it, behind everybody's back. */
void model_drop_tree(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path);
/** Text of a REG_SZ or number of a REG_DWORD as this process sees it; NULL if it is not there. */
const char *model_text(struct model *m, mmk_reg_root root, mmk_reg_view view, const char *path,
                       const char *name);
void model_put_file(struct model *m, const char *path, const char *text);
/** Content, or NULL. */
const char *model_file(struct model *m, const char *path);

/** Canonical hash of hives and files, volatile keys left out; with the journal if asked. */
uint64_t model_hash_hive(const struct model_state *state, bool with_volatile);
uint64_t model_hash_world(const struct model_world *world, bool with_journal, bool with_volatile);
/** The i-th byte of noise that a cut leaves. */
uint8_t model_garbage(size_t i);
/** For failing tests: to stderr. */
void model_dump(const struct model_world *world);

void model_set_module(struct model *m, const char *file, mmk_reg_view view, uint32_t version,
                      mmk_err inspect);
void model_set_env(struct model *m, const char *name, const char *value);

#endif
