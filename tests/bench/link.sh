#!/bin/sh
# make bench-link, or tests/bench/link.sh A B: what linking two files of
# people costs and how right it is, beside Splink where Python has it. A and
# B have the columns of testdata/linkage/people_a.csv.gz, which are taken
# without operands: for cost, take files of a million. LINK_JOBS: workers.
set -u
: "${NIB_BIN:?run it by make bench-link}" "${NIB_SRC:?}"
LC_ALL=C
NIB_SHARE=$NIB_SRC/share
PATH=$NIB_BIN:$PATH
export LC_ALL NIB_SHARE PATH
B=$NIB_BIN/tests/bench
D=$(mktemp -d "${TMPDIR:-/tmp}/nib-bench-link.XXXXXX") || exit 2
trap 'rm -rf "$D"' EXIT
j=${LINK_JOBS:-2}
if [ $# -eq 2 ]; then
	a=$1 b=$2
else
	a=$D/a.csv b=$D/b.csv
	gzip -dc "$NIB_SRC/testdata/linkage/people_a.csv.gz" >"$a"
	gzip -dc "$NIB_SRC/testdata/linkage/people_b.csv.gz" >"$b"
fi
# The rules that Splink is given too; people has five more.
sed -e '/\["birth_date", "gp_practice"\],/d' \
	-e '/\["birth_date", "postcode district"\],/d' \
	-e '/\["given_name soundex", "family_name soundex"/d' \
	-e '/\["family_name soundex", "postcode sector"/d' \
	-e '/\["given_name soundex", "postcode sector"/d' \
	-e 's/\(\["postcode", "family_name", "sex"\]\),/\1/' \
	-e 's/"name": "people"/"name": "people-7"/' \
	"$NIB_SHARE/matching/people.json" >"$D/seven.json"

# Columns id, person_id: precision, recall, F1 of pairs between the files.
accuracy() {
	awk -F, '{ sub(/\r$/, "") }
		FNR == 1 {
			file++
			for (i = 1; i <= NF; i++) {
				if ($i == "truth_id") truth = i
				if ($i == "rec_id") id = i
			}
			next
		}
		file == 1 { t[$id] = $truth; left[$id]; n[$truth]++; next }
		file == 2 { t[$id] = $truth; total += n[$truth]; next }
		$1 in left { l[$2] = l[$2] " " $1; next }
		{ r[$2] = r[$2] " " $1 }
		END {
			for (p in l) {
				x = split(l[p], u, " ")
				y = split(r[p], v, " ")
				found += x * y
				for (i = 1; i <= x; i++)
					for (k = 1; k <= y; k++)
						right += t[u[i]] == t[v[k]]
			}
			p = found > 0 ? right / found : 0
			q = total > 0 ? right / total : 0
			f = p + q > 0 ? 2 * p * q / (p + q) : 0
			printf "%.5f %.5f %.5f", p, q, f
		}' "$a" "$b" "$1"
}
# row TASK TOOL PERSONS COMMAND...: PERSONS is "-" where there are none yet.
row() {
	task=$1 tool=$2 persons=$3
	shift 3
	"$B/measure" "$D/out" "${LINK_RUNS:-1}" "$@" >"$D/figures" 2>"$D/err"
	read -r wall cpu kib status <"$D/figures" || status=127
	if [ "$status" -gt 1 ]; then
		printf '%-22s %-8s failed (status %s): %s\n' "$task" "$tool" \
			"$status" "$(head -1 "$D/err")"
		return
	fi
	[ "$persons" = - ] && right= || right=$(accuracy "$persons")
	printf '%-22s %-8s %8.2f %8.2f %8.0f  %s\n' "$task" "$tool" "$wall" \
		"$cpu" $((kib / 1024)) "$right"
}
printf '%s x %s records, %s workers, %s processors\n' \
	"$(($(wc -l <"$a") - 1))" "$(($(wc -l <"$b") - 1))" "$j" "$(nproc)"
printf '%-22s %-8s %8s %8s %8s  %s\n' task tool 'wall s' 'cpu s' 'peak MB' \
	'precision recall F1'
link() { # TITLE MATCHING
	row "$1: train" nib - nib-link train -q -j "$j" -m "$2" \
		-o "$D/model" "$a" "$b"
	row "$1: score" nib - nib-link score -q -j "$j" -m "$D/model" \
		-o "$D/pairs" "$a" "$b"
	row "$1: cluster" nib "$D/persons" nib-link cluster \
		-o "$D/persons" "$D/pairs"
}
link 'seven rules' "$D/seven.json"
link 'people' people
# Of each step: pairs between the files, how many are right, how many of all
# true pairs it added.
by_step() {
	awk -F, -v report="$D/report" 'BEGIN {
			getline line <report
			while ((getline line <report) > 0) {
				split(line, cell, ",")
				rank[cell[1]] = ++nsteps
				name[nsteps] = cell[1]
			}
		}
		NR == 1 {
			for (i = 1; i <= NF; i++)
				if ($i == "truth_id")
					truth = i
			next
		}
		{
			side = $1 ~ /^A/ ? "l" : "r"
			all[side, $truth]++
			persons[$(NF - 1)]
			truths[$truth]
			k = ++n[side, $(NF - 1)]
			t[side, $(NF - 1), k] = $truth
			by[side, $(NF - 1), k] = rank[$NF]
		}
		END {
			for (x in truths)
				total += all["l", x] * all["r", x]
			for (p in persons)
				for (i = 1; i <= n["l", p]; i++)
					for (k = 1; k <= n["r", p]; k++) {
						a = by["l", p, i]
						b = by["r", p, k]
						a = a > b ? a : b
						found[a]++
						right[a] += t["l", p, i] == \
						    t["r", p, k]
					}
			for (i = 1; i <= nsteps; i++)
				if (found[i] > 0)
					printf "    step %-22s %8d pairs  " \
					    "precision %.4f  recall +%.4f\n",
					    name[i], found[i],
					    right[i] / found[i],
					    right[i] / total
		}' "$1"
}
for m in hes-3-step hes-8-step mps-3-step epidm ons-matchkeys; do
	tail -n +2 "$b" | cat "$a" - >"$D/both"
	row "$m" nib - nib-link persons -q -j "$j" -m "$m" --step \
		--report "$D/report" -o "$D/linked" "$D/both"
	awk -F, 'NR == 1 { print "id,person_id"; next }
		{ print $1 "," $(NF - 1) }' "$D/linked" >"$D/persons"
	printf '%-22s %-8s %28s%s\n' '' '' '' "$(accuracy "$D/persons")"
	by_step "$D/linked"
done
if python3 -c 'import splink, duckdb' 2>/dev/null; then
	row 'seven rules: all' splink "$D/persons" python3 \
		"$NIB_SRC/tests/bench/link_splink.py" "$a" "$b" "$D/persons"
	sed 's/^/    /' "$D/err"
else
	printf 'not installed, so not compared: splink\n'
fi
