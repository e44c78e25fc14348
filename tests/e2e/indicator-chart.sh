#!/bin/sh
# nib-indicator chart: pictures that were looked at, byte for byte, and what
# cannot be drawn. NIB_GOLDEN=1 writes the pictures anew.
. "$(dirname "$0")/lib.sh"
L=$TESTDATA/indicator/library
C=$TESTDATA/indicator/charts

run 0 nib-indicator count ae_return_four_hours ae_return_four_hours_monthly \
    "$L/ae_return.csv"
cp "$T/out" "$T/counts"
run 0 nib-indicator rate --total England "$T/counts"
cp "$T/out" "$T/values.csv"
run 0 nib-indicator count --all -s admitted_episode "$L/admitted_episode.csv"
cp "$T/out" "$T/counts"
run 0 nib-indicator rate -p "$L/population.csv" --total England "$T/counts"
cp "$T/out" "$T/episodes.csv"
printf 'area,name\nRXA,Ash & Elm <NHS> Trust\nRXB,Beech\n' >"$T/names.csv"

golden() {
	name=$1
	shift
	run 0 nib-indicator chart "$@"
	[ -z "${NIB_GOLDEN:-}" ] || cp "$T/out" "$C/$name.svg"
	same "$C/$name.svg" "$T/out"
}
golden funnel funnel -c England --period 2023/24 --names "$T/names.csv" \
    ae_return_four_hours "$T/values.csv"
golden spc spc -a RXA --source 'Artificial data' \
    ae_return_four_hours_monthly "$T/values.csv"
golden league league -c England emergency_admissions "$T/episodes.csv"
golden trend trend -a RXB -c England ae_return_four_hours_monthly \
    "$T/values.csv"
golden shmi funnel -c England --period 2023/24 shmi "$T/episodes.csv"
golden table map-table -c England ae_return_four_hours_monthly "$T/values.csv"
golden pprime spc --chart pprime -a RXA ae_return_four_hours_monthly \
    "$T/values.csv"
for k in i c p; do
	run 0 nib-indicator chart spc --chart $k -a RXA \
	    ae_return_four_hours_monthly "$T/values.csv"
	out_has '</svg>'
done
for k in u uprime; do
	run 0 nib-indicator chart spc --chart $k -a RXA infection_per_bed_day \
	    "$T/episodes.csv"
	out_has '</svg>'
done
# Limits of another kind of value would mislead.
for k in u uprime g t; do
	run 2 nib-indicator chart spc --chart $k -a RXA \
	    ae_return_four_hours_monthly "$T/values.csv"
	err_has 'not of a proportion'
done
for k in c u p uprime pprime; do
	run 2 nib-indicator chart spc --chart $k -a RXA length_of_stay \
	    "$T/episodes.csv"
	err_has 'not of a mean'
done
run 2 nib-indicator chart spc --chart u -a L01 emergency_admissions \
    "$T/episodes.csv"
