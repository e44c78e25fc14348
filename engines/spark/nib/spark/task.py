"""What goes to the executors: one tool over the records of a partition."""

import hashlib
import os
import re
import tempfile

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from . import child
from .child import NibError

# A word that names a file which Spark brings; see Nib.file.
_FILE = re.compile(r"\$\{nib-file:([^}]*)\}")
# The column that says which partition a record is of, for tasks that ask.
PART = "__nib_partition"
TEXT = pa.string()


def file_word(name):
    return "${nib-file:%s}" % name


def find(name):
    """Where Spark put a file, on the driver and on an executor."""
    from pyspark import SparkFiles
    return SparkFiles.get(name)


def words(args):
    """The words of a command, with files where they are on this machine.

    Spark does not keep permissions: what it brought is its owner's alone.
    """
    def place(match):
        path = find(match.group(1))
        os.chmod(path, 0o600)
        return path

    return [_FILE.sub(place, word) for word in args]


def pieces(file, size=1 << 24):
    """What a file holds, from its place on; the file is closed."""
    with file:
        while True:
            piece = file.read(size)
            if not piece:
                return
            yield piece


def row(**values):
    """A record batch of one row: numbers, texts and bytes."""
    kinds = {int: pa.int64(), str: pa.string(), bytes: pa.binary()}
    return pa.RecordBatch.from_arrays(
        [pa.array([v], kinds[type(v)]) for v in values.values()],
        names=list(values))


class Task:
    """A tool with its words, and the form in which records come to it."""

    def __init__(self, tool, args, names, share, key=None, from_text=False):
        self.tool = tool
        self.args = list(args) + ["--jobs", "1"]
        self.names = names
        self.share = share
        self.key = key
        self.from_text = from_text

    def feed(self, batches):
        yield child.header_bytes(self.names)
        for batch in batches:
            yield self.text(batch)

    def text(self, batch):
        """Records as CSV without a header; nulls are empty cells."""
        columns = [pa.compute.fill_null(c, "") for c in batch.columns]
        got = child.csv_bytes(
            pa.RecordBatch.from_arrays(columns, names=self.names), False)
        # Spark puts this character where a file's bytes are not UTF-8.
        if self.from_text and b"\xef\xbf\xbd" in got:
            raise NibError("bytes that are not UTF-8 (U+FFFD after reading)")
        return got

    def run(self, feed, more=(), said=None):
        """The tool's whole output, as a nameless file at its start.

        All of it before the first byte goes on: a tool that fails at the
        end must leave nothing behind.
        """
        share = find(self.share) if self.share else None
        key = find(self.key) if self.key else None
        to = tempfile.TemporaryFile()
        try:
            for piece in child.run(find(self.tool),
                                   words(self.args) + list(more), share,
                                   feed, key=key, said=said):
                to.write(piece)
            to.seek(0)
        except BaseException:
            to.close()
            raise
        return to

    def rows(self, after):
        """For mapInArrow: records in, the tool's records out."""
        def work(batches):
            yield from to_batches(self.run(self.feed(batches)), after)
        return work


def to_batches(file, names):
    """A tool's CSV as Arrow batches of text, empty cells as empty text."""
    with file:
        reader = pyarrow.csv.open_csv(
            file,
            read_options=pyarrow.csv.ReadOptions(
                block_size=1 << 22, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={n: TEXT for n in names},
                strings_can_be_null=False))
        if reader.schema.names != list(names):
            raise NibError("the tool's columns differ between partitions")
        for batch in reader:
            for at in range(0, batch.num_rows, 10000):
                yield batch.slice(at, 10000)


def with_partition(batches):
    """The number of the partition, None if it is empty, and its batches
    without the column that told it."""
    batches = iter(batches)
    first = next(batches, None)
    if first is None:
        return None, iter(())

    def bare():
        batch = first
        while batch is not None:
            at = batch.schema.get_field_index(PART)
            yield pa.RecordBatch.from_arrays(
                [c for i, c in enumerate(batch.columns) if i != at],
                names=[n for n in batch.schema.names if n != PART])
            batch = next(batches, None)

    part = first.column(first.schema.get_field_index(PART))[0].as_py()
    return part, bare()


