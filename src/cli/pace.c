/* Rates, from the command line to the plan; see pace.h. */
#include "cli/pace.h"

#include "cli/commands.h"
#include "report/report.h"

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
    about->rate_to = rate_is_ramp(rate) ? rate->to : 0;
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
