/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "wine_internal.h"

#include <string.h>

HRESULT mmki_marshal_query(IUnknown *outer, IUnknown **marshaler, REFIID iid, void **out)
{
    IUnknown *made = NULL;
    if (InterlockedCompareExchangePointer((void **)marshaler, NULL, NULL) == NULL) {
        HRESULT hr = CoCreateFreeThreadedMarshaler(outer, &made);
        if (FAILED(hr))
            return hr;
        if (InterlockedCompareExchangePointer((void **)marshaler, made, NULL) != NULL)
            IUnknown_Release(made); /* another thread was first */
    }
    return IUnknown_QueryInterface(*marshaler, iid, out);
}

void mmki_marshal_release(IUnknown **marshaler)
{
    if (*marshaler != NULL)
        IUnknown_Release(*marshaler);
    *marshaler = NULL;
}

HRESULT mmki_hresult(mmk_err err)
{
    if (err == MMK_OK)
        return S_OK;
    if (err == MMK_ERR_NOMEM)
        return E_OUTOFMEMORY;
    if (err == MMK_ERR_FORMAT)
        return AUDCLNT_E_UNSUPPORTED_FORMAT;
    if (err == MMK_ERR_BUSY)
        return AUDCLNT_E_DEVICE_IN_USE;
    if (err == MMK_ERR_GONE)
        return AUDCLNT_E_DEVICE_INVALIDATED;
    if (err == MMK_ERR_INVAL || err == MMK_ERR_RANGE)
        return E_INVALIDARG;
    return AUDCLNT_E_ENDPOINT_CREATE_FAILED;
}

void *mmki_task_copy(const void *data, size_t len)
{
    void *copy = CoTaskMemAlloc(len);
    if (copy != NULL)
        memcpy(copy, data, len);
    return copy;
}

WCHAR *mmki_task_text(const WCHAR *text)
{
    return mmki_task_copy(text, (wcslen(text) + 1) * sizeof *text);
}
