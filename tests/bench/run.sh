#!/bin/sh
# make bench: what each tool costs on the same file in the same run, as a
# ratio to wc -l and to the peers that are installed. BENCH=full takes 10
# million episodes, BENCH=small 100,000. Figures to trust are processor
# seconds; wall time depends on what else the machine does.
set -u
: "${NIB_BIN:?run it by make bench}" "${NIB_SRC:?}"
LC_ALL=C
NIB_SHARE=$NIB_SRC/share
PATH=$NIB_BIN:$PATH
export LC_ALL NIB_SHARE PATH
case ${BENCH:-} in
full) n=10000000 runs=3 ;;
small) n=100000 runs=1 ;;
*) n=1000000 runs=3 ;;
esac
B=$NIB_BIN/tests/bench
D=${BENCH_DIR:-${TMPDIR:-/tmp}/nib-bench}
mkdir -p "$D" || exit 2
F=$D/episodes-$n.csv
say() { printf '%s\n' "$*"; }

if [ ! -s "$F" ]; then
	say "making $n artificial episodes (nib-dummy)"
	nib-dummy -s admitted_episode -n "$n" -o "$F" || exit 2
fi
if [ ! -s "$D/project.key" ]; then
	nib-key new --type root -o "$D/root.key" || exit 2
	nib-key project --root "$D/root.key" --project bench \
		-o "$D/project.key" || exit 2
fi
bytes=$(wc -c <"$F")
cat "$F" >/dev/null # into the page cache

say "$n episodes, $bytes bytes, $(head -1 "$F" | tr , '\n' | wc -l) columns;" \
	"$(nproc) processors; best of $runs by processor time"
say "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | sed 's/^ //')"
say ''
printf '%-26s %-12s %8s %8s %8s %8s %8s %9s\n' task tool 'wall s' 'cpu s' \
	'MB/s cpu' 'peak MB' '/ wc -l' 'cpu / nib'

# row TASK TOOL COMMAND...: measures and prints one line.
row() {
	task=$1
	tool=$2
	shift 2
	"$B/measure" "$D/out" "$runs" "$@" >"$D/figures" 2>"$D/err"
	read -r wall cpu kib status <"$D/figures" || status=127
	if [ "$status" -gt 1 ]; then
		printf '%-26s %-12s failed (status %s): %s\n' "$task" "$tool" \
			"$status" "$(head -1 "$D/err")"
		nib_cpu=0
		return
	fi
	case $tool in
	wc) wc_cpu=$cpu ;;
	nib) nib_cpu=$cpu ;;
	esac
	awk -v task="$task" -v tool="$tool" -v wall="$wall" -v cpu="$cpu" \
		-v kib="$kib" -v bytes="$bytes" -v wc="$wc_cpu" \
		-v nib="$nib_cpu" '
	BEGIN {
		if (cpu <= 0)
			cpu = 0.001
		ratio = ""
		if (tool != "nib" && tool != "wc" && nib > 0)
			ratio = sprintf("%.1f", cpu / nib)
		if (wc <= 0)
			wc = 0.001
		printf "%-26s %-12s %8.3f %8.3f %8.0f %8.1f %8.2f %9s\n",
		    task, tool, wall, cpu, bytes / 1e6 / cpu, kib / 1024,
		    cpu / wc, ratio
	}'
}
have() { command -v "$1" >/dev/null 2>&1; }
missing=
duck=
if have duckdb; then
	duck='duckdb -c'
elif python3 -c 'import duckdb' 2>/dev/null; then
	duck="python3 $NIB_SRC/tests/bench/duck.py"
else
	missing="$missing duckdb"
fi
polars=
if python3 -c 'import polars' 2>/dev/null; then
	polars=$NIB_SRC/tests/bench/polars_bench.py
else
	missing="$missing polars"
