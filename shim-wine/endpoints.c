/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Which endpoints there are, in which order, under which names, and which are the default: as the
 * settings and Drivers32 say, read again when they have changed. */
#include "wine_internal.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <mmk/hash.h>
#include <mmk/shipped.h>

static SRWLOCK refreshing = SRWLOCK_INIT;
static atomic_ulong refresher; /* the thread that has it */

/* ------------------------------------------------------------------ one endpoint */

/* The endpoint's GUID is the same in every process and at every start: programs store it. */
static GUID endpoint_guid(const struct mmki_endpoint *endpoint)
{
    GUID guid = {0x6d6d656b, 0x6974, 0x4d4d, {0x9a, 0, 0, 0, 0, 0, 0, 0}};
    guid.Data4[1] = (unsigned char)endpoint->direction;
    guid.Data4[7] = (unsigned char)endpoint->index;
    if (endpoint->alias[0] != 0) {
        const uint64_t hash =
            mmk_fnv1a64(MMK_FNV1A64_INIT, endpoint->alias, strlen(endpoint->alias));
        for (unsigned i = 2; i < 8; i++)
            guid.Data4[i] = (unsigned char)(hash >> (8 * (i - 2)));
        guid.Data4[0] = 0x9b;
    }
    return guid;
}

static struct mmki_endpoint *make_endpoint(mmk_direction direction, uint32_t index,
                                           const char *alias)
{
    WCHAR guid[40];
    struct mmki_endpoint *endpoint = mmki_alloc(sizeof *endpoint);
    if (endpoint == NULL)
        return NULL;
    endpoint->direction = direction;
    endpoint->index = index;
    mmki_format(endpoint->alias, sizeof endpoint->alias, "%s", alias);
    endpoint->level = 1.0f;
    for (unsigned c = 0; c < MMK_CHANNELS_MAX; c++)
        endpoint->channel_level[c] = 1.0f;
    endpoint->guid = endpoint_guid(endpoint);
    StringFromGUID2(&endpoint->guid, guid, sizeof guid / sizeof *guid);
    CharLowerW(guid);
    _snwprintf(endpoint->id, MMKI_ID_UNITS - 1, L"{0.0.%d.00000000}.%s",
               direction == MMK_CAPTURE ? 1 : 0, guid);
    return endpoint;
}

enum mmki_origin mmki_endpoint_origin(const struct mmki_endpoint *endpoint)
{
    return endpoint->alias[0] != 0 ? MMKI_OF_BRIDGE : MMKI_OF_CARD;
}

void mmki_endpoint_names(struct mmki_endpoint *endpoint, WCHAR name[MMKI_NAME_UNITS],
                         WCHAR description[MMKI_NAME_UNITS])
{
    struct mmki_card *card = mmki_card();
    AcquireSRWLockShared(&card->lock);
    if (name != NULL)
        wcscpy(name, endpoint->name);
    if (description != NULL)
        wcscpy(description, endpoint->description);
    ReleaseSRWLockShared(&card->lock);
}

/* ------------------------------------------------------------------ what is wanted */

/** One endpoint as the settings want it. */
struct wanted {
    mmk_direction direction;
    uint32_t index;
    char alias[64];
    WCHAR name[MMKI_NAME_UNITS];
    struct mmk_format format;
    struct mmki_endpoint *endpoint; /* found or made */
    bool appeared;
};

/** All that one reading of the settings gave. On the heap: too large for a small stack. */
struct reading {
    struct mmk_settings settings;
    struct wanted wanted[MMKI_ENDPOINTS_MAX];
    unsigned n;
    enum mmki_origin order[MMKI_ORIGINS];
    struct mmki_endpoint *gone[MMKI_ENDPOINTS_MAX], *changed[MMKI_ENDPOINTS_MAX];
    struct mmki_endpoint *renamed[MMKI_ENDPOINTS_MAX];
    unsigned n_gone, n_changed, n_renamed;
};

static struct wanted *add(struct reading *r, mmk_direction direction, uint32_t index,
                          const char *alias)
{
    if (r->n == MMKI_ENDPOINTS_MAX)
        return NULL;
    struct wanted *w = &r->wanted[r->n++];
    w->direction = direction;
    w->index = index;
    mmki_format(w->alias, sizeof w->alias, "%s", alias);
    return w;
}

