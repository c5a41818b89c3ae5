"""The original loader's way, in its own language: original.py STATEMENTS DATABASE.

As its documentation says it: create the schema, rewrite files.parquet without its timestamp, then
for every table read all of its file with pandas to count the rows and COPY the file by position,
each statement a commit of its own, over an AsyncConnection. STATEMENTS is a JSON file: what creates
the tables, and the name and the file of each.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import kuzu
import pandas as pd
import pyarrow.parquet as pq


def preprocess_files_parquet(source, dest):
    pq.write_table(pq.read_table(source, columns=["path", "language", "content_hash"]), dest)


async def main(statements, database_path):
    plan = json.loads(Path(statements).read_text())
    database = kuzu.Database(database_path)
    connection = kuzu.AsyncConnection(database)
    for statement in plan["creates"]:
        await connection.execute(statement)
    with tempfile.TemporaryDirectory() as scratch:
        for name, path in plan["tables"]:
            if Path(path).name == "files.parquet":
                preprocessed = str(Path(scratch) / "files.parquet")
                preprocess_files_parquet(path, preprocessed)
                path = preprocessed
            rows = len(pd.read_parquet(path))
            await connection.execute(f"COPY {name} FROM '{path}'")
            if rows == 0:
                print(f"{name}: no rows", file=sys.stderr)
    connection.close()
    database.close()


asyncio.run(main(*sys.argv[1:]))
