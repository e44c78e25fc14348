#!/bin/sh
# nib-derive: fields added and replaced, whatever the quoting, the line ends,
# the workers and the cut. The expected fields were worked out by hand from
# testdata/derive/episodes.csv and the calendar.
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/derive
E=$D/episodes.csv
S=$D/visits.json
L="region=$D/providers.csv:provider=code:region"

# Types by the specification, its derived fields, its clean cells; a lookup;
# a later field that sees earlier ones; a column replaced.
run 0 nib-derive -s "$S" --lookup "$L" \
	--set "where_from=coalesce(region, provider, 'none')" \
	--set 'cost=round(cost) + stay' "$E"
cp "$T/out" "$T/whole"
out_is 'record_id,provider,admission_date,discharge_date,birth_date,admission_method,cost,note,age,old,stay,region,where_from
1,RX1,2024-03-30,2024-04-02,1959-04-01,21,1254,plain,64,no,3,North,North
2,RX1,2024-04-01,,1959-04-01,11,,"with, comma",65,yes,,North,North
3,RX2,2024-04-02,2024-04-02,2000-02-29,2A,,"with ""quotes""",24,no,0,South,South
4,RX9,2023-02-28,2023-03-01,2000-02-29,,76,"two
lines",22,no,1,,RX9
5,,2024-12-31,2025-01-02,2024-12-31,31,2,é,0,no,2,,none'
err_empty

# The same record for CRLF, other quoting and another delimiter.
# shellcheck disable=SC2317 # called through run
all() {
	nib-derive -s "$S" --lookup "$L" \
		--set "where_from=coalesce(region, provider, 'none')" \
		--set 'cost=round(cost) + stay' "$@"
}
grep -v -e two -e lines "$E" | sed 's/$/\r/' >"$T/crlf.csv"
grep -v -e two -e lines "$T/whole" >"$T/want"
run 0 all "$T/crlf.csv"
same "$T/want" "$T/out"
python3 - "$E" >"$T/semi.csv" 2>/dev/null <<'PY' && {
import csv, sys
w = csv.writer(sys.stdout, delimiter=';', quoting=csv.QUOTE_ALL,
    lineterminator='\n')
w.writerows(csv.reader(open(sys.argv[1], newline='', encoding='utf-8')))
PY
	run 0 all -d ';' "$T/semi.csv"
	same "$T/whole" "$T/out"
}

# Any cut, any number of workers: a larger input.
awk 'BEGIN { print "record_id,provider,admission_date,discharge_date,birth_date,admission_method,cost,note"
	for (i = 0; i < 60000; i++)
		printf "%d,RX%d,2024-%02d-%02d,2024-12-%02d,19%02d-01-31,2%d,%d.%d,%s\n",
		    i, i % 3, i % 12 + 1, i % 28 + 1, i % 31 + 1, i % 100,
		    i % 10, i % 997, i % 10, i % 50 ? "note" : "\"a, b\"" }' \
	>"$T/big.csv"
run 0 all --jobs 1 -o "$T/j1" "$T/big.csv"
run 0 all --jobs 2 -o "$T/j2" "$T/big.csv"
same "$T/j1" "$T/j2"
run 0 nib-split --parts 7 -o "$T/part" "$T/big.csv"
head -1 "$T/j1" >"$T/joined"
for p in "$T"/part-*.csv; do
	run 0 all --no-header "$p"
	cat "$T/out" >>"$T/joined"
done
same "$T/j1" "$T/joined"

# Filter and project. --where sees derived fields.
run 0 nib-derive -s "$S" --only --where "old = 'yes' OR stay = 3" "$E"
out_is 'age,old,stay
64,no,3
65,yes,'
run 0 nib-derive --where "provider IN ('RX2', 'RX9')" --no-header "$E"
out_is '3,RX2,2024-04-02,2024-04-02,2000-02-29,2A,,"with ""quotes"""
4,RX9,2023-02-28,2023-03-01,2000-02-29,-,75.25,"two
lines"'
# One field that is empty is still a record.
run 0 nib-derive --only --set 'x=nullif(provider, provider)' "$E"
out_is 'x
""
""
""
""
""'
# A value that needs quotes gets them; a replaced field is seen as it became.
run 0 nib-derive --set "provider=provider || ',' || provider" \
	--set 'twice=provider' --only --where "record_id = '1'" "$E"
out_is 'provider,twice
"RX1,RX1","RX1,RX1"'
# Derived twice is derived once.
run 0 nib-derive -s "$S" "$E"
cp "$T/out" "$T/once"
run 0 nib-derive -s "$S" "$T/once"
same "$T/once" "$T/out"
# An alias names the column.
sed '1s/provider/PROCODE/' "$E" >"$T/alias.csv"
run 0 nib-derive -s "$S" --set "provider=lower(provider)" \
	--where "PROCODE = 'rx2'" "$T/alias.csv"
out_has 'record_id,PROCODE,'
out_has '3,rx2,'
# A field the input lacks: what stands on it is left out, and said.
printf 'admission_date,discharge_date\n2024-01-01,2024-01-03\n' >"$T/few.csv"
run 0 nib-derive -s "$S" "$T/few.csv"
out_is 'admission_date,discharge_date,stay
2024-01-01,2024-01-03,2'
err_is 'nib-derive: warning: age is not derived: the input has no birth_date
nib-derive: warning: old is not derived: the input has no age'
# A file of share/lookups, a code list; 1 the letter, 2 the pre-2001 figure.
printf 'e\nA\nR\n4\nZ\nQ\n' >"$T/ethnic.csv"
run 0 nib-derive --lookup 'g=ethnic_group:e=code:group' \
	--lookup 'm=ethnic_category:e=code:meaning' "$T/ethnic.csv"
