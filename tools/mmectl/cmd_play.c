/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio.h"
#include "mmectl.h"
#include "settings.h"
#include "wave_device.h"

#define STILL_MAX 60 /* times 5 ms without progress */

/* Files of one format share one stream, so nothing comes between them. For the next format the new
 * stream is opened before the old one is closed: the device stays open, and --output one file. */
struct player {
    struct mmectl *m;
    struct wave_device device;
    struct host_wave *wave;
    struct mmk_format format; /* of the stream */
    struct wave_buffers buffers;
    uint64_t queued; /* frames given to the stream since it was opened */
    uint64_t played; /* of those, 64 bits of waveOutGetPosition's 32 */
    uint64_t total;  /* frames of all files */
    struct progress progress;
};

/* ------------------------------------------------------------------ the device's settings */

static bool set_unless_chosen(const struct mmk_settings *settings, const char *name,
                              const char *variable, const char *text)
{
    int index = mmk_param_index(settings->table, name);
    if (index < 0 || settings->value[index].source != MMK_SOURCE_DEFAULT)
        return true;
    return host_setenv(variable, text);
}

/* --output: the card plays into that file, in the recording's own format where nobody chose
 * another. The environment is above all other sources and ends with this process. */
static enum outcome redirect(struct player *p, const struct mmk_format *format)
{
    struct mmectl *m = p->m;
    struct mmk_settings *settings = malloc(sizeof *settings);
    const char *path = m->args.text[OPT_OUTPUT];
    char rate[16], channels[16];
    if (!settings)
        return fail_err(m, MMK_ERR_NOMEM, "play");
    snprintf(rate, sizeof rate, "%u", format->rate_hz);
    snprintf(channels, sizeof channels, "%u", format->channels);
    mmk_err err = settings_of(host_port(m->host), p->device.driver->product, p->device.own_number,
                              settings, NULL);
    bool good = !err && host_setenv("MMEKIT_BACKEND", "file") && host_setenv("MMEKIT_PATH", path) &&
                set_unless_chosen(settings, "rate_hz", "MMEKIT_RATE_HZ", rate) &&
                set_unless_chosen(settings, "channels", "MMEKIT_CHANNELS", channels) &&
                set_unless_chosen(settings, "sample_format", "MMEKIT_SAMPLE_FORMAT",
                                  mmk_sample_name(format->sample));
    free(settings);
    return good ? OUTCOME_OK : fail_registry(m, err ? err : MMK_ERR_NOMEM);
}

static enum outcome check_output(struct player *p, const struct mmk_product *product)
{
    struct mmectl *m = p->m;
    const char *path = m->args.text[OPT_OUTPUT];
    struct mmk_assignment assignment = {"path", path};
    const struct mmk_param *param =
        &product->params->params[mmk_param_index(product->params, "path")];
    struct mmk_setting setting;
    struct mmk_param_error error = {0};
    for (size_t i = 0; i < m->args.n_operands; i++)
        if (host_same_file(path, m->args.operand[i]))
            return fail(m, OUTCOME_USAGE, "USAGE", "give --output another name",
                        "%s would be played into itself", path);
    if (host_file_kind(path) == HOST_FILE_FOLDER || host_file_kind(path) == HOST_FILE_OTHER)
        return fail(m, OUTCOME_USAGE, "USAGE", "give --output the name of a file",
                    "%s is no regular file", path);
    if (mmk_param_parse(param, MMK_HOST_ALL, assignment.text, &setting, &error) != MMK_OK)
        return fail(m, OUTCOME_USAGE, "USAGE", "give --output a plainer name", "%s", error.text);
    return OUTCOME_OK;
}

static enum outcome apply_options(struct player *p, const struct mmk_format *first)
{
    struct mmectl *m = p->m;
    const struct args *args = &m->args;
    char rate[16];
    if (!args->given[OPT_OUTPUT] && !args->given[OPT_RATE] && !args->given[OPT_FREEWHEEL])
        return OUTCOME_OK;
    if (!p->device.driver)
        return fail(m, OUTCOME_FAILED, "UNSUPPORTED", "choose another --device",
                    "--output, --rate and --freewheel need mmewave; device %u is %s",
                    p->device.number, p->device.name);
    enum outcome outcome = OUTCOME_OK;
    if (args->given[OPT_OUTPUT]) {
        outcome = check_output(p, p->device.driver->product);
        if (!outcome)
            outcome = redirect(p, first);
    }
    if (outcome)
        return outcome;
    if (args->given[OPT_RATE]) {
        snprintf(rate, sizeof rate, "%u", args->rate_hz);
        host_setenv("MMEKIT_RATE_HZ", rate);
    }
    if (args->given[OPT_FREEWHEEL])
        host_setenv("MMEKIT_CLOCK", "freewheel");
    host_wave_rescan(m->host);
    return OUTCOME_OK;
}

