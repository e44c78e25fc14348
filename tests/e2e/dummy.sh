#!/bin/sh
# nib-dummy: the same bytes for any number of workers, records that keep the
# specification's order of things (checked here with awk and python-free
# arithmetic, not with our own rule engine), planted errors that are where
# the log says, and messages for what cannot be.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99

# Every dataset: the number of records asked for, whatever the workers.
for file in "$NIB_SHARE"/datasets/*.json; do
	spec=$(basename "$file" .json)
	run 0 nib-dummy -s "$spec" -n 5000 --jobs 1 -o one.csv
	run 0 nib-dummy -s "$spec" -n 5000 --jobs 3 -o three.csv
	same one.csv three.csv
	run 0 nib-dummy -s "$spec" -n 100 --plain
	ok
	[ "$(wc -l <out)" -eq 101 ] || fail "$spec: not 100 records"
done
run 0 nib-dummy -s person -n 0
ok
[ "$(wc -l <out)" -eq 1 ] || fail 'no records is not a header alone'
run 0 nib-dummy -s person -n 3 --seed 2 --no-header
cp out other
run 0 nib-dummy -s person -n 3 --no-header
ok
if cmp -s out other; then fail 'another seed gives the same records'; fi

# Persons: NHS numbers are all different, begin with 9 and pass modulus 11.
run 0 nib-dummy -s person -n 20000 -o person.csv
ok
cut -d, -f2 person.csv | sed '1d;/^$/d' >numbers
[ "$(sort -u numbers | wc -l)" -eq "$(wc -l <numbers)" ] ||
	fail 'two persons have one NHS number'
ok
awk '{
	s = 0
	for (i = 1; i <= 9; i++)
		s += substr($0, i, 1) * (11 - i)
	c = 11 - s % 11
	if (c == 11)
		c = 0
	if (substr($0, 1, 1) != 9 || length($0) != 10 || c != substr($0, 10))
		bad++
} END { exit bad > 0 }' numbers || fail 'an NHS number does not pass'

# Episodes: birth <= admission <= start <= end <= discharge; the episodes of
# a spell follow on; a person's values are the person's; keys exist.
run 0 nib-dummy -s admitted_episode -n 20000 --with person=person.csv -o ep.csv
ok
awk -F, 'NR == FNR {
	if (FNR == 1) {
		for (i = 1; i <= NF; i++)
			p[$i] = i
	} else {
		birth[$1] = $p["birth_date"]
		nhs[$1] = $p["nhs_number"]
		death[$1] = $p["death_date"]
	}
	next
}
FNR == 1 {
	for (i = 1; i <= NF; i++)
		c[$i] = i
	next
}
{
	id = $c["person_id"]
	a = $c["admission_date"]
	s = $c["episode_start"]
	e = $c["episode_end"]
	d = $c["discharge_date"]
	if (!(id in birth) || birth[id] != $c["birth_date"] ||
	    nhs[id] != $c["nhs_number"])
		bad["person"]++
	if (birth[id] > a || a > s || (e != "" && s > e) ||
	    (e != "" && d != "" && e > d) ||
	    (death[id] != "" && a > death[id]))
		bad["dates"]++
	died = d != "" && d == death[id]
	if (died != ($c["discharge_method"] == 4))
		bad["death"]++
	if (seen[$c["record_id"]]++)
		bad["key"]++
	if ($c["spell_no"] != spell) {
		if ($c["episode_order"] != 1 || s != a)
			bad["first"]++
		if (spells[$c["spell_no"]]++)
			bad["spell twice"]++
		if (id in left && a < left[id] && left[id] - a > 0)
			bad["overlap"]++
	} else if ($c["episode_order"] != order + 1 || s != last || a != adm) {
		bad["follow"]++
	} else
		many++
	spell = $c["spell_no"]
	order = $c["episode_order"]
	last = e
	adm = a
}
END {
	for (b in bad) {
		print b, bad[b]
		exit 1
	}
	exit many < 500
}' person.csv ep.csv || fail 'episodes are not in order'

# Children of a table: each key exists, positions count from 1.
run 0 nib-dummy -s diagnosis -n 9000 --with admitted_episode=ep.csv -o dx.csv
ok
awk -F, 'NR == FNR { key[$1] = 1; next }
FNR > 1 {
	if (!($1 in key) || $2 != ($1 == id ? at + 1 : 1))
		exit 1
	id = $1
	at = $2
}' ep.csv dx.csv || fail 'diagnoses do not belong to episodes'
run 2 nib-dummy -s diagnosis -n 900000 --with admitted_episode=ep.csv
err_has 'ep.csv: has 20000 records'
err_has 'ask for fewer'

# Planted errors: as many as asked for, where the log says, one a record.
run 0 nib-dummy -s admitted_episode -n 20000 --with person=person.csv \
    --errors 0.05 --errors-log log.csv -o bad.csv
run 0 nib-dummy -s admitted_episode -n 20000 --with person=person.csv \
    --errors 0.05 --errors-log log2.csv -o bad2.csv -j 1
same log.csv log2.csv
same bad.csv bad2.csv
ok
n=$(($(wc -l <log.csv) - 1))
# Binomial: 1000 +- 4 standard deviations of 30.8.
[ "$n" -gt 870 ] && [ "$n" -lt 1130 ] || fail "$n errors planted"
ok
[ "$(sed 1d log.csv | cut -d, -f1 | sort -u | wc -l)" -eq "$n" ] ||
	fail 'a record has two errors'
ok
[ "$(sed 's/:.*//' log.csv | cut -d, -f3 | sort -u | tr '\n' ' ')" = \
    'check codelist duplicate kind pattern required rule type ' ] ||
	fail 'some kind of error is not planted'
