# An attack on tables of all kinds that nib-aggregate publishes with the mode
# suppress, in random mixtures. For each masked count the smallest and the
# largest integer it can be, by HiGHS (scipy.optimize.milp), from everything
# that is published: counts, shares and means beside them, totals, groups
# without a row, which of them --top kept. For each sum that a rule of
# dominance masks, how near it can be told.
#
#   python3 mixed.py NIB_AGGREGATE FIRST:END
#
# Each seed is one table: a cube of 1 to 4 groupings, linked tables, or a
# hierarchy and linked tables at once; few records, none in many cells, one
# large cell, or cells that cannot be; with --complete, --pivot, --top; by the
# profiles hes, ons-longitudinal, mhsds and uk-llc (which mask zeros), one
# that asks for wider intervals, and one with rules of dominance.
# Status 1: a masked count with fewer values than the profile's interval, a
# sum told too near, or an interval of --audit that is wider than the true.
import csv, io, itertools, json, os, random, subprocess, sys, tempfile
import numpy as np
from scipy.optimize import milp, linprog, LinearConstraint, Bounds
from scipy.sparse import csr_matrix

tool = sys.argv[1]
first, end = (int(x) for x in sys.argv[2].split(":"))
folder = tempfile.TemporaryDirectory()
WIDE = {"name": "wide", "count": {"mask": {"from": 1, "to": 4}}, "interval": 4}
DOMINANCE = {"name": "dominance", "count": {"mask": {"from": 1, "to": 2}},
             "dominance": {"largest": 1, "percent": 80, "p_percent": 10}}
for name, what in [("wide", WIDE), ("dominance", DOMINANCE)]:
    with open(os.path.join(folder.name, name + ".json"), "w") as to:
        json.dump(what, to)
MASKS = {"hes": (1, 7, 2), "ons-longitudinal": (1, 9, 2), "mhsds": (0, 4, 2), "uk-llc": (0, 9, 2),
         "wide": (1, 4, 4), "dominance": (1, 2, 2)}


