/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * What a driver module's PE header says: machine, exports, version. The loader is not asked, since
 * it runs nothing of the other pointer width and might run something of a hostile file. Every
 * offset is checked against the file's size by the one function that reads.
 *
 * Source: Microsoft's "PE Format"; VS_FIXEDFILEINFO of the Win32 documents.
 */
#include "win32_internal.h"

#include <string.h>

enum {
    MACHINE_I386 = 0x014c,
    MACHINE_AMD64 = 0x8664,
    MACHINE_ARM64 = 0xaa64,
    MAGIC_32 = 0x10b,
    MAGIC_64 = 0x20b,
    IS_DLL = 0x2000,
    DIRECTORY_EXPORT = 0,
    DIRECTORY_RESOURCE = 2,
    TYPE_VERSION = 16
};

#define SECTIONS_MAX 96u    /* the loader's own limit */
#define NAMES_MAX    65536u /* exports of any module */
#define VERSION_MAX  65536u /* bytes of a version resource */
#define FIXED_MAGIC  0xFEEF04BDu

struct image {
    HANDLE file;
    uint64_t size;
    uint64_t sections_at;
    unsigned n_sections;
    uint32_t export_rva, export_size;
    uint32_t resource_rva, resource_size;
    uint16_t machine;
    bool dll;
};

static bool get(const struct image *im, uint64_t at, void *data, size_t len)
{
    size_t have = 0;
    if (at > im->size || len > im->size - at)
        return false;
    return mmki_read_at(im->file, at, data, len, &have) == MMK_OK && have == len;
}

