#!/usr/bin/env python3
"""Random files for nib-link attach, and what it must make of them, worked
out by SQLite: for every row of the input the row of the other file that a
query of its own puts first.
Run: python3 attach.py FOLDER SEED   writes FOLDER/in.csv, other.csv (both in
order of the key) and before.csv, after.csv, nearest.csv, within30.csv"""
import csv
import random
import sqlite3
import sys

SIDES = {
    "before": "o.day <= i.day",
    "after": "o.day >= i.day",
    "nearest": "1",
    "within30": "abs(o.day - i.day) <= 30",
}


def day(rnd):
    return rnd.choice(["", "x"]) if rnd.random() < .03 else \
        "20%02d-%02d-%02d" % (rnd.randrange(10, 13), rnd.randrange(1, 13),
                              rnd.randrange(1, 29))


def key(rnd):
    return rnd.choice(["", "k%d", "k%d", "a long key, of person %d"]).replace(
        "%d", str(rnd.randrange(4000)))


def write(path, head, rows):
    with open(path, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(head)
        out.writerows(rows)


def main():
    folder, rnd = sys.argv[1], random.Random(int(sys.argv[2]))
    ins = [(key(rnd), day(rnd), i) for i in range(5000)]
    others = [(key(rnd), day(rnd), i, rnd.choice(["", "a,b", 'say "x"', "t"]) +
               "." * rnd.randrange(60)) for i in range(20000)]
    ins.sort(key=lambda r: r[0].encode())
    others.sort(key=lambda r: r[0].encode())
    write(folder + "/in.csv", ("who", "when", "n"), ins)
    write(folder + "/other.csv", ("who", "taken", "m", "text"), others)
    db = sqlite3.connect(":memory:")
    for name, rows in (("i", ins), ("o", others)):
        db.execute("create table %s (who, day, place)" % name)
        db.executemany(
            "insert into %s values (?, julianday(?), ?)" % name,
            [(r[0], r[1] if len(r[1]) == 10 else None, k)
             for k, r in enumerate(rows)])
    db.execute("create index by_who on o (who)")
    for side, where in SIDES.items():
        rows = db.execute(
            "select i.place, (select place from (select o.place, "
            "abs(o.day - i.day) as off, o.day > i.day as later from o "
            "where o.who = i.who and o.who <> '' and %s) where off is not "
            "null order by off, later, place limit 1) from i "
            "order by i.place" % where)
        write("%s/%s.csv" % (folder, side),
              ("who", "when", "n", "m", "text", "found"),
              [ins[p] + (("", "", 0) if q is None else others[q][2:] + (1,))
               for p, q in rows])


main()
