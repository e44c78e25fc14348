#!/bin/sh
# nib-consent: deny and allow lists, exemptions, refused lists, counts.
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/privacy
cd "$T" || exit 99
kept() { ok; [ "$(tail -n +2 out | cut -d, -f7 | tr '\n' ' ')" = "$1" ] || fail "kept: $(tail -n +2 out | cut -d, -f7 | tr '\n' ' ')"; }
C="nib-consent -s $D/people.json"

run 0 $C --opt-out "$D/optouts.csv" --type1 "$D/type1.csv" --report r.json "$D/people.csv"
out_is 'nhs_number,family_name,birth_date,sex,postcode,seen,note
9434765919,Archer,1950-02-01,2,LS1 4AP,2024-05-06,first
9434765870,Baker,1988-11-30,1,SW1A 1AA,2024-05-07,"one, two"
943 476 5919,Archer,1950-02-01,2,LS1  4AP,2024-06-01,again
9434765919,Archer,1950-02-01,2,LS1 4AP,2024-07-01,third'
err_has "1 records have no usable NHS number and were removed"
for w in '"records_in": 7' '"records_out": 4' '"records_removed_objected": 2' '"records_without_nhs_number": 1'; do
	ok; grep -qF "$w" r.json || fail "report lacks $w"
done
# Never who.
ok; if grep -q '[0-9]\{10\}' r.json err; then fail "a number in the report"; fi

run 0 $C --allow "$D/usable.dat" --exempt type1:approved-project:"PR 2026/7" --report r.json --purpose research "$D/people.csv"
kept 'first "one  again third '
ok; grep -q '"note": "PR 2026/7"' r.json || fail "an exemption's note"
ok; grep -q '"purpose": "research"' r.json || fail "the purpose"
run 0 $C --allow "$D/usable.dat" --type1 "$D/type1.csv" --keep-unmatched "$D/people.csv"
kept 'first "one again not traced third '
err_has "were kept"
run 0 $C --exempt national:legal-requirement --exempt type1:legal-requirement --keep-unmatched -q "$D/people.csv"
same out "$D/people.csv"
err_empty

# Reports of parts add up to that of the whole; others do not.
for part in 2,3 4,8; do
	{ head -1 "$D/people.csv"; sed -n "${part}p" "$D/people.csv"; } >part.csv
	run 0 $C --opt-out "$D/optouts.csv" --type1 "$D/type1.csv" -q --report "r$part.json" part.csv
done
run 0 $C --opt-out "$D/optouts.csv" --type1 "$D/type1.csv" -q --report r.json "$D/people.csv"
run 0 nib-consent --merge r4,8.json r2,3.json -o sum.json
same sum.json r.json
run 0 nib-consent --merge r.json
same out r.json
run 0 $C --opt-out "$D/optouts.csv" --exempt type1:consent -q --report other.json part.csv
run 2 nib-consent --merge r.json other.json -o sum2.json
err_has "other.json:12: another specification, purpose, list or exemption"
no_file sum2.json
head -4 r.json >cut.json
run 2 nib-consent --merge r.json cut.json
err_has "cut.json:5: another"
run 2 nib-consent --merge r.json part.csv
err_has "part.csv: not a report of nib-consent"
run 2 nib-consent --merge
err_has "--merge needs reports"
run 2 $C --merge r.json
err_has "--merge adds up reports"

# Every kind must be answered, once.
run 2 $C "$D/people.csv"
err_has "objections of the kind national apply to people"
run 2 $C --opt-out "$D/optouts.csv" -o kept.csv "$D/people.csv"
err_has "objections of the kind type1 apply to people"
no_file kept.csv
ok; [ ! -s out ] || fail "output before a refusal"
run 2 $C --opt-out "$D/optouts.csv" --allow "$D/usable.dat" --type1 "$D/type1.csv" "$D/people.csv"
err_has "give one"
run 2 $C --opt-out "$D/optouts.csv" --exempt national:consent --type1 "$D/type1.csv" "$D/people.csv"
err_has "both a list and an exemption"
run 2 $C --opt-out "$D/optouts.csv" --exempt type1:concent "$D/people.csv"
err_has "did you mean consent?"
run 2 $C --opt-out "$D/optouts.csv" --exempt type1 "$D/people.csv"
err_has "--exempt needs KIND:REASON"
run 2 $C --opt-out "$D/optouts.csv" --type1 "$D/type1.csv" --exempt type2:consent "$D/people.csv"
err_has "no such kind of objection"
run 2 $C --opt-out "$D/optouts.csv" --type1 "$D/type1.csv" --purpose reserch "$D/people.csv"
err_has "did you mean research?"

