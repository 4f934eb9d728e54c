/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_PARAM_H
#define MMK_PARAM_H

/**
 * Parameters and settings: one table feeds registry, alias text, environment, dialog, mmectl and
 * docs.
 *
 * A *parameter* is a row of a driver's const table. A *setting* is the value that a parameter has,
 * and where it came from. Sources, the strongest first:
 *
 *   environment   MMEKIT_<NAME IN CAPITALS>          (containers)
 *   caller        mmectl --set, the dialog
 *   alias text    /key:value behind the file name in Drivers32
 *   user          HKCU\Software\mmekit\<driver>[\Device<N>]
 *   machine       HKLM\Software\mmekit\<driver>[\Device<N>]
 *   default       the table
 *
 * Numbers are stored as REG_DWORD, everything else as REG_SZ holding the same text as everywhere.
 * Device-scope parameters are looked up under Device<N> (N counts from 0) first, then in the
 * driver's own key.
 *
 * Alias text: `/key:value` pieces separated by blanks; a value with blanks stands in double quotes
 * (a quote inside cannot be said; neither can a value that holds one). Keys compare without case.
 * Unknown keys are somebody else's text: kept, reported, and an error only in what *we* are asked
 * to append. A repeated key or a value out of range is an error that names it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/port.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mmk_param_scope { MMK_SCOPE_DRIVER = 0, MMK_SCOPE_DEVICE = 1 } mmk_param_scope;

typedef enum mmk_param_type {
    MMK_PARAM_UINT = 0, /* decimal; min .. max */
    MMK_PARAM_BOOL,     /* on, off (also 1, 0, yes, no, true, false) */
    MMK_PARAM_CHOICE,   /* one of `choices` */
    MMK_PARAM_TEXT      /* at most `max` bytes of UTF-8, no double quote, no control character */
} mmk_param_type;

typedef enum mmk_param_file {
    MMK_FILE_NONE = 0,
    MMK_FILE_WRITTEN, /* the driver makes it */
    MMK_FILE_READ     /* it is there already */
} mmk_param_file;

enum {
    MMK_HOST_POSIX = 1u << 0,
    MMK_HOST_WINE = 1u << 1,
    MMK_HOST_WINDOWS = 1u << 2,
    MMK_HOST_ALL = 7u
};

struct mmk_param_choice {
    const char *name;
    uint32_t hosts; /* MMK_HOST_* on which it may be chosen */
    const char *help;
};

struct mmk_param {
    const char *name; /* "rate_hz": registry value, --set, environment */
    mmk_param_scope scope;
    mmk_param_type type;
    uint32_t min, max;                      /* UINT: range; TEXT: max length in bytes */
    const struct mmk_param_choice *choices; /* CHOICE: ends with name == NULL */
    const char *default_text;
    const char *
        applies_when; /* NULL, or "backend=file|cable": shown and checked only then; still stored */
    uint32_t hosts;   /* MMK_HOST_* */
    bool needs_restart; /* a change takes effect only when all programs have reopened the driver */
    const char *alias_key; /* in the alias text; NULL = never there */
    const char *label;     /* for dialogs: "Sample rate" */
    const char *unit;      /* "Hz", "frames" or NULL */
    const char *help;      /* one sentence */
    const char *typical;   /* NULL, or values worth offering: "44100|48000"; others are as good */
    mmk_param_file file;   /* TEXT: it names a file; a dialog offers to browse */
    const char *file_when; /* as applies_when: a file's name only then; NULL = always */
    const char *file_types; /* "WAV files|*.wav", or NULL: any */
};

#define MMK_PARAMS_MAX       24u
#define MMK_SETTING_TEXT_MAX 300u
#define MMK_DEVICES_MAX      16u
#define MMK_DEVICE_NONE      UINT32_MAX /* "the driver's own" instead of a device number */

struct mmk_param_table {
    const struct mmk_param *params;
    size_t n_params; /* 1 .. MMK_PARAMS_MAX */
};

typedef enum mmk_setting_source {
    MMK_SOURCE_DEFAULT = 0,
    MMK_SOURCE_MACHINE,
    MMK_SOURCE_USER,
    MMK_SOURCE_ALIAS,
    MMK_SOURCE_CALLER,
    MMK_SOURCE_ENVIRONMENT
} mmk_setting_source;

struct mmk_setting {
    mmk_setting_source source;
    uint32_t number;                 /* UINT: the value; BOOL: 0 or 1; CHOICE: index */
    char text[MMK_SETTING_TEXT_MAX]; /* canonical text of any type */
};

/** The values of all parameters for one device (or for the driver itself). */
struct mmk_settings {
    const struct mmk_param_table *table;
    struct mmk_setting value[MMK_PARAMS_MAX]; /* by the table's index */
};

