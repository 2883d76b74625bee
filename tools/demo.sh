#!/bin/bash
# The main job as a story: four regions on loopback, clients of seven countries,
# a region that dies and comes back. Everything lives in a temporary folder and
# on ports over 1023 of loopback; no network is used, and nothing is left behind.
# Ends with 1 when a client was sent to a region that we did not expect.
set -u
cd "$(dirname "$0")/.." || exit 1

build=${MERIDIAN_BUILD:-$PWD/build}
name=www.app.example
regions=(helsinki-1 falkenstein-1 virginia-1 singapore-1)
declare -A address=([helsinki-1]=127.0.1.1 [falkenstein-1]=127.0.1.2
                    [virginia-1]=127.0.1.3 [singapore-1]=127.0.1.4)

# Networks that the shipped database places in these countries, and the region
# that is nearest to each country.
clients=(
    "91.152.10.0/24   2001:14b8:100::/56   Finland        helsinki-1"
    "84.158.20.0/24   2003:c0::/56         Germany        falkenstein-1"
    "73.92.10.0/24    2601:640::/56        United_States  virginia-1"
    "126.72.10.0/24   2400:4050::/56       Japan          singapore-1"
    "177.40.10.0/24   2804:14c::/56        Brazil         virginia-1"
    "41.90.64.0/24    2c0f:20::/56         Kenya          falkenstein-1"
    "1.144.96.0/24    2001:8003::/56       Australia      singapore-1"
)

say() { printf '%s\n' "$*"; }
fail() {
    printf 'demo: %s\n' "$*" >&2
    if [ -s "$work/meridiand.log" ]; then
        printf 'demo: the last lines of the daemon:\n' >&2
        tail -n 20 "$work/meridiand.log" >&2
    fi
    exit 1
}

# ---- starting and stopping ----------------------------------------------------

declare -A pid=() # of what we started: regions by name, and the daemon

ended() { ! kill -0 "$1" 2>/dev/null; }

stop() {
    local its=${pid[$1]:-}
    [ -n "$its" ] || return 0
    kill "$its" 2>/dev/null
    await 10 ended "$its" || kill -KILL "$its" 2>/dev/null
    wait "$its" 2>/dev/null
    unset "pid[$1]"
}

clean_up() {
    local status=$?
    trap - EXIT
    for started in "${!pid[@]}"; do stop "$started"; done
    rm -rf "$work"
    exit "$status"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/meridian-demo.XXXXXX") || exit 1
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# Waits until a command succeeds: await SECONDS COMMAND...
await() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.02
    done
}

region_start() {
    python3 tools/demo_region.py "${address[$1]}" "$region_port" >"$work/$1.log" 2>&1 &
    pid[$1]=$!
    disown # so that bash tells no story of its own when the region is killed
    await 20 grep -qs ready "$work/$1.log" || fail "region $1 did not start: $(cat "$work/$1.log")"
}

daemon_start() {
    "$build/meridiand" -c "$work/meridian.json" >"$work/meridiand.log" 2>&1 &
    pid[daemon]=$!
    await 60 answers || fail "meridiand does not answer"
}
answers() {
    kill -0 "${pid[daemon]}" 2>/dev/null || fail "meridiand has ended"
    # dig tells its troubles on standard output too, so an address is what counts.
    ask "$name" A "@127.0.0.1" +notcp -p "$dns_port" +short | grep -q '^[0-9]'
}

# ---- files --------------------------------------------------------------------

# The example of docs/example, with regions that live on this machine. Loopback has
# one IPv6 address only, so AAAA records carry the IPv4 one in its mapped form.
write_files() {
    mkdir "$work/zones"
    cp docs/example/zones/app.example.zone "$work/zones/"
    cat >"$work/zones/app.example.map.json" <<MAP
{
  "regions": {
    "helsinki-1":    { "location": [60.17, 24.94] },
    "falkenstein-1": { "location": [50.48, 12.37] },
    "virginia-1":    { "location": [38.95, -77.45] },
    "singapore-1":   { "location": [1.35, 103.82] }
  },
  "probes": {
    "healthz": { "type": "http", "port": $region_port, "path": "/healthz",
                 "interval": "250ms", "timeout": "200ms", "fall": 2, "rise": 2 }
  },
  "services": {
    "api": {
      "route": { "nearest": "*" },
      "probe": "healthz",
      "endpoints": {
        "helsinki-1":    { "A": ["127.0.1.1"], "AAAA": ["::ffff:127.0.1.1"] },
        "falkenstein-1": { "A": ["127.0.1.2"], "AAAA": ["::ffff:127.0.1.2"] },
        "virginia-1":    { "A": ["127.0.1.3"], "AAAA": ["::ffff:127.0.1.3"] },
        "singapore-1":   { "A": ["127.0.1.4"], "AAAA": ["::ffff:127.0.1.4"] }
      }
    }
  },
  "names": { "@": "api", "www": "api", "api": "api" }
}
MAP
    [ -n "$mapped" ] || sed -i 's|, "AAAA": \[[^]]*\]||' "$work/zones/app.example.map.json"
    cat >"$work/meridian.json" <<CONFIG
{
  "listen":  [$(printf '"%s:%s"' 127.0.0.1 "$dns_port")$([ -z "$v6" ] || printf ', "[::1]:%s"' "$dns_port")],
  "workers": 1,
  "zones":   "zones",
  "geo":     { "databases": ["$PWD/geo/data/geo-whois-asn-country.mmdb"] },
  "http":    false,
  "control": "meridian.sock"
}
CONFIG
}

# ---- asking -------------------------------------------------------------------

ask() { dig +tries=1 +time=2 +nocookie "$@"; }

