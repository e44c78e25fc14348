#!/usr/bin/env python3
"""Values of every indicator of the library, worked out apart from nib.

usage: indicator_values.py LIBRARY-DATA SHARE

Reads the small tables of testdata/indicator/library and writes what
expected.csv there holds: indicator, area, period, sex, category, count,
denominator, value, lower_95, upper_95. Each indicator is a function of a
record, written from the plain-language definition and not read from the
definition's file; only standard populations and case-mix coefficients come
from SHARE. Statistics are written from their papers, with the standard
library alone: quantiles are found by bisection of series for the incomplete
gamma and beta functions.
"""
import csv
import datetime
import math
import pathlib
import re
import statistics
import sys
from collections import defaultdict
from decimal import Decimal

DATA, SHARE = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
Z = 1.959963984540054


# STATISTICS

def gamma_p(a, x):
    """Regularised lower incomplete gamma."""
    if x <= 0:
        return 0.0
    if x < a + 1:
        term = total = 1 / a
        n = a
        while abs(term) > abs(total) * 1e-17:
            n += 1
            term *= x / n
            total += term
        return total * math.exp(-x + a * math.log(x) - math.lgamma(a))
    b = x + 1 - a
    c = 1 / 1e-300
    d = 1 / b
    h = d
    for i in range(1, 10000):
        an = -i * (i - a)
        b += 2
        d = an * d + b or 1e-300
        c = b + an / c or 1e-300
        d = 1 / d
        h *= d * c
        if abs(d * c - 1) < 1e-17:
            break
    return 1 - math.exp(-x + a * math.log(x) - math.lgamma(a)) * h


def bisect(f, low, high):
    for _ in range(400):
        middle = (low + high) / 2
        if f(middle):
            high = middle
        else:
            low = middle
    return (low + high) / 2


def chi2_quantile(p, df):
    return 2 * bisect(lambda x: gamma_p(df / 2, x) >= p, 0, df * 10 + 200)


def beta_cf(a, b, x):
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    h = d
    for m in range(1, 10000):
        for num in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                    -(a + m) * (a + b + m) * x /
                    ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / (1 + num * d)
            c = 1 + num / c
            h *= d * c
        if abs(d * c - 1) < 1e-16:
            break
    return h


def t_tail(t, df):
    """Two-sided tail of Student's t."""
    x = df / (df + t * t)
    a, b = df / 2, 0.5
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) +
                     a * math.log(x) + b * math.log(1 - x)) if x < 1 else 0
    if x < (a + 1) / (a + b + 2):
        return front * beta_cf(a, b, x) / a
    return 1 - front * beta_cf(b, a, 1 - x) / b


def poisson_limits(o):
    """Exact below 10 events, Byar's from there on."""
    if o < 10:
        return (chi2_quantile(.025, 2 * o) / 2 if o > 0 else 0.0,
                chi2_quantile(.975, 2 * o + 2) / 2)
    return byar(o)


def byar(o):
    return (o * (1 - 1 / (9 * o) - Z / (3 * math.sqrt(o))) ** 3,
            (o + 1) * (1 - 1 / (9 * (o + 1)) +
                       Z / (3 * math.sqrt(o + 1))) ** 3)


def proportion(x, n, by):
    if not n or x > n:
        return None, None, None
    root = Z * math.sqrt(Z * Z + 4 * x * (1 - x / n))
    return (x / n * by, (2 * x + Z * Z - root) / (2 * (n + Z * Z)) * by,
            (2 * x + Z * Z + root) / (2 * (n + Z * Z)) * by)


def mean(values):
    n = len(values)
    average = math.fsum(values) / n
    if n < 2:
        return average, None, None
    s = math.sqrt(math.fsum((v - average) ** 2 for v in values) / (n - 1))
    t = bisect(lambda q: t_tail(q, n - 1) <= .05, 0, 1e3)
    return average, average - t * s / math.sqrt(n), average + \
        t * s / math.sqrt(n)


def dsr(x, n, w, by):
    o = sum(x)
    if o < 10:
        return None, None, None
    rate = math.fsum(a * c / b for a, b, c in zip(x, n, w)) / sum(w)
    var = math.fsum(c * c * a / (b * b) for a, b, c in zip(x, n, w)) / \
        sum(w) ** 2
    low, high = byar(o)
    return (rate * by, (rate + math.sqrt(var / o) * (low - o)) * by,
            (rate + math.sqrt(var / o) * (high - o)) * by)


