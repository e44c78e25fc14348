#!/bin/sh
# GNU parallel: the same bytes as one process for row tools and summarising
# ones, nothing when a part fails, and a broken job taken up again.
. "$(dirname "$0")/../e2e/lib.sh"
if ! command -v parallel >/dev/null || ! command -v nib-dummy >/dev/null; then
	echo 'SKIP: GNU parallel is needed'
	exit 77
fi
PATH=$NIB_SRC/engines:$NIB_SRC/engines/parallel:$PATH
export PATH
rows=${NIB_ENGINE_ROWS:-20000}
run 0 nib-dummy -s admitted_episode -n "$rows" --seed 9 --errors 0.01 \
	-o "$T/e.csv"

both() { # STATUS TOOL...: alone and in parts
	want=$1
	shift
	run "$want" "$@" "$T/e.csv" -o "$T/one.csv"
	run "$want" nib-parallel -j 2 -p 7 -o "$T/many.csv" "$T/e.csv" -- "$@"
	same "$T/one.csv" "$T/many.csv"
}
both 1 nib-validate -s admitted_episode -q --no-unique --no-groups
# Records that came before, far from each other: their parts do not know.
awk 'NR % 700 == 5 { keep = $0 } { print } NR % 1100 == 30 { print keep }' \
	"$T/e.csv" >"$T/twice.csv"
mv "$T/twice.csv" "$T/e.csv"
set -- nib-validate -s admitted_episode -q
for where in one many; do
	sides="--errors $T/$where-errors --rejects=$T/$where-rejects
		--quality $T/$where-quality --dqmi $T/$where-dqmi
		--quality-html $T/$where-html"
	# shellcheck disable=SC2086 # words
	if [ "$where" = one ]; then
		run 1 "$@" $sides -o "$T/one.csv" "$T/e.csv"
	else
		run 1 nib-parallel -p 6 -o "$T/many.csv" "$T/e.csv" -- "$@" $sides
	fi
done
same "$T/one.csv" "$T/many.csv"
for what in errors rejects quality dqmi html; do
	same "$T/one-$what" "$T/many-$what"
done
ok
grep -q primary-key "$T/one-errors" || fail 'no key came twice'
run 2 nib-parallel -p 3 "$T/e.csv" -- "$@" --format json
err_has 'leave out --format json'
run 2 nib-parallel -p 3 "$T/e.csv" -- "$@" --err "$T/x.csv"
err_has '--err: write --errors in full'
no_file "$T/x.csv"
run 2 nib-parallel -p 3 "$T/e.csv" -- "$@" -o "$T/x.csv"
err_has 'does not run on parts with --output'
# Another form of input: the parts have one form only.
tr , '|' <"$T/e.csv" >"$T/e.psv"
both_psv() {
	run 0 "$@" -d '|' "$T/e.psv" -o "$T/one.csv"
	run 0 nib-parallel -p 3 -o "$T/many.csv" "$T/e.psv" -- "$@" -d '|'
	same "$T/one.csv" "$T/many.csv"
}
both_psv nib-derive --set "long=length(record_id)"
sed 1d "$T/e.csv" >"$T/bare.csv"
both_bare() {
	run 0 "$@" "$T/bare.csv" -o "$T/one.csv"
	run 0 nib-parallel -p 3 -o "$T/many.csv" "$T/bare.csv" -- "$@"
	same "$T/one.csv" "$T/many.csv"
}
both_bare nib-aggregate --columns "$(head -1 "$T/e.csv")" --by provider --count
both 0 nib-derive --set "long=length(record_id)"
both 0 nib-aggregate --by provider --count --distinct person_id
run 0 nib-aggregate --by provider,sex --count --totals --disclosure hes \
	"$T/e.csv" -o "$T/one.csv"
run 0 nib-parallel -p 5 -o "$T/many.csv" "$T/e.csv" -- \
	nib-aggregate --by provider,sex --count -- --totals --disclosure hes
same "$T/one.csv" "$T/many.csv"
set -- nib-consent -s admitted_episode --exempt national:consent \
    --exempt type1:consent -q
run 0 "$@" --report "$T/one.json" "$T/e.csv" -o "$T/one.csv"
run 0 nib-parallel -p 4 -o "$T/many.csv" "$T/e.csv" -- "$@" \
    --report "$T/many.json"
