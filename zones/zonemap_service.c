#include "zones/zonemap_service.h"

#include <stdlib.h>
#include <string.h>

#include "geo/route.h"
#include "zones/zonemap_endpoints.h"

/* ---- knobs ---- */

/* Reads a whole number into a field of 16 bits, which keeps its default on a mistake. */
static void count_read(const struct json_node *service, const char *key, int64_t most,
                       uint16_t *out)
{
    struct json_node member;
    int64_t value;
    if (json_member(service, key, &member) &&
        json_get_integer(&member, 1, most, &value) == STATUS_OK)
        *out = (uint16_t)value;
}

/* 2 or "50%", nothing below `least`. False, and told, when it is neither. */
static bool count_or_percent_read(const struct json_node *node, uint32_t least, uint32_t *out,
                                  bool *is_percent)
{
    int64_t count;
    const char *text;

    *is_percent = json_kind(node) == JSON_KIND_STRING;
    if (json_kind(node) == JSON_KIND_NUMBER) {
        if (json_get_integer(node, least, UINT16_MAX, &count) != STATUS_OK)
            return false;
        *out = (uint32_t)count;
        return true;
    }
    if (!*is_percent) {
        json_error(node, STATUS_SYNTAX, "expected a count or a text like \"50%%\"");
        return false;
    }
    if (json_get_string(node, &text) != STATUS_OK)
        return false;
    const size_t digits = strspn(text, "0123456789");
    const unsigned long percent = strtoul(text, NULL, 10);
    if (digits == 0 || digits > 3 || strcmp(text + digits, "%") != 0 || percent < least ||
        percent > 100) {
        json_error(node, STATUS_SYNTAX, "'%s' is neither a count nor a text like \"50%%\"", text);
        return false;
    }
    *out = (uint32_t)percent;
    return true;
}

static void flag_read(const struct json_node *service, const char *key, bool *out)
{
    struct json_node member;
    if (json_member(service, key, &member))
        (void)json_get_bool(&member, out);
}

/*
 * RFC 2181 section 8: a TTL has 31 bits. The short one, for while health may
 * change, is a third unless the service says otherwise.
 */
static void ttl_read(const struct json_node *node, struct service *service)
{
    struct json_node member;
    int64_t ttl;

    if (json_member(node, "ttl", &member) &&
        json_get_integer(&member, 0, INT32_MAX, &ttl) == STATUS_OK)
        service->ttl = (uint32_t)ttl;
    service->ttl_min = (service->ttl + 2) / 3;
    if (!json_member(node, "ttl_min", &member) ||
        json_get_integer(&member, 0, INT32_MAX, &ttl) != STATUS_OK)
        return;
    if (ttl > service->ttl)
        json_error(&member, STATUS_MEANING, "%lld is over the ttl, %u", (long long)ttl,
                   service->ttl);
    else
        service->ttl_min = (uint32_t)ttl;
}

/* 1, 0 (nobody) or "50%", rounded down, of `regions`; without it probes may withdraw all. */
static void max_down_read(const struct json_node *node, struct service *service)
{
    struct json_node member;
    uint32_t count;
    bool is_percent;

    service->max_down = service->region_count;
    if (!json_member(node, "max_down", &member) ||
        !count_or_percent_read(&member, 0, &count, &is_percent))
        return;
    if (is_percent)
        count = service->region_count * count / 100;
    if (count < service->max_down)
        service->max_down = (uint16_t)count;
}

static void ramp_read(const struct json_node *node, struct service *service)
{
    enum { RAMP_MOST_MS = 24 * 3600 * 1000 };
    struct json_node member;
    uint64_t ramp_ms;

    if (json_member(node, "ramp", &member) &&
        json_get_duration(&member, 0, RAMP_MOST_MS, &ramp_ms) == STATUS_OK)
        service->ramp_ms = (uint32_t)ramp_ms;
}

/* The endpoints a region needs. */
static void min_up_read(const struct json_node *service, struct zonemap_pool_rules *rules)
{
    struct json_node member;
    if (json_member(service, "min_up", &member))
        (void)count_or_percent_read(&member, 1, &rules->min_up, &rules->min_up_is_percent);
}

static void rules_read(const struct zonemap_reading *reading, const struct json_node *service,
                       struct zonemap_pool_rules *rules)
{
    struct json_node member;
    *rules = (struct zonemap_pool_rules){ .min_up = 1 };
    if (json_member(service, "probe", &member))
        rules->probe = zonemap_catalog_probe(&reading->catalog, &member);
    min_up_read(service, rules);
}

static void knobs_read(const struct json_node *node, struct service *service)
{
    service->ttl = 30;
    service->answers = 8;
    service->spread = 1;
    service->ecs = true;
    ttl_read(node, service);
    ramp_read(node, service);
    count_read(node, "answers", SERVICE_ANSWERS_LIMIT, &service->answers);
    count_read(node, "spread", REGION_LIMIT, &service->spread);
    flag_read(node, "ecs", &service->ecs);
    flag_read(node, "partial_types", &service->partial_types);
}

/* ---- what happens when all is down ---- */

static void all_down_word_read(const struct json_node *node, struct service *service)
{
    static const char *const words[] = { "serve_all", "zonefile", NULL };
    const char *word;

    if (json_get_string(node, &word) != STATUS_OK)
        return;
    if (strcmp(word, "serve_all") == 0) {
        service->all_down = ALL_DOWN_SERVE_ALL;
    } else if (strcmp(word, "zonefile") == 0) {
        service->all_down = ALL_DOWN_ZONEFILE;
    } else {
        const char *meant = json_suggest(word, words);
        if (meant != NULL)
            json_error(node, STATUS_MEANING, "'%s' is unknown, did you mean '%s'?", word, meant);
        else
            json_error(node, STATUS_MEANING,
                       "'%s' is unknown, expected \"serve_all\", \"zonefile\" or a list of regions",
                       word);
    }
}

