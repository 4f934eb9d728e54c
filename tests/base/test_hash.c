/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include <criterion/criterion.h>

#include <mmk/hash.h>

Test(hash, fnv_gives_the_published_values)
{
    /* draft-eastlake-fnv, appendix C */
    static const struct {
        const char *text;
        uint64_t hash;
    } known[] = {
        {"", 0xcbf29ce484222325},   {"a", 0xaf63dc4c8601ec8c},      {"b", 0xaf63df4c8601f1a5},
        {"fo", 0x08985907b541d342}, {"foobar", 0x85944171f73967e8},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        cr_expect_eq(mmk_fnv1a64(MMK_FNV1A64_INIT, known[i].text, strlen(known[i].text)),
                     known[i].hash, "%s", known[i].text);
}

Test(hash, crc_gives_the_published_values)
{
    /* RFC 3720, B.4 */
    unsigned char data[32];
    cr_expect_eq(mmk_crc32c(MMK_CRC32C_INIT, "123456789", 9), 0xe3069283);
    memset(data, 0, sizeof data);
    cr_expect_eq(mmk_crc32c(MMK_CRC32C_INIT, data, 32), 0x8a9136aa);
    memset(data, 0xff, sizeof data);
    cr_expect_eq(mmk_crc32c(MMK_CRC32C_INIT, data, 32), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++)
        data[i] = (unsigned char)i;
    cr_expect_eq(mmk_crc32c(MMK_CRC32C_INIT, data, 32), 0x46dd794e);
    for (unsigned i = 0; i < 32; i++)
        data[i] = (unsigned char)(31 - i);
    cr_expect_eq(mmk_crc32c(MMK_CRC32C_INIT, data, 32), 0x113fdb5c);
}

Test(hash, pieces_give_what_the_whole_gives)
{
    const char *text = "a text in pieces";
    const size_t len = strlen(text);
    for (size_t cut = 0; cut <= len; cut++) {
        const uint64_t h = mmk_fnv1a64(MMK_FNV1A64_INIT, text, cut);
        const uint32_t c = mmk_crc32c(MMK_CRC32C_INIT, text, cut);
        cr_expect_eq(mmk_fnv1a64(h, text + cut, len - cut),
                     mmk_fnv1a64(MMK_FNV1A64_INIT, text, len));
        cr_expect_eq(mmk_crc32c(c, text + cut, len - cut), mmk_crc32c(MMK_CRC32C_INIT, text, len));
    }
}

Test(hash, crc_sees_every_single_flipped_bit)
{
    unsigned char data[64] = {1, 2, 3};
    const uint32_t whole = mmk_crc32c(MMK_CRC32C_INIT, data, sizeof data);
    for (unsigned bit = 0; bit < 8 * sizeof data; bit++) {
        data[bit / 8] ^= (unsigned char)(1u << bit % 8);
        cr_expect_neq(mmk_crc32c(MMK_CRC32C_INIT, data, sizeof data), whole);
        data[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}
