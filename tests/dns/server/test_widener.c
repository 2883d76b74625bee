#include "dns/server/widener.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "dns/base/clock.h"
#include "dns/base/hash.h"
#include "dns/server/outlook.h"
#include "dns/server/steward.h"
#include "tests/dns/server/reach.h"

enum { PATIENCE_MS = 20000, STRESS_MS = 300, READERS = 2, GENERATIONS = 6 };

static void pause_ms(long ms)
{
    const struct timespec pause = { .tv_nsec = ms * 1000000 };
    nanosleep(&pause, NULL);
}

/* The outlook in the slot is for this generation and the present health, or there is none. */
static bool outlook_is_there(const struct service *service)
{
    const struct snapshot *now = snapshot_enter();
    const struct inquiry inquiry = { service, RRTYPE_A, now->pools, NULL, NULL };
    const struct prospect *prospect = outlook_find(now, service, RRTYPE_A);
    const bool there = prospect != NULL && inquiry_is_as(&inquiry, prospect->up);
    snapshot_leave();
    return there;
}

static void await_outlook(const struct service *service, bool there)
{
    const uint64_t end = clock_monotonic_ms() + PATIENCE_MS;
    while (outlook_is_there(service) != there) {
        assert_true(clock_monotonic_ms() < end);
        pause_ms(2);
    }
}

static void follows_health_when_woken(void **state)
{
    (void)state;
    struct house house;
    struct widener *widener;
    reach_open(&house, CITIES);
    reach_health(&house, RRTYPE_A, 0x1f);
    snapshot_join();
    snapshot_publish(house.now);
    assert_int_equal(widener_open(&widener), STATUS_OK);

    const struct service *service = reach_services(&house)[0];
    for (int i = 0; i < 3; i++) {
        reach_health(&house, RRTYPE_A, 0x1e);
        widener_wake(widener);
        await_outlook(service, true);
        reach_health(&house, RRTYPE_A, 0x1f);
        widener_wake(widener);
        await_outlook(service, false);
    }
    snapshot_publish(NULL);
    widener_wake(widener); /* nothing is in force: nothing to do */
    widener_close(widener);
    snapshot_quit();
    house_close(&house);
}

/* What the threads of the stress share. */
struct stress {
    struct steward *steward;
    struct board *board;
    uint32_t targets[REACH_REGIONS]; /* of IPv4 */
    struct widener *widener;
    _Atomic(bool) ends;
    _Atomic(size_t) asked;
};

static void *reader_main(void *context)
{
    struct stress *stress = context;
    const struct client asker = { .source = { .family = FAMILY_V4, .octets = { 192, 0, 2, 53 } } };
    uint64_t random = (uint64_t)(uintptr_t)&asker;

    snapshot_join();
    while (!stress->ends) {
        const struct snapshot *now = snapshot_enter();
        size_t count;
        const struct service *const *services = snapshot_zone_services(now, 0, &count);
        for (size_t i = 0; i < 64; i++) {
            struct course course;
            struct choice choice;
            struct ecs ecs = { .family = FAMILY_V4, .source_prefix = 24 };
            random = hash_mix(random + 1);
            memcpy(ecs.address, &random, 3);
            choice_make(now, services[random >> 32 & 3], RRTYPE_A, &asker, &ecs, &course,
                        &choice);
            stress->asked += choice.scope <= 24;
        }
        snapshot_leave();
    }
    snapshot_quit();
    return NULL;
}

static void *flipper_main(void *context)
{
    struct stress *stress = context;
    for (uint64_t seed = 1; !stress->ends; seed++) {
        const uint64_t up = hash_mix(seed);
        for (size_t i = 0; i < REACH_REGIONS; i++)
            board_set(stress->board, stress->targets[i], up >> i & 1 ? HEALTH_UP : HEALTH_DOWN,
                      false);
        for (size_t i = 0; i < REACH_REGIONS; i++)
            steward_touch(stress->steward, stress->targets[i], seed);
        widener_wake(stress->widener);
        pause_ms(1);
    }
    return NULL;
}

/* As the loader does: the old generation is freed when nobody can see it. */
static void next_generation(struct house *house, const struct stress *stress)
{
    struct snapshot *next;
    house_write(house, "app.zone", PLAIN_ZONE "file A 192.0.2.99\nfile AAAA 2001:db8::99\n");
    assert_int_equal(
        snapshot_build(house->builder, &house->sources, house->now, house->report, &next),
        STATUS_OK);
    assert_int_equal(steward_take(stress->steward, next, 0), STATUS_OK);
    assert_ptr_equal(snapshot_publish(next), house->now);
    snapshot_free(house->now, house->builder);
    house->now = next;
    widener_wake(stress->widener);
}

/* Run it with SAN=thread. When health stands still, scopes are true and as wide as can be. */
static void health_generations_and_queries_at_once(void **state)
{
    (void)state;
    struct house house;
    struct stress stress = { .ends = false };
    pthread_t readers[READERS], flipper;
    reach_open(&house, CITIES);
    stress.board = house.board;
    for (uint16_t i = 0; i < REACH_REGIONS; i++)
        stress.targets[i] =
            service_pool(reach_services(&house)[0], i, RRTYPE_A)->endpoints[0].target;
    reach_health(&house, RRTYPE_A, 0x1f);
    snapshot_join();
    snapshot_publish(house.now);
    assert_int_equal(widener_open(&stress.widener), STATUS_OK);
    stress.steward = steward_new(house.board, snapshot_builder_pools(house.builder), NULL);
    assert_non_null(stress.steward);
    assert_int_equal(steward_take(stress.steward, house.now, 0), STATUS_OK);

    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, reader_main, &stress), 0);
    assert_int_equal(pthread_create(&flipper, NULL, flipper_main, &stress), 0);
    for (unsigned i = 0; i < GENERATIONS; i++) {
        pause_ms(STRESS_MS / GENERATIONS);
        next_generation(&house, &stress);
    }
    stress.ends = true;
    pthread_join(flipper, NULL);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    assert_true(stress.asked > 0);
    steward_free(stress.steward);

    const struct service *service = reach_services(&house)[0];
    struct reach v4;
    reach_fill(&v4, house.now->atlas, FAMILY_V4);
    for (unsigned up = 1; up < 0x1f; up += 9) {
        reach_health(&house, RRTYPE_A, 0x1f);
        widener_wake(stress.widener);
        await_outlook(service, false);
        reach_health(&house, RRTYPE_A, up);
        widener_wake(stress.widener);
        await_outlook(service, true);
        snapshot_enter();
        reach_ask(&v4, house.now, service, RRTYPE_A);
        snapshot_leave();
        reach_check_truth(&v4, service, up);
        reach_check_width(&v4, service, up);
    }
    free(v4.clients);
    snapshot_publish(NULL);
    widener_close(stress.widener);
    snapshot_quit();
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_health_when_woken),
        cmocka_unit_test(health_generations_and_queries_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
