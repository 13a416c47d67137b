#!/usr/bin/env python3
"""Part of `make bench-memory`: a layer of 10 GiB and one of 2 million entries, each in a `docker save` stream that is made while
rdsca reads it, so that nothing of it lies on a disk. Prints the time and the memory, and fails above 64 MiB."""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
MOST = 64
BLOCK = os.urandom(1 << 20)


def header(name, size, kind=b"0"):
    """A ustar header."""
    fields = [name.encode().ljust(100, b"\0"), b"0000644\0", b"0000000\0", b"0000000\0", b"%011o\0" % size, b"00000000000\0"]
    block = b"".join(fields) + b" " * 8 + kind + b"\0" * 100 + b"ustar\x0000"
    block = block.ljust(512, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def ten_gibibytes():
    for number in range(10):
        yield header(f"opt/model/{number}", 1 << 30)
        for _ in range(1 << 10):
            yield BLOCK
    yield bytes(1024)


def two_million_entries():
    for folder in range(2000):
        yield header(f"srv/{folder}/", 0, b"5") + b"".join(header(f"srv/{folder}/{name}", 0) for name in range(999))
    yield bytes(1024)


def scan(name, layer):
    digest, size = hashlib.sha256(), 0
    for part in layer():
        digest.update(part)
        size += len(part)
    config = {"os": "linux", "architecture": "amd64", "config": {}, "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest.hexdigest()}"]}}
    config = json.dumps(config).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["bench:1"], "Layers": ["layer.tar"]}]).encode()
    with tempfile.TemporaryFile() as output:
        begin = time.monotonic()
        command = [TARGET / "release/rdsca", "scan", "-", "--no-config", "--no-cache", "--report", "json", "--at", "2026-11-24"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output)
        with process.stdin as stream:
            for file, body in (("config.json", config), ("manifest.json", manifest)):
                stream.write(header(file, len(body)) + body + bytes(-len(body) % 512))
            # More than 8 GiB do not fit into octal digits: GNU's numbers are big-endian with the first bit set.
            large = header("layer.tar", 0)[:124] + b"\x80" + size.to_bytes(11, "big") + header("layer.tar", 0)[136:]
            large = large[:148] + b" " * 8 + large[156:]
            stream.write(large[:148] + b"%06o\0 " % sum(large) + large[156:])
            for part in layer():
                stream.write(part)
            stream.write(bytes(-size % 512) + bytes(1024))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        report = json.load(output)
    if report["notScanned"]:
        sys.exit(f"{name}: {report['notScanned']}")
    memory = usage.ru_maxrss / 1024
    wall, processors = time.monotonic() - begin, usage.ru_utime + usage.ru_stime
    print(f"{name:24} {size / (1 << 30):6.2f} GiB {wall:7.1f} s {processors:7.1f} s CPU {memory:7.1f} MiB at most (under {MOST})", flush=True)
    return memory < MOST


if __name__ == "__main__":
    fits = [scan("a layer of 10 GiB", ten_gibibytes), scan("2 million entries", two_million_entries)]
    sys.exit(not all(fits))
