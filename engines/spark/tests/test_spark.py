"""The tools on real Spark with two executor processes.

Expected results are those of the tools run alone. NIB_BIN and NIB_SHARE say
where the tools are, NIB_SHIP those that are sent to executors (static ones,
best); NIB_ENGINE_ROWS how many records (20,000), NIB_PIPELINE_ROWS those of
the whole pipeline (as many).
"""

import csv
import gzip
import io
import os
import signal
import socket
import stat
import subprocess
import threading
import time

import pyarrow
import pytest

pyspark = pytest.importorskip("pyspark")
from pyspark.sql import SparkSession  # noqa: E402

from nib.spark import Nib, NibError, engine, run_files  # noqa: E402

BIN = os.environ["NIB_BIN"]
SHIP = os.environ.get("NIB_SHIP", BIN)
SHARE = os.environ["NIB_SHARE"]
ROWS = os.environ.get("NIB_ENGINE_ROWS", "20000")
PIPELINE_ROWS = os.environ.get("NIB_PIPELINE_ROWS", ROWS)


def tool(name, *args, text=None):
    done = subprocess.run([os.path.join(BIN, name), *args], input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={"NIB_SHARE": SHARE})
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def start(master, more=()):
    """A session whose executors are there, or the test is skipped."""
    builder = (
        SparkSession.builder.master(master)
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.task.maxFailures", "2")
        # A busy machine is not a broken one.
        .config("spark.network.timeout", "600s")
        .config("spark.worker.timeout", "600")
        .config("spark.executor.heartbeatInterval", "60s"))
    for name, value in dict(more).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    # Executors that do not start would leave every test waiting for them.
    first = threading.Thread(target=session.range(4).count, daemon=True)
    first.start()
    first.join(180)
    if first.is_alive():
        pytest.skip("no Spark executor started in 180 seconds")
    return session


@pytest.fixture(scope="session")
def spark():
    # Several executor processes where Spark can start them, else threads.
    session = start(os.environ.get(
        "NIB_SPARK_MASTER", "local-cluster[2,1,1024]"))
    yield session
    session.stop()


@pytest.fixture(scope="session")
def nib(spark):
    return Nib(spark, SHIP, SHARE)


def make(folder, rows):
    whole = folder / "whole.csv"
    tool("nib-dummy", "-s", "admitted_episode", "-n", rows, "--seed", "5",
         "-o", str(whole))
    return whole, cut(whole)


def cut(whole):
    parts = whole.parent / "parts"
    parts.mkdir()
    tool("nib-split", "--parts", "5", "-o", str(parts / "p"), str(whole))
    return parts


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return make(tmp_path_factory.mktemp("data"), ROWS)


@pytest.fixture(scope="session")
def dirty(tmp_path_factory):
    """Records with errors, and some that come again far behind."""
    folder = tmp_path_factory.mktemp("dirty")
    whole = folder / "whole.csv"
    tool("nib-dummy", "-s", "admitted_episode", "-n", ROWS, "--seed", "5",
         "--errors", "0.01", "-o", str(folder / "once.csv"))
    with open(folder / "once.csv", "rb") as once, open(whole, "wb") as to:
        for i, line in enumerate(once):
            to.write(line)
            if i % 700 == 5:
                keep = line
            if i % 1100 == 30:
                to.write(keep)
    return whole, cut(whole)


def one_csv(nib, frame, path):
    """A DataFrame as a tool writes its records, in Spark's order."""
    nib.gather(frame, str(path))
    return tool("nib-derive", "--where", "1", str(path))


def test_validate(nib, dirty, tmp_path):
    """Keys and groups of the whole; files as those of one process."""
    _, parts = dirty
    nib.gather(str(parts), str(tmp_path / "in.csv"))

    def sides(which):
        return {name: str(tmp_path / (which + name)) for name in (
            "errors", "rejects", "quality", "dqmi")}

    frame = nib.validate(str(parts), "admitted_episode", **sides("many"))
    words = [w for name, path in sides("one").items()
             for w in ("--" + name, path)]
    one = tool("nib-validate", "-s", "admitted_episode", "-q", *words,
               str(tmp_path / "in.csv"))
    assert one_csv(nib, frame, tmp_path / "out.csv") == one
    for name in sides("one"):
        with open(sides("one")[name], "rb") as a, \
                open(sides("many")[name], "rb") as b:
            text = a.read()
            assert text == b.read(), name
        if name == "errors":
            for kind in (b",primary-key,", b",row-constraint,"):
                assert kind in text
    # Tasks that hold several partitions.
    assert one_csv(nib, frame.coalesce(2), tmp_path / "c.csv") == one


