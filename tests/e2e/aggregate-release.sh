#!/bin/sh
# --release-check. What should be found is said by hand in each case; counts
# that are small or not rounded are found again by awk.
. "$(dirname "$0")/lib.sh"
E=$TESTDATA/tally/episodes.csv
check() { # STATUS TABLE [OPTION...]
	want_status=$1
	table=$2
	shift 2
	run "$want_status" nib-aggregate --release-check "$@" "$table"
}

# What the tool itself publishes passes; the raw table does not.
for options in '--by provider' '--by provider,sex --cube' \
	'--by sex --totals'; do
	# shellcheck disable=SC2086
	nib-aggregate $options --count --sum cost --mean age --median age \
		--distinct person_id --disclosure hes "$E" >"$T/t.csv"
	check 0 "$T/t.csv" --by "$(echo "$options" | cut -d' ' -f2)"
	err_empty
done
nib-aggregate --by provider,sex --cube --count --sum cost --mean age \
	--disclosure hes:suppress "$E" >"$T/t.csv"
check 0 "$T/t.csv" --by provider,sex --disclosure hes:suppress
err_empty
check 1 "$T/t.csv" --by provider,sex
err_has "not rounded as hes does"
nib-aggregate --by provider,sex --count "$E" >"$T/t.csv"
check 1 "$T/t.csv" --by provider,sex
awk -F, 'NR > 1 && ($NF >= 1 && $NF <= 7 || $NF % 5 != 0) { n++ }
	END { print n + 0 }' "$T/t.csv" >"$T/want"
grep -c 'a count' "$T/err" >"$T/got"
same "$T/want" "$T/got"

# Each rule, with its place and without the value.
printf '%s\n' 'region,count,sum_cost,mean_age,max_age' \
	'north,10,100.50,41.25,99' 'south,3,105,41.2,*' 'east,0,0,,' \
	'west,12,*,*,x' >"$T/rules.csv"
check 1 "$T/rules.csv"
err_is "nib-aggregate: $T/rules.csv:2: record 1, column 3 (sum_cost): a sum that is not rounded as hes does, to base 5
nib-aggregate: $T/rules.csv:2: record 1, column 4 (mean_age): more digits after the point than the 1 of hes
nib-aggregate: $T/rules.csv:2: record 1, column 5 (max_age): a minimum or maximum, which hes does not publish
nib-aggregate: $T/rules.csv:3: record 2, column 2 (count): a count from 1 to 7, which hes masks
nib-aggregate: $T/rules.csv:5: record 4, column 2 (count): a count that is not rounded as hes does, to base 5
nib-aggregate: $T/rules.csv:5: record 4, column 5 (max_age): a minimum or maximum, which hes does not publish"
ok
[ ! -s "$T/out" ] || fail "something on standard output"
# 0 is masked by mhsds; opensafely shows no maximum; * is not its symbol.
check 1 "$T/rules.csv" --disclosure mhsds
err_has "record 3, column 2 (count): a count from 0 to 4"
check 1 "$T/rules.csv" --disclosure opensafely
err_has "record 1, column 5 (max_age): a minimum or maximum"
err_has "record 4, column 3 (sum_cost): not a sum"
# 3 and 9 are middles of steps of six; 10 is none.
printf 'g,count\na,0\nb,3\nc,9\nd,10\n' >"$T/mid.csv"
check 1 "$T/mid.csv" --disclosure opensafely-midpoint6
err_is "nib-aggregate: $T/mid.csv:5: record 4, column 2 (count): a count that is not rounded as opensafely-midpoint6 does, to base 6"

# Identifiers. 9434765919 is the example number of the NHS Data Dictionary's
# rule (999 999 9999 range aside): 9*10+4*9+3*8+4*7+7*6+6*5+5*4+9*3+1*2 = 299,
# 299 mod 11 = 2, 11 - 2 = 9, the last digit.
printf '%s\n' 'who,count' '9434765919,10' '943 476 5919,10' \
	'9434765918,10' 'p1abcdefghijklmnopqrstuvwxyz,10' \
	'p1ABCDEFGHIJKLMNOPQRSTUVWXYZ,10' 'LS1 4AP,10' 'LS1,10' \
	>"$T/id.csv"
check 1 "$T/id.csv"
ok
sed 's/.*id.csv:\([0-9]*\).*: /\1 /' "$T/err" >"$T/got"
printf '%s\n' '2 a valid NHS number' '3 a valid NHS number' \
	'5 a pseudonym' '7 a full postcode' >"$T/want"
same "$T/want" "$T/got"
err_lacks 943
err_lacks LS1
err_lacks abcdef
printf 'Person_ID,count\na,10\n' >"$T/id.csv"
check 1 "$T/id.csv"
err_is "nib-aggregate: $T/id.csv:1: column 1 (Person_ID): a column of identifiers"
# A table without its header: the name of a column is not repeated.
printf '9434765919,count\na,10\n' >"$T/id.csv"
check 1 "$T/id.csv"
err_has "column 1: the column's name is a valid NHS number"
err_lacks 943
printf 'postcode,count\nls14ap,10\nLS1,10\n' >"$T/id.csv"
check 1 "$T/id.csv"
err_is "nib-aggregate: $T/id.csv:2: record 1, column 1 (postcode): a full postcode"

