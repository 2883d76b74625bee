#include "zones/zonemap_names.h"

#include "tests/zones/map_fixture.h"

#define API          "'services': { 'api': { " ROUTE ", " ENDPOINTS " } }"
#define NAMED(names) "{ " REGIONS ", " API ", 'names': " names " }"
#define CNAMED(names)                                                                         \
    "{ 'regions': { 'eu': {} }, 'services': { 'cdn': { 'route': 'eu', 'endpoints': { 'eu': {" \
    " 'CNAME': 'cdn.example.' } } } }, 'names': " names " }"
#define LAST_RESORT(names)                                                                     \
    "{ " REGIONS ", 'services': { 'api': { " ROUTE ", 'when_all_down': 'zonefile', " ENDPOINTS \
    " } }, 'names': " names " }"
#define AT       "app.map.json: names."
#define NAMELESS "warning app.map.json: services.api: no name leads to this service"

static const struct map_case cases[] = {
    { "relative, absolute, apex, wildcard and below it", NULL,
      NAMED("{ 'www': 'api', 'Deep.er.app.example.': 'api', '@': 'api', '*.shop': 'api',"
            " 'a.*.shop': 'api' }"),
      "" },
    { "no object", NULL, NAMED("['www']"),
      "app.map.json: names: expected an object of services by name\n" NAMELESS },
    { "a service nobody knows", NULL, NAMED("{ 'www': 'apy', 'www2': 'mail', 'www3': 1 }"),
      AT "www: unknown service 'apy', did you mean 'api'?\n" AT "www2: unknown service 'mail'\n" AT
         "www3: expected a string, found a number\n" NAMELESS },
    { "names that are none of the zone", NULL,
      NAMED("{ 'www.example.': 'api', 'a..b': 'api', 'xapp.example.': 'apo' }"),
      AT "www.example.: is outside the zone app.example.\n" AT
         "a..b: 'a..b' is not a domain name: a label is empty (two dots in a row, or a dot in "
         "front)\n" AT "xapp.example.: is outside the zone app.example.\n" AT
         "xapp.example.: unknown service 'apo', did you mean 'api'?" },
    { "one name in several spellings", NULL,
      NAMED("{ 'www': 'api', 'WWW.app.example.': 'api', '@': 'api', 'app.example.': 'api' }"),
      AT "WWW.app.example.: WWW.app.example. stands among the names twice\n" AT
         "app.example.: app.example. stands among the names twice" },
    { "a CNAME of the zone file at a name that is steered", ZONE "www CNAME other.example.\n",
      NAMED("{ 'www': 'api' }"),
      AT "www: the zone file has a CNAME here, which resolvers would follow; service 'api' would "
         "never be asked" },
    { "other records of the zone file are the last resort", ZONE "www A 192.0.2.9\nwww TXT x\n",
      NAMED("{ 'www': 'api' }"), "" },
    { "a steered CNAME beside other data", ZONE "www A 192.0.2.9\nwww TXT x\n",
      CNAMED("{ 'www': 'cdn' }"),
      AT "www: service 'cdn' answers a CNAME, but the zone file has A here\n" AT
         "www: service 'cdn' answers a CNAME, but the zone file has TXT here" },
    { "a steered CNAME over one of the zone file", ZONE "www CNAME other.example.\n",
      CNAMED("{ 'www': 'cdn' }"), "" },
    { "a steered CNAME at the apex", NULL, CNAMED("{ '@': 'cdn' }"),
      AT "@: a CNAME cannot stand at the apex of a zone" },
    { "at and below a delegation", ZONE "sub NS ns.example.\n",
      NAMED("{ 'sub': 'api', 'a.b.sub': 'api' }"),
      AT "sub: sub.app.example. is delegated to another zone, by NS in the zone file\n" AT
         "a.b.sub: sub.app.example. is delegated to another zone, by NS in the zone file" },
    { "below a DNAME, and beside it", ZONE "old DNAME new.example.\n",
      NAMED("{ 'a.b.old': 'api', 'old': 'api' }"),
      AT "a.b.old: lies below the DNAME of old.app.example." },
    { "a last resort that the zone file lacks", ZONE "www A 192.0.2.9\nshop TXT x\n",
      LAST_RESORT("{ 'www': 'api', 'shop': 'api', 'new': 'api' }"),
      AT "shop: service 'api' falls back to the zone file, which has no A here\n" AT
         "new: service 'api' falls back to the zone file, which has no A here" },
    { "without a zone only the map is judged", "",
      LAST_RESORT("{ 'www': 'api', 'example.': 'api' }"),
      AT "example.: is outside the zone app.example." },
    { "no names at all", NULL, "{ " REGIONS ", " API " }", NAMELESS },
};

static void tells_every_mistake_of_the_names(void **state)
{
    (void)state;
    check_map_cases(cases, COUNT(cases));
}

static const struct service *service_at(const struct map_run *run, const char *text)
{
    uint8_t owner[NAME_MAX_LEN];
    assert_true(name_from_text(text, strlen(text), NULL, owner, NULL));
    const struct builder_node *node = builder_find(run->builder, owner);
    return node != NULL ? node->service : NULL;
}

static void puts_services_at_their_names(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    map_load(&run, ZONE, NAMED("{ '@': 'api', '*.shop': 'api', 'WWW.App.Example.': 'api' }"));
    const struct service *service = map_service(&run, 0);
    assert_ptr_equal(service_at(&run, "app.example."), service);
    assert_ptr_equal(service_at(&run, "*.shop.app.example."), service);
    assert_ptr_equal(service_at(&run, "www.app.example."), service);
    assert_null(service_at(&run, "shop.app.example."));
    map_unload(&run);
    world_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_mistake_of_the_names),
        cmocka_unit_test(puts_services_at_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
