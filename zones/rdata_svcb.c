#include "zones/rdata_field.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/*
 * The parameters of SVCB and HTTPS, RFC 9460 section 2.1 and appendix A. On
 * the wire they are sorted by key; in the file they stand in any order, each
 * key once.
 */

enum svc_key {
    KEY_MANDATORY = 0,
    KEY_ALPN = 1,
    KEY_NO_DEFAULT_ALPN = 2,
    KEY_PORT = 3,
    KEY_IPV4HINT = 4,
    KEY_ECH = 5,
    KEY_IPV6HINT = 6,
    KEY_DOHPATH = 7,
    KEY_OHTTP = 8,
    KEY_INVALID = 65535
};

static const char *const key_names[] = {
    "mandatory", "alpn",     "no-default-alpn", "port",  "ipv4hint",
    "ech",       "ipv6hint", "dohpath",         "ohttp",
};

enum { KEYS_NAMED = sizeof key_names / sizeof *key_names, PARAMS_MOST = 256 };

/* One parameter: its key and its value as written (quotes gone, escapes not). */
struct param {
    const struct token *token;
    uint16_t key;
    bool has_value;
    const char *value;
    size_t value_len;
};

/* "port", "key667" without leading zeros; lower case only, as the RFC has it. */
static bool key_scan(const char *text, size_t len, uint16_t *key)
{
    for (unsigned i = 0; i < KEYS_NAMED; i++) {
        if (strlen(key_names[i]) == len && memcmp(key_names[i], text, len) == 0) {
            *key = (uint16_t)i;
            return true;
        }
    }
    uint32_t number;
    if (len < 4 || memcmp(text, "key", 3) != 0 || (text[3] == '0' && len > 4) ||
        !text_number(text + 3, len - 3, KEY_INVALID - 1, &number))
        return false;
    *key = (uint16_t)number;
    return true;
}

/* "key", "key=value", "key="value"" */
static enum status param_scan(struct rdata_maker *maker, struct param *param)
{
    const struct token *token = maker->next++;
    const char *equals = token->quoted ? NULL : memchr(token->text, '=', token->len);
    const size_t key_len = equals != NULL ? (size_t)(equals - token->text) : token->len;

    *param = (struct param){ .token = token, .has_value = equals != NULL };
    if (token->quoted || !key_scan(token->text, key_len, &param->key))
        return maker_refuse(maker, token, "a service parameter (key or key=value, RFC 9460)");
    if (equals == NULL)
        return STATUS_OK;
    param->value = equals + 1;
    param->value_len = token->len - key_len - 1;
    if (!token->pair)
        return STATUS_OK;
    if (param->value[0] != '"')
        return maker_error(maker, token, STATUS_SYNTAX, "a quote stands inside a value");
    param->value++;
    param->value_len -= 2;
    return STATUS_OK;
}

static enum status value_refuse(const struct rdata_maker *maker, const struct param *param,
                                const char *what)
{
    return maker_refuse(maker, param->token, what);
}

/* ---- lists ---- */

/*
 * Cuts the next item off a comma-separated list whose escapes of the zone file
 * are resolved already. In alpn, "\," and "\\" hide a comma or backslash once
 * more (RFC 9460 appendix A.1); the item is copied to `item`.
 */
static bool item_next(const uint8_t *list, size_t len, size_t *at, bool escapes, uint8_t *item,
                      size_t *item_len)
{
    size_t used = 0;
    for (; *at < len && list[*at] != ','; (*at)++) {
        if (escapes && list[*at] == '\\') {
            (*at)++;
            if (*at == len || (list[*at] != ',' && list[*at] != '\\'))
                return false;
        }
        item[used++] = list[*at];
    }
    *item_len = used;
    return used > 0;
}

static enum status alpn_item(struct rdata_maker *maker, const uint8_t *item, size_t len)
{
    if (len > UINT8_MAX)
        return STATUS_LIMIT;
    const enum status status = maker_put_number(maker, (uint32_t)len, 1);
    return status == STATUS_OK ? maker_put(maker, item, len) : status;
}

static enum status hint_item(struct rdata_maker *maker, int family, const uint8_t *item, size_t len)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t octets[16];
    if (len >= sizeof text || memchr(item, '\0', len) != NULL)
        return STATUS_SYNTAX;
    memcpy(text, item, len);
    text[len] = '\0';
    if (inet_pton(family, text, octets) != 1)
        return STATUS_SYNTAX;
    return maker_put(maker, octets, family == AF_INET ? 4 : 16);
}

static enum status list_item(struct rdata_maker *maker, uint16_t key, const uint8_t *item,
                             size_t len)
{
    uint16_t named;
    switch (key) {
    case KEY_MANDATORY:
        return key_scan((const char *)item, len, &named) ? maker_put_number(maker, named, 2)
                                                         : STATUS_SYNTAX;
    case KEY_ALPN:
        return alpn_item(maker, item, len);
    case KEY_IPV4HINT:
        return hint_item(maker, AF_INET, item, len);
    default:
        return hint_item(maker, AF_INET6, item, len);
    }
}

static enum status list_put(struct rdata_maker *maker, const struct param *param,
                            const uint8_t *list, size_t len, const char *what)
{
    uint8_t *item = malloc(len + 1);
    if (item == NULL)
        return maker_error(maker, param->token, STATUS_MEMORY, "no memory for a list");
    enum status status = STATUS_OK;
    size_t at = 0;
    for (;;) {
        size_t item_len;
        status = item_next(list, len, &at, param->key == KEY_ALPN, item, &item_len)
                     ? list_item(maker, param->key, item, item_len)
                     : STATUS_SYNTAX;
        if (status != STATUS_OK || at == len)
            break;
        at++; /* the comma, after which another item must come */
    }
    free(item);
    return status == STATUS_OK ? STATUS_OK : value_refuse(maker, param, what);
}

