/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* inspect_module and try_load_module over real and damaged PE files. */
#define __USE_MINGW_ANSI_STDIO 1
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "module_cases.h"

#include <stdio.h>
#include <string.h>

#include "make_pe.h"

#define NEED(condition, text) \
    do {                      \
        if (!(condition))     \
            return text;      \
    } while (0)

static char path[MAX_PATH + 32];

static bool write_bytes(const unsigned char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    size_t n = fwrite(bytes, 1, len, file);
    return fclose(file) == 0 && n == len;
}

static mmk_err inspect(struct mmk_platform *p, mmk_reg_view view, struct mmk_module_info *info)
{
    return p->ops->inspect_module(p, path, view, info);
}

static const char *header_is_read(struct mmk_platform *p)
{
    unsigned char pe[MAKE_PE_BYTES];
    struct mmk_module_info info;
    const struct make_pe what = {0x14c, "DriverProc", 3, 14, 159};
    make_pe(&what, pe);
    NEED(write_bytes(pe, sizeof pe), "the file cannot be written");
    NEED(inspect(p, MMK_VIEW_32, &info) == MMK_OK, "a 32-bit module is refused");
    NEED(info.pointer_bits == 32, "it is not said to be 32-bit");
    NEED(info.exports_driver_proc, "its DriverProc is not seen");
    NEED(info.version == (3u << 24 | 14u << 16 | 159u), "its version is another");
    NEED(info.hash != 0 && strcmp(info.path, path) == 0, "its path or hash is missing");
    memset(&info, 0, sizeof info);
    NEED(inspect(p, MMK_VIEW_64, &info) == MMK_ERR_BITNESS, "wrong for the view is not BITNESS");
    NEED(info.pointer_bits == 32, "BITNESS does not fill info");
    return NULL;
}

static const char *other_exports_are_none(struct mmk_platform *p)
{
    unsigned char pe[MAKE_PE_BYTES];
    struct mmk_module_info info;
    const struct make_pe what = {0x14c, "DriverProcs", 1, 0, 0};
    make_pe(&what, pe);
    NEED(write_bytes(pe, sizeof pe), "the file cannot be written");
    NEED(inspect(p, MMK_VIEW_32, &info) == MMK_OK, "a module without DriverProc is no module");
    NEED(!info.exports_driver_proc, "DriverProcs passes for DriverProc");
    return NULL;
}

/** Every truncation and every byte turned: an answer, never a crash or a wait. */
static const char *damage_is_survived(struct mmk_platform *p)
{
    unsigned char pe[MAKE_PE_BYTES];
    struct mmk_module_info info;
    unsigned n_corrupt = 0;
    const struct make_pe what = {0x14c, "DriverProc", 1, 0, 0};
    make_pe(&what, pe);
    for (size_t len = 0; len < sizeof pe; len += len < 360 ? 1 : 13) {
        NEED(write_bytes(pe, len), "the file cannot be written");
        memset(&info, 0x5a, sizeof info);
        NEED(inspect(p, MMK_VIEW_32, &info) == MMK_ERR_CORRUPT, "a cut module is not CORRUPT");
        NEED(info.pointer_bits == 0x5a, "a failed inspect_module wrote info");
    }
    for (size_t at = 0; at < sizeof pe; at += at < 360 ? 1 : 3) {
        pe[at] ^= 0xFF;
        NEED(write_bytes(pe, sizeof pe), "the file cannot be written");
        n_corrupt += inspect(p, MMK_VIEW_32, &info) == MMK_ERR_CORRUPT;
        pe[at] ^= 0xFF;
    }
    NEED(n_corrupt >= 8, "no turned byte of the header makes it CORRUPT");
    return NULL;
}

static const char *system_modules_are_found(struct mmk_platform *p)
{
    struct mmk_module_info info;
    char reason[256];
    mmk_reg_view view = sizeof(void *) == 8 ? MMK_VIEW_64 : MMK_VIEW_32;
    NEED(p->ops->inspect_module(p, "winmm.dll", view, &info) == MMK_OK, "winmm.dll is not found");
    NEED(info.pointer_bits == sizeof(void *) * 8, "winmm.dll has another bitness than we");
    NEED(!info.exports_driver_proc, "winmm.dll exports DriverProc");
    NEED(p->ops->try_load_module(p, "winmm.dll", reason, sizeof reason) == MMK_ERR_CORRUPT,
         "winmm.dll is loaded as a driver");
    NEED(p->ops->inspect_module(p, "msacm32.drv", view, &info) == MMK_OK &&
             info.exports_driver_proc,
         "the system's wave mapper has no DriverProc");
    NEED(p->ops->try_load_module(p, "msacm32.drv", reason, sizeof reason) == MMK_OK,
         "the system's wave mapper does not load");
    return NULL;
}

static const char *planted_namesakes_are_passed_by(struct mmk_platform *p)
{
    unsigned char pe[MAKE_PE_BYTES];
    struct mmk_module_info info;
    char reason[256];
    mmk_reg_view view = sizeof(void *) == 8 ? MMK_VIEW_64 : MMK_VIEW_32;
    const struct make_pe what = {sizeof(void *) == 8 ? 0x8664 : 0x14c, "DriverProc", 1, 0, 0};
    char old[MAX_PATH];
    char folder[MAX_PATH];
    GetTempPathA(sizeof folder, folder);
    GetCurrentDirectoryA(sizeof old, old);
    snprintf(path, sizeof path, "%smmk-planted.drv", folder);
    make_pe(&what, pe);
    NEED(write_bytes(pe, sizeof pe), "the file cannot be written");
    SetCurrentDirectoryA(folder);
    mmk_err inspected = p->ops->inspect_module(p, "mmk-planted.drv", view, &info);
    mmk_err loaded = p->ops->try_load_module(p, "mmk-planted.drv", reason, sizeof reason);
    SetCurrentDirectoryA(old);
    DeleteFileA(path);
    NEED(inspected == MMK_ERR_NOT_FOUND && loaded == MMK_ERR_NOT_FOUND,
         "a module in the current folder is taken");
    return NULL;
}

const struct platform_case module_cases[] = {
    {"header_is_read", header_is_read},
    {"other_exports_are_none", other_exports_are_none},
    {"damage_is_survived", damage_is_survived},
    {"system_modules_are_found", system_modules_are_found},
    {"planted_namesakes_are_passed_by", planted_namesakes_are_passed_by},
};
const size_t n_module_cases = sizeof module_cases / sizeof *module_cases;

const char *module_case_run(const struct platform_case *c, struct mmk_platform *platform)
{
    char folder[MAX_PATH];
    GetTempPathA(sizeof folder, folder);
    snprintf(path, sizeof path, "%smmk-module.drv", folder);
    const char *broken = c->run(platform);
    DeleteFileA(path);
    return broken;
}
