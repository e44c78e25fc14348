#!/bin/sh
# Suppression and audit of whole tables. What an attacker can derive is
# found again by scipy's HiGHS in tests/attack/attack.py and mixed.py, where it is
# installed; ATTACK_TABLES says over how many random tables (default 12).
. "$(dirname "$0")/lib.sh"
E=$TESTDATA/tally/episodes.csv

run 0 nib-aggregate --by provider,sex --cube --count --sum cost \
	--disclosure hes:suppress --audit "$T/audit" "$E"
out_has 'RX3,1,*,*'
out_has 'RX3,Total,41,69982.43'
# Every count of 1 to 7 is hidden.
ok
grep -v '"R,5"' "$T/out" | awk -F, '$3 ~ /^[1-7]$/ { exit 1 }' ||
	fail "a small count is shown"
# And nothing that is hidden can be derived.
ok
awk -F, 'NR > 1 && $(NF-2) == $(NF-1) { exit 1 }' "$T/audit" ||
	fail "a hidden cell is exact"
cp "$T/out" "$T/first"
run 0 nib-aggregate --by provider,sex --cube --count --sum cost -j 1 \
	--disclosure hes:suppress "$E"
same "$T/first" "$T/out"

# Rounding alone can give a masked count away; the audit says so.
printf 'g,h\n' >"$T/r.csv"
i=0
while [ $i -lt 8 ]; do echo a,x; i=$((i + 1)); done >>"$T/r.csv"
printf 'b,x\nb,x\nc,y\n' >>"$T/r.csv"
run 0 nib-aggregate --by g --count --disclosure hes --audit "$T/audit" \
	"$T/r.csv"
ok
[ "$(sed -n 2p "$T/audit")" = b,1,1,7,1 ] || fail "interval of b"
# 8..12 and two of 1..7 make 12..17 only: narrower, not exact.
run 0 nib-aggregate --by g --totals --count --disclosure hes \
	--audit "$T/audit" "$T/r.csv"
ok
[ "$(sed -n 2p "$T/audit")" = b,1,1,3,1 ] || fail "interval of b with total"

run 0 nib-aggregate --by g,h --complete --count "$T/r.csv"
out_is 'g,h,count
a,x,8
a,y,0
b,x,2
b,y,0
c,x,0
c,y,1'
run 2 nib-aggregate --by g,h --cube --count --disclosure mhsds:suppress \
	"$T/r.csv"
err_has "add --complete"
run 2 nib-aggregate --by g --count --disclosure none:suppress "$T/r.csv"
err_has "nothing to suppress"
run 2 nib-aggregate --by g --count --disclosure hes:other "$T/r.csv"
err_has "knows the modes"
run 2 nib-aggregate --by g --count --audit "$T/audit" "$T/r.csv"
err_has "--audit needs --disclosure"
# One group and its total: nothing can hide it.
printf 'g\na\n' >"$T/one.csv"
run 1 nib-aggregate --by g --cube --count --disclosure hes:suppress \
	"$T/one.csv"
out_is 'g,count
a,*
Total,*'

# More totals than 64 of a cube: 3 of 23 is hidden in all of them, so 20 is.
awk 'BEGIN { print "a,b,c,d,e,f,g"; for (i = 0; i < 23; i++)
	print "1,1,1,1,1,1," (i < 3 ? "x" : "y") }' >"$T/seven.csv"
run 0 nib-aggregate --by a,b,c,d,e,f,g --cube --count \
	--disclosure hes:suppress "$T/seven.csv"
ok
awk -F, 'NR > 1 && (($7 == "Total") != ($8 == "23") ||
	($7 != "Total") != ($8 == "*")) { bad = 1 }
	END { exit bad || NR != 193 }' "$T/out" || fail "128 kinds of total"

# Linked tables, protected at once: 5 men of A are hidden in the table by
# sex; the table by age must not give them by the total of A, 14 + 9 - 18.
{
	echo provider,sex,age
	for i in 1 2 3 4 5; do echo A,m,old; done
	for i in 1 2 3 4 5 6 7 8 9; do echo A,f,young; echo A,f,old
		echo B,m,young; echo B,f,old; done
} >"$T/linked.csv"
run 0 nib-aggregate --by provider,sex,age --count --table provider,sex \
	--table provider,age --disclosure hes:suppress "$T/linked.csv"
out_is 'provider,sex,age,count
A,f,Total,18
A,m,Total,*
A,Total,old,14
A,Total,young,*
B,f,Total,9
B,m,Total,9
B,Total,old,9
B,Total,young,9'
run 0 nib-aggregate --by provider,sex,age --totals --count \
	--table provider --disclosure hes "$T/linked.csv"
