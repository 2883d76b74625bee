/* meridian status: what the daemon knows of regions, targets, zones and databases. */
#include "dns/base/clock.h"
#include "tools/meridian_ask.h"
#include "tools/meridian_command.h"
#include "tools/meridian_print.h"
#include "tools/meridian_status_print.h"

enum { PATIENCE_S = 30 };

static enum status show(const struct options *options, struct report *report)
{
    char socket_path[SOCKET_PATH];
    struct reply reply;

    enum status status = ask_find(options, report, socket_path);
    if (status == STATUS_OK)
        status = ask_daemon(socket_path, "{\"command\":\"status\"}", PATIENCE_S, report, &reply);
    if (status != STATUS_OK)
        return status;
    status = reply_check(&reply);
    if (status == STATUS_OK && options->json)
        puts(reply.text);
    else if (status == STATUS_OK && !status_print(&reply.root, clock_wall_ms(), stdout))
        status = diag_error(&reply.diag, STATUS_MEMORY, "out of memory");
    reply_release(&reply);
    return status;
}

static enum ending status_run(const struct options *options)
{
    struct report *report = report_new();
    if (report == NULL) {
        fputs("meridian: out of memory\n", stderr);
        return ENDING_NO;
    }
    enum ending ending = ENDING_GOOD;
    if (show(options, report) != STATUS_OK)
        ending = print_failure(report, options->json);
    report_free(report);
    return ending;
}

const struct command command_status = {
    .name = "status",
    .summary = "regions and services, last probes, zones, databases",
    .usage = "usage: meridian status [-c FILE] [-s SOCKET] [--json]\n"
             "\n"
             "Asks the daemon for the state of every region and service, since when, and the\n"
             "last result of every probe; zones with the mistakes that keep them from being\n"
             "loaded; databases with the date on which they were built. A question mark behind\n"
             "a health says that the last probes spoke against it.\n",
    .run = status_run,
};
