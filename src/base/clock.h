/* The two clocks: monotonic nanoseconds for everything measured, wall time
 * for what people and files date. */
#pragma once

#include <pthread.h>
#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t clock_ns(void);
/* CPU time of the calling thread, of another that has not been joined, of the
 * whole process, in nanoseconds. */
uint64_t clock_thread_cpu_ns(void);
uint64_t clock_cpu_ns_of(pthread_t thread);
uint64_t clock_process_cpu_ns(void);
/* Seconds since the Unix epoch. */
double clock_wall(void);

static inline double ns_to_s(uint64_t ns)
{
    return (double)ns / 1e9;
}

static inline uint64_t s_to_ns(double s)
{
    return s <= 0 ? 0 : (uint64_t)(s * 1e9 + 0.5);
}
