#!/bin/sh
# nib-indicator: the library, counting, values, and what it refuses.
. "$(dirname "$0")/lib.sh"
L=$TESTDATA/indicator/library
R=$TESTDATA/indicator/rates
SHARE=$NIB_SHARE
H=indicator,area,period,numerator,denominator

# list, show, check
run 0 nib-indicator list --set 'urgent and emergency care'
out_has 'ae_four_hours,A&E attendances completed within four hours,'
run 0 nib-indicator show ae_four_hours
out_has 'A&E attendances completed within four hours'
out_has 'departure_datetime >= arrival_datetime'
run 0 nib-indicator show --format json ae_four_hours
same "$T/out" "$NIB_SHARE/indicators/ae_four_hours.json"
run 0 nib-indicator show --format html ae_four_hours
out_has 'A&amp;E attendances'
run 0 nib-indicator check
out_is 'indicator,file,line,finding'
run 2 nib-indicator show no_such
err_has 'no no_such.json in share/indicators'
run 2 nib-indicator show
err_has 'name an indicator'
run 2 nib-indicator shwo
err_has 'did you mean show'
run 2 nib-indicator

# A definition that is not sound is refused with file, line and path.
sed 's/"name": "proportion"/"name": "proportoin"/' \
    "$NIB_SHARE/indicators/ae_four_hours.json" >"$T/ae_four_hours.json"
run 1 nib-indicator check "$T/ae_four_hours.json"
out_has 'method.name: is not a method'
run 2 nib-indicator show "$T/ae_four_hours.json"
err_has 'ae_four_hours.json:'
sed 's/"dataset"/"datset"/' "$NIB_SHARE/indicators/ae_four_hours.json" \
    >"$T/ae_four_hours.json"
run 1 nib-indicator check "$T/ae_four_hours.json"
out_has 'unknown property'
sed 's/departure_datetime >= arrival_datetime/left_at IS NOT NULL/' \
    "$NIB_SHARE/indicators/ae_four_hours.json" >"$T/ae_four_hours.json"
run 1 nib-indicator check "$T/ae_four_hours.json"
out_has 'left_at'
A='"assurance": {"rating": "x", "body": "y", "review": "2026-01-31"}'
sed "s/\"status\": \"draft\"/&, $A/" \
    "$NIB_SHARE/indicators/ae_four_hours.json" >"$T/ae_four_hours.json"
run 1 nib-indicator check --on 2026-02-01 "$T/ae_four_hours.json"
out_has 'its review is overdue'
run 0 nib-indicator check --on 2026-01-31 "$T/ae_four_hours.json"

# Counting: the same for any number of workers and any cut into parts.
run 0 nib-indicator count --all -s hes_ae -j 1 "$L/hes_ae.csv"
cp "$T/out" "$T/one"
run 0 nib-indicator count --all -s hes_ae -j 3 "$L/hes_ae.csv"
same "$T/one" "$T/out"
(head -1 "$L/hes_ae.csv"; sed -n 2,100p "$L/hes_ae.csv") >"$T/p1.csv"
(head -1 "$L/hes_ae.csv"; sed -n '101,$p' "$L/hes_ae.csv") >"$T/p2.csv"
head -1 "$L/hes_ae.csv" >"$T/p3.csv"
for p in 1 2 3; do
	run 0 nib-indicator count --partial --all -s hes_ae "$T/p$p.csv"
	cp "$T/out" "$T/part$p.csv"
done
ALL="hes_ae_admitted hes_ae_assessed_within_quarter hes_ae_four_hours
    hes_ae_left_unseen hes_ae_mean_duration hes_ae_treated_within_hour
    hes_ae_unplanned_follow_up"
run 0 nib-indicator count --final $ALL "$T/part1.csv" "$T/part2.csv" \
    "$T/part3.csv"
same "$T/one" "$T/out"
run 0 nib-indicator count --merge $ALL "$T/part2.csv" "$T/part1.csv"
cp "$T/out" "$T/merged.csv"
run 0 nib-indicator count --final $ALL "$T/merged.csv" "$T/part3.csv"
same "$T/one" "$T/out"
run 2 nib-indicator count --final hes_ae_four_hours "$T/merged.csv"
err_has 'was not asked for'
run 2 nib-indicator count --final $ALL "$L/hes_ae.csv"
err_has 'not partial counts'

