#ifndef MERIDIAN_SERVER_STATE_FOLDER_H
#define MERIDIAN_SERVER_STATE_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "dns/server/privileges.h"

/*
 * The folder of what outlives the process (`state`). It is opened anew for
 * every use: one that was missing, full or taken away serves again as soon as
 * it is back. Every function tells `diag` why it failed, whose `file` should be
 * the folder. Blocks for as long as the disk does.
 */

/*
 * Makes the folder when it is missing (its parent must be there) and gives it
 * to whom we become, with our files in it. So one that root owns is given, as a
 * service manager makes it anew at every start; but not when something else is
 * in it: whoever names /var/lib by mistake must not lose it. Thread: main,
 * before privileges are dropped.
 */
enum status state_folder_prepare(const char *path, const struct privileges *privileges,
                                 const struct diag *diag) __attribute__((warn_unused_result));

/* STATUS_IO when we, as who we are now, cannot make files in it. */
enum status state_folder_check(const char *path, const struct diag *diag)
    __attribute__((warn_unused_result));

/*
 * Puts a file in the place of the one of that name: whatever happens meanwhile,
 * one of both is there whole. On STATUS_OK it is on the disk, not just on its way.
 */
enum status state_folder_replace(const char *path, const char *name, const char *octets, size_t len,
                                 const struct diag *diag) __attribute__((warn_unused_result));

/*
 * Renames a file that cannot be used to NAME.damaged-TIME, for somebody to look
 * at. `aside` gets the new name.
 */
enum { STATE_FOLDER_NAME = 128 };
enum status state_folder_set_aside(const char *path, const char *name, uint64_t now_wall_ms,
                                   const struct diag *diag, char aside[STATE_FOLDER_NAME])
    __attribute__((warn_unused_result));

#endif
