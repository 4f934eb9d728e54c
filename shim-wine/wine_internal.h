/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WINE_INTERNAL_H
#define MMK_WINE_INTERNAL_H

/**
 * What the files of mmewine.dll share.
 *
 *   card       the one of this process: port, notifier, endpoints. Made at the first use, never
 *              undone: COM keeps the module loaded (DllCanUnloadNow says no).
 *   endpoint   one output or input that programs see. Which there are, and in which order, changes
 *              with the settings; the object of one that went stays, for programs hold it, and is
 *              used again if it comes back. Each time it goes its `life` is over: clients of an
 *              earlier life answer AUDCLNT_E_DEVICE_INVALIDATED.
 *   output     one opened engine of an endpoint, shared by all shared-mode clients of the process,
 *              or one client's own in exclusive mode.
 *   client     IAudioClient with its services: one RING stream.
 *   session    volume and mute that several clients of an endpoint share, named by a GUID.
 *
 * Locks, in this order: the one of a refresh (endpoints.c) or of stored volumes (volume_store.c),
 * client.lock (one client's state), card.lock (outputs, sessions, all lists and volumes). None is
 * ever taken by what the engine calls (which sets an event and no more), and none is held while a
 * callback of the program runs.
 */

#include "com.h"

#include <stdatomic.h>

#include <mmk/engine.h>
#include <mmk/format.h>
#include <mmk/param.h>
#include <mmk/port.h>
#include <mmk/wave.h>

extern const CLSID CLSID_MmekitDeviceEnumerator;
extern const IID IID_MmekitMeterInformation;

/* ------------------------------------------------------------------ card */

#define MMKI_ID_UNITS         64u
#define MMKI_NAME_UNITS       128u
#define MMKI_PERIOD_100NS     100000 /* 10 ms: of shared mode */
#define MMKI_PERIOD_MIN_100NS 30000
#define MMKI_PERIOD_MAX_100NS 5000000
#define MMKI_100NS_PER_S      10000000u

struct mmki_session;
struct mmki_output;
struct mmki_volume_callback;
struct mmki_session_watcher;

#define MMKI_ENDPOINTS_MAX 64u /* present at once */

struct mmki_endpoint {
    struct mmki_endpoint *next_known; /* all that there ever were */
    mmk_direction direction;
    uint32_t index; /* device number of the settings */
    char alias[64]; /* of the bridge: the wave driver in Drivers32; "" = the card's own */
    GUID guid;
    WCHAR id[MMKI_ID_UNITS];
    atomic_bool present; /* written by a refresh */
    atomic_uint life;    /* counts its ends; written under the card's lock */
    /* under the card's lock */
    WCHAR name[MMKI_NAME_UNITS];        /* "mmekit speakers" */
    WCHAR description[MMKI_NAME_UNITS]; /* what it is: "Speakers" */
    struct mmk_format configured;       /* as the settings were last read */
    IMMDevice *device;                  /* made when first asked for */
    struct mmki_output *shared;
    uint32_t n_exclusive;
    struct mmki_session *sessions;
    float level, channel_level[MMK_CHANNELS_MAX];
    bool mute;
    struct mmki_volume_callback *volume_callbacks;
    struct mmki_session_watcher *session_watchers;
};

/** Where an endpoint comes from. */
enum mmki_origin { MMKI_OF_CARD, MMKI_OF_BRIDGE, MMKI_OF_SYSTEM, MMKI_ORIGINS };

enum mmki_volumes { MMKI_VOLUMES_PROCESS, MMKI_VOLUMES_ENDPOINT, MMKI_VOLUMES_ALL };

struct mmki_card {
    struct mmk_port *port;
    SRWLOCK lock;
    /* under the lock */
    struct mmki_endpoint *known;
    struct mmki_endpoint *present[MMKI_ENDPOINTS_MAX]; /* in the order of the settings */
    unsigned n_present;
    enum mmki_origin order[MMKI_ORIGINS];
    char default_of[EDataFlow_enum_count][ERole_enum_count][128]; /* as in the settings */
    enum mmki_volumes volumes;
    struct mmk_notifier *notifier;
    uint32_t n_outputs;
};

/** The card of this process; NULL if it could not be made. */
struct mmki_card *mmki_card(void);

