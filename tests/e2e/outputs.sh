#!/bin/sh
# An output is no other file that is named: two outputs on standard output,
# two of one name, one of the name of a file that is read. Refused for every
# option of every tool that names an output, before anything is opened: the
# files hold what they held, and standard output is empty.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99

# Tool and what it needs; what it reads; the options that name its outputs.
# An input of - is none. Files need not hold what the tool wants: it is not
# looked at. Options in the first part only make the options agree.
cat >table <<'END'
nib-derive --set x=1;in.csv;output provenance ledger
nib-aggregate --by sex --count --disclosure hes;in.csv;output provenance ledger audit
nib-aggregate --audit-only --repair --by sex --disclosure hes;in.csv;output audit
nib-consent -s person --exempt national:consent;in.csv;output provenance ledger report
nib-consent -s person;in.csv;write-request provenance ledger
nib-pseudonymise -s person -k p.key --escrow-to e.pub;in.csv;escrow output provenance ledger
nib-pseudonymise -s person -k p.key --rotate-from o.key --ledger l;in.csv;map output provenance
nib-pseudonymise -s person;-;output-spec
nib-validate -s person --baseline b.csv;in.csv;changes output provenance ledger errors rejects summary quality dqmi quality-html
nib-split --parts 2 -o part;in.csv;list provenance ledger
nib-dummy -s person -n 9 --errors 0.5 --with person=in.csv;-;errors-log output
nib-key project --root in.csv --project p;-;output
nib-ledger register;in.csv;html output
nib-ledger show;in.csv;output
nib-link persons -m hes-3-step;in.csv;output provenance ledger report index
nib-link explain -m hes-3-step --left 1 --right 2;in.csv;output provenance ledger
nib-link train -m people;in.csv;output provenance ledger
nib-link block -m people;in.csv;output provenance ledger frequencies
nib-link score -m people;in.csv;output provenance ledger thresholds report
nib-link review;in.csv;output ledger report
nib-link chart;in.csv;output
nib-link index;in.csv;output
nib-link dice --on a --id b;in.csv;output provenance ledger
nib-link cluster;in.csv;output provenance ledger
nib-link spells -s admitted_episode;in.csv;output provenance ledger overlaps
nib-link attach --on a --from other.csv;in.csv;output provenance ledger
nib-indicator list;-;output
nib-indicator show;in.csv;output
nib-indicator check;in.csv;output
nib-indicator count hes_ae_four_hours;in.csv;output provenance ledger
nib-indicator rate;in.csv;output provenance
nib-indicator compare;in.csv;output
nib-indicator chart funnel ae_four_hours;in.csv;output
nib-indicator report ae_four_hours;in.csv;output
nib-indicator reproduce;in.csv;output
END

# refused WHAT COMMAND...: standard output and in.csv are as they were.
refused() {
	what=$1
	shift
	run 2 "$@"
	ok
	grep -qE -- "$what" err || fail "message lacks: $what: $*"
	ok
	[ ! -s out ] || fail "something on standard output: $*"
	same kept in.csv
	no_file new
}

# refused, with a value of each option that another one needs, where it is
# not the one that is tried; what is read comes last.
# shellcheck disable=SC2086 # words
try() {
	expected=$1
	shift
	case $* in
	*--escrow\ * | *--map\ * | *--changes\ * | *train*--output*) ;;
	*--escrow-to*) set -- "$@" --escrow e.csv ;;
	*--rotate-from*) set -- "$@" --map m.csv ;;
	*--baseline*) set -- "$@" --changes c.csv ;;
	*train*) set -- "$@" --output model ;;
	esac
	refused "$expected" "$@" $in
}

for file in in.csv other.csv; do
	echo 'a,b' >"$file"
done
cp in.csv kept
ln in.csv again
# shellcheck disable=SC2086 # words
while IFS=';' read -r command in outputs; do
	[ "$in" = - ] && in=
	rest=$outputs
	for one in $outputs; do
		rest=${rest#*"$one"}
		for name in in.csv ./in.csv again; do
			case $command in
			# What is read is named among the options.
			*in.csv*) ;;
			*) [ -n "$in" ] || continue ;;
			esac
			try 'are one file' $command --$one "$name"
		done
		for two in $rest; do
			for name in new ./new; do
				try 'are one file' $command --$one new \
				    --$two "$name"
			done
			for name in - /dev/stdout /dev/fd/1; do
				try 'both go to standard output' $command \
				    --$one - --$two "$name"
			done
		done
		# Its records go there, too, unless it has none of its own.
		[ "$one" != output ] || continue
		case "$command $outputs" in
		*nib-split* | *train* | *write-request* | *output-spec* | \
		    *register* | *--audit-only*) continue ;;
		esac
		try "--$one and the output would both go to standard" \
		    $command --$one -
	done
done <table

# Every option of the tools' tables that is signed as an output is tried.
sed -n 's/.*"\([a-z-]*\)", ">[A-Z]*".*/\1/p' "$NIB_SRC"/cmd/*.[ch] |
	sort -u >signed
cut -d';' -f3 table | tr ' ' '\n' | sort -u >tried
ok
[ "$(wc -l <signed)" -ge 20 ] || fail 'the signed options are not read'
same signed tried

# Where the shell's own redirection meets a name.
run 2 sh -c 'nib-validate -s person --errors new in.csv >new'
err_has 'new: '
run 0 nib-key new --type root -o root.key
cp root.key kept.key
run 2 nib-pseudonymise -s person -k root.key -o root.key in.csv
err_has 'root.key: --output and --key are one file'
same kept.key root.key
# An option that is given again: the last counts. A device may be named as
# often as wanted, and standard output where no records go there.
run 0 nib-derive --set x=1 --provenance out.csv --provenance p.json \
    -o out.csv in.csv
run 0 nib-derive --set x=1 -o /dev/null --provenance /dev/null in.csv
nib-dummy -s person -n 5 -o person.csv
run 0 nib-validate -s person --check --errors - person.csv
out_has 'row'
# A name in share/ is no file, even where a file has that name.
run 0 nib-dummy -s person -n 5 -o person
run 0 nib-dummy -s person -n 5 -o person
ok
[ ! -e new ] || [ ! -s new ] || fail 'a refused output was written'
finish
