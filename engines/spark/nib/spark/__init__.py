"""Run the nib tools on Spark.

The tools are shipped to the executors as static binaries and fed the records
of each partition as CSV. A row tool's result is a DataFrame again; a
summarising tool makes a partial result in each partition, and the driver
merges them. Results are those of one process over the same records.

    from nib.spark import Nib
    nib = Nib(spark, bin="/opt/nib/bin", share="/opt/nib/share/nib")
    good = nib.validate(df, "admitted_episode", errors="errors.csv")
    safe = nib.pseudonymise(good, "admitted_episode", key="project.key")
    table = nib.aggregate(safe, ["--by", "provider", "--count"],
                          final=["--disclosure", "hes"])
    persons = nib.link("linked", people_a, people_b)

A tool that ends with status 2 fails its task, and so, after Spark's retries,
the job: a task has no effect but its result, so trying it again is safe.
"""

from .child import NibError
from .engine import Nib
from .files import run_files

__all__ = ["Nib", "NibError", "run_files"]
