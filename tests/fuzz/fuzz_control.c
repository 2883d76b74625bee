#include <ev.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dns/server/control.h"
#include "dns/server/desk.h"
#include "dns/server/load.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A server that was loaded and does not run: nobody probes, nobody reloads. */
static struct board *board;
static struct snapshot_builder *builder;
static struct ev_loop *loop;
static struct overview overview;

/* No disk: orders are in force, and not kept. */
static const char no_folder[] = "/dev/null/state";

static void obey(void *context)
{
    (void)context;
    steward_obey(overview.steward, 1);
}

static void demand(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "fuzz_control: %s\n", what);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char file[] = "tests/fuzz/rich/meridian.json";
    static const struct load_secrets secrets;
    static const struct tally *tallies[1];
    struct report *report = report_new();
    struct load load;

    (void)argc, (void)argv;
    board = board_new();
    builder = snapshot_builder_new(board);
    loop = ev_loop_new(EVFLAG_NOENV);
    tallies[0] = tally_new();
    overview = (struct overview){ .tallies = tallies,
                                  .tally_count = 1,
                                  .loader = loader_new(file, board),
                                  .quota = quota_new(10, 10),
                                  .started_wall_ms = 1 };
    demand(builder && loop && report && tallies[0] && overview.loader && overview.quota, "memory");
    demand(prober_open(board, &overview.prober) == STATUS_OK, "the prober");
    demand(loader_first(overview.loader, report), "tests/fuzz/rich cannot be loaded");
    /* One zone is broken for good, so the status says nothing. */
    demand(load_run(file, builder, &secrets, NULL, report, &load) != STATUS_OK, "nothing broken");
    demand(load.snapshot != NULL, "no snapshot");
    overview.orders = orders_new();
    overview.steward = steward_new(board, snapshot_builder_pools(builder), overview.orders);
    overview.desk = desk_new(&(struct desk_parts){ .loop = loop,
                                                   .folder = no_folder,
                                                   .orders = overview.orders,
                                                   .obey = obey });
    demand(overview.orders && overview.steward && overview.desk, "memory");
    demand(steward_take(overview.steward, load.snapshot, 1) == STATUS_OK, "the steward");
    snapshot_join();
    (void)snapshot_publish(load.snapshot);
    load_release(&load);
    report_free(report);
    return 0;
}

/* A listening socket that has no file; the kernel makes up its name. */
static int listen_somewhere(struct sockaddr_un *name, socklen_t *len)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const struct sockaddr_un nameless = { .sun_family = AF_UNIX };
    *len = sizeof *name;
    demand(fd >= 0 &&
               bind(fd, (const struct sockaddr *)&nameless, sizeof nameless.sun_family) == 0 &&
               listen(fd, 4) == 0 && getsockname(fd, (struct sockaddr *)name, len) == 0,
           "a socket");
    return fd;
}

static void turn(unsigned times)
{
    while (times-- > 0)
        ev_run(loop, EVRUN_NOWAIT);
}

/* Everything the daemon says until it hangs up; SIZE_MAX while it has not. */
static size_t hear(int fd, char *out, size_t cap)
{
    size_t len = 0;
    for (unsigned patience = 0; patience < 64; patience++) {
        const ssize_t count = recv(fd, out + len, cap - len, MSG_DONTWAIT);
        if (count == 0)
            return len;
        if (count > 0)
            len += (size_t)count;
        demand(len < cap, "an answer without end");
        turn(1);
    }
    return SIZE_MAX;
}

static bool is_reload(const uint8_t *data, size_t size)
{
    static const uint8_t mark[] = { 0xef, 0xbb, 0xbf }; /* of byte order: allowed in front */
    if (size >= sizeof mark && memcmp(data, mark, sizeof mark) == 0) {
        data += sizeof mark;
        size -= sizeof mark;
    }
    const uint8_t *newline = memchr(data, '\n', size);
    const size_t len = newline != NULL ? (size_t)(newline - data) : size;
    json_t *request = json_loadb((const char *)data, len, 0, NULL);
    const char *command = json_string_value(json_object_get(request, "command"));
    const bool is = command != NULL && strcmp(command, "reload") == 0;
    json_decref(request);
    return is;
}

static void check_answer(const char *answer, size_t len)
{
    demand(len > 0 && answer[len - 1] == '\n', "an answer is a line");
    demand(memchr(answer, '\n', len - 1) == NULL, "an answer is one line");
    json_t *document = json_loadb(answer, len, JSON_REJECT_DUPLICATES, NULL);
    demand(json_is_object(document), "an answer is a JSON object");
    json_decref(document);
}

/* What one input ordered must not be there for the next. */
static void forget_orders(void)
{
    size_t count;
    struct order *list = orders_copy(overview.orders, &count);
    demand(list != NULL && count <= 1, "one request is one order at most");
    for (size_t i = 0; i < count; i++)
        demand(orders_take(overview.orders, &list[i].subject, NULL), "an order that can be ended");
    free(list);
}

/* Any octets as what a client of the control socket says, in two pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char answer[1 << 20];
    struct sockaddr_un name;
    socklen_t name_len;
    if (size > 2 * CONTROL_REQUEST_MOST)
        return 0;
    const int listening = listen_somewhere(&name, &name_len);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct control *control = control_new(loop, listening, &overview);

    demand(control != NULL && connect(fd, (const struct sockaddr *)&name, name_len) == 0,
           "connect");
    turn(2);
    const size_t half = size / 2;
    (void)!send(fd, data, half, MSG_NOSIGNAL | MSG_DONTWAIT);
    turn(2);
    (void)!send(fd, data + half, size - half, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(fd, SHUT_WR);
    const size_t len = hear(fd, answer, sizeof answer);
    if (len == SIZE_MAX)
        demand(is_reload(data, size), "no answer");
    else if (size > 0)
        check_answer(answer, len);
    close(fd);
    control_free(control);
    forget_orders();
    return 0;
}
