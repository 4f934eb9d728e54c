/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/hash.h>

#include "install/install_internal.h"
#include "install/install_world.h"

static struct model m;
static struct mmki_arena arena;

static void begin(void)
{
    world_init(&m, MODEL_LAZY);
    arena = (struct mmki_arena){.platform = m.port.platform};
}

static void end(void)
{
    mmki_arena_free(&arena);
    cr_assert_eq(m.heap_out, 0);
    model_fini(&m);
}

TestSuite(codec, .init = begin, .fini = end);

/* A journal as the engine writes it: ownership folded, one transaction committed, one begun. */
static size_t real_journal(uint8_t *out, size_t cap)
{
    struct mmk_install_report report;
    struct model_cut cut = {.n_kept = 0};
    cr_assert_eq(
        RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, "rate_hz=44100", "path=C:\\x y"),
        1);
    cut.n_kept = m.world.n_journal;
    cut.back[0] = m.world.hive[0].n_past - 1;
    model_reboot(&m, &cut);
    cr_assert_eq(mmk_install_recover(&m.port, &report), MMK_OK);
    cr_assert_eq(RUN(&m, &test_codec, MMK_VERB_INSTALL, 0, NULL, &report, NULL), 1);
    cr_assert_leq(m.world.n_journal, cap);
    memcpy(out, m.world.journal, m.world.n_journal);
    return m.world.n_journal;
}

static uint8_t bytes[65536];
static uint8_t again[65536];

Test(codec, reads_what_it_writes)
{
    struct mmki_book book;
    struct mmki_bytes out;
    const size_t len = real_journal(bytes, sizeof bytes);
    cr_assert_eq(mmki_decode_book(&arena, bytes, len, &book), MMK_OK);
    cr_assert_eq(mmki_records_count(&book.base), 1);
    cr_assert_eq(book.chain.n, 1);
    cr_assert_eq(book.chain.v[0].state, MMKI_COMMITTED);
    cr_assert_not(book.torn);
    cr_assert_eq(mmki_encode_book(&arena, &book, &out), MMK_OK);
    struct mmki_book back;
    cr_assert_eq(mmki_decode_book(&arena, out.data, out.len, &back), MMK_OK);
    struct mmki_bytes twice;
    cr_assert_eq(mmki_encode_book(&arena, &back, &twice), MMK_OK);
    cr_assert_eq(twice.len, out.len);
    cr_assert_eq(memcmp(twice.data, out.data, out.len), 0);
}

Test(codec, empty_is_a_clean_system)
{
    struct mmki_book book;
    struct mmki_bytes out;
    cr_assert_eq(mmki_decode_book(&arena, bytes, 0, &book), MMK_OK);
    cr_assert_eq(book.base.n + book.chain.n, 0);
    cr_assert_eq(mmki_encode_book(&arena, &book, &out), MMK_OK);
    cr_assert_eq(out.len, 0);
}

/* Whole part, begun transaction, its end: where each of them stops. */
static void bounds(size_t len, size_t *whole, size_t *begun)
{
    *whole = (size_t)bytes[24 + 4] | (size_t)bytes[24 + 5] << 8 | (size_t)bytes[24 + 6] << 16;
    *begun = len - MMKI_END_BYTES;
    cr_assert_lt(*whole, *begun);
}

Test(codec, a_tail_torn_at_any_byte_counts_as_absent)
{
    const size_t len = real_journal(bytes, sizeof bytes);
    size_t whole;
    size_t begun;
    bounds(len, &whole, &begun);
    for (size_t kept = 0; kept <= len; kept++)
        for (int noise = 0; noise < 3; noise++) {
            struct mmki_book book;
            const size_t n = noise == 0 ? kept : len;
            memcpy(again, bytes, len);
            if (noise > 0)
                for (size_t i = kept; i < len; i++)
                    again[i] = noise == 1 ? 0 : model_garbage(i);
            size_t right = kept; /* noise may be what stood there anyway */
            while (right < n && again[right] == bytes[right])
                right++;
            const mmk_err err = mmki_decode_book(&arena, again, n, &book);
            if (right < whole) {
                cr_assert_eq(err, n == 0 ? MMK_OK : MMK_ERR_CORRUPT, "at %zu", kept);
            } else {
                cr_assert_eq(err, MMK_OK, "at %zu", kept);
                cr_assert_eq(book.chain.n, right >= begun ? 1 : 0, "at %zu", kept);
                const bool all = right == len;
                const size_t complete = all ? len : right >= begun ? begun : whole;
                cr_assert_eq(book.torn, n != complete, "at %zu of %zu", kept, n);
                if (book.chain.n == 1)
                    cr_assert_eq(book.chain.v[0].state, all ? MMKI_COMMITTED : MMKI_OPEN);
            }
            mmki_arena_free(&arena);
        }
}

Test(codec, any_bit_turned_is_seen)
{
    const size_t len = real_journal(bytes, sizeof bytes);
    size_t whole;
    size_t begun;
    bounds(len, &whole, &begun);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        struct mmki_book book;
        memcpy(again, bytes, len);
        again[bit / 8] ^= (uint8_t)(1u << bit % 8);
        const mmk_err err = mmki_decode_book(&arena, again, len, &book);
        if (bit / 8 < whole)
            cr_assert(err == MMK_ERR_CORRUPT || err == MMK_ERR_VERSION, "bit %zu", bit);
        else if (bit / 8 < begun)
            cr_assert(err != MMK_OK || book.chain.n == 0, "bit %zu", bit);
        else
            cr_assert(err != MMK_OK || book.chain.v[0].state == MMKI_OPEN, "bit %zu", bit);
        mmki_arena_free(&arena);
    }
}

