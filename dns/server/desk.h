#ifndef MERIDIAN_SERVER_DESK_H
#define MERIDIAN_SERVER_DESK_H

#include <stdbool.h>
#include <sys/types.h>

#include "dns/base/json.h"
#include "dns/base/json_writer.h"
#include "dns/server/journal.h"
#include "dns/server/orders.h"

struct ev_loop;

/*
 * Where the operator's orders come in: checks whom they are about, puts them in
 * force, keeps them in the state folder, notes them in the journal, and ends
 * them when their time is over. Thread: main.
 *
 * Requests, members of one JSON object:
 *
 *   "command": "drain" | "undrain" | "force"
 *   "region": NAME or "tag": NAME (not with force), "service": NAME (must be there with force)
 *   "to": "up" | "down" | "auto"      of force
 *   "for_ms": how long it holds        not of undrain and auto
 *   "reason": TEXT, "author": TEXT
 *
 * The answer is { "error": TEXT } when nothing was done, else
 *
 *   { "ok": BOOL, "order": ORDER or "ended": [ORDER], "replaced": ORDER,
 *     "touched": [ { "zone", "service", "region", "state", "order": ORDER } ],
 *     "notes": [TEXT], "warnings": [TEXT], "problems": [TEXT] }
 *
 * An order is in force before it is on the disk, and on the disk before it is
 * answered. When it cannot be kept it is in force all the same, for whoever
 * drains a region has a reason to; the answer says so, with "ok" false, and the
 * desk goes on trying. Ending what is not there is good, with a note; "ok" is
 * false when another order does the same.
 */
struct desk;

struct desk_parts {
    struct ev_loop *loop;
    const char *folder;          /* the state folder */
    struct orders *orders;
    struct journal *journal;     /* NULL: none */
    void (*obey)(void *context); /* makes changed orders count; they do when it returns */
    void *context;
};

enum { DESK_RETRY_S = 10 }; /* until the next attempt to keep orders that could not be kept */

/*
 * Puts the orders that were kept in force, without calling `obey`: nobody
 * answers yet. What is wrong with their file is logged. NULL when memory is
 * out. All parts must outlive the desk.
 */
struct desk *desk_new(const struct desk_parts *parts);
void desk_free(struct desk *desk);

/*
 * Writes the answer into the open object. `uid` is who asks, named when the
 * request does not say. The thread has joined and is in no reading section.
 * Blocks for as long as the disk does.
 */
void desk_command(struct desk *desk, const struct json_node *request, uid_t uid,
                  struct json_writer *writer);

/* Why the orders in force are not on the disk; NULL when they are. */
const char *desk_unkept(const struct desk *desk);

#endif
