#!/bin/sh
# nib-link persons --index: ids that stay from run to run.
. "$(dirname "$0")/lib.sh"
DB=$T/persons.db
link() { # STATUS FILE [OPTION...]
	want=$1 file=$2
	shift 2
	run "$want" nib-link persons -m hes-3-step --without provider \
		--without local_patient_id --index "$DB" "$@" "$file"
}
ids() { tail -n +2 "$T/out" | sed 's/.*,//' | tr '\n' ' '; }
ids_are() { ok; [ "$(ids)" = "$1 " ] || fail "ids $(ids), wanted $1"; }

cat >"$T/one" <<'X'
nhs_number,sex,birth_date,postcode
9434765919,1,1970-05-06,LS1 1UY
,2,1980-02-03,LS1 1UZ
9434765919,1,1970-05-07,
X
cat >"$T/two" <<'X'
nhs_number,sex,birth_date,postcode
9434765870,2,1980-02-03,LS1 1UZ
,1,1999-01-02,LS2 1AA
9434765919,1,1970-05-06,LS9 9AA
X
link 0 "$T/one"
ids_are 'P0000000001 P0000000002 P0000000001'
ok; [ "$(stat -c %a "$DB")" = 600 ] || fail "mode of the index"
# An output that has no place: the index is as it was.
before=$(cksum <"$DB")
link 2 "$T/two" -o "$T/nowhere/out.csv"
link 2 "$T/two" --report "$T/nowhere/report.csv"
ok; [ "$before" = "$(cksum <"$DB")" ] || fail "the index changed"
# The same again: the same ids, no new evidence.
link 0 "$T/one"
ids_are 'P0000000001 P0000000002 P0000000001'
# Another order does not matter; new people get new ids.
link 0 "$T/two"
ids_are 'P0000000002 P0000000003 P0000000001'
run 0 nib-link index "$DB"
out_is 'run,what,matching,records,new_persons,superseded,new_evidence,undone
1,link,hes-3-step,3,2,0,3,0
2,link,hes-3-step,3,0,0,0,0
3,link,hes-3-step,3,1,0,3,0'

# Evidence that joins 1 and 3: person 3 turns out to be person 1.
cat >"$T/three" <<'X'
nhs_number,sex,birth_date,postcode
9434765919,1,1999-01-02,LS2 1AA
9434765919,1,1970-01-02,LS2 1AA
X
sed 's/"birth_date partial"/"birth_date within-years 50"/' \
	"$NIB_SHARE/matching/hes-3-step.json" >"$T/loose.json"
cp "$DB" "$T/before.db"
run 0 nib-link persons -m "$T/loose.json" --without provider \
	--without local_patient_id --index "$DB" "$T/three"
err_has '1 persons turned out to be others'
ids_are 'P0000000001 P0000000001'
printf 'nhs_number,sex,birth_date,postcode\n,1,1999-01-02,LS2 1AA\n' >"$T/four"
link 0 "$T/four"
ids_are 'P0000000001'
# Undone twice (four, then three), 3 is itself again; its id stays given.
run 0 nib-link index --undo "$DB"
err_has 'run 5 is undone'
run 0 nib-link index --undo "$DB"
link 0 "$T/four"
ids_are 'P0000000003'
run 0 nib-link index "$DB"
ok; [ "$(cut -d, -f8 "$T/out" | tr '\n' ' ')" = 'undone 0 0 0 1 1 0 ' ] ||
	fail "undone runs: $(cut -d, -f8 "$T/out" | tr '\n' ' ')"

# By hand. Evidence is numbered as it came; 1 and 3 are person 1's, the third
# of them with another day of birth.
rm "$DB"
link 0 "$T/one"
link 0 "$T/two"
run 0 nib-link index --evidence P0000000001 "$DB"
out_is 'evidence,person_id,run
1,P0000000001,1
3,P0000000001,1
6,P0000000001,2'
run 0 nib-link index --evidence P0000000001 --show-values "$DB"
ok; grep -qx '3,P0000000001,1,9434765919,1970-05-07,1,,,' "$T/out" ||
	fail "values of evidence: $(cat "$T/out")"
