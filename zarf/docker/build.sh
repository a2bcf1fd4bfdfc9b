#!/bin/sh
# Builds the images: every service, the admin CLI, the gateway. With Docker, Podman or Buildah, whichever is there.
#
#   zarf/docker/build.sh                     all of them, as marquee/NAME:VERSION
#   zarf/docker/build.sh accounts admin      these alone
#
# ENGINE=buildah chooses; REGISTRY=registry.example.com/marquee names them for a registry; TAG replaces the version as their tag;
# BUILD_FLAGS go to the engine, as --build-arg RUN_IMAGE=...
set -eu
cd "$(dirname "$0")/../.."

engine=${ENGINE:-}
for known in docker podman buildah; do
    [ -n "$engine" ] || ! command -v "$known" >/dev/null || engine=$known
done
[ -n "$engine" ] || { echo 'no docker, podman or buildah here: zarf/dev/install.sh buildah installs one' >&2; exit 1; }

version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
# What was built has to be found again: changes that are not committed are told.
revision=$(git describe --always --abbrev=40 --dirty --exclude '*' 2>/dev/null || echo unknown)
source=$(git remote get-url origin 2>/dev/null | grep '^https://[^@]*$' || echo https://example.com/marquee)
[ $# -gt 0 ] || set -- admin $(for service in app/services/*; do echo "${service##*/}"; done) gateway

case $engine in
    # The first image leaves the stage of the build in the cache, from which the others take it.
    buildah) build='buildah bud --layers' ;;
    podman) build='podman build --layers' ;;
    *) build="$engine build" ;;
esac
for name; do
    image=${REGISTRY:-marquee}/$name:${TAG:-$version}
    file=zarf/docker/Dockerfile
    [ "$name" != gateway ] || file=zarf/docker/gateway.Dockerfile
    echo "$image" >&2
    # Flags are words: none has a space of its own.
    $build ${BUILD_FLAGS:-} -f $file --build-arg "SERVICE=$name" --build-arg "VERSION=$version" \
        --build-arg "REVISION=$revision" --build-arg "SOURCE=$source" -t "$image" .
done
