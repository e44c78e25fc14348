# nib-validate: every type, format, constraint and property of Table Schema
# 2.0. Cells and verdicts: the standard's text and its examples, XML Schema
# part 2 where it refers to that; the constraints each type may have are its
# lists "Fields".
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99

# field JSON CELL...: checks the cells, a record each, against a field.
check_cells() {
	printf '{ "name": "t", "fields": [ { "name": "n" }, %s ] }\n' \
	    "$1" >s.json
	shift
	printf 'n,x\n' >d.csv
	for cell; do
		printf '1,"%s"\n' "$(printf %s "$cell" | sed 's/"/""/g')"
	done >>d.csv
	nib-validate -s ./s.json --check --quiet --fail-on never \
	    --errors e.csv d.csv 2>err
}
# The same, as TYPE|MORE JSON|GOOD;GOOD|BAD;BAD|WHAT: none of the good is
# found, each of the bad is, as WHAT.
case_of() {
	IFS='|' read -r type more good bad what <<END
$1
END
	ok
	IFS=';'
	# shellcheck disable=SC2086 # the cells are split on purpose
	set -- $good
	good_n=$#
	# shellcheck disable=SC2086
	set -- $good $bad
	IFS='
'
	check_cells "{ \"name\": \"x\", \"type\": \"$type\"${more:+, $more} }" \
	    "$@" || { fail "$type $more: refused"; return; }
	seq $((good_n + 2)) $(($# + 1)) >want
	cut -d, -f1,4,5 e.csv | sed -n "s/,$what\$//p" >got
	cmp -s want got || fail "$type $more: rows $(tr '\n' ' ' <got)" \
	    "instead of $(tr '\n' ' ' <want)"
	ok
	[ "$(sed 1d e.csv | wc -l)" = "$(wc -l <want)" ] ||
	    fail "$type $more: more was found: $(cat e.csv)"
}

while read -r line; do
	case $line in ''|\#*) continue ;; esac
	case_of "$line|type-error,"
done <<'END'
string||any text; spaces |
string|"format": "email"|a@example.org|a@;example.org
string|"format": "uri"|https://example.org/a?b=c;urn:isbn:1|no scheme;x
string|"format": "binary"|TWFu;TQ==|TWF;T===
string|"format": "uuid"|123e4567-e89b-12d3-a456-426614174000|123e4567
number||-1.23;12678967.543233;+100000.00;210;NaN;INF;-INF;1E-5|1,5;x;1E
number|"decimalChar": ",", "groupChar": "."|1.234,5|1,2,3
number|"bareNumber": false|EUR 95;95%|no digits
integer||210;-1;+7;123456789012345678901234567890|1.5;1e3;x
integer|"groupChar": ","|100,000|100.000
integer|"bareNumber": false|95%|%
boolean||true;True;TRUE;1;false;False;FALSE;0|yes;tRUE
boolean|"trueValues": ["Y"], "falseValues": ["N"]|Y;N|true;0
object||{"lon": 1};{}|[1];{a: 1};x
array||[1, 2];[]|{"a": 1};1,2
list||a,b;a|
list|"itemType": "integer", "delimiter": ";;"|1|x
list|"itemType": "date"|2024-01-26,2024-01-27|2024-01-26,26/01/2024
datetime||2024-01-26T15:00:00;2024-01-26T15:00:00.300-05:00|2024-01-26 15:00:00;2024-01-26
datetime|"format": "%d/%m/%Y %H:%M:%S"|12/11/2018 09:15:32|2018-11-12T09:15:32
datetime|"format": "any"|2024-01-26T15:00:00|soon
date||2024-01-26;2024-02-29|2023-02-29;26/01/2024;20240126
date|"format": "%d/%m/%Y"|26/01/2024|2024-01-26
date|"format": "fmt:%d/%m/%Y"|26/01/2024|2024-01-26
date|"format": "any"|2024-01-26|26th
time||15:00:00|15:00;25:00:00
time|"format": "%H.%M"|15.00|15:00:00
year||2024;-0044|24;2024-01
yearmonth||2024-01|2024-13;2024
duration||P1Y2M3DT4H5M6.5S;P1D;-PT5M|P;P1S;1Y
geopoint||90.50, 45.50;90.50,45.50|45.50;90.50, 95.50
geopoint|"format": "array"|[90.50, 45.50]|90.50, 45.50;[1]
geopoint|"format": "object"|{"lon": 90.50, "lat": 45.50}|{"lon": 90.50}
geojson||{"type": "Point", "coordinates": [1, 2]}|{"type": "Dot"};[1]
geojson|"format": "topojson"|{"type": "Topology", "objects": {}}|{"type": "Point"}
any||whatever|
END

# Constraints: on logical values, bounds as JSON or in the field's own form.
while read -r line; do
	case $line in ''|\#*) continue ;; esac
	what=${line#*\"constraints\": \{ \"}
	what=${what%%\"*}
	case $what in
	required | unique) : ;;
	*) case_of "$line|constraint-error,$what" ;;
	esac
done <<'END'
string|"constraints": { "minLength": 5 }|apple|plum
string|"constraints": { "maxLength": 5 }|apple;äöüßé|grapefruit
array|"constraints": { "minLength": 2 }|[1, 2]|[1]
object|"constraints": { "maxLength": 1 }|{"a": 1}|{"a": 1, "b": 2}
list|"constraints": { "maxLength": 2 }|a,b|a,b,c
integer|"constraints": { "minimum": 100 }|100|50
integer|"constraints": { "exclusiveMinimum": 0 }|1|0;-1
integer|"constraints": { "maximum": "100" }|100|150
integer|"constraints": { "exclusiveMaximum": 150 }|149|150
number|"constraints": { "minimum": 0.1 }|0.10;INF|0.09999999999999999999999
number|"decimalChar": ",", "constraints": { "maximum": "1,5" }|1,5|1,6
date|"constraints": { "minimum": "2024-01-01" }|2024-01-01|2023-12-31
date|"format": "%d/%m/%Y", "constraints": { "maximum": "31/12/2023" }|30/12/2023|01/01/2024
time|"constraints": { "exclusiveMaximum": "12:00:00" }|11:59:59|12:00:00
datetime|"constraints": { "minimum": "2024-01-01T00:00:00Z" }|2024-01-01T01:00:00+01:00|2024-01-01T00:30:00+01:00
year|"constraints": { "minimum": "2000" }|2000|1999
yearmonth|"constraints": { "maximum": "2024-06" }|2024-06|2024-07
duration|"constraints": { "minimum": "P1M" }|P32D;P1M|P27D
string|"constraints": { "pattern": "^a.*$" }|apple|orange
string|"constraints": { "enum": ["apple"] }|apple|orange;Apple
integer|"constraints": { "enum": [1, "2"] }|1;02|3
number|"constraints": { "enum": [1.50] }|1.5;15e-1|1.51
boolean|"constraints": { "enum": [true] }|1;TRUE|0
date|"constraints": { "enum": ["2024-01-26"] }|2024-01-26|2024-01-27
END
case_of 'string|"categories": ["apple", { "value": "plum", "label": "Plum" }], "categoriesOrdered": true|apple;plum|orange|constraint-error,categories'
case_of 'integer|"categories": [{ "value": 0, "label": "no" }, { "value": 1 }]|0;1;01|2|constraint-error,categories'
case_of 'integer|"constraints": { "unique": true }|1;2;3|01;2|unique-error,'
case_of 'string|"missingValues": ["-"], "constraints": { "required": true }|apple|-|constraint-error,required'
# JSON Schema; its keywords are held to another implementation by the unit test.
case_of 'object|"constraints": { "jsonSchema": { "required": ["a"], "properties": { "a": { "multipleOf": 0.1 } } } }|{"a":0.3};{"a":"x","b":1}|{"b":1};{"a":0.35};{"a":0.05}|constraint-error,jsonSchema'
case_of 'array|"constraints": { "jsonSchema": { "items": { "type": "integer" } } }|[];[1,2.0]|[1.5];["1"]|constraint-error,jsonSchema'
case_of 'integer|"missingValues": [{ "value": "-99", "label": "REFUSED" }], "rdfType": "http://schema.org/Number", "example": 1|-99;1|;-|type-error,'

# Each type has the constraints of the standard's lists, and no others.
all='string number integer boolean object array list datetime date time year
yearmonth duration geopoint geojson any'
may() { # WHAT VALUE TYPES...: accepted for these, refused for the others
	what=$1 value=$2
	shift 2
	for type in $all; do
		ok
		case " $* " in *" $type "*) want=0 ;; *) want=2 ;; esac
		v=$value
		case $type in
		date) day=2024-01-01 ;;
		time) day=12:00:00 ;;
		datetime) day=2024-01-01T00:00:00 ;;
		yearmonth) day=2024-01 ;;
		duration) day=P1D ;;
		year) day=2024 ;;
		*) day= ;;
		esac
		[ -z "$day" ] || [ "$value" != 1 ] || v="\"$day\""
		printf '{ "fields": [ { "name": "x", "type": "%s",
		    "constraints": { "%s": %s } } ] }' "$type" "$what" "$v" >s.json
		nib-validate --check-spec ./s.json 2>err
		got=$?
		[ $got -eq $want ] || fail "$what of $type: status $got, not $want"
	done
}
IFS=' 
'
# shellcheck disable=SC2086 # words
{
	may required true $all
	may unique true $all
	for what in minimum maximum exclusiveMinimum exclusiveMaximum; do
		may $what 1 integer number date time datetime duration year \
		    yearmonth
	done
	# list, geojson and any are read as collections or strings here.
	may minLength 2 string array object list geojson any
	may maxLength 2 string array object list geojson any
	may pattern '"a"' string any
}
err_has() { ok; grep -qF -- "$1" "$T/err" || fail "message lacks: $1"; }