/* ---- values ---- */

static int number_order(const void *a, const void *b)
{
    return memcmp(a, b, 2);
}

/* RFC 9460 section 8: keys in order, none twice, none of them "mandatory" itself. */
static enum status mandatory_sort(struct rdata_maker *maker, const struct param *param,
                                  size_t start)
{
    uint8_t *keys = maker->out + start;
    const size_t count = (maker->len - start) / 2;
    qsort(keys, count, 2, number_order);
    for (size_t i = 0; i < count; i++) {
        if ((keys[2 * i] | keys[2 * i + 1]) == 0 ||
            (i > 0 && memcmp(keys + 2 * i, keys + 2 * i - 2, 2) == 0))
            return value_refuse(maker, param, "a list of mandatory keys, each once");
    }
    return STATUS_OK;
}

static enum status base64_value(struct rdata_maker *maker, const struct param *param,
                                const uint8_t *text, size_t len)
{
    const struct token word = { .text = (const char *)text,
                                .len = len,
                                .line = param->token->line };
    struct rdata_maker inner = *maker;
    inner.next = &word;
    inner.end = &word + 1;
    const enum status status = field_base64(&inner);
    maker->len = inner.len;
    return status;
}

/* The value of one key; `text` has its escapes resolved. */
static enum status value_put(struct rdata_maker *maker, const struct param *param,
                             const uint8_t *text, size_t len)
{
    const size_t start = maker->len;
    uint32_t port;
    enum status status;
    switch (param->key) {
    case KEY_MANDATORY:
        status = list_put(maker, param, text, len, "a list of keys (mandatory=alpn,port)");
        return status == STATUS_OK ? mandatory_sort(maker, param, start) : status;
    case KEY_ALPN:
        return list_put(maker, param, text, len, "a list of protocols (alpn=h2,h3)");
    case KEY_NO_DEFAULT_ALPN:
    case KEY_OHTTP:
        return param->has_value ? value_refuse(maker, param, "a key that takes no value")
                                : STATUS_OK;
    case KEY_PORT:
        if (!text_number((const char *)text, len, UINT16_MAX, &port))
            return value_refuse(maker, param, "a port from 0 to 65535");
        return maker_put_number(maker, port, 2);
    case KEY_IPV4HINT:
        return list_put(maker, param, text, len, "a list of IPv4 addresses");
    case KEY_IPV6HINT:
        return list_put(maker, param, text, len, "a list of IPv6 addresses");
    case KEY_ECH:
        return len > 0 ? base64_value(maker, param, text, len)
                       : value_refuse(maker, param, "a key with its value");
    default:
        return maker_put(maker, text, len);
    }
}

static enum status param_put(struct rdata_maker *maker, const struct param *param)
{
    uint8_t *text = malloc(param->value_len + 1);
    if (text == NULL)
        return maker_error(maker, param->token, STATUS_MEMORY, "no memory for a parameter");
    size_t text_len = 0;
    enum status status;
    if (param->value_len > 0 && !text_unescape(param->value, param->value_len, text, &text_len)) {
        status = value_refuse(maker, param, "well escaped (\\DDD up to \\255)");
        goto out;
    }
    status = maker_put_number(maker, param->key, 2);
    if (status == STATUS_OK)
        status = maker_put_number(maker, 0, 2);
    if (status != STATUS_OK)
        goto out;

    const size_t start = maker->len;
    status = value_put(maker, param, text, text_len);
    const size_t len = maker->len - start;
    maker->out[start - 2] = (uint8_t)(len >> 8);
    maker->out[start - 1] = (uint8_t)len;
out:
    free(text);
    return status;
}

/* ---- the whole ---- */

static int param_order(const void *a, const void *b)
{
    return ((const struct param *)a)->key - ((const struct param *)b)->key;
}

static enum status params_put(struct rdata_maker *maker, struct param *params, size_t count)
{
    enum status status = STATUS_OK;
    qsort(params, count, sizeof *params, param_order);
    const size_t start = maker->len;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (i > 0 && params[i].key == params[i - 1].key)
            return maker_error(
                maker, params[i].token, STATUS_MEANING,
                "'%.*s' gives a key twice (RFC 9460 section 2.1)",
                (int)(params[i].token->len < FIELD_SHOWN ? params[i].token->len : FIELD_SHOWN),
                params[i].token->text);
        status = param_put(maker, &params[i]);
    }
    if (status != STATUS_OK)
        return status;
    const char *why = svcparams_check(maker->out + start, maker->len - start);
    return why == NULL ? STATUS_OK : maker_error(maker, NULL, STATUS_MEANING, "%s", why);
}

enum status rdata_make_svcb(struct rdata_maker *maker)
{
    enum status status = field_number(maker, 2);
    if (status == STATUS_OK)
        status = field_name(maker);
    if (status != STATUS_OK)
        return status;

    struct param params[PARAMS_MOST];
    size_t count = 0;
    while (maker->next < maker->end) {
        if (count == PARAMS_MOST)
            return maker_error(maker, maker->next, STATUS_LIMIT, "more than %d service parameters",
                               PARAMS_MOST);
        status = param_scan(maker, &params[count++]);
        if (status != STATUS_OK)
            return status;
    }
    return params_put(maker, params, count);
}
