#include "zones/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/proto/name.h"
#include "zones/builder.h"
#include "zones/zonecheck.h"
#include "zones/zonefile.h"

/* ---- identities ---- */

/* With its length in front, so that no two lists of paths have the same text. */
static void identity_add(FILE *out, const char *path)
{
    if (path != NULL)
        fprintf(out, " %zu:%s", strlen(path), path);
    else
        fputs(" -", out);
}

static char *identity_finish(FILE *out, char **text)
{
    const bool failed = ferror(out) != 0;
    if (fclose(out) == 0 && !failed)
        return *text;
    free(*text);
    return NULL;
}

char *zone_identity(const struct zone_source *source)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    identity_add(out, source->file);
    identity_add(out, source->map);
    return identity_finish(out, &text);
}

char *atlas_identity(const struct sources *sources)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    fprintf(out, "%u %u", sources->grain.v4, sources->grain.v6);
    for (size_t i = 0; i < sources->database_count; i++)
        identity_add(out, sources->databases[i]);
    return identity_finish(out, &text);
}

/* ---- refusals ---- */

/* Takes over all three; NULL when memory is out, and then they are freed. */
static struct refusal *refusal_new(struct report *report, struct file_list *files, char *identity)
{
    struct refusal *refusal = calloc(1, sizeof *refusal);
    if (refusal == NULL) {
        report_free(report);
        file_list_free(files);
        free(identity);
        return NULL;
    }
    *refusal = (struct refusal){ 1, report, files, identity };
    return refusal;
}

/* How a load ends: the files and the report of a refused part go on in a refusal. */
static enum status load_finish(enum status status, struct report *own, struct file_list **files,
                               char **identity, struct refusal **refused)
{
    if (status == STATUS_OK || status == STATUS_MEMORY) {
        report_free(own);
        return status;
    }
    *refused = refusal_new(own, *files, *identity);
    *files = NULL;
    *identity = NULL;
    return *refused != NULL ? status : STATUS_MEMORY;
}

struct refusal *refusal_hold(struct refusal *refusal)
{
    refusal->holders++;
    return refusal;
}

void refusal_drop(struct refusal *refusal)
{
    if (refusal == NULL || --refusal->holders > 0)
        return;
    report_free(refusal->report);
    file_list_free(refusal->files);
    free(refusal->identity);
    free(refusal);
}

/* ---- the atlas ---- */

static struct atlas_part *atlas_part_new(const struct sources *sources)
{
    struct atlas_part *part = calloc(1, sizeof *part);
    if (part == NULL)
        return NULL;
    part->holders = 1;
    part->files = file_list_new();
    part->identity = atlas_identity(sources);
    if (part->files != NULL && part->identity != NULL)
        return part;
    atlas_part_drop(part);
    return NULL;
}

struct atlas_part *atlas_part_hold(struct atlas_part *part)
{
    part->holders++;
    return part;
}

void atlas_part_drop(struct atlas_part *part)
{
    if (part == NULL || --part->holders > 0)
        return;
    atlas_free(part->atlas);
    file_list_free(part->files);
    free(part->identity);
    free(part);
}

static enum status atlas_read(const struct sources *sources, struct atlas_part *part,
                              struct report *report)
{
    const struct diag diag = { .report = report };
    /* Remembered before they are read: a change in between is then noticed later. */
    for (size_t i = 0; i < sources->database_count; i++) {
        if (file_list_add(part->files, sources->databases[i]) != STATUS_OK)
            return diag_error(&diag, STATUS_MEMORY, "out of memory");
    }
    return atlas_build(sources->databases, sources->database_count, sources->grain, &diag,
                       &part->atlas);
}

enum status atlas_part_load(const struct sources *sources, struct report *report,
                            struct atlas_part **out, struct refusal **refused)
{
    *out = NULL;
    *refused = NULL;
    struct atlas_part *part = atlas_part_new(sources);
    struct report *own = report_new();
    if (part == NULL || own == NULL) {
        report_free(own);
        atlas_part_drop(part);
        return STATUS_MEMORY;
    }
    enum status status = atlas_read(sources, part, own);
    report_append(report, own);
    status = load_finish(status, own, &part->files, &part->identity, refused);
    if (status == STATUS_OK)
        *out = part;
    else
        atlas_part_drop(part);
    return status;
}

/* ---- policies ---- */

struct policies_part *policies_part_new(const struct atlas *atlas)
{
    struct policies_part *part = calloc(1, sizeof *part);
    if (part == NULL)
        return NULL;
    part->holders = 1;
    part->cache = policy_cache_new(atlas);
    if (part->cache != NULL)
        return part;
    free(part);
    return NULL;
}

struct policies_part *policies_part_hold(struct policies_part *part)
{
    part->holders++;
    return part;
}

void policies_part_drop(struct policies_part *part)
{
    if (part == NULL || --part->holders > 0)
        return;
    policy_cache_free(part->cache);
    free(part);
}

/* ---- zones ---- */

