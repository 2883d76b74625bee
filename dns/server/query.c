#include "dns/server/query.h"

#include <string.h>

#include "dns/proto/message.h"
#include "dns/proto/rrtype.h"
#include "dns/server/answer.h"
#include "dns/server/brief.h"
#include "dns/server/choice.h"
#include "dns/server/explain.h"

/* RFC 8467 section 4.1: servers pad to a multiple of this. */
enum { PADDING_BLOCK = 468 };

/* What is gathered while one question is answered. */
struct work {
    const struct snapshot *snapshot;
    const struct client *client;
    struct message query;
    struct finding finding;
    const struct zone *zone; /* of the qname, loaded or not; NULL: nobody looked, or none of ours */
    struct course course;
    struct choice choice;
    struct answer answer;
    enum cookie_verdict cookie_verdict;
    uint8_t cookie[COOKIE_LEN];
    uint8_t zoneversion[6];
    struct rrset extra;
    uint8_t extra_rdata[EXPLAIN_RDATA];
};

static void conclude(struct work *work, enum rcode rcode)
{
    work->answer.rcode = rcode;
}

/* `text` may be NULL. */
static void conclude_with(struct work *work, enum rcode rcode, enum ede ede, const char *text)
{
    struct edns_reply *reply = &work->answer.edns;

    work->answer.rcode = rcode;
    reply->says |= EDNS_SAYS_EDE;
    reply->ede = ede;
    reply->ede_text = text;
}

/* One character-string as the only record of a TXT rrset. */
static void conclude_text(struct work *work, const char *text)
{
    size_t len = strlen(text);
    uint8_t *rdata = work->extra_rdata;

    if (len > 255)
        len = 255;
    rdata[0] = (uint8_t)((len + 1) & 0xff);
    rdata[1] = (uint8_t)((len + 1) >> 8);
    rdata[2] = (uint8_t)len;
    memcpy(rdata + 3, text, len);
    work->extra = (struct rrset){
        .type = RRTYPE_TXT, .count = 1, .rdata_len = (uint32_t)len + 3, .rdata = rdata
    };
    work->answer.extra = &work->extra;
    work->answer.extra_class = RRCLASS_CH;
    work->answer.authoritative = true;
}

/* RFC 4892 and custom: who is answering, as far as the operator lets it be known. */
static void answer_chaos(struct work *work)
{
    static const struct {
        const char *name; /* wire form */
        bool version;
    } names[] = {
        { "\7version\4bind", true },
        { "\7version\6server", true },
        { "\2id\6server", false },
        { "\10hostname\4bind", false },
    };
    const struct message *query = &work->query;
    const struct serving *serving = &work->snapshot->serving;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = names[i].version ? serving->version : serving->identity;
        if (!name_equal(query->qname, (const uint8_t *)names[i].name))
            continue;
        if (text == NULL || (query->qtype != RRTYPE_TXT && query->qtype != RRTYPE_ANY))
            break;
        conclude_text(work, text);
        return;
    }
    conclude_with(work, RCODE_REFUSED, EDE_PROHIBITED, NULL);
}

/* RFC 1996 section 3: for those who slave a zone. We are told of one we own, or of a strange one. */
static void answer_notify(struct work *work)
{
    conclude_with(work, RCODE_NOTAUTH, EDE_NOT_AUTHORITATIVE, NULL);
}

/*
 * RFC 7871 section 7.2.1: of a chain whose end depends on the client only the
 * first alias is told, so that it is cached for what it is worth.
 */
static bool cut_chain(struct work *work)
{
    struct finding *finding = &work->finding;
    const struct hop *last = &finding->hops[finding->hop_count - 1];

    if (!work->query.edns.has_ecs || !work->snapshot->serving.ecs || finding->hop_count < 2 ||
        last->service == NULL)
        return false;
    work->answer.hop_count = finding->hops[0].type == RRTYPE_DNAME ? 2 : 1;
    return true;
}