/** How the endpoint is set up now. */
mmk_err mmki_endpoint_setup(const struct mmki_endpoint *endpoint, struct mmk_wave_setup *out);

/** The format at which the endpoint's shared engine runs, or would run. */
mmk_err mmki_endpoint_format(struct mmki_endpoint *endpoint, struct mmk_format *out);

#define MMKI_BRIDGE_ALIASES 10u
/** The wave driver under an alias, numbered 0 (wave) to 9 (wave9). @return false: there is none */
bool mmki_bridge_driver(unsigned number, char *alias, size_t cap, WCHAR title[MMKI_NAME_UNITS]);

/** The settings of the card (MMK_DEVICE_NONE) or of one of its devices, as they are now. */
mmk_err mmki_settings(uint32_t device, struct mmk_settings *out);

void mmki_log(mmk_log_level level, const char *format, ...)
    __attribute__((format(gnu_printf, 2, 3)));

/* endpoints.c */

/** Read the settings again if they may have changed, and see to what follows from that. Cheap if
 * they have not. Without locks. */
void mmki_endpoints_refresh(void);
/** The first time; by the one who makes the card. */
void mmki_endpoints_find(struct mmki_card *card);

enum mmki_origin mmki_endpoint_origin(const struct mmki_endpoint *endpoint);
struct mmki_endpoint *mmki_endpoint_by_id(const WCHAR *id);
/** The default device of a role: ours or the system's. @retval MMKI_E_NOT_FOUND  there is none */
HRESULT mmki_default_device(EDataFlow flow, ERole role, IMMDevice **out);
/** Name and description as they are now. Any may be NULL. */
void mmki_endpoint_names(struct mmki_endpoint *endpoint, WCHAR name[MMKI_NAME_UNITS],
                         WCHAR description[MMKI_NAME_UNITS]);

/** End the endpoint's life: its outputs are left to their last users, its clients stop and answer
 * AUDCLNT_E_DEVICE_INVALIDATED, its sessions are told why. Without locks. */
void mmki_endpoint_cut(struct mmki_endpoint *endpoint, AudioSessionDisconnectReason reason);

/* watch.c: what other processes write into the registry */

/** Whether something that is watched may have changed since the last call. Without locks. */
bool mmki_watch_changed(void);
/** From now on look without being asked: a thread, made once. Whatever changes, it refreshes. */
void mmki_watch_start(void);
/** Have the thread deliver notices; @return false: there is none. */
bool mmki_watch_wake(void);

/* notice.c: who is told about devices */

HRESULT mmki_listener_add(IMMNotificationClient *client);
HRESULT mmki_listener_remove(IMMNotificationClient *client);

enum mmki_notice_kind {
    MMKI_NOTICE_ADDED,
    MMKI_NOTICE_REMOVED,
    MMKI_NOTICE_STATE,
    MMKI_NOTICE_PROPERTY,
    MMKI_NOTICE_DEFAULT,
    MMKI_NOTICE_DISCONNECTED,
    MMKI_NOTICE_VOLUME /* another process has changed it */
};
struct mmki_notice {
    struct mmki_notice *next;
    enum mmki_notice_kind kind;
    WCHAR id[2 * MMKI_ID_UNITS]; /* of the device; "": none (MMKI_NOTICE_DEFAULT) */
    DWORD state;
    EDataFlow flow;
    ERole role;
    PROPERTYKEY key;                /* MMKI_NOTICE_VOLUME: fmtid is the event context */
    struct mmki_endpoint *endpoint; /* MMKI_NOTICE_VOLUME */
    struct mmki_session *session;   /* MMKI_NOTICE_DISCONNECTED */
    AudioSessionDisconnectReason reason;
};
/** Have all told, later, by whom mmki_notices_deliver() is called. Copies. With any lock. */
void mmki_notice_post(const struct mmki_notice *notice);
/** Tell what was posted, in order. Without locks. */
void mmki_notices_deliver(void);
/** Post what has become of the default devices. Without locks. */
void mmki_notice_defaults(void);

/* volume_store.c: volumes in the registry, where the setting wants that */

