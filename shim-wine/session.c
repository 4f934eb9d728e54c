/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Sessions: named groups of an endpoint's clients that share a volume. They live as long as the
 * process; one without clients is expired until the next client comes. */
#include "wine_internal.h"

#include <string.h>

struct mmki_session_events {
    struct mmki_session_events *next;
    IAudioSessionEvents *events;
};

/* With the card's lock. */
static struct mmki_session *find(const struct mmki_endpoint *endpoint, const GUID *id)
{
    for (struct mmki_session *s = endpoint->sessions; s != NULL; s = s->next)
        if (IsEqualGUID(&s->id, id))
            return s;
    return NULL;
}

static struct mmki_session *make(struct mmki_endpoint *endpoint, const GUID *id, bool kept)
{
    struct mmki_volume stored;
    struct mmki_session *session = mmki_alloc(sizeof *session);
    if (session == NULL)
        return NULL;
    session->endpoint = endpoint;
    session->id = *id;
    session->kept = kept;
    session->level = 1.0f;
    for (unsigned c = 0; c < MMK_CHANNELS_MAX; c++)
        session->channel_level[c] = 1.0f;
    session->told = AudioSessionStateInactive;
    if (kept && mmki_volume_load_session(session, &stored)) {
        session->level = stored.level;
        session->mute = stored.mute;
        memcpy(session->channel_level, stored.channel_level, sizeof session->channel_level);
    }
    return session;
}

/* The registry is read without the card's lock, so another thread may be faster. */
struct mmki_session *mmki_session_get(struct mmki_endpoint *endpoint, const GUID *id, DWORD flags,
                                      bool *made)
{
    struct mmki_card *card = mmki_card();
    const GUID *wanted = id != NULL ? id : &GUID_NULL;
    *made = false;
    AcquireSRWLockShared(&card->lock);
    struct mmki_session *session = find(endpoint, wanted);
    const bool kept =
        card->volumes == MMKI_VOLUMES_ALL && (flags & AUDCLNT_STREAMFLAGS_NOPERSIST) == 0;
    ReleaseSRWLockShared(&card->lock);
    if (session != NULL)
        return session;
    struct mmki_session *fresh = make(endpoint, wanted, kept);
    if (fresh == NULL)
        return NULL;
    AcquireSRWLockExclusive(&card->lock);
    session = find(endpoint, wanted);
    if (session == NULL) {
        fresh->next = endpoint->sessions;
        endpoint->sessions = session = fresh;
        *made = true;
    }
    ReleaseSRWLockExclusive(&card->lock);
    if (!*made)
        mmki_free(fresh);
    return session;
}

void mmki_session_save(struct mmki_session *session, const GUID *context)
{
    struct mmki_card *card = mmki_card();
    struct mmki_volume volume = {.context = context != NULL ? *context : GUID_NULL};
    if (!session->kept)
        return;
    AcquireSRWLockShared(&card->lock);
    volume.level = session->level;
    volume.mute = session->mute;
    memcpy(volume.channel_level, session->channel_level, sizeof volume.channel_level);
    ReleaseSRWLockShared(&card->lock);
    mmki_volume_save_session(session, &volume);
}

AudioSessionState mmki_session_state(const struct mmki_session *session)
{
    const unsigned life = atomic_load(&session->endpoint->life);
    AudioSessionState state = AudioSessionStateExpired;
    for (const struct mmki_client *c = session->clients; c != NULL; c = c->session_next) {
        if (c->life != life)
            continue; /* it has lost its device, and is no stream any more */
        if (c->started)
            return AudioSessionStateActive;
        state = AudioSessionStateInactive;
    }
    return state;
}

void mmki_session_add(struct mmki_session *session, struct mmki_client *client)
{
    client->session_next = session->clients;
    session->clients = client;
    if (client->format.channels > session->n_channels)
        session->n_channels = client->format.channels;
}

void mmki_session_remove(struct mmki_client *client)
{
    struct mmki_card *card = mmki_card();
    struct mmki_session *session = client->session;
    AcquireSRWLockExclusive(&card->lock);
    for (struct mmki_client **at = &session->clients; *at != NULL; at = &(*at)->session_next) {
        if (*at == client) {
            *at = client->session_next;
            break;
        }
    }
    ReleaseSRWLockExclusive(&card->lock);
    mmki_session_tell_state(session);
}

/* ------------------------------------------------------------------ volume */

void mmki_client_apply_volume(struct mmki_client *client)
{
    const struct mmki_session *session = client->session;
    const struct mmki_endpoint *endpoint = client->endpoint;
    float gains[MMK_CHANNELS_MAX];
    const bool mute = session->mute || endpoint->mute;
    for (unsigned c = 0; c < client->format.channels; c++) {
        gains[c] = mute ? 0.0f
                        : client->level[c] * session->level * session->channel_level[c] *
                              endpoint->level * endpoint->channel_level[c];
    }
    mmk_stream_set_gain(client->stream, gains, client->format.channels);
}

void mmki_session_apply(struct mmki_session *session)
{
    for (struct mmki_client *c = session->clients; c != NULL; c = c->session_next)
        mmki_client_apply_volume(c);
}

/* ------------------------------------------------------------------ callbacks */

