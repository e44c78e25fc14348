#!/bin/sh
# --epsilon: noise, the bound on a person's records, and the budget in the
# ledger. The distribution of the noise is looked at in
# tests/unit/test_noise.c; here epsilon of 100 leaves almost none (another
# number than 0 once in 10^21 times), so counts are those of the bound.
. "$(dirname "$0")/lib.sh"
run 0 nib-key new --type ledger -o "$T/key"
run 0 nib-ledger init "$T/ledger" --key "$T/key"
for name in big small; do
	[ $name = big ] && e=100 || e=1.2
	run 0 nib-ledger budget "$T/ledger" --key "$T/key" --name $name \
		--epsilon $e
done
run 0 nib-ledger budget "$T/ledger" --name small
out_is 'budget,epsilon,left
small,1.200000,1.200000'
noisy() { # STATUS OPTION...
	want_status=$1
	shift
	run "$want_status" nib-aggregate --by g,h --count \
		--contributor person --groups "$T/groups.csv" \
		--ledger "$T/ledger" --ledger-key "$T/key" \
		--use "$TESTDATA/privacy/use.json" "$@"
}
left() { # NAME EPSILON
	run 0 nib-ledger budget "$T/ledger" --name "$1"
	ok
	[ "$(sed -n 's/.*,//p' "$T/out" | sed 1d)" = "$2" ] ||
		fail "budget $1 has not $2 left"
}
# Person k has k records in a,1 and one in c,2, which no one asked
# for; two records are nobody's. x,9 does not occur.
{
	echo g,h,person
	for k in 1 2 3 4 5; do
		i=0
		while [ $i -lt $k ]; do
			echo "a,1,p$k"
			i=$((i + 1))
		done
		echo "c,2,p$k"
	done
	echo b,1,p9
	echo a,1,
	echo b,1,
} >"$T/x.csv"
printf 'h,g\n9,x\n1,b\n1,a\n' >"$T/groups.csv"
noisy 0 --bound 1 --epsilon 99 --budget big "$T/x.csv"
out_is 'g,h,count
a,1,5
b,1,1
x,9,0'
left big 1.000000
# At most 3 each: 1 + 2 + 3 + 3 + 3. A large budget again.
run 0 nib-ledger budget "$T/ledger" --key "$T/key" --name third --epsilon 100
noisy 0 --bound 3 --epsilon 100 --budget third "$T/x.csv"
ok
awk -F, '$1 == "a" && ($3 < 11 || $3 > 13) { exit 1 }' "$T/out" ||
	fail "not about 12 in a"
noisy 2 --bound 3 --epsilon 0.000001 --budget third "$T/x.csv"
err_has "budget third has 0.000000 of epsilon left"
ok
[ ! -s "$T/out" ] || fail "a table beyond the budget"
# The same again gives the same, and spends again; other records or another
# key other noise. Parts give the bytes of one run.
noisy 0 --bound 2 --epsilon 0.5 --budget small "$T/x.csv"
cp "$T/out" "$T/first"
sed -n '1p;2,9p' "$T/x.csv" >"$T/a.csv"
sed -n '1p;10,$p' "$T/x.csv" >"$T/b.csv"
for p in a b; do
	run 0 nib-aggregate --by g,h --count --contributor person --partial \
		"$T/$p.csv" -o "$T/$p.part"
done
noisy 0 --bound 2 --epsilon 0.5 --budget small --final "$T/b.part" "$T/a.part"
same "$T/first" "$T/out"
left small 0.200000
noisy 2 --bound 2 --epsilon 0.5 --budget small -o "$T/none" "$T/x.csv"
err_has "small has 0.200000 of epsilon left, less than this release"
ok
[ ! -e "$T/none" ] || fail "a table beyond the budget"
run 0 nib-ledger verify "$T/ledger" --key "$T/key.pub"

