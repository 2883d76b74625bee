#include "dns/server/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Messages of these lengths; octet i of message k is (k + i) & 0xff. */
static const size_t lengths[] = { 12, 0, 1, 512, 1022, 1023, 5000, 65535, 17, 40000, 3 };
enum { MESSAGES = sizeof lengths / sizeof *lengths };

static uint8_t *stream_new(size_t *len)
{
    *len = 0;
    for (size_t k = 0; k < MESSAGES; k++)
        *len += 2 + lengths[k];
    uint8_t *stream = malloc(*len), *at = stream;
    assert_non_null(stream);
    for (size_t k = 0; k < MESSAGES; k++) {
        *at++ = (uint8_t)(lengths[k] >> 8);
        *at++ = (uint8_t)lengths[k];
        for (size_t i = 0; i < lengths[k]; i++)
            *at++ = (uint8_t)(k + i);
    }
    return stream;
}

static void check_message(const uint8_t *message, size_t len, size_t number)
{
    assert_true(number < MESSAGES);
    assert_int_equal(len, lengths[number]);
    for (size_t i = 0; i < len; i++) {
        if (message[i] != (uint8_t)(number + i))
            fail_msg("message %zu differs at octet %zu", number, i);
    }
}

/* Receives as a socket would: at most `chunk` octets at a time. */
static void messages_survive_any_cut(void **state)
{
    static const size_t chunks[] = { 1, 2, 3, 100, 1024, 1 << 20 };
    (void)state;
    size_t len;
    uint8_t *stream = stream_new(&len);
    for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++) {
        struct frames frames = { 0 };
        size_t seen = 0;
        for (size_t at = 0; at < len;) {
            size_t room, message_len;
            uint8_t *into = frames_room(&frames, &room);
            assert_true(into != NULL && room > 0);
            size_t count = len - at < chunks[c] ? len - at : chunks[c];
            count = count < room ? count : room;
            memcpy(into, stream + at, count);
            frames_received(&frames, count);
            at += count;
            const uint8_t *message;
            while ((message = frames_next(&frames, &message_len)) != NULL)
                check_message(message, message_len, seen++);
            frames_settle(&frames);
        }
        assert_int_equal(seen, MESSAGES);
        assert_false(frames_partial(&frames));
        frames_release(&frames);
    }
    free(stream);
}

/* 1000 clients that announce 65535 octets and send two must not cost 64 MB. */
static void grows_with_what_came_not_with_what_was_announced(void **state)
{
    (void)state;
    struct frames frames = { 0 };
    size_t room, len;
    uint8_t *into = frames_room(&frames, &room);
    memcpy(into, "\xff\xff", 2);
    frames_received(&frames, 2);
    assert_null(frames_next(&frames, &len));
    assert_true(frames_partial(&frames));
    frames_settle(&frames);
    assert_non_null(frames_room(&frames, &room));
    assert_int_equal(frames.cap, FRAMES_SMALL);
    frames_release(&frames);
}

static void shrinks_when_the_large_message_is_done(void **state)
{
    (void)state;
    struct frames frames = { 0 };
    size_t len;
    for (size_t sent = 0; sent < FRAMES_MOST;) {
        size_t room;
        uint8_t *into = frames_room(&frames, &room);
        assert_non_null(into);
        memset(into, 0xff, room);
        frames_received(&frames, room);
        sent += room;
    }
    assert_int_equal(frames.cap, FRAMES_MOST);
    assert_non_null(frames_next(&frames, &len));
    assert_int_equal(len, 65535);
    frames_settle(&frames);
    assert_int_equal(frames.cap, FRAMES_SMALL);
    frames_release(&frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_survive_any_cut),
        cmocka_unit_test(grows_with_what_came_not_with_what_was_announced),
        cmocka_unit_test(shrinks_when_the_large_message_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