cp "$DB" "$T/before.db"
# Evidence 3 was a brother's: he is a person of his own, and stays one though
# the steps would join the two again.
run 0 nib-link index --split P0000000001:3 "$DB"
err_is 'nib-link index: the evidence is that of P0000000004 now'
link 0 "$T/one"
ids_are 'P0000000001 P0000000002 P0000000004'
link 0 "$T/one"
ids_are 'P0000000001 P0000000002 P0000000004'
# 2 and 3 are one, says somebody; who has the old id finds the new.
run 0 nib-link index --merge P0000000003,P0000000002 "$DB"
err_is 'nib-link index: the two are P0000000002 now'
link 0 "$T/two"
ids_are 'P0000000002 P0000000002 P0000000001'
run 0 nib-link index --superseded "$DB"
out_is 'person_id,now,run
P0000000003,P0000000002,6'
run 0 nib-link index --evidence P0000000003 "$DB"
ok; [ "$(wc -l <"$T/out")" -eq 4 ] || fail "evidence of a superseded person"
# And that was wrong: 3 is itself again, and stays so.
run 0 nib-link index --split P0000000003 "$DB"
link 0 "$T/two"
ids_are 'P0000000002 P0000000003 P0000000001'
run 0 nib-link index --superseded "$DB"
out_is 'person_id,now,run'
# Merged by hand after a split: the split is over, until that is undone.
run 0 nib-link index --merge P0000000004,P0000000001 "$DB"
link 0 "$T/one"
ids_are 'P0000000001 P0000000002 P0000000001'
run 0 nib-link index "$DB"
cut -d, -f1,2,8 "$T/out" >"$T/got"
cat >"$T/want" <<'X'
run,what,undone
1,link,0
2,link,0
3,split,0
4,link,0
5,link,0
6,merge,0
7,link,0
8,split,0
9,link,0
10,merge,0
11,link,0
X
same "$T/want" "$T/got"
# All of it taken back, one after the other: as it was, but for the runs.
for n in 11 10 9 8 7 6 5 4 3; do
	run 0 nib-link index --undo "$DB"
	err_is "nib-link index: run $n is undone"
	case $n in
	10) link 0 "$T/one"
		ids_are 'P0000000001 P0000000002 P0000000004'
		run 0 nib-link index --undo "$DB" ;;
	8) link 0 "$T/two"
		ids_are 'P0000000002 P0000000002 P0000000001'
		run 0 nib-link index --undo "$DB" ;;
	esac
done
if command -v sqlite3 >/dev/null; then
	for t in person evidence apart moved released; do
		for db in "$DB" "$T/before.db"; do
			sqlite3 "$db" "SELECT * FROM $t ORDER BY 1, 2"
		done | sort | uniq -u >"$T/changed"
		ok; [ ! -s "$T/changed" ] || fail "$t after undo: $(cat "$T/changed")"
	done
fi
link 0 "$T/one"
ids_are 'P0000000001 P0000000002 P0000000001'
cp "$DB" "$T/before.db"
run 2 nib-link index --split P0000000001 "$DB"
err_has 'P0000000001 is not superseded'
run 2 nib-link index --split P0000000001:2 "$DB"
err_has 'P0000000001 has no evidence 2'
run 2 nib-link index --split P0000000001:1,3,6 "$DB"
err_has 'nothing would be left'
run 2 nib-link index --split P0000000001:x "$DB"
err_has 'the numbers of evidence'
run 2 nib-link index --merge P0000000001,P0000000001 "$DB"
err_has 'one person already'
run 2 nib-link index --merge P0000000001,P0000000099 "$DB"
err_has 'has no person P0000000099'
run 2 nib-link index --merge 1 "$DB"
err_has 'needs two ids'
run 2 nib-link index --merge 1,2 "$DB"
err_has "a person's id is P and its number"
run 2 nib-link index --undo --superseded "$DB"
err_has 'one of --superseded'
ok; cmp -s "$DB" "$T/before.db" || fail "a fault changed the index"

# On people whose truth is known: two months one after the other are as good
# as both at once, and the first month's ids stay.
rm "$DB"
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" >"$T/a.csv"
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" >"$T/b.csv"
run 0 nib-link persons -m hes-8-step --index "$DB" "$T/a.csv"
cp "$T/out" "$T/a1"
run 0 nib-link persons -m hes-8-step --index "$DB" -j 3 "$T/b.csv"
cp "$T/out" "$T/b1"
run 0 nib-link persons -m hes-8-step --index "$DB" -q "$T/a.csv"
ok; diff "$T/a1" "$T/out" >"$T/changed"
[ "$(grep -c '^<' "$T/changed")" -le 2 ] || fail "ids of the first month changed"
run 0 nib-link persons -m hes-8-step "$T/a.csv" "$T/b.csv"
pairs() {
	awk -F, '/^A/ { a[$12] = a[$12] " " $1 } /^B/ { b[$12] = b[$12] " " $1 }
		END { for (p in a) if (p in b) print a[p] b[p] }' "$@" | sort
}
pairs "$T/out" >"$T/x"
pairs "$T/a1" "$T/b1" >"$T/y"
ok; n=$(comm -3 "$T/x" "$T/y" | wc -l)
[ "$n" -le 6 ] || fail "$n persons differ from both files at once"

