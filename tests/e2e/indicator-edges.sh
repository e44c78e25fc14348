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

finish
