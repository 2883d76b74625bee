/* meridian reload: the daemon reads its files again, and says how it went. */
#include <inttypes.h>

#include "dns/base/duration.h"
#include "dns/base/json.h"
#include "tools/meridian_ask.h"
#include "tools/meridian_command.h"
#include "tools/meridian_print.h"

/* Millions of records and a first probe of every new address take their time. */
enum { PATIENCE_S = 600 };

static uint64_t number_of(const struct json_node *object, const char *key)
{
    struct json_node node;
    int64_t number = 0;

    if (!json_member(object, key, &node) ||
        json_get_integer(&node, 0, INT64_MAX, &number) != STATUS_OK)
        return 0;
    return (uint64_t)number;
}

/* Every text of a list, one a line; gives their count. */
static size_t list_print(const struct json_node *object, const char *key, const char *before,
                         FILE *to)
{
    struct json_node list, item;
    const char *text;
    size_t count = 0;

    if (!json_member(object, key, &list))
        return 0;
    for (; json_child(&list, count, &item); count++)
        if (json_get_string(&item, &text) == STATUS_OK)
            fprintf(to, "%s%s\n", before, text);
    return count;
}

static void print_outcome(const struct json_node *outcome, bool ok)
{
    char took[32], counted[COUNTED_TEXT];
    struct json_node node;
    bool in_force = false;

    const size_t mistakes = list_print(outcome, "mistakes", "", stdout);
    list_print(outcome, "warnings", "warning: ", stderr);
    if (json_member(outcome, "in_force", &node) && json_get_bool(&node, &in_force) != STATUS_OK)
        in_force = false;
    const uint64_t generation = number_of(outcome, "generation");
    duration_print(number_of(outcome, "took_ms"), took, sizeof took);
    if (ok) {
        printf("reloaded: generation %" PRIu64 " is in force, made in %s\n", generation, took);
        return;
    }
    print_counted(mistakes, "mistake", "mistakes", counted);
    if (in_force)
        fprintf(stderr,
                "%s: what they concern stays as it was; all else is in force as "
                "generation %" PRIu64 "\n",
                counted, generation);
    else
        fprintf(stderr, "refused, %s: generation %" PRIu64 " goes on answering\n", counted,
                generation);
}

static enum status reload(const struct options *options, struct report *report, bool *ok)
{
    char socket_path[SOCKET_PATH];
    struct reply reply;
    struct json_node node;

    enum status status = ask_find(options, report, socket_path);
    if (status == STATUS_OK)
        status = ask_daemon(socket_path, "{\"command\":\"reload\"}", PATIENCE_S, report, &reply);
    if (status != STATUS_OK)
        return status;
    status = reply_check(&reply);
    if (status == STATUS_OK && json_member(&reply.root, "ok", &node))
        status = json_get_bool(&node, ok);
    if (status == STATUS_OK && options->json)
        puts(reply.text);
    else if (status == STATUS_OK)
        print_outcome(&reply.root, *ok);
    reply_release(&reply);
    return status;
}

static enum ending reload_run(const struct options *options)
{
    bool ok = false;
    struct report *report = report_new();
    if (report == NULL) {
        fputs("meridian: out of memory\n", stderr);
        return ENDING_NO;
    }
    enum ending ending = ENDING_GOOD;
    if (reload(options, report, &ok) != STATUS_OK)
        ending = print_failure(report, options->json);
    report_free(report);
    return ok ? ending : ENDING_NO;
}

const struct command command_reload = {
    .name = "reload",
    .summary = "read all files again, and say how it went",
    .usage = "usage: meridian reload [-c FILE] [-s SOCKET] [--json]\n"
             "\n"
             "The daemon reads its configuration, zones, maps and databases again. Returns when\n"
             "the new answers are in force; while any file on disk is refused, the mistakes are\n"
             "on stdout and the exit status is 1. What is refused stays as it was.\n",
    .run = reload_run,
};