struct mmki_volume {
    float level, channel_level[MMK_CHANNELS_MAX];
    bool mute;
    GUID context; /* of the last change */
};
/** Around a change and its storing, so that readers see both or none. */
void mmki_volumes_lock(void);
void mmki_volumes_unlock(void);
bool mmki_volume_load_endpoint(const struct mmki_endpoint *endpoint, struct mmki_volume *out);
void mmki_volume_save_endpoint(const struct mmki_endpoint *endpoint,
                               const struct mmki_volume *volume);
bool mmki_volume_load_session(const struct mmki_session *session, struct mmki_volume *out);
void mmki_volume_save_session(const struct mmki_session *session, const struct mmki_volume *volume);

/* ------------------------------------------------------------------ outputs */

struct mmki_output {
    struct mmki_endpoint *endpoint;
    struct mmk_engine *engine;
    uint32_t refs; /* under the card's lock */
    unsigned life; /* of the endpoint, when it was opened */
    bool exclusive;
};

/**
 * One more user of the endpoint's shared engine, which is opened for the first.
 * @param period_frames  wanted by the first user, 0 = the setting's
 * @retval MMK_ERR_BUSY  an exclusive client of this process has the endpoint
 */
mmk_err mmki_output_shared(struct mmki_endpoint *endpoint, uint32_t period_frames,
                           struct mmki_output **out);
/** An engine of one's own, in this format. @retval MMK_ERR_BUSY  the endpoint is in use */
mmk_err mmki_output_exclusive(struct mmki_endpoint *endpoint, const struct mmk_format *format,
                              uint32_t period_frames, struct mmki_output **out);
/** Close with the last user. All streams on it are closed. */
void mmki_output_release(struct mmki_output *output);

/* ------------------------------------------------------------------ formats */

/** A format that shared streams may have: PCM and float, plain or EXTENSIBLE, A-law and mu-law.
 *  @retval MMK_ERR_FORMAT  another tag (for winmm to insert a codec), or nonsense */
mmk_err mmki_format_read(const WAVEFORMATEX *wfx, struct mmk_format *out);
/** Whether exclusive streams may have it too: what a device could play by itself. */
bool mmki_format_exclusive(const struct mmk_format *format);
/** The mix format that programs are told: 32-bit float at the endpoint's rate and channels. */
HRESULT mmki_format_mix(struct mmki_endpoint *endpoint, WAVEFORMATEX **out);
/** The format as programs expect one from a property or a client: EXTENSIBLE, for CoTaskMemFree. */
HRESULT mmki_format_task(const struct mmk_format *format, WAVEFORMATEX **out);
/** IAudioClient::IsFormatSupported. */
HRESULT mmki_format_supported(struct mmki_endpoint *endpoint, AUDCLNT_SHAREMODE mode,
                              const WAVEFORMATEX *wfx, WAVEFORMATEX **closest);

/* ------------------------------------------------------------------ clients */

struct mmki_client {
    IAudioClient3 client;
    IAudioRenderClient render;
    IAudioCaptureClient capture;
    IAudioClock clock;
    IAudioClock2 clock2;
    IAudioStreamVolume volume;
    IAudioClockAdjustment adjustment;
    IUnknown *marshaler;
    LONG refs;
    struct mmki_endpoint *endpoint;
    unsigned life;                    /* of the endpoint, when it was initialised */
    struct mmki_client *session_next; /* under the card's lock */
    struct mmki_session *session;     /* const once initialised */
    struct mmki_session_view
        *view; /* under the card's lock: the session as this client's service */

    SRWLOCK lock; /* all below */
    bool initialized;
    bool started;                    /* written with both locks, read with either */
    bool exclusive, loopback, takes; /* takes: data comes from the device */
    DWORD flags;
    struct mmk_format format;
    size_t frame_bytes;
    uint32_t buffer_frames; /* as the program knows it */
    uint32_t period_frames; /* of this stream, in its frames */
    HANDLE event;           /* our own handle of it; the notifier reads it; once set, it stays */
    HANDLE ticker;          /* sets the event while the stream is stopped, or NULL */
    bool event_set;
    struct mmki_output *output;
    struct mmk_stream *stream;
    float level[MMK_CHANNELS_MAX]; /* IAudioStreamVolume; under the card's lock */
    /* render */
    uint32_t acquired; /* frames lent, 0: none */
    /* capture: the packet that the program sees */
    unsigned char *packet;
    uint32_t packet_frames;
    uint32_t packet_flags;
    uint64_t packet_position;
    uint64_t packet_time_ns;
    bool packet_lent;
    bool restarted; /* the next packet is the first since Start, with nothing left from before */
    uint64_t position_base; /* frames recorded before the last Reset: positions go on counting */
};

