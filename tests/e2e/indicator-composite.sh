#!/bin/sh
# Composites: scales and means by awk from the values of the components, in
# one pass from records, with areas that lack a component, and refusals.
# tests/e2e/indicator-library.sh has those of the library.
. "$(dirname "$0")/lib.sh"

# NAME SCALE MEAN LEAST
composite() {
	cat >"$T/$1.json" <<EOF
{"id": "$1", "version": "1", "title": "t", "status": "draft",
 "purpose": "p", "definition": "d", "area_type": "provider",
 "period_type": "financial year",
 "method": {"name": "composite", "scale": "$2", "mean": "$3", "least": $4,
  "multiplier": 100},
 "components": [
  {"indicator": "ae_four_hours", "weight": 3, "polarity": "high"},
  {"indicator": "ae_twelve_hours", "polarity": "low"}],
 "unit": "u", "history": [{"version": "1", "change": "c"}]}
EOF
}
composite relative relative geometric 2
composite exponential exponential arithmetic 1
composite rank rank arithmetic 2
cat >"$T/counts.csv" <<'EOF'
indicator,area,period,numerator,denominator
ae_four_hours,A,2023/24,90,100
ae_four_hours,B,2023/24,80,100
ae_four_hours,C,2023/24,90,100
ae_four_hours,D,2023/24,60,100
ae_four_hours,A,2024/25,50,100
ae_four_hours,B,2024/25,70,0
ae_twelve_hours,A,2023/24,5,100
ae_twelve_hours,B,2023/24,10,100
ae_twelve_hours,C,2023/24,1,100
ae_twelve_hours,A,2024/25,5,100
ae_twelve_hours,B,2024/25,10,100
EOF
run 0 nib-indicator rate --total England "$T/relative.json" \
    "$T/exponential.json" "$T/rank.json" "$T/counts.csv"
# Of 2023/24: England has 80% and 16/300; ranks of 60, 80, 90, 90 are 1, 2, 3.5
# and 3.5, of 10, 5, 1 backwards 1, 2, 3.
awk 'BEGIN {
	e = 1 - exp(-100 / 23)
	a["A"] = 90; a["B"] = 80; a["C"] = 90; a["D"] = 60
	t["A"] = 5; t["B"] = 10; t["C"] = 1
	r["A"] = r["C"] = 3.5; r["B"] = 2; r["D"] = 1
	q["A"] = 2; q["B"] = 1; q["C"] = 3
	split("A B C D", areas, " ")
	for (i = 1; i <= 4; i++) {
		k = areas[i]
		x = -23 * log(1 - r[k] / 4 * e)
		y = -23 * log(1 - q[k] / 3 * e)
		if (k == "D") {
			printf "exponential %s %.6f\n", k, 100 * x
			continue
		}
		printf "exponential %s %.6f\n", k, 100 * (3 * x + y) / 4
		printf "rank %s %.6f\n", k, 100 * (3 * r[k] / 4 + q[k] / 3) / 4
		printf "relative %s %.6f\n", k, 100 * \
		    ((a[k] / 80) ^ 3 * (1600 / 300 / t[k])) ^ (1 / 4)
	}
}' | sort >"$T/want"
grep '^[er][xae]' "$T/out" | awk -F, '$3 == "2023/24" && $8 != "" {
	printf "%s %s %.6f\n", $1, $2, $8 }' | sort >"$T/have"
same "$T/want" "$T/have"
# Lacks one of two, and a year in which one component has one area only.
out_has 'rank,D,2023/24,,,1,2,,,,,,,missing_component:ae_twelve_hours'
out_has 'rank,A,2024/25,,,1,2,,,,,,,missing_component:ae_four_hours'
out_has 'exponential,D,2023/24,,,1,2,'
ok
if grep -q '^relative,England' "$T/out"; then fail 'the total has a score'; fi
# Its components are among what comes out; without a total there is no ratio.
out_has 'ae_four_hours,England,2023/24,,,320,400,80,'
run 0 nib-indicator rate "$T/relative.json" "$T/counts.csv"
out_has 'relative,A,2023/24,,,0,2,,,,,,,missing_component:ae_four_hours;ae_twelve_hours'
# Rows in another order, the same bytes.
run 0 nib-indicator rate --total England "$T/exponential.json" "$T/counts.csv"
cp "$T/out" "$T/one"
{ head -1 "$T/counts.csv"; sed 1d "$T/counts.csv" | sort -r; } >"$T/turned.csv"
run 0 nib-indicator rate --total England "$T/exponential.json" \
    "$T/turned.csv"
