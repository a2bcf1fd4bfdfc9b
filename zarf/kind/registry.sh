#!/bin/sh
# A registry on this machine, localhost:5001, that the nodes of the cluster know by the same name.
set -eu
name=marquee-registry
[ "$(docker inspect --format '{{.State.Running}}' "$name" 2>/dev/null)" = true ] ||
    { docker rm --force "$name" >/dev/null 2>&1 || true
    docker run --detach --restart=always --publish 127.0.0.1:5001:5000 --network bridge --name "$name" docker.io/library/registry:2 >/dev/null; }
# Within the nodes, localhost is the node: containerd is told where the name leads.
for node in $(kind get nodes --name marquee); do
    docker exec "$node" mkdir -p /etc/containerd/certs.d/localhost:5001
    printf '[host."http://%s:5000"]\n' "$name" | docker exec --interactive "$node" cp /dev/stdin /etc/containerd/certs.d/localhost:5001/hosts.toml
done
docker network inspect kind --format '{{range .Containers}}{{println .Name}}{{end}}' | grep -qx "$name" || docker network connect kind "$name"
