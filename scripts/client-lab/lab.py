#!/usr/bin/env python3
"""The client laboratory: measures what settings of database clients do, and writes it to testdata/clients/truth.json.

Starts PostgreSQL and MariaDB on loopback four times each (servers.py), installs real clients, and tries each setting against
all four, once with a store of authorities that does not know authority A (as no public store knows the authorities of RDS) and
once with one that does. Needs root, for it starts the servers as their own users and gives the machine a host name of its own
(in a mount namespace that ends with it). Run it by `make client-lab`.
"""

import collections
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import servers
import settings_debian
import settings_node
import settings_python
import settings_rust
import written
from verdict import SERVERS, verdict

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INSTALLED = ROOT / "target" / "client-lab"
TRUTH = ROOT / "testdata" / "clients" / "truth.json"
DEBIAN = ["postgresql", "mariadb-server", "openssl", "libmariadb-dev", "pkg-config", "gcc", "nodejs", "npm"]
MISSING = "/nonexistent/ca.pem"


class Lab:
    """Where the servers listen and what the clients are given."""

    def __init__(self, folder, ports):
        self.folder, self.ports = folder, ports
        self.ca = folder / "pki" / "A.pem"
        self.empty, self.home, self.home_with_root = folder / "empty-store.pem", folder / "home", folder / "home-with-root"
        # A store without authority A that is not empty, since some clients refuse an empty one.
        shutil.copy(folder / "pki" / "B.pem", self.empty)
        self.unrelated = folder / "unrelated.pem"
        servers.run(*"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=Unrelated -keyout".split(),
                    folder / "unrelated.key", "-out", self.unrelated)
        self.home.mkdir()
        (self.home_with_root / ".postgresql").mkdir(parents=True)
        shutil.copy(self.ca, self.home_with_root / ".postgresql" / "root.crt")
        servers.run("chmod", "-R", "a+rX", folder)

    def environment(self, knows_a):
        """The environment of a client, whose store of authorities knows A or does not."""
        store = self.ca if knows_a else self.unrelated
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        made = kept | {"HOME": str(self.home), "SSL_CERT_FILE": str(store), "SSL_CERT_DIR": "/nonexistent"}
        return made | ({"NODE_EXTRA_CA_CERTS": str(store)} if knows_a else {})

    def filled(self, environment):
        places = {"{CA}": str(self.ca), "{MISSING}": MISSING, "{HOME_WITH_ROOT}": str(self.home_with_root)}
        return {name: places.get(value, value) for name, value in environment.items()}

    def order(self, jobs, knows_a=False, **more):
        return json.dumps({"host": servers.HOST, "ca": str(self.ca), "CA": str(self.ca), "ports": self.ports, "jobs": jobs,
                           "environment": self.environment(knows_a), **more})


def call(words, text, environment, seconds=900):
    done = subprocess.run(words, input=text, capture_output=True, text=True, env=environment, timeout=seconds)
    if done.returncode != 0:
        raise SystemExit(f"{words[0]} failed: {done.stderr[-800:]}")
    return done.stdout


def python_environment(name, packages):
    folder = INSTALLED / re.sub(r"[^a-z0-9.]+", "-", name.lower())
    mark = folder / "installed.txt"
    wanted = "\n".join(packages)
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        servers.run(sys.executable, "-m", "venv", folder)
        servers.run(folder / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *packages)
        mark.write_text(wanted)
    return folder / "bin" / "python"


def node_modules(name, packages):
    folder = INSTALLED / name
    mark = folder / "installed.txt"
    wanted = "\n".join(f"{name}@{version}" for name, version in packages.items())
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        servers.run("npm", "install", "--prefix", folder, "--silent", "--no-audit", "--no-fund", *wanted.split("\n"))
        mark.write_text(wanted)
    return folder


