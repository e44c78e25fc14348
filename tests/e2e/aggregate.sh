#!/bin/sh
# nib-aggregate against tables that testdata/tally/make.py made in plain
# Python, whatever the cut, the merge tree, the workers and the memory.
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/tally
E=$D/episodes.csv
M="--count --sum cost --mean age --min cost --max cost --median cost
	--quantile 0.9:age --variance age --distinct person_id
	--share women=sex='2'"

# shellcheck disable=SC2086 # M is words
run 0 nib-aggregate $M "$E"
same "$T/out" "$D/all.csv"
err_empty
for how in "--jobs 1" "--jobs 2" "--memory 1M"; do
	# shellcheck disable=SC2086
	run 0 nib-aggregate --by provider --by 'month=month(admission_date)' \
		$M $how "$E"
	same "$T/out" "$D/provider_month.csv"
	# shellcheck disable=SC2086
	run 0 nib-aggregate --by provider,sex --cube $M $how "$E"
	same "$T/out" "$D/provider_sex_cube.csv"
done
# shellcheck disable=SC2086
run 0 nib-aggregate --by 'month=substr(admission_date, 1, 7)' \
	--where "provider = 'RX1'" $M "$E"
same "$T/out" "$D/month_rx1.csv"

# Partitions: any cut at record boundaries, any tree of merges.
run 0 nib-split --parts 5 -o "$T/part" "$E"
parts=$(ls "$T"/part-*.csv)
i=0
for p in $parts; do
	i=$((i + 1))
	# shellcheck disable=SC2086
	run 0 nib-aggregate --by provider,sex --partial $M -o "$T/q$i" "$p"
done
# shellcheck disable=SC2086
{
	run 0 nib-aggregate --by provider,sex --merge $M -o "$T/q12" \
		"$T/q2" "$T/q1"
	run 0 nib-aggregate --by provider,sex --merge $M -o "$T/q312" \
		"$T/q3" "$T/q12"
	run 0 nib-aggregate --by provider,sex --final --cube $M "$T/q312" \
		"$T/q5" "$T/q4"
	same "$T/out" "$D/provider_sex_cube.csv"
	run 0 nib-aggregate --by provider,sex --partial $M -o "$T/whole" "$E"
	run 0 nib-aggregate --by provider,sex --merge $M -o "$T/merged" \
		"$T/q1" "$T/q2" "$T/q3" "$T/q4" "$T/q5"
	# But for the last row, which says of how many parts it is made.
	sed '$d' "$T/whole" >"$T/whole.rows"
	sed '$d' "$T/merged" >"$T/merged.rows"
	same "$T/whole.rows" "$T/merged.rows"
	run 0 nib-aggregate --by provider,sex --final --cube $M \
		--expect-parts 5 "$T/q312" "$T/q5" "$T/q4"
	same "$T/out" "$D/provider_sex_cube.csv"
	run 2 nib-aggregate --by provider,sex --final $M --expect-parts 5 \
		"$T/q312" "$T/q5"
	err_is "nib-aggregate: 4 parts came, where 5 were expected"
	# Cut short: in the middle, before the last row, to nothing.
	sed '3d' "$T/q4" >"$T/short"
	run 2 nib-aggregate --by provider,sex --final $M "$T/q5" "$T/short"
	err_has "a partial result was cut short"
	sed '$d' "$T/q4" >"$T/short"
	run 2 nib-aggregate --by provider,sex --merge $M -o "$T/o" "$T/short" \
		"$T/q5"
	err_is "nib-aggregate: $T/short: a partial result that was cut short: it has no last row"
	no_file "$T/o"
	sed 1q "$T/q4" >"$T/short"
	run 2 nib-aggregate --by provider,sex --final $M "$T/q5" "$T/short"
	err_has "cut short"
	# Without headers, in one stream: the last rows still tell.
	names=$(sed 1q "$T/q5")
	sed 1d "$T/q1" >"$T/stream"
	for i in 5 3 2 4; do sed 1d "$T/q$i"; done >>"$T/stream"
	run 0 nib-aggregate --by provider,sex --final --cube $M \
		--columns "$names" --expect-parts 5 <"$T/stream"
	same "$T/out" "$D/provider_sex_cube.csv"
	other=$(sed '$!d; s/^\(nib-tally-3-\)[0-9a-f]*/\10123456789abcdef/' \
		"$T/q5")
	{ cat "$T/stream"; echo "$other"; } >"$T/mixed"
	run 2 nib-aggregate --by provider,sex --final $M \
		--columns "$names" <"$T/mixed"
	err_has "a partial result of another request or version ends here"
	run 2 nib-aggregate --by provider --final $M "$T/whole"
	err_has "a partial result of another request"
}
run 2 nib-aggregate --final --count "$E"
err_has "not a partial result"
run 2 nib-aggregate --count --expect-parts 2 "$E"
err_has "--expect-parts goes with"
run 2 nib-aggregate --partial --count --disclosure hes "$E"
err_has "belong to --final"

