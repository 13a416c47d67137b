# A registry of its own for as long as a script runs. To be sourced; who sources it gets a scratch folder in $scratch too, and both
# are gone when the script ends, however it ends.

# Whether there is what it takes.
has_registry() {
    command -v docker-registry >/dev/null 2>&1 && command -v skopeo >/dev/null 2>&1
}

# start_registry: sets $registry to the HOST:PORT of an empty registry that only this machine reaches. The system chooses the port,
# so two runs at once do not meet.
start_registry() {
    mkdir -p "$scratch/storage"
    {
        echo 'version: 0.1'
        echo 'log: { level: info }'
        echo "storage: { filesystem: { rootdirectory: \"$scratch/storage\" } }"
        echo 'http: { addr: "127.0.0.1:0" }'
    } >"$scratch/registry.yml"
    docker-registry serve "$scratch/registry.yml" >"$scratch/registry.log" 2>&1 </dev/null &
    registry_process=$!
    registry=
    tries=0
    while [ -z "$registry" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! kill -0 "$registry_process" 2>/dev/null; then
            echo "docker-registry does not start:" >&2
            tail -n 5 "$scratch/registry.log" >&2
            return 1
        fi
        sleep 0.1
        registry=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$scratch/registry.log" | head -n 1)
    done
}

# push LAYOUT NAME: puts an OCI layout into the registry.
push() {
    skopeo --insecure-policy copy --quiet --dest-tls-verify=false "oci:$1:latest" "docker://$registry/$2"
}

clean_up() {
    if [ -n "${registry_process:-}" ]; then
        kill "$registry_process" 2>/dev/null || true
        wait "$registry_process" 2>/dev/null || true
    fi
    rm -rf "$scratch"
}

registry_process=
# Below target and not in /tmp, which may be in memory: an image of 1 GiB is kept here twice.
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
scratch=$(mktemp -d "$target/scratch.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
