#!/bin/sh
# nib-aggregate's measures against Python's integers and fractions, digit for
# digit (testdata/tally/make_exact.py), and against R (make_r.R).
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/tally
M="--count --sum x --mean x --min x --max x --variance x --median x
	--quantile 0.1:x --weighted-sum w:x --weighted-mean w:x
	--sum y --mean y --min y --max y"

# shellcheck disable=SC2086 # M is words
exact() { # FOLDER
	run 0 nib-aggregate --by g $M "$1/exact.csv"
	same "$T/out" "$1/exact_want.csv"
	# The same of three parts: fields have other scales in each.
	sed -n '1p; 2,9p' "$1/exact.csv" >"$T/a.csv"
	sed -n '1p; 10,300p' "$1/exact.csv" >"$T/b.csv"
	sed -n '1p; 301,$p' "$1/exact.csv" >"$T/c.csv"
	for p in a b c; do
		run 0 nib-aggregate --by g $M --partial -o "$T/$p.part" \
			"$T/$p.csv"
	done
	run 0 nib-aggregate --by g $M --merge -o "$T/ca.part" "$T/c.part" \
		"$T/a.part"
	run 0 nib-aggregate --by g $M --final --expect-parts 3 "$T/b.part" \
		"$T/ca.part"
	same "$T/out" "$1/exact_want.csv"
	run 0 nib-aggregate --by g $M --partial -o "$T/all.part" \
		"$1/exact.csv"
	run 0 nib-aggregate --by g $M --merge -o "$T/cab.part" "$T/ca.part" \
		"$T/b.part"
	sed '$d' "$T/all.part" >"$T/all.rows"
	sed '$d' "$T/cab.part" >"$T/cab.rows"
	same "$T/all.rows" "$T/cab.rows"
}
exact "$D"
# Other numbers, drawn now.
if command -v python3 >/dev/null; then
	seeds='1 2'
	[ -z "${NIB_LONG:-}" ] || seeds=$(awk 'BEGIN { for (i = 1; i <= 60; i++) print i }')
	for seed in $seeds; do
		mkdir -p "$T/drawn"
		(cd "$T/drawn" && python3 "$D/make_exact.py" "$seed") ||
			fail "make_exact.py $seed"
		# shellcheck disable=SC2154 # of lib.sh
		before=$failures
		exact "$T/drawn"
		[ "$failures" -eq "$before" ] || fail "seed $seed"
	done
fi

# R: 17 digits of doubles added up in another way, so to 1 in 10^13.
run 0 nib-aggregate --by g --count --mean x --variance x --sd x --median x \
	--quantile 0:x,0.05:x,0.25:x,0.9:x,1:x --weighted-mean w:x \
	"$D/r_in.csv"
ok
awk -F, 'NR == FNR { for (i = 1; i <= NF; i++) want[FNR, i] = $i; n = FNR; next }
	{
		for (i = 1; i <= NF; i++) {
			w = want[FNR, i]
			if (w == $i)
				continue
			d = w - $i
			s = w < 0 ? -w : w
			if (FNR == 1 || w == "" || $i == "" ||
			    (d < 0 ? -d : d) > 1e-13 * s) {
				print "row " FNR ", column " i
				bad = 1
			}
		}
	}
	END { exit bad || FNR != n }' "$D/r.csv" "$T/out" || fail "R differs"

# Weights: pairs of which one is empty count for nothing; no weight, no mean.
printf 'g,x,w\na,1.5,2\na,2.25,0.5\na,,3\nb,1,\nb,-3,1\nc,5,0\n' >"$T/w.csv"
run 0 nib-aggregate --by g --weighted-sum w:x --weighted-mean 'm=w:x' \
	"$T/w.csv"
out_is 'g,weighted_sum_x,m
a,4.125,1.65
b,-3.000,-3
c,0.000,'
printf 'g,x,w\na,x,2\na,2.25,0.5\nb,2,2\nb,1,-\n' >"$T/bad.csv"
run 2 nib-aggregate --by g --weighted-sum w:x "$T/bad.csv"
err_has "record 1, column 2 (x): not a number"
run 1 nib-aggregate --by g --weighted-sum w:x --sum w --on-error empty \
	"$T/bad.csv"
