"""A tool as a child process: records in, records out, status checked.

Imported on the executors. Nothing of the environment is relied on: the tools
work with an empty one.
"""

import os
import stat
import subprocess
import tempfile
import threading

import pyarrow as pa
import pyarrow.csv


class NibError(RuntimeError):
    """A tool was not done. The text is its own message: place and rule."""


def _private_copy(path):
    """A file Spark brought, as a descriptor of a nameless 0600 copy.

    Spark keeps no permissions, and a tool refuses a key that others can
    read: what was brought becomes its owner's alone, and the tool is given
    the descriptor of a copy.
    """
    os.chmod(path, 0o600)
    fd, name = tempfile.mkstemp()
    try:
        os.unlink(name)
        with open(path, "rb") as key:
            os.write(fd, key.read())
        os.lseek(fd, 0, os.SEEK_SET)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _runnable(path):
    mode = os.stat(path).st_mode
    if not mode & stat.S_IXUSR:
        os.chmod(path, mode | stat.S_IXUSR)
    return path


def csv_bytes(batch, header):
    """An Arrow batch of strings as CSV, the way the tools read it."""
    sink = pa.BufferOutputStream()
    options = pyarrow.csv.WriteOptions(
        include_header=header, quoting_style="needed")
    pyarrow.csv.write_csv(
        pa.Table.from_batches([batch]), sink, write_options=options)
    return sink.getvalue().to_pybytes()


def header_bytes(names):
    empty = pa.RecordBatch.from_arrays(
        [pa.array([], pa.string()) for _ in names], names=names)
    return csv_bytes(empty, True)


def run(binary, args, share, feed, key=None, said=None):
    """Runs a tool over an iterator of byte strings; yields its output.

    Raises NibError when it ends with status 2 or by a signal, after all of
    its output was read: a caller must not use what came before. What a tool
    that was done said, its warnings, is appended to the list said.
    """
    fds = ()
    command = [_runnable(binary)] + list(args)
    if key is not None:
        fd = _private_copy(key)
        fds = (fd,)
        command += ["--key-fd", str(fd)]
    errors = tempfile.TemporaryFile()
    env = {"NIB_SHARE": share} if share else {}
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=errors, env=env, pass_fds=fds, bufsize=0)
    finally:
        for fd in fds:
            os.close(fd)
    broken = []

    def write():
        try:
            for piece in feed:
                view = memoryview(piece)
                while view:
                    view = view[child.stdin.write(view):]
        except BrokenPipeError:
            pass  # the tool ended early: its status says why
        except BaseException as e:  # the iterator's own error
            broken.append(e)
        finally:
            try:
                child.stdin.close()
            except BrokenPipeError:
                pass

    # Both directions at once, or a full pipe would stop the two of us.
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        while True:
            piece = child.stdout.read(1 << 20)
            if not piece:
                break
            yield piece
        writer.join()
        status = child.wait()
    except BaseException:
        child.kill()
        child.wait()
        raise
    finally:
        child.stdout.close()
        errors.seek(0)
        message = errors.read().decode("utf-8", "replace").strip()
        errors.close()
    if broken:
        raise broken[0]
    if status not in (0, 1):
        raise NibError(message or "%s: status %d" % (
            os.path.basename(binary), status))
    if said is not None and message:
        said.append(message)
