# An attack on tables that are rounded cell by cell, with a share and a sum of
# noughts and ones beside the counts: for each masked count the smallest and
# the largest integer by HiGHS (scipy.optimize.milp), from the published table
# alone. nib-aggregate --audit must not claim a wider interval, and must say so
# of every count with fewer values than two.
#
#   python3 rounded.py NIB_AGGREGATE FIRST:END|TABLES
#
# Cubes of two to four groupings, linked tables of three or four, totals, and
# the largest groups with the rest; some pivoted. The attacker knows the
# profile: a masked part beside a count that is shown is 1 to 7 itself, a share
# is made of rounded parts, no part is more than its count, and all add up.
import csv, io, itertools, os, random, subprocess, sys, tempfile
import numpy as np
from scipy.optimize import milp, LinearConstraint, Bounds
from scipy.sparse import lil_matrix

tool = sys.argv[1]
first, end = (int(x) for x in (sys.argv[2] if ":" in sys.argv[2] else "0:" + sys.argv[2]).split(":"))
folder = tempfile.TemporaryDirectory()
total = {"tables": 0, "masked": 0, "exact": 0, "wide": 0, "silent": 0, "narrower": 0}


def meant(n):
    """The counts that hes shows as n."""
    return (0, 0) if n == 0 else (max(n - 2, 8), n + 2)


for seed in range(first, end):
    rnd = random.Random(seed)
    shape = rnd.choice(["cube", "cube", "linked", "top", "pivot"])
    n = {"cube": rnd.randint(2, 4), "linked": rnd.randint(3, 4), "top": rnd.randint(1, 2), "pivot": rnd.randint(2, 3)}[shape]
    names = [f"d{k}" for k in range(n)]
    inner = list(itertools.product(*[[f"v{k}" for k in range(rnd.randint(2, 2 if n > 3 else 3))] for _ in names]))
    mean, p = rnd.choice([3, 6, 12]), rnd.choice([.3, .6, .95])
    records = [c + (str(int(rnd.random() < p)), str(int(rnd.random() < 1 - p))) for c in inner
               for _ in range(rnd.choice([0, rnd.randint(0, mean), rnd.randint(0, 2 * mean)]))]
    if not records:
        continue
    share, flag = rnd.random() < .6 and shape != "top", rnd.random() < .6
    measures = ["--count"] + (["--share", "part=met='1'"] if share else []) + (["--sum", "flag"] if flag else [])
    layout = {"cube": ["--cube"], "top": ["--totals", "--top", str(rnd.randint(1, len(inner)))],
              "pivot": ["--cube", "--pivot", names[-1]],
              "linked": sum((["--table", ",".join(x)] for x in itertools.combinations(names, 2)), ["--cube"])}[shape]
    path, au = os.path.join(folder.name, "in.csv"), os.path.join(folder.name, "au.csv")
    with open(path, "w") as to:
        to.write(",".join(names + ["met", "flag"]) + "\n" + "".join(",".join(r) + "\n" for r in records))
    run = subprocess.run([tool, "--by", ",".join(names)] + measures + layout + ["--disclosure", "hes", "--audit", au, path],
                         capture_output=True, text=True)
    if run.returncode == 2:
        sys.exit(f"table {seed}: {run.stderr}")
    rows = list(csv.reader(io.StringIO(run.stdout)))
    shown = {}
    for r in rows[1:]:
        if shape != "pivot":
            shown[tuple(r[:n])] = dict(zip(rows[0][n:], r[n:]))
            continue
        for name, cell in list(zip(rows[0], r))[n - 1:]:
            measure, value = name.rsplit("_", 1)
            shown.setdefault(tuple(r[:n - 1]) + (value,), {})[measure.replace("sum_flag", "sum_flag")] = cell
    shown = {k: v for k, v in shown.items() if v["count"] != ""}
    sets = {tuple(k == "Total" for k in key) for key in shown}
    cells = list(shown) if shape == "top" else [c for c in inner if all(
        tuple("Total" if t else v for t, v in zip(s, c)) in shown for s in sets)]
    if shape == "top":  # groups and the rest, which is a group of its own
        cells = [k for k in shown if "Total" not in k]
    m = len(cells)
    A, lo, hi, masked = [], [], [], []

    def add(row, a, b):
        A.append(row), lo.append(a), hi.append(b)

    for j in range(m):
        for k in (1, 2):
            add({j: 1, k * m + j: -1}, 0, np.inf)
    for key, c in shown.items():
        at = [j for j, x in enumerate(cells) if all(k in ("Total", v) for k, v in zip(key, x))]
        count = {j: 1 for j in at}
        if c["count"] == "*":
            add(count, 1, 7)
            masked.append((key, count))
        else:
            add(count, *meant(int(c["count"])))
        for k, name in ((1, "part"), (2, "sum_flag")):
            if name not in c or c[name] == "":
                continue
            row = {k * m + j: 1 for j in at}
            if c[name] == "*":
                if c["count"] != "*":
                    add(row, 1, 7)
            elif name == "sum_flag":
                add(row, *meant(int(c[name])))
            elif c["count"] not in ("*", "0"):
                add(row, *meant(round(float(c[name]) * int(c["count"]))))
    total["tables"] += 1
    claims = {tuple(r[:n]): (int(r[n + 1]), int(r[n + 2])) for r in list(csv.reader(open(au)))[1:]}
    matrix = lil_matrix((len(A), 3 * m))
    for i, row in enumerate(A):
        for j, v in row.items():
            matrix[i, j] = v
    con = LinearConstraint(matrix.tocsr(), lo, hi)
    for key, row in masked:
        ends = []
        for sign in (1, -1):
            goal = np.zeros(3 * m)
            for j in row:
                goal[j] = sign
            for presolve in (True, False):
                r = milp(goal, constraints=con, integrality=np.ones(3 * m), bounds=Bounds(0, np.inf),
                         options={"presolve": presolve})
                if r.status == 0:
                    break
            assert r.status == 0, (seed, key, r.message)
            ends.append(int(round(sign * r.fun)))
        total["masked"] += 1
        total["exact"] += ends[0] == ends[1]
        got = claims[key]
        where = f"table {seed} ({shape}, {' '.join(measures)}): {key} is {ends}, claimed {got}"
        if got[0] < ends[0] or got[1] > ends[1]:
            total["wide"] += 1
            print(where)
        total["narrower"] += got != tuple(ends)
        if ends[0] == ends[1] and run.returncode != 1:
            total["silent"] += 1
            print(where, "and nothing is said")
print(", ".join(f"{k} {v}" for k, v in total.items()))
sys.exit(1 if total["wide"] or total["silent"] else 0)