# Lists that are not one.
refused() {
	run 2 $C --opt-out "$1" --exempt type1:consent -o kept.csv "$D/people.csv"
	err_has "$2"
	err_lacks CANARY
	err_lacks 943476591
	no_file kept.csv
}
: >empty.csv
refused empty.csv "empty.csv: the list is empty"
echo nhs_number >header.csv
refused header.csv "the list is empty"
printf '9434765919\n9434765918\n' >digit.csv
refused digit.csv "digit.csv:2: not a valid NHS number"
printf '9434765919,\nCANARY\n' >word.csv
refused word.csv "word.csv:2: not a valid NHS number"
printf '9434765919\n\n9434765870\n' >blank.csv
refused blank.csv "blank line"
refused missing.csv "cannot open"
printf '9990000018\r\n9434765870,\r\n' >crlf.csv
run 0 $C --opt-out crlf.csv --exempt type1:consent -q "$D/people.csv"
kept 'first  again third '
gzip -c "$D/optouts.csv" >o.gz
run 0 $C --opt-out o.gz --type1 "$D/type1.csv" -q "$D/people.csv"
kept 'first "one again third '
touch -d '3 days ago' crlf.csv
run 2 $C --opt-out crlf.csv --exempt type1:consent --max-age 2 "$D/people.csv"
err_has "crlf.csv: the list is older than --max-age allows"
run 0 $C --opt-out crlf.csv --exempt type1:consent --max-age 4 -q "$D/people.csv"

# What to ask the national service: sorted, one number and a comma a line, LF.
run 0 $C --write-request ask.dat "$D/people.csv"
printf '4010232137,\n9434765870,\n9434765919,\n9990000018,\n' >want.dat
same ask.dat want.dat
ok; [ ! -s out ] || fail "records beside a request"
run 2 $C --write-request ask2.dat --opt-out "$D/optouts.csv" "$D/people.csv"
no_file ask2.dat

# Another file, no person, nothing to check.
printf 'sex\n1\n' >nobody.csv
run 2 $C --opt-out "$D/optouts.csv" --type1 "$D/type1.csv" nobody.csv
err_has "no column for nhs_number"
sed 's/, "objections.*]//' "$D/people.json" >none.json
run 2 nib-consent -s ./none.json "$D/people.csv"
err_has "lists no kind of objection"
run 0 nib-consent -s ./none.json --opt-out "$D/optouts.csv" -q "$D/people.csv"
kept 'first "one  again third '

# In the ledger: how objections were answered, and how many, not who.
nib-key new --type ledger -o l.key || exit 99
nib-ledger init uses --key l.key || exit 99
run 0 $C --allow "$D/usable.dat" --exempt type1:approved-project:PR7 --ledger uses --ledger-key l.key --use "$D/use.json" -q -o kept.csv "$D/people.csv"
run 0 nib-ledger verify uses
out_has "3 entries"
for w in '"list_allow":"used"' '"exemptions":"type1:approved-project:PR7"' '"records_removed_objected":1' '"records_unmatched":1' '"records_out":5' "$(b2sum -l 256 kept.csv | cut -d' ' -f1)"; do
	ok; grep -aqF "$w" uses || fail "the ledger lacks $w"
done
ok; if grep -aq '9434765\|4010232137' uses; then fail "a number in the ledger"; fi
rm kept.csv

# Against grep on many records; the same for any jobs and cut.
awk 'BEGIN { print "nhs_number,sex"; srand(2)
	for (i = 0; i < 60000; i++) {
		n = int(rand() * 2000) + 400000000; s = 0
		for (k = 1; k <= 9; k++) s += (11 - k) * substr(n, k, 1)
		d = (11 - s % 11) % 11
		if (d < 10) printf "%s%d,%d\n", n, d, i
	} }' >big.csv
tail -n +2 big.csv | cut -d, -f1 | sort -u | awk 'NR % 3 == 0' >out.list
grep -v -F -f out.list big.csv >want.csv
for j in 1 3; do
	run 0 $C --opt-out out.list --exempt type1:consent -j $j -o big.$j big.csv
	same want.csv big.$j
done
tail -n +2 big.csv | cut -d, -f1 | sort -u | awk 'NR % 3' | sed 's/$/,/' >in.list
run 0 $C --allow in.list --exempt type1:consent -o big.allow big.csv
same want.csv big.allow
run 2 sh -c "$C --opt-out out.list --exempt type1:consent big.csv >/dev/full"
finish
