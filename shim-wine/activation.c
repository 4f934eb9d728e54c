/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* ActivateAudioInterfaceAsync: an endpoint's interface, delivered on another thread.
 *
 * Programs find this function in mmdevapi.dll, which asks its own enumerator whatever COM says.
 * Once we are asked for an enumerator, that module's function is led to ours, in this process only.
 * A program that never makes an enumerator is not reached; for it our module can stand in place of
 * mmdevapi.dll, and exports the function under the same number. */
#include "wine_internal.h"

#include <string.h>

/* ------------------------------------------------------------------ the operation */

struct operation {
    IActivateAudioInterfaceAsyncOperation operation;
    LONG refs;
    IActivateAudioInterfaceCompletionHandler *handler;
    HRESULT result;
    IUnknown *made; /* const from here on */
};

static HRESULT object_query(struct operation *op, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) &&
        !IsEqualIID(iid, &IID_IActivateAudioInterfaceAsyncOperation))
        return E_NOINTERFACE;
    InterlockedIncrement(&op->refs);
    *out = &op->operation;
    return S_OK;
}

static ULONG object_ref(struct operation *op)
{
    return (ULONG)InterlockedIncrement(&op->refs);
}

static ULONG object_unref(struct operation *op)
{
    const ULONG refs = (ULONG)InterlockedDecrement(&op->refs);
    if (refs == 0) {
        if (op->made != NULL)
            IUnknown_Release(op->made);
        IActivateAudioInterfaceCompletionHandler_Release(op->handler);
        mmki_free(op);
    }
    return refs;
}

MMKI_UNKNOWN(operation, IActivateAudioInterfaceAsyncOperation, struct operation, operation,
             object_query, object_ref, object_unref)

static HRESULT STDMETHODCALLTYPE get_result(IActivateAudioInterfaceAsyncOperation *iface,
                                            HRESULT *result, IUnknown **made)
{
    const struct operation *op = MMKI_OBJECT(struct operation, operation, iface);
    if (result == NULL || made == NULL)
        return E_POINTER;
    *result = op->result;
    *made = op->made;
    if (op->made != NULL)
        IUnknown_AddRef(op->made);
    return S_OK;
}

static const IActivateAudioInterfaceAsyncOperationVtbl table = {
    MMKI_UNKNOWN_TABLE(operation),
    .GetActivateResult = get_result,
};

/* ------------------------------------------------------------------ the endpoint */

/* "\\?\SWD#MMDEVAPI#<id>#{interface}" */
static HRESULT device_by_path(const WCHAR *path, IMMDevice **out)
{
    static const WCHAR prefix[] = L"\\\\?\\SWD#MMDEVAPI#";
    const size_t begin = sizeof prefix / sizeof *prefix - 1;
    WCHAR id[128];
    size_t n = 0;
    if (_wcsnicmp(path, prefix, begin) != 0)
        return MMKI_E_NOT_FOUND;
    for (path += begin; *path != 0 && *path != L'#' && n + 1 < sizeof id / sizeof *id; path++)
        id[n++] = *path;
    id[n] = 0;
    return IMMDeviceEnumerator_GetDevice(&mmki_enumerator, id, out);
}

/* The class of a device interface means the default endpoint. An endpoint's bare id means nothing.
 */
static HRESULT device_of(const WCHAR *path, IMMDevice **out)
{
    HRESULT hr;
    if (lstrcmpiW(path, L"{E6327CAD-DCEC-4949-AE8A-991E976A79D2}") == 0)
        hr = IMMDeviceEnumerator_GetDefaultAudioEndpoint(&mmki_enumerator, eRender, eMultimedia,
                                                         out);
    else if (lstrcmpiW(path, L"{2EEF81BE-33FA-4800-9670-1CD474972C3F}") == 0)
        hr = IMMDeviceEnumerator_GetDefaultAudioEndpoint(&mmki_enumerator, eCapture, eMultimedia,
                                                         out);
    else
        hr = device_by_path(path, out);
    return SUCCEEDED(hr) ? S_OK : HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND);
}