# Bad input: place and rule, no value, no half file.
printf 'g,x\na,1\nb,2\na,secret\na,\n' >"$T/bad.csv"
run 2 nib-aggregate --by g --sum x -o "$T/o" "$T/bad.csv"
err_is "nib-aggregate: $T/bad.csv:4: record 3, column 2 (x): not a number"
no_file "$T/o"
run 1 nib-aggregate --by g --sum x --count --on-error empty "$T/bad.csv"
out_is 'g,sum_x,count,note
a,,3,cells not numbers: 1
b,2,1,'
err_is "nib-aggregate: warning: x: cells not numbers: 1, the first at $T/bad.csv:4: record 3, column 2"
err_lacks secret
# The same by way of partial results, whose places are gone.
run 1 nib-aggregate --by g --sum x --count --on-error empty --partial \
	-o "$T/bad.part" "$T/bad.csv"
run 1 nib-aggregate --by g --sum x --count --on-error empty --final \
	"$T/bad.part"
out_is 'g,sum_x,count,note
a,,3,cells not numbers: 1
b,2,1,'
err_is "nib-aggregate: warning: x: cells not numbers: 1"
printf 'x\n170141183460469231731687303715884105727\n1\n' >"$T/big.csv"
run 2 nib-aggregate --sum x "$T/big.csv"
err_has "more than 128 bits can hold"
run 2 nib-aggregate --by g "$T/bad.csv"
err_has "nothing to measure"
run 2 nib-aggregate --by nobody --count "$T/bad.csv"
err_has "nobody"
run 2 nib-aggregate --by g --by g --count "$T/bad.csv"
err_has "two columns of the output would be called g"
run 2 nib-aggregate --by 'f(g' --count "$T/bad.csv"
err_has "a parenthesis is open"
run 2 nib-aggregate --by g --count "$T/none.csv"
err_has "none.csv"
if [ -w /dev/full ]; then
	run 2 nib-aggregate --by g --count -o /dev/full "$T/bad.csv"
fi
printf 'g\n' >"$T/header.csv"
run 0 nib-aggregate --by g --count "$T/header.csv"
out_is 'g,count'
run 0 nib-aggregate --count "$T/header.csv"
out_is 'count
0'

# The account of a run.
run 0 nib-aggregate --by g --count --disclosure hes --provenance "$T/p.json" \
	-o "$T/table" "$T/header.csv"
ok
grep -q '"disclosure": "hes"' "$T/p.json" || fail "provenance lacks disclosure"

# A scale that grows on the way, and is the whole column's in the end.
printf 'g,x\na,1\nb,2.25\na,1.5\n' >"$T/scale.csv"
run 0 nib-aggregate --by g --sum x --mean x --max x "$T/scale.csv"
out_is 'g,sum_x,mean_x,max_x
a,2.50,1.25,1.50
b,2.25,2.25,2.25'

# Totals cannot be mistaken for a group.
printf 'g\nTotal\nb\n' >"$T/total.csv"
run 2 nib-aggregate --by g --count --totals "$T/total.csv"
err_has "choose another --total-label"
run 0 nib-aggregate --by g --count --totals --total-label ALL "$T/total.csv"
out_is 'g,count
Total,1
b,1
ALL,2'

# No records: the total is a row of its own, counted 0, and nothing else has a
# value; however it is asked for, in parts too.
printf 'g,h,x\n' >"$T/none.csv"
run 0 nib-aggregate --by g --count --sum x --distinct h --median x --totals \
	"$T/none.csv"
