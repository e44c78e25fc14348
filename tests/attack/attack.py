# An attack on tables that nib-aggregate publishes: for each masked cell the
# smallest and the largest integer it can be, by HiGHS (scipy.optimize.milp),
# from nothing but the published tables: counts that are shown, totals that
# add up, groups without a row, which have no records, a masked cell being
# at least 1 (zeros are shown) and, under rounding, what the rounding says. A
# cell with one value left is exact.
#
#   python3 attack.py NIB_AGGREGATE TABLES [MODE] [AUDIT]
#
# Three kinds of random table in turn: a cube of 1 to 3 groupings; linked
# tables, of the pairs of three groupings, with totals; and a hierarchy, where
# each district lies in one region, as the attacker knows. MODE: suppress
# (default) or round. With the word audit the tool's own --audit is compared
# too: it must not claim a wider interval than ours.
# Status 1: an exact cell under suppress, or an audit too wide.
import csv, io, itertools, os, random, subprocess, sys, tempfile
import numpy as np
from scipy.optimize import milp, LinearConstraint, Bounds

tool = sys.argv[1]
first, end = (int(x) for x in (sys.argv[2] if ":" in sys.argv[2] else "0:" + sys.argv[2]).split(":"))
mode = sys.argv[3] if len(sys.argv) > 3 else "suppress"
audit = len(sys.argv) > 4
exact = wide = cells = narrower = failed = 0


def random_table(seed):
    """Names, groups with their counts, the places an attacker thinks of, options."""
    rnd = random.Random(seed)
    kind = ["cube", "linked", "hierarchy"][seed % 3]
    dims = [rnd.randint(2, 5) for _ in range(rnd.randint(1, 3))]
    if kind != "cube":
        dims = [rnd.randint(2, 4), rnd.randint(2, 3), rnd.randint(2, 3)]
    mean = rnd.choice([3, 8, 20, 60])
    names = [f"d{i}" for i in range(len(dims))]
    inner = list(itertools.product(*[[f"v{k}" for k in range(n)] for n in dims]))
    options = []
    if kind == "hierarchy":  # d0 is the district; r its region
        names, options = ["r"] + names, ["--table", "r,d1", "--table", "d0,d1", "--table", "d0,d2"]
        inner = [(f"r{int(c[0][1:]) % 2}",) + c for c in inner]
    if kind == "linked":
        options = sum((["--table", ",".join(p)] for p in itertools.combinations(names, 2)), [])
    count = {c: rnd.choice([0, rnd.randint(0, mean), rnd.randint(0, 3 * mean)]) for c in inner}
    return kind, names, count, options


for seed in range(first, end):
    kind, names, count, options = random_table(seed)
    text = ",".join(names) + "\n" + "".join((",".join(c) + "\n") * n for c, n in count.items())
    with tempfile.TemporaryDirectory() as folder:
        path, au = os.path.join(folder, "t.csv"), os.path.join(folder, "a.csv")
        with open(path, "w") as to:
            to.write(text)
        run = subprocess.run([tool, "--by", ",".join(names), "--cube", "--count", "--disclosure", "hes:" + mode]
                             + options + (["--audit", au] if audit else []) + [path], capture_output=True, text=True)
        if run.returncode == 2:
            failed += 1
            if "cannot be made safe" in run.stderr:
                continue
            print(seed, run.stderr)
            sys.exit(1)
        claims = {tuple(r[:len(names)]): r[-3:-1] for r in csv.reader(open(au))} if audit else {}
    shown = {tuple(r[:-1]): r[-1] for r in list(csv.reader(io.StringIO(run.stdout)))[1:]}
    # Whoever wants to know thinks of every combination that no table rules out.
    sets = {tuple(k == "Total" for k in key) for key in shown}
    inner = [c for c in count if all(
        tuple("Total" if t else v for t, v in zip(s, c)) in shown for s in sets)]
    if not inner or not shown:
        continue
    A, lo, hi, masked = [], [], [], []
    for key, value in shown.items():
        row = np.array([float(all(k in ("Total", v) for k, v in zip(key, c))) for c in inner])
        A.append(row)
        if value == "*":
            masked.append((key, row))
            lo.append(1), hi.append(7 if mode == "round" else np.inf)
        elif mode == "round" and value != "0":
            lo.append(max(int(value) - 2, 8)), hi.append(int(value) + 2)
        else:
            lo.append(int(value)), hi.append(int(value))
    con = LinearConstraint(np.array(A), lo, hi)
    for key, row in masked:
        cells += 1
        ends = []
        for sign in (1, -1):
            r = milp(sign * row, constraints=con, integrality=np.ones(len(inner)), bounds=Bounds(0, np.inf))
            ends.append(int(round(sign * r.fun)) if r.status == 0 else None)
        if ends[0] == ends[1] and ends[0] is not None:
            exact += 1
            print(f"table {seed} ({kind}): {key} is exact")
        if audit and ends[1] is not None:
            c = claims[key]
            got = (int(c[0]), int(c[1]) if c[1] else None)
            if got[0] < ends[0] or (got[1] is None or got[1] > ends[1]):
                wide += 1
                print(f"table {seed} ({kind}): {key} claimed {got}, is {ends}")
            elif got != tuple(ends):
                narrower += 1
print(f"{end - first} tables, {cells} masked cells, {exact} exact, audit too wide {wide}, narrower {narrower}, refused {failed}")
sys.exit(1 if wide or (exact and mode == "suppress") else 0)
