# nib-validate: what passes, what is found, what it says and how it ends.
. "$(dirname "$0")/lib.sh"
cd "$TESTDATA/validate" || exit 99
spec="-s visits.json --reference areas=areas.csv"

# A clean file comes out as it went in, and nothing is said.
run 0 nib-validate $spec clean.csv
same "$T/out" clean.csv
err_empty
run 0 nib-validate $spec --check clean.csv
ok; [ ! -s "$T/out" ] || fail "--check wrote records"

# Every kind of finding; the expected file is written by hand.
run 1 nib-validate $spec --errors "$T/e" --rejects "$T/r" mixed.csv
cp "$T/out" "$T/good"
same "$T/e" mixed.errors.csv
sed -n '1p;2p;4p;10p' mixed.csv >"$T/want"
same "$T/good" "$T/want"
sed -n '1p;3p;5p;6p;7p;8p;9p' mixed.csv >"$T/want"
same "$T/r" "$T/want"
err_has "9 records: 6 with errors, 1 with warnings only; 22 errors, 2 warnings"
err_has "rule V02: Longer than a day's work (warning): 2 times, first at row 4"
err_has "and 12 other kinds of finding"

# No cell in any message or finding, unless asked for.
for f in "$T/err" "$T/e"; do
	ok; ! grep -q -e 9434765918 -e 'seen early' -e '2024-05-01,' "$f" ||
	    fail "a cell's value in a message"
done
run 1 nib-validate $spec --check --errors "$T/e" --show-values mixed.csv
ok; grep -q '^5,9,outcome,.*not one of the values allowed,seen early$' \
    "$T/e" || fail "no value with --show-values"
run 1 nib-validate $spec --check --errors "$T/e" --format json mixed.csv
ok; [ "$(sed -n 3p "$T/e")" = '{"row":3,"col":3,"field":"nhs_number","type":"constraint-error","constraint":"check","severity":"error","message":"not a valid NHS number (10 digits, modulus 11)"}' ] ||
    fail "JSON: $(sed -n 3p "$T/e")"

# Files: named where there are several.
run 1 nib-validate $spec --check --errors "$T/e" clean.csv mixed.csv
ok; grep -q '^2,,,primary-key,.*,mixed.csv$' "$T/e" ||
    fail "no file of a finding"

# Status.
run 0 nib-validate $spec --check --fail-on never mixed.csv
run 0 nib-validate $spec --check --max-error-rate 0.67 mixed.csv
run 1 nib-validate $spec --check --max-error-rate 0.66 mixed.csv
sed 's/,30,/,500,/' clean.csv >"$T/warn.csv"
run 0 nib-validate $spec --check "$T/warn.csv"
run 1 nib-validate $spec --check --fail-on warning "$T/warn.csv"
run 0 nib-validate $spec --check --no-unique --quiet clean.csv
err_empty

# Keys: the second record is the finding, whatever cut it off from the first.
head -1 mixed.csv >"$T/twice.csv"
sed 1d clean.csv >>"$T/twice.csv"
sed 1d clean.csv >>"$T/twice.csv"
run 1 nib-validate $spec --errors "$T/e" "$T/twice.csv"
same "$T/out" clean.csv
ok; [ "$(cut -d, -f1,4 "$T/e" | tr '\n' ' ')" = "row,type 5,primary-key 5,unique-key 6,primary-key 6,unique-key 7,primary-key 7,unique-key " ] ||
    fail "keys: $(cut -d, -f1,4 "$T/e" | tr '\n' ' ')"

# Line ends, quotes, delimiters and encodings change nothing.
sed 's/$/\r/' clean.csv >"$T/crlf.csv"
run 0 nib-validate $spec "$T/crlf.csv"
same "$T/out" clean.csv
sed 's/,/;/g; s/answer; twice/answer, twice/' clean.csv >"$T/semi.csv"
run 0 nib-validate $spec -d ';' "$T/semi.csv"
same "$T/out" clean.csv
echo '{"delimiter": ";"}' >"$T/d.json"
run 0 nib-validate $spec --dialect "$T/d.json" "$T/semi.csv"
same "$T/out" clean.csv
iconv -f UTF-8 -t UTF-16 clean.csv >"$T/utf16.csv"
run 0 nib-validate $spec --encoding utf-16 "$T/utf16.csv"
same "$T/out" clean.csv
run 2 nib-validate $spec "$T/utf16.csv"
err_has "UTF-16"
printf 'visit_id\001nurse\n' | iconv -f UTF-8 -t UTF-16LE | head -c 5 >"$T/half"
run 2 nib-validate $spec --encoding utf-16le "$T/half"
err_has "byte 5 is not in the encoding utf-16le"
# Its last letter might have got an accent; as iconv(1) has it.
echo '{"name": "x", "fields": [{"name": "name", "type": "string"}]}' >"$T/x.json"
printf 'name\nVi\352\362t a' >"$T/vietnam"
run 0 nib-validate -s "$T/x.json" --encoding CP1258 "$T/vietnam"
{ iconv -f CP1258 -t UTF-8 "$T/vietnam"; echo; } >"$T/want"
same "$T/want" "$T/out"
run 2 nib-validate $spec --encoding klingon clean.csv
err_has "no encoding is named klingon"