out_is 'provider,sex,age,count
A,Total,Total,25
B,Total,Total,20
Total,Total,Total,40'
# A hierarchy: each provider is in one region, though no table says so; 14
# men of N less 9 of B would give those of A.
sed 's/^provider/region,provider/; s/^A/N,A/; s/^B/N,B/' "$T/linked.csv" \
	>"$T/nested.csv"
printf 'S,C,m,old\n%.0s' 1 2 3 4 5 6 7 8 >>"$T/nested.csv"
run 0 nib-aggregate --by region,provider,sex --count --table region,sex \
	--table provider,sex --disclosure hes:suppress "$T/nested.csv"
out_is 'region,provider,sex,count
N,Total,f,27
N,Total,m,14
S,Total,m,8
Total,A,f,18
Total,A,m,*
Total,B,f,9
Total,B,m,*
Total,C,m,8'
run 2 nib-aggregate --by provider --count --table provider,sex "$T/linked.csv"
err_has "--by has no grouping called sex"
run 2 nib-aggregate --by provider --count --table provider --complete \
	"$T/linked.csv"
err_has "--table does not go with"

# Cell keys: counts as the ONS package makes them from the same records and
# the same perturbation table (../shared/vectors/disclosure/README.md).
awk 'BEGIN {
	print "pcv,ckey,pvalue"
	for (v = 0; v <= 750; v++) for (k = 0; k < 256; k++) {
		h = (k * 7 + v * 13) % 32
		p = (h == 0) - (h == 7) + 2 * (h == 19) - 2 * (h == 23)
		if (v <= 3) p = k % 3 - 1
		print v "," k "," (v + p < 0 ? -v : p)
	}
}' >"$T/ptable.csv"
for least in 0 10; do
	cat >"$T/keys$least.json" <<END
{ "name": "keys", "count": { "symbol": "NA" },
  "cellkey": { "table": "ptable.csv", "threshold": $least,
	"largest": 750, "cycle": 250 } }
END
	run 0 nib-aggregate --by icb,sex,ageband --complete --count \
		--record-key record_key --disclosure "$T/keys$least.json:cellkey" \
		"$TESTDATA/disclosure/cellkey.input.csv"
	awk -F, -v OFS=, '{ print $1, $2, $3, $8 == "" ? "NA" : $8 }' \
		"$TESTDATA/disclosure/cellkey.expected.threshold$least.csv" \
		>"$T/want"
	same "$T/want" "$T/out"
done
run 2 nib-aggregate --count --disclosure "$T/keys0.json:cellkey" "$E"
err_has "needs --record-key"
run 2 nib-aggregate --count --sum cost --record-key age \
	--disclosure "$T/keys0.json:cellkey" "$E"
err_has "counts only"
run 2 nib-aggregate --count --record-key cost \
	--disclosure "$T/keys0.json:cellkey" "$E"
err_has "a whole number"

# Too many cells for linear programs: it ends, what is small is hidden, and of
# each hidden count two values at least are left.
awk 'BEGIN {
	print "a,b,c"
	for (i = 0; i < 1200; i++) {
		x = (x * 1103515245 + 12345) % 2147483648
		for (k = int(x / 65536) % 41; k > 0; k--)
			print i % 10 "," int(i / 10) % 10 "," int(i / 100)
	}
}' >"$T/cube.csv"
run 0 nib-aggregate --by a,b,c --cube --count --disclosure hes:suppress \
	--audit "$T/audit.csv" "$T/cube.csv"
cp "$T/out" "$T/cube.out"
run 0 nib-aggregate --by a,b,c --cube --count "$T/cube.csv"
paste -d, "$T/out" "$T/cube.out" | awk -F, '
	NR > 1 && $4 > 0 && $4 < 8 && $8 != "*" { bad++ }
	$8 == "*" { masked++ }
	$8 != "*" && $8 != $4 { bad++ }
	END { exit bad > 0 || masked < 150 || masked > NR / 2 }' ||
	fail "suppression of a large table"
awk -F, 'NR > 1 && $6 != "" && $6 <= $5 { bad++ }
	END { exit bad > 0 || NR < 150 }' "$T/audit.csv" ||
	fail "a hidden count with one value"
# No key of a profile is there for nothing.
mkdir "$T/profiles"
run 0 python3 "$NIB_SRC/tests/e2e/aggregate-profile.py" "$NIB_BIN" \
	"$NIB_SHARE" "$TESTDATA" "$T/profiles"