/* ------------------------------------------------------------------ one stream */

/* @return false: the driver does not tell */
static bool read_position(struct player *p)
{
    uint32_t frames;
    if (host_wave_position(p->wave, &frames) != MMK_MMSYSERR_NOERROR)
        return false;
    p->played += (uint32_t)(frames - (uint32_t)p->played);
    return true;
}

static enum outcome interrupted(struct player *p)
{
    progress_end(&p->progress);
    return fail(p->m, OUTCOME_INTERRUPTED, "INTERRUPTED", "", "stopped");
}

/* A driver may give the last buffer back before its end has been heard (what hardware has fetched):
 * the position tells, and one that stands still is not waited for. */
static enum outcome wait_end(struct player *p)
{
    uint64_t last = UINT64_MAX;
    for (unsigned still = 0; read_position(p) && p->played < p->queued && still < STILL_MAX;
         still++) {
        if (host_interrupted())
            return interrupted(p);
        if (p->played != last)
            still = 0;
        last = p->played;
        host_sleep_ms(5);
    }
    return OUTCOME_OK;
}

static enum outcome wait_all(struct player *p)
{
    for (unsigned i = 0; i < WAVE_BUFFERS; i++) {
        struct wave_buffer *buffer = &p->buffers.buffer[(p->buffers.next + i) % WAVE_BUFFERS];
        if (!wave_buffer_wait(buffer, p->wave))
            return interrupted(p);
    }
    return wait_end(p);
}

/* Whatever is queued comes back at once; then nothing of ours is with the driver. */
static enum outcome close_stream(struct player *p, bool at_once)
{
    enum outcome outcome = OUTCOME_OK;
    if (!p->wave)
        return outcome;
    if (at_once)
        host_wave_reset(p->wave);
    wave_buffers_fini(&p->buffers, p->wave);
    uint32_t result = host_wave_close(p->wave);
    p->wave = NULL;
    if (result)
        outcome = fail_wave(p->m, result,
                            p->m->args.given[OPT_OUTPUT] ? "the output could not be completed"
                                                         : "the device could not be closed");
    return outcome;
}

static enum outcome open_stream(struct player *p, const struct mmk_format *format)
{
    unsigned char wfx[MMK_WAVEFORMAT_MAX_BYTES];
    size_t len;
    struct host_wave *wave, *older = p->wave;
    struct wave_buffers buffers = p->buffers;
    if (mmk_format_to_wfx(format, format->channels > 2, wfx, &len) != MMK_OK)
        return fail(p->m, OUTCOME_FAILED, "FORMAT", "", "this format cannot be told to a driver");
    uint32_t result = host_wave_open(p->m->host, MMK_PLAYBACK, p->device.number, wfx, &wave);
    if (result)
        return fail_wave(p->m, result, "the device cannot be opened");
    if (older) {
        wave_buffers_fini(&buffers, older);
        host_wave_close(older);
    }
    p->wave = wave;
    p->format = *format;
    p->queued = p->played = 0;
    memset(&p->buffers, 0, sizeof p->buffers);
    if (!wave_buffers_init(&p->buffers, format))
        return fail_err(p->m, MMK_ERR_NOMEM, "play");
    if (p->m->args.given[OPT_VOLUME])
        result = host_wave_volume(wave, p->m->args.volume[0], p->m->args.volume[1]);
    return result ? fail_wave(p->m, result, "the volume cannot be set") : OUTCOME_OK;
}

static enum outcome stream_for(struct player *p, const struct mmk_format *format)
{
    if (p->wave && mmk_format_same(&p->format, format))
        return OUTCOME_OK;
    if (p->wave) {
        enum outcome outcome = wait_all(p);
        if (outcome)
            return outcome;
    }
    return open_stream(p, format);
}

/* ------------------------------------------------------------------ files */

/* A file that cannot grow (a full disk) is to winmm a device that went away. */
static enum outcome fail_write(struct player *p, uint32_t result)
{
    const struct mmk_device_config *config = &p->device.config;
    if (result == MMK_MMSYSERR_NODRIVER && strcmp(config->backend, "file") == 0)
        return fail(p->m, OUTCOME_FAILED, "OUTPUT", "check the space on its disk",
                    "%s cannot be written on", config->path[0] ? config->path : "the file");
    return fail_wave(p->m, result, "the device does not take more");
}

