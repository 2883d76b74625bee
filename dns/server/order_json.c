#include "dns/server/order_json.h"

#include <string.h>

#include "dns/base/clock.h"

static void put_text(struct json_writer *writer, const char *key, const char *text)
{
    if (text[0] != '\0')
        json_put_string(writer, key, text);
}

static void put_time(struct json_writer *writer, const char *key, uint64_t wall_ms)
{
    char text[CLOCK_TEXT];
    if (wall_ms != 0)
        json_put_string(writer, key, clock_print(wall_ms, text));
}

void order_json_put(struct json_writer *writer, const char *key, const struct order *order)
{
    const struct order_subject *subject = &order->subject;
    json_put_object(writer, key);
    json_put_string(writer, "order", order_kind_text(order->kind));
    json_put_string(writer, subject->is_tag ? "tag" : "region", subject->name);
    put_text(writer, "service", subject->service);
    put_time(writer, "since", order->since_wall_ms);
    put_time(writer, "until", order->until_wall_ms);
    put_text(writer, "reason", order->reason);
    put_text(writer, "author", order->author);
    json_end(writer);
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    }
    return false;
}

enum status order_json_read_text(const struct json_node *object, const char *key, char *out,
                                 size_t cap)
{
    struct json_node node;
    const char *text;
    out[0] = '\0';
    if (!json_member(object, key, &node))
        return STATUS_OK;
    const enum status status = json_get_string(&node, &text);
    if (status != STATUS_OK)
        return status;
    if (strlen(text) >= cap)
        return json_error(&node, STATUS_LIMIT, "longer than %zu octets", cap - 1);
    if (has_control(text))
        return json_error(&node, STATUS_SYNTAX, "a control character is in it");
    strcpy(out, text);
    return STATUS_OK;
}

enum status order_json_read_subject(const struct json_node *object, struct order_subject *out)
{
    struct json_node node;
    const bool has_region = json_member(object, "region", &node);
    out->is_tag = json_member(object, "tag", &node);
    if (has_region == out->is_tag)
        return json_error(object, STATUS_MEANING, "expected either a region or a tag");
    enum status status =
        order_json_read_text(object, out->is_tag ? "tag" : "region", out->name, sizeof out->name);
    if (status == STATUS_OK)
        status = order_json_read_text(object, "service", out->service, sizeof out->service);
    return status;
}

static enum status read_kind(const struct json_node *object, enum order_kind *out)
{
    struct json_node node;
    const char *text;
    if (!json_member(object, "order", &node))
        return json_error(object, STATUS_MEANING, "the key 'order' is missing");
    const enum status status = json_get_string(&node, &text);
    if (status != STATUS_OK)
        return status;
    for (enum order_kind kind = ORDER_DRAIN; kind <= ORDER_DOWN; kind++) {
        if (strcmp(text, order_kind_text(kind)) == 0) {
            *out = kind;
            return STATUS_OK;
        }
    }
    return json_error(&node, STATUS_MEANING, "'%s' is no order: drain, up or down", text);
}

static enum status read_time(const struct json_node *object, const char *key, uint64_t *out)
{
    struct json_node node;
    const char *text;
    *out = 0;
    if (!json_member(object, key, &node))
        return STATUS_OK;
    const enum status status = json_get_string(&node, &text);
    if (status != STATUS_OK)
        return status;
    if (!clock_scan(text, out))
        return json_error(&node, STATUS_SYNTAX, "'%s' is no time like 2026-11-21T06:30:00.123Z",
                          text);
    return STATUS_OK;
}

enum status order_json_read(const struct json_node *node, struct order *out)
{
    static const char *const known[] = { "order", "region", "tag",    "service", "since",
                                         "until", "reason", "author", NULL };
    enum status status = json_expect_keys(node, known);
    *out = (struct order){ .kind = ORDER_NONE };
    if (status == STATUS_OK)
        status = read_kind(node, &out->kind);
    if (status == STATUS_OK)
        status = order_json_read_subject(node, &out->subject);
    if (status == STATUS_OK)
        status = read_time(node, "since", &out->since_wall_ms);
    if (status == STATUS_OK)
        status = read_time(node, "until", &out->until_wall_ms);
    if (status == STATUS_OK)
        status = order_json_read_text(node, "reason", out->reason, sizeof out->reason);
    if (status == STATUS_OK)
        status = order_json_read_text(node, "author", out->author, sizeof out->author);
    return status;
}
