/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The driver object, its states, and the one dispatch table of DriverProc. */

#include <assert.h>
#include <string.h>

#include <mmk/text.h>

#include "lifecycle_internal.h"

static_assert(sizeof(struct mmk_driver) <= MMK_DRIVER_BYTES, "raise MMK_DRIVER_BYTES");

#define GATE_WAIT_NS 20000u

/* ------------------------------------------------------------------ gate */

void mmki_gate_take(struct mmk_driver *driver)
{
    struct mmk_platform *platform = driver->port->platform;
    while (atomic_exchange_explicit(&driver->gate, 1, memory_order_acquire) != 0)
        platform->ops->sleep_ns(platform, GATE_WAIT_NS);
}

void mmki_gate_leave(struct mmk_driver *driver)
{
    atomic_store_explicit(&driver->gate, 0, memory_order_release);
}

/* ------------------------------------------------------------------ instances
 * An id is generation << 8 | index, the generation never 0: no id is 0, and one of a closed
 * instance fits no later one (until 2^23 opens of the same index). */

#define GENERATION_MASK 0x7FFFFFu

bool mmki_driver_find(const struct mmk_driver *driver, uintptr_t id, uint32_t *index)
{
    const uint32_t i = (uint32_t)id & (INSTANCES_MAX - 1);
    if (id > UINT32_MAX || driver->instance[i] != ((uint32_t)(id >> 8) << 1 | 1u))
        return false;
    *index = i;
    return true;
}

static uintptr_t open_instance(struct mmk_driver *driver)
{
    for (uint32_t i = 0; i < INSTANCES_MAX; i++) {
        uint32_t generation;
        if ((driver->instance[i] & 1u) != 0)
            continue;
        generation = ((driver->instance[i] >> 1) + 1) & GENERATION_MASK;
        generation = generation != 0 ? generation : 1;
        driver->instance[i] = generation << 1 | 1u;
        driver->n_instances++;
        return (uintptr_t)generation << 8 | i;
    }
    return 0;
}

static void forget_attachment(struct mmk_driver *driver, uintptr_t id)
{
    for (unsigned i = 0; i < ATTACHMENTS_MAX; i++)
        if (driver->attached[i].id == id)
            driver->attached[i].id = 0;
}

static void forget_text(struct mmk_driver *driver)
{
    driver->has_text = false;
    driver->text[0] = '\0';
}

static void close_instance(struct mmk_driver *driver, uint32_t index)
{
    driver->instance[index] &= ~1u;
    if (--driver->n_instances == 0)
        forget_text(driver);
}

static void close_all_instances(struct mmk_driver *driver)
{
    for (uint32_t i = 0; i < INSTANCES_MAX; i++)
        driver->instance[i] &= ~1u;
    for (unsigned i = 0; i < ATTACHMENTS_MAX; i++)
        driver->attached[i].id = 0;
    driver->n_instances = 0;
    forget_text(driver);
}

static uint32_t state_of(const struct mmk_driver *driver)
{
    switch (driver->level) {
    case LEVEL_LOADED:
        return STATE_LOADED;
    case LEVEL_ENABLED:
        return driver->n_instances > 0 ? STATE_OPEN : STATE_ENABLED;
    case LEVEL_DISABLED:
        return STATE_DISABLED;
    case LEVEL_NONE:
    default:
        return STATE_NONE;
    }
}

struct mmk_wave *mmki_driver_drop_wave(struct mmk_driver *driver)
{
    struct mmk_wave *wave = driver->wave;
    driver->wave = NULL;
    for (unsigned i = 0; i < MMK_WAVE_KIND_COUNT; i++)
        driver->mode[i] = MODE_FOLLOWS;
    return wave;
}

/* ------------------------------------------------------------------ the steps between states */

/* A host that freed the module after a failed OPEN comes back with LOAD and nothing else: begin
 * anew. With instances open it is a second host in the same process, and must not disturb the
 * first. */
static void load_step(struct call *call)
{
    struct mmk_driver *driver = call->driver;
    call->answer = 1;
    if (state_of(driver) == STATE_OPEN)
        return;
    close_all_instances(driver);
    call->dropped = mmki_driver_drop_wave(driver);
    call->dropped_acm = mmki_acm_drop(driver);
    driver->level = LEVEL_LOADED;
}

static void load_work(struct call *call)
{
    struct mmk_port *port = call->driver->port;
    bool pending = false;
    mmk_err err;

    if (!mmki_registry_try(call->driver)) /* an install verb runs right now */
        return;
    err = mmk_install_peek(port, &pending);
    mmki_registry_leave(call->driver);
    if (err == MMK_OK && pending)
        port->platform->ops->log(
            port->platform, MMK_LOG_INFO,
            "an installation is unfinished or was not seen saved yet; the last "
            "committed settings are used (mmectl recover looks after it)");
}

static void enable_step(struct call *call)
{
    call->driver->level = LEVEL_ENABLED;
    call->answer = 1;
}

/* Options stand behind the file name in an alias of at most MMK_ALIAS_VALUE_MAX units. Longer text
 * is no alias value, or not terminated: opening with other settings than the ones asked for would
 * be worse than not opening. */
