#include <stdlib.h>

#include "dns/proto/message.h"
#include "dns/proto/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any datagram: what message_parse() says of it must lie inside it and be a name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message message;
    if (!message_parse(data, size, &message))
        return 0;
    if (message.rcode == RCODE_NOERROR && !message.has_question && !message.edns.has_cookie)
        abort();
    if (message.has_question) {
        struct name_key key;
        name_key_init(&key, message.qname);
        if (key.len != message.qname_len ||
            !name_key_is(&key, 0, message.qname, message.qname_len) ||
            message.key.hash[0] != key.hash[0])
            abort();
    }
    if (message.edns.has_cookie &&
        (message.edns.cookie < data || message.edns.cookie + message.edns.cookie_len > data + size))
        abort();
    return 0;
}
