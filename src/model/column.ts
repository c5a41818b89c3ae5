/** A column of a Parquet file, by what its footer says. */
import { listNames } from '../format.js';

/** A column of a Parquet file, by what its footer says. */
export type Unit = 'ms' | 'us' | 'ns';

/** What the values of a column are, by its logical type, else its converted, else its physical. */
export type Meaning =
  | { is: 'string' | 'boolean' | 'date' | 'uuid' | 'bytes' | 'interval' | 'null' }
  /** As kgload wrote it for its property: the engine converts it without loss. */
  | { is: 'written' }
  | { is: 'integer'; bits: number; signed: boolean }
  | { is: 'float'; bits: 16 | 32 | 64 }
  | { is: 'timestamp' | 'time'; unit: Unit }
  | { is: 'decimal'; precision: number; scale: number }
  | { is: 'list'; of: Column }
  | { is: 'struct'; fields: { name: string; of: Column }[] }
  | { is: 'map'; key: Column; of: Column };

export interface Column {
  /** Its name; of what is in a column the way to it: `x[]`, `x.a`, `the keys of x`. */
  name: string;
  /** As Parquet says it, for messages: `INT64 TIMESTAMP(MICROS)`, `STRING`, `LIST`. */
  type: string;
  meaning: Meaning;
  /**
   * The type as which Kuzu reads it; it looks at the physical and the converted type alone. Absent
   * for those at whose sight it refuses the whole file.
   */
  engineType?: string;
  /** All its values are NULL, by what the footer says. */
  isEmpty?: boolean;
  /** The engine can't read it, or not as what it is: the file has to be rewritten. */
  isUnreadable?: boolean;
  /**
   * The least of its integers, at every depth, by the statistics of all row groups; of dates and
   * instants the least in milliseconds, of UUIDs the least as a number. Absent where they don't tell.
   */
  least?: number | bigint;
}

export function isNestedColumn({ meaning }: Column): boolean {
  return meaning.is === 'list' || meaning.is === 'struct' || meaning.is === 'map';
}

/** The column as it is in a rewritten file; nested ones are as that file says. */
export function rewrittenColumn(column: Column): Column {
  const { isEmpty } = column;
  return { ...asWritten(column), ...(isEmpty !== undefined && { isEmpty }) };
}

function asWritten({ name, type, meaning }: Column): Column {
  switch (meaning.is) {
    case 'decimal':
      // As text it is still a decimal, with all its digits.
      return { name, type, meaning, engineType: 'STRING' };
    case 'time':
    case 'uuid':
    case 'string':
    case 'interval':
      return { name, type, meaning: { is: 'string' }, engineType: 'STRING' };
    case 'null':
      return { name, type, meaning, engineType: 'STRING' };
    case 'float':
      return { name, type, meaning, engineType: 'DOUBLE' };
    case 'integer': {
      const engineType = meaning.signed || meaning.bits < 64 ? 'INT64' : 'UINT64';
      return { name, type, meaning, engineType };
    }
    case 'timestamp':
      return { name, type, meaning, engineType: 'TIMESTAMP' };
    case 'date':
      return { name, type, meaning, engineType: 'DATE' };
    case 'boolean':
      return { name, type, meaning, engineType: 'BOOL' };
    default:
      return { name, type, meaning, engineType: 'BLOB' };
  }
}

/** The column under the first of these names that the file has; of another case if that is clear. */
export function findColumn(
  names: readonly string[],
  columns: readonly Column[],
): Column | undefined {
  for (const name of names) {
    const column = columns.find((candidate) => candidate.name === name);
    if (column) return column;
  }
  for (const name of names) {
    const alike = columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
    if (alike.length === 1) return alike[0];
  }
  return undefined;
}

export function describeColumns(columns: readonly Column[]): string {
  return listNames(columns.map(({ name, type }) => `${name} (${type})`)) || 'no columns';
}
