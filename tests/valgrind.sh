#!/bin/sh
# make check-long: the end-to-end tests with the tools under valgrind. A
# memory error or a leak makes the tool end with 99, which no test expects;
# what valgrind said is shown. Arguments: the tests, or all of them.
#
# Of the runs of a test, valgrind sees the first three of each tool with the
# same options, on files of up to 256 KiB: more of the same finds no more,
# and takes hours. The others run as they are; large inputs are the business
# of the tests under the sanitizers. NIB_ALL=1: all runs on all files.
set -u
: "${NIB_BIN:?run it by make check-long}" "${NIB_SRC:?}"
export NIB_SRC NIB_BIN
if ! command -v valgrind >/dev/null; then
	echo 'valgrind.sh: no valgrind, nothing done'
	exit 77
fi
if [ "$#" -ne 1 ]; then
	[ "$#" -gt 0 ] || set -- "$NIB_SRC"/tests/e2e/*.sh
	jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
	printf '%s\n' "$@" | grep -v '/lib\.sh$' |
	    xargs -P "$jobs" -n 1 sh "$0"
	exit $?
fi

W=$(mktemp -d "${TMPDIR:-/tmp}/nib-valgrind.XXXXXX") || exit 99
trap 'rm -rf "$W"' EXIT
mkdir "$W/bin" "$W/log" "$W/kinds"
cat >"$W/run" <<'END'
#!/bin/sh
# run TOOL ARGUMENT...: under valgrind, or not.
tool=$1
shift
kind=${tool##*/}
large=
before=
for a; do
	case $a in
	-*) kind="$kind ${a%%=*}" ;;
	esac
	case ${tool##*/} in
	nib-dummy) [ "$before" != -n ] || [ "$a" -le 2000 ] || large=1 ;;
	esac
	[ ! -f "$a" ] || [ "$(wc -c <"$a")" -le 262144 ] || large=1
	before=$a
done
[ ! -f /dev/stdin ] || [ -z "$(find -L /dev/stdin -size +256k)" ] || large=1
seen=$W/kinds/$(printf %s "$kind" | cksum | tr -d ' ')
if [ -z "${NIB_ALL:-}" ]; then
	[ -z "$large" ] || exec "$tool" "$@"
	echo >>"$seen"
	[ "$(wc -l <"$seen")" -le 3 ] || exec "$tool" "$@"
fi
exec valgrind -q --error-exitcode=99 --leak-check=full \
    --errors-for-leak-kinds=definite --log-file="$W/log/%p" "$tool" "$@"
END
chmod +x "$W/run"
for tool in "$NIB_BIN"/nib-*; do
	[ -x "$tool" ] || continue
	printf '#!/bin/sh\nW=%s\nexport W\nexec "%s/run" "%s" "$@"\n' \
	    "$W" "$W" "$tool" >"$W/bin/${tool##*/}"
	chmod +x "$W/bin/${tool##*/}"
done
name=${1##*/}
env NIB_BIN="$W/bin" NIB_SHARE="$NIB_SRC/share" \
    sh "$1" >"$W/out" 2>&1 </dev/null
status=$?
# A tool that was killed on purpose leaves an empty log. Errors begin with
# ==; what begins with -- are system calls that valgrind does not know.
find "$W/log" -type f -size +0 -exec cat {} + | grep -v '^--' >"$W/said"
runs=$(find "$W/log" -type f | wc -l)
if [ "$status" -eq 77 ]; then
	echo "SKIP: $name"
elif [ "$status" -ne 0 ] || [ -s "$W/said" ]; then
	{
		echo "FAIL: $name (status $status)"
		grep -v passed "$W/out" | head -20
		head -60 "$W/said"
	} | cat
	exit 1
else
	echo "PASS: $name, $(tail -n 1 "$W/out"), $runs runs under valgrind"
fi
