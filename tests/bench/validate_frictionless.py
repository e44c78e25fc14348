#!/usr/bin/env python3
"""Frictionless on the same types, constraints, code lists and primary key.

    validate_frictionless.py SPEC.json CODELISTS FILE.csv

Code lists become enumerations; identifier checks, rules and groups, which
Frictionless has no word for, are left out. Prints the findings' count.
"""
import csv
import json
import os
import sys

from frictionless import Resource, Schema

spec = json.load(open(sys.argv[1], encoding="utf-8"))
folder, path = sys.argv[2], sys.argv[3]


def codes(name):
    with open(os.path.join(folder, name + ".csv"), encoding="utf-8") as f:
        return [row["code"] for row in csv.DictReader(f)]


fields = []
for field in spec["fields"]:
    nib = field.pop("nib", {})
    names = nib.get("codelist", [])
    if names and "codelistPrefix" not in nib:
        names = names if isinstance(names, list) else [names]
        field.setdefault("constraints", {})["enum"] = [
            c for n in names for c in codes(n)]
    fields.append(field)
schema = Schema.from_descriptor({"fields": fields,
                                 "primaryKey": spec["primaryKey"]})
os.chdir(os.path.dirname(os.path.abspath(path)))
report = Resource(path=os.path.basename(path), schema=schema).validate(
    limit_errors=1000000)
print(report.stats["errors"])
