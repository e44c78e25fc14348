#!/bin/sh
# The whole pipe on artificial data with known errors: what each step must
# and must not let through is checked with awk, sort and cut, not with the
# tools; each step gives the same bytes for one worker and for two. Cuts of
# the input are tried in partitions.sh.
# shellcheck disable=SC2120,SC2317 # the tools get their arguments from step
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99

column() { head -1 "$1" | tr , '\n' | grep -nx "$2" | cut -d: -f1; }
# cells FILE COLUMN: its cells (no artificial cell is quoted).
cells() { cut -d, -f"$(column "$1" "$2")" "$1" | sed 1d; }

run 0 nib-dummy -s person -n 4000 -o person.csv
run 0 nib-dummy -s admitted_episode -n 7000 --with person=person.csv \
    -o extract.csv
run 0 nib-dummy -s admitted_episode -n 7000 --with person=person.csv \
    --errors 0.02 --errors-log planted.csv -o errors.csv
{ echo nhs_number; cells person.csv nhs_number | awk 'NF && NR % 15 == 0'; } \
    >optouts.csv
{ echo nhs_number; cells person.csv nhs_number | awk 'NF && NR % 40 == 7'; } \
    >type1.csv
run 0 nib-key new --type root -o root.key
run 0 nib-key project --root root.key --project pipeline -o project.key

validate() { nib-validate -q -s admitted_episode "$@"; }
consent() {
	nib-consent -q -s admitted_episode --opt-out optouts.csv \
	    --type1 type1.csv "$@"
}
persons() { nib-link persons -m hes-3-step --replace "$@"; }
pseudonymise() {
	nib-pseudonymise -s admitted_episode --key project.key "$@"
}
derive() { nib-derive -s admitted_episode "$@"; }
spells() { nib-link spells -s admitted_episode "$@"; }
aggregate() {
	nib-aggregate -s admitted_episode --by provider,admission_type \
	    --count --sum tariff_gbp --mean length_of_stay "$@"
}
counts() { nib-indicator count length_of_stay day_case_rate "$@"; }
rates() { nib-indicator rate --total England "$@"; }

# step STATUS TOOL IN OUT: the same bytes for one worker and for two.
step() {
	run "$1" "$2" -j 1 "$3" -o "$4"
	run "$1" "$2" -j 2 "$3" -o "$4.two"
	same "$4" "$4.two"
	ok
	# shellcheck disable=SC2002 # a pipe is what is tried
	cat "$3" | "$2" -j 2 2>/dev/null | cmp -s - "$4" ||
		fail "$2: another output from a pipe"
}

# Records with a planted error are stopped, all others go on unchanged. (Some
# rules are warnings, and a warning does not stop a record.)
step 1 validate errors.csv passed.csv
ok
awk -F, 'NR == FNR { if (FNR > 1) kind[$1] = $3; next }
FNR == 1 || kind[FNR - 1] == ""' planted.csv errors.csv >must-pass
awk -F, 'NR == FNR { if (FNR > 1) kind[$1] = $3; next }
FNR == 1 || kind[FNR - 1] == "" || kind[FNR - 1] ~ /^rule/' \
    planted.csv errors.csv >may-pass
sort must-pass >a
sort passed.csv | comm -23 a - | grep . >&2 && fail 'a good record was stopped'
ok
sort may-pass >a
sort passed.csv | comm -13 a - | grep . >&2 && fail 'a bad record got through'
step 0 validate extract.csv valid.csv
same extract.csv valid.csv

step 0 consent valid.csv consented.csv
ok
cells consented.csv nhs_number | sort -u >kept
sed 1d optouts.csv >out-list
sed 1d type1.csv >>out-list
sort -u out-list | comm -12 - kept | grep . >&2 &&
	fail 'the record of somebody who objected got through'
