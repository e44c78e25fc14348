#!/bin/sh
# nib-link in a stated memory: the same bytes in any, blocks too large to look
# at, and what happens when the disk is full or the process is killed.
. "$(dirname "$0")/lib.sh"
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" >"$T/a.csv"
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" >"$T/b.csv"
mkdir "$T/tmp"
four() { # each record four times, under other ids
	awk -F, -v OFS=, 'NR == 1 { print; next }
		{ id = $1; for (i = 0; i < 4; i++) { $1 = id "-" i; print } }' "$1"
}
four "$T/a.csv" >"$T/a4.csv"
four "$T/b.csv" >"$T/b4.csv"
TMPDIR=$T/tmp
export TMPDIR

# Pairs, by parts and in a small memory. A threshold below all keeps every
# pair that blocking makes, more than a megabyte of them.
run 0 nib-link train -q -m people -o "$T/model" "$T/a.csv" "$T/b.csv"
run 0 nib-link score -m "$T/model" --threshold -1000 --report "$T/report" \
	-o "$T/pairs" "$T/a4.csv" "$T/b4.csv"
ok; [ "$(wc -l <"$T/pairs")" -gt 20000 ] || fail 'too few pairs to spill'
# 1M: neither records nor pairs fit; 3M: records do. Frequencies, blocks and
# weights are those of all records, so the bytes are those of the run in memory.
nib-link score -m "$T/model" --threshold -1000 --explain --show-values \
	-o "$T/explained" "$T/a4.csv" "$T/b4.csv" || fail 'explained pairs'
run 0 nib-link score -m "$T/model" --explain -o "$T/within" "$T/a4.csv"
run 0 nib-link train -q -m people -o "$T/model4" "$T/a4.csv" "$T/b4.csv"
run 0 nib-link train -q -m people -o "$T/model1" "$T/a4.csv"
for how in '-j 1 --memory 1M' '-j 3 --memory 1M' '-j 3 --memory 3M'; do
	# shellcheck disable=SC2086
	run 0 nib-link score $how -m "$T/model" --threshold -1000 \
		--report "$T/again" "$T/a4.csv" "$T/b4.csv"
	same "$T/pairs" "$T/out"
	same "$T/report" "$T/again"
	# shellcheck disable=SC2086
	run 0 nib-link score $how -m "$T/model" --threshold -1000 --explain \
		--show-values "$T/a4.csv" "$T/b4.csv"
	same "$T/explained" "$T/out"
	# shellcheck disable=SC2086
	run 0 nib-link score $how -m "$T/model" --explain "$T/a4.csv"
	same "$T/within" "$T/out"
	# shellcheck disable=SC2086
	run 0 nib-link train -q $how -m people -o "$T/again" "$T/a4.csv" \
		"$T/b4.csv"
	same "$T/model4" "$T/again"
	# shellcheck disable=SC2086
	run 0 nib-link train -q $how -m people -o "$T/again" "$T/a4.csv"
	same "$T/model1" "$T/again"
done
# A pipe is read once, in any memory.
# shellcheck disable=SC2016
run 0 sh -c 'nib-link score -m "$1" --threshold -1000 --memory 1M - "$3" <"$2"' \
	sh "$T/model" "$T/a4.csv" "$T/b4.csv"
same "$T/pairs" "$T/out"
# Of two records with one id, wherever they are.
sed '8000s/^[^,]*,/A1-0,/' "$T/a4.csv" >"$T/twice.csv"
run 2 nib-link score -m "$T/model" --memory 1M -o "$T/no" "$T/twice.csv" \
	"$T/b4.csv"
err_is "nib-link score: $T/twice.csv: record 7999: the record's id was used by an earlier record"
no_file "$T/no"
run 2 nib-link score -m "$T/model" --memory 1M -o "$T/no" "$T/b4.csv" \
	"$T/b4.csv"
err_has 'an id is used in both files: ids must tell all records apart'
no_file "$T/no"

# Persons by every matching file, with the records in memory and in a file.
# House numbers and UPRNs, so that steps of households have something to join.
awk -F, -v OFS=, 'NR == 1 { print $0, "uprn", "house_number" }
	FNR > 1 { print $0, FNR % 97 % 13, $2 % 17 }' "$T/a4.csv" \
	"$T/b4.csv" >"$T/both.csv"