static struct zone_part *zone_part_new(void)
{
    struct zone_part *part = calloc(1, sizeof *part);
    if (part == NULL)
        return NULL;
    part->holders = 1;
    part->arena = arena_new();
    part->files = file_list_new();
    if (part->arena != NULL && part->files != NULL)
        return part;
    zone_part_drop(part);
    return NULL;
}

struct zone_part *zone_part_hold(struct zone_part *part)
{
    part->holders++;
    return part;
}

void zone_part_drop(struct zone_part *part)
{
    if (part == NULL || --part->holders > 0)
        return;
    if (part->policies != NULL)
        zonemap_release(&part->map, &(struct zonemap_world){ .policies = part->policies->cache,
                                                             .targets = part->targets });
    policies_part_drop(part->policies);
    arena_free(part->arena);
    file_list_free(part->files);
    free(part->identity);
    free(part);
}

/* Letters of any case name the same zone. */
static uint32_t zone_counter(struct intern *counters, const uint8_t *apex)
{
    uint8_t lower[NAME_MAX_LEN];
    name_lower(apex, lower);
    const uint32_t id = intern_add(counters, lower, name_len(lower));
    return id != INTERN_NONE ? id + 1 : 0;
}

struct zone_part *zone_part_unloaded(const uint8_t *apex, const struct zone_world *world)
{
    char name[NAME_TEXT];
    struct zone_part *part = zone_part_new();
    if (part == NULL)
        return NULL;
    struct zone *zone = ARENA_NEW(part->arena, struct zone);
    if (zone != NULL) {
        zone->apex = arena_copy(part->arena, apex, name_len(apex), 1);
        zone->name = arena_string(part->arena, name_to_label_text(apex, name));
        zone->apex_labels = (uint8_t)name_labels(apex);
        zone->counter_id = zone_counter(world->counters, apex);
    }
    part->zone = zone;
    part->identity = strdup("");
    if (zone != NULL && zone->apex != NULL && zone->name != NULL && part->identity != NULL)
        return part;
    zone_part_drop(part);
    return NULL;
}

/*
 * Zone file, map and checks, each of them whatever the one before has found:
 * one run tells all mistakes.
 */
static void zone_judge(const struct zone_source *source, struct builder *builder,
                       const struct zone_world *world, struct zone_part *part,
                       struct report *report)
{
    const struct diag diag = { .report = report, .file = source->file };
    const enum status read = zonefile_read(source->file, builder, report, part->files);

    if (source->map != NULL) {
        const struct zonemap_world around = {
            .policies = part->policies->cache,
            .targets = world->targets,
            .counters = world->counters,
            .pools = world->pools,
        };
        const enum status mapped = zonemap_read(source->map, &around, builder, part->arena, report,
                                                part->files, &part->map);
        if (mapped != STATUS_OK && report_mistakes(report) == 0)
            diag_error(&diag, mapped, "the map %s is refused", source->map);
    }
    const enum status checked = zonecheck_run(builder, &diag);
    if ((read != STATUS_OK || checked != STATUS_OK) && report_mistakes(report) == 0)
        diag_error(&diag, checked != STATUS_OK ? checked : read, "the zone is refused");
}

static enum status zone_read(const struct zone_source *source, const uint8_t *apex,
                             const struct zone_world *world, struct zone_part *part,
                             struct report *report)
{
    char name[NAME_TEXT];
    struct zone *zone;
    struct builder *builder = builder_new(apex, part->arena);
    if (builder == NULL)
        return STATUS_MEMORY;

    zone_judge(source, builder, world, part, report);
    enum status status = STATUS_MEANING;
    if (report_mistakes(report) == 0)
        status = builder_freeze(builder, name_to_label_text(apex, name), &zone);
    if (status == STATUS_OK) {
        zone->counter_id = zone_counter(world->counters, apex);
        part->zone = zone;
    }
    builder_free(builder);
    return status;
}

enum status zone_part_load(const struct zone_source *source, const uint8_t *apex,
                           struct policies_part *policies, const struct zone_world *world,
                           struct report *report, struct zone_part **out, struct refusal **refused)
{
    *out = NULL;
    *refused = NULL;
    struct zone_part *part = zone_part_new();
    struct report *own = report_new();
    char *identity = zone_identity(source);
    if (part == NULL || own == NULL || identity == NULL) {
        free(identity);
        report_free(own);
        zone_part_drop(part);
        return STATUS_MEMORY;
    }
    part->identity = identity;
    part->targets = world->targets;
    part->policies = source->map != NULL ? policies_part_hold(policies) : NULL;

    enum status status = zone_read(source, apex, world, part, own);
    report_append(report, own);
    status = load_finish(status, own, &part->files, &part->identity, refused);
    if (status == STATUS_OK)
        *out = part;
    else
        zone_part_drop(part);
    return status;
}

/* ---- a generation's table ---- */

const struct file_list *zone_slot_files(const struct zone_slot *slot)
{
    return slot->refusal != NULL ? slot->refusal->files : slot->part->files;
}

const struct file_list *snapshot_parts_atlas_files(const struct snapshot_parts *parts)
{
    return parts->atlas_refusal != NULL ? parts->atlas_refusal->files : parts->atlas->files;
}
