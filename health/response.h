#ifndef MERIDIAN_HEALTH_RESPONSE_H
#define MERIDIAN_HEALTH_RESPONSE_H

#include <stddef.h>

#include "health/probe.h"
#include "health/probe_spec.h"

/* Octets of a body that are looked at; an expectation beyond them is not met. */
enum { RESPONSE_BODY_LOOKED_AT = 64 * 1024 };

/*
 * Holds a complete HTTP response against what the probe expects: first the
 * status, then the body, then the JSON value. Fills `good` or the reason.
 * `body` is not terminated and may hold anything; `len` octets of it are known.
 */
void response_judge(const struct probe_spec *spec, long status, const char *body, size_t len,
                    struct probe_result *result);

#endif
