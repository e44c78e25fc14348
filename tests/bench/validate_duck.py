#!/usr/bin/env python3
"""What nib-validate checks, as the closest SQL for DuckDB.

    validate_duck.py [--only columns|record] SPEC.json CODELISTS FILE.csv
    validate_duck.py --compare FOUND.csv SPEC.json CODELISTS FILE.csv

Makes SQL from a dataset specification: types by TRY_CAST, patterns and
identifier checks by regexp_full_match (the NHS number also by its modulus
11), code lists by a semi join's IN, required fields, bounds, record rules
as they stand, keys and rules over groups by window functions. Prints one
line "check,field,rule,count" for each kind of finding that there is, or
compares these counts with what nib-validate --errors found.
"""
import csv
import json
import os
import re
import sys

CHECKS = {
    "consultant": "(C[D0-9]|[DHMN][0-9])[0-9]{6}",
    "hrg": "[A-Z]{2}[0-9]{2}[A-Z]",
    "lsoa": "[EW]01[0-9]{6}",
    "gp_practice": "[A-Z][0-9]{5}",
    "postcode": "GIR 0AA|GIR  0AA|ZZ99 [0-9][A-Z]Z|"
    "[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][ABD-HJLNP-UW-Z]{2}|"
    "[A-Z]{1,2}[0-9]  [0-9][ABD-HJLNP-UW-Z]{2}|"
    "[A-Z][0-9]   [0-9][ABD-HJLNP-UW-Z]{2}",
}
TYPES = {
    "date": ("DATE", "[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "time": ("TIME", "[0-9]{2}:[0-9]{2}:[0-9]{2}"),
    "integer": ("BIGINT", "[+-]?[0-9]+"),
    "number": ("DECIMAL(18,4)", r"[+-]?[0-9]*\.?[0-9]+"),
}


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def as_list(value):
    return value if isinstance(value, list) else [value]


def codes(folder, name):
    with open(os.path.join(folder, name + ".csv"), encoding="utf-8") as f:
        return [r["code"] for r in csv.DictReader(
            line for line in f if not line.startswith("#"))]


def in_list(expression, names, folder):
    values = ", ".join(quote(c) for n in names for c in codes(folder, n))
    return f"{expression} IN ({values})"


def nhs_number(x):
    """Ten digits, modulus 11, not all the same."""
    total = " + ".join(f"(ascii({x}[{i + 1}]) - 48) * {w}" for i, w in
                       enumerate((10, 9, 8, 7, 6, 5, 4, 3, 2, 1)))
    return (f"CASE WHEN regexp_full_match({x}, '[0-9]{{10}}') THEN "
            f"({total}) % 11 = 0 AND {x} <> repeat({x}[1], 10) "
            "ELSE false END")


def translate(text, folder):
    """nib's functions as DuckDB's."""
    text = re.sub(r"days\(([^(),]+|[^(),]+\([^()]*\)), "
                  r"([^(),]+|[^(),]+\([^()]*\))\)",
                  r"date_diff('day', \1, \2)", text)
    text = re.sub(r"age\(([^(),]+), ([^(),]+)\)",
                  r"date_sub('year', \1, \2)", text)
    return re.sub(r"in_codelist\((\w+), '(\w+)'\)",
                  lambda m: "(" + in_list(m[1], [m[2]], folder) + ")", text)


class Field:
    def __init__(self, spec, folder):
        nib = spec.get("nib", {})
        rules = spec.get("constraints", {})
        self.name = spec["name"]
        self.raw = f'"{self.name}_raw"'
        self.type, form = TYPES.get(spec["type"], (None, None))
        self.column = f'"{self.name}" AS {self.raw}'
        if self.type is None:
            self.column += f', "{self.name}"'
            self.bad = None
        else:
            self.column += (f', CASE WHEN regexp_full_match("{self.name}", '
                            f"'{form}') THEN TRY_CAST(\"{self.name}\" AS "
                            f'{self.type}) END AS "{self.name}"')
            self.bad = (f'{self.raw} IS NOT NULL AND "{self.name}" IS NULL')
        x = f'"{self.name}"'
        self.tests = []  # (constraint, true when broken)
        if rules.get("required"):
            self.tests.append(("required", f"{self.raw} IS NULL"))
        if "minimum" in rules:
            self.tests.append(("minimum", f"{x} < {rules['minimum']}"))
        if "maximum" in rules:
            self.tests.append(("maximum", f"{x} > {rules['maximum']}"))
        if "maxLength" in rules:
            self.tests.append(("maxLength",
                               f"length({x}) > {rules['maxLength']}"))
        default = "false"
        if "defaults" in nib:
            default = in_list(x, as_list(nib["defaults"]), folder)
        if "pattern" in rules:
            self.tests.append(("pattern", f"NOT regexp_full_match({x}, "
                               f"{quote(rules['pattern'])}) AND NOT "
                               f"({default})"))
        if "codelist" in nib:
            prefix = nib.get("codelistPrefix")
            names = as_list(nib["codelist"])
            good = in_list(x, names, folder)
            if prefix:
                good += " OR " + in_list(f"left({x}, {prefix})", names,
                                         folder)
            self.tests.append(("codelist",
                               f"NOT ({good}) AND NOT ({default})"))
        if nib.get("check") == "nhs_number":
            self.tests.append(("check", f"{x} IS NOT NULL AND NOT "
                               f"({nhs_number(x)})"))
        elif "check" in nib:
            self.tests.append(("check", f"NOT regexp_full_match({x}, "
                               f"{quote(CHECKS[nib['check']])}) AND NOT "
                               f"({default})"))


def bad_guard(expression, fields):
    """A rule that reads a cell of the wrong type does not apply."""
    return " AND ".join(f"NOT ({f.bad})" for f in fields if f.bad and
                        re.search(rf"\b{f.name}\b", expression))


def main():
    args = sys.argv[1:]
    only = compare = None
    if args[0] in ("--only", "--compare"):
        option, value = args.pop(0), args.pop(0)
        only = value if option == "--only" else None
        compare = value if option == "--compare" else None
    spec = json.load(open(args[0], encoding="utf-8"))
    folder, path = args[1], args[2]
    import duckdb

    fields = [Field(f, folder) for f in spec["fields"]]
    counts = []  # (type, field, constraint or rule, SQL of what is broken)
    for f in fields:
        if f.bad:
            counts.append(("type-error", f.name, "", f.bad))
        for constraint, broken in f.tests:
            counts.append(("constraint-error", f.name, constraint, broken))
    rules = spec["nib"]["rules"] if only != "columns" else []
    for r in rules:
        if "within" in r or "reference" in r:
            continue
        guard = bad_guard(r["expression"], fields)
        broken = f"NOT ({translate(r['expression'], folder)})"
        counts.append(("row-constraint", "", r["id"],
                       f"{broken} AND {guard}" if guard else broken))
    db = duckdb.connect()
    db.execute(f"SET threads = {os.environ.get('THREADS', '1')}")
    if "MEMORY" in os.environ:
        db.execute(f"SET memory_limit = '{os.environ['MEMORY']}'")
    source = (f"(SELECT {', '.join(f.column for f in fields)} FROM "
              f"read_csv({quote(path)}, header = true, all_varchar = true))")
    if only is None:
        # Read once: keys and groups would otherwise read it four times more.
        db.execute(f"CREATE TEMP TABLE t AS FROM {source}")
        source = "t"
    found = {}

    def collect(keys, sql):
        for key, n in zip(keys, db.execute(sql).fetchone()):
            if n:
                found[key] = found.get(key, 0) + int(n)

    collect([c[:3] for c in counts], "SELECT " + ", ".join(
        f"count_if({c[3]})" for c in counts) + f" FROM {source}")
    if only is None:
        groups(db, spec, fields, source, collect)
    if compare:
        sys.exit(differences(compare, found))
    for key, n in sorted(found.items()):
        print(",".join(key) + f",{n}")


def differences(path, found):
    """Says where nib's counts are others; the exit status."""
    theirs = {}
    for row in csv.DictReader(open(path, encoding="utf-8")):
        key = (row["type"], row["field"] if "key" not in row["type"] else "",
               row["rule"] or row["constraint"])
        theirs[key] = theirs.get(key, 0) + 1
    other = [k for k in sorted(set(found) | set(theirs))
             if found.get(k, 0) != theirs.get(k, 0)]
    for key in other:
        print(f"counts differ: {', '.join(key)}: nib {theirs.get(key, 0)}, "
              f"DuckDB {found.get(key, 0)}")
    print(f"{len(theirs) - len(other)} of {len(theirs)} kinds of finding, "
          f"{sum(theirs.values())} findings, have the same count in DuckDB")
    return 1 if other else 0


def groups(db, spec, fields, source, collect):
    """Keys: second and later records. Rules over groups: windows."""
    by_name = {f.name: f for f in fields}

    def good(names):
        return " AND ".join(f'"{n}" IS NOT NULL' for n in names)

    keys = [("primary-key", as_list(spec["primaryKey"]))]
    keys += [("unique-key", as_list(k)) for k in spec.get("uniqueKeys", [])]
    for kind, names in keys:
        columns = ", ".join(names)
        collect([(kind, "", "")], f"SELECT sum(n - 1) FROM (SELECT count(*) "
                f"AS n FROM {source} WHERE {good(names)} GROUP BY {columns})")
    # Windows; a call's argument that is bad makes the rule not apply.
    plans = {}
    for r in spec["nib"]["rules"]:
        if "within" in r:
            plans.setdefault((tuple(r["within"]), tuple(r["order"])),
                             []).append(r)
    call = re.compile(r"(lag|prior_max|row)\((\w*)\)")
    for (within, order), rules in plans.items():
        made, tests = {}, []
        read = set(within) | set(order)
        for r in rules:
            text, guard = r["expression"], []
            for word, inner in call.findall(text):
                name = f"{word}_{inner}"
                over = {"lag": f"lag({inner}) OVER w",
                        "row": "row_number() OVER w",
                        "prior_max": f"max({inner}) OVER (w ROWS BETWEEN "
                        "UNBOUNDED PRECEDING AND 1 PRECEDING)"}[word]
                made[name] = over
                text = text.replace(f"{word}({inner})", name)
                if inner and by_name[inner].bad:
                    bad = f"CASE WHEN {by_name[inner].bad} THEN 1 ELSE 0 END"
                    made[f"bad_{name}"] = over.replace(f"({inner})",
                                                       f"({bad})")
                    guard.append(f"coalesce(bad_{name}, 0) = 0")
                if inner:
                    read.add(inner)
            for f in fields:
                if re.search(rf"\b{f.name}\b", text):
                    read.add(f.name)
            own = bad_guard(text, fields)
            tests.append(((f"row-constraint", "", r["id"]), " AND ".join(
                [f"NOT ({translate(text, '')})"] + guard +
                ([own] if own else []))))
        unordered = " OR ".join(by_name[n].bad for n in order
                                if by_name[n].bad)
        made["unordered"] = (f"bool_or({unordered}) OVER (PARTITION BY "
                             f"{', '.join(within)})")
        columns = ", ".join(sorted(
            {f'"{n}"' for n in read} |
            {by_name[n].raw for n in read if by_name[n].bad}))
        inner = (f"SELECT {columns}, " + ", ".join(
            f"{sql} AS {name}" for name, sql in made.items()) +
            f" FROM (SELECT {columns}, number FROM (SELECT *, row_number() "
            f"OVER () AS number FROM {source}) WHERE {good(within)}) "
            f"WINDOW w AS (PARTITION BY {', '.join(within)} ORDER BY " +
            ", ".join(f"{n} NULLS FIRST" for n in order) + ", number)")
        collect([t[0] for t in tests], "SELECT " + ", ".join(
            f"count_if({t[1]} AND NOT unordered)" for t in tests) +
            f" FROM ({inner})")


main()
