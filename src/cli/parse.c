/*
 * The command line parser: words in, struct cli_args out, by the tables in
 * options.c and commands.c. Called once by main; knows no option by name
 * except where two of them exclude each other.
 *
 * An error names what was written, what is wrong with it and what would be
 * right, and the first one ends the parsing.
 */
#include "cli/options.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "base/units.h"
#include "base/vec.h"
#include "cli/commands.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct parser {
    struct cli_args *args;
    struct err *err;
    const char *const *argv; /* NULL-terminated by argc */
    int argc;
    int next; /* the next word to look at */
    const struct cli_command *command;
    unsigned bit; /* the command's, in struct cli_option.commands */
};

/* An option as the person wrote it, for messages: "--run-time", "-t (--threads)". */
enum { SPELLING_MAX = 80 };

static void *field_of(struct cli_args *args, const struct cli_option *option)
{
    return (char *)args + option->field;
}

#define usage(err, ...) err_set(err, ERR_USAGE, __VA_ARGS__)

/* "inrush run --help lists them": where to look, for the end of a message. */
static const char *where_help(const struct cli_command *command, char buf[64])
{
    char title[CLI_NAME_MAX];
    snprintf(buf, 64, "%s --help lists them", cli_command_title(command, title));
    return buf;
}

/* ---- values ---- */

static bool is_token_char(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* A token of RFC 9110, section 5.6.2: what methods and header names are. */
static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_token_char(text[i]))
            return false;
    return len > 0;
}

static int check_range(const struct cli_option *option, const char *text, double value,
                       struct err *err)
{
    bool time = option->type == CLI_DURATION;
    if (value < option->min) {
        if (time)
            return usage(err, "'%s' is too short; at least %gms", text, option->min * 1000);
        return usage(err, "'%s' is too small; at least %g", text, option->min);
    }
    if (option->max > 0 && value > option->max)
        return usage(err, "'%s' is too much; at most %.15g", text, option->max);
    if (time && value > 366 * 86400.0)
        return usage(err, "'%s' is too long; at most 366d", text);
    return 0;
}

static int parse_share(const char *text, double *share, struct err *err)
{
    char number[32];
    size_t len = strlen(text);
    bool percent = len > 0 && text[len - 1] == '%';
    if (percent)
        len--;
    if (len < sizeof(number)) {
        memcpy(number, text, len);
        number[len] = '\0';
        if (units_parse_number(number, share, NULL) == 0) {
            if (percent)
                *share /= 100;
            if (*share >= 0 && *share <= 1)
                return 0;
        }
    }
    return usage(err, "'%s' is not a share of the whole; write 5%% or 0.05", text);
}

static int check_method(const char *text, struct err *err)
{
    static const char *const known[] = {"GET",   "HEAD",   "POST",    "PUT",
                                        "PATCH", "DELETE", "OPTIONS", "TRACE"};
    if (!is_token(text, strlen(text)))
        return usage(err, "'%s' is not an HTTP method; write GET, POST, PUT", text);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcasecmp(text, known[i]) == 0 && strcmp(text, known[i]) != 0)
            return usage(err, "HTTP methods are upper case; write %s", known[i]);
    return 0;
}

static void push_word(struct cli_list *list, const char *text, size_t len)
{
    vec_push(list, xstrndup(text, len));
}

static int add_words(struct cli_list *list, const char *text, struct err *err)
{
    const char *word = text;
    for (;;) {
        const char *end = strchrnul(word, ',');
        if (end == word)
            return usage(err, "'%s' holds an empty name; write A,B", text);
        push_word(list, word, (size_t)(end - word));
        if (!*end)
            return 0;
        word = end + 1;
    }
}

static void push_pair(struct cli_pairs *pairs, const char *name, size_t name_len, const char *value,
                      size_t value_len)
{
    struct cli_pair pair = {xstrndup(name, name_len), xstrndup(value, value_len)};
    vec_push(pairs, pair);
}

static int add_header(struct cli_pairs *pairs, const char *text, struct err *err)
{
    static const char example[] = "write 'Name: value', such as 'Accept: text/plain'";
    const char *colon = strchr(text, ':');
    if (!colon)
        return usage(err, "'%s' has no colon; %s", text, example);
    size_t name_len = (size_t)(colon - text);
    while (name_len > 0 && (text[name_len - 1] == ' ' || text[name_len - 1] == '\t'))
        name_len--;
    if (!is_token(text, name_len))
        return usage(err, "'%.*s' is not a header name; %s", (int)name_len, text, example);

    const char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t value_len = strlen(value);
    while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
        value_len--;
    for (size_t i = 0; i < value_len; i++)
        if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f)
            return usage(err, "the value of '%.*s' holds a control character", (int)name_len, text);
    push_pair(pairs, text, name_len, value, value_len);
    return 0;
}

