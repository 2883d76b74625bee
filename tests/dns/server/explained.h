#ifndef MERIDIAN_TESTS_SERVER_EXPLAINED_H
#define MERIDIAN_TESTS_SERVER_EXPLAINED_H

#include "dns/base/json.h"
#include "dns/server/explanation.h"
#include "geo/atlas.h"
#include "geo/policy.h"
#include "tests/dns/server/exchange.h"
#include "tests/dns/server/scene.h"

/*
 * The scene with everything that an explanation looks at: a zone, a compiled
 * route over a database, and names that are steered, aliased, plain and absent.
 */

/* Over the shipped country database: unit twins run at the top of the tree. */
static const char *const database = "geo/data/geo-whois-asn-country.mmdb";

static const struct sketch_record records[] = {
    { "plain.example.", RRTYPE_A, "192.0.2.80" },
    { "to.example.", RRTYPE_CNAME, "www.example." },
    { "far.example.", RRTYPE_CNAME, "to.example." },
    { "away.example.", RRTYPE_CNAME, "elsewhere.test." },
    { "www.example.", RRTYPE_A, "192.0.2.250" },
};

struct world {
    struct scene *scene;
    struct atlas *atlas;
    struct policy *policy;
};

static inline struct policy *nearest(const struct scene *scene, const struct atlas *atlas,
                                     const struct diag *diag, const struct route **route)
{
    static const char text[] = "{ \"nearest\": \"*\" }";
    const struct route_context context = { .arena = scene->arena,
                                           .regions = &scene->service.places,
                                           .grain = { 24, 56 } };
    struct json_doc *doc;
    struct policy *policy;

    assert_int_equal(json_parse(text, strlen(text), diag, &doc), STATUS_OK);
    const struct json_node root = json_root(doc, diag);
    assert_int_equal(route_parse(&root, &context, route), STATUS_OK);
    json_free(doc);
    assert_int_equal(policy_build(atlas, *route, &scene->service.places, diag, &policy), STATUS_OK);
    return policy;
}

static inline int explained_setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    void *scene_state;
    assert_non_null(world);
    scene_setup(&scene_state);
    struct scene *scene = world->scene = scene_state;

    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "test" };
    assert_int_equal(
        atlas_build(&database, 1, (struct atlas_grain){ 24, 56 }, &diag, &world->atlas), STATUS_OK);
    const struct route *route;
    world->policy = nearest(scene, world->atlas, &diag, &route);
    report_free(report);

    scene->service.policy = world->policy;
    scene->service.route = route;
    scene->service.route_text = "{\"nearest\": \"*\"}";
    scene->snapshot.atlas = world->atlas;
    struct builder *builder = sketch_begin(scene->arena, "example.", records, COUNT(records));
    assert_int_equal(builder_steer(builder, wire("www.example."), &scene->service), STATUS_OK);
    const struct zone *zone = sketch_freeze(builder);
    struct zonedb *zones;
    assert_int_equal(zonedb_build(&zone, 1, scene->arena, &zones), STATUS_OK);
    scene->snapshot.zones = zones;
    *state = world;
    return 0;
}

static inline int explained_teardown(void **state)
{
    struct world *world = *state;
    void *scene_state = world->scene;

    policy_free(world->policy);
    atlas_free(world->atlas);
    scene_teardown(&scene_state);
    free(world);
    return 0;
}

/* Explains a question for an ECS prefix ("193.166.3.0/24") or a source ("193.166.3.2"). */
static inline void explained(struct explanation *why, const struct scene *scene, const char *qname,
                             uint16_t qtype, const char *whom)
{
    struct prefix prefix;

    *why =
        (struct explanation){ .snapshot = &scene->snapshot, .qname = wire(qname), .qtype = qtype };
    assert_true(prefix_parse_loose(whom, &prefix));
    why->has_ecs = strchr(whom, '/') != NULL;
    why->client.source = why->has_ecs ? scene_address("127.0.0.1") : prefix.address;
    if (why->has_ecs) {
        why->ecs = (struct ecs){ .family = prefix.address.family, .source_prefix = prefix.len };
        memcpy(why->ecs.address, prefix.address.octets, sizeof why->ecs.address);
    }
    explanation_make(why);
}

/* A client in Finland, where Helsinki is nearest. */
#define FINLAND "193.166.3.0/24"

#endif
