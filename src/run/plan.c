/* Deciding who runs where, and whether the machine can carry it. */
#include "run/plan.h"

#include "base/mem.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Descriptors beside the connections: the standard ones, reports, the main
 * loop; and per worker an event loop's own. */
enum { FDS_MAIN = 32, FDS_WORKER = 8 };

void plan_release(struct plan *plan)
{
    free(plan->order);
    free(plan->arrivals);
    plan->order = NULL;
    plan->arrivals = NULL;
}

int plan_cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

uint32_t plan_most_connections(int workers)
{
    struct rlimit limit;
    rlim_t own = FDS_MAIN + (rlim_t)workers * FDS_WORKER;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max <= own)
        return 0;
    rlim_t most = limit.rlim_max - own;
    return most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

int plan_check_fds(uint32_t connections, int workers, struct err *err)
{
    rlim_t need = (rlim_t)connections + FDS_MAIN + (rlim_t)workers * FDS_WORKER;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return err_errno(err, errno, "cannot read the limit of file descriptors");
    if (limit.rlim_cur >= need)
        return 0;
    if (limit.rlim_max < need)
        return err_set(err, ERR_SYSTEM,
                       "%u connections need %llu file descriptors, but this process may open %llu "
                       "at most; raise it (ulimit -Hn %llu, or LimitNOFILE=), or ask for fewer",
                       connections, (unsigned long long)need, (unsigned long long)limit.rlim_max,
                       (unsigned long long)need);
    limit.rlim_cur = need;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return err_errno(err, errno, "cannot raise the limit of file descriptors to %llu",
                         (unsigned long long)need);
    return 0;
}

/* Whether the class has a part in the order. */
static bool runs(const struct plan *plan, size_t class_index)
{
    const struct scenario_class *class = &plan->scenario->classes.items[class_index];
    return class->selected && (class->fixed_count > 0 || class->weight > 0) &&
           !(plan->arrivals && plan->arrivals[class_index].open);
}

void plan_order(struct plan *plan)
{
    const struct scenario *scenario = plan->scenario;
    size_t n = scenario->classes.len;
    double *credit = xcalloc(n, sizeof(*credit));
    uint32_t *dealt = xcalloc(n, sizeof(*dealt)); /* users of the class so far */
    double sum = 0;
    if (plan->users_most < plan->users)
        plan->users_most = plan->users;
    plan->order = xcalloc(plan->users_most, sizeof(*plan->order));
    uint32_t user = 0;

    for (size_t i = 0; i < n; i++) {
        const struct scenario_class *class = &scenario->classes.items[i];
        if (!runs(plan, i))
            continue;
        if (class->fixed_count == 0)
            sum += class->weight;
        for (uint32_t k = 0; k < class->fixed_count && user < plan->users_most; k++)
            plan->order[user++].class = (uint16_t)i;
    }
    if (sum <= 0) { /* only fixed counts: there are no further users */
        plan->users_most = user;
        plan->users = user < plan->users ? user : plan->users;
    }
    for (; user < plan->users_most; user++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++) {
            const struct scenario_class *class = &scenario->classes.items[i];
            if (!runs(plan, i) || class->fixed_count > 0)
                continue;
            credit[i] += class->weight;
            if (best == n || credit[i] > credit[best])
                best = i;
        }
        credit[best] -= sum;
        plan->order[user].class = (uint16_t)best;
    }
    for (uint32_t i = 0; i < plan->users_most; i++) {
        uint16_t class = plan->order[i].class;
        /* Each class starts at another worker, or small classes would all
         * land on the first. */
        plan->order[i].worker = (uint16_t)((dealt[class]++ + class) % (uint32_t)plan->workers);
    }
    free(credit);
    free(dealt);
}

uint32_t plan_arrival_users(const struct plan *plan)
{
    uint32_t n = 0;
    for (size_t i = 0; plan->arrivals && i < plan->scenario->classes.len; i++)
        n += plan->arrivals[i].open ? plan->arrivals[i].max_users : 0;
    return n;
}

uint32_t plan_class_users(const struct plan *plan, size_t class_index)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->users; i++)
        n += plan->order[i].class == class_index;
    return n;
}
