#include "health/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- its environment ---- */

enum { VARIABLES = 7, VARIABLE = 384 };

struct environment {
    char text[VARIABLES][VARIABLE];
    char *list[VARIABLES + 2]; /* PATH may be too long for a place in `text` */
    char *path;
};

static const char *text_or_none(const char *text)
{
    return text != NULL ? text : "";
}

static bool environment_make(const struct target *target, struct environment *out)
{
    static const char standard[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    const struct probe_spec *spec = &target->spec;
    const char *path = getenv("PATH");
    char address[ADDRESS_TEXT];
    size_t n = 0;
    if (asprintf(&out->path, "PATH=%s", path != NULL ? path : standard) < 0)
        return false;
    snprintf(out->text[n++], VARIABLE, "MERIDIAN_ADDRESS=%s",
             address_print(&target->address, address));
    snprintf(out->text[n++], VARIABLE, "MERIDIAN_FAMILY=%d",
             target->address.family == FAMILY_V6 ? 6 : 4);
    snprintf(out->text[n++], VARIABLE, "MERIDIAN_PORT=%u", target->port);
    snprintf(out->text[n++], VARIABLE, "MERIDIAN_HOST=%s", text_or_none(spec->host));
    snprintf(out->text[n++], VARIABLE, "MERIDIAN_REGION=%s", text_or_none(spec->region));
    snprintf(out->text[n++], VARIABLE, "MERIDIAN_TIMEOUT=%u.%03u", spec->timeout_ms / 1000,
             spec->timeout_ms % 1000);
    snprintf(out->text[n++], VARIABLE, "LC_ALL=C.UTF-8");

    for (size_t i = 0; i < n; i++)
        out->list[i] = out->text[i];
    out->list[n] = out->path;
    out->list[n + 1] = NULL;
    return true;
}

/* ---- its start ---- */

/* The outputs into the pipe, no input, and nothing else of ours (glibc 2.34 closes from 3 on). */
static int actions_make(posix_spawn_file_actions_t *actions, int pipe_end)
{
    int error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, pipe_end, STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, pipe_end, STDERR_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    return error;
}

/* A group of its own, and signals as a fresh process expects them: ours are blocked or ignored. */
static int attributes_make(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const struct target *target, int pipe_end, pid_t *pid)
{
    const struct probe_spec *spec = &target->spec;
    char *words[PROBE_WORDS + 1] = { NULL };
    struct environment environment;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    /* execve() takes words that it does not change as if it might. */
    for (size_t i = 0; i < spec->command_count; i++)
        words[i] = (char *)(uintptr_t)spec->command[i];
    if (!environment_make(target, &environment))
        return ENOMEM;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int error = actions_make(&actions, pipe_end);
    if (error == 0)
        error = attributes_make(&attributes);
    if (error == 0)
        error = posix_spawnp(pid, words[0], &actions, &attributes, words, environment.list);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(environment.path);
    return error;
}

int command_start(const struct target *target, struct command *out)
{
    int ends[2];
    struct command command = { .pid = 0 };
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    /* Our end alone: most programs are not made for an output that would block. */
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    int error = spawn(target, ends[1], &command.pid);
    close(ends[1]);
    command.output = ends[0];
    if (error == 0) {
        command.pidfd = pidfd_open(command.pid, 0);
        if (command.pidfd >= 0) {
            *out = command;
            return 0;
        }
        error = errno;
        command_kill(&command);
        (void)waitpid(command.pid, NULL, 0);
    }
    close(command.output);
    return error;
}

/* ---- its end ---- */

void command_kill(const struct command *command)
{
    (void)kill(-command->pid, SIGKILL);
}

bool command_reap(struct command *command, int *status)
{
    siginfo_t ended = { .si_pid = 0 };
    /* Looked at first, and taken only when the rest of its group is dead: the number stays ours. */
    const int looked = waitid(P_PID, (id_t)command->pid, &ended, WEXITED | WNOHANG | WNOWAIT);
    if (looked == 0 && ended.si_pid == 0)
        return false;
    *status = W_EXITCODE(UINT8_MAX, 0);
    if (looked == 0) {
        command_kill(command);
        (void)waitpid(command->pid, status, 0);
    }
    close(command->pidfd);
    if (command->output >= 0)
        close(command->output);
    *command = (struct command){ .pidfd = -1, .output = -1 };
    return true;
}

const char *command_last_line(char *tail, size_t len)
{
    tail[len] = '\0';
    for (size_t i = 0; i < len; i++) {
        if (tail[i] == '\0')
            tail[i] = ' ';
    }
    while (len > 0 && strchr(" \t\r\n", tail[len - 1]) != NULL)
        tail[--len] = '\0';
    const char *newline = strrchr(tail, '\n');
    const char *line = newline != NULL ? newline + 1 : tail;
    return line + strspn(line, " \t\r");
}

void command_judge(int status, const char *last_line, struct probe_result *result)
{
    const char *colon = last_line[0] != '\0' ? ": " : "";
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        result->good = true;
    else if (WIFEXITED(status))
        probe_fail(result, "exit %d%s%s", WEXITSTATUS(status), colon, last_line);
    else
        probe_fail(result, "killed by signal %d%s%s", WTERMSIG(status), colon, last_line);
}
