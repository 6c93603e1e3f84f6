/* Rates, from the command line to the plan; see pace.h. */
#include "cli/pace.h"

#include "base/mem.h"
#include "cli/commands.h"
#include "report/report.h"

#include <math.h>

/* As many users as arrivals may have when nobody says. */
enum { ARRIVAL_USERS = 10000 };

/* The schedule of a rate over the run; `what` ("--rate") is for errors. */
static int make_schedule(struct schedule *to, const struct rate *rate, const struct plan *plan,
                         const char *what, struct err *err)
{
    bool ends = plan->duration_s > 0;
    if (rate_is_ramp(rate) && !ends)
        return err_set(err, ERR_USAGE,
                       "%s: a rate that changes needs a time to do so; give a --duration", what);
    *to = (struct schedule){
        .rate = *rate,
        .hold_s = plan->warmup_s,
        .ramp_s = rate_is_ramp(rate) ? plan->duration_s : 0,
        .end_s = ends ? plan->warmup_s + plan->duration_s : 0,
    };
    return 0;
}

/* --rate, if it is given. */
static int read_rate(const struct cli_args *args, struct rate *rate, struct report_run *about,
                     struct err *err)
{
    if (rate_parse(args->rate, rate, err) < 0)
        return err_prefix(err, "--rate");
    about->rate = rate->from;
    about->ramp = rate_is_ramp(rate);
    about->rate_to = about->ramp ? rate->to : 0;
    return 0;
}

int pace_oneoff(const struct cli_args *args, const struct plan *plan, uint64_t requests,
                struct schedule *schedule, bool *paced, struct report_run *about, struct err *err)
{
    struct rate rate;
    *paced = args->rate != NULL;
    if (!args->rate && args->closed)
        return err_set(err, ERR_USAGE,
                       "--closed shares a rate among the connections; give one with -R, --rate");
    if (!args->rate)
        return 0;
    if (read_rate(args, &rate, about, err) < 0 ||
        make_schedule(schedule, &rate, plan, "--rate", err) < 0)
        return -1;
    schedule->count = requests;
    return 0;
}

/* --- scenarios ---------------------------------------------------------------------- */

static bool by_weight(const struct scenario_class *class)
{
    return class->selected && class->fixed_count == 0 && class->weight > 0;
}

/* --rate: each class that has a weight gets its share. */
static int divide_rate(const struct cli_args *args, struct plan *plan, struct report_run *about,
                       struct err *err)
{
    const struct scenario *scenario = plan->scenario;
    struct rate all;
    double sum = 0;
    if (read_rate(args, &all, about, err) < 0)
        return -1;
    for (size_t i = 0; i < scenario->classes.len; i++)
        sum += by_weight(&scenario->classes.items[i]) ? scenario->classes.items[i].weight : 0;
    if (sum <= 0)
        return err_set(err, ERR_USAGE,
                       "--rate is divided among the user classes by their weights, and all that "
                       "run have a fixed_count; give one a weight instead");
    for (size_t i = 0; i < scenario->classes.len; i++) {
        const struct scenario_class *class = &scenario->classes.items[i];
        struct plan_arrivals *to = &plan->arrivals[i];
        struct rate rate = {all.from * class->weight / sum, all.to * class->weight / sum};
        to->open = by_weight(class);
        if (to->open && make_schedule(&to->schedule, &rate, plan, "--rate", err) < 0)
            return -1;
        to->schedule.poisson = class->poisson;
    }
    return 0;
}

/* What the classes say themselves. */
static int read_arrivals(struct plan *plan, struct err *err)
{
    for (size_t i = 0; i < plan->scenario->classes.len; i++) {
        const struct scenario_class *class = &plan->scenario->classes.items[i];
        struct plan_arrivals *to = &plan->arrivals[i];
        to->open = class->selected && class->has_arrivals;
        if (!to->open)
            continue;
        if (make_schedule(&to->schedule, &class->arrivals, plan, "arrivals", err) < 0)
            return err_prefix(err, "user class '%s'", class->name);
        to->schedule.poisson = class->poisson;
    }
    return 0;
}

