/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <mmk/shipped.h>

/**
 * mmewine, the card as all programs under Wine get it. No alias names it: COM finds the class by
 * the values below, which installer and regsvr32 both write from this one table, in this order.
 */

#define CLASSES  "Software\\Classes\\CLSID\\"
#define OURS     "{2B7C8F0E-5A43-4B8E-9D1C-6D6D656B6974}"
#define REPLACED "{BCDE0395-E52F-467C-8E3D-C4579291692E}" /* MMDeviceEnumerator */

#define CLASS_VALUE(key, which, ...)                                                            \
    {                                                                                           \
        .root = MMK_REG_MACHINE, .both_views = true, .where_module = true, .path = CLASSES key, \
        .name = which, __VA_ARGS__                                                              \
    }

/* The class first and the redirection last: at no moment is COM sent to a class that is not there.
 * Programs of both widths find their own module by the one name, as they do for the system's. */
static const struct mmk_extra_value extra[] = {
    CLASS_VALUE(OURS, "", .text = "mmekit audio device enumerator"),
    CLASS_VALUE(OURS "\\InprocServer32", "", .text = "%SystemRoot%\\system32\\mmewine.dll",
                .expands = true),
    CLASS_VALUE(OURS "\\InprocServer32", "ThreadingModel", .text = "Both"),
    CLASS_VALUE(REPLACED "\\TreatAs", "", .text = OURS),
};

static const struct mmk_support support[] = {
    {.kind = MMK_SUPPORT_ALIAS,
     .name = "wave",
     .needed_when = "backend=wod",
     .param = "path",
     .cure = "install the wave driver that shall play, or choose another backend"},
};

/* The devices are mmewave's, and so is what there is to verify about them. */
static mmk_err probe(struct mmk_port *port, const struct mmk_settings *settings,
                     mmk_direction direction, uint32_t timeout_ms, char *reason, size_t cap)
{
    return mmk_virtual_card.product->probe(port, settings, direction, timeout_ms, reason, cap);
}

static const struct mmk_product product = {
    .name = "mmewine",
    .file = "mmewine.dll",
    .title = "mmekit sound for Wine",
    .version = MMK_VERSION,
    .section = "Drivers32", /* what a DRVCONFIGINFO may say; nothing is written there */
    .hosts = MMK_HOST_WINE,
    .tried = true,
    .params = &mmk_wine_card_params,
    .support = support,
    .n_support = sizeof support / sizeof support[0],
    .extra = extra,
    .n_extra = sizeof extra / sizeof extra[0],
    .probe = probe,
};

const struct mmk_driver_class mmk_wine_card = {
    .product = &product,
    .manufacturer_id = MMK_MM_UNMAPPED,
    .product_id = MMK_MM_PID_UNMAPPED,
};
