#!/usr/bin/env python3
"""Makes compare.csv: similarities from their textbook definitions, written
without looking at lib/linkage (lists and recursion, not bit or row tricks).
Run: python3 compare.py > compare.csv"""
import csv
import functools
import random
import sys


def jaro(a, b):
    if not a and not b:
        return 1.0
    window = max(max(len(a), len(b)) // 2 - 1, 0)
    left = list(range(len(b)))
    pairs = []
    for i, c in enumerate(a):
        for j in left:
            if abs(i - j) <= window and b[j] == c:
                pairs.append((i, j))
                left.remove(j)
                break
    if not pairs:
        return 0.0
    first = [a[i] for i, _ in pairs]
    second = [b[j] for j in sorted(j for _, j in pairs)]
    t = sum(x != y for x, y in zip(first, second)) // 2
    m = len(pairs)
    return (m / len(a) + m / len(b) + (m - t) / m) / 3


def winkler(a, b):
    j = jaro(a, b)
    if j <= 0.7:
        return j
    p = 0
    for x, y in zip(a[:4], b[:4]):
        if x != y:
            break
        p += 1
    return j + p * 0.1 * (1 - j)


def distance(a, b, swaps):
    @functools.lru_cache(None)
    def d(i, j):
        if i == 0 or j == 0:
            return i + j
        r = min(d(i - 1, j) + 1, d(i, j - 1) + 1,
                d(i - 1, j - 1) + (a[i - 1] != b[j - 1]))
        if swaps and i > 1 and j > 1 and a[i - 1] == b[j - 2] \
                and a[i - 2] == b[j - 1]:
            r = min(r, d(i - 2, j - 2) + 1)
        return r
    return d(len(a), len(b))


def main():
    rnd = random.Random(5)
    known = """MARTHA MARHTA DWAYNE DUANE DIXON DICKSONX SHACKLEFORD
    SHACKELFORD DUNNINGHAM CUNNIGHAM NICHLESON NICHULSON JONES JOHNSON MASSEY
    MASSIE ABROMS ABRAMS HARDIN MARTINEZ ITMAN SMITH JERALDINE GERALDINE
    MICHELLE MICHAEL JULIES JULIUS TANYA TONYA SEAN SUSAN JON JOHN JON JAN
    CA ABC A A ABCD EFGH""".split()
    pairs = list(zip(known[::2], known[1::2])) + [("", ""), ("", "ABC")]
    while len(pairs) < 160:
        a = [rnd.choice("ABCDE") for _ in range(rnd.randint(1, 12))]
        b = list(a)
        for _ in range(rnd.randint(0, 4)):
            i = rnd.randrange(len(b) + 1)
            k = rnd.random()
            if k < .3:
                b.insert(i, rnd.choice("ABCDE"))
            elif k < .6 and i < len(b):
                del b[i]
            elif i + 1 < len(b):
                b[i], b[i + 1] = b[i + 1], b[i]
        pairs.append(("".join(a), "".join(b)))
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["a", "b", "jaro", "jaro_winkler", "levenshtein", "damerau"])
    for a, b in pairs:
        out.writerow([a, b, "%.9f" % jaro(a, b), "%.9f" % winkler(a, b),
                      distance(a, b, 0), distance(a, b, 1)])


main()
