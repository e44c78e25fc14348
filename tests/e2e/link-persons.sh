#!/bin/sh
# nib-link persons: person ids on artificial people whose truth is known.
# Precision and recall are held against the figures that independent
# implementations of the same steps got on the same generator's files
# (HES three steps: P 1.0000 R .9471; eight ranks: P .9994 R .9768).
. "$(dirname "$0")/lib.sh"
A=$TESTDATA/linkage/people_a.csv.gz
B=$TESTDATA/linkage/people_b.csv.gz

# Pairs of a record of each file: found, true, both. Columns of the output:
# rec_id 1, truth_id 11, person_id 12; no cell has a comma.
score() {
	awk -F, 'NR > 1 {
		s = substr($1, 1, 1)
		t[s, $11]++; p[s, $12]++; b[s, $11, $12]++
		T[$11]; P[$12]; B[$11 SUBSEP $12]
	}
	END {
		for (k in T) nt += t["A", k] * t["B", k]
		for (k in P) np += p["A", k] * p["B", k]
		for (k in B) nb += b["A", k] * b["B", k]
		printf "%.4f %.4f\n", nb / np, nb / nt
	}' "$1"
}
at_least() { # FILE PRECISION RECALL
	ok
	score "$1" | awk -v p="$2" -v r="$3" '{ exit !($1 >= p && $2 >= r) }' ||
		fail "precision and recall $(score "$1"), wanted $2 $3"
}

run 0 nib-link persons -m hes-3-step "$A" "$B"
err_empty
cp "$T/out" "$T/three"
at_least "$T/three" .9995 .947
run 0 nib-link persons -m hes-8-step "$A" "$B"
at_least "$T/out" .9980 .9768 # 1 pair of 1,500 is .0007

# Other methods; no outside figures, so a floor that a mistake would break.
run 0 nib-link persons -m mps-3-step "$A" "$B"
at_least "$T/out" .999 .9855 # cross-checks and exact trace alone: .9656
run 0 nib-link persons -m epidm "$A" "$B"
at_least "$T/out" .999 .98
run 0 nib-link persons -m ons-matchkeys "$A" "$B"
at_least "$T/out" .998 .88 # people who moved alone are for a model

# The same bytes for any number of workers, from a file, a pipe, a
# compressed stream, a named pipe, and with the input in pieces.
gzip -dc "$A" >"$T/all.csv"
gzip -dc "$B" | tail -n +2 >>"$T/all.csv"
for j in 1 2 5; do
	run 0 nib-link persons -j $j -m hes-3-step "$T/all.csv"
	same "$T/three" "$T/out"
done
ok; nib-link persons -m hes-3-step <"$T/all.csv" | cmp -s - "$T/three" ||
	fail "standard input from a file"
ok; cat "$T/all.csv" | nib-link persons -m hes-3-step |
	cmp -s - "$T/three" || fail "standard input from a pipe"
ok; gzip -c "$T/all.csv" | nib-link persons -m hes-3-step - |
	cmp -s - "$T/three" || fail "a compressed pipe"
# A named pipe is copied, and faults are told by its own name.
mkfifo "$T/fifo"
timeout 20 sh -c 'cat "$1" >"$2"' sh "$T/all.csv" "$T/fifo" &
run 0 nib-link persons -m hes-3-step "$T/fifo"
same "$T/three" "$T/out"
wait
{ head -3 "$T/all.csv"; echo x; } >"$T/ragged.csv"
timeout 20 sh -c 'cat "$1" >"$2"' sh "$T/ragged.csv" "$T/fifo" &
run 2 nib-link persons -m hes-3-step "$T/fifo"
err_has "$T/fifo:4:"
wait

# Pipes in a root with neither /proc nor /dev: only what the loader needs.
# Nothing is left in TMPDIR.
ROOT=$T/root
if [ "$(id -u)" -eq 0 ] && command -v chroot >/dev/null &&
	mkdir -p "$ROOT/tmp" "$ROOT/share" && cp "$NIB_BIN/nib-link" "$ROOT/" &&
	cp -r "$NIB_SHARE/matching" "$ROOT/share/" &&
	{ ldd "$NIB_BIN/nib-link" 2>/dev/null || true; } |
	grep -o '/[^ ]*' | while read -r lib; do
		mkdir -p "$ROOT${lib%/*}" && cp -L "$lib" "$ROOT$lib" || exit 1
	done && NIB_SHARE=/share chroot "$ROOT" /nib-link --version \
	>/dev/null 2>&1; then
	ok; cat "$T/all.csv" | NIB_SHARE=/share TMPDIR=/tmp \
		chroot "$ROOT" /nib-link persons -m hes-3-step 2>"$T/err" |
		cmp -s - "$T/three" || fail "a pipe in an empty root"
	mkfifo "$ROOT/fifo"
	timeout 20 sh -c 'cat "$1" >"$2"' sh "$T/all.csv" "$ROOT/fifo" &
	run 0 env NIB_SHARE=/share TMPDIR=/tmp \
		chroot "$ROOT" /nib-link persons -m hes-3-step /fifo
	same "$T/three" "$T/out"
	wait
	ok; [ -z "$(ls -A "$ROOT/tmp")" ] || fail "a file is left in TMPDIR"
