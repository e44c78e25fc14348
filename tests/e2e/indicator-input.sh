#!/bin/sh
# nib-indicator as it is put in other words: the same records and counts in
# another form give the same bytes, and a word mistyped is not another word.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99
L=$TESTDATA/indicator/library
cp "$L/hes_ae.csv" ae.csv
ALL="hes_ae_admitted hes_ae_assessed_within_quarter hes_ae_four_hours
    hes_ae_left_unseen hes_ae_mean_duration hes_ae_treated_within_hour
    hes_ae_unplanned_follow_up"
run 0 nib-indicator count $ALL -o counts.csv ae.csv
run 0 nib-indicator rate --total England -o values.csv counts.csv
run 0 nib-indicator compare -c England -o compared.csv values.csv

# FORM FILE: the file in another form, of the same meaning.
form() {
	case $1 in
	plain) cat "$2" ;;
	crlf) sed 's/$/\r/' "$2" ;;
	bom) printf '\357\273\277'; cat "$2" ;;
	unended) head -c -1 "$2" ;;
	gzip) gzip -c "$2" ;;
	turned) awk -F, '{ for (i = NF; i > 1; i--) printf "%s,", $i
		print $1 }' "$2" ;;
	wider) sed 's/$/,x/; 1s/x$/an extra column/' "$2" ;;
	esac
}
for f in plain crlf bom unended gzip turned wider; do
	form $f ae.csv >in
	run 0 sh -c 'nib-indicator count "$@" <in' sh $ALL
	same counts.csv out
	run 0 sh -c 'nib-indicator count -j 3 "$@" - <in' sh $ALL
	same counts.csv out
	form $f counts.csv >in
	run 0 sh -c 'nib-indicator rate --total England <in'
	same values.csv out
	form $f values.csv >in
	run 0 sh -c 'nib-indicator compare -c England - <in'
	same compared.csv out
done
run 0 env -i "NIB_SHARE=$NIB_SHARE" "$(command -v nib-indicator)" \
    rate --total England "$T/counts.csv"
same values.csv out

# Any cut into parts, merged in any order and by steps, is the whole: with
# means, sums and distinct people, of three datasets.
cut_up() { # SPEC SEED
	run 0 nib-indicator count --all -q -s "$1" -o whole.csv "$L/$1.csv"
	rm -f part.*
	awk -v seed="$2" 'BEGIN { srand(seed); n = 1 + int(5 * rand()) }
	NR == 1 { for (i = 0; i < n; i++) print > ("part." i); next }
	{ print > ("part." int(n * rand())) }' "$L/$1.csv"
	for p in part.?; do
		run 0 nib-indicator count --all -q -s "$1" --partial \
		    -o "$p.csv" "./$p"
	done
	for p in part.?.csv; do
		[ -e all.csv ] || { mv "$p" all.csv; continue; }
		run 0 nib-indicator count --all -s "$1" --merge \
		    -o next.csv "./$p" ./all.csv
		mv next.csv all.csv
	done
	run 0 nib-indicator count --all -s "$1" --final all.csv
	rm -f all.csv
	same whole.csv out
}
for seed in 1 2 3 4 5; do
	cut_up hes_ae $seed
	cut_up hes_apc $seed
	cut_up admitted_episode $seed
	cut_up mortality $seed
done

# Asked for twice is not counted twice; --all is all.
run 2 nib-indicator count hes_ae_four_hours hes_ae_four_hours ae.csv
err_is 'nib-indicator count: indicator hes_ae_four_hours is asked for twice'
run 2 nib-indicator count hes_ae_four_hours \
    "$NIB_SHARE/indicators/hes_ae_four_hours.json" ae.csv
err_has 'asked for twice'
run 2 nib-indicator count --all -s hes_ae hes_ae_four_hours ae.csv
err_has 'name none beside it'

# A column beside its name would put areas, years or sexes together.
for c in area:aera period:perod indicator:indicater numerator:numerater \
    denominator:denominater; do
	sed "1s/${c%:*}/${c#*:}/" counts.csv >in.csv
	run 2 nib-indicator rate in.csv
	err_has "no column ${c%:*}; is ${c#*:} meant?"
done
R=$TESTDATA/indicator/rates
sed 1s/age_band/age_bnd/ "$R/people.csv" >people.csv
run 2 nib-indicator rate -p people.csv "$R/bands.csv"
err_has 'people.csv: no column age_band; is age_bnd meant?'
for c in period sex; do
	P=$L/population_sex.csv
	grep -q "^[^0-9]*$c" "$P" || continue
	run 0 nib-indicator count mortality_under_75 -o deaths.csv \
	    "$L/mortality.csv"
	sed "1s/$c/x$c/" "$P" >people.csv
	run 2 nib-indicator rate -p people.csv deaths.csv
	err_has "no column $c; is x$c meant?"
done
cut -d, -f1-3,5- deaths.csv >nosex.csv
run 2 nib-indicator rate -p "$L/population_sex.csv" nosex.csv
err_has 'the counts have no column sex, which mortality_under_75 needs'

# A set that nothing is of.
run 2 nib-indicator list --set mortalty
err_is 'nib-indicator list: no indicator is of the set mortalty; did you mean mortality?'
run 0 nib-indicator list --set mortality
out_has 'mortality_under_75,'
run 2 nib-indicator show --no-header hes_ae_four_hours

# Without a library nothing is listed or found to be well: a copy of the tool
# away from its share/. One that is installed has its library at hand.
mkdir bin
cp "$(command -v nib-indicator)" bin
if ! env -i "$T/bin/nib-indicator" show hes_ae_four_hours >/dev/null 2>&1; then
	for part in list check 'rate counts.csv'; do
		# shellcheck disable=SC2086 # words
		run 2 env -i "$T/bin/nib-indicator" $part
		err_has 'no indicator in share/indicators'
		ok
		[ ! -s out ] || fail "something came out: $part"
	done
fi
finish
