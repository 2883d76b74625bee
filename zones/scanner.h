#ifndef MERIDIAN_ZONES_SCANNER_H
#define MERIDIAN_ZONES_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/base/diag.h"

/*
 * Cuts the text of a zone file (RFC 1035 section 5.1) into entries, an entry
 * into tokens, each with its file, line and column. Parentheses join lines
 * (and do not nest), ";" starts a comment, quotes hold blanks and end on their
 * line; escapes stay as written (whoever understands the token resolves them),
 * except that they hide their octet from the scanner. CRLF and a missing final
 * newline are fine. Text of a word in the form key="a b" keeps its quotes and
 * is one token that is not `quoted` (RFC 9460 section 2.1); any other word
 * that touches a quote is a mistake.
 */
struct token {
    const char *text; /* borrowed from the file's text, not NUL-terminated; quotes not included */
    size_t len;
    unsigned line;    /* 1-based */
    unsigned column;  /* 1-based, octets */
    bool quoted;     /* the whole of it */
    bool pair;       /* key="text": a part of it, quotes included in `text` */
};

enum { SCANNER_TOKENS = 8192 }; /* most tokens in one entry; more is a mistake */

struct entry {
    bool blank_owner;     /* the entry began with white space: the owner before goes on */
    const struct token *tokens;
    size_t count;         /* at least 1 */
    unsigned line;        /* of the first token */
};

struct scanner;

/*
 * The text must outlive the scanner; `diag` tells file and report. When it has
 * a path, the text is part of something else and mistakes carry no line.
 */
struct scanner *scanner_new(const char *text, size_t len, const struct diag *diag);
void scanner_free(struct scanner *scanner);

/*
 * The next entry that has a token. STATUS_OK with *found false at the end.
 * On a mistake (unclosed quote or parenthesis, a control octet) it tells the
 * place, skips to where the next entry can begin, and returns the status;
 * the caller goes on.
 */
enum status scanner_next(struct scanner *scanner, struct entry *entry, bool *found)
    __attribute__((warn_unused_result));

/* Where the next entry would begin: what stands before is not looked at again. */
size_t scanner_position(const struct scanner *scanner);

#endif
