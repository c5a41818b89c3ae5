/** The facts of a file while they are gathered: its scopes, what their names stand for, and who uses them. */
import type {
  Binding,
  DecoratorFact,
  ExceptionFact,
  ImportFact,
  Index,
  Path,
  ScopeFact,
  Sites,
  Symbols,
  TypePath,
  Uses,
} from './facts.js';
import type { Language } from './language.js';
import type { Mark } from './parser.js';
import { QUALIFIER } from './paths.js';

export type Scopes = ReturnType<typeof createScopes>;

interface Defined {
  /** What it is in, dotted, with the dot behind it. */
  prefix: string;
  /** Where its name is bound. */
  outside: Index;
  /** Where its own names are. */
  scope: Index;
  modifiers: string;
}

interface Assigned {
  line: number;
  /** Of what is assigned, where that ends on a later one. */
  lastLine?: number;
  type?: TypePath;
  value?: Path;
  typeHint: string;
}

const noUses = (): Uses => ({ functions: [], scopes: [], lines: [], paths: [] });

export function createScopes(text: string, { rules }: Language) {
  const names: Map<string, Binding[]>[] = [new Map<string, Binding[]>()];
  const kinds: Omit<ScopeFact, 'names'>[] = [{ is: 'module' }];
  const lineStarts = startsOfLines(text);
  const ordinals = new Map<string, number>();
  const parameterCounts = new Map<Index, number>();
  const attributeOf = new Map<string, Index>();
  const symbols: Symbols = {
    functions: [],
    classes: [],
    variables: [],
    attributes: [],
    imports: [],
    extensions: [],
    scopes: [],
  };
  const sites: Sites = {
    calls: noUses(),
    callsOutside: 0,
    names: { ...noUses(), areWrites: [] },
    members: { ...noUses(), areWrites: [] },
  };

  const decorators: DecoratorFact[] = [];
  const exceptions: ExceptionFact[] = [];

  function add(is: ScopeFact['is'], parent: Index): Index {
    kinds.push({ is, parent });
    names.push(new Map());
    return kinds.length - 1;
  }

  const bindingsOf = (scope: Index, name: string): Binding[] | undefined => names[scope]?.get(name);

  function bind(scope: Index, name: string, binding: Binding): void {
    const bindings = bindingsOf(scope, name);
    if (bindings) bindings.push(binding);
    else names[scope]?.set(name, [binding]);
  }

  /** Among those of the file with the same name. */
  function ordinalOf(table: string, qualifiedName: string): number {
    const key = `${table} ${qualifiedName}`;
    const ordinal = ordinals.get(key) ?? 0;
    ordinals.set(key, ordinal + 1);
    return ordinal;
  }

  const lineAt = (offset: number): number => {
    let [low, high] = [0, lineStarts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };

  /** Where a definition stands, and what it is called. */
  function placed(table: string, mark: Mark, name: string, prefix: string) {
    const { start, line } = mark;
    const end = withoutComments(text, start, mark.end, rules.trailingComment);
    const qualifiedName = `${prefix}${name}`;
    const ordinal = ordinalOf(table, qualifiedName);
    return { name, qualifiedName, ordinal, startLine: line, endLine: lineAt(end - 1), start, end };
  }

  function addFunction(
    mark: Mark,
    name: string,
    defined: Defined & {
      classAt: Index;
      receiver: Path | undefined;
      isFree: boolean;
      base: TypePath | undefined;
    },
  ): Index {
    const { prefix, outside, scope, modifiers, classAt, receiver } = defined;
    const at = symbols.functions.length;
    symbols.functions.push({
      ...placed('Function', mark, name, prefix),
      isPublic: rules.isPublic(name, modifiers),
      ...(classAt >= 0 && { class: classAt }),
      ...(receiver !== undefined && { receiver }),
      ...(defined.base !== undefined && { implements: defined.base }),
      outside,
      scope,
    });
    const kind = kinds[scope];
    if (kind) kind.at = at;
    if (!defined.isFree) bind(outside, name, { is: 'function', at });
    return at;
  }

  function addClass(
    mark: Mark,
    name: string,
    { prefix, outside, scope, modifiers }: Defined,
  ): Index {
    const at = symbols.classes.length;
    symbols.classes.push({
      ...placed('Class', mark, name, prefix),
      isPublic: rules.isPublic(name, modifiers),
      bases: [],
      basePaths: [],
      outside,
      scope,
    });
    const kind = kinds[scope];
    if (kind) kind.at = at;
    bind(outside, name, { is: 'class', at });
    return at;
  }

  /** The type that a scope's names belong to. */
  function extend(scope: Index, receiver: TypePath): void {
    const kind = kinds[scope];
    if (kind) kind.receiver = receiver;
  }

  /** A module in the file. */
  function addNames(outside: Index, name: string, scope: Index): void {
    bind(outside, name, { is: 'names', scope });
  }

  function setBases(at: Index, bases: { text: string; path: Path }[]): void {
    const fact = symbols.classes[at];
    if (!fact) return;
    fact.bases = bases.map((base) => base.text);
    fact.basePaths = bases.map((base) => base.path);
  }

  function bindParameter(
    scope: Index,
    name: string,
    {
      type,
      value,
      isType,
    }: { type?: TypePath | undefined; value?: Path | undefined; isType?: boolean },
  ): void {
    const kind = kinds[scope];
    const before = parameterCounts.get(scope) ?? 0;
    parameterCounts.set(scope, before + 1);
    const owner = kind?.is === 'function' ? symbols.functions[kind.at ?? -1] : undefined;
    const isFirst = before === 0 && rules.self === 'first parameter' && owner?.class !== undefined;
    bind(scope, name, {
      is: 'parameter',
      ...(type !== undefined && { type }),
      ...(value !== undefined && { value }),
      ...(isType && { isType: true }),
      ...(isFirst &&
        !owner.isStatic &&
        (owner.isClassMethod ? { isClass: true } : { isSelf: true })),
    });
  }

  /** A field without a name, in the order of the source: its name is its place. */
  function bindElement(scope: Index, type: TypePath | undefined): void {
    let place = 0;
    while (bindingsOf(scope, String(place))) place += 1;
    bind(scope, String(place), { is: 'parameter', ...(type !== undefined && { type }) });
  }

  /** Of the function that a scope is in; the module's where it is in none. */
  function functionScope(scope: Index): Index {
    for (let at = scope; ;) {
      const kind = kinds[at];
      if (!kind || kind.is === 'function' || kind.is === 'module') return at;
      if (kind.parent === undefined) return at;
      at = kind.parent;
    }
  }

  const isOuter = (scope: Index, name: string): boolean =>
    bindingsOf(scope, name)?.some(({ is }) => is === 'outer') ?? false;

  function bindVariable(
    scope: Index,
    name: string,
    given: Assigned & { isClassAttribute: boolean; functionAt: Index; prefix: string },
  ): void {
    const { line, type, value } = given;
    const kind = kinds[scope];
    const bindings = bindingsOf(scope, name);
    const outer = bindings?.find(({ is }) => is === 'outer');
    if (outer?.is === 'outer') {
      if (outer.isGlobal) bindVariable(0, name, { ...given, functionAt: -1, prefix: '' });
      return;
    }
    if (kind?.is === 'class' && kind.at !== undefined) {
      const at = addAttribute(kind.at, name, given.isClassAttribute, given);
      if (!bindings?.some((binding) => binding.is === 'attribute'))
        bind(scope, name, { is: 'attribute', at });
      return;
    }
    const known = bindings?.findLast((binding) => binding.is === 'variable');
    if (known?.is === 'variable') {
      known.values.push(value ?? '?');
      known.lines.push(given.lastLine ?? line);
      const variable = symbols.variables[known.at];
      // What begins first may end last (a loop).
      if (variable) variable.line = Math.min(variable.line, line);
      if (type !== undefined) known.type ??= type;
      return;
    }
    const at = symbols.variables.length;
    const qualifiedName = `${given.prefix}${name}`;
    const owner = symbols.functions[given.functionAt]?.name;
    symbols.variables.push({
      name,
      qualifiedName,
      ordinal: ordinalOf('Variable', qualifiedName),
      line,
      scope: owner === undefined ? 'module' : `function:${owner}`,
    });
    bind(scope, name, {
      is: 'variable',
      at,
      ...(type !== undefined && { type }),
      values: [value ?? '?'],
      lines: [given.lastLine ?? line],
    });
  }

  function addAttribute(
    classAt: Index,
    name: string,
    isClassAttribute: boolean,
    given: Assigned,
  ): Index {
    const { line, type, value, typeHint } = given;
    const key = `${classAt} ${name}`;
    const known = attributeOf.get(key);
    const fact = known === undefined ? undefined : symbols.attributes[known];
    if (known !== undefined && fact) {
      fact.typeHint ||= typeHint;
      fact.isClassAttribute ||= isClassAttribute;
      if (type !== undefined) fact.type ??= type;
      if (value !== undefined) (fact.values ??= []).push(value);
      return known;
    }
    const at = symbols.attributes.length;
    const qualifiedName = `${symbols.classes[classAt]?.qualifiedName ?? ''}.${name}`;
    symbols.attributes.push({
      name,
      class: classAt,
      qualifiedName,
      ordinal: ordinalOf('Attribute', qualifiedName),
      line,
      typeHint,
      isClassAttribute,
      ...(type !== undefined && { type }),
      ...(value !== undefined && { values: [value] }),
      // Where its value's names are looked up.
      scope: -1,
    });
    attributeOf.set(key, at);
    return at;
  }

  /** `self.name = value` in a method makes an attribute; what is assigned to others' members does not. */
  function assignMember(
    where: { scope: Index; function: Index },
    path: Path,
    given: Assigned,
  ): void {
    const parts = path.split('.');
    const [root, name] = parts;
    if (parts.length !== 2 || root === undefined || name === undefined) return;
    const classAt = classOfSelf(where.scope, root);
    if (classAt === undefined) return;
    const at = addAttribute(classAt, name, false, given);
    const fact = symbols.attributes[at];
    if (fact && fact.scope < 0) fact.scope = where.scope;
  }

  /** The class whose object a name stands for in a scope. */
  function classOfSelf(scope: Index, name: string): Index | undefined {
    for (let at: Index | undefined = scope; at !== undefined; at = kinds[at]?.parent) {
      const kind = kinds[at];
      if (kind?.is !== 'function') {
        if (rules.self === 'first parameter' && bindingsOf(at, name)) return undefined;
        continue;
      }
      const owner = symbols.functions[kind.at ?? -1];
      if (rules.self === 'first parameter') {
        const binding = bindingsOf(at, name)?.[0];
        if (!binding) continue;
        return binding.is === 'parameter' && (binding.isSelf ?? binding.isClass)
          ? owner?.class
          : undefined;
      }
      if (rules.self.words.includes(name) && owner?.class !== undefined) return owner.class;
    }
    return undefined;
  }

  function addImport(scope: Index, fact: ImportFact, isGivenOn: boolean): void {
    const at = symbols.imports.length;
    symbols.imports.push(fact);
    const { local } = fact;
    if (scope !== 0) fact.scope = scope;
    const kind = kinds[scope];
    if (local === undefined && scope !== 0 && kind) {
      (kind.allImports ??= []).push(at);
      return;
    }
    if (local === undefined) {
      (isGivenOn ? (symbols.allExports ??= []) : (symbols.allImports ??= [])).push(at);
      return;
    }
    if (!isGivenOn) {
      bind(scope, local, { is: 'import', at });
      return;
    }
    // `export { a } from 'b'` binds no name here.
    (symbols.exports ??= {})[local] = `${local} from ${fact.module}`;
    bind(0, `${local} from ${fact.module}`, { is: 'import', at });
  }

  /** The scope around one whose names are seen in it: none around a module. */
  const around = (scope: Index): Index | undefined =>
    kinds[scope]?.is === 'module' ? undefined : kinds[scope]?.parent;

  /** What a name stands for, in this file: nothing where it is another's. */
  function lookUp(scope: Index, name: string): Binding[] | undefined {
    for (let at: Index | undefined = scope; at !== undefined; at = around(at)) {
      if (kinds[at]?.is === 'class' && at !== scope && !rules.seesClassNames) continue;
      const found = bindingsOf(at, name);
      if (found?.some(({ is }) => is !== 'outer')) return found;
      if (found?.some((binding) => binding.is === 'outer' && binding.isGlobal))
        return bindingsOf(0, name);
    }
    return undefined;
  }

  /** Leaves out the uses that can be none of a variable or an attribute, and hands out the scopes. */
  function finish(): void {
    const hasOpenNames =
      rules.module === 'directory' ||
      symbols.allImports !== undefined ||
      kinds.some(({ allImports }) => allImports);
    keep(sites.names, (scope, name) => {
      const found = lookUp(scope, name);
      return found
        ? found.some(({ is }) => is === 'variable' || is === 'import' || is === 'attribute')
        : hasOpenNames;
    });
    keep(sites.members, (scope, path) => {
      const root = /^[^.()[\]]*/.exec(path)?.[0] ?? '';
      if (root === '?' || root === "'" || root === '') return false;
      if (root.endsWith(QUALIFIER)) return true;
      if (rules.self !== 'first parameter' && rules.self.words.includes(root)) return true;
      if (rules.super.includes(root)) return true;
      const found = lookUp(scope, root);
      if (!found) return hasOpenNames;
      return found.some((binding) => binding.is !== 'parameter' || Object.keys(binding).length > 1);
    });
    symbols.scopes = kinds.map((kind, at) => ({
      ...kind,
      names: Object.fromEntries(names[at] ?? []),
    }));
  }

  return {
    symbols,
    sites,
    decorators,
    exceptions,
    add,
    bind,
    isOuter,
    addFunction,
    addClass,
    addNames,
    extend,
    setBases,
    bindParameter,
    bindElement,
    bindVariable,
    assignMember,
    addImport,
    functionScope,
    lineAt,
    finish,
  };
}

function keep(
  uses: Uses & { areWrites: Index[] },
  isKept: (scope: Index, path: Path) => boolean,
): void {
  const { functions, scopes, lines, paths } = uses;
  const written = new Set(uses.areWrites);
  uses.areWrites = [];
  let to = 0;
  for (let at = 0; at < paths.length; at++) {
    const [scope = 0, path = ''] = [scopes[at], paths[at]];
    if (!isKept(scope, path)) continue;
    functions[to] = functions[at] ?? -1;
    scopes[to] = scope;
    lines[to] = lines[at] ?? 0;
    paths[to] = path;
    if (written.has(at)) uses.areWrites.push(to);
    to += 1;
  }
  for (const column of [functions, scopes, lines, paths]) column.length = to;
}

/** Where a definition ends, without the comments behind its last line. */
function withoutComments(text: string, start: number, end: number, comment?: string): number {
  if (comment === undefined) return end;
  for (let last = end; ;) {
    const line = text.lastIndexOf('\n', last - 1);
    if (
      line <= start ||
      !text
        .slice(line + 1, last)
        .trimStart()
        .startsWith(comment)
    )
      return last;
    last = start + text.slice(start, line).trimEnd().length;
  }
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
