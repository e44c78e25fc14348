#!/bin/sh
# Every indicator of the library on artificial data, against values worked
# out by an independent program: see testdata/indicator/library/README.
. "$(dirname "$0")/lib.sh"
L=$TESTDATA/indicator/library

count() {
	run 0 nib-indicator count --all -s "$1" "$L/$1.csv"
	cp "$T/out" "$T/$1.counts"
}
# DATASET POPULATION ID...: values of the counts, added to $T/got.
rate() {
	counts=$T/$1.counts
	people=$2
	shift 2
	run 0 nib-indicator rate --no-header ${people:+-p "$L/$people.csv"} \
	    "$@" "$counts"
	cat "$T/out" >>"$T/got"
}

PLAIN="hes_ae hes_apc emergency outpatient fft proms community_contact
    social_care_event mental_health_spell person ae_return registration
    digital_maturity incident survey copd_review data_quality patient_cost"
# Of all tables of the folder $L, to $T/got.
all_values() {
	: >"$T/got"
	for d in $PLAIN; do
		count "$d"
		rate "$d" ''
	done
	count admitted_episode
	rate admitted_episode population
	count mortality
	rate mortality population_life life_expectancy life_expectancy_inequality
	rate mortality population_sex mortality_under_75 \
	    mortality_under_75_cardiovascular mortality_under_75_cancer \
	    mortality_under_75_respiratory mortality_under_75_liver
	rate mortality '' deaths_usual_residence death_registration_delay
}
all_values

# Nobody should read a value without being told what it does not say.
ok
grep -L '"caveats": "' "$NIB_SHARE"/indicators/*.json |
    grep -v '/schema.json$' >"$T/bare"
[ ! -s "$T/bare" ] || fail "no caveats: $(cat "$T/bare")"

# WANT HAVE: same groups, and count, denominator, value and limits the same.
same_values() {
	ok
	awk -F, -v OFS=, '
	function near(a, b) {
		if ((a == "") != (b == ""))
			return 0
		d = a - b
		s = a < 0 ? -a : a
		return (d < 0 ? -d : d) <= 1e-9 * (s > 1e-3 ? s : 1e-3)
	}
	{ key = $1 OFS $2 OFS $3 OFS $4 OFS $5 }
	NR == FNR { want[key] = $0; n++; next }
	!(key in want) { print "not wanted: " key; bad++; next }
	{
		split(want[key], w, ",")
		for (i = 6; i <= 10; i++)
			if (!near(w[i], $i)) {
				print key ": column " i " is " $i ", not " w[i]
				bad++
			}
		found++
	}
	END {
		if (found != n)
			print found " of " n " groups"
		exit bad > 0 || found != n
	}' "$1" "$2" >"$T/diff" || {
		fail "values differ"
		head -20 "$T/diff"
	}
}
sed 1d "$L/expected.csv" | sort >"$T/want"
cut -d, -f1-10 "$T/got" | sort >"$T/have"
same_values "$T/want" "$T/have"

# And the program says of itself what is kept of it.
if command -v python3 >/dev/null; then
	ok
	python3 "$(dirname "$0")/../oracle/indicator_values.py" "$L" \
	    "$NIB_SHARE" >"$T/program" || fail 'the program fails'
	sed 1d "$T/program" | sort >"$T/again"
	same_values "$T/want" "$T/again"
fi

# The same over tables of nib-dummy, where cells are missing.
if command -v python3 >/dev/null; then
	mkdir "$T/dummy"
	cp "$L"/population*.csv "$T/dummy"
	for d in $PLAIN admitted_episode mortality; do
		run 0 nib-dummy -s "$d" -n 500 --seed 5 -o "$T/dummy/table"
		python3 "$(dirname "$0")/../oracle/indicator_dummy.py" 5 "$d" \
		    <"$T/dummy/table" >"$T/dummy/$d.csv" || fail "no $d"
	done
	cp "$T/want" "$T/want.library"
	L=$T/dummy
	all_values
	python3 "$(dirname "$0")/../oracle/indicator_values.py" "$L" \
	    "$NIB_SHARE" >"$T/program" || fail 'the program fails'
	sed 1d "$T/program" | sort >"$T/want"
	cut -d, -f1-10 "$T/got" | sort >"$T/have"
	same_values "$T/want" "$T/have"
	mv "$T/want.library" "$T/want"
fi

# Each definition of the library has a value among them.
run 0 nib-indicator list --no-header
cut -d, -f1 "$T/out" | sort >"$T/ids"
cut -d, -f1 "$T/want" | sort -u >"$T/tested"
same "$T/ids" "$T/tested"
finish
