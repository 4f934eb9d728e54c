/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>

#include "wave/card.h"

static uint32_t caps_of(struct card *card, mmk_wave_kind kind, uint32_t device, void *caps,
                        size_t size)
{
    static const uint32_t msgs[] = {MMK_WODM_GETDEVCAPS, MMK_WIDM_GETDEVCAPS, MMK_AUXDM_GETDEVCAPS,
                                    MMK_MXDM_GETDEVCAPS};
    return mmk_wave_message(card->wave, kind, device, msgs[kind], 0, (uintptr_t)caps, size);
}

static void text_of(const void *units, char *ascii)
{
    const unsigned char *u = units;
    int i = 0;
    for (; i < MMK_MAXPNAMELEN && (u[2 * i] | u[2 * i + 1]) != 0; i++)
        ascii[i] = (char)u[2 * i];
    ascii[i] = '\0';
}

Test(caps, of_an_output_say_what_it_can)
{
    struct card *card = card_create(&(struct card_config){0});
    struct mmk_waveoutcapsw caps;
    char name[40];

    cr_assert_eq(caps_of(card, MMK_WAVE_OUT, 0, &caps, sizeof caps), 0);
    cr_assert_eq(caps.wMid, 11);
    cr_assert_eq(caps.wPid, 22);
    cr_assert_eq(caps.vDriverVersion, 0x0102u);
    text_of(caps.szPname, name);
    cr_assert_str_eq(name, "a card for tests");
    cr_assert_eq(caps.dwFormats, 0xFFFFFu);
    cr_assert_eq(caps.wChannels, 2);
    cr_assert_eq(caps.dwSupport, MMK_WAVECAPS_VOLUME | MMK_WAVECAPS_LRVOLUME |
                                     MMK_WAVECAPS_PLAYBACKRATE | MMK_WAVECAPS_SAMPLEACCURATE);
    cr_assert_eq(card_destroy(card), 0);
}

Test(caps, never_write_more_than_asked_for)
{
    struct card *card = card_create(&(struct card_config){0});
    unsigned char room[200], full[200];

    for (int kind = 0; kind < MMK_WAVE_KIND_COUNT; kind++) {
        memset(full, 0xA5, sizeof full);
        cr_assert_eq(caps_of(card, (mmk_wave_kind)kind, 0, full, sizeof full), 0);
        for (size_t size = 0; size < sizeof room; size++) {
            memset(room, 0xA5, sizeof room);
            cr_assert_eq(caps_of(card, (mmk_wave_kind)kind, 0, room, size), 0);
            cr_assert_eq(memcmp(room, full, size), 0);
            for (size_t i = size; i < sizeof room; i++)
                cr_assert_eq(room[i], 0xA5, "kind %d size %zu", kind, size);
        }
    }
    cr_assert_eq(card_destroy(card), 0);
}

Test(caps, names_keep_their_number_within_31_characters)
{
    struct card *card = card_create(&(struct card_config){.n_devices = 3});
    struct mmk_waveoutcapsw caps;
    char name[40];

    cr_assert_eq(mmk_wave_message(card->wave, MMK_WAVE_OUT, 0, MMK_WODM_GETNUMDEVS, 0, 0, 0), 3);
    cr_assert_eq(caps_of(card, MMK_WAVE_OUT, 2, &caps, sizeof caps), 0);
    text_of(caps.szPname, name);
    cr_assert_str_eq(name, "a card for tests 3");
    cr_assert_eq(caps_of(card, MMK_WAVE_OUT, 3, &caps, sizeof caps), MMK_MMSYSERR_BADDEVICEID);
    cr_assert_eq(card_destroy(card), 0);
}

static mmk_err two_devices(void *user, uint32_t *n)
{
    (void)user;
    *n = 2;
    return MMK_OK;
}

static mmk_err no_setup(void *user, uint32_t device, mmk_direction direction,
                        struct mmk_wave_setup *out)
{
    (void)user;
    (void)device;
    (void)direction;
    (void)out;
    return MMK_ERR_IO;
}