out_is 'g,weighted_sum_x,sum_w,note
a,,2.5,cells not numbers: 1
b,,,cells not numbers: 1'
run 2 nib-aggregate --weighted-mean x "$T/w.csv"
err_has "--weighted-mean needs WEIGHT:EXPR"
run 2 nib-aggregate --weighted-sum w: "$T/w.csv"
err_has "--weighted-sum needs WEIGHT:EXPR"
# More than 128 bits: an error, whoever finds it.
printf 'x,w\n99999999999999999999,99999999999999999999\n' >"$T/big.csv"
run 2 nib-aggregate --weighted-sum w:x -o "$T/o" "$T/big.csv"
err_has "w:x: more than 128 bits can hold"
no_file "$T/o"
printf 'x\n170141183460469231731687303715884105727\n' >"$T/big.csv"
run 0 nib-aggregate --sum x --mean x "$T/big.csv"
out_is 'sum_x,mean_x
170141183460469231731687303715884105727,1.7014118346046923e+38'
nib-aggregate --sum x --partial "$T/big.csv" >"$T/big.part"
run 2 nib-aggregate --sum x --final "$T/big.part" "$T/big.part"
err_has "more than 128 bits can hold"
# Only what a sum comes to counts, not what it was on the way there: 20 times
# 10^37, 19 times less of it, and a half, in any order and in any parts.
awk 'BEGIN {
	n = sprintf("1%037d", 0)
	for (i = 0; i < 20; i++)
		print n
	for (i = 0; i < 19; i++)
		print "-" n
	print "0.5"
}' >"$T/way"
head -n 20 "$T/way" | sed '1i\
x' >"$T/up.csv"
{ echo x; tail -n +21 "$T/way"; } >"$T/down.csv"
sums='sum_x,mean_x
10000000000000000000000000000000000000.5,2.5e+35'
for order in cat tac 'sort -n' 'sort -r' 'sort -k1.2'; do
	{ echo x; LC_ALL=C $order "$T/way"; } >"$T/way.csv"
	for jobs in 1 2; do
		run 0 nib-aggregate --sum x --mean x --jobs $jobs "$T/way.csv"
		out_is "$sums"
	done
done
for part in up down; do
	nib-aggregate --sum x --mean x --partial "$T/$part.csv" >"$T/$part.part"
done
run 0 nib-aggregate --sum x --mean x --final "$T/up.part" "$T/down.part"
out_is "$sums"
run 0 nib-aggregate --sum x --mean x --final "$T/down.part" "$T/up.part"
out_is "$sums"
run 0 nib-aggregate --sum x --mean x --merge -o "$T/both.part" \
	"$T/down.part" "$T/up.part"
run 0 nib-aggregate --sum x --mean x --final "$T/both.part"
out_is "$sums"
run 2 nib-aggregate --sum x --mean x --final "$T/up.part"
err_has "x: more than 128 bits can hold"
run 2 nib-aggregate --sum x "$T/down.csv"
err_has "x: more than 128 bits can hold"
# A number that does not fit in 128 bits with the digits after the point that
# others have is an error, be they batches, workers or parts away, and never
# only a bad cell: what makes it so may come after it.
{
	printf 'w,x\n1,1000000000000000000000\n1,-1000000000000000000000\n'
	awk 'BEGIN { for (i = 0; i < 300; i++) print "1,0" }'
} >"$T/first.csv"
printf 'w,x\n1,0.000000000000000001\n' >"$T/second.csv"
for m in '--sum x' '--mean x' '--min x' '--max x' '--median x' '--variance x' \
	'--weighted-sum w:x' '--weighted-mean w:x'; do
	for how in '--on-error fail' '--on-error empty'; do
		# shellcheck disable=SC2086 # words
		for order in "first second" "second first"; do
			# shellcheck disable=SC2086
			set -- $order
			run 2 nib-aggregate $m $how "$T/$1.csv" "$T/$2.csv"
			err_has "ore than 128 bits can hold"
			# shellcheck disable=SC2086
			nib-aggregate $m $how --partial "$T/$1.csv" >"$T/1.part" \
				2>"$T/err"
			# shellcheck disable=SC2086
			nib-aggregate $m $how --partial "$T/$2.csv" >"$T/2.part" \
				2>"$T/err"
			[ -s "$T/1.part" ] && [ -s "$T/2.part" ] || continue
			# shellcheck disable=SC2086
			run 2 nib-aggregate $m $how --final "$T/1.part" "$T/2.part"
			err_has "ore than 128 bits can hold"
		done
	done
done
run 2 nib-aggregate --sum x --jobs 1 "$T/second.csv" "$T/first.csv"
err_is "nib-aggregate: $T/first.csv:2: record 1, column 2 (x): more than 128 bits can hold, with as many digits after the point as other numbers have"
printf 'x,w\n0.1234567890,1.1234567890\n' >"$T/deep.csv"
run 2 nib-aggregate --weighted-sum w:x "$T/deep.csv"
err_has "more than 18 digits after the point"
finish
