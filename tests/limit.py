#!/usr/bin/env python3
"""Run a test, for so long and no longer: one that hangs is one that fails.

  limit.py COMMAND...

After NIB_TEST_LIMIT seconds (1,200 when unset) it says what is still running
below the test, kills all of that, and fails.
"""
import os
import signal
import subprocess
import sys


def below(pid):
    """The lines of ps for a process and all that came of it."""
    lines = subprocess.run(
        ["ps", "-eo", "pid,ppid,etimes,stat,wchan:20,args"],
        stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    found = {str(pid)}
    kept = []
    while True:
        more = [line for line in lines[1:] if line not in kept and
                (line.split()[0] in found or line.split()[1] in found)]
        if not more:
            return lines[:1] + kept
        kept += more
        found.update(line.split()[0] for line in more)


limit = float(os.environ.get("NIB_TEST_LIMIT") or 1200)
test = subprocess.Popen(sys.argv[1:])
try:
    status = test.wait(limit)
except subprocess.TimeoutExpired:
    print("FAIL: not done after %g seconds; still running:" % limit)
    left = below(test.pid)
    print("\n".join(line[:200] for line in left), flush=True)
    for line in left[1:]:
        try:
            os.kill(int(line.split()[0]), signal.SIGKILL)
        except ProcessLookupError:
            pass
    test.wait()
    status = 1
# Killed by a signal, as a shell says it.
sys.exit(status if status >= 0 else 128 - status)
