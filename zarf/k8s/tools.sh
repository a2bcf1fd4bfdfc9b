# To be sourced, in the root of the clone: puts the tools of zarf/k8s/requirements.txt into $tools/bin, once.
tools=${CARGO_TARGET_DIR:-target}/manifest-tools
wanted=$(cat zarf/k8s/requirements.txt)
if [ "$wanted" != "$(cat "$tools/installed" 2>/dev/null)" ]; then
    zarf/dev/install.sh python >&2
    echo 'installing the tools of zarf/k8s/requirements.txt' >&2
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement zarf/k8s/requirements.txt >&2
    printf '%s\n' "$wanted" >"$tools/installed"
fi