Test(caps, long_titles_are_cut_before_the_number)
{
    struct card *card = card_create(&(struct card_config){0});
    struct mmk_wave_config config;
    struct mmk_waveincapsw caps;
    struct mmk_wave *wave;
    uint16_t units[MMK_MAXPNAMELEN];
    char name[40];

    memset(&config, 0, sizeof config);
    config.port = &card->port;
    config.host = (struct mmk_wave_host){NULL, two_devices, no_setup};
    config.name = "x";
    config.title = "a title of many more characters than thirty-one";
    cr_assert_eq(mmk_wave_open(&config, &wave), MMK_OK);
    cr_assert_eq(mmk_wave_message(wave, MMK_WAVE_IN, 1, MMK_WIDM_GETNUMDEVS, 0, 0, 0), 2);
    cr_assert_eq(mmk_wave_message(wave, MMK_WAVE_IN, 1, MMK_WIDM_GETDEVCAPS, 0, (uintptr_t)&caps,
                                  sizeof caps),
                 0);
    text_of(caps.szPname, name);
    cr_assert_str_eq(name, "a title of many more characte 2");
    cr_assert_eq(caps.wChannels, 2, "damaged settings: OPEN will tell, caps answer");
    mmk_wave_close(wave);
    /* 28 letters, then a character of two units where one fits: " 2" needs the rest */
    config.title = "a title that is quite long, \xF0\x9D\x84\x9E and more";
    cr_assert_eq(mmk_wave_open(&config, &wave), MMK_OK);
    cr_assert_eq(mmk_wave_message(wave, MMK_WAVE_IN, 1, MMK_WIDM_GETNUMDEVS, 0, 0, 0), 2);
    cr_assert_eq(mmk_wave_message(wave, MMK_WAVE_IN, 1, MMK_WIDM_GETDEVCAPS, 0, (uintptr_t)&caps,
                                  sizeof caps),
                 0);
    text_of(caps.szPname, name);
    cr_assert_str_eq(name, "a title that is quite long,  2", "%s", name);
    mmk_wave_close(wave);
    config.title = "G\xC3\xA9rard";
    cr_assert_eq(mmk_wave_open(&config, &wave), MMK_OK);
    cr_assert_eq(mmk_wave_message(wave, MMK_WAVE_IN, 0, MMK_WIDM_GETDEVCAPS, 0, (uintptr_t)&caps,
                                  sizeof caps),
                 0);
    memcpy(units, caps.szPname, sizeof units);
    cr_assert_eq(units[1], 0xE9);
    mmk_wave_close(wave);
    cr_assert_eq(card_destroy(card), 0);
}

Test(caps, count_follows_the_host_and_survives_its_silence)
{
    struct card *card = card_create(&(struct card_config){.n_devices = 2});
    uintptr_t handle = 0;
    unsigned char wfx[MMK_WAVEFORMAT_MAX_BYTES];
    size_t len;

    mmk_format_to_wfx(&card_cd, false, wfx, &len);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_GETNUMDEVS, 0, 0, 0), 2);
    card->n_devices = 4;
    cr_assert_eq(card_send(card, MMK_WAVE_IN, MMK_WIDM_GETNUMDEVS, 0, 0, 0), 4);
    card->count_err = card->setup_err = MMK_ERR_BUSY; /* an installation holds the registry */
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_GETNUMDEVS, 0, 0, 0), 4);
    cr_assert_eq(card_open_result(card, MMK_WAVE_OUT, 0, wfx, 0, 0, &handle),
                 MMK_MMSYSERR_ALLOCATED, "never read: it cannot be known");
    card->setup_err = MMK_OK;
    cr_assert_eq(card_open_result(card, MMK_WAVE_OUT, 0, wfx, 0, 0, &handle), 0);
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_CLOSE, handle, 0, 0), 0);
    card->setup_err = MMK_ERR_BUSY;
    cr_assert_eq(card_open_result(card, MMK_WAVE_OUT, 0, wfx, 0, 0, &handle), 0,
                 "what was read last holds");
    card->count_err = MMK_OK;
    card->n_devices = 4000;
    cr_assert_eq(card_send(card, MMK_WAVE_OUT, MMK_WODM_GETNUMDEVS, 0, 0, 0), MMK_WAVE_DEVICES_MAX);
    cr_assert_eq(card_destroy(card), 0);
}

