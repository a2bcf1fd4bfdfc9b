#!/bin/sh
# Installs programs that a check needs, with the package manager of the system, when they are missing:
#   zarf/dev/install.sh curl haproxy nats-server node python
# Asks nothing. Debian and Ubuntu, Fedora, Homebrew. No server of the system is started: checks run their own.
set -eu

# Whether the program is there, as the checks use it.
has() {
    case $1 in
        python) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
        # With the module that takes `Server` out of its answers.
        nginx) { command -v nginx >/dev/null || [ -x /usr/sbin/nginx ]; } &&
            { [ ! -d /usr/lib/nginx/modules ] || [ -e /usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so ]; } ;;
        # The oldest that the tools of the pages and of the clients run on.
        node) command -v npm >/dev/null && node -e '
            const [major, minor] = process.versions.node.split(".").map(Number);
            process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null ;;
        # Podman runs containers by runc, which catatonit is the first process of.
        podman) command -v podman >/dev/null && command -v runc >/dev/null || { command -v podman >/dev/null && [ -x /usr/sbin/runc ]; } ;;
        *) command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] ;;
    esac
}

# The packages of a program: packages_of MANAGER PROGRAM
packages_of() {
    case $1:$2 in
        apt-get:python) echo python3 python3-venv ;;
        dnf:python) echo python3 ;;
        brew:python) echo python ;;
        brew:node) echo node ;;
        *:node) echo nodejs npm ;;
        apt-get:nginx) echo nginx libnginx-mod-http-headers-more-filter ;;
        dnf:nginx) echo nginx nginx-mod-headers-more ;;
        apt-get:promtool) echo prometheus ;;
        dnf:promtool) echo golang-github-prometheus ;;
        brew:promtool) echo prometheus ;;
        apt-get:ip) echo iproute2 ;;
        dnf:ip) echo iproute ;;
        apt-get:podman) echo podman runc catatonit netavark aardvark-dns ;;
        dnf:nats-server) echo /usr/bin/nats-server ;;
        *) echo "$2" ;;
    esac
}

missing=
for program; do
    has "$program" || missing="$missing $program"
done
[ -n "$missing" ] || exit 0

for manager in apt-get dnf brew none; do
    command -v "$manager" >/dev/null && break
done
if [ "$manager" = none ]; then
    echo "missing:$missing. Install it; no package manager known here (apt-get, dnf, brew) was found." >&2
    exit 1
fi
packages=$(for program in $missing; do packages_of "$manager" "$program"; done)

as_root=
if [ "$manager" != brew ] && [ "$(id -u)" != 0 ]; then
    as_root='sudo -n'
    $as_root true 2>/dev/null || {
        echo "missing:$missing. Run: sudo $manager install -y" $packages >&2
        exit 1
    }
fi

echo "installing" $packages >&2
case $manager in
    apt-get)
        # Fresh machines update themselves, and a mirror may stumble.
        apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5"
        $apt update >/dev/null
        # A service that is masked is not started by its package.
        for server in nats-server nginx prometheus; do
            case " $packages " in *" $server "*)
                if [ -d /run/systemd/system ]; then $as_root systemctl mask --quiet "$server.service"; fi ;;
            esac
        done
        $apt install -y --no-install-recommends $packages >/dev/null
        ;;
    dnf) $as_root dnf install -y -q $packages >/dev/null ;;
    brew) brew install --quiet $packages >/dev/null ;;
esac

for program in $missing; do
    has "$program" || { echo "$program is still missing, or too old, after the installation of" $packages >&2; exit 1; }
done
