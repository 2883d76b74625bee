#include "tools/meridian_status_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/duration.h"
#include "tools/meridian_grid.h"
#include "tools/meridian_print.h"
#include "tools/meridian_status_orders.h"
#include "tools/meridian_told.h"
#include "tools/meridian_wrap.h"

enum { AGE_TEXT = 32, INDENT = 2 };

/* "3h20m"; whole seconds from the first second on. "-" for a time that is not known. */
static const char *age(uint64_t then_ms, uint64_t now_ms, char out[AGE_TEXT])
{
    if (then_ms == 0)
        return "-";
    const uint64_t ms = then_ms < now_ms ? now_ms - then_ms : 0;
    return duration_print(ms >= 1000 ? ms / 1000 * 1000 : ms, out, AGE_TEXT);
}

/* Whole days from the second on, whole hours from the second on. */
static const char *span(uint64_t ms, char out[AGE_TEXT])
{
    enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };
    const uint64_t unit = ms >= 2 * DAY_MS ? DAY_MS : ms >= 2 * HOUR_MS ? HOUR_MS : 1000;
    return duration_print(ms / unit * unit, out, AGE_TEXT);
}

static void print_texts(const struct json_node *object, const char *key, FILE *to)
{
    struct json_node list, item;

    if (!json_member(object, key, &list))
        return;
    for (size_t i = 0; json_child(&list, i, &item); i++)
        fprintf(to, "  %s\n", told_word(&item));
}

/* ---- the daemon and its last reload ---- */

static void print_head(const struct json_node *status, uint64_t now_ms, FILE *to)
{
    char up[AGE_TEXT], since[AGE_TEXT], counted[COUNTED_TEXT];
    struct json_node queries;
    size_t count = 0;

    if (json_member(status, "queries", &queries))
        count = told_number(&queries, "udp4") + told_number(&queries, "udp6") +
                told_number(&queries, "tcp4") + told_number(&queries, "tcp6");
    fprintf(to, "meridian %s, running for %s, %s; generation %" PRIu64 " for %s\n",
            told_text(status, "version"), age(told_time(status, "started"), now_ms, up),
            print_counted(count, "query", "queries", counted), told_number(status, "generation"),
            age(told_time(status, "since"), now_ms, since));
}

/* Nothing is moved while the prober takes itself for cut off: nobody should have to guess why. */
static void print_freeze(const struct json_node *status, uint64_t now_ms, FILE *to)
{
    struct json_node prober;
    bool frozen = false;
    char since[AGE_TEXT];

    if (json_member(status, "prober", &prober))
        frozen = told_bool(&prober, "frozen");
    if (frozen)
        fprintf(to,
                "\nFROZEN for %s: several regions failed together and no target answers, which looks "
                "like our own network.\nEvery state stays as it was until one answers.\n",
                age(told_time(&prober, "since"), now_ms, since));
}

/* The mistake is told below, under its zone. */
static bool zones_tell(const struct json_node *zones, const char *mistake)
{
    struct json_node zone, list, item;

    for (size_t i = 0; json_child(zones, i, &zone); i++)
        for (size_t k = 0; json_member(&zone, "mistakes", &list) && json_child(&list, k, &item);
             k++)
            if (strcmp(told_word(&item), mistake) == 0)
                return true;
    return false;
}

static void print_last_load(const struct json_node *status, uint64_t now_ms, FILE *to)
{
    const char *state = told_text(status, "state");
    struct json_node reloads, last, mistakes, mistake, zones;
    bool headed = false;
    char ago[AGE_TEXT];

    if (strcmp(state, "good") == 0 || !json_member(status, "reloads", &reloads) ||
        !json_member(&reloads, "last", &last) || !json_member(&last, "mistakes", &mistakes))
        return;
    const bool has_zones = json_member(status, "zones", &zones);
    age(told_time(&last, "at"), now_ms, ago);
    for (size_t i = 0; json_child(&mistakes, i, &mistake); i++) {
        if (has_zones && zones_tell(&zones, told_word(&mistake)))
            continue;
        if (!headed)
            fprintf(to, "\nThe last load, %s ago, %s:\n", ago,
                    strcmp(state, "refused") == 0 ? "was refused; what was before goes on answering"
                                                  : "found mistakes");
        headed = true;
        fprintf(to, "  %s\n", told_word(&mistake));
    }
}