def life(starts, deaths, people):
    """At birth: Chiang's second method, Silcocks' variance."""
    if not deaths[-1] or sum(people) <= 5000 or \
            any(d > p for d, p in zip(deaths, people)):
        return None, None, None
    last = len(starts) - 1
    alive, q, lived, died = [1e5], [], [], []
    for i, (d, p) in enumerate(zip(deaths, people)):
        if i == last:
            died.append(alive[i])
            q.append(1)
            lived.append(alive[i] / (d / p))
            break
        width = starts[i + 1] - starts[i]
        a = .1 if starts[i] == 0 else .5
        m = d / p
        q.append(m * width / (1 + m * width * (1 - a)))
        alive.append(alive[i] * (1 - q[i]))
        died.append(alive[i] - alive[i + 1])
        lived.append(width * (alive[i + 1] + a * died[i]))
    e = [math.fsum(lived[i:]) / alive[i] for i in range(last + 1)]
    terms = []
    for i in range(last):
        width = starts[i + 1] - starts[i]
        a = .1 if starts[i] == 0 else .5
        s = q[i] ** 2 * (1 - q[i]) / deaths[i] if deaths[i] else 0
        terms.append(s * alive[i] ** 2 * ((1 - a) * width + e[i + 1]) ** 2)
    m = deaths[last] / people[last]
    terms.append((alive[last] / 2) ** 2 * 4 / (deaths[last] * m * m))
    se = math.sqrt(math.fsum(terms)) / alive[0]
    if 2 * Z * se > 20:
        return None, e[0] - Z * se, e[0] + Z * se
    return e[0], e[0] - Z * se, e[0] + Z * se


def slope(people, values, low, high):
    """Slope index: weighted straight line, limits of independent values."""
    total = sum(people)
    a = [p / total for p in people]
    at, sum_before = [], 0.0
    for share in a:
        at.append(sum_before + share / 2)
        sum_before += share
    xm = math.fsum(s * x for s, x in zip(a, at))
    sxx = math.fsum(s * (x - xm) ** 2 for s, x in zip(a, at))
    h = [s * (x - xm) / sxx for s, x in zip(a, at)]
    value = math.fsum(k * v for k, v in zip(h, values))
    se = math.sqrt(math.fsum((k * (b - c) / (2 * Z)) ** 2
                             for k, c, b in zip(h, low, high)))
    return value, value - Z * se, value + Z * se


# RECORDS

def day(text):
    return datetime.date.fromisoformat(text[:10]) if text else None


def days(a, b):
    return (day(b) - day(a)).days if a and b else None


def minutes(a, b):
    """With the seconds; none where b is before a."""
    if not a or not b:
        return None
    gap = datetime.datetime.fromisoformat(b) - \
        datetime.datetime.fromisoformat(a)
    return gap.total_seconds() / 60 if gap.total_seconds() >= 0 else None


def age(birth, on):
    if not birth or not on:
        return None
    b, o = day(birth), day(on)
    return o.year - b.year - ((o.month, o.day) < (b.month, b.day))


def financial(text):
    if not text:
        return ""
    d = day(text if len(text) > 7 else text + "-01")
    start = d.year - (d.month < 4)
    return f"{start}/{(start + 1) % 100:02}"


def whole(text):
    """A number that adds nothing where it is missing."""
    return int(text) if text else 0


def number(text):
    return float(Decimal(text)) if text else None


def less(a, b):
    return None if a is None or b is None else a - b


def rows(name):
    with open(DATA / f"{name}.csv", newline="") as f:
        return list(csv.DictReader(f))


OUT = []


def put(name, key, count, denominator, result):
    OUT.append((name, *key, count, denominator, *result))


def share(name, table, area, period, den, num, where=None, category=None):
    """Of the records in the denominator those that are in the numerator."""
    groups = defaultdict(lambda: [0, 0])
    for r in table:
        if where is not None and not where(r):
            continue
        if den(r):
            g = groups[area(r), period(r), "", category(r) if category
                       else ""]
            g[1] += 1
            g[0] += bool(num(r))
    for key, (x, n) in groups.items():
        put(name, key, x, n, proportion(x, n, 100))


def composite(name, parts, scale, times, least):
    """One number of the components put before: (name, weight, sign) each.

    z_score: distance from the areas' mean in standard deviations (statistics'
    pstdev); min_max: place between the lowest and the highest area.
    """
    groups = defaultdict(dict)
    for row in OUT:
        if row[0] in [p[0] for p in parts]:
            groups[row[2:5]].setdefault(row[1], {})[row[0]] = row[7]
    for rest, areas in groups.items():
        scores = defaultdict(dict)
        for part, _, sign in parts:
            x = {a: v[part] for a, v in areas.items()
                 if v.get(part) is not None}
            if len(set(x.values())) < 2:
                continue
            low, high = min(x.values()), max(x.values())
            for a, v in x.items():
                if scale == "z_score":
                    scores[a][part] = sign * (
                        v - statistics.fmean(x.values())) / \
                        statistics.pstdev(x.values())
                else:
                    place = (v - low) / (high - low)
                    scores[a][part] = place if sign > 0 else 1 - place
        for a in areas:
            have = [(w, scores[a][p]) for p, w, _ in parts if p in scores[a]]
            value = math.fsum(w * s for w, s in have) / \
                math.fsum(w for w, _ in have) * times \
                if len(have) >= least else None
            put(name, (a, *rest), len(have), len(parts), (value, None, None))


def sums(name, table, area, period, num, den, category=None):
    """Of a total the part, both added up."""
    groups = defaultdict(lambda: [0, 0])
    for r in table:
        g = groups[area(r), period(r), "", category(r) if category else ""]
        g[0] += num(r) or 0
        g[1] += den(r) or 0
    for key, (x, n) in groups.items():
        if x or n:
            put(name, key, x, n, proportion(x, n, 100))


