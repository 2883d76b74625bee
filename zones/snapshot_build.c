#include "zones/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "dns/base/clock.h"
#include "dns/base/intern.h"
#include "dns/proto/name.h"
#include "zones/parts.h"

/* What the steps of one build share. */
struct build {
    struct snapshot_builder *builder;
    const struct sources *sources;
    const struct snapshot *previous; /* may be NULL */
    struct report *report;
    struct snapshot *next;
    enum status refused; /* not OK: nothing can come of it, and only mistakes are looked for */
};

static struct snapshot *snapshot_new(const struct build *build)
{
    struct arena *arena = arena_new();
    if (arena == NULL)
        return NULL;
    struct snapshot *snapshot = ARENA_NEW(arena, struct snapshot);
    struct snapshot_parts *parts = ARENA_NEW(arena, struct snapshot_parts);
    if (snapshot == NULL || parts == NULL) {
        arena_free(arena);
        return NULL;
    }
    parts->arena = arena;
    snapshot->parts = parts;
    snapshot->generation = build->previous != NULL ? build->previous->generation + 1 : 1;
    snapshot->board = snapshot_builder_board(build->builder);
    snapshot->pools = snapshot_builder_pools(build->builder);
    snapshot->outlook = snapshot_builder_outlook(build->builder);
    snapshot->built_wall_ms = clock_wall_ms();
    return snapshot;
}

/* ---- the atlas ---- */

static const struct snapshot_parts *previous_parts(const struct build *build)
{
    return build->previous != NULL ? build->previous->parts : NULL;
}

/* The atlas of the generation before stays, and so do the policies made from it. */
static void atlas_keep(struct snapshot_parts *parts, const struct snapshot_parts *before,
                       struct refusal *refusal)
{
    parts->atlas = atlas_part_hold(before->atlas);
    parts->policies = policies_part_hold(before->policies);
    parts->atlas_refusal = refusal;
}

/* True when the databases are those of the last build, as it found them. */
static bool atlas_is_unchanged(const struct build *build, bool *out_of_memory)
{
    const struct snapshot_parts *before = previous_parts(build);
    *out_of_memory = false;
    if (before == NULL)
        return false;
    const struct refusal *refusal = before->atlas_refusal;
    const char *was = refusal != NULL ? refusal->identity : before->atlas->identity;
    const struct file_list *files = refusal != NULL ? refusal->files : before->atlas->files;

    char *identity = atlas_identity(build->sources);
    *out_of_memory = identity == NULL;
    const bool same = identity != NULL && strcmp(identity, was) == 0;
    free(identity);
    return same && !file_list_changed(files);
}

/*
 * Databases refused and no earlier atlas: there will be no generation. The
 * zones are read all the same, in a world where nobody is known, so that the
 * operator hears of every mistake in one run.
 */
static enum status atlas_do_without(struct build *build)
{
    struct sources without = *build->sources;
    struct refusal *refusal;

    without.database_count = 0;
    return atlas_part_load(&without, build->report, &build->next->parts->atlas, &refusal);
}

static enum status atlas_choose(struct build *build)
{
    const struct snapshot_parts *before = previous_parts(build);
    struct snapshot_parts *parts = build->next->parts;
    bool out_of_memory;

    if (atlas_is_unchanged(build, &out_of_memory)) {
        struct refusal *refusal = before->atlas_refusal;
        if (refusal != NULL)
            report_append(build->report, refusal->report);
        atlas_keep(parts, before, refusal != NULL ? refusal_hold(refusal) : NULL);
        return STATUS_OK;
    }
    if (out_of_memory)
        return STATUS_MEMORY;

    struct refusal *refusal;
    enum status status = atlas_part_load(build->sources, build->report, &parts->atlas, &refusal);
    if (status != STATUS_OK && status != STATUS_MEMORY && before != NULL) {
        atlas_keep(parts, before, refusal);
        return STATUS_OK;
    }
    if (status != STATUS_OK && status != STATUS_MEMORY) {
        refusal_drop(refusal);
        build->refused = status;
        status = atlas_do_without(build);
    }
    if (status != STATUS_OK)
        return status;
    parts->policies = policies_part_new(parts->atlas->atlas);
    return parts->policies != NULL ? STATUS_OK : STATUS_MEMORY;
}

/* ---- zones ---- */

