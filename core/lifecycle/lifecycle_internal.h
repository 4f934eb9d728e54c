/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_LIFECYCLE_INTERNAL_H
#define MMK_LIFECYCLE_INTERNAL_H

/**
 * Inside of lifecycle/.
 *
 * A driver holds no memory and no lock of the platform between LOAD and the first wave message: a
 * host that frees the module after a failed OPEN sends neither DISABLE nor FREE. So the few words
 * of state are guarded by a *gate*, an atomic flag in the driver's own memory. It is held for some
 * instructions, never while anything outside is called.
 *
 * The registry seam is for one thread at a time. A second flag, the registry's owner, sees to that.
 * Wave messages wait for each other's short looks, but never for an install verb: then they use
 * what was read last. Verbs wait for each other, for a while.
 */

#include <stdatomic.h>

#include <mmk/driver.h>

#define INSTANCES_MAX   256u
#define ATTACHMENTS_MAX 4u

/** Levels a module can be on; OPEN is ENABLED with instances. Bits, for the dispatch table. */
enum {
    STATE_NONE = 1u << 0,
    STATE_LOADED = 1u << 1,
    STATE_ENABLED = 1u << 2,
    STATE_OPEN = 1u << 3,
    STATE_DISABLED = 1u << 4,
    STATE_ANY = 31u,
    STATE_LIVING = 30u /* all but NONE */
};

typedef enum level { LEVEL_NONE, LEVEL_LOADED, LEVEL_ENABLED, LEVEL_DISABLED } level;

/** What DRVM_* has made of one entry point. */
typedef enum wave_mode {
    MODE_FOLLOWS,  /* served while the module is enabled */
    MODE_ON,       /* DRVM_INIT was here: served */
    MODE_DISABLED, /* DRVM_DISABLE: old handles answer, nothing new is opened */
    MODE_OFF       /* DRVM_EXIT */
} wave_mode;

#define TEXT_MAX_BYTES (3u * MMK_ALIAS_VALUE_MAX + 1u)

struct mmk_driver {
    const struct mmk_driver_class *cls;
    struct mmk_port *port;
    atomic_uint gate;        /* 1 = taken; acquire on taking pairs with the release on letting go */
    uint64_t registry_owner; /* thread id, 0 = free */
    bool registry_long;      /* ... for an install verb, not just to read settings */
    uint32_t n_devices;      /* as last read */
    level level;
    uint32_t n_instances;
    uint32_t instance[INSTANCES_MAX]; /* generation << 1 | open */
    bool has_text;
    char text[TEXT_MAX_BYTES]; /* options of the first OPEN that had any, until the last CLOSE */
    struct {
        uintptr_t id; /* 0 = free */
        struct mmk_driver_attachment *attachment;
    } attached[ATTACHMENTS_MAX];
    wave_mode mode[MMK_WAVE_KIND_COUNT];
    struct mmk_wave *wave; /* made by the first message that needs it */
    uint32_t n_waves;      /* made so far */
    struct mmk_acm *acm;   /* made by the first ACMDM_* message */
    uint32_t n_acms;       /* made so far */
    uint32_t acm_users;    /* messages on their way */
    bool acm_doomed;       /* the last of them closes it */
};

/** A DriverProc message on its way. */
struct call {
    struct mmk_driver *driver;
    uint32_t msg;
    uintptr_t id;
    intptr_t lparam1;
    intptr_t lparam2;
    intptr_t answer;
    struct mmk_wave *dropped; /* taken from the driver, to be closed outside the gate */
    struct mmk_acm *dropped_acm;
    char text[TEXT_MAX_BYTES];
};

/** A row of the one dispatch table of DriverProc. */
struct mmki_lifecycle_row {
    uint32_t msg;
    const char *name;                   /* "DRV_LOAD" */
    uint32_t states;                    /* in any other the answer is 0 and nothing happens */
    bool needs_instance;                /* id must be one that OPEN gave */
    bool (*prepare)(struct call *call); /* before the gate; false: answer 0. May be NULL */
    void (*step)(
        struct call *call); /* inside the gate: the change of state, the answer. May be NULL */
    void (*work)(struct call *call); /* outside: everything that takes time. May be NULL */
};

