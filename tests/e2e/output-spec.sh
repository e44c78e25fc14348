#!/bin/sh
# nib-pseudonymise --output-spec: after the gate one specification says what
# fields are, and every tool reads it.
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/privacy
cd "$T" || exit 99
install -m 600 "$D/root.key" root.key
nib-key project --root root.key --project asthma-2026 -o p.key || exit 99

run 0 nib-pseudonymise -s "$D/people.json" --output-spec safe.json
err_empty
run 0 nib-validate --check-spec -s ./safe.json
python3 - <<'P' >fields || fail 'not JSON'
import json
for f in json.load(open("safe.json"))["fields"]:
    n = f["nib"]
    print(f["name"], f["type"], n.get("role", "-"), n["privacy"], n["treatment"])
P
ok
printf '%s\n' 'nhs_number string person none keep' 'birth_date string - quasi keep' 'sex string - quasi keep' \
	'postcode string - quasi keep' 'seen yearmonth - none keep' 'note string - sensitive keep' | cmp -s - fields ||
	fail "fields: $(cat fields)"
# What comes out is what it says.
nib-pseudonymise -s "$D/people.json" -k p.key "$D/people.csv" >safe.csv || exit 99
run 0 nib-validate -s ./safe.json --no-unique safe.csv
same safe.csv out

# A field may be called by an alias, whatever the header says.
python3 - "$D/people.json" >alias.json <<'P'
import json, sys
d = json.load(open(sys.argv[1]))
d["fields"][0].setdefault("nib", {})["aliases"] = ["NEWNHSNO"]
print(json.dumps(d))
P
run 0 nib-pseudonymise -s ./alias.json --treat nhs_number=drop --output-spec by-name.json
run 0 nib-pseudonymise -s ./alias.json --treat NEWNHSNO=drop --output-spec by-alias.json
same by-name.json by-alias.json
nib-pseudonymise -s ./alias.json -k p.key --treat nhs_number=drop "$D/people.csv" >by-name.csv || exit 99
run 0 nib-pseudonymise -s ./alias.json -k p.key --treat NEWNHSNO=drop "$D/people.csv"
same by-name.csv out

# Every shipped dataset: artificial records through the gate, and their own
# specification holds for what comes out.
for spec in "$NIB_SHARE"/datasets/*.json; do
	name=$(basename "$spec" .json)
	run 0 nib-pseudonymise -q -s "$name" --output-spec out.json
	run 0 nib-validate --check-spec -s ./out.json
	nib-dummy -s "$name" -n 150 -o d.csv 2>/dev/null || continue
	nib-pseudonymise -q -s "$name" -k p.key --invalid blank d.csv >g.csv 2>/dev/null || continue
	run 0 nib-validate -q -s ./out.json --no-unique --no-groups --check --errors found.csv g.csv
	ok; [ "$(wc -l <found.csv)" -le 1 ] || fail "$name: $(sed -n 2p found.csv)"
done

# The pipe: before the gate one, after it the other.
nib-dummy -s admitted_episode -n 900 -o e.csv || exit 99
run 0 nib-pseudonymise -s admitted_episode --output-spec after.json
ok
nib-pseudonymise -q -s admitted_episode -k p.key e.csv | nib-derive -s ./after.json |
	nib-aggregate -s ./after.json --by birth_date --count --mean length_of_stay >table.csv ||
	fail 'the pipe'
ok
# The same bands by the dates that are gone (SQLite's arithmetic, not ours).
python3 - e.csv <<'P' >want || fail 'python'
import collections, csv, sys
n = collections.Counter()
for r in csv.DictReader(open(sys.argv[1])):
    b, e = r["birth_date"], r["admission_date"]
    if not b or not e:
        n[""] += 1
        continue
    age = int(e[:4]) - int(b[:4]) - (e[5:] < b[5:])
    low = age // 5 * 5
    n["90+" if low >= 90 else "%d-%d" % (low, low + 4)] += 1
for k in sorted(n):
    print("%s,%d" % (k, n[k]))
P
sed 1d table.csv | cut -d, -f1,2 | cmp -s - want || fail "bands: $(sed 1d table.csv | cut -d, -f1,2 | diff - want | head -5)"
# An expression that needs the date is refused, with its name, before any
# record; with the specification of the input it would stop at one.
nib-pseudonymise -q -s admitted_episode -k p.key e.csv >g.csv || exit 99
run 2 nib-derive -s ./after.json --set 'old=birth_date > 65' g.csv
ok; [ ! -s out ] || fail 'an output'
run 0 nib-indicator count -s ./after.json length_of_stay g.csv

# With what the command line changes; derived fields that read it go.
run 0 nib-pseudonymise -s admitted_episode --treat admission_date=month --treat 'extra=keep' --treat 'gone=drop' --encode clk=nhs_number --output-spec m.json
err_has 'financial_year'
err_has 'length_of_stay'
run 0 nib-validate --check-spec -s ./m.json
ok; grep -q '"name": "extra"' m.json && grep -q '"name": "clk"' m.json || fail 'fields of the command line'
ok; if grep -q '"name": "gone"' m.json; then fail 'a dropped one'; fi
ok; grep -q 'days(episode_start, episode_end)' m.json || fail 'a derived field that stands'
ok; if grep -q 'financial_year(' m.json; then fail 'a derived field that does not'; fi
run 2 nib-pseudonymise -s admitted_episode --treat admission_date=moth --output-spec x.json
err_has 'did you mean month'
run 2 nib-pseudonymise -s admitted_episode --output-spec x.json e.csv
err_has 'reads and releases no records'
run 2 nib-pseudonymise -s admitted_episode --output-spec missing/x.json
no_file x.json
# A specification can say blank-codes itself.
sed 's/"privacy": "sensitive", "treatment": "keep"/"privacy": "sensitive", "treatment": "blank-codes(.\/c.csv)"/' "$D/people.json" >bc.json
printf 'code\nfirst\n' >c.csv
run 0 nib-pseudonymise -s ./bc.json -k p.key "$D/people.csv"
ok; [ -z "$(sed -n 2p out | cut -d, -f6)" ] || fail 'blank-codes of a specification'
finish