/** What was wrong with a setting, for people: always names parameter, value and what is allowed. */
struct mmk_param_error {
    mmk_err err;
    char text[256];
};

/** Index of a parameter by name (without case), or -1. Context: any. */
int mmk_param_index(const struct mmk_param_table *table, const char *name);

/** Check a text against a row and give number and canonical text. hosts: MMK_HOST_* of this host.
 *  @param error  out, may be NULL  @retval MMK_ERR_RANGE, MMK_ERR_SYNTAX, MMK_ERR_UNSUPPORTED
 * (host), MMK_ERR_TOO_LONG */
mmk_err mmk_param_parse(const struct mmk_param *param, uint32_t hosts, const char *text,
                        struct mmk_setting *out, struct mmk_param_error *error);

/** "posix" -> MMK_HOST_POSIX, ... 0 if unknown. */
uint32_t mmk_host_bit(const char *host);

/** All defaults. Context: any. */
void mmk_settings_defaults(const struct mmk_param_table *table, struct mmk_settings *out);

/** Set one by name, from a source that replaces weaker or equal ones. @retval MMK_ERR_NOT_FOUND, or
 * as parse */
mmk_err mmk_settings_set(struct mmk_settings *settings, uint32_t hosts, const char *name,
                         const char *text, mmk_setting_source source,
                         struct mmk_param_error *error);

/** Number or text by name. The name must be in the table (our own bug otherwise: asserts). */
uint32_t mmk_settings_number(const struct mmk_settings *settings, const char *name);
const char *mmk_settings_text(const struct mmk_settings *settings, const char *name);

/** Whether the row's applies_when holds for these settings. */
bool mmk_param_applies(const struct mmk_param *param, const struct mmk_settings *settings);

/** Whether the row names a file with these settings. */
bool mmk_param_is_file(const struct mmk_param *param, const struct mmk_settings *settings);

/**
 * Load the settings of a driver's device from all sources but the caller.
 *
 * A value in the registry that does not parse is skipped, reported through `error` (first one
 * only), and the next source counts: a driver must start with damaged settings.
 *
 * @param driver      "mmewave"
 * @param device      0 .. MMK_DEVICES_MAX - 1, or MMK_DEVICE_NONE
 * @param alias_text  configuration text behind the file name (UTF-8), or NULL
 * @param error       out, may be NULL; err MMK_OK if all was well
 * @return MMK_OK even then; MMK_ERR_CORRUPT/_IO/_ACCESS if the registry as a whole cannot be read:
 * `out` then holds defaults, alias text and environment
 * Context: control.
 */
mmk_err mmk_settings_load(struct mmk_port *port, const struct mmk_param_table *table,
                          const char *driver, uint32_t device, const char *alias_text,
                          struct mmk_settings *out, struct mmk_param_error *error);

/* ------------------------------------------------------------------ alias text */

#define MMK_ALIAS_VALUE_MAX \
    259u /* UTF-16 units of the whole value: file, blank, options; winmm's buffer holds 260 */

/**
 * Walk alias text: for each piece calls `piece` with the raw text and, if it is of our grammar, key
 * and value (else NULL; value alone NULL: a key of ours without a value that can be one).
 * @retval MMK_ERR_SYNTAX  an unfinished quote
 * Context: any.
 */
typedef mmk_err mmk_alias_piece(void *user, const char *raw, size_t raw_len, const char *key,
                                const char *value);
mmk_err mmk_alias_walk(const char *alias_text, mmk_alias_piece *piece, void *user);

/** Apply alias text to settings. Unknown keys are skipped; repeated keys and bad values are errors,
 * settings untouched. */
mmk_err mmk_alias_apply(const char *alias_text, uint32_t hosts, struct mmk_settings *settings,
                        struct mmk_param_error *error);

/**
 * The alias value to write: file, foreign pieces of `old_text` unchanged and in order, then our
 * options for every setting that has an alias key and differs from the default, as far as all of
 * them fit into MMK_ALIAS_VALUE_MAX; if they do not all fit, none of the long ones (TEXT) is
 * appended, and if the others do not fit either, none: they stay in the registry.
 * @param out  at least 4 * MMK_ALIAS_VALUE_MAX + 1 bytes
 * @retval MMK_ERR_TOO_LONG  file and foreign text alone are too long
 */
mmk_err mmk_alias_compose(const char *file, const char *old_text,
                          const struct mmk_settings *settings, char *out, size_t cap);

/** Split an alias value at its first blank. file: cap bytes; *text points into value, or is NULL.
 */
mmk_err mmk_alias_split(const char *value, char *file, size_t cap, const char **text);

#ifdef __cplusplus
}
#endif

#endif
