#!/bin/sh
# share/indicators/schema.json says what nib-indicator(5) says: see
# indicator-schema.py. And what check finds has the line it stands at.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
cd "$T" || exit 99

# OLD NEW LINE-OF FINDING: hes_ae_four_hours with a text changed; the line is
# that of the first line of the file with LINE-OF.
finds() {
	ok
	sed "s~$1~$2~" "$NIB_SHARE/indicators/$D.json" >"$D.json"
	! cmp -s "$NIB_SHARE/indicators/$D.json" "$D.json" ||
		fail "not changed: $1"
	line=$(grep -nF -- "$3" "$D.json" | head -1 | cut -d: -f1)
	run 1 nib-indicator check "./$D.json"
	out_has "./$D.json,$line,"
	out_has "$4"
}
D=hes_ae_four_hours
finds 'DEPDUR <= 240' 'DEPDURR <= 240' '"count": "DEPDURR' \
    'numerator.count: expression, character 1'
finds '"disclosure": "hes"' '"disclosure": "hess"' hess \
    'disclosure: no hess.json in share/disclosure; did you mean hes?'
finds '"dataset": "hes_ae"' '"dataset": "hes_a"' '"hes_a"' 'dataset: no hes_a'
finds "\"when\": \"AE" "\"when\": \"XAE" '"when": "XAE' 'exclusions[0].when: '
finds '"name": "proportion"' '"name": "proportoin"' proportoin \
    'did you mean proportion?'
finds '"name": "proportion"' '&, "limits": "exct"' exct 'did you mean exact?'
finds '"name": "proportion"' '&, "age_from": 5' age_from 'a method by age'
D=urgent_care_composite
finds '"ae_four_hours"' '"ae_five_hours"' ae_five 'components[0].indicator: no '
# Under 75 is age_to 74; 75 would be a part of 75-79, 67 one of 65-69.
D=mortality_under_75
finds '"age_to": 74' '"age_to": 75' '"method"' 'age_to cuts a band'
D=falls_admissions_65
finds '"age_from": 65' '"age_from": 67' '"method"' 'age_from cuts a band'
run 2 nib-indicator rate -p "$TESTDATA/indicator/rates/people.csv" \
    ./falls_admissions_65.json "$TESTDATA/indicator/rates/bands.csv"
err_has 'age_from cuts a band'
D=in_hospital_mortality_adjusted
finds '"example_mortality"' '"example_mortalit"' '"example_mortalit"' \
    'did you mean example_mortality?'

if python3 -c 'import jsonschema' 2>/dev/null; then
	run 0 python3 "$here/indicator-schema.py" "$T"
	tail -20 "$T/out"
else
	echo 'no jsonschema: not compared'
fi
finish
