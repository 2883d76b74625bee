#include "zones/scanner.h"

#include <stdlib.h>
#include <string.h>

#include "dns/base/courtesy.h"

struct scanner {
    struct diag diag;
    const char *text;
    const char *next;
    const char *end;
    const char *line_start;
    unsigned line;
    bool grouped;      /* between parentheses */
    const char *group; /* the line that the open parenthesis stands on */
    unsigned group_line;
    struct token *tokens;
    size_t count;
    size_t cap;
};

struct scanner *scanner_new(const char *text, size_t len, const struct diag *diag)
{
    struct scanner *scanner = calloc(1, sizeof *scanner);
    if (scanner == NULL)
        return NULL;
    scanner->diag = *diag;
    scanner->text = text;
    scanner->next = text;
    scanner->end = text + len;
    scanner->line_start = text;
    scanner->line = 1;
    return scanner;
}

void scanner_free(struct scanner *scanner)
{
    if (scanner == NULL)
        return;
    free(scanner->tokens);
    free(scanner);
}

size_t scanner_position(const struct scanner *scanner)
{
    return (size_t)(scanner->next - scanner->text);
}

/* ---- octets ---- */

/* Where a line ends: LF, CR LF, or the end of the text; 0 when none of them stands here. */
static size_t newline_len(const struct scanner *scanner, const char *at)
{
    if (at == scanner->end)
        return 0;
    if (*at == '\n')
        return 1;
    return *at == '\r' && at + 1 < scanner->end && at[1] == '\n' ? 2 : 0;
}