static void usual_name(struct wanted *w)
{
    const WCHAR *kind = w->direction == MMK_CAPTURE ? L"mmekit line in" : L"mmekit speakers";
    if (w->index == 0)
        wcscpy(w->name, kind);
    else
        _snwprintf(w->name, MMKI_NAME_UNITS - 1, L"%s %u", kind, w->index + 1);
}

static void want_own(struct reading *r, mmk_direction direction, uint32_t n)
{
    struct mmk_wave_setup setup;
    for (uint32_t i = 0; i < n; i++) {
        struct wanted *w = add(r, direction, i, "");
        if (w == NULL)
            return;
        if (mmki_settings(i, &r->settings) != MMK_OK)
            mmk_settings_defaults(&mmk_wine_card_params, &r->settings);
        const char *name = mmk_settings_text(&r->settings, "name");
        if (name[0] == 0 ||
            MultiByteToWideChar(CP_UTF8, 0, name, -1, w->name, MMKI_NAME_UNITS) == 0)
            usual_name(w);
        if (mmk_virtual_card.setup(&r->settings, direction, &setup) == MMK_OK)
            w->format = setup.device.format;
    }
}

static void want_bridge(struct reading *r, mmk_direction direction)
{
    char alias[16];
    WCHAR title[MMKI_NAME_UNITS];
    for (unsigned i = 0; i < MMKI_BRIDGE_ALIASES; i++) {
        if (!mmki_bridge_driver(i, alias, sizeof alias, title))
            continue;
        struct wanted *w = add(r, direction, 0, alias);
        if (w == NULL)
            return;
        wcscpy(w->name, title);
    }
}

/** "card,bridge,system", checked by the table. */
static void read_order(const char *text, enum mmki_origin order[MMKI_ORIGINS])
{
    for (unsigned i = 0; i < MMKI_ORIGINS; i++) {
        order[i] = *text == 'c' ? MMKI_OF_CARD : *text == 'b' ? MMKI_OF_BRIDGE : MMKI_OF_SYSTEM;
        text += strcspn(text, ",");
        text += *text == ',';
    }
}

static void read_defaults(const struct mmk_settings *settings, struct mmki_card *card)
{
    static const char *const roles[ERole_enum_count] = {
        [eConsole] = "console",
        [eMultimedia] = "multimedia",
        [eCommunications] = "communications",
    };
    char row[40];
    for (int flow = eRender; flow <= eCapture; flow++)
        for (int role = 0; role < ERole_enum_count; role++) {
            mmki_format(row, sizeof row, "%s_%s", roles[role],
                        flow == eRender ? "output" : "input");
            mmki_format(card->default_of[flow][role], sizeof card->default_of[flow][role], "%s",
                        mmk_settings_text(settings, row));
        }
}

/* Driver's settings into the card at once; what there shall be into the reading. */
static void read_settings(struct mmki_card *card, struct reading *r)
{
    (void)mmki_settings(MMK_DEVICE_NONE, &r->settings); /* on failure: what could be read */
    const uint32_t n = mmk_settings_number(&r->settings, "devices");
    read_order(mmk_settings_text(&r->settings, "order"), r->order);
    AcquireSRWLockExclusive(&card->lock);
    read_defaults(&r->settings, card);
    memcpy(card->order, r->order, sizeof card->order);
    card->volumes = (enum mmki_volumes)mmk_settings_number(&r->settings, "volumes");
    ReleaseSRWLockExclusive(&card->lock);
    for (unsigned i = 0; i < MMKI_ORIGINS; i++) {
        if (r->order[i] == MMKI_OF_CARD) {
            want_own(r, MMK_PLAYBACK, n);
            want_own(r, MMK_CAPTURE, n);
        } else if (r->order[i] == MMKI_OF_BRIDGE) {
            want_bridge(r, MMK_PLAYBACK);
            want_bridge(r, MMK_CAPTURE);
        }
    }
}

/* ------------------------------------------------------------------ from one list to the next */

static struct mmki_endpoint *find_known(const struct mmki_card *card, const struct wanted *w)
{
    for (struct mmki_endpoint *e = card->known; e != NULL; e = e->next_known)
        if (e->direction == w->direction && e->index == w->index && strcmp(e->alias, w->alias) == 0)
            return e;
    return NULL;
}