else
	echo "skipped: a root without /proc, which needs root and chroot"
fi

# Input columns are untouched; only one column is added.
cut -d, -f1-11 "$T/three" >"$T/cut"
same "$T/cut" "$T/all.csv"

# By hand: step 1 joins 1 and 3 (a day differs), step 3 joins 2 and 4 (one
# NHS number missing); 5 has another NHS number than 2, 6 a wrong one.
cat >"$T/six.csv" <<'X'
nhs_number,sex,birth_date,postcode,provider,local_patient_id
9434765919,1,1970-05-06,LS1 1UY,RR8,1
,2,1980-02-03,LS1 1UZ,RR8,2
9434765919,1,1970-05-07,,RR8,3
9434765870,2,1980-02-03,ls11uz,RR8,4
9000000009,2,1980-02-03,LS1 1UZ,RR8,5
9434765918,1,1970-05-06,LS1 1UX,RR8,6
X
run 0 nib-link persons -m hes-3-step --step --report "$T/steps" "$T/six.csv"
cut -d, -f7-8 "$T/out" >"$T/got"
cat >"$T/want" <<'X'
person_id,person_step
P0000000001,1
P0000000002,3
P0000000001,1
P0000000002,3
P0000000005,
P0000000006,
X
same "$T/want" "$T/got"
cat >"$T/want" <<'X'
step,title,joined,vetoed,multiple,dropped_blocks,dropped_records
1,"NHS number, sex, partial date of birth",1,0,0,0,0
2,"provider, local patient id, sex, date of birth, postcode",0,0,0,0,0
3,"sex, date of birth, postcode",1,1,0,0,0
X
same "$T/want" "$T/steps"

# Why records 2 and 4 are one, and 2 and 6 are not.
awk 'NR == 1 { print "record_id," $0; next } { print NR - 1 "," $0 }' \
	"$T/six.csv" >"$T/ids.csv"
run 0 nib-link explain -m hes-3-step --left 2 --right 4 "$T/ids.csv"
out_is 'step,step_holds,test,holds
1,no,nhs_number exact,missing
1,no,sex exact,yes
1,no,birth_date partial,yes
2,no,provider exact,yes
2,no,local_patient_id exact,no
2,no,sex exact,yes
2,no,birth_date exact,yes
2,no,postcode exact,yes
2,no,nhs_number compatible,yes
3,yes,sex exact,yes
3,yes,birth_date exact,yes
3,yes,postcode exact,yes
3,yes,nhs_number compatible,yes
3,yes,birth_date not-1-january,yes
3,yes,postcode not-ignored,yes
never,no,nhs_number different,missing'
run 0 nib-link explain -m hes-3-step --left 2 --right 6 --show-values "$T/ids.csv"
grep -qx '3,no,postcode exact,no,LS1  1UZ,LS1  1UX' "$T/out" || fail "values"
run 2 nib-link explain -m hes-3-step --left 2 --right 7 "$T/ids.csv"
err_is 'nib-link explain: no record has the id given with --right'
run 2 nib-link explain -m people --left 2 --right 4 "$T/ids.csv"
err_has 'people has no deterministic steps'

# What is missing, wrong or in the way.
run 2 nib-link persons "$T/six.csv"
err_is 'nib-link persons: needs -m MATCHING'
run 2 nib-link persons -m hes-9-step "$T/six.csv"
err_has 'hes-9-step'
run 2 nib-link persons -m hes-3-step --name sex "$T/six.csv"
err_has 'already has a column sex'
cut -d, -f1-4 "$T/six.csv" >"$T/four.csv"
run 2 nib-link persons -m hes-3-step -o "$T/o" "$T/four.csv"
err_has 'no column for the field provider of hes-3-step'
no_file "$T/o"
run 0 nib-link persons -m hes-3-step --without provider \
	--without local_patient_id "$T/four.csv"
