#!/bin/sh
# Every kind of chart of every kind of values (indicator-layout.py).
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || exit 77
run 0 python3 "$(dirname "$0")/indicator-layout.py" \
	"$(command -v nib-indicator)" "$T"
[ ! -s "$T/out" ] || head -20 "$T/out"
finish
