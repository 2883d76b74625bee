#include "dns/server/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

enum status privileges_find(const char *user, const struct diag *diag, struct privileges *out)
{
    *out = (struct privileges){ .user = user };
    if (user == NULL)
        return STATUS_OK;

    errno = 0;
    const struct passwd *entry = getpwnam(user);
    if (geteuid() != 0) {
        if (entry == NULL || entry->pw_uid != geteuid())
            diag_warning(diag, "only root can become '%s', staying user %u", user,
                         (unsigned)geteuid());
        return STATUS_OK;
    }
    if (entry == NULL)
        return diag_error(diag, STATUS_MEANING, "there is no user '%s'%s%s", user,
                          errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
    out->uid = entry->pw_uid;
    out->gid = entry->pw_gid;
    out->drop = entry->pw_uid != 0;
    return STATUS_OK;
}

enum status privileges_drop(const struct privileges *privileges, const struct diag *diag)
{
    if (!privileges->drop)
        return STATUS_OK;
    if (initgroups(privileges->user, privileges->gid) != 0 ||
        setresgid(privileges->gid, privileges->gid, privileges->gid) != 0 ||
        setresuid(privileges->uid, privileges->uid, privileges->uid) != 0)
        return diag_error(diag, STATUS_IO, "cannot become '%s': %s", privileges->user,
                          strerror(errno));
    if (setuid(0) == 0 || geteuid() != privileges->uid || getegid() != privileges->gid)
        return diag_error(diag, STATUS_IO, "could still be root after becoming '%s'",
                          privileges->user);
    return STATUS_OK;
}