def average(name, table, area, period, value, where=None, category=None):
    groups = defaultdict(list)
    for r in table:
        if where is not None and not where(r):
            continue
        v = value(r)
        if v is not None:
            groups[area(r), period(r), "",
                   category(r) if category else ""].append(v)
    for key, values in groups.items():
        put(name, key, math.fsum(values), len(values), mean(values))


def total(name, table, area, period, value, where):
    groups = defaultdict(float)
    for r in table:
        if where(r) and value(r) is not None:
            groups[area(r), period(r), "", ""] += value(r)
    for key, x in groups.items():
        if x:
            put(name, key, x, None, (x, None, None))


def over(name, table, area, period, num, den, where, make):
    """Two totals of the same records, one over the other."""
    groups = defaultdict(lambda: [0, 0])
    for r in table:
        if where(r):
            g = groups[area(r), period(r), "", ""]
            g[0] += num(r) or 0
            g[1] += den(r) or 0
    for key, (x, n) in groups.items():
        if x or n:
            put(name, key, x, n, make(x, n))


def ratio(by):
    return lambda x, n: (x / n * by if n else None, None, None)


def poisson(by):
    def make(x, n):
        if not n:
            return None, None, None
        low, high = poisson_limits(x)
        return x / n * by, low / n * by, high / n * by
    return make


# BANDS AND POPULATIONS

def standard(name):
    with open(SHARE / "standards" / f"{name}.csv", newline="") as f:
        return [(r["age_band"], int(r["start_age"]),
                 float(r.get("weight") or 0)) for r in csv.DictReader(f)]


def band(bands, years):
    label = None
    for name, start, _ in bands:
        if years >= start:
            label = name
    return label


def standardised(name, table, area, period, years, where, people,
                 from_age=0, to_age=None, sex=None):
    bands = standard("esp2013")
    used = [b for b in bands if b[1] >= from_age and
            (to_age is None or b[1] <= to_age)]
    x, periods = defaultdict(int), set()
    for r in table:
        if where(r):
            periods.add(period(r))
            x[area(r), period(r), sex(r) if sex else "",
              band(bands, years(r))] += 1
    n = defaultdict(float)
    for r in people:
        n[r["area"], r["sex"] if sex else "", r["age_band"]] += \
            float(r["population"])
    for a, s in sorted({(k[0], k[1]) for k in n}):
        for p in periods:
            events = [x[a, p, s, b[0]] for b in used]
            size = [n[a, s, b[0]] for b in used]
            put(name, (a, p, s, ""), sum(events), sum(size),
                dsr(events, size, [b[2] for b in used], 100000))


def life_tables(table, people):
    bands = standard("life20")
    starts = [b[1] for b in bands]
    deaths = defaultdict(int)
    for r in table:
        years = age(r["birth_date"], r["date_of_death"])
        if years is None or years < 0:
            continue
        where = (r["local_authority"], r["date_of_death"][:4], r["sex"],
                 band(bands, years))
        deaths[where + ("",)] += 1
        deaths[where + (r["deprivation_decile"],)] += 1
    n = defaultdict(float)
    for r in people:
        for c in ("", r["category"]):
            n[r["area"], r["sex"], r["age_band"], c] += \
                float(r["population"])
    for a, s in sorted({(k[0], k[1]) for k in n}):
        for p in sorted({k[1] for k in deaths}):
            tables = {}
            for c in sorted({k[3] for k in n}):
                d = [deaths[a, p, s, b[0], c] for b in bands]
                size = [n[a, s, b[0], c] for b in bands]
                tables[c] = (sum(d), sum(size), life(starts, d, size))
            x, size, e = tables.pop("")
            put("life_expectancy", (a, p, s, ""), x, size, e)
            parts = [tables[c] for c in sorted(tables)]
            put("life_expectancy_inequality", (a, p, s, ""),
                sum(t[0] for t in parts), sum(t[1] for t in parts),
                slope([t[1] for t in parts], [t[2][0] for t in parts],
                      [t[2][1] for t in parts], [t[2][2] for t in parts])
                if all(t[2][0] is not None for t in parts)
                else (None, None, None))


# CASE MIX

def model(name):
    with open(SHARE / "casemix" / f"{name}.csv", newline="") as f:
        return {r["term"]: float(r["coefficient"])
                for r in csv.DictReader(f)}


def expected_death(c, r):
    """None where birth, method or diagnosis is missing."""
    years = age(r["birth_date"], r["admission_date"])
    if years is None or not r["admission_method"] or \
            not r["main_diagnosis"]:
        return None
    e = c["intercept"]
    e += c["age of 65 to 74"] * (65 <= years <= 74)
    e += c["age of 75 to 84"] * (75 <= years <= 84)
    e += c["age of 85 and over"] * (years >= 85)
    e += c["emergency"] * (r["admission_method"][:1] == "2")
    e += c["respiratory disease"] * (r["main_diagnosis"][:1] == "J")
    e += c["heart failure"] * (r["main_diagnosis"][:3] == "I50")
    return round(1 / (1 + math.exp(-e)), 6)


HAD = {"chf": "heart failure", "pvd": "peripheral vascular disease",
       "cpd": "chronic pulmonary disease",
       "diabwc": "diabetes with complications", "rend": "renal disease",
       "metacanc": "metastatic cancer", "canc": "other cancer",
       "msld": "moderate or severe liver disease",
       "mld": "other liver disease", "hp": "hemiplegia or paraplegia",
       "dementia": "dementia"}


