#!/usr/bin/env python3
"""Makes spells.csv: random episodes with the spell and stay that the
published rules give them, worked out here with plain lists.
Run: python3 spells.py > spells.csv
     python3 spells.py overlaps > overlaps.csv
     python3 spells.py spells SEED N PERSONS PAD: others, in order of person,
     some without one, with PAD bytes of text in each, that tests ask for
     python3 spells.py overlaps SEED N PERSONS PAD"""
import csv
import random
import sys
from datetime import date, timedelta

COLUMNS = ["record_id", "person_id", "provider", "episode_status",
           "episode_order", "admission_date", "episode_start", "episode_end",
           "admission_method", "admission_source", "discharge_method",
           "discharge_destination"]
HOSPITAL = ("51", "52", "53")
MOVES = ("81", "2B", "67")
EMERGENCY = ("21", "22", "23", "24", "25", "2A", "2C", "2D", "28")


def sends(e):
    return e["discharge_destination"] in HOSPITAL


def receives(e):
    return e["admission_source"] in HOSPITAL or e["admission_method"] in MOVES


def rank(e):
    return {(0, 0): 0, (1, 0): 1, (1, 1): 2, (0, 1): 3}[
        (int(sends(e)), int(receives(e)))]


def make(rnd, n, persons, keys):
    rows = []
    for i in range(n):
        adm = date(2020, 1, 1) + timedelta(rnd.randrange(25))
        start = adm + timedelta(rnd.choice([0, 0, 0, 1, 2]))
        end = start + timedelta(rnd.choice([0, 0, 1, 2, 5]))
        rows.append({
            "record_id": "E%04d" % rnd.randrange(keys),
            "person_id": "p%d" % rnd.randrange(persons),
            "provider": rnd.choice(["RR801", "RR8", "RX1", "RGT"]),
            "episode_status": rnd.choice("33333333331") if i % 9 else "",
            "episode_order": rnd.choice(["1", "1", "1", "2", "3", "99"]),
            "admission_date": adm.isoformat() if rnd.random() > .05 else "",
            "episode_start": start.isoformat(),
            "episode_end": end.isoformat() if rnd.random() > .03 else "",
            "admission_method": rnd.choice(["11", "21", "2A", "81", "2B"]),
            "admission_source": rnd.choice(["19", "19", "51", "79"]),
            "discharge_method": rnd.choice(["1", "1", "8", "9", "4"]),
            "discharge_destination": rnd.choice(["19", "19", "52", "79"]),
        })
    seen = set()
    return [r for r in rows
            if not (r["record_id"] in seen or seen.add(r["record_id"]))]


def problem(e):
    if e["person_id"] == "":
        return "no person"
    done = e["episode_status"] == "3" or (
        e["episode_status"] == "" and e["episode_end"] != "")
    if not done:
        return "not finished"
    if e["episode_end"] == "":
        return "no episode end"
    if e["admission_date"] == "" and not (
            e["episode_order"] == "1" and not receives(e)):
        return "no admission date"
    return ""


def work(rows):
    people = {}
    for e in rows:
        e["spell_id"] = e["stay_id"] = ""
        e["length_of_stay"] = e["days_since_discharge"] = ""
        e["readmission"] = ""
        e["spell_reason"] = problem(e)
        if e["spell_reason"] == "":
            e["adm"] = e["admission_date"] or e["episode_start"]
            people.setdefault(e["person_id"], []).append(e)
    for episodes in people.values():
        spells = []
        for prov in sorted(set(e["provider"][:3] for e in episodes)):
            mine = sorted(
                (e for e in episodes if e["provider"][:3] == prov),
                key=lambda e: (e["episode_start"], e["episode_end"],
                               int(e["episode_order"]), rank(e),
                               e["record_id"]))
            before = None
            for e in mine:
                if before and (e["adm"] == before["adm"] or
                               e["episode_start"] == before["episode_start"]
                               or (before["discharge_method"] in "89" and
                                   e["episode_start"] ==
                                   before["episode_end"])):
                    spells[-1].append(e)
                else:
                    spells.append([e])
                before = e

        def ended(s):
            return max(date.fromisoformat(e["episode_end"]) for e in s)
        spells.sort(key=lambda s: (s[0]["adm"], ended(s), rank(s[0]),
                                   s[0]["record_id"]))
        stay, past = None, []
        for k, s in enumerate(spells):
            adm = date.fromisoformat(s[0]["adm"])
            last = max(past) if past else None
            joins = k > 0 and (adm - ended(spells[k - 1])).days <= 3 and (
                sends(spells[k - 1][-1]) or receives(s[0]))
            if not joins:
                stay = s[0]["record_id"]
            again = (not joins and last and 0 <= (adm - last).days <= 30 and
                     s[0]["admission_method"] in EMERGENCY)
            for e in s:
                e["spell_id"], e["stay_id"] = s[0]["record_id"], stay
                nights = (ended(s) - adm).days
                e["length_of_stay"] = nights if nights >= 0 else ""
                if last and (adm - last).days >= 0:
                    e["days_since_discharge"] = (adm - last).days
                e["readmission"] = int(bool(again))
            past.append(ended(s))


def overlaps(rows):
    """Every spell against every other and every open episode."""
    spells, found = {}, []
    for e in rows:
        if e["spell_reason"] == "":
            spells.setdefault((e["person_id"], e["spell_id"]), []).append(e)
    whole = []
    for (person, key), episodes in spells.items():
        first = next(e for e in episodes if e["record_id"] == key)
        whole.append((person, first["provider"][:3],
                      date.fromisoformat(first["adm"]).toordinal(),
                      max(date.fromisoformat(e["episode_end"])
                          for e in episodes).toordinal(), rank(first), key))
    for a in whole:
        for b in whole:
            nights = len(set(range(a[2], a[3])) & set(range(b[2], b[3])))
            if a[0] == b[0] and a[1] != b[1] and a[2:] < b[2:] and nights > 1:
                found.append(("overlap", a[5], b[5], nights))
    for e in rows:
        if e["spell_reason"] in ("not finished", "no episode end"):
            start = date.fromisoformat(e["episode_start"]).toordinal()
            later = [s[2:] for s in whole if s[0] == e["person_id"] and
                     s[1] == e["provider"][:3] and s[2] > start]
            if later:
                found.append(("open", e["record_id"], min(later)[3],
                              min(later)[0] - start))
    found.sort(key=lambda r: (r[0] != "overlap",) + r)
    return found


def others(seed, n, persons, pad):
    """Sorted by person; text with commas, quotes and line feeds."""
    rnd = random.Random(seed)
    rows = make(rnd, n, persons, 10 ** 7)
    for e in rows:
        if rnd.random() < .02:
            e["person_id"] = ""
        e["note"] = rnd.choice("ab") * pad + \
            rnd.choice(["", "", ",", '"', "\n"])
    rows.sort(key=lambda e: e["person_id"].encode())
    return rows


def main():
    if len(sys.argv) > 2:
        rows = others(*(int(a) for a in sys.argv[2:6]))
        COLUMNS.append("note")
    else:
        rows = make(random.Random(7), 700, 90, 10000)
    work(rows)
    if sys.argv[1:2] == ["overlaps"]:
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(["finding", "first_id", "second_id", "days"])
        out.writerows(overlaps(rows))
        return
    out = csv.DictWriter(sys.stdout, COLUMNS + [
        "spell_id", "stay_id", "spell_reason", "length_of_stay",
        "days_since_discharge", "readmission"], lineterminator="\n",
        extrasaction="ignore")
    out.writeheader()
    out.writerows(rows)


main()
