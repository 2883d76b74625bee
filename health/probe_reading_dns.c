#include "health/probe_reading.h"

#include <string.h>
#include <strings.h>

#include "dns/proto/message.h"
#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "health/dns_exchange.h"

static void read_qname(struct probe_reading *reading)
{
    static const uint8_t root[] = { 0 };
    uint8_t name[NAME_MAX_LEN];
    const char *why;
    struct json_node node;
    if (!json_member(reading->object, "qname", &node)) {
        probe_reading_note(reading, json_error(reading->object, STATUS_MEANING,
                                               "needs a 'qname', the name to ask for"));
        return;
    }
    const char *text = probe_reading_text(reading, &node);
    if (text == NULL)
        return;
    if (name_from_text(text, strlen(text), root, name, &why))
        reading->spec->qname = probe_reading_keep(reading, text);
    else
        probe_reading_note(
            reading, json_error(&node, STATUS_SYNTAX, "'%s' is not a domain name: %s", text, why));
}

static void read_qtype(struct probe_reading *reading)
{
    struct json_node node;
    uint16_t type;
    reading->spec->qtype = RRTYPE_A;
    if (!json_member(reading->object, "qtype", &node))
        return;
    const char *text = probe_reading_text(reading, &node);
    if (text == NULL)
        return;
    if (!rrtype_from_text(text, strlen(text), &type))
        probe_reading_note(reading,
                           json_error(&node, STATUS_MEANING, "'%s' is not a record type", text));
    else if (rrtype_is_meta(type))
        probe_reading_note(reading,
                           json_error(&node, STATUS_MEANING, "%s cannot be probed for", text));
    else
        reading->spec->qtype = type;
}

/* ---- what is expected ---- */

static void read_rcode(struct probe_reading *reading, const struct json_node *node)
{
    static const struct {
        const char *name;
        enum rcode rcode;
    } rows[] = {
        { "NOERROR", RCODE_NOERROR },   { "FORMERR", RCODE_FORMERR },
        { "SERVFAIL", RCODE_SERVFAIL }, { "NXDOMAIN", RCODE_NXDOMAIN },
        { "NOTIMP", RCODE_NOTIMP },     { "REFUSED", RCODE_REFUSED },
        { "NOTAUTH", RCODE_NOTAUTH },
    };
    const char *text = probe_reading_text(reading, node);
    if (text == NULL)
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcasecmp(rows[i].name, text) == 0) {
            reading->spec->rcodes |= (uint16_t)(1u << rows[i].rcode);
            return;
        }
    }
    probe_reading_note(reading, json_error(node, STATUS_MEANING,
                                           "'%s' is not NOERROR, NXDOMAIN, REFUSED, SERVFAIL, "
                                           "FORMERR, NOTIMP or NOTAUTH",
                                           text));
}

static void read_rcodes(struct probe_reading *reading, const struct json_node *expect)
{
    struct json_node list, node;
    if (!json_member(expect, "rcode", &list))
        return;
    reading->spec->rcodes = 0;
    if (json_kind(&list) != JSON_KIND_ARRAY) {
        read_rcode(reading, &list);
        return;
    }
    if (json_count(&list) == 0)
        probe_reading_note(reading, json_error(&list, STATUS_MEANING, "the list is empty"));
    for (size_t i = 0; json_child(&list, i, &node); i++)
        read_rcode(reading, &node);
}

/* true: any record of the type; or the rdata of one. */
static void read_answer(struct probe_reading *reading, const struct json_node *expect)
{
    struct probe_spec *spec = reading->spec;
    uint8_t rdata[DNS_RDATA_MOST];
    struct json_node node;
    if (!json_member(expect, "answer", &node))
        return;
    if (json_kind(&node) == JSON_KIND_BOOL) {
        probe_reading_note(reading, json_get_bool(&node, &spec->has_answer));
        return;
    }
    const char *text = probe_reading_text(reading, &node);
    if (text == NULL)
        return;
    if (dns_rdata_read(spec->qtype, text, rdata) == 0) {
        char type[RRTYPE_TEXT];
        probe_reading_note(reading, json_error(&node, STATUS_SYNTAX,
                                               "'%s' is not the data of a record of type %s "
                                               "(write what has no short form as \\# LEN HEX)",
                                               text, rrtype_to_text(spec->qtype, type)));
        return;
    }
    spec->has_answer = true;
    spec->answer = probe_reading_keep(reading, text);
}

void probe_dns_read(struct probe_reading *reading)
{
    static const char *const keys[] = { "rcode", "answer", NULL };
    struct json_node node;
    reading->spec->rcodes = 1u << RCODE_NOERROR;
    read_qname(reading);
    read_qtype(reading);
    if (json_member(reading->object, "recursion", &node))
        probe_reading_note(reading, json_get_bool(&node, &reading->spec->recursion));
    if (!json_member(reading->object, "expect", &node))
        return;
    probe_reading_note(reading, json_expect_keys(&node, keys));
    if (json_kind(&node) != JSON_KIND_OBJECT)
        return;
    read_rcodes(reading, &node);
    read_answer(reading, &node);
}