def expected_readmission(c, r):
    """PARR-30; None where something is missing."""
    years = age(r["birth_date"], r["admission_date"])
    if years is None or not r["admission_method"] or "" in [
            r[k] for k in ("imd_score", "emergencies_in_year",
                           "emergency_in_30_days",
                           *("had_" + h for h in HAD))]:
        return None
    poor = float(r["imd_score"])
    e = c["intercept"] + c["age squared"] * years ** 2
    for low, high, name in ((10, 15, "10 to 14"), (15, 25, "15 to 24"),
                            (25, 40, "25 to 39"), (40, 50, "40 to 49"),
                            (50, math.inf, "50 and over")):
        e += c["deprivation score " + name] * (low <= poor < high)
    e += c["emergency admissions in a year"] * int(r["emergencies_in_year"])
    e += c["emergency admission in 30 days"] * int(r["emergency_in_30_days"])
    e += c["emergency now"] * (r["admission_method"][0] == "2")
    for column, name in HAD.items():
        e += c[name] * int(r["had_" + column])
    return round(1 / (1 + math.exp(-e)), 6)


def more_than_expected(c, r):
    after, before = number(r["post_eq5d_index"]), \
        number(r["pre_eq5d_index"])
    oxford = number(r["pre_oxford_score"])
    if after is None or before is None or oxford is None:
        return None
    return round(after - c["intercept"] - c["index before"] * before -
                 c["Oxford score before"] * oxford, 4)


# THE INDICATORS

# By condition, as the sources name them; a dash is a range of last digits.
AMBULATORY = """asthma J45 J46; airways J41-4 J47; heart I110 I50 J81;
    pressure I10 I119; diabetes E100-8 E110-8 E120-8 E130-8 E140-8;
    fits G40-1 O15 R56; lungs J10-1 J13-4 J153-4 J157 J159 J168 J181 J188;
    skin L03-4 L080 L088-9 L88 L980; kidney N10-2 N136;
    throat H66-7 J02-3 J06 J312"""
ACUTE = """vaccine J10-1 J13-4 J153-4 J157 J159 J168 J181 J188 A36-7 B05-6 B161
    B169 B26 M014; angina I20 I240 I248-9; gut E86 K528-9 K520-2 A020 A04
    A059 A072 A080-1 A083-5 A09; urine N10-2 N136 N159 N300 N308-9 N390;
    ulcer K250-2 K254-6 K260-2 K264-6 K270-2 K274-6 K280-2 K284-6;
    skin L03-4 L080 L088-9 L88 L980 I891 L010-1 L020-4 L028-9;
    throat H66-7 J02-3 J06 J312 J040; teeth A690 K02-6 K08 K098-9 K12-3;
    fits G40-1 O15 R56"""


def conditions(text):
    """Which of the conditions a code is: a name, or None."""
    of = {}
    for part in text.split(";"):
        name, *codes = part.split()
        for code in codes:
            first, _, last = code.partition("-")
            for digit in range(int(first[-1]), int(last or first[-1]) + 1):
                of[first[:-1] + str(digit)] = name
    return lambda code: of.get(code[:3]) or of.get(code[:4])


ambulatory, acute = conditions(AMBULATORY), conditions(ACUTE)


def operated(r):
    """An operation that takes an admission out of AC-02."""
    what, op = ambulatory(r["main_diagnosis"]), r["main_procedure"]
    if what in ("heart", "pressure"):
        return re.match("K([0-4]|5[02567]|6[016-9]|71)", op)
    if what == "skin":
        return re.match("[A-RTVW]|S([123]|4[1-5789])|X[01245]", op)
    return None


