/** The only place that writes Cypher text. */
import { KgloadError } from '../errors.js';
import { pairsOf } from '../model/tables.js';
import type { Endpoints, NodeTable, Property, RelTable } from '../types.js';

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

export function createNodeTable(table: NodeTable): string {
  const key = `PRIMARY KEY(${identifier(table.primaryKey)})`;
  const columns = [...table.properties.map(columnDefinition), key];
  return `CREATE NODE TABLE ${identifier(table.name)}(${columns.join(', ')})`;
}

export function createRelTable(table: RelTable): string {
  const pairs = pairsOf(table).map(
    ({ from, to }) => `FROM ${identifier(from)} TO ${identifier(to)}`,
  );
  const multiplicity = table.multiplicity === undefined ? [] : [table.multiplicity];
  const columns = [...pairs, ...table.properties.map(columnDefinition), ...multiplicity];
  const storage =
    table.storageDirection === undefined
      ? ''
      : ` WITH (storage_direction='${table.storageDirection}')`;
  return `CREATE REL TABLE ${identifier(table.name)}(${columns.join(', ')})${storage}`;
}

function columnDefinition(property: Property): string {
  const value = property.default === undefined ? '' : ` DEFAULT ${property.default}`;
  return `${identifier(property.name)} ${property.type}${value}`;
}

/** Reads a file, or those of its rows that a condition is true for. */
export function loadFrom(path: string, condition?: string): string {
  return `LOAD FROM ${pathLiteral(path)}${condition === undefined ? '' : ` WHERE ${condition}`}`;
}

/** Which column of a file goes where: the expression read from the file, the property it fills. */
export interface Mapping {
  expression: string;
  /** Absent for a rel table's endpoints, which come first and have no property name. */
  property?: string;
}

/**
 * The one form in which every table is loaded. Kuzu maps a plain COPY by position; this one maps
 * by name, reads only the columns it names, and costs the same.
 *
 * @param source - What is read: {@link loadFrom}.
 * @param options - `pair`: the node tables that these edges connect, where the table connects
 *   several. `ignoreErrors`: rows that the engine refuses are left out.
 */
export function copyFrom(
  table: string,
  source: string,
  mappings: readonly Mapping[],
  { pair, ignoreErrors = false }: { pair?: Endpoints; ignoreErrors?: boolean } = {},
): string {
  const properties = mappings.flatMap(({ property }) =>
    property === undefined ? [] : [identifier(property)],
  );
  const expressions = mappings.map(({ expression }) => expression).join(', ');
  const options = [
    ...(pair ? [`from=${literal(pair.from)}`, `to=${literal(pair.to)}`] : []),
    ...(ignoreErrors ? ['ignore_errors=true'] : []),
  ];
  const end = options.length > 0 ? ` (${options.join(', ')})` : '';
  return `COPY ${identifier(table)}(${properties.join(', ')}) FROM (${source} RETURN ${expressions})${end}`;
}

/**
 * A hash of some values in their order. The engines' hash of a struct is a mere combination of its
 * fields' hashes: that of `{a: x, b: x}` is the same for every x, and that of zeros is 0.
 */
export function hashOf(expressions: readonly string[]): string {
  const terms = expressions.map(
    (expression, i) => `CAST(hash(${expression}) AS INT128) * ${2 * i + 3}`,
  );
  return `hash(${[...terms, '7'].join(' + ')})`;
}
