#!/usr/bin/env python3
"""Test vectors for lib/privacy, made without libsodium and without nib.

    python3 tests/unit/privacy_vectors.py testdata/privacy

BLAKE2b is Python's hashlib; ChaCha20 and HChaCha20 are written out below
from RFC 8439 and draft-irtf-cfrg-xchacha-03. crypto_kdf of libsodium is
BLAKE2b with the subkey's number as salt and the context as person.
"""
import base64
import csv
import hashlib
import os
import struct
import sys


def b2(key, data, size):
    return hashlib.blake2b(data, key=key, digest_size=size).digest()


def derive(key, label, text):
    t = text.encode()
    return b2(key, label.encode() + b"\0" + struct.pack("<Q", len(t)) + t, 32)


def kdf(key, number, context):
    return hashlib.blake2b(
        b"", key=key, digest_size=32, salt=struct.pack("<Q", number).ljust(16, b"\0"),
        person=context.encode().ljust(16, b"\0")).digest()


def base32(data):
    return base64.b32encode(data).decode().lower().rstrip("=")


def rotl(x, n):
    return (x << n | x >> (32 - n)) & 0xffffffff


def chacha_rounds(s):
    s = list(s)

    def quarter(a, b, c, d):
        s[a] = (s[a] + s[b]) & 0xffffffff
        s[d] = rotl(s[d] ^ s[a], 16)
        s[c] = (s[c] + s[d]) & 0xffffffff
        s[b] = rotl(s[b] ^ s[c], 12)
        s[a] = (s[a] + s[b]) & 0xffffffff
        s[d] = rotl(s[d] ^ s[a], 8)
        s[c] = (s[c] + s[d]) & 0xffffffff
        s[b] = rotl(s[b] ^ s[c], 7)

    for _ in range(10):
        quarter(0, 4, 8, 12)
        quarter(1, 5, 9, 13)
        quarter(2, 6, 10, 14)
        quarter(3, 7, 11, 15)
        quarter(0, 5, 10, 15)
        quarter(1, 6, 11, 12)
        quarter(2, 7, 8, 13)
        quarter(3, 4, 9, 14)
    return s


SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def hchacha(key, nonce):
    s = chacha_rounds(SIGMA + struct.unpack("<8I", key) + struct.unpack("<4I", nonce))
    return struct.pack("<8I", *(s[:4] + s[12:]))


