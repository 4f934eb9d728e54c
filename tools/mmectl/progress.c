/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <string.h>

#include "mmectl.h"
#include "print.h"

#define REDRAW_MS 100
#define BAR_MAX   30u

static void clock_text(uint64_t frames, uint32_t rate_hz, char *text, size_t cap)
{
    uint64_t s = rate_hz ? frames / rate_hz : 0;
    snprintf(text, cap, "%llu:%02u", (unsigned long long)(s / 60), (unsigned)(s % 60));
}

void progress_begin(struct progress *p, const struct mmectl *m, const char *label, uint64_t total,
                    uint32_t rate_hz)
{
    memset(p, 0, sizeof *p);
    p->on = !m->args.given[OPT_QUIET] && host_has_escapes(stderr);
    snprintf(p->label, sizeof p->label, "%.24s", host_base_name(label));
    for (char *c = p->label; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?'; /* a file's name must not steer the terminal */
    p->total = total;
    p->rate_hz = rate_hz;
}

static void draw(const struct progress *p, uint64_t done)
{
    char at[32], of[32], bar[BAR_MAX + 1];
    unsigned columns = host_console_columns();
    unsigned width = columns > 70 ? BAR_MAX : columns > 50 ? 10 : 0;
    clock_text(done, p->rate_hz, at, sizeof at);
    clock_text(p->total, p->rate_hz, of, sizeof of);
    if (!p->total) {
        print_to(stderr, "\r\033[K%.30s  %s", p->label, at);
        return;
    }
    if (done > p->total)
        done = p->total;
    unsigned full = (unsigned)((double)done / (double)p->total * width);
    for (unsigned i = 0; i < width; i++)
        bar[i] = i < full ? '#' : '.';
    bar[width] = 0;
    print_to(stderr, "\r\033[K%.24s %s%s%s%3u %%  %s / %s", p->label, width ? "[" : "", bar,
             width ? "] " : "", (unsigned)((double)done / (double)p->total * 100), at, of);
}

void progress_at(struct progress *p, uint64_t done)
{
    if (!p->on)
        return;
    uint64_t now = host_clock_ms();
    if (p->last_ms && now - p->last_ms < REDRAW_MS)
        return;
    p->last_ms = now;
    draw(p, done);
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->on && p->last_ms) {
        print_to(stderr, "\r\033[K");
        fflush(stderr);
    }
    p->on = false;
}
