#!/bin/sh
# nib-indicator compare and report.
. "$(dirname "$0")/lib.sh"
L=$TESTDATA/indicator/library
R=$TESTDATA/indicator/rates

# Values with known answers: 90 of 100 has 82.6 to 94.5 and so on.
cat >"$T/counts.csv" <<'X'
indicator,area,period,numerator,denominator
ae_four_hours,All,2023,900,1000
ae_four_hours,All,2024,850,1000
ae_four_hours,Low,2023,90,100
ae_four_hours,Low,2024,60,100
ae_four_hours,Same,2024,80,100
ae_four_hours,High,2024,98,100
ae_four_hours,None,2024,0,0
X
run 0 nib-indicator rate "$T/counts.csv"
cp "$T/out" "$T/values.csv"
run 0 nib-indicator compare -c All "$T/values.csv"
out_has 'ae_four_hours,All,2024,,,85,,,not_compared,not_compared,95,no,2023,90,-5,worse,,,,,'
out_has 'ae_four_hours,High,2024,,,98,All,85,higher,better,95,yes,,,,,,,,,'
out_has 'ae_four_hours,Low,2024,,,60,All,85,lower,worse,95,no,2023,90,-30,worse,,,,,'
out_has 'ae_four_hours,None,2024,,,,All,85,not_compared,not_compared,95,,,,,,,,,,zero_denominator'
out_has 'ae_four_hours,Same,2024,,,80,All,85,similar,similar,95,no,,,,,,,,,'
run 0 nib-indicator compare -c All --method two_levels "$T/values.csv"
out_has 'ae_four_hours,Low,2024,,,60,All,85,lowest,worst,'
run 2 nib-indicator compare --method guess "$T/values.csv"
err_has '--method knows'
run 2 nib-indicator compare ae_twelve_hours day_case_rate "$T/values.csv"
err_has 'not of the library or not named'

# Peers: those of Low are High and All together, 948 of 1100 (by hand).
printf 'area,peer\nLow,High\nLow,All\nHigh,Nobody\n' >"$T/peers.csv"
run 0 nib-indicator compare --peers "$T/peers.csv" "$T/values.csv"
out_has 'ae_four_hours,Low,2024,,,60,peers,86.1818181818,lower,worse,'
out_has 'ae_four_hours,High,2024,,,98,,,not_compared,'
printf 'area,group\nLow,a\nHigh,a\nSame,a\nAll,b\n' >"$T/groups.csv"
run 0 nib-indicator compare --peers "$T/groups.csv" --method overlap \
    "$T/values.csv"
out_has 'ae_four_hours,Low,2024,,,60,peers,89,lower,worse,'
out_has 'ae_four_hours,All,2024,,,85,,,not_compared,'
# A peer that is there twice would count twice, and an area of two groups would
# be in one; a comparator that no value is of compares nothing.
printf 'area,peer\nLow,High\nLow,High\n' >"$T/twice.csv"
run 2 nib-indicator compare --peers "$T/twice.csv" "$T/values.csv"
err_has 'twice.csv:3: a peer of an area is there twice'
printf 'area,group\nLow,x\nHigh,x\nLow,y\n' >"$T/twice.csv"
run 2 nib-indicator compare --peers "$T/twice.csv" "$T/values.csv"
err_has 'twice.csv:4: an area is there twice'
run 2 nib-indicator compare -c Wales "$T/values.csv"
err_has 'the comparator is not among the values'
# Limits about the comparator at the size of the area: of a rate standardised
# directly the size is the people that its count and rate imply, 50 events at
# 500 being 10,000 and not the 20,000 counted. By Byar's formula in python3 30
# expected have limits of 202.4 to 428.3 and 158.4 to 511.2 per 100,000, and
# 60 of 20,000, 228.9 to 386.2 and 194.3 to 440.2.
{
	echo indicator,area,period,count,denominator,value
	echo emergency_admissions,A,2024,50,20000,500
	echo emergency_admissions,All,2024,3000,1000000,300
	echo length_of_stay,A,2024,400,100,4
	echo length_of_stay,All,2024,30000,10000,3
} >"$T/size.csv"
run 0 nib-indicator compare -c All --method spc_rate "$T/size.csv"
out_has 'emergency_admissions,A,2024,,,500,All,300,higher,worse,'
out_has 'length_of_stay,A,2024,,,4,All,3,not_compared,'
sed 's/A,2024,50,20000,500/A,2024,42,20000,420/' "$T/size.csv" >"$T/less.csv"
run 0 nib-indicator compare -c All --method spc_rate "$T/less.csv"
out_has 'emergency_admissions,A,2024,,,420,All,300,similar,similar,'
run 0 nib-indicator compare -c All --method spc_proportion "$T/size.csv"
out_has 'emergency_admissions,A,2024,,,500,All,300,not_compared,'
# Limits without a value, as where they are too wide, are not compared: no
# area has them, nor may the comparator or the period before.
cat >"$T/wide.csv" <<'X'
indicator,area,period,count,denominator,value,lower_95,upper_95,reason
life_expectancy,All,2020,900,90000,85,84,86,
life_expectancy,A,2020,90,6000,,60,82,wide
life_expectancy,A,2021,90,6000,80,79,81,
life_expectancy,All,2021,900,90000,,60,62,wide
X
for m in limits overlap; do
	run 0 nib-indicator compare -c All --method $m "$T/wide.csv"
	out_has 'A,2020,,,,All,85,not_compared,not_compared,'
	out_has 'A,2021,,,80,All,,not_compared,not_compared,,,2020,,,not_compared,'