/* ---- databases and zones ---- */

/* With an empty line before it; nothing when it has no rows. */
static void print_table(const struct grid *grid, FILE *to)
{
    if (grid_is_empty(grid))
        return;
    fputc('\n', to);
    grid_print(grid, 0, to);
}

static bool print_databases(const struct json_node *status, uint64_t now_ms, FILE *to)
{
    struct json_node list, database;
    char ago[AGE_TEXT];
    struct grid *grid = grid_new(3);
    bool good = grid != NULL && grid_put(grid, "DATABASE") && grid_put(grid, "TYPE") &&
                grid_put(grid, "BUILT");

    for (size_t i = 0;
         good && json_member(status, "databases", &list) && json_child(&list, i, &database); i++) {
        const char *built = told_text(&database, "built");
        good = grid_put(grid, told_text(&database, "file")) &&
               grid_put(grid, told_text(&database, "type")) &&
               grid_format(grid, "%.10s (%s ago)", built,
                           age(told_time(&database, "built"), now_ms, ago));
    }
    if (good)
        print_table(grid, to);
    grid_free(grid);
    return good;
}

static bool print_zones(const struct json_node *zones, FILE *to)
{
    struct json_node zone;
    struct grid *grid = grid_new(4);
    bool good = grid != NULL && grid_put(grid, "ZONE") && grid_put(grid, "STATE") &&
                grid_put(grid, "SERIAL") && grid_put(grid, "RECORDS");

    for (size_t i = 0; good && json_child(zones, i, &zone); i++)
        good = grid_put(grid, told_text(&zone, "name")) &&
               grid_put(grid, told_text(&zone, "state")) &&
               grid_format(grid, "%" PRIu64, told_number(&zone, "serial")) &&
               grid_format(grid, "%" PRIu64, told_number(&zone, "records"));
    if (good)
        print_table(grid, to);
    grid_free(grid);
    return good;
}

/* A zone that is not as its files say: "stale" answers its old content, "broken" SERVFAIL. */
static void print_trouble(const struct json_node *zone, FILE *to)
{
    const char *state = told_text(zone, "state");

    if (strcmp(state, "good") == 0)
        return;
    fprintf(to, "\n%s %s:\n", told_text(zone, "name"),
            strcmp(state, "stale") == 0 ? "answers its old content because of"
                                        : "cannot be loaded and answers SERVFAIL because of");
    print_texts(zone, "mistakes", to);
}

/* ---- services ---- */

static bool put_last_probe(struct grid *grid, const struct json_node *endpoint, uint64_t now_ms)
{
    struct json_node last;
    char ago[AGE_TEXT];

    if (!json_member(endpoint, "target", &last))
        return grid_put(grid, "not probed");
    if (!json_member(endpoint, "last", &last))
        return grid_put(grid, "none yet");
    const char *reason = told_bool(&last, "good") ? "good" : told_text(&last, "reason");
    return grid_format(grid, "%s, %.1f ms, %s ago%s", reason, told_real(&last, "took_ms"),
                       age(told_time(&last, "at"), now_ms, ago),
                       told_bool(&last, "verdict_kept") ? ", says nothing" : "");
}

static bool put_endpoint(struct grid *grid, const struct json_node *endpoint, uint64_t now_ms)
{
    struct json_node target;
    char since[AGE_TEXT];
    const bool probed = json_member(endpoint, "target", &target);

    return grid_format(grid, "%s %s", told_text(endpoint, "type"), told_text(endpoint, "data")) &&
           grid_format(grid, "%s%s", told_text(endpoint, "health"),
                       told_bool(endpoint, "unsure") ? "?" : "") &&
           grid_put(grid, probed ? age(told_time(endpoint, "since"), now_ms, since) : "-") &&
           put_last_probe(grid, endpoint, now_ms);
}

static bool note_certificate(struct grid *grid, const struct json_node *endpoint, uint64_t now_ms)
{
    const uint64_t ends_ms = told_time(endpoint, "certificate_expires");
    char text[64], time[AGE_TEXT];

    if (ends_ms == 0)
        return true;
    if (ends_ms > now_ms)
        snprintf(text, sizeof text, "certificate ends in %s", span(ends_ms - now_ms, time));
    else
        snprintf(text, sizeof text, "certificate ended %s ago", span(now_ms - ends_ms, time));
    return grid_note(grid, text);
}

