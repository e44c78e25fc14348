#!/bin/sh
# Every tool that goes through records: the same bytes with a ledger and in
# the sandbox as without, a use that is announced before and reported after,
# the digests of what was read, and nothing of anybody in the ledger.
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/privacy
L=$TESTDATA/linkage
cd "$T" || exit 99
install -m 600 "$D/root.key" root.key
nib-key project --root root.key --project asthma-2026 -o p.key || exit 99
echo 'a passphrase for the ledger' >pass
nib-key new --type ledger --passphrase --passphrase-fd 3 -o l.key 3<pass || exit 99
run 0 nib-ledger init uses --key l.key --passphrase-fd 3 3<pass
cp "$D/people.csv" people.csv
gzip -dc "$L/people_a.csv.gz" >a.csv
gzip -dc "$L/people_b.csv.gz" >b.csv
printf 'nhs_number,extra\n9434765919,1\n' >side.csv
nib-dummy -s admitted_episode -n 200 -o e.csv || exit 99
nib-link persons -q -m hes-3-step --replace e.csv -o eps.csv || exit 99
nib-pseudonymise -s "$D/people.json" -k p.key --encode clk=family_name,birth_date --no-header -q people.csv |
	awk -F, 'BEGIN { print "id,clk" } { print NR "," $NF }' >enc.csv
nib-link train -q -m people -o m.json a.csv b.csv >/dev/null 2>&1
sandbox=--require-sandbox
nib-consent -s "$D/people.json" --exempt national:consent --exempt type1:consent --require-sandbox people.csv >/dev/null 2>err || {
	ok
	if grep -q 'no sandbox' err; then sandbox=; else fail 'the sandbox'; fi
}

# try INPUTS TOOL...: the output is to standard output.
tried=0
try() {
	files=$1
	shift
	tried=$((tried + 1))
	"$@" >plain 2>plain.err
	status=$?
	[ $status -le 1 ] || fail "$*: status $status: $(head -1 plain.err)"
	# shellcheck disable=SC2086 # none or one word
	run $status "$@" $sandbox --ledger uses --ledger-key l.key \
		--ledger-passphrase-fd 3 --use "$D/use.json" 3<pass
	same plain out
	run 0 nib-ledger show uses
	ok
	[ "$(tail -2 out | cut -d, -f3 | tr '\n' ' ')" = 'intent complete ' ] ||
		fail "$*: not announced and reported"
	for file in $files; do
		ok
		grep -aqF "$(b2sum -l 256 "$file" | cut -d' ' -f1)" uses ||
			fail "$*: no digest of $file in the ledger"
	done
}
try people.csv nib-validate -s "$D/people.json" people.csv
try people.csv nib-consent -s "$D/people.json" --opt-out "$D/optouts.csv" --type1 "$D/type1.csv" -q people.csv
try people.csv nib-pseudonymise -s "$D/people.json" -k p.key people.csv
try people.csv nib-derive -s "$D/people.json" --set 'y=year(birth_date)' --where "sex = '2'" people.csv
try people.csv nib-aggregate -s "$D/people.json" --by sex --count --where "sex = '2'" people.csv
try e.csv nib-link persons -m hes-3-step --replace e.csv
try eps.csv nib-link spells -s admitted_episode eps.csv
try people.csv nib-link attach --on nhs_number --from side.csv --found hit people.csv
try 'a.csv b.csv' nib-link train -m people a.csv b.csv
try 'a.csv b.csv' nib-link score -m ./m.json a.csv b.csv
try enc.csv nib-link dice --on clk --id id enc.csv
try a.csv nib-link explain -m hes-3-step --left "$(sed -n 2p a.csv | cut -d, -f1)" --right "$(sed -n 3p a.csv | cut -d, -f1)" a.csv
nib-link score -q -m ./m.json a.csv b.csv -o pairs.csv 2>/dev/null
try pairs.csv nib-link cluster pairs.csv
nib-link score -q -m ./m.json --review 4 a.csv b.csv 2>/dev/null |
	sed '2,$s/,[^,]*$/,same/' >review.csv
try '' nib-link review review.csv
try eps.csv nib-indicator count length_of_stay eps.csv
mkdir parts
run 0 nib-split --records 50 -o parts/p e.csv --ledger uses --ledger-key l.key --ledger-passphrase-fd 3 --use "$D/use.json" 3<pass
ok; [ "$tried" -eq 15 ] || fail "only $tried tools"
run 0 nib-ledger verify uses --key l.key.pub
# A condition can name somebody: it is not written down.
ok; if grep -aqE "9434765919|9434765870|sex = '2'" uses; then fail 'the ledger tells of somebody'; fi
run 0 nib-ledger register uses
ok; [ "$(grep -c ,complete, out)" -eq 16 ] || fail 'uses in the register'
run 0 nib-ledger benefit uses --key l.key --passphrase-fd 3 --use "$(sed -n 2p out | cut -d, -f1)" --text x 3<pass
echo 'another passphrase' >wrong
run 2 nib-derive --set x=1 --ledger uses --ledger-key l.key --ledger-passphrase-fd 3 --use "$D/use.json" people.csv 3<wrong
err_has 'wrong passphrase'
run 2 nib-derive --set x=1 --ledger-passphrase-fd 3 people.csv 3<wrong
err_has 'goes with --ledger-key'

# Keys that cannot be locked: said, or a fault. (Sanitizers leave mlock out.)
if ldd "$NIB_BIN/nib-key" 2>/dev/null | grep -q libasan; then
	:
elif [ "$(id -u)" -ne 0 ]; then
	limited() { sh -c 'ulimit -l 0; exec "$@"' sh "$@"; }
elif command -v setpriv >/dev/null && setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock true 2>/dev/null; then
	limited() { setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock sh -c 'ulimit -l 0; exec "$@"' sh "$@"; }
fi
if command -v limited >/dev/null; then
	run 0 limited nib-pseudonymise -s "$D/people.json" -k p.key people.csv
	err_has 'could not be kept out of swap'
	run 2 limited nib-pseudonymise -s "$D/people.json" -k p.key --require-mlock people.csv
	err_has 'cannot get locked memory'
	run 2 limited nib-key show --require-mlock p.key
fi
run 0 nib-key show --require-mlock p.key
err_empty
# While it goes through records a tool would leave no core file.
if [ -r /proc/self/limits ]; then
	head -1 people.csv >header
	mkfifo pipe
	for tool in "nib-derive --set x=1" "nib-aggregate --by sex --count" \
	    "nib-consent -s $D/people.json --exempt national:consent --exempt type1:consent"; do
		# shellcheck disable=SC2086,SC3045 # words; where it can, the limit is raised
		(ulimit -c unlimited 2>/dev/null; exec $tool pipe >/dev/null 2>&1) &
		pid=$!
		exec 3>pipe
		# More than a block, so that it is past the header.
		{ cat header; awk 'BEGIN { for (i = 0; i < 60000; i++) print "9434765919,A,1950-02-01,2,LS1 4AP,2024-05-06,x" }'; } >&3
		ok
		tries=0
		until grep -q '^Max core file size *0 *0 ' "/proc/$pid/limits" 2>/dev/null; do
			tries=$((tries + 1))
			[ $tries -lt 50 ] || break
			sleep 0.1
		done
		[ $tries -lt 50 ] || fail "$tool may leave a core file"
		exec 3>&-
		wait $pid
	done
fi
finish
