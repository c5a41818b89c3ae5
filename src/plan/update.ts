/** What an update compares: the rows that the files have of a table, with those that the table holds. */
import { isComparedAsText } from '../cypher/fingerprint.js';
import { cast, constant } from '../cypher/rows.js';
import type { Unit, UnitFile } from '../cypher/unit.js';
import { formatCount, plural } from '../format.js';
import { pairsOf, primaryKeyOf } from '../model/tables.js';
import type { Endpoints, GraphSchema, NodeTable, Problem, Property, RelTable } from '../types.js';
import {
  noColumn,
  type Plan,
  type PlannedCopy,
  type PlannedFile,
  type PlannedTable,
} from './plan.js';

/** What an update does besides inserting and changing; goes through JSON. */
export interface UpdateSettings {
  /** Delete what the dataset's tables no longer hold: all of it, or what a property's values bound. */
  deletions: 'none' | 'all' | { by: string };
  /** More deletions than this stop it. */
  limit: DeletionLimit;
}

/** Rows, or a share of the nodes and of the edges that the dataset's tables hold. */
export type DeletionLimit = { rows: number } | { percent: number };

/** Where nobody says how many. */
export const USUAL_LIMIT: DeletionLimit = { percent: 30 };

/** `100`, or `10%`; nothing for what is neither. */
export function toDeletionLimit(text: string): DeletionLimit | undefined {
  const [, number = '', sign] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim()) ?? [];
  if (number === '') return undefined;
  if (sign === '%') return Number(number) <= 100 ? { percent: Number(number) } : undefined;
  return Number.isSafeInteger(Number(number)) ? { rows: Number(number) } : undefined;
}

export const USUAL_UPDATE: UpdateSettings = { deletions: 'none', limit: USUAL_LIMIT };

/** The units of a plan, nodes first: of every table that its files can be read of. */
export function unitsOf(plan: Plan, schema: GraphSchema): Unit[] {
  const units: Unit[] = [];
  for (const planned of plan.tables) {
    if (planned.copies.length === 0) continue;
    const node = schema.nodes.find(({ name }) => name === planned.table);
    const edge = schema.edges.find(({ name }) => name === planned.table);
    if (node) units.push(nodeUnit(node, planned, units.length));
    for (const pair of edge ? pairsOf(edge) : []) {
      if (edge) units.push(edgeUnit(edge, pair, planned, schema, units.length));
    }
  }
  return units;
}

function nodeUnit(table: NodeTable, planned: PlannedTable, index: number): Unit {
  const { name, primaryKey } = table;
  const key = table.properties.find((property) => property.name === primaryKey);
  const type = key?.type === 'SERIAL' ? 'INT64' : (key?.type ?? 'STRING');
  const properties = filled(table, planned.copies).filter((one) => one.name !== primaryKey);
  return {
    index,
    table: name,
    kind: 'node',
    file: planned.file,
    isOneOfPairs: false,
    keys: [{ table: name, property: primaryKey, type }],
    properties,
    files: planned.copies.map((copy) => fileOf(copy, properties)),
  };
}

function edgeUnit(
  table: RelTable,
  { from, to }: Endpoints,
  planned: PlannedTable,
  schema: GraphSchema,
  index: number,
): Unit {
  const properties = filled(table, planned.copies);
  const copies = planned.copies.filter(
    ({ pair }) => !pair || (pair.from === from && pair.to === to),
  );
  const limit = copies.find((copy) => copy.limit)?.limit;
  return {
    index,
    table: table.name,
    kind: 'edge',
    file: planned.file,
    pair: { from, to },
    isOneOfPairs: pairsOf(table).length > 1,
    keys: [from, to].map((node) => {
      const { name, type } = primaryKeyOf(schema, node);
      return { table: node, property: name, type: type === 'SERIAL' ? 'INT64' : type };
    }),
    properties,
    files: copies.map((copy) => fileOf(copy, properties)),
    ...(limit && { limit: limit.sides }),
  };
}

/** The properties that a file has a column for. */
export function filledBy({ mappings }: PlannedCopy): string[] {
  return mappings.flatMap(({ property }) => property ?? []);
}

/** The properties that a file of the table has a column for. */
function filled(table: NodeTable | RelTable, copies: readonly PlannedCopy[]): Property[] {
  const names = new Set(copies.flatMap(filledBy));
  return table.properties.filter(({ name }) => names.has(name));
}

