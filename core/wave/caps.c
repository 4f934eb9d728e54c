/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* What a device says of itself: capabilities, names, counts. */

#include <string.h>

#include <mmk/text.h>

#include "wave_internal.h"

/* Every combination of 11.025, 22.05, 44.1, 48 and 96 kHz, mono and stereo, 8 and 16 bits. */
#define ALL_FORMATS 0x000FFFFFu

/* ------------------------------------------------------------------ small pieces */

void mmki_caps_text(uint16_t *to, size_t n_units, const char *ascii)
{
    size_t i = 0;
    for (; i + 1 < n_units && ascii[i] != '\0'; i++)
        to[i] = (unsigned char)ascii[i];
    for (; i < n_units; i++)
        to[i] = 0;
}

void mmki_caps_copy_out(uintptr_t to, uintptr_t room, const void *from, size_t len)
{
    if (to != 0 && room > 0)
        memcpy((void *)to, from, room < len ? (size_t)room : len);
}

uint32_t mmki_caps_version(const struct mmk_wave *wave)
{
    return wave->config.version >> 24 << 8 | (wave->config.version >> 16 & 0xFFu);
}

/* Number in decimal, behind what is there. */
static void append_number(char *text, size_t cap, uint32_t number)
{
    char digits[10];
    size_t n = 0, len = strlen(text);
    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (n > 0 && len + 1 < cap)
        text[len++] = digits[--n];
    text[len] = '\0';
}

static void append(char *text, size_t cap, const char *more)
{
    size_t len = strlen(text);
    while (*more != '\0' && len + 1 < cap)
        text[len++] = *more++;
    text[len] = '\0';
}

static bool is_wave(mmk_wave_kind kind)
{
    return kind == MMK_WAVE_OUT || kind == MMK_WAVE_IN;
}

/* As much of the title as fits into n units, no half of a surrogate pair. @return units written */
static size_t put_title(const char *title, uint16_t *to, size_t n)
{
    unsigned char utf16[4 * MMK_MAXPNAMELEN * 2];
    size_t cut = strlen(title), len = 0, units = 0;

    while (mmk_utf16_from_wtf8(title, cut, utf16, sizeof utf16, &len) != MMK_OK && cut > 0)
        cut--; /* too long, or cut inside a character */
    while (units < n && 2 * units + 1 < len) {
        to[units] = (uint16_t)(utf16[2 * units] | utf16[2 * units + 1] << 8);
        units++;
    }
    if (units == n && units > 0 && (to[units - 1] & 0xFC00u) == 0xD800u)
        units--;
    return units;
}

/* The number must survive the cut at 31 units: the title gets what it leaves. */
void mmki_caps_name(struct mmk_wave *wave, mmk_wave_kind kind, uint32_t device,
                    uint16_t name[MMK_MAXPNAMELEN])
{
    char number[16] = "";
    uint32_t n_devices;
    size_t n;

    mmki_wave_lock(wave);
    n_devices = wave->n_devices;
    mmki_wave_unlock(wave);
    if (is_wave(kind) && n_devices > 1) {
        append(number, sizeof number, " ");
        append_number(number, sizeof number, device + 1);
    }
    n = put_title(wave->config.title, name, MMK_MAXPNAMELEN - 1 - strlen(number));
    mmki_caps_text(name + n, MMK_MAXPNAMELEN - n, number);
}

/* ------------------------------------------------------------------ counts */

static uint32_t count_of(struct mmk_wave *wave, mmk_wave_kind kind, bool fresh)
{
    if (kind == MMK_WAVE_AUX)
        return wave->config.has_aux ? 1 : 0;
    if (kind == MMK_WAVE_MIXER)
        return wave->config.has_mixer ? 1 : 0;
    return mmki_wave_count(wave, fresh);
}

uint32_t mmki_caps_count(struct mmk_wave *wave, const struct message *m)
{
    return count_of(wave, m->kind, true);
}

/* ------------------------------------------------------------------ capabilities */

static uint16_t channels_of(struct mmk_wave *wave, const struct message *m)
{
    struct mmk_wave_setup setup;
    if (mmki_wave_setup(wave, direction_of(m->kind), m->device, &setup) != MMK_OK)
        return 2; /* the settings are damaged: OPEN will tell */
    return setup.device.format.channels;
}

static void out_caps(struct mmk_wave *wave, const struct message *m)
{
    struct mmk_waveoutcaps2w caps;
    uint16_t name[MMK_MAXPNAMELEN];

    memset(&caps, 0, sizeof caps);
    caps.wMid = wave->config.manufacturer_id;
    caps.wPid = wave->config.product_id;
    caps.vDriverVersion = mmki_caps_version(wave);
    mmki_caps_name(wave, m->kind, m->device, name);
    memcpy(caps.szPname, name, sizeof name);
    caps.dwFormats = ALL_FORMATS;
    caps.wChannels = channels_of(wave, m);
    caps.dwSupport = MMK_WAVECAPS_VOLUME | MMK_WAVECAPS_LRVOLUME | MMK_WAVECAPS_PLAYBACKRATE |
                     MMK_WAVECAPS_SAMPLEACCURATE;
    mmki_caps_copy_out(m->p1, m->p2, &caps, sizeof caps);
}

