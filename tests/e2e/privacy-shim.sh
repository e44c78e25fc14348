#!/bin/sh
# The n-th write, sync, rename, link or allocation fails, for each n, and the
# disk is full after each so many bytes: either the old file or the whole new
# one, a ledger that verifies, and nothing of anybody in what is said. The
# faults come from a library that is preloaded (tests/fault/shim.c).
. "$(dirname "$0")/lib.sh"
D=$TESTDATA/privacy
cd "$T" || exit 99
${CC:-cc} -shared -fPIC -O1 -o shim.so "$NIB_SRC/tests/fault/shim.c" -ldl 2>err || exit 77
# Neither a static program nor a sanitized one takes a preloaded malloc.
if ldd "$NIB_BIN/nib-key" 2>/dev/null | grep -q libasan; then exit 77; fi
NIB_FAULT=malloc:1 NIB_FAULT_DONE=$T/done LD_PRELOAD=$T/shim.so nib-key --version >/dev/null 2>&1
[ -s ./done ] || exit 77
rm -f ./done

install -m 600 "$D/root.key" root.key
nib-key project --root root.key --project asthma-2026 -o p.key || exit 99
nib-key new --type ledger -o l.key || exit 99
nib-ledger init uses --key l.key || exit 99
L="--ledger uses --ledger-key l.key --use $D/use.json"
cp uses fresh
# Canaries: numbers and a name that no other test data has.
sed 's/9434765919/4711000003/; s/Archer/Canaryname/' "$D/people.csv" >people.csv
grep -q 4711000003 people.csv || exit 99
: >said

# faults NAME OUTPUT COMMAND...: OUTPUT is old or whole; the command makes
# the same whole file each time.
faults() {
	name=$1 file=$2
	shift 2
	cp fresh uses
	rm -f "$file"
	"$@" >/dev/null 2>&1 || { fail "$name without a fault"; return; }
	cp "$file" whole
	for kind in write fsync rename link full malloc; do
		n=1 step=1
		while :; do
			cp fresh uses
			printf 'old\n' >"$file"
			[ "$name" != key ] || rm -f "$file"
			rm -f ./done
			arg=$n
			[ $kind != full ] || arg=$((n * 512 - 512))
			NIB_FAULT=$kind:$arg NIB_FAULT_DONE=$T/done LD_PRELOAD=$T/shim.so "$@" >/dev/null 2>err
			status=$?
			cat err >>said
			[ -s ./done ] || break
			ok
			# A fault can pass unharmed (a second try, a smaller buffer).
			[ $status -eq 0 ] || [ $status -eq 2 ] || fail "$name, $kind $arg: status $status"
			if [ $status -eq 0 ]; then
				cmp -s whole "$file" || fail "$name, $kind $arg: done, and not whole"
			elif [ -e "$file" ]; then
				cmp -s whole "$file" || [ "$(cat "$file")" = old ] ||
					fail "$name, $kind $arg: a half file"
			fi
			nib-ledger verify uses >/dev/null 2>err || fail "$name, $kind $arg: the ledger"
			n=$((n + step))
			# Allocations are many: the first ones all, then fewer.
			if [ $kind = malloc ] && [ -z "${NIB_LONG:-}" ] && [ $n -gt 12 ]; then
				step=$((n / 6))
			fi
			[ $n -lt 20000 ] || break
		done
		ok
		[ $n -gt 1 ] || [ $kind = link ] || [ $kind = rename ] ||
			fail "$name: no $kind failed"
		[ $status -eq 0 ] || fail "$name: status $status without a fault ($kind $n)"
	done
	left=$(find . -name '.*.tmp' | head -1)
	ok; [ -z "$left" ] || fail "$name left $left"
}

# shellcheck disable=SC2086 # words
faults pseudonymise safe.csv nib-pseudonymise -j 1 -s "$D/people.json" -k p.key $L --provenance prov.json -o safe.csv people.csv
# shellcheck disable=SC2086
faults consent c.csv nib-consent -j 1 -q -s "$D/people.json" --opt-out "$D/optouts.csv" --type1 "$D/type1.csv" $L --report report.json -o c.csv people.csv
faults register r.html nib-ledger register uses --html r.html
cp "$D/root.key" same.key; chmod 600 same.key
faults key k.key nib-key project --root same.key --project faults -o k.key

