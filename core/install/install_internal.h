/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_INSTALL_INTERNAL_H
#define MMK_INSTALL_INTERNAL_H

/**
 * How the transaction is made.
 *
 * One idea carries everything: an *item* is a target (registry value, registry key, file, INI line)
 * with the image before and the image after. A plan is a list of items; the journal stores the
 * list; applying drives each item from before to after, undoing from after to before, redoing again
 * from before to after; ownership is the same list, folded: before = what stood there before we
 * came, after = what we wrote last. To drive an item means to look first: at the goal already,
 * nothing to do; at the other image, write; at neither, it is somebody else's edit and stays.
 *
 * Registries forget. Each hive carries a *stamp*, the number of the transaction it has seen: `2 n +
 * 1` is written before the first change of transaction n, `2 n` after the last. Whatever earlier
 * state the hive falls back to, its stamp says how far it had come, so that recovery redoes what
 * was lost and nothing else. The journal keeps the *chain* of transactions whose hives may still
 * forget; once all of them are known to be durable the chain is folded into the ownership records.
 *
 * The journal is a header and records (codec.c). Its first part is always written whole,
 * atomically; behind it stand at most a few appended records, the last of which a power cut may
 * tear: that one counts as absent.
 *
 * Memory: everything lives in one arena, filled before the first change; after it nothing is
 * allocated.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/install.h>

#include "param/text_out.h"

/* ------------------------------------------------------------------ arena */

struct mmki_arena {
    struct mmk_platform *platform;
    struct mmki_chunk *chunks;
};

/** Zeroed, aligned to 16; NULL if there is no memory. Freed all at once. */
void *mmki_arena_alloc(struct mmki_arena *arena, size_t len);
/** n elements; NULL too if the product would wrap. */
void *mmki_arena_array(struct mmki_arena *arena, size_t n, size_t size);
char *mmki_arena_text(struct mmki_arena *arena, const char *text);
void *mmki_arena_copy(struct mmki_arena *arena, const void *data, size_t len);
void mmki_arena_free(struct mmki_arena *arena);

/* ------------------------------------------------------------------ items */

enum mmki_kind { MMKI_VALUE = 0, MMKI_KEY, MMKI_FILE, MMKI_INI, MMKI_KIND_COUNT };

/** What stands at a target. VALUE: type and bytes. KEY: nothing more. FILE: size and hash, 16
 * bytes. INI: text. */
struct mmki_image {
    bool present;
    uint32_t type;
    uint32_t len;
    const uint8_t *data;
};

enum {
    MMKI_OWN = 1u << 0,     /* joins the ownership record */
    MMKI_SETTING = 1u << 1, /* a setting of the driver: KEEP_SETTINGS spares it */
    MMKI_ALIAS = 1u << 2,   /* the alias value */
    MMKI_SHARED = 1u << 3,  /* belongs to all products together: keys we created, stamps */
    MMKI_RETAIN = 1u << 4,  /* FILE: the backup is the original and stays until remove */
    MMKI_FLAGS_ALL = (1u << 5) - 1
};

struct mmki_item {
    uint8_t kind;
    uint8_t root; /* VALUE, KEY */
    uint8_t view; /* VALUE, KEY; USER has only VIEW_64 */
    uint8_t flags;
    const char *path;  /* key; file; INI file */
    const char *name;  /* VALUE: name; FILE: the file to copy from; INI: section */
    const char *extra; /* FILE: stem of the temporary names; INI: key; else "" */
    struct mmki_image before;
    struct mmki_image after;
};

struct mmki_items {
    struct mmki_item *v;
    size_t n;
    size_t cap;
};

#define MMKI_ITEMS_MAX 4096u
#define MMKI_DATA_MAX                                                           \
    (64u * 1024u) /* one image: no value of ours, nor one we replace, is longer \
                   */

mmk_err mmki_items_add(struct mmki_arena *arena, struct mmki_items *items,
                       const struct mmki_item *item);
