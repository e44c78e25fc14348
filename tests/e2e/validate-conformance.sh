# Table Schema conformance: testdata/conformance, which was written from the
# text of the standard (its README says how, and the conventions). Each case
# must give exactly its findings and the status that goes with them.
. "$(dirname "$0")/lib.sh"
cases=$TESTDATA/conformance/cases

# Only the header's findings count; the rest of the answer is open.
header_only=' P58-match-exact P61-missing-label P62-extra-label
 P63-duplicate-label P64-blank-label '
# The input cannot be read to its end.
fatal=' P73-unclosed P76-bad-utf8 P77-empty-file '

for dir in "$cases"/*; do
	id=${dir##*/}
	set -- -s "$dir/schema.json" --check --quiet --errors "$T/errors"
	[ -f "$dir/dialect.json" ] && set -- "$@" --dialect "$dir/dialect.json"
	[ "$id" = P75-latin1 ] && set -- "$@" --encoding iso-8859-1
	for ref in "$dir"/ref_*.csv; do
		[ -f "$ref" ] || continue
		name=${ref##*/ref_}
		set -- "$@" --reference \
		    "${name%.csv}=$ref:${ref%.csv}.schema.json"
	done
	want=0
	[ "$(wc -l <"$dir/expected.csv")" -gt 1 ] && want=1
	case $fatal in *" $id "*) want=2 ;; esac
	rm -f "$T/errors"
	run $want nib-validate "$@" "$dir/data.csv"
	first='1,$p'
	case $header_only in *"$id"*) first='1p; /^1,/p' ;; esac
	# row, col, type, constraint
	sed -n "$first" "$T/errors" | cut -d, -f1,2,4,5 | sort >"$T/got"
	tr -d '\r' <"$dir/expected.csv" | sed -n "$first" |
	    cut -d, -f1,2,4,5 | sort >"$T/wanted"
	ok
	cmp -s "$T/wanted" "$T/got" || {
		fail "$id"
		diff "$T/wanted" "$T/got"
	}
done
finish
