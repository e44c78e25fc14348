# The check types of OHDSI's DataQualityDashboard, by its names: each that
# nib-dataset(5) says is done finds what it should, here or, for those that
# are rules of the shipped datasets, in testdata/spec/rules.txt.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99
man=$NIB_SRC/man/nib-dataset.5
sed -n '/^\.Sh PLAUSIBILITY/,/^\.Sh FILES/p' "$man" >section

# All check types of its description file for version 5.4 and those it had
# or has beside them, read by hand, are in the section.
for check in measurePersonCompleteness measureObservationPeriodOverlap \
    measureConditionEraCompleteness cdmTable cdmField isRequired \
    cdmDatatype isPrimaryKey isForeignKey fkDomain fkClass \
    isStandardValidConcept measureValueCompleteness \
    standardConceptRecordCompleteness sourceConceptRecordCompleteness \
    sourceValueCompleteness plausibleValueLow plausibleValueHigh \
    plausibleTemporalAfter plausibleDuringLife withinVisitDates \
    plausibleAfterBirth plausibleBeforeDeath plausibleStartBeforeEnd \
    plausibleGender plausibleGenderUseDescendants plausibleUnitConceptIds; do
	ok
	grep -qw "$check" section || fail "$check is not in $man"
done
# Every rule the section names has its cases.
for rule in $(grep -ow '[A-Z][A-Z]\{0,1\}[0-9][0-9]' section | sort -u); do
	ok
	grep -q "^[a-z_]*|${rule}[|.]" "$NIB_SRC/testdata/spec/rules.txt" ||
	    fail "rule $rule has no case"
done

# cdmTable, cdmField, cdmDatatype, isRequired, isPrimaryKey, isForeignKey,
# fkDomain and isStandardValidConcept: the finding of each.
cat >s.json <<'END'
{ "name": "s", "fieldsMatch": "subset", "primaryKey": "id",
  "foreignKeys": [ { "fields": "who",
      "reference": { "resource": "people", "fields": "who" } } ],
  "fields": [
  { "name": "id", "type": "integer" },
  { "name": "who", "type": "string", "constraints": { "required": true } },
  { "name": "sex", "type": "string", "nib": { "codelist": "sex_stated" } },
  { "name": "concept", "type": "string",
    "nib": { "check": "sctid_concept" } } ] }
END
printf 'who\na\nb\n' >people.csv
cat >d.csv <<'END'
id,who,sex,concept
1,a,1,22298006
1,a,2,22298006
x,b,2,
3,,9,22298006
4,z,Q,22298007
END
run 1 nib-validate -s s.json --check --quiet --reference people=people.csv \
    --errors e.csv d.csv
cut -d, -f1,3-5 e.csv >got
cat >want <<'END'
row,field,type,constraint
3,,primary-key,
4,id,type-error,
5,who,constraint-error,required
6,sex,constraint-error,codelist
6,concept,constraint-error,check
6,,foreign-key,
END
same want got
cut -d, -f1-3 d.csv >short.csv
run 1 nib-validate -s s.json --check --quiet --reference people=people.csv \
    --errors e.csv short.csv
ok; grep -q '^1,,concept,missing-label,' e.csv || fail "cdmField"

# measureValueCompleteness and standardConceptRecordCompleteness: counted.
printf 'id,who,sex,concept\n1,a,X,\n2,a,1,\n3,b,,\n4,b,2,22298006\n' >c.csv
run 0 nib-validate -s s.json --check --quiet --quality q.csv c.csv
ok; grep -q '^s,,,field,sex,,4,4,1,1,0,3,' q.csv || fail "defaults: $(cat q.csv)"
ok; grep -q '^s,,,field,concept,,4,4,3,0,0,1,.*,0.250000,1.000000,' q.csv ||
    fail "completeness"

# sourceValueCompleteness: the distinct values that a list has, and has not.
printf 'sex\n1\n1\n2\nM\nF\nM\nfemale\n' >v.csv
run 0 nib-aggregate --by "known=in_codelist(sex, 'sex_stated')" \
    --distinct sex v.csv
out_is 'known,distinct_sex
0,3
1,2'

# measurePersonCompleteness: persons without a record in another table, no
# more of them than maxRate.
cat >p.json <<'END'
{ "name": "p", "fields": [ { "name": "who", "type": "string" } ],
  "nib": { "rules": [ { "id": "NONE", "severity": "warning",
    "reference": "visits", "on": "who", "maxRate": 0.25,
    "dimension": "completeness",
    "expression": "matched(visits) > 0", "message": "No visit" } ] } }
END
printf 'who\na\nb\nc\nd\n' >four.csv
printf 'visit,who\n1,a\n2,b\n3,c\n4,c\n' >visits.csv
run 0 nib-validate -s p.json --check --fail-on warning --errors e.csv \
    --reference visits=visits.csv four.csv
ok; [ "$(sed 1d e.csv)" = "5,,,row-constraint,,NONE,warning,No visit" ] ||
    fail "$(cat e.csv)"
printf 'visit,who\n1,a\n2,b\n' >visits.csv
run 1 nib-validate -s p.json --check --quiet --fail-on warning \
    --reference visits=visits.csv four.csv

# Concept level plausibleValueLow and High, plausibleUnitConceptIds and
# plausibleGender: the limits are a table, of measurement and unit, and sex.
cat >m.json <<'END'
{ "name": "m", "fields": [
  { "name": "what", "type": "string" },
  { "name": "value", "type": "number" },
  { "name": "unit", "type": "string" },
  { "name": "sex", "type": "string" } ],
  "nib": { "rules": [
    { "id": "UNIT", "reference": "limits", "on": ["what", "unit"],
      "expression": "matched(limits) > 0", "message": "Implausible unit" },
    { "id": "LOW", "reference": "limits", "on": ["what", "unit"],
      "expression": "value >= limits.low", "message": "Implausibly low" },
    { "id": "HIGH", "reference": "limits", "on": ["what", "unit"],
      "expression": "value <= limits.high", "message": "Implausibly high" },
    { "id": "SEX", "reference": "limits", "on": ["what", "unit"],
      "expression": "limits.sex = sex", "message": "Implausible sex" } ] } }
END
cat >limits.json <<'END'
{ "name": "limits", "fields": [
  { "name": "what", "type": "string" }, { "name": "unit", "type": "string" },
  { "name": "low", "type": "number" }, { "name": "high", "type": "number" },
  { "name": "sex", "type": "string" } ] }
END
cat >limits.csv <<'END'
what,unit,low,high,sex
weight,kg,0.3,650,
weight,g,300,650000,
psa,ug/L,0,5000,1
END
cat >m.csv <<'END'
what,value,unit,sex
weight,80,kg,1
weight,80,g,1
weight,700,kg,2
weight,80,cm,2
psa,4,ug/L,1
psa,4,ug/L,2
weight,,kg,2
END
run 1 nib-validate -s m.json --check --quiet --errors e.csv \
    --reference limits=limits.csv:./limits.json m.csv
cut -d, -f1,6 e.csv >got
printf 'row,rule\n3,LOW\n4,HIGH\n5,UNIT\n7,SEX\n' >want
same want got
finish
