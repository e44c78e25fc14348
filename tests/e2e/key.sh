#!/bin/sh
# nib-key: make, derive, show, and refuse.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99

run 0 nib-key new --type root -o root.key
err_empty
ok; [ "$(stat -c %a root.key)" = 600 ] || fail "mode of a key file"
run 0 nib-key show root.key
out_has "type         root"
# The key itself never shows.
secret=$(cut -d' ' -f5 root.key)
ok; if grep -qF "$secret" out; then fail "show prints the key"; fi

# Not over a file that exists, nor through a link.
cp root.key before
run 2 nib-key new --type root -o root.key
err_has "cannot create the key file"
same root.key before
ln -s elsewhere link.key
run 2 nib-key new --type root -o link.key
no_file elsewhere
run 2 nib-key new --type root -o missing/x.key

# The published vector: testdata/privacy/keys.csv.
install -m 600 "$TESTDATA/privacy/root.key" known.key
run 0 nib-key project --root known.key --project asthma-2026 -o p.key
run 0 nib-key show p.key
out_has "fingerprint  $(grep '^asthma-2026,' "$TESTDATA/privacy/keys.csv" | cut -d, -f6)"
run 0 nib-key project --root known.key --project asthma-2026 --purpose release-2 --opt-outs applied -o p2.key
run 0 nib-key show p2.key
out_has "id           asthma-2026:release-2:applied"
run 2 nib-key project --root p.key --project x -o x.key
err_has "a root key is needed"
no_file x.key

# Pairs.
run 0 nib-key new --type escrow --id officer-1 -o officer.key
ok; [ "$(stat -c %a officer.key)" = 600 ] || fail "mode of a secret"
run 0 nib-key show officer.key.pub
out_has "type         escrow-public"
out_has "id           officer-1"
touch taken.key.pub
run 2 nib-key new --type ledger -o taken.key
no_file taken.key

# Files that are not to be trusted.
chmod 644 root.key
run 2 nib-key show root.key
err_has "can be used by others"
chmod 600 root.key
ln -s root.key l.key
run 2 nib-key show l.key
err_has "symbolic link"
mkfifo f.key
run 2 nib-key show f.key
err_has "not a regular file"
head -c 60 root.key >short.key
chmod 600 short.key
run 2 nib-key show short.key
err_has "cut short or damaged"
err_lacks "$secret"
run 2 nib-key show nothing.key
run 2 nib-key show /dev/null
if [ "$(id -u)" -eq 0 ]; then
	install -m 600 -o 65534 root.key foreign.key
	run 2 nib-key show foreign.key
	err_has "another user"
fi

# Wrong words.
run 2 nib-key
run 2 nib-key make
err_has "no such command"
run 2 nib-key new -o x.key
run 2 nib-key new --type rooot -o x.key
run 2 nib-key new --type root --id 'a b' -o x.key
run 2 nib-key project --root root.key --project '' -o x.key
run 2 nib-key project --root root.key --project a:b -o x.key
run 2 nib-key project --root root.key --project a --opt-outs some -o x.key
no_file x.key
finish
