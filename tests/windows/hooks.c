/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "hooks.h"

#include <string.h>

static const struct hook_rules *rules;
static volatile LONG counted;

/** One watched call, from its begin to its end. */
struct watched {
    struct hook_call call;
    const struct hook_rules *rules; /* NULL: not of a group that is watched */
};

static DWORD enter(struct watched *w, enum hook_group group, const char *function, HKEY key,
                   bool changes, const WCHAR *name)
{
    w->rules = rules != NULL && (rules->groups & group) != 0 ? rules : NULL;
    if (w->rules == NULL)
        return ERROR_SUCCESS;
    w->call = (struct hook_call){.n = (unsigned)InterlockedIncrement(&counted),
                                 .function = function,
                                 .group = group,
                                 .key = key,
                                 .changes = changes,
                                 .name = name};
    return rules->before != NULL ? rules->before(rules->user, &w->call) : ERROR_SUCCESS;
}

static DWORD leave(const struct watched *w, DWORD result)
{
    if (w->rules == NULL || w->rules->after == NULL)
        return result;
    return w->rules->after(w->rules->user, &w->call, result);
}

/* ------------------------------------------------------------------ the registry */

#define WRITE_RIGHTS \
    (KEY_SET_VALUE | KEY_CREATE_SUB_KEY | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE)

/* The functions themselves: what stood in the import table, for this program's own may be patched.
 */
#define REAL(result, function, params) \
    static union {                     \
        ULONG_PTR number;              \
        result(WINAPI *call) params;   \
    } real_##function

/* A function that answers with an error number: `params` in parentheses as declared, `args` as
 * called. */