/* Activated on the program's thread, as in Wine; only the telling is on another. */
static void run(struct operation *op, const WCHAR *path, REFIID iid, PROPVARIANT *parameters)
{
    IMMDevice *device = NULL;
    void *made = NULL;
    op->result = device_of(path, &device);
    if (FAILED(op->result))
        return;
    op->result = IMMDevice_Activate(device, iid, CLSCTX_INPROC_SERVER, parameters, &made);
    IMMDevice_Release(device);
    if (SUCCEEDED(op->result))
        op->made = made;
}

static DWORD WINAPI tell(void *user)
{
    struct operation *op = user;
    const HRESULT com = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    IActivateAudioInterfaceCompletionHandler_ActivateCompleted(op->handler, &op->operation);
    object_unref(op);
    if (SUCCEEDED(com))
        CoUninitialize();
    return 0;
}

HRESULT WINAPI ActivateAudioInterfaceAsync(const WCHAR *path, REFIID iid, PROPVARIANT *parameters,
                                           IActivateAudioInterfaceCompletionHandler *handler,
                                           IActivateAudioInterfaceAsyncOperation **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (path == NULL || iid == NULL || handler == NULL)
        return E_POINTER;
    if (mmki_card() == NULL)
        return E_FAIL;
    struct operation *op = mmki_alloc(sizeof *op);
    if (op == NULL)
        return E_OUTOFMEMORY;
    op->operation.lpVtbl = &table;
    op->refs = 2; /* the program's and the thread's */
    op->handler = handler;
    IActivateAudioInterfaceCompletionHandler_AddRef(handler);
    run(op, path, iid, parameters);
    *out = &op->operation; /* before the handler can look for it */
    HANDLE thread = CreateThread(NULL, 0, tell, op, 0, NULL);
    if (thread == NULL) {
        *out = NULL;
        op->refs = 1;
        object_unref(op);
        return E_OUTOFMEMORY;
    }
    CloseHandle(thread);
    return S_OK;
}

/* ------------------------------------------------------------------ the system's function */

/* A jump from anywhere to anywhere. */
static size_t make_jump(const unsigned char *from, const void *to, unsigned char jump[16])
{
#ifdef _WIN64
    static const unsigned char indirect[] = {0xff, 0x25, 0, 0, 0, 0}; /* jmp [rip + 0] */
    (void)from;
    memcpy(jump, indirect, sizeof indirect);
    memcpy(jump + sizeof indirect, &to, sizeof to);
    return sizeof indirect + sizeof to;
#else
    const uint32_t distance = (uint32_t)((uintptr_t)to - (uintptr_t)from) - 5;
    jump[0] = 0xe9;
    memcpy(jump + 1, &distance, sizeof distance);
    return 5;
#endif
}

static BOOL CALLBACK lead(PINIT_ONCE init, PVOID parameter, PVOID *context)
{
    unsigned char jump[16];
    DWORD before;
    (void)init;
    (void)parameter;
    (void)context;
    HMODULE module = mmki_builtin_module();
    union {
        FARPROC from;
        unsigned char *code;
    } theirs = {.from = module != NULL ? GetProcAddress(module, (LPCSTR)(uintptr_t)17) : NULL};
    union {
        HRESULT(WINAPI *from)
        (const WCHAR *, REFIID, PROPVARIANT *, IActivateAudioInterfaceCompletionHandler *,
         IActivateAudioInterfaceAsyncOperation **);
        const void *code;
    } ours = {.from = ActivateAudioInterfaceAsync};
    if (theirs.from == NULL)
        return TRUE;
    const size_t n = make_jump(theirs.code, ours.code, jump);
    if (!VirtualProtect(theirs.code, n, PAGE_EXECUTE_READWRITE, &before))
        return TRUE;
    memcpy(theirs.code, jump, n);
    VirtualProtect(theirs.code, n, before, &before);
    FlushInstructionCache(GetCurrentProcess(), theirs.code, n);
    return TRUE;
}

void mmki_activation_lead(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    if (mmk_win32_is_wine())
        InitOnceExecuteOnce(&once, lead, NULL, NULL);
}
