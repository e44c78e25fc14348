#!/bin/sh
# nib-link attach: by hand, and against join(1) and a naive awk.
. "$(dirname "$0")/lib.sh"
cat >"$T/stays" <<'X'
person_id,admission_date,ward
p1,2024-03-10,a
p2,2024-03-10,"b,c"
p1,2024-05-01,d
p3,,e
,2024-03-10,f
p4,2024-03-10,g
X
cat >"$T/bloods" <<'X'
who,taken,hba1c,note
p1,2024-03-01,41,"x ""y"""
p1,2024-03-10,42,first
p1,2024-03-10,43,second
p1,2024-04-20,44,
p2,2024-03-12,50,later
p2,2024-03-07,51,earlier
p3,2024-01-01,60,
p4,2023-01-01,70,old
X
run 0 nib-link attach --on person_id=who --from "$T/bloods" \
	--date admission_date=taken "$T/stays"
out_is 'person_id,admission_date,ward,hba1c,note
p1,2024-03-10,a,42,first
p2,2024-03-10,"b,c",51,earlier
p1,2024-05-01,d,44,
p3,,e,,
,2024-03-10,f,,
p4,2024-03-10,g,70,old'
# -d, --columns and --first-record are of the input, --from-delimiter of the
# other file: any two delimiters and the input without its header give the same.
cp "$T/out" "$T/want"
tr , '|' <"$T/bloods" | sed 's/"x ""y"""/x "y"/' | tr '"' "'" |
	sed "s/x 'y'/\"x \"\"y\"\"\"/" >"$T/piped"
tr ',' '	' <"$T/stays" | sed 's/"b	c"/"b,c"/' >"$T/tabbed"
run 0 nib-link attach -d tab --on person_id=who --from "$T/piped" \
	--from-delimiter '|' --date admission_date=taken "$T/tabbed"
same "$T/want" "$T/out"
run 0 nib-link attach -d tab --on person_id=who --from "$T/bloods" \
	--date admission_date=taken "$T/tabbed"
same "$T/want" "$T/out"
tail -n +2 "$T/stays" >"$T/bare"
run 0 nib-link attach --on person_id=who --from "$T/piped" \
	--from-delimiter '|' --date admission_date=taken \
	--columns person_id,admission_date,ward --first-record 1000 "$T/bare"
same "$T/want" "$T/out"
run 2 nib-link attach --on person_id=who --from "$T/piped" \
	--from-delimiter '||' "$T/stays"
err_has 'a delimiter is one ASCII character or the word tab'
run 2 nib-link attach -d '|' --on person_id=who --from "$T/piped" "$T/stays"
err_has "$T/piped: no column who"
run 0 nib-link attach --on person_id=who --from "$T/bloods" --within 30d \
	--date admission_date=taken --fields hba1c --side nearest --found seen \
	"$T/stays"
out_is 'person_id,admission_date,ward,hba1c,seen
p1,2024-03-10,a,42,1
p2,2024-03-10,"b,c",50,1
p1,2024-05-01,d,44,1
p3,,e,,0
,2024-03-10,f,,0
p4,2024-03-10,g,,0'
run 0 nib-link attach --on person_id=who --from "$T/bloods" --within 1 \
	--date admission_date=taken --fields hba1c --side after "$T/stays"
out_is 'person_id,admission_date,ward,hba1c
p1,2024-03-10,a,42
p2,2024-03-10,"b,c",
p1,2024-05-01,d,
p3,,e,
,2024-03-10,f,
p4,2024-03-10,g,'

# Many to one: the second of a key has no place without a date.
run 2 nib-link attach --on person_id=who --from "$T/bloods" -o "$T/o" "$T/stays"
err_has 'bloods:3: record 2, column 1: the key was used by an earlier record'
no_file "$T/o"

# Against a naive awk on random records, for any number of workers.
awk 'BEGIN {
	srand(3); print "k,d,v"
	for (i = 0; i < 3000; i++)
		printf "k%d,2024-01-%02d,%d\n", rand() * 300, 1 + rand() * 28, i
}' >"$T/other"
awk 'BEGIN {
	srand(4); print "n,k,on"
	for (i = 0; i < 20000; i++)
		printf "%d,k%d,2024-01-%02d\n", i, rand() * 330, 1 + rand() * 28
}' >"$T/main"
awk -F, 'FNR == 1 { file++; if (file == 2) print $0 ",v"; next }
	file == 1 { n[$1]++; d[$1, n[$1]] = substr($2, 9) + 0; v[$1, n[$1]] = $3; next }
	{
		day = substr($3, 9) + 0; best = 99; got = ""
		for (i = 1; i <= n[$2]; i++) {
			off = day - d[$2, i]
			if (off >= 0 && off <= 5 && off < best) { best = off; got = v[$2, i] }
		}
		print $0 "," got
	}' "$T/other" "$T/main" >"$T/want"
for j in 1 3; do
	run 0 nib-link attach -j $j --on k --from "$T/other" --date on=d \
		--within 5d "$T/main"
	same "$T/want" "$T/out"