# What a JSON Schema asks is explained, and not made up.
cat >s.json <<'END'
{ "name": "t", "fields": [ { "name": "x", "type": "array",
  "constraints": { "jsonSchema": { "minItems": 1 } } } ] }
END
run 0 nib-validate --explain x -s ./s.json
ok; grep -qxF '  fits the JSON Schema: { "minItems": 1 }' "$T/out" ||
    fail "not explained: $(cat "$T/out")"
run 2 nib-dummy -s ./s.json -n 3
err_has 'cannot make a value that fits its JSON Schema'
# A schema that asks too much ends the run, and says of which column.
printf 'x\n"{""a"":""%s""}"\n' aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab \
    >h.csv
cat >s.json <<'END'
{ "name": "t", "fields": [ { "name": "x", "type": "object", "constraints":
  { "jsonSchema": { "properties": { "a": { "pattern": "^(a+)+$" } } } } } ] }
END
run 2 nib-validate -s ./s.json --check h.csv
err_has 'column 1 (x): its JSON Schema takes more than 1000000 steps'

# What cannot be held is refused, with its place, before a record is read.
refused() { # FIELD MESSAGE
	printf '{ "fields": [\n%s ] }\n' "$1" >s.json
	run 2 nib-validate --check-spec ./s.json
	err_has "./s.json:2: fields[0]"
	err_has "$2"
	run 2 nib-validate -s ./s.json --check d.csv
	err_has "$2"
}
refused '{ "name": "x", "type": "object", "constraints": { "jsonSchema": { "properties": { "a": { "$ref": "b.json" } } } } }' \
    'constraints.jsonSchema: $ref: no schema within this one is b.json'