const struct mmki_lifecycle_row *mmki_lifecycle_table(size_t *n_rows);

/* driver.c */
void mmki_gate_take(struct mmk_driver *driver);
void mmki_gate_leave(struct mmk_driver *driver);
/** Whether an id is that of an open instance. Gate held. */
bool mmki_driver_find(const struct mmk_driver *driver, uintptr_t id, uint32_t *index);
/** Stop all wave service and hand the object over for closing. Gate held. */
struct mmk_wave *mmki_driver_drop_wave(struct mmk_driver *driver);

/* settings.c */
/** For a short look. @return false: an install verb has it, or this thread does */
bool mmki_registry_try(struct mmk_driver *driver);
/** For an install verb. @return false: not within timeout_ms, or this thread has it already */
bool mmki_registry_wait(struct mmk_driver *driver, uint32_t timeout_ms);
void mmki_registry_leave(struct mmk_driver *driver);
/** Settings of a device; the registry is ours. */
mmk_err mmki_settings_load(struct mmk_driver *driver, uint32_t device, struct mmk_settings *out);
/** How many wave devices, read now and remembered for when it cannot be; the registry is ours. */
uint32_t mmki_settings_count(struct mmk_driver *driver);
struct mmk_wave_host mmki_settings_host(struct mmk_driver *driver);

/* verbs.c: CONFIGURE, INSTALL, REMOVE, PNPINSTALL, ATTACH */
void mmki_verb_query_configure(struct call *call);
void mmki_verb_configure(struct call *call);
void mmki_verb_install(struct call *call);
void mmki_verb_pnp_install(struct call *call);
void mmki_verb_remove(struct call *call);
void mmki_verb_attach(struct call *call); /* inside the gate */
/** One run of the install engine, when it is our turn. port: the driver's, or one like it.
 *  observer, report: may be NULL. @return DRVCNF_* */
uint32_t mmki_verb_run(struct mmk_driver *driver, struct mmk_port *port,
                       const struct mmk_install_request *request,
                       const struct mmk_install_observer *observer,
                       struct mmk_install_report *report);

/* dialog.c */
/** An interactive CONFIGURE or INSTALL, talked over with the ui seam; the seam can converse. */
void mmki_dialog_run(struct call *call, const struct mmk_install_request *request,
                     const struct mmk_driver_attachment *attachment);

/* tone.c */
/** A second of test tone through an engine of its own. Context: control, any thread. */
mmk_err mmki_tone(struct mmk_driver *driver, const struct mmk_settings *settings,
                  struct mmk_ui_said *said);

/* acm.c: the ACMDM_* messages */
/** Whether this DRV_OPEN's lParam2 is one that this driver takes. */
bool mmki_acm_accepts(const struct mmk_driver *driver, intptr_t lparam2);
bool mmki_acm_is_message(const struct mmk_driver *driver, uint32_t msg);
intptr_t mmki_acm_message(struct mmk_driver *driver, uintptr_t id, uint32_t msg, intptr_t lparam1,
                          intptr_t lparam2);
/** Hand the object over for closing, or leave that to the last message on its way. Gate held. */
struct mmk_acm *mmki_acm_drop(struct mmk_driver *driver);

/* gate.c: the entry points of wave, aux and mixer */

/** A DRVM_* message, the same for all four kinds. */
struct mmki_drvm_row {
    uint32_t msg;
    const char *name;
    uint32_t (*handler)(struct mmk_driver *driver, mmk_wave_kind kind);
};
const struct mmki_drvm_row *mmki_drvm_table(size_t *n_rows);

/** The wave object, held, or NULL if there is none. Release it. */
struct mmk_wave *mmki_wave_held(struct mmk_driver *driver);

#endif
