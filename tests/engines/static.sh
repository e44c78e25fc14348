#!/bin/sh
# The tools of ./configure --enable-static-binary, which make built into
# static/: small, and all there is to send. Each runs in a folder that holds
# the tool and its input, no libraries, no /tmp, no /dev, no /proc, with
# nothing in the environment; what comes out is what the ordinary tool makes.
. "$(dirname "$0")/../e2e/lib.sh"
static=$NIB_BIN/static/bin
if [ ! -x "$static/nib-split" ]; then
	echo 'SKIP: no static tools: a library is not there as an archive'
	exit 77
fi
# As root in a chroot; as someone else in one of a user's own namespace.
mkdir "$T/root" "$T/root/in"
cp "$static/nib-split" "$T/root"
if chroot "$T/root" /nib-split --version >/dev/null 2>&1; then
	alone() { env -i "$(command -v chroot)" "$T/root" "$@"; }
elif unshare -r chroot "$T/root" /nib-split --version >/dev/null 2>&1; then
	alone() { env -i "$(command -v unshare)" -r "$(command -v chroot)" "$T/root" "$@"; }
else
	echo 'SKIP: neither chroot nor user namespaces are allowed here'
	exit 77
fi
rm "$T/root/nib-split"

# The issue's bound, for each tool, as a number of bytes.
n=0
for path in "$static"/nib-*; do
	head -c 4 "$path" | grep -q ELF || continue # engines/ has scripts
	n=$((n + 1))
	ok
	[ "$(wc -c <"$path")" -lt 5000000 ] ||
		fail "${path##*/} has $(wc -c <"$path") bytes"
	cp "$path" "$T/root"
	run 0 alone "/${path##*/}" --version
	out_has "${path##*/} "
	rm "$T/root/${path##*/}"
done
ok
[ "$n" -eq 11 ] || fail "$n tools, not 11"

# both STATUS TOOL ARG...: alone, and the ordinary tool; the same words, for
# both begin in the root's folder. What is in share/ is at its own place.
mkdir -p "$T/root$NIB_BIN/static"
cp -R "$NIB_BIN/static/share" "$T/root$NIB_BIN/static"
cd "$T/root" || exit 99
both() {
	want=$1 tool=$2
	shift 2
	run "$want" "$tool" "$@"
	mv "$T/out" "$T/ordinary"
	cp "$static/$tool" .
	run "$want" alone "/$tool" "$@"
	rm "$tool"
	same "$T/ordinary" "$T/out"
	ok
	[ -s "$T/out" ] || fail "$tool: nothing came out"
}
both 0 nib-dummy -s person -n 300
cp "$T/out" in/person.csv
both 0 nib-dummy -s admitted_episode -n 500 --errors 0.02 \
	--with person=in/person.csv
cp "$T/out" in/e.csv
{ echo nhs_number; sed 1d in/person.csv | cut -d, -f2 | grep . | head -9; } \
	>in/optouts.csv
run 0 nib-key new --type root -o in/root.key
run 0 nib-key project --root in/root.key --project p -o in/p.key
both 0 nib-key show in/p.key
both 1 nib-validate -q -s admitted_episode in/e.csv
cp "$T/out" in/good.csv
both 0 nib-consent -q -s admitted_episode --opt-out in/optouts.csv \
	--exempt type1:consent in/good.csv
both 0 nib-link persons -q -m hes-8-step -s admitted_episode --replace \
	in/good.csv
both 0 nib-pseudonymise -q -s admitted_episode -k in/p.key in/good.csv
both 0 nib-derive -q -s admitted_episode in/good.csv
cp "$T/out" in/derived.csv
both 0 nib-aggregate --by provider --count --distinct person_id in/good.csv
both 0 nib-indicator count length_of_stay in/derived.csv
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" | head -301 >in/a.csv
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" >in/b.csv
run 0 nib-link train -q -m people -o in/model in/a.csv in/b.csv
both 0 nib-link score -q -m in/model in/a.csv in/b.csv
cp "$static/nib-split" .
run 0 alone /nib-split --parts 3 -o in/p in/good.csv
run 0 nib-split --parts 3 -o in/q in/good.csv
for i in 1 2 3; do
	same "in/p-000$i.csv" "in/q-000$i.csv"
done
finish
