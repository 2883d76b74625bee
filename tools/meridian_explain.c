/* meridian explain: why a client gets its answer, told by the daemon or from the files alone. */
#include <stdlib.h>
#include <string.h>

#include "dns/base/json.h"
#include "dns/base/json_writer.h"
#include "dns/base/prefix.h"
#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "dns/server/explain.h"
#include "tools/meridian_ask.h"
#include "tools/meridian_command.h"
#include "tools/meridian_offline.h"
#include "tools/meridian_print.h"

enum { PATIENCE_S = 30 };

/* ---- what was asked ---- */

/* Says what is wrong before anybody is asked: a typing mistake is not an answer of no. */
static bool request_read(const struct options *options, struct explain_request *out)
{
    static const uint8_t root[] = { 0 };
    uint8_t name[NAME_MAX_LEN];
    const char *reason = "";
    struct prefix client;
    uint16_t type;

    *out = (struct explain_request){ .name = options->words[0],
                                     .type = options->word_count > 1 ? options->words[1] : NULL,
                                     .client = options->client };
    if (!name_from_text(out->name, strlen(out->name), root, name, &reason)) {
        fprintf(stderr, "meridian explain: '%s' is no domain name: %s\n", out->name, reason);
        return false;
    }
    if (out->type != NULL && !rrtype_from_text(out->type, strlen(out->type), &type)) {
        fprintf(stderr, "meridian explain: '%s' is no record type\n", out->type);
        return false;
    }
    if (out->client == NULL) {
        fputs("meridian explain: --client ADDRESS[/LENGTH] says who asks\n", stderr);
        return false;
    }
    if (!prefix_parse_loose(out->client, &client)) {
        fprintf(stderr, "meridian explain: '%s' is no address and no network\n", out->client);
        return false;
    }
    return true;
}

/* One line of JSON; the caller frees it. NULL: no memory. */
static char *request_write(const struct explain_request *request)
{
    struct json_writer *writer = json_writer_new();
    if (writer == NULL)
        return NULL;
    json_put_object(writer, NULL);
    json_put_string(writer, "command", "explain");
    json_put_string(writer, "name", request->name);
    if (request->type != NULL)
        json_put_string(writer, "type", request->type);
    json_put_string(writer, "client", request->client);
    json_end(writer);
    return json_writer_finish(writer, 0);
}

/* ---- telling ---- */

static enum status tell_steps(const struct json_node *explanation)
{
    struct json_node steps, step;
    const char *text;

    if (!json_member(explanation, "steps", &steps))
        return json_error(explanation, STATUS_MEANING, "an explanation without steps");
    for (size_t i = 0; json_child(&steps, i, &step); i++) {
        const enum status status = json_get_string(&step, &text);
        if (status != STATUS_OK)
            return status;
        puts(text);
    }
    return STATUS_OK;
}

/* "country FI": a member as words; texts without quotes. */
static void tell_member(const struct json_node *member, const char *before)
{
    const char *text;

    if (json_kind(member) == JSON_KIND_STRING && json_get_string(member, &text) == STATUS_OK) {
        printf("%s%s %s", before, member->key, text);
        return;
    }
    char *value = json_text(member);
    printf("%s%s %s", before, member->key, value != NULL ? value : "?");
    free(value);
}

/* What each database says by itself: read for who explains, as a query could not. */
static void tell_databases(const struct json_node *explanation)
{
    struct json_node databases, database, member;
    const char *file;

    if (!json_member(explanation, "databases", &databases))
        return;
    for (size_t i = 0; json_child(&databases, i, &database); i++) {
        const char *before = ": ";
        if (!json_member(&database, "file", &member) ||
            json_get_string(&member, &file) != STATUS_OK)
            continue;
        printf("database %s", file);
        for (size_t j = 0; json_child(&database, j, &member); j++) {
            if (strcmp(member.key, "file") == 0 || strcmp(member.key, "type") == 0)
                continue;
            tell_member(&member, before);
            before = ", ";
        }
        putchar('\n');
    }
}

static enum status tell(const struct json_node *explanation)
{
    const enum status status = tell_steps(explanation);
    if (status == STATUS_OK)
        tell_databases(explanation);
    return status;
}

/* ---- the two ways ---- */

