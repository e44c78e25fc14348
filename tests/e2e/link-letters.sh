#!/bin/sh
# Names that are not ASCII, and similarities that are just enough.
. "$(dirname "$0")/lib.sh"

# One comparison of all pairs, whose level is told.
model() {
	cat >"$T/model" <<X
{ "nib_model": 1, "lambda": 0.5, "matching": { "name": "letters", "id": ["id"],
  "fields": { "s": { "type": "name", "columns": ["s"] },
      "all": { "type": "code", "columns": ["all"] } },
  "comparisons": [ { "field": "s", "levels": [$1] } ],
  "blocking": [["all"]],
  "training": { "sure": [["all"]], "blocks": [["all"]] } },
  "weights": { "s": { "m": [0.5, 0.5], "u": [0.5, 0.5] } } }
X
}
level() {
	model "\"$3\""
	printf 'id,s,all\n1,%s,x\n2,%s,x\n' "$1" "$2" >"$T/in"
	run 0 nib-link score -m "$T/model" --explain "$T/in"
	ok
	got=$(tail -n +2 "$T/out" | cut -d, -f7)
	[ "$got" = "$4" ] || fail "$1 and $2: $got, not $4"
}
# Greek, Cyrillic and Japanese letters are one character each.
level ΑΒΓΔΕ ΑΒΓΔΖ 's damerau 1' 's damerau 1'
level ΑΒΓΔΕ ΑΒΔΓΕ 's damerau 1' 's damerau 1'
level ΑΒΓΔΕ ΑΒΔΓΕ 's levenshtein 1' else
level ИВАН ИВА 's levenshtein 1' 's levenshtein 1'
level ИВАН ИВБН 's prefix 3' else
# й and и share a byte of two: by bytes the similarity would be more.
level ИВАЙ ИВАИ 's similarity 0.8' else
level ИВАЙ ИВАИ 's similarity 0.75' 's similarity 0.75'

# By hand: 1 - 4/5; (2/2 + 2/5 + 2/2) / 3; (1 + 1/3 + 1) / 3 and a tenth of
# what is missing, here 0.7778 + 0.1 * 0.2222.
level EA ABECE 's similarity 0.2' 's similarity 0.2'
level EA ABECE 's similarity 0.21' else
level EA EABAD 's jaro 0.8' 's jaro 0.8'
level A AWE 's jaro-winkler 0.8' 's jaro-winkler 0.8'
# (2/2 + 2/20 + 2/2) / 3 is 0.7, and above that only Jaro is raised.
level DA DAEEBEACCCEEADCAACAE 's jaro-winkler 0.7' 's jaro-winkler 0.7'
level DA DAEEBEACCCEEADCAACAE 's jaro-winkler 0.71' else

# A field of the first letters, through block: whole characters.
model '"s damerau 1"'
sed 's/"columns": \["all"\]/"columns": ["s"], "prefix": 2/' "$T/model" >"$T/model2"
printf 'id,s\n1,ΑΒΓΔ\n2,ΑΒΓΖ\n' >"$T/in"
run 0 nib-link block -m "$T/model2" -o "$T/rows" "$T/in"
run 0 nib-link score -m "$T/model2" --blocks "$T/rows"
cp "$T/out" "$T/blocks"
run 0 nib-link score -m "$T/model2" "$T/in"
same "$T/out" "$T/blocks"
ok; [ "$(wc -l <"$T/out")" -eq 2 ] || fail 'not the pair'
# So is what is kept of a long value: the middle of a letter stays out.
{ printf 'id,s\n'; for i in 1 2; do
	printf '%d,A' $i; for k in $(seq 200); do printf Ω; done; echo; done; } >"$T/in"
run 0 nib-link block -m "$T/model2" -o "$T/rows" "$T/in"
run 0 nib-link score -m "$T/model2" --show-values --blocks "$T/rows"
run 0 iconv -f UTF-8 -t UTF-8 "$T/rows"

# Numbers longer than nine digits, such as a UPRN.
cat >"$T/model" <<'X'
{ "nib_model": 1, "lambda": 0.5, "matching": { "name": "numbers", "id": ["id"],
  "fields": { "s": { "type": "digits", "columns": ["s"] },
      "all": { "type": "code", "columns": ["all"] } },
  "comparisons": [ { "field": "s", "levels": ["s within 1"] } ],
  "blocking": [["all"]],
  "training": { "sure": [["all"]], "blocks": [["all"]] } },
  "weights": { "s": { "m": [0.5, 0.5], "u": [0.5, 0.5] } } }
X
numbers() {
	printf 'id,s,all\n1,%s,x\n2,%s,x\n' "$1" "$2" >"$T/in"
	run 0 nib-link score -m "$T/model" --explain "$T/in"
	ok
	got=$(tail -n +2 "$T/out" | cut -d, -f7)
	[ "$got" = "$3" ] || fail "$1 and $2: $got, not $3"
}
numbers 100023336956 200001234567 else
numbers 100023336956 100023336957 's within 1'
numbers 000000000012 11 's within 1'
numbers 12345678901234567890 92345678901234567890 else
numbers 12345678901234567890 12345678901234567890 's within 1'
finish