# One cut short, even at the end of a record, or one that never came.
sed '$d' "$T/part2.csv" >"$T/cut.csv"
run 2 nib-indicator count --final $ALL "$T/part1.csv" "$T/cut.csv"
err_is "nib-indicator count: $T/cut.csv: a partial result that was cut short: it has no last row"
sed 2d "$T/part2.csv" >"$T/cut.csv"
run 2 nib-indicator count --final $ALL "$T/part1.csv" "$T/cut.csv"
err_has 'rows came of'
run 2 nib-indicator count --final --expect-parts 3 $ALL "$T/merged.csv"
err_has '2 parts came, where 3 were expected'
run 0 nib-indicator count --final --expect-parts 3 $ALL "$T/merged.csv" \
    "$T/part3.csv"
same "$T/one" "$T/out"
run 2 nib-indicator count --expect-parts 3 $ALL "$L/hes_ae.csv"
err_has '--expect-parts goes with --merge or --final'
sed 's/DEPDUR <= 240/DEPDUR <= 241/' \
    "$NIB_SHARE/indicators/hes_ae_four_hours.json" \
    >"$T/hes_ae_four_hours.json"
run 0 nib-indicator count --partial "$T/hes_ae_four_hours.json" "$T/p1.csv"
cp "$T/out" "$T/other.csv"
run 2 nib-indicator count --final hes_ae_four_hours "$T/other.csv"
err_has 'another version of the definition'

# A run can be had again; another input is told from another result.
cp "$L/hes_ae.csv" "$T/in.csv"
run 0 nib-indicator count --provenance "$T/run.json" -o "$T/counts.csv" \
    hes_ae_four_hours "$T/in.csv"
run 0 nib-indicator reproduce "$T/run.json"
out_has ',yes'
ok
! grep -q ',no$' "$T/out" || fail 'a run differs from itself'
cp "$T/counts.csv" "$T/kept.csv"
sed -i 2d "$T/in.csv"
run 1 nib-indicator reproduce "$T/run.json"
grep -q "^input $T/in.csv,.*,no$" "$T/out" || fail 'the input is not named'
same "$T/kept.csv" "$T/counts.csv"
run 2 nib-indicator reproduce "$NIB_SHARE/indicators/shmi.json"
err_has 'lacks "format"'
run 2 nib-indicator reproduce
err_has 'one provenance file'

# What counting refuses: no file appears, and the message names the place.
run 2 nib-indicator count -o "$T/no" ae_four_hours hes_ae_four_hours \
    "$L/hes_ae.csv"
err_has 'of the dataset'
no_file "$T/no"
cut -d, -f1-8 "$L/hes_ae.csv" >"$T/short.csv"
run 2 nib-indicator count -o "$T/no" hes_ae_four_hours "$T/short.csv"
err_has 'indicator hes_ae_four_hours'
err_has 'DEPDUR'
no_file "$T/no"
sed '3s/,[0-9]*$/,secret/' "$L/hes_ae.csv" >"$T/bad.csv"
run 2 nib-indicator count -o "$T/no" hes_ae_four_hours "$T/bad.csv"
err_has 'bad.csv:3: record 2, column 9 (DEPDUR)'
err_lacks secret
no_file "$T/no"
: >"$T/empty"
run 2 nib-indicator count hes_ae_four_hours "$T/empty"
run 2 nib-indicator count --all "$L/hes_ae.csv"
err_has 'needs -s'
run 2 nib-indicator count --all -s procedure "$L/hes_ae.csv"
err_has 'no indicator of the library'
head -1 "$L/hes_ae.csv" >"$T/header.csv"
run 0 nib-indicator count hes_ae_four_hours "$T/header.csv"
out_is 'indicator,area,period,sex,age_band,category,numerator,denominator,squares'

# --all passes over what the file lacks fields for; by name it is refused.
cut -d, -f1-8 "$L/hes_ae.csv" >"$T/short.csv"
run 0 nib-indicator count --all -s hes_ae "$T/short.csv"
err_has 'hes_ae_four_hours is passed over: '
err_has 'DEPDUR'
out_has 'hes_ae_treated_within_hour,'
ok
! grep -q '^hes_ae_four_hours' "$T/out" || fail 'counted without its field'
cut -d, -f1,2 "$L/hes_ae.csv" >"$T/shorter.csv"
run 2 nib-indicator count --all -s hes_ae -o "$T/no" "$T/shorter.csv"
err_has 'no indicator of the dataset hes_ae can be counted'
no_file "$T/no"