static void in_caps(struct mmk_wave *wave, const struct message *m)
{
    struct mmk_waveincaps2w caps;
    uint16_t name[MMK_MAXPNAMELEN];

    memset(&caps, 0, sizeof caps);
    caps.wMid = wave->config.manufacturer_id;
    caps.wPid = wave->config.product_id;
    caps.vDriverVersion = mmki_caps_version(wave);
    mmki_caps_name(wave, m->kind, m->device, name);
    memcpy(caps.szPname, name, sizeof name);
    caps.dwFormats = ALL_FORMATS;
    caps.wChannels = channels_of(wave, m);
    mmki_caps_copy_out(m->p1, m->p2, &caps, sizeof caps);
}

static void aux_caps(struct mmk_wave *wave, const struct message *m)
{
    struct mmk_auxcapsw caps;
    uint16_t name[MMK_MAXPNAMELEN];

    memset(&caps, 0, sizeof caps);
    caps.wMid = wave->config.manufacturer_id;
    caps.wPid = wave->config.product_id;
    caps.vDriverVersion = mmki_caps_version(wave);
    mmki_caps_name(wave, m->kind, m->device, name);
    memcpy(caps.szPname, name, sizeof name);
    caps.wTechnology = MMK_AUXCAPS_AUXIN;
    caps.dwSupport = MMK_AUXCAPS_VOLUME | MMK_AUXCAPS_LRVOLUME;
    mmki_caps_copy_out(m->p1, m->p2, &caps, sizeof caps);
}

static void mixer_caps(struct mmk_wave *wave, const struct message *m)
{
    struct mmk_mixercapsw caps;
    uint16_t name[MMK_MAXPNAMELEN];

    memset(&caps, 0, sizeof caps);
    caps.wMid = wave->config.manufacturer_id;
    caps.wPid = wave->config.product_id;
    caps.vDriverVersion = mmki_caps_version(wave);
    mmki_caps_name(wave, m->kind, m->device, name);
    memcpy(caps.szPname, name, sizeof name);
    caps.cDestinations = 1;
    mmki_caps_copy_out(m->p1, m->p2, &caps, sizeof caps);
}

uint32_t mmki_caps_get(struct mmk_wave *wave, const struct message *m)
{
    static void (*const fill[MMK_WAVE_KIND_COUNT])(struct mmk_wave *, const struct message *) = {
        [MMK_WAVE_OUT] = out_caps,
        [MMK_WAVE_IN] = in_caps,
        [MMK_WAVE_AUX] = aux_caps,
        [MMK_WAVE_MIXER] = mixer_caps,
    };
    if (m->device >= count_of(wave, m->kind, false))
        return MMK_MMSYSERR_BADDEVICEID;
    if (m->p2 == 0)
        return MMK_MMSYSERR_NOERROR;
    if (m->p1 == 0)
        return MMK_MMSYSERR_INVALPARAM;
    fill[m->kind](wave, m);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ interface names */

#define INTERFACE_MAX 128u

static size_t interface_of(struct mmk_wave *wave, const struct message *m,
                           uint16_t units[INTERFACE_MAX])
{
    static const char *const kinds[MMK_WAVE_KIND_COUNT] = {"wave-out", "wave-in", "aux", "mixer"};
    char text[INTERFACE_MAX] = "mmekit:";

    append(text, sizeof text - 24, wave->config.name);
    append(text, sizeof text, ":");
    append(text, sizeof text, kinds[m->kind]);
    append(text, sizeof text, ":");
    append_number(text, sizeof text, m->device);
    mmki_caps_text(units, INTERFACE_MAX, text);
    return (strlen(text) + 1) * sizeof units[0];
}

uint32_t mmki_caps_interface_size(struct mmk_wave *wave, const struct message *m)
{
    uint16_t units[INTERFACE_MAX];
    uint32_t n_bytes;

    if (m->device >= count_of(wave, m->kind, false))
        return MMK_MMSYSERR_BADDEVICEID;
    if (m->p1 == 0)
        return MMK_MMSYSERR_INVALPARAM;
    n_bytes = (uint32_t)interface_of(wave, m, units);
    memcpy((void *)m->p1, &n_bytes, sizeof n_bytes);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_caps_interface(struct mmk_wave *wave, const struct message *m)
{
    uint16_t units[INTERFACE_MAX];
    size_t n_bytes;

    if (m->device >= count_of(wave, m->kind, false))
        return MMK_MMSYSERR_BADDEVICEID;
    n_bytes = interface_of(wave, m, units);
    if (m->p1 == 0 || m->p2 < n_bytes)
        return MMK_MMSYSERR_INVALPARAM;
    memcpy((void *)m->p1, units, n_bytes);
    return MMK_MMSYSERR_NOERROR;
}
