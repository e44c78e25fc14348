#!/usr/bin/env python3
"""The key file under a passphrase of man/nib-pseudonym.7, without libsodium.

Usage: protected_key.py > testdata/privacy/protected.key

The key is that of testdata/privacy/root.key, the passphrase
"four words are enough". Argon2id and ChaCha20-Poly1305 are those of
OpenSSL's kin in the package cryptography, HChaCha20 is that of
privacy_vectors.py; the limits are small so that tests are quick.
"""
import base64
import os
import sys

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from privacy_vectors import b2, check_self, hchacha  # noqa: E402

PASSES, MEMORY = 2, 65536
check_self()
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "../../testdata/privacy/root.key")) as f:
    _, kind, name, created, key, _ = f.read().split()
salt, nonce = bytes(range(16)), bytes(range(100, 124))
by = Argon2id(salt=salt, length=32, iterations=PASSES, lanes=1,
              memory_cost=MEMORY // 1024).derive(b"four words are enough")
line = f"nibkeypw1 {kind} {name} {created} {PASSES} {MEMORY} " \
    + base64.b64encode(salt).decode() + " "
sealed = ChaCha20Poly1305(hchacha(by, nonce[:16])).encrypt(
    bytes(4) + nonce[16:], base64.b64decode(key), line.encode())
line += base64.b64encode(nonce + sealed).decode()
print(line, b2(b"", line.encode(), 16).hex()[:8])
