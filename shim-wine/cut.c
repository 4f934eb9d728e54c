/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The end of an endpoint's life: it was taken away, or runs in another format from now on. Streams
 * that are open stay open, silent, until their programs release them. */
#include "wine_internal.h"

/* With the card's lock. @param out  NULL: count only */
static unsigned list_clients(const struct mmki_endpoint *endpoint, struct mmki_client **out)
{
    unsigned n = 0;
    for (struct mmki_session *s = endpoint->sessions; s != NULL; s = s->next)
        for (struct mmki_client *c = s->clients; c != NULL; c = c->session_next) {
            if (out == NULL)
                n++;
            else if (mmki_client_try_ref(c))
                out[n++] = c;
        }
    return n;
}

static void post_disconnected(const struct mmki_endpoint *endpoint,
                              AudioSessionDisconnectReason reason)
{
    for (struct mmki_session *s = endpoint->sessions; s != NULL; s = s->next)
        if (s->events != NULL)
            mmki_notice_post(&(struct mmki_notice){
                .kind = MMKI_NOTICE_DISCONNECTED, .session = s, .reason = reason});
}

void mmki_endpoint_cut(struct mmki_endpoint *endpoint, AudioSessionDisconnectReason reason)
{
    struct mmki_card *card = mmki_card();
    AcquireSRWLockExclusive(&card->lock);
    atomic_fetch_add(&endpoint->life, 1);
    endpoint->shared = NULL; /* its users close it */
    endpoint->n_exclusive = 0;
    const unsigned n_all = list_clients(endpoint, NULL);
    struct mmki_client **clients = n_all > 0 ? mmki_alloc(n_all * sizeof *clients) : NULL;
    const unsigned n = clients != NULL ? list_clients(endpoint, clients) : 0;
    post_disconnected(endpoint, reason);
    ReleaseSRWLockExclusive(&card->lock);
    for (unsigned i = 0; i < n; i++) {
        mmki_client_halt(clients[i]);
        mmki_client_unref(clients[i]);
    }
    mmki_free(clients);
}
