#!/bin/sh
# --audit-only: tables as they are published, alone and together. Intervals
# are said by hand in each case; tests/attack/linked.py finds them again by
# scipy's HiGHS, where that is installed, over ATTACK_TABLES sets of tables
# (default 12).
. "$(dirname "$0")/lib.sh"
audit() { # STATUS [OPTION...] TABLE...
	want_status=$1
	shift
	run "$want_status" nib-aggregate --audit-only --audit "$T/audit" "$@"
}
intervals() { # LINES: line,lo,hi of the first table
	ok
	awk -F, -v t="$1" '$1 == t { print $2 "," $4 "," $5 }' "$T/audit" \
		>"$T/got"
	printf '%s\n' "$2" >"$T/want"
	same "$T/want" "$T/got"
}
cat >"$T/exact.json" <<'END'
{ "name": "exact", "count": { "mask": { "from": 1, "to": 7 } } }
END

# 10 is 8 to 12 and so is the total: b and c are 1 to 3 each.
printf 'g,count\na,10\nb,*\nc,*\nTotal,10\n' >"$T/r.csv"
audit 0 "$T/r.csv"
intervals "$T/r.csv" '3,1,3
4,1,3'
ok
[ ! -s "$T/out" ] || fail "something on standard output"
# Exactly shown: 17 - 12 = 5, so 1 to 4; without a total 1 to 7.
printf 'g,count\na,12\nb,*\nc,*\nTotal,17\n' >"$T/x.csv"
audit 0 --disclosure "$T/exact.json" "$T/x.csv"
intervals "$T/x.csv" '3,1,4
4,1,4'
printf 'g,count\na,12\nb,*\nc,*\n' >"$T/x.csv"
audit 0 --disclosure "$T/exact.json" "$T/x.csv"
intervals "$T/x.csv" '3,1,7
4,1,7'
# The profile can ask for more.
cat >"$T/four.json" <<'END'
{ "name": "four", "interval": 4,
  "count": { "mask": { "from": 1, "to": 7 }, "round": { "base": 5 } } }
END
audit 1 --disclosure "$T/four.json" "$T/r.csv"
err_has "r.csv:3: record 2, column 2 (count): masked, but what is published leaves fewer than 4 values"

# Linked: a table gives the total that another one lacks; 15 - 10 = 5.
printf 'provider,sex,count\nA,f,10\nA,m,*\nB,f,20\nB,m,30\n' >"$T/one.csv"
printf 'provider,count\nA,15\nB,50\n' >"$T/two.csv"
audit 0 --disclosure "$T/exact.json" "$T/one.csv"
audit 1 --disclosure "$T/exact.json" "$T/one.csv" "$T/two.csv"
err_is "nib-aggregate: $T/one.csv:3: record 2, column 3 (count): masked, but what is published gives it exactly"
# The first is repaired: a second cell of A is withheld.
run 0 nib-aggregate --audit-only --repair --disclosure "$T/exact.json" \
	"$T/one.csv" "$T/two.csv"
out_is 'provider,sex,count
A,f,[c]
A,m,*
B,f,20
B,m,30'
err_has "1 cells withheld"
cp "$T/out" "$T/repaired.csv"
audit 0 --disclosure "$T/exact.json" "$T/repaired.csv" "$T/two.csv"
intervals "$T/repaired.csv" '3,1,7'
# What cannot be repaired is refused, and nothing appears.
printf 'provider,count\nA,*\n' >"$T/alone.csv"
printf 'provider,sex,count\nA,f,5\nA,m,0\n' >"$T/gives.csv"
run 2 nib-aggregate --audit-only --repair -o "$T/none.csv" \
	--disclosure "$T/exact.json" "$T/alone.csv" "$T/gives.csv"
err_has "cannot be made safe by hiding more of it"
ok
[ ! -e "$T/none.csv" ] || fail "a table that cannot be repaired appears"

# A hierarchy: region totals of sex, and which provider is in which region.
printf 'provider,region\nA,N\nB,S\nC,S\n' >"$T/map.csv"
printf 'region,sex,count\nN,f,10\nN,m,5\nS,f,20\nS,m,2\n' >"$T/region.csv"
printf 'provider,sex,count\nA,f,10\nA,m,*\nB,f,20\nB,m,*\nC,m,*\n' \
	>"$T/below.csv"
# Men of N are those of A, 5; men of S are one of B and one of C.
audit 1 --disclosure "$T/exact.json" "$T/below.csv" "$T/region.csv" \
	"$T/map.csv"