class Whole:
    """Of each partition: where its records begin in the whole, and their
    digest, by which a task knows that it was given the same ones again."""

    def __init__(self):
        self.count = {}
        self.digest = {}
        self.first = {}

    def add(self, part, n, text):
        self.count[part] = self.count.get(part, 0) + n
        self.digest.setdefault(part, hashlib.blake2b()).update(text)

    def close(self):
        at = 1
        for part in sorted(self.count):
            self.first[part] = at
            at += self.count[part]
        self.digest = {k: v.digest() for k, v in self.digest.items()}


class WholeTask(Task):
    """A task that knows where its partition stands in the whole."""

    def __init__(self, whole, **named):
        super().__init__(**named)
        self.whole = whole

    def run(self, part, batches, more=()):
        digest = hashlib.blake2b()

        def feed():
            yield child.header_bytes(self.names)
            for text in map(self.text, batches):
                digest.update(text)
                yield text

        out = super().run(feed(), [
            "--first-record", str(self.whole.first.get(part, 1)), *more])
        if self.whole.digest.get(part) != digest.digest():
            out.close()
            raise NibError(
                "partition %d holds other records than when keys were looked "
                "at: Spark made it again in another order; cache or "
                "checkpoint the DataFrame first" % part)
        return out

    def rows(self, after):
        def work(batches):
            part, batches = with_partition(batches)
            if part is not None:
                yield from to_batches(self.run(part, batches), after)
        return work

    def sides(self, names):
        """For mapInArrow: the files that options ask for, in pieces."""
        def work(batches):
            part, batches = with_partition(batches)
            if part is None:
                return
            with tempfile.TemporaryDirectory() as folder:
                self.run(part, batches, side_words(names, folder)).close()
                for name in names:
                    file = open(os.path.join(folder, name), "rb")
                    if self.whole.first[part] > 1 and name != "--quality":
                        file.readline()  # the header is there already
                    for piece in pieces(file):
                        yield row(name=name, part=part, piece=piece)
        return work


def side_words(names, folder):
    words = ["--check"] + ["--partial"] * ("--quality" in names)
    for name in names:
        words += [name, os.path.join(folder, name)]
    return words


def pack(task):
    """For mapInArrow: a partition as CSV, with its number."""
    def work(batches):
        part, batches = with_partition(batches)
        for batch in batches:
            yield row(part=part, n=batch.num_rows, text=task.text(batch))
    return work


def unpack(names):
    """For mapInArrow: CSV, each row with its header, as records."""
    def work(batches):
        for batch in batches:
            for text in batch.column(0):
                yield from to_batches(pa.BufferReader(text.as_py()), names)
    return work


def partial(task):
    """For mapInArrow: one partial result."""
    def work(batches):
        with task.run(task.feed(batches)) as out:
            yield row(partial=out.read())
    return work


def weigh(task, sent, model, files, parts):
    """For mapInArrow over the numbers of parts: nib-link's pairs."""
    def work(batches):
        with tempfile.TemporaryDirectory() as folder:
            def here(path):
                if path not in sent.value:
                    return path
                copy = os.path.join(folder, os.path.basename(path))
                with open(copy, "wb") as to:
                    to.writelines(sent.value[path])
                return copy

            operands = ["-m", here(model)] + [here(path) for path in files]
            for batch in batches:
                for k in batch.column(0).to_pylist():
                    said = []
                    more = ["--part", "%d/%d" % (k + 1, parts)]
                    more += ["--no-header"] * (k > 0) + operands
                    for piece in pieces(task.run([], more, said)):
                        yield row(piece=piece, said=b"")
                    yield row(piece=b"", said="".join(said).encode())
    return work
