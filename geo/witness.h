#ifndef MERIDIAN_GEO_WITNESS_H
#define MERIDIAN_GEO_WITNESS_H

#include "dns/base/json_writer.h"
#include "dns/base/prefix.h"
#include "geo/atlas.h"

/*
 * What each database says of an address by itself, before they are merged: for
 * explain. An atlas keeps the merged world alone, so the files are read anew;
 * one that changed since says so, one that cannot be read any more says why.
 *
 * Puts an array `databases`, one object a file, in the order in which they are
 * asked: `file`, `type`, `network` and the fields it gives; `error`; `changed`.
 * Thread: any that may read files. Takes as long as reading them does.
 */
void witness_put(const struct atlas *atlas, const struct address *address,
                 struct json_writer *writer);

#endif
