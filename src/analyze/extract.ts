/**
 * The facts of a text: one walk over the places that the query names. It knows no language: regions lie
 * in regions, and what a place means follows from its name and from the regions around it.
 */
import type { Facts, ImportFact, Index, Path, Uses } from './facts.js';
import type { Language } from './language.js';
import type { Mark, Parsed } from './parser.js';
import { BOTH, partsOutside, QUALIFIER, toPath, toTypePath, toValue } from './paths.js';
import {
  type Bound,
  type Context,
  ENDS_DECORATORS,
  rank,
  type Region,
  type Step,
  TAKES,
} from './regions.js';
import { createScopes } from './scopes.js';

/** Changes where the same text gives other facts; the cache is dropped then. */
export const EXTRACTOR_VERSION = 1;

export function extractFacts(
  text: string,
  { marks, syntaxErrors }: Parsed,
  language: Language,
): Facts {
  const { rules } = language;
  const scopes = createScopes(text, language);
  const { symbols, sites, decorators, exceptions } = scopes;
  const open: Region[] = [];
  let pendingDecorators: Mark[][] = [];
  /** Where the module is that is declared next. */
  let pendingPlace: string | undefined;

  const sliceOf = ({ start, end }: Mark): string => text.slice(start, end);
  const pathOf = (mark: Mark): Path => toPath(sliceOf(mark), rules);
  const valueOf = (mark: Mark): Path => toValue(sliceOf(mark), rules);
  const flat = (mark: Mark): string => sliceOf(mark).replace(/\s+/g, ' ');
  const context = (): Context =>
    open.at(-1)?.inside ?? { scope: 0, function: -1, class: -1, prefix: '' };
  const innermost = (kind: string): Region | undefined =>
    open.findLast((region) => region.kind === kind);
  /** Of the statement that something stands in, where that is told. */
  const lineOf = (mark: Mark): number => innermost('statement')?.mark.line ?? mark.line;
  const first = (region: Region, field: string): Mark | undefined => region.fields.get(field)?.[0];

  function use(uses: Uses, { line }: Mark, path: Path): void {
    const { function: at, scope } = context();
    uses.functions.push(at);
    uses.scopes.push(scope);
    uses.lines.push(line);
    uses.paths.push(path);
  }

  function openRegion(mark: Mark, kind = mark.name): Region {
    const outside = context();
    const decorators = pendingDecorators;
    if (ENDS_DECORATORS.has(kind)) pendingDecorators = [];
    const region: Region = {
      kind,
      mark,
      outside,
      inside: outside,
      fields: new Map(),
      bound: [],
      members: [],
      decorators: kind === 'from' ? decorators : [],
    };
    if (kind === 'function') {
      region.decorators = pendingDecorators;
      pendingDecorators = [];
      region.inside = { ...outside, scope: scopes.add('function', outside.scope), class: -1 };
      delete region.inside.receiver;
    } else if (kind === 'class') {
      pendingDecorators = [];
      region.inside = { ...outside, scope: scopes.add('class', outside.scope) };
      delete region.inside.receiver;
    } else if (kind === 'module') {
      region.inside = { ...outside, scope: scopes.add('module', outside.scope), class: -1 };
      delete region.inside.receiver;
    } else if (kind === 'extension') {
      region.inside = { ...outside, scope: scopes.add('class', outside.scope), class: -1 };
    } else if (kind === 'scope') {
      region.inside = { ...outside, scope: scopes.add('block', outside.scope), class: -1 };
    } else if (kind === 'outer') {
      region.inside = innermost('function')?.outside ?? outside;
    }
    open.push(region);
    return region;
  }

  /** A field says something of the innermost region of its kind. */
  function addField(mark: Mark): void {
    const dot = mark.name.indexOf('.');
    const region = innermost(mark.name.slice(0, dot));
    if (!region) return;
    const field = mark.name.slice(dot + 1);
    if (field === 'target') {
      const target = openRegion(mark, 'target');
      target.bound = region.bound;
      target.members = region.members;
      if (region.fields.has('target')) return;
    }
    const marks = region.fields.get(field);
    if (marks) marks.push(mark);
    else region.fields.set(field, [mark]);
    if (field === 'name') nameRegion(region, sliceOf(mark));
    else if (mark.name === 'extension.type') {
      const receiver = toTypePath(sliceOf(mark), rules);
      if (receiver !== undefined) {
        scopes.extend(region.inside.scope, receiver);
        region.inside = {
          ...region.inside,
          receiver,
          prefix: `${region.outside.prefix}${receiver.replace(/^.*[.^]/, '')}.`,
        };
      }
    }
  }

  function baseOf(extension: Region | undefined): string | undefined {
    const base = extension && first(extension, 'base');
    return base && (toTypePath(sliceOf(base), rules) ?? '?');
  }

  function nameRegion(region: Region, name: string): void {
    const { outside, mark } = region;
    if (region.kind === 'function') {
      const receiverText = first(region, 'receiver');
      const receiver = receiverText
        ? toTypePath(sliceOf(receiverText), rules)
        : outside.class < 0
          ? outside.receiver
          : undefined;
      const prefix = receiverText && receiver !== undefined ? `${receiver}.` : outside.prefix;
      const at = scopes.addFunction(mark, name, {
        prefix,
        outside: outside.scope,
        scope: region.inside.scope,
        modifiers: (region.fields.get('modifiers') ?? []).map(sliceOf).join(' '),
        classAt: outside.class,
        receiver,
        isFree: receiverText !== undefined,
        base: receiver === undefined ? undefined : baseOf(innermost('extension')),
      });
      region.inside = { ...region.inside, function: at, prefix: `${prefix}${name}.` };
      readDecorators(region, at);
    } else if (region.kind === 'class') {
      const at = scopes.addClass(mark, name, {
        prefix: outside.prefix,
        outside: outside.scope,
        scope: region.inside.scope,
        modifiers: (region.fields.get('modifiers') ?? []).map(sliceOf).join(' '),
      });
      region.inside = { ...region.inside, class: at, prefix: `${outside.prefix}${name}.` };
    } else if (region.kind === 'module') {
      scopes.addNames(outside.scope, name, region.inside.scope);
      region.inside = { ...region.inside, prefix: `${outside.prefix}${name}.` };
    }
  }

  /** Says what the decorators of a function make of it, and keeps them. */
  function readDecorators(region: Region, at: Index): void {
    const fact = symbols.functions[at];
    if (!fact) return;
    for (const [position, [mark, nameMark, argumentsMark]] of region.decorators.entries()) {
      if (!mark || !nameMark) continue;
      const name = flat(nameMark);
      const line = mark.line;
      const words = argumentsMark
        ? sliceOf(argumentsMark)
            .replace(/^\(([^]*)\)$/, '$1')
            .trim()
        : '';
      decorators.push({ name, arguments: words, line, function: at, position });
      const last = name.split('.').at(-1) ?? '';
      if (rules.decorators.statics.includes(last)) fact.isStatic = true;
      if (rules.decorators.classMethods.includes(last)) fact.isClassMethod = true;
      if (rules.decorators.properties.includes(last)) fact.isProperty = true;
    }
    if (rules.decorators.classMethods.includes(fact.name)) fact.isClassMethod = true;
    if (region.fields.has('static')) fact.isStatic = true;
    if (region.fields.has('property')) fact.isProperty = true;
  }

  /** What comes to a name: by a type, by what is assigned, by what is gone through. */
  function given(region: Region): { type?: string; value?: Path } {
    const typeMark = first(region, 'type');
    const type = region.fields.has('instance')
      ? symbols.classes[region.outside.class]?.name
      : typeMark && toTypePath(sliceOf(typeMark), rules);
    const valueMark = valueMarkOf(region);
    const eachMark = first(region, 'each');
    const inherited = region.fields.get('chained')?.[0];
    const value = inherited
      ? valueOf(inherited)
      : valueMark
        ? valueOf(valueMark)
        : eachMark
          ? `${pathOf(eachMark)}[]`
          : handedTo(region);
    return { ...(type !== undefined && { type }), ...(value !== undefined && { value }) };
  }

  /** From what a pattern is held against to a part of it. */
  function stepTo({ mark, fields }: Region, { start }: Mark): Step {
    const type = fields.get('type')?.[0];
    const before = partsOutside(
      text.slice(type?.end ?? mark.start, start).replace(/^\s*[({[]/, ''),
    );
    if (!type) return text[mark.start] === '[' ? '[]' : { place: String(before.length - 1) };
    const of = pathOf(type);
    if (rules.types.holderPatterns?.includes(of)) return '[]';
    const isNamed = /^\s*\{/.test(text.slice(type.end, mark.end));
    const named = /(\w+)\s*:\s*(?:ref\s+|mut\s+|&)*[^:]*$/.exec(before.at(-1) ?? '')?.[1];
    const own = /^\w+/.exec(text.slice(start, mark.end))?.[0] ?? '';
    return { place: isNamed ? (named ?? own) : String(before.length - 1), of };
  }

  /** What a name of a pattern is given, of what the pattern is. */
  function givenBy(steps: readonly Step[], value: Path | undefined): Path | undefined {
    let path = value;
    for (const step of steps) {
      if (step === '[]') path = path && `${path}[]`;
      else if (step.of === undefined) path = path && `${path}.${step.place}`;
      else path = `${step.of}/${step.place}|${step.of}${QUALIFIER}.${step.place}`;
      if (path?.includes('|') && step !== steps.at(-1))
        path = step === '[]' ? '?' : elementOf(step);
    }
    return path;
  }

  /** Patterns in patterns follow the first of two ways. */
  const elementOf = (step: Exclude<Step, string>): Path =>
    step.of?.includes('.')
      ? `${step.of}/${step.place}`
      : `${step.of ?? '?'}${QUALIFIER}.${step.place}`;

  /** What a pattern is held against stands before it, or where several patterns are. */
  const valueMarkOf = (region: Region): Mark | undefined => {
    if (region.kind !== 'variable' || region.fields.has('each')) return first(region, 'value');
    const own = first(region, 'value');
    if (own || !region.fields.has('case')) return own;
    const match = innermost('match');
    return match && first(match, 'value');
  };

  /** What the parameter of a function without a name gets from the method that it is handed to. */
  function handedTo(region: Region): Path | undefined {
    const call = open.at(-2);
    if (region.kind !== 'parameter' || open.at(-1)?.kind !== 'scope' || call?.kind !== 'call')
      return undefined;
    const called = first(call, 'function');
    const path = called ? pathOf(called) : '';
    const dot = path.lastIndexOf('.');
    return dot > 0 && rules.types.callbacks?.includes(path.slice(dot + 1))
      ? `${path.slice(0, dot)}[]`
      : undefined;
  }

  /** Whether a place is all of what is assigned to, not a part of a pattern. */
  const isWhole = (region: Region, { start, end }: Mark): boolean => {
    const target = first(region, 'target');
    return target?.start === start && target.end === end;
  };

  function closeRegion(region: Region): void {
    const { outside, mark, kind } = region;
    if (kind === 'variable' || kind === 'field') closeVariable(region);
    else if (kind === 'parameter') {
      for (const bound of region.bound) {
        const isAll = isWhole(region, bound);
        const part = givenBy(bound.steps ?? [], given(region).value);
        const { type, value } = isAll ? given(region) : { type: undefined, value: part };
        scopes.bindParameter(outside.scope, sliceOf(bound), { type, value });
      }
    } else if (kind === 'generic') {
      const types = (region.fields.get('type') ?? []).flatMap(
        (type) => toTypePath(sliceOf(type), rules) ?? [],
      );
      const name = first(region, 'name');
      const type = types.length > 0 ? `=${types.join(BOTH)}` : undefined;
      // A member is seen through its class alone.
      const isType = !region.fields.has('member');
      if (name) scopes.bindParameter(outside.scope, sliceOf(name), { type, isType });
    } else if (kind === 'element') {
      scopes.bindElement(outside.scope, toTypePath(sliceOf(mark), rules));
    } else if (kind === 'decorator') {
      const name = first(region, 'name');
      const words = first(region, 'arguments');
      const decorator = [mark, ...(name ? [name] : []), ...(words ? [words] : [])];
      const owner = open.findLast(({ kind: of }) =>
        ['function', 'class', 'field', 'parameter', 'variable'].includes(of),
      );
      if (!owner || owner.fields.has('name') || owner.kind === 'variable')
        pendingDecorators.push(decorator);
      else owner.decorators.push(decorator);
    } else if (kind === 'function') {
      const fact = symbols.functions[region.inside.function];
      const type = first(region, 'type');
      const path = type && toTypePath(sliceOf(type), rules);
      if (fact && fact.scope === region.inside.scope && path !== undefined) fact.type = path;
    } else if (kind === 'class') {
      const bases = region.fields.get('base') ?? [];
      scopes.setBases(
        region.inside.class,
        bases.map((base) => ({ text: flat(base), path: toTypePath(sliceOf(base), rules) ?? '?' })),
      );
    } else if (kind === 'extension') {
      const base = first(region, 'base');
      const path = base && toTypePath(sliceOf(base), rules);
      if (path !== undefined && region.inside.receiver !== undefined) {
        symbols.extensions.push({ type: region.inside.receiver, base: path, scope: outside.scope });
      }
    } else if (kind === 'import') closeImport(region);
    else if (kind === 'export') closeExport(region);
  }

  function closeVariable(region: Region): void {
    const { outside } = region;
    bindElements(region);
    const what = given(region);
    const typeMark = first(region, 'type');
    const typeHint = typeMark ? flat(typeMark) : '';
    const names = region.fields.get('name') ?? [];
    const valueMark = valueMarkOf(region);
    for (const bound of [...names, ...region.bound]) {
      const isAll = region.kind === 'field' || names.includes(bound) || isWhole(region, bound);
      const known = isAll ? what : partOf(bound, what.value);
      scopes.bindVariable(outside.scope, sliceOf(bound), {
        line: bound.line,
        // What is given to it does not see it yet.
        ...(rules.shadows && valueMark && { lastLine: scopes.lineAt(valueMark.end - 1) }),
        typeHint,
        isClassAttribute: region.kind === 'variable' || region.fields.has('static'),
        functionAt: outside.function,
        prefix: outside.prefix,
        ...known,
      });
    }
    for (const member of region.members) {
      const known = isWhole(region, member) ? { ...what, typeHint } : { typeHint: '' };
      scopes.assignMember(outside, pathOf(member), { line: member.line, ...known });
    }
    // a = b = c: both are c.
    const around = innermostOpenVariable(region);
    const value = around && first(around, 'value');
    const own = first(region, 'value');
    if (around && own && value?.start === region.mark.start && value.end === region.mark.end) {
      around.fields.set('chained', [first(region, 'chained') ?? own]);
    }
  }

  /** What an enum's variant holds, under the name of the variant and its own. */
  function bindElements({ fields, outside }: Region): void {
    const name = fields.get('name')?.[0];
    const elements = fields.get('element');
    if (!name || !elements) return;
    let own: string | undefined;
    let place = 0;
    for (const element of elements) {
      const words = sliceOf(element);
      // The names of elements stand before their types.
      if (own === undefined && /:\s*$/.test(text.slice(element.end, element.end + 2))) own = words;
      else {
        const key = `${sliceOf(name)}/${own ?? place}`;
        scopes.bindParameter(outside.scope, key, { type: toTypePath(words, rules) });
        own = undefined;
        place += 1;
      }
    }
  }

  function partOf({ steps }: Bound, value: Path | undefined): { value?: Path } {
    const part = steps && givenBy(steps, value);
    return part === undefined ? {} : { value: part };
  }

  const innermostOpenVariable = (region: Region): Region | undefined =>
    open.findLast((other) => other !== region && other.kind === 'variable');

  /** Whether the build may leave out what a region says. */
  const isConditional = ({ decorators }: Region): boolean =>
    decorators.some(([, name]) => name && rules.conditions?.includes(sliceOf(name)));

  function closeImport(region: Region): void {
    // Lists of imports may lie in each other.
    const around = open.filter(({ kind }) => kind === 'from');
    const fromRegion = around.at(-1);
    const module = [...around, region]
      .flatMap((one) => first(one, 'module') ?? [])
      .map((mark) =>
        sliceOf(mark)
          .replace(/^(["'`])([^]*)\1$/, '$2')
          .replace(/\s+/g, ''),
      )
      .join(QUALIFIER);
    const nameMark = first(region, 'name');
    const all = first(region, 'all');
    const alias = first(region, 'alias');
    const name = all ? '*' : nameMark && sliceOf(nameMark);
    const isFrom = fromRegion !== undefined;
    const { local: whole, ...columns } = language.describeImport({ module, name, isFrom });
    const local = alias ? sliceOf(alias) : name === '*' ? undefined : (name ?? whole);
    const fact: ImportFact = {
      module,
      ...(name !== undefined && { name }),
      ...(alias && { alias: sliceOf(alias) }),
      ...(local !== undefined && { local }),
      ...columns,
      line: lineOf(region.mark),
      ...(around.some(isConditional) && { isConditional: true as const }),
      ...(region.fields.has('declares') && {
        declares: { ...(pendingPlace !== undefined && { place: pendingPlace }) },
      }),
    };
    pendingPlace = undefined;
    scopes.addImport(region.outside.scope, fact, region.fields.has('export'));
  }

  function closeExport(region: Region): void {
    const name = first(region, 'name');
    const alias = first(region, 'alias') ?? name;
    if (name && alias) (symbols.exports ??= {})[sliceOf(alias)] = sliceOf(name);
  }

  function visitName(mark: Mark, isTaken: boolean, isWritten: boolean): void {
    const region = open.at(-1);
    if (
      isTaken ||
      region?.kind === 'import' ||
      region?.kind === 'from' ||
      region?.kind === 'export'
    )
      return;
    const name = sliceOf(mark);
    const target = region?.kind === 'pattern' ? innermost('target') : region;
    if (target?.kind === 'target') {
      const patterns = open.slice(open.indexOf(target) + 1);
      target.bound.push(
        patterns.length > 0 ? { ...mark, steps: patterns.map((one) => stepTo(one, mark)) } : mark,
      );
      // It binds there, and is written from here.
      if (!scopes.isOuter(context().scope, name)) return;
      sites.names.areWrites.push(sites.names.paths.length);
    } else if (isWritten && context().function >= 0)
      sites.names.areWrites.push(sites.names.paths.length);
    if (context().function >= 0) use(sites.names, mark, name);
  }

  function visit(group: Mark[]): void {
    let isTaken = false;
    const isWritten = group.some(({ name }) => name === 'write');
    const isCalled =
      rules.callsApart === true && group.some(({ name }) => name === 'call.function');
    for (const mark of group) {
      const { name } = mark;
      if (TAKES.has(name)) isTaken = true;
      if (name === 'name') visitName(mark, isTaken, isWritten);
      else if (name === 'member') {
        const region = open.at(-1);
        const isTarget = region?.kind === 'target';
        if (isTarget) region.members.push(mark);
        if (context().function >= 0 && !isCalled) {
          if (isTarget || isWritten) sites.members.areWrites.push(sites.members.paths.length);
          use(sites.members, mark, pathOf(mark));
        }
        openRegion(mark);
      } else if (name === 'raise' || name === 'catch') {
        const at = context().function;
        const raised = flat(mark);
        const called = /^([^()[\]{}'"]+)\(/.exec(raised)?.[1] ?? raised;
        if (at >= 0)
          exceptions.push({
            name: called.trim(),
            line: lineOf(mark),
            function: at,
            context: name,
          });
      } else if (name === 'return') {
        const fact = symbols.functions[context().function];
        if (fact && fact.scope === scopes.functionScope(context().scope))
          (fact.returns ??= []).push(valueOf(mark));
      } else if (name === 'global' || name === 'nonlocal') {
        scopes.bind(context().scope, sliceOf(mark), {
          is: 'outer',
          ...(name === 'global' && { isGlobal: true as const }),
        });
      } else if (name === 'package') symbols.package = sliceOf(mark).replace(/\s+/g, '');
      else if (name.includes('.')) addField(mark);
      else if (name === 'place') pendingPlace = sliceOf(mark);
      else if (name !== 'skip' && name !== 'write') openRegion(mark);
    }
  }

  /** Calls are told of when they end: only then is it known what they call. */
  function close(region: Region): void {
    if (region.kind === 'call') {
      const called = region.fields.get('function') ?? [];
      const begin = called[0];
      const end = called.at(-1);
      if (begin && end) {
        if (context().function < 0) sites.callsOutside += 1;
        else {
          const line = first(region, 'name') ?? region.mark;
          use(sites.calls, line, toPath(text.slice(begin.start, end.end), rules));
        }
      }
    } else closeRegion(region);
  }

  const closeUntil = (start: number): void => {
    for (let region = open.at(-1); region && region.mark.end <= start; region = open.at(-1)) {
      open.pop();
      close(region);
    }
  };

  for (let i = 0; i < marks.length;) {
    const mark = marks[i];
    if (!mark) break;
    let next = i + 1;
    while (marks[next]?.start === mark.start && marks[next]?.end === mark.end) next += 1;
    closeUntil(mark.start);
    if (next === i + 1) visit([mark]);
    else visit(marks.slice(i, next).sort((a, b) => rank(a) - rank(b)));
    i = next;
  }
  closeUntil(Infinity);
  scopes.finish();
  return { symbols, decorators, exceptions, sites, syntaxErrors };
}