# Case mix: parts made with other coefficients do not mix, and what is wrong
# with a table has its place.
mkdir "$T/share"
cp -R "$NIB_SHARE/." "$T/share"
A=$L/admitted_episode.csv
run 0 nib-indicator count --partial in_hospital_mortality_adjusted "$A"
cp "$T/out" "$T/part.csv"
run 0 nib-indicator count --final in_hospital_mortality_adjusted "$T/part.csv"
cp "$T/out" "$T/final.csv"
run 0 nib-indicator count -j 3 in_hospital_mortality_adjusted "$A"
same "$T/final.csv" "$T/out"
M=$T/share/casemix/example_mortality.csv
sed -i 's/,-4.2$/,-4.1/' "$M"
NIB_SHARE=$T/share
run 2 nib-indicator count --final in_hospital_mortality_adjusted "$T/part.csv"
err_has 'another version of the definition'
sed -i '3s/0.9$/much/' "$M"
run 2 nib-indicator show in_hospital_mortality_adjusted
err_has 'example_mortality.csv:3: coefficient must be a number'
sed -i '3s/much$/1/; 4s/birth_date/born/' "$M"
run 1 nib-indicator check in_hospital_mortality_adjusted
out_has 'born'
sed -i 's/"sum": "post_eq5d_index"/&, "scale": 5/' \
    "$T/share/indicators/proms_hip_casemix_gain.json"
run 2 nib-indicator show proms_hip_casemix_gain
err_has 'a mean keeps up to 4 digits'
sed -i 's/, "scale": 5//; s/"linear"/"logistic"/' \
    "$T/share/indicators/proms_hip_casemix_gain.json"
run 2 nib-indicator show proms_hip_casemix_gain
err_has 'needs a linear model'
cp "$SHARE/indicators/proms_hip_casemix_gain.json" "$T/share/indicators"
# An sii with simulated limits: the same value, near limits, the same again.
NIB_SHARE=$SHARE
run 0 nib-indicator count life_expectancy_inequality "$L/mortality.csv"
cp "$T/out" "$T/deaths.csv"
run 0 nib-indicator rate -p "$L/population_life.csv" "$T/deaths.csv"
cp "$T/out" "$T/analytic.csv"
sed -i 's/"name": "sii"/&, "draws": 200000, "seed": 7/' \
    "$T/share/indicators/life_expectancy_inequality.json"
NIB_SHARE=$T/share
run 0 nib-indicator rate -p "$L/population_life.csv" "$T/deaths.csv"
cp "$T/out" "$T/simulated.csv"
run 0 nib-indicator rate -p "$L/population_life.csv" "$T/deaths.csv"
same "$T/simulated.csv" "$T/out"
ok
paste -d, "$T/analytic.csv" "$T/simulated.csv" | awk -F, '
NR > 1 && $8 != "" { n++; w = $10 - $9; d = $9 - $23; e = $10 - $24
	if ($8 != $22 || d * d > w * w / 1e4 || e * e > w * w / 1e4 ||
	    $9 == $23) { print; bad = 1 } }
END { exit bad || n == 0 }' >"$T/diff" || {
	fail 'simulated limits'; head -3 "$T/diff"; }
sed -i 's/"draws": 200000, "seed": 7/"draws": 10/' \
    "$T/share/indicators/life_expectancy_inequality.json"
run 2 nib-indicator show life_expectancy_inequality
err_has 'draws'
NIB_SHARE=$SHARE

# A death that the model, or one that the link to deaths, knows nothing of is
# neither observed nor expected: as if the spell were not there.
D=$(head -1 "$L/admitted_episode.csv" | tr , '\n' | grep -n died_30_days |
    cut -d: -f1)
E=$(head -1 "$L/admitted_episode.csv" | tr , '\n' | grep -n expected_death |
    cut -d: -f1)
