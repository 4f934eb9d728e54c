/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "make_pe.h"

#include <string.h>

enum {
    COFF_AT = 0x40,
    OPTIONAL_AT = COFF_AT + 24,
    OPTIONAL_BYTES = 224,
    SECTION_AT = OPTIONAL_AT + OPTIONAL_BYTES,
    DATA_AT = 512,      /* in the file */
    DATA_RVA = 0x1000,  /* in memory */
    EXPORT = 0,         /* offsets in the data */
    EXPORT_NAME = 0x40, /* where things that the directory points at are */
    EXPORT_ADDRESSES = 0x60,
    EXPORT_NAMES = 0x68,
    EXPORT_ORDINALS = 0x70,
    FILE_NAME = 0x78,
    RESOURCE = 0x90, /* three levels of 24 bytes, a leaf of 16, the block */
    VERSION = RESOURCE + 3 * 24 + 16,
    VERSION_BYTES = 92
};

static void put(unsigned char *at, uint32_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static void headers(const struct make_pe *what, unsigned char *out)
{
    unsigned char *coff = out + COFF_AT;
    unsigned char *opt = out + OPTIONAL_AT;
    unsigned char *section = out + SECTION_AT;
    memcpy(out, "MZ", 2);
    put(out + 60, COFF_AT, 4);
    memcpy(coff, "PE\0\0", 4);
    put(coff + 4, what->machine, 2);
    put(coff + 6, 1, 2); /* sections */
    put(coff + 20, OPTIONAL_BYTES, 2);
    put(coff + 22, 0x2102, 2);    /* DLL, 32-bit, executable image */
    put(opt, 0x10b, 2);           /* PE32 */
    put(opt + 28, 0x10000000, 4); /* image base */
    put(opt + 32, 0x1000, 4);     /* section alignment */
    put(opt + 36, 512, 4);        /* file alignment */
    put(opt + 40, 4, 2);          /* OS and subsystem versions */
    put(opt + 48, 4, 2);
    put(opt + 56, 0x2000, 4);  /* image size */
    put(opt + 60, DATA_AT, 4); /* headers' size */
    put(opt + 68, 2, 2);       /* GUI */
    put(opt + 92, 16, 4);      /* directories */
    put(opt + 96, DATA_RVA + EXPORT, 4);
    put(opt + 100, RESOURCE, 4);
    put(opt + 112, DATA_RVA + RESOURCE, 4);
    put(opt + 116, VERSION + VERSION_BYTES - RESOURCE, 4);
    memcpy(section, ".rdata", 6);
    put(section + 8, 512, 4);
    put(section + 12, DATA_RVA, 4);
    put(section + 16, 512, 4);
    put(section + 20, DATA_AT, 4);
    put(section + 36, 0x40000040, 4); /* initialised, readable */
}

static void exports(const struct make_pe *what, unsigned char *data)
{
    unsigned char *dir = data + EXPORT;
    put(dir + 12, DATA_RVA + FILE_NAME, 4);
    put(dir + 16, 1, 4); /* ordinal base */
    put(dir + 20, 1, 4); /* functions, names */
    put(dir + 24, 1, 4);
    put(dir + 28, DATA_RVA + EXPORT_ADDRESSES, 4);
    put(dir + 32, DATA_RVA + EXPORT_NAMES, 4);
    put(dir + 36, DATA_RVA + EXPORT_ORDINALS, 4);
    strcpy((char *)data + EXPORT_NAME, what->export);
    put(data + EXPORT_ADDRESSES, DATA_RVA, 4);
    put(data + EXPORT_NAMES, DATA_RVA + EXPORT_NAME, 4);
    strcpy((char *)data + FILE_NAME, "mmewave.drv");
}

static void version(const struct make_pe *what, unsigned char *data)
{
    static const uint32_t ids[3] = {16, 1, 0x409}; /* type VERSION, name 1, language */
    unsigned char *block = data + VERSION;
    for (uint32_t i = 0; i < 3; i++) {
        unsigned char *folder = data + RESOURCE + 24 * i;
        put(folder + 14, 1, 2); /* entries with a number */
        put(folder + 16, ids[i], 4);
        put(folder + 20, i < 2 ? 0x80000000u | 24 * (i + 1) : 72, 4);
    }
    put(data + RESOURCE + 72, DATA_RVA + VERSION, 4);
    put(data + RESOURCE + 76, VERSION_BYTES, 4);
    put(block, VERSION_BYTES, 2);
    put(block + 2, 52, 2);
    for (unsigned i = 0; i < 15; i++)
        block[6 + 2 * i] = (unsigned char)"VS_VERSION_INFO"[i];
    put(block + 40, 0xFEEF04BDu, 4);
    put(block + 44, 0x10000, 4);
    put(block + 48, (uint32_t)what->major << 16 | what->minor, 4);
    put(block + 52, (uint32_t)what->patch << 16, 4);
}

void make_pe(const struct make_pe *what, unsigned char out[MAKE_PE_BYTES])
{
    memset(out, 0, MAKE_PE_BYTES);
    headers(what, out);
    exports(what, out + DATA_AT);
    version(what, out + DATA_AT);
}
