#!/bin/sh
# Writes what kustomize makes of each overlay into zarf/k8s/rendered, so that a review sees what a change does.
#
#   zarf/k8s/render.sh            writes, and seals it with the digest of its sources, which `make test` compares
#   zarf/k8s/render.sh --check    writes nothing, and fails when something else would be written
set -eu
cd "$(dirname "$0")/../.."
. zarf/k8s/tools.sh
rendered=zarf/k8s/rendered
made=$(mktemp -d "${TMPDIR:-/tmp}/marquee-rendered.XXXXXX")
trap 'rm -rf "$made"' EXIT

for overlay in zarf/k8s/overlays/*/; do
    overlay=${overlay%/}
    "$tools/bin/kubectl" kustomize "$overlay" >"$made/${overlay##*/}.yaml"
done
if [ "${1:-}" = --check ]; then
    diff -ru --exclude=SOURCES.sha256 "$rendered" "$made" || { echo 'make k8s-render writes it anew' >&2; exit 1; }
    exit 0
fi
mkdir -p "$rendered"
cp "$made"/*.yaml "$rendered/"
cargo run --quiet --bin manifests -- --seal >"$rendered/SOURCES.sha256"
