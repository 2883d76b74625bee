#include "dns/server/config_read.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "dns/proto/name.h"

const char *config_path(const struct config *config, const char *path)
{
    const char *slash = strrchr(config->file, '/');
    if (path[0] == '/' || slash == NULL)
        return arena_string(config->arena, path);
    return arena_format(config->arena, "%.*s%s", (int)(slash - config->file + 1), config->file,
                        path);
}

static enum status tell_memory(const struct json_node *node)
{
    return json_error(node, STATUS_MEMORY, "out of memory");
}

/* A string, copied to the arena. */
static enum status read_text(const struct json_node *node, struct config *config, const char **out)
{
    const char *text;
    const enum status status = json_get_string(node, &text);
    if (status != STATUS_OK)
        return status;
    const char *copy = arena_string(config->arena, text);
    if (copy == NULL)
        return tell_memory(node);
    *out = copy;
    return STATUS_OK;
}

/* A string that names a file or folder. */
static enum status read_path(const struct json_node *node, const struct config *config,
                             const char **out)
{
    const char *text;
    const enum status status = json_get_string(node, &text);
    if (status != STATUS_OK)
        return status;
    const char *path = config_path(config, text);
    if (path == NULL)
        return tell_memory(node);
    *out = path;
    return STATUS_OK;
}

static enum status expect_list(const struct json_node *node, const char *of)
{
    if (json_kind(node) == JSON_KIND_ARRAY)
        return STATUS_OK;
    return json_error(node, STATUS_SYNTAX, "expected a list of %s", of);
}

/* True for `false`; anything else is for the caller to read. */
static bool is_false(const struct json_node *node)
{
    bool value = true;
    return json_kind(node) == JSON_KIND_BOOL && json_get_bool(node, &value) == STATUS_OK && !value;
}

/* ---- listen, workers ---- */

static enum status read_bindaddr(const struct json_node *node, uint16_t port, struct bindaddr *out)
{
    const char *text;
    const enum status status = json_get_string(node, &text);
    if (status != STATUS_OK)
        return status;
    if (!bindaddr_parse(text, port, out))
        return json_error(node, STATUS_SYNTAX,
                          "'%s' is no address and port like \"192.0.2.1:53\" or "
                          "\"[2001:db8::1]:53\"",
                          text);
    return STATUS_OK;
}

static bool is_listed(const struct bindaddr *list, size_t count, const struct bindaddr *at)
{
    for (size_t i = 0; i < count; i++) {
        if (bindaddr_equal(&list[i], at))
            return true;
    }
    return false;
}

enum status config_read_listen(const struct json_node *node, struct config *config)
{
    enum status status = expect_list(node, "addresses, like [\"192.0.2.1:53\"]");
    if (status != STATUS_OK)
        return status;
    const size_t count = json_count(node);
    if (count == 0)
        return json_error(node, STATUS_LIMIT, "at least one address is needed");
    struct bindaddr *list = ARENA_ARRAY(config->arena, struct bindaddr, count);
    if (list == NULL)
        return tell_memory(node);

    struct json_node item;
    for (size_t i = 0; json_child(node, i, &item); i++) {
        struct bindaddr at;
        const enum status found = read_bindaddr(&item, 53, &at);
        char text[BINDADDR_TEXT];
        if (found != STATUS_OK)
            status = status_first(status, found);
        else if (is_listed(list, config->listen_count, &at))
            status = status_first(status, json_error(&item, STATUS_MEANING, "%s is listed twice",
                                                     bindaddr_print(&at, text)));
        else
            list[config->listen_count++] = at;
    }
    config->listen = list;
    return status;
}

enum status config_read_workers(const struct json_node *node, struct config *config)
{
    int64_t value;
    const enum status status = json_get_integer(node, 0, 256, &value);
    if (status == STATUS_OK)
        config->workers = (unsigned)value;
    return status;
}

/* ---- zones ---- */

static enum status read_zone(const struct json_node *node, struct config *config,
                             struct zone_source *zone)
{
    static const char *const known[] = { "file", "map", NULL };
    uint8_t wire[NAME_MAX_LEN];
    const char *why = "";
    static const uint8_t root[1] = { 0 };
    enum status status = STATUS_OK;