HRESULT mmki_client_new(struct mmki_endpoint *endpoint, REFIID iid, void **out);
HRESULT mmki_client_query(struct mmki_client *client, REFIID iid, void **out);
ULONG mmki_client_ref(struct mmki_client *client);
ULONG mmki_client_unref(struct mmki_client *client);

/** One more reference unless the last is gone already. */
bool mmki_client_try_ref(struct mmki_client *client);
/** The endpoint went away under the client: stop, and wake whoever waits. Without locks. */
void mmki_client_halt(struct mmki_client *client);

/** Locked; not with AUDCLNT_E_NOT_INITIALIZED or AUDCLNT_E_DEVICE_INVALIDATED. */
HRESULT mmki_client_enter(struct mmki_client *client);
void mmki_client_leave(struct mmki_client *client);

/** Frames waiting in the client's direction. With the lock. */
HRESULT mmki_client_padding(struct mmki_client *client, uint32_t *n_frames);
/** Tell the engine the product of all volumes. With the card's lock. */
void mmki_client_apply_volume(struct mmki_client *client);
/** Capture: throw away the packet, before the stream is reset. With the lock. */
void mmki_capture_reset(struct mmki_client *client);

extern const IAudioClient3Vtbl mmki_client_table;
extern const IAudioRenderClientVtbl mmki_render_table;
extern const IAudioCaptureClientVtbl mmki_capture_table;
extern const IAudioClockVtbl mmki_clock_table;
extern const IAudioClock2Vtbl mmki_clock2_table;
extern const IAudioStreamVolumeVtbl mmki_stream_volume_table;
extern const IAudioClockAdjustmentVtbl mmki_adjustment_table;

/* client_setup.c: IAudioClient::Initialize and its relatives */
HRESULT mmki_client_initialize(struct mmki_client *client, AUDCLNT_SHAREMODE mode, DWORD flags,
                               REFERENCE_TIME duration, REFERENCE_TIME period,
                               const WAVEFORMATEX *wfx, const GUID *session);
HRESULT mmki_client_initialize_period(struct mmki_client *client, DWORD flags,
                                      uint32_t period_frames, const WAVEFORMATEX *wfx,
                                      const GUID *session);
/** Close stream and output of a client that nobody uses any more. */
void mmki_client_dispose(struct mmki_client *client);

/* ------------------------------------------------------------------ sessions */

struct mmki_session_events;

#define MMKI_SESSION_ID_UNITS (MMKI_PATH_UNITS + 256)

struct mmki_session {
    struct mmki_session *next; /* of the endpoint; never removed */
    struct mmki_endpoint *endpoint;
    GUID id;
    bool kept; /* volumes are stored: the settings say so, and its first client did not object */
    /* under the card's lock */
    GUID grouping;
    struct mmki_client *clients;
    float level;
    bool mute;
    unsigned n_channels; /* 0: no client yet */
    float channel_level[MMK_CHANNELS_MAX];
    WCHAR *name, *icon;
    struct mmki_session_events *events;
    AudioSessionState told;
};

/** The session interfaces: IAudioSessionControl2, ISimpleAudioVolume, IChannelAudioVolume. A view
 * made by a client keeps the client. */
struct mmki_session_view {
    IAudioSessionControl2 control;
    ISimpleAudioVolume volume;
    IChannelAudioVolume channels;
    IUnknown *marshaler;
    LONG refs; /* under the card's lock */
    struct mmki_session *session;
    struct mmki_client *client; /* or NULL */
};

/** Find or make. Without the card's lock. id NULL or GUID_NULL: the default session.
 * @param flags  AUDCLNT_STREAMFLAGS_* of its first client
 * @param made   out: it is new; mmki_session_tell_created() is due
 * @return NULL  no memory */
struct mmki_session *mmki_session_get(struct mmki_endpoint *endpoint, const GUID *id, DWORD flags,
                                      bool *made);
