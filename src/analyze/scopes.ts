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
import { namesOfRoot, QUALIFIER } from './paths.js';

export type Scopes = ReturnType<typeof createScopes>;

interface Defined {
  /** What it is in, dotted, with the dot behind it. */
  prefix: string;
  /** Where its name is bound. */
  outside: Index;
  /** Where its own names are. */
  scope: Index;
  modifiers: string;
  /** Those of the class that it is in. */
  around: string;
}

interface Assigned {
  line: number;
  /** Of what is assigned, where that ends on a later one. */
  lastLine?: number;
  type?: TypePath;
  plainType?: string;
  value?: Path;
  typeHint: string;
}

/** What the constructors are bound to that have no name of their own. */
const CONSTRUCTOR = 'new';

const noUses = (): Uses => ({ functions: [], scopes: [], lines: [], paths: [] });

export function createScopes(text: string, { rules, findRootModule }: Language) {
  const names: Map<string, Binding[]>[] = [new Map<string, Binding[]>()];
  const kinds: Omit<ScopeFact, 'names'>[] = [{ is: 'module' }];
  const extensions = new Set<Index>();
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
    unresolved: { outside: 0, external: 0, unknown: 0 },
    references: { functions: [], variables: [], lines: [], areWrites: [] },
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
  function placed(table: string, mark: Mark, name: string, prefix: string, known?: number) {
    const { start, line } = mark;
    const end = withoutComments(text, start, mark.end, rules.trailingComment);
    const qualifiedName = `${prefix}${name}`;
    const ordinal = known ?? ordinalOf(table, qualifiedName);
    return { name, qualifiedName, ordinal, startLine: line, endLine: lineAt(end - 1), start, end };
  }

  function addFunction(
    mark: Mark,
    name: string,
    defined: Defined & {
      classAt: Index;
      receiver: Path | undefined;
      isFree: boolean;
      isSignature: boolean;
      isConstructor: boolean;
      base: TypePath | undefined;
    },
  ): Index {
    const { prefix, outside, scope, modifiers, around, classAt, receiver } = defined;
    const local = defined.isConstructor ? CONSTRUCTOR : name;
    const before = defined.isFree ? undefined : signatureBefore(outside, local);
    const at = before ?? symbols.functions.length;
    const ordinal = symbols.functions[at]?.ordinal;
    const place = placed('Function', mark, name, prefix, ordinal);
    symbols.functions[at] = {
      ...place,
      ...(defined.isSignature && { isSignature: true }),
      isPublic: rules.isPublic(name, modifiers, around),
      ...(classAt >= 0 && { class: classAt }),
      ...(receiver !== undefined && { receiver }),
      ...(defined.base !== undefined && { implements: defined.base }),
      ...(rules.overloads && { parameters: [] }),
      outside,
      scope,
    };
    const kind = kinds[scope];
    if (kind) kind.at = at;
    if (!defined.isFree && before === undefined) bind(outside, local, { is: 'function', at });
    return at;
  }

  /** The signature that a function of the same name takes the place of. */
  function signatureBefore(scope: Index, name: string): Index | undefined {
    const last = bindingsOf(scope, name)?.at(-1);
    if (last?.is !== 'function') return undefined;
    return symbols.functions[last.at]?.isSignature ? last.at : undefined;
  }

  function addClass(
    mark: Mark,
    name: string,
    defined: Defined & { isFree?: boolean; isType?: boolean },
  ): Index {
    const { prefix, outside, scope, modifiers, around, isFree, isType } = defined;
    const at = symbols.classes.length;
    symbols.classes.push({
      ...placed('Class', mark, name, prefix),
      isPublic: rules.isPublic(name, modifiers, around),
      ...(isType && { isType }),
      bases: [],
      basePaths: [],
      outside,
      scope,
    });
    const kind = kinds[scope];
    if (kind) kind.at = at;
    if (!isFree) bind(outside, name, { is: 'class', at });
    return at;
  }

  /** What adds names to a type that is defined elsewhere. */
  function addExtension(parent: Index): Index {
    const at = add('class', parent);
    extensions.add(at);
    return at;
  }

  /** The type that a scope's names belong to. */
  function extend(scope: Index, receiver: TypePath): void {
    const kind = kinds[scope];
    if (kind) kind.receiver = receiver;
  }

  function addSpread(scope: Index, path: Path): void {
    const kind = kinds[scope];
    if (kind?.is === 'object') (kind.spreads ??= []).unshift(path);
  }

  /** An object that is an argument, or lies in one. */
  function markArgument(scope: Index, isArgument: boolean): void {
    const kind = kinds[scope];
    if (kind && (isArgument || kinds[kind.parent ?? -1]?.isArgument)) kind.isArgument = true;
  }

  /** A namespace, which several regions of the same name may make. */
  function addNames(outside: Index, name: string, scope: Index): Index {
    const known = bindingsOf(outside, name)?.find((binding) => binding.is === 'names');
    if (known?.is === 'names') return known.scope;
    bind(outside, name, { is: 'names', scope });
    return scope;
  }

  function addAnonymousClass(parent: Index, base: Path | undefined): Index {
    const at = add('class', parent);
    const kind = kinds[at];
    if (kind && base !== undefined) kind.base = base;
    return at;
  }

  /** Whether a scope is in a class, but no class with a name itself. */
  function isInClass(scope: Index): boolean {
    for (let at: Index | undefined = scope; at !== undefined; at = kinds[at]?.parent) {
      const kind = kinds[at];
      if (extensions.has(at)) return false;
      if (kind?.is === 'class') return at !== scope || kind.at === undefined;
      if (kind?.is === 'function' && kind.at !== undefined) return false;
    }
    return false;
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
    given: { type?: TypePath; plainType?: string; value?: Path },
  ): void {
    if (rules.blanks?.includes(name)) return;
    const kind = kinds[scope];
    const before = parameterCounts.get(scope) ?? 0;
    parameterCounts.set(scope, before + 1);
    const owner = kind?.is === 'function' ? symbols.functions[kind.at ?? -1] : undefined;
    const isFirst = before === 0 && rules.self === 'first parameter' && owner?.class !== undefined;
    bind(scope, name, {
      is: 'parameter',
      ...given,
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
    const { line, type, plainType, value } = given;
    if (rules.blanks?.includes(name)) return;
    const kind = kinds[scope];
    const bindings = bindingsOf(scope, name);
    if ((given.functionAt < 0 || kind?.is === 'class') && isInClass(scope)) {
      // It is of code that runs while an object or a class is made, or of a class without a name.
      bind(scope, name, {
        is: 'parameter',
        ...(type !== undefined && { type }),
        ...(plainType !== undefined && { plainType }),
        ...(value !== undefined && { value }),
      });
      return;
    }
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
    if (rules.reusesParameters && bindings?.some(({ is }) => is === 'parameter')) return;
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
    const at = addVariable(name, given);
    bind(scope, name, {
      is: 'variable',
      at,
      ...(type !== undefined && { type }),
      ...(plainType !== undefined && { plainType }),
      values: [value ?? '?'],
      lines: [given.lastLine ?? line],
    });
  }

  const assignments: { scope: Index; name: string; line: number; value: Path }[] = [];

  /** What binds the name may come later. */
  function assign(scope: Index, name: string, line: number, value: Path): void {
    assignments.push({ scope, name, line, value });
  }

  function giveAssigned(): void {
    for (const { scope, name, line, value } of assignments) {
      const found = lookUp(scope, name)?.find((binding) => binding.is === 'variable');
      if (found?.is !== 'variable') continue;
      const before = found.lines.filter((other) => other <= line).length;
      const home = scopeOf(scope, name);
      const root = /^[^.()[\]|]*/.exec(value)?.[0] ?? '';
      // A path means the same where the name is bound only if its names are seen there.
      const isSeen = home !== undefined && lookUp(scope, root) === lookUp(home, root);
      found.values.splice(before, 0, isSeen && !value.includes('|') ? value : '?');
      found.lines.splice(before, 0, line);
    }
  }

  /** The scope that binds a name as it is seen from another. */
  function scopeOf(scope: Index, name: string): Index | undefined {
    const found = lookUp(scope, name);
    for (let at: Index | undefined = scope; at !== undefined; at = kinds[at]?.parent)
      if (found && bindingsOf(at, name) === found) return at;
    return undefined;
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

  /** A variable that several scopes have, in each of another type. */
  function bindCase(
    scope: Index,
    name: string,
    known: Index | undefined,
    given: { line: number; type?: TypePath; functionAt: Index; prefix: string },
  ): Index {
    const at = known ?? addVariable(name, given);
    bind(scope, name, {
      is: 'variable',
      at,
      ...(given.type !== undefined && { type: given.type }),
      values: [],
      lines: [],
    });
    return at;
  }

  function addVariable(
    name: string,
    { line, functionAt, prefix }: { line: number; functionAt: Index; prefix: string },
  ): Index {
    const at = symbols.variables.length;
    const qualifiedName = `${prefix}${name}`;
    const owner = symbols.functions[functionAt]?.name;
    symbols.variables.push({
      name,
      qualifiedName,
      ordinal: ordinalOf('Variable', qualifiedName),
      line,
      scope: owner === undefined ? 'module' : `function:${owner}`,
    });
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
    if (rules.declaresFields && !attributeOf.has(`${classAt} ${name}`)) return;
    const at = addAttribute(classAt, name, false, given);
    const fact = symbols.attributes[at];
    if (fact && fact.scope < 0) fact.scope = where.scope;
  }

  /** The class whose object a name stands for in a scope. */
  function classOfSelf(scope: Index, name: string): Index | undefined {
    if (rules.marksSelf)
      return rules.self === 'first parameter' || !rules.self.words.includes(name)
        ? undefined
        : classOfMarkedSelf(scope);
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

  function classOfMarkedSelf(scope: Index): Index | undefined {
    for (let at: Index | undefined = scope; at !== undefined; at = kinds[at]?.parent) {
      const kind = kinds[at];
      if (kind?.is === 'class') return kind.at;
      if (kind?.ownsSelf) return symbols.functions[kind.at ?? -1]?.class;
    }
    return undefined;
  }

  /** The innermost function's self is its own. */
  function ownSelf(scope: Index): void {
    const kind = kinds[functionScope(scope)];
    if (kind) kind.ownsSelf = true;
  }

  /** The file gives something on by a name; `=` is the module itself. */
  function addExport(name: string, binding: Binding): void {
    (symbols.exports ??= {})[name] = `${name} =`;
    bind(0, `${name} =`, binding);
  }

  /** A module's names are public where it gives them to others; those of a function never are. */
  function hideNames(): void {
    const given = new Set<string>();
    const seen = new Set<string>();
    const give = (scope: Index, name: string): void => {
      if (seen.has(`${scope} ${name}`)) return;
      seen.add(`${scope} ${name}`);
      for (const binding of bindingsOf(scope, name) ?? []) {
        if (binding.is === 'function' || binding.is === 'class') {
          given.add(`${binding.is} ${binding.at}`);
        } else if (binding.is === 'alias') {
          const object = namesOfRoot(binding.path);
          if (object === undefined) give(0, binding.path);
          else for (const member of names[object]?.keys() ?? []) give(object, member);
        }
      }
    };
    for (const name of Object.values(symbols.exports ?? {})) give(0, name);
    const isModule = symbols.exports !== undefined || symbols.imports.length > 0;
    for (const is of ['function', 'class'] as const) {
      for (const [at, fact] of symbols[is === 'class' ? 'classes' : 'functions'].entries()) {
        if ('receiver' in fact) continue;
        const around = kinds[fact.outside]?.is;
        if (fact.outside === 0) fact.isPublic &&= !isModule || given.has(`${is} ${at}`);
        else if (around === 'function' || (around === 'block' && functionScope(fact.outside) !== 0))
          fact.isPublic = false;
      }
    }
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
      // An import for its effects alone brings no names.
      if (fact.name === '*')
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
  const scopeAround = (scope: Index): Index | undefined =>
    kinds[scope]?.is === 'module' ? undefined : kinds[scope]?.parent;

  /** What a name stands for, in this file: nothing where it is another's. */
  function lookUp(scope: Index, name: string): Binding[] | undefined {
    for (let at: Index | undefined = scope; at !== undefined; at = scopeAround(at)) {
      if (kinds[at]?.is === 'object') continue;
      const isHidden = kinds[at]?.is === 'class' && at !== scope && !rules.seesClassNames;
      const found = bindingsOf(at, name);
      if (isHidden && !found?.some(({ is }) => is === 'type')) continue;
      if (found?.some(({ is }) => is !== 'outer')) return found;
      if (found?.some((binding) => binding.is === 'outer' && binding.isGlobal))
        return bindingsOf(0, name);
    }
    return undefined;
  }

  /** What becomes of a use: it is told here, or it takes other files to tell. */
  function judge(scope: Index, path: Path): 'open' | 'external' | 'unknown' {
    const root = /^[^.()[\]]*/.exec(path)?.[0] ?? '';
    if (root === '?' || root === '') return 'unknown';
    if (root === "'") return 'external';
    if (root.endsWith(QUALIFIER) || root.startsWith(':') || root.startsWith('{')) return 'open';
    if (rules.self !== 'first parameter' && rules.self.words.includes(root)) return 'open';
    if (rules.super.includes(root) || rules.super.includes(`${root}()`)) return 'open';
    if (rules.types.self.includes(root)) return 'open';
    const found = lookUp(scope, root);
    if (!found) return hasOpenNames() ? 'open' : 'external';
    const isTold = found.some((one) => one.is !== 'parameter' || Object.keys(one).length > 1);
    return isTold ? 'open' : 'unknown';
  }

  /** Whether names may come from elsewhere without being told here. */
  const hasOpenNames = (): boolean =>
    rules.module === 'directory' ||
    rules.seesClassNames ||
    findRootModule !== undefined ||
    symbols.allImports !== undefined ||
    kinds.some(({ allImports }) => allImports);

  /** Where functions are apart, a name that is not called is another's. */
  const isFunctionsAlone = (found: readonly Binding[]): boolean =>
    rules.callsApart === true && found.every(({ is }) => is === 'function');

  /** Settles what can be settled here, and hands out the scopes. */
  function finish(): void {
    giveAssigned();
    const { references, unresolved } = sites;
    keep(sites.names, (scope, name, at, isWrite) => {
      const found = lookUp(scope, name);
      if (!found || isFunctionsAlone(found)) return hasOpenNames();
      const [only] = found;
      // Of what shadows another, which is meant is told by the line.
      if (only?.is === 'variable' && found.length === 1 && !rules.shadows) {
        if (isWrite) references.areWrites.push(references.lines.length);
        references.functions.push(sites.names.functions[at] ?? -1);
        references.variables.push(only.at);
        references.lines.push(sites.names.lines[at] ?? 0);
        return false;
      }
      return found.some(({ is }) => is === 'variable' || is === 'import' || is === 'attribute');
    });
    keep(sites.members, (scope, path) => judge(scope, path) === 'open');
    const given = sites.calls.arguments;
    let kept = 0;
    keep({ ...sites.calls, areWrites: [] }, (scope, path, at) => {
      const isOpen = rules.callsApart && !path.includes('.');
      const judgement = isOpen ? 'open' : judge(scope, path);
      if (judgement !== 'open') unresolved[judgement] += 1;
      else if (given) given[kept++] = given[at] ?? [];
      return judgement === 'open';
    });
    if (given) given.length = kept;
    if (rules.hidesNames) hideNames();
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
    addAnonymousClass,
    addExtension,
    extend,
    setBases,
    bindParameter,
    bindElement,
    bindVariable,
    assign,
    bindCase,
    assignMember,
    addImport,
    addExport,
    addNames,
    addSpread,
    markArgument,
    ownSelf,
    functionScope,
    lineAt,
    finish,
  };
}

function keep(
  uses: Uses & { areWrites: Index[] },
  isKept: (scope: Index, path: Path, at: Index, isWrite: boolean) => boolean,
): void {
  const { functions, scopes, lines, paths } = uses;
  const written = new Set(uses.areWrites);
  uses.areWrites = [];
  let to = 0;
  for (let at = 0; at < paths.length; at++) {
    const [scope = 0, path = ''] = [scopes[at], paths[at]];
    if (!isKept(scope, path, at, written.has(at))) continue;
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
