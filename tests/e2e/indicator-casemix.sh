#!/bin/sh
# A case-mix model fitted by tools/casemix_fit.py and used: where a model of
# the greatest likelihood has an intercept and a term for a group, it expects
# of the group, and of all, what was observed. That holds of no other
# coefficients, and is known without fitting anything.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo 'skipped: no python3'; exit 77; }
cd "$T" || exit 99
cp -R "$NIB_SHARE" share
NIB_SHARE=$T/share
export NIB_SHARE

# Every seventh spell lacks a birth date: the fit and the use leave it out.
run 0 nib-dummy -s admitted_episode -n 20000 --seed 11 -o whole.csv
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++)
	if ($i == "birth_date") at = i }
    NR > 1 && NR % 7 == 0 { $at = "" } 1' whole.csv >episodes.csv
cat >terms.csv <<'EOF'
term,when,value
intercept,,
women,sex = '2',
emergency,"substr(admission_method, 1, 1) = '2'",
age in tens of years,,"age(birth_date, admission_date) / 10.0"
EOF
dead="discharge_method = '4'"
where="last_episode = '1' AND discharge_method IS NOT NULL AND sex IN ('1', '2')"
run 0 python3 "$NIB_SRC/tools/casemix_fit.py" -s admitted_episode \
    --where "$where" "$dead" terms.csv episodes.csv
cp out share/casemix/fitted.csv
ok; [ "$(wc -l <out)" -eq 5 ] || fail 'not four terms'

# NAME GROUP: observed over expected, apart by an expression.
define() {
	cat >"$1.json" <<EOF
{"id": "$1", "version": "1", "title": "t", "status": "draft",
 "purpose": "p", "definition": "d", "dataset": "admitted_episode",
 "where": "$where",
 "numerator": {"text": "Deaths", "count": "$dead"},
 "denominator": {"text": "Expected", "casemix": {"model": "fitted",
  "link": "logistic"}},
 "area": "$2", "method": {"name": "smr"}, "unit": "u",
 "history": [{"version": "1", "change": "c"}]}
EOF
	run 0 nib-indicator count "$1.json" episodes.csv
	cp out counts
	run 0 nib-indicator rate --total all "$1.json" ./counts
	awk -F, 'NR > 1 { printf "%s %.3f\n", $2, $8 }' out
}
define sexes sex >have
define methods "substr(admission_method, 1, 1) = '2'" >>have
grep -v '^[a-z0-9]* 100.000$' have >odd
ok
[ "$(grep -c ' 100.000$' have)" -eq 6 ] || fail "expected is not observed"
sed 's/^/  /' odd | head -6
# It differs between areas that the model does not know.
define providers provider >areas
ok
[ "$(sort -u areas | wc -l)" -gt 20 ] || fail 'no areas to compare'
ok
if awk '$1 != "all" && $2 != "100.000" { n++ } END { exit n < 20 }' areas
then :; else fail 'every area is as expected'; fi

# A linear model: the mean of what is left over is 0, in a group as in all.
run 0 nib-dummy -s proms -n 4000 --seed 11 -o proms.csv
cat >terms.csv <<'EOF'
term,when,value
intercept,,
knee,procedure_group = '2',
index before,,pre_eq5d_index
EOF
run 0 python3 "$NIB_SRC/tools/casemix_fit.py" --linear -s proms \
    'post_eq5d_index' terms.csv proms.csv
cp out share/casemix/gain.csv
cat >gain.json <<'EOF'
{"id": "gain", "version": "1", "title": "t", "status": "draft",
 "purpose": "p", "definition": "d", "dataset": "proms",
 "numerator": {"text": "Gain", "sum": "post_eq5d_index",
  "casemix": {"model": "gain"}},
 "method": {"name": "mean"}, "unit": "u",
 "history": [{"version": "1", "change": "c"}]}
EOF
run 0 nib-indicator count gain.json proms.csv
cp out counts
run 0 nib-indicator rate gain.json ./counts
ok
awk -F, 'NR > 1 && $8 < 0.00002 && $8 > -0.00002 { n++ } END { exit n != 1 }' \
    out || fail "the mean of the residuals is not 0: $(sed 1d out)"

# Terms that say the same, and a term that does not compile.
printf 'term,when,value\nintercept,,\nall,,1\n' >twice.csv
run 1 python3 "$NIB_SRC/tools/casemix_fit.py" -s admitted_episode \
    "$dead" twice.csv episodes.csv
err_has 'says nothing that the others do not say'
printf 'term,when,value\nintercept,,no_such_field\n' >bad.csv
run 2 python3 "$NIB_SRC/tools/casemix_fit.py" -s admitted_episode \
    "$dead" bad.csv episodes.csv
err_has 'no_such_field'
finish