/* With the card's lock. */
static void match(struct mmki_card *card, struct reading *r, struct wanted *w)
{
    struct mmki_endpoint *e = find_known(card, w);
    if (e == NULL) {
        e = make_endpoint(w->direction, w->index, w->alias);
        if (e == NULL)
            return;
        wcscpy(e->description, w->direction == MMK_CAPTURE ? L"Line In" : L"Speakers");
        e->next_known = card->known;
        card->known = e;
    }
    w->endpoint = e;
    w->appeared = !atomic_load(&e->present);
    if (!w->appeared && wcscmp(e->name, w->name) != 0)
        r->renamed[r->n_renamed++] = e;
    if (!w->appeared && memcmp(&e->configured, &w->format, sizeof w->format) != 0)
        r->changed[r->n_changed++] = e;
    wcscpy(e->name, w->name);
    e->configured = w->format;
}

static bool is_wanted(const struct reading *r, const struct mmki_endpoint *endpoint)
{
    for (unsigned i = 0; i < r->n; i++)
        if (r->wanted[i].endpoint == endpoint)
            return true;
    return false;
}

static void put_in_place(struct mmki_card *card, struct reading *r)
{
    AcquireSRWLockExclusive(&card->lock);
    for (unsigned i = 0; i < r->n; i++)
        match(card, r, &r->wanted[i]);
    for (unsigned i = 0; i < card->n_present; i++)
        if (!is_wanted(r, card->present[i]))
            r->gone[r->n_gone++] = card->present[i];
    for (unsigned i = 0; i < r->n_gone; i++)
        atomic_store(&r->gone[i]->present, false);
    card->n_present = 0;
    for (unsigned i = 0; i < r->n; i++) {
        if (r->wanted[i].endpoint == NULL)
            continue; /* no memory */
        atomic_store(&r->wanted[i].endpoint->present, true);
        card->present[card->n_present++] = r->wanted[i].endpoint;
    }
    ReleaseSRWLockExclusive(&card->lock);
}

static void post(const struct mmki_endpoint *endpoint, enum mmki_notice_kind kind, DWORD state,
                 const PROPERTYKEY *key)
{
    struct mmki_notice notice = {.kind = kind, .state = state};
    if (key != NULL)
        notice.key = *key;
    wcscpy(notice.id, endpoint->id);
    mmki_notice_post(&notice);
}

/* The order is the one in which Windows tells of a device that is unplugged, removed, installed. */
static void follow(struct reading *r)
{
    for (unsigned i = 0; i < r->n_gone; i++) {
        mmki_endpoint_cut(r->gone[i], DisconnectReasonDeviceRemoval);
        post(r->gone[i], MMKI_NOTICE_STATE, DEVICE_STATE_NOTPRESENT, NULL);
        post(r->gone[i], MMKI_NOTICE_REMOVED, 0, NULL);
    }
    for (unsigned i = 0; i < r->n; i++) {
        if (r->wanted[i].endpoint == NULL || !r->wanted[i].appeared)
            continue;
        post(r->wanted[i].endpoint, MMKI_NOTICE_ADDED, 0, NULL);
        post(r->wanted[i].endpoint, MMKI_NOTICE_STATE, DEVICE_STATE_ACTIVE, NULL);
    }
    for (unsigned i = 0; i < r->n_renamed; i++) {
        post(r->renamed[i], MMKI_NOTICE_PROPERTY, 0, &PKEY_DeviceInterface_FriendlyName);
        post(r->renamed[i], MMKI_NOTICE_PROPERTY, 0, &PKEY_Device_FriendlyName);
    }
    for (unsigned i = 0; i < r->n_changed; i++) {
        mmki_endpoint_cut(r->changed[i], DisconnectReasonFormatChanged);
        post(r->changed[i], MMKI_NOTICE_PROPERTY, 0, &PKEY_AudioEngine_DeviceFormat);
    }
}

static void refresh(struct mmki_card *card, bool first)
{
    struct reading *r = mmki_alloc(sizeof *r);
    if (r == NULL)
        return; /* the list stays as it is */
    read_settings(card, r);
    put_in_place(card, r);
    if (!first) {
        follow(r);
        mmki_notice_defaults();
    }
    for (unsigned i = 0; i < r->n; i++)
        if (r->wanted[i].endpoint != NULL)
            mmki_endpoint_volume_refresh(card, r->wanted[i].endpoint);
    mmki_free(r);
}

void mmki_endpoints_find(struct mmki_card *card)
{
    (void)mmki_watch_changed(); /* watched from before the first reading */
    refresh(card, true);
}

