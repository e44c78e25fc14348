#!/bin/sh
# nib-link train, score and cluster on artificial people whose truth is
# known; the estimates are held against what the truth says.
. "$(dirname "$0")/lib.sh"
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" >"$T/a.csv"
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" >"$T/b.csv"

run 0 nib-link train -m people -o "$T/model" "$T/a.csv" "$T/b.csv"
err_empty
for j in 1 3; do
	run 0 nib-link train -j $j -m people -o "$T/model$j" "$T/a.csv" "$T/b.csv"
	same "$T/model" "$T/model$j"
done

# m and u of sex and gp_practice (columns 5 and 8): by the truth (column
# 11), and by counting all pairs.
awk -F, 'function val(c) { return c == 5 && $c != 1 && $c != 2 ? "" : $c }
	FNR == 1 { file++; next }
	file == 1 { s[$11] = val(5); g[$11] = val(8); ns[val(5)]++; ng[val(8)]++; next }
	{
		ms[val(5)]++; mg[val(8)]++
		if (!($11 in s)) next
		if (s[$11] != "" && val(5) != "") { n1++; e1 += s[$11] == val(5) }
		if (g[$11] != "" && val(8) != "") { n2++; e2 += g[$11] == val(8) }
	}
	END {
		for (k in ns) if (k != "") { a += ns[k]; x += ns[k] * ms[k] }
		for (k in ms) if (k != "") b += ms[k]
		for (k in ng) { c += ng[k]; y += ng[k] * mg[k] }
		for (k in mg) d += mg[k]
		printf "%.12f %.12f %.12f %.12f\n", e1 / n1, x / a / b, e2 / n2, y / c / d
	}' "$T/a.csv" "$T/b.csv" >"$T/truth"
# The first of the two shares of m and of u in a model.
awk '/"weights"/ { on = 1 }
	on && /"(sex|gp_practice)": \{/ { this = 1 }
	this && /"[mu]": \[/ { getline; gsub(/[ ,]/, ""); printf "%s ", $0 }
	on && /^    \}/ { this = 0 }
	END { print "" }' "$T/model" >"$T/got"
ok
paste -d' ' "$T/truth" "$T/got" | awk '
	function off(a, b) { return a > b ? a - b : b - a }
	{ exit !(off($1, $5) < .01 && off($2, $6) < 1e-9 &&
	    off($3, $7) < .02 && off($4, $8) < 1e-9) }' ||
	fail "truth $(cat "$T/truth"), model $(cat "$T/got")"

run 0 nib-link score -m "$T/model" --explain --thresholds "$T/thresholds" \
	--report "$T/report" -o "$T/pairs" "$T/a.csv" "$T/b.csv"
err_empty
for j in 1 3; do
	run 0 nib-link score -j $j -m "$T/model" --explain "$T/a.csv" "$T/b.csv"
	same "$T/pairs" "$T/out"
done
# A weight is the sum of its parts; a probability is what the weight says.
ok
awk -F, 'NR > 1 {
		sum = $6
		for (i = 8; i <= NF; i += 2) sum += $i
		d = sum - $3
		if (d > .001 || d < -.001) exit 1
		d = 1 / (1 + exp(-$3 * log(2))) - $4
		if (d > .00002 || d < -.00002) exit 1
		n++
	}
	END { exit n < 1000 }' "$T/pairs" || fail "parts of a weight"
# All pairs of NHS number and of postcode, given name, as join(1) has them.
cut -d, -f2 "$T/a.csv" | grep . | sort >"$T/x"
cut -d, -f2 "$T/b.csv" | grep . | sort >"$T/y"
n=$(join "$T/x" "$T/y" | grep -vc nhs)
ok; grep -q "^1,nhs_number,$n,0,0$" "$T/report" || fail "first rule: not $n pairs"
ok; head -1 "$T/thresholds" | grep -qx 'threshold,pairs,precision,recall' ||
	fail "threshold table"

