#include "tools/load_cpu.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t read_schedstat(pid_t process, const char *task)
{
    char path[128];
    uint64_t ran_ns = 0;

    snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat", (int)process, task);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%" SCNu64, &ran_ns) != 1)
        ran_ns = 0;
    fclose(file);
    return ran_ns;
}

static void add_tasks(pid_t process, struct cpu_reading *reading)
{
    char path[64];
    const struct dirent *entry;

    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    DIR *tasks = opendir(path);
    while (tasks != NULL && (entry = readdir(tasks)) != NULL)
        if (entry->d_name[0] != '.')
            reading->total_ns += read_schedstat(process, entry->d_name);
    if (tasks != NULL)
        closedir(tasks);
}

/* Fields 14 and 15 of proc(5)'s stat, counted behind the name, which may hold anything. */
static void add_ticks(pid_t process, struct cpu_reading *reading)
{
    char path[64], text[1024] = "";
    uint64_t user, system;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    const char *rest = fgets(text, sizeof text, file) != NULL ? strrchr(text, ')') : NULL;
    if (rest != NULL &&
        sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64, &user,
               &system) == 2) {
        reading->user_ticks += user;
        reading->system_ticks += system;
    }
    fclose(file);
}

struct cpu_reading cpu_read(const pid_t *processes, unsigned count)
{
    struct cpu_reading reading = { 0 };

    for (unsigned i = 0; i < count; i++) {
        add_tasks(processes[i], &reading);
        add_ticks(processes[i], &reading);
    }
    return reading;
}

struct cpu_time cpu_between(const struct cpu_reading *begin, const struct cpu_reading *end)
{
    const double user = (double)(end->user_ticks - begin->user_ticks);
    const double ticks = user + (double)(end->system_ticks - begin->system_ticks);
    struct cpu_time used = { .total_us = (double)(end->total_ns - begin->total_ns) / 1000 };

    used.user_us = ticks > 0 ? used.total_us * user / ticks : 0;
    used.system_us = used.total_us - used.user_us;
    return used;
}
