#!/usr/bin/env python3
"""Holds testdata/clients/truth.json against other measurements of the same settings.

Usage: compare.py FOLDER, with results_*.jsonl in it; a line there has an `id` and outcomes (`ssl`, `PLAIN` or an error) against
the four servers, under `r`, or under `store_without_A` and `store_with_A`.
"""

import glob
import json
import pathlib
import re
import sys

from verdict import SERVERS, verdict

TRUTH = pathlib.Path(__file__).resolve().parent.parent.parent / "testdata" / "clients" / "truth.json"
# The same setting under another name there.
NAMES = [(r"LAB/pki/caA\.pem|\{CA\}", "CA"), (r"^lib/pq 1\.10\.7 ", "lib/pq "), (r"^pgx v4 ", "pgx "), (r"^mariadb-jdbc-2\.7", "mariadb-jdbc"),
         (r"ctx\[TLS_CLIENT-noload\]", "ctx[TLS_CLIENT]"), (r" sslrootcert:CA only$", " sslrootcert:CA"), (r":missing", ":MISSING"), (r"'/nonexistent/ca\.pem'", "MISSING"),
         (r"/nonexistent\.pem", "MISSING"), (r"^(lib/pq|pgx|PDO pgsql|ruby-pg) $", r"\1 (no sslmode)"), (r"^(go-sql-driver/mysql) $", r"\1 (none)"),
         (r"^(sqlx-\w+ URL) $", r"\1 (no query)"), (r" default connector", "")]


def name(id):
    for pattern, put in NAMES:
        id = re.sub(pattern, put, id)
    return id


def words(outcomes):
    return {server: {"ssl": "tls", "PLAIN": "plain"}.get(outcomes[server], "refuses") for server in SERVERS}


def main():
    ours = {name(row["id"]): row for row in json.loads(TRUTH.read_text())["rows"]}
    same, different, theirs_only = 0, [], []
    seen = set()
    for file in sorted(glob.glob(f"{sys.argv[1]}/results_*.jsonl")):
        for line in map(json.loads, open(file)):
            # The older ones were measured there without the extension in C.
            id = re.sub(r"^(mysql-connector==\S+) ", r"\1 (pure) ", name(line["id"]))
            without = words(line.get("r") or line["store_without_A"])
            with_a = words(line.get("r") or line["store_with_A"])
            if id not in ours:
                theirs_only.append(id)
                continue
            seen.add(id)
            row = ours[id]
            known = row.get("whereStoreKnows", row["outcomes"])
            # Where the others did not try a store that knows A, that can't differ.
            if row["outcomes"] == without and ("r" in line or known == with_a):
                same += 1
            else:
                different.append((id, row["version"], verdict(without, with_a), row["verdict"], without, row["outcomes"]))
    print(f"{same} of {len(seen)} settings that both measured have the same outcomes; {len(ours) - len(seen)} are measured here only, {len(theirs_only)} there only")
    for id, version, theirs, mine, without, outcomes in different:
        print(f"  {id} ({version}): there {theirs} {list(without.values())}, here {mine} {list(outcomes.values())}")
    if "--all" in sys.argv:
        print("there only:", *theirs_only, sep="\n  ")


main()