run 0 nib-link cluster "$T/pairs" -o "$T/persons"
ok; nib-link score -m "$T/model" "$T/a.csv" "$T/b.csv" | nib-link cluster |
	cmp -s - "$T/persons" || fail "score | cluster"
score() {
	awk -F, 'FNR == 1 { file++; next }
		file == 1 { t[$1] = $11; side[$1] = 1; n[$11]++; next }
		file == 2 { t[$1] = $11; total += n[$11]; next }
		{ if (side[$1]) l[$2] = l[$2] " " $1; else r[$2] = r[$2] " " $1 }
		END {
			for (p in l) {
				x = split(l[p], u, " "); y = split(r[p], v, " ")
				found += x * y
				for (i = 1; i <= x; i++) for (j = 1; j <= y; j++)
					true += t[u[i]] == t[v[j]]
			}
			printf "%.4f %.4f\n", true / found, true / total
		}' "$T/a.csv" "$T/b.csv" "$1"
}
at_least() {
	ok
	score "$1" | awk -v p="$2" -v r="$3" '{ exit !($1 >= p && $2 >= r) }' ||
		fail "precision and recall $(score "$1"), wanted $2 $3"
}
at_least "$T/persons" .999 .998
run 0 nib-link cluster --method single-best "$T/pairs"
at_least "$T/out" .99 .998
run 0 nib-link cluster --method components "$T/pairs"
at_least "$T/out" .96 .998
# The same people in one file: pairs within it, one more than a pair of few.
{ cat "$T/a.csv"; tail -n +2 "$T/b.csv"; } >"$T/one.csv"
run 0 nib-link train -m people -o "$T/model1" "$T/one.csv"
run 0 nib-link score -m "$T/model1" -o "$T/pairs1" "$T/one.csv"
run 0 nib-link cluster "$T/pairs1"
at_least "$T/out" .999 .998

# By hand: a-x is everybody's best; b ties between x and y.
cat >"$T/hand" <<'X'
id_l,id_r,weight
a,x,9
b,x,5
b,y,5
c,y,4
d,z,-1
X
run 0 nib-link cluster "$T/hand"
out_is 'id,person_id
a,P0000000001
x,P0000000001
b,P0000000003
y,P0000000004
c,P0000000005
d,P0000000006
z,P0000000007'
run 0 nib-link cluster --ties lowest --threshold -2 "$T/hand"
out_is 'id,person_id
a,P0000000001
x,P0000000001
b,P0000000003
y,P0000000004
c,P0000000005
d,P0000000006
z,P0000000006'
run 0 nib-link cluster --method components "$T/hand"
out_is 'id,person_id
a,P0000000001
x,P0000000001
b,P0000000001
y,P0000000001
c,P0000000001
d,P0000000006
z,P0000000007'

# Decisions of people: a and y are one, b and x are not, whoever says so.
cat >"$T/decisions" <<'X'
id_l,id_r,weight,decision
a,y,,same
b,x,5,different
c,y,4,
n,m,,same
X
run 0 nib-link cluster --decisions "$T/decisions" "$T/hand"
out_is 'id,person_id
a,P0000000001
x,P0000000002
b,P0000000003
y,P0000000001
c,P0000000005
d,P0000000006
z,P0000000007
n,P0000000008
m,P0000000008'
# Components: a-x first (9), b-y next (5) would bring b to x and is left out.
run 0 nib-link cluster --method components --decisions "$T/decisions" "$T/hand"
out_is 'id,person_id
a,P0000000001
x,P0000000001
b,P0000000003
y,P0000000001
c,P0000000001
d,P0000000006
z,P0000000007
n,P0000000008
m,P0000000008'
{ cat "$T/decisions"; echo 'x,y,,same'; echo 'b,a,,same'; } >"$T/clash"
run 2 nib-link cluster --decisions "$T/clash" "$T/hand"
err_has 'decisions contradict each other'
printf 'id_l,id_r,decision\na,b,perhaps\n' >"$T/clash"
run 2 nib-link cluster --decisions "$T/clash" "$T/hand"
err_has 'clash:2: needs two ids and the decision same or different'
run 0 nib-link score -m "$T/model" --explain --review 10 "$T/a.csv" "$T/b.csv"
ok
awk -F, 'NR == 1 { exit $NF != "decision" }' "$T/out" || fail "review header"
awk -F, 'NR > 1 { n++; if ($3 >= 10 || $NF != "") exit 1 }
	END { exit n < 10 }' "$T/out" || fail "review pairs"

