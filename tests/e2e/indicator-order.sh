#!/bin/sh
# nib-indicator rate: many rows in any order, and totals however large.
. "$(dirname "$0")/lib.sh"

# 120 areas by 19 bands: one row for each; and the same counts in several
# rows, in another order, quoted here and there, some with a point.
bands='0-4 5-9 10-14 15-19 20-24 25-29 30-34 35-39 40-44 45-49 50-54 55-59
60-64 65-69 70-74 75-79 80-84 85-89 90+'
awk -v bands="$bands" -v many="$T/many" -v sums="$T/sums" 'BEGIN {
	n = split(bands, band, " ")
	x = 12345
	head = "indicator,area,period,age_band,numerator,denominator"
	print head >(many ".csv")
	for (a = 1; a <= 120; a++) {
		all = people = 0
		for (b = 1; b <= n; b++) {
			x = (x * 16807) % 2147483647
			count = x % 40
			of = 1000 + x % 977
			all += count
			people += of
			print "emergency_admissions,A" a ",2024," band[b] "," \
			    count "," of >(many ".csv")
			# as 7 rows or fewer, each with a number to sort by
			for (k = 1; k <= 7 && (count > 0 || k == 1); k++) {
				x = (x * 16807) % 2147483647
				c = k == 7 ? count : int(count / 2)
				p = k == 7 || c == count ? of : int(of / 3)
				if (count > 0 && c == 0 && k < 7)
					c = 1
				if (c == count)
					p = of
				count -= c
				of -= p
				area = x % 5 == 0 ? "\"A" a "\"" : "A" a
				c = x % 7 == 0 ? c ".000" : c
				print x "\temergency_admissions," area \
				    ",2024," band[b] "," c "," p \
				    >(many ".rows")
			}
		}
		# what is added up, by this program
		print "emergency_admissions,A" a ",2024,,," all "," people \
		    "," >sums
	}
	print head >(many ".turned")
}'
sort -n "$T/many.rows" | cut -f2- >>"$T/many.turned"
[ "$(wc -l <"$T/many.turned")" -gt 5000 ] || fail 'too few rows'
run 0 nib-indicator rate "$T/many.csv"
cp "$T/out" "$T/one"
sed 1d "$T/out" | cut -d, -f1-7 | sed 's/$/,/' >"$T/got"
sort "$T/sums" >"$T/want"
same "$T/want" "$T/got"
run 0 nib-indicator rate "$T/many.turned"
same "$T/one" "$T/out"
# The denominators as populations, by themselves and in another order.
cut -d, -f1-5 "$T/many.csv" >"$T/counts.csv"
{
	echo area,age_band,population
	sed 1d "$T/many.turned" | tr -d '"' | cut -d, -f2,4,6
} >"$T/people.csv"
run 0 nib-indicator rate -p "$T/people.csv" "$T/counts.csv"
same "$T/one" "$T/out"
# The first fault in the order of the rows is the one told, whatever its kind.
{
	cat "$T/many.csv"
	echo emergency_admissions,A1,2024,0-4,1,many
	echo emergency_admissions,A1,2024,0-4,few,1
	echo no_such,A1,2024,0-4,1,1
} >"$T/wrong.csv"
run 2 nib-indicator rate "$T/wrong.csv"
err_has 'wrong.csv:2282: record 2281, column 6 (denominator): must be a number'
# A row whose band is not known is not looked at further.
sed 's/many$/1/; s/0-4,few/0-40,few/' "$T/wrong.csv" >"$T/later.csv"
run 2 nib-indicator rate "$T/later.csv"
err_has 'later.csv:2284: record 2283, column 1 (indicator): is not an indicator'

# Beyond what eight bytes hold with nine digits after the point.
# python3: sums of decimal.Decimal, format(s, '.12g').
cat >"$T/large.csv" <<'X'
indicator,area,numerator
bed_days,A,4611686018.427387903
bed_days,A,0.000000001
bed_days,A,0.000000001
bed_days,B,9000000000
bed_days,B,9000000000
bed_days,B,9000000000.25
bed_days,C,170141183460469231731687303715
bed_days,D,4611686018.427387904
bed_days,E,5
X
run 0 nib-indicator rate "$T/large.csv"
out_has 'bed_days,A,,,,4611686018.43,,4611686018.43,'
out_has 'bed_days,B,,,,27000000000.2,,27000000000.2,'
out_has 'bed_days,C,,,,1.7014118346e+29,,1.7014118346e+29,'
out_has 'bed_days,D,,,,4611686018.43,,4611686018.43,'
out_has 'bed_days,E,,,,5,,5,'
grep -v ',C,' "$T/large.csv" >"$T/smaller.csv"
run 0 nib-indicator rate --total All "$T/smaller.csv"
out_has 'bed_days,All,,,,36223372042.1,,'
echo bed_days,C,170141183460469231731687303715 >>"$T/large.csv"
run 2 nib-indicator rate "$T/large.csv"
err_has 'large.csv:11: record 10, column 3 (numerator): the sum is too large'

# What is expected keeps its digits beside a rounded count: 135.17 is not a
# number of the machine. python3: Decimal(20) / Decimal('135.17').
printf 'indicator,area,numerator,denominator\nshmi,A,20,135.17\n' >"$T/smr.csv"
run 0 nib-indicator rate --disclosure hes "$T/smr.csv"
out_has 'shmi,A,,,,20,135.17,0.147961825849,'
finish