persons() { # MATCHING OPTION...
	matching=$1
	shift
	nib-link persons -q -m "$matching" --step --report "$T/joined" "$@" \
		"$T/both.csv" >"$T/got"
	case $? in 0 | 1) ;; *) fail "persons -m $matching $*" ;; esac
}
for matching in hes-3-step hes-8-step mps-3-step epidm ons-matchkeys; do
	persons $matching
	mv "$T/got" "$T/want"
	mv "$T/joined" "$T/steps"
	for how in '-j 1 --memory 1M' '-j 3 --memory 1M' '-j 2 --memory 2M'; do
		# shellcheck disable=SC2086
		persons $matching $how
		same "$T/want" "$T/got"
		same "$T/steps" "$T/joined"
	done
	persons $matching --as-joins
	mv "$T/got" "$T/want"
	persons $matching --as-joins --memory 1M
	same "$T/want" "$T/got"
done
# With an index, what it remembers is the same as well: runs that follow give
# the same ids, and its files hold the same.
for size in 1G 2M; do
	mkdir "$T/$size"
	for file in a4 b4 a both; do
		nib-link persons -q -m hes-8-step --memory $size --step --index \
			"$T/$size/db" "$T/$file.csv" >"$T/$size/$file" ||
			fail "persons --index --memory $size $file.csv"
	done
	nib-link index "$T/$size/db" >"$T/$size/runs"
	nib-link index --superseded "$T/$size/db" >"$T/$size/superseded"
	for person in 0001 0002 0007 0055 1001; do
		nib-link index --evidence "P000000$person" --show-values "$T/$size/db"
	done >"$T/$size/evidence"
done
for what in a4 b4 a both runs superseded evidence; do
	ok; [ -s "$T/1G/$what" ] || fail "nothing in $what"
	same "$T/1G/$what" "$T/2M/$what"
done
# What stays in memory must fit, and so must what is written; the index is as
# it was.
awk 'NR == 1 { print; next } { for (i = 0; i < 4; i++) print }' \
	"$T/both.csv" >"$T/many.csv"
run 2 nib-link persons -m hes-8-step --memory 1M -o "$T/no" "$T/many.csv"
err_has 'records already take more than --memory allows'
no_file "$T/no"
cp "$T/2M/db" "$T/before"
run 2 sh -c "ulimit -f 1500; trap '' XFSZ; exec nib-link persons --memory 4M \
	-m ons-matchkeys -o '$T/no' '$T/many.csv'"
err_has "$T/tmp: cannot write the temporary file: File too large"
no_file "$T/no"
run 2 sh -c "ulimit -f 2500; trap '' XFSZ; exec nib-link persons --memory 4M \
	-m hes-8-step --index '$T/2M/db' -o '$T/no' '$T/many.csv'"
err_has "cannot write the temporary file: File too large"
no_file "$T/no"
same "$T/before" "$T/2M/db"
# In order of the first file's records, each pair once.
ok
awk -F, 'NR == FNR { if (FNR > 1) place[$1] = FNR; next }
	FNR == 1 { next }
	place[$1] < last || seen[$1, $2]++ { exit 1 }
	{ last = place[$1] }' "$T/a4.csv" "$T/pairs" || fail 'order of pairs'
memory=
parts() { # N FILE...: all parts, one after the other, and their reports
	n=$1
	shift
	k=1
	: >"$T/joined"
	: >"$T/reports"
	while [ "$k" -le "$n" ]; do
		header=
		[ "$k" -eq 1 ] || header=--no-header
		# shellcheck disable=SC2086
		nib-link score -q -m "$T/model" $header --threshold -1000 \
			$memory --part "$k/$n" --report "$T/one" "$@" >>"$T/joined"
		case $? in 0 | 1) ;; *) fail "part $k of $n" ;; esac
		tail -n +2 "$T/one" >>"$T/reports"
		k=$((k + 1))
	done
	# Counts of a rule add up over parts.
	awk -F, '{ n = NF; p[$1] += $(n - 2); b[$1] += $(n - 1); d[$1] += $n }
		END { for (r in p) printf "%d,%d,%d,%d\n", r, p[r], b[r], d[r] }' \
		"$T/reports" | sort >"$T/sums"
}
counts() {
	tail -n +2 "$1" | awk -F, '{ printf "%d,%d,%d,%d\n", $1, $(NF - 2),
		$(NF - 1), $NF }' | sort
}
for n in 1 2 7; do
	parts $n "$T/a4.csv" "$T/b4.csv"
	same "$T/pairs" "$T/joined"
	counts "$T/report" >"$T/want"
	same "$T/want" "$T/sums"