/* Wrong, and with a right checksum: what a fault in the writer or a planted file would hold. */
static void reseal(uint8_t *record)
{
    const size_t body = (size_t)record[8] | (size_t)record[9] << 8 | (size_t)record[10] << 16;
    uint32_t crc = mmk_crc32c(MMK_CRC32C_INIT, record, 20);
    crc = mmk_crc32c(crc, record + 24, body);
    for (int i = 0; i < 4; i++)
        record[20 + i] = (uint8_t)(crc >> 8 * i);
}

Test(codec, believes_no_field_however_well_sealed)
{
    const size_t len = real_journal(bytes, sizeof bytes);
    size_t n_refused = 0;
    size_t n_cases = 0;
    for (size_t at = 0; at < len;) {
        const size_t body =
            (size_t)bytes[at + 8] | (size_t)bytes[at + 9] << 8 | (size_t)bytes[at + 10] << 16;
        for (size_t i = 0; i < body; i++)
            for (int with = 0; with < 4; with++) {
                static const uint8_t values[] = {0x00, 0x7f, 0x80, 0xff};
                struct mmki_book book;
                memcpy(again, bytes, len);
                again[at + 24 + i] = values[with];
                reseal(again + at);
                /* no crash, no memory beyond the input's own size: the sanitizers watch */
                n_refused += mmki_decode_book(&arena, again, len, &book) != MMK_OK;
                n_cases++;
                mmki_arena_free(&arena);
            }
        at += 24 + body;
    }
    cr_assert_gt(n_refused, n_cases / 10, "%zu of %zu", n_refused, n_cases);
}

Test(codec, refuses_another_format)
{
    struct mmki_book book;
    const size_t len = real_journal(bytes, sizeof bytes);
    bytes[24] = 2;
    reseal(bytes);
    cr_assert_eq(mmki_decode_book(&arena, bytes, len, &book), MMK_ERR_VERSION);
}

/* ------------------------------------------------------------------ what a journal may ask for */

static const struct {
    int kind;
    const char *path, *extra;
    bool allowed;
} targets[] = {
    {MMKI_VALUE, "Software\\mmekit", "", true},
    {MMKI_VALUE, "software\\MMEKIT\\card\\Device1", "", true},
    {MMKI_VALUE, "Software\\mmekit2", "", false},
    {MMKI_VALUE, "Software", "", false},
    {MMKI_VALUE, "", "", false},
    {MMKI_VALUE, "Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32", "", true},
    {MMKI_VALUE, "Software\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon", "", false},
    {MMKI_VALUE, "Software\\Microsoft\\Windows\\CurrentVersion\\Run", "", false},
    {MMKI_VALUE, "System\\CurrentControlSet\\Services", "", false},
    {MMKI_KEY, "Software", "", true},
    {MMKI_KEY, "Software\\Microsoft\\Windows NT", "", true},
    {MMKI_KEY, "Software\\Microsoft\\Windows", "", false},
    {MMKI_KEY, "System", "", false},
    {MMKI_FILE, "/drivers/a.drv", "/drivers/a.drv.mmk1", true},
    {MMKI_FILE, "/drivers/../etc/passwd", "/drivers/a", false},
    {MMKI_FILE, "/drivers/a.drv", "/tmp/a.drv", false},
    {MMKI_FILE, "/driversx/a.drv", "/drivers/a", false},
    {MMKI_FILE, "/drivers", "/drivers/a", false},
    {MMKI_FILE, "a.drv", "/drivers/a", false},
    {MMKI_INI, "/win/system.ini", "k", true},
    {MMKI_INI, "C:\\windows\\SYSTEM.INI", "k", true},
    {MMKI_INI, "/win/../etc/system.ini", "k", false},
    {MMKI_INI, "/win/notsystem.ini", "k", false},
    {MMKI_INI, "system.ini", "k", false},
    {MMKI_INI, "/etc/fstab", "k", false},
};

Test(codec, allows_only_what_a_plan_can_contain)
{
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        const struct mmki_item item = {.kind = (uint8_t)targets[i].kind,
                                       .path = targets[i].path,
                                       .name = "x",
                                       .extra = targets[i].extra};
        cr_assert_eq(mmki_item_allowed(&m.port, &item), targets[i].allowed, "%s", targets[i].path);
    }
}

Test(codec, a_planted_journal_is_refused_and_changes_nothing)
{
    struct mmki_items items = {NULL, 0, 0};
    struct mmki_item item = mmki_value_item(MMK_REG_MACHINE, MMK_VIEW_64, "Software\\Other", "");
    struct mmki_txn txn = {.number = 1, .product = "p", .file = "f", .alias = "", .user = ""};
    struct mmki_book book = {.base = {NULL, 0, 0}};
    struct mmki_bytes out;
    struct mmk_install_report report;
    item.before = mmki_image_sz(&arena, "evil");
    item.after = mmki_image_sz(&arena, "the default value");
    cr_assert_eq(mmki_items_add(&arena, &items, &item), MMK_OK);
    txn.items = items;
    txn.stamp[0].touched = true;
    book.chain = (struct mmki_chain){&txn, 1, 1};
    cr_assert_eq(mmki_encode_book(&arena, &book, &out), MMK_OK);
    m.world.journal = out.data;
    m.world.n_journal = m.world.n_synced = out.len;
    const uint64_t before = model_hash_world(&m.world, true, true);
    cr_assert_eq(mmk_install_recover(&m.port, &report), MMK_ERR_CORRUPT);
    cr_assert_eq(report.reason, MMK_REASON_JOURNAL_DAMAGED);
    cr_assert_eq(model_hash_world(&m.world, true, true), before);
}
