#ifndef MERIDIAN_TESTS_SERVER_REACH_H
#define MERIDIAN_TESTS_SERVER_REACH_H

#include "dns/server/choice.h"
#include "tests/zones/house.h"

/*
 * A world whose every border is known, services that treat health in every way,
 * and every client that stands at a border: what the twins of forecast and
 * widener share. The answer of all clients between two borders is one, so what
 * holds for these clients holds for all.
 */
#define REACH_ADDRESSES(region, last)                                           \
    "'" region "': { 'A': [{ 'address': '192.0.2." last "', 'probe': 'web' }]," \
    "  'AAAA': [{ 'address': '2001:db8::" last "', 'probe': 'web' }] }"
#define REACH_ENDPOINTS                                                                        \
    "'endpoints': { " REACH_ADDRESSES("oslo", "1") ", " REACH_ADDRESSES(                       \
        "rome",                                                                                \
        "2") ", " REACH_ADDRESSES("roma",                                                      \
                                  "3") ", " REACH_ADDRESSES("boston",                          \
                                                            "4") ", " REACH_ADDRESSES("tokyo", \
                                                                                      "5") " }"
#define REACH_ROUTE "'route': { 'nearest': ['oslo', 'rome', 'boston', 'tokyo'] }"

static const char reach_map[] =
    "{ 'regions': { 'oslo': { 'location': [59.9, 10.7] }, 'rome': { 'location': [41.9, 12.5] },"
    "    'roma': { 'location': [41.9, 12.5] }, 'boston': { 'location': [42.4, -71.1] },"
    "    'tokyo': { 'location': [35.7, 139.7], 'bias': 20 } },"
    "  'probes': { 'web': { 'type': 'tcp', 'port': 80 } },"
    "  'services': {"
    "    'near': { " REACH_ROUTE ", " REACH_ENDPOINTS " },"
    "    'pair': { " REACH_ROUTE ", 'spread': 2, " REACH_ENDPOINTS " },"
    "    'file': { " REACH_ROUTE ", 'when_all_down': 'zonefile', " REACH_ENDPOINTS " },"
    "    'list': { 'route': { 'nearest': ['rome', 'boston'] },"
    "      'when_all_down': ['oslo', 'tokyo'], " REACH_ENDPOINTS " },"
    "    'rule': { 'route': { 'geo': ["
    "        { 'in': ['net:89.160.0.0/17', 'net:2001:200::/23'], 'to': 'tokyo', 'fence': true },"
    "        { 'in': ['net:0.0.0.0/6', 'net:81.0.0.0/8', 'country:SE'], 'to': 'oslo' },"
    "        { 'in': ['continent:NA'], 'to': { 'failover': ['boston', 'tokyo'] } },"
    "        { 'to': { 'nearest': '*' } } ] }, " REACH_ENDPOINTS " },"
    "    'draw': { 'route': { 'failover': [ { 'nearest': ['oslo', 'boston'] },"
    "        { 'weighted': { 'rome': 1, 'tokyo': 2 }, 'prefix': { 'v4': 5, 'v6': 20 } } ] "
    "}, " REACH_ENDPOINTS " },"
    "    'ties': { 'route': { 'nearest': '*' }, " REACH_ENDPOINTS " }"
    "  },"
    "  'names': { 'near': 'near', 'pair': 'pair', 'file': 'file', 'list': 'list', 'rule': 'rule',"
    "    'draw': 'draw', 'ties': 'ties' } }";

/* Those in which a draw may decide: then the width is not that of the borders alone. */
static inline bool reach_draws(const struct service *service)
{
    return strcmp(service->name, "draw") == 0 || strcmp(service->name, "ties") == 0 ||
           strcmp(service->name, "rule") == 0;
}

enum { REACH_REGIONS = 5, REACH_SERVICES = 7, REACH_RECORDS = 4 };

static inline void reach_open(struct house *house, const char *database)
{
    house_open(house);
    house->databases[house->sources.database_count++] = database;
    house->sources.serving = (struct serving){ .edns_size = 1232, .ecs = true };
    house_write(house, "app.zone", PLAIN_ZONE "file A 192.0.2.99\nfile AAAA 2001:db8::99\n");
    house_write(house, "app.map.json", reach_map);
    house_zone(house, "app.example", "app.zone", "app.map.json");
    house_build(house, NULL); /* warns of regions that some routes leave out */
    assert_int_equal(house->status, STATUS_OK);
}

static inline const struct service *const *reach_services(const struct house *house)
{
    size_t count;
    const struct service *const *services = snapshot_zone_services(house->now, 0, &count);
    assert_int_equal(count, REACH_SERVICES);
    return services;
}