bool mmki_same_target(const struct mmki_item *a, const struct mmki_item *b);
/** The item with the target of `like`, or NULL. */
struct mmki_item *mmki_items_find(const struct mmki_items *items, const struct mmki_item *like);
bool mmki_image_equal(const struct mmki_image *a, const struct mmki_image *b);
/** "HKLM(32)\Software\...\Drivers32 : wave1" */
void mmki_target_text(struct mmki_text *out, const struct mmki_item *item);
void mmki_image_text(struct mmki_text *out, const struct mmki_item *item,
                     const struct mmki_image *image);

struct mmki_item mmki_value_item(mmk_reg_root root, mmk_reg_view view, const char *path,
                                 const char *name);
struct mmki_item mmki_key_item(mmk_reg_root root, mmk_reg_view view, const char *path);

/** Whether the shipped plans can produce such an item: recovery replays nothing else. */
bool mmki_item_allowed(const struct mmk_port *port, const struct mmki_item *item);

/** REG_SZ with terminator, REG_DWORD, REG_QWORD. NULL data: no memory. */
struct mmki_image mmki_image_sz(struct mmki_arena *arena, const char *text);
struct mmki_image mmki_image_u32(struct mmki_arena *arena, uint32_t number);
struct mmki_image mmki_image_u64(struct mmki_arena *arena, uint64_t number);

/* ------------------------------------------------------------------ ownership and transactions */

/** One product's installation. The record with product "" is the shared one. */
struct mmki_owned {
    const char *product;
    const char *file;
    const char *alias;
    uint32_t version;
    bool installed;          /* false: only settings were kept, or configured before any install */
    uint8_t views;           /* bit per mmk_reg_view in which the alias stands */
    struct mmki_items items; /* before = original, after = ours */
};

struct mmki_records {
    struct mmki_owned *v;
    size_t n;
    size_t cap;
};

enum mmki_txn_state { MMKI_OPEN = 0, MMKI_COMMITTED, MMKI_ABORTED };

struct mmki_stamp {
    bool touched;
    struct mmki_image before;
    struct mmki_image after; /* absent after the last product's remove */
};

struct mmki_txn {
    uint64_t number;
    uint8_t verb;  /* mmk_install_verb */
    uint8_t state; /* mmki_txn_state; not in the record itself */
    uint8_t views;
    bool installed; /* the product is installed afterwards */
    bool release;   /* ownership ends, but for settings if keep_settings */
    bool keep_settings;
    bool of_user; /* of the user's journal; not in the record: the journal says it */
    uint32_t version;
    const char *product;
    const char *file;
    const char *alias;
    const char *user; /* whose HKCU it was, "" if the host does not say */
    struct mmki_stamp stamp[MMK_REG_ROOT_COUNT];
    struct mmki_items items;
};

struct mmki_chain {
    struct mmki_txn *v;
    size_t n;
    size_t cap;
};

/** What a journal says. */
struct mmki_book {
    struct mmki_records base; /* ownership before the chain */
    struct mmki_chain chain;  /* oldest first; only the last may be MMKI_OPEN */
    uint64_t last_number;
    uint8_t open_roots;   /* bit per root that may still forget what the chain did */
    const char **cleanup; /* files that only wait to be deleted */
    size_t n_cleanup;
    uint64_t n_bytes; /* of the journal as read, a torn tail included */
    bool torn;        /* there is such a tail */
};

/** Ownership after the whole chain. */
mmk_err mmki_book_owned(struct mmki_arena *arena, const struct mmki_book *book,
                        struct mmki_records *out);
/** Fold one committed transaction in. */
mmk_err mmki_fold(struct mmki_arena *arena, struct mmki_records *records,
                  const struct mmki_txn *txn);
struct mmki_owned *mmki_records_find(const struct mmki_records *records, const char *file);
struct mmki_owned *mmki_records_shared(const struct mmki_records *records);
/** Products other than the shared record. */
size_t mmki_records_count(const struct mmki_records *records);

/* ------------------------------------------------------------------ codec */

struct mmki_bytes {
    uint8_t *data;
    size_t len;
};

#define MMKI_JOURNAL_MAX (8u * 1024u * 1024u)

/** A whole journal. An empty book (no ownership, no chain, no cleanup) gives len 0: no journal at
 * all. */
mmk_err mmki_encode_book(struct mmki_arena *arena, const struct mmki_book *book,
                         struct mmki_bytes *out);
