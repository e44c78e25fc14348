# nib-validate: codes that hold from a day to a day.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99
cat >methods.csv <<'END'
code,meaning,status,valid_from,valid_to
11,Waiting list,current,,
28,Other,retired,,2013-03-31
2A,A&E of another,current,2013-04-01,
99,Not known,default,2000-01-01,2009-12-31
END
cat >more.csv <<'END'
code,meaning,status,valid_from,valid_to
28,Other again,current,2020-01-01,2020-12-31
31,Ante-partum,current,,
END
cat >s.json <<'END'
{ "name": "stays", "fieldsMatch": "superset", "fields": [
  { "name": "id", "type": "string" },
  { "name": "came", "type": "date", "format": "%d/%m/%Y",
    "nib": { "role": "event-start" } },
  { "name": "left", "type": "datetime", "nib": { "role": "event-end" } },
  { "name": "method", "type": "string",
    "nib": { "codelist": ["./methods.csv", "./more.csv"] } },
  { "name": "out", "type": "string",
    "nib": { "codelist": "./methods.csv", "codelistPrefix": 2,
      "codelistDate": "left" } } ] }
END
cat >a.csv <<'END'
id,came,left,method,out
1,31/03/2013,2013-04-01T09:00:00,28,28x
2,01/04/2013,2013-03-31T09:00:00,28,28
3,01/04/2013,,2A,28
4,,2013-03-31T23:59:59,2A,2Ab
5,,,28,2A
6,x,2013-04-02T00:00:00,2A,2A
7,05/05/2020,2013-04-02T00:00:00,28,11
8,01/01/2021,,28,77
9,01/01/2010,2009-12-31T00:00:00,99,99
10,01/01/1980,,31,
END
run 1 nib-validate -s s.json --check --errors e.csv a.csv
# By hand. 28: ended; again in 2020. 2A: from April 2013. 99: ended in 2009.
cat >want <<'END'
row,col,field,type,constraint,rule,severity,message
2,5,out,constraint-error,codelist,,error,a code that does not hold on its day
3,4,method,constraint-error,codelist,,error,a code that does not hold on its day
5,4,method,constraint-error,codelist,,error,a code that does not hold on its day
5,5,out,constraint-error,codelist,,error,a code that does not hold on its day
7,2,came,type-error,,,error,not a date (%d/%m/%Y)
9,4,method,constraint-error,codelist,,error,a code that does not hold on its day
9,5,out,constraint-error,codelist,,error,not in code list ./methods.csv
10,4,method,constraint-error,codelist,,error,a code that does not hold on its day
END
same want e.csv
# It is invalid in measures of quality too; without the dates it is not.
run 1 nib-validate -s s.json --check --quiet --quality q.csv a.csv
ok; awk -F, '$4 == "field" && $5 == "method" { i += $11; v += $12 }
    END { exit !(i == 4 && v == 6) }' q.csv || fail "quality"
cut -d, -f1,4 a.csv >b.csv
run 0 nib-validate -s s.json --check b.csv
# A default of its own list is accepted whatever the day.
sed 's|"codelist": \["./methods.csv", "./more.csv"\]|&, "defaults": "./methods.csv"|' \
    s.json >d.json
run 1 nib-validate -s d.json --check --errors e.csv a.csv
ok; ! grep -q ,method, e.csv || fail "a default was held against its day"
# Records over many blocks and workers.
awk 'BEGIN { print "id,came,left,method,out"
	for (i = 1; i <= 30000; i++)
		printf "%d,%02d/%02d/2013,,%s,\n", i, 1 + i % 28, 1 + i % 12,
		    i % 3 ? "2A" : "28" }' >big.csv
for j in 1 3; do
	run 1 nib-validate -s s.json --check --quiet -j $j --errors "e$j" big.csv
done
same e1 e3
# 28 after March, 2A before April.
awk -F'[,/]' 'NR > 1 {
	late = $3 + 0 >= 4; if ((late && $6 == "28") || (!late && $6 == "2A"))
		print NR }' big.csv >rows
sed 1d e1 | cut -d, -f1 >got
same rows got

# The specification's own words.
run 0 nib-validate --explain out -s s.json
out_has "codes with days hold on: left"
sed 's/"left" }/"right" }/' s.json >x.json
run 2 nib-validate --check-spec x.json
err_has 'x.json:10: fields[4].nib.codelistDate: no field has this name'
sed 's/"codelistDate": "left"/"codelistDate": "id"/' s.json >x.json
run 2 nib-validate --check-spec x.json
err_has 'codelistDate: field id is no date'
sed 's/"codelist": ".\/methods.csv", "codelistPrefix": 2,//' s.json >x.json
run 2 nib-validate --check-spec x.json
err_has 'codelistDate: there is no codelist'

# Artificial records hold codes of their whole period only.
run 0 nib-dummy -s s.json -n 500 --from 2012-01-01 --to 2014-12-31 -o dummy.csv
run 0 nib-validate -s s.json --check dummy.csv
finish
