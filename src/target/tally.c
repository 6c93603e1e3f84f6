#include "target/tally.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const int target_statuses[TARGET_STATUSES] = {200, 400, 401, 404, 405, 413, 500};

/* A thread's sheet (borrowed from the tally) and the id of the tally it is of:
 * the thread that stops a target also closes connections, and may have stopped
 * another before. */
static _Thread_local struct tally_sheet *mine;
static _Thread_local uint64_t mine_of;
static _Atomic uint64_t last_id;

void tally_init(struct tally *tally)
{
    pthread_mutex_init(&tally->lock, NULL);
    tally->id = atomic_fetch_add(&last_id, 1) + 1;
    tally->sheets = NULL;
}

void tally_release(struct tally *tally)
{
    while (tally->sheets) {
        struct tally_sheet *sheet = tally->sheets;
        tally->sheets = sheet->next;
        free(sheet);
    }
    pthread_mutex_destroy(&tally->lock);
}

struct tally_sheet *tally_mine(struct tally *tally)
{
    if (mine_of != tally->id) {
        mine_of = tally->id;
        mine = xcalloc(1, sizeof(*mine));
        pthread_mutex_lock(&tally->lock);
        mine->next = tally->sheets;
        tally->sheets = mine;
        pthread_mutex_unlock(&tally->lock);
    }
    return mine;
}

void tally_add_status(struct tally_sheet *sheet, enum route route, int status)
{
    for (int i = 0; i < TARGET_STATUSES; i++) {
        if (target_statuses[i] == status) {
            tally_add(&sheet->status[route][i]);
            return;
        }
    }
    assert(!"a status without a column");
}

static uint64_t get(const _Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

void tally_sum(struct tally *tally, struct target_counts *counts)
{
    memset(counts, 0, sizeof(*counts));
    pthread_mutex_lock(&tally->lock);
    uint64_t closed = 0;
    for (struct tally_sheet *sheet = tally->sheets; sheet; sheet = sheet->next) {
        closed += get(&sheet->closed);
        counts->connections_opened += get(&sheet->opened);
        for (int r = 0; r < ROUTES; r++) {
            struct target_route_count *route = &counts->routes[r];
            for (int s = 0; s < TARGET_STATUSES; s++) {
                uint64_t n = get(&sheet->status[r][s]);
                route->status[s] += n;
                counts->status[s] += n;
                counts->responses += n;
            }
            uint64_t requests = get(&sheet->requests[r]);
            route->requests += requests;
            counts->requests += requests;
        }
    }
    pthread_mutex_unlock(&tally->lock);
    counts->connections_open = counts->connections_opened - closed;
}
