# nib-validate: rules over groups of records and over other tables.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99
cat >s.json <<'END'
{ "name": "stays", "fieldsMatch": "superset",
  "fields": [
  { "name": "id", "type": "string" },
  { "name": "who", "type": "string" },
  { "name": "n", "type": "integer" },
  { "name": "came", "type": "date", "nib": { "aliases": ["ADMIDATE"] } } ],
  "nib": { "rules": [
    { "id": "G1", "within": "who", "order": "n",
      "expression": "n = coalesce(lag(n), 0) + 1",
      "message": "Numbers have a gap" },
    { "id": "G2", "severity": "warning", "within": "who", "order": "n",
      "expression": "lag(came) IS NULL OR came >= lag(came)",
      "message": "Out of order" },
    { "id": "R1", "reference": "person", "on": "who",
      "onReference": "person_id", "expression": "person.birth_date <= came",
      "message": "Before birth" },
    { "id": "R2", "reference": "codes", "on": "who", "onReference": "c",
      "severity": "warning", "expression": "matched(codes) > 0",
      "message": "Not in codes" } ] } }
END
cat >a.csv <<'END'
id,who,n,ADMIDATE
1,a,1,2024-04-01
2,b,1,2024-04-01
3,a,3,2024-03-01
4,c,1,1970-04-01
END
cat >b.csv <<'END'
id,who,n,ADMIDATE
5,a,2,2024-04-03
6,b,2,2024-03-31
7,,9,2024-03-31
8,b,4,2024-04-09
END
cat >p.csv <<'END'
person_id,DOB
a,1980-01-01
b,1980-01-01
c,1980-01-01
END
printf 'c\na\nb\n' >codes.csv

# Without references: their rules are named as not checked.
run 1 nib-validate -s s.json --check --errors e.csv a.csv
err_has 'not checked: rule R1 (needs --reference person=FILE), rule R2 (needs --reference codes=FILE)'
err_has '1 record broke a rule over groups with an error, which was found at the end: passed on'
cat >want <<'END'
row,col,field,type,constraint,rule,severity,message
4,,,row-constraint,,G1,error,Numbers have a gap
4,,,row-constraint,,G2,warning,Out of order
END
same want e.csv

# With them; the group of a record may lie in several files.
run 1 nib-validate -s s.json --errors e.csv --reference person=p.csv \
    --reference codes=codes.csv a.csv b.csv
err_lacks 'not checked'
cat >want <<'END'
row,col,field,type,constraint,rule,severity,message,file
5,,,row-constraint,,R1,error,Before birth,a.csv
5,,,row-constraint,,R2,warning,Not in codes,a.csv
4,,,row-constraint,,G2,warning,Out of order,a.csv
3,,,row-constraint,,G2,warning,Out of order,b.csv
5,,,row-constraint,,G1,error,Numbers have a gap,b.csv
END
same want e.csv
# The record before birth is kept back, those of group rules are not.
cat >want <<'END'
id,who,n,ADMIDATE
1,a,1,2024-04-01
2,b,1,2024-04-01
3,a,3,2024-03-01
5,a,2,2024-04-03
6,b,2,2024-03-31
7,,9,2024-03-31
8,b,4,2024-04-09
END
same want out

# Left out, and then nothing is kept for them.
run 0 nib-validate -s s.json --check --no-groups a.csv
err_lacks 'G1'
# One bad record of four is a quarter.
run 0 nib-validate -q -s s.json --check --max-error-rate 0.25 a.csv
run 1 nib-validate -q -s s.json --check --max-error-rate 0.2 a.csv
# A column that is not there.
printf 'id,who\n1,a\n' >c.csv
run 0 nib-validate -s s.json --check c.csv
err_has 'not checked: rule G1, rule G2, rule R1 (needs'

# Wrong references.
run 2 nib-validate -s s.json --check --reference wards=p.csv a.csv
err_has 'no foreign key refers to wards, and no rule does'
run 2 nib-validate -s s.json --check --reference person=none.csv a.csv
run 2 nib-validate -s s.json --check --reference codes=codes.csv:none a.csv
printf 'c,c\na,b\n' >twice.csv
run 2 nib-validate -s s.json --check --reference codes=twice.csv a.csv
err_has 'twice.csv'
# A rule that does not compile against the reference's types.
sed 's/matched(codes) > 0/codes.c > 0/' s.json >t.json
run 2 nib-validate -s t.json --check --reference codes=codes.csv a.csv
err_has 'codes.c'

# The same findings for any number of workers.
run 0 nib-dummy -s admitted_episode -n 3000 --seed 3 -o d.csv
sed 's/^\(E[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*\),2,/\1,3,/' d.csv >dd.csv
nib-dummy -s person -n 3000 --seed 3 -o dp.csv
for j in 1 2 3; do
	run 1 nib-validate -q -s admitted_episode --check -j $j \
	    --reference person=dp.csv:person --errors e$j.csv dd.csv
done
grep -q ',A17,' e1.csv || fail "no finding of A17"
same e1.csv e2.csv
same e1.csv e3.csv
# Where the order has a cell that does not fit its type, nobody knows the
# order, and no rule of the group applies; the cell itself is a finding.
cat >u.csv <<'END'
id,who,n,ADMIDATE
1,a,1,2024-04-01
2,a,x,2024-04-02
3,a,9,2024-01-01
4,b,2,2024-04-01
END
run 1 nib-validate -s s.json --check --errors e.csv u.csv
cat >want <<'END'
row,col,field,type,constraint,rule,severity,message
3,3,n,type-error,,,error,not a whole number
5,,,row-constraint,,G1,error,Numbers have a gap
END
same want e.csv

