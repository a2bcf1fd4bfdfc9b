#!/usr/bin/env bash
# Writes a resource into a clean clone of what is committed here, and holds the clone to what a merge has to pass: lock
# file, format, lints, layers, the tests of the resource, the policy. Prints how many tests the resource came with.
#
# usage: zarf/scaffold/run.sh [NAME MEMBER..]
# The clone goes to a folder of its own and is removed; CARGO_TARGET_DIR, when it is set, keeps what was built.
set -euo pipefail

root=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
if [ $# -eq 0 ]; then
    set -- screening starts_at:timestamptz,sortable 'seats:int(1..500),sortable,default=100' price:money,sortable \
        'status:enum(planned,open,closed)' 'note:text?'
fi

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/marquee-scaffold.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
git clone --quiet "$root" "$scratch/clone"
cd "$scratch/clone"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$scratch/target}

cargo run --locked --quiet --bin admin -- new resource "$@"
mapfile -t crates < <(git ls-files --others '*/Cargo.toml' | xargs -n 1 dirname | xargs -n 1 basename)
packages=("${crates[@]/#/--package=}")
cargo fmt --all --check
cargo clippy --locked --quiet "${packages[@]}" --package auth --package platform --package types --all-targets -- -D warnings
cargo run --locked --quiet --bin arch
cargo test --locked --quiet "${packages[@]}" --package auth
cargo test --locked --quiet --package platform --test platform policy
tests=$(cargo test --locked --quiet "${packages[@]}" -- --list 2>/dev/null | grep -c ': test$')
echo "${crates[*]}: $tests tests, all green"
