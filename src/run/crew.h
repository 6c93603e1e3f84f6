/*
 * A crew serves one class's arrivals in one worker (the open model): users who
 * are made as they are needed, up to a bound, and used again. An arrival is one
 * task of an idle member; beyond the bound it waits until a member is idle.
 *
 * A member that has to be made for an arrival runs on_start first, and the
 * arrival counts from then: how long a user takes to log in is not a response
 * time.
 */
#pragma once

#include "run/worker.h"

#include <stdint.h>

struct crew;

/* For the class of that index, which has arrivals in the plan, in this worker;
 * NULL when all its arrivals are other workers'. gone(owner) is called when the
 * last member has, after crew_stop or crew_kill. */
struct crew *crew_new(struct worker *w, size_t class_index, void (*gone)(void *owner), void *owner);
void crew_free(struct crew *crew);

void crew_start(struct crew *crew);
void crew_pause(struct crew *crew, bool paused);
/* As user_stop and user_kill, for all. */
void crew_stop(struct crew *crew);
void crew_kill(struct crew *crew);
/* Members that run. */
uint32_t crew_alive(const struct crew *crew);
