/** Rows in numbers: which of two sides has rows that the other has not, in memory that does not grow. */
import { hash } from 'node:crypto';
import type { Steps } from '../engine/drive.js';

/** A row as what is compared: its key, as people read it, and the forms of its properties. */
export interface Row {
  /** Tells keys apart; empty where rows have none. */
  key: string;
  /** As messages show it. */
  shown: string;
  forms: readonly string[];
}

/** A side of a comparison; it is gone through more than once. */
export type Side = (onRow: (row: Row) => void) => Steps<void> | undefined;

const BUCKETS = 4096;
const WORDS = 4;

/** Rows of a side that are looked at one by one at a time. */
const MOST_ROWS = 500_000;

/** Sums over the rows of each bucket of keys: of 128 bits of each row, and how many there are. */
interface Sums {
  words: Float64Array;
  rows: Float64Array;
}

export interface Difference {
  onlyInDataset: { rows: number; examples: string[] };
  onlyInDatabase: { rows: number; examples: string[] };
  /** The places of forms that differ in rows which both sides have. */
  changed: Set<number>;
}

/**
 * How two sides differ; nothing if they have the same rows. That two different sets of rows have the
 * same sums is as likely as that 128 bits of a digest agree by chance.
 *
 * @param beginLooking - Called before rows are looked at one by one, and what it returns afterwards.
 */
export function* compareSides(
  dataset: Side,
  database: Side,
  most: number,
  beginLooking: () => () => void = () => () => undefined,
): Steps<Difference | undefined> {
  const [here, there] = [yield* addUp(dataset), yield* addUp(database)];
  const differing = [...here.rows.keys()].filter(
    (bucket) =>
      here.rows[bucket] !== there.rows[bucket] ||
      Array.from({ length: WORDS }, (_, i) => bucket * WORDS + i).some(
        (i) => (here.words[i] ?? 0) % 2 ** 32 !== (there.words[i] ?? 0) % 2 ** 32,
      ),
  );
  if (differing.length === 0) return undefined;
  const difference: Difference = {
    onlyInDataset: { rows: 0, examples: [] },
    onlyInDatabase: { rows: 0, examples: [] },
    changed: new Set(),
  };
  const endLooking = beginLooking();
  for (let i = 0; i < differing.length;) {
    const buckets = new Set<number>();
    for (let rows = 0; i < differing.length && (buckets.size === 0 || rows < MOST_ROWS); i += 1) {
      const bucket = differing[i] ?? 0;
      buckets.add(bucket);
      rows += (here.rows[bucket] ?? 0) + (there.rows[bucket] ?? 0);
    }
    const [ours, theirs] = [yield* gather(dataset, buckets), yield* gather(database, buckets)];
    compareRows(ours, theirs, difference);
  }
  for (const side of [difference.onlyInDataset, difference.onlyInDatabase]) {
    side.examples = side.examples.toSorted().slice(0, most);
  }
  endLooking();
  return difference;
}

function* addUp(side: Side): Steps<Sums> {
  const sums = { words: new Float64Array(BUCKETS * WORDS), rows: new Float64Array(BUCKETS) };
  const steps = side((row) => {
    const digest = digestOf(row);
    const bucket = bucketOf(row, digest);
    sums.rows[bucket] = (sums.rows[bucket] ?? 0) + 1;
    for (let i = 0; i < WORDS; i += 1) {
      const place = bucket * WORDS + i;
      const sum = (sums.words[place] ?? 0) + digest.readUInt32LE(i * 4);
      // Sums stay exact: below 2^53, and equal modulo 2^32 where their rows are.
      sums.words[place] = sum >= 2 ** 52 ? sum % 2 ** 32 : sum;
    }
  });
  if (steps) yield* steps;
  return sums;
}

function digestOf({ key, forms }: Row): Buffer {
  return hash('md5', `${key}\0${forms.join('\0')}`, 'buffer');
}

function bucketOf({ key }: Row, digest: Buffer): number {
  if (key === '') return digest.readUInt16LE() % BUCKETS;
  let sum = 0;
  for (let i = 0; i < key.length; i += 1) sum = (Math.imul(sum, 31) + key.charCodeAt(i)) | 0;
  return (sum >>> 0) % BUCKETS;
}

/** The rows with one key: digests of each, and of each of its forms. */
interface Gathered {
  shown: string;
  rows: { digest: string; forms: string[] }[];
}

function* gather(side: Side, buckets: ReadonlySet<number>): Steps<Map<string, Gathered>> {
  const found = new Map<string, Gathered>();
  const steps = side((row) => {
    const digest = digestOf(row);
    if (!buckets.has(bucketOf(row, digest))) return;
    const known = found.get(row.key) ?? { shown: row.shown, rows: [] };
    found.set(row.key, known);
    known.rows.push({
      digest: digest.toString('base64'),
      forms: row.forms.map((form) => (form.length < 24 ? form : hash('md5', form, 'base64'))),
    });
  });
  if (steps) yield* steps;
  return found;
}

function compareRows(
  ours: ReadonlyMap<string, Gathered>,
  theirs: ReadonlyMap<string, Gathered>,
  { onlyInDataset, onlyInDatabase, changed }: Difference,
): void {
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [here, there] = [ours.get(key), theirs.get(key)];
    const left = surplus(here, there);
    const right = surplus(there, here);
    for (const [rows, side, shown] of [
      [left, onlyInDataset, here?.shown],
      [right, onlyInDatabase, there?.shown],
    ] as const) {
      side.rows += rows.length;
      if (rows.length > 0 && shown !== undefined) side.examples.push(shown);
    }
    // Rows of one key that are as many on both sides are the same rows, with other values.
    if (key === '' || left.length !== right.length) continue;
    const count = left[0]?.forms.length ?? 0;
    for (let i = 0; i < count; i += 1) {
      const values = (rows: Gathered['rows']): string =>
        JSON.stringify(rows.map(({ forms }) => forms[i]).toSorted());
      if (values(left) !== values(right)) changed.add(i);
    }
  }
}

/** The rows of one side that the other has not, or not as often. */
function surplus(side: Gathered | undefined, other: Gathered | undefined): Gathered['rows'] {
  const counts = new Map<string, number>();
  for (const { digest } of other?.rows ?? []) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  return (side?.rows ?? []).filter(({ digest }) => {
    const left = counts.get(digest) ?? 0;
    if (left === 0) return true;
    counts.set(digest, left - 1);
    return false;
  });
}
