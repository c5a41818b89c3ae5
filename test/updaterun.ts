/** An update of a database by a dataset, held against the model. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type LoadReport, loadFromParquetSync } from '../src/index.js';
import { ENGINE } from './helpers.js';
import { contentDifferences, readContent, writeDataset } from './updategraph.js';
import {
  type Content,
  type Deletions,
  type EdgeTable,
  type Files,
  type NodeTable,
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
