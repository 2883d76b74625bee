#include "geo/witness.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "geo/database.h"

static void put_text(struct json_writer *writer, const char *key, struct record_text text)
{
    char copy[RECORD_TEXT_LIMIT + 1];

    if (text.len == 0 || text.len > RECORD_TEXT_LIMIT)
        return;
    memcpy(copy, text.octets, text.len);
    copy[text.len] = '\0';
    json_put_string(writer, key, copy);
}

/* Codes of countries and continents are capitals, however the file has them. */
static struct record_text in_capitals(struct record_text code, char out[2])
{
    for (size_t i = 0; i < code.len && i < 2; i++)
        out[i] = (char)toupper((unsigned char)code.octets[i]);
    return (struct record_text){ .octets = out, .len = code.len < 2 ? code.len : 2 };
}

/* As selectors name them: "US-CA". Without its country a subdivision says nothing. */
static void put_subdivisions(struct json_writer *writer, const struct record *record,
                             const char country[2])
{
    char joined[3 + RECORD_TEXT_LIMIT + 1];

    if (record->country.len != 2 || record->subdivision[0].len == 0)
        return;
    json_put_array(writer, "subdivisions");
    for (size_t i = 0; i < RECORD_SUBDIVISIONS; i++) {
        const struct record_text text = record->subdivision[i];
        if (text.len == 0 || text.len > RECORD_TEXT_LIMIT)
            continue;
        snprintf(joined, sizeof joined, "%.2s-%.*s", country, (int)text.len, text.octets);
        json_put_string(writer, NULL, joined);
    }
    json_end(writer);
}

static void put_record(struct json_writer *writer, const struct record *record)
{
    char continent[2], country[2];

    put_text(writer, "continent", in_capitals(record->continent, continent));
    put_text(writer, "country", in_capitals(record->country, country));
    put_subdivisions(writer, record, country);
    put_text(writer, "city", record->city);
    if (record->asn != 0)
        json_put_integer(writer, "asn", record->asn);
    if (!record->has_location)
        return;
    json_put_real(writer, "latitude", record->latitude);
    json_put_real(writer, "longitude", record->longitude);
    if (record->accuracy_km != 0)
        json_put_integer(writer, "accuracy_km", record->accuracy_km);
}

static enum status put_testimony(const struct atlas *atlas, size_t index,
                                 const struct address *address, const struct diag *diag,
                                 struct json_writer *writer)
{
    const struct database_info *known = atlas_database_info(atlas, index);
    struct prefix network = { .address = *address };
    struct database *database;
    struct record record;
    char text[PREFIX_TEXT];
    bool found;

    enum status status = database_open(diag, &database);
    if (status != STATUS_OK)
        return status;
    const struct database_info *now = database_info(database);
    if (now->build_epoch != known->build_epoch || now->node_count != known->node_count)
        json_put_bool(writer, "changed", true);
    status = database_look_up(database, diag, address, &record, &found, &network.len);
    if (status == STATUS_OK) {
        address_mask(&network.address, network.len);
        json_put_string(writer, "network", prefix_print(&network, text));
        if (found)
            put_record(writer, &record);
    }
    database_close(database);
    return status;
}

void witness_put(const struct atlas *atlas, const struct address *address,
                 struct json_writer *writer)
{
    json_put_array(writer, "databases");
    for (size_t i = 0; i < atlas_database_count(atlas); i++) {
        struct report *report = report_new();
        const struct diag diag = { .report = report, .file = atlas_database_file(atlas, i) };

        json_put_object(writer, NULL);
        json_put_string(writer, "file", diag.file);
        json_put_string(writer, "type", atlas_database_info(atlas, i)->type);
        if (report == NULL || put_testimony(atlas, i, address, &diag, writer) != STATUS_OK)
            json_put_string(writer, "error",
                            report != NULL && report_count(report) > 0 ? report_text(report, 0)
                                                                       : "out of memory");
        json_end(writer);
        report_free(report);
    }
    json_end(writer);
}
