#include "tools/meridian_print.h"

#include <stdlib.h>

void print_report(const struct report *report, FILE *mistakes, FILE *warnings)
{
    for (size_t i = 0; i < report_count(report); i++) {
        if (report_severity(report, i) == SEVERITY_MISTAKE)
            fprintf(mistakes, "%s\n", report_text(report, i));
        else
            fprintf(warnings, "warning: %s\n", report_text(report, i));
    }
}

static void put_all(const struct report *report, enum severity severity, const char *key,
                    struct json_writer *writer)
{
    json_put_array(writer, key);
    for (size_t i = 0; i < report_count(report); i++)
        if (report_severity(report, i) == severity)
            json_put_string(writer, NULL, report_text(report, i));
    json_end(writer);
}

void print_report_json(const struct report *report, struct json_writer *writer)
{
    put_all(report, SEVERITY_MISTAKE, "mistakes", writer);
    put_all(report, SEVERITY_WARNING, "warnings", writer);
}

bool print_json(struct json_writer *writer)
{
    char *text = json_writer_finish(writer, 2);
    if (text == NULL) {
        fputs("meridian: out of memory\n", stderr);
        return false;
    }
    puts(text);
    free(text);
    return true;
}

const char *print_counted(size_t count, const char *one, const char *many, char out[COUNTED_TEXT])
{
    snprintf(out, COUNTED_TEXT, "%zu %s", count, count == 1 ? one : many);
    return out;
}

enum ending print_failure(const struct report *report, bool json)
{
    if (!json) {
        print_report(report, stderr, stderr);
        return ENDING_NO;
    }
    struct json_writer *writer = json_writer_new();
    if (writer == NULL) {
        fputs("meridian: out of memory\n", stderr);
        return ENDING_NO;
    }
    json_put_object(writer, NULL);
    json_put_bool(writer, "ok", false);
    json_put_string(writer, "error", report_count(report) > 0 ? report_text(report, 0) : "");
    print_report_json(report, writer);
    json_end(writer);
    print_json(writer);
    return ENDING_NO;
}
