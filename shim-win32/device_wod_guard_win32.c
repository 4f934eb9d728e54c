/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Circles: a driver that plays into a driver that plays into the first.
 *
 * Each module (DLL) has a copy of this code and of its variables, so what they share is a piece of
 * memory that is named after the process. It holds which module uses which; a link that would close
 * a circle is refused by the one that would make it, and those on the way are told.
 */
#include "device_wod_win32.h"

#include <stdio.h>

#define MAGIC     UINT32_C(0x314b4c4d) /* "MLK1": another layout gets another number */
#define LINKS_MAX 64u
#define DEPTH_MAX 8u

struct link_entry {
    uint64_t from, to; /* module addresses; from 0 = free */
    uint32_t direction;
    uint32_t circle;
};

struct mmki_links {
    LONG lock; /* 0 = free; held for a walk over the table only */
    uint32_t magic;
    struct link_entry entry[LINKS_MAX];
};

static void lock(struct mmki_links *links)
{
    while (InterlockedCompareExchange(&links->lock, 1, 0) != 0)
        Sleep(0);
}

static void unlock(struct mmki_links *links)
{
    InterlockedExchange(&links->lock, 0);
}

static mmk_err map(struct mmki_link *link)
{
    WCHAR name[64];
    _snwprintf(name, 64, L"Local\\mmekit-links-%lu", GetCurrentProcessId());
    link->mapping = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                                       sizeof(struct mmki_links), name);
    if (link->mapping == NULL)
        return mmki_last_err();
    link->links = MapViewOfFile(link->mapping, FILE_MAP_ALL_ACCESS, 0, 0, sizeof *link->links);
    if (link->links != NULL)
        return MMK_OK;
    mmk_err err = mmki_last_err();
    CloseHandle(link->mapping);
    link->mapping = NULL;
    return err;
}

static void unmap(struct mmki_link *link)
{
    UnmapViewOfFile(link->links);
    CloseHandle(link->mapping);
    *link = (struct mmki_link){0};
}

/** Whether `goal` is reached from `at` over at most `left` links: no chain of drivers is deeper. */
static bool leads_to(const struct mmki_links *links, uint64_t at, uint64_t goal, uint32_t direction,
                     unsigned left)
{
    if (at == goal)
        return true;
    for (unsigned i = 0; i < LINKS_MAX && left > 0; i++) {
        const struct link_entry *entry = &links->entry[i];
        if (entry->from == at && entry->direction == direction &&
            leads_to(links, entry->to, goal, direction, left - 1))
            return true;
    }
    return false;
}

/** Tell all whose sound would have come to `goal`, inside the circle or on the way into it. */
static void mark(struct mmki_links *links, uint64_t goal, uint32_t direction)
{
    for (unsigned i = 0; i < LINKS_MAX; i++) {
        struct link_entry *entry = &links->entry[i];
        if (entry->from != 0 && entry->direction == direction &&
            leads_to(links, entry->to, goal, direction, DEPTH_MAX))
            entry->circle = 1;
    }
}

static mmk_err take(struct mmki_link *link, uint64_t from, uint64_t to, uint32_t direction)
{
    struct mmki_links *links = link->links;
    if (links->magic == 0)
        links->magic = MAGIC; /* we are the first */
    if (links->magic != MAGIC)
        return MMK_ERR_VERSION;
    if (leads_to(links, to, from, direction, DEPTH_MAX)) {
        mark(links, from, direction);
        return MMK_ERR_CIRCLE;
    }
    for (unsigned i = 0; i < LINKS_MAX; i++) {
        if (links->entry[i].from == 0) {
            links->entry[i] = (struct link_entry){from, to, direction, 0};
            link->slot = i;
            return MMK_OK;
        }
    }
    return MMK_ERR_NO_SPACE;
}

mmk_err mmki_link_enter(struct mmki_link *link, HMODULE to, mmk_direction direction)
{
    HMODULE self = mmki_module_hold();
    mmk_err err = map(link);
    if (err == MMK_OK) {
        lock(link->links);
        err = take(link, (uintptr_t)self, (uintptr_t)to, (uint32_t)direction);
        unlock(link->links);
        if (err != MMK_OK)
            unmap(link);
    }
    FreeLibrary(self);
    return err;
}

bool mmki_link_in_circle(const struct mmki_link *link)
{
    if (link->mapping == NULL)
        return false;
    lock(link->links);
    bool circle = link->links->entry[link->slot].circle != 0;
    unlock(link->links);
    return circle;
}

void mmki_link_leave(struct mmki_link *link)
{
    if (link->mapping == NULL)
        return;
    lock(link->links);
    link->links->entry[link->slot] = (struct link_entry){0};
    unlock(link->links);
    unmap(link);
}
