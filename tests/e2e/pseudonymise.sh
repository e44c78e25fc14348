#!/bin/sh
# nib-pseudonymise: treatments, deny by default, cuts and jobs, keys.
# Expected tokens: testdata/privacy/pseudonyms.csv (Python, see there).
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/privacy
cd "$T" || exit 99
install -m 600 "$D/root.key" root.key
nib-key project --root root.key --project asthma-2026 -o p.key || exit 99
token() { grep "^$1," "$D/pseudonyms.csv" | cut -d, -f"$2"; }
a=$(token person,1,9434765919 4) b=$(token person,1,9434765870 4)
c=$(token person,1,4010232137 4) e=$(token person,1,9990000018 4)
x=$(token person,2,x 4)

run 0 nib-pseudonymise -s "$D/people.json" -k p.key "$D/people.csv"
out_is "nhs_number,birth_date,sex,postcode,seen,note
$a,70-74,2,LS1,2024-05,first
$b,35-39,1,SW1A,2024-05,\"one, two\"
$c,20-24,2,LS1,2024-05,
$a,70-74,2,LS1,2024-06,again
,90+,1,ZZ99,2024-06,not traced
$e,0-4,2,B1,2024-06,\"said \"\"no\"\"\"
$a,70-74,2,LS1,2024-07,third"
err_empty
cp out whole

# Other treatments, on the command line; the last column may go.
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --treat nhs_number=drop \
	--treat 'birth_date=age(seen)' --treat 'postcode=postcode-sector' \
	--treat seen=quarter --treat note=drop "$D/people.csv"
out_is "birth_date,sex,postcode,seen
74,2,LS1 4,2024-Q2
35,1,SW1A 1,2024-Q2
22,2,LS1 4,2024-Q2
74,2,LS1 4,2024-Q2
93,1,ZZ99 3,2024-Q2
0,2,B1 1,2024-Q2
74,2,LS1 4,2024-Q3"
run 0 nib-pseudonymise -s "$D/people.json" --treat nhs_number=drop --treat family_name=drop --treat birth_date=drop \
	--treat sex=drop --treat postcode=drop --treat seen=drop --treat 'note=truncate(3)' "$D/people.csv"
out_is 'note
fir
one
""
aga
not
sai
thi'
run 2 nib-pseudonymise -s "$D/people.json" --treat nhs_number=drop --treat family_name=drop --treat birth_date=drop \
	--treat sex=drop --treat postcode=drop --treat seen=drop --treat note=drop "$D/people.csv"
err_has "every column is dropped"
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --treat nhs_number=blank --no-header "$D/people.csv"
ok; [ "$(head -1 out)" = ",70-74,2,LS1,2024-05,first" ] || fail "blank"
# An identifier that is kept is said aloud, and is the operator's decision.
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --treat family_name=keep "$D/people.csv"
err_has "column 2 (family_name) is an identifier and is kept"

# Deny by default: before any output.
sed 's/note/diary/' "$D/people.csv" >unknown.csv
run 2 nib-pseudonymise -s "$D/people.json" -k p.key -o safe.csv unknown.csv
err_has "column 7 (diary): no treatment is given for this column"
no_file safe.csv
ok; [ ! -s out ] || fail "output before a refusal"
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --treat diary=drop unknown.csv
run 2 nib-pseudonymise -s "$D/people.json" -k p.key --treat dairy=drop "$D/people.csv"
err_has "no such column"
run 2 nib-pseudonymise -s "$D/people.json" -k p.key --treat note=hash "$D/people.csv"
err_has "no treatment is called hash"
run 2 nib-pseudonymise -s "$D/people.json" -k p.key --treat 'birth_date=age(born)' "$D/people.csv"
err_has "born, which is not in the header"
run 2 nib-pseudonymise -s "$D/people.json" "$D/people.csv"
err_has "a key is needed"

# Fields that tools add have a treatment; a person_id meets its own kind.
printf 'person_id,spell_id,sex\n1,s1,2\n,s2,1\n' >added.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --no-header added.csv
ok; grep -q '^p1[a-z2-7]\{26\},p1[a-z2-7]\{26\},2$' out || fail "person_id, spell_id"
ok; grep -q '^,p1[a-z2-7]\{26\},1$' out || fail "an empty person_id stays empty"

