#include "dns/server/quota.h"

#include <pthread.h>
#include <stdlib.h>

#include "dns/base/hash.h"

enum { NONE = UINT32_MAX };

/* Connections of one prefix; in the chain of its bucket, or in the chain of free ones. */
struct account {
    uint64_t key;
    uint8_t family;
    uint32_t count;
    uint32_t next; /* index, or NONE */
};

struct quota {
    pthread_mutex_t lock;
    uint32_t clients, per_prefix;
    uint32_t count;
    uint32_t free; /* first of the free accounts */
    uint32_t mask; /* buckets - 1 */
    uint32_t *buckets;
    struct account *accounts; /* `clients` of them: each connection may be a prefix by itself */
};

static void accounts_init(struct quota *quota)
{
    for (uint32_t i = 0; i < quota->clients; i++)
        quota->accounts[i].next = i + 1 < quota->clients ? i + 1 : NONE;
    for (uint32_t i = 0; i <= quota->mask; i++)
        quota->buckets[i] = NONE;
    quota->free = quota->clients > 0 ? 0 : NONE;
}

struct quota *quota_new(uint32_t clients, uint32_t per_prefix)
{
    struct quota *quota = calloc(1, sizeof *quota);
    if (quota == NULL)
        return NULL;
    uint32_t buckets = 16;
    while (buckets < clients && buckets < 1u << 30)
        buckets *= 2;
    quota->clients = clients;
    quota->per_prefix = per_prefix;
    quota->mask = buckets - 1;
    quota->buckets = calloc(buckets, sizeof *quota->buckets);
    quota->accounts = calloc(clients > 0 ? clients : 1, sizeof *quota->accounts);
    if (quota->buckets == NULL || quota->accounts == NULL ||
        pthread_mutex_init(&quota->lock, NULL) != 0) {
        free(quota->buckets);
        free(quota->accounts);
        free(quota);
        return NULL;
    }
    accounts_init(quota);
    return quota;
}

void quota_free(struct quota *quota)
{
    if (quota == NULL)
        return;
    pthread_mutex_destroy(&quota->lock);
    free(quota->buckets);
    free(quota->accounts);
    free(quota);
}

static uint64_t prefix_key(const struct address *client)
{
    struct address prefix = *client;
    address_mask(&prefix, client->family == FAMILY_V6 ? 56 : 24);
    return address_key(&prefix);
}

/* The link that leads to the account of (family, key), or to NONE at the end of its chain. */
static uint32_t *account_link(struct quota *quota, uint8_t family, uint64_t key)
{
    uint32_t *link = &quota->buckets[hash_mix(key + family) & quota->mask];
    while (*link != NONE) {
        struct account *account = &quota->accounts[*link];
        if (account->key == key && account->family == family)
            break;
        link = &account->next;
    }
    return link;
}

static bool take_locked(struct quota *quota, uint8_t family, uint64_t key)
{
    if (quota->count >= quota->clients)
        return false;
    uint32_t *link = account_link(quota, family, key);
    if (*link == NONE) {
        /* There is a free one: fewer connections than accounts, and each holds at most one. */
        const uint32_t fresh = quota->free;
        struct account *account = &quota->accounts[fresh];
        quota->free = account->next;
        *account = (struct account){ .key = key, .family = family, .next = NONE };
        *link = fresh;
    }
    struct account *account = &quota->accounts[*link];
    if (account->count >= quota->per_prefix)
        return false;
    account->count++;
    quota->count++;
    return true;
}

bool quota_take(struct quota *quota, const struct address *client)
{
    const uint64_t key = prefix_key(client);
    pthread_mutex_lock(&quota->lock);
    const bool granted = take_locked(quota, client->family, key);
    pthread_mutex_unlock(&quota->lock);
    return granted;
}

void quota_give(struct quota *quota, const struct address *client)
{
    const uint64_t key = prefix_key(client);
    pthread_mutex_lock(&quota->lock);
    uint32_t *link = account_link(quota, client->family, key);
    const uint32_t index = *link;
    if (index != NONE) {
        struct account *account = &quota->accounts[index];
        quota->count--;
        if (--account->count == 0) {
            *link = account->next;
            account->next = quota->free;
            quota->free = index;
        }
    }
    pthread_mutex_unlock(&quota->lock);
}

uint32_t quota_count(struct quota *quota)
{
    pthread_mutex_lock(&quota->lock);
    const uint32_t count = quota->count;
    pthread_mutex_unlock(&quota->lock);
    return count;
}
