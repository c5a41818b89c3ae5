"""What one Python file says of itself, by Python's own ast: definitions, scopes, and where names are used."""
import ast
import io
import sys
import tokenize
import warnings
from dataclasses import dataclass, field

sys.setrecursionlimit(20_000)
warnings.simplefilter("ignore")


@dataclass(slots=True)
class Scope:
    kind: str  # module, function, class, lambda, comprehension
    parent: "Scope | None"
    at: int = -1  # of the function or the class
    self_name: str | None = None
    # The line of the first binding that makes a variable; None where others bind it (parameters, imports, …).
    names: dict[str, int | None] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)  # global, nonlocal


@dataclass(slots=True)
class Facts:
    path: str
    data: bytes
    functions: list = field(default_factory=list)  # name, qualified, start, end, class (-1), scope
    # name, qualified, start, end, bases (text), base nodes, scope, decorators' names
    classes: list = field(default_factory=list)
    # imported_name, import_type, alias, line, is_relative, module, name, scope
    imports: list = field(default_factory=list)
    decorators: list = field(default_factory=list)  # name, arguments, line, function, position
    exceptions: list = field(default_factory=list)  # name, line, function, context
    attributes: dict = field(default_factory=dict)  # (class, name) -> [line, type hint, is_class_attribute]
    scopes: list = field(default_factory=list)
    reads: list = field(default_factory=list)  # name, line, scope, function
    members: list = field(default_factory=list)  # object's name, attribute, line, scope, function, is_write
    stores: list = field(default_factory=list)  # object's name, attribute, line, scope, hint
    calls: list = field(default_factory=list)  # call node, scope, function
    _lines: list | None = None

    def lines(self) -> list[bytes]:
        """The text as ast counts it: UTF-8, split at line ends alone."""
        if self._lines is None:
            self._lines = decode(self.data).encode().split(b"\n")
        return self._lines