fi
have mlr || missing="$missing miller"
have datamash || missing="$missing datamash"
have csvstat || missing="$missing csvkit"
# A query for DuckDB over the file, all columns as text: its fastest way.
T="read_csv('$F', header=true, all_varchar=true)"
duck() {
	[ -n "$duck" ] || return 0
	# shellcheck disable=SC2086 # a command and its words
	row "$1" duckdb $duck "SET threads=1; $2"
}
polars() { [ -z "$polars" ] || row "$1" polars python3 "$polars" "$2" "$F"; }
miller() {
	task=$1
	shift
	if have mlr; then row "$task" miller mlr --icsv --ocsv "$@" "$F"; fi
}
datamash() {
	task=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	if have datamash; then
		row "$task" datamash sh -c \
			'f=$1; shift; exec datamash -t, --header-in "$@" <"$f"' \
			sh "$F" "$@"
	fi
}
column() { head -1 "$F" | tr , '\n' | grep -nx "$1" | cut -d: -f1; }
wc_cpu=0
nib_cpu=0

row 'count lines' wc wc -l "$F"
row 'scan only' nib "$B/scan" 1 "$F"
row 'count' nib nib-aggregate --count -j 1 "$F"
count_cpu=$nib_cpu
duck 'count' "SELECT count(*) FROM $T"
polars 'count' count
miller 'count' count
datamash 'count' count 1
if have csvstat; then row 'count' csvkit csvstat --count "$F"; fi

row 'group, provider and month' nib nib-aggregate -s admitted_episode -j 1 \
	--by provider --by 'month=month(admission_date)' --count \
	--sum tariff_gbp --mean cost_gbp "$F"
duck 'group, provider and month' "SELECT provider, admission_date[1:7] AS m,
	count(*), sum(tariff_gbp::DECIMAL(18,2)), avg(cost_gbp::DOUBLE)
	FROM $T GROUP BY ALL ORDER BY ALL"
polars 'group, provider and month' group
# shellcheck disable=SC2016 # Miller's own language
miller 'group, provider and month' \
	put '$month = $admission_date[1:7]' 'then' \
	stats1 -a count,sum,mean -f tariff_gbp,cost_gbp -g provider,month
datamash 'group, provider only' -s -g "$(column provider)" count 1 \
	sum "$(column tariff_gbp)" mean "$(column cost_gbp)"
row 'group by person' nib nib-aggregate -s admitted_episode -j 1 \
	--by person_id --count --sum tariff_gbp "$F"
# In order and into a file, as nib gives it.
duck 'group by person' "COPY (SELECT person_id, count(*),
	sum(tariff_gbp::DECIMAL(18,2)) FROM $T GROUP BY ALL ORDER BY person_id)
	TO '$D/duck.csv'"
row 'distinct persons' nib nib-aggregate --distinct person_id -j 1 "$F"
duck 'distinct persons' "SELECT count(DISTINCT person_id) FROM $T"
row 'five distinct counts' nib nib-aggregate -j 1 \
	--distinct person_id,consultant,hrg,lsoa,gp_practice "$F"
duck 'five distinct counts' "SELECT count(DISTINCT person_id),
	count(DISTINCT consultant), count(DISTINCT hrg), count(DISTINCT lsoa),
	count(DISTINCT gp_practice) FROM $T"
row 'five, nearly all differ' nib nib-aggregate -j 1 \
	--distinct person_id,record_id,spell_no,consultant,nhs_number "$F"
duck 'five, nearly all differ' "SELECT count(DISTINCT person_id),
	count(DISTINCT record_id), count(DISTINCT spell_no),
	count(DISTINCT consultant), count(DISTINCT nhs_number) FROM $T"
row 'filter' nib nib-aggregate -s admitted_episode -j 1 --count \
	--where "admission_method IN ('21','22') AND tariff_gbp > 1000" "$F"
duck 'filter' "SELECT count(*) FROM $T WHERE admission_method IN ('21','22')
	AND tariff_gbp::DOUBLE > 1000"
row 'filter and project' nib nib-derive -j 1 --only \
	--where "admission_method = '21' AND CAST(tariff_gbp AS REAL) > 1000" \
	--set p=provider --set d=admission_date --set t=tariff_gbp \
	--set h=hrg --set s=sex --set r=record_id "$F"
duck 'filter and project' "COPY (SELECT provider AS p, admission_date AS d,
	tariff_gbp AS t, hrg AS h, sex AS s, record_id AS r FROM $T
	WHERE admission_method = '21' AND tariff_gbp::DOUBLE > 1000)
	TO '$D/duck.csv'"
