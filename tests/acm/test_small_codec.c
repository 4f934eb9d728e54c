/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <string.h>

#include <mmk/driver.h>

#include "acm/acm_rig.h"
#include "acm/wfx.h"

/* The example of a third party's codec: found by its tag, suggested, opened, converted through. */

extern const struct mmk_driver_class small_codec;

Test(small_codec, converts_through_messages)
{
    struct wfx pcm = wfx_plain(1, 44100, 2, 16), floats = wfx_plain(3, 48000, 1, 32);
    uint8_t own[18] = {0xFF, 0xFF}, bytes[4096], wide[65536];
    int16_t in[1000], out[1002];
    uint32_t used, n, made;
    struct acm_stream s;

    acm_rig_open_class(small_codec.acm);
    cr_assert_eq(acm_suggest(true, pcm.b, 18, own, 18, MMK_ACM_FORMATSUGGESTF_WFORMATTAG), 0);
    for (int i = 0; i < 1000; i++)
        in[i] = (int16_t)(i * 61 - 30000);
    acm_stream_set(&s, true, pcm.b, own, NULL, 0);
    cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_OPEN, acm_stream_at(&s), NULL), 0);
    cr_assert_eq(
        acm_convert(&s, in, sizeof in, &used, bytes, sizeof bytes, &n, MMK_ACM_STREAMCONVERTF_END),
        0);
    cr_assert_eq(n, 1500);
    cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_CLOSE, acm_stream_at(&s), NULL), 0);
    acm_stream_set(&s, false, own, pcm.b, NULL, 0);
    cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_OPEN, acm_stream_at(&s), NULL), 0);
    cr_assert_eq(acm_convert(&s, bytes, n, &used, out, sizeof out, &made, 0), 0);
    cr_assert_eq(made, sizeof in);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(out[i], in[i] & ~15);
    cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_CLOSE, acm_stream_at(&s), NULL), 0);
    acm_stream_set(&s, true, own, floats.b, NULL, 0); /* rate, channels and float in one step */
    cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_OPEN, acm_stream_at(&s), NULL), 0);
    cr_assert_eq(
        acm_convert(&s, bytes, n, &used, wide, sizeof wide, &made, MMK_ACM_STREAMCONVERTF_END), 0);
    cr_assert_eq(made, 4 * 545); /* ceil(500 * 48000 / 44100) */
    cr_assert_eq(acm_msg(MMK_ACMDM_STREAM_CLOSE, acm_stream_at(&s), NULL), 0);
    cr_assert_eq(acm_rig_close(), 0);
}
