/** Changing properties of nodes that are there. */
import {
  addProperty,
  copyProperties,
  dropProperty,
  type Range,
  type Selected,
  setChanged,
  sumProperties,
} from '../cypher/changes.js';
import { greatestOffset, nodesOf } from '../cypher/rows.js';
import { BEGIN, CHECKPOINT, COMMIT, renameProperty } from '../cypher/statements.js';
import { type Steps, toBigInt } from '../engine/drive.js';
import { KgloadError } from '../errors.js';
import type { CatalogTable } from '../model/differences.js';
import { LEAST } from '../model/shape.js';
import { isNested } from '../model/tables.js';
import type { Connection, Property } from '../types.js';

/**
 * Gives the selected nodes the values that the files have of some properties: places among the unit's.
 * The least integer of a type is set in two steps, or both engines (Kuzu 0.11.3, Ladybug 0.19.1) take
 * it for one that fits into the bits of its chunk, and store 0.
 *
 * @param withLeast - Properties of which the files have such values.
 */
export function* setProperties(
  connection: Connection,
  selected: readonly Selected[],
  changed: readonly number[],
  withLeast: ReadonlySet<string>,
): Steps<void> {
  for (const one of selected) {
    for (const i of changed) {
      const { name = '', type = '' } = one.unit.properties[i] ?? {};
      const least = LEAST[type.toUpperCase()];
      if (least !== undefined && withLeast.has(name)) {
        yield { connection, cypher: setChanged(one, i, { halved: least }) };
        yield { connection, cypher: CHECKPOINT };
      }
      yield { connection, cypher: setChanged(one, i) };
    }
  }
}

/** Rows that are rewritten at a time: a multiple of the rows of a node group, in both engines. */
const RANGE = 4 * 131_072;

/**
 * The same where the engine keeps what a text was before (see {@link Capabilities.keepsOldText}): the
 * first property of text that changes, and all after it, since they are to stay in their order, are
 * written into properties of their own, which take the place of the old ones.
 */
export function* rewriteProperties(
  connection: Connection,
  table: CatalogTable,
  selected: readonly Selected[],
  changed: readonly number[],
  withLeast: ReadonlySet<string>,
): Steps<void> {
  const [first] = selected;
  if (!first) return;
  const names = new Map(changed.map((i) => [first.unit.properties[i]?.name ?? '', i]));
  const from = table.properties.findIndex(({ name, type }) => names.has(name) && isText(type));
  const rewritten = table.properties.slice(from);
  if (from < 0 || rewritten.some((property) => !isRewritable(property, table))) {
    yield* setProperties(connection, selected, changed, withLeast);
    return;
  }
  const before = changed.filter((i) =>
    rewritten.every(({ name }) => name !== first.unit.properties[i]?.name),
  );
  yield* setProperties(connection, selected, before, withLeast);
  const untouched = rewritten.filter(({ name }) => !names.has(name));
  const held = yield* sumOf(connection, table.name, untouched);
  for (const property of rewritten) {
    yield { connection, cypher: addProperty(table.name, { ...property, name: newName(property) }) };
  }
  const pairs = rewritten.map((property) => [property.name, newName(property)] as const);
  const [last] = yield { connection, cypher: greatestOffset(nodesOf(table.name, 'x')) };
  for (let at = 0; at <= Number(last?.['n'] ?? -1); at += RANGE) {
    const range: Range = { from: at, to: at + RANGE };
    // Committed by itself, the text is written, and would be kept beside what changes in it.
    yield { connection, cypher: BEGIN };
    yield { connection, cypher: copyProperties(table.name, pairs, range) };
    for (const one of selected) {
      for (const property of rewritten) {
        const i = names.get(property.name);
        if (i === undefined) continue;
        yield { connection, cypher: setChanged(one, i, { name: newName(property), range }) };
      }
    }
    yield { connection, cypher: COMMIT };
    yield { connection, cypher: CHECKPOINT };
  }
  for (const property of rewritten) {
    yield { connection, cypher: dropProperty(table.name, property.name) };
    yield {
      connection,
      cypher: renameProperty(table.name, newName(property), property.name),
    };
  }
  yield { connection, cypher: CHECKPOINT };
  if ((yield* sumOf(connection, table.name, untouched)) === held) return;
  throw new KgloadError({
    code: 'VALUE_CHANGED',
    table: table.name,
    message: `the engine changed values of ${table.name} that the dataset has not, while texts of it were rewritten`,
    hint: 'please report it; the database is as it was',
  });
}

export function isText(type: string): boolean {
  return /^(STRING|BLOB)$/i.test(type);
}

function isRewritable({ name, type }: Property, { primaryKey }: CatalogTable): boolean {
  return name !== primaryKey && type !== 'SERIAL' && !isNested(type);
}

function newName({ name }: Property): string {
  return `kgload new ${name}`;
}

function* sumOf(
  connection: Connection,
  table: string,
  properties: readonly Property[],
): Steps<bigint> {
  if (properties.length === 0) return 0n;
  const [row] = yield { connection, cypher: sumProperties(table, properties) };
  return toBigInt(row?.['s']);
}
