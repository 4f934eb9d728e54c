/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WINE_SESSION_VIEW_H
#define MMK_WINE_SESSION_VIEW_H

#include "wine_internal.h"

/** The head of a file that implements one interface of a session view. */
#define MMKI_SESSION_INTERFACE(member, interface)                                      \
    static struct mmki_session *session_of(interface *iface)                           \
    {                                                                                  \
        return MMKI_OBJECT(struct mmki_session_view, member, iface)->session;          \
    }                                                                                  \
    MMKI_UNKNOWN(member, interface, struct mmki_session_view, member, mmki_view_query, \
                 mmki_view_ref, mmki_view_unref)

#endif
