#include "zones/policy_cache.h"

#include <assert.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct shared {
    char *fingerprint;
    struct policy *policy;
    size_t users;
};

/* Two search trees over the same things: acquiring knows the text, releasing the policy. */
struct policy_cache {
    const struct atlas *atlas;
    void *by_text;
    void *by_policy;
    size_t count;
};

static int compare_texts(const void *a, const void *b)
{
    const struct shared *x = a, *y = b;
    return strcmp(x->fingerprint, y->fingerprint);
}

static int compare_policies(const void *a, const void *b)
{
    const struct shared *x = a, *y = b;
    const uintptr_t x_at = (uintptr_t)x->policy, y_at = (uintptr_t)y->policy;
    return (x_at > y_at) - (x_at < y_at);
}

static void shared_free(void *pointer)
{
    struct shared *shared = pointer;
    if (shared == NULL)
        return;
    policy_free(shared->policy);
    free(shared->fingerprint);
    free(shared);
}

static void shared_keep(void *pointer)
{
    (void)pointer; /* the other tree frees it */
}

struct policy_cache *policy_cache_new(const struct atlas *atlas)
{
    struct policy_cache *cache = calloc(1, sizeof *cache);
    if (cache != NULL)
        cache->atlas = atlas;
    return cache;
}

void policy_cache_free(struct policy_cache *cache)
{
    if (cache == NULL)
        return;
    tdestroy(cache->by_policy, shared_keep);
    tdestroy(cache->by_text, shared_free);
    free(cache);
}

const struct atlas *policy_cache_atlas(const struct policy_cache *cache)
{
    return cache->atlas;
}

size_t policy_cache_count(const struct policy_cache *cache)
{
    return cache->count;
}

/* Into both trees or none. */
static bool cache_insert(struct policy_cache *cache, struct shared *shared)
{
    if (tsearch(shared, &cache->by_text, compare_texts) == NULL)
        return false;
    if (tsearch(shared, &cache->by_policy, compare_policies) == NULL) {
        tdelete(shared, &cache->by_text, compare_texts);
        return false;
    }
    cache->count++;
    return true;
}

enum status policy_cache_acquire(struct policy_cache *cache, const struct route *route,
                                 const struct region_list *regions, const struct diag *diag,
                                 const struct policy **out)
{
    *out = NULL;
    struct shared *shared = calloc(1, sizeof *shared);
    if (shared == NULL)
        return diag_error(diag, STATUS_MEMORY, "out of memory");
    shared->fingerprint = policy_fingerprint(route, regions);
    if (shared->fingerprint == NULL) {
        shared_free(shared);
        return diag_error(diag, STATUS_MEMORY, "out of memory");
    }

    struct shared *const *found = tfind(shared, &cache->by_text, compare_texts);
    if (found != NULL) {
        shared_free(shared);
        (*found)->users++;
        *out = (*found)->policy;
        return STATUS_OK;
    }

    const enum status status = policy_build(cache->atlas, route, regions, diag, &shared->policy);
    if (status != STATUS_OK) {
        shared_free(shared);
        return status;
    }
    if (!cache_insert(cache, shared)) {
        shared_free(shared);
        return diag_error(diag, STATUS_MEMORY, "out of memory");
    }
    shared->users = 1;
    *out = shared->policy;
    return STATUS_OK;
}

void policy_cache_release(struct policy_cache *cache, const struct policy *policy)
{
    const struct shared key = { .policy = (struct policy *)(uintptr_t)policy };
    struct shared *const *found = tfind(&key, &cache->by_policy, compare_policies);
    assert(found != NULL);
    if (found == NULL)
        return;

    struct shared *shared = *found;
    if (--shared->users > 0)
        return;
    tdelete(shared, &cache->by_text, compare_texts);
    tdelete(shared, &cache->by_policy, compare_policies);
    cache->count--;
    shared_free(shared);
}
