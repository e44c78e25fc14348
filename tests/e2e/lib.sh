# What every end-to-end test uses. Source it first:  . "$(dirname "$0")/lib.sh"
#
#   run STATUS COMMAND...   runs it with out, err in $T; fails the test if its
#                           exit status is another
#   out_is TEXT | err_has TEXT | err_is TEXT | same FILE FILE | no_file FILE
#
# NIB_BIN: where the tools are; NIB_SRC: the source tree. T: a fresh folder.
set -u
NIB_SRC=${NIB_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
NIB_BIN=${NIB_BIN:-$NIB_SRC}
NIB_SHARE=${NIB_SHARE:-$NIB_SRC/share}
PATH=$NIB_BIN:$PATH
LC_ALL=C
export NIB_SRC NIB_BIN NIB_SHARE PATH LC_ALL
TESTDATA=$NIB_SRC/testdata
T=$(mktemp -d "${TMPDIR:-/tmp}/nib-test.XXXXXX") || exit 99
trap 'rm -rf "$T"' EXIT
trap 'exit 99' HUP INT TERM
failures=0
checks=0

fail() {
	failures=$((failures + 1))
	printf 'FAIL: %s\n' "$*"
	if [ -s "$T/err" ]; then sed 's/^/  stderr: /' "$T/err" | head -5; fi
}
ok() { checks=$((checks + 1)); }
run() {
	want=$1
	shift
	ok
	"$@" >"$T/out" 2>"$T/err"
	got=$?
	[ "$got" -eq "$want" ] || fail "status $got, not $want: $*"
}
# The same, with standard input from the caller.
out_is() { ok; printf '%s\n' "$1" | cmp -s - "$T/out" || { fail "output differs: wanted:"; printf '%s\n' "$1" | diff - "$T/out" | head -20; }; }
out_has() { ok; grep -qF -- "$1" "$T/out" || fail "output lacks: $1"; }
err_has() { ok; grep -qF -- "$1" "$T/err" || fail "message lacks: $1"; }
err_lacks() { ok; if grep -qF -- "$1" "$T/err"; then fail "message has: $1"; fi; }
err_is() { ok; printf '%s\n' "$1" | cmp -s - "$T/err" || fail "message is not: $1"; }
err_empty() { ok; [ ! -s "$T/err" ] || fail "message where none is due"; }
same() { ok; cmp -s "$1" "$2" || { fail "$1 and $2 differ"; diff "$1" "$2" | head -10; }; }
no_file() { ok; [ ! -e "$1" ] || fail "$1 exists"; }
finish() {
	printf '%d passed, %d failed\n' $((checks - failures)) "$failures"
	[ "$failures" -eq 0 ]
	exit $?
}
