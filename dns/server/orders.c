#include "dns/server/orders.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct orders {
    pthread_mutex_t lock;
    struct order *items; /* the latest last */
    size_t count, cap;
};

struct orders *orders_new(void)
{
    struct orders *orders = calloc(1, sizeof *orders);
    if (orders != NULL && pthread_mutex_init(&orders->lock, NULL) != 0) {
        free(orders);
        return NULL;
    }
    return orders;
}

void orders_free(struct orders *orders)
{
    if (orders == NULL)
        return;
    pthread_mutex_destroy(&orders->lock);
    free(orders->items);
    free(orders);
}

bool order_subject_equal(const struct order_subject *a, const struct order_subject *b)
{
    return a->is_tag == b->is_tag && strcmp(a->name, b->name) == 0 &&
           strcmp(a->service, b->service) == 0;
}

/* ---- who is meant ---- */

static bool has_tag(const char *const *tags, size_t tag_count, const char *tag)
{
    for (size_t i = 0; i < tag_count; i++) {
        if (strcmp(tags[i], tag) == 0)
            return true;
    }
    return false;
}

bool order_subject_covers(const struct order_subject *subject, const char *region,
                          const char *const *tags, size_t tag_count, const char *service)
{
    if (subject->service[0] != '\0' && strcmp(subject->service, service) != 0)
        return false;
    return subject->is_tag ? has_tag(tags, tag_count, subject->name)
                           : strcmp(subject->name, region) == 0;
}

/* The more is said, the more it counts. */
static unsigned subject_rank(const struct order_subject *subject)
{
    return (subject->is_tag ? 0u : 2u) + (subject->service[0] != '\0' ? 1u : 0u);
}

enum order_kind orders_find(struct orders *orders, const char *region, const char *const *tags,
                            size_t tag_count, const char *service, struct order *told)
{
    const struct order *found = NULL;
    pthread_mutex_lock(&orders->lock);
    for (size_t i = 0; i < orders->count; i++) {
        const struct order *order = &orders->items[i];
        if (!order_subject_covers(&order->subject, region, tags, tag_count, service))
            continue;
        if (found == NULL || subject_rank(&order->subject) >= subject_rank(&found->subject))
            found = order;
    }
    const enum order_kind kind = found != NULL ? found->kind : ORDER_NONE;
    if (told != NULL)
        *told = found != NULL ? *found : (struct order){ .kind = ORDER_NONE };
    pthread_mutex_unlock(&orders->lock);
    return kind;
}

/* ---- changing the table: the lock is held ---- */

static bool take_at(struct orders *orders, size_t index, struct order *taken)
{
    if (index >= orders->count)
        return false;
    if (taken != NULL)
        *taken = orders->items[index];
    orders->count--;
    memmove(&orders->items[index], &orders->items[index + 1],
            (orders->count - index) * sizeof *orders->items);
    return true;
}

/* `count` when there is none. */
static size_t position_of(const struct orders *orders, const struct order_subject *subject)
{
    size_t i = 0;
    while (i < orders->count && !order_subject_equal(&orders->items[i].subject, subject))
        i++;
    return i;
}

static enum status reserve(struct orders *orders)
{
    if (orders->count == ORDERS_MOST)
        return STATUS_LIMIT;
    if (orders->count < orders->cap)
        return STATUS_OK;
    const size_t cap = orders->cap == 0 ? 8 : orders->cap * 2;
    struct order *more = reallocarray(orders->items, cap, sizeof *more);
    if (more == NULL)
        return STATUS_MEMORY;
    orders->items = more;
    orders->cap = cap;
    return STATUS_OK;
}

enum status orders_put(struct orders *orders, const struct order *order, struct order *before)
{
    enum status status = STATUS_OK;
    struct order replaced = { .kind = ORDER_NONE };
    pthread_mutex_lock(&orders->lock);
    if (!take_at(orders, position_of(orders, &order->subject), &replaced))
        status = reserve(orders);
    if (status == STATUS_OK)
        orders->items[orders->count++] = *order;
    pthread_mutex_unlock(&orders->lock);
    if (before != NULL)
        *before = replaced;
    return status;
}

bool orders_take(struct orders *orders, const struct order_subject *subject, struct order *taken)
{
    pthread_mutex_lock(&orders->lock);
    const bool found = take_at(orders, position_of(orders, subject), taken);
    pthread_mutex_unlock(&orders->lock);
    return found;
}

bool orders_expire(struct orders *orders, uint64_t now_ms, struct order *ended)
{
    pthread_mutex_lock(&orders->lock);
    size_t i = 0;
    while (i < orders->count &&
           (orders->items[i].ends_ms == 0 || orders->items[i].ends_ms > now_ms))
        i++;
    const bool found = take_at(orders, i, ended);
    pthread_mutex_unlock(&orders->lock);
    return found;
}

uint64_t orders_next_end(struct orders *orders)
{
    uint64_t next_ms = 0;
    pthread_mutex_lock(&orders->lock);
    for (size_t i = 0; i < orders->count; i++) {
        const uint64_t ends_ms = orders->items[i].ends_ms;
        if (ends_ms != 0 && (next_ms == 0 || ends_ms < next_ms))
            next_ms = ends_ms;
    }
    pthread_mutex_unlock(&orders->lock);
    return next_ms;
}

struct order *orders_copy(struct orders *orders, size_t *count)
{
    pthread_mutex_lock(&orders->lock);
    *count = orders->count;
    struct order *copy = calloc(orders->count + 1, sizeof *copy);
    if (copy != NULL && orders->count > 0)
        memcpy(copy, orders->items, orders->count * sizeof *copy);
    pthread_mutex_unlock(&orders->lock);
    return copy;
}

/* ---- in words ---- */

const char *order_kind_text(enum order_kind kind)
{
    switch (kind) {
    case ORDER_DRAIN:
        return "drain";
    case ORDER_UP:
        return "up";
    case ORDER_DOWN:
        return "down";
    case ORDER_NONE:
        break;
    }
    return "none";
}

const char *order_subject_print(const struct order_subject *subject, char out[ORDER_SUBJECT_TEXT])
{
    const bool narrowed = subject->service[0] != '\0';
    if (subject->is_tag)
        snprintf(out, ORDER_SUBJECT_TEXT, "tag %s%s%s", subject->name,
                 narrowed ? ", service " : "", subject->service);
    else
        snprintf(out, ORDER_SUBJECT_TEXT, "%s%s%s", subject->name, narrowed ? "/" : "",
                 subject->service);
    return out;
}

const char *order_print(const struct order *order, char out[ORDER_TEXT])
{
    const bool is_drain = order->kind == ORDER_DRAIN;
    const bool has_reason = order->reason[0] != '\0', has_author = order->author[0] != '\0';
    char subject[ORDER_SUBJECT_TEXT];
    snprintf(out, ORDER_TEXT, "the %s%s of %s%s%s%s%s%s", is_drain ? "" : "force ",
             order_kind_text(order->kind), order_subject_print(&order->subject, subject),
             has_author ? " by " : "", order->author, has_reason ? " (" : "", order->reason,
             has_reason ? ")" : "");
    return out;
}