static bool all_down_region_read(const struct zonemap_reading *reading,
                                 const struct json_node *node, const struct service *service,
                                 uint16_t *out)
{
    const struct route_context context = { .arena = reading->scratch, .regions = &service->places };
    const char *name;

    if (json_get_string(node, &name) != STATUS_OK ||
        route_find_region(node, name, &context, out) != STATUS_OK)
        return false;
    for (unsigned i = 0; i < service->all_down_count; i++) {
        if (service->all_down_list[i] == *out) {
            json_error(node, STATUS_MEANING, "region '%s' is listed twice", name);
            return false;
        }
    }
    return true;
}

static void all_down_list_read(const struct zonemap_reading *reading, const struct json_node *node,
                               struct service *service)
{
    if (json_count(node) == 0) {
        json_error(node, STATUS_MEANING, "the list is empty");
        return;
    }
    uint16_t *list = ARENA_ARRAY(reading->arena, uint16_t, service->places.count);
    if (list == NULL) {
        json_error(node, STATUS_MEMORY, "out of memory");
        return;
    }
    service->all_down = ALL_DOWN_LIST;
    service->all_down_list = list;
    struct json_node item;
    for (size_t i = 0; json_child(node, i, &item); i++) {
        uint16_t region;
        if (all_down_region_read(reading, &item, service, &region))
            list[service->all_down_count++] = region;
    }
}

static void all_down_read(const struct zonemap_reading *reading, const struct json_node *node,
                          struct service *service)
{
    struct json_node member;
    if (!json_member(node, "when_all_down", &member))
        return;
    if (json_kind(&member) == JSON_KIND_STRING)
        all_down_word_read(&member, service);
    else if (json_kind(&member) == JSON_KIND_ARRAY)
        all_down_list_read(reading, &member, service);
    else
        json_error(&member, STATUS_SYNTAX,
                   "expected \"serve_all\", \"zonefile\" or a list of regions");
}

/* ---- the route ---- */

/* What a `geo` appends by itself is not named, but comes into play when all else is down. */
static void unreached_warn(const struct json_node *endpoints, const struct service *service)
{
    bool used[REGION_LIMIT] = { false };
    struct route_cover cover = { 0 };
    struct json_node region;

    route_mark_regions(service->route, &service->places, used);
    route_cover(service->route, &service->places, &cover);
    for (unsigned i = 0; i < service->all_down_count; i++)
        used[service->all_down_list[i]] = true;
    for (size_t i = 0; json_child(endpoints, i, &region); i++) {
        if (used[i])
            continue;
        json_warning(&region, cover.perhaps[i] ? "the route does not name this region: it follows "
                                                 "only when those named are down"
                                               : "the route does not name this region: nobody is "
                                                 "sent there");
    }
}

static void route_read(const struct zonemap_reading *reading, const struct json_node *node,
                       const struct json_node *endpoints, struct service *service)
{
    const struct route_context context = {
        .arena = reading->arena,
        .regions = &service->places,
        .grain = reading->grain,
    };
    struct json_node member;

    if (!json_member(node, "route", &member))
        return;
    if (route_parse(&member, &context, &service->route) != STATUS_OK)
        return;

    char *text = json_text(&member);
    service->route_text = text != NULL ? arena_string(reading->arena, text) : NULL;
    free(text);
    if (service->route_text == NULL)
        json_error(&member, STATUS_MEMORY, "out of memory");
    unreached_warn(endpoints, service);
}

/* ---- the whole ---- */

struct service *zonemap_service_read(struct zonemap_reading *reading, const struct json_node *node,
                                     uint16_t index)
{
    static const char *const keys[] = {
        "route",   "endpoints", "ttl",    "ttl_min", "probe",         "min_up",        "max_down",
        "answers", "spread",    "ramp",   "ecs",     "when_all_down", "partial_types", NULL,
    };
    struct service *service = ARENA_NEW(reading->arena, struct service);
    if (service != NULL)
        service->name = arena_string(reading->arena, node->key);
    if (service == NULL || service->name == NULL) {
        json_error(node, STATUS_MEMORY, "out of memory");
        return NULL;
    }
    service->index = index;
    reading->service = service->name;
    if (json_expect_keys(node, keys) != STATUS_OK && json_kind(node) != JSON_KIND_OBJECT)
        return service;

    struct zonemap_pool_rules rules;
    struct json_node endpoints;
    knobs_read(node, service);
    service->grain = reading->grain;
    rules_read(reading, node, &rules);
    if (!json_member(node, "route", &endpoints))
        json_error(node, STATUS_SYNTAX, "\"route\" is missing");
    if (!json_member(node, "endpoints", &endpoints)) {
        json_error(node, STATUS_SYNTAX, "\"endpoints\" is missing");
        return service;
    }
    zonemap_endpoints_read(reading, &endpoints, &rules, service);
    max_down_read(node, service);
    if (service->places.count == 0)
        return service; /* regions that the route may name cannot be known */
    all_down_read(reading, node, service);
    route_read(reading, node, &endpoints, service);
    return service;
}

enum status zonemap_service_compile(struct service *service, const struct json_node *node,
                                    struct policy_cache *policies)
{
    char *path = json_path(node);
    if (path == NULL)
        return json_error(node, STATUS_MEMORY, "out of memory");
    struct diag here = *node->diag;
    here.path = path;
    const enum status status =
        policy_cache_acquire(policies, service->route, &service->places, &here, &service->policy);
    free(path);
    return status;
}
