/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* What an installation is worth: `rundll32 mmewine.dll,Trial` is a new program that asks COM and
 * winmm as any other would and looks whether it is we who answer. Prints "ok", or why not. */
#include "wine_internal.h"

#include <mmsystem.h>
#include <stdio.h>
#include <stdlib.h>

#include "shim-win32/win32_internal.h"

void CALLBACK Trial(HWND window, HINSTANCE module, LPSTR command, int show);

#define BUFFER_100NS 1000000

static void say(const char *text)
{
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD n;
    if (out != NULL && out != INVALID_HANDLE_VALUE)
        WriteFile(out, text, (DWORD)strlen(text), &n, NULL);
}

/** Whether an object's functions are this module's. */
static bool is_ours(const void *object)
{
    HMODULE own = mmki_module_hold(), other = NULL;
    const void *table = *(const void *const *)object;
    const bool found = GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                              GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                                          (const WCHAR *)table, &other) != 0;
    const bool same = found && own == other;
    if (own != NULL)
        FreeLibrary(own);
    return same;
}

/** The default device of a direction, opened in its own format. */
static HRESULT open_device(IMMDeviceEnumerator *enumerator, EDataFlow flow)
{
    IMMDevice *device = NULL;
    IAudioClient *client = NULL;
    WAVEFORMATEX *format = NULL;
    HRESULT hr = IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, flow, eConsole, &device);
    if (SUCCEEDED(hr))
        hr = IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_INPROC_SERVER, NULL,
                                (void **)&client);
    if (SUCCEEDED(hr))
        hr = IAudioClient_GetMixFormat(client, &format);
    if (SUCCEEDED(hr))
        hr = IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0, BUFFER_100NS, 0, format,
                                     NULL);
    if (format != NULL)
        CoTaskMemFree(format);
    if (client != NULL)
        IAudioClient_Release(client);
    if (device != NULL)
        IMMDevice_Release(device);
    return hr;
}

static bool com_finds_us(char *why, size_t cap)
{
    IMMDeviceEnumerator *enumerator = NULL;
    HRESULT hr = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (SUCCEEDED(hr))
        hr = CoCreateInstance(&CLSID_MMDeviceEnumerator, NULL, CLSCTX_INPROC_SERVER,
                              &IID_IMMDeviceEnumerator, (void **)&enumerator);
    if (FAILED(hr)) {
        snprintf(why, cap, "COM gives it no device enumerator (0x%08lx)", (unsigned long)hr);
        return false;
    }
    const bool ours = is_ours(enumerator);
    if (ours)
        hr = open_device(enumerator, eRender);
    IMMDeviceEnumerator_Release(enumerator);
    if (!ours)
        snprintf(why, cap, "COM gives it somebody else's device enumerator");
    else if (FAILED(hr))
        snprintf(why, cap, "the output does not open (0x%08lx)", (unsigned long)hr);
    return ours && SUCCEEDED(hr);
}

static bool winmm_plays(char *why, size_t cap)
{
    const WAVEFORMATEX format = {WAVE_FORMAT_PCM, 2, 44100, 176400, 4, 16, 0};
    HWAVEOUT wave;
    if (waveOutGetNumDevs() == 0) {
        snprintf(why, cap, "winmm shows it no wave device");
        return false;
    }
    const MMRESULT result = waveOutOpen(&wave, WAVE_MAPPER, &format, 0, 0, CALLBACK_NULL);
    if (result != MMSYSERR_NOERROR) {
        snprintf(why, cap, "waveOutOpen fails (%u)", result);
        return false;
    }
    waveOutClose(wave);
    return true;
}

void CALLBACK Trial(HWND window, HINSTANCE module, LPSTR command, int show)
{
    char why[256] = "";
    (void)window;
    (void)module;
    (void)command;
    (void)show;
    const bool good = com_finds_us(why, sizeof why) && winmm_plays(why, sizeof why);
    say(good ? "ok" : why);
    ExitProcess(good ? 0 : 1);
}