intervals "$T/below.csv" '3,5,5
5,1,1
6,1,1'
# Without the map 7 men are in three providers.
audit 0 --disclosure "$T/exact.json" "$T/below.csv" "$T/region.csv"
intervals "$T/below.csv" '3,1,5
5,1,5
6,1,5'
printf 'region,sex,count\nN,f,10\nN,m,5\nS,f,20\nS,m,30\n' >"$T/region.csv"
audit 2 --disclosure "$T/exact.json" "$T/below.csv" "$T/region.csv"
err_has "does not fit together"

# Ratios: 33.33% of 1 to 7 is 1 of 3 or 2 of 6; 12.5 / 2.5 = 5.
printf '%s\n' 'provider,count,share_f,mean_x,sum_x' 'A,*,0.3333,,' \
	'B,*,,2.5,12.5' 'C,20,0.5,,' 'D,*,,,' >"$T/s.csv"
audit 1 --disclosure "$T/exact.json" --by provider --share share_f=x \
	"$T/s.csv"
intervals "$T/s.csv" '2,3,6
3,5,5
5,1,7'
run 1 nib-aggregate --release-check --disclosure "$T/exact.json" \
	--by provider --share share_f=x "$T/s.csv"
err_has "record 1, column 3 (share_f): a share beside a masked count"
err_has "record 2, column 4 (mean_x): a mean beside its sum, which together give a masked count"
# Under hes ratios are made of rounded parts: 10 of 25, not 11 of 25.
printf 'g,count,part\na,25,0.4\nb,25,0.44\n' >"$T/p.csv"
run 1 nib-aggregate --release-check --by g --share part=x "$T/p.csv"
err_is "nib-aggregate: $T/p.csv:3: record 2, column 3 (part): a share that is not made of rounded counts"

# Shares of different rows: 33 of 100 less 30 of 60 are 3 of B and C, and
# 40 records; 1 to 39 each, of whom 0 to 3 meet it. A row more with 2 of 20
# leaves 20 to C, and 1 of them meets it, which is few.
printf '%s\n' g,count,part A,60,0.5 'B,*,*' 'C,*,*' Total,100,0.33 \
	>"$T/parts.csv"
audit 0 --disclosure "$T/exact.json:suppress" --by g --share part=x \
	"$T/parts.csv"
ok
cat >"$T/want" <<'END'
3,count,1,39,1,0
3,part,0,3,1,0
4,count,1,39,1,0
4,part,0,3,1,0
END
cut -d, -f2- "$T/audit" | sed 1d >"$T/got"
same "$T/want" "$T/got"
# Five shares are looked at in two lots: nothing is said to be exact.
awk -F, '{ print $0 "," $3 (NR > 1 ? "" : 2) "," $3 (NR > 1 ? "" : 3) "," \
	$3 (NR > 1 ? "" : 4) "," $3 (NR > 1 ? "" : 5) }' "$T/parts.csv" \
	>"$T/lots.csv"
audit 0 --disclosure "$T/exact.json:suppress" --by g --share part=x \
	--share part2=x --share part3=x --share part4=x --share part5=x \
	"$T/lots.csv"
ok
cut -d, -f2- "$T/audit" | sed 1d | sed -n '/part/p' | cut -d, -f3- |
	sort -u >"$T/got"
echo 0,3,0,0 >"$T/want"
same "$T/want" "$T/got"
ok
! grep -q 'count,.*,1,[01]$' "$T/audit" || fail "a count is said to be exact"
printf '%s\n' g,count,part A,60,0.5 B,20,0.1 'C,*,*' Total,100,0.33 \
	>"$T/told.csv"
audit 1 --disclosure "$T/exact.json:suppress" --by g --share part=x \
	"$T/told.csv"
err_has "record 3, column 2 (count): masked, but what is published gives it exactly"
err_has "record 3, column 3 (part): masked, but what is published tells the few who meet it, or do not"
# Repaired: a share is withheld with its row.
run 0 nib-aggregate --audit-only --repair --disclosure \
	"$T/exact.json:suppress" --by g --share part=x "$T/told.csv"
out_is 'g,count,part
A,60,0.5
B,[c],[c]
C,*,*
Total,100,0.33'
# Half of A and none of the total: somebody has no value, or it is wrong.
printf '%s\n' g,count,part A,60,0.5 'B,*,*' 'C,*,*' Total,100,0 \
	>"$T/unfit.csv"
audit 0 --disclosure "$T/exact.json:suppress" --by g --share part=x \
	"$T/unfit.csv"