static enum status by_daemon(const char *socket_path, const struct explain_request *request,
                             bool json, struct report *report)
{
    const struct diag diag = { .report = report, .file = "meridian" };
    struct reply reply;
    char *line = request_write(request);
    if (line == NULL)
        return diag_error(&diag, STATUS_MEMORY, "out of memory");

    enum status status = ask_daemon(socket_path, line, PATIENCE_S, report, &reply);
    free(line);
    if (status != STATUS_OK)
        return status;
    status = reply_check(&reply);
    if (status == STATUS_OK && json)
        puts(reply.text);
    else if (status == STATUS_OK)
        status = tell(&reply.root);
    reply_release(&reply);
    return status;
}

/* The explanation as a text of its own, which is then told like one from the daemon. */
static enum status tell_text(char *text, bool json, const struct diag *diag)
{
    struct json_doc *doc;
    if (text == NULL)
        return diag_error(diag, STATUS_MEMORY, "out of memory");
    if (json) {
        puts(text);
        return STATUS_OK;
    }
    enum status status = json_parse(text, strlen(text), diag, &doc);
    if (status != STATUS_OK)
        return status;
    const struct json_node root = json_root(doc, diag);
    status = tell(&root);
    json_free(doc);
    return status;
}

static enum status by_files(const char *config, const struct explain_request *request, bool json,
                            struct report *report)
{
    const struct diag diag = { .report = report, .file = config };
    struct offline offline;

    fprintf(stderr, "no daemon was asked: from the files of %s, every target assumed up\n", config);
    enum status status = offline_load(config, report, &offline);
    if (offline.load.snapshot == NULL || !offline.load.config_good)
        goto out;
    /* As the daemon does: a zone with mistakes is served as broken, the others as ever. */
    print_report(report, stderr, stderr);

    struct json_writer *writer = json_writer_new();
    if (writer == NULL) {
        status = diag_error(&diag, STATUS_MEMORY, "out of memory");
        goto out;
    }
    json_put_object(writer, NULL);
    json_put_bool(writer, "offline", true);
    explain_json(offline.load.snapshot, request, NULL, writer);
    json_end(writer);
    char *text = json_writer_finish(writer, json ? 2 : 0);
    status = tell_text(text, json, &diag);
    free(text);
out:
    offline_release(&offline);
    return status;
}

/* Who names a configuration can be served without the daemon that belongs to it. */
static bool may_do_without(const struct options *options, enum status status)
{
    return status == STATUS_IO && options->config != NULL && options->socket == NULL;
}

static enum status explain(const struct options *options, const struct explain_request *request,
                           struct report *report)
{
    char socket_path[SOCKET_PATH];

    if (options->offline)
        return by_files(options_config(options), request, options->json, report);
    struct report *aside = report_new();
    if (aside == NULL)
        return STATUS_MEMORY;
    enum status status = ask_find(options, aside, socket_path);
    if (status == STATUS_OK)
        status = by_daemon(socket_path, request, options->json, aside);
    if (may_do_without(options, status)) {
        print_report(aside, stderr, stderr);
        status = by_files(options->config, request, options->json, report);
    } else {
        report_append(report, aside);
    }
    report_free(aside);
    return status;
}

static enum ending explain_run(const struct options *options)
{
    struct explain_request request;
    enum ending ending = ENDING_GOOD;
    if (!request_read(options, &request))
        return ENDING_USAGE;

    struct report *report = report_new();
    if (report == NULL) {
        fputs("meridian: out of memory\n", stderr);
        return ENDING_NO;
    }
    if (explain(options, &request, report) != STATUS_OK)
        ending = print_failure(report, options->json);
    report_free(report);
    return ending;
}

const struct command command_explain = {
    .name = "explain",
    .summary = "why a client gets the answer it gets",
    .usage = "usage: meridian explain NAME [TYPE] --client ADDRESS[/LENGTH] [--offline]\n"
             "                        [-c FILE] [-s SOCKET] [--json]\n"
             "\n"
             "Tells the decision behind the answer to NAME: where the client's address came\n"
             "from, what the databases know of it, the regions in their order with distance\n"
             "and health, the one chosen, its addresses, TTL and ECS scope.\n"
             "\n"
             "TYPE is A for an IPv4 client and AAAA for an IPv6 one unless it is given. With a\n"
             "length the client is a network as resolvers send it (ECS), without one the\n"
             "address that the query came from.\n"
             "\n"
             "      --client ADDRESS[/LENGTH]  who asks\n"
             "      --offline           from the files alone, with every target up; also done\n"
             "                          when -c is given and its daemon does not answer\n",
    .least_words = 1,
    .most_words = 2,
    .takes = TAKES_CLIENT,
    .run = explain_run,
};
