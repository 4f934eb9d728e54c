/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>

/* aligned_alloc() and the free() that knows its blocks: the linker sends every call of free() in
 * the program here (--wrap=free). */

enum { MANY = 4096 };

static SRWLOCK lock = SRWLOCK_INIT;
static void *blocks[MANY];
static size_t n_blocks;

void __real_free(void *memory);
void __wrap_free(void *memory);

void *aligned_alloc(size_t alignment, size_t n_bytes)
{
    void *memory = _aligned_malloc(n_bytes, alignment);
    if (memory == NULL)
        return NULL;
    AcquireSRWLockExclusive(&lock);
    if (n_blocks == MANY)
        abort(); /* a test that leaks: give it room, or mend it */
    blocks[n_blocks++] = memory;
    ReleaseSRWLockExclusive(&lock);
    return memory;
}

void __wrap_free(void *memory)
{
    bool ours = false;
    AcquireSRWLockExclusive(&lock);
    for (size_t i = n_blocks; i > 0 && !ours && memory != NULL; i--) {
        if (blocks[i - 1] == memory) {
            blocks[i - 1] = blocks[--n_blocks];
            ours = true;
        }
    }
    ReleaseSRWLockExclusive(&lock);
    if (ours)
        _aligned_free(memory);
    else
        __real_free(memory);
}
