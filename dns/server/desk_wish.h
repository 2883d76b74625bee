#ifndef MERIDIAN_SERVER_DESK_WISH_H
#define MERIDIAN_SERVER_DESK_WISH_H

#include <stdbool.h>
#include <sys/types.h>

#include "dns/base/json.h"
#include "dns/server/orders.h"

/* What a request to the desk (desk.h) asks for. */
struct desk_wish {
    enum order_kind kind; /* what is made, or of which kinds is ended: UP is both forces */
    bool ends;
    struct order_subject subject;
    uint64_t for_ms; /* 0: until it is ended */
    char reason[ORDER_REASON];
    char author[ORDER_AUTHOR];
};

/* Tells every mistake at its node. */
enum status desk_wish_read(const struct json_node *request, uid_t uid, struct desk_wish *out)
    __attribute__((warn_unused_result));

/* True when the wish ends this order: one of its kind about the same, or about a part of it. */
bool desk_wish_ends(const struct desk_wish *wish, const struct order *order);

#endif
