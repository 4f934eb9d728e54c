/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* One mixer: one destination line with two controls, no sources. */

#include <string.h>

#include "wave_internal.h"

#define LINE_ID                                                                      \
    0xFFFF0000u /* low word: destination 0, high word: no source, as winmm's own are \
                 */
#define NO_SOURCE   0xFFFFFFFFu
#define N_CONTROLS  2u
#define N_CHANNELS  2u
#define HANDLE_MARK 0x800u /* bit 11: not a stream */

/* ------------------------------------------------------------------ clients */

static uint32_t mixer_handle(const struct mmk_wave *wave, uint32_t index)
{
    return (wave->mixer[index].generation & 0xFFFFFu) << 12 | HANDLE_MARK | index;
}

/* Lock held. @return MIXERS_MAX if stale */
static uint32_t find(const struct mmk_wave *wave, uintptr_t user)
{
    for (uint32_t i = 0; i < MIXERS_MAX; i++)
        if (wave->mixer[i].used && mixer_handle(wave, i) == user)
            return i;
    return MIXERS_MAX;
}

/* A question to the device comes with user 0, one to an open mixer with its handle. */
static uint32_t check(struct mmk_wave *wave, const struct message *m)
{
    bool stale;
    if (!wave->config.has_mixer)
        return MMK_MMSYSERR_BADDEVICEID;
    if (m->user == 0)
        return m->device == 0 ? MMK_MMSYSERR_NOERROR : MMK_MMSYSERR_BADDEVICEID;
    mmki_wave_lock(wave);
    stale = find(wave, m->user) == MIXERS_MAX;
    mmki_wave_unlock(wave);
    return stale ? MMK_MMSYSERR_INVALHANDLE : MMK_MMSYSERR_NOERROR;
}

static bool add_client(struct mmk_wave *wave, const struct mmk_callback *callback,
                       uintptr_t *handle)
{
    uint32_t i = 0;
    mmki_wave_lock(wave);
    while (i < MIXERS_MAX && wave->mixer[i].used)
        i++;
    if (i < MIXERS_MAX) {
        struct mixer_client *client = &wave->mixer[i];
        client->used = true;
        client->generation = client->generation % 0xFFFFFu + 1; /* never 0 */
        client->callback = *callback;
        *handle = mixer_handle(wave, i);
    }
    mmki_wave_unlock(wave);
    return i < MIXERS_MAX;
}

