#!/bin/sh
# Fuzzes each target, or those that are named, for FUZZ_SECONDS (600) one after another. What is found lies in fuzz/artifacts/TARGET.
# A stable toolchain does: without sanitizers nothing unstable is needed, and there is no unsafe code of ours to watch over.
set -eu
cd "$(dirname "$0")/.."
seconds="${FUZZ_SECONDS:-600}"

command -v cargo-fuzz >/dev/null 2>&1 || cargo install --locked cargo-fuzz

if [ $# -eq 0 ]; then
    set -- $(cargo fuzz list)
fi
for target in "$@"; do
    echo "== $target"
    mkdir -p "fuzz/corpus/$target"
    RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=30 -rss_limit_mb=2048 -print_final_stats=1
done
