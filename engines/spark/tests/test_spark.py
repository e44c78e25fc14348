"""The tools on real Spark with two executor processes.

Expected results are those of the tools run alone. NIB_BIN and NIB_SHARE say
where the tools are; NIB_ENGINE_ROWS how many records (20,000).
"""

import csv
import io
import os
import signal
import stat
import subprocess
import time

import pytest

pyspark = pytest.importorskip("pyspark")
from pyspark.sql import SparkSession  # noqa: E402

from nib.spark import Nib, NibError, run_files  # noqa: E402

BIN = os.environ["NIB_BIN"]
SHARE = os.environ["NIB_SHARE"]
ROWS = os.environ.get("NIB_ENGINE_ROWS", "20000")


def tool(name, *args, text=None):
    done = subprocess.run([os.path.join(BIN, name), *args], input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={"NIB_SHARE": SHARE})
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def spark():
    # Several executor processes where Spark can start them, else threads.
    session = (
        SparkSession.builder.master(
            os.environ.get("NIB_SPARK_MASTER", "local-cluster[2,1,1024]"))
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.task.maxFailures", "2")
        # A test looks at all records, a million with NIB_ENGINE_ROWS.
        .config("spark.driver.memory", "6g" if int(ROWS) > 100000 else "1g")
        .config("spark.driver.maxResultSize", "0")
        .config("spark.executorEnv.PYTHONPATH", os.environ["PYTHONPATH"])
        .getOrCreate())
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def nib(spark):
    return Nib(spark, BIN, SHARE)


def make(folder, *options):
    whole = folder / "whole.csv"
    tool("nib-dummy", "-s", "admitted_episode", "-n", ROWS, "--seed", "5",
         *options, "-o", str(whole))
    parts = folder / "parts"
    parts.mkdir()
    tool("nib-split", "--parts", "5", "-o", str(parts / "p"), str(whole))
    return whole, parts


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return make(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def dirty(tmp_path_factory):
    return make(tmp_path_factory.mktemp("dirty"), "--errors", "0.01")


def records(text):
    """The records of CSV, sorted: Spark reads the largest file first."""
    rows = list(csv.reader(io.StringIO(text.decode()), strict=True))
    return rows[0], sorted(rows[1:])


def test_validate(nib, dirty):
    whole, parts = dirty
    frame = nib.validate(str(parts), "admitted_episode")
    got = sorted([list(row) for row in frame.collect()])
    header, good = records(tool(
        "nib-validate", "-s", "admitted_episode", "--no-unique", "-q",
        str(whole)))
    assert frame.columns == header
    assert got == good
    assert 0 < len(good) < int(ROWS)


def test_aggregate(nib, data):
    whole, parts = data
    args = ["-s", "admitted_episode", "--by", "provider", "--by",
            "month=month(admission_date)", "--count", "--on-error", "empty",
            "--sum", "cost_gbp"]
    got = nib.aggregate(str(parts), args, final=["--disclosure", "hes"])
    assert got == tool("nib-aggregate", *args, "--disclosure", "hes",
                       str(whole))


def test_pipeline(nib, data, tmp_path):
    """Validate, pseudonymise and aggregate without leaving Spark."""
    whole, parts = data
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
        [("1", 'two\nlines, "quoted"', None), ("2", "", "x")],
        "id string, note string, other string").repartition(3)
    got = nib.derive(frame, ["--set", "n=length(note)"])
    rows = sorted(tuple(r) for r in got.collect())
    assert rows == [("1", 'two\nlines, "quoted"', "", "19"),
                    ("2", "", "x", "")]


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


def test_executor_killed(nib, spark, data):
    """An executor dies in mid-job: the same bytes all the same."""
    whole, parts = data
    pids = subprocess.run(
        ["pgrep", "-f", "CoarseGrainedExecutorBackend"],
        stdout=subprocess.PIPE, text=True).stdout.split()
    if not pids:
        pytest.skip("this master has no executor processes")
    args = ["--by", "provider", "--count"]

    import threading

    def kill():
        time.sleep(0.7)
        os.kill(int(pids[0]), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    frame = spark.read.csv(str(parts), header=True, multiLine=True,
                           escape='"').repartition(40)
    killer.start()
    got = nib.aggregate(frame, args)
    killer.join()
    assert got == tool("nib-aggregate", *args, str(whole))
