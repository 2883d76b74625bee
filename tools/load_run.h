#ifndef MERIDIAN_TOOLS_LOAD_RUN_H
#define MERIDIAN_TOOLS_LOAD_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "tools/load_cpu.h"
#include "tools/load_flight.h"
#include "tools/load_histogram.h"
#include "tools/load_workload.h"

/*
 * One run of the generator apart from the sockets: what is asked when, what
 * came back, and what it was worth. A transport asks load_due() how many
 * queries may leave, takes each from load_next(), hands every answer to
 * load_answer(), and goes round until load_over(). Thread: one.
 */
struct load_plan {
    struct sockaddr_storage server;
    socklen_t server_len;
    unsigned window; /* most queries on their way, at most FLIGHT_IDS / 2 */
    double rate;     /* queries a second; 0: as many as the window admits */
    double warm_s, measure_s;
    uint64_t most;           /* queries in all, after which the run ends early; 0: no end */
    uint64_t timeout_ns;     /* after which a query is lost */
    unsigned sockets;        /* or connections */
    unsigned per_connection; /* TCP: queries before it is closed; 0: no end */
    bool echo;               /* the server sends back what it got: nothing else to judge */
    unsigned process_count;  /* whose processor time is told */
    pid_t processes[CPU_PROCESSES];
};

struct load_counts {
    uint64_t sent, answered, lost;
    uint64_t verdicts[VERDICT_COUNT];
    uint64_t unknown; /* answers to nothing on its way: late, repeated, or with a wrong id */
    uint64_t connections;
};

enum load_phase { LOAD_WARM, LOAD_MEASURE, LOAD_DRAIN, LOAD_OVER };

struct load_run {
    const struct load_plan *plan;
    const struct workload *workload;
    enum load_phase phase;
    uint64_t begin_ns, end_ns; /* of measuring: as planned, then as they were */
    uint64_t schedule_ns;      /* when query 0 of the schedule was due */
    uint64_t scheduled;        /* queries of the schedule that have left */
    uint64_t random;           /* state of the draws */
    uint32_t cursor;           /* the next query of the workload */
    unsigned told;             /* wrong answers spelled out so far */
    struct load_counts counts; /* of what was asked while measuring, and its answers */
    uint64_t answered_in_time; /* between begin and end */
    struct cpu_reading cpu_begin, cpu_end, own_begin, own_end;
    struct histogram latency;
    struct flight flight;
};

/* Starts warming up now. `run` is large: not for the stack. */
void load_start(struct load_run *run, const struct load_plan *plan, const struct workload *workload,
                uint64_t now_ns);

/*
 * Moves on to the next phase when its time has come, and gives up what is
 * overdue. To be called at least every few milliseconds.
 */
void load_tick(struct load_run *run, uint64_t now_ns);
bool load_over(const struct load_run *run);

/*
 * How many queries should leave now. With a rate, all that are due by the
 * schedule: when the server or we are late, they leave late and their latency
 * counts from when they were due, so that a stall is not left out of the figures.
 */
unsigned load_due(const struct load_run *run, uint64_t now_ns);

/* Writes the next query into `out`, which has LOAD_QUERY_CAP octets; its length. */
enum { LOAD_QUERY_CAP = 320 };
size_t load_next(struct load_run *run, uint64_t now_ns, uint8_t *out);

/* Takes what came from the server; true when something on its way is back with it. */
bool load_answer(struct load_run *run, uint64_t now_ns, const uint8_t *answer, size_t len);

#endif
