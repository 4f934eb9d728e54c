/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* mini-winmm: which devices there are, and who answers for each; aux and mixer, which have little
 * more. */
#include <string.h>

#include "mini_winmm_internal.h"

static const uint32_t count_message[MMKI_WINMM_TYPES] = {MMK_WODM_GETNUMDEVS, MMK_WIDM_GETNUMDEVS,
                                                         MMK_AUXDM_GETNUMDEVS, MMK_MXDM_GETNUMDEVS};

/* ------------------------------------------------------------------ loading */

static void add_devices(struct mmk_winmm *mm, struct mmki_module *module, enum mmki_winmm_type type,
                        const char *alias, uint32_t count)
{
    pthread_mutex_lock(&mm->mutex);
    for (uint32_t i = 0; i < count && mm->n_devices[type] < MMKI_WINMM_DEVICES; i++) {
        struct mmki_winmm_device *device = &mm->devices[type][mm->n_devices[type]++];
        device->module = module;
        device->device = i;
        (void)mmki_format(device->alias, sizeof device->alias, "%s", alias);
    }
    pthread_mutex_unlock(&mm->mutex);
}

/** Wake one type of a driver up and count its devices. */
static void load_type(struct mmk_winmm *mm, struct mmki_winmm_loaded *loaded,
                      enum mmki_winmm_type type, const char *alias)
{
    struct mmki_module *module = loaded->module;
    if (module->message[type] == NULL)
        return;
    uint32_t answer = mmki_winmm_send(mm, module, type, 0, MMK_DRVM_INIT, 0, 0, 0);
    if (answer != MMK_MMSYSERR_NOERROR && answer != MMK_MMSYSERR_NOTSUPPORTED) {
        mmki_winmm_fail(mm, "%s did not start (DRVM_INIT was answered with %u)", module->file,
                        (unsigned)answer);
        return;
    }
    loaded->is_on[type] = true;
    (void)mmki_winmm_send(mm, module, type, 0, MMK_DRVM_ENABLE, 0, 0, 0);
    uint32_t count = mmki_winmm_send(mm, module, type, 0, count_message[type], 0, 0, 0);
    if (count > 0xffff) /* an error, as winmm sees it */
        mmki_winmm_fail(mm, "%s cannot count its devices (0x%08x)", module->file, (unsigned)count);
    else
        add_devices(mm, module, type, alias, count);
}

/** Whether the alias is there at all: an empty slot is no failure. */
static bool has_alias(struct mmk_winmm *mm, const char *alias)
{
    const struct mmk_reg_key key = {MMK_REG_MACHINE, mmki_native_view(),
                                    "Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32"};
    uint32_t type;
    size_t len;
    pthread_mutex_lock(&mm->registry_lock);
    mmk_err err = mm->registry->ops->get(mm->registry, &key, alias, &type, NULL, 0, &len);
    pthread_mutex_unlock(&mm->registry_lock);
    return err == MMK_OK || err == MMK_ERR_MORE;
}

static void load_alias(struct mmk_winmm *mm, const char *alias, enum mmki_winmm_type first,
                       enum mmki_winmm_type last)
{
    if (!has_alias(mm, alias))
        return;
    struct mmki_winmm_loaded *loaded = &mm->loaded[mm->n_loaded];
    memset(loaded, 0, sizeof *loaded);
    loaded->hdrvr = mmk_winmm_open_driver(mm, alias, "Drivers32", 0);
    struct mmki_object *driver = mmki_winmm_get(mm, loaded->hdrvr, MMKI_DRIVER);
    if (driver == NULL)
        return;
    loaded->module = driver->module;
    mmki_winmm_put(mm, driver);
    mm->n_loaded++;
    for (int type = (int)first; type <= (int)last; type++)
        load_type(mm, loaded, (enum mmki_winmm_type)type, alias);
}

static void load_group(struct mmk_winmm *mm, const char *name, enum mmki_winmm_type first,
                       enum mmki_winmm_type last)
{
    char alias[16];
    load_alias(mm, name, first, last); /* the first slot has no number */
    for (unsigned i = 1; i < MMKI_WINMM_SLOTS; i++) {
        (void)mmki_format(alias, sizeof alias, "%s%u", name, i);
        load_alias(mm, alias, first, last);
    }
}

void mmki_winmm_load_devices(struct mmk_winmm *mm)
{
    pthread_mutex_lock(&mm->load_lock);
    /* is_loading: a driver asks for devices while it is being loaded; it sees those found so far */
    if (!mm->are_devices_loaded && !mm->is_loading) {
        mm->is_loading = true;
        load_group(mm, "wave", MMKI_WAVE_OUT, MMKI_WAVE_IN);
        load_group(mm, "aux", MMKI_AUX, MMKI_AUX);
        load_group(mm, "mixer", MMKI_MIXER, MMKI_MIXER);
        mm->is_loading = false;
        mm->are_devices_loaded = true;
    }
    pthread_mutex_unlock(&mm->load_lock);
}

