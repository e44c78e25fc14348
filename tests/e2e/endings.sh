#!/bin/sh
# How every tool and part ends: 0 done and clean, 1 done and something was
# found, 2 not done; with a full disk, a closed standard output, a reader that
# has left. What is expected is DESIGN's "Conventions"; that the plain run
# ends with the status of its line is the first thing that is looked at.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99
[ -w /dev/full ] || { echo 'no /dev/full'; exit 77; }

run 0 nib-dummy -s person -n 60 -o person.csv
run 0 nib-dummy -s person -n 60 --errors 0.1 --seed 5 -o bad.csv
run 0 nib-dummy -s admitted_episode -n 60 --with person=person.csv -o e.csv
run 0 nib-key new --type root -o root.key
run 0 nib-key project --root root.key --project p -o p.key
run 0 nib-key new --type ledger -o l.key
run 0 nib-ledger init uses --key l.key
run 0 nib-ledger budget uses --key l.key --name b --epsilon 1
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" | head -200 >a.csv
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" | head -200 >b.csv
run 0 nib-link train -m people -o model.json a.csv b.csv
id=$(sed -n 2p a.csv | cut -d, -f1)
other=$(sed -n 2p b.csv | cut -d, -f1)
printf 'id_l,id_r,weight\na,b,7\nb,c,8\n' >pairs.csv
printf 'id_l,id_r,weight,probability,rule,decision\na,b,7,0.9,1,same\n' \
	>review.csv
printf 'id,clk\n1,AAAAAAAAAAAAAAAAAAAAAQ==\n' >left.csv
printf 'id,clk\n2,AAAAAAAAAAAAAAAAAAAAAQ==\n' >right.csv
printf 'nhs_number,label\n1,x\n' >labels.csv
run 0 nib-link persons -m hes-3-step -s person --without provider \
	--without local_patient_id --replace --index db -o linked.csv person.csv
run 0 nib-aggregate --by sex --count --partial -o partial.csv person.csv
cp "$TESTDATA/indicator/library/hes_ae.csv" ae.csv
run 0 nib-indicator count hes_ae_four_hours -o counts.csv ae.csv
run 0 nib-indicator rate --total England -o values.csv counts.csv
run 0 nib-indicator count hes_ae_four_hours -o again.csv \
	--provenance sidecar.json ae.csv

echo '{}' >wrong.json

# Status of the plain run, then the tool as it writes to standard output.
cat >table <<'END'
0 nib-derive --set x=1 person.csv
0 nib-aggregate --by sex --count person.csv
0 nib-aggregate --by sex --count --partial person.csv
0 nib-aggregate --by sex --count --merge partial.csv
0 nib-aggregate --by sex --count --final partial.csv
0 nib-consent -s person --exempt national:consent --exempt type1:consent person.csv
0 nib-pseudonymise -s person -k p.key person.csv
0 nib-pseudonymise --risk sex person.csv
1 nib-pseudonymise --risk nhs_number --min-k 5 person.csv
0 nib-pseudonymise -s person --output-spec -
0 nib-validate -s person person.csv
1 nib-validate -s person bad.csv
0 nib-validate -s person --explain sex
0 nib-validate --init person.csv
0 nib-validate -s person --check --summary - person.csv
0 nib-dummy -s person -n 60
0 nib-key show p.key
0 nib-ledger show uses
0 nib-ledger verify uses --key l.key.pub
0 nib-ledger register uses
0 nib-ledger checkpoint uses --key l.key
0 nib-ledger budget uses --name b
0 nib-split --parts 2 -o part --list - person.csv
0 nib-link persons -m hes-3-step -s person --without provider --without local_patient_id --replace person.csv
0 nib-link explain -m hes-8-step --left ID --right OTHER a.csv b.csv
0 nib-link index db
0 nib-link block -m ./model.json a.csv b.csv
0 nib-link score -m ./model.json a.csv b.csv
0 nib-link review review.csv
0 nib-link chart model.json
0 nib-link dice --on clk --id id left.csv right.csv
0 nib-link cluster pairs.csv
0 nib-link spells -s admitted_episode --person nhs_number e.csv
0 nib-link attach --on nhs_number --from labels.csv person.csv
0 nib-indicator list
0 nib-indicator show hes_ae_four_hours
0 nib-indicator check
1 nib-indicator check ./wrong.json
0 nib-indicator count hes_ae_four_hours ae.csv
0 nib-indicator rate --total England counts.csv
0 nib-indicator compare -c England values.csv
0 nib-indicator chart funnel -c England hes_ae_four_hours values.csv
0 nib-indicator report -c England hes_ae_four_hours values.csv
0 nib-indicator reproduce sidecar.json
END

# A pipe that nobody reads.
mkfifo pipe
exec 5<>pipe 6>pipe 5<&-
while read -r status command; do
	set -f
	# shellcheck disable=SC2086 # words
	set -- $command
	set +f
	for word; do
		shift
		case $word in
		ID) word=$id ;;
		OTHER) word=$other ;;
		esac
		set -- "$@" "$word"
	done
	run "$status" "$@"
	mv err plain.err
	ok
	[ -s out ] || fail "nothing on standard output: $*"
	run 2 sh -c '"$@" >/dev/full' sh "$@"
	err_has 'No space left on device'
	run 2 sh -c '"$@" >&-' sh "$@"
	err_has 'standard output'
	run 141 sh -c '"$@" >&6' sh "$@"
	# What is said before the first byte may have been said.
	ok
	grep -vxFf plain.err err >more.err
	[ ! -s more.err ] || fail "a word about a reader that left: $*"
done <table

# Wrong words: 2, one line, nothing on standard output.
for command in 'nib-key frob' 'nib-ledger frob uses' 'nib-link frob' \
	'nib-indicator frob' nib-key nib-ledger nib-dummy nib-split \
	nib-consent nib-pseudonymise nib-validate 'nib-link train' \
	'nib-link score' 'nib-link persons' 'nib-link spells' \
	'nib-link attach' 'nib-link dice' 'nib-link block' \
	'nib-link explain' 'nib-link index' 'nib-link review' \
	'nib-link chart' 'nib-indicator show' 'nib-indicator count' \
	'nib-indicator report' 'nib-indicator chart' \
	'nib-indicator reproduce'; do
	# shellcheck disable=SC2086 # words
	run 2 $command
	ok
	[ ! -s out ] || fail "something on standard output: $command"
	ok
	[ "$(wc -l <err)" -eq 1 ] || fail "not one line: $command"
done
finish