static int add_setting(struct cli_pairs *pairs, const char *text, struct err *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return usage(err, "'%s' is not KEY=VALUE", text);
    push_pair(pairs, text, (size_t)(equals - text), equals + 1, strlen(equals + 1));
    return 0;
}

/* Checks text and stores it where the row says. */
static int store(struct cli_args *args, const struct cli_option *option, const char *text,
                 struct err *err)
{
    void *field = field_of(args, option);
    switch (option->type) {
    case CLI_FLAG:
        *(bool *)field = true;
        return 0;
    case CLI_METHOD:
        if (check_method(text, err) < 0)
            return -1;
        *(const char **)field = text;
        return 0;
    case CLI_PATH:
        if (!*text)
            return usage(err, "the file name is empty");
        *(const char **)field = text;
        return 0;
    case CLI_STRING:
        *(const char **)field = text;
        return 0;
    case CLI_DURATION:
        if (units_parse_duration(text, field, err) < 0)
            return -1;
        return check_range(option, text, *(double *)field, err);
    case CLI_NUMBER:
        if (units_parse_number(text, field, err) < 0)
            return -1;
        return check_range(option, text, *(double *)field, err);
    case CLI_COUNT:
        if (units_parse_count(text, field, err) < 0)
            return -1;
        return check_range(option, text, (double)*(uint64_t *)field, err);
    case CLI_SHARE:
        return parse_share(text, field, err);
    case CLI_PORT: {
        int port;
        if (units_parse_port(text, 1, &port, err) < 0)
            return -1;
        *(uint64_t *)field = (uint64_t)port;
        return 0;
    }
    case CLI_LIST:
        push_word(field, text, strlen(text));
        return 0;
    case CLI_WORDS:
        return add_words(field, text, err);
    case CLI_HEADERS:
        return add_header(field, text, err);
    case CLI_SETTINGS:
        return add_setting(field, text, err);
    }
    return 0;
}

static int take(struct parser *p, const struct cli_option *option, const char *text,
                const char *spelling)
{
    if (store(p->args, option, text, p->err) < 0) {
        char message[sizeof(p->err->message)];
        snprintf(message, sizeof(message), "%s", p->err->message);
        return usage(p->err, "%s: %s%s%s%s", spelling, message, option->hint ? " (" : "",
                     option->hint ? option->hint : "", option->hint ? ")" : "");
    }
    p->args->given |= UINT64_C(1) << option->id;
    return 0;
}

/* ---- options ---- */

/* Something like an option that this command has: "--users" behind --host
 * means that the value was forgotten. */
static bool is_option(const struct parser *p, const char *word)
{
    if (strncmp(word, "--", 2) != 0)
        return false;
    size_t len = strcspn(word + 2, "=");
    return len > 0 && cli_option_long(p->bit, word + 2, len) != NULL;
}

/* The option's value from the next word. */
static int take_next(struct parser *p, const struct cli_option *option, const char *spelling)
{
    if (p->next >= p->argc)
        return usage(p->err, "%s needs a value: %s", spelling, option->value);
    const char *word = p->argv[p->next];
    if (is_option(p, word))
        return usage(p->err,
                     "%s needs a value, and '%s' is an option; if it is meant, write --%s=%s",
                     spelling, word, option->name, word);
    p->next++;
    return take(p, option, word, spelling);
}

/* What people who come from Locust write, and what it is here. */
static const struct {
    unsigned commands;
    const char *name;
    const char *advice;
} advices[] = {
    {1u << CMD_RUN | 1u << CMD_CHECK, "-H", "Locust's -H is --host here"},
    {1u << CMD_RUN, "-f", "the scenario is the argument: inrush run FILE.lua"},
    {1u << CMD_RUN, "--locustfile", "the scenario is the argument: inrush run FILE.lua"},
};

static const char *advice_for(unsigned bit, const char *name)
{
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
        if (advices[i].commands & bit && strcmp(advices[i].name, name) == 0)
            return advices[i].advice;
    return NULL;
}

