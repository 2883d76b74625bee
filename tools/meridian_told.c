#include "tools/meridian_told.h"

#include <float.h>

#include "dns/base/clock.h"

/* True when there is a member of this kind: a getter would tell a mistake otherwise. */
static bool find(const struct json_node *object, const char *key, enum json_kind kind,
                 struct json_node *out)
{
    return json_member(object, key, out) && json_kind(out) == kind;
}

const char *told_word(const struct json_node *node)
{
    const char *text = "";

    if (json_kind(node) != JSON_KIND_STRING || json_get_string(node, &text) != STATUS_OK)
        return "";
    return text;
}

const char *told_text(const struct json_node *object, const char *key)
{
    struct json_node node;

    return json_member(object, key, &node) ? told_word(&node) : "";
}

double told_real(const struct json_node *object, const char *key)
{
    struct json_node node;
    double number = 0;

    if (!find(object, key, JSON_KIND_NUMBER, &node) ||
        json_get_real(&node, -DBL_MAX, DBL_MAX, &number) != STATUS_OK)
        return 0;
    return number;
}

uint64_t told_number(const struct json_node *object, const char *key)
{
    struct json_node node;
    int64_t number = 0;

    if (!find(object, key, JSON_KIND_NUMBER, &node) ||
        json_get_integer(&node, 0, INT64_MAX, &number) != STATUS_OK)
        return 0;
    return (uint64_t)number;
}

bool told_bool(const struct json_node *object, const char *key)
{
    struct json_node node;
    bool truth = false;

    if (!find(object, key, JSON_KIND_BOOL, &node) || json_get_bool(&node, &truth) != STATUS_OK)
        return false;
    return truth;
}

uint64_t told_time(const struct json_node *object, const char *key)
{
    uint64_t wall_ms = 0;

    return clock_scan(told_text(object, key), &wall_ms) ? wall_ms : 0;
}
