#!/bin/sh
# Planted records at the edges of the library's definitions: one record each,
# with what it has to count for, by hand, from the plain-language definition
# and the source that it names.
. "$(dirname "$0")/lib.sh"

# ID AREA COLUMN,...: each line of the input is what is wanted, a name for the
# case and the cells of the columns. The case is the record's area, so that
# each has a row of its own. Wanted is NUMERATOR/DENOMINATOR, or - where the
# record is not looked at, or is none of a population.
edges() {
	cat >"$T/lines"
	{ echo "$2,$3"; sed 's/^[^,]*,//' "$T/lines"; } >"$T/edges.csv"
	run 0 nib-indicator count --no-header "$1" "$T/edges.csv"
	cp "$T/out" "$T/counts"
	ok
	awk -F, -v id="$1" '
	NR == FNR { n[$2] = $7; d[$2] = $8; next }
	{
		have = n[$2] "/" d[$2]
		if (have == "/" || have == "0/" || have == "0/0")
			have = "-"
		if (have != $1) {
			print id ": " $2 " is " have ", not " $1
			bad = 1
		}
	}
	END { exit bad }' "$T/counts" "$T/lines" >"$T/odd" ||
	    fail "$(cat "$T/odd")"
}

# Four hours or less, to the second: NHS England, Hospital Accident &
# Emergency Activity; planned follow-ups are not in the official count.
edges ae_four_hours provider \
    attendance_category,department_type,arrival_datetime,departure_datetime <<'EOF'
1/1,at_240_minutes,1,01,2024-05-01T22:00:00,2024-05-02T02:00:00
0/1,a_second_more,1,01,2024-05-01T22:00:00,2024-05-02T02:00:01
0/1,29_seconds_more,1,01,2024-05-01T22:00:00,2024-05-02T02:00:29
1/1,at_once,1,01,2024-05-01T22:00:00,2024-05-01T22:00:00
-,before_arrival,1,01,2024-05-01T22:00:00,2024-05-01T21:59:59
-,still_there,1,01,2024-05-01T22:00:00,
1/1,unplanned_again,2,03,2024-05-01T22:00:00,2024-05-01T23:00:00
-,planned,4,01,2024-05-01T22:00:00,2024-05-01T23:00:00
-,same_day_care,1,05,2024-05-01T22:00:00,2024-05-01T23:00:00
1/1,category_unknown,,01,2024-05-01T22:00:00,2024-05-01T23:00:00
1/1,type_unknown,1,,2024-05-01T22:00:00,2024-05-01T23:00:00
EOF
edges ae_major_four_hours provider \
    attendance_category,department_type,arrival_datetime,departure_datetime <<'EOF'
1/1,at_240_minutes,1,01,2024-05-01T22:00:00,2024-05-02T02:00:00
0/1,a_second_more,1,01,2024-05-01T22:00:00,2024-05-02T02:00:01
-,minor_injuries,1,03,2024-05-01T22:00:00,2024-05-01T23:00:00
-,type_unknown,1,,2024-05-01T22:00:00,2024-05-01T23:00:00
-,planned,4,01,2024-05-01T22:00:00,2024-05-01T23:00:00
EOF
edges ae_twelve_hours provider \
    attendance_category,department_type,arrival_datetime,departure_datetime <<'EOF'
0/1,at_720_minutes,1,01,2024-05-01T10:00:00,2024-05-01T22:00:00
1/1,a_second_more,1,01,2024-05-01T10:00:00,2024-05-01T22:00:01
-,before_arrival,1,01,2024-05-01T10:00:00,2024-04-30T10:00:00
-,planned,4,01,2024-05-01T10:00:00,2024-05-02T10:00:00
EOF
edges ae_assessed_within_quarter provider arrival_datetime,assessment_datetime \
    <<'EOF'
1/1,at_15_minutes,2024-03-31T23:50:00,2024-04-01T00:05:00
0/1,a_second_more,2024-03-31T23:50:00,2024-04-01T00:05:01
-,before_arrival,2024-03-31T23:50:00,2024-03-31T23:49:00
-,never,2024-03-31T23:50:00,
EOF
edges ae_mean_duration provider arrival_datetime,departure_datetime <<'EOF'
240.5000/1,half_a_minute,2024-05-01T22:00:00,2024-05-02T02:00:30
0.0167/1,a_second,2024-05-01T22:00:00,2024-05-01T22:00:01
-,before_arrival,2024-05-01T22:00:00,2024-05-01T21:00:00
EOF
edges hes_ae_four_hours PROCODE3 ARRIVALDATE,AEATTENDCAT,DEPDUR <<'EOF'
1/1,at_240,2024-05-01,1,240
0/1,at_241,2024-05-01,1,241
1/1,unplanned_again,2024-05-01,3,10
-,planned,2024-05-01,2,10
-,duration_unknown,2024-05-01,1,
1/1,category_unknown,2024-05-01,,10
EOF

