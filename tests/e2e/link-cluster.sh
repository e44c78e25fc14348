#!/bin/sh
# nib-link cluster against persons made by an independent program that takes
# the definitions literally (testdata/linkage/cluster.py): mutual best, single
# best, components; ties, decisions, and the veto of complete link.
. "$(dirname "$0")/lib.sh"
awk -v dir="$T" '
	$1 == "case" {
		close(pairs); close(want); close(records); close(decided)
		n++
		base = sprintf("%s/%03d", dir, n)
		pairs = base ".pairs"; want = base ".want"
		records = base ".records"; decided = base ".decisions"
		sub(/^case /, "")
		print >(base ".options"); close(base ".options")
		print "id_l,id_r,weight" >pairs
		print "id,person_id" >want
		next
	}
	$1 == "pair" { print $2 >pairs }
	$1 == "want" { print $2 >want }
	$1 == "record" {
		if (!(records in seen))
			print "rec_id,nhs_number,sex,birth_date" >records
		seen[records]
		print $2 >records
	}
	$1 == "decision" {
		if (!(decided in seen))
			print "id_l,id_r,decision" >decided
		seen[decided]
		print $2 >decided
	}' "$TESTDATA/linkage/cluster.txt"
n=0
for options in "$T"/*.options; do
	base=${options%.options}
	# shellcheck disable=SC2046 # options are words
	set -- $(cat "$options")
	[ ! -e "$base.decisions" ] || set -- "$@" --decisions "$base.decisions"
	[ ! -e "$base.records" ] || set -- "$@" -q -m people --from "$base.records"
	run 0 nib-link cluster "$@" "$base.pairs"
	same "$base.want" "$T/out"
	n=$((n + 1))
done
ok; [ "$n" -eq 120 ] || fail "$n cases"

# Two files; a chain through a third record; the pair itself was weighed.
cat >"$T/a" <<'X'
rec_id,nhs_number,sex,birth_date
a1,9434765919,1,1970-05-06
a2,9434765870,1,1970-05-06
X
cat >"$T/b" <<'X'
rec_id,nhs_number,sex,birth_date
b1,,1,1970-05-06
b2,9434765870,1,1970-05-06
X
cat >"$T/pairs" <<'X'
id_l,id_r,weight
a1,b1,9
a2,b1,8
a1,b2,7
X
run 0 nib-link cluster --method components -m people --from "$T/a" \
	--from "$T/b" "$T/pairs"
out_is 'id,person_id
a1,P0000000001
b1,P0000000001
a2,P0000000003
b2,P0000000001'
err_is 'nib-link cluster: 1 pairs left out: they would bring records together that the veto of people keeps apart'
run 2 nib-link cluster -m people --from "$T/a" "$T/pairs"
err_is 'nib-link cluster: the pairs have an id that no record of --from has'
run 2 nib-link cluster -m people "$T/pairs"
err_has '-m MATCHING and --from FILE belong together'
run 2 nib-link cluster -m hes-3-step --from "$T/a" "$T/pairs"
err_has 'hes-3-step has no veto'
run 2 nib-link cluster -m people --from "$T/a" --from "$T/a" "$T/pairs"
err_has 'an id is used in both files'
cut -d, -f1,3 "$T/a" >"$T/short"
run 2 nib-link cluster -m people --from "$T/short" "$T/pairs"
err_has 'no column for the field nhs_number'
finish
