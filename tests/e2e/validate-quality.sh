# nib-validate: measures of quality, their index, judgement and changes.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99
cat >q.json <<'END'
{ "name": "stays", "fieldsMatch": "superset", "primaryKey": "id",
  "fields": [
  { "name": "id", "type": "string" },
  { "name": "trust", "type": "string", "nib": { "role": "provider" } },
  { "name": "came", "type": "date", "nib": { "role": "event-start" } },
  { "name": "left", "type": "date", "nib": { "role": "event-end" } },
  { "name": "sent", "type": "date", "nib": { "role": "submitted" } },
  { "name": "sex", "type": "string", "nib": { "codelist": "sex_stated" } },
  { "name": "ward", "type": "string",
    "constraints": { "pattern": "[A-Z][0-9]" },
    "nib": { "applies": "left IS NOT NULL" } } ],
  "nib": { "quality": [ { "field": "sex", "defaultThreshold": 0.25 },
      { "field": "ward" } ],
    "rules": [ { "id": "Q1", "severity": "warning",
      "dimension": "consistency", "expression": "left >= came",
      "message": "Ends before it starts" } ] } }
END
cat >a.csv <<'END'
id,trust,came,left,sent,sex,ward
1,RAA,2024-04-01,2024-04-02,2024-04-12,1,A1
2,RAA,2024-04-01,2024-04-03,2024-04-04,2,
3,RAA,2024-04-05,2024-04-04,2024-06-30,Q,a1
4,RAA,2024-04-05,,2024-04-30,X,
1,RBB,2024-05-01,2024-05-02,2024-05-01,1,B2
5,RBB,2024-05-01,2024-05-03,,,B2
6,RBB,2024-06-01,2024-06-03,2024-06-04,9,B2
END
run 1 nib-validate -s q.json --check --quiet --quality q.csv --dqmi d.csv \
    --quality-html q.html a.csv
# By hand, from the seven records.
row() {
	ok
	grep -qxF -- "$2" "$1" || fail "$1 lacks $2; has
$(grep -- "${2%,${2##*[a-z],}}" "$1" | head -5)"
}
row q.csv 'stays,RAA,2024-04,field,sex,,4,4,0,1,1,3,,3,0.25,1.000000,0.750000,,,,,'
row q.csv 'stays,RAA,2024-04,field,ward,,4,3,1,0,1,1,,2,-,0.666667,0.500000,,,,,'
row q.csv 'stays,RAA,2024-04,rule,Q1,,,3,,,,,1,,,,,,0.666667,,,'
row q.csv 'stays,RBB,2024-05,key,primary-key:id,,2,2,,,,,1,,,,,0.500000,,,,'
row q.csv 'stays,RAA,2024-04,time,days,,4,4,,,,,0,,,,,,,10,87,0.750000'
row q.csv 'stays,RBB,2024-05,time,days,,1,1,,,,,1,,,,,,,-1,-1,0.000000'
row q.csv 'stays,RAA,2024-04,code,sex,1,1,,,,,,,,,,,,,,,'
row d.csv 'RAA,stays,sex,4,3,1,0.25,0.00,0.7500,0.3333,'
row d.csv 'RAA,,,,,,,,0.5417,0.3333,18.06'
row d.csv 'RBB,,,,,,,,0.8333,0.6667,55.56'
ok; grep -q '<td class=s5 title="1 of 3; 1 missing, 1 invalid">33.3</td>' \
    q.html || fail "page"
ok; grep -q '<tr><th>stays<th>Q1<td>6<td>1<td class=s4 title="5 of 6; 1 invalid">83.3' \
    q.html || fail "rules of the page"
ok; grep -q '^<tr><th>stays<th>Q1<.*</td><td class=l>Ends before it starts$' \
    q.html || fail "what a rule of the page finds"
ok; ! grep -qi '<script\|http' q.html || fail "the page reaches out"

# The same for any number of workers, and of parts put together.
run 1 nib-validate -s q.json --check --quiet -j 3 --quality q3.csv a.csv
same q.csv q3.csv
run 1 nib-validate -s q.json --check --quiet --quality qp.csv --partial a.csv
{ head -1 a.csv; sed -n 2,4p a.csv; } >a1.csv
{ head -1 a.csv; sed -n 5,9p a.csv; } >a2.csv
run 1 nib-validate -s q.json --check --quiet --no-unique --partial \
    --quality q1.csv a1.csv
run 0 nib-validate -s q.json --check --quiet --no-unique --partial \
    --quality q2.csv a2.csv
run 0 nib-validate --merge --quality m.csv --dqmi dm.csv \
    --quality-html m.html q1.csv q2.csv
ok; grep -q '^<tr><th>stays<th>Q1<.*83.3</td>$' m.html ||
    fail "the page of merged measures, which knows no specification"
# With the specification, the page of one run over all (one has no keys).
run 1 nib-validate -s q.json --check --quiet --no-unique \
    --quality-html whole.html a.csv
