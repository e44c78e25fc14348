#!/bin/sh
# charlson(), elixhauser() and has_condition() against flags and scores of
# 300 artificial records that were computed elsewhere (testdata/derive/README).
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/derive

# One expression for every column of the expected file, from its name.
set -- --set 'id=id'
for c in $(head -1 "$D/comorbidity.expected.csv" | tr ',' ' '); do
	score=${c%%_*}
	what=${c#*_}
	case $c in
	id) continue ;;
	*_score) e="$score('${what%_score} flat', fields('diag_*'))" ;;
	*_score_hierarchy)
		e="$score('${what%_score_hierarchy}', fields('diag_*'))" ;;
	*) e="has_condition('$score', '$what', fields('diag_*'))" ;;
	esac
	set -- "$@" --set "$c=$e"
done
run 0 nib-derive --only "$@" "$D/comorbidity.csv"
same "$D/comorbidity.expected.csv" "$T/out"
ok
[ "$(head -1 "$T/out" | tr ',' '\n' | wc -l)" -eq 57 ] ||
	fail "the expected file has other columns"
# Lower case and a dot are the same codes.
sed -e '2,$s/\([A-Z][0-9][0-9]\)\([0-9]\)/\1.\2/g' "$D/comorbidity.csv" |
	awk 'NR > 1 { $0 = tolower($0) } { print }' >"$T/dotted.csv"
run 0 nib-derive --only "$@" "$T/dotted.csv"
same "$D/comorbidity.expected.csv" "$T/out"

# The frailty score is a sum of tenths: 7.1 + 3.2 + 3.2 is 13.5 exactly.
printf 'd1,d2,d3,d4\nF00,W19X,W198,F059\n,,,\nR50,K52.9,Z999,\n' >"$T/f.csv"
run 0 nib-derive --only --set "f=frailty(d1, d2, d3, d4)" "$T/f.csv"
out_is 'f
13.5
0
1.2'
# A score of one's own; what is wrong with it has its place.
printf 'condition,prefix,instead_of,points\nhip,S720,,2\nhip,S721,,2\nleg,S72,,1\nhip,S722,leg,2\n' >"$T/own.csv"
printf 'd\nS721\nS729\nX\n' >"$T/d.csv"
run 0 nib-derive --only --set "s=score('$T/own.csv', d)" \
	--set "flat=score('$T/own.csv', 'points flat', d)" "$T/d.csv"
out_is 's,flat
2,3
1,1
0,0'
printf 'condition,prefix,instead_of,points\nhip,S720,,2\nhip,S721,,3\n' >"$T/bad.csv"
run 2 nib-derive --set "s=score('$T/bad.csv', d)" "$T/d.csv"
err_has "bad.csv:3: field s: another weight"
# A prefix in any case, of codes in any case and after blanks; one with a dot
# or a blank, which no code begins with, is no prefix.
printf 'condition,prefix,instead_of,points\nfall,w19X,,2\nhip,S72b1,,3\n' \
	>"$T/case.csv"
printf 'd\nW19x\nw19.X0\n"  W19X"\nW190\nS72.B1\ns72b12\nS72B\n' \
	>"$T/codes.csv"
run 0 nib-derive --only --set "s=score('$T/case.csv', d)" "$T/codes.csv"
out_is 's
2
2
2
0
3
3
0'
for p in S72.0 'S72 ' 'S72-' 'S72é'; do
	printf 'condition,prefix,instead_of,points\nhip,S720,,2\nleg,%s,,2\n' \
		"$p" >"$T/bad.csv"
	run 2 nib-derive --set "s=score('$T/bad.csv', d)" "$T/d.csv"
	err_has 'bad.csv:3: field s: a prefix needs a letter and 2 to 5'
done
run 2 nib-derive --set "s=charlson('quann', d)" "$T/d.csv"
err_has 'has no weights quann; did you mean quan?'
for e in "charlson()" "charlson('quann', d)" "charlson(fields('x*'))" \
	"has_condition('charlson', 'chff', d)" "score('nosuch', d)" \
	"frailty(1)" "fields('d')" "charlson('a b', d)"; do
	run 2 nib-derive --set "s=$e" "$T/d.csv"
done
run 2 nib-derive --set "s=has_condition('charlson', 'chff', d)" "$T/d.csv"
err_has 'did you mean chf?'

finish