# The values of both sides, only when asked, in the words of explain.
run 0 nib-link score -m "$T/model" --review 10 --show-values "$T/a.csv" "$T/b.csv"
cp "$T/out" "$T/review"
ok; head -1 "$T/out" | grep -q ',sex_l,sex_r,.*,decision$' || fail "values header"
ok
awk -F, 'FNR == 1 { f++; next } { sub(/\r/, "") }
	f == 1 { s[$1] = $5; next } f == 2 { s[$1] = $5; next }
	{ l = s[$1] == 1 || s[$1] == 2 ? s[$1] : ""
	  r = s[$2] == 1 || s[$2] == 2 ? s[$2] : ""
	  if (l != $10 || r != $11) exit 1; n++ }
	END { exit n < 10 }' "$T/a.csv" "$T/b.csv" "$T/out" || fail "values"
run 0 nib-link score -m "$T/model" "$T/a.csv" "$T/b.csv"
ok; ! grep -qi smith "$T/out" || fail "a name nobody asked for"

# Read back what a person decided, here by the truth: nothing is lost, and
# what the model expects of a band is the sum of its probabilities.
awk -F, -v OFS=, 'FNR == 1 { f++; if (f == 3) print; next }
	f < 3 { t[$1] = $11; next }
	{ $NF = t[$1] == t[$2] ? "same" : "different"; print }' \
	"$T/a.csv" "$T/b.csv" "$T/review" >"$T/decided"
run 0 nib-link review --report "$T/bands" "$T/decided"
err_empty
cp "$T/out" "$T/d"
ok; [ "$(wc -l <"$T/d")" -eq "$(wc -l <"$T/review")" ] || fail "pairs lost"
awk -F, 'NR > 1 { print int($3), $NF }' "$T/decided" | sort -n | uniq -c |
	awk '{ print $2, $3, $1 }' | sort >"$T/x"
awk -F, 'NR > 1 { if ($3) print $1, "same", $3; if ($4) print $1, "different", $4 }' \
	"$T/bands" | sort >"$T/y"
same "$T/x" "$T/y"
ok; awk -F, 'FNR == 1 { f++; next } f == 1 { want += 1 / (1 + exp(-$3 * log(2))); next }
	{ got += $7 } END { d = got - want; exit d > .05 || d < -.05 }' \
	"$T/decided" "$T/bands" || fail "expected: $(cat "$T/bands")"
run 0 nib-link cluster --decisions "$T/d" "$T/pairs"
at_least "$T/out" .999 .998
# Two reviewers: one pair decided both ways, one left open by both.
cat >"$T/r1" <<'X'
id_l,id_r,weight,decision
a,b,1.5,same
a,c,2.5,different
b,d,-1.5,
X
cat >"$T/r2" <<'X'
id_l,id_r,weight,decision
c,a,2.5,same
a,b,1.5,same
b,d,-1.5,
X
run 1 nib-link review --report "$T/bands" "$T/r1" "$T/r2"
out_is 'id_l,id_r,decision
a,b,same'
err_is 'nib-link review: warning: 1 of 3 pairs are still open
nib-link review: warning: 1 of 3 pairs were decided both ways and are left out'
# expected: 1 / (1 + 2^-1.5)
cp "$T/bands" "$T/out"
out_is 'weight,pairs,same,different,open,disputed,expected_same
-2,1,0,0,1,0,0.00
1,1,1,0,0,0,0.74
2,1,0,0,0,1,0.00'
printf 'id_l,id_r,decision\na,b,yes\n' >"$T/r3"
run 2 nib-link review "$T/r1" "$T/r3"
err_has 'r3:2: needs two ids and the decision same, different or none'
run 2 nib-link review
err_has 'needs a review file'
run 2 nib-link review "$T/pairs"
err_has 'decision'

