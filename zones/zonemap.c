#include "zones/zonemap.h"

#include <string.h>

#include "dns/base/json.h"
#include "dns/proto/rrtype.h"
#include "zones/rdata.h"
#include "zones/zonemap_names.h"
#include "zones/zonemap_reading.h"
#include "zones/zonemap_service.h"

/* ---- services ---- */

static bool services_open(struct zonemap_reading *reading, const struct json_node *node,
                          struct zonemap_services *out)
{
    if (json_kind(node) != JSON_KIND_OBJECT) {
        json_error(node, STATUS_SYNTAX, "expected an object of services by name");
        return false;
    }
    const size_t count = json_count(node);
    if (count > UINT16_MAX) {
        json_error(node, STATUS_LIMIT, "%zu services, more than %d", count, UINT16_MAX);
        return false;
    }
    /* The zone keeps the array of services; the rest goes with the reading. */
    struct service **items = ARENA_ARRAY(reading->arena, struct service *, count);
    bool *named = ARENA_ARRAY(reading->scratch, bool, count);
    const char **names = ARENA_ARRAY(reading->scratch, const char *, count + 1);
    if (items == NULL || named == NULL || names == NULL) {
        json_error(node, STATUS_MEMORY, "out of memory");
        return false;
    }
    *out = (struct zonemap_services){ node, items, named, names, count };
    return true;
}

/* An operator who gives IPv6 to one service has probably forgotten the other. */
static void services_warn_families(const struct zonemap_services *services)
{
    const struct service *with_v6 = NULL;
    for (size_t i = 0; i < services->count && with_v6 == NULL; i++) {
        if (services->items[i] != NULL && service_offers(services->items[i], RRTYPE_AAAA))
            with_v6 = services->items[i];
    }
    for (size_t i = 0; with_v6 != NULL && i < services->count; i++) {
        const struct service *service = services->items[i];
        struct json_node member;
        if (service != NULL && service_offers(service, RRTYPE_A) &&
            !service_offers(service, RRTYPE_AAAA) && json_child(services->node, i, &member))
            json_warning(&member, "has no AAAA, although service '%s' has", with_v6->name);
    }
}

static void services_read(struct zonemap_reading *reading, const struct json_node *node,
                          struct zonemap_services *out)
{
    if (!services_open(reading, node, out))
        return;
    struct json_node member;
    for (size_t i = 0; json_child(node, i, &member); i++) {
        out->names[i] = member.key;
        out->items[i] = zonemap_service_read(reading, &member, (uint16_t)i);
    }
    services_warn_families(out);
}

static void services_warn_nameless(const struct zonemap_services *services)
{
    struct json_node member;
    for (size_t i = 0; i < services->count; i++) {
        if (!services->named[i] && json_child(services->node, i, &member))
            json_warning(&member, "no name leads to this service");
    }
}

/* Policies are compiled at the end: it takes time, and a refused map needs none. */
static enum status services_compile(const struct zonemap_services *services,
                                    struct policy_cache *policies)
{
    struct json_node member;
    for (size_t i = 0; i < services->count && json_child(services->node, i, &member); i++) {
        const enum status status = zonemap_service_compile(services->items[i], &member, policies);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- the document ---- */

static void document_read(struct zonemap_reading *reading, const struct json_node *root,
                          const char *path, struct builder *builder, struct file_list *files,
                          struct json_node *services_node, struct zonemap_services *services)
{
    static const char *const keys[] = { "regions", "probes", "services", "names", NULL };
    static const char *const nobody[] = { NULL };
    struct json_node member;

    *services = (struct zonemap_services){ .names = (const char **)(uintptr_t)nobody };
    if (json_expect_keys(root, keys) != STATUS_OK && json_kind(root) != JSON_KIND_OBJECT)
        return;
    zonemap_catalog_read(&reading->catalog, root, path, reading->scratch, files);
    if (json_member(root, "services", services_node))
        services_read(reading, services_node, services);
    if (json_member(root, "names", &member))
        zonemap_names_read(&member, services, builder);
    services_warn_nameless(services);
    zonemap_catalog_warn_unused(&reading->catalog);
}

/* What the zone keeps of the reading. */
static enum status map_keep(const struct zonemap_reading *reading,
                            const struct zonemap_services *services, const struct diag *diag,
                            struct zonemap *out)
{
    const uint32_t *targets =
        arena_copy(reading->arena, reading->targets, reading->target_count * sizeof *targets,
                   _Alignof(uint32_t));
    if (targets == NULL)
        return diag_error(diag, STATUS_MEMORY, "out of memory");
    *out = (struct zonemap){
        .services = (const struct service *const *)services->items,
        .service_count = services->count,
        .targets = targets,
        .target_count = reading->target_count,
    };
    return STATUS_OK;
}

/* Reads the document into services and names; refuses it as a whole after any mistake. */
static enum status map_read(struct zonemap_reading *reading, const struct json_doc *doc,
                            const struct diag *diag, struct policy_cache *policies,
                            struct builder *builder, struct file_list *files, struct zonemap *out)
{
    const struct json_node root = json_root(doc, diag);
    const size_t mistakes = report_mistakes(diag->report);
    struct json_node services_node;
    struct zonemap_services services;

    document_read(reading, &root, diag->file, builder, files, &services_node, &services);
    enum status status = report_mistakes(diag->report) == mistakes ? STATUS_OK : STATUS_MEANING;
    if (status == STATUS_OK)
        status = map_keep(reading, &services, diag, out);
    if (status != STATUS_OK) {
        zonemap_unwatch(reading);
        return status;
    }
    status = services_compile(&services, policies);
    if (status != STATUS_OK)
        zonemap_release(
            out, &(struct zonemap_world){ .policies = policies, .targets = reading->registry });
    return status;
}

enum status zonemap_read(const char *path, const struct zonemap_world *world,
                         struct builder *builder, struct arena *arena, struct report *report,
                         struct file_list *files, struct zonemap *out)
{
    *out = (struct zonemap){ 0 };
    const struct diag diag = { .report = report, .file = path };
    struct zonemap_reading reading = {
        .arena = arena,
        .scratch = arena_new(),
        .apex = builder_apex(builder),
        .grain = atlas_grain(policy_cache_atlas(world->policies)),
        .registry = world->targets,
        .counters = world->counters,
        .pools = world->pools,
    };
    struct json_doc *doc = NULL;
    enum status status;

    if (reading.scratch != NULL)
        reading.rdata = ARENA_ARRAY(reading.scratch, uint8_t, RDATA_MAX_LEN);
    /* Remembered before it is read: a change in between is then noticed later. */
    if (reading.rdata == NULL || file_list_add(files, path) != STATUS_OK)
        status = diag_error(&diag, STATUS_MEMORY, "out of memory");
    else
        status = json_load(&diag, &doc);
    if (status == STATUS_OK)
        status = map_read(&reading, doc, &diag, world->policies, builder, files, out);

    zonemap_catalog_release(&reading.catalog);
    json_free(doc);
    arena_free(reading.scratch);
    return status;
}

void zonemap_release(struct zonemap *map, const struct zonemap_world *world)
{
    for (size_t i = 0; i < map->service_count; i++) {
        if (map->services[i]->policy != NULL)
            policy_cache_release(world->policies, map->services[i]->policy);
    }
    for (size_t i = 0; i < map->target_count; i++)
        target_release(world->targets, map->targets[i]);
    *map = (struct zonemap){ 0 };
}