# What is needed, and what does not go with it.
noisy 2 --epsilon 0.1 --budget none "$T/x.csv"
err_has "has no privacy budget none"
noisy 2 --epsilon 0.1 --budget small --totals "$T/x.csv"
err_has "for --count, --sum and --mean alone"
noisy 2 --epsilon 0.1 --budget small --median h "$T/x.csv"
err_has "for --count, --sum and --mean alone"
noisy 2 --epsilon 0.1 --budget small --sum h "$T/x.csv"
err_has "sum_h: --epsilon needs --bounds"
for b in h=1 h=1:x h=2:1 h=0:0.1234567 k=0:1 h; do
	noisy 2 --epsilon 0.1 --budget small --sum h --bounds $b "$T/x.csv"
	err_has "--bounds needs NAME=LO:HI"
done
noisy 2 --epsilon 0.1 --budget small --sum h --mean h --bounds h=0:1 \
	--bounds mean_h=0:1 "$T/x.csv"
err_has "--bounds is given twice"
noisy 2 --epsilon 0.1 --bound 1000000 --budget small --sum h \
	--bounds h=0:1000000 "$T/x.csv"
err_has "too large for noise"
noisy 2 --epsilon 0.000001 --budget small --sum h --bounds h=0:1 "$T/x.csv"
err_has "too small to be divided"
noisy 2 --epsilon 0.1 --budget small --disclosure hes "$T/x.csv"
err_has "for --count, --sum and --mean alone"
for e in 0 -1 101 x 0.0000001; do
	noisy 2 --epsilon $e --budget small "$T/x.csv"
	err_has "epsilon is a number above 0"
done
noisy 2 --epsilon 0.1 --bound 0 --budget small "$T/x.csv"
err_has "--bound needs"
noisy 2 "$T/x.csv"
err_has "need --epsilon"
noisy 2 --bounds h=0:1 "$T/x.csv"
err_has "need --epsilon"
run 2 nib-aggregate --by g --count --epsilon 1 "$T/x.csv"
err_has "--epsilon needs --contributor"
printf 'g,h\na,1\na,1\n' >"$T/groups.csv"
noisy 2 --epsilon 0.1 --budget small "$T/x.csv"
err_has "a group stands there twice"
printf 'g,h\n' >"$T/groups.csv"
noisy 2 --epsilon 0.1 --budget small "$T/x.csv"
err_has "there are no groups"
printf 'g\na\n' >"$T/groups.csv"
noisy 2 --epsilon 0.1 --budget small "$T/x.csv"
err_has "no column h"
left small 0.200000

# Sums: what a person adds is bounded. Of p1 10.5 and 3 count, of p2 20 for
# 1000, of p3 0 for -5, of p4 7 and nothing, of p5 (no more than 2 records) two
# thirds of 30. The scale of the noise is 2 * 20 / (99 / 3) = 1.2, so it is
# beyond 100 once in 10^35 times; without bounds 1000 or so would stand there.
printf 'g,person,cost\na,p1,10.5\na,p1,3\na,p2,1000\nb,p3,-5\nb,p4,\nb,p4,7\n' \
	>"$T/cost.csv"
