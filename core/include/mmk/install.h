/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_INSTALL_H
#define MMK_INSTALL_H

/**
 * The install transaction: what DRV_INSTALL, DRV_REMOVE, DRV_CONFIGURE and DRV_PNPINSTALL really
 * do.
 *
 *   IDLE -> CHECKED -> SUPPORTED -> CONFIGURED -> PROBED -> JOURNALED -> APPLYING k/n -> VERIFIED
 * -> COMMITTED -> OK | RESTART
 *
 * Before COMMITTED any state may go to ROLLING_BACK -> CANCELLED and leaves registry and files byte
 * for byte as they were; after it recovery only goes forward. The one commit point is a checksummed
 * record in the journal. The journal is also the ownership record: which values of which module, in
 * which view, we wrote, and what stood there before; nothing else is ever touched by remove and
 * repair.
 *
 * Everything is computed first (the *plan*, a pure function of what was read), can be shown without
 * doing it, and nothing is written before support, settings and hardware have been verified.
 *
 * Which alias is ours: one whose file is the module's bare name, in any letter case, or the full
 * path where the module really lies. Its text is adopted: foreign pieces stay, our options are
 * appended, and remove puts the old text back. A file of our name on another path, and any other
 * file, is somebody else's: never taken, not even by force.
 *
 * Settings are kept in the registry, and repeated in the alias text as far as they fit (there they
 * go before per-user ones); an option that one device has for itself is not put there, since that
 * text serves all devices.
 *
 * A registry that may forget (flush answers MMK_ERR_PENDING) keeps the journal open, `durable`
 * false, until a later session has seen what was written; whatever verb runs next writes again what
 * was lost.
 *
 * All functions: context control. Those that change something take the journal's lock themselves,
 * with MMK_INSTALL_LOCK_MS, and may be called from several processes at once. Peek, status, enum,
 * verify and a dry run take no lock and write nothing; neither does recover on a clean system.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/param.h>
#include <mmk/port.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MMK_INSTALL_LOCK_MS  10000u
#define MMK_INSTALL_PROBE_MS 2000u
#define MMK_INSTALL_TRIAL_MS 60000u /* a program's start on a busy machine, Wine's own included */

/* ------------------------------------------------------------------ what is installed */

typedef enum mmk_support_kind {
    MMK_SUPPORT_MODULE =
        0, /* a driver module: present, loadable, right bitness, at least min_version */
    MMK_SUPPORT_ALIAS = 1, /* an alias of the section names a module that is present */
    MMK_SUPPORT_KEY = 2    /* a registry key exists (machine root) */
} mmk_support_kind;

struct mmk_support {
    mmk_support_kind kind;
    const char *name;
    uint32_t min_version;    /* 0 = any */
    const char *needed_when; /* NULL, or "backend=wod": as applies_when of a parameter */
    const char *param; /* ALIAS: NULL, or a text parameter; if it is set it names the alias, or
                          the module's file, in place of `name` */
    const char *cure;  /* "install mmecodec first" */
};

/** A registry value that the product wants beside alias and settings. Data: SZ from text. Paths:
 * below Software\mmekit, Drivers32, drivers.desc, AudioCompressionManager, Classes\CLSID or
 * Software\Wine; all else is refused. With `remove` and no name: all values of that key.
 * They are written in the order of the list, and taken back from its end. */
struct mmk_extra_value {
    mmk_reg_root root;
    bool both_views;
    bool where_module; /* only for programs of a width whose module is there; it goes with it */
    bool expands;      /* REG_EXPAND_SZ */
    const char *path;
    const char *name; /* "" is the key's default value */
    const char *text; /* REG_SZ; NULL with `remove`: the value is deleted (a stale cache) */
    bool remove;
};

/** A line that the product wants in an INI file of the system, where there is one. */
struct mmk_extra_line {
    uint32_t hosts;   /* MMK_HOST_* bits: elsewhere there is no such line */
    const char *file; /* "system.ini" or "control.ini", in the port's windows_dir */
    const char *section;
    const char *key;
    const char *value;
};

