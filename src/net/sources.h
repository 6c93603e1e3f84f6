/*
 * --bind: the local addresses that connections are made from, in turn. Each
 * one more address is another 28,000 connections (net.ipv4.ip_local_port_range)
 * to the same target: the kernel chooses the port when it connects, by both
 * ends, not when it binds (IP_BIND_ADDRESS_NO_PORT).
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct sources;

/* Of IPv4 and IPv6 addresses as text; each is tried with a bind at once. NULL
 * with ERR_USAGE for one that is none, or ERR_SYSTEM where it cannot be bound;
 * the message names it. */
struct sources *sources_new(char *const *addresses, size_t len, struct err *err);
void sources_free(struct sources *s);

bool sources_have(const struct sources *s, sa_family_t family);
/* Binds a socket to the next address of its family, of which there is one; from
 * any thread. -1 with errno. */
int sources_bind(struct sources *s, int fd, sa_family_t family);
