/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

#include <mmk/port.h>

/* The tables of kernels, one for each kind of CPU, and the choice among them. Order of the rows:
 * enum mmk_sample. */
#define TABLE(arch, fuses)                                                                      \
    {                                                                                           \
        .name = #arch, .fused = (fuses),                                                        \
        .to_f32 = {mmki_convert_none_to_f32_##arch, mmki_convert_u8_to_f32_##arch,              \
                   mmki_convert_s16_to_f32_##arch,  mmki_convert_s24_to_f32_##arch,             \
                   mmki_convert_s32_to_f32_##arch,  mmki_convert_f32_to_f32_##arch,             \
                   mmki_convert_f64_to_f32_##arch,  mmki_convert_alaw_to_f32_##arch,            \
                   mmki_convert_ulaw_to_f32_##arch},                                            \
        .from_f32 = {mmki_convert_f32_to_none_##arch, mmki_convert_f32_to_u8_##arch,            \
                     mmki_convert_f32_to_s16_##arch,  mmki_convert_f32_to_s24_##arch,           \
                     mmki_convert_f32_to_s32_##arch,  mmki_convert_f32_to_raw_f32_##arch,       \
                     mmki_convert_f32_to_f64_##arch,  mmki_convert_f32_to_alaw_##arch,          \
                     mmki_convert_f32_to_ulaw_##arch},                                          \
        .from_f32_tpdf = {mmki_tpdf_none_##arch,       mmki_tpdf_f32_to_u8_##arch,              \
                          mmki_tpdf_f32_to_s16_##arch, mmki_tpdf_f32_to_s24_##arch,             \
                          mmki_tpdf_f32_to_s32_##arch, mmki_tpdf_f32_to_f32_##arch,             \
                          mmki_tpdf_f32_to_f64_##arch, mmki_tpdf_f32_to_alaw_##arch,            \
                          mmki_tpdf_f32_to_ulaw_##arch},                                        \
        .mix = mmki_mix_f32_##arch, .remix = mmki_remix_f32_##arch, .fir = mmki_fir_f32_##arch, \
        .fir_f64 = mmki_fir_f64_##arch, .blend = mmki_blend_f32_##arch,                         \
        .blend_f64 = mmki_blend_f64_##arch, .fir_lanes = mmki_fir_lanes_f32_##arch,             \
        .fir_lanes_f64 = mmki_fir_lanes_f64_##arch, .alaw_to_s16 = mmki_alaw_to_s16_##arch,     \
        .ulaw_to_s16 = mmki_ulaw_to_s16_##arch, .s16_to_alaw = mmki_s16_to_alaw_##arch,         \
        .s16_to_ulaw = mmki_s16_to_ulaw_##arch,                                                 \
    }

const struct mmk_dsp mmk_dsp_c = TABLE(c, false);

#if defined(MMKI_X86)
static const struct mmk_dsp dsp_avx2 = TABLE(avx2, true);
static const struct mmk_dsp dsp_avx512 = TABLE(avx512, true);
#endif

const struct mmk_dsp *mmk_dsp_select(uint32_t features)
{
#if defined(MMKI_X86)
    if (features & MMK_CPU_AVX512)
        return &dsp_avx512;
    if (features & MMK_CPU_AVX2_FMA)
        return &dsp_avx2;
#endif
    (void)features;
    return &mmk_dsp_c; /* on x86-64 that is SSE2 */
}

uint32_t mmk_dsp_features(uint32_t features, const char *name)
{
    static const struct {
        const char *name;
        uint32_t keep;
    } kinds[] = {{"c", 0},
                 {"sse2", MMK_CPU_SSE2},
                 {"avx2", MMK_CPU_SSE2 | MMK_CPU_AVX2_FMA},
                 {"avx512", MMK_CPU_SSE2 | MMK_CPU_AVX2_FMA | MMK_CPU_AVX512}};
    for (size_t i = 0; name != NULL && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(name, kinds[i].name) == 0)
            return features & kinds[i].keep;
    return features;
}
