/** Rows of a dataset that an update can't take. */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import {
  doubledKeys,
  rowsAmong,
  rowsWithoutKeys,
  writeFirstDelta,
  writeFirsts,
  writeUndoubled,
} from '../cypher/delta.js';
import type { Unit, UnitFile } from '../cypher/unit.js';
import type { Row, Steps } from '../engine/drive.js';
import { onDisk } from '../files.js';
import { describeExamples, EXAMPLES, type FoundBadRows, toKey } from '../load/badrows.js';
import { useThreads } from '../load/threads.js';
import type { BadRow, BadRowReason } from '../types.js';
import { type Comparison, placesOf } from './comparison.js';

/** Rows of a file without a key, or without an endpoint: so many are known to be there. */
export function* findWithoutKeys(
  comparison: Comparison,
  unit: Unit,
  file: UnitFile,
  rows: number,
): Steps<FoundBadRows[]> {
  const reason = unit.kind === 'node' ? 'null_key' : 'null_endpoint';
  const finding = startFinding(comparison, unit, file.file, reason);
  if (comparison.onBadRow || unit.kind === 'edge') {
    yield {
      connection: comparison.connection,
      cypher: rowsWithoutKeys(unit, file),
      onRow: (row) => {
        finding.add(row, 1);
      },
    };
  }
  const [found] = finding.end();
  const { examples = [], quoted = [] } = unit.kind === 'node' ? {} : (found ?? {});
  return [{ table: unit.table, file: file.file, reason, rows, examples, quoted }];
}

/** Rows with the key of an earlier row, in whichever file that is. */
export function* findDoubled(comparison: Comparison, unit: Unit): Steps<FoundBadRows[]> {
  const { nodeDelta } = placesOf(comparison, unit);
  const seen = new Set<unknown>();
  const found: FoundBadRows[] = [];
  for (const file of unit.files) {
    const finding = startFinding(comparison, unit, file.file, 'duplicate_key');
    yield {
      connection: comparison.connection,
      cypher: doubledKeys(unit, file, nodeDelta),
      onRow: (row) => {
        const key = String(row['key0']);
        finding.add(row, seen.has(key) ? Number(row['n']) : Number(row['n']) - 1);
        seen.add(key);
      },
    };
    found.push(...finding.end());
  }
  return found;
}

/** Edges of a file whose hashes are among some: an endpoint of theirs is not there. */
export function* findAmong(
  comparison: Comparison,
  unit: Unit,
  file: UnitFile,
  hashes: string,
): Steps<FoundBadRows[]> {
  const finding = startFinding(comparison, unit, file.file, 'missing_endpoint');
  yield {
    connection: comparison.connection,
    cypher: rowsAmong(unit, file, hashes),
    onRow: (row) => {
      finding.add(row, 1);
    },
  };
  return finding.end();
}

/** Gathers bad rows of one file. */
export function startFinding(
  { onBadRow }: Comparison,
  { table, keys, kind }: Unit,
  file: string,
  reason: BadRowReason,
): { add: (row: Row, rows: number) => void; end: () => FoundBadRows[] } {
  const examples: unknown[][] = [];
  let total = 0;
  return {
    add(row, rows) {
      if (rows === 0) return;
      total += rows;
      const values = keys.map(({ type }, i) => toKey(row[`key${i}`], type));
      if (examples.length < EXAMPLES) examples.push(values);
      const [first, second] = values;
      const bad: BadRow = {
        table,
        file,
        reason,
        ...(kind === 'node' ? { key: first } : { from: first, to: second }),
      };
      for (let i = 0; i < rows; i += 1) onBadRow?.(bad);
    },
    end() {
      if (total === 0) return [];
      return [{ table, file, reason, rows: total, ...describeExamples(examples) }];
    },
  };
}

/** Makes of the differences those that there are if only the first row with a key counts. */
export function* keepFirsts(comparison: Comparison, unit: Unit): Steps<void> {
  const { connection } = comparison;
  const { directory, nodeDelta, firstDelta } = placesOf(comparison, unit);
  const firsts = join(directory, 'firsts');
  onDisk(() => {
    mkdirSync(firsts);
  });
  // One thread reads a file in its order.
  const threads = yield* useThreads(connection, 1);
  try {
    for (const [i, file] of unit.files.entries()) {
      const path = join(firsts, `${i}.parquet`);
      yield { connection, cypher: writeFirsts(unit, file, i, nodeDelta, path) };
    }
  } finally {
    yield* useThreads(connection, threads);
  }
  const chosen = join(directory, 'chosen.parquet');
  for (const cypher of writeFirstDelta(firsts, chosen, nodeDelta, firstDelta)) {
    yield { connection, cypher };
  }
  const others = join(directory, 'undoubled.parquet');
  yield { connection, cypher: writeUndoubled(nodeDelta, others) };
  onDisk(() => {
    renameSync(others, nodeDelta);
  });
}