/* The zone of this apex in the generation before, or NULL. */
static const struct zone_slot *slot_before(const struct build *build, const uint8_t *apex)
{
    if (build->previous == NULL)
        return NULL;
    const size_t position = zonedb_position(build->previous->zones, apex);
    return position != ZONEDB_NONE ? &build->previous->parts->slots[position] : NULL;
}

/* True when nothing would come out differently: same files, same content, same atlas. */
static bool slot_is_unchanged(const struct build *build, const struct zone_slot *before,
                              const struct zone_source *source, const char *identity)
{
    const struct refusal *refusal = before->refusal;
    const char *was = refusal != NULL ? refusal->identity : before->part->identity;
    const struct file_list *files = refusal != NULL ? refusal->files : before->part->files;
    const bool same_atlas = build->next->parts->atlas == build->previous->parts->atlas;

    return strcmp(identity, was) == 0 && (source->map == NULL || same_atlas) &&
           !file_list_changed(files);
}

static void slot_share(const struct build *build, const struct zone_slot *before,
                       struct zone_slot *slot)
{
    slot->part = zone_part_hold(before->part);
    if (before->refusal != NULL) {
        slot->refusal = refusal_hold(before->refusal);
        report_append(build->report, before->refusal->report);
    }
}

/* Reads the zone anew; when it is refused, the old content (or none) stays. */
static enum status slot_load(const struct build *build, const struct zone_slot *before,
                             const struct zone_source *source, const uint8_t *apex,
                             struct zone_slot *slot)
{
    const struct zone_world *world = snapshot_builder_world(build->builder);
    const enum status status = zone_part_load(source, apex, build->next->parts->policies, world,
                                              build->report, &slot->part, &slot->refusal);
    if (status == STATUS_OK || status == STATUS_MEMORY)
        return status;
    slot->part = before != NULL ? zone_part_hold(before->part) : zone_part_unloaded(apex, world);
    return slot->part != NULL ? STATUS_OK : STATUS_MEMORY;
}

static enum status slot_fill(const struct build *build, const struct zone_source *source,
                             const uint8_t *apex)
{
    struct snapshot_parts *parts = build->next->parts;
    struct zone_slot *slot = &parts->slots[parts->slot_count++];
    const struct zone_slot *before = slot_before(build, apex);
    if (before == NULL)
        return slot_load(build, NULL, source, apex, slot);

    char *identity = zone_identity(source);
    if (identity == NULL)
        return STATUS_MEMORY;
    const bool unchanged = slot_is_unchanged(build, before, source, identity);
    free(identity);
    if (!unchanged)
        return slot_load(build, before, source, apex, slot);
    slot_share(build, before, slot);
    return STATUS_OK;
}

/* The apex of a source; false when its name is none, which is told. */
static bool apex_read(const struct build *build, const struct zone_source *source,
                      uint8_t apex[NAME_MAX_LEN])
{
    static const uint8_t root[] = { 0 };
    const struct diag diag = { .report = build->report, .file = source->file };
    const char *why;

    if (name_from_text(source->name, strlen(source->name), root, apex, &why))
        return true;
    diag_error(&diag, STATUS_SYNTAX, "'%s' cannot be the name of a zone: %s", source->name, why);
    return false;
}

/* Whether the apex is the first of its kind; `seen` gives the zones their order. */
static enum status apex_claim(const struct build *build, const struct zone_source *source,
                              const uint8_t *apex, struct intern *seen, bool *first)
{
    uint8_t lower[NAME_MAX_LEN];
    name_lower(apex, lower);
    const uint32_t known = intern_count(seen);
    const uint32_t id = intern_add(seen, lower, name_len(lower));
    if (id == INTERN_NONE)
        return STATUS_MEMORY;

    *first = id == known;
    if (!*first) {
        const struct diag diag = { .report = build->report, .file = source->file };
        diag_error(&diag, STATUS_MEANING, "there is another zone '%s' already",
                   build->next->parts->slots[id].part->zone->name);
    }
    return STATUS_OK;
}

static enum status zones_choose(const struct build *build)
{
    const struct sources *sources = build->sources;
    struct snapshot_parts *parts = build->next->parts;
    struct intern *seen = intern_new();
    enum status status = seen != NULL ? STATUS_OK : STATUS_MEMORY;

