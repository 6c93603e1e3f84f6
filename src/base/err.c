/* Filling in struct err; see err.h. */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX = sizeof(((struct err *)0)->message) };

static const char *const kind_names[ERR_KINDS] = {
    [ERR_NONE] = "none",
    [ERR_USAGE] = "usage",
    [ERR_CONFIG] = "config",
    [ERR_SYSTEM] = "system",
    [ERR_DNS] = "dns",
    [ERR_REFUSED] = "refused",
    [ERR_UNREACHABLE] = "unreachable",
    [ERR_RESET] = "reset",
    [ERR_CLOSED] = "closed",
    [ERR_TIMEOUT] = "timeout",
    [ERR_TLS] = "tls",
    [ERR_PROTOCOL] = "protocol",
    [ERR_STATUS] = "status",
    [ERR_CHECK] = "check",
    [ERR_SCRIPT] = "script",
    [ERR_CANCELLED] = "cancelled",
};

/* Puts "..." at the end of a text that filled its array, without leaving half
 * a UTF-8 character before it. */
static void mark_cut(char text[MESSAGE_MAX])
{
    size_t at = MESSAGE_MAX - sizeof("...");
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
        at--;
    memcpy(text + at, "...", sizeof("..."));
}

/* The text is built aside: an argument may be err->message itself. */
static void store(struct err *err, const char *suffix, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

static void store(struct err *err, const char *suffix, const char *fmt, va_list args)
{
    char text[MESSAGE_MAX];
    int len = vsnprintf(text, sizeof(text), fmt, args);
    if (len < 0) {
        text[0] = '\0';
        len = 0;
    }
    if (suffix && len < MESSAGE_MAX)
        len += snprintf(text + len, (size_t)(MESSAGE_MAX - len), ": %s", suffix);
    if (len >= MESSAGE_MAX)
        mark_cut(text);
    memcpy(err->message, text, strlen(text) + 1);
}

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err_setv(err, kind, fmt, args);
    va_end(args);
    return -1;
}

int err_setv(struct err *err, enum err_kind kind, const char *fmt, va_list args)
{
    if (!err)
        return -1;
    store(err, NULL, fmt, args);
    err->kind = kind;
    return -1;
}

void err_printable(struct err *err)
{
    for (char *c = err->message; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = '?';
}

int err_prefix(struct err *err, const char *fmt, ...)
{
    if (!err)
        return -1;
    char rest[MESSAGE_MAX];
    memcpy(rest, err->message, strlen(err->message) + 1);
    va_list args;
    va_start(args, fmt);
    store(err, rest, fmt, args);
    va_end(args);
    return -1;
}

static enum err_kind kind_of_errno(int errnum)
{
    switch (errnum) {
    case ECONNREFUSED:
        return ERR_REFUSED;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
        return ERR_RESET;
    case ETIMEDOUT:
        return ERR_TIMEOUT;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
        return ERR_UNREACHABLE;
    default:
        return ERR_SYSTEM;
    }
}

int err_errno(struct err *err, int errnum, const char *fmt, ...)
{
    if (!err)
        return -1;
    char text[128];
    const char *reason = strerror_r(errnum, text, sizeof(text));
    va_list args;
    va_start(args, fmt);
    store(err, reason, fmt, args);
    va_end(args);
    err->kind = kind_of_errno(errnum);
    return -1;
}

const char *err_kind_name(enum err_kind kind)
{
    return (unsigned)kind < ERR_KINDS ? kind_names[kind] : "unknown";
}

bool err_kind_unanswered(enum err_kind kind)
{
    switch (kind) {
    case ERR_SYSTEM:
    case ERR_DNS:
    case ERR_REFUSED:
    case ERR_UNREACHABLE:
    case ERR_RESET:
    case ERR_CLOSED:
    case ERR_TIMEOUT:
    case ERR_TLS:
    case ERR_PROTOCOL:
    case ERR_CANCELLED:
        return true;
    default:
        return false;
    }
}