void mmki_winmm_unload_devices(struct mmk_winmm *mm)
{
    pthread_mutex_lock(&mm->load_lock);
    pthread_mutex_lock(&mm->mutex);
    memset(mm->n_devices, 0, sizeof mm->n_devices);
    pthread_mutex_unlock(&mm->mutex);
    for (unsigned i = 0; i < mm->n_loaded; i++) {
        struct mmki_winmm_loaded *loaded = &mm->loaded[i];
        for (int type = 0; type < MMKI_WINMM_TYPES; type++) {
            if (!loaded->is_on[type])
                continue;
            enum mmki_winmm_type t = (enum mmki_winmm_type)type;
            (void)mmki_winmm_send(mm, loaded->module, t, 0, MMK_DRVM_DISABLE, 0, 0, 0);
            (void)mmki_winmm_send(mm, loaded->module, t, 0, MMK_DRVM_EXIT, 0, 0, 0);
        }
        (void)mmk_winmm_close_driver(mm, loaded->hdrvr, 0, 0);
    }
    mm->n_loaded = 0;
    mm->are_devices_loaded = false;
    pthread_mutex_unlock(&mm->load_lock);
}

uint32_t mmk_winmm_rescan(struct mmk_winmm *mm)
{
    bool is_open = false;
    pthread_mutex_lock(&mm->mutex);
    for (unsigned i = 0; i < MMKI_WINMM_HANDLES; i++)
        is_open = is_open || (mm->objects[i] != NULL && mm->objects[i]->kind != MMKI_DRIVER);
    pthread_mutex_unlock(&mm->mutex);
    if (is_open)
        return MMK_MMSYSERR_HANDLEBUSY;
    mmki_winmm_unload_devices(mm);
    mmki_winmm_load_devices(mm);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ counting and naming */

static uint32_t num_devs(struct mmk_winmm *mm, enum mmki_winmm_type type)
{
    mmki_winmm_load_devices(mm);
    pthread_mutex_lock(&mm->mutex);
    uint32_t count = mm->n_devices[type];
    pthread_mutex_unlock(&mm->mutex);
    return count;
}

uint32_t mmk_winmm_wave_out_num_devs(struct mmk_winmm *mm)
{
    return num_devs(mm, MMKI_WAVE_OUT);
}

uint32_t mmk_winmm_wave_in_num_devs(struct mmk_winmm *mm)
{
    return num_devs(mm, MMKI_WAVE_IN);
}

uint32_t mmk_winmm_aux_num_devs(struct mmk_winmm *mm)
{
    return num_devs(mm, MMKI_AUX);
}

uint32_t mmk_winmm_mixer_num_devs(struct mmk_winmm *mm)
{
    return num_devs(mm, MMKI_MIXER);
}

static uint32_t origin(struct mmk_winmm *mm, enum mmki_winmm_type type, uint32_t device,
                       char *alias, size_t alias_cap, char *file, size_t file_cap)
{
    uint32_t result = MMK_MMSYSERR_BADDEVICEID;
    mmki_winmm_load_devices(mm);
    pthread_mutex_lock(&mm->mutex);
    if (device < mm->n_devices[type]) {
        const struct mmki_winmm_device *d = &mm->devices[type][device];
        if (alias != NULL)
            (void)mmki_format(alias, alias_cap, "%s", d->alias);
        if (file != NULL)
            (void)mmki_format(file, file_cap, "%s", d->module->file);
        result = MMK_MMSYSERR_NOERROR;
    }
    pthread_mutex_unlock(&mm->mutex);
    return result;
}

uint32_t mmk_winmm_wave_out_origin(struct mmk_winmm *mm, uint32_t device, char *alias,
                                   size_t alias_cap, char *file, size_t file_cap)
{
    return origin(mm, MMKI_WAVE_OUT, device, alias, alias_cap, file, file_cap);
}

uint32_t mmk_winmm_wave_in_origin(struct mmk_winmm *mm, uint32_t device, char *alias,
                                  size_t alias_cap, char *file, size_t file_cap)
{
    return origin(mm, MMKI_WAVE_IN, device, alias, alias_cap, file, file_cap);
}

/* ------------------------------------------------------------------ where a message goes */

uint32_t mmki_winmm_target(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t device,
                           struct mmki_winmm_target *target)
{
    memset(target, 0, sizeof *target);
    mmki_winmm_load_devices(mm);
    target->object = mmki_winmm_get(mm, device, type);
    if (target->object != NULL) {
        target->module = target->object->module;
        target->device = target->object->device;
        target->user = target->object->user;
        return MMK_MMSYSERR_NOERROR;
    }
    uint32_t result = device > 0xffff ? MMK_MMSYSERR_INVALHANDLE : MMK_MMSYSERR_BADDEVICEID;
    pthread_mutex_lock(&mm->mutex);
    if (device < mm->n_devices[type]) {
        target->module = mm->devices[type][device].module;
        target->device = mm->devices[type][device].device;
        target->module->users++;
        result = MMK_MMSYSERR_NOERROR;
    }
    pthread_mutex_unlock(&mm->mutex);
    return result;
}

void mmki_winmm_target_put(struct mmk_winmm *mm, struct mmki_winmm_target *target)
{
    if (target->object != NULL)
        mmki_winmm_put(mm, target->object);
    else
        mmki_winmm_release_module(mm, target->module);
}

uint32_t mmki_winmm_send_to(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t device,
                            uint32_t msg, uintptr_t p1, uintptr_t p2)
{
    struct mmki_winmm_target target;
    uint32_t result = mmki_winmm_target(mm, type, device, &target);
    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    result = mmki_winmm_send(mm, target.module, type, target.device, msg, target.user, p1, p2);
    mmki_winmm_target_put(mm, &target);
    return result;
}

/* ------------------------------------------------------------------ aux */

uint32_t mmk_winmm_aux_caps(struct mmk_winmm *mm, uint32_t device, void *caps, uint32_t size)
{
    if (caps == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    return mmki_winmm_send_to(mm, MMKI_AUX, device, MMK_AUXDM_GETDEVCAPS, (uintptr_t)caps, size);
}

uint32_t mmk_winmm_aux_get_volume(struct mmk_winmm *mm, uint32_t device, uint32_t *volume)
{
    if (volume == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    return mmki_winmm_send_to(mm, MMKI_AUX, device, MMK_AUXDM_GETVOLUME, (uintptr_t)volume, 0);
}

uint32_t mmk_winmm_aux_set_volume(struct mmk_winmm *mm, uint32_t device, uint32_t volume)
{
    return mmki_winmm_send_to(mm, MMKI_AUX, device, MMK_AUXDM_SETVOLUME, volume, 0);
}

uint32_t mmk_winmm_aux_message(struct mmk_winmm *mm, uint32_t device, uint32_t msg, uintptr_t p1,
                               uintptr_t p2)
{
    return mmki_winmm_send_to(mm, MMKI_AUX, device, msg, p1, p2);
}

/* ------------------------------------------------------------------ mixer */

uint32_t mmk_winmm_mixer_open(struct mmk_winmm *mm, uintptr_t *handle, uint32_t device)
{
    struct mmki_winmm_target target;
    if (handle == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    if (device > 0xffff)
        return MMK_MMSYSERR_BADDEVICEID;
    uint32_t result = mmki_winmm_target(mm, MMKI_MIXER, device, &target);
    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    struct mmki_object *mixer = mmki_winmm_new_object(mm, MMKI_MIXER, target.module);
    if (mixer == NULL) {
        result = MMK_MMSYSERR_NOMEM;
    } else {
        struct mmk_mixeropendesc desc = {.hmx = mixer->handle};
        mixer->device = target.device;
        mixer->global = device;
        result = mmki_winmm_send(mm, target.module, MMKI_MIXER, target.device, MMK_MXDM_OPEN,
                                 (uintptr_t)&mixer->user, (uintptr_t)&desc, MMK_CALLBACK_NULL);
        if (result == MMK_MMSYSERR_NOERROR)
            *handle = mixer->handle;
        else
            mmki_winmm_drop(mm, mixer);
    }
    mmki_winmm_target_put(mm, &target);
    return result;
}

uint32_t mmk_winmm_mixer_close(struct mmk_winmm *mm, uintptr_t handle)
{
    struct mmki_object *mixer = mmki_winmm_get(mm, handle, MMKI_MIXER);
    if (mixer == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    uint32_t result = mmki_winmm_send(mm, mixer->module, MMKI_MIXER, mixer->device, MMK_MXDM_CLOSE,
                                      mixer->user, 0, 0);
    if (result == MMK_MMSYSERR_NOERROR)
        mmki_winmm_drop(mm, mixer);
    mmki_winmm_put(mm, mixer);
    return result;
}

uint32_t mmk_winmm_mixer_message(struct mmk_winmm *mm, uintptr_t device, uint32_t msg, uintptr_t p1,
                                 uintptr_t p2)
{
    if (msg == MMK_MXDM_OPEN || msg == MMK_MXDM_CLOSE)
        return MMK_MMSYSERR_NOTSUPPORTED; /* the handle table must know of these */
    return mmki_winmm_send_to(mm, MMKI_MIXER, device, msg, p1, p2);
}