    parts->slots = ARENA_ARRAY(parts->arena, struct zone_slot, sources->zone_count);
    if (parts->slots == NULL)
        status = STATUS_MEMORY;
    for (size_t i = 0; i < sources->zone_count && status == STATUS_OK; i++) {
        const struct zone_source *source = &sources->zones[i];
        uint8_t apex[NAME_MAX_LEN];
        bool first;
        if (!apex_read(build, source, apex))
            continue;
        status = apex_claim(build, source, apex, seen, &first);
        if (status == STATUS_OK && first)
            status = slot_fill(build, source, apex);
    }
    intern_free(seen);
    return status;
}

/* ---- what goes with them ---- */

static enum status zones_index(struct snapshot *snapshot)
{
    const struct snapshot_parts *parts = snapshot->parts;
    const struct zone **zones = ARENA_ARRAY(parts->arena, const struct zone *, parts->slot_count);
    if (zones == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < parts->slot_count; i++)
        zones[i] = parts->slots[i].part->zone;

    struct zonedb *db;
    const enum status status = zonedb_build(zones, parts->slot_count, parts->arena, &db);
    snapshot->zones = db;
    return status;
}

static const struct prefix *prefixes_copy(struct arena *arena, const struct prefix *prefixes,
                                          size_t count)
{
    return arena_copy(arena, prefixes, count * sizeof *prefixes, _Alignof(struct prefix));
}

static enum status serving_copy(struct arena *arena, const struct serving *from, struct serving *to)
{
    *to = *from;
    to->explain = prefixes_copy(arena, from->explain, from->explain_count);
    to->rate_limit.allow =
        prefixes_copy(arena, from->rate_limit.allow, from->rate_limit.allow_count);
    bool copied = to->explain != NULL && to->rate_limit.allow != NULL;
    if (from->identity != NULL) {
        to->identity = arena_string(arena, from->identity);
        copied = copied && to->identity != NULL;
    }
    if (from->version != NULL) {
        to->version = arena_string(arena, from->version);
        copied = copied && to->version != NULL;
    }
    if (from->report_channel != NULL) {
        to->report_channel =
            arena_copy(arena, from->report_channel, name_len(from->report_channel), 1);
        copied = copied && to->report_channel != NULL;
    }
    return copied ? STATUS_OK : STATUS_MEMORY;
}

static bool files_add(struct intern *files, const struct file_list *list)
{
    for (size_t i = 0; i < file_list_count(list); i++) {
        if (intern_add_text(files, file_list_path(list, i)) == INTERN_NONE)
            return false;
    }
    return true;
}

/* Each file once: many maps share one file of regions. */
static enum status files_collect(struct snapshot_parts *parts)
{
    parts->files = intern_new();
    if (parts->files == NULL || !files_add(parts->files, snapshot_parts_atlas_files(parts)))
        return STATUS_MEMORY;
    for (size_t i = 0; i < parts->slot_count; i++) {
        if (!files_add(parts->files, zone_slot_files(&parts->slots[i])))
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

enum status snapshot_build(struct snapshot_builder *builder, const struct sources *sources,
                           const struct snapshot *previous, struct report *report,
                           struct snapshot **out)
{
    const size_t mistakes = report_mistakes(report);
    struct build build = { builder, sources, previous, report, NULL, STATUS_OK };
    struct snapshot *next = build.next = snapshot_new(&build);
    enum status status = next != NULL ? STATUS_OK : STATUS_MEMORY;

    *out = NULL;
    if (status == STATUS_OK)
        status = atlas_choose(&build);
    if (status == STATUS_OK)
        status = zones_choose(&build);
    if (status == STATUS_OK)
        status = zones_index(next);
    if (status == STATUS_OK)
        status = files_collect(next->parts);
    if (status == STATUS_OK)
        status = serving_copy(next->parts->arena, &sources->serving, &next->serving);
    if (status == STATUS_OK)
        status = build.refused;
    if (status != STATUS_OK) {
        if (status == STATUS_MEMORY)
            diag_error(&(struct diag){ .report = report }, status, "out of memory");
        snapshot_free(next, builder);
        return status;
    }
    next->atlas = next->parts->atlas->atlas;
    *out = next;
    return report_mistakes(report) == mistakes ? STATUS_OK : STATUS_MEANING;
}
