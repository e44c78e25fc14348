#!/bin/sh
# Spark with two executor processes; skips by name where pyspark or Java are
# not there. Tests: engines/spark/tests.
set -eu
NIB_SRC=${NIB_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
NIB_BIN=${NIB_BIN:-$NIB_SRC}
NIB_SHARE=${NIB_SHARE:-$NIB_SRC/share}
NIB_ENGINE_ROWS=${NIB_SPARK_ROWS:-${NIB_ENGINE_ROWS:-20000}}
python=${NIB_SPARK_PYTHON:-python3}
PYTHONPATH=$NIB_SRC/engines/spark
PYTHONDONTWRITEBYTECODE=1
PYSPARK_PYTHON=$python
export NIB_SRC NIB_BIN NIB_SHARE NIB_ENGINE_ROWS PYTHONPATH PYSPARK_PYTHON \
	PYTHONDONTWRITEBYTECODE
if ! "$python" -c 'import pyspark, pyarrow, pandas, pytest' 2>/dev/null ||
	! command -v java >/dev/null; then
	echo 'SKIP: pyspark, pyarrow, pandas, pytest and Java are needed'
	exit 77
fi
cd "$NIB_SRC/engines/spark"
# What hangs, or crawls on a machine that does much else, is ended and named.
status=0
timeout -k 20 "${NIB_SPARK_SECONDS:-600}" \
	"$python" -m pytest -q -rs -p no:cacheprovider tests || status=$?
case $status in
124 | 137)
	echo "SKIP: not done in ${NIB_SPARK_SECONDS:-600} seconds"
	exit 77
	;;
esac
exit "$status"
