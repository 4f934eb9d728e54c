/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The ACMDM_* messages: who is served when, and with which settings. They belong to an open
 * instance, as the ACM opens one before it sends any; without one the answer is
 * MMSYSERR_INVALHANDLE. */

#include <string.h>

#include "lifecycle_internal.h"

bool mmki_acm_is_message(const struct mmk_driver *driver, uint32_t msg)
{
    return (driver->cls->serves & MMK_SERVES_ACM) != 0 && msg >= MMK_ACMDM_RESERVED_LOW &&
           msg <= MMK_ACMDM_RESERVED_HIGH;
}

/* 0 is an open for configuration only. Both layouts of ACMDRVOPENDESC begin alike. */
bool mmki_acm_accepts(const struct mmk_driver *driver, intptr_t lparam2)
{
    uint32_t head[2];
    if ((driver->cls->serves & MMK_SERVES_ACM) == 0 || lparam2 == 0)
        return true;
    memcpy(head, (const void *)lparam2, sizeof head);
    return head[0] >= sizeof(struct mmk_acmdrvopendescw) &&
           head[1] == MMK_ACMDRIVERDETAILS_FCCTYPE_AUDIOCODEC;
}

static void setup(void *user, struct mmk_acm_setup *out)
{
    struct mmk_driver *driver = user;
    const struct mmk_acm_class *cls = driver->cls->acm;
    struct mmk_settings settings;

    memset(out, 0, sizeof *out);
    out->quality = MMK_QUALITY_HIGH;
    if (cls->setup == NULL)
        return;
    if (mmki_registry_try(driver)) {
        (void)mmki_settings_load(driver, MMK_DEVICE_NONE, &settings);
        mmki_registry_leave(driver);
    } else {
        mmk_settings_defaults(driver->cls->product->params, &settings);
    }
    cls->setup(&settings, out);
}

static struct mmk_acm *make(struct mmk_driver *driver)
{
    struct mmk_acm_config config;
    struct mmk_acm *acm = NULL;

    memset(&config, 0, sizeof config);
    config.cls = driver->cls->acm;
    config.port = driver->port;
    config.setup = setup;
    config.user = driver;
    mmki_gate_take(driver);
    config.generation = ++driver->n_acms * 7919u;
    mmki_gate_leave(driver);
    return mmk_acm_open(&config, &acm) == MMK_OK ? acm : NULL;
}

static bool is_served(const struct mmk_driver *driver, uintptr_t id)
{
    uint32_t index;
    return driver->level == LEVEL_ENABLED && !driver->acm_doomed &&
           mmki_driver_find(driver, id, &index);
}

/* @return MMSYSERR_NOERROR, and the object with one user more */
static uint32_t enter(struct mmk_driver *driver, uintptr_t id, struct mmk_acm **out)
{
    struct mmk_acm *made = NULL;
    bool served, missing;

    for (;;) {
        mmki_gate_take(driver);
        served = is_served(driver, id);
        if (served && driver->acm == NULL) {
            driver->acm = made;
            made = NULL;
        }
        *out = driver->acm;
        missing = *out == NULL;
        if (served && !missing)
            driver->acm_users++;
        mmki_gate_leave(driver);
        if (!served || !missing)
            break;
        made = make(driver);
        if (made == NULL)
            return MMK_MMSYSERR_NOMEM;
    }
    mmk_acm_close(made); /* another thread was faster */
    return served ? MMK_MMSYSERR_NOERROR : MMK_MMSYSERR_INVALHANDLE;
}

static void leave(struct mmk_driver *driver)
{
    struct mmk_acm *doomed = NULL;
    mmki_gate_take(driver);
    if (--driver->acm_users == 0 && driver->acm_doomed) {
        doomed = driver->acm;
        driver->acm = NULL;
        driver->acm_doomed = false;
    }
    mmki_gate_leave(driver);
    mmk_acm_close(doomed);
}

struct mmk_acm *mmki_acm_drop(struct mmk_driver *driver)
{
    struct mmk_acm *acm = driver->acm;
    if (driver->acm_users > 0) {
        driver->acm_doomed = true;
        return NULL;
    }
    driver->acm = NULL;
    return acm;
}

intptr_t mmki_acm_message(struct mmk_driver *driver, uintptr_t id, uint32_t msg, intptr_t lparam1,
                          intptr_t lparam2)
{
    struct mmk_acm *acm;
    uint32_t answer = enter(driver, id, &acm);
    if (answer != MMK_MMSYSERR_NOERROR)
        return (intptr_t)answer;
    answer = mmk_acm_message(acm, msg, lparam1, lparam2);
    leave(driver);
    return (intptr_t)answer;
}