# Invalid identifiers never pass through.
sed 's/9434765870/CANARY5870/; s/SW1A 1AA/CANARY1AA/; s/1988-11-30/CANARYDATE/' "$D/people.csv" >bad.csv
run 2 nib-pseudonymise -s "$D/people.json" -k p.key -o safe.csv bad.csv
err_has "bad.csv:3: record 2, column 1 (nhs_number): not a valid NHS number"
err_lacks CANARY
no_file safe.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --invalid blank bad.csv
ok; [ "$(sed -n 3p out)" = ',,1,,2024-05,"one, two"' ] || fail "--invalid blank"
printf 'nhs_number,sex\nx,1\n9434765910,1\n' >apart.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --invalid keep-apart --no-header apart.csv
out_is "$x,1
$(token person,2,9434765910 4),1"

# The same bytes for any jobs, cut, line end, delimiter and quoting.
awk 'BEGIN { print "nhs_number,family_name,birth_date,sex,postcode,seen,note"
	srand(1)
	for (i = 0; i < 30000; i++) {
		n = int(rand() * 900000000) + 100000000; s = 0
		for (k = 1; k <= 9; k++) s += (11 - k) * substr(n, k, 1)
		d = (11 - s % 11) % 11
		if (d == 10) continue
		printf "%s%d,F%d,19%02d-0%d-1%d,%d,LS%d 4AP,2024-05-%02d,%s\n", n, d, i, rand() * 90, 1 + rand() * 9,
			rand() * 10, 1 + rand() * 2, 1 + rand() * 9, 1 + rand() * 28, i % 5000 ? "n" i : "\"a,\"\"b\""
	} }' >big.csv
for j in 1 2 5; do
	run 0 nib-pseudonymise -s "$D/people.json" -k p.key -j $j -o big.$j big.csv
done
same big.1 big.2
same big.1 big.5
ok; [ "$(wc -l <big.1)" -eq "$(wc -l <big.csv)" ] || fail "records lost"
head -10000 big.csv >c1.csv
{ head -1 big.csv; tail -n +10001 big.csv; } >c2.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key -o c1.out c1.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key -o c2.out --no-header c2.csv
cat c1.out c2.out >c.out
same big.1 c.out
sed 's/$/\r/' big.csv >crlf.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key -o crlf.out crlf.csv
same big.1 crlf.out
sed 's/^\([0-9]*\),/"\1",/' big.csv >quoted.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key -o quoted.out quoted.csv
same big.1 quoted.out
grep -v '"' "$D/people.csv" >plain.csv
tr , '|' <plain.csv >bars.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key plain.csv
cp out plain.out
run 0 nib-pseudonymise -s "$D/people.json" -k p.key -d '|' bars.csv
same plain.out out

# Two projects, two purposes: nothing to join.
nib-key project --root root.key --project other -o o.key || exit 99
nib-key project --root root.key --project asthma-2026 --opt-outs applied -o oo.key || exit 99
for k in o oo; do
	run 0 nib-pseudonymise -s "$D/people.json" -k $k.key -o $k.out "$D/people.csv"
	ok; if cut -d, -f1 $k.out | grep -qF -e "$a" -e "$b"; then fail "tokens of two keys meet"; fi
done

