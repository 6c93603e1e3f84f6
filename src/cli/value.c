/*
 * The text of an option's value, checked by its type and stored in its field.
 * Each check knows a type, none an option.
 */
#include "cli/value.h"

#include "base/mem.h"
#include "base/units.h"
#include "base/vec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Longer than anybody runs, and far inside what a timer holds. */
#define TIME_MAX (366 * 86400.0)

static void *field_of(struct cli_args *args, const struct cli_option *option)
{
    return (char *)args + option->field;
}

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
            return usage_error(err, "'%s' is too short; at least %gms", text, option->min * 1000);
        return usage_error(err, "'%s' is too small; at least %g", text, option->min);
    }
    if (option->max > 0 && value > option->max)
        return usage_error(err, "'%s' is too much; at most %.15g", text, option->max);
    if (time && value > TIME_MAX)
        return usage_error(err, "'%s' is too long; at most 366d", text);
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
    return usage_error(err, "'%s' is not a share of the whole; write 5%% or 0.05", text);
}

int value_check_method(const char *text, struct err *err)
{
    static const char *const known[] = {"GET",   "HEAD",   "POST",    "PUT",
                                        "PATCH", "DELETE", "OPTIONS", "TRACE"};
    if (!is_token(text, strlen(text)))
        return usage_error(err, "'%s' is not an HTTP method; write GET, POST, PUT", text);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcasecmp(text, known[i]) == 0 && strcmp(text, known[i]) != 0)
            return usage_error(err, "HTTP methods are upper case; write %s", known[i]);
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
            return usage_error(err, "'%s' holds an empty name; write A,B", text);
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
        return usage_error(err, "'%s' has no colon; %s", text, example);
    size_t name_len = (size_t)(colon - text);
    while (name_len > 0 && (text[name_len - 1] == ' ' || text[name_len - 1] == '\t'))
        name_len--;
    if (!is_token(text, name_len))
        return usage_error(err, "'%.*s' is not a header name; %s", (int)name_len, text, example);

    const char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t value_len = strlen(value);
    while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
        value_len--;
    for (size_t i = 0; i < value_len; i++)
        if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f)
            return usage_error(err, "the value of '%.*s' holds a control character", (int)name_len,
                               text);
    push_pair(pairs, text, name_len, value, value_len);
    return 0;
}

static int add_setting(struct cli_pairs *pairs, const char *text, struct err *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return usage_error(err, "'%s' is not KEY=VALUE", text);
    push_pair(pairs, text, (size_t)(equals - text), equals + 1, strlen(equals + 1));
    return 0;
}

int value_store(struct cli_args *args, const struct cli_option *option, const char *text,
                struct err *err)
{
    void *field = field_of(args, option);
    switch (option->type) {
    case CLI_FLAG:
        *(bool *)field = true;
        return 0;
    case CLI_METHOD:
        if (value_check_method(text, err) < 0)
            return -1;
        *(const char **)field = text;
        return 0;
    case CLI_PATH:
    case CLI_OUTPUT:
        if (!*text)
            return usage_error(err, "the file name is empty");
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
    const struct cli_option *option;
    for_each_cli_option(option)
    {
        if (!cli_repeatable(option))
            continue;
        if (option->type == CLI_LIST || option->type == CLI_WORDS)
            release_list(field_of(args, option));
        else
            release_pairs(field_of(args, option));
    }
    free(args->arguments);
    args->arguments = NULL;
}
