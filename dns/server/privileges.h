#ifndef MERIDIAN_SERVER_PRIVILEGES_H
#define MERIDIAN_SERVER_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "dns/base/diag.h"

/*
 * Root opens the sockets, somebody with fewer rights answers. Thread: main,
 * while it is the only one.
 */
struct privileges {
    bool drop; /* false: we stay who we are */
    const char *user;
    uid_t uid;
    gid_t gid;
};

/*
 * Looks up `user` (NULL: nobody to become). When we are not root we cannot
 * become anybody else: that is a warning, because the service manager may have
 * switched already.
 */
enum status privileges_find(const char *user, const struct diag *diag, struct privileges *out)
    __attribute__((warn_unused_result));

/* Becomes that user for good, with its groups, and makes sure that there is no way back. */
enum status privileges_drop(const struct privileges *privileges, const struct diag *diag)
    __attribute__((warn_unused_result));

#endif
