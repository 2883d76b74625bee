#ifndef MERIDIAN_SERVER_RATELIMIT_H
#define MERIDIAN_SERVER_RATELIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/prefix.h"
#include "zones/serving.h"

/*
 * Response rate limiting: a server that anybody can make send packets to
 * anybody keeps count of what it sends where. One account per client prefix
 * (/24, /56) and class of response; an account earns `rate` responses a second
 * up to one second's worth, and every response costs one.
 *
 * The accounts are a fixed table of atomic words shared by all workers: no
 * lock, no growth. An account that collides with a busy one of somebody else
 * takes the place of the one that is fuller, so a flood cannot make room for
 * itself by filling the table.
 */
struct ratelimit;

/* What kind of answer it is; each class has its own account. */
enum response_class { RESPONSE_ANSWER, RESPONSE_NODATA, RESPONSE_NXDOMAIN, RESPONSE_ERROR };

/* The defaults: beyond what a resolver that millions share sends to one server. */
enum { RATELIMIT_ANSWERS = 5000, RATELIMIT_NXDOMAIN = 1000, RATELIMIT_ERRORS = 500,
       RATELIMIT_SLIP = 2, RATELIMIT_MOST = 1000000 };

struct ratelimit *ratelimit_new(void); /* NULL when memory is out */
void ratelimit_free(struct ratelimit *table);

enum ratelimit_verdict { RATELIMIT_SEND, RATELIMIT_SLIP_TRUNCATED, RATELIMIT_DROP };

/*
 * Charges one response to `source` and says what to do with it. `zone` tells
 * NXDOMAINs of different zones apart (any stable number). `now_ms` may be any
 * clock that does not run backwards. Thread: any worker.
 */
enum ratelimit_verdict ratelimit_charge(struct ratelimit *table,
                                        const struct ratelimit_rules *rules,
                                        const struct address *source, enum response_class kind,
                                        uint64_t zone, uint64_t now_ms);

#endif
