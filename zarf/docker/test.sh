#!/bin/sh
# The images, built by Buildah from stand-ins of their bases (stand-ins.sh), looked at, and run by Podman as an orchestrator would: without
# any right, on a root that cannot be written, as a user that is not root. Debian or Ubuntu, as root. The first build takes as long
# as a release build of the workspace.
#
# SERVICES="accounts" builds fewer; IMAGES=kept looks at what was built before.
set -eu
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo 'Buildah isolates by chroot here, which needs root' >&2; exit 1; }
zarf/dev/install.sh buildah podman mmdebstrap curl
services=${SERVICES:-platform $(for service in app/services/*; do [ "${service##*/}" = platform ] || echo "${service##*/}"; done)}
version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
limit=$((30 * 1000 * 1000))

fail() {
    echo "test-images: $1" >&2
    exit 1
}

if [ "${IMAGES:-}" != kept ]; then
    zarf/docker/stand-ins.sh
    # Where a proxy looks into TLS, cargo has to know its certificate: that of this machine does.
    certificates=/etc/ssl/certs/ca-certificates.crt
    ENGINE=buildah BUILD_FLAGS="--isolation=chroot --network=host --pull-never -v $certificates:$certificates:ro
        --build-arg RUST_IMAGE=localhost/rust --build-arg RUN_IMAGE=localhost/run --build-arg DEBIAN_IMAGE=localhost/rust" \
        zarf/docker/build.sh admin $services gateway
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/marquee-images.XXXXXX")
chmod 755 "$work"
podman() { command podman --cgroup-manager=cgroupfs --runtime=runc "$@"; }
done_with() {
    podman rm --force --time 0 marquee-smoke >/dev/null 2>&1 || true
    [ ! -e "$work/db/postmaster.pid" ] || as_postgres pg_ctl --pgdata "$work/db" --mode immediate stop >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap done_with EXIT
# Podman sets limits that a container itself may not raise, unless it is told which.
printf '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n' >"$work/containers.conf"
export CONTAINERS_CONF="$work/containers.conf"

# Labels, and who runs it: nobody.
labelled() {
    image=localhost/marquee/$1:$version
    podman image inspect "$image" --format '{{json .Labels}} {{.Config.User}}' >"$work/inspected" || fail "there is no image $image"
    for wanted in "\"org.opencontainers.image.version\":\"$version\"" "\"org.opencontainers.image.title\":\"marquee/$1\"" \
        org.opencontainers.image.revision org.opencontainers.image.source org.opencontainers.image.licenses ' 10001:10001'; do
        grep -qF "$wanted" "$work/inspected" || fail "$1 lacks $wanted: $(cat "$work/inspected")"
    done
}

# What the label says, the program says; what is pulled is small.
for name in admin $services; do
    labelled "$name"
    said=$(podman run --rm --network none --read-only --cap-drop=all --security-opt=no-new-privileges "$image" --version)
    [ "$said" = "$name $version" ] || fail "$name says \"$said\", and its label says $version"
    # As it would lie in a registry.
    podman push --quiet "$image" "oci:$work/image" 2>/dev/null
    packed=$(du --bytes --summarize "$work/image/blobs" | cut -f 1)
    [ "$packed" -le "$limit" ] || fail "$name is $packed bytes to pull, more than $limit"
    unpacked=$(podman image inspect "$image" --format '{{.Size}}')
    layers=$(podman image inspect "$image" --format '{{len .RootFS.Layers}}')
    mount=$(podman image mount "$image")
    leftover=$(find "$mount" \( -name '*.pem' -o -name .git -o -name '*.rs' \) -print -quit)
    podman image unmount "$image" >/dev/null
    [ -z "$leftover" ] || fail "$name has $leftover"
    echo "$name: $packed bytes to pull, $unpacked unpacked, $layers layers"
    rm -rf "$work/image"
done

# A database of the machine, reached over TCP as one elsewhere would be.
bin=$(for bin in /usr/lib/postgresql/*/bin; do echo "$bin"; done | tail -1)
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups env PATH="$bin:$PATH" "$@"; }
free() { python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# Nobody asks the store of media here.
unused=unused
database=$(free) api=$(free) debug=$(free)
install -d -o postgres -g postgres -m 700 "$work/db" "$work/socket"
as_postgres initdb --pgdata "$work/db" --auth trust --username marquee --no-sync >/dev/null
as_postgres pg_ctl --pgdata "$work/db" --wait --log "$work/socket/log" \
    --options "-p $database -k $work/socket -c listen_addresses=127.0.0.1 -c fsync=off" start >/dev/null
as_postgres createdb --host "$work/socket" --port "$database" --username marquee marquee

mkdir -m 755 "$work/keys" "$work/secrets"
printf '[db]\nurl = "postgres://marquee@127.0.0.1:%s/marquee"\n' "$database" >"$work/secrets/settings.toml"
# Made by the image itself, into a folder that is open to it meanwhile.
chown 10001:10001 "$work/keys"
# Podman would make folders of memory by itself (--read-only-tmpfs), which Kubernetes does not.
confined() { podman run --network host --read-only --read-only-tmpfs=false --tmpfs /tmp:rw,mode=1777 --cap-drop=all --security-opt=no-new-privileges --memory=256m --volume "$work/secrets:/etc/marquee/secrets:ro" "$@"; }
admin=localhost/marquee/admin:$version
confined --rm --volume "$work/keys:/etc/marquee/keys" "$admin" --set auth.keys_dir=/etc/marquee/keys keys generate
chown -R 0:10001 "$work/keys"
chmod -R u=rwX,g=rX,o= "$work/keys"
confined --rm "$admin" --config /etc/marquee/secrets/settings.toml migrate up

for service in $services; do
    echo "$service: as production, in a container" >&2
    confined --detach --name marquee-smoke --volume "$work/keys:/etc/marquee/keys:ro" \
        --env MARQUEE__ENV=production --env MARQUEE__AUTH__KEYS_DIR=/etc/marquee/keys --env MARQUEE__AUTH__ISSUER=https://api.example.com \
        --env MARQUEE__MAIL__SMTP_URL=smtp://127.0.0.1:9 --env 'MARQUEE__MAIL__FROM=Marquee <no-reply@example.com>' \
        --env "MARQUEE__MEDIA__STORES=s3://key:${unused}@bucket/media?region=eu-central-1&endpoint=http://127.0.0.1:9" \
        --env "MARQUEE__WEB__API_HOST=127.0.0.1:$api" --env "MARQUEE__WEB__DEBUG_HOST=127.0.0.1:$debug" --env MARQUEE__WEB__DRAIN=1s \
        "localhost/marquee/$service:$version" --config /etc/marquee/secrets/settings.toml >/dev/null
    tries=0
    # The health command of the image itself, as compose asks it.
    until podman exec marquee-smoke /marquee --probe ready 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || { podman logs marquee-smoke >&2; fail "$service does not become ready"; }
        sleep 0.5
    done
    pid=$(podman inspect marquee-smoke --format '{{.State.Pid}}')
    grep -q '^Uid:.10001.10001.10001.10001$' "/proc/$pid/status" || fail "$service runs as somebody else"
    grep -q '^CapEff:.0000000000000000$' "/proc/$pid/status" || fail "$service has capabilities"
    grep -q '^NoNewPrivs:.1$' "/proc/$pid/status" || fail "$service could gain privileges"
    grep -q ' / / ro,\| / ro,' "/proc/$pid/mountinfo" || fail "$service can write its root"
    curl --silent --show-error --fail "http://127.0.0.1:$api/healthcheck" | grep -q "\"$version\"" || fail "$service does not say its version"
    code=$(curl --silent --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$api/v1/movies")
    curl --silent --show-error --fail --output "$work/profile.svg" "http://127.0.0.1:$debug/debug/pprof/profile?seconds=1&format=svg" &&
        curl --silent --show-error --fail --output "$work/heap.svg" "http://127.0.0.1:$debug/debug/pprof/heap?format=svg" || fail "$service shows no profile"
    case $service in platform | catalog) [ "$code" = 200 ] ;; *) [ "$code" = 404 ] ;; esac || fail "$service answers /v1/movies with $code"
    podman stop --time 30 marquee-smoke >/dev/null
    code=$(podman inspect marquee-smoke --format '{{.State.ExitCode}}')
    [ "$code" = 0 ] || fail "$service ended with exit code $code on SIGTERM"
    podman rm marquee-smoke >/dev/null
done
# As compose runs it: what it writes is a tmpfs. Its upstreams are nobody here, and it serves nevertheless.
echo 'gateway: in a container' >&2
labelled gateway
served=$(free)
printf 'listen 127.0.0.1:%s;\n' "$served" >"$work/listen.conf"
names=$(sed -n 's/^upstream \([a-z]*\) {$/--add-host \1:127.0.0.1/p' zarf/gateway/upstreams.conf)
podman run --detach --name marquee-smoke --network host --read-only --read-only-tmpfs=false --cap-drop=all --security-opt=no-new-privileges $names \
    --tmpfs /srv/gateway/run:rw,mode=1777 --volume "$work/listen.conf:/srv/gateway/listen.conf:ro" "$image" >/dev/null
tries=0
until podman exec marquee-smoke curl -fsS -o /dev/null "http://127.0.0.1:$served/livez" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || { podman logs marquee-smoke >&2; fail 'the gateway does not serve'; }
    sleep 0.5
done
curl --silent --fail "http://127.0.0.1:$served/openapi.json" | grep -q '"/v1/wallet"' || fail 'the gateway has no description of the whole'
code=$(curl --silent --output "$work/answer" --write-out '%{http_code}' "http://127.0.0.1:$served/v1/movies")
[ "$code" = 503 ] && grep -q '"service-unavailable"\|/problems/' "$work/answer" || fail "the gateway answers $code where nobody is: $(cat "$work/answer")"
podman stop --time 30 marquee-smoke >/dev/null
podman rm marquee-smoke >/dev/null
echo 'images: small, labelled, without rights, ready, and stopped as told'
