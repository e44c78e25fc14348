#!/bin/sh
# make bench-engines: the same tasks with one process, with GNU parallel and
# on Spark with 1, 2 and 4 executors of one processor each (EXECUTORS="1 2 4",
# BENCH=small|full for 100,000 or 10 million episodes), in wall seconds and in
# processor seconds of everything that ran. Spark is measured from when its
# executors are there and warm. NIB_SPARK_PYTHON has pyspark; what is not
# installed is left out and named. More executors than processors show what
# they cost, not what they bring.
set -eu
: "${NIB_BIN:?run it by make bench-engines}" "${NIB_SRC:?}"
LC_ALL=C
NIB_SHARE=$NIB_SRC/share
PATH=$NIB_BIN:$NIB_SRC/engines:$NIB_SRC/engines/parallel:$PATH
NIB_SHIP=$NIB_BIN
[ ! -x "$NIB_BIN/static/bin/nib-split" ] || NIB_SHIP=$NIB_BIN/static/bin
PYTHONPATH=$NIB_SRC/engines/spark
PYTHONDONTWRITEBYTECODE=1
python=${NIB_SPARK_PYTHON:-python3}
PYSPARK_PYTHON=$python
export LC_ALL NIB_SHARE PATH NIB_SHIP PYTHONPATH PYTHONDONTWRITEBYTECODE \
	PYSPARK_PYTHON
case ${BENCH:-} in
full) n=10000000 ;;
small) n=100000 ;;
*) n=1000000 ;;
esac
D=${BENCH_DIR:-${TMPDIR:-/tmp}/nib-bench}
F=$D/episodes-$n.csv
P=$D/engines-$n
mkdir -p "$P"
[ -s "$F" ] || nib-dummy -s admitted_episode -n "$n" -o "$F"
[ -s "$P/part-0016.csv" ] || nib-split --parts 16 -o "$P/part" "$F"
if [ ! -s "$D/project.key" ]; then
	nib-key new --type root -o "$D/root.key"
	nib-key project --root "$D/root.key" --project bench \
		-o "$D/project.key"
fi
printf '%s episodes in 16 parts, %s processors\n' "$n" "$(nproc)"
printf '%-26s %-12s %5s %8s %8s\n' task engine at 'wall s' 'cpu s'
# row TASK ENGINE AT COMMAND...
row() {
	task=$1 engine=$2 at=$3
	shift 3
	"$NIB_BIN/tests/bench/measure" "$P/out" "${RUNS:-3}" "$@" \
		>"$P/figures" 2>"$P/err" || { cat "$P/err" >&2; exit 2; }
	awk -v task="$task" -v engine="$engine" -v at="$at" '{
		printf "%-26s %-12s %5d %8.2f %8.2f\n", task, engine, at, $1,
		    $2 }' "$P/figures"
}
missing=
command -v parallel >/dev/null || missing='parallel'
"$python" -c 'import pyspark, pyarrow, pandas' 2>/dev/null ||
	missing="$missing pyspark"
parallel() { # TASK AT TOOL ARG...
	case $missing in *parallel*) return ;; esac
	task=$1 at=$2
	shift 2
	row "$task" nib-parallel "$at" nib-parallel -j "$at" -p 16 "$F" -- "$@"
}
for at in ${EXECUTORS:-1 2 4}; do
	set -- nib-aggregate --by provider --count --sum tariff_gbp
	row aggregate alone "$at" "$@" -j "$at" "$F"
	parallel aggregate "$at" "$@"
	set -- nib-pseudonymise -q -s admitted_episode -k "$D/project.key"
	row pseudonymise alone "$at" "$@" -j "$at" "$F"
	parallel pseudonymise "$at" "$@"
	case $missing in *pyspark*) continue ;; esac
	"$python" -W ignore "$NIB_SRC/tests/bench/spark.py" "$at" "$P" \
		"$D/project.key" 2>"$P/err" ||
		{ tail -5 "$P/err" >&2; exit 2; }
done
rm -rf "$P"
[ -z "$missing" ] || echo "not installed, so not measured: $missing"
