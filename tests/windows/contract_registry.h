/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_CONTRACT_REGISTRY_H
#define MMK_TEST_CONTRACT_REGISTRY_H

/** What the registry seam must keep on Windows beyond the portable cases: others at work meanwhile,
 *  names that are no text, and every error that Windows may answer. */

#include <mmk/port.h>

#include "contract.h"

void run_registry_hard(struct contract_count *count, struct mmk_registry *registry);

#endif
