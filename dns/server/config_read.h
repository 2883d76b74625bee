#ifndef MERIDIAN_SERVER_CONFIG_READ_H
#define MERIDIAN_SERVER_CONFIG_READ_H

#include "dns/base/json.h"
#include "dns/server/config_value.h"

/*
 * The readers of single keys of meridian.json. Each tells its mistakes at its
 * node, changes only its own fields of `config`, and leaves the default where
 * it finds a mistake.
 */
enum status config_read_listen(const struct json_node *node, struct config *config);
enum status config_read_workers(const struct json_node *node, struct config *config);
enum status config_read_zones(const struct json_node *node, struct config *config);
enum status config_read_geo(const struct json_node *node, struct config *config);
enum status config_read_http(const struct json_node *node, struct config *config);
enum status config_read_control(const struct json_node *node, struct config *config);
enum status config_read_state(const struct json_node *node, struct config *config);
enum status config_read_identity(const struct json_node *node, struct config *config);
enum status config_read_user(const struct json_node *node, struct config *config);
enum status config_read_explain(const struct json_node *node, struct config *config);
enum status config_read_edns_size(const struct json_node *node, struct config *config);
enum status config_read_minimal_responses(const struct json_node *node, struct config *config);
enum status config_read_tcp(const struct json_node *node, struct config *config);
enum status config_read_journal(const struct json_node *node, struct config *config);
enum status config_read_cookies(const struct json_node *node, struct config *config);
enum status config_read_rate_limit(const struct json_node *node, struct config *config);
enum status config_read_report_channel(const struct json_node *node, struct config *config);
enum status config_read_version(const struct json_node *node, struct config *config);

/* `path` as seen from the folder of the configuration, in its arena; NULL: no memory. */
const char *config_path(const struct config *config, const char *path);

/* The first of two that is not STATUS_OK: a reader goes on after a mistake and remembers it. */
static inline enum status status_first(enum status a, enum status b)
{
    return a != STATUS_OK ? a : b;
}

/* A list of networks ("192.0.2.0/24" or an address). */
enum status config_read_prefixes(const struct json_node *node, struct config *config,
                                 const struct prefix **out, size_t *count);

#endif
