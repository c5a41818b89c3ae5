#!/usr/bin/env python3
"""Compares a dataset with what Python's own ast says of the same sources.

    python3 compare_ast.py ROOT DATASET [--show 20]

Rows are compared by names, files and lines, never by ids. Exit code 1 where functions, classes, imports,
decorators or exceptions differ; the other tables are told. See README.md for the rules.
"""
import argparse
import sys
from collections import Counter

import ast_truth
from ast_facts import Facts
from dataset import columns, endpoints, rows

MUST_MATCH = {"functions", "classes", "imports", "decorators", "exceptions"}


def plain(text: str | None) -> str:
    """Source text as far as it must be the same: without white space, and with one kind of quote."""
    return "".join((text or "").split()).replace('"', "'").removesuffix(",")


def without_call(name: str | None) -> str:
    """`except errors():` names `errors`; some keep its parentheses."""
    text = plain(name)
    return text[: text.index("(")] if text.endswith(")") and not text.startswith("(") else text


def function_key(facts: Facts, at: int) -> tuple:
    name, _, start, *_ = facts.functions[at]
    return (name, start)


def class_key(facts: Facts, at: int) -> tuple:
    name, _, start, *_ = facts.classes[at]
    return (name, start)


def truth_of(facts: Facts) -> dict[str, list[tuple]]:
    """Rows of each table as (file, line, …)."""
    p = facts.path
    variables = ast_truth.variables(facts)
    functions = facts.functions
    return {
        "functions": [(p, start, end, name) for name, _, start, end, *_ in functions],
        "functions: is_public": [(p, f[2], f[0], not f[0].startswith("_")) for f in functions],
        "functions: source_code": [(p, f[2], f[0], plain(source_of(facts, f))) for f in functions],
        "classes": [(p, start, end, name, plain(bases)) for name, _, start, end, bases, *_ in facts.classes],
        "imports": [(p, i[3], i[0], i[1], i[2], i[4]) for i in facts.imports],
        "decorators": [
            (p, line, plain(name), plain(arguments), *function_key(facts, at), position)
            for name, arguments, line, at, position in facts.decorators
        ],
        "exceptions": [
            (p, line, without_call(name), context, *function_key(facts, at))
            for name, line, at, context in facts.exceptions
        ],
        "variables": [(p, line, name, scope) for (_, name), (line, scope) in variables.items()],
        "attributes": [
            (p, line, name, *class_key(facts, at), plain(hint), of_class)
            for (at, name), (line, hint, of_class) in facts.attributes.items()
        ],
        "method_of": [
            (p, start, name, *class_key(facts, at)) for name, _, start, _, at, _ in functions if at >= 0
        ],
        "references": [
            (p, line, name, *variables[id(scope), name], *function_key(facts, at))
            for at, scope, name, line in ast_truth.references(facts)
        ],
        "accesses": [
            (p, line, attribute, *class_key(facts, owner), "write" if is_write else "read", *function_key(facts, at))
            for at, (owner, attribute), line, is_write in ast_truth.accesses(facts)
        ],
    }


def source_of(facts: Facts, function: tuple) -> str:
    return b"\n".join(facts.lines()[function[2] - 1 : function[3]]).decode()


def dataset_rows(dataset: str) -> dict[str, list[tuple]]:
    def edges(table: str) -> tuple[str, str]:
        return endpoints(dataset, table)

    decorated = edges("decorated_by")
    handles = edges("handles_exception")
    method = edges("method_of")
    refers = edges("references")
    access = edges("accesses")
    has_attribute = edges("has_attribute")
    found = {
        "functions": "select file, start_line, end_line, name from {functions}",
        "functions: is_public": "select file, start_line, name, is_public from {functions}",
        "functions: source_code": "select file, start_line, name, source_code from {functions}",
        "classes": "select file, start_line, end_line, name, bases from {classes}",
        "imports": "select file, line_number, imported_name, import_type, alias, is_relative from {imports}",
        "decorators": f"""select d.file, d.line_number, d.name, d.arguments, f.name, f.start_line, e.position
            from {{decorators}} d left join {{decorated_by}} e on e.{decorated[1]} = d.id
            left join {{functions}} f on e.{decorated[0]} = f.id""",
        "exceptions": f"""select x.file, x.line_number, x.name, e.context, f.name, f.start_line
            from {{exceptions}} x left join {{handles_exception}} e on e.{handles[1]} = x.id
            left join {{functions}} f on e.{handles[0]} = f.id""",
        "variables": "select file, definition_line, name, scope from {variables}",
        "attributes": f"""select a.file, a.definition_line, a.name, c.name, c.start_line, a.type_hint,
            a.is_class_attribute from {{attributes}} a left join {{has_attribute}} e on e.{has_attribute[1]} = a.id
            left join {{classes}} c on e.{has_attribute[0]} = c.id""",
        "method_of": f"""select f.file, f.start_line, f.name, c.name, c.start_line from {{method_of}} e
            join {{functions}} f on e.{method[0]} = f.id join {{classes}} c on e.{method[1]} = c.id
            where f.file = c.file""",
        # Readings of variables of the same file: what a file alone tells.
        "references": f"""select f.file, e.line_number, v.name, v.definition_line, v.scope, f.name, f.start_line
            from {{references}} e join {{functions}} f on e.{refers[0]} = f.id
            join {{variables}} v on e.{refers[1]} = v.id
            where f.file = v.file and coalesce(e.context, '') <> 'write'""",
        "accesses": f"""select f.file, e.line_number, a.name, c.name, c.start_line, e.access_type, f.name, f.start_line
            from {{accesses}} e join {{functions}} f on e.{access[0]} = f.id
            join {{attributes}} a on e.{access[1]} = a.id join {{has_attribute}} h on h.{has_attribute[1]} = a.id
            join {{classes}} c on h.{has_attribute[0]} = c.id where f.file = a.file""",
    }
    return {table: [normal(table, row) for row in rows(dataset, query)] for table, query in found.items()}


