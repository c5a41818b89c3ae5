/** Expressions and written types as paths: what of them names tell. */
import type { Path, TypePath } from './facts.js';
import type { Rules } from './language.js';

/** Longer texts are seldom names, and take long to look at. */
const MOST = 2000;

const NAMES = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/;
const NAME = /[\p{L}\p{Nl}_$#@][\p{L}\p{Nl}\p{Mn}\p{Nd}_$]*/uy;
const BLANK = /(?:\s|\\\n|#.*\n|\/\/.*\n|\/\*[^]*?\*\/)*/y;
const LITERAL = /^(?:[rbufRBUF]{0,2}["'`]|\d)/;
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

/** The parts of a path: names, {@link CALL} and {@link ITEM}. */
export function partsOf(path: Path): string[] {
  const names = path.includes('(') ? path.replaceAll(CALL, '.()') : path;
  return (names.includes('[') ? names.replaceAll(ITEM, '.[]') : names).split('.');
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
  const prefix = rules.prefixes.find((word) => startsWithWord(text, word));
  if (prefix !== undefined) {
    const rest = pathOf(text.slice(prefix.length).trimStart(), rules);
    // `new Cart` without arguments makes one all the same.
    return prefix === 'new' && !rest.includes(CALL) ? `${rest}${CALL}` : rest;
  }
  let at = 0;
  let path: Path;
  const skipBlank = (): void => {
    BLANK.lastIndex = at;
    at += BLANK.exec(text)?.[0].length ?? 0;
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
    path = pathOf(text.slice(1, end - 1).trim(), rules);
    at = end;
  } else if (text.startsWith('<')) {
    // Rust's <Cart as Area>::total.
    const end = endOf(text, 0);
    const type = toTypePath(text.slice(1, end - 1).split(/\sas\s/)[0] ?? '', rules);
    if (end < 0 || type === undefined || !NAMES.test(type.replaceAll(QUALIFIER, ''))) return '?';
    path = type;
    at = end;
  } else if (LITERAL.test(text)) {
    return literalPath(text, rules);
  } else {
    const root = name();
    if (root === undefined) return '?';
    path = root;
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
      // Rust's turbofish, JavaScript's a?.[i] and a?.(b).
      if (text[at] === '<' || text[at] === '[' || text[at] === '(') continue;
      const part = name() ?? number();
      if (part === undefined) return '?';
      if (part !== 'await') path += `.${part}`;
      continue;
    }
    const sign = text[at] ?? '';
    if (sign === '!' || sign === '?') {
      at += 1;
      if (at >= text.length || '.)[('.includes(text[at] ?? '')) continue;
      return '?';
    }
    if (sign !== '(' && sign !== '[' && sign !== '<' && !(sign === '{' && rules.bracesConstruct))
      return '?';
    const end = endOf(text, at);
    if (end < 0) return '?';
    if (sign === '[') path = bare(path) + (isSlice(text.slice(at, end)) ? '' : ITEM);
    else if (sign === '(' && rules.wrappers?.includes(path.replaceAll(`${QUALIFIER}.`, QUALIFIER)))
      path = pathOf(text.slice(at + 1, end - 1).trim(), rules);
    else if (sign !== '<') path = `${bare(path)}${CALL}`;
    at = end;
  }
}

const bare = (path: Path): Path =>
  path.endsWith(QUALIFIER) ? path.slice(0, -QUALIFIER.length) : path;

/** `a[1:2]`, `a[1..2]`: some of the items. */
const isSlice = (text: string): boolean => /(?<!:):(?!:)|\.\./.test(text);

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
  let rest = withoutLifetimes(text, rules)
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
  const union = splitOutside(rest, '|')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !types.nothings.includes(part));
  if (union.length !== 1) return undefined;
  rest = union[0] ?? '';
  if (rest.endsWith('[]')) {
    const of = toTypePath(rest.slice(0, -2), rules);
    return of === undefined ? undefined : `${of}${ITEM}`;
  }
  if (rest.startsWith('[]')) {
    const of = toTypePath(rest.slice(2), rules);
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
    if (types.tuples && rest.startsWith('(') && parts.length > 1) return tupleOf(parts, rules);
    const of = parts.length === 1 ? toTypePath(parts[0]?.split(';')[0] ?? '', rules) : undefined;
    return of === undefined || rest.startsWith('(') ? of : `${of}${ITEM}`;
  }
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

/** Splits at a sign that is in no brackets and in no quotes. */
function splitOutside(text: string, sign: string): string[] {
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
    } else if ('([{<'.includes(here)) depth += 1;
    else if (')]}>'.includes(here)) depth -= 1;
    else if (depth === 0 && text.startsWith(sign, at)) {
      parts.push(text.slice(start, at));
      start = at + sign.length;
      at = start - 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
