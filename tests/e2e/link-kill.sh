#!/bin/sh
# nib-link persons killed (kill -9) before its n-th write, sync, rename or link:
# the index is that of before or of after, nothing of anybody is left in a
# temporary file, and the run that is made again gives the same bytes. Records
# and joins go to a temporary file (--memory), so the kills are in that, too.
# The kills come from a library that is preloaded (tests/fault/shim.c).
# shellcheck disable=SC2086 # words
. "$(dirname "$0")/lib.sh"
${CC:-cc} -shared -fPIC -O1 -o "$T/shim.so" "$NIB_SRC/tests/fault/shim.c" -ldl \
	2>"$T/err" || exit 77
if ldd "$NIB_BIN/nib-link" 2>/dev/null | grep -q libasan; then exit 77; fi
mkdir "$T/tmp"
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" >"$T/a.csv"
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" >"$T/b.csv"
# Four times each, which does not fit, and a name that no other file has.
awk -F, -v OFS=, 'NR == 1 { print; next }
	{ id = $1; $3 = $3 "Wilberforceby"
	for (i = 0; i < 4; i++) { $1 = id "-" i; print } }' "$T/b.csv" >"$T/b4.csv"
steps='persons -q -j 1 -m ons-matchkeys --without uprn --without house_number'
command="nib-link $steps --memory 1500K --index $T/killed.db -o $T/out.csv $T/b4.csv"
killed() { # N: the status, 0 where there was no n-th
	rm -f "$T/done" "$T/out.csv"
	env TMPDIR="$T/tmp" NIB_FAULT="kill:$1" NIB_FAULT_DONE="$T/done" \
		LD_PRELOAD="$T/shim.so" $command >"$T/killed.out" 2>&1
}
TMPDIR=$T/nowhere run 2 $command
err_has "$T/nowhere: cannot make a temporary file"
killed 1 2>/dev/null
[ -s "$T/done" ] || exit 77
rm -f "$T/killed.db"*

run 0 nib-link $steps --index "$T/before.db" "$T/a.csv"
known() { # persons of before, whose ids no number of runs can change
	awk -F, '$NF <= "P0000002000"' "$1"
}
for first in before none; do
	rm -f "$T/killed.db"*
	[ $first = none ] || cp "$T/before.db" "$T/killed.db"
	TMPDIR=$T/tmp run 0 $command
	cp "$T/out.csv" "$T/want.csv"
	nib-link index "$T/killed.db" >"$T/after"
	n=1
	points=0
	spilled=0
	while :; do
		rm -f "$T/killed.db"* "$T/seen.db"*
		[ $first = none ] || cp "$T/before.db" "$T/killed.db"
		killed $n 2>/dev/null
		status=$?
		ok
		[ -s "$T/done" ] || break
		points=$((points + 1))
		[ $status -eq 137 ] || fail "$first, $n: status $status"
		[ -z "$(ls -A "$T/tmp")" ] || fail "$first, $n: left in TMPDIR"
		no_file "$T/out.csv"
		! grep -rqai wilberforceby "$T/tmp" "$T/killed.out" ||
			fail "$first, $n: a name"
		# That of before, or of after? To look is to mend: in a copy.
		cp "$T/killed.db" "$T/seen.db" 2>/dev/null
		cp "$T/killed.db-journal" "$T/seen.db-journal" 2>/dev/null
		if [ -s "$T/seen.db" ] &&
			nib-link index "$T/seen.db" >"$T/runs" 2>"$T/err" &&
			cmp -s "$T/after" "$T/runs"; then
			known "$T/want.csv" >"$T/want"
			run 0 $command
			known "$T/out.csv" >"$T/got"
			[ $first = none ] || same "$T/want" "$T/got"
		else
			spilled=$((spilled + 1))
			run 0 $command
			same "$T/want.csv" "$T/out.csv"
			run 0 nib-link index "$T/killed.db"
			same "$T/after" "$T/out"
		fi
		left=$(find "$T" -name 'killed.db-*' -o -name '.*.tmp' -o \
			-name '.out.csv*' | head -1)
		ok; [ -z "$left" ] || fail "$first, $n: $left is left"
		n=$((n + 1 + n / 6))
	done
	ok; [ $status -eq 0 ] || fail "$first: status $status without a kill"
	same "$T/want.csv" "$T/out.csv"
	ok; [ $points -gt 12 ] && [ $spilled -gt 8 ] ||
		fail "$first: $points kills, $spilled before the end"
done
finish
