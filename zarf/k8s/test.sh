#!/bin/sh
# Manifests by the tools of others: what kustomize makes is what is in git, valid by published schemas, without a finding of checkov that
# is not explained (checkov.yaml); YAML and Dockerfiles in form. What those cannot tell, zarf/manifests checks in `make test`.
set -eu
cd "$(dirname "$0")/../.."
. zarf/k8s/tools.sh

zarf/k8s/render.sh --check
"$tools/bin/python" zarf/k8s/validate.py zarf/k8s/rendered/*.yaml
"$tools/bin/yamllint" --strict zarf/k8s zarf/compose zarf/kind
"$tools/bin/hadolint" zarf/docker/Dockerfile zarf/docker/gateway.Dockerfile
# Nothing is asked of the network, and nothing is sent.
"$tools/bin/checkov" --config-file zarf/k8s/checkov.yaml --skip-download --quiet --compact --framework kubernetes \
    --file zarf/k8s/rendered/dev.yaml zarf/k8s/rendered/staging.yaml zarf/k8s/rendered/prod.yaml
"$tools/bin/checkov" --config-file zarf/k8s/checkov.yaml --skip-download --quiet --compact --framework dockerfile \
    --file zarf/docker/Dockerfile zarf/docker/gateway.Dockerfile
echo 'manifests: valid, and no finding that is not explained'