# A million columns, and a cell that is longer than any record may be.
awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "c%d,", i; print "x" }' \
    >"$T/wide.csv"
run 1 nib-validate -s person --check "$T/wide.csv"
err_has "the specification has no such field"
{
	printf 'visit_id,nurse\n1,"'
	head -c 3000000 /dev/zero | tr '\0' a
} >"$T/long.csv"
run 2 nib-validate -s visits.json --check --max-record 1M "$T/long.csv"
err_has "long.csv:2: record 1, column 2 (nurse): a quote is opened here and not closed within 1048576 bytes"

# A dialect with everything.
cat >"$T/d.json" <<'END'
{ "delimiter": "||", "quoteChar": "'", "escapeChar": "\\",
  "doubleQuote": false, "lineTerminator": ";\n", "nullSequence": "\\N",
  "skipInitialSpace": true, "commentChar": "#", "headerRows": [2, 3],
  "headerJoin": "_", "commentRows": [4] }
END
cat >"$T/odd.txt" <<'END'
# a comment;
a title;
visit|| nurse||minutes;
id||||;
a row of units;
1|| 'A01'||30;
# another;
2||'B\'|| 02'||-;
3||C\||03||NA;
END
cat >"$T/odd.json" <<'END'
{ "name": "odd", "missingValues": ["", "NA"], "fields": [
  { "name": "visit_id", "type": "integer" }, { "name": "nurse" },
  { "name": "minutes", "type": "integer" } ] }
END
run 1 nib-validate -s "$T/odd.json" --dialect "$T/d.json" \
    --rejects "$T/r" "$T/odd.txt"
printf 'visit_id,nurse,minutes\n1,A01,30\n3,C||03,NA\n' >"$T/want"
sed -i 's/C||03/C|||03/' "$T/want"
cat "$T/out" >"$T/got"
run 0 cat "$T/r"
out_has "2,B'|| 02,-"
echo '{"delimter": ";"}' >"$T/d.json"
run 2 nib-validate $spec --dialect "$T/d.json" clean.csv
err_has "delimter"
run 2 nib-validate $spec --dialect "$T/d.json" -d ';' clean.csv
err_has "give one of them"

# A header that does not fit: records are looked at, none is passed on.
sed '1s/nurse/nourse/' clean.csv >"$T/label.csv"
run 1 nib-validate $spec --errors "$T/e" "$T/label.csv"
ok; [ ! -s "$T/out" ] || fail "records passed on under a wrong header"
ok; grep -q '^1,,nurse,missing-label,' "$T/e" || fail "no missing-label"
err_has "the header has 1 finding: no record is passed on"
err_has "not checked: "

# Input that breaks off: what was found so far, no output, status 2.
printf 'visit_id,cost\n1,2\n"3,4\n' >"$T/open.csv"
sed 's/"subset"/"superset"/' visits.json >"$T/loose.json"
run 2 nib-validate -s "$T/loose.json" --errors "$T/e" -o "$T/o" "$T/open.csv"
no_file "$T/o"
err_has "open.csv:3: record 2"
ok; tail -1 "$T/e" | grep -q '^3,,,source-error,' || fail "no source-error"
: >"$T/empty"
run 2 nib-validate $spec "$T/empty"
err_has "zero bytes"
run 2 nib-validate $spec "$T/none.csv"
err_has "none.csv"
if [ -w /dev/full ]; then
	run 2 nib-validate $spec --errors /dev/full mixed.csv
	run 2 nib-validate $spec -o /dev/full clean.csv
fi

