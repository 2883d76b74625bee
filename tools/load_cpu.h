#ifndef MERIDIAN_TOOLS_LOAD_CPU_H
#define MERIDIAN_TOOLS_LOAD_CPU_H

#include <stdint.h>
#include <sys/types.h>

enum { CPU_PROCESSES = 64 };

/*
 * Processor time that processes have used, all of their threads together, in
 * microseconds. `total` is exact: the scheduler's own account of every thread
 * (/proc/PID/task/TID/schedstat). How it divides into user and system is
 * sampled by the kernel's timer tick (/proc/PID/stat): a few seconds give it
 * to some per cent.
 */
struct cpu_time {
    double total_us;
    double user_us, system_us; /* sum to total_us */
};

/*
 * What was used between two readings, begin and end, of the same processes.
 * A thread that ended between them is missing in the total.
 */
struct cpu_reading {
    uint64_t total_ns;
    uint64_t user_ticks, system_ticks;
};

struct cpu_reading cpu_read(const pid_t *processes, unsigned count);
struct cpu_time cpu_between(const struct cpu_reading *begin, const struct cpu_reading *end);

#endif
