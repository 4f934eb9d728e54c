/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "wave_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>
#include <mmk/wave.h>

#include "settings.h"

#define PROBE_MS 2000u
#define WAIT_MS  100u /* Ctrl-C is noticed within this */

enum outcome fail_wave(struct mmectl *m, uint32_t result, const char *what)
{
    static const struct {
        uint32_t result;
        const char *text, *cure;
    } words[] = {
        {MMK_MMSYSERR_BADDEVICEID, "there is no such device", "see mmectl list devices"},
        {MMK_MMSYSERR_ALLOCATED, "it is in use", "close the program that uses it"},
        {MMK_MMSYSERR_NODRIVER, "the device went away, or its driver does not load",
         "see mmectl verify"},
        {MMK_MMSYSERR_NOMEM, "no memory", "close other programs"},
        {MMK_MMSYSERR_NOTENABLED, "the driver is not enabled", "see mmectl verify"},
        {MMK_WAVERR_BADFORMAT, "the driver does not take this format",
         "convert the file first: mmectl convert"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].result == result)
            return fail(m, OUTCOME_FAILED, host_wave_result(result), words[i].cure, "%s: %s", what,
                        words[i].text);
    return fail(m, OUTCOME_FAILED, host_wave_result(result), "see mmectl config and mmectl verify",
                "%s: %s", what, host_wave_result(result));
}

/* A number, an alias, or a driver's name with or without its ending. */
static bool choose(struct mmectl *m, mmk_direction direction, uint32_t n, uint32_t *number)
{
    const char *word = m->args.text[OPT_DEVICE];
    char alias[64], file[512];
    *number = m->args.device;
    if (!m->args.given[OPT_DEVICE])
        *number = host_wave_default(m->host, direction);
    if (!word || (word[0] >= '0' && word[0] <= '9'))
        return true;
    for (uint32_t i = 0; i < n; i++) {
        if (!host_wave_device(m->host, direction, i, NULL, 0, alias, sizeof alias, file,
                              sizeof file))
            continue;
        const size_t len = strlen(word);
        *number = i;
        if (mmk_name_equal(alias, word) || mmk_name_equal(file, word) ||
            (file[len < sizeof file ? len : 0] == '.' && strlen(file) > len &&
             mmk_name_compare_n(file, len, word, len) == 0))
            return true;
    }
    return false;
}

enum outcome wave_device_find(struct mmectl *m, mmk_direction direction, struct wave_device *out)
{
    char file[512], wanted[512], why[512] = "";
    const char *what = direction == MMK_PLAYBACK ? "output" : "input";
    uint32_t n = host_wave_count(m->host, direction);
    memset(out, 0, sizeof *out);
    if (n == 0) {
        struct mmk_installed installed;
        bool ours = mmk_install_enum(host_port(m->host), 0, &installed) == MMK_OK;
        mmk_err err = registry_check(host_port(m->host));
        if (err)
            return fail_registry(m, err);
        if (ours)
            host_wave_error(m->host, why, sizeof why);
        return fail(m, OUTCOME_FAILED, "NO_DEVICE",
                    ours ? "see mmectl verify" : "install a driver: mmectl install mmewave",
                    "there is no wave %s device%s%s", what, why[0] ? ": " : "", why);
    }
    if (!choose(m, direction, n, &out->number))
        return fail(m, OUTCOME_FAILED, "NO_DEVICE", "see mmectl list devices",
                    "there is no wave %s device of \"%.60s\"", what, m->args.text[OPT_DEVICE]);
    if (out->number >= n || !host_wave_device(m->host, direction, out->number, out->name,
                                              sizeof out->name, NULL, 0, wanted, sizeof wanted))
        return fail(m, OUTCOME_FAILED, "NO_DEVICE", "see mmectl list devices",
                    "there is no wave %s device %u; the last is %u", what, out->number, n - 1);
    out->driver = driver_find(wanted);
    for (uint32_t i = 0; i < out->number; i++)
        if (host_wave_device(m->host, direction, i, NULL, 0, NULL, 0, file, sizeof file) &&
            mmk_name_equal(file, wanted))
            out->own_number++;
    return OUTCOME_OK;
}

enum outcome wave_device_probe(struct mmectl *m, mmk_direction direction,
                               struct wave_device *device)
{
    struct mmk_port *port = host_port(m->host);
    struct mmk_settings *settings;
    struct mmk_param_error error = {0};
    struct mmk_wave_setup setup = {0};
    char why[512] = "";
    if (!device->driver)
        return OUTCOME_OK;
    settings = malloc(sizeof *settings);
    if (!settings)
        return fail_err(m, MMK_ERR_NOMEM, "the device's settings");
    mmk_err err = settings_of(port, device->driver->product, device->own_number, settings, &error);
    if (!err && error.err)
        remark(m, "a stored setting is damaged and not used: %s", error.text);
    if (!err)
        err = device->driver->setup(settings, direction, &setup);
    free(settings);
    if (err)
        return fail_registry(m, err);
    setup.device.number = device->own_number;
    device->config = setup.device;
    err = port->devices->ops->probe(port->devices, &setup.device, PROBE_MS, &device->caps, why,
                                    sizeof why);
    if (err)
        return fail(m, OUTCOME_FAILED, "DEVICE", "", "%s", why[0] ? why : mmk_err_text(err));
    return OUTCOME_OK;
}

/* ------------------------------------------------------------------ buffers */

bool wave_buffers_init(struct wave_buffers *buffers, const struct mmk_format *format)
{
    size_t n_frames = format->rate_hz / 10;
    memset(buffers, 0, sizeof *buffers);
    buffers->n_bytes = n_frames * mmk_format_frame_bytes(format);
    for (unsigned i = 0; i < WAVE_BUFFERS; i++) {
        buffers->buffer[i].data = malloc(buffers->n_bytes);
        if (!buffers->buffer[i].data)
            return false;
    }
    return true;
}

void wave_buffers_fini(struct wave_buffers *buffers, struct host_wave *wave)
{
    for (unsigned i = 0; i < WAVE_BUFFERS; i++) {
        struct wave_buffer *buffer = &buffers->buffer[i];
        if (buffer->prepared && wave)
            host_wave_unprepare(wave, &buffer->header);
        free(buffer->data);
        memset(buffer, 0, sizeof *buffer);
    }
}

uint32_t wave_buffer_queue(struct wave_buffer *buffer, struct host_wave *wave, size_t n_bytes)
{
    uint32_t result = MMK_MMSYSERR_NOERROR;
    if (!buffer->prepared) {
        memset(&buffer->header, 0, sizeof buffer->header);
        buffer->header.lpData = (char *)buffer->data;
        buffer->header.dwBufferLength = (uint32_t)n_bytes;
        result = host_wave_prepare(wave, &buffer->header);
        buffer->prepared = result == MMK_MMSYSERR_NOERROR;
    }
    if (result)
        return result;
    buffer->header.dwBufferLength = (uint32_t)n_bytes;
    result = host_wave_queue(wave, &buffer->header);
    buffer->out = result == MMK_MMSYSERR_NOERROR;
    return result;
}

bool wave_buffer_wait(struct wave_buffer *buffer, struct host_wave *wave)
{
    while (buffer->out) {
        if (host_wave_done(&buffer->header))
            buffer->out = false;
        else if (host_interrupted())
            return false;
        else
            host_wave_wait(wave, WAIT_MS);
    }
    return true;
}
