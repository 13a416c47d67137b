#!/bin/sh
# Installs docker-registry, skopeo and umoci by apt, where they are missing and this may be done. Whoever needs them looks again
# afterwards and says what is left out without them; so this never fails.
set -u

has() { command -v "$1" >/dev/null 2>&1; }

if has docker-registry && has skopeo && has umoci; then
    exit 0
fi
if ! has apt-get || [ "$(id -u)" != 0 ]; then
    echo "docker-registry, skopeo and umoci are not all installed, and only root can install them: apt-get install docker-registry skopeo umoci"
    exit 0
fi

echo "Installing docker-registry, skopeo and umoci with apt-get"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 "$@" </dev/null >>"$log" 2>&1; }
apt update
if ! apt install -y --no-install-recommends docker-registry skopeo umoci; then
    echo "They could not be installed:"
    tail -n 5 "$log"
fi
exit 0
