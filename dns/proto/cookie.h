#ifndef MERIDIAN_PROTO_COOKIE_H
#define MERIDIAN_PROTO_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/prefix.h"

/*
 * DNS cookies, RFC 7873, in the interoperable form of RFC 9018: version 1,
 * SipHash-2-4 over client cookie, version, timestamp and client address.
 */
enum {
    COOKIE_CLIENT_LEN = 8,
    COOKIE_SERVER_LEN = 16,
    COOKIE_LEN = COOKIE_CLIENT_LEN + COOKIE_SERVER_LEN,
    COOKIE_SECRET_LEN = 16,
    COOKIE_SECRETS = 8
};

/*
 * What server cookies are made with. Either secrets that several servers share
 * (the first makes, all are accepted), or one master of this process from
 * which a new secret follows every COOKIE_ROTATION_S; the one before it is
 * accepted too. Frozen, so nothing needs a lock when the secret turns.
 */
struct cookie_secrets {
    bool rotating;  /* secret[0] is the master */
    uint8_t count;  /* 0: no cookies */
    uint8_t secret[COOKIE_SECRETS][COOKIE_SECRET_LEN];
};

enum { COOKIE_ROTATION_S = 86400 };

/* RFC 9018 section 4.3: how old a server cookie may be, how far ahead, and when a new one is due. */
enum { COOKIE_PAST_S = 3600, COOKIE_FUTURE_S = 300, COOKIE_RENEW_S = 1800 };

enum cookie_verdict {
    COOKIE_ABSENT,  /* the client has none of ours yet */
    COOKIE_BAD,     /* not ours, or stale */
    COOKIE_GOOD     /* the address is not forged */
};

/*
 * Judges the option's data (`len` 8, or 16..40) for a client at `source`.
 * `now` is in seconds since 1970. Thread: any; no allocation.
 */
enum cookie_verdict cookie_judge(const struct cookie_secrets *secrets, const uint8_t *option,
                                 size_t len, const struct address *source, uint32_t now);

/*
 * The COOKIE option's data of the answer. A good cookie that is not yet due
 * for renewal is given back as it came (RFC 9018 section 4.3).
 */
void cookie_make(const struct cookie_secrets *secrets, const uint8_t *option, size_t len,
                 enum cookie_verdict verdict, const struct address *source, uint32_t now,
                 uint8_t out[COOKIE_LEN]);

#endif
