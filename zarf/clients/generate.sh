#!/bin/sh
# Makes the clients from the document that `admin openapi` prints, which is that of the code: no service runs for it.
# The generators and what they need stay below target, but for node_modules, where npm wants it.
set -eu
cd "$(dirname "$0")/../.."
root=$(pwd)
target=$(mkdir -p "${CARGO_TARGET_DIR:-target}/clients" && cd "${CARGO_TARGET_DIR:-target}/clients" && pwd)
zarf/dev/install.sh node

"${CARGO_TARGET_DIR:-target}/debug/admin" openapi >"$target/openapi.json"

echo 'the TypeScript client'
cd "$root/zarf/clients/typescript"
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --loglevel=error
rm -rf src/generated
MARQUEE_OPENAPI=$target/openapi.json npm run --silent generate -- --silent

echo 'the Rust client'
cd "$root/zarf/clients/rust"
version=$(sed -n 's/^# openapi-to-rust \([0-9.]*\)$/\1/p' openapi-to-rust.toml)
generator=$target/openapi-to-rust-$version
[ -x "$generator/bin/openapi-to-rust" ] ||
    CARGO_TARGET_DIR=$target/rust cargo install --quiet --locked --debug --root "$generator" "openapi-to-rust@$version"
cp "$target/openapi.json" openapi.json
rm -rf src/generated
"$generator/bin/openapi-to-rust" generate --config openapi-to-rust.toml --quiet
