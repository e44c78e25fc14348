#!/bin/sh
# Spark with two executor processes; skips by name where pyspark or Java are
# not there. Tests: engines/spark/tests.
set -eu
NIB_SRC=${NIB_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
NIB_BIN=${NIB_BIN:-$NIB_SRC}
NIB_SHARE=${NIB_SHARE:-$NIB_SRC/share}
# The whole pipeline may have more than the other tests.
NIB_PIPELINE_ROWS=${NIB_PIPELINE_ROWS:-${NIB_ENGINE_ROWS:-20000}}
NIB_ENGINE_ROWS=${NIB_SPARK_ROWS:-${NIB_ENGINE_ROWS:-20000}}
python=${NIB_SPARK_PYTHON:-python3}
PYTHONPATH=$NIB_SRC/engines/spark
PYTHONDONTWRITEBYTECODE=1
PYSPARK_PYTHON=$python
# What is sent to executors, where it was built; else the tools as they are.
NIB_SHIP=$NIB_BIN
[ ! -x "$NIB_BIN/static/bin/nib-split" ] || NIB_SHIP=$NIB_BIN/static/bin
export NIB_SHIP NIB_SRC NIB_BIN NIB_SHARE NIB_ENGINE_ROWS NIB_PIPELINE_ROWS \
	PYTHONPATH PYSPARK_PYTHON PYTHONDONTWRITEBYTECODE
if ! "$python" -c 'import pyspark, pyarrow, pandas, pytest' 2>/dev/null ||
	! command -v java >/dev/null; then
	echo 'SKIP: pyspark, pyarrow, pandas, pytest and Java are needed'
	exit 77
fi
cd "$NIB_SRC/engines/spark"
# A cluster that does not come up skips by name (the tests say so); tests that
# are not done in time have failed, and are ended.
status=0
timeout -k 20 "${NIB_SPARK_SECONDS:-1500}" \
	"$python" -m pytest -q -rs -p no:cacheprovider -W ignore tests ||
	status=$?
case $status in
124 | 137) echo "FAIL: not done in ${NIB_SPARK_SECONDS:-1500} seconds" ;;
esac
exit "$status"
