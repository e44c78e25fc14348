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
err_has "for --count alone"
noisy 2 --epsilon 0.1 --budget small --sum h "$T/x.csv"
err_has "for --count alone"
noisy 2 --epsilon 0.1 --budget small --disclosure hes "$T/x.csv"
err_has "for --count alone"
for e in 0 -1 101 x 0.0000001; do
	noisy 2 --epsilon $e --budget small "$T/x.csv"
	err_has "epsilon is a number above 0"
done
noisy 2 --epsilon 0.1 --bound 0 --budget small "$T/x.csv"
err_has "--bound needs"
noisy 2 "$T/x.csv"
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