out_has " 0 without effect"
if python3 -c 'import scipy.optimize as o; o.milp' 2>/dev/null; then
	run 0 python3 "$NIB_SRC/tests/attack/attack.py" \
		"$NIB_BIN/nib-aggregate" "${ATTACK_TABLES:-12}" suppress audit
	run 0 python3 "$NIB_SRC/tests/attack/mixed.py" \
		"$NIB_BIN/nib-aggregate" "0:${ATTACK_TABLES:-12}"
	# Sums, means and counts of a cube: rounds of elimination hide more and
	# more, 630 rows, so that walks must take over, or it does not end.
	run 0 python3 "$NIB_SRC/tests/attack/mixed.py" \
		"$NIB_BIN/nib-aggregate" 538:539
else
	echo "attack: skipped, no scipy"
fi
# Shares say how many meet the condition and how many do not: 3 men of A are
# masked, and 40 of 43 women in the total of A would give them; then 20 men of
# B, which are hidden for them, by 50 of 70 in the total of B.
women() { # DISTRICT WOMEN MEN ...
	echo district,sex
	while [ $# -gt 0 ]; do
		awk -v d="$1" -v w="$2" -v m="$3" 'BEGIN {
			for (i = 0; i < w; i++) print d ",2"
			for (i = 0; i < m; i++) print d ",1" }'
		shift 3
	done
}
women A 40 3 B 50 20 C 60 30 >"$T/women.csv"
run 0 nib-aggregate --by district,sex --cube --count \
	--share "women=sex='2'" --disclosure hes:suppress --audit "$T/audit" \
	"$T/women.csv"
ok
awk -F, '$1 ~ /[AB]/ && $2 == 1 && $3 != "*" { bad++ }
	{ shown[$1 $2] = $3 != "*" }
	END { for (d = 1; d < 3; d++) bad += shown[substr("AB", d, 1) "Total"]
	exit bad > 0 || !shown["TotalTotal"] }' "$T/out" ||
	fail "a share gives a masked count away"
# The same without a grouping by sex: 40 of 43 are few who are not.
run 0 nib-aggregate --by district --count --share "women=sex='2'" \
	--disclosure hes:suppress "$T/women.csv"
out_has "A,*,*"
out_has "C,90,0.6666666666666666"
# 64 states that records can be in, of 7 shares 128.
# shellcheck disable=SC2046
run 2 nib-aggregate --by district --count --disclosure hes:suppress \
	$(for i in 1 2 3 4 5 6 7; do
		echo "--share s$i=sex='$i'OR(district<'C')"
	done) \
	"$T/women.csv"
err_has "so many shares"
# --top keeps no masked group: beside 2 rest groups of 14 records two kept ones
# of 14 together would have 7 each. The smallest kept join a rest that is small.
groups() { # NAME RECORDS ...
	echo g
	while [ $# -gt 0 ]; do
		awk -v g="$1" -v n="$2" \
			'BEGIN { for (i = 0; i < n; i++) print g }'
		shift 2
	done
}
groups a 7 b 7 c 7 d 7 >"$T/top.csv"
run 0 nib-aggregate --by g --count --top 2 --totals \
	--disclosure hes:suppress "$T/top.csv"
out_is 'g,count
Rest,28
Total,28'
groups a 20 b 30 c 10 d 3 >"$T/top.csv"
for mode in suppress round; do
	run 0 nib-aggregate --by g --count --top 3 --totals \
		--disclosure hes:$mode "$T/top.csv"
	[ $mode = suppress ] && rest=13 total=63 || rest=15 total=65
	out_is "g,count
a,20
b,30
Rest,$rest
Total,$total"
done
# All digits of a mean would give its exact count away: 12/9, 13/12.
awk 'BEGIN { print "g,x"; for (i = 0; i < 21; i++) print (i < 9 ? "a," 3 * (i < 4) : "b," (i == 9 ? 2 : 1)) }' >"$T/means.csv"
run 0 nib-aggregate --by g --count --mean x --disclosure hes "$T/means.csv"
out_is 'g,count,mean_x
a,10,1.3
b,10,1.1'
# A sum of noughts and ones is a count: 3 of 20, 12 of 30, 10 of 12, 25 of 62.
awk 'BEGIN { print "g,x"; for (i = 0; i < 62; i++)
	print (i < 20 ? "a," (i < 3) : i < 50 ? "b," (i < 32) : "c," (i < 60))
	}' >"$T/flag.csv"
run 0 nib-aggregate --by g --totals --count --sum x --mean x \
	--disclosure hes "$T/flag.csv"
