/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* INSTALL, PNPINSTALL, REMOVE, CONFIGURE: from the message to a request of the install engine.
 * Everything the sender points at is hostile: sizes are checked, strings are read up to their
 * documented length, at any alignment. */

#include <string.h>

#include <mmk/text.h>

#include "lifecycle_internal.h"

#define NAME_MAX_UNITS 255u /* of a registry key or an alias */
#define NAME_MAX_BYTES (3u * NAME_MAX_UNITS + 1u)

/** What a DRVCONFIGINFO said, in our own words. */
struct config_info {
    const char *section; /* NULL = not said */
    const char *alias;
    char section_text[NAME_MAX_BYTES];
    char alias_text[NAME_MAX_BYTES];
};

/* ------------------------------------------------------------------ attachments */

/* Inside the gate. The size is the first field of every version of the structure. */
void mmki_verb_attach(struct call *call)
{
    struct mmk_driver *driver = call->driver;
    uint32_t size = 0;

    call->answer = 0;
    if (call->lparam1 == 0 || call->lparam2 != MMK_DRVM_ATTACH_MAGIC)
        return;
    memcpy(&size, (const void *)call->lparam1, sizeof size);
    if (size != sizeof(struct mmk_driver_attachment))
        return;
    for (unsigned i = 0; i < ATTACHMENTS_MAX; i++) {
        if (driver->attached[i].id != 0 && driver->attached[i].id != call->id)
            continue;
        driver->attached[i].id = call->id;
        driver->attached[i].attachment = (struct mmk_driver_attachment *)call->lparam1;
        call->answer = 1;
        return;
    }
}

static struct mmk_driver_attachment *take_attachment(struct mmk_driver *driver, uintptr_t id)
{
    struct mmk_driver_attachment *attachment = NULL;
    mmki_gate_take(driver);
    for (unsigned i = 0; i < ATTACHMENTS_MAX; i++) {
        if (driver->attached[i].id != id)
            continue;
        driver->attached[i].id = 0;
        attachment = driver->attached[i].attachment;
    }
    mmki_gate_leave(driver);
    return attachment;
}

/* ------------------------------------------------------------------ DRVCONFIGINFO */

/* @return NULL for NULL; a complaint in *wrong if it does not end within the limit */
static const char *read_name(const mmk_char16 *name, char text[NAME_MAX_BYTES],
                             const char *complaint, const char **wrong)
{
    const unsigned char *units = (const unsigned char *)name;
    size_t n = 0, len;

    if (name == NULL)
        return NULL;
    while (n <= NAME_MAX_UNITS && (units[2 * n] | units[2 * n + 1]) != 0)
        n++;
    if (n > NAME_MAX_UNITS || mmk_wtf8_from_utf16(units, n, text, NAME_MAX_BYTES, &len) != MMK_OK)
        *wrong = complaint;
    return text;
}

/* The structure is packed, and comes in two lengths. A sender that let its compiler align it sends
 * a size that is neither on 32 bits and the longer one on 64, where its pointers are not where they
 * should be: not ours to guess.
 * @return NULL, or what is wrong */
static const char *read_config_info(intptr_t lparam2, struct config_info *info)
{
    struct mmk_drvconfiginfo dci;
    const char *wrong = NULL;
    uint32_t size;

    info->section = NULL;
    info->alias = NULL;
    if (lparam2 == 0)
        return NULL;
    memcpy(&size, (const void *)lparam2, sizeof size);
    if (size != sizeof dci && size != sizeof(struct mmk_drvconfiginfoex))
        return "DRVCONFIGINFO with a dwDCISize that no version of it has";
    memcpy(&dci, (const void *)lparam2, sizeof dci);
    info->section =
        read_name(dci.lpszDCISectionName, info->section_text,
                  "DRVCONFIGINFO with a section name of more than 255 characters", &wrong);
    info->alias = read_name(dci.lpszDCIAliasName, info->alias_text,
                            "DRVCONFIGINFO with an alias of more than 255 characters", &wrong);
    return wrong;
}

/* ------------------------------------------------------------------ one run of the install engine
 */

static bool in_use(struct mmk_driver *driver)
{
    struct mmk_wave *wave = mmki_wave_held(driver);
    bool used = false;
    if (wave == NULL)
        return false;
    for (uint32_t i = 0; i < MMK_WAVE_DEVICES_MAX && !used; i++)
        used = mmk_wave_in_use(wave, MMK_PLAYBACK, i) || mmk_wave_in_use(wave, MMK_CAPTURE, i);
    mmk_wave_release(wave);
    return used;
}

