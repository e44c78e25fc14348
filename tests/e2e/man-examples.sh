#!/bin/sh
# The EXAMPLES of every man page of a tool, and of nib(7) and
# nib-examples(7), as they are written: each page's in a folder of its own
# with testdata/ in it, one block after the other. Each must end with status
# 0, or 1 where the tool may find something. README.md too. A block in
# which no line begins with a tool is not a command.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99

# What the examples may speak of: keys, two files of records.
mkdir fresh
ln -s "$TESTDATA" fresh/testdata
ln -s "$NIB_SHARE" fresh/share
run 0 nib-key new --type root -o fresh/root.key
run 0 nib-key project --root fresh/root.key --project example \
    -o fresh/project.key
for file in a b; do
	cp "$TESTDATA/tally/episodes.csv" "fresh/$file.csv"
done

run 0 nib-dummy -s admitted_episode -n 60 -o fresh/episodes.csv
awk -F, 'NR == 1 { print "person_id,taken,hba1c"; next }
{ print $2 ",2024-" 10 + NR % 3 "-01," 40 + NR }' fresh/episodes.csv \
    >fresh/bloods.csv

# The literal blocks of EXAMPLES, as roff would show them.
blocks() {
	awk '
	/^\.Sh / { inside = ($2 == "EXAMPLES") }
	!inside { next }
	/^\.Bd -literal/ { open = 1; print "#block"; next }
	/^\.Ed/ { open = 0; next }
	/^\.Dl / {
		sub(/^\.Dl /, "")
		gsub(/^"|"$/, "")
		print "#block"
		show($0)
		next
	}
	open { show($0) }
	function show(line) {
		sub(/^\\&/, "", line)
		gsub(/\\e/, "\\", line)
		gsub(/\\-/, "-", line)
		gsub(/\\\(aq/, "\047", line)
		gsub(/\\\(dq/, "\"", line)
		gsub(/\\&/, "", line)
		sub(/^\$ /, "", line)
		print line
	}' "$1"
}

for page in "$NIB_SRC"/man/nib*.1 "$NIB_SRC"/man/nib*.7; do
	[ -r "$page" ] || continue
	name=$(basename "$page")
	mkdir "$name"
	cp -RP fresh/. "$name"/
	# These make the keys themselves.
	case $name in
	nib-key.1 | nib-link.1 | nib-examples.7) rm -f "$name"/*.key ;;
	esac
	blocks "$page" | awk -v dir="$name" '
	/^#block/ { n++; next }
	{ print > (dir "/.block" n) }'
	for block in $(find "$name" -name '.block*' | sort -t k -k 3n |
		sed 's/.*\.block//' | sort -n); do
		grep -qE '^(nib-|\{ nib-)' "$name/.block$block" || continue
		ok
		(
			cd "$name" || exit 99
			sh -e "./.block$block"
		) >out 2>err </dev/null
		status=$?
		[ "$status" -le 1 ] || {
			fail "$name, example $block: status $status"
			sed 's/^/  | /' "$name/.block$block"
		}
	done
done

# README.md's first pipeline prints what README.md says it prints.
mkdir readme && cd readme || exit 99
awk '/^## / { on = ($0 == "## A first pipeline"); next }
on && /^prints / { result = 1; next }
on && /^    / {
	sub(/^    /, "")
	print > (result ? "want" : "commands")
}' "$NIB_SRC/README.md"
ok
sh -e ./commands >got 2>../err </dev/null || fail 'README: the pipeline fails'
same want got
finish