/** A file without a column that others of its table have: there a load leaves the default. */
function fileOf(copy: PlannedCopy, properties: readonly Property[]): UnitFile {
  const values = properties.map(({ name, type, default: value }) => {
    const mapping = copy.mappings.find(({ property }) => property === name);
    if (mapping) return cast({ expression: mapping.expression, type });
    return value === undefined ? constant(null, type) : cast({ expression: value, type });
  });
  const { file, rows, source, keys } = copy;
  return { file, rows, source, keys: keys.map(cast), values };
}

/** Node tables whose keys the files don't have, so that nobody knows which row is which. */
export function keyless(plan: Plan): Problem[] {
  return plan.tables.flatMap(({ table, kind, file, copies }) => {
    if (kind !== 'node' || copies.every(({ keys }) => keys.length > 0)) return [];
    return [
      {
        code: 'COLUMN_MISSING' as const,
        table,
        file,
        message: `${file} has no column for the key of ${table}, which the engine makes: an update can't tell which row is which`,
        hint: 'give the file the keys, or load anew with --fresh',
      },
    ];
  });
}

/** Nested values of which the engine compares no more than the text. */
export function comparedAsText(units: readonly Unit[]): Problem[] {
  return units.flatMap(({ table, file, properties }) =>
    properties
      .filter(({ type }) => isComparedAsText(type))
      .map(({ name }) => ({
        code: 'COMPARED_AS_TEXT' as const,
        table,
        file,
        message: `${table}.${name} is compared by its text, which has six digits of a fraction: smaller changes go unnoticed`,
        hint: 'load anew with --fresh where they matter',
      })),
  );
}

/**
 * The warnings of a plan, in the words of an update: what the dataset lacks stays as it is.
 *
 * @param fills - The properties that a file has a column for.
 */
export function updateWarnings<F extends PlannedFile>(
  plan: Plan<F>,
  schema: GraphSchema,
  fills: (file: F) => readonly string[],
): Problem[] {
  const words = new Map<string, string>();
  for (const { table: name, copies } of plan.tables) {
    const table = [...schema.nodes, ...schema.edges].find((one) => one.name === name);
    const used = new Set(copies.flatMap(fills));
    for (const property of table?.properties ?? []) {
      if (!table || used.has(property.name)) continue;
      for (const { file } of copies) {
        const { message } = noColumn(table, { name: file }, property.name);
        words.set(
          message,
          `${file} has no column ${property.name}; ${name}.${property.name} stays as it is`,
        );
      }
    }
  }
  return plan.warnings.map((warning) => {
    const { code, table, file, message } = warning;
    if (code === 'FILE_MISSING') {
      return { ...warning, message: `${file ?? ''} is missing; ${table ?? ''} stays as it is` };
    }
    return { ...warning, message: words.get(message) ?? message };
  });
}

/** What is to become of a table, or of a part of it. */
interface Deletions {
  unit: Pick<Unit, 'kind' | 'table'>;
  held: number;
  inserted: number;
  deleted: number;
}

/** That a dataset which is half empty does not empty a database. */
export function tooManyDeletions(deltas: readonly Deletions[], limit: DeletionLimit): Problem[] {
  const of = (kind: 'node' | 'edge'): { held: number; deleted: number } => {
    const own = deltas.filter(({ unit }) => unit.kind === kind);
    const tables = new Map<string, { held: number; deleted: number }>();
    for (const { unit, held, deleted, inserted } of own) {
      const before = tables.get(unit.table) ?? { held: 0, deleted: 0 };
      const net = kind === 'node' ? deleted : deleted - inserted;
      tables.set(unit.table, { held: before.held + held, deleted: before.deleted + net });
    }
    const all = [...tables.values()];
    return {
      held: all.reduce((sum, { held }) => sum + held, 0),
      deleted: all.reduce((sum, { deleted }) => sum + Math.max(0, deleted), 0),
    };
  };
  const [nodes, edges] = [of('node'), of('edge')];
  const deleted = nodes.deleted + edges.deleted;
  const isBeyond =
    'rows' in limit
      ? deleted > limit.rows
      : [nodes, edges].some((one) => one.deleted * 100 > one.held * limit.percent);
  if (deleted === 0 || !isBeyond) return [];
  const allowed = 'rows' in limit ? plural(limit.rows, 'row') : `${limit.percent} %`;
  return [
    {
      code: 'TOO_MANY_DELETIONS',
      message: `${formatCount(nodes.deleted)} of ${plural(nodes.held, 'node')} and ${formatCount(edges.deleted)} of ${plural(edges.held, 'edge')} would be deleted, which is more than ${allowed}: nothing was changed`,
      hint: 'see whether the dataset is whole; if it is, allow more: --max-deletions 100%',
    },
  ];
}