uint32_t mmki_mixer_open(struct mmk_wave *wave, const struct message *m)
{
    struct mmk_mixeropendesc desc;
    struct mmk_callback callback;
    uintptr_t handle;

    if (!wave->config.has_mixer || m->device != 0)
        return MMK_MMSYSERR_BADDEVICEID;
    if (m->p1 == 0 || m->user == 0)
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(&desc, (const void *)m->p1, sizeof desc);
    callback.flags = (uint32_t)m->p2 & MMK_CALLBACK_TYPEMASK;
    callback.target = desc.dwCallback;
    callback.handle = desc.hmx;
    callback.user = desc.dwInstance;
    if (!add_client(wave, &callback, &handle))
        return MMK_MMSYSERR_ALLOCATED;
    memcpy((void *)m->user, &handle, sizeof handle);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_mixer_close(struct mmk_wave *wave, const struct message *m)
{
    uint32_t i;
    mmki_wave_lock(wave);
    i = find(wave, m->user);
    if (i < MIXERS_MAX)
        wave->mixer[i].used = false;
    mmki_wave_unlock(wave);
    return i < MIXERS_MAX ? MMK_MMSYSERR_NOERROR : MMK_MMSYSERR_INVALHANDLE;
}

void mmki_mixer_close_all(struct mmk_wave *wave)
{
    mmki_wave_lock(wave);
    for (uint32_t i = 0; i < MIXERS_MAX; i++)
        wave->mixer[i].used = false;
    mmki_wave_unlock(wave);
}

void mmki_mixer_changed(struct mmk_wave *wave, uint32_t control_id)
{
    for (uint32_t i = 0; i < MIXERS_MAX; i++) {
        struct mmk_callback callback;
        bool used;
        mmki_wave_lock(wave);
        used = wave->mixer[i].used;
        callback = wave->mixer[i].callback;
        mmki_wave_unlock(wave);
        if (used)
            mmki_wave_deliver(wave, &callback, MMK_MM_MIXM_CONTROL_CHANGE, control_id);
    }
}

/* ------------------------------------------------------------------ the line */

static void fill_target(struct mmk_wave *wave, struct mmk_mixerline_target *target)
{
    uint16_t name[MMK_MAXPNAMELEN];
    target->dwType = MMK_MIXERLINE_TARGETTYPE_WAVEOUT;
    target->dwDeviceID = 0;
    target->wMid = wave->config.manufacturer_id;
    target->wPid = wave->config.product_id;
    target->vDriverVersion = mmki_caps_version(wave);
    mmki_caps_name(wave, MMK_WAVE_OUT, 0, name);
    memcpy(target->szPname, name, sizeof name);
}

static void fill_line(struct mmk_wave *wave, struct mmk_mixerlinew *line)
{
    uint16_t name[MMK_MIXER_LONG_NAME_CHARS];
    const uint32_t size = line->cbStruct;

    memset(line, 0, sizeof *line);
    line->cbStruct = size;
    line->dwSource = NO_SOURCE;
    line->dwLineID = LINE_ID;
    line->fdwLine = MMK_MIXERLINE_LINEF_ACTIVE;
    line->dwComponentType = MMK_MIXERLINE_COMPONENTTYPE_DST_SPEAKERS;
    line->cChannels = N_CHANNELS;
    line->cControls = N_CONTROLS;
    mmki_caps_text(name, MMK_MIXER_LONG_NAME_CHARS, "Speakers");
    memcpy(line->szShortName, name, sizeof line->szShortName);
    memcpy(line->szName, name, sizeof line->szName);
    fill_target(wave, &line->Target);
}

/* The device number of a target is not part of the question. */
static bool same_target(struct mmk_wave *wave, const struct mmk_mixerline_target *asked)
{
    struct mmk_mixerline_target ours;
    memset(&ours, 0, sizeof ours);
    fill_target(wave, &ours);
    return asked->dwType == ours.dwType && asked->wMid == ours.wMid && asked->wPid == ours.wPid &&
           asked->vDriverVersion == ours.vDriverVersion &&
           memcmp(asked->szPname, ours.szPname, sizeof ours.szPname) == 0;
}

static uint32_t find_line(struct mmk_wave *wave, const struct mmk_mixerlinew *line, uint32_t query)
{
    bool found;
    switch (query) {
    case MMK_MIXER_GETLINEINFOF_DESTINATION:
        found = line->dwDestination == 0;
        break;
    case MMK_MIXER_GETLINEINFOF_SOURCE:
        found = false;
        break;
    case MMK_MIXER_GETLINEINFOF_LINEID:
        found = line->dwLineID == LINE_ID;
        break;
    case MMK_MIXER_GETLINEINFOF_COMPONENTTYPE:
        found = line->dwComponentType == MMK_MIXERLINE_COMPONENTTYPE_DST_SPEAKERS;
        break;
    case MMK_MIXER_GETLINEINFOF_TARGETTYPE:
        found = same_target(wave, &line->Target);
        break;
    default:
        return MMK_MMSYSERR_INVALFLAG;
    }
    return found ? MMK_MMSYSERR_NOERROR : MMK_MIXERR_INVALLINE;
}

/* The first field of each mixer structure is its size: read that alone before the rest. */
static bool size_ok(uintptr_t at, uint32_t wanted)
{
    uint32_t size;
    if (at == 0)
        return false;
    memcpy(&size, (const void *)at, sizeof size);
    return size >= wanted;
}

uint32_t mmki_mixer_line_info(struct mmk_wave *wave, const struct message *m)
{
    struct mmk_mixerlinew line;
    uint32_t result = check(wave, m);

    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    if (!size_ok(m->p1, sizeof line))
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(&line, (const void *)m->p1, sizeof line);
    result = find_line(wave, &line, (uint32_t)m->p2 & MMK_MIXER_GETLINEINFOF_QUERYMASK);
    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    fill_line(wave, &line);
    memcpy((void *)m->p1, &line, sizeof line);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ its controls */

static void put_control(uintptr_t to, uint32_t id)
{
    struct mmk_mixercontrolw control;
    uint16_t name[MMK_MIXER_LONG_NAME_CHARS];
    const bool volume = id == MMKI_CONTROL_VOLUME;

    memset(&control, 0, sizeof control);
    control.cbStruct = sizeof control;
    control.dwControlID = id;
    control.dwControlType =
        volume ? MMK_MIXERCONTROL_CONTROLTYPE_VOLUME : MMK_MIXERCONTROL_CONTROLTYPE_MUTE;
    control.fdwControl = volume ? 0 : MMK_MIXERCONTROL_CONTROLF_UNIFORM;
    mmki_caps_text(name, MMK_MIXER_LONG_NAME_CHARS, volume ? "Volume" : "Mute");
    memcpy(control.szShortName, name, sizeof control.szShortName);
    memcpy(control.szName, name, sizeof control.szName);
    control.Bounds.u.dwMaximum = volume ? 0xFFFFu : 1u;
    control.Metrics.cSteps = volume ? 0xFFFFu : 0u;
    memcpy((void *)to, &control, sizeof control);
}

static uint32_t id_of_type(uint32_t type)
{
    if (type == MMK_MIXERCONTROL_CONTROLTYPE_VOLUME)
        return MMKI_CONTROL_VOLUME;
    return type == MMK_MIXERCONTROL_CONTROLTYPE_MUTE ? MMKI_CONTROL_MUTE : 0;
}

static uint32_t all_controls(const struct mmk_mixerlinecontrolsw *asked)
{
    if (asked->dwLineID != LINE_ID)
        return MMK_MIXERR_INVALLINE;
    if (asked->cControls != N_CONTROLS)
        return MMK_MMSYSERR_INVALPARAM;
    put_control((uintptr_t)asked->pamxctrl, MMKI_CONTROL_VOLUME);
    put_control((uintptr_t)asked->pamxctrl + asked->cbmxctrl, MMKI_CONTROL_MUTE);
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t one_control(struct mmk_mixerlinecontrolsw *asked, uint32_t id)
{
    if (id != MMKI_CONTROL_VOLUME && id != MMKI_CONTROL_MUTE)
        return MMK_MIXERR_INVALCONTROL;
    asked->dwLineID = LINE_ID;
    put_control((uintptr_t)asked->pamxctrl, id);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_mixer_line_controls(struct mmk_wave *wave, const struct message *m)
{
    struct mmk_mixerlinecontrolsw asked;
    uint32_t result = check(wave, m);

    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    if (!size_ok(m->p1, sizeof asked))
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(&asked, (const void *)m->p1, sizeof asked);
    if (asked.pamxctrl == NULL || asked.cbmxctrl < sizeof(struct mmk_mixercontrolw))
        return MMK_MMSYSERR_INVALPARAM;
    switch ((uint32_t)m->p2 & MMK_MIXER_GETLINECONTROLSF_QUERYMASK) {
    case MMK_MIXER_GETLINECONTROLSF_ALL:
        result = all_controls(&asked);
        break;
    case MMK_MIXER_GETLINECONTROLSF_ONEBYID:
        result = one_control(&asked, asked.dwControlID);
        break;
    case MMK_MIXER_GETLINECONTROLSF_ONEBYTYPE:
        result = asked.dwLineID == LINE_ID ? one_control(&asked, id_of_type(asked.dwControlType))
                                           : MMK_MIXERR_INVALLINE;
        break;
    default:
        return MMK_MMSYSERR_INVALFLAG;
    }
    if (result == MMK_MMSYSERR_NOERROR)
        memcpy((void *)m->p1, &asked, sizeof asked);
    return result;
}

/* ------------------------------------------------------------------ their values */

/* Both value structures are one 32-bit number for each channel. */
static uint32_t check_details(const struct message *m, struct mmk_mixercontroldetails *details)
{
    if (!size_ok(m->p1, sizeof *details))
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(details, (const void *)m->p1, sizeof *details);
    if (details->dwControlID != MMKI_CONTROL_VOLUME && details->dwControlID != MMKI_CONTROL_MUTE)
        return MMK_MIXERR_INVALCONTROL;
    if (details->cMultipleItems != 0 || details->cbDetails != sizeof(uint32_t) ||
        details->paDetails == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    if (details->cChannels != 1 &&
        !(details->dwControlID == MMKI_CONTROL_VOLUME && details->cChannels == N_CHANNELS))
        return MMK_MMSYSERR_INVALPARAM;
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_mixer_get_details(struct mmk_wave *wave, const struct message *m)
{
    struct mmk_mixercontroldetails details;
    uint32_t left, right, values[N_CHANNELS];
    uint32_t result = check(wave, m);

    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    if ((m->p2 & MMK_MIXER_GETCONTROLDETAILSF_QUERYMASK) != MMK_MIXER_GETCONTROLDETAILSF_VALUE)
        return MMK_MMSYSERR_NOTSUPPORTED; /* no lists here */
    result = check_details(m, &details);
    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    mmki_wave_lock(wave);
    left = wave->card_volume & 0xFFFFu;
    right = wave->card_volume >> 16;
    values[0] = wave->card_mute ? 1 : 0;
    mmki_wave_unlock(wave);
    if (details.dwControlID == MMKI_CONTROL_VOLUME) {
        /* a fader for both shows the louder one */
        values[0] = details.cChannels == 1 && right > left ? right : left;
        values[1] = right;
    }
    memcpy(details.paDetails, values, details.cChannels * sizeof values[0]);
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t set_control(struct mmk_wave *wave, const struct mmk_mixercontroldetails *details)
{
    uint32_t values[N_CHANNELS], volume;
    bool mute;

    memcpy(values, details->paDetails, details->cChannels * sizeof values[0]);
    if (details->cChannels == 1)
        values[1] = values[0];
    mmki_wave_lock(wave);
    volume = wave->card_volume;
    mute = wave->card_mute;
    mmki_wave_unlock(wave);
    if (details->dwControlID == MMKI_CONTROL_MUTE) {
        mute = values[0] != 0;
    } else {
        if (values[0] > 0xFFFFu || values[1] > 0xFFFFu)
            return MMK_MIXERR_INVALVALUE;
        volume = values[1] << 16 | values[0];
    }
    mmki_card_set(wave, volume, mute);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_mixer_set_details(struct mmk_wave *wave, const struct message *m)
{
    struct mmk_mixercontroldetails details;
    uint32_t result = check(wave, m);

    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    if ((m->p2 & MMK_MIXER_SETCONTROLDETAILSF_QUERYMASK) != MMK_MIXER_SETCONTROLDETAILSF_VALUE)
        return MMK_MMSYSERR_NOTSUPPORTED; /* no custom dialog here */
    result = check_details(m, &details);
    return result == MMK_MMSYSERR_NOERROR ? set_control(wave, &details) : result;
}
