#include "geo/database.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <maxminddb.h>

#include "geo/mmdb.h"
#include "geo/tree.h"

/*
 * The file:  | search tree | 16 zero octets | data section | marker | metadata |
 */
enum {
    METADATA_MOST = 128 * 1024, /* the format's promise: it starts in the last 128 KiB */
    METADATA_STEPS = 64 * 1024, /* values in it; real ones have a few dozen */
    COPY_LEN = 64 * 1024,

    /*
     * Values to be looked at for each octet of the data section, before we say
     * that the records are built to keep us busy. Real files need about 3, so
     * they may be gone through several times; and a record of ordinary size may
     * be asked for as often as you like.
     */
    STEPS_PER_OCTET = 32,
    STEPS_PER_RECORD = 512
};

static const char metadata_marker[] = "\xab\xcd\xef"
                                      "MaxMind.com";
enum { MARKER_LEN = sizeof metadata_marker - 1 };

struct database {
    MMDB_s mmdb;
    struct database_info info;
    struct mmdb_section data;
    size_t steps_left; /* of STEPS_PER_OCTET */
    unsigned node_len; /* octets: 6, 7 or 8 */
    uint32_t *offsets; /* of each distinct record in the data section */
    uint32_t record_count;
};

/* ---- a copy of the file in memory ------------------------------------------ */

static enum status complain_errno(const struct diag *diag, const char *what)
{
    return diag_error(diag, STATUS_IO, "%s: %s", what, strerror(errno));
}

static enum status write_all(const struct diag *diag, int to, const uint8_t *octets, size_t len)
{
    while (len > 0) {
        const ssize_t written = write(to, octets, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return complain_errno(diag, "no memory for a copy of the file");
        octets += written;
        len -= (size_t)written;
    }
    return STATUS_OK;
}

/* At most `most` octets: a file that grows while it is read must not keep us. */
static enum status copy_octets(const struct diag *diag, int from, int to, uint64_t most)
{
    uint8_t buffer[COPY_LEN];
    while (most > 0) {
        const size_t want = most < sizeof buffer ? (size_t)most : sizeof buffer;
        const ssize_t got = read(from, buffer, want);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return complain_errno(diag, "cannot be read");
        if (got == 0)
            break;
        const enum status status = write_all(diag, to, buffer, (size_t)got);
        if (status != STATUS_OK)
            return status;
        most -= (uint64_t)got;
    }
    return STATUS_OK;
}

static enum status copy_file(const struct diag *diag, int file, int *out)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return complain_errno(diag, "cannot be read");
    if (!S_ISREG(about.st_mode))
        return diag_error(diag, STATUS_IO, "is not a regular file");
    if (about.st_size == 0)
        return diag_error(diag, STATUS_SYNTAX, "is empty, not a database");

