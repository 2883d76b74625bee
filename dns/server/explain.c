#include "dns/server/explain.h"

#include <stdio.h>
#include <string.h>

#include "dns/base/prefix.h"
#include "dns/proto/rrtype.h"
#include "dns/server/explanation.h"

enum { STEP_LEN = 255 }; /* a TXT character-string holds no more */

static bool refuse(struct json_writer *writer, const char *what, const char *word)
{
    char message[256];

    snprintf(message, sizeof message, "%s '%.180s'", what, word);
    json_put_string(writer, "error", message);
    return false;
}

/* "192.0.2.1" is a source address, "192.0.2.0/24" what a resolver would send by ECS. */
static bool read_client(const char *text, struct explanation *why)
{
    struct prefix prefix;

    if (!prefix_parse_loose(text, &prefix))
        return false;
    why->has_ecs = strchr(text, '/') != NULL;
    why->client.source = prefix.address;
    if (why->has_ecs) {
        why->ecs = (struct ecs){ .family = prefix.address.family, .source_prefix = prefix.len };
        memcpy(why->ecs.address, prefix.address.octets, sizeof why->ecs.address);
    }
    return true;
}

bool explain_json(const struct snapshot *snapshot, const struct explain_request *request,
                  struct prober *prober, struct json_writer *writer)
{
    static const uint8_t root[] = { 0 };
    struct explanation why = { .snapshot = snapshot, .prober = prober };
    uint8_t qname[NAME_MAX_LEN];
    const char *reason = NULL;

    if (!name_from_text(request->name, strlen(request->name), root, qname, &reason))
        return refuse(writer, "not a domain name:", request->name);
    why.qname = qname;
    if (!read_client(request->client, &why))
        return refuse(writer, "not an address or prefix:", request->client);
    why.qtype = why.client.source.family == FAMILY_V6 ? RRTYPE_AAAA : RRTYPE_A;
    if (request->type != NULL &&
        !rrtype_from_text(request->type, strlen(request->type), &why.qtype))
        return refuse(writer, "not a record type:", request->type);

    explanation_make(&why);
    json_put_string(writer, "client", request->client);
    explanation_put(&why, writer);
    return true;
}

/* ---- TXT ---- */

static const uint8_t explain_label[] = "\10_explain";

bool explain_is_asked(const struct message *query, const struct client *client,
                      const struct snapshot *snapshot)
{
    const struct serving *serving = &snapshot->serving;

    if (query->qtype != RRTYPE_TXT || query->qname_len <= sizeof explain_label - 1)
        return false;
    for (size_t i = 0; i < sizeof explain_label - 1; i++)
        if (octet_lower(query->qname[i]) != explain_label[i])
            return false;
    for (size_t i = 0; i < serving->explain_count; i++)
        if (prefix_contains(&serving->explain[i], &client->source))
            return true;
    return false;
}

struct txt_sink {
    uint8_t *rdata;
    size_t len;
    uint16_t count;
};

/* Long names cut to one record may look alike: RFC 2181 section 5 has each but once. */
static bool txt_has(const struct txt_sink *sink, const char *text, size_t len)
{
    const uint8_t *at = sink->rdata;
    for (uint16_t i = 0; i < sink->count; i++) {
        uint16_t rdata_len;
        const uint8_t *rdata = rrset_next(&at, &rdata_len);
        if (rdata_len == len + 1 && memcmp(rdata + 1, text, len) == 0)
            return true;
    }
    return false;
}

static void put_txt(void *context, const char *text)
{
    struct txt_sink *sink = context;
    size_t len = strlen(text);

    if (len > STEP_LEN)
        len = STEP_LEN;
    if (sink->len + 3 + len > EXPLAIN_RDATA || txt_has(sink, text, len))
        return;
    uint8_t *record = sink->rdata + sink->len;
    record[0] = (uint8_t)((len + 1) & 0xff);
    record[1] = (uint8_t)((len + 1) >> 8);
    record[2] = (uint8_t)len;
    memcpy(record + 3, text, len);
    sink->len += 3 + len;
    sink->count++;
}

bool explain_txt(const struct message *query, const struct client *client,
                 const struct snapshot *snapshot, uint8_t *rdata, struct rrset *out)
{
    struct txt_sink sink = { .rdata = rdata };
    const struct route_sink steps = { .line = put_txt, .context = &sink };
    struct explanation why = {
        .snapshot = snapshot,
        .qname = query->qname + sizeof explain_label - 1,
        .client = *client,
        .has_ecs = query->edns.has_ecs,
        .ecs = query->edns.ecs,
    };

    /* The family of the address asked about says which addresses are of interest. */
    why.qtype = RRTYPE_A;
    if ((why.has_ecs ? why.ecs.family : client->source.family) == FAMILY_V6)
        why.qtype = RRTYPE_AAAA;
    explanation_make(&why);
    if (why.finding.outcome == OUTCOME_FOREIGN)
        return false;
    explanation_tell(&why, &steps);
    *out = (struct rrset){ .type = RRTYPE_TXT,
                           .count = sink.count,
                           .rdata_len = (uint32_t)sink.len,
                           .rdata = rdata };
    return true;
}