# The lines that differ are the records in the log.
ok
paste -d '\n' ep.csv bad.csv | awk 'NR % 2 { a = $0; next }
a != $0 { print NR / 2 - 1 }' >differ
sed 1d log.csv | cut -d, -f1 | cmp -s - differ ||
	fail 'the log does not name the records that differ'

# What cannot be, is said.
run 2 nib-dummy -n 5
err_has 'nib-dummy: -s SPEC is needed'
run 2 nib-dummy -s person
err_has '-n N is needed'
run 2 nib-dummy -s person -n 5 file.csv
err_has 'no operands'
run 2 nib-dummy -s person -n -5
run 2 nib-dummy -s nosuch -n 5
err_has 'nosuch'
run 2 nib-dummy -s person -n 5 --from 2024-02-30
err_has '--from needs a date'
run 2 nib-dummy -s person -n 5 --from 2024-02-03 --to 2024-01-01
err_has 'the first not after the second'
run 2 nib-dummy -s person -n 5 --with nothere=person.csv
err_has 'does not refer to a table nothere'
run 2 nib-dummy -s admitted_episode -n 5 --with person=dx.csv
err_has 'dx.csv: no column'
run 2 nib-dummy -s admitted_episode -n 5 --with person=missing.csv
err_has 'missing.csv'
run 2 nib-dummy -s person -n 5 --errors 2
run 2 nib-dummy -s person -n 5 --errors-log log
err_has '--errors-log needs --errors'
run 2 nib-dummy -s person -n 5 --sede 4
err_has 'did you mean --seed?'
run 2 nib-dummy -s person -n 5 --errors 0.5 --errors-log "$T/same" -o "$T/same"
err_has '--errors-log and --output are one file'
no_file "$T/same"
run 2 nib-dummy -s person -n 100000 -o /dev/full
err_has 'No space left'
rm -f x.csv
run 2 nib-dummy -s person -n 5 --recipe missing.json -o x.csv
no_file x.csv

cat >tiny.json <<'END'
{ "name": "tiny", "fields": [
    { "name": "a", "type": "integer",
      "constraints": { "required": true, "minimum": 1, "maximum": 9 } },
    { "name": "b", "type": "string",
      "constraints": { "required": true, "pattern": "[A-C]{2}(x|yz)?" } },
    { "name": "c", "type": "date" } ],
  "nib": { "rules": [ { "id": "R1", "severity": "error",
    "expression": "RULE", "message": "of a test" } ] } }
END
# A rule that one record in 81 would keep by chance is kept by all.
sed "s/RULE/a = 7 AND b = 'ABx'/" tiny.json >hard.json
run 0 nib-dummy -s ./hard.json -n 500 --no-header
ok
[ "$(cut -d, -f1,2 out | sort -u)" = '7,ABx' ] || fail 'R1 is not kept'
sed 's/RULE/a > 9/' tiny.json >never.json
run 2 nib-dummy -s ./never.json -n 500 -o x.csv
err_has 'cannot make one that keeps rule R1 (of a test)'
no_file x.csv

# A recipe's mistakes name the file and the field.
sed 's/RULE/a > 0/' tiny.json >fine.json
recipe() {
	printf '%s\n' "$1" >r.json
	run 2 nib-dummy -s ./fine.json -n 5 --recipe r.json
	err_has 'r.json'
	err_has "$2"
}
recipe '{' 'not JSON'
recipe '[]' 'a recipe is an object'
recipe '{"fields":[{"value":"1"}]}' 'needs a name'
recipe '{"fields":[{"name":"z","value":"1"}]}' 'not in the specification'
recipe '{"fields":[{"name":"a"}]}' 'field a: nothing says how it is made'
recipe '{"fields":[{"name":"a","value":"1","copy":"b"}]}' 'two ways'
recipe '{"fields":[{"name":"a","vlaue":"1"}]}' 'no such word: vlaue'
recipe '{"fields":[{"name":"a","copy":"b"}]}' 'no field before this one'
recipe '{"fields":[{"name":"a","weights":{"1":-1}}]}' 'above 0'
recipe '{"fields":[{"name":"a","quantiles":[3,2]}]}' 'must not fall'
recipe '{"fields":[{"name":"b","pattern":"(?=x)a"}]}' 'a group with (?'
recipe '{"fields":[{"name":"b","unique":"[AB]"}]}' 'fewer different texts'
recipe '{"fields":[{"name":"b","codes":"current"}]}' 'no code list'
recipe '{"fields":[{"name":"c","date":"period","plus":[1,2]}]}' 'no plus'
recipe '{"fields":[],"gruop":{}}' 'no such word: gruop'
finish
