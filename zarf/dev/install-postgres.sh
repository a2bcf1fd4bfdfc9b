#!/bin/sh
# Installs PostgreSQL 15 or newer with the extensions of its contrib package, unless it is there already.
#
# Debian, Ubuntu (apt-get), Fedora (dnf), macOS and Linux with Homebrew. Nothing is asked: without root's rights, and
# without sudo that needs no password, it says which command to run. No server of the system is set up or started:
# Marquee runs one of its own.
set -eu

minimum=15
extensions='pg_trgm unaccent'

say() { printf 'install-postgres: %s\n' "$1"; }

fail() {
    say "$1" >&2
    exit 1
}

# The folders that may hold the server's programs, as foundation/pgcluster looks for them.
candidates() {
    if path=$(command -v postgres); then
        # A link in a bin folder leads to where its siblings are.
        path=$(readlink -f "$path" 2>/dev/null || printf '%s' "$path")
        printf '%s\n' "${path%/*}"
    fi
    for dir in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
        /home/linuxbrew/.linuxbrew/opt/postgresql@*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
        /Library/PostgreSQL/*/bin /usr/bin /usr/local/bin /usr/local/pgsql/bin; do
        if [ -x "$dir/postgres" ]; then printf '%s\n' "$dir"; fi
    done
}

# "postgres (PostgreSQL) 15.18 (Debian ..)" -> 15; 0 when it is something else.
major_version() {
    version=$("$1/postgres" --version 2>/dev/null | sed -n 's/^postgres (PostgreSQL) \([0-9]*\).*/\1/p')
    printf '%s' "${version:-0}"
}

has_extensions() {
    share=$({ "$1/pg_config" --sharedir; } 2>/dev/null || true)
    for share_dir in "$share" "/usr/share/postgresql/$2" "$1/../share/postgresql@$2" "$1/../share/postgresql" \
        "$1/../share/pgsql" "$1/../share/postgresql$2" "$1/../share"; do
        missing=
        for extension in $extensions; do
            [ -e "$share_dir/extension/$extension.control" ] || missing=$extension
        done
        if [ -z "$missing" ]; then return 0; fi
    done
    return 1
}

# Sets `found` to a folder with everything that is needed, or to nothing.
find_postgres() {
    found=
    for dir in $(candidates); do
        major=$(major_version "$dir")
        if [ "$major" -ge "$minimum" ] && [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ] &&
            has_extensions "$dir" "$major"; then
            found=$dir
            return
        fi
    done
}

# Runs a command as root, without asking for a password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        fail "root's rights are needed; run: sudo $0"
    fi
}

# Fresh machines update themselves, and a mirror may stumble.
apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5 "$@" >/dev/null; }

install_with_apt() {
    apt update
    # The package would make and start a cluster of the system; a setting that is there only meanwhile stops it.
    settings=/etc/postgresql-common/createcluster.d
    as_root mkdir -p "$settings"
    trap 'as_root rm -f "$settings/no-main-cluster.conf"' EXIT
    echo 'create_main_cluster = false' | as_root tee "$settings/no-main-cluster.conf" >/dev/null
    apt install -y --no-install-recommends postgresql postgresql-contrib
}

install_with_dnf() { as_root dnf install -q -y postgresql-server postgresql-contrib >/dev/null; }

# Homebrew refuses to run as root, and needs no root.
install_with_brew() { HOMEBREW_NO_AUTO_UPDATE=1 brew install -q postgresql@17 >/dev/null; }

find_postgres
if [ -n "$found" ]; then
    say "PostgreSQL $(major_version "$found") is there, in $found"
    exit 0
fi

if command -v apt-get >/dev/null; then
    install_with_apt
elif command -v dnf >/dev/null; then
    install_with_dnf
elif command -v brew >/dev/null; then
    install_with_brew
else
    fail "neither apt-get, dnf nor brew is here; install PostgreSQL $minimum or newer with its contrib package, \
or name a server of your own with db.url"
fi

find_postgres
if [ -z "$found" ]; then
    fail "what was installed is older than PostgreSQL $minimum or lacks one of: $extensions; \
see https://www.postgresql.org/download/, or name a server of your own with db.url"
fi
say "installed PostgreSQL $(major_version "$found") in $found"
