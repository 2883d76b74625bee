#ifndef MERIDIAN_ZONES_RRSET_ROOM_H
#define MERIDIAN_ZONES_RRSET_ROOM_H

#include <stddef.h>

#include "zones/builder.h"

/*
 * The octets that a message with a whole rrset has at least: header, question,
 * and records with every name in them compressed as far as could be (RFC 1035
 * section 4.1.4). More than 65,535 cannot be sent, over TCP neither.
 */
size_t rrset_room(const struct builder_node *node, const struct builder_rrset *rrset);

#endif
