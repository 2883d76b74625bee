#include "dns/server/desk.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/clock.h"
#include "dns/base/log.h"
#include "dns/server/desk_effect.h"
#include "dns/server/desk_names.h"
#include "dns/server/desk_wish.h"
#include "dns/server/order_json.h"
#include "dns/server/orders_file.h"

enum { UNKEPT_TEXT = 512 };

struct desk {
    struct desk_parts parts;
    struct ev_timer timer;     /* the next end of an order, or attempt to keep them */
    char unkept[UNKEPT_TEXT];  /* empty: all are kept */
    uint64_t retry_ms;         /* when to try again */
};

/* ---- keeping ---- */

static void keep(struct desk *desk)
{
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = desk->parts.folder };
    const bool was_kept = desk->unkept[0] == '\0';
    if (report != NULL && orders_file_write(desk->parts.folder, desk->parts.orders, &diag) ==
                              STATUS_OK) {
        desk->unkept[0] = '\0';
        if (!was_kept)
            log_info("the orders are kept in %s again", desk->parts.folder);
    } else {
        snprintf(desk->unkept, sizeof desk->unkept, "%s",
                 report != NULL && report_count(report) > 0 ? report_text(report, 0)
                                                            : "out of memory");
        desk->retry_ms = clock_monotonic_ms() + DESK_RETRY_S * 1000;
        if (was_kept)
            log_error("orders are in force but not kept: %s", desk->unkept);
    }
    report_free(report);
}

const char *desk_unkept(const struct desk *desk)
{
    return desk->unkept[0] != '\0' ? desk->unkept : NULL;
}

/* ---- telling ---- */

static void note(const struct desk *desk, const struct order_subject *subject, const char *from,
                 const char *to, const char *why, const char *by)
{
    char what[ORDER_SUBJECT_TEXT];
    journal_note(desk->parts.journal,
                 &(struct journal_entry){ .event = "order",
                                          .what = order_subject_print(subject, what),
                                          .from = from,
                                          .to = to,
                                          .why = why,
                                          .by = by });
}

static void tell_expired(const struct desk *desk, const struct order *order)
{
    char text[ORDER_TEXT];
    log_info("%s has ended, its time is over", order_print(order, text));
    note(desk, &order->subject, order_kind_text(order->kind), "expired", order->reason,
         order->author);
}

/* ---- time ---- */

static void arm(struct desk *desk)
{
    struct ev_loop *loop = desk->parts.loop;
    uint64_t next_ms = orders_next_end(desk->parts.orders);
    if (desk->unkept[0] != '\0' && (next_ms == 0 || desk->retry_ms < next_ms))
        next_ms = desk->retry_ms;
    ev_timer_stop(loop, &desk->timer);
    if (next_ms == 0)
        return;
    const uint64_t now_ms = clock_monotonic_ms();
    ev_now_update(loop);
    ev_timer_set(&desk->timer, next_ms > now_ms ? (double)(next_ms - now_ms + 1) / 1000 : 0, 0);
    ev_timer_start(loop, &desk->timer);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct desk *desk = timer->data;
    const uint64_t now_ms = clock_monotonic_ms();
    struct order ended;
    bool changed = false;
    (void)loop;
    (void)events;
    while (orders_expire(desk->parts.orders, now_ms, &ended)) {
        tell_expired(desk, &ended);
        changed = true;
    }
    if (changed)
        desk->parts.obey(desk->parts.context);
    if (changed || (desk->unkept[0] != '\0' && now_ms >= desk->retry_ms))
        keep(desk);
    arm(desk);
}

/* ---- making and ending ---- */

static void put_error(struct json_writer *writer, const char *text)
{
    json_put_string(writer, "error", text);
}

