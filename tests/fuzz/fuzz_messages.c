/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "fuzz.h"

#include "lifecycle/rig.h"

/* A hostile program: any messages to DriverProc and the four device entries, in any order and
 * state, with stale and invented handles and structures of every length. Every buffer comes back at
 * most once and before CLOSE returned; at the end nothing is left. */

#define HANDLES 4u
#define HEADERS 6u

struct program {
    struct rig *rig;
    struct fuzz_input in;
    uintptr_t instance[HANDLES];
    uintptr_t wave[2][HANDLES];
    struct mmk_wavehdr *header[HEADERS];
    uint8_t *sound[HEADERS];
    bool queued[HEADERS]; /* accepted by WRITE or ADDBUFFER since it was last ours */
};

static uintptr_t pick(struct fuzz_input *in, const uintptr_t *known)
{
    const uint8_t which = fuzz_u8(in);
    if (which < 0xF0)
        return known[which % HANDLES];
    return which < 0xF8 ? fuzz_u32(in) : (uintptr_t)which - 0xF8;
}

/* DRVCONFIGINFO whose size lies or not, its strings wide and of any length. */
static void send_install(struct program *p, uint32_t msg, uintptr_t id)
{
    uint16_t section[2][80];
    struct mmk_drvconfiginfo info;
    const uint8_t kind = fuzz_u8(&p->in);
    memset(&info, 0, sizeof info);
    for (int i = 0; i < 2; i++) {
        const char *fixed = i == 0 ? "Drivers32" : "wave3";
        const uint8_t n = fuzz_u8(&p->in) % 79;
        for (unsigned k = 0; k < 79; k++)
            section[i][k] = kind & 8 ? (uint16_t)(k < strlen(fixed) ? fixed[k] : 0)
                                     : (uint16_t)(k < n ? fuzz_u16(&p->in) : 0);
        section[i][79] = 0;
    }
    info.dwDCISize = kind & 1 ? sizeof info : fuzz_u32(&p->in);
    info.lpszDCISectionName = kind & 2 ? (const void *)section[0] : NULL;
    info.lpszDCIAliasName = kind & 4 ? (const void *)section[1] : NULL;
    rig_drv(p->rig, id, msg, 0, kind & 16 ? 0 : (intptr_t)&info);
}

static void send_driver(struct program *p)
{
    static const uint32_t messages[] = {MMK_DRV_LOAD,
                                        MMK_DRV_ENABLE,
                                        MMK_DRV_OPEN,
                                        MMK_DRV_CLOSE,
                                        MMK_DRV_DISABLE,
                                        MMK_DRV_FREE,
                                        MMK_DRV_CONFIGURE,
                                        MMK_DRV_QUERYCONFIGURE,
                                        MMK_DRV_INSTALL,
                                        MMK_DRV_REMOVE,
                                        MMK_DRV_EXITSESSION,
                                        MMK_DRV_EXITAPPLICATION,
                                        MMK_DRV_POWER,
                                        MMK_DRV_PNPINSTALL,
                                        0,
                                        0x4000};
    const uint8_t which = fuzz_u8(&p->in);
    const uint32_t msg = which < 0xF0 ? messages[which % 16] : fuzz_u32(&p->in);
    const unsigned slot = fuzz_u8(&p->in) % HANDLES;
    if (msg == MMK_DRVM_ATTACH) /* takes a pointer that only mmectl has */
        return;
    if (msg == MMK_DRV_OPEN) {
        size_t len;
        uint8_t *bytes = fuzz_bytes(&p->in, 2u * fuzz_u8(&p->in), &len);
        uint16_t *text = calloc(len / 2 + 1, 2);
        CLAIM(text != NULL);
        memcpy(text, bytes, len / 2 * 2);
        p->instance[slot] = (uintptr_t)rig_drv(p->rig, 0, msg, (intptr_t)text, fuzz_u8(&p->in) & 1);
        free(text);
        free(bytes);
    } else if (msg == MMK_DRV_INSTALL || msg == MMK_DRV_CONFIGURE || msg == MMK_DRV_REMOVE) {
        send_install(p, msg, p->instance[slot]);
    } else {
        rig_drv(p->rig, pick(&p->in, p->instance), msg, (int32_t)fuzz_u32(&p->in),
                msg == MMK_DRV_PNPINSTALL ? 0 : (int32_t)fuzz_u32(&p->in));
    }
}