err_has "its shares do not fit its counts"
intervals "$T/unfit.csv" '3,1,39
4,1,39'

# A pivoted table: 12 less 10 are 2 men of A. Without --pivot it would not be seen.
printf '%s\n' g,count_f,count_m,count_Total 'A,10,*,12' 'B,20,17,37' \
	>"$T/pivot.csv"
audit 2 --disclosure "$T/exact.json" "$T/pivot.csv"
err_is "nib-aggregate: $T/pivot.csv:1: column 2: a pivoted table: name its measures, and with --pivot the grouping that makes the columns"
audit 1 --disclosure "$T/exact.json" --pivot sex --count "$T/pivot.csv"
err_is "nib-aggregate: $T/pivot.csv:2: record 1, column 3 (count_m): masked, but what is published gives it exactly"
ok
grep -q 'pivot.csv,2,count_m,2,2,1,1$' "$T/audit" || fail "a pivoted cell"
run 1 nib-aggregate --release-check --disclosure "$T/exact.json:suppress" \
	--pivot sex --count "$T/pivot.csv"
err_has "record 1, column 3 (count_m): masked, but"
# Repaired in its own layout: a cell of the row is withheld.
run 0 nib-aggregate --audit-only --repair --disclosure "$T/exact.json" \
	--pivot sex --count "$T/pivot.csv"
out_is 'g,count_f,count_m,count_Total
A,[c],*,12
B,20,17,37'
# Beside a table of rows, with two measures, one of them the other's start,
# and a combination that never occurred: all 10 of B are men.
printf '%s\n' g,part_x_f,part_x_m,part_f,part_m,count_f,count_m \
	'A,0.5,0.3,0.5,0.3,20,30' 'B,,*,,*,,*' >"$T/pivot.csv"
printf '%s\n' g,count A,50 B,10 >"$T/rows.csv"
audit 1 --disclosure "$T/exact.json:suppress" --pivot sex --share part=x \
	--share part_x=x --count "$T/pivot.csv" "$T/rows.csv"
intervals "$T/pivot.csv" '3,0,10
3,0,10
3,10,10'
run 2 nib-aggregate --audit-only --pivot sex --sum cost "$T/pivot.csv"
err_has "no columns for the values of --pivot and the measures named"
# What --label says of a code is empty in a total: 20 less 17 are 3 in B.
printf '%s\n' g,g_name,count 'A,Ash,17' 'B,Birch,*' 'Total,,20' \
	>"$T/label.csv"
audit 1 --disclosure "$T/exact.json:suppress" "$T/label.csv"
intervals "$T/label.csv" '3,3,3'

# Sums: exact, and near to it by the p-percent rule. 100 - 60 = 40.
printf 'g,sum_x\na,60\nb,*\nTotal,100\n' >"$T/sum.csv"
audit 1 --disclosure "$T/exact.json" "$T/sum.csv"
err_has "record 2, column 2 (sum_x): masked, but what is published gives it exactly"
ok
grep -q ',3,sum_x,40.0,40.0,1,1$' "$T/audit" || fail "interval of a sum"
# To the nearest 10: 95 to 105 less 55 to 65 is 30 to 50, half of it unsure.
cat >"$T/p.json" <<'END'
{ "name": "p", "count": { "mask": { "from": 1, "to": 7 } },
  "sum": { "base": 10 }, "dominance": { "p_percent": 10 } }
END
audit 0 --disclosure "$T/p.json" "$T/sum.csv"
ok
grep -q ',3,sum_x,30.0,50.0,1,0$' "$T/audit" || fail "interval of a sum"
printf 'g,sum_x\na,60\nb,*\nTotal,1000\n' >"$T/sum.csv"
audit 1 --disclosure "$T/p.json" "$T/sum.csv"
err_has "gives it to within 10 per cent"

# Sums of noughts and ones are parts of the count: 30 less 20, 15 less 12.
printf 'g,count,sum_x\na,20,12\nb,*,*\nTotal,30,15\n' >"$T/part.csv"
audit 1 --disclosure "$T/exact.json:suppress" "$T/part.csv"
err_has "record 2, column 3 (sum_x): masked, but what is published tells the few"
ok
grep -q ',3,sum_x,3,3,1,1$' "$T/audit" || fail "interval of a part"
# 25 is 23 to 27, 20 is 18 to 22, which leaves 1 to 9; masked it is 1 to 7.
printf 'g,count,sum_x\na,20,*\nb,30,20\nTotal,50,25\n' >"$T/part.csv"
audit 0 "$T/part.csv"
ok
grep -q ',2,sum_x,1,7,1,0$' "$T/audit" || fail "interval of a rounded part"
# What means are made of adds up: 57 less 21 in b.
printf 'g,count,mean_x\na,9,2.3333333333333335\nb,*,*\nTotal,19,3\n' \
	>"$T/mean.csv"
