/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The endpoints of the machine: found, named, connected to, watched. */
#define INITGUID
#include "device_system_win32.h"

#include <functiondiscoverykeys_devpkey.h>
#include <string.h>

#define BUFFER_PERIODS 4u /* 40 ms: programs of old keep no more than 100 in their blocks */
#define NO_ENDPOINT    ((HRESULT)0x80070490) /* HRESULT_FROM_WIN32(ERROR_NOT_FOUND) */

/* Of audioclient.h since Windows 7 and 10; not in every mingw. */
#ifndef AUDCLNT_STREAMFLAGS_AUTOCONVERTPCM
#define AUDCLNT_STREAMFLAGS_AUTOCONVERTPCM 0x80000000u
#endif
#ifndef AUDCLNT_STREAMFLAGS_SRC_DEFAULT_QUALITY
#define AUDCLNT_STREAMFLAGS_SRC_DEFAULT_QUALITY 0x08000000u
#endif
#ifndef AUDCLNT_E_RESOURCES_INVALIDATED
#define AUDCLNT_E_RESOURCES_INVALIDATED AUDCLNT_ERR(0x026)
#endif

static EDataFlow flow_of(mmk_direction direction)
{
    return direction == MMK_PLAYBACK ? eRender : eCapture;
}

mmk_err mmki_err_from_hresult(HRESULT hr)
{
    static const struct {
        HRESULT hr;
        mmk_err err;
    } rows[] = {
        {S_OK, MMK_OK},
        {NO_ENDPOINT, MMK_ERR_NOT_FOUND},
        {E_ACCESSDENIED, MMK_ERR_ACCESS},
        {E_OUTOFMEMORY, MMK_ERR_NOMEM},
        {E_NOTIMPL, MMK_ERR_UNSUPPORTED},
        {E_NOINTERFACE, MMK_ERR_UNSUPPORTED},
        {REGDB_E_CLASSNOTREG, MMK_ERR_UNSUPPORTED},
        {AUDCLNT_E_DEVICE_INVALIDATED, MMK_ERR_GONE},
        {AUDCLNT_E_RESOURCES_INVALIDATED, MMK_ERR_GONE},
        {AUDCLNT_E_SERVICE_NOT_RUNNING, MMK_ERR_GONE},
        {AUDCLNT_E_ENDPOINT_CREATE_FAILED, MMK_ERR_GONE},
        {AUDCLNT_E_DEVICE_IN_USE, MMK_ERR_BUSY},
        {AUDCLNT_E_UNSUPPORTED_FORMAT, MMK_ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].hr == hr)
            return rows[i].err;
    return SUCCEEDED(hr) ? MMK_OK : MMK_ERR_IO;
}

/* ------------------------------------------------------------------ the enumerator */

/** Wine writes its name behind the DOS header of its own modules. */
static bool is_wine_builtin(HMODULE module)
{
    static const char mark[] = "Wine builtin DLL";
    return memcmp((const char *)module + 0x40, mark, sizeof mark - 1) == 0;
}

static mmk_err builtin_enumerator(IMMDeviceEnumerator **out)
{
    typedef HRESULT WINAPI get_class_object(REFCLSID, REFIID, void **);
    WCHAR folder[MMKI_PATH_UNITS];
    WCHAR path[MMKI_PATH_UNITS];
    IClassFactory *factory;
    HMODULE pinned;
    UINT n = GetSystemDirectoryW(folder, MMKI_PATH_UNITS);
    if (n == 0 || n >= MMKI_PATH_UNITS ||
        mmki_join(folder, L"mmdevapi.dll", path, MMKI_PATH_UNITS) != MMK_OK)
        return MMK_ERR_UNSUPPORTED;
    HMODULE module = LoadLibraryW(path);
    if (module == NULL)
        return MMK_ERR_UNSUPPORTED;
    union {
        FARPROC from;
        get_class_object *to;
    } entry = {.from = GetProcAddress(module, "DllGetClassObject")};
    HRESULT hr = E_NOINTERFACE;
    if (is_wine_builtin(module) && entry.to != NULL)
        hr = entry.to(&CLSID_MMDeviceEnumerator, &IID_IClassFactory, (void **)&factory);
    if (SUCCEEDED(hr)) {
        /* nobody counts its objects for us: it stays for good */
        GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN, path, &pinned);
        hr = IClassFactory_CreateInstance(factory, NULL, &IID_IMMDeviceEnumerator, (void **)out);
        IClassFactory_Release(factory);
    }
    FreeLibrary(module);
    return mmki_err_from_hresult(hr);
}

