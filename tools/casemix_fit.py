#!/usr/bin/env python3
"""Fit a case-mix model and write it as a file of share/casemix.

usage: casemix_fit.py [--linear] [--where EXPR] -s SPEC OUTCOME TERMS RECORDS

TERMS is CSV with the columns term, when and value, as nib-indicator(5) has
them; OUTCOME an expression: 1 or 0, or with --linear a number. Both are
evaluated by nib-derive, so that they mean what they will mean when the model
is used. A record that lacks the outcome or a value, or of which a condition
cannot be told, is left out. Writes TERMS with a column coefficient: those of
the greatest likelihood (Newton's method), or of least squares. Needs
nib-derive on the PATH and Python's own library.
"""
import argparse
import csv
import math
import subprocess
import sys


def design(args, terms):
    """Rows of terms and outcomes, by nib-derive."""
    command = ["nib-derive", "--only", "-s", args.spec]
    if args.where:
        command += ["--where", args.where]
    for i, t in enumerate(terms):
        value = t["value"] or "1"
        when = t["when"] or "1"
        command += ["--set", f"term_{i}=CASE WHEN ({when}) THEN ({value}) "
                    f"WHEN NOT ({when}) THEN 0 END"]
    command += ["--set", f"outcome={args.outcome}", args.records]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as p:
        for r in csv.DictReader(p.stdout):
            cells = [r[f"term_{i}"] for i in range(len(terms))]
            if r["outcome"] != "" and "" not in cells:
                yield [float(c) for c in cells], float(r["outcome"])
    if p.returncode != 0:
        sys.exit(2)


def solve(a, b):
    """a x = b for a symmetric positive matrix, by elimination."""
    n = len(b)
    m = [row[:] + [v] for row, v in zip(a, b)]
    for i in range(n):
        p = max(range(i, n), key=lambda k: abs(m[k][i]))
        if abs(m[p][i]) < 1e-12:
            sys.exit("casemix_fit: a term says nothing that the others do "
                     "not say, or is true of no record")
        m[i], m[p] = m[p], m[i]
        for k in range(i + 1, n):
            f = m[k][i] / m[i][i]
            for j in range(i, n + 1):
                m[k][j] -= f * m[i][j]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (m[i][n] - sum(m[i][j] * x[j] for j in range(i + 1, n))) / \
            m[i][i]
    return x


def fit(patterns, n, linear):
    """Coefficients; patterns: terms to how many records, sum of outcomes."""
    beta = [0.0] * n
    for _ in range(1 if linear else 50):
        a = [[0.0] * n for _ in range(n)]
        b = [0.0] * n
        for x, (count, total) in patterns.items():
            eta = sum(c * v for c, v in zip(beta, x))
            p = eta if linear else 1 / (1 + math.exp(-eta))
            weight = count * (1 if linear else p * (1 - p))
            rest = total - count * p
            for i in range(n):
                if x[i] == 0:
                    continue
                b[i] += x[i] * rest
                for j in range(n):
                    a[i][j] += weight * x[i] * x[j]
        step = solve(a, b)
        beta = [c + s for c, s in zip(beta, step)]
        if max(abs(s) for s in step) < 1e-12:
            break
    return beta


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--linear", action="store_true")
    p.add_argument("--where")
    p.add_argument("-s", dest="spec", required=True)
    p.add_argument("outcome")
    p.add_argument("terms")
    p.add_argument("records")
    args = p.parse_args()
    with open(args.terms, newline="", encoding="utf-8") as f:
        terms = list(csv.DictReader(f))
    patterns = {}
    for x, y in design(args, terms):
        g = patterns.setdefault(tuple(x), [0, 0.0])
        g[0] += 1
        g[1] += y
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["term", "when", "value", "coefficient"])
    for t, c in zip(terms, fit(patterns, len(terms), args.linear)):
        out.writerow([t["term"], t["when"], t["value"], f"{c:.12g}"])


main()
