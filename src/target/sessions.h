/*
 * The MCP sessions of a target. Finding one takes no lock and touches one
 * slot, so serving threads do not wait for each other; opening and closing,
 * which are rare, share a lock. Any thread may call.
 *
 * An id names its slot and the secret that was drawn for it: the id of a
 * session that was closed, or that expired, never fits again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sessions;

/* What a session remembers. Only ready changes while it lives. */
struct session {
    uint64_t owner; /* who opened it; 0: anybody */
    uint8_t place;  /* where it is valid */
    uint8_t version;
    bool ready; /* sessions_make_ready was called; not before sessions_open */
};

enum { SESSION_ID_MAX = 8 + 16 + 1, SESSIONS_MAX = 10 * 1000 * 1000 };

/* At most limit sessions (1..SESSIONS_MAX) at once; one that was not used for
 * more than idle_s seconds is gone. */
struct sessions *sessions_new(uint32_t limit, uint32_t idle_s);
void sessions_free(struct sessions *s);

/* now_s: seconds on any clock that does not go back, the same one for all calls. */

/* Opens a session and writes its id: lower-case hex digits, not guessable. False:
 * there are as many as there may be. */
bool sessions_open(struct sessions *s, const struct session *session, uint32_t now_s,
                   char id[SESSION_ID_MAX]);

/* Whether the session lives; it then was used now. */
bool sessions_find(struct sessions *s, const char *id, uint32_t now_s, struct session *session);

/* The client has said that it is initialized. */
void sessions_make_ready(struct sessions *s, const char *id);

/* Whether it lived until now. */
bool sessions_close(struct sessions *s, const char *id);

struct sessions_count {
    uint64_t opened, closed, expired; /* live: opened - closed - expired */
};
/* Expired counts those whose end was noticed: when they were asked for, or room was needed. */
struct sessions_count sessions_count(struct sessions *s);
