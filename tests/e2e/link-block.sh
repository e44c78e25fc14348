#!/bin/sh
# nib-link block and score --blocks: whatever way the rows are shuffled and
# parted by key, their pairs are those of nib-link score over the whole files,
# which tests/e2e/link-model.sh holds against truth.
. "$(dirname "$0")/lib.sh"
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" >"$T/a.csv"
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" >"$T/b.csv"
run 0 nib-link train -q -m people -o "$T/model" "$T/a.csv" "$T/b.csv"

# What an engine does: rows by a hash of rule and key, each task its share, the
# pairs put in the order of their records. shuffle N, rows of stdin.
shuffle() {
	IFS= read -r header
	awk -v n="$1" -v to="$T/part" -v header="$header" -F, '
		BEGIN { for (i = 0; i < n; i++) print header >(to "." i) }
		{
			h = $1
			for (i = 1; i <= length($2); i++)
				h = (h * 31 + index(all, substr($2, i, 1))) % 9973
			row[++m] = $0
			where[m] = h % n
		}
		END { # not in the order they came in
			for (i = 1; i <= m; i++) {
				k = (i * 7919) % m + 1
				print row[k] >(to "." where[k])
			}
		}' all='0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ| -'
}
weigh() { # N, options: all parts to joined
	n=$1
	shift
	k=0
	: >"$T/unordered"
	while [ "$k" -lt "$n" ]; do
		nib-link score -q -m "$T/model" --blocks --records "$@" \
			-o "$T/some" "$T/part.$k" || fail "part $k of $n"
		tail -n +2 "$T/some" >>"$T/unordered"
		k=$((k + 1))
	done
	head -1 "$T/some" >"$T/joined"
	sort -t, -k1,1n -k2,2n "$T/unordered" >>"$T/joined"
}
for files in "$T/a.csv $T/b.csv" "$T/a.csv"; do
	# shellcheck disable=SC2086
	run 0 nib-link score -m "$T/model" --threshold -1000 --records \
		--explain -o "$T/whole" $files
	# shellcheck disable=SC2086
	run 0 nib-link block -m "$T/model" --frequencies "$T/frequent" \
		-o "$T/rows" $files
	# shellcheck disable=SC2086
	run 0 nib-link block -j 3 -m "$T/model" $files
	same "$T/rows" "$T/out"
	for n in 1 3 40; do
		# A multiple of the number of rows would not shuffle them.
		shuffle $n <"$T/rows"
		weigh $n --frequencies "$T/frequent" --threshold -1000 --explain
		same "$T/whole" "$T/joined"
	done
	weigh 3 --frequencies "$T/frequent" --threshold -1000 --explain \
		--memory 1M
done
run 0 nib-link score -m "$T/model" --threshold -1000 -o "$T/plain" \
	"$T/a.csv"
tail -n +2 "$T/plain" | sort >"$T/want"
run 0 nib-link score -q -m "$T/model" --blocks --frequencies "$T/frequent" \
	--threshold -1000 --no-header "$T/rows"
sort "$T/out" >"$T/got"
same "$T/want" "$T/got"

# Files in parts: rows and frequencies are those of the whole.
run 0 nib-link block -m "$T/model" --frequencies "$T/frequent" -o "$T/rows" \
	"$T/a.csv" "$T/b.csv"
