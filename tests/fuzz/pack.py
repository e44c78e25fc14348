#!/usr/bin/env python3
"""Many fuzz inputs in one file, each as its size, a line feed, its bytes.

pack.py pack FOLDER FILE     those of the folder, ascending by size
pack.py unpack FILE FOLDER   for libFuzzer, which reads folders
"""
import hashlib
import os
import sys


def pack(folder, path):
    inputs = set()
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            inputs.add(f.read())
    with open(path, "wb") as to:
        for data in sorted(inputs, key=lambda d: (len(d), d)):
            to.write(b"%d\n" % len(data) + data)


def unpack(path, folder):
    os.makedirs(folder, exist_ok=True)
    with open(path, "rb") as f:
        while line := f.readline():
            data = f.read(int(line))
            name = hashlib.sha1(data).hexdigest()
            with open(os.path.join(folder, name), "wb") as to:
                to.write(data)


if len(sys.argv) != 4 or sys.argv[1] not in ("pack", "unpack"):
    sys.exit(__doc__)
(pack if sys.argv[1] == "pack" else unpack)(sys.argv[2], sys.argv[3])
