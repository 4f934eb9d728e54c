/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <mmk/acm.h>
#include <mmk/shipped.h>

/* Names of the choices are what users write; the indexes below follow their order. */

static const struct mmk_param_choice qualities[] = {
    [MMK_QUALITY_DRAFT] = {"draft", MMK_HOST_ALL, "least work"},
    [MMK_QUALITY_FAST] = {"fast", MMK_HOST_ALL, "good enough for speech and games"},
    [MMK_QUALITY_HIGH] = {"high", MMK_HOST_ALL, "beyond 16 bits"},
    [MMK_QUALITY_ULTRA] = {"ultra", MMK_HOST_ALL, "mastering"},
    {0},
};

static const struct mmk_param_choice downmixes[] = {
    [MMK_DOWNMIX_STANDARD] = {"standard", MMK_HOST_ALL,
                              "all channels, weighted as ITU-R BS.775 says"},
    [MMK_DOWNMIX_FRONT] = {"front", MMK_HOST_ALL, "the first channels only"},
    {0},
};

static const struct mmk_param params[] = {
    {.name = "quality",
     .scope = MMK_SCOPE_DRIVER,
     .type = MMK_PARAM_CHOICE,
     .choices = qualities,
     .default_text = "high",
     .hosts = MMK_HOST_ALL,
     .alias_key = "quality",
     .label = "Rate conversion",
     .help = "Quality of rate conversion."},
    {.name = "dither",
     .scope = MMK_SCOPE_DRIVER,
     .type = MMK_PARAM_BOOL,
     .default_text = "on",
     .hosts = MMK_HOST_ALL,
     .alias_key = "dither",
     .label = "Dither",
     .help = "Add triangular dither where PCM samples lose precision; what fits passes unchanged "
             "either way."},
    {.name = "downmix",
     .scope = MMK_SCOPE_DRIVER,
     .type = MMK_PARAM_CHOICE,
     .choices = downmixes,
     .default_text = "standard",
     .hosts = MMK_HOST_ALL,
     .alias_key = "downmix",
     .label = "Fewer channels",
     .help = "What becomes of channels that the result has no place for."},
};

static const struct mmk_param_table table = {params, sizeof params / sizeof params[0]};

#define DRIVERS_DESC "Software\\Microsoft\\Windows NT\\CurrentVersion\\drivers.desc"
#define DRIVER_CACHE "Software\\Microsoft\\AudioCompressionManager\\DriverCache\\msacm.mmekit"

/* The ACM believes what it has cached of a driver, whatever the driver says by now: no value of it
 * survives an install, an upgrade or a removal. */
static const struct mmk_extra_value extra[] = {
    {.root = MMK_REG_MACHINE,
     .both_views = true,
     .path = DRIVERS_DESC,
     .name = "mmecodec.acm",
     .text = "mmekit codec pack"},
    {.root = MMK_REG_MACHINE, .both_views = true, .path = DRIVER_CACHE, .remove = true},
};

/* Wine 8 stops reading Drivers32 at the first name that is longer than the one before it. */
static const struct mmk_extra_line lines[] = {
    {.hosts = MMK_HOST_WINE,
     .file = "system.ini",
     .section = "drivers32",
     .key = "msacm.mmekit",
     .value = "mmecodec.acm"},
};

static void setup(const struct mmk_settings *settings, struct mmk_acm_setup *out)
{
    out->quality = (mmk_quality)mmk_settings_number(settings, "quality");
    out->dither = mmk_settings_number(settings, "dither") != 0;
    out->downmix = (mmk_downmix)mmk_settings_number(settings, "downmix");
}

/* In the order of lists. */
static const struct mmk_codec *const codecs[] = {&mmk_codec_alaw, &mmk_codec_ulaw, &mmk_codec_ima,
                                                 &mmk_codec_ms, &mmk_codec_gsm};

static const struct mmk_acm_class acm = {
    .short_name = "mmekit codecs",
    .long_name = "mmekit codec pack and PCM converter",
    .copyright = "Copyright (c) 2026 the mmekit authors",
    .features = "Converts PCM of any rate, width and channel count, G.711, IMA and Microsoft "
                "ADPCM and GSM 6.10 into each other.",
    .version = MMK_VERSION,
    .manufacturer_id = MMK_MM_UNMAPPED,
    .product_id = MMK_MM_PID_UNMAPPED,
    .codecs = codecs,
    .n_codecs = sizeof codecs / sizeof codecs[0],
    .filters = true,
    .setup = setup,
};

static const struct mmk_product product = {
    .name = "mmecodec",
    .file = "mmecodec.acm",
    .title = "mmekit codec pack",
    .version = MMK_VERSION,
    .section = "Drivers32",
    .alias_base = "msacm.mmekit",
    .params = &table,
    .extra = extra,
    .n_extra = sizeof extra / sizeof extra[0],
    .lines = lines,
    .n_lines = sizeof lines / sizeof lines[0],
};

const struct mmk_driver_class mmk_codec_pack = {
    .product = &product,
    .serves = MMK_SERVES_ACM,
    .manufacturer_id = MMK_MM_UNMAPPED,
    .product_id = MMK_MM_PID_UNMAPPED,
    .acm = &acm,
};
