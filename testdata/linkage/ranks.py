"""Steps of HESID and the eight ranks of HES-ONS mortality, as joins of a database.

An independent opinion for tests/e2e/link-ranks.sh: records of one file are joined with records of
another where a step's fields agree, the records that a step joined are out of the steps after it, and
nothing joins two records of one file. So the figures were made that issue and bench compare with.

    ranks.py hes-3-step|hes-8-step A.csv B.csv      lines "step,id,id", in order
"""
import csv
import datetime
import sys
from collections import defaultdict


def nhs_number(text):
    if len(text) != 10 or not text.isdigit() or len(set(text)) == 1:
        return ""
    check = 11 - sum(int(c) * (10 - i) for i, c in enumerate(text[:9])) % 11
    return text if int(text[9]) == check % 11 and check != 10 else ""


def date(text):
    try:
        return text if datetime.date.fromisoformat(text).year >= 1895 else ""
    except ValueError:
        return ""


def partial(a, b):
    """Two of year, month and day, or day and month exchanged."""
    x, y = a.split("-"), b.split("-")
    return sum(i == j for i, j in zip(x, y)) >= 2 or (x[0], x[1], x[2]) == (y[0], y[2], y[1])


def read(path):
    with open(path, newline="") as f:
        for r in csv.DictReader(f):
            pc = "".join(r["postcode"].upper().split())
            yield {"id": r["rec_id"], "nhs": nhs_number(r["nhs_number"]), "born": date(r["date_of_birth"]),
                   "sex": r["sex"] if r["sex"] in ("1", "2") else "", "pc": "" if pc.startswith("ZZ") else pc,
                   "provider": r["provider"], "local": r["local_patient_id"].lstrip("0")}


def always(a, b):
    return True


def alike(a, b):
    return bool(a["born"] and b["born"]) and partial(a["born"], b["born"])


def compatible(a, b):
    return not a["nhs"] or not b["nhs"] or a["nhs"] == b["nhs"]


def no_new_year(a, b):
    return compatible(a, b) and not a["born"].endswith("-01-01")


STEPS = {
    "hes-3-step": [("nhs sex", alike), ("provider local sex born pc", compatible), ("sex born pc", no_new_year)],
    "hes-8-step": [("nhs sex born pc", always), ("nhs sex born", always), ("nhs sex pc", alike),
                   ("nhs sex", alike), ("nhs pc", always), ("sex born pc", no_new_year),
                   ("sex born pc", no_new_year), ("nhs", always)],
}


def main(method, first, second):
    left, right = list(read(first)), list(read(second))
    for number, (fields, test) in enumerate(STEPS[method], 1):
        by = defaultdict(list)
        for b in right:
            by[tuple(b[k] for k in fields.split())].append(b)
        pairs = [(a["id"], b["id"]) for a in left for b in by[tuple(a[k] for k in fields.split())]
                 if all(a[k] for k in fields.split()) and test(a, b)]
        for pair in sorted(pairs):
            print(number, *pair, sep=",")
        linked = {x for pair in pairs for x in pair}
        left = [a for a in left if a["id"] not in linked]
        right = [b for b in right if b["id"] not in linked]


if __name__ == "__main__":
    main(*sys.argv[1:])