run 2 nib-link persons -m hes-3-step --without nothing "$T/four.csv"
err_has 'hes-3-step has no such field'
sed 's/birth_date/born/' "$T/six.csv" >"$T/born.csv"
run 0 nib-link persons -m hes-3-step --field birth_date=born "$T/born.csv"
run 2 nib-link persons -m hes-3-step --field birth_date=dob "$T/born.csv"
err_has 'no column dob'
# By the roles of a specification, whatever the columns are called.
cat >"$T/spec.json" <<'X'
{"name": "t", "fields": [
  {"name": "number", "type": "string", "nib": {"role": "nhs-number"}},
  {"name": "gender", "type": "string"},
  {"name": "s", "type": "string", "nib": {"role": "sex"}},
  {"name": "born", "type": "date", "nib": {"role": "birth-date"}},
  {"name": "place", "type": "string", "nib": {"role": "postcode"}}]}
X
cut -d, -f1-4 "$T/six.csv" | sed 's/.*birth.*/number,s,born,place/' >"$T/odd.csv"
run 0 nib-link persons -m hes-8-step -s "$T/spec.json" "$T/odd.csv"
cut -d, -f5 "$T/out" >"$T/got"
run 0 nib-link persons -m hes-8-step "$T/four.csv"
cut -d, -f5 "$T/out" >"$T/want"
same "$T/want" "$T/got"
run 2 nib-link persons -m hes-8-step "$T/odd.csv"
err_has 'no column for the field nhs_number'
{ cat "$T/six.csv"; echo 'a,b'; } >"$T/ragged.csv"
run 2 nib-link persons -m hes-3-step -o "$T/o" "$T/ragged.csv"
err_has 'ragged.csv:8'
no_file "$T/o"
ok; cat "$T/ragged.csv" | nib-link persons -m hes-3-step 2>"$T/err" >"$T/out"
[ ! -s "$T/out" ] || fail "output before the input was checked"
err_has 'standard input:8'
run 2 nib-link nonsense
err_has 'no part nonsense'
run 0 nib-link persons --help
run 0 nib-link --help
# Completion: parts first, then the options of the part.
run 2 nib-link --completion tcsh
run 2 nib-link persons --completion bash
err_has 'belongs before the part'
for tool in nib-link nib-indicator; do
	for shell in bash zsh fish; do
		run 0 "$tool" --completion $shell
		ok; [ -s "$T/out" ] || fail "no completion for $shell"
	done
done
if command -v bash >/dev/null; then
	completed() { # WORD...
		nib-link --completion bash >"$T/complete"
		PATH=$NIB_BIN:$PATH bash -c '. "$1"; shift
			COMP_WORDS=(nib-link "$@"); COMP_CWORD=$#
			_nib-link nib-link "${!#}"; echo "${COMPREPLY[*]}"' \
			bash "$T/complete" "$@"
	}
	ok; [ "$(completed sc)" = score ] || fail "completion of a part"
	ok; [ "$(completed score --thresholds)" = --thresholds ] ||
		fail "completion of an option"
fi
run 0 nib-link persons -m hes-3-step --no-header "$T/six.csv"
head -1 "$T/out" | grep -q '^9434765919' || fail "--no-header"
head -1 "$T/six.csv" >"$T/header.csv"
run 0 nib-link persons -m hes-3-step "$T/header.csv"
out_is 'nhs_number,sex,birth_date,postcode,provider,local_patient_id,person_id'

# A block beyond the cap is left out and said to be: status 1.
sed 's/"never"/"max_block": 1, "never"/' "$NIB_SHARE/matching/hes-3-step.json" \
	>"$T/capped.json"
run 1 nib-link persons -m "$T/capped.json" "$T/six.csv"
err_has 'left out'
# The account of a run, for the parts that give one: digests by b2sum.
printf 'person_id,day,hba1c\nP1,2024-01-02,41\n' >"$T/side.csv"
printf 'person_id,provider,admission_date,episode_start,episode_end\nP1,R01,2024-01-03,2024-01-03,2024-01-04\n' >"$T/stay.csv"
account() { # INPUT PART...
	file=$1
	shift
	run 0 nib-link "$@" --provenance "$T/account" -o "$T/result" "$file"
	ok
	for f in "$file" "$T/result"; do
		grep -q "$(b2sum -l 256 "$f" | cut -d' ' -f1)" "$T/account" ||
			fail "$1: the account lacks the digest of $f"
	done
}
account "$TESTDATA/linkage/people_a.csv.gz" persons -m hes-3-step
ok; grep -q "$(b2sum -l 256 "$NIB_SHARE/matching/hes-3-step.json" |
	cut -d' ' -f1)" "$T/account" || fail "the account lacks the matching file"
account "$TESTDATA/linkage/people_a.csv.gz" persons -m hes-3-step \
	--report "$T/steps"
ok; grep -q "$(b2sum -l 256 "$T/steps" | cut -d' ' -f1)" "$T/account" ||
	fail "the account lacks the report"
account "$T/stay.csv" attach --on person_id --from "$T/side.csv"
run 2 nib-link index --provenance "$T/account" "$T/side.csv"
err_has 'no option --provenance'
finish
