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

# Stays: from admission to discharge at the last episode, by nights.
edges length_of_stay provider \
    admission_date,discharge_date,last_episode,patient_classification <<'EOF'
0/1,no_night,2024-05-01,2024-05-01,1,1
29/1,leap_february,2024-02-01,2024-03-01,1,1
-,not_last,2024-05-01,2024-05-03,2,1
-,day_case,2024-05-01,2024-05-01,1,2
-,still_there,2024-05-01,,1,1
EOF
edges length_of_stay_emergency provider \
    admission_date,discharge_date,last_episode,patient_classification,admission_method <<'EOF'
2/1,transfer,2024-05-01,2024-05-03,1,1,2B
-,elective,2024-05-01,2024-05-03,1,1,11
-,method_missing,2024-05-01,2024-05-03,1,1,
EOF
edges length_of_stay_elective provider \
    admission_date,discharge_date,last_episode,patient_classification,admission_method <<'EOF'
2/1,planned,2024-05-01,2024-05-03,1,1,13
-,emergency,2024-05-01,2024-05-03,1,1,21
-,transfer,2024-05-01,2024-05-03,1,1,81
EOF
edges long_stay_21_days provider \
    admission_date,discharge_date,last_episode,patient_classification <<'EOF'
0/1,twenty_nights,2024-05-01,2024-05-21,1,1
1/1,twenty_one,2024-05-01,2024-05-22,1,1
-,still_there,2024-05-01,,1,1
-,regular,2024-05-01,2024-05-22,1,3
EOF
edges bed_days provider admission_date,discharge_date,last_episode <<'EOF'
366/,a_leap_year,2024-01-01,2025-01-01,1
-,day_case,2024-01-01,2024-01-01,1
-,not_last,2024-01-01,2024-01-09,2
EOF
edges zero_day_emergency provider \
    admission_date,discharge_date,last_episode,admission_method <<'EOF'
1/1,same_day,2024-05-01,2024-05-01,1,21
0/1,over_midnight,2024-05-01,2024-05-02,1,21
-,elective,2024-05-01,2024-05-01,1,11
EOF
edges weekend_discharge provider \
    discharge_date,last_episode,admission_method,discharge_method <<'EOF'
0/1,friday,2024-05-03,1,21,1
1/1,saturday,2024-05-04,1,21,1
1/1,sunday,2024-05-05,1,21,1
0/1,monday,2024-05-06,1,21,1
-,died_on_sunday,2024-05-05,1,21,4
-,elective,2024-05-05,1,11,1
EOF
edges day_case_rate provider \
    admission_date,episode_order,admission_method,patient_classification <<'EOF'
1/1,day_case,2024-05-01,1,11,2
0/1,ordinary,2024-05-01,1,12,1
-,regular,2024-05-01,1,13,3
-,emergency,2024-05-01,1,21,2
-,class_missing,2024-05-01,1,11,
EOF
edges in_hospital_mortality provider \
    discharge_date,last_episode,discharge_method <<'EOF'
1/1,died,2024-05-01,1,4
0/1,home,2024-05-01,1,1
0/1,own_will,2024-05-01,1,6
-,stillbirth,2024-05-01,1,5
-,unknown,2024-05-01,1,9
-,missing,2024-05-01,1,
EOF
edges usual_residence_discharge provider \
    discharge_date,last_episode,discharge_method,discharge_destination <<'EOF'
1/1,home,2024-05-01,1,1,19
0/1,care_home,2024-05-01,1,1,55
-,unknown,2024-05-01,1,1,99
-,missing,2024-05-01,1,1,
-,died,2024-05-01,1,4,79
EOF
edges submission_within_month provider discharge_date,submission_date <<'EOF'
1/1,day_31,2024-05-01,2024-06-01
0/1,day_32,2024-05-01,2024-06-02
-,before_discharge,2024-05-01,2024-04-30
-,not_yet,2024-05-01,
EOF
edges infection_per_bed_day provider \
    admission_date,discharge_date,last_episode,hospital_infection <<'EOF'
1/10,infected,2024-05-01,2024-05-11,1,C. difficile
0/10,another,2024-05-01,2024-05-11,1,MRSA
0/10,none,2024-05-01,2024-05-11,1,
EOF
edges shmi provider discharge_date,last_episode,died_30_days,expected_death \
    <<'EOF'