refused '{ "name": "x", "type": "array", "constraints": { "jsonSchema": { "items": { "minimun": 1 } } } }' \
    'constraints.jsonSchema: items/minimun: is not supported'
refused '{ "name": "x", "type": "string", "constraints": { "jsonSchema": {} } }' \
    'is no constraint of type string'
refused '{ "name": "x", "type": "string", "constraints": { "pattern": "[a-z-[aeiou]]" } }' \
    'class subtraction'
refused '{ "name": "x", "type": "string", "constraints": { "pattern": "a(" } }' \
    'not a regular expression at character'
refused '{ "name": "x", "type": "strnig" }' 'did you mean string?'
refused '{ "name": "x", "type": "date", "format": "%Q" }' 'unknown conversion in the pattern'
refused '{ "name": "x", "type": "string", "constraints": { "minlength": 1 } }' \
    'minlength'
refused '{ "name": "x", "type": "integer", "constraints": { "minimum": "x" } }' \
    'not a value of type integer'
refused '{ "name": "x", "type": "string", "categories": ["a"], "constraints": { "enum": ["b"] } }' \
    'is not one of the categories'
refused '{ "name": "x", "type": "integer", "categories": [1], "constraints": { "enum": ["01", 2] } }' \
    'fields[0].constraints.enum[1]: is not one of the categories'
# INF and NaN are numbers (Table Schema 2.0, number); a bound refuses them
# (IEEE 754: NaN compares with nothing), and no rule reads one.
printf 'x\n1.5\nINF\nNaN\n' >"$T/inf.csv"
printf '%s' '{"fields": [{"name": "x", "type": "number"}], "nib": {"rules":
    [{"id": "R", "expression": "x < 1", "severity": "error",
    "dimension": "validity", "message": "m"}]}}' >"$T/inf.json"
run 1 nib-validate -s "$T/inf.json" --check -q --errors - "$T/inf.csv"
[ "$(sed 1d out | cut -d, -f1,6)" = 2,R ] || fail "rules read INF or NaN"
printf '%s' '{"fields": [{"name": "x", "type": "number", "constraints":
    {"minimum": 0, "maximum": 2}}]}' >"$T/inf.json"
run 1 nib-validate -s "$T/inf.json" --check -q --errors - "$T/inf.csv"
[ "$(sed 1d out | cut -d, -f1,5 | tr '\n' ' ')" = \
	'3,maximum 4,minimum 4,maximum ' ] || fail "bounds of INF and NaN"
finish
