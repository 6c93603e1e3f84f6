/*
 * inrush(1) from the tables: the one-off first, then a subsection per command.
 * Text goes through escape() or its kin, so that no word of a table can be
 * taken for a troff request; tests/unit/test_help.c and the ctest cli.manpage
 * hold that.
 */
#include "cli/manpage.h"

#include "cli/commands.h"
#include "cli/help.h"

#include <string.h>

/* Appends text such that troff prints it as it is: quotes and dashes ASCII, as
 * people will copy them into a shell. */
static void escape(struct buf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '\\':
            buf_adds(out, "\\e");
            break;
        case '-':
            buf_adds(out, "\\-");
            break;
        case '\'':
            buf_adds(out, "\\(aq");
            break;
        case '"':
            buf_adds(out, "\\(dq");
            break;
        case '`':
            buf_adds(out, "\\(ga");
            break;
        case '^':
            buf_adds(out, "\\(ha");
            break;
        case '~':
            buf_adds(out, "\\(ti");
            break;
        default:
            buf_addch(out, *text);
        }
    }
}

/* One input line of text; \& keeps a leading dot from being a request. */
static void line(struct buf *out, const char *text)
{
    buf_adds(out, "\\&");
    escape(out, text);
    buf_addch(out, '\n');
}

static void paragraphs(struct buf *out, const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t len = end ? (size_t)(end - text) : strlen(text);
        struct buf paragraph = BUF_INIT;
        buf_add(&paragraph, text, len);
        line(out, buf_cstr(&paragraph));
        buf_release(&paragraph);
        text += len + (end ? 2 : 0);
        if (end)
            buf_adds(out, ".PP\n");
    }
}

/* Words in bold, and what stands in for the person's own in italics. */
static void bold(struct buf *out, const char *text)
{
    buf_adds(out, "\\fB");
    escape(out, text);
    buf_adds(out, "\\fR");
}

static void italic(struct buf *out, const char *text)
{
    buf_adds(out, "\\fI");
    escape(out, text);
    buf_adds(out, "\\fR");
}

/* ".TP" and "-c, --connections N", then what it does. */
static void write_option(struct buf *out, const struct cli_option *option)
{
    buf_adds(out, ".TP\n");
    if (option->short_name) {
        bold(out, (char[]){'-', option->short_name, '\0'});
        buf_adds(out, ", ");
    }
    buf_adds(out, "\\fB\\-\\-");
    escape(out, option->name);
    buf_adds(out, "\\fR");
    if (option->value) {
        buf_addch(out, ' ');
        italic(out, option->value);
    }
    buf_addch(out, '\n');

    struct buf text = BUF_INIT;
    struct buf facts = BUF_INIT;
    buf_adds(&text, option->help);
    help_option_facts(&facts, option);
    if (facts.len > 0)
        buf_addf(&text, " (%s)", buf_cstr(&facts));
    buf_addch(&text, '.');
    line(out, buf_cstr(&text));
    buf_release(&facts);
    buf_release(&text);
}

static void write_options(struct buf *out, const struct cli_command *command)
{
    const struct cli_option *option;
    for (int group = 0; group < CLI_GROUPS; group++) {
        for_each_cli_option(option)
        {
            if (option->commands & cli_command_bit(command) &&
                option->group == (enum cli_group)group && option->id != OPT_HELP)
                write_option(out, option);
        }
    }
}

static void write_examples(struct buf *out, const struct cli_command *command)
{
    for (int i = 0; i < CLI_EXAMPLES && command->examples[i].line; i++) {
        buf_adds(out, ".PP\n");
        struct buf what = BUF_INIT;
        buf_addf(&what, "%s:", command->examples[i].what);
        line(out, buf_cstr(&what));
        buf_release(&what);
        buf_adds(out, ".PP\n.nf\n.RS 2\n");
        line(out, command->examples[i].line);
        buf_adds(out, ".RE\n.fi\n");
    }
}

static void write_notes(struct buf *out, const char *title, const struct cli_note *notes,
                        size_t len)
{
    buf_addf(out, ".SH %s\n", title);
    for (size_t i = 0; i < len; i++) {
        buf_adds(out, ".TP\n");
        bold(out, notes[i].name);
        buf_addch(out, '\n');
        line(out, notes[i].text);
    }
}

/* ".B inrush run" and the usage's remaining words in roman. */
static void write_usage(struct buf *out, const struct cli_command *command)
{
    bold(out, "inrush");
    buf_addch(out, ' ');
    size_t name = strlen(command->name);
    if (name > 0)
        bold(out, command->name);
    escape(out, command->usage + name);
    buf_addch(out, '\n');
}

static void write_command(struct buf *out, const struct cli_command *command)
{
    buf_adds(out, ".SS ");
    escape(out, command->usage);
    buf_adds(out, "\n");
    paragraphs(out, command->description);
    write_options(out, command);
    write_examples(out, command);
}

void manpage_write(struct buf *out)
{
    const struct cli_command *oneoff = &cli_commands[CMD_ONEOFF];
    buf_adds(out, ".\\\" Made by \"inrush man\" from the option table; do not edit.\n"
                  ".TH INRUSH 1 \"\" \"inrush " INRUSH_VERSION "\" \"User Commands\"\n"
                  ".\\\" Ragged, not hyphenated: option names and commands are to be copied.\n"
                  ".ad l\n"
                  ".nh\n"
                  ".SH NAME\n"
                  "inrush \\- load testing, one URL or whole scenarios in Lua\n"
                  ".SH SYNOPSIS\n");
    for (int i = 0; i < CLI_COMMANDS; i++) {
        if (i > 0)
            buf_adds(out, ".br\n");
        write_usage(out, &cli_commands[i]);
    }
    buf_adds(out, ".SH DESCRIPTION\n");
    paragraphs(out, oneoff->description);
    buf_adds(out, ".SH OPTIONS\n");
    write_options(out, oneoff);
    buf_adds(out, ".PP\nEvery command takes \\fB\\-h\\fR, \\fB\\-\\-help\\fR.\n"
                  ".SH COMMANDS\n");
    for (int i = 0; i < CLI_COMMANDS; i++)
        if (i != CMD_ONEOFF)
            write_command(out, &cli_commands[i]);
    buf_adds(out, ".SH EXAMPLES\n");
    write_examples(out, oneoff);
    write_notes(out, "EXIT STATUS", cli_exit_notes, cli_exit_notes_len);
    write_notes(out, "ENVIRONMENT", cli_env_notes, cli_env_notes_len);
}