row 'records with a code' nib nib-derive -j 1 \
	--where "admission_method = '21'" "$F"
if have csvgrep; then
	row 'records with a code' csvkit csvgrep -c admission_method -m 21 "$F"
fi

# The specification's checks as SQL (validate_duck.py), and what of them
# Frictionless knows; both from Python.
spec=$NIB_SHARE/datasets/admitted_episode.json
sql() {
	task=$1
	shift
	if python3 -c 'import duckdb' 2>/dev/null; then
		row "$task" duckdb python3 "$NIB_SRC/tests/bench/validate_duck.py" \
			"$@" "$spec" "$NIB_SHARE/codelists" "$F"
	fi
}
valid() { nib-validate -s admitted_episode --check -q -j 1 "$@"; }
row 'validate' nib nib-validate -s admitted_episode --check -q -j 1 "$F"
sql 'validate'
row 'validate, records alone' nib nib-validate -s admitted_episode --check -q \
	-j 1 --no-unique --no-groups "$F"
sql 'validate, records alone' --only record
if python3 -c 'import frictionless' 2>/dev/null; then
	mkdir -p "$D/plain"
	python3 -c 'import json, sys
s = json.load(open(sys.argv[1]))
s["nib"]["rules"] = []
s["uniqueKeys"] = []
json.dump(s, open(sys.argv[2], "w"))' "$spec" "$D/plain/plain.json"
	head -100001 "$F" >"$D/100k.csv"
	row 'validate 100k, no rules' nib nib-validate -s "$D/plain/plain.json" \
		--check -q -j 1 "$D/100k.csv"
	row 'validate 100k, no rules' frictionless python3 \
		"$NIB_SRC/tests/bench/validate_frictionless.py" "$spec" \
		"$NIB_SHARE/codelists" "$D/100k.csv"
else
	missing="$missing frictionless"
fi
# The same counts of each kind of finding, on a file with errors put in.
if python3 -c 'import duckdb' 2>/dev/null; then
	nib-dummy -s admitted_episode -n 100000 --errors 0.02 -o "$D/errors.csv"
	valid --errors "$D/found.csv" "$D/errors.csv"
	python3 "$NIB_SRC/tests/bench/validate_duck.py" --compare "$D/found.csv" \
		"$spec" "$NIB_SHARE/codelists" "$D/errors.csv"
fi
row 'pseudonymise' nib nib-pseudonymise -s admitted_episode \
	-k "$D/project.key" -j 1 "$F"
duck 'pseudonymise' "COPY (SELECT * REPLACE (
	sha256('k' || record_id) AS record_id, sha256('k' || person_id) AS person_id,
	sha256('k' || spell_no) AS spell_no, sha256('k' || consultant) AS consultant,
	sha256('k' || nhs_number) AS nhs_number,
	split_part(postcode, ' ', 1) AS postcode) FROM $T) TO '$D/duck.csv'"
# Two identifiers hashed, the rest as the specification treats it.
row 'pseudonymise, two ids' nib nib-pseudonymise -q -s admitted_episode \
	-k "$D/project.key" --treat record_id=keep --treat spell_no=keep \
	--treat consultant=keep -j 1 "$F"
duck 'pseudonymise, two ids' "COPY (SELECT * REPLACE (
	sha256('k' || person_id) AS person_id,
	sha256('k' || nhs_number) AS nhs_number,
	split_part(postcode, ' ', 1) AS postcode) FROM $T) TO '$D/duck.csv'"
if [ ! -s "$D/optouts-$n.csv" ]; then
	{ echo nhs_number; cut -d, -f"$(column nhs_number)" "$F" | sed 1d |
		grep . | awk 'NR % 20 == 0' | sort -u; } >"$D/optouts-$n.csv"
fi
row 'consent' nib nib-consent -q -s admitted_episode \
	--opt-out "$D/optouts-$n.csv" --exempt type1:consent -j 1 "$F"
row 'derive two fields' nib nib-derive -s admitted_episode -j 1 \
	--set 'los=days(admission_date, discharge_date)' \
	--set 'age_then=age(birth_date, admission_date)' "$F"
