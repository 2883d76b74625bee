#!/bin/sh
# Proves from the include lines that arrows go down:
#
#   - a room includes itself and the floors below it, no room beside it
#     (except health, which speaks DNS through dns/proto);
#   - no two modules include each other, however long the way round, where a
#     module is NAME.h with NAME.c;
#   - each library is known only to the files that may know it (tests may look);
#   - an include of ours is written from the top of the tree.
#
# Prints every violation as file:line and ends with 1. A folder may be given to
# look at another tree.
set -eu
cd "${1:-$(dirname "$0")/..}"

files=$(find dns geo health zones tools tests -name '*.[ch]' | sort)

# shellcheck disable=SC2086  # names of ours hold no spaces
exec awk '
BEGIN {
    floor["dns/base"] = 0
    floor["dns/proto"] = floor["geo"] = floor["health"] = 1
    floor["zones"] = 2
    floor["dns/server"] = 3
    floor["tools"] = floor["tests"] = 4

    beside["health", "dns/proto"] = beside["tests", "tools"] = 1

    # What an include line starts with, and who may write it.
    knows["ldns/"] = "^zones/(rdata|zonefile|sign[a-z_]*)[.]c$"
    knows["maxminddb.h"] = "^(geo/database[.]c|tools/.*)$"
    knows["jansson.h"] = "^dns/base/(json|json_writer)[.]c$"
    knows["urcu"] = "^zones/snapshot[.]c$"
    knows["curl/"] = "^health/probe_http[.]c$"
    knows["microhttpd.h"] = "^dns/server/http[.]c$"
    knows["ev.h"] = "^(health/(probe[a-z_]*|lanes|sentinel)|dns/server/[a-z_]+)[.]c$"
    knows["openssl/"] = "^(dns/server/[a-z_]+|dns/base/random)[.]c$"
}

function room(file,    parts) {
    split(file, parts, "/")
    return parts[1] == "dns" ? parts[1] "/" parts[2] : parts[1]
}

function module(file) {
    sub(/[.][ch]$/, "", file)
    return file
}

function complain(place, what) {
    print place ": " what
    violations++
}

function check_ours(place, name,    from, to) {
    from = room(FILENAME)
    to = room(name)
    if (!(to in floor) || name !~ /\//) {
        complain(place, "\"" name "\" is not written from the top of the tree")
        return
    }
    if (from != to && floor[to] >= floor[from] && !((from, to) in beside))
        complain(place, from " (floor " floor[from] ") must not know " to " (floor " floor[to] ")")
    if (module(FILENAME) != module(name) && !((module(FILENAME), module(name)) in line_of)) {
        line_of[module(FILENAME), module(name)] = place
        includes[module(FILENAME)] = includes[module(FILENAME)] " " module(name)
    }
}

function check_library(place, name,    library) {
    if (room(FILENAME) == "tests")
        return
    for (library in knows)
        if (index(name, library) == 1 && FILENAME !~ knows[library])
            complain(place, FILENAME " must not know <" name ">")
}

# Follows the includes of a module; what is met again on the way there is a cycle.
function follow(at, way,    list, count, i) {
    state[at] = "open"
    count = split(includes[at], list, " ")
    for (i = 1; i <= count; i++) {
        if (state[list[i]] == "open")
            complain(line_of[at, list[i]], "a circle:" substr(way, index(way, " " list[i] " ")) \
                     "-> " list[i])
        else if (state[list[i]] == "")
            follow(list[i], way "-> " list[i] " ")
    }
    state[at] = "done"
}

/^[ \t]*#[ \t]*include[ \t]*["<]/ {
    name = $0
    sub(/^[^"<]*["<]/, "", name)
    sub(/[">].*$/, "", name)
    place = FILENAME ":" FNR
    if ($0 ~ /include[ \t]*"/)
        check_ours(place, name)
    else
        check_library(place, name)
    count++
}

END {
    for (start in includes)
        if (state[start] == "")
            follow(start, " " start " ")
    if (violations == 0)
        print "arrows: " count " includes, all of them down"
    exit violations != 0
}
' $files
