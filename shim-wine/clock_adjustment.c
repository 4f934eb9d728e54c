/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IAudioClockAdjustment: the stream is played as if its rate were another. */
#include "service.h"

MMKI_SERVICE(adjustment, IAudioClockAdjustment)

#define SPEED_MIN 0.25
#define SPEED_MAX 4.0

static HRESULT STDMETHODCALLTYPE set_sample_rate(IAudioClockAdjustment *iface, float rate_hz)
{
    struct mmki_client *client = self_of(iface);
    if (!(rate_hz > 0.0f))
        return E_INVALIDARG;
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    double speed = (double)rate_hz / client->format.rate_hz;
    if (speed < SPEED_MIN || speed > SPEED_MAX) {
        mmki_log(MMK_LOG_WARN, "mmewine: a rate of %g Hz for a stream of %u Hz is beyond 1/4 to 4",
                 (double)rate_hz, client->format.rate_hz);
        speed = speed < SPEED_MIN ? SPEED_MIN : SPEED_MAX;
    }
    hr = mmki_hresult(mmk_stream_set_speed(client->stream, speed));
    mmki_client_leave(client);
    return hr;
}

const IAudioClockAdjustmentVtbl mmki_adjustment_table = {
    MMKI_UNKNOWN_TABLE(adjustment),
    .SetSampleRate = set_sample_rate,
};
