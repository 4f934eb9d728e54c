/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "fuzz.h"

#include <mmk/hash.h>

#include "install/install_internal.h"
#include "install/install_world.h"

/* A journal with anything in it, sealed with right checksums where the input asks for it: recovery,
 * install and remove answer, write only what the shipped plans can name, and a damaged journal
 * changes nothing in the registry. */

static void seal(uint8_t *data, size_t len)
{
    for (size_t at = 0; at + 24 <= len;) {
        uint8_t *record = data + at;
        const size_t body = (size_t)record[8] | (size_t)record[9] << 8;
        memcpy(record, "MMKJ", 4);
        record[6] = record[7] = record[10] = record[11] = 0;
        if (body > len - at - 24)
            return;
        uint32_t crc = mmk_crc32c(MMK_CRC32C_INIT, record, 20);
        crc = mmk_crc32c(crc, record + 24, body);
        for (int i = 0; i < 4; i++)
            record[20 + i] = (uint8_t)(crc >> 8 * i);
        at += 24 + body;
    }
}

/* In memory that ends with the journal: a byte read beyond is a fault. What was read can be
 * written, and is read the same. */
static void decode(struct model *m, const uint8_t *journal, size_t len)
{
    struct mmki_arena arena = {.platform = m->port.platform};
    struct mmki_book book, back;
    struct mmki_bytes out, twice;
    uint8_t *exact = malloc(len > 0 ? len : 1);
    CLAIM(exact != NULL);
    if (len > 0)
        memcpy(exact, journal, len);
    if (mmki_decode_book(&arena, exact, len, &book) == MMK_OK) {
        CLAIM(mmki_encode_book(&arena, &book, &out) == MMK_OK);
        CLAIM(mmki_decode_book(&arena, out.data, out.len, &back) == MMK_OK);
        CLAIM(mmki_encode_book(&arena, &back, &twice) == MMK_OK);
        CLAIM(out.len == twice.len && (out.len == 0 || memcmp(out.data, twice.data, out.len) == 0));
    }
    mmki_arena_free(&arena);
    free(exact);
}

void fuzz_one(const uint8_t *data, size_t len)
{
    static struct model m, pristine;
    static uint8_t journal[65536];
    struct mmk_install_report report;
    struct mmk_installed installed;
    bool pending = false;

    if (pristine.port.registry == NULL) {
        world_init(&m, MODEL_LAZY);
        pristine = m;
    }
    const size_t mark = model_mark(&pristine);
    m = pristine;
    if (len < 1 || len > sizeof journal)
        return;
    memcpy(journal, data + 1, len - 1);
    if (data[0] & 1)
        seal(journal, len - 1);
    decode(&m, journal, len - 1);
    m.world.journal = journal;
    m.world.n_journal = m.world.n_synced = len - 1;

    const uint64_t before = model_hash_world(&m.world, false, true);
    const mmk_err peeked = mmk_install_peek(&m.port, &pending);
    for (uint32_t i = 0; i < 8 && mmk_install_enum(&m.port, i, &installed) == MMK_OK; i++)
        CLAIM(memchr(installed.file, '\0', sizeof installed.file) != NULL);
    CLAIM(model_hash_world(&m.world, false, true) == before); /* looking changes nothing */
    const mmk_err recovered = mmk_install_recover(&m.port, &report);
    if (recovered == MMK_ERR_CORRUPT)
        CLAIM(model_hash_world(&m.world, false, true) == before);
    if (recovered == MMK_OK && !pending && peeked == MMK_OK && len == 1)
        CLAIM(model_hash_world(&m.world, false, true) == before);
    RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, "rate_hz=44100");
    RUN(&m, &test_card, MMK_VERB_REMOVE, data[0] & 2 ? MMK_INSTALL_FORCE : 0, NULL, &report, NULL);
    CLAIM(m.heap_out == 0);
    CLAIM(!m.locked);
    model_release(&m, mark);
}
