/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The core inside somebody's own Windows driver: meter.drv, a sound card of which we pretend to
 * have the hardware. What a vendor brings along is here, and nothing else:
 *
 *  - data: the product, one setting, what the devices are (as in minimal_driver.c);
 *  - the hardware, behind the devices seam: it has a thread of its own, asks the engine for a
 * period when it needs one, and says when it has been played. This one measures how loud it was;
 *  - a probe, which DRV_INSTALL calls with the final settings before anything is written;
 *  - a private message, for the vendor's own control panel: answered here, the core never sees it.
 *
 * Registry, journal, files, threads and callbacks come from shim-win32: its port is copied and one
 * seam in it replaced. Everything that MME demands (queues, loops, positions, formats, several
 * programs at once, install and remove) is the core's.
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>
#include <string.h>

#include <mmk/driver.h>
#include <mmk/engine.h>
#include <mmk/win32.h>

/* In the range that the SDK leaves to drivers. Answer: the loudest sample of the last period that
 * was played, 0 .. 32767. */
#define METER_PEAK (DRV_USER - 1)

/* ------------------------------------------------------------------ the hardware */

#define PERIODS_PER_S 100u
#define PERIOD_MAX    4096u /* frames */

struct meter {
    struct mmk_devices base; /* the seam; ops is its first member */
    struct mmk_platform *platform;
    volatile LONG peak;
};

/* Opened once for each direction. */
struct mmk_device {
    struct meter *meter;
    struct mmk_engine *engine;
    mmk_direction direction;
    struct mmk_device_caps caps;
    struct mmk_thread *thread; /* NULL = stopped */
    struct mmk_event *quit;
    uint64_t frames; /* rendered since it was opened */
    int16_t buffer[PERIOD_MAX * 2];
};

static struct meter *meter_of(struct mmk_devices *self)
{
    return (struct meter *)(void *)self;
}

static LONG loudest(const int16_t *samples, size_t n)
{
    LONG peak = 0;
    for (size_t i = 0; i < n; i++) {
        const LONG now = samples[i] < 0 ? -(LONG)samples[i] : samples[i];
        peak = now > peak ? now : peak;
    }
    return peak < INT16_MAX ? peak : INT16_MAX;
}

static void one_period(struct mmk_device *device)
{
    const uint32_t n = device->caps.period_frames;
    if (device->direction == MMK_CAPTURE)
        memset(device->buffer, 0, sizeof device->buffer); /* no microphone: silence */
    const struct mmk_rendered done =
        mmk_engine_render(device->engine, device->direction, device->buffer, n);
    if (device->direction == MMK_PLAYBACK)
        InterlockedExchange(&device->meter->peak, loudest(device->buffer, (size_t)n * 2));
    device->frames += n;
    const bool played = mmk_engine_played(device->engine, device->frames);
    if (done.pending || played)
        mmk_engine_wake(device->engine); /* after render, never inside it */
}

/* Real hardware would raise an event for each period. This one takes them at absolute times. */
static void run(void *arg)
{
    struct mmk_device *device = arg;
    struct mmk_platform *platform = device->meter->platform;
    const uint64_t period_ns =
        UINT64_C(1000000000) * device->caps.period_frames / device->caps.format.rate_hz;
    uint64_t due = platform->ops->now_ns(platform);
    for (;;) {
        const uint64_t now = platform->ops->now_ns(platform);
        const uint32_t wait_ms = due > now ? (uint32_t)((due - now) / 1000000) + 1 : 0;
        if (platform->ops->event_wait(platform, device->quit, wait_ms))
            return;
        if (platform->ops->now_ns(platform) < due)
            continue;
        one_period(device);
        due += period_ns;
    }
}

static mmk_err meter_enumerate(struct mmk_devices *self, mmk_direction direction, uint32_t index,
                               struct mmk_device_info *info)
{
    (void)self;
    (void)direction;
    if (index > 0)
        return MMK_ERR_NOT_FOUND;
    *info = (struct mmk_device_info){.backend = "meter", .name = "Level meter", .available = true};
    return MMK_OK;
}

