/*
 * What is said when the run has ended: what of the plan did not come about,
 * what became of the thresholds, and with that the report and the exit status.
 */
#include "run/runner_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "run/gates.h"
#include "run/oneoff.h"
#include "script/script.h"
#include "script/wrk.h"

#include <stdlib.h>

/* The report names the planned users: that there were fewer must be said. Not
 * of stages that were gone through: their peak may last no time at all. */
void ending_note_unspawned(struct run *r)
{
    const struct plan *plan = r->spec->plan;
    uint32_t spawned = run_spawned(r);
    char n[UNITS_MAX], all[UNITS_MAX];
    if (plan->stages_len > 0 && r->result->outcome == REPORT_FINISHED)
        return;
    if (!plan->oneoff && spawned < plan->users && r->asked_users == WORKER_USERS_PLANNED)
        run_note(r,
                 xasprintf("only %s of %s users had started when the run ended",
                           units_format_count(n, spawned), units_format_count(all, plan->users)));
}

/* The report says that nothing was measured; here is why. */
void ending_note_unmeasured(struct run *r)
{
    char n[UNITS_MAX], all[UNITS_MAX];
    if (!r->warmup || r->total->end_ns > 0)
        return;
    uint64_t requests = r->warmup_sum.requests;
    run_note(
        r, xasprintf("the run ended within its warm-up of %s, whose %s request%s are not measured",
                     units_format_elapsed(all, r->spec->plan->warmup_s),
                     units_format_count(n, requests), requests == 1 ? "" : "s"));
}

/* A wrk script's done() has the last word: what it prints stands below the report. */
static void finish_wrk(struct run *r, const struct report_end *end)
{
    const struct oneoff *oneoff = r->spec->plan->oneoff;
    if (!oneoff || !oneoff->wrk)
        return;
    ev_signal_stop(r->loop, &r->on_int); /* nobody would hear them while it runs */
    ev_signal_stop(r->loop, &r->on_term);
    ev_signal_stop(r->loop, &r->on_hup);
    struct wrk_figures figures;
    struct err err;
    wrk_figures_init(&figures, end);
    if (wrk_done(oneoff->wrk, &figures, &err) < 0) {
        log_error("%s", err.message);
        r->result->reports_failed++;
    }
}

void ending_report(struct run *r)
{
    const struct run_spec *spec = r->spec;
    struct run_result *result = r->result;
    /* What completes while the run winds down counts, so its time does too. */
    uint64_t end_ns = r->stop_ns ? r->stop_ns : r->total->end_ns;
    if (r->total->last_ns > end_ns)
        end_ns = r->total->last_ns;
    uint64_t begin_ns = r->start_ns + s_to_ns(spec->plan->warmup_s);
    struct report_end end = {
        .total = r->total,
        .total_sum = &r->total_sum,
        .warmup = r->warmup,
        .warmup_sum = r->warmup ? &r->warmup_sum : NULL,
        .spreads = &r->spreads,
        .duration_s = end_ns > begin_ns ? ns_to_s(end_ns - begin_ns) : 0,
        .outcome = result->outcome,
        .signal = result->signal,
        .reason = r->reason,
        .strict = spec->strict,
        .thresholds_len = spec->thresholds_len,
        .notes = (const char *const *)r->notes.items,
        .notes_len = r->notes.len,
    };
    size_t relative = spec->baseline ? baseline_rules(spec->baseline) : 0;
    struct threshold_result *found = xcalloc(spec->thresholds_len + relative + 1, sizeof(*found));
    gates_finish(r->gates, r->total, end.duration_s, found);
    if (spec->baseline)
        baseline_judge(spec->baseline, spec->about, &end, found + spec->thresholds_len);
    end.thresholds = found;
    end.thresholds_len += relative;
    result->exit_status = report_exit_status(&end);

    if (spec->control)
        script_emit_stop(spec->control, spec->about, &end);
    for (size_t i = 0; i < spec->reporters_len; i++) {
        struct err err;
        if (spec->reporters[i].kind->end(spec->reporters[i].reporter, &end, &err) < 0) {
            log_error("%s", err.message);
            result->reports_failed++;
        }
    }
    finish_wrk(r, &end);
    free(found);
}
