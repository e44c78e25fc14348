# An attack on tables that nib-aggregate publishes: for each masked cell the
# smallest and the largest integer it can be, by HiGHS (scipy.optimize.milp),
# from nothing but the published table: counts that are shown, totals that
# add up, a masked cell being at least 1 (zeros are shown) and, under
# rounding, what the rounding says. A cell with one value left is exact.
#
#   python3 attack.py NIB_AGGREGATE TABLES [MODE] [AUDIT]
#
# MODE: suppress (default) or round. With the word audit the tool's own
# --audit is compared too: it must not claim a wider interval than ours.
# Status 1: an exact cell under suppress, or an audit too wide.
import csv, io, random, subprocess, sys, tempfile, os
import numpy as np
from scipy.optimize import milp, LinearConstraint, Bounds

tool, tables = sys.argv[1], int(sys.argv[2])
mode = sys.argv[3] if len(sys.argv) > 3 else "suppress"
audit = len(sys.argv) > 4
exact = wide = cells = narrower = failed = 0
for seed in range(tables):
    rnd = random.Random(seed)
    dims = [rnd.randint(2, 5) for _ in range(rnd.randint(1, 3))]
    names = [f"d{i}" for i in range(len(dims))]
    mean = rnd.choice([3, 8, 20, 60])
    text = ",".join(names) + "\n"
    inner = [()]
    for n in dims:
        inner = [c + (f"v{k}",) for c in inner for k in range(n)]
    for c in inner:
        n = rnd.choice([0, rnd.randint(0, mean), rnd.randint(0, 3 * mean)])
        text += (",".join(c) + "\n") * n
    with tempfile.TemporaryDirectory() as folder:
        path, au = os.path.join(folder, "t.csv"), os.path.join(folder, "a.csv")
        open(path, "w").write(text)
        run = subprocess.run([tool, "--by", ",".join(names), "--cube", "--count", "--disclosure", "hes:" + mode]
                             + (["--audit", au] if audit else []) + [path], capture_output=True, text=True)
        if run.returncode == 2:
            failed += 1
            if "cannot be made safe" in run.stderr:
                continue
            print(seed, run.stderr); sys.exit(1)
        claims = {}
        if audit:
            for r in csv.reader(io.StringIO(open(au).read())):
                claims[tuple(r[:len(dims)])] = r[-3:-1]
    rows = list(csv.reader(io.StringIO(run.stdout)))[1:]
    shown = {tuple(r[:-1]): r[-1] for r in rows}
    index = {c: i for i, c in enumerate(k for k in shown if "Total" not in k)}
    if not index:
        continue
    A, lo, hi, masked = [], [], [], []
    for key, value in shown.items():
        row = np.zeros(len(index))
        for c, i in index.items():
            if all(k in ("Total", v) for k, v in zip(key, c)):
                row[i] = 1
        A.append(row)
        if value == "*":
            masked.append((key, row))
            lo.append(1); hi.append(7 if mode == "round" else np.inf)
        elif mode == "round" and value != "0":
            lo.append(max(int(value) - 2, 8)); hi.append(int(value) + 2)
        else:
            lo.append(int(value)); hi.append(int(value))
    con = LinearConstraint(np.array(A), lo, hi)
    for key, row in masked:
        cells += 1
        ends = []
        for sign in (1, -1):
            r = milp(sign * row, constraints=con, integrality=np.ones(len(index)), bounds=Bounds(0, np.inf))
            ends.append(int(round(sign * r.fun)) if r.status == 0 else None)
        if ends[0] == ends[1] and ends[0] is not None:
            exact += 1
            print(f"table {seed}: {key} is exact")
        if audit and ends[1] is not None:
            c = claims[key]
            got = (int(c[0]), int(c[1]) if c[1] else None)
            if got[0] < ends[0] or (got[1] is None or got[1] > ends[1]):
                wide += 1
                print(f"table {seed}: {key} claimed {got}, is {ends}")
            elif got != tuple(ends):
                narrower += 1
print(f"{tables} tables, {cells} masked cells, {exact} exact, audit too wide {wide}, narrower {narrower}, refused {failed}")
sys.exit(1 if wide or (exact and mode == "suppress") else 0)
