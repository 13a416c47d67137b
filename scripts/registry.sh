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

# start_nginx: puts an nginx before the registry that logs the bytes it sends to the file $served, and makes $registry its HOST:PORT.
start_nginx() {
    served=$scratch/served.log
    tries=0
    while :; do
        tries=$((tries + 1))
        # nginx does not say which port the system chose, so one is tried that was free a moment ago.
        port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
        cat >"$scratch/nginx.conf" <<END
daemon off;
worker_processes 1;
pid $scratch/nginx.pid;
error_log $scratch/nginx.log;
events {}
http {
    log_format sent '\$bytes_sent \$request_method \$uri';
    access_log $served sent;
    client_body_temp_path $scratch/nginx-body;
    proxy_temp_path $scratch/nginx-proxy;
    fastcgi_temp_path $scratch/nginx-fastcgi;
    uwsgi_temp_path $scratch/nginx-uwsgi;
    scgi_temp_path $scratch/nginx-scgi;
    server {
        listen 127.0.0.1:$port;
        location / {
            proxy_pass http://$registry;
            proxy_set_header Host \$http_host;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffers 16 64k;
            proxy_max_temp_file_size 0;
        }
    }
}
END
        nginx -p "$scratch" -c "$scratch/nginx.conf" >/dev/null 2>&1 </dev/null &
        nginx_process=$!
        sleep 0.5
        if kill -0 "$nginx_process" 2>/dev/null; then
            registry=127.0.0.1:$port
            return 0
        fi
        if [ "$tries" -gt 5 ]; then
            echo "nginx does not start:" >&2
            tail -n 5 "$scratch/nginx.log" >&2
            return 1
        fi
    done
}

clean_up() {
    for process in ${nginx_process:-} ${registry_process:-}; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$scratch"
}

registry_process=
nginx_process=
# Below target and not in /tmp, which may be in memory: an image of 1 GiB is kept here twice.
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
scratch=$(cd "$target" && mktemp -d "$PWD/scratch.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
