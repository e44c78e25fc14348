"""Runs one SQL text with DuckDB's Python package and prints the result."""
import sys

import duckdb

result = None
for statement in duckdb.extract_statements(sys.argv[1]):
    result = duckdb.execute(statement)
for row in result.fetchall():
    print(*row, sep=",")
