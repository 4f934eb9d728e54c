/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include <mmk/shipped.h>

/* Names of the choices are what users write; the indexes below follow their order. */

enum { BACKEND_FILE, BACKEND_NULL, BACKEND_CABLE, BACKEND_SYSTEM, BACKEND_WOD, BACKEND_ALSA };

static const struct mmk_param_choice backends[] = {
    [BACKEND_FILE] = {"file", MMK_HOST_ALL, "play into a WAV file, record from one"},
    [BACKEND_NULL] = {"null", MMK_HOST_ALL, "play into nothing, record silence"},
    [BACKEND_CABLE] = {"cable", MMK_HOST_ALL,
                       "what is played can be recorded, in the same program"},
    [BACKEND_SYSTEM] = {"system", MMK_HOST_WINE | MMK_HOST_WINDOWS,
                        "the machine's real sound device"},
    [BACKEND_WOD] = {"wod", MMK_HOST_WINE | MMK_HOST_WINDOWS,
                     "another wave driver, named by its alias"},
    [BACKEND_ALSA] = {"alsa", MMK_HOST_POSIX, "an ALSA device, named as in aplay -L"},
    {0},
};

static const struct mmk_param_choice sample_formats[] = {
    {"s16", MMK_HOST_ALL, "16-bit integer"},
    {"s24", MMK_HOST_ALL, "24-bit integer in three bytes"},
    {"s32", MMK_HOST_ALL, "32-bit integer"},
    {"float32", MMK_HOST_ALL, "32-bit float"},
    {"float64", MMK_HOST_ALL, "64-bit float"},
    {"u8", MMK_HOST_ALL, "8-bit unsigned integer"},
    {"alaw", MMK_HOST_ALL, "G.711 A-law"},
    {"ulaw", MMK_HOST_ALL, "G.711 mu-law"},
    {0},
};

static const struct mmk_param_choice qualities[] = {
    [MMK_QUALITY_DRAFT] = {"draft", MMK_HOST_ALL, "least work"},
    [MMK_QUALITY_FAST] = {"fast", MMK_HOST_ALL, "good enough for speech and games"},
    [MMK_QUALITY_HIGH] = {"high", MMK_HOST_ALL, "beyond 16 bits"},
    [MMK_QUALITY_ULTRA] = {"ultra", MMK_HOST_ALL, "mastering"},
    {0},
};

static const struct mmk_param_choice clocks[] = {
    [MMK_CLOCK_REAL] = {"real", MMK_HOST_ALL, "time passes as it does"},
    [MMK_CLOCK_FREEWHEEL] = {"freewheel", MMK_HOST_ALL, "as fast as programs give and take"},
    {0},
};

/* What comes first, what second: the card's own devices, the bridge's, the system's. */
static const struct mmk_param_choice orders[] = {
    {"card,bridge,system", MMK_HOST_ALL, "the card's own devices first, the system's last"},
    {"card,system,bridge", MMK_HOST_ALL, "the card's own devices first, other drivers last"},
    {"bridge,card,system", MMK_HOST_ALL, "installed wave drivers first, the system's last"},
    {"bridge,system,card", MMK_HOST_ALL, "installed wave drivers first, the card's last"},
    {"system,card,bridge", MMK_HOST_ALL, "the system's devices first, other drivers last"},
    {"system,bridge,card", MMK_HOST_ALL, "the system's devices first, the card's last"},
    {0},
};

static const struct mmk_param_choice volumes[] = {
    {"process", MMK_HOST_ALL, "each program has its own, and begins at full volume"},
    {"endpoint", MMK_HOST_ALL, "devices' volumes are shared by all programs and kept"},
    {"all", MMK_HOST_ALL, "and each program's own volume is kept for its next start"},
    {0},
};

/* Which device a role has: one row for each role and direction. */
#define DEFAULT_ROW(row, text, what)                                                            \
    {                                                                                           \
        .name = row, .scope = MMK_SCOPE_DRIVER, .type = MMK_PARAM_TEXT, .max = 120,             \
        .default_text = "", .hosts = MMK_HOST_ALL, .label = text,                               \
        .help = "The default device for " what ": 1, 2, ... of the card, an alias (wave1), an " \
                "id, or \"system\"; empty: the first."                                          \
    }

#define DEVICES_ROW(usual)                                                              \
    {                                                                                   \
        .name = "devices", .scope = MMK_SCOPE_DRIVER, .type = MMK_PARAM_UINT, .min = 1, \
        .max = MMK_DEVICES_MAX, .default_text = usual, .hosts = MMK_HOST_ALL,           \
        .needs_restart = true, .alias_key = "devices", .label = "Devices",              \
        .help = "How many outputs and inputs programs see."                             \
    }

static const struct mmk_param params[] = {
#include "shipped/virtual_card_rows.inc"
    DEVICES_ROW("1"),
};

/* The same rows and some more. Programs see two devices: Wine's own drivers show as many for one
 * sound card, and there are programs that want a second one for voices. */
