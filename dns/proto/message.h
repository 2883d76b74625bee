#ifndef MERIDIAN_PROTO_MESSAGE_H
#define MERIDIAN_PROTO_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/proto/edns.h"
#include "dns/proto/name.h"
#include "dns/proto/tsig.h"

enum { MESSAGE_HEADER_LEN = 12, MESSAGE_MAX_LEN = 65535 };

enum opcode {
    OPCODE_QUERY = 0,
    OPCODE_IQUERY = 1,
    OPCODE_STATUS = 2,
    OPCODE_NOTIFY = 4,
    OPCODE_UPDATE = 5
};

enum rcode {
    RCODE_NOERROR = 0,
    RCODE_FORMERR = 1,
    RCODE_SERVFAIL = 2,
    RCODE_NXDOMAIN = 3,
    RCODE_NOTIMP = 4,
    RCODE_REFUSED = 5,
    RCODE_YXDOMAIN = 6,
    RCODE_NOTAUTH = 9,
    RCODE_BADVERS = 16,
    RCODE_BADCOOKIE = 23
};

/* Header flag bits as they stand in the second 16-bit word. */
enum {
    FLAG_QR = 0x8000,
    FLAG_AA = 0x0400,
    FLAG_TC = 0x0200,
    FLAG_RD = 0x0100,
    FLAG_RA = 0x0080,
    FLAG_AD = 0x0020,
    FLAG_CD = 0x0010
};

/*
 * A query as it came, taken apart. Pointers lead into the request, which must
 * outlive it. Without a question qname, key, qtype and qclass are not written.
 */
struct message {
    uint16_t id;
    uint8_t opcode;
    bool recursion_desired;
    enum rcode rcode; /* what the form alone earns: NOERROR, FORMERR, NOTIMP, BADVERS */
    /*
     * The question below can be echoed. Without one the rcode is an error, but
     * for the query that wants nothing but a cookie (RFC 7873 section 5.4).
     */
    bool has_question;
    const uint8_t *qname; /* uncompressed wire name inside the request, case as asked */
    uint16_t qname_len;   /* octets */
    uint16_t qtype;
    uint16_t qclass;
    struct edns edns;
    struct name_key key; /* of the qname, for looking it up */
    bool has_tsig;
    struct tsig tsig; /* written only when there is one */
};

/*
 * False means silence: fewer than 12 octets, or a response (QR set). Otherwise
 * there is an answer, and *out tells which rcode the form deserves:
 * FORMERR for counts that do not fit the contents, QDCOUNT other than 1 (RFC
 * 9619; 0 is allowed beside a COOKIE option), trailing octets, a broken or
 * second OPT, a broken TSIG; BADVERS for an EDNS version over 0; NOTIMP for
 * opcodes we do not speak.
 */
bool message_parse(const uint8_t *request, size_t len, struct message *out);

#endif
