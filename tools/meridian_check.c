/* meridian check: every mistake in one run, found by the functions that the daemon loads with. */
#include "tools/meridian_command.h"

#include "tools/meridian_offline.h"
#include "tools/meridian_print.h"

static void print_summary(const struct report *report, const struct offline_count *count)
{
    char mistakes[COUNTED_TEXT], warnings[COUNTED_TEXT];
    char zones[COUNTED_TEXT], records[COUNTED_TEXT], services[COUNTED_TEXT];
    char targets[COUNTED_TEXT], databases[COUNTED_TEXT];

    print_counted(report_warnings(report), "warning", "warnings", warnings);
    if (report_mistakes(report) > 0) {
        print_counted(report_mistakes(report), "mistake", "mistakes", mistakes);
        fprintf(stderr, "%s, %s\n", mistakes, warnings);
        return;
    }
    fprintf(stderr, "configuration is good: %s, %s, %s, %s, %s",
            print_counted(count->zones, "zone", "zones", zones),
            print_counted(count->records, "record", "records", records),
            print_counted(count->services, "service", "services", services),
            print_counted(count->targets, "probed target", "probed targets", targets),
            print_counted(count->databases, "database", "databases", databases));
    if (report_warnings(report) > 0)
        fprintf(stderr, "; %s", warnings);
    fputc('\n', stderr);
}

static bool print_findings_json(const struct report *report, const struct offline_count *count,
                                bool good)
{
    struct json_writer *writer = json_writer_new();
    if (writer == NULL) {
        fputs("meridian: out of memory\n", stderr);
        return false;
    }
    json_put_object(writer, NULL);
    json_put_bool(writer, "ok", good);
    print_report_json(report, writer);
    json_put_integer(writer, "zones", (int64_t)count->zones);
    json_put_integer(writer, "records", (int64_t)count->records);
    json_put_integer(writer, "services", (int64_t)count->services);
    json_put_integer(writer, "targets", (int64_t)count->targets);
    json_put_integer(writer, "databases", (int64_t)count->databases);
    json_end(writer);
    return print_json(writer);
}

static enum ending check_run(const struct options *options)
{
    struct offline offline;
    struct report *report = report_new();
    if (report == NULL) {
        fputs("meridian: out of memory\n", stderr);
        return ENDING_NO;
    }

    bool good = offline_load(options_config(options), report, &offline) == STATUS_OK;
    const struct offline_count count = offline_count(&offline);
    if (options->json) {
        good = print_findings_json(report, &count, good) && good;
    } else {
        print_report(report, stdout, stderr);
        print_summary(report, &count);
    }
    offline_release(&offline);
    report_free(report);
    return good ? ENDING_GOOD : ENDING_NO;
}

const struct command command_check = {
    .name = "check",
    .summary = "find every mistake in the configuration, zones, maps and databases",
    .usage = "usage: meridian check [-c FILE] [--json]\n"
             "\n"
             "Loads everything that meridiand would load with this configuration, and prints\n"
             "every mistake on stdout, one a line: `file:line: message` for zone files,\n"
             "`file: path.to.key: message` for JSON. Warnings and a summary go to stderr.\n"
             "No daemon is asked, nothing is bound or probed.\n",
    .run = check_run,
};
