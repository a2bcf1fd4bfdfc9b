#!/bin/sh
# Attacks a service of its own from outside, by its description alone: schemathesis tries what a client could send and
# checks every answer, first as who may call everything, then as two users who each have their own; spectral reads the
# description. Fails on any finding. The tools stay below target.
#   FUZZ_SECONDS   how long schemathesis goes on, both attacks together (300)
#   FUZZ_SEED      makes the attacks the same each time (random)
#   FUZZ_SHAPE     split: accounts, catalog, orders, live behind nginx instead of the platform
#   FUZZ_AS        the seeded user of the first attack (admin@example.com)
set -eu
cd "$(dirname "$0")/../.."

schemathesis_version=$(sed -n 's/^schemathesis==//p' zarf/dev/fuzz-requirements.txt)
spectral_version=6.16.3
zarf/dev/install.sh curl python node
mkdir -p "${CARGO_TARGET_DIR:-target}/fuzz/logs"
tools=$(cd "${CARGO_TARGET_DIR:-target}/fuzz" && pwd)
logs=$tools/logs
rm -f "$logs"/*.log
[ -x "$tools/schemathesis-$schemathesis_version/bin/schemathesis" ] || {
    python3 -m venv "$tools/schemathesis-$schemathesis_version"
    "$tools/schemathesis-$schemathesis_version/bin/pip" install --quiet --disable-pip-version-check \
        --requirement zarf/dev/fuzz-requirements.txt
}
[ -x "$tools/spectral-$spectral_version/node_modules/.bin/spectral" ] ||
    npm install --silent --no-fund --no-audit --prefix "$tools/spectral-$spectral_version" \
        "@stoplight/spectral-cli@$spectral_version"

. zarf/dev/service.sh
trap stop_all EXIT
trap 'exit 130' INT TERM
set -- $(free_ports 9)
api=http://127.0.0.1:$1
if [ "${FUZZ_SHAPE:-}" = split ]; then
    zarf/dev/install.sh nginx
    # The first one makes the database and fills it.
    start_service accounts "$2" "$3" accounts
    services=$pid
    await_ready "$2"
    start_service catalog "$4" "$5" catalog
    services="$services $pid"
    start_service orders "$6" "$7" orders
    services="$services $pid"
    start_service live "$8" "$9" live
    services="$services $pid"
    await_ready "$4"
    await_ready "$6"
    await_ready "$8"
    start_gateway "$1" "$2" "$4" "$6" "$8"
else
    start_service fuzzed "$1" "$2"
    services=$pid
fi
await_ready "$1"

curl --silent --show-error --fail "$api/openapi.json" >"$tools/openapi.json"
failed=
echo "spectral $spectral_version"
"$tools/spectral-$spectral_version/node_modules/.bin/spectral" lint --ruleset zarf/dev/spectral.yaml \
    --fail-severity warn "$tools/openapi.json" || failed="$failed spectral"

# From there, so that what it remembers of earlier runs stays there.
root=$(pwd)
attack() {
    name=$1
    shift
    (cd "$tools" && PYTHONPATH=$root/zarf/dev PYTHONDONTWRITEBYTECODE=1 FUZZ_API=$api FUZZ_USERS=$root/zarf/dev/fuzz_users.json \
        "$tools/schemathesis-$schemathesis_version/bin/schemathesis" --config-file "$root/zarf/dev/schemathesis.toml" \
        run "$api/openapi.json" --checks all --phases examples,coverage,fuzzing,stateful \
        --max-time "$((${FUZZ_SECONDS:-300} / 2))" ${FUZZ_SEED:+--seed "$FUZZ_SEED"} --no-color \
        --report ndjson --report-ndjson-path "$logs/schemathesis-$name.ndjson" "$@") || failed="$failed schemathesis-$name"
}
attack one --auth-wfc-user "${FUZZ_AS:-admin@example.com}"
attack two

# What the attack may not have done besides: an error of ours in the log, a service that no longer answers or ends.
if grep -E '"level":"ERROR"|panicked' "$logs"/*.log; then failed="$failed log"; fi
await_ready "$1" || failed="$failed readiness"
# The one that began last goes first: the first one has the database.
for service in $(printf '%s\n' $services | tac); do
    stop_service "$service" || failed="$failed stop"
done

[ -z "$failed" ] || { echo "failed:$failed (logs are in $logs)" >&2; exit 1; }
echo 'fuzz: nothing found'
