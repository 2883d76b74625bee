#include "tools/meridian_order.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/base/duration.h"
#include "dns/base/json_writer.h"
#include "dns/server/order_json.h"
#include "tools/meridian_ask.h"
#include "tools/meridian_grid.h"
#include "tools/meridian_print.h"
#include "tools/meridian_told.h"

enum { PATIENCE_S = 30, ROWS_MOST = 20, TIME_TEXT = 32 };

/* ---- who and what ---- */

const char *order_author(const struct options *options, char room[ORDER_NOBODY])
{
    const char *sudo = getenv("SUDO_USER");
    if (options->author != NULL)
        return options->author;
    if (geteuid() == 0 && sudo != NULL && *sudo != '\0')
        return sudo;
    const struct passwd *user = getpwuid(getuid());
    if (user != NULL)
        return user->pw_name;
    snprintf(room, ORDER_NOBODY, "uid %u", (unsigned)getuid());
    return room;
}

static void put_text(struct json_writer *writer, const char *key, const char *text)
{
    if (text != NULL)
        json_put_string(writer, key, text);
}

/* The line to send, to be freed; NULL when memory is out. */
static char *request_text(const struct options *options, const struct order_request *request,
                          uint64_t for_ms)
{
    struct json_writer *writer = json_writer_new();
    char room[ORDER_NOBODY];
    if (writer == NULL)
        return NULL;
    json_put_object(writer, NULL);
    json_put_string(writer, "command", request->command);
    put_text(writer, "to", request->to);
    put_text(writer, "region", request->region);
    put_text(writer, "tag", request->tag);
    put_text(writer, "service", request->service);
    if (options->duration != NULL)
        json_put_integer(writer, "for_ms", (int64_t)for_ms);
    put_text(writer, "reason", options->reason);
    json_put_string(writer, "author", order_author(options, room));
    json_end(writer);
    return json_writer_finish(writer, 0);
}

/* ---- the answer ---- */

/* "2026-11-21 12:14:36 UTC" */
static const char *moment(const char *time, char out[TIME_TEXT])
{
    snprintf(out, TIME_TEXT, "%.10s %.8s UTC", time, strlen(time) > 11 ? time + 11 : "");
    return out;
}

static const char *state_word(enum order_kind kind)
{
    switch (kind) {
    case ORDER_DRAIN:
        return "drained";
    case ORDER_UP:
        return "forced up";
    case ORDER_DOWN:
        return "forced down";
    case ORDER_NONE:
        break;
    }
    return "free";
}

static bool read_order(const struct json_node *object, const char *key, struct order *out)
{
    struct json_node node;
    return json_member(object, key, &node) && order_json_read(&node, out) == STATUS_OK;
}

static void print_made(const struct json_node *answer, FILE *to)
{
    char subject[ORDER_SUBJECT_TEXT], text[ORDER_TEXT], until[TIME_TEXT];
    struct order order, before;
    struct json_node node;
    if (!read_order(answer, "order", &order) || !json_member(answer, "order", &node))
        return;
    fprintf(to, "%s is %s", order_subject_print(&order.subject, subject), state_word(order.kind));
    if (order.until_wall_ms != 0)
        fprintf(to, " until %s", moment(told_text(&node, "until"), until));
    if (order.reason[0] != '\0')
        fprintf(to, ": %s", order.reason);
    fputc('\n', to);
    if (read_order(answer, "replaced", &before))
        fprintf(to, "this takes the place of %s\n", order_print(&before, text));
}

static void print_ended(const struct json_node *answer, FILE *to)
{
    struct json_node list, item;
    char text[ORDER_TEXT];
    struct order order;
    if (!json_member(answer, "ended", &list))
        return;
    for (size_t i = 0; json_child(&list, i, &item); i++)
        if (order_json_read(&item, &order) == STATUS_OK)
            fprintf(to, "%s has ended\n", order_print(&order, text));
}

static bool put_touched(struct grid *grid, const struct json_node *item)
{
    return grid_put(grid, told_text(item, "zone")) && grid_put(grid, told_text(item, "service")) &&
           grid_put(grid, told_text(item, "region")) && grid_put(grid, told_text(item, "state"));
}

static void print_touched(const struct json_node *answer, FILE *to)
{
    static const char *const heads[] = { "ZONE", "SERVICE", "REGION", "STATE" };
    struct json_node list, item;
    struct grid *grid = grid_new(4);
    bool good = grid != NULL && json_member(answer, "touched", &list);
    for (size_t i = 0; good && i < 4; i++)
        good = grid_put(grid, heads[i]);
    for (size_t i = 0; good && i < ROWS_MOST && json_child(&list, i, &item); i++)
        good = put_touched(grid, &item);
    if (good)
        grid_print(grid, 2, to);
    if (good && json_count(&list) > ROWS_MOST)
        fprintf(to, "  and %zu more\n", json_count(&list) - ROWS_MOST);
    grid_free(grid);
}

static void print_texts(const struct json_node *answer, const char *key, const char *before,
                        FILE *to)
{
    struct json_node list, item;
    if (!json_member(answer, key, &list))
        return;
    for (size_t i = 0; json_child(&list, i, &item); i++)
        fprintf(to, "%s%s\n", before, told_word(&item));
}

void order_answer_print(const struct json_node *answer, FILE *to, FILE *complain)
{
    print_made(answer, to);
    print_ended(answer, to);
    print_texts(answer, "notes", "", to);
    print_touched(answer, to);
    print_texts(answer, "warnings", "warning: ", complain);
    print_texts(answer, "problems", "", complain);
}

/* ---- asking ---- */

static enum status ask(const struct options *options, const char *text, struct report *report,
                       bool *good)
{
    char socket_path[SOCKET_PATH];
    struct reply reply;
    enum status status = ask_find(options, report, socket_path);
    if (status == STATUS_OK)
        status = ask_daemon(socket_path, text, PATIENCE_S, report, &reply);
    if (status != STATUS_OK)
        return status;
    status = reply_check(&reply);
    if (status == STATUS_OK) {
        *good = told_bool(&reply.root, "ok");
        if (options->json)
            puts(reply.text);
        else
            order_answer_print(&reply.root, stdout, stderr);
    }
    reply_release(&reply);
    return status;
}

enum ending order_run(const struct options *options, const struct order_request *request)
{
    uint64_t for_ms = 0;
    if (options->duration != NULL && (!duration_parse(options->duration, &for_ms) || for_ms < 1000)) {
        fprintf(stderr,
                "meridian %s: '%s' is no duration of a second or more, like 90s, 30m, 2h or 1d\n",
                request->command, options->duration);
        return ENDING_USAGE;
    }
    struct report *report = report_new();
    char *text = request_text(options, request, for_ms);
    enum ending ending = ENDING_NO;
    bool good = false;
    if (report == NULL || text == NULL)
        fputs("meridian: out of memory\n", stderr);
    else if (ask(options, text, report, &good) != STATUS_OK)
        ending = print_failure(report, options->json);
    else if (good)
        ending = ENDING_GOOD;
    free(text);
    report_free(report);
    return ending;
}