run 0 nib-validate --merge -s q.json --quality-html m.html q2.csv q1.csv
same whole.html m.html
grep -v ,key, q.csv >nokeys.csv
same m.csv nokeys.csv
same dm.csv d.csv
run 0 nib-validate --merge --quality m2.csv qp.csv
same m2.csv q.csv

# Judgement without the data: four outcomes.
cat >t.csv <<'END'
kind,id,measure,minimum
field,*,completeness,0.9
field,ward,validity,0.5
rule,Q1,consistency,0.9
key,*,uniqueness,1
END
run 1 nib-validate --judge q.csv --thresholds t.csv
out_has 'stays,RAA,2024-04,field,ward,completeness,3,1,0.666667,0.9,fail'
out_has 'stays,RAA,2024-04,field,ward,validity,2,1,0.500000,0.5,pass with findings'
out_has 'stays,RAA,2024-04,field,sex,completeness,4,0,1.000000,0.9,pass'
out_has 'stays,RBB,2024-06,key,primary-key:id,uniqueness,1,0,1.000000,1,pass'
err_has "below the threshold"
sed -i 's/RAA,2024-04,rule,Q1,,,3,,,,,1,/RAA,2024-04,rule,Q1,,,0,,,,,0,/' m2.csv
printf 'kind,id,measure,minimum\nrule,Q1,consistency,0\n' >t.csv
run 0 nib-validate --judge m2.csv --thresholds t.csv
out_has 'stays,RAA,2024-04,rule,Q1,consistency,0,0,,0,not applicable'
# Timeliness too; within how many days is chosen when judging.
printf 'kind,id,measure,minimum\ntime,*,timeliness,0.7\n' >t.csv
run 1 nib-validate --judge q.csv --thresholds t.csv
out_has 'stays,RAA,2024-04,time,days,timeliness,4,1,0.750000,0.7,pass with findings'
out_has 'stays,RBB,2024-05,time,days,timeliness,1,1,0.000000,0.7,fail'
out_has 'stays,RBB,2024-06,time,days,timeliness,1,0,1.000000,0.7,pass'
run 1 nib-validate --judge q.csv --thresholds t.csv --timely-days 90
out_has 'stays,RAA,2024-04,time,days,timeliness,4,0,1.000000,0.7,pass'
# What the file does not have is said, not passed over.
printf 'kind,id,measure,minimum\nfield,sexx,validity,0.9\n' >t.csv
run 0 nib-validate --judge q.csv --thresholds t.csv
out_has ',,,field,sexx,validity,0,0,,0.9,not applicable'
printf 'kind,id,measure,minimum\nrule,Q1,completeness,0\n' >t.csv
run 2 nib-validate --judge q.csv --thresholds t.csv
err_has "t.csv:2: there is no such measure of this kind"
run 2 nib-validate --judge a.csv --thresholds t.csv
err_has "not a file of nib-validate --quality"

# What changed since an earlier run.
sed 's/,RBB,/,RCC,/; s/,1,A1/,2,A1/' a.csv >b.csv
run 1 nib-validate -s q.json --check --quiet --baseline q.csv --changes c.csv b.csv
row c.csv 'stays,RAA,,field,sex,codes,0.000000,0.333333,0.333333'
row c.csv 'stays,RCC,,field,sex,new,0,3,3'
row c.csv 'stays,RBB,,field,sex,gone,3,0,-3'
row c.csv 'stays,RAA,2024-04,field,sex,codes,0.000000,0.333333,0.333333'
# A month that the earlier run lacks: against an average month of it.
cat >n.csv <<'END'
id,trust,came,left,sent,sex,ward
11,RAA,2024-07-01,2024-07-02,2024-07-12,1,A1
12,RAA,2024-07-01,2024-07-03,2024-07-04,,A1
13,RBB,2024-07-01,2024-07-03,2024-07-04,1,B2
14,RBB,2024-07-01,2024-07-03,2024-07-04,1,B2
15,RBB,2024-07-01,2024-07-03,2024-07-04,1,B2
END
run 0 nib-validate -s q.json --check --quiet --baseline q.csv --changes c.csv \
    n.csv
row c.csv 'stays,RAA,2024-07,field,sex,records,4,2,-2'
row c.csv 'stays,RAA,2024-07,field,sex,completeness,1.000000,0.500000,-0.500000'
row c.csv 'stays,RAA,2024-07,field,sex,codes,0.000000,0.666667,0.666667'
row c.csv 'stays,RBB,2024-07,field,sex,records,1.5,3.0,1.5'
run 0 nib-validate -s q.json --check --quiet --baseline q.csv --changes c.csv \
    --min-change 0.6 n.csv
row c.csv 'stays,RAA,2024-07,field,sex,codes,0.000000,0.666667,0.666667'
ok; ! grep -q ',RAA,2024-07,field,sex,[rc]o*[em]' c.csv || fail "--min-change"
run 0 nib-validate --merge --baseline q.csv --changes c.csv qp.csv
ok; [ "$(wc -l <c.csv)" = 1 ] || fail "changes where there are none"

