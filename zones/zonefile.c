#include "zones/zonefile.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "zones/generate.h"
#include "zones/rdata.h"
#include "zones/rdata_field.h"
#include "zones/record_head.h"
#include "zones/scanner.h"
#include "zones/textfile.h"

enum {
    INCLUDE_DEPTH = 16,
    INCLUDE_MOST = 10000,
    FORGET_AT = 1024 * 1024 /* octets of text that were read */
};

/* What holds for the whole zone, whichever file is being read. */
struct loader {
    struct builder *builder;
    struct report *report;
    struct file_list *files;
    enum status status; /* of the first mistake */
    bool has_default_ttl;
    uint32_t default_ttl; /* $TTL */
    bool has_last_ttl;
    uint32_t last_ttl; /* the last one stated */
    bool ttl_missed;   /* told once: what is missing is one $TTL, not a thousand TTLs */
    unsigned includes;
    uint8_t rdata[RDATA_MAX_LEN];
};

/* What the owner of an entry that has none would be. */
enum owner_state { OWNER_NONE, OWNER_GOOD, OWNER_BAD };

/* One file being read; the files that include it are above. */
struct source {
    const struct source *above;
    unsigned depth;
    struct diag diag;
    dev_t device;
    ino_t inode;
    uint8_t origin[NAME_MAX_LEN];
    enum owner_state owner_state;
    uint8_t owner[NAME_MAX_LEN];
};

static void note(struct loader *loader, enum status status)
{
    if (loader->status == STATUS_OK)
        loader->status = status;
}

/* Whatever stood there may be anything, of any name. */
static void lose_all(struct loader *loader, enum status status)
{
    if (status != STATUS_OK)
        builder_lose(loader->builder, NULL, 0);
}

static enum status refuse(const struct diag *here, const struct token *token, const char *what)
{
    const struct rdata_maker maker = { .diag = here };
    return maker_refuse(&maker, token, what);
}

static struct diag diag_at(const struct source *source, const struct token *token)
{
    struct diag here = source->diag;
    here.line = token->line;
    return here;
}

static bool token_is(const struct token *token, const char *word)
{
    return !token->quoted && strlen(word) == token->len &&
           strncasecmp(word, token->text, token->len) == 0;
}

/* "@" is the origin; anything else a name that may be relative to it. */
static enum status name_scan(const struct source *source, const struct token *token,
                             uint8_t out[NAME_MAX_LEN])
{
    if (token_is(token, "@")) {
        memcpy(out, source->origin, name_len(source->origin));
        return STATUS_OK;
    }
    const struct diag here = diag_at(source, token);
    const char *why = token->pair ? "there are quotes in it" : "it stands in quotes";
    if (!token->quoted && !token->pair &&
        name_from_text(token->text, token->len, source->origin, out, &why))
        return STATUS_OK;
    return diag_error(&here, STATUS_SYNTAX, "'%.*s' is not a name: %s",
                      (int)(token->len < NAME_TEXT ? token->len : NAME_TEXT), token->text, why);
}

/* ---- records ---- */

