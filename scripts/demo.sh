#!/bin/sh
# `make demo`: what rdsca finds in Dockerfiles, programs, an image and a registry, on samples that are built here and now.
set -eu
cd "$(dirname "$0")/.."
. scripts/registry.sh

rdsca=$target/release/rdsca
image=$target/demo-image

bold='' plain=''
if [ -t 1 ]; then
    bold=$(printf '\033[1m')
    plain=$(printf '\033[0m')
fi
say() { printf '\n%s==> %s%s\n' "$bold" "$1" "$plain"; }

# finds ARGUMENT…: runs rdsca on something that is known to be wrong. Anything but findings means that the demo or rdsca is broken.
finds() {
    printf '$ rdsca %s\n\n' "$*"
    code=0
    "$rdsca" "$@" || code=$?
    if [ "$code" != 1 ]; then
        echo "demo: rdsca ended with $code, where findings (1) were due" >&2
        exit 1
    fi
}

say "Build rdsca, and the program that makes sample images"
cargo build --release --locked --bin rdsca --example oci_layout

say "Before the build: check the Dockerfiles and the programs in testdata/demo"
finds check testdata/demo

say "Make a sample image from testdata/images/demo.recipe"
"$target/release/examples/oci_layout" testdata/images/demo.recipe "$image"
echo "Amazon Linux 2023 in small, with an old bundle, and a user who cannot read it"

say "After the build: scan the image"
finds scan "oci:$image"

say "The same through a registry"
scripts/install-registry.sh
if has_registry; then
    start_registry
    echo "docker-registry serves on $registry for a moment, and skopeo pushes the image there"
    push "$image" shop/orders:1
    finds scan "$registry/shop/orders:1"

    say "Every image of that registry"
    "$target/release/examples/oci_layout" testdata/images/amazon-linux-2023.recipe "$image-plain"
    push "$image-plain" shop/base:2023
    push "$image" shop/receipts:7
    finds sweep "$registry" --store "$scratch/sweep.db" --report text --report "html=$target/demo-sweep.html"
    echo
    echo "$target/demo-sweep.html is the same for a browser"
else
    echo "Left out: docker-registry and skopeo are not installed"
fi

say "That was it. Now your own:"
echo "  $rdsca check PATH…"
echo "  $rdsca scan IMAGE…"
echo "  $rdsca sweep REGISTRY…"