# 0 to 29 days inclusive, and who is looked at: NHS Digital, CCG OIS 3.2.
edges readmission_30_days provider \
    discharge_date,last_episode,patient_classification,episode_type,main_specialty,main_diagnosis,discharge_method,next_emergency_days <<'EOF'
1/1,same_day,2024-05-01,1,1,1,300,J189,1,0
1/1,day_29,2024-05-01,1,1,1,300,J189,1,29
0/1,day_30,2024-05-01,1,1,1,300,J189,1,30
0/1,day_31,2024-05-01,1,1,1,300,J189,1,31
0/1,before_discharge,2024-05-01,1,1,1,300,J189,1,-1
0/1,never,2024-05-01,1,1,1,300,J189,1,
1/1,against_advice,2024-05-01,1,1,1,300,J189,6,3
-,died,2024-05-01,1,1,1,300,J189,4,3
-,stillbirth,2024-05-01,1,1,1,300,J189,5,3
-,method_unknown,2024-05-01,1,1,1,300,J189,9,3
-,method_missing,2024-05-01,1,1,1,300,J189,,3
-,not_last,2024-05-01,2,1,1,300,J189,1,3
-,day_case,2024-05-01,1,2,1,300,J189,1,3
-,regular_day,2024-05-01,1,3,1,300,J189,1,3
-,regular_night,2024-05-01,1,4,1,300,J189,1,3
-,delivery_only,2024-05-01,1,5,1,300,J189,1,3
1/1,class_missing,2024-05-01,1,,1,300,J189,1,3
-,delivery,2024-05-01,1,1,2,300,J189,1,3
-,birth,2024-05-01,1,1,3,300,J189,1,3
-,obstetrics,2024-05-01,1,1,1,501,O800,1,3
1/1,gynaecology,2024-05-01,1,1,1,502,N920,1,3
-,midwives,2024-05-01,1,1,1,560,O800,1,3
-,old_age_psychiatry,2024-05-01,1,1,1,715,F03X,1,3
-,cancer,2024-05-01,1,1,1,300,C97X,1,3
1/1,benign,2024-05-01,1,1,1,300,D100,1,3
-,chemotherapy,2024-05-01,1,1,1,300,Z511,1,3
1/1,radiotherapy,2024-05-01,1,1,1,300,Z510,1,3
1/1,diagnosis_missing,2024-05-01,1,1,1,300,,1,3
EOF

# Codes: NHS Digital, IIF AC-02; without transfers: NHS OF 2.3.i.
edges emergency_admissions_acsc local_authority \
    admission_date,birth_date,episode_order,admission_method,admission_source,episode_type,patient_classification,main_diagnosis,main_procedure <<'EOF'
1/,ed,2024-05-01,1950-01-01,1,21,19,1,1,J459,
1/,gp,2024-05-01,1950-01-01,1,22,19,1,1,J459,
1/,other_ed,2024-05-01,1950-01-01,1,2A,19,1,1,J459,
1/,other,2024-05-01,1950-01-01,1,2D,19,1,1,J459,
1/,retired_code,2024-05-01,1950-01-01,1,28,19,1,1,J459,
-,transfer,2024-05-01,1950-01-01,1,2B,19,1,1,J459,
-,from_a_ward,2024-05-01,1950-01-01,1,21,51,1,1,J459,
1/,source_missing,2024-05-01,1950-01-01,1,21,,1,1,J459,
-,elective,2024-05-01,1950-01-01,1,12,19,1,1,J459,
-,method_missing,2024-05-01,1950-01-01,1,,19,1,1,J459,
-,second_episode,2024-05-01,1950-01-01,2,21,19,1,1,J459,
-,delivery,2024-05-01,1950-01-01,1,21,19,2,1,O150,
-,regular_day,2024-05-01,1950-01-01,1,21,19,1,3,J459,
-,age_unknown,2024-05-01,,1,21,19,1,1,J459,
1/,born_today,2024-05-01,2024-05-01,1,21,19,1,1,J459,
-,born_tomorrow,2024-05-01,2024-05-02,1,21,19,1,1,J459,
1/,diabetes,2024-05-01,1950-01-01,1,21,19,1,1,E118,
-,diabetes_alone,2024-05-01,1950-01-01,1,21,19,1,1,E119,
1/,pneumonia,2024-05-01,1950-01-01,1,21,19,1,1,J181,
-,pneumonia_unspecified,2024-05-01,1950-01-01,1,21,19,1,1,J189,
-,bronchitis,2024-05-01,1950-01-01,1,21,19,1,1,J209,
-,angina,2024-05-01,1950-01-01,1,21,19,1,1,I209,
1/,heart_failure,2024-05-01,1950-01-01,1,21,19,1,1,I500,
1/,heart_and_angiography,2024-05-01,1950-01-01,1,21,19,1,1,I500,K631
-,heart_operated,2024-05-01,1950-01-01,1,21,19,1,1,I500,K401
-,heart_paced,2024-05-01,1950-01-01,1,21,19,1,1,I110,K601
1/,cellulitis,2024-05-01,1950-01-01,1,21,19,1,1,L031,
1/,cellulitis_stitched,2024-05-01,1950-01-01,1,21,19,1,1,L031,S461
-,cellulitis_drained,2024-05-01,1950-01-01,1,21,19,1,1,L031,S472
-,diagnosis_missing,2024-05-01,1950-01-01,1,21,19,1,1,,
EOF
# Conditions: NHS OF 3a; codes: Purdy and others 2009.
edges emergency_admissions_acute local_authority \
    admission_date,birth_date,episode_order,admission_method,admission_source,episode_type,patient_classification,main_diagnosis <<'EOF'
