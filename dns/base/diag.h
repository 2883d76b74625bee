#ifndef MERIDIAN_BASE_DIAG_H
#define MERIDIAN_BASE_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * How loading ends. STATUS_OK is zero everywhere; any other value means that a
 * report already tells the operator why.
 */
enum status {
    STATUS_OK = 0,
    STATUS_SYNTAX,  /* the text cannot be read */
    STATUS_LIMIT,   /* a value is out of its range */
    STATUS_MEANING, /* readable, but it contradicts something else */
    STATUS_IO,      /* a file or socket could not be used */
    STATUS_MEMORY   /* the system gave no memory */
};

/*
 * Every mistake (and warning) found in one run, in the order found. Holds
 * copies of its texts, with control octets spelled \DDD. A flood is cut at
 * REPORT_LIMIT kept mistakes and as many warnings; the rest is counted.
 * Thread: one at a time.
 */
struct report;

enum { REPORT_LIMIT = 10000 };

enum severity { SEVERITY_MISTAKE, SEVERITY_WARNING };

struct report *report_new(void); /* NULL when memory is out */
void report_free(struct report *report);

/* Mistakes counted so far, the ones over the limit included; warnings apart. */
size_t report_mistakes(const struct report *report);
size_t report_warnings(const struct report *report);

/* Kept messages, 0 .. report_count()-1: "file:line: text" or "file: path: text". */
size_t report_count(const struct report *report);
const char *report_text(const struct report *report, size_t index);
enum severity report_severity(const struct report *report, size_t index);

/* Appends every message of `from`, in order. */
void report_append(struct report *report, const struct report *from);

/*
 * Where we stand while reading: a small value, copied and refined freely
 * (`struct diag here = *diag; here.line = 7;`). The strings are borrowed and
 * must live as long as the value is used. `line` is used for line-oriented
 * files, `path` for JSON documents; both may be absent (0, NULL).
 */
struct diag {
    struct report *report;
    const char *file;
    const char *path;
    unsigned line; /* 1-based, 0 = none */
};

/* Records a mistake at the place of `diag`; returns `status`, so a complaint is one line. */
enum status diag_error(const struct diag *diag, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum status diag_verror(const struct diag *diag, enum status status, const char *format,
                        va_list arguments) __attribute__((format(printf, 3, 0)));

/* Records something an operator should look at; loading goes on. */
void diag_warning(const struct diag *diag, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void diag_vwarning(const struct diag *diag, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

#endif
