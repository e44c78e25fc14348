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
# The same again: the same ids, no new evidence.
link 0 "$T/one"
ids_are 'P0000000001 P0000000002 P0000000001'
# Another order does not matter; new people get new ids.
link 0 "$T/two"
ids_are 'P0000000002 P0000000003 P0000000001'
run 0 nib-link index "$DB"
out_is 'run,matching,records,new_persons,superseded,new_evidence,undone
1,hes-3-step,3,2,0,3,0
2,hes-3-step,3,0,0,0,0
3,hes-3-step,3,1,0,3,0'

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
ok; [ "$(cut -d, -f7 "$T/out" | tr '\n' ' ')" = 'undone 0 0 0 1 1 0 ' ] ||
	fail "undone runs: $(cut -d, -f7 "$T/out" | tr '\n' ' ')"

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
