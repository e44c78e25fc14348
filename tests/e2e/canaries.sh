#!/bin/sh
# Whatever goes wrong, no tool tells of a person: every cell of one record is
# a canary that no other test data has, the record is broken in sixteen ways,
# and each tool is run on each. None of the canaries may stand in a message,
# an account, a ledger, or a file that is left behind. Outputs may hold them.
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/privacy
cd "$T" || exit 99
mkdir tmp side
TMPDIR=$T/tmp
export TMPDIR
install -m 600 "$D/root.key" root.key
nib-key project --root root.key --project canaries -o p.key || exit 99
nib-key new --type ledger -o l.key || exit 99
nib-ledger init uses --key l.key || exit 99
nib-dummy -s person -n 300 -o person.csv || exit 99
nib-dummy -s admitted_episode -n 400 --with person=person.csv -o e.csv || exit 99

# Record 200 with a canary in each cell: letters and digits, so that a part of
# one is known again.
awk -F, -v OFS=, 'NR == 201 { for (i = 1; i <= NF; i++) $i = "Kanari" i "47110815" }
	{ print }' e.csv >alien.csv
# A record that is sound, but for a name and a number of its own.
column() { head -1 e.csv | tr , '\n' | grep -nx "$1" | cut -d: -f1; }
awk -F, -v OFS=, -v n="$(column nhs_number)" -v p="$(column postcode)" \
    -v r="$(column record_id)" -v c="$(column consultant)" '
	NR == 201 { $n = "4711081540"; $p = "KA47 1NA"; $r = "Kanari1"; $c = "Kanari2" }
	{ print }' e.csv >own.csv
cp alien.csv b1.csv
cp own.csv b2.csv
broken=2
broke() { # SED-SCRIPT for record 200
	broken=$((broken + 1))
	sed "201$1" own.csv >"b$broken.csv"
	cmp -s own.csv "b$broken.csv" && fail "record is not broken by $1"
}
broke 's/$/,Kanari3/'                         # a cell too many
broke 's/,[^,]*$//'                           # one too few
broke 's/Kanari1/"Kanari1/'                   # a quote that stays open
broke 's/Kanari1/"Kanari1"x/'                 # text behind a quote
broke 's/Kanari1/Kan"ari1/'                   # a quote within
broke 's/Kanari1/Kanari1\xff/'                # no UTF-8
broke 's/Kanari1/Kanari1\x00/'                # NUL
broke 's/4711081540/4711081541/'              # a check digit
broke 's/KA47 1NA/Kanari47 1NA/'              # no postcode
broke 's/,[12][0-9]*-[0-9]*-[0-9]*,/,Kanari4711-99-99,/' # no date
broke 's/\r*$/\rKanari5/'                     # a lone carriage return
broke 's/^/Kanari6\n/'                        # a line of its own
head -c "$(($(head -201 own.csv | wc -c) - 40))" own.csv >b15.csv # cut off
# No header: the record is taken for it, and has the same "name" twice.
awk -F, -v OFS=, 'NR >= 201 { if (NR == 201) $2 = $1; print }' alien.csv >b16.csv
broken=16

seen() { grep -aqE 'Kanari|4711081|KA47' "$@"; }
ok; seen own.csv && seen alien.csv || fail 'no canary'
try() { # TOOL...: on each input, status of any kind
	for i in $(seq "$broken"); do
		timeout 60 "$@" --provenance side/account -o side/output \
			"b$i.csv" >out 2>err
		status=$?
		ok
		[ $status -le 2 ] || fail "$*: status $status on b$i"
		ok
		if seen err; then
			fail "$*: a canary in the message on b$i: $(sed 's/Kanari/K-/g' err | head -1)"
		fi
		if [ $status -eq 2 ]; then
			ok
			[ ! -e side/output ] || fail "$*: output after status 2 on b$i"
		fi
		ok
		if [ -e side/account ] && seen side/account; then
			fail "$*: a canary in the account on b$i"
		fi
		rm -f side/*
		ok
		[ -z "$(ls -A tmp)" ] || fail "$*: left in TMPDIR: $(ls -A tmp)"
	done
}
L="--ledger uses --ledger-key l.key --use $D/use.json"
# shellcheck disable=SC2086 # words
{
try nib-validate -s admitted_episode $L
try nib-consent -s admitted_episode --exempt national:consent --exempt type1:consent $L
try nib-pseudonymise -s admitted_episode -k p.key $L
try nib-pseudonymise -s admitted_episode -k p.key --invalid keep-apart --encode clk=birth_date,postcode,sex
try nib-derive -s admitted_episode --set 'n=CAST(consultant AS INTEGER) + 1' $L
try nib-derive --set 'd=days(admission_date, discharge_date)' --where 'length(nhs_number) > 3'
try nib-aggregate -s admitted_episode --by provider --sum tariff_gbp --mean 'days(admission_date, discharge_date)' $L
try nib-aggregate --by sex --sum consultant
try nib-aggregate --by consultant,record_id --count --pivot record_id
try nib-link persons -m hes-3-step --replace $L
try nib-link spells -s admitted_episode $L
try nib-link spells -s admitted_episode --sorted
try nib-link attach --on nhs_number --from own.csv --fields consultant
try nib-indicator count length_of_stay day_case_rate $L
try nib-link dice --on record_id --id nhs_number
}
run 2 nib-derive --lookup x=./b16.csv:record_id=a:b own.csv
err_has 'header has a name twice, at columns 1 and 2'
ok; if seen err; then fail 'a canary in the message on a lookup'; fi
ok; if seen uses; then fail 'a canary in the ledger'; fi
run 0 nib-ledger verify uses --key l.key.pub
finish
