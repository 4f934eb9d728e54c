/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_RIFF_H
#define MMK_RIFF_H

/**
 * WAV files: the header, as bytes.
 *
 * A writer puts MMK_RIFF_HEADER_BYTES of header for 0 data bytes at the start, appends audio, and
 * from time to time writes the header anew for the bytes that are in the file already: data first,
 * header second, so that the file is a whole WAV after a crash at any moment. The header never
 * changes its length. It keeps 28 bytes in a JUNK chunk; once the file passes 4 GiB the same place
 * becomes the ds64 chunk of RF64.
 *
 *     mmk_riff_header(&format, 0, head);            write at 0
 *     ...                                           append frames
 *     mmk_riff_header(&format, data_bytes, head);   write at 0, again and again
 *     if (mmk_riff_pad(data_bytes))                 at the end: one zero byte behind odd data,
 *                                                   then the last header
 *
 * Source: Microsoft's "Multimedia Programming Interface and Data Specifications 1.0"; EBU Tech 3306
 * (RF64); ITU-R BS.2088. Context of all: any.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/format.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Always this many: RIFF 12, JUNK or ds64 8 + 28, fmt 8 + 18 or 8 + 40, a JUNK that levels the
 * two, fact 8 + 4, data 8. */
#define MMK_RIFF_HEADER_BYTES 128u

/** The largest data that a plain RIFF header can say; more makes the file an RF64. */
#define MMK_RIFF_DATA_MAX (UINT64_C(0xffffffff) - (MMK_RIFF_HEADER_BYTES - 8u) - 1u)

/**
 * The whole header of a WAV with so many data bytes.
 *
 * @param format      valid; written as WAVEFORMATEXTENSIBLE where the plain one cannot say it, and
 * for PCM of more than 16 bits
 * @param data_bytes  audio bytes in the file, pad byte not counted; a torn last frame is the
 * caller's to leave out
 * @param header      MMK_RIFF_HEADER_BYTES bytes
 * @retval MMK_ERR_INVAL  format not valid, or NULL
 * @retval MMK_ERR_RANGE  sizes beyond 2^63
 */
mmk_err mmk_riff_header(const struct mmk_format *format, uint64_t data_bytes, void *header);

/** Whether a pad byte belongs behind the data (chunks have even lengths). */
bool mmk_riff_pad(uint64_t data_bytes);

#ifdef __cplusplus
}
#endif

#endif