mmk_err mmki_system_enumerator(IMMDeviceEnumerator **out)
{
    if (mmk_win32_is_wine())
        return builtin_enumerator(out);
    return mmki_err_from_hresult(CoCreateInstance(&CLSID_MMDeviceEnumerator, NULL,
                                                  CLSCTX_INPROC_SERVER, &IID_IMMDeviceEnumerator,
                                                  (void **)out));
}

/* ------------------------------------------------------------------ endpoints */

mmk_err mmki_system_id(IMMDevice *endpoint, char id[MMKI_ENDPOINT_ID_MAX])
{
    WCHAR *wide;
    HRESULT hr = IMMDevice_GetId(endpoint, &wide);
    if (FAILED(hr))
        return mmki_err_from_hresult(hr);
    mmk_err err = mmki_narrow(wide, wcslen(wide), id, MMKI_ENDPOINT_ID_MAX);
    CoTaskMemFree(wide);
    return err;
}

void mmki_system_name(IMMDevice *endpoint, char *name, size_t cap)
{
    IPropertyStore *store;
    PROPVARIANT value;
    char text[512] = "";
    if (SUCCEEDED(IMMDevice_OpenPropertyStore(endpoint, STGM_READ, &store))) {
        PropVariantInit(&value);
        if (SUCCEEDED(IPropertyStore_GetValue(store, &PKEY_Device_FriendlyName, &value)) &&
            value.vt == VT_LPWSTR && value.pwszVal != NULL)
            (void)mmki_narrow(value.pwszVal, wcslen(value.pwszVal), text, sizeof text);
        PropVariantClear(&value);
        IPropertyStore_Release(store);
    }
    mmki_format(name, cap, "%s", text[0] != 0 ? text : "sound device");
}

static mmk_err find_by_name(IMMDeviceEnumerator *enumerator, mmk_direction direction,
                            const char *path, IMMDevice **out)
{
    WCHAR wanted[MMK_DEVICE_TEXT_MAX];
    WCHAR wide[MMK_DEVICE_TEXT_MAX];
    char name[MMK_DEVICE_TEXT_MAX];
    IMMDeviceCollection *all;
    UINT n = 0;
    mmk_err err = mmki_wide(path, wanted, MMK_DEVICE_TEXT_MAX);
    if (err != MMK_OK)
        return err;
    HRESULT hr = IMMDeviceEnumerator_EnumAudioEndpoints(enumerator, flow_of(direction),
                                                        DEVICE_STATE_ACTIVE, &all);
    if (FAILED(hr))
        return mmki_err_from_hresult(hr);
    (void)IMMDeviceCollection_GetCount(all, &n);
    err = MMK_ERR_NOT_FOUND;
    for (UINT i = 0; i < n && err != MMK_OK; i++) {
        IMMDevice *endpoint;
        if (FAILED(IMMDeviceCollection_Item(all, i, &endpoint)))
            continue;
        mmki_system_name(endpoint, name, sizeof name);
        if (mmki_wide(name, wide, MMK_DEVICE_TEXT_MAX) == MMK_OK && _wcsicmp(wide, wanted) == 0) {
            *out = endpoint;
            err = MMK_OK;
        } else {
            IMMDevice_Release(endpoint);
        }
    }
    IMMDeviceCollection_Release(all);
    return err;
}

