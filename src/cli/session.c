/* Loading a scenario for run and check. */
#include "cli/session.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/url.h"
#include "script/http_hosts.h"

#include <stdlib.h>
#include <string.h>

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

int session_open(struct session *s, const struct cli_args *args, struct err *err)
{
    if (script_source_find(&s->source, args->argument, err) < 0)
        return -1;
    s->script.source = &s->source;
    s->control = script_new(&s->script, 0, NULL, NULL, NULL, err);
    if (!s->control || scenario_read(&s->scenario, s->control, err) < 0)
        return -1;
    if (args->profile && scenario_use_profile(&s->scenario, args->profile, err) < 0)
        return -1;
    if (!cli_given(args, OPT_TIMEOUT) && s->scenario.defaults.timeout_s > 0)
        s->script.timeout_s = s->scenario.defaults.timeout_s;
    if (select_tasks(s, args, err) < 0)
        return -1;
    return check_hosts(s, err);
}

void session_release(struct session *s)
{
    script_free(s->control);
    scenario_release(&s->scenario);
    script_source_release(&s->source);
    free(s->settings);
}
