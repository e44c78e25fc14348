"""The tools over DataFrames."""

import os
import shutil
import subprocess
import tempfile

import pyarrow as pa
import pyarrow.csv

from . import child
from .child import NibError

# Fields that a tool adds to what it was given.
_TEXT = pa.string()


class Nib:
    """The tools, shipped to the executors of a Spark session.

    bin    folder with the tools, best built with --enable-static-binary
    share  folder with datasets/, codelists/, disclosure/, ...; may be None
           when only paths to specifications are used
    """

    def __init__(self, spark, bin, share=None):
        self.spark = spark
        self.bin = bin
        self.share = share
        self._shipped = {}
        self._share_name = None
        if share is not None:
            # Spark serves it from here as long as the session lasts.
            self._folder = tempfile.TemporaryDirectory()
            archive = shutil.make_archive(
                os.path.join(self._folder.name, "nib-share"), "gztar", share)
            # Unpacked by Spark on each executor, under this name.
            spark.sparkContext.addArchive(archive + "#nib-share")
            self._share_name = "nib-share"

    # Shipping.

    def _ship(self, path):
        name = os.path.basename(path)
        if self._shipped.get(name, path) != path:
            raise ValueError("two files called %s" % name)
        if name not in self._shipped:
            self.spark.sparkContext.addFile(path)
            self._shipped[name] = path
        return name

    def _tool(self, tool):
        path = os.path.join(self.bin, tool)
        if not os.path.exists(path):
            raise NibError("no %s in %s" % (tool, self.bin))
        return self._ship(path)

    def _frame(self, data):
        """A path is read as the tools read it: all text, nothing inferred."""
        if not isinstance(data, str):
            from pyspark.sql import functions as F
            return data.select([
                F.col("`%s`" % c.replace("`", "``")).cast("string")
                for c in data.columns])
        return self.spark.read.csv(
            data, header=True, inferSchema=False, multiLine=True,
            quote='"', escape='"', nullValue=None, emptyValue="",
            encoding="UTF-8", mode="FAILFAST", enforceSchema=False)

    def _local(self, tool, args, text=None, files=()):
        """A tool on the driver."""
        env = {"NIB_SHARE": self.share} if self.share else {}
        done = subprocess.run(
            [os.path.join(self.bin, tool)] + list(args) + list(files),
            input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=env)
        if done.returncode not in (0, 1):
            raise NibError(done.stderr.decode("utf-8", "replace").strip())
        return done.stdout

    def _columns_after(self, tool, args, names, key=None):
        """The header a tool makes of a header, asked of the tool itself.

        So a specification that does not fit, an unknown column or a wrong
        option is refused here, before any record moves.
        """
        out = b"".join(child.run(
            os.path.join(self.bin, tool), args, self.share,
            [child.header_bytes(names)], key=key))
        table = pyarrow.csv.read_csv(pa.BufferReader(out))
        return table.column_names

    # Row tools.

    def rows(self, data, tool, args, key=None):
        """Any row tool: a DataFrame of its output, partitions kept."""
        from pyspark import SparkFiles
        from pyspark.sql.types import StringType, StructField, StructType

        frame = self._frame(data)
        names = frame.columns
        after = self._columns_after(tool, args, names, key)
        schema = StructType([StructField(n, StringType()) for n in after])
        tool_name = self._tool(tool)
        key_name = self._ship(key) if key is not None else None
        share_name = self._share_name
        args = list(args) + ["--jobs", "1"]

        def work(batches):
            def feed():
                yield child.header_bytes(names)
                for batch in batches:
                    yield child.csv_bytes(_as_text(batch), False)

            share = SparkFiles.get(share_name) if share_name else None
            key_path = SparkFiles.get(key_name) if key_name else None
            # All of it before the first row goes on: a tool that fails at
            # the end must leave nothing behind.
            out = b"".join(child.run(
                SparkFiles.get(tool_name), args, share, feed(), key=key_path))
            yield from _batches(out, after)

        return frame.mapInArrow(work, schema)

    def validate(self, data, spec, options=()):
        """The good records."""
        return self.rows(data, "nib-validate",
                         ["-s", spec, "--no-unique", "--no-groups",
                          "-q", *options])

    def pseudonymise(self, data, spec, key, options=()):
        return self.rows(data, "nib-pseudonymise",
                         ["-s", spec, *options], key=key)

    def derive(self, data, options):
        return self.rows(data, "nib-derive", options)

    # Summarising tools.

    def summary(self, data, tool, args, final=()):
        """Partial results in the partitions, merged on the driver: bytes."""
        from pyspark import SparkFiles
        from pyspark.sql.types import BinaryType, StructField, StructType

        frame = self._frame(data)
        names = frame.columns
        tool_name = self._tool(tool)
        share_name = self._share_name
        partial = list(args) + ["--partial"]
        # Asked of the tool first, so that a wrong request fails here.
        self._local(tool, partial, child.header_bytes(names))
        partial += ["--jobs", "1"]

        def work(batches):
            def feed():
                yield child.header_bytes(names)
                for batch in batches:
                    yield child.csv_bytes(_as_text(batch), False)

            share = SparkFiles.get(share_name) if share_name else None
            out = b"".join(child.run(
                SparkFiles.get(tool_name), partial, share, feed()))
            yield pa.RecordBatch.from_arrays(
                [pa.array([out], pa.binary())], names=["partial"])

        schema = StructType([StructField("partial", BinaryType())])
        parts = frame.mapInArrow(work, schema).collect()
        expected = frame.rdd.getNumPartitions()
        if len(parts) != expected:
            raise NibError("%d partial results of %d partitions" % (
                len(parts), expected))
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for i, row in enumerate(parts):
                files.append(os.path.join(folder, "%06d" % i))
                with open(files[-1], "wb") as to:
                    to.write(row.partial)
            merged = os.path.join(folder, "merged")
            self._local(tool, [*args, "--merge", "--expect-parts",
                               str(expected), "-o", merged], files=files)
            return self._local(tool, [*args, *final, "--final"],
                               files=[merged])

    def aggregate(self, data, args, final=()):
        """The table as CSV bytes, as nib-aggregate alone would write it."""
        return self.summary(data, "nib-aggregate", args, final)

    def indicator_counts(self, data, args):
        """Counts of indicators: args are those of nib-indicator count."""
        return self.summary(data, "nib-indicator", ["count", *args])


def _as_text(batch):
    """Nulls are empty cells."""
    import pyarrow.compute as pc
    return pa.RecordBatch.from_arrays(
        [pc.fill_null(c.cast(_TEXT), "") for c in batch.columns],
        names=batch.schema.names)


def _batches(out, names):
    """CSV of a tool as Arrow batches of text, empty cells as empty text."""
    options = pyarrow.csv.ConvertOptions(
        column_types={n: _TEXT for n in names}, strings_can_be_null=False)
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    read = pyarrow.csv.ReadOptions(block_size=max(1 << 20, len(out) + 1))
    table = pyarrow.csv.read_csv(
        pa.BufferReader(out), read_options=read, parse_options=parse,
        convert_options=options)
    if table.column_names != list(names):
        raise NibError("the tool's columns differ between partitions")
    yield from table.to_batches(max_chunksize=10000)