same "$T/one.csv" "$T/many.csv"
same "$T/one.json" "$T/many.json"
umask 077
run 0 nib-key new --type root -o "$T/root.key"
run 0 nib-key project --root "$T/root.key" --project p -o "$T/p.key"
both 0 nib-pseudonymise -s admitted_episode -k "$T/p.key" --invalid blank

run 2 nib-parallel -j 2 -p 3 -o "$T/x.csv" "$T/e.csv" -- \
	nib-aggregate --by nobody --count
err_has 'no field nobody'
no_file "$T/x.csv"
run 2 nib-parallel -j 2 -p 3 "$T/e.csv" -- nib-link persons
err_has 'does not run on parts'

# Pairs of two files, then persons: the parts are of the pairs. More parts than
# records leave some empty.
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" >"$T/a.csv"
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" >"$T/b.csv"
if [ -n "${NIB_PEOPLE_A:-}" ]; then # larger ones
	cp "$NIB_PEOPLE_A" "$T/a.csv"
	cp "$NIB_PEOPLE_B" "$T/b.csv"
fi
run 0 nib-link train -q -m people -o "$T/model" "$T/a.csv" "$T/b.csv"
run 0 nib-link score -m "$T/model" --explain "$T/a.csv" "$T/b.csv" -o "$T/one.csv"
run 0 nib-parallel -j 2 -p 7 -o "$T/many.csv" "$T/a.csv" "$T/b.csv" -- \
	nib-link score -m "$T/model" --explain
same "$T/one.csv" "$T/many.csv"
run 0 nib-link cluster "$T/many.csv"
# The README's other way: records shuffled by what they block on.
run 0 nib-link score -q -m "$T/model" "$T/a.csv" "$T/b.csv" -o "$T/one.csv"
mkdir "$T/blocks"
(
	cd "$T/blocks" || exit 99
	nib-link block -m ../model --frequencies f.csv -o rows.csv ../a.csv \
		../b.csv || exit
	nib-split --parts 5 --by key -o block rows.csv || exit
	ls block-*.csv | parallel --will-cite --halt now,fail=1 nib-link score \
		-q -m ../model --blocks --records --frequencies f.csv \
		-o 'pairs-{/}' '{}' || exit
	{
		head -1 pairs-block-0001.csv
		tail -q -n +2 pairs-block-*.csv | sort -t, -k1,1n -k2,2n
	} | cut -d, -f3- >pairs.csv
) || fail 'blocks'
same "$T/one.csv" "$T/blocks/pairs.csv"
# A part reads all of both files: one for each process, where others have 4.
parts_of() { # COUNT FILE...: what is planned when nobody says
	n=$1
	shift
	rm -rf "$T/w1"
	run 0 nib-parallel -j 3 -w "$T/w1" -o "$T/many.csv" "$@"
	ok; grep -qx " \"parts\": $n," "$T/w1/plan" || fail "not $n parts"
}
parts_of 3 "$T/a.csv" "$T/b.csv" -- nib-link score -q -m "$T/model"
same "$T/one.csv" "$T/many.csv"
parts_of 12 "$T/a.csv" -- nib-derive -q --set 'long=length(rec_id)'
run 2 nib-parallel -j 3 "$T/a.csv" -- nib-link spells
err_has 'nib-link spells does not run on parts'
head -4 "$T/a.csv" >"$T/few.csv"
run 0 nib-link score -m "$T/model" "$T/few.csv" "$T/b.csv" -o "$T/one.csv"
run 0 nib-parallel -p 9 -o "$T/many.csv" "$T/few.csv" "$T/b.csv" -- \
	nib-link score -m "$T/model"
same "$T/one.csv" "$T/many.csv"
run 2 nib-parallel -p 3 "$T/a.csv" -- nib-link score -m "$T/model" --report=x
err_has 'nib-link score does not run on parts with --report'

# Parts that do not belong together, named: made with another specification
# or key, by another version, of another table.
sed 's/"version": "1.0"/"version": "1.1"/' \
	"$NIB_SHARE/datasets/admitted_episode.json" >"$T/other.json"