/** One record to append. */
mmk_err mmki_encode_txn(struct mmki_arena *arena, const struct mmki_txn *txn,
                        struct mmki_bytes *out);
/** COMMIT or ABORT of a transaction, with the roots that stay open: fixed size, no memory needed.
 */
#define MMKI_END_BYTES 32u
void mmki_encode_end(uint64_t number, enum mmki_txn_state state, uint8_t open_roots,
                     uint8_t out[MMKI_END_BYTES]);
/** `data` is borrowed by the book. @retval MMK_ERR_CORRUPT  damaged other than by a torn tail */
mmk_err mmki_decode_book(struct mmki_arena *arena, const uint8_t *data, size_t len,
                         struct mmki_book *out);

/* ------------------------------------------------------------------ one run */

/** The journals that may have to be written after the first change, encoded before it. */
struct mmki_closing {
    struct mmki_book book;      /* the chain folded, an open transaction undone */
    struct mmki_bytes folded;   /* that book */
    struct mmki_bytes aborted;  /* the open transaction marked as undone */
    struct mmki_bytes dropped;  /* the open transaction never was */
    struct mmki_bytes reopened; /* the open transaction as it was begun */
    struct mmki_book committed; /* the chain folded, the open transaction committed */
    struct mmki_bytes committed_folded;
    struct mmki_bytes committed_chain; /* the same, for a registry that may forget */
    bool ready;
};

struct mmki_run {
    struct mmk_port *port;
    const struct mmk_product *product;         /* NULL in bare recovery */
    const struct mmk_install_request *request; /* NULL in bare recovery */
    const struct mmk_install_observer *observer;
    struct mmk_install_report *report; /* never NULL here */
    struct mmki_arena arena;
    struct mmki_text text; /* into report->text */
    struct mmki_book book;
    const char *user;
    const char *const *ini_lines; /* the product's and the request's; ends with NULL; or NULL */
    const char *untried;          /* why the trial was not made, or NULL */
    uint8_t *scratch; /* room to read an image for comparison, reserved before the first change */
    size_t n_scratch;
    mmk_install_state state;
    uint32_t flush_ms;
    bool restart_in_use;
    bool restart_device;
    bool of_user;  /* over the user's journal, which port names then */
    bool per_user; /* settings are written to the user's hive */
    bool asked;    /* the user has answered already */
    struct mmk_port own_port;
    bool restart_setting; /* programs that use the driver now do not see the change */
    bool wrote[MMK_REG_ROOT_COUNT];
    struct mmki_closing closing;
    bool marker_first; /* the session's marker has to stand before the next registry write */
    uint32_t n_done;
    const struct mmki_item *failed; /* the item at which the last error arose, or NULL */
};

/** Fill report's reason and text; returns `err` for `return mmki_fail(...)`. */
mmk_err mmki_fail(struct mmki_run *run, mmk_install_reason reason, mmk_err err, const char *text);
mmk_install_reason mmki_reason_of(mmk_err err);
void mmki_note_conflict(struct mmki_run *run, const struct mmki_item *item);

/** A new program of each of these views opens the product, where one can be started; else
 * run->untried says why not. @retval others: report's reason and text are filled */
mmk_err mmki_try_out(struct mmki_run *run, uint8_t views);

/* registry.c: wrappers */
struct mmk_reg_key mmki_key_of(const struct mmki_item *item);
/** Current image of any target, data in the arena. Absent key or value: OK, not present. */
mmk_err mmki_read_image(struct mmki_run *run, const struct mmki_item *target,
                        struct mmki_image *out);
/** Compare the current image with the item's two, using only scratch. */
enum mmki_where { MMKI_AT_BEFORE, MMKI_AT_AFTER, MMKI_ELSEWHERE };
mmk_err mmki_where_is(struct mmki_run *run, const struct mmki_item *item, enum mmki_where *where);
mmk_err mmki_key_is_empty(struct mmki_run *run, const struct mmk_reg_key *key, bool *empty);
mmk_err mmki_write_image(struct mmki_run *run, const struct mmki_item *item,
                         const struct mmki_image *image);