Test(caps, interface_names_tell_devices_apart_and_fit_their_size)
{
    struct card *card = card_create(&(struct card_config){.n_devices = 2});
    unsigned char text[256], before[256];
    char name[130];
    uint32_t size = 0;

    cr_assert_eq(mmk_wave_message(card->wave, MMK_WAVE_IN, 1, MMK_DRV_QUERYDEVICEINTERFACESIZE, 0,
                                  (uintptr_t)&size, 0),
                 0);
    cr_assert_eq(size, 2 * (strlen("mmekit:card:wave-in:1") + 1));
    memset(text, 0xA5, sizeof text);
    memcpy(before, text, sizeof text);
    cr_assert_eq(mmk_wave_message(card->wave, MMK_WAVE_IN, 1, MMK_DRV_QUERYDEVICEINTERFACE, 0,
                                  (uintptr_t)text, size - 1),
                 MMK_MMSYSERR_INVALPARAM);
    cr_assert_arr_eq(text, before, sizeof text);
    cr_assert_eq(mmk_wave_message(card->wave, MMK_WAVE_IN, 1, MMK_DRV_QUERYDEVICEINTERFACE, 0,
                                  (uintptr_t)text, size),
                 0);
    cr_assert_arr_eq(text + size, before + size, sizeof text - size);
    text_of(text, name);
    cr_assert_str_eq(name, "mmekit:card:wave-in:1");
    cr_assert_eq(card_destroy(card), 0);
}

/* ------------------------------------------------------------------ aux and mixer */

static uint32_t mixer(struct card *card, uint32_t msg, uintptr_t user, void *p1, uintptr_t p2)
{
    return card_send(card, MMK_WAVE_MIXER, msg, user, (uintptr_t)p1, p2);
}

static uintptr_t open_mixer(struct card *card, uintptr_t instance)
{
    struct mmk_mixeropendesc desc;
    uintptr_t handle = 0;
    memset(&desc, 0, sizeof desc);
    desc.hmx = 0x4000;
    desc.dwCallback = 1;
    desc.dwInstance = instance;
    cr_assert_eq(mixer(card, MMK_MXDM_OPEN, (uintptr_t)&handle, &desc, MMK_CALLBACK_FUNCTION), 0);
    return handle;
}

static uint32_t volume(struct card *card, uint32_t msg, uint32_t channels, uint32_t *values)
{
    struct mmk_mixercontroldetails d;
    memset(&d, 0, sizeof d);
    d.cbStruct = sizeof d;
    d.dwControlID = 1;
    d.cChannels = channels;
    d.cbDetails = 4;
    d.paDetails = values;
    return mixer(card, msg, 0, &d, 0);
}

Test(caps, the_mixers_line_has_a_fader_and_a_mute)
{
    struct card *card = card_create(&(struct card_config){0});
    struct mmk_mixerlinew line;
    struct mmk_mixerlinecontrolsw controls;
    struct mmk_mixercontrolw control[3];
    char name[40];

    memset(&line, 0, sizeof line);
    line.cbStruct = sizeof line;
    cr_assert_eq(mixer(card, MMK_MXDM_GETLINEINFO, 0, &line, 0), 0);
    cr_assert_eq(line.cControls, 2);
    cr_assert_eq(line.cConnections, 0);
    cr_assert_eq(line.dwComponentType, MMK_MIXERLINE_COMPONENTTYPE_DST_SPEAKERS);
    text_of(line.szShortName, name);
    cr_assert_str_eq(name, "Speakers");
    cr_assert_eq(mixer(card, MMK_MXDM_GETLINEINFO, 0, &line, MMK_MIXER_GETLINEINFOF_TARGETTYPE), 0,
                 "found again by its target");
    memset(&controls, 0, sizeof controls);
    memset(control, 0x5A, sizeof control);
    controls.cbStruct = sizeof controls;
    controls.dwLineID = line.dwLineID;
    controls.cControls = 2;
    controls.cbmxctrl = sizeof control[0];
    controls.pamxctrl = control;
    cr_assert_eq(mixer(card, MMK_MXDM_GETLINECONTROLS, 0, &controls, 0), 0);
    cr_assert_eq(control[0].dwControlType, MMK_MIXERCONTROL_CONTROLTYPE_VOLUME);
    cr_assert_eq(control[0].Bounds.u.dwMaximum, 0xFFFFu);
    cr_assert_eq(control[1].dwControlType, MMK_MIXERCONTROL_CONTROLTYPE_MUTE);
    cr_assert_eq(control[1].fdwControl, MMK_MIXERCONTROL_CONTROLF_UNIFORM);
    cr_assert_eq(control[2].cbStruct, 0x5A5A5A5Au, "two, not three");
    cr_assert_eq(card_destroy(card), 0);
}

