#include "tools/meridian_status_orders.h"

#include <inttypes.h>
#include <string.h>

#include "dns/base/duration.h"
#include "dns/server/order_json.h"
#include "tools/meridian_told.h"

enum { AGE_TEXT = 32, STATE_TEXT = 64 };

/* Whole seconds; "-" where one of both is not known. */
static const char *between(uint64_t from_ms, uint64_t to_ms, char out[AGE_TEXT])
{
    if (from_ms == 0 || to_ms == 0)
        return "-";
    const uint64_t ms = to_ms > from_ms ? to_ms - from_ms : 0;
    return duration_print(ms / 1000 * 1000, out, AGE_TEXT);
}

/* ---- the orders ---- */

static bool put_order(struct grid *grid, const struct order *order, uint64_t now_ms)
{
    char subject[ORDER_SUBJECT_TEXT], since[AGE_TEXT], left[AGE_TEXT];
    return grid_format(grid, "%s%s", order->kind == ORDER_DRAIN ? "" : "force ",
                       order_kind_text(order->kind)) &&
           grid_put(grid, order_subject_print(&order->subject, subject)) &&
           grid_put(grid, between(order->since_wall_ms, now_ms, since)) &&
           grid_put(grid, order->until_wall_ms != 0 ? between(now_ms, order->until_wall_ms, left)
                                                    : "-") &&
           grid_put(grid, order->author[0] != '\0' ? order->author : "-") &&
           grid_put(grid, order->reason);
}

static bool print_table(const struct json_node *list, uint64_t now_ms, FILE *to)
{
    static const char *const heads[] = { "ORDER", "ABOUT", "SINCE", "LEFT", "BY", "REASON" };
    enum { HEADS = sizeof heads / sizeof *heads };
    struct grid *grid = grid_new(HEADS);
    struct json_node item;
    struct order order;
    bool good = grid != NULL;
    for (size_t i = 0; good && i < HEADS; i++)
        good = grid_put(grid, heads[i]);
    for (size_t i = 0; good && json_child(list, i, &item); i++)
        if (order_json_read(&item, &order) == STATUS_OK)
            good = put_order(grid, &order, now_ms);
    if (good && !grid_is_empty(grid)) {
        fputc('\n', to);
        grid_print(grid, 0, to);
    }
    grid_free(grid);
    return good;
}

bool status_orders_print(const struct json_node *status, uint64_t now_ms, FILE *to)
{
    struct json_node list, journal;
    const char *unkept = told_text(status, "orders_unkept");
    bool good = true;
    if (json_member(status, "orders", &list))
        good = print_table(&list, now_ms, to);
    if (*unkept != '\0')
        fprintf(to, "\nThe orders would not survive a restart: %s\n", unkept);
    if (!json_member(status, "journal", &journal))
        return good;
    const uint64_t lost = told_number(&journal, "lost");
    if (told_bool(&journal, "failing"))
        fputs("\nThe journal cannot be written; events wait in memory.\n", to);
    if (lost > 0)
        fprintf(to, "\nThe journal lost %" PRIu64 " events since the start.\n", lost);
    return good;
}

/* ---- regions ---- */

/* A daemon that knows no states tells health. */
static const char *state_of(const struct json_node *type)
{
    const char *state = told_text(type, "state");
    return *state != '\0' ? state : told_word(type);
}

void status_region_state(const struct json_node *region, char *out, size_t cap)
{
    struct json_node states, type;
    const char *first = NULL;
    bool alike = true;
    size_t len = 0;

    out[0] = '\0';
    if (!json_member(region, "states", &states) && !json_member(region, "health", &states))
        return;
    for (size_t i = 0; json_child(&states, i, &type); i++) {
        const char *word = state_of(&type);
        if (first == NULL)
            first = word;
        alike = alike && strcmp(first, word) == 0;
        if (len < cap)
            len += (size_t)snprintf(out + len, cap - len, "%s%s %s", len > 0 ? ", " : "",
                                    type.key != NULL ? type.key : "", word);
    }
    if (alike && first != NULL)
        snprintf(out, cap, "%s", first);
}

static bool is_of_probes(const char *state)
{
    return strcmp(state, "up") == 0 || strcmp(state, "down") == 0 || strcmp(state, "unknown") == 0;
}

static bool note_order(struct grid *grid, const struct json_node *region)
{
    char text[ORDER_TEXT], line[ORDER_TEXT + 16];
    struct json_node node;
    struct order order;
    if (!json_member(region, "order", &node) || order_json_read(&node, &order) != STATUS_OK)
        return true;
    snprintf(line, sizeof line, "by %s", order_print(&order, text));
    return grid_note(grid, line);
}

static bool note_type(struct grid *grid, const struct json_node *type, uint64_t now_ms)
{
    const char *state = told_text(type, "state");
    const double withheld = told_real(type, "withheld");
    char text[STATE_TEXT + 3 * AGE_TEXT], since[AGE_TEXT];
    bool good = true;
    if (!is_of_probes(state) && *state != '\0') {
        snprintf(text, sizeof text, "%.8s: %.12s for %s, probes find it %.8s", type->key, state,
                 between(told_time(type, "since"), now_ms, since), told_text(type, "probes"));
        good = grid_note(grid, text);
    }
    if (withheld > 0) {
        snprintf(text, sizeof text, "%.8s: came back %s ago, has %.0f %% of its clients", type->key,
                 between(told_time(type, "since"), now_ms, since), 100 - 100 * withheld);
        good = good && grid_note(grid, text);
    }
    return good;
}

bool status_region_note(struct grid *grid, const struct json_node *region, uint64_t now_ms)
{
    struct json_node states, type;
    bool good = note_order(grid, region);
    if (json_member(region, "states", &states))
        for (size_t i = 0; good && json_child(&states, i, &type); i++)
            good = note_type(grid, &type, now_ms);
    return good;
}
