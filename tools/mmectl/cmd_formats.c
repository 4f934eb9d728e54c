/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>

#include "audio.h"
#include "mmectl.h"
#include "report.h"

/* mmectl list formats: what sound can be, on this host. */

static void sample_show(struct mmectl *m, const struct sound_coding *coding)
{
    unsigned char wfx[MMK_WAVEFORMAT_MAX_BYTES];
    const size_t bytes = mmk_sample_bytes(coding->sample);
    const struct mmk_format format = {.sample = coding->sample,
                                      .channels = 2,
                                      .valid_bits = (uint16_t)(8 * bytes),
                                      .rate_hz = 48000};
    size_t len;
    if (mmk_format_to_wfx(&format, false, wfx, &len) != MMK_OK)
        return;
    const unsigned tag = wfx[0] | (unsigned)wfx[1] << 8;
    say(m, "%-8s  %5u  %4u  %s", coding->name, (unsigned)bytes, tag, coding->text);
    json_object(&m->json, NULL);
    json_string(&m->json, "format", coding->name);
    json_uint(&m->json, "sample_bytes", bytes);
    json_uint(&m->json, "wave_format_tag", tag);
    json_string(&m->json, "text", coding->text);
    json_end(&m->json);
}

static void codec_show(struct mmectl *m, const struct sound_coding *coding)
{
    const struct mmk_codec *codec = coding->codec;
    char rates[120] = " any rate";
    int n = 0;
    for (const uint32_t *r = codec->rates; !codec->any_rate && *r && n < (int)sizeof rates; r++)
        n += snprintf(rates + n, sizeof rates - (size_t)n, " %lu", (unsigned long)*r);
    say(m, "%-8s  %5s  %4u  %s: %s channel%s,%s%s", coding->name, "", codec->tag, coding->text,
        codec->channels_max > 1 ? "1 or 2" : "1", codec->channels_max > 1 ? "s" : "", rates,
        codec->any_rate ? "" : " Hz");
    json_object(&m->json, NULL);
    json_string(&m->json, "format", coding->name);
    json_uint(&m->json, "wave_format_tag", codec->tag);
    json_string(&m->json, "text", coding->text);
    json_uint(&m->json, "channels_max", codec->channels_max);
    json_bool(&m->json, "any_rate", codec->any_rate);
    json_array(&m->json, "rates_hz"); /* the usual ones, or all there are */
    for (const uint32_t *r = codec->rates; *r; r++)
        json_uint(&m->json, NULL, *r);
    json_end(&m->json);
    json_end(&m->json);
}

static void file_show(struct mmectl *m, const char *ending)
{
    char path[16], why[256], all[240] = "";
    const struct sound_coding *coding;
    int n = 0;
    snprintf(path, sizeof path, "x.%s", ending);
    json_object(&m->json, NULL);
    json_string(&m->json, "ending", ending);
    json_array(&m->json, "formats");
    for (size_t i = 0; (coding = sound_coding_at(i)) != NULL; i++) {
        if (writer_check(path, coding, why, sizeof why) != MMK_OK)
            continue;
        json_string(&m->json, NULL, coding->name);
        if (n < (int)sizeof all)
            n += snprintf(all + n, sizeof all - (size_t)n, " %s", coding->name);
    }
    json_end(&m->json);
    json_end(&m->json);
    say(m, "%-8s %s", ending, all);
}

enum outcome list_formats(struct mmectl *m)
{
    const struct sound_coding *coding;
    const char *ending;
    say(m, "%-8s  %5s  %4s  %s", "name", "bytes", "tag", "what");
    json_array(&m->json, "formats");
    for (size_t i = 0; (coding = sound_coding_at(i)) != NULL; i++)
        if (sound_coding_is_plain(coding))
            sample_show(m, coding);
    json_end(&m->json);
    json_array(&m->json, "codecs");
    for (size_t i = 0; (coding = sound_coding_at(i)) != NULL; i++)
        if (coding->codec)
            codec_show(m, coding);
    json_end(&m->json);
    json_uint(&m->json, "channels_max", MMK_CHANNELS_MAX);
    json_uint(&m->json, "rate_min_hz", MMK_RATE_MIN_HZ);
    json_uint(&m->json, "rate_max_hz", MMK_RATE_MAX_HZ);
    say(m, "%s", "");
    say(m, "samples: 1 to %u channels, %u to %u Hz", MMK_CHANNELS_MAX,
        MMK_RATE_MIN_HZ, MMK_RATE_MAX_HZ);
    say(m, "%s", "");
    say(m, "what convert writes, by the ending of the file:");
    json_array(&m->json, "files");
    for (size_t i = 0; (ending = writer_ending(i)) != NULL; i++)
        file_show(m, ending);
    json_end(&m->json);
    return OUTCOME_OK;
}