static enum outcome play_file(struct player *p, const char *path, struct reader *reader)
{
    size_t frame_bytes = mmk_format_frame_bytes(reader_format(reader));
    enum outcome outcome = stream_for(p, reader_format(reader));
    if (outcome)
        return outcome;
    uint64_t begin = p->queued;
    progress_begin(&p->progress, p->m, path, reader_frames(reader), p->format.rate_hz);
    for (;;) {
        struct wave_buffer *buffer = &p->buffers.buffer[p->buffers.next];
        if (!wave_buffer_wait(buffer, p->wave) || host_interrupted())
            return interrupted(p);
        size_t n = reader_read(reader, buffer->data, p->buffers.n_bytes / frame_bytes);
        if (n == 0)
            break;
        uint32_t result = wave_buffer_queue(buffer, p->wave, n * frame_bytes);
        if (result)
            return fail_write(p, result);
        p->buffers.next = (p->buffers.next + 1) % WAVE_BUFFERS;
        p->queued += n;
        p->total += n;
        if (p->progress.on)
            read_position(p);
        progress_at(&p->progress, p->played > begin ? p->played - begin : 0);
    }
    if (reader_cut_short(reader))
        return fail(p->m, OUTCOME_FAILED, "INPUT", "use a whole copy of it",
                    "%s is damaged or cut short; what is before was played", path);
    return OUTCOME_OK;
}

static enum outcome play_all(struct player *p, struct reader **readers)
{
    enum outcome outcome = OUTCOME_OK;
    for (uint32_t pass = 0; pass < p->m->args.loop && !outcome; pass++)
        for (size_t i = 0; i < p->m->args.n_operands && !outcome; i++) {
            if (pass && !reader_rewind(readers[i]))
                return fail(p->m, OUTCOME_FAILED, "INPUT", "", "%s cannot be read again",
                            p->m->args.operand[i]);
            outcome = play_file(p, p->m->args.operand[i], readers[i]);
        }
    return outcome ? outcome : wait_all(p);
}

static enum outcome open_all(struct mmectl *m, struct reader **readers)
{
    char why[512];
    for (size_t i = 0; i < m->args.n_operands; i++)
        if (reader_open(m->args.operand[i], &readers[i], why, sizeof why) != MMK_OK)
            return fail(m, OUTCOME_FAILED, "INPUT", "nothing was played", "%s", why);
    return OUTCOME_OK;
}

static enum outcome run(struct player *p, struct reader **readers)
{
    enum outcome outcome = open_all(p->m, readers); /* all are sound before the first is heard */
    if (!outcome)
        outcome = wave_device_find(p->m, MMK_PLAYBACK, &p->device);
    if (!outcome)
        outcome = apply_options(p, reader_format(readers[0]));
    if (!outcome)
        outcome = wave_device_probe(p->m, MMK_PLAYBACK, &p->device);
    if (!outcome)
        outcome = play_all(p, readers);
    progress_end(&p->progress);
    enum outcome closed = close_stream(p, outcome != OUTCOME_OK);
    return outcome ? outcome : closed;
}

static void report(struct player *p)
{
    struct json *j = &p->m->json;
    const char *output = p->m->args.text[OPT_OUTPUT];
    char format[64];
    mmk_format_text(&p->format, format, sizeof format);
    json_uint(j, "device", p->device.number);
    json_string(j, "device_name", p->device.name);
    json_string(j, "output", output);
    json_string(j, "format", format);
    json_uint(j, "frames", p->total);
    say(p->m, "played %llu frames (%s) on %s%s%s", (unsigned long long)p->total, format,
        p->device.name, output ? ", into " : "", output ? output : "");
}

enum outcome verb_play(struct mmectl *m)
{
    struct player *p = calloc(1, sizeof *p);
    struct reader **readers = calloc(m->args.n_operands, sizeof *readers);
    enum outcome outcome;
    host_catch_interrupt();
    if (p && readers) {
        p->m = m;
        outcome = run(p, readers);
        if (!outcome)
            report(p);
    } else {
        outcome = fail_err(m, MMK_ERR_NOMEM, "play");
    }
    for (size_t i = 0; readers && i < m->args.n_operands; i++)
        reader_close(readers[i]);
    free(readers);
    free(p);
    return outcome;
}
