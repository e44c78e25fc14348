#!/bin/sh
# nib-split: nothing lost, nothing cut, parts by key complete. The expected
# counts are read off testdata/split.csv; order and content are compared
# with the input itself.
. "$(dirname "$0")/lib.sh"

in=$TESTDATA/split.csv
norm() { # records without header
	sed 1d "$1"
}

for n in 1 2 3 4 9; do
	run 0 nib-split --parts "$n" -o "$T/p$n" "$in"
	ok
	[ "$(find "$T" -name "p$n-*.csv" | wc -l)" -eq "$n" ] ||
		fail "--parts $n made another count of parts"
	for p in "$T/p$n"-*.csv; do norm "$p"; done >"$T/all"
	norm "$in" | sed 's/"plain"/plain/' >"$T/want"
	same "$T/want" "$T/all"
done

run 0 nib-split --records 2 -o "$T/r" "$in"
for p in "$T"/r-*.csv; do norm "$p"; done >"$T/all"
same "$T/want" "$T/all"
ok
[ "$(find "$T" -name 'r-*.csv' | wc -l)" -eq 4 ] || fail "7 records by 2"

run 0 nib-split --parts 3 --by id -o "$T/k" "$in"
ok
[ "$(grep -l '^1,' "$T"/k-*.csv | wc -l)" -eq 1 ] || fail "1 in two parts"
ok
[ "$(grep -l '^2,' "$T"/k-*.csv | wc -l)" -eq 1 ] || fail "2 in two parts"
for p in "$T"/k-*.csv; do norm "$p"; done | sort >"$T/all"
sort "$T/want" >"$T/sorted"
same "$T/sorted" "$T/all"
# From a pipe, and without header lines.
ok
nib-split --parts 3 --by id --no-header -o "$T/q" - <"$in" || fail "pipe"
cat "$T"/q-*.csv | sort >"$T/all"
same "$T/sorted" "$T/all"

run 2 nib-split --parts 3 -o "$T/x" - </dev/null
err_has "needs to know the size"
run 2 nib-split --parts 3 --by nobody -o "$T/x" "$in"
err_has "no column nobody"
no_file "$T/x-0001.csv"
printf 'a,b\n1,2\n3\n' >"$T/bad.csv"
run 2 nib-split --records 1 -o "$T/x" "$T/bad.csv"
err_is "nib-split: $T/bad.csv:3: record 2: 1 field where the header has 2"
no_file "$T/x-0001.csv"
run 2 nib-split -o "$T/x" "$in"
err_has "either --parts or --records"
run 2 nib-split --part 2 --recods 3 -o "$T/x" "$in"
err_has "did you mean --records"
run 0 nib-split --help
out_has "Usage: nib-split"
finish