    if (!name_from_text(node->key, strlen(node->key), root, wire, &why)) {
        status = json_error(node, STATUS_SYNTAX, "'%s' is no name of a zone: %s", node->key, why);
    } else {
        char text[NAME_TEXT];
        zone->name = arena_string(config->arena, name_to_label_text(wire, text));
        if (zone->name == NULL)
            return tell_memory(node);
    }

    status = status_first(status, json_expect_keys(node, known));
    if (json_kind(node) != JSON_KIND_OBJECT)
        return status;
    struct json_node member;
    if (json_member(node, "file", &member))
        status = status_first(status, read_path(&member, config, &zone->file));
    else
        status =
            status_first(status, json_error(node, STATUS_MEANING, "the key 'file' is missing"));
    if (json_member(node, "map", &member))
        status = status_first(status, read_path(&member, config, &zone->map));
    return status;
}

static enum status read_zone_table(const struct json_node *node, struct config *config)
{
    const size_t count = json_count(node);
    struct zone_source *list = ARENA_ARRAY(config->arena, struct zone_source, count);
    if (list == NULL)
        return tell_memory(node);

    enum status status = STATUS_OK;
    struct json_node item;
    for (size_t i = 0; json_child(node, i, &item); i++) {
        struct zone_source zone = { 0 };
        enum status found = read_zone(&item, config, &zone);
        for (size_t k = 0; found == STATUS_OK && k < config->zone_count; k++) {
            if (strcasecmp(list[k].name, zone.name) == 0)
                found = json_error(&item, STATUS_MEANING, "the zone %s is named twice", zone.name);
        }
        status = status_first(status, found);
        if (found == STATUS_OK)
            list[config->zone_count++] = zone;
    }
    config->zones = list;
    return status;
}

enum status config_read_zones(const struct json_node *node, struct config *config)
{
    switch (json_kind(node)) {
    case JSON_KIND_STRING:
        return read_path(node, config, &config->zones_folder);
    case JSON_KIND_OBJECT:
        return read_zone_table(node, config);
    default:
        return json_error(node, STATUS_SYNTAX,
                          "expected a folder, or an object like "
                          "{ \"app.example\": { \"file\": \"app.zone\" } }");
    }
}

/* ---- geo ---- */

static enum status read_databases(const struct json_node *node, struct config *config)
{
    enum status status = expect_list(node, "files");
    if (status != STATUS_OK)
        return status;
    const char **list = ARENA_ARRAY(config->arena, const char *, json_count(node));
    if (list == NULL)
        return tell_memory(node);

    struct json_node item;
    for (size_t i = 0; json_child(node, i, &item); i++) {
        const enum status found = read_path(&item, config, &list[config->database_count]);
        status = status_first(status, found);
        if (found == STATUS_OK)
            config->database_count++;
    }
    config->databases = list;
    return status;
}

static enum status read_bits(const struct json_node *object, const char *key, int64_t most,
                             uint8_t *out)
{
    struct json_node node;
    if (!json_member(object, key, &node))
        return STATUS_OK;
    int64_t bits;
    const enum status status = json_get_integer(&node, 1, most, &bits);
    if (status == STATUS_OK)
        *out = (uint8_t)bits;
    return status;
}

static enum status read_max_scope(const struct json_node *node, struct config *config)
{
    static const char *const known[] = { "v4", "v6", NULL };
    enum status status = json_expect_keys(node, known);
    if (json_kind(node) != JSON_KIND_OBJECT)
        return status;
    status = status_first(status, read_bits(node, "v4", 32, &config->grain.v4));
    return status_first(status, read_bits(node, "v6", 64, &config->grain.v6));
}

enum status config_read_geo(const struct json_node *node, struct config *config)
{
    static const char *const known[] = { "databases", "ecs", "max_scope", NULL };
    enum status status = json_expect_keys(node, known);
    struct json_node member;
    if (json_member(node, "databases", &member))
        status = status_first(status, read_databases(&member, config));
    if (json_member(node, "ecs", &member))
        status = status_first(status, json_get_bool(&member, &config->ecs));
    if (json_member(node, "max_scope", &member))
        status = status_first(status, read_max_scope(&member, config));
    return status;
}

/* ---- around the server ---- */