head -1 "$T/rows" >"$T/together"
parts=
for side in left:a right:b; do
	file=$T/${side#*:}.csv
	for from in 1 701; do
		{
			head -1 "$file"
			tail -n +2 "$file" | tail -n "+$from" | head -700
			[ $from = 1 ] || tail -n +1402 "$file"
		} >"$T/some.csv"
		parts="$parts --frequencies $T/f${side#*:}$from"
		run 0 nib-link block -q -m "$T/model" --side "${side%:*}" \
			--first-record "$from" --no-header \
			--frequencies "$T/f${side#*:}$from" "$T/some.csv"
		cat "$T/out" >>"$T/together"
	done
done
same "$T/rows" "$T/together"
run 0 nib-link score -m "$T/model" --threshold -1000 --records --explain \
	-o "$T/whole" "$T/a.csv" "$T/b.csv"
shuffle 3 <"$T/rows"
# shellcheck disable=SC2086
weigh 3 $parts --threshold -1000 --explain
same "$T/whole" "$T/joined"

# What the rows are: by hand from the matching file's rules.
cat >"$T/few.json" <<'END'
{ "name": "few", "id": ["id"], "fields": {
	"name": { "type": "name", "columns": ["name"] },
	"born": { "type": "date", "columns": ["born"] },
	"note": { "type": "text", "columns": ["note"] } },
  "comparisons": [{ "field": "name", "levels": ["name exact"] }],
  "blocking": [["name soundex", "born year"],
	["note"]],
  "training": { "sure": [["name", "born"]], "sure_recall": 0.9,
	"blocks": [["born"]] } }
END
cat >"$T/few.csv" <<'END'
id,name,born,note
x1,Robert,1980-05-17,a|b
x2,Rupert,,
"x,3",Rubin,1980-02-30,a\b
END
cat >"$T/want" <<'END'
rule,key,side,record,id,field_name,field_born,field_note
1,R163|1980,all,1,x1,ROBERT,1980-05-17,A|B
2,A\|B,all,1,x1,ROBERT,1980-05-17,A|B
2,A\\B,all,3,"x,3",RUBIN,,A\B
END
run 0 nib-link block -m "$T/few.json" "$T/few.csv"
same "$T/want" "$T/out"

# What cannot be: nothing is written.
rows() { # what is wrong, and a row
	printf '%s\n' "$2" >>"$T/bad"
	run 2 nib-link score -m "$T/model" --blocks --frequencies \
		"$T/frequent" -o "$T/no" "$T/bad"
	err_has "$1"
	no_file "$T/no"
	head -1 "$T/rows" >"$T/bad"
}
head -1 "$T/rows" >"$T/bad"
run 0 nib-link score -q -m "$T/model" --blocks --frequencies "$T/frequent" \
	"$T/bad"
ok; [ "$(wc -l <"$T/out")" -eq 1 ] || fail 'pairs of no rows'
rows 'record 1: not a blocking rule of people' '13,k,left,1,a,,,,,,,'
rows 'record 1: record is not a number from 1' '1,k,left,0,a,,,,,,,'
rows 'record 1: side is not all, left or right' '1,k,up,1,a,,,,,,,'
rows 'record 1: a value is too long, or the id empty' '1,k,left,1,,,,,,,,'
rows 'record 2: rows of one file and of two do not go together' \
	"$(printf '1,k,left,1,a,,,,,,,\n1,k,all,2,b,,,,,,,')"
rows 'a record is there twice under one key' \
	"$(printf '1,k,left,1,a,,,,,,,\n1,k,left,1,a,,,,,,,')"
run 2 nib-link score -m "$T/model" --blocks --frequencies "$T/frequent" \
	-o "$T/no" "$T/a.csv"
err_has 'no column rule: not what nib-link block writes for people'
run 2 nib-link score -m "$T/model" --blocks -o "$T/no" "$T/rows"
err_has 'give --frequencies, which nib-link block writes'
sed 's/^given_name,/no_such,/' "$T/frequent" >"$T/bad"
run 2 nib-link score -m "$T/model" --blocks --frequencies "$T/bad" "$T/rows"
err_has 'not a field whose frequencies people uses'
run 2 nib-link score -m "$T/model" --frequencies "$T/frequent" "$T/a.csv"
err_is 'nib-link score: --frequencies goes with --blocks'
run 2 nib-link score -m "$T/model" --blocks --part 1/2 "$T/rows"
err_has 'do not go with --blocks'
run 2 nib-link block -m "$T/model" --side left "$T/a.csv" "$T/b.csv"
err_is 'nib-link block: --side is of one file'
run 2 nib-link block -m "$T/model" --side up "$T/a.csv"
err_is 'nib-link block: --side needs left, right or all'
finish
