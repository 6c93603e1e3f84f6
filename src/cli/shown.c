/* The command line for reports; see shown.h. Called by launch.c. */
#include "cli/shown.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 400 };

static const char *const secret_words[] = {"auth",   "token",  "secret",     "passw",   "pwd",
                                           "cookie", "apikey", "credential", "session", "key"};

static bool is_name_sign(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

static bool is_secret_name(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(secret_words) / sizeof(secret_words[0]); i++) {
        size_t n = strlen(secret_words[i]);
        for (size_t at = 0; at + n <= len; at++) {
            if (strncasecmp(name + at, secret_words[i], n) == 0)
                return true;
        }
    }
    return false;
}

/* The length of the password in "scheme://user:password@host" at a colon; 0
 * where none stands. */
static size_t password_at(const char *word, const char *colon)
{
    const char *authority = strstr(word, "://");
    if (authority == NULL || colon <= authority + 2)
        return 0;
    size_t len = strcspn(colon + 1, "/?#");
    const char *at = memchr(colon + 1, '@', len);
    bool in_authority = strcspn(authority + 3, "/?#") > (size_t)(colon - authority - 3);
    return at != NULL && in_authority ? (size_t)(at - colon - 1) : 0;
}

/* The length of the value behind a '=' or ':' whose name is a secret's. At the
 * beginning of a word (a header, a setting) it is all the rest, inside (a
 * query, JSON) it ends where the next can begin. */
static size_t secret_at(const char *word, const char *sign)
{
    const char *end = sign;
    bool quoted = end > word && (end[-1] == '"' || end[-1] == '\'');
    end -= quoted;
    const char *name = end;
    while (name > word && is_name_sign(name[-1]))
        name--;
    if (!is_secret_name(name, (size_t)(end - name)) || strncmp(sign, "://", 3) == 0)
        return 0;
    return name == word ? strlen(sign + 1) : strcspn(sign + 1, "&,}");
}

static void redact(struct buf *out, const char *word)
{
    for (const char *at = word; *at != 0; at++) {
        buf_addch(out, *at);
        if (*at != '=' && *at != ':')
            continue;
        size_t len = password_at(word, at);
        if (len == 0)
            len = secret_at(word, at);
        if (len > 0) {
            buf_adds(out, "***");
            at += len;
        }
    }
}

/* Past what is the option's own: "--set=" of "--set=TOKEN=x", "-H" of "-HName: x".
 * An option's name is no secret's, whatever it is called. */
static size_t option_length(const char *word)
{
    if (word[0] != '-' || word[1] == 0)
        return 0;
    if (word[1] != '-')
        return 2;
    size_t len = strcspn(word, "=");
    return len + (word[len] == '=');
}

static void quote(struct buf *out, const char *word)
{
    static const char plain[] = "-_./:=,@%+";
    bool needs = *word == 0;
    for (const char *c = word; *c != 0; c++)
        needs |= !isalnum((unsigned char)*c) && strchr(plain, *c) == NULL;
    if (!needs) {
        buf_adds(out, word);
        return;
    }
    buf_addch(out, '\'');
    for (const char *c = word; *c != 0; c++) {
        if (*c == '\'')
            buf_adds(out, "'\\''");
        else
            buf_addch(out, *c);
    }
    buf_addch(out, '\'');
}

void shown_command(struct buf *out, int argc, const char *const *argv)
{
    struct buf word = BUF_INIT;
    for (int i = 0; i < argc; i++) {
        size_t own = i > 0 ? option_length(argv[i]) : 0;
        buf_clear(&word);
        buf_add(&word, argv[i], own);
        redact(&word, argv[i] + own);
        if (word.len > WORD_MAX) {
            word.len = WORD_MAX;
            buf_adds(&word, "...");
        }
        if (i > 0)
            buf_addch(out, ' ');
        quote(out, buf_cstr(&word));
    }
    buf_release(&word);
}
