#!/bin/sh
# The steps of HESID and the eight ranks, pair by pair and step by step
# against joins of two files made in Python (testdata/linkage/ranks.py). Such
# joins see pairs between the files alone, and a record that a step linked is
# out of the later ones: so are records here, by "among": "unlinked", and the
# guard of people who differ in sex and birth date, which is nib's own, is off.
. "$(dirname "$0")/lib.sh"
if ! command -v python3 >/dev/null; then
	echo 'skipped: python3 makes the joins'
	exit 77
fi
P="$TESTDATA/linkage"
gzip -dc "$P/people_a.csv.gz" >"$T/a.csv"
gzip -dc "$P/people_b.csv.gz" >"$T/b.csv"
for m in hes-3-step hes-8-step; do
	sed -e 's/^      "title": .*/&\n      "among": "unlinked",/' \
		-e '/^      "among": "unlinked",$/d' \
		-e '/\["sex different", "birth_date different"\]/d' \
		-e 's/"nhs_number different",$/"nhs_number different"/' \
		"$NIB_SHARE/matching/$m.json" >"$T/$m.json"
	run 0 nib-link persons -m "$T/$m.json" --step "$T/a.csv" "$T/b.csv"
	awk -F, -v OFS=, 'NR > 1 {
			sub(/\r/, "")
			p = $(NF - 1)
			if ($1 ~ /^A/) { a[p] = a[p] " " $1; step[$1] = $NF }
			else { b[p] = b[p] " " $1 }
		}
		END {
			for (p in a) {
				n = split(a[p], x, " ")
				k = split(b[p], y, " ")
				for (i = 1; i <= n; i++)
					for (j = 1; j <= k; j++)
						print step[x[i]], x[i], y[j]
			}
		}' "$T/out" | sort >"$T/pairs"
	python3 "$P/ranks.py" "$m" "$T/a.csv" "$T/b.csv" | sort >"$T/want"
	ok; [ "$(wc -l <"$T/want")" -gt 1500 ] || fail "$m: few pairs wanted"
	same "$T/want" "$T/pairs"
done
finish
