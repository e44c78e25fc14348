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
# Kept, and in their place; where each part begins.
run 0 nib-split --records 1 --keep-ragged --list "$T/list" -o "$T/g" "$T/bad.csv"
ok; [ "$(cat "$T/g-0001.csv" "$T/g-0002.csv" | tr '\n' ' ')" = 'a,b 1,2 a,b 3 ' ] || fail "ragged parts"
printf 'part,file,first_record,records\n1,%s,1,1\n2,%s,2,1\n' \
    "$T/g-0001.csv" "$T/g-0002.csv" >"$T/want"
same "$T/want" "$T/list"
awk 'BEGIN { print "a,b"; for (i = 1; i <= 999; i++)
	print i % 7 == 0 ? i : i % 50 == 1 ? i ",\"x\n\",y" : i ",z" }' >"$T/rag.csv"
for n in 1 3 10; do
	run 0 nib-split --parts "$n" --keep-ragged --list "$T/list" \
	    -o "$T/h$n" "$T/rag.csv"
	{ echo a,b; for p in "$T/h$n"-*.csv; do norm "$p"; done; } >"$T/all"
	same "$T/rag.csv" "$T/all"
	ok
	awk -F, 'NR > 1 { if ($3 != 1 + sum) exit 1; sum += $4 }
	    END { exit sum != 999 }' "$T/list" || fail "list of $n parts"
done
# With another delimiter too: their cells stay as many, and what they are.
printf 'a|b\n"x,y"|1\nx,y|z|w\n""\n\n"p|q"|\n' >"$T/bar.csv"
printf 'a,b\n"x,y",1\n"x,y",z,w\n""\n\np|q,\n' >"$T/want"
run 0 nib-split -d '|' --parts 1 --keep-ragged -o "$T/b" "$T/bar.csv"
same "$T/want" "$T/b-0001.csv"
# Parts of a run that made more would be taken for this one's: named, nothing
# is written. As many or more parts replace them.
run 0 nib-split --parts 3 -o "$T/s" "$in"
cp "$T/s-0001.csv" "$T/before"
run 2 nib-split --parts 2 -o "$T/s" "$in"
err_has "s-0003.csv is there already and would look like one of these 2 parts"
run 2 nib-split --parts 2 --by id -o "$T/s" - <"$in"
err_has "s-0003.csv is there already"
run 2 nib-split --records 7 -o "$T/s" "$in"
err_has "s-0002.csv is there already and would look like one of these 1 part:"
same "$T/before" "$T/s-0001.csv"
run 0 nib-split --parts 3 -o "$T/s" "$in"
run 0 nib-split --records 2 -o "$T/s" "$in"
for p in "$T"/s-*.csv; do norm "$p"; done | sort >"$T/all"
same "$T/sorted" "$T/all"
rm "$T/s-0002.csv" # a gap hides none
run 2 nib-split --parts 1 -o "$T/s" "$in"
err_has "s-0003.csv is there already"

run 2 nib-split --parts 2 --by a --list "$T/list" -o "$T/x" "$in"
err_has "without --by"
run 2 nib-split -o "$T/x" "$in"
err_has "either --parts or --records"
run 2 nib-split --part 2 --recods 3 -o "$T/x" "$in"
err_has "did you mean --records"
run 0 nib-split --help
out_has "Usage: nib-split"
# A part is neither the input nor another output: what is there stays.
printf 'a\n1\n2\n3\n' >"$T/part-0002.csv"
cp "$T/part-0002.csv" "$T/kept.csv"
run 2 nib-split --records 1 -o "$T/part" "$T/part-0002.csv"
err_has 'part-0002.csv: --output and the input are one file'
same "$T/kept.csv" "$T/part-0002.csv"
no_file "$T/part-0001.csv"
for option in --list --provenance; do
	run 2 nib-split --records 2 -o "$T/p" "$option" "$T/p-0001.csv" "$T/kept.csv"
	err_has "--output and $option are one file"
	no_file "$T/p-0001.csv"
done
finish
