/** How far the deletions of an update reach on a server. */
import { createHasher } from '../bolt/hashes.js';
import type { Server } from '../bolt/server.js';
import type { Decoder } from '../dataset/rows.js';
import { KgloadError } from '../errors.js';
import { listNames } from '../format.js';
import type { Plan } from '../plan/plan.js';
import type { PlannedRows } from '../plan/rows.js';
import type { UpdateSettings } from '../plan/update.js';
import type { GraphSchema } from '../types.js';
import { writersOf } from './batches.js';
import { plannedRows } from './rows.js';

export interface Reach {
  /** The property of nodes, of a label, whose value says whether they may go; none where nothing bounds. */
  property?: string;
  /** Whether a node of this value, and what leaves it, may go. */
  holds: (value: unknown) => boolean;
}

/** Of the nodes of a label, and of the edges that leave them; nothing where nothing may go. */
export type ReachOf = (label: string) => Reach | undefined;

/**
 * Reads the values that bound deletions.
 *
 * @throws {KgloadError} `USAGE` where no node table of the dataset has the property.
 */
export function readReach(
  { deletions }: UpdateSettings,
  plan: Plan<PlannedRows>,
  schema: GraphSchema,
  { driver }: Server,
  decoder: Decoder,
): ReachOf {
  if (deletions === 'none') return () => undefined;
  if (deletions === 'all') return () => ({ holds: () => true });
  const { by } = deletions;
  const hasher = createHasher(driver);
  const hashOf = (value: unknown): string => {
    hasher.begin();
    hasher.add(value);
    hasher.end();
    return `${hasher.low} ${hasher.high}`;
  };
  const values = new Set<string>();
  /** Of a table that is called like the property (File by `file`), it is the key. */
  const boundOf = (label: string): string => {
    const table = schema.nodes.find(({ name }) => name === label);
    const hasIt = table?.properties.some(({ name }) => name === by) ?? false;
    const isKey = !hasIt && label.toLowerCase() === by.toLowerCase();
    return isKey ? (table?.primaryKey ?? by) : by;
  };
  let isFound = false;
  const nodes = plan.tables.filter(({ kind }) => kind === 'node');
  for (const { table, copies } of nodes) {
    const property = boundOf(table);
    for (const file of copies) {
      const { columns, keys, fields } = writersOf(driver, file, () => false);
      const at = file.fields.findIndex((field) => field.property === property);
      const isKey = file.keys[0]?.property === property;
      const writer = isKey ? keys[0] : fields[at];
      if (!writer) continue;
      isFound = true;
      const column = columns[writer.place];
      for (const { places, lists } of plannedRows(decoder, file, column ? [column] : [])) {
        for (const place of places) {
          const value = writer.write(lists[0]?.[place] ?? null);
          if (value !== null) values.add(hashOf(value));
        }
      }
    }
  }
  if (!isFound) throw noBound(by, nodes.map(({ table }) => table)); // prettier-ignore
  return (label) => ({
    property: boundOf(label),
    holds: (value) => value !== null && values.has(hashOf(value)),
  });
}

function noBound(by: string, tables: readonly string[]): KgloadError {
  return new KgloadError({
    code: 'USAGE',
    message: `deletions are to be bounded by ${by}, and no node table of the dataset has such a property: ${listNames(tables)}`,
    hint: 'name a property of its node tables: --delete-missing-by file',
  });
}
