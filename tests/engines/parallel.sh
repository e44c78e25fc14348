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
both 1 nib-validate -s admitted_episode -q
both 0 nib-derive --set "long=length(record_id)"
both 0 nib-aggregate --by provider --count --distinct person_id
run 0 nib-aggregate --by provider,sex --count --totals --disclosure hes \
	"$T/e.csv" -o "$T/one.csv"
run 0 nib-parallel -p 5 -o "$T/many.csv" "$T/e.csv" -- \
	nib-aggregate --by provider,sex --count -- --totals --disclosure hes
same "$T/one.csv" "$T/many.csv"
both 0 nib-consent -s admitted_episode --exempt national:consent --exempt type1:consent -q
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
finish
