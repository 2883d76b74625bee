#ifndef MERIDIAN_SERVER_ORDERS_H
#define MERIDIAN_SERVER_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"

/*
 * What the operator has ordered about regions, against or beside what probes
 * find: a table of at most ORDERS_MOST. There is one order about a subject; a
 * new one takes the place of the one before.
 *
 * Whom an order is about decides which one counts: an order about a service in
 * a region beats one about the region, that one beats an order about a service
 * in all regions of a tag, and that one an order about the tag. Among equals
 * (a region has several tags) the later one counts.
 *
 * Thread: any but a worker; every function takes the table's own lock for a
 * moment. Nothing here touches a file or asks a clock.
 */
struct orders;

enum order_kind {
    ORDER_NONE,
    ORDER_DRAIN, /* down for the time being */
    ORDER_UP,    /* up, whatever probes find */
    ORDER_DOWN   /* down, whatever probes find */
};

enum {
    ORDERS_MOST = 1024,
    ORDER_NAME = 256,   /* octets, the NUL included, as the ones below */
    ORDER_REASON = 256,
    ORDER_AUTHOR = 64
};

struct order_subject {
    bool is_tag;              /* all regions that have the tag `name`; false: the region `name` */
    char name[ORDER_NAME];
    char service[ORDER_NAME]; /* the services of that name in all zones; empty: every service */
};

struct order {
    enum order_kind kind;
    struct order_subject subject;
    uint64_t since_wall_ms;
    uint64_t until_wall_ms;   /* as it is told and kept; 0: until it is ended */
    uint64_t ends_ms;         /* the same by the monotonic clock, which decides; 0 as above */
    char reason[ORDER_REASON]; /* empty: none was given */
    char author[ORDER_AUTHOR];
};

struct orders *orders_new(void); /* NULL when memory is out */
void orders_free(struct orders *orders);

/*
 * The order that counts for a service in a region; ORDER_NONE when there is
 * none. `told` (unless NULL) gets a copy of it, with kind ORDER_NONE for none.
 */
enum order_kind orders_find(struct orders *orders, const char *region, const char *const *tags,
                            size_t tag_count, const char *service, struct order *told);

/*
 * Puts a copy in force, as the latest. `before` (unless NULL) gets what was in
 * force about the same subject, or kind ORDER_NONE. STATUS_LIMIT when the table
 * is full, STATUS_MEMORY; neither is told to anybody, and nothing has changed.
 */
enum status orders_put(struct orders *orders, const struct order *order, struct order *before)
    __attribute__((warn_unused_result));

/* Ends the order about exactly this subject; false when there is none. */
bool orders_take(struct orders *orders, const struct order_subject *subject, struct order *taken);

/* Ends one order whose time is over; false when there is none (left). */
bool orders_expire(struct orders *orders, uint64_t now_ms, struct order *ended);

/* When the next one ends, by the monotonic clock; 0: none ends by itself. */
uint64_t orders_next_end(struct orders *orders);

/*
 * A copy of all in the order in which they came into force, to be freed; *count
 * of them. NULL when memory is out, never for an empty table.
 */
struct order *orders_copy(struct orders *orders, size_t *count);

bool order_subject_equal(const struct order_subject *a, const struct order_subject *b);

/* True when an order about the subject is about this service in this region, among others. */
bool order_subject_covers(const struct order_subject *subject, const char *region,
                          const char *const *tags, size_t tag_count, const char *service);

/* "drain", "up", "down", "none" */
const char *order_kind_text(enum order_kind kind);

/* "helsinki-1", "helsinki-1/api", "tag eu", "tag eu, service api" */
enum { ORDER_SUBJECT_TEXT = 2 * ORDER_NAME + 16 };
const char *order_subject_print(const struct order_subject *subject, char out[ORDER_SUBJECT_TEXT]);

/* "the drain of helsinki-1 by alice (new disks)" */
enum { ORDER_TEXT = ORDER_SUBJECT_TEXT + ORDER_REASON + ORDER_AUTHOR + 32 };
const char *order_print(const struct order *order, char out[ORDER_TEXT]);

#endif