# Sixty definitions in one pass, at no less than a quarter of the rate of
# reading: without attached columns, and with them, which are made here.
times() { # of a count: WHAT CPU OF
	awk -v what="$1" -v cpu="$2" -v of="$3" 'BEGIN {
		if (of > 0)
			printf "%s: %.1f times a checked count\n", what, cpu / of
	}'
}
sixty() { python3 "$NIB_SRC/tests/bench/sixty.py" "$NIB_SHARE/indicators" "$@"; }
if have python3; then
	rm -rf "$D/sixty" "$D/wide"
	sixty "$D/sixty" 60 plain
	row 'sixty indicators' nib nib-indicator count -j 1 "$D"/sixty/*.json "$F"
	times 'sixty indicators' "$nib_cpu" "$count_cpu"
	sixty "$D/wide" 60
	python3 "$NIB_SRC/tests/bench/attached.py" <"$F" >"$D/wide.csv"
	row 'count, wider records' nib nib-aggregate --count -j 1 "$D/wide.csv"
	count_cpu=$nib_cpu
	row 'sixty, attached columns' nib nib-indicator count -j 1 \
		"$D"/wide/*.json "$D/wide.csv"
	times 'sixty, attached columns' "$nib_cpu" "$count_cpu"
	rm -rf "$D/sixty" "$D/wide" "$D/wide.csv"
fi
row 'make the file' nib nib-dummy -s admitted_episode -n "$n" -j 1

# Values from counts: 10,000 areas by age band, a million areas without.
# Numbers are drawn by a generator of its own (a = 16807 modulo 2^31 - 1).
if [ ! -s "$D/rates.csv" ]; then
	awk -v bands="$NIB_SHARE/standards/esp2013.csv" \
		-v life="$NIB_SHARE/standards/life20.csv" \
		-v to="$D" '
	function draw(below) {
		seed = seed * 16807 % 2147483647
		return seed % below
	}
	BEGIN {
		FS = ","
		seed = 20
		while ((getline <bands) > 0)
			band[b++] = $1
		while ((getline <life) > 0)
			age[l++] = $1
		print "area,age_band,numerator,denominator" >(to "/rates.csv")
		print "area,sex,age_band,numerator,denominator" \
		    >(to "/deaths.csv")
		print "area,numerator,denominator" >(to "/cases.csv")
		for (a = 1000000; a < 1010000; a++) {
			for (i = 1; i < b; i++)
				print "E" a "," band[i] "," draw(10 + 4 * i) \
				    "," 500 + draw(9500) >(to "/rates.csv")
			for (i = 1; i < l; i++)
				print "E" a ",1," age[i] "," 1 + draw(i * i) \
				    "," 1000 + draw(9000) >(to "/deaths.csv")
		}
		for (a = 1000000; a < 2000000; a++)
			print "E" a "," draw(400) "," 400 + draw(20000) \
			    >(to "/cases.csv")
	}'
fi
# rated TASK FILE ID: the same file in R, where its package is installed.
r=
if have Rscript && Rscript -e 'library(PHEindicatormethods)' \
	>/dev/null 2>&1; then
	r=$NIB_SRC/tests/bench/rate.R
else
	missing="$missing PHEindicatormethods"
fi
rated() {
	bytes=$(wc -c <"$D/$2.csv")
	row "$1" nib nib-indicator rate "$3" "$D/$2.csv"
	[ -z "$r" ] || row "$1" R Rscript "$r" "$2" "$D/$2.csv" \
		"$NIB_SHARE/standards/esp2013.csv"
}
rated 'standardised, 10,000 x 19' rates emergency_admissions
rated 'life tables, 10,000 x 20' deaths life_expectancy
rated 'proportions, 1 million' cases ae_four_hours
rm -rf "$D/out" "$D/err" "$D/figures" "$D/duck.csv" "$D/plain" \
	"$D/100k.csv" "$D/errors.csv" "$D/found.csv"
say ''
[ -z "$missing" ] || say "not installed, so not compared:$missing"
say "one worker each (-j 1, SET threads=1); '/ wc -l' and 'cpu / nib' are"
say 'ratios of processor seconds; the last: how many times more than nib'
