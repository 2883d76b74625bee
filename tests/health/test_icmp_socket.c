#include "health/icmp_socket.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const enum family families[] = { FAMILY_V4, FAMILY_V6 };

/* What we are allowed differs from machine to machine; that the two functions agree does not. */
static void what_is_allowed_can_be_opened(void **state)
{
    (void)state;
    unsigned opened = 0;
    for (size_t i = 0; i < 2; i++) {
        struct icmp_socket sock;
        if (icmp_socket_open(families[i], &sock) != 0)
            continue;
        opened++;
        assert_true((fcntl(sock.fd, F_GETFL) & O_NONBLOCK) != 0);
        assert_true((fcntl(sock.fd, F_GETFD) & FD_CLOEXEC) != 0);
        int type = 0;
        socklen_t len = sizeof type;
        assert_int_equal(getsockopt(sock.fd, SOL_SOCKET, SO_TYPE, &type, &len), 0);
        assert_int_equal(type, sock.raw ? SOCK_RAW : SOCK_DGRAM);
        close(sock.fd);
    }
    if (opened > 0)
        assert_true(icmp_socket_is_allowed());
}

static void whoever_has_no_privileges_may_still_use_what_was_prepared(void **state)
{
    (void)state;
    struct icmp_socket sock;
    icmp_socket_prepare();
    const bool ready = icmp_socket_is_allowed();
    /* Prepared or not, each opener gets a descriptor of its own. */
    if (ready && icmp_socket_open(FAMILY_V4, &sock) == 0) {
        struct icmp_socket second;
        assert_int_equal(icmp_socket_open(FAMILY_V4, &second), 0);
        assert_int_not_equal(sock.fd, second.fd);
        assert_int_equal(sock.raw, second.raw);
        close(second.fd);
        close(sock.fd);
    }
    icmp_socket_forget();
    icmp_socket_forget();
    assert_int_equal(icmp_socket_is_allowed(), ready);
}

static void the_refusal_names_the_sysctl(void **state)
{
    (void)state;
    assert_non_null(strstr(icmp_socket_refusal, "net.ipv4.ping_group_range"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_allowed_can_be_opened),
        cmocka_unit_test(whoever_has_no_privileges_may_still_use_what_was_prepared),
        cmocka_unit_test(the_refusal_names_the_sysctl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
