/** Names, texts and paths as Cypher writes them. */
import { KgloadError } from '../errors.js';

/**
 * A quoted identifier.
 *
 * @throws {KgloadError} `ENGINE` for a name with a backtick: Kuzu's grammar has no escape for it.
 */
export function identifier(name: string): string {
  if (name.includes('`')) {
    throw new KgloadError({
      code: 'ENGINE',
      message: `the name ${JSON.stringify(name)} holds a backtick, which the engine cannot quote`,
      hint: 'rename it',
    });
  }
  return '`' + name + '`';
}

/** A string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** A literal for `LOAD FROM` that means exactly this file: Kuzu reads paths as glob patterns. */
export function pathLiteral(path: string): string {
  return literal(path.replace(/[[\]*?]/g, '[$&]'));
}

/** A literal for `LOAD FROM` that means all Parquet files of a directory. */
export function filesIn(directory: string): string {
  return pathLiteral(`${directory}/x`).replace(/x'$/, "*.parquet'");
}

/**
 * The statements of a script, without the comments in them. Only the tokens that may hold a
 * semicolon are told apart, as the engines' lexers do: a comment that has two asterisks at its end
 * goes on to the end of the next one. What the statements mean is for the engine to say.
 */
export function splitStatements(script: string): string[] {
  const tokens =
    script.match(
      /'(?:\\[^]|[^'\\])*'|"(?:\\[^]|[^"\\])*"|`[^`]*`|\/\/[^\n\r]*|\/\*(?:[^*]|\*[^/])*\*\/|;|[^]/g,
    ) ?? [];
  const statements = [''];
  for (const token of tokens) {
    const isComment = token.startsWith('//') || token.startsWith('/*');
    if (token === ';') statements.push('');
    else statements.push((statements.pop() ?? '') + (isComment ? ' ' : token));
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '');
}