out_is 'g,count,sum_x,distinct_h,median_x
Total,0,,0,'
run 0 nib-aggregate --by g,h --count --cube --complete "$T/none.csv"
out_is 'g,h,count
Total,Total,0'
run 0 nib-aggregate --by g,h --count --totals --where "x = '1'" \
	--disclosure hes "$T/none.csv"
out_is 'g,h,count
Total,Total,0'
run 0 nib-aggregate --by g --count --partial -o "$T/none.part" "$T/none.csv"
run 0 nib-aggregate --by g --count --totals --final "$T/none.part"
out_is 'g,count
Total,0'
run 0 nib-aggregate --by g --count "$T/none.csv"
out_is 'g,count'

# Disclosure.
run 0 nib-aggregate --by provider,sex --count --mean age --disclosure hes \
	--totals "$E"
out_has '"R,5",1,*,*'
out_has 'Total,Total,400,'
run 0 nib-aggregate --by provider --count --disclosure hes:round "$E"
run 2 nib-aggregate --by provider --count --disclosure nobody "$E"
err_has "nobody"
for profile in hes mhsds did model-hospital opensafely acro; do
	run 2 nib-aggregate --by provider --max age --disclosure $profile "$E"
	err_has "does not publish the value of one person"
done
# --top: the rest is what awk adds up over the whole table, in cents.
top() { # N: of a table g,count,sum with totals on its last line
	sed '1d; $d; s/"R,5"/R!5/' "$T/all.csv" | sort -t, -k2,2nr -k1,1 | awk -F, -v n="$1" '
	NR <= n { print; next }
	{ c += $2; s += sprintf("%.0f", $3 * 100) }
	END { if (NR > n) printf "~Rest,%d,%.2f\n", c, s / 100 }' | sort |
	    sed 's/^~//; s/R!5/"R,5"/'
}
for n in 1 2 3 1000; do
	nib-aggregate --by provider --count --sum cost --totals \
		"$TESTDATA/tally/episodes.csv" >"$T/all.csv"
	{ sed -n 1p "$T/all.csv"; top $n; sed -n '$p' "$T/all.csv"; } >"$T/want"
	run 0 nib-aggregate --by provider --count --sum cost --totals \
		--top $n "$TESTDATA/tally/episodes.csv"
	same "$T/want" "$T/out"
done
printf 'g,x\na,1\nb,5\nb,\nc,2\nc,2\nd,\n' >"$T/top.csv"
# By sum: b 5, c 4, a 1, d none; counts b 2, c 2, a 1, d 1, ties by order.
run 0 nib-aggregate --by g --sum x --count --top 1 "$T/top.csv"
out_is 'g,sum_x,count
b,5,2
Rest,5,4'
run 0 nib-aggregate --by g --count --sum x --top 3 --rest-label other \
	"$T/top.csv"
out_is 'g,count,sum_x
a,1,1
b,2,5
c,2,4
other,1,'
run 1 nib-aggregate --by g --count --top 1 --totals --disclosure hes \
	"$T/top.csv"
out_is 'g,count
Rest,*
Total,*'
nib-aggregate --by g --sum x --count --partial "$T/top.csv" >"$T/top.part"
run 0 nib-aggregate --by g --sum x --count --final --top 1 "$T/top.part"
out_is 'g,sum_x,count
b,5,2
Rest,5,4'
run 2 nib-aggregate --by g --count --mean x --top 1 "$T/top.csv"
err_has "mean_x: --top puts the rest together"
run 2 nib-aggregate --by g --count --top 1 --cube "$T/top.csv"
run 2 nib-aggregate --by g --count --top 1 --partial "$T/top.csv"
err_has "belong to --final"
run 2 nib-aggregate --by g --count --top 0 "$T/top.csv"
run 2 nib-aggregate --count --top 1 "$T/top.csv"
err_has "--top needs --by"
run 2 nib-aggregate --by g --count --top 1 --rest-label b "$T/top.csv"
err_has "what the rest is called"
run 2 nib-aggregate --by g --count --rest-label b "$T/top.csv"
err_has "--rest-label needs --top"

# The help is one screen, and says where the rest is.
run 0 nib-aggregate --help
[ "$(wc -l <"$T/out")" -le 40 ] || fail "the help is longer than a screen"
out_has 'More options: man nib-aggregate'
finish
