#!/bin/sh
# nib-link spells: against testdata/linkage/spells.csv, worked out by an
# independent script from the published rules.
. "$(dirname "$0")/lib.sh"
WANT=$TESTDATA/linkage/spells.csv
cut -d, -f1-12 "$WANT" >"$T/in.csv"
ALL='--reason --length-of-stay --days-since-discharge --readmission'

# shellcheck disable=SC2086
for j in 1 2 5; do
	run 0 nib-link spells -j $j -s admitted_episode $ALL "$T/in.csv"
	err_has 'episodes are in no spell: '
	same "$WANT" "$T/out"
done
# shellcheck disable=SC2086
{ ok; cat "$T/in.csv" | nib-link spells -q -s admitted_episode $ALL |
	cmp -s - "$WANT" || fail "standard input"; }
cut -d, -f1-14 "$WANT" >"$T/two.csv"
run 0 nib-link spells -q -s admitted_episode "$T/in.csv"
same "$T/two.csv" "$T/out"
err_empty

# The order of episodes in the input does not matter.
{ head -1 "$T/in.csv"; tail -n +2 "$T/in.csv" | LC_ALL=C sort -t, -k9,9 -k1,1; } \
	>"$T/other.csv"
run 0 nib-link spells -q -s admitted_episode "$T/other.csv"
LC_ALL=C sort "$T/out" >"$T/a"
LC_ALL=C sort "$T/two.csv" >"$T/b"
same "$T/a" "$T/b"

# HES names, and the same through a column of another name.
sed '1s/.*/EPIKEY,PSEUDO_HESID,PROCODE3,EPISTAT,EPIORDER,ADMIDATE,EPISTART,EPIEND,ADMIMETH,ADMISORC,DISMETH,DISDEST/' \
	"$T/in.csv" >"$T/hes.csv"
run 0 nib-link spells -q -s hes_apc "$T/hes.csv"
tail -n +2 "$T/out" >"$T/a"
tail -n +2 "$T/two.csv" >"$T/b"
same "$T/a" "$T/b"
sed '1s/person_id/who/' "$T/in.csv" >"$T/who.csv"
run 0 nib-link spells -q -s admitted_episode --person who "$T/who.csv"
tail -n +2 "$T/out" >"$T/a"
same "$T/a" "$T/b"

run 2 nib-link spells "$T/in.csv"
err_is 'nib-link spells: needs -s SPEC'
run 2 nib-link spells -s admitted_episode -o "$T/o" "$T/two.csv"
err_has 'already has a column spell_id'
cut -d, -f1-7 "$T/in.csv" >"$T/seven.csv"
run 2 nib-link spells -s admitted_episode -o "$T/o" "$T/seven.csv"
err_has 'no column for the episode end (episode_end)'
no_file "$T/o"
run 2 nib-link spells -s admitted_episode --person nobody "$T/in.csv"
err_has 'no column nobody'

# Findings, against every spell compared with every other; in any order.
for j in 1 5; do
	run 1 nib-link spells -j $j -s admitted_episode --overlaps "$T/o.csv" \
		"$T/in.csv"
	same "$T/two.csv" "$T/out"
	same "$TESTDATA/linkage/overlaps.csv" "$T/o.csv"
	err_has '54 pairs of spells overlap at different providers; 44 open episodes are followed'