1/0.2500,died,2024-05-01,1,1,0.25
0/0.2500,alive,2024-05-01,1,0,0.25
-,not_linked,2024-05-01,1,,0.25
-,not_in_the_model,2024-05-01,1,1,
EOF
# Births and deliveries.
edges caesarean_rate provider admission_date,episode_type,main_procedure <<'EOF'
1/1,elective,2024-05-01,2,R171
1/1,other,2024-05-01,5,R189
0/1,normal,2024-05-01,2,R241
-,before_the_range,2024-05-01,2,R159
-,after_the_range,2024-05-01,2,R271
-,not_a_delivery,2024-05-01,1,R171
EOF
edges low_birth_weight provider admission_date,episode_type,birth_weight <<'EOF'
1/1,w2499,2024-05-01,3,2499
0/1,w2500,2024-05-01,6,2500
-,not_known,2024-05-01,3,9999
-,mother,2024-05-01,2,2499
EOF
edges neonatal_intensive_care provider admission_date,episode_type,neonatal_level \
    <<'EOF'
1/1,level_2,2024-05-01,3,2
1/1,level_1_is_code_3,2024-05-01,3,3
0/1,special,2024-05-01,3,1
-,not_known,2024-05-01,3,9
EOF
# Outpatients, community and mental health.
edges rtt_18_weeks provider rtt_start_date,rtt_end_date <<'EOF'
1/1,day_126,2024-01-01,2024-05-06
0/1,day_127,2024-01-01,2024-05-07
-,backwards,2024-01-02,2024-01-01
-,still_waiting,2024-01-01,
EOF
edges outpatient_dna provider appointment_date,attended <<'EOF'
1/1,absent,2024-05-01,3
0/1,late_not_seen,2024-05-01,7
0/1,seen,2024-05-01,5
-,cancelled_by_patient,2024-05-01,2
-,cancelled_by_provider,2024-05-01,4
-,future,2024-05-01,0
-,missing,2024-05-01,
EOF
edges outpatient_cancelled_by_provider provider appointment_date,attended <<'EOF'
1/1,provider,2024-05-01,4
0/1,patient,2024-05-01,2
-,future,2024-05-01,0
-,no_code,2024-05-01,8
EOF
edges outpatient_follow_up_ratio provider \
    appointment_date,attended,first_attendance <<'EOF'
1/0,follow_up,2024-05-01,5,2
0/1,first_by_telephone,2024-05-01,6,3
-,clock_stop,2024-05-01,5,5
-,absent,2024-05-01,3,1
EOF
edges community_remote provider contact_date,attended,consultation_mechanism \
    <<'EOF'
1/1,telephone,2024-05-01,5,02
1/1,video,2024-05-01,6,11
0/1,face_to_face,2024-05-01,5,01
-,not_recorded,2024-05-01,5,
-,absent,2024-05-01,3,02
EOF
edges mental_health_detained provider start_date,legal_status <<'EOF'
1/1,section_2,2024-05-01,02
1/1,section_136,2024-05-01,20
1/1,limitation,2024-05-01,38
0/1,informal,2024-05-01,01
0/1,guardianship,2024-05-01,35
-,not_known,2024-05-01,99
-,no_code,2024-05-01,77
-,missing,2024-05-01,
EOF
# Social care: ASCOF 2B.
edges home_after_91_days la_code \
    event_type,client_type,service_type,start_date,birth_date,at_home_91_days <<'EOF'
1/1,on_65th_birthday,Service,Service User,Short Term Support: ST-Max,2024-05-01,1959-05-01,1
-,a_day_before,Service,Service User,Short Term Support: ST-Max,2024-05-01,1959-05-02,1
0/1,died_or_not_found,Service,Service User,Short Term Support: ST-Max,2024-05-01,1940-05-01,0
-,not_from_hospital,Service,Service User,Short Term Support: ST-Max,2024-05-01,1940-05-01,
-,long_term,Service,Service User,Long Term Support: Community,2024-05-01,1940-05-01,1
-,carer,Service,Carer,Short Term Support: ST-Max,2024-05-01,1940-05-01,1
-,review,Review,Service User,Short Term Support: ST-Max,2024-05-01,1940-05-01,1
-,age_unknown,Service,Service User,Short Term Support: ST-Max,2024-05-01,,1
EOF
# Deaths.
edges mortality_under_75_cancer local_authority \
    date_of_death,birth_date,sex,underlying_cause <<'EOF'