# The picture: a bar for each level and the prior, with the weight that m and
# u of the model say, the same bytes again.
run 0 nib-link chart -o "$T/w.svg" "$T/model"
run 0 nib-link chart "$T/model"
same "$T/w.svg" "$T/out"
awk '/"lambda"/ { gsub(/[^0-9.e-]/, "", $2); l = $2
		printf "%.1f\n", log(l / (1 - l)) / log(2) }
	/"weights"/ { on = 1 }
	on && /"m": \[/ { v = 1; n = 0; next } on && /"u": \[/ { v = 2; n = 0; next }
	on && /\]/ { if (v == 2) for (i = 0; i < n; i++)
		printf "%.1f\n", log(m[i] / u[i]) / log(2); v = 0 }
	on && v { gsub(/[ ,]/, ""); if (v == 1) m[n++] = $0; else u[n++] = $0 }' \
	"$T/model" | sed 's/^-0\.0$/0.0/' >"$T/x"
# Texts of bars have size 12 and are no shares; U+2212 is the sign.
sed -n 's/.*font-size="12".*>\([^<%]*\)<.text>$/\1/p' "$T/w.svg" |
	sed 's/\xe2\x88\x92/-/' | grep -E '^-?[0-9.]+$' | sed 's/^-0\.0$/0.0/' >"$T/y"
same "$T/x" "$T/y"
ok; ! command -v xmllint >/dev/null || xmllint --noout "$T/w.svg" || fail "not XML"
run 2 nib-link chart people
err_has 'not a model'
run 2 nib-link chart
err_has 'needs one model'

# What is wrong.
run 2 nib-link score -m people "$T/a.csv" "$T/b.csv"
err_has 'not a model'
run 2 nib-link score -m "$T/model" "$T/a.csv" "$T/a.csv"
err_has 'an id is used in both files'
run 2 nib-link score -m "$T/model" --id sex "$T/a.csv" "$T/b.csv"
err_has 'used by an earlier record'
cut -d, -f1-7 "$T/b.csv" >"$T/short.csv"
run 2 nib-link score -m "$T/model" -o "$T/o" "$T/a.csv" "$T/short.csv"
err_has 'no column for the field gp_practice'
no_file "$T/o"
run 2 nib-link train -m hes-3-step -o "$T/o" "$T/a.csv" "$T/b.csv"
err_has 'no comparisons'
run 2 nib-link train -m people -o "$T/o" "$T/a.csv" "$T/b.csv" "$T/a.csv"
err_has 'needs one file or two'
sed 's/"lambda": [0-9.e-]*/"lambda": 2/' "$T/model" >"$T/broken"
run 2 nib-link score -m "$T/broken" "$T/a.csv" "$T/b.csv"
err_has 'lambda: must be from 0 to 1'
awk -F, -v OFS=, 'NR > 1 { for (i = 2; i < 9; i++) $i = "" } { print }' \
	"$T/b.csv" >"$T/blank.csv"
run 2 nib-link train -m people -o "$T/o" "$T/a.csv" "$T/blank.csv"
err_has 'fewer than 10 pairs meet a sure rule'
no_file "$T/o"
run 0 nib-link score -m "$T/model" "$T/a.csv" "$T/blank.csv"
out_is 'id_l,id_r,weight,probability,rule'
# Everybody at one address on one day: the block is dropped and said to be.
awk -F, -v OFS=, 'NR > 1 { $6 = "1970-03-04"; $7 = "LS1 1UY" } { print }' \
	"$T/b.csv" >"$T/same_b.csv"
awk -F, -v OFS=, 'NR > 1 { $6 = "1970-03-04"; $7 = "LS1 1UY" } { print }' \
	"$T/a.csv" >"$T/same_a.csv"
run 1 nib-link score -m "$T/model" "$T/same_a.csv" "$T/same_b.csv"
err_has 'blocking rule 2: 1 block with 3526000 pairs left out'
run 2 nib-link cluster "$T/a.csv"
err_has 'no column id_l'
printf 'id_l,id_r,weight\na,b,high\n' >"$T/bad"
run 2 nib-link cluster "$T/bad"
err_has 'bad:2: record 1, column 3: not a number'
# A field that a file does not fill says nothing, not even where another does:
# its share among chance pairs is unknown, not tiny.
awk -F, -v OFS=, 'NR > 1 { $5 = 9 } 1' "$T/a.csv" >"$T/sexless.csv"
run 1 nib-link train -m people -o "$T/sexless" "$T/sexless.csv" "$T/b.csv"
err_has 'no cell of the column sex can be read as the field sex (sex)'
err_has 'nib-link train: warning: no training block could estimate m of sex: it counts for nothing'
run 0 nib-link score -m "$T/sexless" --explain -o "$T/pairs" "$T/a.csv" "$T/b.csv"
ok
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "sex_weight") c = i; next }
	$c != "" { n++; if ($c + 0 != 0) exit 1 }
	END { if (n < 1000) exit 1 }' "$T/pairs" || fail 'sex has a weight'