/* Chooses for the steered hop, which is always the last. */
static void answer_steered(struct work *work)
{
    const struct finding *finding = &work->finding;
    const struct hop *hop = &finding->hops[finding->hop_count - 1];
    const struct edns *edns = &work->query.edns;
    struct choice *choice = &work->choice;

    choice_make(work->snapshot, hop->service, hop->type, work->client,
                edns->has_ecs ? &edns->ecs : NULL, &work->course, choice);
    if (choice->kind == CHOICE_NOT_READY) {
        conclude_with(work, RCODE_SERVFAIL, EDE_NOT_READY,
                      "health is being probed for the first time");
        work->answer.authoritative = false;
        work->answer.hop_count = 0;
        work->answer.finding = NULL;
        return;
    }
    work->answer.choice = choice;
    if (choice->by_ecs)
        work->answer.edns.ecs_scope = choice->scope;
}

static void answer_found(struct work *work)
{
    struct finding *finding = &work->finding;

    work->answer.finding = finding;
    work->answer.hop_count = finding->hop_count;
    work->answer.authoritative = finding->outcome != OUTCOME_DELEGATION || finding->hop_count > 0;
    if (finding->outcome == OUTCOME_NXDOMAIN)
        conclude(work, RCODE_NXDOMAIN); /* also behind aliases: RFC 6604 section 2 */
    if (finding->outcome == OUTCOME_YXDOMAIN)
        conclude(work, RCODE_YXDOMAIN);

    if (finding->hop_count > 0 && !cut_chain(work) &&
        finding->hops[finding->hop_count - 1].service != NULL)
        answer_steered(work);
}

static void answer_name(struct work *work)
{
    const struct message *query = &work->query;

    lookup_find(work->snapshot->zones, &query->key, query->qtype, &work->finding);
    work->zone = work->finding.first_zone;
    switch (work->finding.outcome) {
    case OUTCOME_FOREIGN:
        conclude_with(work, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE, NULL);
        break;
    case OUTCOME_UNLOADED:
        conclude_with(work, RCODE_SERVFAIL, EDE_NOT_READY, "the zone could not be loaded");
        break;
    case OUTCOME_ANSWER:
    case OUTCOME_NODATA:
    case OUTCOME_NXDOMAIN:
    case OUTCOME_DELEGATION:
    case OUTCOME_ALIAS:
    case OUTCOME_YXDOMAIN:
        answer_found(work);
        break;
    }
}

/* "_explain.NAME TXT": NAME's routing, never to be cached. */
static bool answer_explained(struct work *work)
{
    if (!explain_is_asked(&work->query, work->client, work->snapshot) ||
        !explain_txt(&work->query, work->client, work->snapshot, work->extra_rdata, &work->extra))
        return false;
    work->answer.extra = &work->extra;
    work->answer.extra_class = RRCLASS_IN;
    work->answer.authoritative = true;
    return true;
}

static void answer_internet(struct work *work)
{
    switch (work->query.qtype) {
    case RRTYPE_AXFR:
    case RRTYPE_IXFR:
        conclude_with(work, RCODE_REFUSED, EDE_PROHIBITED, NULL);
        return;
    case RRTYPE_TXT:
        if (answer_explained(work))
            return;
        break;
    default:
        break;
    }
    answer_name(work);
}

static void answer_class(struct work *work)
{
    switch (work->query.qclass) {
    case RRCLASS_IN:
    case RRCLASS_ANY:
        answer_internet(work);
        /* RFC 1035 section 6.2: never authoritative, for who knows all classes? */
        if (work->query.qclass == RRCLASS_ANY)
            work->answer.authoritative = false;
        break;
    case RRCLASS_CH:
        answer_chaos(work);
        break;
    default:
        conclude_with(work, RCODE_REFUSED, EDE_NOT_SUPPORTED, NULL);
        break;
    }
}

/* RFC 7873 section 5.2: every answer to a query with a cookie carries one of ours. */
static void answer_cookie(struct work *work)
{
    const struct edns *edns = &work->query.edns;
    const struct cookie_secrets *secrets = &work->snapshot->serving.cookies;
    const struct client *client = work->client;

    work->cookie_verdict =
        cookie_judge(secrets, edns->cookie, edns->cookie_len, &client->source, client->now_s);
    cookie_make(secrets, edns->cookie, edns->cookie_len, work->cookie_verdict, &client->source,
                client->now_s, work->cookie);
    work->answer.edns.says |= EDNS_SAYS_COOKIE;
    work->answer.edns.cookie = work->cookie;
    work->answer.edns.cookie_len = COOKIE_LEN;
}

