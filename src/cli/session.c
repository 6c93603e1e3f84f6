/* Loading a scenario for run and check. */
#include "cli/session.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/url.h"
#include "cli/network.h"
#include "run/solo.h"
#include "script/http_hosts.h"

#include <stdlib.h>
#include <string.h>

/* How long all probes together may take. */
#define PROBE_TIMEOUT_S 5.0

void session_init(struct session *s, const struct cli_args *args)
{
    memset(s, 0, sizeof(*s));
    s->settings = xcalloc(args->settings.len + 1, sizeof(*s->settings));
    for (size_t i = 0; i < args->settings.len; i++) {
        s->settings[i].name = args->settings.items[i].name;
        s->settings[i].value = args->settings.items[i].value;
    }
    s->script = (struct script_options){
        .settings = s->settings,
        .settings_len = args->settings.len,
        .args = args->rest,
        .args_len = args->rest_len,
        .seed = cli_given(args, OPT_SEED) ? args->seed : rng_system_seed(),
        .host = args->host,
        .timeout_s = args->timeout,
    };
}

static int select_tasks(struct session *s, const struct cli_args *args, struct err *err)
{
    if (scenario_select_classes(&s->scenario, args->classes.items, args->classes.len,
                                args->exclude_classes.items, args->exclude_classes.len, err) < 0)
        return -1;
    return scenario_select_tags(&s->scenario, args->tags.items, args->tags.len,
                                args->exclude_tags.items, args->exclude_tags.len, err);
}

static int check_host(const char *host, struct err *err)
{
    struct url url;
    if (url_parse(&url, host, err) < 0)
        return -1;
    int rc = http_hosts_check(&url, host, err);
    url_release(&url);
    return rc;
}

/* A wrong host would fail every request of its class: said before the run. */
static int check_hosts(const struct session *s, struct err *err)
{
    if (s->script.host)
        return check_host(s->script.host, err) < 0 ? err_prefix(err, "--host") : 0;
    for (size_t i = 0; i < s->scenario.classes.len; i++) {
        const struct scenario_class *class = &s->scenario.classes.items[i];
        if (class->selected && class->host && check_host(class->host, err) < 0)
            return err_prefix(err, "%s: host of user class '%s'", s->source.name, class->name);
    }
    return 0;
}

/* The files that classes name are read, and wrong ones said, before the run. */
static int open_tls(struct session *s, const struct cli_args *args, struct err *err)
{
    const struct tls_options run = network_tls(args);
    for (size_t i = 0; i < s->scenario.classes.len; i++) {
        struct scenario_class *class = &s->scenario.classes.items[i];
        if (class->selected && class_tls_open(&class->tls, &run, err) < 0)
            return err_prefix(err, "%s: user class '%s'", s->source.name, class->name);
    }
    return 0;
}

/* A misspelt one would be no setting at all, without a word. */
static void warn_of_settings(const struct session *s)
{
    for (size_t i = 0; i < s->script.settings_len; i++) {
        const char *name = s->settings[i].name, *meant = script_setting_meant(s->control, name);
        if (meant)
            log_warn("--set %s: the scenario asks for no such setting; did you mean '%s'?", name,
                     meant);
    }
}

int session_open(struct session *s, const struct cli_args *args, struct err *err)
{
    if (script_source_find(&s->source, args->argument, err) < 0)
        return -1;
    if (network_open(&s->net, args, err) < 0)
        return -1;
    s->script.source = &s->source;
    s->script.net = &s->net;
    s->control = script_new(&s->script, 0, NULL, NULL, NULL, err);
    if (!s->control || scenario_read(&s->scenario, s->control, err) < 0)
        return -1;
    warn_of_settings(s);
    if (args->profile && scenario_use_profile(&s->scenario, args->profile, err) < 0)
        return -1;
    if (!cli_given(args, OPT_TIMEOUT) && s->scenario.defaults.timeout_s > 0)
        s->script.timeout_s = s->scenario.defaults.timeout_s;
    if (select_tasks(s, args, err) < 0 || check_hosts(s, err) < 0)
        return -1;
    return open_tls(s, args, err);
}

static bool any_probe(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->classes.len; i++) {
        if (scenario->classes.items[i].selected && scenario->classes.items[i].has_probe)
            return true;
    }
    return false;
}

/* Whether the run goes on without a class that cannot run. */
static int accept_skipped(const struct scenario_class *class, const char *reason, bool require_all,
                          struct err *err)
{
    if (!class->optional)
        return err_set(err, ERR_CONFIG, "user class '%s' cannot run: %s", class->name, reason);
    if (require_all)
        return err_set(err, ERR_CONFIG,
                       "user class '%s' cannot run: %s; without --require-all it is skipped",
                       class->name, reason);
    log_warn("user class '%s' is skipped: %s", class->name, reason);
    return 0;
}

int session_probe(struct session *s, const struct cli_args *args, struct err *err)
{
    size_t n = s->scenario.classes.len;
    s->skipped = xcalloc(n, sizeof(*s->skipped));
    if (!any_probe(&s->scenario))
        return 0;
    struct script_options quiet = s->script;
    quiet.trace = false;
    struct solo solo;
    if (solo_open(&solo, &quiet, &s->scenario, err) < 0)
        return -1;
    solo_probe(&solo, &s->scenario, PROBE_TIMEOUT_S, s->skipped);
    solo_release(&solo);

    bool left = false;
    for (size_t i = 0; i < n; i++) {
        const struct scenario_class *class = &s->scenario.classes.items[i];
        if (s->skipped[i] && accept_skipped(class, s->skipped[i], args->require_all, err) < 0)
            return -1;
        left |= class->selected;
    }
    if (!left)
        return err_set(err, ERR_CONFIG, "no user class is left to run: all were skipped");
    return 0;
}

void session_release(struct session *s)
{
    for (size_t i = 0; s->skipped && i < s->scenario.classes.len; i++)
        free(s->skipped[i]);
    free(s->skipped);
    script_free(s->control);
    scenario_release(&s->scenario);
    script_source_release(&s->source);
    net_options_release(&s->net);
    free(s->settings);
}
