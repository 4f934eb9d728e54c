/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>

#include "base/bytes.h"
#include "base/checked.h"

/* The oracle: gcc's and clang's own overflow builtins. */

static const uint64_t edges[] = {
    0,
    1,
    2,
    3,
    63,
    64,
    255,
    65535,
    65536,
    65537,
    0x7fffffff,
    0x80000000,
    0xfffffffe,
    0xffffffff,
    0x100000000,
    0x100000001,
    0x7fffffffffffffff,
    0x8000000000000000,
    0xfffffffffffffffe,
    0xffffffffffffffff,
};

#define N_EDGES (sizeof edges / sizeof edges[0])

#define EXPECT_AGREES(type, function, builtin, a, b)                                  \
    do {                                                                              \
        type got = 77;                                                                \
        type want = 77;                                                               \
        const bool fits = !builtin(a, b, &want);                                      \
        cr_expect_eq(function(a, b, &got), fits);                                     \
        cr_expect_eq(got, fits ? want : 77, "a result that does not fit was stored"); \
    } while (0)

Test(checked, agrees_with_the_compiler_at_every_pair_of_edges)
{
    for (size_t i = 0; i < N_EDGES; i++)
        for (size_t k = 0; k < N_EDGES; k++) {
            const uint64_t a = edges[i];
            const uint64_t b = edges[k];
            EXPECT_AGREES(uint64_t, mmki_add_u64, __builtin_add_overflow, a, b);
            EXPECT_AGREES(uint64_t, mmki_mul_u64, __builtin_mul_overflow, a, b);
            EXPECT_AGREES(uint32_t, mmki_add_u32, __builtin_add_overflow, (uint32_t)a, (uint32_t)b);
            EXPECT_AGREES(uint32_t, mmki_mul_u32, __builtin_mul_overflow, (uint32_t)a, (uint32_t)b);
            EXPECT_AGREES(size_t, mmki_add_size, __builtin_add_overflow, (size_t)a, (size_t)b);
            EXPECT_AGREES(size_t, mmki_sub_size, __builtin_sub_overflow, (size_t)a, (size_t)b);
            EXPECT_AGREES(size_t, mmki_mul_size, __builtin_mul_overflow, (size_t)a, (size_t)b);
        }
}

Test(checked, product_and_sum_together)
{
    size_t out = 5;
    cr_expect(mmki_mul_add_size(10, 20, 7, &out) && out == 207);
    cr_expect_not(mmki_mul_add_size(SIZE_MAX / 2, 2, 2, &out));
    cr_expect_not(mmki_mul_add_size(SIZE_MAX, 2, 0, &out));
    cr_expect(mmki_mul_add_size(SIZE_MAX / 2, 2, 1, &out) && out == SIZE_MAX);
    cr_expect(mmki_mul_add_size(SIZE_MAX, 0, 3, &out) && out == 3);
}

Test(checked, rounds_up_to_powers_of_two)
{
    size_t out;
    for (size_t n = 0; n < 300; n++) {
        cr_expect(mmki_align_up(n, 64, &out) && out % 64 == 0 && out >= n && out - n < 64);
        cr_expect(mmki_align_up(n, 1, &out) && out == n);
    }
    out = 5;
    cr_expect_not(mmki_align_up(SIZE_MAX, 2, &out));
    cr_expect_not(mmki_align_up(SIZE_MAX - 62, 64, &out));
    cr_expect_eq(out, 5);
    cr_expect(mmki_align_up(SIZE_MAX - 63, 64, &out) && out == SIZE_MAX - 63);
}

Test(bytes, are_little_endian_at_any_address)
{
    unsigned char b[16];
    for (size_t at = 0; at < 8; at++) {
        for (size_t i = 0; i < sizeof b; i++)
            b[i] = 0xee;
        mmki_put_u64le(b + at, 0x0807060504030201);
        for (size_t i = 0; i < 8; i++)
            cr_expect_eq(b[at + i], i + 1);
        cr_expect_eq(mmki_get_u64le(b + at), 0x0807060504030201);
        cr_expect_eq(mmki_get_u32le(b + at + 1), 0x05040302);
        cr_expect_eq(mmki_get_u16le(b + at + 2), 0x0403);
        mmki_put_u32le(b + at, 0xfffefdfc);
        mmki_put_u16le(b + at + 4, 0xfbfa);
        cr_expect_eq(mmki_get_u64le(b + at), 0x0807fbfafffefdfc);
        cr_expect(at == 0 || b[at - 1] == 0xee);
    }
}