Test(caps, fader_and_aux_are_the_same_volume_and_tell_every_open_mixer)
{
    struct card *card = card_create(&(struct card_config){0});
    const uintptr_t a = open_mixer(card, 1), b = open_mixer(card, 2);
    uint32_t values[2] = {0x1111, 0x2222}, aux = 0;

    cr_assert_neq(a, b);
    cr_assert_eq(volume(card, MMK_MXDM_SETCONTROLDETAILS, 2, values), 0);
    cr_assert_eq(card->n_log, 2);
    cr_assert_eq(card->log[0].msg, MMK_MM_MIXM_CONTROL_CHANGE);
    cr_assert_eq(card->log[0].p1, 1);
    cr_assert_eq(card->log[1].user, 2);
    cr_assert_eq(volume(card, MMK_MXDM_SETCONTROLDETAILS, 2, values), 0);
    cr_assert_eq(card->n_log, 2, "nothing changed, nothing said");
    cr_assert_eq(card_send(card, MMK_WAVE_AUX, MMK_AUXDM_GETVOLUME, 0, (uintptr_t)&aux, 0), 0);
    cr_assert_eq(aux, 0x22221111u);
    cr_assert_eq(mixer(card, MMK_MXDM_CLOSE, a, NULL, 0), 0);
    cr_assert_eq(mixer(card, MMK_MXDM_CLOSE, a, NULL, 0), MMK_MMSYSERR_INVALHANDLE);
    cr_assert_eq(card_send(card, MMK_WAVE_AUX, MMK_AUXDM_SETVOLUME, 0, 0x00008000u, 0), 0);
    cr_assert_eq(card->n_log, 3, "the closed one hears nothing");
    cr_assert_eq(volume(card, MMK_MXDM_GETCONTROLDETAILS, 2, values), 0);
    cr_assert_eq(values[0], 0x8000);
    cr_assert_eq(values[1], 0);
    cr_assert_eq(volume(card, MMK_MXDM_GETCONTROLDETAILS, 1, values), 0);
    cr_assert_eq(values[0], 0x8000, "one fader for both shows the louder");
    values[0] = 0x4000;
    cr_assert_eq(volume(card, MMK_MXDM_SETCONTROLDETAILS, 1, values), 0);
    cr_assert_eq(card_send(card, MMK_WAVE_AUX, MMK_AUXDM_GETVOLUME, 0, (uintptr_t)&aux, 0), 0);
    cr_assert_eq(aux, 0x40004000u);
    cr_assert_eq(card_destroy(card), 0);
}

Test(caps, mute_silences_and_gives_the_volume_back)
{
    struct card *card = card_create(&(struct card_config){0});
    struct sim_devices *sim = card->sim[MMK_PLAYBACK][0];
    const uintptr_t out = card_open(card, MMK_WAVE_OUT, &card_cd, 0);
    static int16_t data[2 * 48000];
    struct mmk_mixercontroldetails d;
    struct mmk_wavehdr h;
    int32_t mute = 1;
    uint64_t n;

    for (size_t i = 0; i < sizeof data / 2; i++)
        data[i] = 5000;
    card_header(&h, data, sizeof data);
    cr_assert_eq(card_write(card, out, &h), 0);
    memset(&d, 0, sizeof d);
    d.cbStruct = sizeof d;
    d.dwControlID = 2;
    d.cChannels = 1;
    d.cbDetails = 4;
    d.paDetails = &mute;
    cr_assert_eq(mixer(card, MMK_MXDM_SETCONTROLDETAILS, 0, &d, 0), 0);
    sim_render(sim, 4800);
    cr_assert_eq(((const int16_t *)(const void *)sim_output(sim, &n))[2 * 4700], 0);
    mute = 0;
    cr_assert_eq(mixer(card, MMK_MXDM_SETCONTROLDETAILS, 0, &d, 0), 0);
    sim_render(sim, 4800);
    cr_assert_eq(((const int16_t *)(const void *)sim_output(sim, &n))[2 * 9500], 5000);
    cr_assert_eq(card_destroy(card), 0);
}

Test(caps, sixty_four_mixers_and_no_more)
{
    struct card *card = card_create(&(struct card_config){0});
    struct mmk_mixeropendesc desc;
    uintptr_t handle;

    for (int i = 0; i < 64; i++)
        cr_assert_neq(open_mixer(card, 0), 0);
    memset(&desc, 0, sizeof desc);
    cr_assert_eq(mixer(card, MMK_MXDM_OPEN, (uintptr_t)&handle, &desc, 0), MMK_MMSYSERR_ALLOCATED);
    cr_assert_eq(card_destroy(card), 0);
}
