#!/bin/sh
# What every tool keeps (DESIGN, "Conventions"), tool by tool from one table:
# options, input in every form, output, exit status. What is expected comes
# from the plain run of the same tool, or from the convention itself.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99

run 0 nib-dummy -s person -n 60 -o person.csv
run 0 nib-dummy -s person -n 60 --seed 2 -o other.csv
run 0 nib-dummy -s admitted_episode -n 60 --with person=person.csv \
    -o episode.csv
run 0 nib-key new --type root -o root.key
run 0 nib-key project --root root.key --project p -o p.key
{ echo nhs_number,label; sed 1d person.csv | cut -d, -f2 |
	awk 'NF && !had[$1]++ && NR % 3 == 0 { print $1 ",x" }'; } >labels.csv
printf 'id_l,id_r,weight\na,b,7\nb,c,8\nd,e,9\n' >pairs.csv
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" | head -200 >people.csv
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" | head -200 >people_b.csv
run 0 nib-link train -m people -o model people.csv people_b.csv

# Input file, then the tool as it is run on it. Status 0 or 1 is its business.
cat >table <<'END'
person.csv nib-derive --set x=1
person.csv nib-aggregate --by sex --count
person.csv nib-consent -s person --exempt national:consent --exempt type1:consent
person.csv nib-pseudonymise -s person -k p.key
person.csv nib-validate -s person
person.csv nib-link persons -m hes-3-step -s person --without provider --without local_patient_id --replace
person.csv nib-link attach --on nhs_number --from labels.csv
episode.csv nib-link spells -s admitted_episode --person nhs_number
pairs.csv nib-link cluster
END

# Tools and parts that read no stream of records: options only.
cat >others <<'END'
nib-dummy
nib-key
nib-ledger
nib-split
nib-indicator count
nib-indicator rate
nib-indicator compare
nib-indicator chart
nib-indicator report
nib-indicator list
nib-indicator show
nib-indicator check
nib-link train
nib-link block
nib-link score
nib-link explain
nib-link index
nib-link review
nib-link chart
nib-link dice
END

# one_line: the message is one line that begins with the tool's name.
one_line() {
	ok
	[ "$(wc -l <err)" -eq 1 ] || fail "not one line of message: $*"
	case $(cat err) in
	"$1"*": "*) ;;
	*) fail "the message does not begin with $1" ;;
	esac
}

options() {
	run 0 "$@" --help
	out_has 'Usage: '
	out_has 'Examples:'
	out_has '--help'
	err_empty
	# A screen of 80 columns, and what the tool does as a sentence.
	ok
	[ "$(awk 'length > 80' out | wc -l)" -eq 0 ] || fail "wide help: $*"
	ok
	grep -Eq '^[A-Z][^:]* .*\.$' out || fail "no sentence in the help: $*"
	mv out help
	run 0 "$@" -h
	same help out
	run 0 "$@" -V
	ok
	grep -Eq '^nib-[a-z]+( [a-z]+)? [0-9]' out || fail "version of $*"
	run 2 "$@" --no-such-option-at-all
	err_has 'no option --no-such-option-at-all'
	one_line "$@"
	run 2 "$@" --versionn
	err_has 'did you mean --version?'
	run 2 "$@" '-?'
	err_has 'no option -?'
	if [ -w /dev/full ]; then
		run 2 sh -c '"$@" --help >/dev/full' sh "$@"
		err_has 'standard output'
	fi
	run 2 sh -c '"$@" --help >&-' sh "$@"
}