ok
awk -F, -v c="$(column valid.csv nhs_number)" 'NR == FNR { out[$1] = 1; next }
FNR == 1 || ($c != "" && !($c in out))' out-list valid.csv |
	cmp -s - consented.csv || fail 'consent changed more than it should'

step 0 persons consented.csv linked.csv
# One NHS number is one person here; the step needs a sex that is known.
ok
awk -F, -v n="$(column linked.csv nhs_number)" \
    -v p="$(column linked.csv person_id)" -v s="$(column linked.csv sex)" '
$s == "1" || $s == "2" { print $n "," $p }' linked.csv | sort -u >pairs
n=$(wc -l <pairs)
if [ "$(cut -d, -f1 pairs | sort -u | wc -l)" -ne "$n" ] ||
    [ "$(cut -d, -f2 pairs | sort -u | wc -l)" -ne "$n" ]; then
	fail 'persons are not what their NHS numbers say'
fi

step 0 pseudonymise linked.csv safe.csv
# Nothing that identifies is left: no number, key or postcode of the input.
for field in nhs_number record_id person_id spell_no consultant postcode; do
	ok
	cells linked.csv "$field" | grep . | sort -u >before
	tr ',' '\n' <safe.csv | sort -u | comm -12 before - | grep . >&2 &&
		fail "$field is in the pseudonymised file"
done
# As many different persons as before, and the measures untouched.
ok
[ "$(cells safe.csv person_id | sort -u | wc -l)" -eq \
    "$(cells linked.csv person_id | sort -u | wc -l)" ] ||
	fail 'pseudonyms of persons are not one to one'
ok
cells linked.csv tariff_gbp >a
cells safe.csv tariff_gbp | cmp -s - a || fail 'a measure was changed'

step 0 derive safe.csv derived.csv
ok
cells derived.csv financial_year | sort -u >years
[ "$(tr '\n' ' ' <years)" = '2024/25 ' ] || fail 'financial years'
ok
awk -F, -v a="$(column derived.csv admission_date)" \
    -v d="$(column derived.csv discharge_date)" \
    -v l="$(column derived.csv length_of_stay)" '
FNR > 1 && (($d == "") != ($l == "") || ($a == $d) != ($l == "0")) { bad = 1 }
END { exit bad }' derived.csv || fail 'length of stay'

step 0 spells derived.csv spells.csv
# A spell is a person's at a provider from one day on.
ok
awk -F, -v n="$(column spells.csv spell_no)" \
    -v p="$(column spells.csv spell_id)" -v s="$(column spells.csv sex)" '
($s == "1" || $s == "2") && $p != "" { print $n "," $p }' spells.csv |
	sort -u >pairs
[ "$(cut -d, -f1 pairs | sort -u | wc -l)" -eq "$(wc -l <pairs)" ] ||
	fail 'a spell of the hospital was split'

step 0 aggregate spells.csv activity.csv
ok
awk -F, -v p="$(column spells.csv provider)" \
    -v t="$(column spells.csv admission_type)" \
    -v s="$(column spells.csv tariff_gbp)" '
FNR > 1 {
	n[$p "," $t]++
	split($s, m, ".")
	pence[$p "," $t] += m[1] * 100 + m[2]
}
END {
	for (g in n)
		printf "%s,%d,%d.%02d\n", g, n[g], int(pence[g] / 100),
		    pence[g] % 100
}' spells.csv | sort >want
cut -d, -f1-4 activity.csv | sed 1d | cmp -s - want ||
	fail 'the table is not what awk counts'

step 0 counts spells.csv counts.csv
run 0 rates counts.csv -o rates.csv
ok
grep -q '^day_case_rate,England,2024/25' rates.csv || fail 'no indicator'

# All in one pipe.
ok
# shellcheck disable=SC2119 # these read the pipe
validate extract.csv 2>/dev/null | consent | persons |
	pseudonymise | derive | spells | aggregate >pipe.csv
cmp -s pipe.csv activity.csv || fail 'the pipe gives another table'

finish