/* Sets the health of each region's addresses of one family: a bit for each that is up. */
static inline void reach_health(struct house *house, uint16_t type, unsigned up)
{
    const struct service *service = reach_services(house)[0];
    for (uint16_t region = 0; region < REACH_REGIONS; region++)
        board_set(house->board, service_pool(service, region, type)->endpoints[0].target,
                  up >> region & 1 ? HEALTH_UP : HEALTH_DOWN, false);
    house_count(house);
}

/* A client at a border, and what it is told. */
struct reach_client {
    struct address address;
    enum choice_kind kind;
    unsigned count;
    const struct endpoint *endpoints[REACH_RECORDS];
    uint8_t scope;
    size_t run; /* clients next to each other who are told the same have the same */
};

struct reach {
    struct reach_client *clients; /* in the order of their octets */
    size_t count, cap;
};

static inline void reach_add(struct reach *reach, const struct address *address)
{
    if (reach->count == reach->cap) {
        reach->cap = reach->cap == 0 ? 1024 : reach->cap * 2;
        reach->clients = reallocarray(reach->clients, reach->cap, sizeof *reach->clients);
        assert_non_null(reach->clients);
    }
    reach->clients[reach->count++] = (struct reach_client){ .address = *address };
}

/* As itself among IPv4 clients, and in all its clothes among IPv6 ones. */
static inline void reach_add_v4(struct reach *reach, const struct address *v4, unsigned family)
{
    static const struct {
        uint8_t octets[12];
        size_t at;
        uint8_t flip;
    } clothes[] = {
        { { [10] = 0xff, [11] = 0xff }, 12, 0 },
        { { 0x00, 0x64, 0xff, 0x9b }, 12, 0 },
        { { 0x20, 0x02 }, 2, 0 },
        { { 0x20, 0x01, 0x00, 0x00 }, 12, 0xff },
    };
    if (family == FAMILY_V4) {
        reach_add(reach, v4);
        return;
    }
    for (size_t f = 0; f < COUNT(clothes); f++) {
        struct address worn = { .family = FAMILY_V6 };
        memcpy(worn.octets, clothes[f].octets, sizeof clothes[f].octets);
        for (size_t i = 0; i < 4; i++)
            worn.octets[clothes[f].at + i] = v4->octets[i] ^ clothes[f].flip;
        reach_add(reach, &worn);
    }
}

static inline void reach_add_key(struct reach *reach, unsigned of, uint64_t key, unsigned family)
{
    struct address address;
    address_from_key(of, key, &address);
    if (of == FAMILY_V4) {
        reach_add_v4(reach, &address, family);
        return;
    }
    reach_add(reach, &address);
    memset(address.octets + 8, 0xff, 8);
    reach_add(reach, &address);
}

static inline void reach_add_spans(struct reach *reach, const struct spans *spans, unsigned of,
                                   unsigned family)
{
    for (size_t i = 0; i < spans->count; i++) {
        reach_add_key(reach, of, spans->start[i], family);
        reach_add_key(reach, of, spans->start[i] - 1, family);
    }
}

static inline int reach_order(const void *a, const void *b)
{
    const struct reach_client *x = a, *y = b;
    return memcmp(x->address.octets, y->address.octets, sizeof x->address.octets);
}

/* Every border of the databases, of the map's nets, of the draw's prefix, of worn networks. */
static inline void reach_fill(struct reach *reach, const struct atlas *atlas, unsigned family)
{
    static const struct {
        unsigned family;
        const char *address;
    } others[] = {
        { FAMILY_V4, "0.0.0.0" },       { FAMILY_V4, "4.0.0.0" },     { FAMILY_V4, "81.0.0.0" },
        { FAMILY_V4, "82.0.0.0" },      { FAMILY_V4, "89.160.0.0" },  { FAMILY_V4, "89.160.128.0" },
        { FAMILY_V6, "2001:200::" },    { FAMILY_V6, "2001:400::" },  { FAMILY_V6, "::1:0:0:0" },
        { FAMILY_V6, "::ffff:0:0:0" },  { FAMILY_V6, "::1:0:0:0:0" }, { FAMILY_V6, "64:ff9b::" },
        { FAMILY_V6, "64:ff9b:0:1::" }, { FAMILY_V6, "2001::" },      { FAMILY_V6, "2001:1::" },
        { FAMILY_V6, "2002::" },        { FAMILY_V6, "2003::" },
    };
    *reach = (struct reach){ 0 };
    reach_add_spans(reach, atlas_spans(atlas, FAMILY_V4), FAMILY_V4, family);
    if (family == FAMILY_V6)
        reach_add_spans(reach, atlas_spans(atlas, FAMILY_V6), FAMILY_V6, family);
    for (size_t i = 0; i < COUNT(others); i++) {
        struct address address;
        assert_true(address_parse(others[i].address, &address));
        if (others[i].family == FAMILY_V6 && family == FAMILY_V4)
            continue;
        reach_add_key(reach, others[i].family, address_key(&address), family);
        reach_add_key(reach, others[i].family, address_key(&address) - 1, family);
    }
    for (uint64_t block = 0; block < 32; block++) {
        reach_add_key(reach, FAMILY_V4, block << 59, family);
        reach_add_key(reach, FAMILY_V4, (block << 59) - 1, family);
    }
    for (uint64_t block = 0; family == FAMILY_V6 && block < 1 << 8; block++) {
        reach_add_key(reach, FAMILY_V6, block << 44 | 0x2000000000000000u, family);
        reach_add_key(reach, FAMILY_V6, (block << 44 | 0x2000000000000000u) - 1, family);
    }
    qsort(reach->clients, reach->count, sizeof *reach->clients, reach_order);
}

