/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_INSTALL_WORLD_H
#define MMK_TEST_INSTALL_WORLD_H

/** Two products and a registry with other people's things in it: what the tests of install/ have in
 * common. */

#include <mmk/install.h>

#include "support/model_port.h"

#define SECTION "Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32"
#define DESC    "Software\\Microsoft\\Windows NT\\CurrentVersion\\drivers.desc"
#define CACHE   "Software\\Microsoft\\AudioCompressionManager\\DriverCache\\msacm.test"
#define HOME    "Software\\mmekit"
#define CARD    "Software\\mmekit\\testcard"

/** "testcard": numbered, slots wave1 ..; parameters, descriptions in both views, a probe the test
 * answers (m->probe). "testcodec": one alias of its own, no hardware, a cache to be dropped. */
extern struct mmk_product test_card;
extern struct mmk_product test_codec;
extern const struct mmk_param_table test_params;

/** A model with its modules in both views, foreign values, and the probe bound to it. */
void world_init(struct model *m, enum model_mode mode);
/** The probe asks this one. */
extern struct model *world_probed;

/** One request, with settings as "name=text" ("name" alone: back to default), ended by NULL. */
uint32_t world_run(struct model *m, const struct mmk_product *product, mmk_install_verb verb,
                   uint32_t flags, const char *alias, const char *const *settings,
                   struct mmk_install_report *report);
#define RUN(m, product, verb, flags, alias, report, ...)                                          \
    world_run((m), (product), (verb), (flags), (alias), (const char *const[]){__VA_ARGS__, NULL}, \
              (report))

/** What the engine says of who is installed: a hash over mmk_install_enum. */
uint64_t world_owners(struct model *m);
/** Registry and files without volatile keys, and the owners. Nothing is counted and no hook called.
 */
uint64_t world_answer(struct model *m);

/** Text of a value of the machine, 64-bit view; "-" if it is not there. */
const char *world_text(struct model *m, const char *path, const char *name);
const char *world_text_32(struct model *m, const char *path, const char *name);

#endif