same "$T/one" "$T/out"

# From records: what is counted are the components, in one pass.
L=$TESTDATA/indicator/library
run 0 nib-indicator count urgent_care_composite "$L/emergency.csv"
cp "$T/out" "$T/composite"
run 0 nib-indicator count ae_four_hours ae_twelve_hours \
    ae_assessed_within_quarter ae_mean_time_to_treatment \
    ae_unplanned_reattendance "$L/emergency.csv"
same "$T/composite" "$T/out"
run 0 nib-indicator rate --total England urgent_care_composite \
    "$T/composite"
cp "$T/out" "$T/values.csv"
run 0 nib-indicator report urgent_care_composite "$T/values.csv"
out_has 'Urgent care: five indicators of A&amp;E in one'
out_has 'ae_four_hours, weight 2; high values make it high'
# All areas together have no value, and the areas are drawn all the same.
run 0 nib-indicator report -c England urgent_care_composite "$T/values.csv"
out_has 'Areas from high to low'
out_has '<div class="wide" role="region" tabindex="0" aria-label="The figures">'
run 0 nib-indicator chart league urgent_care_composite "$T/values.csv"
out_has '<svg'
# Nothing was compared, so nothing is called similar.
ok
if grep -q similar "$T/out"; then fail 'a legend without a comparison'; fi
run 0 nib-indicator chart map-table urgent_care_composite "$T/values.csv"
ok
if grep -q similar "$T/out"; then fail 'a legend without a comparison'; fi
# A long name keeps its ends, and is whole in the point's title.
cat >"$T/names.csv" <<'EOF'
area,name
RXA,"The Royal United and County of Northumberland Université Hospitals NHS Foundation Trust one"
EOF
run 0 nib-indicator chart league --names "$T/names.csv" \
    urgent_care_composite "$T/values.csv"
out_has '>The Royal United and'
out_has '…'
out_has 'Trust one</text>'
out_has '<title>The Royal United and County of Northumberland Université Hospitals NHS Foundation Trust one'
ok
command -v iconv >/dev/null && { iconv -f UTF-8 -t UTF-8 "$T/out" \
    >/dev/null || fail 'a character was cut'; }
run 0 nib-indicator show --format html urgent_care_composite
out_has 'z-scores over the areas'
run 2 nib-indicator rate urgent_care_composite - <<'EOF'
indicator,area,period,numerator,denominator
urgent_care_composite,A,2024/25,1,2
EOF
err_has 'urgent_care_composite is a composite: what is counted are its components'
# Components suppressed by a profile are missing.
run 0 nib-indicator rate --disclosure hes "$T/rank.json" - <<'EOF'
indicator,area,period,numerator,denominator
ae_four_hours,A,2024/25,3,100
ae_four_hours,B,2024/25,50,100
ae_four_hours,C,2024/25,40,100
ae_twelve_hours,A,2024/25,20,100
ae_twelve_hours,B,2024/25,30,100
ae_twelve_hours,C,2024/25,40,100
EOF
out_has 'rank,A,2024/25,,,1,2,,,,,,,missing_component:ae_four_hours'

# Definitions that say something impossible.
# EDIT MESSAGE: the rank definition, edited.
refused() {
	sed "$1" "$T/rank.json" >"$T/bad.json"
	sed 's/"id": "rank"/"id": "bad"/' "$T/bad.json" >"$T/b"
	mv "$T/b" "$T/bad.json"
	run "$3" nib-indicator check "$T/bad.json"
	cat "$T/out" "$T/err" >"$T/said"
	ok
	grep -qF -- "$2" "$T/said" || fail "not said: $2"
}
refused 's/"rank", "mean": "arithmetic"/"z_score", "mean": "geometric"/' \
    'no geometric mean' 1
refused 's/"least": 2/"least": 3/' 'least' 1
refused 's/"scale": "rank", //' 'a composite needs' 1
refused 's/, "polarity": "low"//' 'which of its values make the composite high' 1
refused 's/ae_twelve_hours/ae_four_hours/' 'is named twice' 1
refused 's/ae_twelve_hours/urgent_care_composite/' 'is a composite' 1
refused 's/ae_twelve_hours/nhs_number_verified/' 'of another area_type' 1
refused 's/ae_twelve_hours/no_such/' 'no_such' 1
refused 's/"unit"/"dataset": "emergency", "unit"/' 'belongs to the components' 1
refused 's/"weight": 3/"weight": 0/' 'weight' 1
run 2 nib-indicator count "$T/bad.json" "$L/emergency.csv"
finish