audit 1 --disclosure "$T/exact.json:suppress" "$T/mean.csv"
err_has "record 2, column 3 (mean_x): masked, but what is published gives what its values add up to"
ok
grep -q ',3,mean_x,36.0,36.0,1,1$' "$T/audit" || fail "a numerator"
# 2.95 x 18 to 3.05 x 22 less 2.45 x 8 to 2.55 x 12, each to a half: 53.5 to
# 67 less 20 to 30.5.
printf 'g,count,mean_x\na,10,2.5\nb,*,*\nTotal,20,3.0\n' >"$T/mean.csv"
audit 0 "$T/mean.csv"
ok
grep -q ',3,mean_x,23.0,47.0,1,0$' "$T/audit" || fail "a rounded numerator"

# Differencing: rows of two releases that give a count of 3.
printf 'g,count\na,20\nb,15\n' >"$T/now.csv"
printf 'g,count\na,17\nb,15\n' >"$T/before.csv"
run 1 nib-aggregate --release-check --earlier "$T/before.csv" \
	--disclosure "$T/exact.json" "$T/now.csv"
err_is "nib-aggregate: $T/now.csv:2: record 1, column 2 (count): with the earlier release it gives a count that exact masks"
printf 'g,count\na,20\nb,15\n' >"$T/before.csv"
run 0 nib-aggregate --release-check --earlier "$T/before.csv" \
	"$T/now.csv"

# Which releases there were the ledger knows: two, by another condition.
run 0 nib-key new --type ledger -o "$T/key"
run 0 nib-ledger init "$T/ledger" --key "$T/key"
for w in 1 "age<>'30'"; do
	nib-aggregate --by sex --count --where "$w" --disclosure hes \
		--ledger "$T/ledger" --ledger-key "$T/key" \
		--use "$TESTDATA/privacy/use.json" -o "$T/release.$w" \
		"$TESTDATA/tally/episodes.csv"
done
run 0 nib-aggregate --release-check --by sex --ledger "$T/ledger" \
	"$T/release.1"
# Not the condition itself, which may name somebody.
ok
! grep -aq "age<>" "$T/ledger" || fail "a condition is in the ledger"
run 1 nib-aggregate --release-check --by sex --ledger "$T/ledger" \
	"$T/release.age<>'30'"
err_has "released the same groupings with other counts, and its table is not among --earlier"
run 0 nib-aggregate --release-check --by sex --ledger "$T/ledger" \
	--earlier "$T/release.1" "$T/release.age<>'30'"
# The same groupings in another order are the same.
for w in provider,sex sex,provider; do
	nib-aggregate --by "$w" --count --where "age<>'40'" --disclosure hes \
		--ledger "$T/ledger" --ledger-key "$T/key" \
		--use "$TESTDATA/privacy/use.json" -o "$T/release.$w" \
		"$TESTDATA/tally/episodes.csv"
done
run 1 nib-aggregate --release-check --by sex,provider --ledger "$T/ledger" \
	"$T/release.sex,provider"
err_has "released the same groupings"
run 1 nib-aggregate --release-check --ledger "$T/ledger" "$T/now.csv"
err_has "no release of this table is in the ledger"
run 2 nib-aggregate --release-check --ledger "$T/none" "$T/now.csv"
run 2 nib-aggregate --audit-only --ledger "$T/ledger" "$T/now.csv"
err_has "reads tables"
run 2 nib-aggregate --release-check --ledger-key "$T/key" "$T/now.csv"
err_has "reads tables"

