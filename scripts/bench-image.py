#!/usr/bin/env python3
"""Makes the images of `make bench-scan`: an OCI layout with the tags top, base and missing.

Each has eight gzip layers of 570 MB in all, filled with files of this machine's /usr, on the root of an Amazon Linux 2023. They
share all layers but the one that holds the bundle: the topmost, the lowest, or none. Usage: bench-image.py FOLDER"""
import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUNDLE = ROOT / "testdata" / "bundles" / "global-2025-08.pem"
PLACE = "etc/pki/ca-trust/extracted/pem/directory-hash"
OS_RELEASE = b'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nVERSION_ID="2023"\n'
# Bytes of each layer, uncompressed: a base, a runtime, libraries, and ever less of an application.
SIZES = [size * 1_000_000 for size in (75, 150, 120, 90, 60, 40, 25, 10)]
LARGEST_FILE = 8_000_000


def files():
    """Files of this machine, folder by folder, the folders in an order that mixes programs, libraries and texts."""
    folders = []
    for top in "bin", "include", "lib", "share":
        for folder, _, names in os.walk(f"/usr/{top}"):
            folders.append((hashlib.sha256(folder.encode()).hexdigest(), folder, sorted(names)))
    for _, folder, names in sorted(folders):
        for name in names:
            path = pathlib.Path(folder, name)
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST_FILE:
                yield path


def entry(archive, name, body=None, link=None, mode=None):
    info = tarfile.TarInfo(name)
    info.type = tarfile.SYMTYPE if link else tarfile.DIRTYPE if body is None else tarfile.REGTYPE
    info.linkname = link or ""
    info.mode = mode or (0o755 if body is None else 0o644)
    info.size = len(body or b"")
    archive.addfile(info, io.BytesIO(body or b""))


def fill(archive, source, size):
    """Adds files from `source` with the folders above them until there are `size` bytes."""
    made = set()
    while archive.offset < size:
        path = next(source, None)
        if path is None:
            sys.exit("this machine has too few files below /usr")
        for above in reversed(path.relative_to("/").parents[:-1]):
            if above not in made:
                made.add(above)
                entry(archive, str(above))
        try:
            entry(archive, str(path.relative_to("/")), path.read_bytes(), mode=path.stat().st_mode & 0o7777)
        except PermissionError:
            continue


class Hashed:
    """A file that is hashed as it is written."""

    def __init__(self, below):
        self.below, self.sha256, self.size = below, hashlib.sha256(), 0

    def write(self, data):
        self.sha256.update(data)
        self.size += len(data)
        return self.below.write(data)

    def flush(self):
        self.below.flush()


class Layout:
    def __init__(self, folder):
        self.folder, self.manifests = folder, []
        self.blobs = folder / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')

    def layer(self, write):
        """A gzip layer as its descriptor, its DiffID and its size."""
        scratch = self.blobs / "unfinished"
        with open(scratch, "wb") as below:
            stored = Hashed(below)
            with gzip.GzipFile(fileobj=stored, mode="wb", compresslevel=6, mtime=0) as packed:
                raw = Hashed(packed)
                with tarfile.open(fileobj=raw, mode="w|", format=tarfile.PAX_FORMAT) as archive:
                    write(archive)
        digest = stored.sha256.hexdigest()
        scratch.rename(self.blobs / digest)
        kind = "application/vnd.oci.image.layer.v1.tar+gzip"
        descriptor = {"mediaType": kind, "digest": f"sha256:{digest}", "size": stored.size}
        return descriptor, f"sha256:{raw.sha256.hexdigest()}", raw.size

    def document(self, kind, value):
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        (self.blobs / digest).write_bytes(data)
        return {"mediaType": f"application/vnd.oci.image.{kind}.v1+json", "digest": f"sha256:{digest}", "size": len(data)}

    def image(self, tag, layers):
        config = {"architecture": "amd64", "os": "linux", "config": {"User": "1000"}}
        config["rootfs"] = {"type": "layers", "diff_ids": [diff_id for _, diff_id, _ in layers]}
        config["history"] = [{"created_by": f"layer {number + 1}"} for number in range(len(layers))]
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
        manifest |= {"config": self.document("config", config), "layers": [layer for layer, _, _ in layers]}
        annotations = {"org.opencontainers.image.ref.name": tag}
        self.manifests.append(self.document("manifest", manifest) | {"annotations": annotations})
        stored, raw = (sum(sizes) / 1e6 for sizes in zip(*((layer["size"], size) for layer, _, size in layers)))
        print(f"  {tag:<8} {len(layers)} layers, {stored:.0f} MB of gzip, {raw:.0f} MB unpacked")

    def finish(self):
        (self.folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": self.manifests}))


def bundle(archive):
    entry(archive, f"{PLACE}/rds-ca.pem", BUNDLE.read_bytes())


def base(archive):
    """What an Amazon Linux 2023 has, as far as it matters here."""
    for name in "etc", "etc/ssl", "etc/pki", "etc/pki/ca-trust", "etc/pki/ca-trust/extracted", "etc/pki/ca-trust/extracted/pem":
        entry(archive, name)
    entry(archive, PLACE)
    entry(archive, "etc/ssl/certs", link=f"/{PLACE}")
    entry(archive, "etc/os-release", OS_RELEASE)
    entry(archive, "etc/passwd", b"root:x:0:0:root:/root:/bin/bash\n")
    entry(archive, "etc/group", b"root:x:0:\n")


def main():
    final = pathlib.Path(sys.argv[1])
    folder = final.with_name(final.name + ".unfinished")
    shutil.rmtree(folder, ignore_errors=True)
    layout, source = Layout(folder), files()
    lowest, middle, topmost = SIZES[0], SIZES[1:-1], SIZES[-1]
    # The same files in both variants of a layer.
    below = list(take(source, lowest))
    between = [layout.layer(lambda archive, size=size: fill(archive, source, size)) for size in middle]
    above = list(take(source, topmost))

    def variant(paths, size, *before):
        def write(archive):
            for one in before:
                one(archive)
            fill(archive, iter(paths), size)

        return layout.layer(write)

    lower, upper = variant(below, lowest, base), variant(above, topmost)
    layout.image("top", [lower, *between, variant(above, topmost, bundle)])
    layout.image("base", [variant(below, lowest, base, bundle), *between, upper])
    layout.image("missing", [lower, *between, upper])
    layout.finish()
    shutil.rmtree(final, ignore_errors=True)
    folder.rename(final)


def take(source, size):
    """Files of a little more than `size` bytes."""
    taken = 0
    while taken < size and (path := next(source, None)):
        taken += path.stat().st_size + 512
        yield path


main()