def normal(table: str, row: tuple) -> tuple:
    if table == "exceptions":
        row = (*row[:2], without_call(row[2]), *row[3:])
    text = {"functions: source_code": [3], "classes": [4], "decorators": [2, 3], "attributes": [5]}
    texts = text.get(table, [])
    return tuple(plain(v) if at in texts else "" if v is None else v for at, v in enumerate(row))


def show(title: str, differing: Counter, limit: int) -> None:
    listed = sorted(differing.elements(), key=lambda row: tuple(map(str, (row[0], f"{row[1]:9}", *row[2:]))))
    if listed:
        print(f"   {title}: {len(listed):,}")
    for file, line, *rest in listed[:limit]:
        values = " ".join(repr(v) if isinstance(v, str) and len(v) < 80 else str(v)[:80] for v in rest)
        print(f"     {file}:{line} {values}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("dataset")
    parser.add_argument("--show", type=int, default=20)
    options = parser.parse_args()

    listed = {path for (path,) in rows(options.dataset, "select path from {files} where language = 'python'")}
    present = set(ast_truth.list_files(options.root))
    for title, paths in {
        "files that are not in the dataset": present - listed,
        "files of the dataset that are not there, or have another ending": listed - present,
    }.items():
        if paths:
            print(f"{title}: {len(paths):,}, {', '.join(sorted(paths)[:5])} …")
    found, failed = ast_truth.extract_all(options.root, sorted(listed & present))
    for path, message in failed:
        print(f"left out, since ast does not parse it: {path}: {message}")

    truth: dict[str, list[tuple]] = {table: [] for table in truth_of(Facts("", b""))}
    for facts in found:
        for table, its in truth_of(facts).items():
            truth[table] += its
    compared = {facts.path for facts in found}
    ours = dataset_rows(options.dataset)
    status = 0
    print(f"\n{'table':24} {'ast':>9} {'dataset':>9} {'same':>9} {'missing':>9} {'extra':>9}")
    for table, expected in truth.items():
        got = [row for row in ours[table] if row[0] in compared]
        left, right = Counter(expected), Counter(got)
        if table in ("references", "accesses"):
            # Whether a second reading in the same line is a second edge is not judged.
            left, right = Counter(set(left)), Counter(set(right))
        missing, extra = left - right, right - left
        same = left.total() - missing.total()
        print(f"{table:24} {left.total():9,} {right.total():9,} {same:9,} {missing.total():9,} {extra.total():9,}")
        show("only ast has", missing, options.show)
        show("only the dataset has", extra, options.show)
        if (missing or extra) and table in MUST_MATCH:
            status = 1
    contained(options.dataset)
    return status


def contained(dataset: str) -> None:
    """Every node hangs on its file: an edge for each row."""
    pairs = {"contains_function": "functions", "contains_class": "classes", "contains_variable": "variables"}
    for edge, node in {**pairs, "has_import": "imports"}.items():
        source, target = endpoints(dataset, edge)
        query = f"""select count(*), count(e.{source}) filter (e.{source} = n.file)
            from {{{node}}} n full join {{{edge}}} e on e.{target} = n.id"""
        ((total, right),) = rows(dataset, query)
        print(f"{edge:24} {total:9,} rows, {right:,} lead from the node's own file")
    if "rule" not in columns(dataset, "calls"):
        print("calls.parquet has no column `rule`")


if __name__ == "__main__":
    sys.exit(main())
