/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_HOOKS_H
#define MMK_TEST_HOOKS_H

/**
 * A module's calls of the system, watched and failed on purpose.
 *
 * The import table of a loaded module (mmewave.drv, or the program itself) is patched: its calls of
 * the registry and of the file functions that an installation rests on go through here, everybody
 * else's do not. That is the boundary between our code and Windows: what is answered here is what
 * Windows could have answered, and nothing above it knows the difference.
 *
 * One module at a time; calls are counted over all its threads.
 */

#define __USE_MINGW_ANSI_STDIO 1
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdbool.h>

enum hook_group {
    HOOK_REGISTRY = 1u << 0, /* Reg... */
    HOOK_FLUSH = 1u << 1,    /* FlushFileBuffers */
    HOOK_FILES = 1u << 2,    /* all else */
};

struct hook_call {
    unsigned n;           /* the n-th watched call, from 1 */
    const char *function; /* "RegSetValueExW" */
    enum hook_group group;
    HKEY key;          /* of the registry group: what it was called with */
    bool changes;      /* it is meant to change something, or asks for the right to */
    const WCHAR *name; /* key, value or file where the call names one, or NULL */
    void *told;        /* in after(): what the call filled, where a rule may lie; or NULL */
};

struct hook_rules {
    void *user;
    unsigned groups; /* which calls are counted and shown to the rules */
    /** Before the call. @return 0 = go on; else this error is the answer, and nothing is called */
    DWORD (*before)(void *user, const struct hook_call *call);
    /** After it. @return the error to answer with: `result`, or another one */
    DWORD (*after)(void *user, const struct hook_call *call, DWORD result);
};

/** Patch the module's imports. @return how many functions were found; 0: nothing is watched */
unsigned hooks_place(HMODULE module);

/** From now on these rules; NULL = calls go straight through. Counting begins at 1 again. */
void hooks_follow(const struct hook_rules *rules);

/** Calls counted since hooks_follow(). */
unsigned hooks_counted(void);

#endif