/* RFC 7873 section 5.4: no question, but what of this cookie? */
static void answer_cookie_alone(struct work *work)
{
    if (work->snapshot->serving.cookies.count == 0)
        conclude(work, RCODE_FORMERR);
    else if (work->cookie_verdict == COOKIE_BAD)
        conclude(work, RCODE_BADCOOKIE);
}

/* RFC 7873 section 5.2.3: who knows cookies may be asked to come again with one of ours. */
static bool wants_better_cookie(const struct work *work)
{
    return work->snapshot->serving.cookies_required && !work->client->stream &&
           (work->answer.edns.says & EDNS_SAYS_COOKIE) != 0 &&
           work->cookie_verdict != COOKIE_GOOD;
}

/* RFC 9660 section 3: the serial of the zone that the answer came from, by how many labels. */
static void answer_zoneversion(struct work *work)
{
    const struct zone *zone = work->answer.finding != NULL ? work->zone : NULL;

    if (!work->query.edns.wants_zoneversion || zone == NULL || !zone->loaded)
        return;
    work->zoneversion[0] = zone->apex_labels;
    work->zoneversion[1] = 0; /* type SOA-SERIAL */
    for (int i = 0; i < 4; i++)
        work->zoneversion[2 + i] = (uint8_t)(zone->serial >> (24 - 8 * i));
    work->answer.edns.says |= EDNS_SAYS_ZONEVERSION;
    work->answer.edns.zoneversion = work->zoneversion;
    work->answer.edns.zoneversion_len = sizeof work->zoneversion;
}

/* RFC 9567 section 4: reports about the agent's own names would have no end. */
static bool may_report(const struct work *work)
{
    const uint8_t *agent = work->snapshot->serving.report_channel;
    const struct message *query = &work->query;

    return agent != NULL && !(query->has_question && name_is_under(query->qname, agent));
}

/* What the options of a query alone make of the answer. */
static void answer_options(struct work *work)
{
    const struct edns *edns = &work->query.edns;
    const struct serving *serving = &work->snapshot->serving;
    struct edns_reply *reply = &work->answer.edns;

    if (edns->has_ecs && serving->ecs) {
        reply->says |= EDNS_SAYS_ECS;
        reply->ecs = &edns->ecs;
        reply->ecs_scope = 0;
    }
    if (edns->wants_nsid && serving->identity != NULL) {
        reply->says |= EDNS_SAYS_NSID;
        reply->nsid = serving->identity;
    }
    if (edns->has_keepalive && work->client->stream) {
        reply->says |= EDNS_SAYS_KEEPALIVE;
        reply->keepalive_100ms = serving->tcp_idle_100ms;
    }
    if (edns->has_padding && work->client->encrypted) {
        reply->says |= EDNS_SAYS_PADDING;
        reply->padding_block = PADDING_BLOCK;
    }
    if (edns->has_cookie && serving->cookies.count > 0)
        answer_cookie(work);
}

/* What the form of the query and the configuration alone say about the answer. */
static void answer_begin(struct work *work)
{
    struct answer *answer = &work->answer;

    work->zone = NULL;
    work->cookie_verdict = COOKIE_ABSENT;
    answer->rcode = work->query.rcode;
    answer->authoritative = false;
    answer->badkey = false;
    answer->finding = NULL;
    answer->choice = NULL;
    answer->hop_count = 0;
    answer->extra = NULL;
    answer->edns.udp_size = work->snapshot->serving.edns_size;
    answer->edns.dnssec_ok = work->query.edns.dnssec_ok;
    answer->edns.says = 0;
    if (work->query.edns.has_options)
        answer_options(work);
    if (may_report(work)) {
        answer->edns.says |= EDNS_SAYS_REPORT_CHANNEL;
        answer->edns.report_channel = work->snapshot->serving.report_channel;
    }
}