HRESULT mmki_session_events_add(struct mmki_session *session, IAudioSessionEvents *events)
{
    struct mmki_card *card = mmki_card();
    struct mmki_session_events *entry = mmki_alloc(sizeof *entry);
    if (entry == NULL)
        return E_OUTOFMEMORY;
    IAudioSessionEvents_AddRef(events);
    entry->events = events;
    AcquireSRWLockExclusive(&card->lock);
    entry->next = session->events;
    session->events = entry;
    ReleaseSRWLockExclusive(&card->lock);
    return S_OK;
}

HRESULT mmki_session_events_remove(struct mmki_session *session, IAudioSessionEvents *events)
{
    struct mmki_card *card = mmki_card();
    struct mmki_session_events *found = NULL;
    AcquireSRWLockExclusive(&card->lock);
    for (struct mmki_session_events **at = &session->events; *at != NULL; at = &(*at)->next) {
        if ((*at)->events == events) {
            found = *at;
            *at = found->next;
            break;
        }
    }
    ReleaseSRWLockExclusive(&card->lock);
    if (found == NULL)
        return MMKI_E_NOT_FOUND;
    IAudioSessionEvents_Release(found->events);
    mmki_free(found);
    return S_OK;
}

/* The callbacks as they are now, each with a reference more: they are called without the lock. */
#define TOLD_MAX 32u
static unsigned listeners(struct mmki_session *session, IAudioSessionEvents *out[TOLD_MAX])
{
    unsigned n = 0;
    for (struct mmki_session_events *e = session->events; e != NULL && n < TOLD_MAX; e = e->next) {
        IAudioSessionEvents_AddRef(e->events);
        out[n++] = e->events;
    }
    return n;
}

void mmki_session_tell_state(struct mmki_session *session)
{
    struct mmki_card *card = mmki_card();
    IAudioSessionEvents *told[TOLD_MAX];
    unsigned n = 0;
    AcquireSRWLockExclusive(&card->lock);
    const AudioSessionState state = mmki_session_state(session);
    if (state != session->told) {
        session->told = state;
        n = listeners(session, told);
    }
    ReleaseSRWLockExclusive(&card->lock);
    for (unsigned i = 0; i < n; i++) {
        IAudioSessionEvents_OnStateChanged(told[i], state);
        IAudioSessionEvents_Release(told[i]);
    }
}

void mmki_session_tell_disconnected(struct mmki_session *session,
                                    AudioSessionDisconnectReason reason)
{
    struct mmki_card *card = mmki_card();
    IAudioSessionEvents *told[TOLD_MAX];
    AcquireSRWLockExclusive(&card->lock);
    const unsigned n = listeners(session, told);
    ReleaseSRWLockExclusive(&card->lock);
    for (unsigned i = 0; i < n; i++) {
        IAudioSessionEvents_OnSessionDisconnected(told[i], reason);
        IAudioSessionEvents_Release(told[i]);
    }
    mmki_session_tell_state(session);
}

struct change {
    float level, channel_level[MMK_CHANNELS_MAX];
    BOOL mute;
    unsigned n_channels;
    DWORD channel;
    WCHAR *name, *icon;
    GUID grouping;
};

static void tell_one(IAudioSessionEvents *events, int what, struct change *now, const GUID *context)
{
    switch (what) {
    case MMKI_SESSION_TOLD_VOLUME:
        IAudioSessionEvents_OnSimpleVolumeChanged(events, now->level, now->mute, context);
        break;
    case MMKI_SESSION_TOLD_CHANNELS:
        IAudioSessionEvents_OnChannelVolumeChanged(events, now->n_channels, now->channel_level,
                                                   now->channel, context);
        break;
    case MMKI_SESSION_TOLD_NAME:
        IAudioSessionEvents_OnDisplayNameChanged(events, now->name, context);
        break;
    case MMKI_SESSION_TOLD_ICON:
        IAudioSessionEvents_OnIconPathChanged(events, now->icon, context);
        break;
    default:
        IAudioSessionEvents_OnGroupingParamChanged(events, &now->grouping, context);
        break;
    }
}

static void tell_change(struct mmki_session *session, int what, DWORD channel, const GUID *context)
{
    struct mmki_card *card = mmki_card();
    const GUID whose = context != NULL ? *context : GUID_NULL;
    IAudioSessionEvents *told[TOLD_MAX];
    struct change now;
    AcquireSRWLockExclusive(&card->lock);
    const unsigned n = listeners(session, told);
    now.channel = channel;
    now.level = session->level;
    now.mute = session->mute;
    now.n_channels = session->n_channels;
    now.grouping = session->grouping;
    memcpy(now.channel_level, session->channel_level, sizeof now.channel_level);
    now.name = mmki_task_text(session->name != NULL ? session->name : L"");
    now.icon = mmki_task_text(session->icon != NULL ? session->icon : L"");
    ReleaseSRWLockExclusive(&card->lock);
    for (unsigned i = 0; i < n; i++) {
        if (now.name != NULL && now.icon != NULL)
            tell_one(told[i], what, &now, &whose);
        IAudioSessionEvents_Release(told[i]);
    }
    CoTaskMemFree(now.name);
    CoTaskMemFree(now.icon);
}

void mmki_session_tell(struct mmki_session *session, int what, const GUID *context)
{
    tell_change(session, what, (DWORD)-1, context);
}

void mmki_session_tell_channels(struct mmki_session *session, DWORD channel, const GUID *context)
{
    tell_change(session, MMKI_SESSION_TOLD_CHANNELS, channel, context);
}
