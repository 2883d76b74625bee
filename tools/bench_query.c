/*
 * Asks query_answer() itself, without sockets: what an answer costs apart from
 * the kernel. Under callgrind it counts instructions (make bench-instructions).
 *
 *     bench_query [-r ROUNDS] CONFIG QUESTIONS...
 *
 * Each file of QUESTIONS holds a line for each: "NAME TYPE" or "NAME TYPE ecs",
 * which sends a client subnet of random address with every query. All targets
 * are up. The files are asked one after the other; with no rounds each is asked
 * once, by one call of ask_all(), after which a profile may be dumped.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dns/base/hash.h"
#include "dns/proto/message.h"
#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "dns/proto/writer.h"
#include "dns/server/query.h"
#include "tools/meridian_offline.h"

enum { QUESTIONS_MOST = 200000, REQUEST_CAP = 320 };

struct question {
    uint16_t len;
    uint16_t ecs_at; /* where the three address octets stand; 0: none */
    uint8_t octets[REQUEST_CAP];
};

static void question_write(const uint8_t *name, uint16_t type, bool ecs, struct question *out)
{
    static const uint8_t subnet[] = { 0, 1, 24, 0, 0, 0, 0 };
    struct writer writer;

    writer_init(&writer, out->octets, sizeof out->octets);
    writer_u16(&writer, 1);
    writer_u16(&writer, 0);
    writer_u16(&writer, 1);
    writer_u32(&writer, 0);
    writer_u16(&writer, 1);
    writer_name(&writer, name);
    writer_u16(&writer, type);
    writer_u16(&writer, RRCLASS_IN);
    writer_u8(&writer, 0);
    writer_u16(&writer, RRTYPE_OPT);
    writer_u16(&writer, 1232);
    writer_u32(&writer, 0);
    writer_u16(&writer, ecs ? 4 + sizeof subnet : 0);
    out->ecs_at = 0;
    if (ecs) {
        writer_u16(&writer, EDNS_ECS);
        writer_u16(&writer, sizeof subnet);
        writer_octets(&writer, subnet, sizeof subnet);
        out->ecs_at = (uint16_t)(writer.len - 3);
    }
    out->len = (uint16_t)writer.len;
}

static bool question_read(const char *line, struct question *out)
{
    char name_text[1024], type_text[32], extra[8] = "";
    uint8_t name[NAME_MAX_LEN];
    uint16_t type;
    static const uint8_t root[] = { 0 };

    if (sscanf(line, "%1023s %31s %7s", name_text, type_text, extra) < 2 ||
        !name_from_text(name_text, strlen(name_text), root, name, NULL) ||
        !rrtype_from_text(type_text, strlen(type_text), &type))
        return false;
    question_write(name, type, strcmp(extra, "ecs") == 0, out);
    return true;
}

static size_t questions_read(const char *path, struct question *questions)
{
    char line[2048];
    size_t count = 0;
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return 0;
    while (count < QUESTIONS_MOST && fgets(line, sizeof line, file) != NULL) {
        if (!question_read(line, &questions[count])) {
            fprintf(stderr, "%s: not a question: %s", path, line);
            count = 0;
            break;
        }
        count++;
    }
    fclose(file);
    return count;
}

/*
 * Answers every question once; the sum of the lengths, so that nothing is
 * optimized away. A function of its own, whose end a profiler can find.
 */
static __attribute__((noinline)) uint64_t ask_all(const struct snapshot *snapshot,
                                                  struct question *questions, size_t count,
                                                  uint64_t *seed)
{
    static uint8_t response[4096];
    struct client client = { .now_s = 1700000000 };
    struct query_note note;
    uint64_t octets = 0;

    (void)address_parse("192.0.2.53", &client.source);
    for (size_t i = 0; i < count; i++) {
        client.random = hash_mix(++*seed);
        client.sequence++;
        if (questions[i].ecs_at != 0)
            memcpy(questions[i].octets + questions[i].ecs_at, &client.random, 3);
        octets += query_answer(snapshot, &client, questions[i].octets, questions[i].len, response,
                               sizeof response, &note);
    }
    return octets;
}

/* Processor time of this thread: a busy machine makes it no longer. */
static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int bench(const struct snapshot *snapshot, const char *path, unsigned rounds)
{
    struct question *questions = calloc(QUESTIONS_MOST, sizeof *questions);
    const size_t count = questions != NULL ? questions_read(path, questions) : 0;
    uint64_t seed = 1;

    if (count == 0) {
        fprintf(stderr, "%s: no questions\n", path);
        free(questions);
        return 1;
    }
    uint64_t octets = ask_all(snapshot, questions, count, &seed); /* warms the caches */
    const uint64_t since = cpu_ns();
    for (unsigned round = 0; round < rounds; round++)
        octets += ask_all(snapshot, questions, count, &seed);
    const uint64_t took = cpu_ns() - since;
    printf("%s: %zu questions, %u rounds: %" PRIu64 " ns each, %" PRIu64 " octets\n", path, count,
           rounds, rounds > 0 ? took / (count * rounds) : 0, octets / (count * (rounds + 1)));
    free(questions);
    return 0;
}

int main(int argc, char **argv)
{
    struct report *report = report_new();
    struct offline offline;
    unsigned rounds = 10;
    int option, result = 1;

    while ((option = getopt(argc, argv, "r:")) == 'r')
        rounds = (unsigned)strtoul(optarg, NULL, 10);
    if (option != -1 || argc - optind < 2 || report == NULL) {
        fprintf(stderr, "usage: bench_query [-r ROUNDS] CONFIG QUESTIONS...\n");
        report_free(report);
        return 2;
    }
    const enum status status = offline_load(argv[optind], report, &offline);
    for (size_t i = 0; i < report_count(report); i++)
        fprintf(stderr, "%s\n", report_text(report, i));
    for (int i = optind + 1; status == STATUS_OK && i < argc; i++) {
        result = bench(offline.load.snapshot, argv[i], rounds);
        if (result != 0)
            break;
    }
    offline_release(&offline);
    report_free(report);
    return result;
}
