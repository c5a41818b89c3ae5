/** The only place that writes Cypher text. */
import { KgloadError } from './errors.js';
import type { NodeTable, RelTable } from './types.js';

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

export function createNodeTable(table: NodeTable): string {
  const columns = table.properties.map((p) => `${identifier(p.name)} ${p.type}`);
  return `CREATE NODE TABLE ${identifier(table.name)}(${[
    ...columns,
    `PRIMARY KEY(${identifier(table.primaryKey)})`,
  ].join(', ')})`;
}

export function createRelTable(table: RelTable): string {
  const columns = table.properties.map((p) => `${identifier(p.name)} ${p.type}`);
  const endpoints = `FROM ${identifier(table.from)} TO ${identifier(table.to)}`;
  return `CREATE REL TABLE ${identifier(table.name)}(${[endpoints, ...columns].join(', ')})`;
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
 */
export function copyFrom(table: string, path: string, mappings: readonly Mapping[]): string {
  const properties = mappings.flatMap(({ property }) =>
    property === undefined ? [] : [identifier(property)],
  );
  const expressions = mappings.map(({ expression }) => expression).join(', ');
  return `COPY ${identifier(table)}(${properties.join(', ')}) FROM (LOAD FROM ${pathLiteral(path)} RETURN ${expressions})`;
}
