/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_H
#define MMECTL_H

/**
 * One run of mmectl: arguments in, lines or one JSON document out, an outcome at the end.
 *
 * A verb is a function of struct mmectl. It says what it has to say by say() (people) and by the
 * members it adds to m->json (programs), and ends with an outcome; a failure is told once, by
 * fail(), and the verb hands its answer on. main() prints the document and turns the outcome into
 * the host's exit code.
 *
 * JSON: one object for each run. Every document has "mmectl" (version), "verb", "ok", "exit" and
 * "error" (null, or "code", "text", "cure"); docs/mmectl.1 lists what each verb adds. Keys are
 * stable: new ones may come, none changes its meaning.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/driver.h>
#include <mmk/install.h>

#include "args.h"
#include "host.h"
#include "json.h"
#include "print.h"

struct mmectl {
    struct args args;
    struct host *host; /* NULL for verbs that need none */
    struct json json;
    bool failed;      /* fail() was called */
    char code[48];    /* of the error */
    char cause[1024]; /* "" = no error */
    char cure[512];
};

/** The whole run: arguments in UTF-8. @return the host's exit code */
int mmectl_main(int argc, char **argv);

/* ------------------------------------------------------------------ out.c */

/** Whether lines for people are wanted on standard output. */
bool talks(const struct mmectl *m);

/** A line for people on standard output; nothing with --quiet or --json. Control characters in it
 *  (texts come from files) are shown as '?'. */
void say(const struct mmectl *m, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** The same, only with --verbose; with --json it goes to standard error. */
void detail(const struct mmectl *m, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** A remark on standard error; nothing with --quiet. */
void remark(const struct mmectl *m, const char *fmt, ...) PRINTF_LIKE(2, 3);

/**
 * Tell a failure: one line on standard error, "error" in the document.
 * @param code  stable name for programs: "USAGE", "IO", a reason's name
 * @param cure  what to do about it; "" if there is nothing to say
 * @return outcome
 */
enum outcome fail(struct mmectl *m, enum outcome outcome, const char *code, const char *cure,
                  const char *fmt, ...) PRINTF_LIKE(5, 6);

/** fail() for an error of the library, with the outcome and a cure that fit it. */
enum outcome fail_err(struct mmectl *m, mmk_err err, const char *what);

/** fail() for the registry: its own words, which name file and line. */
enum outcome fail_registry(struct mmectl *m, mmk_err err);

/** The error members, then print the document if it was asked for. @return false: stdout is broken
 */
bool out_finish(struct mmectl *m, enum outcome outcome);

/** Escape sequences for standard output, "" without a terminal or with NO_COLOR. */
enum tint { TINT_GOOD, TINT_BAD, TINT_DOUBT, TINT_DIM };
const char *tint(const struct mmectl *m, enum tint kind);
const char *tint_end(const struct mmectl *m);

/** "2026-11-22 10:04:05" (UTC) of seconds since 1970. */
void time_text(uint64_t wall_s, char *text, size_t cap);

/** "1.2.3" of major << 24 | minor << 16 | patch. */
void version_text(uint32_t version, char *text, size_t cap);

/* ------------------------------------------------------------------ progress.c */

struct progress {
    bool on;
    char label[32];
    uint64_t total; /* frames; 0 = unknown */
    uint32_t rate_hz;
    uint64_t last_ms; /* of the last drawing; 0 = none yet */
};

/** A bar on standard error, if that is a terminal and --quiet was not given. */
void progress_begin(struct progress *p, const struct mmectl *m, const char *label, uint64_t total,
                    uint32_t rate_hz);
/** Draws at most ten times a second. */
void progress_at(struct progress *p, uint64_t done);
/** Wipes the bar, so that the next line starts clean. */
void progress_end(struct progress *p);

/* ------------------------------------------------------------------ registry.c */

#define ALIAS_TEXT_MAX 1200

#define DRIVERS32_PATH "Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32"

/** A text value (REG_SZ, REG_EXPAND_SZ) as WTF-8. @retval MMK_ERR_CORRUPT  not a text */
mmk_err registry_text(struct mmk_port *port, const struct mmk_reg_key *key, const char *name,
                      char *text, size_t cap);

/** Whether the registry can be read at all; reports that live on the journal alone ask too. */
mmk_err registry_check(struct mmk_port *port);

/** What stands under an alias in one view's Drivers32. */
mmk_err alias_value(struct mmk_port *port, mmk_reg_view view, const char *alias, char *text,
                    size_t cap);

/** The built-in driver of that name ("mmewave", also "mmewave.drv"), or NULL. */
const struct mmk_driver_class *driver_find(const char *name);

/** fail() for a NAME that is no driver of ours, with what may have been meant. */
enum outcome fail_unknown_driver(struct mmectl *m, const char *name);

/** The installation of that product. @retval MMK_ERR_NOT_FOUND */
mmk_err installed_find(struct mmk_port *port, const char *product, struct mmk_installed *out);

/** The configuration text behind the file name of an installation's alias; "" if none. */
void installed_alias_text(struct mmk_port *port, const struct mmk_installed *installed, char *text,
                          size_t cap);

/* ------------------------------------------------------------------ verbs */

enum outcome verb_install(struct mmectl *m);
enum outcome verb_remove(struct mmectl *m);
enum outcome verb_repair(struct mmectl *m);
enum outcome verb_verify(struct mmectl *m);
enum outcome verb_status(struct mmectl *m);
enum outcome verb_recover(struct mmectl *m);
enum outcome verb_list(struct mmectl *m);
enum outcome verb_config(struct mmectl *m);
enum outcome verb_play(struct mmectl *m);
enum outcome verb_record(struct mmectl *m);
enum outcome verb_convert(struct mmectl *m);
enum outcome verb_diagnose(struct mmectl *m);
enum outcome verb_help(struct mmectl *m);
enum outcome verb_completion(struct mmectl *m);

#endif
