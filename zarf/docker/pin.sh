#!/bin/sh
# Names the base images of the Dockerfiles by the digests that their tags have today, so that a build is the same tomorrow. Asks the
# registries with skopeo (`zarf/dev/install.sh skopeo`). Run it again for their updates.
set -eu
cd "$(dirname "$0")"
../dev/install.sh skopeo >&2
for file in Dockerfile gateway.Dockerfile; do
    for image in $(sed -n 's/^ARG [A-Z]*_IMAGE=//p' "$file"); do
        tagged=${image%@*}
        digest=$(skopeo inspect --format '{{.Digest}}' "docker://$tagged")
        sed -i "s|^\(ARG [A-Z]*_IMAGE=\)$image\$|\1$tagged@$digest|" "$file"
        echo "$tagged@$digest"
    done
done
