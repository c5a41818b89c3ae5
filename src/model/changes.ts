/** What an update does to tables, in numbers and in words. */
import { formatCount } from '../format.js';
import type { LoadReport, TableChanges } from '../types.js';

/** What becomes of rows that differ. */
export const CHANGE_KINDS = ['inserted', 'updated', 'deleted'] as const;

export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** A report of an update, or of the dry run of one. */
export type UpdateReport = LoadReport & Required<Pick<LoadReport, 'changes'>>;

export function isUpdate(report: LoadReport): report is UpdateReport {
  return report.changes !== undefined;
}

/** The tables of a report in their order; last those that edges went from with their nodes. */
export function changedTables({ nodeTimes, edgeTimes, changes }: UpdateReport): {
  nodes: string[];
  edges: string[];
} {
  const nodes = Object.keys(nodeTimes);
  const known = new Set([...nodes, ...Object.keys(edgeTimes)]);
  const others = Object.keys(changes).filter((table) => !known.has(table));
  return { nodes, edges: [...Object.keys(edgeTimes), ...others] };
}

/** Tables of which rows are inserted, updated or deleted. */
export function touchedTables(report: UpdateReport): [string, TableChanges][] {
  const { nodes, edges } = changedTables(report);
  return [...nodes, ...edges].flatMap((table) => {
    const changes = report.changes[table];
    return changes && isTouched(changes) ? [[table, changes] as [string, TableChanges]] : [];
  });
}

/** Rows by what becomes of them. */
export type ChangeCounts = Pick<TableChanges, 'inserted' | 'updated' | 'deleted' | 'unchanged'>;

/** What heads a column of such rows, once they are changed, and before. */
export function changeTitles(isDone: boolean): Record<keyof ChangeCounts, string> {
  return isDone
    ? { inserted: 'inserted', updated: 'updated', deleted: 'deleted', unchanged: 'unchanged' }
    : { inserted: 'to insert', updated: 'to update', deleted: 'to delete', unchanged: 'unchanged' };
}

export function sumChanges(list: readonly ChangeCounts[]): ChangeCounts {
  const sum = { inserted: 0, updated: 0, deleted: 0, unchanged: 0 };
  for (const { inserted, updated, deleted, unchanged } of list) {
    sum.inserted += inserted;
    sum.updated += updated;
    sum.deleted += deleted;
    sum.unchanged += unchanged;
  }
  return sum;
}

export function isTouched({ inserted, updated, deleted }: ChangeCounts): boolean {
  return inserted + updated + deleted > 0;
}

/** `inserted 12, updated 40, deleted 3, 246,178 unchanged`: what there is of it. */
export function formatChanges(counts: ChangeCounts): string {
  const { unchanged } = counts;
  const done = listOf(counts, ['inserted', 'updated', 'deleted']);
  const rest = unchanged > 0 || done.length === 0 ? [`${formatCount(unchanged)} unchanged`] : [];
  return [...done, ...rest].join(', ');
}

/** The same of what is not done yet: `insert 12, update 40, delete 3 and leave 246,178 unchanged`. */
export function formatPlannedChanges(counts: ChangeCounts): string {
  const parts = listOf(counts, ['insert', 'update', 'delete']);
  if (counts.unchanged > 0) parts.push(`leave ${formatCount(counts.unchanged)} unchanged`);
  const last = parts.pop() ?? 'do nothing';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

function listOf(
  { inserted, updated, deleted }: ChangeCounts,
  words: readonly [string, string, string],
): string[] {
  return [inserted, updated, deleted].flatMap((rows, i) =>
    rows > 0 ? [`${words[i] ?? ''} ${formatCount(rows)}`] : [],
  );
}

/** `start_line 157, source_code 73`: in how many nodes each property is another. */
export function formatProperties(properties: NonNullable<TableChanges['properties']>): string {
  const list = Object.entries(properties).sort(([, a], [, b]) => b - a);
  return list.map(([name, rows]) => `${name} ${formatCount(rows)}`).join(', ');
}
