#!/bin/sh
# Many definitions in one pass, against awk: more choices of one number than
# are summed at once, keys of more values than are numbered, pairs of keys more
# than have a place each, days beyond those that have one, cells that are empty;
# groups of thousands of values, and values whose squares do not fit in 64 bits
# as often as that.
. "$(dirname "$0")/lib.sh"

run 0 nib-dummy -s admitted_episode -n 20000 --seed 5 -o "$T/dummy.csv"
# Odd birth dates, for keys: none, and beyond 1900 to 2099.
awk -F, -v OFS=, 'NR > 1 && NR % 97 == 0 { $37 = "" }
	NR > 1 && NR % 89 == 0 { $37 = "1850-02-03" }
	NR > 1 && NR % 83 == 0 { $37 = "2150-11-30" }
	NR > 1 && NR % 101 == 0 { $14 = ""; $34 = "2500000.17" } { print }' \
    "$T/dummy.csv" >"$T/in.csv"

# NAME WHERE AREA PERIOD METHOD
define() {
	cat >"$T/$1.json" <<EOF
{"id": "$1", "version": "1", "title": "t", "status": "draft",
 "purpose": "p", "definition": "d", "dataset": "admitted_episode",
 "where": "$2", "area": "$3", "period": "$4",
 "numerator": {"text": "n", "sum": "cost_gbp", "scale": 2},
 "method": {"name": "$5"}, "unit": "u",
 "history": [{"version": "1", "change": "c"}]}
EOF
}
for m in 11 12 13 21 22 23 24 28 31 82; do
	define sum_$m "admission_method = '$m'" provider \
	    'financial_year(admission_date)' count
	define mean_$m "admission_method <> '$m'" provider \
	    'financial_year(admission_date)' mean
done
define persons "sex = '1'" person_id '' count
define births "sex = '2'" sex birth_date count
define pairs "sex = '2'" person_id birth_date count
define sexes "record_id IS NOT NULL" sex '' count
define mean_sexes "admission_method = '13'" sex '' mean
# A period that is empty is none at all.
for d in persons sexes mean_sexes; do
	sed 's/, "period": ""//' "$T/$d.json" >"$T/p" && mv "$T/p" "$T/$d.json"
done

# What awk adds up, in hundredths: exact in its doubles.
awk -F, -v OFS=, '
	function fy(d) {
		y = substr(d, 1, 4) - (substr(d, 6, 2) < "04")
		return d == "" ? "" : y "/" sprintf("%02d", (y + 1) % 100)
	}
	function add(id, area, period, v, squares) {
		k = id OFS area OFS period
		s[k] += v
		n[k]++
		if (squares)
			q[k] += v * v
	}
	BEGIN { split("11 12 13 21 22 23 24 28 31 82", m, " ") }
	NR > 1 && $34 != "" {
		split($34, p, ".")
		v = p[1] * 100 + substr(p[2] "00", 1, 2)
		for (i in m)
			if ($14 == m[i])
				add("sum_" m[i], $3, fy($17), v, 0)
			else if ($14 != "")
				add("mean_" m[i], $3, fy($17), v, 1)
		add("sexes", $38, "", v, 0)
		if ($14 == "13")
			add("mean_sexes", $38, "", v, 1)
		if ($38 == "1")
			add("persons", $2, "", v, 0)
		if ($38 == "2")
			add("births", $38, $37, v, 0)
		if ($38 == "2")
			add("pairs", $2, $37, v, 0)
	}
	END {
		for (k in s)
			printf "%s,%.2f,%s,%s\n", k, s[k] / 100, \
			    k ~ /^mean/ ? n[k] : "0", \
			    k ~ /^mean/ ? sprintf("%.4f", q[k] / 10000) : "0"
	}' "$T/in.csv" | sort >"$T/want"

run 0 nib-indicator count -j1 "$T"/*.json "$T/in.csv"
cp "$T/out" "$T/one"
sed 1d "$T/one" | awk -F, -v OFS=, '{
	print $1, $2, $3, sprintf("%.2f", $7), \
	    $1 ~ /^mean/ ? $8 : "0", $1 ~ /^mean/ ? sprintf("%.4f", $9) : "0"
	}' | sort >"$T/have"
same "$T/want" "$T/have"
ok
[ "$(wc -l <"$T/want")" -gt 10000 ] || fail 'too few groups to tell'

# The same with two workers, and out of three parts.
run 0 nib-indicator count -j2 "$T"/*.json "$T/in.csv"
same "$T/one" "$T/out"
head -1 "$T/in.csv" >"$T/head"
for i in 0 1 2; do
	{ cat "$T/head"; awk "NR > 1 && NR % 3 == $i" "$T/in.csv"; } \
	    >"$T/part$i.csv"
	run 0 nib-indicator count --partial "$T"/*.json "$T/part$i.csv"
	cp "$T/out" "$T/partial$i"
done
run 0 nib-indicator count --final --expect-parts 3 "$T"/*.json \
    "$T/partial0" "$T/partial1" "$T/partial2"
same "$T/one" "$T/out"

# A cell that is no date is found whatever came before it, and named.
awk -F, -v OFS=, 'NR == 15001 { $17 = "2024-02-30" } { print }' \
    "$T/in.csv" >"$T/bad.csv"
run 2 nib-indicator count "$T/sum_11.json" "$T/bad.csv"
err_has 'bad.csv:15001: record 15000, column 17 (admission_date)'
finish