void mmki_endpoints_refresh(void)
{
    struct mmki_card *card = mmki_card();
    if (atomic_load(&refresher) == GetCurrentThreadId())
        return; /* a callback, or a service's end, in the middle of one */
    AcquireSRWLockExclusive(&refreshing);
    const bool changed = mmki_watch_changed();
    if (changed) {
        atomic_store(&refresher, GetCurrentThreadId());
        refresh(card, false);
        atomic_store(&refresher, 0);
    }
    ReleaseSRWLockExclusive(&refreshing);
    if (changed && !mmki_watch_wake())
        mmki_notices_deliver();
}

/* ------------------------------------------------------------------ asked for one */

/* Also one that went: who has its id may hear of its state. */
struct mmki_endpoint *mmki_endpoint_by_id(const WCHAR *id)
{
    struct mmki_card *card = mmki_card();
    struct mmki_endpoint *found = NULL;
    AcquireSRWLockShared(&card->lock);
    for (struct mmki_endpoint *e = card->known; e != NULL && found == NULL; e = e->next_known)
        if (lstrcmpiW(e->id, id) == 0)
            found = e;
    ReleaseSRWLockShared(&card->lock);
    return found;
}

/** A default device's text against one endpoint: "2", "wave1", its id or its name. */
static bool is_meant(const struct mmki_endpoint *e, const char *text)
{
    char number[12];
    WCHAR wide[MMKI_NAME_UNITS];
    if (e->alias[0] != 0)
        mmki_format(number, sizeof number, "%s", e->alias);
    else
        mmki_format(number, sizeof number, "%u", e->index + 1);
    if (lstrcmpiA(number, text) == 0)
        return true;
    return MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, MMKI_NAME_UNITS) != 0 &&
           (lstrcmpiW(wide, e->id) == 0 || lstrcmpiW(wide, e->name) == 0);
}

/** What a default device's setting gave. */
struct choice {
    struct mmki_endpoint *endpoint; /* ours */
    bool system;                    /* the system's own default */
    WCHAR id[MMKI_NAME_UNITS];      /* or this one of the system's; "": not */
    bool system_first;              /* if nothing else was said */
    struct mmki_endpoint *first;
};

static bool is_flow(const struct mmki_endpoint *e, EDataFlow flow)
{
    return (e->direction == MMK_CAPTURE) == (flow == eCapture);
}

static void choose(struct mmki_card *card, EDataFlow flow, ERole role, struct choice *out)
{
    memset(out, 0, sizeof *out);
    AcquireSRWLockShared(&card->lock);
    const char *text = card->default_of[flow][role];
    for (unsigned i = 0; i < card->n_present; i++) {
        struct mmki_endpoint *e = card->present[i];
        if (!is_flow(e, flow))
            continue;
        if (out->first == NULL)
            out->first = e;
        if (text[0] != 0 && out->endpoint == NULL && is_meant(e, text))
            out->endpoint = e;
    }
    out->system_first =
        out->first == NULL || card->order[0] == MMKI_OF_SYSTEM ||
        (mmki_endpoint_origin(out->first) != card->order[0] && card->order[1] == MMKI_OF_SYSTEM);
    out->system = lstrcmpiA(text, "system") == 0;
    if (text[0] == '{' && out->endpoint == NULL)
        MultiByteToWideChar(CP_UTF8, 0, text, -1, out->id, MMKI_NAME_UNITS);
    ReleaseSRWLockShared(&card->lock);
}

/* What is set but not there counts as not set. */
HRESULT mmki_default_device(EDataFlow flow, ERole role, IMMDevice **out)
{
    IMMDeviceEnumerator *builtin = mmki_builtin();
    struct choice c;
    choose(mmki_card(), flow, role, &c);
    if (c.endpoint != NULL)
        return mmki_device_get(c.endpoint, out);
    if (builtin != NULL && c.id[0] != 0 &&
        SUCCEEDED(IMMDeviceEnumerator_GetDevice(builtin, c.id, out)))
        return S_OK;
    if (builtin != NULL && (c.system || c.system_first) &&
        SUCCEEDED(IMMDeviceEnumerator_GetDefaultAudioEndpoint(builtin, flow, role, out)))
        return S_OK;
    *out = NULL;
    return c.first != NULL ? mmki_device_get(c.first, out) : MMKI_E_NOT_FOUND;
}