def measure_python(lab):
    """Rows of the Python clients."""

    def measure(python, name, jobs, versions):
        def once(knows_a):
            order = lab.order(jobs, knows_a, preload=settings_python.PRELOAD)
            lines = call([python, HERE / "probe.py"], order, lab.environment(knows_a)).splitlines()
            return {line["id"]: line["outcomes"] for line in map(json.loads, lines)}

        without, with_a = once(False), once(True)
        for job in jobs:
            yield row(job, versions(job), without[job["id"]], with_a[job["id"]])

    python = python_environment("python-current", settings_python.CURRENT)
    listed = json.loads(call([python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"], "", lab.environment(False)))
    listed = {each["name"].lower().replace("_", "-"): each["version"] for each in listed}
    jobs = [job(lab, *each, "postgres") for each in settings_python.postgres()] + [job(lab, *each, "mysql") for each in settings_python.mysql()]
    yield from measure(python, "current", jobs, lambda job: listed[written.package(job["id"])])
    for package, server, settings in settings_python.older():
        name, version = package.split("==")
        python = python_environment(package, [f"{settings_python.PACKAGES.get(name, name)}=={version}", *settings_python.BESIDE.get(package, [])])
        jobs = [job(lab, f"{package} {said}", code, {}, server) for said, code in settings]
        yield from measure(python, package, jobs, lambda job: version)


def job(lab, id, code, environment, server, client=None):
    return {"id": id, "code": code, "environment": lab.filled(environment), "asked": environment, "server": server, "client": client}


def measure_node(lab):
    """Rows of the Node.js clients."""
    for name, packages, settings in (("node-current", settings_node.CURRENT, settings_node.settings), ("node-older", settings_node.OLDER, settings_node.older)):
        modules = node_modules(name, packages)
        jobs = []
        for id, client, code, environment in settings():
            jobs.append(job(lab, id, code, environment, "mysql" if re.search("mysql|mariadb", client) else "postgres", client))
        outcomes = {True: {}, False: {}}
        for knows_a in (False, True):
            for environment in {json.dumps(each["environment"], sort_keys=True) for each in jobs}:
                some = [each for each in jobs if json.dumps(each["environment"], sort_keys=True) == environment]
                around = lab.environment(knows_a) | json.loads(environment)
                lines = call(["node", "--no-warnings", HERE / "probe.cjs"], lab.order(some, knows_a, modules=str(modules)), around).splitlines()
                outcomes[knows_a] |= {line["id"]: line["outcomes"] for line in map(json.loads, lines)}
        for each in jobs:
            version = json.loads((modules / "node_modules" / each["client"].split("-")[0] / "package.json").read_text())["version"]
            yield row(each, version, outcomes[False][each["id"]], outcomes[True][each["id"]])


def debian_version(package):
    said = servers.run("dpkg-query", "-W", "-f=${Version}", package)
    return re.sub(r"^\d+:|[-+~].*$", "", said)


def measure_debian(lab):
    """Rows of the clients that Debian packages."""
    probe = lab.folder / "go-probe"
    go = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(INSTALLED / "go-cache"), "GOFLAGS": "", "HOME": str(lab.home)}
    servers.run("go", "build", "-o", probe, HERE / "go" / "probe.go", env=os.environ | go)
    kind = lambda client: "mysql" if re.search("mysql|mariadb", client) else "postgres"
    jobs = [job(lab, id, code, environment, kind(client), client) for id, client, code, environment in settings_debian.go()]
    outcomes = {True: {}, False: {}}
    for knows_a in (False, True):
        for each in jobs:
            line = json.loads(call([probe], lab.order([each], knows_a), lab.environment(knows_a) | each["environment"]))
            outcomes[knows_a][each["id"]] = line["outcomes"]
    for each in jobs:
        yield row(each, debian_version(settings_debian.CLIENTS[each["client"]]), outcomes[False][each["id"]], outcomes[True][each["id"]])

    store = lab.folder / "java-store"
    for name, certificate in (("unrelated", lab.unrelated), ("with-a", lab.ca)):
        servers.run("keytool", "-importcert", "-noprompt", "-storepass", "laboratory", "-alias", name, "-file", certificate, "-keystore", f"{store}-{name}")
    jars = "/usr/share/java/postgresql.jar:/usr/share/java/mariadb-java-client.jar"
    classes = lab.folder / "classes"
    servers.run("javac", "-d", classes, HERE / "Probe.java")
    java = lambda knows_a: ["java", f"-Duser.home={lab.home}", f"-Djavax.net.ssl.trustStore={store}-{'with-a' if knows_a else 'unrelated'}",
                            "-Djavax.net.ssl.trustStorePassword=laboratory", "-cp", f"{classes}:{jars}", "Probe", servers.HOST]
    commands = {
        settings_debian.java: java,
        settings_debian.ruby: lambda knows_a: ["ruby", HERE / "probe.rb", servers.HOST, lab.ca],
        settings_debian.php: lambda knows_a: ["php", HERE / "probe.php", servers.HOST, lab.ca],
    }
    for settings, command in commands.items():
        jobs = [job(lab, id, code, environment, kind(client), client) for id, client, code, environment in settings()]
        outcomes = {True: collections.defaultdict(dict), False: collections.defaultdict(dict)}
        for knows_a in (False, True):
            for environment in {json.dumps(each["environment"], sort_keys=True) for each in jobs}:
                lines = []
                for each in jobs:
                    if json.dumps(each["environment"], sort_keys=True) == environment:
                        code = each["code"]
                        if settings is settings_debian.java:
                            code = code.replace("=CA", f"={lab.ca}").replace("=MISSING", f"={MISSING}")
                        lines += ["\t".join((f"{each['id']}\x1f{server}", each["client"], code, str(lab.ports[each["server"]][server]))) for server in SERVERS]
                said = call(command(knows_a), "\n".join(lines) + "\n", lab.environment(knows_a) | json.loads(environment))
                for line in said.splitlines():
                    place, outcome = line.split("\t", 1)
                    id, server = place.split("\x1f")
                    outcomes[knows_a][id][server] = outcome
        for each in jobs:
            yield row(each, debian_version(settings_debian.CLIENTS[each["client"]]), outcomes[False][each["id"]], outcomes[True][each["id"]])


def measure_rust(lab):
    """Rows of the Rust clients, whose probe is a package of its own."""
    target = INSTALLED / "rust"
    servers.run("cargo", "build", "--quiet", "--locked", "--manifest-path", HERE / "rust" / "Cargo.toml", "--target-dir", target)
    locked = dict(re.findall(r'name = "([^"]+)"\nversion = "([^"]+)"', (HERE / "rust" / "Cargo.lock").read_text()))
    jobs = [job(lab, id, code, {}, "mysql" if client == "sqlx-mysql" else "postgres", client) for id, client, code in settings_rust.settings()]
    outcomes = {}
    for knows_a in (False, True):
        lines = call([target / "debug" / "client-lab"], lab.order(jobs, knows_a), lab.environment(knows_a)).splitlines()
        outcomes[knows_a] = {line["id"]: line["outcomes"] for line in map(json.loads, lines)}
    for each in jobs:
        yield row(each, locked[each["client"].removesuffix("-pg").removesuffix("-mysql")], outcomes[False][each["id"]], outcomes[True][each["id"]])


def row(job, version, without, with_a):
    """A row of the truth table. Outcomes with a store that knows authority A stand there only where they differ."""
    word = lambda outcomes: {server: outcomes[server].split(" ")[0] for server in SERVERS}
    made = {"id": job["id"], "driver": written.driver(job["id"]), "version": version}
    file, code = written.code(job)
    made |= {"file": file, "code": code} if code else {}
    asked = {name: value for name, value in job["asked"].items() if name != "HOME"}
    if asked:
        made["environment"] = {name: {"{CA}": written.CA, "{MISSING}": MISSING}.get(value, value) for name, value in asked.items()}
    if "HOME" in job["asked"]:
        made["homeRoot"] = True
    made["outcomes"] = word(without)
    if word(with_a) != word(without):
        made["whereStoreKnows"] = word(with_a)
    made["verdict"] = verdict(word(without), word(with_a))
    if os.environ.get("CLIENT_LAB_WORDS"):
        made["words"] = {"without": without, "with": with_a}
    return made


def prepare():
    """Installs what Debian has; looks first, so that nothing is asked where all is there."""
    wanted = DEBIAN + [each for packages in settings_debian.PACKAGES.values() for each in packages]
    known = subprocess.run(["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *wanted], capture_output=True, text=True).stdout
    missing = set(wanted) - {line.split()[0] for line in known.splitlines() if line.endswith(" installed")}
    missing -= {each for each in ("nodejs", "npm") if shutil.which({"nodejs": "node"}.get(each, each))}
    if missing:
        print("Installing from Debian:", *sorted(missing), flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        servers.run("apt-get", "-qq", "update", env=environment)
        servers.run("apt-get", "-qq", "install", "-y", "--no-install-recommends", *sorted(missing), env=environment)


def main():
    if os.geteuid() != 0:
        raise SystemExit("the client laboratory starts servers as their own users, and so must be run by root")
    if os.environ.get("CLIENT_LAB_APART") != "1":
        prepare()
        os.environ["CLIENT_LAB_APART"] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, __file__, *sys.argv[1:]])
    with tempfile.TemporaryDirectory(prefix="client-lab-") as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        hosts = folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n127.0.0.1 {servers.HOST}\n")
        servers.run("mount", "--bind", hosts, "/etc/hosts")
        inside = folder / "servers"
        inside.mkdir()
        with servers.started(inside) as ports:
            lab = Lab(inside, ports)
            measures = (measure_python, measure_node, measure_debian, measure_rust)
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                rows = [each for some in pool.map(lambda measure: list(measure(lab)), measures) for each in some]
            about = {
                "about": "Made by `make client-lab`; what each verdict means stands in docs/clients.md.",
                "at": datetime.date.today().isoformat(),
                "servers": {
                    "PostgreSQL": servers.run(servers.POSTGRES_BIN / "postgres", "--version").split()[2],
                    "MariaDB": re.search(r"[\d.]+-MariaDB", servers.run("mariadbd", "--version"))[0].removesuffix("-MariaDB"),
                },
                "runtimes": {"Python": sys.version.split()[0], "Node.js": servers.run("node", "--version").strip()[1:],
                             "OpenSSL": servers.run("openssl", "version").split()[1]},
            }
    twice = [id for id, count in collections.Counter(each["id"] for each in rows).items() if count > 1]
    if twice:
        raise SystemExit(f"these settings stand twice: {twice}")
    TRUTH.parent.mkdir(parents=True, exist_ok=True)
    head = json.dumps(about, indent=2)[:-2]
    lines = ",\n".join("    " + json.dumps(each, ensure_ascii=False) for each in rows)
    TRUTH.write_text(f'{head},\n  "rows": [\n{lines}\n  ]\n}}\n')
    drivers = collections.Counter(each["driver"] for each in rows)
    print(f"{len(rows)} settings of {len(drivers)} clients:", ", ".join(f"{driver} {count}" for driver, count in drivers.most_common()))
    print("verdicts:", ", ".join(f"{word} {count}" for word, count in collections.Counter(each["verdict"] for each in rows).most_common()))


if __name__ == "__main__":
    main()