# References.
run 0 nib-validate -s visits.json --check clean.csv
err_has "not checked: the foreign key to areas (no --reference areas=FILE)"
run 2 nib-validate $spec --reference wards=areas.csv clean.csv
err_has "no foreign key refers to wards"
printf 'kode,name\nA1,x\n' >"$T/ref.csv"
run 2 nib-validate -s visits.json --reference areas="$T/ref.csv" clean.csv
err_has "has no column code"
printf '\357\273\277code\nA1\nA2\n' >"$T/ref.csv"
run 0 nib-validate -s visits.json --reference areas="$T/ref.csv" clean.csv
cat >"$T/self.json" <<'END'
{ "name": "self", "fields": [ { "name": "id" }, { "name": "mother" } ],
  "foreignKeys": [ { "fields": "mother",
    "reference": { "resource": "", "fields": "id" } } ] }
END
printf 'id,mother\na,c\nb,x\nc,\n' >"$T/self.csv"
run 1 nib-validate -s "$T/self.json" --errors "$T/e" "$T/self.csv"
ok; [ "$(sed 1d "$T/e" | cut -d, -f1,4)" = 3,foreign-key ] ||
    fail "self reference"
run 2 nib-validate -s "$T/self.json" - <"$T/self.csv"
err_has "not standard input"

# A pattern that would run for ever ends the run, and says whose it is.
cat >"$T/hostile.json" <<'END'
{ "name": "h", "fields": [ { "name": "x", "type": "string",
  "constraints": { "pattern": "(a+)+[bc]" } } ] }
END
echo x >"$T/h.csv"
printf '%060d\n' 0 | tr 0 a >>"$T/h.csv"
run 2 nib-validate -s "$T/hostile.json" "$T/h.csv"
err_has "column 1 (x): its pattern takes more than"

# Same bytes for any number of workers, over many blocks.
awk 'BEGIN {
	srand(7); print "visit_id,nurse,nhs_number,start,minutes,sex,area,cost,outcome,note"
	for (i = 1; i <= 60000; i++)
		printf "%d,A%02d,9434765919,2024-05-%02dT09:%02d:%02d,%d,%s,%s,%s,seen,%s\n",
		    i % 1009 == 0 ? i - 500 : i, i % 100, 1 + i % 31, i % 60, i / 1001,
		    i % 997 == 0 ? 0 : i % 480 + 1, i % 991 == 0 ? "q" : 1 + i % 2,
		    i % 2 ? "A1" : "A2", i % 983 == 0 ? "1.2.3" : "10.50",
		    i % 7 == 0 ? "\"a, \"\"b\"\"\"" : "some text that fills the line a little more"
}' >"$T/big.csv"
for j in 1 2 5; do
	run 1 nib-validate $spec -j $j --quiet --errors "$T/e$j" \
	    --rejects "$T/r$j" "$T/big.csv"
	mv "$T/out" "$T/o$j"
	ok; [ $j = 1 ] || { cmp -s "$T/e1" "$T/e$j" && cmp -s "$T/r1" "$T/r$j" &&
	    cmp -s "$T/o1" "$T/o$j"; } || fail "--jobs $j gives other bytes"
done
# Good and bad together are the input.
sed 1d "$T/r1" | cat "$T/o1" - | sort >"$T/both"
sort "$T/big.csv" >"$T/all"
same "$T/both" "$T/all"
# awk counts what it planted; the rest is duplicate keys.
ok; [ "$(grep -c ,type-error, "$T/e1")" = $((60000 / 983)) ] ||
    fail "type errors: $(grep -c ,type-error, "$T/e1")"
ok; [ "$(grep -c ,primary-key, "$T/e1")" = $((60000 / 1009)) ] ||
    fail "primary keys: $(grep -c ,primary-key, "$T/e1")"
ok; [ "$(grep -c ,codelist, "$T/e1")" = $((60000 / 991)) ] ||
    fail "codes: $(grep -c ,codelist, "$T/e1")"

# Provenance and options.
run 0 nib-validate $spec -o "$T/o" --provenance "$T/p.json" clean.csv
ok; grep -q '"records_out": 3' "$T/p.json" || fail "provenance"
run 2 nib-validate clean.csv
err_has "Give -s SPEC"
run 2 nib-validate $spec --fail-on sometimes clean.csv
run 2 nib-validate $spec --max-error-rate 2 clean.csv
run 0 nib-validate --check-spec -s visits.json
sed 's/outcome <> /outkome <> /' visits.json >"$T/bad.json"
run 2 nib-validate --check-spec -s "$T/bad.json"
err_has "outkome"
run 2 nib-validate -s "$T/bad.json" clean.csv
run 0 nib-validate --help
out_has "nib-validate -s admitted_episode"

# A header of very many columns: every one is looked at, in memory that a
# column does not take two kilobytes of, as it once did.
awk 'BEGIN { for (i = 1; i <= 200000; i++) printf "%sc%d", (i > 1 ? "," : ""), i
	print "" }' >"$T/broad.csv"
