"""The Python driver's batches, as its manual shows them: neo4j-driver.py FILE, a JSON list of tables."""

import json
import os
import sys

import pyarrow.parquet as parquet
from neo4j import GraphDatabase

with open(sys.argv[1], encoding="utf-8") as file:
    job = json.load(file)
auth = (os.environ["NEO4J_USERNAME"], os.environ["NEO4J_PASSWORD"])
with GraphDatabase.driver(os.environ["NEO4J_URI"], auth=auth) as driver:
    with driver.session(database="neo4j") as session:
        for table in job["tables"]:
            batches = parquet.ParquetFile(table["path"]).iter_batches(
                job["batch"], columns=table["columns"]
            )
            for batch in batches:
                rows = batch.to_pylist()
                session.execute_write(
                    lambda tx: tx.run(table["unwind"], rows=rows).consume()
                )