-,on_75th_birthday,2024-05-01,1949-05-01,1,C509
1/,a_day_before,2024-05-01,1949-05-02,1,C509
1/,first_code,2024-05-01,1980-05-02,1,C000
1/,last_code,2024-05-01,1980-05-02,1,C97X
-,in_situ,2024-05-01,1980-05-02,1,D059
-,age_unknown,2024-05-01,,1,C509
EOF
edges mortality_under_75_liver local_authority \
    date_of_death,birth_date,sex,underlying_cause <<'EOF'
1/,first_code,2024-05-01,1980-05-02,1,K700
1/,last_code,2024-05-01,1980-05-02,1,K778
-,gall_bladder,2024-05-01,1980-05-02,1,K800
EOF
edges deaths_usual_residence local_authority \
    date_of_death,place_of_death_type,underlying_cause <<'EOF'
1/1,home,2024-05-01,H,I219
1/1,care_home,2024-05-01,CH,F03X
0/1,hospice,2024-05-01,HOSP,C509
0/1,fall_at_home,2024-05-01,H,W190
0/1,killed_at_home,2024-05-01,H,U509
1/1,covid_at_home,2024-05-01,H,U071
1/1,cause_missing,2024-05-01,H,
-,place_missing,2024-05-01,,I219
EOF
edges life_expectancy local_authority date_of_death,birth_date,sex <<'EOF'
1/,newborn,2024-05-01,2024-05-01,1
-,age_unknown,2024-05-01,,1
EOF
# Registers, outcomes and records.
edges clinical_audit_ascertainment provider event_date,register,registered_date \
    <<'EOF'
1/1,entered,2024-05-01,clinical_audit,2024-06-01
0/1,not_entered,2024-05-01,clinical_audit,
-,another_register,2024-05-01,rare_disease,2024-06-01
EOF
edges copd_standard_green gp_practice \
    year_end,diagnosis_confirmed,breathlessness_scored,inhaler_checked,vaccinated,smoking_advice <<'EOF'
1/1,five,2024-03-31,true,true,true,true,true
0/1,four,2024-03-31,true,true,true,true,false
0/1,not_recorded,2024-03-31,true,true,true,true,
EOF
edges copd_standard_red gp_practice \
    year_end,diagnosis_confirmed,breathlessness_scored,inhaler_checked,vaccinated,smoking_advice <<'EOF'
0/1,three,2024-03-31,true,true,true,false,false
1/1,two,2024-03-31,true,true,false,false,
EOF
edges proms_improved provider pre_date,pre_eq5d_index,post_eq5d_index <<'EOF'
1/1,rose,2024-05-01,-0.594,-0.593
0/1,same,2024-05-01,0.5,0.5
-,not_answered,2024-05-01,0.5,
EOF
edges proms_hip_eq5d_gain provider \
    procedure_group,pre_date,pre_eq5d_index,post_eq5d_index <<'EOF'
1.594/1,hip,1,2024-05-01,-0.594,1
-,knee,2,2024-05-01,-0.594,1
-,not_answered,1,2024-05-01,-0.594,
EOF
edges ethnic_category_known residence_responsibility ethnic_category <<'EOF'
1/1,white,A
1/1,any_other,S
0/1,not_stated,Z
0/1,not_known,99
0/1,hes_not_known,X
0/1,missing,
EOF
edges gp_practice_known residence_responsibility gp_practice <<'EOF'
1/1,practice,B82020
0/1,none,V81997
0/1,not_known,V81999
0/1,missing,
EOF
edges nhs_number_verified residence_responsibility nhs_number_status <<'EOF'
1/1,verified,01
0/1,not_verified,02
0/1,missing,
EOF
edges fft_positive provider setting,period,response,responses <<'EOF'
7/7,very_good,IP,2024-03,1,7
0/7,do_not_know,IP,2024-03,6,7
EOF