# What goes wrong leaves the index as it was.
cp "$DB" "$T/before.db"
{ cat "$T/a.csv"; echo broken; } >"$T/broken.csv"
run 2 nib-link persons -m hes-8-step --index "$DB" "$T/broken.csv"
ok; cmp -s "$DB" "$T/before.db" || fail "a failed run changed the index"
run 2 nib-link persons -m hes-8-step --index "$T/new.db" "$T/broken.csv"
no_file "$T/new.db"
run 2 nib-link persons -m hes-3-step --index "$DB" "$T/a.csv"
err_has 'was made with other fields than hes-3-step has'
echo 'not a database at all, but long enough to look at, is it' >"$T/text.db"
run 2 nib-link persons -m hes-8-step --index "$T/text.db" "$T/a.csv"
err_has 'not a person index, or damaged'
run 2 nib-link index "$T/none.db"
err_has 'cannot open'
no_file "$T/none.db"
# An empty file is a new index: a first run that was killed leaves one.
: >"$T/empty.db"
run 0 nib-link persons -m hes-8-step --index "$T/empty.db" "$T/a.csv"
run 0 nib-link index "$T/empty.db"
# Cut short, or not ours.
head -c 5000 "$DB" >"$T/half.db"
run 2 nib-link persons -m hes-8-step --index "$T/half.db" "$T/a.csv"
err_has 'half.db: not a person index, or damaged'
run 2 nib-link index "$T/half.db"
err_has 'half.db: not a person index, or damaged'
# One larger than what SQLite keeps in memory of it.
awk 'BEGIN {
	print "rec_id,nhs_number,sex,birth_date,postcode"
	for (i = 0; i < 80000; i++)
		printf "r%d,,%d,%04d-%02d-%02d,LS%d %d%c%c\n", i, 1 + i % 2,
		    1920 + i % 97, 1 + i % 11, 2 + i % 26, 1 + i % 31, i % 10,
		    65 + i % 26, 65 + i / 26 % 26
}' >"$T/large.csv"
run 0 nib-link persons -q -m hes-8-step --index "$T/large.db" "$T/large.csv"
ok; [ "$(wc -c <"$T/large.db")" -gt 2100000 ] || fail 'not large'
run 0 nib-link persons -q -m hes-8-step --index "$T/large.db" "$T/a.csv"
run 0 nib-link index --undo "$T/large.db"
run 0 nib-link index "$T/large.db"
# A byte changed anywhere, in a value too: said, before anything is written,
# and the file is left for who looks into it. 60 places at random, bytes of the
# header, the last one, and two pages in each other's place.
if command -v python3 >/dev/null; then
	run 0 nib-link persons -m hes-8-step --index "$T/flip.db" "$T/a.csv"
	cat >"$T/flip.py" <<'X'
import random, sys
whole = open(sys.argv[1], "rb").read()
n = int(sys.argv[3])
chosen = random.Random(5)
places = [0, 20, 28, len(whole) - 1] + [
    chosen.randrange(len(whole)) for i in range(60)]
b = bytearray(whole)
if n == len(places):
    b[4096:8192], b[8192:12288] = b[8192:12288], b[4096:8192]
else:
    b[places[n]] ^= 1 << n % 8
open(sys.argv[2], "wb").write(b)
X
	n=0
	while [ $n -le 64 ]; do
		python3 "$T/flip.py" "$T/flip.db" "$T/flipped.db" $n ||
			fail "flip $n"
		cp "$T/flipped.db" "$T/left.db"
		run 2 nib-link persons -m hes-8-step --index "$T/flipped.db" \
			-o "$T/no" "$T/b.csv"
		no_file "$T/no"
		run 2 nib-link index --undo "$T/flipped.db"
		ok
		grep -q 'put back a copy\|not a person index, or damaged' \
			"$T/err" || fail "flip $n: $(cat "$T/err")"
		same "$T/left.db" "$T/flipped.db"
		n=$((n + 1))
	done
	# Of the version before, which had no checksums.
	python3 - "$T/old.db" <<'X'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("create table meta (name text primary key, value text not null)")
db.execute("insert into meta values ('version', '2'), ('fields', '')")
db.commit()
X
	run 2 nib-link persons -m hes-8-step --index "$T/old.db" "$T/a.csv"
	err_has 'a person index of version 2; this program knows 3'
fi
# Killed at any time, the index is that of before or of after, and the run
# that is made again gives the same ids to all that were known; new people
# with too few values for any step get new ones.
known() { awk -F, '$12 <= "P0000002000"' "$T/out"; }
run 0 nib-link persons -m hes-8-step --index "$T/empty.db" "$T/b.csv"
known >"$T/b2"
rm "$T/empty.db"
run 0 nib-link persons -m hes-8-step --index "$T/empty.db" "$T/a.csv"
for pause in 0.01 0.02 0.03 0.04 0.05 0.06 0.08 0.1; do
	cp "$T/empty.db" "$T/killed.db"
	rm -f "$T/killed.db-journal"
	nib-link persons -m hes-8-step --index "$T/killed.db" "$T/b.csv" \
		>/dev/null 2>&1 &
	sleep $pause
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	run 0 nib-link persons -m hes-8-step --index "$T/killed.db" "$T/b.csv"
	known >"$T/got"
	same "$T/b2" "$T/got"
done
if command -v sqlite3 >/dev/null; then
	mkfifo "$T/hold"
	sqlite3 "$DB" <"$T/hold" >/dev/null &
	exec 9>"$T/hold"
	echo 'BEGIN EXCLUSIVE; SELECT 1;' >&9
	sleep 1
	run 2 nib-link persons -m hes-8-step --index "$DB" "$T/a.csv"
	err_has 'in use by another run'
	exec 9>&-
	wait
else
	echo "skipped: no sqlite3 to hold a lock with"
fi
finish
