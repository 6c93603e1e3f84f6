/*
 * The pages made from the tables: --help against tests/golden/help_*.txt, and
 * what must hold of them all. INRUSH_UPDATE_GOLDEN=1 writes the golden files
 * anew; read the difference before committing it.
 */
#include "base/buf.h"
#include "cli/commands.h"
#include "cli/completions.h"
#include "cli/help.h"
#include "cli/manpage.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN_DIR TEST_DATA_DIR "/../../golden"
#define GUIDE      TEST_DATA_DIR "/../../../docs/command-line.md"

static void read_file(struct buf *out, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open %s", path);
    char chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        buf_add(out, chunk, n);
    fclose(file);
}

static void assert_golden(struct buf *got, const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), GOLDEN_DIR "/%s.txt", name);
    if (getenv("INRUSH_UPDATE_GOLDEN")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fwrite(got->data, 1, got->len, file);
        assert_int_equal(fclose(file), 0);
        return;
    }
    struct buf want = BUF_INIT;
    read_file(&want, path);
    assert_string_equal(buf_cstr(got), buf_cstr(&want));
    buf_release(&want);
}

static void pages_are_golden(void **state)
{
    (void)state;
    for (int i = 0; i < CLI_COMMANDS; i++) {
        char name[64];
        snprintf(name, sizeof(name), "help_%s",
                 cli_commands[i].name[0] ? cli_commands[i].name : "overview");
        struct buf page = BUF_INIT;
        help_write(&page, &cli_commands[i], false);
        assert_golden(&page, name);
        buf_release(&page);
    }
    struct buf usage = BUF_INIT;
    help_write_usage(&usage);
    assert_golden(&usage, "help_usage");
    buf_release(&usage);
}

static void no_line_is_wider_than_a_terminal(void **state)
{
    (void)state;
    for (int i = 0; i < CLI_COMMANDS; i++) {
        struct buf page = BUF_INIT;
        help_write(&page, &cli_commands[i], false);
        for (char *line = strtok(page.len ? (char *)buf_cstr(&page) : NULL, "\n"); line;
             line = strtok(NULL, "\n")) {
            if (strlen(line) > 80)
                fail_msg("%zu columns: %s", strlen(line), line);
            if (line[strlen(line) - 1] == ' ')
                fail_msg("ends in a space: %s", line);
        }
        buf_release(&page);
    }
}

static void style_is_all_that_style_adds(void **state)
{
    (void)state;
    struct buf plain = BUF_INIT, styled = BUF_INIT, stripped = BUF_INIT;
    help_write(&plain, &cli_commands[CMD_RUN], false);
    help_write(&styled, &cli_commands[CMD_RUN], true);
    for (const char *c = buf_cstr(&styled); *c; c++) {
        if (*c == '\033')
            c = strchr(c, 'm');
        else
            buf_addch(&stripped, *c);
    }
    assert_true(styled.len > plain.len);
    assert_string_equal(buf_cstr(&stripped), buf_cstr(&plain));
    buf_release(&plain);
    buf_release(&styled);
    buf_release(&stripped);
}

/* troff reads "-" as a hyphen, so the man page's options are "\-\-name". */
static void man_name(char *out, size_t size, const char *name)
{
    size_t len = (size_t)snprintf(out, size, "\\-\\-");
    for (; *name && len + 3 < size; name++) {
        if (*name == '-')
            out[len++] = '\\';
        out[len++] = *name;
    }
    out[len] = '\0';
}

static void every_option_is_in_every_page(void **state)
{
    (void)state;
    struct buf man = BUF_INIT, guide = BUF_INIT;
    manpage_write(&man);
    read_file(&guide, GUIDE);
    const struct cli_option *option;
    for_each_cli_option(option)
    {
        char name[64];
        man_name(name, sizeof(name), option->name);
        if (!strstr(buf_cstr(&man), name))
            fail_msg("the man page lacks --%s", option->name);
        snprintf(name, sizeof(name), "`--%s", option->name);
        if (!strstr(buf_cstr(&guide), name))
            fail_msg("docs/command-line.md lacks --%s", option->name);
        for (int shell = 0; shell < CLI_SHELLS; shell++) {
            struct buf script = BUF_INIT;
            completions_write(&script, cli_shells[shell]);
            snprintf(name, sizeof(name), strcmp(cli_shells[shell], "fish") ? "--%s" : "-l %s ",
                     option->name);
            if (!strstr(buf_cstr(&script), name))
                fail_msg("the %s completions lack --%s", cli_shells[shell], option->name);
            buf_release(&script);
        }
    }
    for (int i = 0; i < CLI_COMMANDS; i++) {
        if (!strstr(buf_cstr(&guide), cli_commands[i].usage))
            fail_msg("docs/command-line.md lacks 'inrush %s'", cli_commands[i].usage);
    }
    buf_release(&man);
    buf_release(&guide);
}

/* A text line that begins with a dot or quote would be a request of its own. */
static void man_requests_are_ours(void **state)
{
    (void)state;
    static const char *const known[] = {".\\\"", ".TH", ".SH", ".SS", ".TP", ".PP", ".RS",
                                        ".RE",   ".nf", ".fi", ".br", ".ad", ".nh"};
    struct buf man = BUF_INIT;
    manpage_write(&man);
    for (char *line = strtok((char *)buf_cstr(&man), "\n"); line; line = strtok(NULL, "\n")) {
        assert_true(line[0] != '\'');
        if (line[0] != '.')
            continue;
        int found = 0;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            found |= strncmp(line, known[i], strlen(known[i])) == 0;
        if (!found)
            fail_msg("unknown request: %s", line);
    }
    buf_release(&man);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_golden),
        cmocka_unit_test(no_line_is_wider_than_a_terminal),
        cmocka_unit_test(style_is_all_that_style_adds),
        cmocka_unit_test(every_option_is_in_every_page),
        cmocka_unit_test(man_requests_are_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