/** What a driver is, for the install engine. Static const data of a shipped driver. */
struct mmk_product {
    const char *name;    /* "mmewave": registry key, status file */
    const char *file;    /* "mmewave.drv": bare name, no blank */
    const char *title;   /* "mmekit virtual sound card" */
    uint32_t version;    /* major << 24 | minor << 16 | patch */
    const char *section; /* "Drivers32" */
    /** "wave": slots wave1 .. wave9; or a unique alias such as "msacm.mmekit"; or NULL: no alias
     * names the module, programs find it by the extra values alone, and it is registered in each
     * view whose module is there. */
    const char *alias_base;
    bool numbered;  /* alias_base takes a slot number */
    uint32_t hosts; /* MMK_HOST_* bits of the hosts that it is made for; 0 = all */
    /** Before an installation counts, a new program that knows nothing of it must have opened it
     * by the system's ways, where the platform can start one (try_installed). */
    bool tried;
    const struct mmk_param_table *params;
    const struct mmk_support *support;
    size_t n_support;
    const struct mmk_extra_value *extra;
    size_t n_extra;
    const struct mmk_extra_line *lines;
    size_t n_lines;
    /** Verify the hardware with the final settings of one device, within timeout_ms. Called for
     * each device. On failure `reason` names cause and cure. May be NULL: there is no hardware. */
    mmk_err (*probe)(struct mmk_port *port, const struct mmk_settings *settings,
                     mmk_direction direction, uint32_t timeout_ms, char *reason, size_t cap);
};

/* ------------------------------------------------------------------ request and report */

typedef enum mmk_install_verb {
    MMK_VERB_INSTALL = 0,
    MMK_VERB_PNP_INSTALL, /* verifies and writes settings; never picks a slot */
    MMK_VERB_CONFIGURE,
    MMK_VERB_REMOVE,
    MMK_VERB_REPAIR, /* writes again what we own and somebody damaged */
    MMK_VERB_RECOVER
} mmk_install_verb;

enum {
    MMK_INSTALL_DRY_RUN = 1u << 0,
    MMK_INSTALL_FORCE = 1u << 1,         /* downgrade; overwrite conflicts; remove without a record;
                                            recover: put a damaged journal aside */
    MMK_INSTALL_INTERACTIVE = 1u << 2,   /* ask the ui seam */
    MMK_INSTALL_KEEP_SETTINGS = 1u << 3, /* remove: settings stay for a later install */
    MMK_INSTALL_NO_WAIT = 1u << 4,       /* do not wait until a lazy registry is durable */
    MMK_INSTALL_COPY_FILES =
        1u << 5, /* copy `source_file` into port->drivers_dir and `source_file_other` into
                    port->drivers_dir_other in the same transaction */
    MMK_INSTALL_USER_FALLBACK =
        1u << 6, /* CONFIGURE: without rights over the machine, write the user's own */
    MMK_INSTALL_IN_USE =
        1u << 7, /* CONFIGURE: programs use the driver right now. A change of a parameter that they
                    see only when they reopen it (needs_restart) is answered RESTART */
    MMK_INSTALL_NO_TRIAL = 1u << 8 /* no program is started that tries what was installed */
};

/** One caller's setting. "rate_hz" or "device.1.rate_hz". text NULL: back to default. */
struct mmk_assignment {
    const char *name;
    const char *text;
};

struct mmk_install_request {
    mmk_install_verb verb;
    uint32_t flags;
    const char *section; /* from DRVCONFIGINFO; NULL = the product's. Anything but the product's own
                            section: refused */
    const char *alias;   /* from DRVCONFIGINFO; NULL = adopt the one that names our file, else next
                            free slot */
    const char *complaint; /* NULL, or the request came malformed and this is what is wrong with it:
                              it is refused as BAD_REQUEST, with this text */
    const struct mmk_assignment *assignments;
    size_t n_assignments;
    const char *source_file;       /* with COPY_FILES: the module; NULL = it is in place */
    const char *source_file_other; /* with COPY_FILES: the one of the other width, or NULL */
    const char *const *ini_lines;  /* "path|section|key|value" lines for the same transaction; ends
                                      with NULL. May be NULL */
    uintptr_t parent;              /* window for the dialog, or 0 */
    bool per_user;                 /* CONFIGURE: write the per-user overrides */
};