def test_partitions_larger_than_a_task_sends(nib, data, monkeypatch,
                                             tmp_path):
    """More than an executor should hold at once comes in several tasks."""
    whole, parts = data
    nib.gather(str(parts), str(tmp_path / "whole"))
    monkeypatch.setattr(engine, "SENT", whole.stat().st_size // 6)
    nib.gather(str(parts), str(tmp_path / "cut"))
    assert (tmp_path / "whole").read_bytes() == (
        tmp_path / "cut").read_bytes()
    assert sorted(tool("nib-derive", "--where", "1", str(tmp_path / "cut"))
                  .splitlines()) == sorted(whole.read_bytes().splitlines())


def test_validate_nothing(nib, spark, tmp_path):
    """No record at all: the header, and files with theirs."""
    frame = nib.validate(
        spark.createDataFrame([], "id string, n string").repartition(3),
        str(spec(tmp_path)), errors=str(tmp_path / "errors"),
        quality=str(tmp_path / "quality"))
    assert frame.columns == ["id", "n"] and frame.count() == 0
    assert (tmp_path / "errors").read_bytes().count(b"\n") == 1


def spec(folder):
    path = folder / "ids.json"
    path.write_text("""{ "name": "ids", "primaryKey": "id",
        "fieldsMatch": "exact", "fields": [
        { "name": "id", "type": "string" },
        { "name": "n", "type": "integer" } ] }""")
    return path


def test_records_that_move(nib, spark, tmp_path):
    """Spark may make a partition again, otherwise: that is noticed."""
    def other(batches):
        for batch in batches:
            texts = [str(time.time_ns()) for _ in range(batch.num_rows)]
            yield pyarrow.RecordBatch.from_pydict({"id": texts, "n": texts})

    frame = spark.range(20).mapInArrow(other, "id string, n string")
    with pytest.raises(Exception, match="holds other records than when"):
        nib.validate(frame, str(spec(tmp_path)),
                     errors=str(tmp_path / "errors"))
    assert not (tmp_path / "errors").exists()
    good = nib.validate(frame, str(spec(tmp_path)))
    with pytest.raises(Exception, match="cache or checkpoint"):
        good.collect()


PEOPLE = os.path.join(os.environ["NIB_SRC"], "testdata", "linkage")


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """Two files, and what the tool alone makes of them."""
    folder = tmp_path_factory.mktemp("people")
    files = []
    for name in ("people_a.csv", "people_b.csv"):
        files.append(str(folder / name))
        with gzip.open(os.path.join(PEOPLE, name + ".gz")) as gz, \
                open(files[-1], "wb") as to:
            to.write(gz.read())
    model, pairs = str(folder / "model"), str(folder / "pairs.csv")
    tool("nib-link", "train", "-q", "-m", "people", "-o", model, *files)
    tool("nib-link", "score", "-m", model, "-o", pairs, *files)
    tool("nib-link", "cluster", "-o", str(folder / "persons.csv"), pairs)
    return folder, files


def test_link(nib, spark, people, tmp_path):
    """Trained once, weighed in tasks, persons in one step."""
    folder, files = people
    frames = [spark.read.csv(f, header=True, multiLine=True, escape='"')
              for f in files]
    for name, operands in (("paths", files), ("frames", frames),
                           ("frames", [])):
        if operands:  # and once more with the model that is there
            last = operands
        got = nib.link(str(tmp_path / name), *last, parts=5)
        for made in ("pairs.csv", "persons.csv"):
            assert (tmp_path / name / made).read_bytes() == (
                folder / made).read_bytes(), (name, made)
        rows = list(csv.reader(io.StringIO(
            (folder / "persons.csv").read_text())))
        assert [got.columns] + sorted(map(list, got.collect())) == [
            rows[0]] + sorted(rows[1:])
    assert (tmp_path / "paths" / "model").read_bytes() == (
        folder / "model").read_bytes()
    with pytest.raises(NibError, match="no-such"):
        nib.link(str(tmp_path / "none"), *files, matching="no-such")


def test_link_that_fails(nib, people, tmp_path):
    _, files = people
    with pytest.raises(Exception, match="needs a number"):
        nib.link(str(tmp_path), *files, score=["--threshold", "high"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model"]


def test_persons(nib, data, tmp_path):
    whole, parts = data
    got = nib.persons(str(parts), "hes-8-step", [
        "-s", "admitted_episode", "--replace"], order=["record_id"])
    nib.gather(nib._frame(str(parts)).coalesce(1).sort("record_id"),
               str(tmp_path / "in.csv"))
    assert one_csv(nib, got, tmp_path / "out.csv") == tool(
        "nib-link", "persons", "-m", "hes-8-step", "-s", "admitted_episode",
        "--replace", str(tmp_path / "in.csv"))


def test_aggregate(nib, data):
    whole, parts = data
    args = ["-s", "admitted_episode", "--by", "provider", "--by",
            "month=month(admission_date)", "--count", "--on-error", "empty",
            "--sum", "cost_gbp"]
    got = nib.aggregate(str(parts), args, final=["--disclosure", "hes"])
    assert got == tool("nib-aggregate", *args, "--disclosure", "hes",
                       str(whole))


def test_pipeline(nib, tmp_path):
    """Validate, pseudonymise and aggregate without leaving Spark."""
    whole, parts = make(tmp_path, PIPELINE_ROWS)
    root, key = tmp_path / "root.key", tmp_path / "p.key"
    tool("nib-key", "new", "--type", "root", "-o", str(root))
    tool("nib-key", "project", "--root", str(root), "--project", "spark",
         "-o", str(key))
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    good = nib.validate(str(parts), "admitted_episode")
    safe = nib.pseudonymise(good, "admitted_episode", str(key),
                            ["--invalid", "blank"])
    args = ["--by", "provider", "--count", "--distinct", "person_id"]
    got = nib.aggregate(safe, args)
    one = tool("nib-validate", "-s", "admitted_episode", "--no-unique", "-q",
               str(whole))
    one = tool("nib-pseudonymise", "-s", "admitted_episode", "-k", str(key),
               "--invalid", "blank", text=one)
    assert got == tool("nib-aggregate", *args, text=one)


def test_quoted_newlines_and_nulls(nib, spark):
    """What textFile would cut, and what Spark calls null."""
    frame = spark.createDataFrame(
        [("1", 'two\nlines, "quoted"', None), ("2", "", "x"),
         ("3", "cr\r\nlf", " y ")],
        "id string, note string, other string").repartition(3)
    got = nib.derive(frame, ["--set", "n=length(note)"])
    rows = sorted(tuple(r) for r in got.collect())
    assert rows == [("1", 'two\nlines, "quoted"', "", "19"),
                    ("2", "", "x", ""), ("3", "cr\r\nlf", " y ", "6")]


def test_a_column_of_empty_cells(nib, spark):
    frame = spark.createDataFrame([("",), (None,), ("x",)], "note string")
    got = nib.derive(frame.coalesce(1), ["--only", "--set", "o=note"])
    assert [tuple(r) for r in got.collect()] == [("",), ("",), ("x",)]


def test_types(nib, spark):
    """What has one text is that text; what has several is refused."""
    frame = spark.sql(
        "SELECT 7 AS i, CAST(-9000000000 AS BIGINT) AS b, true AS t, "
        "DATE '2024-02-29' AS d, CAST(0.000001 AS DECIMAL(9,6)) AS m, "
        "'007' AS s, CAST(NULL AS INT) AS n")
    got = nib.derive(frame, ["--set", "x=s || i"])
    assert [tuple(r) for r in got.collect()] == [
        ("7", "-9000000000", "true", "2024-02-29", "0.000001", "007", "",
         "0077")]
    for kind in ("1.5D", "CAST(1.5 AS FLOAT)", "current_timestamp()",
                 "array(1)", "CAST('x' AS BINARY)", "CAST(1 AS DECIMAL(9,7))"):
        with pytest.raises(NibError, match="column x is .* a string first"):
            nib.derive(spark.sql("SELECT %s AS x" % kind), ["--set", "y=1"])


def test_pandas(nib, spark):
    """Whole numbers with a gap are floating ones in pandas: refused."""
    pandas = pytest.importorskip("pandas")
    frame = spark.createDataFrame(pandas.DataFrame({"a": [1, None]}))
    with pytest.raises(NibError, match="column a is double"):
        nib.derive(frame, ["--set", "b=1"])
    frame = spark.createDataFrame(pandas.DataFrame(
        {"a": ["1", None, ""]}, dtype=object), "a string")
    got = nib.derive(frame.coalesce(1), ["--set", "b=length(a)"])
    assert [tuple(r) for r in got.collect()] == [
        ("1", "1"), ("", ""), ("", "")]


def test_a_part_of_another_form(nib, spark, tmp_path):
    """A header that differs, a ragged record, bytes that are no UTF-8, an
    order of columns that the specification does not allow."""
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "one.csv").write_text("id,n\n1,1\n2,2\n")
    for text, why in ((b"n,id\n3,3\n", "two.csv"),
                      (b"id,n\n3\n", "Malformed"),
                      (b"id,n\n3,\xff\n", "not UTF-8")):
        (folder / "two.csv").write_bytes(text)
        with pytest.raises(Exception, match=why):
            nib.aggregate(str(folder), ["--by", "id", "--count"])
    frame = spark.createDataFrame([("1", "2")], "n string, id string")
    with pytest.raises(NibError, match="incorrect-label"):
        nib.validate(frame, str(spec(tmp_path)))


def test_tools_of_two_versions(nib, data, spark, tmp_path):
    """A partial result of another program is not merged."""
    _, parts = data
    old = tmp_path / "bin"
    old.mkdir()
    wrap(old / "nib-aggregate", """
case "$*" in *--jobs*) "{bin}/nib-aggregate" "$@" | sed s/nib-tally-[0-9]*/nib-tally-1/ ;;
*) exec "{bin}/nib-aggregate" "$@" ;; esac""")
    other = Nib(spark, str(old), SHARE)
    with pytest.raises(NibError, match="version"):
        other.aggregate(str(parts), ["--by", "provider", "--count"])


def wrap(path, text):
    path.write_text("#!/bin/sh\nPATH=/usr/bin:/bin; export PATH\n" +
                    text.format(bin=BIN) + "\n")
    path.chmod(0o755)


def test_keys_are_their_owners(nib, spark, tmp_path):
    """The file Spark brings to an executor, after a tool had it."""
    root, key = tmp_path / "r.key", tmp_path / "mode.key"
    tool("nib-key", "new", "--type", "root", "-o", str(root))
    tool("nib-key", "project", "--root", str(root), "--project", "p",
         "-o", str(key))
    frame = spark.createDataFrame(
        [("1",)] * 40, "person_id string").repartition(8)
    path = tmp_path / "s.json"
    path.write_text("""{ "name": "s", "fields": [ { "name": "person_id",
        "type": "string", "nib": { "privacy": "identifier",
        "treatment": "pseudonym(person)" } } ] }""")
    assert len({tuple(r) for r in nib.pseudonymise(
        frame, str(path), str(key)).collect()}) == 1

    name = nib._ship(str(key))

    def modes(batches):
        from pyspark import SparkFiles
        for _ in batches:
            mode = stat.S_IMODE(os.stat(SparkFiles.get(name)).st_mode)
            yield pyarrow.RecordBatch.from_pydict({"mode": [oct(mode)]})

    assert {r.mode for r in frame.mapInArrow(
        modes, "mode string").collect()} == {"0o600"}


def test_wrong_request_fails_before_records_move(nib, spark):
    frame = spark.createDataFrame([("1",)], "id string")
    with pytest.raises(NibError, match="no field nobody"):
        nib.aggregate(frame, ["--by", "nobody", "--count"])
    with pytest.raises(NibError):
        nib.validate(frame, "no_such_specification")


def test_a_part_that_fails_fails_the_job(nib, spark):
    """A bad cell in one partition: an error with its place, no table."""
    frame = spark.createDataFrame(
        [(str(i), "x" if i == 77 else "1") for i in range(100)],
        "id string, n string").repartition(4)
    with pytest.raises(Exception, match="not a number"):
        nib.aggregate(frame, ["--by", "id", "--sum", "n"])


def test_files(spark, data, tmp_path):
    whole, parts = data
    inputs = sorted(str(p) for p in parts.iterdir())
    out = run_files(spark, os.path.join(BIN, "nib-derive"),
                    ["--set", "long=length(record_id)"], inputs,
                    str(tmp_path / "out"), share=SHARE)
    got = b""
    for i, path in enumerate(out):
        with open(path, "rb") as f:
            header = f.readline()
            got += (header if i == 0 else b"") + f.read()
    assert got == tool("nib-derive", "--set", "long=length(record_id)",
                       str(whole))


def waiting(folder):
    """Tools whose first task waits, its process in folder/pid."""
    (folder / "bin").mkdir()
    wrap(folder / "bin" / "nib-aggregate", """
case "$*" in *--jobs*) ;; *) exec "{bin}/nib-aggregate" "$@" ;; esac
if mkdir "%s/first" 2>/dev/null; then
	echo $$ >"%s/pid.new"
	mv "%s/pid.new" "%s/pid"
	exec sleep 600
fi
exec "{bin}/nib-aggregate" "$@" """ % ((folder,) * 4))
    return str(folder / "bin")


def killer_of(folder, top):
    """Kills what the waiting tool came of, from the process called top down:
    so nothing is left to say that the task failed."""
    killed = []

    def kill():
        for _ in range(3000):
            if (folder / "pid").exists():
                break
            time.sleep(0.1)
        pid = (folder / "pid").read_text().strip()
        chain = [pid]
        while top not in open("/proc/%s/cmdline" % pid).read():
            with open("/proc/%s/stat" % pid) as f:
                pid = f.read().rsplit(")", 1)[1].split()[1]
            chain.insert(0, pid)
        for pid in chain:
            os.kill(int(pid), signal.SIGKILL)
            killed.append(pid)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread, killed


def test_executor_killed(data, spark, tmp_path):
    """An executor dies in mid-task: the same bytes all the same."""
    whole, parts = data
    if "local-cluster" not in spark.sparkContext.master:
        pytest.skip("this master has no executor processes")
    killer, killed = killer_of(tmp_path, "CoarseGrainedExecutorBackend")
    args = ["--by", "provider", "--count"]
    got = Nib(spark, waiting(tmp_path), SHARE).aggregate(str(parts), args)
    killer.join(10)
    assert killed
    assert got == tool("nib-aggregate", *args, str(whole))


def test_node_disappears(data, spark, tmp_path):
    """A master and two workers of its own; one goes with all that runs on
    it: the same bytes. Last, since a process has one session at a time."""
    whole, parts = data
    spark.stop()
    home = os.path.dirname(pyspark.__file__)

    def daemon(name, *words):
        return subprocess.Popen(
            [os.path.join(home, "bin", "spark-class"),
             "org.apache.spark.deploy." + name, "--host", "127.0.0.1",
             "--webui-port", "0", *words], stdout=subprocess.DEVNULL,
            stderr=open(str(tmp_path / "log"), "ab"))

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    master = "spark://127.0.0.1:" + port
    nodes = [daemon("master.Master", "--port", port)]
    try:
        for i in (1, 2):
            nodes.append(daemon(
                "worker.Worker", "--cores", "1", "--memory", "1g",
                "-d", str(tmp_path / ("node%d" % i)), master))
        session = start(master, {"spark.executor.memory": "512m"})
        killer, killed = killer_of(tmp_path, "worker.Worker")
        args = ["--by", "provider", "--count"]
        got = Nib(session, waiting(tmp_path), SHARE).aggregate(
            str(parts), args)
        killer.join(10)
        assert int(killed[0]) in [node.pid for node in nodes[1:]]
        assert got == tool("nib-aggregate", *args, str(whole))
        session.stop()
    finally:
        for node in nodes:
            node.kill()
            node.wait()
