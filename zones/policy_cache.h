#ifndef MERIDIAN_ZONES_POLICY_CACHE_H
#define MERIDIAN_ZONES_POLICY_CACHE_H

#include <stddef.h>

#include "dns/base/diag.h"
#include "geo/atlas.h"
#include "geo/policy.h"
#include "geo/region.h"
#include "geo/route.h"

/*
 * The compiled policies of all maps over one atlas, each kept once: services of
 * many zones that route alike share one table. A new atlas needs a new cache.
 * Thread: the loader.
 */
struct policy_cache;

/* The atlas is borrowed and needed as long as policies are acquired. NULL: no memory. */
struct policy_cache *policy_cache_new(const struct atlas *atlas);
/* Frees every policy in it, used or not. */
void policy_cache_free(struct policy_cache *cache);

const struct atlas *policy_cache_atlas(const struct policy_cache *cache);
/* Distinct policies in use. */
size_t policy_cache_count(const struct policy_cache *cache);

/*
 * The policy of an equal (route, regions) pair, compiled when there is none
 * yet; counts one more user. What compiling finds wrong is told to `diag`.
 */
enum status policy_cache_acquire(struct policy_cache *cache, const struct route *route,
                                 const struct region_list *regions, const struct diag *diag,
                                 const struct policy **out) __attribute__((warn_unused_result));

/* Lets go of one use; the last one frees the policy. */
void policy_cache_release(struct policy_cache *cache, const struct policy *policy);

#endif