/* The commands of a bit set, as words: "'inrush run' and 'inrush check'". */
static const char *list_commands(unsigned commands, char *buf, size_t size)
{
    size_t len = 0;
    buf[0] = '\0';
    for (int i = 0; i < CLI_COMMANDS; i++) {
        if (!(commands & 1u << i))
            continue;
        commands &= ~(1u << i);
        char title[CLI_NAME_MAX];
        int n = snprintf(buf + len, size - len, "%s'%s%s'",
                         len == 0   ? ""
                         : commands ? ", "
                                    : " and ",
                         cli_command_title(&cli_commands[i], title), i == CMD_ONEOFF ? " URL" : "");
        len += (size_t)n;
        if (len >= size)
            break;
    }
    return buf;
}

static unsigned commands_with_long(const char *name, size_t len)
{
    unsigned commands = 0;
    for (unsigned i = 0; i < CLI_COMMANDS; i++)
        if (cli_option_long(1u << i, name, len))
            commands |= 1u << i;
    return commands;
}

static unsigned commands_with_short(char name)
{
    unsigned commands = 0;
    for (unsigned i = 0; i < CLI_COMMANDS; i++)
        if (cli_option_short(1u << i, name))
            commands |= 1u << i;
    return commands;
}

/* The command's long name that a person may have meant, or NULL: one that
 * begins so, else the nearest. */
static const char *suggest_long(unsigned bit, const char *name, size_t len)
{
    const char **names = xcalloc(cli_options_len * (1 + CLI_ALIASES), sizeof(*names));
    size_t n = 0;
    for (size_t i = 0; i < cli_options_len; i++) {
        if (!(cli_options[i].commands & bit))
            continue;
        names[n++] = cli_options[i].name;
        for (int a = 0; a < CLI_ALIASES && cli_options[i].aliases[a]; a++)
            names[n++] = cli_options[i].aliases[a];
    }
    const char *found = NULL;
    for (size_t i = 0; i < n && !found && len >= 3; i++)
        if (strncmp(names[i], name, len) == 0)
            found = names[i];
    if (!found) {
        char *word = xstrndup(name, len);
        found = suggest(word, names, n);
        free(word);
    }
    free(names);
    return found;
}

static int unknown_long(struct parser *p, const char *word, size_t len)
{
    char text[128], list[256], help[64];
    snprintf(text, sizeof(text), "%.*s", (int)(len + 2 < 100 ? len + 2 : 100), word);
    const char *advice = advice_for(p->bit, text);
    if (advice)
        return usage(p->err, "unknown option %s; %s", text, advice);
    unsigned others = commands_with_long(word + 2, len);
    if (others)
        return usage(p->err, "%s is an option of %s, not of '%s%s' (%s)", text,
                     list_commands(others, list, sizeof(list)),
                     cli_command_title(p->command, (char[CLI_NAME_MAX]){0}),
                     p->command->id == CMD_ONEOFF ? " URL" : "", where_help(p->command, help));
    const char *near = suggest_long(p->bit, word + 2, len);
    if (near)
        return usage(p->err, "unknown option %s; did you mean --%s? (%s)", text, near,
                     where_help(p->command, help));
    return usage(p->err, "unknown option %s (%s)", text, where_help(p->command, help));
}

static int unknown_short(struct parser *p, char name)
{
    char text[3] = {'-', name, '\0'};
    char list[256], help[64];
    const char *advice = advice_for(p->bit, text);
    if (advice)
        return usage(p->err, "unknown option %s; %s", text, advice);
    unsigned others = commands_with_short(name);
    if (others)
        return usage(p->err, "%s is an option of %s, not of '%s%s' (%s)", text,
                     list_commands(others, list, sizeof(list)),
                     cli_command_title(p->command, (char[CLI_NAME_MAX]){0}),
                     p->command->id == CMD_ONEOFF ? " URL" : "", where_help(p->command, help));
    char other = (char)(islower((unsigned char)name) ? toupper((unsigned char)name)
                                                     : tolower((unsigned char)name));
    if (other != name && cli_option_short(p->bit, other))
        return usage(p->err, "unknown option %s; did you mean -%c? (%s)", text, other,
                     where_help(p->command, help));
    return usage(p->err, "unknown option %s (%s)", text, where_help(p->command, help));
}

