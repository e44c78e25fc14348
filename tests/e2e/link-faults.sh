#!/bin/sh
# nib-link on input that would break it: blocks of equal keys, nothing but
# blanks, too little memory. A message, a status, no half output, and the
# index as it was.
. "$(dirname "$0")/lib.sh"
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" >"$T/a.csv"
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" >"$T/b.csv"

# One number for all, of either sex: two persons, in no time, and nothing is
# left for later steps to leave out.
awk 'BEGIN {
	print "rec_id,nhs_number,sex,birth_date,postcode,provider,local_patient_id"
	for (i = 1; i <= 100000; i++)
		print "r" i ",9434765919," 1 + i % 2 ",1970-05-06,LS1 1UY,R01," i
}' >"$T/equal.csv"
run 0 timeout 60 nib-link persons -m hes-8-step "$T/equal.csv" -o "$T/o"
err_empty
cut -d, -f3,8 "$T/o" | sort | uniq -c | awk '{ print $1, $2 }' >"$T/got"
cat >"$T/want" <<'X'
50000 1,P0000000002
50000 2,P0000000001
1 sex,person_id
X
same "$T/want" "$T/got"
# One number, but everybody differs in sex or in birth date from most: too
# much to look at, and said so.
awk 'BEGIN {
	print "rec_id,nhs_number,sex,birth_date,postcode"
	for (i = 0; i < 20000; i++)
		printf "r%d,9434765919,%d,%04d-%02d-%02d,LS1 1UY\n", i, 1 + i % 2,
		    1920 + i % 97, 1 + i % 11, 1 + i % 27
}' >"$T/clash.csv"
run 1 timeout 60 nib-link persons -m hes-8-step "$T/clash.csv"
err_has 'step 5: 1 block with 20000 records left out'
# Scored pairs of a block that is too big.
awk 'BEGIN {
	print "rec_id,nhs_number,sex,birth_date,postcode,family_name,given_name"
	for (i = 0; i < 3000; i++)
		printf "r%d,,1,1970-05-06,LS%d %dUY,F%c%c,G%c%c\n", i, 1 + i % 60,
		    i % 10, 65 + i % 26, 65 + i / 26 % 26, 65 + i % 23, 65 + i / 23 % 23
}' >"$T/scored.csv"
run 1 timeout 60 nib-link persons -m mps-3-step "$T/scored.csv"
err_has 'step algorithmic: 1 block with 4498500 pairs left out'

# No column in common, and a model of other fields: said before anything is
# written, and the index is as it was.
printf 'x,y\n1,2\n' >"$T/others.csv"
run 0 nib-link persons -m hes-8-step --index "$T/unharmed" "$T/a.csv"
cp "$T/unharmed" "$T/before"
run 2 nib-link persons -m hes-8-step --index "$T/unharmed" -o "$T/no" \
	"$T/others.csv"
err_has 'the input has no column for the field nhs_number of hes-8-step'
no_file "$T/no"
same "$T/before" "$T/unharmed"
run 2 nib-link train -m people -o "$T/no" "$T/a.csv" "$T/others.csv"
err_has "$T/others.csv: the input has no column for the field nhs_number"
no_file "$T/no"
run 0 nib-link train -q -m people -o "$T/model" "$T/a.csv" "$T/b.csv"
sed '1s/gp_practice/ward/' "$T/a.csv" >"$T/wards.csv"
run 2 nib-link score -m "$T/model" -o "$T/no" "$T/wards.csv"
err_has "$T/wards.csv: the input has no column for the field gp_practice of people"
no_file "$T/no"
head -c 3000 "$T/model" >"$T/half.model"
run 2 nib-link score -m "$T/half.model" -o "$T/no" "$T/a.csv"
err_has 'not JSON'
no_file "$T/no"
# An id twice: of the pairs nobody could tell which record is meant.
sed '900s/^[^,]*,/A1,/' "$T/a.csv" >"$T/again.csv"
run 2 nib-link score -m "$T/model" -o "$T/no" "$T/again.csv"
err_is "nib-link score: $T/again.csv:900: record 899, column 1: the record's id was used by an earlier record"
no_file "$T/no"
for part in train block; do
	case $part in train) m=people ;; *) m=$T/model ;; esac
	run 2 nib-link $part -m "$m" -o "$T/no" "$T/again.csv"
	err_has "$T/again.csv:"
	err_has "record 899"
	err_has "the record's id was used by an earlier record"
	no_file "$T/no"
	run 2 nib-link $part -m "$m" -o "$T/no" "$T/a.csv" "$T/a.csv"
	err_has 'an id is used in both files: ids must tell all records apart'
	no_file "$T/no"