    const int copy = memfd_create("geo database", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (copy < 0)
        return complain_errno(diag, "no memory for a copy of the file");
    enum status status = copy_octets(diag, file, copy, (uint64_t)about.st_size);
    if (status == STATUS_OK &&
        fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        status = complain_errno(diag, "the copy in memory cannot be sealed");
    if (status != STATUS_OK) {
        close(copy);
        return status;
    }
    *out = copy;
    return STATUS_OK;
}

/* A mapping of the file itself would kill us by SIGBUS when somebody truncates it. */
static enum status file_to_memory(const struct diag *diag, int *out)
{
    /* O_NONBLOCK: a pipe by that name must not hold us up. */
    const int file = open(diag->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return complain_errno(diag, "cannot be opened");
    const enum status status = copy_file(diag, file, out);
    close(file);
    return status;
}

/* ---- metadata, before libmaxminddb believes it ----------------------------- */

/* The octets after the last marker; NULL when there is none. */
static const uint8_t *metadata_find(const uint8_t *octets, size_t len)
{
    const uint8_t *found = NULL;
    const uint8_t *end = octets + len;
    for (const uint8_t *at = octets;
         (at = memmem(at, (size_t)(end - at), metadata_marker, MARKER_LEN)) != NULL;)
        found = at += MARKER_LEN;
    return found;
}

/*
 * True when a list or map of the metadata holds nothing but texts, or is not
 * there. libmaxminddb 1.7 loses memory over `languages` and `description` that
 * hold anything else.
 */
static bool holds_texts(struct mmdb_section *section, const struct mmdb_value *map, const char *key)
{
    const struct mmdb_value list = mmdb_member(section, map, key);
    if (list.type != MMDB_ARRAY && list.type != MMDB_MAP)
        return list.type == MMDB_NONE && !section->failed;
    const uint64_t items = list.type == MMDB_MAP ? 2 * (uint64_t)list.size : list.size;
    size_t at = list.content;
    for (uint64_t i = 0; i < items; i++) {
        if (mmdb_read(section, &at).type != MMDB_TEXT)
            return false;
    }
    return true;
}

/* `metadata` is the section, `position` where in the file it begins. */
static enum status metadata_check(const struct diag *diag, const uint8_t *metadata, size_t len,
                                  uint64_t position)
{
    struct mmdb_section section = { metadata, len, METADATA_STEPS, false };
    if (!mmdb_check(&section, 0))
        return diag_error(diag, STATUS_SYNTAX,
                          "its metadata is damaged, cut short or nested too deeply: %s",
                          MMDB_strerror(MMDB_INVALID_METADATA_ERROR));

    size_t at = 0;
    const struct mmdb_value map = mmdb_read(&section, &at);
    const struct mmdb_value count = mmdb_member(&section, &map, "node_count");
    const struct mmdb_value bits = mmdb_member(&section, &map, "record_size");
    if (count.type != MMDB_INTEGER || count.integer > UINT32_MAX || bits.type != MMDB_INTEGER ||
        (bits.integer != 24 && bits.integer != 28 && bits.integer != 32))
        return diag_error(diag, STATUS_SYNTAX,
                          "its metadata gives no usable node_count and record_size: %s",
                          MMDB_strerror(MMDB_INVALID_METADATA_ERROR));

    if (!holds_texts(&section, &map, "languages") || !holds_texts(&section, &map, "description"))
        return diag_error(diag, STATUS_SYNTAX,
                          "its metadata lists languages or descriptions that are no texts: %s",
                          MMDB_strerror(MMDB_INVALID_METADATA_ERROR));

    const uint64_t tree_len = count.integer * (bits.integer / 4);
    if (count.integer == 0 || tree_len + TREE_SEPARATOR_LEN > position - MARKER_LEN)
        return diag_error(diag, STATUS_SYNTAX,
                          "a tree of %" PRIu64 " nodes takes %" PRIu64 " octets, but %" PRIu64
                          " stand before the metadata: %s",
                          count.integer, tree_len + TREE_SEPARATOR_LEN, position - MARKER_LEN,
                          MMDB_strerror(MMDB_CORRUPT_SEARCH_TREE_ERROR));
    return STATUS_OK;
}

/*
 * libmaxminddb 1.7 goes through the metadata by recursion and follows pointers
 * without a limit, and multiplies the node count in 32 bits. So we look first.
 */
static enum status metadata_inspect(const struct diag *diag, int copy)
{
    struct stat about;
    if (fstat(copy, &about) != 0)
        return complain_errno(diag, "the copy in memory cannot be read");
    const uint64_t file_len = (uint64_t)about.st_size;
    const size_t tail_len = file_len < METADATA_MOST ? (size_t)file_len : METADATA_MOST;

    uint8_t *tail = malloc(tail_len + 1);
    if (tail == NULL)
        return diag_error(diag, STATUS_MEMORY, "out of memory");

    enum status status = STATUS_OK;
    const uint8_t *metadata = NULL;
    if (pread(copy, tail, tail_len, (off_t)(file_len - tail_len)) != (ssize_t)tail_len)
        status = complain_errno(diag, "the copy in memory cannot be read");
    else if ((metadata = metadata_find(tail, tail_len)) == NULL)
        status = diag_error(diag, STATUS_SYNTAX,
                            "is no MMDB file, or its end is cut off: no metadata in it");
    else
        status = metadata_check(diag, metadata, (size_t)(tail + tail_len - metadata),
                                file_len - (uint64_t)(tail + tail_len - metadata));
    free(tail);
    return status;
}

/* ---- opening --------------------------------------------------------------- */

static enum status open_copy(const struct diag *diag, int copy, struct database *database)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", copy);
    const int error = MMDB_open(path, MMDB_MODE_MMAP, &database->mmdb);
    if (error != MMDB_SUCCESS) {
        database->mmdb.file_content = NULL;
        return diag_error(diag, error == MMDB_OUT_OF_MEMORY_ERROR ? STATUS_MEMORY : STATUS_SYNTAX,
                          "cannot be used as a database: %s", MMDB_strerror(error));
    }

    const MMDB_metadata_s *metadata = &database->mmdb.metadata;
    if (metadata->ip_version != 4 && metadata->ip_version != 6)
        return diag_error(diag, STATUS_SYNTAX, "its metadata says ip_version %u, not 4 or 6",
                          metadata->ip_version);
    database->info = (struct database_info){ .build_epoch = metadata->build_epoch,
                                             .node_count = metadata->node_count,
                                             .ip_version = metadata->ip_version };
    snprintf(database->info.type, sizeof database->info.type, "%s", metadata->database_type);
    return STATUS_OK;
}

/* metadata_check() has made sure that the sections follow one another. */
static void find_data(struct database *database)
{
    const MMDB_s *mmdb = &database->mmdb;
    database->node_len = mmdb->metadata.record_size / 4u;

    const size_t tree_len = (size_t)mmdb->metadata.node_count * database->node_len;
    const uint8_t *data = mmdb->file_content + tree_len + TREE_SEPARATOR_LEN;
    const size_t len = (size_t)(mmdb->metadata_section - MARKER_LEN - data);
    database->data = (struct mmdb_section){ .octets = data, .len = len };
    database->steps_left = len * STEPS_PER_OCTET;
}

enum status database_open(const struct diag *diag, struct database **out)
{
    int copy = -1;
    *out = NULL;

    struct database *database = calloc(1, sizeof *database);
    if (database == NULL)
        return diag_error(diag, STATUS_MEMORY, "out of memory");

    enum status status = file_to_memory(diag, &copy);
    if (status != STATUS_OK)
        goto out;
    status = metadata_inspect(diag, copy);
    if (status != STATUS_OK)
        goto out;
    status = open_copy(diag, copy, database);
    if (status != STATUS_OK)
        goto out;
    find_data(database);
    *out = database;
out:
    if (copy >= 0)
        close(copy); /* the mapping keeps the copy alive */
    if (status != STATUS_OK)
        database_close(database);
    return status;
}

void database_close(struct database *database)
{
    if (database == NULL)
        return;
    if (database->mmdb.file_content != NULL)
        MMDB_close(&database->mmdb);
    free(database->offsets);
    free(database);
}

const struct database_info *database_info(const struct database *database)
{
    return &database->info;
}

/* ---- what is in it --------------------------------------------------------- */

enum status database_walk(struct database *database, const struct diag *diag, uint8_t v4_bits,
                          uint8_t v6_bits, struct spans *v4, struct spans *v6)
{
    const struct tree tree = {
        .octets = database->mmdb.file_content,
        .node_len = database->node_len,
        .node_count = database->info.node_count,
        .ip_version = database->info.ip_version,
        .data_len = database->data.len,
    };
    free(database->offsets);
    database->offsets = NULL;
    database->record_count = 0;
    return tree_walk(&tree, diag, v4_bits, v6_bits, v4, v6, &database->offsets,
                     &database->record_count);
}

uint32_t database_record_count(const struct database *database)
{
    return database->record_count;
}

/* Decodes what stands at an offset of the data section, within what may still be looked at. */
static enum status decode_at(struct database *database, const struct diag *diag, uint32_t offset,
                             struct record *out)
{
    const size_t left = database->steps_left;
    struct mmdb_section section = database->data;
    section.steps_left = left > STEPS_PER_RECORD ? left : STEPS_PER_RECORD;
    const size_t before = section.steps_left;
    const bool good = record_decode(&section, offset, out);

    const size_t used = before - section.steps_left;
    database->steps_left = left > used ? left - used : 0;
    if (good)
        return STATUS_OK;
    return diag_error(diag, STATUS_SYNTAX, "the record at octet %" PRIu32 " of its data: %s",
                      offset, MMDB_strerror(MMDB_INVALID_DATA_ERROR));
}

enum status database_record(struct database *database, const struct diag *diag, uint32_t index,
                            struct record *out)
{
    return decode_at(database, diag, database->offsets[index], out);
}

enum status database_look_up(struct database *database, const struct diag *diag,
                             const struct address *address, struct record *out, bool *found,
                             uint8_t *prefix_len)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    const bool is_v4 = address->family == FAMILY_V4;
    int error;

    *found = false;
    *prefix_len = 0;
    if (!is_v4 && database->info.ip_version == 4)
        return STATUS_OK;
    memcpy(&v4.sin_addr, address->octets, sizeof v4.sin_addr);
    memcpy(&v6.sin6_addr, address->octets, sizeof v6.sin6_addr);
    const struct sockaddr *where = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    const MMDB_lookup_result_s result = MMDB_lookup_sockaddr(&database->mmdb, where, &error);
    if (error != MMDB_SUCCESS)
        return diag_error(diag, STATUS_SYNTAX, "%s", MMDB_strerror(error));

    /* In an IPv6 file the IPv4 part is ::/96: a record for more than that is not IPv4's, */
    const unsigned above = is_v4 && database->info.ip_version == 6 ? 96 : 0;
    if (result.netmask < above)
        return STATUS_OK;
    /* and what stands in it is no IPv6 address's. */
    static const struct prefix v4_part = { { .family = FAMILY_V6 }, 96 };
    if (result.netmask > 96 && prefix_contains(&v4_part, address)) {
        *prefix_len = 96;
        return STATUS_OK;
    }
    *prefix_len = (uint8_t)(result.netmask - above);
    if (!result.found_entry)
        return STATUS_OK;
    *found = true;
    return decode_at(database, diag, result.entry.offset, out);
}