typedef enum mmk_install_state {
    MMK_INSTALL_IDLE = 0,
    MMK_INSTALL_CHECKED,
    MMK_INSTALL_SUPPORTED,
    MMK_INSTALL_CONFIGURED,
    MMK_INSTALL_PROBED,
    MMK_INSTALL_JOURNALED,
    MMK_INSTALL_APPLYING,
    MMK_INSTALL_VERIFIED,
    MMK_INSTALL_COMMITTED,
    MMK_INSTALL_OK,
    MMK_INSTALL_RESTART,
    MMK_INSTALL_ROLLING_BACK,
    MMK_INSTALL_CANCELLED,
    MMK_INSTALL_STATE_COUNT
} mmk_install_state;

/** Why. Numbers are written to status files: never renumbered. */
typedef enum mmk_install_reason {
    MMK_REASON_NONE = 0,
    MMK_REASON_ALREADY = 1,     /* nothing to do: it is installed like this */
    MMK_REASON_BAD_REQUEST = 2, /* wrong section, alias grammar, DRVCONFIGINFO */
    MMK_REASON_BAD_SETTING = 3,
    MMK_REASON_NO_RIGHTS = 4,
    MMK_REASON_SUPPORT_MISSING = 5,
    MMK_REASON_SUPPORT_BITNESS = 6,
    MMK_REASON_SUPPORT_VERSION = 7,
    MMK_REASON_SUPPORT_BROKEN = 8, /* present, does not load */
    MMK_REASON_HARDWARE_ABSENT = 9,
    MMK_REASON_HARDWARE_BUSY = 10,
    MMK_REASON_HARDWARE_TIMEOUT = 11,
    MMK_REASON_HARDWARE_FORMAT = 12,
    MMK_REASON_HARDWARE_FAILED = 13,
    MMK_REASON_SLOTS_FULL = 14, /* text lists the holders */
    MMK_REASON_SLOT_TAKEN = 15, /* the alias asked for names another file */
    MMK_REASON_ALIAS_TOO_LONG = 16,
    MMK_REASON_DOWNGRADE = 17,
    MMK_REASON_NOT_INSTALLED = 18,
    MMK_REASON_CONFLICT = 19, /* foreign edits kept; text names them */
    MMK_REASON_REGISTRY_DAMAGED = 20,
    MMK_REASON_IO = 21,
    MMK_REASON_NO_SPACE = 22,
    MMK_REASON_LOCKED = 23,
    MMK_REASON_USER = 24,           /* the user cancelled */
    MMK_REASON_READ_BACK = 25,      /* what was written does not read back */
    MMK_REASON_RESTART_IN_USE = 26, /* an old copy is loaded somewhere */
    MMK_REASON_RESTART_DEVICE = 27, /* the device says so */
    MMK_REASON_JOURNAL_DAMAGED = 28,
    MMK_REASON_NOMEM = 29,
    MMK_REASON_NOBODY_TO_ASK = 30, /* there is no desktop, or no terminal, to ask on */
    MMK_REASON_TRIAL = 31          /* installed, a program could not open it: taken back */
} mmk_install_reason;

struct mmk_install_report {
    uint32_t answer; /* DRVCNF_CANCEL 0, DRVCNF_OK 1, DRVCNF_RESTART 2 */
    mmk_install_verb verb;
    mmk_install_state
        reached; /* last state before the end (the one whose work failed, on CANCEL) */
    mmk_install_reason reason;
    mmk_err err;          /* the error below the reason, or MMK_OK */
    char alias[64];       /* alias in use, "" if none */
    char text[768];       /* for people: what happened, and the cure */
    uint32_t n_steps;     /* of the plan */
    uint32_t n_conflicts; /* foreign edits that were kept */
    bool recovered;       /* an earlier, unfinished transaction was finished first */
    bool durable;         /* false: the registry may still forget; the journal will redo */
    bool per_user;        /* CONFIGURE: it was the user's own settings that were written */
    uint64_t wall_s;      /* when */
};

