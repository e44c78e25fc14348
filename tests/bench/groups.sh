#!/bin/sh
# make bench-groups: how nib-aggregate grows with the records, from a pipe:
# once with every record a group of its own, in 256 MB of groups and more of
# them in a temporary file (about 50 bytes each), once with 200 groups.
# GROWTH="1 3 10 30 100": millions of records.
set -u
: "${NIB_BIN:?run it by make bench-groups}" "${NIB_SRC:?}"
LC_ALL=C
NIB_SHARE=$NIB_SRC/share
PATH=$NIB_BIN:$PATH
export LC_ALL NIB_SHARE PATH
B=$NIB_BIN/tests/bench
D=${BENCH_DIR:-${TMPDIR:-/tmp}/nib-bench}
mkdir -p "$D" || exit 2

# row TASK MILLIONS ARGUMENT...
row() {
	task=$1
	millions=$2
	shift 2
	"$B/groups" "${millions}000000" "${millions}000000" |
		"$B/measure" "$D/table" 1 nib-aggregate "$@" >"$D/figures"
	awk -v task="$task" -v n="$millions" '{
		printf "%-12s %5d %9.2f %9.2f %12.3f %9.1f\n", task, n, $1,
		    $2, $2 / n, $3 / 1024 }' "$D/figures"
}

printf '%-12s %5s %9s %9s %12s %9s\n' groups 'mill.' 'wall s' 'cpu s' \
	'cpu s / mill.' 'peak MB'
for n in ${GROWTH:-1 3 10 30 100}; do
	row 'all' "$n" --by id --count --sum cost --memory 256M
	"$B/groups" "${n}000000" "${n}000000" want | cmp -s - "$D/table" ||
		echo "the table is wrong"
	row '200' "$n" --by provider --count --sum cost
done
rm -f "$D/table" "$D/figures"
