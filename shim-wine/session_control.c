/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IAudioSessionControl2: state, names and callbacks of a session. */
#include "session_view.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

MMKI_SESSION_INTERFACE(control, IAudioSessionControl2)

#define TEXT_MAX_UNITS 4096u

static HRESULT STDMETHODCALLTYPE get_state(IAudioSessionControl2 *iface, AudioSessionState *state)
{
    if (state == NULL)
        return MMKI_E_NULL_REF;
    struct mmki_card *card = mmki_card();
    AcquireSRWLockShared(&card->lock);
    *state = mmki_session_state(session_of(iface));
    ReleaseSRWLockShared(&card->lock);
    return S_OK;
}

/* ------------------------------------------------------------------ texts */

static HRESULT get_text(WCHAR *const *from, WCHAR **out)
{
    struct mmki_card *card = mmki_card();
    if (out == NULL)
        return MMKI_E_NULL_REF;
    AcquireSRWLockShared(&card->lock);
    *out = mmki_task_text(*from != NULL ? *from : L"");
    ReleaseSRWLockShared(&card->lock);
    return *out != NULL ? S_OK : E_OUTOFMEMORY;
}

static HRESULT set_text(struct mmki_session *session, WCHAR **to, const WCHAR *text, int what,
                        const GUID *context)
{
    struct mmki_card *card = mmki_card();
    if (text == NULL)
        return MMKI_E_NULL_REF;
    const size_t n = wcslen(text);
    if (n > TEXT_MAX_UNITS)
        return E_INVALIDARG;
    WCHAR *copy = mmki_alloc((n + 1) * sizeof *copy);
    if (copy == NULL)
        return E_OUTOFMEMORY;
    memcpy(copy, text, n * sizeof *copy);
    AcquireSRWLockExclusive(&card->lock);
    WCHAR *old = *to;
    *to = copy;
    ReleaseSRWLockExclusive(&card->lock);
    mmki_free(old);
    mmki_session_tell(session, what, context);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_name(IAudioSessionControl2 *iface, WCHAR **name)
{
    return get_text(&session_of(iface)->name, name);
}

static HRESULT STDMETHODCALLTYPE set_name(IAudioSessionControl2 *iface, const WCHAR *name,
                                          const GUID *context)
{
    struct mmki_session *session = session_of(iface);
    return set_text(session, &session->name, name, MMKI_SESSION_TOLD_NAME, context);
}

static HRESULT STDMETHODCALLTYPE get_icon(IAudioSessionControl2 *iface, WCHAR **path)
{
    return get_text(&session_of(iface)->icon, path);
}

static HRESULT STDMETHODCALLTYPE set_icon(IAudioSessionControl2 *iface, const WCHAR *path,
                                          const GUID *context)
{
    struct mmki_session *session = session_of(iface);
    return set_text(session, &session->icon, path, MMKI_SESSION_TOLD_ICON, context);
}

static HRESULT STDMETHODCALLTYPE get_grouping(IAudioSessionControl2 *iface, GUID *group)
{
    if (group == NULL)
        return MMKI_E_NULL_REF;
    struct mmki_card *card = mmki_card();
    AcquireSRWLockShared(&card->lock);
    *group = session_of(iface)->grouping;
    ReleaseSRWLockShared(&card->lock);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE set_grouping(IAudioSessionControl2 *iface, const GUID *group,
                                              const GUID *context)
{
    if (group == NULL)
        return MMKI_E_NULL_REF;
    struct mmki_session *session = session_of(iface);
    struct mmki_card *card = mmki_card();
    AcquireSRWLockExclusive(&card->lock);
    session->grouping = *group;
    ReleaseSRWLockExclusive(&card->lock);
    mmki_session_tell(session, MMKI_SESSION_TOLD_GROUPING, context);
    return S_OK;
}

/* ------------------------------------------------------------------ callbacks */

static HRESULT STDMETHODCALLTYPE add_events(IAudioSessionControl2 *iface,
                                            IAudioSessionEvents *events)
{
    if (events == NULL)
        return E_POINTER;
    return mmki_session_events_add(session_of(iface), events);
}

static HRESULT STDMETHODCALLTYPE remove_events(IAudioSessionControl2 *iface,
                                               IAudioSessionEvents *events)
{
    if (events == NULL)
        return E_POINTER;
    return mmki_session_events_remove(session_of(iface), events);
}

/* ------------------------------------------------------------------ who it is */

void mmki_session_identifier(const struct mmki_session *session, WCHAR out[MMKI_SESSION_ID_UNITS])
{
    WCHAR program[MMKI_PATH_UNITS] = L"", guid[40];
    GetModuleFileNameW(NULL, program, MMKI_PATH_UNITS - 1);
    StringFromGUID2(&session->id, guid, sizeof guid / sizeof *guid);
    _snwprintf(out, MMKI_SESSION_ID_UNITS - 1, L"%s|%s%%b%s", session->endpoint->id, program, guid);
    out[MMKI_SESSION_ID_UNITS - 1] = 0;
}

/* The instance has the process beside it. */
static HRESULT identify(const struct mmki_session *session, bool instance, WCHAR **out)
{
    WCHAR text[MMKI_SESSION_ID_UNITS + 32];
    if (out == NULL)
        return MMKI_E_NULL_REF;
    mmki_session_identifier(session, text);
    if (instance)
        _snwprintf(text + wcslen(text), 31, L"|1%%b%lu", GetCurrentProcessId());
    text[MMKI_SESSION_ID_UNITS + 31] = 0;
    *out = mmki_task_text(text);
    return *out != NULL ? S_OK : E_OUTOFMEMORY;
}

static HRESULT STDMETHODCALLTYPE get_identifier(IAudioSessionControl2 *iface, WCHAR **id)
{
    return identify(session_of(iface), false, id);
}

static HRESULT STDMETHODCALLTYPE get_instance(IAudioSessionControl2 *iface, WCHAR **id)
{
    return identify(session_of(iface), true, id);
}

static HRESULT STDMETHODCALLTYPE get_process(IAudioSessionControl2 *iface, DWORD *pid)
{
    (void)iface;
    if (pid == NULL)
        return E_POINTER;
    *pid = GetCurrentProcessId();
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE is_system_sounds(IAudioSessionControl2 *iface)
{
    (void)iface;
    return S_FALSE;
}

static HRESULT STDMETHODCALLTYPE set_ducking(IAudioSessionControl2 *iface, BOOL opt_out)
{
    (void)iface;
    (void)opt_out;
    return S_OK; /* nothing is ever ducked */
}

const IAudioSessionControl2Vtbl mmki_control_table = {
    MMKI_UNKNOWN_TABLE(control),
    .GetState = get_state,
    .GetDisplayName = get_name,
    .SetDisplayName = set_name,
    .GetIconPath = get_icon,
    .SetIconPath = set_icon,
    .GetGroupingParam = get_grouping,
    .SetGroupingParam = set_grouping,
    .RegisterAudioSessionNotification = add_events,
    .UnregisterAudioSessionNotification = remove_events,
    .GetSessionIdentifier = get_identifier,
    .GetSessionInstanceIdentifier = get_instance,
    .GetProcessId = get_process,
    .IsSystemSoundsSession = is_system_sounds,
    .SetDuckingPreference = set_ducking,
};