# ask_as SUBNET [DIG OPTION...]: fills `got` (addresses) and `scope`.
ask_as() {
    local subnet=$1 type=A reply
    shift
    case $subnet in *:*) type=AAAA ;; esac
    reply=$(ask @127.0.0.1 -p "$dns_port" "$name" "$type" "+subnet=$subnet" \
                +noall +answer +comments "$@") || fail "no answer for $subnet: $reply"
    got=$(awk -v type="$type" '$4 == type { print $5 }' <<<"$reply" | sort | xargs)
    scope=$(sed -n 's|^; CLIENT-SUBNET: .*/\([0-9]*\)$|\1|p' <<<"$reply")
}

region_of() { # an answered address
    for region in "${regions[@]}"; do
        case $1 in "${address[$region]}" | "::ffff:${address[$region]}") say "$region" ;; esac
    done
}

# The distance to a region as the running daemon explains it.
distance() {
    "$build/meridian" explain "$name" --client "$1" --json -c "$work/meridian.json" |
        python3 -c '
import json, sys
why = json.load(sys.stdin)
print(*["%.0f" % c["distance_km"] for c in why["candidates"] if c["region"] == sys.argv[1]])' "$2"
}

row() { printf '  %-20s %-14s %-14s %8s  %-18s %5s\n' "$@"; }

# table INDEX: asks as every client, by its IPv4 (0) or IPv6 (1) network.
table() {
    local line fields region
    row client country region km addresses scope
    for line in "${clients[@]}"; do
        read -r -a fields <<<"$line"
        ask_as "${fields[$1]}"
        region=$(region_of "$got")
        row "${fields[$1]}" "${fields[2]//_/ }" "$region" "$(distance "${fields[$1]}" "$region")" \
            "$got" "/$scope"
        [ "$region" = "${fields[3]}" ] ||
            fail "${fields[2]} should be sent to ${fields[3]}, not to '$region' ($got)"
        [ "${scope:-0}" -gt 0 ] || fail "${fields[2]}: the answer says no scope"
    done
    say
}

# Asks as SUBNET until it is sent to REGION; says after how many milliseconds from `since`.
until_sent_to() { # SUBNET REGION
    local deadline=$((SECONDS + 20))
    while ask_as "$1" && [ "$(region_of "$got")" != "$2" ]; do
        [ $SECONDS -lt $deadline ] || fail "$1 is still sent to $(region_of "$got"), not to $2"
    done
    say "  $((($(date +%s%N) - since) / 1000000)) ms later the client $1 is sent to $2 ($got)."
}

# ---- the story ----------------------------------------------------------------

v6=
if python3 tools/demo_region.py --free ::1 >/dev/null 2>&1; then v6=::1; fi
region_port=$(python3 tools/demo_region.py --free "${address[@]}") || exit 1
# shellcheck disable=SC2086  # no ::1, no word
dns_port=$(python3 tools/demo_region.py --free 127.0.0.1 $v6) || exit 1

say "Four regions of $name, each a small HTTP server on loopback, port $region_port:"
for region in "${regions[@]}"; do
    region_start "$region"
    say "  $region at ${address[$region]}"
done
# A machine without IPv6 cannot even ask a mapped address.
mapped=
if python3 tools/demo_region.py --reaches ::ffff:127.0.1.1 "$region_port"; then mapped=yes; fi
write_files
daemon_start
say "meridiand answers on 127.0.0.1${v6:+ and [::1]}, port $dns_port, and asks every region each 250 ms."
say
say "Clients of seven countries ask for A records, by their network (EDNS client subnet, UDP):"
table 0
if [ -n "$mapped" ]; then
    say "The same countries by IPv6, for AAAA records:"
    table 1
else
    say "This machine has no IPv6: AAAA records are left out."
    say
fi

read -r subnet subnet6 _ home <<<"${clients[0]}"
ask_as "$subnet"
expected=$got/$scope
ask_as "$subnet" +tcp
[ "$got/$scope" = "$expected" ] || fail "TCP answers $got/$scope, UDP $expected"
say "Over TCP: the same answer, $got with scope /$scope."
if [ -n "$v6" ]; then
    ask_as "$subnet" @::1
    [ "$got/$scope" = "$expected" ] || fail "over IPv6 the answer is $got/$scope, else $expected"
    say "From [::1]: the same answer."
fi
say

say "Now $home dies (its process is killed)."
since=$(date +%s%N)
kill -KILL "${pid[$home]}"
stop "$home"
until_sent_to "$subnet" falkenstein-1
[ -z "$mapped" ] || until_sent_to "$subnet6" falkenstein-1
ask_as "$(cut -d ' ' -f 1 <<<"${clients[2]}")"
[ "$(region_of "$got")" = virginia-1 ] || fail "a client of another region was moved: $got"
say "  Nobody else is moved."
say

say "Why? \`meridian explain $name --client $subnet\`:"
"$build/meridian" explain "$name" --client "$subnet" -c "$work/meridian.json" >"$work/explain" ||
    fail "meridian explain failed"
sed 's/^./  &/' "$work/explain"
say

say "$home comes back."
since=$(date +%s%N)
region_start "$home"
until_sent_to "$subnet" "$home"
[ -z "$mapped" ] || until_sent_to "$subnet6" "$home"
say
say "What \`meridian status\` says:"
"$build/meridian" status -c "$work/meridian.json" >"$work/status" || fail "meridian status failed"
sed 's/^./  &/' "$work/status"
say

kill -TERM "${pid[daemon]}"
await 20 ended "${pid[daemon]}" || fail "meridiand does not end on SIGTERM"
wait "${pid[daemon]}" || fail "meridiand ended with status $?"
unset 'pid[daemon]'
say "Every client was sent where we expected. Stopping the regions and cleaning up."
