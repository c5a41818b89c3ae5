/** An update of a database by a dataset, held against the model. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { type LoadReport, loadFromParquetSync } from '../src/index.js';
import { ENGINE, execute, scratch } from './helpers.js';
import { contentDifferences, readContent, schemaText, writeDataset } from './updategraph.js';
import {
  type Content,
  type Deletions,
  type EdgeFile,
  type EdgeTable,
  emptyContent,
  type Files,
  type NodeFile,
  type NodeTable,
  type Text,
  update,
} from './updatemodel.js';

/** The dataset's tables, and those that the database has. */
export interface Held {
  tables: readonly (NodeTable | EdgeTable)[];
  held: readonly (NodeTable | EdgeTable)[];
}

export interface Round {
  files: Files;
  deletions: Deletions;
  skip: boolean;
}

/** Runs a round and says what is wrong of it; the model of the database goes on. */
export function runRound(
  { tables, held }: Held,
  db: string,
  dataset: string,
  before: Content,
  { files, deletions, skip }: Round,
): { content: Content; wrong: string[]; report: LoadReport | undefined } {
  writeDataset(dataset, tables, files);
  const model = update(before, held, files, deletions);
  const isBad = Object.keys(model.bad).length > 0;
  const old = stamp(db);
  let report: LoadReport;
  try {
    report = loadFromParquetSync(db, dataset, {
      engine: ENGINE,
      createNew: false,
      update: true,
      ...(deletions === 'all' && { deleteMissing: true, maxDeletions: '100%' as const }),
      ...(typeof deletions === 'object' && {
        deleteMissingBy: deletions.by,
        maxDeletions: '100%' as const,
      }),
      skipBadRows: skip,
    });
  } catch (error) {
    return {
      content: before,
      wrong: [`threw ${String(error)} ${String((error as { code?: string }).code)}`],
      report: undefined,
    };
  }
  const wrong: string[] = [];
  const left = readdirSync(dirname(db)).filter((name) => name.includes('kgload'));
  if (left.length > 0) wrong.push(`left ${left.join()}`);
  const isTaken = !isBad || skip;
  const after = isTaken ? model : { content: before, counts: {}, bad: model.bad };
  if (!report.published && isFragile({ tables }, report)) {
    // What the engine would change is not published.
    if (stamp(db) !== old) wrong.push('an update that failed changed the file');
    return { content: before, wrong, report };
  }
  if (report.published !== isTaken) {
    wrong.push(`published: ${report.published} ${JSON.stringify(report.errors).slice(0, 600)}`);
    return { content: before, wrong, report };
  }
  const bad: Record<string, number> = {};
  for (const { table, reason, rows } of report.badRows) {
    bad[`${table} ${reason}`] = (bad[`${table} ${reason}`] ?? 0) + rows;
  }
  if (skip && !same(bad, model.bad))
    wrong.push(`bad rows ${JSON.stringify(bad)}, not ${JSON.stringify(model.bad)}`);
  if (isTaken) {
    for (const [table, wanted] of Object.entries(model.counts)) {
      const {
        inserted,
        updated,
        deleted,
        unchanged,
        before: had,
        after: has,
      } = report.changes?.[table] ?? ({} as never);
      const found = { inserted, updated, deleted, unchanged, before: had, after: has };
      if (!same(found, { ...wanted }))
        wrong.push(`${table} ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    }
  }
  const isSame = Object.values(after.counts).every(
    (one) => one.inserted + one.updated + one.deleted === 0,
  );
  if ((isSame || !isTaken) && stamp(db) !== old)
    wrong.push('the file of a database in which nothing changed is another');
  const read = readContent(db, held);
  wrong.push(...read.wrong, ...contentDifferences(read.content, after.content));
  return { content: after.content, wrong, report };
}

/** Of columns of such values that have none yet, both engines spoil those that come; that is found out. */
function isFragile({ tables }: Pick<Held, 'tables'>, { errors }: LoadReport): boolean {
  return (
    errors.length > 0 &&
    errors.every(({ code, table }) => {
      const types = Object.values(tables.find(({ name }) => name === table)?.types ?? {});
      return code === 'VALUE_CHANGED' && types.some((type) => /^MAP|\)\[\]|\[\]\[\]/.test(type));
    })
  );
}

function same(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const text = (o: Record<string, unknown>): string => JSON.stringify(Object.entries(o).sort());
  return text(a) === text(b);
}

export function stamp(db: string): string {
  const { ino, mtimeMs } = statSync(db);
  return `${ino} ${mtimeMs} ${createHash('sha256').update(readFileSync(db)).digest('hex')}`;
}

/** A database that is updated step by step. */
export interface Steps {
  directory: string;
  db: string;
  dataset: string;
  /** What the database holds, as the model says. */
  content: () => Content;
  /** What the database has beside the dataset's tables. */
  hold: (held: Held['held'], content: Content) => void;
  /** Fails where the update is not what the model says. */
  step: (files: Partial<Files>, how?: Partial<Omit<Round, 'files'>>) => LoadReport;
}

/** An empty database with some tables. */
export function startSteps(t: TestContext, tables: Held['tables']): Steps {
  const directory = scratch(t);
  const [db, dataset] = [join(directory, 'graph.db'), join(directory, 'dataset')];
  execute(db, ...schemaText(tables).split('\n'));
  let content = emptyContent(tables);
  let held: Held['held'] = tables;
  return {
    directory,
    db,
    dataset,
    content: () => content,
    hold: (all, now) => {
      held = all;
      content = now;
    },
    step: ({ nodes = [], edges = [] }, { deletions = 'none', skip = false } = {}) => {
      const round = { files: { nodes, edges }, deletions, skip };
      const result = runRound({ tables, held }, db, dataset, content, round);
      assert.deepEqual(result.wrong, []);
      assert.ok(result.report);
      ({ content } = result);
      return result.report;
    },
  };
}

/** A file of nodes: key → properties. */
export function nodes(
  table: string,
  rows: Record<string, Record<string, Text>> | NodeFile['rows'],
): NodeFile {
  const list = Array.isArray(rows)
    ? rows
    : Object.entries(rows).map(([key, props]) => ({ key, props }));
  return { table, columns: columnsOf(list), rows: list };
}

/** A file of edges between two tables: from, to, properties. */
export function edges(
  table: string,
  [from, to]: readonly [string, string],
  rows: readonly (readonly [Text, Text, Record<string, Text>?])[],
): EdgeFile {
  const list = rows.map(([fromKey, toKey, props = {}]) => ({ from, to, fromKey, toKey, props }));
  return { table, columns: columnsOf(list), rows: list };
}

function columnsOf(rows: readonly { props: Record<string, Text> }[]): string[] {
  return [...new Set(rows.flatMap(({ props }) => Object.keys(props)))];
}

export function nodeTable(
  name: string,
  types: Record<string, string>,
  keyType = 'STRING',
): NodeTable {
  return { is: 'node', name, keyType, types, defaults: {} };
}

export function edgeTable(
  name: string,
  pairs: readonly (readonly [string, string])[],
  types: Record<string, string> = {},
  multiplicity: EdgeTable['multiplicity'] = 'MANY_MANY',
): EdgeTable {
  const ends = pairs.map(([from, to]) => ({ from, to }));
  return { is: 'edge', name, pairs: ends, multiplicity, types, defaults: {} };
}
