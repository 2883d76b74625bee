#include "dns/server/orders_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/base/json.h"
#include "dns/base/json_writer.h"
#include "dns/server/order_json.h"
#include "dns/server/state_folder.h"

enum { VERSION = 1, PATH_TEXT = 4096 };

/* ---- writing ---- */

static char *text_of(const struct order *list, size_t count)
{
    struct json_writer *writer = json_writer_new();
    if (writer == NULL)
        return NULL;
    json_put_object(writer, NULL);
    json_put_integer(writer, "version", VERSION);
    json_put_array(writer, "orders");
    for (size_t i = 0; i < count; i++)
        order_json_put(writer, NULL, &list[i]);
    json_end(writer);
    json_end(writer);
    return json_writer_finish(writer, 2);
}

enum status orders_file_write(const char *folder, struct orders *orders, const struct diag *diag)
{
    size_t count;
    struct order *list = orders_copy(orders, &count);
    char *text = list != NULL ? text_of(list, count) : NULL;
    enum status status;
    if (text == NULL)
        status = diag_error(diag, STATUS_MEMORY, "out of memory");
    else
        status = state_folder_replace(folder, ORDERS_FILE, text, strlen(text), diag);
    free(text);
    free(list);
    return status;
}

/* ---- reading ---- */

struct reading {
    uint64_t now_wall_ms, now_ms;
    struct orders *orders;
    void (*expired)(void *context, const struct order *order);
    void *context;
};

/*
 * What is left of its time. A wall clock that went back while we were away must
 * not give it more time than it was given at first.
 */
static uint64_t time_left(const struct order *order, uint64_t now_wall_ms)
{
    const uint64_t left =
        order->until_wall_ms > now_wall_ms ? order->until_wall_ms - now_wall_ms : 0;
    const uint64_t whole = order->until_wall_ms > order->since_wall_ms
                               ? order->until_wall_ms - order->since_wall_ms
                               : 0;
    return left < whole ? left : whole;
}

static enum status read_order(const struct reading *reading, const struct json_node *node)
{
    struct order order;
    enum status status = order_json_read(node, &order);
    if (status != STATUS_OK)
        return status;
    if (order.until_wall_ms != 0) {
        const uint64_t left_ms = time_left(&order, reading->now_wall_ms);
        if (left_ms == 0) {
            if (reading->expired != NULL)
                reading->expired(reading->context, &order);
            return STATUS_OK;
        }
        order.ends_ms = reading->now_ms + left_ms;
    }
    status = orders_put(reading->orders, &order, NULL);
    if (status == STATUS_OK)
        return STATUS_OK;
    return json_error(node, status,
                      status == STATUS_LIMIT ? "more orders than can be held" : "out of memory");
}

static enum status read_document(const struct reading *reading, const struct json_node *root)
{
    static const char *const known[] = { "version", "orders", NULL };
    struct json_node list, item, version;
    int64_t number;
    enum status status = json_expect_keys(root, known);
    if (json_member(root, "version", &version) &&
        json_get_integer(&version, VERSION, VERSION, &number) != STATUS_OK)
        return STATUS_MEANING; /* written by a later meridian: it would be misread */
    if (!json_member(root, "orders", &list) || json_kind(&list) != JSON_KIND_ARRAY)
        return json_error(root, STATUS_SYNTAX, "expected a list of orders");
    for (size_t i = 0; json_child(&list, i, &item); i++) {
        const enum status found = read_order(reading, &item);
        status = status != STATUS_OK ? status : found;
    }
    return status;
}

static void set_aside(const char *folder, const char *path, uint64_t now_wall_ms,
                      struct report *report)
{
    const struct diag diag = { .report = report, .file = path };
    char aside[STATE_FOLDER_NAME];
    if (state_folder_set_aside(folder, ORDERS_FILE, now_wall_ms, &diag, aside) == STATUS_OK)
        diag_warning(&diag, "damaged; kept as %s for you to look at", aside);
}

enum status orders_file_read(const char *folder, uint64_t now_wall_ms, uint64_t now_ms,
                             struct report *report, struct orders *orders,
                             void (*expired)(void *context, const struct order *order),
                             void *context)
{
    char path[PATH_TEXT];
    const struct diag diag = { .report = report, .file = path };
    const int len = snprintf(path, sizeof path, "%s/%s", folder, ORDERS_FILE);
    if (len >= (int)sizeof path)
        return diag_error(&diag, STATUS_LIMIT, "the path is too long");
    if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return STATUS_OK;

    const struct reading reading = { .now_wall_ms = now_wall_ms,
                                     .now_ms = now_ms,
                                     .orders = orders,
                                     .expired = expired,
                                     .context = context };
    struct json_doc *doc = NULL;
    enum status status = json_load(&diag, &doc);
    if (status == STATUS_OK) {
        const struct json_node root = json_root(doc, &diag);
        status = read_document(&reading, &root);
    }
    json_free(doc);
    if (status != STATUS_OK)
        set_aside(folder, path, now_wall_ms, report);
    return status;
}
