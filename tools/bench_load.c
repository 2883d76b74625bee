/*
 * Asks a name server as fast as it answers, or at a fixed rate, checks every
 * answer, and tells what it saw and what it cost as JSON on stdout:
 *
 *     bench_load -s 127.0.0.1 -p 5300 [options] WORKLOAD
 *
 * The workload's format is in tools/load_workload.h. Ends with 1 when an answer
 * was wrong or none came, 2 for wrong usage. tests/bench/README.md tells how
 * the figures are meant.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/clock.h"
#include "dns/base/json_writer.h"
#include "tools/load_run.h"
#include "tools/load_tcp.h"
#include "tools/load_udp.h"

enum { EXIT_WRONG = 1, EXIT_USAGE = 2 };

struct options {
    const char *address;
    const char *workload;
    uint16_t port;
    bool tcp;
    struct load_plan plan;
};

static const char usage_text[] =
    "usage: bench_load -p PORT [options] WORKLOAD\n"
    "\n"
    "  -s ADDRESS  the server (default 127.0.0.1)\n"
    "  -p PORT     its port\n"
    "  -m MODE     udp (default) or tcp\n"
    "  -w N        queries on their way at once (default 128)\n"
    "  -r RATE     queries a second, whatever the server does (default: as the window admits)\n"
    "  -t S        seconds to measure (default 5), after -u S of warming up (default 0.5)\n"
    "  -k N        queries in all: ends when they are answered (default: no end)\n"
    "  -l S        seconds until a query counts as lost (default 1)\n"
    "  -n N        sockets or connections to ask from (default 1)\n"
    "  -q N        TCP: queries on a connection before it is closed (default: no end)\n"
    "  -P PID,...  the server's processes, to tell what an answer costs them\n"
    "  -e          the server is an echo: no answer to check but its length\n";

static bool read_real(const char *text, double most, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out >= 0 && *out <= most;
}

static bool read_count(const char *text, unsigned least, unsigned most, unsigned *out)
{
    double value;
    if (!read_real(text, most, &value) || value < least || value != floor(value))
        return false;
    *out = (unsigned)value;
    return true;
}

static bool read_processes(char *text, struct load_plan *plan)
{
    char *rest;
    for (const char *word = strtok_r(text, ",", &rest); word != NULL;
         word = strtok_r(NULL, ",", &rest)) {
        unsigned process;
        if (plan->process_count == CPU_PROCESSES || !read_count(word, 1, INT32_MAX, &process))
            return false;
        plan->processes[plan->process_count++] = (pid_t)process;
    }
    return true;
}

static bool read_option(int option, char *value, struct options *out)
{
    struct load_plan *plan = &out->plan;
    unsigned port;
    double number;

    switch (option) {
    case 's':
        out->address = value;
        return true;
    case 'p':
        if (!read_count(value, 1, UINT16_MAX, &port))
            return false;
        out->port = (uint16_t)port;
        return true;
    case 'm':
        out->tcp = strcmp(value, "tcp") == 0;
        return out->tcp || strcmp(value, "udp") == 0;
    case 'w':
        return read_count(value, 1, FLIGHT_IDS / 2, &plan->window);
    case 'r':
        return read_real(value, 1e8, &plan->rate);
    case 't':
        return read_real(value, 86400, &plan->measure_s);
    case 'u':
        return read_real(value, 86400, &plan->warm_s);
    case 'k':
        if (!read_real(value, 1e12, &number))
            return false;
        plan->most = (uint64_t)number;
        return true;
    case 'l':
        if (!read_real(value, 3600, &number))
            return false;
        plan->timeout_ns = (uint64_t)(number * 1e9);
        return true;
    case 'n':
        return read_count(value, 1, 1000, &plan->sockets);
    case 'q':
        return read_count(value, 1, 1000000, &plan->per_connection);
    case 'P':
        return read_processes(value, plan);
    case 'e':
        plan->echo = true;
        return true;
    default:
        return false;
    }
}

static bool read_server(struct options *options)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&options->plan.server;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&options->plan.server;

    if (inet_pton(AF_INET, options->address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(options->port);
        options->plan.server_len = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, options->address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(options->port);
        options->plan.server_len = sizeof *v6;
        return true;
    }
    return false;
}

static bool read_options(int argc, char **argv, struct options *out)
{
    int option;

    *out = (struct options){
        .address = "127.0.0.1",
        .plan = { .window = 128,
                  .warm_s = 0.5,
                  .measure_s = 5,
                  .timeout_ns = 1000000000,
                  .sockets = 1 },
    };
    while ((option = getopt(argc, argv, "s:p:m:w:r:t:u:k:l:n:q:P:e")) != -1) {
        if (option == '?' || !read_option(option, optarg, out)) {
            if (option != '?')
                fprintf(stderr, "bench_load: -%c %s is not understood\n", option, optarg);
            return false;
        }
    }
    if (optind != argc - 1 || out->port == 0 || !read_server(out))
        return false;
    out->workload = argv[optind];
    return true;
}

/* ---- what was seen ---- */

