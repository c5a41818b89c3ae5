/**
 * Which statements define something, and do nothing else. A schema may come from anybody, and the
 * engines' statements also read and write files; so a statement is taken only if all of it is of a
 * form below. The tokens are those of both engines' lexers (Kuzu 0.11.3, Ladybug 0.19.1), comments
 * apart: `splitStatements` takes these out.
 */

type Kind = 'blank' | 'string' | 'name' | 'word' | 'number' | 'sign';

interface Token {
  kind: Kind;
  text: string;
}

/** No semicolon, and none of the engines' comments: neither stands in one statement. */
const TOKENS: Record<Kind, RegExp> = {
  blank: /[\t-\r\x1c-\x20\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/uy,
  // A quote is never doubled, and after a backslash only these may come.
  string:
    /'(?:[^'\\]|\\(?:[\\'"bfnrt]|x[\da-f]{2}|u[\da-f]{4}))*'|"(?:[^"\\]|\\(?:[\\'"bfnrt]|x[\da-f]{2}|u[\da-f]{4}))*"/iuy,
  name: /(?:`[^`]*`)+/uy,
  word: /[\p{ID_Start}\p{Pc}][\p{ID_Continue}\p{Sc}]*/uy,
  number: /\d+/uy,
  sign: /[()[\]{},.:=<>+\-*%^|&!~]|\/(?![/*])/uy,
};

/** The tokens without the blanks, or nothing for a text that has others. */
function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const token = tokenAt(text, at);
    if (!token) return undefined;
    if (token.kind !== 'blank') tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function tokenAt(text: string, at: number): Token | undefined {
  for (const [kind, pattern] of Object.entries(TOKENS) as [Kind, RegExp][]) {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found !== undefined) return { kind, text: found };
  }
  return undefined;
}

/**
 * The forms: words and signs stand for themselves, a part in brackets may be missing, and what is in
 * angle brackets is one of {@link PARTS}. Missing on purpose: `AS LOAD FROM …` and `AS MATCH …`,
 * which fill the table (and crash both engines for a rel table), and Ladybug's storage options,
 * which name files.
 */
const FORMS = [
  'CREATE NODE TABLE [ IF NOT EXISTS ] <name> <group>',
  'CREATE REL TABLE [ GROUP ] [ IF NOT EXISTS ] <name> <group> [ WITH ( STORAGE_DIRECTION = <string> ) ]',
  'CREATE SEQUENCE [ IF NOT EXISTS ] <name> <options>',
  'CREATE TYPE <name> AS <type>',
  'CREATE MACRO <name> <group> AS <expression>',
  'DROP TABLE [ IF EXISTS ] <name>',
  'DROP SEQUENCE [ IF EXISTS ] <name>',
  'DROP MACRO [ IF EXISTS ] <name>',
  'ALTER TABLE <name> ADD [ IF NOT EXISTS ] FROM <name> TO <name>',
  'ALTER TABLE <name> ADD [ IF NOT EXISTS ] <name> <type> [ DEFAULT <expression> ]',
  'ALTER TABLE <name> DROP [ IF EXISTS ] FROM <name> TO <name>',
  'ALTER TABLE <name> DROP [ IF EXISTS ] <name>',
  'ALTER TABLE <name> RENAME TO <name>',
  'ALTER TABLE <name> RENAME <name> TO <name>',
  'COMMENT ON TABLE <name> IS <string>',
  'RETURN NEXTVAL ( <string> )',
].map((form) => form.split(' '));

/** Where the part that begins at a token ends, or -1. */
type Part = (tokens: readonly Token[], start: number) => number;

const PARTS: Record<string, Part> = {
  '<name>': (tokens, start) =>
    ['word', 'name'].includes(tokens[start]?.kind ?? '') ? start + 1 : -1,
  '<string>': (tokens, start) => (tokens[start]?.kind === 'string' ? start + 1 : -1),
  '<group>': (tokens, start) => (tokens[start]?.text === '(' ? groupEnd(tokens, start) : -1),
  '<type>': typeEnd,
  '<expression>': expressionEnd,
  '<options>': (tokens, start) => {
    const isOption = ({ text }: Token): boolean =>
      /^(?:\d+|-|INCREMENT|BY|NO|MINVALUE|MAXVALUE|START|WITH|CYCLE)$/i.test(text);
    return tokens.slice(start).every(isOption) ? tokens.length : -1;
  },
};

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Behind the bracket that closes the one at `start`, or -1. */
function groupEnd(tokens: readonly Token[], start: number): number {
  const open: string[] = [];
  for (let at = start; at < tokens.length; at += 1) {
    const { text = '' } = tokens[at] ?? {};
    const closing = CLOSING[text];
    if (closing !== undefined) open.push(closing);
    else if (/^[)\]}]$/.test(text) && open.pop() !== text) return -1;
    if (open.length === 0) return at + 1;
  }
  return -1;
}

/** `INT64`, `DECIMAL(10, 2)[]`, `STRUCT(a INT64, b STRING)[3]`. */
function typeEnd(tokens: readonly Token[], start: number): number {
  let end = ['word', 'name'].includes(tokens[start]?.kind ?? '') ? start + 1 : -1;
  while (end > 0 && /^[([]$/.test(tokens[end]?.text ?? '')) end = groupEnd(tokens, end);
  return end;
}

/** An expression goes on to the end, brackets closed, and no comma outside of them. */
function expressionEnd(tokens: readonly Token[], start: number): number {
  let at = start;
  while (at >= 0 && at < tokens.length) {
    const { text = '' } = tokens[at] ?? {};
    if (/^[,)\]}]$/.test(text)) return -1;
    at = text in CLOSING ? groupEnd(tokens, at) : at + 1;
  }
  return at > start ? at : -1;
}

/** Where the tokens cease to be of a form, or -1. */
function formEnd(form: readonly string[], tokens: readonly Token[], start: number): number {
  let at = start;
  for (let i = 0; i < form.length && at >= 0; i += 1) {
    const item = form[i] ?? '';
    if (item === '[') {
      const close = form.indexOf(']', i);
      const end = formEnd(form.slice(i + 1, close), tokens, at);
      if (end >= 0) at = end;
      i = close;
    } else if (PARTS[item]) at = PARTS[item](tokens, at);
    else at = tokens[at]?.text.toUpperCase() === item ? at + 1 : -1;
  }
  return at;
}

/** Whether a text is one statement that defines a table, sequence, macro or type, or says of one. */
export function isDefinition(statement: string): boolean {
  const tokens = tokensOf(statement);
  return tokens !== undefined && FORMS.some((form) => formEnd(form, tokens, 0) === tokens.length);
}

/** Whether a text is the name of a type, and nothing more. */
export function isType(text: string): boolean {
  const tokens = tokensOf(text);
  return tokens !== undefined && typeEnd(tokens, 0) === tokens.length;
}

/** Whether a text is one expression: it ends nothing that it stands in. */
export function isExpression(text: string): boolean {
  const tokens = tokensOf(text);
  return tokens !== undefined && expressionEnd(tokens, 0) === tokens.length;
}

/** A statement that creates an index. */
export interface IndexDefinition {
  /** The table, or else the file, that the words which a full-text index leaves out come from. */
  stopWords?: string;
}

const INDEX_CALL = 'CALL <name> <group>'.split(' ');

/**
 * `CALL CREATE_…_INDEX('table', 'index', columns, option := value …)`, or nothing for any other
 * text. Kuzu's full-text extension writes the names into statements of its own, and does not quote
 * what is in them; so these hold nothing that could end a name or a string.
 */
export function readIndexDefinition(statement: string): IndexDefinition | undefined {
  const tokens = tokensOf(statement);
  if (!tokens || formEnd(INDEX_CALL, tokens, 0) !== tokens.length) return undefined;
  if (!/^CREATE_\w+_INDEX$/i.test(tokens[1]?.text ?? '')) return undefined;
  const values = tokens.slice(3, -1);
  const isPlain = ({ kind, text }: Token): boolean =>
    kind === 'string'
      ? !/[\\`'"]/.test(text.slice(1, -1))
      : kind === 'number' || (kind === 'word' ? /^\w+$/.test(text) : /^[[\],.:=-]$/.test(text));
  if (!values.every(isPlain)) return undefined;
  const index: IndexDefinition = {};
  for (const [i, { kind, text }] of values.entries()) {
    if (kind !== 'string' || values[i - 1]?.text !== '=') continue;
    const value = text.slice(1, -1);
    if (/^stopwords$/i.test(values[i - 3]?.text ?? '')) index.stopWords = value;
    else if (!/^\w*$/.test(value)) return undefined;
  }
  return index;
}

/** What a statement says of a table's columns, as far as it can be told. */
export interface TableDefinition {
  table: string;
  columns: { name: string; type: string }[];
}

/** The table that a statement creates, also one with types that are none; nothing for other statements. */
export function readTableDefinition(statement: string): TableDefinition | undefined {
  const tokens = tokensOf(statement) ?? [];
  const open = tokens.findIndex(({ text }) => text === '(');
  const head = tokens.slice(0, Math.max(0, open - 1)).map(({ text }) => text);
  const isTable = /^CREATE (NODE|REL) TABLE( GROUP)?( IF NOT EXISTS)?$/i.test(head.join(' '));
  if (!isTable) return undefined;
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens.slice(open + 1)) {
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (depth < 0) break;
    if (token.text === ',' && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  const columns = parts.flatMap(([name, ...rest]) => {
    const end = rest.findIndex(({ text }) => /^(DEFAULT|PRIMARY)$/i.test(text));
    const type = rest.slice(0, end < 0 ? rest.length : end);
    const isOther = /^(FROM|PRIMARY)$/i.test(name?.text ?? '');
    if (!name || isOther || type.length === 0) return [];
    return [{ name: plainName(name), type: printTokens(type) }];
  });
  return { table: plainName(tokens[open - 1] ?? { kind: 'name', text: '' }), columns };
}

function plainName({ text }: Token): string {
  return text.replace(/^`(.*)`$/s, '$1');
}

/** As people write a type: `STRUCT(a INT64, b STRING[])`. */
function printTokens(tokens: readonly Token[]): string {
  return tokens.reduce((text, token, i) => {
    const before = tokens[i - 1];
    const isWord = ({ kind }: Token): boolean => ['word', 'name', 'number'].includes(kind);
    const isApart = before && (before.text === ',' || (isWord(before) && isWord(token)));
    return text + (isApart ? ' ' : '') + token.text;
  }, '');
}
