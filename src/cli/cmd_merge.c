/* `inrush merge A B...`: several runs as one. */
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "report/json_report.h"
#include "report/output.h"
#include "report/saved.h"

#include <stdlib.h>

static int write_json(const struct saved *merged, const char *path)
{
    struct buf text = BUF_INIT;
    struct err err;
    json_report_text(&text, &merged->run, &merged->end);
    int rc = output_file(path, &text, &err);
    if (rc != 0)
        log_error("%s", err.message);
    buf_release(&text);
    return rc;
}

/* The report that one run of them all would have ended with. */
static int print(const struct saved *merged, const struct cli_args *args)
{
    struct report_options options;
    struct err err;
    const struct reporter_kind *console = report_kind("console");
    report_options_detect(&options, args->output != NULL && output_is_stdout(args->output));
    options.latency = args->latency;
    options.quiet = true;
    if (args->no_color)
        options.color = options.live_color = false;
    struct reporter *reporter = console->open(&merged->run, &options, &err);
    if (reporter != NULL && console->end(reporter, &merged->end, &err) == 0)
        return 0;
    log_error("%s", err.message);
    return -1;
}

int cmd_merge(const struct cli_args *args)
{
    struct catalog *catalog = catalog_new();
    size_t len = args->arguments_len;
    struct saved **runs = xcalloc(len, sizeof(*runs)), *merged = NULL;
    struct err err;
    int status = EXIT_USAGE;
    if (args->output != NULL && output_check(args->output, &err) != 0)
        goto failed;
    for (size_t i = 0; i < len; i++) {
        if (saved_read(&runs[i], args->arguments[i], catalog, &err) != 0)
            goto failed;
    }
    merged = saved_merge(runs, len, &err);
    if (merged == NULL)
        goto failed;
    bool written = args->output == NULL || write_json(merged, args->output) == 0;
    written &= print(merged, args) == 0;
    status = written ? EXIT_OK : EXIT_USAGE;
    goto out;
failed:
    log_error("%s", err.message);
out:
    saved_free(merged);
    for (size_t i = 0; i < len; i++)
        saved_free(runs[i]);
    free(runs);
    catalog_free(catalog);
    return status;
}
