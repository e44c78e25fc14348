#!/bin/sh
# Every example of nib-link(1), taken from the page itself, ends well. The
# one of attach needs files that it does not make.
. "$(dirname "$0")/lib.sh"
ln -s "$TESTDATA" "$T/testdata"
awk '/^\.Sh EXAMPLES/ { on = 1 } /^\.Sh SEE/ { on = 0 }
	on && /^\.Ed/ { code = 0; print "" }
	code { gsub(/\\e/, "\\"); print }
	on && /^\.Bd -literal/ { code = 1 }' "$NIB_SRC/man/nib-link.1" |
	awk -v RS= '!/bloods.csv/ { n++; f = sprintf("%s/ex%02d.sh", dir, n); print > f; close(f) }' dir="$T"
cd "$T" || exit 99
for f in "$T"/ex*.sh; do
	run 0 sh -e "$f"
done
ok; [ "$(ls "$T"/ex*.sh | wc -l)" -ge 6 ] || fail "examples were not found"
# What the last one made: pseudonyms, and appointments for some.
ok; grep -q ',1$' "$T/linked.csv" || fail "nobody was seen before"
ok; [ "$(wc -l <"$T/linked.csv")" -eq 501 ] || fail "episodes lost"
# People in both extracts have one pseudonym: episodes with a person of the
# other file, by local ids and by what was linked. A few have no NHS number.
both() { # FILE OTHER: column 2 of each
	awk -F, 'FNR == 1 { f++; next } f == 1 { k[$2]; next }
		{ n += $2 in k } END { print n }' "$2" "$1"
}
ok; want=$(both epi.csv out.csv) got=$(both epi.psd out.psd)
[ "$got" -le "$want" ] && [ "$got" -ge $((want * 97 / 100)) ] ||
	fail "$want episodes of people in both, $got linked"
finish
