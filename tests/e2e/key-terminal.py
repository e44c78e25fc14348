"""nib-key at a terminal, for key.sh: run in its folder."""
import os
import pty
import signal
import sys
import termios

WORDS = b"typed and not shown"


def talk(args, answers, end=None):
    """Status and what the terminal showed; answers: (prompt, text)."""
    pid, fd = pty.fork()
    if pid == 0:
        # A shell that runs the tests in the background has it ignored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execvp("nib-key", ["nib-key"] + args)
    shown = b""
    for prompt, text in answers:
        while prompt not in shown:
            shown += os.read(fd, 4096)
        assert not termios.tcgetattr(fd)[3] & termios.ECHO, "echo is on"
        shown = shown.replace(prompt, b"")
        os.write(fd, text)
    if end is not None:
        os.kill(pid, end)
    try:
        while True:
            more = os.read(fd, 4096)
            if not more:
                break
            shown += more
    except OSError:
        pass
    status = os.waitpid(pid, 0)[1]
    assert termios.tcgetattr(fd)[3] & termios.ECHO, "echo stays off"
    os.close(fd)
    assert WORDS not in shown, "the passphrase shows"
    return status, shown


def new(first, second):
    return talk(["new", "--type", "root", "--passphrase", "-o", "t.key"],
                [(b"New passphrase for t.key: ", first + b"\n"),
                 (b"Once more for t.key: ", second + b"\n")])


status, shown = new(WORDS, b"something else")
assert status == 2 << 8 and b"differ" in shown, shown
assert not os.path.exists("t.key")
status, shown = new(WORDS, WORDS)
assert status == 0, shown
status, shown = talk(["show", "t.key"],
                     [(b"Passphrase of t.key: ", WORDS + b"\n")])
assert status == 0 and b"fingerprint" in shown, shown
status, shown = talk(["show", "t.key"],
                     [(b"Passphrase of t.key: ", WORDS + b"!\n")])
assert status == 2 << 8 and b"wrong passphrase" in shown, shown
# Ended in the middle: by a key, and by a signal.
status, _ = talk(["show", "t.key"], [(b"Passphrase of t.key: ", b"\x03")])
assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT
status, _ = talk(["show", "t.key"], [(b"Passphrase of t.key: ", b"abc")],
                 signal.SIGTERM)
assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGTERM
sys.exit(0)