awk -F, -v OFS=, -v d="$D" -v e="$E" 'NR > 1 && $d == "1" && n++ < 3 {
    if (n == 2) $d = ""; else $e = "" } 1' "$L/admitted_episode.csv" \
    >"$T/unknown.csv"
awk -F, -v d="$D" 'NR > 1 && $d == "1" && n++ < 3 { next } 1' \
    "$L/admitted_episode.csv" >"$T/gone.csv"
run 0 nib-indicator count shmi "$T/gone.csv"
cp "$T/out" "$T/one"
run 0 nib-indicator count shmi "$T/unknown.csv"
same "$T/one" "$T/out"
ok
[ -s "$T/one" ] && ! cmp -s "$T/gone.csv" "$L/admitted_episode.csv" ||
	fail 'nothing was left out'

# Values: a group that cannot be computed is empty, with a reason.
run 0 nib-indicator rate "$R/counts.csv"
out_has 'A,2024,,,90,100,90,82.5634338495,94.4770862939,'
out_has 'B,2024,,,0,0,,,,,,,zero_denominator'
out_has 'C,2024,,,11,10,,,,,,,above_denominator'
out_has 'D,2024,,,,10,,,,,,,missing'
out_has 'E,2024,,,-1,10,,,,,,,negative'
run 0 nib-indicator rate -p "$R/people.csv" --total England "$R/bands.csv"
out_has 'A,2024,,,22,4500,623.931623932,'
out_has 'B,2024,,,,,,,,,,,missing_band:70-74;85-89'
out_has 'C,2024,,,3,4500,,,,,,,small_count'
out_has 'D,2024,,,,,,,,,,,unknown_band'
out_has 'E,2024,,,,,,,,,,,no_population'
out_has 'F,2024,,,0,4500,,,,,,,small_count'
out_has 'England,2024,,,,,,,,,,,missing_band'
run 2 nib-indicator rate "$R/bands.csv"
err_has 'needs a population'
# Bands that no standard has: it is they that are wrong, not the population.
printf 'area,period,age_band,numerator,denominator\nD,2024,0-3,5,100\n' \
    >"$T/odd.csv"
run 0 nib-indicator rate emergency_admissions "$T/odd.csv"
out_has 'emergency_admissions,D,2024,,,,,,,,,,,unknown_band'
run 2 nib-indicator rate -p "$R/counts.csv" "$R/bands.csv"
err_has 'area and population'
sed 's/65-69,1000/65 to 69,1000/' "$R/people.csv" >"$T/people.csv"
run 2 nib-indicator rate -p "$T/people.csv" "$R/bands.csv"
err_has "people.csv:2: record 1, column 2 (age_band): is not a band"
sed 's/ae_four_hours,A/ae_five_hours,A/' "$R/counts.csv" >"$T/counts.csv"
run 2 nib-indicator rate "$T/counts.csv"
err_has 'is not an indicator of the library'
sed 's/,90,100/,ninety,100/' "$R/counts.csv" >"$T/counts.csv"
run 2 nib-indicator rate "$T/counts.csv"
err_has 'column 4 (numerator): must be a number'
err_lacks ninety
# A total with several wrong areas says the same in whatever order they come.
run 0 nib-indicator rate --total England "$R/counts.csv"
cp "$T/out" "$T/one"
{ head -1 "$R/counts.csv"; sed 1d "$R/counts.csv" | sort -r; } >"$T/turned.csv"
run 0 nib-indicator rate --total England "$T/turned.csv"
same "$T/one" "$T/out"
out_has 'England,2024,,,,,,,,,,,missing'
run 2 nib-indicator rate --total A "$R/counts.csv"
err_has 'the name of the total'
run 2 nib-indicator rate --confidence 100 "$R/counts.csv"
err_has '50 to below 100'
run 2 nib-indicator rate --confidence 95,99,95.00000001 "$R/counts.csv"
err_has 'from one another'
run 2 nib-indicator rate --confidence 99.99999999 "$R/counts.csv"
err_has 'differ from 100'
run 0 nib-indicator rate --confidence 90 ae_four_hours "$R/counts.csv"
out_has 'value,lower_90,upper_90,method'
# python3: Wilson, 90 of 100, z = 1.6448536269514722
out_has '90,100,90,83.9644490389,93.9281332985,'
# Disclosure: 1 to 7 masked, also among those not in the numerator; the rest
# to the nearest 5, and values of the rounded counts.
cat >"$T/small.csv" <<'X'
indicator,area,period,numerator,denominator
ae_four_hours,A,2024,88,101
ae_four_hours,B,2024,3,101
ae_four_hours,C,2024,97,101
ae_four_hours,D,2024,0,4
ae_four_hours,E,2024,0,101
ae_four_hours,F,2024,101,101
X
run 0 nib-indicator rate --disclosure hes "$T/small.csv"
out_has 'A,2024,,,90,100,90,82.5634338495,94.4770862939,'
out_has 'B,2024,,,,,,,,,,,suppressed'
out_has 'C,2024,,,,,,,,,,,suppressed'
out_has 'D,2024,,,,,,,,,,,suppressed'
out_has 'E,2024,,,0,100,0,0,'
out_has 'F,2024,,,100,100,100,'
cp "$T/out" "$T/hes"
run 0 nib-indicator rate --disclosure definition "$T/small.csv"
same "$T/hes" "$T/out"
# Hidden, not rounded: B's 3 would be All less the others, so the smallest of
# them goes too; without a total nothing gives B away.
cat >"$T/four.csv" <<'X'
indicator,area,period,numerator,denominator
ae_four_hours,A,2024,88,101
ae_four_hours,B,2024,3,101
ae_four_hours,C,2024,60,101
ae_four_hours,D,2024,50,101
X
run 0 nib-indicator rate --total All --disclosure hes:suppress "$T/four.csv"
out_has 'A,2024,,,88,101,87.1287128713,'
out_has 'All,2024,,,201,404,'
out_has 'B,2024,,,,,,,,,,,suppressed'
out_has 'C,2024,,,60,101,'
out_has 'D,2024,,,,,,,,,,,suppressed'
run 0 nib-indicator rate --disclosure hes:suppress "$T/four.csv"
out_has 'B,2024,,,,,,,,,,,suppressed'
out_has 'D,2024,,,50,101,'
# Who is not in the count is counted too: 101 less 97 is 4.
sed 's/B,2024,3,/B,2024,97,/' "$T/four.csv" >"$T/rest.csv"
run 0 nib-indicator rate --total All --disclosure definition:suppress \
    "$T/rest.csv"