static bool make(struct desk *desk, const struct desk_wish *wish, struct json_writer *writer)
{
    struct order order = { .kind = wish->kind,
                           .subject = wish->subject,
                           .since_wall_ms = clock_wall_ms() };
    struct order before;
    char text[ORDER_TEXT];
    if (wish->for_ms != 0) {
        order.until_wall_ms = order.since_wall_ms + wish->for_ms;
        order.ends_ms = clock_monotonic_ms() + wish->for_ms;
    }
    memcpy(order.reason, wish->reason, sizeof order.reason);
    memcpy(order.author, wish->author, sizeof order.author);

    const enum status status = orders_put(desk->parts.orders, &order, &before);
    if (status != STATUS_OK) {
        snprintf(text, sizeof text, "there are %d orders in force, the most there can be",
                 ORDERS_MOST);
        put_error(writer, status == STATUS_LIMIT ? text : "out of memory");
        return false;
    }
    note(desk, &order.subject, order_kind_text(before.kind), order_kind_text(order.kind),
         order.reason, order.author);
    desk->parts.obey(desk->parts.context);
    log_info("%s is in force", order_print(&order, text));
    order_json_put(writer, "order", &order);
    if (before.kind != ORDER_NONE)
        order_json_put(writer, "replaced", &before);
    return true;
}

/* Gives how many; they are told in the array "ended". */
static size_t end(struct desk *desk, const struct desk_wish *wish, struct json_writer *writer)
{
    size_t count, ended = 0;
    struct order *list = orders_copy(desk->parts.orders, &count);
    char text[ORDER_TEXT];
    json_put_array(writer, "ended");
    for (size_t i = 0; list != NULL && i < count; i++) {
        if (!desk_wish_ends(wish, &list[i]) ||
            !orders_take(desk->parts.orders, &list[i].subject, NULL))
            continue;
        log_info("%s is ended by %s", order_print(&list[i], text), wish->author);
        note(desk, &list[i].subject, order_kind_text(list[i].kind), "none", wish->reason,
             wish->author);
        order_json_put(writer, NULL, &list[i]);
        ended++;
    }
    json_end(writer);
    free(list);
    if (ended > 0)
        desk->parts.obey(desk->parts.context);
    return ended;
}

/* ---- answers ---- */

/* What an answer says beside the facts. */
struct telling {
    struct desk *desk;
    const struct desk_wish *wish;
    const struct snapshot *snapshot;
    struct json_writer *writer;
    struct order others[DESK_TOLD];
    size_t other_count;
    size_t ended;
};

static bool is_drain(const struct order *order)
{
    return order->kind == ORDER_DRAIN;
}

/* True for another order that does what the wish wanted to end. */
static bool stands_against(const struct telling *telling, const struct order *other)
{
    return telling->wish->ends && is_drain(other) == (telling->wish->kind == ORDER_DRAIN);
}

static void put_notes(const struct telling *telling)
{
    struct json_writer *writer = telling->writer;
    char text[ORDER_TEXT], line[ORDER_TEXT + 64];
    json_put_array(writer, "notes");
    if (telling->wish->ends && telling->ended == 0) {
        snprintf(line, sizeof line, "%s was not %s",
                 order_subject_print(&telling->wish->subject, text),
                 telling->wish->kind == ORDER_DRAIN ? "drained" : "forced");
        json_put_string(writer, NULL, line);
    }
    for (size_t i = 0; i < telling->other_count; i++) {
        if (!telling->wish->ends || stands_against(telling, &telling->others[i]))
            continue;
        snprintf(line, sizeof line, "%s goes on", order_print(&telling->others[i], text));
        json_put_string(writer, NULL, line);
    }
    json_end(writer);
}

static void put_warnings(const struct telling *telling)
{
    const struct desk_wish *wish = telling->wish;
    struct json_writer *writer = telling->writer;
    char text[ORDER_TEXT], line[ORDER_TEXT + 64];
    json_put_array(writer, "warnings");
    for (size_t i = 0; !wish->ends && i < telling->other_count; i++) {
        snprintf(line, sizeof line, "%s says more and goes on where it is about the same",
                 order_print(&telling->others[i], text));
        json_put_string(writer, NULL, line);
    }
    if (!wish->ends && wish->kind != ORDER_UP)
        desk_effect_put_all_down(telling->snapshot, &wish->subject, writer);
    json_end(writer);
}

