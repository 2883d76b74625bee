/* meridian reload: the daemon reads its files again, and says how it went. */
#include <inttypes.h>
#include <string.h>

#include "dns/base/duration.h"
#include "dns/base/json.h"
#include "tools/meridian_ask.h"
#include "tools/meridian_command.h"
#include "tools/meridian_print.h"
#include "tools/meridian_told.h"

/* Millions of records and a first probe of every new address take their time. */
enum { PATIENCE_S = 600 };

/* Every text of a list, one a line; gives their count. */
static size_t list_print(const struct json_node *outcome, const char *key, const char *before,
                         FILE *to)
{
    struct json_node list, item;
    size_t count = 0;

    if (!json_member(outcome, key, &list))
        return 0;
    for (; json_child(&list, count, &item); count++)
        fprintf(to, "%s%s\n", before, told_word(&item));
    return count;
}

static void outcome_print(const struct json_node *outcome)
{
    const char *word = told_text(outcome, "outcome");
    const uint64_t generation = told_number(outcome, "generation");
    char took[32], mistakes[COUNTED_TEXT];

    print_counted(list_print(outcome, "mistakes", "", stdout), "mistake", "mistakes", mistakes);
    list_print(outcome, "warnings", "warning: ", stderr);
    duration_print(told_number(outcome, "took_ms"), took, sizeof took);
    if (strcmp(word, "good") == 0)
        printf("reloaded: generation %" PRIu64 " is in force after %s\n", generation, took);
    else if (strcmp(word, "mistakes") == 0)
        fprintf(stderr,
                "%s: what they concern stays as it was, all else is in force as generation "
                "%" PRIu64 "\n",
                mistakes, generation);
    else
        fprintf(stderr, "refused, %s: generation %" PRIu64 " goes on answering\n", mistakes,
                generation);
}

static enum status reload(const struct options *options, struct report *report, bool *good)
{
    char socket_path[SOCKET_PATH];
    struct reply reply;

    enum status status = ask_find(options, report, socket_path);
    if (status == STATUS_OK)
        status = ask_daemon(socket_path, "{\"command\":\"reload\"}", PATIENCE_S, report, &reply);
    if (status != STATUS_OK)
        return status;
    status = reply_check(&reply);
    if (status == STATUS_OK) {
        *good = strcmp(told_text(&reply.root, "outcome"), "good") == 0;
        if (options->json)
            puts(reply.text);
        else
            outcome_print(&reply.root);
    }
    reply_release(&reply);
    return status;
}

static enum ending reload_run(const struct options *options)
{
    bool good = false;
    struct report *report = report_new();
    if (report == NULL) {
        fputs("meridian: out of memory\n", stderr);
        return ENDING_NO;
    }
    if (reload(options, report, &good) != STATUS_OK)
        print_failure(report, options->json);
    report_free(report);
    return good ? ENDING_GOOD : ENDING_NO;
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
