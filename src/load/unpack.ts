/**
 * Makes room for least integers in tables that are packed. Both engines (Kuzu 0.11.3, Ladybug 0.19.1)
 * add rows to a table's last chunk as it is packed, if the new values fit, compression or not; and they
 * take the least integer for one that fits (see plan/hazards.ts), so that it becomes 0 or so.
 */
import { lastRow, setProperty } from '../cypher/values.js';
import { CHECKPOINT } from '../cypher/statements.js';
import type { Steps } from '../engine/drive.js';
import { LEAST } from '../model/shape.js';
import type { Connection, NodeTable, Property, RelTable } from '../types.js';

/** Whether {@link unpack} can do it: the engines set no keys, and edges lie in many chunks. */
export function isUnpackable(table: NodeTable | RelTable, { name, type }: Property): boolean {
  return 'primaryKey' in table && name !== table.primaryKey && /^INT(8|16|32|64)$/.test(type);
}

/**
 * Gives the last row half the least integer for a moment. Packed it would take as many bits as it has,
 * so that the chunk is written anew as it is, and so it stays. To be done in a copy of a database only.
 */
export function* unpack(
  connection: Connection,
  table: string,
  { name, type }: Property,
): Steps<void> {
  const [row] = yield { connection, cypher: lastRow(table, name) };
  if (!row) return;
  const offset = Number(row['o']);
  const value = row['v'] as string | null;
  const half = String((LEAST[type] ?? 0n) / 2n);
  for (const next of [half, value]) {
    yield { connection, cypher: setProperty(table, { name, type }, offset, next) };
    yield { connection, cypher: CHECKPOINT };
  }
}
