/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The contract suites of the seams over shim-win32: the registry cases work in the real registry,
 * in keys of their own that they remove. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmk/win32.h>

#include "contract.h"
#include "contract/platform_cases.h"
#include "contract/registry_cases.h"
#include "contract_files.h"
#include "contract_registry.h"
#include "module_cases.h"

static struct mmk_win32_memory memory;

static void run_registry(struct contract_count *count, struct mmk_registry *registry)
{
    struct registry_env env = {.registry = registry}; /* lazy: never durable, nothing to reopen */
    for (size_t i = 0; i < n_registry_cases; i++)
        contract_report(count, "registry", registry_cases[i].name,
                        registry_case_run(&registry_cases[i], &env));
}

static void run_platform(struct contract_count *count, struct mmk_platform *platform)
{
    for (size_t i = 0; i < n_platform_cases; i++)
        contract_report(count, "platform", platform_cases[i].name, platform_cases[i].run(platform));
    for (size_t i = 0; i < n_module_cases; i++)
        contract_report(count, "modules", module_cases[i].name,
                        module_case_run(&module_cases[i], platform));
}

int main(void)
{
    struct contract_count count = {0};
    struct mmk_win32 *win32;
    setvbuf(stdout, NULL, _IONBF, 0);
    if (mmk_win32_init(&memory, NULL, &win32) != MMK_OK)
        return 1;
    struct mmk_port *port = mmk_win32_port(win32);
    contract_report(&count, "port", "is complete",
                    mmk_port_check(port) == MMK_OK ? NULL : "mmk_port_check refuses it");
    run_platform(&count, port->platform);
    run_journal(&count);
    run_files(&count, port->files);
    run_registry(&count, port->registry);
    run_registry_hard(&count, port->registry);
    return contract_end(&count);
}
