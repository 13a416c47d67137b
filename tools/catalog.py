#!/usr/bin/env python3
"""Writes src/bundle/catalog.tsv from a folder of facts.

usage: tools/catalog.py FACTS/catalog.json > src/bundle/catalog.tsv

The facts are one JSON file: every certificate ever seen in an RDS bundle ("certs": sha256, subject_cn, region, generation, not_before,
not_after, self_signed) and every bundle ("bundles": name, kind, sha256, fingerprints_in_order; "known_but_not_in_hand": sha256,
cert_count, first_documented). When AWS publishes a new bundle, add it there and run this again; nothing else needs to change."""
import json
import re
import sys

# Kinds of bundles that AWS itself has published; what others made of them is no publication.
KINDS = {"global": "global", "regional": "regional", "govcloud-global": "govcloud", "legacy": "retired", "china-global": "china"}


def scope(bundle):
    kind = bundle["kind"]
    if kind.startswith("regional"):
        region = kind.removeprefix("regional").strip() or re.match(r"(.*)-bundle_", bundle["name"]).group(1)
        return "regional:" + region
    return KINDS.get(kind)


def main():
    facts = json.load(open(sys.argv[1]))
    print("# Every RDS authority, and every publication of a bundle. Made by tools/catalog.py; do not edit by hand.")
    print("# authority\tSHA-256 of the certificate\tgeneration\tregion\tnot before\tnot after\troot or intermediate\tcommon name")
    order = sorted(facts["certs"], key=lambda c: (c["generation"], c["region"] or "", c["sha256"]))
    number = {cert["sha256"]: index for index, cert in enumerate(order)}
    for cert in order:
        print("authority", cert["sha256"], cert["generation"], cert["region"] or "-", cert["not_before"].replace("+00:00", "Z"),
              cert["not_after"].replace("+00:00", "Z"), "root" if cert["self_signed"] else "intermediate", cert["subject_cn"], sep="\t")
    print("# publication\tfirst seen\tscope\tSHA-256 of the file\tnumber of authorities\tthe authorities, counted from 0 above (- where only the hash is known)")
    rows = []
    for bundle in facts["bundles"]:
        if scope(bundle):
            date = re.search(r"_(\d{4}(-\d\d(-\d\d)?)?)", bundle["name"])
            year = {"rds-ca-2015-root": "2015", "rds-ca-2019-root": "2019"}.get(bundle["name"])
            members = sorted({number[f] for f in bundle["fingerprints_in_order"]})
            rows.append((date.group(1) if date else year, scope(bundle), bundle["sha256"], len(members), ",".join(map(str, members))))
    for bundle in facts["known_but_not_in_hand"]:
        bundle = {"kind": "global", "name": "", "cert_count": "-", "first_documented": "-", **bundle}
        rows.append((bundle["first_documented"], scope(bundle), bundle["sha256"], bundle["cert_count"], "-"))
    for row in sorted(rows, key=lambda row: tuple(map(str, row))):
        print("publication", *row, sep="\t")


main()
