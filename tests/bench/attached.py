#!/usr/bin/env python3
"""Adds to episodes, standard input to output, the columns that definitions of
the library want beyond the dataset's ("attached"): artificial, drawn by a
seed, as often filled as real ones.

usage: attached.py <EPISODES >WIDER
"""
import random
import sys

DIAGNOSES = ["J440", "J441", "J459", "N390", "I500", "I21X", "E119", "L031",
             "S720", "K529", "R074", "Z380", "O800", "C509", "M179", "H269",
             "K358", "A099", "F329", "D509"]
CAUSES = ["W010", "W180", "W190", "V031", "X599", "Y836"]
PROCEDURES = ["R171", "R182", "R249", "W401", "G451", "C751", "H012", "K401"]
AUTHORITIES = [f"E0{600 + k // 10}00{k:04d}" for k in range(150)]
NAMES = ("main_diagnosis,main_procedure,local_authority,external_cause,"
         "hospital_infection,next_emergency_days,died_30_days,expected_death,"
         "delay_days,emergency_in_30_days,emergencies_in_year,imd_score,")
HISTORY = ("chf cpd dementia diabwc hp metacanc canc mld msld pvd rend"
           .split())
NAMES += ",".join("had_" + h for h in HISTORY)


def row(r):
    u = r.random
    return ",".join([
        r.choice(DIAGNOSES),
        r.choice(PROCEDURES) if u() < .5 else "",
        r.choice(AUTHORITIES),
        r.choice(CAUSES) if u() < .12 else "",
        "C. difficile" if u() < .004 else "",
        str(r.randrange(1, 400)) if u() < .3 else "",
        "1" if u() < .03 else "0",
        f"{u() ** 4:.4f}" if u() < .98 else "",
        str(r.randrange(1, 30)) if u() < .05 else "0",
        "1" if u() < .08 else "0",
        str(r.randrange(6)) if u() < .4 else "0",
        f"{u() * 80:.2f}",
        *("1" if u() < .1 else "0" for _ in HISTORY),
    ])


def main():
    r = random.Random(1)
    # Drawing anew for every record would take longer than the records do.
    drawn = [row(r) for _ in range(99991)]
    lines = iter(sys.stdin)
    out = sys.stdout
    out.write(next(lines).rstrip("\n") + "," + NAMES + "\n")
    k = 0
    for line in lines:
        out.write(f"{line[:-1]},{drawn[k]}\n")
        k = k + 1 if k + 1 < len(drawn) else 0


main()
