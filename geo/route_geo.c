#include "geo/route.h"

#include <string.h>

#include "geo/reach.h"
#include "geo/rulebook.h"
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

struct geo_route {
    struct route base;
    size_t branch_count;
    struct branch *branches;
    size_t fallback; /* the default among the branches */
    struct rulebook book;
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
                            size_t branch, struct rulebook *book)
{
    enum status status = STATUS_OK;

    if (json_kind(in) != JSON_KIND_ARRAY || json_count(in) == 0)
        return json_error(in, STATUS_SYNTAX,
                          "expected a list of selectors such as [\"country:DE\"]; the default has "
                          "no \"in\"");
    for (size_t i = 0; i < json_count(in); i++) {
        struct json_node item;
        struct rule *rule = &book->rules[book->count];

        if (!json_child(in, i, &item))
            continue;
        const enum status its =
            selector_parse(&item, context->grain, context->arena, &rule->selector);
        if (its == STATUS_OK) {
            rule->branch = branch;
            rule->place = i;
            book->count++;
        } else {
            status = its;
        }
    }
    return status;
}

/* What an entry says of itself, its selectors among it. */
static enum status parse_entry(const struct json_node *entry, const struct route_context *context,
                               size_t index, struct geo_route *self, bool *fallback)
{
    static const char *const keys[] = { "in", "to", "fence", NULL };
    struct json_node in, fence;
    enum status inner, status = json_expect_keys(entry, keys);

    *fallback = false;
    if (json_kind(entry) != JSON_KIND_OBJECT)
        return status;
    if (json_member(entry, "in", &in)) {
        inner = parse_in(&in, context, index, &self->book);
        status = inner != STATUS_OK ? inner : status;
    } else {
        *fallback = true;
    }
    if (json_member(entry, "fence", &fence)) {
        inner = json_get_bool(&fence, &self->branches[index].fence);
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

/* Where a rule stands in the map: each node of the path knows the one above it. */
struct rule_path {
    struct json_node entry, in, item;
};

static const struct json_node *rule_find(const struct json_node *list, const struct rule *rule,
                                         struct rule_path *out)
{
    if (!json_child(list, rule->branch, &out->entry) || !json_member(&out->entry, "in", &out->in) ||
        !json_child(&out->in, rule->place, &out->item))
        return list;
    return &out->item;
}

static enum status sort_rules(const struct json_node *list, struct rulebook *book)
{
    enum status status = STATUS_OK;
    char text[SELECTOR_TEXT];

    rulebook_sort(book);
    for (size_t i = 1; i < book->count; i++) {
        const struct rule *before = &book->rules[i - 1], *rule = &book->rules[i];
        struct rule_path path;
        if (selector_compare(&before->selector, &rule->selector) == 0)
            status = json_error(rule_find(list, rule, &path), STATUS_MEANING,
                                "%s is used before, in entry %zu of this route",
                                selector_print(&rule->selector, text), before->branch);
    }
    return status;
}

/* An operator who writes a rule wants it to match somebody. */
static void warn_unreached(const struct json_node *list, const struct rulebook *book,
                           const struct reach *within)
{
    for (size_t i = 0; i < book->count; i++) {
        const struct reach_finding finding = reach_judge(book, i, within);
        struct rule_path path;
        const struct json_node *item = rule_find(list, &book->rules[i], &path);

        switch (finding.verdict) {
        case REACH_OPEN:
            break;
        case REACH_COVERED:
            json_warning(item, "never matches: longer networks of this route hold all of it");
            break;
        case REACH_EMPTIED:
            json_warning(item, "never matches: the networks of this route hold every address");
            break;
        case REACH_APART:
            json_warning(item,
                         "never matches: nobody whom entry %zu of the geo route around this one "
                         "is for is in it",
                         finding.entry);
            break;
        case REACH_TAKEN:
            json_warning(item,
                         "never matches: entry %zu of the geo route around this one takes them "
                         "first",
                         finding.entry);
            break;
        }
    }
}

/*
 * The routes of the entries, read once it is known who comes to each. The default
 * also follows behind the others, so everybody who comes here may come to it.
 */
static enum status parse_routes(const struct json_node *list, const struct route_context *context,
                                struct geo_route *self)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < self->branch_count; i++) {
        const struct reach reach = { context->reach, &self->book, i };
        struct route_context inside = *context;
        struct json_node entry, to, in;

        if (!json_child(list, i, &entry) || json_kind(&entry) != JSON_KIND_OBJECT)
            continue; /* which was told */
        if (json_member(&entry, "in", &in))
            inside.reach = &reach;
        const enum status its = json_member(&entry, "to", &to)
                                    ? route_parse_inner(&to, &inside, &self->branches[i].to)
                                    : json_error(&entry, STATUS_SYNTAX, "has no \"to\"");
        status = its != STATUS_OK ? its : status;
    }
    return status;
}

