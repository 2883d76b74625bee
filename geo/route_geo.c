#include "geo/route.h"

#include <stdlib.h>

#include "geo/selector.h"

/*
 * { "geo": [ { "in": ["country:DE", "asn:64500"], "to": R }, ..., { "to": R } ] }:
 * the most specific selector that matches decides, wherever it stands in the
 * list. Its branch's order comes first, then the default's (the entry without
 * "in"), then every other region of the service - never a less specific match.
 * "fence": true ends the order behind its entry.
 */
struct branch {
    const struct route *to;
    bool fence;
};

struct rule {
    struct selector selector;
    size_t branch;
    size_t place; /* in the branch's "in" */
};

struct geo_route {
    struct route base;
    size_t branch_count;
    struct branch *branches;
    size_t fallback; /* the default among the branches */
    size_t rule_count;
    struct rule *rules; /* by selector_compare() */
};

static const struct geo_route *as_geo(const struct route *route)
{
    return (const struct geo_route *)route;
}

/* ---- reading -------------------------------------------------------------- */

/* What an entry of the list says, before it is known how many rules there are in all. */
static size_t count_rules(const struct json_node *list)
{
    size_t count = 0;
    for (size_t i = 0; i < json_count(list); i++) {
        struct json_node entry, in;
        if (json_child(list, i, &entry) && json_member(&entry, "in", &in))
            count += json_count(&in);
    }
    return count;
}

static enum status parse_in(const struct json_node *in, const struct route_context *context,
                            size_t branch, struct geo_route *self)
{
    enum status status = STATUS_OK;

    if (json_kind(in) != JSON_KIND_ARRAY || json_count(in) == 0)
        return json_error(in, STATUS_SYNTAX,
                          "expected a list of selectors such as [\"country:DE\"]; the default has "
                          "no \"in\"");
    for (size_t i = 0; i < json_count(in); i++) {
        struct json_node item;
        struct rule *rule = &self->rules[self->rule_count];

        if (!json_child(in, i, &item))
            continue;
        const enum status its =
            selector_parse(&item, context->grain, context->arena, &rule->selector);
        if (its == STATUS_OK) {
            rule->branch = branch;
            rule->place = i;
            self->rule_count++;
        } else {
            status = its;
        }
    }
    return status;
}

/* One entry; *fallback tells that it is a default. */
static enum status parse_entry(const struct json_node *entry, const struct route_context *context,
                               size_t index, struct geo_route *self, bool *fallback)
{
    static const char *const keys[] = { "in", "to", "fence", NULL };
    struct branch *branch = &self->branches[index];
    struct json_node in, to, fence;
    enum status inner, status = json_expect_keys(entry, keys);

    *fallback = false;
    if (json_kind(entry) != JSON_KIND_OBJECT)
        return status;
    if (json_member(entry, "in", &in)) {
        inner = parse_in(&in, context, index, self);
        status = inner != STATUS_OK ? inner : status;
    } else {
        *fallback = true;
    }
    inner = json_member(entry, "to", &to) ? route_parse_inner(&to, context, &branch->to)
                                          : json_error(entry, STATUS_SYNTAX, "has no \"to\"");
    status = inner != STATUS_OK ? inner : status;
    if (json_member(entry, "fence", &fence)) {
        inner = json_get_bool(&fence, &branch->fence);
        status = inner != STATUS_OK ? inner : status;
    }
    return status;
}

static enum status parse_entries(const struct json_node *list, const struct route_context *context,
                                 struct geo_route *self)
{
    enum status status = STATUS_OK;
    size_t fallbacks = 0;

    for (size_t i = 0; i < self->branch_count; i++) {
        struct json_node entry;
        bool fallback;

        if (!json_child(list, i, &entry))
            continue;
        enum status its = parse_entry(&entry, context, i, self, &fallback);
        if (fallback && fallbacks++ > 0)
            its = json_error(&entry, STATUS_MEANING,
                             "is a second default: only one entry may have no \"in\"");
        else if (fallback)
            self->fallback = i;
        status = its != STATUS_OK ? its : status;
    }
    if (fallbacks == 0)
        status = json_error(list, STATUS_MEANING, "has no default: an entry without \"in\"");
    return status;
}

