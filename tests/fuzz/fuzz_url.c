/*
 * base/url.h on any text. What is taken is fit for a request line, is shown
 * without its password, and is the same URL when what is shown is read again.
 */
#include "base/mem.h"
#include "base/url.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_sendable(const char *text)
{
    for (; *text; text++)
        assert((unsigned char)*text > ' ' && (unsigned char)*text < 0x7F);
}

static void check_shown(const struct url *url)
{
    struct url again;
    struct err err;
    char *shown = url_redacted(url);
    assert(url_parse(&again, shown, &err) == 0);
    assert(strcmp(again.scheme, url->scheme) == 0);
    assert(strcmp(again.host, url->host) == 0);
    assert(strcmp(again.target, url->target) == 0);
    assert(again.port == url->port);
    assert(!again.userinfo == !url->userinfo);
    const char *password = again.userinfo ? strchr(again.userinfo, ':') : NULL;
    assert(!password || strcmp(password, ":***") == 0);

    char *shown_again = url_redacted(&again);
    assert(strcmp(shown, shown_again) == 0);
    free(shown_again);
    free(shown);
    url_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    struct url url;
    struct err err = {ERR_NONE, ""};
    if (url_parse(&url, text, &err) == 0) {
        assert(err.kind == ERR_NONE);
        assert(url.scheme[0] && url.host[0] && url.target[0] == '/');
        assert(url.port >= 0 && url.port <= 65535);
        assert_sendable(url.scheme);
        assert_sendable(url.host);
        assert_sendable(url.target);
        check_shown(&url);
        char *authority = url_authority(&url);
        assert_sendable(authority);
        free(authority);
    } else {
        assert(err.kind == ERR_CONFIG && err.message[0]);
        assert(!strchr(err.message, '\n') && !strchr(err.message, '\x1B'));
    }
    url_release(&url);
    free(text);
    return 0;
}