/** An id may name an endpoint of the other direction, or one that is unplugged. */
static mmk_err find_by_id(IMMDeviceEnumerator *enumerator, mmk_direction direction,
                          const char *path, IMMDevice **out)
{
    WCHAR wide[MMK_DEVICE_TEXT_MAX];
    IMMDevice *endpoint;
    IMMEndpoint *side;
    EDataFlow flow = eAll;
    DWORD state = 0;
    mmk_err err = mmki_wide(path, wide, MMK_DEVICE_TEXT_MAX);
    if (err != MMK_OK)
        return err;
    if (FAILED(IMMDeviceEnumerator_GetDevice(enumerator, wide, &endpoint)))
        return MMK_ERR_NOT_FOUND;
    (void)IMMDevice_GetState(endpoint, &state);
    if (SUCCEEDED(IMMDevice_QueryInterface(endpoint, &IID_IMMEndpoint, (void **)&side))) {
        (void)IMMEndpoint_GetDataFlow(side, &flow);
        IMMEndpoint_Release(side);
    }
    if (flow == flow_of(direction) && state == DEVICE_STATE_ACTIVE) {
        *out = endpoint;
        return MMK_OK;
    }
    IMMDevice_Release(endpoint);
    return MMK_ERR_NOT_FOUND;
}

mmk_err mmki_system_find(IMMDeviceEnumerator *enumerator, mmk_direction direction, const char *path,
                         IMMDevice **out)
{
    if (path[0] == '{')
        return find_by_id(enumerator, direction, path, out);
    if (path[0] != 0)
        return find_by_name(enumerator, direction, path, out);
    HRESULT hr =
        IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, flow_of(direction), eConsole, out);
    return mmki_err_from_hresult(hr);
}

/* ------------------------------------------------------------------ a connection */

static mmk_err initialize(struct mmki_client *client, const struct mmk_device_config *config,
                          const struct mmk_format *keep, struct mmk_format *format)
{
    unsigned char wfx[MMK_WAVEFORMAT_MAX_BYTES] __attribute__((aligned(8)));
    DWORD flags = AUDCLNT_STREAMFLAGS_EVENTCALLBACK | AUDCLNT_STREAMFLAGS_NOPERSIST;
    WAVEFORMATEX *mix;
    size_t len;
    HRESULT hr = IAudioClient_GetMixFormat(client->client, &mix);
    if (FAILED(hr))
        return mmki_err_from_hresult(hr);
    mmk_err err = mmk_format_from_wfx(mix, sizeof *mix + mix->cbSize, format);
    const WAVEFORMATEX *wanted = mix;
    if (keep != NULL && (err != MMK_OK || !mmk_format_same(keep, format))) {
        flags |= AUDCLNT_STREAMFLAGS_AUTOCONVERTPCM | AUDCLNT_STREAMFLAGS_SRC_DEFAULT_QUALITY;
        *format = *keep;
        err = mmk_format_to_wfx(keep, true, wfx, &len);
        wanted = (const WAVEFORMATEX *)(const void *)wfx;
    }
    if (err == MMK_OK) {
        uint32_t period =
            config->period_frames != 0 ? config->period_frames : format->rate_hz / 100;
        uint64_t ns = mmki_frames_ns((uint64_t)BUFFER_PERIODS * period, format->rate_hz);
        hr = IAudioClient_Initialize(client->client, AUDCLNT_SHAREMODE_SHARED, flags,
                                     (REFERENCE_TIME)(ns / 100), 0, wanted, NULL);
        err = mmki_err_from_hresult(hr);
        if (hr == E_INVALIDARG && keep != NULL)
            err = MMK_ERR_FORMAT; /* a Windows that does not know these flags */
    }
    CoTaskMemFree(mix);
    return err;
}

