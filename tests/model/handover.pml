/* SPDX-License-Identifier: MIT
 * The completion hand-over (core/engine/chain.c, notify.c): the audio side finishes blocks in order and counts them in
 * n_done; two threads deliver, the notifier and one that resets, and each block must come back exactly once, in order,
 * with its result. Reset cancels what the audio side has not finished; the slot's token keeps the two apart.
 *
 * As in ring.pml a result stored before a relaxed count may be seen late.
 *
 *   -DBLOCKS=1..5
 *   -DRELAXED_DONE -DNO_TOKEN -DNO_CLAIM -DNO_WAKE   seeded mistakes: each must be found
 */
#ifndef BLOCKS
#define BLOCKS 3
#endif
#define NOBODY    0
#define NOTIFIER  1
#define RESETTER  2
#define PLAYED    1
#define CANCELLED 2

byte why[BLOCKS], seen_why[BLOCKS]; /* as stored, as everybody sees it */
byte n_done, n_delivered;
byte returned[BLOCKS];
bool token = true; /* free */
bool wake;         /* the notifier's event: set stays until taken */
byte deliverer;
bool reset_done, closing;

inline count(result) { /* announce one block */
    why[n_done] = result;
#ifdef RELAXED_DONE
    n_done++
#else
    d_step { seen_why[n_done] = why[n_done]; n_done++ }
#endif
}

active proctype Audio()
{
    bool finished;
    do
    :: closing || n_done == BLOCKS -> break
    :: !closing && n_done < BLOCKS ->
        finished = false;
#ifdef NO_TOKEN
        if :: true
#else
        if
        :: atomic { token -> token = false } /* try: fails while the control side has it */
#endif
            if
            :: !reset_done && n_done < BLOCKS -> count(PLAYED); finished = true
            :: true
            fi;
            token = true
        :: true
        fi;
#ifndef NO_WAKE
        if
        :: finished -> wake = true /* the backend's thread wakes the notifier after render */
        :: else
        fi
#endif
    od
}

/* Deliver all that is due; may be entered by one at a time. */
inline deliver(me) {
    do
    :: n_delivered < n_done ->
        at = n_delivered;
        n_delivered++;
        /* the callback runs without the lock: others may come by here */
        assert(seen_why[at] != 0);
        returned[at]++;
        assert(returned[at] == 1);
        assert(at == 0 || returned[at - 1] == 1)
    :: else -> break
    od
}

active proctype Notifier()
{
    byte at;
end:
    do
    :: wake ->
        wake = false;
        if
#ifdef NO_CLAIM
        :: true ->
#else
        :: atomic { deliverer == NOBODY -> deliverer = NOTIFIER }
#endif
            deliver(NOTIFIER);
            deliverer = NOBODY
        :: deliverer == RESETTER /* he delivers, and looks again before he leaves */
        fi
    :: closing && !wake -> break
    od
}

active proctype Resetter()
{
    byte at;
    bool patient;
    if /* at any time, or not before the last block came back */
    :: patient = false
    :: patient = true
    fi;
    if
    :: !patient
    :: n_delivered == BLOCKS
    fi;
#ifndef NO_TOKEN
    atomic { token -> token = false };
#endif
    do
    :: n_done < BLOCKS -> count(CANCELLED)
    :: else -> break
    od;
    reset_done = true;
    token = true;
#ifdef NO_CLAIM
    deliver(RESETTER);
#else
    atomic { deliverer == NOBODY -> deliverer = RESETTER }; /* waits until the other one leaves */
    deliver(RESETTER);
    deliverer = NOBODY;
#endif
    /* nothing is outstanding when reset returns */
    assert(n_delivered == BLOCKS && returned[BLOCKS - 1] == 1);
    closing = true
}

#ifdef RELAXED_DONE
active proctype Memory()
{
    byte k;
    do
    :: k = 0; do :: k < BLOCKS - 1 -> k++ :: break od; seen_why[k] = why[k]
    :: closing -> break
    od
}
#endif
