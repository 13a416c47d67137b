#!/usr/bin/env python3
"""Makes src/bundle/catalog.tsv from a folder of facts (catalog.json).

    python3 tools/catalog.py FACTS_FOLDER > src/bundle/catalog.tsv

catalog.json holds every authority that AWS has published (`certs`), the bundles seen (`bundles`, each with the fingerprints in
it) and the bundles known by hash only (`known_but_not_in_hand`). Only what AWS published itself becomes a publication; what
others put together from it (npm, PyPI) and the PKCS#7 forms, which hold the same sets, do not.
"""

import json
import re
import sys
from pathlib import Path

HEADER = """\
# What AWS has published: the authorities (CA certificates), and the publications (dated bundles) made of them.
# Made by tools/catalog.py from a folder of facts; do not edit. To refresh: python3 tools/catalog.py FACTS > src/bundle/catalog.tsv
# authority    SHA-256 of the DER    common name    region, or -    generation    not before    not after    root or intermediate
# publication  first seen    kind    region, or -    SHA-256 of the file    size, or -    count, or -    first 8 digits of each authority, or - where unknown
"""

GENERATIONS = {
    "rds-2010": "2010",
    "rds-ca-2015": "2015",
    "rds-govcloud-2017/2018": "2017",
    "rds-ca-2019": "2019",
    "rds-ca-2019-era-regional": "2019",
    "rds-ca-rsa2048-g1": "rsa2048-g1",
    "rds-ca-rsa4096-g1": "rsa4096-g1",
    "rds-ca-ecc384-g1": "ecc384-g1",
    "amazon-trust-services": "amazon-trust",
    "other": "amazon-trust",  # Starfield Services Root Certificate Authority - G2, the root above Amazon Root CA 1 to 4
}
PREFIX = 8


def region(text):
    """Beta and preview authorities verify nothing that a customer can connect to; `global` ones belong to no region."""
    return text if text and re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", text) else "-"


def kind(bundle):
    name = bundle["name"]
    if bundle["kind"] == "legacy":
        return "root" if re.match(r"rds-ca-\d{4}-root", name) else "combined"
    return {"global": "global", "regional": "regional", "govcloud-global": "govcloud"}.get(bundle["kind"])


def first_seen(bundle):
    """The date in the name; a month stands for its first day."""
    dates = sorted(source["commit_date"][:10] for source in bundle.get("sources", []) if source.get("commit_date"))
    found = re.search(r"_(\d{4}-\d{2}(?:-\d{2})?)", bundle["name"])
    if found:
        return found[1] if len(found[1]) == 10 else next((d for d in dates if d.startswith(found[1])), found[1] + "-01")
    return dates[0] if dates else re.search(r"\d{4}", bundle["name"])[0] + "-01-01"


def main():
    facts = json.loads((Path(sys.argv[1]) / "catalog.json").read_text())
    prefixes = {cert["sha256"][:PREFIX] for cert in facts["certs"]}
    assert len(prefixes) == len(facts["certs"]), "two authorities share a prefix; make PREFIX larger, here and in catalog.rs"
    print(HEADER, end="")
    for cert in sorted(facts["certs"], key=lambda c: (GENERATIONS[c["generation"]], c["subject_cn"], c["sha256"])):
        print(
            "authority", cert["sha256"], cert["subject_cn"], region(cert["region"]), GENERATIONS[cert["generation"]],
            cert["not_before"].replace("+00:00", "Z"), cert["not_after"].replace("+00:00", "Z"),
            "root" if cert["self_signed"] else "intermediate", sep="\t",
        )
    rows = []
    for bundle in facts["bundles"]:
        if kind(bundle):
            regions = [r for r in bundle["regions"] if region(r) != "-"]
            area = regions[0] if len(regions) == 1 else "-"
            rows.append((first_seen(bundle), kind(bundle), area, bundle["sha256"], bundle["size"], bundle["cert_count"],
                         ",".join(f[:PREFIX] for f in bundle["fingerprints_in_order"])))
    for bundle in facts["known_but_not_in_hand"]:
        words = bundle.get("kind", "global").split()
        name = {"china-global": "china", "govcloud-global": "govcloud"}.get(words[0], words[0])
        rows.append((bundle.get("first_documented", "-"), name, words[1] if len(words) > 1 else "-", bundle["sha256"],
                     bundle.get("size", "-"), bundle.get("cert_count", "-"), "-"))
    for row in sorted(rows, key=lambda row: (row[1], row[2], row[0], row[3])):
        print("publication", *row, sep="\t")


if __name__ == "__main__":
    main()
