#include "tests/mutate/mutation.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct span {
    size_t at;
    size_t len;
};

/* splitmix64: good enough to be even, and the same everywhere. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t limit)
{
    return limit > 0 ? (size_t)(draw(state) % limit) : 0;
}

/* Puts `len` octets in the place of a span; nothing happens when there is no room. */
static void replace(struct text *text, struct span span, const char *octets, size_t len)
{
    if (text->len - span.len + len > text->cap)
        return;
    memmove(text->octets + span.at + len, text->octets + span.at + span.len,
            text->len - span.at - span.len);
    memcpy(text->octets + span.at, octets, len);
    text->len = text->len - span.len + len;
}

/* ---- places ---- */

static struct span pick_octet(const struct text *text, uint64_t *state)
{
    return (struct span){ below(state, text->len), text->len > 0 ? 1 : 0 };
}

static struct span pick_gap(const struct text *text, uint64_t *state)
{
    return (struct span){ below(state, text->len + 1), 0 };
}

/* The run of octets around a random place for which `inside` has one truth. */
static struct span pick_run(const struct text *text, uint64_t *state, bool (*inside)(char octet))
{
    size_t at = below(state, text->len);
    for (size_t tries = 0; tries < text->len && !inside(text->octets[at]); tries++)
        at = (at + 1) % text->len;
    if (text->len == 0 || !inside(text->octets[at]))
        return (struct span){ 0, 0 };
    size_t end = at;
    while (at > 0 && inside(text->octets[at - 1]))
        at--;
    while (end < text->len && inside(text->octets[end]))
        end++;
    return (struct span){ at, end - at };
}

static bool in_line(char octet)
{
    return octet != '\n';
}

static bool in_token(char octet)
{
    return !isspace((unsigned char)octet);
}

static bool in_number(char octet)
{
    return isdigit((unsigned char)octet);
}

/* With its newline, if it has one. */
static struct span pick_line(const struct text *text, uint64_t *state)
{
    struct span line = pick_run(text, state, in_line);
    if (line.at + line.len < text->len)
        line.len++;
    return line;
}

/* ---- ways to spoil ---- */

static const char strange[] = "\"();\\@$.*#-_/:=, \t\n\r0123456789abzAZ{}+!\0\1\177\200\377";

static char strange_octet(uint64_t *state)
{
    return strange[below(state, sizeof strange - 1)];
}

static void flip_bit(struct text *text, uint64_t *state)
{
    const struct span place = pick_octet(text, state);
    if (place.len > 0)
        text->octets[place.at] = (char)(text->octets[place.at] ^ 1 << below(state, 8));
}

static void set_octet(struct text *text, uint64_t *state)
{
    const char octet = strange_octet(state);
    replace(text, pick_octet(text, state), &octet, 1);
}

static void insert_octet(struct text *text, uint64_t *state)
{
    const char octet = strange_octet(state);
    replace(text, pick_gap(text, state), &octet, 1);
}

static void delete_octets(struct text *text, uint64_t *state)
{
    struct span place = pick_octet(text, state);
    const size_t most = text->len - place.at;
    const size_t len = 1 + below(state, 8);
    place.len = len < most ? len : most;
    replace(text, place, "", 0);
}

/* A copy of one span in the place of another; both keep within a line's length. */
static void copy_span(struct text *text, struct span from, struct span to)
{
    char copy[1024];
    if (from.len > sizeof copy)
        return;
    memcpy(copy, text->octets + from.at, from.len);
    replace(text, to, copy, from.len);
}

static void copy_token(struct text *text, uint64_t *state)
{
    copy_span(text, pick_run(text, state, in_token), pick_run(text, state, in_token));
}

static void swap_tokens(struct text *text, uint64_t *state)
{
    struct span a = pick_run(text, state, in_token);
    struct span b = pick_run(text, state, in_token);
    char copy[1024];

    if (a.at > b.at) {
        const struct span later = a;
        a = b;
        b = later;
    }
    if (a.at == b.at || a.len > sizeof copy)
        return;
    memcpy(copy, text->octets + a.at, a.len);
    const size_t a_len = a.len, b_at = b.at;
    copy_span(text, b, a); /* the text behind a moves by the difference */
    replace(text, (struct span){ b_at - a_len + b.len, b.len }, copy, a_len);
}

static void swap_neighbours(struct text *text, uint64_t *state)
{
    const struct span a = pick_run(text, state, in_token);
    size_t at = a.at + a.len;
    while (at < text->len && isspace((unsigned char)text->octets[at]))
        at++;
    size_t end = at;
    while (end < text->len && in_token(text->octets[end]))
        end++;
    char copy[1024];
    if (end - a.at > sizeof copy)
        return;
    const size_t b_len = end - at, gap = at - a.at - a.len;
    memcpy(copy, text->octets + at, b_len);
    memcpy(copy + b_len, text->octets + a.at + a.len, gap);
    memcpy(copy + b_len + gap, text->octets + a.at, a.len);
    memcpy(text->octets + a.at, copy, end - a.at);
}