/* False when there is none. */
static bool put_problems(const struct telling *telling)
{
    struct json_writer *writer = telling->writer;
    const char *unkept = desk_unkept(telling->desk);
    char text[ORDER_TEXT], line[ORDER_TEXT + UNKEPT_TEXT];
    bool found = unkept != NULL;
    json_put_array(writer, "problems");
    if (unkept != NULL) {
        snprintf(line, sizeof line, "in force, but not kept for a restart: %s", unkept);
        json_put_string(writer, NULL, line);
    }
    for (size_t i = 0; i < telling->other_count; i++) {
        if (!stands_against(telling, &telling->others[i]))
            continue;
        snprintf(line, sizeof line, "still %s: %s",
                 is_drain(&telling->others[i]) ? "drained" : "forced",
                 order_print(&telling->others[i], text));
        json_put_string(writer, NULL, line);
        found = true;
    }
    json_end(writer);
    return found;
}

static void answer(struct desk *desk, const struct desk_wish *wish, size_t ended,
                   struct json_writer *writer)
{
    struct telling telling = { .desk = desk, .wish = wish, .ended = ended, .writer = writer };
    telling.snapshot = snapshot_enter();
    if (telling.snapshot != NULL) {
        telling.other_count = desk_effect_others(telling.snapshot, desk->parts.orders,
                                                 &wish->subject, telling.others, DESK_TOLD);
        desk_effect_put_touched(telling.snapshot, desk->parts.orders, &wish->subject, writer);
        put_notes(&telling);
        put_warnings(&telling);
    }
    snapshot_leave();
    json_put_bool(writer, "ok", !put_problems(&telling));
}

/* ---- requests ---- */

/* An order whose region has left the maps can still be ended. */
static bool is_known(const struct desk *desk, const struct desk_wish *wish, char why[DESK_WHY])
{
    const struct snapshot *snapshot = snapshot_enter();
    bool known = snapshot != NULL && desk_names_check(snapshot, &wish->subject, why);
    snapshot_leave();
    size_t count;
    struct order *list = known || !wish->ends ? NULL : orders_copy(desk->parts.orders, &count);
    for (size_t i = 0; list != NULL && !known && i < count; i++)
        known = desk_wish_ends(wish, &list[i]);
    free(list);
    return known;
}

void desk_command(struct desk *desk, const struct json_node *request, uid_t uid,
                  struct json_writer *writer)
{
    const struct report *report = request->diag->report;
    struct desk_wish wish;
    char why[DESK_WHY] = "";
    size_t ended = 0;
    if (desk_wish_read(request, uid, &wish) != STATUS_OK) {
        put_error(writer, report_count(report) > 0 ? report_text(report, 0) : "out of memory");
        return;
    }
    if (!is_known(desk, &wish, why)) {
        put_error(writer, why);
        return;
    }
    if (wish.ends)
        ended = end(desk, &wish, writer);
    else if (!make(desk, &wish, writer))
        return;
    if (!wish.ends || ended > 0)
        keep(desk);
    arm(desk);
    answer(desk, &wish, ended, writer);
}

/* ---- beginning and end ---- */

struct restoring {
    struct desk *desk;
    bool expired;
};

static void on_expired(void *context, const struct order *order)
{
    struct restoring *restoring = context;
    restoring->expired = true;
    tell_expired(restoring->desk, order);
}

static bool restore(struct desk *desk)
{
    struct report *report = report_new();
    struct restoring restoring = { .desk = desk };
    size_t count;
    if (report == NULL)
        return false;
    const enum status status =
        orders_file_read(desk->parts.folder, clock_wall_ms(), clock_monotonic_ms(), report,
                         desk->parts.orders, on_expired, &restoring);
    log_report(report);
    report_free(report);
    struct order *list = orders_copy(desk->parts.orders, &count);
    free(list);
    if (count > 0)
        log_info("orders in force since before this start: %zu", count);
    if (status != STATUS_OK || restoring.expired)
        keep(desk);
    return true;
}

struct desk *desk_new(const struct desk_parts *parts)
{
    struct desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL)
        return NULL;
    desk->parts = *parts;
    ev_timer_init(&desk->timer, on_timer, 0, 0);
    desk->timer.data = desk;
    if (!restore(desk)) {
        free(desk);
        return NULL;
    }
    arm(desk);
    return desk;
}

void desk_free(struct desk *desk)
{
    if (desk == NULL)
        return;
    ev_timer_stop(desk->parts.loop, &desk->timer);
    free(desk);
}
