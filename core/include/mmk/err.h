/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_ERR_H
#define MMK_ERR_H

/**
 * Errors of the whole library.
 *
 * A function that can fail returns an mmk_err and nothing else; results go to out-parameters,
 * which stay untouched on failure unless the function says otherwise. There is no last-error.
 * Three kinds are never mixed: input from outside (bytes, formats, devices) gives one of the codes
 * below; misuse by the caller gives MMK_ERR_STATE or MMK_ERR_INVAL; a bug of ours is an assert.
 *
 * Numbers are part of the ABI: new ones are added at the end, none is ever renumbered.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mmk_err {
    MMK_OK = 0,
    MMK_ERR_INVAL = -1,        /* an argument is not what the function documents */
    MMK_ERR_STATE = -2,        /* right call, wrong moment */
    MMK_ERR_RANGE = -3,        /* a number outside its documented range, or arithmetic would wrap */
    MMK_ERR_NOMEM = -4,        /* no memory, or the given memory is too small */
    MMK_ERR_NOT_FOUND = -5,    /* key, value, file, device or name is not there */
    MMK_ERR_EXISTS = -6,       /* it is there already */
    MMK_ERR_ACCESS = -7,       /* rights are missing */
    MMK_ERR_IO = -8,           /* reading or writing failed */
    MMK_ERR_NO_SPACE = -9,     /* the disk, a table or a set of slots is full */
    MMK_ERR_BUSY = -10,        /* in use, try later */
    MMK_ERR_TIMEOUT = -11,     /* waited the documented time in vain */
    MMK_ERR_LOCKED = -12,      /* another process holds the lock */
    MMK_ERR_CORRUPT = -13,     /* bytes that break their own rules */
    MMK_ERR_UNSUPPORTED = -14, /* known, and not offered here */
    MMK_ERR_FORMAT = -15,      /* not an audio format we accept */
    MMK_ERR_GONE = -16,        /* the device or peer went away */
    MMK_ERR_TOO_LONG = -17,    /* longer than the documented limit */
    MMK_ERR_CONFLICT = -18,    /* somebody else's edit stands where ours should */
    MMK_ERR_MORE = -19,        /* the buffer is too small; the needed size was given */
    MMK_ERR_CANCELLED = -20,   /* the user said no */
    MMK_ERR_BITNESS = -21,     /* a module for the other pointer width */
    MMK_ERR_VERSION = -22,     /* older or newer than is accepted */
    MMK_ERR_PENDING = -23,     /* accepted, but not durable yet (see mmk_registry_flush) */
    MMK_ERR_SYNTAX = -24,      /* text that does not parse */
    MMK_ERR_CRASHED = -25,     /* a module failed while it was loaded or asked */
    MMK_ERR_CIRCLE = -26       /* a device that would play into itself, by way of others */
} mmk_err;

/**
 * The code's own name, such as "MMK_ERR_IO". For logs and JSON.
 * @return static string, never NULL ("MMK_ERR_?" for an unknown code)
 * Context: any.
 */
const char *mmk_err_name(mmk_err err);

/**
 * A short sentence for people, lower case and without a full stop, such as "reading or writing failed".
 * @return static string, never NULL
 * Context: any.
 */
const char *mmk_err_text(mmk_err err);

#ifdef __cplusplus
}
#endif

#endif
