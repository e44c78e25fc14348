#!/usr/bin/env python3
"""Sixty definitions over admitted_episode, for the bench: the library's own,
and variants of them for some of the records (older people, men, the three
largest specialties, ...), as a published set of indicators has them.

usage: sixty.py SHARE-INDICATORS OUT-DIRECTORY [N [plain]]

plain: none that wants columns beyond the dataset's.
"""
import json
import pathlib
import sys

VARIANTS = [
    ("over_65", "age(birth_date, admission_date) >= 65"),
    ("men", "sex = '1'"),
    ("surgery", "main_specialty IN ('100', '101', '110', '120', '130')"),
    ("medicine", "treatment_function = '300'"),
    ("women", "sex = '2'"),
    ("ordinary", "patient_classification = '1'"),
]


def main():
    source, to = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    n = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    plain = sys.argv[4:5] == ["plain"]
    to.mkdir(parents=True, exist_ok=True)
    own = []
    for path in sorted(source.glob("*.json")):
        d = json.loads(path.read_text())
        if d.get("dataset") == "admitted_episode" and not (
                plain and "attached" in d):
            own.append(d)
    made = list(own)
    for name, where in VARIANTS:
        for d in own:
            v = dict(d, id=f"{d['id']}_{name}")
            v["where"] = f"({d['where']}) AND {where}" if "where" in d else where
            made.append(v)
    for d in made[:n]:
        (to / f"{d['id']}.json").write_text(json.dumps(d, indent=1))


main()
