#!/usr/bin/env python3
"""What Python's own ast says of a directory of Python files: the truth for `kgload analyze`.

    python3 ast_truth.py ROOT                 rows a table, and CPU seconds
    python3 ast_truth.py ROOT --tables DIR    writes the 20 tables as Parquet as well: the speed to beat
    python3 ast_truth.py ROOT --files LIST    only the paths in LIST (one a line, relative to ROOT)

Shares nothing with kgload. See README.md for the rules.
"""
import argparse
import ast
import os
import sys
import time

from ast_facts import Facts, Scope, class_of_self, extract, find_scope


def variables(facts: Facts) -> dict[tuple[int, str], tuple[int, str]]:
    """(scope, name) -> line, scope's name: one for each scope and name."""
    found = {}
    for scope in facts.scopes:
        if scope.kind not in ("module", "function"):
            continue
        text = "module" if scope.kind == "module" else f"function:{facts.functions[scope.at][0]}"
        for name, line in scope.names.items():
            if line is not None:
                found[id(scope), name] = (line, text)
    return found


def references(facts: Facts) -> list[tuple[int, Scope, str, int]]:
    """function, scope of the variable, its name, line of the reading."""
    found = []
    for name, line, scope, function in facts.reads:
        owner = find_scope(scope, name)
        if owner and owner.kind in ("module", "function") and owner.names[name] is not None:
            found.append((function, owner, name, line))
    return found


def accesses(facts: Facts) -> list[tuple[int, tuple[int, str], int, bool]]:
    """function, (class, attribute), line, is it written: of `self.x`, in the class or its bases in the file."""
    by_name: dict[str, int] = {}
    for at, row in enumerate(facts.classes):
        by_name.setdefault(row[0], at)
    found = []
    for name, attribute, line, scope, function, is_write in facts.members:
        at = class_of_self(scope, name)
        owner = attribute_owner(facts, by_name, at, attribute, set()) if at >= 0 else -1
        if owner >= 0:
            found.append((function, (owner, attribute), line, is_write))
    return found


def attribute_owner(facts: Facts, by_name: dict, at: int, attribute: str, seen: set) -> int:
    if (at, attribute) in facts.attributes:
        return at
    seen.add(at)
    for base in facts.classes[at][5]:
        parent = by_name.get(base.id, -1) if type(base) is ast.Name else -1
        if parent >= 0 and parent not in seen:
            owner = attribute_owner(facts, by_name, parent, attribute, seen)
            if owner >= 0:
                return owner
    return -1


def list_files(root: str) -> list[str]:
    found = []
    for directory, names, files in os.walk(root):
        names[:] = sorted(n for n in names if not os.path.islink(os.path.join(directory, n)))
        for file in files:
            full = os.path.join(directory, file)
            if file.endswith(".py") and os.path.isfile(full) and not os.path.islink(full):
                found.append(os.path.relpath(full, root))
    return sorted(found)


def extract_all(root: str, paths: list[str]) -> tuple[list[Facts], list[tuple[str, str]]]:
    """The facts of each file, and the files that ast does not parse, with its message."""
    found, failed = [], []
    for path in paths:
        try:
            with open(os.path.join(root, path), "rb") as file:
                found.append(extract(path, file.read()))
        except (SyntaxError, ValueError, RecursionError, OSError) as error:
            failed.append((path, f"{type(error).__name__}: {error}"))
    return found, failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("--tables", metavar="DIR")
    parser.add_argument("--files", metavar="LIST")
    options = parser.parse_args()
    if options.files:
        with open(options.files, encoding="utf-8") as file:
            paths = file.read().splitlines()
    else:
        paths = list_files(options.root)
    start = time.process_time()
    found, failed = extract_all(options.root, paths)
    extracted = time.process_time() - start
    megabytes = sum(len(f.data) for f in found) / 1e6
    for path, message in failed:
        print(f"not parsed: {path}: {message}", file=sys.stderr)
    counts = {
        "files": len(found),
        **{t: sum(len(getattr(f, t)) for f in found) for t in ("functions", "classes")},
        "variables": sum(len(variables(f)) for f in found),
        **{t: sum(len(getattr(f, t)) for f in found) for t in ("imports", "decorators", "attributes", "exceptions")},
    }
    if options.tables:
        import ast_tables

        start = time.process_time()
        counts = ast_tables.write(found, options.tables, options.root)
        tables = time.process_time() - start
    for table, rows in counts.items():
        print(f"{table:20} {rows:9,}")
    print(f"{len(found)} files, {megabytes:.1f} MB; CPU s: extraction {extracted:.2f}", end="")
    if options.tables:
        print(f", resolving and writing {tables:.2f}, together {extracted + tables:.2f}", end="")
    print(f", the whole process {time.process_time():.2f}")


if __name__ == "__main__":
    main()