def admitted():
    t = rows("admitted_episode")
    people = rows("population")
    where = (lambda r: r["provider"]), \
        (lambda r: financial(r["admission_date"]))
    left = where[0], lambda r: financial(r["discharge_date"])
    home = (lambda r: r["local_authority"]), where[1]
    stay = lambda r: days(r["admission_date"], r["discharge_date"])
    years = lambda r: age(r["birth_date"], r["admission_date"])
    last = lambda r: r["last_episode"] == "1"
    first = lambda r: r["episode_order"] == "1"
    urgent = lambda r: r["admission_method"][:1] == "2"
    ordinary = lambda r: last(r) and r["patient_classification"] == "1"
    alive = lambda r: r["discharge_method"] in ("1", "2", "3", "6", "7")
    ended = lambda r: alive(r) or r["discharge_method"] == "4"

    total("bed_days", t, *left, stay, last)
    share("caesarean_rate", t, *where,
          lambda r: "R17" <= r["main_procedure"][:3] <= "R25",
          lambda r: r["main_procedure"][:3] in ("R17", "R18"),
          lambda r: r["episode_type"] in ("2", "5"))
    average("cost_per_spell", t, *left, lambda r: number(r["cost_gbp"]),
            last)
    over("cost_per_weighted_activity", t, *left,
         lambda r: number(r["cost_gbp"]), lambda r: number(r["tariff_gbp"]),
         lambda r: last(r) and r["cost_gbp"] and r["tariff_gbp"],
         ratio(100))
    c = rows("patient_cost")
    over("patient_cost_per_weighted_activity", c, lambda r: r["provider"],
         lambda r: financial(r["event_date"]),
         lambda r: number(r["total_cost_gbp"]),
         lambda r: number(r["price_gbp"]) * int(r["units"]),
         lambda r: r["price_gbp"] and r["total_cost_gbp"], ratio(100))
    share("day_case_rate", t, *where,
          lambda r: r["patient_classification"] in ("1", "2"),
          lambda r: r["patient_classification"] == "2",
          lambda r: first(r) and r["admission_method"] in
          ("11", "12", "13"))
    over("delayed_discharge_days", t, *left,
         lambda r: number(r["delay_days"]), stay, last, ratio(1000))
    average("elective_wait", t, *where,
            lambda r: days(r["decision_to_admit_date"],
                           r["admission_date"]),
            lambda r: first(r) and r["admission_method"] in ("11", "12"))
    share("in_hospital_mortality", t, *left, ended,
          lambda r: r["discharge_method"] == "4", last)
    c = model("example_mortality")
    over("in_hospital_mortality_adjusted", t, *left,
         lambda r: r["discharge_method"] == "4",
         lambda r: expected_death(c, r) if ended(r) else 0,
         lambda r: last(r) and expected_death(c, r) is not None,
         poisson(100))
    over("infection_per_bed_day", t, *left,
         lambda r: r["hospital_infection"] == "C. difficile", stay, last,
         poisson(100000))
    average("length_of_stay", t, *left, stay, ordinary)
    average("length_of_stay_elective", t, *left, stay,
            lambda r: ordinary(r) and r["admission_method"] in
            ("11", "12", "13"))
    average("length_of_stay_emergency", t, *left, stay,
            lambda r: ordinary(r) and urgent(r))
    share("long_stay_21_days", t, *left, lambda r: r["discharge_date"],
          lambda r: stay(r) is not None and stay(r) >= 21, ordinary)
    born = lambda r: r["episode_type"] in ("3", "6")
    share("low_birth_weight", t, *where,
          lambda r: r["birth_weight"] and
          10 <= int(r["birth_weight"]) <= 7000,
          lambda r: int(r["birth_weight"]) < 2500, born)
    share("neonatal_intensive_care", t, *where,
          lambda r: r["neonatal_level"] in ("0", "1", "2", "3"),
          lambda r: r["neonatal_level"] in ("2", "3"), born)
    cared_for = lambda r: last(r) and \
        r["patient_classification"] not in ("2", "3", "4", "5") and \
        r["episode_type"] not in ("2", "3", "5", "6") and \
        r["main_specialty"] not in ("501", "560", "700", "710", "711",
                                    "712", "713", "715") and \
        not (r["main_diagnosis"][:1] == "C" and
             r["main_diagnosis"][1:3] < "98" or
             r["main_diagnosis"].startswith("Z511"))
    share("readmission_30_days", t, *left, alive,
          lambda r: r["next_emergency_days"] and
          0 <= int(r["next_emergency_days"]) < 30, cared_for)
    parr = model("parr30")
    over("readmission_30_days_adjusted", t, *left,
         lambda r: alive(r) and r["next_emergency_days"] and
         0 <= int(r["next_emergency_days"]) < 30,
         lambda r: expected_readmission(parr, r) if alive(r) else 0,
         lambda r: cared_for(r) and expected_readmission(parr, r) is not None,
         poisson(100))
    over("shmi", t, *left, lambda r: r["died_30_days"] == "1",
         lambda r: number(r["expected_death"]),
         lambda r: last(r) and r["expected_death"] and r["died_30_days"],
         poisson(1))
    share("submission_within_month", t, *left,
          lambda r: (days(r["discharge_date"], r["submission_date"]) or 0)
          >= 0 and r["discharge_date"] and r["submission_date"],
          lambda r: days(r["discharge_date"], r["submission_date"]) <= 31)
    share("ungroupable_spells", t, *where, lambda r: r["hrg"],
          lambda r: r["hrg"][:2] == "UZ")
    share("usual_residence_discharge", t, *left,
          lambda r: alive(r) and r["discharge_destination"] and
          r["discharge_destination"] not in ("98", "99"),
          lambda r: r["discharge_destination"] == "19", last)
    share("weekend_discharge", t, *left,
          lambda r: r["discharge_date"] and alive(r),
          lambda r: day(r["discharge_date"]).weekday() >= 5,
          lambda r: last(r) and urgent(r))
    share("zero_day_emergency", t, *left, lambda r: r["discharge_date"],
          lambda r: stay(r) == 0, lambda r: last(r) and urgent(r))
    own = lambda r: r["admission_source"] not in ("51", "52", "53", "87") \
        and r["admission_method"] != "2B" and \
        r["episode_type"] in ("", "1") and \
        r["patient_classification"] in ("", "1")
    for name, oldest, also in (
            ("emergency_admissions", 0, lambda r: True),
            ("emergency_admissions_acsc", 0,
             lambda r: own(r) and ambulatory(r["main_diagnosis"]) and
             not operated(r)),
            ("emergency_admissions_acute", 0,
             lambda r: own(r) and acute(r["main_diagnosis"])),
            ("copd_admissions", 35, lambda r: "J40" <=
             r["main_diagnosis"][:3] <= "J44"),
            ("falls_admissions_65", 65, lambda r:
             r["main_diagnosis"][:1] in ("S", "T") and
             re.match("W[01]", r["external_cause"]))):
        standardised(name, t, *home, years,
                     lambda r, also=also, oldest=oldest: first(r) and
                     urgent(r) and years(r) >= oldest and also(r), people,
                     oldest)


