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

# NHS Digital's artificial extract, when it is there.
APC=$NIB_SRC/../shared/data/hes_artificial/apc.csv
if [ -r "$APC" ]; then
	run 0 nib-link spells -s hes_apc --reason "$APC"
	err_has '17 of 2075 episodes are in no spell: not finished 16, no episode start 1'
else
	echo "skipped: artificial HES extract not there"
fi
finish
