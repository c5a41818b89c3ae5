"""The calls and base classes of a Python project, as pyright sees them: by the index that scip-python writes.

Where calls are is known from Python's ast, what they call from the index. See README.md for the rules.
"""
import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict

import ast_truth
import scip
from ast_facts import Facts, Scope, class_of_self, find_scope

HERE = os.path.dirname(os.path.abspath(__file__))
INDEXER = os.path.join(HERE, "node_modules/@sourcegraph/scip-python/index.js")
PROJECT = "scip-python python x 0 "
# Bases that have no constructor of their own.
BARE = {"builtins/object#", "typing/Generic#", "typing/Protocol#", "abc/ABC#", "typing_extensions/Protocol#"}


def truth(project: str, index: str | None = None) -> dict:
    """`index` is read where it is there, and written where it is not."""
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.abspath(index or os.path.join(folder, "index.scip"))
        if not os.path.exists(output):
            run_indexer(project, folder, output)
        documents = scip.read(output)
    found, failed = ast_truth.extract_all(project, ast_truth.list_files(project))
    found = [facts for facts in found if facts.path in documents]
    names = Names(found, documents)
    return {
        "language": "python",
        "tool": "scip-python",
        "files": [facts.path for facts in found],
        "failed": failed,
        "sites": [site for facts in found for site in call_sites(facts, names)],
        "inherits": [edge for facts in found for edge in base_edges(facts, names)],
    }


def run_indexer(project: str, folder: str, output: str) -> None:
    # Its own look at installed packages runs pip; an empty list stands for it.
    environment = os.path.join(folder, "environment.json")
    with open(environment, "w", encoding="utf-8") as file:
        json.dump([], file)
    command = ["node", "--max-old-space-size=6000", INDEXER, "index", "--project-name", "x", "--project-version", "0"]
    command += ["--environment", environment, "--output", f"{output}.part", "--quiet"]
    subprocess.run(command, cwd=project, check=True, stdout=subprocess.DEVNULL)
    os.rename(f"{output}.part", output)