static bool open_prepare(struct call *call)
{
    struct mmk_platform *platform = call->driver->port->platform;
    const unsigned char *units = (const unsigned char *)call->lparam1;
    size_t n = 0, len;

    call->text[0] = '\0';
    if (!mmki_acm_accepts(call->driver, call->lparam2))
        return false;
    if (units == NULL)
        return true;
    while (n <= MMK_ALIAS_VALUE_MAX && (units[2 * n] | units[2 * n + 1]) != 0)
        n++;
    if (n <= MMK_ALIAS_VALUE_MAX &&
        mmk_wtf8_from_utf16(units, n, call->text, sizeof call->text, &len) == MMK_OK)
        return true;
    platform->ops->log(platform, MMK_LOG_ERROR,
                       "DRV_OPEN refused: its options are longer than an alias value can be");
    return false;
}

/* winmm's first open with an lParam2 comes as two: options and 0, then NULL and the lParam2. What
 * the first said holds for both, so options belong to the module. */
static void open_step(struct call *call)
{
    struct mmk_driver *driver = call->driver;
    const uintptr_t id = open_instance(driver);
    call->answer = (intptr_t)id;
    if (id == 0)
        return;
    driver->level = LEVEL_ENABLED;
    if (!driver->has_text && call->text[0] != '\0') {
        memcpy(driver->text, call->text, sizeof driver->text);
        driver->has_text = true;
    }
}

static void close_step(struct call *call)
{
    uint32_t index = 0;
    call->answer = mmki_driver_find(call->driver, call->id, &index) ? 1 : 0;
    if (call->answer == 0)
        return;
    forget_attachment(call->driver, call->id);
    close_instance(call->driver, index);
}

static void disable_step(struct call *call)
{
    call->driver->level = LEVEL_DISABLED;
    call->dropped = mmki_driver_drop_wave(call->driver);
    call->dropped_acm = mmki_acm_drop(call->driver);
    call->answer = 1;
}

static void free_step(struct call *call)
{
    close_all_instances(call->driver);
    call->dropped = mmki_driver_drop_wave(call->driver);
    call->dropped_acm = mmki_acm_drop(call->driver);
    call->driver->level = LEVEL_NONE;
    call->answer = 1;
}

/* ------------------------------------------------------------------ power and the end of a session
 */

static bool says_off(mmk_err err)
{
    return err == MMK_ERR_NOT_FOUND || err == MMK_ERR_GONE || err == MMK_ERR_TIMEOUT;
}

static void ask_power(struct mmk_driver *driver, struct mmk_wave *wave, mmk_direction direction,
                      uint32_t device)
{
    const struct mmk_product *product = driver->cls->product;
    struct mmk_settings settings;
    char reason[256];
    mmk_err err;

    if (!mmk_wave_in_use(wave, direction, device) || !mmki_registry_try(driver))
        return;
    err = mmki_settings_load(driver, device, &settings);
    if (err == MMK_OK)
        err = product->probe(driver->port, &settings, direction, MMK_INSTALL_PROBE_MS, reason,
                             sizeof reason);
    mmki_registry_leave(driver);
    mmk_wave_power(wave, direction, device, !says_off(err));
}

/* The message does not say whether power goes or comes: the device does. */
static void power_work(struct call *call)
{
    struct mmk_wave *wave = mmki_wave_held(call->driver);
    call->answer = 1;
    if (wave == NULL)
        return;
    for (uint32_t i = 0; i < MMK_WAVE_DEVICES_MAX && call->driver->cls->product->probe != NULL;
         i++) {
        ask_power(call->driver, wave, MMK_PLAYBACK, i);
        ask_power(call->driver, wave, MMK_CAPTURE, i);
    }
    mmk_wave_release(wave);
}

/* Buffers go back, files are closed. Settings need nothing: a transaction answers only when they
 * are safe. */
static void exit_session_work(struct call *call)
{
    struct mmk_wave *wave = mmki_wave_held(call->driver);
    call->answer = 1;
    if (wave == NULL)
        return;
    mmk_wave_detach(wave, MMK_WAVE_OUT);
    mmk_wave_detach(wave, MMK_WAVE_IN);
    mmk_wave_release(wave);
}

/* ------------------------------------------------------------------ dispatch */