1/,urinary_infection,2024-05-01,1950-01-01,1,21,19,1,1,N390
-,incontinence,2024-05-01,1950-01-01,1,21,19,1,1,N393
1/,gastroenteritis,2024-05-01,1950-01-01,1,21,19,1,1,A09X
-,typhoid,2024-05-01,1950-01-01,1,21,19,1,1,A010
1/,bleeding_ulcer,2024-05-01,1950-01-01,1,21,19,1,1,K264
-,quiet_ulcer,2024-05-01,1950-01-01,1,21,19,1,1,K267
1/,whooping_cough,2024-05-01,1950-01-01,1,21,19,1,1,A379
1/,angina,2024-05-01,1950-01-01,1,21,19,1,1,I209
-,infarct,2024-05-01,1950-01-01,1,21,19,1,1,I219
-,transfer,2024-05-01,1950-01-01,1,2B,19,1,1,N390
-,age_unknown,2024-05-01,,1,21,19,1,1,N390
-,day_case,2024-05-01,1950-01-01,1,21,19,1,2,N390
EOF
edges hes_apc_emergency_acsc PROCODE3 ADMIDATE,EPIORDER,ADMIMETH,DIAG_4_01 \
    <<'EOF'
1/1,copd,2024-05-01,1,21,J441
0/1,bronchitis,2024-05-01,1,2B,J209
-,diagnosis_missing,2024-05-01,1,21,
-,elective,2024-05-01,1,11,J441
EOF
# An injury as the main diagnosis and a fall as its cause: PHOF 2.24i.
edges falls_admissions_65 local_authority \
    admission_date,birth_date,episode_order,admission_method,main_diagnosis,external_cause <<'EOF'
1/,on_65th_birthday,2024-05-01,1959-05-01,1,21,S720,W010
-,a_day_before,2024-05-01,1959-05-02,1,21,S720,W010
-,age_unknown,2024-05-01,,1,21,S720,W010
1/,first_of_range,2024-05-01,1940-05-01,1,21,S000,W000
1/,last_of_range,2024-05-01,1940-05-01,1,21,T983,W199
-,struck,2024-05-01,1940-05-01,1,21,S720,W200
-,not_an_injury,2024-05-01,1940-05-01,1,21,J181,W199
-,cause_missing,2024-05-01,1940-05-01,1,21,S720,
-,planned,2024-05-01,1940-05-01,1,12,S720,W199
EOF
edges copd_admissions local_authority \
    admission_date,birth_date,episode_order,admission_method,main_diagnosis <<'EOF'
1/,on_35th_birthday,2024-05-01,1989-05-01,1,21,J40X
-,a_day_before,2024-05-01,1989-05-02,1,21,J449
1/,leap_day,2024-03-01,1988-02-29,1,21,J449
-,asthma,2024-05-01,1950-05-01,1,21,J459
-,pneumonia,2024-05-01,1950-05-01,1,21,J390
EOF
edges emergency_admissions local_authority \
    admission_date,birth_date,episode_order,admission_method <<'EOF'
1/,born_at_home,2024-05-01,2024-05-01,1,2C
-,age_unknown,2024-05-01,,1,21
-,maternity,2024-05-01,1990-01-01,1,31
EOF
# One person of unknown age leaves an area its value.
awk 'BEGIN {
	print "local_authority,admission_date,birth_date,episode_order," \
	    "admission_method"
	for (i = 0; i < 20; i++)
		print "A,2024-05-01,1950-01-01,1,21"
	print "A,2024-05-01,,1,21"
}' >"$T/in.csv"
grep -E '^area|^E06000901' "$TESTDATA/indicator/library/population.csv" |
    sed 's/^E06000901/A/' >"$T/people.csv"
run 0 nib-indicator count -o "$T/counts.csv" emergency_admissions "$T/in.csv"
run 0 nib-indicator rate --no-header -p "$T/people.csv" emergency_admissions \
    "$T/counts.csv"
out_has 'emergency_admissions,A,2024/25,,,20,43055,'

finish
