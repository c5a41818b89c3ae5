/** Running a query so that its values can be told exactly. */
import { bindParameters, type Parameter } from '../cypher/parameters.js';
import {
  isVolatile,
  type Projection,
  projectionsOf,
  type Returned,
  withTexts,
} from '../cypher/returned.js';
import { type Token, tokensOf } from '../cypher/tokens.js';
import { InvalidStatement, type Rows, runStatement } from '../engine/statement.js';
import { KgloadError } from '../errors.js';
import type { Catalog } from '../model/differences.js';
import type { Connection } from '../types.js';
import { columnShape, isExact } from './shapes.js';

interface Asked {
  cypher: string;
  parameters: ReadonlyMap<string, Parameter>;
  write: boolean;
}

/** The columns whose text comes in columns of its own: at which place. */
export type Texts = ReadonlyMap<number, number>;

/**
 * Runs a query with the text of those columns that need it. Their types are known only when it has
 * run; what a look at the query does not tell is found out by running it, and then it is run again.
 */
export async function runExactly(
  connection: Connection,
  { cypher, parameters, write }: Asked,
  statement: readonly Token[],
  catalog: () => Promise<Catalog>,
): Promise<{ rows: Rows; texts: Texts }> {
  const projections = projectionsOf(cypher, statement);
  const runAs = async (wanted: readonly number[], columns?: readonly string[]): Promise<Rows> => {
    const expressions = projections.map(({ items }) => {
      const all = spread(items, columns);
      return wanted.map((at) => all[at]?.expression ?? '');
    });
    const extended = withTexts(cypher, projections, expressions);
    const bound = bindParameters(extended, tokensOf(extended), parameters);
    return await runStatement(connection, bound.cypher, bound.values);
  };
  /** Where the engine does not take the text of all of them, without any. */
  const runWith = async (
    wanted: readonly number[],
    columns?: readonly string[],
  ): Promise<{ rows: Rows; wanted: readonly number[] }> => {
    try {
      return { rows: await runAs(wanted, columns), wanted };
    } catch (error) {
      if (!(error instanceof InvalidStatement) || wanted.length === 0) throw error;
      return { rows: await runAs([]), wanted: [] };
    }
  };
  const [first] = projections;
  const mayExtend = first !== undefined && !isVolatile(statement);
  const isKnown =
    first !== undefined && !projections.some(({ items }) => items.some((item) => item.isAll));
  const guess = mayExtend && isKnown ? await guessInexact(projections, catalog) : [];
  const begun = await runWith(guess);
  const texts = placesOf(begun);
  const { rows } = begun;
  const own = rows.columns.slice(0, rows.columns.length - texts.size);
  refuseTwins(own);
  const missing = own.flatMap((_, at) => {
    const isFine = isExact(columnShape(rows.types[at] ?? '')) || texts.has(at);
    return isFine || isCount(first?.items, at) ? [] : [at];
  });
  // What may change something is never run twice, nor what was tried in vain.
  if (missing.length === 0 || !mayExtend || write || texts.size < guess.length) {
    return { rows, texts };
  }
  rows.close();
  const again = await runWith([...texts.keys(), ...missing], own);
  return { rows: again.rows, texts: placesOf(again) };
}

function placesOf({ rows, wanted }: { rows: Rows; wanted: readonly number[] }): Texts {
  const own = rows.columns.length - wanted.length;
  return new Map(wanted.map((at, i) => [at, own + i]));
}

/** The items with the columns that `*` stands for in its place. */
function spread(
  items: readonly Returned[],
  columns: readonly string[] = [],
): { expression: string }[] {
  const more = columns.length - items.length + 1;
  return items.flatMap((item) =>
    item.isAll ? columns.slice(0, more).map((name) => ({ expression: `\`${name}\`` })) : [item],
  );
}

/** A row is handed out as an object, in which one name has one value. */
function refuseTwins(columns: readonly string[]): void {
  const twin = columns.find((name, i) => columns.indexOf(name) < i || name === '__proto__');
  if (twin === undefined) return;
  throw new KgloadError({
    code: 'QUERY_INVALID',
    message: `more than one column is called ${twin}`,
    hint: 'give each a name of its own: AS',
  });
}

/** The columns that are not known to be exact as they are. */
async function guessInexact(
  projections: readonly Projection[],
  catalog: () => Promise<Catalog>,
): Promise<number[]> {
  const columns = projections[0]?.items.length ?? 0;
  const guessed: number[] = [];
  for (let at = 0; at < columns; at += 1) {
    for (const { items } of projections) {
      if (isCount(items, at)) continue;
      const property = propertyOf(items[at]);
      const isFine = property !== undefined && isExactProperty(property, await catalog());
      if (!isFine && !guessed.includes(at)) guessed.push(at);
    }
  }
  return guessed;
}

/** `count(…)`: no table has 2^53 rows. */
function isCount(items: readonly Returned[] | undefined, at: number): boolean {
  const tokens = items?.some((item) => item.isAll) ? undefined : items?.[at]?.tokens;
  const [name, open] = tokens ?? [];
  if (name?.text.toLowerCase() !== 'count' || open?.text !== '(') return false;
  const end = tokens?.findIndex(({ text, depth }) => text === ')' && depth === open.depth);
  return end === (tokens?.length ?? 0) - 1;
}

/** The name in `n.name`. */
function propertyOf(item: Returned | undefined): string | undefined {
  const [variable, dot, name, more] = item?.tokens ?? [];
  if (!variable || dot?.text !== '.' || !name || more) return undefined;
  return name.text.replaceAll('`', '');
}

function isExactProperty(property: string, catalog: Catalog): boolean {
  const types = [...catalog.values()].flatMap(({ properties }) =>
    properties.flatMap(({ name, type }) => (name === property ? [type] : [])),
  );
  return types.length > 0 && types.every((type) => isExact(columnShape(type)));
}