out_is 'e,g,m
A,White,White: British
R,Other,Other: Chinese
4,Asian,
Z,Not stated,"Not stated (asked, chose not to say)"
Q,,'
run 2 nib-derive --lookup 'g=ethnic_grp:e=code:group' "$T/ethnic.csv"
err_has 'ethnic_grp'
# The account of a run.
run 0 nib-derive -s "$S" --lookup "$L" --where "provider = 'RX1'" \
	--provenance "$T/account.json" "$E"
ok
grep -q '"records_in": 5' "$T/account.json" &&
	grep -q '"records_out": 2' "$T/account.json" &&
	grep -q providers.csv "$T/account.json" || fail "account"
# A header alone is fine.
head -1 "$E" >"$T/head.csv"
run 0 nib-derive -s "$S" "$T/head.csv"
out_is 'record_id,provider,admission_date,discharge_date,birth_date,admission_method,cost,note,age,old,stay'

# Refused before anything is written.
for o in "--set=x=agee" "--where=agee=1" "--lookup=x=$D/providers.csv:provder=code:region"; do
	run 2 nib-derive -s "$S" "$o" -o "$T/no" "$E"
	err_has 'did you mean'
	no_file "$T/no"
done
run 2 nib-derive --set 'x=cost + 1' "$E"
err_has 'field cost has no type'
run 2 nib-derive --where cost "$E"
err_has '--where: expression: gives a text'
run 2 nib-derive "$E"
err_has 'nothing to derive'
run 2 nib-derive --set x "$E"
err_has '--set needs NAME=EXPR'
run 2 nib-derive --set "=1" "$E"
err_has 'needs a name'
run 2 nib-derive --lookup "x=a:b" "$E"
err_has '--lookup needs NAME=FILE:KEY:VALUE'
run 2 nib-derive --lookup "x=$D/dup.csv:provider=code:region" "$E"
err_is "nib-derive: $D/dup.csv:4: column 1 (code): the same key as line 2"
run 2 nib-derive --lookup "x=$D/providers.csv:provider=cod:region" "$E"
err_has 'providers.csv'
run 2 nib-derive --lookup "x=$T/none.csv:provider=code:region" "$E"
err_has 'none.csv'
run 2 nib-derive --only --where "provider = 'RX1'" "$E"
err_has 'no field is derived'

# A copy of a column is its cell in canonical form (RFC 4180: quotes where a
# comma, quote or line end is), and has its value where it is read.
printf 'a|b|c\r\nx, y|"1|2"|"q""z"\r\n||"k"\r\n' >"$T/copy.csv"
run 0 nib-derive -d '|' --set x=a --set y=b --set z=c --only "$T/copy.csv"
out_is 'x,y,z
"x, y",1|2,"q""z"
,,k'
run 0 nib-derive -d '|' --set x=a --set a=c --set "u=upper(a)" --set v=x \
	--where "a = 'k' OR x IS NOT NULL" "$T/copy.csv"
out_is 'a,b,c,x,u,v
"q""z",1|2,"q""z","x, y","Q""Z","x, y"
k,,k,,K,'

# Copies where no cell has quotes: the last column before a CRLF, one twice,
# cells of 31 to 34 and of 300 bytes, an empty one; columns of another order.
long=$(printf '%0300d' 0)
: >"$T/want.csv"
printf 'a,b,c\r\n' >"$T/copy.csv"
for n in 31 32 33 34; do
	cell=$(printf "%0${n}d" "$n")
	printf '%s,%s,\r\n' "$cell" "$long" >>"$T/copy.csv"
	printf ',%s,%s,%s\n' "$cell" "$long" "$cell" >>"$T/want.csv"
	printf 'k,,%s\r\n' "$cell" >>"$T/copy.csv"
	printf '%s,k,,k\n' "$cell" >>"$T/want.csv"
done
run 0 nib-derive --no-header --set z=c --set x=a --set y=b --set v=a --only \
	"$T/copy.csv"
same "$T/out" "$T/want.csv"

# A text column as it stands beside a derived field, natively and by SQLite, in
# a field, a condition and an order of their own. Expected: sqlite3's ||, hex()
# and replace() of the same texts.
printf 't,u\nabc,b\nxbx,x\n' >"$T/beside.csv"
run 0 nib-derive --set 'x=upper(u)' --set 'y=t || x' --set 'z=hex(t) || x' \
    --set "v=replace(t, lower(x), '-')" --where "t || x <> 'abcC'" \
    "$T/beside.csv"
out_is 't,u,x,y,z,v
abc,b,B,abcB,616263B,a-c
xbx,x,X,xbxX,786278X,-b-'
run 0 nib-derive --set 'x=upper(u)' --where "hex(t) || x = '616263B'" --only \
    "$T/beside.csv"
out_is 'x
B'

# A bad cell: its place, not its value.
sed 's/2024-04-02,2000-02-29/2024-04-31,2000-02-29/' "$E" >"$T/bad.csv"
run 2 nib-derive -s "$S" -o "$T/no" "$T/bad.csv"
err_is "nib-derive: $T/bad.csv:4: record 3, column 4 (discharge_date): not a date (YYYY-MM-DD)"
no_file "$T/no"
if [ -e /dev/full ]; then
	ok
	nib-derive --set x=1 "$T/big.csv" >/dev/full 2>"$T/err"
	[ $? -eq 2 ] || fail "a full disk is not status 2"
fi

finish