# Files without an NHS number in common: that one has never been seen to agree
# is no certainty. 40 bits would outweigh everything else.
awk -F, -v OFS=, 'NR > 1 { $2 = "" } NR > 1 && NR <= 1002 { $2 = sprintf("%09d", NR); s = 0
		for (i = 1; i <= 9; i++) s += (11 - i) * substr($2, i, 1)
		d = 11 - s % 11
		$2 = d == 10 ? "" : $2 (d == 11 ? 0 : d) } 1' "$T/a.csv" >"$T/others.csv"
run 0 nib-link train -m people -o "$T/unseen" "$T/others.csv" "$T/b.csv"
ok
awk '/"weights"/ { on = 1 }
	on && /"nhs_number": \{/ { this = 1 }
	this && /"u": \[/ { getline; gsub(/[ ,]/, ""); exit !($0 > 1e-8) }' "$T/unseen" ||
	fail 'an NHS number that was never shared is nearly certain'

# A level of two fields is looked at for each pair, not once for the values of
# the first: ANN and BOB agree by the other name in the first pair alone.
cat >"$T/either.json" <<'X'
{ "nib_model": 1, "lambda": 0.5, "matching": { "name": "either", "id": ["id"],
  "fields": { "g": { "type": "name", "columns": ["g"] },
      "f": { "type": "name", "columns": ["f"] },
      "k": { "type": "code", "columns": ["k"] } },
  "comparisons": [ { "field": "g", "levels": ["g exact", "g/f either"] } ],
  "blocking": [["k"]],
  "training": { "sure": [["k"]], "blocks": [["k"]] } },
  "weights": { "g": { "m": [0.5, 0.25, 0.25], "u": [0.25, 0.25, 0.5] } } }
X
printf 'id,g,f,k\n1,ANN,BOB,x\n2,ANN,CAT,y\n' >"$T/e1"
printf 'id,g,f,k\n3,BOB,DAN,x\n4,BOB,EVE,y\n' >"$T/e2"
run 0 nib-link score --threshold -9 --explain -m "$T/either.json" "$T/e1" "$T/e2"
out_is 'id_l,id_r,weight,probability,rule,prior,g,g_weight
1,3,0.0000,0.500000,1,0.0000,g/f either,0.0000
2,4,-1.0000,0.333333,1,0.0000,else,-1.0000'
finish
