/* SPDX-License-Identifier: MIT
 * The ring of a RING stream (core/engine/ring_stream.c, source.c): the client writes frames behind w, the audio side reads
 * frames behind r. One index is the writer's, one the reader's; each side knows the other's from an earlier look.
 *
 * C11 in a model that interleaves: what a thread stores without order may be seen late. A frame has two values, the one
 * that everybody must see (old) and the one that the writer has stored (new). Storing w with release makes all earlier
 * frames' values old = new; stored relaxed, that happens at any later time. In the same way a reader whose store of r is
 * relaxed may really read its frame after it.
 *
 *   -DFRAMES=1..4      capacity
 *   -DTOTAL=...        frames that go through; several times the capacity
 *   -DRELAXED_W -DRELAXED_R -DFULL_BY_ONE   seeded mistakes: each must be found
 */
#ifndef FRAMES
#define FRAMES 2
#endif
#ifndef TOTAL
#define TOTAL 9
#endif

byte new[FRAMES], old[FRAMES];
byte w, r; /* how many frames were written, read: they do not wrap here */

inline publish() {
    byte k;
    for (k : 0 .. FRAMES - 1) { old[k] = new[k]; }
}

proctype Writer()
{
    byte seen_r, room, n;
    do
    :: w == TOTAL -> break
    :: w < TOTAL ->
        if /* a look at r: the latest, or any since the last look */
        :: seen_r = r
        :: seen_r < r -> seen_r++
        :: skip
        fi;
#ifdef FULL_BY_ONE
        room = FRAMES + 1 - (w - seen_r);
#else
        room = FRAMES - (w - seen_r);
#endif
        if
        :: room > TOTAL - w -> room = TOTAL - w
        :: else
        fi;
        n = 0;
        do /* any number of frames that have room, one at a time */
        :: n < room -> new[(w + n) % FRAMES] = w + n + 1; n++
        :: break
        od;
#ifdef RELAXED_W
        w = w + n
#else
        atomic { publish(); w = w + n }
#endif
    od
}

proctype Reader()
{
    byte seen_w, n, late;
    do
    :: r == TOTAL -> break
    :: r < TOTAL ->
        if
        :: seen_w = w
        :: seen_w < w -> seen_w++
        :: skip
        fi;
        n = 0;
        do
        :: r + n < seen_w ->
#ifdef RELAXED_R
            late = r + n; r++; /* the read sinks below the store of r */
            assert(old[late % FRAMES] == late + 1)
#else
            assert(old[(r + n) % FRAMES] == r + n + 1); /* neither too old nor written over */
            assert(new[(r + n) % FRAMES] == r + n + 1);
            n++
#endif
        :: break
        od;
        r = r + n
    od
}

#ifdef RELAXED_W
active proctype Memory() /* what was stored relaxed arrives when it likes */
{
    byte k;
    do
    :: k = 0; do :: k < FRAMES - 1 -> k++ :: break od; old[k] = new[k]
    :: w == TOTAL && r == TOTAL -> break
    od
}
#endif

init { run Writer(); run Reader() }