static uint32_t word(const unsigned char *bytes, unsigned n_bytes)
{
    uint32_t value = 0;
    for (unsigned i = n_bytes; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

/** Address in memory to place in the file. */
static bool place(const struct image *im, uint64_t rva, uint64_t *at)
{
    unsigned char s[40];
    for (unsigned i = 0; i < im->n_sections; i++) {
        if (!get(im, im->sections_at + i * sizeof s, s, sizeof s))
            return false;
        uint64_t address = word(s + 12, 4);
        uint64_t raw_size = word(s + 16, 4);
        if (rva >= address && rva - address < raw_size) {
            *at = word(s + 20, 4) + (rva - address);
            return true;
        }
    }
    return false;
}

static bool get_rva(const struct image *im, uint64_t rva, void *data, size_t len)
{
    uint64_t at;
    return place(im, rva, &at) && get(im, at, data, len);
}

/* ------------------------------------------------------------------ header */

static bool read_header(struct image *im)
{
    unsigned char dos[64];
    unsigned char coff[24];
    unsigned char opt[136]; /* up to the resource directory of PE32+ */
    if (!get(im, 0, dos, sizeof dos) || word(dos, 2) != 0x5a4d)
        return false;
    uint64_t at = word(dos + 60, 4);
    if (!get(im, at, coff, sizeof coff) || word(coff, 4) != 0x4550)
        return false;
    im->machine = (uint16_t)word(coff + 4, 2);
    im->n_sections = word(coff + 6, 2);
    im->dll = (word(coff + 22, 2) & IS_DLL) != 0;
    uint32_t opt_size = word(coff + 20, 2);
    at += sizeof coff;
    im->sections_at = at + opt_size;
    if (im->n_sections > SECTIONS_MAX || opt_size < sizeof opt || !get(im, at, opt, sizeof opt))
        return false;
    uint32_t magic = word(opt, 2);
    if (magic != MAGIC_32 && magic != MAGIC_64)
        return false;
    unsigned first = magic == MAGIC_64 ? 112 : 96; /* the table of directories */
    uint32_t n = word(opt + first - 4, 4);
    if (n > DIRECTORY_EXPORT) {
        im->export_rva = word(opt + first, 4);
        im->export_size = word(opt + first + 4, 4);
    }
    if (n > DIRECTORY_RESOURCE) {
        im->resource_rva = word(opt + first + 16, 4);
        im->resource_size = word(opt + first + 20, 4);
    }
    return true;
}

/** Whether the file holds what its sections say, as the loader demands. */
static bool sections_whole(const struct image *im)
{
    unsigned char s[40];
    for (unsigned i = 0; i < im->n_sections; i++) {
        if (!get(im, im->sections_at + i * sizeof s, s, sizeof s))
            return false;
        uint64_t end = (uint64_t)word(s + 16, 4) + word(s + 20, 4);
        if (word(s + 16, 4) > 0 && end > im->size)
            return false;
    }
    return im->n_sections > 0;
}

static uint8_t pointer_bits(const struct image *im)
{
    switch (im->machine) {
    case MACHINE_I386:
        return 32;
    case MACHINE_AMD64:
    case MACHINE_ARM64:
        return 64;
    default:
        return 0;
    }
}

/* ------------------------------------------------------------------ exports */

static bool name_is(const struct image *im, uint32_t rva, const char *name)
{
    char bytes[32];
    size_t len = strlen(name) + 1;
    return len <= sizeof bytes && get_rva(im, rva, bytes, len) && memcmp(bytes, name, len) == 0;
}

static bool exports(const struct image *im, const char *name)
{
    unsigned char dir[40];
    unsigned char entry[4];
    if (im->export_size < sizeof dir || !get_rva(im, im->export_rva, dir, sizeof dir))
        return false;
    uint32_t n = word(dir + 24, 4);
    uint64_t names = word(dir + 32, 4);
    for (uint32_t i = 0; i < n && i < NAMES_MAX; i++) {
        if (!get_rva(im, names + 4u * (uint64_t)i, entry, sizeof entry))
            return false;
        if (name_is(im, word(entry, 4), name))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ version */

/** One level of the resource tree: the entry with this id, or the first if id is 0.
 *  @param next  out: offset in the section, top bit = a folder */
static bool resource_entry(const struct image *im, uint32_t folder, uint32_t id, uint32_t *next)
{
    unsigned char head[16];
    unsigned char entry[8];
    uint64_t at = (uint64_t)im->resource_rva + folder;
    if (!get_rva(im, at, head, sizeof head))
        return false;
    uint32_t n = word(head + 12, 2) + word(head + 14, 2);
    for (uint32_t i = 0; i < n; i++) {
        if (!get_rva(im, at + sizeof head + sizeof entry * (uint64_t)i, entry, sizeof entry))
            return false;
        if (id == 0 || word(entry, 4) == id) {
            *next = word(entry + 4, 4);
            return true;
        }
    }
    return false;
}

static uint32_t version(const struct image *im)
{
    const uint32_t folder_bit = 0x80000000u;
    unsigned char leaf[16];
    unsigned char block[92]; /* header 6, L"VS_VERSION_INFO" 32, padding 2, fixed part 52 */
    uint32_t next = 0;
    if (im->resource_size == 0 || !resource_entry(im, 0, TYPE_VERSION, &next) ||
        !(next & folder_bit) || !resource_entry(im, next & ~folder_bit, 0, &next) ||
        !(next & folder_bit) || !resource_entry(im, next & ~folder_bit, 0, &next) ||
        (next & folder_bit))
        return 0;
    if (!get_rva(im, (uint64_t)im->resource_rva + next, leaf, sizeof leaf) ||
        word(leaf + 4, 4) < sizeof block || word(leaf + 4, 4) > VERSION_MAX ||
        !get_rva(im, word(leaf, 4), block, sizeof block) || word(block + 40, 4) != FIXED_MAGIC)
        return 0;
    uint32_t high = word(block + 48, 4); /* dwFileVersionMS: major, minor */
    uint32_t low = word(block + 52, 4);  /* dwFileVersionLS: patch, build */
    return (high >> 16 & 0xFF) << 24 | (high & 0xFF) << 16 | low >> 16;
}

/** A whole DLL of a machine that we know. Close im->file on MMK_OK. */
static mmk_err open_image(const WCHAR *path, struct image *im)
{
    LARGE_INTEGER size;
    mmk_err err = MMK_ERR_CORRUPT;
    *im = (struct image){0};
    im->file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                           OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (im->file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    if (!GetFileSizeEx(im->file, &size)) {
        err = mmki_last_err();
    } else {
        im->size = (uint64_t)size.QuadPart;
        if (read_header(im) && sections_whole(im) && im->dll && pointer_bits(im) != 0)
            return MMK_OK;
    }
    CloseHandle(im->file);
    return err;
}

mmk_err mmki_pe_read(const WCHAR *path, struct mmk_module_info *info)
{
    struct image im;
    mmk_err err = open_image(path, &im);
    if (err != MMK_OK)
        return err;
    info->pointer_bits = pointer_bits(&im);
    info->exports_driver_proc = exports(&im, "DriverProc");
    info->version = version(&im);
    CloseHandle(im.file);
    return MMK_OK;
}

bool mmki_pe_exports(const WCHAR *path, const char *name)
{
    struct image im;
    if (open_image(path, &im) != MMK_OK)
        return false;
    bool found = exports(&im, name);
    CloseHandle(im.file);
    return found;
}
