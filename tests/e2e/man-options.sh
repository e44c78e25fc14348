#!/bin/sh
# Every option of a tool is an item of its man page and every item of it an
# option of the tool, the short forms too. The tools' own tables are asked
# (--completion words, --help); the page is read as it is written.
. "$(dirname "$0")/lib.sh"

# The parts of a tool that has them, else nothing.
parts() {
	nib-"$1" --help | sed -n '/^Usage: .* PART/,$s/^  \([a-z]*\)  .*/\1/p'
}
options_of() { # TOOL [PART]
	command=nib-$1
	shift
	"$command" "$@" --completion words
	"$command" "$@" --help | sed -n 's/^  \(-[A-Za-z]\), --.*/\1/p'
}
# Options at the head of an item: Fl Fl name, Fl -name, Fl x.
items() {
	awk '/^\.Sh / { inside = $2 == "DESCRIPTION" }
	inside && /^\.It / {
		for (i = 2; i <= NF; i++) {
			if ($i != "Fl")
				continue;
			name = $(++i)
			if (name == "Fl" || name == "\\-")
				name = "-" $(++i)
			print "-" name
		}
	}' "$1"
}

for page in "$NIB_SRC"/man/nib-*.1; do
	name=$(basename "$page" .1)
	tool=${name#nib-}
	{
		parts "$tool" >"$T/parts"
		if [ -s "$T/parts" ]; then
			while read -r part; do
				options_of "$tool" "$part"
			done <"$T/parts"
		else
			options_of "$tool"
		fi
	} | sort -u >"$T/options"
	items "$page" | sort -u >"$T/items"
	ok
	[ "$(wc -l <"$T/options")" -ge 5 ] || fail "$name: options are not read"
	comm -23 "$T/options" "$T/items" >"$T/lacks"
	ok
	[ ! -s "$T/lacks" ] || fail "$name: the man page lacks" \
	    "$(tr '\n' ' ' <"$T/lacks")"
	comm -13 "$T/options" "$T/items" >"$T/more"
	ok
	[ ! -s "$T/more" ] || fail "$name: the tool has no" \
	    "$(tr '\n' ' ' <"$T/more")"
done
finish
