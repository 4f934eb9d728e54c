/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <mmk/riff.h>

#include <string.h>

#include "base/bytes.h"

#define CHUNK_HEAD 8u
#define DS64_BYTES 28u /* riff size, data size, frame count, table length 0 */
#define FACT_BYTES 4u

/* Everything of the header but the fmt chunk's content and the filler's. */
#define FIXED_BYTES \
    (12u + CHUNK_HEAD + DS64_BYTES + CHUNK_HEAD + CHUNK_HEAD + CHUNK_HEAD + FACT_BYTES + CHUNK_HEAD)

static uint8_t *put_chunk(uint8_t *p, const char *id, uint32_t len)
{
    memcpy(p, id, 4);
    mmki_put_u32le(p + 4, len);
    return p + CHUNK_HEAD;
}

/* What the 32-bit fields say: the number itself, or "look into ds64". */
static uint32_t size32(bool is_rf64, uint64_t size)
{
    return is_rf64 ? UINT32_MAX : (uint32_t)size;
}

bool mmk_riff_pad(uint64_t data_bytes)
{
    return (data_bytes & 1) != 0;
}

mmk_err mmk_riff_header(const struct mmk_format *format, uint64_t data_bytes, void *header)
{
    uint8_t fmt[MMK_WAVEFORMAT_MAX_BYTES];
    size_t fmt_len;
    if (header == NULL || mmk_format_to_wfx(format, true, fmt, &fmt_len) != MMK_OK)
        return MMK_ERR_INVAL;
    if (data_bytes > INT64_MAX - MMK_RIFF_HEADER_BYTES)
        return MMK_ERR_RANGE;
    const bool is_rf64 = data_bytes > MMK_RIFF_DATA_MAX;
    const uint64_t riff_size = MMK_RIFF_HEADER_BYTES - CHUNK_HEAD + data_bytes + (data_bytes & 1);
    const uint64_t n_frames = data_bytes / mmk_format_frame_bytes(format);
    uint8_t *p = (uint8_t *)header;

    memset(p, 0, MMK_RIFF_HEADER_BYTES);
    p = put_chunk(p, is_rf64 ? "RF64" : "RIFF", size32(is_rf64, riff_size));
    memcpy(p, "WAVE", 4);
    p = put_chunk(p + 4, is_rf64 ? "ds64" : "JUNK", DS64_BYTES);
    if (is_rf64) {
        mmki_put_u64le(p, riff_size);
        mmki_put_u64le(p + 8, data_bytes);
        mmki_put_u64le(p + 16, n_frames);
    }
    p = put_chunk(p + DS64_BYTES, "fmt ", (uint32_t)fmt_len);
    memcpy(p, fmt, fmt_len);
    const uint32_t filler = MMK_RIFF_HEADER_BYTES - FIXED_BYTES - (uint32_t)fmt_len;
    p = put_chunk(p + fmt_len, "JUNK", filler);
    p = put_chunk(p + filler, "fact", FACT_BYTES);
    mmki_put_u32le(p, size32(is_rf64, n_frames));
    (void)put_chunk(p + FACT_BYTES, "data", size32(is_rf64, data_bytes));
    return MMK_OK;
}