# A total that gives a masked cell: 25 - 12 - 8 = 5.
cat >"$T/exact.json" <<'END'
{ "name": "exact", "count": { "mask": { "from": 1, "to": 7 } } }
END
printf 'g,count\na,12\nb,*\nc,8\nTotal,25\n' >"$T/one.csv"
check 1 "$T/one.csv" --disclosure "$T/exact.json"
err_is "nib-aggregate: $T/one.csv:3: record 2, column 2 (count): masked, but what is published gives it exactly"
check 1 "$T/one.csv" --disclosure hes:suppress
err_has "record 2, column 2 (count): masked, but what is published gives it exactly"
# Two masked, 5 between them: not given; 2 between them: 1 and 1.
printf 'g,count\na,12\nb,*\nc,*\nTotal,17\n' >"$T/two.csv"
check 0 "$T/two.csv" --disclosure "$T/exact.json"
printf 'g,count\na,12\nb,*\nc,*\nTotal,14\n' >"$T/two.csv"
check 1 "$T/two.csv" --disclosure "$T/exact.json"
ok
[ "$(wc -l <"$T/err")" -eq 2 ] || fail "two cells are given"
# Rounded: 10 is 8 to 12 and so is the total, so b and c are 1 to 3.
printf 'g,count\na,10\nb,*\nc,*\nTotal,10\n' >"$T/two.csv"
check 0 "$T/two.csv"
# Four of them can only be 1 each.
printf 'g,count\na,10\nb,*\nc,*\nd,*\ne,*\nTotal,10\n' >"$T/four.csv"
check 1 "$T/four.csv"
ok
[ "$(grep -c 'gives it exactly' "$T/err")" -eq 4 ] || fail "four are given"
# In two dimensions: the row of x hides two, the column of 2 only one, which
# then gives the other. x: 10 + b + c = 18; 2: b + 9 = 12.
printf '%s\n' 'r,s,count' 'x,1,10' 'x,2,*' 'x,3,*' 'x,Total,18' 'y,1,8' \
	'y,2,9' 'y,3,*' 'y,Total,20' 'Total,1,18' 'Total,2,12' \
	'Total,3,8' 'Total,Total,38' >"$T/cube.csv"
check 1 "$T/cube.csv" --disclosure "$T/exact.json"
ok
sed 's/.*record \([0-9]*\),.*: masked.*/\1/' "$T/err" >"$T/got"
printf '2\n3\n7\n' >"$T/want"
same "$T/want" "$T/got"
# --totals: only a grand total over two groupings.
printf '%s\n' 'r,s,count' 'x,u,10' 'x,v,*' 'y,u,9' 'All,All,23' >"$T/g.csv"
check 1 "$T/g.csv" --disclosure "$T/exact.json" --total-label All
err_has "record 2, column 3 (count): masked, but what is published gives it exactly"
check 0 "$T/g.csv" --disclosure "$T/exact.json"
# A pivoted table adds up across: 30 - 10 - 15 = 5.
printf 'r,men,women,other,Total\nx,10,15,*,30\n' >"$T/p.csv"
check 1 "$T/p.csv" --disclosure "$T/exact.json" --by r
err_is "nib-aggregate: $T/p.csv:2: record 1, column 4 (other): masked, but what is published gives it exactly"
# Persons are not added up: a total counts each once.
printf 'g,distinct_p\na,12\nb,*\nTotal,17\n' >"$T/d.csv"
check 0 "$T/d.csv" --disclosure "$T/exact.json"

# What cannot be told is asked for.
printf 'month,women,count\n1,5,10\n2,10,20\n' >"$T/m.csv"
check 2 "$T/m.csv"
err_has "column 1 (month): may be a grouping or a count"
check 1 "$T/m.csv" --by month
err_has "record 1, column 2 (women): a count from 1 to 7"
check 2 "$T/m.csv" --by week
err_has week
printf 'g,women,count\na,1,10\n' >"$T/s.csv"
check 1 "$T/s.csv" --by g
check 0 "$T/s.csv" --by g --share "women=sex='2'" --count
# Several tables, one from standard input; trouble.
nib-aggregate --release-check "$T/two.csv" - <"$T/id.csv" \
	>"$T/out" 2>"$T/err"
ok
[ $? -le 2 ] && err_has "standard input:2: record 1, column 1 (postcode)"
check 2 "$T/none.csv"
printf 'g,count\na,10,4\n' >"$T/ragged.csv"
check 2 "$T/ragged.csv"
check 2 "$T/two.csv" --where 'a=1'
err_has "--release-check reads tables"
check 2 "$T/two.csv" -o "$T/o"
check 2 "$T/two.csv" --disclosure hes:other
err_has "knows the modes"
check 2 "$T/two.csv" --disclosure hes:cellkey
err_has "no cell key method"
# Of exact counts: 40 of 43 leave 3, which are masked beside it; 3 of 60 are
# masked themselves; 0 of 50, 50 of 50 and 30 of 60 say nothing of few.
cat >"$T/share.csv" <<'EOF'
district,sex,count,women
A,1,*,*
A,Total,43,0.9302325581395349
B,Total,60,0.05
C,Total,50,0
D,Total,50,1
E,Total,60,0.5
EOF
run 1 nib-aggregate --release-check --by district,sex --share women=x \
	--disclosure hes:suppress "$T/share.csv"
for line in 3 4; do
	err_has "share.csv:$line: record $((line - 1)), column 4 (women): a share that with the count beside it gives a masked count"
done
ok
[ "$(grep -c 'gives a masked count' "$T/err")" -eq 2 ] ||
	fail "shares that say nothing of few"
finish