# Every profile opens; ours and their schema agree.
for p in "$NIB_SHARE"/disclosure/*.json; do
	n=$(basename "$p" .json)
	[ "$n" = schema ] || audit 0 --disclosure "$n" "$T/now.csv"
done
if python3 -c 'import jsonschema' 2>/dev/null; then
	run 0 python3 -c 'import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
for p in sys.argv[2:]:
    if p != sys.argv[1]:
        jsonschema.validate(json.load(open(p)), schema)' \
		"$NIB_SHARE/disclosure/schema.json" \
		"$NIB_SHARE"/disclosure/*.json "$T"/[efp]*.json
else
	echo "schema: skipped, no jsonschema"
fi

# Wrong use.
run 2 nib-aggregate --audit-only --release-check "$T/r.csv"
err_has "exclude each other"
run 2 nib-aggregate --audit-only -o "$T/o" "$T/r.csv"
err_has "--audit-only reads tables"
run 2 nib-aggregate --repair --by g --count "$T/r.csv"
err_has "--repair needs --audit-only"
run 2 nib-aggregate --earlier "$T/r.csv" --by g --count "$T/r.csv"
err_has "--earlier needs --release-check"
run 2 nib-aggregate --audit-only --disclosure hes:suppress "$T/none.csv"
run 2 nib-aggregate --audit-only --disclosure hes:other "$T/r.csv"
err_has "knows the modes"
printf 'g,count\nb,99999999999999999999\n' >"$T/big.csv"
run 0 nib-aggregate --audit-only "$T/big.csv" # no count at all
printf 'g,count\nb,9007199254740993\n' >"$T/big.csv"
run 2 nib-aggregate --audit-only "$T/big.csv"
err_has "too large"

if python3 -c 'import scipy.optimize as o; o.milp' 2>/dev/null; then
	for repair in '' repair; do
		# shellcheck disable=SC2086
		run 0 python3 "$NIB_SRC/tests/attack/linked.py" \
			"$NIB_BIN/nib-aggregate" "${ATTACK_TABLES:-12}" $repair
	done
	run 0 python3 "$NIB_SRC/tests/attack/rounded.py" \
		"$NIB_BIN/nib-aggregate" "${ATTACK_TABLES:-12}"
	# What --audit said of a table --audit-only says of its file.
	run 0 python3 "$NIB_SRC/tests/attack/roundtrip.py" \
		"$NIB_BIN/nib-aggregate" "${ATTACK_TABLES:-60}"
	run 0 python3 "$NIB_SRC/tests/attack/shares.py" \
		"$NIB_BIN/nib-aggregate" "${ATTACK_TABLES:-12}"
else
	echo "attack: skipped, no scipy"
fi
# A mean beside its sum tells an exact count: 148 / 16.444444444444443 is 9,
# 155 / 15.5 is 10, and 10 less 9 is 1.
echo '{"name":"digits","count":{"mask":{"from":1,"to":4},"round":{"base":5}}}' \
	>"$T/digits.json"
awk 'BEGIN { print "g,v\na,7"; for (i = 1; i <= 9; i++) print "b," 3 * i + i % 4 }' \
	>"$T/means.csv"
run 1 nib-aggregate --by g --count --sum v --mean v --totals --disclosure \
	"$T/digits.json" --audit - -o "$T/means.out" "$T/means.csv"
out_is 'g,primary,lo,hi,exact
a,1,1,1,1'
grep -q '^b,10,148,16.444' "$T/means.out" || fail 'the table is another'
ok
# 3.125 is 25 / 8, and of the counts shown as 10, which are 8 to 12, the only
# multiple of 8 is 8; 3.5555555555555554 is 32 / 9. 3.5 in tenths is of any number.
awk 'BEGIN { print "g,v\na,7"; for (i = 1; i <= 8; i++) print "b," 3 + (i == 1) }' \
	>"$T/means.csv"
run 1 nib-aggregate --by g --count --mean v --totals --disclosure \
	"$T/digits.json" --audit - -o "$T/means.out" "$T/means.csv"
out_is 'g,primary,lo,hi,exact
a,1,1,1,1'
grep -q '^b,10,3.125$' "$T/means.out" || fail 'the table is another'
ok
awk 'BEGIN { print "g,v\na,3.5"; for (i = 1; i <= 8; i++) print "b,3.5" }' \
	>"$T/means.csv"
run 0 nib-aggregate --by g --count --mean v --totals --disclosure \
	"$T/digits.json" --audit - -o "$T/means.out" "$T/means.csv"
out_is 'g,primary,lo,hi,exact
a,1,1,4,1'
ok
# Two outputs do not go into one stream.
printf 'g\na\nb\na\n' >"$T/g.csv"
run 2 nib-aggregate --by g --count --disclosure hes --audit - "$T/g.csv"
err_is "nib-aggregate: --audit and the output would both go to standard output; give one of them a file"
ok
[ ! -s "$T/out" ] || fail "something was written"
run 1 nib-aggregate --by g --count --disclosure hes --audit - -o "$T/g.out" \
	"$T/g.csv"
out_is 'g,primary,lo,hi,exact
a,1,1,7,1
b,1,1,7,1'
run 2 nib-aggregate --audit-only --repair --audit - "$T/g.out"
err_has "would both go to standard output"

finish