static double peak(const struct plan_arrivals *a)
{
    return a->open ? fmax(a->schedule.rate.from, a->schedule.rate.to) : 0;
}

/* --max-users is for all classes together, by their rates; without it each has
 * its own bound, or one that nobody should ever meet. */
static void bound_users(const struct cli_args *args, struct plan *plan)
{
    const struct scenario *scenario = plan->scenario;
    double sum = 0;
    uint32_t open = 0;
    for (size_t i = 0; i < scenario->classes.len; i++) {
        sum += peak(&plan->arrivals[i]);
        open += plan->arrivals[i].open;
    }
    uint32_t room = plan_most_connections(plan_cpus());
    room = room > plan->users ? (room - plan->users) / (open > 0 ? open : 1) : 1;
    for (size_t i = 0; i < scenario->classes.len; i++) {
        struct plan_arrivals *a = &plan->arrivals[i];
        uint32_t own = scenario->classes.items[i].max_users;
        if (!a->open)
            continue;
        if (args->max_users > 0)
            a->max_users = (uint32_t)((double)args->max_users * peak(a) / sum);
        else if (own > 0)
            a->max_users = own;
        else
            a->max_users = room < ARRIVAL_USERS ? room : ARRIVAL_USERS;
        if (a->max_users == 0)
            a->max_users = 1;
    }
}

static bool any_waits(const struct plan *plan)
{
    for (size_t i = 0; i < plan->scenario->classes.len; i++) {
        const struct scenario_class *class = &plan->scenario->classes.items[i];
        if (class->selected && (class->weight > 0 || class->fixed_count > 0) &&
            !plan->arrivals[i].open)
            return true;
    }
    return false;
}

static bool any_open(const struct plan *plan)
{
    for (size_t i = 0; i < plan->scenario->classes.len; i++)
        if (plan->arrivals[i].open)
            return true;
    return false;
}

static int read_open(const struct cli_args *args, struct plan *plan, struct report_run *about,
                     struct err *err)
{
    if ((args->rate ? divide_rate(args, plan, about, err) : read_arrivals(plan, err)) < 0)
        return -1;
    if (!any_open(plan) && args->max_users > 0)
        return err_set(err, ERR_USAGE,
                       "--max-users bounds the users of arrivals, and no class that runs has any; "
                       "give a --rate, or say -u, --users");
    if (!any_waits(plan)) {
        if (cli_given(args, OPT_USERS))
            return err_set(err, ERR_USAGE,
                           "--users is for users that wait, and every class that runs has "
                           "arrivals; bound theirs with --max-users, or add --closed");
        plan->users = 0;
    }
    return 0;
}

/* Users are numbered through: those that wait, then each class's. */
static void number_users(struct plan *plan)
{
    uint32_t next = (plan->users > plan->users_most ? plan->users : plan->users_most) + 1;
    for (size_t i = 0; i < plan->scenario->classes.len; i++) {
        plan->arrivals[i].first_user = next;
        next += plan->arrivals[i].max_users;
    }
}

int pace_run(const struct cli_args *args, struct plan *plan, struct schedule *shared,
             struct report_run *about, struct err *err)
{
    if (plan->stages_len > 0) { /* they count from the start of the run */
        if (plan->warmup_s >= plan->duration_s)
            return err_set(err, ERR_USAGE,
                           "the warm-up of %g s leaves nothing of the stages, which take %g s",
                           plan->warmup_s, plan->duration_s);
        plan->duration_s -= plan->warmup_s;
    }
    if (args->closed) {
        struct rate rate;
        if (args->max_users > 0)
            return err_set(err, ERR_USAGE,
                           "--max-users and --closed exclude each other: -u, --users says how "
                           "many users there are");
        if (!args->rate)
            return 0;
        plan->shared = shared;
        return read_rate(args, &rate, about, err) < 0 ||
                       make_schedule(shared, &rate, plan, "--rate", err) < 0
                   ? -1
                   : 0;
    }
    plan->arrivals = xcalloc(plan->scenario->classes.len, sizeof(*plan->arrivals));
    if (read_open(args, plan, about, err) < 0)
        return -1;
    bound_users(args, plan);
    number_users(plan);
    return 0;
}
