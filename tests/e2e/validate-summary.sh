# nib-validate: --summary, its parts put together, and the status they give.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99
cat >s.json <<'END'
{ "name": "s", "fieldsMatch": "superset",
  "fields": [
  { "name": "id", "type": "integer", "constraints": { "unique": true } },
  { "name": "who", "type": "string",
    "constraints": { "pattern": "[a-z]", "maxLength": 2 } },
  { "name": "n", "type": "integer", "constraints": { "minimum": 1 } } ],
  "nib": { "rules": [
    { "id": "W", "severity": "warning", "expression": "n < 5",
      "message": "Five, or \"more\"" },
    { "id": "M", "expression": "n <> 3", "message": "Three",
      "maxRate": 0.25 } ] } }
END
printf 'id,who,n\n1,a,1\n2,b,9\n3,c,x\n4,abc,1\n' >a.csv
printf 'id,who,n\n5,A,0\n6,B,0\n7,d,7\n8,e,1\n' >b.csv

run 1 nib-validate -s s.json --check --quiet --summary ab.sum \
    --errors ab.err a.csv b.csv
cat >want <<'END'
type,constraint,field,rule,severity,message,count,max_rate,first_file,first_row
records,,,,,,8,,,
records-with-errors,,,,,,4,,,
records-with-warnings,,,,,,2,,,
constraint-error,pattern,who,,error,does not match its pattern,3,,a.csv,5
constraint-error,minimum,n,,error,"below its minimum, 1",2,,b.csv,2
constraint-error,maxLength,who,,error,"longer than its greatest length, 2",1,,a.csv,5
type-error,,n,,error,not a whole number,1,,a.csv,4
row-constraint,,,W,warning,"Five, or ""more""",2,,a.csv,3
END
same want ab.sum
ok; [ "$(awk -F, 'NR > 1' ab.err | wc -l)" = 9 ] || fail "nine findings"

# Any workers, and parts in any order, give the same.
run 1 nib-validate -s s.json --check --quiet -j 3 --summary j3.sum a.csv b.csv
same ab.sum j3.sum
run 1 nib-validate -s s.json --check --quiet --summary a.sum a.csv
run 1 nib-validate -s s.json --check --quiet --summary b.sum b.csv
run 1 nib-validate --merge --summary m.sum a.sum b.sum
same ab.sum m.sum
run 1 nib-validate --merge --summary m.sum b.sum a.sum
same ab.sum m.sum
run 1 nib-validate --merge --summary m2.sum m.sum
same ab.sum m2.sum

# The whole is judged by --fail-on and --max-error-rate, and a rule's maxRate.
run 0 nib-validate --merge --summary m.sum --max-error-rate 0.5 a.sum b.sum
run 1 nib-validate --merge --summary m.sum --max-error-rate 0.49 a.sum b.sum
run 0 nib-validate --merge --summary m.sum --fail-on never a.sum b.sum
printf 'id,who,n\n1,a,3\n2,b,1\n3,c,1\n4,d,1\n' >c.csv
printf 'id,who,n\n1,a,1\n2,b,3\n3,c,3\n4,d,1\n' >d.csv
run 0 nib-validate -s s.json --check --quiet --summary c.sum c.csv
run 1 nib-validate -s s.json --check --quiet --summary d.sum d.csv
ok; grep -qxF 'row-constraint,,,M,error,Three,1,0.25,c.csv,2' c.sum ||
    fail "maxRate: $(tail -1 c.sum)"
run 1 nib-validate --merge --summary m.sum c.sum d.sum
run 0 nib-validate --merge --summary m.sum c.sum c.sum
printf 'id,who,n\n1,a,9\n' >w.csv
run 0 nib-validate -s s.json --check --quiet --summary w.sum w.csv
run 0 nib-validate --merge --summary m.sum w.sum
run 1 nib-validate --merge --summary m.sum --fail-on warning w.sum

# What is wrong with a header is a finding like another; nothing else is.
printf 'id,who,n,z\n1,a,1,\n' >h.csv
run 1 nib-validate -s s.json --check --summary h.sum h.csv
ok; grep -qxF 'extra-label,,,,error,the specification has no such field,1,,h.csv,1' \
    h.sum || fail "header: $(cat h.sum)"
err_has "column 4: the specification has no such field: 1 time, at row 1"
sed 's/superset/subset/' s.json >sub.json
printf 'id,n\n1,1\n' >h.csv
run 1 nib-validate -s sub.json --check h.csv
err_has "field who: the header lacks this field: 1 time, at row 1"
printf 'id,who,n\n' | {
	run 0 nib-validate -s s.json --check --summary e.sum
}
ok; [ "$(sed -n 2p e.sum)" = "records,,,,,,0,,," ] || fail "no records"

# Wrong files, wrong options.
run 2 nib-validate --merge --summary m.sum ab.err
err_is "nib-validate: ab.err:1: not a file of nib-validate --summary: column 1 is not type"
sed 's/,8,,,$/,many,,,/' ab.sum >x.sum
run 2 nib-validate --merge --summary m.sum x.sum
err_has "x.sum:2: column count: not a count"
run 2 nib-validate --merge --summary m.sum
err_has "--merge needs files of --summary"
run 2 nib-validate --merge --summary m.sum --quality q.csv a.sum
err_has "--quality has no meaning for --merge with --summary"
run 2 nib-validate --check-spec -s s.json --summary m.sum
err_has "--summary has no meaning for --check-spec"
run 2 nib-validate -s s.json --format json a.csv
err_has "--format goes with --errors"
run 2 nib-validate --judge a.sum --thresholds b.sum -o x --provenance p
err_has "--provenance has no meaning for --judge"
run 0 nib-validate --check-spec s.json admitted_episode
run 2 nib-validate --check-spec s.json no_such
err_has "no no_such.json in share/datasets"
finish
