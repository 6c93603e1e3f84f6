/* The option table as one: its files strung together, and found in by name. */
#include "cli/options.h"

#include "cli/options_table.h"

#include <string.h>

const char *const cli_group_names[CLI_GROUPS] = {
    [GROUP_LOAD] = "Load",         [GROUP_REQUEST] = "Request", [GROUP_NETWORK] = "Network",
    [GROUP_SCENARIO] = "Scenario", [GROUP_SERVER] = "Server",   [GROUP_REPORT] = "Report",
    [GROUP_OUTPUT] = "Output",     [GROUP_OTHER] = "Other",
};

const struct cli_option *cli_option_at(size_t i)
{
    static const struct {
        const struct cli_option *rows;
        const size_t *len;
    } files[] = {
#define ROWS(file) {cli_options_##file, &cli_options_##file##_len},
        CLI_OPTIONS_FILES(ROWS)
#undef ROWS
    };
    for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
        if (i < *files[f].len)
            return &files[f].rows[i];
        i -= *files[f].len;
    }
    return NULL;
}

static bool is_named(const struct cli_option *option, const char *name, size_t len)
{
    if (strlen(option->name) == len && memcmp(option->name, name, len) == 0)
        return true;
    for (int i = 0; i < CLI_ALIASES && option->aliases[i]; i++)
        if (strlen(option->aliases[i]) == len && memcmp(option->aliases[i], name, len) == 0)
            return true;
    return false;
}

const struct cli_option *cli_option_long(unsigned command, const char *name, size_t len)
{
    const struct cli_option *option;
    for_each_cli_option(option)
    {
        if (option->commands & command && is_named(option, name, len))
            return option;
    }
    return NULL;
}

const struct cli_option *cli_option_short(unsigned command, char name)
{
    const struct cli_option *option;
    for_each_cli_option(option)
    {
        if (option->commands & command && option->short_name == name && name)
            return option;
    }
    return NULL;
}

const struct cli_option *cli_option_by_id(unsigned command, enum cli_opt id)
{
    const struct cli_option *option;
    for_each_cli_option(option)
    {
        if (option->commands & command && option->id == id)
            return option;
    }
    return NULL;
}

bool cli_repeatable(const struct cli_option *option)
{
    return option->type == CLI_LIST || option->type == CLI_WORDS || option->type == CLI_HEADERS ||
           option->type == CLI_SETTINGS;
}