static void open_wave(struct program *p, mmk_wave_kind kind, unsigned slot)
{
    static const struct mmk_format ordinary = {MMK_SAMPLE_S16, 2, 16, 44100, 0};
    uint8_t wfx[MMK_WAVEFORMAT_MAX_BYTES];
    struct mmk_waveopendesc desc;
    size_t len = 0;
    const uint8_t how = fuzz_u8(&p->in);
    uint8_t *bytes = NULL;

    memset(&desc, 0, sizeof desc);
    if (how & 1) {
        struct mmk_format format = ordinary;
        format.sample = (mmk_sample)(1 + fuzz_u8(&p->in) % (MMK_SAMPLE_COUNT - 1));
        format.valid_bits = (uint16_t)(8 * mmk_sample_bytes(format.sample));
        format.channels = (uint16_t)(1 + fuzz_u8(&p->in) % 8);
        format.rate_hz = 1000 + fuzz_u16(&p->in);
        if (mmk_format_to_wfx(&format, how & 2, wfx, &len) != MMK_OK)
            return;
        desc.lpFormat = (const void *)wfx;
    } else {
        /* an MME client's structure says its own length: cbSize may lie, up to what is there */
        bytes = calloc(1, 18 + 65536);
        CLAIM(bytes != NULL);
        for (unsigned i = 0; i < 40; i++)
            bytes[i] = fuzz_u8(&p->in);
        desc.lpFormat = how & 4 ? NULL : (const void *)bytes;
    }
    desc.hWave = 0x1000u + slot;
    desc.dwCallback = 1;
    uintptr_t handle = 0;
    const uint32_t flags = (how & 8 ? MMK_WAVE_FORMAT_QUERY : 0u) | MMK_CALLBACK_FUNCTION;
    if (rig_dev(p->rig, kind, kind == MMK_WAVE_OUT ? MMK_WODM_OPEN : MMK_WIDM_OPEN,
                (uintptr_t)&handle, how & 16 ? 0 : (uintptr_t)&desc, flags) == 0 &&
        !(how & 8))
        p->wave[kind == MMK_WAVE_OUT ? 0 : 1][slot] = handle;
    free(bytes);
}

static void send_header(struct program *p, mmk_wave_kind kind, uint32_t msg, uintptr_t user)
{
    const unsigned i = fuzz_u8(&p->in) % HEADERS;
    struct mmk_wavehdr *h = p->header[i];
    if (!(h->dwFlags & MMK_WHDR_INQUEUE)) { /* what the driver holds is not ours to change */
        CLAIM(!p->queued[i] || (h->dwFlags & MMK_WHDR_DONE));
        p->queued[i] = false;
        const uint8_t how = fuzz_u8(&p->in);
        h->dwBufferLength = how & 1 ? 4096 : fuzz_u16(&p->in) % 4097;
        h->lpData = how & 2 ? NULL : (void *)p->sound[i];
        if (h->lpData == NULL)
            h->dwBufferLength = 0;
        if (how & 4)
            h->dwFlags = fuzz_u8(&p->in) & ~MMK_WHDR_INQUEUE;
        h->dwLoops = fuzz_u8(&p->in) % 4;
    }
    const uint32_t size = fuzz_u8(&p->in) < 0xF8 ? sizeof *h : fuzz_u8(&p->in);
    const bool there = fuzz_u8(&p->in) < 0xFC;
    const uint32_t answer = rig_dev(p->rig, kind, msg, user, there ? (uintptr_t)h : 0, size);
    if (answer == 0 && there && (msg == MMK_WODM_WRITE || msg == MMK_WIDM_ADDBUFFER))
        p->queued[i] = true;
}

