"""Reads a code graph's dataset with DuckDB, so that nothing of kgload's reads what kgload wrote."""
import os

import duckdb


def rows(dataset: str, query: str) -> list[tuple]:
    """What a query gives; a table is named in braces: `{functions}`, and may be a directory of part files."""
    for kind in ("nodes", "edges"):
        folder = os.path.join(dataset, kind)
        for entry in os.listdir(folder):
            table = entry.removesuffix(".parquet")
            path = os.path.join(folder, entry)
            files = path if os.path.isfile(path) else os.path.join(path, "*.parquet")
            query = query.replace("{" + table + "}", f"read_parquet('{files.replace(chr(39), chr(39) * 2)}')")
    return duckdb.sql(query).fetchall()


def columns(dataset: str, table: str) -> list[str]:
    return [name for name, *_ in rows(dataset, f"describe select * from {{{table}}}")]


def endpoints(dataset: str, table: str) -> tuple[str, str]:
    """The names of the columns, quoted."""
    return ('"from"', '"to"') if "from" in columns(dataset, table) else ("src", "dst")