/* Without lasting effect. A vendor would ask here whether the card is in its slot. */
static mmk_err meter_probe(struct mmk_devices *self, const struct mmk_device_config *config,
                           uint32_t timeout_ms, struct mmk_device_caps *caps, char *reason,
                           size_t cap)
{
    (void)self;
    (void)timeout_ms;
    if (config->format.sample != MMK_SAMPLE_S16 || config->format.channels != 2 ||
        config->format.rate_hz / PERIODS_PER_S > PERIOD_MAX) {
        lstrcpynA(reason, "the meter takes 16-bit stereo; choose another rate_hz", (int)cap);
        return MMK_ERR_FORMAT;
    }
    if (caps != NULL) {
        *caps = (struct mmk_device_caps){.format = config->format};
        caps->period_frames = caps->period_max_frames = config->format.rate_hz / PERIODS_PER_S;
    }
    return MMK_OK;
}

static mmk_err meter_open(struct mmk_devices *self, const struct mmk_device_config *config,
                          struct mmk_engine *engine, struct mmk_device **out,
                          struct mmk_device_caps *caps)
{
    struct meter *meter = meter_of(self);
    const struct mmk_platform_ops *ops = meter->platform->ops;
    char reason[256];
    const mmk_err err = meter_probe(self, config, 0, caps, reason, sizeof reason);
    if (err != MMK_OK)
        return err;
    struct mmk_device *device = ops->alloc(meter->platform, sizeof *device);
    if (device == NULL)
        return MMK_ERR_NOMEM;
    device->meter = meter;
    device->engine = engine;
    device->direction = config->direction;
    device->caps = *caps;
    device->quit = ops->event_create(meter->platform);
    if (device->quit == NULL) {
        ops->free(meter->platform, device);
        return MMK_ERR_NOMEM;
    }
    *out = device;
    return MMK_OK;
}

