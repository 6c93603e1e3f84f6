/*
 * --help from the tables. Each command's page reads: what it is, usage, what it
 * does, options by group, examples; the overview adds commands, exit statuses
 * and the environment. tests/golden/help_*.txt hold the pages.
 */
#include "cli/help.h"

#include <string.h>

enum {
    WIDTH = 80,
    LABEL_MAX = 28, /* a longer option label has its text on the next line */
    EXAMPLE_INDENT = 6,
};

static void heading(struct buf *out, const char *text, bool styled)
{
    buf_addf(out, styled ? "\n\033[1m%s:\033[0m\n" : "\n%s:\n", text);
}

/* Appends text broken at spaces to WIDTH; the cursor stands at column `at`, and
 * following lines begin at column indent. An empty line stays one. */
static void wrap(struct buf *out, const char *text, size_t at, size_t indent)
{
    bool first = true;
    while (*text) {
        if (*text == '\n') {
            buf_addch(out, '\n');
            text++;
            if (*text && *text != '\n')
                buf_fill(out, ' ', indent);
            at = indent;
            first = true;
            continue;
        }
        size_t len = strcspn(text, " \n");
        if (!first && at + 1 + len > WIDTH) {
            buf_addch(out, '\n');
            buf_fill(out, ' ', indent);
            at = indent;
            first = true;
        }
        if (!first) {
            buf_addch(out, ' ');
            at++;
        }
        buf_add(out, text, len);
        at += len;
        first = false;
        text += len;
        text += strspn(text, " ");
    }
    buf_addch(out, '\n');
}

void help_option_facts(struct buf *out, const struct cli_option *option)
{
    const char *separator = "";
    const char *otherwise = option->otherwise ? option->otherwise : option->fallback;
    if (otherwise) {
        buf_addf(out, "default: %s", otherwise);
        separator = "; ";
    }
    for (int i = 0; i < CLI_ALIASES && option->aliases[i]; i++) {
        buf_addf(out, "%salso --%s", separator, option->aliases[i]);
        separator = "; ";
    }
    if (cli_repeatable(option))
        buf_addf(out, "%srepeatable", separator);
}

/* "  -c, --connections N" */
static void write_label(struct buf *out, const struct cli_option *option)
{
    if (option->short_name)
        buf_addf(out, "  -%c, --%s", option->short_name, option->name);
    else
        buf_addf(out, "      --%s", option->name);
    if (option->value)
        buf_addf(out, " %s", option->value);
}

static size_t label_width(const struct cli_option *option)
{
    struct buf label = BUF_INIT;
    write_label(&label, option);
    size_t width = label.len;
    buf_release(&label);
    return width;
}

/* A label, and its text from column `column` on. */
static void write_entry(struct buf *out, size_t begin, const char *text, size_t column)
{
    size_t width = out->len - begin;
    if (width + 2 > column) {
        buf_addch(out, '\n');
        width = 0;
    }
    buf_fill(out, ' ', column - width);
    wrap(out, text, column, column);
}

static void write_option(struct buf *out, const struct cli_option *option, size_t column)
{
    struct buf text = BUF_INIT;
    struct buf facts = BUF_INIT;
    buf_adds(&text, option->help);
    help_option_facts(&facts, option);
    if (facts.len > 0)
        buf_addf(&text, " (%s)", buf_cstr(&facts));
    size_t begin = out->len;
    write_label(out, option);
    write_entry(out, begin, buf_cstr(&text), column);
    buf_release(&facts);
    buf_release(&text);
}

static void write_options(struct buf *out, const struct cli_command *command, bool styled)
{
    unsigned bit = cli_command_bit(command);
    size_t column = 0;
    const struct cli_option *option;
    for_each_cli_option(option)
    {
        size_t width = option->commands & bit ? label_width(option) : 0;
        if (width <= LABEL_MAX && width + 2 > column)
            column = width + 2;
    }
    for (int group = 0; group < CLI_GROUPS; group++) {
        bool any = false;
        for_each_cli_option(option)
        {
            if (!(option->commands & bit) || option->group != (enum cli_group)group)
                continue;
            if (!any)
                heading(out, cli_group_names[group], styled);
            any = true;
            write_option(out, option, column);
        }
    }
}

static void write_notes(struct buf *out, const char *title, const struct cli_note *notes,
                        size_t len, bool styled)
{
    size_t column = 0;
    for (size_t i = 0; i < len; i++)
        if (strlen(notes[i].name) + 4 > column)
            column = strlen(notes[i].name) + 4;
    heading(out, title, styled);
    for (size_t i = 0; i < len; i++) {
        size_t begin = out->len;
        buf_addf(out, "  %s", notes[i].name);
        write_entry(out, begin, notes[i].text, column);
    }
}

static void write_examples(struct buf *out, const struct cli_command *command, bool styled)
{
    if (!command->examples[0].line)
        return;
    heading(out, "Examples", styled);
    for (int i = 0; i < CLI_EXAMPLES && command->examples[i].line; i++) {
        buf_addf(out, "  %s\n", command->examples[i].line);
        buf_fill(out, ' ', EXAMPLE_INDENT);
        wrap(out, command->examples[i].what, EXAMPLE_INDENT, EXAMPLE_INDENT);
    }
}

static void write_commands(struct buf *out, bool styled)
{
    struct cli_note notes[CLI_COMMANDS];
    size_t len = 0;
    for (int i = 0; i < CLI_COMMANDS; i++)
        if (cli_commands[i].name[0])
            notes[len++] = (struct cli_note){cli_commands[i].name, cli_commands[i].summary};
    write_notes(out, "Commands (inrush COMMAND --help shows more)", notes, len, styled);
}

void help_write(struct buf *out, const struct cli_command *command, bool styled)
{
    bool overview = command->id == CMD_ONEOFF;
    char title[CLI_NAME_MAX];
    cli_command_title(command, title);
    const char *summary =
        overview ? "load testing, one URL or whole scenarios in Lua" : command->summary;
    buf_addf(out, styled ? "\033[1m%s\033[0m: %s\n\n" : "%s: %s\n\n", title, summary);

    buf_addf(out, "Usage: inrush %s\n", command->usage);
    if (overview)
        buf_adds(out, "       inrush COMMAND [options] ...\n");
    buf_adds(out, "\n");
    wrap(out, command->description, 0, 0);
    if (overview)
        write_commands(out, styled);
    write_options(out, command, styled);
    write_examples(out, command, styled);
    if (overview) {
        write_notes(out, "Exit status", cli_exit_notes, cli_exit_notes_len, styled);
        write_notes(out, "Environment", cli_env_notes, cli_env_notes_len, styled);
    }
}

void help_write_usage(struct buf *out)
{
    buf_adds(out, "Usage: inrush [options] URL\n"
                  "       inrush run [options] SCENARIO\n"
                  "\n");
    struct buf names = BUF_INIT;
    for (int i = 0; i < CLI_COMMANDS; i++)
        if (cli_commands[i].name[0])
            buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", cli_commands[i].name);
    const char commands[] = "Commands: ";
    buf_adds(out, commands);
    wrap(out, buf_cstr(&names), sizeof(commands) - 1, sizeof(commands) - 1);
    buf_adds(out, "inrush --help shows more.\n");
    buf_release(&names);
}
