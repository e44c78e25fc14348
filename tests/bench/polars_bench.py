"""The bench's questions in Polars, lazily, with one thread."""
import os
import sys

os.environ["POLARS_MAX_THREADS"] = "1"
import polars as pl  # noqa: E402

table = pl.scan_csv(sys.argv[2], infer_schema_length=0)
if sys.argv[1] == "count":
    print(table.select(pl.len()).collect())
else:
    print(
        table.group_by(
            "provider", pl.col("admission_date").str.slice(0, 7).alias("month")
        )
        .agg(
            pl.len(),
            pl.col("tariff_gbp").cast(pl.Float64).sum(),
            pl.col("cost_gbp").cast(pl.Float64).mean(),
        )
        .sort("provider", "month")
        .collect()
    )