static HRESULT services(struct mmki_client *client, mmk_direction direction, HANDLE ready)
{
    HRESULT hr = IAudioClient_SetEventHandle(client->client, ready);
    if (SUCCEEDED(hr))
        hr = IAudioClient_GetBufferSize(client->client, &client->buffer_frames);
    if (SUCCEEDED(hr) && direction == MMK_PLAYBACK)
        hr = IAudioClient_GetService(client->client, &IID_IAudioRenderClient,
                                     (void **)&client->render);
    if (SUCCEEDED(hr) && direction == MMK_CAPTURE)
        hr = IAudioClient_GetService(client->client, &IID_IAudioCaptureClient,
                                     (void **)&client->capture);
    if (SUCCEEDED(hr) && (FAILED(IAudioClient_GetService(client->client, &IID_IAudioClock,
                                                         (void **)&client->clock)) ||
                          FAILED(IAudioClock_GetFrequency(client->clock, &client->clock_hz))))
        client->clock_hz = 0;
    return hr;
}

/** Windows' clock counts what was heard, Wine's what was handed to the host's sound server: closed
 *  too early, the server throws the rest away. */
static UINT32 behind(struct mmki_client *client, uint32_t rate_hz)
{
    REFERENCE_TIME latency = 0, period = 0;
    if (!mmk_win32_is_wine() || FAILED(IAudioClient_GetStreamLatency(client->client, &latency)) ||
        FAILED(IAudioClient_GetDevicePeriod(client->client, &period, NULL)) || latency < 0 ||
        period < 0)
        return 0;
    return (UINT32)mmki_ns_frames((uint64_t)(latency + period) * 100, rate_hz);
}

mmk_err mmki_client_open(struct mmki_client *client, IMMDeviceEnumerator *enumerator,
                         const struct mmk_device_config *config, const struct mmk_format *keep,
                         HANDLE ready, struct mmk_format *format)
{
    *client = (struct mmki_client){0};
    mmk_err err = mmki_system_find(enumerator, config->direction, config->path, &client->endpoint);
    if (err != MMK_OK)
        return err;
    err = mmki_system_id(client->endpoint, client->id);
    if (err == MMK_OK)
        err = mmki_err_from_hresult(IMMDevice_Activate(client->endpoint, &IID_IAudioClient,
                                                       CLSCTX_INPROC_SERVER, NULL,
                                                       (void **)&client->client));
    if (err == MMK_OK)
        err = initialize(client, config, keep, format);
    if (err == MMK_OK)
        err = mmki_err_from_hresult(services(client, config->direction, ready));
    if (err == MMK_OK && client->buffer_frames == 0)
        err = MMK_ERR_IO;
    if (err == MMK_OK)
        client->behind_frames = behind(client, format->rate_hz);
    if (err != MMK_OK)
        mmki_client_close(client);
    return err;
}

void mmki_client_close(struct mmki_client *client)
{
    if (client->clock != NULL)
        IAudioClock_Release(client->clock);
    if (client->capture != NULL)
        IAudioCaptureClient_Release(client->capture);
    if (client->render != NULL)
        IAudioRenderClient_Release(client->render);
    if (client->client != NULL)
        IAudioClient_Release(client->client);
    if (client->endpoint != NULL)
        IMMDevice_Release(client->endpoint);
    *client = (struct mmki_client){0};
}

/* ------------------------------------------------------------------ the watcher */

struct mmki_watcher {
    IMMNotificationClient base; /* first */
    atomic_long holders;
    atomic_bool changed;
    EDataFlow flow;
    HANDLE wake;
};

static struct mmki_watcher *watcher_of(IMMNotificationClient *self)
{
    return (struct mmki_watcher *)(void *)self;
}

static ULONG STDMETHODCALLTYPE watcher_AddRef(IMMNotificationClient *self)
{
    return (ULONG)atomic_fetch_add_explicit(&watcher_of(self)->holders, 1, memory_order_relaxed) +
           1;
}