mmk_err mmki_read_stamp(struct mmki_run *run, mmk_reg_root root, struct mmki_image *out,
                        uint8_t room[16]);

#define MMKI_HOME           "Software\\mmekit"
#define MMKI_STAMP          "Stamp"
#define MMKI_USER_STAMP     "UserStamp" /* of the user's journal: two journals, two counts */
#define MMKI_SESSION        "Software\\mmekit.session"
#define MMKI_SECTION_PARENT "Software\\Microsoft\\Windows NT\\CurrentVersion"

/* drive.c */
/** Drive one item to `after` (forward) or `before`. @retval MMK_ERR_CONFLICT  at neither; nothing
 * written */
mmk_err mmki_drive(struct mmki_run *run, const struct mmki_item *item, bool forward);
/** "stem.new" or "stem.old" of a FILE item. false: too long. */
bool mmki_file_name(const struct mmki_item *item, const char *ending, char *out, size_t cap);
#define MMKI_PATH_MAX 1024u
mmk_err mmki_file_image(struct mmki_run *run, const char *path, struct mmki_image *out,
                        uint8_t room[16]);

/* apply.c */
/** All items forward, stamps around. A conflict is an error: somebody changed it since the plan. */
mmk_err mmki_apply(struct mmki_run *run, const struct mmki_txn *txn);
/** Read back. */
mmk_err mmki_verify_items(struct mmki_run *run, const struct mmki_txn *txn);
/** One root of one transaction, forward or back; conflicts are noted and kept. */
mmk_err mmki_forward_root(struct mmki_run *run, const struct mmki_txn *txn, mmk_reg_root root);
mmk_err mmki_undo_root(struct mmki_run *run, const struct mmki_txn *txn, mmk_reg_root root);
/** Files and INI lines of a transaction back. */
mmk_err mmki_undo_files(struct mmki_run *run, const struct mmki_txn *txn);
/** A key on the way to the stamp is written before it and deleted after it. */
bool mmki_on_stamp_path(const struct mmki_item *item, mmk_reg_root root);
mmk_err mmki_set_stamp(struct mmki_run *run, mmk_reg_root root, const struct mmki_image *image);
struct mmki_image mmki_dirty_stamp(uint64_t number, uint8_t room[8]);

/* journal.c */
/** Read and decode into run->book. */
mmk_err mmki_load(struct mmki_run *run);
/** Reserve scratch for every image that the chain and `txn` (may be NULL) hold. */
mmk_err mmki_reserve(struct mmki_run *run, const struct mmki_txn *txn);
/** Append one record and sync, or write the whole book anew where a torn tail forbids that. */
mmk_err mmki_append(struct mmki_run *run, const struct mmki_bytes *record,
                    const struct mmki_bytes *whole);
mmk_err mmki_reset(struct mmki_run *run, const struct mmki_bytes *whole);
/** Go over to the user's journal. Nothing of the other may be locked or open. */
void mmki_use_own_journal(struct mmki_run *run);
/** Name of the stamp value that a journal's transactions write. */
const char *mmki_stamp_name(bool of_user);
mmk_err mmki_marker(struct mmki_run *run, bool *there);
mmk_err mmki_marker_set(struct mmki_run *run);
void mmki_marker_clear(struct mmki_run *run);
/** Flush these roots; each that answers PENDING stays in *open, each OK leaves it. */
mmk_err mmki_flush(struct mmki_run *run, uint8_t roots, uint8_t *open);
/** Delete what only waits for it; *left = number still there. */
void mmki_cleanup(struct mmki_run *run, const char *const *files, size_t n, size_t *left);

/* recover.c */
/** Bring registry, files and journal to what the book says. Lock held; book loaded. */
mmk_err mmki_recover(struct mmki_run *run);
/** Fill run->closing for the book as it is, and reserve scratch. Nothing after it allocates. */
mmk_err mmki_prepare_closing(struct mmki_run *run);
/** The open transaction at the chain's end, begun by this very run, undone. */
mmk_err mmki_roll_back(struct mmki_run *run);
/** The commit point: the open transaction stands. On failure it is still open, or again. */
mmk_err mmki_commit(struct mmki_run *run);
struct mmki_txn *mmki_open_txn(const struct mmki_book *book);
/* settle.c */
/** One root brought to the end of the chain. */
mmk_err mmki_settle_root(struct mmki_run *run, mmk_reg_root root);
/** Whether the transaction's part in this root can be seen by this user. */
bool mmki_is_mine(const struct mmki_run *run, const struct mmki_txn *txn, mmk_reg_root root);
bool mmki_book_pending(const struct mmki_book *book, bool marker);