class Case:
    """A random table: its records by inner cell, and how it is asked for."""

    def __init__(self, seed):
        rnd = random.Random(seed * 7919 + 5)
        self.profile = rnd.choice(["hes", "hes", "hes", "ons-longitudinal", "mhsds", "uk-llc", "wide", "dominance"])
        self.shape = rnd.choice(["cube", "cube", "plain", "totals", "linked", "both"])
        sizes = [rnd.randint(2, 5) for _ in range(rnd.randint(1, 4))]
        while np.prod(sizes) > (240 if rnd.random() < .1 else 72):
            sizes[sizes.index(max(sizes))] -= 1
        if self.shape in ("linked", "both"):
            sizes = [rnd.randint(2, 4), rnd.randint(2, 3), rnd.randint(2, 3)] + ([2] if rnd.random() < .3 else [])
        self.names = [f"d{i}" for i in range(len(sizes))]
        inner = list(itertools.product(*[[f"v{k}" for k in range(n)] for n in sizes]))
        self.options = []
        if self.shape == "linked":
            for p in itertools.combinations(self.names, 2):
                self.options += ["--table", ",".join(p)]
        if self.shape == "both":  # d0 is the district; r its region
            self.names = ["r"] + self.names
            inner = [(f"r{int(c[0][1:]) % 2}",) + c for c in inner]
            self.options = ["--table", "r,d1", "--table", "d0,d1", "--table", "d0,d2"]
            if "d3" in self.names:
                self.options += ["--table", "d2,d3", "--table", "r,d3"]
        self.kind = rnd.choice(["even", "sparse", "ones", "one large", "holes"])
        mean = rnd.choice([3, 8, 20, 60])
        one = rnd.choice(inner)
        hole = rnd.sample(inner, len(inner) // 3)
        self.count = {}
        for c in inner:
            n = rnd.choice([0, rnd.randint(0, mean), rnd.randint(0, 3 * mean)])
            if self.kind == "sparse":
                n = rnd.choice([0, 0, 0, 1, rnd.randint(0, mean)])
            if self.kind == "ones":
                n = rnd.choice([0, 1, 1, 1, 2])
            if self.kind == "one large":
                n = 500 if c == one else rnd.randint(0, 3)
            if self.kind == "holes" and c in hole:
                n = 0
            self.count[c] = n
        if sum(self.count.values()) == 0:
            self.count[inner[0]] = 9
        margins = {"cube": ["--cube"], "plain": [], "totals": ["--totals"]}
        self.options += margins.get(self.shape, ["--cube"])
        tables = self.shape in ("linked", "both")
        self.complete = not tables and (self.mask[0] == 0 or rnd.random() < .2)
        if self.mask[0] == 0 and tables:
            self.profile = "hes"
        self.share = rnd.random() < .3
        self.mean = rnd.random() < .3
        self.top = 0
        if self.shape in ("plain", "totals") and not self.complete and not self.share and not self.mean and \
                self.profile != "dominance" and rnd.random() < .5:
            self.top = rnd.randint(1, max(1, len(inner) - 2))
            self.options += ["--top", str(self.top)]
        if self.complete:
            self.options += ["--complete"]
        self.pivot = not tables and len(self.names) > 1 and rnd.random() < .2
        if self.pivot:
            self.options += ["--pivot", self.names[-1]]
        # Of each record: does it meet the condition, has it a value, whose it is.
        part = rnd.choice([.1, .5, .9])
        self.decided = rnd.choice(["", "almost", "wholly"])  # by the last grouping, as of sex by sex
        missing = rnd.choice([0, 0, .2])
        self.records = []
        for c, n in self.count.items():
            for _ in range(n):
                v = "" if rnd.random() < missing else rnd.choice([1, 2, rnd.randint(1, 40), rnd.randint(1, 4000)])
                met = int(rnd.random() < part)
                if self.decided == "wholly" or (self.decided == "almost" and rnd.random() < .95):
                    met = int(c[-1] == "v0")
                self.records.append((c, met, v, rnd.randint(1, 4) if
                                     self.profile == "dominance" else len(self.records)))

    @property
    def mask(self):
        return MASKS[self.profile]

    def run(self, audit):
        path = os.path.join(folder.name, "t.csv")
        with open(path, "w") as to:
            to.write(",".join(self.names) + ",met,v,who\n")
            for c, met, v, who in self.records:
                to.write(",".join(c) + f",{met},{v},{who}\n")
        profile = self.profile
        if profile in ("wide", "dominance"):
            profile = os.path.join(folder.name, profile + ".json")
        measures = ["--count"]
        if self.share:
            measures += ["--share", "part=met='1'"]
        if self.mean or self.profile == "dominance":
            measures += ["--sum", "v", "--mean", "v"]
        if self.profile == "dominance":
            measures += ["--contributor", "who"]
        return subprocess.run([tool, "--by", ",".join(self.names)] + measures + self.options +
                              ["--disclosure", profile + ":suppress", "--audit", audit, path],
                              capture_output=True, text=True)

    def read(self, text):
        """The published rows: key -> {measure: text}."""
        rows = list(csv.reader(io.StringIO(text)))
        out = {}
        if not self.pivot:
            for r in rows[1:]:
                out[tuple(r[:len(self.names)])] = dict(zip(rows[0][len(self.names):], r[len(self.names):]))
            return out
        by = len(self.names) - 1
        for r in rows[1:]:
            for name, cell in list(zip(rows[0], r))[by:]:
                measure, value = name.rsplit("_", 1)
                key = out.setdefault(tuple(r[:by]) + (value,), {})
                key[measure] = cell
        return {k: v for k, v in out.items() if v["count"] != ""}


class Attack:
    """Rows lo <= a x <= hi over whole numbers that are not negative."""

    def __init__(self, n):
        self.n, self.rows, self.lo, self.hi, self.seen = n, [], [], [], []
        self.con = None

    def add(self, columns, lo, hi):
        self.rows.append(columns)
        self.lo.append(lo), self.hi.append(hi)

    def matrix(self):
        at = [(i, j, v) for i, row in enumerate(self.rows) for j, v in row.items()]
        return csr_matrix(([v for _, _, v in at], ([i for i, _, _ in at], [j for _, j, _ in at])),
                          shape=(len(self.rows), self.n))

    def end(self, row, sign):
        """The smallest (1) or largest (-1) value of a row; None: unbounded."""
        if self.con is None:
            self.con = LinearConstraint(self.matrix(), self.lo, self.hi)
        goal = np.zeros(self.n)
        for j, v in row.items():
            goal[j] = sign * v
        for presolve in (True, False):  # which sometimes finds what has a solution infeasible
            r = milp(goal, constraints=self.con, integrality=np.ones(self.n), bounds=Bounds(0, np.inf),
                     options={"presolve": presolve})
            if r.status in (0, 3):
                break
        if r.status == 3 or r.x is None and r.status != 2:
            return None
        assert r.status == 0, (r.message, seed)
        self.seen.append(np.round(r.x))
        return int(round(sign * r.fun))

    def values(self, row):
        at = [sum(v * x[j] for j, v in row.items()) for x in self.seen]
        return (min(at), max(at)) if at else (np.inf, -np.inf)


def attack(case, seed):
    audit = os.path.join(folder.name, "a.csv")
    run = case.run(audit)
    where = f"table {seed} ({case.shape}, {case.kind}, {case.profile}{', top' if case.top else ''}" \
            f"{', share' if case.share else ''}{', mean' if case.mean else ''})"
    if run.returncode == 2:
        if "cannot be made safe" in run.stderr:
            return "refused"
        sys.exit(f"{where}: {run.stderr}")
    shown = case.read(run.stdout)
    if os.environ.get("SHOW"):
        print(run.stdout, open(audit).read(), sep="\n")
    by = len(case.names)
    claims = {tuple(r[:by]): r[by + 1:by + 3] for r in list(csv.reader(open(audit)))[1:]}
    least, (low, high, width) = (0 if case.mask[0] == 0 else 1), case.mask
    # Whoever wants to know thinks of every combination that no table rules out.
    sets = {tuple(k == "Total" for k in key) for key in shown if "Rest" not in key}
    if case.top:
        inner = list(c for c, n in case.count.items() if n > 0)  # at worst they know which there are
    else:
        inner = [c for c in case.count if all(
            tuple("Total" if t else v for t, v in zip(s, c)) in shown for s in sets)]
    place = {c: j for j, c in enumerate(inner)}
    kept = [c for c in inner if c in shown]
    n = len(inner)
    a = Attack(3 * n)  # records, those that meet the condition, those with a value
    for j in range(n):
        a.add({j: 1, n + j: -1}, 0, np.inf)
        a.add({j: 1, 2 * n + j: -1}, 0, np.inf)
    masked = []
    for key, cells in shown.items():
        if key == ("Rest",) * by:
            members = [c for c in inner if c not in kept]
        else:
            members = [c for c in inner if all(k in ("Total", v) for k, v in zip(key, c))]
        row = {place[c]: 1 for c in members}
        if cells["count"] == "*":
            masked.append((key, row))
            a.add(row, least, np.inf)
            continue
        count = int(cells["count"])
        a.add(row, count, count)
        if low <= count <= high:
            print(f"{where}: {key} shows a count that is masked")
            return "exact", len(masked), None
        if case.share and cells["part"] != "":
            met = round(float(cells["part"]) * count)  # every record has one
            a.add({n + j: 1 for j in row}, met, met)
            if low <= met <= high or low <= count - met <= high and low > 0:
                print(f"{where}: {key} shows a share of few")
                return "exact", len(masked), None
        if (case.mean or case.profile == "dominance") and cells["mean_v"] not in ("", "*"):
            have = round(float(cells["sum_v"]) / float(cells["mean_v"]))
            a.add({2 * n + j: 1 for j in row}, have, have)
        elif (case.mean or case.profile == "dominance") and cells["mean_v"] == "":
            a.add({2 * n + j: 1 for j in row}, 0, 0)
    for j, c in enumerate(inner if case.share and case.decided == "wholly" else []):
        a.add({j: 1, n + j: -1} if c[-1] == "v0" else {n + j: 1}, 0, 0)
    for c in kept if case.top else []:
        for d in inner:
            if d not in kept:
                a.add({place[c]: 1, place[d]: -1}, 0, np.inf)
    bad, narrowest = None, None
    for key, row in masked:
        claim = (int(claims[key][0]), int(claims[key][1]) if claims[key][1] else np.inf)
        lo, hi = a.values(row)
        if hi - lo + 1 < width or claim[1] > hi:
            hi = a.end(row, -1)
            hi = np.inf if hi is None else hi
            lo = min(lo, a.values(row)[0])
        if hi - lo + 1 < width or claim[0] < lo:
            lo = a.end(row, 1)
        # seen values only bound the true interval from inside: enough to clear it
        if hi - lo + 1 < width:
            print(f"{where}: {key} is {lo}..{hi}, with at least {width} values allowed")
            bad = "exact"
        elif claim[0] < lo or claim[1] > hi:
            print(f"{where}: {key} is {lo}..{hi}, claimed {claim}")
            bad = bad or "wide"
        narrowest = hi - lo + 1 if narrowest is None else min(narrowest, hi - lo + 1)
    if case.profile == "dominance":
        bad = sums(case, where, shown, inner) or bad
    return bad, len(masked), narrowest


def sums(case, where, shown, inner):
    """Is what the rules of dominance mask told to within 10 per cent?"""
    A, b, masked = [], [], []
    for key, cells in shown.items():
        row = np.array([float(all(k in ("Total", v) for k, v in zip(key, c))) for c in inner])
        given, n = {}, 0
        for c, _, v, who in case.records:
            if v != "" and all(k in ("Total", x) for k, x in zip(key, c)):
                given[who] = given.get(who, 0) + v
                n += 1
        t, amounts = sum(given.values()), sorted(given.values(), reverse=True) + [0, 0]
        unsafe = n > 0 and (amounts[0] > .8 * t or t - amounts[0] - amounts[1] < .1 * amounts[0])
        if cells["sum_v"] == "*":
            if unsafe or 1 <= n <= 2:
                masked.append((key, row, t))
        elif unsafe:
            print(f"{where}: {key} shows a sum that is dominated")
            return "exact"
        elif cells["sum_v"] != "":
            A.append(row), b.append(float(cells["sum_v"]))
    for key, row, t in masked:
        for sign in (1, -1):
            r = linprog(sign * row, A_eq=np.array(A) if A else None, b_eq=b if b else None, bounds=(0, None))
            if r.status == 0 and abs(r.fun * sign - t) < .1 * t - 1e-6:
                print(f"{where}: the sum {t} of {key} is told by {r.fun * sign}")
                return "exact"
    return None


total = {"exact": 0, "wide": 0, "refused": 0, "cells": 0}
narrow = None
for seed in range(first, end):
    got = attack(Case(seed), seed)
    if isinstance(got, tuple):
        got, cells, width = got
        total["cells"] += cells
        if width is not None:
            narrow = width if narrow is None else min(narrow, width)
    if got:
        total[got] += 1
print(f"{end - first} tables, {total['cells']} masked counts, the narrowest {narrow} values, exact or too near "
      f"{total['exact']}, audit too wide {total['wide']}, refused {total['refused']}")
sys.exit(1 if total["exact"] or total["wide"] else 0)
