/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_DEVICE_SYSTEM_WIN32_H
#define MMK_DEVICE_SYSTEM_WIN32_H

/** Inside backend "system": the endpoints of the machine, by COM. All on a thread of an apartment.
 */

#include "device_win32.h"

#define COBJMACROS
#include <audioclient.h>
#include <mmdeviceapi.h>

mmk_err mmki_err_from_hresult(HRESULT hr);

/**
 * The machine's own enumerator. On Windows by its class; under Wine straight out of the builtin
 * mmdevapi, because the class may have been handed to a module of ours, and sound that went there
 * would come back here.
 * @retval MMK_ERR_UNSUPPORTED  no such thing on this host, or only one of ours
 */
mmk_err mmki_system_enumerator(IMMDeviceEnumerator **out);

/**
 * The endpoint that `path` names: "" = the default one, an id ("{0.0...}.{...}"), or a name as
 * people read it.
 * @retval MMK_ERR_NOT_FOUND
 */
mmk_err mmki_system_find(IMMDeviceEnumerator *enumerator, mmk_direction direction, const char *path,
                         IMMDevice **out);

#define MMKI_ENDPOINT_ID_MAX 200u
mmk_err mmki_system_id(IMMDevice *endpoint, char id[MMKI_ENDPOINT_ID_MAX]);
void mmki_system_name(IMMDevice *endpoint, char *name, size_t cap);

/** Hears that the default endpoint of a direction has become another. */
struct mmki_watcher;

/** @param wake  set then; the watcher keeps a handle of its own. @return NULL: none to be had */
struct mmki_watcher *mmki_watcher_new(IMMDeviceEnumerator *enumerator, mmk_direction direction,
                                      HANDLE wake);
/** Whether it has since the last question. NULL is fine. */
bool mmki_watcher_changed(struct mmki_watcher *watcher);
/** NULL is fine. */
void mmki_watcher_end(struct mmki_watcher *watcher, IMMDeviceEnumerator *enumerator);

/** One connection to one endpoint. */
struct mmki_client {
    IMMDevice *endpoint;
    IAudioClient *client;
    IAudioRenderClient *render;   /* playback */
    IAudioCaptureClient *capture; /* recording */
    IAudioClock *clock;           /* may be NULL */
    UINT64 clock_hz;
    UINT32 buffer_frames;
    UINT32 behind_frames; /* by which the ear is behind the clock */
    char id[MMKI_ENDPOINT_ID_MAX];
};

/**
 * Connect, in shared mode, by event.
 * @param keep    NULL: take the endpoint's format. Else: this one, which Windows is to convert
 * @param format  out: the stream's
 * @retval MMK_ERR_FORMAT  keep is not to be had
 */
mmk_err mmki_client_open(struct mmki_client *client, IMMDeviceEnumerator *enumerator,
                         const struct mmk_device_config *config, const struct mmk_format *keep,
                         HANDLE ready, struct mmk_format *format);
void mmki_client_close(struct mmki_client *client);

#endif
