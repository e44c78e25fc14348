"""The tools over DataFrames: what the driver does."""

import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.csv

from . import child, task
from .child import NibError
from .task import Task, Whole, WholeTask

# Types whose values have one text, whatever a session's settings are.
_PLAIN = ("string", "tinyint", "smallint", "int", "bigint", "date", "boolean")

# Bytes that a task sends to the driver: Java holds several copies of them.
SENT = 32 << 20


class Nib:
    """The tools, shipped to the executors of a Spark session.

    bin    folder with the tools, best built with --enable-static-binary
    share  folder with datasets/, codelists/, disclosure/, ...; may be None
           when only paths to specifications are used

    data is a DataFrame, or a path that is read as the tools read it: all
    text, nothing inferred. Nulls are empty cells. A tool that warns says so
    on the driver's standard error, unless it was told -q.
    """

    def __init__(self, spark, bin, share=None):
        self.spark = spark
        self.bin = bin
        self.share = share
        self._shipped = {}
        self._share_name = None
        # Spark serves what is in it as long as the session lasts.
        self._folder = tempfile.TemporaryDirectory()
        if share is not None:
            # Unpacked by Spark on each executor, under this name.
            self._share_name = self._unlike("share")
            archive = shutil.make_archive(os.path.join(
                self._folder.name, self._share_name), "gztar", share)
            spark.sparkContext.addArchive(
                "%s#%s" % (archive, self._share_name))
        # So that executors need pyarrow, but not this package.
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        spark.sparkContext.addPyFile(shutil.make_archive(
            os.path.join(self._folder.name, self._unlike("nib")), "zip",
            os.path.dirname(here), os.path.basename(here)))

    # Shipping.

    def _unlike(self, name):
        """Of all names in a session, another's files' too, only ours."""
        return "%s-%s" % (os.path.basename(self._folder.name), name)

    def _ship(self, path):
        """The name under which a file, as it is now, is on executors."""
        path = os.path.abspath(path)
        if path not in self._shipped:
            name = self._unlike("%d-%s" % (
                len(self._shipped), os.path.basename(path)))
            copy = os.path.join(self._folder.name, name)
            with open(path, "rb") as file, \
                    open(copy, "wb", opener=_private) as to:
                shutil.copyfileobj(file, to)
            self.spark.sparkContext.addFile(copy)
            self._shipped[path] = name
        return self._shipped[path]

    def file(self, path):
        """The word for a file among a tool's words: it goes along.

        nib.rows(df, "nib-consent", ["-s", "admitted_episode", "--opt-out",
                                     nib.file("optouts.csv"), ...])
        """
        return task.file_word(self._ship(path))

    def _spec(self, spec):
        return self.file(spec) if os.sep in spec else spec

    def _tool(self, tool):
        path = os.path.join(self.bin, tool)
        if not os.path.exists(path):
            raise NibError("no %s in %s" % (tool, self.bin))
        return self._ship(path)

    def _task(self, frame, tool, args, key=None, whole=None, data=None):
        named = {
            "tool": self._tool(tool), "args": args,
            "names": frame.columns if frame is not None else [],
            "share": self._share_name,
            "key": self._ship(key) if key is not None else None,
            "from_text": isinstance(data, str)}
        return Task(**named) if whole is None else WholeTask(whole, **named)

    # Records.

    def _frame(self, data):
        if isinstance(data, str):
            return self.spark.read.csv(
                data, header=True, inferSchema=False, multiLine=True,
                quote='"', escape='"', nullValue=None, emptyValue="",
                encoding="UTF-8", mode="FAILFAST", enforceSchema=False)
        from pyspark.sql import functions as F
        for name, kind in data.dtypes:
            if not (kind in _PLAIN or _plain_decimal(kind)):
                raise NibError(
                    "column %s is %s: which text that is depends on settings; "
                    "make it a string first" % (name, kind))
        return data.select([
            F.col(_quoted(c)).cast("string").alias(c) for c in data.columns])

    def _numbered(self, frame):
        """With a column that says which partition a record is of."""
        from pyspark.sql import functions as F
        if task.PART in frame.columns:
            raise NibError("a column is called %s" % task.PART)
        return frame.withColumn(task.PART, F.spark_partition_id())

    def gather(self, data, path):
        """All records in one CSV file on the driver, in Spark's order."""
        self._gather(self._frame(data), data, path)

    def _gather(self, frame, data, path):
        """All records in a file here, in Spark's order: partition after
        partition. Returns which records are in which."""
        whole = Whole()
        work = self._task(frame, "nib-split", [], data=data)
        with open(path, "wb", opener=_private) as to:
            to.write(child.header_bytes(work.names))
            for row in _results(self._numbered(frame).mapInArrow(
                    task.pack(work), "part long, n long, text binary")):
                to.write(row.text)
                whole.add(row.part, row.n, row.text)
        whole.close()
        return whole

    def _local(self, tool, args, files=(), output=None, text=None):
        """A tool on the driver: its output, or none with an output file."""
        env = {"NIB_SHARE": self.share} if self.share else {}
        words = [os.path.join(self.bin, tool)] + task.words(args)
        if output is not None:
            words += ["-o", output]
        try:
            done = subprocess.run(
                words + list(files), input=text or b"",
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        except OSError as why:
            raise NibError("%s: %s" % (words[0], why.strerror)) from None
        message = done.stderr.decode("utf-8", "replace").strip()
        if done.returncode not in (0, 1):
            raise NibError(message or "%s: status %d" % (
                tool, done.returncode))
        _warn([message])
        return done.stdout

    def _columns_after(self, tool, args, names, key=None):
        """The header a tool makes of a header, asked of the tool itself.

        So a specification that does not fit, an unknown column or a wrong
        option is refused here, before any record moves.
        """
        self._tool(tool)
        out = b"".join(child.run(
            os.path.join(self.bin, tool), task.words(args), self.share,
            [child.header_bytes(names)], key=key))
        table = pyarrow.csv.read_csv(pa.BufferReader(out))
        return table.column_names

    def _from_csv(self, path):
        """A CSV file of the driver as a DataFrame of text."""
        with open(path, "rb") as file:
            names = next(csv.reader([file.readline().decode()]))
        batches = task.to_batches(open(path, "rb"), names)
        return self.spark.createDataFrame(
            [(bytearray(child.csv_bytes(b, True)),) for b in batches],
            "text binary").mapInArrow(task.unpack(names), _text_columns(names))

    # Row tools.

    def rows(self, data, tool, args, key=None):
        """Any row tool: a DataFrame of its output, partitions kept."""
        frame = self._frame(data)
        after = self._columns_after(tool, args, frame.columns, key)
        work = self._task(frame, tool, args, key, data=data)
        return frame.mapInArrow(work.rows(after), _text_columns(after))

    def validate(self, data, spec, options=(), reference=None, errors=None,
                 rejects=None, quality=None, dqmi=None):
        """The good records. Keys and rules over groups are looked at over
        all of them, in Spark's order, as one step on the driver; unless
        options are --no-unique and --no-groups.

        reference   {name of a table: path}, for foreign keys and rules
        errors, rejects, quality, dqmi
                    paths on the driver, for what nib-validate writes with
                    the options of these names; takes another pass
        """
        frame = self._frame(data)
        base = ["-s", self._spec(spec), "-q", *options]
        args = list(base)
        for name, path in (reference or {}).items():
            args += ["--reference", "%s=%s" % (name, self.file(path))]
        wrong = self._local(
            "nib-validate", [*args, "--check", "--errors", "/dev/stdout"],
            text=child.header_bytes(frame.columns)).decode().splitlines()
        if len(wrong) > 1:
            raise NibError("\n".join(
                ["the columns are not what %s wants:" % spec, *wrong]))
        after = self._columns_after("nib-validate", args, frame.columns)
        sides = [name for name, path in (
            ("--errors", errors), ("--rejects", rejects),
            ("--quality", quality or dqmi)) if path]
        across = not {"--no-unique", "--no-groups"} <= set(options)
        numbered = self._numbered(frame)
        with tempfile.TemporaryDirectory() as folder:
            records = os.path.join(folder, "records.csv")
            whole = self._gather(frame, data, records)
            late = []
            if across:
                found = tempfile.mkstemp(dir=folder)[1]
                measures = ["--partial", "--quality",
                            os.path.join(folder, "--quality")]
                self._local("nib-validate", [
                    *base, "--across", "--errors", found,
                    *(measures if "--quality" in sides else [])], [records])
                args += ["--found", self.file(found)]
                late = [found]
            work = self._task(frame, "nib-validate", args, whole=whole,
                              data=data)
            if sides:
                self._sides(numbered, work, sides, folder, records)
            if errors:
                _join(os.path.join(folder, "--errors"), late, errors)
            if rejects:
                _join(os.path.join(folder, "--rejects"), [], rejects)
            if quality or dqmi:
                self._local("nib-validate", [
                    "--merge", *(["--quality", quality] if quality else []),
                    *(["--dqmi", dqmi] if dqmi else [])],
                    [os.path.join(folder, name)
                     for name in sorted(os.listdir(folder))
                     if name.startswith("--quality")])
        return numbered.mapInArrow(work.rows(after), _text_columns(after))

    def _sides(self, numbered, work, sides, folder, records):
        """Files in folder: what parts wrote, one after the other, but a file
        of measures for each part."""
        if not work.whole.count:
            self._local("nib-validate", work.args + task.side_words(
                sides, folder), [records])
        for row in _results(numbered.mapInArrow(
                work.sides(sides), "name string, part long, piece binary")):
            name = row.name
            if name == "--quality":
                name += "-%06d" % row.part
            with open(os.path.join(folder, name), "ab") as to:
                to.write(row.piece)

    def pseudonymise(self, data, spec, key, options=()):
        return self.rows(data, "nib-pseudonymise",
                         ["-s", self._spec(spec), *options], key=key)

    def derive(self, data, options):
        return self.rows(data, "nib-derive", options)

    # People.

    def persons(self, data, matching, options=(), order=()):
        """The records with a person_id, by the deterministic steps of a
        matching file. Who is whom is one step, so it is one task.

        order   columns to sort by first: ids number persons in the order of
                records, and Spark promises none
        """
        frame = self._frame(data).coalesce(1)
        if order:
            frame = frame.sortWithinPartitions(
                *[_quoted(name) for name in order])
        args = ["persons", "-m", self._spec(matching), *options]
        after = self._columns_after("nib-link", args, frame.columns)
        work = self._task(frame, "nib-link", args, data=data)
        return frame.mapInArrow(work.rows(after), _text_columns(after))

    def link(self, folder, a, b=None, matching="people", fields=(), train=(),
             score=(), cluster=(), parts=None):
        """Who is whom by probability, in one table or two: a DataFrame of id
        and person_id.

        The model is trained once, pairs are weighed in tasks, persons are
        made of pairs in one step. Each task reads all records, which is
        quick, and weighs a share of the pairs, which is not.

        folder   on the driver: gets the files model, pairs.csv and
                 persons.csv, with the bytes of nib-link train, score and
                 cluster; a model that is there is used, not trained again
        a, b     DataFrames, which every task holds in memory while it runs;
                 or paths of files that every node sees, used as they are
        fields   options for both train and score: --field, --without
        train, score, cluster
                 more options of each
        parts    how many tasks weigh; by default as many as run at a time
        """
        os.makedirs(folder, mode=0o700, exist_ok=True)
        model, pairs, persons = (os.path.join(folder, name) for name in (
            "model", "pairs.csv", "persons.csv"))
        parts = parts or self.spark.sparkContext.defaultParallelism
        with tempfile.TemporaryDirectory() as own:
            files, travels = [], {}
            for name, data in (("a.csv", a), ("b.csv", b)):
                if data is None or isinstance(data, str):
                    files += [data] if data else []
                    continue
                files.append(os.path.join(own, name))
                self._gather(self._frame(data), data, files[-1])
                travels[files[-1]] = _contents(files[-1])
            if not os.path.exists(model):
                self._local("nib-link", ["train", "-m", self._spec(matching),
                                         *fields, *train], files,
                            output=model)
            travels[model] = _contents(model)
            self._score([*fields, *score], model, files, travels, parts,
                        pairs)
        self._local("nib-link", ["cluster", *cluster], [pairs],
                    output=persons)
        return self._from_csv(persons)

    def _score(self, options, model, files, travels, parts, pairs):
        sent = self.spark.sparkContext.broadcast(travels)
        try:
            work = self._task(None, "nib-link", ["score", *options])
            said = set()
            with _Complete(pairs) as to:
                for row in _results(self.spark.range(
                        0, parts, 1, parts).mapInArrow(
                            task.weigh(work, sent, model, files, parts),
                            "piece binary, said binary")):
                    to.write(row.piece)
                    said.add(row.said.decode("utf-8", "replace"))
            _warn(sorted(said))
        finally:
            sent.destroy()

    # Summarising tools.

    def summary(self, data, tool, args, final=()):
        """Partial results in the partitions, merged on the driver: bytes."""
        frame = self._frame(data)
        partial = [*args, "--partial"]
        # Asked of the tool first, so that a wrong request fails here.
        self._local(tool, partial, text=child.header_bytes(frame.columns))
        work = self._task(frame, tool, partial, data=data)
        expected = frame.rdd.getNumPartitions()
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for row in _results(frame.mapInArrow(
                    task.partial(work), "partial binary")):
                files.append(os.path.join(folder, "%06d" % len(files)))
                with open(files[-1], "wb") as to:
                    to.write(row.partial)
            merged = os.path.join(folder, "merged")
            self._local(tool, [*args, "--merge", "--expect-parts",
                               str(expected)], files, output=merged)
            return self._local(tool, [*args, *final, "--final"], [merged])

    def aggregate(self, data, args, final=()):
        """The table as CSV bytes, as nib-aggregate alone would write it."""
        return self.summary(data, "nib-aggregate", args, final)

    def indicator_counts(self, data, args):
        """Counts of indicators: args are those of nib-indicator count."""
        return self.summary(data, "nib-indicator", ["count", *args])


class _Complete:
    """A file that appears under its name when it is whole."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.file = open(self.path + ".part", "wb", opener=_private)
        return self.file

    def __exit__(self, failed, *_):
        self.file.close()
        if failed:
            os.remove(self.path + ".part")
        else:
            os.rename(self.path + ".part", self.path)


def _private(path, flags):
    return os.open(path, flags, 0o600)


def _contents(path):
    return list(task.pieces(open(path, "rb")))


def _warn(messages):
    for message in filter(None, messages):
        print(message, file=sys.stderr)


def _quoted(name):
    return "`%s`" % name.replace("`", "``")


def _plain_decimal(kind):
    # With more digits behind the point Spark writes small ones as 1E-7.
    return kind.startswith("decimal(") and int(
        kind[:-1].split(",")[1]) <= 6


def _text_columns(names):
    from pyspark.sql.types import StringType, StructField, StructType
    return StructType([StructField(n, StringType()) for n in names])


def _results(frame):
    """The rows, in order, a few at a time: made side by side first, where
    toLocalIterator alone would make one partition after the other, and cut
    anew where a partition's are more than an executor should hold to send.
    """
    from pyspark import StorageLevel
    from pyspark.sql import functions as F
    frame = frame.persist(StorageLevel.DISK_ONLY)
    try:
        sizes = frame.groupBy(F.spark_partition_id()).agg(F.sum(sum(
            F.length(name) for name, kind in frame.dtypes
            if kind == "binary"))).collect()
        sizes = [size for _, size in sizes]
        rows = frame
        if max(sizes, default=0) > SENT:
            rows = (
                frame.withColumn("at", F.monotonically_increasing_id())
                .repartitionByRange(1 + 2 * sum(sizes) // SENT, "at")
                .sortWithinPartitions("at").drop("at"))
        yield from rows.toLocalIterator(True)
    finally:
        frame.unpersist()


def _join(path, late, target):
    """What parts found, then what was found of groups, under its name."""
    with _Complete(target) as to:
        for piece in task.pieces(open(path, "rb")):
            to.write(piece)
        for found in late:
            with open(found, newline="") as rows:
                rows = csv.reader(rows)
                kind = next(rows).index("type")
                text = io.TextIOWrapper(to, newline="", write_through=True)
                csv.writer(text, lineterminator="\n").writerows(
                    row for row in rows if row[kind] == "row-constraint")
                text.detach()
