#!/bin/sh
# Makes stand-ins of the base images out of Debian's packages and the Rust toolchain of this machine, so that the images can be
# built where no registry is reached: localhost/rust and localhost/run, in the storage of Podman and Buildah. They prove
# what the file does; they do not prove the images that it names, which differ from them.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/marquee-stand-ins.XXXXXX")
trap 'rm -rf "$work"' EXIT

# As docker.io/library/rust: Debian, a C compiler, and a toolchain.
if ! podman image exists localhost/rust; then
    toolchain=$(rustc --print sysroot)
    # The folder that the hook gets is the root of the new system.
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,gcc,libc6-dev,make,pkg-config \
        --customize-hook="tar -C '$toolchain' --exclude=lib/rustlib/src -cf - bin lib | tar -C \"\$1/usr/local\" --no-same-owner -xf -" \
        bookworm "$work/rust.tar"
    podman import --quiet "$work/rust.tar" localhost/rust >/dev/null
    rm "$work/rust.tar"
fi

# As gcr.io/distroless/static-debian12: the same packages, unpacked and never configured, and the certificates of one of them.
if ! podman image exists localhost/run; then
    mkdir "$work/debs" "$work/root"
    chmod 755 "$work"
    (cd "$work/debs" && apt-get download -q -o APT::Sandbox::User=root base-files ca-certificates netbase tzdata >/dev/null)
    for deb in "$work"/debs/*.deb; do dpkg-deb --extract "$deb" "$work/root"; done
    rm -rf "$work/root/usr/share/doc" "$work/root/usr/share/man" "$work/root/usr/share/lintian"
    mkdir -p "$work/root/etc/ssl/certs" "$work/root/tmp"
    chmod 1777 "$work/root/tmp"
    cat "$work"/root/usr/share/ca-certificates/mozilla/*.crt >"$work/root/etc/ssl/certs/ca-certificates.crt"
    printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$work/root/etc/passwd"
    printf 'root:x:0:\nnonroot:x:65532:\n' >"$work/root/etc/group"
    tar -cf "$work/run.tar" -C "$work/root" --owner=0 --group=0 .
    podman import --quiet "$work/run.tar" localhost/run >/dev/null
fi
