#!/usr/bin/env python3
"""`make bench-clients`: rdsca check over the unpacked sources of 200 popular packages of PyPI, more than 1 GB.

The packages are those of bench-clients.txt, as wheels, downloaded by pip and unpacked below target/. Everything is walked as a source tree is:
no folder of packages is left out, as it is in an image. Three walks, of which the best time counts; what the machine's files take to be read
once is measured beside it (`cat` of all that is there). Prints times, what was found by rule and by level, and how many connections
get which answer; `--list FILE` writes every finding. Fails where a walk panics, or takes 10 s or more.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PACKAGES = ROOT / "scripts" / "bench-clients.txt"
PLACE = TARGET / "bench-clients"
RUNS, MOST_SECONDS = 3, 10.0


def names():
    lines = (line.strip() for line in PACKAGES.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def unpack(wheels):
    """Downloads what is not here yet, and unpacks it into a folder for each package."""
    tree = PLACE / "tree"
    wheels.mkdir(parents=True, exist_ok=True)
    for name in names():
        place = tree / name
        if place.exists():
            continue
        known = [path for path in wheels.glob("*.whl") if same(path, name)]
        if not known:
            pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "-d", wheels, name]
            subprocess.run(pip, check=True)
            known = [path for path in wheels.glob("*.whl") if same(path, name)]
        with zipfile.ZipFile(known[0]) as wheel:
            wheel.extractall(place)
    return tree


def same(wheel, name):
    """Whether a wheel is of that `name==version`."""
    own, version = wheel.name.split("-")[:2]
    return f"{own.replace('_', '-').replace('.', '-').lower()}=={version}" == name


def walk(rdsca, tree):
    """The report of a walk, its seconds, and whether it panicked."""
    started = time.monotonic()
    done = subprocess.run(
        [rdsca, "check", "--no-config", "--report", "json", "--fail-on", "never", tree], capture_output=True, text=True, check=False, cwd=tree
    )
    took = time.monotonic() - started
    return json.loads(done.stdout), took, "panicked" in done.stderr or done.returncode not in (0, 3)


def read_all(tree):
    started = time.monotonic()
    size = count = 0
    for folder, _, files in os.walk(tree):
        for name in files:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                with open(path, "rb") as file:
                    size += len(file.read())
                count += 1
    return size, count, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rdsca", nargs="?", default=str(TARGET / "release" / "rdsca"))
    parser.add_argument("--list", type=pathlib.Path, help="write every finding there, one line each")
    parser.add_argument("--wheels", type=pathlib.Path, default=PLACE / "wheels", help="where wheels are, or are put")
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    tree = unpack(options.wheels)
    size, count, reading = read_all(tree)
    times, panicked, report = [], False, {}
    for _ in range(options.runs):
        report, took, did = walk(pathlib.Path(options.rdsca).resolve(), tree)
        times.append(took)
        panicked |= did
    best = min(times)
    print(f"{len(names())} packages, {count} files, {size / 1e9:.2f} GB; read once by one thread in {reading:.1f} s")
    print(f"rdsca check: {best:.2f} s (of {', '.join(f'{took:.2f}' for took in times)}), {size / best / 1e6:.0f} MB/s")
    findings = report["findings"]
    rules = collections.Counter((finding["rule"], "open" if finding["kind"] == "open" else finding["level"]) for finding in findings)
    for (rule, level), number in sorted(rules.items()):
        print(f"{number:6} {level:8} {rule}")
    connections = [connection for target in report["targets"] for connection in target.get("connections", [])]
    answers = collections.Counter(connection["answer"] for connection in connections)
    print(f"{len(findings)} findings; {len(connections)} connections: {dict(answers)}")
    if options.list:
        place = lambda finding: f"{finding['location'].get('path', '')}:{finding['location'].get('startLine', '')}"
        lines = [f"{finding['level']}\t{finding['rule']}\t{place(finding)}\t{finding['message']}" for finding in findings]
        options.list.write_text("\n".join(lines) + "\n")
    if panicked:
        print("a walk panicked")
    return 1 if panicked or best >= MOST_SECONDS else 0


sys.exit(main())