static const struct mmki_lifecycle_row rows[] = {
    {MMK_DRV_LOAD, "DRV_LOAD", STATE_ANY, false, NULL, load_step, load_work},
    {MMK_DRV_ENABLE, "DRV_ENABLE", STATE_LIVING, false, NULL, enable_step, NULL},
    {MMK_DRV_OPEN, "DRV_OPEN", STATE_LOADED | STATE_ENABLED | STATE_OPEN, false, open_prepare,
     open_step, NULL},
    {MMK_DRV_CLOSE, "DRV_CLOSE", STATE_OPEN | STATE_DISABLED, true, NULL, close_step, NULL},
    {MMK_DRV_DISABLE, "DRV_DISABLE", STATE_LIVING, false, NULL, disable_step, NULL},
    {MMK_DRV_FREE, "DRV_FREE", STATE_ANY, false, NULL, free_step, NULL},
    {MMK_DRV_QUERYCONFIGURE, "DRV_QUERYCONFIGURE", STATE_OPEN, true, NULL, NULL,
     mmki_verb_query_configure},
    {MMK_DRV_CONFIGURE, "DRV_CONFIGURE", STATE_OPEN, true, NULL, NULL, mmki_verb_configure},
    {MMK_DRV_INSTALL, "DRV_INSTALL", STATE_OPEN, true, NULL, NULL, mmki_verb_install},
    {MMK_DRV_PNPINSTALL, "DRV_PNPINSTALL", STATE_OPEN, true, NULL, NULL, mmki_verb_pnp_install},
    {MMK_DRV_REMOVE, "DRV_REMOVE", STATE_OPEN, true, NULL, NULL, mmki_verb_remove},
    {MMK_DRV_POWER, "DRV_POWER", STATE_LIVING, false, NULL, NULL, power_work},
    {MMK_DRV_EXITSESSION, "DRV_EXITSESSION", STATE_LIVING, false, NULL, NULL, exit_session_work},
    {MMK_DRV_EXITAPPLICATION, "DRV_EXITAPPLICATION", STATE_LIVING, false, NULL, NULL, NULL},
    {MMK_DRVM_ATTACH, "MMK_DRVM_ATTACH", STATE_OPEN, true, NULL, mmki_verb_attach, NULL},
};

const struct mmki_lifecycle_row *mmki_lifecycle_table(size_t *n_rows)
{
    *n_rows = sizeof rows / sizeof rows[0];
    return rows;
}

static const struct mmki_lifecycle_row *row_of(uint32_t msg)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].msg == msg)
            return &rows[i];
    return NULL;
}

/* @return whether the message may act in this state */
static bool step(const struct mmki_lifecycle_row *row, struct call *call)
{
    struct mmk_driver *driver = call->driver;
    uint32_t index;
    bool acts;

    mmki_gate_take(driver);
    acts = (state_of(driver) & row->states) != 0 &&
           (!row->needs_instance || mmki_driver_find(driver, call->id, &index));
    if (acts && row->step != NULL)
        row->step(call);
    mmki_gate_leave(driver);
    return acts;
}

intptr_t mmk_driver_message(struct mmk_driver *driver, uintptr_t id, uintptr_t hdrvr, uint32_t msg,
                            intptr_t lparam1, intptr_t lparam2)
{
    const struct mmki_lifecycle_row *row = row_of(msg);
    struct call call;

    (void)hdrvr; /* hosts disagree about it in LOAD; nothing here needs it */
    if (driver == NULL)
        return 0;
    if (mmki_acm_is_message(driver, msg))
        return mmki_acm_message(driver, id, msg, lparam1, lparam2);
    if (row == NULL)
        return 0; /* as DefDriverProc answers what it does not know */
    call.driver = driver;
    call.msg = msg;
    call.id = id;
    call.lparam1 = lparam1;
    call.lparam2 = lparam2;
    call.answer = 0;
    call.dropped = NULL;
    call.dropped_acm = NULL;
    if (row->prepare != NULL && !row->prepare(&call))
        return 0;
    if (!step(row, &call))
        return 0;
    mmk_wave_close(call.dropped);
    mmk_acm_close(call.dropped_acm);
    if (row->work != NULL)
        row->work(&call);
    return call.answer;
}

/* ------------------------------------------------------------------ init, fini */

static bool class_complete(const struct mmk_driver_class *cls)
{
    const struct mmk_product *product = cls != NULL ? cls->product : NULL;
    if (product == NULL || product->name == NULL || product->file == NULL ||
        product->title == NULL || product->params == NULL)
        return false;
    if ((cls->serves & MMK_SERVES_ACM) != 0 && cls->acm == NULL)
        return false;
    return (cls->serves & MMK_SERVES_WAVE) == 0 || (cls->count != NULL && cls->setup != NULL);
}

mmk_err mmk_driver_init(struct mmk_driver_memory *memory, const struct mmk_driver_class *cls,
                        struct mmk_port *port, struct mmk_driver **out)
{
    struct mmk_driver *driver = (struct mmk_driver *)(void *)memory;

    if (memory == NULL || out == NULL || !class_complete(cls) || mmk_port_check(port) != MMK_OK)
        return MMK_ERR_INVAL;
    memset(driver, 0, sizeof *driver);
    atomic_init(&driver->gate, 0);
    driver->cls = cls;
    driver->port = port;
    *out = driver;
    return MMK_OK;
}

void mmk_driver_fini(struct mmk_driver *driver)
{
    if (driver != NULL)
        (void)mmk_driver_message(driver, 0, 0, MMK_DRV_FREE, 0, 0);
}

void mmk_driver_reap(struct mmk_driver *driver)
{
    struct mmk_wave *wave = mmki_wave_held(driver);
    if (wave == NULL)
        return;
    mmk_wave_reap(wave);
    mmk_wave_release(wave);
}
