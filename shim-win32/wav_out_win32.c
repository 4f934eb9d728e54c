/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * A WAV file being written. Nothing is kept back: each call leaves a whole WAV in the file, data
 * first and the header that counts it second, so that the process may end at any moment, without a
 * word, as Windows programs do, or killed. That costs two small writes for each period.
 */
#include "win32_internal.h"

#include <stdio.h>
#include <string.h>

#include <mmk/riff.h>
#include <mmk/text.h>

#define NUMBER_MAX 9999u

struct mmki_wav_out {
    struct mmki_used_names *used;
    struct mmk_format format;
    size_t frame_bytes;
    WCHAR path[MMKI_PATH_UNITS]; /* as asked for; a folder or "" included */
    HANDLE file;                 /* NULL until the first sound */
    uint64_t data_bytes;         /* in the file */
    uint64_t hole_bytes;         /* silence behind that, once something follows it */
    uint64_t header_bytes;       /* data bytes that the header tells of */
    uint64_t silence_frames;     /* since the last sound, not written */
    mmk_err err;                 /* first failure; no more data is written after it */
};

void mmki_silence(const struct mmk_format *format, void *frames, uint64_t n_frames)
{
    int byte = format->sample == MMK_SAMPLE_U8     ? 0x80
               : format->sample == MMK_SAMPLE_ALAW ? 0xD5
               : format->sample == MMK_SAMPLE_ULAW ? 0xFF
                                                   : 0;
    memset(frames, byte, (size_t)n_frames * mmk_format_frame_bytes(format));
}

/* ------------------------------------------------------------------ names */