#define REGISTRY(function, changes, name, params, args)                               \
    REAL(LSTATUS, function, params);                                                  \
    static LSTATUS WINAPI hook_##function params                                      \
    {                                                                                 \
        struct watched watched;                                                       \
        DWORD number = enter(&watched, HOOK_REGISTRY, #function, key, changes, name); \
        if (number == ERROR_SUCCESS)                                                  \
            number = leave(&watched, (DWORD)real_##function.call args);               \
        return (LSTATUS)number;                                                       \
    }

REGISTRY(RegOpenKeyExW, (rights & WRITE_RIGHTS) != 0, path,
         (HKEY key, LPCWSTR path, DWORD options, REGSAM rights, PHKEY out),
         (key, path, options, rights, out))
REGISTRY(RegCreateKeyExW, true, path,
         (HKEY key, LPCWSTR path, DWORD reserved, LPWSTR cls, DWORD options, REGSAM rights,
          LPSECURITY_ATTRIBUTES security, PHKEY out, LPDWORD how),
         (key, path, reserved, cls, options, rights, security, out, how))
REGISTRY(RegSetValueExW, true, name,
         (HKEY key, LPCWSTR name, DWORD reserved, DWORD type, const BYTE *data, DWORD len),
         (key, name, reserved, type, data, len))
REGISTRY(RegDeleteValueW, true, name, (HKEY key, LPCWSTR name), (key, name))
REGISTRY(RegDeleteKeyExW, true, path, (HKEY key, LPCWSTR path, REGSAM view, DWORD reserved),
         (key, path, view, reserved))
REGISTRY(RegQueryValueExW, false, name,
         (HKEY key, LPCWSTR name, LPDWORD reserved, LPDWORD type, LPBYTE data, LPDWORD len),
         (key, name, reserved, type, data, len))
REGISTRY(RegGetValueW, false, name,
         (HKEY key, LPCWSTR path, LPCWSTR name, DWORD flags, LPDWORD type, PVOID data, LPDWORD len),
         (key, path, name, flags, type, data, len))
REGISTRY(RegEnumKeyExW, false, NULL,
         (HKEY key, DWORD index, LPWSTR name, LPDWORD n, LPDWORD reserved, LPWSTR cls,
          LPDWORD n_cls, PFILETIME time),
         (key, index, name, n, reserved, cls, n_cls, time))
REGISTRY(RegEnumValueW, false, NULL,
         (HKEY key, DWORD index, LPWSTR name, LPDWORD n, LPDWORD reserved, LPDWORD type,
          LPBYTE data, LPDWORD len),
         (key, index, name, n, reserved, type, data, len))
REGISTRY(RegQueryInfoKeyW, false, NULL,
         (HKEY key, LPWSTR cls, LPDWORD n_cls, LPDWORD reserved, LPDWORD subkeys,
          LPDWORD max_subkey, LPDWORD max_class, LPDWORD values, LPDWORD max_name, LPDWORD max_data,
          LPDWORD security, PFILETIME time),
         (key, cls, n_cls, reserved, subkeys, max_subkey, max_class, values, max_name, max_data,
          security, time))
REGISTRY(RegFlushKey, false, NULL, (HKEY key), (key))
REGISTRY(RegCloseKey, false, NULL, (HKEY key), (key))

/* ------------------------------------------------------------------ files */

/* A function that answers TRUE and tells its error by GetLastError(). */
#define FILES(group, function, changes, name, params, args)                    \
    REAL(BOOL, function, params);                                              \
    static BOOL WINAPI hook_##function params                                  \
    {                                                                          \
        struct watched watched;                                                \
        DWORD number = enter(&watched, group, #function, NULL, changes, name); \
        if (number == ERROR_SUCCESS) {                                         \
            BOOL fine = real_##function.call args;                             \
            DWORD below = fine ? ERROR_SUCCESS : GetLastError();               \
            number = leave(&watched, below);                                   \
        }                                                                      \
        if (number != ERROR_SUCCESS)                                           \
            SetLastError(number);                                              \
        return number == ERROR_SUCCESS;                                        \
    }

FILES(HOOK_FLUSH, FlushFileBuffers, true, NULL, (HANDLE file), (file))
FILES(HOOK_FILES, WriteFile, true, NULL,
      (HANDLE file, LPCVOID data, DWORD len, LPDWORD done, LPOVERLAPPED place),
      (file, data, len, done, place))
FILES(HOOK_FILES, ReadFile, false, NULL,
      (HANDLE file, LPVOID data, DWORD len, LPDWORD done, LPOVERLAPPED place),
      (file, data, len, done, place))
FILES(HOOK_FILES, MoveFileExW, true, from, (LPCWSTR from, LPCWSTR to, DWORD flags),
      (from, to, flags))
FILES(HOOK_FILES, DeleteFileW, true, path, (LPCWSTR path), (path))
FILES(HOOK_FILES, CreateDirectoryW, true, path, (LPCWSTR path, LPSECURITY_ATTRIBUTES security),
      (path, security))
FILES(HOOK_FILES, RemoveDirectoryW, true, path, (LPCWSTR path), (path))

REAL(BOOL, GetFileInformationByHandle, (HANDLE file, BY_HANDLE_FILE_INFORMATION *info));

static BOOL WINAPI hook_GetFileInformationByHandle(HANDLE file, BY_HANDLE_FILE_INFORMATION *info)
{
    struct watched watched;
    DWORD number = enter(&watched, HOOK_FILES, "GetFileInformationByHandle", NULL, false, NULL);
    if (number == ERROR_SUCCESS) {
        number = real_GetFileInformationByHandle.call(file, info) ? ERROR_SUCCESS : GetLastError();
        watched.call.told = info;
        number = leave(&watched, number);
    }
    if (number != ERROR_SUCCESS)
        SetLastError(number);
    return number == ERROR_SUCCESS;
}

#define WRITE_ACCESS (GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE)

REAL(HANDLE, CreateFileW,
     (LPCWSTR path, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES security, DWORD how,
      DWORD flags, HANDLE model));

static HANDLE WINAPI hook_CreateFileW(LPCWSTR path, DWORD access, DWORD share,
                                      LPSECURITY_ATTRIBUTES security, DWORD how, DWORD flags,
                                      HANDLE model)
{
    struct watched watched;
    HANDLE file = INVALID_HANDLE_VALUE;
    DWORD number =
        enter(&watched, HOOK_FILES, "CreateFileW", NULL, (access & WRITE_ACCESS) != 0, path);
    if (number == ERROR_SUCCESS) {
        file = real_CreateFileW.call(path, access, share, security, how, flags, model);
        /* GetLastError() after success tells whether the file was there: it is kept */
        DWORD told = GetLastError();
        number = leave(&watched, file != INVALID_HANDLE_VALUE ? ERROR_SUCCESS : told);
        SetLastError(told);
    }
    if (number == ERROR_SUCCESS)
        return file;
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    SetLastError(number);
    return INVALID_HANDLE_VALUE;
}

/* ------------------------------------------------------------------ the import table */

/* The import table holds addresses of functions of many types; a union keeps each cast in sight. */
union address {
    ULONG_PTR number;
    void (*code)(void);
};

struct replacement {
    const char *function;
    union address to;
    ULONG_PTR *real;
};

#define ROW(function)                                                                  \
    {                                                                                  \
#function, {.code = (void (*)(void))hook_##function }, &real_##function.number \
    }
static const struct replacement replacements[] = {
    ROW(RegOpenKeyExW),    ROW(RegCreateKeyExW), ROW(RegSetValueExW),
    ROW(RegDeleteValueW),  ROW(RegDeleteKeyExW), ROW(RegQueryValueExW),
    ROW(RegGetValueW),     ROW(RegEnumKeyExW),   ROW(RegEnumValueW),
    ROW(RegQueryInfoKeyW), ROW(RegFlushKey),     ROW(RegCloseKey),
    ROW(FlushFileBuffers), ROW(WriteFile),       ROW(ReadFile),
    ROW(MoveFileExW),      ROW(DeleteFileW),     ROW(CreateDirectoryW),
    ROW(RemoveDirectoryW), ROW(CreateFileW),     ROW(GetFileInformationByHandle),
};
#define N_REPLACEMENTS (sizeof replacements / sizeof replacements[0])

static unsigned replace_one(IMAGE_THUNK_DATA *slot, const char *function)
{
    for (size_t i = 0; i < N_REPLACEMENTS; i++) {
        DWORD old;
        if (strcmp(replacements[i].function, function) != 0)
            continue;
        if (!VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &old))
            return 0;
        if (slot->u1.Function != replacements[i].to.number)
            *replacements[i].real = slot->u1.Function;
        slot->u1.Function = replacements[i].to.number;
        VirtualProtect(slot, sizeof *slot, old, &old);
        return 1;
    }
    return 0;
}

unsigned hooks_place(HMODULE module)
{
    unsigned char *base = (unsigned char *)module;
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)(const void *)base;
    const IMAGE_NT_HEADERS *nt = (const IMAGE_NT_HEADERS *)(const void *)(base + dos->e_lfanew);
    const IMAGE_DATA_DIRECTORY *place =
        &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    const IMAGE_IMPORT_DESCRIPTOR *from =
        (const IMAGE_IMPORT_DESCRIPTOR *)(const void *)(base + place->VirtualAddress);
    unsigned n = 0;
    for (; place->VirtualAddress != 0 && from->Name != 0; from++) {
        const IMAGE_THUNK_DATA *name =
            (const IMAGE_THUNK_DATA *)(const void *)(base + from->OriginalFirstThunk);
        IMAGE_THUNK_DATA *slot = (IMAGE_THUNK_DATA *)(void *)(base + from->FirstThunk);
        for (; name->u1.AddressOfData != 0; name++, slot++) {
            if (IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal))
                continue;
            const IMAGE_IMPORT_BY_NAME *entry =
                (const IMAGE_IMPORT_BY_NAME *)(const void *)(base + name->u1.AddressOfData);
            n += replace_one(slot, (const char *)entry->Name);
        }
    }
    return n;
}

void hooks_follow(const struct hook_rules *to)
{
    rules = to;
    counted = 0;
}

unsigned hooks_counted(void)
{
    return (unsigned)counted;
}
