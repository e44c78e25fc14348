# An attack on several published tables at once: for each masked cell the
# smallest and the largest integer it can be by HiGHS (scipy.optimize.milp),
# over the full cross product of all groupings, with what each table shows
# and nothing else. nib-aggregate --audit-only must find the same intervals:
# none wider. Random tables: two or three that share groupings, some with
# all totals, one with a hierarchy (a district lies in a region).
#
#   python3 linked.py NIB_AGGREGATE ROUNDS [repair]
#
# With the word repair the first table is repaired first, and no masked cell
# may be left with one value.
import csv, io, itertools, os, random, subprocess, sys, tempfile
import numpy as np
from scipy.optimize import milp, LinearConstraint, Bounds

tool, rounds = sys.argv[1], int(sys.argv[2])
repair = len(sys.argv) > 3
cells = exact = wide = narrower = refused = 0


def shown(n, mode):
    if 1 <= n <= 7:
        return "*"
    return str(n) if mode == "suppress" else str(5 * ((n + 2) // 5))


def known(cell, mode):
    if cell == "[c]":
        return 0, np.inf
    if cell == "*":
        return 1, (7 if mode == "round" else np.inf)
    n = int(cell)
    return (n, n) if mode == "suppress" or n == 0 else (max(n - 2, 8), n + 2)


for seed in range(rounds):
    rnd = random.Random(seed)
    mode = rnd.choice(["suppress", "round"])
    region = {f"d{k}": f"r{k % 2}" for k in range(rnd.randint(2, 4))}
    values = {"district": list(region), "sex": ["f", "m"], "age": ["a0", "a1", "a2"][:rnd.randint(2, 3)]}
    mean = rnd.choice([3, 6, 15])
    people = {c: rnd.choice([0, rnd.randint(0, mean), rnd.randint(0, 2 * mean)])
              for c in itertools.product(*values.values())}

    def table(dims, totals):
        at = {}
        for c, n in people.items():
            place = dict(zip(values, c), region=region[c[0]])
            for some in itertools.product(*[[True, False] if totals else [True]] * len(dims)):
                key = tuple(place[d] if keep else "Total" for d, keep in zip(dims, some))
                at[key] = at.get(key, 0) + n
        return [list(dims)] + [list(k) + [shown(n, mode)] for k, n in sorted(at.items()) if n > 0]

    kind = rnd.choice(["pair", "three", "hierarchy"])
    sets = {"pair": [("district", "sex"), ("district", "age")],
            "three": [("district", "sex"), ("district", "age"), ("sex", "age")],
            "hierarchy": [("district", "sex"), ("region", "sex")]}[kind]
    published = [table(d, rnd.random() < 0.6) for d in sets]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for k, rows in enumerate(published):
            paths.append(os.path.join(folder, f"t{k}.csv"))
            with open(paths[-1], "w") as to:
                to.write(",".join(rows[0]) + ",count\n" + "".join(",".join(r) + "\n" for r in rows[1:]))
        if kind == "hierarchy":
            paths.append(os.path.join(folder, "map.csv"))
            with open(paths[-1], "w") as to:
                to.write("district,region\n" + "".join(f"{a},{b}\n" for a, b in region.items()))
        au = os.path.join(folder, "au.csv")
        run = subprocess.run([tool, "--audit-only", "--disclosure", "hes:" + mode, "--audit", au]
                             + (["--repair"] if repair else []) + paths, capture_output=True, text=True)
        if run.returncode == 2:
            refused += 1
            if repair and "cannot be made safe" in run.stderr:
                continue
            print(seed, run.stderr)
            sys.exit(1)
        claims = {(os.path.basename(r[0]), int(r[1])): (r[3], r[4]) for r in list(csv.reader(open(au)))[1:]}
        if repair:
            rows = list(csv.reader(io.StringIO(run.stdout)))
            published[0] = [rows[0][:-1]] + rows[1:]
    places = [dict(zip(values, c), region=region[c[0]]) for c in people]
    A, lo, hi, masked = [], [], [], []
    for k, rows in enumerate(published):
        seen = set()
        for line, r in enumerate(rows[1:], 2):
            key = dict(zip(rows[0], r))
            A.append([float(all(v in ("Total", p[d]) for d, v in key.items())) for p in places])
            a, b = known(r[-1], mode)
            lo.append(a), hi.append(b)
            seen.add(tuple(r[:-1]))
            if r[-1] == "*":
                masked.append(((f"t{k}.csv", line), A[-1]))
        for p in places:  # a group without a row has no records
            if tuple(p[d] for d in rows[0]) not in seen:
                A.append([float(all(q[d] == p[d] for d in rows[0])) for q in places])
                lo.append(0), hi.append(0)
    con = LinearConstraint(np.array(A), lo, hi)
    for key, row in masked:
        cells += 1
        ends = []
        for sign in (1, -1):
            r = milp(sign * np.array(row), constraints=con, integrality=np.ones(len(places)), bounds=Bounds(0, np.inf))
            ends.append(int(round(sign * r.fun)) if r.status == 0 else None)
        got = tuple(int(x) if x else None for x in claims[key])
        if ends[0] is not None and ends[0] == ends[1]:
            exact += 1
        if repair:
            continue
        if got[0] < ends[0] or (ends[1] is not None and (got[1] is None or got[1] > ends[1])):
            wide += 1
            print(f"round {seed} ({kind}, {mode}): {key} claimed {got}, is {ends}")
        elif got != tuple(ends):
            narrower += 1
print(f"{rounds} sets of tables, {cells} masked cells, {exact} exact, audit too wide {wide}, narrower {narrower}, "
      f"refused {refused}")
sys.exit(1 if wide or narrower or (repair and exact) else 0)
