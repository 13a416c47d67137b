#!/bin/sh
# Installs what `make bench-scan` compares with, by apt, where it is missing and this may be done. What is missing afterwards is left out.
set -u

has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

"$(dirname "$0")/install-registry.sh"
if has nginx && has igzip && has podman && has curl; then
    exit 0
fi
if ! has apt-get || [ "$(id -u)" != 0 ]; then
    echo "nginx, igzip, podman and curl are not all installed, and only root can install them: apt-get install nginx-light isal podman curl"
    exit 0
fi

echo "Installing nginx-light, isal, podman and curl with apt-get"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 "$@" </dev/null >>"$log" 2>&1; }
apt update
if ! apt install -y --no-install-recommends nginx-light isal podman curl; then
    echo "They could not be installed:"
    tail -n 5 "$log"
fi
exit 0
