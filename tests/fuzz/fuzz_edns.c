#include <stdlib.h>
#include <string.h>

#include "dns/proto/cookie.h"
#include "dns/proto/edns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1700000000, OPT_HEAD = 3 /* owner and type, which edns_parse() does not read */ };

static void demand(bool truth)
{
    if (!truth)
        abort();
}

static void check_ecs(const uint8_t *data, size_t size)
{
    struct ecs ecs;
    uint8_t back[ECS_MAX_LEN];
    struct prefix prefix;

    if (!ecs_parse(data, size, &ecs))
        return;
    demand(ecs_len(&ecs) == size && ecs_write(&ecs, back) == size && memcmp(back, data, size) == 0);
    if (ecs_prefix(&ecs, &prefix))
        demand(prefix.len == ecs.source_prefix && prefix.len <= family_bits(prefix.address.family));
}

/* Whatever came, the cookie we give is one that we take, and it is taken from that address only. */
static void check_cookie(const struct edns *edns)
{
    static const struct cookie_secrets fixed = { .count = 2, .secret = { { 1 }, { 2 } } };
    static const struct cookie_secrets rotating = { .rotating = true, .count = 1 };
    const struct address source = { .family = FAMILY_V4, .octets = { 192, 0, 2, 1 } };
    const struct address other = { .family = FAMILY_V4, .octets = { 192, 0, 2, 2 } };

    for (unsigned i = 0; i < 2; i++) {
        const struct cookie_secrets *secrets = i == 0 ? &fixed : &rotating;
        uint8_t made[COOKIE_LEN];
        const enum cookie_verdict verdict =
            cookie_judge(secrets, edns->cookie, edns->cookie_len, &source, NOW);
        demand((verdict == COOKIE_ABSENT) == (edns->cookie_len == COOKIE_CLIENT_LEN));
        cookie_make(secrets, edns->cookie, edns->cookie_len, verdict, &source, NOW, made);
        demand(memcmp(made, edns->cookie, COOKIE_CLIENT_LEN) == 0);
        demand(cookie_judge(secrets, made, COOKIE_LEN, &source, NOW) == COOKIE_GOOD);
        demand(cookie_judge(secrets, made, COOKIE_LEN, &other, NOW) == COOKIE_BAD);
    }
}

/* What is said back reads as it was meant. */
static void check_round_trip(const struct edns *edns)
{
    uint8_t octets[2048];
    struct writer writer;
    const struct edns_reply reply = {
        .udp_size = edns->udp_size,
        .dnssec_ok = edns->dnssec_ok,
        .says = (uint8_t)((edns->has_ecs ? EDNS_SAYS_ECS : 0) |
                          (edns->wants_nsid ? EDNS_SAYS_NSID : 0) |
                          (edns->has_cookie ? EDNS_SAYS_COOKIE : 0) |
                          (edns->has_keepalive ? EDNS_SAYS_KEEPALIVE : 0) |
                          (edns->has_padding ? EDNS_SAYS_EDE | EDNS_SAYS_PADDING : 0)),
        .ecs = &edns->ecs,
        .nsid = "server",
        .ede = EDE_OTHER,
        .ede_text = edns->wants_zoneversion ? "a text" : NULL,
        .cookie = edns->cookie,
        .cookie_len = edns->cookie_len,
        .padding_block = 128,
    };
    writer_init(&writer, octets, sizeof octets);
    edns_write(&writer, &reply);
    demand(writer_ok(&writer));
    demand(edns->has_padding ? writer.len % 128 == 0 : writer.len == edns_reply_len(&reply));

    struct edns back;
    struct reader reader = reader_over(octets + OPT_HEAD, writer.len - OPT_HEAD);
    edns_parse(&reader, &back);
    demand(reader_ok(&reader) && reader_left(&reader) == 0 && !back.malformed);
    demand(back.udp_size == edns->udp_size && back.dnssec_ok == edns->dnssec_ok);
    demand(back.has_ecs == edns->has_ecs && memcmp(&back.ecs, &edns->ecs, sizeof back.ecs) == 0);
    demand(back.wants_nsid == edns->wants_nsid && back.has_keepalive == edns->has_keepalive);
    demand(back.has_padding == edns->has_padding && back.cookie_len == edns->cookie_len);
    demand(back.has_cookie == edns->has_cookie &&
           (!back.has_cookie || memcmp(back.cookie, edns->cookie, back.cookie_len) == 0));
}

/* The input as an OPT record behind its type, and as the data of one ECS option. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct edns edns;
    struct reader reader = reader_over(data, size);

    check_ecs(data, size);
    edns_parse(&reader, &edns);
    demand(edns.present && edns.udp_size >= EDNS_MIN_SIZE);
    demand(reader_ok(&reader) || edns.malformed);
    if (edns.has_cookie) {
        demand(edns.cookie >= data && edns.cookie + edns.cookie_len <= data + size);
        check_cookie(&edns);
    }
    check_round_trip(&edns);
    return 0;
}
