/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include "acm/acm_internal.h"

/* The object behind the ACMDM_* messages, and their dispatch. */

static void plain_setup(void *user, struct mmk_acm_setup *out)
{
    (void)user;
    out->quality = MMK_QUALITY_HIGH;
}

mmk_err mmk_acm_open(const struct mmk_acm_config *config, struct mmk_acm **out)
{
    struct mmk_platform *platform;
    struct mmk_acm *acm;

    if (config == NULL || out == NULL || config->cls == NULL || config->port == NULL)
        return MMK_ERR_INVAL;
    platform = config->port->platform;
    acm = platform->ops->alloc(platform, sizeof *acm);
    if (acm == NULL)
        return MMK_ERR_NOMEM;
    atomic_init(&acm->gate, 0);
    acm->cls = config->cls;
    acm->port = config->port;
    acm->codecs = (struct mmki_codecs){config->cls->codecs, config->cls->n_codecs};
    acm->setup = config->setup != NULL ? config->setup : plain_setup;
    acm->user = config->user;
    acm->dsp = mmk_dsp_select(platform->ops->cpu_features(platform));
    acm->generation = config->generation & 0xFFFFFu;
    *out = acm;
    return MMK_OK;
}

void mmk_acm_close(struct mmk_acm *acm)
{
    if (acm == NULL)
        return;
    struct mmk_platform *platform = acm->port->platform;
    mmki_acm_streams_end(acm);
    platform->ops->free(platform, acm);
}

uint32_t mmk_acm_message(struct mmk_acm *acm, uint32_t msg, intptr_t lparam1, intptr_t lparam2)
{
    const uintptr_t l1 = (uintptr_t)lparam1, l2 = (uintptr_t)lparam2;

    switch (msg) {
    case MMK_ACMDM_DRIVER_NOTIFY:
        return MMK_MMSYSERR_NOERROR;
    case MMK_ACMDM_DRIVER_DETAILS:
        return mmki_acm_driver_details(acm, l1);
    case MMK_ACMDM_FORMATTAG_DETAILS:
        return mmki_acm_tag_details(acm, l1, (uint32_t)l2);
    case MMK_ACMDM_FORMAT_DETAILS:
        return mmki_acm_format_details(acm, l1, (uint32_t)l2);
    case MMK_ACMDM_FORMAT_SUGGEST:
        return mmki_acm_suggest(acm, l1);
    case MMK_ACMDM_FILTERTAG_DETAILS:
        return mmki_acm_filtertag_details(acm, l1, (uint32_t)l2);
    case MMK_ACMDM_FILTER_DETAILS:
        return mmki_acm_filter_details(acm, l1, (uint32_t)l2);
    case MMK_ACMDM_STREAM_OPEN:
        return mmki_acm_stream_open(acm, l1);
    case MMK_ACMDM_STREAM_CLOSE:
        return mmki_acm_stream_close(acm, l1);
    case MMK_ACMDM_STREAM_SIZE:
        return mmki_acm_stream_size(acm, l1, l2);
    case MMK_ACMDM_STREAM_CONVERT:
        return mmki_acm_stream_convert(acm, l1, l2);
    case MMK_ACMDM_STREAM_RESET:
        return mmki_acm_stream_reset(acm, l1);
    case MMK_ACMDM_STREAM_PREPARE:
        return mmki_acm_stream_prepare(acm, l1, l2);
    case MMK_ACMDM_STREAM_UNPREPARE:
        return mmki_acm_stream_unprepare(acm, l1, l2);
    default:
        /* DRIVER_ABOUT: the ACM shows its own box. HARDWARE_WAVE_CAPS_*: there is no hardware.
         * STREAM_UPDATE: reserved. */
        return MMK_MMSYSERR_NOTSUPPORTED;
    }
}
