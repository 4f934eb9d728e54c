/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_FOREIGN_H
#define MMECTL_FOREIGN_H

/** Drivers of other makers, as products that the install engine can handle. */

#include "mmectl.h"

struct foreign {
    struct mmk_product product; /* points into this structure: not to be copied */
    char file[HOST_PATH_MAX];   /* bare name; the product's name as well */
    char base[64];
};

/** @param alias  the one asked for or owned; NULL: by the kind of module */
void foreign_init(struct foreign *f, const char *file, const char *alias, uint32_t version);

/** An installed driver of somebody else, by the name or path of its file. */
bool foreign_find(struct mmectl *m, const char *name, struct foreign *f);

enum outcome install_foreign(struct mmectl *m, const char *path);
enum outcome remove_foreign(struct mmectl *m, struct foreign *f);
enum outcome repair_foreign(struct mmectl *m, struct foreign *f);

#endif