enum status config_read_http(const struct json_node *node, struct config *config)
{
    if (is_false(node)) {
        config->http_on = false;
        return STATUS_OK;
    }
    const enum status status = read_bindaddr(node, 9353, &config->http);
    config->http_given = status == STATUS_OK;
    return status;
}

enum status config_read_control(const struct json_node *node, struct config *config)
{
    if (is_false(node)) {
        config->control = NULL;
        return STATUS_OK;
    }
    enum { MOST = sizeof((struct sockaddr_un *)0)->sun_path - 1 };
    const char *path = NULL;
    const enum status status = read_path(node, config, &path);
    if (status != STATUS_OK)
        return status;
    if (strlen(path) > MOST)
        return json_error(node, STATUS_LIMIT,
                          "'%s' has %zu octets, the system allows %d for the path of a socket",
                          path, strlen(path), MOST);
    config->control = path;
    config->control_given = true;
    return STATUS_OK;
}

enum status config_read_state(const struct json_node *node, struct config *config)
{
    return read_path(node, config, &config->state);
}

enum status config_read_identity(const struct json_node *node, struct config *config)
{
    const char *text = NULL;
    const enum status status = read_text(node, config, &text);
    if (status != STATUS_OK)
        return status;
    /* It is told as one character-string of a TXT record (RFC 1035 section 3.3). */
    if (strlen(text) > 255)
        return json_error(node, STATUS_LIMIT, "over 255 octets");
    config->identity = text;
    return STATUS_OK;
}

enum status config_read_user(const struct json_node *node, struct config *config)
{
    return read_text(node, config, &config->user);
}

enum status config_read_prefixes(const struct json_node *node, struct config *config,
                                 const struct prefix **out, size_t *count)
{
    enum status status = expect_list(node, "networks, like [\"192.0.2.0/24\"]");
    if (status != STATUS_OK)
        return status;
    struct prefix *list = ARENA_ARRAY(config->arena, struct prefix, json_count(node));
    if (list == NULL)
        return tell_memory(node);

    size_t good = 0;
    struct json_node item;
    for (size_t i = 0; json_child(node, i, &item); i++) {
        const char *text;
        enum status found = json_get_string(&item, &text);
        if (found == STATUS_OK && !prefix_parse(text, &list[good]))
            found = json_error(&item, STATUS_SYNTAX,
                               prefix_parse_loose(text, &list[good])
                                   ? "'%s' has bits set beyond its length"
                                   : "'%s' is no network like \"192.0.2.0/24\"",
                               text);
        status = status_first(status, found);
        good += found == STATUS_OK;
    }
    *out = list;
    *count = good;
    return status;
}

enum status config_read_explain(const struct json_node *node, struct config *config)
{
    return config_read_prefixes(node, config, &config->explain, &config->explain_count);
}

/* ---- answers ---- */

enum status config_read_edns_size(const struct json_node *node, struct config *config)
{
    int64_t value;
    const enum status status = json_get_integer(node, 512, 4096, &value);
    if (status == STATUS_OK)
        config->edns_size = (uint16_t)value;
    return status;
}

enum status config_read_minimal_responses(const struct json_node *node, struct config *config)
{
    return json_get_bool(node, &config->minimal_responses);
}

enum status config_read_report_channel(const struct json_node *node, struct config *config)
{
    static const uint8_t root[1] = { 0 };
    uint8_t wire[NAME_MAX_LEN];
    const char *text, *why = "";
    const enum status status = json_get_string(node, &text);
    if (status != STATUS_OK)
        return status;
    if (!name_from_text(text, strlen(text), root, wire, &why))
        return json_error(node, STATUS_SYNTAX, "'%s' is no name: %s", text, why);
    const uint8_t *copy = arena_copy(config->arena, wire, name_len(wire), 1);
    if (copy == NULL)
        return tell_memory(node);
    config->report_channel = copy;
    return STATUS_OK;
}

enum status config_read_version(const struct json_node *node, struct config *config)
{
    if (json_kind(node) == JSON_KIND_BOOL) {
        if (is_false(node))
            config->version = NULL;
        return STATUS_OK;
    }
    const char *text = NULL;
    const enum status status = read_text(node, config, &text);
    if (status != STATUS_OK)
        return status;
    if (strlen(text) > 255)
        return json_error(node, STATUS_LIMIT, "over 255 octets");
    config->version = text;
    return STATUS_OK;
}
