#include "dns/server/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "tests/dns/server/folder.h"

/* A service manager's socket under this name, which $NOTIFY_SOCKET then tells. */
static int manager_open(const char *path)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    const size_t len = strlen(path);
    memcpy(name.sun_path, path, len);
    if (path[0] == '@')
        name.sun_path[0] = '\0';
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    setenv("NOTIFY_SOCKET", path, 1);
    return fd;
}

static const char *heard(int fd)
{
    static char text[512];
    const ssize_t len = recv(fd, text, sizeof text - 1, 0);
    assert_true(len > 0);
    text[len] = '\0';
    return text;
}

static void tells_a_manager_how_we_are(void **state)
{
    (void)state;
    char path[64], abstract[64];
    snprintf(path, sizeof path, "%s/notify", (*(struct folder **)state)->path);
    snprintf(abstract, sizeof abstract, "@meridian-test-%ld", (long)getpid());
    const char *const names[] = { path, abstract };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const int fd = manager_open(names[i]);
        notify_ready();
        assert_memory_equal(heard(fd), "READY=1\n", 8);
        notify_reloading();
        const char *text = heard(fd);
        assert_memory_equal(text, "RELOADING=1\n", 12);
        assert_non_null(strstr(text, "\nMONOTONIC_USEC="));
        notify_stopping();
        assert_memory_equal(heard(fd), "STOPPING=1\n", 11);
        close(fd);
    }
    unsetenv("NOTIFY_SOCKET");
}

/* Whatever stands there, nothing happens. */
static void does_without_a_manager(void **state)
{
    static const char *const paths[] = {
        "",
        "@",
        "/",
        "relative",
        "/nowhere/at/all",
        ("/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
         "890123456789012345678901234567890123456789"),
    };
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    notify_ready();
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        setenv("NOTIFY_SOCKET", paths[i], 1);
        notify_ready();
        notify_stopping();
    }
    unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_a_manager_how_we_are, folder_setup, folder_teardown),
        cmocka_unit_test(does_without_a_manager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
