#!/bin/sh
# Names the images of an overlay by the digests that their registries know: pin.sh prod VERSION
#
# VERSION is the tag of our own images, which have been pushed. Those of others have the tags of the dev overlay. It asks the registries
# with skopeo (`zarf/dev/install.sh skopeo`), and changes the kustomization, to be rendered, reviewed and committed.
set -eu
cd "$(dirname "$0")/../.."
overlay=zarf/k8s/overlays/${1:?staging or prod}
version=${2:?the version, as a tag}
zarf/dev/install.sh skopeo >&2

pinned=$(mktemp "${TMPDIR:-/tmp}/marquee-pinned.XXXXXX")
trap 'rm -f "$pinned"' EXIT
name=
while IFS= read -r line; do
    case $line in
        # CloudNativePG names its image in a field of its own.
        '        value: ghcr.io/'*@sha256:*)
            name=${line#*value: }
            name=${name%@*}
            digest=$(skopeo inspect --format '{{.Digest}}' "docker://$name")
            line="        value: $name@$digest"
            echo "$name@$digest" >&2
            ;;
        '  - name: marquee/'*) name= ;;
        '    newName: '*) name=${line#*newName: }:$version ;;
        '  - name: docker.io/'*)
            name=${line#*name: }
            tag=$(grep -A 1 -x -F -e "$line" zarf/k8s/overlays/dev/kustomization.yaml | sed -n 's/.*newTag: //p')
            [ -n "$tag" ] || { echo "zarf/k8s/overlays/dev gives $name no tag" >&2; exit 1; }
            name=$name:$tag
            ;;
        '    digest: '*)
            digest=$(skopeo inspect --format '{{.Digest}}' "docker://$name")
            line="    digest: $digest"
            echo "$name@$digest" >&2
            ;;
    esac
    printf '%s\n' "$line"
done <"$overlay/kustomization.yaml" >"$pinned"
cp "$pinned" "$overlay/kustomization.yaml"
zarf/k8s/render.sh
