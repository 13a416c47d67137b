#!/bin/sh
# Installs docker-registry, skopeo and umoci by apt, where they are missing and this may be done; and what is named besides, each as
# COMMAND or COMMAND=PACKAGE. Whoever needs them looks again afterwards and says what is left out without them; so this never fails.
set -u

missing=
for wanted in docker-registry skopeo umoci "$@"; do
    command -v "${wanted%%=*}" >/dev/null 2>&1 || missing="$missing ${wanted#*=}"
done
if [ -z "$missing" ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
    echo "Not installed, and only root can install it: apt-get install$missing"
    exit 0
fi

echo "Installing$missing with apt-get"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 "$@" </dev/null >>"$log" 2>&1; }
apt update
# shellcheck disable=SC2086 # one word for each package
if ! apt install -y --no-install-recommends $missing; then
    echo "They could not be installed:"
    tail -n 5 "$log"
fi
exit 0
