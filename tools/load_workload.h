#ifndef MERIDIAN_TOOLS_LOAD_WORKLOAD_H
#define MERIDIAN_TOOLS_LOAD_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"

/*
 * What a load generator asks and what it wants to hear. A workload file has a
 * line for each query, "#" begins a comment:
 *
 *     NAME TYPE [ecs=SUBNET|random] [rcode=NAME] [answers=N] [rdata=VALUE[,VALUE...]] [plain]
 *
 * Every query has EDNS but for `plain` ones; `ecs=` sends a client subnet, and
 * `random` another IPv4 /24 each time. `rcode` is NOERROR unless said. `answers`
 * is the count of records in the answer section. `rdata` tells all records of
 * the type asked for, in any order: addresses, or octets in hexadecimal.
 */
struct workload_query {
    uint32_t wire_at;  /* where the query stands in `octets` */
    uint32_t rdata_at; /* and what is expected: for each value its length and octets */
    uint16_t wire_len; /* octets */
    uint16_t question_len;
    uint16_t subnet_at; /* of three octets to be drawn, in the query; 0: none */
    uint16_t type;
    uint16_t rdata_count; /* 0: nothing is said about rdata */
    int16_t answers;      /* -1: nothing is said */
    uint8_t rcode;
};

struct workload {
    struct workload_query *queries;
    uint32_t count;
    uint8_t *octets;
    size_t len, cap; /* of octets */
    uint32_t room;   /* of queries */
};

/* What an answer is worth. */
enum workload_verdict {
    VERDICT_GOOD,
    VERDICT_MALFORMED, /* no DNS message, or one that ends in the middle */
    VERDICT_STRAY,     /* not an answer, or to another question */
    VERDICT_RCODE,
    VERDICT_ANSWERS, /* another count of records */
    VERDICT_RDATA,   /* other records */
    VERDICT_COUNT
};

/*
 * Reads the file; every mistake is told with its line. The workload is the
 * caller's to release, also after a mistake. Thread: the main one.
 */
enum status workload_read(const char *path, const struct diag *diag, struct workload *out);
void workload_release(struct workload *workload);

/* Judges an answer to query `index`, whatever its id. */
enum workload_verdict workload_judge(const struct workload *workload, uint32_t index,
                                     const uint8_t *answer, size_t len);

const char *workload_verdict_text(enum workload_verdict verdict);

#endif
