#!/bin/sh
# make bench-growth: processor seconds and peak memory of the main tools from
# 1 to 100 million records (GROWTH="1 3", TOOLS="count derive"), one worker.
# The input is a file of a million episodes named many times, which the tools
# read as one stream: it stays in memory, so the disk has no say. What keeps
# keys or groups is measured elsewhere (bench-groups).
set -eu
: "${NIB_BIN:?run it by make bench-growth}" "${NIB_SRC:?}"
LC_ALL=C
NIB_SHARE=$NIB_SRC/share
PATH=$NIB_BIN:$PATH
export LC_ALL NIB_SHARE PATH
D=${BENCH_DIR:-${TMPDIR:-/tmp}/nib-bench}
mkdir -p "$D"
F=$D/episodes-1000000.csv
[ -s "$F" ] || nib-dummy -s admitted_episode -n 1000000 -o "$F"
if [ ! -s "$D/project.key" ]; then
	nib-key new --type root -o "$D/root.key"
	nib-key project --root "$D/root.key" --project bench \
		-o "$D/project.key"
fi
command_of() {
	case $1 in
	count) echo nib-aggregate --count ;;
	group) echo nib-aggregate -s admitted_episode --by provider \
		--by 'month=month(admission_date)' --count \
		--sum tariff_gbp --mean cost_gbp ;;
	validate) echo nib-validate -s admitted_episode --check -q \
		--no-unique --no-groups ;;
	pseudonymise) echo nib-pseudonymise -q -s admitted_episode \
		-k "$D/project.key" ;;
	derive) echo nib-derive -s admitted_episode ;;
	*) echo "no tool $1" >&2; exit 2 ;;
	esac
}
printf '%-14s %9s %9s %9s %9s\n' task millions 'cpu s' 'a million' 'peak MB'
for tool in ${TOOLS:-count group validate pseudonymise derive}; do
	for m in ${GROWTH:-1 3 10 30 100}; do
		files=
		i=0
		while [ "$i" -lt "$m" ]; do
			files="$files $F"
			i=$((i + 1))
		done
		# shellcheck disable=SC2046,SC2086 # words
		"$NIB_BIN/tests/bench/measure" /dev/null 1 $(command_of "$tool") \
			-j 1 $files >"$D/figures" 2>"$D/err" ||
			{ cat "$D/err" >&2; exit 2; }
		awk -v task="$tool" -v m="$m" '{
			printf "%-14s %9d %9.2f %9.3f %9.1f\n", task, m, $2,
			    $2 / m, $3 / 1024 }' "$D/figures"
	done
done
