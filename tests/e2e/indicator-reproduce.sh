#!/bin/sh
# nib-indicator reproduce: what differs is named, what does not is not, and
# however it ends it leaves nothing behind. Digests are those of b2sum.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99
command -v b2sum >/dev/null || { echo 'no b2sum'; exit 77; }
digest() { b2sum -l 256 "$1" | cut -d' ' -f1; }
row() { # WHAT WAS IS SAME
	ok
	grep -qxF "$1,$2,$3,$4" "$T/out" || fail "no row $1,$2,$3,$4"
}
differing() { # what differs, by name, one a line
	ok
	sed 1d "$T/out" | grep ',no$' | cut -d, -f1 >"$T/names"
	printf '%s' "$1" | cmp -s - "$T/names" ||
		fail "not these differ: $(cat "$T/names")"
}

cp -R "$NIB_SHARE" share
NIB_SHARE=$T/share
cp "$TESTDATA/indicator/library/hes_ae.csv" in.csv
run 0 nib-indicator count --provenance count.json -o counts.csv \
    hes_ae_four_hours hes_ae_admitted in.csv
run 0 nib-indicator rate --total England --provenance rate.json \
    -o values.csv counts.csv
mkdir tmp
TMPDIR=$T/tmp
export TMPDIR

run 0 nib-indicator reproduce count.json
row version 0.1.0 0.1.0 yes
row 'input in.csv' "$(digest in.csv)" "$(digest in.csv)" yes
row 'output counts.csv' "$(digest counts.csv)" "$(digest counts.csv)" yes
row 'kept counts.csv' "$(digest counts.csv)" "$(digest counts.csv)" yes
differing ''
run 0 nib-indicator reproduce rate.json
differing ''

# Of the library only what was worked with: another definition may change.
ok
[ "$(grep -c '^indicator ' out)" -eq 2 ] || fail 'not two definitions'
sed -i 's/"title": "/&New /' share/indicators/shmi.json
run 0 nib-indicator reproduce rate.json
differing ''
sed -i 's/"title": "/&New /' share/indicators/hes_ae_admitted.json
run 1 nib-indicator reproduce rate.json
differing 'indicator hes_ae_admitted
'
run 1 nib-indicator reproduce count.json
differing 'indicator hes_ae_admitted
'
cp "$NIB_SRC/share/indicators/hes_ae_admitted.json" share/indicators

# One byte of the input, of the file that was written, of the account.
cp in.csv kept.csv
awk 'NR == 2 { sub(/[0-9]+$/, "100000") } { print }' kept.csv >in.csv
ok
! cmp -s in.csv kept.csv || fail 'nothing was changed'
run 1 nib-indicator reproduce count.json
row 'input in.csv' "$(digest kept.csv)" "$(digest in.csv)" no
cp kept.csv in.csv
cp counts.csv kept.csv
sed -i '2s/.$/7/' counts.csv
run 1 nib-indicator reproduce count.json
differing 'kept counts.csv
'
row 'kept counts.csv' "$(digest kept.csv)" "$(digest counts.csv)" no
rm counts.csv
run 0 nib-indicator reproduce count.json
differing ''
no_file counts.csv
cp kept.csv counts.csv
sed 's/"version": "0.1.0"/"version": "0.0.9"/' count.json >old.json
run 1 nib-indicator reproduce old.json
row version 0.0.9 0.1.0 no
differing 'version
'

# What cannot be run again is not done.
mv in.csv moved.csv
run 2 nib-indicator reproduce count.json
err_has 'in.csv: cannot open: No such file or directory'
err_has 'the run failed this time'
ok
[ ! -s out ] || fail 'rows of a run that failed'
mv moved.csv in.csv
run 2 nib-indicator reproduce in.csv
run 2 nib-indicator reproduce none.json

# Nothing is left in TMPDIR, which need not be there: however it ends. A pipe
# that nobody reads; a signal while it reads standard input, which does not
# end; the run that it started ends with it.
run 0 nib-indicator count --provenance stdin.json -o counts.csv \
    hes_ae_four_hours <in.csv
run 0 nib-indicator reproduce stdin.json <in.csv
TMPDIR=/nowhere run 0 nib-indicator reproduce stdin.json <in.csv
mkfifo pipe slow
exec 5<>pipe 6>pipe 5<&-
run 141 sh -c 'nib-indicator reproduce stdin.json <in.csv >&6'
exec 7<>slow
for signal in TERM HUP KILL; do
	nib-indicator reproduce stdin.json <slow >out 2>err &
	pid=$!
	tries=0
	child=
	while :; do # until the run it starts is there
		child=$(tr -d ' ' 2>/dev/null </proc/$pid/task/$pid/children)
		[ -z "$child" ] || break
		tries=$((tries + 1))
		[ $tries -lt 3000 ] || break
		sleep 0.01
	done
	kill -"$signal" $pid
	ok
	! wait $pid || fail 'it ended well'
	tries=0
	while [ -n "$child" ] && kill -0 "$child" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 3000 ] || { fail "the run outlives it"; break; }
		sleep 0.01
	done
done
exec 7>&-
ok
[ -z "$(ls -A tmp)" ] || fail "left behind: $(ls -A tmp)"
finish
