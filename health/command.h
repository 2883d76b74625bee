#ifndef MERIDIAN_HEALTH_COMMAND_H
#define MERIDIAN_HEALTH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "health/probe.h"
#include "health/target.h"

/*
 * An external command for a target: a process of its own in a process group of
 * its own, so that it and all that it starts can be ended together. Its input
 * is empty; what it writes on either output comes through one pipe. Nothing of
 * ours is left open in it, and no variable of our environment but PATH:
 *
 *   MERIDIAN_ADDRESS  192.0.2.10        MERIDIAN_PORT     8080, 0 when none is given
 *   MERIDIAN_FAMILY   4 or 6            MERIDIAN_REGION   helsinki-1, may be empty
 *   MERIDIAN_HOST     may be empty      MERIDIAN_TIMEOUT  in seconds: 1.500
 */
struct command {
    pid_t pid;
    int pidfd;  /* readable once the process has ended */
    int output; /* non-blocking; -1 once it is closed */
};

/* 0, or the errno of what went wrong; *out is set on 0 only. */
int command_start(const struct target *target, struct command *out);

/* Kills the whole group. Only before command_reap(): the process number is ours until then. */
void command_kill(const struct command *command);

/*
 * Takes the end of the process in, ends what it left running, and closes all.
 * False while it has not ended. `status` is as waitpid() gives it.
 */
bool command_reap(struct command *command, int *status);

/* What a status means: good, or "exit 2" or "killed by signal 9", with the last line written. */
void command_judge(int status, const char *last_line, struct probe_result *result);

/*
 * The last line that is not empty of what was written last, `len` octets, as a
 * string within them; "" when there is none. Room for a NUL is needed behind them.
 */
const char *command_last_line(char *tail, size_t len);

#endif
