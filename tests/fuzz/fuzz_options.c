/*
 * The command line parser on any words: the input's lines are argv. Whatever
 * they are, it ends with a command, or with a message of one line's worth and
 * the kind ERR_USAGE; and a line that it took once it takes again, the same.
 */
#include "cli/commands.h"
#include "cli/options.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';

    const char *argv[WORDS_MAX + 1] = {"inrush"};
    int argc = 1;
    for (char *at = text; at && argc < WORDS_MAX;) {
        char *end = strchr(at, '\n');
        if (end)
            *end++ = '\0';
        argv[argc++] = at;
        at = end;
    }

    struct cli_args args, again;
    struct err err = {ERR_NONE, ""};
    int failed = cli_parse(&args, argc, argv, &err);
    assert(args.command);
    if (failed) {
        assert(err.kind == ERR_USAGE && err.message[0]);
        assert(strlen(err.message) < sizeof(err.message));
    } else {
        assert(err.kind == ERR_NONE);
        assert(args.argument || !args.command->argument_name || args.command->argument_optional ||
               args.urls_from);
        assert(args.arguments_len < (size_t)argc);
        assert(args.argument == args.arguments[0] || args.help || args.version);
        assert(args.rest_len < (size_t)argc);
    }
    assert(cli_parse(&again, argc, argv, NULL) == failed);
    assert(again.command == args.command &&
           memcmp(again.given, args.given, sizeof(args.given)) == 0 &&
           again.headers.len == args.headers.len);
    cli_args_release(&again);
    cli_args_release(&args);
    free(text);
    return 0;
}
