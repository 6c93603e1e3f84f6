/*
 * From /proc and the resource limits; see resources.h. What cannot be read
 * stays 0, which is "not known".
 */
#include "run/resources.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void raise_to(uint32_t *most, uint64_t value)
{
    if (value > *most)
        *most = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static uint64_t count_entries(const char *path)
{
    uint64_t n = 0;
    DIR *directory = opendir(path);
    if (!directory)
        return 0;
    while (readdir(directory))
        n++;
    closedir(directory);
    return n > 3 ? n - 3 : 0; /* ".", ".." and the directory's own */
}

/* Linux 6.2 and later say the number in the directory's size. */
static uint64_t open_files(void)
{
    struct stat about;
    if (stat("/proc/self/fd", &about) == 0 && about.st_size > 0)
        return (uint64_t)about.st_size;
    return count_entries("/proc/self/fd");
}

/* The whole file, cut to size; 0: it cannot be read. */
static size_t read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, size - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

/* "TCP: inuse 25 orphan 0 tw 120 alloc 30 mem 3" */
static uint64_t tcp_sockets(void)
{
    char text[512];
    unsigned used = 0, waiting = 0;
    if (read_text("/proc/net/sockstat", text, sizeof(text)) == 0)
        return 0;
    const char *line = strstr(text, "TCP: ");
    if (!line || sscanf(line, "TCP: inuse %u orphan %*u tw %u", &used, &waiting) != 2)
        return 0;
    return (uint64_t)used + waiting;
}

static uint64_t local_ports(void)
{
    char text[64];
    unsigned low, high;
    if (read_text("/proc/sys/net/ipv4/ip_local_port_range", text, sizeof(text)) == 0 ||
        sscanf(text, "%u %u", &low, &high) != 2 || high < low)
        return 0;
    return high - low + 1;
}

static uint64_t resident_bytes(void)
{
    char text[128];
    unsigned long long pages;
    if (read_text("/proc/self/statm", text, sizeof(text)) == 0 ||
        sscanf(text, "%*u %llu", &pages) != 1)
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void resources_look(struct generator_stats *g)
{
    struct rlimit files;
    raise_to(&g->fds_most, open_files());
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY)
        raise_to(&g->fds_limit, files.rlim_cur);
    raise_to(&g->tcp_sockets_most, tcp_sockets());
    raise_to(&g->local_ports, local_ports());
    uint64_t memory = resident_bytes();
    if (memory > g->memory_most)
        g->memory_most = memory;
}