# Rules over groups and over another table count by provider and month too,
# the same for any workers and for parts that do not cut a group.
cat >g.json <<'END'
{ "name": "turns", "fieldsMatch": "superset",
  "fields": [
  { "name": "who", "type": "string" },
  { "name": "n", "type": "integer" },
  { "name": "trust", "type": "string", "nib": { "role": "provider" } },
  { "name": "day", "type": "date", "nib": { "role": "event-start" } } ],
  "nib": { "rules": [
    { "id": "G1", "within": "who", "order": "n", "severity": "warning",
      "expression": "lag(day) IS NULL OR day >= lag(day)", "message": "m" },
    { "id": "R1", "reference": "known", "on": "who", "severity": "warning",
      "expression": "matched(known) > 0", "message": "m" } ] } }
END
cat >g1.csv <<'END'
who,n,trust,day
a,1,RAA,2024-04-09
a,2,RBB,2024-04-08
b,1,RAA,2024-04-01
b,2,RAA,2024-03-31
END
printf 'who,n,trust,day\nc,1,RBB,2024-04-08\n,9,RBB,2024-04-30\n' >g2.csv
printf 'who\na\n' >known.csv
run 0 nib-validate -s g.json --check --quiet --reference known=known.csv \
    --quality g.q g1.csv g2.csv
# By hand: who breaks G1 is counted where the later record is.
row g.q 'turns,RAA,2024-03,rule,G1,,,1,,,,,1,,,,,,0.000000,,,'
row g.q 'turns,RAA,2024-04,rule,G1,,,2,,,,,0,,,,,,1.000000,,,'
row g.q 'turns,RBB,2024-04,rule,G1,,,2,,,,,1,,,,,,0.500000,,,'
row g.q 'turns,RAA,2024-03,rule,R1,,,1,,,,,1,,,,,,0.000000,,,'
row g.q 'turns,RAA,2024-04,rule,R1,,,2,,,,,1,,,,,,0.500000,,,'
row g.q 'turns,RBB,2024-04,rule,R1,,,2,,,,,1,,,,,,0.500000,,,'
run 0 nib-validate -s g.json --check --quiet -j 3 --quality g3.q \
    --reference known=known.csv g1.csv g2.csv
same g.q g3.q
for i in 1 2; do
	run 0 nib-validate -s g.json --check --quiet --partial \
	    --quality "g$i.p" --reference known=known.csv "g$i.csv"
done
run 0 nib-validate --merge --quality gm.q g1.p g2.p
same g.q gm.q
run 0 nib-validate -s g.json --check --quiet --no-groups --quality g.q g1.csv
ok; ! grep -q ,G1, g.q || fail "a rule left out is measured"

# A provider that is none is not quoted, and all such are one, whatever stands
# there; a date in the field's own form makes the month, and the days.
cat >w.json <<'END'
{ "name": "stays", "fields": [
  { "name": "trust", "type": "string", "missingValues": ["", "-"],
    "constraints": { "pattern": "R[A-Z]{2}" }, "nib": { "role": "provider" } },
  { "name": "left", "type": "date", "format": "%d/%m/%Y",
    "nib": { "role": "event-end" } },
  { "name": "came", "type": "datetime", "nib": { "role": "event-start" } },
  { "name": "sent", "type": "date", "format": "%Y%m%d",
    "nib": { "role": "submitted" } } ] }
END
cat >w.csv <<'END'
trust,left,came,sent
RAA,09/04/2024,2024-03-01T00:00:00,20240419
9434765919,09/04/2024,,20240410
"Jo ""Smith",10/04/2024,,
-,x,2024-05-31T23:00:00,20240601
,,,
END
run 1 nib-validate -s w.json --check --quiet --quality w.q w.csv
row w.q 'stays,RAA,2024-04,time,days,,1,1,,,,,0,,,,,,,10,10,1.000000'
row w.q 'stays,(invalid),2024-04,time,days,,1,1,,,,,0,,,,,,,1,1,1.000000'
row w.q 'stays,,2024-05,time,days,,1,1,,,,,0,,,,,,,1,1,1.000000'
ok; grep -q '^stays,(invalid),2024-04,field,trust,,2,2,0,0,2,0,' w.q ||
    fail "providers that are none"
ok; ! grep -q '9434765919\|Smith' w.q || fail "a cell is quoted"
ok; grep -q '^stays,,,field,trust,,1,1,1,' w.q || fail "no provider, no month"

# Options that do not go together.
run 2 nib-validate --merge qp.csv
run 2 nib-validate --judge q.csv
run 2 nib-validate -s q.json --merge --quality x.csv q.csv
err_has "--spec has no meaning for --merge without --quality-html"
run 2 nib-validate -s q.json --partial a.csv
run 2 nib-validate -s q.json --baseline q.csv a.csv
err_has "--baseline goes with --changes"
run 2 nib-validate -s q.json --timely-days 9 a.csv
run 2 nib-validate -s q.json --min-change 0.1 a.csv
err_has "--min-change goes with --changes"
finish
