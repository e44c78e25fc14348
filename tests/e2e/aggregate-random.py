"""aggregate-random.py FOLDER QUESTIONS SEED: random questions to nib-aggregate.

Draws a CSV file with empty cells, quotes, commas, line ends inside cells,
keys longer than two registers, decimals of many scales and a skewed key, and
asks nib-aggregate random questions about it: groupings, conditions, measures,
margins, any memory and workers, in one run or by partial results. What the
answer must be is made here without anything of nib: expressions by Python's
sqlite3, measures by Python's integers, fractions and sorting. Prints each
question whose answer differs; exits 1 if any does.
"""
import csv
import io
import math
import os
import random
import sqlite3
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

folder, questions, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
draw = random.Random(seed)
NAMES = ["id", "g", "k", "d", "x", "y", "w", "s"]
RECORDS = 5000

WORDS = ["", "A", "B", "a", 'say "so"', "x,y", "two\nlines", "Größe", " ",
         "007", "7", "-", "NULL"]
LONG = "a key with the same beginning, longer than registers, "


def decimal():
    digits = draw.choice([0, 0, 1, 2, 2, 2, 3, 6])
    whole = draw.randrange(-10 ** draw.choice([1, 2, 4, 7]),
                           10 ** draw.choice([1, 2, 4, 7]))
    text = str(abs(whole)).rjust(digits + 1, "0")
    if digits:
        text = text[:-digits] + "." + text[-digits:]
    sign = "-" if whole < 0 else draw.choice(["", "", "", "+"])
    return sign + text


def measured():
    """A decimal, sometimes as R and Python write large and small ones."""
    text = decimal()
    return text + draw.choice([""] * 9 + ["e+02", "E3", "e-3"])


def record(i):
    n = int(draw.paretovariate(0.7)) % 2000
    return [str(i),
            draw.choice(WORDS),
            draw.choice(["", str(n), LONG + str(n), "P%09d" % n]),
            draw.choice(["", "20%02d-%02d-%02d" % (draw.randrange(18, 26),
                        draw.randrange(1, 13), draw.randrange(1, 29))]),
            draw.choice(["", str(draw.randrange(-5, 100))]),
            draw.choice(["", decimal(), decimal(), measured()]),
            draw.choice(["", "0", "1", "2", "0.5", "3.25"]),
            draw.choice(WORDS) * draw.randrange(3)]


rows = [record(i) for i in range(RECORDS)]


