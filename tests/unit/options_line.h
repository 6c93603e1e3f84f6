/* Command lines for the tests of the option table and its parser. */
#pragma once

#include "unit.h"

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

/* One line, parsed: words("run", "x") without the program's name. */
struct line {
    struct cli_args args;
    struct err err;
    int failed;
    const char *argv[32];
};

static inline struct line *parse_words(struct line *line, const char *const *words, int n)
{
    memset(line, 0x5a, sizeof(*line)); /* cli_parse must not need it clean */
    line->argv[0] = "inrush";
    for (int i = 0; i < n; i++)
        line->argv[i + 1] = words[i];
    line->argv[n + 1] = NULL;
    line->failed = cli_parse(&line->args, n + 1, line->argv, &line->err);
    return line;
}

#define parse(line, ...)                                    \
    parse_words((line), (const char *const[]){__VA_ARGS__}, \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static inline void release(struct line *line)
{
    cli_args_release(&line->args);
}

static inline void assert_good(const struct line *line)
{
    if (line->failed)
        fail_msg("refused: %s", line->err.message);
}

static inline void check_refusal(struct line *line, const char *want, bool whole)
{
    assert_int_equal(line->failed, -1);
    assert_int_equal(line->err.kind, ERR_USAGE);
    if (whole)
        assert_string_equal(line->err.message, want);
    else if (!strstr(line->err.message, want))
        fail_msg("'%s' is not in: %s", want, line->err.message);
    release(line);
}

/* The line is refused with this message; with one that has this part. */
#define assert_refused(want, ...) \
    check_refusal(parse(&(struct line){.failed = 0}, __VA_ARGS__), want, true)
#define assert_refused_with(part, ...) \
    check_refusal(parse(&(struct line){.failed = 0}, __VA_ARGS__), part, false)

static inline void assert_words(const struct cli_list *list, const char *joined)
{
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < list->len; i++)
        buf_addf(&text, "%s%s", i ? " " : "", list->items[i]);
    assert_string_equal(buf_cstr(&text), joined);
    buf_release(&text);
}
