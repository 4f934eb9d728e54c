/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_SHIPPED_H
#define MMK_SHIPPED_H

/**
 * The drivers that come with mmekit, as const data for mmk_driver_init().
 *
 * A module is one of these, a port and five exported functions:
 *
 *     mmk_driver_init(&memory, &mmk_virtual_card, &port, &driver);
 *
 * Their products (mmk_virtual_card.product) are what mmectl installs and describes; the parameter
 * tables inside feed registry, alias text, dialog and docs.
 */

#include <mmk/driver.h>
#include <mmk/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * mmewave: a sound card without hardware. Plays into WAV files, records from them, connects its
 * output to its input, plays into nothing, or passes on to a real device of the host.
 * Parameters: core/shipped/virtual_card.c.
 */
extern const struct mmk_driver_class mmk_virtual_card;

/**
 * The parameters of mmewine, the same card as every program under Wine sees it: mmewave's, and
 * which devices come first, are the default, keep their volumes. setup() of mmk_virtual_card reads
 * them.
 */
extern const struct mmk_param_table mmk_wine_card_params;

/**
 * mmecodec: an ACM driver. Converts PCM and float of any width, rate and channel count, and to and
 * from G.711, IMA and Microsoft ADPCM and GSM 6.10, in one step; volume and echo filters.
 * Parameters: core/shipped/codec_pack.c.
 */
extern const struct mmk_driver_class mmk_codec_pack;

/**
 * mmewine: the virtual card as the sound device of every program under Wine. No wave messages are
 * sent to it: programs come by COM (shim-wine); its DriverProc installs, configures and removes it.
 */
extern const struct mmk_driver_class mmk_wine_card;

#ifdef __cplusplus
}
#endif

#endif