/* ------------------------------------------------------------------ snapshot and plan (pure) */

#define MMKI_SLOTS_MAX 11u /* bare, 0, 1 .. 9 */

struct mmki_snapshot {
    struct mmki_items cells;    /* before = current image; absent ones are there too */
    struct mmki_items children; /* of keys we created: what is in them */
    bool has_view[MMK_VIEW_COUNT];
    bool module_here[MMK_VIEW_COUNT];
    struct mmk_module_info module[MMK_VIEW_COUNT];
};

/** Setting that is to be written: text NULL = back to default. */
struct mmki_assigned {
    uint32_t param;
    uint32_t device;  /* or MMK_DEVICE_NONE */
    const char *text; /* canonical */
};

struct mmki_plan_in {
    const struct mmk_product *product;
    const struct mmk_install_request *request;
    const struct mmki_snapshot *snapshot;
    const struct mmki_records *owned;
    const struct mmki_assigned *assigned;
    size_t n_assigned;
    uint64_t number; /* of the transaction */
    uint32_t hosts;
    bool per_user;
    bool of_user; /* over the user's journal */
    const char *user;
    const char
        *file_path[2]; /* of COPY_FILES: where the sources go, NULL = none; own width, other */
    const char *const *ini_lines; /* "path|section|key|value", ends with NULL; or NULL */
};

struct mmki_plan {
    struct mmki_txn txn;
    struct mmki_items conflicts; /* foreign edits that stay; before = current, after = ours */
    mmk_install_reason reason;   /* with an error: why */
    char text[640];              /* and what to tell */
    char alias[64];
    bool already; /* nothing to do */
};

mmk_err mmki_plan_install(struct mmki_arena *arena, const struct mmki_plan_in *in,
                          struct mmki_plan *plan);
mmk_err mmki_plan_configure(struct mmki_arena *arena, const struct mmki_plan_in *in,
                            struct mmki_plan *plan);
mmk_err mmki_plan_remove(struct mmki_arena *arena, const struct mmki_plan_in *in,
                         struct mmki_plan *plan);

/* plan_common.c */
const struct mmki_image *mmki_current(const struct mmki_snapshot *snapshot,
                                      const struct mmki_item *target);
/** Add what makes the target be `image`; nothing if it is already. */
mmk_err mmki_want(struct mmki_arena *arena, const struct mmki_plan_in *in, struct mmki_plan *plan,
                  struct mmki_item target, const struct mmki_image *image, uint8_t flags);
/** A key that somebody makes for what he knows of us (a cache) goes, if nothing stays in it. */
mmk_err mmki_drop_key(struct mmki_arena *arena, const struct mmki_plan_in *in,
                      struct mmki_plan *plan, mmk_reg_root root, mmk_reg_view view,
                      const char *path);
/** Note a foreign edit that stays, once. */
mmk_err mmki_keep_foreign(struct mmki_arena *arena, struct mmki_plan *plan,
                          const struct mmki_item *item);
/** Missing parents of every value that is set, then stamps. */
mmk_err mmki_finish_plan(struct mmki_arena *arena, const struct mmki_plan_in *in,
                         struct mmki_plan *plan, bool last);
mmk_err mmki_plan_fail(struct mmki_plan *plan, mmk_install_reason reason, mmk_err err,
                       const char *const *pieces);
#define MMKI_PLAN_FAIL(plan, reason, err, ...) \
    mmki_plan_fail((plan), (reason), (err), (const char *const[]){__VA_ARGS__, NULL})
mmk_err mmki_plan_settings(struct mmki_arena *arena, const struct mmki_plan_in *in,
                           struct mmki_plan *plan);
/** Settings as the machine's registry and the old alias text have them, with the assigned ones on
 * top. */