done
run 1 nib-link spells -q -s admitted_episode --overlaps "$T/o.csv" "$T/other.csv"
same "$TESTDATA/linkage/overlaps.csv" "$T/o.csv"
# By hand: b ends two nights into c; a and b share one night only, d is the
# same provider as b, e another person; f is open, passed over by g, not a.
cat >"$T/hand.csv" <<'X'
record_id,person_id,provider,episode_status,admission_date,episode_start,episode_end,admission_method,admission_source,discharge_method,discharge_destination
a,1,RR8,3,2020-01-01,2020-01-01,2020-01-05,11,19,1,19
b,1,RX1,3,2020-01-04,2020-01-04,2020-01-10,11,19,1,19
c,1,RGT,3,2020-01-08,2020-01-08,2020-01-20,11,19,1,19
d,1,RX1,3,2020-01-05,2020-01-05,2020-01-07,11,19,1,19
e,2,RR8,3,2020-01-01,2020-01-01,2020-01-30,11,19,1,19
f,1,RR8,1,2020-01-01,2020-01-01,,11,19,8,98
g,1,RR8,3,2020-02-01,2020-02-01,2020-02-02,11,19,1,19
X
run 1 nib-link spells -q -s admitted_episode -o "$T/so" --overlaps - "$T/hand.csv"
out_is 'finding,first_id,second_id,days
overlap,b,c,2
open,f,g,31'
grep -v '^[cf],' "$T/hand.csv" >"$T/fits.csv"
run 0 nib-link spells -s admitted_episode -o "$T/so" --overlaps - "$T/fits.csv"
out_is 'finding,first_id,second_id,days'
err_empty
run 2 nib-link spells -s admitted_episode --overlaps - "$T/fits.csv"
err_has '--overlaps and the output would both go to standard output'
# By hand: of the episodes with one key the first by provider, start and end
# counts, wherever the others are; another person's are others.
cat >"$T/again.csv" <<'X'
record_id,person_id,provider,episode_status,admission_date,episode_start,episode_end,admission_method,admission_source,discharge_method,discharge_destination
a,1,RR8,3,2020-03-01,2020-03-01,2020-03-05,11,19,1,19
b,1,RR8,3,2020-02-01,2020-02-01,2020-02-05,11,19,1,19
a,1,RR8,3,2020-01-01,2020-01-01,2020-01-05,11,19,1,19
a,1,RA1,1,2020-01-01,2020-01-01,,11,19,1,19
c,1,RR8,3,2020-04-01,2020-04-01,2020-04-02,11,19,1,19
c,1,RX1,3,2020-05-01,2020-05-01,2020-05-02,11,19,1,19
a,2,RR8,3,2020-03-01,2020-03-01,2020-03-05,11,19,1,19
X
run 0 nib-link spells -q -s admitted_episode --reason "$T/again.csv"
ok; [ "$(cut -d, -f1,12- "$T/out")" = 'record_id,spell_id,stay_id,spell_reason
a,,,episode key repeated
b,b,b,
a,a,a,
a,,,not finished
c,c,c,
c,,,episode key repeated
a,a,a,' ] || fail 'repeated keys'
# One id for everybody: refused before it takes all time and memory.
{ head -1 "$T/hand.csv"; awk 'BEGIN { for (i = 0; i < 1500; i++) {
	d = sprintf("%d-%02d-%02d", 2000 + i / 300, i / 25 % 12 + 1, i % 25 + 1)
	printf "%d,1,RR8,3,%s,%s,2030-01-01,11,19,1,19\n", i, d, d } }'
} >"$T/one.csv"
run 2 nib-link spells -q -s admitted_episode -o "$T/no" --overlaps "$T/no2" \
	"$T/one.csv"
err_has 'more than 1000000 pairs of spells'
no_file "$T/no"
no_file "$T/no2"

# Sorted by person it is read once; in any memory, by any number of workers,
# sorted or not, what an independent script makes of other random episodes
# comes out: many persons, persons larger than a block, one for all records.
if command -v python3 >/dev/null; then
	make_spells() { python3 "$TESTDATA/linkage/spells.py" "$@"; }
	# shellcheck disable=SC2086
	for c in '1 2000 400 10' '2 2000 500 2000' '3 1500 6 2500' \
		'4 800 1 4000' '5 20000 9000 5'; do
		make_spells spells $c >"$T/want.csv"
		python3 -c 'import csv, sys
w = csv.writer(sys.stdout, lineterminator="\n")
w.writerows(r[:13] for r in csv.reader(sys.stdin))' <"$T/want.csv" >"$T/r.csv"
		for how in '-j 1 --sorted' '-j 3 --sorted' '-j 2' \
			'-j 3 --memory 1M'; do
			run 0 nib-link spells -q $how -s admitted_episode $ALL "$T/r.csv"
			same "$T/want.csv" "$T/out"
		done
	done
	make_spells overlaps 6 900 60 3000 >"$T/want.csv"
	make_spells spells 6 900 60 3000 >"$T/r.csv"
	python3 -c 'import csv, sys
w = csv.writer(sys.stdout, lineterminator="\n")
w.writerows(r[:13] for r in csv.reader(sys.stdin))' <"$T/r.csv" >"$T/in6.csv"
	for how in '-j 1 --sorted' '-j 3 --sorted' '--memory 1M'; do
		# shellcheck disable=SC2086
		run 1 nib-link spells -q $how -s admitted_episode \
			--overlaps "$T/o.csv" "$T/in6.csv"
		same "$T/want.csv" "$T/o.csv"
	done
else
	echo 'skipped: python3 makes the random episodes'
fi

# Not sorted: refused with the place, and nothing is left.
run 2 nib-link spells --sorted -q -s admitted_episode -o "$T/no" "$T/in.csv"
err_has 'in.csv:3: record 2: the person comes before the one of the record before'
no_file "$T/no"
run 2 nib-link spells --memory 5 -s admitted_episode "$T/in.csv"
err_is 'nib-link spells: --memory needs a size, 1M or more, such as 256M'

# NHS Digital's artificial extract, when it is there.
APC=$NIB_SRC/../shared/data/hes_artificial/apc.csv
if [ -r "$APC" ]; then
	run 0 nib-link spells -s hes_apc --reason "$APC"
	err_has '17 of 2075 episodes are in no spell: not finished 16, no episode start 1'
else
	echo "skipped: artificial HES extract not there"
fi
finish