out_is 'g,count,sum_x,mean_x
a,20,*,*
b,30,10,0.3
c,10,10,1.0
Total,60,25,0.4'
# Suppressed: the 3 of a who have it, and the 2 of c who do not.
run 0 nib-aggregate --by g --totals --count --sum x \
	--disclosure hes:suppress "$T/flag.csv"
out_is 'g,count,sum_x
a,*,*
b,30,12
c,*,*
Total,62,25'
# Where noughts are masked an empty cell would say that there is nobody.
cat >"$T/zeros.json" <<'END'
{ "name": "zeros", "count": { "mask": { "from": 0, "to": 4 },
  "round": { "base": 5 } }, "ratio": "of-rounded" }
END
printf '%s\n' a,b,x p,u,9 p,u,9 p,v,9 q,u,9 q,u,9 q,u,9 q,u,9 q,u,9 \
	>"$T/nobody.csv"
run 0 nib-aggregate --by a,b --complete --count --sum x --mean x \
	--disclosure "$T/zeros.json" "$T/nobody.csv"
out_is 'a,b,count,sum_x,mean_x
p,u,*,*,*
p,v,*,*,*
q,u,5,45,9
q,v,*,*,*'
# The audit reads shares too: 6 of 12, 2 of 3, 8 of 15. Of 15 a is 8, 10 or
# 12, as half of it is a number, and b 1 to 4: so 12 and 3.
cat >"$T/digits.json" <<'END'
{ "name": "digits", "count": { "mask": { "from": 1, "to": 4 },
  "round": { "base": 5 } } }
END
awk 'BEGIN { print "g,x"; for (i = 0; i < 15; i++)
	print (i < 12 ? "a," (i < 6) : "b," (i < 14)) }' >"$T/part.csv"
run 1 nib-aggregate --by g --totals --count --share "y=x='1'" \
	--disclosure "$T/digits.json" --audit "$T/part.audit" \
	-o "$T/part.out" "$T/part.csv"
ok
printf 'g,primary,lo,hi,exact\nb,1,3,3,1\n' >"$T/want"
same "$T/want" "$T/part.audit"
run 2 nib-aggregate --audit-only --by g --share "y=x='1'" \
	--disclosure "$T/digits.json" "$T/part.out"
err_has "part.out:2: record 1, column 3 (y): all its digits beside a rounded count cannot be audited"
# Masked beside totals: a hint, unless it is audited or nothing adds up.
hint="totals may give masked counts away"
run 0 nib-aggregate --by g --totals --count --disclosure hes "$T/part.csv"
err_has "$hint"
run 0 nib-aggregate --by g --totals --count --disclosure hes -q "$T/part.csv"
err_empty
run 0 nib-aggregate --by g --count --disclosure hes "$T/part.csv"
err_empty
run 0 nib-aggregate --by g --totals --count --disclosure hes \
	--audit "$T/part.audit" "$T/part.csv"
err_empty
run 0 nib-aggregate --by g --totals --count --disclosure hes "$T/means.csv"
err_empty
# A table of symbols is whole, and says so.
printf 'g\na\nb\n' >"$T/few.csv"
run 1 nib-aggregate --by g --count --disclosure hes "$T/few.csv"
out_is 'g,count
a,*
b,*'
err_has "masks every cell"
# ons-deaths marks shares of few events, which a table cannot.
run 2 nib-aggregate --by g --share y='x > 0' --disclosure ons-deaths \
	"$T/means.csv"
err_has "nib-indicator"
run 0 nib-aggregate --by g --count --disclosure ons-deaths "$T/means.csv"
out_is 'g,count
a,9
b,12'
# A large table: every masked count of 20 x 20 x 30 may be all of 1 to 7, by
# tables of whole numbers that were found (this took longer than two minutes
# by linear programs alone).
awk 'BEGIN { x = 7; print "a,b,c"; for (i = 0; i < 20; i++)
	for (j = 0; j < 20; j++) for (k = 0; k < 30; k++) {
		x = (x * 1103515245 + 12345) % 2147483648
		for (n = int(x / 65536) % 41; n > 0; n--) print i "," j "," k
	} }' >"$T/large.csv"
run 0 nib-aggregate --by a,b,c --count --cube --disclosure hes \
	--audit "$T/large.audit" -o "$T/large.out" "$T/large.csv"
ok
awk -F, 'NR > 1 && ($5 != 1 || $6 != 7 || $7 != 1) { exit 1 }
	END { exit NR < 1000 }' "$T/large.audit" || fail "1 to 7"
finish