/* RFC 6891 section 6.2.5 and contract section 5: how large an answer may be. */
static size_t answer_limit(const struct work *work, size_t cap)
{
    size_t limit = MESSAGE_MAX_LEN;

    if (!work->client->stream) {
        const struct edns *edns = &work->query.edns;
        const uint16_t ours = work->snapshot->serving.edns_size;
        limit = EDNS_MIN_SIZE;
        if (edns->present)
            limit = edns->udp_size < ours ? edns->udp_size : ours;
    }
    return limit < cap ? limit : cap;
}

static enum response_class response_kind(const struct work *work)
{
    if (work->answer.rcode == RCODE_NXDOMAIN)
        return RESPONSE_NXDOMAIN;
    if (work->answer.rcode != RCODE_NOERROR)
        return RESPONSE_ERROR;
    return work->answer.finding != NULL && work->finding.outcome == OUTCOME_NODATA
               ? RESPONSE_NODATA
               : RESPONSE_ANSWER;
}

static void take_note(const struct work *work, struct query_note *note)
{
    note->rcode = (uint16_t)work->answer.rcode;
    note->malformed = work->query.rcode == RCODE_FORMERR;
    note->kind = response_kind(work);
    note->trusted = work->client->stream || work->cookie_verdict == COOKIE_GOOD;
    note->zone = work->zone;
    if (work->answer.choice != NULL) {
        note->service = work->finding.hops[work->finding.hop_count - 1].service;
        note->region = work->choice.region;
    }
}

/* A query of sound form. */
static void answer_query(struct work *work)
{
    const struct message *query = &work->query;

    if (query->has_tsig) {
        work->answer.badkey = true;
        conclude(work, RCODE_NOTAUTH);
    } else if (!query->has_question) {
        answer_cookie_alone(work);
    } else if (wants_better_cookie(work)) {
        conclude(work, RCODE_BADCOOKIE);
    } else if (query->opcode == OPCODE_NOTIFY) {
        answer_notify(work);
    } else {
        answer_class(work);
        answer_zoneversion(work);
    }
}

size_t query_answer(const struct snapshot *snapshot, const struct client *client,
                    const uint8_t *request, size_t request_len, uint8_t *response,
                    size_t response_cap, struct query_note *note)
{
    struct work work; /* filled step by step; clearing it all would cost more than the answer */

    *note = (struct query_note){ .region = REGION_NONE };
    work.snapshot = snapshot;
    work.client = client;
    if (!message_parse(request, request_len, &work.query)) {
        note->malformed = true;
        return 0; /* a runt or a response: silence */
    }

    answer_begin(&work);
    if (work.query.rcode == RCODE_NOERROR)
        answer_query(&work);
    work.answer.edns.extended_rcode = (uint8_t)((unsigned)work.answer.rcode >> 4);
    take_note(&work, note);
    struct written written;
    const size_t limit = answer_limit(&work, response_cap);
    size_t len = brief_write(&work.query, &work.answer, snapshot, response, limit, &written);
    if (len == 0)
        len = answer_write(&work.query, &work.answer, snapshot, response, limit, &written);
    note->truncated = written.truncated;
    note->opt_len = written.opt_len;
    return len;
}

size_t query_slip(uint8_t *response, size_t len, size_t opt_len)
{
    struct reader reader = reader_over(response, len);

    reader_take(&reader, MESSAGE_HEADER_LEN);
    if (!reader_ok(&reader))
        return 0;
    if (response[5] != 0) {
        name_read(&reader);
        reader_take(&reader, 4);
    }
    /* RFC 6891 section 6.1.1: who sent an OPT gets one; the upper bits of the rcode are in it. */
    const size_t kept = reader_position(&reader);
    if (opt_len > reader_left(&reader))
        opt_len = 0;
    memmove(response + kept, response + len - opt_len, opt_len);

    response[2] |= (uint8_t)(FLAG_TC >> 8);
    response[2] &= (uint8_t) ~(FLAG_AA >> 8);
    memset(response + 6, 0, 6);
    response[11] = opt_len > 0;
    return kept + opt_len;
}