static mmk_err meter_start(struct mmk_devices *self, struct mmk_device *device)
{
    struct mmk_platform *platform = meter_of(self)->platform;
    if (device->thread == NULL)
        device->thread =
            platform->ops->thread_start(platform, run, device, MMK_PRIORITY_AUDIO, "meter");
    return device->thread != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

static void meter_stop(struct mmk_devices *self, struct mmk_device *device)
{
    struct mmk_platform *platform = meter_of(self)->platform;
    if (device->thread == NULL)
        return;
    platform->ops->event_set(platform, device->quit);
    platform->ops->thread_join(platform, device->thread);
    device->thread = NULL;
}

static void meter_kick(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self; /* for clocks that wait; this one runs by itself */
    (void)device;
}

static mmk_err meter_close(struct mmk_devices *self, struct mmk_device *device)
{
    struct mmk_platform *platform = meter_of(self)->platform;
    meter_stop(self, device);
    platform->ops->event_destroy(platform, device->quit);
    platform->ops->free(platform, device);
    return MMK_OK;
}

static const struct mmk_devices_ops meter_ops = {.enumerate = meter_enumerate,
                                                 .probe = meter_probe,
                                                 .open = meter_open,
                                                 .start = meter_start,
                                                 .stop = meter_stop,
                                                 .kick = meter_kick,
                                                 .close = meter_close};

/* ------------------------------------------------------------------ the driver, as data */

static const struct mmk_param params[] = {{.name = "rate_hz",
                                           .type = MMK_PARAM_UINT,
                                           .min = 8000,
                                           .max = 192000,
                                           .default_text = "48000",
                                           .hosts = MMK_HOST_ALL,
                                           .alias_key = "rate",
                                           .label = "Sample rate",
                                           .unit = "Hz",
                                           .help = "Rate at which the meter runs."}};
static const struct mmk_param_table table = {params, 1};

static uint32_t count(const struct mmk_settings *settings)
{
    (void)settings;
    return 1;
}

static mmk_err setup(const struct mmk_settings *settings, mmk_direction direction,
                     struct mmk_wave_setup *out)
{
    out->device = (struct mmk_device_config){.direction = direction, .backend = "meter"};
    out->device.format =
        (struct mmk_format){.sample = MMK_SAMPLE_S16, .channels = 2, .valid_bits = 16};
    out->device.format.rate_hz = mmk_settings_number(settings, "rate_hz");
    out->quality = MMK_QUALITY_HIGH;
    out->dither = true;
    return MMK_OK;
}

static mmk_err probe(struct mmk_port *port, const struct mmk_settings *settings,
                     mmk_direction direction, uint32_t timeout_ms, char *reason, size_t cap)
{
    struct mmk_wave_setup wanted = {.dither = false};
    setup(settings, direction, &wanted);
    return port->devices->ops->probe(port->devices, &wanted.device, timeout_ms, NULL, reason, cap);
}

static const struct mmk_product product = {.name = "meter",
                                           .file = "meter.drv",
                                           .title = "Level meter",
                                           .version = 1u << 24,
                                           .section = "Drivers32",
                                           .alias_base = "wave",
                                           .numbered = true,
                                           .params = &table,
                                           .probe = probe};

static const struct mmk_driver_class meter_class = {.product = &product,
                                                    .serves = MMK_SERVES_WAVE | MMK_SERVES_AUX |
                                                              MMK_SERVES_MIXER,
                                                    .manufacturer_id = MMK_MM_UNMAPPED,
                                                    .product_id = MMK_MM_PID_UNMAPPED,
                                                    .count = count,
                                                    .setup = setup};

/* ------------------------------------------------------------------ the module */

static struct meter meter = {.base = {&meter_ops}};
static struct mmk_port port; /* shim-win32's, with our hardware in it */
static struct mmk_driver *driver;

/* At the first message, on whichever thread: DllMain runs under the loader's lock. */
static BOOL CALLBACK make(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    static struct mmk_win32_memory win32_memory;
    static struct mmk_driver_memory driver_memory;
    struct mmk_win32 *win32;
    (void)once;
    (void)parameter;
    (void)context;
    if (mmk_win32_init(&win32_memory, NULL, &win32) != MMK_OK)
        return TRUE;
    port = *mmk_win32_port(win32);
    port.devices = &meter.base;
    meter.platform = port.platform;
    mmk_driver_init(&driver_memory, &meter_class, &port, &driver);
    return TRUE;
}

static bool ready(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    return InitOnceExecuteOnce(&once, make, NULL, NULL) && driver != NULL;
}

#define EXPORT __declspec(dllexport)
EXPORT LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR h, UINT msg, LPARAM l1, LPARAM l2);
EXPORT DWORD CALLBACK wodMessage(UINT dev, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);
EXPORT DWORD CALLBACK widMessage(UINT dev, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);
EXPORT DWORD CALLBACK auxMessage(UINT dev, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);
EXPORT DWORD CALLBACK mxdMessage(UINT dev, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);

LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR h, UINT msg, LPARAM l1, LPARAM l2)
{
    if (!ready())
        return 0;
    if (msg == METER_PEAK && id != 0)
        return InterlockedCompareExchange(&meter.peak, 0, 0);
    return mmk_driver_message(driver, id, (uintptr_t)h, msg, l1, l2);
}

#define FORWARD(name, core)                                                             \
    DWORD CALLBACK name(UINT dev, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2) \
    {                                                                                   \
        return ready() ? core(driver, dev, msg, user, p1, p2) : MMSYSERR_NODRIVER;      \
    }

FORWARD(wodMessage, mmk_driver_wod_message)
FORWARD(widMessage, mmk_driver_wid_message)
FORWARD(auxMessage, mmk_driver_aux_message)
FORWARD(mxdMessage, mmk_driver_mxd_message)