done
ok; gzip -c "$T/main" | nib-link attach --on k --from "$T/other" --date on=d \
	--within 5d | cmp -s - "$T/want" || fail "standard input"
# A cut of the input changes nothing.
{ head -1 "$T/main"; tail -n +9001 "$T/main"; } >"$T/part"
run 0 nib-link attach --on k --from "$T/other" --date on=d --within 5d \
	--no-header "$T/part"
tail -n +9001 "$T/want" >"$T/tail"
same "$T/tail" "$T/out"

# Of a date and time the date counts.
printf 'k,at\nk1,2024-01-02T23:59:00\nk1,2024-01-02T24:59:00\n' >"$T/times"
printf 'k,d,v\nk1,2024-01-02 00:00:01,7\n' >"$T/timed"
run 0 nib-link attach --on k --from "$T/timed" --date at=d "$T/times"
out_is 'k,at,v
k1,2024-01-02T23:59:00,7
k1,2024-01-02T24:59:00,'

run 2 nib-link attach --on k --from "$T/other" "$T/stays"
err_has 'no column k'
run 2 nib-link attach --on k "$T/main"
err_has 'needs --on FIELD and --from FILE'
run 2 nib-link attach --on k --from "$T/other" --within 5d "$T/main"
err_has '--within and --side need --date'
run 2 nib-link attach --on k --from "$T/other" --date on=d --fields k "$T/main"
err_has 'already has a column k'
run 2 nib-link attach --on k --from "$T/none" "$T/main"
err_has 'none'
run 2 nib-link attach --on k --from - - <"$T/main"
err_has 'cannot both be standard input'
# Against SQLite, on random files: in memory, by a spill file, side by side.
if command -v python3 >/dev/null; then
	mkdir "$T/r"
	python3 "$TESTDATA/linkage/attach.py" "$T/r" 5
	# Out of order, for those who need none; the order of a key is kept.
	awk -F, 'NR == 1 { print; next } { print | "sort -s -t, -k1.3,1.3" }' \
		"$T/r/other.csv" >"$T/r/mixed.csv"
	for how in '' '-j 3 --memory 1M' '-j 1 --sorted' '-j 3 --sorted'; do
		other=$T/r/mixed.csv
		case $how in *sorted*) other=$T/r/other.csv ;; esac
		for side in before after nearest within30; do
			as="--side $side"
			[ $side = within30 ] && as='--side nearest --within 30d'
			# shellcheck disable=SC2086
			run 0 nib-link attach -q $how $as --on who --from "$other" \
				--date when=taken --found found "$T/r/in.csv"
			same "$T/r/$side.csv" "$T/out"
		done
	done
	# The input in any order, from a pipe, by the spill file.
	awk 'NR == 1 { print; next } { print | "sort -s -k2" }' \
		"$T/r/in.csv" >"$T/r/any.csv"
	run 0 nib-link attach -q --on who --from "$T/r/mixed.csv" \
		--date when=taken "$T/r/any.csv"
	ok
	# shellcheck disable=SC2002
	cat "$T/r/any.csv" | nib-link attach -q --memory 1M --on who \
		--from "$T/r/mixed.csv" --date when=taken |
		cmp -s - "$T/out" || fail 'any order, in a small memory'
	# A key that comes twice, found after memory was left.
	awk -F, 'NR == 1 || $1 != last { print; last = $1 }' \
		"$T/r/other.csv" | grep -v '^,' >"$T/r/once.csv"
	awk 'BEGIN { print "who,taken,m,text"
		for (i = 0; i < 40000; i++) printf "n%d,,%d,xxxxxxxxxx\n", i, i }' \
		>"$T/r/many.csv"
	run 0 nib-link attach --memory 1M --on who --from "$T/r/many.csv" \
		"$T/r/in.csv" --fields m -o "$T/o"
	echo 'n20000,,7,y' >>"$T/r/many.csv"
	for how in '' '--memory 1M'; do
		# shellcheck disable=SC2086
		run 2 nib-link attach $how --on who --from "$T/r/many.csv" \
			--fields m -o "$T/no" "$T/r/in.csv"
		err_has 'many.csv'
		err_has 'the key was used by an earlier record'
		no_file "$T/no"
	done
	run 2 nib-link attach --sorted --on who --from "$T/r/other.csv" -o "$T/no" \
		"$T/r/in.csv"
	err_has 'the key was used by an earlier record'
	run 2 nib-link attach --sorted --on who --date when=taken -o "$T/no" \
		--from "$T/r/other.csv" "$T/r/any.csv"
	err_has 'any.csv'
	err_has 'the key comes before the one of the record before'
	run 2 nib-link attach --sorted --on who --date when=taken -o "$T/no" \
		--from "$T/r/mixed.csv" "$T/r/in.csv"
	err_has 'mixed.csv'
	no_file "$T/no"
else
	echo 'skipped: python3 makes the random files'
fi
printf 'k,d,v\n,2024-01-01,1\nk1,soon,2\nk1,2024-01-01,3\n' >"$T/odd"
run 0 nib-link attach --on k --from "$T/odd" --date on=d "$T/main"
err_has '2 records have no key or no date'
finish