done
run 2 nib-indicator compare --peers "$T/peers.csv" -c All "$T/values.csv"
err_has 'exclude each other'
printf 'area,like\nLow,High\n' >"$T/bad.csv"
run 2 nib-indicator compare --peers "$T/bad.csv" "$T/values.csv"
err_has 'bad.csv:1: needs a column peer'

# Bands: the case SR_SHMI_OD of testdata/indicator/vectors, from FunnelPlotR,
# with its expected deaths as published, of two digits.
V=$TESTDATA/indicator/vectors
(echo indicator,area,period,numerator,denominator
awk -F, '$1 == "SR_SHMI_OD" { printf "shmi,%s,2024,%s,%.2f\n", $2, $3, $4 }' \
    "$V/funnel_overdispersed.input.csv") >"$T/shmi.csv"
run 0 nib-indicator rate shmi "$T/shmi.csv"
cp "$T/out" "$T/shmi.csv"
run 0 nib-indicator compare --band "$T/shmi.csv"
awk -F, 'NR > 1 { print $2 "," $18 "," $19 }' "$T/out" >"$T/have"
awk -F, '$1 == "SR_SHMI_OD" { print $2 "," $10 "," $11 }' \
    "$V/funnel_overdispersed.expected.csv" >"$T/want"
ok
paste -d, "$T/have" "$T/want" | awk -F, '
function far(a, b) { return (a - b) * (a - b) > 1e-12 * b * b }
$1 != $4 || far($2, $5) || far($3, $6) { print; bad++ }
END { exit bad > 0 || NR != 20 }' >"$T/diff" || { fail bands; cat "$T/diff"; }
out_has ',higher,'
out_has ',as_expected,'
# An area whose count is not known has none of them; the others have theirs.
cat >"$T/whole.csv" <<'X'
indicator,area,period,count,denominator,value,lower_95,upper_95
ae_four_hours,A,2024,90,100,90,82,95
ae_four_hours,B,2024,80,100,80,71,87
ae_four_hours,C,2024,70,100,70,60,78
X
run 0 nib-indicator compare --band "$T/whole.csv"
cut -d, -f2,18-20 "$T/out" >"$T/one"
echo ae_four_hours,X,2024,,100,50,40,60 >>"$T/whole.csv"
run 0 nib-indicator compare --band "$T/whole.csv"
cut -d, -f2,18-20 "$T/out" | grep -v ^X >"$T/others"
same "$T/one" "$T/others"
run 0 nib-indicator chart funnel ae_four_hours "$T/whole.csv"
out_has 'Funnel plot of 4 areas by size. Average: 80.0. Outside'

# Five years up: chi-square for trend 38.1, from tests/unit/test_stats_more.c.
cat >"$T/years.csv" <<'X'
indicator,area,period,numerator,denominator
ae_four_hours,A,2020,510,1000
ae_four_hours,A,2021,540,1010
ae_four_hours,A,2022,560,1005
ae_four_hours,A,2023,610,1020
ae_four_hours,A,2024,640,1015
X
run 0 nib-indicator rate "$T/years.csv"
cp "$T/out" "$T/years.csv"
run 0 nib-indicator compare "$T/years.csv"
out_has 'A,2024,,,63.0541871921,,,not_compared,not_compared,95,no,2023,59.8039215686,3.2502656235,similar,increasing,,,,'

# The same of periods of other kinds, where they follow one another; a year
# that is missing among them is not passed over.
for five in '2019/20 2020/21 2021/22 2022/23 2023/24' \
    '2023-10 2023-11 2023-12 2024-01 2024-02' \
    '2023-Q3 2023-Q4 2024-Q1 2024-Q2 2024-Q3' \
    '2022/23-Q4 2023/24-Q1 2023/24-Q2 2023/24-Q3 2023/24-Q4' \
    'wave1 wave2 wave4 wave7 wave9'; do
	(head -1 "$T/years.csv"; sed 1d "$T/years.csv" | while read -r line; do
		echo "$line" | sed "s|,A,[^,]*,|,A,${five%% *},|"
		five=${five#* }
	done) >"$T/named.csv"
	run 0 nib-indicator compare "$T/named.csv"
	out_has ',similar,increasing,'
done
sed 's/,A,2020,/,A,2019,/' "$T/years.csv" >"$T/gap.csv"
run 0 nib-indicator compare "$T/gap.csv"
out_has ',2023,59.8039215686,3.2502656235,similar,,,,,'
ok
! grep -q increasing "$T/out" || fail 'a year is missing in a trend'
# Nor is one whose value is left out beside its count.
awk -F, -v OFS=, '$3 == 2022 { $8 = $9 = $10 = $11 = $12 = ""
    $14 = "few_events" } 1' "$T/years.csv" >"$T/few.csv"
