#ifndef MERIDIAN_SERVER_WIDENER_H
#define MERIDIAN_SERVER_WIDENER_H

#include "dns/base/diag.h"

/*
 * The thread that lets scopes follow health: when something changed it makes
 * the outlook of the generation in force (dns/server/forecast.h). Answers do
 * not wait for it: until it is done their scopes are narrower, and as true.
 * Thread: main opens and closes.
 */
struct widener;

/* Why it failed is logged. */
enum status widener_open(struct widener **out) __attribute__((warn_unused_result));

/* After the last reader and the last caller of widener_wake(). */
void widener_close(struct widener *widener);

/* Health or the generation changed. Returns at once. Thread: any but a worker. */
void widener_wake(struct widener *widener);

#endif
