"""The tools over part files that all nodes see: no record goes through Spark.

Where data lies on a shared file system this is the fast way: Spark hands out
file names, each task runs the tool on one file, and the result appears under
its own name by rename when it is whole. A task that is tried again, or runs
twice, makes the same file.
"""

import os
import subprocess

from .child import NibError, _private_copy, _runnable


def run_files(spark, tool, args, inputs, output, share=None, key=None):
    """Runs a row tool on each of the input files, into the folder output.

    tool is a path that every node sees. Returns the paths written, in the
    order of inputs.
    """
    inputs = list(inputs)
    os.makedirs(output, exist_ok=True)
    targets = [os.path.join(output, os.path.basename(p)) for p in inputs]
    if len(set(targets)) != len(targets):
        raise ValueError("two inputs have the same name")

    def work(pair):
        source, target = pair
        command = [_runnable(tool), *args, "--jobs", "1", "-o", target, source]
        fds = ()
        if key is not None:
            fds = (_private_copy(key),)
            command += ["--key-fd", str(fds[0])]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                env={"NIB_SHARE": share} if share else {}, pass_fds=fds)
        finally:
            for fd in fds:
                os.close(fd)
        if done.returncode not in (0, 1):
            raise NibError(done.stderr.decode("utf-8", "replace").strip())
        return target

    pairs = list(zip(inputs, targets))
    return spark.sparkContext.parallelize(
        pairs, max(1, len(pairs))).map(work).collect()
