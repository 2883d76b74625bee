#include "dns/server/desk_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/json.h"

static void each_of_service(const char *zone, const struct service *service,
                            const struct order_subject *subject, desk_visit *visit, void *context)
{
    for (uint16_t i = 0; i < service->region_count; i++) {
        const struct service_region *region = &service->regions[i];
        if (subject == NULL || order_subject_covers(subject, region->name, region->tags,
                                                    region->tag_count, service->name))
            visit(context, zone, service, i);
    }
}

void desk_names_each(const struct snapshot *snapshot, const struct order_subject *subject,
                     desk_visit *visit, void *context)
{
    for (size_t zone = 0; zone < snapshot->zones->count; zone++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, zone, &count);
        for (size_t i = 0; i < count; i++)
            each_of_service(snapshot->zones->zones[zone]->name, services[i], subject, visit,
                            context);
    }
}

static void count_one(void *context, const char *zone, const struct service *service,
                      uint16_t region)
{
    (void)zone, (void)service, (void)region;
    (*(size_t *)context)++;
}

static size_t count_covered(const struct snapshot *snapshot, const struct order_subject *subject)
{
    size_t count = 0;
    desk_names_each(snapshot, subject, count_one, &count);
    return count;
}

/* ---- what may have been meant ---- */

/* Every name of one kind, with repetitions: "did you mean" looks at each. */
struct names {
    const char **list; /* ends with NULL */
    size_t count, cap;
    void (*add)(struct names *names, const struct service *service, uint16_t region);
};

static void names_add(struct names *names, const char *name)
{
    if (names->count + 1 >= names->cap) {
        const size_t cap = names->cap == 0 ? 64 : names->cap * 2;
        const char **more = reallocarray(names->list, cap, sizeof *more);
        if (more == NULL)
            return; /* one suggestion less */
        names->list = more;
        names->cap = cap;
    }
    names->list[names->count++] = name;
    names->list[names->count] = NULL;
}

static void add_region(struct names *names, const struct service *service, uint16_t region)
{
    names_add(names, service->regions[region].name);
}

static void add_tags(struct names *names, const struct service *service, uint16_t region)
{
    for (uint16_t i = 0; i < service->regions[region].tag_count; i++)
        names_add(names, service->regions[region].tags[i]);
}

static void add_service(struct names *names, const struct service *service, uint16_t region)
{
    if (region == 0)
        names_add(names, service->name);
}

static void gather(void *context, const char *zone, const struct service *service, uint16_t region)
{
    struct names *names = context;
    (void)zone;
    names->add(names, service, region);
}

static void say_unknown(const struct snapshot *snapshot, const char *kind, const char *name,
                        void (*add)(struct names *names, const struct service *service,
                                    uint16_t region),
                        char why[DESK_WHY])
{
    struct names names = { .add = add };
    desk_names_each(snapshot, NULL, gather, &names);
    const char *near = names.count > 0 ? json_suggest(name, names.list) : NULL;
    if (near != NULL)
        snprintf(why, DESK_WHY, "there is no %s '%s'; did you mean '%s'?", kind, name, near);
    else
        snprintf(why, DESK_WHY, "there is no %s '%s'", kind, name);
    free(names.list);
}

static bool service_exists(const struct snapshot *snapshot, const char *name)
{
    for (size_t zone = 0; zone < snapshot->zones->count; zone++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, zone, &count);
        for (size_t i = 0; i < count; i++) {
            if (strcmp(services[i]->name, name) == 0)
                return true;
        }
    }
    return false;
}

bool desk_names_check(const struct snapshot *snapshot, const struct order_subject *subject,
                      char why[DESK_WHY])
{
    struct order_subject whole = *subject;
    why[0] = '\0';
    if (count_covered(snapshot, subject) > 0)
        return true;
    whole.service[0] = '\0';
    if (count_covered(snapshot, &whole) == 0)
        say_unknown(snapshot, subject->is_tag ? "region with the tag" : "region", subject->name,
                    subject->is_tag ? add_tags : add_region, why);
    else if (service_exists(snapshot, subject->service))
        snprintf(why, DESK_WHY, "the service '%s' has no %s '%s'", subject->service,
                 subject->is_tag ? "region with the tag" : "region", subject->name);
    else
        say_unknown(snapshot, "service", subject->service, add_service, why);
    return false;
}
