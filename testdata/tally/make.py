# Makes episodes.csv (artificial) and, by plain Python over exact fractions,
# what nib-aggregate must say of it. Run: python3 make.py
import csv, random, statistics
from decimal import Decimal
from fractions import Fraction
from itertools import product

random.seed(2)
rows = []
for i in range(400):
    rows.append({
        "record_id": f"E{i:04d}",
        "provider": random.choices(["RX1", "RX2", "RX3", 'R"4', "R,5"], [9, 5, 3, 1, 1])[0],
        "sex": random.choice(["1", "2", "2", ""]),
        "admission_date": f"2024-{random.randrange(1, 5):02d}-{random.randrange(1, 29):02d}",
        "age": str(random.randrange(0, 100)),
        "cost": random.choice(["", str(random.randrange(0, 9000)), f"{random.randrange(0, 900000) / 100:.2f}", f"-{random.randrange(1, 99)}.5"]),
        "person_id": f"{random.randrange(10**9, 10**9 + 150)}-a-long-identifier",
        "note": random.choice(["", "", 'seen, "noted"', "two\nlines"]),
    })
with open("episodes.csv", "w", newline="") as f:
    w = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
    w.writeheader()
    w.writerows(rows)

def real(x):  # shortest text, as %.15g, %.16g, %.17g
    x = float(x)
    for d in (15, 16, 17):
        t = f"{x:.{d}g}"
        if float(t) == x:
            return t

def scaled(x, digits):
    return f"{x:.{digits}f}"

def quantile(v, p):  # R's default, type 7
    v = sorted(v)
    h = (len(v) - 1) * p
    lo = h.numerator // h.denominator
    hi = min(lo + 1, len(v) - 1)
    return v[lo] + (h - lo) * (v[hi] - v[lo])

def table(name, by, cube, where=lambda r: True):
    groups = {}
    for r in filter(where, rows):
        key = tuple(f(r) for _, f in by)
        masks = product([0, 1], repeat=len(by)) if cube else [(0,) * len(by)]
        for m in masks:
            groups.setdefault(tuple((b, "Total" if b else k) for b, k in zip(m, key)), []).append(r)
    with open(name, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow([n for n, _ in by] + "count sum_cost mean_age min_cost max_cost median_cost p0.9_age variance_age distinct_person_id women".split())
        for key in sorted(groups, key=lambda k: [(b, t.encode()) for b, t in k]):
            g = groups[key]
            cost = [Fraction(r["cost"]) for r in g if r["cost"]]
            age = [Fraction(r["age"]) for r in g]
            sex = [r["sex"] for r in g if r["sex"]]
            w.writerow([t for _, t in key] + [
                len(g), scaled(Decimal(sum(cost).numerator) / Decimal(sum(cost).denominator), 2) if cost else "",
                real(sum(age) / len(age)),
                f"{float(min(cost)):.2f}" if cost else "", f"{float(max(cost)):.2f}" if cost else "",
                real(quantile(cost, Fraction(1, 2))) if cost else "", real(quantile(age, Fraction(9, 10))),
                real(statistics.variance(age)) if len(age) > 1 else "",
                len({r["person_id"] for r in g}),
                real(Fraction(sex.count("2"), len(sex))) if sex else ""])

provider = ("provider", lambda r: r["provider"])
sex = ("sex", lambda r: r["sex"])
month = ("month", lambda r: r["admission_date"][:7])
table("all.csv", [], False)
table("provider_month.csv", [provider, month], False)
table("provider_sex_cube.csv", [provider, sex], True)
table("month_rx1.csv", [month], False, lambda r: r["provider"] == "RX1")