/* By selector; equal ones in the order of the file, so that the later one is told. */
static int rule_order(const void *a, const void *b)
{
    const struct rule *x = a, *y = b;
    const int order = selector_compare(&x->selector, &y->selector);

    if (order != 0)
        return order;
    if (x->branch != y->branch)
        return x->branch < y->branch ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static enum status tell_duplicate(const struct json_node *list, const struct rule *rule,
                                  const struct rule *first)
{
    struct json_node entry = *list, in = *list, item = *list;
    char text[SELECTOR_TEXT];

    if (json_child(list, rule->branch, &entry) && json_member(&entry, "in", &in))
        json_child(&in, rule->place, &item);
    return json_error(&item, STATUS_MEANING, "%s is used before, in entry %zu of this route",
                      selector_print(&rule->selector, text), first->branch);
}

static enum status sort_rules(const struct json_node *list, struct geo_route *self)
{
    enum status status = STATUS_OK;

    qsort(self->rules, self->rule_count, sizeof *self->rules, rule_order);
    for (size_t i = 1; i < self->rule_count; i++)
        if (selector_compare(&self->rules[i - 1].selector, &self->rules[i].selector) == 0)
            status = tell_duplicate(list, &self->rules[i], &self->rules[i - 1]);
    return status;
}

static enum status geo_parse(const struct json_node *object, const struct route_context *context,
                             const struct route **out)
{
    static const char *const keys[] = { "geo", NULL };
    struct json_node list = *object;
    const enum status known = json_expect_keys(object, keys);

    if (!json_member(object, "geo", &list) || json_kind(&list) != JSON_KIND_ARRAY)
        return json_error(&list, STATUS_SYNTAX,
                          "expected a list of { \"in\": [...], \"to\": ... } with a default");

    struct geo_route *self = ARENA_NEW(context->arena, struct geo_route);
    struct branch *branches = ARENA_ARRAY(context->arena, struct branch, json_count(&list));
    struct rule *rules = ARENA_ARRAY(context->arena, struct rule, count_rules(&list));
    if (self == NULL || branches == NULL || rules == NULL)
        return json_error(object, STATUS_MEMORY, "out of memory");
    *self = (struct geo_route){ .base = { &route_geo },
                                .branch_count = json_count(&list),
                                .branches = branches,
                                .rules = rules };

    const enum status entries = parse_entries(&list, context, self);
    const enum status sorted = sort_rules(&list, self);
    if (known != STATUS_OK || entries != STATUS_OK || sorted != STATUS_OK)
        return known != STATUS_OK ? known : entries != STATUS_OK ? entries : sorted;
    *out = &self->base;
    return STATUS_OK;
}

/* ---- matching ------------------------------------------------------------- */

static int selector_order(const void *key, const void *element)
{
    const struct rule *rule = element;
    return selector_compare(key, &rule->selector);
}

static const struct rule *find_rule(const struct geo_route *self, const struct selector *wanted)
{
    return bsearch(wanted, self->rules, self->rule_count, sizeof *self->rules, selector_order);
}

/* The longest net of this node around the longest one of the tree: they form a chain. */
static const struct rule *match_net(const struct geo_route *self, const struct prefix *net)
{
    struct selector wanted = { .kind = SELECTOR_NET, .text = "", .net = *net };

    for (unsigned len = net->len + 1u; len-- > 0;) {
        wanted.net.len = (uint8_t)len;
        address_mask(&wanted.net.address, wanted.net.len);
        const struct rule *rule = find_rule(self, &wanted);
        if (rule != NULL)
            return rule;
    }
    return NULL;
}

/* The most specific rule for the subject, or NULL: the default. */
static const struct rule *match(const struct geo_route *self, const struct route_subject *subject)
{
    struct selector wanted[SELECTOR_PLACE_MOST];
    const struct rule *rule = subject->net != NULL ? match_net(self, subject->net) : NULL;
    const size_t count = rule != NULL ? 0 : selector_of_place(subject->place, wanted);

    for (size_t i = 0; rule == NULL && i < count; i++)
        rule = find_rule(self, &wanted[i]);
    return rule;
}

static void geo_rank(const struct route *route, const struct region_list *regions,
                     const struct route_subject *subject, struct ordering_draft *draft)
{
    const struct geo_route *self = as_geo(route);
    const struct rule *rule = match(self, subject);
    const struct branch *fallback = &self->branches[self->fallback];

    if (rule != NULL) {
        const struct branch *branch = &self->branches[rule->branch];
        route_rank(branch->to, regions, subject, draft);
        if (branch->fence)
            return;
    }
    route_rank(fallback->to, regions, subject, draft);
    if (fallback->fence)
        return;
    for (uint16_t i = 0; i < regions->count; i++)
        ordering_put_region(draft, i);
}

/* ---- the rest of the interface -------------------------------------------- */

static void geo_children(const struct route *route,
                         void (*visit)(void *context, const struct route *child), void *context)
{
    const struct geo_route *self = as_geo(route);
    for (size_t i = 0; i < self->branch_count; i++)
        visit(context, self->branches[i].to);
}

static void geo_nets(const struct route *route,
                     void (*visit)(void *context, const struct prefix *net), void *context)
{
    const struct geo_route *self = as_geo(route);
    for (size_t i = 0; i < self->rule_count && self->rules[i].selector.kind == SELECTOR_NET; i++)
        visit(context, &self->rules[i].selector.net);
}

/* Rules one by one rather than by branch: that is all that ranking looks at. */
static void geo_write(const struct route *route, const struct region_list *regions, FILE *out)
{
    const struct geo_route *self = as_geo(route);

    fputs("{\"geo\":[", out);
    for (size_t i = 0; i < self->branch_count; i++) {
        fputs(i > 0 ? ",{\"to\":" : "{\"to\":", out);
        route_write(self->branches[i].to, regions, out);
        fputs(self->branches[i].fence ? ",\"fence\":true}" : "}", out);
    }
    fprintf(out, "],\"default\":%zu,\"in\":[", self->fallback);
    for (size_t i = 0; i < self->rule_count; i++) {
        const struct selector *selector = &self->rules[i].selector;
        char text[SELECTOR_TEXT];

        if (i > 0)
            fputc(',', out);
        fprintf(out, "[%zu,", self->rules[i].branch);
        route_write_name(selector_print(selector, text), out);
        if (selector->kind >= SELECTOR_CITY) { /* the whole of what the print may have cut */
            fputc(',', out);
            route_write_name(selector->text, out);
        }
        fputc(']', out);
    }
    fputs("]}", out);
}

static void geo_tell(const struct route *route, const struct route_tale *tale)
{
    const struct geo_route *self = as_geo(route);
    const struct rule *rule = match(self, tale->subject);
    const struct branch *fallback = &self->branches[self->fallback];
    char text[SELECTOR_TEXT];

    if (rule != NULL) {
        const struct branch *branch = &self->branches[rule->branch];
        route_tell_line(tale, "geo: %s matches, entry %zu", selector_print(&rule->selector, text),
                        rule->branch);
        route_tell(branch->to, tale);
        if (branch->fence) {
            route_tell_line(tale, "geo: fenced, nothing follows");
            return;
        }
    }
    route_tell_line(tale,
                    rule != NULL ? "geo: then the default" : "geo: no rule matches: the default");
    route_tell(fallback->to, tale);
    route_tell_line(tale, fallback->fence ? "geo: fenced, nothing follows"
                                          : "geo: then every other region of the service");
}

/* `default` stands there when it takes part, `others` when every other region follows. */
static void geo_put(const struct route *route, const struct route_tale *tale,
                    struct json_writer *writer)
{
    const struct geo_route *self = as_geo(route);
    const struct rule *rule = match(self, tale->subject);
    const struct branch *fallback = &self->branches[self->fallback];
    const bool fenced = rule != NULL && self->branches[rule->branch].fence;
    char text[SELECTOR_TEXT];

    json_put_object(writer, "geo");
    if (rule != NULL) {
        json_put_string(writer, "matched", selector_print(&rule->selector, text));
        json_put_integer(writer, "entry", (int64_t)rule->branch);
        json_put_bool(writer, "fence", fenced);
        route_put(self->branches[rule->branch].to, tale, "to", writer);
    } else {
        json_put_null(writer, "matched");
    }
    if (!fenced)
        route_put(fallback->to, tale, "default", writer);
    json_put_bool(writer, "others", !fenced && !fallback->fence);
    json_end(writer);
}

const struct route_kind route_geo = {
    .key = "geo",
    .by_place = true,
    .parse = geo_parse,
    .rank = geo_rank,
    .children = geo_children,
    .nets = geo_nets,
    .write = geo_write,
    .tell = geo_tell,
    .put = geo_put,
};
