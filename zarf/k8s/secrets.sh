#!/bin/sh
# Makes the secrets of development out of the files below zarf/k8s/secrets, with passwords that nobody knows, and signing keys.
#
#   zarf/k8s/secrets.sh make FOLDER           each secret is a folder of FOLDER, each of its keys a file; what is there stays
#   zarf/k8s/secrets.sh apply FOLDER          brings them into namespace marquee of the cluster that kubectl talks to
#
# In staging and production they come out of a vault (components/external-secrets), under the same names.
# ADMIN names the admin CLI; without it, cargo runs it.
set -eu
cd "$(dirname "$0")/../.."
[ $# = 2 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 64; }
folder=$2

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

case $1 in
    make)
        # Others are kept out by the folder; the files themselves are read by containers under an account of their own.
        mkdir -p "$folder"
        chmod 700 "$folder"
        for name in db_password nats_password; do
            [ -e "$folder/$name" ] || random >"$folder/$name"
        done
        for template in zarf/k8s/secrets/*/*; do
            file=$folder/${template#zarf/k8s/secrets/}
            mkdir -p "${file%/*}"
            sed "s/{{ db_password }}/$(cat "$folder/db_password")/; s/{{ nats_password }}/$(cat "$folder/nats_password")/" \
                "$template" >"$file"
            chmod 755 "${file%/*}"
            chmod 644 "$file"
        done
        if [ ! -e "$folder/signing-keys/keys.json" ]; then
            ${ADMIN:-cargo run --quiet --bin admin --} --quiet --set "auth.keys_dir=$folder/signing-keys" keys generate
            rm -f "$folder/signing-keys/.lock"
            chmod 755 "$folder/signing-keys"
            chmod 644 "$folder/signing-keys"/*
        fi
        ;;
    apply)
        for secret in "$folder"/*/; do
            secret=${secret%/}
            ${KUBECTL:-kubectl} create secret generic "${secret##*/}" --namespace marquee --from-file "$secret" --dry-run=client --output yaml |
                ${KUBECTL:-kubectl} apply --server-side --filename -
        done
        ;;
    *) echo "make or apply, not $1" >&2; exit 64 ;;
esac
