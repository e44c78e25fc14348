#!/usr/bin/env python3
"""Columns that indicators want attached, for tables of nib-dummy.

usage: indicator_dummy.py SEED DATASET <TABLE >TABLE

Adds to a table of nib-dummy the columns beyond the dataset's fields that the
library's definitions speak of, or fills them anew, with made-up values: codes
on both sides of every edge, and cells that are missing.
"""
import csv
import random
import sys

CODES = """A020 A047 A059 A080 A09X A360 A379 B059 B069 B161 B180 B181 B269
    C509 C920 D375 D501 E101 E109 E118 E119 E149 E86X F03X G253 G402 G419 H669
    H679 I10X I110 I119 I130 I200 I209 I240 I241 I249 I251 I500 I509 J029 J039
    J040 J069 J101 J118 J129 J13X J14X J154 J155 J159 J168 J180 J181 J189 J200
    J312 J40X J410 J42X J439 J449 J459 J46X J47X J81X K029 K050 K079 K098 K122
    K250 K253 K254 K266 K284 K522 K520 K529 L010 L029 L031 L040 L080 L081 L089
    L88X L980 L989 M014 N10X N12X N136 N139 N159 N300 N308 N390 O151 R02X R560
    S001 S720 T784 T983 Z511 Z512""".split()
OPERATIONS = "K401 K601 K632 S461 S472 S061 X331 R171 R182 R241 R251".split()
HISTORY = "chf pvd cpd diabwc rend metacanc canc msld mld hp dementia".split()


def one_of(*values):
    return lambda r: r.choice(values)


def or_missing(share, make):
    return lambda r: "" if r.random() < share else make(r)


def date(first, last):
    return lambda r: f"{r.randrange(first, last)}-{r.randrange(1, 13):02}-" \
        f"{r.randrange(1, 29):02}"


AREA = one_of("E06000901", "E06000902", "E06000903")
ATTACHED = {
    "admitted_episode": {
        "local_authority": AREA,
        "main_diagnosis": or_missing(.02, one_of(*CODES)),
        "main_procedure": or_missing(.5, one_of(*OPERATIONS)),
        "external_cause": or_missing(.6, one_of("W010", "W199", "X590")),
        "next_emergency_days": or_missing(
            .7, lambda r: str(r.randrange(60))),
        "died_30_days": or_missing(.05, one_of("0", "0", "0", "1")),
        "expected_death": or_missing(
            .05, lambda r: f"{r.random() * .3:.4f}"),
        "delay_days": or_missing(.7, lambda r: str(r.randrange(9))),
        "hospital_infection": or_missing(
            .9, one_of("C. difficile", "MRSA")),
        "emergencies_in_year": lambda r: str(r.randrange(5)),
        "emergency_in_30_days": one_of("0", "0", "1"),
        "imd_score": or_missing(.05, lambda r: f"{r.random() * 70:.2f}"),
        **{f"had_{h}": one_of("0", "0", "0", "1") for h in HISTORY}},
    "mortality": {
        "local_authority": AREA, "sex": one_of("1", "2"),
        "birth_date": or_missing(.02, date(1925, 2010)),
        "deprivation_decile": lambda r: f"{r.randrange(1, 11):02}"},
    "social_care_event": {
        "birth_date": or_missing(.02, date(1930, 1990)),
        "at_home_91_days": one_of("0", "1", "1", "")},
    "proms": {
        "provider": one_of("RXA", "RXB", "RXC"),
        "expected_post_index": or_missing(
            .1, lambda r: f"{r.random():.3f}")},
    "patient_cost": {
        "price_gbp": or_missing(.1, lambda r: str(r.randrange(100, 5000)))}}


def main():
    made = random.Random(int(sys.argv[1]))
    columns = ATTACHED.get(sys.argv[2], {})
    table = csv.DictReader(sys.stdin)
    out = csv.DictWriter(sys.stdout, lineterminator="\n", fieldnames=[
        *table.fieldnames, *(c for c in columns if c not in
                             table.fieldnames)])
    out.writeheader()
    for row in table:
        out.writerow({**row, **{c: f(made) for c, f in columns.items()}})


main()
