#include "dns/server/desk_wish.h"

#include <stdio.h>
#include <string.h>

#include "dns/server/order_json.h"

/* Less than a second ends before it is seen; ten years are no order but a configuration. */
static const int64_t LEAST_MS = 1000, MOST_MS = 3650LL * 86400 * 1000;

/* What force may be told. */
static const struct {
    const char *to;
    enum order_kind kind;
    bool ends;
} forces[] = {
    { "up", ORDER_UP, false },
    { "down", ORDER_DOWN, false },
    { "auto", ORDER_UP, true },
};

static enum status read_force(const struct json_node *request, struct desk_wish *wish)
{
    struct json_node node;
    const char *text;
    if (!json_member(request, "to", &node))
        return json_error(request, STATUS_MEANING, "force wants to know: up, down or auto");
    const enum status status = json_get_string(&node, &text);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < sizeof forces / sizeof *forces; i++) {
        if (strcmp(forces[i].to, text) == 0) {
            wish->kind = forces[i].kind;
            wish->ends = forces[i].ends;
            return STATUS_OK;
        }
    }
    return json_error(&node, STATUS_MEANING, "'%s' is none of up, down and auto", text);
}

static enum status read_kind(const struct json_node *request, struct desk_wish *wish)
{
    struct json_node node;
    const char *text = "";
    if (json_member(request, "command", &node) && json_get_string(&node, &text) != STATUS_OK)
        return STATUS_SYNTAX;
    wish->kind = ORDER_DRAIN;
    wish->ends = strcmp(text, "undrain") == 0;
    return strcmp(text, "force") == 0 ? read_force(request, wish) : STATUS_OK;
}

static enum status read_subject(const struct json_node *request, struct desk_wish *wish)
{
    const enum status status = order_json_read_subject(request, &wish->subject);
    if (status != STATUS_OK || wish->kind == ORDER_DRAIN)
        return status;
    if (wish->subject.is_tag || wish->subject.service[0] == '\0')
        return json_error(request, STATUS_MEANING,
                          "force is about one service in one region: REGION/SERVICE");
    return STATUS_OK;
}

static enum status read_time(const struct json_node *request, struct desk_wish *wish)
{
    struct json_node node;
    int64_t ms;
    if (!json_member(request, "for_ms", &node))
        return STATUS_OK;
    if (wish->ends)
        return json_error(&node, STATUS_MEANING, "what ends an order has no time to hold");
    const enum status status = json_get_integer(&node, LEAST_MS, MOST_MS, &ms);
    if (status == STATUS_OK)
        wish->for_ms = (uint64_t)ms;
    return status;
}

enum status desk_wish_read(const struct json_node *request, uid_t uid, struct desk_wish *out)
{
    static const char *const known[] = { "command", "to",     "region", "tag", "service",
                                         "for_ms",  "reason", "author", NULL };
    *out = (struct desk_wish){ .kind = ORDER_NONE };
    enum status status = json_expect_keys(request, known);
    if (status == STATUS_OK)
        status = read_kind(request, out);
    if (status == STATUS_OK)
        status = read_subject(request, out);
    if (status == STATUS_OK)
        status = read_time(request, out);
    if (status == STATUS_OK)
        status = order_json_read_text(request, "reason", out->reason, sizeof out->reason);
    if (status == STATUS_OK)
        status = order_json_read_text(request, "author", out->author, sizeof out->author);
    if (status == STATUS_OK && out->author[0] == '\0')
        snprintf(out->author, sizeof out->author, "uid %u", (unsigned)uid);
    return status;
}

bool desk_wish_ends(const struct desk_wish *wish, const struct order *order)
{
    const struct order_subject *ours = &wish->subject, *theirs = &order->subject;
    if (!wish->ends || (wish->kind == ORDER_DRAIN) != (order->kind == ORDER_DRAIN))
        return false;
    if (ours->is_tag != theirs->is_tag || strcmp(ours->name, theirs->name) != 0)
        return false;
    return ours->service[0] == '\0' || strcmp(ours->service, theirs->service) == 0;
}
