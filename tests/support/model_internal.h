/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_MODEL_INTERNAL_H
#define MMK_TEST_MODEL_INTERNAL_H

/** Between model_port.c (registry, worlds) and model_seams.c (files, journal, platform). */

#include "support/model_port.h"

_Noreturn void model_die(const char *what);
void *model_alloc(struct model *m, size_t len);
size_t model_find(const struct model_state *s, uint8_t view, const char *path, const char *name);
const struct model_entry *model_entry(struct model *m, uint8_t view, const char *path,
                                      const char *name, uint32_t type, const void *data,
                                      size_t len);
struct model_state model_with(struct model *m, const struct model_state *s, size_t i,
                              const struct model_entry *e);
mmk_err model_op(struct model *m, enum model_op op);
mmk_err model_change(struct model *m, enum model_op op, bool *skip);
void model_init_seams(struct model *m);

#endif
