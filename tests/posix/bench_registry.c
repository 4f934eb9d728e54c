/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "reg_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sys/stat.h>

/* Not a test: how fast a registry file of 100,000 values is read, in processor time, which says the
 * same however busy the machine is. Best of seven. */

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

int main(void)
{
    static const struct {
        text_encoding encoding;
        const char *name;
    } kinds[] = {{TEXT_UTF16, "UTF-16"}, {TEXT_ASCII, "ASCII"}};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        struct place p;
        struct stat st;
        double best = 1e9;
        place_open(&p, "bench");
        text_write_large(p.path, 100000, kinds[k].encoding);
        for (int i = 0; i < 7; i++) {
            place_reopen(&p);
            const double begin = now_s();
            const mmk_err err = key_has(&p, "Software\\Vendor 3\\Product 150");
            const double took = now_s() - begin;
            if (err != MMK_OK) {
                fprintf(stderr, "bench_registry: %s\n", mmk_err_name(err));
                return EXIT_FAILURE;
            }
            best = took < best ? took : best;
        }
        if (stat(p.path, &st) == 0)
            printf("100,000 values, %s: %.0f MB/s\n", kinds[k].name,
                   (double)st.st_size / best / 1e6);
        place_close(&p);
    }
    return EXIT_SUCCESS;
}
