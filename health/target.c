#include "health/target.h"

#include <inttypes.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "health/board.h"

/* ---- one target ---- */

enum { SPEC_STRINGS = 13 + PROBE_HEADERS + PROBE_WORDS };

/* Every string of a spec, as places to read or to replace it. */
static size_t spec_strings(struct probe_spec *spec, const char **places[SPEC_STRINGS])
{
    const char **const fixed[] = {
        &spec->name,   &spec->path,   &spec->host,         &spec->method,          &spec->body,
        &spec->send,   &spec->expect, &spec->json_pointer, &spec->json_value.text, &spec->qname,
        &spec->answer, &spec->file,   &spec->region,
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        places[count++] = fixed[i];
    for (size_t i = 0; i < spec->header_count; i++)
        places[count++] = &spec->headers[i];
    for (size_t i = 0; i < spec->command_count; i++)
        places[count++] = &spec->command[i];
    return count;
}

/* Gives the spec its own strings, all in one piece that the caller frees; NULL without memory. */
static char *spec_own_strings(struct probe_spec *spec)
{
    const char **places[SPEC_STRINGS];
    const size_t count = spec_strings(spec, places);
    size_t total = 1;
    for (size_t i = 0; i < count; i++)
        total += *places[i] != NULL ? strlen(*places[i]) + 1 : 0;

    char *text = malloc(total);
    if (text == NULL)
        return NULL;
    char *next = text;
    for (size_t i = 0; i < count; i++) {
        if (*places[i] == NULL)
            continue;
        const size_t len = strlen(*places[i]) + 1;
        memcpy(next, *places[i], len);
        *places[i] = next;
        next += len;
    }
    return text;
}

/* Text may hold anything, so its length goes in front: no two targets share a key. */
static void key_text(FILE *out, const char *what, const char *text)
{
    if (text != NULL)
        fprintf(out, " %s=%zu:%s", what, strlen(text), text);
}

static void key_web(FILE *out, const struct probe_spec *spec)
{
    key_text(out, "path", spec->path);
    key_text(out, "method", spec->method);
    for (size_t i = 0; i < spec->header_count; i++)
        key_text(out, "header", spec->headers[i]);
    for (size_t i = 0; i < spec->status_count; i++)
        fprintf(out, " s=%u-%u", spec->status[i].least, spec->status[i].most);
    key_text(out, "body", spec->body);
    if (spec->json_pointer == NULL)
        return;
    key_text(out, "pointer", spec->json_pointer);
    fprintf(out, " value=%d,%a,%d", (int)spec->json_value.kind, spec->json_value.number,
            spec->json_value.truth);
    key_text(out, "value", spec->json_value.text);
}

static void key_dns(FILE *out, const struct probe_spec *spec)
{
    key_text(out, "qname", spec->qname);
    fprintf(out, " q=%u rd=%d rc=%x an=%d", spec->qtype, spec->recursion, spec->rcodes,
            spec->has_answer);
    key_text(out, "answer", spec->answer);
}

static void key_local(FILE *out, const struct probe_spec *spec)
{
    for (size_t i = 0; i < spec->command_count; i++)
        key_text(out, "word", spec->command[i]);
    key_text(out, "file", spec->file);
    fprintf(out, " age=%" PRIu32 " silence=%d", spec->max_age_ms, (int)spec->silence);
    key_text(out, "region", spec->region);
}

static void key_gates(FILE *out, const struct probe_spec *spec)
{
    for (size_t i = 0; i < spec->gate_count; i++) {
        const struct gate_rules *gate = &spec->gates[i];
        fprintf(out, " gate=%d,%u,%a,%a,%" PRIu32 ",%" PRIu32 ",%" PRIu32, (int)gate->metric,
                gate->permille, gate->down, gate->up, gate->window_ms, gate->up_for_ms,
                gate->min_samples);
    }
}

static void key_write(FILE *out, const struct target *target)
{
    const struct probe_spec *spec = &target->spec;
    char address[ADDRESS_TEXT];
    fprintf(out, "%s %s %u", probe_type_name(spec->type), address_print(&target->address, address),
            target->port);
    fprintf(out, " i=%" PRIu32 " t=%" PRIu32 " f=%u r=%u j=%u d=%d w=%d v=%d", spec->interval_ms,
            spec->timeout_ms, spec->fall, spec->rise, spec->jitter, spec->damping, spec->watch,
            spec->verify);
    key_text(out, "host", spec->host);
    key_web(out, spec);
    key_text(out, "send", spec->send);
    key_text(out, "expect", spec->expect);
    key_dns(out, spec);
    key_local(out, spec);
    key_gates(out, spec);
}

static char *target_key(const struct target *target)
{
    char *key = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&key, &len);
    if (out == NULL)
        return NULL;
    key_write(out, target);
    const bool failed = ferror(out) != 0;
    if (fclose(out) == 0 && !failed)
        return key;
    free(key);
    return NULL;
}

