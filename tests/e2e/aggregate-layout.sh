#!/bin/sh
# nib-aggregate: groupings by lists, labels beside codes, one grouping's
# values as columns. Expected tables are written by hand.
. "$(dirname "$0")/lib.sh"
cat >"$T/in.csv" <<'END'
p,sex,age,n
RX1,1,4,1.5
RX1,2,90,2
RX2,1,131,
RX2,1,17,4
RX1,2,,8
END
cat >"$T/regions.csv" <<'END'
code,name,region
RX1,"Royal, North",N
RX3,Other,S
END

# Lists: one of share/lookups by its name, a code list, a file.
run 0 nib-aggregate --by-list age_band=age --count "$T/in.csv"
out_is 'age_band,count
,2
0-4,1
15-19,1
90+,1'
run 2 nib-aggregate --by-list age_bnad=age --count "$T/in.csv"
err_has 'no age_bnad.csv in share/lookups or share/codelists; did you mean age_band?'
run 0 nib-aggregate --by-list 'what=sex_hes:sex=code:meaning' \
	--by-list "region=$T/regions.csv:p=code:region" --count --sum n \
	--provenance "$T/p.json" -o "$T/o" "$T/in.csv"
ok
cmp -s - "$T/o" <<'END' || fail "lists"
what,region,count,sum_n
Female,N,2,10.0
Male,,2,4.0
Male,N,1,1.5
END
ok
grep -q regions.csv "$T/p.json" || fail "provenance lacks the list"
run 0 nib-aggregate --by-list "code=$T/regions.csv:p=code:region" \
	--distinct sex --count --partial -o "$T/part" "$T/in.csv"
run 0 nib-aggregate --by-list "code=$T/regions.csv:p=code:region" \
	--distinct sex --count --final "$T/part"
out_is 'code,distinct_sex,count
,1,2
N,2,3'
# Another list is another request.
sed 's/,N$/,M/' "$T/regions.csv" >"$T/other.csv"
run 2 nib-aggregate --by-list "code=$T/other.csv:p=code:region" \
	--distinct sex --count --final "$T/part"
err_has "a partial result of another request"
run 2 nib-aggregate --by-list age_band --count "$T/in.csv"
err_has "--by-list needs NAME=FIELD"
run 2 nib-aggregate --by-list nobody=age --count "$T/in.csv"
err_has "no nobody.csv"
run 2 nib-aggregate --by-list age_band=agee --count "$T/in.csv"
err_has "did you mean age"

# Labels.
run 0 nib-aggregate --by p,sex --label "p=$T/regions.csv" --label sex=sex_hes \
	--count --totals "$T/in.csv"
out_is 'p,p_name,sex,sex_meaning,count
RX1,"Royal, North",1,Male,1
RX1,"Royal, North",2,Female,2
RX2,,1,Male,2
Total,,Total,,5'
run 0 nib-aggregate --by p --label "p=$T/regions.csv:code:region" --count \
	"$T/in.csv"
out_is 'p,p_region,count
RX1,N,3
RX2,,2'
run 2 nib-aggregate --by p --label "q=$T/regions.csv" --count "$T/in.csv"
err_has "q is no grouping"
run 2 nib-aggregate --by p --by 'p_name=sex' --label "p=$T/regions.csv" \
	--count "$T/in.csv"
err_has "two columns of the output would be called p_name"
run 2 nib-aggregate --by p --label "p=$T/regions.csv:code" --count "$T/in.csv"
err_has "--label needs"
run 2 nib-aggregate --by p --label "p=$T/regions.csv" --count --partial \
	"$T/in.csv"
err_has "belong to --final"

# Pivot: byte order, totals last, empty where nothing was, labels as names.
run 0 nib-aggregate --by p,sex --pivot sex --count --sum n --cube "$T/in.csv"
out_is 'p,count_1,count_2,count_Total,sum_n_1,sum_n_2,sum_n_Total
RX1,1,2,3,1.5,10.0,11.5
RX2,2,,2,4.0,,4.0
Total,3,2,5,5.5,10.0,15.5'
run 0 nib-aggregate --by sex,p --pivot sex --count --complete \
	--label sex=sex_hes --label "p=$T/regions.csv" "$T/in.csv"