mmk_err mmki_machine_settings(const struct mmki_plan_in *in, const char *alias_text,
                              struct mmki_plan *plan, struct mmk_settings *out);
mmk_err mmki_compose_alias(struct mmki_arena *arena, const struct mmki_plan_in *in,
                           struct mmki_plan *plan, const char *old_value, struct mmki_image *out);

/* slots.c (pure) */
struct mmki_slot {
    char alias[64];
    bool held[MMK_VIEW_COUNT];                               /* some value stands there */
    bool ours[MMK_VIEW_COUNT];                               /* and it names our module */
    char value[MMK_VIEW_COUNT][4 * MMK_ALIAS_VALUE_MAX + 1]; /* text, where it is text */
};
/** All aliases the product can have. @return number, at most MMKI_SLOTS_MAX */
size_t mmki_slot_names(const struct mmk_product *product, char names[MMKI_SLOTS_MAX][64]);
void mmki_read_slot(const struct mmki_snapshot *snapshot, const struct mmk_product *product,
                    const char *alias, struct mmki_slot *out);
bool mmki_slot_reserved(const struct mmk_product *product, const char *alias);
/** Check the request's alias. @retval MMK_ERR_INVAL with reason and text in plan */
mmk_err mmki_check_alias(const struct mmk_product *product, const char *alias,
                         struct mmki_plan *plan);
/** Choose: asked for, owned, adopted, or the next free one. */
mmk_err mmki_choose_slot(const struct mmki_plan_in *in, struct mmki_plan *plan,
                         struct mmki_slot *out);
/** The first slot that names our module, ours by record or not. */
bool mmki_find_slot(const struct mmki_snapshot *snapshot, const struct mmk_product *product,
                    struct mmki_slot *out);
void mmki_section_path(const char *section, char *path, size_t cap);
/** Whether an alias value's file is our module: the bare name, or the very path where it lies. */
bool mmki_names_module(const struct mmki_snapshot *snapshot, const struct mmk_product *product,
                       mmk_reg_view view, const char *file);

/* snapshot.c */
mmk_err mmki_take_snapshot(struct mmki_run *run, const struct mmki_records *owned,
                           const char *const file_path[2], struct mmki_snapshot *out);

/* support.c */
/** Which views have our module; at least one must. */
mmk_err mmki_check_modules(struct mmki_run *run, struct mmki_snapshot *snapshot);
mmk_err mmki_check_support(struct mmki_run *run, const struct mmk_settings *settings);
/** Settings of one device as the driver will see them, with the assigned ones on top. */
mmk_err mmki_effective_settings(struct mmki_run *run, const struct mmki_assigned *assigned,
                                size_t n_assigned, uint32_t device, const char *alias_text,
                                struct mmk_settings *out);
mmk_err mmki_check_hardware(struct mmki_run *run, const struct mmki_assigned *assigned,
                            size_t n_assigned, const char *alias_text);
/** Product's own data, a bug of the product otherwise: names without path, below the grounds of
 * target.c. */
bool mmki_product_sound(const struct mmk_product *product);

/* request.c */
/** Arguments and alias grammar; fills `assigned` out of the request's assignments. */
mmk_err mmki_check_request(struct mmki_run *run, struct mmki_assigned **assigned,
                           size_t *n_assigned);
/** What COPY_FILES copies: 0 the module of this width, 1 of the other; NULL = none. */
const char *mmki_copy_source(const struct mmk_install_request *request, int other);
/** Ask the user; what he changed joins `assigned`. */
mmk_err mmki_ask(struct mmki_run *run, struct mmk_settings *settings,
                 struct mmki_assigned **assigned, size_t *n_assigned);

/* status.c */
/** Status file of `product` and one log line; failures are nobody's business. */
void mmki_write_status(struct mmki_run *run, const char *product);

/* run.c */
void mmki_run_begin(struct mmki_run *run, struct mmk_port *port, const struct mmk_product *product,
                    const struct mmk_install_request *request, struct mmk_install_report *report);
void mmki_run_end(struct mmki_run *run);
mmk_err mmki_lock_and_recover(struct mmki_run *run);

#endif