static const struct mmk_param wine_params[] = {
#include "shipped/virtual_card_rows.inc"
    DEVICES_ROW("2"),
    {.name = "name",
     .scope = MMK_SCOPE_DEVICE,
     .type = MMK_PARAM_TEXT,
     .max = 100,
     .default_text = "",
     .hosts = MMK_HOST_ALL,
     .label = "Name",
     .help = "What programs call the device; empty: its usual name."},
    {.name = "order",
     .scope = MMK_SCOPE_DRIVER,
     .type = MMK_PARAM_CHOICE,
     .choices = orders,
     .default_text = "card,bridge,system",
     .hosts = MMK_HOST_ALL,
     .label = "Order",
     .help = "In which order programs see the devices; the first is the default."},
    DEFAULT_ROW("console_output", "Output: console", "games and system sounds"),
    DEFAULT_ROW("multimedia_output", "Output: multimedia", "music and films"),
    DEFAULT_ROW("communications_output", "Output: communications", "voices of others"),
    DEFAULT_ROW("console_input", "Input: console", "voice commands"),
    DEFAULT_ROW("multimedia_input", "Input: multimedia", "recording"),
    DEFAULT_ROW("communications_input", "Input: communications", "one's own voice"),
    {.name = "volumes",
     .scope = MMK_SCOPE_DRIVER,
     .type = MMK_PARAM_CHOICE,
     .choices = volumes,
     .default_text = "endpoint",
     .hosts = MMK_HOST_ALL,
     .label = "Volumes",
     .help = "Which volumes programs share and find again at their next start."},
};

static const struct mmk_param_table table = {params, sizeof params / sizeof params[0]};

const struct mmk_param_table mmk_wine_card_params = {wine_params,
                                                     sizeof wine_params / sizeof wine_params[0]};

/* Which driver shall play, `path` says: an alias or a file; the system's own if it is empty. */
static const struct mmk_support support[] = {
    {.kind = MMK_SUPPORT_ALIAS,
     .name = "wave",
     .needed_when = "backend=wod",
     .param = "path",
     .cure = "install the wave driver that shall play, or choose another backend"},
};

#define DRIVERS_DESC "Software\\Microsoft\\Windows NT\\CurrentVersion\\drivers.desc"

static const struct mmk_extra_value extra[] = {
    {.root = MMK_REG_MACHINE,
     .both_views = true,
     .path = DRIVERS_DESC,
     .name = "mmewave.drv",
     .text = "mmekit virtual sound card"},
};

static void copy_text(char *to, size_t cap, const char *from)
{
    const size_t len = strlen(from);
    const size_t n = len < cap ? len : cap - 1;
    memcpy(to, from, n);
    to[n] = '\0';
}

static uint32_t count(const struct mmk_settings *settings)
{
    return mmk_settings_number(settings, "devices");
}

static mmk_err setup(const struct mmk_settings *settings, mmk_direction direction,
                     struct mmk_wave_setup *out)
{
    struct mmk_device_config *device = &out->device;
    const char *record = mmk_settings_text(settings, "record_path");
    const bool apart = direction == MMK_CAPTURE && record[0] != '\0';

    memset(out, 0, sizeof *out);
    device->direction = direction;
    copy_text(device->backend, sizeof device->backend, mmk_settings_text(settings, "backend"));
    copy_text(device->path, sizeof device->path,
              apart ? record : mmk_settings_text(settings, "path"));
    device->format.sample = mmk_sample_from_name(mmk_settings_text(settings, "sample_format"));
    device->format.channels = (uint16_t)mmk_settings_number(settings, "channels");
    device->format.valid_bits = (uint16_t)(8 * mmk_sample_bytes(device->format.sample));
    device->format.rate_hz = mmk_settings_number(settings, "rate_hz");
    device->period_frames = mmk_settings_number(settings, "period_frames");
    device->clock = (mmk_clock)mmk_settings_number(settings, "clock");
    out->quality = (mmk_quality)mmk_settings_number(settings, "quality");
    out->dither = mmk_settings_number(settings, "dither") != 0;
    return mmk_format_valid(&device->format) ? MMK_OK : MMK_ERR_FORMAT;
}

/* A file to record from may come later than the driver: only one that is named for recording
 * must be there now. */
static bool file_may_be_absent(const struct mmk_settings *settings, mmk_direction direction)
{
    return direction == MMK_CAPTURE && mmk_settings_number(settings, "backend") == BACKEND_FILE &&
           mmk_settings_text(settings, "record_path")[0] == '\0';
}

/* Many machines can play and have no microphone, many drivers have an output alone. */
static bool may_lack_an_input(const struct mmk_settings *settings, mmk_direction direction)
{
    const uint32_t backend = mmk_settings_number(settings, "backend");
    return direction == MMK_CAPTURE && (backend == BACKEND_SYSTEM || backend == BACKEND_WOD) &&
           mmk_settings_text(settings, "record_path")[0] == '\0';
}

static mmk_err probe(struct mmk_port *port, const struct mmk_settings *settings,
                     mmk_direction direction, uint32_t timeout_ms, char *reason, size_t cap)
{
    struct mmk_wave_setup wanted;
    mmk_err err = setup(settings, direction, &wanted);
    if (err != MMK_OK) {
        copy_text(reason, cap, "rate, channels and sample format do not go together");
        return err;
    }
    if (file_may_be_absent(settings, direction))
        return MMK_OK;
    err = port->devices->ops->probe(port->devices, &wanted.device, timeout_ms, NULL, reason, cap);
    return err == MMK_ERR_NOT_FOUND && may_lack_an_input(settings, direction) ? MMK_OK : err;
}

static const struct mmk_product product = {
    .name = "mmewave",
    .file = "mmewave.drv",
    .title = "mmekit virtual sound card",
    .version = MMK_VERSION,
    .section = "Drivers32",
    .alias_base = "wave",
    .numbered = true,
    .params = &table,
    .support = support,
    .n_support = sizeof support / sizeof support[0],
    .extra = extra,
    .n_extra = sizeof extra / sizeof extra[0],
    .probe = probe,
};

const struct mmk_driver_class mmk_virtual_card = {
    .product = &product,
    .serves = MMK_SERVES_WAVE | MMK_SERVES_AUX | MMK_SERVES_MIXER,
    .manufacturer_id = MMK_MM_UNMAPPED,
    .product_id = MMK_MM_PID_UNMAPPED,
    .count = count,
    .setup = setup,
};
