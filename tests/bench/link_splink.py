"""Splink on two files of people: link_splink.py A B OUT.

The settings are those of nib's matching file "people" as far as Splink has
them: its ready-made comparisons of names, birth date and postcode, the seven
blocking rules that the caller gives both, EM on two blocks. Writes the mutual
best pairs of at least even odds as id,person_id, and on standard error the
seconds of each stage. Needs splink 5 and duckdb.
"""
import sys
import time

import duckdb
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

path_a, path_b, path_out = sys.argv[1:4]
began = last = time.monotonic()


def stage(name):
    global last
    now = time.monotonic()
    print(f"{name} {now - last:.1f}", file=sys.stderr)
    last = now


con = duckdb.connect()
for name, path in (("a", path_a), ("b", path_b)):
    con.execute(
        f"""CREATE TABLE {name} AS SELECT rec_id AS unique_id,
        nullif(lower(trim(family_name)), '') AS family,
        nullif(lower(trim(given_name)), '') AS given,
        CASE WHEN sex IN ('1', '2') THEN sex END AS sex,
        CASE WHEN date_of_birth NOT IN ('', '1900-01-01', '1901-01-01')
            THEN date_of_birth END AS dob,
        CASE WHEN pc LIKE 'ZZ%' OR length(pc) < 5 THEN NULL
            ELSE pc[:-4] || ' ' || pc[-3:] END AS postcode,
        nullif(replace(nhs_number, ' ', ''), '') AS nhs,
        nullif(upper(gp_practice), '') AS gp
        FROM (SELECT *, upper(replace(postcode, ' ', '')) AS pc
            FROM read_csv(?, header=true, all_varchar=true))""",
        [path],
    )
db = DuckDBAPI(connection=con)
stage("load")

names = {"jaro_winkler_thresholds": [0.92, 0.88, 0.7]}
settings = SettingsCreator(
    link_type="link_only",
    comparisons=[
        cl.NameComparison("given", **names).configure(
            term_frequency_adjustments=True
        ),
        cl.NameComparison("family", **names).configure(
            term_frequency_adjustments=True
        ),
        cl.ExactMatch("sex"),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.PostcodeComparison("postcode"),
        cl.DamerauLevenshteinAtThresholds("nhs", [1, 2]),
        cl.ExactMatch("gp").configure(term_frequency_adjustments=True),
    ],
    blocking_rules_to_generate_predictions=[
        block_on("nhs"),
        block_on("dob", "postcode"),
        block_on("dob", "family"),
        block_on("dob", "given"),
        block_on("family", "given", "gp"),
        block_on("postcode", "given"),
        block_on("postcode", "family", "sex"),
    ],
    retain_matching_columns=False,
)
linker = Linker(
    [db.register("a", table_name="left_a"), db.register("b", table_name="right_b")],
    settings,
    log_level=40,
)
linker.training.estimate_probability_two_random_records_match(
    [block_on("nhs"), block_on("given", "family", "dob")], recall=0.9
)
stage("lambda")
linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
stage("u")
for rule in (block_on("dob", "postcode"), block_on("family", "given", "gp")):
    linker.training.estimate_parameters_using_expectation_maximisation(
        rule, estimate_without_term_frequencies=True
    )
stage("em")
table = linker.inference.predict(threshold_match_probability=0.5).physical_name
stage("predict")
con.execute(
    f"""COPY (WITH p AS (SELECT unique_id_l AS l, unique_id_r AS r,
        match_weight AS w FROM {table}),
    best AS (SELECT l, r, row_number() OVER () AS n FROM p
        QUALIFY rank() OVER (PARTITION BY l ORDER BY w DESC) = 1
        AND rank() OVER (PARTITION BY r ORDER BY w DESC) = 1)
    SELECT l AS id, n AS person_id FROM best UNION ALL
    SELECT r, n FROM best) TO '{path_out}' (HEADER)"""
)
stage("mutual_best")
print(f"total {last - began:.1f}", file=sys.stderr)
