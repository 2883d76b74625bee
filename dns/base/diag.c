#include "dns/base/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct finding {
    enum severity severity;
    char *text;
};

struct report {
    struct finding *findings;
    size_t count;
    size_t cap;
    /* By severity: all that were told, and how many of them are kept. */
    size_t told[2];
    size_t kept[2];
};

struct report *report_new(void)
{
    return calloc(1, sizeof(struct report));
}

void report_free(struct report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->count; i++)
        free(report->findings[i].text);
    free(report->findings);
    free(report);
}

size_t report_mistakes(const struct report *report)
{
    return report->told[SEVERITY_MISTAKE];
}

size_t report_warnings(const struct report *report)
{
    return report->told[SEVERITY_WARNING];
}

size_t report_count(const struct report *report)
{
    return report->count;
}

const char *report_text(const struct report *report, size_t index)
{
    return index < report->count ? report->findings[index].text : NULL;
}

enum severity report_severity(const struct report *report, size_t index)
{
    return index < report->count ? report->findings[index].severity : SEVERITY_MISTAKE;
}

static bool is_control(char c)
{
    const unsigned char octet = (unsigned char)c;
    return octet < 0x20 || octet == 0x7f;
}

/*
 * A message quotes words of a file, and a file may hold anything: control
 * octets become \DDD, so that one mistake is one line and no terminal obeys it.
 */
static char *printable_copy(const char *text)
{
    size_t len = 0;
    for (const char *c = text; *c != '\0'; c++)
        len += is_control(*c) ? 4 : 1;

    char *copy = malloc(len + 1);
    if (copy == NULL)
        return NULL;
    char *out = copy;
    for (const char *c = text; *c != '\0'; c++) {
        if (!is_control(*c)) {
            *out++ = *c;
            continue;
        }
        const unsigned octet = (unsigned char)*c;
        *out++ = '\\';
        *out++ = (char)('0' + octet / 100);
        *out++ = (char)('0' + octet / 10 % 10);
        *out++ = (char)('0' + octet % 10);
    }
    *out = '\0';
    return copy;
}

static bool report_reserve(struct report *report)
{
    if (report->count < report->cap)
        return true;
    const size_t cap = report->cap == 0 ? 16 : report->cap * 2;
    struct finding *findings = realloc(report->findings, cap * sizeof *findings);
    if (findings == NULL)
        return false;
    report->findings = findings;
    report->cap = cap;
    return true;
}

/* Without memory for the text the finding is still counted: loading must not look clean. */
static void report_add(struct report *report, enum severity severity, const char *text)
{
    report->told[severity]++;
    if (text == NULL || report->kept[severity] == REPORT_LIMIT || !report_reserve(report))
        return;
    char *copy = printable_copy(text);
    if (copy == NULL)
        return;
    report->findings[report->count++] = (struct finding){ severity, copy };
    report->kept[severity]++;
}

void report_append(struct report *report, const struct report *from)
{
    for (size_t i = 0; i < from->count; i++)
        report_add(report, from->findings[i].severity, from->findings[i].text);
    for (int severity = SEVERITY_MISTAKE; severity <= SEVERITY_WARNING; severity++)
        report->told[severity] += from->told[severity] - from->kept[severity];
}

/* "file:line: path: message", each part only when it is known. */
static char *compose(const struct diag *diag, const char *message)
{
    char line[16] = "";
    if (diag->line != 0)
        snprintf(line, sizeof line, ":%u", diag->line);

    const bool has_file = diag->file != NULL;
    const bool has_path = diag->path != NULL && diag->path[0] != '\0';
    char *text;
    const int len =
        asprintf(&text, "%s%s%s%s%s%s", has_file ? diag->file : "", has_file ? line : "",
                 has_file ? ": " : "", has_path ? diag->path : "", has_path ? ": " : "", message);
    return len < 0 ? NULL : text;
}

static void diag_record(const struct diag *diag, enum severity severity, const char *format,
                        va_list arguments) __attribute__((format(printf, 3, 0)));

static void diag_record(const struct diag *diag, enum severity severity, const char *format,
                        va_list arguments)
{
    char *message;
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    char *text = message != NULL ? compose(diag, message) : NULL;
    report_add(diag->report, severity, text);
    free(text);
    free(message);
}

enum status diag_verror(const struct diag *diag, enum status status, const char *format,
                        va_list arguments)
{
    diag_record(diag, SEVERITY_MISTAKE, format, arguments);
    return status;
}

enum status diag_error(const struct diag *diag, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    diag_record(diag, SEVERITY_MISTAKE, format, arguments);
    va_end(arguments);
    return status;
}

void diag_vwarning(const struct diag *diag, const char *format, va_list arguments)
{
    diag_record(diag, SEVERITY_WARNING, format, arguments);
}

void diag_warning(const struct diag *diag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    diag_record(diag, SEVERITY_WARNING, format, arguments);
    va_end(arguments);
}
