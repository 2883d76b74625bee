#!/bin/sh
# Installs the Debian packages that are missing, and says nothing when none is.
#
#   tools/install-packages.sh build [demo] [test] [bench]
#
# The name servers and web servers of the test list are there to be started by
# tests on ports of their own: their services are neither started nor enabled.
set -eu

build='gcc make pkg-config libc6-dev libldns-dev libmaxminddb-dev libev-dev libjansson-dev
       liburcu-dev libcurl4-openssl-dev libmicrohttpd-dev libssl-dev ca-certificates'
demo='python3 bind9-dnsutils curl'
test='libcmocka-dev python3-dnspython python3-maxminddb python3-jsonschema nsd knot bind9
      bind9-utils nginx-light memcached redis-server unbound openssl'
bench='python3 python3-dnspython python3-maxminddb gdnsd nsd knot knot-module-geoip valgrind'
services='gdnsd nsd knot named nginx memcached redis-server unbound'

if [ $# -eq 0 ]; then
    echo "usage: $0 build|demo|test|bench ..." >&2
    exit 2
fi

wanted=
for list; do
    case $list in
    build) wanted="$wanted $build" ;;
    demo) wanted="$wanted $demo" ;;
    test) wanted="$wanted $test" ;;
    bench) wanted="$wanted $bench" ;;
    *)
        echo "$0: no list is called '$list'; there are build, demo, test and bench" >&2
        exit 2
        ;;
    esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "This is not a Debian system; assuming that the equivalents of these are here: $(echo "$wanted" | xargs)" >&2
    exit 0
fi

missing=
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Please install as root: apt-get install$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

# A policy-rc.d that answers 101 keeps a package from starting its service.
policy=/usr/sbin/policy-rc.d
put_back_policy() {
    $as_root rm -f $policy
    [ ! -e $policy.before-meridian ] || $as_root mv $policy.before-meridian $policy
}
# Which services were there before: what the operator enabled stays enabled.
had=
for service in $services; do
    [ ! -e "/lib/systemd/system/$service.service" ] || had="$had $service "
done

trap put_back_policy EXIT
trap 'exit 1' HUP INT TERM
[ ! -e $policy ] || $as_root mv $policy $policy.before-meridian
printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
$as_root chmod 755 $policy

echo "Installing:$missing"
log=$(mktemp)
# shellcheck disable=SC2086  # a list of words
if ! { $as_root apt-get update -q &&
    $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    exit 1
fi
rm -f "$log"

if command -v systemctl >/dev/null; then
    for service in $services; do
        case $had in
        *" $service "*) continue ;;
        esac
        [ ! -e "/lib/systemd/system/$service.service" ] ||
            $as_root systemctl disable --quiet "$service" 2>/dev/null || true
    done
fi
