#!/bin/sh
# nib-ledger: a use from announcement to benefit; what tampering is found by.
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/privacy
cd "$T" || exit 99
install -m 600 "$D/root.key" root.key
nib-key project --root root.key --project asthma-2026 -o p.key || exit 99
nib-key new --type ledger -o l.key || exit 99
L="--ledger uses --ledger-key l.key --use $D/use.json"
P="nib-pseudonymise -s $D/people.json -k p.key"

run 2 nib-ledger init uses
err_has "key is needed"
run 2 nib-ledger init uses --key p.key
err_has "a ledger-secret key is needed"
no_file uses
run 0 nib-ledger init uses --key l.key
cp uses empty
run 2 nib-ledger init uses --key l.key
err_has "cannot create the ledger"
same uses empty
run 0 nib-ledger verify uses
out_has "1 entries, whole and sound"

# A use, in the ledger before and after, the output as without one.
$P -o plain.csv "$D/people.csv" || exit 99
run 0 $P $L -o safe.csv "$D/people.csv"
err_empty
same plain.csv safe.csv
run 0 nib-ledger show uses
use=$(sed -n 3p out | cut -d, -f4)
ok; [ "$(cut -d, -f3 out | tr '\n' ' ')" = "kind ledger intent complete " ] || fail "entries"
run 0 nib-ledger verify uses --key l.key.pub
for f in safe.csv "$D/people.csv" "$D/people.json"; do
	ok; grep -aqF "$(b2sum -l 256 "$f" | cut -d' ' -f1)" uses || fail "digest of $f in the ledger"
done
# The formats, read by other means: two of three people are in the use.
run 0 python3 "$NIB_SRC/tests/unit/ledger_check.py" uses l.key 9434765919 9434765870 9434765927
out_is 2
# Neither numbers nor tokens nor names.
for w in 9434765919 9434765870 4010232137 9990000018 Archer "$(sed -n 2p safe.csv | cut -d, -f1)"; do
	ok; if grep -aqF "$w" uses; then fail "the ledger holds $w"; fi
done

# What goes in must be said.
sed '/legal_basis/d' "$D/use.json" >no.json
run 2 $P --ledger uses --ledger-key l.key --use ./no.json -o no.csv "$D/people.csv"
err_has "legal_basis is missing"
sed 's/"applied"/"yes"/' "$D/use.json" >no.json
run 2 $P --ledger uses --ledger-key l.key --use ./no.json -o no.csv "$D/people.csv"
err_has "opt_outs"
run 2 $P --ledger uses -o no.csv "$D/people.csv"
err_has "go together"
no_file no.csv
run 0 nib-ledger show uses
ok; [ "$(wc -l <out)" -eq 4 ] || fail "an entry without a use"

# A citizen's question; the number is never an argument.
ask() { printf '%s\n' "$2" | nib-ledger subject uses --key l.key >out 2>err; got=$?; ok; [ $got -eq "$1" ] || fail "subject: $got"; }
ask 0 '943 476 5919'
out_has "$use,"
out_has ",yes,Asthma admissions"
ask 1 9434765927
ok; [ "$(wc -l <out)" -eq 1 ] || fail "nothing to tell"
ask 2 9434765918
err_lacks 943476591
run 2 nib-ledger subject uses --key l.key.pub </dev/null

# Benefit and register.
run 2 nib-ledger benefit uses --key l.key --use 0000000000000000 --text x
err_has "has no use"
run 0 nib-ledger benefit uses --key l.key --use "$use" --text 'Fewer <emergencies>, "really"'
run 0 nib-ledger register uses --html r.html -o r.csv
# What a verb does not take is not passed over; two outputs are two files.
run 2 nib-ledger show uses --html page.html
err_has 'show takes no --html'
run 2 nib-ledger verify uses -o found.txt
err_has 'verify takes no --output'
run 2 nib-ledger register uses --html page.html -o ./page.html
err_has '--html and --output are one file'
no_file page.html
ok; grep -q "^$use,.*,complete,Asthma.*,7,7,4,\"Fewer <emergencies>, \"\"really\"\"\"$" r.csv || fail "register"
ok; grep -q 'Fewer &lt;emergencies&gt;, &quot;really&quot;' r.html || fail "register page"

