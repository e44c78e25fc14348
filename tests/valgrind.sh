#!/bin/sh
# make check-long: the end-to-end tests with every tool under valgrind. A
# memory error or a leak makes the tool end with 99, which no test expects;
# what valgrind said is shown. Arguments: the tests, or all of them.
set -u
: "${NIB_BIN:?run it by make check-long}" "${NIB_SRC:?}"
export NIB_SRC
if ! command -v valgrind >/dev/null; then
	echo 'valgrind.sh: no valgrind, nothing done'
	exit 77
fi
W=$(mktemp -d "${TMPDIR:-/tmp}/nib-valgrind.XXXXXX") || exit 99
trap 'rm -rf "$W"' EXIT
mkdir "$W/bin" "$W/log"
for tool in "$NIB_BIN"/nib-*; do
	[ -x "$tool" ] || continue
	cat >"$W/bin/$(basename "$tool")" <<END
#!/bin/sh
exec valgrind -q --error-exitcode=99 --leak-check=full \\
    --errors-for-leak-kinds=definite --log-file='$W/log/%p' '$tool' "\$@"
END
	chmod +x "$W/bin/$(basename "$tool")"
done
[ "$#" -gt 0 ] || set -- "$NIB_SRC"/tests/e2e/*.sh
failed=0
for test in "$@"; do
	case $test in
	*/lib.sh) continue ;;
	*/dummy-validate.sh | */split.sh) continue ;; # an hour: too much data
	esac
	env NIB_BIN="$W/bin" NIB_SHARE="$NIB_SRC/share" \
		sh "$test" >"$W/out" 2>&1 </dev/null
	status=$?
	# A tool that was killed on purpose leaves an empty log.
	find "$W/log" -type f -size +0 -exec cat {} + >"$W/said"
	rm -f "$W"/log/*
	if [ "$status" -eq 77 ]; then
		echo "SKIP: $(basename "$test")"
	elif [ "$status" -ne 0 ] || [ -s "$W/said" ]; then
		echo "FAIL: $(basename "$test") (status $status)"
		grep -v passed "$W/out" | head -20
		head -60 "$W/said"
		failed=$((failed + 1))
	else
		echo "PASS: $(basename "$test"), $(tail -1 "$W/out")"
	fi
done
[ "$failed" -eq 0 ]
