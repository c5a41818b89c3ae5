/**
 * Macros whose arguments are expressions, as a parser can read them: the grammar has but tokens there.
 * `format!(a, b)` is read as a call of a name that nothing has, `vec![a]` as an array.
 */

/** Those of the standard library, and those of others that take what a function would. */
const KNOWN =
  /^(?:e?print(?:ln)?|format(?:_args)?|write(?:ln)?|panic|todo|unimplemented|unreachable|(?:debug_)?assert(?:_eq|_ne)?|dbg)$/;
/** What they take are no expressions, though it may look so. */
const OTHERS = /^(?:macro_rules|concat|stringify|quote|cfg|include\w*|env|option_env)$/;
/** What a text has of quotes and comments, function bodies and macros. */
const TOKENS =
  /b?r(#*)"[^]*?"\1|"(?:[^"\\]|\\[^])*"|b?'(?:[^'\\\n]|\\[^'\n]+|\\')'|\/\/.*|\/\*[^]*?\*\/|\bfn\b|[{};]|\b(?:\w+::)*([A-Za-z_]\w*)!(?=\s*([([]))/g;

/** A text of the same length. */
export function readMacros(text: string): string {
  /** Whether what the open braces are around is in a function's body. */
  const bodies: boolean[] = [];
  let isBegun = false;
  return text.replace(TOKENS, (found, _, name?: string, open?: string, at?: number) => {
    if (name !== undefined && at !== undefined)
      return bodies.at(-1) ? readMacro(text, found, name, open ?? '', at) : found;
    if (found === 'fn') isBegun = true;
    else if (found === '{') bodies.push(isBegun || bodies.at(-1) === true);
    else if (found === '}') bodies.pop();
    if (found !== 'fn' && found.length === 1) isBegun = false;
    return found;
  });
}

function readMacro(text: string, found: string, name: string, open: string, at: number): string {
  if (open === '[') return name === 'vec' ? ' '.repeat(found.length) : found;
  if (OTHERS.test(name)) return found;
  const isPattern =
    name === 'matches' && /\.\.|\)\s*if\b/.test(text.slice(at, at + MOST).split(';')[0] ?? '');
  if (isPattern) return found;
  const isRead = KNOWN.test(name) || areExpressions(text, at + found.length);
  return isRead ? '_'.repeat(found.length) : found;
}

/** Longer ones are seldom expressions alone. */
const MOST = 2000;
const QUOTED =
  /b?r(#*)"[^]*?"\1|"(?:[^"\\]|\\[^])*"|b?'(?:[^'\\]|\\[^'\n]*|\\')'|\/\/.*|\/\*[^]*?\*\//g;
/** Signs that no expressions have, and two words beside each other of which the first is none of Rust's. */
const STRANGE =
  /=>|[;#$@]|\b_\b|[(,=]\s*[?%]|[\w)\]"]\s*:\s*(?!:)|,\s*,|\bin\b|[(,]\s*[-+*/%^=<>!&|]+\s*(?:,|$)|\b(?!(?:as|mut|move|return|if|else|match|ref|dyn|unsafe|await|break)\b)[A-Za-z_]\w*\s+(?!(?:as|if|else)\b)[A-Za-z_]/;

/** Whether what stands between parentheses can be read as expressions. */
function areExpressions(text: string, from: number): boolean {
  const rest = text
    .slice(from, from + MOST)
    .replace(QUOTED, (quoted) => (quoted.startsWith('/') ? ' ' : '""'));
  let depth = 0;
  for (let at = rest.indexOf('('); at >= 0 && at < rest.length; at++) {
    const sign = rest[at] ?? '';
    if ('([{'.includes(sign)) depth += 1;
    else if (')]}'.includes(sign)) depth -= 1;
    if (depth === 0) {
      const inside = rest.slice(rest.indexOf('(') + 1, at);
      return inside.trim() !== '' && !STRANGE.test(`(${inside.replaceAll('::', '.')}`);
    }
  }
  return false;
}
