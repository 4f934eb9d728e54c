/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IAudioEndpointVolume and Ex: the volume of all that is played or recorded through an endpoint, by
 * this process or, as the setting is, by all. The scale is linear, as everywhere in mmekit, so that
 * 1 changes no bit; decibels are those of the amplitude. */
#include "endpoint_object.h"

#include <math.h>
#include <string.h>

#define DB_MIN   (-96.0f)
#define DB_MAX   0.0f
#define DB_STEP  0.5f
#define N_STEPS  51u /* 0 .. 100 % in steps of 2 */
#define TOLD_MAX 32u

struct mmki_volume_callback {
    struct mmki_volume_callback *next;
    IAudioEndpointVolumeCallback *callback;
};

static bool answers(REFIID iid)
{
    return IsEqualIID(iid, &IID_IAudioEndpointVolume) ||
           IsEqualIID(iid, &IID_IAudioEndpointVolumeEx);
}

MMKI_ENDPOINT_OBJECT(volume, IAudioEndpointVolumeEx)

/* ------------------------------------------------------------------ scale */

static float to_db(float level)
{
    const float db = level > 0.0f ? 20.0f * log10f(level) : DB_MIN;
    return db < DB_MIN ? DB_MIN : db;
}

static float from_db(float db)
{
    if (!(db > DB_MIN))
        return 0.0f;
    return db >= DB_MAX ? 1.0f : powf(10.0f, db / 20.0f);
}

static bool is_level(float level)
{
    return level >= 0.0f && level <= 1.0f;
}

static bool is_db(float db)
{
    return db >= DB_MIN && db <= DB_MAX;
}

static HRESULT channel_count(struct mmki_endpoint *endpoint, UINT *n)
{
    struct mmk_format format;
    const mmk_err err = mmki_endpoint_format(endpoint, &format);
    if (err == MMK_OK)
        *n = format.channels;
    return mmki_hresult(err);
}

/* ------------------------------------------------------------------ change and tell */

/** What its callbacks are told, with room for all channels behind it. */
union notice {
    AUDIO_VOLUME_NOTIFICATION_DATA data;
    unsigned char room[sizeof(AUDIO_VOLUME_NOTIFICATION_DATA) + MMK_CHANNELS_MAX * sizeof(float)];
};

/** What is told, and whom. */
struct telling {
    union notice notice;
    unsigned n;
    IAudioEndpointVolumeCallback *told[TOLD_MAX];
};

/* With the card's lock. */
static void prepare(struct mmki_endpoint *e, UINT n_channels, const GUID *context,
                    struct telling *t)
{
    memset(t, 0, sizeof *t);
    t->notice.data.guidEventContext = context != NULL ? *context : GUID_NULL;
    t->notice.data.bMuted = e->mute;
    t->notice.data.fMasterVolume = e->level;
    t->notice.data.nChannels = n_channels;
    memcpy(t->notice.room + offsetof(AUDIO_VOLUME_NOTIFICATION_DATA, afChannelVolumes),
           e->channel_level, n_channels * sizeof(float));
    for (struct mmki_volume_callback *c = e->volume_callbacks; c != NULL && t->n < TOLD_MAX;
         c = c->next) {
        IAudioEndpointVolumeCallback_AddRef(c->callback);
        t->told[t->n++] = c->callback;
    }
}

static void tell(struct telling *t)
{
    for (unsigned i = 0; i < t->n; i++) {
        IAudioEndpointVolumeCallback_OnNotify(t->told[i], &t->notice.data);
        IAudioEndpointVolumeCallback_Release(t->told[i]);
    }
}

/** One change: a channel's level, the level of all, or mute. */
struct change {
    int channel; /* -1: all; -2: mute */
    float level;
    bool mute;
};

static float distance(float a, float b)
{
    return a > b ? a - b : b - a;
}

/* @return whether anything is another now. With the card's lock. */
static bool apply(struct mmki_endpoint *e, const struct change *wanted)
{
    float *level = wanted->channel < 0 ? &e->level : &e->channel_level[wanted->channel];
    bool changed;
    if (wanted->channel == -2) {
        changed = e->mute != wanted->mute;
        e->mute = wanted->mute;
    } else {
        changed = distance(*level, wanted->level) > 0.0f;
        *level = wanted->level;
    }
    for (struct mmki_session *s = e->sessions; s != NULL; s = s->next)
        mmki_session_apply(s);
    return changed;
}

