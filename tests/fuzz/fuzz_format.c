/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "fuzz.h"

#include <mmk/format.h>
#include <mmk/riff.h>

/* WAVEFORMATEX and WAVEFORMATEXTENSIBLE: what is accepted is valid, and comes back the same from
 * what we write of it. */
void fuzz_one(const uint8_t *data, size_t len)
{
    struct mmk_format format, back;
    uint8_t wfx[MMK_WAVEFORMAT_MAX_BYTES], header[MMK_RIFF_HEADER_BYTES];
    char text[64];
    size_t n = 0;

    if (mmk_format_from_wfx(data, len, &format) != MMK_OK)
        return;
    CLAIM(mmk_format_valid(&format));
    /* the documented bounds, said once more */
    CLAIM(format.channels >= 1 && format.channels <= 8);
    CLAIM(format.rate_hz >= 1000 && format.rate_hz <= 384000);
    CLAIM(format.valid_bits >= 1 && format.valid_bits <= 8 * mmk_sample_bytes(format.sample));
    CLAIM(len >= 16 && data[2] == format.channels && data[3] == 0);
    CLAIM(mmk_format_frame_bytes(&format) ==
          (size_t)format.channels * mmk_sample_bytes(format.sample));
    mmk_format_text(&format, text, sizeof text);
    CLAIM(memchr(text, '\0', sizeof text) != NULL);
    for (int extensible = 0; extensible < 2; extensible++) {
        CLAIM(mmk_format_to_wfx(&format, extensible != 0, wfx, &n) == MMK_OK);
        CLAIM(n <= sizeof wfx);
        CLAIM(mmk_format_from_wfx(wfx, n, &back) == MMK_OK);
        CLAIM(mmk_format_same(&format, &back));
    }
    CLAIM(mmk_riff_header(&format, (uint64_t)len << 30, header) == MMK_OK);
}
