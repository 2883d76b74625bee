#ifndef MERIDIAN_GEO_OVERLAY_H
#define MERIDIAN_GEO_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "dns/base/prefix.h"

/*
 * The operator's nets flattened to a partition of one family's keys: from
 * `start` up to the next one, nets[net] is the longest around a key.
 */
struct overlay_span {
    uint64_t start;
    uint32_t net; /* an index into the nets, or OVERLAY_NONE */
};

#define OVERLAY_NONE UINT32_MAX

struct overlay {
    struct overlay_span *items; /* items[0].start is 0 */
    size_t count;
};

/*
 * `nets` as route_nets() gives them: distinct, each one before those inside
 * it; nets of the other family are passed over, and none is longer than 64
 * bits. STATUS_MEMORY leaves nothing to release.
 */
enum status overlay_build(const struct prefix *nets, size_t count, unsigned family,
                          struct overlay *out) __attribute__((warn_unused_result));
void overlay_release(struct overlay *overlay);

#endif
