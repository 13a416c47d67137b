"""The laboratory's servers: four of PostgreSQL and four of MariaDB on loopback, and the certificates they present.

good   a certificate by authority A for the name the clients use
plain  no TLS
evil   a certificate by authority B for that name; accepts plaintext too, as somebody in the middle would
wrong  a certificate by authority A for another name
"""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import time

HOST = "database.lab.test"
SERVERS = ("good", "plain", "evil", "wrong")
POSTGRES_BIN = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda p: int(p.parent.name))


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise SystemExit(f"{words[0]} failed: {(done.stderr or done.stdout)[-600:]}")
    return done.stdout


def make_certificates(folder):
    """Two authorities and one certificate for each of good, evil and wrong, made new each time and worthless elsewhere."""
    folder.mkdir()
    for authority in ("A", "B"):
        run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"),
            *("-subj", f"/CN=Laboratory authority {authority}", "-keyout", folder / f"{authority}.key", "-out", folder / f"{authority}.pem"),
            *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        )
    for server, authority, name in (("good", "A", HOST), ("evil", "B", HOST), ("wrong", "A", "other.example")):
        extensions = folder / f"{server}.ext"
        extensions.write_text(f"subjectAltName=DNS:{name}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
        run(
            *("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}"),
            *("-keyout", folder / f"{server}.key", "-out", folder / f"{server}.csr"),
        )
        run(
            *("openssl", "x509", "-req", "-in", folder / f"{server}.csr", "-CA", folder / f"{authority}.pem"),
            *("-CAkey", folder / f"{authority}.key", "-CAcreateserial", "-days", "30", "-extfile", extensions),
            *("-out", folder / f"{server}.crt"),
        )


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def own(path, user):
    shutil.chown(path, user, user)
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            shutil.chown(os.path.join(folder, name), user, user)


def start_postgres(folder, pki, server, port):
    data = folder / f"postgres-{server}"
    shutil.copytree(folder / "postgres-new", data)
    settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=40"]
    if server != "plain":
        for ending in ("crt", "key"):
            shutil.copy(pki / f"{server}.{ending}", data / f"server.{ending}")
        settings.append("ssl=on")
    own(data, "postgres")
    data.chmod(0o700)
    if server != "plain":
        (data / "server.key").chmod(0o600)
    words = [POSTGRES_BIN / "postgres", "-D", data] + [word for each in settings for word in ("-c", each)]
    return subprocess.Popen(words, user="postgres", group="postgres", extra_groups=[], stdout=subprocess.DEVNULL, stderr=open(folder / f"postgres-{server}.log", "w"))


def start_mariadb(folder, pki, server, port):
    data = folder / f"mariadb-{server}"
    shutil.copytree(folder / "mariadb-new", data)
    # One statement a line, as the server reads them.
    statements = ["CREATE DATABASE IF NOT EXISTS test"] + [f"{word} 'u'@'{host}'" for host in ("%", "localhost") for word in ("CREATE USER IF NOT EXISTS", "GRANT ALL ON test.* TO")]
    (data / "start.sql").write_text("".join(f"{statement};\n" for statement in statements))
    words = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1", f"--socket={data}/socket"]
    words += [f"--init-file={data}/start.sql", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=8M", f"--pid-file={data}/pid"]
    if server == "plain":
        words.append("--skip-ssl")
    else:
        for ending in ("crt", "key"):
            shutil.copy(pki / f"{server}.{ending}", data / f"server.{ending}")
        words += [f"--ssl-cert={data}/server.crt", f"--ssl-key={data}/server.key"]
    own(data, "mysql")
    return subprocess.Popen(words, user="mysql", group="mysql", extra_groups=[], stdout=subprocess.DEVNULL, stderr=open(folder / f"mariadb-{server}.log", "w"))


def wait(port, process, name, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"the server {name} ended at once; its log lies in the laboratory's folder")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise SystemExit(f"the server {name} did not answer within {seconds} s")


@contextlib.contextmanager
def started(folder):
    """Starts the eight servers, gives their ports, and ends them."""
    pki = folder / "pki"
    make_certificates(pki)
    own(folder, "postgres")
    run(POSTGRES_BIN / "initdb", "-D", folder / "postgres-new", "-U", "u", "--auth=trust", "--no-sync", user="postgres", group="postgres", extra_groups=[])
    run("mariadb-install-db", "--no-defaults", f"--datadir={folder}/mariadb-new", "--auth-root-authentication-method=normal", "--user=root", "--skip-test-db")
    ports = free_ports(8)
    by_kind = {"postgres": dict(zip(SERVERS, ports[:4])), "mysql": dict(zip(SERVERS, ports[4:]))}
    processes = []
    try:
        for kind, start in (("postgres", start_postgres), ("mysql", start_mariadb)):
            for server, port in by_kind[kind].items():
                processes.append((start(folder, pki, server, port), f"{kind} {server}", port))
        for process, name, port in processes:
            wait(port, process, name)
        yield by_kind
    finally:
        for process, _, _ in processes:
            process.terminate()
        for process, _, _ in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()
