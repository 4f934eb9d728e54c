/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The driver of the version to come: mmewave.drv with the next minor number and nothing else. */
#include <mmk/shipped.h>

#include "mmectl_next.h"

const struct mmk_driver_class *mmectl_next(void)
{
    static struct mmk_product product; /* the same at every call, so it may be filled twice */
    static struct mmk_driver_class cls;
    product = *mmk_virtual_card.product;
    product.version = MMK_VERSION + (1u << 16);
    cls = mmk_virtual_card;
    cls.product = &product;
    return &cls;
}