def hospital_extracts():
    t = rows("hes_apc")
    where = (lambda r: r["PROCODE3"]), (lambda r: financial(r["ADMIDATE"]))
    left = where[0], lambda r: financial(r["DISDATE"])
    urgent = lambda r: r["ADMIMETH"][:1] == "2"
    first = lambda r: r["EPIORDER"] == "1"
    end = lambda r: r["SPELEND"] == "Y"
    stay = lambda r: days(r["ADMIDATE"], r["DISDATE"])
    share("hes_apc_day_case_rate", t, *where,
          lambda r: r["CLASSPAT"] in ("1", "2"),
          lambda r: r["CLASSPAT"] == "2",
          lambda r: first(r) and r["ADMIMETH"] in ("11", "12", "13"))
    share("hes_apc_emergency_acsc", t, *where,
          lambda r: r["DIAG_4_01"].strip(" -"),
          lambda r: ambulatory(r["DIAG_4_01"]),
          lambda r: first(r) and urgent(r))
    total("hes_apc_emergency_bed_days", t, *left, stay,
          lambda r: end(r) and urgent(r))
    share("hes_apc_emergency_share", t, *where,
          lambda r: r["ADMIMETH"] and r["ADMIMETH"] not in ("98", "99"),
          urgent, first)
    share("hes_apc_in_hospital_mortality", t, *left,
          lambda r: r["DISMETH"] in ("1", "2", "3", "4"),
          lambda r: r["DISMETH"] == "4", end)
    average("hes_apc_length_of_stay", t, *left, stay,
            lambda r: end(r) and r["CLASSPAT"] == "1")
    share("hes_apc_usual_residence", t, *left,
          lambda r: r["DISMETH"] in ("1", "2", "3") and r["DISDEST"] and
          r["DISDEST"] not in ("98", "99"),
          lambda r: r["DISDEST"] == "19", end)

    t = rows("hes_ae")
    where = (lambda r: r["PROCODE3"]), \
        (lambda r: financial(r["ARRIVALDATE"]))
    disposed = lambda r: r["AEATTENDDISP"] not in ("", "99")
    within = lambda field, limit: lambda r: int(r[field]) <= limit
    share("hes_ae_admitted", t, *where, disposed,
          lambda r: r["AEATTENDDISP"] == "01")
    share("hes_ae_left_unseen", t, *where, disposed,
          lambda r: r["AEATTENDDISP"] == "12")
    share("hes_ae_assessed_within_quarter", t, *where,
          lambda r: r["INITDUR"] and r["AEARRIVALMODE"] == "1",
          within("INITDUR", 15))
    share("hes_ae_four_hours", t, *where, lambda r: r["DEPDUR"],
          within("DEPDUR", 240), lambda r: r["AEATTENDCAT"] != "2")
    share("hes_ae_treated_within_hour", t, *where, lambda r: r["TRETDUR"],
          within("TRETDUR", 60))
    average("hes_ae_mean_duration", t, *where,
            lambda r: number(r["DEPDUR"]))
    share("hes_ae_unplanned_follow_up", t, *where,
          lambda r: r["AEATTENDCAT"] in ("1", "3"),
          lambda r: r["AEATTENDCAT"] == "3")


def urgent_care():
    t = rows("emergency")
    where = (lambda r: r["provider"]), \
        (lambda r: financial(r["arrival_datetime"]))
    to = lambda field: lambda r: minutes(r["arrival_datetime"], r[field])
    gone = to("departure_datetime")
    left = lambda r: gone(r) is not None
    unplanned = lambda r: r["attendance_category"] != "4"
    in_ae = lambda r: unplanned(r) and r["department_type"] != "05"
    share("ae_assessed_within_quarter", t, *where,
          lambda r: to("assessment_datetime")(r) is not None,
          lambda r: to("assessment_datetime")(r) <= 15)
    average("ae_cost_per_attendance", t, *where,
            lambda r: number(r["tariff_gbp"]))
    share("ae_four_hours", t, *where, left, lambda r: gone(r) <= 240,
          in_ae)
    share("ae_major_four_hours", t, *where, left,
          lambda r: gone(r) <= 240,
          lambda r: unplanned(r) and r["department_type"] == "01")
    share("ae_twelve_hours", t, *where, left, lambda r: gone(r) > 720,
          in_ae)
    exact = lambda minutes: None if minutes is None else round(minutes, 4)
    average("ae_mean_duration", t, *where, lambda r: exact(gone(r)))
    average("ae_mean_time_to_treatment", t, *where,
            lambda r: exact(to("treatment_datetime")(r)))
    share("ae_unplanned_reattendance", t, *where,
          lambda r: r["attendance_category"] in ("1", "2", "3"),
          lambda r: r["attendance_category"] in ("2", "3"))
    t = rows("ae_return")
    seen = lambda r: whole(r["attendances"]) if r["breaches"] else 0
    in_time = lambda r: seen(r) - int(r["breaches"]) if seen(r) else 0
    code = lambda r: r["org_code"]
    sums("ae_return_four_hours", t, code,
         lambda r: financial(r["period"]), in_time, seen)
    sums("ae_return_four_hours_monthly", t, code,
         lambda r: r["period"][:7], in_time, seen)