static inline bool reach_same(const struct reach_client *a, const struct reach_client *b)
{
    return a->kind == b->kind && a->count == b->count &&
           memcmp(a->endpoints, b->endpoints, a->count * sizeof(a->endpoints[0])) == 0;
}

/* Asks for everybody. */
static inline void reach_ask(struct reach *reach, const struct snapshot *snapshot,
                             const struct service *service, uint16_t type)
{
    const struct client asker = { .source = { .family = FAMILY_V4, .octets = { 192, 0, 2, 53 } } };

    for (size_t i = 0; i < reach->count; i++) {
        struct reach_client *client = &reach->clients[i];
        struct course course;
        struct choice choice;
        struct ecs ecs = { .family = client->address.family,
                           .source_prefix = family_bits(client->address.family) };
        memcpy(ecs.address, client->address.octets, sizeof ecs.address);
        choice_make(snapshot, service, type, &asker, &ecs, &course, &choice);
        assert_true(choice.count <= REACH_RECORDS);
        client->kind = choice.kind == CHOICE_ALL_DOWN ? CHOICE_HEALTHY : choice.kind;
        client->count = choice.count;
        client->scope = choice.scope;
        memcpy(client->endpoints, choice.endpoints, choice.count * sizeof(choice.endpoints[0]));
        client->run = i == 0 ? 0 : client[-1].run + !reach_same(&client[-1], client);
    }
}

/* The first client whose address is not below `octets`. */
static inline size_t reach_lower(const struct reach *reach, const uint8_t octets[16])
{
    size_t low = 0, high = reach->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (memcmp(reach->clients[middle].address.octets, octets, 16) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* True when everybody in the block of `len` bits around the client is told the same. */
static inline bool reach_alike(const struct reach *reach, size_t index, uint8_t len)
{
    struct address first = reach->clients[index].address;
    address_mask(&first, len);
    struct address last = first;
    for (unsigned bit = len; bit < family_bits(first.family); bit++)
        last.octets[bit / 8] |= (uint8_t)(0x80 >> bit % 8);

    const size_t from = reach_lower(reach, first.octets);
    size_t to = reach_lower(reach, last.octets);
    if (to == reach->count || memcmp(reach->clients[to].address.octets, last.octets, 16) != 0)
        to--;
    return reach->clients[from].run == reach->clients[to].run;
}

static inline void reach_fail(const struct reach *reach, size_t index,
                              const struct service *service, unsigned up, const char *what)
{
    char text[ADDRESS_TEXT];
    const struct reach_client *client = &reach->clients[index];
    fail_msg("service %s, up %02x: %s/%u %s", service->name, up,
             address_print(&client->address, text), client->scope, what);
}

/* Nobody's scope holds anybody who is told something else. */
static inline void reach_check_truth(const struct reach *reach, const struct service *service,
                                     unsigned up)
{
    for (size_t i = 0; i < reach->count; i++)
        if (!reach_alike(reach, i, reach->clients[i].scope))
            reach_fail(reach, i, service, up, "holds clients who are told something else");
}

/* Nobody's scope could be a bit shorter. */
static inline void reach_check_width(const struct reach *reach, const struct service *service,
                                     unsigned up)
{
    for (size_t i = 0; i < reach->count; i++) {
        const uint8_t scope = reach->clients[i].scope;
        if (scope > 0 && reach_alike(reach, i, (uint8_t)(scope - 1)))
            reach_fail(reach, i, service, up, "could be shorter");
    }
}

#endif