err_has 'not of a dsr'
run 2 nib-indicator chart spc --chart g -a RXA length_of_stay "$T/episodes.csv"
err_has 'the g chart needs whole numbers'
# Values of a count: 3, 0, 5 and 4, whose median is 3.5, and limits by hand
# 3 + 3 sqrt(3 * 4) = 13.39 and 0.
H=indicator,area,period,sex,category,count,denominator,value,lower_95
H=$H,upper_95,lower_99_8,upper_99_8,method,reason
{
	echo $H
	for x in 2019/20,3 2020/21,0 2021/22,5 2022/23,4; do
		echo "bed_days,RXA,${x%,*},,,${x#*,},,${x#*,},,,,,count,"
	done
} >"$T/between.csv"
run 0 nib-indicator chart spc --chart g -a RXA bed_days "$T/between.csv"
out_has '>Median 4</text>' # of no decimals, as nights are
out_has '>Upper limit 13</text>'
run 0 nib-indicator chart spc --chart t -a RXA bed_days "$T/between.csv"
out_has '</svg>'
# An area without events has no logarithm: it is drawn all the same.
{
	echo $H
	for x in A,0,40 B,30,40 C,50,40 D,90,80; do
		n=${x#*,}
		echo "shmi,${x%%,*},2023/24,,,$n,$(awk "BEGIN {
			print ${n%,*} / ${n#*,} }"),,,,,,"
	done
} >"$T/none.csv"
run 0 nib-indicator chart funnel --adjusted shmi "$T/none.csv"
ok
[ "$(grep -o '<title>[A-D]:' "$T/out" | wc -l)" -eq 4 ] ||
	fail 'an area without events is not drawn'
run 2 nib-indicator chart spc --chart pie -a RXA \
    ae_return_four_hours_monthly "$T/values.csv"
err_has 'no control chart pie'
run 2 nib-indicator chart spc --chart p --rules mdc -a RXA \
    ae_return_four_hours_monthly "$T/values.csv"
err_has 'for the xmr chart'
# No colour but those of lib/chart/svg.h, whose contrast test_chart works out.
sed -n 's/.*#define SVG_[A-Z_]* "\(#[0-9a-f]*\)"/\1/p' \
    "$NIB_SRC/lib/chart/svg.h" | sort >"$T/palette"
cat "$C"/*.svg | grep -oE '"#[0-9a-fA-F]+"' | tr -d '"' | sort -u >"$T/used"
[ -s "$T/used" ] && [ -z "$(comm -13 "$T/palette" "$T/used")" ] ||
	fail 'a colour that is not of the palette'
grep -qF 'Ash &amp; Elm &lt;NHS&gt; Trust' "$C/funnel.svg" ||
	fail 'text is not escaped'
# Standard input, and a rate's funnel on its effective population.
run 0 nib-indicator chart funnel -c England --period 2023/24 \
    emergency_admissions - <"$T/episodes.csv"
out_has 'Effective population'
run 0 nib-indicator chart spc -a RXA --rules life-qi --rebase 2023-07 \
    ae_return_four_hours_monthly "$T/values.csv"
run 2 nib-indicator chart spc -a RXA --rebase 2031-01 \
    ae_return_four_hours_monthly "$T/values.csv"
err_has 'a new start is after the first period and not after the last'

# Long names are cut and not left out; sixty periods have a mark each inside
# their column; a period alone has its limits; and few points are said.
awk 'BEGIN { print "area,name"
    for (i = 1; i <= 3; i++) print "RX" substr("ABC", i, 1) \
        ",A Hospital of a Very Long Name and Others of the Same Trust " i }' \
    >"$T/long.csv"
run 0 nib-indicator chart funnel -c England --period 2023/24 \
    --names "$T/long.csv" ae_return_four_hours "$T/values.csv"
ok
grep -q '<text.*>A Hosp.*….*st 3</text>' "$T/out" ||
	fail 'a point that stands out has no name'
{
	echo $H
	for y in 2019 2020 2021 2022 2023; do
		for m in 01 02 03 04 05 06 07 08 09 10 11 12; do
			echo "ae_return_four_hours_monthly,RXA,$y-$m,,,88,100,88,80,93,77,95,Wilson,"
		done
	done
} >"$T/sixty.csv"
run 0 nib-indicator chart map-table ae_return_four_hours_monthly "$T/sixty.csv"
ok
sed -n 's/<rect x="\([0-9.]*\)" .* width="\([0-9.]*\)" height="24.*/\1 \2/p' \
    "$T/out" >"$T/columns"
sed -n 's/.*<circle cx="\([0-9.]*\)" .* r="\([0-9.]*\)".*/\1 \2/p' "$T/out" |
    paste -d' ' "$T/columns" - | awk '$3 - $4 < $1 || $3 + $4 > $1 + $2 {
	print; bad = 1 } END { exit bad || NR != 60 }' >"$T/diff" ||
	fail "marks outside their columns: $(head -2 "$T/diff")"
sed -n 1,2p "$T/sixty.csv" >"$T/alone.csv"
run 0 nib-indicator chart trend ae_return_four_hours_monthly "$T/alone.csv"
ok # lower and upper limit, as a line that has a length and a colour
grep -qE '<path d="M110.00 [0-9.]+L110.00 [0-9.]+" stroke=.* stroke-width="2' \
    "$T/out" || fail 'a period alone has no limits'
run 0 nib-indicator chart spc ae_return_four_hours_monthly "$T/alone.csv"
out_has 'Where no limits are drawn the values do not vary or are too few'
sed -n 1,6p "$T/sixty.csv" | sed '3s/,88,8/,89,8/' >"$T/five.csv"
run 0 nib-indicator chart spc ae_return_four_hours_monthly "$T/five.csv"
out_has 'Limits from fewer than 13 points'
run 0 nib-indicator chart spc ae_return_four_hours_monthly "$T/sixty.csv"
ok
! grep -q 'fewer than 13' "$T/out" || fail 'sixty points are few'

# What was not compared is not called similar: the comparator has no value of
# 2021, and none is its own. A year that only others have is a gap.
cat >"$T/holes.csv" <<'X'
indicator,area,period,count,denominator,value,lower_95,upper_95
ae_four_hours,A,2019,80,100,80,70,88
ae_four_hours,A,2020,,,,,
ae_four_hours,A,2021,82,100,82,73,88
ae_four_hours,A,2022,83,100,83,74,89
ae_four_hours,A,2024,84,100,84,75,90
ae_four_hours,All,2019,800,1000,80,77,82
ae_four_hours,All,2020,900,1000,90,88,92
ae_four_hours,All,2021,,,,,
ae_four_hours,All,2022,950,1000,95,93,96
ae_four_hours,All,2023,950,1000,95,93,96
X
run 0 nib-indicator chart map-table -c All ae_four_hours "$T/holes.csv"
out_has 'A table of 2 areas by 6 periods: 8 values. Compared with All: 1 similar, 1 worse, 2 not compared.'
out_has '>Compared with All:</text>'
run 0 nib-indicator chart league -c All --period 2021 ae_four_hours \
    "$T/holes.csv"
out_has '>All (no value)</text>'
out_has 'Compared with All: 1 not compared.'
run 0 nib-indicator chart trend -a A -c All ae_four_hours "$T/holes.csv"
out_has 'from 80.0 in 2019 to 84.0 in 2024; lowest 80.0 in 2019, highest 84.0 in 2024. All: 95.0 in 2023. Compared with All: 1 similar, 1 worse, 2 not compared. Target: 95.0.'
out_has '>All, 2023, 95.0</text>'
ok # limits of 2021 and 2022 are a band, those of 2019 and 2024 stand alone
[ "$(grep -c 'fill="#d2e2f1"' "$T/out")" -eq 1 ] ||
	fail 'a band over a period without limits'
ok
[ "$(grep -c 'stroke="#6b7276" stroke-width="2.0"' "$T/out")" -eq 2 ] ||
	fail 'limits that stand alone'
# A target that would leave no room for the values is named at the edge.
sed 's/,88,100,88,80,93,77,95,/,5,100,5,4,6,3,7,/' "$T/sixty.csv" >"$T/low.csv"
run 0 nib-indicator chart trend ae_return_four_hours_monthly "$T/low.csv"
out_has '>Target 95.0 ↑</text>'
ok
! grep -q 'stroke="#801650"' "$T/out" || fail 'a target line out of scale'
# New limits, twice: three means, and no line from one to the next.
awk -F, -v OFS=, 'NR > 1 { $6 = $8 = 80 + NR % 3 + int(NR / 21) * 5 }
    { print }' "$T/sixty.csv" >"$T/steps.csv"
run 0 nib-indicator chart spc --rebase 2020-08,2022-04 \
    ae_return_four_hours_monthly "$T/steps.csv"
out_has 'RXA, per cent; new limits from 2020-08, 2022-04</text>'
ok
[ "$(grep -c 'fill="none" stroke="#0b0c0c"' "$T/out")" -eq 3 ] ||
	fail 'means of three groups are not three lines'
run 2 nib-indicator chart spc --rebase 2022-04,2020-08 \
    ae_return_four_hours_monthly "$T/steps.csv"
err_has 'after the start before it'
# A funnel says whom it leaves out, and that its limits are adjusted.
run 0 nib-indicator chart funnel -c All --period 2021 ae_four_hours \
    "$T/holes.csv"
out_has '>2021, per cent</text>'
run 0 nib-indicator chart funnel --period 2020 ae_four_hours "$T/holes.csv"
out_has '>2020, per cent; 1 area without a value is left out</text>'
run 0 nib-indicator chart funnel --adjusted shmi "$T/none.csv"
out_has '; limits adjusted for over-dispersion</text>'
# No axis of a share ends above all of it.
sed 's/,88,100,88,80,93,77,95,/,100,100,100,100,100,100,100,/' \
    "$T/sixty.csv" >"$T/full.csv"
run 0 nib-indicator chart funnel ae_return_four_hours_monthly "$T/full.csv"
ok
! grep -q 'text-anchor="end".*>1[1-9]0</text>' "$T/out" || fail 'an axis beyond 100 per cent'

# Words of one's own are text, or there is no picture.
run 0 nib-indicator chart league --title "<b>A & B</b>" --subtitle "$(printf \
    'x\001y')" ae_four_hours "$T/holes.csv"
out_has '<title id="c-t">&lt;b&gt;A &amp; B&lt;/b&gt;</title>'
out_has "$(printf '>x\357\277\275y</text>')"
run 2 nib-indicator chart league --title "$(printf 'a\377')" ae_four_hours \
    "$T/holes.csv"
err_has 'must be UTF-8'

# What cannot be drawn is said, and no file appears.
run 2 nib-indicator chart funnel -o "$T/no" length_of_stay "$T/episodes.csv"
err_has 'not for a mean'
no_file "$T/no"
run 2 nib-indicator chart pie ae_return_four_hours "$T/values.csv"
err_has 'funnel, spc, league, trend or map-table'
run 2 nib-indicator chart spc ae_return_four_hours_monthly "$T/values.csv"
err_has 'choose one with --area'
run 2 nib-indicator chart spc -a RXZ ae_return_four_hours "$T/values.csv"
err_has 'nothing to draw'
sed 's/^\(ae_four_hours,A,[0-9]*\),.*/\1,,,,,/' "$T/holes.csv" >"$T/no.csv"
for k in trend spc map-table; do
	run 2 nib-indicator chart $k -c All -a A ae_four_hours "$T/no.csv"
	err_has 'nothing to draw: no row has a value'
done
run 0 nib-indicator report -c All -a A ae_four_hours "$T/no.csv"
ok
! grep -q '<svg' "$T/out" || fail 'a picture of nothing'
run 2 nib-indicator chart spc -a RXA --rules mine ae_return_four_hours_monthly \
    "$T/values.csv"
err_has 'no rules mine'
run 2 nib-indicator chart league -c Wales ae_return_four_hours "$T/values.csv"
err_has 'the comparator is not among the values'
run 2 nib-indicator chart league ae_return_four_hours "$T/counts"
err_has 'not values of nib-indicator rate'
sed '2s/,[0-9.]*,Wilson/,x,Wilson/' "$T/values.csv" >"$T/bad.csv"
run 2 nib-indicator chart league ae_return_four_hours "$T/bad.csv"
err_has 'bad.csv:2: record 1, column 12 (upper_99_8): must be a number'
(cat "$T/values.csv"; sed -n 2p "$T/values.csv") >"$T/twice.csv"
run 2 nib-indicator chart league ae_return_four_hours "$T/twice.csv"
err_has 'is there twice'
finish