def out_of_hospital():
    t = rows("outpatient")
    where = (lambda r: r["provider"]), \
        (lambda r: financial(r["appointment_date"]))
    seen = lambda r: r["attended"] in ("5", "6")
    new = lambda r: r["first_attendance"] in ("1", "3")
    share("outpatient_cancelled_by_provider", t, *where,
          lambda r: r["attended"] in tuple("234567"),
          lambda r: r["attended"] == "4")
    share("outpatient_discharged_first", t, *where,
          lambda r: r["outcome"] in ("1", "2", "3") and new(r) and seen(r),
          lambda r: r["outcome"] == "1")
    booked = lambda r: r["attended"] in ("3", "5", "6", "7")
    absent = lambda r: r["attended"] == "3"
    share("outpatient_dna", t, *where, booked, absent)
    over("outpatient_follow_up_ratio", t, *where,
         lambda r: r["first_attendance"] in ("2", "4"), new, seen,
         ratio(1))
    share("outpatient_remote", t, *where,
          lambda r: seen(r) and r["first_attendance"] in
          ("1", "2", "3", "4"),
          lambda r: r["first_attendance"] in ("3", "4"))
    average("outpatient_wait", t, *where,
            lambda r: days(r["referral_date"], r["appointment_date"]),
            lambda r: new(r) and seen(r))
    share("rtt_18_weeks", t, where[0],
          lambda r: financial(r["rtt_end_date"]),
          lambda r: r["rtt_start_date"] and r["rtt_end_date"] and
          days(r["rtt_start_date"], r["rtt_end_date"]) >= 0,
          lambda r: days(r["rtt_start_date"], r["rtt_end_date"]) <= 126)

    t = rows("community_contact")
    where = where[0], lambda r: financial(r["contact_date"])
    average("community_contact_minutes", t, *where,
            lambda r: number(r["duration_minutes"]), seen)
    share("community_dna", t, *where, booked, absent)
    share("community_remote", t, *where,
          lambda r: seen(r) and r["consultation_mechanism"],
          lambda r: r["consultation_mechanism"] in ("02", "11"))

    t = rows("social_care_event")
    place = (lambda r: r["la_code"]), lambda r: financial(r["start_date"])
    back = "Short Term Support: ST-Max"
    share("home_after_91_days", t, *place,
          lambda r: r["at_home_91_days"] in ("0", "1"),
          lambda r: r["at_home_91_days"] == "1",
          lambda r: r["service_type"] == back and
          r["event_type"] == "Service" and
          r["client_type"] == "Service User" and
          (age(r["birth_date"], r["start_date"]) or 0) >= 65)
    share("reablement_share", t, *place, lambda r: r["service_type"],
          lambda r: r["service_type"] == back,
          lambda r: r["event_type"] == "Service" and
          r["client_type"] == "Service User")
    average("social_care_unit_cost", t, *place,
            lambda r: number(r["unit_cost_gbp"]),
            lambda r: r["event_type"] == "Service")

    t = rows("mental_health_spell")
    where = where[0], lambda r: financial(r["start_date"])
    known = lambda r: r["legal_status"] not in ("", "98", "99")
    free = ("01", "35", "36")
    share("mental_health_detained", t, *where, known,
          lambda r: r["legal_status"] not in free)
    average("mental_health_length_of_stay", t, where[0],
            lambda r: financial(r["discharge_date"]),
            lambda r: days(r["start_date"], r["discharge_date"]))


def experience_and_outcome():
    t = rows("fft")
    where = (lambda r: r["provider"]), (lambda r: financial(r["period"]))
    setting = lambda r: r["setting"]
    of = lambda *codes: lambda r: whole(r["responses"]) \
        if r["response"] in codes else 0
    everyone = lambda r: whole(r["responses"])
    sums("fft_negative", t, *where, of("4", "5"), everyone, setting)
    sums("fft_positive", t, *where, of("1", "2"), everyone, setting)
    sums("fft_response_rate", t, *where, everyone,
         lambda r: whole(r["eligible"]) if r["response"] == "1" else 0,
         setting)

    t = rows("proms")
    where = where[0], lambda r: financial(r["pre_date"])
    gain = lambda what: lambda r: less(number(r[f"post_{what}"]),
                                       number(r[f"pre_{what}"]))
    eq5d, oxford = gain("eq5d_index"), gain("oxford_score")
    for name, group in (("hip", "1"), ("knee", "2")):
        mine = lambda r, group=group: r["procedure_group"] == group
        average(f"proms_{name}_eq5d_gain", t, *where, eq5d, mine)
        average(f"proms_{name}_oxford_gain", t, *where, oxford, mine)
    hip = lambda r: r["procedure_group"] == "1"
    average("proms_hip_adjusted_gain", t, *where,
            lambda r: less(number(r["post_eq5d_index"]),
                           number(r["expected_post_index"])), hip)
    c = model("example_eq5d_hip")
    average("proms_hip_casemix_gain", t, *where,
            lambda r: more_than_expected(c, r), hip)
    share("proms_follow_up", t, *where, lambda r: True,
          lambda r: r["post_date"])
    share("proms_improved", t, *where, lambda r: eq5d(r) is not None,
          lambda r: number(r["post_eq5d_index"]) >
          number(r["pre_eq5d_index"]))
    average("survey_score", rows("survey"), where[0],
            lambda r: r["wave_date"][:4], lambda r: number(r["score"]),
            None, lambda r: r["question"])


