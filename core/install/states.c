/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <mmk/install.h>

/* One row a state: its name, what follows when its work is done, and whether it may turn back. The
 * engine walks this table, docs and status files print its names. */
struct row {
    const char *name;
    uint32_t next; /* bit per state */
};

#define TO(state) (1u << MMK_INSTALL_##state)
#define BACK      TO(ROLLING_BACK)

static const struct row rows[MMK_INSTALL_STATE_COUNT] = {
    [MMK_INSTALL_IDLE] = {"IDLE", TO(CHECKED) | BACK},
    [MMK_INSTALL_CHECKED] = {"CHECKED", TO(SUPPORTED) | BACK},
    [MMK_INSTALL_SUPPORTED] = {"SUPPORTED", TO(CONFIGURED) | BACK},
    [MMK_INSTALL_CONFIGURED] = {"CONFIGURED", TO(PROBED) | BACK},
    [MMK_INSTALL_PROBED] = {"PROBED", TO(JOURNALED) | BACK},
    [MMK_INSTALL_JOURNALED] = {"JOURNALED", TO(APPLYING) | BACK},
    [MMK_INSTALL_APPLYING] = {"APPLYING", TO(APPLYING) | TO(VERIFIED) | BACK},
    [MMK_INSTALL_VERIFIED] = {"VERIFIED", TO(COMMITTED) | BACK},
    [MMK_INSTALL_COMMITTED] = {"COMMITTED", TO(OK) | TO(RESTART)},
    [MMK_INSTALL_OK] = {"OK", 0},
    [MMK_INSTALL_RESTART] = {"RESTART", 0},
    [MMK_INSTALL_ROLLING_BACK] = {"ROLLING_BACK", TO(CANCELLED)},
    [MMK_INSTALL_CANCELLED] = {"CANCELLED", 0},
};

bool mmk_install_may_follow(mmk_install_state from, mmk_install_state to)
{
    if ((unsigned)from >= MMK_INSTALL_STATE_COUNT || (unsigned)to >= MMK_INSTALL_STATE_COUNT)
        return false;
    return (rows[from].next & 1u << to) != 0;
}

const char *mmk_install_state_name(mmk_install_state state)
{
    return (unsigned)state < MMK_INSTALL_STATE_COUNT ? rows[state].name : "?";
}

const char *mmk_install_reason_name(mmk_install_reason reason)
{
    static const char *const names[] = {
        [MMK_REASON_NONE] = "NONE",
        [MMK_REASON_ALREADY] = "ALREADY",
        [MMK_REASON_BAD_REQUEST] = "BAD_REQUEST",
        [MMK_REASON_BAD_SETTING] = "BAD_SETTING",
        [MMK_REASON_NO_RIGHTS] = "NO_RIGHTS",
        [MMK_REASON_SUPPORT_MISSING] = "SUPPORT_MISSING",
        [MMK_REASON_SUPPORT_BITNESS] = "SUPPORT_BITNESS",
        [MMK_REASON_SUPPORT_VERSION] = "SUPPORT_VERSION",
        [MMK_REASON_SUPPORT_BROKEN] = "SUPPORT_BROKEN",
        [MMK_REASON_HARDWARE_ABSENT] = "HARDWARE_ABSENT",
        [MMK_REASON_HARDWARE_BUSY] = "HARDWARE_BUSY",
        [MMK_REASON_HARDWARE_TIMEOUT] = "HARDWARE_TIMEOUT",
        [MMK_REASON_HARDWARE_FORMAT] = "HARDWARE_FORMAT",
        [MMK_REASON_HARDWARE_FAILED] = "HARDWARE_FAILED",
        [MMK_REASON_SLOTS_FULL] = "SLOTS_FULL",
        [MMK_REASON_SLOT_TAKEN] = "SLOT_TAKEN",
        [MMK_REASON_ALIAS_TOO_LONG] = "ALIAS_TOO_LONG",
        [MMK_REASON_DOWNGRADE] = "DOWNGRADE",
        [MMK_REASON_NOT_INSTALLED] = "NOT_INSTALLED",
        [MMK_REASON_CONFLICT] = "CONFLICT",
        [MMK_REASON_REGISTRY_DAMAGED] = "REGISTRY_DAMAGED",
        [MMK_REASON_IO] = "IO",
        [MMK_REASON_NO_SPACE] = "NO_SPACE",
        [MMK_REASON_LOCKED] = "LOCKED",
        [MMK_REASON_USER] = "USER",
        [MMK_REASON_READ_BACK] = "READ_BACK",
        [MMK_REASON_RESTART_IN_USE] = "RESTART_IN_USE",
        [MMK_REASON_RESTART_DEVICE] = "RESTART_DEVICE",
        [MMK_REASON_JOURNAL_DAMAGED] = "JOURNAL_DAMAGED",
        [MMK_REASON_NOMEM] = "NOMEM",
        [MMK_REASON_NOBODY_TO_ASK] = "NOBODY_TO_ASK",
        [MMK_REASON_TRIAL] = "TRIAL",
    };
    return (unsigned)reason < sizeof names / sizeof names[0] ? names[reason] : "?";
}

const char *mmk_install_verb_name(mmk_install_verb verb)
{
    static const char *const names[] = {"install", "pnp-install", "configure",
                                        "remove",  "repair",      "recover"};
    return (unsigned)verb < sizeof names / sizeof names[0] ? names[verb] : "?";
}
