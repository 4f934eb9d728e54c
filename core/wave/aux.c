/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The card's volume: one aux device, and the same number behind the mixer's fader. */

#include <string.h>

#include "wave_internal.h"

void mmki_card_set(struct mmk_wave *wave, uint32_t volume, bool mute)
{
    bool volume_changed, mute_changed;

    mmki_wave_lock(wave);
    volume_changed = wave->card_volume != volume;
    mute_changed = wave->card_mute != mute;
    wave->card_volume = volume;
    wave->card_mute = mute;
    mmki_wave_unlock(wave);
    if (volume_changed || mute_changed)
        mmki_stream_apply_all(wave);
    if (volume_changed)
        mmki_mixer_changed(wave, MMKI_CONTROL_VOLUME);
    if (mute_changed)
        mmki_mixer_changed(wave, MMKI_CONTROL_MUTE);
}

uint32_t mmki_aux_get_volume(struct mmk_wave *wave, const struct message *m)
{
    uint32_t volume;
    if (!wave->config.has_aux || m->device != 0)
        return MMK_MMSYSERR_BADDEVICEID;
    if (m->p1 == 0)
        return MMK_MMSYSERR_INVALPARAM;
    mmki_wave_lock(wave);
    volume = wave->card_volume;
    mmki_wave_unlock(wave);
    memcpy((void *)m->p1, &volume, sizeof volume);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_aux_set_volume(struct mmk_wave *wave, const struct message *m)
{
    bool mute;
    if (!wave->config.has_aux || m->device != 0)
        return MMK_MMSYSERR_BADDEVICEID;
    mmki_wave_lock(wave);
    mute = wave->card_mute;
    mmki_wave_unlock(wave);
    mmki_card_set(wave, (uint32_t)m->p1, mute);
    return MMK_MMSYSERR_NOERROR;
}
