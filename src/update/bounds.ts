/** What bounds deletions: the values of a property that occur in the dataset. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeBounds } from '../cypher/delta.js';
import type { Unit } from '../cypher/unit.js';
import type { Steps } from '../engine/drive.js';
import { KgloadError } from '../errors.js';
import { onDisk } from '../files.js';
import { listNames } from '../format.js';
import type { Comparison } from './comparison.js';

/** How far deletions of a unit reach. */
export type Reach =
  | { is: 'nothing' | 'all' }
  /** Rows, or edges from nodes, of which this property has a value that occurs in the dataset. */
  | { is: 'bounded'; property: string; values: string };

export function reachOf({ settings, catalog, scratch }: Comparison, { keys }: Unit): Reach {
  const { deletions } = settings;
  if (typeof deletions === 'string') return { is: deletions === 'all' ? 'all' : 'nothing' };
  const property = boundIn(catalog.get(keys[0]?.table ?? ''), deletions.by);
  if (property === undefined) return { is: 'nothing' };
  return { is: 'bounded', property, values: join(scratch, 'bounds') };
}

/** The property itself; of a table that is called like it (File by `file`), the key. */
function boundIn(
  table: { name: string; properties: { name: string }[]; primaryKey?: string } | undefined,
  by: string,
): string | undefined {
  if (table?.properties.some(({ name }) => name === by)) return by;
  return table?.name.toLowerCase() === by.toLowerCase() ? table.primaryKey : undefined;
}

/**
 * Writes the values of the property that bounds deletions.
 *
 * @throws {KgloadError} `USAGE` where no table of the dataset has it.
 */
export function* writeAllBounds(
  { connection, scratch, settings }: Comparison,
  units: readonly Unit[],
): Steps<void> {
  const { deletions } = settings;
  if (typeof deletions === 'string') return;
  const directory = join(scratch, 'bounds');
  onDisk(() => {
    mkdirSync(directory);
  });
  let written = 0;
  for (const { kind, keys, table, properties, files } of units) {
    if (kind === 'edge') continue;
    const names = [...properties, { name: keys[0]?.property ?? '' }];
    const like = { name: table, properties: names, primaryKey: keys[0]?.property ?? '' };
    const property = boundIn(like, deletions.by);
    for (const file of property === undefined ? [] : files) {
      const at = properties.findIndex(({ name }) => name === property);
      const expression = at < 0 ? file.keys[0] : file.values[at];
      if (expression === undefined) continue;
      const path = join(directory, `${written}.parquet`);
      yield { connection, cypher: writeBounds(file.source, expression, path) };
      written += 1;
    }
  }
  if (written > 0) return;
  const tables = listNames(units.filter(({ kind }) => kind === 'node').map(({ table }) => table));
  throw new KgloadError({
    code: 'USAGE',
    message: `deletions are to be bounded by ${deletions.by}, and no node table of the dataset has such a property: ${tables}`,
    hint: 'name a property of its node tables: --delete-missing-by file',
  });
}
