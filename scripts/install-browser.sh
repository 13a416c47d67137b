#!/bin/sh
# Installs what tests/page.rs opens the page of a sweep with: chromium, node and npm by apt where they are missing and this may be done, and
# playwright-core and axe-core by npm, as tests/browser/package-lock.json pins them. Whoever needs them looks again afterwards and says
# what is left out without them; so this never fails.
set -u
cd "$(dirname "$0")/.."

has() { command -v "$1" >/dev/null 2>&1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT

if ! has chromium || ! has node || ! has npm; then
    if has apt-get && [ "$(id -u)" = 0 ]; then
        echo "Installing chromium, nodejs and npm with apt-get, where they are missing"
        export DEBIAN_FRONTEND=noninteractive
        apt() { apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 "$@" </dev/null >>"$log" 2>&1; }
        apt update
        missing=
        has chromium || missing="chromium fonts-dejavu-core"
        has node || missing="$missing nodejs"
        has npm || missing="$missing npm"
        # shellcheck disable=SC2086 # several words
        if ! apt install -y --no-install-recommends $missing; then
            echo "They could not be installed:"
            tail -n 5 "$log"
        fi
    else
        echo "chromium, node and npm are not all installed, and only root can install them: apt-get install chromium nodejs npm"
    fi
fi

if has npm && ! cmp -s tests/browser/package-lock.json tests/browser/node_modules/.installed; then
    echo "Installing playwright-core and axe-core with npm"
    if (cd tests/browser && npm ci --ignore-scripts --no-audit --no-fund </dev/null >"$log" 2>&1); then
        cp tests/browser/package-lock.json tests/browser/node_modules/.installed
    else
        echo "They could not be installed:"
        tail -n 5 "$log"
    fi
fi
exit 0