run 0 nib-indicator compare "$T/few.csv"
out_has 'A,2022,,,,'
ok
! grep -q increasing "$T/out" || fail 'a value is missing in a trend'

# A page about one sex counts areas of that sex alone and says so; without one
# there is nothing to say. An area's page has a picture for each.
cat >"$T/sexes.csv" <<'X'
indicator,area,period,sex,value,lower_95,upper_95
life_expectancy,A,2022,1,79,78,80
life_expectancy,A,2022,2,83,82,84
life_expectancy,A,2023,1,79,78,80
life_expectancy,A,2023,2,83,82,84
life_expectancy,B,2023,1,77,76,77.5
life_expectancy,B,2023,2,84,83,85
life_expectancy,All,2023,1,78.5,78.4,78.6
life_expectancy,All,2023,2,82.5,82.4,82.6
X
run 0 nib-indicator report -c All --sex 1 life_expectancy "$T/sexes.csv"
out_has '<p>Sex 1:</p>'
out_has 'Of 2 areas, 0 are better than, 1 is worse than and 1 is not clearly different from All.'
run 2 nib-indicator report -c All life_expectancy "$T/sexes.csv"
err_has 'by sex or category; choose one'
run 2 nib-indicator report -a A --sex 1 --period 1999 life_expectancy \
    "$T/sexes.csv"
err_has 'of the area or period'
# An area that ends before the others is shown as it was last.
sed 's/^life_expectancy,A,2023,1/life_expectancy,A,2021,1/' "$T/sexes.csv" \
    >"$T/ended.csv"
run 0 nib-indicator report -a A --sex 1 life_expectancy "$T/ended.csv"
out_has 'A, 2022: <strong>79.0 years</strong>'
run 0 nib-indicator report -c All -a A "$T/sexes.csv"
ok
[ "$(grep -c '<figure tabindex="0">' "$T/out")" -eq 2 ] || fail 'a picture for each sex'

# A page: sentence, charts, table, method, data; nothing that runs.
printf 'area,name\nLow,Ash & Elm <NHS> Trust\n' >"$T/names.csv"
run 0 nib-indicator report -c All -a Low --names "$T/names.csv" \
    --source 'Artificial data' ae_four_hours "$T/values.csv"
out_has 'Ash &amp; Elm &lt;NHS&gt; Trust, 2024: <strong>60.0%</strong>.'
out_has ' That is worse than All, which has 85.0%. It does not meet the target of at least 95.0%. It is down from 90.0% in 2023.'
out_has '<h2>How it is worked out</h2>'
out_has 'data:text/csv'
ok
if grep -qi '<script\|onclick\|http://[^w]' "$T/out"; then
	fail 'the page has a script or a link out'
fi
run 0 nib-indicator report -c All ae_four_hours - <"$T/values.csv"
out_has 'Of 3 areas, 1 is better than, 1 is worse than and 1 is not clearly different from All.'
cp "$T/out" "$T/page"
run 0 nib-indicator report -c All ae_four_hours "$T/values.csv"
same "$T/page" "$T/out"
run 2 nib-indicator report ae_twelve_hours "$T/values.csv"
err_has 'no values to report'

# The published monthly A&E return, where it is: England's performance.
AE=$NIB_SRC/../shared/data/real/ae_attendances.csv
if [ -f "$AE" ]; then
	run 0 nib-indicator count ae_return_four_hours "$AE"
	cp "$T/out" "$T/counts.csv"
	run 0 nib-indicator rate --total England "$T/counts.csv"
	grep ',England,' "$T/out" | cut -d, -f3,8 |
		awk -F, '{ printf "%s %.1f\n", $1, $2 }' >"$T/england"
	cp "$T/england" "$T/out"
	out_is '2016/17 89.1
2017/18 88.3
2018/19 88.0'
else
	echo 'skipped: the published A&E return is not beside this tree'
fi

# A page about an area, in all its indicators.
sed 's/^ae_four_hours/ae_twelve_hours/' "$T/values.csv" |
    sed 1d | cat "$T/values.csv" - >"$T/two.csv"
run 0 nib-indicator report -c All -a Low --names "$T/names.csv" "$T/two.csv"
out_has '<h1>Ash &amp; Elm &lt;NHS&gt; Trust</h1>'
out_has 'Of its latest values 1 is better than, 1 is worse than and 0 are not clearly different from All.'
out_has '<h2>A&amp;E attendances completed within four hours</h2>'
out_has 'download="Low.csv"'
ok
[ "$(grep -c 'id="trend' "$T/out")" -ge 2 ] || fail 'no charts'
run 2 nib-indicator report -c All -a Nowhere "$T/two.csv"
err_has 'Nowhere is not among the values'
finish
