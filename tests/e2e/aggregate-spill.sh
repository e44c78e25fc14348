#!/bin/sh
# More groups than memory: the same bytes, a bound on memory, and when the
# temporary file cannot grow one message and nothing left behind.
. "$(dirname "$0")/lib.sh"
mkdir "$T/tmp"
TMPDIR=$T/tmp
export TMPDIR

# 150,000 ids, each twice, in scattered order; what comes of them is known.
awk -v n=150000 'BEGIN {
	print "id,g,x"
	for (k = 0; k < 2; k++)
		for (i = 0; i < n; i++) {
			id = (i * 70001) % n
			printf "P%06d-of-a-long-name,%d,%d.5\n", id, id % 7, id % 1000
		}
}' >"$T/in.csv"
awk -v n=150000 'BEGIN {
	print "id,count,sum_x"
	for (i = 0; i < n; i++)
		printf "P%06d-of-a-long-name,2,%d.0\n", i, (i % 1000) * 2 + 1
}' >"$T/want.csv"
# 4M: a table holds enough keys to see that few come twice; what follows goes
# straight to the file, then to tables again.
for how in "--memory 1M" "--memory 1M --jobs 1" "--memory 4M --jobs 1" \
	"--memory 8M --jobs 2" "--memory 64M"; do
	# shellcheck disable=SC2086 # words
	run 0 nib-aggregate --by id --count --sum x $how "$T/in.csv"
	same "$T/out" "$T/want.csv"
done
# Values of quantiles and distinct counts go to the file too, and margins.
for m in 1M 4M 64M; do
	run 0 nib-aggregate --by g --median x --distinct id,x --cube --count \
		--memory $m -o "$T/$m.csv" "$T/in.csv"
	run 0 nib-aggregate --by id,g --distinct x --totals --memory $m \
		-o "$T/$m-2.csv" "$T/in.csv"
	run 0 nib-aggregate --by id --distinct g --quantile 0.25:x --partial \
		--memory $m -o "$T/$m.part" "$T/in.csv"
done
for m in 1M 4M; do
	same "$T/$m.csv" "$T/64M.csv"
	same "$T/$m-2.csv" "$T/64M-2.csv"
	same "$T/$m.part" "$T/64M.part"
done
# Numbers with more digits after the point as they come, so that what is in
# the file is at other scales than what follows.
awk -v n=40000 'BEGIN {
	print "id,x"
	for (k = 0; k < 3; k++)
		for (i = 0; i < n; i++)
			printf "K%05d,%s\n", (i * 7001) % n,
			    k == 0 ? "1" : k == 1 ? "0.5" : "-0.125"
}' >"$T/scales.csv"
awk -v n=40000 'BEGIN {
	print "id,sum_x,min_x"
	for (i = 0; i < n; i++)
		printf "K%05d,1.375,-0.125\n", i
}' >"$T/want.csv2"
for how in "--memory 1M" "--memory 3M --jobs 1"; do
	# shellcheck disable=SC2086 # words
	run 0 nib-aggregate --by id --sum x --min x $how "$T/scales.csv"
	same "$T/out" "$T/want.csv2"
done
run 0 nib-aggregate --by id --distinct g --quantile 0.25:x --final \
	--memory 1M "$T/64M.part"
cp "$T/out" "$T/final.csv"
run 0 nib-aggregate --by id --distinct g --quantile 0.25:x "$T/in.csv"
same "$T/out" "$T/final.csv"

# In so much address space, and no more (asan takes terabytes of it).
# shellcheck disable=SC3045 # dash has it
if (ulimit -v 200000 && nib-aggregate --version) >/dev/null 2>&1; then
	ok
	(ulimit -v 200000 && nib-aggregate --by id --count --sum x --memory 2M \
		--jobs 1 "$T/in.csv") >"$T/out" 2>"$T/err" ||
		fail "not in 200 MB of address space"
	same "$T/out" "$T/want.csv"
fi

# A temporary file that may not grow, as far as the shell can say so.
if (ulimit -f 1000) 2>/dev/null; then
	for jobs in 1 2; do
		ok
		(ulimit -f 1000 && nib-aggregate --by id --count --memory 1M \
			--jobs $jobs -o "$T/none.csv" "$T/in.csv") \
			>"$T/out" 2>"$T/err"
		[ $? -eq 2 ] || fail "a file that cannot grow is no error"
		err_has "$TMPDIR: cannot write the temporary file: File too large"
		no_file "$T/none.csv"
	done
fi
# A full disk, where one can be made; it goes with its namespace.
mkdir "$T/small"
# shellcheck disable=SC2016 # for the inner shell
unshare -m sh -c 'mount -t tmpfs -o size=1m none "$1/small" || exit 9
	TMPDIR=$1/small nib-aggregate --by id --count --memory 1M \
		-o "$1/none.csv" "$1/in.csv"
	status=$?
	ls -A "$1/small" >"$1/left"
	exit $status' sh "$T" >"$T/out" 2>"$T/err"
status=$?
if [ -e "$T/left" ]; then
	ok
	[ $status -eq 2 ] || fail "a full disk is no error"
	err_has "$T/small: cannot write the temporary file: No space left"
	no_file "$T/none.csv"
	ok
	[ ! -s "$T/left" ] || fail "left on the small disk"
fi
run 2 env TMPDIR="$T/nowhere" nib-aggregate --by id --count --memory 1M \
	"$T/in.csv"
err_has "$T/nowhere: cannot make a temporary file"
ok
[ -z "$(ls -A "$T/tmp")" ] || fail "temporary files are left"
ok
for f in "$T"/.*.tmp; do
	[ ! -e "$f" ] || fail "an output is left half-written"
done
finish
