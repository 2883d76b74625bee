#include "zones/record_head.h"

#include <string.h>
#include <strings.h>

#include "dns/proto/rrtype.h"
#include "zones/rdata_field.h"

static enum status refuse(const struct diag *here, const struct token *token, const char *what)
{
    const struct rdata_maker maker = { .diag = here };
    return maker_refuse(&maker, token, what);
}

static bool token_is(const struct token *token, const char *word)
{
    return !token->quoted && strlen(word) == token->len &&
           strncasecmp(word, token->text, token->len) == 0;
}

enum status record_ttl_scan(const struct diag *here, const struct token *token, uint32_t *ttl)
{
    const bool cut = token->len > FIELD_SHOWN;
    const int shown = cut ? FIELD_SHOWN : (int)token->len;
    uint32_t seconds;
    if (token->quoted || !text_period(token->text, token->len, &seconds))
        return diag_error(here, STATUS_SYNTAX, "TTL '%.*s%s' is not a number of seconds", shown,
                          token->text, cut ? "..." : "");
    if (seconds > RECORD_TTL_MOST)
        return diag_error(here, STATUS_LIMIT, "TTL %.*s is over %d (RFC 2181 section 8)", shown,
                          token->text, RECORD_TTL_MOST);
    *ttl = seconds;
    return STATUS_OK;
}

/* The class that a word names: "IN", "CH", "CLASS1" (RFC 3597 section 5). */
static bool class_scan(const struct token *token, uint32_t *rrclass)
{
    static const struct {
        const char *word;
        uint16_t value;
    } classes[] = { { "IN", 1 },    { "CS", 2 }, { "CH", 3 },
                    { "CHAOS", 3 }, { "HS", 4 }, { "HESIOD", 4 } };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (token_is(token, classes[i].word)) {
            *rrclass = classes[i].value;
            return true;
        }
    }
    return !token->quoted && token->len > 5 && strncasecmp(token->text, "CLASS", 5) == 0 &&
           text_number(token->text + 5, token->len - 5, UINT16_MAX, rrclass);
}

static enum status type_scan(const struct diag *here, const struct token *token, uint16_t *type)
{
    if (token->quoted || !rrtype_from_text(token->text, token->len, type))
        return refuse(here, token, "a record type");
    if (rrtype_is_meta(*type))
        return refuse(here, token, "a type of records: it stands in messages only");
    return STATUS_OK;
}

static bool starts_with_digit(const struct token *token)
{
    return !token->quoted && token->text[0] >= '0' && token->text[0] <= '9';
}

/* No type begins with a digit, so a word that does is a TTL. */
enum status record_head_scan(const struct diag *diag, const struct token **next,
                             const struct token *end, struct record_head *head)
{
    bool has_class = false;
    struct diag here = *diag;
    for (; *next < end; (*next)++) {
        const struct token *token = *next;
        uint32_t rrclass;
        here.line = token->line;
        if (!head->has_ttl && starts_with_digit(token)) {
            const enum status status = record_ttl_scan(&here, token, &head->ttl);
            if (status != STATUS_OK)
                return status;
            head->has_ttl = true;
        } else if (!has_class && class_scan(token, &rrclass)) {
            if (rrclass != RRCLASS_IN)
                return diag_error(&here, STATUS_MEANING, "class %.*s: only IN is served",
                                  (int)token->len, token->text);
            has_class = true;
        } else {
            (*next)++;
            return type_scan(&here, token, &head->type);
        }
    }
    return diag_error(&here, STATUS_SYNTAX, "the record ends before its type");
}
