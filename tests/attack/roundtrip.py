# What --audit says of a release and what --audit-only says of the published
# file must be one and the same.
#
#   python3 roundtrip.py NIB_AGGREGATE FIRST:END|TABLES
#
# Random records, every measure in turn with others, each mode, and totals,
# cube, pivot, top, table and labels. Of each masked count --audit-only must
# not claim a wider interval than --audit, nor --audit one that is wider than
# --audit-only's: the attacker reads the same table. Where both are exact they
# are the same. Status 1: they are not.
import csv, io, itertools, json, os, random, subprocess, sys, tempfile

tool = sys.argv[1]
first, end = (int(x) for x in (sys.argv[2] if ":" in sys.argv[2] else "0:" + sys.argv[2]).split(":"))
folder = tempfile.TemporaryDirectory()
PROFILES = {
    "hes": None, "ons-longitudinal": None, "opensafely-midpoint6": None,
    "digits": {"name": "digits", "count": {"mask": {"from": 1, "to": 4}, "round": {"base": 5}}},
    "zeros": {"name": "zeros", "count": {"mask": {"from": 0, "to": 4}, "round": {"base": 5}}, "ratio": "of-rounded"},
}
for name, p in PROFILES.items():
    if p:
        json.dump(p, open(os.path.join(folder.name, name + ".json"), "w"))
MEASURES = [["--sum", "v"], ["--mean", "v"], ["--sum", "v", "--mean", "v"], ["--share", "part=met='1'"],
            ["--sum", "flag"], ["--mean", "flag"], ["--sd", "v"], ["--distinct", "v"], ["--median", "v"],
            ["--share", "f=flag='1'", "--share", "part=met='1'"], []]


def case(seed):
    rnd = random.Random(seed)
    names = [f"d{k}" for k in range(rnd.randint(1, 3))]
    inner = list(itertools.product(*[[f"v{k}" for k in range(rnd.randint(2, 4))] for _ in names]))
    mean = rnd.choice([3, 8, 20])
    measures = MEASURES[seed % len(MEASURES)]
    # How many have a value all digits of a mean may tell; --audit-only takes it that all have.
    missing = 0 if "--mean" in measures or "--sd" in measures else rnd.choice([0, 0, .2])
    rows = []
    for c in inner:
        for _ in range(rnd.choice([0, rnd.randint(0, mean), rnd.randint(0, 3 * mean)])):
            rows.append(c + (str(int(rnd.random() < rnd.choice([.1, .5, .9]))),
                             "" if rnd.random() < missing else str(rnd.choice([1, 2, rnd.randint(1, 4000)])),
                             str(int(rnd.random() < .3))))
    rows = rows or [inner[0] + ("1", "5", "0")] * 9
    profile, mode = rnd.choice(list(PROFILES)), rnd.choice(["round", "suppress"])
    if profile == "opensafely-midpoint6":
        mode = "round"
    shape = rnd.choice(["plain", "totals", "cube", "table"] if len(names) > 1 else ["plain", "totals", "cube"])
    layout = {"plain": [], "totals": ["--totals"], "cube": ["--cube"], "table": []}[shape]
    if shape == "table":
        layout = sum((["--table", ",".join(p)] for p in itertools.combinations(names, len(names) - 1)), [])
        layout += rnd.choice([[], ["--cube"], ["--totals"]])
    elif profile == "zeros":
        layout = layout + ["--complete"]
    elif rnd.random() < .3 and shape != "cube" and not any(m in ("--mean", "--share", "--sd", "--distinct", "--median")
                                                           for m in measures):
        layout = layout + ["--top", str(rnd.randint(1, len(inner)))]
    if profile == "zeros" and shape == "table":
        profile = "hes"
    pivot = len(names) > 1 and shape != "table" and rnd.random() < .4
    label = shape != "table" and rnd.random() < .2
    return names, rows, profile, mode, measures, layout, pivot, label, shape


def pairs(names, rows):
    """Where each value of a grouping goes with one of another, a table without measures says so."""
    out = []
    for a, b in itertools.permutations(range(len(names)), 2):
        found = {(r[a], r[b]) for r in rows}
        if len(found) == len({x for x, _ in found}):
            out.append(os.path.join(folder.name, f"map{a}{b}.csv"))
            with open(out[-1], "w") as to:
                to.write(f"{names[a]},{names[b]}\n" + "".join(f"{x},{y}\n" for x, y in sorted(found)))
    return out


