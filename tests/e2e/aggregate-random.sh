#!/bin/sh
# nib-aggregate against SQLite and Python's fractions: random questions about
# a random file (aggregate-random.py). NIB_LONG: many more.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || exit 77
questions=30
[ -z "${NIB_LONG:-}" ] || questions=1000
for seed in 1 2; do
	run 0 python3 "$(dirname "$0")/aggregate-random.py" "$T" \
		"$questions" "$seed"
	[ ! -s "$T/out" ] || head -20 "$T/out"
done
finish
