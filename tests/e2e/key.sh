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

# Passphrases. protected.key is made without libsodium: protected_key.py.
words="four words are enough"
install -m 600 "$TESTDATA/privacy/protected.key" u.key
echo "$words" >words
run 0 nib-key show u.key --passphrase-fd 3 3<words
cp out shown
run 0 nib-key show known.key
same out shown
printf '%s' "$words" >bare
run 0 nib-key show u.key --passphrase-fd 3 3<bare
echo "four words are not" >wrong
run 2 nib-key show u.key --passphrase-fd 3 3<wrong
err_is "nib-key: u.key: wrong passphrase (or the key file was changed)"
run 2 nib-key show u.key --passphrase-fd 3 3</dev/null
err_has "no passphrase was given"
echo >empty
run 2 nib-key show u.key --passphrase-fd 3 3<empty
printf 'four\0words\n' >zero
run 2 nib-key show u.key --passphrase-fd 3 3<zero
err_has "zero byte"
head -c 1025 /dev/zero | tr '\0' x >long
run 2 nib-key show u.key --passphrase-fd 3 3<long
err_has "longer than 1024"
run 2 nib-key show u.key --passphrase-fd 9
run 2 nib-key show u.key --passphrase-fd "$words"
err_lacks "$words"
run 2 nib-key show known.key --passphrase-fd 3 3<words
err_has "nothing here needs a passphrase"
if command -v setsid >/dev/null; then
	run 2 setsid -w nib-key show u.key
	err_has "use --passphrase-fd"
fi
# The old one opens the root, the next line protects the new file.
printf '%s\n%s\n' "$words" "asthma needs one too" >both
run 0 nib-key project --root u.key --project asthma-2026 --passphrase -o pu.key --passphrase-fd 3 3<both
err_empty
ok; [ "$(stat -c %a pu.key)" = 600 ] || fail "mode of a protected key"
ok; grep -q '^nibkeypw1 project asthma-2026 [0-9-]* 3 268435456 ' pu.key || fail "limits of a new file"
tail -n 1 both >second
run 0 nib-key show pu.key --passphrase-fd 3 3<second
cp out shown
run 0 nib-key show p.key
same out shown
# Away, and back under another.
run 0 nib-key passphrase pu.key --remove -o bare.key --passphrase-fd 3 3<second
same bare.key p.key
printf '%s\n%s\n' "asthma needs one too" "and then another" >both
run 2 nib-key passphrase pu.key -o pu.key --passphrase-fd 3 3<both
err_has "pu.key: --output and the input are one file"
run 0 nib-key passphrase pu.key -o pu2.key --passphrase-fd 3 3<both
run 2 nib-key show pu2.key --passphrase-fd 3 3<second
err_has "wrong passphrase"
run 2 nib-key passphrase p.key -o x.key --passphrase-fd 3 3<empty
run 2 nib-key passphrase p.key --remove -o x.key --passphrase-fd 3 3<words
run 2 nib-key passphrase p.key
printf 'too short\n' >short
run 2 nib-key new --type root --passphrase -o x.key --passphrase-fd 3 3<short
err_has "at least 12 bytes"
run 2 nib-key new --type root -o x.key --passphrase-fd 3 3<words
err_has "nothing here needs a passphrase"
run 0 nib-key new --type ledger --passphrase -o lp.key --passphrase-fd 3 3<words
run 0 nib-ledger init uses.lp --key lp.key --passphrase-fd 3 3<words
run 2 nib-ledger checkpoint uses.lp --key lp.key --passphrase-fd 3 3<short
err_has "wrong passphrase"
run 2 nib-key show known.key --passphrase
run 2 nib-key new --type root --remove -o x.key
run 0 nib-key new --type escrow --passphrase -o eu.key --passphrase-fd 3 3<words
run 0 nib-key show eu.key --passphrase-fd 3 3<words
sed '/^type/d' out >shown
run 0 nib-key show eu.key.pub
ok; sed '/^type/d' out | cmp -s - shown || fail "halves differ"
no_file x.key
# At a terminal: asked, not shown, and the echo is on again after all.
# A bare root may have no terminals to give.
if python3 -c 'import pty; pty.openpty()' 2>/dev/null; then
	run 0 python3 "$NIB_SRC/tests/e2e/key-terminal.py"
else
	echo 'SKIP: no pseudo-terminal here: the questions of nib-key'
fi

# Wrong words.
run 2 nib-key
run 2 nib-key make
err_has "no command make"
run 2 nib-key new -o x.key
run 2 nib-key new --type rooot -o x.key
run 2 nib-key new --type root --id 'a b' -o x.key
run 2 nib-key project --root root.key --project '' -o x.key
run 2 nib-key project --root root.key --project a:b -o x.key
run 2 nib-key project --root root.key --project a --opt-outs some -o x.key
no_file x.key
# What a command does not take is not passed over.
run 2 nib-key new --type root --purpose p -o x.key
err_has 'new takes no --purpose'
run 2 nib-key show root.key -o x.key
err_has 'show takes no --output'
no_file x.key
finish