/* What else there is to say of an endpoint, a line each. */
static bool note_endpoint(struct grid *grid, const struct json_node *endpoint, uint64_t now_ms)
{
    struct json_node gates, gate;
    char text[256];
    bool good = note_certificate(grid, endpoint, now_ms);

    if (good && told_number(endpoint, "damping") > 1) {
        snprintf(text, sizeof text, "flaps: the way back takes %" PRIu64 " times `rise`",
                 told_number(endpoint, "damping"));
        good = grid_note(grid, text);
    }
    if (!json_member(endpoint, "gates", &gates))
        return good;
    for (size_t i = 0; good && json_child(&gates, i, &gate); i++) {
        snprintf(text, sizeof text, "gate %s: %s", told_bool(&gate, "open") ? "open" : "shut",
                 told_text(&gate, "text"));
        good = grid_note(grid, text);
    }
    return good;
}

static bool put_region(struct grid *grid, const struct json_node *region, uint64_t now_ms)
{
    struct json_node endpoints, endpoint;
    char state[256];
    bool good = true;

    if (!json_member(region, "endpoints", &endpoints))
        return true;
    status_region_state(region, state, sizeof state);
    for (size_t i = 0; good && json_child(&endpoints, i, &endpoint); i++)
        good = grid_put(grid, i == 0 ? told_text(region, "name") : "") &&
               grid_put(grid, i == 0 ? state : "") && put_endpoint(grid, &endpoint, now_ms) &&
               (i > 0 || status_region_note(grid, region, now_ms)) &&
               note_endpoint(grid, &endpoint, now_ms);
    return good;
}

static bool print_service_head(const struct json_node *zone, const struct json_node *service,
                               FILE *to)
{
    char *text = NULL;
    if (asprintf(&text, "%s: service %s, TTL %" PRIu64 ", route %s", told_text(zone, "name"),
                 told_text(service, "name"), told_number(service, "ttl"),
                 told_text(service, "route")) < 0)
        return false;
    fputc('\n', to);
    wrap_print(text, 0, to);
    free(text);
    return true;
}

static bool print_service(const struct json_node *zone, const struct json_node *service,
                          uint64_t now_ms, FILE *to)
{
    static const char *const heads[] = { "REGION", "STATE", "ENDPOINT",
                                         "HEALTH", "SINCE", "LAST PROBE" };
    enum { HEADS = sizeof heads / sizeof *heads };
    struct json_node regions, region;
    struct grid *grid = grid_new(HEADS);
    bool good = grid != NULL;

    for (size_t i = 0; good && i < HEADS; i++)
        good = grid_put(grid, heads[i]);
    if (json_member(service, "regions", &regions))
        for (size_t i = 0; good && json_child(&regions, i, &region); i++)
            good = put_region(grid, &region, now_ms);
    if (good)
        good = print_service_head(zone, service, to);
    if (good)
        grid_print(grid, INDENT, to);
    grid_free(grid);
    return good;
}

static bool print_services(const struct json_node *zone, uint64_t now_ms, FILE *to)
{
    struct json_node services, service;
    bool good = true;

    if (json_member(zone, "services", &services))
        for (size_t i = 0; good && json_child(&services, i, &service); i++)
            good = print_service(zone, &service, now_ms, to);
    return good;
}

bool status_print(const struct json_node *status, uint64_t now_wall_ms, FILE *to)
{
    struct json_node zones, zone;
    bool good = true;

    print_head(status, now_wall_ms, to);
    print_freeze(status, now_wall_ms, to);
    print_last_load(status, now_wall_ms, to);
    good = status_orders_print(status, now_wall_ms, to);
    if (!json_member(status, "zones", &zones))
        return good && print_databases(status, now_wall_ms, to);
    for (size_t i = 0; json_child(&zones, i, &zone); i++)
        print_trouble(&zone, to);
    good = good && print_databases(status, now_wall_ms, to) && print_zones(&zones, to);
    for (size_t i = 0; good && json_child(&zones, i, &zone); i++)
        good = print_services(&zone, now_wall_ms, to);
    return good;
}