static void put_counts(struct json_writer *json, const struct load_counts *counts)
{
    json_put_integer(json, "sent", (int64_t)counts->sent);
    json_put_integer(json, "answered", (int64_t)counts->answered);
    json_put_integer(json, "lost", (int64_t)counts->lost);
    json_put_integer(json, "unknown", (int64_t)counts->unknown);
    json_put_integer(json, "connections", (int64_t)counts->connections);
    json_put_integer(json, "wrong", (int64_t)(counts->answered - counts->verdicts[VERDICT_GOOD]));
    json_put_object(json, "verdicts");
    for (unsigned i = 0; i < VERDICT_COUNT; i++)
        json_put_integer(json, workload_verdict_text((enum workload_verdict)i),
                         (int64_t)counts->verdicts[i]);
    json_end(json);
}

static void put_latency(struct json_writer *json, const struct histogram *latency)
{
    json_put_object(json, "latency_us");
    json_put_real(json, "p50", (double)histogram_quantile(latency, 0.5) / 1000);
    json_put_real(json, "p90", (double)histogram_quantile(latency, 0.9) / 1000);
    json_put_real(json, "p99", (double)histogram_quantile(latency, 0.99) / 1000);
    json_put_real(json, "p99.9", (double)histogram_quantile(latency, 0.999) / 1000);
    json_put_real(json, "most", (double)latency->most / 1000);
    json_end(json);
}

static void put_cpu(struct json_writer *json, const char *key, const struct cpu_time *used,
                    double answers)
{
    const double per = answers > 0 ? 1 / answers : 0;
    json_put_object(json, key);
    json_put_real(json, "total_us", used->total_us * per);
    json_put_real(json, "user_us", used->user_us * per);
    json_put_real(json, "system_us", used->system_us * per);
    json_end(json);
}

static void print_run(const struct load_run *run)
{
    const double seconds = (double)(run->end_ns - run->begin_ns) / 1e9;
    const double answers = (double)run->answered_in_time;
    const struct cpu_time server = cpu_between(&run->cpu_begin, &run->cpu_end);
    const struct cpu_time own = cpu_between(&run->own_begin, &run->own_end);
    struct json_writer *json = json_writer_new();

    json_put_object(json, NULL);
    json_put_real(json, "seconds", seconds);
    json_put_real(json, "rate", seconds > 0 ? answers / seconds : 0);
    put_counts(json, &run->counts);
    put_latency(json, &run->latency);
    put_cpu(json, "server_cpu", &server, answers);
    put_cpu(json, "own_cpu", &own, answers);
    json_end(json);
    char *text = json_writer_finish(json, 2);
    printf("%s\n", text != NULL ? text : "out of memory");
    free(text);
}

static int measure(const struct options *options, const struct workload *workload)
{
    struct load_run *run = malloc(sizeof *run);
    int result = EXIT_WRONG;

    if (run == NULL) {
        fprintf(stderr, "bench_load: out of memory\n");
        return result;
    }
    load_start(run, &options->plan, workload, clock_monotonic_ns());
    if (options->tcp ? load_tcp(run) : load_udp(run)) {
        print_run(run);
        if (run->counts.answered > 0 && run->counts.verdicts[VERDICT_GOOD] == run->counts.answered)
            result = EXIT_SUCCESS;
    }
    free(run);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct workload workload;
    int result = EXIT_WRONG;

    if (!read_options(argc, argv, &options)) {
        fputs(usage_text, stderr);
        return EXIT_USAGE;
    }
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    if (report == NULL)
        return EXIT_WRONG;
    const enum status status = workload_read(options.workload, &diag, &workload);
    for (size_t i = 0; i < report_count(report); i++)
        fprintf(stderr, "%s\n", report_text(report, i));
    if (status == STATUS_OK)
        result = measure(&options, &workload);
    workload_release(&workload);
    report_free(report);
    return result;
}
