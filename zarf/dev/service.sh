# To be sourced: services of a check's own, on free ports of loopback, with a private database that is removed at the end.
#
#   start_service NAME API_PORT DEBUG_PORT [PROGRAM]    sets $pid; the log is $logs/NAME.log; PROGRAM is platform, or another
#   start_gateway PORT ACCOUNTS CATALOG ORDERS LIVE     nginx before the services on these ports; sets $pid
#   stop_service PID                          SIGTERM; fails unless the service drains and ends with exit code 0
#   await_ready PORT                          fails after 60 s
#   free_ports COUNT                          prints ports that nobody listens on
#
# The caller sets $logs, and calls `stop_all` at its end.

binaries=${CARGO_TARGET_DIR:-target}/${PROFILE:-debug}
# The database runs under an account of its own when we are root: the path to it must be open to others.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/marquee-check.XXXXXX")
chmod 755 "$scratch"
# A build in the meantime does not change what is under test.
for program in $(ls app/services); do
    [ ! -e "$binaries/$program" ] ||
        ln "$binaries/$program" "$scratch/$program" 2>/dev/null || cp "$binaries/$program" "$scratch/$program"
done
running=

start_service() {
    MARQUEE__DB__DATA_DIR="$scratch/db" \
    MARQUEE__AUTH__KEYS_DIR="$scratch/keys" \
    MARQUEE__WEB__API_HOST="127.0.0.1:$2" \
    MARQUEE__WEB__DEBUG_HOST="127.0.0.1:$3" \
    MARQUEE__LIMITS__ENABLED=false \
    MARQUEE__TELEMETRY__LOG_FORMAT=json \
    MARQUEE__WEB__TRUSTED_PROXIES=127.0.0.1 \
        "$scratch/${4:-platform}" </dev/null >>"$logs/$1.log" 2>&1 &
    pid=$!
    running="$running $pid"
}

start_gateway() {
    mkdir -p "$scratch/gateway/run" "$scratch/openapi"
    cp zarf/gateway/* "$scratch/gateway"
    cp zarf/openapi/platform.json "$scratch/openapi"
    printf 'listen 127.0.0.1:%s;\n' "$1" >"$scratch/gateway/listen.conf"
    # The services are on this machine, and so is the one client, who may ask for all that it can.
    sed -e "s/accounts:3000/127.0.0.1:$2/" -e "s/catalog:3000/127.0.0.1:$3/" -e "s/orders:3000/127.0.0.1:$4/" \
        -e "s/live:3000/127.0.0.1:$5/" \
        zarf/gateway/upstreams.conf >"$scratch/gateway/upstreams.conf"
    sed -e 's/rate=500r/rate=100000r/' zarf/gateway/rates.conf >"$scratch/gateway/rates.conf"
    PATH=$PATH:/usr/sbin nginx -p "$scratch/gateway" -c nginx.conf -g 'daemon off;' </dev/null >>"$logs/gateway.log" 2>&1 &
    pid=$!
    running="$running $pid"
}

stop_service() {
    code=0
    kill -TERM "$1" || code=$?
    wait "$1" || code=$?
    remaining=
    for one in $running; do
        [ "$one" = "$1" ] || remaining="$remaining $one"
    done
    running=$remaining
    [ "$code" = 0 ] || { echo "the service ended with exit code $code on SIGTERM" >&2; return 1; }
}

await_ready() {
    tries=0
    until curl --silent --fail --max-time 1 "http://127.0.0.1:$1/readyz" >/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { echo "nothing is ready on port $1; see $logs" >&2; return 1; }
        sleep 0.2
    done
}

free_ports() {
    python3 - "$1" <<'PORTS'
import socket, sys
# All are held before any is told, so that no two are the same.
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(one.getsockname()[1] for one in held))
PORTS
}

stop_all() {
    for one in $running; do
        kill -TERM "$one" 2>/dev/null && wait "$one" || true
    done
    rm -rf "$scratch"
}