def registers_and_quality():
    provider = lambda r: r["provider"]
    t = rows("registration")
    where = provider, lambda r: financial(r["event_date"])
    for name, register in (
            ("clinical_audit_ascertainment", "clinical_audit"),
            ("rare_disease_registered", "rare_disease")):
        share(name, t, *where,
              lambda r, register=register: r["register"] == register,
              lambda r: r["registered_date"])
    t = rows("incident")
    where = provider, lambda r: financial(r["incident_date"])
    share("incident_device_identified", t, *where,
          lambda r: r["kind"] == "device", lambda r: r["device_gtin"])
    share("incident_medicine_share", t, *where, lambda r: True,
          lambda r: r["kind"] == "medicine")
    share("incident_severe_harm", t, *where, lambda r: True,
          lambda r: r["harm"] in ("severe", "death"))
    average("digital_maturity", rows("digital_maturity"), provider,
            lambda r: r["assessment_date"][:4],
            lambda r: number(r["score"]), None, lambda r: r["section"])
    sums("data_quality_maturity", rows("data_quality"), provider,
         lambda r: financial(r["period"]),
         lambda r: whole(r["complete_valid"]),
         lambda r: whole(r["total"]) if r["complete_valid"] else 0)
    t = rows("copd_review")
    where = (lambda r: r["gp_practice"]), \
        lambda r: financial(r["year_end"])
    met = lambda r: sum(r[k] == "true" for k in (
        "diagnosis_confirmed", "breathlessness_scored", "inhaler_checked",
        "vaccinated", "smoking_advice"))
    share("copd_standard_green", t, *where, lambda r: True,
          lambda r: met(r) == 5)
    share("copd_standard_red", t, *where, lambda r: True,
          lambda r: met(r) < 3)
    t = rows("person")
    where = (lambda r: r["residence_responsibility"]), lambda r: ""
    share("ethnic_category_known", t, *where, lambda r: True,
          lambda r: r["ethnic_category"] in tuple("ABCDEFGHJKLMNPRS"))
    share("gp_practice_known", t, *where, lambda r: True,
          lambda r: r["gp_practice"] not in
          ("", "V81997", "V81998", "V81999"))
    share("nhs_number_verified", t, *where, lambda r: True,
          lambda r: r["nhs_number_status"] == "01")


def deaths():
    t = rows("mortality")
    where = (lambda r: r["local_authority"]), \
        (lambda r: r["date_of_death"][:4])
    average("death_registration_delay", t, *where,
            lambda r: days(r["date_of_death"], r["registration_date"]))
    share("deaths_usual_residence", t, *where,
          lambda r: r["place_of_death_type"],
          lambda r: r["place_of_death_type"] in ("H", "CH") and
          r["underlying_cause"][:1] not in tuple("VWXY") and
          not r["underlying_cause"].startswith("U509"))
    years = lambda r: age(r["birth_date"], r["date_of_death"])
    for name, low, high in (
            ("mortality_under_75", "", "~"),
            ("mortality_under_75_cancer", "C00", "C97"),
            ("mortality_under_75_cardiovascular", "I00", "I99"),
            ("mortality_under_75_liver", "K70", "K77"),
            ("mortality_under_75_respiratory", "J00", "J99")):
        standardised(name, t, *where, years,
                     lambda r, low=low, high=high:
                     years(r) is not None and years(r) < 75 and
                     low <= r["underlying_cause"][:3] <= high,
                     rows("population_sex"), 0, 74, lambda r: r["sex"])
    life_tables(t, rows("population_life"))


def cell(v):
    return "" if v is None else f"{v:.12g}" if isinstance(v, float) \
        else str(int(v)) if isinstance(v, (int, bool)) else v


def main():
    for part in (admitted, hospital_extracts, urgent_care, out_of_hospital,
                 experience_and_outcome, registers_and_quality, deaths):
        part()
    composite("urgent_care_composite", [
        ("ae_four_hours", 2, 1), ("ae_twelve_hours", 1, -1),
        ("ae_assessed_within_quarter", 1, 1),
        ("ae_mean_time_to_treatment", 1, -1),
        ("ae_unplanned_reattendance", 1, -1)], "z_score", 1, 4)
    composite("person_record_quality", [
        ("nhs_number_verified", 1, 1), ("ethnic_category_known", 1, 1),
        ("gp_practice_known", 1, 1)], "min_max", 100, 3)
    print("indicator,area,period,sex,category,count,denominator,value,"
          "lower_95,upper_95")
    for row in sorted(OUT, key=lambda r: [str(c) for c in r[:5]]):
        print(",".join(cell(v) for v in row))


main()