def write(path, part):
    with open(path, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(NAMES)
        out.writerows(part)


whole = os.path.join(folder, "random.csv")
write(whole, rows)
cuts = sorted(draw.sample(range(1, RECORDS), 2))
parts = []
for i, (a, b) in enumerate(zip([0] + cuts, cuts + [RECORDS])):
    parts.append(os.path.join(folder, "random-%d.csv" % i))
    write(parts[-1], rows[a:b])

db = sqlite3.connect(":memory:")
db.execute("CREATE TABLE t (%s)" % ", ".join(n + " TEXT" for n in NAMES))
db.executemany("INSERT INTO t VALUES (%s)" % ",".join("?" * len(NAMES)),
               [[c if c != "" else None for c in r] for r in rows])

# What groups; SQLite's words where they are other ones.
BY = ["g", "k", "d", "s", "upper(g)", "length(s)", "substr(k, 1, 3)",
      "coalesce(g, 'none')", "CAST(x AS INTEGER) / 10", "x IS NULL",
      "g || '/' || s", "CASE WHEN g IN ('A', 'a') THEN 'a' ELSE d END",
      "CAST(w AS REAL) * 2", "substr(d, 1, 7)", "nullif(g, 'B')"]
WHERE = [None, None, None, "g = 'A'", "g IN ('A', 'B', '007')",
         "CAST(x AS INTEGER) > 30", "g IS NOT NULL AND NOT (g = 'B')",
         "CAST(x AS INTEGER) BETWEEN 10 AND 60", "k LIKE 'P%'", "g LIKE 'a'",
         "d >= '2020-01-01' OR d IS NULL", "s IS NULL", "x <> '7'",
         "CAST(y AS REAL) < 0", "length(k) > 16", "g NOT IN ('A', 'x,y')",
         "CASE WHEN g = 'A' THEN 1 ELSE 0 END = 1", "g = 'no such'"]
VALUE = ["x", "y", "w"]
COMPUTED = ["CAST(x AS INTEGER) * 3", "length(k)"]
MEASURES = ["sum", "mean", "min", "max", "median", "variance", "sd",
            "quantile", "distinct", "share", "weighted-sum",
            "weighted-mean"]
P = ["0", "0.05", "0.25", "0.5", "0.333", "0.9", "1"]


def question():
    q = {"by": draw.sample(BY, draw.choice([0, 1, 1, 2, 2, 3])),
         "where": draw.choice(WHERE), "measures": [("count", None)],
         "margins": draw.choice(["", "", "", "--totals", "--cube"])}
    if not q["by"]:
        q["margins"] = ""
    for kind in draw.sample(MEASURES, draw.randrange(5)):
        if kind == "distinct":
            what = draw.choice(BY)
        elif kind == "share":
            what = draw.choice([w for w in WHERE if w])
        elif kind == "quantile":
            what = draw.choice(P) + ":" + draw.choice(VALUE)
        elif kind.startswith("weighted"):
            what = "w:" + draw.choice(["x", "y"])
        else:
            what = draw.choice(VALUE + COMPUTED)
        q["measures"].append((kind, what))
    return q


def words(q):
    out = []
    for i, e in enumerate(q["by"]):
        out += ["--by", "b%d=%s" % (i, e)]
    if q["where"]:
        out += ["--where", q["where"]]
    for kind, what in q["measures"]:
        out.append("--" + kind)
        if kind == "share":
            out.append("s=" + what)
        elif what is not None:
            out.append(what)
    return out


def run(args):
    p = subprocess.run(["nib-aggregate"] + args, capture_output=True)
    if p.returncode != 0:
        raise RuntimeError("status %d: %s" % (p.returncode,
                                              p.stderr.decode()))
    return p.stdout


def ask(q):
    """The answer, in one run or by partial results."""
    more = ["--memory", draw.choice(["1M", "1M", "3M", "64M"]),
            "-j", str(draw.randrange(1, 5))]
    margins = [q["margins"]] if q["margins"] else []
    if draw.random() < 0.7:
        return run(words(q) + margins + more + [whole])
    made = []
    for i, p in enumerate(parts):
        made.append(os.path.join(folder, "%d.part" % i))
        run(words(q) + more + ["--partial", "-o", made[-1], p])
    draw.shuffle(made)
    both = os.path.join(folder, "both.part")
    run(words(q) + more + ["--merge", "-o", both] + made[:2])
    return run(words(q) + margins + more + ["--final", both, made[2]])


def text(v):
    if v is None:
        return ""
    if isinstance(v, float):
        return ("%d" % v if v == int(v) else repr(v))
    return str(v)


def numbers(values):
    return [Fraction(Decimal(str(v))) for v in values if v is not None]


def measure(kind, what, got):
    """One cell from the values that SQLite gave: a number, or None."""
    if kind == "count":
        return len(got)
    if kind == "distinct":
        return len({text(v) for v in got if text(v) != ""})
    if kind == "share":
        known = [v for v in got if v is not None]
        return sum(1 for v in known if v) / len(known) if known else None
    if kind.startswith("weighted"):
        pairs = [(Fraction(Decimal(a)), Fraction(Decimal(b)))
                 for a, b in got if a is not None and b is not None]
        total = sum((a * b for a, b in pairs), Fraction(0))
        if kind == "weighted-sum":
            return total if pairs else None
        weights = sum((a for a, _ in pairs), Fraction(0))
        return float(total / weights) if weights else None
    v = numbers(got)
    n = len(v)
    if n == 0:
        return None
    if kind == "sum":
        return sum(v, Fraction(0))
    if kind == "mean":
        return float(sum(v, Fraction(0)) / n)
    if kind == "min":
        return min(v)
    if kind == "max":
        return max(v)
    if kind in ("median", "quantile"):
        p = Fraction(1, 2) if kind == "median" else \
            Fraction(Decimal(what.split(":")[0]))
        v.sort()
        at = (n - 1) * p
        i = at.numerator // at.denominator
        high = v[min(i + 1, n - 1)]
        return float(v[i] + (at - i) * (high - v[i]))
    if n < 2:
        return None
    mean = sum(v, Fraction(0)) / n
    variance = float(sum((x - mean) ** 2 for x in v) / (n - 1))
    return variance if kind == "variance" else math.sqrt(variance)


TOTAL = b"\xff"


def want(q):
    """The rows: groupings, then a number or None for each measure."""
    columns = list(q["by"])
    for kind, what in q["measures"]:
        if kind == "count":
            columns.append("1")
        elif kind.startswith("weighted"):
            a, b = what.split(":")
            columns += [a, b]
        else:
            columns.append(what.split(":")[1] if kind == "quantile"
                           else what)
    sql = "SELECT %s FROM t" % ", ".join("(%s)" % c for c in columns)
    if q["where"]:
        sql += " WHERE " + q["where"]
    nby = len(q["by"])
    groups = {}
    if nby == 0:
        groups[()] = []
    for r in db.execute(sql + " ORDER BY rowid"):
        key = tuple(text(v).encode() for v in r[:nby])
        masks = [0]
        if q["margins"] == "--totals":
            masks.append(2 ** nby - 1)
        elif q["margins"] == "--cube":
            masks = range(2 ** nby)
        for m in masks:
            k = tuple(TOTAL if m >> i & 1 else c for i, c in enumerate(key))
            groups.setdefault(k, []).append(r[nby:])
    answer = []
    for key in sorted(groups):
        cells, at = [], 0
        for kind, what in q["measures"]:
            if kind.startswith("weighted"):
                got = [(r[at], r[at + 1]) for r in groups[key]]
                at += 2
            else:
                got = [r[at] for r in groups[key]]
                at += 1
            cells.append(measure(kind, what, got))
        answer.append(["Total" if k == TOTAL else k.decode() for k in key] +
                      cells)
    return answer


def same(cell, value):
    if value is None or cell == "":
        return value is None and cell == ""
    if isinstance(value, float):
        return float(cell) == value
    if isinstance(value, str):
        return cell == value
    return Fraction(Decimal(cell)) == value


failed = 0
for number in range(questions):
    q = question()
    try:
        out = ask(q).decode()
        got = list(csv.reader(io.StringIO(out, newline="")))[1:]
        expected = want(q)
        wrong = [(a, b) for a, b in zip(got, expected)
                 if len(a) != len(b) or
                 not all((c == str(v) if i < len(q["by"]) else same(c, v))
                         for i, (c, v) in enumerate(zip(a, b)))]
        if len(got) != len(expected) or wrong:
            failed += 1
            print("question %d of seed %d: %s" % (number, seed, words(q)))
            print("  rows %d, wanted %d" % (len(got), len(expected)))
            for a, b in wrong[:3]:
                print("  got    %s\n  wanted %s" % (a, b))
    except RuntimeError as e:
        failed += 1
        print("question %d of seed %d: %s\n  %s" % (number, seed, words(q),
                                                    e))
sys.exit(failed > 0)