static int parse_long(struct parser *p, const char *word)
{
    size_t len = strcspn(word + 2, "=");
    const char *value = word[2 + len] ? word + 2 + len + 1 : NULL;
    const struct cli_option *option = cli_option_long(p->bit, word + 2, len);
    if (!option)
        return unknown_long(p, word, len);
    char spelling[SPELLING_MAX];
    snprintf(spelling, sizeof(spelling), "--%.*s", (int)len, word + 2);
    if (!cli_takes_value(option)) {
        if (value)
            return usage(p->err, "%s takes no value", spelling);
        return take(p, option, NULL, spelling);
    }
    if (value)
        return take(p, option, value, spelling);
    return take_next(p, option, spelling);
}

/* -c64, -c 64, and flags bundled before them: -Lqc64. */
static int parse_shorts(struct parser *p, const char *word)
{
    for (const char *c = word + 1; *c; c++) {
        const struct cli_option *option = cli_option_short(p->bit, *c);
        if (!option)
            return unknown_short(p, *c);
        char spelling[SPELLING_MAX];
        snprintf(spelling, sizeof(spelling), "-%c (--%s)", *c, option->name);
        if (cli_takes_value(option)) {
            if (c[1])
                return take(p, option, c + 1, spelling);
            return take_next(p, option, spelling);
        }
        if (take(p, option, NULL, spelling) < 0)
            return -1;
    }
    return 0;
}

/* ---- commands and arguments ---- */

/* Whether a word is meant as a URL or host, not as a command. */
static bool looks_like_url(const char *word)
{
    return strpbrk(word, ":/.") != NULL || strcasecmp(word, "localhost") == 0;
}

static const char *suggest_command(const char *word)
{
    const char *names[CLI_COMMANDS];
    size_t n = 0;
    for (int i = 0; i < CLI_COMMANDS; i++)
        if (cli_commands[i].name[0])
            names[n++] = cli_commands[i].name;
    return suggest(word, names, n);
}

static int unknown_command(const char *word, struct err *err)
{
    const char *near = suggest_command(word);
    if (near)
        return usage(err, "unknown command '%s'; did you mean '%s'?", word, near);
    return usage(err,
                 "unknown command '%s' (inrush --help lists them; if it is a host, write "
                 "http://%s/)",
                 word, word);
}

static int check_argument(struct parser *p, const char *word)
{
    char title[CLI_NAME_MAX];
    cli_command_title(p->command, title);
    if (!*word)
        return usage(p->err, "%s: %s is empty", title, p->command->argument_name);
    switch (p->command->argument) {
    case ARG_URL:
        if (cli_command_find(word))
            return usage(p->err, "'%s' is a command and stands first: inrush %s [options]", word,
                         word);
        if (!looks_like_url(word))
            return usage(p->err,
                         "'%s' is neither a URL nor a command; if it is a host, write "
                         "http://%s/",
                         word, word);
        return 0;
    case ARG_SHELL: {
        for (int i = 0; i < CLI_SHELLS; i++)
            if (strcmp(word, cli_shells[i]) == 0)
                return 0;
        return usage(p->err, "no completions for '%s'; there are some for %s, %s and %s", word,
                     cli_shells[0], cli_shells[1], cli_shells[2]);
    }
    case ARG_COMMAND:
        if (!cli_command_find(word))
            return unknown_command(word, p->err);
        return 0;
    case ARG_NONE:
    case ARG_SCENARIO:
    case ARG_BUNDLED:
    case ARG_FILE:
        return 0;
    }
    return 0;
}

static int parse_argument(struct parser *p, const char *word)
{
    char title[CLI_NAME_MAX];
    cli_command_title(p->command, title);
    if (!p->command->argument_name)
        return usage(p->err, "%s takes no argument, and got '%s'", title, word);
    if (p->args->argument)
        return usage(p->err, "%s takes one %s, and got '%s' and '%s'%s", title,
                     p->command->argument_name, p->args->argument, word,
                     cli_option_long(p->bit, "class", 5) ? " (user classes are chosen with --class)"
                                                         : "");
    if (check_argument(p, word) < 0)
        return -1;
    p->args->argument = word;
    return 0;
}

/* The words behind "--": the argument, if it is still due, then the script's. */
static int parse_rest(struct parser *p)
{
    if (p->next < p->argc && !p->args->argument && p->command->argument_name &&
        parse_argument(p, p->argv[p->next++]) < 0)
        return -1;
    if (p->next < p->argc && !p->command->takes_rest)
        return parse_argument(p, p->argv[p->next]);
    p->args->rest = p->argv + p->next;
    p->args->rest_len = (size_t)(p->argc - p->next);
    p->next = p->argc;
    return 0;
}