class Names:
    """What each place of a file names. Local symbols bear their file's name."""

    def __init__(self, found: list[Facts], documents: dict[str, list[scip.Occurrence]]):
        self.at: dict[tuple[str, int, int], str] = {}
        self.functions: dict[str, list[tuple[Facts, int]]] = defaultdict(list)
        self.classes: dict[str, list[tuple[Facts, int]]] = defaultdict(list)
        self.bases: dict[tuple[str, int], list[str | None]] = {}
        self.symbols: dict[tuple[int, str], str] = {}  # of the class that a scope defines by a name
        for facts in found:
            self.add_definitions(facts)
            for one in documents[facts.path]:
                symbol = f"{facts.path} {one.symbol}" if one.symbol.startswith("local ") else one.symbol
                self.at[facts.path, one.line, one.column] = symbol
            for table, rows in ((self.functions, facts.functions), (self.classes, facts.classes)):
                for at, row in enumerate(rows):
                    symbol = self.at.get((facts.path, row[2], column_of_name(facts, row)))
                    # The indexer's own idea: of names that are imported as well, of functions in methods.
                    if symbol and names_it(symbol, row[0]) and (facts, at) not in table[symbol]:
                        table[symbol].append((facts, at))
        for facts in found:
            for at, row in enumerate(facts.classes):
                self.bases[facts.path, at] = [self.symbol_of(facts, base, row[6]) for base in row[5]]

    def add_definitions(self, facts: Facts) -> None:
        module = facts.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        prefix = f"{PROJECT}{f'`{module}`' if '.' in module else module}/"
        for at, (name, *_, own) in enumerate(facts.functions):
            symbol = f"{prefix}{descriptors(facts, own.parent)}{name}()."
            self.functions[symbol].append((facts, at))
        for at, row in enumerate(facts.classes):
            symbol = f"{prefix}{descriptors(facts, row[6])}{row[0]}#"
            self.classes[symbol].append((facts, at))
            self.symbols[id(row[6]), row[0]] = symbol

    def symbol_of(self, facts: Facts, node: ast.AST, scope: Scope) -> str | None:
        """Of the last name of `a.b.c` (without `[…]`)."""
        while isinstance(node, ast.Subscript):
            node = node.value
        if isinstance(node, ast.Name):
            line, column = node.lineno, node.col_offset
        elif isinstance(node, ast.Attribute):
            line, column = node.end_lineno, node.end_col_offset - len(node.attr.encode())
        else:
            return None
        before = facts.lines()[line - 1][:column].decode()
        symbol = self.at.get((facts.path, line, len(before.encode("utf-16-le")) // 2))
        if symbol and isinstance(node, ast.Name) and symbol.endswith(f" builtins/{node.id}#"):
            # The indexer takes a class of the file for the builtin of its name.
            return self.symbols.get((id(find_scope(scope, node.id)), node.id), symbol)
        return symbol


def names_it(symbol: str, name: str) -> bool:
    """Not what a decorator makes of it, nor the builtin of its name."""
    return " local " in symbol or (last_name(symbol) == name and " builtins/" not in symbol)


def last_name(symbol: str) -> str:
    """`f` of `…/Cart#f().`; of a local symbol, which tells no name, nothing."""
    return "" if " local " in symbol else re.split(r"[/#.]", symbol.rstrip(".()#"))[-1].strip("`")


def descriptors(facts: Facts, scope: Scope | None) -> str:
    """`Cart#total().` of what is in that method."""
    if scope is None or scope.parent is None:
        return ""
    around = descriptors(facts, scope.parent)
    if scope.kind == "function":
        return f"{around}{facts.functions[scope.at][0]}()."
    return f"{around}{facts.classes[scope.at][0]}#" if scope.kind == "class" else around


def column_of_name(facts: Facts, row: tuple) -> int:
    text = facts.lines()[row[2] - 1].decode()
    found = re.search(rf"\b(?:def|class)\s+({re.escape(row[0])})\b", text)
    return len(text[: found.start(1)].encode("utf-16-le")) // 2 if found else -1


def call_sites(facts: Facts, names: Names) -> list[dict]:
    sites = []
    aliases = {row[2] for row in facts.imports if row[2]}
    for node, scope, function in facts.calls:
        symbol = names.symbol_of(facts, node.func, scope)
        verdict, callees = what_is_called(symbol, names)
        called = getattr(node.func, "id", "")
        written = called or getattr(node.func, "attr", "")
        if callees and " local " not in symbol and written not in (last_name(symbol), *aliases):
            verdict, callees = "unknown", []  # the wrapper that a decorator puts in a function's place
        if len(callees) > 1 and symbol in names.functions:
            # Functions in methods bear the symbol of a method of their name.
            owner = find_scope(scope, called) if called else None
            around = [(one, one[0].functions[one[1]][5].parent) for one in names.functions[symbol]]
            seen = [one for one, it in around if (it is owner if called else it.kind == "class")]
            callees = [function_place(*one) for one in seen] or callees
        if verdict == "local variable" and called and not find_scope(scope, called):
            verdict = "external"  # overloaded builtins have local symbols
        if verdict == "external" and symbol.endswith(f" builtins/{getattr(node.func, 'attr', '')}#"):
            verdict = "unknown"  # the indexer takes `self.filter()` for `filter()`, where it is overloaded
        own = class_that_is_called(facts, node.func, scope)
        if own >= 0 and not callees:
            # The index tells of `cls()` that it is a parameter. It may be a subclass.
            _, callees = constructor(names, names.symbols[id(facts.classes[own][6]), facts.classes[own][0]])
            verdict = "optional" if callees else verdict
        name_line = node.func.end_lineno if isinstance(node.func, ast.Attribute) else node.func.lineno
        sites.append(
            {
                "file": facts.path,
                "line": node.lineno,
                "last": name_line,
                "callers": [function_place(facts, at) for at in enclosing(facts, function)],
                "name": written,
                "shape": shape(node.func, scope),
                "verdict": verdict,
                "symbol": symbol,
                "callees": callees,
            }
        )
    return sites


def class_that_is_called(facts: Facts, callee: ast.AST, scope: Scope) -> int:
    """By `cls()`, `type(self)()`, `self.__class__()`: the class around; else -1."""
    match callee:
        case ast.Name(id=name):
            at = class_of_self(scope, name)
            method = find_scope(scope, name).at if at >= 0 else -1
            is_class = any(d[3] == method and d[0] == "classmethod" for d in facts.decorators)
            return at if is_class or (at >= 0 and facts.functions[method][0] == "__new__") else -1
        case ast.Attribute(value=ast.Name(id=name), attr="__class__"):
            return class_of_self(scope, name)
        case ast.Call(func=ast.Name(id="type"), args=[ast.Name(id=name)]):
            return class_of_self(scope, name)
    return -1


def enclosing(facts: Facts, function: int) -> list[int]:
    """The function, then those around it."""
    scope = facts.functions[function][5]
    found = []
    while scope:
        if scope.kind == "function":
            found.append(scope.at)
        scope = scope.parent
    return found


def function_place(facts: Facts, at: int) -> dict:
    name, _, start, *_ = facts.functions[at]
    return {"file": facts.path, "name": name, "low": start, "high": start}


def class_place(facts: Facts, at: int) -> dict:
    name, _, start, *_ = facts.classes[at]
    return {"file": facts.path, "name": name, "low": start, "high": start}


def what_is_called(symbol: str | None, names: Names) -> tuple[str, list[dict]]:
    """`project` (an edge is expected), `optional` (allowed), or why there is none; and what would be right."""
    if symbol is None:
        return "unknown", []
    if symbol in names.functions:
        # Several where it is defined again: branches of an `if`, overloads. Any of them is right.
        return "project", [function_place(*one) for one in names.functions[symbol]]
    if symbol in names.classes:
        return constructor(names, symbol)
    if " local " in symbol or symbol.endswith(")"):
        return "local variable", []
    # Mistakes of the indexer: a call of a module, a module of Python's in the project, and what it takes
    # for an object's own since it does not know the class.
    if symbol.endswith(":") or "builtins/object#" in symbol:
        return "unknown", []
    if symbol.startswith(PROJECT):
        module = symbol.removeprefix(PROJECT).split("/")[0].strip("`").split(".")[0]
        if module in sys.stdlib_module_names:
            return "unknown", []
        if not symbol.endswith(("#", "().")):
            return "variable or attribute", []
    return "external", []


def constructor(names: Names, symbol: str) -> tuple[str, list[dict]]:
    """The `__init__` that a call of the class runs: its own, or the first of its bases."""
    made: list[dict] = []
    verdict = "class without constructor"
    for one in linearize(names, symbol, ()):
        if one not in names.classes:
            if not any(one.endswith(bare) for bare in BARE):
                return ("optional", made) if made else ("class with external constructor", [])
            continue
        for facts, at in names.classes[one]:
            methods = [f for f, row in enumerate(facts.functions) if row[4] == at]
            for f in methods:
                if facts.functions[f][0] == "__init__":
                    made.append(function_place(facts, f))
                    verdict = "project"
                elif facts.functions[f][0] == "__new__":
                    made.append(function_place(facts, f))
        if verdict == "project":
            return verdict, made
        if made:
            return "optional", made
        if any(is_dataclass(*each) for each in names.classes[one]):
            return "class with generated constructor", []
    return verdict, made


def is_dataclass(facts: Facts, at: int) -> bool:
    return any(name.rsplit(".", 1)[-1] == "dataclass" for name in facts.classes[at][7])


def linearize(names: Names, symbol: str, seen: tuple) -> list[str]:
    """C3; where it fails, depth first."""
    if symbol in seen or symbol not in names.classes:
        return [symbol]
    facts, at = names.classes[symbol][-1]
    # A base that nobody knows is one of its own.
    bases = [base or f"? {facts.path} {at} {n}" for n, base in enumerate(names.bases[facts.path, at])]
    lists = [linearize(names, base, (*seen, symbol)) for base in bases] + [bases]
    merged = [symbol]
    while lists := [one for one in lists if one]:
        heads = [one[0] for one in lists]
        head = next((one for one in heads if not any(one in rest[1:] for rest in lists)), heads[0])
        merged.append(head)
        lists = [[each for each in one if each != head] for one in lists]
    return merged


def base_edges(facts: Facts, names: Names) -> list[dict]:
    edges = []
    for at in range(len(facts.classes)):
        for symbol in names.bases[facts.path, at]:
            bases = [class_place(*one) for one in names.classes.get(symbol or "", [])]
            if bases or symbol is None or " local " in symbol or not symbol.endswith("#"):
                # Without bases it is one that the index tells nothing of.
                edges.append({"class": class_place(facts, at), "bases": bases, "required": bool(bases)})
    return edges


def shape(callee: ast.AST, scope: Scope) -> str:
    if isinstance(callee, ast.Name):
        return f"{what_name(callee.id, scope)}()"
    if not isinstance(callee, ast.Attribute):
        return "expression()"
    receiver = callee.value
    if isinstance(receiver, ast.Name):
        return f"{what_name(receiver.id, scope)}.m()"
    if isinstance(receiver, ast.Call):
        of = receiver.func
        return "super().m()" if isinstance(of, ast.Name) and of.id == "super" else "call().m()"
    if isinstance(receiver, ast.Attribute) and isinstance(receiver.value, ast.Name):
        return f"{what_name(receiver.value.id, scope)}.a.m()"
    return f"{type(receiver).__name__.lower()}.m()"


def what_name(name: str, scope: Scope) -> str:
    if class_of_self(scope, name) >= 0:
        return "self"
    found = find_scope(scope, name)
    if not found:
        return "builtin or star-imported"
    where = "local" if found.parent else "module's"
    return f"{where} {'variable' if found.names[name] is not None else 'name'}"