out_has 'B,2024,,,,,,,,,,,suppressed'
ok
[ "$(grep -c suppressed "$T/out")" -eq 2 ] || fail 'one more is hidden'
run 2 nib-indicator rate --disclosure hes:guess "$T/four.csv"
err_has 'round and suppress'
run 0 nib-indicator rate --disclosure none "$T/small.csv"
out_has 'B,2024,,,3,101,2.9702970297,'
printf 'indicator,area,numerator,denominator,squares\n%s\n%s\n' \
    length_of_stay,A,20,7,60 length_of_stay,B,24,12,60 >"$T/mean.csv"
run 0 nib-indicator rate --disclosure hes "$T/mean.csv"
out_has 'length_of_stay,A,,,,,,,,,,,,suppressed'
out_has 'length_of_stay,B,,,,,10,2,'
run 0 nib-indicator rate -p "$R/people.csv" --disclosure hes "$R/bands.csv"
out_has 'A,2024,,,20,4500,623.9,'
out_has 'C,2024,,,,,,,,,,,suppressed'
# What is published of 18 and of 22 events, both 20 then, must not tell them
# apart: neither how limits lie about a value (of an interval by Dobson a
# function of the count alone), nor value times denominator, nor, of 8 and of
# 12 values, Student's limits at two levels.
head -1 "$R/bands.csv" >"$T/near.csv"
for k in 8 10 12; do
	printf 'falls_admissions_65,A,20%d,%s\n' $((k + 10)) "65-69,$k" \
	    $((k + 10)) 70-74,10
done >>"$T/near.csv"
sed '1p; /^A/!d' "$R/people.csv" >"$T/people.csv"
run 0 nib-indicator rate -p "$T/people.csv" --disclosure hes \
    falls_admissions_65 "$T/near.csv"
ok
awk -F, 'NR > 1 { n++; r = ($12 - $8) / ($10 - $8); s = ($8 - $9) / ($10 - $8)
    # of 20 events; of 18 and 22: 1.665, 0.702; 1.657, 0.727
    if ($6 != 20 || r < 1.659 || r > 1.662 || s < 0.714 || s > 0.7165) bad = 1 }
