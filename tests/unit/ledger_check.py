"""A ledger read by other means: Python's sqlite3, json and hashlib.

    ledger_check.py LEDGER KEYFILE NHS_NUMBER...

Recomputes what man/nib-ledger.1 and nib-security.7 say: the hash of each
entry and its place in the chain, the checksum of each page, the digest of
each use's tags, and which of the people given are in the first use that kept
tags. Prints their number. Signatures are left to the tool: Python has no
Ed25519 of its own.
"""
import base64
import hashlib
import json
import sqlite3
import struct
import sys


def b2(key, message, size=32):
    return hashlib.blake2b(message, digest_size=size, key=key).digest()


path, keyfile, people = sys.argv[1], sys.argv[2], sys.argv[3:]
secret = base64.b64decode(open(keyfile).read().split(" ")[4])
whole = open(path, "rb").read()
assert len(whole) % 4096 == 0 and whole[20] == 16
for i in range(len(whole) // 4096):
    page = whole[4096 * i:4096 * (i + 1)]
    assert page[-16:] == b2(b"nib-ledger-page-v1", struct.pack("<Q", i + 1) +
                            page[:-16], 16), "page %d" % (i + 1)
db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
prev, found = bytes(32), None
for seq, body, was, hash_ in db.execute(
        "SELECT seq, body, prev, hash FROM entry ORDER BY seq"):
    text = body.encode()
    assert was == prev, "entry %d: its place" % seq
    prev = b2(b"nib-ledger-entry-v1", struct.pack("<QQ", seq, len(text)) +
              prev + text)
    assert hash_ == prev, "entry %d: its hash" % seq
    facts = json.loads(body)
    assert list(facts) == sorted(facts), "entry %d: order" % seq
    if "tags_digest" not in facts:
        continue
    data, = db.execute("SELECT data FROM tags WHERE use = ?",
                       (facts["use"],)).fetchone()
    assert facts["tags_digest"] == b2(b"", data).hex(), "tags of %d" % seq
    if found is None:
        use = facts["use"].encode()
        key = b2(secret, b"nib-ledger/v1/subject\0" +
                 struct.pack("<Q", len(use)) + use)
        tags = {data[i:i + 8] for i in range(0, len(data), 8)}
        found = sum(b2(key, b"\x01" + n.encode(), 16)[:8][::-1] in tags
                    for n in people)
print(found)
