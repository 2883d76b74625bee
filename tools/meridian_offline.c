#include "tools/meridian_offline.h"

#include "health/target.h"

/* Nobody writes the board of an offline generation but we. */
void offline_count_pools(const struct offline *offline)
{
    const struct snapshot *snapshot = offline->load.snapshot;

    for (size_t zone = 0; snapshot != NULL && zone < snapshot->zones->count; zone++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, zone, &count);
        for (size_t i = 0; i < count; i++)
            pool_board_count(snapshot_builder_pools(offline->builder), services[i],
                             offline->board);
    }
}

static void targets_set_up(const struct offline *offline)
{
    const struct target_registry *targets = snapshot_builder_targets(offline->builder);

    for (size_t i = 0; i < target_count(targets); i++)
        board_set(offline->board, target_at(targets, i)->id, HEALTH_UP, false);
    offline_count_pools(offline);
}

enum status offline_load(const char *config_file, struct report *report, struct offline *out)
{
    const struct diag diag = { .report = report, .file = config_file };
    struct load_secrets secrets;

    *out = (struct offline){ .board = board_new() };
    if (out->board != NULL)
        out->builder = snapshot_builder_new(out->board);
    if (out->builder == NULL)
        return diag_error(&diag, STATUS_MEMORY, "out of memory");
    if (load_secrets_init(&secrets) != STATUS_OK)
        return diag_error(&diag, STATUS_IO, "the system gave no randomness");

    const enum status status =
        load_run(config_file, out->builder, &secrets, NULL, report, &out->load);
    targets_set_up(out);
    return status;
}

void offline_release(struct offline *offline)
{
    if (offline->builder != NULL) {
        if (offline->load.snapshot != NULL)
            snapshot_free(offline->load.snapshot, offline->builder);
        snapshot_builder_free(offline->builder);
    }
    load_release(&offline->load);
    board_free(offline->board);
    *offline = (struct offline){ .board = NULL };
}

struct offline_count offline_count(const struct offline *offline)
{
    const struct snapshot *snapshot = offline->load.snapshot;
    struct offline_count count = { 0 };

    if (snapshot == NULL)
        return count;
    for (size_t i = 0; i < snapshot->zones->count; i++) {
        const struct zone *zone = snapshot->zones->zones[i];
        size_t services = 0;
        if (!zone->loaded)
            continue;
        snapshot_zone_services(snapshot, i, &services);
        count.zones++;
        count.records += zone->record_count;
        count.services += services;
    }
    count.targets = target_count(snapshot_builder_targets(offline->builder));
    count.databases = atlas_database_count(snapshot->atlas);
    return count;
}