def intervals(path, text, names, pivot, total):
    """Of the published cells: (key, measure) -> (lo, hi, exact)."""
    rows = list(csv.reader(io.StringIO(text)))
    out = {}
    for r in list(csv.reader(open(path)))[1:]:
        if not r[0].endswith("t.csv"):
            continue
        row = dict(zip(rows[0], rows[int(r[1]) - 1]))
        measure, value = r[2], None
        if pivot:
            measure, value = r[2].rsplit("_", 1)
            row[names[-1]] = value[2:] if value.startswith("L ") else value
        out[tuple(row[n] for n in names), measure] = (r[3], r[4], r[5])
    return out


counts = {"tables": 0, "cells": 0, "same": 0, "refused": 0, "plain": 0, "ended": 0, "unsafe": 0, "differ": 0}
for seed in range(first, end):
    names, rows, profile, mode, measures, layout, pivot, label, shape = case(seed)
    path, table = os.path.join(folder.name, "in.csv"), os.path.join(folder.name, "t.csv")
    au, only = os.path.join(folder.name, "au.csv"), os.path.join(folder.name, "only.csv")
    with open(path, "w") as to:
        to.write(",".join(names + ["met", "v", "flag"]) + "\n" + "".join(",".join(r) + "\n" for r in rows))
    with open(os.path.join(folder.name, "labels.csv"), "w") as to:
        to.write("code,name\n" + "".join(f"v{k},L v{k}\n" for k in range(4)))
    p = os.path.join(folder.name, profile + ".json") if PROFILES[profile] else profile
    base = [tool, "--by", ",".join(names), "--count"] + measures + ["--disclosure", p + ":" + mode]
    extra = ["--pivot", names[-1]] if pivot else []
    labels = sum((["--label", f"{n}={folder.name}/labels.csv"] for n in names), []) if label else []
    run = subprocess.run(base + layout + extra + labels + ["--audit", au, path], capture_output=True, text=True)
    where = f"table {seed} ({profile}:{mode} {' '.join(measures + layout + extra + (['label'] if label else []))})"
    if run.returncode == 2:
        counts["refused"] += 1
        if "cannot be made safe" not in run.stderr and "cannot be protected" not in run.stderr:
            print(where, run.stderr)
        continue
    open(table, "w").write(run.stdout)
    counts["tables"] += 1
    by = ",".join(names + [n + "_name" for n in names if label and not (pivot and n == names[-1])])
    maps = pairs(names, rows) if shape == "table" else []
    check = subprocess.run([tool, "--audit-only", "--by", by, "--count"] + measures + extra +
                           ["--disclosure", p + ":" + mode, "--audit", only, table] + maps, capture_output=True, text=True)
    if check.returncode == 2 and "beside a rounded count" in check.stderr and profile in ("digits", "zeros"):
        counts["plain"] += 1
        continue
    if check.returncode == 2:
        counts["differ"] += 1
        print(where, check.stderr)
        continue
    said = {}
    for r in list(csv.reader(open(au)))[1:]:
        key = [x for k, x in enumerate(r[:-4]) if not label or k % 2 == 0]
        said[tuple(key)] = (r[-3], r[-2], r[-1])
    read = {k: v for (k, m), v in intervals(only, run.stdout, names, pivot, None).items() if m == "count"}
    for key, (lo, hi, exact) in said.items():
        counts["cells"] += 1
        got = read.get(key)
        number = lambda x: float(x) if x != "" else float("inf")
        if got is None:
            counts["differ"] += 1
            print(where, key, "is not read")
        elif got[:2] == (lo, hi):
            counts["same"] += 1
        else:
            wider = number(got[0]) < number(lo) or number(got[1]) > number(hi)
            if exact == "0" and not (number(got[0]) > number(lo) or number(got[1]) < number(hi)):
                counts["ended"] += 1  # the search, which may be too narrow
                continue
            counts["unsafe" if wider else "differ"] += 1
            print(where, key, f"--audit {lo}..{hi} ({exact}), --audit-only {got}")
print(", ".join(f"{k} {v}" for k, v in counts.items()))
sys.exit(1 if counts["unsafe"] or counts["differ"] else 0)