# The same records, key and specification with other objections: said aloud.
sed 's/"applied"/"not-applied: consent of the trial"/' "$D/use.json" >other.json
run 0 $P --ledger uses --ledger-key l.key --use ./other.json -o /dev/null "$D/people.csv"
err_has "would tell who objected"
nib-key project --root root.key --project asthma-2026 --opt-outs not-applied -o p2.key || exit 99
run 0 nib-pseudonymise -s "$D/people.json" -k p2.key --ledger uses --ledger-key l.key --use ./other.json -o /dev/null "$D/people.csv"
err_empty

# Other releases that could be set against each other, and one that cannot.
about() { sed "s/\"opt_outs\"/$1, \"opt_outs\"/" "$D/use.json"; }
nib-key project --root root.key --project periods -o p3.key || exit 99
release() { nib-pseudonymise -q -s "$D/people.json" -k p3.key --ledger uses --ledger-key l.key --use "$1" -o /dev/null "$2" 2>err; got=$?; ok; [ $got -eq 0 ] || fail "release: $got"; }
warned() { nib-pseudonymise -s "$D/people.json" -k p3.key --ledger uses --ledger-key l.key --use "$1" -o /dev/null "$2" 2>err; ok; }
about '"data_from": "2024-01-01", "data_until": "2024-03-31"' >q1.json
about '"data_from": "2024-04-01", "data_until": "2024-06-30"' >q2.json
about '"data_from": "2024-01-01", "data_until": "2024-06-30"' >half.json
about '"data_from": "2024-01-01", "data_until": "2024-03-31", "selection": "Women"' >women.json
about '"data_from": "2024-06-31"' >no-date.json
about '"data_from": "2024-06-30", "data_until": "2024-06-01"' >turned.json
release ./q1.json "$D/people.csv"
warned ./q1.json "$D/people.csv"
err_empty # the same once more
warned ./q2.json "$D/people.csv"
err_empty
warned ./half.json "$D/people.csv"
err_has 'of a period that overlaps'
err_has 'and 2 before it'
warned ./women.json "$D/people.csv"
err_has 'chose other records'
# Of other days, though fewer: nothing to be told by it.
about '"data_from": "2025-01-01", "data_until": "2025-03-31"' >next.json
head -5 "$D/people.csv" >fewer.csv
warned ./next.json fewer.csv
err_empty
warned ./next.json "$D/people.csv"
err_has 'nearly as many people'
run 2 nib-pseudonymise -s "$D/people.json" -k p3.key --ledger uses --ledger-key l.key --use ./no-date.json "$D/people.csv"
err_has 'data_from'
run 2 nib-pseudonymise -s "$D/people.json" -k p3.key --ledger uses --ledger-key l.key --use ./turned.json "$D/people.csv"
err_has 'is before data_from'
# Another condition, of the same tool; people are not counted here.
derive() { nib-derive -s "$D/people.json" --where "$1" --ledger uses --ledger-key l.key --use ./q1.json -o /dev/null "$D/people.csv" 2>err; ok; }
derive "sex = '1'"
err_empty
derive "sex = '1'"
err_empty
derive "sex = '2'"
err_has 'chose other records'
nib-derive -q --set x=1 --ledger uses --ledger-key l.key --use ./next.json -o /dev/null "$D/people.csv" 2>err
err_empty # no specification: of what is not known
run 0 nib-ledger verify uses

# Killed in the middle: no output, an interrupted use, a sound ledger.
mkfifo slow
nib-pseudonymise -s "$D/people.json" -k p.key --ledger uses --ledger-key l.key --use "$D/use.json" -o killed.csv slow 2>/dev/null &
pid=$!
exec 7>slow
awk 'NR == 1 { print; next } { l[NR] = $0 } END { for (i = 0; i < 6000; i++) for (j = 2; j <= NR; j++) print l[j] }' "$D/people.csv" >&7
n=0
while ! nib-ledger show uses 2>/dev/null | tail -1 | grep -q intent && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
kill -9 $pid
wait $pid 2>/dev/null
exec 7>&-
no_file killed.csv
run 0 nib-ledger verify uses
run 0 nib-ledger register uses
ok; [ "$(tail -1 out | cut -d, -f3)" = interrupted ] || fail "an interrupted use"

