/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * What the header of a driver module says: pointer width, version, and whether it exports
 * DriverProc. ELF (what dlopen takes) and PE (what Windows and Wine take; mmectl looks after those
 * too). The bytes are hostile: every offset is checked against the file's size by the one function
 * that reads.
 *
 * Sources: System V ABI, "Object files" and "Dynamic linking"; the GNU hash section as binutils
 * writes it; Microsoft's "PE Format".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mmk/hash.h>

#include "posix_internal.h"

#define ENTRY_POINT "DriverProc"
#define VERSION_SYMBOL \
    "mmk_module_version" /* optional in ELF: const uint32_t, as mmk_module_info */

#define TABLE_MAX 65536u /* entries of any table that is looked through: no module has more */

struct image {
    int fd;
    uint64_t size;
};

/** The one reader. @return false outside the file */
static bool get(const struct image *im, uint64_t at, void *data, size_t len)
{
    if (at > im->size || len > im->size - at)
        return false;
    unsigned char *to = data;
    while (len > 0) {
        ssize_t n = pread(im->fd, to, len, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
    return true;
}

static uint64_t word(const unsigned char *bytes, unsigned n_bytes)
{
    uint64_t value = 0;
    for (unsigned i = n_bytes; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

/** A little-endian number of 1..8 bytes. */
static bool number(const struct image *im, uint64_t at, unsigned n_bytes, uint64_t *value)
{
    unsigned char bytes[8];
    if (!get(im, at, bytes, n_bytes))
        return false;
    *value = word(bytes, n_bytes);
    return true;
}

/** Whether the file has this text, with its terminator, at a place. */
static bool text_is(const struct image *im, uint64_t at, const char *text)
{
    char bytes[32];
    size_t len = strlen(text) + 1;
    return len <= sizeof bytes && get(im, at, bytes, len) && memcmp(bytes, text, len) == 0;
}

/* ------------------------------------------------------------------ ELF */

enum { ET_DYN_ = 3, PT_LOAD_ = 1, PT_DYNAMIC_ = 2 };
enum { DT_HASH_ = 4, DT_STRTAB_ = 5, DT_SYMTAB_ = 6, DT_GNU_HASH_ = 0x6ffffef5 };

struct elf {
    const struct image *im;
    bool wide; /* 64-bit */
    uint64_t ph_at;
    unsigned ph_size;
    unsigned ph_count;
    uint64_t hash, gnu_hash, strings, symbols; /* addresses, 0 = absent */
};

struct segment {
    uint64_t type, offset, address, file_size;
};

static bool elf_segment(const struct elf *elf, unsigned index, struct segment *s)
{
    unsigned char h[56];
    unsigned n = elf->wide ? 8u : 4u;
    if (!get(elf->im, elf->ph_at + (uint64_t)index * elf->ph_size, h, elf->wide ? 56 : 32))
        return false;
    s->type = word(h, 4);
    s->offset = word(h + (elf->wide ? 8 : 4), n);
    s->address = word(h + (elf->wide ? 16 : 8), n);
    s->file_size = word(h + (elf->wide ? 32 : 16), n);
    return true;
}

/** Address to place in the file. */
static bool elf_place(const struct elf *elf, uint64_t address, uint64_t *at)
{
    struct segment s;
    for (unsigned i = 0; i < elf->ph_count && elf_segment(elf, i, &s); i++) {
        if (s.type == PT_LOAD_ && address >= s.address && address - s.address < s.file_size &&
            s.offset <= elf->im->size) {
            *at = s.offset + (address - s.address);
            return true;
        }
    }
    return false;
}

static bool elf_word(const struct elf *elf, uint64_t address, unsigned n, uint64_t *value)
{
    uint64_t at;
    return elf_place(elf, address, &at) && number(elf->im, at, n, value);
}

static void elf_read_dynamic(struct elf *elf, const struct segment *dynamic)
{
    unsigned n = elf->wide ? 8u : 4u;
    uint64_t tag = 0;
    uint64_t value = 0;
    for (uint64_t i = 0; i < TABLE_MAX && i * 2 * n < dynamic->file_size; i++) {
        uint64_t at = dynamic->offset + i * 2 * n;
        if (!number(elf->im, at, n, &tag) || !number(elf->im, at + n, n, &value) || tag == 0)
            return;
        if (tag == DT_HASH_)
            elf->hash = value;
        else if (tag == DT_GNU_HASH_)
            elf->gnu_hash = value;
        else if (tag == DT_STRTAB_)
            elf->strings = value;
        else if (tag == DT_SYMTAB_)
            elf->symbols = value;
    }
}

/** Whether symbol `index` is a defined one of that name; its address. */
static bool elf_symbol_is(const struct elf *elf, uint64_t index, const char *name,
                          uint64_t *address)
{
    uint64_t at;
    uint64_t strings_at;
    unsigned char sym[24];
    size_t size = elf->wide ? 24 : 16;
    if (!elf_place(elf, elf->symbols + index * size, &at) || !get(elf->im, at, sym, size))
        return false;
    uint64_t section = word(sym + (elf->wide ? 6 : 14), 2);
    if (section == 0 || !elf_place(elf, elf->strings, &strings_at) ||
        !text_is(elf->im, strings_at + word(sym, 4), name))
        return false;
    *address = elf->wide ? word(sym + 8, 8) : word(sym + 4, 4);
    return true;
}

static uint32_t gnu_hash_of(const char *name)
{
    uint32_t hash = 5381;
    for (; *name != '\0'; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static bool elf_find_gnu(const struct elf *elf, const char *name, uint64_t *address)
{
    uint64_t n_buckets, first, bloom_words, index, chain;
    uint32_t hash = gnu_hash_of(name);
    if (!elf_word(elf, elf->gnu_hash, 4, &n_buckets) ||
        !elf_word(elf, elf->gnu_hash + 4, 4, &first) ||
        !elf_word(elf, elf->gnu_hash + 8, 4, &bloom_words) || n_buckets == 0)
        return false;
    uint64_t buckets = elf->gnu_hash + 16 + bloom_words * (elf->wide ? 8 : 4);
    uint64_t chains = buckets + n_buckets * 4;
    if (!elf_word(elf, buckets + hash % n_buckets * 4, 4, &index) || index < first)
        return false;
    for (unsigned i = 0; i < TABLE_MAX; i++, index++) {
        if (!elf_word(elf, chains + (index - first) * 4, 4, &chain))
            return false;
        if ((chain | 1) == (hash | 1u) && elf_symbol_is(elf, index, name, address))
            return true;
        if ((chain & 1) != 0)
            return false;
    }
    return false;
}

static uint32_t sysv_hash_of(const char *name)
{
    uint32_t hash = 0;
    for (; *name != '\0'; name++) {
        hash = (hash << 4) + (unsigned char)*name;
        uint32_t high = hash & 0xf0000000u;
        hash = (hash ^ high >> 24) & ~high;
    }
    return hash;
}

static bool elf_find_sysv(const struct elf *elf, const char *name, uint64_t *address)
{
    uint64_t n_buckets, index;
    if (!elf_word(elf, elf->hash, 4, &n_buckets) || n_buckets == 0 ||
        !elf_word(elf, elf->hash + 8 + sysv_hash_of(name) % n_buckets * 4, 4, &index))
        return false;
    for (unsigned i = 0; i < TABLE_MAX && index != 0; i++) {
        if (elf_symbol_is(elf, index, name, address))
            return true;
        if (!elf_word(elf, elf->hash + 8 + (n_buckets + index) * 4, 4, &index))
            return false;
    }
    return false;
}

static bool elf_find(const struct elf *elf, const char *name, uint64_t *address)
{
    if (elf->gnu_hash != 0)
        return elf_find_gnu(elf, name, address);
    return elf->hash != 0 && elf_find_sysv(elf, name, address);
}

static mmk_err read_elf(const struct image *im, struct mmk_module_info *info)
{
    unsigned char h[64];
    struct elf elf = {.im = im};
    if (!get(im, 0, h, 52) || h[6] != 1 || h[5] != 1 /* little-endian */ || h[4] < 1 || h[4] > 2)
        return MMK_ERR_CORRUPT;
    elf.wide = h[4] == 2;
    if (!get(im, 0, h, elf.wide ? 64 : 52) || word(h + 16, 2) != ET_DYN_)
        return MMK_ERR_CORRUPT;
    elf.ph_at = elf.wide ? word(h + 32, 8) : word(h + 28, 4);
    elf.ph_size = (unsigned)word(h + (elf.wide ? 54 : 42), 2);
    elf.ph_count = (unsigned)word(h + (elf.wide ? 56 : 44), 2);
    if (elf.ph_at > im->size || elf.ph_size < (elf.wide ? 56u : 32u))
        return MMK_ERR_CORRUPT;

    struct segment s;
    bool has_dynamic = false;
    for (unsigned i = 0; i < elf.ph_count; i++) {
        if (!elf_segment(&elf, i, &s))
            return MMK_ERR_CORRUPT;
        if (s.offset > im->size || s.file_size > im->size - s.offset)
            return MMK_ERR_CORRUPT; /* cut short: the loader would get SIGBUS */
        if (s.type == PT_DYNAMIC_) {
            elf_read_dynamic(&elf, &s);
            has_dynamic = true;
        }
    }
    if (!has_dynamic)
        return MMK_ERR_CORRUPT;
    uint64_t address;
    uint64_t version;
    info->pointer_bits = elf.wide ? 64 : 32;
    info->exports_driver_proc = elf_find(&elf, ENTRY_POINT, &address);
    if (elf_find(&elf, VERSION_SYMBOL, &address) && elf_word(&elf, address, 4, &version))
        info->version = (uint32_t)version;
    return MMK_OK;
}

/* ------------------------------------------------------------------ PE */

enum { PE_DLL = 0x2000, PE_32 = 0x10b, PE_64 = 0x20b };

struct pe {
    const struct image *im;
    uint64_t sections_at;
    unsigned n_sections;
};

/** Relative virtual address to place in the file. */
static bool pe_place(const struct pe *pe, uint64_t rva, uint64_t *at)
{
    unsigned char s[40];
    for (unsigned i = 0; i < pe->n_sections; i++) {
        if (!get(pe->im, pe->sections_at + i * UINT64_C(40), s, sizeof s))
            return false;
        uint64_t start = word(s + 12, 4);
        uint64_t raw_size = word(s + 16, 4);
        if (rva >= start && rva - start < raw_size) {
            *at = word(s + 20, 4) + (rva - start);
            return true;
        }
    }
    return false;
}

static bool pe_exports(const struct pe *pe, uint64_t exports_rva)
{
    uint64_t at, names_at, n_names, names_rva, name_rva, name_at;
    if (exports_rva == 0 || !pe_place(pe, exports_rva, &at) ||
        !number(pe->im, at + 24, 4, &n_names) || !number(pe->im, at + 32, 4, &names_rva) ||
        !pe_place(pe, names_rva, &names_at))
        return false;
    for (uint64_t i = 0; i < n_names && i < TABLE_MAX; i++) {
        if (!number(pe->im, names_at + i * 4, 4, &name_rva))
            return false;
        if (pe_place(pe, name_rva, &name_at) && text_is(pe->im, name_at, ENTRY_POINT))
            return true;
    }
    return false;
}

/* The version resource is found by the signature of VS_FIXEDFILEINFO and its structure version,
 * which lie on a multiple of four; walking the tree of types, names and languages to it would find
 * the same one. */
static uint32_t pe_version(const struct pe *pe, uint64_t resources_rva, uint64_t resources_size)
{
    static const unsigned char mark[8] = {0xbd, 0x04, 0xef, 0xfe, 0, 0, 1, 0};
    unsigned char piece[4096 + 16];
    uint64_t at;
    if (resources_rva == 0 || !pe_place(pe, resources_rva, &at))
        return 0;
    for (uint64_t done = 0; done < resources_size && done < (UINT64_C(64) << 20); done += 4096) {
        uint64_t left = resources_size - done;
        size_t len = left < sizeof piece ? (size_t)left : sizeof piece;
        if (!get(pe->im, at + done, piece, len))
            return 0;
        for (size_t i = 0; i + 16 <= len; i += 4) {
            if (memcmp(piece + i, mark, sizeof mark) != 0)
                continue;
            uint32_t high = (uint32_t)word(piece + i + 8, 4);
            uint32_t low = (uint32_t)word(piece + i + 12, 4);
            return (high >> 16 & 0xffu) << 24 | (high & 0xffu) << 16 | low >> 16;
        }
    }
    return 0;
}

static mmk_err read_pe(const struct image *im, struct mmk_module_info *info)
{
    unsigned char h[24];
    uint64_t pe_at, magic, n_dirs, exports = 0, resources = 0, resources_size = 0;
    if (!number(im, 0x3c, 4, &pe_at) || !get(im, pe_at, h, sizeof h) ||
        memcmp(h, "PE\0\0", 4) != 0 || (word(h + 22, 2) & PE_DLL) == 0)
        return MMK_ERR_CORRUPT;
    uint64_t optional = pe_at + 24;
    uint64_t optional_size = word(h + 20, 2);
    struct pe pe = {
        .im = im, .sections_at = optional + optional_size, .n_sections = (unsigned)word(h + 6, 2)};
    if (!number(im, optional, 2, &magic) || (magic != PE_32 && magic != PE_64))
        return MMK_ERR_CORRUPT;
    uint64_t dirs = optional + (magic == PE_64 ? 112 : 96);
    if (!number(im, dirs - 4, 4, &n_dirs) || dirs + 24 > pe.sections_at)
        return MMK_ERR_CORRUPT;
    for (unsigned i = 0; i < pe.n_sections; i++) {
        uint64_t raw_at, raw_size;
        uint64_t section = pe.sections_at + i * UINT64_C(40);
        if (!number(im, section + 16, 4, &raw_size) || !number(im, section + 20, 4, &raw_at) ||
            (raw_size != 0 && raw_at + raw_size > im->size))
            return MMK_ERR_CORRUPT; /* cut short */
    }
    if (n_dirs > 0 && !number(im, dirs, 4, &exports))
        return MMK_ERR_CORRUPT;
    if (n_dirs > 2 &&
        (!number(im, dirs + 16, 4, &resources) || !number(im, dirs + 20, 4, &resources_size)))
        return MMK_ERR_CORRUPT;
    info->pointer_bits = magic == PE_64 ? 64 : 32;
    info->exports_driver_proc = pe_exports(&pe, exports);
    info->version = pe_version(&pe, resources, resources_size);
    return MMK_OK;
}

/* ------------------------------------------------------------------ either */

static mmk_err hash_file(const struct image *im, uint64_t *hash)
{
    static const size_t piece_bytes = 16384;
    unsigned char piece[16384];
    *hash = MMK_FNV1A64_INIT;
    for (uint64_t at = 0; at < im->size; at += piece_bytes) {
        uint64_t left = im->size - at;
        size_t len = left < piece_bytes ? (size_t)left : piece_bytes;
        if (!get(im, at, piece, len))
            return MMK_ERR_IO;
        *hash = mmk_fnv1a64(*hash, piece, len);
    }
    return MMK_OK;
}

static mmk_err read_image(const struct image *im, struct mmk_module_info *info)
{
    unsigned char magic[4];
    mmk_err err = MMK_ERR_CORRUPT;
    if (!get(im, 0, magic, sizeof magic))
        return MMK_ERR_CORRUPT;
    if (memcmp(magic, "\177ELF", 4) == 0)
        err = read_elf(im, info);
    else if (memcmp(magic, "MZ", 2) == 0)
        err = read_pe(im, info);
    return err != MMK_OK ? err : hash_file(im, &info->hash);
}

mmk_err mmki_module_read(const char *path, struct mmk_module_info *info)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return mmki_err_from_errno(errno);
    mmk_err err = MMK_ERR_CORRUPT;
    if (fstat(fd, &st) != 0)
        err = MMK_ERR_IO;
    else if (S_ISREG(st.st_mode))
        err = read_image(&(struct image){.fd = fd, .size = (uint64_t)st.st_size}, info);
    close(fd);
    return err;
}
