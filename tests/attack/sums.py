# An attack on the sums of a large cube that nib-aggregate suppresses by rules
# of dominance: how near each sum that the rules mask can be told, by HiGHS
# (scipy.optimize.linprog), from the sums that are shown and the totals.
#
#   python3 sums.py NIB_AGGREGATE LEVELS RECORDS
#
# A cube of three groupings of so many levels; 40 contributors, one large
# record in ten. Status 1: a sum is told to within the profile's 10 per cent.
import csv, io, itertools, json, os, random, subprocess, sys, tempfile
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

tool, levels, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rnd = random.Random(3)
records = [tuple(f"v{rnd.randrange(levels)}" for _ in range(3)) +
           (rnd.randrange(40), rnd.randint(1, 4000) if rnd.random() < .1 else rnd.randint(1, 200)) for _ in range(n)]
with tempfile.TemporaryDirectory() as folder:
    path, rules = os.path.join(folder, "t.csv"), os.path.join(folder, "rules.json")
    with open(path, "w") as to:
        to.write("a,b,c,who,x\n" + "".join(",".join(map(str, r)) + "\n" for r in records))
    with open(rules, "w") as to:
        json.dump({"name": "rules", "count": {"mask": {"from": 1, "to": 2}},
                   "dominance": {"largest": 1, "percent": 80, "p_percent": 10}}, to)
    run = subprocess.run([tool, "--by", "a,b,c", "--cube", "--count", "--sum", "x", "--contributor", "who",
                          "--disclosure", rules + ":suppress", path], capture_output=True, text=True)
if run.returncode != 0:
    sys.exit(run.stderr)
shown = {tuple(r[:3]): r[4] for r in list(csv.reader(io.StringIO(run.stdout)))[1:]}
given, count = {}, {}  # per row: what each contributor gave; how many records
for a, b, c, who, x in records:
    for key in itertools.product((a, "Total"), (b, "Total"), (c, "Total")):
        at = given.setdefault(key, {})
        at[who] = at.get(who, 0) + x
        count[key] = count.get(key, 0) + 1
place = {c: j for j, c in enumerate(c for c in shown if "Total" not in c)}
members = {key: [] for key in shown}
for c, j in place.items():
    for key in itertools.product(*[(v, "Total") for v in c]):
        members[key].append(j)
known = [k for k in shown if shown[k] != "*"]
A = csr_matrix((np.ones(sum(len(members[k]) for k in known)),
                ([i for i, k in enumerate(known) for _ in members[k]], [j for k in known for j in members[k]])),
               shape=(len(known), len(place)))
b = [float(shown[k]) for k in known]
bad = looked = 0
for key in shown:
    t, most = sum(given[key].values()), sorted(given[key].values(), reverse=True) + [0]
    if count[key] > 2 and most[0] <= .8 * t and t - most[0] - most[1] >= .1 * most[0]:
        continue
    looked += 1
    bad += shown[key] != "*"
    row = np.zeros(len(place))
    row[members[key]] = 1
    for sign in (1, -1):
        r = linprog(sign * row, A_eq=A, b_eq=b, bounds=(0, None))
        if r.status == 0 and abs(r.fun * sign - t) < .1 * t - 1e-6:
            bad += 1
            print(f"the sum {t} of {key} is told by {r.fun * sign}")
print(f"{len(shown)} rows, {len(shown) - len(known)} hidden, {looked} that the rules mask, told too near {bad}")
sys.exit(1 if bad else 0)