static bool at_line_end(const struct scanner *scanner, const char *at)
{
    return at == scanner->end || newline_len(scanner, at) > 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/*
 * Octets that belong to no text. Written raw they are damage, or invisible to
 * whoever reads the file; \DDD says what is meant.
 */
static bool is_control(char c)
{
    const unsigned char octet = (unsigned char)c;
    return (octet < 0x20 && octet != '\t') || octet == 0x7f;
}

/* ---- mistakes ---- */

static void skip_line(struct scanner *scanner)
{
    while (!at_line_end(scanner, scanner->next))
        scanner->next++;
    if (scanner->next < scanner->end) {
        scanner->next += newline_len(scanner, scanner->next);
        scanner->line++;
    }
    scanner->line_start = scanner->next;
}

static bool starts_with_word(const struct scanner *scanner)
{
    const char *at = scanner->next;
    return !at_line_end(scanner, at) && !is_blank(*at) && *at != ';' && *at != ')';
}

/*
 * To where the next entry can begin: the next line, and when a parenthesis is
 * open the next one that starts with a word, for the lines before it most
 * likely belong to the broken entry.
 */
static void resume(struct scanner *scanner)
{
    skip_line(scanner);
    while (scanner->grouped && scanner->next < scanner->end && !starts_with_word(scanner))
        skip_line(scanner);
    scanner->grouped = false;
}

static struct diag diag_at(const struct scanner *scanner, unsigned line)
{
    struct diag here = scanner->diag;
    if (here.path == NULL)
        here.line = line;
    return here;
}

static enum status complain(struct scanner *scanner, unsigned line, const char *what)
{
    const struct diag here = diag_at(scanner, line);
    return diag_error(&here, STATUS_SYNTAX, "%s", what);
}

static enum status control_found(struct scanner *scanner, unsigned char octet)
{
    const struct diag here = diag_at(scanner, scanner->line);
    const enum status status =
        octet == '\r'
            ? diag_error(&here, STATUS_SYNTAX, "a carriage return without a line feed")
            : diag_error(&here, STATUS_SYNTAX, "a control octet must be written \\%03u", octet);
    resume(scanner);
    return status;
}

/* The open parenthesis is the mistake, so reading goes on below the line it stands on. */
static enum status group_unclosed(struct scanner *scanner)
{
    const enum status status =
        complain(scanner, scanner->group_line, "the parenthesis opened here is not closed");
    scanner->next = scanner->group;
    scanner->line = scanner->group_line;
    resume(scanner);
    return status;
}

/* ---- tokens ---- */

/* How much of a word stands in quotes. */
enum wrap { WRAP_NONE, WRAP_PART, WRAP_ALL };

static enum status token_add(struct scanner *scanner, const char *from, const char *to,
                             enum wrap wrap)
{
    if (scanner->count == SCANNER_TOKENS) {
        const struct diag here = diag_at(scanner, scanner->tokens[0].line);
        const enum status status =
            diag_error(&here, STATUS_LIMIT, "the entry has more than %d words", SCANNER_TOKENS);
        resume(scanner);
        return status;
    }
    if (scanner->count == scanner->cap) {
        const size_t cap = scanner->cap == 0 ? 16 : scanner->cap * 2;
        struct token *tokens = realloc(scanner->tokens, cap * sizeof *tokens);
        if (tokens == NULL) {
            scanner->next = scanner->end;
            scanner->grouped = false;
            return diag_error(&scanner->diag, STATUS_MEMORY, "no memory for the words of an entry");
        }
        scanner->tokens = tokens;
        scanner->cap = cap;
    }
    scanner->tokens[scanner->count++] = (struct token){
        .text = from,
        .len = (size_t)(to - from),
        .line = scanner->line,
        .column = (unsigned)(from - scanner->line_start) + 1,
        .quoted = wrap == WRAP_ALL,
        .pair = wrap == WRAP_PART,
    };
    return STATUS_OK;
}

/*
 * From behind an opening quote to its partner. RFC 1035 would let a quoted
 * string go on over the end of the line; no server accepts that, and it would
 * let one forgotten quote swallow the records that follow.
 */
static enum status quote_scan(struct scanner *scanner)
{
    while (!at_line_end(scanner, scanner->next) && *scanner->next != '"') {
        if (is_control(*scanner->next))
            return control_found(scanner, (unsigned char)*scanner->next);
        scanner->next++;
        if (scanner->next[-1] == '\\' && !at_line_end(scanner, scanner->next) &&
            !is_control(*scanner->next))
            scanner->next++;
    }
    if (at_line_end(scanner, scanner->next)) {
        const enum status status =
            complain(scanner, scanner->line, "the quote is not closed on its line");
        resume(scanner);
        return status;
    }
    return STATUS_OK;
}

/* "a"b and a"b" mean one string to one server and two to another. */
static enum status glued(struct scanner *scanner)
{
    const enum status status =
        complain(scanner, scanner->line, "there must be a blank between a quoted text and a word");
    resume(scanner);
    return status;
}

static bool ends_word(const struct scanner *scanner, const char *at)
{
    return at_line_end(scanner, at) || is_blank(*at) || *at == ';' || *at == '(' || *at == ')';
}

static enum status quoted_token(struct scanner *scanner)
{
    const char *from = ++scanner->next;
    const enum status status = quote_scan(scanner);
    if (status != STATUS_OK)
        return status;
    const char *to = scanner->next++;
    if (!ends_word(scanner, scanner->next) && *scanner->next != '"')
        return glued(scanner);
    return token_add(scanner, from, to, WRAP_ALL);
}

static enum status escape_scan(struct scanner *scanner)
{
    scanner->next++;
    if (at_line_end(scanner, scanner->next)) {
        const enum status status =
            complain(scanner, scanner->line, "a backslash ends the line: it joins no lines here");
        resume(scanner);
        return status;
    }
    if (is_control(*scanner->next))
        return control_found(scanner, (unsigned char)*scanner->next);
    scanner->next++;
    return STATUS_OK;
}

/* A bare word; key="value" of RFC 9460 section 2.1 is one, quotes included. */
static enum status plain_token(struct scanner *scanner)
{
    const char *from = scanner->next;
    enum wrap wrap = WRAP_NONE;
    while (!ends_word(scanner, scanner->next)) {
        enum status status = STATUS_OK;
        if (*scanner->next == '\\') {
            status = escape_scan(scanner);
        } else if (is_control(*scanner->next)) {
            status = control_found(scanner, (unsigned char)*scanner->next);
        } else if (*scanner->next == '"') {
            if (scanner->next[-1] != '=')
                return glued(scanner);
            wrap = WRAP_PART;
            scanner->next++;
            status = quote_scan(scanner);
            if (status == STATUS_OK && !ends_word(scanner, ++scanner->next))
                return glued(scanner);
        } else {
            scanner->next++;
        }
        if (status != STATUS_OK)
            return status;
    }
    return token_add(scanner, from, scanner->next, wrap);
}

/* Up to the end of the line, which is left alone. */
static enum status comment_scan(struct scanner *scanner)
{
    while (!at_line_end(scanner, scanner->next)) {
        if (*scanner->next == '\0')
            return control_found(scanner, 0);
        scanner->next++;
    }
    return STATUS_OK;
}

/* ---- entries ---- */

/*
 * Parentheses do not nest: RFC 1035 has no use for that, and a second one
 * inside tells that the first was forgotten (so no text is read more than twice).
 */
static enum status group_open(struct scanner *scanner)
{
    if (scanner->grouped)
        return group_unclosed(scanner);
    scanner->grouped = true;
    scanner->group = scanner->line_start;
    scanner->group_line = scanner->line;
    scanner->next++;
    return STATUS_OK;
}

static enum status group_close(struct scanner *scanner)
{
    if (!scanner->grouped) {
        const enum status status =
            complain(scanner, scanner->line, "')' closes a parenthesis that was not opened");
        resume(scanner);
        return status;
    }
    scanner->grouped = false;
    scanner->next++;
    return STATUS_OK;
}

/* Whatever stands at `next`, which is not the end of a line. */
static enum status piece_scan(struct scanner *scanner)
{
    switch (*scanner->next) {
    case ' ':
    case '\t':
        scanner->next++;
        return STATUS_OK;
    case ';':
        return comment_scan(scanner);
    case '(':
        return group_open(scanner);
    case ')':
        return group_close(scanner);
    case '"':
        return quoted_token(scanner);
    default:
        return plain_token(scanner);
    }
}

/* One entry, or one line without any. */
static enum status entry_scan(struct scanner *scanner, struct entry *entry)
{
    scanner->count = 0;
    entry->blank_owner = is_blank(*scanner->next);
    for (;;) {
        while (!at_line_end(scanner, scanner->next)) {
            const enum status status = piece_scan(scanner);
            if (status != STATUS_OK)
                return status;
        }
        if (scanner->next == scanner->end && scanner->grouped)
            return group_unclosed(scanner);
        skip_line(scanner);
        if (!scanner->grouped)
            return STATUS_OK;
    }
}

/* Some editors put U+FEFF in front; it would become part of the first name. */
static bool mark_skip(struct scanner *scanner)
{
    static const char mark[3] = { '\xef', '\xbb', '\xbf' };
    if (scanner->line != 1 || scanner->next != scanner->line_start ||
        scanner->end - scanner->next < 3 || memcmp(scanner->next, mark, sizeof mark) != 0)
        return false;
    scanner->next += sizeof mark;
    scanner->line_start = scanner->next;
    return true;
}

enum status scanner_next(struct scanner *scanner, struct entry *entry, bool *found)
{
    *found = false;
    if (mark_skip(scanner))
        return complain(scanner, 1, "the file begins with a byte order mark (EF BB BF)");

    while (scanner->next < scanner->end) {
        courtesy_spent(400);
        const enum status status = entry_scan(scanner, entry);
        if (status != STATUS_OK)
            return status;
        if (scanner->count > 0) {
            entry->tokens = scanner->tokens;
            entry->count = scanner->count;
            entry->line = scanner->tokens[0].line;
            *found = true;
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}