# Keys: the wrong type, a descriptor, two at once.
run 2 nib-pseudonymise -s "$D/people.json" -k root.key "$D/people.csv"
err_has "a project key is needed"
nib-pseudonymise -s "$D/people.json" --key-fd 3 "$D/people.csv" 3<p.key >out
same whole out
run 2 nib-pseudonymise -s "$D/people.json" --key-fd 3 -k p.key "$D/people.csv"
# The same under a passphrase.
echo "four words are enough" >words
run 0 nib-key passphrase p.key -o pw.key --passphrase-fd 3 3<words
nib-pseudonymise -s "$D/people.json" -k pw.key --passphrase-fd 4 "$D/people.csv" 4<words >out
same whole out
nib-pseudonymise -s "$D/people.json" --key-fd 3 --passphrase-fd 4 "$D/people.csv" 3<pw.key 4<words >out
same whole out
echo "four words are not" >wrong
run 2 nib-pseudonymise -s "$D/people.json" -k pw.key --passphrase-fd 4 -o x.csv "$D/people.csv" 4<wrong
err_is "nib-pseudonymise: pw.key: wrong passphrase (or the key file was changed)"
no_file x.csv
run 2 nib-pseudonymise -s "$D/people.json" -k p.key --passphrase-fd 4 "$D/people.csv" 4<words
err_has "nothing here needs a passphrase"
run 2 nib-pseudonymise -s "$D/people.json" --passphrase-fd 4 "$D/people.csv" 4<words
run 2 nib-pseudonymise -s "$D/people.json" --key-fd 3 --passphrase-fd 3 "$D/people.csv" 3<pw.key
chmod 640 p.key
run 2 nib-pseudonymise -s "$D/people.json" -k p.key "$D/people.csv"
err_has "can be used by others"
chmod 600 p.key

# Reversible and shifted.
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --treat 'nhs_number=reversible(person)' \
	--treat 'birth_date=date-shift' --treat 'seen=date-shift' "$D/people.csv"
ok; [ "$(sed -n 2p out | cut -d, -f1)" = "$(token person,1,9434765919 5)" ] || fail "reversible token"
days() { echo $((($(date -u -d "$1" +%s) - $(date -u -d "$2" +%s)) / 86400)); }
s1=$(sed -n 2p out | cut -d, -f5) s4=$(sed -n 5p out | cut -d, -f5) b1=$(sed -n 2p out | cut -d, -f2)
ok; [ "$(days "$s4" "$s1")" -eq 26 ] || fail "date-shift keeps the days between two dates"
ok; [ "$(days "$s1" "$b1")" -eq "$(days 2024-05-06 1950-02-01)" ] || fail "date-shift, two columns"
# By how many days: testdata/privacy/dateshifts.csv (Python, see there).
shift_of() { grep "^$1,$2," "$D/dateshifts.csv" | cut -d, -f3; }
ok; [ "$(days "$s1" 2024-05-06)" = "$(shift_of 9434765919 182)" ] || fail "date-shift of 182"
ok; [ "$(days "$(sed -n 3p out | cut -d, -f5)" 2024-05-07)" = "$(shift_of 9434765870 182)" ] || fail "date-shift of another"
ok; [ -z "$(sed -n 6p out | cut -d, -f5)" ] || fail "a date without its person"

run 0 nib-pseudonymise -s "$D/people.json" -k p.key --treat 'seen=date-shift(7)' "$D/people.csv"
ok; [ "$(days "$(sed -n 4p out | cut -d, -f5)" 2024-05-07)" = "$(shift_of 4010232137 7)" ] || fail "date-shift of 7"

# A token of the domain of date shifts would tell the shift: 28 characters of
# which the first eight bytes, modulo 2D + 1, are it.
for t in pseudonym escrow; do
	run 2 nib-pseudonymise -s "$D/people.json" -k p.key --treat "nhs_number=$t(date-shift)" --treat 'seen=date-shift' "$D/people.csv"
	err_has "the domain date-shift"
done

# Codes that withhold identity: identifiers go, the record stays.
printf 'code,meaning\nN97,x\nF64*,x\nQ13.1,x\n' >restricted.csv
printf 'nhs_number,family_name,birth_date,sex,postcode,seen,note\n' >codes.csv
for n in N97.0 f64x '"I219,F640"' Q131 Q132 XN97 N979+ 'N9' '' I10X; do
	printf '9434765919,A,1950-02-01,2,LS1 4AP,2024-05-06,%s\n' "$n" >>codes.csv
