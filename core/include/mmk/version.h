/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_VERSION_H
#define MMK_VERSION_H

/**
 * The version of the whole project, in this one place: library, drivers and tools ask here.
 *
 * Numbers as struct mmk_product and struct mmk_module_info hold them: major << 24 | minor << 16 |
 * patch.
 */

#define MMK_VERSION_MAJOR 0
#define MMK_VERSION_MINOR 1
#define MMK_VERSION_PATCH 0

#define MMK_VERSION_OF(major, minor, patch) \
    ((uint32_t)(major) << 24 | (uint32_t)(minor) << 16 | (uint32_t)(patch))
#define MMK_VERSION MMK_VERSION_OF(MMK_VERSION_MAJOR, MMK_VERSION_MINOR, MMK_VERSION_PATCH)

#define MMK_VERSION_TEXT_1(x) #x
#define MMK_VERSION_TEXT_3(a, b, c) \
    MMK_VERSION_TEXT_1(a) "." MMK_VERSION_TEXT_1(b) "." MMK_VERSION_TEXT_1(c)
/** "0.1.0" */
#define MMK_VERSION_TEXT MMK_VERSION_TEXT_3(MMK_VERSION_MAJOR, MMK_VERSION_MINOR, MMK_VERSION_PATCH)

#endif
