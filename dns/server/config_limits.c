#include "dns/server/config_read.h"

#include <ctype.h>
#include <string.h>

#include "dns/server/journal_file.h"
#include "dns/server/ratelimit.h"

/* A member that is a whole number; absent: *out stays. */
static enum status read_count(const struct json_node *object, const char *key, int64_t least,
                              int64_t most, uint32_t *out)
{
    struct json_node node;
    if (!json_member(object, key, &node))
        return STATUS_OK;
    int64_t value;
    const enum status status = json_get_integer(&node, least, most, &value);
    if (status == STATUS_OK)
        *out = (uint32_t)value;
    return status;
}

static enum status read_time(const struct json_node *object, const char *key, uint64_t least_ms,
                             uint64_t most_ms, uint64_t *out_ms)
{
    struct json_node node;
    if (!json_member(object, key, &node))
        return STATUS_OK;
    return json_get_duration(&node, least_ms, most_ms, out_ms);
}

enum status config_read_tcp(const struct json_node *node, struct config *config)
{
    static const char *const known[] = { "idle", "message", "clients", "per_prefix", NULL };
    enum { HOUR = 3600000 };
    struct config_tcp *tcp = &config->tcp;

    enum status status = json_expect_keys(node, known);
    status = status_first(status, read_time(node, "idle", 100, HOUR, &tcp->idle_ms));
    status = status_first(status, read_time(node, "message", 100, HOUR, &tcp->message_ms));
    status = status_first(status, read_count(node, "clients", 1, 1000000, &tcp->clients));
    return status_first(status, read_count(node, "per_prefix", 1, 1000000, &tcp->per_prefix));
}

/* ---- journal ---- */

enum status config_read_journal(const struct json_node *node, struct config *config)
{
    static const char *const known[] = { "size", "keep", NULL };
    enum { SIZE_LEAST = 4096, SIZE_MOST = 1 << 30 };
    struct config_journal *journal = &config->journal;

    if (json_kind(node) == JSON_KIND_BOOL)
        return json_get_bool(node, &journal->on);
    if (json_kind(node) != JSON_KIND_OBJECT)
        return json_error(node, STATUS_SYNTAX,
                          "expected true, false, or an object like { \"size\": 16777216 }");

    uint32_t size = (uint32_t)journal->size;
    enum status status = json_expect_keys(node, known);
    status = status_first(status, read_count(node, "size", SIZE_LEAST, SIZE_MOST, &size));
    journal->size = size;
    return status_first(status, read_count(node, "keep", 0, JOURNAL_KEEP_MOST, &journal->keep));
}

/* ---- cookies ---- */

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    const int lower = tolower((unsigned char)digit);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool hex_parse(const char *text, uint8_t *out, size_t len)
{
    if (strlen(text) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static enum status read_secrets(const struct json_node *node, struct cookie_secrets *secrets)
{
    if (json_kind(node) != JSON_KIND_ARRAY)
        return json_error(node, STATUS_SYNTAX, "expected a list of secrets, newest first");
    const size_t count = json_count(node);
    if (count == 0 || count > COOKIE_SECRETS)
        return json_error(node, STATUS_LIMIT, "expected 1 to %d secrets, found %zu", COOKIE_SECRETS,
                          count);

    enum status status = STATUS_OK;
    struct json_node item;
    for (size_t i = 0; json_child(node, i, &item); i++) {
        const char *text;
        enum status found = json_get_string(&item, &text);
        /* The message does not repeat the text: logs are no place for a secret. */
        if (found == STATUS_OK &&
            !hex_parse(text, secrets->secret[secrets->count], COOKIE_SECRET_LEN))
            found = json_error(&item, STATUS_SYNTAX,
                               "a secret is %d hexadecimal digits (RFC 9018 section 4.4)",
                               2 * COOKIE_SECRET_LEN);
        status = status_first(status, found);
        secrets->count = (uint8_t)(secrets->count + (found == STATUS_OK));
    }
    return status;
}

enum status config_read_cookies(const struct json_node *node, struct config *config)
{
    static const char *const known[] = { "secrets", "required", NULL };
    if (json_kind(node) == JSON_KIND_BOOL)
        return json_get_bool(node, &config->cookies_on);
    if (json_kind(node) != JSON_KIND_OBJECT)
        return json_error(node, STATUS_SYNTAX,
                          "expected true, false, or an object like { \"secrets\": [...] }");

    enum status status = json_expect_keys(node, known);
    struct json_node member;
    if (json_member(node, "secrets", &member))
        status = status_first(status, read_secrets(&member, &config->cookies));
    if (json_member(node, "required", &member))
        status = status_first(status, json_get_bool(&member, &config->cookies_required));
    return status;
}

/* ---- rate limit ---- */

enum status config_read_rate_limit(const struct json_node *node, struct config *config)
{
    static const char *const known[] = { "answers", "nxdomain", "errors", "slip", "allow", NULL };
    struct ratelimit_rules *limit = &config->rate_limit;

    if (json_kind(node) == JSON_KIND_BOOL)
        return json_get_bool(node, &limit->on);
    if (json_kind(node) != JSON_KIND_OBJECT)
        return json_error(node, STATUS_SYNTAX,
                          "expected true, false, or an object like { \"answers\": 500 }");

    uint32_t slip = limit->slip;
    enum status status = json_expect_keys(node, known);
    limit->allow_count = 0;
    status = status_first(status, read_count(node, "answers", 1, RATELIMIT_MOST, &limit->answers));
    status =
        status_first(status, read_count(node, "nxdomain", 1, RATELIMIT_MOST, &limit->nxdomain));
    status = status_first(status, read_count(node, "errors", 1, RATELIMIT_MOST, &limit->errors));
    status = status_first(status, read_count(node, "slip", 0, 255, &slip));
    limit->slip = (uint8_t)slip;
    struct json_node member;
    if (json_member(node, "allow", &member))
        status = status_first(
            status, config_read_prefixes(&member, config, &limit->allow, &limit->allow_count));
    return status;
}
