/* `inrush serve`: the embedded target with the options of the command line. */
#include "base/log.h"
#include "base/rng.h"
#include "cli/commands.h"
#include "target/target.h"

int cmd_serve(const struct cli_args *args)
{
    struct target_options options = {
        .bind = args->bind,
        .port = (int)args->port,
        .error_rate = args->error_rate,
        .threads = (int)args->threads,
        .token = args->token,
        .sessions = (uint32_t)args->session_limit,
        .session_idle_s = (uint32_t)args->session_idle,
        .list_page = (size_t)args->list_page,
        .required_capability = args->require_capability,
        .event_streams = args->sse,
        .strict = args->strict,
        .jwt_secret = args->jwt_secret,
        .server_id = args->server_id,
        .quiet = args->quiet,
        .seed = cli_given(args, OPT_SEED) ? args->seed : rng_system_seed(),
    };
    struct err err;
    if (args->serve_latency && latency_parse(&options.latency, args->serve_latency, &err) != 0) {
        log_error("%s", err.message);
        return EXIT_USAGE;
    }
    return serve_main(&options);
}
