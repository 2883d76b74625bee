#ifndef MERIDIAN_ZONES_ZONEFILE_H
#define MERIDIAN_ZONES_ZONEFILE_H

#include "dns/base/diag.h"
#include "zones/builder.h"
#include "zones/file_list.h"

/*
 * Reads a zone file, with $ORIGIN, $TTL, $INCLUDE and $GENERATE, into the
 * builder. Goes on after each mistake, so that one run tells them all; the
 * status is that of the first. Every file read is added to `files`.
 *
 * Where RFC 1035 leaves a choice, we read as BIND does:
 * - A record without a TTL has that of $TTL, else the last one stated (RFC 1035
 *   section 5.1). A SOA that has neither takes its own MINIMUM, which is then
 *   the default as if $TTL had said it. Without any of these: a mistake.
 * - After $INCLUDE the origin and the owner are what they were before it
 *   (RFC 1035 section 5.1); a $TTL inside it goes on (RFC 2308 section 4). The
 *   included file has no owner to begin with. Its path is relative to the
 *   folder of the file that includes it.
 * - $GENERATE has one word of rdata, in quotes when it holds blanks.
 */
enum status zonefile_read(const char *path, struct builder *builder, struct report *report,
                          struct file_list *files) __attribute__((warn_unused_result));

#endif
