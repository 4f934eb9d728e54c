/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio.h"
#include "mmectl.h"
#include "wave_device.h"

struct recorder {
    struct mmectl *m;
    struct wave_device device;
    struct mmk_format format;
    struct host_wave *wave;
    struct wave_buffers buffers;
    struct writer *writer;
    uint64_t done, wanted; /* frames; wanted 0 = until Ctrl-C */
    struct progress progress;
    char why[512];
};

/* The device's own format, so that nothing is converted on the way. */
static enum outcome device_format(struct recorder *r)
{
    enum outcome outcome = wave_device_probe(r->m, MMK_CAPTURE, &r->device);
    r->format = r->device.caps.format;
    if (!r->device.driver)
        r->format =
            (struct mmk_format){MMK_SAMPLE_S16, 2, 16, 44100, 0}; /* what any driver takes */
    return outcome;
}

static enum outcome open_device(struct recorder *r)
{
    unsigned char wfx[MMK_WAVEFORMAT_MAX_BYTES];
    size_t len;
    if (mmk_format_to_wfx(&r->format, r->format.channels > 2, wfx, &len) != MMK_OK)
        return fail(r->m, OUTCOME_FAILED, "FORMAT", "", "the device's format cannot be recorded");
    uint32_t result = host_wave_open(r->m->host, MMK_CAPTURE, r->device.number, wfx, &r->wave);
    if (result)
        return fail_wave(r->m, result, "the device cannot be opened");
    if (!wave_buffers_init(&r->buffers, &r->format))
        return fail_err(r->m, MMK_ERR_NOMEM, "record");
    for (unsigned i = 0; i < WAVE_BUFFERS && !result; i++)
        result = wave_buffer_queue(&r->buffers.buffer[i], r->wave, r->buffers.n_bytes);
    if (!result)
        result = host_wave_start(r->wave);
    return result ? fail_wave(r->m, result, "recording cannot be started") : OUTCOME_OK;
}

static enum outcome keep(struct recorder *r, const struct wave_buffer *buffer)
{
    size_t n = buffer->header.dwBytesRecorded / mmk_format_frame_bytes(&r->format);
    if (r->wanted && n > r->wanted - r->done)
        n = (size_t)(r->wanted - r->done);
    if (n && writer_write(r->writer, buffer->data, n, r->why, sizeof r->why) != MMK_OK)
        return fail(r->m, OUTCOME_FAILED, "OUTPUT", "free some space on the disk", "%s", r->why);
    r->done += n;
    return OUTCOME_OK;
}

/* After Ctrl-C: the buffer being filled comes back with what it holds, behind those full already.
 */
static enum outcome keep_rest(struct recorder *r)
{
    host_wave_stop(r->wave);
    for (unsigned i = 0; i < WAVE_BUFFERS; i++) {
        struct wave_buffer *buffer = &r->buffers.buffer[(r->buffers.next + i) % WAVE_BUFFERS];
        if (!buffer->out || !host_wave_done(&buffer->header))
            break;
        buffer->out = false;
        if (keep(r, buffer))
            return OUTCOME_FAILED;
    }
    return OUTCOME_INTERRUPTED;
}

static enum outcome run(struct recorder *r)
{
    while (!r->wanted || r->done < r->wanted) {
        struct wave_buffer *buffer = &r->buffers.buffer[r->buffers.next];
        if (host_interrupted() || !wave_buffer_wait(buffer, r->wave))
            return keep_rest(r);
        enum outcome outcome = keep(r, buffer);
        if (outcome)
            return outcome;
        uint32_t result = wave_buffer_queue(buffer, r->wave, r->buffers.n_bytes);
        if (result)
            return fail_wave(r->m, result, "the device does not go on");
        r->buffers.next = (r->buffers.next + 1) % WAVE_BUFFERS;
        progress_at(&r->progress, r->done);
    }
    return OUTCOME_OK;
}

static void close_device(struct recorder *r)
{
    if (!r->wave)
        return;
    host_wave_reset(r->wave);
    wave_buffers_fini(&r->buffers, r->wave);
    host_wave_close(r->wave);
    r->wave = NULL;
}

static enum outcome record(struct recorder *r, const char *path)
{
    enum outcome outcome = wave_device_find(r->m, MMK_CAPTURE, &r->device);
    if (!outcome)
        outcome = device_format(r);
    if (outcome)
        return outcome;
    if (writer_check(path, sound_coding_of(r->format.sample), r->why, sizeof r->why) ||
        writer_open(path, &r->format, &r->writer, r->why, sizeof r->why))
        return fail(r->m, OUTCOME_FAILED, "OUTPUT", "check name, folder and space", "%s", r->why);
    double frames = r->m->args.seconds * r->format.rate_hz;
    r->wanted = frames > 0 && frames < 1 ? 1 : (uint64_t)llround(frames);
    outcome = open_device(r);
    if (outcome)
        return outcome;
    progress_begin(&r->progress, r->m, path, r->wanted, r->format.rate_hz);
    outcome = run(r);
    progress_end(&r->progress);
    return outcome;
}

static void report(struct recorder *r, const char *path)
{
    struct json *j = &r->m->json;
    char format[64];
    mmk_format_text(&r->format, format, sizeof format);
    json_uint(j, "device", r->device.number);
    json_string(j, "device_name", r->device.name);
    json_string(j, "output", path);
    json_string(j, "format", format);
    json_uint(j, "frames", r->done);
    say(r->m, "%s: %llu frames (%s) from %s", path, (unsigned long long)r->done, format,
        r->device.name);
}

enum outcome verb_record(struct mmectl *m)
{
    const char *path = m->args.operand[0];
    struct recorder *r = calloc(1, sizeof *r);
    if (!r)
        return fail_err(m, MMK_ERR_NOMEM, "record");
    r->m = m;
    host_catch_interrupt();
    if (m->args.given[OPT_FREEWHEEL])
        host_setenv("MMEKIT_CLOCK", "freewheel");
    enum outcome outcome = record(r, path);
    close_device(r);
    if (outcome == OUTCOME_OK || outcome == OUTCOME_INTERRUPTED) {
        mmk_err err = writer_commit(r->writer, r->why, sizeof r->why);
        r->writer = NULL;
        if (err)
            outcome =
                fail(m, OUTCOME_FAILED, "OUTPUT", "check the folder and its space", "%s", r->why);
        else
            report(r, path);
    }
    if (outcome == OUTCOME_INTERRUPTED)
        fail(m, outcome, "INTERRUPTED", "", "stopped; %s holds what was recorded", path);
    writer_abort(r->writer);
    free(r);
    return outcome;
}