mixed() { # SPEC COMMAND...: parts 2 and 3 are made after spec.json changed
	cp "$NIB_SHARE/datasets/admitted_episode.json" "$T/spec.json"
	rm -rf "$T/m"
	run 0 nib-parts plan "$T/m" 3 "$T/e.csv" -- "$@"
	run 0 nib-parts map "$T/m" 1
	cp "$T/other.json" "$T/spec.json"
	run 0 nib-parts map "$T/m" 2
	run 0 nib-parts map "$T/m" 3
	run 2 nib-parts reduce "$T/m" "$T/x.csv"
	err_has 'part 0002 of 3 was made with another specification than part 0001'
	no_file "$T/x.csv"
}
mixed nib-consent -q -s "$T/spec.json" --exempt national:consent \
	--exempt type1:consent
mixed nib-aggregate -s "$T/spec.json" --by provider --count
mixed nib-pseudonymise -q -s "$T/spec.json" -k "$T/p.key" --invalid blank
rm -rf "$T/m"
cp "$T/p.key" "$T/now.key"
run 0 nib-parts plan "$T/m" 2 "$T/e.csv" -- nib-pseudonymise -q \
	-s admitted_episode -k "$T/now.key" --invalid blank
run 0 nib-parts map "$T/m" 1
run 0 nib-key project --root "$T/root.key" --project q -o "$T/q.key"
cp "$T/q.key" "$T/now.key"
run 0 nib-parts map "$T/m" 2
run 2 nib-parts reduce "$T/m" "$T/x.csv"
err_has 'part 0002 of 2 was made with another key than part 0001'
no_file "$T/x.csv"
mkdir "$T/old"
cat >"$T/old/nib-derive" <<END
#!/bin/sh
[ "\$1" != --version ] || { echo nib-derive 0.0.9; exit; }
exec "$NIB_BIN/nib-derive" "\$@"
END
chmod +x "$T/old/nib-derive"
run 0 nib-parts plan "$T/o" 2 "$T/e.csv" -- nib-derive --set a=1
run 2 env PATH="$T/old:$PATH" nib-parts map "$T/o" 2
err_has 'part 0002 of 2: nib-derive is not the version the job was planned with'
sed '1s/record_id/id/' "$T/e.csv" >"$T/f.csv"
run 2 nib-parallel -p 3 -o "$T/x.csv" "$T/e.csv" "$T/f.csv" -- \
	nib-aggregate --by provider --count
err_has "$T/f.csv"
no_file "$T/x.csv"

# A folder whose name a shell would take apart; one that is not there; nobody
# to write to. Status 1 would say that all was done.
run 0 nib-derive --set a=1 "$T/e.csv" -o "$T/one.csv"
mkdir "$T/it's a \"folder\" \$x"
run 0 env TMPDIR="$T/it's a \"folder\" \$x" nib-parallel -p 3 "$T/e.csv" -- \
	nib-derive --set a=1
same "$T/one.csv" "$T/out"
run 0 nib-parallel -w "$T/it's a \"folder\" \$x" -p 3 -o "$T/many.csv" \
	"$T/e.csv" -- nib-derive --set a=1
same "$T/one.csv" "$T/many.csv"
run 2 env TMPDIR="$T/nowhere" nib-parallel -p 3 "$T/e.csv" -- \
	nib-derive --set a=1
err_has 'nib-parallel: no folder for the parts'
run 2 sh -c 'nib-parallel -p 3 "$1" -- nib-derive --set a=1 >&-' sh "$T/e.csv"
err_has 'nib-parts: standard output is closed'

# Whoever reads no more is no error, as with any filter.
ok
nib-parts --help 2>"$T/err" | sed -n 1q
err_empty

# Broken in the middle: only what is missing is done.
run 0 nib-parts plan "$T/w" 3 "$T/e.csv" -- nib-derive --set a=1
run 0 nib-parts map "$T/w" 2
run 2 nib-parts reduce "$T/w" "$T/r.csv"
err_has 'part 0001 of 3 is missing'
no_file "$T/r.csv"
before=$(stat -c %i "$T/w/out-0002")
run 0 nib-parallel -w "$T/w" -p 3 -o "$T/r.csv" "$T/e.csv" -- \
	nib-derive --set a=1
