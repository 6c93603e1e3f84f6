/* cli/options.h: the rules that the rows of the tables of options and commands keep. */
#include "options_line.h"

static void no_command_has_a_name_twice(void **state)
{
    (void)state;
    for (unsigned command = 0; command < CLI_COMMANDS; command++) {
        const struct cli_option *option, *later;
        for (size_t i = 0; (option = cli_option_at(i)) != NULL; i++) {
            unsigned bit = 1u << command;
            if (!(option->commands & bit))
                continue;
            assert_ptr_equal(cli_option_long(bit, option->name, strlen(option->name)), option);
            for (int a = 0; a < CLI_ALIASES && option->aliases[a]; a++)
                assert_ptr_equal(
                    cli_option_long(bit, option->aliases[a], strlen(option->aliases[a])), option);
            if (option->short_name)
                assert_ptr_equal(cli_option_short(bit, option->short_name), option);
            assert_ptr_equal(cli_option_by_id(bit, option->id), option);
            for (size_t j = i + 1; (later = cli_option_at(j)) != NULL; j++)
                if (later->commands & bit)
                    assert_int_not_equal(later->id, option->id);
        }
    }
}

static void every_row_is_complete(void **state)
{
    (void)state;
    bool seen[CLI_OPTS] = {false};
    const struct cli_option *option;
    for_each_cli_option(option)
    {
        seen[option->id] = true;
        assert_non_null(option->name);
        assert_non_null(option->help);
        assert_true(option->commands != 0);
        assert_true(option->commands < 1u << CLI_COMMANDS);
        assert_int_equal(option->value != NULL, cli_takes_value(option));
        assert_true(option->help[strlen(option->help) - 1] != '.');
        if (cli_repeatable(option))
            assert_null(option->fallback);
    }
    for (int id = 0; id < CLI_OPTS; id++)
        assert_true(seen[id]);
}

static void every_command_is_complete(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLI_COMMANDS; i++) {
        const struct cli_command *command = &cli_commands[i];
        assert_int_equal(command->id, i);
        assert_non_null(command->summary);
        assert_non_null(command->description);
        assert_non_null(command->main);
        assert_int_equal(command->argument != ARG_NONE, command->argument_name != NULL);
        assert_int_equal(strncmp(command->usage, command->name, strlen(command->name)), 0);
        if (command->argument_name)
            assert_non_null(strstr(command->usage, command->argument_name));
        assert_non_null(cli_option_long(1u << i, "help", 4));
    }
}

/* Each example of help and man page must parse as a line of its command. */
static void the_examples_are_right(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLI_COMMANDS; i++) {
        for (int e = 0; e < CLI_EXAMPLES && cli_commands[i].examples[e].line; e++) {
            char text[256];
            const char *words[24];
            int n = 0;
            snprintf(text, sizeof(text), "%s", cli_commands[i].examples[e].line);
            char *begin = strstr(text, "inrush ");
            assert_non_null(begin);
            char *at = begin + strlen("inrush ");
            at[strcspn(at, ">|&)")] = '\0';
            /* Words and 'quoted words', as the shell splits them. */
            while (*at) {
                at += strspn(at, " ");
                if (!*at)
                    break;
                char end = *at == '\'' ? '\'' : ' ';
                at += end == '\'';
                words[n++] = at;
                at = strchrnul(at, end);
                if (*at)
                    *at++ = '\0';
            }
            struct line line;
            parse_words(&line, words, n);
            assert_good(&line);
            assert_int_equal(line.args.command->id, i);
            release(&line);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_command_has_a_name_twice),
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(every_command_is_complete),
        cmocka_unit_test(the_examples_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