/** One step of a plan, for showing. All text; before/after are "" where absent. */
struct mmk_install_step {
    const char *
        action; /* "set", "delete", "create key", "delete key", "copy file", "delete file", "ini" */
    const char *target; /* "HKLM(32)\\Software\\...\\Drivers32 : wave1" */
    const char *before;
    const char *after;
};

/** Hears what happens; every member may be NULL. Called on the caller's thread, with the lock held:
 * must not call back into install functions. */
struct mmk_install_observer {
    void *user;
    void (*state)(void *user, mmk_install_state state, uint32_t done, uint32_t total);
    void (*step)(
        void *user,
        const struct mmk_install_step *step); /* the plan, once, before anything is written */
};

/**
 * Run one transaction: take the lock, finish what an earlier one left, do the request, write the
 * status file.
 *
 * @param observer  may be NULL
 * @param report    out, always filled, may be NULL
 * @return DRVCNF_OK, DRVCNF_CANCEL or DRVCNF_RESTART; with DRY_RUN: what it would answer, nothing
 * is written
 */
uint32_t mmk_install_run(struct mmk_port *port, const struct mmk_product *product,
                         const struct mmk_install_request *request,
                         const struct mmk_install_observer *observer,
                         struct mmk_install_report *report);

/** Finish whatever an earlier transaction left (any product): undo before its commit point, redo
 * after. Idempotent; on a clean system: no write. @return MMK_OK; MMK_ERR_LOCKED, _ACCESS, _IO,
 * _CORRUPT */
mmk_err mmk_install_recover(struct mmk_port *port, struct mmk_install_report *report);

/** Whether an unfinished transaction waits (DRV_LOAD asks; it changes nothing). */
mmk_err mmk_install_peek(struct mmk_port *port, bool *pending);

/**
 * Settings of the driver's device (or MMK_DEVICE_NONE) for the next program that opens it by its
 * alias: as mmk_settings_load, with the options that stand in the alias now. Changes nothing.
 * @param error  out, may be NULL: the first value that was passed over
 */
mmk_err mmk_install_settings(struct mmk_port *port, const struct mmk_product *product,
                             uint32_t device, struct mmk_settings *out,
                             struct mmk_param_error *error);

/** Last result from the status file. @retval MMK_ERR_NOT_FOUND  none was ever written */
mmk_err mmk_install_status(struct mmk_port *port, const char *product,
                           struct mmk_install_report *report);

/** One finding of verify. */
typedef enum mmk_severity {
    MMK_SEVERITY_INFO = 0,
    MMK_SEVERITY_WARNING,
    MMK_SEVERITY_ERROR
} mmk_severity;
typedef void mmk_on_finding(void *user, mmk_severity severity, const char *what, const char *cure);

/**
 * Compare what is with what should be: owned values, module files by bitness, both views, slots
 * (`wave0`, orphans, one number in both views, numbers after a gap), stale cache, settings,
 * hardware. Changes nothing.
 * @param n_problems  out: findings of WARNING or worse
 * @retval MMK_ERR_NOT_FOUND  not installed
 */
mmk_err mmk_install_verify(struct mmk_port *port, const struct mmk_product *product,
                           mmk_on_finding *on_finding, void *user, uint32_t *n_problems);

/** One installation that the ownership record knows. */
struct mmk_installed {
    char product[64];
    char file[64];
    char alias[64];
    uint32_t version;
    bool view_64, view_32; /* in which views the alias was written */
    uint32_t n_values;     /* values owned */
};
/** The index-th installation. @retval MMK_ERR_NOT_FOUND past the end */
mmk_err mmk_install_enum(struct mmk_port *port, uint32_t index, struct mmk_installed *out);

/** Names for status files, JSON and docs: "PROBED", "HARDWARE_TIMEOUT", "install". Never NULL. */
const char *mmk_install_state_name(mmk_install_state state);
const char *mmk_install_reason_name(mmk_install_reason reason);
const char *mmk_install_verb_name(mmk_install_verb verb);

/** The transition table, the same that drives the engine: whether `to` may follow `from`. */
bool mmk_install_may_follow(mmk_install_state from, mmk_install_state to);

#ifdef __cplusplus
}
#endif

#endif
