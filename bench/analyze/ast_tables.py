"""The 20 tables of a code graph from Python's ast, as Parquet: what `kgload analyze` is to be as fast as.

Calls are resolved by scopes, imports and the class hierarchy, without types: less than kgload does.
"""
import ast
import hashlib
import os
from datetime import datetime, timezone

import pyarrow as pa
import pyarrow.parquet as pq

import ast_truth
from ast_facts import Facts, Scope, class_of_self, find_scope

COLUMNS = {
    "files": "path language last_modified content_hash",
    "functions": "id name file start_line end_line is_public source_code",
    "classes": "id name file start_line end_line bases is_public source_code",
    "variables": "id name file definition_line scope",
    "imports": "id imported_name import_type alias line_number is_relative file",
    "decorators": "id name file line_number arguments",
    "attributes": "id name class_name file definition_line type_hint is_class_attribute",
    "exceptions": "id name file line_number",
    "decorated_by": "from to position",
    "references": "from to line_number context",
    "accesses": "from to line_number access_type",
    "handles_exception": "from to line_number context",
    "calls": "from to call_line",
    **dict.fromkeys("contains_function contains_class contains_variable".split(), "from to"),
    **dict.fromkeys("method_of has_import has_attribute inherits".split(), "from to"),
}
NODES = "files functions classes variables imports decorators attributes exceptions".split()


def write(found: list[Facts], directory: str, root: str) -> dict[str, int]:
    tables: dict[str, list[tuple]] = {table: [] for table in COLUMNS}
    project = index(found)
    for facts in found:
        add_rows(facts, tables, project, os.path.getmtime(os.path.join(root, facts.path)))
    for table, names in COLUMNS.items():
        folder = os.path.join(directory, "nodes" if table in NODES else "edges")
        os.makedirs(folder, exist_ok=True)
        columns = list(zip(*tables[table])) or [()] * len(names.split())
        rows = pa.table([pa.array(column) for column in columns], names=names.split())
        pq.write_table(rows, os.path.join(folder, f"{table}.parquet"), compression="zstd")
    return {table: len(rows) for table, rows in tables.items()}


def make_id(prefix: str, *parts: object) -> str:
    return f"{prefix}_{hashlib.sha256('::'.join(map(str, parts)).encode()).hexdigest()[:16]}"


def add_rows(facts: Facts, tables: dict, project: dict, modified: float) -> None:
    p = facts.path
    changed = datetime.fromtimestamp(modified, timezone.utc)
    tables["files"].append((p, "python", changed, hashlib.sha256(facts.data).hexdigest()))
    lines = facts.lines()
    functions, classes = project["functions"][p], project["classes"][p]
    for id_, (name, _, start, end, at, _) in zip(functions, facts.functions):
        text = b"\n".join(lines[start - 1 : end]).decode()
        tables["functions"].append((id_, name, p, start, end, not name.startswith("_"), text))
        tables["contains_function"].append((p, id_))
        if at >= 0:
            tables["method_of"].append((id_, classes[at]))
    for at, (id_, (name, _, start, end, bases, *_)) in enumerate(zip(classes, facts.classes)):
        text = b"\n".join(lines[start - 1 : end]).decode()
        tables["classes"].append((id_, name, p, start, end, bases, not name.startswith("_"), text))
        tables["contains_class"].append((p, id_))
        for base in bases_of(project, facts, at):
            tables["inherits"].append((id_, project["classes"][base[0].path][base[1]]))
    variables = {}
    for n, ((scope, name), (line, text)) in enumerate(ast_truth.variables(facts).items()):
        id_ = variables[scope, name] = make_id("var", p, text, name, n)
        tables["variables"].append((id_, name, p, line, text))
        tables["contains_variable"].append((p, id_))
    for n, (name, kind, alias, line, is_relative, *_) in enumerate(facts.imports):
        id_ = make_id("imp", p, name, n)
        tables["imports"].append((id_, name, kind, alias, line, is_relative, p))
        tables["has_import"].append((p, id_))
    for n, (name, arguments, line, at, position) in enumerate(facts.decorators):
        id_ = make_id("dec", p, name, n)
        tables["decorators"].append((id_, name, p, line, arguments))
        tables["decorated_by"].append((functions[at], id_, position))
    attributes = {}
    for (at, name), (line, hint, of_class) in facts.attributes.items():
        id_ = attributes[at, name] = make_id("attr", p, facts.classes[at][1], at, name)
        tables["attributes"].append((id_, name, facts.classes[at][0], p, line, hint, of_class))
        tables["has_attribute"].append((classes[at], id_))
    for n, (name, line, at, context) in enumerate(facts.exceptions):
        id_ = make_id("exc", p, name, n)
        tables["exceptions"].append((id_, name, p, line))
        tables["handles_exception"].append((functions[at], id_, line, context))
    for at, scope, name, line in ast_truth.references(facts):
        tables["references"].append((functions[at], variables[id(scope), name], line, "read"))
    for at, owner, line, is_write in ast_truth.accesses(facts):
        tables["accesses"].append((functions[at], attributes[owner], line, "write" if is_write else "read"))
    for node, scope, at in facts.calls:
        called = callee(project, facts, node.func, scope)
        if called:
            tables["calls"].append((functions[at], project["functions"][called[0].path][called[1]], node.lineno))


