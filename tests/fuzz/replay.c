/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>

/* Without a fuzzer: every file of the corpus folders named, then random inputs made of them by
 * small changes. replay ROUNDS FOLDER...: also the driver for AFL++ and valgrind. */

static uint64_t state = 1;

static uint32_t random32(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

#define INPUT_MAX 65536u

static uint8_t input[INPUT_MAX];
static unsigned n_inputs, n_files;

/* Memory of exactly that length, so that a sanitizer sees a byte too far. */
static void run(const uint8_t *data, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, data, len);
    fuzz_one(exact, len);
    free(exact);
    n_inputs++;
}

static void change(uint8_t *data, size_t *len)
{
    const unsigned n = 1 + random32() % 8;
    for (unsigned i = 0; i<n && * len> 0; i++) {
        const size_t at = random32() % *len;
        switch (random32() % 5) {
        case 0:
            data[at] = (uint8_t)random32();
            break;
        case 1:
            data[at] ^= (uint8_t)(1u << random32() % 8);
            break;
        case 2:
            data[at] = random32() % 2 ? 0xFF : 0;
            break;
        case 3: /* cut */
            *len = at;
            break;
        default: /* say something twice */
            if (*len < INPUT_MAX) {
                memmove(data + at + 1, data + at, *len - at);
                (*len)++;
            }
            break;
        }
    }
}

static void run_file(const char *path, unsigned rounds)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(EXIT_FAILURE);
    }
    static uint8_t changed[INPUT_MAX + 8];
    const size_t len = fread(input, 1, sizeof input, f);
    fclose(f);
    run(input, len);
    n_files++;
    for (unsigned i = 0; i < rounds; i++) {
        size_t n = len;
        memcpy(changed, input, len);
        change(changed, &n);
        run(changed, n);
    }
}

int main(int argc, char **argv)
{
    const unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    for (int i = 2; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        const struct dirent *entry;
        if (folder == NULL) {
            run_file(argv[i], rounds);
            continue;
        }
        while ((entry = readdir(folder)) != NULL) {
            char path[4096];
            if (entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            run_file(path, rounds);
        }
        closedir(folder);
    }
    if (n_files == 0)
        fprintf(stderr, "usage: %s ROUNDS CORPUS...\n", argv[0]);
    printf("%u files, %u inputs\n%u passed, %u failed\n", n_files, n_inputs, n_files, n_files == 0);
    return n_files == 0;
}