done
memory='--memory 1M'
parts 3 "$T/a4.csv" "$T/b4.csv"
same "$T/pairs" "$T/joined"
same "$T/want" "$T/sums"
memory=
# Persons of them: ids sorted in a file have the numbers they have in memory.
awk -F, 'NR == 1 { print "id_l,id_r,decision" }
	NR > 1 && NR % 500 == 0 { print $1 "," $2 ",same" }
	NR % 501 == 0 { print $1 "," $2 ",different"; print $2 ",new" NR ",same" }
	' "$T/pairs" >"$T/decisions"
for how in '' '--method components --threshold -1000' \
	"--method greedy --threshold 4 --decisions $T/decisions" \
	"--method components -m $T/model --from $T/a4.csv --from $T/b4.csv"; do
	case $how in *-m*) pairs=$T/known ;; *) pairs=$T/pairs ;; esac
	head -60000 "$T/pairs" >"$T/known"
	# shellcheck disable=SC2086
	run 0 nib-link cluster -q $how "$pairs"
	cp "$T/out" "$T/want"
	# shellcheck disable=SC2086
	run 0 nib-link cluster -q $how --memory 1M "$pairs"
	same "$T/want" "$T/out"
done
run 2 sh -c "ulimit -f 300; trap '' XFSZ; exec nib-link cluster --memory 1M \
	-o '$T/no' '$T/pairs'"
err_has 'cannot write the temporary file'
no_file "$T/no"

# Within one file; parts without a record in them.
head -40 "$T/a.csv" >"$T/few.csv"
tail -n +2 "$T/b.csv" | head -60 >>"$T/few.csv"
run 0 nib-link score -m "$T/model" --threshold -1000 -o "$T/pairs" "$T/few.csv"
parts 110 "$T/few.csv"
same "$T/pairs" "$T/joined"
for bad in 0/3 4/3 2 2/ /3 a/b; do
	run 2 nib-link score -m "$T/model" --part "$bad" "$T/a.csv"
	err_is 'nib-link score: --part needs K/N, such as 3/16'
done
run 2 nib-link score -m "$T/model" --part 1/2 --thresholds "$T/x" "$T/a.csv"
err_has '--thresholds is about all pairs'

# A block of very many equal keys is left out and told of, in one part alone.
many=100000
[ -z "${NIB_LONG:-}" ] || many=1000000
awk -v n="$many" 'BEGIN {
	print "rec_id,birth_date,postcode"
	for (i = 1; i <= n; i++)
		printf "r%d,1980-05-17,LS1 4AP\n", i
}' >"$T/equal.csv"
without='--without nhs_number --without family_name --without given_name
	--without sex --without gp_practice'
# shellcheck disable=SC2086
run 1 nib-link score -m "$T/model" $without --report "$T/report" -o "$T/none" \
	"$T/equal.csv"
pairs=$((many * (many - 1) / 2))
err_has "1 block with $pairs pairs left out, each beyond max_block"
# shellcheck disable=SC2086
run 1 nib-link score -m "$T/model" $without --memory 4M -o "$T/none" \
	"$T/equal.csv"
err_has "1 block with $pairs pairs left out, each beyond max_block"
ok; grep -q ",0,1,$pairs\$" "$T/report" || fail 'report of the block'
ok; [ "$(wc -l <"$T/none")" -eq 1 ] || fail 'pairs of a block left out'
# shellcheck disable=SC2086
run 1 nib-link score -q -m "$T/model" $without --part 1/2 "$T/equal.csv"
# shellcheck disable=SC2086
run 0 nib-link score -q -m "$T/model" $without --part 2/2 "$T/equal.csv"

# Episodes and blood tests enough for a spill file of a megabyte memory.
awk 'BEGIN {
	print "record_id,person_id,provider,admission_date,episode_start,episode_end,admission_method,admission_source,discharge_method,discharge_destination"
	for (i = 1; i <= 30000; i++)
		printf "E%d,wilberforce%d,RR8,2020-01-01,2020-01-01,2020-01-0%d,11,19,1,19\n", i, i * 7919 % 20011, 1 + i % 9
}' >"$T/e.csv"
sed 's/^record_id/other_id/' "$T/e.csv" >"$T/o.csv"
attach="nib-link attach --memory 1M --on person_id --from $T/o.csv --fields other_id --date episode_start"
spells='nib-link spells -q -s admitted_episode --memory 1M'
run 0 nib-link spells -q -s admitted_episode "$T/e.csv"
cp "$T/out" "$T/want"
run 0 $spells "$T/e.csv"
same "$T/want" "$T/out"

