#!/bin/sh
# nib-dummy and nib-validate, written apart, agree: artificial records of all
# datasets have no findings, by recipe and without; each planted error is
# found in its record.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99

# The tables of one run, foreign keys between them.
run 0 nib-dummy -s person -n 3000 -o person.csv
run 0 nib-dummy -s admitted_episode -n 4000 --with person=person.csv \
    -o admitted_episode.csv
run 0 nib-dummy -s organisation -n 300 -o organisation.csv
for spec in outpatient emergency community_contact mental_health_spell \
    social_care_event; do
	run 0 nib-dummy -s "$spec" -n 3000 --with person=person.csv \
	    -o "$spec.csv"
done
run 0 nib-dummy -s mortality -n 60 --with person=person.csv -o mortality.csv
run 0 nib-dummy -s diagnosis -n 3000 \
    --with admitted_episode=admitted_episode.csv -o diagnosis.csv
run 0 nib-dummy -s procedure -n 3000 \
    --with admitted_episode=admitted_episode.csv -o procedure.csv
run 0 nib-dummy -s proms -n 1000 --with person=person.csv \
    --with admitted_episode=admitted_episode.csv -o proms.csv
run 0 nib-dummy -s fft -n 3000 -o fft.csv
for file in "$NIB_SHARE"/datasets/*.json; do
	spec=$(basename "$file" .json)
	case $spec in *@*) continue ;; esac
	# What speaks of no other table was not made above.
	[ -e "$spec.csv" ] || run 0 nib-dummy -s "$spec" -n 1000 -o "$spec.csv"
	set -- --check --fail-on warning --errors "found-$spec.csv"
	case $spec in
	admitted_episode | outpatient | emergency | community_contact | \
	    mental_health_spell | social_care_event | mortality | proms)
		set -- "$@" --reference person=person.csv
		;;
	esac
	case $spec in
	diagnosis | proms)
		set -- "$@" \
		    --reference admitted_episode=admitted_episode.csv
		;;
	esac
	run 0 nib-validate -s "$spec" "$@" "$spec.csv"
	head -5 "found-$spec.csv" | sed 1d
	# What makes a group, no specification says alone.
	run 0 nib-dummy -s "$spec" -n 1000 --plain -o plain.csv
	run 0 nib-validate -s "$spec" --check --no-groups \
	    --fail-on warning --errors found.csv plain.csv
	sed 1d found.csv | head -4
done

# Each planted error is found, where it was planted.
for file in "$NIB_SHARE"/datasets/*.json; do
	spec=$(basename "$file" .json)
	run 0 nib-dummy -s "$spec" -n 3000 --errors 0.1 --errors-log log.csv \
	    -o bad.csv
	run 1 nib-validate -s "$spec" --check --errors found.csv bad.csv
	ok
	awk -F, 'NR == FNR {
		if (FNR > 1) {
			r = $1 - 1 # the header is row 1
			row[r] = 1
			cell[r "," $3] = 1
			rule[r "," $6] = 1
		}
		next
	}
	FNR == 1 { next }
	$3 ~ /^rule:/ {
		if (!(($1 "," substr($3, 6)) in rule))
			miss($0)
		next
	}
	$3 == "duplicate" { if (!($1 in row)) miss($0); next }
	!(($1 "," $2) in cell) { miss($0) }
	function miss(line) { print "not found: " line; bad = 1 }
	END { exit bad }' found.csv log.csv || fail "$spec: planted, not found"
done

# Bounds of every kind of day and of keys are kept, before, in and after the
# period of the records; a text that a pattern allows is no planted error.
cat >bounds.json <<'END'
{"name": "bounds", "fields": [
 {"name": "id", "type": "integer",
  "constraints": {"unique": true, "maximum": -17}},
 {"name": "y", "type": "year", "constraints": {"minimum": 1926, "maximum": 1931}},
 {"name": "ym", "type": "yearmonth",
  "constraints": {"minimum": "2031-11", "maximum": "2031-12"}},
 {"name": "late", "type": "datetime",
  "constraints": {"minimum": "2040-02-28T10:00:00",
                  "maximum": "2040-03-04T09:00:00"}},
 {"name": "open", "type": "date", "constraints": {
  "exclusiveMinimum": "2001-02-03", "exclusiveMaximum": "2001-02-06"}},
 {"name": "early", "type": "date", "constraints": {"maximum": "1999-12-31"}},
 {"name": "code", "type": "string", "constraints": {"pattern": "[^a-z]{2}"}}]}
END
run 0 nib-dummy -s ./bounds.json -n 2000 --plain -o plain.csv
run 0 nib-validate -s ./bounds.json --check --fail-on warning plain.csv
[ "$(cut -d, -f5 plain.csv | sort -u | tr '\n' ' ')" = \
	' 2001-02-04 2001-02-05 open ' ] || fail 'not the two days between'
ok
run 0 nib-dummy -s ./bounds.json -n 2000 --plain --errors 0.2 \
	--errors-log log.csv -o bad.csv
run 1 nib-validate -s ./bounds.json --check --errors found.csv bad.csv
[ "$(sed 1d log.csv | cut -d, -f1 | sort -u | wc -l)" -eq \
	"$(sed 1d found.csv | cut -d, -f1 | sort -u | wc -l)" ] ||
	fail 'a planted error is none'
ok
sed 's/"maximum": -17/"minimum": 1, "exclusiveMaximum": 2000/' bounds.json \
	>few.json
run 2 nib-dummy -s ./few.json -n 2000 --plain
err_has 'fewer whole numbers lie in its bounds than there are records'
finish
