/* Local addresses in turn, each family for itself. Workers share the turn, or
 * each of them would begin with the first. */
#include "net/sources.h"

#include "base/mem.h"
#include "base/vec.h"
#include "net/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct family {
    VEC(union dns_address) addresses; /* with port 0 */
    atomic_uint next;
};

struct sources {
    struct family v4, v6;
};

/* Older headers of the C library lack it. */
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static int bind_to(int fd, const union dns_address *address)
{
    int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    return bind(fd, &address->any, dns_address_len(address));
}

static int try_bind(const union dns_address *address, const char *text, struct err *err)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = fd < 0 ? -1 : bind_to(fd, address);
    int errnum = errno;
    if (fd >= 0)
        close(fd);
    if (rc == 0)
        return 0;
    if (errnum == EADDRNOTAVAIL)
        return err_set(
            err, ERR_SYSTEM,
            "cannot connect from %s: this machine has no such address (see `ip address`)", text);
    err_errno(err, errnum, "cannot connect from %s", text);
    err->kind = ERR_SYSTEM;
    return -1;
}

static int add(struct sources *s, const char *text, struct err *err)
{
    union dns_address address = {.any.sa_family = AF_INET};
    struct family *family = &s->v4;
    if (inet_pton(AF_INET, text, &address.v4.sin_addr) != 1) {
        address = (union dns_address){.any.sa_family = AF_INET6};
        family = &s->v6;
        if (inet_pton(AF_INET6, text, &address.v6.sin6_addr) != 1) {
            err_set(err, ERR_USAGE,
                    "\"%.100s\" is not an address of this machine, such as 127.0.0.2 or ::1", text);
            err_printable(err);
            return -1;
        }
    }
    if (try_bind(&address, text, err) < 0)
        return -1;
    vec_push(&family->addresses, address);
    return 0;
}

struct sources *sources_new(char *const *addresses, size_t len, struct err *err)
{
    struct sources *s = xcalloc(1, sizeof(*s));
    for (size_t i = 0; i < len; i++) {
        if (add(s, addresses[i], err) == 0)
            continue;
        sources_free(s);
        return NULL;
    }
    return s;
}

void sources_free(struct sources *s)
{
    if (s == NULL)
        return;
    vec_release(&s->v4.addresses);
    vec_release(&s->v6.addresses);
    free(s);
}

bool sources_have(const struct sources *s, sa_family_t family)
{
    const struct family *f = family == AF_INET6 ? &s->v6 : &s->v4;
    return f->addresses.len > 0;
}

int sources_bind(struct sources *s, int fd, sa_family_t family)
{
    struct family *f = family == AF_INET6 ? &s->v6 : &s->v4;
    unsigned turn = atomic_fetch_add_explicit(&f->next, 1, memory_order_relaxed);
    return bind_to(fd, &f->addresses.items[turn % f->addresses.len]);
}
