/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The module that winmm would use for MIDI and auxiliary devices if we were not registered: the
 * builtin enumerator names it. */
#include "midi.h"

/** The name that the property store of an enumerator's info device has. */
static bool read_name(IMMDeviceEnumerator *enumerator, WCHAR *name, size_t cap)
{
    IMMDevice *device;
    IPropertyStore *store;
    PROPVARIANT value;
    if (FAILED(IMMDeviceEnumerator_GetDevice(enumerator, MMKI_INFO_DEVICE, &device)))
        return false;
    HRESULT hr = IMMDevice_OpenPropertyStore(device, STGM_READ, &store);
    IMMDevice_Release(device);
    if (FAILED(hr))
        return false;
    PropVariantInit(&value);
    hr = IPropertyStore_GetValue(store, &mmki_info_key, &value);
    IPropertyStore_Release(store);
    const bool found = SUCCEEDED(hr) && value.vt == VT_LPWSTR && value.pwszVal != NULL &&
                       value.pwszVal[0] != 0 && wcslen(value.pwszVal) < cap;
    if (found)
        wcscpy(name, value.pwszVal);
    if (SUCCEEDED(hr))
        PropVariantClear(&value);
    return found;
}

bool mmki_builtin_ports_name(WCHAR *name, size_t cap)
{
    IMMDeviceEnumerator *enumerator = mmki_builtin();
    return enumerator != NULL && read_name(enumerator, name, cap);
}

void mmki_port_module_ask(struct mmki_port_module *module, unsigned kind)
{
    const struct mmki_port_kind *k = &mmki_port_kinds[kind];
    union {
        FARPROC from;
        mmki_device_message *to;
    } entry = {.from = GetProcAddress(module->module, k->entry)};
    module->message[kind] = entry.to;
    module->n_devices[kind] = 0;
    if (entry.to == NULL)
        return;
    entry.to(0, DRVM_INIT, 0, 0, 0); /* drivers older than the message refuse it */
    const DWORD n = entry.to(0, k->get_num_devs, 0, 0, 0);
    if (HIWORD(n) == 0) /* else it is an error */
        module->n_devices[kind] = LOWORD(n);
}

void mmki_builtin_ports(struct mmki_port_module *out)
{
    WCHAR name[MMKI_PATH_UNITS];
    *out = (struct mmki_port_module){0};
    if (!mmki_builtin_ports_name(name, MMKI_PATH_UNITS))
        return;
    out->handle = OpenDriver(name, NULL, 0);
    if (out->handle == NULL) {
        mmki_log(MMK_LOG_WARN, "MIDI: Wine's own driver %ls does not open", name);
        return;
    }
    out->module = GetDriverModuleHandle(out->handle);
    HMODULE self = mmki_module_hold();
    FreeLibrary(self); /* winmm's reference keeps us */
    if (out->module == NULL || out->module == self) {
        CloseDriver(out->handle, 0, 0);
        *out = (struct mmki_port_module){0};
        return;
    }
    UINT n = 0;
    for (unsigned kind = 0; kind < MMKI_PORT_KINDS; kind++) {
        mmki_port_module_ask(out, kind);
        n += out->n_devices[kind];
    }
    if (n > 0)
        return;
    /* as winmm does: kept open without a device, the thread of winealsa.drv (Wine 8.0) that waits
     * for MIDI ends the process by a segmentation fault when that exits */
    CloseDriver(out->handle, 0, 0);
    *out = (struct mmki_port_module){0};
}