END { exit bad || n != 3 }' "$T/out" || { fail 'a rate tells its count'
	cat "$T/out"; }
sed 's/"name": "dsr"/"name": "isr_ratio"/' \
    "$SHARE/indicators/falls_admissions_65.json" \
    >"$T/falls_admissions_65.json"
run 0 nib-indicator rate -p "$T/people.csv" --disclosure hes --total All \
    "$T/falls_admissions_65.json" "$T/near.csv"
ok
awk -F, 'NR > 1 && $8 != "" { n++; x = $8 * $7 / 100; k = int(x / 5 + 0.5) * 5
    if ($6 % 5 != 0 || (x - k) * (x - k) > 1e-12) bad = 1 }
END { exit bad || n != 6 }' "$T/out" || { fail 'a ratio tells its count'
	cat "$T/out"; }
run 2 nib-indicator rate -p "$T/people.csv" --disclosure hes:suppress \
    "$T/falls_admissions_65.json" "$T/near.csv"
err_has 'would give a hidden one away'
printf '%s,squares\n%s\n%s\n%s\n' $H length_of_stay,A,2020,1000,8,250000 \
    length_of_stay,A,2021,1000,12,250000 length_of_stay,B,2020,3,20,3 \
    >"$T/mean.csv"
run 0 nib-indicator rate --disclosure hes "$T/mean.csv"
out_has 'length_of_stay,A,2020,,,,10,125,'
out_has 'length_of_stay,A,2021,,,,10,83.3,'
out_has 'length_of_stay,B,2020,,,,,,,,,,,suppressed' # 3 of 20
ok
# python3, scipy: t.ppf(.999, 9) / t.ppf(.975, 9) is 1.9004
awk -F, 'NR > 1 && $8 != "" { n++; r = ($12 - $8) / ($10 - $8)
    if (r < 1.8985 || r > 1.9025) bad = 1 }
END { exit bad || n != 2 }' "$T/out" || { fail 'a mean tells its number'
	cat "$T/out"; }
printf 'indicator,area,numerator\nbed_days,A,2000\n' >"$T/sum.csv"
run 2 nib-indicator rate --disclosure hes "$T/sum.csv"
err_has 'bed_days adds up values'
# ons-deaths: no crude rate of fewer than 3 events, no standardised one of
# fewer than 10, and of fewer than 20 they are marked; counts are shown.
cat >"$T/few.csv" <<'X'
indicator,area,period,numerator,denominator
ae_four_hours,A,2024,2,100
ae_four_hours,B,2024,3,100
ae_four_hours,C,2024,19,100
ae_four_hours,D,2024,20,100
X
run 0 nib-indicator rate --disclosure ons-deaths "$T/few.csv"
out_has 'A,2024,,,2,100,,,,,,,few_events'
out_has 'B,2024,,,3,100,3,'
out_has 'C,2024,,,19,100,19,'
ok
[ "$(grep -c ',unreliable$' "$T/out")" -eq 2 ] || fail 'B and C are marked'
ok
grep -q 'D,2024,,,20,100,20,.*,$' "$T/out" || fail 'D is not marked'
run 0 nib-indicator rate -p "$R/people.csv" "$R/bands.csv"
cp "$T/out" "$T/free"
run 0 nib-indicator rate -p "$R/people.csv" --disclosure ons-deaths \
    "$R/bands.csv"
same "$T/free" "$T/out" # 22 events, or none that could be standardised
for rule in standardised_least:few_events unreliable_below:unreliable; do
	printf '{ "name": "x", "rates": { "%s": 23 } }\n' "${rule%:*}" \
	    >"$T/rule.json"
	run 0 nib-indicator rate -p "$R/people.csv" \
	    --disclosure "$T/rule.json" "$R/bands.csv"
	ok
	grep -q "A,2024,,,22,4500,.*,${rule#*:}\$" "$T/out" || fail "$rule"
done
run 2 nib-indicator rate --disclosure no_such "$T/small.csv"

# A row below zero is not made good by another of its group, whichever comes
# first; a gain may be below zero, events may not.