# Full disk: the use is announced, and stays open.
run 2 sh -c "$P $L $D/people.csv >/dev/full"
run 0 nib-ledger register uses
ok; [ "$(tail -1 out | cut -d, -f3)" = interrupted ] || fail "a use that failed"

# Eight writers lose nothing.
cp uses older
before=$(nib-ledger show uses | wc -l)
i=0
while [ $i -lt 8 ]; do
	(for j in 1 2 3 4 5; do nib-ledger benefit uses --key l.key --use "$use" --text "w$i $j" || echo lost >>lost; done) &
	i=$((i + 1))
done
wait
no_file lost
run 0 nib-ledger verify uses --key l.key.pub
ok; [ $(($(nib-ledger show uses | wc -l) - before)) -eq 40 ] || fail "entries lost"

# Tampering.
run 0 nib-ledger checkpoint uses --key l.key -o kept
cp uses sound
if command -v sqlite3 >/dev/null; then
	tamper() {
		cp sound uses
		sqlite3 uses "DROP TRIGGER entry_no_update; DROP TRIGGER entry_no_delete; DROP TRIGGER tags_no_update; DROP TRIGGER tags_no_delete; $1
			CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); END;
			CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); END;
			CREATE TRIGGER tags_no_delete BEFORE DELETE ON tags BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); END;
			CREATE TRIGGER tags_no_update BEFORE UPDATE ON tags BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); END;" || fail "tamper"
		run 1 nib-ledger verify uses
		err_has "$2"
	}
	tamper "UPDATE entry SET body = replace(body, 'research', 'resale') WHERE seq = 2;" "entry 2: was changed"
	tamper "UPDATE entry SET body = replace(body, '2026', '2025') WHERE seq = 3;" "entry 3: was changed"
	tamper "DELETE FROM entry WHERE seq = 3;" "entry 3: missing"
	tamper "DELETE FROM entry WHERE seq = 3; UPDATE entry SET seq = seq - 1 WHERE seq > 3;" "entry 3: does not follow"
	tamper "UPDATE entry SET seq = 1000 WHERE seq = 2; UPDATE entry SET seq = 2 WHERE seq = 3; UPDATE entry SET seq = 3 WHERE seq = 1000;" "entry 2: does not follow"
	tamper "UPDATE entry SET sig = (SELECT sig FROM entry WHERE seq = 2) WHERE seq = 3;" "entry 3: was not signed"
	tamper "UPDATE tags SET data = zeroblob(32);" "entry 3: the tags"
	tamper "DELETE FROM tags WHERE use = '$use';" "entry 3: the tags"
	tamper "INSERT INTO tags VALUES('x', x'00');" "tags that no entry has made"
	# The end cut off, by who does not know of the pages' checksums.
	tamper "DELETE FROM entry WHERE seq > (SELECT max(seq) - 1 FROM entry);" "page 1 of the file"
	# Without its guards it is no ledger any more, though nothing changed.
	cp sound uses
	sqlite3 uses "DROP TRIGGER entry_no_delete;"
	run 1 nib-ledger verify uses
fi
# An older copy in its place: only a checkpoint kept elsewhere tells.
run 0 nib-ledger verify older
run 1 nib-ledger verify older --checkpoint kept
err_has "entries that were there at the checkpoint are missing"
cp sound uses
run 0 nib-ledger verify uses --checkpoint kept
nib-key new --type ledger -o foreign.key || exit 99
run 1 nib-ledger verify uses --key foreign.key.pub
run 2 nib-ledger benefit uses --key foreign.key --use "$use" --text x
run 2 nib-ledger verify missing
run 1 nib-ledger verify kept
run 2 nib-ledger show kept
run 2 nib-ledger
run 2 nib-ledger shw uses
run 2 sh -c 'nib-ledger show uses >/dev/full'
finish
