/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* The tables of kernels, and the choice among them. Order of the rows: enum mmk_sample. */

const struct mmk_dsp mmk_dsp_c = {
    .name = "c",
    .to_f32 = {mmki_convert_none_to_f32_c, mmki_convert_u8_to_f32_c, mmki_convert_s16_to_f32_c,
               mmki_convert_s24_to_f32_c, mmki_convert_s32_to_f32_c, mmki_convert_f32_to_f32_c,
               mmki_convert_f64_to_f32_c, mmki_convert_alaw_to_f32_c, mmki_convert_ulaw_to_f32_c},
    .from_f32 = {mmki_convert_f32_to_none_c, mmki_convert_f32_to_u8_c, mmki_convert_f32_to_s16_c,
                 mmki_convert_f32_to_s24_c, mmki_convert_f32_to_s32_c,
                 mmki_convert_f32_to_raw_f32_c, mmki_convert_f32_to_f64_c,
                 mmki_convert_f32_to_alaw_c, mmki_convert_f32_to_ulaw_c},
    .from_f32_tpdf = {mmki_tpdf_none_c, mmki_tpdf_f32_to_u8_c, mmki_tpdf_f32_to_s16_c,
                      mmki_tpdf_f32_to_s24_c, mmki_tpdf_f32_to_s32_c, mmki_tpdf_f32_to_f32_c,
                      mmki_tpdf_f32_to_f64_c, mmki_tpdf_f32_to_alaw_c, mmki_tpdf_f32_to_ulaw_c},
    .mix = mmki_mix_f32_c,
    .remix = mmki_remix_f32_c,
    .fir = mmki_fir_f32_c,
    .fir_f64 = mmki_fir_f64_c,
    .blend = mmki_blend_f32_c,
    .blend_f64 = mmki_blend_f64_c,
};

/* No CPU variant exists yet: every feature set gets the reference. */
const struct mmk_dsp *mmk_dsp_select(uint32_t features)
{
    (void)features;
    return &mmk_dsp_c;
}
