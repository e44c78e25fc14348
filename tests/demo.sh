#!/bin/bash
# The whole pipeline on artificial data: each step, its time, and the first
# lines of its result; then once more as one pipe. Called by
# "./bootstrap demo"; NIB_BIN says where the tools are, NIB_SRC the tree.
# DEMO_EPISODES: how many records (default 100000); DEMO_DIR: where to work.
set -u
: "${NIB_BIN:?run it by ./bootstrap demo}" "${NIB_SRC:?}"
export NIB_SHARE=$NIB_SRC/share PATH=$NIB_BIN:$PATH LC_ALL=C
n=${DEMO_EPISODES:-100000}
dir=${DEMO_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/nib-demo.XXXXXX")}
mkdir -p "$dir" && cd "$dir" || exit 2
umask 077

# run WANTED-STATUS COMMAND: shows it, runs it, says how long it took.
run() {
	local want=$1 start end status
	printf '\n$ %s\n' "$2"
	start=$(date +%s%N)
	bash -c "set -o pipefail; $2"
	status=$?
	end=$(date +%s%N)
	printf '  (%d.%03d s)\n' $(((end - start) / 1000000000)) \
		$(((end - start) / 1000000 % 1000))
	if [ "$status" -ne "$want" ]; then
		printf 'demo: status %d, not %d\n' "$status" "$want" >&2
		exit 1
	fi
}
# The first lines of a file, cut to the screen.
show() {
	head -n "${2:-4}" "$1" | cut -c1-110 | sed 's/^/  | /'
	printf '  | ... %d lines\n' "$(wc -l <"$1")"
}
title() { printf '\n== %s\n' "$*"; }

title "Artificial data: people, and $n hospital episodes of theirs, errors in one of a hundred"
run 0 "nib-dummy -s person -n $((n * 6 / 10)) -o person.csv"
show person.csv
run 0 "nib-dummy -s admitted_episode -n $n --with person=person.csv \\
    --errors 0.01 --errors-log planted.csv -o extract.csv"
show extract.csv
# One person in twenty objects to uses beyond their own care; some told
# their general practice so.
objects() {
	echo nhs_number
	cut -d, -f2 person.csv | awk -v k="$1" -v of="$2" \
		'NR > 1 && $0 != "" && NR % of == k'
}
objects 0 20 >optouts.csv
objects 7 50 >type1.csv

title 'Validate: good records go on, findings into a file'
run 1 "nib-validate -q -s admitted_episode --errors found.csv extract.csv \\
    -o valid.csv"
show found.csv

title 'Honour objections'
run 0 "nib-consent -q -s admitted_episode --opt-out optouts.csv \\
    --type1 type1.csv --report consent.json \\
    valid.csv -o consented.csv"
show consent.json 12

title 'Find the records of one person'
run 0 'nib-link persons -m hes-3-step --replace --report steps.csv \
    consented.csv -o linked.csv'
show steps.csv 6

title 'Pseudonymise, the one gate: as the specification says'
run 0 'nib-key new --type root -o root.key'
run 0 'nib-key project --root root.key --project demo -o project.key'
run 0 'nib-pseudonymise -s admitted_episode --key project.key linked.csv \
    -o pseudonymised.csv'
show pseudonymised.csv

title 'Derive fields, put episodes together into spells'
run 0 'nib-derive -s admitted_episode pseudonymised.csv -o derived.csv'
run 0 'nib-link spells -s admitted_episode derived.csv -o spells.csv'
cut -d, -f43- spells.csv >last-fields.csv
show last-fields.csv

title 'Aggregate: an activity table, small numbers suppressed'
run 0 "nib-aggregate -s admitted_episode --by provider,admission_type \\
    --count --distinct person_id --mean length_of_stay \\
    --disclosure hes spells.csv -o activity.csv"
show activity.csv 8

title 'Indicators'
run 0 'nib-indicator count length_of_stay day_case_rate \
    in_hospital_mortality spells.csv -o counts.csv'
show counts.csv
run 0 'nib-indicator rate --total England counts.csv -o indicators.csv'
grep -E '^indicator|England' indicators.csv >england.csv
show england.csv

title 'The same as one pipe'
run 0 '{ nib-validate -q -s admitted_episode extract.csv || [ $? -eq 1 ]; } |
nib-consent -q -s admitted_episode --opt-out optouts.csv \
    --type1 type1.csv |
nib-link persons -m hes-3-step --replace |
nib-pseudonymise -s admitted_episode --key project.key |
nib-derive -s admitted_episode |
nib-link spells -s admitted_episode |
nib-aggregate -s admitted_episode --by provider,admission_type \
    --count --distinct person_id --mean length_of_stay \
    --disclosure hes > pipe.csv'
cmp activity.csv pipe.csv || exit 1
printf '\nThe pipe gave the same table. Everything is in %s\n' "$dir"
