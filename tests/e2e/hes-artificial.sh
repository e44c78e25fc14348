#!/bin/sh
# The main job on NHS Digital's artificial Hospital Episode Statistics, as
# they are: 188 columns, quoted lists, padding such as "-  ". What Python
# counts in the file is what the tools report. Skipped where the files are
# not beside the tree.
. "$(dirname "$0")/lib.sh"
H=$NIB_SRC/../shared/data/hes_artificial
if [ ! -r "$H/apc.csv" ]; then
	echo "skipped: no $H"
	exit 77
fi
if ! command -v python3 >/dev/null; then
	echo 'skipped: no python3'
	exit 77
fi
cd "$T" || exit 99

run 1 nib-validate -s hes_apc --errors apc-found.csv -o apc.csv "$H/apc.csv"
err_has '2075 records'
run 1 nib-validate -s hes_apc --jobs 1 --errors one.csv -o apc-one.csv \
    "$H/apc.csv"
same apc-found.csv one.csv
same apc.csv apc-one.csv
run 0 nib-validate -s hes_ae --errors ae-found.csv -o ae.csv "$H/ae.csv"
same ae.csv "$H/ae.csv"

# The findings of rules that are easily said, by an independent count.
ok
python3 - "$H" >want <<'END' || fail python
import csv
import datetime
import sys

apc = list(csv.DictReader(open(sys.argv[1] + "/apc.csv", newline="")))
ae = list(csv.DictReader(open(sys.argv[1] + "/ae.csv", newline="")))


def day(text):
    return datetime.date.fromisoformat(text)


def number(text):
    return float(text) if text else None


rules = {
    "HA07": [r["CLASSPAT"] == "2" and r["DISDATE"] != "" and r["ADMIDATE"] != ""
             and r["ADMIDATE"] != r["DISDATE"] for r in apc],
    "HA08": [r["CLASSPAT"] == "2" and r["ADMIMETH"] != ""
             and r["ADMIMETH"] not in ("11", "12", "13") for r in apc],
    "HA12": [r["EPIDUR"] != "" and r["EPISTART"] != "" and r["EPIEND"] != ""
             # HES writes an unknown date so
             and "1801-01-01" not in (r["EPISTART"], r["EPIEND"])
             and (day(r["EPIEND"]) - day(r["EPISTART"])).days
             != number(r["EPIDUR"]) for r in apc],
}
for name, broken in rules.items():
    print(name, sum(broken))
END
for id in HA07 HA08 HA12; do
	printf '%s %d\n' "$id" "$(cut -d, -f6 apc-found.csv | grep -c "^$id\$")"
done >got
same want got

# Spells, pseudonyms, derived fields, and a table fit to publish.
run 0 nib-key new --type root -o root.key
run 0 nib-key project --root root.key --project hes -o hes.key
run 0 nib-link spells -s hes_apc --person PSEUDO_HESID apc.csv -o spells.csv
run 0 nib-pseudonymise -s hes_apc --key hes.key spells.csv -o safe.csv
run 0 nib-derive -s hes_apc safe.csv -o derived.csv
run 0 nib-aggregate -s hes_apc --by PROCODE3,admission_type --count \
    --disclosure hes derived.csv -o activity.csv
ok
awk -F, 'NR > 1 && $3 != "*" && $3 % 5 != 0 { exit 1 }' activity.csv ||
	fail 'a count that is not rounded'
run 0 nib-aggregate -s hes_apc --by PROCODE3,CLASSPAT --count derived.csv \
    -o plain.csv
ok
python3 - apc.csv >want <<'END' || fail python
import collections
import csv
import sys

n = collections.Counter(
    (r["PROCODE3"], r["CLASSPAT"])
    for r in csv.DictReader(open(sys.argv[1], newline=""))
)
print("PROCODE3,CLASSPAT,count")
for key in sorted(n):
    print(*key, n[key], sep=",")
END
same want plain.csv

# Two indicators.
run 0 nib-indicator count hes_apc_day_case_rate derived.csv -o day.csv
run 0 nib-indicator rate --total England day.csv -o day-rate.csv
run 0 nib-indicator count hes_ae_four_hours ae.csv -o four.csv
run 0 nib-indicator rate --total England four.csv -o four-rate.csv
ok
python3 - "$H" >want <<'END' || fail python
import csv
import sys

known = [float(r["DEPDUR"])
         for r in csv.DictReader(open(sys.argv[1] + "/ae.csv", newline=""))
         if r["DEPDUR"] and r["AEATTENDCAT"] != "2"]
hit = sum(d <= 240 for d in known)
print(hit, len(known), f"{100 * hit / len(known):.6f}")
END
grep England four-rate.csv |
	awk -F, '{ printf "%d %d %.6f\n", $6, $7, $8 }' >got
same want got
ok
grep -q '^hes_apc_day_case_rate,England,2001/02' day-rate.csv ||
	fail 'no day case rate'
finish