/* Messages with a structure to be filled: in memory of the size that is told. */
static void send_sized(struct program *p, mmk_wave_kind kind, uint32_t msg, uintptr_t user)
{
    const size_t size = fuzz_u8(&p->in) % 200;
    uint8_t *exact = calloc(1, size > 0 ? size : 1);
    CLAIM(exact != NULL);
    if (size >= 4)
        exact[0] = fuzz_u8(&p->in);
    rig_dev(p->rig, kind, msg, user, fuzz_u8(&p->in) < 0xFC ? (uintptr_t)exact : 0, size);
    free(exact);
}

static void send_wave(struct program *p, mmk_wave_kind kind)
{
    const bool out = kind == MMK_WAVE_OUT;
    const uint8_t msg_byte = fuzz_u8(&p->in);
    const unsigned slot = fuzz_u8(&p->in) % HANDLES;
    const uint32_t first = out ? MMK_WODM_GETNUMDEVS : MMK_WIDM_GETNUMDEVS;
    const uint32_t msg = first + msg_byte % (out ? 18u : 11u);
    const uintptr_t user = pick(&p->in, p->wave[out ? 0 : 1]);

    if (msg == (out ? (uint32_t)MMK_WODM_OPEN : (uint32_t)MMK_WIDM_OPEN)) {
        open_wave(p, kind, slot);
    } else if (msg == (out ? (uint32_t)MMK_WODM_GETDEVCAPS : (uint32_t)MMK_WIDM_GETDEVCAPS) ||
               msg == (out ? (uint32_t)MMK_WODM_GETPOS : (uint32_t)MMK_WIDM_GETPOS)) {
        send_sized(p, kind, msg, user);
    } else if (out ? msg >= MMK_WODM_PREPARE && msg <= MMK_WODM_WRITE
                   : msg >= MMK_WIDM_PREPARE && msg <= MMK_WIDM_ADDBUFFER) {
        send_header(p, kind, msg, user);
    } else {
        uint32_t answer[2] = {0};
        const bool get = out && (msg == MMK_WODM_GETPITCH || msg == MMK_WODM_GETVOLUME ||
                                 msg == MMK_WODM_GETPLAYBACKRATE);
        rig_dev(p->rig, kind, msg, user, get ? (uintptr_t)answer : fuzz_u32(&p->in), 0);
    }
}

void fuzz_one(const uint8_t *data, size_t len)
{
    struct program p = {.in = {data, len}};
    const uint8_t how = fuzz_u8(&p.in);
    p.rig = rig_create(&(struct rig_config){
        .card = {.dither = how & 1, .freewheel = how & 2, .sim = {.discard = true}}});
    for (unsigned i = 0; i < HEADERS; i++) {
        p.header[i] = calloc(1, sizeof *p.header[i]);
        p.sound[i] = calloc(1, 4096);
        CLAIM(p.header[i] != NULL && p.sound[i] != NULL);
    }
    if (how & 4)
        p.instance[0] = rig_open(p.rig);
    for (unsigned n = 0; n < 300 && p.in.left > 0; n++) {
        const uint8_t what = fuzz_u8(&p.in);
        switch (what % 8) {
        case 0:
            send_driver(&p);
            break;
        case 1:
            rig_pass_ms(p.rig, 1 + what / 8);
            break;
        case 2: /* aux and mixer carry no structure of the program's here */
            rig_dev(p.rig, MMK_WAVE_AUX, MMK_AUXDM_SETVOLUME, 0, fuzz_u32(&p.in), 0);
            break;
        case 3:
        case 4:
            send_wave(&p, MMK_WAVE_IN);
            break;
        default:
            send_wave(&p, MMK_WAVE_OUT);
            break;
        }
    }
    rig_drv(p.rig, 0, MMK_DRV_DISABLE, 0, 0);
    rig_drv(p.rig, 0, MMK_DRV_FREE, 0, 0);
    for (unsigned i = 0; i < HEADERS; i++)
        CLAIM(!(p.header[i]->dwFlags & MMK_WHDR_INQUEUE) &&
              (!p.queued[i] || (p.header[i]->dwFlags & MMK_WHDR_DONE))); /* all have come back */
    CLAIM(rig_destroy(p.rig) == 0);
    for (unsigned i = 0; i < HEADERS; i++) {
        free(p.header[i]);
        free(p.sound[i]);
    }
}
