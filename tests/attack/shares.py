# An attack on shares of different rows: for each masked count, and for how
# many meet each masked share, the smallest and the largest integer by HiGHS
# (scipy.optimize.milp). nib-aggregate --audit-only must not claim wider ones.
#
#   python3 shares.py NIB_AGGREGATE ROUNDS
#
# Random cubes of one or two groupings with a count and one or two shares, to
# 2 to 4 digits; some rows are hidden at random. The attacker knows that the
# share times the count is within half a unit of the last digit of a number of
# records that meet it, that these are not more than the count, and that all
# of this adds up.
import csv, itertools, math, os, random, subprocess, sys, tempfile
from fractions import Fraction
import numpy as np
from scipy.optimize import milp, LinearConstraint, Bounds

tool, rounds = sys.argv[1], int(sys.argv[2])
cells = exact = wide = narrower = 0
numerators = 0  # exact, of masked shares

for seed in range(rounds):
    rnd = random.Random(seed)
    sizes = [rnd.randint(2, 4) for _ in range(rnd.randint(1, 2))]
    dims = [f"d{k}" for k in range(len(sizes))]
    inner = list(itertools.product(*[[f"v{k}" for k in range(n)] for n in sizes]))
    shares, digits = [f"part{k}" for k in range(rnd.randint(1, 2))], rnd.randint(2, 4)
    people = {c: [tuple(rnd.random() < rnd.choice([.1, .5, .95, 1]) for _ in shares)
                  for _ in range(rnd.randint(1, rnd.choice([4, 12, 60])))] for c in inner}
    rows = {}
    for c, them in people.items():
        for key in itertools.product(*[(v, "Total") for v in c]):
            rows.setdefault(key, []).extend(them)
    hidden = {k for k in rows if rnd.random() < .45 and k != ("Total",) * len(dims)}
    n, m = len(inner), len(shares)
    A, lo, hi, asked = [], [], [], []

    def add(row, a, b):
        A.append(row), lo.append(a), hi.append(b)

    def parts(key, k):
        """Columns of a key's records, or (k > 0) of those that meet share k - 1."""
        row = np.zeros(n * (m + 1))
        for j, c in enumerate(inner):
            row[n * k + j] = all(v in ("Total", x) for v, x in zip(key, c))
        return row

    for j in range(n):
        for k in range(m):
            row = np.zeros(n * (m + 1))
            row[j], row[n * (k + 1) + j] = 1, -1
            add(row, 0, np.inf)
    text = [dims + ["count"] + shares]
    for line, (key, them) in enumerate(sorted(rows.items()), 2):
        if key in hidden:
            text.append(list(key) + ["*"] * (m + 1))
            add(parts(key, 0), 1, np.inf)
            for k in range(m + 1):
                asked.append(((line, (["count"] + shares)[k]), parts(key, k)))
            continue
        text.append(list(key) + [str(len(them))])
        add(parts(key, 0), len(them), len(them))
        for k in range(m):
            shown = f"{sum(p[k] for p in them) / len(them):.{digits}f}"
            text[-1].append(shown)
            half = Fraction(1, 2 * 10 ** digits)
            add(parts(key, k + 1), math.ceil((Fraction(shown) - half) * len(them)),
                math.floor((Fraction(shown) + half) * len(them)))
    with tempfile.TemporaryDirectory() as folder:
        path, au = os.path.join(folder, "t.csv"), os.path.join(folder, "au.csv")
        with open(path, "w") as to:
            to.write("".join(",".join(r) + "\n" for r in text))
        run = subprocess.run([tool, "--audit-only", "--by", ",".join(dims), "--audit", au, "--disclosure",
                              "ons-longitudinal:suppress", path] +
                             sum((["--share", f"{s}=x"] for s in shares), []), capture_output=True, text=True)
        if run.returncode == 2 or "do not fit" in run.stderr:
            sys.exit(f"round {seed}: {run.stderr}")
        claims = {(int(r[1]), r[2]): (int(r[3]), int(r[4]) if r[4] else None, r[6])
                  for r in list(csv.reader(open(au)))[1:]}
    con = LinearConstraint(np.array(A), lo, hi)
    for key, row in asked:
        cells += 1
        is_, got = [], claims[key]
        for sign in (1, -1):
            r = milp(sign * row, constraints=con, integrality=np.ones(len(row)), bounds=Bounds(0, np.inf))
            is_.append(int(round(sign * r.fun)) if r.status == 0 else None)
        is_ = tuple(is_)
        exact += is_[0] == is_[1]
        numerators += is_[0] == is_[1] and key[1] != "count"
        if is_[0] == is_[1] and key[1] == "count" and got[2] != "1":
            wide += 1
            print(f"round {seed}: {key} is exact, and not reported")
        if got[0] < is_[0] or is_[1] is not None and (got[1] is None or got[1] > is_[1]):
            wide += 1
            print(f"round {seed}: {key} claimed {got}, is {is_}")
        elif got[:2] != is_:
            narrower += 1
            print(f"round {seed}: {key} claimed {got}, is {is_}")
print(f"{rounds} tables, {cells} masked cells, {exact} exact, of these numerators {numerators}, audit too wide {wide}, "
      f"narrower {narrower}")
sys.exit(1 if wide or narrower or numerators == 0 else 0)
