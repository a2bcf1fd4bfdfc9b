#!/bin/sh
# Restarts two instances in turn behind haproxy, under load: six restarts with connections kept, six with a connection
# for each request. Fails when one request fails.
#   ROLLING_RATE       requests a second (400)
#   ROLLING_RESTARTS   restarts in each of the two rounds (6)
set -eu
cd "$(dirname "$0")/../.."

rate=${ROLLING_RATE:-400}
restarts=${ROLLING_RESTARTS:-6}
logs=${CARGO_TARGET_DIR:-target}/rolling
mkdir -p "$logs"
rm -f "$logs"/*.log

zarf/dev/install.sh curl python haproxy
PATH=$PATH:/usr/sbin
. zarf/dev/service.sh
trap 'kill ${balancer:-} ${load:-} 2>/dev/null || true; stop_all' EXIT
trap 'exit 130' INT TERM

set -- $(free_ports 7)
one_port=$1 one_debug=$2 two_port=$3 two_debug=$4
export ONE_PORT="$1" TWO_PORT="$3" KEPT_PORT="$5" FRESH_PORT="$6" STATS_PORT="$7"

# Whether haproxy sends requests to all of its four servers.
all_up() {
    [ "$(curl --silent --max-time 1 "http://127.0.0.1:$STATS_PORT/;csv" |
        awk -F, '$2 == "one" || $2 == "two" { print $18 }' | grep -c '^UP$')" = 4 ]
}

await_all_up() {
    tries=0
    until all_up; do
        tries=$((tries + 1))
        [ "$tries" -lt 150 ] || { echo 'haproxy does not see both instances' >&2; return 1; }
        sleep 0.2
    done
}

# restart one|two
restart() {
    eval "old=\$$1_pid port=\$$1_port debug=\$$1_debug"
    stop_service "$old" || return 1
    start_service "$1" "$port" "$debug"
    eval "$1_pid=$pid"
    await_ready "$port" && await_all_up
}

# round NAME PORT [FLAG]: restarts under load, the instances in turn
round() {
    echo "$1: $restarts restarts at $rate requests a second"
    "$binaries/rolling-load" --rate "$rate" ${3:-} "http://127.0.0.1:$2/v1/movies?limit=5" "http://127.0.0.1:$2/healthcheck" \
        >"$logs/load-$1.log" 2>&1 &
    load=$!
    outcome=0
    sleep 1
    count=0
    while [ "$count" -lt "$restarts" ] && [ "$outcome" = 0 ]; do
        if [ $((count % 2)) = 0 ]; then restart one; else restart two; fi || outcome=1
        count=$((count + 1))
        sleep 1
    done
    kill -INT "$load" 2>/dev/null || true
    wait "$load" || outcome=$?
    load=
    sed 's/^/  /' "$logs/load-$1.log"
    return "$outcome"
}

start_service one "$one_port" "$one_debug"
one_pid=$pid
await_ready "$one_port"
start_service two "$two_port" "$two_debug"
two_pid=$pid
await_ready "$two_port"
haproxy -db -f zarf/rolling/haproxy.cfg >"$logs/haproxy.log" 2>&1 </dev/null &
balancer=$!
await_all_up

failed=
round kept "$KEPT_PORT" || failed="$failed kept"
round fresh "$FRESH_PORT" --fresh || failed="$failed fresh"
[ -z "$failed" ] || { echo "failed:$failed (logs are in $logs)" >&2; exit 1; }
echo 'rolling restarts: no request failed'