# The ledger's own adding and making.
cp fresh uses
# shellcheck disable=SC2086
nib-pseudonymise -q -s "$D/people.json" -k p.key $L -o safe.csv people.csv || exit 99
use=$(nib-ledger show uses | sed -n 3p | cut -d, -f4)
cp uses fresh
for kind in write fsync malloc full; do
	n=1 step=1
	while :; do
		rm -f ./done new.ledger .new.ledger.*.tmp
		cp fresh uses
		arg=$n
		[ $kind != full ] || arg=$((n * 512 - 512))
		NIB_FAULT=$kind:$arg NIB_FAULT_DONE=$T/done LD_PRELOAD=$T/shim.so nib-ledger benefit uses --key l.key --use "$use" --text x >/dev/null 2>err
		status=$?
		[ -s ./done ] || break
		ok
		nib-ledger verify uses >out 2>err || fail "benefit, $kind $arg: the ledger"
		entries=$(nib-ledger show uses | sed 1d | wc -l)
		[ "$entries" -eq 3 ] || [ "$entries" -eq 4 ] || fail "benefit, $kind $arg: $entries entries"
		[ $status -ne 0 ] || [ "$entries" -eq 4 ] || fail "benefit, $kind $arg: said done, and lost"
		NIB_FAULT=$kind:$arg LD_PRELOAD=$T/shim.so nib-ledger init new.ledger --key l.key >/dev/null 2>err
		status=$?
		[ $status -ne 2 ] || [ ! -e new.ledger ] || fail "init, $kind $arg: half a ledger"
		[ $status -ne 0 ] || nib-ledger verify new.ledger >/dev/null 2>&1 || fail "init, $kind $arg: not sound"
		n=$((n + step))
		if [ $kind = malloc ] && [ -z "${NIB_LONG:-}" ] && [ $n -gt 12 ]; then step=$((n / 6)); fi
	done
	ok; [ $n -gt 2 ] || fail "benefit: no $kind failed"
done

# Eight runs at once in one ledger: each is announced and reported.
cp fresh uses
before=$(nib-ledger show uses | wc -l)
for i in 1 2 3 4 5 6 7 8; do
	# shellcheck disable=SC2086
	nib-pseudonymise -q -j 1 -s "$D/people.json" -k p.key $L -o "s$i.csv" people.csv 2>>said &
done
wait
for i in 2 3 4 5 6 7 8; do same s1.csv "s$i.csv"; done
run 0 nib-ledger verify uses
ok; [ $(($(nib-ledger show uses | wc -l) - before)) -eq 16 ] || fail 'a use was lost'

# Killed at moments nobody chose: the seed is said, to try it again.
seed=${NIB_SEED:-$$}
: >old; printf 'old\n' >old
i=0
awk 'NR == 1 { print; next } { l[NR] = $0 } END { for (i = 0; i < 3000; i++) for (j = 2; j <= NR; j++) print l[j] }' people.csv >big.csv
nib-pseudonymise -q -s "$D/people.json" -k p.key -o bigwhole big.csv || exit 99
for moment in $(awk -v s="$seed" -v n="${NIB_LONG:+200}" 'BEGIN { srand(s); for (i = 0; i < (n ? n : 12); i++) printf "0.%04d\n", rand() * 900 }'); do
	cp old out.csv
	# shellcheck disable=SC2086
	{ timeout -s KILL "$moment" nib-pseudonymise -q -s "$D/people.json" -k p.key $L -o out.csv big.csv >/dev/null 2>>said; } 2>/dev/null
	ok; cmp -s old out.csv || cmp -s bigwhole out.csv || fail "half a file (moment $moment, seed $seed)"
	i=$((i + 1))
done
run 0 nib-ledger verify uses

# Nothing of anybody in anything that was said or kept beside the output.
for f in said uses prov.json report.json r.html; do
	ok; if grep -aqE '4711000003|9434765870|Canaryname' "$f" 2>/dev/null; then fail "a canary in $f"; fi
done
finish