static void remember(const struct mmki_endpoint *e, const GUID *context)
{
    struct mmki_volume volume = {.level = e->level, .mute = e->mute};
    memcpy(volume.channel_level, e->channel_level, sizeof volume.channel_level);
    if (context != NULL)
        volume.context = *context;
    mmki_volume_save_endpoint(e, &volume);
}

static HRESULT change(struct mmki_endpoint *e, const struct change *wanted, const GUID *context)
{
    struct mmki_card *card = mmki_card();
    struct telling telling;
    UINT n_channels = 0;
    const HRESULT hr = channel_count(e, &n_channels);
    if (FAILED(hr))
        return hr;
    if (wanted->channel >= (int)n_channels)
        return E_INVALIDARG;
    mmki_endpoints_refresh(); /* so that this change is made to what others have left */
    mmki_volumes_lock();
    AcquireSRWLockExclusive(&card->lock);
    const bool changed = apply(e, wanted);
    const bool shared = card->volumes != MMKI_VOLUMES_PROCESS;
    telling.n = 0;
    if (changed || wanted->channel != -2)
        prepare(e, n_channels, context, &telling);
    ReleaseSRWLockExclusive(&card->lock);
    if (changed && shared)
        remember(e, context);
    mmki_volumes_unlock();
    tell(&telling);
    return wanted->channel == -2 && !changed ? S_FALSE : S_OK;
}

static bool is_same(const struct mmki_endpoint *e, const struct mmki_volume *v)
{
    float sum = distance(e->level, v->level);
    for (unsigned c = 0; c < MMK_CHANNELS_MAX; c++)
        sum += distance(e->channel_level[c], v->channel_level[c]);
    return !(sum > 0.0f) && e->mute == v->mute;
}

/* Also while the card is being made: nothing here may ask for it. */
void mmki_endpoint_volume_refresh(struct mmki_card *card, struct mmki_endpoint *endpoint)
{
    struct mmki_volume stored;
    if (card->volumes == MMKI_VOLUMES_PROCESS)
        return;
    mmki_volumes_lock();
    bool changed = mmki_volume_load_endpoint(endpoint, &stored);
    AcquireSRWLockExclusive(&card->lock);
    changed = changed && !is_same(endpoint, &stored);
    if (changed) {
        endpoint->level = stored.level;
        endpoint->mute = stored.mute;
        memcpy(endpoint->channel_level, stored.channel_level, sizeof endpoint->channel_level);
        for (struct mmki_session *s = endpoint->sessions; s != NULL; s = s->next)
            mmki_session_apply(s);
    }
    const bool wanted = changed && endpoint->volume_callbacks != NULL;
    ReleaseSRWLockExclusive(&card->lock);
    mmki_volumes_unlock();
    if (wanted)
        mmki_notice_post(&(struct mmki_notice){
            .kind = MMKI_NOTICE_VOLUME, .endpoint = endpoint, .key.fmtid = stored.context});
}

void mmki_endpoint_volume_tell(struct mmki_endpoint *endpoint, const GUID *context)
{
    struct mmki_card *card = mmki_card();
    struct telling telling;
    AcquireSRWLockShared(&card->lock);
    prepare(endpoint, endpoint->configured.channels, context, &telling);
    ReleaseSRWLockShared(&card->lock);
    tell(&telling);
}

