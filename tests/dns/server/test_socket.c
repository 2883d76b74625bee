#include "dns/server/socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/dns/server/folder.h"

/* A port of loopback that was free a moment ago. */
static struct bindaddr free_port(void)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof name;
    struct bindaddr at;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    close(fd);
    assert_true(bindaddr_parse("127.0.0.1", ntohs(name.sin_port), &at));
    return at;
}

static void workers_share_a_port_and_others_are_told(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "meridian.json", .path = "listen" };
    const struct bindaddr at = free_port();
    int udp[2], tcp[2];

    assert_int_equal(socket_probe(&at, &diag), STATUS_OK);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(socket_open_udp(&at, &diag, &udp[i]), STATUS_OK);
        assert_int_equal(socket_open_tcp(&at, &diag, &tcp[i]), STATUS_OK);
    }
    assert_int_equal(report_count(report), 0);
    assert_int_equal(socket_probe(&at, &diag), STATUS_IO);
    assert_int_equal(report_mistakes(report), 2);
    assert_true(report_has(report, "(UDP) is in use by another process"));
    assert_true(report_has(report, "(TCP) is in use by another process"));
    for (unsigned i = 0; i < 2; i++) {
        close(udp[i]);
        close(tcp[i]);
    }
    assert_int_equal(socket_probe(&at, &diag), STATUS_OK);
    report_free(report);
}

/* The server closed first: its side of the connection lingers in TIME_WAIT. */
static void a_restart_need_not_wait(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    const struct bindaddr at = free_port();
    struct sockaddr_storage name;
    const socklen_t len = bindaddr_to_sockaddr(&at, &name);
    int listening;

    assert_int_equal(socket_open_tcp(&at, &diag, &listening), STATUS_OK);
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&name, len), 0);
    const int server = accept(listening, NULL, NULL);
    assert_true(server >= 0);
    close(server);
    close(client);
    close(listening);
    assert_int_equal(socket_probe(&at, &diag), STATUS_OK);
    report_free(report);
}

static void udp_has_the_options_that_answers_rest_on(void **state)
{
    static const struct {
        const char *address;
        int level, option, value;
    } rows[] = {
        { "127.0.0.1", IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT },
        { "127.0.0.1", IPPROTO_IP, IP_PKTINFO, 0 },
        { "0.0.0.0", IPPROTO_IP, IP_PKTINFO, 1 },
        { "::1", IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT },
        { "::1", IPPROTO_IPV6, IPV6_V6ONLY, 1 },
        { "::", IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
    };
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bindaddr at = free_port();
        int fd, value = -1;
        socklen_t len = sizeof value;
        assert_true(bindaddr_parse(rows[i].address, at.port, &at));
        if (socket_open_udp(&at, &diag, &fd) != STATUS_OK) {
            assert_int_equal(at.address.family, FAMILY_V6); /* a machine without IPv6 */
            continue;
        }
        assert_int_equal(getsockopt(fd, rows[i].level, rows[i].option, &value, &len), 0);
        assert_int_equal(value, rows[i].value);
        close(fd);
    }
    report_free(report);
}

static void an_address_that_is_not_ours_is_told(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    struct bindaddr at;
    int fd;
    assert_true(bindaddr_parse("192.0.2.1", 5300, &at));
    assert_int_equal(socket_open_udp(&at, &diag, &fd), STATUS_IO);
    assert_true(report_has(report, "192.0.2.1:5300 (UDP) cannot be opened: "));
    report_free(report);
}

static void a_stale_socket_file_is_replaced(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    struct stat there;
    int fd;
    assert_int_equal(socket_open_unix("s", &diag, &fd), STATUS_OK);
    assert_int_equal(stat("s", &there), 0);
    assert_int_equal(there.st_mode & 07777, 0660);
    close(fd); /* as a killed process leaves it */
    assert_int_equal(socket_open_unix("s", &diag, &fd), STATUS_OK);
    close(fd);
    assert_int_equal(report_count(report), 0);
    report_free(report);
}

static void a_socket_that_answers_stays(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    int fd, second;
    assert_int_equal(socket_open_unix("s", &diag, &fd), STATUS_OK);
    assert_int_equal(socket_open_unix("s", &diag, &second), STATUS_IO);
    assert_true(report_has(report, "another process answers on 's'"));
    assert_int_equal(access("s", F_OK), 0);
    close(fd);
    report_free(report);
}

static void a_file_that_is_no_socket_stays(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    int fd;
    write_file("precious", "data");
    assert_int_equal(socket_open_unix("precious", &diag, &fd), STATUS_IO);
    assert_true(report_has(report, "'precious' is there already and is no socket"));
    assert_int_equal(access("precious", F_OK), 0);
    assert_int_equal(socket_open_unix("nowhere/s", &diag, &fd), STATUS_IO);
    assert_int_equal(report_mistakes(report), 2);
    report_free(report);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_share_a_port_and_others_are_told),
        cmocka_unit_test(a_restart_need_not_wait),
        cmocka_unit_test(udp_has_the_options_that_answers_rest_on),
        cmocka_unit_test(an_address_that_is_not_ours_is_told),
        IN_FOLDER(a_stale_socket_file_is_replaced),
        IN_FOLDER(a_socket_that_answers_stays),
        IN_FOLDER(a_file_that_is_no_socket_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