# stream INPUT TOOL...
stream() {
	in=$1
	shift
	"$@" "$in" >want 2>want.err
	status=$?
	ok
	[ "$status" -lt 2 ] || { cp want.err err; fail "status $status: $*"; return; }

	# As every form of input.
	run "$status" sh -c '"$@" <'"$in" sh "$@"
	same want out
	run "$status" sh -c '"$@" - <'"$in" sh "$@"
	same want out
	run "$status" sh -c 'cat '"$in"' | "$@"' sh "$@"
	same want out
	gzip -c "$in" >in.gz
	run "$status" "$@" in.gz
	same want out
	run "$status" sh -c '"$@" <in.gz' sh "$@"
	same want out
	{ head -5 "$in" | gzip -c; sed 1,5d "$in" | gzip -c; } >members.gz
	run "$status" "$@" members.gz
	same want out
	head -c -9 in.gz >cut.gz
	run 2 "$@" cut.gz
	err_has 'cut short'
	{ cat in.gz; echo garbage; } >more.gz
	run 2 "$@" more.gz
	if command -v zstd >/dev/null; then
		zstd -q -f "$in" -o in.zst
		run "$status" "$@" in.zst
		same want out
		{ head -5 "$in" | zstd -q; sed 1,5d "$in" | zstd -q; } >members.zst
		run "$status" "$@" members.zst
		same want out
		head -c -9 in.zst >cut.zst
		run 2 "$@" cut.zst
		err_has 'cut short'
	fi
	{ printf '\357\273\277'; sed 's/$/\r/' "$in"; } >crlf.csv
	run "$status" "$@" crlf.csv
	same want out
	head -c -1 "$in" >unended.csv
	run "$status" "$@" unended.csv
	same want out
	# The other file of attach is read as the input is.
	if [ "$2" != attach ]; then
		tr , '\t' <"$in" >tab.csv
		run "$status" "$@" -d tab tab.csv
		same want out
		tr , '|' <"$in" >bar.csv
		run "$status" "$@" -d '|' bar.csv
		same want out
		sed 1d "$in" >bare.csv
		run "$status" "$@" --columns "$(head -1 "$in")" bare.csv
		same want out
	fi
	run "$status" "$@" --no-header "$in"
	sed 1d want >want.bare
	same want.bare out
	name='a name, with
a line end'
	cp "$in" "$name"
	run "$status" "$@" "$name"
	same want out
	run "$status" "$@" -- "$in"
	same want out
	for j in 1 3; do
		run "$status" "$@" -j "$j" "$in"
		same want out
	done
	# Several files are one stream.
	head -20 "$in" >first.csv
	{ head -1 "$in"; sed 1,20d "$in"; } >second.csv
	run "$status" "$@" first.csv second.csv
	same want out
	sed '1s/^[a-z_]*/another/' second.csv >differs.csv
	run 2 "$@" first.csv differs.csv
	err_has 'differs.csv:1: header differs'
	one_line "$@"

	# What is no input.
	: >empty.csv
	run 2 "$@" empty.csv
	err_has 'empty.csv: no input'
	one_line "$@"
	head -1 "$in" >header.csv
	"$@" header.csv >out 2>err
	[ $? -lt 2 ] || fail "a header alone: $*"
	run 2 "$@" no/such/file.csv
	err_has 'no/such/file.csv: cannot open: No such file or directory'
	one_line "$@"
	run 2 "$@" "$T"
	err_has 'Is a directory'
	one_line "$@"
	run 2 "$@" 'no such
file'
	one_line "$@"
	{ cat "$in"; echo 'one field, and "a stray quote'; } >broken.csv
	run 2 "$@" broken.csv
	one_line "$@"
	err_lacks 'stray'

	# Where the output goes.
	run "$status" "$@" -o new.out "$in"
	same want new.out
	ok
	[ ! -s out ] || fail "-o FILE and standard output: $*"
	echo old >old.out
	run "$status" "$@" -o old.out "$in"
	same want old.out
	run "$status" "$@" -o - "$in"
	same want out
	run "$status" "$@" -o 'out put' "$in"
	same want 'out put'
	echo old >old.out
	run 2 "$@" -o old.out broken.csv
	ok
	[ "$(cat old.out)" = old ] || fail "a failed run replaced its output: $*"
	run 2 "$@" -o no/such/place "$in"
	err_has 'no/such/place: cannot create: No such file or directory'
	mkdir -p folder
	run 2 "$@" -o folder "$in"
	err_has 'Is a directory'
	# A file that grows, or changes, as it is read.
	cp "$in" grown.csv
	run 2 sh -c '"$@" >>grown.csv' sh "$@" grown.csv
	err_has 'grown.csv: is where standard output goes, too'
	run 2 sh -c '"$@" <grown.csv 1<>grown.csv' sh "$@"
	same "$in" grown.csv
	run 2 "$@" -o grown.csv grown.csv
	same "$in" grown.csv
	long=$(printf '%0250d' 0)
	run "$status" "$@" -o "$long" "$in"
	same want "$long"
	rm -f "$long"
	if [ -w /dev/full ]; then
		run 2 sh -c '"$@" >/dev/full' sh "$@" "$in"
		err_has 'No space left on device'
		run 2 "$@" -o /dev/full "$in"
		err_has 'No space left on device'
	fi

	# Bare surroundings.
	run "$status" env -i NIB_SHARE="$NIB_SHARE" PATH="$PATH" "$@" "$in"
	same want out
	run "$status" sh -c '"$@" <&-' sh "$@" "$in"
	same want out
	run 2 sh -c '"$@" <&-' sh "$@"
	run 2 sh -c '"$@" >&-' sh "$@" "$in"
	run "$status" sh -c '"$@" 2>&-' sh "$@" "$in"
	same want out
	run "$status" sh -c '"$@" -o closed.out >&-' sh "$@" "$in"
	same want closed.out
	run "$status" sh -c '"$@" <&- 2>&-' sh "$@" "$in"
	same want out
	# Quiet about what went well but for warnings; -q silences these.
	run "$status" "$@" -q "$in"
	same want out
	# A name is no way to write other lines, or to a terminal.
	printf 'a,b\n1,"' >"$(printf 'x\nnib: all is well\033[2J\302\233')"
	run 2 "$@" x*well*
	ok
	if grep -v '^nib-[a-z ]*: ' err; then fail "a line of its own: $*"; fi
	ok
	[ "$(tr -d ' -~\n' <err | wc -c)" -eq 0 ] || fail "raw bytes: $*"
	rm -f x*well*
	ok
	[ -z "$(find . -name '.*.tmp')" ] || fail "a temporary file stays: $*"
}

while read -r line; do
	set -f
	set -- $line
	set +f
	in=$1
	shift
	stream "$in" "$@"
	case $1 in
	nib-link | nib-indicator) options "$1" "$2" ;;
	*) options "$1" ;;
	esac
done <table
while read -r line; do
	options $line
done <others

# A folder to put files into that may not be read, as somebody who is not root.
mkdir drop
head -20 person.csv >some.csv
chmod 0777 . && chmod 0733 drop
nobody=
[ "$(id -u)" -ne 0 ] || nobody='setpriv --reuid=65534 --clear-groups'
if $nobody test -x "$NIB_BIN/nib-derive" && ! $nobody ls drop 2>/dev/null; then
	run 0 $nobody nib-derive --set x=1 -o drop/out.csv some.csv
	err_empty
	ok
	[ -s drop/out.csv ] || fail "nothing in the folder"
fi

# The next file opened must not take the place of a closed standard output.
run 2 sh -c 'nib-dummy -s person -n 20000 --errors 0.01 --errors-log log >&-'
err_has 'standard output'
ok
if grep -qs '^P00' log; then fail "records among the errors"; fi
run 0 nib-validate -s person --errors /dev/null --rejects /dev/null person.csv
finish
