#ifndef MERIDIAN_HEALTH_RESOLVER_H
#define MERIDIAN_HEALTH_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/base/prefix.h"

/*
 * Names of hosts to addresses, as the system knows them (hosts file, DNS,
 * whatever nsswitch.conf says). The system's call may block for many seconds,
 * so a thread of its own makes it, one name after the other; questions wait in
 * line, answers until they are taken.
 */
struct resolver;

enum { RESOLVER_LINE = 16384, RESOLVER_REASON = 96, RESOLVER_HOST = 254 };

struct resolver_answer {
    uint64_t ticket;              /* as it was asked with */
    struct address address;       /* the first that the system gives; FAMILY_NONE: none */
    char reason[RESOLVER_REASON]; /* why there is none */
};

/*
 * Starts the thread. `ready` is called in it whenever an answer waits, and must
 * not call back. NULL when memory or threads are out.
 */
struct resolver *resolver_open(void (*ready)(void *context), void *context);

/* Never waits: a call that hangs ends by itself, and `ready` is not called any more. NULL is fine. */
void resolver_close(struct resolver *resolver);

/* False when the line is full, the name too long, or memory is out. Thread: any. */
bool resolver_ask(struct resolver *resolver, const char *host, uint64_t ticket)
    __attribute__((warn_unused_result));

/* Takes the next answer; false when there is none. Thread: any. */
bool resolver_take(struct resolver *resolver, struct resolver_answer *out);

#endif