/** "<endpoint>|<program>%b<session>": the same at every start of the program. */
void mmki_session_identifier(const struct mmki_session *session, WCHAR out[MMKI_SESSION_ID_UNITS]);
/** Store the volumes of a session that is kept. With the lock of volumes. */
void mmki_session_save(struct mmki_session *session, const GUID *context);
AudioSessionState mmki_session_state(const struct mmki_session *session);
void mmki_session_add(struct mmki_session *session, struct mmki_client *client);
void mmki_session_remove(struct mmki_client *client);
/** Volumes of the session, or of its endpoint, have changed. With the card's lock. */
void mmki_session_apply(struct mmki_session *session);
/** Tell the program's callbacks if the state is another than last told. Without locks. */
void mmki_session_tell_state(struct mmki_session *session);

HRESULT mmki_session_view_new(struct mmki_session *session, struct mmki_client *client, REFIID iid,
                              void **out);
HRESULT mmki_view_query(struct mmki_session_view *view, REFIID iid, void **out);
ULONG mmki_view_ref(struct mmki_session_view *view);
ULONG mmki_view_unref(struct mmki_session_view *view);

extern const IAudioSessionControl2Vtbl mmki_control_table;
extern const ISimpleAudioVolumeVtbl mmki_simple_volume_table;
extern const IChannelAudioVolumeVtbl mmki_channel_volume_table;

enum {
    MMKI_SESSION_TOLD_VOLUME,
    MMKI_SESSION_TOLD_CHANNELS,
    MMKI_SESSION_TOLD_NAME,
    MMKI_SESSION_TOLD_ICON,
    MMKI_SESSION_TOLD_GROUPING
};
/** Tell the program's callbacks that the session has lost its device. Without locks. */
void mmki_session_tell_disconnected(struct mmki_session *session,
                                    AudioSessionDisconnectReason reason);
/** Tell the program's callbacks of a session. Without locks. */
void mmki_session_tell(struct mmki_session *session, int what, const GUID *context);
/** ... that the level of one channel, or with (DWORD)-1 those of several, are new. */
void mmki_session_tell_channels(struct mmki_session *session, DWORD channel, const GUID *context);
HRESULT mmki_session_events_add(struct mmki_session *session, IAudioSessionEvents *events);
HRESULT mmki_session_events_remove(struct mmki_session *session, IAudioSessionEvents *events);

/** Tell who watches the endpoint that a session was made. Without locks. */
void mmki_session_tell_created(struct mmki_session *session);

HRESULT mmki_session_manager_new(struct mmki_endpoint *endpoint, REFIID iid, void **out);

/* ------------------------------------------------------------------ devices */

HRESULT mmki_device_get(struct mmki_endpoint *endpoint, IMMDevice **out);
HRESULT mmki_collection_new(EDataFlow flow, DWORD states, IMMDeviceCollection **out);
HRESULT mmki_properties_new(struct mmki_endpoint *endpoint, IPropertyStore **out);
HRESULT mmki_endpoint_volume_new(struct mmki_endpoint *endpoint, REFIID iid, void **out);
/** What another process has stored is the endpoint's volume now; a notice tells. Without locks. */
void mmki_endpoint_volume_refresh(struct mmki_card *card, struct mmki_endpoint *endpoint);
/** Tell the program's callbacks how the volume is. Without locks. */
void mmki_endpoint_volume_tell(struct mmki_endpoint *endpoint, const GUID *context);
HRESULT mmki_meter_new(struct mmki_endpoint *endpoint, REFIID iid, void **out);
HRESULT mmki_topology_new(struct mmki_endpoint *endpoint, REFIID iid, void **out);

/** ISpatialAudioClient of an output. */
HRESULT mmki_spatial_new(struct mmki_endpoint *endpoint, REFIID iid, void **out);

/** Activate what belongs to other modules. @retval E_NOINTERFACE  nobody knows it */
HRESULT mmki_hand_on(struct mmki_endpoint *endpoint, REFIID iid, void **out);

/** The one enumerator. */
extern IMMDeviceEnumerator mmki_enumerator;

/* ------------------------------------------------------------------ the system's own */

/** The builtin enumerator behind ours; NULL if there is none. Borrowed, lives as long as the
 * process. */
IMMDeviceEnumerator *mmki_builtin(void);
/** Its module; NULL if there is none. */
HMODULE mmki_builtin_module(void);

/** Lead the system's ActivateAudioInterfaceAsync to ours, in this process. */
void mmki_activation_lead(void);

#endif
