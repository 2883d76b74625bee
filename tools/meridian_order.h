#ifndef MERIDIAN_TOOLS_ORDER_H
#define MERIDIAN_TOOLS_ORDER_H

#include <stdio.h>

#include "dns/base/json.h"
#include "tools/meridian_command.h"

/* What `meridian drain`, `undrain` and `force` share: one request to the daemon's desk. */
struct order_request {
    const char *command;         /* "drain", "undrain", "force" */
    const char *to;              /* of force: "up", "down", "auto"; else NULL */
    const char *region, *tag;    /* one of both, the other NULL */
    const char *service;         /* NULL: every service */
};

/* Asks and prints the answer; --for, --reason, --author, --json are taken from the options. */
enum ending order_run(const struct options *options, const struct order_request *request);

/*
 * Who gives the order: --author, else who called sudo, else the login name.
 * `room` is used where there is no name.
 */
enum { ORDER_NOBODY = 32 };
const char *order_author(const struct options *options, char room[ORDER_NOBODY]);

/* Prints the daemon's answer: what is so now to `to`, warnings and problems to `complain`. */
void order_answer_print(const struct json_node *answer, FILE *to, FILE *complain);

#endif
