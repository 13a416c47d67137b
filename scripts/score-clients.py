#!/usr/bin/env python3
"""Scores rdsca, bandit and semgrep on labelled snippets of real programs.

Usage: score-clients.py [RDSCA] [SNIPPETS]

SNIPPETS is a file of JSON lines (id, language, label, text); by default that of the shared folder beside the repository, or below
RDSCA_SHARED. bandit and semgrep are installed from PyPI below target/ and run on the same files with the rules that come in packages (semgrep's
own wheel has none; njsscan is a set of rules for it), beside a file in which each must find something. Ends with 1 where fewer than 95 % of
the decidable snippets in a language that is read get the right answer, or one that verifies is called unverified.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SHARED = pathlib.Path(os.environ.get("RDSCA_SHARED", ROOT.parent / "shared"))
OTHERS = ["bandit==1.9.4", "semgrep==1.185.0"]
# Of it only its rules are wanted; it asks for another semgrep.
RULES = "njsscan==1.0.2"
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


def install():
    """bandit, semgrep and njsscan from PyPI, below target/; none where they can't be had."""
    tools = TARGET / "score-clients"
    if not (tools / "bin/njsscan").exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", str(tools)], check=True)
            subprocess.run([str(tools / "bin/pip"), "install", "-q", *OTHERS], check=True)
            subprocess.run([str(tools / "bin/pip"), "install", "-q", "--no-deps", RULES], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"skipped: the other tools can't be installed: {error}")
            return None
    return tools


def bandit(tools, folder):
    """Where bandit's rules about TLS find something: passwords in the code and asserts have nothing to do with it."""
    tls = {"B323", "B501", "B502", "B503", "B504"}
    done = subprocess.run([tools / "bin/bandit", "-q", "-r", "-f", "json", folder], capture_output=True, text=True, check=False)
    results = json.loads(done.stdout or "{}").get("results", [])
    return [result["filename"] for result in results if result["test_id"] in tls]


def semgrep(tools, folder, rules):
    """Where semgrep finds something with rules in a folder."""
    environment = {**os.environ, "PATH": f"{tools / 'bin'}:{os.environ['PATH']}", "SEMGREP_SEND_METRICS": "off"}
    command = [tools / "bin/semgrep", "scan", "--json", "--quiet", "--metrics=off", "--disable-version-check", "--no-git-ignore", "--config", rules, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return [result["path"] for result in json.loads(done.stdout or "{}").get("results", [])]


def others(folder):
    """By tool and rules, the snippets in which it finds anything."""
    tools = install()
    if tools is None:
        return {}
    packages = next(tools.glob("lib/python*/site-packages"))
    version = lambda name: next((path.name.removesuffix(".dist-info").split("-")[1] for path in packages.glob(f"{name}-*.dist-info")), "")
    found = {f"bandit {version('bandit')}, its rules about TLS": bandit(tools, folder)}
    own = [path for path in packages.glob("semgrep/**/*.y*ml") if path.read_text(errors="replace").startswith("rules:")]
    if own:
        found[f"semgrep {version('semgrep')}, its own rules"] = semgrep(tools, folder, own[0].parent)
    else:
        print(f"semgrep {version('semgrep')}: its wheel brings no rules; those of its registry need a network that is not asked for here")
    theirs = packages / "njsscan/rules/semantic_grep"
    found[f"semgrep {version('semgrep')}, njsscan {version('njsscan')}'s rules"] = semgrep(tools, folder, theirs)
    return {name: {pathlib.Path(path).parent.name for path in paths} for name, paths in found.items()}


def control(folder):
    """Something that each of them must find, so that finding nothing means that there is nothing it knows."""
    place = folder / "control"
    place.mkdir()
    (place / "control.py").write_text("import ssl, requests\nrequests.get('https://a.example', verify=False)\n")
    (place / "control.js").write_text("process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';\n")


def main():
    rdsca = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/debug/rdsca")
    source = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else SHARED / "clients/snippets.jsonl"
    if not source.exists():
        print(f"skipped: there is no {source}")
        return 0
    right, decidable, slandered, wrong, unverified, told = 0, 0, [], [], set(), set()
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
            if "not-verified" in found:
                told.add(snippet["id"])
            if wanted == "verifies" and "not-verified" in found:
                slandered.append(snippet["id"])
            if wanted is None:
                continue
            decidable += 1
            if found == {wanted}:
                right += 1
            else:
                wrong.append(f"{snippet['id']} {snippet['language']} {snippet['driver']}: {sorted(found)} and not {wanted}: {snippet['why']}")
        control(pathlib.Path(folder))
        tools = others(folder)
    print("\n".join(wrong))
    print(f"rdsca: {right} of {decidable} right ({100 * right / decidable:.1f} %), {len(slandered)} that verify called unverified {slandered}")
    for tool, files in tools.items():
        seen = "" if "control" in files else " (and nothing in the control: it did not run)"
        print(f"{tool}: finds something in {len(files & unverified)} of {len(unverified)} that do not verify {sorted(files & unverified)}{seen}")
    print(f"rdsca: finds {len(told & unverified)} of {len(unverified)} that do not verify")
    return 0 if not slandered and right * 100 >= decidable * 95 else 1


sys.exit(main())
