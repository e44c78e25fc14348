#!/bin/sh
# The privacy tools when things go wrong: killed at any moment, no room, no
# rights. Either the old file or the whole new one, a ledger that verifies,
# and no identifier anywhere but in the output that was asked for.
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/privacy
cd "$T" || exit 99
install -m 600 "$D/root.key" root.key
nib-key project --root root.key --project asthma-2026 -o p.key || exit 99
nib-key new --type ledger -o l.key || exit 99
nib-ledger init uses --key l.key || exit 99
L="--ledger uses --ledger-key l.key --use $D/use.json"
P="nib-pseudonymise -s $D/people.json -k p.key"

# Numbers no other test data has, and a name: the canaries.
awk 'BEGIN { print "nhs_number,family_name,birth_date,sex,postcode,seen,note"
	for (i = 0; i < 60000; i++) {
		n = 471100000 + i; s = 0
		for (k = 1; k <= 9; k++) s += (11 - k) * substr(n, k, 1)
		d = (11 - s % 11) % 11
		if (d < 10) printf "%s%d,Canary%d,1950-02-01,2,LS1 4AP,2024-05-06,n\n", n, d, i
	} }' >people.csv
canaries() { ok; if grep -aqE '4711[0-9]{6}|Canary[0-9]' "$@"; then fail "a canary in $*"; fi; }

run 0 $P -o whole people.csv
echo old >old
# Killed at twelve moments, spread over what a run takes.
i=1
while [ $i -le 12 ]; do
	cp old out.csv
	timeout -s KILL "0.0$i" $P $L -o out.csv people.csv >/dev/null 2>&1
	ok; cmp -s old out.csv || cmp -s whole out.csv || fail "a half file after kill $i"
	i=$((i + 1))
done
# Files without a name need /proc; else a kill leaves the unfinished one.
[ -e /proc/self/fd ] || rm -f .out.csv.*.tmp
run 0 nib-ledger verify uses --key l.key.pub
run 0 nib-ledger register uses
canaries uses

# Nothing is left behind but what has a name of its own.
run 2 sh -c "ulimit -f 200; trap '' XFSZ; exec $P -o limited.csv people.csv"
err_has "limited.csv: cannot write"
no_file limited.csv
run 2 sh -c "ulimit -f 200; trap '' XFSZ; exec nib-consent -s $D/people.json --opt-out $D/optouts.csv --type1 $D/type1.csv -o limited.csv people.csv"
no_file limited.csv
run 2 sh -c "ulimit -f 0; trap '' XFSZ; exec nib-key new --type root -o limited.key"
no_file limited.key
run 2 sh -c "ulimit -f 1; trap '' XFSZ; exec nib-ledger init limited.ledger --key l.key"
no_file limited.ledger
run 2 sh -c "ulimit -f 1; trap '' XFSZ; exec nib-ledger benefit uses --key l.key --use 0 --text x"
run 0 nib-ledger verify uses
# A ledger that cannot be written stops the run before any output.
run 2 sh -c "ulimit -f 1; trap '' XFSZ; exec $P $L -o limited.csv people.csv"
no_file limited.csv
run 0 nib-ledger verify uses
mkdir missing-rights
run 2 $P -o missing/x.csv people.csv
run 2 $P --provenance missing/x.json -o x.csv people.csv
no_file x.csv

# Canaries on every way out: none in messages, reports, ledger, leftovers.
ok; grep -q Canary104, people.csv || fail 'Canary104 is not there'
: >said
bad() { "$@" >/dev/null 2>>said; ok; [ $? -ne 99 ] || fail "$*"; }
sed 's/\(4711[0-9]*\),Canary104,/\1x,Canary104,/' people.csv >b1.csv
sed 's/^\(4711[0-9]*,Canary104,\)1950-02-01/\11950-02-31/' people.csv >b2.csv
sed 's/^\(4711[0-9]*,Canary104,.*\),n$/\1,n,one,more/' people.csv >b3.csv
sed 's/^\(4711[0-9]*,Canary104,.*\),n$/\1,"n/' people.csv >b4.csv
sed 's/^\(4711[0-9]*,Canary104\),/\1"x,/' people.csv >b5.csv
{ cat people.csv; printf '4711000004,Canary1,\0,2,LS1 4AP,2024-05-06,n\n'; } >b6.csv
tail -n +2 people.csv >b7.csv
for b in b1 b2 b3 b4 b5 b6 b7; do
	bad $P $L -o bad.csv $b.csv
	bad $P --risk birth_date,sex $b.csv
	bad $P --invalid blank --provenance prov.json -o /dev/null $b.csv
	bad nib-consent -s "$D/people.json" --opt-out "$D/optouts.csv" --type1 "$D/type1.csv" --report report.json -o /dev/null $b.csv
	bad nib-consent -s "$D/people.json" --opt-out $b.csv --exempt type1:consent people.csv
	bad $P --reverse --reason r --approver a $L --treat 'nhs_number=reversible(person)' $b.csv
	no_file bad.csv
done
cut -d, -f1 people.csv | sed 's/$/x/' >list
bad nib-consent -s "$D/people.json" --opt-out list --exempt type1:consent people.csv
printf '4711000004\n' | nib-ledger subject uses --key l.key 2>>said >subject.out
ok; [ -s said ] || fail "nothing was said"
canaries said uses subject.out
for f in prov.json report.json; do
	if [ -e $f ]; then canaries $f; fi
done
ok; [ -z "$(find . -name '.*.tmp' -o -name '*-journal')" ] || fail "left behind: $(find . -name '.*.tmp' -o -name '*-journal')"
run 0 nib-ledger verify uses
finish
