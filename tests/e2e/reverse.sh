#!/bin/sh
# nib-pseudonymise --reverse: the only way back, with key, reason and ledger.
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/privacy
cd "$T" || exit 99
install -m 600 "$D/root.key" root.key
nib-key project --root root.key --project asthma-2026 -o p.key || exit 99
nib-key project --root root.key --project other -o o.key || exit 99
nib-key new --type escrow -o officer.key || exit 99
nib-key new --type escrow -o stranger.key || exit 99
nib-key new --type ledger -o l.key || exit 99
nib-ledger init uses --key l.key || exit 99
S="-s $D/people.json"
B="--reverse --reason trace-7 --approver caldicott-guardian --ledger uses --ledger-key l.key --use $D/use.json"

# Reversible: the same numbers come back, in canonical form.
V=--treat=nhs_number=reversible\(person\)
N=--treat=family_name=reversible\(name\)
sed 's/Archer/"Ar""ch,er"/' "$D/people.csv" >in.csv
run 0 nib-pseudonymise $S -k p.key "$V" "$N" -o safe.csv in.csv
ok; if grep -q 'ch,er\|94347' safe.csv; then fail "a value in the tokens' file"; fi
run 0 nib-pseudonymise $S -k p.key $B "$V" "$N" safe.csv
cut -d, -f1 out >got
sed 's/943 476 5919/9434765919/' "$D/people.csv" | cut -d, -f1 >want
same want got
ok; grep -q '^9434765919,"Ar""ch,er",70-74,2,LS1,2024-05,first$' out || fail "a quoted value"
run 0 nib-ledger show uses
ok; [ "$(cut -d, -f3 out | tr '\n' ' ')" = "kind ledger intent complete " ] || fail "ledger"
ok; grep -aq '"reason":"trace-7"' uses || fail "the reason"
ok; grep -aq '"approver":"caldicott-guardian"' uses || fail "the approver"
ok; if grep -aq '9434765919\|r1[a-z2-7]\{40\}' uses; then fail "an identifier in the ledger"; fi
run 0 nib-ledger register uses
out_has ",yes,trace-7,"

# An account like any tool's, and its digests in the ledger, as coreutils
# compute them.
run 0 nib-pseudonymise $S -k p.key $B "$V" "$N" --provenance account.json -o back.csv safe.csv
digest() { b2sum -l 256 "$1" | cut -d' ' -f1; }
for file in safe.csv back.csv; do
	ok; grep -q "$(digest $file)" account.json || fail "the account lacks the digest of $file"
	ok; grep -aq "$(digest $file)" uses || fail "the ledger lacks the digest of $file"
done
ok; grep -q '"tokens_reversed": 13' account.json || fail "the account: $(cat account.json)"
rm back.csv
run 2 nib-pseudonymise $S -k p.key $B "$V" --encode c=nhs_number safe.csv
run 2 nib-pseudonymise $S -k p.key $B "$V" --withhold x safe.csv

# Another key, a changed token, no reason: nothing.
run 2 nib-pseudonymise $S -k o.key $B "$V" -o back.csv safe.csv
err_has "safe.csv:2: record 1, column 1 (nhs_number): not a token that this key opens"
no_file back.csv
sed '3s/^r1../r1aa/' safe.csv >bad.csv
run 2 nib-pseudonymise $S -k p.key $B "$V" bad.csv
err_has "bad.csv:3:"
err_lacks r1aa
run 0 nib-pseudonymise $S -k p.key $B "$V" --invalid blank bad.csv
err_has "1 tokens did not open"
ok; [ -z "$(sed -n 3p out | cut -d, -f1)" ] || fail "--invalid blank"
run 2 nib-pseudonymise $S -k p.key --reverse "$V" safe.csv
err_has "needs --reason, --approver and --ledger"
run 2 nib-pseudonymise $S $B "$V" safe.csv
err_has "officer's key"
run 2 nib-pseudonymise $S -k root.key $B "$V" safe.csv
run 2 nib-pseudonymise $S -k p.key $B safe.csv
err_has "nothing to reverse"

# Escrow: only the officer opens it, for tokens that are in it.
E=--treat=nhs_number=escrow\(person\)
run 0 nib-pseudonymise $S -k p.key "$E" --escrow e.csv --escrow-to officer.key.pub -o safe.csv "$D/people.csv"
ok; if grep -q '9434765919' e.csv; then fail "the escrow file can be read"; fi
head -3 safe.csv >ask.csv
run 0 nib-pseudonymise $S -k officer.key $B "$E" --escrow e.csv ask.csv
ok; [ "$(cut -d, -f1 out | tr '\n' ' ')" = "nhs_number 9434765919 9434765870 " ] || fail "escrow opened"
run 2 nib-pseudonymise $S -k stranger.key $B "$E" --escrow e.csv ask.csv
err_has "not for key"
run 2 nib-pseudonymise $S -k officer.key.pub $B "$E" --escrow e.csv ask.csv
run 2 nib-pseudonymise $S -k p.key $B "$E" --escrow e.csv ask.csv
err_has "escrow-secret key is needed"
sed '3{s/,A/,B/;t;s/,./,A/}' e.csv >damaged.csv
run 2 nib-pseudonymise $S -k officer.key $B "$E" --escrow damaged.csv ask.csv
awk -F, -v OFS=, 'NR == 3 { s = $2; next } NR == 4 { $2 = s } { print }' e.csv >swapped.csv
run 2 nib-pseudonymise $S -k officer.key $B "$E" --escrow swapped.csv safe.csv
run 2 nib-pseudonymise $S -k officer.key $B "$E" --escrow "$D/people.csv" ask.csv
run 0 nib-ledger verify uses
finish
