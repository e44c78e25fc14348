# Makes exact.csv (artificial numbers of all sizes) and, by Python's integers
# and fractions, exact_want.csv: what nib-aggregate must say of it, digit for
# digit. Run: python3 make_exact.py [SEED]
import csv, random, sys
from fractions import Fraction

random.seed(int(sys.argv[1]) if len(sys.argv) > 1 else 6)


def text(v, digits):
    """The integer v with so many digits after the point."""
    s = "-" if v < 0 else ""
    v = abs(v)
    if digits == 0:
        return f"{s}{v}"
    return f"{s}{v // 10 ** digits}.{v % 10 ** digits:0{digits}}"


def number(most, digits):
    d = random.randrange(digits + 1)
    v = random.randrange(10 ** random.randrange(1, most + 1))
    return text(random.choice([v, v, -v]), d)


rows = []
for i in range(600):
    rows.append({
        "g": random.choice("abcdefgh"),
        "x": random.choice(["", number(5, 3), number(9, 6), number(12, 6)]),
        "y": random.choice(["", number(9, 6), number(27, 9)]),
        "w": random.choice(["", "0", number(4, 2), number(4, 0)]),
    })
with open("exact.csv", "w", newline="") as f:
    out = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
    out.writeheader()
    out.writerows(rows)


def scale(values):
    return max(len(v.partition(".")[2]) for v in values)


def fixed(x, digits):
    v = x * 10 ** digits
    assert v.denominator == 1
    return text(v.numerator, digits)


def real(x):
    """Shortest of %.15g, %.16g, %.17g that reads back; x is rounded once."""
    x = float(x)
    for d in (15, 16, 17):
        t = f"{x:.{d}g}"
        if float(t) == x:
            return "0" if x == 0 else t


def quantile(v, p):
    v = sorted(v)
    h = (len(v) - 1) * p
    lo = h.numerator // h.denominator
    return v[lo] + (h - lo) * (v[min(lo + 1, len(v) - 1)] - v[lo])


sx = scale(r["x"] for r in rows)
sw = scale(r["w"] for r in rows)
sy = scale(r["y"] for r in rows)
with open("exact_want.csv", "w", newline="") as f:
    out = csv.writer(f, lineterminator="\n")
    out.writerow("g count sum_x mean_x min_x max_x variance_x median_x "
                 "p0.1_x weighted_sum_x weighted_mean_x sum_y mean_y "
                 "min_y max_y".split())
    for g in sorted({r["g"] for r in rows}):
        own = [r for r in rows if r["g"] == g]
        x = [Fraction(r["x"]) for r in own if r["x"]]
        both = [(Fraction(r["w"]), Fraction(r["x"])) for r in own
                if r["w"] and r["x"]]
        y = [Fraction(r["y"]) for r in own if r["y"]]
        m = sum(x) / len(x)
        out.writerow([
            g, len(own), fixed(sum(x), sx), real(m), fixed(min(x), sx),
            fixed(max(x), sx),
            real(sum((v - m) ** 2 for v in x) / (len(x) - 1)),
            real(quantile(x, Fraction(1, 2))),
            real(quantile(x, Fraction(1, 10))),
            fixed(sum(w * v for w, v in both), sx + sw),
            real(sum(w * v for w, v in both) / sum(w for w, _ in both)),
            fixed(sum(y), sy), real(sum(y) / len(y)), fixed(min(y), sy),
            fixed(max(y), sy)])