out_is 'p,p_name,count_Male,count_Female
RX1,"Royal, North",1,2
RX2,,2,0'
run 0 nib-aggregate --by sex --pivot sex --count "$T/in.csv"
out_is 'count_1,count_2
3,2'
run 0 nib-aggregate --by p,sex --pivot sex --count --no-header "$T/in.csv"
out_is 'RX1,1,2
RX2,2,'
# What is masked in a row is masked in its place; a quoted cell stays one.
run 1 nib-aggregate --by p,sex --pivot p --count --disclosure hes "$T/in.csv"
out_is 'sex,count_RX1,count_RX2
1,*,*
2,*,'
printf 'a,b\nx,"p,q"\ny,"p,q"\nx,"r""s"\n' >"$T/quoted.csv"
run 0 nib-aggregate --by a,b --pivot b --count "$T/quoted.csv"
out_is 'a,"count_p,q","count_r""s"
x,1,1
y,1,'
run 2 nib-aggregate --by p --pivot sex --count "$T/in.csv"
err_has "--pivot: sex is no grouping"
run 2 nib-aggregate --by p,sex --pivot p --pivot sex --count "$T/in.csv"
err_has "--pivot is given twice"
# The rest of --top comes after the groups that are kept, before totals.
printf 'p,s,v\nZ,1,5\nA,2,7\nQ,1,1\nB,1,1\n' >"$T/top.csv"
run 0 nib-aggregate --by p,s --pivot s --sum v --top 2 --totals "$T/top.csv"
out_is 'p,sum_v_1,sum_v_2,sum_v_Rest,sum_v_Total
A,,7,,
Z,5,,,
Rest,,,2,
Total,,,,14'
run 0 nib-aggregate --by s,p --pivot p --sum v --top 2 "$T/top.csv"
out_is 's,sum_v_A,sum_v_Z,sum_v_Rest
1,,5,
2,7,,
Rest,,,2'
awk 'BEGIN { print "a"; for (i = 0; i < 2001; i++) print i }' >"$T/many.csv"
run 2 nib-aggregate --by a --pivot a --count -o "$T/no" "$T/many.csv"
err_has "--pivot a would make more than 2000 columns"
no_file "$T/no"
printf 'a,b\nx,1_y\nx,y\n' >"$T/same.csv"
run 2 nib-aggregate --by a,b --pivot b --sum 'n=1,n_1=2' "$T/same.csv"
err_has "two columns of the output would be called n_1_y"
# A cube has so many groupings and no more.
by=$(awk 'BEGIN { for (i = 1; i <= 17; i++) printf "%sc%d=a", (i > 1 ? "," : ""), i }')
run 2 nib-aggregate --by "$by" --cube --count "$T/same.csv"
err_has "--cube takes at most 16 groupings, not 17"
# The column of --on-error is one of the output's too.
printf 'g,x\na,1\nb,?\n' >"$T/note.csv"
for o in '--by note=g --sum x' '--by g --sum note=x'; do
	# shellcheck disable=SC2086 # words
	run 2 nib-aggregate $o --on-error empty "$T/note.csv"
	err_is "nib-aggregate: two columns of the output would be called note; name one with NAME=EXPR"
done
run 2 nib-aggregate --by g --count --top 99999999999 "$T/note.csv"
err_is "nib-aggregate: --top needs a whole number, 1 to 10000000"

# Options that would do nothing, or all there is to do.
run 2 nib-aggregate --by g --record-key x "$T/note.csv"
err_is "nib-aggregate: nothing to measure: give --count or another measure"
run 2 nib-aggregate --by g --count --record-key x --disclosure hes "$T/note.csv"
err_is "nib-aggregate: --record-key is for the mode cellkey of --disclosure"
run 2 nib-aggregate --by g --count --contributor x "$T/note.csv"
err_is "nib-aggregate: --contributor needs --disclosure or --epsilon"
# A partial result may be for them.
run 0 nib-aggregate --by g --count --contributor x --partial -o "$T/c.part" \
	"$T/note.csv"
run 0 nib-aggregate --by g --count --contributor x --final "$T/c.part"
out_is 'g,count
a,1
b,1'

finish
