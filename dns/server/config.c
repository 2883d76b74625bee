#include "dns/server/config.h"

#include <stdlib.h>
#include <string.h>

#include "dns/base/json.h"
#include "dns/server/config_read.h"
#include "dns/server/ratelimit.h"
#include "dns/server/version.h"

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_listen(const struct config *a, const struct config *b)
{
    if (a->listen_count != b->listen_count)
        return false;
    for (size_t i = 0; i < a->listen_count; i++) {
        if (!bindaddr_equal(&a->listen[i], &b->listen[i]))
            return false;
    }
    return true;
}

static bool same_workers(const struct config *a, const struct config *b)
{
    return a->workers == b->workers;
}

static bool same_http(const struct config *a, const struct config *b)
{
    return a->http_on == b->http_on && bindaddr_equal(&a->http, &b->http);
}

static bool same_control(const struct config *a, const struct config *b)
{
    return same_text(a->control, b->control);
}

static bool same_state(const struct config *a, const struct config *b)
{
    return same_text(a->state, b->state);
}

static bool same_journal(const struct config *a, const struct config *b)
{
    return a->journal.on == b->journal.on && a->journal.size == b->journal.size &&
           a->journal.keep == b->journal.keep;
}

static bool same_user(const struct config *a, const struct config *b)
{
    return same_text(a->user, b->user);
}

static bool same_tcp(const struct config *a, const struct config *b)
{
    return a->tcp.idle_ms == b->tcp.idle_ms && a->tcp.message_ms == b->tcp.message_ms &&
           a->tcp.clients == b->tcp.clients && a->tcp.per_prefix == b->tcp.per_prefix;
}

/* Every key of the file. `same` is there for a key that only a start can change. */
static const struct config_key {
    const char *key;
    enum status (*read)(const struct json_node *node, struct config *config);
    bool (*same)(const struct config *a, const struct config *b);
    bool required;
} keys[] = {
    { "listen", config_read_listen, same_listen, true },
    { "workers", config_read_workers, same_workers, false },
    { "zones", config_read_zones, NULL, true },
    { "geo", config_read_geo, NULL, false },
    { "http", config_read_http, same_http, false },
    { "control", config_read_control, same_control, false },
    { "state", config_read_state, same_state, false },
    { "journal", config_read_journal, same_journal, false },
    { "identity", config_read_identity, NULL, false },
    { "user", config_read_user, same_user, false },
    { "explain", config_read_explain, NULL, false },
    { "edns_size", config_read_edns_size, NULL, false },
    { "minimal_responses", config_read_minimal_responses, NULL, false },
    { "tcp", config_read_tcp, same_tcp, false },
    { "cookies", config_read_cookies, NULL, false },
    { "rate_limit", config_read_rate_limit, NULL, false },
    { "report_channel", config_read_report_channel, NULL, false },
    { "version", config_read_version, NULL, false },
};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

const char *config_needs_restart(const struct config *now, const struct config *next, size_t *from)
{
    while (*from < KEY_COUNT) {
        const struct config_key *key = &keys[(*from)++];
        if (key->same != NULL && !key->same(now, next))
            return key->key;
    }
    return NULL;
}

const char *config_default_path(void)
{
    const char *path = getenv("MERIDIAN_CONFIG");
    return path != NULL && path[0] != '\0' ? path : "/etc/meridian/meridian.json";
}

/*
 * This machine's own programs: checks, benchmarks, a resolver beside us. Their
 * addresses cannot be forged from outside. An operator's own `rate_limit`
 * object names whom it allows.
 */
static const struct prefix loopback[] = {
    { { FAMILY_V4, { 127 } }, 8 },
    { { FAMILY_V6, { [15] = 1 } }, 128 },
};

/* What an operator gets who writes the two required keys and nothing else. */
static enum status config_defaults(struct config *config)
{
    config->grain = (struct atlas_grain){ .v4 = 24, .v6 = 56 };
    config->ecs = true;
    config->http_on = bindaddr_parse("127.0.0.1:9353", 0, &config->http);
    config->control = config_path(config, "meridian.sock");
    config->state = config_path(config, "state");
    config->journal = (struct config_journal){ .on = true, .size = 16 << 20, .keep = 4 };
    config->edns_size = 1232;
    config->minimal_responses = true;
    config->version = "meridian " MERIDIAN_VERSION;
    config->tcp = (struct config_tcp){
        .idle_ms = 10000, .message_ms = 5000, .clients = 1000, .per_prefix = 100
    };
    config->cookies_on = true;
    config->rate_limit = (struct ratelimit_rules){
        .on = true,
        .answers = RATELIMIT_ANSWERS,
        .nxdomain = RATELIMIT_NXDOMAIN,
        .errors = RATELIMIT_ERRORS,
        .slip = RATELIMIT_SLIP,
        .allow = loopback,
        .allow_count = sizeof loopback / sizeof *loopback,
    };
    return config->control != NULL && config->state != NULL ? STATUS_OK : STATUS_MEMORY;
}

static struct config *config_new(const char *file)
{
    struct arena *arena = arena_new();
    if (arena == NULL)
        return NULL;
    struct config *config = ARENA_NEW(arena, struct config);
    if (config == NULL) {
        arena_free(arena);
        return NULL;
    }
    config->arena = arena;
    config->file = arena_string(arena, file);
    if (config->file == NULL || config_defaults(config) != STATUS_OK) {
        arena_free(arena);
        return NULL;
    }
    return config;
}

void config_free(struct config *config)
{
    if (config != NULL)
        arena_free(config->arena);
}

static enum status read_all(const struct json_node *root, struct config *config)
{
    const char *known[KEY_COUNT + 1];
    for (size_t i = 0; i < KEY_COUNT; i++)
        known[i] = keys[i].key;
    known[KEY_COUNT] = NULL;

    enum status status = json_expect_keys(root, known);
    if (json_kind(root) != JSON_KIND_OBJECT)
        return status;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        struct json_node node;
        if (json_member(root, keys[i].key, &node))
            status = status_first(status, keys[i].read(&node, config));
        else if (keys[i].required)
            status = status_first(
                status, json_error(root, STATUS_MEANING, "the key '%s' is missing", keys[i].key));
    }
    return status;
}

enum status config_load(const char *file, struct report *report, struct config **out)
{
    *out = NULL;
    const struct diag diag = { .report = report, .file = file };
    struct json_doc *doc;
    enum status status = json_load(&diag, &doc);
    if (status != STATUS_OK)
        return status;

    struct config *config = config_new(file);
    if (config == NULL) {
        json_free(doc);
        return diag_error(&diag, STATUS_MEMORY, "out of memory");
    }
    const struct json_node root = json_root(doc, &diag);
    status = read_all(&root, config);
    json_free(doc);
    *out = config;
    return status;
}