# A full disk, as far as a process can be told of one: no output at all.
for command in "$attach" "$spells"; do
	run 2 sh -c "ulimit -f 1200; trap '' XFSZ; exec $command -o '$T/no' '$T/e.csv'"
	err_has "$T/tmp: cannot write the temporary file: File too large"
	no_file "$T/no"
done
run 2 sh -c "ulimit -f 300; trap '' XFSZ; exec nib-link score -m '$T/model' \
	--threshold -1000 --memory 3M -o '$T/no' '$T/a4.csv' '$T/b4.csv'"
err_has 'cannot write the temporary file'
no_file "$T/no"
TMPDIR=$T/nowhere run 2 $spells "$T/e.csv" -o "$T/no"
err_has "$T/nowhere: cannot make a temporary file"
no_file "$T/no"

# The process's temporary file, where /proc tells: in it nothing can be read.
unreadable() { # PID SIZE WORD
	i=0
	spilled=
	while [ $i -lt 200 ] && [ -z "$spilled" ]; do
		for fd in "/proc/$1/fd"/*; do
			case $(readlink "$fd") in
			"$T/tmp/"*) spilled=$fd ;;
			esac
		done
		[ -n "$spilled" ] || sleep .05
		i=$((i + 1))
	done
	if [ -z "$spilled" ]; then
		echo 'skipped: no /proc to see the temporary file in'
		return
	fi
	ok
	while [ "$(wc -c <"$spilled")" -le "$2" ] && [ $i -lt 200 ]; do
		sleep .05
		i=$((i + 1))
	done
	cat "$spilled" >"$T/copy"
	[ "$(wc -c <"$T/copy")" -gt "$2" ] || fail 'little was spilled'
	! grep -q "$3" "$T/copy" || fail 'persons in clear in a temporary file'
	[ -z "$(ls -A "$T/tmp")" ] || fail 'the temporary file has a name'
}
# Killed in the middle: nothing is left behind, and what was in the file could
# not be read while it was there.
mkfifo "$T/pipe"
$attach -o "$T/no" "$T/pipe" 2>"$T/err" &
pid=$!
exec 9>"$T/pipe"
cat "$T/e.csv" >&9
unreadable "$pid" 500000 wilberforce
kill -9 "$pid"
exec 9>&-
wait "$pid" 2>/dev/null
ok; [ -z "$(ls -A "$T/tmp")" ] || fail 'a temporary file is left'
no_file "$T/no"

# A pipe that is read twice is kept no clearer than that.
for part in "persons -q -m hes-3-step" "spells -q -s admitted_episode"; do
	# shellcheck disable=SC2086
	nib-link $part -o "$T/no" "$T/pipe" 2>"$T/err" &
	pid=$!
	exec 9>"$T/pipe"
	cat "$T/a4.csv" "$T/a4.csv" "$T/a4.csv" >&9
	unreadable "$pid" 1000000 date_of_birth
	kill -9 "$pid"
	exec 9>&-
	wait "$pid" 2>/dev/null
	no_file "$T/no"
done
# shellcheck disable=SC2016
run 2 env TMPDIR="$T/nowhere" sh -c 'cat "$1" | nib-link persons -q -m hes-3-step' sh "$T/a4.csv"
err_has "$T/nowhere: cannot make a temporary file"
run 2 sh -c "ulimit -f 300; trap '' XFSZ; cat '$T/a4.csv' '$T/a4.csv' '$T/a4.csv' |
	nib-link persons -q -m hes-3-step -o '$T/no'"
err_has 'cannot write the temporary file'
no_file "$T/no"

# Little address space (a sanitizer needs terabytes of it).
if ! grep -qa '__asan_init' "$NIB_BIN/nib-link"; then
	run 0 sh -c "ulimit -v 200000; exec $spells -j 2 '$T/e.csv'"
	same "$T/want" "$T/out"
	run 2 sh -c "ulimit -v 11000; exec nib-link spells -q -j 1 -s admitted_episode '$T/e.csv'"
	err_has 'out of memory'
fi
finish
