#!/bin/sh
# Pages, as readers and programs read them (indicator-pages.py).
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || exit 77
run 0 python3 "$(dirname "$0")/indicator-pages.py" \
	"$(command -v nib-indicator)" "$T"
[ ! -s "$T/out" ] || head -20 "$T/out"
finish