ok
[ "$before" = "$(stat -c %i "$T/w/out-0002")" ] || fail 'done twice'
run 0 nib-derive --set a=1 "$T/e.csv" -o "$T/one.csv"
same "$T/one.csv" "$T/r.csv"

# A tool killed in the middle of a part, when parts before it are done: said,
# no output. The same command again does that part and those after it.
mkdir "$T/bin"
cat >"$T/bin/nib-derive" <<END
#!/bin/sh
case "\$*" in *in-0003*) [ -e "$T/mended" ] || kill -9 \$\$ ;; esac
exec "$NIB_BIN/nib-derive" "\$@"
END
chmod +x "$T/bin/nib-derive"
job() {
	PATH=$T/bin:$PATH nib-parallel -j 1 -p 6 -w "$T/k" -o "$T/k.csv" \
		"$T/e.csv" -- nib-derive --set a=1
}
run 2 job
err_has 'part 0003 of 6 failed'
err_has 'a part failed; there is no output'
no_file "$T/k.csv"
no_file "$T/k.csv.part"
before=$(stat -c %i "$T/k/out-0002")
: >"$T/mended"
run 0 job
same "$T/one.csv" "$T/k.csv"
ok
[ "$before" = "$(stat -c %i "$T/k/out-0002")" ] || fail 'done twice'
rm "$T/mended" # without -w nothing at all is left
mkdir "$T/tmp"
TMPDIR=$T/tmp PATH=$T/bin:$PATH run 2 nib-parallel -j 2 -p 6 -o "$T/x.csv" \
	"$T/e.csv" -- nib-derive --set a=1
no_file "$T/x.csv"
ok
[ -z "$(ls "$T/tmp")" ] || fail "left in TMPDIR: $(ls "$T/tmp")"

# A machine that disappears with the parts it had: they are done on another.
# Two logins, by a program that takes the words of ssh and stays here. On n2
# the tool says in $T/began which process it is and does no work; then all
# that belongs to that login is killed at once, from the top, so that nothing
# is left to say that a part failed. A minute without a word is a failure.
# SHELL is not set, as in a container: parallel then calls a job without a
# name, and takes what comes of it for success.
mkdir "$T/began"
cat >"$T/bin/ssh" <<END
#!/bin/sh
while [ "\$1" != -- ]; do NODE=\$1; shift; done
shift
export NODE
[ "\$NODE" = n2 ] || exec sh -c "\$*"
LOGIN=$T/began/\$\$
export LOGIN
sh -c "\$*" &
login=\$!
tries=0
while [ ! -s "\$LOGIN" ]; do
	tries=\$((tries + 1))
	if [ "\$tries" -gt 600 ]; then
		echo "n2: the tool was not called: \$*" >>"$T/silent"
		exit 99
	fi
	sleep 0.1
done
chain=
pid=\$(cat "\$LOGIN")
while [ -n "\$pid" ] && [ "\$pid" -gt 1 ]; do
	chain="\$pid \$chain"
	[ "\$pid" != "\$login" ] || break
	pid=\$(ps -o ppid= -p "\$pid" | tr -d ' ')
done
kill -9 \$chain
: >"$T/gone"
exit 255
END
cat >"$T/bin/nib-derive" <<END
#!/bin/sh
case "\$NODE \$1" in
'n2 --version' | 'n1 '*) exec "$NIB_BIN/nib-derive" "\$@" ;;
esac
echo \$\$ >"\$LOGIN.new"
mv "\$LOGIN.new" "\$LOGIN"
exec sleep 60
END
chmod +x "$T/bin/ssh"
cat >"$T/bin/nib-parts" <<END
#!/bin/sh
PATH=$T/bin:$PATH exec "$NIB_SRC/engines/nib-parts" "\$@"
END
chmod +x "$T/bin/nib-parts"
cd "$T" || exit 99
unset SHELL
NODE=n1 PARALLEL_SSH=$T/bin/ssh PATH=$T/bin:$PATH run 0 nib-parallel \
	-S 1/n1,1/n2 -p 6 -w "$T/s" -o "$T/s.csv" "$T/e.csv" -- \
	nib-derive --set a=1
same "$T/one.csv" "$T/s.csv"
ok
[ -e "$T/gone" ] || fail 'no part ran on the machine that went'
ok
[ ! -e "$T/silent" ] || fail "$(cat "$T/silent")"
finish
