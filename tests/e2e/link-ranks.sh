#!/bin/sh
# The steps of HESID and the eight ranks, pair by pair and step by step
# against joins of two files made in Python (testdata/linkage/ranks.py). Such
# joins see pairs between the files alone, and a record that a step linked is
# out of the later ones: so are records here, with --as-joins, and the guard of
# people who differ in sex and birth date, which is nib's own, is off. Where no
# record fits several the same is made by "among": "unlinked" in every step.
. "$(dirname "$0")/lib.sh"
if ! command -v python3 >/dev/null; then
	echo 'skipped: python3 makes the joins'
	exit 77
fi
P="$TESTDATA/linkage"
gzip -dc "$P/people_a.csv.gz" >"$T/a.csv"
gzip -dc "$P/people_b.csv.gz" >"$T/b.csv"
# A record without a number that fits two twins of the other file, either way
# round: a join has both pairs. Nobody else has these birth dates.
cp "$T/a.csv" "$T/twins_a.csv"
cp "$T/b.csv" "$T/twins_b.csv"
cat >>"$T/twins_a.csv" <<'END'
A90001,,Hale,Jo,2,1911-02-03,LS1 4AP,Y88620,RQY,1,90001
A90002,9434765919,Hale,Jo,1,1911-03-04,LS1 4AP,Y88620,RQY,2,90002
A90003,9876543210,Hale,Al,1,1911-03-04,LS1 4AP,Y88620,RQY,3,90003
END
cat >>"$T/twins_b.csv" <<'END'
B90001,4505577104,Hale,Jo,2,1911-02-03,LS1 4AP,Y88620,RQX,4,90001
B90002,9658218873,Hale,Al,2,1911-02-03,LS1 4AP,Y88620,RQX,5,90004
B90003,,Hale,Al,1,1911-03-04,LS1 4AP,Y88620,RQX,6,90003
END
for m in hes-3-step hes-8-step; do
	sed -e 's/^      "title": .*/&\n      "among": "unlinked",/' \
		-e '/^      "among": "unlinked",$/d' \
		-e 's/"never": \["nhs_number different"\],/"never": ["nhs_number different"]/' \
		-e '/"guard": /d' \
		"$NIB_SHARE/matching/$m.json" >"$T/$m.json"
	run 0 nib-link persons -m "$T/$m.json" --step "$T/a.csv" "$T/b.csv"
	cp "$T/out" "$T/edited"
	run 0 nib-link persons -m $m --as-joins --step "$T/a.csv" "$T/b.csv"
	same "$T/edited" "$T/out"
	run 0 nib-link persons -m $m --as-joins --step "$T/twins_a.csv" \
		"$T/twins_b.csv"
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
	python3 "$P/ranks.py" "$m" "$T/twins_a.csv" \
		"$T/twins_b.csv" | sort >"$T/want"
	ok; [ "$(grep -c 'A9000.,B9000' "$T/want")" -eq 4 ] || fail "$m: no twins"
	ok; [ "$(wc -l <"$T/want")" -gt 1500 ] || fail "$m: few pairs wanted"
	same "$T/want" "$T/pairs"
done
# In force without it: two who share a number and a postcode, and no more.
cat >"$T/two.csv" <<'END'
record_id,nhs_number,sex,birth_date,postcode
1,9434765919,1,1980-05-17,LS1 4AP
2,9434765919,2,1951-02-03,LS1 4AP
END
run 0 nib-link persons -m hes-8-step "$T/two.csv"
ok; [ "$(cut -d, -f6 "$T/out" | sort -u | wc -l)" -eq 3 ] || fail 'no guard'
run 0 nib-link persons -m hes-8-step --as-joins "$T/two.csv"
ok; [ "$(cut -d, -f6 "$T/out" | sort -u | wc -l)" -eq 2 ] || fail 'a guard'
run 2 nib-link persons -m hes-8-step --as-joins --index "$T/db" "$T/two.csv"
err_has '--as-joins is for two files of one time, not for an index'
no_file "$T/db"
finish