for rows in 'ae_four_hours,A,2024,-5,10 ae_four_hours,A,2024,10,10' \
    'ae_four_hours,A,2024,10,10 ae_four_hours,A,2024,-5,10' \
    'ae_four_hours,A,2024,5,-10 ae_four_hours,A,2024,1,20' \
    'outpatient_follow_up_ratio,A,2024,-5,10'; do
	echo $H | cat - >"$T/below.csv"
	printf '%s\n' $rows >>"$T/below.csv"
	for profile in none hes; do
		run 0 nib-indicator rate --total England \
		    --disclosure $profile "$T/below.csv"
		ok
		! grep -qE '^[a-z_]*,(A|England),2024,,,[-0-9]*,[-0-9]*,[^,]' \
		    "$T/out" || fail "$profile: a value of $rows"
	done
done
run 0 nib-indicator rate --total England "$T/below.csv"
out_has 'ratio,A,2024,,,-5,10,,,,,,,negative'
printf '%s\nproms_hip_oxford_gain,A,2024,-5,10\n' $H >"$T/below.csv"
run 0 nib-indicator rate "$T/below.csv"
out_has 'gain,A,2024,,,-5,10,-0.5,'
sed '2s/,1000$/,-1000/' "$R/people.csv" >"$T/people.csv"
run 2 nib-indicator rate -p "$T/people.csv" "$R/bands.csv"
err_has 'people.csv:2: record 1, column 3 (population): is below zero'
# A mean whose squares are not given has no limits: not limits of no width.
printf '%s,squares\n%s\n%s\n' indicator,area,numerator,denominator \
    length_of_stay,A,10,3, length_of_stay,B,10,5,30 >"$T/mean.csv"
run 0 nib-indicator rate --total England "$T/mean.csv"
out_has 'length_of_stay,A,,,,10,3,3.33333333333,,,,,,missing'
out_has 'length_of_stay,England,,,,20,8,2.5,,,,,,missing'
# python3 with scipy: 2 - stats.t.ppf(.975, 4) * sqrt(10 / 4 / 5)
out_has 'length_of_stay,B,,,,10,5,2,0.0367568385224,'
# Of 25 values of 1,000,000,000 and 25 of one more: python3 with scipy,
# 1e9 + 0.5 -/+ stats.t.ppf(.975, 49) * sqrt(12.5 / 49 / 50)
printf '%s,squares\n%s\n' indicator,area,numerator,denominator \
    cost_per_spell,A,50000000025,50,50000000050000000025 >"$T/mean.csv"
run 0 nib-indicator rate "$T/mean.csv"
out_has '1000000000.5,1000000000.36,1000000000.64,'

# An index of inequality: deciles by number, not 10 after 1; 95% limits of
# life expectancy behind any level asked for; and none from the others of an
# area that lacks a decile.
run 0 nib-indicator rate -p "$L/population_life.csv" "$T/deaths.csv"
cp "$T/out" "$T/one"
C=$(head -1 "$T/deaths.csv" | tr , '\n' | grep -n category | cut -d: -f1)
P=$(head -1 "$L/population_life.csv" | tr , '\n' | grep -n category |
    cut -d: -f1)
awk -F, -v OFS=, -v c=$C 'NR > 1 { $c += 0 } 1' "$T/deaths.csv" \
    >"$T/numbers.csv"
awk -F, -v OFS=, -v c=$P 'NR > 1 && $c != "" { $c += 0 } 1' \
    "$L/population_life.csv" >"$T/people.csv"
run 0 nib-indicator rate -p "$T/people.csv" "$T/numbers.csv"
same "$T/one" "$T/out"
run 0 nib-indicator rate --confidence 99 -p "$L/population_life.csv" \
    "$T/deaths.csv"
ok
[ "$(cut -d, -f1-8 "$T/one" | cksum)" = "$(cut -d, -f1-8 "$T/out" | cksum)" ] ||
	fail 'an index depends on the level asked for'
A=$(awk -F, 'NR > 1 && $8 != "" { print $2; exit }' "$T/one")
awk -F, -v c=$C -v a="$A" 'NR == 1 || $2 != a || $c != "03"' \
    "$T/deaths.csv" >"$T/fewer.csv"
awk -F, -v c=$P -v a="$A" 'NR == 1 || !($1 == a && $c == "03")' \
    "$L/population_life.csv" >"$T/people.csv"
