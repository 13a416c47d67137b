#!/usr/bin/env python3
"""Scores rdsca, bandit and semgrep on labelled snippets of real programs.

Usage: score-clients.py [RDSCA] [SNIPPETS]

SNIPPETS is a file of JSON lines (id, language, label, text); by default that of the shared folder beside the repository, or below
RDSCA_SHARED. bandit and semgrep are run where they are on PATH, with the rules that come with them. Ends with 1 where fewer than 95 % of
the decidable snippets in a language that is read get the right answer, or one that verifies is called unverified.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get("RDSCA_SHARED", ROOT.parent / "shared"))
NAMES = {
    "python": "app.py", "javascript": "app.js", "typescript": "app.ts", "java": "App.java", "go": "main.go", "dotenv": ".env",
    "yaml": "values.yaml", "shell": "run.sh", "dockerfile": "Dockerfile", "properties": "application.properties", "sql": "a.sql",
    "php": "app.php", "csharp": "App.cs", "fsharp": "App.fs", "rust": "main.rs", "text": "settings.conf", "bicep": "main.bicep", "ini": "app.service", "markdown": "page.md",
}
ANSWERS = {"verifies": "verifies", "does-not-verify": "not-verified"}


def name(snippet):
    """What a snippet is called; prose around it makes it a page."""
    return NAMES.get(snippet["language"].split(" ")[0].split("/")[0], "app.txt")


def answers(rdsca, path):
    """All answers of rdsca about a file; of connections to nowhere else, too."""
    done = subprocess.run(
        [rdsca, "check", "--no-config", "--report", "json", "--fail-on", "never", str(path)], capture_output=True, text=True, check=False
    )
    if not done.stdout:
        return set()
    report = json.loads(done.stdout)
    return {connection["answer"] for target in report["targets"] for connection in target.get("connections", [])}


def others(folder):
    """The files in which bandit and semgrep find anything."""
    found = {}
    if shutil.which("bandit"):
        done = subprocess.run(["bandit", "-q", "-r", "-f", "json", str(folder)], capture_output=True, text=True, check=False)
        results = json.loads(done.stdout or "{}").get("results", [])
        # Passwords in the code and asserts have nothing to do with it.
        tls = {"B323", "B501", "B502", "B503", "B504"}
        found["bandit"] = {pathlib.Path(result["filename"]).parent.name for result in results if result["test_id"] in tls}
    return found


def main():
    rdsca = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/debug/rdsca")
    source = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else SHARED / "clients/snippets.jsonl"
    if not source.exists():
        print(f"skipped: there is no {source}")
        return 0
    right, decidable, slandered, wrong, unverified = 0, 0, [], [], set()
    with tempfile.TemporaryDirectory() as folder:
        for line in source.read_text().splitlines():
            snippet = json.loads(line)
            place = pathlib.Path(folder) / snippet["id"]
            place.mkdir()
            path = place / name(snippet)
            path.write_text(snippet["text"])
            if snippet["label"] == "does-not-verify":
                unverified.add(snippet["id"])
            wanted = ANSWERS.get(snippet["label"])
            found = answers(rdsca, path)
            if wanted == "verifies" and "not-verified" in found:
                slandered.append(snippet["id"])
            if wanted is None:
                continue
            decidable += 1
            if found == {wanted}:
                right += 1
            else:
                wrong.append(f"{snippet['id']} {snippet['language']} {snippet['driver']}: {sorted(found)} and not {wanted}: {snippet['why']}")
        tools = others(folder)
    print("\n".join(wrong))
    print(f"rdsca: {right} of {decidable} right ({100 * right / decidable:.1f} %), {len(slandered)} that verify called unverified {slandered}")
    for tool, files in tools.items():
        print(f"{tool}: finds something in {len(files & unverified)} of {len(unverified)} that do not verify")
    return 0 if not slandered and right * 100 >= decidable * 95 else 1


sys.exit(main())
