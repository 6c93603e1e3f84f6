/*
 * Makes answers late without holding a thread: a connection is suspended, and
 * one thread with a heap of due times resumes it. Used only by target.c.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct MHD_Connection;
struct delay;

/* Starts the thread. */
int delay_start(struct delay **out, struct err *err);

/* Suspends the connection (from within its access handler, which then returns
 * without answering) until due_ns of clock_ns; the handler is then called
 * again. After delay_stop it is called again at once. Any thread. */
void delay_until(struct delay *d, struct MHD_Connection *connection, uint64_t due_ns);

/* Resumes everything that waits and ends the thread. */
void delay_stop(struct delay *d);

/* After delay_stop, when no connection can call any more. NULL is fine. */
void delay_free(struct delay *d);
