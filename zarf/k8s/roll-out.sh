#!/bin/sh
# Brings an overlay into the cluster that kubectl talks to: roll-out.sh dev | staging | prod
#
# Migrations first, and waited for: the release that is still running goes on with the new schema. Then everything else. It ends when each
# service is there in the new release, or fails with what Kubernetes says of the one that is not. TAG names our images of dev.
set -eu
cd "$(dirname "$0")/../.."
kubectl=${KUBECTL:-kubectl}
overlay=zarf/k8s/overlays/${1:?dev, staging or prod}
[ -d "$overlay" ] || { echo "there is no overlay $1" >&2; exit 64; }

objects=$(mktemp "${TMPDIR:-/tmp}/marquee-roll-out.XXXXXX")
trap 'rm -f "$objects"' EXIT
$kubectl kustomize "$overlay" | sed "s|\(/marquee/[a-z]*\):dev\$|\1:${TAG:-dev}|" >"$objects"
if grep -q 'sha256:0\{64\}' "$objects"; then
    echo "$overlay names images by a digest that is none yet: zarf/k8s/pin.sh $1 VERSION writes those of a release" >&2
    exit 1
fi

apply() { $kubectl apply --server-side --filename "$objects" "$@"; }

# A Job cannot be changed: the one of the last release has done its work.
$kubectl delete job migrate --namespace marquee --ignore-not-found --wait
# What it stands on: its own settings and account, and in development the database, which may be new.
apply --selector 'marquee.example/role!=service'
state=
until case $state in *Complete*) true ;; *) false ;; esac; do
    case $state in
        *Failed*)
            $kubectl logs --namespace marquee job/migrate --tail=50 >&2 || true
            echo 'the migrations have failed' >&2
            exit 1
            ;;
    esac
    sleep 2
    # One of the two comes: the job has a deadline.
    state=$($kubectl get job migrate --namespace marquee --output 'jsonpath={.status.conditions[?(@.status=="True")].type}')
done
apply
for deployment in $($kubectl get deployments --namespace marquee --output name); do
    $kubectl rollout status --namespace marquee "$deployment" --timeout=300s
done
