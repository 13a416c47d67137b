#!/bin/sh
# `make bench-memory`: an image of about 1 GiB in a registry, scanned by rdsca and copied to a folder by skopeo, in turns. Prints the
# time and the peak of resident memory of each run, and the ratio of the best times. It asserts nothing: machines differ.
# RUNS=N sets how often.
set -eu
cd "$(dirname "$0")/.."
. scripts/registry.sh

image=$target/gibibyte-image

scripts/install-registry.sh
if ! has_registry; then
    echo "docker-registry and skopeo are needed" >&2
    exit 2
fi

# measure HIGHEST COMMAND…: prints seconds and KiB; what the command says goes to a file. It may end with a code up to HIGHEST.
measure() {
    highest=$1
    shift
    if [ -x /usr/bin/time ]; then
        code=0
        /usr/bin/time -q -f '%e %M' -o "$scratch/measured" "$@" >"$scratch/output" 2>&1 || code=$?
        [ "$code" -le "$highest" ] && cat "$scratch/measured"
    else
        python3 -c '
import resource, subprocess, sys, time
start = time.monotonic()
with open(sys.argv[1], "wb") as output:
    code = subprocess.run(sys.argv[3:], stdout=output, stderr=output).returncode
print(f"{time.monotonic() - start:.2f} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
sys.exit(not 0 <= code <= int(sys.argv[2]))' "$scratch/output" "$highest" "$@"
    fi
}

# row TOOL SECONDS KIB: prints one run and remembers it.
row() {
    echo "$@" >>"$scratch/runs"
    echo "$@" | awk '{ printf "%-24s %8.2f s %8.1f MiB at most\n", ($1 == "rdsca" ? "rdsca scan" : "skopeo copy to a folder"), $2, $3 / 1024 }'
}

failed() {
    echo "$1 failed:" >&2
    cat "$scratch/output" >&2
    exit 1
}

cargo build --release --locked --bin rdsca --example oci_layout
if [ ! -f "$image/index.json" ] || [ testdata/images/gibibyte.recipe -nt "$image/index.json" ]; then
    echo "Making the image (once)"
    "$target/release/examples/oci_layout" testdata/images/gibibyte.recipe "$image"
fi
start_registry
push "$image" bench/gibibyte:1
name=docker://$registry/bench/gibibyte:1
echo "$(du -sm "$image" | cut -f1) MiB of compressed layers in docker-registry on $registry"

run=0
while [ "$run" -lt "${RUNS:-3}" ]; do
    run=$((run + 1))
    measured=$(measure 1 "$target/release/rdsca" scan --no-cache "$name") || failed rdsca
    # shellcheck disable=SC2086 # two words
    row rdsca $measured
    rm -rf "$scratch/copy"
    measured=$(measure 0 skopeo --insecure-policy copy --quiet --src-tls-verify=false "$name" "dir:$scratch/copy") || failed skopeo
    # shellcheck disable=SC2086 # two words
    row skopeo $measured
done
awk '{ if (!($1 in best) || $2 < best[$1]) best[$1] = $2; if ($3 > peak[$1]) peak[$1] = $3 }
     END { printf "The best run of rdsca takes %.2f of the time of the best of skopeo; it needs %.1f MiB at most\n", best["rdsca"] / best["skopeo"], peak["rdsca"] / 1024 }' \
    "$scratch/runs"