static void duplicate_line(struct text *text, uint64_t *state)
{
    const struct span from = pick_line(text, state);
    const struct span to = pick_line(text, state);
    copy_span(text, from, (struct span){ to.at, 0 });
}

static void delete_line(struct text *text, uint64_t *state)
{
    replace(text, pick_line(text, state), "", 0);
}

static void join_lines(struct text *text, uint64_t *state)
{
    const struct span line = pick_line(text, state);
    if (line.len > 0)
        replace(text, (struct span){ line.at + line.len - 1, 1 }, " ", 1);
}

static void change_number(struct text *text, uint64_t *state)
{
    static const char *const numbers[] = {
        "0",          "1",          "00",          "63",    "64",         "127",
        "128",        "255",        "256",         "257",   "32767",      "32768",
        "65535",      "65536",      "70000",       "99999", "2147483647", "2147483648",
        "4294967295", "4294967296", "99999999999", "1w",    "1d2h",       "18446744073709551616",
    };
    const struct span place = pick_run(text, state, in_number);
    char grown[64];
    int len;

    if (below(state, 3) == 0 && place.len < 40)
        len = snprintf(grown, sizeof grown, "%.*s%u", (int)place.len, text->octets + place.at,
                       (unsigned)below(state, 10));
    else
        len = snprintf(grown, sizeof grown, "%s",
                       numbers[below(state, sizeof numbers / sizeof *numbers)]);
    replace(text, place, grown, (size_t)len);
}

static void insert_escape(struct text *text, uint64_t *state)
{
    char escape[16];
    const int len = snprintf(escape, sizeof escape, "\\%03u", (unsigned)below(state, 270));
    replace(text, pick_gap(text, state), escape, (size_t)len);
}

static void insert_words(struct text *text, uint64_t *state)
{
    static const char *const words[] = {
        " ( ",
        " ) ",
        "\"",
        "\"\"",
        " \"a b\" ",
        " \"a\\\" b\" ",
        "\\\"",
        "\\",
        "\\.",
        ";",
        " ; comment ",
        "\n",
        "\r\n",
        " \n ",
        " \\# 4 01020304 ",
        " \\# 0 ",
        " \\# 2 0 1 0 2 ",
        " IN ",
        " CH ",
        " CLASS1 ",
        " 1w2d ",
        " 300 ",
        " A ",
        " TYPE1 ",
        " TYPE65280 ",
        "\n$ORIGIN deeper\n",
        "\n$ORIGIN .\n",
        "\n$TTL 77\n",
        "@",
        " @ ",
        "*.",
        ".",
        "..",
        "\n\n",
        "\t",
        "\n$GENERATE 1-3 g$ A 192.0.2.$\n",
        " . ",
        "xn--",
        "\\000",
        "\\255",
        " key=\"v w\" ",
        "(\n",
    };
    const char *word = words[below(state, sizeof words / sizeof *words)];
    struct span place = pick_gap(text, state);
    if (below(state, 2) == 0)
        place = pick_run(text, state, in_token); /* in the place of a token, or right before it */
    if (below(state, 2) == 0)
        place.len = 0;
    replace(text, place, word, strlen(word));
}

static void quote_token(struct text *text, uint64_t *state)
{
    const struct span token = pick_run(text, state, in_token);
    replace(text, (struct span){ token.at + token.len, 0 }, "\"", 1);
    replace(text, (struct span){ token.at, 0 }, "\"", 1);
}

static void toggle_case(struct text *text, uint64_t *state)
{
    const struct span token = pick_run(text, state, in_token);
    for (size_t i = token.at; i < token.at + token.len; i++)
        if (isalpha((unsigned char)text->octets[i]) && below(state, 2) == 0)
            text->octets[i] = (char)(text->octets[i] ^ 0x20);
}

void mutate(struct text *text, uint64_t number)
{
    static void (*const ways[])(struct text * text, uint64_t * state) = {
        flip_bit,        set_octet,      insert_octet, delete_octets, copy_token,    swap_tokens,
        swap_neighbours, duplicate_line, delete_line,  join_lines,    change_number, change_number,
        insert_escape,   insert_words,   insert_words, quote_token,   toggle_case,
    };
    uint64_t state = number * 0x9e3779b97f4a7c15u;
    const size_t times = 1 + below(&state, 4) * below(&state, 2);
    for (size_t i = 0; i < times; i++)
        ways[below(&state, sizeof ways / sizeof *ways)](text, &state);
}