/* What a probe without a path is told apart by: a question, a program, a file. */
static const char *label_rest(const struct probe_spec *spec)
{
    const char *path = spec->type == PROBE_EXEC ? spec->command[0] : spec->file;
    if (spec->type == PROBE_DNS || path == NULL)
        return spec->qname;
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static char *target_label(const struct target *target)
{
    const struct probe_spec *spec = &target->spec;
    const bool v6 = target->address.family == FAMILY_V6;
    const char *host = target->by_host ? NULL : spec->host;
    char address[ADDRESS_TEXT], port[8] = "";
    const char *slash = "", *rest = "";
    if (target->port != 0)
        snprintf(port, sizeof port, ":%u", target->port);
    if (spec->path != NULL) {
        rest = spec->path;
    } else if (label_rest(spec) != NULL) {
        slash = "/";
        rest = label_rest(spec);
    }

    char *label;
    const int len =
        asprintf(&label, "%s://%s%s%s%s%s%s%s%s%s", probe_type_name(spec->type), v6 ? "[" : "",
                 target->by_host ? spec->host : address_print(&target->address, address),
                 v6 ? "]" : "", port, slash, rest, host != NULL ? " (" : "",
                 host != NULL ? host : "", host != NULL ? ")" : "");
    return len < 0 ? NULL : label;
}

/* The target, and the strings of its spec. */
struct owner {
    struct target target; /* first: a target is freed by its own address */
    char *strings;
};

static struct target *target_new(const struct probe_spec *spec, const struct address *address,
                                 uint16_t port, const char *host)
{
    struct owner *owner = calloc(1, sizeof *owner);
    if (owner == NULL)
        return NULL;
    struct target *target = &owner->target;
    target->address = *address;
    target->port = port;
    target->spec = *spec;
    target->by_host = address->family == FAMILY_NONE;
    if (host != NULL && (target->by_host || probe_spec_uses_host(spec)))
        target->spec.host = host;

    owner->strings = spec_own_strings(&target->spec);
    if (owner->strings != NULL) {
        target->key = target_key(target);
        target->label = target_label(target);
    }
    if (target->key != NULL && target->label != NULL)
        return target;
    target_free(target);
    return NULL;
}

struct target *target_copy(const struct target *target)
{
    struct target *copy = target_new(&target->spec, &target->address, target->port, NULL);
    if (copy != NULL)
        copy->id = target->id;
    return copy;
}

void target_free(struct target *target)
{
    if (target == NULL)
        return;
    struct owner *owner = (struct owner *)target;
    free(owner->strings);
    free(target->key);
    free(target->label);
    free(owner);
}

/* ---- all targets ---- */

struct listing {
    struct target *target;
    size_t users;
    size_t index; /* in `list` */
};

struct target_registry {
    void *by_key;           /* a search tree of struct listing, see tsearch(3) */
    struct listing **by_id; /* NULL where an id is free */
    struct listing **list;  /* those in use, without gaps */
    uint32_t *free_ids;     /* a stack */
    size_t count, free_count;
    uint32_t next_id; /* never given so far */
    uint32_t cap;     /* of the three arrays */
};

static int compare_listings(const void *a, const void *b)
{
    const struct listing *left = a, *right = b;
    return strcmp(left->target->key, right->target->key);
}

struct target_registry *target_registry_new(void)
{
    return calloc(1, sizeof(struct target_registry));
}

static void listing_free(struct listing *listing)
{
    target_free(listing->target);
    free(listing);
}

void target_registry_free(struct target_registry *registry)
{
    if (registry == NULL)
        return;
    for (size_t i = 0; i < registry->count; i++) {
        tdelete(registry->list[i], &registry->by_key, compare_listings);
        listing_free(registry->list[i]);
    }
    free(registry->by_id);
    free(registry->list);
    free(registry->free_ids);
    free(registry);
}

/* Room for one more id. What could be grown before memory ran out stays; that does no harm. */
static bool registry_reserve(struct target_registry *registry)
{
    if (registry->free_count != 0 || registry->next_id < registry->cap)
        return true;
    const uint32_t cap = registry->cap == 0 ? 64 : registry->cap * 2;

    struct listing **by_id = realloc(registry->by_id, cap * sizeof(struct listing *));
    if (by_id == NULL)
        return false;
    registry->by_id = by_id;
    struct listing **list = realloc(registry->list, cap * sizeof(struct listing *));
    if (list == NULL)
        return false;
    registry->list = list;
    uint32_t *free_ids = realloc(registry->free_ids, cap * sizeof *free_ids);
    if (free_ids == NULL)
        return false;
    registry->free_ids = free_ids;
    registry->cap = cap;
    return true;
}

static enum status registry_add(struct target_registry *registry, struct listing *listing)
{
    if (registry->free_count == 0 && registry->next_id == BOARD_CAPACITY)
        return STATUS_LIMIT;
    if (!registry_reserve(registry) ||
        tsearch(listing, &registry->by_key, compare_listings) == NULL)
        return STATUS_MEMORY;

    const uint32_t id = registry->free_count != 0 ? registry->free_ids[--registry->free_count]
                                                  : registry->next_id++;
    listing->target->id = id;
    listing->index = registry->count;
    registry->by_id[id] = listing;
    registry->list[registry->count++] = listing;
    return STATUS_OK;
}

enum status target_acquire(struct target_registry *registry, const struct probe_spec *spec,
                           const struct address *address, uint16_t port, const char *host,
                           const struct target **out)
{
    struct listing *listing = calloc(1, sizeof *listing);
    if (listing == NULL)
        return STATUS_MEMORY;
    listing->target = target_new(spec, address, probe_spec_port(spec, port), host);
    if (listing->target == NULL) {
        free(listing);
        return STATUS_MEMORY;
    }

    struct listing *const *known = tfind(listing, &registry->by_key, compare_listings);
    if (known != NULL) {
        listing_free(listing);
        listing = *known;
    } else {
        const enum status status = registry_add(registry, listing);
        if (status != STATUS_OK) {
            listing_free(listing);
            return status;
        }
    }
    listing->users++;
    *out = listing->target;
    return STATUS_OK;
}

void target_release(struct target_registry *registry, uint32_t id)
{
    struct listing *listing = id < registry->next_id ? registry->by_id[id] : NULL;
    if (listing == NULL || --listing->users != 0)
        return;

    struct listing *last = registry->list[--registry->count];
    registry->list[listing->index] = last;
    last->index = listing->index;
    registry->by_id[id] = NULL;
    registry->free_ids[registry->free_count++] = id;
    tdelete(listing, &registry->by_key, compare_listings);
    listing_free(listing);
}

size_t target_count(const struct target_registry *registry)
{
    return registry->count;
}

const struct target *target_at(const struct target_registry *registry, size_t index)
{
    return registry->list[index]->target;
}
