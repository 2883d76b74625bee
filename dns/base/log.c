#include "dns/base/log.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dns/base/clock.h"
#include "dns/base/throttle.h"

/* A longer line is cut; the messages of a report are not, they have their own memory. */
enum { LINE_MOST = 4096 };

static const struct {
    const char *word;
    const char *journal; /* sd-daemon(3): the syslog priority in front of the line */
} levels[] = {
    [LOG_LEVEL_ERROR] = { "error: ", "<3>" },
    [LOG_LEVEL_WARNING] = { "warning: ", "<4>" },
    [LOG_LEVEL_INFO] = { "info: ", "<6>" },
    [LOG_LEVEL_DEBUG] = { "debug: ", "<7>" },
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    enum log_level most;
    bool to_journal;
    struct throttle throttle;
} state = { .most = LOG_LEVEL_INFO };

/* systemd.exec(5): JOURNAL_STREAM names the device and inode of the journal's end of stderr. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat here;
    if (stream == NULL || fstat(STDERR_FILENO, &here) != 0)
        return false;

    unsigned long long device, inode;
    return sscanf(stream, "%llu:%llu", &device, &inode) == 2 && device == here.st_dev &&
           inode == here.st_ino;
}

void log_open(enum log_level most)
{
    pthread_mutex_lock(&lock);
    state.most = most;
    state.to_journal = stderr_is_journal();
    pthread_mutex_unlock(&lock);
}

/* One system call for one line: lines of several threads and processes do not mix. */
static void emit(enum log_level level, const char *text)
{
    const char *const parts[] = {
        state.to_journal ? levels[level].journal : "",
        levels[level].word,
        text,
        "\n",
    };
    struct iovec pieces[4];
    for (size_t i = 0; i < 4; i++)
        pieces[i] = (struct iovec){ (void *)(uintptr_t)parts[i], strlen(parts[i]) };
    /* Nobody is left to be told when stderr is gone. */
    if (writev(STDERR_FILENO, pieces, 4) < 0)
        return;
}

static void emit_held(uint64_t now_ms)
{
    unsigned held;
    const char *format;
    while ((format = throttle_collect(&state.throttle, now_ms, &held)) != NULL) {
        char line[LINE_MOST];
        snprintf(line, sizeof line, "held back %u more lines of the kind '%s'", held, format);
        emit(LOG_LEVEL_WARNING, line);
    }
}

static void log_line(enum log_level level, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void log_line(enum log_level level, const char *format, va_list arguments)
{
    char line[LINE_MOST];
    if (vsnprintf(line, sizeof line, format, arguments) < 0)
        snprintf(line, sizeof line, "%s", format);
    /* A word from outside may hold anything; a line stays a line. */
    for (char *c = line; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    }

    pthread_mutex_lock(&lock);
    if (level <= state.most) {
        const uint64_t now_ms = clock_monotonic_ms();
        emit_held(now_ms);
        if (throttle_pass(&state.throttle, format, LOG_BURST, now_ms))
            emit(level, line);
    }
    pthread_mutex_unlock(&lock);
}

void log_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(LOG_LEVEL_ERROR, format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(LOG_LEVEL_WARNING, format, arguments);
    va_end(arguments);
}

void log_info(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(LOG_LEVEL_INFO, format, arguments);
    va_end(arguments);
}

void log_debug(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(LOG_LEVEL_DEBUG, format, arguments);
    va_end(arguments);
}

/* What the report counted but did not keep. */
static void emit_cut(const struct report *report, const size_t kept[2])
{
    char line[64];
    const size_t mistakes = report_mistakes(report) - kept[SEVERITY_MISTAKE];
    const size_t warnings = report_warnings(report) - kept[SEVERITY_WARNING];
    if (mistakes != 0) {
        snprintf(line, sizeof line, "and %zu more mistakes", mistakes);
        emit(LOG_LEVEL_ERROR, line);
    }
    if (warnings != 0 && state.most >= LOG_LEVEL_WARNING) {
        snprintf(line, sizeof line, "and %zu more warnings", warnings);
        emit(LOG_LEVEL_WARNING, line);
    }
}

void log_report(const struct report *report)
{
    size_t kept[2] = { 0 };
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < report_count(report); i++) {
        const enum severity severity = report_severity(report, i);
        const enum log_level level =
            severity == SEVERITY_MISTAKE ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;
        kept[severity]++;
        if (level <= state.most)
            emit(level, report_text(report, i));
    }
    emit_cut(report, kept);
    pthread_mutex_unlock(&lock);
}
