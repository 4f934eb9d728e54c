/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_CONTRACT_FILES_H
#define MMK_TEST_CONTRACT_FILES_H

/** The suites that work in a folder: journal and files, each in one of its own that is removed. */

#include "contract.h"
#include "contract/files_cases.h"
#include "contract/journal_cases.h"

void run_journal(struct contract_count *count);
void run_files(struct contract_count *count, struct mmk_files *files);

#endif