static bool is_folder(const WCHAR *path)
{
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

/** Where recordings without a name go. */
static mmk_err default_folder(WCHAR *folder)
{
    WCHAR profile[MMKI_PATH_UNITS];
    DWORD n = GetEnvironmentVariableW(L"USERPROFILE", profile, MMKI_PATH_UNITS);
    if (n > 0 && n < MMKI_PATH_UNITS &&
        mmki_join(profile, L"Music", folder, MMKI_PATH_UNITS) == MMK_OK && is_folder(folder))
        return MMK_OK;
    n = GetTempPathW(MMKI_PATH_UNITS, folder);
    return n > 0 && n < MMKI_PATH_UNITS ? MMK_OK : MMK_ERR_NOT_FOUND;
}

/** The full path asked for; *named is false if it is a folder. */
static mmk_err resolve(const WCHAR *asked, WCHAR *full, bool *named)
{
    *named = false;
    if (asked[0] == 0)
        return default_folder(full);
    DWORD n = GetFullPathNameW(asked, MMKI_PATH_UNITS, full, NULL);
    if (n == 0 || n >= MMKI_PATH_UNITS)
        return n == 0 ? mmki_last_err() : MMK_ERR_TOO_LONG;
    *named = !is_folder(full);
    return MMK_OK;
}

static uint64_t name_hash(const WCHAR *path)
{
    char text[MMKI_PATH_UNITS * 3];
    if (mmki_narrow(path, wcslen(path), text, sizeof text) != MMK_OK)
        return 1;
    return mmk_name_hash(text, strlen(text));
}

/** Whether this port has not written the name yet; takes it. When the table is full every name
 *  counts as used, which costs a number in the name and nothing else. */
static bool take_name(struct mmki_used_names *used, const WCHAR *path)
{
    uint64_t hash = name_hash(path);
    bool fresh = true;
    AcquireSRWLockExclusive(&used->lock);
    for (uint32_t i = 0; i < used->n && fresh; i++)
        fresh = used->hash[i] != hash;
    if (used->n == MMKI_USED_MAX)
        fresh = false;
    if (fresh)
        used->hash[used->n++] = hash;
    ReleaseSRWLockExclusive(&used->lock);
    return fresh;
}

static uint32_t next_number(struct mmki_used_names *used)
{
    AcquireSRWLockExclusive(&used->lock);
    uint32_t n = ++used->counter;
    ReleaseSRWLockExclusive(&used->lock);
    return n;
}

/** `dir\name.wav` -> `dir\name-<n>.wav` */
static mmk_err numbered(const WCHAR *full, unsigned n, WCHAR *out)
{
    const WCHAR *base = wcsrchr(full, L'\\');
    const WCHAR *dot = wcsrchr(base != NULL ? base : full, L'.');
    size_t stem = dot != NULL ? (size_t)(dot - full) : wcslen(full);
    WCHAR number[16];
    _snwprintf(number, 16, L"-%u", n);
    number[15] = 0;
    if (wcslen(full) + wcslen(number) >= MMKI_PATH_UNITS)
        return MMK_ERR_TOO_LONG;
    memcpy(out, full, stem * sizeof *out);
    wcscpy(out + stem, number);
    wcscat(out, full + stem);
    return MMK_OK;
}

/** `folder\<program>-<pid>-<n>.wav` */
static mmk_err in_folder(const WCHAR *folder, uint32_t n, WCHAR *out)
{
    WCHAR program[MMKI_PATH_UNITS];
    WCHAR name[160];
    DWORD len = GetModuleFileNameW(NULL, program, MMKI_PATH_UNITS - 1);
    program[len] = 0;
    WCHAR *base = wcsrchr(program, L'\\');
    base = base != NULL ? base + 1 : program;
    WCHAR *dot = wcsrchr(base, L'.');
    if (dot != NULL)
        *dot = 0;
    _snwprintf(name, 160, L"%.100ls-%lu-%u.wav", base, GetCurrentProcessId(), n);
    name[159] = 0;
    return mmki_join(folder, name, out, MMKI_PATH_UNITS);
}

static mmk_err create(const WCHAR *path, DWORD how, HANDLE *file)
{
    *file =
        CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
    if (*file == INVALID_HANDLE_VALUE) {
        *file = NULL;
        return mmki_last_err();
    }
    if (GetFileType(*file) == FILE_TYPE_DISK)
        return MMK_OK;
    CloseHandle(*file); /* NUL, COM1 and their like */
    *file = NULL;
    return MMK_ERR_UNSUPPORTED;
}

/** Make the file, or the next free one beside it. Wine numbers processes anew for each server, so
 *  even a name with the process' number may exist. */
static mmk_err make_file(struct mmki_wav_out *wav)
{
    WCHAR full[MMKI_PATH_UNITS];
    WCHAR path[MMKI_PATH_UNITS];
    bool named;
    mmk_err err = resolve(wav->path, full, &named);
    if (err != MMK_OK)
        return err;
    if (named) { /* ours to overwrite once; later only if somebody took it away */
        err = create(full, take_name(wav->used, full) ? CREATE_ALWAYS : CREATE_NEW, &wav->file);
        if (err != MMK_ERR_EXISTS && err != MMK_ERR_BUSY)
            return err;
    }
    for (unsigned i = 2; i < NUMBER_MAX; i++) {
        err = named ? numbered(full, i, path) : in_folder(full, next_number(wav->used), path);
        if (err == MMK_OK)
            err = create(path, CREATE_NEW, &wav->file);
        if (err != MMK_ERR_EXISTS && err != MMK_ERR_BUSY)
            return err;
    }
    return MMK_ERR_NO_SPACE;
}

/* ------------------------------------------------------------------ writing */

static mmk_err put_header(struct mmki_wav_out *wav, uint64_t data_bytes)
{
    unsigned char header[MMK_RIFF_HEADER_BYTES];
    mmk_err err = mmk_riff_header(&wav->format, data_bytes, header);
    return err == MMK_OK ? mmki_write_at(wav->file, 0, header, sizeof header, NULL) : err;
}

/** Header for the whole frames that have reached the file; also after a failure, since its place is
 *  there already. */
static mmk_err update_header(struct mmki_wav_out *wav)
{
    uint64_t whole = wav->data_bytes - wav->data_bytes % wav->frame_bytes;
    mmk_err err = MMK_OK;
    if (whole == wav->header_bytes)
        return MMK_OK;
    /* the pad byte is overwritten by the next sample, if one comes */
    if (mmk_riff_pad(whole) && whole == wav->data_bytes)
        err = mmki_write_at(wav->file, MMK_RIFF_HEADER_BYTES + whole, "", 1, NULL);
    if (err == MMK_OK)
        err = put_header(wav, whole);
    if (err == MMK_OK)
        wav->header_bytes = whole;
    return err;
}

static void put(struct mmki_wav_out *wav, const void *bytes, size_t len)
{
    size_t written;
    if (wav->err != MMK_OK)
        return;
    wav->err = mmki_write_at(wav->file, MMK_RIFF_HEADER_BYTES + wav->data_bytes + wav->hole_bytes,
                             bytes, len, &written);
    if (written > 0) { /* only now does the file reach beyond the hole */
        wav->data_bytes += wav->hole_bytes + written;
        wav->hole_bytes = 0;
    }
}

static bool silence_is_zero(const struct mmk_format *format)
{
    return format->sample != MMK_SAMPLE_U8 && format->sample != MMK_SAMPLE_ALAW &&
           format->sample != MMK_SAMPLE_ULAW;
}

static void put_silence(struct mmki_wav_out *wav)
{
    unsigned char silence[2048];
    uint64_t most = sizeof silence / wav->frame_bytes;
    if (silence_is_zero(&wav->format) && wav->silence_frames > wav->format.rate_hz) {
        wav->hole_bytes += wav->silence_frames * wav->frame_bytes;
        wav->silence_frames = 0;
    }
    while (wav->silence_frames > 0 && wav->err == MMK_OK) {
        uint64_t n = wav->silence_frames < most ? wav->silence_frames : most;
        mmki_silence(&wav->format, silence, n);
        put(wav, silence, (size_t)n * wav->frame_bytes);
        wav->silence_frames -= n;
    }
}

mmk_err mmki_wav_out_write(struct mmki_wav_out *wav, const void *frames, uint32_t n_frames,
                           uint32_t audible)
{
    if (audible > n_frames)
        audible = n_frames;
    if (audible > 0 && wav->err == MMK_OK) {
        if (wav->file == NULL) {
            wav->silence_frames = 0; /* before the first sound */
            wav->err = make_file(wav);
            if (wav->err == MMK_OK)
                wav->err = put_header(wav, 0);
        }
        put_silence(wav);
        put(wav, frames, (size_t)audible * wav->frame_bytes);
        mmk_err err = wav->file != NULL ? update_header(wav) : MMK_OK;
        if (wav->err == MMK_OK)
            wav->err = err;
    }
    wav->silence_frames += n_frames - audible;
    return wav->err;
}

mmk_err mmki_wav_out_open(struct mmki_used_names *used, const char *path,
                          const struct mmk_format *format, struct mmki_wav_out **out)
{
    char reason[8]; /* probe says it in full */
    if (!mmk_format_valid(format))
        return MMK_ERR_FORMAT;
    mmk_err err = mmki_wav_out_probe(path, reason, sizeof reason);
    if (err != MMK_OK)
        return err;
    struct mmki_wav_out *wav = mmki_alloc(sizeof *wav);
    if (wav == NULL)
        return MMK_ERR_NOMEM;
    wav->used = used;
    wav->format = *format;
    wav->frame_bytes = mmk_format_frame_bytes(format);
    err = mmki_wide(path, wav->path, MMKI_PATH_UNITS);
    if (err != MMK_OK) {
        mmki_free(wav);
        return err;
    }
    *out = wav;
    return MMK_OK;
}

mmk_err mmki_wav_out_close(struct mmki_wav_out *wav)
{
    if (wav->file != NULL && !CloseHandle(wav->file) && wav->err == MMK_OK)
        wav->err = MMK_ERR_IO;
    mmk_err err = wav->err;
    mmki_free(wav);
    return err;
}

/* ------------------------------------------------------------------ probe */

/** Whether a file can be made in the folder: made under a name nobody has, gone when closed. */
static mmk_err probe_folder(const WCHAR *folder)
{
    WCHAR name[64];
    WCHAR path[MMKI_PATH_UNITS];
    _snwprintf(name, 64, L".mmekit-probe-%lu-%lu.tmp", GetCurrentProcessId(), GetCurrentThreadId());
    mmk_err err = mmki_join(folder, name, path, MMKI_PATH_UNITS);
    if (err != MMK_OK)
        return err;
    HANDLE file = CreateFileW(path, GENERIC_WRITE | DELETE, 0, NULL, CREATE_NEW,
                              FILE_ATTRIBUTE_HIDDEN | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    CloseHandle(file);
    return MMK_OK;
}

static mmk_err probe_file(const WCHAR *path)
{
    HANDLE file =
        CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    CloseHandle(file);
    return MMK_OK;
}

mmk_err mmki_wav_out_probe(const char *path, char *reason, size_t cap)
{
    WCHAR asked[MMKI_PATH_UNITS];
    WCHAR full[MMKI_PATH_UNITS];
    bool named = false;
    mmk_err err = mmki_wide(path, asked, MMKI_PATH_UNITS);
    if (err == MMK_OK)
        err = resolve(asked, full, &named);
    if (err == MMK_OK && named) {
        err = probe_file(full);
        if (err == MMK_ERR_BUSY)
            err = MMK_OK; /* another program records into it: ours gets the next number */
    }
    if (err == MMK_ERR_NOT_FOUND && named) { /* it is to be made: in its folder */
        WCHAR *slash = wcsrchr(full, L'\\');
        if (slash != NULL)
            slash[1] = 0;
        err = slash != NULL && is_folder(full) ? probe_folder(full) : MMK_ERR_NOT_FOUND;
    } else if (err == MMK_OK && !named) {
        err = probe_folder(full);
    }
    if (err == MMK_ERR_NOT_FOUND)
        mmki_format(reason, cap,
                    "the folder of \"%s\" does not exist: make it, or set another path", path);
    else if (err != MMK_OK)
        mmki_format(reason, cap, "\"%s\" cannot be written (%s): set another path", path,
                    mmk_err_text(err));
    return err;
}