def decode(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def source(facts: Facts, node: ast.AST) -> str:
    """The text of an expression; dotted names are put together without looking it up."""
    if type(node) is ast.Name:
        return node.id
    if type(node) is ast.Attribute and type(node.value) is ast.Name:
        return f"{node.value.id}.{node.attr}"
    return between(facts, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def between(facts: Facts, line: int, column: int, end_line: int, end_column: int) -> str:
    lines = facts.lines()[line - 1 : end_line]
    lines[-1] = lines[-1][:end_column]
    lines[0] = lines[0][column:]
    return b"\n".join(lines).decode()


def bind(facts: Facts, scope: Scope, name: str, line: int | None) -> None:
    kind = scope.declared.get(name)
    if kind == "global":
        scope = facts.scopes[0]
    elif kind == "nonlocal":
        parent = scope.parent
        while parent.parent and not (parent.kind in ("function", "lambda") and name in parent.names):
            parent = parent.parent
        scope = parent
    if scope.kind in ("lambda", "comprehension"):
        line = None
    if scope.kind == "class" and line is not None:
        facts.attributes.setdefault((scope.at, name), [line, "", True])
        line = None
    known = scope.names.get(name)
    if known is None or (line is not None and line < known):
        scope.names[name] = line


def open_scope(facts: Facts, kind: str, parent: Scope | None, at: int = -1, self_name: str | None = None) -> Scope:
    scope = Scope(kind, parent, at, self_name)
    facts.scopes.append(scope)
    return scope


def declare(statements: list, scope: Scope) -> None:
    """`global` and `nonlocal` hold for the whole function, so they come first."""
    for statement in statements:
        kind = type(statement)
        if kind is ast.Global:
            scope.declared.update(dict.fromkeys(statement.names, "global"))
        elif kind is ast.Nonlocal:
            scope.declared.update(dict.fromkeys(statement.names, "nonlocal"))
        elif kind in COMPOUND:
            for name in COMPOUND[kind]:
                for child in getattr(statement, name):
                    if type(child) in (ast.ExceptHandler, ast.match_case):
                        declare(child.body, scope)
                    else:
                        declare([child], scope)


COMPOUND = {
    ast.If: ("body", "orelse"),
    ast.For: ("body", "orelse"),
    ast.AsyncFor: ("body", "orelse"),
    ast.While: ("body", "orelse"),
    ast.With: ("body",),
    ast.AsyncWith: ("body",),
    ast.Try: ("body", "handlers", "orelse", "finalbody"),
    ast.TryStar: ("body", "handlers", "orelse", "finalbody"),
    ast.Match: ("cases",),
}


def visit(facts: Facts, node: ast.AST, scope: Scope, function: int) -> None:
    handler = HANDLERS.get(type(node))
    if handler:
        handler(facts, node, scope, function)
    else:
        visit_children(facts, node, scope, function)


def visit_children(facts: Facts, node: ast.AST, scope: Scope, function: int) -> None:
    for name in node._fields:
        value = getattr(node, name, None)
        if type(value) is list:
            for item in value:
                if isinstance(item, ast.AST):
                    visit(facts, item, scope, function)
        elif isinstance(value, ast.AST):
            visit(facts, value, scope, function)


def visit_all(facts: Facts, nodes: list, scope: Scope, function: int) -> None:
    for node in nodes:
        if node is not None:
            visit(facts, node, scope, function)


def on_function(facts: Facts, node, scope: Scope, function: int) -> None:
    bind(facts, scope, node.name, None)
    at = len(facts.functions)
    of_class = scope.at if scope.kind == "class" else -1
    is_static = False
    for position, decorator in enumerate(node.decorator_list):
        is_call = type(decorator) is ast.Call
        expression = decorator.func if is_call else decorator
        name = source(facts, expression)
        is_static |= name == "staticmethod"
        arguments = call_arguments(facts, decorator) if is_call else ""
        facts.decorators.append((name, arguments, decorator.lineno, at, position))
    a = node.args
    visit_all(facts, node.decorator_list, scope, function)
    visit_all(facts, a.defaults, scope, function)
    visit_all(facts, a.kw_defaults, scope, function)
    parameters = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
    visit_all(facts, [p.annotation for p in parameters], scope, function)
    visit_all(facts, [node.returns], scope, function)
    first = (a.posonlyargs or a.args or [None])[0]
    own = open_scope(facts, "function", scope, at, first.arg if first and of_class >= 0 and not is_static else None)
    facts.functions.append((node.name, qualify(facts, scope, node.name), node.lineno, node.end_lineno, of_class, own))
    own.names.update((p.arg, None) for p in parameters)
    declare(node.body, own)
    visit_all(facts, node.body, own, at)


def qualify(facts: Facts, scope: Scope, name: str) -> str:
    while scope.parent and scope.kind not in ("function", "class"):
        scope = scope.parent
    if not scope.parent:
        return name
    table = facts.functions if scope.kind == "function" else facts.classes
    return f"{table[scope.at][1]}.{name}"


def call_arguments(facts: Facts, call: ast.Call) -> str:
    """The text between the parentheses, as written."""
    f = call.func
    text = between(facts, f.end_lineno, f.end_col_offset, call.end_lineno, call.end_col_offset)
    # `(f)(x)` ends with a parenthesis of the function's.
    return text[text.index("(") + 1 : -1].strip()


def on_class(facts: Facts, node: ast.ClassDef, scope: Scope, function: int) -> None:
    bind(facts, scope, node.name, None)
    visit_all(facts, node.decorator_list, scope, function)
    visit_all(facts, node.bases, scope, function)
    visit_all(facts, node.keywords, scope, function)
    at = len(facts.classes)
    own = open_scope(facts, "class", scope, at)
    bases = ",".join(source(facts, base) for base in node.bases)
    qualified = qualify(facts, scope, node.name)
    decorators = [source(facts, one.func if type(one) is ast.Call else one) for one in node.decorator_list]
    row = (node.name, qualified, node.lineno, node.end_lineno, bases, node.bases, scope, decorators)
    facts.classes.append(row)
    declare(node.body, own)
    visit_all(facts, node.body, own, function)


def on_lambda(facts: Facts, node: ast.Lambda, scope: Scope, function: int) -> None:
    a = node.args
    visit_all(facts, a.defaults, scope, function)
    visit_all(facts, a.kw_defaults, scope, function)
    own = open_scope(facts, "lambda", scope)
    parameters = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
    own.names.update((p.arg, None) for p in parameters)
    visit(facts, node.body, own, function)


def on_comprehension(facts: Facts, node, scope: Scope, function: int) -> None:
    first = node.generators[0]
    visit(facts, first.iter, scope, function)
    own = open_scope(facts, "comprehension", scope)
    for generator in node.generators:
        visit(facts, generator.target, own, function)
        if generator is not first:
            visit(facts, generator.iter, own, function)
        visit_all(facts, generator.ifs, own, function)
    if type(node) is ast.DictComp:
        visit(facts, node.key, own, function)
        visit(facts, node.value, own, function)
    else:
        visit(facts, node.elt, own, function)


def on_walrus(facts: Facts, node: ast.NamedExpr, scope: Scope, function: int) -> None:
    visit(facts, node.value, scope, function)
    while scope.kind == "comprehension":
        scope = scope.parent
    bind(facts, scope, node.target.id, node.target.lineno)


def on_name(facts: Facts, node: ast.Name, scope: Scope, function: int) -> None:
    context = type(node.ctx)
    if context is ast.Load:
        if function >= 0:
            facts.reads.append((node.id, node.lineno, scope, function))
    elif context is ast.Store:
        bind(facts, scope, node.id, node.lineno)


def on_attribute(facts: Facts, node: ast.Attribute, scope: Scope, function: int) -> None:
    value = node.value
    if type(value) is ast.Name and function >= 0:
        is_write = type(node.ctx) is ast.Store
        # The line of the expression; a name and its attribute are seldom on two.
        facts.members.append((value.id, node.attr, node.lineno, scope, function, is_write))
        if is_write:
            facts.stores.append((value.id, node.attr, node.lineno, scope, ""))
    visit(facts, value, scope, function)


def on_annotated(facts: Facts, node: ast.AnnAssign, scope: Scope, function: int) -> None:
    target = node.target
    if type(target) is ast.Name and scope.kind == "class":
        hint = source(facts, node.annotation)
        facts.attributes.setdefault((scope.at, target.id), [node.lineno, hint, True])
    elif type(target) is ast.Attribute and type(target.value) is ast.Name and function >= 0:
        hint = source(facts, node.annotation)
        facts.stores.append((target.value.id, target.attr, node.lineno, scope, hint))
    visit_children(facts, node, scope, function)


def on_call(facts: Facts, node: ast.Call, scope: Scope, function: int) -> None:
    if function >= 0:
        facts.calls.append((node, scope, function))
    visit(facts, node.func, scope, function)
    visit_all(facts, node.args, scope, function)
    visit_all(facts, node.keywords, scope, function)


def on_import(facts: Facts, node: ast.Import, scope: Scope, function: int) -> None:
    for alias in node.names:
        row = (alias.name, "module", alias.asname or "", node.lineno, False, alias.name, None, scope)
        facts.imports.append(row)
        bind(facts, scope, alias.asname or alias.name.split(".")[0], None)


def on_import_from(facts: Facts, node: ast.ImportFrom, scope: Scope, function: int) -> None:
    module = "." * node.level + (node.module or "")
    for alias in node.names:
        name = f"{module}.{alias.name}"
        row = (name, "from", alias.asname or "", node.lineno, node.level > 0, module, alias.name, scope)
        facts.imports.append(row)
        if alias.name != "*":
            bind(facts, scope, alias.asname or alias.name, None)


def on_raise(facts: Facts, node: ast.Raise, scope: Scope, function: int) -> None:
    if node.exc and function >= 0:
        add_exception(facts, node.exc, node.lineno, function, "raise")
    visit_children(facts, node, scope, function)


def on_handler(facts: Facts, node: ast.ExceptHandler, scope: Scope, function: int) -> None:
    if node.type and function >= 0:
        for kind in node.type.elts if type(node.type) is ast.Tuple else [node.type]:
            add_exception(facts, kind, node.lineno, function, "catch")
    if node.name:
        bind(facts, scope, node.name, node.lineno)
    visit_children(facts, node, scope, function)


def add_exception(facts: Facts, node, line: int, function: int, context: str) -> None:
    name = source(facts, node.func if type(node) is ast.Call else node)
    facts.exceptions.append((name, line, function, context))


def on_capture(facts: Facts, node, scope: Scope, function: int) -> None:
    name = node.rest if type(node) is ast.MatchMapping else node.name
    if name:
        bind(facts, scope, name, node.lineno)
    visit_children(facts, node, scope, function)


def on_nothing(facts: Facts, node, scope: Scope, function: int) -> None:
    pass


HANDLERS = {
    ast.FunctionDef: on_function,
    ast.AsyncFunctionDef: on_function,
    ast.ClassDef: on_class,
    ast.Lambda: on_lambda,
    ast.ListComp: on_comprehension,
    ast.SetComp: on_comprehension,
    ast.DictComp: on_comprehension,
    ast.GeneratorExp: on_comprehension,
    ast.NamedExpr: on_walrus,
    ast.Name: on_name,
    ast.Attribute: on_attribute,
    ast.AnnAssign: on_annotated,
    ast.Call: on_call,
    ast.Import: on_import,
    ast.ImportFrom: on_import_from,
    ast.Raise: on_raise,
    ast.ExceptHandler: on_handler,
    ast.MatchAs: on_capture,
    ast.MatchStar: on_capture,
    ast.MatchMapping: on_capture,
    ast.Constant: on_nothing,
    ast.Pass: on_nothing,
}


def extract(path: str, data: bytes) -> Facts:
    tree = ast.parse(data, path)
    facts = Facts(path, data)
    module = open_scope(facts, "module", None)
    visit_all(facts, tree.body, module, -1)
    for name, attribute, line, scope, hint in facts.stores:
        at = class_of_self(scope, name)
        if at >= 0:
            known = facts.attributes.setdefault((at, attribute), [line, hint, False])
            if not known[2]:
                known[0] = min(known[0], line)
            known[1] = known[1] or hint
    return facts


def find_scope(scope: Scope, name: str) -> Scope | None:
    """Where a name that is read in `scope` is bound, by Python's rules."""
    start = scope
    while scope:
        if scope.declared.get(name) == "global":
            while scope.parent:
                scope = scope.parent
            return scope if name in scope.names else None
        if name in scope.names and (scope.kind != "class" or scope is start):
            return scope
        scope = scope.parent
    return None


def class_of_self(scope: Scope, name: str) -> int:
    """The class whose object `name` is, being the first parameter of one of its methods; else -1."""
    if name not in ("self", "cls") and not any_self(scope, name):
        return -1
    found = find_scope(scope, name)
    return found.parent.at if found and found.self_name == name else -1


def any_self(scope: Scope | None, name: str) -> bool:
    while scope:
        if scope.self_name == name:
            return True
        scope = scope.parent
    return False
