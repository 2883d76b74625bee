#ifndef MERIDIAN_SERVER_OUTLOOK_H
#define MERIDIAN_SERVER_OUTLOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/server/shortlist.h"
#include "geo/view.h"
#include "zones/snapshot.h"

/*
 * How far answers reach at present. While regions are down, or several answer
 * together, whole orderings no longer matter: what matters is who answers. A
 * prospect is a policy's partition merged by that, for one state of health; an
 * outlook holds the prospects of a generation's services.
 *
 * An outlook may be late: health may have gone on since. So whoever uses a
 * prospect makes sure that health is as it was, and that the prospect says the
 * same of the client as the answer does. Then the block of the prospect is a
 * true scope: under that health everybody in it gets this answer. It takes no
 * clock, no lock and no order of writing to be sure of it.
 *
 *   snapshot -> outlook_slot -> outlook [ service, type -> prospect ]
 *                                              up        which regions were up
 *                                              view      block -> number
 *                                              lists     number -> who answers
 */
struct prospect {
    uint64_t up[INQUIRY_UP_WORDS];
    struct view *view;
    const struct shortlist *lists;
    uint32_t list_count; /* this number and others: a draw decides, so we do not say */
};

struct outlook;

/* What is built is given up with outlook_free(); NULL when memory is out. Thread: the widener. */
struct outlook *outlook_new(uint64_t generation);
void outlook_free(struct outlook *outlook);

/* Adds; the prospect is borrowed until the outlook is gone. False when memory is out. */
bool outlook_add(struct outlook *outlook, const struct service *service, uint16_t type,
                 const struct prospect *prospect);
size_t outlook_count(const struct outlook *outlook);

/*
 * The prospect of a service of the snapshot, or NULL. It may be out of date.
 * Thread: a worker between snapshot_enter() and snapshot_leave(), or whoever
 * knows that the outlook stays; no allocation.
 */
const struct prospect *outlook_find(const struct snapshot *snapshot, const struct service *service,
                                    uint16_t type);

/*
 * The bits of the client's address for which `list` is the answer, in *scope,
 * if the prospect says so of the client and health is still as it was.
 */
bool prospect_scope(const struct prospect *prospect, const struct inquiry *inquiry,
                    const struct standing *at, const struct shortlist *list, uint8_t *scope);

#endif
