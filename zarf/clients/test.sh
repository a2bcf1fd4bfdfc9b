#!/bin/sh
# Makes the clients anew, compiles them, and lets them talk to a service of their own.
set -eu
cd "$(dirname "$0")/../.."
root=$(pwd)
target=$(mkdir -p "${CARGO_TARGET_DIR:-target}/clients" && cd "${CARGO_TARGET_DIR:-target}/clients" && pwd)
logs=$target
rm -f "$logs/client-test.log"
zarf/dev/install.sh curl python node
zarf/clients/generate.sh

. zarf/dev/service.sh
trap stop_all EXIT
trap 'exit 130' INT TERM
set -- $(free_ports 2)
start_service client-test "$1" "$2"
await_ready "$1"
export MARQUEE_API="http://127.0.0.1:$1"

cd "$root/zarf/clients/typescript"
rm -rf "$target/typescript"
npm run --silent check
npm run --silent build -- --outDir "$target/typescript"
node --test "$target"/typescript/tests/*.js

cd "$root/zarf/clients/rust"
cargo fmt --check
export CARGO_TARGET_DIR="$target/rust"
cargo test --locked --no-default-features

cd "$root"
stop_service "$pid"
echo 'clients: both do what the document says'
