"""spark.py EXECUTORS FILE FOLDER: the tools on Spark, one processor for each
executor: wall seconds and processor seconds (of Spark, Python and the tools
together) of each task, the best of RUNS (3), after one to warm up.
"""

import os
import sys
import time

from pyspark.sql import SparkSession

from nib.spark import Nib, run_files

TICK = os.sysconf("SC_CLK_TCK")


def cpu():
    """Processor seconds of this process and all that came of it."""
    stats = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as f:
                words = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        stats[int(pid)] = int(words[1]), sum(map(int, words[11:15]))
    ours, total = {os.getpid()}, 0
    while True:
        more = {p for p, (parent, _) in stats.items()
                if parent in ours and p not in ours}
        if not more:
            break
        ours |= more
    for pid in ours:
        total += stats[pid][1]
    return total / TICK


def main(executors, folder, key):
    spark = (
        SparkSession.builder.master(
            "local-cluster[%s,1,1024]" % executors)
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.files.maxPartitionBytes", "16m")
        .getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    share = os.environ["NIB_SHARE"]
    nib = Nib(spark, os.environ["NIB_SHIP"], share)
    inputs = [os.path.join(folder, name) for name in sorted(
        os.listdir(folder)) if name.startswith("part-")]
    out = os.path.join(folder, "spark-out")
    path = os.path.join(folder, "part-*.csv")

    def nothing(frame):
        frame.write.format("noop").mode("overwrite").save()

    tasks = {
        "aggregate": lambda: nib.aggregate(path, [
            "--by", "provider", "--count", "--sum", "tariff_gbp"]),
        "pseudonymise": lambda: nothing(nib.pseudonymise(
            path, "admitted_episode", key)),
        "pseudonymise, run_files": lambda: run_files(
            spark, os.path.join(os.environ["NIB_SHIP"], "nib-pseudonymise"),
            ["-q", "-s", "admitted_episode"], inputs, out, share, key),
        "Spark's own count": lambda: nib._frame(path).groupBy(
            "provider").count().collect(),
    }
    for task, work in tasks.items():
        best = None
        for run in range(1 + int(os.environ.get("RUNS", "3"))):
            t, c = time.monotonic(), cpu()
            work()
            got = time.monotonic() - t, cpu() - c
            if run and (best is None or got < best):
                best = got
        print("%-26s %-12s %5s %8.2f %8.2f" % (
            task, "Spark", executors, *best), flush=True)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