printf 'd,p5,10\nd,p5,10.000000001\nd,p5,10\nd,p6,1e5\nd,,5000\n' >>"$T/cost.csv"
printf 'g\na\nb\nc\nd\n' >"$T/groups.csv"
cost() { # STATUS NAME EPSILON OPTION...
	want_status=$1 name=$2 epsilon=$3
	shift 3
	run "$want_status" nib-aggregate --by g --contributor person \
		--groups "$T/groups.csv" --ledger "$T/ledger" \
		--ledger-key "$T/key" --use "$TESTDATA/privacy/use.json" \
		--budget "$name" --epsilon "$epsilon" --bound 2 \
		--bounds cost=0:20.0 "$@"
}
run 0 nib-ledger budget "$T/ledger" --key "$T/key" --name cost --epsilon 100
cost 0 cost 99 --count --sum cost --mean cost "$T/cost.csv"
left cost 1.000000
cost 2 cost 1.1 --count --sum cost "$T/cost.csv"
ok
run 0 nib-ledger budget "$T/ledger" --key "$T/key" --name more --epsilon 100
cost 0 more 99 --count --sum cost --mean cost "$T/cost.csv"
ok
awk -F, 'NR == 1 { bad += $0 != "g,count,sum_cost,mean_cost" }
	NR > 1 { want = $1 == "a" ? 33.5 : $1 == "b" ? 7 : $1 == "d" ? 40 : 0
		bad += $3 < want - 100 || $3 > want + 100 || $3 !~ /\.[0-9]$/
		bad += $4 != "" && ($4 < 0 || $4 > 20) }
	$1 == "c" { bad += $2 > 9 }
	END { exit bad > 0 || NR != 5 }' "$T/out" || fail "sums with noise"
cp "$T/out" "$T/first"
# The same question on parts, in another order, is the same table.
run 0 nib-ledger budget "$T/ledger" --key "$T/key" --name parts --epsilon 100
{ sed -n 1p "$T/cost.csv"; sed 1d "$T/cost.csv" | sort -r; } >"$T/back.csv"
run 0 nib-aggregate --by g --count --sum cost --mean cost \
	--contributor person --partial "$T/back.csv" -o "$T/back.part"
cost 0 parts 99 --count --sum cost --mean cost --final "$T/back.part"
same "$T/first" "$T/out"
# The noise of 4,000 groups without records by the discrete Laplace
# distribution of scipy: a = exp(-(0.9 / 3) / (2 * 200)) for the sums in tenths
# and exp(-(0.9 / 3) / 2) for counts. A limit that chance passes once in 10^9.
if python3 -c 'import scipy.stats' 2>/dev/null; then
	awk 'BEGIN { print "g"; for (i = 0; i < 4000; i++) print "x" i }' \
		>"$T/groups.csv"
	cost 0 parts 0.9 --count --sum cost --mean cost "$T/cost.csv"
	python3 - "$T/out" >"$T/scipy" <<-'EOF' || fail "not that distribution"
	import csv, sys
	import numpy as np
	from scipy.stats import dlaplace
	rows = list(csv.DictReader(open(sys.argv[1])))
	for xs, by in [([int(r["count"]) for r in rows], 2),
	               ([round(float(r["sum_cost"]) * 10) for r in rows], 400)]:
	    d, n, x = dlaplace(0.3 / by), len(xs), np.sort(xs)
	    at = np.arange(x[0], x[-1] + 1)
	    apart = np.abs(np.searchsorted(x, at, "right") / n - d.cdf(at)).max()
	    # Dvoretzky, Kiefer and Wolfowitz with Massart's constant
	    assert 2 * np.exp(-2 * n * apart ** 2) > 1e-9, (by, apart)
	EOF
fi

# Two at once cannot spend the same.
printf 'h,g\n1,b\n' >"$T/groups.csv"
run 0 nib-ledger budget "$T/ledger" --key "$T/key" --name race --epsilon 2
for i in 1 2 3 4 5 6; do
	nib-aggregate --by g,h --count --contributor person --epsilon 1 \
		--budget race --groups "$T/groups.csv" \
		--ledger "$T/ledger" --ledger-key "$T/key" \
		--use "$TESTDATA/privacy/use.json" "$T/x.csv" \
		>"$T/race.$i" 2>/dev/null &
done
wait
ok
[ "$(cat "$T"/race.? | grep -c '^b,1')" -eq 2 ] || fail "not 2 of 6 came out"
left race 0.000000
run 2 nib-ledger budget "$T/ledger"
err_has "needs --name"
run 2 nib-ledger budget "$T/ledger" --name none
err_has "has no privacy budget none"
run 2 nib-ledger budget "$T/ledger" --name x --epsilon 1
err_has "key is needed"
finish