/* The MINIMUM of a SOA, its last four octets. */
static uint32_t soa_minimum(const uint8_t *rdata, uint16_t len)
{
    const uint8_t *at = rdata + len - 4;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The TTL of a record whose rdata is in the loader; zonefile.h says by which rules. */
static enum status ttl_settle(struct loader *loader, const struct diag *here,
                              const struct record_head *head, uint16_t rdata_len, uint32_t *ttl)
{
    if (head->has_ttl) {
        *ttl = head->ttl;
    } else if (loader->has_default_ttl) {
        *ttl = loader->default_ttl;
    } else if (loader->has_last_ttl) {
        *ttl = loader->last_ttl;
    } else if (head->type == RRTYPE_SOA && rdata_len >= 20) {
        *ttl = soa_minimum(loader->rdata, rdata_len);
        if (*ttl > RECORD_TTL_MOST)
            return diag_error(here, STATUS_LIMIT,
                              "the SOA has no TTL, and its MINIMUM %u is over %d", *ttl,
                              RECORD_TTL_MOST);
        loader->has_default_ttl = true;
        loader->default_ttl = *ttl;
    } else if (!loader->ttl_missed) {
        loader->ttl_missed = true;
        return diag_error(here, STATUS_SYNTAX,
                          "no TTL: neither here, nor on a record before, nor by $TTL");
    } else {
        *ttl = 0; /* the load has failed already */
    }
    return STATUS_OK;
}

static const uint8_t *owner_known(const struct source *source)
{
    return source->owner_state == OWNER_GOOD ? source->owner : NULL;
}

static enum status rdata_add(struct loader *loader, const struct source *source,
                             const struct diag *here, const struct record_head *head, uint16_t len,
                             const uint8_t *owner)
{
    uint32_t ttl = 0;
    const enum status status = ttl_settle(loader, here, head, len, &ttl);
    if (status != STATUS_OK || source->owner_state == OWNER_BAD) {
        builder_lose(loader->builder, owner_known(source), head->type);
        return status;
    }
    return builder_add(loader->builder, here, owner, head->type, ttl, loader->rdata, len);
}

/* What a word means as the owner is settled here, also for the entries after it. */
static enum status owner_scan(struct source *source, const struct entry *entry)
{
    if (!entry->blank_owner) {
        const enum status status = name_scan(source, &entry->tokens[0], source->owner);
        source->owner_state = status == STATUS_OK ? OWNER_GOOD : OWNER_BAD;
        return status;
    }
    if (source->owner_state != OWNER_NONE)
        return STATUS_OK;
    const struct diag here = diag_at(source, &entry->tokens[0]);
    source->owner_state = OWNER_BAD;
    return diag_error(&here, STATUS_SYNTAX,
                      "the entry begins with a blank, but no owner stands before it");
}

static void record_read(struct loader *loader, struct source *source, const struct entry *entry)
{
    const struct token *next = entry->tokens + (entry->blank_owner ? 0 : 1);
    const struct token *end = entry->tokens + entry->count;
    struct diag here = source->diag;
    here.line = entry->line;

    /* A bad owner does not keep us from telling what else is wrong. */
    note(loader, owner_scan(source, entry));
    struct record_head head = { .has_ttl = false };
    enum status status = record_head_scan(&source->diag, &next, end, &head);
    if (head.has_ttl) {
        loader->has_last_ttl = true;
        loader->last_ttl = head.ttl;
    }
    uint16_t len = 0;
    if (status == STATUS_OK)
        status = rdata_from_tokens(&here, head.type, next, (size_t)(end - next), source->origin,
                                   loader->rdata, &len);
    if (status == STATUS_OK)
        status = rdata_add(loader, source, &here, &head, len, source->owner);
    else
        builder_lose(loader->builder, owner_known(source), head.type);
    note(loader, status);
}

/* ---- directives ---- */

static enum status origin_read(struct source *source, const struct entry *entry)
{
    if (entry->count != 2) {
        const struct diag here = diag_at(source, &entry->tokens[0]);
        return diag_error(&here, STATUS_SYNTAX, "$ORIGIN takes one name");
    }
    uint8_t origin[NAME_MAX_LEN];
    const enum status status = name_scan(source, &entry->tokens[1], origin);
    if (status == STATUS_OK)
        memcpy(source->origin, origin, name_len(origin));
    return status;
}

static enum status ttl_read(struct loader *loader, const struct source *source,
                            const struct entry *entry)
{
    const struct diag here = diag_at(source, &entry->tokens[0]);
    uint32_t ttl = 0;
    const enum status status = entry->count == 2
                                   ? record_ttl_scan(&here, &entry->tokens[1], &ttl)
                                   : diag_error(&here, STATUS_SYNTAX, "$TTL takes one TTL");
    /* Records that rest on a bad one are not told as well. */
    loader->has_default_ttl = true;
    loader->default_ttl = ttl;
    return status;
}

/* A range, an owner, TTL and class perhaps, a type, and one word of rdata. */
struct generator {
    struct generate_range range;
    const struct token *owner;
    struct record_head head;
    const struct token *rdata;
};

static enum status generator_scan(const struct source *source, const struct entry *entry,
                                  struct generator *generator)
{
    const struct diag here = diag_at(source, &entry->tokens[0]);
    const struct token *next = entry->tokens + 1;
    const struct token *end = entry->tokens + entry->count;
    *generator = (struct generator){ .owner = next + 1 };
    if (end - next < 4)
        return diag_error(&here, STATUS_SYNTAX,
                          "$GENERATE takes a range, an owner, a type and one word of rdata");
    if (next->quoted || !generate_range_scan(next->text, next->len, &generator->range))
        return refuse(&here, next, "a range FIRST-LAST[/STEP] of at most 65536 numbers");
    next += 2;
    const enum status status = record_head_scan(&source->diag, &next, end, &generator->head);
    if (status != STATUS_OK)
        return status;
    if (end - next != 1)
        return diag_error(&here, STATUS_SYNTAX,
                          "$GENERATE takes one word of rdata; put quotes around several");
    generator->rdata = next;
    return STATUS_OK;
}

static enum status pattern_expand(const struct diag *here, const struct token *token,
                                  uint32_t number, char out[GENERATE_TEXT])
{
    const char *why;
    if (generate_expand(token->text, token->len, number, out, &why))
        return STATUS_OK;
    return diag_error(here, STATUS_SYNTAX, "'%.*s' cannot be expanded for %u: %s",
                      token->len > FIELD_SHOWN ? FIELD_SHOWN : (int)token->len, token->text, number,
                      why);
}

static enum status generate_one(struct loader *loader, const struct source *source,
                                const struct diag *here, const struct generator *generator,
                                uint32_t number)
{
    char text[GENERATE_TEXT];
    struct source there = *source;
    enum status status = pattern_expand(here, generator->owner, number, text);
    if (status != STATUS_OK)
        return status;
    struct token owner = *generator->owner;
    owner.text = text;
    owner.len = strlen(text);
    status = name_scan(source, &owner, there.owner);
    there.owner_state = OWNER_GOOD;
    if (status == STATUS_OK)
        status = pattern_expand(here, generator->rdata, number, text);

    uint16_t len;
    if (status == STATUS_OK)
        status =
            rdata_from_text(here, generator->head.type, text, source->origin, loader->rdata, &len);
    if (status == STATUS_OK)
        status = rdata_add(loader, &there, here, &generator->head, len, there.owner);
    return status;
}

/* Stops at its first mistake: the others would be the same one. */
static enum status generate_read(struct loader *loader, const struct source *source,
                                 const struct entry *entry)
{
    const struct diag here = diag_at(source, &entry->tokens[0]);
    struct generator generator;
    enum status status = generator_scan(source, entry, &generator);
    if (status != STATUS_OK) {
        builder_lose(loader->builder, NULL, generator.head.type);
        return status;
    }
    if (generator.head.has_ttl) {
        loader->has_last_ttl = true;
        loader->last_ttl = generator.head.ttl;
    }
    const struct generate_range *range = &generator.range;
    for (uint64_t number = range->first; number <= range->last && status == STATUS_OK;
         number += range->step)
        status = generate_one(loader, source, &here, &generator, (uint32_t)number);
    if (status != STATUS_OK)
        builder_lose(loader->builder, NULL, generator.head.type);
    return status;
}

/* ---- files ---- */

static void source_read(struct loader *loader, const char *path, const struct source *above,
                        const struct diag *place, const uint8_t *origin);

/* `name` seen from the folder of `file`; the caller frees it. NULL when memory is out. */
static char *path_beside(const char *file, const char *name, size_t len)
{
    const char *slash = len > 0 && name[0] == '/' ? NULL : strrchr(file, '/');
    const size_t folder_len = slash != NULL ? (size_t)(slash - file) + 1 : 0;
    char *path = malloc(folder_len + len + 1);
    if (path == NULL)
        return NULL;
    memcpy(path, file, folder_len);
    memcpy(path + folder_len, name, len);
    path[folder_len + len] = '\0';
    return path;
}

static enum status include_path(const struct source *source, const struct token *token,
                                const struct diag *here, char **path)
{
    uint8_t name[PATH_MAX];
    size_t len;
    if (token->pair || token->len == 0 || token->len >= sizeof name ||
        !text_unescape(token->text, token->len, name, &len) || memchr(name, '\0', len) != NULL)
        return refuse(here, token, "the name of a file");
    *path = path_beside(source->diag.file, (const char *)name, len);
    return *path != NULL ? STATUS_OK : diag_error(here, STATUS_MEMORY, "no memory for a path");
}

static enum status include_read(struct loader *loader, const struct source *source,
                                const struct entry *entry)
{
    const struct diag here = diag_at(source, &entry->tokens[0]);
    if (entry->count < 2 || entry->count > 3)
        return diag_error(&here, STATUS_SYNTAX, "$INCLUDE takes a file and perhaps an origin");
    if (source->depth == INCLUDE_DEPTH)
        return diag_error(&here, STATUS_LIMIT, "more than %d files include one another",
                          INCLUDE_DEPTH);
    if (loader->includes++ == INCLUDE_MOST)
        return diag_error(&here, STATUS_LIMIT, "more than %d inclusions in one zone", INCLUDE_MOST);

    uint8_t origin[NAME_MAX_LEN];
    memcpy(origin, source->origin, name_len(source->origin));
    char *path = NULL;
    enum status status = STATUS_OK;
    if (entry->count == 3)
        status = name_scan(source, &entry->tokens[2], origin);
    if (status == STATUS_OK)
        status = include_path(source, &entry->tokens[1], &here, &path);
    if (status == STATUS_OK)
        source_read(loader, path, source, &here, origin);
    free(path);
    return status;
}

static void directive_read(struct loader *loader, struct source *source, const struct entry *entry)
{
    const struct token *word = &entry->tokens[0];
    enum status status;
    if (token_is(word, "$ORIGIN")) {
        status = origin_read(source, entry);
        lose_all(loader, status); /* what follows has other names than were meant */
    } else if (token_is(word, "$TTL")) {
        status = ttl_read(loader, source, entry);
    } else if (token_is(word, "$INCLUDE")) {
        status = include_read(loader, source, entry);
        lose_all(loader, status);
    } else if (token_is(word, "$GENERATE")) {
        status = generate_read(loader, source, entry);
    } else {
        const struct diag here = diag_at(source, word);
        status = refuse(&here, word, "a directive ($ORIGIN, $TTL, $INCLUDE, $GENERATE)");
        lose_all(loader, status);
    }
    note(loader, status);
}

static bool is_directive(const struct entry *entry)
{
    return !entry->blank_owner && !entry->tokens[0].quoted && entry->tokens[0].text[0] == '$';
}

static void entries_read(struct loader *loader, struct source *source, char *text, size_t len)
{
    size_t forgotten = 0;
    struct scanner *scanner = scanner_new(text, len, &source->diag);
    if (scanner == NULL) {
        note(loader, diag_error(&source->diag, STATUS_MEMORY, "no memory for reading"));
        return;
    }
    for (;;) {
        struct entry entry;
        bool found;
        const enum status status = scanner_next(scanner, &entry, &found);
        note(loader, status);
        lose_all(loader, status);
        if (status == STATUS_MEMORY || (status == STATUS_OK && !found))
            break;
        if (status != STATUS_OK)
            continue;
        if (is_directive(&entry))
            directive_read(loader, source, &entry);
        else
            record_read(loader, source, &entry);
        /* The zone grows meanwhile: the larger the file, the more this saves. */
        if (scanner_position(scanner) - forgotten >= FORGET_AT) {
            textfile_forget(text, forgotten, scanner_position(scanner));
            forgotten = scanner_position(scanner);
        }
    }
    scanner_free(scanner);
}

/* True when the file is being read already, here or further up. */
static bool is_open(const struct source *source)
{
    for (const struct source *above = source->above; above != NULL; above = above->above) {
        if (above->device == source->device && above->inode == source->inode)
            return true;
    }
    return false;
}

/* Reads one file with all that it includes. `place` is where it was asked for. */
static void source_read(struct loader *loader, const char *path, const struct source *above,
                        const struct diag *place, const uint8_t *origin)
{
    struct source source = {
        .above = above,
        .depth = above != NULL ? above->depth + 1 : 0,
        .diag = { .report = loader->report, .file = path },
    };
    memcpy(source.origin, origin, name_len(origin));

    struct stat identity;
    if (stat(path, &identity) == 0) {
        source.device = identity.st_dev;
        source.inode = identity.st_ino;
    }
    char *text;
    size_t len;
    enum status status = STATUS_OK;
    if (source.inode != 0 && is_open(&source))
        status = diag_error(place, STATUS_MEANING, "%s includes itself", path);
    else if (file_list_add(loader->files, path) != STATUS_OK)
        status = diag_error(place, STATUS_MEMORY, "no memory for the list of files");
    else
        status = textfile_read(path, place, &text, &len);
    if (status != STATUS_OK) {
        note(loader, status);
        lose_all(loader, status);
        return;
    }
    entries_read(loader, &source, text, len);
    free(text);
}

enum status zonefile_read(const char *path, struct builder *builder, struct report *report,
                          struct file_list *files)
{
    const struct diag place = { .report = report, .file = path };
    struct loader *loader = calloc(1, sizeof *loader);
    if (loader == NULL)
        return diag_error(&place, STATUS_MEMORY, "no memory for reading");
    loader->builder = builder;
    loader->report = report;
    loader->files = files;
    source_read(loader, path, NULL, &place, builder_apex(builder));
    const enum status status = loader->status;
    free(loader);
    return status;
}
