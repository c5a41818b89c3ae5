/**
 * The facts of a text: one walk over the places that the query names. It knows no language: regions lie
 * in regions, and what a place means follows from its name and from the regions around it.
 */
import type { Facts, ImportFact, Index, Path, Uses } from './facts.js';
import type { Language } from './language.js';
import type { Mark, Parsed } from './parser.js';
import {
  BOTH,
  membersTaken,
  partsOutside,
  pathOfNames,
  pathOfType,
  QUALIFIER,
  toPath,
  toTypePath,
  toValue,
} from './paths.js';
import { type DocTypes, readDocTypes } from './doctypes.js';
import {
  type Bound,
  type Context,
  createRegion,
  ENDS_DECORATORS,
  rank,
  type Region,
  type Step,
  TAKES,
} from './regions.js';
import { createScopes } from './scopes.js';

/** What a comment may say the types of. */
const DOCUMENTED = new Set(['function', 'variable', 'assignment', 'field']);
/** What may stand before a name in a pattern that is all of it. */
const BEFORE_BOUND = /^(?:&|\bref\b|\bmut\b|\s)*$/;
const BEFORE_DECLARATION = /^(?:\s|\b(?:export|default|const|let|var|static|async)\b)*$/;

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
  /** The scopes of the objects with members, by where they begin. */
  const objects = new Map<number, Index>();
  let lastDoc: Mark | undefined;

  const sliceOf = ({ start, end }: Mark): string => text.slice(start, end);
  const pathOf = (mark: Mark): Path => toPath(sliceOf(mark), rules);
  const valueOf = (mark: Mark): Path => {
    const giver = rules.givers?.find((name) => text.startsWith(`${name}(`, mark.start));
    const start = giver === undefined ? mark.start : mark.start + giver.length + 1;
    const object = objects.get(start);
    const path = giver === undefined || object === undefined ? toValue(sliceOf(mark), rules) : '?';
    return object === undefined || path !== '?' ? path : pathOfNames(object);
  };
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
    const region = createRegion(kind, mark, outside);
    if (ENDS_DECORATORS.has(kind) && !innermost('decorator')) {
      if (kind === 'from') region.decorators = pendingDecorators;
      pendingDecorators = [];
    }
    if (kind === 'function') {
      region.decorators = pendingDecorators;
      pendingDecorators = [];
      region.inside = { ...outside, scope: scopes.add('function', outside.scope), class: -1 };
      delete region.inside.receiver;
    } else if (kind === 'class') {
      pendingDecorators = [];
      region.inside = { ...outside, scope: scopes.add('class', outside.scope), class: -1 };
      delete region.inside.receiver;
    } else if (kind === 'module') {
      region.inside = { ...outside, scope: scopes.add('module', outside.scope), class: -1 };
      delete region.inside.receiver;
    } else if (kind === 'lambda') {
      region.inside = { ...outside, scope: scopes.add('function', outside.scope), class: -1 };
    } else if (kind === 'object') {
      const scope = scopes.add('object', outside.scope);
      objects.set(mark.start, scope);
      scopes.markArgument(scope, argumentAt(mark) !== undefined);
      const prefix = `${outside.prefix}${holderOf(open.at(-1))}`;
      region.inside = { ...outside, scope, class: -1, prefix };
    } else if (kind === 'extension') {
      region.inside = { ...outside, scope: scopes.addExtension(outside.scope), class: -1 };
    } else if (kind === 'scope' || kind === 'namespace') {
      region.inside = { ...outside, scope: scopes.add('block', outside.scope), class: -1 };
    } else if (kind === 'outer') {
      const around = open.findLast(({ kind: of }) => of === 'function' || of === 'scope');
      region.inside = around?.outside ?? outside;
    }
    const doc = DOCUMENTED.has(kind) ? docBefore(mark) : undefined;
    if (doc) region.doc = doc;
    if (kind === 'function' || kind === 'lambda') {
      const passed = passedTo(mark);
      if (passed !== undefined) region.passed = passed;
    }
    open.push(region);
    return region;
  }

  /** What the comment directly before a declaration says. */
  function docBefore({ start }: Mark): DocTypes | undefined {
    if (!lastDoc || start < lastDoc.end || start - lastDoc.end > 80) return undefined;
    const between = text.slice(lastDoc.end, start);
    return BEFORE_DECLARATION.test(between) ? readDocTypes(sliceOf(lastDoc)) : undefined;
  }

  /** The how manieth argument of the call around a place is. */
  function argumentAt({ start, end }: Mark): Index | undefined {
    const given = innermost('call')?.fields.get('argument') ?? [];
    const last = given.at(-1);
    return last?.start === start && last.end === end ? given.length - 1 : undefined;
  }

  /** To which call a place is an argument, and the how manieth. */
  function passedTo(mark: Mark): Path | undefined {
    const at = rules.types.functions === undefined ? undefined : argumentAt(mark);
    const call = at === undefined ? undefined : innermost('call');
    const name = call && first(call, 'name');
    const called = name ? { ...name, start: call.mark.start } : call && first(call, 'function');
    if (at === undefined || !called) return undefined;
    const path = pathOf(called);
    return /^[?']/.test(path) ? undefined : `${path}.@${at}`;
  }

  /** What an object with members is given to, as the beginning of its members' names. */
  function holderOf(region: Region | undefined): string {
    const mark =
      region &&
      region.kind !== 'function' &&
      (first(region, 'target') ?? first(region, 'name') ?? first(region, 'alias'));
    const name = mark ? sliceOf(mark) : '';
    return /^[\w$]+$/.test(name) ? `${name}.` : '';
  }

  /** A field says something of the innermost region of its kind. */
  function addField(mark: Mark): void {
    const dot = mark.name.indexOf('.');
    const region = innermost(mark.name.slice(0, dot));
    if (!region) return;
    const field = mark.name.slice(dot + 1);
    if (mark.name === 'anonymous.body') openAnonymousClass(region);
    if (field === 'target') {
      const target = openRegion(mark, 'target');
      target.bound = region.bound;
      target.members = region.members;
      target.isAssignment = region.kind === 'assignment';
    }
    const marks = region.fields.get(field);
    if (marks) marks.push(mark);
    else region.fields.set(field, [mark]);
    if (field === 'name') nameRegion(region, nameOf(mark));
    else if (field === 'own') nameByOwn(region, mark);
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

  const nameOf = (mark: Mark): string => sliceOf(mark).replace(/^(["'])([^]*)\1$/, '$2');

  /** The name of a function or a class that only it itself sees. */
  function nameByOwn(region: Region, mark: Mark): void {
    const { fields, outside, inside } = region;
    const is = region.kind === 'class' ? 'class' : 'function';
    if (fields.get('own')?.length !== 1) return;
    if (!fields.has('name')) {
      fields.set('free', [mark]);
      nameRegion(region, nameOf(mark));
    }
    const at = is === 'class' ? region.inside.class : region.inside.function;
    if (inside !== outside) scopes.bind(inside.scope, nameOf(mark), { is, at });
  }

  /** From the body on: what stands before it in the same expression is none of the class's. */
  function openAnonymousClass(region: Region): void {
    const { outside } = region;
    const base = first(region, 'base');
    const path = base ? toTypePath(sliceOf(base), rules) : symbols.classes[outside.class]?.name;
    const scope = scopes.addAnonymousClass(outside.scope, path);
    region.inside = { ...outside, scope, class: -1 };
  }

  /** What stands before the class that a place is in. */
  const modifiersAround = (region: Region): string =>
    modifiersOf(open.findLast((other) => other !== region && other.kind === 'class'));
  const modifiersOf = (region: Region | undefined): string =>
    (region?.fields.get('modifiers') ?? []).map(sliceOf).join(' ');

  function nameRegion(region: Region, name: string): void {
    const { outside, mark } = region;
    const modifiers = modifiersOf(region);
    const around = outside.class < 0 ? '' : modifiersAround(region);
    const exported = first(region, 'whole') ? '=' : first(region, 'exported') ? name : undefined;
    if (region.kind === 'function') {
      const receiverText = first(region, 'receiver');
      const receiver = receiverText
        ? toTypePath(sliceOf(receiverText), rules)
        : outside.class < 0
          ? outside.receiver
          : undefined;
      const prefix =
        receiverText && receiver !== undefined && !isSelf(receiver)
          ? `${receiver}.`
          : outside.prefix;
      const at = scopes.addFunction(mark, name, {
        prefix,
        outside: outside.scope,
        scope: region.inside.scope,
        modifiers,
        around,
        classAt: outside.class,
        receiver,
        isFree: receiverText !== undefined || exported !== undefined || region.fields.has('free'),
        isSignature: region.fields.has('signature'),
        isConstructor: region.fields.has('constructor'),
        base: receiver === undefined ? undefined : baseOf(innermost('extension')),
      });
      if (exported !== undefined) scopes.addExport(exported, { is: 'function', at });
      region.inside = { ...region.inside, function: at, prefix: `${prefix}${name}.` };
      if (region.fields.has('attributes')) bindAttributes(region);
      readDecorators(region, at);
    } else if (region.kind === 'class') {
      const at = scopes.addClass(mark, name, {
        isFree: exported !== undefined || region.fields.has('free'),
        isType: region.fields.has('type'),
        prefix: outside.prefix,
        outside: outside.scope,
        scope: region.inside.scope,
        modifiers,
        around,
      });
      region.inside = { ...region.inside, class: at, prefix: `${outside.prefix}${name}.` };
      if (exported !== undefined) scopes.addExport(exported, { is: 'class', at });
    } else if (region.kind === 'namespace') {
      const scope = scopes.addNames(outside.scope, name, region.inside.scope);
      region.inside = { ...region.inside, scope, prefix: `${outside.prefix}${name}.` };
    } else if (region.kind === 'module') {
      scopes.bind(outside.scope, name, { is: 'names', scope: region.inside.scope });
      region.inside = { ...region.inside, prefix: `${outside.prefix}${name}.` };
    }
  }

  const isSelf = (name: string): boolean =>
    rules.self !== 'first parameter' && rules.self.words.includes(name);

  /** The class's attributes so far are the function's parameters. */
  function bindAttributes({ outside, inside }: Region): void {
    for (const { class: of, name, type } of symbols.attributes)
      if (of === outside.class)
        scopes.bindParameter(inside.scope, name, type === undefined ? {} : { type });
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

  /**
   * What comes to a name: by a type, by what is assigned, by what is gone through.
   *
   * @param at - Which of several names it is.
   */
  function given(region: Region, at = 0): { type?: string; plainType?: string; value?: Path } {
    const typeMark = first(region, 'type');
    const said = region.doc?.type;
    const written = typeMark
      ? toTypePath(sliceOf(typeMark), rules)
      : said !== undefined && region.kind !== 'function'
        ? toTypePath(said, rules)
        : undefined;
    const one = region.fields.has('instance')
      ? symbols.classes[region.outside.class]?.name
      : (written ?? (typeMark && rules.trustsTypes && !isUntold(typeMark) ? '?' : undefined));
    const type = one !== undefined && region.fields.has('variadic') ? `${one}[]` : one;
    const values = region.fields.get('value');
    const targets = region.fields.get('target') ?? region.fields.get('name');
    // Of one value for several names the first has what it gives first.
    const own = at === 0 || values?.length === targets?.length ? values?.[at] : undefined;
    const valueMark = own ?? matchedBy(region);
    const plainType = typeMark && plainTypeOf(typeMark, type, region);
    const typed = {
      ...(type !== undefined && { type }),
      ...(plainType !== undefined && { plainType }),
    };
    if (at > 0 && !valueMark) return typed;
    const eachMark = first(region, 'each');
    const inherited = region.fields.get('chained')?.[0];
    const value = inherited
      ? valueOf(inherited)
      : valueMark
        ? valueOf(valueMark)
        : eachMark
          ? `${pathOf(eachMark)}[]`
          : handedTo(region);
    return { ...typed, ...(value !== undefined && { value }) };
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

  /** What several patterns are held against. */
  function matchedBy(region: Region): Mark | undefined {
    const match =
      region.kind === 'variable' && region.fields.has('case') ? innermost('match') : undefined;
    return match && first(match, 'value');
  }

  /** What the parameter of a function without a name gets from the method that it is handed to. */
  function handedTo(region: Region): Path | undefined {
    const call = open.at(-2);
    if (region.kind !== 'parameter' || open.at(-1)?.kind !== 'scope' || call?.kind !== 'call')
      return undefined;
    const called = first(call, 'function');
    const path = called ? pathOf(called) : '';
    const dot = path.lastIndexOf('.');
    return dot > 0 && rules.types.itemCallbacks?.includes(path.slice(dot + 1))
      ? `${path.slice(0, dot)}[]`
      : undefined;
  }

  function withDoc<T extends { type?: string }>(what: T, name: string): T {
    const owner = open.findLast(({ kind }) => kind === 'function' || kind === 'lambda');
    const said = what.type === undefined ? owner?.doc?.parameters.get(name) : undefined;
    const type = said === undefined ? undefined : toTypePath(said, rules);
    return type === undefined ? what : { ...what, type };
  }

  /** Counts a parameter of its function: its type, or what the function is called with. */
  function takeParameter(region: Region, type: string | undefined): Path | undefined {
    const owner = open.findLast(({ kind }) => kind === 'function' || kind === 'lambda');
    if (owner?.inside.scope !== region.outside.scope) return undefined;
    const at = owner.parameters;
    owner.parameters += 1;
    const fact = symbols.functions[owner.inside.function];
    if (
      rules.types.functions !== undefined &&
      fact?.scope === owner.inside.scope &&
      type !== undefined &&
      /^[>\p{L}_$]/u.test(type)
    ) {
      const takes = (fact.takes ??= []);
      while (takes.length < at) takes.push('?');
      takes.push(type);
    }
    return owner.passed === undefined ? undefined : `${owner.passed}:${at}`;
  }

  /** What comes to a name of a target: all of it, a member, or what a pattern takes of it. */
  function partOf(
    region: Region,
    bound: Bound,
    passed?: Path,
    told?: { type?: string; plainType?: string; value?: Path },
  ): { type?: string; plainType?: string; value?: Path } {
    const place = wholeAt(region, bound);
    const given_ = place <= 0 && told ? told : given(region, Math.max(place, 0));
    const what =
      passed !== undefined && given_.type === undefined && given_.value === undefined
        ? { value: passed }
        : given_;
    if (place >= 0) return what;
    if (bound.steps) {
      const value = givenBy(bound.steps, what.value);
      return value === undefined ? {} : { value };
    }
    const target = first(region, 'target');
    if (!rules.takesApart || !target) return {};
    const whole = what.type === undefined ? (what.value ?? '?') : pathOfType(what.type);
    if (/[?|]/.test(whole)) return {};
    const member = membersTaken(sliceOf(target)).get(sliceOf(bound));
    return member === undefined ? {} : { value: `${whole}.${member}` };
  }

  /** Whether what stands for a type says that it is told by the value. */
  const isUntold = (mark: Mark): boolean => rules.types.nothings.includes(sliceOf(mark));

  /** A written type without its arguments, where that tells functions of one name apart. */
  function plainTypeOf(mark: Mark, type: string | undefined, region: Region): string | undefined {
    if (!rules.overloads) return undefined;
    const plain = sliceOf(mark).replace(/<[^]*>|\s/g, '');
    if (rules.types.nothings.includes(plain)) return undefined;
    const all = region.fields.has('variadic') ? `${plain}[]` : plain;
    return all === type && !all.endsWith(']') ? undefined : all;
  }

  /** Which of what is assigned to a place is all of; -1: it is a part of a pattern. */
  const wholeAt = (region: Region, { start, end }: Mark): number =>
    (region.fields.get('target') ?? []).findIndex(
      (target) => target.end === end && BEFORE_BOUND.test(text.slice(target.start, start)),
    );

  /** The types that one stands for. */
  function boundsOf(region: Region): string | undefined {
    if (!rules.types.haveMembers) return given(region).type;
    const types = (region.fields.get('type') ?? []).flatMap(
      (type) => toTypePath(sliceOf(type), rules) ?? [],
    );
    return types.length > 0 ? `=${types.join(BOTH)}` : undefined;
  }

  function closeRegion(region: Region): void {
    const { outside, mark, kind } = region;
    if (kind === 'variable' || kind === 'field') closeVariable(region);
    else if (kind === 'parameter') {
      const target = first(region, 'target');
      const word = target ? sliceOf(target) : '';
      const what = withDoc(given(region), word);
      if (isSelf(word)) scopes.bindParameter(outside.scope, word, what);
      else {
        const passed = takeParameter(region, what.type);
        for (const bound of region.bound)
          scopes.bindParameter(outside.scope, sliceOf(bound), partOf(region, bound, passed, what));
      }
      addParameterType(region);
    } else if (kind === 'generic') {
      for (const bound of [...(region.fields.get('name') ?? []), ...region.bound]) {
        const type = boundsOf(region);
        // A member is seen through its class alone.
        if (region.fields.has('member'))
          scopes.bindParameter(outside.scope, sliceOf(bound), type === undefined ? {} : { type });
        else
          scopes.bind(outside.scope, sliceOf(bound), {
            is: 'type',
            ...(type !== undefined && { type }),
          });
      }
    } else if (kind === 'element') {
      scopes.bindElement(outside.scope, toTypePath(sliceOf(mark), rules));
    } else if (kind === 'alias') {
      const name = first(region, 'name');
      const value = first(region, 'value');
      const path = value ? valueOf(value) : '?';
      if (name && path !== '?') scopes.bind(outside.scope, nameOf(name), { is: 'alias', path });
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
      const said = type ? sliceOf(type) : region.doc?.returns;
      const path = said === undefined ? undefined : toTypePath(said, rules);
      if (fact && fact.scope === region.inside.scope) {
        const plain = type && plainTypeOf(type, path, region);
        if (path !== undefined) fact.type = path;
        if (plain !== undefined) fact.plainType = plain;
      }
    } else if (kind === 'class') {
      const bases = region.fields.get('base') ?? [];
      const held = first(region, 'items');
      const items = held && toTypePath(sliceOf(held), rules);
      const fact = symbols.classes[region.inside.class];
      if (fact && items?.endsWith('[]')) fact.items = items.slice(0, -2);
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
    } else if (kind === 'return') closeReturn(region);
    else if (kind === 'import') closeImport(region);
    else if (kind === 'from') closeFrom(region);
    else if (kind === 'assignment') closeAssignment(region);
    else if (kind === 'export') closeExport(region);
    else if (kind === 'case') closeCase(region);
  }

  /** By its parameters a function is told from others of its name. */
  function addParameterType(region: Region): void {
    const { outside, fields } = region;
    const fact = symbols.functions[outside.function];
    const type = first(region, 'type');
    if (!fact?.parameters || !type || fact.scope !== outside.scope) return;
    const plain = sliceOf(type).replace(/<[^]*>|\s/g, '');
    fact.parameters.push(fields.has('variadic') ? `${plain}...` : plain);
  }

  function closeReturn({ mark, outside }: Region): void {
    const fact = symbols.functions[outside.function];
    if (!fact || fact.scope !== scopes.functionScope(outside.scope)) return;
    (fact.returns ??= []).push(valueOf(mark));
    (fact.returnScopes ??= []).push(outside.scope);
  }

  function closeVariable(region: Region): void {
    bindElements(region);
    const around = open.findLast(({ kind }) => ['function', 'class', 'anonymous'].includes(kind));
    // A parameter may declare a field of its method's class.
    const isDeclared = region.kind === 'field' && around?.kind === 'function';
    const outside = (isDeclared ? around.outside : undefined) ?? region.outside;
    const scope = region.fields.has('hoisted')
      ? scopes.functionScope(outside.scope)
      : outside.scope;
    const typeMark = first(region, 'type');
    const typeHint = typeMark ? flat(typeMark) : '';
    const names = region.fields.get('name') ?? [];
    const valueMark = first(region, 'value') ?? matchedBy(region);
    for (const [i, bound] of [...names, ...region.bound].entries()) {
      const isNamed = region.kind === 'field' || i < names.length;
      const known = isNamed ? given(region, i) : partOf(region, bound);
      scopes.bindVariable(scope, nameOf(bound), {
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
    assignMembers(region, outside, typeHint);
    keepChain(region);
  }

  function closeAssignment(region: Region): void {
    const { outside } = region;
    for (const bound of region.bound) {
      const at = wholeAt(region, bound);
      const value = at >= 0 ? given(region, at).value : undefined;
      scopes.assign(outside.scope, sliceOf(bound), bound.line, value ?? '?');
    }
    assignMembers(region, outside, '');
    keepChain(region);
  }

  function assignMembers(region: Region, outside: Context, typeHint: string): void {
    for (const member of region.members) {
      const at = wholeAt(region, member);
      const known = at >= 0 ? { ...given(region, at), typeHint } : { typeHint: '' };
      scopes.assignMember(outside, pathOf(member), { line: member.line, ...known });
    }
  }

  /** Of `a = b = c` both are c. */
  function keepChain(region: Region): void {
    const around = innermostOpenVariable(region);
    const value = around && first(around, 'value');
    const own = first(region, 'value');
    const isChained =
      value !== undefined &&
      value.end >= region.mark.end &&
      /^\(*$/.test(text.slice(value.start, region.mark.start));
    if (around && own && isChained && value.start <= region.mark.start) {
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
        const type = toTypePath(words, rules);
        scopes.bindParameter(outside.scope, key, type === undefined ? {} : { type });
        own = undefined;
        place += 1;
      }
    }
  }

  const innermostOpenVariable = (region: Region): Region | undefined =>
    open.findLast(
      (other) => other !== region && (other.kind === 'variable' || other.kind === 'assignment'),
    );

  /** Whether the build may leave out what a region says. */
  const isConditional = ({ decorators }: Region): boolean =>
    decorators.some(([, name]) => name && rules.conditions?.includes(sliceOf(name)));

  function closeImport(region: Region): void {
    // Lists of imports may lie in each other.
    const around = open.filter(({ kind }) => kind === 'from');
    const fromRegion = around.at(-1);
    if (fromRegion && !fromRegion.fields.has('module')) fromRegion.waiting.push(region);
    else addImport(region, around);
  }

  function closeFrom(region: Region): void {
    const around = [...open.filter(({ kind }) => kind === 'from'), region];
    for (const waiting of region.waiting) addImport(waiting, around);
  }

  /** @param around - The statements that it lies in. */
  function addImport(region: Region, around: readonly Region[]): void {
    const fromRegion = around.at(-1);
    const modules = [...around, region].flatMap((one) => first(one, 'module') ?? []);
    const [own] = rules.importsArePaths ? [] : (fromRegion?.fields.get('module') ?? modules);
    const module = (rules.importsArePaths ? modules : own ? [own] : [])
      .map((mark) =>
        sliceOf(mark)
          .replace(/^(["'`])([^]*)\1$/, '$2')
          .replace(/\s+/g, ''),
      )
      .join(QUALIFIER);
    const nameMark = first(region, 'name');
    const all = first(region, 'all');
    const alias = first(region, 'alias');
    const byDefault = first(region, 'default');
    const name = all ? '*' : byDefault ? 'default' : nameMark && nameOf(nameMark);
    const isFrom = fromRegion !== undefined;
    const kindMark = (fromRegion && first(fromRegion, 'kind')) ?? first(region, 'kind');
    const kind = kindMark && sliceOf(kindMark);
    const { local: whole, ...columns } = language.describeImport({ module, name, isFrom, kind });
    const bound = alias ?? byDefault;
    const local = bound ? sliceOf(bound) : name === '*' ? undefined : (name ?? whole);
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

  /** Each case has a variable for what is switched over; in a case for one type it is of that type. */
  function closeCase(region: Region): void {
    const around = innermost('switch');
    const name = around && first(around, 'name');
    if (!name) return;
    const { outside } = region;
    const type = first(region, 'type');
    const path = type && toTypePath(sliceOf(type), rules);
    around.variable = scopes.bindCase(outside.scope, sliceOf(name), around.variable, {
      line: name.line,
      functionAt: outside.function,
      prefix: outside.prefix,
      ...(path !== undefined && { type: path }),
    });
  }

  function closeExport(region: Region): void {
    const names = region.fields.get('name') ?? [];
    const alias = first(region, 'alias');
    const value = first(region, 'value');
    if (value) {
      const path = valueOf(value);
      const name = region.fields.has('whole') ? '=' : alias && nameOf(alias);
      if (name !== undefined && path !== '?') scopes.addExport(name, { is: 'alias', path });
    }
    for (const name of names) {
      (symbols.exports ??= {})[alias ? nameOf(alias) : sliceOf(name)] = sliceOf(name);
    }
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
    // The b of a.b.
    if (region?.kind === 'member' && region.mark.end === mark.end) return;
    const name = sliceOf(mark);
    const target = region?.kind === 'pattern' ? innermost('target') : region;
    if (target?.kind === 'target') {
      const patterns = open.slice(open.indexOf(target) + 1);
      target.bound.push(
        patterns.length > 0 ? { ...mark, steps: patterns.map((one) => stepTo(one, mark)) } : mark,
      );
      // It binds there, and is written from here.
      if (!target.isAssignment && !scopes.isOuter(context().scope, name)) return;
      sites.names.areWrites.push(sites.names.paths.length);
    } else if (isWritten && context().function >= 0)
      sites.names.areWrites.push(sites.names.paths.length);
    if (context().function >= 0) use(sites.names, mark, name);
  }

  function visit(group: Mark[]): void {
    let isTaken = false;
    const has = (name: string): boolean => group.some((mark) => mark.name === name);
    const isWritten = has('write');
    const isCalled = rules.fieldsApart === true && has('call.function');
    for (const mark of group) {
      const { name } = mark;
      if (TAKES.has(name)) isTaken = true;
      // What gets a name from what it is given to is none without a name; a field may be a function.
      if (name === 'lambda' && (has('function.body') || has('function'))) continue;
      if (name === 'class' && has('class.body')) continue;
      if (name === 'function' && has('function.body')) continue;
      // The call that a statement imports by is that import.
      if (name === 'import' && has('call') && (innermost('import') ?? innermost('from'))) continue;
      if (name === 'field.name' && has('function.name')) continue;
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
        const made = rules.prefixes.find(
          (word) => /\w$/.test(word) && raised.startsWith(`${word} `),
        );
        const plain = made === undefined ? raised : raised.slice(made.length).trimStart();
        const called = /^([^()[\]{}'"]+)\(/.exec(plain)?.[1] ?? plain;
        if (at >= 0)
          exceptions.push({
            name: called.trim(),
            line: lineOf(mark),
            function: at,
            context: name,
          });
      } else if (name === 'global' || name === 'nonlocal') {
        scopes.bind(context().scope, sliceOf(mark), {
          is: 'outer',
          ...(name === 'global' && { isGlobal: true as const }),
        });
      } else if (name === 'spread') scopes.addSpread(context().scope, pathOf(mark));
      else if (name === 'doc') lastDoc = mark;
      else if (name === 'self') scopes.ownSelf(context().scope);
      else if (name === 'package') symbols.package = sliceOf(mark).replace(/\s+/g, '');
      else if (name.includes('.')) addField(mark);
      else if (name === 'place') pendingPlace = sliceOf(mark);
      else if (name !== 'skip' && name !== 'write') openRegion(mark);
    }
  }

  /** Calls are told of when they end: only then is it known what they call. */
  function close(region: Region): void {
    if (region.kind === 'call') {
      const name = first(region, 'name');
      const called = region.fields.get('function') ?? [];
      const begin = name ? region.mark : called[0];
      const end = name ?? called.at(-1);
      if (begin && end) {
        if (context().function < 0) sites.unresolved.outside += 1;
        else {
          use(sites.calls, name ?? region.mark, toPath(text.slice(begin.start, end.end), rules));
          addArguments(region);
        }
      }
    } else closeRegion(region);
  }

  function addArguments({ fields }: Region): void {
    if (!rules.overloads) return;
    const { typeOfLiteral } = rules.overloads;
    const all = (fields.get('argument') ?? []).map((mark) => {
      const type = typeOfLiteral(sliceOf(mark));
      return type === undefined ? pathOf(mark) : `'${type}`;
    });
    (sites.calls.arguments ??= []).push(all);
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