# The same of a cell that any() or every() reads, by nib-dataset(5): the rule
# is kept by the whole group, whatever the other records say.
cat >any.json <<'END'
{ "name": "any", "fields": [
  { "name": "who", "type": "string" }, { "name": "n", "type": "integer" } ],
  "nib": { "rules": [
    { "id": "ANY", "within": "who", "expression": "any(n > 5)",
      "message": "None is great" },
    { "id": "EVERY", "within": "who", "expression": "NOT every(n < 5)",
      "message": "All are small" },
    { "id": "SOME", "within": "who", "expression": "NOT any(n = 1)",
      "message": "One is 1" } ] } }
END
printf 'who,n\na,1\na,x\nb,1\nb,\nc,1\nc,7\nd,y\n' >any.csv
run 1 nib-validate -q -s any.json --check --errors e.csv any.csv
cat >want <<'END'
row,col,field,type,constraint,rule,severity,message
3,2,n,type-error,,,error,not a whole number
8,2,n,type-error,,,error,not a whole number
4,,,row-constraint,,ANY,error,None is great
4,,,row-constraint,,EVERY,error,All are small
4,,,row-constraint,,SOME,error,One is 1
5,,,row-constraint,,ANY,error,None is great
5,,,row-constraint,,EVERY,error,All are small
5,,,row-constraint,,SOME,error,One is 1
6,,,row-constraint,,SOME,error,One is 1
7,,,row-constraint,,SOME,error,One is 1
END
same want e.csv

# As in SQLite's GROUP BY and ORDER BY 1 and 1.0 are equal, so that the order
# of the input decides, and large integers are not rounded.
cat >equal.json <<'END'
{ "name": "equal", "fields": [
  { "name": "id", "type": "string" }, { "name": "n", "type": "number" },
  { "name": "i", "type": "integer" } ],
  "nib": { "rules": [
    { "id": "IN", "within": "coalesce(n, 1)", "expression": "size() = 1",
      "message": "Two of a group" },
    { "id": "TIE", "within": "length(id)", "order": "coalesce(n, 1)",
      "expression": "lag(id) IS NULL OR lag(id) < id",
      "message": "Not in order" },
    { "id": "BIG", "within": "length(id)", "order": "coalesce(i, n)",
      "expression": "id <> 'c' OR lag(id) = 'd'",
      "message": "Too great" } ] } }
END
cat >equal.csv <<'END'
id,n,i
a,1,3
b,,2
c,2,9007199254740993
d,9007199254740992,
END
run 1 nib-validate -q -s equal.json --check --errors e.csv equal.csv
cat >want <<'END'
row,col,field,type,constraint,rule,severity,message
2,,,row-constraint,,IN,error,Two of a group
3,,,row-constraint,,IN,error,Two of a group
END
same want e.csv

# Same findings whatever the workers and the memory: what is beyond it goes
# to a file that nobody can find.
nib-dummy -s admitted_episode -n 30000 --seed 9 --errors 0.02 -o d.csv
run 1 nib-validate -s admitted_episode --check --quiet -j 1 --errors want \
    d.csv
ok; [ "$(grep -c ',A17,' want)" -gt 3 ] || fail "no broken order in d.csv"
ok; [ "$(grep -c ',A21,' want)" -gt 3 ] || fail "no overlap in d.csv"
# A record counts once, whatever it broke and whenever that was found: the
# rows of the findings say how many there are.
cut -d, -f1,7 want | sed -n 's/,error$//p' | sort -u >rows
printf 'records-with-errors,%s\n' "$(wc -l <rows)" >counts
printf 'records-with-warnings,%s\n' "$(cut -d, -f1,7 want |
    sed -n 's/,warning$//p' | sort -u | comm -23 - rows | wc -l)" >>counts
grep ',A17,error\|,A21,error' want | cut -d, -f1 | sort -u >late
grep -v ',A1[789],\|,A2[01],' want | cut -d, -f1,7 |
    sed -n 's/,error$//p' | sort -u >early
ok; [ -n "$(comm -12 early late)" ] ||
    fail "no record was bad before it broke a rule over groups"
mkdir tmp
for o in '-j 1' '-j 2' '-j 8' '-j 1 --memory 1M' '-j 3 --memory 1M'; do
	# shellcheck disable=SC2086 # options
	run 1 env TMPDIR="$T/tmp" nib-validate -s admitted_episode --check \
	    --quiet $o --errors e.csv --summary sum.csv d.csv
	same want e.csv
	sed -n 's/^\(records-with-[a-z]*\),,,,,,\([0-9]*\),.*/\1,\2/p' \
	    sum.csv >got
	same counts got
done
ok; [ -z "$(ls tmp)" ] || fail "the spill file has a name"
run 2 env TMPDIR="$T/none" nib-validate -s admitted_episode --check --quiet \
    --memory 1M d.csv
err_has "cannot make a temporary file"
# A group that is larger than the memory is held whole: 60,000 records of
# one, in an order that is not theirs, take more than 1M and are decided.
awk 'BEGIN { print "id,who,n,ADMIDATE"
	for (i = 60000; i > 0; i--)
		if (i != 1234 && i != 59000)
			printf "%d,a,%d,2024-04-01\n", 60001 - i, i }' >one.csv
run 1 env TMPDIR="$T/tmp" nib-validate -s s.json --check --quiet -j 2 \
    --memory 1M --errors e.csv one.csv
cut -d, -f1,6 e.csv >got
# What comes after the gaps: n 59001 in row 1001; 1235 in row 60002 - 1235,
# less the gap before it.
cat >want <<'END'
row,rule
1001,G1
58766,G1
END
same want got
run 2 nib-validate -s admitted_episode --check --memory 1K d.csv
err_has "--memory needs a size, 1M or more"

finish