static ULONG STDMETHODCALLTYPE watcher_Release(IMMNotificationClient *self)
{
    struct mmki_watcher *watcher = watcher_of(self);
    long left = atomic_fetch_sub_explicit(&watcher->holders, 1, memory_order_acq_rel) - 1;
    if (left == 0) {
        CloseHandle(watcher->wake);
        mmki_free(watcher);
    }
    return (ULONG)left;
}

static HRESULT STDMETHODCALLTYPE watcher_QueryInterface(IMMNotificationClient *self, REFIID iid,
                                                        void **out)
{
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IMMNotificationClient))
        return E_NOINTERFACE;
    watcher_AddRef(self);
    *out = self;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE watcher_OnDeviceStateChanged(IMMNotificationClient *self,
                                                              LPCWSTR id, DWORD state)
{
    (void)self;
    (void)id;
    (void)state;
    return S_OK; /* the stream itself answers AUDCLNT_E_DEVICE_INVALIDATED */
}

static HRESULT STDMETHODCALLTYPE watcher_OnDeviceAdded(IMMNotificationClient *self, LPCWSTR id)
{
    (void)self;
    (void)id;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE watcher_OnDeviceRemoved(IMMNotificationClient *self, LPCWSTR id)
{
    (void)self;
    (void)id;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE watcher_OnDefaultDeviceChanged(IMMNotificationClient *self,
                                                                EDataFlow flow, ERole role,
                                                                LPCWSTR id)
{
    struct mmki_watcher *watcher = watcher_of(self);
    (void)id;
    if (flow == watcher->flow && role == eConsole) {
        atomic_store_explicit(&watcher->changed, true, memory_order_release);
        SetEvent(watcher->wake);
    }
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE watcher_OnPropertyValueChanged(IMMNotificationClient *self,
                                                                LPCWSTR id, const PROPERTYKEY key)
{
    (void)self;
    (void)id;
    (void)key;
    return S_OK;
}

static const IMMNotificationClientVtbl watcher_vtbl = {
    .QueryInterface = watcher_QueryInterface,
    .AddRef = watcher_AddRef,
    .Release = watcher_Release,
    .OnDeviceStateChanged = watcher_OnDeviceStateChanged,
    .OnDeviceAdded = watcher_OnDeviceAdded,
    .OnDeviceRemoved = watcher_OnDeviceRemoved,
    .OnDefaultDeviceChanged = watcher_OnDefaultDeviceChanged,
    .OnPropertyValueChanged = watcher_OnPropertyValueChanged,
};

struct mmki_watcher *mmki_watcher_new(IMMDeviceEnumerator *enumerator, mmk_direction direction,
                                      HANDLE wake)
{
    struct mmki_watcher *watcher = mmki_alloc(sizeof *watcher);
    if (watcher == NULL)
        return NULL;
    memcpy(&watcher->base.lpVtbl, &(const IMMNotificationClientVtbl *){&watcher_vtbl},
           sizeof watcher->base.lpVtbl); /* the header says no const, and nobody writes there */
    atomic_init(&watcher->holders, 1);
    watcher->flow = flow_of(direction);
    if (!DuplicateHandle(GetCurrentProcess(), wake, GetCurrentProcess(), &watcher->wake, 0, FALSE,
                         DUPLICATE_SAME_ACCESS)) {
        mmki_free(watcher);
        return NULL;
    }
    if (SUCCEEDED(
            IMMDeviceEnumerator_RegisterEndpointNotificationCallback(enumerator, &watcher->base)))
        return watcher;
    watcher_Release(&watcher->base);
    return NULL;
}

bool mmki_watcher_changed(struct mmki_watcher *watcher)
{
    return watcher != NULL &&
           atomic_exchange_explicit(&watcher->changed, false, memory_order_acquire);
}

void mmki_watcher_end(struct mmki_watcher *watcher, IMMDeviceEnumerator *enumerator)
{
    if (watcher == NULL)
        return;
    IMMDeviceEnumerator_UnregisterEndpointNotificationCallback(enumerator, &watcher->base);
    watcher_Release(&watcher->base);
}