static int missing_argument(struct parser *p)
{
    char title[CLI_NAME_MAX];
    cli_command_title(p->command, title);
    switch (p->command->argument) {
    case ARG_URL:
        return usage(p->err, "the URL is missing: inrush [options] URL (inrush --help shows more)");
    case ARG_SCENARIO:
        return usage(p->err,
                     "%s needs a SCENARIO: a .lua file, or one of those that inrush list shows",
                     title);
    case ARG_BUNDLED:
        return usage(p->err, "%s needs a NAME: one of those that inrush list shows", title);
    case ARG_SHELL:
        return usage(p->err, "%s needs a SHELL: %s, %s or %s", title, cli_shells[0], cli_shells[1],
                     cli_shells[2]);
    default:
        return usage(p->err, "%s needs a %s (%s --help shows more)", title,
                     p->command->argument_name, title);
    }
}

static int set_command(struct parser *p, const struct cli_command *command)
{
    p->command = command;
    p->bit = cli_command_bit(command);
    p->args->command = command;
    for (size_t i = 0; i < cli_options_len; i++) {
        const struct cli_option *option = &cli_options[i];
        if (option->commands & p->bit && option->fallback &&
            store(p->args, option, option->fallback, p->err) < 0)
            return err_prefix(p->err, "default of --%s", option->name);
    }
    return 0;
}

/* The command is the first word; without one it is a one-off. */
static int parse_command(struct parser *p)
{
    const char *word = p->next < p->argc ? p->argv[p->next] : "-";
    const struct cli_command *command = &cli_commands[CMD_ONEOFF];
    if (word[0] != '-') {
        const struct cli_command *named = cli_command_find(word);
        if (named) {
            command = named;
            p->next++;
        } else if (*word && !looks_like_url(word)) {
            p->args->command = command;
            return unknown_command(word, p->err);
        }
    }
    return set_command(p, command);
}

static void become(struct cli_args *args, enum cli_command_id id, const char *argument)
{
    args->command = &cli_commands[id];
    args->argument = argument;
}

/* --help and --version end the parsing: the rest need not be right. */
static bool is_answered(struct parser *p)
{
    if (p->args->help)
        become(p->args, CMD_HELP, p->command->name[0] ? p->command->name : NULL);
    else if (p->args->version)
        become(p->args, CMD_VERSION, NULL);
    return p->args->help || p->args->version;
}

int cli_parse(struct cli_args *args, int argc, const char *const *argv, struct err *err)
{
    *args = (struct cli_args){.command = &cli_commands[CMD_ONEOFF]};
    struct err ignored;
    struct parser p = {
        .args = args, .err = err ? err : &ignored, .argv = argv, .argc = argc, .next = 1};
    if (parse_command(&p) < 0)
        return -1;
    while (p.next < argc) {
        const char *word = argv[p.next++];
        int failed;
        if (strcmp(word, "--") == 0)
            failed = parse_rest(&p);
        else if (word[0] == '-' && word[1] == '-')
            failed = parse_long(&p, word);
        else if (word[0] == '-' && word[1])
            failed = parse_shorts(&p, word);
        else
            failed = parse_argument(&p, word);
        if (failed)
            return -1;
        if (is_answered(&p))
            return 0;
    }
    if (!args->argument && p.command->argument_name && !p.command->argument_optional)
        return missing_argument(&p);
    if (args->body && args->json_body)
        return usage(p.err, "--body and --json-body exclude each other");
    return 0;
}

static void release_list(struct cli_list *list)
{
    for (size_t i = 0; i < list->len; i++)
        free(list->items[i]);
    vec_release(list);
}

static void release_pairs(struct cli_pairs *pairs)
{
    for (size_t i = 0; i < pairs->len; i++) {
        free(pairs->items[i].name);
        free(pairs->items[i].value);
    }
    vec_release(pairs);
}

void cli_args_release(struct cli_args *args)
{
    for (size_t i = 0; i < cli_options_len; i++) {
        const struct cli_option *option = &cli_options[i];
        if (!cli_repeatable(option))
            continue;
        if (option->type == CLI_LIST || option->type == CLI_WORDS)
            release_list(field_of(args, option));
        else
            release_pairs(field_of(args, option));
    }
}