run 1 nib-validate -s admitted_episode --check --errors "$T/broad.found" \
    "$T/broad.csv"
err_has 'the header has 200001 findings: no record is passed on'
ok; [ "$(wc -l <"$T/broad.found")" = 200002 ] || fail "findings of a broad header"
# A field that never ends is told by its place, before it fills the memory.
ok; { printf 'visit_id,nurse\n1,2\n3,"'; head -c 40000000 /dev/zero | tr '\0' x; } |
    nib-validate -s visits.json --check --max-record 1M >"$T/out" 2>"$T/err"
[ $? = 2 ] || fail "status of a field without an end"
err_has "standard input:3: record 2, column 2 (nurse): a quote is opened here"

# Help with specifications.
run 0 nib-validate --explain minutes -s visits.json
out_is 'minutes
  type: integer
  missing when: (empty), NA
  minimum: 1
  maximum: 600
  rule V01 (error): Seen without a duration
    outcome <> '"'seen'"' OR minutes IS NOT NULL
  rule V02 (warning): Longer than a day'"'"'s work
    minutes <= 480'
run 2 nib-validate --explain hours -s visits.json
err_has "visits has no field hours"
run 0 nib-validate --init clean.csv -o "$T/clean.json"
run 0 nib-validate -s "$T/clean.json" --check clean.csv
ok; grep -q '"check": "nhs_number"' "$T/clean.json" || fail "no check drafted"
printf 'code,n,day,hour,x\n007,1,01/02/2024,09:30,\n012,2.5,,10:00,y\n' >"$T/s.csv"
run 0 nib-validate --init "$T/s.csv"
ok; [ "$(grep -c '"type": "string"' "$T/out")" = 2 ] || fail "drafted types"
out_has '"format": "%d/%m/%Y"'
out_has '"name": "s"'
out_has 'digits with leading zeros, so a code'
ok; ! grep -q -e 007 -e 09:30 "$T/out" || fail "a draft quotes a cell"
run 2 nib-validate --init "$T/s.csv" "$T/s.csv"

# The examples of the manual, as they stand.
mkdir "$T/testdata" && cp -r "$TESTDATA/validate" "$T/testdata/"
cd "$T" || exit 99
run 1 nib-validate -s testdata/validate/visits.json \
    --reference areas=testdata/validate/areas.csv \
    --errors found.csv --rejects bad.csv testdata/validate/mixed.csv
run 0 nib-validate -s testdata/validate/visits.json --check --quiet \
    --max-error-rate 0.01 testdata/validate/clean.csv
# A rule that gives a text is neither kept nor broken: said of the
# specification, not of the first record; where its kind is known only by the
# record, with the rule.
texts() { # EXPRESSION MORE
	printf '{ "fields": [ { "name": "d", "type": "date" }, { "name": "t", "type": "string" }, { "name": "i", "type": "integer" } ], "nib": { "rules": [ { "id": "T1", "message": "m", "expression": "%s"%s } ], "derived": [ { "name": "u", "expression": "upper(t)" } ] } }\n' \
	    "$1" "${2:-}" >"$T/text.json"
}
printf 'd,t,i\n2024-01-01,a,\n' >"$T/text.csv"
while IFS='|' read -r expression more; do
	texts "$expression" "$more"
	run 2 nib-validate --check-spec "$T/text.json"
	err_has 'nib.rules[0].expression: expression: gives a text, which is neither true nor false'
done <<'END'
upper(t)|
month(d)|
lag(t)|, "within": ["d"], "order": ["i"]
any(t)|, "within": ["d"], "order": ["i"]
every(upper(t)) = 1|, "within": ["d"], "order": ["i"]
END
texts "any(t = 'a') = 1" ', "within": ["d"], "order": ["i"]'
run 0 nib-validate --check-spec "$T/text.json"
texts 'coalesce(i, t)'
run 2 nib-validate -s "$T/text.json" --check "$T/text.csv"
err_has 'text.csv:2: record 1: rule T1: expression: gives a text'
texts R.t ', "reference": "R", "on": ["d"]'
run 2 nib-validate -s "$T/text.json" --check \
    --reference R="$T/text.csv:$T/text.json" "$T/text.csv"
err_has 'nib-validate: rule T1: expression: gives a text'
run 0 nib-validate --check-spec -s admitted_episode

# The help is one screen, and says where the rest is.
run 0 nib-validate --help
[ "$(wc -l <out)" -le 40 ] || fail "the help is longer than a screen"
out_has 'More options: man nib-validate'
finish