static HRESULT STDMETHODCALLTYPE add_callback(IAudioEndpointVolumeEx *iface,
                                              IAudioEndpointVolumeCallback *callback)
{
    struct mmki_card *card = mmki_card();
    struct mmki_endpoint *e = endpoint_of(iface);
    if (callback == NULL)
        return E_POINTER;
    struct mmki_volume_callback *entry = mmki_alloc(sizeof *entry);
    if (entry == NULL)
        return E_OUTOFMEMORY;
    IAudioEndpointVolumeCallback_AddRef(callback);
    entry->callback = callback;
    AcquireSRWLockExclusive(&card->lock);
    entry->next = e->volume_callbacks;
    e->volume_callbacks = entry;
    ReleaseSRWLockExclusive(&card->lock);
    mmki_watch_start(); /* others' changes too */
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE remove_callback(IAudioEndpointVolumeEx *iface,
                                                 IAudioEndpointVolumeCallback *callback)
{
    struct mmki_card *card = mmki_card();
    struct mmki_endpoint *e = endpoint_of(iface);
    struct mmki_volume_callback *found = NULL;
    if (callback == NULL)
        return E_POINTER;
    AcquireSRWLockExclusive(&card->lock);
    for (struct mmki_volume_callback **at = &e->volume_callbacks; *at != NULL; at = &(*at)->next) {
        if ((*at)->callback == callback) {
            found = *at;
            *at = found->next;
            break;
        }
    }
    ReleaseSRWLockExclusive(&card->lock);
    if (found == NULL)
        return E_INVALIDARG;
    IAudioEndpointVolumeCallback_Release(found->callback);
    mmki_free(found);
    return S_OK;
}

/* ------------------------------------------------------------------ levels */

static HRESULT STDMETHODCALLTYPE get_channel_count(IAudioEndpointVolumeEx *iface, UINT *n)
{
    return n != NULL ? channel_count(endpoint_of(iface), n) : E_POINTER;
}

static HRESULT STDMETHODCALLTYPE set_master_db(IAudioEndpointVolumeEx *iface, float db,
                                               const GUID *context)
{
    if (!is_db(db))
        return E_INVALIDARG;
    return change(endpoint_of(iface), &(struct change){.channel = -1, .level = from_db(db)},
                  context);
}

static HRESULT STDMETHODCALLTYPE set_master(IAudioEndpointVolumeEx *iface, float level,
                                            const GUID *context)
{
    if (!is_level(level))
        return E_INVALIDARG;
    return change(endpoint_of(iface), &(struct change){.channel = -1, .level = level}, context);
}

static HRESULT STDMETHODCALLTYPE get_master(IAudioEndpointVolumeEx *iface, float *level)
{
    struct mmki_card *card = mmki_card();
    if (level == NULL)
        return E_POINTER;
    mmki_endpoints_refresh();
    AcquireSRWLockShared(&card->lock);
    *level = endpoint_of(iface)->level;
    ReleaseSRWLockShared(&card->lock);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_master_db(IAudioEndpointVolumeEx *iface, float *db)
{
    const HRESULT hr = get_master(iface, db);
    if (SUCCEEDED(hr))
        *db = to_db(*db);
    return hr;
}

static HRESULT STDMETHODCALLTYPE set_channel(IAudioEndpointVolumeEx *iface, UINT channel,
                                             float level, const GUID *context)
{
    if (!is_level(level) || channel >= MMK_CHANNELS_MAX)
        return E_INVALIDARG;
    return change(endpoint_of(iface), &(struct change){.channel = (int)channel, .level = level},
                  context);
}

static HRESULT STDMETHODCALLTYPE set_channel_db(IAudioEndpointVolumeEx *iface, UINT channel,
                                                float db, const GUID *context)
{
    return is_db(db) ? set_channel(iface, channel, from_db(db), context) : E_INVALIDARG;
}

static HRESULT STDMETHODCALLTYPE get_channel(IAudioEndpointVolumeEx *iface, UINT channel,
                                             float *level)
{
    struct mmki_card *card = mmki_card();
    struct mmki_endpoint *e = endpoint_of(iface);
    UINT n = 0;
    if (level == NULL)
        return E_POINTER;
    const HRESULT hr = channel_count(e, &n);
    if (FAILED(hr))
        return hr;
    if (channel >= n)
        return E_INVALIDARG;
    mmki_endpoints_refresh();
    AcquireSRWLockShared(&card->lock);
    *level = e->channel_level[channel];
    ReleaseSRWLockShared(&card->lock);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_channel_db(IAudioEndpointVolumeEx *iface, UINT channel,
                                                float *db)
{
    const HRESULT hr = get_channel(iface, channel, db);
    if (SUCCEEDED(hr))
        *db = to_db(*db);
    return hr;
}

static HRESULT STDMETHODCALLTYPE set_mute(IAudioEndpointVolumeEx *iface, BOOL mute,
                                          const GUID *context)
{
    return change(endpoint_of(iface), &(struct change){.channel = -2, .mute = mute != FALSE},
                  context);
}

static HRESULT STDMETHODCALLTYPE get_mute(IAudioEndpointVolumeEx *iface, BOOL *mute)
{
    struct mmki_card *card = mmki_card();
    if (mute == NULL)
        return E_POINTER;
    mmki_endpoints_refresh();
    AcquireSRWLockShared(&card->lock);
    *mute = endpoint_of(iface)->mute;
    ReleaseSRWLockShared(&card->lock);
    return S_OK;
}

/* ------------------------------------------------------------------ steps and ranges */

static HRESULT STDMETHODCALLTYPE get_step(IAudioEndpointVolumeEx *iface, UINT *step, UINT *n_steps)
{
    float level = 0.0f;
    if (step == NULL || n_steps == NULL)
        return E_POINTER;
    const HRESULT hr = get_master(iface, &level);
    *step = (UINT)(level * (float)(N_STEPS - 1) + 0.5f);
    *n_steps = N_STEPS;
    return hr;
}

static HRESULT move(IAudioEndpointVolumeEx *iface, int by, const GUID *context)
{
    UINT step = 0, n_steps = 0;
    const HRESULT hr = get_step(iface, &step, &n_steps);
    if (FAILED(hr))
        return hr;
    if ((by < 0 && step == 0) || (by > 0 && step + 1 >= n_steps))
        return S_OK;
    return set_master(iface, (float)((int)step + by) / (float)(n_steps - 1), context);
}

static HRESULT STDMETHODCALLTYPE step_up(IAudioEndpointVolumeEx *iface, const GUID *context)
{
    return move(iface, 1, context);
}

static HRESULT STDMETHODCALLTYPE step_down(IAudioEndpointVolumeEx *iface, const GUID *context)
{
    return move(iface, -1, context);
}

static HRESULT STDMETHODCALLTYPE query_hardware(IAudioEndpointVolumeEx *iface, DWORD *mask)
{
    (void)iface;
    if (mask == NULL)
        return E_POINTER;
    *mask = 0; /* all in the engine */
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_range(IAudioEndpointVolumeEx *iface, float *minimum,
                                           float *maximum, float *step)
{
    (void)iface;
    if (minimum == NULL || maximum == NULL || step == NULL)
        return E_POINTER;
    *minimum = DB_MIN;
    *maximum = DB_MAX;
    *step = DB_STEP;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_channel_range(IAudioEndpointVolumeEx *iface, UINT channel,
                                                   float *minimum, float *maximum, float *step)
{
    UINT n = 0;
    const HRESULT hr = channel_count(endpoint_of(iface), &n);
    if (FAILED(hr))
        return hr;
    return channel < n ? get_range(iface, minimum, maximum, step) : E_INVALIDARG;
}

static const IAudioEndpointVolumeExVtbl table = {
    MMKI_UNKNOWN_TABLE(volume),
    .RegisterControlChangeNotify = add_callback,
    .UnregisterControlChangeNotify = remove_callback,
    .GetChannelCount = get_channel_count,
    .SetMasterVolumeLevel = set_master_db,
    .SetMasterVolumeLevelScalar = set_master,
    .GetMasterVolumeLevel = get_master_db,
    .GetMasterVolumeLevelScalar = get_master,
    .SetChannelVolumeLevel = set_channel_db,
    .SetChannelVolumeLevelScalar = set_channel,
    .GetChannelVolumeLevel = get_channel_db,
    .GetChannelVolumeLevelScalar = get_channel,
    .SetMute = set_mute,
    .GetMute = get_mute,
    .GetVolumeStepInfo = get_step,
    .VolumeStepUp = step_up,
    .VolumeStepDown = step_down,
    .QueryHardwareSupport = query_hardware,
    .GetVolumeRange = get_range,
    .GetVolumeRangeChannel = get_channel_range,
};

HRESULT mmki_endpoint_volume_new(struct mmki_endpoint *endpoint, REFIID iid, void **out)
{
    return make(endpoint, &table, iid, out);
}