static void say_busy(mmk_install_verb verb, struct mmk_install_report *report)
{
    static const char text[] = "another installation runs in this program";
    if (report == NULL)
        return;
    memset(report, 0, sizeof *report);
    report->verb = verb;
    report->reason = MMK_REASON_LOCKED;
    report->err = MMK_ERR_LOCKED;
    memcpy(report->text, text, sizeof text);
}

uint32_t mmki_verb_run(struct mmk_driver *driver, struct mmk_port *port,
                       const struct mmk_install_request *request,
                       const struct mmk_install_observer *observer,
                       struct mmk_install_report *report)
{
    struct mmk_install_request asked = *request;
    uint32_t answer;

    if (asked.verb == MMK_VERB_CONFIGURE && in_use(driver))
        asked.flags |= MMK_INSTALL_IN_USE;
    if (!mmki_registry_wait(driver, MMK_INSTALL_LOCK_MS)) {
        say_busy(asked.verb, report);
        return MMK_DRVCNF_CANCEL;
    }
    if ((driver->cls->serves & MMK_SERVES_WAVE) != 0)
        (void)mmki_settings_count(driver); /* who asks meanwhile gets this */
    answer = mmk_install_run(port, driver->cls->product, &asked, observer, report);
    mmki_registry_leave(driver);
    return answer;
}

static void run(struct call *call, const struct mmk_install_request *request,
                const struct mmk_driver_attachment *attachment)
{
    call->answer = (intptr_t)mmki_verb_run(call->driver, call->driver->port, request,
                                           attachment != NULL ? attachment->observer : NULL,
                                           attachment != NULL ? attachment->report : NULL);
}

/* What mmectl attached, or the defaults of a bare message. The verb is the message's. */
static struct mmk_driver_attachment *begin(struct call *call, mmk_install_verb verb,
                                           struct mmk_install_request *request)
{
    struct mmk_driver_attachment *attachment = take_attachment(call->driver, call->id);

    memset(request, 0, sizeof *request);
    if (attachment != NULL)
        *request = attachment->request;
    if (!(verb == MMK_VERB_INSTALL && request->verb == MMK_VERB_REPAIR))
        request->verb = verb;
    request->complaint = NULL;
    request->section = NULL;
    request->alias = NULL;
    request->parent = 0;
    return attachment;
}

/* A malformed structure goes to the install engine as a complaint, so that answer, status file and
 * log come from the one place that writes them. */
static void run_with_info(struct call *call, struct mmk_install_request *request,
                          const struct mmk_driver_attachment *attachment)
{
    const struct mmk_ui *ui = call->driver->port->ui;
    struct config_info info;
    const char *wrong = read_config_info(call->lparam2, &info);

    request->complaint = wrong;
    request->section = wrong != NULL ? NULL : info.section;
    request->alias = wrong != NULL ? NULL : info.alias;
    if (wrong == NULL && (request->flags & MMK_INSTALL_INTERACTIVE) != 0 && ui != NULL &&
        ui->ops->converse != NULL)
        mmki_dialog_run(call, request, attachment);
    else
        run(call, request, attachment);
}

void mmki_verb_query_configure(struct call *call)
{
    call->answer = call->driver->port->ui != NULL ? 1 : 0;
}

void mmki_verb_configure(struct call *call)
{
    struct mmk_install_request request;
    const struct mmk_driver_attachment *attachment = begin(call, MMK_VERB_CONFIGURE, &request);

    call->answer = MMK_DRVCNF_CANCEL;
    if (attachment == NULL && call->driver->port->ui == NULL)
        return; /* nobody to ask, nothing said: QUERYCONFIGURE told so */
    request.parent = (uintptr_t)call->lparam1;
    if (attachment == NULL)
        request.flags |= MMK_INSTALL_INTERACTIVE | MMK_INSTALL_USER_FALLBACK;
    run_with_info(call, &request, attachment);
}

/* lParam1: unused by the SDK, a parent window by the NT DDK. The window is used only if a dialog
 * was asked for, which the message itself cannot say: a setup that shows windows where it was told
 * to be silent is what people complain about. */
void mmki_verb_install(struct call *call)
{
    struct mmk_install_request request;
    const struct mmk_driver_attachment *attachment = begin(call, MMK_VERB_INSTALL, &request);

    request.parent = (uintptr_t)call->lparam1;
    run_with_info(call, &request, attachment);
}

/* lParam1 and lParam2 are SetupDi's; nothing here needs them. */
void mmki_verb_pnp_install(struct call *call)
{
    struct mmk_install_request request;
    const struct mmk_driver_attachment *attachment = begin(call, MMK_VERB_PNP_INSTALL, &request);
    run(call, &request, attachment);
}

void mmki_verb_remove(struct call *call)
{
    struct mmk_install_request request;
    const struct mmk_driver_attachment *attachment = begin(call, MMK_VERB_REMOVE, &request);
    run(call, &request, attachment);
}