def xchacha_xor(key, nonce, data):
    """64-bit counter from 0, the last eight bytes of the nonce after it."""
    key = hchacha(key, nonce[:16])
    out = b""
    for block in range((len(data) + 63) // 64):
        s = SIGMA + struct.unpack("<8I", key) + struct.unpack("<2I", struct.pack("<Q", block)) \
            + struct.unpack("<2I", nonce[16:])
        stream = struct.pack("<16I", *((a + b) & 0xffffffff for a, b in zip(chacha_rounds(s), s)))
        part = data[64 * block:64 * block + 64]
        out += bytes(a ^ b for a, b in zip(part, stream))
    return out


def check_self():
    # RFC 8439, 2.3.2 (block function; counter and nonce as in the text)
    key = bytes(range(32))
    s = SIGMA + struct.unpack("<8I", key) + (1, 0x09000000, 0x4a000000, 0)
    out = struct.pack("<16I", *((a + b) & 0xffffffff for a, b in zip(chacha_rounds(s), s)))
    assert out.hex().startswith("10f1e7e4d13b5915500fdd1fa32071c4")
    # draft-irtf-cfrg-xchacha-03, 2.2.1
    assert hchacha(key, bytes.fromhex("000000090000004a0000000031415927")).hex() == \
        "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"


def plain(tag, value):
    if tag == 1:
        return b"\x01" + int(value).to_bytes(5, "little")
    return bytes([tag]) + value.encode()


def fold(text):
    """Capital letters without accents (Latin-1), nothing else."""
    import unicodedata
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return "".join(c for c in text.upper() if "A" <= c <= "Z")


def plain_other(text):
    return "".join(c for c in text.upper() if c.isalnum() and c.isascii())[:16]


def diffuse(project, bits, taps):
    """Each bit the exclusive or of so many of the filter's."""
    kd = derive(project, "nhsps/v1/diffusion", "")
    out = set()
    for j in range(1024):
        chosen, c = [], 0
        while len(chosen) < taps:
            for n in struct.unpack("<32H", b2(kd, struct.pack("<H", j) + bytes([c]), 64)):
                if n % 1024 not in chosen and len(chosen) < taps:
                    chosen.append(n % 1024)
            c += 1
        if sum(n in bits for n in chosen) % 2:
            out.add(j)
    return out


def bloom(project, fields, salt="", taps=0):
    """fields: (label, kind, text); kind n(ame), d(ate), s(ex) or o(ther)."""
    weights = {"n": 3, "d": 5, "s": 1, "o": 2}
    total = sum(weights[kind] for _, kind, _ in fields)
    bits = set()
    salt = plain_other(salt).encode()
    for label, kind, text in fields:
        if kind == "n":
            t = " " + fold(text) + " "
            grams = [t[i:i + 2].encode() for i in range(len(t) - 1)] if len(t) > 2 else []
        elif kind == "d":
            t = plain_other(text)
            grams = [bytes([i, int(t[i:i + 2])]) for i in range(len(t) - 1)]
        else:
            t = plain_other(text)
            grams = [bytes([i]) + c.encode() for i, c in enumerate(t)]
        if not grams:
            continue
        k = max(1, min(128, int(710 * weights[kind] / (total * len(grams)) + 0.5)))
        kf = derive(project, "nhsps/v1/encoding", label)
        for gram in grams:
            stream = b"".join(b2(kf, bytes([c]) + gram + salt, 64) for c in range(4))
            bits.update(n % 1024 for n in struct.unpack("<128H", stream)[:k])
    some = bool(bits)
    if taps:
        bits = diffuse(project, bits, taps)
    value = sum(1 << b for b in bits)
    return base64.b64encode(value.to_bytes(128, "little")).decode() if some else ""


def main(folder):
    check_self()
    root = bytes(range(32))
    project = derive(root, "nhsps/v1/project", "asthma-2026")
    purpose = derive(project, "nhsps/v1/purpose", "release-2")
    modes = derive(purpose, "nhsps/v1/opt-outs", "applied")
    only_mode = derive(project, "nhsps/v1/opt-outs", "applied")
    keys = [("root", "", "", "", root), ("asthma-2026", "asthma-2026", "", "", project),
            ("asthma-2026:release-2", "asthma-2026", "release-2", "", purpose),
            ("asthma-2026:release-2:applied", "asthma-2026", "release-2", "applied", modes),
            ("asthma-2026::applied", "asthma-2026", "", "applied", only_mode)]
    with open(os.path.join(folder, "keys.csv"), "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["id", "project", "purpose", "opt_outs", "key", "fingerprint"])
        for ident, a, b, c, k in keys:
            w.writerow([ident, a, b, c, k.hex(), b2(k, b"nhskey-fpr-v1", 32)[:8].hex()])

    line = "nibkey1 root root 2026-01-01 " + base64.b64encode(root).decode()
    with open(os.path.join(folder, "root.key"), "w") as f:
        f.write(line + " " + hashlib.blake2b(line.encode(), digest_size=16).hexdigest()[:8] + "\n")

    # 9434765919 and the like are numbers kept for examples.
    values = [(1, "9434765919"), (1, "9434765870"), (1, "4010232137"), (1, "9990000018"),
              (2, "9434765910"), (2, "x"), (3, "A"), (3, "A" * 15), (3, "A" * 16), (3, "A" * 31),
              (3, "A" * 32), (3, "0123456789abcdef" * 4), (3, "B" * 127), (3, "B" * 128), (3, "C" * 300),
              (3, "Zo\u00eb"), (4, "SW1A 1AA"), (4, "LS1  4AP")]
    with open(os.path.join(folder, "pseudonyms.csv"), "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["domain", "tag", "value", "one_way", "reversible"])
        for domain in ("person", "address"):
            dk = derive(project, "nhsps/v1/domain", domain)
            k1 = kdf(dk, 1, "psnym-1w")
            km, ke = kdf(dk, 2, "psnymsiv"), kdf(dk, 3, "psnymsiv")
            ad = b"asthma-2026\0" + domain.encode()
            for tag, value in values:
                token = "p1" + base32(b2(k1, bytes([tag]) + value.encode(), 16))
                pt = plain(tag, value)
                siv = b2(km, struct.pack("<Q", len(ad)) + ad + pt, 24)
                w.writerow([domain, tag, value, token, "r1" + base32(siv + xchacha_xor(ke, siv, pt))])


    dk = derive(project, "nhsps/v1/domain", "date-shift")
    k1 = kdf(dk, 1, "psnym-1w")
    with open(os.path.join(folder, "dateshifts.csv"), "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["nhs_number", "most", "days"])
        for value in ("9434765919", "9434765870", "4010232137", "9990000018"):
            for most in (182, 7):
                n = int.from_bytes(b2(k1, bytes([1]) + value.encode(), 16)[:8], "little")
                w.writerow([value, most, n % (2 * most + 1) - most])

    people = [("Smith", "Zo\u00eb", "19500201", "LS1 4AP", "2"), ("SMITH", "Zoe", "19500201", "ls14ap", "2"),
              ("Smyth", "Zoe", "19500201", "LS1 4AP", "2"), ("O'Brien-Jones", "\u00c5sa", "20011231", "", "1"),
              ("X", "", "", "SW1A 1AA", ""), ("", "", "", "", ""), ("Jones", "Ann", "19881130", "M1 1AE", "2")]
    # The second file: the birth date as salt, then also diffusion of 8.
    for name, more in (("encodings.csv", []), ("encodings_hardened.csv", [0, 8])):
        with open(os.path.join(folder, name), "w", newline="") as f:
            w = csv.writer(f, lineterminator="\n")
            w.writerow(["family", "given", "born", "postcode", "sex"] +
                       (["salted", "salted_diffused"] if more else ["filter"]))
            for a, b, c, d, e in people:
                fields = [("family-name", "n", a), ("given-name", "n", b),
                          ("birth-date", "d", c), ("postcode", "o", d), ("sex", "s", e)]
                w.writerow([a, b, c, d, e] + ([bloom(project, fields, c, taps) for taps in more]
                                              or [bloom(project, fields)]))


if __name__ == "__main__":
    main(sys.argv[1])
