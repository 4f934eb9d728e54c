/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Engines: one for all shared-mode clients of an endpoint, one for each exclusive client. */
#include "wine_internal.h"

static mmk_err need_notifier(struct mmki_card *card)
{
    if (card->notifier != NULL)
        return MMK_OK;
    return mmk_notifier_open(card->port->platform, &card->notifier);
}

/* With the card's lock. */
static mmk_err open_output(struct mmki_endpoint *endpoint, const struct mmk_format *format,
                           uint32_t period_frames, struct mmki_output **out)
{
    struct mmki_card *card = mmki_card();
    struct mmk_wave_setup setup;
    mmk_err err = mmki_endpoint_setup(endpoint, &setup);
    if (err == MMK_OK)
        err = need_notifier(card);
    if (err != MMK_OK)
        return err;
    struct mmki_output *output = mmki_alloc(sizeof *output);
    if (output == NULL)
        return MMK_ERR_NOMEM;
    if (format != NULL)
        setup.device.format = *format;
    if (period_frames != 0)
        setup.device.period_frames = period_frames;
    err = mmk_engine_open(&(struct mmk_engine_config){.platform = card->port->platform,
                                                      .devices = card->port->devices,
                                                      .notifier = card->notifier,
                                                      .device = setup.device,
                                                      .quality = setup.quality,
                                                      .dither = setup.dither,
                                                      .limiter = setup.limiter && format == NULL,
                                                      .streams_max = MMK_ENGINE_STREAMS_MAX},
                          &output->engine);
    if (err != MMK_OK) {
        mmki_log(MMK_LOG_ERROR, "mmewine: the %s device \"%s\" cannot be opened: %s",
                 setup.device.backend, setup.device.path, mmk_err_text(err));
        mmki_free(output);
        return err;
    }
    output->endpoint = endpoint;
    output->life = atomic_load(&endpoint->life);
    output->exclusive = format != NULL;
    output->refs = 1;
    card->n_outputs++;
    *out = output;
    return MMK_OK;
}

mmk_err mmki_output_shared(struct mmki_endpoint *endpoint, uint32_t period_frames,
                           struct mmki_output **out)
{
    struct mmki_card *card = mmki_card();
    mmk_err err = MMK_OK;
    mmki_watch_start(); /* who plays obeys others' volumes, and hears that its device went */
    AcquireSRWLockExclusive(&card->lock);
    if (!atomic_load(&endpoint->present))
        err = MMK_ERR_GONE;
    else if (endpoint->n_exclusive > 0)
        err = MMK_ERR_BUSY;
    else if (endpoint->shared != NULL)
        endpoint->shared->refs++;
    else
        err = open_output(endpoint, NULL, period_frames, &endpoint->shared);
    if (err == MMK_OK)
        *out = endpoint->shared;
    ReleaseSRWLockExclusive(&card->lock);
    return err;
}

mmk_err mmki_output_exclusive(struct mmki_endpoint *endpoint, const struct mmk_format *format,
                              uint32_t period_frames, struct mmki_output **out)
{
    struct mmki_card *card = mmki_card();
    mmk_err err = MMK_ERR_BUSY;
    mmki_watch_start();
    AcquireSRWLockExclusive(&card->lock);
    if (!atomic_load(&endpoint->present))
        err = MMK_ERR_GONE;
    else if (endpoint->n_exclusive == 0 && endpoint->shared == NULL)
        err = open_output(endpoint, format, period_frames, out);
    if (err == MMK_OK)
        endpoint->n_exclusive++;
    ReleaseSRWLockExclusive(&card->lock);
    return err;
}

/* The lock is kept while the engine closes: who opens the endpoint next must find its file or
 * device free. */
void mmki_output_release(struct mmki_output *output)
{
    struct mmki_card *card = mmki_card();
    AcquireSRWLockExclusive(&card->lock);
    if (--output->refs == 0) {
        if (output->life != atomic_load(&output->endpoint->life))
            ; /* the endpoint has gone and knows nothing of it */
        else if (output->exclusive)
            output->endpoint->n_exclusive--;
        else
            output->endpoint->shared = NULL;
        const mmk_err err = mmk_engine_close(output->engine);
        if (err != MMK_OK)
            mmki_log(MMK_LOG_ERROR, "mmewine: the device did not take everything: %s",
                     mmk_err_text(err));
        mmki_free(output);
        if (--card->n_outputs == 0) {
            mmk_notifier_close(card->notifier);
            card->notifier = NULL;
        }
    }
    ReleaseSRWLockExclusive(&card->lock);
}
