#!/usr/bin/env bash
# Writes a resource into a clean clone of what is committed here, and holds the clone to what a merge has to pass: lock
# file, format, lints, layers, drift, the tests of the resource, the policy. Then serves it, and adds the first one over
# HTTP. Prints how many tests the resource came with, and how long it took from the command to the first 201.
#
# usage: zarf/scaffold/run.sh [NAME MEMBER.. [--owned]]
#   FUZZ=1   attacks the service with the resource in it from outside as well, as `make fuzz` does (FUZZ_SECONDS)
# The clone goes to a folder of its own and is removed; CARGO_TARGET_DIR, when it is set, keeps what was built.
set -euo pipefail

root=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
if [ $# -eq 0 ]; then
    set -- screening movie:ref starts_at:timestamptz,sortable 'seats:int(1..500),sortable,default=100' 'code:text(20),unique' \
        price:money 'weight:decimal?' 'shown_on:date?,sortable' 'tags:list(30,5)' 'status:enum(planned,open,closed)' \
        'note:text(200)?,searchable,sortable' --owned
fi

clone=$(mktemp -d "${TMPDIR:-/var/tmp}/marquee-scaffold.XXXXXX")
trap 'rm -rf "$clone"' EXIT
git clone --quiet "$root" "$clone/clone"
cd "$clone/clone"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$clone/target}

# Warm, as it is for somebody who works here.
cargo build --locked --quiet --workspace --bin platform --bin admin
started=$SECONDS
"$CARGO_TARGET_DIR/debug/admin" new resource "$@" | tee "$clone/said"
cargo build --locked --quiet --workspace --bin platform --bin admin

logs=$clone
. zarf/dev/service.sh
trap 'stop_all; rm -rf "$clone"' EXIT
read -r api debug < <(free_ports 2)
start_service platform "$api" "$debug"
await_ready "$api"
# The commands that it said, against this service.
token() {
    curl -s "http://127.0.0.1:$api/v1/auth/login" -H 'Content-Type: application/json' \
        -d "{\"email\": \"$1\", \"password\": \"marquee-dev-only\"}" | sed -E 's/.*"access_token":"([^"]+)".*/\1/'
}
make() {
    local who=editor@example.com
    for word in "$@"; do case $word in EMAIL=*) who=${word#EMAIL=} ;; esac; done
    token "$who"
}
sed -n '/^The first of it/,$p' "$clone/said" | tail -n +2 | sed "s/127.0.0.1:3000/127.0.0.1:$api/g" >"$clone/first"
. "$clone/first" >"$clone/answer" 2>/dev/null
grep -q '^HTTP/1.1 201' "$clone/answer" || { cat "$clone/answer"; exit 1; }
echo "from the command to the first 201: $((SECONDS - started)) s"
stop_service "$pid"
unset -f make

mapfile -t crates < <(git ls-files --others '*/Cargo.toml' | xargs -n 1 dirname | xargs -n 1 basename)
cargo fmt --all --check
cargo clippy --locked --quiet --workspace --all-targets -- -D warnings
cargo run --locked --quiet --bin arch
"$CARGO_TARGET_DIR/debug/admin" check --accept
if git diff --quiet zarf/gateway/routes.conf; then echo 'the gateway does not know the resource' >&2; exit 1; fi
"$CARGO_TARGET_DIR/debug/admin" check
tests=("${crates[@]/#/--test=}")
cargo test --locked --quiet --workspace "${tests[@]}" --test auth
cargo test --locked --quiet --workspace --test platform policy
cargo test --locked --quiet --workspace --test platform trail
count=$(cargo test --locked --quiet --workspace "${tests[@]}" -- --list 2>/dev/null | grep -c ': test$')
if [ -n "${FUZZ:-}" ]; then make fuzz; fi
echo "${crates[*]}: $count tests, all green"
