#!/bin/sh
# nib-pseudonymise --risk against testdata/privacy/kanon.expected.json, which
# was made independently (see the README there).
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/privacy
cd "$T" || exit 99
flat() { sed -n 's/^ *"\([a-z_0-9.]*\)": \([0-9.e+-]*\),*$/\1 \2/p' "$1" | sort; }

run 0 nib-pseudonymise --risk icb,sex,ageband --sensitive diag "$D/kanon.input.csv"
flat "$D/kanon.expected.json" >want
flat out >got
cp out whole
ok; [ "$(wc -l <want)" -eq 15 ] || fail "expected figures: $(wc -l <want)"
while read -r name value; do
	ok; awk -v n="$name" -v w="$value" '$1 == n && ($2 - w < 1e-12) && (w - $2 < 1e-12) { f = 1 } END { exit !f }' got || fail "$name is not $value"
done <want

# Leave one out, as a report of its own.
run 0 nib-pseudonymise --risk icb,sex "$D/kanon.input.csv"
k=$(sed -n 's/^  "k_min": \([0-9]*\),$/\1/p' out)
ok; grep -A3 '"without": "ageband"' whole | grep -q "\"k_min\": $k,\|\"k_min\": $k$" || fail "leave one out"

# The answer as a status.
run 1 nib-pseudonymise --risk icb,sex,ageband --min-k 5 "$D/kanon.input.csv"
err_has "the smallest class has 1 records, less than 5"
run 0 nib-pseudonymise --risk icb --min-k 5 "$D/kanon.input.csv"
# Records with a star are in no class.
{ cat "$D/kanon.input.csv"; printf '*,M,18-64,E11\nQ1,*,18-64,E11\n'; } >stars.csv
run 0 nib-pseudonymise --risk icb,sex,ageband --sensitive diag stars.csv
ok; grep -q '"suppressed": 2' out || fail "suppressed"
ok; sed -e 's/"suppressed": 2/"suppressed": 0/' -e 's/"records": 302/"records": 300/' out | cmp -s - whole || fail "stars change the rest"
head -1 "$D/kanon.input.csv" >none.csv
run 0 nib-pseudonymise --risk icb --min-k 5 none.csv
ok; grep -q '"k_min": 0' out || fail "no records"

# The same for any jobs and any order of records.
awk 'BEGIN { srand(5); print "a,b,c,s"; for (i = 0; i < 200000; i++) printf "%d,%d,%d,%d\n", rand() * 50, rand() * rand() * 90, rand() * 3, rand() * 9 }' >big.csv
run 0 nib-pseudonymise --risk a,b,c --sensitive s -j 1 -o j1 big.csv
run 0 nib-pseudonymise --risk a,b,c --sensitive s -j 3 -o j3 big.csv
same j1 j3
{ head -1 big.csv; tail -n +2 big.csv | sort; } >sorted.csv
run 0 nib-pseudonymise --risk a,b,c --sensitive s -o j4 sorted.csv
same j1 j4
# Uniques, by sort and uniq.
ok; [ "$(sed -n 's/^  "uniques": \([0-9]*\),/\1/p' j1)" -eq "$(tail -n +2 big.csv | cut -d, -f1-3 | sort | uniq -u | wc -l)" ] || fail "uniques"

# With a specification: as the treatments leave the cells.
install -m 600 "$D/root.key" root.key
nib-key project --root root.key --project x -o p.key || exit 99
run 0 nib-pseudonymise -s "$D/people.json" -k p.key -o safe.csv "$D/people.csv"
run 0 nib-pseudonymise --risk birth_date,sex,postcode,seen -o after safe.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --risk birth_date,sex,postcode,seen -o during "$D/people.csv"
same after during
# Also where a code has taken identity away: the birth date is empty there.
printf 'code\nfirst\n' >withhold.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --withhold ./withhold.csv -o safe.csv "$D/people.csv"
ok; [ "$(grep -c '^,,' safe.csv)" -eq 1 ] || fail "one record is withheld"
run 0 nib-pseudonymise --risk birth_date,sex,postcode,seen -o after safe.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --withhold ./withhold.csv --risk birth_date,sex,postcode,seen -o during "$D/people.csv"
same after during
run 2 nib-pseudonymise --withhold ./withhold.csv --risk sex safe.csv
err_has "need a specification"
run 2 nib-pseudonymise -s "$D/people.json" -k p.key --risk nhs_number,sex "$D/people.csv"
err_has "nhs_number is treated with pseudonym"

run 2 nib-pseudonymise --risk icb,nothing "$D/kanon.input.csv"
err_has "no column nothing"
run 2 nib-pseudonymise --min-k 5 -s "$D/people.json" "$D/kanon.input.csv"
run 2 nib-pseudonymise --risk icb --escrow x --escrow-to y "$D/kanon.input.csv"
run 2 sh -c "nib-pseudonymise --risk icb '$D/kanon.input.csv' >/dev/full"
finish
