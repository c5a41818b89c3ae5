/** Expressions and written types as paths: what of them names tell. */
import type { Index, Path, TypePath } from './facts.js';
import type { Rules } from './language.js';

/** Longer texts are seldom names, and take long to look at. */
const MOST = 2000;

const NAMES = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/;
const NAME = /[\p{L}\p{Nl}_$#@][\p{L}\p{Nl}\p{Mn}\p{Nd}_$]*/uy;
const BLANK = /(?:\s|\\\n|#.*\n|\/\/.*\n|\/\*[^]*?\*\/)*/y;
/** Where `#` begins a name. */
const BLANK_BEFORE_HASH = /(?:\s|\/\/.*\n|\/\*[^]*?\*\/)*/y;
const LITERAL = /^(?:[rbufRBUF]{0,2}["'`]|\d)/;
const OPENING: Record<string, string> = { ')': '(', ']': '[', '}': '{', '>': '<' };
const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}', '<': '>' };

/** The part of a path that stands for an item of what comes before. */
export const ITEM = '[]';
/** The part that stands for what a call of it returns. */
export const CALL = '()';
/** Ends a part that names no value, but a module or a type: what comes next is reached by `::`. */
export const QUALIFIER = '::';

/** A name of a path without its {@link QUALIFIER}. */
export const bareName = (part: string): string =>
  part.endsWith(QUALIFIER) ? part.slice(0, -QUALIFIER.length) : part;

/** The parts of a path: names, calls (`(2)` says with how many arguments) and {@link ITEM}. */
export function partsOf(path: Path): string[] {
  const names = path.includes('(') ? path.replace(/\(\d*\)/g, '.$&') : path;
  return (names.includes('[') ? names.replaceAll(ITEM, '.[]') : names).split('.');
}

/** A path that starts from an object of a written type: a cast. */
export function pathOfType(type: TypePath | undefined): Path {
  if (type === undefined || /^[=>?]/.test(type)) return '?';
  return `:${type.replaceAll(ITEM, '*').replaceAll('.', '/')}`;
}

/** The type that a path starts from, by its first part. */
export function typeOfRoot(root: string): TypePath | undefined {
  return root.startsWith(':')
    ? root.slice(1).replaceAll('*', ITEM).replaceAll('/', '.')
    : undefined;
}

/** The path of the names of a scope of the same file: an object with members. */
export function pathOfNames(scope: Index): Path {
  return `{${scope}`;
}

/** The scope that a path starts from, by its first part. */
export function namesOfRoot(root: string): Index | undefined {
  return root.startsWith('{') ? Number(root.slice(1)) : undefined;
}

/** @param text - The source of an expression. */
export function toPath(text: string, rules: Rules): Path {
  if (NAMES.test(text)) return text;
  if (text.length > MOST) return '?';
  return pathOf(withoutLifetimes(text, rules).trim(), rules);
}

/**
 * What an expression may give, as paths with `|` between them: `a if b else c` is `a|c`.
 *
 * @param text - The source of an expression.
 */
export function toValue(text: string, rules: Rules): Path {
  const closure = rules.closures ? CLOSURE.exec(text) : null;
  if (closure && text.length <= MOST) return closurePath(closure, rules);
  if (NAMES.test(text) || text.length > MOST || !CHOICE.test(text)) return toPath(text, rules);
  const choices = choicesOf(text.trim().replace(/\s+/g, ' '), rules);
  const known = choices.filter((choice) => !rules.types.nothings.includes(choice));
  return [...new Set(known.map((choice) => toPath(choice, rules)))].join('|') || '?';
}

const CLOSURE = /^(?:move\s+)?\|([^|]*)\|\s*([^]*)$/;
/** Before what a call of a value gives. */
export const GIVES = '>';

/** What a function without a name gives: where that is named outside of it. */
function closurePath([, parameters = '', body = '']: readonly string[], rules: Rules): Path {
  const isBlock = body.startsWith('{') && body.endsWith('}');
  const last = isBlock ? (splitOutside(body.slice(1, -1), ';').at(-1) ?? '').trim() : body;
  const path = body.startsWith('->') ? '?' : toPath(last, rules);
  const root = /^\w+/.exec(path)?.[0] ?? '';
  const isOwn =
    new RegExp(`\\b${root}\\b`).test(parameters) ||
    new RegExp(`\\blet\\b[^=]*\\b${root}\\b`).test(body);
  return root === '' || isOwn ? '?' : `${GIVES}${path}`;
}

/** The paths of a value. */
export function pathsOf(value: Path): Path[] {
  return value.includes('|') ? value.split('|') : [value];
}

/** A text without any of these has no choices. */
const CHOICE = /\b(?:or|and|if|else)\b|[?|&]/;

/** The operands that an expression's value is one of. */
function choicesOf(text: string, rules: Rules): string[] {
  if (text.startsWith('(') && endOf(text, 0) === text.length)
    return choicesOf(text.slice(1, -1).trim(), rules);
  const { either, both, conditional } = rules.choices;
  // A function without a name gives no value.
  if (conditional === '?:' && text.includes('=>') && splitOutside(text, '=>').length > 1)
    return [text];
  if (conditional === 'if else') {
    const [first, ...others] = splitOutside(text, ' else ');
    if (first !== undefined && others.length > 0) {
      const [then, condition] = splitOutside(first, ' if ');
      if (then === undefined || condition === undefined) return [text];
      return [then.trim(), others.join(' else ').trim()].flatMap((part) => choicesOf(part, rules));
    }
  } else if (conditional === '?:') {
    const [condition, ...others] = splitOutside(
      text.replaceAll('?.', '\u0000').replaceAll('??', '\u0001'),
      '?',
    );
    if (condition !== undefined && others.length > 0) {
      const rest = others.join('?').replaceAll('\u0000', '?.').replaceAll('\u0001', '??');
      const parts = splitOutside(rest, ':');
      if (parts.length < 2) return [text];
      // In a chain the last part may be a conditional itself.
      const middle = parts.slice(0, -1).join(':');
      return [middle.trim(), (parts.at(-1) ?? '').trim()].flatMap((part) => choicesOf(part, rules));
    }
  }
  for (const sign of either) {
    const parts = splitOutside(text, sign);
    if (parts.length > 1) return parts.flatMap((part) => choicesOf(part.trim(), rules));
  }
  for (const sign of both) {
    const parts = splitOutside(text, sign);
    if (parts.length > 1) return choicesOf((parts.at(-1) ?? '').trim(), rules);
  }
  return [text];
}

function pathOf(text: string, rules: Rules): Path {
  const array = /^new\s+([\w$.]+)\s*\[/.exec(text)?.[1];
  if (array !== undefined) return pathOfType(`${array}${ITEM}`);
  const prefix = rules.prefixes.find((word) => startsWithWord(text, word));
  if (prefix !== undefined) {
    const items =
      prefix === 'new' ? newCollection(text.slice(prefix.length).trim(), rules) : undefined;
    if (items !== undefined) return items;
    const rest = pathOf(text.slice(prefix.length).trimStart(), rules);
    // `new Cart` without arguments makes one all the same.
    return prefix === 'new' && !rest.includes('(') ? `${rest}${CALL}` : rest;
  }
  let at = 0;
  let path: Path;
  const skipBlank = (): void => {
    const blank = rules.hasHashNames ? BLANK_BEFORE_HASH : BLANK;
    blank.lastIndex = at;
    at += blank.exec(text)?.[0].length ?? 0;
  };
  const name = (): string | undefined => {
    NAME.lastIndex = at;
    const found = NAME.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const number = (): string | undefined => {
    const found = /^\d+/.exec(text.slice(at, at + 3))?.[0];
    at += found?.length ?? 0;
    return found;
  };
  if (text.startsWith('(')) {
    const end = endOf(text, 0);
    if (end < 0) return '?';
    const inner = text.slice(1, end - 1).trim();
    // `(Cart) it`.
    if (rules.castsBefore && /^\s*[\p{L}_$("']/u.test(text.slice(end)))
      return pathOfType(toTypePath(inner, rules));
    path = pathOf(inner, rules);
    at = end;
  } else if (text.startsWith('<') && rules.separators.includes(QUALIFIER)) {
    // Rust's <Cart as Area>::total.
    const end = endOf(text, 0);
    const type = toTypePath(text.slice(1, end - 1).split(/\sas\s/)[0] ?? '', rules);
    if (end < 0 || type === undefined || !NAMES.test(type.replaceAll(QUALIFIER, ''))) return '?';
    path = type;
    at = end;
  } else if (rules.bracesConstruct && startsWithBracket(text, rules)) {
    // `[]Cart{…}`, `map[string]Cart{…}`.
    const start = endOf(text, text.indexOf('['));
    const length = start < 0 ? -1 : text.slice(start).search(/[{(]/);
    if (length < 0) return '?';
    path = pathOfType(toTypePath(text.slice(0, start + length), rules));
    at = endOf(text, start + length);
    if (at < 0) return '?';
  } else if (LITERAL.test(text)) {
    return literalPath(text, rules);
  } else if (rules.casts && /^[{[]/.test(text)) {
    // `{} as Cart`.
    at = endOf(text, 0);
    if (at < 0) return '?';
    path = '?';
  } else {
    const root = name();
    if (root === undefined) return '?';
    path = root;
    if (rules.typeCalls?.includes(root) && text[at] === '(') {
      const end = endOf(text, at);
      if (end < 0) return '?';
      const [type = ''] = splitOutside(text.slice(at + 1, end - 1), ',');
      path = pathOfType(toTypePath(type, rules));
      at = end;
    }
  }
  for (;;) {
    skipBlank();
    if (at >= text.length) return bare(path);
    if (rules.questionMark === 'item' && '?!'.includes(text[at] ?? '')) {
      // A macro is none of what has names.
      if (text[at] === '!') return at === text.length - 1 ? "'" : '?';
      path = `${bare(path)}${ITEM}`;
      at += 1;
      continue;
    }
    const separator = ['?.', '!.', ...rules.separators].find((sign) => text.startsWith(sign, at));
    if (separator !== undefined) {
      at += separator.length;
      if (separator === QUALIFIER) path = `${bare(path)}${QUALIFIER}`;
      skipBlank();
      // Go's `it.(Cart)`.
      if (separator === '.' && text[at] === '(') {
        const end = endOf(text, at);
        if (end < 0) return '?';
        path = pathOfType(toTypePath(text.slice(at + 1, end - 1), rules));
        at = end;
        continue;
      }
      // Rust's turbofish, JavaScript's a?.[i] and a?.(b).
      if (text[at] === '<' || text[at] === '[' || text[at] === '(') continue;
      const part = name() ?? number();
      if (part === undefined) return '?';
      if (part !== 'await') path += `.${part}`;
      continue;
    }
    const cast = rules.casts && castAt(text.slice(at), rules.casts);
    if (cast?.type !== undefined) return pathOfType(toTypePath(cast.type, rules));
    if (cast) return path;
    const sign = text[at] ?? '';
    if (sign === '!' || sign === '?') {
      at += 1;
      if (at >= text.length || '.)[('.includes(text[at] ?? '')) continue;
      return '?';
    }
    // `new Cart() { … }`.
    const isBody = sign === '{' && !rules.bracesConstruct && path.endsWith(')');
    if (!'([<'.includes(sign) && !(sign === '{' && rules.bracesConstruct) && !isBody) return '?';
    const end = endOf(text, at);
    if (end < 0) return '?';
    if (sign === '[') path = bare(path) + (isSlice(text.slice(at, end)) ? '' : ITEM);
    else if (sign === '(' && rules.wrappers?.includes(path.replaceAll(`${QUALIFIER}.`, QUALIFIER)))
      path = pathOf(text.slice(at + 1, end - 1).trim(), rules);
    else if (sign === '(' && rules.overloads)
      path += `(${countArguments(text.slice(at + 1, end - 1))})`;
    else if (sign !== '<' && !isBody) path = `${bare(path)}${CALL}`;
    at = end;
  }
}

const bare = (path: Path): Path =>
  path.endsWith(QUALIFIER) ? path.slice(0, -QUALIFIER.length) : path;

/** `a[1:2]`, `a[1..2]`: some of the items. */
const isSlice = (text: string): boolean => /(?<!:):(?!:)|\.\.(?![./])/.test(text);

/** `Map<string, Cart>()` is a collection of Cart. */
function newCollection(text: string, rules: Rules): Path | undefined {
  const open = /^[\w$]+(?=<)/.exec(text)?.[0];
  if (open === undefined || !rules.types.collections.includes(open)) return undefined;
  const end = endOf(text, open.length);
  if (end < 0 || (text[end] === '(' && endOf(text, end) !== text.length)) return undefined;
  const type = toTypePath(text.slice(0, end), rules);
  return type?.endsWith(ITEM) ? pathOfType(type) : undefined;
}

/** What `as Cart` makes of what it stands behind; `as const` and others leave its type. */
function castAt(
  rest: string,
  { changes, checks, vague }: NonNullable<Rules['casts']>,
): { type?: string } | undefined {
  const word = /^\w+(?=\s)/.exec(rest)?.[0];
  if (word === undefined) return undefined;
  if (checks.includes(word)) return {};
  if (!changes.includes(word)) return undefined;
  const type = splitOutside(rest, `${word} `).at(-1)?.trim() ?? '';
  return vague.includes(type) ? {} : { type };
}

/** `[]Cart`, `[4]Cart`, `map[string]Cart`. */
function startsWithBracket(text: string, { types }: Rules): boolean {
  return (
    text.startsWith('[') || (types.containers ?? []).some((word) => text.startsWith(`${word}[`))
  );
}

function countArguments(text: string): number {
  // A comma between `<` and `>` separates types.
  const plain = text.replace(/<[\w\s,.?&[\]<>]*>/g, '');
  return plain.trim() === '' ? 0 : splitOutside(plain, ',', '([{').length;
}

/** What is called on a literal is the language's own. */
function literalPath(text: string, rules: Rules): Path {
  const last = /\.\s*([\w$]+)\s*$/.exec(text)?.[1];
  return last === undefined || rules.separators.length === 0 ? "'" : `'.${last}`;
}

function startsWithWord(text: string, word: string): boolean {
  if (!text.startsWith(word)) return false;
  return !/\w$/.test(word) || !/^[\w$]/.test(text.slice(word.length, word.length + 1));
}

/** Behind the bracket that closes the one at a place; -1 where none does. */
function endOf(text: string, start: number): number {
  const open: string[] = [];
  for (let at = start; at < text.length; at++) {
    const sign = text[at] ?? '';
    if (sign === '"' || sign === "'" || sign === '`') {
      at = endOfQuoted(text, at, sign);
      if (at < 0) return -1;
    } else if (sign === '(' || sign === '[' || sign === '{') open.push(CLOSING[sign] ?? '');
    else if (sign === '<' && (at === start || open.at(-1) === '>')) open.push('>');
    else if (sign === open.at(-1) && !(sign === '>' && '-='.includes(text[at - 1] ?? ''))) {
      open.pop();
      if (open.length === 0) return at + 1;
    }
  }
  return -1;
}

/** The place of the quote that closes one; -1 where none does. */
function endOfQuoted(text: string, start: number, quote: string): number {
  const isTriple = text.startsWith(quote.repeat(3), start);
  const mark = isTriple ? quote.repeat(3) : quote;
  for (let at = start + mark.length; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text.startsWith(mark, at)) return at + mark.length - 1;
  }
  return -1;
}

/**
 * A written type, as far as it says whose methods a value has.
 *
 * @returns Nothing where it does not.
 */
export function toTypePath(text: string, rules: Rules): TypePath | undefined {
  const { types } = rules;
  const plain = text.includes('@') ? text.replace(/@[\w.]+(?:\([^()]*\))?\s*/g, '') : text;
  let rest = withoutLifetimes(plain, rules)
    .trim()
    .replace(/^(["'])([^]*)\1$/, '$2')
    .trim();
  const prefix = rules.typePrefixes.find((word) => startsWithWord(rest, word));
  if (prefix !== undefined) return toTypePath(rest.slice(prefix.length), rules);
  if (rest.length > MOST) return undefined;
  const all = types.joins === undefined ? [] : splitOutside(rest, types.joins);
  if (all.length > 1) {
    const joined = all.flatMap((part) => toTypePath(part, rules) ?? []);
    return joined.length > 0 ? joined.join(BOTH) : undefined;
  }
  const value = types.ofValues?.find((word) => startsWithWord(rest, word));
  if (value !== undefined) {
    const of = rest.slice(value.length).trim();
    return NAMES.test(of) ? `=${of}` : undefined;
  }
  const called = types.functions === undefined ? undefined : functionType(rest, rules);
  if (called !== undefined) return called;
  const container = types.containers?.find((word) => startsWithWord(rest, word)) ?? '';
  const inside = rest.slice(container.length).trimStart();
  const length = inside.startsWith('[') ? endOf(inside, 0) : 0;
  if (length < 0) return undefined;
  if ((container !== '' || length > 0) && length < inside.length) {
    const of = toTypePath(inside.slice(length), rules);
    return of === undefined ? undefined : `${of}${ITEM}`;
  }
  const union = splitOutside(rest, '|')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !types.nothings.includes(part));
  if (union.length !== 1) return undefined;
  rest = union[0] ?? '';
  if (rest.endsWith('[]')) {
    const of = toTypePath(rest.slice(0, -2), rules);
    return of === undefined ? undefined : `${of}${ITEM}`;
  }
  const open = /[[<(]/.exec(rest)?.index ?? -1;
  const name = (open < 0 ? rest : rest.slice(0, open))
    .trim()
    .replaceAll(rules.separators[1] ?? '.', '.');
  if (name !== '' && !NAMES.test(name)) return undefined;
  const path = rules.separators[1] === QUALIFIER ? name.replaceAll('.', `${QUALIFIER}.`) : name;
  if (open < 0) return path;
  if (!/[\]>)]$/.test(rest)) return undefined;
  // Rust's Iterator<Item = Cart>.
  const parts = splitOutside(rest.slice(open + 1, -1), ',').map((part) =>
    part.replace(/^\s*\w+\s*=(?![=>])/, '').trim(),
  );
  const last = name.split('.').at(-1) ?? '';
  // Of a tuple nothing is known; `(Cart)` is Cart.
  if (name === '') {
    if (types.tuples) {
      if (rest.startsWith('(') && parts.length > 1) return tupleOf(parts, rules);
      const of = parts.length === 1 ? toTypePath(parts[0]?.split(';')[0] ?? '', rules) : undefined;
      return of === undefined || rest.startsWith('(') ? of : `${of}${ITEM}`;
    }
    if (!rest.startsWith('(')) return undefined;
    if (types.takesFirst)
      return toTypePath((parts[0] ?? '').replace(/^\w+\s+(?=[\w*[])/, ''), rules);
    return parts.length === 1 ? toTypePath(parts[0] ?? '', rules) : undefined;
  }
  if (rest[open] === '[' && types.bracketsPick) return undefined;
  if (types.transparent.includes(last)) return toTypePath(parts[0] ?? '', rules);
  if (types.pointers?.includes(last)) {
    const of = toTypePath(parts[0] ?? '', rules);
    return of === undefined || /^[(^=]/.test(of) ? of : `${POINTER}${of}`;
  }
  if (types.maps?.includes(last) && parts.length > 1)
    return `${tupleOf(parts.slice(0, 2), rules)}${MAP}${ITEM}`;
  if (types.holders?.includes(last)) {
    const of = toTypePath(parts[0] ?? '', rules);
    return of === undefined ? path : `${of}${ITEM}`;
  }
  if (types.classes.includes(last)) {
    const of = toTypePath(parts[0] ?? '', rules);
    return of === undefined ? undefined : `=${of}`;
  }
  if (types.collections.includes(last)) {
    const item = parts.filter((part) => part !== '...').at(-1) ?? '';
    const of = toTypePath(item, rules);
    return of === undefined ? path : `${of}${ITEM}`;
  }
  return path;
}

/** Before a type behind a pointer, which has methods of its own. */
export const POINTER = '^';

/** Behind the type of the pairs of a map. */
export const MAP = '*';

const tupleOf = (parts: readonly string[], rules: Rules): TypePath =>
  `(${parts.map((part) => toTypePath(part, rules) ?? '?').join(',')})`;

/** The types of a tuple's places; nothing where it is none. */
export function tupleParts(type: TypePath): TypePath[] | undefined {
  return type.startsWith('(') && type.endsWith(')')
    ? splitOutside(type.slice(1, -1), ',')
    : undefined;
}

/** Between types whose methods a value has all. */
export const BOTH = '&';

/** Without Rust's `'a`, which is no quote. */
function withoutLifetimes(text: string, rules: Rules): string {
  return rules.lifetimes && text.includes("'")
    ? text.replace(/'[A-Za-z_]\w*\b(?!')\s*,?/g, '')
    : text;
}

/** The parts between commas that are in no brackets. */
export const partsOutside = (text: string): string[] => splitOutside(text, ',');

/** Of `(cart: Cart) => Shop`. */
function functionType(text: string, rules: Rules): TypePath | undefined {
  const start = text.startsWith('<') ? endOf(text, 0) : 0;
  const open = start < 0 ? '' : text.slice(start).trimStart();
  const end = open.startsWith('(') ? endOf(open, 0) : -1;
  const rest = end < 0 ? '' : open.slice(end).trimStart();
  if (!rest.startsWith('=>')) return undefined;
  const typeOf = (written: string): TypePath => {
    const type = toTypePath(written, rules) ?? '?';
    return type.startsWith('>') ? '?' : type;
  };
  const parameters = splitOutside(open.slice(1, end - 1), ',')
    .map((one) => splitOutside(one, ':'))
    .filter(([name = '']) => name.trim() !== '' && name.trim() !== 'this')
    .map(([, ...type]) => typeOf(type.join(':')));
  return `>${parameters.join(',')}>${typeOf(rest.slice(2))}`;
}

/** Which member of a value each name of `{ a, b: c }` is. */
export function membersTaken(pattern: string): Map<string, string> {
  const inside = /^\{([^]*)\}$/.exec(pattern.trim())?.[1];
  if (inside === undefined) return new Map();
  const entries = splitOutside(inside, ',').flatMap((part): [string, string][] => {
    const [, key, local] = /^\s*([\w$]+)\s*(?::\s*([\w$]+)\s*)?(?:=[^>][^]*)?$/.exec(part) ?? [];
    return key === undefined ? [] : [[local ?? key, key]];
  });
  return new Map(entries);
}

/** Splits at a sign that is in no brackets and in no quotes. */
function splitOutside(text: string, sign: string, opening = '([{<'): string[] {
  if (!text.includes(sign)) return [text];
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const here = text[at] ?? '';
    if (here === '"' || here === '`' || here === "'") {
      const end = endOfQuoted(text, at, here);
      if (end < 0) return [text];
      at = end;
    } else if (opening.includes(here)) depth += 1;
    else if (opening.includes(OPENING[here] ?? ' ') && !(here === '>' && text[at - 1] === '='))
      depth -= 1;
    else if (depth === 0 && text.startsWith(sign, at)) {
      parts.push(text.slice(start, at));
      start = at + sign.length;
      at = start - 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
