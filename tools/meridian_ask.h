#ifndef MERIDIAN_TOOLS_ASK_H
#define MERIDIAN_TOOLS_ASK_H

#include <stddef.h>

#include "dns/base/diag.h"
#include "dns/base/json.h"
#include "tools/meridian_options.h"

/*
 * The daemon's control socket: where it is, and one question to it.
 */

enum { SOCKET_PATH = 108 }; /* what sockaddr_un holds, its NUL included */

/*
 * Where to ask, by the first of: -s, the `control` of -c, MERIDIAN_CONTROL, the
 * `control` of MERIDIAN_CONFIG or of the installed configuration. A
 * configuration with mistakes elsewhere still leads to its daemon.
 */
enum status ask_find(const struct options *options, struct report *report, char out[SOCKET_PATH])
    __attribute__((warn_unused_result));

/* What the daemon said. Must stay where it is: the root points into it. */
struct reply {
    char *text; /* one line of JSON, without its newline */
    struct diag diag;
    struct json_doc *doc;
    struct json_node root; /* always an object */
};

enum { REPLY_MOST = 64 * 1024 * 1024 }; /* octets; a longer reply is refused */

/*
 * Sends `request`, one line of JSON without a newline, and waits at most
 * `patience_s` seconds for the whole reply. On STATUS_OK `out` must be
 * released; otherwise the report says why not.
 */
enum status ask_daemon(const char *socket_path, const char *request, unsigned patience_s,
                       struct report *report, struct reply *out)
    __attribute__((warn_unused_result));
void reply_release(struct reply *reply);

/* A reply {"error": "..."} is a refusal: told to the report, and STATUS_MEANING. */
enum status reply_check(const struct reply *reply) __attribute__((warn_unused_result));

#endif
