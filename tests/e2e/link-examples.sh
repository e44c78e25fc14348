#!/bin/sh
# The worked example of nib-examples(7) from two extracts to one linked,
# pseudonymised table, taken from the page itself: what it made is right.
# (That every example ends well is the business of man-examples.sh.)
. "$(dirname "$0")/lib.sh"
awk '/^\.Ss From two extracts/ { on = 1 } /^\.Ss Indicators/ { on = 0 }
	on && /^\.Ed/ { code = 0 }
	code { gsub(/\\e/, "\\"); print }
	on && /^\.Bd -literal/ { code = 1 }' "$NIB_SRC/man/nib-examples.7" \
	>"$T/example.sh"
cd "$T" || exit 99
ok; [ -s example.sh ] || fail "the example was not found"
run 0 sh -e example.sh
# Pseudonyms, and visits for some.
ok; grep -q ',1$' linked.csv || fail "nobody was seen before"
ok; [ "$(wc -l <linked.csv)" -eq 501 ] || fail "stays lost"
ok; ! grep -qE '[0-9]{10}' linked.csv || fail "an NHS number came through"
# People in both extracts have one pseudonym: stays with a person of the
# other file, by local ids and by what was linked. A few have no NHS number.
both() { # FILE OTHER: column 2 of each
	awk -F, 'FNR == 1 { f++; next } f == 1 { k[$2]; next }
		{ n += $2 in k } END { print n }' "$2" "$1"
}
ok; want=$(both stays.csv visits.csv) got=$(both stays.psd visits.psd)
[ "$got" -le "$want" ] && [ "$got" -ge $((want * 97 / 100)) ] ||
	fail "$want stays of people in both, $got linked"
# The next month: the same people, and nobody has another id.
run 0 nib-link persons -m mps-3-step -s admitted_episode --replace \
	--without family_name --without given_name --index persons.db stays.csv
cp out first
run 0 nib-link persons -m mps-3-step -s admitted_episode --replace \
	--without family_name --without given_name --index persons.db stays.csv
ok; changed=$(cut -d, -f2 first | paste -d, - out | awk -F, '$1 != $3' | wc -l)
[ "$changed" -le 15 ] || fail "$changed stays have another person next month"
finish