# A model's made-up coefficients, added up by hand: 1 / (1 + exp(4.2)) and
# 1 / (1 + exp(2.1)). What cannot be told of a spell leaves it out, deaths too.
edges in_hospital_mortality_adjusted provider \
    admission_date,birth_date,discharge_date,last_episode,discharge_method,admission_method,main_diagnosis <<'EOF'
0/0.014774,young_planned,2024-05-01,1990-05-01,2024-05-09,1,1,11,S720
0/0.014774,a_day_under_65,2024-05-01,1959-05-02,2024-05-09,1,1,11,S720
1/0.109097,on_65th_birthday,2024-05-01,1959-05-01,2024-05-09,1,4,21,J181
-,birth_missing,2024-05-01,,2024-05-09,1,4,21,J181
-,method_missing,2024-05-01,1959-05-01,2024-05-09,1,4,,J181
-,diagnosis_missing,2024-05-01,1959-05-01,2024-05-09,1,4,21,
EOF

# PARR-30 (Billings and others 2012), added up by hand from its table: of 30
# years with nothing, -2.91821 + 900 x 0.000060581 = -2.8636871.
edges readmission_30_days_adjusted provider \
    discharge_date,last_episode,patient_classification,episode_type,main_specialty,main_diagnosis,discharge_method,next_emergency_days,admission_date,birth_date,admission_method,emergencies_in_year,emergency_in_30_days,imd_score,had_chf,had_pvd,had_cpd,had_diabwc,had_rend,had_metacanc,had_canc,had_msld,had_mld,had_hp,had_dementia <<'EOF'
1/0.053978,nothing,2024-05-03,1,1,1,300,J181,1,29,2024-05-01,1994-05-01,11,0,0,9.99,0,0,0,0,0,0,0,0,0,0,0
0/0.055055,score_of_10,2024-05-03,1,1,1,300,J181,1,30,2024-05-01,1994-05-01,11,0,0,10,0,0,0,0,0,0,0,0,0,0,0
0/0.217195,nine_conditions,2024-05-03,1,1,1,300,J181,1,,2024-05-01,1994-05-01,11,0,0,0,0,1,1,1,1,1,0,1,1,1,1
1/0.405261,old_and_ill,2024-05-03,1,1,1,300,J181,1,0,2024-05-01,1944-05-01,21,3,1,50,1,0,0,0,0,0,1,0,0,0,0
-,score_missing,2024-05-03,1,1,1,300,J181,1,0,2024-05-01,1944-05-01,21,3,1,,1,0,0,0,0,0,1,0,0,0,0
-,condition_missing,2024-05-03,1,1,1,300,J181,1,0,2024-05-01,1944-05-01,21,3,1,50,,0,0,0,0,0,1,0,0,0,0
-,birth_missing,2024-05-03,1,1,1,300,J181,1,0,2024-05-01,,21,3,1,50,1,0,0,0,0,0,1,0,0,0,0
-,died,2024-05-03,1,1,1,300,J181,4,0,2024-05-01,1944-05-01,21,3,1,50,1,0,0,0,0,0,1,0,0,0,0
-,day_case,2024-05-03,1,2,1,300,J181,1,0,2024-05-01,1994-05-01,11,0,0,9.99,0,0,0,0,0,0,0,0,0,0,0
EOF

# Of a row that lacks one of two numbers the other does not count.
edges ae_return_four_hours org_code period,attendances,breaches <<'EOF'
90/100,both,2024-05-01,100,10
-,no_breaches,2024-05-01,100,
-,no_attendances,2024-05-01,,10
EOF
edges data_quality_maturity provider period,total,complete_valid <<'EOF'
9/10,both,2024-05,10,9
-,one,2024-05,10,
EOF
edges patient_cost_per_weighted_activity provider \
    event_date,total_cost_gbp,units,price_gbp <<'EOF'
120.00/200.00,both,2024-05-01,120,2,100
-,no_cost,2024-05-01,,2,100
-,no_price,2024-05-01,120,2,
EOF
edges cost_per_weighted_activity provider \
    discharge_date,last_episode,cost_gbp,tariff_gbp <<'EOF'
120.00/100.00,both,2024-05-01,1,120,100
-,no_cost,2024-05-01,1,,100
-,no_tariff,2024-05-01,1,120,
EOF

finish