def index(found: list[Facts]) -> dict:
    """What is defined where: ids, modules by dotted name, definitions by scope."""
    project: dict = {"functions": {}, "classes": {}, "modules": {}, "defined": {}, "imported": {}, "methods": {}}
    for facts in found:
        p = facts.path
        project["functions"][p] = [make_id("fn", p, f[1], n) for n, f in enumerate(facts.functions)]
        project["classes"][p] = [make_id("cls", p, c[1], n) for n, c in enumerate(facts.classes)]
        project["modules"][p.removesuffix(".py").removesuffix("/__init__").replace("/", ".")] = facts
        for at, (name, _, _, _, of_class, own) in enumerate(facts.functions):
            project["defined"][id(own.parent), name] = ("function", facts, at)
            if of_class >= 0:
                project["methods"][p, of_class, name] = (facts, at)
        for at, row in enumerate(facts.classes):
            project["defined"][id(row[6]), row[0]] = ("class", facts, at)
        for row in facts.imports:
            _, kind, alias, _, _, module, name, scope = row
            bound = alias or (name if kind == "from" else module.split(".")[0])
            if kind == "module" and not alias:
                module = bound
            project["imported"][id(scope), bound] = (absolute(facts.path, module), name)
    return project


def absolute(path: str, module: str) -> str:
    level = len(module) - len(module.lstrip("."))
    if not level:
        return module
    package = path.split("/")[:-1]
    return ".".join([*package[: len(package) - level + 1], *filter(None, [module[level:]])])


def resolve(project: dict, facts: Facts, node: ast.AST, scope: Scope, depth: int = 0) -> tuple | None:
    """('function' | 'class' | 'module', facts, index) of a name or a dotted name."""
    if type(node) is ast.Name:
        found = find_scope(scope, node.id)
        return bound(project, found, node.id, depth) if found else None
    if type(node) is not ast.Attribute:
        return None
    of = resolve(project, facts, node.value, scope, depth)
    if not of:
        return None
    if of[0] == "module":
        return member(project, of[1], node.attr, depth)
    if of[0] == "class":
        method = find_method(project, of[1], of[2], node.attr, set())
        return method and ("function", *method)
    return None


def bound(project: dict, scope: Scope, name: str, depth: int) -> tuple | None:
    defined = project["defined"].get((id(scope), name))
    if defined:
        return defined
    imported = project["imported"].get((id(scope), name))
    if not imported or depth > 8:
        return None
    module, member_name = imported
    facts = project["modules"].get(module)
    if member_name is None:
        return facts and ("module", facts, -1)
    found = facts and member(project, facts, member_name, depth + 1)
    inner = project["modules"].get(f"{module}.{member_name}")
    return found or (inner and ("module", inner, -1))


def member(project: dict, facts: Facts, name: str, depth: int) -> tuple | None:
    found = bound(project, facts.scopes[0], name, depth)
    if found or not facts.path.endswith("__init__.py"):
        return found
    inner = project["modules"].get(f"{facts.path.removesuffix('/__init__.py').replace('/', '.')}.{name}")
    return inner and ("module", inner, -1)


def bases_of(project: dict, facts: Facts, at: int) -> list[tuple[Facts, int]]:
    row = facts.classes[at]
    found = (resolve(project, facts, base, row[6]) for base in row[5])
    return [one[1:] for one in found if one and one[0] == "class"]


def find_method(project: dict, facts: Facts, at: int, name: str, seen: set) -> tuple | None:
    seen.add((facts.path, at))
    found = project["methods"].get((facts.path, at, name))
    if found:
        return found
    for base in bases_of(project, facts, at):
        if (base[0].path, base[1]) not in seen:
            found = find_method(project, *base, name, seen)
            if found:
                return found
    return None


def callee(project: dict, facts: Facts, node: ast.AST, scope: Scope) -> tuple | None:
    if type(node) is ast.Attribute:
        of = node.value
        if type(of) is ast.Name:
            at = class_of_self(scope, of.id)
            if at >= 0:
                return find_method(project, facts, at, node.attr, set())
        elif type(of) is ast.Call and type(of.func) is ast.Name and of.func.id == "super":
            while scope and scope.self_name is None:
                scope = scope.parent
            for base in bases_of(project, facts, scope.parent.at) if scope else []:
                found = find_method(project, *base, node.attr, set())
                if found:
                    return found
            return None
    found = resolve(project, facts, node, scope)
    if found and found[0] == "class":
        return find_method(project, found[1], found[2], "__init__", set())
    return found[1:] if found and found[0] == "function" else None