static enum status first_of(enum status a, enum status b)
{
    return a != STATUS_OK ? a : b;
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
                                .book = { rules, 0 } };

    enum status status = first_of(known, parse_entries(&list, context, self));
    status = first_of(status, sort_rules(&list, &self->book));
    if (status == STATUS_OK)
        warn_unreached(&list, &self->book, context->reach);
    status = first_of(status, parse_routes(&list, context, self));
    if (status == STATUS_OK)
        *out = &self->base;
    return status;
}

/* ---- ranking -------------------------------------------------------------- */

static void geo_rank(const struct route *route, const struct region_list *regions,
                     const struct route_subject *subject, struct ordering_draft *draft)
{
    const struct geo_route *self = as_geo(route);
    const struct rule *rule = rulebook_match(&self->book, subject);
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
    const size_t count = rulebook_net_count(&self->book);

    for (size_t i = 0; i < count; i++)
        visit(context, &self->book.rules[i].selector.net);
}

/* Whoever is led to a branch gets its regions, and unless a fence ends it what follows. */
static void cover_branch(const struct geo_route *self, size_t branch,
                         const struct region_list *regions, struct route_cover *out)
{
    const struct branch *fallback = &self->branches[self->fallback];

    route_cover(self->branches[branch].to, regions, out);
    if (self->branches[branch].fence)
        return;
    if (branch != self->fallback)
        route_cover(fallback->to, regions, out);
    for (uint16_t i = 0; i < regions->count && !fallback->fence; i++)
        out->surely[i] = out->perhaps[i] = true;
}

/* Sure is what is sure of every branch. */
static void geo_cover(const struct route *route, const struct region_list *regions,
                      struct route_cover *out)
{
    const struct geo_route *self = as_geo(route);
    bool surely[REGION_LIMIT];

    memset(surely, true, sizeof surely);
    for (size_t b = 0; b < self->branch_count; b++) {
        struct route_cover branch = { 0 };
        cover_branch(self, b, regions, &branch);
        for (uint16_t i = 0; i < regions->count; i++) {
            surely[i] = surely[i] && branch.surely[i];
            out->perhaps[i] = out->perhaps[i] || branch.perhaps[i];
        }
    }
    for (uint16_t i = 0; i < regions->count; i++)
        out->surely[i] = out->surely[i] || surely[i];
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
    for (size_t i = 0; i < self->book.count; i++) {
        const struct selector *selector = &self->book.rules[i].selector;
        char text[SELECTOR_TEXT];

        if (i > 0)
            fputc(',', out);
        fprintf(out, "[%zu,", self->book.rules[i].branch);
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
    const struct rule *rule = rulebook_match(&self->book, tale->subject);
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
    const struct rule *rule = rulebook_match(&self->book, tale->subject);
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
    .cover = geo_cover,
    .write = geo_write,
    .tell = geo_tell,
    .put = geo_put,
};
