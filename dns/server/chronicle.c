#include "dns/server/chronicle.h"

#include <inttypes.h>
#include <stdio.h>

#include "dns/proto/rrtype.h"
#include "dns/server/overview.h"
#include "dns/server/version.h"

void chronicle_target(struct journal *journal, const struct target_report *report)
{
    journal_note(journal, &(struct journal_entry){
                              .event = "target",
                              .what = report->label,
                              .to = overview_health_text(report->health),
                              .why = report->last_reason,
                          });
}

/* What a region owes its state to, beside an operator. */
static const char *cause_text(const struct pool_state *state)
{
    switch (state->cause) {
    case POOL_BY_PROBES:
        return state->health == HEALTH_DOWN ? "too few of its endpoints are up" : NULL;
    case POOL_BY_LIMIT:
        return "max_down: others are out already";
    case POOL_BY_DRAIN:
    case POOL_BY_FORCE:
        break;
    }
    return NULL;
}

void chronicle_pool(struct journal *journal, struct orders *orders,
                    const struct steward_change *change)
{
    enum { WHAT = 1024 };
    char what[WHAT], type[RRTYPE_TEXT];
    struct order order = { .kind = ORDER_NONE };
    /* That all is well at the start is no news. */
    if (journal == NULL || (change->from.health == HEALTH_UNKNOWN &&
                            change->to.health == HEALTH_UP && change->to.cause == POOL_BY_PROBES))
        return;
    if (change->to.cause == POOL_BY_DRAIN || change->to.cause == POOL_BY_FORCE)
        (void)orders_find(orders, change->region, change->tags, change->tag_count, change->service,
                          &order);
    snprintf(what, sizeof what, "%s/%s/%s %s", change->zone, change->service, change->region,
             rrtype_to_text(change->type, type));
    journal_note(journal,
                 &(struct journal_entry){
                     .event = "region",
                     .what = what,
                     .from = overview_pool_text(change->from),
                     .to = overview_pool_text(change->to),
                     .why = order.kind != ORDER_NONE ? order.reason : cause_text(&change->to),
                     .by = order.author,
                 });
}

void chronicle_freeze(struct journal *journal, const struct prober_freeze *freeze)
{
    journal_note(journal, &(struct journal_entry){
                              .event = "freeze",
                              .what = "prober",
                              .from = freeze->frozen ? "watching" : "frozen",
                              .to = freeze->frozen ? "frozen" : "watching",
                              .why = freeze->frozen ? "several regions failed together and no "
                                                      "target answers"
                                                    : "a target answers again",
                          });
}

static const char *first_mistake(const struct report *report)
{
    for (size_t i = 0; report != NULL && i < report_count(report); i++) {
        if (report_severity(report, i) == SEVERITY_MISTAKE)
            return report_text(report, i);
    }
    return NULL;
}

void chronicle_load(struct journal *journal, struct loader *loader)
{
    struct loader_outcome outcome;
    char what[48];
    if (journal == NULL)
        return;
    struct report *report = report_new();
    loader_outcome(loader, &outcome, report);
    snprintf(what, sizeof what, "generation %" PRIu64, outcome.generation);
    journal_note(journal, &(struct journal_entry){
                              .event = "reload",
                              .what = what,
                              .to = loader_outcome_text(&outcome),
                              .why = first_mistake(report),
                          });
    report_free(report);
}

void chronicle_daemon(struct journal *journal, const char *to, const char *why)
{
    journal_note(journal, &(struct journal_entry){ .event = "daemon",
                                                   .what = "meridian " MERIDIAN_VERSION,
                                                   .to = to,
                                                   .why = why });
}