done
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --withhold ./restricted.csv --treat family_name=keep -q codes.csv
out_is "nhs_number,family_name,birth_date,sex,postcode,seen,note
,,,2,,2024-05,N97.0
,,,2,,2024-05,f64x
,,,2,,2024-05,\"I219,F640\"
,,,2,,2024-05,Q131
$a,A,70-74,2,LS1,2024-05,Q132
$a,A,70-74,2,LS1,2024-05,XN97
,,,2,,2024-05,N979+
$a,A,70-74,2,LS1,2024-05,N9
$a,A,70-74,2,LS1,2024-05,
$a,A,70-74,2,LS1,2024-05,I10X"
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --treat 'note=blank-codes(./restricted.csv)' --no-header codes.csv
ok; [ "$(cut -d, -f6- out | tr '\n' ' ')" = "    Q132 XN97  N9  I10X " ] || fail "blank-codes"
printf 'code,meaning\n' >nothing.csv
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --withhold opcs_outpatient_default -q codes.csv
run 2 nib-pseudonymise -s "$D/people.json" -k p.key --withhold opcs_outpatient_defualt codes.csv
err_has 'no opcs_outpatient_defualt.csv in share/codelists; did you mean opcs_outpatient_default?'
run 2 nib-pseudonymise -s "$D/people.json" -k p.key --withhold ./nothing.csv codes.csv
err_has "the list is empty"
printf 'code\nN97\nA50-A64\n' >range.csv
run 2 nib-pseudonymise -s "$D/people.json" -k p.key --withhold ./range.csv codes.csv
err_has "range.csv:3: more than one code"
# No sign between two codes hides the second.
head -1 codes.csv >signs.csv
for n in 'A17.0+N97*' 'A00/N97' '*N97' '"A00\tF640"' '"A00\nF640"' 'A17.0†F64'; do
	printf "9434765919,A,1950-02-01,2,LS1 4AP,2024-05-06,$n\\n" >>signs.csv
done
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --withhold ./restricted.csv --no-header -q signs.csv
ok; [ "$(grep -c '^,,2,,2024-05,' out)" -eq 6 ] || fail "a code behind a sign: $(cat out)"
run 2 nib-pseudonymise -s "$D/people.json" -k p.key --withhold ./restricted.csv --columns nhs_number,sex codes.csv
err_has "calls no field of the input sensitive"

# Escrow.
nib-key new --type escrow -o officer.key || exit 99
run 2 nib-pseudonymise -s "$D/people.json" -k p.key --treat 'nhs_number=escrow(person)' "$D/people.csv"
err_has "--escrow FILE"
run 0 nib-pseudonymise -s "$D/people.json" -k p.key --treat 'nhs_number=escrow(person)' --escrow e.csv --escrow-to officer.key.pub "$D/people.csv"
same whole out
ok; [ "$(cut -d, -f1 e.csv | tr '\n' ' ')" = "token nibescrow1 $a $b $c $e " ] || fail "escrow file"
run 2 nib-pseudonymise -s "$D/people.json" -k p.key --escrow e2.csv --escrow-to officer.key.pub "$D/people.csv"
no_file e2.csv

# Provenance: digests as coreutils compute them.
run 0 nib-pseudonymise -s "$D/people.json" -k p.key -o safe.csv --provenance prov.json "$D/people.csv"
for f in "$D/people.csv" "$D/people.json" safe.csv; do
	ok; grep -q "\"$(b2sum -l 256 "$f" | cut -d' ' -f1)\"" prov.json || fail "digest of $f"
done
ok; grep -q "\"key_fingerprint\": \"$(grep ^asthma-2026, "$D/keys.csv" | cut -d, -f6)\"" prov.json || fail "fingerprint"
ok; grep -q '"records_out": 7' prov.json || fail "count in provenance"
ok; if grep -qF "$(cut -d' ' -f5 p.key)" prov.json; then fail "the key is in the provenance"; fi
run 2 nib-pseudonymise -s "$D/people.json" -k p.key -o no.csv --provenance missing/p.json "$D/people.csv"
no_file no.csv

# Nowhere to write.
run 2 sh -c 'nib-pseudonymise -s "$1" -k p.key big.csv >/dev/full' sh "$D/people.json"
err_has "cannot write"
run 2 nib-pseudonymise -s "$D/people.json" -k p.key -o missing/x.csv "$D/people.csv"
run 0 env -i PATH="$PATH" NIB_SHARE="$NIB_SHARE" nib-pseudonymise -s "$D/people.json" -k p.key "$D/people.csv"
same whole out
finish