run 0 nib-indicator rate -p "$T/people.csv" "$T/fewer.csv"
ok
grep "inequality,$A," "$T/out" | grep -q ',missing_band:03$' ||
	fail 'a decile is missing and nothing says so'

# What is missing from a record is missing: not 0, and not the rest of it.
printf '%s\n' indicator,area,period,age_band,numerator,denominator \
    falls_admissions_65,A,2024,65-69,, falls_admissions_65,A,2024,70-74,30, \
    falls_admissions_65,F,2024,65-69,20, falls_admissions_65,F,2024,65-69,, \
    >"$T/blank.csv"
run 0 nib-indicator rate -p "$R/people.csv" --total All "$T/blank.csv"
out_has '65,A,2024,,,,,,,,,,,missing_band:65-69'
out_has '65,F,2024,,,,,,,,,,,missing_band:65-69'
out_has '65,All,2024,,,,,,,,,,,missing_band'
printf '%s\n' $H ae_four_hours,A,2024,5,10 ae_four_hours,A,2024,, \
    ae_four_hours,B,2024,5, ae_four_hours,B,2024,,10 >"$T/blank.csv"
run 0 nib-indicator rate "$T/blank.csv"
out_has 'ae_four_hours,A,2024,,,,10,,,,,,,missing'
out_has 'ae_four_hours,B,2024,,,5,10,50,'
# Events of nobody are not part of a total, and nor are they left out.
printf '%s\n' $H ae_four_hours,A,2024,5,10 ae_four_hours,B,2024,0,0 \
    >"$T/nobody.csv"
run 0 nib-indicator rate --total All "$T/nobody.csv"
out_has 'All,2024,,,5,10,50,'
sed 's/ae_four_hours/outpatient_follow_up_ratio/; s/,0,0$/,3,0/' \
    "$T/nobody.csv" >"$T/some.csv"
run 0 nib-indicator rate --total All "$T/some.csv"
out_has 'All,2024,,,,,,,,,,,zero_denominator'
# The reference of an indirect method is of areas that nothing is wrong with.
sed 's/"name": "dsr"/"name": "isr_ratio"/' \
    "$SHARE/indicators/falls_admissions_65.json" \
    >"$T/falls_admissions_65.json"
grep -v ',[BDE],' "$R/bands.csv" >"$T/fine.csv"
grep -v '^[BDE],' "$R/people.csv" >"$T/people.csv"
run 0 nib-indicator rate -p "$T/people.csv" "$T/falls_admissions_65.json" \
    "$T/fine.csv"
sed 1d "$T/out" >"$T/one"
run 0 nib-indicator rate -p "$R/people.csv" "$T/falls_admissions_65.json" \
    "$R/bands.csv"
grep ',[ACF],2024' "$T/out" >"$T/others"
same "$T/one" "$T/others"
{ cat "$T/fine.csv"; echo falls_admissions_65,B,2024,65-69,-900; } \
    >"$T/below.csv"
sed '2,$s/^A,/B,/' "$T/people.csv" | grep '^B' |
    cat "$T/people.csv" - >"$T/more.csv"
run 0 nib-indicator rate -p "$T/more.csv" "$T/falls_admissions_65.json" \
    "$T/below.csv"
grep ',[ACF],2024' "$T/out" >"$T/others"
same "$T/one" "$T/others"

# Exact limits at any size: nothing but values is on standard output.
sed 's/"name": "proportion"/&, "limits": "exact"/' \
    "$SHARE/indicators/ae_four_hours.json" >"$T/ae_four_hours.json"
printf '%s\nae_four_hours,A,2024,9007199254741071,9007199254741181\n' $H \
    >"$T/large.csv"
run 0 nib-indicator rate "$T/ae_four_hours.json" "$T/large.csv"
ok
[ "$(grep -c ^ "$T/out")" -eq 2 ] || fail 'more than one value came out'

# The order of the counts does not matter.
run 0 nib-indicator rate "$R/counts.csv"
cp "$T/out" "$T/one"
(head -1 "$R/counts.csv"; sed 1d "$R/counts.csv" | sort -r) >"$T/back.csv"
run 0 nib-indicator rate "$T/back.csv"
same "$T/one" "$T/out"
finish