done
run 2 nib-link train -m people --memory 1M -o "$T/no" "$T/again.csv"
err_has "the record's id was used by an earlier record"
# Without a column of that name there is nothing to look at.
sed '1s/^[^,]*,/other,/' "$T/again.csv" >"$T/other.csv"
run 0 nib-link train -q -m people -o "$T/model2" "$T/other.csv" "$T/other.csv"
run 2 nib-link train -m people --id other -o "$T/no" "$T/other.csv"
err_has "record 899, column 1: the record's id was used by an earlier record"

# Nothing but blanks: everybody is alone, and there is nothing to learn.
awk -F, -v OFS=, 'NR > 1 { for (i = 2; i <= 10; i++) $i = "" } { print }' \
	"$T/a.csv" >"$T/blank.csv"
for m in hes-3-step hes-8-step mps-3-step epidm ons-matchkeys; do
	run 0 nib-link persons -m $m "$T/blank.csv"
	ok; [ "$(tail -n +2 "$T/out" | sed 's/.*,//' | sort -u | wc -l)" -eq 2000 ] ||
		fail "$m: blanks linked"
done
run 2 nib-link train -m people -o "$T/o2" "$T/blank.csv"
err_has 'nothing to train on'
no_file "$T/o2"
run 0 nib-link persons -m hes-8-step --index "$T/db" "$T/blank.csv"
run 0 nib-link persons -m hes-8-step --index "$T/db" "$T/a.csv"
ok; [ "$(tail -n +2 "$T/out" | sed 's/.*,//' | sort -u | wc -l)" -gt 1900 ] ||
	fail "people linked to blanks of an index"

# Too little memory: whatever the limit, a message and no output. Not with
# sanitizers, which need more than any limit.
run 0 nib-link train -m people -o "$T/model" "$T/a.csv" "$T/b.csv"
cp "$T/db" "$T/before.db"
# shellcheck disable=SC3045 # where the shell has no such limit, it is skipped
(ulimit -v 2000000 && nib-link --version) >/dev/null 2>&1 || {
	echo "skipped: limits of memory"
	finish
}
# What the whole run leaves in the index, were there memory enough.
cp "$T/db" "$T/whole.db"
run 0 nib-link persons -m hes-8-step --index "$T/whole.db" "$T/a.csv" "$T/b.csv"
cat >"$T/one_of.py" <<'END'
# Has the first index the content of one of the others?
import sqlite3, sys
has = []
for path in sys.argv[1:]:
    db = sqlite3.connect(path)
    assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
    has.append(list(db.iterdump()))
sys.exit(has[0] not in has[1:])
END
ended=0
for limit in 12000 20000 40000 80000 200000; do
	for part in "persons -m hes-8-step --index $T/db" \
		"train -m people" "score -m $T/model"; do
		rm -f "$T/o"
		# shellcheck disable=SC3045
		(ulimit -v $limit && exec nib-link $part -j 2 -o "$T/o" \
			"$T/a.csv" "$T/b.csv") >"$T/out" 2>"$T/err"
		status=$?
		ok
		case $status in
		0) [ -s "$T/o" ] || fail "$limit: $part: no output" ;;
		2) ended=$((ended + 1))
			[ -s "$T/err" ] && [ ! -e "$T/o" ] ||
			fail "$limit: $part: no message, or half an output" ;;
		127) ;; # too little to load the program
		*) fail "$limit: $part: status $status" ;;
		esac
		[ $status -eq 0 ] || case $part in
		# The index is written before the output: it is as it was,
		# or has the whole run in it, which the next run finds again.
		# A transaction cut short is taken back by who opens it.
		persons*) ok; python3 "$T/one_of.py" "$T/db" "$T/before.db" \
			"$T/whole.db" || fail "$limit: the index was changed" ;;
		esac
		rm -f "$T/db-journal"
		cp "$T/before.db" "$T/db"
	done
done
ok; [ "$ended" -ge 3 ] || fail "no limit was low enough: $ended"
# A column that is empty, or written in another way, is told of; no value is.
cat >"$T/other.csv" <<'X'
record_id,nhs_number,sex,birth_date,postcode
1,,1,17/05/1980,LS1 4AP
2,,1,17/05/1980,LS1 4AP
X
run 0 nib-link persons -m hes-8-step "$T/other.csv"
err_has 'other.csv: the column nhs_number is empty in every record'
err_has 'no cell of the column birth_date can be read as the field birth_date (date)'
err_lacks 'the column sex'
err_lacks '1980'
sed 's,17/05/1980,1980-05-17,; s/^1,,/1,9434765919,/' "$T/other.csv" >"$T/right.csv"
run 0 nib-link persons -m hes-8-step "$T/right.csv" "$T/other.csv"
err_lacks 'the column'
finish
