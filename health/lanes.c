#include "health/lanes.h"

#include <stdlib.h>

#include <ev.h>

#include "dns/base/clock.h"

struct lanes {
    struct lane {
        TAILQ_HEAD(, lane_seat) line;
        unsigned taken, most;
    } lanes[LANES_MOST];
    unsigned taken, most; /* of all lanes */
    struct ev_loop *loop;
    struct ev_idle turn;
    uint64_t turned_ms;
    lanes_start *start;
};

/* Who may go next in this lane; NULL: nobody waits, or there is no place. */
static struct lane_seat *lane_next(const struct lanes *lanes, size_t index)
{
    const struct lane *lane = &lanes->lanes[index];
    const bool has_place = lane->taken < lane->most && lanes->taken < lanes->most;
    return has_place ? TAILQ_FIRST(&lane->line) : NULL;
}

/* One of each lane; false when nobody may go. */
static bool let_go(struct lanes *lanes)
{
    bool went = false;
    for (size_t i = 0; i < LANES_MOST; i++) {
        struct lane_seat *next = lane_next(lanes, i);
        if (next == NULL)
            continue;
        lanes_leave(lanes, next);
        lanes->start(next);
        went = true;
    }
    return went;
}

static void on_turn(struct ev_loop *loop, struct ev_idle *turn, int events)
{
    struct lanes *lanes = turn->data;
    (void)events;
    lanes->turned_ms = clock_monotonic_ms();
    if (!let_go(lanes))
        ev_idle_stop(loop, turn);
}

void lanes_serve(struct lanes *lanes)
{
    enum { ROUNDS = 32 };
    const uint64_t now_ms = clock_monotonic_ms();
    if (now_ms - lanes->turned_ms > LANES_LATEST_MS) {
        lanes->turned_ms = now_ms;
        for (unsigned i = 0; i < ROUNDS && let_go(lanes);)
            i++;
    }
    ev_idle_start(lanes->loop, &lanes->turn);
}

struct lanes *lanes_new(struct ev_loop *loop, lanes_start *start)
{
    struct lanes *lanes = calloc(1, sizeof *lanes);
    if (lanes == NULL)
        return NULL;
    lanes->loop = loop;
    lanes->start = start;
    for (size_t i = 0; i < LANES_MOST; i++)
        TAILQ_INIT(&lanes->lanes[i].line);
    ev_idle_init(&lanes->turn, on_turn);
    ev_set_priority(&lanes->turn, EV_MINPRI);
    lanes->turn.data = lanes;
    return lanes;
}

void lanes_free(struct lanes *lanes)
{
    if (lanes == NULL)
        return;
    ev_idle_stop(lanes->loop, &lanes->turn);
    free(lanes);
}

void lanes_bound(struct lanes *lanes, uint8_t lane, unsigned most)
{
    lanes->lanes[lane].most = most;
}

void lanes_bound_all(struct lanes *lanes, unsigned most)
{
    lanes->most = most;
}

void lanes_join(struct lanes *lanes, struct lane_seat *seat)
{
    if (seat->waits)
        return;
    seat->waits = true;
    TAILQ_INSERT_TAIL(&lanes->lanes[seat->lane].line, seat, beside);
    lanes_serve(lanes);
}

void lanes_leave(struct lanes *lanes, struct lane_seat *seat)
{
    if (!seat->waits)
        return;
    seat->waits = false;
    TAILQ_REMOVE(&lanes->lanes[seat->lane].line, seat, beside);
}

void lanes_take(struct lanes *lanes, uint8_t lane)
{
    lanes->lanes[lane].taken++;
    lanes->taken++;
}

void lanes_give(struct lanes *lanes, uint8_t lane)
{
    lanes->lanes[lane].taken--;
    lanes->taken--;
}
