/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define COBJMACROS
#include "acm.h"

#include <string.h>

#include <objbase.h>

#include <dshow.h>

/* Players of the system's own, which find a codec by themselves: MCI's wave device and DirectShow's
 * graph. Here they are only started. */

void acm_verb_mci(const char *argument)
{
    char command[600], text[200] = "";
    snprintf(command, sizeof command, "open \"%s\" type waveaudio alias a", argument);
    MCIERROR e = mciSendStringA(command, text, sizeof text, NULL);
    if (!acm_check(e == 0, "MCI opens %s (%lu)", argument, e))
        return;
    mciSendStringA("set a time format milliseconds", NULL, 0, NULL);
    mciSendStringA("status a length", text, sizeof text, NULL);
    e = mciSendStringA("play a wait", NULL, 0, NULL);
    acm_check(e == 0, "MCI plays %s, %s ms (%lu)", argument, text, e);
    mciSendStringA("close a", NULL, 0, NULL);
}

/* Whether the graph has put the system's ACM wrapper between parser and renderer. */
static bool has_wrapper(IGraphBuilder *graph)
{
    IEnumFilters *all = NULL;
    IBaseFilter *filter;
    bool found = false;
    if (FAILED(IGraphBuilder_EnumFilters(graph, &all)))
        return false;
    while (IEnumFilters_Next(all, 1, &filter, NULL) == S_OK) {
        CLSID id;
        if (SUCCEEDED(IBaseFilter_GetClassID(filter, &id)) && IsEqualGUID(&id, &CLSID_ACMWrapper))
            found = true;
        IBaseFilter_Release(filter);
    }
    IEnumFilters_Release(all);
    return found;
}

void acm_verb_graph(const char *argument)
{
    IGraphBuilder *graph = NULL;
    IMediaControl *control = NULL;
    IMediaEvent *event = NULL;
    WCHAR path[300];
    long code = 0;

    CoInitialize(NULL);
    MultiByteToWideChar(CP_ACP, 0, argument, -1, path, 300);
    HRESULT hr = CoCreateInstance(&CLSID_FilterGraph, NULL, CLSCTX_INPROC_SERVER,
                                  &IID_IGraphBuilder, (void **)&graph);
    if (!acm_check(hr == S_OK, "a filter graph is made (%lx)", hr))
        return;
    hr = IGraphBuilder_RenderFile(graph, path, NULL);
    acm_check(hr == S_OK, "the graph renders %s (%lx)", argument, hr);
    acm_check(has_wrapper(graph), "the ACM wrapper is in the graph");
    IGraphBuilder_QueryInterface(graph, &IID_IMediaControl, (void **)&control);
    IGraphBuilder_QueryInterface(graph, &IID_IMediaEvent, (void **)&event);
    hr = IMediaControl_Run(control);
    HRESULT done = IMediaEvent_WaitForCompletion(event, 20000, &code);
    acm_check(SUCCEEDED(hr) && done == S_OK && code == EC_COMPLETE,
              "the graph plays to its end (%lx, %lx, event %ld)", hr, done, code);
    IMediaControl_Stop(control);
    IMediaEvent_Release(event);
    IMediaControl_Release(control);
    IGraphBuilder_Release(graph);
    CoUninitialize();
}
