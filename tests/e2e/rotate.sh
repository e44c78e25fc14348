#!/bin/sh
# nib-pseudonymise --rotate-from: records under a new key, and which token
# became which. Old tokens: testdata/privacy/pseudonyms.csv (Python).
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/privacy
cd "$T" || exit 99
install -m 600 "$D/root.key" root.key
nib-key project --root root.key --project asthma-2026 -o old.key || exit 99
nib-key project --root root.key --project asthma-2027 -o new.key || exit 99
nib-key new --type ledger -o l.key || exit 99
nib-key new --type escrow -o officer.key || exit 99
nib-ledger init uses --key l.key || exit 99
L="--ledger uses --ledger-key l.key --use $D/use.json"
P="nib-pseudonymise -s $D/people.json -k new.key"

$P "$D/people.csv" >want || exit 99
nib-pseudonymise -s "$D/people.json" -k old.key "$D/people.csv" >before || exit 99
run 0 $P --rotate-from old.key --map map.csv $L "$D/people.csv"
same want out
# Each person once; what was and what is stand in one row of both outputs.
{ echo domain,old,new; cut -d, -f1 before | paste -d, - want | cut -d, -f1,2 | sed 1d | grep -v '^,' | awk '!s[$0]++ { print "person," $0 }'; } >pairs
same pairs map.csv
ok; [ "$(cut -d, -f2 map.csv | sed 1d | head -1)" = "$(grep ^person,1,9434765919, "$D/pseudonyms.csv" | cut -d, -f4)" ] || fail 'the old token'
ok; if grep -qE '9434765919|9434765870|4010232137|9990000018|Archer' map.csv; then fail 'an identifier in the map'; fi
# In the ledger: which keys, and how many.
ok; grep -aq '"rotation":"yes"' uses || grep -aq '"rotation": *"yes"' uses || fail 'rotation in the ledger'
ok; grep -aq "$(grep ^asthma-2026, "$D/keys.csv" | cut -d, -f6)" uses || fail "the old key's fingerprint"
ok; grep -aqE '"tokens_mapped": *4' uses || fail 'how many'
for w in $(sed 1d map.csv | cut -d, -f2,3 | tr , ' '); do
	ok; if grep -aqF "$w" uses; then fail 'a token in the ledger'; fi
done
run 0 nib-ledger verify uses

# Many blocks, with escrow: each once, the same for any number of workers.
awk 'NR == 1 { print; next } { l[NR] = $0 } END { for (i = 0; i < 9000; i++) for (j = 2; j <= NR; j++) print l[j] }' "$D/people.csv" >big.csv
for j in 1 2; do
	run 0 $P --rotate-from old.key --map "m$j.csv" -j $j --escrow e.csv --escrow-to officer.key.pub --treat 'nhs_number=escrow(person)' $L -o "o$j.csv" big.csv
	same pairs "m$j.csv"
done
same o1.csv o2.csv

# Who loses their identity has no row.
printf 'code,meaning\nX,x\n' >codes.csv
printf 'nhs_number,family_name,birth_date,sex,postcode,seen,note\n9434765919,A,1950-02-01,2,LS1 4AP,2024-05-06,X\n' >withheld.csv
run 0 $P --withhold ./codes.csv --rotate-from old.key --map none.csv $L withheld.csv
ok; [ "$(cat none.csv)" = domain,old,new ] || fail 'a withheld identity in the map'

# Only from identifiers, with a ledger, from another key.
cp map.csv kept
run 2 $P --rotate-from old.key --map map.csv $L --treat note=drop --treat 'birth_date=keep' --treat seen=keep --treat postcode=keep --invalid keep-apart before
err_has 'needs the identifiers'
same kept map.csv
run 2 $P --rotate-from old.key --map x.csv "$D/people.csv"
err_has 'needs --ledger'
run 2 $P --rotate-from old.key $L "$D/people.csv"
err_has 'go together'
run 2 $P --rotate-from new.key --map x.csv $L "$D/people.csv"
err_has 'are one key'
run 2 $P --rotate-from root.key --map x.csv $L "$D/people.csv"
err_has 'a project key is needed'
run 2 $P --rotate-from old.key --map x.csv $L --treat nhs_number=drop "$D/people.csv"
err_has 'nothing to map'
run 2 nib-pseudonymise -s "$D/people.json" --rotate-from old.key --map x.csv $L "$D/people.csv"
err_has 'a key is needed'
run 2 $P --rotate-from old.key --map x.csv --risk sex "$D/people.csv"
no_file x.csv
# Both under a passphrase: a line each, the new key's first.
printf 'words for the new key\n' >w1
printf 'words for the old key\n' >w2
cat w1 w2 >both
nib-key passphrase new.key -o np.key --passphrase-fd 3 3<w1 || exit 99
nib-key passphrase old.key -o op.key --passphrase-fd 3 3<w2 || exit 99
run 0 nib-pseudonymise -s "$D/people.json" -k np.key --rotate-from op.key --passphrase-fd 3 --map m3.csv $L "$D/people.csv" 3<both
same pairs m3.csv
run 0 nib-pseudonymise -s "$D/people.json" -k new.key --rotate-from op.key --passphrase-fd 3 --map m4.csv $L "$D/people.csv" 3<w2
same pairs m4.csv
finish
